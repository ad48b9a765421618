/**
 * Bigger tables for readers that do not stop. The writer publishes the address of the current table in a cell; each
 * reader has a cell of its own, in which it says which table it looks at (0: none):
 *
 * ```
 *  writer                                       reader, for each batch
 *  growSymbolTable(memory, old, new, size)      table = enterSymbolTable(memory, current, own)
 *  publishSymbolTable(memory, current, new)     … look names up in `table` …
 *  adds to `new` only, from now on              leaveSymbolTable(memory, own)
 *  until isSymbolTableInUse(memory, old, cells) is false: `old` must stay as it is
 * ```
 * A reader that enters loads the current address, writes it to its own cell, and loads the current address again: where
 * that is another one now, it starts anew. So a table that is no longer current and stands in no reader's cell is one
 * that nobody will look at, and its memory may be used again. Ids and names never change, so a reader may keep what it
 * read, and an id that it does not know yet is one that only a newer table has.
 *
 * There is one writer: one thread that interns, grows and publishes. All cells are 4-byte aligned.
 */
import type { SymbolTableSize } from './layout.ts';
import { symbolBytes, symbolCount, symbolGeneration, writeSymbolTable } from './table.ts';

const cellsOf = (memory: WebAssembly.Memory): Int32Array => new Int32Array(memory.buffer);

/**
 * Copies a table to a bigger one elsewhere: same ids, perfect places for all names of now, the next generation. Readers
 * of the old table go on undisturbed. The writer must not add to the old one any more.
 *
 * @param current the cell in which to publish the new table, where it shall be published at once
 */
export function growSymbolTable(memory: WebAssembly.Memory, from: number, to: number, size: SymbolTableSize, current?: number): void {
	const names = Array.from({ length: symbolCount(memory, from) }, (_, id) => symbolBytes(memory, from, id));
	writeSymbolTable(memory, to, size, names, symbolGeneration(memory, from) + 1);
	if (current !== undefined) publishSymbolTable(memory, current, to);
}

/** Makes a table the current one for all threads that read this cell. */
export function publishSymbolTable(memory: WebAssembly.Memory, current: number, address: number): void {
	Atomics.store(cellsOf(memory), current >>> 2, address);
}

/** The address that was published last; 0 before the first. */
export function currentSymbolTable(memory: WebAssembly.Memory, current: number): number {
	return Atomics.load(cellsOf(memory), current >>> 2) >>> 0;
}

/** Takes the current table for reading until `leaveSymbolTable`; its address. */
export function enterSymbolTable(memory: WebAssembly.Memory, current: number, own: number): number {
	const cells = cellsOf(memory);
	for (;;) {
		const address = Atomics.load(cells, current >>> 2);
		if (address === 0) throw new Error(`tickforge: no symbol table was published in the cell at ${current}`);
		Atomics.store(cells, own >>> 2, address);
		if (Atomics.load(cells, current >>> 2) === address) return address >>> 0;
	}
}

export function leaveSymbolTable(memory: WebAssembly.Memory, own: number): void {
	Atomics.store(cellsOf(memory), own >>> 2, 0);
}

/** Whether one of these readers looks at the table. To be asked after another one was published. */
export function isSymbolTableInUse(memory: WebAssembly.Memory, address: number, readerCells: readonly number[]): boolean {
	const cells = cellsOf(memory);
	return readerCells.some((own) => Atomics.load(cells, own >>> 2) >>> 0 === address);
}
