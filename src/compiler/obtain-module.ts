/** A parser's module: from the cache where one is given and has it, else generated. Knows nothing of Node.js. */
import type { LayoutOptions, SchemaLayout } from './batch-layout.ts';
import type { CodeCache } from './code-cache.ts';
import type { GenerateOptions, Protocol } from './protocol.ts';

/** @throws where WebAssembly refuses what was generated; never because of the cache */
export function obtainModule(protocol: Protocol, layout: SchemaLayout, layoutOptions: LayoutOptions, generate: GenerateOptions, cache: CodeCache | undefined): WebAssembly.Module {
	// A module that counts is for a look, and no parser's that another process should find.
	const key = generate.countBranches === true ? null : (cache?.key({ protocol, layout: layoutOptions, tier: 'schema', generate }) ?? null);
	if (cache === undefined || key === null) return new WebAssembly.Module(protocol.generate(layout, generate));
	const kept = cache.get(key);
	if (kept !== null) return kept;
	const bytes = protocol.generate(layout, generate);
	const module = new WebAssembly.Module(bytes);
	cache.put(key, bytes);
	return module;
}
