/** Where generated code of one message is: its bytes, its rows, and what becomes of faults. Stores into columns. */
import type { Column, ListColumn, ScalarColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import type { ErrorCategory } from '../../../compiler/parser-abi.ts';
import { type F64, type FunctionBuilder, I32, I64, type Local, V128 } from '../../../wasm/index.ts';
import type { FULL } from '../../rows/faults.ts';
import { bindRows, type Rows as SharedRows } from '../../rows/row-addresses.ts';
import type { Environment } from './environment.ts';

/** Addresses of one row of a row space, in locals; only those that are needed are computed. */
export type Rows = SharedRows<I32>;

/** Of mantissas whose exponent was read: the factor, and the largest of them that it does not take beyond 63 bits. */
export interface Scale {
	readonly power: Local<I64>;
	readonly limit: Local<I64>;
}

export const scaleKey = (exponent: string, scale: number): string => `${scale} ${exponent}`;

export interface Scope {
	readonly e: Environment;
	readonly f: FunctionBuilder;
	/** Address of the constants. */
	readonly base: I32;
	/** The message's first byte, and the address after its last. */
	readonly start: I32;
	readonly end: I32;
	/** Null where the format has no versions. */
	readonly version: I64 | null;
	/** Null for control variants. */
	readonly table: TableLayout | null;
	readonly batch: Local<I32>;
	readonly rows: Rows | null;
	/** Rows of each list's space, this message's included. */
	readonly items: ReadonlyMap<number, Local<I32>>;
	/** Bytes of the text heap in use; null where the table has no text. */
	readonly text: Local<I32> | null;
	/** Numbers that later fields refer to. */
	readonly numbers: ReadonlyMap<string, Local<I64>>;
	/** Shuffles that lie in locals, by their bytes. */
	readonly masks: ReadonlyMap<string, Local<V128>>;
	/** The message is of the format's own version, block lengths are those of its fields: what differs fails. */
	readonly exact: boolean;
	/** What a carried exponent multiplies by, by {@link scaleKey}; where it is missing, the exponent is looked at when it is used. */
	readonly scales: ReadonlyMap<string, Scale>;
	/** Names that are new are not added, but a reason to fail: what is read may not be kept. */
	readonly finding: boolean;
	/** Emits: the message is refused for this. Control does not come back. */
	fail(category: I32 | ErrorCategory | typeof FULL, at: I32): void;
}

/** A scope of nothing yet: no rows, and faults that go nowhere. */
export function createScope(e: Environment, f: FunctionBuilder, base: I32, start: Local<I32>, end: I32): Scope {
	return { e, f, base, start, end, version: null, table: null, batch: start, rows: null, items: new Map(), text: null, numbers: new Map(), masks: new Map(), exact: false, scales: new Map(), finding: false, fail: () => undefined };
}

/** @param columns what will be written in this row space */
export function createRows(f: FunctionBuilder, batch: I32, row: Local<I32>, columns: readonly Column[], space: number): Rows {
	const used = new Set<number>();
	const look = (column: Column): void => {
		if (column.space !== space) return;
		if (column.validity >= 0) used.add(0);
		if (column.kind === 'struct') column.children.forEach(look);
		else if (column.kind === 'list') used.add(4);
		else {
			used.add({ i64: 8, u64: 8, f64: 8, i32: 4, u32: 4, i8: 1, bits: 0, view: 16, offsets: 4 }[column.storage]);
			if (column.textScales >= 0) used.add(1);
		}
	};
	columns.forEach(look);
	return bindRows(f, batch, row, used);
}

/** Emits one bit of a bitmap: 0 or 1, or always 1. */
export function storeBit({ f, rows }: Scope, bitmap: number, set?: I32): void {
	if (rows === null) return;
	const byte = I32.load8U(rows.bitByte, bitmap);
	if (set === undefined) f.store8(rows.bitByte, byte.or(rows.bit), bitmap);
	else f.store8(rows.bitByte, byte.and(rows.bit.xor(-1)).or(I32.select(set, rows.bit, I32.of(0))), bitmap);
}

export function markValid(scope: Scope, column: Column | null, valid?: I32): void {
	if (column !== null && column.validity >= 0) storeBit(scope, column.validity, valid);
}

/** Emits a scalar's value; for bits 0 or 1. Validity is the caller's. */
export function storeValue(scope: Scope, column: ScalarColumn, value: I32 | I64 | F64): void {
	const { f, rows } = scope;
	if (rows === null) return;
	switch (column.storage) {
		case 'i64':
		case 'u64':
		case 'f64':
			f.store(rows.at8, value, column.values);
			return;
		case 'i32':
		case 'u32':
			f.store(rows.at4, value, column.values);
			return;
		case 'bits':
			storeBit(scope, column.values, value as I32);
			return;
		default:
			throw new Error(`tickforge: no scalar is stored as ${column.storage}`);
	}
}

/** Emits null, all the way down: value bytes are zero, lists are empty. */
export function storeNull(scope: Scope, column: Column | null): void {
	const { f, rows } = scope;
	if (column === null || rows === null) return;
	switch (column.kind) {
		case 'struct':
			for (const child of column.children) storeNull(scope, child);
			break;
		case 'list': {
			const items = scope.items.get(column.itemSpace) as Local<I32>;
			storeListRange(scope, column, items, items);
			break;
		}
		case 'scalar':
			if (column.storage === 'view') f.store(rows.at16, V128.i32x4(0, 0, 0, 0), column.values);
			else if (column.storage === 'i64' || column.storage === 'u64' || column.storage === 'f64') f.store(rows.at8, I64.of(0n), column.values);
			else storeValue(scope, column, I32.of(0));
			if (column.textScales >= 0) f.store8(rows.at1, I32.of(0), column.textScales);
	}
	markValid(scope, column, I32.of(0));
}

/** The item range of a row: its own offset and the next one, in one store. */
export function storeListRange({ f, rows }: Scope, column: ListColumn, start: I32, end: I32): void {
	if (rows !== null) f.store(rows.at4, start.extendU().or(end.extendU().shl(32)), column.values);
}
