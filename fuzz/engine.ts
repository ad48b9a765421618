/**
 * The engine: inputs that reached something new are kept and changed again. One seed gives one sequence of inputs,
 * whatever the clock says; only how many of them run depends on time.
 */
import { createRandom } from '../src/simulate/random.ts';
import { noCoverage } from './coverage.ts';
import { type Input, type Parts, sizeOf } from './input.ts';
import { createMutator } from './mutate.ts';
import type { OpenTarget } from './target.ts';

export interface FuzzOptions {
	readonly parts: Parts;
	readonly seed: number;
	/** Stops after so many runs. Default never. */
	readonly runs?: number;
	/** Asked now and then whether it is time to stop. */
	readonly isOver?: () => boolean;
	/** False: nothing is kept, only seeds are changed. Default true. */
	readonly guided?: boolean;
	/** Inputs of earlier times, besides the seeds. */
	readonly corpus?: readonly Input[];
	/** Goes on after a failure, for others; of each kind one is told. Default false. */
	readonly keepGoing?: boolean;
	/** Hears each input before it runs. */
	readonly before?: (input: Input) => void;
	/** Hears each input that is kept. */
	readonly kept?: (input: Input) => void;
	readonly failed?: (failure: Failure) => void;
}

export interface Failure {
	readonly input: Input;
	readonly what: string;
	/** Failures of one kind have the same cause, most likely. */
	readonly kind: string;
}

export interface FuzzSummary {
	readonly runs: number;
	/** Inputs at the end. */
	readonly corpus: number;
	/** Places that they reach. */
	readonly reached: number;
	/** Made small. */
	readonly failures: readonly Failure[];
}

interface Entry {
	readonly input: Input;
	/** Places that it was the first to reach. */
	readonly found: number;
	picks: number;
	/** Single bytes that were tried in it: 256 for each place, one after the other. */
	walked: number;
}

/** Entries that count as new, and one run of so many that walks through one of them. */
const NEWEST = 16;
const WALKS = 4;
/** Runs that making a failing input small may take. */
const MINIMISING = 4000;
/** Kinds of failure after which even `keepGoing` stops. */
const MOST_KINDS = 20;

export async function fuzz(target: OpenTarget, options: FuzzOptions): Promise<FuzzSummary> {
	const { parts, seed, runs: most = Number.POSITIVE_INFINITY, guided = true, keepGoing = false } = options;
	const coverage = guided ? target.coverage : noCoverage;
	const random = createRandom(seed);
	const mutate = createMutator(random, { words: target.words, parts, longest: target.longest ?? 4096 });
	const corpus: Entry[] = [];
	const failures: Failure[] = [];
	let runs = 0;
	const isOver = (): boolean => runs >= most || (failures.length > 0 && !keepGoing) || failures.length >= MOST_KINDS || options.isOver?.() === true;
	const runOne = async (input: Input): Promise<string | null> => {
		runs++;
		options.before?.(input);
		return whatFails(target, input);
	};
	const report = async (input: Input, what: string): Promise<void> => {
		const kind = kindOf(what);
		if (failures.some((known) => known.kind === kind)) return;
		const smaller = await minimise(input, async (candidate) => {
			const found = await runOne(candidate);
			return found !== null && kindOf(found) === kind;
		});
		const failure = { input: smaller, what: (await runOne(smaller)) ?? what, kind };
		coverage.clear();
		failures.push(failure);
		options.failed?.(failure);
	};
	/** Runs inputs, and keeps those that reach something new. Asking what ran is dear, so many are asked about at once. */
	const explore = async (inputs: readonly Input[]): Promise<void> => {
		const isOne = inputs.length === 1;
		let wrong: { readonly input: Input; readonly what: string } | null = null;
		for (const input of inputs) {
			const what = await runOne(input);
			if (what !== null) wrong ??= { input, what };
		}
		const found = coverage.fresh(isOne);
		if (wrong !== null) await report(wrong.input, wrong.what);
		if (found === 0) return;
		if (isOne) {
			const [input] = inputs as [Input];
			if (wrong !== null) return;
			corpus.push({ input, found, picks: 0, walked: 0 });
			options.kept?.(input);
			return;
		}
		const half = inputs.length >> 1;
		await explore(inputs.slice(0, half));
		await explore(inputs.slice(half));
	};

	coverage.clear();
	for (const input of [...target.seeds, ...(options.corpus ?? [])]) {
		if (isOver()) break;
		await explore([input]);
	}
	const newest = (): Entry => corpus.at(-1 - random.below(Math.min(corpus.length, NEWEST))) as Entry;
	// Seeds that reach nothing of their own still lend bytes.
	const lenders = target.seeds.length > 0 ? target.seeds : [[new Uint8Array(0)]];
	const choose = (): Input => {
		if (corpus.length === 0) return random.pick(lenders);
		const way = random.below(4);
		if (way === 0) return random.pick(lenders);
		// Else the best of three: found much, tried little, small.
		const entry = way === 1 ? newest() : best([random.pick(corpus), random.pick(corpus), random.pick(corpus)]);
		entry.picks++;
		return entry.input;
	};
	const next = (): Input => (corpus.length > 0 && random.below(WALKS) === 0 ? walk(newest()) : null) ?? mutate(choose(), choose());
	while (!isOver()) await explore(Array.from({ length: Math.min(coverage.together, most - runs) }, next));
	return { runs, corpus: corpus.length, reached: coverage.reached, failures };
}

/** The input with the next single byte that was not tried in it; null where all were. What wants one certain byte after the other is found so. */
function walk(entry: Entry): Input | null {
	let place = entry.walked >> 8;
	for (const [which, part] of entry.input.entries()) {
		if (place >= part.length) {
			place -= part.length;
			continue;
		}
		const copy = part.slice();
		copy[place] = entry.walked++ & 0xff;
		return entry.input.with(which, copy);
	}
	return null;
}

function best(entries: readonly Entry[]): Entry {
	const worth = ({ input, found, picks }: Entry): number => (found + 1) / (picks + 1) / Math.log2(8 + sizeOf(input));
	return entries.reduce((one, other) => (worth(other) > worth(one) ? other : one));
}

/** Runs an input once; an exception is a failure, too. */
export async function whatFails(target: OpenTarget, input: Input): Promise<string | null> {
	try {
		const result = target.run(input);
		return result instanceof Promise ? await result : result;
	} catch (error) {
		return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : `threw ${String(error)}`;
	}
}

/** The first line, without what numbers it has. */
export function kindOf(what: string): string {
	return (what.split('\n', 1)[0] as string).replace(/-?\d+/g, '#').slice(0, 160);
}

/** A smaller input for which `fails` is still true: parts left out, then stretches of bytes, then bytes made plain. */
export async function minimise(input: Input, fails: (input: Input) => Promise<boolean>, most = MINIMISING): Promise<Input> {
	let left = most;
	let smallest = input;
	const attempt = async (candidate: Input): Promise<boolean> => {
		if (left-- <= 0 || !(await fails(candidate))) return false;
		smallest = candidate;
		return true;
	};
	for (let before = -1; before !== sizeOf(smallest) + smallest.length && left > 0; ) {
		before = sizeOf(smallest) + smallest.length;
		for (let index = smallest.length - 1; index >= 0 && smallest.length > 1; index--) await attempt(smallest.toSpliced(index, 1));
		for (let which = 0; which < smallest.length; which++) {
			for (let size = (smallest[which] as Uint8Array).length; size >= 1; size = size >> 1) {
				for (let at = (smallest[which] as Uint8Array).length - size; at >= 0; at -= size) {
					const bytes = smallest[which] as Uint8Array;
					// No Buffer: its slices are views.
					await attempt(smallest.with(which, new Uint8Array(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]))));
					if (left <= 0) return smallest;
				}
			}
		}
	}
	for (let which = 0; which < smallest.length; which++) {
		for (let at = 0; at < (smallest[which] as Uint8Array).length && left > 0; at++) {
			const bytes = smallest[which] as Uint8Array;
			for (const plain of [0x30, 0]) {
				if (bytes[at] === plain) break;
				const copy = bytes.slice();
				copy[at] = plain;
				if (await attempt(smallest.with(which, copy))) break;
			}
		}
	}
	return smallest;
}
