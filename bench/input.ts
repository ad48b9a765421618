/** Messages in an arena, and the order in which a run goes through them: a window that is parsed again and again. */
import { type Arena, DESCRIPTOR } from '../src/index.ts';

/** Messages that one call of a parser takes. */
export const PART = 400;

/** Of larger windows, this much is different; the rest repeats it elsewhere in memory. No predictor learns a hundred thousand messages. */
export const DISTINCT_BYTES = 16 * 2 ** 20;

export interface Input {
	/** The different messages, in their order. */
	readonly encoded: readonly Uint8Array[];
	/** Address and bytes of the window. */
	readonly address: number;
	readonly bytes: number;
	/** Messages in the window. */
	readonly messages: number;
	/** How often the different messages lie in the window. */
	readonly tiles: number;
	/** Descriptors: of all messages in the window, again and again until there are enough for a whole part. */
	readonly table: number;
	readonly entries: number;
}

/** Lays messages into an arena, tile after tile. */
export function layInput(arena: Arena, encoded: readonly Uint8Array[], tiles = 1): Input {
	const block = encoded.reduce((sum, message) => sum + message.length, 0);
	const messages = encoded.length * tiles;
	const repeats = Math.max(1, Math.ceil(PART / messages));
	const entries = messages * repeats;
	const { address } = arena.allocate('messages', block * tiles, { guard: 4096 });
	const { address: table } = arena.allocate('descriptors', entries * DESCRIPTOR.size);
	const bytes = arena.u8();
	const words = arena.u32();
	let at = address;
	for (const message of encoded) {
		bytes.set(message, at);
		at += message.length;
	}
	for (let tile = 1; tile < tiles; tile++) bytes.copyWithin(address + tile * block, address, address + block);
	let entry = table >>> 2;
	for (let repeat = 0; repeat < repeats; repeat++) {
		for (let tile = 0; tile < tiles; tile++) {
			at = address + tile * block;
			for (const { length } of encoded) {
				words[entry] = at;
				words[entry + 1] = length;
				entry += DESCRIPTOR.size / 4;
				at += length;
			}
		}
	}
	return { encoded, address, bytes: block * tiles, messages, tiles, table, entries };
}

/** Goes through `messages` messages in parts, from the first entry on and round and round; `take` gets the number of the first entry and how many. */
export function goThrough(entries: number, messages: number, take: (first: number, count: number) => void): void {
	let first = 0;
	for (let left = messages; left > 0; ) {
		const count = Math.min(PART, left, entries - first);
		take(first, count);
		left -= count;
		first += count;
		if (first === entries) first = 0;
	}
}
