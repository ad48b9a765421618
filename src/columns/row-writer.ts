/**
 * Plain rows into batches: for tests, simulators and data that does not come from a parser. Writes what parsers write
 * (nulls are zero all the way down, `docs/json.md`), slowly.
 */
import type { Column, ScalarColumn, SchemaLayout, TableLayout } from '../compiler/batch-layout.ts';
import { STORAGE_WIDTH } from '../compiler/batch-layout.ts';
import type { SymbolReader } from '../symbols/index.ts';
import { type Batch, openBatch } from './batch.ts';
import type { BatchMemory } from './columns.ts';

/** A value to write. Decimals are mantissas (bigint), or texts like `1.50`, which set the text scale, too. Missing is null. */
export type CellInput = null | undefined | bigint | number | boolean | string | Uint8Array | readonly CellInput[] | { readonly [name: string]: CellInput };
export type RowInput = { readonly [name: string]: CellInput };

/** Gives a name its id. */
export interface SymbolInterner {
	intern(name: string): number;
}

/** Names and ids on the JavaScript heap. */
export type NameTable = SymbolReader & SymbolInterner;

/** @param known get the ids 0, 1, 2, … */
export function createNameTable(known: Iterable<string> = []): NameTable {
	const names: string[] = [];
	const ids = new Map<string, number>();
	const intern = (name: string): number => {
		const id = ids.get(name) ?? names.length;
		if (id === names.length) {
			names.push(name);
			ids.set(name, id);
		}
		return id;
	};
	for (const name of known) intern(name);
	return {
		intern,
		get count() {
			return names.length;
		},
		name(id) {
			const name = names[id];
			if (name === undefined) throw new RangeError(`tickforge: the symbol table has the ids 0 to ${names.length - 1}, not ${id}`);
			return name;
		},
		id: (name) => ids.get(name) ?? -1,
		names: () => names.slice(),
	};
}

export interface RowWriter {
	/** False, with nothing changed but new names, where the batch has no room for it. @throws TypeError where a value does not fit its column */
	append(row: RowInput): boolean;
	/** Rows in the batch. */
	readonly rows: number;
	/** Empties the batch. */
	clear(): void;
}

const encoder = new TextEncoder();

/** @param address of a batch that has been cleared or is in use; new rows go behind those it has */
export function createRowWriter(memory: BatchMemory, layout: TableLayout, address: number, names: readonly SymbolInterner[]): RowWriter {
	let view = new DataView(memory.buffer);
	const counter = (space: number): number => address + (layout.spaces[space]?.counter as number);
	// Rows are written past the counters, which are raised when the whole row is there.
	const pending = layout.spaces.map(() => 0);
	let pendingText = 0;
	let full = false;
	const setBit = (offset: number, row: number, bit: boolean): void => {
		const at = address + offset + (row >>> 3);
		const mask = 1 << (row & 7);
		view.setUint8(at, bit ? view.getUint8(at) | mask : view.getUint8(at) & ~mask);
	};
	const wrong = (path: string, wants: string, value: CellInput): TypeError => new TypeError(`tickforge: "${path}" is ${wants}, not ${show(value)}`);

	const writeScalar = (column: ScalarColumn, row: number, value: CellInput, path: string): void => {
		const { type, storage } = column;
		if (storage === 'bits') {
			if (value !== null && typeof value !== 'boolean') throw wrong(path, 'a flag', value);
			setBit(column.values, row, value === true);
			return;
		}
		const at = address + column.values + row * STORAGE_WIDTH[storage];
		if (column.textScales >= 0) view.setInt8(address + column.textScales + row, 0);
		if (value === null) {
			for (let byte = 0; byte < STORAGE_WIDTH[storage]; byte++) view.setUint8(at + byte, 0);
			return;
		}
		switch (type.kind) {
			case 'integer':
			case 'timestamp':
			case 'decimal': {
				let integer: bigint;
				if (typeof value === 'bigint') integer = value;
				else if (typeof value === 'number' && Number.isSafeInteger(value) && type.kind === 'integer') integer = BigInt(value);
				else if (typeof value === 'string' && type.kind === 'decimal') {
					const mantissa = decimalMantissa(value, type.scale);
					if (mantissa === null) throw wrong(path, `a decimal of scale ${type.scale}`, value);
					integer = mantissa;
				} else throw wrong(path, type.kind === 'timestamp' ? 'a timestamp (bigint of nanoseconds)' : type.kind === 'decimal' ? 'a decimal (bigint mantissa or text)' : 'an integer', value);
				const bits = type.kind === 'integer' ? type.bits : 64;
				const signed = type.kind !== 'integer' || type.signed;
				if ((signed ? BigInt.asIntN(bits, integer) : BigInt.asUintN(bits, integer)) !== integer) throw wrong(path, `${signed ? 'a signed' : 'an unsigned'} integer of ${bits} bits`, value);
				if (bits === 64) view.setBigInt64(at, integer, true);
				else view.setInt32(at, Number(integer), true);
				if (column.textScales >= 0 && type.kind === 'decimal') {
					const digits = typeof value === 'string' ? (value.split('.')[1]?.length ?? 0) : type.scale;
					view.setInt8(address + column.textScales + row, digits > 127 ? -1 : digits);
				}
				return;
			}
			case 'float':
				if (typeof value !== 'number') throw wrong(path, 'a float', value);
				view.setFloat64(at, value, true);
				return;
			case 'symbol':
			case 'enumeration':
				if (typeof value !== 'string') throw wrong(path, type.kind === 'symbol' ? 'a symbol' : 'an enumeration', value);
				view.setUint32(at, (names[column.symbolTable] as SymbolInterner).intern(value), true);
				return;
			case 'text': {
				if (typeof value !== 'string') throw wrong(path, 'a text', value);
				writeText(at, encoder.encode(value));
				return;
			}
			case 'bytes':
				if (!(value instanceof Uint8Array)) throw wrong(path, 'bytes (a Uint8Array)', value);
				writeText(at, value);
				return;
			case 'flag':
				throw new Error('flags are bits');
		}
	};
	const writeText = (at: number, bytes: Uint8Array): void => {
		const target = new Uint8Array(memory.buffer);
		target.fill(0, at, at + 16);
		view.setInt32(at, bytes.length, true);
		if (bytes.length <= 12) {
			target.set(bytes, at + 4);
			return;
		}
		if (pendingText + bytes.length > layout.textCapacity) {
			full = true;
			return;
		}
		target.set(bytes.subarray(0, 4), at + 4);
		view.setInt32(at + 12, pendingText, true);
		target.set(bytes, address + layout.textOffset + pendingText);
		pendingText += bytes.length;
	};
	const write = (column: Column, row: number, input: CellInput, path: string): void => {
		const value = input ?? null;
		if (value === null && column.validity < 0) throw wrong(path, 'not nullable', null);
		if (column.validity >= 0) setBit(column.validity, row, value !== null);
		switch (column.kind) {
			case 'scalar':
				writeScalar(column, row, value, path);
				return;
			case 'struct':
				if (value !== null && (typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)) throw wrong(path, 'an object', value);
				for (const child of column.children) write(child, row, (value as RowInput | null)?.[child.name] ?? null, `${path}.${child.name}`);
				return;
			case 'list': {
				if (value !== null && !Array.isArray(value)) throw wrong(path, 'a list', value);
				const items = (value ?? []) as readonly CellInput[];
				if (row === 0) view.setInt32(address + column.values, 0, true);
				for (const [index, item] of items.entries()) {
					const at = pending[column.itemSpace] as number;
					if (at >= (layout.spaces[column.itemSpace]?.capacity as number)) {
						full = true;
						return;
					}
					pending[column.itemSpace] = at + 1;
					write(column.item, at, item, `${path}[${index}]`);
					if (full) return;
				}
				view.setInt32(address + column.values + (row + 1) * 4, pending[column.itemSpace] as number, true);
			}
		}
	};
	return {
		get rows() {
			return new DataView(memory.buffer).getUint32(counter(0), true);
		},
		append(input) {
			view = new DataView(memory.buffer);
			layout.spaces.forEach((space) => {
				pending[space.index] = view.getUint32(counter(space.index), true);
			});
			pendingText = view.getUint32(address + layout.textUsed, true);
			const row = pending[0] as number;
			full = row >= (layout.spaces[0]?.capacity as number);
			for (const column of layout.columns) {
				if (full) return false;
				write(column, row, input[column.name], column.name);
			}
			if (full) return false;
			if (layout.received >= 0) {
				const time = input.received ?? 0n;
				if (typeof time !== 'bigint') throw wrong('received', 'a timestamp (bigint of nanoseconds)', time);
				view.setBigInt64(address + layout.received + row * 8, time, true);
			}
			pending[0] = row + 1;
			layout.spaces.forEach((space) => {
				view.setUint32(counter(space.index), pending[space.index] as number, true);
			});
			view.setUint32(address + layout.textUsed, pendingText, true);
			return true;
		},
		clear() {
			new Uint8Array(memory.buffer).fill(0, address, address + layout.textUsed + 4);
		},
	};
}

/**
 * Rows as a batch in memory of its own.
 *
 * @param table its name; may be left out where the schema has one table
 * @param names symbol tables to go on with; default: new ones
 * @throws RangeError where they do not all fit a batch of the layout
 */
export function batchFromRows(layout: SchemaLayout, rows: Iterable<RowInput>, table?: string, names: readonly NameTable[] = layout.symbolTables.map(({ values }) => createNameTable(values))): Batch {
	const found = table === undefined && layout.tables.length === 1 ? layout.tables[0] : layout.tables.find(({ name }) => name === table);
	if (found === undefined) throw new Error(`tickforge: the schema has no table "${table ?? '?'}"; there are: ${layout.tables.map(({ name }) => name).join(', ')}`);
	const memory = { buffer: new ArrayBuffer(found.size) };
	const writer = createRowWriter(memory, found, 0, names);
	for (const row of rows) {
		if (!writer.append(row)) throw new RangeError(`tickforge: row ${writer.rows} does not fit a batch of ${found.spaces[0]?.capacity} rows; raise rows, items or textBytes of the layout`);
	}
	return openBatch(memory, found, 0, names);
}

/** The mantissa of a plain decimal text (`-1.50`), or null where it is none or has more digits than the scale holds. */
function decimalMantissa(text: string, scale: number): bigint | null {
	const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
	if (parts === null) return null;
	const [, sign, whole = '', fraction = ''] = parts;
	if (/[1-9]/.test(fraction.slice(scale))) return null;
	const magnitude = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
	return sign === '-' ? -magnitude : magnitude;
}

function show(value: CellInput): string {
	if (value === null || value === undefined) return 'null';
	if (value instanceof Uint8Array) return `${value.length} bytes`;
	if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
	return `${typeof value === 'string' ? JSON.stringify(value) : String(value)} (${typeof value})`;
}
