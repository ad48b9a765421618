import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LayoutOptions, layoutSchema } from '../compiler/batch-layout.ts';
import type { Protocol } from '../compiler/protocol.ts';
import { version } from '../version.ts';
import { choice, numberOption, readArguments } from './arguments.ts';
import { loadSchema, PROTO_OPTIONS } from './load-schema.ts';
import { PROTOCOL_NAMES, readAs } from './protocols.ts';
import { structText, typeName } from './row-types.ts';
import { bytesText } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

export interface BuiltFiles {
	readonly wasm: Uint8Array;
	readonly javascript: string;
	readonly types: string;
}

/** A parser's module, the code that links it, and its types. @param runtime what the code imports the runtime from */
export function buildParser(protocol: Protocol, layout: LayoutOptions, wasmName: string, runtime: string): BuiltFiles {
	const { name, schema } = protocol;
	const wasm = protocol.generate(layoutSchema(schema, layout));
	const head = `// Written by tickforge ${version} from the schema "${schema.name}", version ${schema.version}. Do not edit.`;
	const javascript = `${head}
import { createBuiltParser } from ${JSON.stringify(runtime)};

const built = ${JSON.stringify({ protocol: name, schema, layout })};

/** Links ${wasmName}: pass its response (fetch), its bytes, or a compiled module. */
export function createParser(source, options) {
	return createBuiltParser(built, source, options);
}
`;
	const tables = schema.variants.filter(({ role }) => role === 'table');
	const types = `${head}
import type { Batch, BuiltOptions, ModuleSource, Parser, Schema } from ${JSON.stringify(runtime)};

${tables.map(({ name, type }) => `export interface ${typeName(name)} ${structText(type, '')}`).join('\n\n')}

/** A batch of any table, told apart by \`table\`. */
export type AnyBatch = ${tables.map(({ name }) => `(Batch<${typeName(name)}> & { readonly table: ${JSON.stringify(name)} })`).join(' | ') || 'never'};

export type Options = Omit<BuiltOptions<Schema>, 'onBatch'> & { readonly onBatch?: (batch: AnyBatch) => void };

/** Links ${wasmName}: pass its response (fetch), its bytes, or a compiled module. */
export declare function createParser(source: ModuleSource, options?: Options): Promise<Parser<Schema>>;
`;
	return { wasm, javascript, types };
}

export async function buildCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('build', args, {
		out: { type: 'string' },
		name: { type: 'string' },
		rows: { type: 'string' },
		items: { type: 'string' },
		received: { type: 'boolean', default: false },
		runtime: { type: 'string', default: 'tickforge/runtime' },
		protocol: { type: 'string' },
		date: { type: 'string' },
		...PROTO_OPTIONS,
	});
	const loaded = await loadSchema('build', positionals[0], values);
	const protocol = readAs('build', loaded.protocol, choice('build', 'protocol', values.protocol, PROTOCOL_NAMES));
	if (values.out === undefined) throw new UsageError('tickforge build: where to? Use --out DIR');
	const rows = numberOption('build', 'rows', values.rows, 64, 2 ** 20);
	const items = numberOption('build', 'items', values.items, 64, 2 ** 24);
	const name = values.name ?? protocol.schema.name.replace(/[^A-Za-z0-9_.-]+/g, '-');
	const files = buildParser(protocol, { rows: rows ?? 4096, ...(items === undefined ? {} : { items }), received: values.received }, `${name}.wasm`, values.runtime);
	mkdirSync(values.out, { recursive: true });
	const written: [string, Uint8Array | string][] = [
		[`${name}.wasm`, files.wasm],
		[`${name}.js`, files.javascript],
		[`${name}.d.ts`, files.types],
	];
	for (const [file, content] of written) {
		writeFileSync(join(values.out, file), content);
		console.log(`${join(values.out, file)}  ${bytesText(content.length)}`);
	}
	return EXIT.ok;
}
