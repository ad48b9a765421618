/** Message types from `.proto` files. `protobufjs` reads them: an optional peer, loaded on use. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Enum, Field, MapField, ReflectionObject, Root, Type } from 'protobufjs';
import { type ProtoEnum, type ProtoField, type ProtoMessage, type ProtoTypes, SCALARS, type Scalar, WIRE } from './types.ts';

export interface ProtoFileOptions {
	/** Folders that imports are looked for in, besides that of the importing file and those of the given files. */
	readonly include?: readonly string[];
}

/** Else two names that differ in case alone could not stand beside each other. */
const KEEP_CASE = { keepCase: true } as const;

/**
 * The types of one or more `.proto` files and of all that they import: proto2, proto3 and editions, as far as protobufjs
 * reads them. It ships Google's own (`google/protobuf/…`). An import that is nowhere matters only where its types are
 * needed: many files import what their options are.
 *
 * @throws Error where a file is not there or is wrong; the message says which and why. Or where `protobufjs` is not installed
 */
export async function loadProto(files: string | readonly string[], options: ProtoFileOptions = {}): Promise<ProtoTypes> {
	const { Root: RootClass } = await loadProtobufjs();
	const root = new RootClass();
	const given = typeof files === 'string' ? [files] : files;
	const folders = [...(options.include ?? []), ...given.map((file) => dirname(resolve(file)))];
	const shipped = dirname(createRequire(import.meta.url).resolve('protobufjs/package.json'));
	const missing: string[] = [];
	root.resolvePath = (origin, target) => {
		if (origin === '') {
			if (!existsSync(target)) throw new Error(`there is no file ${target}`);
			return resolve(target);
		}
		const places = isAbsolute(target) ? [target] : [dirname(origin), ...folders, shipped].map((folder) => join(folder, target));
		const found = places.find((place) => existsSync(place));
		if (found === undefined) missing.push(`"${target}", which ${origin} imports`);
		return found ?? null;
	};
	return reading(given.join(', '), missing, `not in ${[...new Set(folders)].join(', ')}; name its folder with include`, () => typesOf(root.loadSync([...given], KEEP_CASE)));
}

/**
 * The types of a `.proto` file's text. Its imports are those that protobufjs ships, or `imported`: texts by the path that
 * the import has. One that is neither matters only where its types are needed.
 */
export async function parseProto(text: string, imported: Readonly<Record<string, string>> = {}): Promise<ProtoTypes> {
	const { Root: RootClass, parse, common } = await loadProtobufjs();
	const root = new RootClass();
	const taken = new Set<string>();
	const missing: string[] = [];
	const take = (source: string): void => {
		for (const path of parse(source, root, KEEP_CASE).imports ?? []) {
			if (taken.has(path)) continue;
			taken.add(path);
			const shipped = common.get(path);
			if (imported[path] !== undefined) take(imported[path]);
			else if (shipped?.nested !== undefined) root.addJSON(shipped.nested);
			else missing.push(`"${path}"`);
		}
	};
	return reading('the text', missing, 'not given', () => {
		take(text);
		return typesOf(root);
	});
}

/** @param missing imports that were not found, of which one may be the reason; @param where they were not */
function reading(what: string, missing: readonly string[], where: string, read: () => ProtoTypes): ProtoTypes {
	try {
		return read();
	} catch (cause) {
		const hint = missing.length === 0 ? '' : ` (${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} ${where})`;
		throw new Error(`tickforge: ${what} cannot be read as .proto: ${cause instanceof Error ? cause.message : String(cause)}${hint}`, { cause });
	}
}

async function loadProtobufjs(): Promise<typeof import('protobufjs')> {
	try {
		return (await import('protobufjs')).default;
	} catch (cause) {
		throw new Error('tickforge: reading a .proto file needs protobufjs, which is not installed; run: npm install protobufjs', { cause });
	}
}

/** What protobufjs keeps of features (editions), and does not declare. */
interface WithFeatures {
	readonly _features: { readonly enum_type?: string };
}

function typesOf(root: Root): ProtoTypes {
	root.resolveAll();
	const messages: Record<string, ProtoMessage> = {};
	const enums: Record<string, ProtoEnum> = {};
	const visit = (object: ReflectionObject): void => {
		if ('fieldsArray' in object) messages[nameOf(object)] = { fields: (object as Type).fieldsArray.map(fieldOf) };
		else if ('valuesById' in object) enums[nameOf(object)] = { values: Object.entries((object as Enum).values).map(([name, number]) => ({ name, number })), closed: (object as unknown as WithFeatures)._features.enum_type === 'CLOSED' };
		if ('nestedArray' in object) for (const inner of (object as Type).nestedArray) visit(inner);
	};
	visit(root);
	return { messages, enums };
}

const nameOf = ({ fullName }: ReflectionObject): string => fullName.replace(/^\./, '');

function fieldOf(field: Field): ProtoField {
	field.resolve();
	const { resolvedType } = field;
	const isMessage = resolvedType !== null && 'fieldsArray' in resolvedType;
	const type = isMessage ? 'message' : resolvedType !== null ? 'enum' : (field.type as Scalar);
	if (type !== 'message' && !(type in SCALARS)) throw new Error(`${field.fullName} has the type "${field.type}", which is none`);
	const hasPresence = (field as unknown as { readonly hasPresence: unknown }).hasPresence;
	const proto = field as unknown as { readonly protoName?: string };
	const oneof = field.partOf;
	return {
		name: proto.protoName ?? field.name,
		number: field.id,
		type,
		typeName: resolvedType === null ? null : nameOf(resolvedType),
		rule: field.map ? 'map' : field.repeated ? 'repeated' : 'singular',
		key: field.map ? ((field as unknown as MapField).keyType as Exclude<Scalar, 'enum'>) : null,
		presence: field.map || field.repeated ? 'implicit' : field.required ? 'required' : hasPresence || isMessage ? 'explicit' : 'implicit',
		packed: field.repeated && field.packed && type !== 'message' && SCALARS[type].wireType !== WIRE.bytes,
		delimited: (field as unknown as { readonly delimited: boolean }).delimited,
		// `optional` in proto3 is a oneof of its own.
		oneof: oneof === null || oneof.isProto3Optional ? null : oneof.name,
		defaultValue: defaultOf(field),
	};
}

function defaultOf(field: Field): string | null {
	if (field.getOption('default') === undefined || field.repeated || field.map || field.type === 'string' || field.type === 'bytes') return null;
	const value: unknown = field.typeDefault;
	// protobufjs has read it as a double: what that does not hold is not known any more.
	if (field.long && typeof field.getOption('default') === 'number' && !Number.isSafeInteger(field.getOption('default'))) return null;
	return value === null || value === undefined ? null : String(value);
}
