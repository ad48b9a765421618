/** Books of levels and their venues' checksums, over sessions that are generated here, whole and damaged. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { floatText } from '../../src/book/checksums.ts';
import { type BookFault, compile, createBookCheck, createPriceBook, exchanges, ftxChecksum, json } from '../../src/index.ts';
import { okxChecksum, simulate } from '../../src/simulate/index.ts';

describe('numbers as Python writes floats', () => {
	it.each([
		[0, '0.0'],
		[20926, '20926.0'],
		[15.3968, '15.3968'],
		[0.0001, '0.0001'],
		[0.00003426, '3.426e-05'],
		[0.00001, '1e-05'],
		[2.5e-8, '2.5e-08'],
		[1e15, '1000000000000000.0'],
		[1e16, '1e+16'],
		[1.5e22, '1.5e+22'],
		[-0.5, '-0.5'],
		[-0, '-0.0'],
		[5e-324, '5e-324'],
		[0.1 + 0.2, '0.30000000000000004'],
	])('%s is %s', (value, text) => {
		expect(floatText(value)).toBe(text);
	});
});

it("is FTX's checksum of a book that was published with it", () => {
	const bids = [
		[4, 5],
		[3, 10],
		[2, 15],
	] as const;
	const asks = [
		[5, 20],
		[6, 30],
		[7, 40],
	] as const;
	// fabianboesiger/ftx, issue 23: zlib.crc32 of 4.0:5.0:5.0:20.0:3.0:10.0:6.0:30.0:2.0:15.0:7.0:40.0
	expect(ftxChecksum(asks, bids)).toBe(3640375499);
	expect(ftxChecksum([], [[4, 5]])).toBe(crc32('4.0:5.0'));
});

describe('a book of levels', () => {
	it('is that of a map, sorted', () => {
		const book = createPriceBook();
		const levels = { buy: new Map<number, number>(), sell: new Map<number, number>() };
		let state = 1;
		const below = (most: number): number => {
			state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
			return Math.floor((state / 2 ** 32) * most);
		};
		for (let step = 0; step < 3000; step++) {
			const side = below(2) === 0 ? 'buy' : 'sell';
			const price = below(60) / 8;
			const size = below(3) === 0 ? 0 : 1 + below(9);
			book.set(side, price, size, `${price}:${size}`);
			if (size === 0) levels[side].delete(price);
			else levels[side].set(price, size);
			if (step % 100 > 0) continue;
			for (const [name, sign] of [
				['buy', -1],
				['sell', 1],
			] as const) {
				const sorted = [...levels[name]].sort(([a], [b]) => (a - b) * sign);
				expect(book[name]).toEqual({ prices: sorted.map(([own]) => own), sizes: sorted.map(([, own]) => own), texts: sorted.map(([a, b]) => `${a}:${b}`) });
			}
		}
		book.clear();
		expect(book.buy.prices).toEqual([]);
		expect(() => book.set('buy', Number.NaN, 1)).toThrow('a level has a price and a size');
	});
});

/** A session of FTX, with checksums made plainly. */
function ftxSession(updates: number, markets: readonly string[], unit: number): object[] {
	let state = 9;
	const below = (most: number): number => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * most);
	};
	const books = markets.map(() => ({ bids: new Map<number, number>(), asks: new Map<number, number>() }));
	const round = (value: number): number => Number(value.toPrecision(12));
	const message = (index: number, action: 'partial' | 'update', changes: { bids: number[][]; asks: number[][] }, time: number): object => {
		const book = books[index] as (typeof books)[number];
		const top = (side: 'bids' | 'asks'): [number, number][] => [...book[side]].sort(([a], [b]) => (side === 'bids' ? b - a : a - b)).slice(0, 100);
		const [bids, asks] = [top('bids'), top('asks')];
		const parts = Array.from({ length: 100 }, (_, level) => [bids[level], asks[level]].filter((there) => there !== undefined).flat()).flat();
		return { channel: 'orderbook', market: markets[index], type: action, data: { time, checksum: crc32(parts.map(floatText).join(':')), ...changes, action } };
	};
	const change = (index: number, count: number): { bids: number[][]; asks: number[][] } => {
		const changes = { bids: [] as number[][], asks: [] as number[][] };
		for (let made = 0; made < count; made++) {
			const side = below(2) === 0 ? 'bids' : 'asks';
			const price = round((10_000 + (side === 'bids' ? -1 : 1) * (1 + below(130))) * unit);
			const size = below(4) === 0 ? 0 : round((1 + below(99_999)) / 10 ** below(5));
			const own = (books[index] as (typeof books)[number])[side];
			if (size === 0) own.delete(price);
			else own.set(price, size);
			changes[side].push([price, size]);
		}
		return changes;
	};
	const first = markets.map((_, index) => message(index, 'partial', change(index, 300), 1657922998.5));
	// A snapshot has no levels that are gone, nor one twice.
	for (const [index, partial] of (first as { data: { bids: number[][]; asks: number[][] } }[]).entries()) {
		const book = books[index] as (typeof books)[number];
		partial.data.bids = [...book.bids];
		partial.data.asks = [...book.asks];
	}
	return [
		...first,
		...Array.from({ length: updates }, (_, step) => {
			const index = below(markets.length);
			return message(index, 'update', change(index, 1 + below(4)), 1657922999 + step / 8);
		}),
	];
}

function check(venue: 'ftx' | 'okx', messages: readonly (string | Uint8Array)[]) {
	const faults: BookFault[] = [];
	const books = createBookCheck(venue, (fault) => faults.push(fault));
	const parser = compile(json(exchanges[venue].schema), { rows: 64, onBatch: books.take });
	for (const message of messages) parser.parse(message);
	parser.flush();
	expect(parser.statistics().refused).toBe(0);
	return { faults, books };
}

describe('checksums of FTX', () => {
	for (const unit of [0.5, 0.0000000025]) {
		it(`agree over a whole session with prices around ${10_000 * unit}`, () => {
			const session = ftxSession(400, ['BTC-PERP', 'SHIB/USD', 'XRP/BTC'], unit).map((one) => JSON.stringify(one));
			const { faults, books } = check('ftx', session);
			expect(faults).toEqual([]);
			expect(books.statistics()).toEqual({ checked: 403, agreed: 403, faults: { checksum: 0, 'still-wrong': 0, 'no-snapshot': 0 }, instruments: 3 });
			expect(books.book('BTC-PERP')?.buy.prices.length).toBeGreaterThan(50);
			expect(books.isSound('BTC-PERP')).toBe(true);
		});
	}

	it('show a lost update, a changed one, and what came before a snapshot', () => {
		const session = ftxSession(300, ['A', 'B'], 0.5) as { market: string; type: string; data: { bids: number[][]; asks: number[][]; checksum: number } }[];
		const lost = session.findIndex(({ market, data }, index) => index > 50 && market === 'A' && [...data.bids, ...data.asks].some(([price, size]) => size !== 0 && Math.abs((price as number) - 5000) < 20));
		const changed = session.findIndex(({ market }, index) => index > 100 && market === 'B');
		const one = session[changed] as (typeof session)[number];
		one.data.checksum ^= 1;
		const unseen = { ...(session[60] as (typeof session)[number]), market: 'C' };
		const { faults, books } = check(
			'ftx',
			[unseen, ...session.filter((_, index) => index !== lost)].map((message) => JSON.stringify(message)),
		);
		expect(faults[0]).toMatchObject({ category: 'no-snapshot', instrument: 'C' });
		expect(faults.filter(({ instrument }) => instrument === 'B')).toEqual([{ category: 'checksum', instrument: 'B', row: expect.any(Number), expected: one.data.checksum >>> 0, computed: (one.data.checksum ^ 1) >>> 0 }]);
		const ofA = faults.filter(({ instrument }) => instrument === 'A');
		expect(ofA[0]?.category).toBe('checksum');
		const { checked, agreed, faults: counts, instruments } = books.statistics();
		expect(checked - agreed).toBe(counts.checksum + counts['still-wrong']);
		expect(counts['no-snapshot']).toBe(1);
		expect(instruments).toBe(2);
		expect(books.isSound('B')).toBe(true);
		expect(books.book('C')).toBeNull();
	});
});

describe('checksums of OKX', () => {
	it('agree with the simulator, and not where one was changed', () => {
		const messages = Array.from(simulate({ venue: 'okx', messages: 3000, seed: 4 }), ({ payload }) => payload.slice());
		const { faults, books } = check('okx', messages);
		expect(faults).toEqual([]);
		expect(books.statistics().agreed).toBeGreaterThan(500);
		const decoder = new TextDecoder();
		const texts = messages.map((message) => decoder.decode(message));
		const changed = texts.findIndex((text, index) => index > 100 && text.includes('"action":"update"'));
		const update = JSON.parse(texts[changed] as string);
		update.data[0].checksum ^= 1;
		texts[changed] = JSON.stringify(update);
		const wrong = check('okx', texts);
		expect(wrong.faults).toMatchObject([{ category: 'checksum', instrument: update.arg.instId, expected: update.data[0].checksum >>> 0 }]);
		expect(okxChecksum([['1', '2']], [])).toBe(crc32('1:2') | 0);
		expect(() => createBookCheck('kraken' as never)).toThrow('books are checked of ftx and okx');
	});
});
