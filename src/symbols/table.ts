/** Symbol tables in TypeScript: the slow twin of what `emit.ts` generates, and the way in and out for everything else. */
import { type Dimensions, dimensions, HEADER, ID, K1, K2, K3, MAGIC, SLOT, type SymbolTableSize, VERSION } from './layout.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const MASK = 0xffffffffffffffffn;
const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & MASK;

/** The 64-bit hash of a name, as two halves. */
export function hashName(bytes: Uint8Array, seed: number): { h1: number; h2: number } {
	const padded = new DataView(new ArrayBuffer(Math.max(16, Math.ceil(bytes.length / 16) * 16)));
	new Uint8Array(padded.buffer).set(bytes);
	let state = (BigInt(seed) + BigInt(bytes.length) * K3) & MASK;
	for (let at = 0; at < padded.byteLength; at += 16) {
		state = rotate(((state ^ padded.getBigUint64(at, true)) * K1) & MASK, 31n) ^ ((padded.getBigUint64(at + 8, true) * K2) & MASK);
	}
	state ^= state >> 32n;
	state = (state * K1) & MASK;
	state ^= state >> 29n;
	return { h1: Number(state & 0xffffffffn), h2: Number(state >> 32n) };
}

const homeOf = (h1: number, h2: number, displacement: number, slots: number): number => ((h1 + Math.imul(displacement, (h2 >>> 16) | 1)) & (slots - 1)) >>> 0;

interface OpenTable extends Dimensions {
	readonly view: DataView;
	readonly bytesOf: Uint8Array;
	readonly ids: Int32Array;
	readonly address: number;
	readonly seed: number;
}

function open(memory: WebAssembly.Memory, address: number): OpenTable {
	const view = new DataView(memory.buffer);
	if (view.getUint32(address + HEADER.magic, true) !== MAGIC) throw new Error(`tickforge: there is no symbol table at address ${address}`);
	const version = view.getUint32(address + HEADER.version, true);
	if (version !== VERSION) throw new Error(`tickforge: the symbol table at address ${address} has version ${version}; this release reads version ${VERSION}`);
	const size = dimensions({ capacity: view.getUint32(address + HEADER.capacity, true), textBytes: view.getUint32(address + HEADER.textBytes, true) });
	return { ...size, view, bytesOf: new Uint8Array(memory.buffer), ids: new Int32Array(memory.buffer), address, seed: view.getUint32(address + HEADER.seed, true) };
}

/**
 * Makes a table at an address (16-byte aligned, `symbolTableBytes` bytes; what was there is overwritten).
 *
 * @param known gets the ids 0, 1, 2, … in order, and perfect places
 * @throws where the names do not fit, or one stands twice
 */
export function createSymbolTable(memory: WebAssembly.Memory, address: number, size: SymbolTableSize, known: Iterable<string | Uint8Array> = []): void {
	if (address % 16 !== 0) throw new RangeError(`tickforge: a symbol table lies at a multiple of 16, not at ${address}`);
	const names = Array.from(known, (name) => (typeof name === 'string' ? encoder.encode(name) : name));
	const table = dimensions(size);
	if (names.length > table.capacity) throw new RangeError(`tickforge: ${names.length} names do not fit a symbol table for ${table.capacity}`);
	const texts = names.map((name) => decoder.decode(name));
	const twice = texts.find((text, index) => texts.indexOf(text) !== index);
	if (names.length <= 4096 ? twice !== undefined : new Set(texts).size < texts.length) throw new Error(`tickforge: the name "${twice ?? '?'}" stands twice in a symbol table`);
	const view = new DataView(memory.buffer);
	for (let seed = 1; ; seed++) {
		new Uint8Array(memory.buffer, address, table.bytes).fill(0);
		view.setUint32(address + HEADER.magic, MAGIC, true);
		view.setUint32(address + HEADER.version, VERSION, true);
		view.setUint32(address + HEADER.slots, table.slots, true);
		view.setUint32(address + HEADER.capacity, table.capacity, true);
		view.setUint32(address + HEADER.textBytes, table.textBytes, true);
		view.setUint32(address + HEADER.seed, seed, true);
		view.setUint32(address + HEADER.buckets, table.buckets, true);
		const displacements = displace(names, seed, table);
		// Two names with all 64 bits in common: another seed tells them apart.
		if (displacements === null && seed < 64) continue;
		displacements?.forEach((displacement, bucket) => {
			view.setUint32(address + HEADER.size + bucket * 4, displacement, true);
		});
		for (const name of names) {
			if (internSymbol(memory, address, name) < 0) throw new RangeError(`tickforge: the names do not fit the ${table.textBytes} bytes of a symbol table's text`);
		}
		return;
	}
}

/** Displacements that give every name a slot of its own, or null where this seed has none. The fullest buckets choose first. */
function displace(names: readonly Uint8Array[], seed: number, { slots, buckets }: Dimensions): number[] | null {
	const groups = Array.from({ length: buckets }, (): { h1: number; h2: number }[] => []);
	for (const name of names) {
		const hash = hashName(name, seed);
		(groups[(hash.h2 & (buckets - 1)) >>> 0] as { h1: number; h2: number }[]).push(hash);
	}
	const displacements = new Array<number>(buckets).fill(0);
	const taken = new Uint8Array(slots);
	const order = groups.map((_, bucket) => bucket).sort((a, b) => (groups[b]?.length ?? 0) - (groups[a]?.length ?? 0));
	for (const bucket of order) {
		const group = groups[bucket] ?? [];
		if (group.length === 0) break;
		let displacement = 0;
		for (;;) {
			const homes = group.map(({ h1, h2 }) => homeOf(h1, h2, displacement, slots));
			if (homes.every((home, index) => taken[home] === 0 && homes.indexOf(home) === index)) {
				for (const home of homes) taken[home] = 1;
				displacements[bucket] = displacement;
				break;
			}
			if (++displacement > slots * 4) return null;
		}
	}
	return displacements;
}

interface Found {
	/** -1 where the name is not there. */
	readonly id: number;
	/** Where it is, or would go. */
	readonly slot: number;
	readonly h1: number;
	readonly probes: number;
}

function probe(table: OpenTable, bytes: Uint8Array): Found {
	const { view, address, slots, buckets } = table;
	const { h1, h2 } = hashName(bytes, table.seed);
	const displacement = view.getUint32(address + HEADER.size + ((h2 & (buckets - 1)) >>> 0) * 4, true);
	let index = homeOf(h1, h2, displacement, slots);
	for (let probes = 1; ; probes++) {
		const slot = address + table.slotsAt + index * SLOT.size;
		const id = Atomics.load(table.ids, (slot + SLOT.id) >> 2) - 1;
		if (id < 0 || probes > slots) return { id: -1, slot, h1, probes };
		if (view.getUint32(slot + SLOT.hash, true) === h1 && view.getUint32(slot + SLOT.length, true) === bytes.length) {
			const text = address + view.getUint32(slot + SLOT.text, true);
			if (bytes.every((byte, at) => table.bytesOf[text + at] === byte)) return { id, slot, h1, probes };
		}
		index = (index + 1) & (slots - 1);
	}
}

/** The name's id, or -1. */
export function findSymbol(memory: WebAssembly.Memory, address: number, name: Uint8Array): number {
	return probe(open(memory, address), name).id;
}

/** Slots looked at until the name is found (1 for names known when the table was made), or 0 where it is not there. */
export function probesOf(memory: WebAssembly.Memory, address: number, name: Uint8Array): number {
	const { id, probes } = probe(open(memory, address), name);
	return id < 0 ? 0 : probes;
}

/** The name's id, a new one where it has none yet; -1 where the table is full. Only the table's one writer may call it. */
export function internSymbol(memory: WebAssembly.Memory, address: number, name: Uint8Array): number {
	const table = open(memory, address);
	const found = probe(table, name);
	if (found.id >= 0) return found.id;
	const { view } = table;
	const count = view.getUint32(address + HEADER.count, true);
	const used = view.getUint32(address + HEADER.textUsed, true);
	// At least 16: the generated twin compares 16 bytes at a time.
	const padded = Math.max(16, Math.ceil(name.length / 16) * 16);
	if (count >= table.capacity || used + padded > table.textBytes) return -1;
	const text = table.textAt + used;
	table.bytesOf.set(name, address + text);
	view.setUint32(address + HEADER.textUsed, used + padded, true);
	view.setUint32(address + table.idsAt + count * ID.size + ID.text, text, true);
	view.setUint32(address + table.idsAt + count * ID.size + ID.length, name.length, true);
	view.setUint32(found.slot + SLOT.hash, found.h1, true);
	view.setUint32(found.slot + SLOT.length, name.length, true);
	view.setUint32(found.slot + SLOT.text, text, true);
	Atomics.store(table.ids, (found.slot + SLOT.id) >> 2, count + 1);
	Atomics.store(table.ids, (address + HEADER.count) >> 2, count + 1);
	return count;
}

/** How many names the table has: the ids 0 to count - 1. */
export function symbolCount(memory: WebAssembly.Memory, address: number): number {
	return Atomics.load(open(memory, address).ids, (address + HEADER.count) >> 2);
}

/** The bytes of an id's name, a copy. */
export function symbolBytes(memory: WebAssembly.Memory, address: number, id: number): Uint8Array {
	const table = open(memory, address);
	if (!Number.isInteger(id) || id < 0 || id >= symbolCount(memory, address)) throw new RangeError(`tickforge: the symbol table has the ids 0 to ${symbolCount(memory, address) - 1}, not ${id}`);
	const entry = address + table.idsAt + id * ID.size;
	const text = address + table.view.getUint32(entry + ID.text, true);
	return table.bytesOf.slice(text, text + table.view.getUint32(entry + ID.length, true));
}

/** The name of an id. */
export function symbolName(memory: WebAssembly.Memory, address: number, id: number): string {
	return decoder.decode(symbolBytes(memory, address, id));
}

/** Names and ids of a table with what was read kept; sees names that are added later. */
export interface SymbolReader {
	readonly count: number;
	/** @throws RangeError for an id that the table does not have */
	name(id: number): string;
	/** -1 where no such name is. */
	id(name: string): number;
	/** All names by id, as of now. */
	names(): string[];
}

/** Opens a table for reading. Decodes each name once. */
export function openSymbolReader(memory: WebAssembly.Memory, address: number): SymbolReader {
	open(memory, address);
	const names: string[] = [];
	const ids = new Map<string, number>();
	const catchUp = (): void => {
		const count = symbolCount(memory, address);
		for (let id = names.length; id < count; id++) {
			const name = symbolName(memory, address, id);
			names.push(name);
			ids.set(name, id);
		}
	};
	return {
		get count() {
			return symbolCount(memory, address);
		},
		name(id) {
			const known = names[id];
			if (known !== undefined) return known;
			catchUp();
			return names[id] ?? symbolName(memory, address, id);
		},
		id(name) {
			const known = ids.get(name);
			if (known !== undefined) return known;
			catchUp();
			return ids.get(name) ?? -1;
		},
		names() {
			catchUp();
			return names.slice();
		},
	};
}

/**
 * Copies a table to a bigger one elsewhere: same ids, perfect places for all names of now. Readers of the old table go
 * on undisturbed; the writer publishes the new address (`publishSymbolTable`) and must not add to the old one any more.
 * The old table's memory may be reused once every reader has loaded the new address, for example at its next batch.
 */
export function growSymbolTable(memory: WebAssembly.Memory, from: number, to: number, size: SymbolTableSize): void {
	const names = Array.from({ length: symbolCount(memory, from) }, (_, id) => symbolBytes(memory, from, id));
	createSymbolTable(memory, to, size, names);
}

/** Makes a table the current one for all threads that read this cell (4-byte aligned). */
export function publishSymbolTable(memory: WebAssembly.Memory, cell: number, address: number): void {
	Atomics.store(new Int32Array(memory.buffer), cell >> 2, address);
}

/** The address that was published last; 0 before the first. */
export function currentSymbolTable(memory: WebAssembly.Memory, cell: number): number {
	return Atomics.load(new Int32Array(memory.buffer), cell >> 2) >>> 0;
}
