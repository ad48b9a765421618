import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Protocol } from '../compiler/protocol.ts';
import { exchanges } from '../exchanges/index.ts';
import { json } from '../protocols/json/index.ts';
import { binaryPresets } from '../protocols/presets.ts';
import { sbe } from '../protocols/sbe/index.ts';
import { oneOf, type Schema, type Variant, validateSchema } from '../schema/index.ts';
import { EXIT, nearest, UsageError } from './usage.ts';

export interface LoadedSchema {
	readonly schema: Schema;
	/** What parses it: JSON, or the binary format that the preset or module describes. */
	readonly protocol: Protocol;
	/** The preset's name, or the module's path. */
	readonly name: string;
	/** For people. */
	readonly title: string;
	/** What else the module exports; nothing for a preset. */
	readonly exports: Readonly<Record<string, unknown>>;
}

/** Whether a preset has this name. */
export const isPresetName = (name: string): boolean => Object.values(exchanges).some((preset) => preset.name === name) || binaryPresets.some((preset) => preset.name === name);

/**
 * A preset by name, an SBE schema (`.xml`), or the default export (or the one named `schema`) of a module: a schema, or a protocol such as
 * `binary(format)`.
 *
 * @param date day of the messages, for binary presets whose times count from midnight
 */
export async function loadSchema(command: string, given: string | undefined, date?: string): Promise<LoadedSchema> {
	if (given === undefined) throw new UsageError(`tickforge ${command}: which preset or schema? See: tickforge run --list, tickforge ${command} --help`);
	const preset = Object.values(exchanges).find(({ name }) => name === given);
	if (preset !== undefined) return { schema: preset.schema, protocol: json(preset.schema), name: preset.name, title: preset.title, exports: {} };
	const binaryPreset = binaryPresets.find(({ name }) => name === given);
	if (binaryPreset !== undefined) {
		const protocol = binaryPreset.protocol(date);
		return { schema: protocol.schema, protocol, name: binaryPreset.name, title: binaryPreset.title, exports: {} };
	}
	if (given.endsWith('.xml')) {
		if (!existsSync(given)) throw new UsageError(`tickforge ${command}: there is no file ${given}`, EXIT.input);
		const protocol = await sbe(readFileSync(given, 'utf8'));
		return { schema: protocol.schema, protocol, name: given, title: `SBE schema ${protocol.schema.name}`, exports: {} };
	}
	if (!/\.[mc]?[jt]s$/.test(given)) {
		const names = [...Object.keys(exchanges), ...binaryPresets.map(({ name }) => name)];
		const near = nearest(given, names);
		throw new UsageError(`tickforge ${command}: there is no preset "${given}"${near === null ? '' : `; did you mean "${near}"?`}\nPresets: ${names.join(', ')}. Or name a module: ./feed.ts, or an SBE schema: ./schema.xml`);
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
	if (isProtocol(exported)) return { schema: exported.schema, protocol: exported, name: given, title: exported.schema.name, exports: module };
	if (typeof exported !== 'object' || exported === null || !('variants' in exported || 'role' in exported)) throw new UsageError(`tickforge ${command}: ${given} must export a schema as its default: export default oneOf('feed', { version: 1 }, message(…))`);
	const schema = 'variants' in exported ? (exported as Schema) : oneOf((exported as Variant).name, { version: 1 }, exported as Variant);
	validateSchema(schema);
	return { schema, protocol: json(schema), name: given, title: schema.name, exports: module };
}

function isProtocol(exported: unknown): exported is Protocol {
	return typeof exported === 'object' && exported !== null && 'reference' in exported && 'generate' in exported && 'schema' in exported;
}
