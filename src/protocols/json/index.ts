import type { Protocol } from '../../compiler/protocol.ts';
import type { Schema } from '../../schema/model.ts';
import { referenceParser } from './reference/parser.ts';
import { generateSchemaTier } from './schema-tier/generate.ts';

/** JSON text, one message a descriptor. docs/json.md says what is accepted and what becomes of it. */
export function json<S extends Schema>(schema: S): Protocol<S> {
	return {
		name: 'json',
		schema,
		reference: referenceParser,
		generate: generateSchemaTier,
	};
}
