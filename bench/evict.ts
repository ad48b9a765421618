/** Cold caches: a buffer larger than the last level is walked through, so that nothing of the benchmark is left in any. */
import { cacheBytes } from './machine.ts';

const LINE = 64;

/** Walks twice the last-level cache, at least 32 MiB; reads and writes, since only written lines surely push others out. */
export function createEviction(bytes = Math.max(32 * 2 ** 20, 2 * (cacheBytes(3) ?? 16 * 2 ** 20))): { readonly bytes: number; evict(): void } {
	const buffer = new Uint8Array(bytes);
	return {
		bytes,
		evict() {
			for (let at = 0; at < buffer.length; at += LINE) buffer[at] = ((buffer[at] as number) + 1) & 255;
		},
	};
}
