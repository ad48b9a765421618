/**
 * A symbol table: names (byte strings) to dense ids and back, in linear memory, so that generated parsers, TypeScript
 * and other threads look up the same one.
 *
 * ```
 *  table + 0    | magic "TFSY"  | version       | slots         | capacity      |
 *        + 16   | count         | text used     | text bytes    | buckets       |
 *        + 32   | slot mask     | bucket mask   | slot shift    | bucket shift  |
 *        + 48   | slots at      | ids at        | text at       | generation    |
 *        + 64   | k1 (u64)                      | k2 (u64)                      |
 *        + 80   | k3 (u64)                      | unused                        |
 *        + 96   16 bytes of ones, then 16 of zeros: the vector at 112 - n masks a name of n bytes, n up to 16
 *        + 128  displacements   u32 × buckets
 *               slots           16 bytes × slots:   | hash | length | id + 1 | text |
 *               ids             8 bytes × capacity: | text | length |
 *               texts           each zero-padded to 16 bytes
 * ```
 * All but the k are u32; `… at` and `text` are offsets from the table; masks are those of byte offsets.
 *
 * A name hashes to 64 bits (hash.ts). The highest select its bucket, those after them its home among the slots:
 * `(hash >> slot shift & slot mask) ^ displacement[hash >> bucket shift & bucket mask]`. It lies there or in the first
 * free slot after it. The k and the displacements are chosen when the table is made, so that every name known then lies
 * in its home: one probe, a perfect hash over the known universe. Names added later take what is free.
 *
 * One writer, any number of readers, on any threads: a slot's id is written last (atomically), names never move or go
 * away, and a full table stays as it is. A bigger one takes its place (grow.ts).
 */

export const MAGIC = 0x59534654;
export const VERSION = 1;
export const HEADER = {
	magic: 0,
	version: 4,
	slots: 8,
	capacity: 12,
	count: 16,
	textUsed: 20,
	textBytes: 24,
	buckets: 28,
	slotMask: 32,
	bucketMask: 36,
	slotShift: 40,
	bucketShift: 44,
	slotsAt: 48,
	idsAt: 52,
	textAt: 56,
	generation: 60,
	k1: 64,
	k2: 72,
	k3: 80,
	masks: 96,
	size: 128,
} as const;
export const SLOT = { hash: 0, length: 4, id: 8, text: 12, size: 16 } as const;
export const ID = { text: 0, length: 4, size: 8 } as const;

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
	readonly slotShift: number;
	readonly bucketShift: number;
	readonly slotsAt: number;
	readonly idsAt: number;
	readonly textAt: number;
	readonly bytes: number;
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, least)));
const align16 = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Bytes that a name takes of the text: at least 16, since names are compared 16 bytes at a time. */
export const paddedLength = (length: number): number => Math.max(16, align16(length));

export function dimensions({ capacity, textBytes = capacity * 16 }: SymbolTableSize): Dimensions {
	if (!Number.isInteger(capacity) || capacity < 1 || capacity > 1 << 24) throw new RangeError(`tickforge: a symbol table holds 1 to ${1 << 24} names, not ${capacity}`);
	if (!(textBytes >= 0 && textBytes <= 2 ** 31)) throw new RangeError(`tickforge: a symbol table has 0 to 2147483648 bytes of text, not ${textBytes}`);
	const slots = powerOfTwo(capacity * 2);
	const buckets = Math.max(1, slots / 8);
	// The shifts leave byte offsets of slots and of displacements.
	const bucketBits = Math.log2(buckets);
	const bucketShift = 62 - bucketBits;
	const slotShift = 60 - bucketBits - Math.log2(slots);
	const slotsAt = align16(HEADER.size + buckets * 4);
	const idsAt = slotsAt + slots * SLOT.size;
	const textAt = align16(idsAt + capacity * ID.size);
	const texts = align16(textBytes);
	return { capacity, textBytes: texts, slots, buckets, slotShift, bucketShift, slotsAt, idsAt, textAt, bytes: textAt + texts + 16 };
}

/**
 * Bytes that a table takes. For each name of the capacity: 32 to 64 in slots (two to four of them, a power of two), 1 to
 * 2 for displacements, 8 for its id, and its text rounded up to 16: 57 to 90 for names of up to 16 bytes; about 150
 * for the table itself.
 */
export function symbolTableBytes(size: SymbolTableSize): number {
	return dimensions(size).bytes;
}
