/**
 * What a message or a peer announces, and which of several parsers takes it. Pure: it reads bytes and text, and decides;
 * who keeps a connection answers as the decision says.
 */
import type { WireFormat } from './binary/wire.ts';

/** What was announced. */
export interface Announced {
	/** Of whose versions this is one: SBE's schema id, FIX's BeginString. */
	readonly id: string | number;
	readonly version: string | number;
}

/** A parser, or whatever else stands for a version. */
export interface Offered<T> {
	readonly id: string | number;
	/** Numbers are ordered: higher is newer. Texts are only the same, or not. */
	readonly version: string | number;
	/** Older ones are retired: what announces one is refused. Default none is. */
	readonly oldest?: number;
	/** What is chosen. */
	readonly value: T;
}

/**
 * - `exact`: the version that was announced.
 * - `older`: it is newer than what is offered: what came later is passed over.
 * - `newer`: it is older than what is offered: what came later is null.
 * - `unsupported`: none; `advice` says what to do.
 */
export type Chosen<T> = { readonly outcome: 'exact' | 'older' | 'newer'; readonly value: T; readonly reason: string } | { readonly outcome: 'unsupported'; readonly value: null; readonly reason: string; readonly advice: string };

/**
 * Chooses by what was announced: the same version; else, as far as versions are numbers, the next newer one, which knows
 * all that an older message has; else the newest, which passes over what came later (the extension rules of SBE 1.0).
 */
export function choose<T>(announced: Announced, offered: readonly Offered<T>[]): Chosen<T> {
	const { id, version } = announced;
	const ofId = offered.filter((one) => String(one.id) === String(id));
	const named = (all: readonly Offered<T>[]): string => all.map((one) => `${one.id} version ${one.version}`).join(', ') || 'nothing';
	if (ofId.length === 0) return { outcome: 'unsupported', value: null, reason: `${id} is none of those offered (${named(offered)})`, advice: `offer a parser for ${id}, or refuse what announces it` };
	const live = ofId.filter(({ oldest }) => oldest === undefined || typeof version !== 'number' || version >= oldest);
	if (live.length === 0) return { outcome: 'unsupported', value: null, reason: `version ${version} of ${id} is retired; the oldest that is read is ${Math.min(...ofId.map(({ oldest }) => oldest ?? 0))}`, advice: 'have the sender use a newer version, or offer a parser that still reads it' };
	const exact = live.find((one) => String(one.version) === String(version));
	if (exact !== undefined) return { outcome: 'exact', value: exact.value, reason: `version ${version} of ${id} is offered` };
	const ordered = typeof version === 'number' ? live.filter((one): one is Offered<T> & { readonly version: number } => typeof one.version === 'number').sort((a, b) => a.version - b.version) : [];
	const next = ordered.find((one) => one.version > (version as number)) ?? ordered.at(-1);
	if (next === undefined) return { outcome: 'unsupported', value: null, reason: `version ${version} of ${id} is not offered, and nothing says that another one reads it (${named(ofId)})`, advice: `offer a parser for version ${version}` };
	return next.version > (version as number)
		? { outcome: 'newer', value: next.value, reason: `version ${version} of ${id} is older than ${next.version}: what came later is null` }
		: { outcome: 'older', value: next.value, reason: `version ${version} of ${id} is newer than ${next.version}: what came later is passed over` };
}

/** What an SBE message's header announces: the schema's id and the version. Null where the bytes end within it, or the format has no such header. */
export function announcedBySbe(message: Uint8Array, { header }: WireFormat): { readonly id: number; readonly version: number } | null {
	const [schema] = header.constants;
	if (schema === undefined || header.version === null || message.length < header.size) return null;
	const read = ({ offset, bytes, endian }: { readonly offset: number; readonly bytes: number; readonly endian: 'little' | 'big' }): number => {
		let value = 0;
		for (let index = 0; index < bytes; index++) value = value * 256 + (message[endian === 'big' ? offset + index : offset + bytes - 1 - index] ?? 0);
		return value;
	};
	return { id: read(schema.place), version: read(header.version) };
}

/** An SBE format as an offer; null where its header names no schema and version. */
export function offeredBySbe({ header, version }: WireFormat): { readonly id: number; readonly version: number } | null {
	const [schema] = header.constants;
	return schema === undefined || header.version === null ? null : { id: Number(schema.value), version };
}

/** What a FIX logon (35=A) announces. */
export interface FixLogon extends Announced {
	/** BeginString (8): the session's version. */
	readonly id: string;
	/** DefaultApplVerID (1137) by its code where the session is FIXT; else the same as `id`. */
	readonly version: string;
	/** DefaultApplExtID (1407) and DefaultCstmApplVerID (1408), where they are there. */
	readonly extension: string | null;
	readonly custom: string | null;
}

/** The announcement of a FIX logon; null where the message is none. FIXT without DefaultApplVerID is none: the field is required. */
export function announcedByFixLogon(message: Uint8Array): FixLogon | null {
	const fields = new Map<string, string>();
	for (const field of new TextDecoder('latin1').decode(message.subarray(0, MOST_LOGON)).split('\x01')) {
		const equals = field.indexOf('=');
		if (equals > 0 && !fields.has(field.slice(0, equals))) fields.set(field.slice(0, equals), field.slice(equals + 1));
	}
	const id = fields.get('8');
	if (id === undefined || !id.startsWith('FIX') || fields.get('35') !== 'A') return null;
	const version = id.startsWith('FIXT') ? fields.get('1137') : id;
	return version === undefined || version === '' ? null : { id, version, extension: fields.get('1407') ?? null, custom: fields.get('1408') ?? null };
}
const MOST_LOGON = 8192;

/**
 * The subprotocol that a server agrees to (RFC 6455, 4.2.2): its first choice among those that the client lists.
 *
 * @param header the client's `Sec-WebSocket-Protocol`, several headers joined by commas; null where it sent none
 * @param offered names, the preferred one first
 * @returns the name to answer with; null where the header is to be left out of the answer
 */
export function agreeOnSubprotocol(header: string | null, offered: readonly string[]): string | null {
	const asked = listed(header);
	return offered.find((name) => asked.includes(name)) ?? null;
}

/**
 * What a client makes of the server's answer (RFC 6455, 4.1, step 6).
 *
 * @param asked names, in the order that they were sent
 * @returns the agreed name, or null for none; `fail` where the connection has to be failed, as the server named what was not asked for
 */
export function readSubprotocol(answer: string | null, asked: readonly string[]): { readonly outcome: 'agreed'; readonly name: string | null } | { readonly outcome: 'fail'; readonly reason: string } {
	if (answer === null) return { outcome: 'agreed', name: null };
	const names = listed(answer);
	const [name] = names;
	if (names.length !== 1 || name === undefined || !asked.includes(name)) return { outcome: 'fail', reason: `the server answers with the subprotocol "${answer}", and was asked for ${asked.join(', ') || 'none'}` };
	return { outcome: 'agreed', name };
}

const listed = (header: string | null): string[] =>
	(header ?? '')
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');

/** A SoupBinTCP login that was accepted: the session, and the number of the next sequenced message. */
export interface SoupLogin {
	readonly session: string;
	readonly next: number;
}

/** Reads a Login Accepted packet from its type on (SoupBinTCP 3.00, 2.2.2); null where it is none. */
export function readSoupLogin(packet: Uint8Array): SoupLogin | null {
	if (packet.length < 31 || packet[0] !== 0x41) return null;
	const text = String.fromCharCode(...packet.subarray(1, 31));
	const number = /^ *(\d+)$/.exec(text.slice(10));
	return number?.[1] === undefined ? null : { session: text.slice(0, 10).trim(), next: Number(number[1]) };
}

/** Where a stream goes on after a new login: `same` where nothing is lost, `gap` where messages are, `other` where it is another session, whose numbers and order books start anew. */
export function resumeSoup(login: SoupLogin, before: { readonly session: string; readonly expected: number }): { readonly outcome: 'same' | 'gap' | 'other'; readonly missing: number; readonly repeated: number } {
	if (login.session !== before.session) return { outcome: 'other', missing: 0, repeated: 0 };
	const missing = Math.max(0, login.next - before.expected);
	return { outcome: missing > 0 ? 'gap' : 'same', missing, repeated: Math.max(0, before.expected - login.next) };
}
