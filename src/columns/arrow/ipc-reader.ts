/**
 * Arrow IPC streams and files back into batches of this project's own layout. The schema is derived from the Arrow
 * fields, so files of other writers are read as well as ours. Everything in the file is checked: lengths, offsets,
 * dictionary indices, decompressed sizes; what is wrong is an {@link ArrowError}.
 */
import { zstdDecompressSync } from 'node:zlib';
import { decodeLz4Frame } from '../../codecs/lz4-frame.ts';
import { type Column, type ListColumn, layoutSchema, type SchemaLayout, STORAGE_WIDTH, type TableLayout } from '../../compiler/batch-layout.ts';
import type { Field, ValueType } from '../../schema/model.ts';
import type { SymbolReader } from '../../symbols/index.ts';
import { type Batch, openBatch } from '../batch.ts';
import { type ArrowField, readFields, readMetadata } from './arrow-schema.ts';
import { FlatError, type FlatTable, readFlat, safe } from './flatbuffer.ts';

/** The bytes are no Arrow IPC that tickforge can read. */
export class ArrowError extends Error {
	override readonly name = 'ArrowError';
}

export interface ArrowTable {
	readonly layout: SchemaLayout;
	/** One for each record batch; yours, in memory of their own. */
	readonly batches: readonly Batch[];
	readonly metadata: Readonly<Record<string, string>>;
}

interface Message {
	readonly type: number;
	readonly header: FlatTable;
	readonly body: Uint8Array;
}

/** Reads a whole stream or file. */
export function readArrow(bytes: Uint8Array): ArrowTable {
	try {
		return readAll(bytes);
	} catch (error) {
		if (error instanceof ArrowError) throw error;
		const why = error instanceof Error ? error.message : String(error);
		throw new ArrowError(`tickforge: this Arrow data cannot be read: ${why}`, { cause: error });
	}
}

function readAll(bytes: Uint8Array): ArrowTable {
	const isFile = bytes.length >= 8 && String.fromCharCode(...bytes.subarray(0, 6)) === 'ARROW1';
	const messages = isFile ? fileMessages(bytes) : streamMessages(bytes, 0);
	const [first, ...rest] = messages;
	if (first === undefined || first.type !== 1) throw new FlatError('it does not begin with a schema');
	const fields = readFields(first.header);
	const metadata = readMetadata(first.header);
	const dictionaryFields = new Map<number, ArrowField>();
	const collect = (list: readonly ArrowField[]): void => {
		for (const field of list) {
			if (field.dictionary !== null) {
				if (field.type.kind !== 'utf8' && field.type.kind !== 'largeUtf8') throw new FlatError(`the dictionary of "${field.name}" holds no texts`);
				dictionaryFields.set(field.dictionary, field);
			}
			collect(field.children);
		}
	};
	collect(fields);
	const dictionaries = new Map<number, string[]>();
	for (const { type, header, body } of rest) {
		if (type !== 2) continue;
		const id = header.long(0);
		const field = dictionaryFields.get(id);
		const record = header.table(1);
		if (field === undefined || record === null) throw new FlatError(`dictionary ${id} belongs to no field`);
		const cursor = recordCursor(record, body);
		const values = readTexts(cursor, { ...field, dictionary: null, nullable: true });
		const names = header.bool(2) ? (dictionaries.get(id) ?? []) : [];
		for (const value of values) names.push(value ?? '');
		dictionaries.set(id, names);
	}
	const name = metadata['tickforge.table'] ?? 'table';
	const restored: Restored = { dictionaries, enumerations: new Map() };
	const schemaFields = siblingsOf(fields).map((sibling) => fieldOf(sibling, fields, name, restored));
	const schema = { name, version: 1, variants: [{ name, role: 'table' as const, type: { kind: 'message' as const, fields: schemaFields, unknownKeys: 'skip' as const } }] };
	const records = rest.filter(({ type }) => type === 3);
	const batches = records.map(({ header, body }) => readRecord(header, body, fields, schema, restored));
	const layout = batches[0]?.layout ?? layoutSchema(schema, { rows: 64 });
	return { layout: 'tables' in layout ? (layout as SchemaLayout) : layoutSchema(schema, { rows: 64 }), batches, metadata };
}

function streamMessages(bytes: Uint8Array, from: number): Message[] {
	const messages: Message[] = [];
	let at = from;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	while (at + 4 <= bytes.length) {
		let length = view.getInt32(at, true);
		at += 4;
		if (length === -1) {
			if (at + 4 > bytes.length) throw new FlatError('a message is cut');
			length = view.getInt32(at, true);
			at += 4;
		}
		if (length === 0) return messages;
		const { message, next } = messageAt(bytes, at, length);
		messages.push(message);
		at = next;
	}
	return messages;
}

function messageAt(bytes: Uint8Array, at: number, length: number): { message: Message; next: number } {
	if (length < 0 || at + length > bytes.length) throw new FlatError('a message is cut');
	const flat = readFlat(bytes.subarray(at, at + length));
	const bodyBytes = flat.long(3);
	const bodyAt = at + length;
	if (bodyBytes < 0 || bodyAt + bodyBytes > bytes.length) throw new FlatError('a body is cut');
	const header = flat.table(2);
	if (header === null) throw new FlatError('a message has no header');
	return { message: { type: flat.byte(1), header, body: bytes.subarray(bodyAt, bodyAt + bodyBytes) }, next: bodyAt + bodyBytes };
}

function fileMessages(bytes: Uint8Array): Message[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (bytes.length < 22 || String.fromCharCode(...bytes.subarray(bytes.length - 6)) !== 'ARROW1') throw new FlatError('the file is cut: its end is missing');
	const footerBytes = view.getInt32(bytes.length - 10, true);
	const footerAt = bytes.length - 10 - footerBytes;
	if (footerBytes <= 0 || footerAt < 8) throw new FlatError('the footer does not fit the file');
	const footer = readFlat(bytes.subarray(footerAt, bytes.length - 10));
	const schema = footer.table(1);
	if (schema === null) throw new FlatError('the footer has no schema');
	let inBlocks = 0;
	const blocks = (slot: number): Message[] =>
		footer
			.structs(slot, 24, (flat, at) => ({ offset: safe(flat.getBigInt64(at, true)), metadata: flat.getInt32(at + 8, true) }))
			.map(({ offset, metadata }) => {
				if (offset < 8 || offset + 8 > bytes.length) throw new FlatError('a block lies outside the file');
				const prefix = view.getInt32(offset, true) === -1 ? 8 : 4;
				const { message, next } = messageAt(bytes, offset + prefix, metadata - prefix);
				inBlocks += next - offset;
				// One block named again and again would be read as many batches.
				if (inBlocks > bytes.length) throw new FlatError('its blocks lie over each other');
				return message;
			});
	return [{ type: 1, header: schema, body: bytes.subarray(0, 0) }, ...blocks(2), ...blocks(3)];
}

/** What reading the fields finds out about dictionaries. */
interface Restored {
	readonly dictionaries: ReadonlyMap<number, readonly string[]>;
	/** Dictionary of each enumeration, by the column's path, which is its symbol table's name. */
	readonly enumerations: Map<string, number>;
}

/** A field that becomes a column, and the one beside it (or -1) that holds its text scales. Positions among siblings. */
interface Sibling {
	readonly field: number;
	readonly scales: number;
}

function siblingsOf(fields: readonly ArrowField[]): Sibling[] {
	const scalesOf = new Map<number, number>();
	fields.forEach((scales, index) => {
		if (scales.textScalesOf === null) return;
		const of = fields.findIndex((field) => field.name === scales.textScalesOf && fitScales(field, scales));
		if (of >= 0 && !scalesOf.has(of)) scalesOf.set(of, index);
	});
	const companions = new Set(scalesOf.values());
	return fields.flatMap((_, field) => (companions.has(field) ? [] : [{ field, scales: scalesOf.get(field) ?? -1 }]));
}

/** Small integers for a decimal, or a list of those for a list of decimals. */
function fitScales(field: ArrowField, scales: ArrowField): boolean {
	const [item] = field.children;
	const [scaleItem] = scales.children;
	if (field.type.kind === 'list' && scales.type.kind === 'list') return item !== undefined && scaleItem !== undefined && fitScales(item, scaleItem);
	return field.type.kind === 'decimal' && scales.type.kind === 'int' && scales.type.bits === 8 && scales.type.signed && scales.dictionary === null;
}

/** The schema field that holds what an Arrow field holds. Nullable ones are optional and nullable. */
function fieldOf({ field: index, scales }: Sibling, among: readonly ArrowField[], parent: string, restored: Restored): Field {
	const field = among[index] as ArrowField;
	return { name: field.name, keys: [field.name], type: typeOf(field, scales >= 0, `${parent}.${field.name}`, restored), optional: false, nullable: field.nullable, distinguishing: false };
}

function typeOf(field: ArrowField, withScales: boolean, path: string, restored: Restored): ValueType {
	const { type, dictionary, enumeration } = field;
	if (dictionary !== null) {
		const names = restored.dictionaries.get(dictionary) ?? [];
		// Ids are positions in the list of values. A dictionary that others put in another order is a symbol's.
		if (enumeration === null || restored.enumerations.has(path) || enumeration.values.some((value, id) => names[id] !== value)) return { kind: 'symbol', universe: `dictionary ${dictionary}` };
		restored.enumerations.set(path, dictionary);
		return { kind: 'enumeration', ...enumeration };
	}
	switch (type.kind) {
		case 'int':
			return { kind: 'integer', bits: type.bits === 64 ? 64 : 32, signed: type.bits < 32 ? true : type.signed };
		case 'float':
			return { kind: 'float' };
		case 'decimal':
			return { kind: 'decimal', scale: type.scale, excess: 'reject', keepTextScale: withScales };
		case 'timestamp':
			return { kind: 'timestamp', format: 'ns' };
		case 'bool':
			return { kind: 'flag' };
		case 'struct':
			return { kind: 'message', fields: siblingsOf(field.children).map((sibling) => fieldOf(sibling, field.children, path, restored)), unknownKeys: 'skip' };
		case 'list': {
			const [item] = field.children;
			if (item === undefined) throw new FlatError(`the list "${field.name}" has no item field`);
			return { kind: 'list', item: typeOf(item, withScales, `${path}.item`, restored), itemNullable: item.nullable };
		}
		case 'binary':
		case 'largeBinary':
		case 'binaryView':
			return { kind: 'bytes' };
		default:
			return { kind: 'text' };
	}
}

interface RecordCursor {
	readonly rows: number;
	node(): { readonly length: number; readonly nulls: number };
	/** The next buffer, decompressed; at least `bytes` long. */
	buffer(bytes: number): Uint8Array;
	/** The next buffer whatever its length. */
	anyBuffer(): Uint8Array;
	variadic(): number;
}

/** No buffer may decompress to more than this. */
const LARGEST_BUFFER = 2 ** 31;
/** Bytes of a batch: buffers may be named by many columns, and texts by many rows. */
const LARGEST_BATCH = 2 ** 31;
/** Rows of structs without fields, which take no bytes in a file that would bound them. */
const MOST_EMPTY_STRUCTS = 2 ** 24;

function recordCursor(record: FlatTable, body: Uint8Array): RecordCursor {
	const nodes = record.structs(1, 16, (view, at) => ({ length: safe(view.getBigInt64(at, true)), nulls: safe(view.getBigInt64(at + 8, true)) }));
	const buffers = record.structs(2, 16, (view, at) => ({ offset: safe(view.getBigInt64(at, true)), length: safe(view.getBigInt64(at + 8, true)) }));
	const variadics = record.structs(4, 8, (view, at) => safe(view.getBigInt64(at, true)));
	const compression = record.table(3);
	const codec = compression === null ? null : compression.byte(0);
	let nextNode = 0;
	let nextBuffer = 0;
	let nextVariadic = 0;
	const anyBuffer = (): Uint8Array => {
		const place = buffers[nextBuffer++];
		if (place === undefined) throw new FlatError('a record batch has too few buffers');
		if (place.offset < 0 || place.length < 0 || place.offset + place.length > body.length) throw new FlatError('a buffer lies outside its body');
		const raw = body.subarray(place.offset, place.offset + place.length);
		if (codec === null || raw.length === 0) return raw;
		if (raw.length < 8) throw new FlatError('a compressed buffer has no length');
		const size = safe(new DataView(raw.buffer, raw.byteOffset, 8).getBigInt64(0, true));
		if (size === -1) return raw.subarray(8);
		if (size < 0 || size > LARGEST_BUFFER) throw new FlatError(`a buffer decompresses to ${size} bytes`);
		const packed = raw.subarray(8);
		if (codec === 0) return decodeLz4Frame(packed, size);
		const unpacked = zstdDecompressSync(packed, { maxOutputLength: Math.max(size, 1) });
		if (unpacked.length !== size) throw new FlatError(`a buffer decompresses to ${unpacked.length} bytes instead of ${size}`);
		return unpacked;
	};
	return {
		rows: record.long(0),
		node() {
			const node = nodes[nextNode++];
			if (node === undefined) throw new FlatError('a record batch has too few nodes');
			if (node.length < 0 || node.length > LARGEST_BUFFER || node.nulls < 0 || node.nulls > node.length) throw new FlatError('a node has an impossible length');
			return node;
		},
		anyBuffer,
		buffer(bytes) {
			const buffer = anyBuffer();
			if (buffer.length < bytes) throw new FlatError(`a buffer has ${buffer.length} bytes where ${bytes} are needed`);
			return buffer;
		},
		variadic() {
			const count = variadics[nextVariadic++];
			if (count === undefined || count < 0 || count > 1 << 20) throw new FlatError('a view column does not say how many buffers it has');
			return count;
		},
	};
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Validity of `length` rows: null where all are valid. */
function readValidity(cursor: RecordCursor, node: { length: number; nulls: number }): Uint8Array | null {
	const bitmap = cursor.anyBuffer();
	if (bitmap.length === 0) {
		if (node.nulls > 0) throw new FlatError('a column has nulls but no validity');
		return null;
	}
	if (bitmap.length < Math.ceil(node.length / 8)) throw new FlatError('a validity bitmap is too short');
	return bitmap;
}

const setBit = (bytes: Uint8Array, at: number, row: number): void => {
	bytes[at + (row >>> 3)] = (bytes[at + (row >>> 3)] as number) | (1 << (row & 7));
};
const isValid = (validity: Uint8Array | null, row: number): boolean => validity === null || (((validity[row >>> 3] as number) >>> (row & 7)) & 1) === 1;

function textSlices(cursor: RecordCursor, field: ArrowField, validity: Uint8Array | null, length: number): (row: number) => Uint8Array {
	if (field.type.kind === 'utf8View' || field.type.kind === 'binaryView') {
		const views = viewOf(cursor.buffer(length * 16));
		const data = Array.from({ length: cursor.variadic() }, () => cursor.anyBuffer());
		return (row) => {
			if (!isValid(validity, row)) return new Uint8Array(0);
			const size = views.getInt32(row * 16, true);
			if (size <= 12) return new Uint8Array(views.buffer, views.byteOffset + row * 16 + 4, Math.max(0, size));
			const buffer = data[views.getInt32(row * 16 + 8, true)];
			const offset = views.getInt32(row * 16 + 12, true);
			if (buffer === undefined || offset < 0 || offset + size > buffer.length) throw new FlatError(`a text of "${field.name}" lies outside its buffer`);
			return buffer.subarray(offset, offset + size);
		};
	}
	const wide = field.type.kind === 'largeUtf8' || field.type.kind === 'largeBinary';
	const offsets = viewOf(cursor.buffer(length === 0 ? 0 : (length + 1) * (wide ? 8 : 4)));
	const data = cursor.anyBuffer();
	const offset = (row: number): number => (wide ? safe(offsets.getBigInt64(row * 8, true)) : offsets.getInt32(row * 4, true));
	return (row) => {
		const from = offset(row);
		const to = offset(row + 1);
		if (from < 0 || to < from || to > data.length) throw new FlatError(`a text of "${field.name}" lies outside its buffer`);
		return data.subarray(from, to);
	};
}

function readTexts(cursor: RecordCursor, field: ArrowField): (string | null)[] {
	const node = cursor.node();
	const validity = readValidity(cursor, node);
	const slice = textSlices(cursor, field, validity, node.length);
	return Array.from({ length: node.length }, (_, row) => (isValid(validity, row) ? decoder.decode(slice(row)) : null));
}

/** Column data between Arrow's buffers and ours. */
type Source = ScalarSource | { readonly kind: 'struct'; readonly length: number; readonly validity: Uint8Array | null; readonly children: readonly Source[] } | ListSource;

interface ScalarSource {
	readonly kind: 'scalar';
	readonly length: number;
	readonly validity: Uint8Array | null;
	/** Writes one value at an offset; a bit into the bitmap that begins there. */
	readonly write: (row: number, at: number, to: Target, toRow: number) => void;
	/** Of integers with 8 bits. */
	readonly byte?: (row: number) => number;
	/** Text scales of a decimal, by row. */
	readonly scales?: (row: number) => number;
}

interface ListSource {
	readonly kind: 'list';
	readonly length: number;
	readonly validity: Uint8Array | null;
	/** Where a row's items begin; they end where the next one's begin. */
	readonly offsets: (row: number) => number;
	readonly item: Source;
}

/** The sources of fields that become columns, with the text scales that stand beside them. */
function combine(fields: readonly ArrowField[], sources: readonly Source[]): Source[] {
	return siblingsOf(fields).map(({ field, scales }) => (scales < 0 ? (sources[field] as Source) : withScales(sources[field] as Source, sources[scales] as Source, fields[scales] as ArrowField)));
}

function withScales(source: Source, scales: Source, field: ArrowField): Source {
	if (scales.length < source.length) throw new FlatError(`the text scales "${field.name}" are fewer than the values`);
	if (source.kind === 'list' && scales.kind === 'list') {
		for (let row = 0; row <= source.length; row++) if (source.offsets(row) !== scales.offsets(row)) throw new FlatError(`the text scales "${field.name}" have other lists than the values`);
		return { ...source, item: withScales(source.item, scales.item, field) };
	}
	if (source.kind !== 'scalar' || scales.kind !== 'scalar' || scales.byte === undefined) throw new FlatError(`the text scales "${field.name}" are no small integers`);
	return { ...source, scales: scales.byte };
}

interface Target {
	readonly view: DataView;
	readonly bytes: Uint8Array;
	readonly table: TableLayout;
	textUsed: number;
}

function readRecord(record: FlatTable, body: Uint8Array, fields: readonly ArrowField[], schema: Parameters<typeof layoutSchema>[0], { dictionaries, enumerations }: Restored): Batch {
	const cursor = recordCursor(record, body);
	let items = 1;
	let textBytes = 0;
	const read = (field: ArrowField): Source => {
		const node = cursor.node();
		const validity = readValidity(cursor, node);
		const { length } = node;
		const { type } = field;
		if (field.dictionary !== null) {
			const { bits, signed } = field.indices ?? { bits: 32, signed: true };
			const indices = viewOf(cursor.buffer(length * (bits / 8)));
			const indexAt = (row: number): number => {
				if (bits === 8) return signed ? indices.getInt8(row) : indices.getUint8(row);
				if (bits === 16) return signed ? indices.getInt16(row * 2, true) : indices.getUint16(row * 2, true);
				if (bits === 32) return signed ? indices.getInt32(row * 4, true) : indices.getUint32(row * 4, true);
				return safe(signed ? indices.getBigInt64(row * 8, true) : indices.getBigUint64(row * 8, true));
			};
			const names = dictionaries.get(field.dictionary) ?? [];
			return {
				kind: 'scalar',
				length,
				validity,
				write(row, at, to) {
					const index = indexAt(row);
					if (index < 0 || index >= names.length) throw new FlatError(`"${field.name}" has the index ${index} in a dictionary of ${names.length}`);
					to.view.setInt32(at, index, true);
				},
			};
		}
		switch (type.kind) {
			case 'struct': {
				if (field.children.length === 0 && length > MOST_EMPTY_STRUCTS) throw new FlatError(`"${field.name}" has ${length} structs without fields`);
				const children = field.children.map(read);
				if (children.some((child) => child.length < length)) throw new FlatError(`a column of "${field.name}" is shorter than the struct`);
				return { kind: 'struct', length, validity, children: combine(field.children, children) };
			}
			case 'list': {
				const raw = viewOf(cursor.buffer(length === 0 ? 0 : (length + 1) * 4));
				const item = read(field.children[0] as ArrowField);
				const offsets = (row: number): number => (length === 0 ? 0 : raw.getInt32(row * 4, true));
				for (let row = 0; row < length; row++) {
					if (offsets(row) < 0 || offsets(row + 1) < offsets(row)) throw new FlatError(`the list "${field.name}" has falling offsets`);
				}
				if (offsets(length) > item.length) throw new FlatError(`the list "${field.name}" has more items than its column`);
				items = Math.max(items, offsets(length));
				return { kind: 'list', length, validity, offsets, item };
			}
			case 'utf8':
			case 'largeUtf8':
			case 'utf8View':
			case 'binary':
			case 'largeBinary':
			case 'binaryView': {
				const slice = textSlices(cursor, field, validity, length);
				for (let row = 0; row < length; row++) {
					if (isValid(validity, row)) {
						const size = slice(row).length;
						if (size > 12) textBytes += size;
					}
				}
				return {
					kind: 'scalar',
					length,
					validity,
					write(row, at, to) {
						const text = slice(row);
						to.view.setInt32(at, text.length, true);
						if (text.length <= 12) {
							to.bytes.set(text, at + 4);
							return;
						}
						to.bytes.set(text.subarray(0, 4), at + 4);
						to.view.setInt32(at + 12, to.textUsed, true);
						to.bytes.set(text, to.table.textOffset + to.textUsed);
						to.textUsed += text.length;
					},
				};
			}
			case 'bool': {
				const bits = cursor.buffer(Math.ceil(length / 8));
				return {
					kind: 'scalar',
					length,
					validity,
					write(row, at, to, toRow) {
						if (isValid(bits, row)) setBit(to.bytes, at, toRow);
					},
				};
			}
			case 'decimal': {
				const width = type.bits / 8;
				const values = viewOf(cursor.buffer(length * width));
				return {
					kind: 'scalar',
					length,
					validity,
					write(row, at, to) {
						const low = values.getBigInt64(row * width, true);
						if (width === 16 && values.getBigInt64(row * width + 8, true) !== low >> 63n) throw new FlatError(`row ${row} of "${field.name}" does not fit a 64-bit decimal`);
						to.view.setBigInt64(at, low, true);
					},
				};
			}
			case 'timestamp': {
				const values = viewOf(cursor.buffer(length * 8));
				const factor = { s: 1000000000n, ms: 1000000n, us: 1000n, ns: 1n }[type.unit];
				return {
					kind: 'scalar',
					length,
					validity,
					write(row, at, to) {
						const nanoseconds = values.getBigInt64(row * 8, true) * factor;
						if (BigInt.asIntN(64, nanoseconds) !== nanoseconds) throw new FlatError(`row ${row} of "${field.name}" is outside 1677 to 2262`);
						to.view.setBigInt64(at, nanoseconds, true);
					},
				};
			}
			case 'float': {
				const values = viewOf(cursor.buffer(length * (type.bits / 8)));
				return { kind: 'scalar', length, validity, write: (row, at, to) => to.view.setFloat64(at, type.bits === 64 ? values.getFloat64(row * 8, true) : values.getFloat32(row * 4, true), true) };
			}
			case 'int': {
				const values = viewOf(cursor.buffer(length * (type.bits / 8)));
				const byte = (row: number): number => (type.signed ? values.getInt8(row) : values.getUint8(row));
				return {
					kind: 'scalar',
					length,
					validity,
					...(type.bits === 8 ? { byte } : {}),
					write(row, at, to) {
						if (type.bits === 64) to.view.setBigInt64(at, values.getBigInt64(row * 8, true), true);
						else if (type.bits === 32) to.view.setInt32(at, values.getInt32(row * 4, true), true);
						else if (type.bits === 16) to.view.setInt32(at, type.signed ? values.getInt16(row * 2, true) : values.getUint16(row * 2, true), true);
						else to.view.setInt32(at, byte(row), true);
					},
				};
			}
		}
	};
	const all = fields.map(read);
	const { rows } = cursor;
	if (rows < 0 || rows > LARGEST_BUFFER || all.some((source) => source.length < rows)) throw new FlatError('a column is shorter than its record batch');
	const sources = combine(fields, all);
	const layout = layoutSchema(schema, { rows: Math.max(rows, 1), items, textBytes: textBytes + 16 });
	const [table] = layout.tables as [TableLayout];
	if (table.size > LARGEST_BATCH) throw new FlatError(`a record batch takes ${table.size} bytes of memory, and at most ${LARGEST_BATCH} are read: write smaller ones`);
	const buffer = new ArrayBuffer(table.size);
	const target: Target = { view: new DataView(buffer), bytes: new Uint8Array(buffer), table, textUsed: 0 };
	const counts = table.spaces.map(() => 0);
	counts[0] = rows;
	// `from`: the source's row of each row, where they differ. `present`: rows whose struct is there; the children of a
	// null one are null, whatever its writer left in them.
	const place = (column: Column, source: Source, length: number, from: Int32Array | null, present: Uint8Array | null): void => {
		const shown = new Uint8Array(Math.ceil(length / 8));
		for (let row = 0; row < length; row++) {
			const fromRow = from === null ? row : (from[row] as number);
			if (!isValid(source.validity, fromRow) || !isValid(present, row)) continue;
			setBit(shown, 0, row);
			if (source.kind !== 'scalar' || column.kind !== 'scalar') continue;
			source.write(fromRow, column.storage === 'bits' ? column.values : column.values + row * STORAGE_WIDTH[column.storage], target, row);
			if (column.textScales >= 0) target.view.setInt8(column.textScales + row, source.scales?.(fromRow) ?? 0);
		}
		if (column.validity >= 0) target.bytes.set(shown, column.validity);
		if (source.kind === 'struct' && column.kind === 'struct') {
			column.children.forEach((child, index) => {
				place(child, source.children[index] as Source, length, from, shown);
			});
		}
		if (source.kind === 'list' && column.kind === 'list') placeList(column, source, length, from, shown);
	};
	/** Null lists may have items in the file; they get none here. */
	const placeList = (column: ListColumn, source: ListSource, length: number, from: Int32Array | null, shown: Uint8Array): void => {
		const picked = new Int32Array(length === 0 ? 0 : source.item.length);
		let count = 0;
		for (let row = 0; row < length; row++) {
			if (isValid(shown, row)) {
				const fromRow = from === null ? row : (from[row] as number);
				for (let item = source.offsets(fromRow); item < source.offsets(fromRow + 1); item++) picked[count++] = item;
			}
			target.view.setInt32(column.values + (row + 1) * 4, count, true);
		}
		counts[column.itemSpace] = count;
		const asTheyAre = count === 0 || picked[count - 1] === count - 1;
		place(column.item, source.item, count, asTheyAre ? null : picked, null);
	};
	table.columns.forEach((column, index) => {
		place(column, sources[index] as Source, rows, null, null);
	});
	table.spaces.forEach((space) => {
		target.view.setUint32(space.counter, counts[space.index] as number, true);
	});
	target.view.setUint32(table.textUsed, target.textUsed, true);
	const readers = layout.symbolTables.map(({ name }) => namesReader(dictionaries.get(enumerations.get(name) ?? Number(name.replace('dictionary ', ''))) ?? []));
	return openBatch({ buffer }, table, 0, readers);
}

function namesReader(names: readonly string[]): SymbolReader {
	return {
		count: names.length,
		name(id) {
			const name = names[id];
			if (name === undefined) throw new RangeError(`tickforge: the dictionary has the ids 0 to ${names.length - 1}, not ${id}`);
			return name;
		},
		id: (name) => names.indexOf(name),
		names: () => names.slice(),
	};
}
