/**
 * Writing column values, as the strict path does: every address from the batch's start and the row. (The fast path
 * keeps row addresses in locals, see fast-path.ts.)
 */
import type { Column, ScalarColumn, TableLayout } from '../../compiler/batch-layout.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type ModuleBuilder, V128 } from '../../wasm/index.ts';
import type { Faults } from './faults.ts';

/** What a message has written beyond the batch's counters so far; the counters are raised when it is accepted. */
export interface Pending {
	/** Items written in each row space (index 0 unused). */
	readonly items: readonly Global<I32>[];
	/** Bytes of the text heap. */
	readonly text: Global<I32>;
}

export interface Stores {
	readonly pending: Pending;
	/** `setBit(bitmap, row, value)` */
	readonly setBit: Func;
	/** `putText(batch, heap, capacity, view, p, length)`: an Utf8View at `view`, its bytes to the heap where longer than 12. Returns 1, or 0 with `full`. */
	readonly putText: Func;
}

/** A batch layout has at most this many row spaces (checked when the module is generated). */
export function emitStores(m: ModuleBuilder, faults: Faults, spaces: number): Stores {
	const items = Array.from({ length: spaces }, (_, space) => m.global(I32, 0, { name: `pendingItems${space}`, mutable: true }));
	const text = m.global(I32, 0, { name: 'pendingText', mutable: true });
	const setBit = m.func('setBit', { params: { bitmap: I32, row: I32, value: I32 }, results: [] }, (f, { bitmap, row, value }) => {
		const at = f.local(I32, bitmap.add(row.shrU(3)), 'at');
		const shift = f.local(I32, row.and(7), 'shift');
		f.store8(at, I32.load8U(at).and(I32.of(1).shl(shift).xor(-1)).or(value.shl(shift)));
	});
	const putText = m.func('putText', { params: { heap: I32, capacity: I32, view: I32, p: I32, length: I32 }, results: [I32] }, (f, { heap, capacity, view, p, length }) => {
		f.if(length.leU(12), () => {
			f.store(view, inlineView(p, length));
			f.return(I32.of(1));
		});
		f.if(length.gtU(capacity.sub(text)), () => faults.raise(f, 'full', p));
		// 4 bytes length, 4 bytes prefix, buffer 0, offset in the heap.
		f.store(view, length);
		f.store(view, I32.load(p), 4);
		f.store(view, I32.of(0), 8);
		f.store(view, text, 12);
		f.memoryCopy(heap.add(text), p, length);
		text.set(f, text.add(length));
		f.return(I32.of(1));
	});
	return { pending: { items, text }, setBit, putText };
}

/** The 16 bytes of an Utf8View of a text of at most 12 bytes. */
export function inlineView(p: I32, length: I32): V128 {
	const kept = V128.load(p).and(lanesBelow(length));
	// Bytes move up by four lanes; the length takes their place.
	return kept.shuffle(V128.i32x4(0, 0, 0, 0), [16, 16, 16, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]).i32x4.replaceLane(0, length);
}

/** All ones in the first `count` byte lanes (0 to 16 and more). */
export function lanesBelow(count: I32): V128 {
	return V128.bytes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15).i8x16.ltU(V128.splat8(count));
}

/** Stores a scalar's value (not null). `value` is of the storage's class; for bits 0 or 1. */
export function storeScalar(f: FunctionBuilder, stores: Stores, column: ScalarColumn, batch: I32, row: I32, value: I32 | I64 | import('../../wasm/index.ts').F64): void {
	switch (column.storage) {
		case 'i64':
		case 'u64':
		case 'f64':
			f.store(batch.add(row.shl(3)), value, column.values);
			break;
		case 'i32':
		case 'u32':
			f.store(batch.add(row.shl(2)), value, column.values);
			break;
		case 'bits':
			f.call(stores.setBit, batch.add(column.values), row, value as I32);
			break;
		default:
			throw new Error(`tickforge: no scalar is stored as ${column.storage}`);
	}
	markValid(f, stores, column, batch, row);
}

export function markValid(f: FunctionBuilder, stores: Stores, column: Column, batch: I32, row: I32): void {
	if (column.validity >= 0) f.call(stores.setBit, batch.add(column.validity), row, I32.of(1));
}

/** Stores null, all the way down: value bytes are zero, lists are empty. */
export function storeNull(f: FunctionBuilder, stores: Stores, column: Column, batch: I32, row: I32): void {
	if (column.validity >= 0) f.call(stores.setBit, batch.add(column.validity), row, I32.of(0));
	switch (column.kind) {
		case 'struct':
			for (const child of column.children) storeNull(f, stores, child, batch, row);
			return;
		case 'list':
			storeListEnd(f, column.values, batch, row, stores.pending.items[column.itemSpace] as Global<I32>, stores.pending.items[column.itemSpace] as Global<I32>);
			return;
		case 'scalar':
			switch (column.storage) {
				case 'i64':
				case 'u64':
				case 'f64':
					f.store(batch.add(row.shl(3)), I64.of(0n), column.values);
					break;
				case 'i32':
				case 'u32':
					f.store(batch.add(row.shl(2)), I32.of(0), column.values);
					break;
				case 'bits':
					f.call(stores.setBit, batch.add(column.values), row, I32.of(0));
					break;
				case 'view':
					f.store(batch.add(row.shl(4)), V128.i32x4(0, 0, 0, 0), column.values);
					break;
			}
			if (column.textScales >= 0) f.store8(batch.add(row), I32.of(0), column.textScales);
	}
}

/** The item range of a row: its own offset and the next one, in one store. */
export function storeListEnd(f: FunctionBuilder, offsets: number, batch: I32, row: I32, start: I32, end: I32): void {
	f.store(batch.add(row.shl(2)), start.extendU().or(end.extendU().shl(32)), offsets);
}

/** Address of the text heap of a batch. */
export function heapOf(batch: I32, table: TableLayout): I32 {
	return batch.add(table.textOffset);
}
