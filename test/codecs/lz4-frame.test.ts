import { execFileSync, spawnSync } from 'node:child_process';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { describe, expect, test } from 'vitest';
import type { CodecError } from '../../src/codecs/codec-error.ts';
import { compressLz4Block } from '../../src/codecs/lz4-block.ts';
import { createLz4Decoder, decodeLz4Frame, encodeLz4Frame } from '../../src/codecs/lz4-frame.ts';
import type { StreamDecoderOptions } from '../../src/codecs/stream-decoder.ts';
import { xxHash32 } from '../../src/codecs/xxhash32.ts';
import { createArena } from '../../src/memory/index.ts';
import { contents, createDraw, mutate, noise, patterns, ROUNDS, session } from './material.ts';
import { decodeStream } from './streams.ts';

const TIERS = ['generated', 'reference'] as const;
const decode = (input: Uint8Array, options: StreamDecoderOptions = {}, pieces?: readonly number[], takes?: readonly number[]): { content: Uint8Array; fault: CodecError | null } => decodeStream(createLz4Decoder(options), input, pieces, takes);
const same = (actual: Uint8Array, expected: Uint8Array): void => expect(Buffer.compare(actual, expected)).toBe(0);
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const skippable = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5);

describe.each(contents())('%s', (_, content) => {
	test('what lz4_flex packs, we unpack; what we pack, it unpacks', () => {
		for (const contentChecksum of [false, true]) {
			for (const blockChecksums of [false, true]) {
				for (const tier of TIERS) same(decode(compressFrameSync(Buffer.from(content), { contentChecksum, blockChecksums }), { tier }).content, content);
				for (const blockSize of [65536, 4194304] as const) {
					const frame = encodeLz4Frame(content, { blockSize, contentChecksum, blockChecksums });
					same(decompressFrameSync(Buffer.from(frame)), content);
					const { content: ours, fault } = decode(frame);
					expect(fault).toBeNull();
					same(ours, content);
					same(decodeLz4Frame(frame, content.length), content);
				}
			}
		}
	});
});

const tool = spawnSync('lz4', ['--version']).status === 0;
describe.skipIf(!tool)('the lz4 command', () => {
	const packed = (content: Uint8Array, ...options: string[]): Uint8Array => new Uint8Array(execFileSync('lz4', ['-c', ...options], { input: content, maxBuffer: 2 ** 28, stdio: ['pipe', 'pipe', 'ignore'] }));
	const content = join(session(), patterns(9_000_000, 8), noise(100_000, 2), new Uint8Array(5_000_000));

	test.each([['-B4'], ['-B5'], ['-B6'], ['-B7'], ['-B4', '-BD'], ['-B7', '-BD'], ['-BX', '-B4', '-BD'], ['-9', '-B4', '-BD', '--content-size'], ['--no-frame-crc'], ['-l'], ['-12', '-BD']])('%s: what it packs, we unpack, in pieces of any size', (...options) => {
		const frames = packed(content, ...options);
		const { content: ours, fault } = decode(frames, {}, [100_000, 1, 7, 65536], [3, 100_000, 65536]);
		expect(fault).toBeNull();
		same(ours, content);
	});

	test('unpacks what we pack', () => {
		const frame = encodeLz4Frame(content, { blockSize: 262144, blockChecksums: true, contentChecksum: true });
		same(new Uint8Array(execFileSync('lz4', ['-dc'], { input: frame, maxBuffer: 2 ** 28 })), content);
	});

	test('blocks that go on from each other, in plain TypeScript, too', () => {
		const short = patterns(700_000, 12);
		const frames = packed(short, '-B4', '-BD', '-9');
		for (const tier of TIERS) same(decode(frames, { tier }, [1000], [999]).content, short);
	});
});

test('frames follow each other, with skippable ones between, before and after, and legacy ones', () => {
	const [a, b] = [patterns(100_000, 1), noise(5000, 2)];
	const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
	const packed = compressLz4Block(b);
	const legacy = join(word(0x184c2102), word(packed.length), packed);
	const all = join(skippable, encodeLz4Frame(a), skippable, skippable, encodeLz4Frame(new Uint8Array(0)), legacy, encodeLz4Frame(b, { contentChecksum: true }), legacy, skippable, legacy);
	for (const pieces of [[1], [13, 2], [1_000_000]]) {
		const { content, fault } = decode(all, {}, pieces);
		expect(fault).toBeNull();
		same(content, join(a, b, b, b, b));
	}
	expect(decode(skippable).content.length).toBe(0);
});

test('content that lies in the arena of the decoder, which grows meanwhile', () => {
	const content = patterns(6_000_000, 4);
	const frame = encodeLz4Frame(content);
	const arena = createArena({ initial: 2 ** 20 });
	const into = arena.allocate('into', 300_000);
	const decoder = createLz4Decoder({ arena });
	const parts: Uint8Array[] = [];
	let at = 0;
	while (at < frame.length) {
		const room = decoder.room();
		const part = frame.subarray(at, at + room.length);
		room.set(part);
		decoder.wrote(part.length);
		at += part.length;
		for (let count = -1; count !== 0; ) {
			count = decoder.take(arena.u8().subarray(into.address, into.address + into.size));
			parts.push(arena.u8().slice(into.address, into.address + count));
		}
	}
	decoder.end();
	expect(decoder.complete).toBe(true);
	expect(decoder.produced).toBe(content.length);
	same(join(...parts), content);
	expect(arena.memory.buffer.byteLength).toBeGreaterThan(8 << 20);
	expect(arena.checkGuards()).toEqual([]);
	decoder.release();
	expect(arena.regions().map(({ name }) => name)).toEqual(expect.arrayContaining(['into']));
	expect(arena.regions().filter(({ name }) => name.startsWith('LZ4'))).toEqual([]);
});

describe('what is wrong is told', () => {
	const content = patterns(200_000, 6);
	const frame = encodeLz4Frame(content, { blockSize: 65536, blockChecksums: true, contentChecksum: true });
	const changed = (change: (bytes: Uint8Array, view: DataView) => void, fixHeader = false): Uint8Array => {
		const bytes = frame.slice();
		change(bytes, new DataView(bytes.buffer));
		if (fixHeader) bytes[14] = (xxHash32(bytes.subarray(4, 14)) >>> 8) & 0xff;
		return bytes;
	};
	test.each<readonly [string, Uint8Array, CodecError['category'], RegExp]>([
		['nothing', new Uint8Array(0), 'cut', /there is nothing/],
		['something else', Uint8Array.from([...'tickforge'].map((letter) => letter.charCodeAt(0))), 'header', /does not start as a frame does \(at byte 0\)/],
		['garbage after a frame', join(frame, noise(10, 1)), 'header', /after a frame comes something else/],
		['a damaged header', changed((bytes) => bytes.fill(0, 6, 7)), 'header', /header is damaged/],
		['another version', changed((bytes) => bytes.fill(0b10111100, 4, 5)), 'unsupported', /version 2/],
		['a reserved bit', changed((bytes) => bytes.fill(0b01111110, 4, 5), true), 'unsupported', /does not know/],
		['a size code that is none', changed((bytes) => bytes.fill(0x30, 5, 6), true), 'unsupported', /size code 3/],
		['a dictionary', join(Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0b01100001, 0x40, 1, 2, 3, 4), Uint8Array.of((xxHash32(Uint8Array.of(0b01100001, 0x40, 1, 2, 3, 4)) >>> 8) & 0xff)), 'unsupported', /dictionary/],
		['a block that is too long', changed((_, view) => view.setUint32(15, 65537, true)), 'size', /65537 bytes where 65536 are the most/],
		['a damaged block', changed((bytes) => bytes.fill(0, 100, 103)), 'checksum', /a block is not what its checksum says/],
		['a damaged content checksum', changed((bytes) => bytes.fill(0, bytes.length - 4)), 'checksum', /content is not what/],
		['less content than is stated', changed((_, view) => view.setUint32(6, 200_001, true), true), 'size', /200000 bytes of content instead of 200001/],
		['more content than is stated', changed((_, view) => view.setUint32(6, 199_999, true), true), 'size', /more content than the 199999/],
		['a frame without its end', frame.subarray(0, -9), 'cut', /ends in the middle of a frame/],
	])('%s', (_, bytes, category, words) => {
		for (const tier of TIERS) {
			const { fault } = decode(bytes, { tier }, [65536, 3]);
			expect(fault?.category).toBe(category);
			expect(fault?.message).toMatch(words);
			expect(fault?.offset).toBeLessThanOrEqual(bytes.length);
		}
	});

	test('more content than is allowed: not a byte of it comes out', () => {
		for (const most of [0, 1, 65535, 65536, 70_000, 199_999]) {
			const { content: before, fault } = decode(frame, { most });
			expect(fault?.category).toBe('too-large');
			expect(fault?.message).toContain(`the ${most} bytes that are allowed`);
			expect(before.length).toBeLessThanOrEqual(most);
			same(before, content.subarray(0, before.length));
		}
		expect(decode(frame, { most: 200_000 }).fault).toBeNull();
		expect(() => decodeLz4Frame(frame, 199_999)).toThrow(/more content/);
		expect(() => decodeLz4Frame(frame, 200_001)).toThrow(/instead of 200001/);
	});

	test('cut anywhere: what came before, then that it is cut', () => {
		for (let length = 1; length < frame.length; length += 1 + (length > 40 ? 997 : 0)) {
			const { content: before, fault } = decode(frame.subarray(0, length));
			expect(fault?.category).toBe('cut');
			same(before, content.subarray(0, before.length));
		}
	});

	test('damaged anywhere: never other content, always the same in both tiers', () => {
		const draw = createDraw(55);
		const seen = new Set<string>();
		for (let round = 0; round < 400 * ROUNDS; round++) {
			const small = patterns(1 + draw(5000), 1 + draw(2 ** 30));
			const bytes = mutate(encodeLz4Frame(small, { blockSize: 65536, contentChecksum: true, blockChecksums: draw(2) === 0 }), draw);
			const [expected, actual] = (['reference', 'generated'] as const).map((tier) => decode(bytes, { tier, most: 2 ** 20 }, [4096]));
			expect([actual?.fault?.message, actual?.fault?.category]).toEqual([expected?.fault?.message, expected?.fault?.category]);
			same(actual?.content as Uint8Array, expected?.content as Uint8Array);
			if (actual?.fault === null) same(actual.content, small);
			seen.add(actual?.fault?.category ?? 'none');
		}
		expect([...seen].sort()).toEqual(expect.arrayContaining(['checksum', 'cut', 'header', 'size']));
	});
});

test('misuse is told', () => {
	const decoder = createLz4Decoder();
	expect(() => decoder.take(new Uint8Array(0))).toThrow(/at least one byte/);
	expect(() => decoder.wrote(2 ** 30)).toThrow(/cannot have been written/);
	decoder.release();
	expect(() => encodeLz4Frame(new Uint8Array(1), { blockSize: 5 as 65536 })).toThrow(/65536, 262144, 1048576 or 4194304 bytes, not 5/);
});
