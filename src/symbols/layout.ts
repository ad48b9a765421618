/**
 * A symbol table: names (byte strings) to dense ids and back, in linear memory, so that generated parsers, TypeScript
 * and other threads look up the same one.
 *
 * ```
 *  table + 0    magic "TFSY"   version    slots       capacity
 *        + 16   count          textUsed   textBytes   seed
 *        + 32   buckets        reserved to 64
 *        + 64   displacements  u32 × buckets
 *               slots          16 bytes × slots:   | hash u32 | length u32 | id + 1 u32 | text u32 |
 *               ids            8 bytes × capacity: | text u32 | length u32 |
 *               texts          each zero-padded to 16 bytes; `text` is an offset from the table
 * ```
 * A name hashes to 64 bits: the low half `h1` and the high half `h2`. Its home slot is
 * `(h1 + displacement[h2 mod buckets] × (h2 >>> 16 | 1)) mod slots`, from where it is probed linearly. The
 * displacements are chosen when the table is made, so that every name known then lies in its home slot: one probe, a
 * perfect hash over the known universe. Names added later take what is free.
 *
 * One writer, any number of readers: a slot's id is written last (atomically), names never move or go away.
 */

export const MAGIC = 0x59534654;
export const VERSION = 1;
export const HEADER = { magic: 0, version: 4, slots: 8, capacity: 12, count: 16, textUsed: 20, textBytes: 24, seed: 28, buckets: 32, size: 64 } as const;
export const SLOT = { hash: 0, length: 4, id: 8, text: 12, size: 16 } as const;
export const ID = { text: 0, length: 4, size: 8 } as const;

/** Multipliers of the hash: odd, from the fractional parts of the golden ratio and of the roots of 2 and 3. */
export const K1 = 0x9e3779b97f4a7c15n;
export const K2 = 0x6a09e667f3bcc909n;
export const K3 = 0xbb67ae8584caa73bn;

export interface SymbolTableSize {
	/** Most names. */
	readonly capacity: number;
	/** Bytes for the names, each rounded up to 16. Default: 16 a name. */
	readonly textBytes?: number;
}

export interface Dimensions {
	readonly capacity: number;
	readonly textBytes: number;
	readonly slots: number;
	readonly buckets: number;
	readonly slotsAt: number;
	readonly idsAt: number;
	readonly textAt: number;
	readonly bytes: number;
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, least)));

export function dimensions({ capacity, textBytes = capacity * 16 }: SymbolTableSize): Dimensions {
	if (!Number.isInteger(capacity) || capacity < 1 || capacity > 1 << 24) throw new RangeError(`tickforge: a symbol table holds 1 to ${1 << 24} names, not ${capacity}`);
	const slots = powerOfTwo(capacity * 2);
	const buckets = Math.max(1, slots / 8);
	const slotsAt = Math.ceil((HEADER.size + buckets * 4) / 16) * 16;
	const idsAt = slotsAt + slots * SLOT.size;
	const textAt = Math.ceil((idsAt + capacity * ID.size) / 16) * 16;
	const texts = Math.ceil(textBytes / 16) * 16;
	return { capacity, textBytes: texts, slots, buckets, slotsAt, idsAt, textAt, bytes: textAt + texts + 16 };
}

/**
 * Bytes that a table takes: for each name of the capacity 32 to 64 in slots, 8 for its id, 2 to 4 for displacements and
 * 16 for every 16 bytes of its text: 58 to 92 for names of up to 16 bytes.
 */
export function symbolTableBytes(size: SymbolTableSize): number {
	return dimensions(size).bytes;
}
