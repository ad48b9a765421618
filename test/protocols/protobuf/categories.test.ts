/** docs/protobuf.md by example: what each tier accepts, and which category at which byte. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type ProtobufOptions, type ProtobufProtocol, type ProtoTypes, parseProto, protobuf } from '../../../src/protocols/protobuf/index.ts';
import { decimal, enumeration, float, integer, integer32, symbol, text, timestamp, unsigned } from '../../../src/schema/index.ts';
import { type Cell, parseOne, type Row } from '../json/harness.ts';
import { tiers } from './tiers.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));

const PROTO2 = `
	syntax = "proto2"; package p2;
	enum Side { BUY = 1; SELL = 2; }
	message Inner { required int32 id = 1; optional string note = 2; repeated int32 list = 3; }
	message All {
		optional int32 plain = 1;
		optional int64 with_default = 2 [default = -5];
		optional Side side = 3;
		optional Side preset = 4 [default = SELL];
		repeated Side sides = 5;
		repeated Side packed_sides = 6 [packed = true];
		map<string, Side> by_name = 7;
		optional Inner inner = 8;
		repeated Inner inners = 9;
		optional group Old = 10 { optional int32 a = 1; optional group Deep = 2 { optional string b = 1; } }
		repeated group Many = 11 { required int32 a = 1; }
		oneof kind { Inner chosen = 12; int32 number = 13; string words = 14; }
		optional bool yes = 15 [default = true];
		optional double real = 16 [default = 1.5];
	}
	message Must { required int32 a = 1; optional Must2 b = 2; }
	message Must2 { required int32 c = 1; }
	message Entries { map<int32, Sided> of = 1; }
	message Sided { optional Side side = 1; }
`;

const PROTO3 = `
	syntax = "proto3"; package p3;
	import "google/protobuf/timestamp.proto";
	enum Kind { NONE = 0; ONE = 1; UNO = 1; MINUS = -1; option allow_alias = true; }
	message All {
		double d = 1; float f = 2; int32 i32 = 3; int64 i64 = 4; uint32 u32 = 5; uint64 u64 = 6; sint32 s32 = 7; sint64 s64 = 8;
		fixed32 x32 = 9; fixed64 x64 = 10; sfixed32 y32 = 11; sfixed64 y64 = 12; bool b = 13; string s = 14; bytes raw = 15; Kind kind = 16;
	}
	message Value { string s = 1; int64 i = 2; uint64 u = 3; double d = 4; float f = 5; bytes raw = 6; Kind kind = 7; google.protobuf.Timestamp at = 8; repeated string list = 9; optional int32 there = 10; }
	message Tree { int32 v = 1; Tree left = 2; repeated Tree more = 3; Leaf leaf = 4; }
	message Leaf { string name = 1; repeated Leaf2 leaves = 2; }
	message Leaf2 { int32 v = 1; repeated int32 vs = 2; map<int32, Leaf3> m = 3; }
	message Leaf3 { int32 a = 1; int32 b = 2; }
	message Times { repeated google.protobuf.Timestamp list = 1; map<int32, google.protobuf.Timestamp> by = 2; oneof o { google.protobuf.Timestamp at = 3; int32 n = 4; } }
	message Feed { uint32 height = 1; oneof body { Trade trade = 2; Quote quote = 3; Ping ping = 4; } Meta meta = 5; }
	message Trade { string price = 1; } message Quote { string bid = 1; repeated int32 n = 2; } message Ping { }
	message Meta { int32 m = 1; oneof what { Trade first = 2; Quote second = 3; } }
	message Maps { map<string, int64> plain = 1; map<int32, Leaf3> messages = 2; map<bool, Kind> kinds = 3; }
`;

const EDITION = `
	edition = "2023"; package ed;
	message M { Sub sub = 1 [features.message_encoding = DELIMITED]; int32 must = 2 [features.field_presence = LEGACY_REQUIRED]; int32 none = 3 [features.field_presence = IMPLICIT]; int32 maybe = 4; }
	message Sub { int32 v = 1; }
`;

describe.each(tiers)('the $name tier', ({ of }) => {
	let proto2: ProtoTypes;
	let proto3: ProtoTypes;
	let edition: ProtoTypes;
	beforeAll(async () => {
		[proto2, proto3, edition] = await Promise.all([parseProto(PROTO2), parseProto(PROTO3), parseProto(EDITION)]);
	});
	type Outcome = Row | { category: string; offset: number };
	const run = (protocol: ProtobufProtocol, hex: string): Outcome => parseOne(of(protocol).create, protocol.schema, bytes(hex));
	const p2 = (message: string, hex: string, options?: ProtobufOptions): Outcome => run(protobuf(proto2, `p2.${message}`, options), hex);
	const p3 = (message: string, hex: string, options?: ProtobufOptions): Outcome => run(protobuf(proto3, `p3.${message}`, options), hex);

	it('takes nothing for a message of zeros', () => {
		expect(p3('All', '')).toEqual({ d: 0, f: 0, i32: 0, i64: 0n, u32: 0, u64: 0n, s32: 0, s64: 0n, x32: 0, x64: 0n, y32: 0, y64: 0n, b: false, s: '', raw: new Uint8Array(), kind: 'NONE' });
	});

	it.each<readonly [string, string, Cell]>([
		['d', '09 9a9999999999b93f', 0.1],
		['d', '09 010000000000f8ff', Number.NaN],
		['d', '09 0000000000000080', -0],
		['f', '15 0000c03f', 1.5],
		['i32', '18 9601', 150],
		['i32', '18 ffffffffffffffffff01', -1],
		['i32', '18 8080808020', 0],
		['i32', '18 b9e08000', 12345],
		['i32', '18 b9e08080808080808000', 12345],
		['i64', '20 feffffffffffffffff01', -2n],
		['i64', '20 ffffffffffffffffff7f', -1n],
		['u32', '28 ffffffff1f', 4294967295],
		['u64', '30 ffffffffffffffffff01', 2n ** 64n - 1n],
		['s32', '38 01', -1],
		['s32', '38 8280808010', 1],
		['s64', '40 ffffffffffffffffff01', -(2n ** 63n)],
		['x32', '4d ffffffff', 4294967295],
		['x64', '51 ffffffffffffffff', 2n ** 64n - 1n],
		['y32', '5d ffffffff', -1],
		['y64', '61 0000000000000080', -(2n ** 63n)],
		['b', '68 8080808080808080800 1', true],
		['b', '68 8000', false],
		['b', '68 8080808020', true],
		['s', '72 06 e8b0b7e6ad8c', '谷歌'],
		['raw', '7a 03 00fb0a', Uint8Array.of(0, 0xfb, 0x0a)],
		['kind', '8001 01', 'ONE'],
		['kind', '8001 ffffffffffffffffff01', 'MINUS'],
		['kind', '8001 07', '7'],
		['kind', '8001 f9ffffffffffffffff01', '-7'],
		['i32', '18 01 18 02', 2],
		// As an unknown field: another wire type than its own.
		['i32', '1d 01000000', 0],
		['s', '70 05', ''],
		['i32', '1a 02 0102', 0],
		// A tag that is longer than needed.
		['i32', '9880 00 05', 5],
		['i32', '9880808000 05', 5],
	])('reads %s from %s', (field, hex, expected) => {
		expect((p3('All', hex) as Row)[field]).toEqual(expected);
	});

	it.each<readonly [string, string, string, number]>([
		['field number 0', '18 01 00 01', 'syntax', 2],
		['field number 0, of two bytes', '80 00 01', 'syntax', 0],
		['wire type 6', '1e', 'syntax', 0],
		['wire type 7', '1f', 'syntax', 0],
		['an end tag alone', '18 01 1c', 'syntax', 2],
		['a tag beyond 32 bits', '88 80 80 80 40 01', 'syntax', 0],
		['a tag of six bytes', '88 80 80 80 80 00 01', 'syntax', 0],
		['a varint of eleven bytes', '18 80808080808080808080 01', 'syntax', 1],
		['a skipped varint of eleven bytes', 'f001 80808080808080808080 01', 'syntax', 2],
		['a cut tag', '18 01 80', 'truncated', 3],
		['a cut varint', '18 80 80', 'truncated', 3],
		['a tag alone', '18', 'truncated', 1],
		['a cut double', '09 00 00', 'truncated', 3],
		['a cut float', '15 00', 'truncated', 2],
		['a cut string', '72 05 61', 'truncated', 3],
		['a string of 2^32 bytes', '72 8080808010 61', 'truncated', 7],
		['a string of 2^64 - 1 bytes', '72 ffffffffffffffffff01 61', 'truncated', 12],
		['a cut unknown field', 'f201 05 61', 'truncated', 4],
		['an unknown group without an end', 'f301 0801', 'truncated', 4],
		['an unknown group that ends as another', 'f301 fc01', 'syntax', 2],
		['groups within each other, too deep', 'f301'.repeat(64), 'depth', 126],
		['a string that is not UTF-8', '72 03 61c328', 'utf8', 3],
		['a surrogate', '72 03 eda080', 'utf8', 2],
	])('refuses %s', (_, hex, category, offset) => {
		expect(p3('All', hex)).toEqual({ category, offset });
	});

	it('walks unknown groups to the end', () => {
		expect(p3('Leaf3', 'fb01 0801 fb01 fc01 12 01 ff 19 0000000000000000 25 00000000 fc01 0803')).toEqual({ a: 3, b: 0 });
		expect(p3('Leaf3', `${'f301'.repeat(63)}${'f401'.repeat(63)} 08 03`)).toEqual({ a: 3, b: 0 });
	});

	it.each<readonly [string, ProtobufOptions['columns'], string, string, Cell | { category: string; offset: number }]>([
		['a decimal from text', { s: decimal(2) }, 's', '0a 04 31322e35', 1250n],
		['a decimal from the empty text', { s: decimal(2) }, 's', '0a 00', null],
		['a decimal from nothing', { s: decimal(2) }, 's', '', null],
		['no number', { s: decimal(2) }, 's', '0a 02 3178', { category: 'number', offset: 2 }],
		['digits beyond the scale', { s: decimal(1) }, 's', '0a 04 312e3235', { category: 'scale', offset: 2 }],
		['an integer from text', { s: integer() }, 's', '0a 02 3132', 12n],
		['a float from text', { s: float() }, 's', '0a 03 302e31', 0.1],
		['a time from text', { s: timestamp('rfc3339') }, 's', '0a 14 323032332d31312d31345432323a31333a32305a', 1_700_000_000_000_000_000n],
		['no time', { s: timestamp('rfc3339') }, 's', '0a 01 78', { category: 'timestamp', offset: 2 }],
		['a symbol', { s: symbol() }, 's', '0a 03 425443', 'BTC'],
		['an empty symbol', { s: symbol() }, 's', '0a 00', null],
		['a listed string', { s: enumeration(['buy', 'sell']).unknown('reject') }, 's', '0a 03 627579', 'buy'],
		['a string not listed', { s: enumeration(['buy']).unknown('reject') }, 's', '0a 01 78', { category: 'enumeration', offset: 2 }],
		['a string not listed, null', { s: enumeration(['buy']).unknown('null') }, 's', '0a 01 78', null],
		['too long a symbol', { s: symbol() }, 's', `0a 8002 ${'61'.repeat(256)}`, { category: 'too-large', offset: 3 }],
		['an exponent', { i: { column: decimal(6), exponent: -9 } }, 'i', '10 c0843d', 1000n],
		['digits lost to an exponent', { i: { column: decimal(6), exponent: -9 } }, 'i', '10 01', { category: 'scale', offset: 1 }],
		['digits cut', { i: { column: decimal(6).rounding('truncate'), exponent: -9 } }, 'i', '10 01', 0n],
		['too much for a decimal', { i: { column: decimal(6), exponent: 18 } }, 'i', '10 64', { category: 'range', offset: 1 }],
		['an unsigned decimal', { u: decimal(0) }, 'u', '18 05', 5n],
		['an unsigned decimal of 64 bits', { u: decimal(0) }, 'u', '18 ffffffffffffffffff01', { category: 'range', offset: 1 }],
		['a time', { i: timestamp('ms') }, 'i', '10 05', 5_000_000n],
		['no time at all', { i: timestamp('ms') }, 'i', '', 0n],
		['a time too late', { i: timestamp('s') }, 'i', '10 ffffffffffffffff7f', { category: 'timestamp', offset: 1 }],
		['a smaller column', { i: integer32() }, 'i', '10 8080808008', { category: 'range', offset: 1 }],
		['a column of another sign', { i: unsigned() }, 'i', '10 ffffffffffffffffff01', { category: 'range', offset: 1 }],
		['a decimal from a double', { d: decimal(2) }, 'd', '21 9a9999999999b93f', 10n],
		['a decimal from a double with more digits', { d: decimal(2) }, 'd', '21 343333333333d33f', { category: 'scale', offset: 1 }],
		['a decimal from infinity', { d: decimal(2) }, 'd', '21 000000000000f07f', { category: 'number', offset: 1 }],
		['a decimal from a float', { f: decimal(2) }, 'f', '2d cdcccc3d', 10n],
		['a time from a double', { d: timestamp('s') }, 'd', '21 000000000000f83f', 1_500_000_000n],
		['bytes as text', { raw: text() }, 'raw', '32 02 6162', 'ab'],
		['bytes as text that is none', { raw: text() }, 'raw', '32 01 ff', { category: 'utf8', offset: 2 }],
		['an enum as a number', { kind: integer32() }, 'kind', '38 07', 7],
		['an instant', {}, 'at', '42 08 0880e2cfaa06 1005', 1_700_000_000_000_000_005n],
		['no instant', {}, 'at', '', null],
		['an empty instant', {}, 'at', '42 00', 0n],
		['an instant in two parts', {}, 'at', '42 02 0801 42 02 1003', 1_000_000_003n],
		['an instant before 1970', {}, 'at', '42 0d 08ffffffffffffffffff01 1005', -999_999_995n],
		['an instant with too many nanoseconds', {}, 'at', '42 06 108094ebdc03', { category: 'timestamp', offset: 2 }],
		['an instant too late', {}, 'at', '42 07 0880808080 8040', { category: 'timestamp', offset: 2 }],
		['symbols in a list', { list: symbol() }, 'list', '4a 01 61 4a 00', ['a', null]],
		['presence', {}, 'there', '50 00', 0],
		['no presence', {}, 'there', '', null],
	])('reads as a column: %s', (_, columns, field, hex, expected) => {
		const row = p3('Value', hex, columns === undefined ? {} : { columns });
		expect('category' in row ? row : row[field]).toEqual(expected);
	});

	it('leaves out messages within themselves', () => {
		expect(p3('Tree', '0801 1202 0805 1a00 2203 0a01 61')).toEqual({ v: 1, leaf: { name: 'a', leaves: [] } });
	});

	it('merges messages that stand several times', () => {
		expect(p3('Tree', '2205 0a01 61 1200 22 0d 1202 0803 1207 0804 1201 05 1006 0803')).toMatchObject({ v: 3, leaf: { name: 'a' } });
		expect(p3('Tree', '2209 0a01 61 1204 0801 1002 2206 1204 0805 1007')).toEqual({
			v: 0,
			leaf: {
				name: 'a',
				leaves: [
					{ v: 1, vs: [2], m: [] },
					{ v: 5, vs: [7], m: [] },
				],
			},
		});
		// Into an entry's value, too.
		expect(p3('Maps', '120a 0801 1202 0805 1202 1006')).toMatchObject({ messages: [{ key: 1, value: { a: 5, b: 6 } }] });
	});

	it('keeps a map as its entries', () => {
		expect(p3('Maps', '0a05 0a01 61 1001 0a05 0a01 61 1002 0a00 1202 0807 1a04 0801 1009 1a02 1001')).toEqual({
			plain: [
				{ key: 'a', value: 1n },
				{ key: 'a', value: 2n },
				{ key: '', value: 0n },
			],
			messages: [{ key: 7, value: { a: 0, b: 0 } }],
			kinds: [
				{ key: true, value: '9' },
				{ key: false, value: 'ONE' },
			],
		});
	});

	it('reads lists, packed or not, together or apart', () => {
		expect(p3('Leaf2', '1201 01 0807 1002 1202 0304 0808 1200')).toEqual({ v: 8, vs: [1, 2, 3, 4], m: [] });
		expect(p3('Leaf2', '1202 0180')).toEqual({ category: 'truncated', offset: 4 });
		expect(p3('Leaf2', '1205 01')).toEqual({ category: 'truncated', offset: 3 });
		expect(p3('Leaf', '1204 0801 1280')).toEqual({ category: 'truncated', offset: 6 });
	});

	it('keeps the last member of a oneof alone', () => {
		const read = (hex: string): Outcome => p2('All', hex);
		expect(read('6809')).toMatchObject({ chosen: null, number: 9, words: null });
		expect(read('6809 7201 61')).toMatchObject({ chosen: null, number: null, words: 'a' });
		expect(read('7201 61 6207 0801 1801 1201 62')).toMatchObject({ chosen: { id: 1, note: 'b', list: [1] }, number: null, words: null });
		// What was before in a member that comes back is gone, its items too; what is there twice in a row is one.
		expect(read('6206 0801 1801 1802 6809 6204 0802 1803')).toMatchObject({ chosen: { id: 2, note: null, list: [3] }, number: null });
		expect(read('6204 0801 1801 6202 1802')).toMatchObject({ chosen: { id: 1, list: [1, 2] } });
		// A member that gave way misses nothing.
		expect(read('6202 1801 6809')).toMatchObject({ chosen: null, number: 9 });
		expect(read('6202 1801')).toEqual({ category: 'missing-field', offset: 4 });
		// Another wire type is no member.
		expect(read('6809 6005')).toMatchObject({ chosen: null, number: 9 });
		expect(p3('Times', '1a02 0801 2003')).toEqual({ list: [], by: [], at: null, n: 3 });
		expect(p3('Times', '1a02 0801 2003 1a02 1005')).toEqual({ list: [], by: [], at: 5n, n: null });
		expect(p3('Times', '0a02 0801 0a02 1002 1204 1202 0801 1200')).toEqual({
			list: [1_000_000_000n, 2n],
			by: [
				{ key: 0, value: 1_000_000_000n },
				{ key: 0, value: 0n },
			],
			at: null,
			n: null,
		});
	});

	it('takes a closed enum’s unlisted numbers for unknown fields', () => {
		const read = (hex: string): Outcome => p2('All', hex, { unknown: 'keep' });
		expect(read('1802 1809')).toMatchObject({ side: 'SELL', unknownFields: bytes('1809') });
		expect(read('1809')).toMatchObject({ side: null, preset: 'SELL', unknownFields: bytes('1809') });
		expect(read('2801 2809 2802')).toMatchObject({ sides: ['BUY', 'SELL'], unknownFields: bytes('2809') });
		expect(read('3203 010902 2a02 0901')).toMatchObject({ packedSides: ['BUY', 'SELL'], sides: ['BUY'], unknownFields: null });
		expect(read('3a05 0a01 61 1009 3a05 0a01 62 1002 3a03 0a01 63')).toMatchObject({
			byName: [
				{ key: 'b', value: 'SELL' },
				{ key: 'c', value: 'BUY' },
			],
			unknownFields: bytes('3a050a01611009'),
		});
		expect(read('3a07 0a01 61 1009 1001')).toMatchObject({ byName: [{ key: 'a', value: 'BUY' }], unknownFields: null });
		// Wherever its key stands.
		expect(read('3a05 1009 0a01 61')).toMatchObject({ byName: [], unknownFields: bytes('3a0510090a0161') });
		// In a message that is an entry's value it is that message's unknown field.
		expect(p2('Entries', '0a06 0801 1202 0809 0a06 0802 1202 0801', { unknown: 'keep' })).toMatchObject({
			of: [
				{ key: 1, value: { side: null } },
				{ key: 2, value: { side: 'BUY' } },
			],
			unknownFields: null,
		});
	});

	it('writes explicit defaults', () => {
		expect(p2('All', '')).toEqual({ plain: null, withDefault: -5n, side: null, preset: 'SELL', sides: [], packedSides: [], byName: [], inner: null, inners: [], old: null, many: [], chosen: null, number: null, words: null, yes: true, real: 1.5 });
		expect(p2('All', '10 00 2001 7800')).toMatchObject({ withDefault: 0n, preset: 'BUY', yes: false });
	});

	it('reads groups', () => {
		expect(p2('All', '53 0805 13 0a01 61 14 54 5b 0801 5c 5b 0802 5c')).toMatchObject({ old: { a: 5, deep: { b: 'a' } }, many: [{ a: 1 }, { a: 2 }] });
		// Merged; and not as a message after its length.
		expect(p2('All', '53 0805 54 53 1314 54 5202 0809')).toMatchObject({ old: { a: 5, deep: { b: null } } });
		expect(p2('All', '53 0805')).toEqual({ category: 'truncated', offset: 3 });
		expect(p2('All', '53 0805 5c')).toEqual({ category: 'syntax', offset: 3 });
		expect(p2('All', '5b 5c')).toEqual({ category: 'missing-field', offset: 2 });
		expect(run(protobuf(edition, 'ed.M'), '0b 0805 0c 1001')).toEqual({ sub: { v: 5 }, must: 1, none: 0, maybe: null });
		expect(run(protobuf(edition, 'ed.M'), '0b 0c')).toEqual({ category: 'missing-field', offset: 2 });
	});

	it('misses what is required, where its row ends', () => {
		expect(p2('Must', '')).toEqual({ category: 'missing-field', offset: 0 });
		expect(p2('Must', '0801')).toEqual({ a: 1, b: null });
		expect(p2('Must', '1200 0801')).toEqual({ category: 'missing-field', offset: 4 });
		expect(p2('Must', '1200 0801 1202 0803')).toEqual({ a: 1, b: { c: 3 } });
		expect(p2('All', '4a02 0801 4a00 0801')).toEqual({ category: 'missing-field', offset: 6 });
	});

	it('keeps unknown fields as they were', () => {
		const keep: ProtobufOptions = { unknown: 'keep' };
		expect(p3('Leaf3', '0801 1a02 abcd 1003 23 0801 24 0d 00000000', keep)).toEqual({ a: 1, b: 3, unknownFields: bytes('1a02abcd230801240d00000000') });
		expect(p3('Leaf3', '0801', keep)).toEqual({ a: 1, b: 0, unknownFields: null });
		// Those of messages in it are dropped; what is left out is not unknown.
		expect(p3('Tree', '2204 a201 01ff 1200', keep)).toEqual({ v: 0, leaf: { name: '', leaves: [] }, unknownFields: null });
	});

	describe('tables by a oneof', () => {
		const feed = (hex: string, options: ProtobufOptions = {}): Outcome => p3('Feed', hex, { tables: 'body', control: ['ping'], ...options });

		it('are chosen by its last member', () => {
			expect(feed('0807 1203 0a01 31')).toEqual({ height: 7, trade: { price: '1' }, meta: null });
			expect(feed('1a03 0a01 32 0807')).toEqual({ height: 7, quote: { bid: '2', n: [] }, meta: null });
			// What the others had is gone, and not looked at.
			expect(feed('1a05 0a01 32 1009 1203 ffffff 1a03 0a01 33')).toEqual({ height: 0, quote: { bid: '3', n: [] }, meta: null });
			expect(feed('1203 0a01 31 2200')).toEqual({});
			expect(feed('1200 2200 1a00')).toMatchObject({ quote: { bid: '', n: [] } });
		});

		it('are unknown messages without one', () => {
			expect(feed('0807')).toEqual({ category: 'unknown-message', offset: 0 });
			expect(feed('')).toEqual({ category: 'unknown-message', offset: 0 });
			expect(feed('1005')).toEqual({ category: 'unknown-message', offset: 0 });
			expect(feed('0807 1a')).toEqual({ category: 'truncated', offset: 3 });
			expect(feed('1200 0880')).toEqual({ category: 'truncated', offset: 4 });
			expect(feed('1202 0a05')).toEqual({ category: 'truncated', offset: 4 });
		});

		it('may be further in', () => {
			const meta = (hex: string): Outcome => p3('Feed', hex, { tables: 'meta.what' });
			expect(meta('2a05 1203 0a01 31')).toEqual({ height: 0, trade: null, quote: null, meta: { m: 0, first: { price: '1' } } });
			expect(meta('2a05 1203 0a01 31 2a04 0801 1a00')).toEqual({ height: 0, trade: null, quote: null, meta: { m: 1, second: { bid: '', n: [] } } });
			expect(meta('2a00')).toEqual({ category: 'unknown-message', offset: 0 });
		});
	});

	/** https://protobuf.dev/programming-guides/encoding/ */
	it('reads the examples of the encoding guide', async () => {
		const guide = await parseProto(
			'syntax = "proto2"; message Test1 { optional int32 a = 1; } message Test2 { optional string b = 2; } message Test3 { optional Test1 c = 3; } message Test4 { optional string d = 4; repeated int32 e = 5; } message Test5 { repeated int32 f = 6 [packed = true]; } message Test6 { map<string, int32> g = 7; } message Zigzag { repeated sint32 z = 1; }',
		);
		const read = (message: string, hex: string): Outcome => run(protobuf(guide, message), hex);
		expect(read('Test1', '08 96 01')).toEqual({ a: 150 });
		expect(read('Test1', '08 fe ff ff ff ff ff ff ff ff 01')).toEqual({ a: -2 });
		expect(read('Test2', '12 07 74 65 73 74 69 6e 67')).toEqual({ b: 'testing' });
		expect(read('Test3', '1a 03 08 96 01')).toEqual({ c: { a: 150 } });
		expect(read('Test4', '22 05 68 65 6c 6c 6f 28 01 28 02 28 03')).toEqual({ d: 'hello', e: [1, 2, 3] });
		expect(read('Test4', '28 01 28 02 22 05 68 65 6c 6c 6f 28 03')).toEqual({ d: 'hello', e: [1, 2, 3] });
		expect(read('Test5', '32 06 03 8e 02 9e a7 05')).toEqual({ f: [3, 270, 86942] });
		expect(read('Test5', '30 03 30 8e 02 30 9e a7 05')).toEqual({ f: [3, 270, 86942] });
		// Packed fields may be joined: one list in parts.
		expect(read('Test5', '32 01 03 32 05 8e 02 9e a7 05')).toEqual({ f: [3, 270, 86942] });
		expect(read('Test6', '3a 05 0a 01 61 10 05')).toEqual({ g: [{ key: 'a', value: 5 }] });
		expect(read('Zigzag', '08 00 08 01 08 02 08 03 08 fe ff ff ff 0f 08 ff ff ff ff 0f')).toEqual({ z: [0, -1, 1, -2, 0x7fffffff, -0x80000000] });
	});

	it('merges a message of two encodings that are put together', () => {
		const parts = p2('All', '0801 4204 0801 1803 4202 1804 0807');
		expect(parts).toEqual(p2('All', '0807 4206 0801 1803 1804'));
	});
});
