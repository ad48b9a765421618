import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createXxHash32, xxHash32 } from '../../src/codecs/xxhash32.ts';
import { createArena } from '../../src/memory/index.ts';
import { noise } from './material.ts';

const hash = (text: string, seed?: number): number => xxHash32(new TextEncoder().encode(text), seed);

test('has published values', () => {
	// Of xxHash-Swift, python-xxhash and xxhashct.
	expect(hash('')).toBe(0x02cc5d05);
	expect(hash('', 1)).toBe(0x0b2cb792);
	expect(hash('', 0x7fffffff)).toBe(0xc89b854f);
	expect(hash('', 2654435761)).toBe(0x36b78ae7);
	expect(hash('1')).toBe(0xb6ecc8b2);
	expect(hash('1', 1)).toBe(0x642684c5);
	expect(hash('test')).toBe(0x3e2023cf);
	expect(hash('12345678')).toBe(0x89f05aa5);
	expect(hash('123456789ABCDEF')).toBe(0x576e3cf9);
	expect(hash('Nobody inspects the spammish repetition')).toBe(0xe2293b2f);
});

test.each(['generated', 'reference'] as const)('%s, part after part, as all at once', (tier) => {
	const bytes = noise(5000, 3);
	const arena = createArena();
	const region = arena.allocate('bytes', bytes.length);
	arena.u8().set(bytes, region.address);
	const state = createXxHash32(arena, tier);
	fc.assert(
		fc.property(fc.array(fc.nat(90), { maxLength: 50 }), fc.nat(2 ** 31 - 1), (lengths, seed) => {
			state.reset(seed);
			let at = 0;
			for (const length of lengths) {
				state.update(region.address + at, length);
				at += length;
				expect(state.digest()).toBe(xxHash32(bytes.subarray(0, at), seed));
			}
		}),
		{ numRuns: 200 },
	);
	state.release();
	expect(arena.regions().filter(({ name }) => name === 'xxHash32')).toEqual([]);
});
