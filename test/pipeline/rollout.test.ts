import { describe, expect, it } from 'vitest';
import { lines } from '../../src/framing/lines.ts';
import { type AnyBatch, compile, createArena, decimal, exchanges, integer, json, literal, message, oneOf, parseFeed, type RefusedMessage, type RollBackEvent, type RolloutOptions, type RolloutParser, rollout, type StepEvent, shadow, symbol } from '../../src/index.ts';
import { simulate } from '../../src/simulate/index.ts';
import { bytesSource } from '../../src/sources/bytes.ts';
import { describeMessages, faulty } from './messages.ts';

const trade = message('trade', { type: literal('trade').key('e'), id: integer().key('i'), symbol: symbol().key('s'), price: decimal(2).key('p') });
const quote = message('quote', { type: literal('quote').key('e'), id: integer().key('i'), symbol: symbol().key('s') });
const feed = oneOf('feed', { version: 1 }, trade, quote);
type Feed = typeof feed;

/** Every tenth is refused, every third a quote. */
const messages = (count: number): string[] => Array.from({ length: count }, (_, index) => (index % 10 === 9 ? `{"e":"trade","i":${index}}` : index % 3 === 0 ? `{"e":"quote","i":${index},"s":"S${index % 5}"}` : `{"e":"trade","i":${index},"s":"S${index % 7}","p":"${index}.25"}`));

interface Run {
	readonly parser: RolloutParser;
	/** Ids as they were handed out, by table; numbers of refused messages. */
	readonly tables: Record<string, number[]>;
	readonly refused: number[];
	/** Which parser each batch came from, by the memory it lies in. */
	readonly batches: readonly { readonly from: 'stable' | 'candidate'; readonly first: number; readonly last: number }[];
	readonly steps: StepEvent[];
	readonly rollBacks: RollBackEvent[];
}

function run(candidate: Parameters<typeof rollout<Feed, Feed>>[1], options: RolloutOptions, all: readonly string[], call = 700): Run {
	const tables: Record<string, number[]> = { trade: [], quote: [] };
	const refused: number[] = [];
	const batches: { from: 'stable' | 'candidate'; first: number; last: number }[] = [];
	const steps: StepEvent[] = [];
	const rollBacks: RollBackEvent[] = [];
	const arena = createArena();
	const parser = rollout(
		{
			protocol: json(feed),
			rows: 64,
			arena,
			onBatch(batch: AnyBatch<Feed>) {
				const ids = batch.toRows().map(({ id }) => Number(id));
				for (const [row, id] of ids.entries()) expect(batch.column('symbol', 'symbol').text(row)).toBe(`S${id % (batch.table === 'quote' ? 5 : 7)}`);
				tables[batch.table]?.push(...ids);
				batches.push({ from: batch.memory === arena.memory ? 'stable' : 'candidate', first: ids[0] as number, last: ids.at(-1) as number });
			},
			onError(error: RefusedMessage) {
				refused.push(error.sequence);
				expect(new TextDecoder().decode(error.bytes)).toBe(all[error.sequence]);
				expect(new TextDecoder().decode(error.copy().bytes)).toBe(all[error.sequence]);
			},
		},
		candidate,
		{ ...options, onStep: (event) => steps.push(event), onRollBack: (event) => rollBacks.push(event) },
	);
	const { descriptors, count } = describeMessages(arena, all);
	for (let done = 0; done < count; done += call) parser.parseMany(descriptors + done * 16, Math.min(call, count - done));
	parser.flush();
	expect(arena.checkGuards()).toEqual([]);
	return { parser, tables, refused, batches, steps, rollBacks };
}

/** Each message is there once and in order. */
function expectAll({ tables, refused, parser }: Run, count: number): void {
	const ids = Array.from({ length: count }, (_, index) => index);
	expect(refused).toEqual(ids.filter((id) => id % 10 === 9));
	expect(tables.quote).toEqual(ids.filter((id) => id % 10 !== 9 && id % 3 === 0));
	expect(tables.trade).toEqual(ids.filter((id) => id % 10 !== 9 && id % 3 !== 0));
	expect(parser.statistics()).toMatchObject({ messages: count, refused: refused.length, variants: { trade: tables.trade?.length, quote: tables.quote?.length }, categories: { 'missing-field': refused.length } });
}

/** Batches of one parser end before the other one's begin. */
function expectOrder({ batches }: Run): void {
	let last = -1;
	for (let index = 0; index < batches.length; ) {
		const { from } = batches[index] as Run['batches'][number];
		let end = index;
		while (batches[end]?.from === from) end++;
		const turn = batches.slice(index, end);
		expect(Math.min(...turn.map(({ first }) => first))).toBeGreaterThan(last);
		last = Math.max(...turn.map((batch) => batch.last));
		index = end;
	}
}

describe('rollout', () => {
	it('promotes by steps, and hands out each message once and in order', () => {
		const result = run({ protocol: json(feed), tier: 'reference' }, { steps: [0.1, 0.5, 1], messagesPerStep: 2000, chunk: 50 }, messages(10_000));
		expectAll(result, 10_000);
		expectOrder(result);
		expect(result.steps.map(({ state, step, share, sequence, measure }) => [state, step, share, sequence, measure.messages, measure.served, measure.compared, measure.different])).toEqual([
			['running', 1, 0.5, 2000, 2000, 200, 2000, 0],
			['running', 2, 1, 4000, 2000, 1000, 2000, 0],
			['promoted', 3, 1, 6000, 2000, 2000, 2000, 0],
		]);
		expect(result.rollBacks).toEqual([]);
		expect(result.parser.statistics()).toMatchObject({ state: 'promoted', share: 1, served: { stable: 2800, candidate: 7200 }, comparison: { messages: 6000, differences: 0 }, rollBack: null });
		expect(result.parser.tier).toBe('reference');
		expect(new Set(result.batches.map(({ from }) => from))).toEqual(new Set(['stable', 'candidate']));
	});

	it.each([1, 49, 64, 1000, 4096])('loses and doubles nothing at the boundaries of chunks of %i', (chunk) => {
		for (const share of [0, 0.3, 1]) {
			for (const arena of [undefined, createArena()]) {
				const result = run({ protocol: json(feed), tier: 'reference', ...(arena === undefined ? {} : { arena }) }, { steps: [0.2, 0.7], messagesPerStep: 900, chunk, share, promoteWhen: { compared: 0 } }, messages(3000));
				expectAll(result, 3000);
				expectOrder(result);
				expect(result.parser.statistics().state).toBe('promoted');
			}
		}
	});

	it('works in one arena for both', () => {
		const arena = createArena();
		const ids: number[] = [];
		const parser = rollout({ protocol: json(feed), arena, rows: 64, knownSymbols: { symbol: ['S3'] }, onBatch: (batch) => ids.push(...batch.toRows().map(({ id }) => Number(id))) }, { protocol: json(feed), arena, tier: 'reference' }, { steps: [0.5], messagesPerStep: 500, chunk: 20 });
		const all = messages(2000);
		const { descriptors, count } = describeMessages(arena, all);
		parser.parseMany(descriptors, count);
		parser.flush();
		expect(ids.sort((a, b) => a - b)).toEqual(all.flatMap((_, index) => (index % 10 === 9 ? [] : [index])));
		const { used } = arena;
		parser.dispose();
		expect(arena.used).toBeLessThan(used);
		expect(arena.checkGuards()).toEqual([]);
	});

	it('gives all memory back to arenas that are not its own', () => {
		const [one, other] = [createArena(), createArena()];
		const used = one.used;
		const parser = rollout({ protocol: json(feed), arena: one }, { protocol: json(feed), arena: other, tier: 'reference' });
		parser.parse('{"e":"quote","i":1,"s":"A"}');
		parser.dispose();
		parser.dispose();
		expect([one.used, other.used]).toEqual([used, used]);
	});

	it('gives names known before the same ids in both', () => {
		const ids = new Set<number>();
		const parser = rollout({ protocol: json(feed), knownSymbols: { symbol: ['B', 'A'] }, onBatch: (batch) => batch.visit((row) => ids.add(batch.column('symbol', 'symbol').id(row))) }, { protocol: json(feed) }, { steps: [0.5], messagesPerStep: 10, chunk: 1 });
		for (let index = 0; index < 20; index++) parser.parse('{"e":"quote","i":1,"s":"A"}');
		parser.flush();
		expect([...ids]).toEqual([1]);
		expect(parser.statistics().served.candidate).toBeGreaterThan(5);
	});

	it('rolls back at the first different row, which it does not hand out', () => {
		const all = messages(5000);
		let faults = 0;
		const wrong = faulty(feed, (text, memory) => {
			if (!text.includes('"p":"2501.25"')) return undefined;
			return () => {
				const cells = new BigInt64Array(memory.buffer);
				for (let at = 0; at < cells.length; at++) if (cells[at] === 250125n) cells[at] = 1n;
				faults++;
			};
		});
		const result = run({ protocol: wrong, tier: 'reference' }, { steps: [0.5, 1], messagesPerStep: 1000, chunk: 100 }, all);
		expect(faults).toBeGreaterThan(0);
		// At promotion nobody compares any more: here the step of 100 % lasts until 2000.
		expect(result.parser.statistics().state).toBe('promoted');
		const longer = run({ protocol: wrong, tier: 'reference' }, { steps: [0.5, 1], messagesPerStep: 2000, chunk: 100 }, all);
		expectAll(longer, 5000);
		expectOrder(longer);
		expect(longer.rollBacks).toHaveLength(1);
		expect(longer.rollBacks[0]).toMatchObject({ reason: 'differences', message: '1 of 600 compared messages differ (0.167 %), 0 % are allowed', step: 1, share: 1, sequence: 2600, measure: { messages: 600, served: 500, compared: 600, different: 1 } });
		expect(longer.parser.statistics()).toMatchObject({ state: 'rolledBack', share: 0, served: { stable: 3500, candidate: 1500 }, comparison: { differences: 1, places: { 'trade.price': 1 } } });
		expect(longer.parser.statistics().comparison.kept[0]).toMatchObject({ sequence: 2501, table: 'trade', column: 'price', primary: '2501.25', candidate: '0.01' });
	});

	it('rolls back where the candidate throws in the middle of a chunk that it serves', () => {
		const throwing = faulty(feed, (text) => {
			if (text.includes('"i":1234,')) throw new WebAssembly.RuntimeError('unreachable');
			return undefined;
		});
		for (const share of [0, 1]) {
			const result = run({ protocol: throwing, tier: 'reference' }, { steps: [1], messagesPerStep: 5000, chunk: 100, share }, messages(3000));
			expectAll(result, 3000);
			expectOrder(result);
			expect(result.rollBacks).toMatchObject([{ reason: 'failure', sequence: 1300, measure: { served: 1200, failures: 1 } }]);
			expect(result.rollBacks[0]?.message).toMatch(/threw 1 times in this step, 0 are allowed; last: RuntimeError: unreachable/);
			expect(result.parser.statistics()).toMatchObject({ state: 'rolledBack', served: { stable: 1800, candidate: 1200 } });
		}
	});

	it('lets a candidate fail as often as it may', () => {
		const throwing = faulty(feed, (text) => {
			if (/"i":\d*7,/.test(text)) throw new Error('seven');
			return undefined;
		});
		const result = run({ protocol: throwing, tier: 'reference' }, { steps: [0.5], messagesPerStep: 1000, chunk: 5, rollBackWhen: { failures: 150 } }, messages(1000));
		expectAll(result, 1000);
		expect(result.parser.statistics()).toMatchObject({ state: 'promoted', comparison: { failures: 100 } });
	});

	it('rolls back by a share of differences, once it is believed', () => {
		// The candidate accepts every tenth message, which the stable parser refuses.
		const rules = (rollBackWhen: RolloutOptions['rollBackWhen']) => {
			const events: RollBackEvent[] = [];
			const parser = rollout(
				{ protocol: json(feed) },
				{ protocol: json(oneOf('feed', { version: 1 }, message('trade', { type: literal('trade').key('e'), id: integer().key('i') }), quote)) },
				{ steps: [0.5], messagesPerStep: 4000, chunk: 100, ...(rollBackWhen === undefined ? {} : { rollBackWhen }), onRollBack: (event) => events.push(event) },
			);
			const { descriptors, count } = describeMessages(parser.arena, messages(4000));
			parser.parseMany(descriptors, count);
			return [parser.statistics().state, ...events.map(({ reason, sequence }) => `${reason} ${sequence}`)];
		};
		expect(rules(undefined)).toEqual(['rolledBack', 'differences 100']);
		expect(rules({ differences: 0.05 })).toEqual(['rolledBack', 'differences 1000']);
		expect(rules({ differences: 0.05, least: 500 })).toEqual(['rolledBack', 'differences 500']);
		expect(rules({ differences: 0.2 })).toEqual(['promoted']);
		expect(rules({ differences: 0.2, slowerThan: 1e-9 })).toEqual(['rolledBack', 'slower 1000']);
		expect(rules({ differences: 0.2, slowerThan: 1e9 })).toEqual(['promoted']);
	});

	it('rolls back where the candidate refuses more', () => {
		const strict = oneOf('feed', { version: 1 }, message('trade', { type: literal('trade').key('e'), id: integer().key('i'), symbol: symbol().key('s'), price: decimal(1).key('p') }), quote);
		const events: RollBackEvent[] = [];
		const rows: number[] = [];
		const parser = rollout({ protocol: json(feed), onBatch: (batch) => rows.push(batch.rows) }, { protocol: json(strict), onBatch: (batch) => rows.push(batch.rows) }, { steps: [0.5], chunk: 100, rollBackWhen: { differences: 1, errors: 0.1 }, onRollBack: (event) => events.push(event) });
		const { descriptors, count } = describeMessages(parser.arena, messages(4000));
		parser.parseMany(descriptors, count);
		expect(events).toMatchObject([{ reason: 'errors', sequence: 1000 }]);
		expect(events[0]?.message).toBe('the candidate refused 700 of 1000 compared messages, the stable parser 100; 10 % more are allowed');
	});

	it('stays in a step until it is passed', () => {
		const { steps, parser } = run({ protocol: json(feed) }, { steps: [0.5], messagesPerStep: 100, chunk: 50, share: 0.1, promoteWhen: { compared: 200 } }, messages(3000));
		expect(steps).toHaveLength(1);
		expect(steps[0]?.measure.compared).toBeGreaterThanOrEqual(200);
		expect(steps[0]?.measure.messages).toBeGreaterThan(1000);
		expect(parser.statistics().state).toBe('promoted');
		expect(run({ protocol: json(feed) }, { steps: [0.5], messagesPerStep: 100, promoteWhen: { slowerThan: 1e-9 } }, messages(3000)).steps).toEqual([]);
	});

	it('is refused what it asks wrongly', () => {
		const plan = { protocol: json(feed) };
		expect(() => rollout(plan, plan, { steps: [0.5, 0.1] })).toThrow(/growing shares above 0, up to 1.*\[0.5, 0.1\]/);
		expect(() => rollout(plan, plan, { steps: [] })).toThrow(/growing shares/);
		expect(() => rollout(plan, plan, { messagesPerStep: 0 })).toThrow(/messagesPerStep is a number from 1/);
		const wider = oneOf('feed', { version: 2 }, trade, message('quote', { type: literal('quote').key('e'), id: integer().key('i'), symbol: symbol().key('s'), more: integer().key('m').optional() }));
		expect(() => rollout({ ...plan, onBatch: () => {} }, { protocol: json(wider) })).toThrow(/tables are others .*quote.more: only the candidate has this column.*onBatch of its own/);
		expect(() => rollout({ ...plan, onBatch: () => {} }, { protocol: json(wider), onBatch: () => {} })).not.toThrow();
	});

	it('leaves nothing half done where a callback of the user throws', () => {
		let allowed = 3;
		const rows: number[] = [];
		const parser = rollout(
			{
				protocol: json(feed),
				rows: 64,
				onBatch(batch) {
					if (allowed-- === 0) throw new Error('the disk is full');
					rows.push(batch.rows);
				},
			},
			{ protocol: json(feed), tier: 'reference' },
			{ steps: [0.5, 1], messagesPerStep: 1000, chunk: 50 },
		);
		const { descriptors } = describeMessages(parser.arena, messages(2000));
		expect(() => parser.parseMany(descriptors, 1000)).toThrow('the disk is full');
		const before = rows.length;
		parser.parseMany(descriptors + 1000 * 16, 1000);
		parser.flush();
		expect(rows.length).toBeGreaterThan(before);
	});
});

describe('a feed with two parsers', () => {
	const { schema } = exchanges['binance-futures'];
	const input = Buffer.concat([...simulate({ venue: 'binance-futures', messages: 6000, seed: 5, faults: 0.02 })].flatMap(({ payload }) => [payload, Buffer.from('\n')]));
	const read = async (parser?: NonNullable<Parameters<typeof parseFeed<typeof schema>>[3]>['parser']) => {
		const rows: Record<string, unknown[]> = {};
		const refused: unknown[] = [];
		const summary = await parseFeed(json(schema), bytesSource(input), lines(), {
			rows: 256,
			window: 2 ** 18,
			longest: 2 ** 16,
			...(parser === undefined ? {} : { parser }),
			onBatch: async (batch) => {
				await Promise.resolve();
				rows[batch.table] = [...(rows[batch.table] ?? []), ...batch.toRows()];
			},
			onRefused: ({ category, offset, sequence, position, bytes }) => refused.push([category, offset, sequence, position, new TextDecoder().decode(bytes)]),
		});
		return { rows, refused, messages: summary.statistics.messages, tier: summary.tier, bytes: summary.bytes };
	};

	it('gives the same rows and refusals as with one', async () => {
		const expected = await read();
		expect(expected.refused.length).toBeGreaterThan(50);
		expect(await read((options) => compile(json(schema), options))).toEqual(expected);
		expect(await read((options) => shadow({ protocol: json(schema), ...options }, { protocol: json(schema), tier: 'reference' }, { share: 0.3 }))).toEqual(expected);
		let parser: RolloutParser | undefined;
		const rolled = await read((options) => {
			parser = rollout({ protocol: json(schema), ...options }, { protocol: json(schema), tier: 'reference' }, { steps: [0.2, 0.6], messagesPerStep: 1500, chunk: 100 });
			return parser;
		});
		expect(rolled).toEqual({ ...expected, tier: 'reference' });
		expect(parser?.statistics()).toMatchObject({ state: 'promoted', comparison: { differences: 0 } });
	});
});
