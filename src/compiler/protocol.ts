import type { Schema } from '../schema/model.ts';
import type { SchemaLayout } from './batch-layout.ts';
import type { ParseFunction } from './parser-abi.ts';

/**
 * Which implementation parses: plain TypeScript, WebAssembly generated from the schema, or WebAssembly generated from
 * the schema and the layouts that arrive. All give the same rows and errors.
 */
export const TIERS = ['reference', 'schema', 'layout'] as const;
export type Tier = (typeof TIERS)[number];

/**
 * A wire format applied to a schema: what `json(schema)` returns and `compile` takes. It knows how to build each tier's
 * parser; it holds no memory and no state.
 */
export interface Protocol<S extends Schema = Schema> {
	readonly name: string;
	readonly schema: S;
	/** What besides the schema decides which code is generated (where fields lie in bytes), as plain data; absent where nothing does. */
	readonly binding?: unknown;
	/** A parser in plain TypeScript over the memory; allocates as it likes. The oracle. */
	reference(layout: SchemaLayout, memory: WebAssembly.Memory): ParseFunction;
	/**
	 * A WebAssembly module that imports `env.memory` and exports `parse` (a {@link ParseFunction}). Depends on nothing
	 * but the layout: no address is baked in.
	 */
	generate(layout: SchemaLayout, options?: GenerateOptions): Uint8Array<ArrayBuffer>;
	/** Starts to learn layouts; absent where the format has none. `resolve` gives the id of a known name, else -1. */
	learner?(layout: SchemaLayout, resolve: (table: number, name: string) => number): LayoutLearner;
}

/** What a protocol learns of the messages that arrive. The parsing memory is touched only between two calls of the parser. */
export interface LayoutLearner {
	/** Grows when a message needs code that no module has yet. */
	readonly version: number;
	/** Shapes that code is generated for. */
	readonly shapes: number;
	/** Messages given that have no layout. */
	readonly unlearnable: number;
	/**
	 * What was learned from, in order: another learner that learns the same generates the same module. The messages that
	 * taught nothing new count for the last one before them (`met`).
	 */
	readonly samples: readonly LearnedSample[];
	/** Names that were looked up for it, with their ids: `table name` → id. */
	readonly names: ReadonlyMap<string, number>;
	/** Takes in an accepted message; true where something about it is new. */
	learn(message: Uint8Array, variant: number): boolean;
	/** A parser for what was learned so far; `install` when it takes over. */
	generate(options?: GenerateOptions): { readonly bytes: Uint8Array<ArrayBuffer>; install(): void };
	/** As `generate`, where the module is made elsewhere from the samples as they are now. */
	prepare(): { install(): void };
	/** Makes room in the parser's memory. Call once. */
	open(options: { readonly memory: WebAssembly.Memory; readonly allocate: (bytes: number) => number; readonly limit?: number }): LayoutMemory;
}

export interface LearnedSample {
	readonly message: Uint8Array;
	/** Index into the schema's variants. */
	readonly variant: number;
	met: number;
}

/** Layouts in the parser's memory. */
export interface LayoutMemory {
	/** For CONTEXT.layouts. */
	readonly address: number;
	/** Layouts that are known, and those that the present module can follow. */
	readonly known: number;
	readonly placed: number;
	readonly bytes: number;
	readonly evicted: number;
	/** Makes what was learned known to the parser; unless `all`, only once it is enough to be worth the time. */
	write(all?: boolean): void;
}

export interface GenerateOptions {
	/** The memory that will be imported is shared. */
	readonly shared?: boolean;
	/** Bytes that the memory may grow to; a shared memory's import must state it. Default 4 GiB. */
	readonly ceiling?: number;
	/** The engine has relaxed vector instructions (`detectFeatures`). Default false. */
	readonly relaxedSimd?: boolean;
}
