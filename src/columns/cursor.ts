/**
 * A cursor: the columns of one row at a time, without naming the row. Made once for a reader's batch, it follows from
 * row to row and from batch to batch; neither costs an allocation.
 *
 * ```ts
 * const cursor = createCursor<FieldsOf<typeof book>>(batch);
 * for (cursor.rewind(); cursor.next(); ) {
 * 	total += cursor.price.scaled();
 * 	for (const bids = cursor.bids.items(); bids.next(); ) depth += bids.size.scaled();
 * }
 * ```
 */
import type { EnumerationShape, FieldShapes, ListShape, NoColumn, ScalarShape, Shape, StructShape } from '../schema/index.ts';
import type { Batch } from './batch.ts';
import type { ColumnView, ListView } from './columns.ts';

/** What reads all rows at once stays with the column (`view`). */
type Bulk = 'name' | 'length' | 'values' | 'scaledInto' | 'millisecondsInto';
type ScalarView = Exclude<ColumnView, { readonly kind: 'struct' | 'list' }>;
/** A view's accessors without their row. */
type AtRow<View> = { readonly [Name in keyof View]: View[Name] extends (row: number) => infer Value ? () => Value : View[Name] };

/** A scalar column at the cursor's row: the accessors of its {@link ColumnView}, without the row. */
export type ScalarAtRow<View extends ScalarView = ScalarView> = View extends ScalarView ? AtRow<Omit<View, Bulk>> & { readonly view: View } : never;
/** A struct at the cursor's row: its columns are properties. */
export type StructAtRow<Fields extends FieldShapes = FieldShapes> = StructSteps & ColumnsAtRow<Fields, keyof StructSteps>;
interface StructSteps {
	readonly kind: 'struct';
	isNull(): boolean;
	readonly column: ColumnByName;
}
/** A list at the cursor's row. */
export interface ListAtRow<Item extends Shape = Shape> {
	readonly kind: 'list';
	isNull(): boolean;
	count(): number;
	/** The list's one item cursor, put before the first item of this row. Loops over the same list share it. */
	items(): ItemCursor<Item>;
	readonly view: ListView;
}
export type AtRowView = ScalarAtRow | StructAtRow | ListAtRow;

/** What a column with this shape in the schema is at the cursor's row. */
export type AtRowOf<S extends Shape> = [Shape] extends [S]
	? AtRowView
	: S extends ScalarShape<infer Kind>
		? ScalarAtRow<Extract<ScalarView, { readonly kind: Kind }>>
		: S extends EnumerationShape
			? ScalarAtRow<Extract<ScalarView, { readonly kind: 'enumeration' }>>
			: S extends ListShape<infer Item>
				? ListAtRow<Item>
				: S extends StructShape<infer Fields>
					? StructAtRow<Fields>
					: never;

type ColumnsAtRow<Fields extends FieldShapes, Own extends PropertyKey> = string extends keyof Fields ? unknown : { readonly [Name in keyof Fields as Fields[Name]['shape'] extends NoColumn ? never : Exclude<Name, Own>]: AtRowOf<Fields[Name]['shape']> };

/** A column by its name, for names that the cursor itself has, and where TypeScript does not know the schema. @throws where there is none */
interface ColumnByName {
	<Kind extends ColumnView['kind']>(name: string, kind: Kind): Extract<AtRowView, { readonly kind: Kind }>;
	(name: string): AtRowView;
}

interface Steps {
	/** Goes to the next row; false after the last. @throws StaleViewError after the batch's release */
	next(): boolean;
	/** The row it is at; -1 before the first `next`. */
	readonly row: number;
	readonly column: ColumnByName;
}
interface RowSteps extends Steps {
	/** Goes before the first row. */
	rewind(): void;
}
interface ItemSteps extends Steps {
	/** The item itself; for lists of scalars. */
	readonly value: AtRowView;
}

/** The columns are properties by their names. */
export type Cursor<Fields extends FieldShapes = FieldShapes> = RowSteps & ColumnsAtRow<Fields, keyof RowSteps>;
/** Items of a list: of structs, their columns are properties; of scalars, `value` is the item. */
export type ItemCursor<Item extends Shape = Shape> = Omit<ItemSteps, 'value'> & { readonly value: AtRowOf<Item> } & (Item extends StructShape<infer Fields> ? ColumnsAtRow<Fields, keyof ItemSteps> : unknown);

interface Position {
	row: number;
}

/** Makes a cursor over a batch, and over every batch that its reader opens later. `Fields`: `FieldsOf<typeof variant>`. */
export function createCursor<Fields extends FieldShapes = FieldShapes>(batch: Batch<unknown>): Cursor<Fields> {
	const position: Position = { row: -1 };
	const columns = batch.received === null || batch.columns.some(({ name }) => name === 'received') ? batch.columns : [...batch.columns, batch.received];
	const column = columnByName(columns, position, `the table "${batch.table}"`);
	const steps: RowSteps = {
		next() {
			if (position.row + 1 >= batch.rows) return false;
			position.row++;
			return true;
		},
		get row() {
			return position.row;
		},
		rewind() {
			position.row = -1;
		},
		column,
	};
	return withColumns(steps, columns, column) as Cursor<Fields>;
}

/** Views at the position, one for each column. */
function columnByName(columns: readonly ColumnView[], position: Position, where: string): ColumnByName {
	const made = new Map(columns.map((view) => [view.name, atRow(view, position)]));
	return ((name: string, kind?: ColumnView['kind']) => {
		const found = made.get(name);
		if (found === undefined) throw new Error(`tickforge: ${where} has no column "${name}"; there are: ${[...made.keys()].join(', ') || 'none'}`);
		if (kind !== undefined && found.kind !== kind) throw new TypeError(`tickforge: the column "${name}" of ${where} is of kind ${found.kind}, not ${kind}`);
		return found;
	}) as ColumnByName;
}

function withColumns<Own extends object>(own: Own, columns: readonly ColumnView[], column: ColumnByName): Own {
	for (const { name } of columns) if (!(name in own)) Object.defineProperty(own, name, { enumerable: true, value: column(name) });
	return own;
}

function atRow(view: ColumnView, at: Position): AtRowView {
	const isNull = (): boolean => view.isNull(at.row);
	switch (view.kind) {
		case 'integer':
			return { kind: view.kind, view, isNull, number: () => view.number(at.row), high: () => view.high(at.row), low: () => view.low(at.row), bigint: () => view.bigint(at.row) };
		case 'integer32':
		case 'float':
			return { kind: view.kind, view, isNull, number: () => view.number(at.row) } as ScalarAtRow;
		case 'decimal':
			return {
				kind: view.kind,
				view,
				isNull,
				scale: view.scale,
				number: () => view.number(at.row),
				high: () => view.high(at.row),
				low: () => view.low(at.row),
				bigint: () => view.bigint(at.row),
				scaled: () => view.scaled(at.row),
				text: () => view.text(at.row),
				textScale: () => view.textScale(at.row),
				originalText: () => view.originalText(at.row),
			};
		case 'timestamp':
			return {
				kind: view.kind,
				view,
				isNull,
				number: () => view.number(at.row),
				high: () => view.high(at.row),
				low: () => view.low(at.row),
				bigint: () => view.bigint(at.row),
				milliseconds: () => view.milliseconds(at.row),
				iso: () => view.iso(at.row),
			};
		case 'flag':
			return { kind: view.kind, view, isNull, value: () => view.value(at.row) };
		case 'symbol':
		case 'enumeration':
			return { kind: view.kind, view, isNull, id: () => view.id(at.row), text: () => view.text(at.row), symbols: view.symbols } as ScalarAtRow;
		case 'text':
			return { kind: view.kind, view, isNull, byteLength: () => view.byteLength(at.row), bytes: () => view.bytes(at.row), text: () => view.text(at.row) };
		case 'bytes':
			return { kind: view.kind, view, isNull, byteLength: () => view.byteLength(at.row), bytes: () => view.bytes(at.row), copy: () => view.copy(at.row), hex: () => view.hex(at.row) };
		case 'struct': {
			const column = columnByName(view.children, at, `the struct "${view.name}"`);
			return withColumns({ kind: view.kind, isNull, column }, view.children, column) as StructAtRow;
		}
		case 'list':
			return listAtRow(view, at, isNull);
	}
}

function listAtRow(view: ListView, at: Position, isNull: () => boolean): ListAtRow {
	const position: Position = { row: -1 };
	let end = 0;
	const columns = view.items.kind === 'struct' ? view.items.children : [];
	const column = columnByName(columns, position, `the items of "${view.name}"`);
	const steps: ItemSteps = {
		next() {
			if (position.row + 1 >= end) return false;
			position.row++;
			return true;
		},
		get row() {
			return position.row;
		},
		value: atRow(view.items, position),
		column,
	};
	const cursor = withColumns(steps, columns, column) as ItemCursor;
	return {
		kind: 'list',
		view,
		isNull,
		count: () => view.count(at.row),
		items() {
			position.row = view.start(at.row) - 1;
			end = view.end(at.row);
			return cursor;
		},
	};
}
