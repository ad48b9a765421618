import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Batch, batchFromRows, type CellInput, createNameTable, openBatch, type RowInput } from '../../src/columns/index.ts';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { compile } from '../../src/pipeline/compile.ts';
import { json } from '../../src/protocols/json/index.ts';
import { decimal, enumeration, flag, float, integer, integer32, list, message, object, oneOf, type Schema, symbol, text, timestamp, unsigned, unsigned32 } from '../../src/schema/index.ts';
import { openSink } from '../../src/sinks/index.ts';

let folder = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'tickforge-duckdb-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function write(schema: Schema, batches: readonly Batch[], kind: 'duckdb' | 'parquet'): Promise<string> {
	const path = join(folder, `x.${kind}`);
	const sink = await openSink(kind === 'duckdb' ? `duckdb:${path}` : path, layoutSchema(schema));
	for (const batch of batches) await sink.write(batch);
	expect((await sink.close()).rows).toBe(batches.reduce((sum, batch) => sum + batch.rows, 0));
	return path;
}

async function query(path: string, sql: string): Promise<Record<string, unknown>[]> {
	const instance = await DuckDBInstance.create(path.endsWith('.parquet') ? ':memory:' : path);
	const connection = await instance.connect();
	try {
		const from = path.endsWith('.parquet') ? `'${path}'` : 'odd';
		return (await connection.runAndReadAll(sql.replace('TABLE', from))).getRowObjectsJson();
	} finally {
		connection.closeSync();
		instance.closeSync();
	}
}

const schema = oneOf(
	'odd',
	{ version: 1 },
	message('odd', {
		id: integer(),
		small: integer32().nullable(),
		unsigned: unsigned().nullable(),
		half: unsigned32().nullable(),
		price: decimal(8).keepScale().nullable(),
		ratio: float().nullable(),
		time: timestamp('ns').nullable(),
		maker: flag().nullable(),
		symbol: symbol().nullable(),
		side: enumeration(['buy', 'a value that is long']).nullable(),
		note: text().nullable(),
		extra: object({ a: integer(), note: text().nullable(), tags: list(symbol()) }).nullable(),
		levels: list(object({ price: decimal(2).keepScale(), count: integer().nullable(), note: text().nullable(), names: list(text()) })).nullable(),
		prices: list(decimal(2).keepScale()),
		flags: list(flag()),
	}),
);

let seed = 1;
const random = (below: number): number => {
	seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
	return (seed >>> 8) % below;
};
const maybe = <T extends CellInput>(value: () => T, every = 4): T | null => (random(every) === 0 ? null : value());
const times = <T>(below: number, value: (index: number) => T): T[] => Array.from({ length: random(below) }, (_, index) => value(index));
const word = (): string => 'né words of all lengths, 日本 too'.slice(0, random(32));
const price = (digits: number): string => `${random(2) === 0 ? '-' : ''}${random(1e6)}${digits === 0 ? '' : `.${String(random(10 ** digits)).padStart(digits, '0')}`}`;

function row(id: number): RowInput {
	return {
		id: BigInt(id),
		small: maybe(() => random(1000) - 500),
		unsigned: maybe(() => 2n ** 64n - 1n - BigInt(random(1000))),
		half: maybe(() => 2 ** 32 - 1 - random(1000)),
		price: maybe(() => price(random(9))),
		ratio: maybe(() => random(1000) / 7),
		time: maybe(() => BigInt(random(1e9)) * 1000n - 5n),
		maker: maybe(() => random(2) === 0),
		symbol: maybe(() => (random(2) === 0 ? `S${random(40)}` : `A LONG SYMBOL ${random(40)}`)),
		side: maybe(() => ['buy', 'a value that is long', 'else'][random(3)] as string),
		note: maybe(word),
		extra: maybe(() => ({ a: BigInt(random(99)), note: maybe(word), tags: times(3, () => `tag ${random(30) * 1e7}`) })),
		levels: maybe(() => times(5, () => ({ price: price(random(3)), count: maybe(() => BigInt(random(9))), note: maybe(word), names: times(3, word) }))),
		prices: times(4, () => price(random(3))),
		flags: times(20, () => random(2) === 0),
	};
}

/** What DuckDB gives as JSON for the batch's rows. */
function expected(batches: readonly Batch[]): unknown[] {
	return batches.flatMap((batch) => {
		const money = batch.column('price', 'decimal');
		const items = batch.column('prices', 'list');
		const levels = batch.column('levels', 'list');
		const level = batch.column('levels.price', 'decimal');
		const one = items.items;
		if (one.kind !== 'decimal') throw new Error('not decimals');
		const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
		return batch.toRows().map((plain, index) => ({
			...plain,
			id: String(plain.id),
			unsigned: plain.unsigned === null ? null : String(plain.unsigned),
			price: money.isNull(index) ? null : money.text(index),
			price_scale: money.isNull(index) ? null : money.textScale(index),
			time: plain.time === null ? null : String(plain.time),
			extra: plain.extra === null ? null : { ...(plain.extra as object), a: String((plain.extra as { a: bigint }).a) },
			levels: levels.isNull(index) ? null : (plain.levels as { count: bigint | null }[]).map((entry, at) => ({ ...entry, price: level.text(levels.start(index) + at), price_scale: level.textScale(levels.start(index) + at), count: entry.count === null ? null : String(entry.count) })),
			prices: range(items.start(index), items.end(index)).map((at) => one.text(at)),
			prices_scale: range(items.start(index), items.end(index)).map((at) => one.textScale(at)),
		}));
	});
}

describe('DuckDB', () => {
	const layout = layoutSchema(schema, { rows: 4096, items: 131072, textBytes: 2 ** 20, received: false });
	const names = layout.symbolTables.map(({ values }) => createNameTable(values));

	it('gets what is in the batches, in chunks, whatever the types', async () => {
		// More and fewer rows than a chunk has (2,048); the second batch has symbols of its own.
		const batches = [4096, 1, 2049, 700].map((count, index) =>
			batchFromRows(
				layout,
				Array.from({ length: count }, (_, id) => row(index * 10000 + id)),
				'odd',
				...(index === 1 ? [] : [names]),
			),
		);
		for (const kind of ['duckdb', 'parquet'] as const) {
			const path = await write(schema, batches, kind);
			const rows = await query(path, 'SELECT * REPLACE (epoch_ns(time)::VARCHAR AS time) FROM TABLE ORDER BY id');
			const want = expected(batches).sort((a, b) => Number((a as { id: string }).id) - Number((b as { id: string }).id));
			expect(rows.length).toBe(want.length);
			for (let index = 0; index < rows.length; index++) expect(rows[index]).toEqual(want[index]);
		}
	});

	it('gets batches of shared memory', async () => {
		const batch = batchFromRows(
			layout,
			Array.from({ length: 3000 }, (_, id) => row(id)),
			'odd',
			names,
		);
		const shared = new SharedArrayBuffer(batch.layout.size + 4096);
		new Uint8Array(shared).set(new Uint8Array(batch.memory.buffer), 4096);
		const path = await write(schema, [openBatch({ buffer: shared }, batch.layout, 4096, batch.symbols)], 'duckdb');
		expect(await query(path, 'SELECT * REPLACE (epoch_ns(time)::VARCHAR AS time) FROM TABLE ORDER BY id')).toEqual(expected([batch]));
	});

	it('compares short texts by value, also where longer ones lay in the same memory', async () => {
		const own = oneOf('feed', { version: 1 }, message('odd', { id: integer(), note: text(), symbol: symbol() }));
		const texts = ['a text that is long', 'exactly 12 b', 'ab', 'thirteen byte', '', 'another long text'];
		const batches: Batch[] = [];
		const parser = compile(json(own), { onBatch: (batch) => void batches.push((batch as Batch).copy()) });
		for (let turn = 0; turn < texts.length; turn++) {
			for (let id = 0; id < texts.length; id++) {
				const one = texts[(turn + id) % texts.length];
				expect(parser.parse(JSON.stringify({ id: turn * 10 + id, note: one, symbol: one }))).toBe(true);
			}
			parser.flush();
		}
		parser.dispose();
		const path = await write(own, batches, 'duckdb');
		for (const one of texts) expect(await query(path, `SELECT count(*) AS rows FROM TABLE WHERE note = '${one}' AND symbol = '${one}'`)).toEqual([{ rows: String(texts.length) }]);
	});

	it('has receive times, and scales beside fields that are called so', async () => {
		const own = oneOf('feed', { version: 1 }, message('odd', { price: decimal(2).keepScale(), PRICE_SCALE: integer() }));
		const batch = batchFromRows(layoutSchema(own, { rows: 64, received: true }), [{ price: '1.5', PRICE_SCALE: 7, received: 1_000_000_000n }]);
		for (const kind of ['duckdb', 'parquet'] as const) expect(await query(await write(own, [batch], kind), 'SELECT * REPLACE (epoch_ns(received)::VARCHAR AS received) FROM TABLE')).toEqual([{ received: '1000000000', price: '1.50', price_scale_: 1, PRICE_SCALE: '7' }]);
	});

	it('takes batches with room for other numbers of rows', async () => {
		const own = oneOf('feed', { version: 1 }, message('odd', { price: decimal(2).keepScale(), id: integer() }));
		const batches = [3, 300].map((count) =>
			batchFromRows(
				layoutSchema(own, { rows: count }),
				Array.from({ length: count }, (_, id) => ({ price: `${id}.5`, id: BigInt(id) })),
			),
		);
		const path = await write(own, batches, 'duckdb');
		expect(await query(path, 'SELECT count(*) AS rows, sum(id)::VARCHAR AS ids, sum(price)::VARCHAR AS prices, min(price_scale) AS scale FROM TABLE')).toEqual([{ rows: '303', ids: '44853', prices: '45004.50', scale: 1 }]);
	});

	it('says in words that a table has other columns', async () => {
		const one = oneOf('feed', { version: 1 }, message('odd', { price: decimal(2) }));
		const two = oneOf('feed', { version: 1 }, message('odd', { price: decimal(3) }));
		const batch = (of: Schema): Batch => batchFromRows(layoutSchema(of, { rows: 64 }), [{ price: '1.5' }]);
		await write(one, [batch(one)], 'duckdb');
		await expect(write(one, [batch(one), batch(two)], 'parquet')).rejects.toThrow('other columns');
		await expect(write(two, [batch(two)], 'duckdb')).rejects.toThrow('column 1 is price DECIMAL(19,2) instead of price DECIMAL(19,3)');
	});
});
