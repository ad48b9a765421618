/**
 * Where a table's columns lie in memory. A batch is one contiguous region of the arena:
 *
 * ```
 *  batch + 0            header: u32 counters, one a row space (space 0 is the rows), then textUsed; padded to 64 bytes
 *  batch + header       columns, each 64-byte aligned, each at an offset that depends only on schema and capacities
 *  batch + textOffset   text heap: bytes of texts longer than 12
 * ```
 * So generated code addresses a column as `batch + row * width` plus a constant. A message is written past the counters
 * and becomes visible when they are raised: a refused message leaves no trace.
 */
import type { Field, MessageType, ScalarType, Schema, TupleType, ValueType } from '../schema/model.ts';
import { keptKeys } from '../schema/visit.ts';

/** How a column's values lie in memory. `bits`: one bit a row, least significant first, as Arrow has it. */
export type Storage = 'i64' | 'u64' | 'f64' | 'i32' | 'u32' | 'i8' | 'bits' | 'view' | 'offsets';

export const STORAGE_WIDTH: Readonly<Record<Storage, number>> = { i64: 8, u64: 8, f64: 8, i32: 4, u32: 4, i8: 1, bits: 0, view: 16, offsets: 4 };

export interface ScalarColumn {
	readonly kind: 'scalar';
	readonly name: string;
	readonly type: ScalarType;
	readonly storage: Storage;
	/** Row space this column belongs to. */
	readonly space: number;
	/** Byte offset of the values from the batch's start. */
	readonly values: number;
	/** Byte offset of the validity bitmap (1 = valid), or -1 where the column cannot be null. */
	readonly validity: number;
	/** Byte offset of the i8 text scales, or -1 (decimals with `keepTextScale` only). */
	readonly textScales: number;
	/** Index into `SchemaLayout.symbolTables`, or -1. */
	readonly symbolTable: number;
}
/** A nested message or tuple: its children live in the same row space. */
export interface StructColumn {
	readonly kind: 'struct';
	readonly name: string;
	readonly space: number;
	readonly validity: number;
	readonly children: readonly Column[];
}
/** A list: `capacity + 1` i32 offsets here, the items in a row space of their own. */
export interface ListColumn {
	readonly kind: 'list';
	readonly name: string;
	readonly space: number;
	/** Byte offset of the i32 offsets; item range of row r is offsets[r]..offsets[r+1]. */
	readonly values: number;
	readonly validity: number;
	readonly itemSpace: number;
	readonly item: Column;
}
export type Column = ScalarColumn | StructColumn | ListColumn;

export interface RowSpace {
	readonly index: number;
	readonly capacity: number;
	/** Byte offset of this space's u32 counter in the batch header. */
	readonly counter: number;
}

export interface TableLayout {
	readonly name: string;
	/** Index into `Schema.variants`. */
	readonly variant: number;
	readonly spaces: readonly RowSpace[];
	readonly columns: readonly Column[];
	/** Byte offset of the i64 receive times (descriptor's `received`), or -1 where the layout has none. */
	readonly received: number;
	/** Byte offset of the u64 numbers of the messages (the last of `columns`, {@link SEQUENCE_COLUMN}), or -1 where the layout has none. */
	readonly sequence: number;
	/** Byte offset in the header of the u32 count of text heap bytes in use. */
	readonly textUsed: number;
	readonly textOffset: number;
	readonly textCapacity: number;
	/** Size of the whole batch, a multiple of 64. */
	readonly size: number;
}

/** A dictionary that a parser fills: a symbol universe, or one enumeration's values. */
export interface SymbolTableLayout {
	readonly name: string;
	/** Known from the start, with ids 0, 1, 2, … */
	readonly values: readonly string[];
}

export interface SchemaLayout {
	readonly schema: Schema;
	/** One per variant with role `table`, in order; `tableOfVariant` maps (−1 for control variants). */
	readonly tables: readonly TableLayout[];
	readonly tableOfVariant: readonly number[];
	readonly symbolTables: readonly SymbolTableLayout[];
}

export interface LayoutOptions {
	/** Rows a batch of each table holds. Default 4096. A multiple of 64. */
	readonly rows?: number;
	/** Items that each list of a batch holds over all its rows. Default 16 a row. A multiple of 64. */
	readonly items?: number;
	/** Bytes of text (only texts longer than 12) a batch holds. Default 64 a row for each text column. */
	readonly textBytes?: number;
	/** Adds a column with the descriptor's receive time to every table. Default false. */
	readonly received?: boolean;
	/**
	 * Adds a column `messageSequence` to every table: the number that the row's message has in the stream, from 0, counting all
	 * messages, refused ones too. What brings the rows of several tables back in order. Default false.
	 */
	readonly sequence?: boolean;
	/**
	 * Cache lines left free after each column, so that columns do not start at the same offset modulo 4096. Default 0:
	 * it gained nothing where it was measured (docs/decisions/0006, bench/placement.ts).
	 */
	readonly stagger?: number;
}

/** Name of the column that {@link LayoutOptions.sequence} adds. */
export const SEQUENCE_COLUMN = 'messageSequence';

const align = (offset: number, to: number): number => Math.ceil(offset / to) * to;

function storageOf(type: ScalarType): Storage {
	switch (type.kind) {
		case 'integer':
			return type.bits === 64 ? (type.signed ? 'i64' : 'u64') : type.signed ? 'i32' : 'u32';
		case 'decimal':
		case 'timestamp':
			return 'i64';
		case 'float':
			return 'f64';
		case 'flag':
			return 'bits';
		case 'enumeration':
		case 'symbol':
			return 'u32';
		case 'text':
		case 'bytes':
			return 'view';
	}
}

/** Lays out every table of a schema. Deterministic: the same schema and options give the same offsets on any machine. */
export function layoutSchema(schema: Schema, options: LayoutOptions = {}): SchemaLayout {
	const symbolTables: SymbolTableLayout[] = [];
	const tables: TableLayout[] = [];
	const tableOfVariant: number[] = [];
	schema.variants.forEach((variant, index) => {
		if (variant.role === 'control') {
			tableOfVariant.push(-1);
			return;
		}
		tableOfVariant.push(tables.length);
		tables.push(layoutTable(variant.name, index, variant.type, options, symbolTables));
	});
	return { schema, tables, tableOfVariant, symbolTables };
}

function layoutTable(name: string, variant: number, type: MessageType | TupleType, options: LayoutOptions, symbolTables: SymbolTableLayout[]): TableLayout {
	const rows = align(options.rows ?? 4096, 64);
	const items = align(options.items ?? rows * 16, 64);
	const stagger = (options.stagger ?? 0) * 64;
	if (!Number.isInteger(options.stagger ?? 0) || stagger < 0) throw new RangeError(`tickforge: stagger is a whole number of cache lines, 0 or more, not ${options.stagger}`);
	const spaceCapacities: number[] = [rows];
	let texts = 0;
	// Columns are placed after the header, whose size depends on the number of row spaces: count those first.
	const countSpaces = (value: ValueType): number => {
		if (value.kind === 'list') return 1 + countSpaces(value.item);
		if (value.kind === 'message' || value.kind === 'tuple') return value.fields.reduce((sum, field) => sum + countSpaces(field.type), 0);
		return 0;
	};
	const spaceCount = 1 + countSpaces(type);
	const textUsed = spaceCount * 4;
	let next = align(textUsed + 4, 64);
	const place = (bytes: number): number => {
		const at = next;
		next = align(next + bytes, 64) + stagger;
		return at;
	};
	const placeValidity = (nullable: boolean, space: number): number => (nullable ? place((spaceCapacities[space] as number) / 8) : -1);
	const symbolTable = (scalar: ScalarType, path: string): number => {
		if (scalar.kind !== 'symbol' && scalar.kind !== 'enumeration') return -1;
		const tableName = scalar.kind === 'symbol' ? scalar.universe : path;
		const found = symbolTables.findIndex((candidate) => candidate.name === tableName);
		if (found >= 0) return found;
		symbolTables.push({ name: tableName, values: scalar.kind === 'enumeration' ? scalar.values : [] });
		return symbolTables.length - 1;
	};
	const scalarColumn = (columnName: string, scalar: ScalarType, nullable: boolean, space: number, path: string): ScalarColumn => {
		const storage = storageOf(scalar);
		const capacity = spaceCapacities[space] as number;
		if (storage === 'view') texts += capacity;
		return {
			kind: 'scalar',
			name: columnName,
			type: scalar,
			storage,
			space,
			values: place(storage === 'bits' ? capacity / 8 : capacity * STORAGE_WIDTH[storage]),
			validity: placeValidity(nullable, space),
			textScales: scalar.kind === 'decimal' && scalar.keepTextScale ? place(capacity) : -1,
			symbolTable: symbolTable(scalar, path),
		};
	};
	const structChildren = (struct: MessageType | TupleType, nullable: boolean, space: number, path: string): Column[] => {
		const children = struct.fields.flatMap((field) => column(field.name, field.type, field, nullable, space, path));
		const kept = struct.kind === 'message' ? keptKeys(struct) : null;
		if (kept !== null) children.push(scalarColumn('unknownKeys', kept, true, space, path));
		return children;
	};
	/** No column (literals, skipped values) or one. Children of a nullable struct are nullable themselves. */
	const column = (columnName: string, value: ValueType, field: Pick<Field, 'optional' | 'nullable'>, parentNullable: boolean, space: number, path: string): Column[] => {
		const own = field.optional || field.nullable;
		const nullable = own || parentNullable;
		const columnPath = `${path}.${columnName}`;
		switch (value.kind) {
			case 'literal':
			case 'absent':
			case 'skip':
				return [];
			case 'template':
				return value.capture === null ? [] : [scalarColumn(columnName, value.capture, nullable, space, columnPath)];
			case 'message':
			case 'tuple': {
				const validity = placeValidity(nullable, space);
				return [{ kind: 'struct', name: columnName, space, validity, children: structChildren(value, nullable, space, columnPath) }];
			}
			case 'list': {
				const capacity = spaceCapacities[space] as number;
				const values = place((capacity + 1) * 4);
				const validity = placeValidity(nullable, space);
				const itemSpace = spaceCapacities.length;
				spaceCapacities.push(items);
				const item = column('item', value.item, { optional: false, nullable: value.itemNullable }, false, itemSpace, columnPath)[0];
				if (item === undefined) throw new Error(`tickforge: list "${columnPath}" has items without a column; give the item a type that holds a value`);
				return [{ kind: 'list', name: columnName, space, values, validity, itemSpace, item }];
			}
			default:
				return [scalarColumn(columnName, value, nullable, space, columnPath)];
		}
	};
	const received = options.received === true ? place(rows * 8) : -1;
	const columns = structChildren(type, false, 0, name);
	let sequence = -1;
	if (options.sequence === true) {
		if (columns.some((own) => own.name === SEQUENCE_COLUMN)) throw new Error(`tickforge: the table "${name}" has a column "${SEQUENCE_COLUMN}" already, so the option sequence cannot add it; call the schema's field otherwise`);
		const numbers = scalarColumn(SEQUENCE_COLUMN, { kind: 'integer', signed: false, bits: 64 }, false, 0, SEQUENCE_COLUMN);
		sequence = numbers.values;
		columns.push(numbers);
	}
	const textCapacity = texts === 0 ? 0 : align(options.textBytes ?? texts * 64, 64);
	const textOffset = next;
	return {
		name,
		variant,
		spaces: spaceCapacities.map((capacity, index) => ({ index, capacity, counter: index * 4 })),
		columns,
		received,
		sequence,
		textUsed,
		textOffset,
		textCapacity,
		size: align(next + textCapacity + 64, 64),
	};
}
