import { type Func, I32, type ModuleBuilder } from '../wasm/index.ts';

/**
 * One UTF-8 sequence at `p` (a byte ≥ 0x80): `utf8Sequence(p, end)` returns the address after it, or 0 where the bytes
 * are overlong, a surrogate, above U+10FFFF, a stray continuation, or cut short by a wrong byte or by `end`.
 * Table 3-7 of the Unicode Standard.
 */
export function emitUtf8Sequence(m: ModuleBuilder): Func {
	return m.func('utf8Sequence', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const lead = f.local(I32, I32.load8U(p), 'lead');
		const least = f.local(I32, 0x80, 'least');
		const most = f.local(I32, 0xbf, 'most');
		const more = f.local(I32, 0, 'more');
		f.if(lead.sub(0xc2).leU(0xdf - 0xc2), () => more.set(I32.of(1)));
		f.if(lead.sub(0xe0).leU(0x0f), () => {
			more.set(I32.of(2));
			f.if(lead.eq(0xe0), () => least.set(I32.of(0xa0)));
			f.if(lead.eq(0xed), () => most.set(I32.of(0x9f)));
		});
		f.if(lead.sub(0xf0).leU(4), () => {
			more.set(I32.of(3));
			f.if(lead.eq(0xf0), () => least.set(I32.of(0x90)));
			f.if(lead.eq(0xf4), () => most.set(I32.of(0x8f)));
		});
		f.if(more.eqz().or(p.add(more).geU(end)), () => f.return(I32.of(0)));
		const second = f.local(I32, I32.load8U(p.add(1)), 'second');
		f.if(second.ltU(least).or(second.gtU(most)), () => f.return(I32.of(0)));
		f.if(more.geU(2), () => f.if(I32.load8U(p.add(2)).and(0xc0).ne(0x80), () => f.return(I32.of(0))));
		f.if(more.eq(3), () => f.if(I32.load8U(p.add(3)).and(0xc0).ne(0x80), () => f.return(I32.of(0))));
		f.return(p.add(more).add(1));
	});
}
