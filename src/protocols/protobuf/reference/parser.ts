/**
 * The `reference` tier: docs/protobuf.md as plain TypeScript, with no care for speed. It is the oracle of the generated
 * tier, and parses where there is no WebAssembly SIMD.
 */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import type { ParseFunction } from '../../../compiler/parser-abi.ts';
import { createReferenceParser } from '../../rows/reference/parser.ts';
import { planVariants, type VariantPlan } from '../plan.ts';
import type { ProtobufFormat } from '../wire.ts';
import { readMessage } from './rows.ts';
import { variantSelector } from './selection.ts';

export function referenceParser(format: ProtobufFormat, layout: SchemaLayout, memory: WebAssembly.Memory): ParseFunction {
	const plans = planVariants(format, layout);
	return createReferenceParser(layout, memory, {
		select: variantSelector(format),
		read: (message, variant, _, places) => readMessage(message, plans[layout.schema.variants.indexOf(variant)] as VariantPlan, places),
	});
}
