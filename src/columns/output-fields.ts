/**
 * The fields of a table as outputs show them: its columns, and beside them what has no column of its own in memory:
 * receive times, and the text scales that decimals keep (`<name>_scale`; for a list of decimals a list of the same
 * shape). A name that a column of the schema has already gets a `_` more, whatever its case: no two fields are alike.
 */
import type { Column, TableLayout } from '../compiler/batch-layout.ts';

export type FieldPart = 'values' | 'textScales' | 'received';

export interface OutputField {
	readonly name: string;
	/** Null for receive times. */
	readonly column: Column | null;
	/** Which of the column's data it shows. */
	readonly part: FieldPart;
	/** Of `textScales`: the name of the field beside it whose scales these are. */
	readonly of: string | null;
	/** Of a struct its fields, of a list its item. */
	readonly children: readonly OutputField[];
}

/** Receive times first, text scales after their decimal. */
export function outputFields(layout: TableLayout): OutputField[] {
	const free = freeNames(layout.columns);
	const fields = layout.columns.flatMap((column) => fieldsOf(column, free));
	if (layout.received >= 0) fields.unshift({ name: free('received'), column: null, part: 'received', of: null, children: [] });
	return fields;
}

function freeNames(columns: readonly Column[]): (wanted: string) => string {
	const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
	return (wanted) => {
		let name = wanted;
		while (taken.has(name.toLowerCase())) name += '_';
		taken.add(name.toLowerCase());
		return name;
	};
}

function fieldsOf(column: Column, free: (wanted: string) => string): OutputField[] {
	const values: OutputField = { name: column.name, column, part: 'values', of: null, children: childrenOf(column) };
	if (!keepsScales(column)) return [values];
	return [values, { ...scalesOf(column), name: free(`${column.name}_scale`), of: column.name }];
}

function childrenOf(column: Column): OutputField[] {
	switch (column.kind) {
		case 'scalar':
			return [];
		case 'struct': {
			const free = freeNames(column.children);
			return column.children.flatMap((child) => fieldsOf(child, free));
		}
		case 'list':
			return [{ name: column.item.name, column: column.item, part: 'values', of: null, children: childrenOf(column.item) }];
	}
}

/** Decimals, and lists of them: a struct's scales are among its own fields. */
function keepsScales(column: Column): boolean {
	return column.kind === 'scalar' ? column.textScales >= 0 : column.kind === 'list' && keepsScales(column.item);
}

function scalesOf(column: Column): OutputField {
	return { name: column.name, column, part: 'textScales', of: null, children: column.kind === 'list' ? [scalesOf(column.item)] : [] };
}
