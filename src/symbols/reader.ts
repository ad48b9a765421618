import { enterSymbolTable, leaveSymbolTable } from './grow.ts';
import { symbolCount, symbolName } from './table.ts';

/** Names and ids of a table with what was read kept; sees names that are added later. */
export interface SymbolReader {
	readonly count: number;
	/** @throws RangeError for an id that the table does not have */
	name(id: number): string;
	/** -1 where no such name is. */
	id(name: string): number;
	/** All names by id, as of now. */
	names(): string[];
}

/** Opens a table for reading. Decodes each name once. */
export function openSymbolReader(memory: WebAssembly.Memory, address: number): SymbolReader {
	symbolCount(memory, address);
	return cachingReader((read) => read(memory, address));
}

/**
 * A reader of whichever table is current (grow.ts), for other threads: ids keep their names, so what was read stays.
 *
 * @param cell where the writer publishes the table's address
 * @param readerCell this reader's own cell: tells the writer which table is looked at
 */
export function followSymbolTable(memory: WebAssembly.Memory, cell: number, readerCell: number): SymbolReader {
	return cachingReader((read) => {
		const address = enterSymbolTable(memory, cell, readerCell);
		try {
			return read(memory, address);
		} finally {
			leaveSymbolTable(memory, readerCell);
		}
	});
}

type WithTable = <T>(read: (memory: WebAssembly.Memory, address: number) => T) => T;

function cachingReader(withTable: WithTable): SymbolReader {
	const names: string[] = [];
	const ids = new Map<string, number>();
	const catchUp = (): void =>
		withTable((memory, address) => {
			const count = symbolCount(memory, address);
			for (let id = names.length; id < count; id++) {
				const name = symbolName(memory, address, id);
				names.push(name);
				ids.set(name, id);
			}
		});
	return {
		get count() {
			return withTable(symbolCount);
		},
		name(id) {
			const known = names[id];
			if (known !== undefined) return known;
			catchUp();
			return names[id] ?? withTable((memory, address) => symbolName(memory, address, id));
		},
		id(name) {
			const known = ids.get(name);
			if (known !== undefined) return known;
			catchUp();
			return ids.get(name) ?? -1;
		},
		names() {
			catchUp();
			return names.slice();
		},
	};
}
