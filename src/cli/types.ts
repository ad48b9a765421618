import { writeFileSync } from 'node:fs';
import type { Schema } from '../schema/index.ts';
import { version } from '../version.ts';
import { readArguments } from './arguments.ts';
import { loadSchema, PROTO_OPTIONS } from './load-schema.ts';
import { structText, typeName } from './row-types.ts';
import { EXIT } from './usage.ts';

/** Interfaces of all tables' rows, and the union of their batches. */
export function schemaTypes(schema: Schema): string {
	const tables = schema.variants.filter(({ role }) => role === 'table');
	return `// Written by tickforge ${version} from the schema "${schema.name}", version ${schema.version}. Do not edit.
import type { Batch } from 'tickforge';

${tables.map(({ name, type }) => `export interface ${typeName(name)} ${structText(type, '')}`).join('\n\n')}

/** A batch of any table, told apart by \`table\`. */
export type AnyBatch = ${tables.map(({ name }) => `(Batch<${typeName(name)}> & { readonly table: ${JSON.stringify(name)} })`).join(' | ') || 'never'};
`;
}

export async function typesCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('types', args, { out: { type: 'string' }, ...PROTO_OPTIONS });
	const { schema } = await loadSchema('types', positionals[0], values);
	const text = schemaTypes(schema);
	if (values.out === undefined) process.stdout.write(text);
	else writeFileSync(values.out, text);
	return EXIT.ok;
}
