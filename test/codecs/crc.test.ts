import { crc32 as zlibCrc32 } from 'node:zlib';
import { crc32c as nativeCrc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crcFunction } from '../../src/codecs/codec-modules.ts';
import { arenaChecksum, arenaChecksums, crc32, crc32Combine, crc32c, crc32cCombine } from '../../src/codecs/crc.ts';
import { CRC_LONG } from '../../src/kernels/crc.ts';
import { applyMatrix, CRC32, CRC32C, invertMatrix, multiply, ONE, powerOfBytes } from '../../src/kernels/crc-arithmetic.ts';
import { createArena } from '../../src/memory/index.ts';
import { noise } from './material.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const POLYNOMIALS = [
	{ polynomial: CRC32C, checksum: crc32c, combine: crc32cCombine, oracle: (bytes: Uint8Array) => nativeCrc32c(bytes) },
	{ polynomial: CRC32, checksum: crc32, combine: crc32Combine, oracle: (bytes: Uint8Array) => zlibCrc32(bytes) },
] as const;

test('CRC-32C has the values of RFC 3720, B.4', () => {
	// There they stand byte by byte, the lowest first.
	expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
	expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
	expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
	expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => 31 - index))).toBe(0x113fdb5c);
	const read = new Uint8Array(48);
	for (const [at, byte] of [
		[0, 0x01],
		[1, 0xc0],
		[16, 0x14],
		[22, 0x04],
		[27, 0x14],
		[31, 0x18],
		[32, 0x28],
		[40, 0x02],
	] as const)
		read[at] = byte;
	expect(crc32c(read)).toBe(0xd9963a56);
});

test('the check values of both', () => {
	expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
	expect(crc32(ascii('123456789'))).toBe(0xcbf43926);
	expect(crc32c(new Uint8Array(0))).toBe(0);
});

describe.each(POLYNOMIALS)('$polynomial.name', ({ polynomial, checksum, combine, oracle }) => {
	const { generator, lags, name } = polynomial;
	const bytes = noise(300_000, 7);

	test('has lags whose terms add up to a multiple of the generator', () => {
		// 1 + sum of x^-lag = 0; as a register goes forward, x^(lag - most) for all, in steps of bits.
		const most = Math.max(...lags);
		const powerOfBits = (bits: number): number => {
			let power = ONE;
			for (let bit = 0; bit < bits; bit++) power = multiply(power, ONE >>> 1, generator);
			return power;
		};
		const terms = [0, ...lags].map((lag) => powerOfBits(most - lag));
		expect(terms.reduce((sum, term) => sum ^ term, 0) >>> 0).toBe(0);
		// And in steps of 16 bytes.
		expect([0, ...lags].map((lag) => powerOfBytes((most - lag) * 16, generator)).reduce((sum, term) => sum ^ term, 0) >>> 0).toBe(0);
		// The kernel works on eight vectors at once, none of which may depend on another.
		expect(Math.min(...lags)).toBeGreaterThanOrEqual(8);
	});

	test.each(['generated', 'reference'] as const)('%s: agrees with another implementation at every length and alignment', (tier) => {
		const arena = createArena();
		const region = arena.allocate('bytes', bytes.length);
		arena.u8().set(bytes, region.address);
		const sum = arenaChecksum(arena, name, tier);
		for (let length = 0; length < 700; length++) {
			const from = (length * 7) % 61;
			expect(sum(region.address + from, length), `${length}`).toBe(oracle(bytes.subarray(from, from + length)));
		}
		for (const length of [4096, CRC_LONG - 1, CRC_LONG, CRC_LONG + 1, CRC_LONG + 127, CRC_LONG + 128, 65_537, 131_071, 131_072, 131_073, 299_990]) {
			expect(sum(region.address + 3, length), `${length}`).toBe(oracle(bytes.subarray(3, 3 + length)));
		}
		expect(arena.checkGuards()).toEqual([]);
	});

	test.each(['generated', 'reference'] as const)('%s: many messages in one call', (tier) => {
		const arena = createArena();
		const region = arena.allocate('bytes', 20_000);
		arena.u8().set(bytes.subarray(0, region.size), region.address);
		const places = arena.allocate('places', 100 * 16);
		const checksums = arena.allocate('checksums', 100 * 4);
		const expected = Array.from({ length: 100 }, (_, index) => {
			const from = (index * 97) % 7000;
			const length = index === 50 ? 12_999 : (index * 13) % 500;
			arena.u32().set([region.address + from, length], (places.address + index * 16) / 4);
			return oracle(bytes.subarray(from, from + length));
		});
		arenaChecksums(arena, name, tier)(places.address, 100, 16, checksums.address);
		expect([...arena.u32().subarray(checksums.address / 4, checksums.address / 4 + 100)]).toEqual(expected);
		arenaChecksums(arena, name, tier)(places.address, 0, 16, 0);
		expect(arena.checkGuards()).toEqual([]);
	});

	test('goes on from what came before, and joins parts, at any place', () => {
		fc.assert(
			fc.property(fc.nat(40_000), fc.nat(40_000), (length, cut) => {
				const whole = bytes.subarray(11, 11 + length);
				const at = Math.min(cut, length);
				const expected = oracle(whole);
				expect(checksum(whole)).toBe(expected);
				expect(checksum(whole.subarray(at), checksum(whole.subarray(0, at)))).toBe(expected);
				expect(combine(checksum(whole.subarray(0, at)), checksum(whole.subarray(at)), length - at)).toBe(expected);
			}),
			{ numRuns: 200 },
		);
		expect(checksum(bytes)).toBe(oracle(bytes));
		expect(() => combine(1, 2, -1)).toThrow(/length of the second part in bytes, not -1/);
	});

	test('joins parts that are longer than 2^32 bytes', () => {
		// a, b and a gap of zeros: in one step, or in many.
		let register = checksum(ascii('a'));
		const zeros = checksum(new Uint8Array(2 ** 16));
		let gap = 0;
		for (let doubled = zeros, length = 2 ** 16, step = 0; step < 18; step++) {
			gap = combine(doubled, doubled, length);
			doubled = gap;
			length *= 2;
		}
		register = combine(register, gap, 2 ** 34);
		expect(register).toBe(combine(checksum(ascii('a')), gap, 2 ** 34));
		expect(powerOfBytes(2 ** 34, generator)).toBe(multiply(powerOfBytes(2 ** 33, generator), powerOfBytes(2 ** 33, generator), generator));
		expect(powerOfBytes(3 * 2 ** 40, generator)).toBe(multiply(powerOfBytes(2 ** 41, generator), powerOfBytes(2 ** 40, generator), generator));
	});

	test('reads nothing behind the end of memory', () => {
		const arena = createArena({ initial: 2 ** 20 });
		const crc = crcFunction(arena, polynomial, 'generated');
		const { byteLength } = arena.memory.buffer;
		for (const length of [0, 1, 3, 4, 7, 8, 15, 16, 17, 63, 64, 65, 127, 128, 200, CRC_LONG, CRC_LONG + 77]) {
			const at = byteLength - length;
			arena.u8().set(bytes.subarray(0, length), at);
			expect(~crc(-1, at, length) >>> 0).toBe(oracle(bytes.subarray(0, length)));
		}
	});

	test('maps of bits that have an inverse come back', () => {
		const matrix = Array.from({ length: 32 }, (_, bit) => multiply((1 << bit) >>> 0, powerOfBytes(99, generator), generator));
		const inverse = invertMatrix(matrix);
		for (const bits of [0, 1, 0x80000000, 0xdeadbeef]) expect(applyMatrix(inverse, applyMatrix(matrix, bits))).toBe(bits);
		expect(() => invertMatrix(new Array<number>(32).fill(1))).toThrow(/no inverse/);
	});
});

test('two arenas have functions of their own, an arena only one of each', () => {
	const [first, second] = [createArena(), createArena()];
	const before = first.regions().length;
	arenaChecksum(first, 'crc32c', 'generated');
	const regions = first.regions().length;
	expect(regions).toBe(before + 1);
	arenaChecksum(first, 'crc32c', 'generated');
	expect(first.regions().length).toBe(regions);
	first.u8()[50_000] = 1;
	second.u8()[50_000] = 2;
	expect(arenaChecksum(first, 'crc32c')(50_000, 1)).toBe(crc32c(Uint8Array.of(1)));
	expect(arenaChecksum(second, 'crc32c')(50_000, 1)).toBe(crc32c(Uint8Array.of(2)));
});
