/** The hash of names, in 32-bit pieces: what emit.ts computes with 64-bit multiplications. */
import { HEADER } from './layout.ts';

/** Upper half of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
	const a0 = a & 0xffff;
	const a1 = a >>> 16;
	const b0 = b & 0xffff;
	const b1 = b >>> 16;
	// No sum passes 2^32 - 1.
	const middle = a1 * b0 + ((a0 * b0) >>> 16);
	const other = a0 * b1 + (middle & 0xffff);
	return (a1 * b1 + (middle >>> 16) + (other >>> 16)) | 0;
}

/** Upper half of the 64-bit product; the lower is `Math.imul(aLow, bLow)`. */
const productHigh = (aLow: number, aHigh: number, bLow: number, bHigh: number): number => (multiplyHigh(aLow, bLow) + Math.imul(aLow, bHigh) + Math.imul(aHigh, bLow)) | 0;

/** What an addition carries to the upper half: `sum` is the lower half of `a` and something. */
const carry = (sum: number, a: number): number => (sum >>> 0 < a >>> 0 ? 1 : 0);

/** Four bytes as a little-endian word, zeros beyond the end. */
function word(bytes: Uint8Array, at: number): number {
	const left = bytes.length - at;
	if (left >= 4) return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
	if (left <= 0) return 0;
	return (bytes[at] as number) | (left > 1 ? (bytes[at + 1] as number) << 8 : 0) | (left > 2 ? (bytes[at + 2] as number) << 16 : 0);
}

/**
 * With the first 16 bytes as two 64-bit words a and b, zero-padded:
 * ```
 *  hash = length × k3 + a × k1 + b × k2
 *  for each 16 bytes more:  hash = rotate(hash, 31) × k3 + a × k1 + b × k2
 * ```
 * Its high bits are the good ones: each depends on all of the name. Writes the low half, then the high half.
 *
 * @param table the table's head, as words
 */
export function hashName(bytes: Uint8Array, words: Uint32Array, table: number, into: Uint32Array): void {
	const k = (table + HEADER.k1) >>> 2;
	const k1Low = words[k] as number;
	const k1High = words[k + 1] as number;
	const k2Low = words[k + 2] as number;
	const k2High = words[k + 3] as number;
	const k3Low = words[k + 4] as number;
	const k3High = words[k + 5] as number;
	let low = Math.imul(bytes.length, k3Low);
	let high = productHigh(bytes.length, 0, k3Low, k3High);
	for (let at = 0; ; ) {
		const aLow = word(bytes, at);
		const a = Math.imul(aLow, k1Low);
		low = (low + a) | 0;
		high = (high + productHigh(aLow, word(bytes, at + 4), k1Low, k1High) + carry(low, a)) | 0;
		const bLow = word(bytes, at + 8);
		const b = Math.imul(bLow, k2Low);
		low = (low + b) | 0;
		high = (high + productHigh(bLow, word(bytes, at + 12), k2Low, k2High) + carry(low, b)) | 0;
		at += 16;
		if (at >= bytes.length) break;
		const rotatedLow = (low << 31) | (high >>> 1);
		const rotatedHigh = (high << 31) | (low >>> 1);
		low = Math.imul(rotatedLow, k3Low);
		high = productHigh(rotatedLow, rotatedHigh, k3Low, k3High);
	}
	into[0] = low;
	into[1] = high;
}

/** The low 32 bits of a hash shifted right by 1 to 63. */
export function shifted(hash: Uint32Array, by: number): number {
	const high = hash[1] as number;
	return by >= 32 ? high >>> (by - 32) : (high << (32 - by)) | ((hash[0] as number) >>> by);
}
