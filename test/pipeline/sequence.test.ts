/** The numbers of messages as a column, and tables that are handed over together. */
import { describe, expect, it } from 'vitest';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { binary, compile, control, createArena, createArrowWriter, createEncoder, encodeMessagePack, integer, itch50, json, literal, message, msgpack, oneOf, type Protocol, readArrow, shadow, type Tier } from '../../src/index.ts';
import { describeMessages } from './messages.ts';

const schema = oneOf('feed', { version: 1 }, message('a', { type: literal('a').key('e'), value: integer().key('v') }), message('b', { type: literal('b').key('e'), value: integer().key('v') }), message('c', { type: literal('c').key('e'), value: integer().key('v') }), control('beat', { type: literal('beat').key('e') }));

/** Mixed types, refused messages and messages without a table. */
function draws(count: number): { readonly type: string; readonly value: number }[] {
	let state = 7;
	const below = (most: number): number => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * most);
	};
	// Mostly `a`, so that tables become full at different times.
	return Array.from({ length: count }, (_, value) => ({ type: ['a', 'a', 'a', 'a', 'b', 'b', 'c', 'beat', 'wrong'][below(9)] as string, value }));
}

const drawn = draws(3000);
const objects = drawn.map(({ type, value }) => ({ e: type, v: value }));

interface Seen {
	readonly sequence: number;
	readonly table: string;
	readonly value: number;
}

/** All rows by number, checked against what each call of `onComplete` promises. */
function parseInOrder(protocol: Protocol, tier: Tier, messages: readonly (string | Uint8Array)[], calls: readonly number[]): { readonly rows: Seen[]; readonly refused: number[]; readonly batchSizes: number } {
	const arena = createArena();
	const { descriptors, count } = describeMessages(arena, messages);
	const rows: Seen[] = [];
	const refused: number[] = [];
	let part: Seen[] = [];
	let from = 0;
	let stretches = 0;
	const parser = compile(protocol, {
		arena,
		tier,
		rows: 64,
		sequence: true,
		tiering: { learnAfter: 100 },
		onBatch(batch) {
			const sequence = batch.column('messageSequence', 'integer');
			const value = batch.column('value', 'integer');
			batch.visit((row) => part.push({ sequence: sequence.number(row), table: batch.table, value: value.number(row) }));
		},
		onError: (one) => refused.push(one.sequence),
		onComplete(upTo) {
			for (const { sequence } of part) expect(sequence >= from && sequence < upTo).toBe(true);
			from = upTo;
			rows.push(...part.sort((a, b) => a.sequence - b.sequence));
			part = [];
			stretches++;
		},
	});
	let at = 0;
	for (let call = 0; at < count; call++) {
		const some = Math.min(calls[call % calls.length] as number, count - at);
		parser.parseMany(descriptors + at * 16, some);
		at += some;
	}
	parser.flush();
	expect(from).toBe(count);
	parser.dispose();
	return { rows, refused, batchSizes: stretches };
}

const expected = drawn.flatMap(({ type, value }, sequence) => (['a', 'b', 'c'].includes(type) ? [{ sequence, table: type, value }] : []));
const wrong = drawn.flatMap(({ type }, sequence) => (type === 'wrong' ? [sequence] : []));

describe('the column messageSequence', () => {
	for (const [name, protocol, messages, tiers] of [
		['JSON', json(schema), objects.map((object) => JSON.stringify(object)), ['reference', 'schema', 'layout']],
		['MessagePack', msgpack(schema), objects.map((object) => encodeMessagePack(object)), ['reference', 'schema']],
	] as const) {
		for (const tier of tiers) {
			it(`brings the rows of all tables back in order: ${name}, ${tier}`, () => {
				for (const calls of [[3000], [1, 7, 500, 64]]) {
					const { rows, refused, batchSizes } = parseInOrder(protocol, tier, messages, calls);
					expect(rows).toEqual(expected);
					expect(refused).toEqual(wrong);
					expect(batchSizes).toBeGreaterThan(10);
				}
			});
		}
	}

	it('counts sorted messages of binary formats in their order', () => {
		const protocol = binary(itch50());
		const encoder = createEncoder(protocol);
		const head = { stockLocate: 1, trackingNumber: 0, timestamp: 5n };
		const messages = drawn.map(({ type, value }) => {
			if (type === 'a') return encoder.encode('orderDelete', { ...head, orderReference: BigInt(value) });
			if (type === 'b') return encoder.encode('orderCancel', { ...head, orderReference: BigInt(value), cancelledShares: 1 });
			return type === 'c' ? encoder.encode('brokenTrade', { ...head, matchNumber: BigInt(value) }) : Uint8Array.of(0x7a);
		});
		for (const tier of ['reference', 'schema'] as const) {
			const seen: [number, number][] = [];
			const arena = createArena();
			const { descriptors, count } = describeMessages(arena, messages);
			const parser = compile(protocol, {
				arena,
				tier,
				sequence: true,
				rows: 1024,
				onBatch(batch) {
					const sequence = batch.column('messageSequence', 'integer');
					const value = batch.column(batch.table === 'brokenTrade' ? 'matchNumber' : 'orderReference', 'integer');
					batch.visit((row) => seen.push([sequence.number(row), value.number(row)]));
				},
			});
			parser.parseMany(descriptors, count);
			parser.flush();
			expect(seen.length).toBe(expected.length);
			for (const [sequence, value] of seen) expect(value).toBe(sequence);
		}
	});

	it('goes out with the rows, and into plain rows', () => {
		const parser = compile(json(schema), {
			sequence: true,
			onBatch(batch) {
				expect(batch.toRows()).toEqual([{ value: 5n, messageSequence: 1n }]);
				const writer = createArrowWriter(batch.layout, batch.symbols, { format: 'file' });
				const bytes = Buffer.concat([...writer.write(batch), ...writer.finish()].map((chunk) => chunk.slice()));
				expect(readArrow(new Uint8Array(bytes)).batches[0]?.toRows()).toEqual([{ value: 5n, messageSequence: 1n }]);
			},
		});
		parser.parse('{}');
		parser.parse('{"e":"a","v":5}');
		parser.flush();
		expect(parser.statistics().batches).toBe(1);
	});

	it('says so where the schema has a field of that name', () => {
		const own = message('own', { messageSequence: integer() });
		expect(() => layoutSchema(oneOf('feed', { version: 1 }, own), { sequence: true })).toThrow('has a column "messageSequence" already');
		expect(layoutSchema(oneOf('feed', { version: 1 }, own)).tables[0]?.sequence).toBe(-1);
	});
});

describe('onComplete', () => {
	it('lets batches live until it returns, and longer where they are retained', () => {
		const kept: { readonly released: boolean; readonly rows: number; release(): void }[] = [];
		let parts = 0;
		const parser = compile(json(schema), {
			rows: 64,
			onBatch(batch) {
				kept.push(batch);
				if (batch.table === 'b') batch.retain();
			},
			onComplete() {
				for (const batch of kept.slice(-2)) expect(batch.released).toBe(false);
				parts++;
			},
		});
		parser.parse('{"e":"a","v":5}');
		parser.parse('{"e":"b","v":6}');
		parser.flush();
		expect(parts).toBe(1);
		expect(kept.map(({ released }) => released)).toEqual([true, false]);
		expect(kept[1]?.rows).toBe(1);
		parser.parse('{"e":"b","v":7}');
		parser.parse('{"e":"b","v":8}');
		parser.flush();
		expect(kept[1]?.rows).toBe(1);
		expect(kept[2]?.rows).toBe(2);
		expect(parts).toBe(2);
	});

	it('is refused where two parsers are compared', () => {
		expect(() => shadow({ protocol: json(schema), onComplete: () => undefined }, { protocol: json(schema) })).toThrow('onComplete belongs to one parser');
	});
});
