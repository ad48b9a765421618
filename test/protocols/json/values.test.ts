/** What values become: exact numbers, timestamps, symbols, texts, constants, nulls. */
import { describe, expect, it } from 'vitest';
import type { DecimalType, ExcessDigits, Field, IntegerType, TimestampFormat, UnknownKeys, ValueType } from '../../../src/schema/model.ts';
import { type Cell, parseAll, parseOne, type Row, verdicts, type WorldOptions } from './harness.ts';
import { feed, field, message, single, tuple } from './schemas.ts';
import { tiers } from './tiers.ts';

const I64_MOST = 2n ** 63n - 1n;
const I64_LEAST = -(2n ** 63n);

describe.each(tiers)('values of the $name tier', ({ create }) => {
	/** The cell that `{"v":text}` gives, or the category it is refused with (always at the value). */
	const cellOf = (type: ValueType, text: string, also: Partial<Field> = {}, options: WorldOptions = {}): Cell | { refused: string } => {
		const outcome = parseOne(create, single(type, also), `{"v":${text}}`, { rows: 64, ...options });
		if ('category' in outcome) return outcome.offset === 5 ? { refused: outcome.category as string } : { refused: `${String(outcome.category)} at ${String(outcome.offset)}` };
		return outcome.v as Cell;
	};
	/** The same for the number as it is and quoted. */
	const numberOf = (type: ValueType, text: string, also: Partial<Field> = {}): Cell | { refused: string } => {
		const plain = cellOf(type, text, also);
		expect(cellOf(type, `"${text}"`, also), `"${text}"`).toEqual(plain);
		return plain;
	};
	const decimal = (scale: number, excess: ExcessDigits = 'reject'): DecimalType => ({ kind: 'decimal', scale, excess, keepTextScale: false });

	describe('integers', () => {
		const integer = (bits: 32 | 64, signed: boolean): IntegerType => ({ kind: 'integer', bits, signed });
		it.each([
			[32, true, -(2n ** 31n), 2n ** 31n - 1n],
			[32, false, 0n, 2n ** 32n - 1n],
			[64, true, I64_LEAST, I64_MOST],
			[64, false, 0n, 2n ** 64n - 1n],
		] as const)('of %i bits, signed %s: %s to %s', (bits, signed, least, most) => {
			const type = integer(bits, signed);
			const stored = (value: bigint): Cell => (bits === 32 ? Number(value) : value);
			for (const value of [least, most, least + 1n, most - 1n, 0n, 1n, 42n]) expect(numberOf(type, String(value))).toEqual(stored(value));
			for (const value of [least - 1n, most + 1n, most * 10n, 10n ** 30n, -(10n ** 30n)]) expect(numberOf(type, String(value))).toEqual({ refused: 'range' });
			expect(numberOf(type, `${most}.0`)).toEqual(stored(most));
			expect(numberOf(type, `${most}.5`)).toEqual({ refused: 'scale' });
			expect(numberOf(type, `${most + 1n}.5`)).toEqual({ refused: 'range' });
			expect(numberOf(type, `${most}0e-1`)).toEqual(stored(most));
		});

		it.each(['0', '-0', '0.0', '-0.00', '0e5', '0e999999999999', '0e-999999999999', '-0E+10', '0.000000000000000000000000000000e400'])('%s is zero', (text) => {
			for (const [bits, signed] of [
				[32, true],
				[32, false],
				[64, true],
				[64, false],
			] as const)
				expect(numberOf(integer(bits, signed), text)).toEqual(bits === 32 ? 0 : 0n);
		});

		it.each([
			['1e3', 1000n],
			['1.50e1', 15n],
			['150e-1', 15n],
			['-1.5E1', -15n],
			['1e18', 10n ** 18n],
			['9223372036854775807e0', I64_MOST],
			['0.9223372036854775807e19', I64_MOST],
			['922337203685477580700000e-5', I64_MOST],
			[`1${'0'.repeat(40)}e-40`, 1n],
			[`0.${'0'.repeat(40)}1e41`, 1n],
			['1.0000000000000000000000000000000', 1n],
		] as const)('%s is %s', (text, value) => {
			expect(numberOf(integer(64, true), text)).toBe(value);
		});

		it.each([
			['1.5', 'scale'],
			['0.1', 'scale'],
			['1e-1', 'scale'],
			['1e-400', 'scale'],
			['1e-999999999999', 'scale'],
			['1e19', 'range'],
			['1e400', 'range'],
			['1e999999999999', 'range'],
			['-1e999999999999', 'range'],
			['9223372036854775807.1', 'scale'],
			['9223372036854775808.1', 'range'],
			['-9223372036854775808.5', 'scale'],
		])('%s is refused as %s', (text, refused) => {
			expect(numberOf(integer(64, true), text)).toEqual({ refused });
		});

		it('unsigned: a fraction below zero is excess, from -1 on it is out of range', () => {
			expect(numberOf(integer(32, false), '-0.5')).toEqual({ refused: 'scale' });
			expect(numberOf(integer(64, false), '-0.5')).toEqual({ refused: 'scale' });
			expect(numberOf(integer(32, false), '-1')).toEqual({ refused: 'range' });
			expect(numberOf(integer(64, false), '-1.5')).toEqual({ refused: 'range' });
		});
	});

	describe('decimals', () => {
		it.each([
			['0', 8, 0n],
			['1', 8, 100000000n],
			['-1', 8, -100000000n],
			['27123.40000000', 8, 2712340000000n],
			['0.00000001', 8, 1n],
			['-0.00000001', 8, -1n],
			['1.5', 0, 'scale'],
			['1.50', 1, 15n],
			['1.55', 1, 'scale'],
			['1.5e1', 0, 15n],
			['1E+18', 0, 10n ** 18n],
			['1E+18', 1, 'range'],
			['9.2e18', 0, 9200000000000000000n],
			['9.3e18', 0, 'range'],
			['9223372036854775807', 0, I64_MOST],
			['9223372036854775808', 0, 'range'],
			['-9223372036854775808', 0, I64_LEAST],
			['-9223372036854775809', 0, 'range'],
			['92233720368.54775807', 8, I64_MOST],
			['92233720368.54775808', 8, 'range'],
			['-92233720368.54775808', 8, I64_LEAST],
			['9.223372036854775807', 18, I64_MOST],
			['9.223372036854775808', 18, 'range'],
			['-9.223372036854775808', 18, I64_LEAST],
			['10', 18, 'range'],
			['92233720368.547758070', 8, I64_MOST],
			['92233720368.547758071', 8, 'scale'],
			['92233720368.547758081', 8, 'range'],
			['1e-8', 8, 1n],
			['1e-9', 8, 'scale'],
			['10e-9', 8, 1n],
			['1e-400', 8, 'scale'],
			['0e999999999999', 18, 0n],
			['-0', 8, 0n],
			['-0.0e-5', 8, 0n],
			['0.1e1', 0, 1n],
			['123456789012345678901234567890e-20', 2, 'scale'],
			['12345678900000000000000000000e-20', 2, 12345678900n],
			[`0.${'0'.repeat(100)}`, 2, 0n],
			[`1.${'0'.repeat(300)}`, 2, 100n],
		] as const)('%s at scale %i', (text, scale, value) => {
			expect(numberOf(decimal(scale), text)).toEqual(typeof value === 'string' ? { refused: value } : value);
		});

		it.each([
			// text, truncated, half-even
			['1.005', 100n, 100n],
			['1.015', 101n, 102n],
			['1.0050000000000000000000000000000000000001', 100n, 101n],
			['1.0149999999999999999999999999', 101n, 101n],
			['-1.005', -100n, -100n],
			['-1.015', -101n, -102n],
			['-1.009', -100n, -101n],
			['0.005', 0n, 0n],
			['0.0050', 0n, 0n],
			['0.0051', 0n, 1n],
			['0.015', 1n, 2n],
			['0.004', 0n, 0n],
			['0.0001', 0n, 0n],
			['1e-400', 0n, 0n],
			['5e-3', 0n, 0n],
			['5.1e-3', 0n, 1n],
			['15e-3', 1n, 2n],
			['9e-4', 0n, 0n],
			['-0.006', 0n, -1n],
			['-0.005', 0n, 0n],
			['1e-999999999999', 0n, 0n],
			['0.995', 99n, 100n],
			['9.999', 999n, 1000n],
			['99999999999999999.995', 'range', 'range'],
			['92233720368547758.07', I64_MOST, I64_MOST],
			['92233720368547758.074', I64_MOST, I64_MOST],
			['92233720368547758.075', I64_MOST, 'range'],
			['92233720368547758.0749999999', I64_MOST, I64_MOST],
			['92233720368547758.08', 'range', 'range'],
			['-92233720368547758.085', I64_LEAST, I64_LEAST],
			['-92233720368547758.0850001', I64_LEAST, 'range'],
			['-92233720368547758.086', I64_LEAST, 'range'],
			['-92233720368547758.09', 'range', 'range'],
			['92233720368547758.065', I64_MOST - 1n, I64_MOST - 1n],
		] as const)('%s at scale 2: cut off and rounded', (text, truncated, rounded) => {
			expect(numberOf(decimal(2, 'truncate'), text)).toEqual(truncated === 'range' ? { refused: truncated } : truncated);
			expect(numberOf(decimal(2, 'half-even'), text)).toEqual(rounded === 'range' ? { refused: rounded } : rounded);
		});

		it('keeps the digits after the point as written', () => {
			const schema = single({ ...decimal(16, 'truncate'), keepTextScale: true }, { nullable: true });
			const scaleOf = (text: string): Cell | undefined => (parseOne(create, schema, `{"v":${text}}`, { rows: 64 }) as Row).v$scale;
			for (const [text, scale] of [
				['5', 0],
				['5.1', 1],
				['5.10', 2],
				['0.000', 3],
				['-0.0', 1],
				['5e0', -1],
				['5.1E1', -1],
				['0e5', -1],
				[`1.${'0'.repeat(127)}`, 127],
				[`1.${'0'.repeat(128)}`, -1],
				[`1.${'3'.repeat(200)}`, -1],
			] as const) {
				expect(scaleOf(text), text).toBe(scale);
				expect(scaleOf(`"${text}"`), `"${text}"`).toBe(scale);
			}
			for (const text of ['null', '""']) expect(scaleOf(text), text).toBe(0);
		});
	});

	it('quoted numbers are exactly a JSON number', () => {
		const types: ValueType[] = [decimal(2), { kind: 'integer', bits: 64, signed: true }, { kind: 'float' }, { kind: 'timestamp', format: 'ms' }];
		for (const type of types) {
			for (const text of ['""', '" 1"', '"1 "', '"+1"', '"01"', '"-"', '"1."', '".5"', '"1e"', '"1e+"', '"0x1"', '"NaN"', '"Infinity"', '"1,5"', '"1_0"', '"٣"', '"1\\n"', '"\\u00001"', '"1\\u0000"', '"null"', '"true"', '"-01"', '"1.5.2"', '"\\"1\\""', '"１"']) {
				expect(cellOf(type, text), text).toEqual({ refused: 'number' });
			}
			expect(cellOf(type, '"\\u0031\\u0030"')).toEqual(cellOf(type, '10'));
			expect(cellOf(type, '"1\\u00300"')).toEqual(cellOf(type, '100'));
		}
	});

	it('floats are those of Number, to the sign of zero', () => {
		for (const text of ['0', '-0', '1e400', '-1e400', '1e-400', '-1e-400', '0.1', '123456789.123456789', '9007199254740993', '5e-324', '2.4703282292062327e-324', '2.4703282292062328e-324', '1.7976931348623158e308', '1.7976931348623159e308', '1'.repeat(400), `0.${'0'.repeat(400)}1`]) {
			expect(numberOf({ kind: 'float' }, text)).toBe(Number(text));
		}
	});

	describe('timestamps', () => {
		const at = (text: string, also: Partial<Field> = {}): Cell | { refused: string } => cellOf({ kind: 'timestamp', format: 'rfc3339' }, `"${text}"`, also);
		const nanoseconds = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n;

		it.each([
			['ms', '1697040000123', 1697040000123000000n],
			['s', '1697040000', 1697040000000000000n],
			['us', '1697040000123456', 1697040000123456000n],
			['ns', '1697040000123456789', 1697040000123456789n],
			['s', '1697040000.123456789', 1697040000123456789n],
			['s', '1697040000.1234567899', 1697040000123456789n],
			['ms', '1697040000123.456789', 1697040000123456789n],
			['ms', '1697040000123.4567899', 1697040000123456789n],
			['us', '1697040000123456.789999', 1697040000123456789n],
			['ns', '1697040000123456789.9', 1697040000123456789n],
			['s', '-1.5', -1500000000n],
			['s', '-0.0000000019', -1n],
			['ns', '-0.9', 0n],
			['ms', '1.697040000123e12', 1697040000123000000n],
			['s', '1e-400', 0n],
			['s', '0e999999999999', 0n],
			['s', '9223372036.854775807', I64_MOST],
			['s', '9223372036.8547758079', I64_MOST],
			['s', '-9223372036.854775808', I64_LEAST],
			['ns', '9223372036854775807', I64_MOST],
		] as const)('%s %s', (format, text, value) => {
			expect(numberOf({ kind: 'timestamp', format: format as TimestampFormat }, text)).toEqual(value);
		});
		it.each([
			['s', '9223372036.854775808'],
			['s', '9223372037'],
			['ms', '9223372036855'],
			['us', '1e16'],
			['ns', '9223372036854775808'],
			['ns', '-9223372036854775809'],
			['s', '1e999999999999'],
			['ms', '-1e300'],
		] as const)('%s %s is out of range', (format, text) => {
			expect(numberOf({ kind: 'timestamp', format }, text)).toEqual({ refused: 'timestamp' });
		});

		it.each([
			['1985-04-12T23:20:50.52Z', nanoseconds('1985-04-12T23:20:50.520Z')],
			['1996-12-19T16:39:57-08:00', nanoseconds('1996-12-20T00:39:57Z')],
			['1937-01-01T12:00:27.87+00:20', nanoseconds('1937-01-01T11:40:27.870Z')],
			['1990-12-31T23:59:60Z', nanoseconds('1991-01-01T00:00:00Z')],
			['1990-12-31T15:59:60-08:00', nanoseconds('1991-01-01T00:00:00Z')],
			['1970-01-01T00:00:00Z', 0n],
			['1969-12-31T23:59:59.999999999Z', -1n],
			['2024-02-29T12:00:00Z', nanoseconds('2024-02-29T12:00:00Z')],
			['2000-02-29T00:00:00Z', nanoseconds('2000-02-29T00:00:00Z')],
			['2024-01-01t00:00:00z', nanoseconds('2024-01-01T00:00:00Z')],
			['2024-01-01 00:00:00', nanoseconds('2024-01-01T00:00:00Z')],
			['2024-01-01T00:00:00', nanoseconds('2024-01-01T00:00:00Z')],
			['2024-01-01T00:00:00,5Z', nanoseconds('2024-01-01T00:00:00.500Z')],
			['2024-01-01T00:30:00+01:00', nanoseconds('2023-12-31T23:30:00Z')],
			['2023-12-31T23:30:00-01:00', nanoseconds('2024-01-01T00:30:00Z')],
			['2024-02-28T23:30:00-00:45', nanoseconds('2024-02-29T00:15:00Z')],
			['2024-03-01T00:00:00+23:59', nanoseconds('2024-02-29T00:01:00Z')],
			['2024-01-01T00:00:00-23:59', nanoseconds('2024-01-01T23:59:00Z')],
			['2024-01-01T00:00:00-00:00', nanoseconds('2024-01-01T00:00:00Z')],
			['2016-12-31T23:59:60.123456789Z', nanoseconds('2017-01-01T00:00:00Z') + 123456789n],
			['2017-01-01T05:29:60+05:30', nanoseconds('2017-01-01T00:00:00Z')],
			['2017-01-01T00:00:60+00:01', nanoseconds('2017-01-01T00:00:00Z')],
			['2023-06-15T23:59:60', nanoseconds('2023-06-16T00:00:00Z')],
			['2262-04-11T23:47:16.854775807Z', I64_MOST],
			['2262-04-11T23:47:16.8547758079Z', I64_MOST],
			['2262-04-12T23:46:16.854775807+23:59', I64_MOST],
			['1677-09-21T00:12:43.145224192Z', I64_LEAST],
			['1677-09-20T00:13:43.145224192-23:59', I64_LEAST],
			['1677-09-21T00:12:43.1452241929Z', I64_LEAST],
		] as const)('%s', (text, value) => {
			expect(at(text)).toEqual(value);
		});

		it('every day of leap and common years', () => {
			const texts: string[] = [];
			for (const year of [1678, 1700, 1900, 1969, 1972, 2000, 2023, 2024, 2100, 2261]) {
				for (let day = Date.UTC(year, 0, 1); day < Date.UTC(year + 1, 0, 1); day += 86_400_000) texts.push(new Date(day + (day % 86_399_000)).toISOString());
			}
			const { rows } = parseAll(
				create,
				single({ kind: 'timestamp', format: 'rfc3339' }),
				texts.map((text) => `{"v":"${text}"}`),
			);
			expect((rows.variant0 as Row[]).map((row) => row.v)).toEqual(texts.map(nanoseconds));
		});

		it('1 to 20 fraction digits, cut after nine', () => {
			const digits = '12345678987654321987';
			for (let count = 1; count <= digits.length; count++) {
				for (const point of '.,') expect(at(`2024-01-01T00:00:00${point}${digits.slice(0, count)}Z`)).toBe(nanoseconds('2024-01-01T00:00:00Z') + BigInt(digits.slice(0, Math.min(count, 9)).padEnd(9, '0')));
			}
			expect(at(`2024-01-01T00:00:00.${'9'.repeat(300)}+00:00`)).toBe(nanoseconds('2024-01-01T00:00:00Z') + 999999999n);
		});

		it.each([
			'',
			' ',
			'2024',
			'2024-01-01',
			'2024-01-01T',
			'2024-01-01T00:00',
			'2024-01-01T00:00Z',
			'2024-01-01T00:00:0Z',
			'24-01-01T00:00:00Z',
			'02024-01-01T00:00:00Z',
			'+2024-01-01T00:00:00Z',
			'-2024-01-01T00:00:00Z',
			'2024-1-01T00:00:00Z',
			'2024-01-1T00:00:00Z',
			'2024-01-01T0:00:00Z',
			'2024/01/01T00:00:00Z',
			'20240101T000000Z',
			'2024-01-01_00:00:00Z',
			'2024-01-01  00:00:00Z',
			'2024-01-01T00:00:00 Z',
			' 2024-01-01T00:00:00Z',
			'2024-01-01T00:00:00Z ',
			'2024-01-01T00:00:00ZZ',
			'2024-01-01T00:00:00UTC',
			'2024-00-01T00:00:00Z',
			'2024-13-01T00:00:00Z',
			'2024-01-00T00:00:00Z',
			'2024-01-32T00:00:00Z',
			'2024-04-31T00:00:00Z',
			'2024-06-31T00:00:00Z',
			'2024-09-31T00:00:00Z',
			'2024-11-31T00:00:00Z',
			'2024-02-30T00:00:00Z',
			'2023-02-29T00:00:00Z',
			'1900-02-29T00:00:00Z',
			'2100-02-29T00:00:00Z',
			'2024-01-01T24:00:00Z',
			'2024-01-01T00:60:00Z',
			'2024-01-01T00:00:61Z',
			'2024-01-01T00:00:60Z',
			'2024-01-01T23:58:60Z',
			'2024-01-01T22:59:60Z',
			'2024-01-01T23:59:60+01:00',
			'2024-01-01T23:59:60-08:00',
			'2024-01-01T00:00:99Z',
			'2024-01-01T99:00:00Z',
			'2024-01-01T00:00:00.Z',
			'2024-01-01T00:00:00.',
			'2024-01-01T00:00:00,',
			'2024-01-01T00:00:00.1.2Z',
			'2024-01-01T00:00:00.1a',
			'2024-01-01T00:00:00.-1Z',
			'2024-01-01T00:00:00.1 Z',
			'2024-01-01T00:00:00;5Z',
			'2024-01-01T00:00:00+24:00',
			'2024-01-01T00:00:00+00:60',
			'2024-01-01T00:00:00+0000',
			'2024-01-01T00:00:00+00',
			'2024-01-01T00:00:00+0:00',
			'2024-01-01T00:00:00+00:0',
			'2024-01-01T00:00:00+00:000',
			'2024-01-01T00:00:00+00:00Z',
			'2024-01-01T00:00:00*00:00',
			'2024-01-01T00:00:00-99:99',
			'1677-09-21T00:12:43.145224191Z',
			'1677-09-21T00:12:43Z',
			'2262-04-11T23:47:16.854775808Z',
			'2262-04-11T23:47:17Z',
			'2262-04-11T23:47:16.854775807-00:01',
			'0000-01-01T00:00:00Z',
			'0001-01-01T00:00:00Z',
			'9999-12-31T23:59:59Z',
			'9999-12-31T23:59:60Z',
			'1677-01-01T00:00:00Z',
			'2263-01-01T00:00:00Z',
			'２024-01-01T00:00:00Z',
			'2024-01-01T00:00:00\\u0000',
			'1697040000',
			'now',
			'٢٠٢٤-01-01T00:00:00Z',
			'2024:01:01T00:00:00Z',
			'2024-01-01T00-00-00Z',
			'/024-01-01T00:00:00Z',
			':024-01-01T00:00:00Z',
			'2024-01-01T00:00:0:Z',
			'2024-01-01T00:00:0/Z',
		])('"%s" is none', (text) => {
			expect(at(text)).toEqual({ refused: 'timestamp' });
		});

		it('a text is none of the units, a number no text', () => {
			expect(cellOf({ kind: 'timestamp', format: 'ms' }, '"2024-01-01T00:00:00Z"')).toEqual({ refused: 'number' });
			expect(cellOf({ kind: 'timestamp', format: 'rfc3339' }, '1697040000')).toEqual({ refused: 'type' });
			expect(at('\\u0032024-01-01T00:00:00\\u005a')).toBe(nanoseconds('2024-01-01T00:00:00Z'));
		});
	});

	describe('strings', () => {
		it('enumerations give their position, and treat other values by their rule', () => {
			const type = (unknown: 'intern' | 'null' | 'reject') => ({ kind: 'enumeration', values: ['buy', 'sell', ''], unknown }) as const;
			for (const unknown of ['intern', 'null', 'reject'] as const) {
				for (const value of ['buy', 'sell', '']) expect(cellOf(type(unknown), JSON.stringify(value), { nullable: true })).toBe(value);
				expect(cellOf(type(unknown), '"\\u0062uy"', { nullable: true })).toBe('buy');
				expect(cellOf(type(unknown), 'null', { nullable: true })).toBe(null);
			}
			expect(cellOf(type('intern'), '"Buy"')).toBe('Buy');
			expect(cellOf(type('null'), '"Buy"', { nullable: true })).toBe(null);
			expect(cellOf(type('reject'), '"Buy"')).toEqual({ refused: 'enumeration' });
			expect(cellOf(type('reject'), `"${'x'.repeat(256)}"`)).toEqual({ refused: 'enumeration' });
			expect(cellOf(type('intern'), `"${'x'.repeat(255)}"`)).toBe('x'.repeat(255));
			expect(cellOf(type('intern'), `"${'x'.repeat(256)}"`)).toEqual({ refused: 'too-large' });
			expect(cellOf(type('null'), `"${'x'.repeat(256)}"`, { nullable: true })).toBe(null);
		});

		it('symbols have at most 255 bytes, decoded', () => {
			const symbol = { kind: 'symbol', universe: 'u' } as const;
			expect(cellOf(symbol, '""')).toBe('');
			expect(cellOf(symbol, `"${'x'.repeat(255)}"`)).toBe('x'.repeat(255));
			expect(cellOf(symbol, `"${'x'.repeat(256)}"`)).toEqual({ refused: 'too-large' });
			expect(cellOf(symbol, `"${'é'.repeat(127)}x"`)).toBe(`${'é'.repeat(127)}x`);
			expect(cellOf(symbol, `"${'é'.repeat(128)}"`)).toEqual({ refused: 'too-large' });
			expect(cellOf(symbol, `"${'\\u0078'.repeat(255)}"`)).toBe('x'.repeat(255));
			expect(cellOf(symbol, '"\\ud800"')).toBe('\ufffd');
		});

		it('ids follow the order of appearance, shared by fields of a universe', () => {
			const symbol = { kind: 'symbol', universe: 'u' } as const;
			const schema = feed(message([field('a', symbol), field('b', symbol), field('c', { kind: 'symbol', universe: 'other' })]));
			const { rows } = parseAll(create, schema, ['{"c":"X","b":"X","a":"Y"}', '{"a":"X","b":"Z","c":"Y"}', '{"a":"W","b":1', '{"a":"V","b":"W","c":"X"}']);
			expect(rows.variant0).toEqual([
				{ a: 'Y', b: 'X', c: 'X' },
				{ a: 'X', b: 'Z', c: 'Y' },
				{ a: 'V', b: 'W', c: 'X' },
			]);
		});

		it('a full symbol table refuses new symbols only', () => {
			const symbols = 64;
			const messages = Array.from({ length: symbols * 4 }, (_, index) => `{"v":"S${index}"}`);
			const outcome = parseAll(create, single({ kind: 'symbol', universe: 'u' }), [...messages, ...messages], { symbols });
			const accepted = (outcome.rows.variant0 as Row[]).length / 2;
			expect(accepted).toBeGreaterThanOrEqual(symbols / 2);
			expect(accepted).toBeLessThan(symbols * 4);
			expect((outcome.rows.variant0 as Row[]).map((row) => row.v)).toEqual([0, 0].flatMap(() => Array.from({ length: accepted }, (_, index) => `S${index}`)));
			expect(outcome.refused.every(({ category, offset }) => category === 'too-large' && offset === 5)).toBe(true);
		});

		it('texts of any length and content', () => {
			const texts = [...Array.from({ length: 70 }, (_, length) => 'abcdefghij'.repeat(7).slice(0, length)), 'é'.repeat(6), 'é'.repeat(7), '😀😀😀', '😀😀😀x', 'x'.repeat(5000), '\0', 'quo"te and \\ and \n'];
			const messages = texts.flatMap((text) => [`{"v":${JSON.stringify(text)}}`, `{"v":"${[...text].map((character) => (character === 'a' ? '\\u0061' : JSON.stringify(character).slice(1, -1))).join('')}"}`]);
			const { rows } = parseAll(create, single({ kind: 'text' }), messages, { textBytes: 100_000 });
			expect((rows.variant0 as Row[]).map((row) => row.v)).toEqual(texts.flatMap((text) => [text, text]));
		});

		it('templates capture what stands between', () => {
			for (const capture of [{ kind: 'text' }, { kind: 'symbol', universe: 'u' }] as const) {
				const type = { kind: 'template', prefix: 'trades.', suffix: '.raw', capture } as const;
				expect(cellOf(type, '"trades.BTC-PERPETUAL.raw"')).toBe('BTC-PERPETUAL');
				expect(cellOf(type, '"trades..raw"')).toBe('');
				expect(cellOf(type, '"\\u0074rades.é\\u002eraw"')).toBe('é');
				for (const text of ['"trades.raw"', '"trades."', '".raw"', '""', '"Trades.x.raw"', '"trades.x.raw "', '"trades.x.ra"', '"xtrades.x.raw"']) expect(cellOf(type, text), text).toEqual({ refused: 'literal' });
				expect(cellOf(type, '1')).toEqual({ refused: 'type' });
				expect(cellOf(type, 'null', { nullable: true })).toBe(null);
				expect(cellOf(type, `"trades.${'x'.repeat(300)}.raw"`)).toEqual(capture.kind === 'text' ? 'x'.repeat(300) : { refused: 'too-large' });
			}
		});

		it('a string with escapes that the scratch cannot hold is too large, except as text', () => {
			const of = (count: number): string => `"${'\\u0061'.repeat(count)}"`;
			const options = { scratchSize: 1024 };
			const types: ValueType[] = [
				{ kind: 'symbol', universe: 'u' },
				{ kind: 'enumeration', values: ['a'], unknown: 'null' },
				{ kind: 'literal', value: 'a' },
				{ kind: 'template', prefix: 'a', suffix: '', capture: { kind: 'text' } },
				{ kind: 'float' },
				{ kind: 'integer', bits: 32, signed: true },
				{ kind: 'timestamp', format: 'rfc3339' },
			];
			for (const type of types) {
				expect(cellOf(type, of(171), { nullable: true }, options), type.kind).toEqual({ refused: 'too-large' });
				expect(cellOf(type, of(170), { nullable: true }, options), type.kind).not.toEqual({ refused: 'too-large' });
			}
			expect(cellOf({ kind: 'text' }, of(1000), {}, options)).toBe('a'.repeat(1000));
			expect(cellOf({ kind: 'skip' }, of(1000), {}, options)).toBeUndefined();
			// Without escapes there is nothing to decode.
			expect(cellOf({ kind: 'template', prefix: '', suffix: '', capture: { kind: 'text' } }, `"${'a'.repeat(5000)}"`, {}, { ...options, textBytes: 8192 })).toBe('a'.repeat(5000));
			// As a key it is one that the schema does not name.
			const schema = (unknownKeys: UnknownKeys) => feed(message([field('a', { kind: 'flag' })], { unknownKeys }));
			expect(parseOne(create, schema('skip'), `{${of(171)}:1,"a":true}`, options)).toEqual({ a: true });
			expect(parseOne(create, schema('reject'), `{${of(171)}:1,"a":true}`, options)).toEqual({ category: 'unknown-key', offset: 1 });
			expect(parseOne(create, schema('keep'), `{${of(171)}:1,"a":true}`, options)).toEqual({ a: true, unknownKeys: `{${of(171)}:1}` });
		});
	});

	it('flags', () => {
		expect(cellOf({ kind: 'flag' }, 'true')).toBe(true);
		expect(cellOf({ kind: 'flag' }, 'false')).toBe(false);
		for (const text of ['1', '0', '"true"', 'null', '[]', '{}']) expect(cellOf({ kind: 'flag' }, text)).toEqual({ refused: 'type' });
	});

	it('literals', () => {
		const cases = [
			['trade', ['"trade"', '"\\u0074rade"'], ['"trad"', '"trades"', '"Trade"', '""'], ['1', 'true', 'null', '{}', '[]']],
			[1, ['1', '1.0', '1e0', '10e-1', '0.1e1', '1.00000000000000000001'], ['2', '-1', '1.5', '0', '1e400'], ['"1"', 'true', 'null', '[1]']],
			[0, ['0', '-0', '0.0', '0e5', '1e-400', '-1e-400'], ['1'], ['"0"']],
			[0.1, ['0.1', '1e-1', '0.1000000000000000055511151231257827'], ['0.10000000000000002'], ['"0.1"']],
			[1e21, ['1e21', '1000000000000000000000'], ['1e22'], ['"1e21"']],
			[true, ['true'], ['false'], ['1', '"true"', 'null']],
			[false, ['false'], ['true'], ['0', '""', 'null']],
			[null, ['null'], [], ['0', '"null"', 'false', '[]', '{}']],
			['', ['""'], ['" "', '"\\u0000"'], ['null']],
			['line\n"é😀"', ['"line\\n\\"é😀\\""', '"line\\u000a\\u0022\\u00e9\\ud83d\\ude00\\""'], ['"line\\n\\"é😀"'], ['0']],
		] as const;
		for (const [value, same, other, wrong] of cases) {
			const type = { kind: 'literal', value } as const;
			for (const text of same) expect(cellOf(type, text), text).toBeUndefined();
			for (const text of other) expect(cellOf(type, text), text).toEqual({ refused: 'literal' });
			for (const text of wrong) expect(cellOf(type, text), text).toEqual({ refused: 'type' });
			expect(cellOf(type, 'null', { nullable: true })).toBeUndefined();
		}
	});

	it('null where it may be, and the empty string for numbers', () => {
		const numeric: ValueType[] = [{ kind: 'integer', bits: 32, signed: true }, { kind: 'integer', bits: 64, signed: false }, decimal(8), { kind: 'float' }, { kind: 'timestamp', format: 'ms' }, { kind: 'timestamp', format: 'rfc3339' }];
		const other: ValueType[] = [{ kind: 'flag' }, { kind: 'text' }, { kind: 'symbol', universe: 'u' }, { kind: 'enumeration', values: ['a'], unknown: 'reject' }, tuple([{ kind: 'flag' }]), message([]), { kind: 'list', item: { kind: 'flag' }, itemNullable: false }];
		for (const type of [...numeric, ...other]) {
			expect(cellOf(type, 'null', { nullable: true }), type.kind).toBe(null);
			expect(cellOf(type, 'null', { optional: true }), type.kind).toEqual({ refused: 'type' });
			expect(cellOf(type, 'null'), type.kind).toEqual({ refused: 'type' });
			expect(cellOf(type, 'nulL', { nullable: true }), type.kind).toEqual({ refused: 'syntax at 8' });
			expect(cellOf(type, 'nulL'), type.kind).toEqual({ refused: 'type' });
			expect(parseOne(create, single(type, { optional: true }), '{}'), type.kind).toEqual({ v: null });
		}
		for (const type of numeric) {
			expect(cellOf(type, '""', { nullable: true })).toBe(null);
			expect(cellOf(type, '""', { optional: true })).toEqual({ refused: type.kind === 'timestamp' && type.format === 'rfc3339' ? 'timestamp' : 'number' });
		}
	});

	it('a value of another kind is refused at its first byte, before the rest is looked at', () => {
		const starts = { string: '"\\', number: '-', boolean: 'tx', null: 'nx', object: '{,', array: '[,' } as const;
		const kinds: [ValueType, (keyof typeof starts)[]][] = [
			[{ kind: 'integer', bits: 32, signed: true }, ['string', 'number']],
			[decimal(2), ['string', 'number']],
			[{ kind: 'float' }, ['string', 'number']],
			[{ kind: 'timestamp', format: 'ns' }, ['string', 'number']],
			[{ kind: 'timestamp', format: 'rfc3339' }, ['string']],
			[{ kind: 'flag' }, ['boolean']],
			[{ kind: 'text' }, ['string']],
			[{ kind: 'symbol', universe: 'u' }, ['string']],
			[{ kind: 'enumeration', values: ['a'], unknown: 'intern' }, ['string']],
			[{ kind: 'literal', value: 'a' }, ['string']],
			[{ kind: 'literal', value: 1 }, ['number']],
			[{ kind: 'literal', value: true }, ['boolean']],
			[{ kind: 'literal', value: null }, ['null']],
			[{ kind: 'template', prefix: '', suffix: '', capture: null }, ['string']],
			[message([]), ['object']],
			[tuple([]), ['array']],
			[{ kind: 'list', item: { kind: 'flag' }, itemNullable: false }, ['array']],
		];
		for (const [type, own] of kinds) {
			for (const [kind, start] of Object.entries(starts)) {
				const verdict = cellOf(type, start);
				if ((own as string[]).includes(kind)) expect(verdict, `${type.kind} ${start}`).not.toEqual({ refused: 'type' });
				else expect(verdict, `${type.kind} ${start}`).toEqual({ refused: 'type' });
			}
			for (const start of ['x', '+', ']', '}', ',', ':', '\0', '\u00e9']) expect(cellOf(type, start), `${type.kind} ${start}`).toEqual({ refused: 'syntax' });
			expect(verdicts(create, single(type), ['{"v":', '{"v": \n'])).toEqual([
				{ category: 'truncated', offset: 5 },
				{ category: 'truncated', offset: 7 },
			]);
		}
	});

	it('errors of a value come before those of the byte after it', () => {
		for (const [text, category] of [
			['1.5', 'scale'],
			['"1.5"', 'scale'],
			['99999999999', 'range'],
			['"x"', 'number'],
		] as const) {
			for (const after of ['', 'x', '\0', ',']) {
				const type = { kind: 'integer', bits: 32, signed: true } as const;
				expect(parseOne(create, single(type), `{"v":${text}${after}`), text + after).toEqual({ category, offset: 5 });
			}
		}
		expect(parseOne(create, single(decimal(2)), '{"v":01.555}')).toEqual({ category: 'syntax', offset: 6 });
		expect(parseOne(create, single(decimal(2)), '{"v":1.555.5}')).toEqual({ category: 'scale', offset: 5 });
		expect(parseOne(create, single(decimal(2)), '{"v":1.55.5}')).toEqual({ category: 'syntax', offset: 9 });
		expect(parseOne(create, single(decimal(2)), '{"v":1.555e}')).toEqual({ category: 'number', offset: 11 });
		expect(parseOne(create, single(decimal(2)), '{"v":1.555e')).toEqual({ category: 'truncated', offset: 11 });
	});
});
