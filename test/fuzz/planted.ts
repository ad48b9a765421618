/** Doubles of decoders with a mistake in a branch that hardly any input reaches. */
import { createModule, I32 } from '../../src/wasm/index.ts';

/** What the doubles should say: whether the bytes begin with a head and a length that fits. */
export const isFramed = (bytes: Uint8Array): boolean => bytes.length >= 8 && bytes[0] === 0x54 && bytes[1] === 0x9a && bytes[2] === 0xe7 && bytes[3] === 1 && (bytes[4] as number) <= bytes.length - 8;

/** The same, but of what is in the innermost branch a length above 200 is taken although it does not fit. */
export function isFramedInTypeScript(bytes: Uint8Array): boolean {
	if (bytes.length < 8) return false;
	if (bytes[0] !== 0x54) return false;
	if (bytes[1] !== 0x9a) return false;
	if (bytes[2] !== 0xe7) return false;
	if (bytes[3] !== 1) return false;
	const length = bytes[4] as number;
	if (length > 200) return true;
	return length <= bytes.length - 8;
}

/** The same mistake in WebAssembly that counts its branches: `check(p, length)`. */
export function framedModule(): WebAssembly.Module {
	const m = createModule('planted', { countBranches: true });
	m.importMemory('env', 'memory', { min: 1 });
	m.func('check', { params: { p: I32, length: I32 }, results: [I32], export: 'check' }, (f, { p, length }) => {
		f.if(length.ltU(8), () => f.return(I32.of(0)));
		for (const [at, byte] of [0x54, 0x9a, 0xe7, 1].entries()) f.if(I32.load8U(p, at).ne(byte), () => f.return(I32.of(0)));
		f.if(I32.load8U(p, 4).gtU(200), () => f.return(I32.of(1)));
		f.return(I32.load8U(p, 4).leU(length.sub(8)));
	});
	return new WebAssembly.Module(m.toBytes());
}
