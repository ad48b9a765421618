import { type Func, I32, type ModuleBuilder } from '../wasm/index.ts';

/** `isNumber(p, end) -> 1 | 0`: whether [p, end) is exactly one JSON number. Reads nothing beyond the end. */
export function emitNumberGrammar(m: ModuleBuilder): Func {
	return m.func('isNumber', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const no = (): void => f.return(I32.of(0));
		const isDigit = (): I32 => I32.load8U(p).sub(0x30).leU(9);
		/** One digit or more; the whole number may end behind them. */
		const digits = (): void => {
			f.if(p.geU(end), no);
			f.if(isDigit().eqz(), no);
			f.loop((again) => {
				p.set(p.add(1));
				f.if(p.geU(end), () => f.return(I32.of(1)));
				again.branchIf(isDigit());
			});
		};
		f.if(p.geU(end), no);
		f.if(I32.load8U(p).eq(0x2d), () => p.set(p.add(1)));
		f.if(p.geU(end), no);
		f.if(
			I32.load8U(p).eq(0x30),
			() => {
				p.set(p.add(1));
				f.if(p.geU(end), () => f.return(I32.of(1)));
			},
			digits,
		);
		f.if(I32.load8U(p).eq(0x2e), () => {
			p.set(p.add(1));
			digits();
		});
		f.if(I32.load8U(p).or(0x20).eq(0x65), () => {
			p.set(p.add(1));
			f.if(p.geU(end), no);
			f.if(I32.load8U(p).eq(0x2d).or(I32.load8U(p).eq(0x2b)), () => p.set(p.add(1)));
			digits();
		});
		no();
	});
}
