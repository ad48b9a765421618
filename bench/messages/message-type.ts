/** A type of message that is measured: its schema, how one is written, and the columns that a program without tickforge fills. */
import type { Schema } from '../../src/index.ts';
import { oneOf } from '../../src/schema/index.ts';
import type { Market } from './market.ts';

export interface MessageType {
	readonly name: string;
	readonly schema: Schema;
	/** One message; the market goes on. */
	readonly make: (market: Market) => string;
	/** The same columns from a parsed object. */
	readonly columns: (parsed: never, row: number, target: PlainColumns) => void;
}

/** Columns for the JSON.parse baseline: doubles, ids by a Map, offsets and items of lists. */
export interface PlainColumns {
	readonly numbers: readonly Float64Array[];
	readonly symbols: Uint32Array;
	readonly offsets: readonly Int32Array[];
	readonly items: readonly Float64Array[];
	readonly ids: Map<string, number>;
	used: number;
}

export function createPlainColumns(rows: number, items: number): PlainColumns {
	return {
		numbers: Array.from({ length: 24 }, () => new Float64Array(rows)),
		symbols: new Uint32Array(rows),
		offsets: [new Int32Array(rows + 1), new Int32Array(rows + 1)],
		items: Array.from({ length: 3 }, () => new Float64Array(items)),
		ids: new Map(),
		used: 0,
	};
}

export const feed = (variant: Parameters<typeof oneOf>[2]): Schema => oneOf(variant.name, { version: 1 }, variant);

export function idOf(target: PlainColumns, name: string): number {
	let id = target.ids.get(name);
	if (id === undefined) {
		id = target.ids.size;
		target.ids.set(name, id);
	}
	return id;
}

export function setNumbers(target: PlainColumns, row: number, ...values: readonly number[]): void {
	for (let index = 0; index < values.length; index++) (target.numbers[index] as Float64Array)[row] = values[index] as number;
}
