/** JSON.parse line by line into builders of apache-arrow, written as an Arrow file: what a careful program does. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { MessageType } from '../messages/index.ts';
import type { Way } from './index.ts';
import { forEachLine } from './read-lines.ts';

export type ArrowBuilding = (type: MessageType) => Way;

const ROWS = 16384;

/** Null where apache-arrow is not installed. */
export async function arrowBuilders(): Promise<ArrowBuilding | null> {
	let arrow: typeof import('apache-arrow');
	try {
		arrow = await import('apache-arrow');
	} catch {
		return null;
	}
	const { Bool, Dictionary, Float64, Int32, makeBuilder, RecordBatch, RecordBatchFileWriter, Schema, Struct, Utf8, makeData, Field } = arrow;
	/** Prices as doubles, since this library parses no decimals from text; texts that are no numbers as a dictionary. */
	const typeOf = (value: unknown) => (typeof value === 'boolean' ? new Bool() : typeof value === 'number' || (typeof value === 'string' && !Number.isNaN(Number(value))) ? new Float64() : new Dictionary(new Utf8(), new Int32()));
	return () => (input, output) => {
		const file = openSync(output, 'w');
		try {
			const writer = new RecordBatchFileWriter();
			let builders: { readonly key: string; readonly isNumber: boolean; readonly builder: ReturnType<typeof makeBuilder> }[] | null = null;
			let schema: InstanceType<typeof Schema> | null = null;
			let row = 0;
			let rows = 0;
			const flush = (): void => {
				if (builders === null || schema === null || row === 0) return;
				const children = builders.map(({ builder }) => builder.flush());
				writer.write(new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: row, nullCount: 0, children })));
				rows += row;
				row = 0;
			};
			forEachLine(input, (line) => {
				const message = JSON.parse(line) as Readonly<Record<string, unknown>>;
				if (builders === null) {
					const types = Object.entries(message).map(([key, value]) => [key, typeOf(value)] as const);
					schema = new Schema(types.map(([key, type]) => new Field(key, type, true)));
					builders = types.map(([key, type]) => ({ key, isNumber: type instanceof Float64, builder: makeBuilder({ type, nullValues: [null, undefined] }) }));
				}
				for (const { key, isNumber, builder } of builders) builder.append(isNumber ? Number(message[key]) : message[key]);
				if (++row === ROWS) flush();
			});
			flush();
			writer.finish();
			writeSync(file, writer.toUint8Array(true));
			return rows;
		} finally {
			closeSync(file);
		}
	};
}
