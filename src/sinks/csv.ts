import type { Batch, ColumnView } from '../columns/index.ts';
import type { SchemaLayout } from '../compiler/batch-layout.ts';
import { createOutputFile, type OutputFile } from './output-file.ts';
import { type Sink, tablePath } from './sink.ts';

/**
 * CSV files (RFC 4180), one a table. Decimals as exact text, times as RFC 3339, bytes in hex, structs as columns `a.b`, lists as JSON.
 * Null is the empty field; an empty text is `""`.
 */
export function createCsvSink(path: string, layout: SchemaLayout): Sink {
	const files = new Map<string, OutputFile>();
	const encoder = new TextEncoder();
	let rows = 0;
	return {
		write(batch) {
			const columns = flatten(batch);
			let file = files.get(batch.table);
			if (file === undefined) {
				file = createOutputFile(tablePath(path, batch.table, layout.tables.length));
				files.set(batch.table, file);
				file.write([encoder.encode(`${columns.map(({ name }) => quote(name)).join(',')}\r\n`)]);
			}
			let text = '';
			batch.visit((row) => {
				text += `${columns.map(({ column }) => cell(column, row)).join(',')}\r\n`;
			});
			file.write([encoder.encode(text)]);
			rows += batch.rows;
		},
		async close() {
			for (const file of files.values()) file.finish();
			const all = [...files.values()];
			return { files: all.map((file) => file.path), rows, bytes: all.reduce((sum, file) => sum + file.bytes, 0) };
		},
		async abort() {
			for (const file of files.values()) file.discard();
			files.clear();
		},
	};
}

function flatten(batch: Batch<unknown>): { name: string; column: ColumnView }[] {
	const visit = (column: ColumnView, name: string): { name: string; column: ColumnView }[] => (column.kind === 'struct' ? column.children.flatMap((child) => visit(child, `${name}.${child.name}`)) : [{ name, column }]);
	const received = batch.received === null ? [] : [{ name: 'received', column: batch.received }];
	return [...received, ...batch.columns.flatMap((column) => visit(column, column.name))];
}

const quote = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function cell(column: ColumnView, row: number): string {
	if (column.isNull(row)) return '';
	const text = plain(column, row);
	if (typeof text === 'string') return text === '' ? '""' : quote(text);
	return quote(JSON.stringify(text));
}

/** Text of a scalar; arrays and objects of texts for lists and structs. */
function plain(column: ColumnView, row: number): unknown {
	if (column.isNull(row)) return null;
	switch (column.kind) {
		case 'integer':
			return column.bigint(row).toString();
		case 'integer32':
		case 'float':
			return String(column.number(row));
		case 'decimal':
			return column.text(row);
		case 'timestamp':
			return column.iso(row);
		case 'flag':
			return String(column.value(row));
		case 'symbol':
		case 'enumeration':
		case 'text':
			return column.text(row);
		case 'bytes':
			return column.hex(row);
		case 'struct':
			return Object.fromEntries(column.children.map((child) => [child.name, plain(child, row)]));
		case 'list':
			return Array.from({ length: column.count(row) }, (_, item) => plain(column.items, column.start(row) + item));
	}
}
