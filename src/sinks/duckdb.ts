/** DuckDB databases, and Parquet written by DuckDB. `@duckdb/node-api` is an optional peer, loaded on use. */
import { renameSync, rmSync, statSync } from 'node:fs';
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { SchemaLayout, TableLayout } from '../compiler/batch-layout.ts';
import { type ChunkWriter, createChunkWriter, type DuckDB, duckDBFields } from './duckdb-chunk.ts';
import { type Sink, tablePath } from './sink.ts';

async function loadDuckDB(what: string): Promise<DuckDB> {
	try {
		return await import('@duckdb/node-api');
	} catch (cause) {
		throw new Error(`tickforge: ${what} needs DuckDB, which is not installed; run: npm install @duckdb/node-api`, { cause });
	}
}

const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

interface OpenTable {
	readonly appender: DuckDBAppender;
	/** Columns with their types, in words. */
	readonly columns: readonly string[];
	/** By layout: batches of one table may have room for different numbers of rows. */
	readonly chunks: WeakMap<TableLayout, ChunkWriter>;
}

/** Tables of one database that batches are appended to; made on the first batch of each. */
function createTables(duckdb: DuckDB, connection: DuckDBConnection) {
	const tables = new Map<string, OpenTable>();
	const open = async (layout: TableLayout): Promise<OpenTable> => {
		const fields = duckDBFields(duckdb, layout);
		await connection.run(`CREATE TABLE IF NOT EXISTS ${sqlName(layout.name)} (${fields.map(({ name, type }) => `${sqlName(name)} ${type}`).join(', ')})`);
		const there = await connection.run(`SELECT * FROM ${sqlName(layout.name)} LIMIT 0`);
		const types = there.columnTypes();
		const columns = there.columnNames().map((name, index) => `${name} ${types[index]}`);
		return { appender: await connection.createAppender(layout.name), columns, chunks: new WeakMap() };
	};
	const writerFor = ({ chunks, columns }: OpenTable, layout: TableLayout): ChunkWriter => {
		const known = chunks.get(layout);
		if (known !== undefined) return known;
		const wanted = duckDBFields(duckdb, layout).map(({ name, type }) => `${name} ${type}`);
		const differing = (columns.length > wanted.length ? columns : wanted).findIndex((_, index) => columns[index] !== wanted[index]);
		if (differing >= 0) throw new Error(`tickforge: the table "${layout.name}" is there already and has other columns: column ${differing + 1} is ${columns[differing] ?? 'missing'} instead of ${wanted[differing] ?? 'missing'}; write to another database, or drop the table`);
		const writer = createChunkWriter(duckdb, layout);
		chunks.set(layout, writer);
		return writer;
	};
	return {
		names: () => [...tables.keys()],
		async append(batch: Parameters<Sink['write']>[0]) {
			const table = tables.get(batch.table) ?? (await open(batch.layout));
			tables.set(batch.table, table);
			writerFor(table, batch.layout).write(batch, (chunk) => table.appender.appendDataChunk(chunk));
		},
		close() {
			for (const { appender } of tables.values()) appender.closeSync();
		},
	};
}

/**
 * One table a variant in a database file; rows are added to tables that exist. DuckDB takes rows in by some 200,000 of a
 * table at a time, and the rest on `close`: a process that dies before loses those.
 *
 * @throws where DuckDB is not installed
 */
export async function createDuckDBSink(path: string): Promise<Sink> {
	const duckdb = await loadDuckDB(`writing ${path}`);
	const instance: DuckDBInstance = await duckdb.DuckDBInstance.create(path);
	const connection = await instance.connect();
	const tables = createTables(duckdb, connection);
	let rows = 0;
	const shut = (): void => {
		tables.close();
		connection.closeSync();
		instance.closeSync();
	};
	return {
		async write(batch) {
			await tables.append(batch);
			rows += batch.rows;
		},
		async close() {
			shut();
			return { files: [path], rows, bytes: statSync(path).size };
		},
		async abort() {
			shut();
		},
	};
}

/** Parquet files with zstd, one a table. Rows are kept in memory (or DuckDB's temporary files) until `close`. */
export async function createParquetSink(path: string, layout: SchemaLayout): Promise<Sink> {
	const duckdb = await loadDuckDB(`writing ${path}`);
	const instance: DuckDBInstance = await duckdb.DuckDBInstance.create(':memory:');
	const connection = await instance.connect();
	const tables = createTables(duckdb, connection);
	let rows = 0;
	const shut = (): void => {
		connection.closeSync();
		instance.closeSync();
	};
	return {
		async write(batch) {
			await tables.append(batch);
			rows += batch.rows;
		},
		async close() {
			tables.close();
			const files: string[] = [];
			for (const name of tables.names()) {
				const file = tablePath(path, name, layout.tables.length);
				const partial = `${file}.partial`;
				await connection.run(`COPY ${sqlName(name)} TO '${partial.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`);
				renameSync(partial, file);
				files.push(file);
			}
			shut();
			return { files, rows, bytes: files.reduce((sum, file) => sum + statSync(file).size, 0) };
		},
		async abort() {
			tables.close();
			shut();
			for (const name of tables.names()) rmSync(`${tablePath(path, name, layout.tables.length)}.partial`, { force: true });
		},
	};
}
