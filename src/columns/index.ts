/** Batches of columns: views over memory, accessors that allocate nothing, lifetimes that are enforced. */
export { type Batch, type BatchOptions, type BatchReader, type Cell, createBatchReader, openBatch, type PlainRow } from './batch.ts';
export {
	type BatchMemory,
	type BytesColumn,
	type ColumnView,
	type DecimalColumn,
	decimalText,
	type EnumerationColumn,
	type FlagColumn,
	type FloatColumn,
	type Integer32Column,
	type IntegerColumn,
	isoText,
	type ListView,
	StaleViewError,
	type StructView,
	type SymbolColumn,
	type TextColumn,
	type TimestampColumn,
} from './columns.ts';
export { type Cursor, createCursor, type ItemCursor } from './cursor.ts';
export { type FieldPart, type OutputField, outputFields } from './output-fields.ts';
export { sliceBatch } from './row-copy.ts';
export { batchFromRows, type CellInput, createNameTable, createRowWriter, type NameTable, type RowInput, type RowWriter, type SymbolInterner } from './row-writer.ts';
export { widenDecimals } from './wide-decimals.ts';
