import type { Protocol } from '../../compiler/protocol.ts';
import { oneOf, type Schema, SchemaError, type SchemaMistake, type TypedSchema, type Variant } from '../../schema/index.ts';
import { eachType } from '../../schema/visit.ts';
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
	const mistakes: SchemaMistake[] = [];
	eachType(schema, (type, path) => {
		if (type.kind === 'message' && type.unknownKeys === 'keep') mistakes.push({ path, message: "unknownKeys: 'keep' keeps JSON text, which MessagePack has none of; use 'keep-bytes', which keeps a map in MessagePack, or 'skip'" });
	});
	if (mistakes.length > 0) throw new SchemaError(schema.name, mistakes);
	return { name: 'msgpack', schema, reference: referenceParser, generate: generateParser };
}
