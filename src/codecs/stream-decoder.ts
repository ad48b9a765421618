/** Decoders of streams: they never read a file and never wait. Bytes are brought, content is taken. */
import type { Arena, Region } from '../memory/index.ts';
import type { BlockDecoder } from './block-decoder.ts';
import { CodecError, streamBlockError } from './codec-error.ts';
import type { CodecTier } from './codec-modules.ts';

/**
 * Write input to `room()`, say how much with `wrote`, take content until there is none, and so on; `end` when there is no
 * more input. Memory stays the same however much flows through. After an error it is good for nothing more than `release`.
 */
export interface StreamDecoder {
	/** Where the next bytes of input go; at least one. A view until the next call of any method. */
	room(): Uint8Array;
	wrote(count: number): void;
	/**
	 * Writes at most `into.length` bytes of content, and says how many; 0 where more input is needed first.
	 *
	 * @throws CodecError
	 */
	take(into: Uint8Array): number;
	/** @throws CodecError where the input ended in the middle of something */
	end(): void;
	/** Whether the input may end here. */
	readonly complete: boolean;
	/** Bytes of content so far. */
	readonly produced: number;
	/** Gives the memory back to the arena. */
	release(): void;
}

export interface StreamDecoderOptions {
	/** Where content is decoded. Default an arena of this module's own. */
	readonly arena?: Arena;
	/** Bytes of content at most; what comes after them is the fault `too-large`. Default no limit. */
	readonly most?: number;
	readonly tier?: CodecTier;
}

/** Compressed bytes that wait, in the arena. */
export interface InputBuffer {
	/** Address of the next byte, as long as nothing is written or reserved. */
	readonly at: number;
	readonly length: number;
	/** Bytes that were skipped so far. */
	readonly position: number;
	/** Makes room for elements of so many bytes. */
	reserve(bytes: number): void;
	room(): Uint8Array;
	wrote(count: number): void;
	skip(count: number): void;
	byte(index: number): number;
	word(index: number): number;
	bytes(count: number): Uint8Array;
	release(): void;
}

/** So much more than an element: elements are read together. */
const AHEAD = 65536;

export function createInputBuffer(arena: Arena, name: string, least: number): InputBuffer {
	let region = arena.allocate(name, least + AHEAD, { clear: false });
	let start = 0;
	let end = 0;
	let position = 0;
	return {
		get at() {
			return region.address + start;
		},
		get length() {
			return end - start;
		},
		get position() {
			return position;
		},
		reserve(bytes) {
			if (bytes + AHEAD <= region.size) return;
			const larger = arena.allocate(name, bytes + AHEAD, { clear: false });
			arena.u8().copyWithin(larger.address, region.address + start, region.address + end);
			arena.release(region);
			region = larger;
			end -= start;
			start = 0;
		},
		room() {
			if (start > 0 && region.size - end < AHEAD) {
				arena.u8().copyWithin(region.address, region.address + start, region.address + end);
				end -= start;
				start = 0;
			}
			return arena.u8().subarray(region.address + end, region.address + region.size);
		},
		wrote(count) {
			if (!Number.isInteger(count) || count < 0 || count > region.size - end) throw new RangeError(`tickforge: ${count} bytes cannot have been written to a room of ${region.size - end}`);
			end += count;
		},
		skip(count) {
			start += count;
			position += count;
			if (start === end) {
				start = 0;
				end = 0;
			}
		},
		byte: (index) => arena.u8()[region.address + start + index] as number,
		word: (index) => arena.view().getUint32(region.address + start + index, true),
		bytes: (count) => arena.u8().subarray(region.address + start, region.address + start + count),
		release: () => arena.release(region),
	};
}

export const tooLarge = (format: string, most: number, offset: number): CodecError => new CodecError(format, 'too-large', offset, `there is more content than the ${most} bytes that are allowed`);

/** Exchanges a region for one of at least so many bytes. */
export function atLeast(arena: Arena, region: Region | null, name: string, bytes: number): Region {
	if (region !== null && region.size >= bytes) return region;
	if (region !== null) arena.release(region);
	return arena.allocate(name, bytes, { clear: false });
}

/** What a format does with its input; see {@link createDecoder}. */
export interface Elements {
	/** Works on the next element once it is at hand as a whole: content goes to {@link Content}. False where more input is needed. */
	next(): boolean;
	/** Whether the input may end before the next element. */
	mayEnd(): boolean;
	/** What it ends in the middle of, or that there is nothing. */
	cut(): CodecError;
	release(): void;
}

/** Content in the arena that was not taken yet. */
export interface Content {
	from: number;
	to: number;
	/** Bytes of content so far. */
	produced: number;
}

export const noContent = (): Content => ({ from: 0, to: 0, produced: 0 });

export function createDecoder(arena: Arena, input: InputBuffer, content: Content, { next, mayEnd, cut, release }: Elements): StreamDecoder {
	const isComplete = (): boolean => input.length === 0 && content.from === content.to && mayEnd();
	return {
		room: () => input.room(),
		wrote: (count) => input.wrote(count),
		take(into) {
			const target = keepTarget(arena, into);
			while (content.from === content.to) if (!next()) return 0;
			const count = Math.min(target.length, content.to - content.from);
			target.write(arena.u8().subarray(content.from, content.from + count));
			content.from += count;
			return count;
		},
		end() {
			if (!isComplete()) throw cut();
		},
		get complete() {
			return isComplete();
		},
		get produced() {
			return content.produced;
		},
		release() {
			input.release();
			release();
		},
	};
}

/** A block of an element, or bytes that are stored as they are, to `out`. */
export interface BlockPlace {
	/** From the start of the input at hand. */
	readonly offset: number;
	readonly bytes: number;
	readonly isStored: boolean;
	readonly history: number;
	readonly out: number;
	/** Bytes of content at most, and what to say where there is more. */
	readonly room: number;
	tooMuch(offset: number): CodecError;
}

/** @returns the address behind the content @throws CodecError */
export function decodeBlock(format: string, arena: Arena, input: InputBuffer, blocks: BlockDecoder, { offset, bytes, isStored, history, out, room, tooMuch }: BlockPlace): number {
	const at = input.at + offset;
	if (isStored) {
		if (bytes > room) throw tooMuch(input.position + offset);
		arena.u8().copyWithin(out, at, at + bytes);
		return out + bytes;
	}
	const end = blocks.decode(at, at + bytes, history, out, out + room);
	if (end !== 0) return end;
	const where = input.position + blocks.faultAt() - input.at;
	throw blocks.fault() === 'too-large' ? tooMuch(where) : streamBlockError(format, blocks.fault(), where);
}

/** Where content goes. It may lie in the arena, whose memory may move while content is made; then the view is made anew. */
function keepTarget(arena: Arena, into: Uint8Array): { readonly length: number; write(bytes: Uint8Array): void } {
	const { length, byteOffset, buffer } = into;
	if (length === 0) throw new RangeError('tickforge: content is taken into at least one byte');
	const isInside = buffer === arena.memory.buffer;
	return {
		length,
		write(bytes) {
			if (isInside) arena.u8().set(bytes, byteOffset);
			else into.set(bytes);
		},
	};
}
