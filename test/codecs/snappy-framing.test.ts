import { Compressor, Decompressor } from 'snappy';
import { describe, expect, test } from 'vitest';
import type { CodecError } from '../../src/codecs/codec-error.ts';
import { crc32c } from '../../src/codecs/crc.ts';
import { compressSnappyBlock } from '../../src/codecs/snappy-block.ts';
import { createSnappyDecoder, encodeSnappyFrames, SNAPPY_IDENTIFIER } from '../../src/codecs/snappy-framing.ts';
import type { StreamDecoderOptions } from '../../src/codecs/stream-decoder.ts';
import { contents, createDraw, mutate, noise, patterns, ROUNDS } from './material.ts';
import { decodeStream } from './streams.ts';

const TIERS = ['generated', 'reference'] as const;
const decode = (input: Uint8Array, options: StreamDecoderOptions = {}, pieces?: readonly number[], takes?: readonly number[]): { content: Uint8Array; fault: CodecError | null } => decodeStream(createSnappyDecoder(options), input, pieces, takes);
const same = (actual: Uint8Array, expected: Uint8Array): void => expect(Buffer.compare(actual, expected)).toBe(0);
const join = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array => new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
const chunk = (kind: number, data: Uint8Array): Uint8Array => join([kind, data.length & 0xff, (data.length >>> 8) & 0xff, data.length >>> 16], data);
const masked = (content: Uint8Array): Uint8Array => {
	const crc = crc32c(content);
	return new Uint8Array(Uint32Array.of((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0).buffer);
};

test.each(contents())('%s: what the native library packs, we unpack; what we pack, it unpacks', async (_, content) => {
	const compressor = new Compressor();
	const packed = Buffer.concat([compressor.update(content), await compressor.finish()]);
	for (const tier of TIERS) {
		const { content: ours, fault } = decode(packed, { tier }, [100_000, 1, 7], [65536, 3]);
		// Of no content it makes no bytes at all.
		if (packed.length > 0) expect(fault).toBeNull();
		same(ours, content);
	}
	const frames = encodeSnappyFrames(content);
	const decompressor = new Decompressor();
	same(Buffer.concat([decompressor.update(frames), await decompressor.finish()]), content);
	expect(decode(frames).fault).toBeNull();
	same(decode(frames).content, content);
});

test('all kinds of chunks', () => {
	const [a, b] = [patterns(50_000, 1), noise(65_536, 2)];
	const all = join(
		SNAPPY_IDENTIFIER,
		chunk(0x00, join(masked(a), compressSnappyBlock(a))),
		chunk(0xfe, new Uint8Array(100_000)),
		chunk(0x01, join(masked(b), b)),
		SNAPPY_IDENTIFIER,
		chunk(0x02, compressSnappyBlock(a)),
		chunk(0x80, noise(3, 3)),
		chunk(0x03, b),
		chunk(0x03, new Uint8Array(0)),
		chunk(0x00, join(masked(new Uint8Array(0)), compressSnappyBlock(new Uint8Array(0)))),
	);
	for (const tier of TIERS) {
		for (const pieces of [[1], [65536], [3, 100_000]]) {
			const { content, fault } = decode(all, { tier }, pieces, [50_000, 7]);
			expect(fault).toBeNull();
			same(content, join(a, b, a, b));
		}
	}
});

describe('what is wrong is told', () => {
	const content = patterns(150_000, 6);
	const frames = encodeSnappyFrames(content);
	const long = patterns(65_537, 3);
	test.each<readonly [string, Uint8Array, CodecError['category'], RegExp]>([
		['nothing', new Uint8Array(0), 'cut', /there is nothing/],
		['something else', noise(20, 1), 'header', /does not start as a stream/],
		['no identifier', frames.subarray(10), 'header', /does not start as a stream/],
		['another identifier later', join(frames, [0xff, 6, 0, 0, 1, 2, 3, 4, 5, 6]), 'header', /does not start/],
		['a chunk that may not be skipped', join(SNAPPY_IDENTIFIER, chunk(0x04, noise(5, 1))), 'unsupported', /kind 4/],
		['no room for a checksum', join(SNAPPY_IDENTIFIER, chunk(0x00, noise(3, 1))), 'size', /no room for its checksum/],
		['a stored chunk that is too long', join(SNAPPY_IDENTIFIER, chunk(0x03, long)), 'size', /a chunk of 65537 bytes/],
		['a length forged up to 2^24', join(SNAPPY_IDENTIFIER, [0x00, 0xff, 0xff, 0xff], noise(50, 1)), 'size', /a chunk of 16777211 bytes/],
		['a chunk with too much content', join(SNAPPY_IDENTIFIER, chunk(0x02, compressSnappyBlock(long))), 'too-large', /65536 bytes it may have/],
		['a wrong checksum', join(SNAPPY_IDENTIFIER, chunk(0x00, join(masked(long), compressSnappyBlock(content.subarray(0, 100))))), 'checksum', /not what its checksum says/],
		['a chunk without its end', frames.subarray(0, -1), 'cut', /ends in the middle of a chunk/],
		['a skipped chunk without its end', join(SNAPPY_IDENTIFIER, chunk(0xfe, new Uint8Array(100)).subarray(0, 50)), 'cut', /ends in the middle/],
	])('%s', (_, bytes, category, words) => {
		for (const tier of TIERS) {
			const { fault } = decode(bytes, { tier }, [65536, 3]);
			expect(fault?.category).toBe(category);
			expect(fault?.message).toMatch(words);
		}
	});

	test('more content than is allowed: not a byte of it comes out', () => {
		for (const most of [0, 1, 65_536, 70_000, 149_999]) {
			const { content: before, fault } = decode(frames, { most });
			expect(fault?.category).toBe('too-large');
			expect(fault?.message).toContain(`the ${most} bytes that are allowed`);
			expect(before.length).toBeLessThanOrEqual(most);
		}
		expect(decode(frames, { most: 150_000 }).fault).toBeNull();
	});

	test('damaged anywhere: never other content, always the same in both tiers', () => {
		const draw = createDraw(56);
		const seen = new Set<string>();
		for (let round = 0; round < 600 * ROUNDS; round++) {
			const small = patterns(1 + draw(5000), 1 + draw(2 ** 30));
			const bytes = mutate(encodeSnappyFrames(small), draw);
			const [expected, actual] = (['reference', 'generated'] as const).map((tier) => decode(bytes, { tier, most: 2 ** 20 }, [4096]));
			expect([actual?.fault?.message, actual?.fault?.category]).toEqual([expected?.fault?.message, expected?.fault?.category]);
			same(actual?.content as Uint8Array, expected?.content as Uint8Array);
			seen.add(actual?.fault?.category ?? 'none');
			// A flipped kind of chunk can hide a checksum, or all content: the format says so itself.
			if (actual?.fault === null && actual.content.length === small.length && bytes[10] === 0) same(actual.content, small);
		}
		expect([...seen].sort()).toEqual(expect.arrayContaining(['checksum', 'cut', 'header', 'size']));
	});
});
