/** What the counts of branches mean, in words. */
import { type BranchCount, type BranchSite, takenOf } from '../wasm/branches.ts';
import { byTimes } from './branch-profile.ts';

export interface BranchVerdict {
	/** `note`: worth knowing. `bad`: costs something; the text says what helps. */
	readonly weight: 'note' | 'bad';
	readonly function: string;
	/** Key of the site; null where it is about the function. */
	readonly key: string | null;
	/** How often what it is about happened: for sorting. */
	readonly times: number;
	readonly text: string;
}

/** Below so many nothing is said. */
const ENOUGH = 64;
/** Between these shares a branch is hard to predict. */
const UNPREDICTABLE = 0.2;
/** A better order is worth a word from so many tests a time on. */
const WORTH_ORDERING = 0.1;
/** A fast path should succeed so often. */
const SELDOM = 0.5;

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : share > 0.99 && share < 1 ? 2 : 0)} %`;

/** How often control came to a site. */
export function reachedOf({ kind, counts }: Pick<BranchCount, 'kind' | 'counts'>): number {
	return kind === 'switch' ? counts.reduce((sum, one) => sum + one, 0) : kind === 'loop' ? (counts[1] ?? 0) : (counts[0] ?? 0);
}

/** Of one branch; null where nothing is to be said of it. */
export function branchVerdict(site: BranchCount): BranchVerdict | null {
	const branch = takenOf(site);
	const { function: name, key, likely } = site;
	if (branch === null) return null;
	const { reached, taken } = branch;
	if (reached < ENOUGH) return null;
	const share = taken / reached;
	const verdict = (weight: BranchVerdict['weight'], text: string, times = reached): BranchVerdict => ({ weight, function: name, key, times, text });
	if (likely !== null && (likely ? share < 0.5 : share > 0.5)) return verdict('bad', `the code says ${likely ? 'likely' : 'unlikely'}, and ${percent(share)} of ${count(reached)} were taken`);
	if (share > UNPREDICTABLE && share < 1 - UNPREDICTABLE) return verdict('note', `unpredictable, unless there is a pattern: ${percent(share)} of ${count(reached)} taken`, Math.min(taken, reached - taken));
	if (taken === 0 || taken === reached) return verdict('note', `${taken === 0 ? 'never' : 'always'} taken in ${count(reached)}`);
	return null;
}

/** All that is worth a word, what happened most often first, the bad before the rest. */
export function branchVerdicts(counted: readonly BranchCount[]): BranchVerdict[] {
	const verdicts = counted.flatMap((site) => branchVerdict(site) ?? []);
	verdicts.push(...orderVerdicts(counted), ...fastPathVerdicts(counted));
	return verdicts.sort((a, b) => Number(b.weight === 'bad') - Number(a.weight === 'bad') || b.times - a.times);
}

const named = (key: string): string | null => /^'(.*)'(?: \(\d+\))?$/s.exec(key)?.[1] ?? null;

/** Functions that compare one after the other until one fits: keys of an object, first texts of variants. */
function orderVerdicts(counted: readonly BranchCount[]): BranchVerdict[] {
	const chains: { name: string; what: string; tests: { name: string; times: number }[] }[] = [];
	const ofFunction = Map.groupBy(counted, (site) => site.function);
	const accepted = new Map([...ofFunction].flatMap(([name, sites]) => (name.startsWith('accept ') ? [[name.slice('accept '.length), sites.filter(({ kind, key }) => kind === 'count' && key.startsWith("'accepted")).reduce((sum, { counts }) => sum + (counts[0] ?? 0), 0)] as const] : [])));
	for (const [name, sites] of ofFunction) {
		if (name.startsWith('key ')) {
			const keys = sites.filter(({ kind, key }) => kind === 'if' && named(key) !== null && !key.startsWith("'length "));
			chains.push({ name, what: 'keys', tests: keys.map((site) => ({ name: named(site.key) as string, times: takenOf(site)?.taken ?? 0 })) });
		}
		if (name === 'guess' || name === 'select') {
			const ending = name === 'guess' ? /^'(.*): start'/s : /^'selected (.*)'/s;
			const variants = sites.flatMap(({ key, counts }) => {
				const variant = ending.exec(key)?.[1];
				return variant === undefined ? [] : [{ name: variant, times: name === 'guess' ? (accepted.get(variant) ?? 0) : (counts[0] ?? 0) }];
			});
			chains.push({ name, what: 'variants', tests: variants });
		}
	}
	return chains.flatMap(({ name, what, tests }): BranchVerdict[] => {
		const all = tests.reduce((sum, { times }) => sum + times, 0);
		if (all < ENOUGH) return [];
		const cost = (order: typeof tests): number => order.reduce((sum, { times }, at) => sum + times * (at + 1), 0) / all;
		const best = byTimes(tests, ({ times }) => times);
		const saved = cost(tests) - cost(best);
		if (saved < WORTH_ORDERING) return [];
		const first = best.filter(({ times }) => times > 0).slice(0, 5);
		const shown = first.map((one) => `${one.name} ${percent(one.times / all)}`).join(', ');
		return [{ weight: 'bad', function: name, key: null, times: all, text: `${cost(tests).toFixed(1)} ${what} are tried a time, and ${cost(best).toFixed(1)} in the order ${shown}${best.length > first.length ? ', …' : ''}: a branch profile does that, where the order is free` }];
	});
}

function fastPathVerdicts(counted: readonly BranchCount[]): BranchVerdict[] {
	return [...Map.groupBy(counted, (site) => site.function)].flatMap(([name, sites]): BranchVerdict[] => {
		const times = (key: string): number => sites.find((site) => site.key === `'${key}'`)?.counts[0] ?? 0;
		const tried = times('fast path tried');
		const fast = times('accepted by the fast path');
		if (!name.startsWith('accept ') || tried < ENOUGH || fast >= tried * SELDOM) return [];
		return [{ weight: 'bad', function: name, key: null, times: tried, text: `the fast path succeeds in ${percent(fast / tried)} of ${count(tried)} tries: the messages are spelled in another way than the schema orders them, or guesses are wrong` }];
	});
}

/** A switch's cases, the most frequent first. */
export function casesOf({ counts, cases }: Pick<BranchCount, 'counts'> & Pick<BranchSite, 'cases'>): { readonly name: string; readonly times: number; readonly share: number }[] {
	const all = counts.reduce((sum, one) => sum + one, 0);
	return byTimes(
		counts.map((times, at) => ({ name: cases?.[at] ?? (at === counts.length - 1 ? 'else' : String(at)), times, share: all === 0 ? 0 : times / all })),
		({ times }) => times,
	).filter(({ times }) => times > 0);
}
