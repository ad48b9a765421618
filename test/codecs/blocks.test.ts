import { compressSync as nativeLz4Compress, uncompressSync as nativeLz4Decode } from 'lz4-napi';
import { compressSync as nativeSnappyCompress, uncompressSync as nativeSnappyDecode } from 'snappy';
import { describe, expect, test } from 'vitest';
import type { BlockDecoder, BlockFormat } from '../../src/codecs/block-decoder.ts';
import { blockDecoder } from '../../src/codecs/codec-modules.ts';
import { compressLz4Block, decodeLz4Block } from '../../src/codecs/lz4-block.ts';
import { compressSnappyBlock, decodeSnappyBlock, snappyContentLength } from '../../src/codecs/snappy-block.ts';
import { createArena } from '../../src/memory/index.ts';
import { contents, createDraw, mutate, noise, patterns, ROUNDS, recorded } from './material.ts';
import { makeBlock, withLength } from './sequences.ts';

const bytesOf = (buffer: string | Buffer): Uint8Array => new Uint8Array(buffer as Buffer);

interface Format {
	readonly name: BlockFormat;
	readonly compress: (content: Uint8Array) => Uint8Array;
	readonly nativeCompress: (content: Uint8Array) => Uint8Array;
	/** Throws where the block is wrong. */
	readonly nativeDecode: (block: Uint8Array, content: number) => Uint8Array;
	readonly decode: (block: Uint8Array, most: number) => Uint8Array;
}

const FORMATS: readonly Format[] = [
	{
		name: 'lz4',
		compress: compressLz4Block,
		// The package puts the content's length before the block.
		nativeCompress: (content) => bytesOf(nativeLz4Compress(Buffer.from(content))).subarray(4),
		nativeDecode(block, content) {
			const sized = Buffer.alloc(4 + block.length);
			sized.writeUInt32LE(content);
			sized.set(block, 4);
			return bytesOf(nativeLz4Decode(sized));
		},
		decode: decodeLz4Block,
	},
	{
		name: 'snappy',
		compress: compressSnappyBlock,
		nativeCompress: (content) => bytesOf(nativeSnappyCompress(Buffer.from(content))),
		nativeDecode: (block) => bytesOf(nativeSnappyDecode(Buffer.from(block), { asBuffer: true })),
		decode: decodeSnappyBlock,
	},
];

const CANARY = 0xa5;
const arena = createArena({ initial: 2 ** 23, ceiling: 2 ** 23 });
const INPUT = 2 ** 17;
const OUTPUT = 2 ** 20;
const MEMORY_END = arena.memory.buffer.byteLength;

interface Outcome {
	readonly content: Uint8Array | null;
	readonly fault: string | null;
	/** Relative to the block. */
	readonly at: number;
	/** Bytes written behind the room. */
	readonly overrun: boolean;
}

/** Decodes with the block at one address and the room at another. */
function run(decoder: BlockDecoder, block: Uint8Array, room: number, input: number, output: number, window = output, inPlace = false): Outcome {
	const u8 = arena.u8();
	const behind = Math.min(MEMORY_END, output + room + 256);
	if (!inPlace) u8.fill(CANARY, output, behind);
	u8.set(block, input);
	const end = (inPlace ? decoder.decodeInPlace : decoder.decode)(input, input + block.length, window, output, output + room);
	return {
		content: end === 0 ? null : u8.slice(output, end),
		fault: end === 0 ? decoder.fault() : null,
		at: end === 0 ? decoder.faultAt() - input : 0,
		overrun: !inPlace && u8.subarray(output + room, behind).some((byte) => byte !== CANARY),
	};
}

describe.each(FORMATS)('$name', ({ name, compress, nativeCompress, nativeDecode, decode }) => {
	const generated = blockDecoder(arena, name, 'generated');
	const reference = blockDecoder(arena, name, 'reference');

	test.each(contents())('%s: what the native library packs, we unpack; what we pack, it unpacks', (_, content) => {
		const blocks = [compress(content), nativeCompress(content)];
		for (const block of blocks) {
			for (const decoder of [generated, reference]) {
				const outcome = run(decoder, block, content.length, INPUT, OUTPUT);
				expect(outcome.fault).toBeNull();
				expect(Buffer.compare(outcome.content as Uint8Array, content)).toBe(0);
				expect(outcome.overrun).toBe(false);
			}
			expect(Buffer.compare(decode(block, content.length), content)).toBe(0);
		}
		expect(Buffer.compare(nativeDecode(blocks[0] as Uint8Array, content.length), content)).toBe(0);
	});

	test.skipIf(recorded('bitstamp') === null).each(['binance-futures', 'bitstamp', 'coinbase'])('the recorded session of %s, both ways', (venue) => {
		const content = recorded(venue) as Uint8Array;
		for (const block of [compress(content), nativeCompress(content)]) expect(Buffer.compare(run(generated, block, content.length, 2 ** 21, 2 ** 22).content as Uint8Array, content)).toBe(0);
		expect(Buffer.compare(nativeDecode(compress(content), content.length), content)).toBe(0);
	});

	test('packs at all', () => {
		const content = patterns(50_000, 21);
		expect(compress(content).length).toBeLessThan(content.length);
		expect(compress(new Uint8Array(100_000)).length).toBeLessThan(6000);
	});

	test('nothing is read or written behind the end of memory, and never more than there is room for', () => {
		for (let seed = 1; seed <= 60; seed++) {
			const content = patterns(1 + seed * 13, seed);
			const block = nativeCompress(content);
			const atEnd = run(generated, block, content.length, MEMORY_END - block.length, OUTPUT);
			expect(Buffer.compare(atEnd.content as Uint8Array, content)).toBe(0);
			const toEnd = run(generated, block, content.length, INPUT, MEMORY_END - content.length);
			expect(Buffer.compare(toEnd.content as Uint8Array, content)).toBe(0);
			for (const room of [content.length - 1, Math.floor(content.length / 2), 0]) {
				for (const decoder of [generated, reference]) {
					const small = run(decoder, block, room, INPUT, OUTPUT);
					expect(small.fault).toBe('too-large');
					expect(small.overrun).toBe(false);
				}
			}
		}
	});

	test('blocks of every form: all content in as much room as it needs, and not a byte more in less', () => {
		const draw = createDraw(name === 'lz4' ? 31 : 32);
		for (let round = 0; round < 400 * ROUNDS; round++) {
			const { elements, content } = makeBlock(name, draw);
			const block = name === 'lz4' ? elements : withLength(content.length, elements);
			for (const decoder of [generated, reference]) {
				const outcome = run(decoder, block, content.length, MEMORY_END - block.length, OUTPUT);
				expect(outcome.fault).toBeNull();
				expect(Buffer.compare(outcome.content as Uint8Array, content)).toBe(0);
				expect(outcome.overrun).toBe(false);
			}
			expect(Buffer.compare(run(generated, block, content.length, INPUT, MEMORY_END - content.length).content as Uint8Array, content)).toBe(0);
			for (let less = 1; less < 60 && less <= content.length; less += 1 + draw(3)) {
				const room = content.length - draw(2) * draw(Math.min(content.length, 1000)) - less;
				if (room < 0) continue;
				// Snappy blocks that say they are so long: there is room, but content must not go on behind it.
				const shorter = name === 'lz4' ? block : withLength(room, elements);
				const [expected, actual] = [reference, generated].map((decoder) => run(decoder, shorter, room, INPUT, OUTPUT)) as [Outcome, Outcome];
				expect(expected.fault).toBe(name === 'lz4' ? 'too-large' : 'size');
				expect([actual.fault, actual.at]).toEqual([expected.fault, expected.at]);
				expect(actual.overrun).toBe(false);
			}
		}
	});

	test('damaged blocks: the same content or the same fault at the same place in both tiers, nothing outside is written', () => {
		const draw = createDraw(name === 'lz4' ? 101 : 202);
		const faults = new Map<string, number>();
		for (let round = 0; round < 4000 * ROUNDS; round++) {
			const content = patterns(draw(draw(4) === 0 ? 3000 : 200), 1 + draw(2 ** 30));
			const block = mutate(draw(2) === 0 ? nativeCompress(content) : compress(content), draw);
			const room = draw(3) === 0 ? draw(4000) : content.length;
			// Now and then with content before it, and against the ends of memory.
			const window = name === 'lz4' && draw(2) === 0 ? OUTPUT - draw(500) : OUTPUT;
			const input = draw(4) === 0 ? MEMORY_END - block.length : INPUT;
			arena.u8().fill(1, OUTPUT - 500, OUTPUT);
			const expected = run(reference, block, room, input, OUTPUT, window);
			arena.u8().fill(1, OUTPUT - 500, OUTPUT);
			const actual = run(generated, block, room, input, OUTPUT, window);
			expect(actual.fault).toBe(expected.fault);
			expect(actual.at).toBe(expected.at);
			expect(actual.overrun).toBe(false);
			expect(expected.overrun).toBe(false);
			expect(
				arena
					.u8()
					.subarray(OUTPUT - 500, OUTPUT)
					.every((byte) => byte === 1),
			).toBe(true);
			if (expected.content !== null) expect(Buffer.compare(actual.content as Uint8Array, expected.content)).toBe(0);
			faults.set(expected.fault ?? 'none', (faults.get(expected.fault ?? 'none') ?? 0) + 1);
			if (actual.fault !== null) {
				expect(actual.at).toBeGreaterThanOrEqual(0);
				expect(actual.at).toBeLessThanOrEqual(block.length);
			}
			if (window !== OUTPUT) continue;
			// What the native library takes, we take: it may be stricter, never the other way round.
			let native: Uint8Array | null = null;
			try {
				native = name === 'snappy' && snappyContentLength(block) > 2 ** 20 ? null : nativeDecode(block, room);
			} catch {}
			if (native !== null && native.length <= room) {
				expect(actual.fault).toBeNull();
				expect(Buffer.compare(actual.content as Uint8Array, native)).toBe(0);
			}
		}
		// The mutations get everywhere.
		for (const fault of ['none', 'cut', 'offset', name === 'lz4' ? 'too-large' : 'size']) expect(faults.get(fault) ?? 0, fault).toBeGreaterThan(20);
	});

	test('in place: where there is room to spare, all content; else the same fault in both tiers, never other content', () => {
		const draw = createDraw(77);
		let decoded = 0;
		let refused = 0;
		for (let round = 0; round < 1500 * ROUNDS; round++) {
			const content = draw(20) === 0 ? noise(draw(3000), 1 + draw(2 ** 30)) : patterns(1 + draw(6000), 1 + draw(2 ** 30));
			const intact = draw(2) === 0 ? nativeCompress(content) : compress(content);
			const block = draw(4) === 0 ? mutate(intact, draw) : intact;
			const spare = draw(2) === 0 ? (block.length >>> 8) + 96 : draw(40);
			const input = Math.max(OUTPUT, OUTPUT + content.length + spare - block.length);
			const clean = (): void => {
				arena.u8().fill(CANARY, OUTPUT, OUTPUT + 20_000);
			};
			clean();
			const expected = run(reference, block, content.length, input, OUTPUT, OUTPUT, true);
			clean();
			const actual = run(generated, block, content.length, input, OUTPUT, OUTPUT, true);
			expect(actual.fault).toBe(expected.fault);
			expect(actual.at).toBe(expected.at);
			const apart = run(reference, block, content.length, INPUT, OUTPUT);
			if (expected.content !== null) {
				decoded++;
				expect(Buffer.compare(actual.content as Uint8Array, expected.content)).toBe(0);
				expect(Buffer.compare(actual.content as Uint8Array, apart.content as Uint8Array)).toBe(0);
			} else {
				refused++;
				// In place, nothing else can go wrong than apart, but that content runs into the block.
				if (expected.fault !== 'overlap') expect(expected.fault).toBe(apart.fault);
				else if (name === 'lz4' && block === intact && spare >= (block.length >>> 8) + 96) expect.fail(`${block.length} bytes with ${spare} to spare overlap`);
			}
		}
		expect(decoded).toBeGreaterThan(500);
		expect(refused).toBeGreaterThan(50);
	});

	test('faults are told in words, with the byte', () => {
		const block = compress(patterns(500, 3));
		expect(() => decode(block.subarray(0, 20), 500)).toThrow(/in the middle of a block|not as much content|cannot hold/);
		expect(() => decode(block, 499)).toThrow(/more content/);
		expect(() => decode(new Uint8Array(0), 10)).toThrow(/\(at byte 0\)/);
	});
});

test('LZ4: the example lengths of the format description', () => {
	const literals = (count: number): Uint8Array => noise(count, 4);
	const decoded = (...parts: (readonly number[] | Uint8Array)[]): Uint8Array => decodeLz4Block(Uint8Array.from(parts.flatMap((part) => [...part])), 1000);
	expect(decoded([0x00])).toEqual(new Uint8Array(0));
	expect(decoded([0xf0, 33], literals(48))).toEqual(literals(48));
	expect(decoded([0xf0, 255, 10], literals(280))).toEqual(literals(280));
	expect(decoded([0xf0, 0], literals(15))).toEqual(literals(15));
	// An offset of 1 repeats the last byte.
	expect(decoded([0x1f, 9, 1, 0, 5], [0x50, 1, 2, 3, 4, 5])).toEqual(Uint8Array.from([...new Uint8Array(25).fill(9), 1, 2, 3, 4, 5]));
	expect(() => decoded([0x10, 9, 0, 0, 0x00])).toThrow(/begins before the content \(at byte 2\)/);
	expect(() => decoded([0x10, 9, 2, 0, 0x00])).toThrow(/begins before the content \(at byte 2\)/);
});

test('Snappy: the examples of the format description', () => {
	const decoded = (...bytes: number[]): Uint8Array => decodeSnappyBlock(Uint8Array.from(bytes), 2 ** 22);
	expect(snappyContentLength(Uint8Array.of(0x40))).toBe(64);
	expect(snappyContentLength(Uint8Array.of(0xfe, 0xff, 0x7f))).toBe(2097150);
	expect(snappyContentLength(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f))).toBe(2 ** 32 - 1);
	expect(snappyContentLength(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x1f))).toBe(-1);
	expect(snappyContentLength(Uint8Array.of(0xff, 0xff))).toBe(-1);
	// "xababab": literals "xab", a match with offset 2 and length 4.
	const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
	expect(text(decoded(7, 2 << 2, 0x78, 0x61, 0x62, 1, 2))).toBe('xababab');
	expect(text(decoded(7, 2 << 2, 0x78, 0x61, 0x62, (3 << 2) | 2, 2, 0))).toBe('xababab');
	expect(text(decoded(7, 2 << 2, 0x78, 0x61, 0x62, (3 << 2) | 3, 2, 0, 0, 0))).toBe('xababab');
	// Literals with their length in one to four bytes.
	for (const bytes of [1, 2, 3, 4]) expect(text(decoded(3, (59 + bytes) << 2, 2, ...new Array<number>(bytes - 1).fill(0), 0x78, 0x61, 0x62))).toBe('xab');
	expect(() => decoded(3, 63 << 2, 0xff, 0xff, 0xff, 0xff, 0x78)).toThrow(/in the middle of a block/);
	expect(() => decoded(7, 2 << 2, 0x78, 0x61, 0x62, (3 << 2) | 3, 0, 0, 0, 0x80)).toThrow(/begins before the content/);
	expect(() => decoded(7, 2 << 2, 0x78, 0x61, 0x62)).toThrow(/not as much content/);
	expect(() => decoded(2, 2 << 2, 0x78, 0x61, 0x62)).toThrow(/not as much content/);
	expect(() => decoded(0xff, 0xff, 0xff, 0xff, 0x0f)).toThrow(/more content than the 4194304/);
	expect(() => decoded(0xff, 0xff, 0x7f, 0, 1)).toThrow(/cannot hold/);
});
