/**
 * What a parser that was built ahead of time needs where it runs: no code generation, nothing of Node.js. Works in
 * browsers, in workers, and under a content-security policy that allows `wasm-unsafe-eval` (which browsers ask for to
 * run any WebAssembly) and not `unsafe-eval`.
 */
import type { LayoutOptions } from './compiler/batch-layout.ts';
import { type CompileOptions, compile, type Parser } from './pipeline/compile.ts';
import type { Schema } from './schema/model.ts';

export type { Batch, ColumnView, PlainRow } from './columns/index.ts';
export { StaleViewError } from './columns/index.ts';
export { DESCRIPTOR, type ErrorCategory } from './compiler/parser-abi.ts';
export { type Arena, createArena } from './memory/index.ts';
export type { AnyBatch, CompileOptions, Parser, ParserStatistics, RefusedMessage } from './pipeline/compile.ts';
export type { Schema } from './schema/model.ts';

/** Where the `.wasm` comes from: a module, its bytes, or a response (or the promise of one) that streams it. */
export type ModuleSource = WebAssembly.Module | BufferSource | Response | Promise<Response>;

/** What `tickforge build` writes into a module for `createBuiltParser`. */
export interface BuiltParser<S extends Schema> {
	readonly protocol: string;
	readonly schema: S;
	/** Must be what the `.wasm` was built with. */
	readonly layout: LayoutOptions;
}

export type BuiltOptions<S extends Schema> = Omit<CompileOptions<S>, 'tier' | 'module' | 'codeCache' | keyof LayoutOptions>;

/** Links a built module. Called by what `tickforge build` writes. */
export async function createBuiltParser<const S extends Schema>(built: BuiltParser<S>, source: ModuleSource, options: BuiltOptions<S> = {}): Promise<Parser<S>> {
	const given = await source;
	const module = given instanceof WebAssembly.Module ? given : typeof Response !== 'undefined' && given instanceof Response ? await WebAssembly.compileStreaming(given) : await WebAssembly.compile(given as BufferSource);
	const never = (): never => {
		throw new Error('tickforge: a parser that was built ahead of time has no other tier');
	};
	return compile({ name: built.protocol, schema: built.schema, reference: never, generate: never }, { ...options, ...built.layout, tier: 'schema', module });
}
