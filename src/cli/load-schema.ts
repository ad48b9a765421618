import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exchanges } from '../exchanges/index.ts';
import { oneOf, type Schema, type Variant, validateSchema } from '../schema/index.ts';
import { EXIT, nearest, UsageError } from './usage.ts';

export interface LoadedSchema {
	readonly schema: Schema;
	/** The preset's name, or the module's path. */
	readonly name: string;
	/** For people. */
	readonly title: string;
	/** What else the module exports; nothing for a preset. */
	readonly exports: Readonly<Record<string, unknown>>;
}

/** A preset by name, or the default export (or the one named `schema`) of a module. */
export async function loadSchema(command: string, given: string | undefined): Promise<LoadedSchema> {
	if (given === undefined) throw new UsageError(`tickforge ${command}: which preset or schema? See: tickforge run --list, tickforge ${command} --help`);
	const preset = Object.values(exchanges).find(({ name }) => name === given);
	if (preset !== undefined) return { schema: preset.schema, name: preset.name, title: preset.title, exports: {} };
	if (!/\.[mc]?[jt]s$/.test(given)) {
		const near = nearest(given, Object.keys(exchanges));
		throw new UsageError(`tickforge ${command}: there is no preset "${given}"${near === null ? '' : `; did you mean "${near}"?`}\nPresets: ${Object.keys(exchanges).join(', ')}. Or name a module: ./feed.ts`);
	}
	const path = resolve(given);
	if (!existsSync(path)) throw new UsageError(`tickforge ${command}: there is no file ${given}`, EXIT.input);
	let module: Record<string, unknown>;
	try {
		module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		const stripping = given.endsWith('ts') && reason.includes('Unknown file extension') ? ` This Node.js (${process.version}) does not read TypeScript; use 22.18 or newer, or compile the schema to JavaScript.` : '';
		throw new UsageError(`tickforge ${command}: ${given} could not be loaded: ${reason}.${stripping}`, EXIT.input);
	}
	const exported = module.default ?? module.schema;
	if (typeof exported !== 'object' || exported === null || !('variants' in exported || 'role' in exported)) throw new UsageError(`tickforge ${command}: ${given} must export a schema as its default: export default oneOf('feed', { version: 1 }, message(…))`);
	const schema = 'variants' in exported ? (exported as Schema) : oneOf((exported as Variant).name, { version: 1 }, exported as Variant);
	validateSchema(schema);
	return { schema, name: given, title: schema.name, exports: module };
}
