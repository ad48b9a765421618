/** Floats as decimals (docs/msgpack.md): the generated kernel and the obvious rule over doubles near and far from short decimals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMessagePackWriter } from '../../../src/protocols/msgpack/index.ts';
import { floatToFixedPoint } from '../../../src/protocols/rows/reference/floats.ts';
import type { ExcessDigits, ValueType } from '../../../src/schema/model.ts';
import { compareTiers, parseOne } from '../json/harness.ts';
import { caseCount } from '../json/properties.ts';
import { feed, field, message, single } from '../json/schemas.ts';
import { reference, schemaTier, tiers } from './tiers.ts';

const I64_MOST = 2n ** 63n - 1n;

const decimal = (scale: number, excess: ExcessDigits = 'reject'): ValueType => ({ kind: 'decimal', scale, excess, keepTextScale: false });

function encoded(value: number, single32 = false): Uint8Array {
	const writer = createMessagePackWriter();
	writer.map(1);
	writer.string('v');
	if (single32) writer.float32(value);
	else writer.float64(value);
	return writer.take();
}

describe.each(tiers)('a float64 in the $name tier', ({ create }) => {
	const read = (value: number, scale: number, excess?: ExcessDigits, single32 = false): unknown => {
		const row = parseOne(create, single(decimal(scale, excess), { keys: ['v'] }), encoded(value, single32));
		return 'category' in row ? row.category : Object.values(row)[0];
	};

	it.each([
		[67123.1, 8, 6712310000000n],
		[0.1, 1, 1n],
		[0.1, 18, 100000000000000000n],
		[-0.25, 2, -25n],
		[-0, 8, 0n],
		[1e-7, 7, 1n],
		[123456789.12345678, 8, 12345678912345678n],
		[1234567890.5, 8, 123456789050000000n],
		[1717000000.123456, 9, 1717000000123456000n],
		[0.1 + 0.2, 17, 30000000000000004n],
		[2 ** 53 + 2, 0, 9007199254740994n],
		[2 ** 62, 0, 4611686018427387904n],
		[1125899906842624.25, 1, 11258999068426242n],
	])('%d at scale %d is %s', (value, scale, expected) => {
		expect(read(value, scale)).toBe(expected);
	});

	it.each([
		[0.1 + 0.2, 8, 'scale'],
		[0.123456789, 8, 'scale'],
		[5e-324, 18, 'scale'],
		[2 ** 63, 0, 'range'],
		[1e300, 0, 'range'],
		[92233720369.5, 8, 'range'],
		[Number.NaN, 8, 'number'],
		[Number.POSITIVE_INFINITY, 8, 'number'],
	])('%d at scale %d is refused as %s', (value, scale, category) => {
		expect(read(value, scale)).toBe(category);
	});

	it.each([
		[0.1 + 0.2, 8, 'truncate', 30000000n],
		[0.15, 1, 'half-even', 2n],
		[0.25, 1, 'half-even', 2n],
		[0.35, 1, 'half-even', 4n],
		[-1.999, 2, 'truncate', -199n],
		[5e-324, 18, 'half-even', 0n],
	] as const)('%d at scale %d, %s, is %s', (value, scale, excess, expected) => {
		expect(read(value, scale, excess)).toBe(expected);
	});

	it('takes a float32 for the decimal of at most six digits that rounds to it', () => {
		expect(read(67123.1, 8, 'reject', true)).toBe(6712310000000n);
		expect(read(0.1, 3, 'reject', true)).toBe(100n);
		expect(read(16777216, 0, 'reject', true)).toBe(16777216n);
		expect(read(67123.15, 8, 'reject', true)).toBe('scale');
		expect(read(67123.15, 2, 'truncate', true)).toBe(6712314n);
	});
});

/** Doubles that are short decimals, next to them, or anything. */
const double = fc.oneof(
	fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 25 })).map(([mantissa, places]) => Number(`${mantissa}e-${places}`)),
	fc.tuple(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: -2, max: 2 })).map(([mantissa, places, ulps]) => nextBy(Number(`${mantissa}e-${places}`), ulps)),
	fc.tuple(fc.integer({ min: -1074, max: 1023 }), fc.integer({ min: -2, max: 2 })).map(([exponent, ulps]) => nextBy(2 ** exponent, ulps)),
	fc.tuple(fc.integer({ min: -25, max: 25 }), fc.integer({ min: -2, max: 2 })).map(([exponent, ulps]) => nextBy(Number(`1e${exponent}`), ulps)),
	fc.tuple(fc.nat(2 ** 31), fc.integer({ min: 1, max: 80 })).map(([odd, twos]) => (odd * 2 + 1) / 2 ** twos),
	fc.double({ noNaN: true, noDefaultInfinity: true }),
);

function nextBy(value: number, ulps: number): number {
	const view = new DataView(new ArrayBuffer(8));
	view.setFloat64(0, value);
	view.setBigInt64(0, view.getBigInt64(0) + BigInt(ulps));
	return Number.isFinite(view.getFloat64(0)) ? view.getFloat64(0) : value;
}

describe('the kernel of floats', () => {
	const memories = [new WebAssembly.Memory({ initial: 16, maximum: 4096 }), new WebAssembly.Memory({ initial: 16, maximum: 4096 })] as const;
	const types: readonly ValueType[] = [
		...[0, 1, 2, 3, 5, 8, 9, 12, 15, 17, 18].flatMap((scale) => (['reject', 'truncate', 'half-even'] as const).map((excess) => decimal(scale, excess))),
		{ kind: 'integer', bits: 32, signed: true },
		{ kind: 'integer', bits: 32, signed: false },
		{ kind: 'integer', bits: 64, signed: true },
		{ kind: 'integer', bits: 64, signed: false },
		{ kind: 'timestamp', format: 's' },
		{ kind: 'timestamp', format: 'ms' },
		{ kind: 'timestamp', format: 'ns' },
	];

	it.each([false, true])('gives what the obvious rule gives (float32: %s)', (single32) => {
		fc.assert(
			fc.property(fc.array(double, { minLength: 100, maxLength: 100 }), fc.constantFrom(...types), (values, type) => {
				const messages = values.map((value) => encoded(single32 && Number.isFinite(Math.fround(value)) ? Math.fround(value) : value, single32));
				const difference = compareTiers([reference, schemaTier], single(type, { keys: ['v'] }), messages, { rows: 128, memories });
				if (difference !== null) throw new Error(`${difference}\n${JSON.stringify(type)}`);
			}),
			{ numRuns: Math.ceil(caseCount(20_000) / 100) },
		);
	});

	it('takes every price of at most 15 digits back as it was', () => {
		fc.assert(
			fc.property(fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n }), fc.integer({ min: 0, max: 18 }), (mantissa, scale) => {
				const value = Number(`${mantissa}e-${scale}`);
				expect(floatToFixedPoint(value, false, scale, 'reject', -I64_MOST - 1n, I64_MOST)).toBe(mantissa);
			}),
			{ numRuns: 5000 },
		);
	});

	it('is the same in a message with other fields', () => {
		const schema = feed(message([field('a', decimal(8)), field('b', decimal(2)), field('c', { kind: 'float' })]));
		const writer = createMessagePackWriter();
		writer.map(3);
		for (const [key, value] of [
			['a', 1.5],
			['b', 2.25],
			['c', -0.5],
		] as const) {
			writer.string(key);
			writer.float64(value);
		}
		expect(parseOne(schemaTier.create, schema, writer.take())).toEqual({ a: 150000000n, b: 225n, c: -0.5 });
	});
});
