/** Constant text: compared 16, 8, 4, 2 or 1 bytes at a time, differences left in the scope's marks. */
import { I32, I64, V128 } from '../../../wasm/index.ts';
import type { NumberScope } from './emit-numbers.ts';
import { moved, type Position, placeOf } from './positions.ts';

/** Bytes that are loaded for so many of text, at most. */
export const loadedFor = (length: number): number => Math.max(length, 8);

/** The bytes as one number, the first the lowest. */
export function wordOf(bytes: Uint8Array): bigint {
	return BigInt.asIntN(
		64,
		bytes.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n),
	);
}

/** Emits: the first `count` of the bytes must stand there. What more is loaded is compared where it is known, too. */
export function emitText({ pool, constants, wrong, fault, fault64 }: NumberScope, at: Position, bytes: Uint8Array, count: number): void {
	let done = 0;
	while (done < count) {
		const left = count - done;
		if (left > 8 && bytes.length >= 16) {
			const from = Math.min(done, bytes.length - 16);
			wrong.set(wrong.or(placeOf(moved(at, from), V128.load).xor(V128.load(constants, pool.add(bytes.slice(from, from + 16))))));
			done = from + 16;
			continue;
		}
		const width = left >= 8 || left > 4 ? 8 : left > 2 ? 4 : left;
		if (width <= bytes.length) {
			const from = Math.min(done, bytes.length - width);
			const word = wordOf(bytes.subarray(from, from + width));
			if (width === 8) fault64.set(fault64.or(I64.of(word).xor(placeOf(moved(at, from), I64.load))));
			else {
				const loaded = placeOf(moved(at, from), width === 4 ? I32.load : width === 2 ? I32.load16U : I32.load8U);
				fault.set(fault.or(loaded.xor(I32.of(Number(BigInt.asIntN(32, word))))));
			}
			done = from + width;
			continue;
		}
		// Shorter than a word: what follows is shifted out.
		const word = wordOf(bytes);
		if (width === 8)
			fault64.set(
				fault64.or(
					placeOf(at, I64.load)
						.xor(I64.of(word))
						.shl(BigInt(64 - bytes.length * 8)),
				),
			);
		else
			fault.set(
				fault.or(
					placeOf(at, I32.load)
						.xor(I32.of(Number(word)))
						.shl(32 - bytes.length * 8),
				),
			);
		done = count;
	}
}
