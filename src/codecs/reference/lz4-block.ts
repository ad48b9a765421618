/** LZ4 blocks in plain TypeScript: the twin of kernels/lz4-block.ts, with the same faults at the same places. */
import type { BlockFault } from '../../kernels/block-faults.ts';
import type { BlockDecoder, DecodeBlock } from '../block-decoder.ts';

const LEAST_MATCH = 4;

/** @param memory gives all bytes of a memory, new after it has grown */
export function referenceLz4Decoder(memory: () => Uint8Array): BlockDecoder {
	let fault: BlockFault = 'cut';
	let faultAt = 0;
	const decoder =
		(inPlace: boolean): DecodeBlock =>
		(start, end, window, firstOut, outEnd) => {
			const bytes = memory();
			let p = start;
			let out = firstOut;
			const refuse = (what: BlockFault, where: number): number => {
				fault = what;
				faultAt = where;
				return 0;
			};
			/** The rest of a length; -1 where the block ends in it. */
			const rest = (length: number): number => {
				let whole = length;
				if (length < 15) return whole;
				for (;;) {
					if (p === end) return -1;
					const byte = bytes[p++] as number;
					whole += byte;
					if (byte < 255) return whole;
				}
			};
			for (;;) {
				if (p === end) return refuse('cut', p);
				const token = bytes[p++] as number;
				const literals = rest(token >>> 4);
				if (literals < 0 || literals > end - p) return refuse('cut', end);
				if (literals > outEnd - out) return refuse('too-large', p);
				if (inPlace && out > p) return refuse('overlap', p);
				for (let k = 0; k < literals; k++) bytes[out++] = bytes[p++] as number;
				if (p === end) return out;
				if (end - p < 2) return refuse('cut', end);
				const offset = (bytes[p] as number) | ((bytes[p + 1] as number) << 8);
				if (offset === 0 || offset > out - window) return refuse('offset', p);
				p += 2;
				const more = rest(token & 15);
				if (more < 0) return refuse('cut', end);
				const length = more + LEAST_MATCH;
				if (length > outEnd - out) return refuse('too-large', p);
				if (inPlace && out + length > p) return refuse('overlap', p);
				for (let k = 0; k < length; k++, out++) bytes[out] = bytes[out - offset] as number;
			}
		};
	return { decode: decoder(false), decodeInPlace: decoder(true), fault: () => fault, faultAt: () => faultAt };
}
