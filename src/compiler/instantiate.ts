import type { ParseFunction } from './parser-abi.ts';

/** What a generated parser module exports. */
interface ParserExports {
	readonly parse: ParseFunction;
	/** Copies the module's constants to an address of `constantsBytes` bytes, 16-byte aligned, that stay untouched. */
	readonly initialize: (address: number) => void;
	readonly constantsBytes: WebAssembly.Global;
	/** Only where branches are counted: the counters' address, once initialized. */
	readonly branchCounters?: WebAssembly.Global;
}

/**
 * Links a generated module with the memory it parses in.
 *
 * @param allocate gives the address of that many bytes (16-byte aligned), which belong to the parser as long as it is used
 * @param counts hears the address of the counters, where the module counts its branches
 */
export function instantiateParser(module: WebAssembly.Module, memory: WebAssembly.Memory, allocate: (bytes: number) => number, counts?: (address: number) => void): ParseFunction {
	const { parse, initialize, constantsBytes, branchCounters } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as ParserExports;
	initialize(allocate(constantsBytes.value as number));
	if (branchCounters !== undefined) counts?.(branchCounters.value as number);
	return parse;
}
