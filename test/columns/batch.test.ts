import { describe, expect, it } from 'vitest';
import { StaleViewError } from '../../src/columns/index.ts';
import { decimal, enumeration, flag, float, integer, integer32, list, message, oneOf, symbol, text, timestamp, tuple, unsigned } from '../../src/schema/index.ts';
import { testTable } from './batches.ts';

const book = oneOf(
	'feed',
	{ version: 1 },
	message('book', {
		symbol: symbol().key('s'),
		price: decimal(8).keepScale().key('p'),
		size: decimal(2).key('q').optional().nullable(),
		time: timestamp('ms').key('T'),
		id: unsigned().key('u'),
		small: integer32().key('i'),
		ratio: float().key('r'),
		maker: flag().key('m'),
		side: enumeration(['buy', 'sell']).key('S'),
		note: text().key('n').optional(),
		bids: list(tuple({ price: decimal(1), size: integer() })).key('b'),
	}),
);
const first = '{"s":"BTCUSDT","p":"27123.10","q":"1.5","T":1626992741017,"u":18446744073709551615,"i":-7,"r":0.1,"m":true,"S":"sell","n":"a note of more than twelve bytes","b":[["1.5",3],["2",4]]}';
const second = '{"s":"ETHUSDT","p":"-0.00000001","T":-1,"u":0,"i":7,"r":-2.5e300,"m":false,"S":"buy","b":[]}';

describe('a batch', () => {
	it('reads every kind of column', () => {
		const { batch } = testTable(book, [first, second]);
		expect(batch.rows).toBe(2);
		const price = batch.column('price', 'decimal');
		expect(price.bigint(0)).toBe(2712310000000n);
		expect(price.number(0)).toBe(2712310000000);
		expect(price.scaled(0)).toBe(27123.1);
		expect(price.text(0)).toBe('27123.10000000');
		expect(price.originalText(0)).toBe('27123.10');
		expect(price.textScale(0)).toBe(2);
		expect(price.number(1)).toBe(-1);
		expect(price.text(1)).toBe('-0.00000001');
		expect([price.high(1), price.low(1)]).toEqual([-1, 0xffffffff]);
		expect(batch.column('size').isNull(0)).toBe(false);
		expect(batch.column('size').isNull(1)).toBe(true);
		const time = batch.column('time', 'timestamp');
		expect(time.iso(0)).toBe('2021-07-22T22:25:41.017000000Z');
		expect(time.milliseconds(0)).toBe(1626992741017);
		expect(time.iso(1)).toBe('1969-12-31T23:59:59.999000000Z');
		const id = batch.column('id', 'integer');
		expect(id.bigint(0)).toBe(18446744073709551615n);
		expect(() => id.number(0)).toThrow(/18446744073709551615/);
		expect(batch.column('small', 'integer32').number(0)).toBe(-7);
		expect(batch.column('ratio', 'float').number(1)).toBe(-2.5e300);
		expect(batch.column('maker', 'flag').value(0)).toBe(true);
		expect(batch.column('side', 'enumeration').text(0)).toBe('sell');
		expect(batch.column('note', 'text').text(0)).toBe('a note of more than twelve bytes');
		expect(batch.column('note').isNull(1)).toBe(true);
		const bids = batch.column('bids', 'list');
		expect([bids.start(0), bids.end(0), bids.count(1)]).toEqual([0, 2, 0]);
		expect(batch.column('bids.price', 'decimal').scaled(1)).toBe(2);
		expect(batch.row(1)).toEqual({ symbol: 'ETHUSDT', price: -1n, size: null, time: -1000000n, id: 0n, small: 7, ratio: -2.5e300, maker: false, side: 'buy', note: null, bids: [] });
	});

	it('names what there is where a column is not', () => {
		const { batch } = testTable(book, [first]);
		expect(() => batch.column('prize')).toThrow(/no column "prize"; there are: symbol, price/);
		expect(() => batch.column('price', 'text')).toThrow(/of kind decimal, not text/);
		expect(() => batch.column('price', 'decimal').number(1)).toThrow(/has 1 rows, no row 1/);
	});

	it('throws after release, and a copy lives on', () => {
		const { batch, clear } = testTable(book, [first]);
		const price = batch.column('price', 'decimal');
		const copy = batch.copy();
		clear();
		batch.release();
		expect(batch.released).toBe(true);
		expect(() => price.number(0)).toThrow(StaleViewError);
		expect(() => batch.rows).toThrow(/copy\(\)/);
		batch.release();
		expect(copy.column('price', 'decimal').number(0)).toBe(2712310000000);
		expect(copy.row(0)).toMatchObject({ symbol: 'BTCUSDT' });
	});

	it('follows its reader to the next batch and through growing memory', () => {
		const table = testTable(book, [first]);
		const price = table.batch.column('price', 'decimal');
		table.world.memory.grow(1);
		expect(price.scaled(0)).toBe(27123.1);
		table.clear();
		expect(table.batch.rows).toBe(0);
		table.add([second, first]);
		expect(table.batch.rows).toBe(2);
		expect(price.number(0)).toBe(-1);
		const seen: number[] = [];
		table.batch.visit((row) => seen.push(price.number(row)));
		expect(seen).toEqual([-1, 2712310000000]);
	});

	it('allocates nothing while it is read', () => {
		const { batch } = testTable(book, [first, second]);
		const price = batch.column('price', 'decimal');
		const time = batch.column('time', 'timestamp');
		const bids = batch.column('bids', 'list');
		const out = new Float64Array(2);
		const put = (value: number): void => {
			out[0] = value;
		};
		const reads: Record<string, () => void> = {
			scaled: () => put(price.scaled(0)),
			number: () => put(price.number(0)),
			halves: () => put(price.high(0) + price.low(1)),
			milliseconds: () => put(time.milliseconds(0)),
			items: () => put(bids.start(0) + bids.end(0) + bids.count(1)),
			scaledInto: () => price.scaledInto(out),
			millisecondsInto: () => time.millisecondsInto(out),
		};
		for (const [name, read] of Object.entries(reads)) {
			for (let round = 0; round < 100_000; round++) read();
			let least = Number.POSITIVE_INFINITY;
			// The engine's own work (compiling, profiling) allocates now and then: the quietest of five counts.
			for (let attempt = 0; attempt < 5; attempt++) {
				const before = process.memoryUsage().heapUsed;
				for (let round = 0; round < 100_000; round++) read();
				const growth = process.memoryUsage().heapUsed - before;
				if (growth >= 0) least = Math.min(least, growth);
			}
			expect(least / 100_000, `bytes a call of ${name}`).toBeLessThan(1);
		}
	});
});
