/**
 * LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md), as `lz4` writes them and Arrow uses them:
 * ```
 *   | 04 22 4d 18 | FLG | BD | content size, 0 or 8 | dictionary, 0 or 4 | check | block | … | 0, 4 bytes | checksum, 0 or 4 |
 *
 *   FLG: 01 version, independent blocks, block checksums, content size, content checksum, 0, dictionary
 *   BD:  0, 3 bits for the largest block, 0000
 *   block: size, 4 bytes, top bit where it is stored as it is | data | checksum, 0 or 4 |
 * ```
 * Frames follow each other, with skippable ones between them. Blocks may go on from the 64 KiB before them. The legacy
 * format (02 21 4c 18: blocks of 8 MiB to the end of the input) is read, not written. Dictionaries are not supported.
 */
import type { Region } from '../memory/index.ts';
import { CodecError, type CodecFault } from './codec-error.ts';
import { blockDecoder, usualTier } from './codec-modules.ts';
import { compressLz4Block, lz4BlockBound } from './lz4-block.ts';
import { ownArena } from './own-arena.ts';
import { atLeast, createDecoder, createInputBuffer, decodeBlock, noContent, type StreamDecoder, type StreamDecoderOptions, tooLarge } from './stream-decoder.ts';
import { createXxHash32, xxHash32 } from './xxhash32.ts';

export const LZ4_MAGIC = 0x184d2204;
export const LZ4_LEGACY_MAGIC = 0x184c2102;
const SKIPPABLE_MAGIC = 0x184d2a50;
const FLAGS = { dictionary: 1, reserved: 2, contentChecksum: 4, contentSize: 8, blockChecksums: 16, independent: 32 } as const;
/** Content of a block at most, by the frame's code for it. */
const BLOCK_SIZES: Readonly<Record<number, number>> = { 4: 64 << 10, 5: 256 << 10, 6: 1 << 20, 7: 4 << 20 };
const LEGACY_BLOCK = 8 << 20;
/** How far back a block may go on from. */
const HISTORY = 65536;
/** Room for blocks that go on from each other: history is moved to the front when it is used up. */
const LEAST_RUN = 512 << 10;
const STORED = 0x80000000;
const HEADER_MOST = 15;
const isSkippable = (word: number): boolean => (word & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;

/** Reads frames of any number, one after the other. See {@link StreamDecoder}. */
export function createLz4Decoder({ arena = ownArena(), most = Number.POSITIVE_INFINITY, tier = usualTier() }: StreamDecoderOptions = {}): StreamDecoder {
	const blocks = blockDecoder(arena, 'lz4', tier);
	const input = createInputBuffer(arena, 'LZ4 input', 4 + HEADER_MOST);
	const hash = createXxHash32(arena, tier);
	const contentHash = createXxHash32(arena, tier);
	let content: Region | null = null;
	let state: 'magic' | 'header' | 'block' | 'legacy-block' | 'checksum' | 'skip' = 'magic';
	let frames = 0;
	let toSkip = 0;
	let flags = 0;
	let largest = 0;
	let statedSize = 0;
	let frameStart = 0;
	const ready = noContent();
	/** Where content goes on, and where what it may go on from begins. */
	let next = 0;
	let history = 0;

	const bad = (category: CodecFault, why: string): CodecError => new CodecError('LZ4', category, input.position, why);
	/** Header fields and blocks are worked on when they are at hand as a whole. */
	const magic = (): boolean => {
		if (input.length < 4) return false;
		const word = input.word(0);
		if (word === LZ4_MAGIC) state = 'header';
		else if (word === LZ4_LEGACY_MAGIC) startFrame('legacy-block', 0, LEGACY_BLOCK);
		else if (isSkippable(word)) {
			if (input.length < 8) return false;
			toSkip = input.word(4);
			input.skip(4);
			state = 'skip';
		} else throw bad('header', frames === 0 ? 'it does not start as a frame does' : 'after a frame comes something else than a frame');
		input.skip(4);
		frames++;
		return true;
	};
	const startFrame = (blockState: 'block' | 'legacy-block', frameFlags: number, largestBlock: number): void => {
		state = blockState;
		flags = frameFlags;
		largest = largestBlock;
		frameStart = ready.produced;
		input.reserve(4 + lz4BlockBound(largest) + 4);
		content = atLeast(arena, content, 'LZ4 content', independent() ? largest : HISTORY + Math.max(largest, LEAST_RUN));
		next = content.address;
		history = next;
		contentHash.reset();
	};
	const independent = (): boolean => state === 'legacy-block' || (flags & FLAGS.independent) !== 0;
	const header = (): boolean => {
		if (input.length < 2) return false;
		const descriptor = input.byte(0);
		const sizes = input.byte(1);
		const bytes = 2 + ((descriptor & FLAGS.contentSize) !== 0 ? 8 : 0) + ((descriptor & FLAGS.dictionary) !== 0 ? 4 : 0);
		if (descriptor >>> 6 !== 1) throw bad('unsupported', `version ${descriptor >>> 6} of the frame format`);
		if (input.length < bytes + 1) return false;
		if (((xxHash32(input.bytes(bytes)) >>> 8) & 0xff) !== input.byte(bytes)) throw bad('header', 'the header is damaged');
		if ((descriptor & FLAGS.reserved) !== 0 || (sizes & 0b10001111) !== 0) throw bad('unsupported', 'the header has bits that this version of the format does not know');
		if ((descriptor & FLAGS.dictionary) !== 0) throw bad('unsupported', 'a dictionary is needed');
		const size = BLOCK_SIZES[sizes >>> 4];
		if (size === undefined) throw bad('unsupported', `blocks of the size code ${sizes >>> 4}`);
		statedSize = (descriptor & FLAGS.contentSize) !== 0 ? input.word(2) + input.word(6) * 2 ** 32 : -1;
		input.skip(bytes + 1);
		startFrame('block', descriptor, size);
		return true;
	};
	/** Room for another block behind what it may go on from. */
	const place = (): number => {
		const { address, size } = content as Region;
		if (independent()) {
			next = address;
			history = address;
		} else if (next + largest > address + size) {
			const kept = Math.min(HISTORY, next - history);
			arena.u8().copyWithin(address, next - kept, next);
			history = address;
			next = address + kept;
		}
		return next;
	};
	const block = (): boolean => {
		if (input.length < 4) return false;
		const word = input.word(0);
		const isLegacy = state === 'legacy-block';
		if (isLegacy && (word === LZ4_MAGIC || word === LZ4_LEGACY_MAGIC || isSkippable(word))) {
			state = 'magic';
			return true;
		}
		if (!isLegacy && word === 0) {
			if (statedSize >= 0 && ready.produced - frameStart !== statedSize) throw bad('size', `${ready.produced - frameStart} bytes of content instead of ${statedSize}`);
			input.skip(4);
			state = (flags & FLAGS.contentChecksum) !== 0 ? 'checksum' : 'magic';
			return true;
		}
		const isStored = !isLegacy && word >= STORED;
		const bytes = isStored ? word - STORED : word;
		const allowed = isLegacy ? lz4BlockBound(largest) : largest;
		if (bytes > allowed) throw bad('size', `a block of ${bytes} bytes where ${allowed} are the most`);
		const checked = !isLegacy && (flags & FLAGS.blockChecksums) !== 0;
		if (input.length < 4 + bytes + (checked ? 4 : 0)) return false;
		const at = input.at + 4;
		if (checked) {
			hash.reset();
			hash.update(at, bytes);
			if (hash.digest() !== input.word(4 + bytes)) throw bad('checksum', 'a block is not what its checksum says');
		}
		const stated = !isLegacy && statedSize >= 0 ? statedSize - (ready.produced - frameStart) : Number.POSITIVE_INFINITY;
		const room = Math.min(largest, most - ready.produced, stated);
		const out = place();
		const tooMuch = (where: number): CodecError => {
			if (room === most - ready.produced) return tooLarge('LZ4', most, where);
			if (room === stated) return new CodecError('LZ4', 'size', where, `more content than the ${statedSize} bytes that are stated`);
			return new CodecError('LZ4', 'too-large', where, `a block has more content than the ${largest} bytes it may have`);
		};
		const end = decodeBlock('LZ4', arena, input, blocks, { offset: 4, bytes, isStored, history, out, room, tooMuch });
		if (!isLegacy && (flags & FLAGS.contentChecksum) !== 0) contentHash.update(out, end - out);
		input.skip(4 + bytes + (checked ? 4 : 0));
		ready.produced += end - out;
		ready.from = out;
		ready.to = end;
		next = end;
		return true;
	};
	const checksum = (): boolean => {
		if (input.length < 4) return false;
		if (contentHash.digest() !== input.word(0)) throw bad('checksum', 'the content is not what its checksum says');
		input.skip(4);
		state = 'magic';
		return true;
	};
	const skip = (): boolean => {
		const skipped = Math.min(toSkip, input.length);
		input.skip(skipped);
		toSkip -= skipped;
		if (toSkip > 0) return false;
		state = 'magic';
		return true;
	};
	const step = (): boolean => {
		switch (state) {
			case 'magic':
				return magic();
			case 'header':
				return header();
			case 'checksum':
				return checksum();
			case 'skip':
				return skip();
			default:
				return block();
		}
	};
	return createDecoder(arena, input, ready, {
		next: step,
		mayEnd: () => frames > 0 && (state === 'magic' || state === 'legacy-block' || (state === 'skip' && toSkip === 0)),
		cut: () => bad('cut', frames === 0 && input.length === 0 ? 'there is nothing' : 'the data ends in the middle of a frame'),
		release() {
			hash.release();
			contentHash.release();
			if (content !== null) arena.release(content);
		},
	});
}

/** No byte of a block stands for more bytes of content: a length grows by at most 255 with each of its bytes. */
const LARGEST_RATIO = 255;
const FIRST_OUTPUT = 4 << 20;

/**
 * The content of a frame whose size is known before. Memory is taken as the content comes, and never more than the frame
 * can expand to, whatever `size` claims.
 *
 * @param size what the content must be long; anything else throws
 * @throws CodecError
 */
export function decodeLz4Frame(frame: Uint8Array, size: number): Uint8Array {
	if (size > frame.length * LARGEST_RATIO) throw new CodecError('LZ4', 'size', 0, `${frame.length} bytes cannot hold ${size}`);
	const decoder = createLz4Decoder({ most: size });
	try {
		let output = new Uint8Array(Math.min(size, FIRST_OUTPUT));
		const beyond = new Uint8Array(1);
		let length = 0;
		let read = 0;
		for (;;) {
			if (length === output.length && length < size) {
				const larger = new Uint8Array(Math.min(size, output.length * 2));
				larger.set(output);
				output = larger;
			}
			// Where all has come, what follows is the frame's end, or too much.
			const count = decoder.take(length < size ? output.subarray(length) : beyond);
			length += count;
			if (count > 0) continue;
			if (read === frame.length) {
				decoder.end();
				break;
			}
			const room = decoder.room();
			const part = frame.subarray(read, read + room.length);
			room.set(part);
			decoder.wrote(part.length);
			read += part.length;
		}
		if (length !== size) throw new CodecError('LZ4', 'size', frame.length, `${length} bytes of content instead of ${size}`);
		return output;
	} finally {
		decoder.release();
	}
}

export interface Lz4FrameOptions {
	/** Content of a block: 64 KiB, 256 KiB, 1 MiB, or 4 MiB (default). */
	readonly blockSize?: 65536 | 262144 | 1048576 | 4194304;
	/** Default false. */
	readonly blockChecksums?: boolean;
	/** Default false. */
	readonly contentChecksum?: boolean;
}

/** One frame with the content's size in it, of independent blocks. */
export function encodeLz4Frame(content: Uint8Array, { blockSize = 4194304, blockChecksums = false, contentChecksum = false }: Lz4FrameOptions = {}): Uint8Array {
	const code = Object.entries(BLOCK_SIZES).find(([, size]) => size === blockSize)?.[0];
	if (code === undefined) throw new RangeError(`tickforge: blocks of LZ4 frames have 65536, 262144, 1048576 or 4194304 bytes, not ${blockSize}`);
	const header = new Uint8Array(15);
	const headerView = new DataView(header.buffer);
	headerView.setUint32(0, LZ4_MAGIC, true);
	header[4] = 0b01000000 | FLAGS.independent | FLAGS.contentSize | (blockChecksums ? FLAGS.blockChecksums : 0) | (contentChecksum ? FLAGS.contentChecksum : 0);
	header[5] = Number(code) << 4;
	headerView.setBigUint64(6, BigInt(content.length), true);
	header[14] = (xxHash32(header.subarray(4, 14)) >>> 8) & 0xff;
	const parts: Uint8Array[] = [header];
	const word = (value: number): Uint8Array => {
		const bytes = new Uint8Array(4);
		new DataView(bytes.buffer).setUint32(0, value, true);
		return bytes;
	};
	for (let at = 0; at < content.length; at += blockSize) {
		const raw = content.subarray(at, Math.min(at + blockSize, content.length));
		const packed = compressLz4Block(raw);
		const isStored = packed.length >= raw.length;
		const data = isStored ? raw : packed;
		parts.push(word(isStored ? data.length + STORED : data.length), data);
		if (blockChecksums) parts.push(word(xxHash32(data)));
	}
	parts.push(word(0));
	if (contentChecksum) parts.push(word(xxHash32(content)));
	return join(parts);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}
