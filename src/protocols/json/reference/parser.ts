/**
 * The `reference` tier: docs/json.md as plain TypeScript, with no care for speed. It is the oracle of the generated
 * tiers, and parses where there is no WebAssembly SIMD.
 */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import type { ParseFunction } from '../../../compiler/parser-abi.ts';
import type { Variant } from '../../../schema/model.ts';
import { referenceLoop } from '../../reference/parse-loop.ts';
import { Scanner } from './grammar.ts';
import { variantSelector } from './selection.ts';
import { readMessage } from './values.ts';

export function referenceParser(layout: SchemaLayout, memory: WebAssembly.Memory): ParseFunction {
	const { variants } = layout.schema;
	const select = variantSelector(layout.schema);
	return referenceLoop(layout, memory, {
		select: ({ bytes, scratchSize }) => (variants.length === 1 ? 0 : select(bytes, scratchSize)),
		read: ({ bytes, intern, scratchSize }, variant, target, table) => readMessage({ scanner: new Scanner(bytes), target, intern, scratchSize }, (variants[variant] as Variant).type, table?.columns ?? null),
	});
}
