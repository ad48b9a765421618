/** LZ4 blocks of bytes outside of an arena: packing them, and unpacking them to a size that is known. */

import { blockError } from './codec-error.ts';
import { blockDecoder } from './codec-modules.ts';
import { ownArena } from './own-arena.ts';

/** Bytes of a block at most, for so many bytes of content. */
export const lz4BlockBound = (content: number): number => content + Math.ceil(content / 255) + 16;

const HASH_BITS = 14;
/** The last match begins at least so far from the end of the content, and the last 5 bytes are literals. */
const LAST_MATCH = 12;
const LAST_LITERALS = 5;

/** Packs content greedily, in plain TypeScript (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md). */
export function compressLz4Block(content: Uint8Array): Uint8Array {
	const output = new Uint8Array(lz4BlockBound(content.length));
	const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
	const heads = new Int32Array(1 << HASH_BITS).fill(-1);
	let to = 0;
	let anchor = 0;
	let at = 0;
	const moreLength = (rest: number): void => {
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
		if (literals >= 15) moreLength(literals - 15);
		output.set(content.subarray(anchor, anchor + literals), to);
		to += literals;
		if (match === 0) return;
		output[to++] = offset & 0xff;
		output[to++] = offset >>> 8;
		if (match - 4 >= 15) moreLength(match - 4 - 15);
	};
	while (at <= content.length - LAST_MATCH) {
		const word = view.getUint32(at, true);
		const hash = Math.imul(word, 2654435761) >>> (32 - HASH_BITS);
		const candidate = heads[hash] as number;
		heads[hash] = at;
		if (candidate < 0 || at - candidate > 65535 || view.getUint32(candidate, true) !== word) {
			at++;
			continue;
		}
		let match = 4;
		while (at + match < content.length - LAST_LITERALS && content[candidate + match] === content[at + match]) match++;
		emit(at - anchor, at - candidate, match);
		at += match;
		anchor = at;
	}
	emit(content.length - anchor, 0, 0);
	return output.subarray(0, to);
}

/**
 * The content of a block.
 *
 * @param most bytes of content at most; they are taken before it is known how many there are
 * @throws CodecError
 */
export function decodeLz4Block(block: Uint8Array, most: number): Uint8Array {
	const arena = ownArena();
	const input = arena.allocate('LZ4 block', block.length, { clear: false });
	try {
		const output = arena.allocate('LZ4 content', most, { clear: false });
		try {
			const decoder = blockDecoder(arena, 'lz4');
			arena.u8().set(block, input.address);
			const end = decoder.decode(input.address, input.address + block.length, output.address, output.address, output.address + most);
			if (end === 0) throw blockError('LZ4', decoder.fault(), decoder.faultAt() - input.address);
			return arena.u8().slice(output.address, end);
		} finally {
			arena.release(output);
		}
	} finally {
		arena.release(input);
	}
}
