import { type ArrowCompression, type ArrowWriter, createArrowWriter } from '../columns/arrow/index.ts';
import type { SchemaLayout } from '../compiler/batch-layout.ts';
import { createOutputFile, type OutputFile } from './output-file.ts';
import { type Sink, tablePath } from './sink.ts';

export interface ArrowSinkOptions {
	readonly compression?: ArrowCompression;
	/** Default `file`; `stream` can be read while it is written. */
	readonly format?: 'file' | 'stream';
	readonly utf8View?: boolean;
}

/** Arrow files, one a table that gets rows. */
export function createArrowSink(path: string, layout: SchemaLayout, options: ArrowSinkOptions = {}): Sink {
	const outputs = new Map<string, { writer: ArrowWriter; file: OutputFile }>();
	const { schema } = layout;
	let rows = 0;
	return {
		write(batch) {
			let output = outputs.get(batch.table);
			if (output === undefined) {
				const writer = createArrowWriter(batch.layout, batch.symbols, {
					format: options.format ?? 'file',
					compression: options.compression ?? 'none',
					utf8View: options.utf8View ?? false,
					metadata: { 'tickforge.schema': schema.name, 'tickforge.schemaVersion': String(schema.version) },
				});
				output = { writer, file: createOutputFile(tablePath(path, batch.table, layout.tables.length)) };
				outputs.set(batch.table, output);
			}
			output.file.write(output.writer.write(batch));
			rows += batch.rows;
		},
		async close() {
			for (const { writer, file } of outputs.values()) {
				file.write(writer.finish());
				file.finish();
			}
			const files = [...outputs.values()].map(({ file }) => file);
			return { files: files.map((file) => file.path), rows, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
		},
		async abort() {
			for (const { file } of outputs.values()) file.discard();
			outputs.clear();
		},
	};
}
