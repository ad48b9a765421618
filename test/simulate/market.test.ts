import { describe, expect, it } from 'vitest';
import { simulate, type Venue, venues } from '../../src/simulate/index.ts';
import { createMarket, type Market } from '../../src/simulate/market.ts';
import { createRandom } from '../../src/simulate/random.ts';

describe('a simulated market', () => {
	it('keeps a book that is sorted, uncrossed and full, for any symbol', () => {
		const random = createRandom(11);
		for (let index = 0; index < 60; index++) {
			const market = createMarket(random, index, { quote: 'USD', depth: 25 });
			for (let event = 0; event < 400; event++) {
				market.next();
				check(market);
			}
		}
	});

	it('says all that changed', () => {
		const market = createMarket(createRandom(12), 2, { quote: 'USD', depth: 25 });
		const books = [market.bids, market.asks].map((book) => new Map(Array.from({ length: book.count }, (_, level) => [book.ticks[level] as number, book.sizes[level] as number])));
		for (let event = 0; event < 20_000; event++) {
			market.next();
			const { changes } = market;
			expect(changes.count).toBeGreaterThan(0);
			for (let at = 0; at < changes.count; at++) {
				const book = books[changes.side[at] as number] as Map<number, number>;
				if (changes.size[at] === 0) book.delete(changes.tick[at] as number);
				else book.set(changes.tick[at] as number, changes.size[at] as number);
			}
		}
		for (const [index, side] of [market.bids, market.asks].entries()) {
			const levels = [...(books[index] as Map<number, number>)].sort(([a], [b]) => (index === 0 ? b - a : a - b));
			expect(levels).toEqual(Array.from({ length: side.count }, (_, level) => [side.ticks[level], side.sizes[level]]));
		}
	});

	it('has spreads and prices that move, and trades at the touch', () => {
		const market = createMarket(createRandom(13), 0, { quote: 'USD', depth: 25 });
		const spreads = new Set<number>();
		const start = market.bids.best;
		let trades = 0;
		let most = 0;
		for (let event = 0; event < 20_000; event++) {
			const { best: bid } = market.bids;
			const { best: ask } = market.asks;
			market.next();
			spreads.add(market.asks.best - market.bids.best);
			most = Math.max(most, Math.abs(market.bids.best / start - 1));
			trades += market.trades.count;
			if (market.trades.count > 0) expect(market.trades.tick[0]).toBe(market.trades.taker === 'bid' ? ask : bid);
		}
		expect(spreads.size).toBeGreaterThan(10);
		expect(most).toBeGreaterThan(2e-4);
		expect(most).toBeLessThan(0.02);
		expect(trades / 20_000).toBeGreaterThan(0.05);
		expect(trades / 20_000).toBeLessThan(0.6);
	});
});

function check({ bids, asks }: Market): void {
	if (!(bids.best < asks.best)) throw new Error(`bid ${bids.best}, ask ${asks.best}`);
	for (const book of [bids, asks]) {
		if (book.count !== 25) throw new Error(`${book.count} levels`);
		for (let level = 0; level < book.count; level++) {
			if (!((book.sizes[level] as number) > 0 && (book.ticks[level] as number) > 0)) throw new Error('an empty level');
			if (level > 0 && !book.isBetter(book.ticks[level - 1] as number, book.ticks[level] as number)) throw new Error('levels out of order');
		}
	}
}

describe('sequences', () => {
	const parsed = (venue: Venue): unknown[] => [...simulate({ venue, messages: 8000, seed: 9, symbols: 4 })].map(({ payload }) => JSON.parse(Buffer.from(payload).toString()));
	it('of Coinbase rise by one a match', () => {
		const last = new Map<string, number>();
		for (const { type, product_id: product, sequence } of parsed('coinbase') as { type: string; product_id: string; sequence: number }[]) {
			const before = last.get(product);
			if (type === 'last_match' || type === 'match') {
				if (before !== undefined) expect(sequence).toBe(before + 1);
				last.set(product, sequence);
			} else if (type === 'ticker' || type === 'heartbeat') expect(sequence).toBe(before);
		}
		expect(last.size).toBe(4);
	});
	it('of OKX follow each other', () => {
		const last = new Map<string, number>();
		for (const { arg, data } of parsed('okx') as { arg: { channel: string; instId: string }; data?: { seqId: number; prevSeqId: number }[] }[]) {
			if (arg.channel !== 'books' || data === undefined) continue;
			expect(data[0]?.prevSeqId).toBe(last.get(arg.instId) ?? -1);
			last.set(arg.instId, data[0]?.seqId ?? -1);
		}
		expect(last.size).toBe(4);
	});
	it.each(venues())('and payloads of %s stay as they are while others are made', (venue) => {
		const kept = [...simulate({ venue, messages: 5000 })].map(({ payload }) => payload);
		const copied: string[] = [];
		for (const { payload } of simulate({ venue, messages: 5000 })) copied.push(Buffer.from(payload).toString());
		expect(kept.map((payload) => Buffer.from(payload).toString())).toEqual(copied);
	});
});
