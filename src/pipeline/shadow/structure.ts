/** Which columns of two schemas are the same ones, and what only one of them has. */
import type { Column, ListColumn, ScalarColumn, SchemaLayout, StructColumn } from '../../compiler/batch-layout.ts';
import type { Field, ScalarType, ValueType } from '../../schema/index.ts';

/** What the schemas themselves differ in. Told once, and no difference of messages. */
export interface StructureDifference {
	/**
	 * `renamed`: the same key (or place in a tuple) under another name; compared. `scale`: compared at the finer scale.
	 * `kind`: values of another kind; not compared. `textScales`: only one keeps the digits of the text.
	 */
	readonly kind: 'added' | 'removed' | 'renamed' | 'scale' | 'kind' | 'textScales';
	/** `trade`, `trade.price`, `book.bids.size`; the primary's names, for `added` the candidate's. */
	readonly path: string;
	readonly message: string;
}

/** The same column in two layouts. */
export type ColumnPair =
	| { readonly kind: 'scalar'; readonly path: string; readonly primary: ScalarColumn; readonly candidate: ScalarColumn }
	| { readonly kind: 'struct'; readonly path: string; readonly primary: StructColumn; readonly candidate: StructColumn; readonly children: readonly ColumnPair[] }
	| { readonly kind: 'list'; readonly path: string; readonly primary: ListColumn; readonly candidate: ListColumn; readonly item: ColumnPair | null };

export interface TablePair {
	readonly name: string;
	/** Indices into the layouts' tables. */
	readonly primary: number;
	readonly candidate: number;
	readonly columns: readonly ColumnPair[];
	readonly received: boolean;
}

export interface Structure {
	readonly tables: readonly TablePair[];
	readonly differences: readonly StructureDifference[];
}

/** Pairs tables and columns by name. */
export function matchTables(primary: SchemaLayout, candidate: SchemaLayout): Structure {
	const differences: StructureDifference[] = [];
	const tables = primary.tables.flatMap((table, index): TablePair[] => {
		const other = candidate.tables.findIndex(({ name }) => name === table.name);
		const theirs = candidate.tables[other];
		if (theirs === undefined) {
			differences.push({ kind: 'removed', path: table.name, message: 'the candidate has no such table' });
			return [];
		}
		const columns = matchColumns(table.columns, theirs.columns, fieldsOf(primary.schema.variants[table.variant]?.type), fieldsOf(candidate.schema.variants[theirs.variant]?.type), '', table.name, differences);
		return [{ name: table.name, primary: index, candidate: other, columns, received: table.received >= 0 && theirs.received >= 0 }];
	});
	for (const { name } of candidate.tables) {
		if (!primary.tables.some((table) => table.name === name)) differences.push({ kind: 'added', path: name, message: 'only the candidate has this table' });
	}
	return { tables, differences };
}

/** Whether batches of both can go to one place: the same tables with the same columns in the same order. */
export function sameTables(one: SchemaLayout, other: SchemaLayout): boolean {
	const shape = (column: Column): unknown => {
		const common = [column.kind, column.name, column.validity >= 0];
		if (column.kind === 'struct') return [...common, column.children.map(shape)];
		if (column.kind === 'list') return [...common, shape(column.item)];
		const { type } = column;
		return [...common, type.kind, column.storage, column.textScales >= 0, type.kind === 'decimal' ? type.scale : 0, type.kind === 'enumeration' ? type.values : 0];
	};
	const shapes = ({ tables, symbolTables }: SchemaLayout): string => JSON.stringify([tables.map(({ name, columns, received }) => [name, received >= 0, columns.map(shape)]), symbolTables.map(({ name }) => name)]);
	return shapes(one) === shapes(other);
}

function fieldsOf(type: ValueType | undefined): readonly Field[] {
	return type !== undefined && (type.kind === 'message' || type.kind === 'tuple') ? type.fields : [];
}

function typeOf(fields: readonly Field[], name: string): ValueType | undefined {
	return fields.find((field) => field.name === name)?.type;
}

function matchColumns(primary: readonly Column[], candidate: readonly Column[], fields: readonly Field[], theirFields: readonly Field[], within: string, table: string, differences: StructureDifference[]): ColumnPair[] {
	const theirs = new Set(candidate);
	const partner = new Map<Column, Column>();
	for (const column of primary) {
		const other = candidate.find(({ name }) => name === column.name);
		if (other === undefined) continue;
		partner.set(column, other);
		theirs.delete(other);
	}
	for (const column of primary) {
		if (partner.has(column)) continue;
		const other = [...theirs].find((one) => sameOnTheWire(fields, column.name, theirFields, one.name));
		if (other === undefined) continue;
		partner.set(column, other);
		theirs.delete(other);
	}
	const pairs: ColumnPair[] = [];
	for (const column of primary) {
		const path = `${within}${column.name}`;
		const other = partner.get(column);
		if (other === undefined) {
			differences.push({ kind: 'removed', path: `${table}.${path}`, message: 'the candidate has no such column' });
			continue;
		}
		if (other.name !== column.name) differences.push({ kind: 'renamed', path: `${table}.${path}`, message: `"${other.name}" in the candidate; read from the same place, and compared` });
		const pair = matchColumn(column, other, typeOf(fields, column.name), typeOf(theirFields, other.name), path, table, differences);
		if (pair !== null) pairs.push(pair);
	}
	for (const { name } of candidate) {
		if ([...theirs].some((column) => column.name === name)) differences.push({ kind: 'added', path: `${table}.${within}${name}`, message: 'only the candidate has this column' });
	}
	return pairs;
}

/** Fields of two names that read the same key, or stand at the same place of a tuple. */
function sameOnTheWire(fields: readonly Field[], name: string, theirs: readonly Field[], theirName: string): boolean {
	const place = fields.findIndex((field) => field.name === name);
	const theirPlace = theirs.findIndex((field) => field.name === theirName);
	const keys = fields[place]?.keys;
	const theirKeys = theirs[theirPlace]?.keys;
	if (keys === undefined || theirKeys === undefined) return false;
	return keys.length === 0 ? theirKeys.length === 0 && place === theirPlace : keys.some((key) => theirKeys.includes(key));
}

function matchColumn(primary: Column, candidate: Column, type: ValueType | undefined, theirType: ValueType | undefined, path: string, table: string, differences: StructureDifference[]): ColumnPair | null {
	const place = `${table}.${path}`;
	if (primary.kind === 'struct' && candidate.kind === 'struct') {
		return { kind: 'struct', path, primary, candidate, children: matchColumns(primary.children, candidate.children, fieldsOf(type), fieldsOf(theirType), `${path}.`, table, differences) };
	}
	if (primary.kind === 'list' && candidate.kind === 'list') {
		const item = matchColumn(primary.item, candidate.item, type?.kind === 'list' ? type.item : undefined, theirType?.kind === 'list' ? theirType.item : undefined, path, table, differences);
		return { kind: 'list', path, primary, candidate, item };
	}
	if (primary.kind !== 'scalar' || candidate.kind !== 'scalar' || comparableAs(primary.type, candidate.type) === null) {
		differences.push({ kind: 'kind', path: place, message: `${kindOf(primary)}, in the candidate ${kindOf(candidate)}; not compared` });
		return null;
	}
	if (primary.type.kind === 'decimal' && candidate.type.kind === 'decimal') {
		const [scale, theirScale] = [primary.type.scale, candidate.type.scale];
		if (scale !== theirScale) differences.push({ kind: 'scale', path: place, message: `scale ${scale}, in the candidate ${theirScale}; compared at scale ${Math.max(scale, theirScale)}` });
		if (primary.textScales < 0 !== candidate.textScales < 0) differences.push({ kind: 'textScales', path: place, message: `only the ${primary.textScales < 0 ? 'candidate' : 'primary'} keeps the digits of the text; they are not compared` });
	} else if (primary.type.kind !== candidate.type.kind) {
		differences.push({ kind: 'kind', path: place, message: `${kindOf(primary)}, in the candidate ${kindOf(candidate)}; compared as ${comparableAs(primary.type, candidate.type)}` });
	}
	return { kind: 'scalar', path, primary, candidate };
}

const kindOf = (column: Column): string => (column.kind === 'scalar' ? column.type.kind : column.kind);

/** How values of two types are compared; null where they cannot be. Integers are decimals of scale 0. */
export function comparableAs(one: ScalarType, other: ScalarType): 'numbers' | 'names' | 'same' | null {
	const number = (type: ScalarType): boolean => type.kind === 'integer' || type.kind === 'decimal';
	const name = (type: ScalarType): boolean => type.kind === 'symbol' || type.kind === 'enumeration' || type.kind === 'text';
	if (number(one) && number(other)) return 'numbers';
	if (name(one) && name(other)) return 'names';
	return one.kind === other.kind ? 'same' : null;
}
