/**
 * What was counted at the branches of a generated parser, as a file, and what a generator takes from it. The counts say
 * only which of several equal ways comes first and what an engine may expect, so a damaged or hostile file can make a
 * parser slow, never wrong. A count belongs to a function's name and a site's key (wasm/branches.ts); what names nothing
 * in the module that is generated says nothing.
 */
import type { Schema } from '../schema/model.ts';
import { version as programVersion } from '../version.ts';
import { type BranchCount, type LikelyOf, takenOf } from '../wasm/branches.ts';
import { schemaFingerprint } from './layout-profile.ts';

export const BRANCH_PROFILE_FORMAT = 'tickforge branch profile';
export const BRANCH_PROFILE_VERSION = 1;
/** A profile with more than this is none of ours: the largest preset has a tenth of it. */
const MOST_CHARACTERS = 2 ** 25;
const MOST_FUNCTIONS = 65536;
const MOST_SITES = 2 ** 20;
const MOST_COUNTERS = 2 ** 21;

export interface BranchProfile {
	readonly format: typeof BRANCH_PROFILE_FORMAT;
	readonly version: typeof BRANCH_PROFILE_VERSION;
	/** The program that counted: another one's branches are others. */
	readonly program: string;
	readonly schema: { readonly name: string; readonly version: number; readonly fingerprint: string };
	/** One a function, in the order of the module. */
	readonly functions: readonly BranchProfileFunction[];
}

export interface BranchProfileFunction {
	readonly name: string;
	readonly sites: readonly BranchProfileSite[];
}

/** A site that was reached. */
export interface BranchProfileSite {
	readonly key: string;
	/** As wasm/branches.ts orders them; of `if` and `branchIf`: reached, taken. */
	readonly counts: readonly number[];
}

/** Only what was reached is kept. */
export function createBranchProfile(schema: Schema, counted: readonly BranchCount[]): BranchProfile {
	const functions = new Map<string, BranchProfileSite[]>();
	for (const site of counted) {
		if (site.counts.every((count) => count === 0)) continue;
		const taken = takenOf(site);
		const sites = functions.get(site.function) ?? [];
		sites.push({ key: site.key, counts: taken === null ? site.counts : [taken.reached, taken.taken] });
		functions.set(site.function, sites);
	}
	return {
		format: BRANCH_PROFILE_FORMAT,
		version: BRANCH_PROFILE_VERSION,
		program: programVersion,
		schema: { name: schema.name, version: schema.version, fingerprint: schemaFingerprint(schema) },
		functions: [...functions].map(([name, sites]) => ({ name, sites })),
	};
}

/** @throws where the text is no branch profile that this program can use; the message says what is wrong */
export function parseBranchProfile(text: string): BranchProfile {
	const fail = (what: string): never => {
		throw new Error(`tickforge: this is no branch profile: ${what}`);
	};
	if (text.length > MOST_CHARACTERS) return fail(`it has ${text.length} characters, more than ${MOST_CHARACTERS}`);
	let data: unknown;
	try {
		data = JSON.parse(text);
	} catch (error) {
		return fail(error instanceof Error ? error.message : String(error));
	}
	const mistake = mistakeInBranchProfile(data);
	return mistake === null ? copyOf(data as BranchProfile) : fail(mistake);
}

/** What is wrong with what should be a profile, in words; null where nothing is. Bounded, whatever it is given. */
export function mistakeInBranchProfile(data: unknown): string | null {
	if (typeof data !== 'object' || data === null) return 'it is no object';
	const { format, version, program, schema, functions } = data as Record<string, unknown>;
	if (format !== BRANCH_PROFILE_FORMAT) return `its "format" is not "${BRANCH_PROFILE_FORMAT}"`;
	if (version !== BRANCH_PROFILE_VERSION) return `its version is ${show(version)}, and this program reads version ${BRANCH_PROFILE_VERSION}`;
	if (program !== programVersion) return `tickforge ${show(program)} counted it, and this is ${programVersion}, whose branches are others: count again (tickforge inspect --branches)`;
	if (typeof schema !== 'object' || schema === null) return 'it names no schema';
	const { name, version: schemaVersion, fingerprint } = schema as Record<string, unknown>;
	if (typeof name !== 'string' || typeof schemaVersion !== 'number' || typeof fingerprint !== 'string') return 'its schema has no name, version and fingerprint';
	if (!Array.isArray(functions)) return 'it has no list of functions';
	if (functions.length > MOST_FUNCTIONS) return `it has ${functions.length} functions, more than ${MOST_FUNCTIONS}`;
	let sitesLeft = MOST_SITES;
	let countersLeft = MOST_COUNTERS;
	for (const [index, entry] of functions.entries()) {
		const { name: functionName, sites } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
		if (typeof functionName !== 'string' || !Array.isArray(sites)) return `function ${index} has no name and sites`;
		sitesLeft -= sites.length;
		if (sitesLeft < 0) return `it has more than ${MOST_SITES} sites`;
		for (const site of sites) {
			const { key, counts } = (typeof site === 'object' && site !== null ? site : {}) as Record<string, unknown>;
			if (typeof key !== 'string' || !Array.isArray(counts)) return `a site of ${functionName.slice(0, 100)} has no key and counts`;
			countersLeft -= counts.length;
			if (countersLeft < 0) return `it has more than ${MOST_COUNTERS} counts`;
			if (!counts.every(isCount)) return `a count of ${functionName.slice(0, 100)}, ${key.slice(0, 100)} is no whole number from 0 to 2^53 - 1`;
		}
	}
	return null;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const show = (value: unknown): string => String(typeof value === 'object' ? typeof value : value).slice(0, 40);

/** Without members that are none of a profile's. */
function copyOf({ schema, functions }: BranchProfile): BranchProfile {
	return {
		format: BRANCH_PROFILE_FORMAT,
		version: BRANCH_PROFILE_VERSION,
		program: programVersion,
		schema: { name: schema.name, version: schema.version, fingerprint: schema.fingerprint },
		functions: functions.map(({ name, sites }) => ({ name, sites: sites.map(({ key, counts }) => ({ key, counts: [...counts] })) })),
	};
}

/** Profiles of the same schema as one: counts are added. @throws where they are of different schemas */
export function mergeBranchProfiles(profiles: readonly BranchProfile[]): BranchProfile {
	const [first] = profiles;
	if (first === undefined) throw new Error('tickforge: there is no branch profile to merge');
	const merged = new Map<string, Map<string, number[]>>();
	for (const profile of profiles) {
		if (profile.schema.fingerprint !== first.schema.fingerprint) throw new Error(`tickforge: a branch profile of "${profile.schema.name}" v${profile.schema.version} cannot be merged with one of "${first.schema.name}" v${first.schema.version}: their schemas differ`);
		for (const { name, sites } of profile.functions) {
			const known = merged.get(name) ?? new Map<string, number[]>();
			merged.set(name, known);
			for (const { key, counts } of sites) {
				const sums = known.get(key) ?? [];
				counts.forEach((count, index) => {
					sums[index] = Math.min(Number.MAX_SAFE_INTEGER, (sums[index] ?? 0) + count);
				});
				known.set(key, sums);
			}
		}
	}
	return { ...first, functions: [...merged].map(([name, sites]) => ({ name, sites: [...sites].map(([key, counts]) => ({ key, counts })) })) };
}

/** Below this many times reached, nothing is concluded. */
const ENOUGH = 64;
/** From this share on a branch is likely, and below its complement unlikely. */
const LIKELY = 0.95;

/** A profile as generators ask it. */
export interface BranchAnswers {
	/** For `createModule`. */
	readonly likely: LikelyOf;
	/** How often a named branch was taken, or a named place passed; 0 where the profile says nothing. */
	times(functionName: string, name: string): number;
}

/** @throws where what was given is no profile, or of another schema */
export function followBranchProfile(profile: BranchProfile, schema: Schema): BranchAnswers {
	const mistake = mistakeInBranchProfile(profile);
	if (mistake !== null) throw new Error(`tickforge: this is no branch profile: ${mistake}`);
	if (profile.schema.fingerprint !== schemaFingerprint(schema)) throw new Error(`tickforge: the branch profile is of "${profile.schema.name}" v${profile.schema.version} as it was then, and the schema here is "${schema.name}" v${schema.version}: count again (tickforge inspect --branches)`);
	const functions = new Map(profile.functions.map(({ name, sites }) => [name, new Map(sites.map(({ key, counts }) => [key, counts]))]));
	return {
		likely(functionName, key, given) {
			// Named ones come in another order than when they were counted: the share is another one now.
			const counts = key.startsWith("'") ? undefined : functions.get(functionName)?.get(key);
			if (counts === undefined) return given;
			const [reached = 0, taken = 0] = counts;
			if (counts.length !== 2 || reached < ENOUGH) return given;
			const share = taken / reached;
			return share >= LIKELY ? true : share <= 1 - LIKELY ? false : undefined;
		},
		times: (functionName, name) => functions.get(functionName)?.get(`'${name}'`)?.at(-1) ?? 0,
	};
}

/** Sorted by how often, most often first; equal ones stay in their order. */
export function byTimes<T>(items: readonly T[], times: (item: T) => number): T[] {
	return items
		.map((item, index) => ({ item, index, often: times(item) }))
		.sort((a, b) => b.often - a.often || a.index - b.index)
		.map(({ item }) => item);
}

/**
 * As {@link byTimes}, but an item only passes one before it where the two `mayPass` each other: a first match among the
 * items is the same in either order, where only those pass each other of which never two match.
 */
export function byTimesWithin<T>(items: readonly T[], times: (item: T) => number, mayPass: (a: T, b: T) => boolean): T[] {
	const rest = items.map((item, index) => ({ item, index, often: times(item) }));
	const ordered: T[] = [];
	while (rest.length > 0) {
		let best = -1;
		for (let candidate = 0; candidate < rest.length; candidate++) {
			const { item, often } = rest[candidate] as { item: T; often: number };
			if (best >= 0 && often <= (rest[best] as { often: number }).often) continue;
			if (rest.slice(0, candidate).every((before) => mayPass(before.item, item))) best = candidate;
		}
		ordered.push((rest.splice(best, 1)[0] as { item: T }).item);
	}
	return ordered;
}
