/**
 * One row on its way into a batch: written beyond the batch's counters, visible only when {@link PendingRow.commit}
 * raises them. `compiler/batch-layout.ts` draws the memory.
 */
import type { Column, ListColumn, ScalarColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import { BatchFull } from './refusal.ts';

/** An Utf8View holds texts up to this long itself. */
const INLINE_TEXT = 12;

/** Rows of each row space. */
export type RowMark = readonly number[];

export class PendingRow {
	/** Index of the new row in row space 0. */
	readonly row: number;
	private readonly view: DataView;
	private readonly table: TableLayout;
	private readonly batch: number;
	/** Rows of each row space, this message's included. */
	private readonly counts: number[];
	private textUsed: number;

	/** Throws {@link BatchFull} where the batch has no room for a row. */
	constructor(view: DataView, table: TableLayout, batch: number) {
		this.view = view;
		this.table = table;
		this.batch = batch;
		this.counts = table.spaces.map((space) => view.getUint32(batch + space.counter, true));
		this.textUsed = view.getUint32(batch + table.textUsed, true);
		this.row = this.append(0);
	}

	/** Whether the batch holds no row yet, so that no other batch has more room. */
	static batchIsEmpty(view: DataView, table: TableLayout, batch: number): boolean {
		return view.getUint32(batch + (table.spaces[0]?.counter ?? 0), true) === 0;
	}

	/** @param sequence the message's number in the stream */
	commit(received: bigint, sequence: bigint): void {
		const { view, table, batch } = this;
		if (table.received >= 0) view.setBigInt64(batch + table.received + this.row * 8, received, true);
		if (table.sequence >= 0) view.setBigUint64(batch + table.sequence + this.row * 8, sequence, true);
		for (const space of table.spaces) view.setUint32(batch + space.counter, this.counts[space.index] as number, true);
		view.setUint32(batch + table.textUsed, this.textUsed, true);
	}

	/** Takes the next row of a space. */
	append(space: number): number {
		const row = this.counts[space] as number;
		if (row >= (this.table.spaces[space]?.capacity ?? 0)) throw new BatchFull();
		this.counts[space] = row + 1;
		return row;
	}

	/** Gives the last row of a space back. */
	retract(space: number): void {
		this.counts[space] = (this.counts[space] as number) - 1;
	}

	/** What all row spaces hold now. */
	mark(): RowMark {
		return [...this.counts];
	}

	/** Drops the items that the lists in a column got since a mark; those of its own row, where nothing else has grown them. */
	restore(column: Column, mark: RowMark): void {
		if (column.kind === 'struct') for (const child of column.children) this.restore(child, mark);
		if (column.kind !== 'list') return;
		this.counts[column.itemSpace] = mark[column.itemSpace] as number;
		this.restore(column.item, mark);
	}

	/** How many items a list's row space held at a mark. */
	itemsBefore(mark: RowMark, list: ListColumn): number {
		return mark[list.itemSpace] as number;
	}

	/** How many items a list's row space holds now. */
	itemCount(list: ListColumn): number {
		return this.counts[list.itemSpace] as number;
	}

	/** The item range of a list's row: from `start` to what the item space holds now. */
	writeList(list: ListColumn, row: number, start: number): void {
		const at = this.batch + list.values + row * 4;
		this.view.setInt32(at, start, true);
		this.view.setInt32(at + 4, this.itemCount(list), true);
		this.writeValidity(list, row, true);
	}

	/** For structs: they have no value of their own. Does nothing where the column cannot be null. */
	writeValidity(column: Column, row: number, valid: boolean): void {
		if (column.validity >= 0) this.writeBit(column.validity, row, valid);
	}

	writeNumber(column: ScalarColumn, row: number, value: number | bigint): void {
		const { view } = this;
		const values = this.batch + column.values;
		switch (column.storage) {
			case 'i64':
				view.setBigInt64(values + row * 8, value as bigint, true);
				break;
			case 'u64':
				view.setBigUint64(values + row * 8, value as bigint, true);
				break;
			case 'f64':
				view.setFloat64(values + row * 8, value as number, true);
				break;
			case 'i32':
				view.setInt32(values + row * 4, Number(value), true);
				break;
			case 'u32':
				view.setUint32(values + row * 4, Number(value), true);
				break;
			default:
				throw new Error(`tickforge: no number is stored as ${column.storage}`);
		}
		this.writeValidity(column, row, true);
	}

	writeTextScale(column: ScalarColumn, row: number, scale: number): void {
		if (column.textScales >= 0) this.view.setInt8(this.batch + column.textScales + row, scale);
	}

	writeFlag(column: ScalarColumn, row: number, value: boolean): void {
		this.writeBit(column.values, row, value);
		this.writeValidity(column, row, true);
	}

	writeText(column: ScalarColumn, row: number, text: Uint8Array): void {
		const { view, table, batch } = this;
		const at = batch + column.values + row * 16;
		this.writeBytes(at, new Uint8Array(16));
		view.setInt32(at, text.length, true);
		if (text.length <= INLINE_TEXT) this.writeBytes(at + 4, text);
		else {
			if (text.length > table.textCapacity - this.textUsed) throw new BatchFull();
			this.writeBytes(at + 4, text.subarray(0, 4));
			view.setInt32(at + 12, this.textUsed, true);
			this.writeBytes(batch + table.textOffset + this.textUsed, text);
			this.textUsed += text.length;
		}
		this.writeValidity(column, row, true);
	}

	/** Null, all the way down: value bytes are zero, lists are empty. */
	writeNull(column: Column, row: number): void {
		switch (column.kind) {
			case 'struct':
				for (const child of column.children) this.writeNull(child, row);
				break;
			case 'list':
				this.writeList(column, row, this.itemCount(column));
				break;
			case 'scalar':
				if (column.storage === 'bits') this.writeFlag(column, row, false);
				else if (column.storage === 'view') this.writeText(column, row, new Uint8Array());
				else if (column.storage === 'i64' || column.storage === 'u64') this.writeNumber(column, row, 0n);
				else this.writeNumber(column, row, 0);
				this.writeTextScale(column, row, 0);
		}
		this.writeValidity(column, row, false);
	}

	private writeBit(bitmap: number, row: number, value: boolean): void {
		const at = this.batch + bitmap + Math.floor(row / 8);
		const mask = 1 << (row % 8);
		const byte = this.view.getUint8(at);
		this.view.setUint8(at, value ? byte | mask : byte & ~mask);
	}

	private writeBytes(at: number, bytes: Uint8Array): void {
		new Uint8Array(this.view.buffer, at, bytes.length).set(bytes);
	}
}
