/** Tables of digits against the numbers that people read. */
import { describe, expect, it } from 'vitest';
import { type Direction, ENTRY_BYTES, fractionTable, placedTable, SCALED_ENTRY_BYTES, scaledTable, wholeTable } from '../../../src/protocols/json/layout-tier/digit-tables.ts';

const JSON_NUMBER = /^(0|[1-9][0-9]*)(\.[0-9]+)?$/;

/** What generated code does with a window and an entry: the places as text, or null where it notes a fault. */
function place(window: string, table: Uint8Array, at: number): string | null {
	const digits = Array.from({ length: 16 }, (_, lane) => {
		const source = table[at + lane] as number;
		return source >= 0x80 ? 0 : (window.charCodeAt(source) - 0x30) & 0xff;
	});
	const wrong = digits.some((digit, lane) => ((digit - (table[at + 16 + lane] as number)) & 0xff) > 9);
	return wrong ? null : digits.join('');
}
/** The number in a window of 16 bytes, from its start or to its end, between other bytes. */
const windowOf = (text: string, direction: Direction): string => (direction === 'forward' ? `${text}","123456789ABCDEF`.slice(0, 16) : `0987654321.0,"x":"${text}`.slice(-16));
const NUMBERS = ['0', '7', '00', '01', '10', '1234567890123456', '0123456789012345', '0.5', '00.5', '1.5', '12.25', '67123.1', '99999999.99999999', '.5', '5.', '1.23456789', '123456789.1', '1.2.3', '12345678.1234567', '100000000.0'];

describe.each(['forward', 'backward'] as const)('tables of digits, %s', (direction) => {
	it('take numbers without a point', () => {
		const table = wholeTable(direction);
		for (const text of NUMBERS.filter((number) => !number.includes('.'))) {
			const expected = JSON_NUMBER.test(text) ? text.padStart(16, '0') : null;
			expect(place(windowOf(text, direction), table, text.length * ENTRY_BYTES), text).toBe(expected);
		}
		for (const none of [0, 17, 32]) expect(place('"'.repeat(16), table, none * ENTRY_BYTES)).toBeNull();
	});

	it.each([0, 1, 2, 4, 8, 10, 15, 16])('put digits where scale %i wants them', (scale) => {
		const table = placedTable(direction, scale);
		for (const text of NUMBERS.filter(({ length }) => length <= 16)) {
			const [whole = '', fraction = ''] = text.split('.');
			const fits = JSON_NUMBER.test(text) && fraction.length <= scale && whole.length + scale <= 16;
			const expected = fits ? `${whole}${fraction.padEnd(scale, '0')}`.padStart(16, '0') : null;
			const to = !text.includes('.') ? text.length : direction === 'forward' ? whole.length : fraction.length;
			// A second point is a character like another one: no digit.
			const point = text.lastIndexOf('.') !== text.indexOf('.') && direction === 'backward' ? text.length - text.lastIndexOf('.') - 1 : to;
			expect(place(windowOf(text, direction), table, (text.length * 16 + point) * ENTRY_BYTES), text).toBe(expected);
		}
	});

	it('say what digits are to be multiplied with', () => {
		const most = 2n ** 63n - 1n;
		const table = scaledTable(direction, 10, most);
		const data = new DataView(table.buffer);
		for (const text of ['123456789.25', '1234567890', '0.0000000001', '1.5']) {
			const [whole = '', fraction = ''] = text.split('.');
			const to = !text.includes('.') ? text.length : direction === 'forward' ? whole.length : fraction.length;
			const at = (text.length * 16 + to) * SCALED_ENTRY_BYTES;
			expect(place(windowOf(text, direction), table, at), text).toBe(`${whole}${fraction}`.padStart(16, '0'));
			const power = 10n ** BigInt(10 - fraction.length);
			expect([data.getBigUint64(at + ENTRY_BYTES, true), data.getBigUint64(at + ENTRY_BYTES + 8, true)]).toEqual([power, most / power]);
		}
		expect(place(windowOf('1.12345678901', direction), table, (13 * 16 + (direction === 'forward' ? 1 : 11)) * SCALED_ENTRY_BYTES)).toBeNull();
	});
});

describe('the table of fractions', () => {
	it('puts digits behind the point, and refuses more than the scale', () => {
		const table = fractionTable(6);
		for (let count = 0; count <= 16; count++) {
			const text = '9876543210987654'.slice(0, count);
			expect(place(`${text}Z0000000000000000`.slice(0, 16), table, count * ENTRY_BYTES)).toBe(count <= 6 ? text.padEnd(6, '0').padStart(16, '0') : null);
		}
		expect(place('0'.repeat(16), table, 32 * ENTRY_BYTES)).toBeNull();
	});
});
