/** xxHash32 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md): the checksum of LZ4 frames. */
import { XXHASH32_PRIMES, XXHASH32_STRIPE } from '../kernels/xxhash32.ts';
import type { Arena } from '../memory/index.ts';
import { type CodecTier, stripesFunction, usualTier } from './codec-modules.ts';

const [P1, P2, P3, P4, P5] = XXHASH32_PRIMES;

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
const round = (lane: number, word: number): number => Math.imul(rotate((lane + Math.imul(word, P2)) | 0, 13), P1);
const firstLanes = (seed: number): readonly [number, number, number, number] => [(seed + P1 + P2) | 0, (seed + P2) | 0, seed | 0, (seed - P1) | 0];
const joinLanes = (a: number, b: number, c: number, d: number): number => (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;

/** Fewer than 16 bytes at the end, and the last mixing. */
function finish(start: number, tail: Uint8Array): number {
	const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
	let hash = start;
	let at = 0;
	for (; at + 4 <= tail.length; at += 4) hash = Math.imul(rotate((hash + Math.imul(view.getInt32(at, true), P3)) | 0, 17), P4);
	for (; at < tail.length; at++) hash = Math.imul(rotate((hash + Math.imul(tail[at] as number, P5)) | 0, 11), P1);
	hash = Math.imul(hash ^ (hash >>> 15), P2);
	hash = Math.imul(hash ^ (hash >>> 13), P3);
	return (hash ^ (hash >>> 16)) >>> 0;
}

/** The hash of bytes, in plain TypeScript: for headers, and as the twin of {@link createXxHash32}. */
export function xxHash32(bytes: Uint8Array, seed = 0): number {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const stripes = bytes.length - (bytes.length % XXHASH32_STRIPE);
	let hash = (seed + P5) | 0;
	if (stripes > 0) {
		let [a, b, c, d] = firstLanes(seed);
		for (let at = 0; at < stripes; at += XXHASH32_STRIPE) {
			a = round(a, view.getInt32(at, true));
			b = round(b, view.getInt32(at + 4, true));
			c = round(c, view.getInt32(at + 8, true));
			d = round(d, view.getInt32(at + 12, true));
		}
		hash = joinLanes(a, b, c, d);
	}
	return finish((hash + bytes.length) | 0, bytes.subarray(stripes));
}

/** The hash of what lies in an arena, part after part. */
export interface XxHash32 {
	reset(seed?: number): void;
	update(address: number, length: number): void;
	/** Of all since `reset`. */
	digest(): number;
	release(): void;
}

/**
 * A state in the arena:
 * ```
 *   0                16                  32
 *   | four lanes     | bytes of a stripe |
 * ```
 */
const STATE_BYTES = 2 * XXHASH32_STRIPE;

export function createXxHash32(arena: Arena, tier: CodecTier = usualTier()): XxHash32 {
	const stripes = stripesFunction(arena, tier);
	const region = arena.allocate('xxHash32', STATE_BYTES);
	const state = region.address;
	const waiting = state + XXHASH32_STRIPE;
	let length = 0;
	let held = 0;
	let seed = 0;
	const reset = (from = 0): void => {
		seed = from;
		length = 0;
		held = 0;
		const view = arena.view();
		firstLanes(seed).forEach((lane, index) => {
			view.setInt32(state + index * 4, lane, true);
		});
	};
	reset();
	return {
		reset,
		update(address, count) {
			let at = address;
			const end = address + count;
			length += count;
			if (held > 0) {
				const more = Math.min(XXHASH32_STRIPE - held, count);
				arena.u8().copyWithin(waiting + held, at, at + more);
				held += more;
				at += more;
				if (held < XXHASH32_STRIPE) return;
				stripes(state, waiting, waiting + XXHASH32_STRIPE);
				held = 0;
			}
			const whole = at + Math.floor((end - at) / XXHASH32_STRIPE) * XXHASH32_STRIPE;
			if (whole > at) stripes(state, at, whole);
			held = end - whole;
			if (held > 0) arena.u8().copyWithin(waiting, whole, end);
		},
		digest() {
			const view = arena.view();
			const lane = (index: number): number => view.getInt32(state + index * 4, true);
			const hash = length >= XXHASH32_STRIPE ? joinLanes(lane(0), lane(1), lane(2), lane(3)) : (seed + P5) | 0;
			return finish((hash + length) | 0, arena.u8().subarray(waiting, waiting + held));
		},
		release: () => arena.release(region),
	};
}
