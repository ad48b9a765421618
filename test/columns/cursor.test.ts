import { describe, expect, expectTypeOf, it } from 'vitest';
import { createCursor } from '../../src/columns/cursor.ts';
import { StaleViewError } from '../../src/columns/index.ts';
import { decimal, type FieldsOf, flag, integer, list, message, object, oneOf, symbol, text, timestamp, tuple } from '../../src/schema/index.ts';
import { testTable } from './batches.ts';

const book = message('book', {
	symbol: symbol().key('s'),
	price: decimal(2).keepScale().key('p'),
	time: timestamp('ms').key('T'),
	maker: flag().key('m').optional(),
	next: integer().key('n'),
	extra: object({ note: text() }).key('x').optional(),
	bids: list(tuple({ price: decimal(1), size: decimal(3) })).key('b'),
	tags: list(text()).key('t'),
});
const messages = ['{"s":"A","p":"1.5","T":1,"m":true,"n":7,"x":{"note":"first"},"b":[["1.5","2"],["2.5","3"]],"t":["a","b"]}', '{"s":"B","p":"-2.25","T":2,"n":8,"b":[],"t":[]}', '{"s":"A","p":"3","T":3,"m":false,"n":9,"b":[["9","0.125"]],"t":["c"]}'];

describe('a cursor', () => {
	it('reads a row at a time, lists included', () => {
		const { batch } = testTable(oneOf('feed', { version: 1 }, book), messages, { received: true });
		const cursor = createCursor<FieldsOf<typeof book>>(batch);
		const seen: unknown[] = [];
		for (cursor.rewind(); cursor.next(); ) {
			const bids: number[][] = [];
			for (const levels = cursor.bids.items(); levels.next(); ) bids.push([levels.price.scaled(), levels.size.scaled()]);
			const tags: string[] = [];
			for (const items = cursor.tags.items(); items.next(); ) tags.push(items.value.text());
			seen.push([cursor.row, cursor.symbol.text(), cursor.price.originalText(), cursor.time.milliseconds(), cursor.maker.isNull() ? null : cursor.maker.value(), cursor.column('next', 'integer').number(), cursor.extra.isNull() ? null : cursor.extra.note.text(), bids, tags]);
		}
		expect(seen).toEqual([
			[
				0,
				'A',
				'1.5',
				1,
				true,
				7,
				'first',
				[
					[1.5, 2],
					[2.5, 3],
				],
				['a', 'b'],
			],
			[1, 'B', '-2.25', 2, null, 8, null, [], []],
			[2, 'A', '3', 3, false, 9, null, [[9, 0.125]], ['c']],
		]);
		expect(cursor.next()).toBe(false);
		expect(cursor.column('received', 'timestamp').bigint()).toBe(batch.received?.kind === 'timestamp' ? batch.received.bigint(2) : undefined);
		expectTypeOf(cursor.price.scaled).returns.toEqualTypeOf<number>();
		expectTypeOf(cursor.price).not.toHaveProperty('scaledInto');
	});

	it('follows its reader, ends with the batch, and names what there is', () => {
		const table = testTable(oneOf('feed', { version: 1 }, book), messages.slice(0, 1));
		const cursor = createCursor<FieldsOf<typeof book>>(table.batch);
		expect(cursor.next()).toBe(true);
		table.clear();
		table.add(messages.slice(1));
		cursor.rewind();
		expect(cursor.next()).toBe(true);
		expect(cursor.symbol.text()).toBe('B');
		expect(() => cursor.column('prize')).toThrow(/no column "prize"; there are: symbol, price/);
		expect(() => cursor.column('price', 'text')).toThrow(/of kind decimal, not text/);
		table.batch.release();
		expect(() => cursor.next()).toThrow(StaleViewError);
		expect(() => cursor.price.scaled()).toThrow(StaleViewError);
	});

	it('allocates nothing from row to row', () => {
		const { batch } = testTable(
			oneOf('feed', { version: 1 }, book),
			Array.from({ length: 64 }, (_, index) => messages[index % 3] as string),
		);
		const cursor = createCursor<FieldsOf<typeof book>>(batch);
		const out = new Float64Array(1);
		const pass = (): void => {
			for (cursor.rewind(); cursor.next(); ) {
				out[0] = (out[0] as number) + cursor.price.scaled();
				for (const bids = cursor.bids.items(); bids.next(); ) out[0] += bids.size.scaled();
			}
		};
		for (let round = 0; round < 3000; round++) pass();
		let least = Number.POSITIVE_INFINITY;
		// On a busy machine the engine may finish compiling late: what allocates always is never quiet.
		for (let attempt = 0; attempt < 40 && least >= 1500 * 64; attempt++) {
			const before = process.memoryUsage().heapUsed;
			for (let round = 0; round < 1500; round++) pass();
			const growth = process.memoryUsage().heapUsed - before;
			if (growth >= 0) least = Math.min(least, growth);
		}
		expect(least / (1500 * 64), 'bytes a row').toBeLessThan(1);
	});
});
