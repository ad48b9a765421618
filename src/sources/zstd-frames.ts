/**
 * Where Zstandard frames end (RFC 8878, section 3.1). Node's decompressor stops after the first frame without a word,
 * while tools write several: `pzstd`, appended logs, `cat a.zst b.zst`.
 */

/** A stretch of one frame's bytes. */
export interface FramePiece {
	readonly bytes: Uint8Array;
	/** The frame ends with these bytes. */
	readonly ends: boolean;
	/** Of a skippable frame: holds nothing. */
	readonly skippable: boolean;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const RAW_RLE = 1;

/** Bytes of the dictionary id and of the content size, by their two-bit flags. */
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];

/** Cuts a stream of frames at their ends, chunk by chunk. What is no frame is given as one, for the decompressor to refuse. */
export function createFrameSplitter(): (chunk: Uint8Array) => FramePiece[] {
	let state: 'magic' | 'skip-size' | 'descriptor' | 'block' | 'bytes' | 'foreign' = 'magic';
	/** What follows the bytes that are passed over: another block, the next frame. */
	let after: 'block' | 'checksum' | 'end' = 'end';
	/** Header bytes so far, as a little endian number, and how many are still wanted. */
	let value = 0;
	let collected = 0;
	let wanted = 4;
	let remaining = 0;
	let hasChecksum = false;
	let skippable = false;

	const expect = (next: typeof state, bytes: number): void => {
		state = next;
		value = 0;
		collected = 0;
		wanted = bytes;
	};
	const pass = (bytes: number, then: typeof after): void => {
		state = 'bytes';
		remaining = bytes;
		after = then;
	};
	/** Acts on a complete header. */
	const act = (): void => {
		switch (state) {
			case 'magic':
				skippable = (value & 0xfffffff0) >>> 0 === SKIPPABLE;
				if (skippable) expect('skip-size', 4);
				else if (value === MAGIC) expect('descriptor', 1);
				else state = 'foreign';
				break;
			case 'skip-size':
				pass(value, 'end');
				break;
			case 'descriptor': {
				hasChecksum = (value & 4) !== 0;
				const singleSegment = (value & 32) !== 0;
				const sizeFlag = value >>> 6;
				const sizeBytes = sizeFlag === 0 && singleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] as number);
				pass((singleSegment ? 0 : 1) + (DICTIONARY_BYTES[value & 3] as number) + sizeBytes, 'block');
				break;
			}
			case 'block': {
				const isLast = (value & 1) !== 0;
				const size = ((value >>> 1) & 3) === RAW_RLE ? 1 : value >>> 3;
				pass(size, !isLast ? 'block' : hasChecksum ? 'checksum' : 'end');
				break;
			}
			default:
		}
	};

	return (chunk) => {
		const pieces: FramePiece[] = [];
		let frameStart = 0;
		let at = 0;
		while (at < chunk.length || (state === 'bytes' && remaining === 0)) {
			if (state === 'foreign') {
				at = chunk.length;
			} else if (state !== 'bytes') {
				value = (value | ((chunk[at++] as number) << (8 * collected++))) >>> 0;
				if (collected === wanted) act();
			} else if (remaining > 0) {
				const passed = Math.min(remaining, chunk.length - at);
				remaining -= passed;
				at += passed;
			} else if (after === 'block') {
				expect('block', 3);
			} else if (after === 'checksum') {
				pass(4, 'end');
			} else {
				pieces.push({ bytes: chunk.subarray(frameStart, at), ends: true, skippable });
				frameStart = at;
				expect('magic', 4);
			}
		}
		if (frameStart < chunk.length) pieces.push({ bytes: chunk.subarray(frameStart), ends: false, skippable });
		return pieces;
	};
}
