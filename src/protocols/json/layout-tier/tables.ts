/**
 * Where layouts are found: the key of a part is which of its bytes are separators (quotes, commas, points, minus signs,
 * white space: all below 0x30), so it says where every value begins and ends.
 *
 * ```
 *  layouts + 0     counters and the notes of messages that no layout took (LEARNING)
 *          + n     states, 64 bytes each:   | extents: four u64 masks | table | shift | multiplier (u64) | only | … |
 *                  tables of a state: 16 bytes a slot:                | key (u64) | target | … |
 *                  branches: where many layouts share the first 64 bytes' key, more words decide
 *                  records (records.ts)
 * ```
 * Where items are found by their closing bracket, a table has only targets (u32), found by all separators of the item.
 *
 * A target is a record's address, or that of a branch with its lowest bit set. A table is perfect for the keys it was
 * built with: one probe, nothing but the masked key is compared. A record that is found by accident fails its own check.
 */
import { LEARNING } from '../../../compiler/parser-abi.ts';

/**
 * The express way: a message's first 8 bytes of the name, its length and the separators of up to two windows of 16 bytes
 * lead to a slot, which knows the record and the name's id. A guess: the record checks the message, the slot the name.
 * Where to look is part of the generated code (express.ts). A slot is a cache line: 16 bytes of the name, their limits
 * (0, or 255 beyond the name), record, id. The block of the layouts has the address of the slots.
 */
export const EXPRESS_SLOT = { name: 0, limits: 16, record: 32, id: 36, size: 64 } as const;
/** Where a name may begin: 8 bytes from there are readable whatever the message's length. */
export const EXPRESS_REACH = 56;
/** What a slot's place is computed with. */
export const EXPRESS_FACTORS = { name: 0x9e3779b97f4a7c15n, shape: 0xd6e8feb86659fd93n } as const;
/** Furthest that a window begins before the message's end. */
export const WINDOW_REACH = 256;

/** Where both begin, after the block that all protocols have (LEARNING, compiler/parser-abi.ts). */
export const SLOTS_AT = LEARNING.size;
export const STATES = SLOTS_AT + 64;
/** How many express slots there are, as bits. */
export const EXPRESS_BITS = 14;
/** Heads of messages lead to one of 64 places where the name begins; the places are constants of the module. */
export const HEAD_BITS = 6;
/** `only`: the record, where the state has a single one; else 0. */
export const STATE = { extents: 0, extentCount: 4, table: 32, shift: 36, multiplier: 40, only: 48, size: 64 } as const;
export const SLOT = { key: 0, target: 8, size: 16 } as const;
/** `words`: 64-byte words from byte 64 on; `last`: offset of one more, negative: the last 64 bytes of the message. `otherwise`: the target where the message ends before. */
export const BRANCH = { words: 0, last: 4, table: 8, shift: 12, lastMultiplier: 16, lengthMultiplier: 24, otherwise: 32, multipliers: 40 } as const;
/** Bytes that a key's word covers. */
export const WORD = 64;

/** For what ends the message: the key is of all its bytes (the first 64), with their number added. */
export const WHOLE_SALT = 0x7fb5d329728ea185n;
/** Keys of different extents differ by these. */
export const EXTENT_SALTS: readonly bigint[] = [0x9e3779b97f4a7c15n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0xd6e8feb86659fd93n];

export const asU64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Bit i is set where byte `from + i` is a separator, as generated code has it: below 0x30 as a signed byte. */
export function separators(bytes: Uint8Array, from: number, length = WORD): bigint {
	let low = 0;
	let high = 0;
	for (let index = 0; index < length; index++) {
		const byte = bytes[from + index];
		if (byte === undefined || (byte >= 0x30 && byte < 0x80)) continue;
		if (index < 32) low |= 1 << index;
		else high |= 1 << (index - 32);
	}
	return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

export const lowBits = (count: number): bigint => (count >= 64 ? 2n ** 64n - 1n : (1n << BigInt(count)) - 1n);
