/** A background compiler for the protocols that tickforge has. */
import { type BackgroundCompiler, type BackgroundCompilerOptions, createBackgroundCompiler } from '../compiler/background-compile.ts';

export type BackgroundOptions = Omit<BackgroundCompilerOptions, 'thread'>;

/**
 * Generates and compiles parsers on another thread; nothing starts before the first request. Hand the module to
 * `compile(protocol, { module })` with the same schema and layout options.
 */
export function openBackgroundCompiler(options: BackgroundOptions = {}): BackgroundCompiler {
	// Sources run as they are in development; installed, they are JavaScript beside this file.
	const own = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
	return createBackgroundCompiler({ ...options, thread: new URL(`./compile-thread.${own}`, import.meta.url) });
}
