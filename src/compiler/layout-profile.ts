/**
 * What a parser has learned, as a file: the messages whose layouts it knows, one for each layout. It is read by learning
 * those messages again, so it holds nothing that a program would have to trust: a message that the schema does not accept
 * is left out, and what a layout lets through is decided by the learner of the version that reads it.
 */
import type { Schema } from '../schema/model.ts';
import { canonicalJson } from './canonical-json.ts';

export const PROFILE_FORMAT = 'tickforge layout profile';
export const PROFILE_VERSION = 1;
/** A profile with more messages than this is none of ours. */
const MOST_MESSAGES = 65536;

export interface LayoutProfile {
	readonly format: typeof PROFILE_FORMAT;
	readonly version: typeof PROFILE_VERSION;
	readonly schema: { readonly name: string; readonly version: number; readonly fingerprint: string };
	/** In the order in which they were met. */
	readonly messages: readonly ProfileMessage[];
}
export interface ProfileMessage {
	/** Name of the variant. */
	readonly variant: string;
	readonly text: string;
	/** How many messages were looked at that taught nothing beyond this one, with this one. */
	readonly met: number;
}

/** The same for the same schema; another one for any other. FNV-1a of 64 bits over its canonical JSON: no secret. */
export function schemaFingerprint(schema: Schema): string {
	let hash = 0xcbf29ce484222325n;
	for (const byte of new TextEncoder().encode(canonicalJson(schema))) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
	return hash.toString(16).padStart(16, '0');
}

export function createProfile(schema: Schema, messages: readonly ProfileMessage[]): LayoutProfile {
	return { format: PROFILE_FORMAT, version: PROFILE_VERSION, schema: { name: schema.name, version: schema.version, fingerprint: schemaFingerprint(schema) }, messages };
}

/** @throws where the text is no profile; the message says what is wrong */
export function parseProfile(text: string): LayoutProfile {
	const fail = (what: string): never => {
		throw new Error(`tickforge: this is no layout profile: ${what}`);
	};
	let data: unknown;
	try {
		data = JSON.parse(text);
	} catch (error) {
		return fail(error instanceof Error ? error.message : String(error));
	}
	if (typeof data !== 'object' || data === null) return fail('it is no object');
	const { format, version, schema, messages } = data as Record<string, unknown>;
	if (format !== PROFILE_FORMAT) return fail(`its "format" is not "${PROFILE_FORMAT}"`);
	if (version !== PROFILE_VERSION) return fail(`its version is ${String(version)}, and this program reads version ${PROFILE_VERSION}`);
	if (typeof schema !== 'object' || schema === null) return fail('it names no schema');
	const { name, version: schemaVersion, fingerprint } = schema as Record<string, unknown>;
	if (typeof name !== 'string' || typeof schemaVersion !== 'number' || typeof fingerprint !== 'string') return fail('its schema has no name, version and fingerprint');
	if (!Array.isArray(messages)) return fail('it has no list of messages');
	if (messages.length > MOST_MESSAGES) return fail(`it has ${messages.length} messages, more than ${MOST_MESSAGES}`);
	const checked = messages.map((entry: unknown, index): ProfileMessage => {
		const { variant, text: content, met } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
		if (typeof variant !== 'string' || typeof content !== 'string') return fail(`message ${index} has no variant and text`);
		return { variant, text: content, met: typeof met === 'number' && met >= 1 ? Math.min(Math.floor(met), Number.MAX_SAFE_INTEGER) : 1 };
	});
	return { format: PROFILE_FORMAT, version: PROFILE_VERSION, schema: { name, version: schemaVersion, fingerprint }, messages: checked };
}

/**
 * Profiles of the same schema as one; messages that are the same but for their digits are counted together.
 *
 * @throws where they are of different schemas
 */
export function mergeProfiles(profiles: readonly LayoutProfile[]): LayoutProfile {
	const [first] = profiles;
	if (first === undefined) throw new Error('tickforge: there is no profile to merge');
	const merged = new Map<string, { variant: string; text: string; met: number }>();
	for (const profile of profiles) {
		if (profile.schema.fingerprint !== first.schema.fingerprint) throw new Error(`tickforge: a profile of "${profile.schema.name}" v${profile.schema.version} cannot be merged with one of "${first.schema.name}" v${first.schema.version}: their schemas differ`);
		for (const { variant, text, met } of profile.messages) {
			const key = `${variant} ${outline(text)}`;
			const known = merged.get(key);
			if (known === undefined) merged.set(key, { variant, text, met });
			else known.met += met;
		}
	}
	return { ...first, messages: [...merged.values()] };
}

/** A message with every digit as `#`: how people see a layout. */
export function outline(text: string): string {
	return text.replace(/[0-9]/g, '#');
}
