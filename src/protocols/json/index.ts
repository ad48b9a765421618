import type { Protocol } from '../../compiler/protocol.ts';
import { oneOf, type Schema, SchemaError, type SchemaMistake, type TypedSchema, type Variant } from '../../schema/index.ts';
import { eachType } from '../../schema/visit.ts';
import { createLearner } from './layout-tier/learner.ts';
import { referenceParser } from './reference/parser.ts';
import { generateSchemaTier } from './schema-tier/generate.ts';

/**
 * JSON text, one message a descriptor. docs/json.md says what is accepted and what becomes of it.
 *
 * @param schema a feed (`oneOf`), or a single message, which is a feed of one variant
 * @throws SchemaError where a single message has mistakes (`oneOf` has checked a feed), or a field holds bytes
 */
export function json<const S extends Schema>(schema: S): Protocol<S>;
export function json<const V extends Variant>(message: V): Protocol<TypedSchema<readonly [V]>>;
export function json(described: Schema | Variant): Protocol {
	const schema: Schema = 'variants' in described ? described : oneOf(described.name, { version: 1 }, described);
	const mistakes: SchemaMistake[] = [];
	eachType(schema, (type, path) => {
		if (type.kind === 'bytes') mistakes.push({ path, message: 'JSON has no bytes, only texts that stand for them (base64, hex); read them as text(), or use a format that has bytes' });
		if (type.kind === 'message' && type.unknownKeys === 'keep-bytes') mistakes.push({ path, message: "unknownKeys: 'keep-bytes' is for formats that have bytes; use 'keep', which keeps JSON text" });
	});
	if (mistakes.length > 0) throw new SchemaError(schema.name, mistakes);
	return { name: 'json', schema, reference: referenceParser, generate: generateSchemaTier, learner: createLearner };
}
