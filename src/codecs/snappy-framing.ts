/**
 * Snappy's framing format (https://github.com/google/snappy/blob/main/framing_format.txt), files named .sz:
 * ```
 *   | kind | length, 3 bytes | data |   chunk after chunk, the first of them  ff 06 00 00 "sNaPpY"
 *
 *   00 | checksum, 4 bytes | Snappy block          01 | checksum, 4 bytes | content as it is
 *   02 |                     Snappy block          03 |                     content as it is
 *   04 to 7f: not known, an error                  80 to fe: not known or padding, skipped
 * ```
 * A chunk has at most 65,536 bytes of content. The checksum is the content's CRC-32C, masked.
 */
import { CRC32C } from '../kernels/crc-arithmetic.ts';
import type { Region } from '../memory/index.ts';
import { CodecError, type CodecFault } from './codec-error.ts';
import { blockDecoder, crcFunction, usualTier } from './codec-modules.ts';
import { crc32c } from './crc.ts';
import { ownArena } from './own-arena.ts';
import { compressSnappyBlock } from './snappy-block.ts';
import { createDecoder, createInputBuffer, decodeBlock, noContent, type StreamDecoder, type StreamDecoderOptions, tooLarge } from './stream-decoder.ts';

/** The stream identifier: how every such file begins. */
export const SNAPPY_IDENTIFIER: readonly number[] = [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59];
const KIND = { compressed: 0, stored: 1, compressedUnchecked: 2, storedUnchecked: 3, firstSkippable: 0x80, identifier: 0xff } as const;
const HEADER = 4;
const CHECKSUM = 4;
/** Content of a chunk at most. */
const LARGEST = 65536;
/** No block of so much content is longer: at worst, each byte is a literal with a length of five bytes. */
const LARGEST_BLOCK = 5 + 6 * LARGEST;

const maskChecksum = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** Reads a stream of chunks. See {@link StreamDecoder}. */
export function createSnappyDecoder({ arena = ownArena(), most = Number.POSITIVE_INFINITY, tier = usualTier() }: StreamDecoderOptions = {}): StreamDecoder {
	const blocks = blockDecoder(arena, 'snappy', tier);
	const crc = crcFunction(arena, CRC32C, tier);
	const input = createInputBuffer(arena, 'Snappy input', HEADER + CHECKSUM + LARGEST_BLOCK);
	const content: Region = arena.allocate('Snappy content', LARGEST, { clear: false });
	let identified = false;
	let toSkip = 0;
	const ready = noContent();

	const bad = (category: CodecFault, why: string): CodecError => new CodecError('Snappy', category, input.position, why);
	const skip = (): boolean => {
		const skipped = Math.min(toSkip, input.length);
		input.skip(skipped);
		toSkip -= skipped;
		return toSkip === 0;
	};
	const identifier = (): boolean => {
		const length = SNAPPY_IDENTIFIER.length;
		const known = Math.min(input.length, length);
		for (let index = 0; index < known; index++) if (input.byte(index) !== SNAPPY_IDENTIFIER[index]) throw bad('header', 'it does not start as a stream of chunks does');
		if (input.length < length) return false;
		input.skip(length);
		identified = true;
		return true;
	};
	const chunk = (): boolean => {
		if (toSkip > 0) return skip();
		if (!identified) return identifier();
		if (input.length < HEADER) return false;
		const kind = input.byte(0);
		const length = input.word(0) >>> 8;
		if (kind === KIND.identifier) return identifier();
		if (kind >= KIND.firstSkippable) {
			input.skip(HEADER);
			toSkip = length;
			return true;
		}
		if (kind > KIND.storedUnchecked) throw bad('unsupported', `a chunk of the kind ${kind}, which may not be skipped`);
		const isStored = kind === KIND.stored || kind === KIND.storedUnchecked;
		const before = kind <= KIND.stored ? CHECKSUM : 0;
		const bytes = length - before;
		if (bytes < 0) throw bad('size', 'a chunk has no room for its checksum');
		if (bytes > (isStored ? LARGEST : LARGEST_BLOCK)) throw bad('size', `a chunk of ${bytes} bytes, more than ${LARGEST} bytes of content can have`);
		if (input.length < HEADER + length) return false;
		const out = content.address;
		const room = Math.min(LARGEST, most - ready.produced);
		const tooMuch = (where: number): CodecError => (room < LARGEST ? tooLarge('Snappy', most, where) : new CodecError('Snappy', 'too-large', where, `a chunk has more content than the ${LARGEST} bytes it may have`));
		const end = decodeBlock('Snappy', arena, input, blocks, { offset: HEADER + before, bytes, isStored, history: out, out, room, tooMuch });
		if (before > 0 && maskChecksum(~crc(-1, out, end - out)) !== input.word(HEADER)) throw bad('checksum', 'a chunk is not what its checksum says');
		input.skip(HEADER + length);
		ready.produced += end - out;
		ready.from = out;
		ready.to = end;
		return true;
	};
	return createDecoder(arena, input, ready, {
		next: chunk,
		mayEnd: () => identified && toSkip === 0,
		cut: () => bad('cut', !identified && input.length === 0 ? 'there is nothing' : 'the data ends in the middle of a chunk'),
		release: () => arena.release(content),
	});
}

/** A stream of chunks with checksums; what does not shrink is stored as it is. */
export function encodeSnappyFrames(content: Uint8Array): Uint8Array {
	const parts: Uint8Array[] = [Uint8Array.from(SNAPPY_IDENTIFIER)];
	for (let at = 0; at < content.length; at += LARGEST) {
		const raw = content.subarray(at, at + LARGEST);
		const packed = compressSnappyBlock(raw);
		const isStored = packed.length >= raw.length;
		const data = isStored ? raw : packed;
		const header = new Uint8Array(HEADER + CHECKSUM);
		const view = new DataView(header.buffer);
		view.setUint32(0, ((data.length + CHECKSUM) << 8) | (isStored ? KIND.stored : KIND.compressed), true);
		view.setUint32(HEADER, maskChecksum(crc32c(raw)), true);
		parts.push(header, data);
	}
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let to = 0;
	for (const part of parts) {
		all.set(part, to);
		to += part.length;
	}
	return all;
}
