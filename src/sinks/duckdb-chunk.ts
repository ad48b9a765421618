/**
 * Batches into DuckDB's data chunks, column by column: memory that is laid out alike is copied as it is (integers,
 * times, doubles, text scales, null bitmaps), decimals are widened, short texts and names become DuckDB's inlined
 * strings. Only texts longer than 12 bytes are handed over one by one.
 */
import { createRequire } from 'node:module';
import type { DuckDBDataChunk, DuckDBType } from '@duckdb/node-api';
import type { Batch, OutputField } from '../columns/index.ts';
import { outputFields, widenDecimals } from '../columns/index.ts';
import type { Column, ScalarColumn, TableLayout } from '../compiler/batch-layout.ts';
import type { SymbolReader } from '../symbols/index.ts';

export type DuckDB = typeof import('@duckdb/node-api');

/** A vector of DuckDB's, opaque. */
type Vector = { readonly vector: unique symbol };

/** What is used of `@duckdb/node-bindings`, on which `@duckdb/node-api` stands. */
interface Bindings {
	vector_size(): number;
	data_chunk_get_vector(chunk: unknown, column: number): Vector;
	copy_data_to_vector(vector: Vector, at: number, source: ArrayBuffer, from: number, bytes: number): void;
	vector_ensure_validity_writable(vector: Vector): void;
	copy_data_to_vector_validity(vector: Vector, at: number, source: ArrayBuffer, from: number, bytes: number): void;
	vector_assign_string_element_len(vector: Vector, index: number, text: Uint8Array): void;
	list_vector_get_child(vector: Vector): Vector;
	list_vector_reserve(vector: Vector, items: number): void;
	list_vector_set_size(vector: Vector, items: number): void;
	struct_vector_get_child(vector: Vector, index: number): Vector;
}

/** A column of a DuckDB table. */
export interface DuckDBField {
	readonly name: string;
	readonly type: DuckDBType;
}

/** Bytes that DuckDB keeps within a string's 16. */
const INLINED = 12;

/** The DuckDB columns of a table: decimals keep their scale, times their nanoseconds; kept text scales are a TINYINT. */
export function duckDBFields(duckdb: DuckDB, layout: TableLayout): DuckDBField[] {
	return outputFields(layout).map((field) => ({ name: field.name, type: typeOf(duckdb, field) }));
}

function typeOf(duckdb: DuckDB, { column, part, children }: OutputField): DuckDBType {
	if (column === null) return duckdb.TIMESTAMP_NS;
	if (column.kind === 'list') return duckdb.LIST(typeOf(duckdb, children[0] as OutputField));
	if (column.kind === 'struct') return duckdb.STRUCT(Object.fromEntries(children.map((child) => [child.name, typeOf(duckdb, child)])));
	if (part === 'textScales') return duckdb.TINYINT;
	const { type } = column;
	switch (type.kind) {
		case 'integer':
			return type.bits === 64 ? (type.signed ? duckdb.BIGINT : duckdb.UBIGINT) : type.signed ? duckdb.INTEGER : duckdb.UINTEGER;
		case 'decimal':
			return duckdb.DECIMAL(19, type.scale);
		case 'float':
			return duckdb.DOUBLE;
		case 'timestamp':
			return duckdb.TIMESTAMP_NS;
		case 'flag':
			return duckdb.BOOLEAN;
		case 'bytes':
			return duckdb.BLOB;
		default:
			return duckdb.VARCHAR;
	}
}

export interface ChunkWriter {
	/** Calls back with chunks of the batch's rows, in order; each one is the same object, filled anew. */
	write(batch: Batch<unknown>, append: (chunk: DuckDBDataChunk) => void): void;
}

/** @param layout of the batches that will be written */
export function createChunkWriter(duckdb: DuckDB, layout: TableLayout): ChunkWriter {
	// Resolved from where DuckDB is: with strict package managers it is not visible from here.
	const bindings = createRequire(createRequire(import.meta.url).resolve('@duckdb/node-api'))('@duckdb/node-bindings') as Bindings;
	const fields = outputFields(layout);
	const types = fields.map((field) => typeOf(duckdb, field));
	const largest = bindings.vector_size();
	const chunk = duckdb.DuckDBDataChunk.create(types);
	const names = new WeakMap<SymbolReader, NameStrings>();
	let scratch = new Int32Array(4096);
	let buffer = new ArrayBuffer(0);
	let bytes = new Uint8Array(buffer);
	let words = new Int32Array(buffer);
	let address = 0;
	let symbols: readonly SymbolReader[] = [];

	/** Zeros are not promised. */
	const scratchOf = (wanted: number): Int32Array<ArrayBuffer> => {
		if (scratch.length < wanted) scratch = new Int32Array(wanted * 2);
		return scratch;
	};
	const copyScratch = (vector: Vector, size: number): void => bindings.copy_data_to_vector(vector, 0, scratch.buffer, 0, size);

	const fillValidity = (vector: Vector, column: Column, start: number, count: number): void => {
		if (column.validity < 0 || count === 0) return;
		const to = scratchOf(Math.ceil(count / 64) * 2);
		const from = address + column.validity + (start >>> 3);
		const shift = start & 7;
		let whole = -1;
		for (let index = 0; index < Math.ceil(count / 32); index++) {
			const at = from + index * 4;
			// One byte more than is used may be read: columns are padded to 64 bytes, and something follows the last one.
			const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
			const word = shift === 0 ? low : (low >>> shift) | ((bytes[at + 4] as number) << (32 - shift));
			to[index] = word;
			const left = count - index * 32;
			whole &= left >= 32 ? word : word | (-1 << left);
		}
		// All valid is what a new chunk is.
		if (whole === -1) return;
		bindings.vector_ensure_validity_writable(vector);
		bindings.copy_data_to_vector_validity(vector, 0, scratch.buffer, 0, Math.ceil(count / 8));
	};

	const fillNames = (vector: Vector, column: ScalarColumn, start: number, count: number): void => {
		const reader = symbols[column.symbolTable] as SymbolReader;
		const strings = names.get(reader) ?? createNameStrings();
		names.set(reader, strings);
		strings.follow(reader);
		const { inlined } = strings;
		const to = scratchOf(count * 4);
		const from = ((address + column.values) >>> 2) + start;
		let long = false;
		for (let row = 0; row < count; row++) {
			// A null's id is 0, which may be no name yet: what `inlined` has for it is never read.
			const id = (words[from + row] as number) * 4;
			const length = inlined[id] as number;
			if (length > INLINED) long = true;
			to[row * 4] = length > INLINED ? 0 : length;
			to[row * 4 + 1] = inlined[id + 1] as number;
			to[row * 4 + 2] = inlined[id + 2] as number;
			to[row * 4 + 3] = inlined[id + 3] as number;
		}
		copyScratch(vector, count * 16);
		if (!long) return;
		for (let row = 0; row < count; row++) {
			const id = words[from + row] as number;
			if ((inlined[id * 4] as number) > INLINED && isValid(column, start + row)) bindings.vector_assign_string_element_len(vector, row, strings.text(id));
		}
	};

	const fillTexts = (vector: Vector, column: ScalarColumn, start: number, count: number): void => {
		const to = scratchOf(count * 4);
		const from = ((address + column.values) >>> 2) + start * 4;
		let long = false;
		for (let row = 0; row < count; row++) {
			const at = from + row * 4;
			const length = words[at] as number;
			// An Utf8View of up to 12 bytes is laid out as DuckDB's strings are.
			const short = length <= INLINED;
			if (!short) long = true;
			to[row * 4] = short ? length : 0;
			to[row * 4 + 1] = short ? (words[at + 1] as number) : 0;
			to[row * 4 + 2] = short ? (words[at + 2] as number) : 0;
			to[row * 4 + 3] = short ? (words[at + 3] as number) : 0;
		}
		copyScratch(vector, count * 16);
		if (!long) return;
		const heap = address + layout.textOffset;
		for (let row = 0; row < count; row++) {
			const length = words[from + row * 4] as number;
			if (length <= INLINED) continue;
			const text = heap + (words[from + row * 4 + 3] as number);
			bindings.vector_assign_string_element_len(vector, row, bytes.subarray(text, text + length));
		}
	};

	const isValid = (column: Column, row: number): boolean => column.validity < 0 || (((bytes[address + column.validity + (row >>> 3)] as number) >>> (row & 7)) & 1) === 1;

	const fillScalar = (vector: Vector, column: ScalarColumn, start: number, count: number): void => {
		const copy = (width: number): void => bindings.copy_data_to_vector(vector, 0, buffer, address + column.values + start * width, count * width);
		switch (column.storage) {
			case 'i64':
			case 'u64':
			case 'f64':
				if (column.type.kind !== 'decimal') {
					copy(8);
					return;
				}
				widenDecimals(words, ((address + column.values) >>> 2) + start * 2, count, scratchOf(count * 4));
				copyScratch(vector, count * 16);
				return;
			case 'bits': {
				const to = new Uint8Array(scratchOf(Math.ceil(count / 4)).buffer);
				const from = address + column.values;
				for (let row = 0; row < count; row++) to[row] = ((bytes[from + ((start + row) >>> 3)] as number) >>> ((start + row) & 7)) & 1;
				copyScratch(vector, count);
				return;
			}
			case 'view':
				fillTexts(vector, column, start, count);
				return;
			default:
				if (column.symbolTable < 0) copy(4);
				else fillNames(vector, column, start, count);
		}
	};

	const fill = (vector: Vector, field: OutputField, start: number, count: number): void => {
		const { column, part, children } = field;
		if (column === null) {
			bindings.copy_data_to_vector(vector, 0, buffer, address + layout.received + start * 8, count * 8);
			return;
		}
		fillValidity(vector, column, start, count);
		if (column.kind === 'struct') {
			children.forEach((child, index) => {
				fill(bindings.struct_vector_get_child(vector, index), child, start, count);
			});
			return;
		}
		if (column.kind === 'scalar') {
			if (part === 'textScales') bindings.copy_data_to_vector(vector, 0, buffer, address + column.textScales + start, count);
			else fillScalar(vector, column, start, count);
			return;
		}
		const offsets = ((address + column.values) >>> 2) + start;
		const first = words[offsets] as number;
		// Pairs of 64-bit numbers: where a row's items begin, and how many they are.
		const to = scratchOf(count * 4);
		for (let row = 0; row < count; row++) {
			const begin = words[offsets + row] as number;
			to[row * 4] = begin - first;
			to[row * 4 + 1] = 0;
			to[row * 4 + 2] = (words[offsets + row + 1] as number) - begin;
			to[row * 4 + 3] = 0;
		}
		copyScratch(vector, count * 16);
		const items = (words[offsets + count] as number) - first;
		bindings.list_vector_reserve(vector, items);
		bindings.list_vector_set_size(vector, items);
		if (items > 0) fill(bindings.list_vector_get_child(vector), children[0] as OutputField, first, items);
	};

	return {
		write(batch, append) {
			const { rows } = batch;
			const memory = batch.memory.buffer;
			// The bindings take no shared memory.
			const shared = !(memory instanceof ArrayBuffer);
			address = shared ? 0 : batch.address;
			buffer = shared ? new Uint8Array(memory, batch.address, layout.size).slice().buffer : memory;
			bytes = new Uint8Array(buffer);
			words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
			symbols = batch.symbols;
			for (let start = 0; start < rows; start += largest) {
				const count = Math.min(largest, rows - start);
				chunk.reset();
				chunk.rowCount = count;
				fields.forEach((field, index) => {
					fill(bindings.data_chunk_get_vector(chunk.chunk, index), field, start, count);
				});
				append(chunk);
			}
		},
	};
}

/** Names of a symbol table as DuckDB's inlined strings: four words by id, the length first. */
interface NameStrings {
	readonly inlined: Int32Array;
	/** UTF-8 of a name that is too long for that. */
	text(id: number): Uint8Array;
	/** Takes in names that are new. */
	follow(symbols: SymbolReader): void;
}

function createNameStrings(): NameStrings {
	const encoder = new TextEncoder();
	const texts: Uint8Array[] = [];
	let inlined = new Int32Array(1024);
	return {
		get inlined() {
			return inlined;
		},
		text: (id) => texts[id] as Uint8Array,
		follow(symbols) {
			if (symbols.count * 4 > inlined.length) {
				const larger = new Int32Array(symbols.count * 8);
				larger.set(inlined);
				inlined = larger;
			}
			for (let id = texts.length; id < symbols.count; id++) {
				const text = encoder.encode(symbols.name(id));
				texts.push(text);
				inlined[id * 4] = text.length;
				if (text.length <= INLINED) new Uint8Array(inlined.buffer).set(text, id * 16 + 4);
			}
		},
	};
}
