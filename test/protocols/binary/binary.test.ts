/** Formats described with the builders: other venues' styles, each kind of field, mistakes. */
import { describe, expect, it } from 'vitest';
import { codeCacheKey } from '../../../src/compiler/code-cache-key.ts';
import { binary, compile, createEncoder, wire } from '../../../src/index.ts';
import { compareTiers, parseAll, parseOne, verdicts } from '../json/harness.ts';
import { tiersOf, tiersOfProtocol } from './tiers.ts';

const {
	align,
	array,
	bit,
	bitEnumeration,
	bitField,
	bits,
	constant,
	control,
	decimal,
	enumeration,
	flag,
	float32,
	float64,
	format,
	group,
	hidden,
	int,
	lengthField,
	message,
	object,
	skip,
	skipData,
	symbol,
	symbolData,
	text,
	textData,
	timestamp,
	typeField,
	uint,
	varint,
	versionField,
	blockLengthField,
	bytes,
	bytesData,
	headerConstant,
	zigzag,
} = wire;

const hex = (written: string): Uint8Array => Uint8Array.from(written.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** An inbound order message in the style of OUCH 4.2: a text token, a side, big-endian sizes, a price with four digits. */
const ouchStyle = format(
	'ouch-style',
	{ endian: 'big', header: [typeField(uint(8))] },
	message('enterOrder', 'O', {
		token: text(14),
		side: enumeration(uint(8), { buy: 'B', sell: 'S', short: 'T' }),
		shares: uint(32),
		stock: symbol(8),
		price: decimal(uint(32), -4),
		timeInForce: uint(32),
		firm: symbol(4, { universe: 'firm' }),
		display: enumeration(uint(8), { attributable: 'A', anonymous: 'Y', hidden: 'N' }).unknown('intern'),
	}),
	message('cancelOrder', 'X', { token: text(14), shares: uint(32) }),
);

/** In the style of Cboe's multicast PITCH: little endian, each message begins with its length and type, short and long forms. */
const pitchStyle = format(
	'pitch-style',
	{ endian: 'little', header: [lengthField(uint(8)), typeField(uint(8))], trailing: 'skip' },
	message('time', 0x20, { seconds: uint(32) }),
	message('addOrderShort', 0x22, { timeOffset: uint(32), orderId: uint(64), side: enumeration(uint(8), { buy: 'B', sell: 'S' }), quantity: uint(16), symbol: symbol(6), price: decimal(uint(16), -2, 4), flags: bits(uint(8), { display: bit(0) }) }),
	message('orderExecuted', 0x23, { timeOffset: uint(32), orderId: uint(64), executedQuantity: uint(32), executionId: uint(64) }),
	control('unitClear', 0x97, { timeOffset: uint(32) }),
);

/** A bit of everything. */
const everything = format(
	'everything',
	{ endian: 'little', version: 3, midnight: 1_577_682_000_000_000_000n, header: [headerConstant(uint(16), 0x4d54), typeField(uint(16)), blockLengthField(uint(16)), versionField(uint(8))] },
	message('all', 300, {
		wide: uint(24),
		wider: int(48).big(),
		exponent: hidden(int(8)),
		price: decimal(int(64), 'exponent', 8),
		maybe: int(32).nullIs(-2147483648),
		time: timestamp(uint(32), 'ms', 'midnight'),
		live: flag(uint(8)),
		yes: flag(uint(8), { true: 'Y', false: 'N' }),
		packed: bits(uint(16), { a: bit(3), b: bitField(4, 5), c: bitEnumeration(9, 2, { none: 0, some: 1, all: 2 }) }),
		ratio: float32(),
		other: float64('big').blankIsNull(),
		tag: text(5, { pad: 'nul' }).blankIsNull(),
		magic: constant(uint(8), '!'),
		reserved: skip(3),
		even: align(4),
		map: hidden(uint(8)),
		later: uint(16).since(2),
		latest: symbol(4).since(3),
		small: varint().when('map', 0),
		signed: zigzag().when('map', 1),
		pair: object({ x: uint(8), y: uint(8) }).when('map', 7),
		levels: group({ count: uint(8), blockLength: uint(16) }, { price: decimal(int(32), 'exponent', 8), size: uint(32), orders: group({ count: varint() }, { id: uint(64).big() }), note: textData(uint(8)) }),
		numbers: array(3, int(16)),
		name: symbolData(varint()),
		comment: textData(uint(16)).blankIsNull(),
		raw: skipData(uint(32)),
		hash: bytes(20),
		token: bytes(3),
		payload: bytesData(uint(16)),
		signature: bytesData(varint()).blankIsNull(),
	}),
);

const ROW = {
	wide: 0xabcdef,
	wider: -140737488355328n,
	exponent: -2,
	price: 12_345_000_000n,
	maybe: null,
	time: 1_577_682_000_000_000_000n + 34_200_001_000_000n,
	live: true,
	yes: false,
	packed: { a: true, b: 21, c: 'all' },
	ratio: 1.5,
	other: null,
	tag: null,
	later: 65535,
	latest: 'ABCD',
	small: 18_446_744_073_709_551_615n,
	signed: -9_223_372_036_854_775_808n,
	pair: { x: 1, y: 2 },
	levels: [
		{ price: 100_000_000n, size: 4_000_000_000, orders: [{ id: 1n }, { id: 2n }], note: 'first, and longer than twelve bytes' },
		{ price: -100_000_000n, size: 0, orders: [], note: '' },
	],
	numbers: [-1, 0, 32767],
	name: 'BTC-PERPETUAL-äöü',
	comment: null,
	raw: 'anything',
	hash: Uint8Array.from({ length: 20 }, (_, index) => 0x80 + index * 5),
	token: Uint8Array.of(0, 0xff, 0x20),
	payload: Uint8Array.from({ length: 300 }, (_, index) => index & 0xff),
	signature: null,
};

const SEEN = Object.fromEntries(Object.entries(ROW).filter(([name]) => name !== 'exponent' && name !== 'raw'));

describe('other venues', () => {
	it.each(tiersOf(ouchStyle))('OUCH style, $name', ({ create }) => {
		const { schema } = binary(ouchStyle);
		const order = hex(`4f ${Buffer.from('TOKEN000000001').toString('hex')} 42 00000064 4141504c20202020 0012d644 0001869e 4e534451 59`);
		expect(parseOne(create, schema, order)).toEqual({ token: 'TOKEN000000001', side: 'buy', shares: 100, stock: 'AAPL', price: 1234500n, timeInForce: 99998, firm: 'NSDQ', display: 'anonymous' });
		expect(createEncoder(binary(ouchStyle)).encode('enterOrder', { token: 'TOKEN000000001', side: 'buy', shares: 100, stock: 'AAPL', price: '123.45', timeInForce: 99998, firm: 'NSDQ', display: 'anonymous' })).toEqual(order);
	});
	it.each(tiersOf(pitchStyle))('PITCH style, $name', ({ create }) => {
		const { schema } = binary(pitchStyle);
		const add = hex('1a 22 185060 00 0500000000000000 42 6400 5a565a5a5420 1027 01');
		expect(parseOne(create, schema, add)).toEqual({ timeOffset: 0x605018, orderId: 5n, side: 'buy', quantity: 100, symbol: 'ZVZZT', price: 1_000_000n, flags: { display: true } });
		const messages = [add, hex('06 20 10000000'), hex('06 97 10000000'), hex('07 20 10000000'), hex('06 20 100000'), hex('08 20 10000000 eeee')];
		const { rows, refused, messages: counts } = parseAll(create, schema, messages);
		expect(rows.time).toEqual([{ seconds: 16 }, { seconds: 16 }]);
		expect(counts).toMatchObject({ unitClear: 1, time: 2 });
		expect(refused.map(({ category, offset, sequence }) => [sequence, category, offset])).toEqual([
			[3, 'length', 0],
			[4, 'length', 0],
		]);
	});
});

describe('every kind of field', () => {
	const protocol = binary(everything);
	const encoder = createEncoder(protocol);
	const tiers = tiersOfProtocol(protocol);
	const whole = encoder.encode('all', ROW as never);

	it.each(tiers)('is read, $name', ({ create }) => {
		expect(parseOne(create, protocol.schema, whole)).toEqual(SEEN);
	});
	it.each(tiers)('older and newer versions, $name', ({ create }) => {
		expect(parseOne(create, protocol.schema, encoder.encode('all', ROW as never, { version: 1 }))).toEqual({ ...SEEN, later: null, latest: null });
		expect(parseOne(create, protocol.schema, encoder.encode('all', ROW as never, { version: 2 }))).toEqual({ ...SEEN, latest: null });
		expect(parseOne(create, protocol.schema, encoder.encode('all', ROW as never, { version: 9, extraBlockBytes: 5 }))).toEqual(SEEN);
	});
	it.each(tiers)('cut anywhere it is truncated, $name', ({ create }) => {
		const cut = Array.from(whole, (_, length) => whole.subarray(0, length));
		expect(verdicts(create, protocol.schema, cut)).toEqual(cut.map(({ length }) => ({ category: 'truncated', offset: length })));
	});
	it.each(tiers)('forged lengths and counts cost nothing, $name', ({ create }) => {
		const block = whole.slice();
		block.set([0xff, 0xff], 4);
		expect(parseOne(create, protocol.schema, block)).toEqual({ category: 'truncated', offset: whole.length });
		block.set([1, 0], 4);
		expect(parseOne(create, protocol.schema, block)).toEqual({ category: 'length', offset: 4 });
	});
	it('agrees on every single byte that is changed', () => {
		const changed = Array.from({ length: whole.length * 3 }, (_, index) => {
			const copy = whole.slice();
			const at = Math.floor(index / 3);
			copy[at] = [0, 0xff, (copy[at] as number) ^ 1][index % 3] as number;
			return copy;
		});
		expect(compareTiers(tiers, protocol.schema, changed, { rows: 64, items: 64 })).toBeNull();
	});
});

describe('batches', () => {
	const listed = format('listed', { endian: 'big' }, message('m', null, { row: uint(8), items: group({ count: uint(16) }, { v: uint(8) }), note: textData(uint(16)) }));
	const protocol = binary(listed);
	const encoder = createEncoder(protocol);
	const of = (items: number, note = 0): Uint8Array => encoder.encode('m', { row: 1, items: Array.from({ length: items }, () => ({ v: 7 })), note: 'x'.repeat(note) });
	it.each(tiersOfProtocol(protocol))('what does not fit waits for the next one, or is too large, $name', ({ create }) => {
		const { rows, refused, stops } = parseAll(create, protocol.schema, [of(65), of(40), of(40), of(0, 200), of(0, 70), of(0, 70)], { rows: 64, items: 64, textBytes: 128 });
		expect(refused.map(({ sequence, category, offset }) => [sequence, category, offset])).toEqual([
			[0, 'too-large', 0],
			[3, 'too-large', 0],
		]);
		expect(rows.m?.map(({ items }) => (items as unknown[]).length)).toEqual([40, 40, 0, 0]);
		expect(stops.filter((stop) => stop === 'tableFull').length).toBeGreaterThan(1);
	});
	it('agrees where few errors fit', () => {
		expect(compareTiers(tiersOfProtocol(protocol), protocol.schema, [of(1), hex('01'), hex('02'), of(2), hex(''), of(63), of(2)], { rows: 64, items: 64, errorLimit: 1 })).toBeNull();
	});
});

it('compiles as every protocol, with types', () => {
	const seen: string[] = [];
	const parser = compile(binary(pitchStyle), {
		onBatch(batch) {
			if (batch.table === 'addOrderShort') {
				const price = batch.column('price', 'decimal');
				const name = batch.column('symbol', 'symbol');
				batch.visit((row) => seen.push(`${name.text(row)} ${price.text(row)}`));
			}
		},
	});
	expect(parser.parse(hex('1a 22 185060 00 0500000000000000 42 6400 5a565a5a5420 1027 01'))).toBe(true);
	parser.flush();
	expect(seen).toEqual(['ZVZZT 100.0000']);
	expect(parser.tier).toBe('schema');
	parser.dispose();
});

describe('mistakes', () => {
	const mistakeOf = (described: Parameters<typeof binary>[0]): string => {
		try {
			binary(described);
		} catch (error) {
			return (error as Error).message;
		}
		return 'none';
	};
	it('name the place and what to do', () => {
		const of = (fields: Parameters<typeof message>[2], options: Partial<Parameters<typeof format>[1]> = {}): string => mistakeOf(format('f', { endian: 'big', ...options }, message('m', null, fields)));
		expect(of({ a: uint(12 as 16) })).toContain('m.a: an integer of 12 bits');
		expect(of({ a: decimal(int(32), 'e', 2) })).toContain('no number called "e" stands before it');
		expect(of({ a: uint(8).when('map', 0) })).toContain('no number called "map" stands before it');
		expect(of({ a: uint(8), b: uint(8).since(1) })).toContain('add versionField() to the header');
		expect(of({ a: uint(8).nullIs(256) })).toContain('the null value 256 does not fit 8 bits, unsigned');
		expect(of({ a: enumeration(uint(16), { x: 1 }).unknown('intern') })).toContain('can be kept only where they are one byte');
		expect(of({ a: symbol(300) })).toContain('a symbol of 300 bytes is not possible');
		expect(of({ a: uint(8), g: group({ count: uint(8) }, { s: skip(0) }) })).toContain('its items take no bytes');
		expect(() => of({ a: bytes(4).blankIsNull() })).toThrow('"a" always has 4 bytes, so it is never blank');
		const padded = format('f', { endian: 'big' }, message('m', null, { a: text(4) }));
		const node = padded.messages[0]?.nodes[0];
		if (node?.kind !== 'text') throw new Error('no text');
		const changed = (change: Partial<typeof node>): string => mistakeOf({ ...padded, messages: [{ ...(padded.messages[0] as (typeof padded.messages)[0]), nodes: [{ ...node, ...change }] }] });
		expect(changed({ pad: 'none' })).toContain('text has the padding "none"');
		expect(changed({ type: { kind: 'bytes' } })).toContain('bytes have the padding "space"');
		expect(changed({ type: { kind: 'bytes' }, pad: 'none', nullable: true })).toContain('bytes of a fixed length cannot be blank');
		expect(mistakeOf(format('f', { endian: 'big' }, message('a', null, { x: uint(8) }), message('b', null, { x: uint(8) })))).toContain('nothing tells its 2 messages apart');
		expect(mistakeOf(format('f', { endian: 'big', header: [typeField(uint(8))] }, message('a', 1, { x: uint(8) }), message('b', 1, { x: uint(8) })))).toContain('it has the type 1, as "a" has');
	});
	it('of the encoder', () => {
		const encoder = createEncoder(binary(ouchStyle));
		const row = { token: 'T', side: 'buy', shares: 1, stock: 'A', price: '1', timeInForce: 0, firm: '', display: 'anonymous' };
		expect(() => encoder.encode('enterOrder', { ...row, shares: 2 ** 33 } as never)).toThrow('"enterOrder.shares" is 8589934592, which does not fit 32 bits');
		expect(() => encoder.encode('enterOrder', { ...row, side: 'both' } as never)).toThrow('one of buy, sell, short can be written');
		expect(() => encoder.encode('enterOrder', { ...row, stock: 'TOO LONG A NAME' } as never)).toThrow('has 15 bytes, and 8 are there');
		expect(() => encoder.encode('enterOrder', { ...row, price: '0.00001' } as never)).toThrow('at most 4 digits after the point');
		expect(() => encoder.encode('enterOrder', { ...row, shares: null } as never)).toThrow('nothing on the wire says null there');
		const raw = createEncoder(binary(format('f', { endian: 'big' }, message('m', null, { a: bytes(4), b: bytesData(uint(8)) }))));
		expect(() => raw.encode('m', { a: 'text', b: new Uint8Array() })).toThrow(`"m.a" wants bytes (a Uint8Array), not 'text'`);
		expect(() => raw.encode('m', { a: new Uint8Array(3), b: new Uint8Array() })).toThrow('"m.a" has 3 bytes, and must have 4');
		expect(() => raw.encode('m', { a: new Uint8Array(4), b: new Uint8Array(256) })).toThrow('"m.b: length" is 256, which does not fit 8 bits');
		expect(() => raw.encode('m', { a: new Uint8Array(4), b: null })).toThrow('"m.b" wants bytes (a Uint8Array), not null');
		expect(() => encoder.encode('nothing' as never, {} as never)).toThrow('has no message "nothing"');
	});
});

it('the code cache tells formats of one schema apart', () => {
	const of = (endian: 'little' | 'big') => binary(format('same', { endian }, message('m', null, { a: uint(32) })));
	const key = (endian: 'little' | 'big'): string => codeCacheKey({ protocol: of(endian), layout: {}, tier: 'schema', generate: {} });
	expect(of('little').schema).toEqual(of('big').schema);
	expect(key('little')).not.toBe(key('big'));
	expect(key('big')).toBe(key('big'));
});
