import type { Protocol } from '../../compiler/protocol.ts';
import { type MessageType, oneOf, type Schema, SchemaError, type SchemaMistake, type TypedSchema, type ValueType, type Variant } from '../../schema/index.ts';
import { generateParser } from './generated/generate.ts';
import { referenceParser } from './reference/parser.ts';

export { type DecodeOptions, decodeMessagePack, MessagePackError, type MessagePackValue } from './decode.ts';
export { encodeMessagePack, extension, isExtension, type MessagePackExtension } from './encode.ts';
export { createMessagePackWriter, type IntegerFormat, type MessagePackWriter } from './writer.ts';

/**
 * MessagePack, one message a descriptor. docs/msgpack.md says what is accepted and what becomes of it.
 *
 * @param schema a feed (`oneOf`), or a single message, which is a feed of one variant
 * @throws SchemaError where a single message has mistakes (`oneOf` has checked a feed), or an object keeps unknown keys:
 *   what is kept of them is JSON text
 */
export function msgpack<const S extends Schema>(schema: S): Protocol<S>;
export function msgpack<const V extends Variant>(message: V): Protocol<TypedSchema<readonly [V]>>;
export function msgpack(described: Schema | Variant): Protocol {
	const schema: Schema = 'variants' in described ? described : oneOf(described.name, { version: 1 }, described);
	const mistakes = schema.variants.flatMap(({ name, type }) => keptKeys(type, name));
	if (mistakes.length > 0) throw new SchemaError(schema.name, mistakes);
	return { name: 'msgpack', schema, reference: referenceParser, generate: generateParser };
}

function keptKeys(type: ValueType, path: string): SchemaMistake[] {
	switch (type.kind) {
		case 'message':
		case 'tuple':
			return [...(type.kind === 'message' ? keptHere(type, path) : []), ...type.fields.flatMap((field) => keptKeys(field.type, `${path}.${field.name}`))];
		case 'list':
			return keptKeys(type.item, `${path}[]`);
		default:
			return [];
	}
}

function keptHere({ unknownKeys }: MessageType, path: string): SchemaMistake[] {
	return unknownKeys === 'keep' ? [{ path, message: "unknownKeys: 'keep' keeps JSON text, which MessagePack has none of; use 'skip' or 'reject', or describe the keys" }] : [];
}
