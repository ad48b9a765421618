/**
 * A byte ring between one writer and one reader whose contents are always contiguous, also across the wrap.
 *
 * ```
 *  mirrored   | 0 … capacity | 0 … capacity again |      the same pages twice: what wraps goes on behind the end
 *  copying    | 0 … capacity | overhang           |      what wraps is copied behind the end, once, when it is read
 * ```
 * Positions only grow; their place is the position modulo the capacity. A full ring gives 0; what then (wait, drop,
 * warn) is the caller's to choose.
 *
 * Where address space is short, growth moves the whole memory (V8 copies it), and the second range is then a plain copy
 * of the first. So every call looks whether the memory is still where it was, and mirrors anew if not.
 */
import type { Arena, Region } from './arena.ts';

/** Makes two adjacent ranges of a memory the same pages, where the system can. `os/` implements it. */
export interface RingMapping {
	/** Bytes that ranges must be multiples of. */
	readonly granularity: number;
	/** Maps [address, address + bytes) and the same length behind it to the same memory. False where it cannot. */
	mirror(memory: WebAssembly.Memory, address: number, bytes: number): boolean;
	/** Where the memory lies in the process. Another value than before: it moved, and nothing is mirrored any more. */
	base(memory: WebAssembly.Memory): bigint;
	/** Gives the range ordinary memory again. */
	restore(memory: WebAssembly.Memory, address: number, bytes: number): void;
}

export interface MirroredRing {
	readonly capacity: number;
	/** Whether pages are mirrored, or wraps are copied. Ends where the memory moves and the system mirrors no more. */
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
	let mirrored = mapping?.mirror(arena.memory, region.address, size) ?? false;
	// The buffer is another object after each growth, which is cheap to see; only then is the base looked up.
	let { buffer } = arena.memory;
	let base = mirrored ? mapping?.base(arena.memory) : undefined;
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
	/** Brings what was written past the end to the start. */
	const wrap = (over: number): void => {
		if (over > 0) arena.u8().copyWithin(region.address, region.address + size, region.address + size + over);
	};
	const settle = (): void => {
		buffer = arena.memory.buffer;
		if (mapping === undefined) return;
		const now = mapping.base(arena.memory);
		if (now === base) return;
		base = now;
		// What is reserved may have been written into either range, before the move or after it.
		wrap((head % size) + reserved - size);
		const contents = arena.u8().slice(region.address, region.address + size);
		mirrored = mapping.mirror(arena.memory, region.address, size);
		arena.u8().set(contents, region.address);
		if (!mirrored) arena.u8().set(contents, region.address + size);
	};
	const follow = (): void => {
		if (mirrored && buffer !== arena.memory.buffer) settle();
	};
	return {
		capacity: size,
		get mirrored() {
			follow();
			return mirrored;
		},
		get readable() {
			return head - tail;
		},
		readAddress() {
			follow();
			if (!mirrored) join();
			return placeOf(tail);
		},
		reserve(bytes) {
			if (!Number.isInteger(bytes) || bytes < 0) throw new RangeError(`tickforge: the ring "${name}" reserves whole numbers of bytes, not ${bytes}`);
			if (bytes > size - (head - tail)) return 0;
			follow();
			reserved = bytes;
			// A copying ring writes past the end, too; commit brings the overhang to the start.
			return placeOf(head);
		},
		commit(bytes) {
			if (!Number.isInteger(bytes) || bytes < 0 || bytes > reserved) throw new RangeError(`tickforge: the ring "${name}" commits at most the ${reserved} bytes it reserved, not ${bytes}`);
			follow();
			if (!mirrored) {
				const over = (head % size) + bytes - size;
				wrap(over);
				if (over > 0) copied += over;
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
