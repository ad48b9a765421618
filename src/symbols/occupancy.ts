/** What looking up the names of a symbol table touches: slots, probes, cache lines. */
import { hashName, shifted } from './hash.ts';
import { dimensions, HEADER, paddedLength, SLOT } from './layout.ts';
import { probesOf, symbolBytes, symbolCount } from './table.ts';

export interface SymbolTableOccupancy {
	readonly names: number;
	/** Most names. */
	readonly capacity: number;
	readonly slots: number;
	/** Bytes of the whole table. */
	readonly bytes: number;
	/** Bytes of its text in use, and all. */
	readonly textUsed: number;
	readonly textBytes: number;
	/** How many names are found with so many probes: index 0 is one probe. */
	readonly probes: readonly number[];
	/** Lines of the table's head, which every lookup reads. */
	readonly headLines: number;
	/** Lines besides those that a lookup touches, a mean over all names: displacement, slots, text. 0 for an empty table. */
	readonly linesPerLookup: number;
	/** All lines that lookups of these names touch, the head's included: what the cache must hold. */
	readonly workingLines: number;
}

/** Looks every name up. Nothing may write the table meanwhile. @param line bytes of a cache line */
export function symbolTableOccupancy(memory: WebAssembly.Memory, address: number, line = 64): SymbolTableOccupancy {
	const names = symbolCount(memory, address);
	const words = new Uint32Array(memory.buffer);
	const header = (field: number): number => words[(address + field) >>> 2] as number;
	const table = dimensions({ capacity: header(HEADER.capacity), textBytes: header(HEADER.textBytes) });
	const lineOf = (at: number): number => Math.floor((address + at) / line);
	const all = new Set<number>();
	const addLines = (lines: Set<number>, at: number, bytes: number): void => {
		for (let one = lineOf(at); one <= lineOf(at + bytes - 1); one++) lines.add(one);
	};
	addLines(all, 0, HEADER.size);
	const headLines = all.size;
	const head = new Set(all);
	/** Slots by id: where each name was put. */
	const slotOf = new Int32Array(names).fill(-1);
	for (let slot = 0; slot < table.slots; slot++) {
		const id = words[(address + table.slotsAt + slot * SLOT.size + SLOT.id) >>> 2] as number;
		if (id > 0) slotOf[id - 1] = slot;
	}
	const probes: number[] = [];
	const hash = new Uint32Array(2);
	let lookupLines = 0;
	for (let id = 0; id < names; id++) {
		const name = symbolBytes(memory, address, id);
		const taken = probesOf(memory, address, name);
		probes[taken - 1] = (probes[taken - 1] ?? 0) + 1;
		const lines = new Set<number>();
		hashName(name, words, address, hash);
		addLines(lines, HEADER.size + (shifted(hash, table.bucketShift) & header(HEADER.bucketMask)), 4);
		const slot = slotOf[id] as number;
		for (let back = 0; back < taken; back++) addLines(lines, table.slotsAt + ((slot - back + table.slots) % table.slots) * SLOT.size, SLOT.size);
		addLines(lines, words[(address + table.slotsAt + slot * SLOT.size + SLOT.text) >>> 2] as number, paddedLength(name.length));
		for (const one of lines) {
			if (!head.has(one)) lookupLines++;
			all.add(one);
		}
	}
	return {
		names,
		capacity: table.capacity,
		slots: table.slots,
		bytes: table.bytes,
		textUsed: header(HEADER.textUsed),
		textBytes: table.textBytes,
		probes: Array.from(probes, (count) => count ?? 0),
		headLines,
		linesPerLookup: names === 0 ? 0 : lookupLines / names,
		workingLines: names === 0 ? 0 : all.size,
	};
}
