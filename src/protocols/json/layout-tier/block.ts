/**
 * What the generated code keeps in the parser's memory:
 *
 * ```
 *  0            64                  64 + 4 · MOST_SLOTS
 *  | LEARNING   | uses (u32 a shape) | cells of times (clock.ts) | caches of names, one a symbol table (name-cache.ts) …
 * ```
 */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import { LEARNING } from '../../../compiler/parser-abi.ts';
import { CLOCK_CELL, CLOCK_CELLS } from './clock.ts';
import { CACHE_ENTRY } from './name-cache.ts';

/** Shapes of messages, each of which has a number of its own. */
export const MOST_SLOTS = 256;
export const USES_AT = LEARNING.size;
export const CELLS_AT = USES_AT + MOST_SLOTS * 4;
const CACHES_AT = CELLS_AT + CLOCK_CELLS * CLOCK_CELL.size;
/** Entries as bits: of names, and of the values of an enumeration. */
const NAME_BITS = 15;
const VALUE_BITS = 6;

export interface BlockPlan {
	/** By symbol table: the number of entries as bits, and where they begin, from the block's start. */
	readonly caches: readonly { readonly bits: number; readonly at: number }[];
	readonly bytes: number;
}

export function planBlock({ symbolTables }: SchemaLayout): BlockPlan {
	let bytes = CACHES_AT;
	const caches = symbolTables.map(({ values }) => {
		const bits = values.length > 0 ? VALUE_BITS : NAME_BITS;
		const at = bytes;
		bytes += CACHE_ENTRY.size << bits;
		return { bits, at };
	});
	return { caches, bytes };
}

/** Nothing counted, no name known. */
export function clearBlock(memory: WebAssembly.Memory, address: number, layout: SchemaLayout): void {
	new Uint8Array(memory.buffer, address, planBlock(layout).bytes).fill(0);
}

/** How many messages each shape took since they were last asked for; counting begins anew. */
export function takeUses(memory: WebAssembly.Memory, address: number): Uint32Array {
	const uses = new Uint32Array(memory.buffer, address + USES_AT, MOST_SLOTS);
	const copy = uses.slice();
	uses.fill(0);
	return copy;
}
