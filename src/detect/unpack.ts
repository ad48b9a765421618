/** The start of what compressed bytes hold, at once and within bounds: for looking into, not for reading. */
import * as zlib from 'node:zlib';
import { createLz4Decoder, createSnappyDecoder } from '../codecs/index.ts';

export type Unpackable = 'gzip' | 'zstd' | 'lz4' | 'snappy' | 'zlib';

/** Compressed bytes that are looked at. */
const MOST_INPUT = 1 << 17;
/** Content that is made, at most; zstd makes no less than a block of 128 KiB. */
const MOST_CONTENT = 1 << 20;
const LEAST_INPUT = 64;

/** What the compressed bytes begin with, and whether all of them were looked at; null where they are damaged, or too short to say. */
export function unpackStart(kind: Unpackable, bytes: Uint8Array): { readonly bytes: Uint8Array; readonly isAll: boolean } | null {
	const content = contentOf(kind, bytes.subarray(0, MOST_INPUT));
	return content === null ? null : { bytes: new Uint8Array(content.buffer, content.byteOffset, content.length), isAll: bytes.length <= MOST_INPUT && content.length < MOST_CONTENT };
}

function contentOf(kind: Unpackable, input: Uint8Array): Uint8Array | null {
	if (kind === 'lz4' || kind === 'snappy') return decodeStart(kind, input);
	const options = { maxOutputLength: MOST_CONTENT, finishFlush: kind === 'zstd' ? zlib.constants.ZSTD_e_flush : zlib.constants.Z_SYNC_FLUSH };
	// What expands by more than a thousand is cut shorter, a few times at most.
	for (let length = input.length; ; length = length >> 2) {
		try {
			const part = input.subarray(0, length);
			const content = kind === 'gzip' ? zlib.gunzipSync(part, options) : kind === 'zlib' ? zlib.inflateSync(part, options) : typeof zlib.zstdDecompressSync === 'function' ? zlib.zstdDecompressSync(part, options) : null;
			return content === null || content.length === 0 ? null : content;
		} catch (error) {
			if (!(error instanceof RangeError) || length < LEAST_INPUT) return null;
		}
	}
}

function decodeStart(kind: 'lz4' | 'snappy', input: Uint8Array): Uint8Array | null {
	const content = new Uint8Array(MOST_CONTENT);
	const decoder = kind === 'lz4' ? createLz4Decoder({ most: MOST_CONTENT }) : createSnappyDecoder({ most: MOST_CONTENT });
	let length = 0;
	let at = 0;
	try {
		for (;;) {
			const taken = decoder.take(content.subarray(length));
			length += taken;
			if (length === content.length) break;
			if (taken > 0) continue;
			if (at === input.length) break;
			const room = decoder.room();
			const part = input.subarray(at, at + room.length);
			room.set(part);
			decoder.wrote(part.length);
			at += part.length;
		}
	} catch {
		// What came before the fault is still something to look at.
	} finally {
		decoder.release();
	}
	return length === 0 ? null : content.subarray(0, length);
}
