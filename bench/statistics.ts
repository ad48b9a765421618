/** What is said about a list of times: medians, intervals that assume no distribution, and how many times are odd. */

/** A median with an interval that holds the true one with about 95 %. */
export interface Estimate {
	readonly median: number;
	readonly low: number;
	readonly high: number;
	/** How many values it comes from. */
	readonly count: number;
}

/** `NaN` of an empty list. */
export function median(values: readonly number[]): number {
	return quantile(sorted(values), 0.5);
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Of values in order, linearly between neighbours. */
export function quantile(ordered: readonly number[], share: number): number {
	if (ordered.length === 0) return Number.NaN;
	const place = share * (ordered.length - 1);
	const below = Math.floor(place);
	const low = ordered[below] as number;
	const high = ordered[Math.min(ordered.length - 1, below + 1)] as number;
	return low + (high - low) * (place - below);
}

/**
 * The median and the order statistics around it: of n values in order, the true median lies between the k-th from below
 * and the k-th from above unless a fair coin, thrown n times, shows fewer than k heads (or tails). No distribution is
 * assumed. Below six values even the outermost two hold it with less than 95 %; they are given all the same.
 */
export function estimateMedian(values: readonly number[], confidence = 0.95): Estimate {
	const ordered = sorted(values);
	const n = ordered.length;
	if (n === 0) return { median: Number.NaN, low: Number.NaN, high: Number.NaN, count: 0 };
	let k = 0;
	// P(heads <= k - 1) in logarithms, so that many throws do not underflow.
	let logChoose = 0;
	let tail = 0;
	for (let heads = 0; heads < n; heads++) {
		tail += Math.exp(logChoose - n * Math.LN2);
		if (tail > (1 - confidence) / 2) break;
		k = heads + 1;
		logChoose += Math.log((n - heads) / (heads + 1));
	}
	const place = Math.max(0, Math.min(k - 1, Math.floor((n - 1) / 2)));
	return { median: quantile(ordered, 0.5), low: ordered[place] as number, high: ordered[n - 1 - place] as number, count: n };
}

/**
 * The median of values that come in groups (one a process), with an interval by the bootstrap: groups are drawn, then
 * values in them. Processes differ by more than rounds do (code lies elsewhere, memory has other pages), and an interval
 * that took rounds of one process for independent would be too narrow.
 */
export function estimateGroupedMedian(groups: readonly (readonly number[])[], { seed = 1, draws = 2000, confidence = 0.95 }: { readonly seed?: number; readonly draws?: number; readonly confidence?: number } = {}): Estimate {
	const filled = groups.filter((group) => group.length > 0);
	const all = filled.flat();
	if (filled.length === 0) return { median: Number.NaN, low: Number.NaN, high: Number.NaN, count: 0 };
	const below = createBelow(seed);
	const medians: number[] = [];
	for (let draw = 0; draw < draws; draw++) {
		const drawn: number[] = [];
		for (let index = 0; index < filled.length; index++) {
			const group = filled[below(filled.length)] as readonly number[];
			for (let value = 0; value < group.length; value++) drawn.push(group[below(group.length)] as number);
		}
		medians.push(median(drawn));
	}
	medians.sort((a, b) => a - b);
	return { median: median(all), low: quantile(medians, (1 - confidence) / 2), high: quantile(medians, (1 + confidence) / 2), count: all.length };
}

/** Values beyond Tukey's outer fences: three times the quartiles' distance away from them. */
export function countOutliers(values: readonly number[]): number {
	const ordered = sorted(values);
	const first = quantile(ordered, 0.25);
	const third = quantile(ordered, 0.75);
	const reach = 3 * (third - first);
	return ordered.filter((value) => value < first - reach || value > third + reach).length;
}

/** Whole numbers below a bound, seeded (mulberry32). */
export function createBelow(seed: number): (bound: number) => number {
	let state = seed >>> 0;
	return (bound) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
	};
}
