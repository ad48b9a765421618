/** Snappy blocks in plain TypeScript: the twin of kernels/snappy-block.ts, with the same faults at the same places. */
import type { BlockFault } from '../../kernels/block-faults.ts';
import type { BlockDecoder, DecodeBlock } from '../block-decoder.ts';

/** @param memory gives all bytes of a memory, new after it has grown */
export function referenceSnappyDecoder(memory: () => Uint8Array): BlockDecoder {
	let fault: BlockFault = 'cut';
	let faultAt = 0;
	const decoder =
		(inPlace: boolean): DecodeBlock =>
		(start, end, window, firstOut, room) => {
			const bytes = memory();
			let p = start;
			let out = firstOut;
			const refuse = (what: BlockFault, where: number): number => {
				fault = what;
				faultAt = where;
				return 0;
			};
			/** Little endian; -1 where the block ends in it. */
			const number = (count: number): number => {
				if (count > end - p) return -1;
				let value = 0;
				for (let k = 0; k < count; k++) value += (bytes[p++] as number) * 2 ** (8 * k);
				return value;
			};
			let content = 0;
			for (let shift = 0; ; shift += 7) {
				if (p === end) return refuse('cut', p);
				const byte = bytes[p++] as number;
				content += (byte & 0x7f) * 2 ** shift;
				if (byte < 0x80) break;
				if (shift === 28) return refuse('size', start);
			}
			if (content > 0xffffffff) return refuse('size', start);
			if (content > room - out) return refuse('too-large', start);
			const outEnd = out + content;
			while (p < end) {
				const at = p;
				const tag = bytes[p++] as number;
				if ((tag & 3) === 0) {
					let length = tag >>> 2;
					if (length >= 60) length = number(length - 59);
					if (length < 0 || length + 1 > end - p) return refuse('cut', end);
					if (length + 1 > outEnd - out) return refuse('size', at);
					if (inPlace && out > p) return refuse('overlap', p);
					for (let k = 0; k <= length; k++) bytes[out++] = bytes[p++] as number;
					continue;
				}
				const low = number([0, 1, 2, 4][tag & 3] as number);
				if (low < 0) return refuse('cut', end);
				const offset = (tag & 3) === 1 ? ((tag >>> 5) << 8) | low : low;
				const length = (tag & 3) === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2);
				if (offset === 0 || offset > out - window) return refuse('offset', at);
				if (length > outEnd - out) return refuse('size', at);
				if (inPlace && out + length > p && p !== end) return refuse('overlap', p);
				for (let k = 0; k < length; k++, out++) bytes[out] = bytes[out - offset] as number;
			}
			return out === outEnd ? out : refuse('size', p);
		};
	return { decode: decoder(false), decodeInPlace: decoder(true), fault: () => fault, faultAt: () => faultAt };
}
