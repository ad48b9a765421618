/** The generated symbol functions over a memory, and names to try them with. */
import fc from 'fast-check';
import { emitFindInline, emitSymbolTable } from '../../src/symbols/index.ts';
import { createModule, I32 } from '../../src/wasm/index.ts';

export interface SymbolMachine {
	find(table: number, p: number, length: number): number;
	intern(table: number, p: number, length: number): number;
	/** The inlined probe, with `find` or `intern` for what it cannot answer. */
	findInline(table: number, p: number, length: number): number;
	internInline(table: number, p: number, length: number): number;
}

export function createSymbolMachine(memory: WebAssembly.Memory, shared = false): SymbolMachine {
	const m = createModule('symbols');
	m.importMemory('env', 'memory', shared ? { min: 1, max: 1024, shared: true } : { min: 1 });
	const functions = emitSymbolTable(m);
	const params = { table: I32, p: I32, length: I32 };
	for (const [name, func] of [
		['find', functions.find],
		['intern', functions.intern],
	] as const) {
		m.func(name, { params, results: [I32], export: name }, (f, { table, p, length }) => f.return(func.call(table, p, length)));
		m.func(`${name}Inline`, { params, results: [I32], export: `${name}Inline` }, (f, { table, p, length }) => f.return(emitFindInline(f, { table, p, length, otherwise: func })));
	}
	const bytes = m.toBytes();
	if (!WebAssembly.validate(bytes)) throw new Error('the module of symbol functions is not valid');
	return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as unknown as SymbolMachine;
}

/** Names as venues have them, and others: empty, of any length around 16, 32 and 255 bytes, with zeros, alike but for one byte. */
export const nameBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
	fc.tuple(fc.constantFrom('BTC', 'ETH', '1000PEPE', 'X', ''), fc.constantFrom('USDT', '-USD-SWAP', '/EUR', '-27JUN25-100000-C', '')).map(([base, quote]) => new TextEncoder().encode(base + quote)),
	fc.uint8Array({ maxLength: 40 }),
	fc.tuple(fc.constantFrom(0, 1, 15, 16, 17, 31, 32, 33, 48, 255), fc.nat(255), fc.nat(300)).map(([length, byte, at]) => {
		const bytes = new Uint8Array(length).fill(0x41);
		if (at < length) bytes[at] = byte;
		return bytes;
	}),
	fc.nat(2000).map((number) => new TextEncoder().encode(`SYM${number}`)),
);

export function distinct(names: readonly Uint8Array[]): Uint8Array[] {
	return [...new Map(names.map((name) => [Buffer.from(name).toString('latin1'), name])).values()];
}
