/** The stripes of xxHash32 in plain TypeScript: the twin of kernels/xxhash32.ts. */
import { XXHASH32_PRIMES, XXHASH32_STRIPE } from '../../kernels/xxhash32.ts';

const [FIRST, SECOND] = XXHASH32_PRIMES;

/** @param memory gives all bytes of a memory, new after it has grown */
export function referenceStripes(memory: () => Uint8Array): (state: number, p: number, end: number) => void {
	return (state, p, end) => {
		const bytes = memory();
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		for (let lane = 0; lane < 4; lane++) {
			let sum = view.getInt32(state + lane * 4, true);
			for (let at = p + lane * 4; at < end; at += XXHASH32_STRIPE) {
				sum = (sum + Math.imul(view.getInt32(at, true), SECOND)) | 0;
				sum = Math.imul((sum << 13) | (sum >>> 19), FIRST);
			}
			view.setInt32(state + lane * 4, sum, true);
		}
	};
}
