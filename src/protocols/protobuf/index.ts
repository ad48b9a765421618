/** Protocol Buffers: message types from `.proto` files, parsed with `protobuf(types, message)`. docs/protobuf.md shows it. */
import type { Protocol } from '../../compiler/protocol.ts';
import { formatOf, type ProtobufOptions } from './format.ts';
import { referenceParser } from './reference/parser.ts';
import type { ProtoTypes } from './types.ts';
import type { ProtobufFormat } from './wire.ts';

export type { ProtobufColumn, ProtobufOptions } from './format.ts';
export { loadProto, type ProtoFileOptions, parseProto } from './load.ts';
export type { ProtoEnum, ProtoField, ProtoMessage, ProtoTypes } from './types.ts';
export type { ProtobufFormat } from './wire.ts';

/** Keeps its types and format, for the encoder and for people. */
export interface ProtobufProtocol extends Protocol {
	readonly types: ProtoTypes;
	readonly format: ProtobufFormat;
}

/**
 * Messages of one type, one a descriptor.
 *
 * @param types from `loadProto`, `parseProto` or a preset
 * @param message full name of the root message, such as `my.feed.Update`
 * @throws SchemaError with every mistake
 */
export function protobuf(types: ProtoTypes, message: string, options: ProtobufOptions = {}): ProtobufProtocol {
	const { format, schema } = formatOf(types, message, options);
	return {
		name: 'protobuf',
		schema,
		types,
		format,
		binding: format,
		referenceOnly: true,
		reference: (layout, memory) => referenceParser(format, layout, memory),
		generate() {
			throw new Error('tickforge: Protobuf has no generated tier yet; compile with the tier reference');
		},
	};
}
