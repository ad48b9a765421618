/**
 * The measuring core of all benchmarks. Candidates run in turn, round after round, in one process; what is reported are
 * medians and the ratios of runs of the same round. On a shared machine times drift by tens of percent and ratios of
 * neighbours do not.
 */
import { countOutliers, type Estimate, estimateMedian } from './statistics.ts';

/** Something whose time is taken. */
export interface Candidate {
	readonly name: string;
	/** Runs in every nth round only, where it is slow. Default 1. */
	readonly every?: number;
	/** Does the work once; nanoseconds a unit (a message, a number), by its own clock. */
	run(): number | Promise<number>;
}

export interface MeasureOptions {
	readonly rounds: number;
	/** Rounds before the first that counts, for the engine's tiers to warm up. Default 3. */
	readonly warmUp?: number;
	/** Before every single run, outside of its time: to evict caches, say. */
	readonly before?: (candidate: Candidate) => void | Promise<void>;
}

/** The times of one candidate, in the order of rounds; `null` where it had no turn. */
export interface Measurement {
	readonly name: string;
	readonly times: readonly (number | null)[];
	/** Nanoseconds a unit. */
	readonly time: Estimate;
	/** Rounds far from the others; they stay in the median, which they hardly move. */
	readonly outliers: number;
}

/** Now, in nanoseconds. */
export const now = (): number => Number(process.hrtime.bigint());

/** Runs all candidates; the order turns with each round, so that none always follows the same other. */
export async function measure(candidates: readonly Candidate[], { rounds, warmUp = 3, before }: MeasureOptions): Promise<Measurement[]> {
	if (!(Number.isInteger(rounds) && rounds >= 1)) throw new RangeError(`tickforge bench: ${rounds} rounds cannot be run; give a whole number from 1`);
	const twice = candidates.find(({ name }, index) => candidates.findIndex((other) => other.name === name) !== index);
	if (twice !== undefined) throw new Error(`tickforge bench: two candidates have the name ${twice.name}; results are kept by name`);
	const times = candidates.map((): (number | null)[] => []);
	for (let round = -warmUp; round < rounds; round++) {
		for (const index of orderOf(candidates.length, round + warmUp)) {
			const candidate = candidates[index] as Candidate;
			const hasTurn = round < 0 || round % (candidate.every ?? 1) === 0;
			if (hasTurn) await before?.(candidate);
			const time = hasTurn ? await candidate.run() : null;
			if (round >= 0) times[index]?.push(time);
		}
	}
	return candidates.map(({ name }, index) => {
		const list = times[index] as (number | null)[];
		const taken = list.filter((time) => time !== null);
		return { name, times: list, time: estimateMedian(taken), outliers: countOutliers(taken) };
	});
}

/** Every second round backwards, each pair of rounds begun one candidate later. */
export function orderOf(count: number, round: number): number[] {
	const turned = Array.from({ length: count }, (_, index) => (index + (round >> 1)) % count);
	return round % 2 === 0 ? turned : turned.reverse();
}

/** Ratios of two candidates' times, of the rounds in which both had a turn. */
export function ratiosOf(of: Pick<Measurement, 'times'>, to: Pick<Measurement, 'times'>): number[] {
	return of.times.flatMap((time, round) => {
		const other = to.times[round] ?? null;
		return time === null || other === null ? [] : [time / other];
	});
}

/** The median of those ratios with its interval; above 1 where `of` takes longer. */
export const ratioOf = (of: Pick<Measurement, 'times'>, to: Pick<Measurement, 'times'>): Estimate => estimateMedian(ratiosOf(of, to));
