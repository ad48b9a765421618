/** Random order flows: the generated book is the one of maps, whatever happens; and both follow what ITCH says. */
import { describe, expect, it } from 'vitest';
import { createOrderBook, type OrderBook, type OrderEvent, type OrderProblem } from '../../src/book/index.ts';
import { createArena } from '../../src/memory/index.ts';

const NIGHTLY = process.env.TICKFORGE_NIGHTLY !== undefined;

function createRandom(seed: number): (below: number) => number {
	let state = seed * 2654435761;
	return (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

interface FlowOptions {
	readonly stocks: number;
	/** Prices around the middle; `wide` draws from all there are. */
	readonly prices: 'narrow' | 'wide' | 'rising';
	readonly references: 'counted' | 'random' | 'few';
	/** Percent of events that are wrong somehow. */
	readonly wrong: number;
	/** Percent of additions; the more, the more orders there are at once. */
	readonly adds: number;
}

/** A flow that is mostly right: references that were added, replacements in chains. */
function makeFlow(seed: number, count: number, { stocks, prices, references, wrong, adds }: FlowOptions): OrderEvent[] {
	const below = createRandom(seed);
	const live: bigint[] = [];
	let next = 0n;
	const newReference = (): bigint => {
		if (references === 'few') return BigInt(below(64));
		if (references === 'random') return (BigInt(below(2 ** 32)) << 32n) | BigInt(below(2 ** 32));
		next += BigInt(1 + below(3));
		return next;
	};
	let rising = 1000;
	const price = (): number => {
		if (prices === 'wide') return [0, 0xffffffff, below(2 ** 32), 0x7fffffff, 0x80000000][below(5)] as number;
		if (prices === 'rising') return ++rising;
		return 1_000_000 + (below(40) + below(40) - 40) * 100;
	};
	const shares = (): number => (below(1000) < wrong ? 0 : below(200) === 0 ? 0xffffffff : 1 + below(500));
	const known = (): bigint => (live.length === 0 || below(100) < wrong ? newReference() : (live[below(live.length)] as bigint));
	const taken = (): bigint => {
		if (live.length === 0 || below(100) < wrong) return newReference();
		const index = below(live.length);
		const reference = live[index] as bigint;
		live[index] = live.at(-1) as bigint;
		live.pop();
		return reference;
	};
	return Array.from({ length: count }, (): OrderEvent => {
		const draw = below(100);
		if (draw < adds) {
			const reference = below(100) < wrong && live.length > 0 ? (live[below(live.length)] as bigint) : newReference();
			live.push(reference);
			return { kind: 'add', reference, stock: below(1000) < wrong ? stocks + below(3) : below(stocks), side: below(2) === 0 ? 'buy' : 'sell', shares: shares(), price: price() };
		}
		switch (below(5)) {
			case 0:
				return { kind: 'execute', reference: known(), shares: shares() };
			case 1:
				return { kind: 'cancel', reference: known(), shares: 1 + below(50) };
			case 2:
			case 3:
				return { kind: 'delete', reference: taken() };
			default: {
				const reference = taken();
				// Itself, one that is there, a new one.
				const newOne = below(100) < wrong ? (below(2) === 0 ? reference : known()) : newReference();
				live.push(newOne);
				return { kind: 'replace', reference, newReference: newOne, shares: shares(), price: price() };
			}
		}
	});
}

const arrays = (length: number) => ({ prices: new Float64Array(length), shares: new Float64Array(length), orders: new Uint32Array(length) });

function levelsOf(book: OrderBook, stock: number, side: 'buy' | 'sell'): unknown {
	const into = arrays(book.levels(stock, side) + 1);
	const count = book.depth(stock, side, into);
	return [count, [...into.prices], [...into.shares], [...into.orders], book.bestPrice(stock, side), book.bestShares(stock, side), book.bestOrders(stock, side)];
}

/** All that can be asked. */
function contentOf(book: OrderBook, stocks: number, references: Iterable<bigint>): unknown {
	const { memory, ...statistics } = book.statistics();
	const visited: number[] = [];
	book.visitStocks((stock) => visited.push(stock));
	return { statistics, visited, sides: Array.from({ length: stocks }, (_, stock) => [levelsOf(book, stock, 'buy'), levelsOf(book, stock, 'sell')]), orders: [...references].map((reference) => book.order(reference)) };
}

function compareBooks(flow: readonly OrderEvent[], stocks: number, looks: number): OrderBook {
	const problems: OrderProblem[][] = [[], []];
	const arena = createArena({ ceiling: 2 ** 30 });
	const books = (['generated', 'reference'] as const).map((tier, index) => createOrderBook({ tier, stocks, orders: 1, ...(tier === 'generated' ? { arena } : {}), onProblem: ({ category, kind, message, reference }) => problems[index]?.push({ category, kind, message, reference }) }));
	const references = new Set(flow.flatMap((event) => ('newReference' in event ? [event.reference, event.newReference] : [event.reference])));
	flow.forEach((event, message) => {
		for (const book of books) book.apply(event, message);
		if (message % Math.ceil(flow.length / looks) !== 0) return;
		expect(contentOf(books[0] as OrderBook, stocks, [])).toEqual(contentOf(books[1] as OrderBook, stocks, []));
	});
	expect(contentOf(books[0] as OrderBook, stocks, references)).toEqual(contentOf(books[1] as OrderBook, stocks, references));
	expect(problems[0]).toEqual(problems[1]);
	expect(arena.checkGuards()).toEqual([]);
	return books[0] as OrderBook;
}

describe('the generated order book is the one of maps', () => {
	const seeds = NIGHTLY ? 400 : 12;
	for (const prices of ['narrow', 'wide', 'rising'] as const) {
		for (const references of ['counted', 'random', 'few'] as const) {
			it(`with ${prices} prices and ${references} references`, () => {
				for (let seed = 1; seed <= seeds; seed++) {
					const stocks = [1, 3, 20][seed % 3] as number;
					compareBooks(makeFlow(seed, 600, { stocks, prices, references, wrong: [0, 5, 40][seed % 3] as number, adds: [45, 60, 30][(seed >> 1) % 3] as number }), stocks, 6);
				}
			});
		}
	}

	it('with many orders, a table that grows, and trees of some height', () => {
		const flow = makeFlow(77, 60_000, { stocks: 2, prices: 'rising', references: 'counted', wrong: 1, adds: 60 });
		const book = compareBooks(flow, 2, 3);
		expect(book.statistics().orders).toBeGreaterThan(5000);
		expect(book.levels(0, 'buy')).toBeGreaterThan(900);
	});

	it('when all of it goes away again, from either end and from the middle', () => {
		for (const order of ['first', 'last', 'mixed'] as const) {
			const count = 5000;
			const added = Array.from({ length: count }, (_, index): OrderEvent => ({ kind: 'add', reference: BigInt(index * 7), stock: 0, side: index % 2 === 0 ? 'buy' : 'sell', shares: 5, price: (index * 2654435761) >>> 0 }));
			const byPrice = [...added].sort((a, b) => ('price' in a && 'price' in b ? a.price - b.price : 0));
			const leaving = order === 'first' ? byPrice : order === 'last' ? byPrice.reverse() : added;
			const book = compareBooks([...added, ...leaving.map(({ reference }): OrderEvent => ({ kind: 'delete', reference }))], 1, 5);
			expect(book.statistics()).toMatchObject({ orders: 0, levels: 0 });
			expect(book.bestPrice(0, 'buy')).toBe(-1);
		}
	});
});

describe.each(['generated', 'reference'] as const)('an order book, %s', (tier) => {
	const start = () => {
		const problems: string[] = [];
		const book = createOrderBook({ tier, stocks: 10, onProblem: ({ category, kind, message, reference }) => problems.push(`${message} ${kind} ${reference}: ${category}`) });
		return { book, problems };
	};
	const add = (reference: bigint, side: 'buy' | 'sell', shares: number, price: number, stock = 3): OrderEvent => ({ kind: 'add', reference, stock, side, shares, price });

	it('knows the best of both sides', () => {
		const { book } = start();
		for (const event of [add(1n, 'buy', 100, 500), add(2n, 'buy', 50, 510), add(3n, 'buy', 25, 510), add(4n, 'sell', 10, 530), add(5n, 'sell', 20, 520)]) book.apply(event);
		expect([book.bestPrice(3, 'buy'), book.bestShares(3, 'buy'), book.bestOrders(3, 'buy')]).toEqual([510, 75, 2]);
		expect([book.bestPrice(3, 'sell'), book.bestShares(3, 'sell'), book.bestOrders(3, 'sell')]).toEqual([520, 20, 1]);
		const into = arrays(2);
		expect(book.depth(3, 'sell', into, 1)).toBe(1);
		expect(into.prices[0]).toBe(520);
		expect(book.depth(3, 'buy', { prices: new Uint32Array(8) })).toBe(2);
		expect(book.order(3n)).toEqual({ stock: 3, side: 'buy', price: 510, shares: 25 });
		expect(book.order(9n)).toBeNull();
	});

	it('takes what is executed, cancelled, deleted and replaced', () => {
		const { book, problems } = start();
		for (const event of [add(1n, 'buy', 100, 500), add(2n, 'sell', 100, 600)] as OrderEvent[]) book.apply(event);
		book.apply({ kind: 'execute', reference: 1n, shares: 30 });
		book.apply({ kind: 'cancel', reference: 1n, shares: 20 });
		expect(book.order(1n)?.shares).toBe(50);
		book.apply({ kind: 'replace', reference: 2n, newReference: 7n, shares: 10, price: 590 });
		expect(book.order(2n)).toBeNull();
		expect(book.order(7n)).toEqual({ stock: 3, side: 'sell', price: 590, shares: 10 });
		book.apply({ kind: 'execute', reference: 1n, shares: 50 });
		expect(book.bestPrice(3, 'buy')).toBe(-1);
		book.apply({ kind: 'delete', reference: 7n });
		expect(book.statistics()).toMatchObject({ events: { add: 2, execute: 2, cancel: 1, delete: 1, replace: 1 }, orders: 0, levels: 0 });
		expect(problems).toEqual([]);
	});

	it('counts what is wrong, says which message it was, and does the rest', () => {
		const { book, problems } = start();
		book.apply(add(1n, 'buy', 100, 500), 10);
		book.apply(add(1n, 'sell', 5, 900), 11);
		book.apply(add(2n, 'buy', 0, 500), 12);
		book.apply(add(3n, 'buy', 1, 500, 10), 13);
		book.apply({ kind: 'delete', reference: 99n }, 14);
		book.apply({ kind: 'cancel', reference: 1n, shares: 0 }, 15);
		book.apply({ kind: 'execute', reference: 1n, shares: 101 }, 16);
		expect(book.order(1n)).toBeNull();
		book.apply(add(4n, 'buy', 10, 500), 17);
		book.apply(add(5n, 'buy', 10, 500), 18);
		book.apply({ kind: 'replace', reference: 4n, newReference: 5n, shares: 1, price: 1 }, 19);
		expect(book.order(4n)).toBeNull();
		book.apply({ kind: 'replace', reference: 5n, newReference: 5n, shares: 3, price: 2 }, 20);
		expect(book.order(5n)).toEqual({ stock: 3, side: 'buy', price: 2, shares: 3 });
		expect(problems).toEqual(['11 add 1: duplicate-order', '12 add 2: no-shares', '13 add 3: unknown-stock', '14 delete 99: unknown-order', '15 cancel 1: no-shares', '16 execute 1: too-many-shares', '19 replace 5: duplicate-order']);
		expect(book.statistics().problems).toEqual({ 'unknown-order': 1, 'duplicate-order': 2, 'too-many-shares': 1, 'no-shares': 2, 'unknown-stock': 1 });
	});

	it('sums shares beyond 32 bits, and knows references of 64', () => {
		const { book } = start();
		const most = 2n ** 64n - 1n;
		book.apply(add(most, 'sell', 0xffffffff, 0xffffffff));
		book.apply(add(0n, 'sell', 0xffffffff, 0xffffffff));
		expect(book.bestShares(3, 'sell')).toBe(0xffffffff * 2);
		expect(book.bestPrice(3, 'sell')).toBe(0xffffffff);
		expect(book.order(most)?.shares).toBe(0xffffffff);
		book.apply(add(5n, 'sell', 1, 0));
		expect(book.bestPrice(3, 'sell')).toBe(0);
	});

	it('says what was wrong with its use', () => {
		const { book } = start();
		expect(() => book.bestPrice(10, 'buy')).toThrow('the book has stocks 0 to 9, not 10');
		expect(() => createOrderBook({ tier, stocks: 0 })).toThrow('1 to 16777216 stocks');
		expect(() => createOrderBook({ tier, orders: -1 })).toThrow('room for 1 to 100000000 orders');
		if (tier === 'generated') expect(() => book.apply(add(1n, 'buy', 1.5, 1))).toThrow('the shares of an order is a whole number');
	});
});
