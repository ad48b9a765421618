/**
 * Slots of one size in a region of an arena, each starting on a cache line.
 *
 * ```
 *  region  | slot 0 | slot 1 | …       free slots form a list: a free slot's first u32 is the next one's address, 0 at the end
 * ```
 */
import type { Arena, Region } from './arena.ts';

const CACHE_LINE = 64;

export interface SlotAllocator {
	readonly slotSize: number;
	readonly capacity: number;
	readonly used: number;
	/** A slot's address, or 0 where all are taken. Its bytes are what they were. */
	take(): number;
	/** @throws where the address is no slot in use */
	give(address: number): void;
	/** Ends the allocator; all its slots are gone. */
	dispose(): void;
}

export function createSlotAllocator(arena: Arena, name: string, slotSize: number, capacity: number): SlotAllocator {
	if (!Number.isInteger(slotSize) || slotSize < 1 || !Number.isInteger(capacity) || capacity < 1) throw new RangeError(`tickforge: "${name}" needs slots of at least one byte and at least one of them`);
	const size = Math.ceil(slotSize / CACHE_LINE) * CACHE_LINE;
	const region: Region = arena.allocate(name, size * capacity, { align: CACHE_LINE });
	const inUse = new Uint8Array(capacity);
	let first = 0;
	let fresh = 0;
	let used = 0;
	return {
		slotSize: size,
		capacity,
		get used() {
			return used;
		},
		take() {
			let address = first;
			if (address !== 0) first = arena.u32()[address >>> 2] as number;
			else if (fresh < capacity) address = region.address + fresh++ * size;
			else return 0;
			inUse[(address - region.address) / size] = 1;
			used++;
			return address;
		},
		give(address) {
			const index = (address - region.address) / size;
			if (!Number.isInteger(index) || index < 0 || index >= capacity || inUse[index] !== 1) throw new Error(`tickforge: ${address} is no slot of "${name}" in use`);
			inUse[index] = 0;
			arena.u32()[address >>> 2] = first;
			first = address;
			used--;
		},
		dispose: () => arena.release(region),
	};
}
