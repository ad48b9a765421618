/**
 * As much of FlatBuffers as Arrow's metadata needs: a builder that writes from the end, and a reader that checks every
 * offset against the buffer. https://flatbuffers.dev/internals/
 */

export interface FlatBuilder {
	/** A UTF-8 string. */
	string(text: string): number;
	/** A vector of tables or strings by their offsets. */
	offsets(items: readonly number[]): number;
	/** A vector of structs of `size` bytes, each aligned to 8. */
	structs(size: number, count: number, write: (view: DataView, at: number, index: number) => void): number;
	longs(values: readonly number[]): number;
	/** A table: its fields by slot; undefined fields keep their default. */
	table(fields: readonly (FlatField | undefined)[]): number;
	finish(root: number): Uint8Array<ArrayBuffer>;
}

export type FlatField = { readonly type: 'byte' | 'bool' | 'short' | 'int' | 'long' | 'offset'; readonly value: number };

const SIZES = { byte: 1, bool: 1, short: 2, int: 4, long: 8, offset: 4 } as const;
const encoder = new TextEncoder();

export function createFlatBuilder(): FlatBuilder {
	let bytes = new Uint8Array(1024);
	let view = new DataView(bytes.buffer);
	let space = bytes.length;
	let largest = 1;
	const prepare = (size: number, more: number): void => {
		largest = Math.max(largest, size);
		const padding = (~(bytes.length - space + more) + 1) & (size - 1);
		while (space < padding + size + more) {
			const grown = new Uint8Array(bytes.length * 2);
			grown.set(bytes, grown.length - bytes.length);
			space += grown.length - bytes.length;
			bytes = grown;
			view = new DataView(bytes.buffer);
		}
		space -= padding;
		bytes.fill(0, space, space + padding);
	};
	const position = (): number => bytes.length - space;
	const add = (type: keyof typeof SIZES, value: number): void => {
		prepare(SIZES[type], 0);
		space -= SIZES[type];
		if (type === 'byte' || type === 'bool') view.setInt8(space, value);
		else if (type === 'short') view.setInt16(space, value, true);
		else if (type === 'int') view.setInt32(space, value, true);
		else if (type === 'long') view.setBigInt64(space, BigInt(value), true);
		else view.setInt32(space, position() - value, true);
	};
	const startVector = (size: number, count: number, alignment: number): void => {
		prepare(4, size * count);
		prepare(alignment, size * count);
	};
	const endVector = (count: number): number => {
		space -= 4;
		view.setInt32(space, count, true);
		return position();
	};
	return {
		string(text) {
			const encoded = encoder.encode(text);
			add('byte', 0);
			startVector(1, encoded.length, 1);
			space -= encoded.length;
			bytes.set(encoded, space);
			return endVector(encoded.length);
		},
		offsets(items) {
			startVector(4, items.length, 4);
			for (let index = items.length - 1; index >= 0; index--) add('offset', items[index] as number);
			return endVector(items.length);
		},
		structs(size, count, write) {
			startVector(size, count, 8);
			for (let index = count - 1; index >= 0; index--) {
				space -= size;
				write(view, space, index);
			}
			return endVector(count);
		},
		longs(values) {
			startVector(8, values.length, 8);
			for (let index = values.length - 1; index >= 0; index--) add('long', values[index] as number);
			return endVector(values.length);
		},
		table(fields) {
			const start = position();
			const at = fields.map(() => 0);
			fields.forEach((field, slot) => {
				if (field === undefined) return;
				add(field.type, field.value);
				at[slot] = position();
			});
			add('int', 0);
			const table = position();
			for (let slot = fields.length - 1; slot >= 0; slot--) add('short', (at[slot] as number) === 0 ? 0 : table - (at[slot] as number));
			add('short', table - start);
			add('short', (fields.length + 2) * 2);
			view.setInt32(bytes.length - table, position() - table, true);
			return table;
		},
		finish(root) {
			prepare(largest, 4);
			add('offset', root);
			return bytes.slice(space);
		},
	};
}

/** Metadata that is not what it should be; readers turn it into an error that names the file's place. */
export class FlatError extends Error {
	override readonly name = 'FlatError';
}

/** A table of a buffer. Every access is checked; absent fields give their default. */
export interface FlatTable {
	int(slot: number, fallback?: number): number;
	short(slot: number, fallback?: number): number;
	byte(slot: number, fallback?: number): number;
	bool(slot: number): boolean;
	/** A 64-bit integer as a number. @throws FlatError where it is not a safe integer */
	long(slot: number): number;
	string(slot: number): string | null;
	table(slot: number): FlatTable | null;
	tables(slot: number): FlatTable[];
	/** Structs of `size` bytes. */
	structs<T>(slot: number, size: number, read: (view: DataView, at: number) => T): T[];
}

const decoder = new TextDecoder();

/** Tables that one message may open: shared children would otherwise be walked again and again, without end. */
const TABLE_LIMIT = 65536;

export function readFlat(bytes: Uint8Array): FlatTable {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const need = (at: number, size: number): number => {
		if (!Number.isInteger(at) || at < 0 || at + size > bytes.length) throw new FlatError('an offset leaves the metadata');
		return at;
	};
	let opened = 0;
	const open = (at: number, depth: number): FlatTable => {
		if (depth > 64) throw new FlatError('metadata is nested more than 64 deep');
		if (++opened > TABLE_LIMIT) throw new FlatError(`metadata has more than ${TABLE_LIMIT} tables`);
		need(at, 4);
		const vtable = need(at - view.getInt32(at, true), 4);
		const vtableSize = view.getUint16(vtable, true);
		need(vtable, vtableSize);
		const field = (slot: number, size: number): number => {
			const entry = 4 + slot * 2;
			if (entry + 2 > vtableSize) return 0;
			const offset = view.getUint16(vtable + entry, true);
			return offset === 0 ? 0 : need(at + offset, size);
		};
		const follow = (slot: number): number => {
			const place = field(slot, 4);
			return place === 0 ? 0 : need(place + view.getUint32(place, true), 4);
		};
		const vector = (slot: number, size: number): { at: number; count: number } => {
			const place = follow(slot);
			if (place === 0) return { at: 0, count: 0 };
			const count = view.getUint32(place, true);
			need(place + 4, count * size);
			return { at: place + 4, count };
		};
		const table: FlatTable = {
			int: (slot, fallback = 0) => (field(slot, 4) === 0 ? fallback : view.getInt32(field(slot, 4), true)),
			short: (slot, fallback = 0) => (field(slot, 2) === 0 ? fallback : view.getInt16(field(slot, 2), true)),
			byte: (slot, fallback = 0) => (field(slot, 1) === 0 ? fallback : view.getInt8(field(slot, 1))),
			bool: (slot) => field(slot, 1) !== 0 && view.getInt8(field(slot, 1)) !== 0,
			long(slot) {
				const place = field(slot, 8);
				if (place === 0) return 0;
				return safe(view.getBigInt64(place, true));
			},
			string(slot) {
				const { at: from, count } = vector(slot, 1);
				return from === 0 ? null : decoder.decode(bytes.subarray(from, from + count));
			},
			table(slot) {
				const place = follow(slot);
				return place === 0 ? null : open(place, depth + 1);
			},
			tables(slot) {
				const { at: from, count } = vector(slot, 4);
				return Array.from({ length: count }, (_, index) => {
					const place = from + index * 4;
					return open(need(place + view.getUint32(place, true), 4), depth + 1);
				});
			},
			structs(slot, size, read) {
				const { at: from, count } = vector(slot, size);
				return Array.from({ length: count }, (_, index) => read(view, from + index * size));
			},
		};
		return table;
	};
	need(0, 4);
	return open(view.getUint32(0, true), 0);
}

export function safe(value: bigint): number {
	const number = Number(value);
	if (!Number.isSafeInteger(number)) throw new FlatError(`the length or offset ${value} is out of range`);
	return number;
}
