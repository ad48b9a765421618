/**
 * The `reference` tier: docs/msgpack.md as plain TypeScript, with no care for speed. It is the oracle of the generated
 * tier, and parses where there is no WebAssembly SIMD.
 */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import type { ParseFunction } from '../../../compiler/parser-abi.ts';
import { createReferenceParser } from '../../rows/reference/parser.ts';
import { mayBeByPosition } from '../by-position.ts';
import { Scanner } from './scanner.ts';
import { variantSelector } from './selection.ts';
import { readMessage } from './values.ts';

export function referenceParser(layout: SchemaLayout, memory: WebAssembly.Memory): ParseFunction {
	const byPosition = mayBeByPosition(layout.schema);
	return createReferenceParser(layout, memory, {
		// What is wrong with a message of the only variant is found where it is read.
		select: layout.schema.variants.length === 1 ? () => 0 : variantSelector(layout.schema, byPosition),
		read: (message, { type }, columns, places) => readMessage({ scanner: new Scanner(message), byPosition, ...places }, type, columns),
	});
}
