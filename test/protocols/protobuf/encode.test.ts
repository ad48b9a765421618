/** The encoder, the decoder without tables, and what both say of misuse. */
import { describe, expect, it } from 'vitest';
import { createProtobufEncoder, createProtobufWriter, decodeProtobuf, ProtobufError, parseProto, protobuf } from '../../../src/protocols/protobuf/index.ts';
import { decimal, enumeration, float, integer, symbol, timestamp } from '../../../src/schema/index.ts';
import { parseOne } from '../json/harness.ts';
import { reference } from './tiers.ts';

const types = await parseProto(`
	syntax = "proto3"; package t; import "google/protobuf/timestamp.proto";
	enum Side { NONE = 0; BUY = 1; }
	message Order { string price = 1; uint64 quantums = 2; int64 at = 3; Side side = 4; string name = 5; double ratio = 6; float small = 7; google.protobuf.Timestamp created = 8; map<string, int64> tags = 9; repeated int32 legs = 10; bytes id = 11; optional bool post_only = 12; string since = 13; sint64 delta = 14; repeated string notes = 15; string count = 16; string share = 17; string kind = 18; fixed32 flags = 19; sfixed64 wide = 20; }
	message Feed { uint32 height = 1; oneof body { Order order = 2; Empty empty = 3; } }
	message Empty { }
	message Way { Feed way = 1; }
	message Times { oneof one { google.protobuf.Timestamp at = 1; Order order = 2; } }
	message Tree { int32 v = 1; Tree left = 2; repeated Tree more = 3; }
`);

const columns = { price: decimal(4), quantums: { column: decimal(6), exponent: -9 }, at: timestamp('ms'), name: symbol(), small: decimal(2), since: timestamp('rfc3339'), count: integer(), share: float(), kind: enumeration(['a', 'b']), notes: symbol() } as const;
const order = protobuf(types, 't.Order', { columns });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the encoder', () => {
	const encoder = createProtobufEncoder(order);

	it('writes what is read', () => {
		const row = {
			price: 671_231_500n,
			quantums: 12n,
			at: 1_700_000_000_123_000_000n,
			side: 'BUY',
			name: 'BTC',
			ratio: -0.5,
			small: 10n,
			created: -1n,
			tags: [{ key: 'a', value: 5n }],
			legs: [1, -1],
			id: Uint8Array.of(0, 255),
			postOnly: false,
			since: 1_700_000_000_123_456_789n,
			delta: -(2n ** 63n),
			notes: ['x', null],
			count: -7n,
			share: 1e21,
			kind: 'b',
			flags: 4294967295,
			wide: -5n,
		};
		const bytes = encoder.encode('order', row);
		expect(parseOne(reference(order).create, order.schema, bytes)).toEqual(row);
		expect(decodeProtobuf(types, 't.Order', bytes)).toMatchObject({ price: '67123.1500', quantums: 12_000, at: 1_700_000_000_123, tags: new Map([['a', 5]]), since: '2023-11-14T22:13:20.123456789Z', created: { seconds: -1, nanos: 999_999_999 }, delta: -(2n ** 63n), notes: ['x', ''] });
	});

	it('leaves out zeros of fields without presence, and nulls', () => {
		expect(hex(encoder.encode('order', { quantums: 0n, side: 'NONE', ratio: 0, postOnly: null, tags: [], id: new Uint8Array(), flags: 0 }))).toBe('');
		expect(hex(encoder.encode('order', { postOnly: false, ratio: -0 }))).toBe('3100000000000000806000');
	});

	it('writes unknown fields as they were kept', () => {
		const keeping = protobuf(types, 't.Feed', { unknown: 'keep' });
		const message = Uint8Array.from([0x08, 7, 0xa2, 1, 2, 0xff, 0]);
		const row = parseOne(reference(keeping).create, keeping.schema, message);
		expect(hex(createProtobufEncoder(keeping).encode('feed', row as never))).toBe(hex(message));
		// Also where messages are numbered, in a column behind it.
		expect(parseOne(reference(keeping).create, keeping.schema, message, { sequence: true })).toMatchObject(row);
	});

	it('writes the member that makes a table, though it is empty', () => {
		const feed = createProtobufEncoder(protobuf(types, 't.Feed', { tables: 'body' }));
		expect(hex(feed.encode('order', { height: 7 }))).toBe('08071200');
		expect(hex(feed.encode('empty', {}))).toBe('1a00');
		const way = createProtobufEncoder(protobuf(types, 't.Way', { tables: 'way.body' }));
		expect(hex(way.encode('order', { way: { height: 7 } }))).toBe('0a0408071200');
		expect(hex(way.encode('order', {}))).toBe('0a021200');
		const times = protobuf(types, 't.Times', { tables: 'one' });
		expect(hex(createProtobufEncoder(times).encode('at', {}))).toBe('0a00');
		expect(parseOne(reference(times).create, times.schema, Uint8Array.of(0x0a, 0))).toEqual({ at: 0n });
	});

	it.each<readonly [string, Record<string, unknown>, string]>([
		['a decimal that is no text or mantissa', { price: 1.5 }, '"order.price" wants an integer'],
		['a text that is no decimal', { price: 'x' }, '"order.price" wants a decimal of at most 4 digits'],
		['digits that the exponent has not', { quantums: '0.0000000001' }, '"order.quantums" wants a decimal of at most 6 digits'],
		['a time between two units', { at: 1n }, '"order.at" is no whole number of ms'],
		['a value of another enum', { side: 'SELL' }, '"order.side" is \'SELL\', and one of NONE, BUY can be written'],
		['a number beyond 32 bits', { flags: 2 ** 32 }, '"order.flags" is 4294967296, which does not fit fixed32'],
		['a number below zero', { quantums: -1n }, '"order.quantums" is -1000, which does not fit uint64'],
		['text for bytes', { id: 'ab' }, '"order.id" wants bytes'],
		['a list that is none', { legs: 5 }, '"order.legs" wants a list'],
		['an item', { legs: [1, 'x'] }, '"order.legs[1]" wants an integer'],
		['a map’s value', { tags: [{ key: 'a', value: 'x' }] }, '"order.tags[0].value" wants an integer'],
	])('says where a value does not fit: %s', (_, row, message) => {
		expect(() => encoder.encode('order', row as never)).toThrow(message);
	});

	it('says what messages there are', () => {
		expect(() => encoder.encode('trade', {})).toThrow('has no message "trade"; it has order');
	});
});

describe('the decoder without tables', () => {
	it('reads messages within themselves, to a limit', () => {
		const nested = (depth: number): Uint8Array => {
			const writer = createProtobufWriter();
			if (depth > 1) {
				writer.tag(2, 2);
				writer.content(nested(depth - 1));
			} else {
				writer.tag(1, 0);
				writer.varint(5);
			}
			return writer.take();
		};
		expect(decodeProtobuf(types, 't.Tree', nested(3))).toEqual({ v: 0, more: [], left: { v: 0, more: [], left: { v: 5, more: [] } } });
		expect(decodeProtobuf(types, 't.Tree', nested(64))).toBeDefined();
		expect(() => decodeProtobuf(types, 't.Tree', nested(65))).toThrow(ProtobufError);
		expect(() => decodeProtobuf(types, 't.Tree', nested(4), { depth: 3 })).toThrow('depth (at byte');
		expect(() => decodeProtobuf(types, 't.Tree', nested(3), { depth: 0 })).toThrow('depth is a whole number from 1 to 512');
	});

	it('gives objects without a prototype, and integers as asked', () => {
		const decoded = decodeProtobuf(types, 't.Order', Uint8Array.from([0x10, 5, 0x62, 0, 0x60, 1]), { names: 'proto', integers: 'bigint' });
		expect(Object.getPrototypeOf(decoded)).toBeNull();
		expect(decoded).toMatchObject({ quantums: 5n, post_only: true, at: 0n });
	});

	it('says what is wrong and where', () => {
		expect(() => decodeProtobuf(types, 't.Order', Uint8Array.from([0x0a, 5, 0x31]))).toThrow('tickforge: the message cannot be decoded: truncated (at byte 3)');
		expect(() => decodeProtobuf(types, 't.Order', new Uint8Array(20), { size: 10 })).toThrow('too-large');
		expect(() => decodeProtobuf(types, 't.Nothing', new Uint8Array())).toThrow('there is no message "t.Nothing"; there are');
	});
});
