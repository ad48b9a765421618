/** tickforge's tiers as candidates: each parses the whole window, or so many messages of it, into batches that are dropped. */
import type { TieringStatistics } from '../src/compiler/tiering.ts';
import { type AnyBatch, type Arena, compile, DESCRIPTOR, json, type Schema, type Tier } from '../src/index.ts';
import { goThrough, type Input } from './input.ts';
import { type Candidate, now } from './measure.ts';
import { SLOW_TIERS } from './tiers.ts';

const SLOW_MESSAGES = 2000;

export interface TierCandidate extends Candidate {
	/** Messages that it refused, of those it was given in all. */
	refused(): number;
	/** What the tier says about itself; empty where it has nothing to say. */
	about(): readonly string[];
	close(): void;
}

export interface TierOptions {
	readonly schema: Schema;
	readonly arena: Arena;
	readonly input: Input;
	/** Messages a run. */
	readonly messages: number;
	readonly rows: number;
	readonly items: number;
	/** Every message must be accepted and make one row; a run throws where it is not so. */
	readonly strict: boolean;
}

/** Hit rate, code and memory, what learning and compiling took. */
function layoutsNote(tier: Tier, { state, recentShare, taken, missed, shapes, cacheBytes, moduleBytes, modules, compileMilliseconds, learnMilliseconds, stepsAside, relearned, longestPauseMilliseconds }: TieringStatistics): string {
	const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
	const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;
	return `${tier} tier: ${state}, hit rate ${percent(recentShare)} (${percent(taken / Math.max(1, taken + missed))} since the first module); ${shapes} shapes, names in ${kibibytes(cacheBytes)}; code ${kibibytes(moduleBytes)}, ${modules} ${modules === 1 ? 'module' : 'modules'} in ${compileMilliseconds.toFixed(0)} ms; learned in ${learnMilliseconds.toFixed(0)} ms; given up ${stepsAside}, learned again ${relearned}; longest pause ${longestPauseMilliseconds.toFixed(1)} ms`;
}

/** @throws Error (in `run`) where rows are missing: a parser that refuses is fast, and its time worth nothing */
export function tierCandidate(tier: Tier, { schema, arena, input, messages, rows, items, strict }: TierOptions): TierCandidate {
	let got = 0;
	const onBatch = (batch: AnyBatch<Schema>): void => {
		got += batch.rows;
	};
	const parser = compile(json(schema), { tier, arena, rows, items, onBatch });
	const isSlow = SLOW_TIERS.includes(tier);
	const many = isSlow ? Math.min(messages, SLOW_MESSAGES) : messages;
	const take = (first: number, count: number): void => parser.parseMany(input.table + first * DESCRIPTOR.size, count);
	return {
		name: tier,
		every: isSlow ? 2 : 1,
		run() {
			got = 0;
			const start = now();
			goThrough(input.entries, many, take);
			parser.flush();
			const nanoseconds = (now() - start) / many;
			if (strict && (got !== many || parser.statistics().refused > 0)) throw new Error(`tickforge bench: the ${tier} tier gave ${got} rows for ${many} messages of ${schema.name}`);
			return nanoseconds;
		},
		refused: () => parser.statistics().refused,
		about() {
			const { layouts } = parser.statistics();
			return layouts === null ? [] : [layoutsNote(tier, layouts)];
		},
		close: () => parser.dispose(),
	};
}
