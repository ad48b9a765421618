/** Mistakes in a schema, in words. */
import type { ValueType } from './model.ts';

export interface SchemaMistake {
	/** Where: `aggTrade.bids[].price`. */
	readonly path: string;
	/** What is wrong, and what to do about it. */
	readonly message: string;
}

/** A schema that cannot be used, with all that is wrong with it. */
export class SchemaError extends Error {
	override readonly name = 'SchemaError';
	readonly mistakes: readonly SchemaMistake[];

	constructor(schema: string, mistakes: readonly SchemaMistake[]) {
		const lines = mistakes.map(({ path, message }) => `  ${path}: ${message}`);
		super(`tickforge: the schema "${schema}" has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${lines.join('\n')}`);
		this.mistakes = mistakes;
	}
}

/** What the DSL was asked for and the model cannot say: kept beside the type until the schema is validated, to be told with the rest. */
const noted = new WeakMap<ValueType, string[]>();

export function noteMistake(type: ValueType, message: string): void {
	noted.set(type, [...notedMistakes(type), message]);
}

export function notedMistakes(type: ValueType): readonly string[] {
	return noted.get(type) ?? [];
}
