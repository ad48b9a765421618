import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyBatch, type Comparison, compile, createArena, type Difference, decimal, enumeration, exchanges, flag, float, integer, json, list, literal, message, object, oneOf, type Schema, StaleViewError, shadow, symbol, TIERS, text, timestamp, tuple } from '../../src/index.ts';
import { simulate } from '../../src/simulate/index.ts';
import { arbitraryMessageFor, arbitrarySchema } from '../protocols/json/arbitraries.ts';
import { describeMessages, faulty } from './messages.ts';

const trade = message('trade', { type: literal('trade').key('e'), symbol: symbol().key('s'), price: decimal(2).key('p'), size: integer().key('q') });
const book = message('book', { type: literal('book').key('e'), symbol: symbol().key('s'), bids: list(tuple({ price: decimal(2), size: decimal(3) })).key('b') });
const feed = oneOf('feed', { version: 1 }, trade, book);
const messages = (count: number): string[] => Array.from({ length: count }, (_, index) => (index % 4 === 3 ? `{"e":"book","s":"S${index % 5}","b":[["1.5","2.125"],["${index}.25","3"]]}` : `{"e":"trade","s":"S${index % 7}","p":"${index}.25","q":${index}}`));

/** Parses all with both, in calls of `call` messages. */
function compared<S extends Schema, C extends Schema>(primary: Parameters<typeof shadow<S, C>>[0], candidate: Parameters<typeof shadow<S, C>>[1], all: readonly (string | Uint8Array)[], options: Parameters<typeof shadow<S, C>>[2] = {}, call = 1000): Comparison {
	const parser = shadow<S, C>(primary, candidate, options);
	const { descriptors, count } = describeMessages(parser.arena, all);
	for (let done = 0; done < count; done += call) parser.parseMany(descriptors + done * 16, Math.min(call, count - done));
	parser.flush();
	parser.dispose();
	return parser.statistics().comparison;
}
const brief = ({ kind, sequence, table, column, items, primary, candidate }: Difference): unknown[] => [kind, sequence, table, column, items, primary, candidate];

describe('shadow', () => {
	const pairs = TIERS.flatMap((one) => TIERS.filter((other) => other !== one).map((other) => [one, other] as const));

	it.each(pairs)('finds the tiers %s and %s to agree on sessions of venues', (one, other) => {
		for (const venue of ['binance-futures', 'coinbase', 'kraken', 'okx'] as const) {
			const all = [...simulate({ venue, messages: 1500, seed: 3, faults: 0.05 })].map(({ payload }) => payload);
			const { schema } = exchanges[venue];
			const result = compared({ protocol: json(schema), tier: one, rows: 64, received: true, sequence: true }, { protocol: json(schema), tier: other }, all);
			expect(result).toMatchObject({ messages: 1500, different: 0, differences: 0, kept: [], structure: [], failures: 0, lastFailure: null });
			expect(result.refused.primary).toBeGreaterThan(20);
			expect(result.refused.candidate).toBe(result.refused.primary);
		}
	});

	it.each(pairs)('finds the tiers %s and %s to agree on random schemas and messages', (one, other) => {
		fc.assert(
			fc.property(
				arbitrarySchema().chain((schema) => fc.tuple(fc.constant(schema), fc.array(arbitraryMessageFor(schema), { minLength: 1, maxLength: 30 }))),
				([schema, all]) => {
					const result = compared({ protocol: json(schema), tier: one, rows: 64, ceiling: 2 ** 27 }, { protocol: json(schema), tier: other }, all, { chunk: 7 });
					expect(result).toMatchObject({ messages: all.length, differences: 0, failures: 0, lastFailure: null });
				},
			),
			{ numRuns: 60 },
		);
	});

	it('gives the user the same batches as the primary alone, whatever share is compared', () => {
		const all = messages(1000);
		all[500] = '{"e":"trade"}';
		const run = (make: (take: { onBatch: (batch: AnyBatch<typeof feed>) => void; onError: (refused: { sequence: number; bytes: Uint8Array }) => void }) => { arena: ReturnType<typeof createArena>; parseMany(descriptors: number, count: number): void; flush(): void }): unknown[] => {
			const seen: unknown[] = [];
			const parser = make({ onBatch: (batch) => seen.push([batch.table, batch.toRows()]), onError: ({ sequence, bytes }) => seen.push([sequence, new TextDecoder().decode(bytes)]) });
			const { descriptors, count } = describeMessages(parser.arena, all);
			for (let done = 0; done < count; done += 300) parser.parseMany(descriptors + done * 16, Math.min(300, count - done));
			parser.flush();
			// Refusals may come earlier or later than the batch they stand beside.
			return seen.filter((one) => typeof (one as unknown[])[0] === 'string').concat(seen.filter((one) => typeof (one as unknown[])[0] === 'number'));
		};
		const alone = run((take) => compile(json(feed), { rows: 64, ...take }));
		for (const share of [0, 0.3, 1]) {
			expect(run((take) => shadow({ protocol: json(feed), rows: 64, ...take }, { protocol: json(feed), tier: 'reference' }, { share, chunk: 50 }))).toEqual(alone);
			const arena = createArena();
			expect(run((take) => shadow({ protocol: json(feed), rows: 64, arena, ...take }, { protocol: json(feed), tier: 'reference', arena }, { share, chunk: 50 }))).toEqual(alone);
			expect(arena.checkGuards()).toEqual([]);
		}
	});

	it('lets batches be kept', () => {
		const kept: AnyBatch<typeof feed>[] = [];
		const parser = shadow(
			{
				protocol: json(feed),
				rows: 64,
				onBatch(batch) {
					batch.retain();
					kept.push(batch);
				},
			},
			{ protocol: json(feed) },
		);
		const { descriptors, count } = describeMessages(parser.arena, messages(800));
		parser.parseMany(descriptors, count);
		parser.flush();
		const prices = kept.flatMap((batch) => (batch.table === 'trade' ? batch.toRows().map(({ price }) => price) : []));
		expect(prices).toEqual(messages(800).flatMap((_, index) => (index % 4 === 3 ? [] : [BigInt(index * 100 + 25)])));
		parser.dispose();
		expect(() => kept[0]?.rows).toThrow(StaleViewError);
	});

	it('compares a share of the messages, the same ones every time', () => {
		const result = (share: number): number => compared({ protocol: json(feed) }, { protocol: json(feed) }, messages(4000), { share, chunk: 100 }).messages;
		expect([0, 0.1, 0.25, 1].map(result)).toEqual([0, 400, 1000, 4000]);
	});

	it('finds what a row differs in, and where', () => {
		const all = messages(100);
		const wrong = faulty(feed, (text, memory) => {
			if (text !== all[42]) return undefined;
			// The price is the one i64 of its value in memory.
			return () => {
				const cells = new BigInt64Array(memory.buffer);
				for (let at = 0; at < cells.length; at++) if (cells[at] === 4225n) cells[at] = 4226n;
			};
		});
		const told: Difference[] = [];
		const result = compared({ protocol: json(feed) }, { protocol: wrong, tier: 'reference' }, all, { onDifference: (difference) => told.push(difference) });
		expect(result).toMatchObject({ messages: 100, different: 1, differences: 1, places: { 'trade.price': 1 } });
		expect(result.kept.map(brief)).toEqual([['value', 42, 'trade', 'price', [], '42.25', '42.26']]);
		expect(new TextDecoder().decode(result.kept[0]?.message)).toBe(all[42]);
		expect(told).toEqual(result.kept);
	});

	it('keeps the last differences and counts all', () => {
		const later = oneOf('feed', { version: 2 }, message('trade', { type: literal('trade').key('e'), symbol: symbol().key('s'), price: decimal(2).key('q'), size: integer().key('z').optional() }), book);
		const result = compared({ protocol: json(feed) }, { protocol: json(later) }, messages(400), { keep: 3, messageBytes: 10 });
		expect(result).toMatchObject({ different: 300, differences: 600, places: { 'trade.price': 300, 'trade.size': 300 } });
		expect(result.kept.map(({ sequence }) => sequence)).toEqual([397, 398, 398]);
		expect(result.kept[0]?.message.length).toBe(10);
	});

	it('compares refusals by category and place', () => {
		const strict = oneOf('feed', { version: 2 }, message('trade', { type: literal('trade').key('e'), symbol: symbol().key('s'), price: decimal(1).key('p'), size: integer().key('q') }), book);
		const result = compared({ protocol: json(feed) }, { protocol: json(strict) }, ['{"e":"trade","s":"A","p":"1.5","q":1}', '{"e":"trade","s":"A","p":"1.55","q":1}', '{"e":"trade"}', '{"e":"trade","s":"A","p":"1.555","q":"x"}'], { chunk: 3 });
		expect(result.kept.map(brief)).toEqual([['refusal', 1, 'trade', null, [], 'accepted: trade', 'refused: scale at byte 25']]);
		expect(result).toMatchObject({ refused: { primary: 2, candidate: 3 }, places: { refused: 1 } });
	});
});

describe('shadow with two versions of a schema', () => {
	const before = oneOf(
		'feed',
		{ version: 1 },
		message('trade', {
			type: literal('trade').key('e'),
			symbol: symbol().key('s'),
			price: decimal(2).key('p'),
			size: decimal(3).keepScale().key('q'),
			time: timestamp('ms').key('t'),
			side: enumeration(['buy', 'sell']).key('m'),
			gone: integer().key('g').optional(),
			count: integer().key('n'),
			rate: float().key('r'),
			levels: list(object({ price: decimal(1).key('p'), note: text().key('t').optional() })).key('l'),
		}),
		message('old', { type: literal('old').key('e'), at: integer().key('at').optional() }),
	);
	const after = oneOf(
		'feed',
		{ version: 2 },
		message('trade', {
			type: literal('trade').key('e'),
			symbol: text().key('s'),
			price: decimal(4).key('p'),
			size: decimal(3).keepScale().key('q'),
			executed: timestamp('ms').key('t'),
			side: symbol('sides').key('m'),
			added: flag().key('a').optional(),
			count: decimal(1).key('n'),
			rate: decimal(6).key('r'),
			levels: list(object({ price: decimal(2).key('p'), size: integer().key('s').optional() })).key('l'),
		}),
		message('fresh', { type: literal('fresh').key('e'), at: integer().key('at').optional() }),
	);
	const one = (price: string, levels: string): string => `{"e":"trade","s":"A","p":"${price}","q":"1.500","t":1717200000000,"m":"buy","n":7,"r":0.5,"l":[${levels}]}`;

	it('says once what the schemas differ in', () => {
		const result = compared({ protocol: json(before) }, { protocol: json(after) }, [one('1.25', ''), one('1.5', '{"p":"1.5"}')]);
		expect(result.structure.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
			'kind trade.symbol',
			'scale trade.price',
			'renamed trade.time',
			'kind trade.side',
			'removed trade.gone',
			'kind trade.count',
			'kind trade.rate',
			'scale trade.levels.price',
			'removed trade.levels.note',
			'added trade.levels.size',
			'added trade.added',
			'removed old',
			'added fresh',
		]);
		expect(result).toMatchObject({ messages: 2, differences: 0, kept: [] });
	});

	it('compares what both have, at the finer scale', () => {
		const result = compared({ protocol: json(before) }, { protocol: json(after) }, [one('1.25', '{"p":"1.5"},{"p":"2"}'), one('1.255', ''), one('1.2500', '{"p":"1.5"},{"p":"2.55"}')]);
		expect(result.kept.map(brief)).toEqual([
			['refusal', 1, 'trade', null, [], 'refused: scale at byte 25', 'accepted: trade'],
			['refusal', 2, 'trade', null, [], 'refused: scale at byte 110', 'accepted: trade'],
		]);
		const cutting = oneOf('feed', { version: 1 }, message('trade', { price: decimal(2).rounding('truncate').key('p'), levels: list(list(decimal(1).rounding('truncate'))).key('l'), time: timestamp('ms').key('t'), flag: flag().key('f').nullable() }));
		const exact = oneOf('feed', { version: 2 }, message('trade', { price: decimal(4).key('p'), levels: list(list(decimal(2))).key('l'), time: timestamp('us').key('t'), flag: flag().key('f').nullable() }));
		const digits = compared({ protocol: json(cutting) }, { protocol: json(exact) }, ['{"p":"-1.2599","l":[["1.5"],["2","2.55"]],"t":1000,"f":null}', '{"p":"1.25","l":[],"t":0,"f":true}']);
		expect(digits.kept.map(brief)).toEqual([
			['value', 0, 'trade', 'price', [], '-1.25', '-1.2599'],
			['value', 0, 'trade', 'levels', [1, 1], '2.5', '2.55'],
			['value', 0, 'trade', 'time', [], '1970-01-01T00:00:01.000000000Z', '1970-01-01T00:00:00.001000000Z'],
		]);
		expect(digits.different).toBe(1);
	});

	it('expects messages that only one schema has', () => {
		expect(compared({ protocol: json(before) }, { protocol: json(after) }, ['{"e":"old"}', '{"e":"fresh"}', '{"e":"other"}'])).toMatchObject({ messages: 3, different: 0, expected: 2, refused: { primary: 2, candidate: 2 } });
	});

	it('tells null, length and written digits apart', () => {
		const one = message('x', { v: integer().key('v').optional(), w: decimal(3).keepScale().key('w'), l: list(integer()).key('l') });
		const other = message('x', { v: integer().key('V').optional(), w: decimal(3).keepScale().key('W'), l: list(integer()).key('L') });
		const result = compared({ protocol: json(oneOf('x', { version: 1 }, one)) }, { protocol: json(oneOf('x', { version: 1 }, other)) }, ['{"v":1,"w":"1.50","W":"1.5","l":[1],"L":[1,2]}', '{"V":1,"w":"1.5","W":"1.5","l":[1],"L":[1]}', '{"w":"15e-1","W":"1.5","l":[],"L":[]}']);
		expect(result.kept.map(brief)).toEqual([
			['null', 0, 'x', 'v', [], '1', 'null'],
			['textScale', 0, 'x', 'w', [], '1.50', '1.5'],
			['length', 0, 'x', 'l', [], '1 items', '2 items'],
			['null', 1, 'x', 'v', [], 'null', '1'],
			['textScale', 2, 'x', 'w', [], '1.500 (with exponent)', '1.5'],
		]);
	});
});

describe('a candidate that fails', () => {
	const rowsOf = (plan: { candidate: Parameters<typeof shadow<typeof feed, typeof feed>>[1]; options?: Parameters<typeof shadow>[2] }, all: readonly string[]): { rows: number; comparison: Comparison } => {
		let rows = 0;
		const parser = shadow({ protocol: json(feed), rows: 64, onBatch: (batch) => (rows += batch.rows) }, plan.candidate, plan.options);
		const { descriptors, count } = describeMessages(parser.arena, all);
		parser.parseMany(descriptors, count);
		parser.flush();
		parser.dispose();
		return { rows, comparison: parser.statistics().comparison };
	};

	it('disturbs nobody where it throws, and is not asked for ever', () => {
		const all = messages(1000);
		const throwing = faulty(feed, (text) => {
			if (text.includes('"q":13}') || text.includes('"q":501}')) throw new Error('out of luck');
			return undefined;
		});
		const { rows, comparison } = rowsOf({ candidate: { protocol: throwing, tier: 'reference' }, options: { chunk: 100 } }, all);
		expect(rows).toBe(1000);
		expect(comparison).toMatchObject({ messages: 800, differences: 0, failures: 2, lastFailure: 'Error: out of luck', gaveUp: false });
		const always = faulty(feed, () => {
			throw new Error('never');
		});
		expect(rowsOf({ candidate: { protocol: always, tier: 'reference' }, options: { chunk: 10 } }, all)).toMatchObject({ rows: 1000, comparison: { messages: 0, failures: 10, gaveUp: true } });
	});

	it('disturbs nobody where it cannot be compiled or has no memory left', () => {
		const broken = {
			...json(feed),
			generate: () => {
				throw new Error('no code today');
			},
		};
		expect(rowsOf({ candidate: { protocol: broken, tier: 'schema' } }, messages(300))).toMatchObject({ rows: 300, comparison: { messages: 0, failures: 1, lastFailure: 'Error: no code today', gaveUp: true } });
		// Room to copy messages, and not for the names that come.
		const ceiling = compile(json(feed), { rows: 64, symbols: 64 }).arena.used + 65536 + 300_000;
		const small = rowsOf({ candidate: { protocol: json(feed), ceiling, symbols: 64 }, options: { chunk: 20 } }, [...messages(200), ...Array.from({ length: 800 }, (_, index) => `{"e":"trade","s":"${'long'.repeat(50)}${index}","p":"1","q":1}`)]);
		expect(small.rows).toBe(1000);
		expect(small.comparison.failures).toBeGreaterThan(0);
		expect(small.comparison.lastFailure).toMatch(/^ArenaFullError: tickforge: no room/);
	});

	it('is refused what it asks wrongly', () => {
		expect(() => shadow({ protocol: json(feed) }, { protocol: json(feed) }, { share: 2 })).toThrow(/share is a share from 0 to 1, not 2/);
		expect(() => shadow({ protocol: json(feed) }, { protocol: json(feed) }, { chunk: 0 })).toThrow(/chunk is a number of messages from 1 to 4096/);
		const parser = shadow({ protocol: json(feed) }, { protocol: json(feed) });
		parser.dispose();
		expect(() => parser.parse('{}')).toThrow(/were disposed/);
	});
});
