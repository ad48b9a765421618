/**
 * Messages of several schema versions in one stream, each to the parser of its version: what the header announces
 * decides, message by message.
 */
import { DESCRIPTOR, type ErrorCategory } from '../compiler/parser-abi.ts';
import { createArena } from '../memory/index.ts';
import type { BinaryProtocol } from '../protocols/binary/index.ts';
import type { Place } from '../protocols/binary/wire.ts';
import { type Chosen, choose, type Offered, offeredBySbe } from '../protocols/versions.ts';
import type { Schema } from '../schema/index.ts';
import { type AnyBatch, type CompileOptions, compileWithTrial, type MessageParser, type ParserStatistics, type ParserWithTrial, type RefusedMessage } from './compile.ts';

/** A version that is read. */
export interface VersionRoute {
	/** Its schema id and version are those of its header: `sbe(xml)`, or a format with both. */
	readonly protocol: BinaryProtocol;
	/** Versions before this one are retired: refused as `unknown-message`. Default none is. */
	readonly oldest?: number;
	/** Gets this version's batches, before the `onBatch` of the options does. */
	readonly onBatch?: (batch: AnyBatch<Schema>) => void;
}

/** What became of the messages that announced a version. */
export interface AnnouncedVersion {
	readonly id: number;
	readonly version: number;
	readonly outcome: Chosen<unknown>['outcome'];
	/** Name and version of the schema that reads them; null where none does. */
	readonly schema: { readonly name: string; readonly version: number } | null;
	readonly reason: string;
	readonly messages: number;
}

export interface VersionRouter extends MessageParser {
	/** The versions that came up, in the order that they did. */
	versions(): AnnouncedVersion[];
}

interface Met {
	readonly id: number;
	readonly version: number;
	readonly chosen: Chosen<number>;
	messages: number;
}

/** Versions that are told apart in the statistics; noise in a header must not fill the memory. */
const MOST_VERSIONS = 256;

/**
 * A parser for each version, in one arena. A message whose version is not offered goes to the next newer parser, which
 * reads it with nulls for what came later, or to the newest; one of another schema, or a retired version, is refused.
 * Rows keep the order within a version, not between versions. Ids of names are each version's own.
 *
 * @param routes all with schema id and version at the same places of the header
 * @param options for each of the parsers; `onError` gets the refusals of all, numbered through
 */
export function routeVersions(routes: readonly VersionRoute[], options: CompileOptions = {}): VersionRouter {
	const [first] = routes;
	for (const name of ['module', 'profile', 'branchProfile', 'onComplete'] as const) if (options[name] !== undefined) throw new TypeError(`tickforge: ${name} is of one parser, and here are several; leave it out`);
	if (first === undefined) throw new TypeError('tickforge: there is no version to route messages to; pass at least one protocol');
	const offered = routes.map(({ protocol, oldest }, value): Offered<number> => {
		const own = offeredBySbe(protocol.format);
		if (own === null) throw new TypeError(`tickforge: the header of ${protocol.schema.name} has no schema id and version to route messages by`);
		return { ...own, ...(oldest === undefined ? {} : { oldest }), value };
	});
	const [idPlace, versionPlace] = placesOf(first.protocol);
	for (const { protocol } of routes) {
		const [id, version] = placesOf(protocol);
		if (!isSamePlace(id, idPlace) || !isSamePlace(version, versionPlace)) throw new TypeError(`tickforge: ${first.protocol.schema.name} and ${protocol.schema.name} have schema id or version at different places of their headers; one stream cannot have both`);
	}
	offered.forEach(({ id, version }, index) => {
		if (offered.findIndex((other) => other.id === id && other.version === version) !== index) throw new TypeError(`tickforge: schema ${id} version ${version} is there twice; pass each version once`);
	});
	const header = Math.max(idPlace.offset + idPlace.bytes, versionPlace.offset + versionPlace.bytes);
	const arena = options.arena ?? createArena({ ceiling: options.ceiling ?? 2 ** 30 });
	const parsers: ParserWithTrial<Schema>[] = routes.map(({ protocol, onBatch }) =>
		compileWithTrial<Schema>(protocol, {
			...options,
			arena,
			onBatch(batch) {
				onBatch?.(batch);
				return options.onBatch?.(batch);
			},
		}),
	);
	const main = parsers[0] as ParserWithTrial<Schema>;

	/** By version within its schema; the last one is mostly the next one, too. */
	const met: Met[] = [];
	const byId = new Map<number, Map<number, Met>>();
	let last: Met | null = null;
	let other: Met | null = null;
	let sequence = 0;
	let refused = 0;
	let view = arena.view();

	const read = (at: number, { offset, bytes, endian }: Place): number => {
		const little = endian === 'little';
		if (bytes === 2) return view.getUint16(at + offset, little);
		if (bytes === 4) return view.getUint32(at + offset, little);
		let value = 0;
		for (let index = 0; index < bytes; index++) value = value * 256 + view.getUint8(at + offset + (little ? bytes - 1 - index : index));
		return value;
	};
	const meet = (id: number, version: number): Met => {
		const known = byId.get(id)?.get(version);
		if (known !== undefined) return known;
		const entry: Met = { id, version, chosen: choose({ id, version }, offered), messages: 0 };
		if (met.length >= MOST_VERSIONS) {
			// Still parsed, but no longer told apart.
			if (entry.chosen.outcome !== 'unsupported') return entry;
			other ??= entry;
			return other;
		}
		met.push(entry);
		const versions = byId.get(id) ?? new Map<number, Met>();
		versions.set(version, entry);
		byId.set(id, versions);
		return entry;
	};
	/** What the header of a message announces; the first parser refuses what has none. */
	const announcedAt = (descriptor: number): number => {
		const at = view.getUint32(descriptor + DESCRIPTOR.offset, true);
		if (view.getUint32(descriptor + DESCRIPTOR.length, true) < header) return 0;
		const id = read(at, idPlace);
		const version = read(at, versionPlace);
		if (last === null || last.id !== id || last.version !== version) last = meet(id, version);
		last.messages++;
		return last.chosen.value ?? UNSUPPORTED;
	};

	let descriptor = 0;
	const refusal: RefusedMessage = {
		category: 'unknown-message',
		offset: 0,
		get sequence() {
			return sequence;
		},
		get bytes() {
			const start = arena.view().getUint32(descriptor + DESCRIPTOR.offset, true);
			return arena.u8().subarray(start, start + arena.view().getUint32(descriptor + DESCRIPTOR.length, true));
		},
		variant: null,
		copy: () => ({ category: refusal.category, offset: 0, sequence, bytes: refusal.bytes.slice(), variant: null }),
	};
	const parseRun = (route: number, descriptors: number, count: number): void => {
		if (route === UNSUPPORTED) {
			refused += count;
			for (let index = 0; index < count; index++) {
				descriptor = descriptors + index * DESCRIPTOR.size;
				options.onError?.(refusal);
				sequence++;
			}
			return;
		}
		const { parser, renumber } = parsers[route] as ParserWithTrial<Schema>;
		renumber(sequence);
		parser.parseMany(descriptors, count);
		sequence += count;
		// Symbols may have grown, and the memory with them.
		view = arena.view();
	};

	return {
		get tier() {
			return main.parser.tier;
		},
		arena,
		parseMany(descriptors, count) {
			let from = 0;
			let route = UNSUPPORTED;
			view = arena.view();
			for (let index = 0; index < count; index++) {
				const next = announcedAt(descriptors + index * DESCRIPTOR.size);
				if (index > from && next !== route) {
					parseRun(route, descriptors + from * DESCRIPTOR.size, index - from);
					from = index;
				}
				route = next;
			}
			if (count > from) parseRun(route, descriptors + from * DESCRIPTOR.size, count - from);
		},
		flush() {
			for (const { parser } of parsers) parser.flush();
		},
		statistics: () =>
			merged(
				parsers.map(({ parser }) => parser.statistics()),
				refused,
			),
		versions: () =>
			[...met, ...(other === null ? [] : [other])].map(({ id, version, chosen, messages }) => {
				const schema = chosen.value === null ? null : (routes[chosen.value] as VersionRoute).protocol.schema;
				return { id, version, outcome: chosen.outcome, schema: schema === null ? null : { name: schema.name, version: schema.version }, reason: chosen.reason, messages };
			}),
		dispose() {
			for (const { parser } of parsers) parser.dispose();
		},
	};
}

const UNSUPPORTED = -1;

function placesOf({ format, schema }: BinaryProtocol): readonly [id: Place, version: Place] {
	const id = format.header.constants[0]?.place;
	if (id === undefined || format.header.version === null) throw new TypeError(`tickforge: the header of ${schema.name} has no schema id and version to route messages by`);
	return [id, format.header.version];
}

const isSamePlace = (a: Place, b: Place): boolean => a.offset === b.offset && a.bytes === b.bytes && a.endian === b.endian;

function merged(all: readonly ParserStatistics[], refused: number): ParserStatistics {
	const variants: Record<string, number> = {};
	const categories: Partial<Record<ErrorCategory, number>> = refused === 0 ? {} : { 'unknown-message': refused };
	for (const one of all) {
		for (const [name, messages] of Object.entries(one.variants)) variants[name] = (variants[name] ?? 0) + messages;
		for (const [name, messages] of Object.entries(one.categories) as [ErrorCategory, number][]) categories[name] = (categories[name] ?? 0) + messages;
	}
	return { messages: all.reduce((sum, { messages }) => sum + messages, 0) + refused, refused: all.reduce((sum, one) => sum + one.refused, 0) + refused, variants, categories, batches: all.reduce((sum, { batches }) => sum + batches, 0), layouts: null };
}
