/**
 * A byte ring between one writer and one reader whose contents are always contiguous, also across the wrap.
 *
 * ```
 *  mirrored   | 0 … capacity | 0 … capacity again |      the same pages twice: what wraps goes on behind the end
 *  copying    | 0 … capacity | overhang           |      what wraps is copied behind the end, once, when it is read
 * ```
 * Positions only grow; their place is the position modulo the capacity. A full ring gives 0; what then (wait, drop,
 * warn) is the caller's to choose.
 */
import type { Arena, Region } from './arena.ts';

/** Makes two adjacent ranges of a memory the same pages, where the system can. `os/` implements it. */
export interface RingMapping {
	/** Bytes that ranges must be multiples of. */
	readonly granularity: number;
	/** Maps [address, address + bytes) and the same length behind it to the same memory. False where it cannot. */
	mirror(memory: WebAssembly.Memory, address: number, bytes: number): boolean;
	/** Gives the range ordinary memory again. */
	restore(memory: WebAssembly.Memory, address: number, bytes: number): void;
}

export interface MirroredRing {
	readonly capacity: number;
	/** Whether pages are mirrored, or wraps are copied. */
	readonly mirrored: boolean;
	/** Bytes that can be read. */
	readonly readable: number;
	/** Address of the first readable byte; `readable` bytes follow without a seam. Valid until `consume`. */
	readAddress(): number;
	/** Address to write `bytes` contiguous bytes at, or 0 where the ring has no room. */
	reserve(bytes: number): number;
	/** Makes the first `bytes` of the reserved range readable. */
	commit(bytes: number): void;
	/** Frees the first `bytes` readable bytes. */
	consume(bytes: number): void;
	/** Bytes ever committed, consumed, and copied because of a wrap. */
	stats(): { readonly committed: number; readonly consumed: number; readonly copied: number };
	dispose(): void;
}

/** @param mapping how to mirror; without it, or where it fails, the ring copies */
export function createMirroredRing(arena: Arena, name: string, capacity: number, mapping?: RingMapping): MirroredRing {
	const granularity = mapping?.granularity ?? 64;
	if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`tickforge: the ring "${name}" needs a whole number of bytes, not ${capacity}`);
	const size = Math.ceil(capacity / granularity) * granularity;
	const region: Region = arena.allocate(name, size * 2, { align: Math.max(granularity, 64) });
	const mirrored = mapping?.mirror(arena.memory, region.address, size) ?? false;
	let head = 0;
	let tail = 0;
	let reserved = 0;
	let copied = 0;
	/** Copying ring: position up to which bytes that wrapped have been copied behind the end. */
	let joined = 0;
	const placeOf = (position: number): number => region.address + (position % size);
	const join = (): void => {
		const start = tail % size;
		const over = start + (head - tail) - size;
		if (over <= 0) return;
		// The wrapped part lies at the region's start; readers see it behind the end.
		const from = Math.max(joined, tail - start + size);
		if (head > from) {
			const offset = from % size;
			arena.u8().copyWithin(region.address + size + offset, region.address + offset, region.address + over);
			copied += head - from;
			joined = head;
		}
	};
	return {
		capacity: size,
		mirrored,
		get readable() {
			return head - tail;
		},
		readAddress() {
			if (!mirrored) join();
			return placeOf(tail);
		},
		reserve(bytes) {
			if (!Number.isInteger(bytes) || bytes < 0) throw new RangeError(`tickforge: the ring "${name}" reserves whole numbers of bytes, not ${bytes}`);
			if (bytes > size - (head - tail)) return 0;
			reserved = bytes;
			// A copying ring writes past the end, too; commit brings the overhang to the start.
			return placeOf(head);
		},
		commit(bytes) {
			if (!Number.isInteger(bytes) || bytes < 0 || bytes > reserved) throw new RangeError(`tickforge: the ring "${name}" commits at most the ${reserved} bytes it reserved, not ${bytes}`);
			if (!mirrored) {
				const over = (head % size) + bytes - size;
				if (over > 0) {
					arena.u8().copyWithin(region.address, region.address + size, region.address + size + over);
					copied += over;
				}
			}
			head += bytes;
			reserved = 0;
		},
		consume(bytes) {
			if (!Number.isInteger(bytes) || bytes < 0 || bytes > head - tail) throw new RangeError(`tickforge: the ring "${name}" has ${head - tail} bytes to consume, not ${bytes}`);
			tail += bytes;
		},
		stats: () => ({ committed: head, consumed: tail, copied }),
		dispose() {
			if (mirrored) mapping?.restore(arena.memory, region.address, size * 2);
			arena.release(region);
		},
	};
}
