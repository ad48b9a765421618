/** Batches of several parsers, whose ids of names are their own, for a sink that writes ids: Arrow dictionaries. */
import { createNameTable, openBatch } from '../columns/index.ts';
import type { Column, SchemaLayout, TableLayout } from '../compiler/batch-layout.ts';
import type { SymbolReader } from '../symbols/index.ts';
import type { Sink } from './sink.ts';

/** The sink gets copies of the batches in which the same name has the same id, whichever parser it came from. All must have this layout. */
export function withOneDictionary(sink: Sink, layout: SchemaLayout): Sink {
	const tables = layout.symbolTables.map(({ values }) => createNameTable(values));
	const known = new WeakMap<SymbolReader, number[]>();

	const translate = (reader: SymbolReader, table: number, id: number): number => {
		let ids = known.get(reader);
		if (ids === undefined) {
			ids = [];
			known.set(reader, ids);
		}
		const there = ids[id];
		if (there !== undefined) return there;
		const made = tables[table]?.intern(reader.name(id)) ?? 0;
		ids[id] = made;
		return made;
	};
	const rewrite = (column: Column, words: Uint32Array, bytes: Uint8Array, spaces: TableLayout['spaces'], symbols: readonly SymbolReader[]): void => {
		if (column.kind === 'struct') {
			for (const child of column.children) rewrite(child, words, bytes, spaces, symbols);
			return;
		}
		if (column.kind === 'list') {
			rewrite(column.item, words, bytes, spaces, symbols);
			return;
		}
		if (column.symbolTable < 0) return;
		const rows = words[(spaces[column.space]?.counter ?? 0) >>> 2] as number;
		const first = column.values >>> 2;
		for (let row = 0; row < rows; row++) {
			const isNull = column.validity >= 0 && (((bytes[column.validity + (row >>> 3)] as number) >>> (row & 7)) & 1) === 0;
			if (!isNull) words[first + row] = translate(symbols[column.symbolTable] as SymbolReader, column.symbolTable, words[first + row] as number);
		}
	};
	return {
		...sink,
		write(batch) {
			const bytes = new Uint8Array(batch.memory.buffer, batch.address, batch.layout.size).slice();
			const words = new Uint32Array(bytes.buffer, 0, bytes.length >>> 2);
			for (const column of batch.layout.columns) rewrite(column, words, bytes, batch.layout.spaces, batch.symbols);
			return sink.write(openBatch<unknown>({ buffer: bytes.buffer }, batch.layout, 0, tables));
		},
	};
}
