/** Symbol tables in TypeScript: the twin of what emit.ts generates, and the way in and out for everything else. */
import { hashName, shifted } from './hash.ts';
import { type Dimensions, dimensions, HEADER, ID, MAGIC, paddedLength, SLOT, type SymbolTableSize, VERSION } from './layout.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A memory seen as arrays; made anew when the memory has grown. */
interface Views {
	readonly buffer: ArrayBufferLike;
	readonly bytes: Uint8Array;
	readonly words: Uint32Array;
	/** For Atomics. */
	readonly cells: Int32Array;
	/** Where a name's hash is put. */
	readonly hash: Uint32Array;
}

const knownViews = new WeakMap<WebAssembly.Memory, Views>();

function viewsOf(memory: WebAssembly.Memory): Views {
	const { buffer } = memory;
	const known = knownViews.get(memory);
	if (known !== undefined && known.buffer === buffer) return known;
	const views: Views = { buffer, bytes: new Uint8Array(buffer), words: new Uint32Array(buffer), cells: new Int32Array(buffer), hash: new Uint32Array(2) };
	knownViews.set(memory, views);
	return views;
}

function open(memory: WebAssembly.Memory, address: number): Views {
	const views = viewsOf(memory);
	const at = address >>> 2;
	if (views.words[at] !== MAGIC) throw new Error(`tickforge: there is no symbol table at address ${address}`);
	const version = views.words[at + HEADER.version / 4];
	if (version !== VERSION) throw new Error(`tickforge: the symbol table at address ${address} has version ${version}; this release reads version ${VERSION}`);
	return views;
}

const header = (views: Views, address: number, field: number): number => views.words[(address + field) >>> 2] as number;

/**
 * Makes a table at an address (16-byte aligned, `symbolTableBytes` bytes; what was there is overwritten).
 *
 * @param known gets the ids 0, 1, 2, … in order, and perfect places
 * @throws where the names do not fit, or one stands twice
 */
export function createSymbolTable(memory: WebAssembly.Memory, address: number, size: SymbolTableSize, known: Iterable<string | Uint8Array> = []): void {
	writeSymbolTable(memory, address, size, known, 0);
}

/** @internal `createSymbolTable` with a generation, for tables that take another's place. */
export function writeSymbolTable(memory: WebAssembly.Memory, address: number, size: SymbolTableSize, known: Iterable<string | Uint8Array>, generation: number): void {
	const names = Array.from(known, (name) => (typeof name === 'string' ? encoder.encode(name) : name));
	const table = dimensions(size);
	const views = viewsOf(memory);
	const { bytes, words } = views;
	if (address % 16 !== 0) throw new RangeError(`tickforge: a symbol table lies at a multiple of 16, not at ${address}`);
	if (address + table.bytes > bytes.length) throw new RangeError(`tickforge: a symbol table of ${table.bytes} bytes at address ${address} ends beyond the memory's ${bytes.length} bytes`);
	if (names.length > table.capacity) throw new RangeError(`tickforge: ${names.length} names do not fit a symbol table for ${table.capacity}`);
	const padded = names.reduce((sum, name) => sum + paddedLength(name.length), 0);
	if (padded > table.textBytes) throw new RangeError(`tickforge: ${names.length} names of ${padded} bytes do not fit the ${table.textBytes} bytes of a symbol table's text`);
	refuseTwice(names);

	bytes.fill(0, address, address + table.bytes);
	const put = (field: number, value: number): void => {
		words[(address + field) >>> 2] = value;
	};
	put(HEADER.magic, MAGIC);
	put(HEADER.version, VERSION);
	put(HEADER.slots, table.slots);
	put(HEADER.capacity, table.capacity);
	put(HEADER.textBytes, table.textBytes);
	put(HEADER.buckets, table.buckets);
	put(HEADER.slotMask, (table.slots - 1) * SLOT.size);
	put(HEADER.bucketMask, (table.buckets - 1) * 4);
	put(HEADER.slotsAt, table.slotsAt);
	put(HEADER.idsAt, table.idsAt);
	put(HEADER.textAt, table.textAt);
	put(HEADER.generation, generation);
	bytes.fill(0xff, address + HEADER.masks, address + HEADER.masks + 16);
	put(HEADER.slotShift, table.slotShift);
	put(HEADER.bucketShift, table.bucketShift);
	// Any multipliers may give two names of a bucket the same home; the next ones won't. Three attempts are many.
	const random = multipliers();
	for (let attempt = 0; attempt < 1000; attempt++) {
		for (const field of [HEADER.k1, HEADER.k2, HEADER.k3]) {
			put(field, random() | 1);
			put(field + 4, random());
		}
		if (displace(names, views, address, table)) break;
	}
	for (const name of names) internSymbol(memory, address, name);
}

function refuseTwice(names: readonly Uint8Array[]): void {
	const seen = new Set<string>();
	for (const name of names) {
		const key = String.fromCharCode(...name);
		if (seen.has(key)) throw new Error(`tickforge: the name "${decoder.decode(name)}" stands twice in a symbol table`);
		seen.add(key);
	}
}

/** The same 32-bit words for every table, so that the same names give the same bytes (Weyl sequence, mixed). */
function multipliers(): () => number {
	let state = 0;
	return () => {
		state = (state + 0x9e3779b9) | 0;
		let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
		mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
		return mixed ^ (mixed >>> 16);
	};
}

/** Finds displacements that give every name a slot of its own; false where these multipliers have none. The fullest buckets choose first. */
function displace(names: readonly Uint8Array[], { words, hash }: Views, address: number, { slots, buckets, slotShift, bucketShift }: Dimensions): boolean {
	const first = (address + HEADER.size) >>> 2;
	words.fill(0, first, first + buckets);
	const slotMask = (slots - 1) * SLOT.size;
	const members = new Map<number, number[]>();
	for (const name of names) {
		hashName(name, words, address, hash);
		const bucket = (shifted(hash, bucketShift) >>> 2) & (buckets - 1);
		const place = shifted(hash, slotShift) & slotMask;
		const others = members.get(bucket);
		if (others === undefined) members.set(bucket, [place]);
		else if (others.includes(place)) return false;
		else others.push(place);
	}
	const taken = new Uint8Array(slots);
	for (const [bucket, places] of [...members].sort(([, a], [, b]) => b.length - a.length)) {
		let displacement = 0;
		while (places.some((place) => taken[(place ^ displacement) / SLOT.size] === 1)) {
			displacement += SLOT.size;
			if (displacement > slotMask) return false;
		}
		for (const place of places) taken[(place ^ displacement) / SLOT.size] = 1;
		words[first + bucket] = displacement;
	}
	return true;
}

/** Byte offset among the slots of the home of the name whose hash was computed last. */
function homeOf({ words, hash }: Views, address: number): number {
	const at = address >>> 2;
	const bucket = shifted(hash, words[at + HEADER.bucketShift / 4] as number) & (words[at + HEADER.bucketMask / 4] as number);
	return (shifted(hash, words[at + HEADER.slotShift / 4] as number) & (words[at + HEADER.slotMask / 4] as number)) ^ (words[at + (HEADER.size + bucket) / 4] as number);
}

/** What a slot keeps of a hash, to refuse most other names. */
const checkOf = (hash: Uint32Array): number => ((hash[0] as number) ^ (hash[1] as number)) >>> 0;

/** The slot where the name is, or the empty one where it would go; -1 where there is none. As a byte address. */
function slotOf(views: Views, address: number, name: Uint8Array): number {
	const { words, hash } = views;
	hashName(name, words, address, hash);
	const check = checkOf(hash);
	const slotMask = header(views, address, HEADER.slotMask);
	const slots = address + header(views, address, HEADER.slotsAt);
	let place = homeOf(views, address);
	for (let left = slotMask; left >= 0; left -= SLOT.size) {
		const slot = slots + place;
		const at = slot >>> 2;
		if (Atomics.load(views.cells, at + SLOT.id / 4) === 0) return slot;
		if (words[at + SLOT.hash / 4] === check && words[at + SLOT.length / 4] === name.length && sameBytes(views.bytes, address + (words[at + SLOT.text / 4] as number), name)) return slot;
		place = (place + SLOT.size) & slotMask;
	}
	return -1;
}

function sameBytes(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
	for (let index = 0; index < name.length; index++) if (bytes[at + index] !== name[index]) return false;
	return true;
}

/** The name's id, or -1. */
export function findSymbol(memory: WebAssembly.Memory, address: number, name: Uint8Array): number {
	const views = open(memory, address);
	const slot = slotOf(views, address, name);
	return slot < 0 ? -1 : Atomics.load(views.cells, (slot + SLOT.id) >>> 2) - 1;
}

/** Slots looked at until the name is found (1 for names known when the table was made), or 0 where it is not there. */
export function probesOf(memory: WebAssembly.Memory, address: number, name: Uint8Array): number {
	const views = open(memory, address);
	const slot = slotOf(views, address, name);
	if (slot < 0 || views.words[(slot + SLOT.id) >>> 2] === 0) return 0;
	const slotMask = header(views, address, HEADER.slotMask);
	return ((slot - address - header(views, address, HEADER.slotsAt) - homeOf(views, address)) & slotMask) / SLOT.size + 1;
}

/** The name's id, a new one where it has none yet; -1 where the table is full. Only the table's one writer may call it. */
export function internSymbol(memory: WebAssembly.Memory, address: number, name: Uint8Array): number {
	const views = open(memory, address);
	const { words, cells } = views;
	const slot = slotOf(views, address, name);
	if (slot < 0) return -1;
	const at = slot >>> 2;
	const id = Atomics.load(cells, at + SLOT.id / 4) - 1;
	if (id >= 0) return id;
	const count = header(views, address, HEADER.count);
	const used = header(views, address, HEADER.textUsed);
	const padded = paddedLength(name.length);
	if (count >= header(views, address, HEADER.capacity) || used + padded > header(views, address, HEADER.textBytes)) return -1;
	const text = header(views, address, HEADER.textAt) + used;
	views.bytes.set(name, address + text);
	words[(address + HEADER.textUsed) >>> 2] = used + padded;
	const entry = (address + header(views, address, HEADER.idsAt) + count * ID.size) >>> 2;
	words[entry + ID.text / 4] = text;
	words[entry + ID.length / 4] = name.length;
	words[at + SLOT.hash / 4] = checkOf(views.hash);
	words[at + SLOT.length / 4] = name.length;
	words[at + SLOT.text / 4] = text;
	// Who finds the id may ask for its name.
	Atomics.store(cells, (address + HEADER.count) >>> 2, count + 1);
	Atomics.store(cells, at + SLOT.id / 4, count + 1);
	return count;
}

/** How many names the table has: the ids 0 to count - 1. */
export function symbolCount(memory: WebAssembly.Memory, address: number): number {
	return Atomics.load(open(memory, address).cells, (address + HEADER.count) >>> 2);
}

/** How many tables came before this one, whose place it took. */
export function symbolGeneration(memory: WebAssembly.Memory, address: number): number {
	return header(open(memory, address), address, HEADER.generation);
}

/** The bytes of an id's name, a copy. */
export function symbolBytes(memory: WebAssembly.Memory, address: number, id: number): Uint8Array {
	const views = open(memory, address);
	const count = symbolCount(memory, address);
	if (!Number.isInteger(id) || id < 0 || id >= count) throw new RangeError(count === 0 ? `tickforge: the symbol table is empty; it has no id ${id}` : `tickforge: the symbol table has the ids 0 to ${count - 1}, not ${id}`);
	const entry = (address + header(views, address, HEADER.idsAt) + id * ID.size) >>> 2;
	const text = address + (views.words[entry + ID.text / 4] as number);
	return views.bytes.slice(text, text + (views.words[entry + ID.length / 4] as number));
}

/** The name of an id. */
export function symbolName(memory: WebAssembly.Memory, address: number, id: number): string {
	return decoder.decode(symbolBytes(memory, address, id));
}
