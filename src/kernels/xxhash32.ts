/**
 * xxHash32 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), the part that is hot: whole stripes of 16
 * bytes.
 *
 *     xxHash32Stripes(state, p, end)        `end - p` is a multiple of 16; `state` is four accumulators, 16 bytes
 */
import { type Func, I32, type Local, type ModuleBuilder } from '../wasm/index.ts';

export const XXHASH32_PRIMES = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;
export const XXHASH32_STRIPE = 16;

export function emitXxHash32(m: ModuleBuilder): Func {
	const [first, second] = XXHASH32_PRIMES;
	return m.func('xxHash32Stripes', { params: { state: I32, p: I32, end: I32 }, results: [], export: 'xxHash32Stripes' }, (f, { state, p, end }) => {
		const lanes = [0, 1, 2, 3].map((lane) => f.local(I32, I32.load(state, lane * 4), `lane${lane}`)) as Local<I32>[];
		f.block((done) => {
			f.loop((again) => {
				done.branchIf(p.geU(end));
				lanes.forEach((lane, index) => {
					lane.set(
						lane
							.add(I32.load(p, index * 4).mul(second))
							.rotl(13)
							.mul(first),
					);
				});
				p.set(p.add(XXHASH32_STRIPE));
				again.branch();
			});
		});
		lanes.forEach((lane, index) => {
			f.store(state, lane, index * 4);
		});
	});
}
