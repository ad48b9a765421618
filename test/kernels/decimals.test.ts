import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXCESS } from '../../src/kernels/decimals.ts';
import { parseDecimal, toFixedPoint } from '../../src/protocols/rows/reference/numbers.ts';
import { parseTimestamp as referenceTimestamp } from '../../src/protocols/rows/reference/timestamps.ts';
import { decimalOf, parseTimestamp, SHORT_SCALE, shortDecimalOf, utf8Length } from './kernels.ts';

const MOST = (1n << 63n) - 1n;
const LEAST = -(1n << 63n);
const digits = (most: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: most });
const number = fc
	.tuple(
		fc.boolean(),
		digits(22),
		digits(24),
		fc.oneof(
			fc.constant(''),
			fc.integer({ min: -40, max: 40 }).map((power) => `e${power}`),
			fc.constantFrom('E+5', 'e-400', 'e99999999999'),
		),
	)
	.map(([negative, whole, fraction, exponent]) => `${negative ? '-' : ''}${whole.replace(/^0+(?=.)/, '') || '0'}${fraction === '' ? '' : `.${fraction}`}${exponent}`);

describe('decimals', () => {
	it('are exactly what BigInt arithmetic gives', () => {
		fc.assert(
			fc.property(number, fc.integer({ min: 0, max: 18 }), fc.constantFrom('reject', 'truncate', 'half-even'), (text, scale, excess) => {
				const parsed = parseDecimal(text);
				if (parsed === null) throw new Error(`the reference refuses ${text}`);
				const expected = toFixedPoint(parsed, scale, excess, LEAST, MOST);
				const actual = decimalOf(text, scale, EXCESS[excess], MOST, -LEAST);
				expect(actual).toEqual(typeof expected === 'string' ? expected : { value: expected, textScale: parsed.textScale });
			}),
			{ numRuns: 20_000 },
		);
	});

	it('at the edges of 64 bits', () => {
		expect(decimalOf('9223372036854775807', 0, EXCESS.reject, MOST, -LEAST)).toMatchObject({ value: MOST });
		expect(decimalOf('9223372036854775808', 0, EXCESS.reject, MOST, -LEAST)).toBe('range');
		expect(decimalOf('-9223372036854775808', 0, EXCESS.reject, MOST, -LEAST)).toMatchObject({ value: LEAST });
		expect(decimalOf('-92233720368.54775809', 8, EXCESS.reject, MOST, -LEAST)).toBe('range');
		expect(decimalOf('0.5', 0, EXCESS['half-even'], MOST, -LEAST)).toMatchObject({ value: 0n });
		expect(decimalOf('1.5', 0, EXCESS['half-even'], MOST, -LEAST)).toMatchObject({ value: 2n });
		expect(decimalOf('9223372036854775807.5', 0, EXCESS['half-even'], MOST, -LEAST)).toBe('range');
		expect(decimalOf('0e99999999999', 8, EXCESS.reject, MOST, -LEAST)).toMatchObject({ value: 0n, textScale: -1 });
	});
});

describe('the inlined short decimal', () => {
	const anything = fc.oneof(
		number,
		fc.tuple(digits(11), digits(8)).map(([a, b]) => `${a || '7'}.${b || '5'}`),
		fc.string({ unit: fc.constantFrom(...'0123456789.-e"'), maxLength: 18 }),
		fc.tuple(digits(9), digits(9)).map(([a, b]) => `${a || '0'}.${b || '0'}`),
	);
	it('gives the value or leaves it', () => {
		let taken = 0;
		fc.assert(
			fc.property(anything, fc.boolean(), (text, quoted) => {
				const spelled = quoted ? `"${text}"` : text;
				const result = shortDecimalOf(spelled);
				if (result === null) return;
				taken++;
				// It may end before the text does; what follows is its caller's to refuse.
				const opens = spelled.startsWith('"');
				const token = opens ? spelled.slice(1, result.length - 1) : spelled.slice(0, result.length);
				const parsed = parseDecimal(token);
				expect(parsed, token).not.toBeNull();
				if (parsed === null) return;
				expect(toFixedPoint(parsed, SHORT_SCALE, 'reject', LEAST, MOST)).toBe(result.value);
				expect(result.textScale).toBe(parsed.textScale);
				if (opens) expect(spelled[result.length - 1]).toBe('"');
			}),
			{ numRuns: 20_000 },
		);
		expect(taken).toBeGreaterThan(1000);
	});

	it('takes every split of up to 16 characters', () => {
		for (let whole = 1; whole <= 11; whole++) {
			for (let fraction = 0; fraction <= SHORT_SCALE; fraction++) {
				const text = `${'1234567890123456'.slice(0, whole)}${fraction === 0 ? '' : `.${'9876543210987654'.slice(0, fraction)}`}`;
				const result = shortDecimalOf(`"${text}"`);
				if (text.length > 16 || (whole === 11 && BigInt(text.replace('.', '').padEnd(19, '0')) > MOST)) continue;
				const parsed = parseDecimal(text);
				expect(result?.value, text).toBe(parsed === null ? null : toFixedPoint(parsed, SHORT_SCALE, 'reject', LEAST, MOST));
			}
		}
	});

	it('takes what exchanges send', () => {
		for (const text of ['0.01737', '27123.10', '5', '0', '-1.5', '0.00000001', '9999999999', '1234567.1234567']) {
			expect(shortDecimalOf(text), text).not.toBeNull();
			expect(shortDecimalOf(`"${text}"`), text).not.toBeNull();
		}
	});
});

describe('timestamps', () => {
	const two = (most: number): fc.Arbitrary<string> => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'));
	const text = fc
		.tuple(
			fc.integer({ min: 1670, max: 2270 }),
			two(13),
			two(32),
			fc.constantFrom('T', 't', ' ', '_'),
			two(24),
			two(60),
			two(61),
			fc.oneof(
				fc.constant(''),
				digits(20).map((fraction) => `.${fraction}`),
				digits(9).map((fraction) => `,${fraction}`),
			),
			fc.constantFrom('', 'Z', 'z', '+00:00', '-23:59', '+05:30', '+24:00', '+1:00', 'Zx'),
		)
		.map(([year, month, day, separator, hour, minute, second, fraction, zone]) => `${year}-${month}-${day}${separator}${hour}:${minute}:${second}${fraction}${zone}`);
	it('are what the reference makes of them', () => {
		fc.assert(
			fc.property(text, (spelled) => {
				expect(parseTimestamp(spelled), spelled).toBe(referenceTimestamp(spelled));
			}),
			{ numRuns: 20_000 },
		);
	});
	it('are what Date makes of valid ones', () => {
		fc.assert(
			fc.property(fc.date({ min: new Date('1678-01-01'), max: new Date('2262-01-01'), noInvalidDate: true }), (date) => {
				expect(parseTimestamp(date.toISOString())).toBe(BigInt(date.getTime()) * 1_000_000n);
			}),
			{ numRuns: 5_000 },
		);
	});
});

describe('UTF-8', () => {
	it('is what a fatal decoder accepts, for every sequence that matters', () => {
		const decoder = new TextDecoder('utf-8', { fatal: true });
		const accepts = (bytes: Uint8Array): boolean => {
			try {
				return decoder.decode(bytes).length > 0;
			} catch {
				return false;
			}
		};
		const edges = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
		for (let lead = 0x80; lead <= 0xff; lead++) {
			for (const second of edges) {
				for (const third of edges) {
					for (const fourth of edges) {
						const bytes = Uint8Array.of(lead, second, third, fourth);
						const length = utf8Length(bytes);
						const expected = [2, 3, 4].find((count) => accepts(bytes.subarray(0, count)) && [...decoder.decode(bytes.subarray(0, count))].length === 1) ?? 0;
						if (length !== expected) expect.fail(`${[...bytes].map((byte) => byte.toString(16))}: ${length} instead of ${expected}`);
					}
				}
			}
		}
		for (const cut of [[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98]]) expect(utf8Length(Uint8Array.from(cut))).toBe(0);
	});
});
