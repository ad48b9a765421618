/** What a run of the benchmarks leaves: a plain value, kept as JSON, drawn as a page, compared with another. */
import type { Machine } from './machine.ts';
import { type Measurement, ratioOf } from './measure.ts';
import type { Estimate } from './statistics.ts';
import { BASELINES, TIERS } from './tiers.ts';

export const GROUPS = ['parsers', 'captures', 'kernels', 'end-to-end'] as const;
export type Group = (typeof GROUPS)[number];

export interface CandidateResult extends Measurement {
	readonly gigabytesPerSecond: number;
	/** This candidate's time by that of another in the same round: by the bound, by JSON.parse, by each tier. */
	readonly ratios: Readonly<Record<string, Estimate>>;
}

/** Candidates that did the same work. */
export interface CaseResult {
	readonly group: Group;
	/** Tells the case from all others of its group. */
	readonly name: string;
	/** Where the name comes from: type, mix, symbols, … */
	readonly parameters: Readonly<Record<string, string | number>>;
	/** What times are of: a message, a number, … */
	readonly unit: string;
	/** Mean bytes of a unit. */
	readonly bytes: number;
	readonly candidates: readonly CandidateResult[];
	/** What a reader of the figures must know. */
	readonly notes: readonly string[];
}

export interface HeapResult {
	readonly type: string;
	readonly bytesPerMessage: number;
	readonly collections: number;
	readonly messages: number;
}

export interface Results {
	readonly format: 1;
	readonly machine: Machine;
	/** The command line. */
	readonly options: readonly string[];
	readonly cases: readonly CaseResult[];
	readonly heap: readonly HeapResult[];
	/** What was left out, and why. */
	readonly skipped: readonly string[];
}

export function createCase(about: Omit<CaseResult, 'candidates' | 'notes'> & { readonly notes?: readonly string[] }, measurements: readonly Measurement[], comparedTo: readonly string[] = [...BASELINES, ...TIERS]): CaseResult {
	const others = measurements.filter(({ name }) => comparedTo.includes(name));
	return {
		...about,
		notes: about.notes ?? [],
		candidates: measurements.map((measurement) => ({
			...measurement,
			gigabytesPerSecond: about.bytes / measurement.time.median,
			ratios: Object.fromEntries(others.filter((other) => other !== measurement).map((other) => [other.name, ratioOf(measurement, other)])),
		})),
	};
}
