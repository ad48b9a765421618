/** Symbol tables in a test's memory. */
import { createSymbolTable, symbolBytes, symbolCount, symbolTableBytes } from '../../../src/symbols/index.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** Makes a table with these names; `place` gives it memory. Returns its address. */
export function writeSymbolTable(memory: WebAssembly.Memory, names: readonly string[], capacity: number, place: (bytes: number) => number): number {
	const known = names.reduce((sum, name) => sum + Math.ceil(encoder.encode(name).length / 16) * 16, 0);
	const size = { capacity: Math.max(capacity, names.length), textBytes: known + capacity * 16 };
	const address = place(symbolTableBytes(size));
	createSymbolTable(memory, address, size, names);
	return address;
}

/** All names, by id. */
export function readSymbols(memory: WebAssembly.Memory, address: number): string[] {
	return Array.from({ length: symbolCount(memory, address) }, (_, id) => decoder.decode(symbolBytes(memory, address, id)));
}
