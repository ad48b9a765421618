import type { Protocol } from '../../compiler/protocol.ts';
import { oneOf, type Schema, type TypedSchema, type Variant } from '../../schema/index.ts';
import { createLearner } from './layout-tier/learner.ts';
import { referenceParser } from './reference/parser.ts';
import { generateSchemaTier } from './schema-tier/generate.ts';

/**
 * JSON text, one message a descriptor. docs/json.md says what is accepted and what becomes of it.
 *
 * @param schema a feed (`oneOf`), or a single message, which is a feed of one variant
 * @throws SchemaError where a single message has mistakes (`oneOf` has checked a feed)
 */
export function json<const S extends Schema>(schema: S): Protocol<S>;
export function json<const V extends Variant>(message: V): Protocol<TypedSchema<readonly [V]>>;
export function json(described: Schema | Variant): Protocol {
	const schema: Schema = 'variants' in described ? described : oneOf(described.name, { version: 1 }, described);
	return { name: 'json', schema, reference: referenceParser, generate: generateSchemaTier, learner: createLearner };
}
