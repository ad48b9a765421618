/** docs/msgpack.md by example: what each tier accepts, and which category at which byte. */
import { describe, expect, it } from 'vitest';
import { msgpack } from '../../../src/protocols/msgpack/index.ts';
import type { MessageType, Schema, TupleType, ValueType } from '../../../src/schema/model.ts';
import { type Cell, parseAll, parseOne, type Row, type WorldOptions } from '../json/harness.ts';
import { feed, field, message, single, tuple } from '../json/schemas.ts';
import { tiers } from './tiers.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const integer: ValueType = { kind: 'integer', bits: 64, signed: true };
const decimal: ValueType = { kind: 'decimal', scale: 2, excess: 'reject', keepTextScale: true };
const symbol: ValueType = { kind: 'symbol', universe: 'symbols' };
const text: ValueType = { kind: 'text' };
const raw: ValueType = { kind: 'bytes' };
const milliseconds: ValueType = { kind: 'timestamp', format: 'ms' };
const rfc3339: ValueType = { kind: 'timestamp', format: 'rfc3339' };

describe.each(tiers)('the $name tier', ({ create }) => {
	const parse = (schema: Schema, hex: string, options?: WorldOptions): Row | { category: string; offset: number } => parseOne(create, schema, bytes(hex), options);
	/** A map with the one member `v`; the value is at byte 3. */
	const one = (type: ValueType, hex: string, also: Parameters<typeof single>[1] = {}): Cell | { category: string; offset: number } => {
		const row = parse(single(type, also), `81 a1 76 ${hex}`);
		return 'category' in row ? (row as { category: string; offset: number }) : (row.v as Cell);
	};

	it.each<readonly [ValueType, string, Cell]>([
		[integer, '05', 5n],
		[integer, 'ff', -1n],
		[integer, 'cc ff', 255n],
		[integer, 'd0 80', -128n],
		[integer, 'cd ff ff', 65535n],
		[integer, 'd1 80 00', -32768n],
		[integer, 'ce ff ff ff ff', 4294967295n],
		[integer, 'd2 80 00 00 00', -2147483648n],
		[integer, 'cf 7f ff ff ff ff ff ff ff', 2n ** 63n - 1n],
		[integer, 'd3 80 00 00 00 00 00 00 00', -(2n ** 63n)],
		[{ kind: 'integer', bits: 64, signed: false }, 'cf ff ff ff ff ff ff ff ff', 2n ** 64n - 1n],
		[integer, 'cb 40 59 00 00 00 00 00 00', 100n],
		[integer, 'ca 42 c8 00 00', 100n],
		[integer, 'a2 31 32', 12n],
		[integer, 'c4 02 31 32', 12n],
		[integer, 'a5 31 2e 32 65 31', 12n],
		[decimal, '05', 500n],
		[decimal, 'a4 31 2e 32 35', 125n],
		[decimal, 'cb 3f f4 00 00 00 00 00 00', 125n],
		[{ kind: 'float' }, 'cb 3f b9 99 99 99 99 99 9a', 0.1],
		[{ kind: 'float' }, 'ca 3f c0 00 00', 1.5],
		[{ kind: 'float' }, 'cf ff ff ff ff ff ff ff ff', 2 ** 64],
		[{ kind: 'float' }, 'a3 30 2e 31', 0.1],
		[{ kind: 'float' }, 'cb ff f8 00 00 00 00 00 01', Number.NaN],
		[{ kind: 'flag' }, 'c3', true],
		[{ kind: 'flag' }, 'c2', false],
		[symbol, 'a3 42 54 43', 'BTC'],
		[symbol, 'd9 03 42 54 43', 'BTC'],
		[symbol, 'c6 00 00 00 03 42 54 43', 'BTC'],
		[text, 'a3 e4 bb b7', '价'],
		[text, `da 00 20 ${'61'.repeat(32)}`, 'a'.repeat(32)],
		[raw, 'c4 03 ff 00 c3', Uint8Array.of(0xff, 0, 0xc3)],
		[raw, 'c4 00', Uint8Array.of()],
		[raw, `c4 0c ${'fe'.repeat(12)}`, new Uint8Array(12).fill(0xfe)],
		[raw, `c4 0d ${'fe'.repeat(13)}`, new Uint8Array(13).fill(0xfe)],
		[raw, `c5 01 00 ${'81'.repeat(256)}`, new Uint8Array(256).fill(0x81)],
		[raw, 'c6 00 00 00 01 c1', Uint8Array.of(0xc1)],
		[raw, 'a2 c3 28', Uint8Array.of(0xc3, 0x28)],
		[raw, 'd4 07 80', Uint8Array.of(0x80)],
		[raw, 'd7 ff 1d 6f 34 54 65 53 f1 00', Uint8Array.of(0x1d, 0x6f, 0x34, 0x54, 0x65, 0x53, 0xf1, 0)],
		[raw, 'c7 00 05', Uint8Array.of()],
		[raw, 'c8 00 02 05 aa bb', Uint8Array.of(0xaa, 0xbb)],
		[milliseconds, 'cf 00 00 01 8f c5 2c d2 00', 1_716_999_999_999_000_000n + 1_000_000n * BigInt(0x18fc52cd200 - 1_716_999_999_999)],
		[milliseconds, 'cb 3f f8 00 00 00 00 00 00', 1_500_000n],
		[milliseconds, 'd6 ff 65 53 f1 00', 1_700_000_000_000_000_000n],
		[milliseconds, 'd7 ff 1d 6f 34 54 65 53 f1 00', 1_700_000_000_123_456_789n],
		[milliseconds, 'c7 0c ff 00 00 00 01 ff ff ff ff ff ff ff ff', -999_999_999n],
		[rfc3339, 'd6 ff 65 53 f1 00', 1_700_000_000_000_000_000n],
		[rfc3339, 'b4 32 30 32 33 2d 31 31 2d 31 34 54 32 32 3a 31 33 3a 32 30 5a', 1_700_000_000_000_000_000n],
		[{ kind: 'list', item: integer, itemNullable: true }, '93 01 c0 03', [1n, null, 3n]],
		[{ kind: 'list', item: integer, itemNullable: false }, 'dd 00 00 00 02 01 02', [1n, 2n]],
	])('reads %j %s', (type, hex, expected) => {
		expect(one(type, hex)).toEqual(expected);
	});

	it.each<readonly [string, ValueType, string, string, number]>([
		['a text for a flag', { kind: 'flag' }, 'a1 74', 'type', 3],
		['a number for a symbol', symbol, '05', 'type', 3],
		['a map for a number', integer, '80', 'type', 3],
		['nil where it may not be', integer, 'c0', 'type', 3],
		['an extension of another type', milliseconds, 'd4 05 00', 'type', 3],
		['an extension for an integer', integer, 'd6 ff 00 00 00 00', 'type', 3],
		['c1', integer, 'c1', 'syntax', 3],
		['c1 in what is skipped', { kind: 'skip' }, '91 c1', 'syntax', 4],
		['a cut number', integer, 'ce 00 00', 'truncated', 6],
		['nothing', integer, '', 'truncated', 3],
		['a text longer than the message', text, 'db ff ff ff ff 61', 'truncated', 9],
		['an array longer than the message', { kind: 'list', item: integer, itemNullable: false }, 'dd ff ff ff ff 01', 'truncated', 9],
		['bytes that are not UTF-8', text, 'a3 61 c3 28', 'utf8', 5],
		['bytes in bin that are not UTF-8', symbol, 'c4 01 ff', 'utf8', 5],
		['text that is no number', decimal, 'a2 31 78', 'number', 3],
		['not a number', decimal, 'cb 7f f8 00 00 00 00 00 00', 'number', 3],
		['infinity', integer, 'ca 7f 80 00 00', 'number', 3],
		['a negative number, unsigned', { kind: 'integer', bits: 32, signed: false }, 'ff', 'range', 3],
		['33 bits in 32', { kind: 'integer', bits: 32, signed: false }, 'cf 00 00 00 01 00 00 00 00', 'range', 3],
		['64 bits, signed', integer, 'cf ff ff ff ff ff ff ff ff', 'range', 3],
		['digits beyond the scale', decimal, 'a5 31 2e 32 35 35', 'scale', 3],
		['a float beyond the scale', decimal, 'cb 3f f4 14 7a e1 47 ae 14', 'scale', 3],
		['half an integer', integer, 'cb 3f e0 00 00 00 00 00 00', 'scale', 3],
		['a time beyond 2262', milliseconds, 'cf 00 10 00 00 00 00 00 00', 'timestamp', 3],
		['a timestamp of 10^9 nanoseconds', milliseconds, 'd7 ff ee 6b 28 00 00 00 00 00', 'timestamp', 3],
		['a timestamp of one byte', milliseconds, 'd4 ff 00', 'timestamp', 3],
		['a date that is none', rfc3339, 'a1 78', 'timestamp', 3],
		['a number for a date', rfc3339, '05', 'type', 3],
		['another constant', { kind: 'literal', value: 'a' }, 'a1 62', 'literal', 3],
		['another number', { kind: 'literal', value: 5 }, '06', 'literal', 3],
		['a value not listed', { kind: 'enumeration', values: ['buy'], unknown: 'reject' }, 'a1 62', 'enumeration', 3],
		['too long a symbol', symbol, `da 01 00 ${'61'.repeat(256)}`, 'too-large', 3],
		['a prefix that is another', { kind: 'template', prefix: 'a.', suffix: '', capture: null }, 'a3 62 2e 63', 'literal', 3],
		['one array too deep', { kind: 'skip' }, `${'91'.repeat(64)} 01`, 'depth', 66],
	])('refuses %s', (_, type, hex, category, offset) => {
		// A skipped value alone would be no table.
		const schema = feed(message([field('v', type), field('n', integer, { optional: true })]));
		expect(parse(schema, `81 a1 76 ${hex}`)).toEqual({ category, offset });
	});

	it('takes the same numbers for constants', () => {
		const schema = feed(message([field('v', { kind: 'literal', value: 5 }), field('n', integer)]));
		for (const five of ['05', 'cc 05', 'd3 00 00 00 00 00 00 00 05', 'cb 40 14 00 00 00 00 00 00', 'ca 40 a0 00 00']) expect(parse(schema, `82 a1 76 ${five} a1 6e 01`)).toEqual({ n: 1n });
	});

	it('keeps how many digits a text has; numbers have none, floats no such count', () => {
		const read = (hex: string): unknown => parse(single(decimal), `81 a1 76 ${hex}`);
		expect(read('a4 31 2e 32 30')).toEqual({ v: 120n, v$scale: 2 });
		expect(read('01')).toEqual({ v: 100n, v$scale: 0 });
		expect(read('cb 3f f0 00 00 00 00 00 00')).toEqual({ v: 100n, v$scale: -1 });
	});

	it('reads the empty text as null where a number may be null', () => {
		for (const type of [integer, decimal, milliseconds, rfc3339, { kind: 'float' } as const]) {
			expect(one(type, 'a0', { nullable: true })).toBeNull();
			expect(one(type, 'c0', { nullable: true })).toBeNull();
		}
		expect(one(integer, 'a0')).toEqual({ category: 'number', offset: 3 });
	});

	describe('objects', () => {
		const ab = message([field('a', integer), field('b', integer, { optional: true }), field('gone', { kind: 'absent' }), field('c', integer, { keys: ['c', 'cc'] })]);
		const schemaOf = (type: MessageType | TupleType): Schema => feed(type);

		it.each([
			['in order', '83 a1 61 01 a1 62 02 a1 63 03', { a: 1n, b: 2n, c: 3n }],
			['in any order', '83 a1 63 03 a1 62 02 a1 61 01', { a: 1n, b: 2n, c: 3n }],
			['with an alias', '82 a2 63 63 03 a1 61 01', { a: 1n, b: null, c: 3n }],
			['in a map of 16 bits', 'de 00 02 a1 61 01 a1 63 03', { a: 1n, b: null, c: 3n }],
			['in a map of 32 bits', 'df 00 00 00 02 a1 61 01 a1 63 03', { a: 1n, b: null, c: 3n }],
			['with keys as bin', '82 c4 01 61 01 d9 01 63 03', { a: 1n, b: null, c: 3n }],
			['with keys it does not know', '84 a1 7a 91 01 05 06 a1 61 01 a1 63 03', { a: 1n, b: null, c: 3n }],
			['by position', '93 01 02 03', { a: 1n, b: 2n, c: 3n }],
			['by position, with more', '95 01 02 03 04 91 05', { a: 1n, b: 2n, c: 3n }],
			['by position, in an array of 16 bits', 'dc 00 03 01 02 03', { a: 1n, b: 2n, c: 3n }],
		])('%s', (_, hex, row) => {
			expect(parse(schemaOf(ab), hex)).toEqual(row);
		});

		it.each([
			['a key twice', '83 a1 61 01 a1 61 02 a1 63 03', 'duplicate-key', 4],
			['an alias beside its key', '83 a1 61 01 a1 63 03 a2 63 63 03', 'duplicate-key', 7],
			['a key that must be absent', '82 a1 61 01 a4 67 6f 6e 65 01', 'unknown-key', 4],
			['a field missing', '81 a1 61 01', 'missing-field', 4],
			['a position missing', '92 01 02', 'missing-field', 3],
			['a cut key', '82 a1 61 01 a5 63', 'truncated', 6],
			['members missing', '82 a1 61 01', 'truncated', 4],
			['bytes behind it', '82 a1 61 01 a1 63 03 c0', 'trailing', 7],
			['a number', '05', 'type', 0],
			['nothing', '', 'truncated', 0],
		])('refused: %s', (_, hex, category, offset) => {
			expect(parse(schemaOf(ab), hex)).toEqual({ category, offset });
		});

		it('with unknown keys or elements refused', () => {
			const strict = schemaOf(message([field('a', integer)], { unknownKeys: 'reject' }));
			expect(parse(strict, '82 a1 61 01 a1 7a 02')).toEqual({ category: 'unknown-key', offset: 4 });
			expect(parse(strict, '82 a1 61 01 05 02')).toEqual({ category: 'unknown-key', offset: 4 });
			expect(parse(strict, '92 01 02')).toEqual({ category: 'tuple-length', offset: 2 });
			expect(parse(strict, '92 01 c1')).toEqual({ category: 'syntax', offset: 2 });
			expect(parse(schemaOf(tuple([integer])), '92 01 02')).toEqual({ category: 'tuple-length', offset: 2 });
			expect(parse(schemaOf(tuple([integer])), '81 a1 61 01')).toEqual({ category: 'type', offset: 0 });
		});

		it('choose between variants, as maps and by position', () => {
			const both = feed(message([field('e', { kind: 'literal', value: 'trade' }), field('p', integer)]), message([field('e', { kind: 'literal', value: 'quote' }), field('bid', integer)]));
			const read = (hex: string): unknown => {
				const { rows, refused } = parseAll(create, both, [bytes(hex)]);
				return refused[0] === undefined ? rows : { category: refused[0].category, offset: refused[0].offset, variant: refused[0].variant };
			};
			const quote = 'a5 71 75 6f 74 65';
			expect(read(`82 a1 65 ${quote} a3 62 69 64 05`)).toMatchObject({ variant1: [{ bid: 5n }] });
			expect(read(`82 a3 62 69 64 05 a1 65 ${quote}`)).toMatchObject({ variant1: [{ bid: 5n }] });
			expect(read(`92 ${quote} 05`)).toMatchObject({ variant1: [{ bid: 5n }] });
			expect(read(`92 a5 74 72 61 64 65 05`)).toMatchObject({ variant0: [{ p: 5n }] });
			expect(read('81 a1 65 a1 78')).toEqual({ category: 'unknown-message', offset: 0, variant: -1 });
			expect(read(`82 a1 65 ${quote} a3 62 69 64 c3`)).toEqual({ category: 'type', offset: 13, variant: 1 });
		});
	});

	it('a message that does not fit an empty batch is too large', () => {
		const lists = single({ kind: 'list', item: integer, itemNullable: false });
		expect(parse(lists, `81 a1 76 dc 00 41 ${'01'.repeat(65)}`, { rows: 64, items: 64 })).toEqual({ category: 'too-large', offset: 0 });
	});
});

describe.each(tiers)("'keep-bytes' in the $name tier", ({ create }) => {
	const schema = feed(message([field('a', integer), field('b', text, { optional: true })], { unknownKeys: 'keep-bytes' }));
	const kept = (hex: string, options?: WorldOptions): unknown => {
		const row = parseOne(create, schema, bytes(hex), options) as Row | { category: string; offset: number };
		return 'unknownKeys' in row ? (row.unknownKeys instanceof Uint8Array ? Buffer.from(row.unknownKeys).toString('hex') : row.unknownKeys) : row;
	};
	const member = (key: string, value: string): string => `${(0xa0 + key.length).toString(16)}${Buffer.from(key).toString('hex')}${value}`;

	it('keeps the members as they stand in the message, in a map', () => {
		expect(kept('81 a161 05')).toBeNull();
		expect(kept('82 a161 05 a162 a178')).toBeNull();
		// Twelve bytes lie in the view, thirteen in the heap.
		expect(kept('82 a17a 07 a161 05')).toBe('81a17a07');
		expect(kept(`82 a161 05 ${member('k', 'a8 3132333435363738'.replace(' ', ''))}`)).toBe(`81${member('k', 'a83132333435363738')}`);
		expect(kept(`82 a161 05 ${member('k', 'a93132333435363738 39'.replace(' ', ''))}`)).toBe(`81${member('k', 'a9313233343536373839')}`);
		// Any key, however it is written, and twice; whatever the value is.
		expect(kept('85 a17a 82a1780192c0c301 a161 05 d9017a d4ffaa c4017a cb3ff8000000000000 c0 c2')).toBe('84a17a82a1780192c0c301d9017ad4ffaac4017acb3ff8000000000000c0c2');
	});

	it('with as long a head as it takes', () => {
		for (const count of [1, 15, 16, 300]) {
			const members = Array.from({ length: count }, (_, index) => member(`k${index}`, 'c0')).join('');
			const head = (most: number): string => (most < 16 ? (0x80 + most).toString(16) : `de${most.toString(16).padStart(4, '0')}`);
			expect(kept(`${head(count + 1)} a161 05 ${members}`)).toBe(`${head(count)}${members}`);
		}
	});

	it('has nothing of an array, and of what is refused', () => {
		expect(kept('92 05 a178')).toBeNull();
		expect(kept('94 05 a178 07 08')).toBeNull();
		expect(kept('82 a17a 07 a161 a178')).toEqual({ category: 'number', offset: 6 });
		expect(kept('81 a17a 07')).toEqual({ category: 'missing-field', offset: 4 });
		// More than an empty batch has room for.
		expect(kept(`82 a161 05 ${member('k', `da0100${'61'.repeat(256)}`)}`, { textBytes: 64, rows: 64 })).toEqual({ category: 'too-large', offset: 0 });
	});
});

it.each(tiers)('arrays are no objects where a key may have either, $name', ({ create }) => {
	const one = message([field('data', message([field('a', integer), field('b', integer, { distinguishing: true })]))]);
	const many = message([field('data', { kind: 'list', item: integer, itemNullable: false })]);
	const { rows, refused } = parseAll(create, feed(one, many), [bytes('81 a464617461 93 01 02 03'), bytes('81 a464617461 82 a161 05 a162 06')]);
	expect(refused).toEqual([]);
	expect(rows).toEqual({ variant0: [{ data: { a: 5n, b: 6n } }], variant1: [{ data: [1n, 2n, 3n] }] });
});

describe('msgpack()', () => {
	it('says which objects keep unknown keys, and what to do', () => {
		expect(() => msgpack(feed(message([field('a', message([field('b', integer)], { unknownKeys: 'keep' }))])))).toThrow(/variant0\.a: unknownKeys: 'keep' keeps JSON text, which MessagePack has none of; use 'keep-bytes'/);
	});
});
