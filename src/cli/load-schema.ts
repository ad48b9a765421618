import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Protocol } from '../compiler/protocol.ts';
import { exchanges } from '../exchanges/index.ts';
import { json } from '../protocols/json/index.ts';
import { msgpack } from '../protocols/msgpack/index.ts';
import { binaryPresets } from '../protocols/presets.ts';
import { loadProto, type ProtobufOptions, type ProtoTypes, protobuf } from '../protocols/protobuf/index.ts';
import { loadSbe } from '../protocols/sbe/index.ts';
import { oneOf, type Schema, type Variant, validateSchema } from '../schema/index.ts';
import { eachType } from '../schema/visit.ts';
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

/** Options of commands that take a `.proto` file. */
export const PROTO_OPTIONS = { message: { type: 'string' }, tables: { type: 'string' }, include: { type: 'string', multiple: true } } as const;

export interface SchemaArguments {
	/** Day of the messages, for binary presets whose times count from midnight. */
	readonly date?: string | undefined;
	/** Of a `.proto` file: full name of the root message, the oneof whose members are tables, folders of imports. */
	readonly message?: string | undefined;
	readonly tables?: string | undefined;
	readonly include?: readonly string[] | undefined;
}

/** Whether a preset has this name. */
export const isPresetName = (name: string): boolean => Object.values(exchanges).some((preset) => preset.name === name) || binaryPresets.some((preset) => preset.name === name);

/**
 * A preset by name, an SBE schema (`.xml`), message types (`.proto`), or the default export (or the one named `schema`) of a module: a schema, or a protocol such as
 * `binary(format)`.
 */
export async function loadSchema(command: string, given: string | undefined, { date, message, tables, include }: SchemaArguments = {}): Promise<LoadedSchema> {
	if (given === undefined) throw new UsageError(`tickforge ${command}: which preset or schema? See: tickforge run --list, tickforge ${command} --help`);
	if (!given.endsWith('.proto')) {
		const foreign = Object.entries({ message, tables, include }).find(([, value]) => value !== undefined)?.[0];
		if (foreign !== undefined) throw new UsageError(`tickforge ${command}: --${foreign} is for .proto files; ${given} says itself what its messages are`);
	}
	const preset = Object.values(exchanges).find(({ name }) => name === given);
	if (preset !== undefined) return { schema: preset.schema, protocol: json(preset.schema), name: preset.name, title: preset.title, exports: {} };
	const binaryPreset = binaryPresets.find(({ name }) => name === given);
	if (binaryPreset !== undefined) {
		const protocol = binaryPreset.protocol(date);
		return { schema: protocol.schema, protocol, name: binaryPreset.name, title: binaryPreset.title, exports: {} };
	}
	if (given.endsWith('.xml')) {
		if (!existsSync(given)) throw new UsageError(`tickforge ${command}: there is no file ${given}`, EXIT.input);
		const protocol = await loadSbe(given);
		return { schema: protocol.schema, protocol, name: given, title: `SBE schema ${protocol.schema.name}`, exports: {} };
	}
	if (given.endsWith('.proto')) {
		if (!existsSync(given)) throw new UsageError(`tickforge ${command}: there is no file ${given}`, EXIT.input);
		const protocol = await protocolOfProto(command, given, message, { ...(tables === undefined ? {} : { tables }) }, include ?? []);
		return { schema: protocol.schema, protocol, name: given, title: `Protobuf message ${protocol.format.message}`, exports: {} };
	}
	if (!/\.[mc]?[jt]s$/.test(given)) {
		const names = [...Object.keys(exchanges), ...binaryPresets.map(({ name }) => name)];
		const near = nearest(given, names);
		throw new UsageError(`tickforge ${command}: there is no preset "${given}"${near === null ? '' : `; did you mean "${near}"?`}\nPresets: ${names.join(', ')}. Or name a module: ./feed.ts, an SBE schema: ./schema.xml, or message types: ./feed.proto`);
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
	return { schema, protocol: holdsBytes(schema) ? msgpack(schema) : json(schema), name: given, title: schema.name, exports: module };
}

async function protocolOfProto(command: string, file: string, message: string | undefined, options: ProtobufOptions, include: readonly string[]): Promise<ReturnType<typeof protobuf>> {
	try {
		const types = await loadProto(file, { include });
		return protobuf(types, message ?? rootOf(command, types), options);
	} catch (error) {
		if (error instanceof UsageError) throw error;
		throw new UsageError(`tickforge ${command}: ${(error instanceof Error ? error.message : String(error)).replace(/^tickforge: /, '')}`, EXIT.input);
	}
}

/** The only message that no other contains. */
function rootOf(command: string, { messages }: ProtoTypes): string {
	const contained = new Set(Object.values(messages).flatMap(({ fields }) => fields.map(({ typeName }) => typeName)));
	const roots = Object.keys(messages).filter((name) => !contained.has(name) && !name.startsWith('google.protobuf.'));
	const [only] = roots;
	if (only === undefined || roots.length > 1) throw new UsageError(`tickforge ${command}: which message? Add --message NAME: ${(roots.length > 0 ? roots : Object.keys(messages)).join(', ')}`);
	return only;
}

function isProtocol(exported: unknown): exported is Protocol {
	return typeof exported === 'object' && exported !== null && 'reference' in exported && 'generate' in exported && 'schema' in exported;
}

/** What JSON has none of: then messages are MessagePack. */
function holdsBytes(schema: Schema): boolean {
	let found = false;
	eachType(schema, ({ kind }) => {
		found ||= kind === 'bytes';
	});
	return found;
}
