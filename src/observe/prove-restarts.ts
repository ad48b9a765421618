/**
 * Leaks over start and stop: a program is started, used and ended again and again, all garbage is collected each time,
 * and what is still in use afterwards must not grow.
 */
import { collectGarbage } from './heap-meter.ts';

export interface RestartOptions {
	/** Starts that are looked at, 8 at least. Default 30. */
	readonly rounds?: number;
	/** Starts before that, at most: caches fill, code is compiled, until the heap stays as it is. Default 100. */
	readonly warmUp?: number;
}

/** What one kind of memory did over the rounds. */
export interface Trend {
	/** Bytes more with each round: the median of the slopes between any two rounds, which a jump or two do not move. */
	readonly bytesPerRound: number;
	/** From one round to the next, in the middle when they are sorted. The engine compiling code makes few steps, a leak makes every one. */
	readonly bytesPerStep: number;
	/** How steadily it rose: of all pairs of rounds, those in which the later one had more, less those in which it had less; -1 to 1. */
	readonly steadiness: number;
	readonly isGrowing: boolean;
	/** In use after each round, all garbage collected. */
	readonly bytes: readonly number[];
}

export interface RestartProof {
	readonly isLeaking: boolean;
	/** What grows, in words; empty where nothing does. */
	readonly reasons: readonly string[];
	readonly rounds: number;
	readonly heap: Trend;
	/** Array buffers included. */
	readonly external: Trend;
	/** Resident memory of the process. The system's and the allocator's habits are in it: only a steep, steady rise counts. */
	readonly resident: Trend;
}

/** Rounds that resident memory says something after: allocators and the engine's threads take theirs by and by. */
const SURE = 32;
/** Bytes a round that are no leak: the engine's feedback and caches still move by less. */
const TOLERANCE = { heap: 1024, external: 1024, resident: 65536 } as const;
/** So many rounds without a change end the warm-up. */
const STILL_ROUNDS = 4;
/** What is counted to the byte rises with nearly every round of a leak; between bursts of the engine's feedback it stands still. Resident memory comes in pages. */
const MOST_STEPS = 0.75;
const HALF_OF_STEPS = 0.5;
/** A rise that is not steady is no leak. A random walk of 30 rounds is seldom above. */
const STEADY = 0.6;

/**
 * @param round starts, uses and ends the program once: make a parser, parse, dispose it
 * @throws what the round throws
 */
export async function proveRestarts(round: () => void | Promise<void>, options: RestartOptions = {}): Promise<RestartProof> {
	const rounds = options.rounds ?? 30;
	if (!Number.isInteger(rounds) || rounds < 8) throw new RangeError(`tickforge: a trend needs 8 rounds at least, not ${rounds}`);
	const heap = new Float64Array(rounds);
	const external = new Float64Array(rounds);
	const resident = new Float64Array(rounds);
	const warmUp = options.warmUp ?? 100;
	let before = Number.NaN;
	let still = 0;
	for (let done = 0; done < warmUp && still < STILL_ROUNDS; done++) {
		await round();
		await settle();
		const { heapUsed } = process.memoryUsage();
		still = Math.abs(heapUsed - before) <= TOLERANCE.heap ? still + 1 : 0;
		before = heapUsed;
	}
	for (let index = 0; index < rounds; index++) {
		await round();
		await settle();
		const usage = process.memoryUsage();
		heap[index] = usage.heapUsed;
		external[index] = usage.external;
		resident[index] = usage.rss;
	}
	const trends = { heap: trendOf(heap, TOLERANCE.heap, MOST_STEPS), external: trendOf(external, TOLERANCE.external, MOST_STEPS), resident: trendOf(resident, TOLERANCE.resident * Math.max(1, SURE / rounds), HALF_OF_STEPS) };
	const named = { heap: 'the JavaScript heap', external: 'memory outside of the heap', resident: 'resident memory' } as const;
	const reasons = (Object.keys(named) as (keyof typeof named)[]).flatMap((kind) => (trends[kind].isGrowing ? [`${named[kind]} grows by ${Math.round(trends[kind].bytesPerRound)} bytes with each start and stop`] : []));
	return { isLeaking: reasons.length > 0, reasons, rounds, ...trends };
}

/** Twice, with a turn of the event loop between: what finalizers and weak references hold goes with the second. */
async function settle(): Promise<void> {
	collectGarbage();
	await new Promise((resolve) => setImmediate(resolve));
	collectGarbage();
}

/** @param steps share of the steps that a leak makes upwards */
function trendOf(bytes: Float64Array, tolerance: number, steps: number): Trend {
	const slopes: number[] = [];
	let rising = 0;
	for (let later = 1; later < bytes.length; later++) {
		for (let earlier = 0; earlier < later; earlier++) {
			const rise = (bytes[later] as number) - (bytes[earlier] as number);
			slopes.push(rise / (later - earlier));
			rising += Math.sign(rise);
		}
	}
	slopes.sort((a, b) => a - b);
	const bytesPerRound = slopes[slopes.length >> 1] as number;
	const steadiness = rising / slopes.length;
	const sorted = Array.from(bytes.subarray(1), (now, index) => now - (bytes[index] as number)).sort((a, b) => a - b);
	const bytesPerStep = sorted[sorted.length >> 1] as number;
	const least = sorted[Math.floor(sorted.length * (1 - steps))] as number;
	return { bytesPerRound, bytesPerStep, steadiness, isGrowing: bytesPerRound > tolerance && least > tolerance / 2 && steadiness > STEADY, bytes: [...bytes] };
}
