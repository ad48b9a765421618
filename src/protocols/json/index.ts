import type { SchemaLayout } from '../../compiler/batch-layout.ts';
import type { GenerateOptions, Protocol } from '../../compiler/protocol.ts';
import type { Schema } from '../../schema/model.ts';
import { referenceParser } from './reference/parser.ts';

/** JSON text, one message a descriptor. docs/json.md says what is accepted and what becomes of it. */
export function json<S extends Schema>(schema: S): Protocol<S> {
	return {
		name: 'json',
		schema,
		reference: referenceParser,
		generate(_layout: SchemaLayout, _options?: GenerateOptions): Uint8Array<ArrayBuffer> {
			throw new Error('tickforge: the JSON schema tier is not generated yet; use the reference tier');
		},
	};
}
