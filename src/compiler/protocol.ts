import type { Schema } from '../schema/model.ts';
import type { SchemaLayout } from './batch-layout.ts';
import type { BranchProfile } from './branch-profile.ts';
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
	 * What was learned from, in order: another learner that learns the same, with `met`, generates the same module. Messages
	 * that taught nothing new count for the last one of their shape.
	 */
	readonly samples: readonly LearnedSample[];
	/** Names that were looked up for it, with their ids: `table name` → id. */
	readonly names: ReadonlyMap<string, number>;
	/**
	 * Takes in an accepted message; true where something about it is new.
	 *
	 * @param item where a list's item begins that no code took; -1 (the default): not known
	 * @param met how many messages like it this one stands for. Default 1
	 */
	learn(message: Uint8Array, variant: number, item?: number, met?: number): boolean;
	/** Shapes that were given up for others since they were used least. */
	readonly evicted: number;
	/** A parser for what was learned so far. */
	generate(options?: GenerateOptions): Uint8Array<ArrayBuffer>;
	/** Makes room in the parser's memory. Call once. `mostShapes`: of messages; default 256. */
	open(options: { readonly memory: WebAssembly.Memory; readonly allocate: (bytes: number) => number; readonly mostShapes?: number }): LayoutMemory;
}

export interface LearnedSample {
	readonly message: Uint8Array;
	/** Index into the schema's variants. */
	readonly variant: number;
	met: number;
}

/** What the generated code keeps in the parser's memory: a LEARNING block (parser-abi.ts), and whatever follows it. */
export interface LayoutMemory {
	/** For CONTEXT.layouts. */
	readonly address: number;
	readonly bytes: number;
}

export interface GenerateOptions {
	/** The memory that will be imported is shared. */
	readonly shared?: boolean;
	/** Bytes that the memory may grow to; a shared memory's import must state it. Default 4 GiB. */
	readonly ceiling?: number;
	/** The engine has relaxed vector instructions (`detectFeatures`). Default false. */
	readonly relaxedSimd?: boolean;
	/**
	 * The module counts its branches (wasm/branches.ts) and is slower for it. It is never kept in a code cache: its exports
	 * are not a parser's. Default false.
	 */
	readonly countBranches?: boolean;
	/** What was counted before: hints and the order of tests follow it, results do not. */
	readonly branchProfile?: BranchProfile | undefined;
}
