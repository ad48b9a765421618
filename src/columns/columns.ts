/**
 * Columns of a batch: accessors over memory that read one value of one row and allocate nothing (except where they
 * say so). They belong to a batch reader and follow it from batch to batch; after the batch's release every access
 * throws {@link StaleViewError}.
 *
 * 64-bit integers are read as two 32-bit halves, never through BigInt, unless `bigint` is asked for. An engine may box
 * a double that a function returns where it does not inline the call (very large loops); `…Into` reads a whole column
 * without that.
 */
import type { Column, ListColumn, ScalarColumn, StructColumn } from '../compiler/batch-layout.ts';
import type { SymbolReader } from '../symbols/index.ts';

/** The batch was released, and its memory may hold another batch by now. */
export class StaleViewError extends Error {
	override readonly name = 'StaleViewError';
}

/** Memory with batches in it: a `WebAssembly.Memory`, or a buffer of one's own. */
export interface BatchMemory {
	readonly buffer: ArrayBuffer | SharedArrayBuffer;
}

/** Where the columns of one reader point to now. */
export interface Place {
	readonly memory: BatchMemory;
	readonly table: string;
	buffer: ArrayBuffer | SharedArrayBuffer;
	u8: Uint8Array;
	u32: Uint32Array;
	i32: Int32Array;
	f64: Float64Array;
	/** Address of the batch; -1 after its release. */
	address: number;
	/** Rows in each row space. */
	counts: Uint32Array;
	textAt: number;
}

/** The place, if its batch is alive; views are renewed when the memory has grown. */
export function live(place: Place): Place {
	if (place.address < 0) throw stale(place.table);
	// A memory that grew detaches its old buffer, whose views then have no length; asking memory.buffer costs a call of
	// 29 ns. A shared memory's old buffer stays, and this batch lies within it.
	if (place.u8.length === 0) renew(place);
	return place;
}

// Apart from their callers, which the engine then finds small enough to inline.
function stale(table: string): StaleViewError {
	return new StaleViewError(`tickforge: this batch of "${table}" was released; read it before, retain() it, or keep a copy()`);
}

export function renew(place: Place): void {
	const { buffer } = place.memory;
	place.buffer = buffer;
	place.u8 = new Uint8Array(buffer);
	place.u32 = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
	place.i32 = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
	place.f64 = new Float64Array(buffer, 0, buffer.byteLength >>> 3);
}

interface ColumnBase {
	readonly name: string;
	/** Rows; for the items of a list, all items of all rows. */
	readonly length: number;
	isNull(row: number): boolean;
}
interface Integer64 extends ColumnBase {
	/** The integer as a number. @throws RangeError where it is beyond 2^53 and would be rounded */
	number(row: number): number;
	/** Upper 32 bits, signed (for unsigned columns: unsigned). */
	high(row: number): number;
	/** Lower 32 bits, unsigned. */
	low(row: number): number;
	/** Allocates. */
	bigint(row: number): bigint;
	/** All values, a view that must not outlive the batch: it cannot be revoked. */
	values(): BigInt64Array | BigUint64Array;
}
export interface IntegerColumn extends Integer64 {
	readonly kind: 'integer';
}
export interface Integer32Column extends ColumnBase {
	readonly kind: 'integer32';
	number(row: number): number;
	values(): Int32Array | Uint32Array;
}
/** `number`, `bigint` and the halves are the mantissa: the decimal times 10^scale. */
export interface DecimalColumn extends Integer64 {
	readonly kind: 'decimal';
	readonly scale: number;
	/** The nearest double, where the mantissa is within 2^53 (else within one unit in the last place). */
	scaled(row: number): number;
	/** All rows' `scaled` values to an array of at least `length`: for loops too big for the engine to keep doubles unboxed. */
	scaledInto(target: Float64Array): void;
	/** Exact decimal text with `scale` digits after the point. Allocates. */
	text(row: number): string;
	/** Digits after the point as the venue wrote them, -1 with exponent notation; undefined where the schema does not keep them. */
	textScale(row: number): number | undefined;
	/** The text as the venue wrote it (leading sign, no exponent), for checksums; `text` where scales are not kept. Allocates. */
	originalText(row: number): string;
}
/** Nanoseconds since 1970-01-01T00:00:00Z. */
export interface TimestampColumn extends Integer64 {
	readonly kind: 'timestamp';
	/** Milliseconds, with the fraction that a double holds. */
	milliseconds(row: number): number;
	/** All rows' `milliseconds` to an array of at least `length`. */
	millisecondsInto(target: Float64Array): void;
	/** RFC 3339 with nine digits of fraction. Allocates. */
	iso(row: number): string;
}
export interface FloatColumn extends ColumnBase {
	readonly kind: 'float';
	number(row: number): number;
	values(): Float64Array;
}
export interface FlagColumn extends ColumnBase {
	readonly kind: 'flag';
	/** False for null. */
	value(row: number): boolean;
}
interface NamedColumn extends ColumnBase {
	id(row: number): number;
	/** The name; decoded once for each id. Empty for null. */
	text(row: number): string;
	values(): Uint32Array;
	readonly symbols: SymbolReader;
}
export interface SymbolColumn extends NamedColumn {
	readonly kind: 'symbol';
}
export interface EnumerationColumn extends NamedColumn {
	readonly kind: 'enumeration';
}
export interface TextColumn extends ColumnBase {
	readonly kind: 'text';
	byteLength(row: number): number;
	/** A view of the UTF-8 bytes; must not outlive the batch. */
	bytes(row: number): Uint8Array;
	/** Allocates. */
	text(row: number): string;
}
export interface BytesColumn extends ColumnBase {
	readonly kind: 'bytes';
	byteLength(row: number): number;
	/** A view of the bytes; must not outlive the batch. */
	bytes(row: number): Uint8Array;
	/** The bytes in memory of their own. Allocates. */
	copy(row: number): Uint8Array;
	/** Two digits a byte, `00ff`. Allocates. */
	hex(row: number): string;
}
export interface StructView extends ColumnBase {
	readonly kind: 'struct';
	readonly children: readonly ColumnView[];
	column(name: string): ColumnView;
}
export interface ListView extends ColumnBase {
	readonly kind: 'list';
	/** The row's items are start(row) to end(row) - 1 of `items`. */
	start(row: number): number;
	end(row: number): number;
	count(row: number): number;
	readonly items: ColumnView;
	offsets(): Int32Array;
}
export type ColumnView = IntegerColumn | Integer32Column | DecimalColumn | TimestampColumn | FloatColumn | FlagColumn | SymbolColumn | EnumerationColumn | TextColumn | BytesColumn | StructView | ListView;

const TWO_32 = 4294967296;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The column of a struct or batch by its path; lists are passed through to their items: `bids.price`. */
export function columnAt(columns: readonly ColumnView[], path: string, where: string): ColumnView {
	let among = columns;
	let found: ColumnView | undefined;
	for (const name of path.split('.')) {
		found = among.find((column) => column.name === name);
		if (found === undefined) throw new Error(`tickforge: ${where} has no column "${path}"; there are: ${among.map((column) => column.name).join(', ') || 'none'}`);
		let inner: ColumnView = found;
		while (inner.kind === 'list') inner = inner.items;
		among = inner.kind === 'struct' ? inner.children : [];
	}
	return found as ColumnView;
}

function noRow(name: string, rows: number, row: number): RangeError {
	return new RangeError(`tickforge: the column "${name}" has ${rows} rows, no row ${row}`);
}

export function createColumn(place: Place, column: Column, symbols: readonly SymbolReader[]): ColumnView {
	const rowIn = (row: number): Place => {
		const here = live(place);
		if (row >>> 0 !== row || row >= (here.counts[column.space] as number)) throw noRow(column.name, here.counts[column.space] as number, row);
		return here;
	};
	const base = {
		name: column.name,
		get length(): number {
			return live(place).counts[column.space] as number;
		},
		isNull(row: number): boolean {
			const here = rowIn(row);
			if (column.validity < 0) return false;
			return (((here.u8[here.address + column.validity + (row >>> 3)] as number) >>> (row & 7)) & 1) === 0;
		},
	};
	switch (column.kind) {
		case 'struct':
			return createStruct(place, column, symbols, base);
		case 'list':
			return createList(place, column, symbols, base, rowIn);
		case 'scalar':
			return createScalar(place, column, symbols, base, rowIn);
	}
}

type Base = ColumnBase;
type RowIn = (row: number) => Place;

/** Adds to the base without losing its getter. */
function extend<B extends object, T extends object>(base: B, more: T): B & T {
	return Object.defineProperties({} as B & T, { ...Object.getOwnPropertyDescriptors(base), ...Object.getOwnPropertyDescriptors(more) });
}

function createStruct(place: Place, column: StructColumn, symbols: readonly SymbolReader[], base: Base): StructView {
	const children = column.children.map((child) => createColumn(place, child, symbols));
	return extend(base, { kind: 'struct' as const, children, column: (name: string) => columnAt(children, name, `the struct "${column.name}"`) });
}

function createList(place: Place, column: ListColumn, symbols: readonly SymbolReader[], base: Base, rowIn: RowIn): ListView {
	const offset = (here: Place, row: number): number => here.i32[((here.address + column.values) >>> 2) + row] as number;
	return extend(base, {
		kind: 'list' as const,
		items: createColumn(place, column.item, symbols),
		start: (row: number) => offset(rowIn(row), row),
		end: (row: number) => offset(rowIn(row), row + 1),
		count(row: number) {
			const here = rowIn(row);
			return offset(here, row + 1) - offset(here, row);
		},
		offsets() {
			const here = live(place);
			return here.i32.subarray((here.address + column.values) >>> 2, ((here.address + column.values) >>> 2) + (here.counts[column.space] as number) + 1);
		},
	});
}

function createScalar(place: Place, column: ScalarColumn, symbols: readonly SymbolReader[], base: Base, rowIn: RowIn): ColumnView {
	const { type } = column;
	const words = (here: Place, row: number): number => ((here.address + column.values) >>> 2) + row;
	const count = (): number => live(place).counts[column.space] as number;
	switch (type.kind) {
		case 'float':
			return extend(base, {
				kind: 'float' as const,
				number(row: number) {
					const here = rowIn(row);
					return here.f64[((here.address + column.values) >>> 3) + row] as number;
				},
				values() {
					const here = live(place);
					return here.f64.subarray((here.address + column.values) >>> 3, ((here.address + column.values) >>> 3) + count());
				},
			});
		case 'flag':
			return extend(base, {
				kind: 'flag' as const,
				value(row: number) {
					const here = rowIn(row);
					return (((here.u8[here.address + column.values + (row >>> 3)] as number) >>> (row & 7)) & 1) === 1;
				},
			});
		case 'symbol':
		case 'enumeration': {
			const reader = symbols[column.symbolTable] as SymbolReader;
			return extend(base, {
				kind: type.kind as 'symbol',
				symbols: reader,
				id(row: number) {
					const here = rowIn(row);
					return here.u32[words(here, row)] as number;
				},
				text(row: number) {
					const here = rowIn(row);
					return base.isNull(row) ? '' : reader.name(here.u32[words(here, row)] as number);
				},
				values() {
					const here = live(place);
					return here.u32.subarray(words(here, 0), words(here, 0) + count());
				},
			});
		}
		case 'text': {
			const heap = heapBytes(column, rowIn);
			// Decoders refuse shared memory; a copy of these few bytes is what decoding makes anyway.
			return extend(base, { kind: 'text' as const, ...heap, text: (row: number) => decoder.decode(heap.bytes(row).slice()) });
		}
		case 'bytes': {
			const heap = heapBytes(column, rowIn);
			return extend(base, { kind: 'bytes' as const, ...heap, copy: (row: number) => Uint8Array.from(heap.bytes(row)), hex: (row: number) => hexText(heap.bytes(row)) });
		}
		case 'integer':
			if (type.bits === 32) {
				const array = (here: Place): Int32Array | Uint32Array => (type.signed ? here.i32 : here.u32);
				return extend(base, {
					kind: 'integer32' as const,
					number(row: number) {
						const here = rowIn(row);
						return array(here)[words(here, row)] as number;
					},
					values() {
						const here = live(place);
						return array(here).subarray(words(here, 0), words(here, 0) + count());
					},
				});
			}
			return extend(integer64(place, column, base, rowIn, type.signed), { kind: 'integer' as const });
		case 'timestamp': {
			const integer = integer64(place, column, base, rowIn, true);
			return extend(integer, {
				kind: 'timestamp' as const,
				milliseconds(row: number) {
					// The upper half counts 2^32 ns = 4294.967296 ms.
					return integer.high(row) * 4294.967296 + integer.low(row) / 1e6;
				},
				millisecondsInto(target: Float64Array) {
					const here = live(place);
					const from = words(here, 0);
					const rows = here.counts[column.space] as number;
					for (let row = 0; row < rows; row++) target[row] = (here.i32[from + row * 2 + 1] as number) * 4294.967296 + (here.u32[from + row * 2] as number) / 1e6;
				},
				iso: (row: number) => isoText(integer.bigint(row)),
			});
		}
		case 'decimal': {
			const integer = integer64(place, column, base, rowIn, true);
			const unit = 10 ** type.scale;
			const textScale = (row: number): number | undefined => {
				const here = rowIn(row);
				return column.textScales < 0 ? undefined : ((here.u8[here.address + column.textScales + row] as number) << 24) >> 24;
			};
			return extend(integer, {
				kind: 'decimal' as const,
				scale: type.scale,
				scaled(row: number) {
					const here = rowIn(row);
					const at = ((here.address + column.values) >>> 2) + row * 2;
					return ((here.i32[at + 1] as number) * TWO_32 + (here.u32[at] as number)) / unit;
				},
				scaledInto(target: Float64Array) {
					const here = live(place);
					const from = words(here, 0);
					const rows = here.counts[column.space] as number;
					for (let row = 0; row < rows; row++) target[row] = ((here.i32[from + row * 2 + 1] as number) * TWO_32 + (here.u32[from + row * 2] as number)) / unit;
				},
				text: (row: number) => decimalText(integer.bigint(row), type.scale, type.scale),
				textScale,
				originalText(row: number) {
					const digits = textScale(row);
					return decimalText(integer.bigint(row), type.scale, digits === undefined || digits < 0 ? type.scale : digits);
				},
			});
		}
	}
}

/** Bytes of views (compiler/batch-layout.ts): within the view up to 12, else in the batch's heap. */
function heapBytes(column: ScalarColumn, rowIn: RowIn): Pick<TextColumn, 'byteLength' | 'bytes'> {
	const view = (here: Place, row: number): number => ((here.address + column.values) >>> 2) + row * 4;
	return {
		byteLength(row) {
			const here = rowIn(row);
			return here.i32[view(here, row)] as number;
		},
		bytes(row) {
			const here = rowIn(row);
			const at = view(here, row);
			const length = here.i32[at] as number;
			const from = length <= 12 ? at * 4 + 4 : here.address + here.textAt + (here.i32[at + 3] as number);
			return here.u8.subarray(from, from + length);
		},
	};
}

export function hexText(bytes: Uint8Array): string {
	let text = '';
	for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
	return text;
}

function integer64(place: Place, column: ScalarColumn, base: Base, rowIn: RowIn, signed: boolean): Base & Omit<Integer64, keyof Base> {
	const at = (here: Place, row: number): number => ((here.address + column.values) >>> 2) + row * 2;
	const high = (row: number): number => {
		const here = rowIn(row);
		return (signed ? here.i32 : here.u32)[at(here, row) + 1] as number;
	};
	const low = (row: number): number => {
		const here = rowIn(row);
		return here.u32[at(here, row)] as number;
	};
	return extend(base, {
		high,
		low,
		number(row: number) {
			const value = high(row) * TWO_32 + low(row);
			if (!Number.isSafeInteger(value)) throw new RangeError(`tickforge: row ${row} of "${column.name}" holds ${(BigInt(high(row)) << 32n) + BigInt(low(row))}, which a number would round; use scaled(), high() and low(), or bigint()`);
			return value;
		},
		bigint: (row: number) => (BigInt(high(row)) << 32n) + BigInt(low(row)),
		values() {
			const here = live(place);
			const rows = here.counts[column.space] as number;
			return signed ? new BigInt64Array(here.buffer, here.address + column.values, rows) : new BigUint64Array(here.buffer, here.address + column.values, rows);
		},
	});
}

/** `mantissa / 10^scale` with `digits` digits after the point; digits beyond the scale are zeros, cut ones must be. */
export function decimalText(mantissa: bigint, scale: number, digits: number): string {
	const magnitude = (mantissa < 0n ? -mantissa : mantissa).toString().padStart(scale + 1, '0');
	const whole = magnitude.slice(0, magnitude.length - scale);
	const fraction = magnitude
		.slice(magnitude.length - scale)
		.padEnd(digits, '0')
		.slice(0, digits);
	return `${mantissa < 0n ? '-' : ''}${whole}${digits > 0 ? `.${fraction}` : ''}`;
}

/** Nanoseconds since the epoch as RFC 3339. */
export function isoText(nanoseconds: bigint): string {
	const seconds = nanoseconds >= 0n ? nanoseconds / 1000000000n : -((-nanoseconds + 999999999n) / 1000000000n);
	const fraction = nanoseconds - seconds * 1000000000n;
	return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction.toString().padStart(9, '0')}Z`;
}
