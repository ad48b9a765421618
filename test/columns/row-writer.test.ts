import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliceBatch } from '../../src/columns/row-copy.ts';
import { batchFromRows, createNameTable, createRowWriter } from '../../src/columns/row-writer.ts';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { bytes, decimal, enumeration, flag, float, integer, integer32, list, message, object, oneOf, symbol, text, timestamp, tuple, unsigned } from '../../src/schema/index.ts';
import { testTable } from './batches.ts';

const schema = oneOf(
	'feed',
	{ version: 1 },
	message('book', {
		symbol: symbol(),
		side: enumeration(['buy', 'sell']).nullable(),
		price: decimal(4).nullable(),
		time: timestamp('ns'),
		id: unsigned(),
		small: integer32().nullable(),
		ratio: float(),
		maker: flag().nullable(),
		note: text().nullable(),
		hash: bytes().nullable(),
		extra: object({ a: integer(), deep: list(text().nullable()) }).nullable(),
		bids: list(tuple({ price: decimal(1), note: text(), raw: bytes() })).nullable(),
	}),
);
const layout = layoutSchema(schema, { rows: 64, items: 256, textBytes: 64 * 1024, received: true });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const texts = fc.string({ unit: 'grapheme', maxLength: 40 });
const anyBytes = fc.uint8Array({ maxLength: 40 });
const rowArbitrary = fc.record(
	{
		symbol: fc.constantFrom('A', 'B', 'é', ''),
		side: fc.option(fc.constantFrom('buy', 'sell', 'other')),
		price: fc.option(i64),
		time: i64,
		id: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
		small: fc.option(fc.integer()),
		ratio: fc.double(),
		maker: fc.option(fc.boolean()),
		note: fc.option(texts),
		hash: fc.option(anyBytes),
		extra: fc.option(fc.record({ a: i64, deep: fc.array(fc.option(texts), { maxLength: 4 }) }, { noNullPrototype: true })),
		bids: fc.option(fc.array(fc.record({ price: i64, note: texts, raw: anyBytes }, { noNullPrototype: true }), { maxLength: 4 })),
		received: i64,
	},
	{ noNullPrototype: true },
);

describe('plain rows', () => {
	it('come back as they were, whole and sliced', () => {
		fc.assert(
			fc.property(fc.array(rowArbitrary, { maxLength: 60 }), fc.nat(60), fc.nat(60), (rows, a, b) => {
				const batch = batchFromRows(layout, rows);
				expect(batch.toRows()).toEqual(rows);
				const [from, to] = [Math.min(a, b, rows.length), Math.min(Math.max(a, b), rows.length)];
				const slice = sliceBatch(batch, from, to);
				batch.release();
				expect(slice.toRows()).toEqual(rows.slice(from, to));
			}),
			{ numRuns: 200 },
		);
	});

	it('are written as the parser writes them', () => {
		const kept = oneOf('feed', { version: 1 }, message('trade', { symbol: symbol(), price: decimal(8).keepScale(), note: text().optional() }));
		const parsed = testTable(kept, ['{"symbol":"A","price":"1.50","note":"a note of more than twelve bytes"}', '{"symbol":"B","price":"-2"}']).batch;
		const made = batchFromRows(layoutSchema(kept), [
			{ symbol: 'A', price: '1.50', note: 'a note of more than twelve bytes' },
			{ symbol: 'B', price: '-2' },
		]);
		expect(made.column('price', 'decimal').originalText(0)).toBe('1.50');
		// A slice lies in zeroed memory: what is beyond the counters means nothing.
		const bytesOf = (batch: typeof made): Uint8Array => new Uint8Array(sliceBatch(batch, 0).memory.buffer);
		expect(Buffer.compare(bytesOf(made), bytesOf(parsed))).toBe(0);
	});

	it('refuse what does not fit in words, and leave no trace of a row without room', () => {
		const small = layoutSchema(schema, { rows: 64, items: 64, textBytes: 64 });
		const row = { symbol: 'A', time: 0n, id: 0n, ratio: 0, bids: [] };
		expect(() => batchFromRows(small, [{ ...row, id: -1n }])).toThrow(/"id" is an unsigned integer of 64 bits, not -1/);
		expect(() => batchFromRows(small, [{ ...row, price: '1.23456' }])).toThrow(/"price" is a decimal of scale 4/);
		expect(() => batchFromRows(small, [{ ...row, symbol: null }])).toThrow(/"symbol" is not nullable/);
		expect(() =>
			batchFromRows(
				small,
				Array.from({ length: 65 }, () => row),
			),
		).toThrow(/row 64 does not fit a batch of 64 rows/);
		expect(() => batchFromRows(small, [], 'other')).toThrow(/no table "other"; there are: book/);
		const [table] = small.tables;
		if (table === undefined) throw new Error('no table');
		const memory = { buffer: new ArrayBuffer(table.size) };
		const writer = createRowWriter(
			memory,
			table,
			0,
			small.symbolTables.map(({ values }) => createNameTable(values)),
		);
		expect(writer.append({ ...row, note: 'x'.repeat(60) })).toBe(true);
		expect(writer.append({ ...row, note: 'y'.repeat(60) })).toBe(false);
		expect(writer.append({ ...row, bids: Array.from({ length: 65 }, () => ({ price: 0n, note: '', raw: new Uint8Array() })) })).toBe(false);
		expect(writer.append(row)).toBe(true);
		expect(writer.rows).toBe(2);
		writer.clear();
		expect(writer.rows).toBe(0);
	});

	it('are no part of a batch that has not so many', () => {
		const batch = batchFromRows(layout, []);
		expect(sliceBatch(batch, 0).rows).toBe(0);
		expect(() => sliceBatch(batch, 0, 1)).toThrow(/has 0 rows; rows 0 to 1 are no part of it/);
	});
});
