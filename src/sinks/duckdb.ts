/** DuckDB databases, and Parquet written by DuckDB. `@duckdb/node-api` is an optional peer, loaded on use. */
import { renameSync, rmSync, statSync } from 'node:fs';
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { ColumnView } from '../columns/index.ts';
import type { Column, SchemaLayout, TableLayout } from '../compiler/batch-layout.ts';
import { type Sink, tablePath } from './sink.ts';

type DuckDB = typeof import('@duckdb/node-api');

async function loadDuckDB(what: string): Promise<DuckDB> {
	try {
		return await import('@duckdb/node-api');
	} catch (cause) {
		throw new Error(`tickforge: ${what} needs DuckDB, which is not installed; run: npm install @duckdb/node-api`, { cause });
	}
}

/** SQL type of a column: decimals keep their scale, times their nanoseconds. */
function typeOf(duckdb: DuckDB, column: Column): DuckDBType {
	switch (column.kind) {
		case 'struct':
			return duckdb.STRUCT(Object.fromEntries(column.children.map((child) => [child.name, typeOf(duckdb, child)])));
		case 'list':
			return duckdb.LIST(typeOf(duckdb, column.item));
		case 'scalar': {
			const { type } = column;
			switch (type.kind) {
				case 'integer':
					return type.bits === 64 ? (type.signed ? duckdb.BIGINT : duckdb.UBIGINT) : type.signed ? duckdb.INTEGER : duckdb.UINTEGER;
				case 'decimal':
					return duckdb.DECIMAL(19, type.scale);
				case 'float':
					return duckdb.DOUBLE;
				case 'timestamp':
					return duckdb.TIMESTAMP_NS;
				case 'flag':
					return duckdb.BOOLEAN;
				default:
					return duckdb.VARCHAR;
			}
		}
	}
}

const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function valueOf(duckdb: DuckDB, column: ColumnView, row: number): DuckDBValue {
	if (column.isNull(row)) return null;
	switch (column.kind) {
		case 'integer':
			return column.bigint(row);
		case 'integer32':
		case 'float':
			return column.number(row);
		case 'decimal':
			return new duckdb.DuckDBDecimalValue(column.bigint(row), 19, column.scale);
		case 'timestamp':
			return new duckdb.DuckDBTimestampNanosecondsValue(column.bigint(row));
		case 'flag':
			return column.value(row);
		case 'symbol':
		case 'enumeration':
		case 'text':
			return column.text(row);
		case 'struct':
			return duckdb.structValue(Object.fromEntries(column.children.map((child) => [child.name, valueOf(duckdb, child, row)])));
		case 'list':
			return duckdb.listValue(Array.from({ length: column.count(row) }, (_, item) => valueOf(duckdb, column.items, column.start(row) + item)));
	}
}

interface OpenTable {
	readonly appender: DuckDBAppender;
	readonly types: readonly DuckDBType[];
}

/** Tables of one database that batches are appended to; made on the first batch of each. */
function createTables(duckdb: DuckDB, connection: DuckDBConnection) {
	const tables = new Map<string, OpenTable>();
	const open = async (layout: TableLayout): Promise<OpenTable> => {
		const columns = [...(layout.received >= 0 ? [{ name: 'received', type: duckdb.TIMESTAMP_NS as DuckDBType }] : []), ...layout.columns.map((column) => ({ name: column.name, type: typeOf(duckdb, column) }))];
		await connection.run(`CREATE TABLE IF NOT EXISTS ${sqlName(layout.name)} (${columns.map(({ name, type }) => `${sqlName(name)} ${type}`).join(', ')})`);
		return { appender: await connection.createAppender(layout.name), types: columns.map(({ type }) => type) };
	};
	return {
		names: () => [...tables.keys()],
		async append(batch: Parameters<Sink['write']>[0]) {
			const table = tables.get(batch.table) ?? (await open(batch.layout));
			tables.set(batch.table, table);
			const columns = batch.received === null ? batch.columns : [batch.received, ...batch.columns];
			for (let row = 0; row < batch.rows; row++) {
				columns.forEach((column, index) => {
					table.appender.appendValue(valueOf(duckdb, column, row), table.types[index]);
				});
				table.appender.endRow();
			}
			table.appender.flushSync();
		},
		close() {
			for (const { appender } of tables.values()) appender.closeSync();
		},
	};
}

/** One table a variant in a database file; rows are added to tables that exist. @throws where DuckDB is not installed */
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
