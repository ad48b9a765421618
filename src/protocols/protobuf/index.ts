/** Protocol Buffers: message types from `.proto` files, parsed with `protobuf(types, message)`. docs/protobuf.md shows it. */
import { formatOf, type ProtobufOptions } from './format.ts';
import { type ProtobufProtocol, protocolOfFormat } from './protocol.ts';
import type { ProtoTypes } from './types.ts';

export { decodeProtobuf, type ProtobufDecodeOptions, ProtobufError, type ProtobufValue } from './decode.ts';
export { createProtobufEncoder, type ProtobufEncoder } from './encode.ts';
export type { ProtobufColumn, ProtobufOptions } from './format.ts';
export { loadProto, type ProtoFileOptions, parseProto } from './load.ts';
export type { ProtobufProtocol } from './protocol.ts';
export type { ProtoEnum, ProtoField, ProtoMessage, ProtoTypes } from './types.ts';
export type { ProtobufFormat } from './wire.ts';
export { createProtobufWriter, type ProtobufWriter } from './writer.ts';

/**
 * Messages of one type, one a descriptor.
 *
 * @param types from `loadProto`, `parseProto` or a preset
 * @param message full name of the root message, such as `my.feed.Update`
 * @throws SchemaError with every mistake
 */
export function protobuf(types: ProtoTypes, message: string, options: ProtobufOptions = {}): ProtobufProtocol {
	return protocolOfFormat(formatOf(types, message, options));
}
