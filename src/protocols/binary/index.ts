/** Binary formats: described with the builders of `wire`, parsed with `binary(format)`. docs/binary.md shows them. */
import type { Protocol } from '../../compiler/protocol.ts';
import type { Schema } from '../../schema/index.ts';
import { checkedSchema } from './format.ts';
import { generateParser } from './generated/generate.ts';
import type { TypedFormat } from './messages.ts';
import { referenceParser } from './reference/parser.ts';
import type { WireFormat } from './wire.ts';

export { createEncoder, type EncodedRow, type EncodedValue, type Encoder } from './encode.ts';
export type { TypedFormat } from './messages.ts';
export type { WireFormat, WireHeader, WireMessage, WireNode } from './wire.ts';
export * as wire from './wire-builders.ts';

/** A binary protocol keeps its format, for the encoder and for people. */
export interface BinaryProtocol<S extends Schema = Schema> extends Protocol<S> {
	readonly format: WireFormat;
}

/**
 * Messages of fixed and variable layout, one a descriptor.
 *
 * @param format from `wire.format`, a preset, or a loader such as `sbe`
 * @throws SchemaError with every mistake of the format
 */
export function binary<const F extends WireFormat>(format: F): BinaryProtocol<SchemaOfFormat<F>> {
	const protocol: BinaryProtocol = {
		name: 'binary',
		schema: checkedSchema(format),
		format,
		binding: format,
		reference: (layout, memory) => referenceParser(format, layout, memory),
		generate: (layout, options) => generateParser(format, layout, options),
	};
	return protocol as BinaryProtocol<SchemaOfFormat<F>>;
}

/** The schema's type, as far as the format's is known. */
export type SchemaOfFormat<F extends WireFormat> = F extends TypedFormat<infer Messages> ? NonNullable<TypedFormat<Messages>['schemaType']> : Schema;
