/**
 * Checksums: CRC-32C (Castagnoli; RFC 3720, Snappy, venues' binary protocols) and CRC-32 (IEEE; gzip, PNG, the order-book
 * checksums of venues). Checksums go on: `crc32c(b, crc32c(a))` is the checksum of a and b in a row. Those of parts that
 * were summed apart, on several threads for example, are joined by `crc32cCombine`.
 */
import { byteTable, CRC32, CRC32C, type CrcPolynomial, multiply, powerOfBytes } from '../kernels/crc-arithmetic.ts';
import type { Arena } from '../memory/index.ts';
import { type CodecTier, type CrcFunction, type CrcManyFunction, crcFunction, crcManyFunction, usualTier } from './codec-modules.ts';
import { ownArena } from './own-arena.ts';

/** The checksum of `length` bytes at `address` of an arena, going on from `previous` (default 0: from none). */
export type ArenaChecksum = (address: number, length: number, previous?: number) => number;

/** Bytes outside of WebAssembly memory go through a window of this size. */
const WINDOW = 131072;
/** Fewer bytes are summed up where they are. */
const LEAST_COPIED = 24;

function checksumOf(polynomial: CrcPolynomial): (bytes: Uint8Array, previous?: number) => number {
	const table = byteTable(polynomial.generator);
	let crc: CrcFunction | null = null;
	let window = 0;
	return (bytes, previous = 0) => {
		let register = ~previous;
		if (bytes.length < LEAST_COPIED) {
			for (let at = 0; at < bytes.length; at++) register = (table[(register ^ (bytes[at] as number)) & 0xff] as number) ^ (register >>> 8);
			return ~register >>> 0;
		}
		const arena = ownArena();
		if (crc === null) {
			crc = crcFunction(arena, polynomial);
			window = arena.allocate(`window of ${polynomial.name}`, WINDOW, { clear: false }).address;
		}
		const memory = arena.u8();
		for (let at = 0; at < bytes.length; at += WINDOW) {
			const part = bytes.length <= WINDOW ? bytes : bytes.subarray(at, at + WINDOW);
			memory.set(part, window);
			register = crc(register, window, part.length);
		}
		return ~register >>> 0;
	};
}

function combineOf({ generator }: CrcPolynomial): (first: number, second: number, secondLength: number) => number {
	return (first, second, secondLength) => {
		if (!Number.isSafeInteger(secondLength) || secondLength < 0) throw new RangeError(`tickforge: checksums are joined with the length of the second part in bytes, not ${secondLength}`);
		return (multiply(powerOfBytes(secondLength, generator), first >>> 0, generator) ^ second) >>> 0;
	};
}

/**
 * CRC-32C of bytes.
 *
 * @param previous the checksum of what comes before them
 */
export const crc32c: (bytes: Uint8Array, previous?: number) => number = checksumOf(CRC32C);
/** CRC-32 of bytes, as of gzip and PNG; see {@link crc32c}. */
export const crc32: (bytes: Uint8Array, previous?: number) => number = checksumOf(CRC32);

/** The CRC-32C of two parts in a row, from theirs and the second part's length in bytes. */
export const crc32cCombine: (first: number, second: number, secondLength: number) => number = combineOf(CRC32C);
/** The CRC-32 of two parts in a row; see {@link crc32cCombine}. */
export const crc32Combine: (first: number, second: number, secondLength: number) => number = combineOf(CRC32);

/** Checksums of what lies in an arena, without copying it. Takes a region of it for tables once. */
export function arenaChecksum(arena: Arena, name: CrcPolynomial['name'], tier: CodecTier = usualTier()): ArenaChecksum {
	const crc = crcFunction(arena, name === 'crc32c' ? CRC32C : CRC32, tier);
	return (address, length, previous = 0) => ~crc(~previous, address, length) >>> 0;
}

/**
 * Checksums of many messages of an arena in one call: `places` is the address of (address, length) pairs, u32 each and
 * `stride` bytes apart, as framings write descriptors; `checksums` is where theirs go, u32 each. Allocates nothing.
 */
export function arenaChecksums(arena: Arena, name: CrcPolynomial['name'], tier: CodecTier = usualTier()): CrcManyFunction {
	return crcManyFunction(arena, name === 'crc32c' ? CRC32C : CRC32, tier);
}
