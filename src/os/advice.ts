/**
 * Wishes that the system may grant: huge pages, memory that is never swapped, memory of one NUMA node, one processor
 * for this thread. Each says whether it was granted; none is needed for anything to work. What is asked for memory ends
 * where its growth moves it (only seen where address space is limited): ask again after such a growth.
 */
import type { Arena } from '../memory/index.ts';
import { MADVISE, native, PAGE_SIZE, whyNotNative } from './native.ts';

export interface Granted {
	readonly granted: boolean;
	/** Why not, or what was done. */
	readonly detail: string;
}

const notHere = (): Granted => ({ granted: false, detail: whyNotNative() });
const result = (status: number, what: string, errno: () => number): Granted => (status === 0 ? { granted: true, detail: what } : { granted: false, detail: `the system refused (error ${errno()})` });

/** Whole pages inside a range: advice is for pages. */
function pagesOf(address: number, length: number): { start: number; bytes: number } {
	const start = Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
	return { start, bytes: Math.max(0, Math.floor((address + length) / PAGE_SIZE) * PAGE_SIZE - start) };
}

/** Asks for 2 MiB pages in the arena's memory: the first touch of 128 MiB was 4 to 5 times faster in an experiment. */
export function adviseHugePages(arena: Arena, address = 0, length = arena.memory.buffer.byteLength): Granted {
	const calls = native();
	if (calls === null) return notHere();
	const { start, bytes } = pagesOf(address, length);
	return result(calls.madvise(calls.addressOf(arena.memory) + BigInt(start), bytes, MADVISE.hugePage), 'huge pages where the system has them', calls.errno);
}

/** Keeps a range in memory. Limited by RLIMIT_MEMLOCK for ordinary users. */
export function lockMemory(arena: Arena, address: number, length: number): Granted {
	const calls = native();
	if (calls === null) return notHere();
	const { start, bytes } = pagesOf(address, length);
	return result(calls.mlock(calls.addressOf(arena.memory) + BigInt(start), bytes), `${bytes} bytes locked`, calls.errno);
}

export function unlockMemory(arena: Arena, address: number, length: number): Granted {
	const calls = native();
	if (calls === null) return notHere();
	const { start, bytes } = pagesOf(address, length);
	return result(calls.munlock(calls.addressOf(arena.memory) + BigInt(start), bytes), 'unlocked', calls.errno);
}

/** Pages of a range that are touched from now on come from this NUMA node, if it has any left. */
export function preferNode(arena: Arena, address: number, length: number, node: number): Granted {
	if (!Number.isInteger(node) || node < 0 || node > 63) throw new RangeError(`tickforge: NUMA nodes are numbered 0 to 63, not ${node}`);
	const calls = native();
	if (calls === null) return notHere();
	const { start, bytes } = pagesOf(address, length);
	const PREFERRED = 1;
	return result(calls.mbind(calls.addressOf(arena.memory) + BigInt(start), bytes, PREFERRED, 1n << BigInt(node)), `pages prefer node ${node}`, calls.errno);
}

/** Keeps the calling thread on these processors. */
export function pinThread(processors: readonly number[]): Granted {
	if (processors.length === 0 || processors.some((processor) => !Number.isInteger(processor) || processor < 0 || processor > 1023)) throw new RangeError('tickforge: pin a thread to processors numbered 0 to 1023');
	const calls = native();
	if (calls === null) return notHere();
	const mask = new Uint8Array(128);
	for (const processor of processors) mask[processor >> 3] = (mask[processor >> 3] as number) | (1 << (processor & 7));
	return result(calls.schedSetaffinity(mask), `this thread runs on ${processors.join(', ')}`, calls.errno);
}
