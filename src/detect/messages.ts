/** What messages are, once they are cut: JSON, MessagePack, Protobuf, SBE, or of a protocol that is tried. */
import type { Protocol } from '../compiler/protocol.ts';
import { exchanges } from '../exchanges/index.ts';
import type { BinaryProtocol } from '../protocols/binary/index.ts';
import type { Place } from '../protocols/binary/wire.ts';
import { json } from '../protocols/json/index.ts';
import { msgpack } from '../protocols/msgpack/index.ts';
import { binaryPresets } from '../protocols/presets.ts';
import type { ProtobufProtocol } from '../protocols/protobuf/index.ts';
import { type Schema, SchemaError } from '../schema/index.ts';
import { counted, type Finding, type PresetFit } from './evidence.ts';
import { readFix } from './fix.ts';
import { jsonBits } from './json-text.ts';
import { messagePackBits } from './messagepack.ts';
import { isUnderstood, protobufBits } from './protobuf.ts';
import { type Cut, type Fit, fitMessages } from './sample.ts';
import { readSbeHeaders } from './sbe-headers.ts';

/** Of one message; more of the same says little more. */
const MOST_MESSAGE_BITS = 24;
const MOST_COUNTED = 8;

/** A protocol that is tried, with what it is called. */
export interface Tried {
	readonly name: string;
	readonly family: string;
	readonly version: string | null;
	readonly protocol: Protocol;
	/** Formats it is usually cut by, the likely ones first. */
	readonly framings: readonly string[];
}

const made = new Map<string, Protocol>();

/** Presets as protocols, made once; null where the format cannot have such a schema. */
function presetProtocol(kind: 'json' | 'msgpack', name: string, schema: Schema): Protocol | null {
	const key = `${kind} ${name}`;
	const known = made.get(key);
	if (known !== undefined) return known;
	try {
		const protocol = kind === 'json' ? json(schema) : msgpack(schema);
		made.set(key, protocol);
		return protocol;
	} catch (error) {
		if (error instanceof SchemaError) return null;
		throw error;
	}
}

/** The JSON or MessagePack protocols to try: the given ones first. */
export function selfDescribing(kind: 'json' | 'msgpack', given: readonly Protocol[], withPresets: boolean): Tried[] {
	const tried = (name: string, protocol: Protocol): Tried => ({ name, family: kind, version: null, protocol, framings: [] });
	return [
		...given.filter(({ name }) => name === kind).map((protocol) => tried(protocol.schema.name, protocol)),
		...(withPresets ? Object.values(exchanges) : []).flatMap(({ name, schema }) => {
			const protocol = presetProtocol(kind, name, schema);
			return protocol === null ? [] : [tried(name, protocol)];
		}),
	];
}

let ownBinary: readonly Tried[] | undefined;

/** All other protocols: the given ones first, then the binary presets. */
export function ofTheirOwn(given: readonly Protocol[], withPresets: boolean): Tried[] {
	ownBinary ??= binaryPresets.map(({ name, family, version, framings, protocol }) => ({ name, family, version, framings, protocol: protocol() }));
	return [...given.filter(({ name }) => name !== 'json' && name !== 'msgpack').map((protocol): Tried => ({ name: protocol.schema.name, family: isSbe(protocol) ? 'sbe' : protocol.name, version: null, framings: [], protocol })), ...(withPresets ? ownBinary : [])];
}

const isBinary = (protocol: Protocol): protocol is BinaryProtocol => protocol.name === 'binary' && 'format' in protocol;
/** SBE's header: which message, of which schema, in which version, with which block. */
const isSbe = (protocol: Protocol): boolean => isBinary(protocol) && protocol.format.header.type !== null && protocol.format.header.version !== null && protocol.format.header.blockLength !== null && protocol.format.header.constants.length > 0;

function readPlace(bytes: Uint8Array, { offset, bytes: size, endian }: Place): number {
	let value = 0;
	for (let index = 0; index < size; index++) value = value * 256 + (bytes[endian === 'big' ? offset + index : offset + size - 1 - index] ?? 0);
	return value;
}

/** The version that a message's header announces. */
function announcedVersion({ protocol, version }: Tried, message: Uint8Array | undefined): string | null {
	if (!isBinary(protocol) || protocol.format.header.version === null || message === undefined || message.length < protocol.format.header.size) return version;
	return String(readPlace(message, protocol.format.header.version));
}

/** What it is worth that a message is accepted: constants, known types, and a length that is right to the byte. */
function acceptanceBits(protocol: Protocol, messages: readonly Uint8Array[]): number {
	// Protobuf accepts fields that it does not know, so that being accepted is worth little more than being plausible.
	if (!isBinary(protocol)) return protocol.name === 'protobuf' ? Math.min(MOST_MESSAGE_BITS, 6 + Math.max(0, ...messages.slice(0, 4).map((message) => protobufBits(message, true)))) : 10;
	const { header, messages: described, trailing } = protocol.format;
	const constants = header.constants.reduce((sum, { place }) => sum + place.bytes * 8, 0);
	const type = header.type === null ? 0 : Math.max(0, header.type.bytes * 8 - Math.log2(Math.max(1, described.length)));
	const lengths = trailing === 'reject' || header.length !== null ? 8 : 2;
	// What is all zeros is accepted by much, and says nothing.
	const distinct = messages.some((message) => message.some((byte) => byte !== 0));
	return distinct ? Math.min(MOST_MESSAGE_BITS, Math.floor(constants + type + lengths)) : 0;
}

/** A message's share of accepted ones, where the last may be cut. */
const shareOf = ({ accepted, messages }: Fit): number => (messages === 0 ? 0 : accepted / messages);
const listed = (fit: Fit): string =>
	fit.variants
		.slice(0, 4)
		.map(({ name }) => name)
		.join(', ') + (fit.variants.length > 4 ? ', …' : '');

function presetFits(tried: readonly Tried[], messages: readonly Uint8Array[]): { readonly tried: Tried; readonly fit: Fit }[] {
	return tried
		.map((one) => ({ tried: one, fit: fitMessages(one.protocol, messages) }))
		.filter(({ fit }) => fit.accepted > 0)
		.sort((a, b) => b.fit.accepted - a.fit.accepted || tableCount(b.fit) - tableCount(a.fit));
}
const tableCount = ({ variants }: Fit): number => variants.filter(({ isTable }) => isTable).length;
const presetFit = ({ tried, fit }: { readonly tried: Tried; readonly fit: Fit }): PresetFit => ({ preset: tried.name, accepted: shareOf(fit), messages: fit.messages, tables: fit.variants.filter(({ isTable }) => isTable).map(({ name }) => name) });

/** What a format says of single messages, in bits; -1 where it is none. */
type Look = (message: Uint8Array, isWhole: boolean) => number;

/** How many of a cut's messages a look takes, and what that is worth. The same message again is worth nothing. */
function look(cut: Cut, bitsOf: Look): { readonly fitting: number; readonly total: number; readonly bits: number } {
	let bits = 0;
	let last: Uint8Array = new Uint8Array(0);
	const fitting = cut.messages.filter((message) => {
		const own = bitsOf(message, true);
		if (own < 0) return false;
		if (!isSame(message, last)) bits += Math.min(own, MOST_MESSAGE_BITS);
		last = message;
		return true;
	}).length;
	const begun = cut.partial === null || cut.partial.length === 0 ? 0 : bitsOf(cut.partial, false);
	if (cut.messages.length === 0) return { fitting, total: 0, bits: begun };
	// What cannot be a message either counts as one that is not.
	return { fitting, total: cut.messages.length + (begun < 0 ? 1 : 0), bits };
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, index) => byte === b[index]);

/** `2 of its first 3 lines`, `its first line`. */
const ofFirst = (some: number, all: number, what: string): string => (all === 1 && some === 1 ? `its first ${what}` : `${some} of its first ${counted(all, what)}`);

const TITLES = { json: 'JSON values', msgpack: 'MessagePack maps or arrays', protobuf: 'plausible as Protobuf messages' } as const;
const BEGINS = { json: 'a JSON value', msgpack: 'a MessagePack map or array', protobuf: 'a Protobuf message' } as const;

/** JSON and MessagePack, and which presets fit; null where most messages are none. */
export function selfDescribingFinding(kind: 'json' | 'msgpack', cut: Cut, tried: readonly Tried[]): Finding | null {
	const { fitting, total, bits } = look(cut, kind === 'json' ? jsonBits : messagePackBits);
	if (bits < 0 || (total > 0 && fitting * 2 <= total) || (total === 0 && cut.partial === null)) return null;
	const share = total === 0 ? 1 : fitting / total;
	const how = cut.framing === null || cut.framing.name === 'ndjson' ? '' : `, read as ${cut.framing.description}`;
	const evidence = [...cut.evidence, total === 0 ? `it starts with ${BEGINS[kind]} that goes on beyond what was looked at${how}` : `${ofFirst(fitting, total, kind === 'json' && cut.format === 'ndjson' ? 'line' : 'message')} ${fitting === 1 ? `is ${BEGINS[kind]}` : `are ${TITLES[kind]}`}${how}`];
	const fits = presetFits(tried, cut.messages);
	const [best] = fits;
	const isFitting = best !== undefined && shareOf(best.fit) >= 0.5 && tableCount(best.fit) > 0;
	if (isFitting) evidence.push(`${best.fit.accepted} of ${best.fit.messages} are messages of ${best.tried.name}: ${listed(best.fit)}`);
	return { protocol: kind, bits: cut.bits + bits, share, evidence, format: cut.format, framing: cut.framing, preset: isFitting ? best.tried.name : null, parser: isFitting ? best.tried.protocol : null, presets: fits.map(presetFit), isOpen: total === 0 };
}

/** What a protocol makes of messages, where being accepted says something: of Protobuf, those alone whose fields it knows. */
function fitOf(protocol: Protocol, messages: readonly Uint8Array[]): Fit {
	if (protocol.name !== 'protobuf') return fitMessages(protocol, messages);
	const { format } = protocol as ProtobufProtocol;
	const understood = messages.filter((message) => isUnderstood(format, message));
	return { ...fitMessages(protocol, understood), messages: messages.length };
}

/** A protocol that knows its messages itself; null where it accepts none. */
export function protocolFinding(tried: Tried, cut: Cut): Finding | null {
	const fit = fitOf(tried.protocol, cut.messages);
	if (fit.accepted === 0) return null;
	const share = shareOf(fit);
	if (share <= 0.5) return null;
	const bits = cut.bits + acceptanceBits(tried.protocol, cut.messages) * Math.min(MOST_COUNTED, fit.accepted);
	const version = announcedVersion(tried, cut.messages[0]);
	const evidence = [...cut.evidence, `${cut.framing === null ? '' : `cut as ${cut.framing.description}, `}${ofFirst(fit.accepted, fit.messages, 'message')} ${fit.accepted === 1 ? 'is' : 'are'} of ${tried.name}: ${listed(fit)}`];
	if (version !== null && version !== tried.version) evidence.push(`the header announces version ${version}`);
	return { protocol: tried.family, version, bits, share, evidence, format: cut.format, framing: cut.framing, preset: tried.name, parser: tried.protocol, presets: [presetFit({ tried, fit })] };
}

/** Protobuf of an unknown type. */
export function protobufFinding(cut: Cut): Finding | null {
	const { fitting, total, bits } = look(cut, protobufBits);
	if (bits < 0 || (total > 0 && fitting < total) || (total === 0 && cut.partial === null)) return null;
	const evidence = [...cut.evidence, total === 0 ? `it may start with ${BEGINS.protobuf}` : `${total === 1 ? 'it is' : `all of its first ${total} messages are`} ${TITLES.protobuf}: field numbers, wire types and lengths fit to the last byte`];
	return { protocol: 'protobuf', bits: cut.bits + Math.min(bits, 40), evidence, format: cut.format, framing: cut.framing, advice: 'which message type it is, the bytes do not say: give its .proto' };
}

/** SBE of an unknown schema. */
export function sbeFinding(cut: Cut): Finding | null {
	const found = [true, false].map((littleEndian) => readSbeHeaders(cut.messages, littleEndian)).filter((one) => one !== null);
	const [best] = found.sort((a, b) => b.bits - a.bits);
	if (best === undefined) return null;
	const { schemaId, versions, templates, littleEndian, headerBytes } = best;
	const evidence = [
		...cut.evidence,
		`${cut.framing === null ? '' : `cut as ${cut.framing.description}, `}its first ${counted(best.messages, 'message')} ${best.messages === 1 ? 'starts' : 'start'} with ${headerBytes === 8 ? '' : 'long '}SBE headers (${littleEndian ? 'little' : 'big'} endian): schema ${schemaId}, version ${versions.join(', ')}, templates ${templates.slice(0, 6).join(', ')}${templates.length > 6 ? ', …' : ''}`,
	];
	return { protocol: 'sbe', version: versions.join(', '), bits: cut.bits + best.bits, evidence, format: cut.format, framing: cut.framing, advice: `no schema ${schemaId} is known here: give its XML, as in tickforge run schema.xml FILE` };
}

/** FIX, each message whole or begun. */
export function fixFinding(bytes: Uint8Array, isWhole: boolean, cut: Cut | null = null): Finding | null {
	const found = readFix(bytes, isWhole);
	if (found === null) return null;
	const { messages, verified, separator, beginString, application, types } = found;
	const evidence = [`it starts with ${beginString === '' ? '8=FIX' : `8=${beginString}`}${separator === '|' ? ', with | between fields' : ''}`];
	if (messages > 0) evidence.push(`body length and checksum of ${ofFirst(verified, messages, 'message')} are right (MsgType ${[...types].slice(0, 6).join(', ')})`);
	if (application !== null) evidence.push(`it announces ${application} as its application version`);
	return { protocol: 'fix', version: beginString === '' ? null : application === null ? beginString : `${beginString} with ${application}`, bits: found.bits, share: messages === 0 ? 1 : Math.max(verified / messages, 0.25), evidence, format: cut?.format ?? null, framing: cut?.framing ?? null, isOpen: messages === 0 };
}
