/**
 * Whether one tree parses slower than another: from the ratios to baselines that ran in the same process, never from
 * times, since machines differ from minute to minute.
 */
import { ratiosOf } from './measure.ts';
import type { CaseResult, Results } from './results.ts';
import { type Estimate, estimateGroupedMedian } from './statistics.ts';
import { BASELINES, TIERS } from './tiers.ts';

export interface RegressionOptions {
	/** Percent by which a ratio must be worse. */
	readonly threshold: number;
	/** What is judged. Default: all tiers. */
	readonly tiers?: readonly string[];
	/** What it is held against. Default: the bound and JSON.parse. */
	readonly baselines?: readonly string[];
}

/** One side's and the other side's ratio to a baseline; `change` is 0.1 where the second is 10 % longer. */
export interface RatioChange {
	readonly baseline: string;
	readonly before: Estimate;
	readonly after: Estimate;
	readonly change: number;
	/** Whether the intervals have nothing in common. */
	readonly disjoint: boolean;
}

export interface TierComparison {
	readonly group: string;
	readonly case: string;
	readonly tier: string;
	readonly changes: readonly RatioChange[];
	/**
	 * `slower` (or `faster`) only where every baseline says so: the intervals are disjoint and the ratio differs by more
	 * than the threshold. One baseline alone may have had a bad day itself.
	 */
	readonly verdict: 'slower' | 'faster' | 'same';
}

export interface ComparisonSummary {
	readonly comparisons: readonly TierComparison[];
	/** Cases or tiers that only one side has, in words. */
	readonly missing: readonly string[];
	readonly isRegression: boolean;
}

/** Each side as the results of its runs, one a process. Cases meet by group and name. */
export function compareResults(before: readonly Results[], after: readonly Results[], { threshold, tiers = TIERS, baselines = BASELINES }: RegressionOptions): ComparisonSummary {
	if (!(threshold >= 0)) throw new RangeError(`tickforge bench: a threshold of ${threshold} percent has no meaning; give a number from 0`);
	const comparisons: TierComparison[] = [];
	const missing: string[] = [];
	const keys = new Set([...before, ...after].flatMap(({ cases }) => cases.map(keyOf)));
	for (const key of keys) {
		const old = casesOf(before, key);
		const fresh = casesOf(after, key);
		const named = (old[0] ?? fresh[0]) as CaseResult;
		if (old.length === 0 || fresh.length === 0) {
			missing.push(`${named.group}: ${named.name} was measured only ${old.length === 0 ? 'after' : 'before'}`);
			continue;
		}
		for (const tier of tiers) {
			const isOld = old.some((result) => has(result, tier));
			const isFresh = fresh.some((result) => has(result, tier));
			if (isOld !== isFresh) missing.push(`${named.group}: ${named.name}: the ${tier} tier was measured only ${isOld ? 'before' : 'after'}`);
			if (!isOld || !isFresh) continue;
			const changes = baselines.flatMap((baseline) => changeOf(baseline, ratioGroups(old, tier, baseline), ratioGroups(fresh, tier, baseline)));
			if (changes.length > 0) comparisons.push({ group: named.group, case: named.name, tier, changes, verdict: verdictOf(changes, threshold / 100) });
		}
	}
	return { comparisons, missing, isRegression: comparisons.some(({ verdict }) => verdict === 'slower') };
}

const keyOf = ({ group, name }: CaseResult): string => `${group}\n${name}`;
const casesOf = (results: readonly Results[], key: string): CaseResult[] => results.flatMap(({ cases }) => cases.filter((result) => keyOf(result) === key));
const has = (result: CaseResult, candidate: string): boolean => result.candidates.some(({ name }) => name === candidate);

/** Ratios of the same round, in one list for each process. */
function ratioGroups(cases: readonly CaseResult[], tier: string, baseline: string): number[][] {
	return cases.map(({ candidates }) => {
		const of = candidates.find(({ name }) => name === tier);
		const to = candidates.find(({ name }) => name === baseline);
		return of === undefined || to === undefined ? [] : ratiosOf(of, to);
	});
}

function changeOf(baseline: string, old: readonly (readonly number[])[], fresh: readonly (readonly number[])[]): RatioChange[] {
	const before = estimateGroupedMedian(old);
	const after = estimateGroupedMedian(fresh);
	if (before.count === 0 || after.count === 0) return [];
	return [{ baseline, before, after, change: after.median / before.median - 1, disjoint: after.low > before.high || after.high < before.low }];
}

function verdictOf(changes: readonly RatioChange[], threshold: number): TierComparison['verdict'] {
	if (changes.every(({ change, disjoint }) => disjoint && change > threshold)) return 'slower';
	// As much faster as `slower` is slower: 1 / (1 + threshold).
	return changes.every(({ change, disjoint }) => disjoint && change < 1 / (1 + threshold) - 1) ? 'faster' : 'same';
}
