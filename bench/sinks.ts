/**
 * `node bench/sinks.ts [--rows 100000] [--rounds 5]`: what writing a row costs in each sink: flat trades, and books
 * with ten levels in lists. Sinks take turns in each round; medians. Opening and closing the output counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Batch } from '../src/columns/index.ts';
import { layoutSchema } from '../src/compiler/batch-layout.ts';
import { compile } from '../src/pipeline/compile.ts';
import { json } from '../src/protocols/json/index.ts';
import { decimal, enumeration, flag, integer, list, message, oneOf, type Schema, symbol, text, timestamp, tuple } from '../src/schema/index.ts';
import { openSink } from '../src/sinks/index.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '5' } } });
const rows = Number(values.rows);
const rounds = Number(values.rounds);
const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

const level = list(tuple({ price: decimal(8).keepScale(), size: decimal(8) }));
const workloads: { name: string; schema: Schema; message: (index: number) => string }[] = [
	{
		name: 'trades',
		schema: oneOf('trades', { version: 1 }, message('trade', { symbol: symbol(), price: decimal(8).keepScale(), size: decimal(8), side: enumeration(['buy', 'sell']), time: timestamp('ms'), id: integer(), maker: flag(), note: text().optional() })),
		message: (index) => `{"symbol":"SYM${index % 50}USDT","price":"${27000 + (index % 1000)}.${index % 10}","size":"0.${1000 + (index % 999)}","side":"${index % 3 === 0 ? 'sell' : 'buy'}","time":${1626992741017 + index},"id":${index},"maker":${index % 2 === 0}${index % 8 === 0 ? ',"note":"a note that is long"' : ''}}`,
	},
	{
		name: 'books of 2 × 10',
		schema: oneOf('books', { version: 1 }, message('book', { symbol: symbol(), time: timestamp('ms'), bids: level, asks: level })),
		message(index) {
			const side = (sign: number): string => Array.from({ length: 10 }, (_, at) => `["${27000 + (index % 100) + sign * at}.5","0.${100 + at}"]`).join(',');
			return `{"symbol":"SYM${index % 50}USDT","time":${1626992741017 + index},"bids":[${side(-1)}],"asks":[${side(1)}]}`;
		},
	},
];

console.log(`${cpus()[0]?.model}, Node ${process.versions.node}, ${rows} rows in batches of 4096, median of ${rounds} rounds`);
const folder = mkdtempSync(join(tmpdir(), 'tickforge-sinks-'));
try {
	for (const { name, schema, message: one } of workloads) {
		const batches: Batch<unknown>[] = [];
		const options = { items: 4096 * 24 };
		const parser = compile(json(schema), { ...options, onBatch: (batch) => void batches.push((batch as Batch<unknown>).copy()) });
		for (let index = 0; index < rows; index++) parser.parse(one(index));
		parser.flush();
		const layout = layoutSchema(schema, options);
		const targets = ['x.arrow', 'x.csv', 'duckdb:x.duckdb', 'x.parquet'];
		const times = new Map(targets.map((target): [string, number[]] => [target, []]));
		const closing = new Map(targets.map((target): [string, number[]] => [target, []]));
		for (let round = -1; round < rounds; round++) {
			for (let turn = 0; turn < targets.length; turn++) {
				const target = targets[(turn + round + 1) % targets.length] as string;
				const path = join(folder, `${round}-${turn}-${target.replace('duckdb:', '')}`);
				const start = performance.now();
				const sink = await openSink(target.startsWith('duckdb:') ? `duckdb:${path}` : path, layout);
				for (const batch of batches) await sink.write(batch);
				const middle = performance.now();
				await sink.close();
				const end = performance.now();
				if (round >= 0) {
					times.get(target)?.push(end - start);
					closing.get(target)?.push(end - middle);
				}
				rmSync(path, { force: true });
			}
		}
		console.log(`\n${name}`);
		for (const [target, list] of times) console.log(`  ${target.padEnd(18)} ${((median(list) * 1000) / rows).toFixed(2).padStart(7)} µs a row, of which closing ${((median(closing.get(target) ?? []) * 1000) / rows).toFixed(2)}`);
	}
} finally {
	rmSync(folder, { recursive: true, force: true });
}
