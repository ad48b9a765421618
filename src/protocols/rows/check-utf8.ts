import { emitUtf8Sequence } from '../../kernels/utf8.ts';
import { type Func, I32, type ModuleBuilder, V128 } from '../../wasm/index.ts';
import type { Faults } from './faults.ts';

/** `checkUtf8(p, end) -> 1 | 0` with `utf8` at the first byte of the bad sequence. Reads up to 16 bytes beyond the end. */
export function emitCheckUtf8(m: ModuleBuilder, faults: Faults): Func<I32> {
	const utf8Sequence = emitUtf8Sequence(m) as Func<I32>;
	return m.func('checkUtf8', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const high = f.local(I32, undefined, 'high');
		const next = f.local(I32, undefined, 'next');
		f.loop((again) => {
			f.if(p.geU(end), () => f.return(I32.of(1)));
			high.set(V128.load(p).i8x16.bitmask());
			f.if(high.eqz(), () => {
				p.set(p.add(16));
				again.branch();
			});
			p.set(p.add(high.ctz()));
			f.if(p.geU(end), () => f.return(I32.of(1)));
			next.set(utf8Sequence.call(p, end));
			f.if(next.eqz(), () => faults.raise(f, 'utf8', p));
			p.set(next);
			again.branch();
		});
		f.unreachable();
	});
}
