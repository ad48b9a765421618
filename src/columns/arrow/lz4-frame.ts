/**
 * LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md) with independent blocks, in plain
 * TypeScript: enough to write and read Arrow's compressed buffers. A small greedy compressor; a decompressor that
 * checks every length.
 */
const MAGIC = 0x184d2204;
const BLOCK = 4 << 20;

/** One frame with the content's size in it. */
export function lz4Compress(input: Uint8Array): Uint8Array {
	const blocks: Uint8Array[] = [];
	for (let at = 0; at < input.length; at += BLOCK) {
		const raw = input.subarray(at, Math.min(at + BLOCK, input.length));
		const packed = compressBlock(raw);
		const head = new Uint8Array(4);
		// The top bit marks a block that did not shrink.
		const stored = packed.length >= raw.length;
		new DataView(head.buffer).setUint32(0, stored ? (raw.length | 0x80000000) >>> 0 : packed.length, true);
		blocks.push(head, stored ? raw : packed);
	}
	const header = new Uint8Array(15);
	const view = new DataView(header.buffer);
	view.setUint32(0, MAGIC, true);
	// Version 1, independent blocks, content size; blocks of at most 4 MiB.
	header[4] = 0b01101000;
	header[5] = 0b01110000;
	view.setBigUint64(6, BigInt(input.length), true);
	header[14] = (xxh32(header.subarray(4, 14)) >>> 8) & 0xff;
	return join([header, ...blocks, new Uint8Array(4)]);
}

/** No byte of a block stands for more bytes of content: a length grows by at most 255 with each of its bytes. */
const LARGEST_RATIO = 255;
/** Content of a block at most, by the frame's code for it. */
const BLOCK_SIZES = [0, 0, 0, 0, 64 << 10, 256 << 10, 1 << 20, 4 << 20];

/**
 * Memory is taken as the content comes, and never more than the frame can expand to, whatever `size` claims.
 *
 * @param size what the content must be long; anything else throws
 */
export function lz4Decompress(frame: Uint8Array, size: number): Uint8Array {
	const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
	const bad = (why: string): Error => new Error(`LZ4: ${why}`);
	if (frame.length < 7 || view.getUint32(0, true) !== MAGIC) throw bad('no frame');
	const flags = frame[4] as number;
	if (flags >>> 6 !== 1) throw bad(`version ${flags >>> 6} of the frame format`);
	if ((flags & 1) !== 0) throw bad('a dictionary is needed');
	let at = 6 + ((flags & 8) !== 0 ? 8 : 0);
	if (at + 1 > frame.length) throw bad('the header is cut');
	if (((xxh32(frame.subarray(4, at)) >>> 8) & 0xff) !== frame[at]) throw bad('the header is damaged');
	at++;
	if (size > frame.length * LARGEST_RATIO) throw bad(`${frame.length} bytes cannot hold ${size}`);
	const largestBlock = BLOCK_SIZES[((frame[5] as number) >>> 4) & 7] as number;
	let output = new Uint8Array(Math.min(size, largestBlock));
	let length = 0;
	/** Room for another block of content, as far as `size` allows any. */
	const grow = (content: number): void => {
		const wanted = Math.min(size, length + content);
		if (wanted <= output.length) return;
		const larger = new Uint8Array(Math.min(size, Math.max(wanted, output.length * 2)));
		larger.set(output.subarray(0, length));
		output = larger;
	};
	for (;;) {
		if (at + 4 > frame.length) throw bad('a block is cut');
		const word = view.getUint32(at, true);
		at += 4;
		if (word === 0) break;
		const bytes = word & 0x7fffffff;
		if (at + bytes > frame.length) throw bad('a block is cut');
		if (bytes > largestBlock) throw bad(`a block of ${bytes} bytes where ${largestBlock} are the most`);
		grow(word >>> 31 === 1 ? bytes : Math.min(largestBlock, bytes * LARGEST_RATIO));
		const block = frame.subarray(at, at + bytes);
		if (word >>> 31 === 1) {
			if (length + bytes > size) throw bad('more content than stated');
			output.set(block, length);
			length += bytes;
		} else length = decompressBlock(block, output, length);
		at += bytes + ((flags & 16) !== 0 ? 4 : 0);
	}
	if (length !== size) throw bad(`${length} bytes of content instead of ${size}`);
	return output;
}

/** https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md: literals and matches of at least 4 bytes; the last 5 bytes are literals. */
function compressBlock(input: Uint8Array): Uint8Array {
	const output = new Uint8Array(input.length + Math.ceil(input.length / 255) + 16);
	const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
	const heads = new Int32Array(1 << 14).fill(-1);
	let to = 0;
	let anchor = 0;
	let at = 0;
	const lengthBytes = (rest: number): void => {
		let left = rest;
		while (left >= 255) {
			output[to++] = 255;
			left -= 255;
		}
		output[to++] = left;
	};
	const emit = (literals: number, offset: number, match: number): void => {
		const tokenAt = to++;
		output[tokenAt] = (Math.min(literals, 15) << 4) | (match === 0 ? 0 : Math.min(match - 4, 15));
		if (literals >= 15) lengthBytes(literals - 15);
		output.set(input.subarray(anchor, anchor + literals), to);
		to += literals;
		if (match === 0) return;
		output[to++] = offset & 0xff;
		output[to++] = offset >>> 8;
		if (match - 4 >= 15) lengthBytes(match - 4 - 15);
	};
	const limit = input.length - 12;
	while (at < limit) {
		const word = view.getUint32(at, true);
		const hash = Math.imul(word, 2654435761) >>> 18;
		const candidate = heads[hash] as number;
		heads[hash] = at;
		if (candidate < 0 || at - candidate > 65535 || view.getUint32(candidate, true) !== word) {
			at++;
			continue;
		}
		let match = 4;
		while (at + match < input.length - 5 && input[candidate + match] === input[at + match]) match++;
		emit(at - anchor, at - candidate, match);
		at += match;
		anchor = at;
	}
	emit(input.length - anchor, 0, 0);
	return output.subarray(0, to);
}

function decompressBlock(block: Uint8Array, output: Uint8Array, start: number): number {
	let at = 0;
	let to = start;
	const bad = (why: string): Error => new Error(`LZ4: ${why}`);
	const more = (length: number): number => {
		let total = length;
		if (length < 15) return total;
		for (;;) {
			const byte = block[at++];
			if (byte === undefined) throw bad('a length is cut');
			total += byte;
			if (byte < 255) return total;
		}
	};
	while (at < block.length) {
		const token = block[at++] as number;
		const literals = more(token >>> 4);
		if (at + literals > block.length || to + literals > output.length) throw bad('literals leave the block or the content');
		output.set(block.subarray(at, at + literals), to);
		at += literals;
		to += literals;
		if (at === block.length) return to;
		if (at + 2 > block.length) throw bad('an offset is cut');
		const offset = (block[at] as number) | ((block[at + 1] as number) << 8);
		at += 2;
		const match = more(token & 15) + 4;
		if (offset === 0 || offset > to || to + match > output.length) throw bad('a match leaves the content');
		for (let k = 0; k < match; k++) output[to + k] = output[to + k - offset] as number;
		to += match;
	}
	return to;
}

/** xxHash32 with seed 0, for frame headers (fewer than 16 bytes: the short form is all that is needed). */
function xxh32(input: Uint8Array): number {
	const P2 = 2246822519;
	const P3 = 3266489917;
	const P4 = 668265263;
	const P5 = 374761393;
	const P1 = 2654435761;
	const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
	const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
	let hash = (P5 + input.length) | 0;
	let at = 0;
	for (; at + 4 <= input.length; at += 4) hash = Math.imul(rotate((hash + Math.imul(view.getUint32(at, true), P3)) | 0, 17), P4);
	for (; at < input.length; at++) hash = Math.imul(rotate((hash + Math.imul(input[at] as number, P5)) | 0, 11), P1);
	hash = Math.imul(hash ^ (hash >>> 15), P2);
	hash = Math.imul(hash ^ (hash >>> 13), P3);
	return (hash ^ (hash >>> 16)) >>> 0;
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
