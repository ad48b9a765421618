/**
 * One `WebAssembly.Memory`, divided into named regions. Everything that generated code touches lies in a region.
 *
 * ```
 *  0      1024
 *  | never | region | guard | region | guard | …            grows up to the ceiling
 * ```
 * The first 1024 bytes belong to nobody, so 0 is never a valid address. After each region come guard bytes: SIMD loads
 * may read them, nothing may write them (`checkGuards`). They are filled with {@link GUARD_BYTE}, which ends every scan.
 */

/** Not a digit, not white space, no character of a plain string: a scan that runs past its region stops here. */
export const GUARD_BYTE = 0xfe;
/** Least guard after a region: how far SIMD loads may read past its end. */
export const GUARD_BYTES = 64;
const FIRST_ADDRESS = 1024;
const PAGE = 65536;

export interface Region {
	readonly name: string;
	readonly address: number;
	readonly size: number;
	/** Guard bytes after the region. */
	readonly guard: number;
}

export interface RegionOptions {
	/** A power of two. Default 64, a cache line. */
	readonly align?: number;
	/** Guard bytes after the region, at least 64. */
	readonly guard?: number;
	/** False leaves the bytes as they are, and their pages untouched: for who writes all of them. Default true. */
	readonly clear?: boolean;
}

export interface ArenaOptions {
	/** Bytes at first. Default 1 MiB. */
	readonly initial?: number;
	/** Bytes at most, up to 4 GiB. Default 1 GiB. Address space is reserved, memory is not. */
	readonly ceiling?: number;
	/** Shared between threads. Default false. */
	readonly shared?: boolean;
}

export interface ArenaReport {
	/** Bytes of the memory now. */
	readonly size: number;
	/** Bytes in regions and guards. */
	readonly used: number;
	readonly ceiling: number;
	readonly regions: readonly Region[];
}

/** See the file's head. Views are of the whole memory; one that was taken before `allocate` may be detached after it. */
export interface Arena {
	readonly memory: WebAssembly.Memory;
	readonly shared: boolean;
	readonly ceiling: number;
	readonly used: number;
	/**
	 * A region, filled with zeros unless told otherwise.
	 *
	 * @throws ArenaFullError where the ceiling would be passed; the arena is unchanged then
	 */
	allocate(name: string, bytes: number, options?: RegionOptions): Region;
	/** Gives a region back. @throws where it is not (or no longer) one of this arena's */
	release(region: Region): void;
	u8(): Uint8Array;
	u32(): Uint32Array;
	i32(): Int32Array;
	f64(): Float64Array;
	i64(): BigInt64Array;
	view(): DataView;
	regions(): readonly Region[];
	/** Names of regions whose guard has been written to. */
	checkGuards(): string[];
	report(): ArenaReport;
}

/** The arena's ceiling does not allow a region. */
export class ArenaFullError extends Error {
	override readonly name = 'ArenaFullError';
}

interface Hole {
	address: number;
	size: number;
}

/** Makes an arena. Memory beyond `initial` is taken when regions need it, and never given back to the system. */
export function createArena(options: ArenaOptions = {}): Arena {
	const ceiling = Math.min(options.ceiling ?? 2 ** 30, 2 ** 32 - PAGE);
	const initial = options.initial ?? Math.min(2 ** 20, ceiling);
	if (!Number.isInteger(ceiling) || ceiling < PAGE) throw new RangeError(`tickforge: an arena's ceiling is a whole number of bytes from ${PAGE}, not ${options.ceiling}`);
	if (initial > ceiling) throw new RangeError(`tickforge: an arena cannot start with ${initial} bytes under a ceiling of ${ceiling}`);
	const shared = options.shared ?? false;
	const memory = new WebAssembly.Memory({ initial: Math.ceil(initial / PAGE), maximum: Math.ceil(ceiling / PAGE), shared });
	const live = new Map<number, Region>();
	const holes: Hole[] = [];
	let top = FIRST_ADDRESS;
	let used = 0;
	let views = viewsOf(memory.buffer);

	const refreshed = (): Views => {
		if (views.buffer !== memory.buffer) views = viewsOf(memory.buffer);
		return views;
	};
	const full = (name: string, bytes: number): ArenaFullError => {
		const largest = [...live.values()].sort((a, b) => b.size - a.size).slice(0, 5);
		const list = largest.map((region) => `${region.name} ${region.size}`).join(', ');
		return new ArenaFullError(`tickforge: no room for the region "${name}" of ${bytes} bytes: ${used} of ${ceiling} bytes are in use (largest: ${list || 'none'}). Raise the ceiling, or use smaller batches.`);
	};
	const take = (address: number, total: number): void => {
		for (const [index, hole] of holes.entries()) {
			if (address < hole.address || address + total > hole.address + hole.size) continue;
			const after = { address: address + total, size: hole.address + hole.size - address - total };
			hole.size = address - hole.address;
			if (hole.size === 0) holes.splice(index, 1);
			if (after.size > 0) holes.push(after);
			return;
		}
	};

	return {
		memory,
		shared,
		ceiling,
		get used() {
			return used;
		},
		allocate(name, bytes, { align = 64, guard = GUARD_BYTES, clear = true } = {}) {
			if (!Number.isInteger(bytes) || bytes < 0) throw new RangeError(`tickforge: the region "${name}" needs a whole number of bytes, not ${bytes}`);
			if (!Number.isInteger(align) || align < 1 || (align & (align - 1)) !== 0) throw new RangeError(`tickforge: the region "${name}" is aligned to a power of two, not to ${align}`);
			if (guard < GUARD_BYTES) throw new RangeError(`tickforge: the region "${name}" needs at least ${GUARD_BYTES} guard bytes, not ${guard}`);
			const aligned = (address: number): number => Math.ceil(address / align) * align;
			const total = Math.ceil((bytes + guard) / 16) * 16;
			const hole = holes.find((candidate) => aligned(candidate.address) + total <= candidate.address + candidate.size);
			let address: number;
			if (hole !== undefined) {
				address = aligned(hole.address);
				take(address, total);
			} else {
				address = aligned(top);
				const end = address + total;
				if (end > ceiling) throw full(name, bytes);
				const missing = end - memory.buffer.byteLength;
				if (missing > 0) {
					// Doubles while it is small, so that many small regions do not grow the memory many times.
					const wanted = Math.min(Math.max(missing, Math.min(memory.buffer.byteLength, 2 ** 26)), ceiling - memory.buffer.byteLength);
					try {
						memory.grow(Math.ceil(Math.max(missing, Math.floor(wanted / PAGE) * PAGE) / PAGE));
					} catch {
						throw full(name, bytes);
					}
				}
				if (address > top) holes.push({ address: top, size: address - top });
				top = end;
			}
			const region: Region = Object.freeze({ name, address, size: bytes, guard: total - bytes });
			const { u8 } = refreshed();
			if (clear) u8.fill(0, address, address + bytes);
			u8.fill(GUARD_BYTE, address + bytes, address + total);
			live.set(address, region);
			used += total;
			return region;
		},
		release(region) {
			if (live.get(region.address) !== region) throw new Error(`tickforge: the region "${region.name}" at ${region.address} is not in use in this arena; it was released before or belongs to another arena`);
			live.delete(region.address);
			const total = region.size + region.guard;
			used -= total;
			// Joins neighbours, so that what is given back can serve bigger regions.
			let { address } = region;
			let size = total;
			for (let index = holes.length - 1; index >= 0; index--) {
				const hole = holes[index] as Hole;
				if (hole.address + hole.size === address) {
					address = hole.address;
					size += hole.size;
					holes.splice(index, 1);
				} else if (address + size === hole.address) {
					size += hole.size;
					holes.splice(index, 1);
				}
			}
			if (address + size === top) top = address;
			else holes.push({ address, size });
		},
		u8: () => refreshed().u8,
		u32: () => refreshed().u32,
		i32: () => refreshed().i32,
		f64: () => refreshed().f64,
		i64: () => refreshed().i64,
		view: () => refreshed().view,
		regions: () => [...live.values()],
		checkGuards() {
			const { u8 } = refreshed();
			return [...live.values()].filter(({ address, size, guard }) => u8.subarray(address + size, address + size + guard).some((byte) => byte !== GUARD_BYTE)).map(({ name }) => name);
		},
		report: () => ({ size: memory.buffer.byteLength, used, ceiling, regions: [...live.values()] }),
	};
}

interface Views {
	readonly buffer: ArrayBuffer | SharedArrayBuffer;
	readonly u8: Uint8Array;
	readonly u32: Uint32Array;
	readonly i32: Int32Array;
	readonly f64: Float64Array;
	readonly i64: BigInt64Array;
	readonly view: DataView;
}

function viewsOf(buffer: ArrayBuffer | SharedArrayBuffer): Views {
	return {
		buffer,
		u8: new Uint8Array(buffer),
		u32: new Uint32Array(buffer),
		i32: new Int32Array(buffer),
		f64: new Float64Array(buffer),
		i64: new BigInt64Array(buffer),
		view: new DataView(buffer),
	};
}
