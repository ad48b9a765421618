/** Modules that look like a parser's, with one thing changed. */
import { createModule, I32, I64, type ModuleBuilder } from '../../src/wasm/index.ts';

export interface Change {
	readonly importName?: string;
	/** Runs first. */
	readonly before?: (m: ModuleBuilder) => void;
	/** Runs in addition, before the module is written. */
	readonly more?: (m: ModuleBuilder) => void;
	readonly without?: 'parse' | 'initialize' | 'constantsBytes';
	readonly parseResult?: 'i64';
	readonly constants?: number;
	readonly mutableConstants?: boolean;
}

export function handmadeModule({ importName = 'memory', before, more, without, parseResult, constants = 16, mutableConstants = false }: Change = {}): Uint8Array<ArrayBuffer> {
	const m = createModule('handmade');
	m.importMemory('env', importName, { min: 1 });
	before?.(m);
	const exportAs = <N extends string>(name: N): { export?: N } => (without === name ? {} : { export: name });
	const params = { descriptors: I32, count: I32, context: I32 };
	if (parseResult === 'i64') m.func('parse', { params, results: [I64], ...exportAs('parse') }, (f) => f.return(I64.of(0n)));
	else m.func('parse', { params, results: [I32], ...exportAs('parse') }, (f, { count }) => f.return(count));
	m.func('initialize', { params: { address: I32 }, results: [], ...exportAs('initialize') }, () => undefined);
	m.global(I32, constants, { name: 'constantsBytes', mutable: mutableConstants, ...exportAs('constantsBytes') });
	more?.(m);
	return m.toBytes();
}
