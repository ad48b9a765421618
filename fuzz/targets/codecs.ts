/**
 * Decoders of compressed bytes: both tiers give the same content or the same fault at the same byte, nothing is written
 * behind the room, and what the native libraries decode is decoded here, too.
 */
import { compressSync as nativeLz4Compress, uncompressSync as nativeLz4Decode, compressFrameSync as nativeLz4Frame, decompressFrameSync as nativeLz4FrameDecode } from 'lz4-napi';
import { compressSync as nativeSnappyCompress, uncompressSync as nativeSnappyDecode } from 'snappy';
import type { BlockDecoder, BlockFormat } from '../../src/codecs/block-decoder.ts';
import { CodecError } from '../../src/codecs/codec-error.ts';
import { BLOCK_CONSTANTS, type Exports, emitBlockDecoder, linkedBlockDecoder } from '../../src/codecs/codec-modules.ts';
import { compressLz4Block, createLz4Decoder, createSnappyDecoder, encodeLz4Frame, encodeSnappyFrames, type StreamDecoder, type StreamDecoderOptions, snappyContentLength } from '../../src/codecs/index.ts';
import { referenceLz4Decoder } from '../../src/codecs/reference/lz4-block.ts';
import { referenceSnappyDecoder } from '../../src/codecs/reference/snappy-block.ts';
import { compressSnappyBlock } from '../../src/codecs/snappy-block.ts';
import { createFixedConstants } from '../../src/kernels/fixed-constants.ts';
import { createArena } from '../../src/memory/index.ts';
import { BRANCH_COUNTERS } from '../../src/wasm/branches.ts';
import { createModule } from '../../src/wasm/index.ts';
import { createDraw, noise, patterns } from '../../test/codecs/material.ts';
import { makeBlock, withLength } from '../../test/codecs/sequences.ts';
import { decodeStream } from '../../test/codecs/streams.ts';
import { type Counters, countersOf, sourceCoverage } from '../coverage.ts';
import type { Input } from '../input.ts';
import type { OpenTarget, Target } from '../target.ts';
import { poisons } from './poison.ts';

const CONSTANTS = 1024;
const COUNTERS = 8192;
const SIZE = 4 * 65536;
const OUTPUT = 2 * 65536;
/** Content of a block at most, and of what lies before it. */
const MOST_ROOM = 32768;
const MOST_BEFORE = 256;
const CANARY = 0xa5;
const BEHIND = 256;
/** Branches and turns for each byte of a block, and of content. */
const STEPS = { call: 100, byte: 60, content: 4 } as const;

interface Lane {
	readonly name: string;
	readonly memory: WebAssembly.Memory;
	readonly decoder: BlockDecoder;
	readonly counters: Counters | null;
	/** Against the end of memory: what reads or writes behind it traps. */
	readonly atEnd: 'block' | 'content' | 'neither';
}

function generatedLane(format: BlockFormat, countBranches: boolean): Lane {
	const memory = new WebAssembly.Memory({ initial: SIZE / 65536 });
	const m = createModule(format, { countBranches });
	m.importMemory('env', 'memory', { min: 1 });
	const constants = createFixedConstants(m, CONSTANTS, BLOCK_CONSTANTS, 0);
	emitBlockDecoder(m, constants, format);
	constants.finish();
	const module = new WebAssembly.Module(m.toBytes());
	const { exports } = new WebAssembly.Instance(module, { env: { memory } });
	if (countBranches) (exports[BRANCH_COUNTERS] as WebAssembly.Global).value = COUNTERS;
	return { name: countBranches ? 'generated, counting' : 'generated', memory, decoder: linkedBlockDecoder(exports as unknown as Exports, format), counters: countBranches ? countersOf(module, memory, COUNTERS) : null, atEnd: countBranches ? 'block' : 'content' };
}

function referenceLane(format: BlockFormat): Lane {
	const memory = new WebAssembly.Memory({ initial: SIZE / 65536 });
	const bytes = new Uint8Array(memory.buffer);
	return { name: 'reference', memory, decoder: format === 'lz4' ? referenceLz4Decoder(() => bytes) : referenceSnappyDecoder(() => bytes), counters: null, atEnd: 'neither' };
}

interface Outcome {
	readonly content: Uint8Array | null;
	readonly fault: string | null;
	readonly at: number;
	readonly wrong: string | null;
}

interface Way {
	readonly room: number;
	/** Content that lies before, which matches may reach. */
	readonly before: number;
	/** The block lies so many bytes behind the room's start; -1: elsewhere. */
	readonly inPlace: number;
}

function decodeBlock({ memory, decoder, counters, atEnd }: Lane, block: Uint8Array, { room, before, inPlace }: Way, poison: Uint8Array): Outcome {
	const bytes = new Uint8Array(memory.buffer);
	const output = inPlace < 0 && atEnd === 'content' ? SIZE - room : OUTPUT;
	const input = inPlace >= 0 ? output + inPlace : atEnd === 'block' ? SIZE - block.length : 65536 + 64;
	const behind = Math.min(SIZE, Math.max(output + room, inPlace < 0 ? 0 : input + block.length) + BEHIND);
	bytes.fill(CANARY, output - MOST_BEFORE - 64, behind);
	for (let index = 0; index < before; index++) bytes[output - before + index] = 0x41 + (index % 23);
	const window = bytes.slice(output - MOST_BEFORE - 64, output);
	if (inPlace < 0) {
		bytes.set(poison, input - 64);
		bytes.set(poison.subarray(0, Math.min(64, SIZE - input - block.length)), input + block.length);
	}
	bytes.set(block, input);
	const steps = counters?.steps() ?? 0;
	const end = (inPlace < 0 ? decoder.decode : decoder.decodeInPlace)(input, input + block.length, output - before, output, output + room);
	const took = (counters?.steps() ?? 0) - steps;
	let wrong: string | null = null;
	if (took > STEPS.call + block.length * STEPS.byte + room * STEPS.content) wrong = `took ${took} steps for a block of ${block.length} bytes and room for ${room}`;
	if (Buffer.compare(bytes.subarray(output - MOST_BEFORE - 64, output), window) !== 0) wrong = 'content before the room was written to';
	if (inPlace < 0 && bytes.subarray(output + room, behind).some((byte) => byte !== CANARY)) wrong = 'bytes behind the room were written';
	if (inPlace < 0 && Buffer.compare(bytes.subarray(input, input + block.length), block) !== 0) wrong = 'the block was written to';
	if (end !== 0 && (end < output || end > output + room)) wrong = `the content ends at byte ${end - output} of ${room}`;
	return { content: end === 0 ? null : bytes.slice(output, end), fault: end === 0 ? decoder.fault() : null, at: end === 0 ? decoder.faultAt() - input : 0, wrong };
}

function differs(expected: Outcome, actual: Outcome): string | null {
	if (actual.fault !== expected.fault || actual.at !== expected.at) return `${expected.fault ?? 'no fault'} at ${expected.at}, and here ${actual.fault ?? 'no fault'} at ${actual.at}`;
	if (expected.content !== null && Buffer.compare(expected.content, actual.content as Uint8Array) !== 0) return `other content\n${Buffer.from(expected.content).toString('hex')}\n${Buffer.from(actual.content as Uint8Array).toString('hex')}`;
	return null;
}

function nativeContent(format: BlockFormat, block: Uint8Array, room: number): Uint8Array | null {
	try {
		if (format === 'snappy') return snappyContentLength(block) > room ? null : new Uint8Array(nativeSnappyDecode(Buffer.from(block), { asBuffer: true }) as Buffer);
		const sized = Buffer.alloc(4 + block.length);
		sized.writeUInt32LE(room);
		sized.set(block, 4);
		return new Uint8Array(nativeLz4Decode(sized));
	} catch {
		return null;
	}
}

const little = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8);

function openBlocks(format: BlockFormat): OpenTarget {
	const reference = referenceLane(format);
	const lanes = [generatedLane(format, true), generatedLane(format, false)];
	const draw = createDraw(9);
	const seeds: Input[] = [];
	for (let count = 0; count < 30; count++) {
		const content = count % 3 === 0 ? noise(draw(300), count + 1) : patterns(1 + draw(1500), count + 1);
		const { elements, content: other } = makeBlock(format, draw);
		seeds.push([format === 'lz4' ? compressLz4Block(content) : compressSnappyBlock(content), little(content.length), Uint8Array.of(0)]);
		seeds.push([new Uint8Array(format === 'lz4' ? nativeLz4Compress(Buffer.from(content)).subarray(4) : (nativeSnappyCompress(Buffer.from(content)) as unknown as Buffer)), little(content.length), Uint8Array.of(count % 3, 40)]);
		if (other.length < MOST_ROOM) seeds.push([format === 'lz4' ? elements : withLength(other.length, elements), little(other.length), Uint8Array.of(0)]);
	}
	return {
		seeds: seeds.filter(([block]) => (block as Uint8Array).length < 3000),
		words: [Uint8Array.of(0x1f, 1, 0), Uint8Array.of(0xf0), Uint8Array.of(255, 255, 255, 255), Uint8Array.of(0xfc, 0xff, 0xff, 0xff, 0xff), Uint8Array.of(0xf4, 0xff, 0xff, 0xff), Uint8Array.of(0x01, 1), Uint8Array.of(0xfe, 1, 0), Uint8Array.of(0xff, 1, 0, 0, 0)],
		longest: 4096,
		coverage: (lanes[0] as Lane).counters as Counters,
		run([block = new Uint8Array(0), [low = 0, high = 16] = [], [kind = 0, more = 0] = []]) {
			const way: Way = { room: (low | (high << 8)) % MOST_ROOM, before: format === 'lz4' && kind % 3 === 1 ? more : 0, inPlace: kind % 3 === 2 ? Math.max(0, ((low | (high << 8)) % MOST_ROOM) + more - block.length) : -1 };
			const patterns = poisons([block]);
			const describe = (what: string): string => `${what}\nblock: ${Buffer.from(block).toString('hex')}\n${JSON.stringify(way)}`;
			const expected = decodeBlock(reference, block, way, patterns[0] as Uint8Array);
			if (expected.wrong !== null) return describe(`reference: ${expected.wrong}`);
			for (const [index, lane] of lanes.entries()) {
				const actual = decodeBlock(lane, block, way, patterns[index + 1] as Uint8Array);
				const wrong = actual.wrong ?? differs(expected, actual);
				if (wrong !== null) return describe(`${lane.name}: ${wrong}`);
			}
			if (way.before > 0 || way.inPlace >= 0) return null;
			const native = nativeContent(format, block, way.room);
			if (native !== null && native.length <= way.room && (expected.content === null || Buffer.compare(expected.content, native) !== 0)) return describe(`the native library decodes it to ${native.length} bytes, and here ${expected.fault ?? 'other bytes come'}`);
			return null;
		},
	};
}

interface StreamFormat {
	readonly create: (options: StreamDecoderOptions) => StreamDecoder;
	readonly seeds: readonly Uint8Array[];
	readonly words: readonly Uint8Array[];
	/** Of one whole frame; null where the native library refuses it, or none reads it. */
	readonly native: (bytes: Uint8Array) => Uint8Array | null;
}

/** A frame of a few hundred bytes may say that it holds 4 MiB; more than so much content is refused. */
const MOST_CONTENT = 1 << 17;

function openStreams({ create, seeds, words, native }: StreamFormat): OpenTarget {
	const arenas = { generated: createArena({ ceiling: 2 ** 26 }), reference: createArena({ ceiling: 2 ** 26 }) };
	const decode = (bytes: Uint8Array, tier: 'generated' | 'reference', pieces: readonly number[], takes: readonly number[]): ReturnType<typeof decodeStream> & { readonly left: number } => {
		const arena = arenas[tier];
		const used = arena.used;
		const decoded = decodeStream(create({ arena, tier, most: MOST_CONTENT }), bytes, pieces, takes);
		return { ...decoded, left: arena.used - used };
	};
	// The modules' constants stay in the arena.
	for (const tier of ['generated', 'reference'] as const) decode(seeds[0] as Uint8Array, tier, [1 << 16], [1 << 16]);
	return {
		seeds: seeds.flatMap((bytes): Input[] => [
			[bytes, Uint8Array.of(1), Uint8Array.of(100)],
			[bytes, Uint8Array.of(50, 3), Uint8Array.of(1, 200)],
		]),
		words,
		longest: 4096,
		coverage: sourceCoverage('/src/codecs/'),
		run([bytes = new Uint8Array(0), pieces = new Uint8Array(0), takes = new Uint8Array(0)]) {
			const sizes = (from: Uint8Array, most: number): number[] => (from.length === 0 ? [most] : [...from].map((size) => (size === 0 ? most : size)));
			const whole = decode(bytes, 'reference', [1 << 16], [1 << 16]);
			const describe = (what: string): string => `${what}\n${Buffer.from(bytes).toString('hex')}\npieces ${pieces.join(' ')}, takes ${takes.join(' ')}`;
			const verdict = ({ fault, content }: ReturnType<typeof decodeStream>): string => `${content.length} bytes, ${fault === null ? 'no fault' : `${fault.category} at ${fault.offset}`}`;
			for (const [name, other] of [
				['generated', decode(bytes, 'generated', [1 << 16], [1 << 16])],
				['generated, in pieces', decode(bytes, 'generated', sizes(pieces, 1 << 16), sizes(takes, 1 << 16))],
				['reference, in pieces', decode(bytes, 'reference', sizes(pieces, 1 << 16), sizes(takes, 1 << 16))],
			] as const) {
				if (other.left !== 0) return describe(`${name}: ${other.left} bytes of the arena were not given back`);
				if (verdict(other) !== verdict(whole)) return describe(`${name}: ${verdict(other)}, and as a whole ${verdict(whole)}`);
				if (Buffer.compare(other.content, whole.content) !== 0) return describe(`${name}: other content than as a whole`);
			}
			if (whole.content.length > MOST_CONTENT) return describe(`${whole.content.length} bytes of content, and ${MOST_CONTENT} are allowed`);
			const other = whole.fault instanceof CodecError && (whole.fault.category === 'too-large' || whole.fault.category === 'unsupported') ? null : native(bytes);
			// It ends a frame at a stored block without bytes, too; the format says a size of zero, without the bit.
			if (other !== null && Buffer.compare(other, whole.content.subarray(0, other.length)) !== 0) return describe(`the native library decodes ${other.length} bytes, and here ${verdict(whole)}`);
			return null;
		},
	};
}

const LZ4_MAGIC = Uint8Array.of(0x04, 0x22, 0x4d, 0x18);
const isOneLz4Frame = (bytes: Uint8Array): boolean => LZ4_MAGIC.every((byte, index) => bytes[index] === byte) && Buffer.from(bytes).indexOf(LZ4_MAGIC, 1) < 0;

export const codecTargets: readonly Target[] = [
	...(['lz4', 'snappy'] as const).map((format): Target => ({ name: `${format}-block`, about: 'reference, generated and the native library', parts: 'many', open: () => openBlocks(format) })),
	{
		name: 'lz4-frame',
		about: 'as a whole and in pieces, both tiers, and the native library',
		parts: 'many',
		open: () =>
			openStreams({
				create: createLz4Decoder,
				seeds: [patterns(900, 3), noise(300, 4), new Uint8Array(70_000), new Uint8Array(0)]
					.flatMap((content) => [encodeLz4Frame(content), encodeLz4Frame(content, { blockSize: 65536, blockChecksums: true, contentChecksum: true }), new Uint8Array(nativeLz4Frame(Buffer.from(content)))])
					.concat([Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3), Uint8Array.of(0x02, 0x21, 0x4c, 0x18, 5, 0, 0, 0, 0x40, 1, 2, 3, 4)]),
				words: [LZ4_MAGIC, Uint8Array.of(0x02, 0x21, 0x4c, 0x18), Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18), Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0, 0, 0, 0x80)],
				native(bytes) {
					// It stops behind the first frame.
					if (!isOneLz4Frame(bytes)) return null;
					try {
						const content = new Uint8Array(nativeLz4FrameDecode(Buffer.from(bytes)));
						// It does not hold content to the size that the header states, where no end mark follows.
						const stated = ((bytes[4] ?? 0) & 8) === 0 ? null : new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(6, true);
						return stated !== null && stated !== BigInt(content.length) ? null : content;
					} catch {
						return null;
					}
				},
			}),
	},
	{
		name: 'snappy-framing',
		about: 'as a whole and in pieces, both tiers',
		parts: 'many',
		open: () =>
			openStreams({
				create: createSnappyDecoder,
				seeds: [patterns(900, 3), noise(300, 4), new Uint8Array(70_000), new Uint8Array(0)].map((content) => encodeSnappyFrames(content)),
				words: [Uint8Array.of(0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59), Uint8Array.of(0, 4, 0, 0), Uint8Array.of(1, 4, 0, 0), Uint8Array.of(0xfe, 3, 0, 0), Uint8Array.of(0x80, 3, 0, 0)],
				native: () => null,
			}),
	},
];
