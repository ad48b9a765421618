/** Books from ITCH: rows of seven tables are brought back in order, in both tiers, however the batches fall. */
import { describe, expect, it } from 'vitest';
import { makeItchDay } from '../../bench/itch-day.ts';
import { binary, compile, createArena, createEncoder, createOrderBook, itch50, type OrderBook, type OrderProblem } from '../../src/index.ts';
import { simulate } from '../../src/simulate/index.ts';
import { describeMessages } from '../pipeline/messages.ts';

const protocol = binary(itch50());

function contentOf(book: OrderBook): unknown {
	const stocks: unknown[] = [];
	book.visitStocks((stock) => {
		const sides = (['buy', 'sell'] as const).map((side) => {
			const into = { prices: new Float64Array(2000), shares: new Float64Array(2000), orders: new Uint32Array(2000) };
			const count = book.depth(stock, side, into);
			return Array.from({ length: count }, (_, level) => [into.prices[level], into.shares[level], into.orders[level]]);
		});
		stocks.push([stock, book.name(stock), book.stock(book.name(stock) ?? ''), ...sides]);
	});
	const { memory, ...statistics } = book.statistics();
	return { stocks, statistics };
}

function run(messages: readonly Uint8Array[], rows: number, tier: 'generated' | 'reference', calls = messages.length): { readonly content: unknown; readonly problems: readonly OrderProblem[] } {
	const problems: OrderProblem[] = [];
	const arena = createArena();
	const book = createOrderBook({ arena, tier, orders: 100, onProblem: ({ category, kind, message, reference }) => problems.push({ category, kind, message, reference }) });
	const parser = compile(protocol, { arena, sequence: true, rows, tier: tier === 'generated' ? 'schema' : 'reference', onBatch: book.take, onComplete: book.complete });
	const { descriptors, count } = describeMessages(arena, messages);
	for (let at = 0; at < count; at += calls) parser.parseMany(descriptors + at * 16, Math.min(calls, count - at));
	parser.flush();
	expect(arena.checkGuards()).toEqual([]);
	return { content: contentOf(book), problems };
}

describe('a book from ITCH', () => {
	it('is the same in both tiers, with small and large batches', () => {
		const messages = makeItchDay(20_000, { stocks: 7, seed: 3, wrong: 0.01 });
		const expected = run(messages, 4096, 'reference');
		expect(expected.problems.length).toBeGreaterThan(50);
		for (const [rows, calls] of [
			[64, 20_000],
			[4096, 20_000],
			[1024, 333],
		] as const) {
			expect(run(messages, rows, 'generated', calls)).toEqual(expected);
		}
	});

	it('goes on over messages that are refused or concern no order', () => {
		const encoder = createEncoder(protocol);
		const head = { stockLocate: 5, trackingNumber: 0, timestamp: 1n };
		const add = (reference: bigint, price: bigint): Uint8Array => encoder.encode('addOrder', { ...head, orderReference: reference, side: 'buy', shares: 100, stock: 'ZVZZT', price });
		const noise = Array.from({ length: 3000 }, (_, index) => (index % 2 === 0 ? Uint8Array.of(0x41, 1) : encoder.encode('brokenTrade', { ...head, matchNumber: 1n })));
		const { content, problems } = run([add(1n, 100n), ...noise, encoder.encode('orderReplace', { ...head, originalOrderReference: 1n, newOrderReference: 2n, shares: 7, price: 90n }), add(3n, 80n), encoder.encode('orderDelete', { ...head, orderReference: 1n })], 4096, 'generated');
		expect(problems).toEqual([{ category: 'unknown-order', kind: 'delete', message: 3003, reference: 1n }]);
		expect(content).toMatchObject({
			stocks: [
				[
					5,
					'ZVZZT',
					5,
					[
						[90, 7, 1],
						[80, 100, 1],
					],
					[],
				],
			],
		});
	});

	it('is the same in both tiers on a simulated day', () => {
		const messages = Array.from(simulate({ venue: 'nasdaq-itch-5.0', messages: 5000, seed: 2 }), ({ payload }) => payload.slice());
		const expected = run(messages, 4096, 'reference');
		expect(run(messages, 512, 'generated')).toEqual(expected);
		expect(expected.problems).toEqual([]);
	});

	it('knows names from the directory', () => {
		const book = createOrderBook();
		const parser = compile(protocol, { arena: book.arena, sequence: true, onBatch: book.take, onComplete: book.complete });
		const [first] = makeItchDay(10, { stocks: 3, seed: 1, wrong: 0 });
		parser.parse(first as Uint8Array);
		parser.flush();
		expect(book.name(1)).toBe('S1');
		expect(book.stock('S1')).toBe(1);
		expect(book.name(2)).toBeNull();
		expect(book.stock('none')).toBe(-1);
	});

	it('goes on after a callback that threw', () => {
		let throwing = true;
		const book = createOrderBook({
			onProblem() {
				if (throwing) throw new Error('of the callback');
			},
		});
		const parser = compile(protocol, { arena: book.arena, sequence: true, rows: 64, onBatch: book.take, onComplete: book.complete });
		const { encode } = createEncoder(protocol);
		const head = { stockLocate: 1, trackingNumber: 0, timestamp: 1n };
		for (let times = 0; times < 40; times++) parser.parse(encode('orderDelete', { ...head, orderReference: 9n }));
		expect(() => parser.flush()).toThrow('of the callback');
		throwing = false;
		const fresh = compile(protocol, { arena: book.arena, sequence: true, onBatch: book.take, onComplete: book.complete });
		fresh.parse(encode('addOrder', { ...head, orderReference: 1n, side: 'sell', shares: 5, stock: 'A', price: 7n }));
		fresh.flush();
		expect(book.statistics()).toMatchObject({ orders: 1, events: { add: 1, delete: 40 } });
		expect(book.bestPrice(1, 'sell')).toBe(7);
	});

	it('says what was left out of its use', () => {
		const add = createEncoder(protocol).encode('addOrder', { stockLocate: 1, trackingNumber: 0, timestamp: 1n, orderReference: 1n, side: 'buy', shares: 1, stock: 'A', price: 1n });
		const unnumbered = createOrderBook();
		const plain = compile(protocol, { arena: unnumbered.arena, onBatch: unnumbered.take });
		plain.parse(add);
		expect(() => plain.flush()).toThrow('compile with sequence: true');
		const elsewhere = createOrderBook();
		const other = compile(protocol, { sequence: true, onBatch: elsewhere.take });
		other.parse(add);
		expect(() => other.flush()).toThrow('compile with arena: book.arena');
		const incomplete = createOrderBook();
		const alone = compile(protocol, { arena: incomplete.arena, sequence: true, onBatch: incomplete.take });
		expect(() => {
			for (let times = 0; times < 100; times++) {
				alone.parse(add);
				alone.flush();
			}
		}).toThrow('compile with onComplete: book.complete');
	});
});
