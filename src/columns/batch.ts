/**
 * A batch: rows of one table as columns over memory, laid out by `compiler/batch-layout.ts`. What it hands out is a
 * view, which dies with the batch; `copy()` gives one of your own.
 */
import type { Column, TableLayout } from '../compiler/batch-layout.ts';
import type { SymbolReader } from '../symbols/index.ts';
import { type BatchMemory, type ColumnView, columnAt, createColumn, live, type Place, renew } from './columns.ts';

/** A plain value of a row: integers, decimals (mantissas) and timestamps (nanoseconds) as bigint, names and texts as strings, bytes as a copy. */
export type Cell = null | bigint | number | boolean | string | Uint8Array | readonly Cell[] | { readonly [name: string]: Cell };
export type PlainRow = { readonly [name: string]: Cell };

/** `Row` is what `row()` gives: `RowOf<Schema, Name>` where the schema is typed. */
export interface Batch<Row = PlainRow> {
	/** The variant's name. */
	readonly table: string;
	readonly layout: TableLayout;
	/** @throws StaleViewError after release, as everything below does */
	readonly rows: number;
	readonly columns: readonly ColumnView[];
	/** Receive times, where the layout has them. */
	readonly received: ColumnView | null;
	/** By path; lists are passed through to their items: `bids.price`. @throws where there is none, naming those there are */
	column<Kind extends ColumnView['kind']>(path: string, kind: Kind): Extract<ColumnView, { readonly kind: Kind }>;
	column(path: string): ColumnView;
	/** One row as a plain object of your own. Allocates: for looking at data, not for hot paths. */
	row(index: number): Row;
	/** All rows so. */
	toRows(): Row[];
	/** Calls back with each row's number, in order; the columns are read by number. Allocates nothing. */
	visit(visitor: (row: number) => void): void;
	/** Keeps the batch beyond the callback that gave it, until `release`. */
	retain(): void;
	/** Ends its life; its memory may be used again at once. Releasing twice does nothing. */
	release(): void;
	readonly released: boolean;
	/** The same rows in memory of their own. */
	copy(): Batch<Row>;
	/** Where it lies, for sinks that write its memory out. */
	readonly memory: BatchMemory;
	readonly address: number;
	readonly symbols: readonly SymbolReader[];
}

export interface BatchOptions {
	readonly onRetain?: () => void;
	readonly onRelease?: () => void;
}

const RECEIVED: Pick<Column & { kind: 'scalar' }, 'kind' | 'name' | 'type' | 'storage' | 'space' | 'validity' | 'textScales' | 'symbolTable'> = {
	kind: 'scalar',
	name: 'received',
	type: { kind: 'timestamp', format: 'ns' },
	storage: 'i64',
	space: 0,
	validity: -1,
	textScales: -1,
	symbolTable: -1,
};

/** Accessors for one table's batches, made once and pointed at one batch after the other: opening allocates nothing. */
export interface BatchReader<Row = PlainRow> {
	/** Points the reader's batch at a batch in memory. What it pointed at before is gone for it. */
	open(address: number): Batch<Row>;
	readonly batch: Batch<Row>;
}

/** @param symbols one reader for each of the schema layout's symbol tables */
export function createBatchReader<Row = PlainRow>(memory: BatchMemory, layout: TableLayout, symbols: readonly SymbolReader[], options: BatchOptions = {}): BatchReader<Row> {
	const place: Place = { memory, table: layout.name, address: -1, counts: new Uint32Array(layout.spaces.length), textAt: layout.textOffset } as Place;
	renew(place);
	const columns = layout.columns.map((column) => createColumn(place, column, symbols));
	const received = layout.received < 0 ? null : createColumn(place, { ...RECEIVED, values: layout.received }, symbols);
	const read = (column: ColumnView, row: number): Cell => {
		if (column.isNull(row)) return null;
		switch (column.kind) {
			case 'integer':
			case 'decimal':
			case 'timestamp':
				return column.bigint(row);
			case 'integer32':
			case 'float':
				return column.number(row);
			case 'flag':
				return column.value(row);
			case 'symbol':
			case 'enumeration':
			case 'text':
				return column.text(row);
			case 'bytes':
				return column.copy(row);
			case 'struct':
				return Object.fromEntries(column.children.map((child) => [child.name, read(child, row)]));
			case 'list':
				return Array.from({ length: column.count(row) }, (_, item) => read(column.items, column.start(row) + item));
		}
	};
	const batch: Batch<Row> = {
		table: layout.name,
		layout,
		memory,
		symbols,
		columns,
		received,
		get rows() {
			return live(place).counts[0] as number;
		},
		get address() {
			return live(place).address;
		},
		get released() {
			return place.address < 0;
		},
		column: ((path: string, kind?: ColumnView['kind']) => {
			const found = columnAt(columns, path, `the table "${layout.name}"`);
			if (kind !== undefined && found.kind !== kind) throw new TypeError(`tickforge: the column "${path}" of "${layout.name}" is of kind ${found.kind}, not ${kind}`);
			return found;
		}) as Batch<Row>['column'],
		row(index) {
			const plain = Object.fromEntries(columns.map((column) => [column.name, read(column, index)]));
			return (received === null ? plain : { ...plain, received: read(received, index) }) as Row;
		},
		toRows: () => Array.from({ length: batch.rows }, (_, index) => batch.row(index)),
		visit(visitor) {
			const { rows } = batch;
			for (let row = 0; row < rows; row++) visitor(row);
		},
		retain() {
			live(place);
			options.onRetain?.();
		},
		release() {
			if (place.address < 0) return;
			place.address = -1;
			options.onRelease?.();
		},
		copy() {
			const here = live(place);
			const own = new ArrayBuffer(layout.size);
			new Uint8Array(own).set(here.u8.subarray(here.address, here.address + layout.size));
			return createBatchReader<Row>({ buffer: own }, layout, symbols).open(0);
		},
	};
	return {
		batch,
		open(address) {
			if (place.buffer !== memory.buffer) renew(place);
			place.address = address;
			// By index: an iterator would be allocated for each batch until the engine optimises it away.
			for (let space = 0; space < place.counts.length; space++) place.counts[space] = place.u32[(address >>> 2) + space] as number;
			return batch;
		},
	};
}

/** Opens one batch. Where many of a table are read in turn, `createBatchReader` makes the accessors once. */
export function openBatch<Row = PlainRow>(memory: BatchMemory, layout: TableLayout, address: number, symbols: readonly SymbolReader[], options?: BatchOptions): Batch<Row> {
	return createBatchReader<Row>(memory, layout, symbols, options).open(address);
}
