/** Protocol Buffers: message types from `.proto` files, parsed with `protobuf(types, message)`. docs/protobuf.md shows it. */
export { decodeProtobuf, type ProtobufDecodeOptions, ProtobufError, type ProtobufValue } from './decode.ts';
export { type DydxV4Options, dydxV4Stream, dydxV4Types } from './dydx-v4.ts';
export { createProtobufEncoder, type ProtobufEncoder } from './encode.ts';
export type { ProtobufColumn, ProtobufOptions } from './format.ts';
export { loadProto, type ProtoFileOptions, parseProto } from './load.ts';
export type { ProtoDescription, ProtoFieldSpec } from './proto-builders.ts';
export * as proto from './proto-builders.ts';
export { type ProtobufProtocol, protobuf } from './protocol.ts';
export type { ProtoEnum, ProtoField, ProtoMessage, ProtoTypes } from './types.ts';
export type { ProtobufFormat } from './wire.ts';
export { createProtobufWriter, type ProtobufWriter } from './writer.ts';
