/**
 * Generation-tagged handles: a number that stands for a slot of a table as long as that slot is not given back. A
 * stale or foreign handle throws; it never reads what has taken its place.
 *
 * ```
 *  handle (a safe integer):  | owner 10 bits | generation 22 bits | index 20 bits |
 * ```
 */
const INDEX_BITS = 20;
const GENERATION_BITS = 22;
const INDEX_COUNT = 2 ** INDEX_BITS;
const GENERATION_COUNT = 2 ** GENERATION_BITS;

export type Handle = number & { readonly brand: 'handle' };

/** The handle's slot was given back, or it came from another table. */
export class StaleHandleError extends Error {
	override readonly name = 'StaleHandleError';
}

export interface HandleTable<T> {
	/** Handles in use. */
	readonly size: number;
	/** Stores a value and gives its handle. @throws where the table is full */
	add(value: T): Handle;
	/** The value. @throws StaleHandleError */
	get(handle: Handle): T;
	/** Whether `get` would give a value. */
	has(handle: Handle): boolean;
	/** Ends the handle's life. @throws StaleHandleError */
	remove(handle: Handle): T;
}

let owners = 0;

/** @param what names the values in errors: "batch", "view" */
export function createHandleTable<T>(what: string, capacity = 4096): HandleTable<T> {
	if (!Number.isInteger(capacity) || capacity < 1 || capacity > INDEX_COUNT) throw new RangeError(`tickforge: a handle table holds 1 to ${INDEX_COUNT} values, not ${capacity}`);
	const owner = owners++ % 1024;
	const values = new Array<T | undefined>(capacity).fill(undefined);
	// Even: free; odd: in use. A generation that would wrap retires its slot.
	const generations = new Uint32Array(capacity);
	const free = new Uint32Array(capacity);
	let freeCount = 0;
	let next = 0;
	let size = 0;
	const indexOf = (handle: number): number => {
		const index = handle % INDEX_COUNT;
		const generation = Math.floor(handle / INDEX_COUNT) % GENERATION_COUNT;
		const handleOwner = Math.floor(handle / INDEX_COUNT / GENERATION_COUNT);
		if (handleOwner !== owner || !Number.isSafeInteger(handle) || handle < 0) return -1;
		return index < next && generations[index] === generation && generation % 2 === 1 ? index : -1;
	};
	const checked = (handle: Handle): number => {
		const index = indexOf(handle);
		if (index < 0) throw new StaleHandleError(`tickforge: this ${what} is gone (it was released, or it belongs to something else); keep a copy of what outlives it`);
		return index;
	};
	return {
		get size() {
			return size;
		},
		add(value) {
			const index = freeCount > 0 ? (free[--freeCount] as number) : next++;
			if (index >= capacity) {
				next--;
				throw new RangeError(`tickforge: ${capacity} of ${what} are in use at once, which is the limit; release some`);
			}
			const generation = (generations[index] as number) + 1;
			generations[index] = generation;
			values[index] = value;
			size++;
			return ((owner * GENERATION_COUNT + generation) * INDEX_COUNT + index) as Handle;
		},
		get: (handle) => values[checked(handle)] as T,
		has: (handle) => indexOf(handle) >= 0,
		remove(handle) {
			const index = checked(handle);
			const value = values[index] as T;
			values[index] = undefined;
			size--;
			const generation = (generations[index] as number) + 1;
			generations[index] = generation;
			if (generation < GENERATION_COUNT - 2) free[freeCount++] = index;
			return value;
		},
	};
}
