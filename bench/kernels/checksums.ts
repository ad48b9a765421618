/** CRC-32C and CRC-32 of short and long messages, against libraries with native code. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import { crc32c as nativeCrc32c } from '@node-rs/crc32';
import { arenaChecksum, arenaChecksums, crc32, crc32c } from '../../src/codecs/crc.ts';
import { createArena } from '../../src/memory/index.ts';
import { createBelow } from '../statistics.ts';
import type { KernelCase } from './kernel-case.ts';
import { mustAgree, timed } from './timed.ts';

const SIZES = [64, 200, 4096, 2 ** 20];
/** Messages lie one after the other, as in a window of input. */
const WINDOW = 2 ** 20;
/** Bytes a run goes through at least. */
const WORK = 2 ** 20;

export function checksumCases(): KernelCase[] {
	return (['crc32c', 'crc32'] as const).flatMap((name) => SIZES.map((size) => checksumCase(name, size)));
}

function checksumCase(name: 'crc32c' | 'crc32', size: number): KernelCase {
	const below = createBelow(23);
	const arena = createArena({ ceiling: 2 ** 24 });
	const region = arena.allocate('messages', WINDOW + size);
	const memory = arena.u8();
	for (let at = 0; at < region.size; at++) memory[region.address + at] = below(256);
	const kernel = arenaChecksum(arena, name, 'generated');
	const many = arenaChecksums(arena, name, 'generated');
	const reference = arenaChecksum(arena, name, 'reference');
	const outside = name === 'crc32c' ? crc32c : crc32;
	const native = name === 'crc32c' ? (bytes: Uint8Array) => nativeCrc32c(bytes) : (bytes: Uint8Array) => zlibCrc32(bytes);
	// A run of calls with native code takes longer: fewer of them.
	const calls = Math.max(4, Math.min(4096, WORK / size));
	const count = Math.floor(WINDOW / size) + 1;
	const places = Array.from({ length: Math.min(calls, count) }, (_, index) => region.address + index * size);
	const copies = places.map((at) => memory.slice(at, at + size));
	const expected = native(copies[0] as Uint8Array);
	const table = arena.allocate('places', calls * 8).address;
	const sums = arena.allocate('checksums', calls * 4).address;
	for (let call = 0; call < calls; call++) arena.u32().set([places[call % places.length] as number, size], (table + call * 8) / 4);
	const overMany = (): number => {
		many(table, calls, 8, sums);
		return arena.u32()[sums / 4] as number;
	};
	mustAgree(`the kernel of ${name} over many`, expected, overMany());
	mustAgree(`the kernel of ${name}`, expected, kernel(places[0] as number, size));
	mustAgree(`${name}(bytes)`, expected, outside(copies[0] as Uint8Array));
	const overPlaces = (sum: (address: number, length: number) => number): (() => number) => {
		return () => {
			let all = 0;
			for (let call = 0; call < calls; call++) all ^= sum(places[call % places.length] as number, size);
			return all;
		};
	};
	const overCopies = (sum: (bytes: Uint8Array) => number): (() => number) => {
		return () => {
			let all = 0;
			for (let call = 0; call < calls; call++) all ^= sum(copies[call % copies.length] as Uint8Array);
			return all;
		};
	};
	return {
		name: `${name} of ${size < 1024 ? `${size} bytes` : size < 2 ** 20 ? `${size / 1024} KiB` : '1 MiB'}`,
		unit: 'message',
		bytes: size,
		candidates: [
			timed('kernel', calls, overMany),
			timed('kernel, one by one', calls, overPlaces(kernel)),
			timed(`${name}(bytes)`, calls, overCopies(outside)),
			timed(name === 'crc32c' ? '@node-rs/crc32' : 'zlib.crc32', calls, overCopies(native)),
			{ ...timed('TypeScript, bytes', calls, overPlaces(reference)), every: size === 2 ** 20 ? 5 : 1 },
		],
		notes: [`the kernel sums up what lies in the arena; ${name}(bytes) copies it there first; all but the first make a call for each message`],
	};
}
