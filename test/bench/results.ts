/** Results as a run would leave them, from seeded times. */
import type { Machine } from '../../bench/machine.ts';
import type { Measurement } from '../../bench/measure.ts';
import { createCase, type Results } from '../../bench/results.ts';
import { countOutliers, createBelow, estimateMedian } from '../../bench/statistics.ts';

export const machine: Machine = { processor: 'Test <processor>', processors: 2, caches: [32768, 2 ** 20, null], memory: 2 ** 34, system: 'test 1', node: '24.0.0', v8: '13', commit: 'abc', changed: false, date: '2026-01-02T03:04:05.000Z', load: 0.5 };

export function measurement(name: string, times: readonly (number | null)[]): Measurement {
	const taken = times.filter((time) => time !== null);
	return { name, times, time: estimateMedian(taken), outliers: countOutliers(taken) };
}

export interface Speeds {
	readonly schema?: number;
	readonly touch?: number;
	readonly parse?: number;
	/** Share by which times of a round vary. */
	readonly noise?: number;
	/** What the whole process is slower by: the machine's mood, that all candidates share. */
	readonly mood?: number;
	readonly name?: string;
	readonly rounds?: number;
}

/** A run of one case with the bound, one tier and JSON.parse. */
export function makeResults(seed: number, { schema = 60, touch = 3, parse = 800, noise = 0.05, mood = 1, name = 'aggTrade', rounds = 15 }: Speeds = {}): Results {
	const below = createBelow(seed);
	const times = (base: number): number[] => Array.from({ length: rounds }, () => base * mood * (1 + (noise * below(1000)) / 1000));
	const result = createCase({ group: 'parsers', name, parameters: { type: name }, unit: 'message', bytes: 160 }, [measurement('touch', times(touch)), measurement('schema', times(schema)), measurement('JSON.parse', times(parse))]);
	return { format: 1, machine, options: [], cases: [result], heap: [], skipped: [] };
}
