/**
 * A small world around a parser of any tier: memory with a context, batches, symbol tables, error records and
 * descriptors in it; rows read back as plain objects; and two worlds compared byte for byte.
 */
import { type Column, type LayoutOptions, layoutSchema, type ScalarColumn, type SchemaLayout, STORAGE_WIDTH, type TableLayout } from '../../../src/compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR, ERROR_CATEGORIES, ERROR_RECORD, type ErrorCategory, type ParseFunction, READ_BEYOND, STOP } from '../../../src/compiler/parser-abi.ts';
import type { Schema } from '../../../src/schema/model.ts';
import { readSymbols, writeSymbolTable } from './symbol-tables.ts';

export interface WorldOptions extends LayoutOptions {
	/** Error records that fit. Default 1024. */
	readonly errorLimit?: number;
	/** Default 64 KiB. */
	readonly scratchSize?: number;
	/** Symbols that each table holds. Default 4096. */
	readonly symbols?: number;
	/** Used again from its start (grown where too small); its old bytes are overwritten. Default: a new one. */
	readonly memory?: WebAssembly.Memory;
	/** What unused memory is filled with, so that a byte that a parser forgets to write shows. Default 0xA5. */
	readonly filler?: number;
	/** Messages lie at the very end of the memory, so that a load beyond what is allowed traps. */
	readonly tight?: boolean;
	/** The bytes after each message, repeated: a parser may read but must not heed them. Default `0"]}`. */
	readonly beyond?: string | Uint8Array;
}

/** Builds a tier's parser over a world's memory; `allocate` gives it memory of its own there. */
export type ParserFactory = (layout: SchemaLayout, memory: WebAssembly.Memory, allocate: (bytes: number) => number) => ParseFunction;

/** A row as a plain object: i64 as bigint, symbols, enumerations and texts as strings, bytes as they are; text scales as `name$scale`. */
export type Row = { [column: string]: Cell };
export type Cell = null | bigint | number | boolean | string | Uint8Array | Cell[] | Row;

export interface Refused {
	readonly category: ErrorCategory;
	readonly offset: number;
	readonly sequence: number;
	readonly start: number;
	readonly length: number;
	/** -1 where none was selected. */
	readonly variant: number;
}

export type Stop = keyof typeof STOP;

const encoder = new TextEncoder();
const align = (offset: number, to: number): number => Math.ceil(offset / to) * to;
const PAGE = 65536;

export function toBytes(message: string | Uint8Array): Uint8Array {
	return typeof message === 'string' ? encoder.encode(message) : message;
}

export class World {
	readonly layout: SchemaLayout;
	readonly memory: WebAssembly.Memory;
	readonly context: number;
	/** Addresses, one a table. */
	readonly batches: readonly number[];
	readonly symbolTables: readonly number[];
	private readonly errors: number;
	private free: number;
	private readonly filler: number;
	private readonly beyond: Uint8Array;
	private readonly tight: boolean;

	constructor(layout: SchemaLayout, options: WorldOptions = {}) {
		const errorLimit = options.errorLimit ?? 1024;
		const scratchSize = options.scratchSize ?? 65536;
		const symbols = options.symbols ?? 4096;
		this.layout = layout;
		this.tight = options.tight ?? false;
		this.memory = options.memory ?? new WebAssembly.Memory({ initial: 1, maximum: 1024 });
		this.filler = options.filler ?? 0xa5;
		this.beyond = toBytes(options.beyond ?? '0"]}');
		// Nothing lies at address 0.
		let next = 64;
		const place = (bytes: number): number => {
			const at = next;
			next = align(at + bytes, 64);
			this.reserve(next);
			new Uint8Array(this.memory.buffer, at, next - at).fill(this.filler);
			return at;
		};
		this.context = place(CONTEXT.variants + layout.schema.variants.length * CONTEXT.variantSize);
		this.errors = place(errorLimit * ERROR_RECORD.size);
		const scratch = place(scratchSize + READ_BEYOND);
		const addresses = place(layout.symbolTables.length * 4);
		this.symbolTables = layout.symbolTables.map(({ values }) => writeSymbolTable(this.memory, values, symbols, place));
		this.batches = layout.tables.map((table) => place(table.size));
		this.free = place(READ_BEYOND);
		const view = this.view();
		new Uint8Array(this.memory.buffer, this.context, CONTEXT.variants + layout.schema.variants.length * CONTEXT.variantSize).fill(0);
		view.setUint32(this.context + CONTEXT.errorLimit, errorLimit, true);
		view.setUint32(this.context + CONTEXT.errors, this.errors, true);
		view.setUint32(this.context + CONTEXT.scratch, scratch, true);
		view.setUint32(this.context + CONTEXT.scratchSize, scratchSize, true);
		view.setUint32(this.context + CONTEXT.symbolTables, addresses, true);
		this.symbolTables.forEach((address, index) => {
			view.setUint32(addresses + index * 4, address, true);
		});
		layout.tables.forEach((table, index) => {
			view.setUint32(this.context + CONTEXT.variants + table.variant * CONTEXT.variantSize + CONTEXT.variantBatch, this.batches[index] as number, true);
			this.clearTable(index);
		});
	}

	/** Memory that messages do not use. */
	allocate(bytes: number): number {
		const at = align(this.free, 64);
		this.free = at + bytes;
		this.reserve(this.free);
		return at;
	}

	/** A tier's parser over this world. */
	link(create: ParserFactory): ParseFunction {
		return create(this.layout, this.memory, (bytes) => this.allocate(bytes));
	}

	/** Calls the parser once with these messages. */
	parse(parser: ParseFunction, messages: readonly Uint8Array[], received?: (index: number) => bigint): number {
		const descriptors = align(this.free, 64);
		let first = align(descriptors + messages.length * DESCRIPTOR.size, 64);
		const size = messages.reduce((sum, message) => sum + message.length + this.beyond.length, READ_BEYOND);
		this.reserve(first + size);
		if (this.tight) first = this.memory.buffer.byteLength - size;
		const view = this.view();
		const bytes = new Uint8Array(this.memory.buffer);
		let at = first;
		messages.forEach((message, index) => {
			bytes.set(message, at);
			view.setUint32(descriptors + index * DESCRIPTOR.size + DESCRIPTOR.offset, at, true);
			view.setUint32(descriptors + index * DESCRIPTOR.size + DESCRIPTOR.length, message.length, true);
			view.setBigInt64(descriptors + index * DESCRIPTOR.size + DESCRIPTOR.received, received === undefined ? 0n : received(index), true);
			at += message.length;
			bytes.set(this.beyond, at);
			at += this.beyond.length;
		});
		for (let pad = 0; pad < READ_BEYOND; pad++) bytes[at + pad] = this.beyond[pad % Math.max(1, this.beyond.length)] ?? 0;
		return parser(descriptors, messages.length, this.context);
	}

	get stop(): Stop {
		const reason = this.view().getUint32(this.context + CONTEXT.stop, true);
		return (Object.keys(STOP) as Stop[]).find((name) => STOP[name] === reason) as Stop;
	}

	get stopTable(): number {
		return this.view().getUint32(this.context + CONTEXT.stopTable, true);
	}

	get nextSequence(): number {
		return Number(this.view().getBigUint64(this.context + CONTEXT.nextSequence, true));
	}

	get errorCount(): number {
		return this.view().getUint32(this.context + CONTEXT.errorCount, true);
	}

	/** Accepted messages of a variant. */
	messagesOf(variant: number): number {
		return this.view().getUint32(this.context + CONTEXT.variants + variant * CONTEXT.variantSize + CONTEXT.variantMessages, true);
	}

	refused(): Refused[] {
		const view = this.view();
		return Array.from({ length: this.errorCount }, (_, index) => {
			const at = this.errors + index * ERROR_RECORD.size;
			const code = view.getUint32(at + ERROR_RECORD.category, true);
			const category = (Object.keys(ERROR_CATEGORIES) as ErrorCategory[]).find((name) => ERROR_CATEGORIES[name] === code);
			return {
				category: category ?? (`unknown category ${code}` as ErrorCategory),
				offset: view.getUint32(at + ERROR_RECORD.offset, true),
				sequence: Number(view.getBigUint64(at + ERROR_RECORD.sequence, true)),
				start: view.getUint32(at + ERROR_RECORD.start, true),
				length: view.getUint32(at + ERROR_RECORD.length, true),
				variant: view.getInt32(at + ERROR_RECORD.variant, true),
			};
		});
	}

	clearErrors(): void {
		this.view().setUint32(this.context + CONTEXT.errorCount, 0, true);
	}

	/** Empties a table's batch, as sealing it does. What lay in it stays there as filler. */
	clearTable(index: number): void {
		const table = this.layout.tables[index] as TableLayout;
		const batch = this.batches[index] as number;
		new Uint8Array(this.memory.buffer, batch, table.textUsed + 4).fill(0);
	}

	/** Rows of a row space. */
	countOf(table: number, space: number): number {
		return this.view().getUint32((this.batches[table] as number) + (this.layout.tables[table]?.spaces[space]?.counter as number), true);
	}

	symbols(index: number): string[] {
		return readSymbols(this.memory, this.symbolTables[index] as number);
	}

	rows(index: number): Row[] {
		const table = this.layout.tables[index] as TableLayout;
		return Array.from({ length: this.countOf(index, 0) }, (_, row) => {
			const cells = this.struct(index, table.columns, row);
			if (table.received >= 0) cells.received$ = this.view().getBigInt64((this.batches[index] as number) + table.received + row * 8, true);
			return cells;
		});
	}

	private struct(table: number, columns: readonly Column[], row: number): Row {
		const cells: Row = {};
		for (const column of columns) {
			cells[column.name] = this.cell(table, column, row);
			if (column.kind === 'scalar' && column.textScales >= 0) {
				cells[`${column.name}$scale`] = this.view().getInt8((this.batches[table] as number) + column.textScales + row);
			}
		}
		return cells;
	}

	private cell(table: number, column: Column, row: number): Cell {
		const view = this.view();
		const batch = this.batches[table] as number;
		if (column.validity >= 0 && !bitAt(view, batch + column.validity, row)) return null;
		if (column.kind === 'struct') return this.struct(table, column.children, row);
		if (column.kind === 'list') {
			const start = view.getInt32(batch + column.values + row * 4, true);
			const end = view.getInt32(batch + column.values + row * 4 + 4, true);
			return Array.from({ length: end - start }, (_, item) => this.cell(table, column.item, start + item));
		}
		return this.scalar(table, column, row);
	}

	private scalar(table: number, column: ScalarColumn, row: number): Cell {
		const view = this.view();
		const batch = this.batches[table] as number;
		const at = batch + column.values + row * STORAGE_WIDTH[column.storage];
		switch (column.storage) {
			case 'i64':
				return view.getBigInt64(at, true);
			case 'u64':
				return view.getBigUint64(at, true);
			case 'f64':
				return view.getFloat64(at, true);
			case 'i32':
				return view.getInt32(at, true);
			case 'i8':
				return view.getInt8(at);
			case 'bits':
				return bitAt(view, batch + column.values, row);
			case 'u32': {
				const value = view.getUint32(at, true);
				return column.symbolTable < 0 ? value : (this.symbols(column.symbolTable)[value] ?? `no symbol ${value}`);
			}
			case 'view': {
				const length = view.getInt32(at, true);
				const from = length <= 12 ? at + 4 : batch + (this.layout.tables[table]?.textOffset as number) + view.getInt32(at + 12, true);
				const bytes = new Uint8Array(this.memory.buffer, from, length).slice();
				return column.type.kind === 'bytes' ? bytes : new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(bytes);
			}
			case 'offsets':
				throw new Error('no scalar is stored as offsets');
		}
	}

	view(): DataView {
		return new DataView(this.memory.buffer);
	}

	/** The bytes of the error records in use. */
	errorBytes(): Uint8Array {
		return new Uint8Array(this.memory.buffer, this.errors, this.errorCount * ERROR_RECORD.size);
	}

	private reserve(end: number): void {
		const missing = end - this.memory.buffer.byteLength;
		if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
	}
}

function bitAt(view: DataView, bitmap: number, row: number): boolean {
	return ((view.getUint8(bitmap + (row >> 3)) >> (row & 7)) & 1) === 1;
}

export interface Outcome {
	/** Rows of each table variant, by its name. */
	readonly rows: Record<string, Row[]>;
	readonly refused: Refused[];
	/** Accepted messages of each variant, by its name. */
	readonly messages: Record<string, number>;
	readonly stops: Stop[];
}

/** Parses all messages, emptying full batches and full error records as a caller does. */
export function parseAll(create: ParserFactory, schema: Schema, messages: readonly (string | Uint8Array)[], options: WorldOptions = {}): Outcome {
	const layout = layoutSchema(schema, options);
	const world = new World(layout, options);
	const parser = world.link(create);
	const rows: Record<string, Row[]> = Object.fromEntries(layout.tables.map((table) => [table.name, []]));
	const refused: Refused[] = [];
	const stops: Stop[] = [];
	const takeTable = (index: number): void => {
		(rows[(layout.tables[index] as TableLayout).name] as Row[]).push(...world.rows(index));
		world.clearTable(index);
	};
	let rest = messages.map(toBytes);
	do {
		const before = world.nextSequence;
		const consumed = world.parse(parser, rest);
		if (world.nextSequence !== before + consumed) throw new Error(`consumed ${consumed} messages, but the sequence went from ${before} to ${world.nextSequence}`);
		rest = rest.slice(consumed);
		stops.push(world.stop);
		if (world.stop === 'tableFull') takeTable(world.stopTable);
		refused.push(...world.refused());
		world.clearErrors();
		if (stops.length > messages.length * 2 + 2) throw new Error('the parser makes no progress');
	} while (world.stop !== 'done');
	if (rest.length > 0) throw new Error(`${rest.length} messages were left`);
	layout.tables.forEach((_, index) => {
		takeTable(index);
	});
	const accepted = Object.fromEntries(layout.schema.variants.map((variant, index) => [variant.name, world.messagesOf(index)]));
	return { rows, refused, messages: accepted, stops };
}

/** What a single message becomes: its row (an empty one for control variants), or why it was refused. */
export function parseOne(create: ParserFactory, schema: Schema, message: string | Uint8Array, options: WorldOptions = {}): Row | { category: ErrorCategory; offset: number } {
	const { rows, refused } = parseAll(create, schema, [message], options);
	const [first] = refused;
	if (first !== undefined) return { category: first.category, offset: first.offset };
	return Object.values(rows).flat()[0] ?? {};
}

// Comparing tiers

export interface Tier {
	readonly name: string;
	readonly create: ParserFactory;
}

export interface CompareOptions extends WorldOptions {
	/** Memories to use again, one for each tier: making many is slow. */
	readonly memories?: readonly [WebAssembly.Memory, WebAssembly.Memory];
	/** Messages a call. Default: all. */
	readonly batch?: number;
	/** Receives what the first tier made of the messages. */
	readonly count?: (accepted: number, refused: number, stops: readonly Stop[]) => void;
}

/**
 * Runs two tiers over the same messages, in the same calls, and compares after each call all that a caller can see.
 * Returns the first difference in words, or null.
 */
export function compareTiers(tiers: readonly [Tier, Tier], schema: Schema, messages: readonly (string | Uint8Array)[], options: CompareOptions = {}): string | null {
	const layout = layoutSchema(schema, options);
	const worlds = tiers.map((_, index) => new World(layout, { ...options, ...(options.memories === undefined ? {} : { memory: options.memories[index] as WebAssembly.Memory }) })) as [World, World];
	const parsers = tiers.map((tier, index) => (worlds[index] as World).link(tier.create));
	// Messages lie at the same addresses in both worlds, whatever the tiers have allocated.
	const used = Math.max(...worlds.map((world) => world.allocate(0)));
	for (const world of worlds) world.allocate(used - world.allocate(0));
	const names: [string, string] = [tiers[0].name, tiers[1].name];
	const stops: Stop[] = [];
	let refused = 0;
	let rest = messages.map(toBytes);
	let first = 0;
	do {
		const batch = rest.slice(0, options.batch ?? rest.length);
		const consumed = worlds.map((world, index) => world.parse(parsers[index] as ParseFunction, batch, (message) => BigInt(first + message) * 1_000_003n)) as [number, number];
		const where = (difference: string): string => {
			const from = first;
			const to = Math.min(first + Math.max(...consumed), messages.length - 1);
			const context = `${difference}\nin the call with messages ${from} to ${to}`;
			return from === to ? `${context}: ${show(batch[0] as Uint8Array)}` : context;
		};
		if (consumed[0] !== consumed[1]) {
			const next = batch[Math.min(...consumed)];
			return where(`consumed: ${names[0]} ${consumed[0]} (${worlds[0].stop}), ${names[1]} ${consumed[1]} (${worlds[1].stop}); the next message is ${next === undefined ? 'none' : show(next)}`);
		}
		const difference = differenceBetween(worlds, names, (sequence) => show(toBytes(messages[sequence] as string | Uint8Array)));
		if (difference !== null) return where(difference);
		const { stop, stopTable } = worlds[0];
		stops.push(stop);
		refused += worlds[0].errorCount;
		for (const world of worlds) {
			if (stop === 'tableFull') world.clearTable(stopTable);
			if (stop === 'errorsFull') world.clearErrors();
		}
		if (stop === 'errorsFull' && consumed[0] === 0 && worlds[0].view().getUint32(worlds[0].context + CONTEXT.errorLimit, true) === 0) break;
		rest = rest.slice(consumed[0]);
		first += consumed[0];
		if (stops.length > messages.length * 3 + 3) return where('no progress');
		if (stop === 'done') {
			for (const world of worlds) world.clearErrors();
		}
	} while (rest.length > 0);
	options.count?.(
		layout.schema.variants.reduce((sum, _, index) => sum + worlds[0].messagesOf(index), 0),
		refused,
		stops,
	);
	return null;
}

/** The first difference between two worlds with the same layout, in words: `table "trade" column "price" row 3: …`. */
export function differenceBetween([a, b]: readonly [World, World], [nameA, nameB]: readonly [string, string], messageOf?: (sequence: number) => string): string | null {
	const differ = (what: string, one: unknown, other: unknown): string | null => (Object.is(one, other) ? null : `${what}: ${nameA} ${String(one)}, ${nameB} ${String(other)}`);
	const errors = [a.refused(), b.refused()] as const;
	for (let index = 0; index < Math.max(errors[0].length, errors[1].length); index++) {
		const pair = errors.map((list) => list[index]) as [Refused | undefined, Refused | undefined];
		const sequences = pair.filter((error) => error !== undefined).map((error) => error.sequence);
		if (JSON.stringify(pair[0]) !== JSON.stringify(pair[1])) {
			const message = messageOf === undefined ? '' : `\nmessage ${Math.min(...sequences)}: ${messageOf(Math.min(...sequences))}`;
			return `error record ${index}: ${nameA} ${describe(pair[0])}, ${nameB} ${describe(pair[1])}${message}`;
		}
	}
	const scalars =
		differ('stop', a.stop, b.stop) ?? (a.stop === 'tableFull' ? differ('stop table', a.stopTable, b.stopTable) : null) ?? differ('next sequence', a.nextSequence, b.nextSequence) ?? (Buffer.compare(a.errorBytes(), b.errorBytes()) === 0 ? null : differ('error record bytes', hex(a.errorBytes()), hex(b.errorBytes())));
	if (scalars !== null) return scalars;
	for (const [index, variant] of a.layout.schema.variants.entries()) {
		const found = differ(`messages of variant "${variant.name}"`, a.messagesOf(index), b.messagesOf(index));
		if (found !== null) return found;
	}
	for (const [index, { name }] of a.layout.symbolTables.entries()) {
		const found = differ(`symbols of "${name}"`, JSON.stringify(a.symbols(index)), JSON.stringify(b.symbols(index)));
		if (found !== null) return found;
	}
	for (const [index, table] of a.layout.tables.entries()) {
		const found = tableDifference(index, table);
		if (found !== null) return `table "${table.name}" ${found}`;
	}
	return null;

	function tableDifference(index: number, table: TableLayout): string | null {
		for (const space of table.spaces) {
			const found = differ(`rows of space ${space.index}`, a.countOf(index, space.index), b.countOf(index, space.index));
			if (found !== null) return found;
		}
		const batches = [a.batches[index] as number, b.batches[index] as number] as const;
		const used = [a, b].map((world, which) => world.view().getUint32((batches[which] as number) + table.textUsed, true)) as [number, number];
		const columnsOf = (columns: readonly Column[], path: string): string | null => {
			for (const column of columns) {
				const found = columnDifference(column, `${path}${column.name}`);
				if (found !== null) return found;
			}
			return null;
		};
		const bytesAt = (what: string, offset: number, rows: number, width: number): string | null => {
			if (offset < 0) return null;
			const [one, other] = [a, b].map((world, which) => Buffer.from(world.memory.buffer, (batches[which] as number) + offset, rows * width)) as [Buffer, Buffer];
			// Words for a difference only where there is one: they take thousands of times as long.
			if (one.equals(other)) return null;
			for (let row = 0; row < rows; row++) {
				const found = differ(`${what} row ${row}`, hex(one.subarray(row * width, (row + 1) * width)), hex(other.subarray(row * width, (row + 1) * width)));
				if (found !== null) return found;
			}
			return null;
		};
		const bitsAt = (what: string, offset: number, rows: number): string | null => {
			if (offset < 0) return null;
			const whole = rows >> 3;
			const [one, other] = [a, b].map((world, which) => Buffer.from(world.memory.buffer, (batches[which] as number) + offset, whole)) as [Buffer, Buffer];
			for (let row = one.equals(other) ? whole * 8 : 0; row < rows; row++) {
				const found = differ(`${what} row ${row}`, bitAt(a.view(), batches[0] + offset, row), bitAt(b.view(), batches[1] + offset, row));
				if (found !== null) return found;
			}
			return null;
		};
		const columnDifference = (column: Column, path: string): string | null => {
			const rows = a.countOf(index, column.space);
			const what = `column "${path}"`;
			const validity = bitsAt(`${what} validity`, column.validity, rows);
			if (validity !== null) return validity;
			if (column.kind === 'struct') return columnsOf(column.children, `${path}.`);
			if (column.kind === 'list') return bytesAt(`${what} offsets`, column.values, rows === 0 ? 0 : rows + 1, 4) ?? columnsOf([column.item], `${path}[].`);
			return bytesAt(`${what} text scale`, column.textScales, rows, 1) ?? (column.storage === 'bits' ? bitsAt(what, column.values, rows) : bytesAt(`${what} (${column.storage})`, column.values, rows, STORAGE_WIDTH[column.storage]));
		};
		return differ('text bytes in use', ...used) ?? columnsOf(table.columns, '') ?? bytesAt('receive time', table.received, a.countOf(index, 0), 8) ?? bytesAt('text heap', table.textOffset, used[0], 1);
	}
}

function describe(error: Refused | undefined): string {
	return error === undefined ? 'none' : `${error.category} at ${error.offset} (message ${error.sequence}, variant ${error.variant})`;
}

function hex(bytes: Uint8Array): string {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** A message for people: text with odd bytes as \xNN. */
export function show(bytes: Uint8Array): string {
	const text = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`)).join('');
	return text.length > 2000 ? `${text.slice(0, 2000)}… (${bytes.length} bytes)` : text;
}

/** What becomes of each message by itself: null where it is accepted, else why and where it is refused. */
export function verdicts(create: ParserFactory, schema: Schema, messages: readonly (string | Uint8Array)[], options: WorldOptions = {}): (null | { category: ErrorCategory; offset: number })[] {
	const found: (null | { category: ErrorCategory; offset: number })[] = messages.map(() => null);
	for (const { sequence, category, offset } of parseAll(create, schema, messages, options).refused) found[sequence] = { category, offset };
	return found;
}
