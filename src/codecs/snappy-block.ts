/** Snappy blocks of bytes outside of an arena: packing and unpacking them. */
import { blockError, CodecError } from './codec-error.ts';
import { blockDecoder } from './codec-modules.ts';
import { ownArena } from './own-arena.ts';

/** Matches are looked for within so many bytes, as Snappy's own compressor does: offsets then fit 16 bits. */
const FRAGMENT = 65536;
const HASH_BITS = 14;
const LONGEST_MATCH = 64;

/** Packs content greedily, in plain TypeScript (https://github.com/google/snappy/blob/main/format_description.txt). */
export function compressSnappyBlock(content: Uint8Array): Uint8Array {
	const output = new Uint8Array(32 + content.length + Math.ceil(content.length / 6));
	const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
	const heads = new Int32Array(1 << HASH_BITS);
	let to = 0;
	for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
		output[to++] = rest < 128 ? rest : (rest % 128) | 0x80;
		if (rest < 128) break;
	}
	const literals = (from: number, end: number): void => {
		const count = end - from;
		if (count === 0) return;
		const bytes = count <= 60 ? 0 : count <= 2 ** 8 ? 1 : count <= 2 ** 16 ? 2 : count <= 2 ** 24 ? 3 : 4;
		output[to++] = (bytes === 0 ? count - 1 : 59 + bytes) << 2;
		for (let index = 0; index < bytes; index++) output[to++] = ((count - 1) >>> (8 * index)) & 0xff;
		output.set(content.subarray(from, end), to);
		to += count;
	};
	const match = (offset: number, length: number): void => {
		for (let left = length; left > 0; ) {
			// Not so much that a match of fewer than four bytes is left, which takes no shorter form.
			const part = left > LONGEST_MATCH + 3 ? LONGEST_MATCH : left > LONGEST_MATCH ? LONGEST_MATCH - 4 : left;
			if (part >= 4 && part <= 11 && offset < 2048) {
				output[to++] = 1 | ((part - 4) << 2) | ((offset >>> 8) << 5);
				output[to++] = offset & 0xff;
			} else {
				output[to++] = 2 | ((part - 1) << 2);
				output[to++] = offset & 0xff;
				output[to++] = offset >>> 8;
			}
			left -= part;
		}
	};
	for (let start = 0; start < content.length; start += FRAGMENT) {
		const end = Math.min(start + FRAGMENT, content.length);
		heads.fill(-1);
		let anchor = start;
		let at = start;
		while (at + 4 <= end) {
			const word = view.getUint32(at, true);
			const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
			const candidate = heads[hash] as number;
			heads[hash] = at;
			if (candidate < 0 || view.getUint32(candidate, true) !== word) {
				at++;
				continue;
			}
			let length = 4;
			while (at + length < end && content[candidate + length] === content[at + length]) length++;
			literals(anchor, at);
			match(at - candidate, length);
			at += length;
			anchor = at;
		}
		literals(anchor, end);
	}
	return output.subarray(0, to);
}

/** What a block says of its content's length; -1 where it says nothing. */
export function snappyContentLength(block: Uint8Array): number {
	let length = 0;
	for (let index = 0; index < 5; index++) {
		const byte = block[index];
		if (byte === undefined) return -1;
		length += (byte & 0x7f) * 2 ** (7 * index);
		if (byte < 0x80) return length <= 0xffffffff ? length : -1;
	}
	return -1;
}

/** A byte of a block stands for fewer bytes of content than this: a match of 64 bytes takes three. */
const LARGEST_RATIO = 22;

/**
 * The content of a block.
 *
 * @param most bytes of content at most
 * @throws CodecError
 */
export function decodeSnappyBlock(block: Uint8Array, most: number): Uint8Array {
	const length = snappyContentLength(block);
	if (length > most) throw new CodecError('Snappy', 'too-large', 0, `there is more content than the ${most} bytes that are allowed`);
	if (length > block.length * LARGEST_RATIO) throw new CodecError('Snappy', 'size', 0, `${block.length} bytes cannot hold ${length}`);
	const room = Math.max(length, 0);
	const arena = ownArena();
	const input = arena.allocate('Snappy block', block.length, { clear: false });
	try {
		const output = arena.allocate('Snappy content', room, { clear: false });
		try {
			const decoder = blockDecoder(arena, 'snappy');
			arena.u8().set(block, input.address);
			const end = decoder.decode(input.address, input.address + block.length, output.address, output.address, output.address + room);
			if (end === 0) throw blockError('Snappy', decoder.fault(), decoder.faultAt() - input.address);
			return arena.u8().slice(output.address, end);
		} finally {
			arena.release(output);
		}
	} finally {
		arena.release(input);
	}
}
