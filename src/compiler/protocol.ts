import type { Schema } from '../schema/model.ts';
import type { SchemaLayout } from './batch-layout.ts';
import type { ParseFunction } from './parser-abi.ts';

/** Which implementation parses: plain TypeScript, or WebAssembly generated from the schema. All give the same rows and errors. */
export const TIERS = ['reference', 'schema'] as const;
export type Tier = (typeof TIERS)[number];

/**
 * A wire format applied to a schema: what `json(schema)` returns and `compile` takes. It knows how to build each tier's
 * parser; it holds no memory and no state.
 */
export interface Protocol<S extends Schema = Schema> {
	readonly name: string;
	readonly schema: S;
	/** A parser in plain TypeScript over the memory; allocates as it likes. The oracle. */
	reference(layout: SchemaLayout, memory: WebAssembly.Memory): ParseFunction;
	/**
	 * A WebAssembly module that imports `env.memory` and exports `parse` (a {@link ParseFunction}). Depends on nothing
	 * but the layout: no address is baked in.
	 */
	generate(layout: SchemaLayout, options?: GenerateOptions): Uint8Array<ArrayBuffer>;
}

export interface GenerateOptions {
	/** The memory that will be imported is shared. */
	readonly shared?: boolean;
	/** Bytes that the memory may grow to; a shared memory's import must state it. Default 4 GiB. */
	readonly ceiling?: number;
}
