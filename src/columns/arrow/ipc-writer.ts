/**
 * Batches to the Arrow IPC formats (https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc).
 *
 * What is written are views of the batch wherever Arrow's layout and ours agree: integers, doubles, timestamps,
 * dictionary indices, validity, list offsets. Decimals are widened to 128 bits and texts gathered, into buffers that
 * are used again for the next batch. So the chunks of a batch are valid until the next call or the batch's release.
 */
import { zstdCompressSync } from 'node:zlib';
import { encodeLz4Frame } from '../../codecs/lz4-frame.ts';
import type { Column, TableLayout } from '../../compiler/batch-layout.ts';
import type { SymbolReader } from '../../symbols/index.ts';
import type { Batch } from '../batch.ts';
import { widenDecimals } from '../wide-decimals.ts';
import { type ArrowField, type ArrowOptions, arrowFields, writeSchema } from './arrow-schema.ts';
import { createFlatBuilder, type FlatBuilder } from './flatbuffer.ts';

export type ArrowCompression = 'none' | 'lz4' | 'zstd';

export interface ArrowWriterOptions extends ArrowOptions {
	/** `stream`: dictionaries grow by deltas as names appear. `file`: random access, dictionaries whole, at the end. */
	readonly format: 'stream' | 'file';
	/** Of every buffer. Default none. */
	readonly compression?: ArrowCompression;
	/** Written into the schema. */
	readonly metadata?: Readonly<Record<string, string>>;
}

/** A sans-I/O writer: each call gives the next chunks of the output, in order. */
export interface ArrowWriter {
	/** The batch's chunks (before the first batch: the head, too); write them out before the batch is released. */
	write(batch: Batch<unknown>): Uint8Array[];
	/** The last chunks. */
	finish(): Uint8Array[];
}

const MESSAGE = { schema: 1, dictionary: 2, record: 3 } as const;
const VERSION_V5 = 4;
const MAGIC = new TextEncoder().encode('ARROW1');
const ALIGNMENT = 64;
const encoder = new TextEncoder();
const EMPTY = new Uint8Array(0);
const ZEROS = new Uint8Array(ALIGNMENT);

interface Block {
	readonly offset: number;
	readonly metadata: number;
	readonly body: number;
}
interface Body {
	readonly nodes: { readonly length: number; readonly nulls: number }[];
	readonly buffers: Uint8Array[];
	readonly variadic: number[];
}

/** @param layout of the batches that will be written; @param symbols as the batches have them */
export function createArrowWriter(layout: TableLayout, symbols: readonly SymbolReader[], options: ArrowWriterOptions): ArrowWriter {
	const { format, compression = 'none' } = options;
	const fields = arrowFields(layout, options);
	const metadata = { 'tickforge.table': layout.name, ...options.metadata };
	const dictionaries = new Map<number, number>();
	const collect = (list: readonly ArrowField[]): void => {
		for (const field of list) {
			if (field.dictionary !== null) dictionaries.set(field.dictionary, 0);
			collect(field.children);
		}
	};
	collect(fields);
	// Batches of a table may have room for different numbers of rows, and then their columns lie elsewhere.
	const known = new WeakMap<TableLayout, readonly ArrowField[]>([[layout, fields]]);
	const fieldsFor = (other: TableLayout): readonly ArrowField[] => {
		const found = known.get(other);
		if (found !== undefined) return found;
		const made = arrowFields(other, options);
		if (describe(made) !== describe(fields)) throw new Error(`tickforge: this batch of "${other.name}" has other columns than this Arrow writer was made for; use one writer a schema`);
		known.set(other, made);
		return made;
	};
	const scratch = new Map<string, Uint8Array>();
	/** A buffer of at least this size that the next batch uses again. */
	const reuse = (key: string, bytes: number): Uint8Array => {
		const known = scratch.get(key);
		if (known !== undefined && known.length >= bytes) return known;
		const made = new Uint8Array(Math.max(bytes, (known?.length ?? 0) * 2, 1024));
		scratch.set(key, made);
		return made;
	};
	const recordBlocks: Block[] = [];
	const dictionaryBlocks: Block[] = [];
	let position = 0;
	let started = false;

	const emit = (chunks: Uint8Array[], chunk: Uint8Array): void => {
		if (chunk.length === 0) return;
		chunks.push(chunk);
		position += chunk.length;
	};
	const message = (chunks: Uint8Array[], type: number, bodyBytes: number, header: (b: FlatBuilder) => number): number => {
		const b = createFlatBuilder();
		const headerAt = header(b);
		const flat = b.finish(
			b.table([
				{ type: 'short', value: VERSION_V5 },
				{ type: 'byte', value: type },
				{ type: 'offset', value: headerAt },
				{ type: 'long', value: bodyBytes },
			]),
		);
		const padded = Math.ceil((flat.length + 8) / 8) * 8;
		const framed = new Uint8Array(padded);
		const view = new DataView(framed.buffer);
		view.setUint32(0, 0xffffffff, true);
		view.setInt32(4, padded - 8, true);
		framed.set(flat, 8);
		emit(chunks, framed);
		return padded;
	};
	const recordHeader = (b: FlatBuilder, rows: number, body: Body, placed: readonly { offset: number; length: number }[]): number => {
		const long = (view: DataView, at: number, value: number): void => view.setBigInt64(at, BigInt(value), true);
		const nodes = b.structs(16, body.nodes.length, (view, at, index) => {
			const node = body.nodes[index] as Body['nodes'][number];
			long(view, at, node.length);
			long(view, at + 8, node.nulls);
		});
		const buffers = b.structs(16, placed.length, (view, at, index) => {
			const place = placed[index] as { offset: number; length: number };
			long(view, at, place.offset);
			long(view, at + 8, place.length);
		});
		const codec =
			compression === 'none'
				? undefined
				: b.table([
						{ type: 'byte', value: compression === 'lz4' ? 0 : 1 },
						{ type: 'byte', value: 0 },
					]);
		const variadic = body.variadic.length === 0 ? undefined : b.longs(body.variadic);
		return b.table([{ type: 'long', value: rows }, { type: 'offset', value: nodes }, { type: 'offset', value: buffers }, codec === undefined ? undefined : { type: 'offset', value: codec }, variadic === undefined ? undefined : { type: 'offset', value: variadic }]);
	};
	/** Writes a body's buffers behind a message whose header it gets. */
	const writeBody = (chunks: Uint8Array[], rows: number, body: Body, type: number, wrap: (b: FlatBuilder, record: number) => number): Block => {
		const packed = body.buffers.map((buffer) => compress(buffer, compression));
		let length = 0;
		const placed = packed.map((buffer) => {
			const place = { offset: length, length: buffer.length };
			length += Math.ceil(buffer.length / ALIGNMENT) * ALIGNMENT;
			return place;
		});
		const offset = position;
		const metadataBytes = message(chunks, type, length, (b) => wrap(b, recordHeader(b, rows, body, placed)));
		for (const buffer of packed) {
			emit(chunks, buffer);
			emit(chunks, ZEROS.subarray(0, (ALIGNMENT - (buffer.length % ALIGNMENT)) % ALIGNMENT));
		}
		return { offset, metadata: metadataBytes, body: length };
	};
	const writeDictionary = (chunks: Uint8Array[], id: number, from: number, isDelta: boolean): void => {
		const reader = symbols[id] as SymbolReader;
		const { count } = reader;
		const names = Array.from({ length: count - from }, (_, index) => encoder.encode(reader.name(from + index)));
		const offsets = new Int32Array(names.length + 1);
		names.forEach((name, index) => {
			offsets[index + 1] = (offsets[index] as number) + name.length;
		});
		const data = new Uint8Array(offsets[names.length] as number);
		names.forEach((name, index) => {
			data.set(name, offsets[index]);
		});
		const body: Body = { nodes: [{ length: names.length, nulls: 0 }], buffers: [EMPTY, bytesOf(offsets), data], variadic: [] };
		dictionaryBlocks.push(
			writeBody(chunks, names.length, body, MESSAGE.dictionary, (b, record) =>
				b.table([
					{ type: 'long', value: id },
					{ type: 'offset', value: record },
					{ type: 'bool', value: isDelta ? 1 : 0 },
				]),
			),
		);
		dictionaries.set(id, count);
	};
	const start = (chunks: Uint8Array[]): void => {
		if (started) return;
		started = true;
		if (format === 'file') {
			const head = new Uint8Array(8);
			head.set(MAGIC);
			emit(chunks, head);
		}
		message(chunks, MESSAGE.schema, 0, (b) => writeSchema(b, fields, metadata));
		// A stream's reader wants each dictionary before the first batch, even where it has no name yet.
		if (format === 'stream') for (const id of dictionaries.keys()) writeDictionary(chunks, id, 0, false);
	};

	return {
		write(batch) {
			if (batch.layout.name !== layout.name) throw new Error(`tickforge: this Arrow writer is for the table "${layout.name}", not "${batch.table}"; use one writer a table`);
			const chunks: Uint8Array[] = [];
			start(chunks);
			if (format === 'stream') {
				for (const [id, written] of dictionaries) if ((symbols[id] as SymbolReader).count > written) writeDictionary(chunks, id, written, true);
			}
			const body = gather(batch, fieldsFor(batch.layout), reuse);
			recordBlocks.push(writeBody(chunks, batch.rows, body, MESSAGE.record, (_, record) => record));
			return chunks;
		},
		finish() {
			const chunks: Uint8Array[] = [];
			start(chunks);
			if (format === 'file') for (const id of dictionaries.keys()) writeDictionary(chunks, id, 0, false);
			const end = new Uint8Array(8);
			new DataView(end.buffer).setUint32(0, 0xffffffff, true);
			emit(chunks, end);
			if (format === 'stream') return chunks;
			const b = createFlatBuilder();
			const schema = writeSchema(b, fields, metadata);
			const blocks = (list: readonly Block[]): number =>
				b.structs(24, list.length, (view, at, index) => {
					const block = list[index] as Block;
					view.setBigInt64(at, BigInt(block.offset), true);
					view.setInt32(at + 8, block.metadata, true);
					view.setInt32(at + 12, 0, true);
					view.setBigInt64(at + 16, BigInt(block.body), true);
				});
			const dictionaryList = blocks(dictionaryBlocks);
			const recordList = blocks(recordBlocks);
			const flat = b.finish(
				b.table([
					{ type: 'short', value: VERSION_V5 },
					{ type: 'offset', value: schema },
					{ type: 'offset', value: dictionaryList },
					{ type: 'offset', value: recordList },
				]),
			);
			const tail = new Uint8Array(flat.length + 10);
			tail.set(flat);
			new DataView(tail.buffer).setInt32(flat.length, flat.length, true);
			tail.set(MAGIC, flat.length + 4);
			emit(chunks, tail);
			return chunks;
		},
	};
}

/** Everything but where the values lie. */
function describe(fields: readonly ArrowField[]): string {
	return JSON.stringify(fields, (key, value: unknown) => (key === 'source' ? undefined : value));
}

function bytesOf(view: ArrayBufferView): Uint8Array {
	return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
}

/** A buffer as it stands in a compressed body: its length first, -1 where it is stored as it is. */
function compress(buffer: Uint8Array, compression: ArrowCompression): Uint8Array {
	if (compression === 'none' || buffer.length === 0) return buffer;
	// Compressors refuse shared memory and views of it.
	const raw = buffer.buffer instanceof ArrayBuffer ? buffer : buffer.slice();
	const packed = compression === 'lz4' ? encodeLz4Frame(raw) : zstdCompressSync(raw);
	const smaller = packed.length < raw.length;
	const framed = new Uint8Array(8 + (smaller ? packed.length : raw.length));
	new DataView(framed.buffer).setBigInt64(0, smaller ? BigInt(raw.length) : -1n, true);
	framed.set(smaller ? packed : raw, 8);
	return framed;
}

/** A batch's buffers in Arrow's order: depth first, validity before values. */
function gather(batch: Batch<unknown>, fields: readonly ArrowField[], reuse: (key: string, bytes: number) => Uint8Array): Body {
	const body: Body = { nodes: [], buffers: [], variadic: [] };
	const { layout, address } = batch;
	const { buffer } = batch.memory;
	const all = new Uint8Array(buffer);
	const words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
	const at = (offset: number, bytes: number): Uint8Array => all.subarray(address + offset, address + offset + bytes);
	const countOf = (space: number): number => words[(address + (layout.spaces[space]?.counter ?? 0)) >>> 2] as number;
	const validity = (column: Column | null, rows: number): void => {
		if (column === null || column.validity < 0) {
			body.nodes.push({ length: rows, nulls: 0 });
			body.buffers.push(EMPTY);
			return;
		}
		const bitmap = at(column.validity, Math.ceil(rows / 8));
		body.nodes.push({ length: rows, nulls: rows - onesIn(bitmap, rows) });
		body.buffers.push(bitmap);
	};
	const visit = (field: ArrowField, path: string): void => {
		const { column, part } = field.source;
		if (part === 'received') {
			body.nodes.push({ length: countOf(0), nulls: 0 });
			body.buffers.push(EMPTY, at(layout.received, countOf(0) * 8));
			return;
		}
		if (column === null) throw new Error(`tickforge: the Arrow field "${path}" has no column`);
		const rows = countOf(column.space);
		validity(column, rows);
		if (column.kind === 'struct') {
			for (const child of field.children) visit(child, `${path}.${child.name}`);
			return;
		}
		if (column.kind === 'list') {
			// Without rows there are no offsets in memory, but Arrow wants the first one.
			body.buffers.push(rows === 0 ? ZEROS.subarray(0, 4) : at(column.values, (rows + 1) * 4));
			for (const child of field.children) visit(child, `${path}.${child.name}`);
			return;
		}
		if (part === 'textScales') {
			body.buffers.push(at(column.textScales, rows));
			return;
		}
		switch (field.type.kind) {
			case 'bool':
				body.buffers.push(at(column.values, Math.ceil(rows / 8)));
				return;
			case 'decimal': {
				const wide = reuse(path, rows * 16);
				widenDecimals(words, (address + column.values) >>> 2, rows, new Int32Array(wide.buffer, 0, rows * 4));
				body.buffers.push(wide.subarray(0, rows * 16));
				return;
			}
			case 'utf8':
			case 'binary':
				if (field.dictionary === null) {
					body.buffers.push(...gatherText(path, rows, (address + column.values) >>> 2, address + layout.textOffset, words, all, reuse));
					return;
				}
				body.buffers.push(at(column.values, rows * 4));
				return;
			case 'utf8View':
			case 'binaryView':
				body.buffers.push(at(column.values, rows * 16), at(layout.textOffset, words[(address + layout.textUsed) >>> 2] as number));
				body.variadic.push(1);
				return;
			default:
				body.buffers.push(at(column.values, rows * (column.storage === 'i32' || column.storage === 'u32' ? 4 : 8)));
		}
	};
	for (const field of fields) visit(field, field.name);
	return body;
}

function gatherText(path: string, rows: number, views: number, heap: number, words: Int32Array, all: Uint8Array, reuse: (key: string, bytes: number) => Uint8Array): [Uint8Array, Uint8Array] {
	const offsetBytes = reuse(`${path} offsets`, (rows + 1) * 4);
	const offsets = new Int32Array(offsetBytes.buffer, 0, rows + 1);
	let total = 0;
	offsets[0] = 0;
	for (let row = 0; row < rows; row++) {
		total += words[views + row * 4] as number;
		offsets[row + 1] = total;
	}
	const data = reuse(`${path} data`, total);
	for (let row = 0; row < rows; row++) {
		const view = views + row * 4;
		const length = words[view] as number;
		const from = length <= 12 ? view * 4 + 4 : heap + (words[view + 3] as number);
		data.set(all.subarray(from, from + length), offsets[row] as number);
	}
	return [offsetBytes.subarray(0, (rows + 1) * 4), data.subarray(0, total)];
}

function onesIn(bitmap: Uint8Array, bits: number): number {
	let ones = 0;
	for (let index = 0; index < bitmap.length; index++) {
		let byte = bitmap[index] as number;
		// Bits beyond the last row mean nothing.
		if (index === bitmap.length - 1 && bits % 8 !== 0) byte &= (1 << (bits % 8)) - 1;
		byte -= (byte >>> 1) & 0x55;
		byte = (byte & 0x33) + ((byte >>> 2) & 0x33);
		ones += (byte + (byte >>> 4)) & 0x0f;
	}
	return ones;
}
