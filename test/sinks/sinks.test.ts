import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArrow } from '../../src/columns/arrow/index.ts';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { decimal, flag, list, message, object, oneOf, symbol, text, timestamp, tuple } from '../../src/schema/index.ts';
import { openSink, tablePath } from '../../src/sinks/index.ts';
import { testTable } from '../columns/batches.ts';

const schema = oneOf(
	'feed',
	{ version: 1 },
	message('book', {
		symbol: symbol().key('s'),
		price: decimal(8).key('p'),
		size: decimal(2).key('q').nullable(),
		time: timestamp('ms').key('T'),
		maker: flag().key('m'),
		note: text().key('n').optional(),
		extra: object({ a: decimal(1) }).key('x'),
		bids: list(tuple({ price: decimal(1), size: decimal(3) })).key('b'),
	}),
);
const layout = layoutSchema(schema);
const messages = [
	'{"s":"BTC\\"USDT","p":"-27123.10","q":null,"T":1626992741017,"m":true,"n":"a, \\"note\\"","x":{"a":1.5},"b":[["1.5",3],["2",4]]}',
	'{"s":"ETHUSDT","p":"92233720368.54775807","q":"1.25","T":-1,"m":false,"n":"","x":{"a":-2},"b":[]}',
	'{"s":"ETHUSDT","p":"0","q":"1","T":0,"m":false,"x":{"a":0},"b":[]}',
];

let folder = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'tickforge-sinks-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function write(target: string): Promise<{ rows: number; files: readonly string[] }> {
	const sink = await openSink(target, layout);
	const table = testTable(schema, messages.slice(0, 1));
	await sink.write(table.batch);
	table.clear();
	table.add(messages.slice(1));
	await sink.write(table.batch);
	const summary = await sink.close();
	expect(summary.bytes).toBeGreaterThan(0);
	expect(readdirSync(folder).some((name) => name.endsWith('.partial'))).toBe(false);
	return summary;
}

describe('sinks', () => {
	it('write Arrow files and streams', async () => {
		for (const name of ['x.arrow', 'x.arrows']) {
			const path = join(folder, name);
			expect(await write(path)).toMatchObject({ rows: 3, files: [path] });
			const rows = readArrow(readFileSync(path)).batches.flatMap((batch) => batch.toRows());
			expect(rows.map((row) => row.price)).toEqual([-2712310000000n, 9223372036854775807n, 0n]);
		}
	});

	it('write CSV', async () => {
		const path = join(folder, 'x.csv');
		await write(path);
		expect(readFileSync(path, 'utf8').split('\r\n')).toEqual([
			'symbol,price,size,time,maker,note,extra.a,bids',
			'"BTC""USDT",-27123.10000000,,2021-07-22T22:25:41.017000000Z,true,"a, ""note""",1.5,"[{""price"":""1.5"",""size"":""3.000""},{""price"":""2.0"",""size"":""4.000""}]"',
			'ETHUSDT,92233720368.54775807,1.25,1969-12-31T23:59:59.999000000Z,false,"",-2.0,[]',
			'ETHUSDT,0.00000000,1.00,1970-01-01T00:00:00.000000000Z,false,,0.0,[]',
			'',
		]);
	});

	it('write DuckDB tables and Parquet that DuckDB reads', async () => {
		const database = join(folder, 'x.duckdb');
		const parquet = join(folder, 'x.parquet');
		await write(`duckdb:${database}`);
		await write(parquet);
		for (const [path, from] of [
			[database, 'book'],
			[':memory:', `'${parquet}'`],
		] as const) {
			const instance = await DuckDBInstance.create(path);
			const connection = await instance.connect();
			const rows = (await connection.runAndReadAll(`SELECT symbol, price::VARCHAR AS price, size::VARCHAR AS size, epoch_ns(time)::VARCHAR AS time, maker, note, len(bids) AS levels, typeof(price) AS type FROM ${from}`)).getRowObjectsJson();
			expect(rows).toEqual([
				{ symbol: 'BTC"USDT', price: '-27123.10000000', size: null, time: '1626992741017000000', maker: true, note: 'a, "note"', levels: '2', type: 'DECIMAL(19,8)' },
				{ symbol: 'ETHUSDT', price: '92233720368.54775807', size: '1.25', time: '-1000000', maker: false, note: '', levels: '0', type: 'DECIMAL(19,8)' },
				{ symbol: 'ETHUSDT', price: '0.00000000', size: '1.00', time: '0', maker: false, note: null, levels: '0', type: 'DECIMAL(19,8)' },
			]);
			connection.closeSync();
			instance.closeSync();
		}
	});

	it('leave nothing behind when given up', async () => {
		const sink = await openSink(join(folder, 'x.arrow'), layout);
		await sink.write(testTable(schema, messages).batch);
		expect(existsSync(join(folder, 'x.arrow'))).toBe(false);
		await sink.abort();
		expect(readdirSync(folder)).toEqual([]);
	});

	it('name files after tables where there are several, and refuse unknown kinds in words', async () => {
		expect(tablePath('a.b/out.arrow', 'trade', 2)).toBe('a.b/out.trade.arrow');
		expect(tablePath('a.b/out', 'trade', 2)).toBe('a.b/out.trade');
		expect(tablePath('out.arrow', 'trade', 1)).toBe('out.arrow');
		await expect(openSink('x.xlsx', layout)).rejects.toThrow(/ends in .arrow/);
	});
});
