/** Rows from one batch to another of the same layout: values, null bits, list items and texts. */
import { type Column, STORAGE_WIDTH, type TableLayout } from '../compiler/batch-layout.ts';
import { type Batch, openBatch } from './batch.ts';

/**
 * The rows `from` to `to - 1` (default: to the end) as a batch in memory of its own. Symbol tables stay shared.
 *
 * @throws RangeError where the batch has no such rows; StaleViewError after its release
 */
export function sliceBatch<Row>(batch: Batch<Row>, from: number, to: number = batch.rows): Batch<Row> {
	const { rows, address, layout } = batch;
	if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= rows)) throw new RangeError(`tickforge: the batch of "${batch.table}" has ${rows} rows; rows ${from} to ${to} are no part of it`);
	const target = new Uint8Array(layout.size);
	copyRows(layout, new Uint8Array(batch.memory.buffer, address, layout.size), from, to - from, target);
	return openBatch<Row>({ buffer: target.buffer }, layout, 0, batch.symbols);
}

/**
 * Appends rows `from` to `from + count - 1` of one batch to another.
 *
 * @param source bytes of a whole batch, at an address that is a multiple of 8
 * @param target bytes of a whole batch with room for them; what lies beyond its counters is overwritten
 */
export function copyRows(layout: TableLayout, source: Uint8Array, from: number, count: number, target: Uint8Array): void {
	const sourceWords = new Int32Array(source.buffer, source.byteOffset, source.byteLength >>> 2);
	const words = new Int32Array(target.buffer, target.byteOffset, target.byteLength >>> 2);
	const counters = layout.spaces.map((space) => space.counter >>> 2);
	const textUsed = layout.textUsed >>> 2;
	const copyText = (column: number, row: number, to: number): void => {
		const view = (column >>> 2) + row * 4;
		const into = (column >>> 2) + to * 4;
		for (let word = 0; word < 4; word++) words[into + word] = sourceWords[view + word] as number;
		const length = sourceWords[view] as number;
		if (length <= 12) return;
		const at = layout.textOffset + (sourceWords[view + 3] as number);
		const used = words[textUsed] as number;
		target.set(source.subarray(at, at + length), layout.textOffset + used);
		words[into + 3] = used;
		words[textUsed] = used + length;
	};
	const copyColumn = (column: Column, first: number, rows: number, to: number): void => {
		if (rows === 0) return;
		if (column.validity >= 0) copyBits(source, column.validity, first, rows, target, to);
		switch (column.kind) {
			case 'struct':
				for (const child of column.children) copyColumn(child, first, rows, to);
				return;
			case 'list': {
				const offsets = column.values >>> 2;
				const start = sourceWords[offsets + first] as number;
				const items = (sourceWords[offsets + first + rows] as number) - start;
				const counter = counters[column.itemSpace] as number;
				const itemsTo = words[counter] as number;
				for (let row = 0; row <= rows; row++) words[offsets + to + row] = (sourceWords[offsets + first + row] as number) - start + itemsTo;
				copyColumn(column.item, start, items, itemsTo);
				words[counter] = itemsTo + items;
				return;
			}
			case 'scalar': {
				if (column.storage === 'bits') copyBits(source, column.values, first, rows, target, to);
				else if (column.storage === 'view') for (let row = 0; row < rows; row++) copyText(column.values, first + row, to + row);
				else copyBytes(source, column.values, first, rows, STORAGE_WIDTH[column.storage], target, to);
				if (column.textScales >= 0) copyBytes(source, column.textScales, first, rows, 1, target, to);
			}
		}
	};
	const to = words[counters[0] as number] as number;
	for (const column of layout.columns) copyColumn(column, from, count, to);
	if (layout.received >= 0) copyBytes(source, layout.received, from, count, 8, target, to);
	words[counters[0] as number] = to + count;
}

function copyBytes(source: Uint8Array, offset: number, from: number, count: number, width: number, target: Uint8Array, to: number): void {
	target.set(source.subarray(offset + from * width, offset + (from + count) * width), offset + to * width);
}

function copyBits(source: Uint8Array, offset: number, from: number, count: number, target: Uint8Array, to: number): void {
	for (let bit = 0; bit < count; bit++) {
		const one = ((source[offset + ((from + bit) >>> 3)] as number) >>> ((from + bit) & 7)) & 1;
		const at = offset + ((to + bit) >>> 3);
		const mask = 1 << ((to + bit) & 7);
		target[at] = one === 1 ? (target[at] as number) | mask : (target[at] as number) & ~mask;
	}
}
