/** Where sealed batches go: Arrow and CSV files, DuckDB databases, Parquet. */
import type { SchemaLayout } from '../compiler/batch-layout.ts';
import { type ArrowSinkOptions, createArrowSink } from './arrow.ts';
import { createCsvSink } from './csv.ts';
import { createDuckDBSink, createParquetSink } from './duckdb.ts';
import type { Sink } from './sink.ts';

export { type ArrowSinkOptions, createArrowSink } from './arrow.ts';
export { createCsvSink } from './csv.ts';
export { createDuckDBSink, createParquetSink } from './duckdb.ts';
export { withOneDictionary } from './one-dictionary.ts';
export { type Sink, type SinkSummary, tablePath } from './sink.ts';

/**
 * The sink that an output's name asks for: `x.arrow`, `x.arrows` (stream), `x.csv`, `x.parquet`, `duckdb:x.duckdb`.
 *
 * @throws for other names, saying which there are
 */
export async function openSink(target: string, layout: SchemaLayout, options: ArrowSinkOptions = {}): Promise<Sink> {
	if (target.startsWith('duckdb:')) return createDuckDBSink(target.slice('duckdb:'.length));
	if (/\.(arrow|feather|ipc)$/.test(target)) return createArrowSink(target, layout, options);
	if (target.endsWith('.arrows')) return createArrowSink(target, layout, { ...options, format: 'stream' });
	if (target.endsWith('.csv')) return createCsvSink(target, layout);
	if (target.endsWith('.parquet')) return createParquetSink(target, layout);
	throw new Error(`tickforge: what to write to "${target}"? Use a name that ends in .arrow, .arrows (stream), .csv or .parquet, or duckdb:FILE`);
}
