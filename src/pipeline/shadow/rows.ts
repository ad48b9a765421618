/** Compares rows of two parsers column by column, in their memories. Allocates only where something differs. */
import { type BatchReader, type ColumnView, createBatchReader, decimalText } from '../../columns/index.ts';
import type { Parser } from '../compile.ts';
import { type ColumnPair, comparableAs, matchTables, type Structure } from './structure.ts';

/** Is told of a value that differs. `items`: item numbers in lists, the outermost first; valid for the time of the call. */
export type FoundDifference = (kind: 'value' | 'null' | 'length' | 'textScale', column: string, items: readonly number[], primary: string, candidate: string) => void;

/** The rows of one table in both parsers. */
export interface TableComparison {
	readonly name: string;
	/** Index among the tables of either layout. */
	readonly primary: number;
	readonly candidate: number;
	/** Points one side at a batch. */
	openPrimary(address: number): void;
	openCandidate(address: number): void;
	compare(primaryRow: number, candidateRow: number, found: FoundDifference): void;
}

export interface RowComparison {
	readonly structure: Structure;
	readonly tables: readonly TableComparison[];
}

export function createRowComparison(primary: Pick<Parser, 'layout' | 'arena' | 'symbols'>, candidate: Pick<Parser, 'layout' | 'arena' | 'symbols'>): RowComparison {
	const structure = matchTables(primary.layout, candidate.layout);
	const reader = (parser: Pick<Parser, 'layout' | 'arena' | 'symbols'>, table: number): BatchReader<unknown> => createBatchReader<unknown>(parser.arena.memory, parser.layout.tables[table] as Parser['layout']['tables'][number], parser.symbols);
	const tables = structure.tables.map((pair): TableComparison => {
		const one = reader(primary, pair.primary);
		const other = reader(candidate, pair.candidate);
		const items: number[] = [];
		const columns = pair.columns.map((column) => bind(column, viewOf(one.batch.columns, column.primary.name), viewOf(other.batch.columns, column.candidate.name), items));
		const { received } = one.batch;
		const theirReceived = other.batch.received;
		return {
			name: pair.name,
			primary: pair.primary,
			candidate: pair.candidate,
			openPrimary: (address) => void one.open(address),
			openCandidate: (address) => void other.open(address),
			compare(row, theirRow, found) {
				items.length = 0;
				if (pair.received && received?.kind === 'timestamp' && theirReceived?.kind === 'timestamp' && !sameInteger(received, row, theirReceived, theirRow)) found('value', 'received', items, received.iso(row), theirReceived.iso(theirRow));
				for (const column of columns) column(row, theirRow, found);
			},
		};
	});
	return { structure, tables };
}

type CompareValue = (row: number, theirRow: number, found: FoundDifference) => void;

function viewOf(columns: readonly ColumnView[], name: string): ColumnView {
	return columns.find((column) => column.name === name) as ColumnView;
}

function bind(pair: ColumnPair, one: ColumnView, other: ColumnView, items: number[]): CompareValue {
	const values = bindValues(pair, one, other, items);
	if (pair.primary.validity < 0 && pair.candidate.validity < 0) return values;
	return (row, theirRow, found) => {
		const isNull = one.isNull(row);
		const theirsIsNull = other.isNull(theirRow);
		if (isNull !== theirsIsNull) found('null', pair.path, items, isNull ? 'null' : textOf(one, row), theirsIsNull ? 'null' : textOf(other, theirRow));
		else if (!isNull) values(row, theirRow, found);
	};
}

function bindValues(pair: ColumnPair, one: ColumnView, other: ColumnView, items: number[]): CompareValue {
	if (pair.kind === 'struct') {
		if (one.kind !== 'struct' || other.kind !== 'struct') throw new TypeError(`tickforge: "${pair.path}" is no struct`);
		const children = pair.children.map((child) => bind(child, viewOf(one.children, child.primary.name), viewOf(other.children, child.candidate.name), items));
		return (row, theirRow, found) => {
			for (const child of children) child(row, theirRow, found);
		};
	}
	if (pair.kind === 'list') {
		if (one.kind !== 'list' || other.kind !== 'list') throw new TypeError(`tickforge: "${pair.path}" is no list`);
		const item = pair.item === null ? null : bind(pair.item, one.items, other.items, items);
		return (row, theirRow, found) => {
			const count = one.count(row);
			if (count !== other.count(theirRow)) {
				found('length', pair.path, items, textOf(one, row), textOf(other, theirRow));
				return;
			}
			if (item === null) return;
			const start = one.start(row);
			const theirStart = other.start(theirRow);
			const depth = items.length;
			for (let index = 0; index < count; index++) {
				items[depth] = index;
				item(start + index, theirStart + index, found);
			}
			items.length = depth;
		};
	}
	const same = bindScalars(pair, one, other);
	const compareScales = pair.primary.textScales >= 0 && pair.candidate.textScales >= 0;
	return (row, theirRow, found) => {
		if (!same(row, theirRow)) found('value', pair.path, items, textOf(one, row), textOf(other, theirRow));
		else if (compareScales && one.kind === 'decimal' && other.kind === 'decimal' && one.textScale(row) !== other.textScale(theirRow)) found('textScale', pair.path, items, scaledTextOf(one, row), scaledTextOf(other, theirRow));
	};
}

type Integer64 = Extract<ColumnView, { kind: 'integer' | 'decimal' | 'timestamp' }>;

const sameInteger = (one: Integer64, row: number, other: Integer64, theirRow: number): boolean => one.low(row) === other.low(theirRow) && one.high(row) === other.high(theirRow);

function bindScalars(pair: Extract<ColumnPair, { kind: 'scalar' }>, one: ColumnView, other: ColumnView): (row: number, theirRow: number) => boolean {
	const as = comparableAs(pair.primary.type, pair.candidate.type);
	if (as === 'numbers') {
		const scale = one.kind === 'decimal' ? one.scale : 0;
		const theirScale = other.kind === 'decimal' ? other.scale : 0;
		if (one.kind === 'integer32' && other.kind === 'integer32') return (row, theirRow) => one.number(row) === other.number(theirRow);
		// Signed and unsigned halves of the same bits differ in sign, so the kinds must be the same.
		if (one.kind === other.kind && one.kind !== 'integer32' && scale === theirScale && pair.primary.storage === pair.candidate.storage) return (row, theirRow) => sameInteger(one as Integer64, row, other as Integer64, theirRow);
		const unit = 10n ** BigInt(Math.max(0, theirScale - scale));
		const theirUnit = 10n ** BigInt(Math.max(0, scale - theirScale));
		return (row, theirRow) => integerOf(one, row) * unit === integerOf(other, theirRow) * theirUnit;
	}
	if (as === 'names') {
		if (one.kind === 'text' && other.kind === 'text') return (row, theirRow) => one.byteLength(row) === other.byteLength(theirRow) && sameBytes(one.bytes(row), other.bytes(theirRow));
		return (row, theirRow) => nameOf(one, row) === nameOf(other, theirRow);
	}
	if (one.kind === 'timestamp' && other.kind === 'timestamp') return (row, theirRow) => sameInteger(one, row, other, theirRow);
	// NaN is what a venue may send, too.
	if (one.kind === 'float' && other.kind === 'float') return (row, theirRow) => Object.is(one.number(row), other.number(theirRow));
	if (one.kind === 'bytes' && other.kind === 'bytes') return (row, theirRow) => one.byteLength(row) === other.byteLength(theirRow) && sameBytes(one.bytes(row), other.bytes(theirRow));
	if (one.kind === 'flag' && other.kind === 'flag') return (row, theirRow) => one.value(row) === other.value(theirRow);
	throw new TypeError(`tickforge: "${pair.path}" cannot be compared`);
}

function integerOf(column: ColumnView, row: number): bigint {
	if (column.kind === 'integer32') return BigInt(column.number(row));
	return (column as Integer64).bigint(row);
}

function nameOf(column: ColumnView, row: number): string {
	return (column as Extract<ColumnView, { kind: 'symbol' | 'enumeration' | 'text' }>).text(row);
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
	for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
	return true;
}

function scaledTextOf(column: Extract<ColumnView, { kind: 'decimal' }>, row: number): string {
	const digits = column.textScale(row) ?? -1;
	return digits < 0 ? `${column.text(row)} (with exponent)` : decimalText(column.bigint(row), column.scale, digits);
}

/** A value as a person reads it. */
function textOf(column: ColumnView, row: number): string {
	switch (column.kind) {
		case 'integer':
			return String(column.bigint(row));
		case 'integer32':
		case 'float':
			return String(column.number(row));
		case 'flag':
			return String(column.value(row));
		case 'timestamp':
			return column.iso(row);
		case 'decimal':
		case 'symbol':
		case 'enumeration':
		case 'text':
			return column.text(row);
		case 'bytes':
			return column.hex(row);
		case 'struct':
			return '{…}';
		case 'list':
			return `${column.count(row)} items`;
	}
}
