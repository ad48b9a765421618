import type { Protocol } from '../../compiler/protocol.ts';
import { checkedSchema, formatOf, type ProtobufOptions } from './format.ts';
import { generateParser } from './generated/generate.ts';
import { referenceParser } from './reference/parser.ts';
import type { ProtoTypes } from './types.ts';
import type { ProtobufFormat } from './wire.ts';

/** Keeps its format, for the encoder and for people. */
export interface ProtobufProtocol extends Protocol {
	readonly format: ProtobufFormat;
}

/**
 * Messages of one type, one a descriptor.
 *
 * @param types from `loadProto`, `parseProto`, `proto.types` or a preset
 * @param message full name of the root message, such as `my.feed.Update`
 * @throws SchemaError with every mistake
 */
export function protobuf(types: ProtoTypes, message: string, options: ProtobufOptions = {}): ProtobufProtocol {
	return protocolOfFormat(formatOf(types, message, options));
}

/**
 * The protocol of a format that was made before: `protocol.format`, which is plain data.
 *
 * @throws SchemaError with every mistake of the schema
 */
export function protocolOfFormat(format: ProtobufFormat): ProtobufProtocol {
	return {
		name: 'protobuf',
		schema: checkedSchema(format),
		format,
		binding: format,
		reference: (layout, memory) => referenceParser(format, layout, memory),
		generate: (layout, options) => generateParser(format, layout, options),
	};
}
