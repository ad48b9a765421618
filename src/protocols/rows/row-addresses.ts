/** Row addresses of one row space in locals, for straight-line code that writes many columns of one row. */
import type { Column } from '../../compiler/batch-layout.ts';
import { type FunctionBuilder, I32, type Local } from '../../wasm/index.ts';
import { columnOf, type ValuePlan } from './plan.ts';

/** Widths of values in bytes; 0: bits. */
const ALL_WIDTHS: ReadonlySet<number> = new Set([0, 1, 4, 8, 16]);

export interface Rows<Batch extends I32 = Local<I32>> {
	readonly batch: Batch;
	readonly row: Local<I32>;
	readonly at8: Local<I32>;
	readonly at4: Local<I32>;
	readonly at16: Local<I32>;
	readonly at1: Local<I32>;
	readonly bitByte: Local<I32>;
	readonly bit: Local<I32>;
	/** Emits the addresses for the current `row`. */
	place(): void;
}

/** A function that writes rows through {@link Rows}. */
export interface RowScope {
	readonly f: FunctionBuilder;
	readonly rows: Rows;
}

/** The addresses of a row; those that are used, or all of them: what no column uses, the engine leaves out. */
export function bindRows<Batch extends I32>(f: FunctionBuilder, batch: Batch, row: Local<I32>, used: ReadonlySet<number> = ALL_WIDTHS): Rows<Batch> {
	const local = (name: string): Local<I32> => f.local(I32, undefined, name);
	const rows = { batch, row, at8: local('at8'), at4: local('at4'), at16: local('at16'), at1: local('at1'), bitByte: local('bitByte'), bit: local('bit') };
	return {
		...rows,
		place() {
			if (used.has(8)) rows.at8.set(batch.add(row.shl(3)));
			if (used.has(4)) rows.at4.set(batch.add(row.shl(2)));
			if (used.has(16)) rows.at16.set(batch.add(row.shl(4)));
			if (used.has(1)) rows.at1.set(batch.add(row));
			if (used.has(0)) {
				rows.bitByte.set(batch.add(row.shrU(3)));
				rows.bit.set(I32.of(1).shl(row.and(7)));
			}
		},
	};
}

export function createRows(f: FunctionBuilder, batch: Local<I32>, row: Local<I32>, plans: readonly ValuePlan[], space: number): Rows {
	const used = new Set<number>();
	const visit = (column: Column): void => {
		if (column.space !== space) return;
		if (column.validity >= 0) used.add(0);
		if (column.kind === 'struct') column.children.forEach(visit);
		if (column.kind === 'scalar') {
			used.add({ i64: 8, u64: 8, f64: 8, i32: 4, u32: 4, i8: 1, bits: 0, view: 16, offsets: 4 }[column.storage]);
			if (column.textScales >= 0) used.add(1);
		}
	};
	for (const plan of plans) {
		const column = columnOf(plan);
		if (column !== null) visit(column);
		// A top without a struct column of its own: its fields are visited by the caller's list.
	}
	return bindRows(f, batch, row, used);
}

/** Emits a bit column's value: `set` is 0 or 1, or always 1 where not given. */
export function storeBit({ f, rows }: RowScope, bitmap: number, set?: I32): void {
	const byte = I32.load8U(rows.bitByte, bitmap);
	if (set === undefined) f.store8(rows.bitByte, byte.or(rows.bit), bitmap);
	else f.store8(rows.bitByte, byte.and(rows.bit.xor(-1)).or(I32.select(set, rows.bit, I32.of(0))), bitmap);
}

/** Emits that a row of a column is not null. */
export function markRowValid(scope: RowScope, column: Column | null): void {
	if (column !== null && column.validity >= 0) storeBit(scope, column.validity);
}
