import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measure, orderOf, ratioOf, ratiosOf } from '../../bench/measure.ts';
import { countOutliers, createBelow, estimateGroupedMedian, estimateMedian, median } from '../../bench/statistics.ts';

const uniform = (seed: number): (() => number) => {
	const below = createBelow(seed);
	return () => below(1_000_000) / 1_000_000;
};

describe('estimates', () => {
	it('are medians', () => {
		expect(median([3, 1, 2])).toBe(2);
		expect(median([4, 1, 2, 3])).toBe(2.5);
		expect(median([])).toBeNaN();
		expect(estimateMedian([])).toMatchObject({ count: 0 });
	});

	it('have the order statistics of the binomial distribution around them', () => {
		// Tables: n = 6 takes the extremes, n = 11 the second, n = 20 the sixth, n = 100 the fortieth from each end.
		const ordered = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);
		expect(estimateMedian(ordered(6))).toMatchObject({ low: 1, high: 6 });
		expect(estimateMedian(ordered(11))).toMatchObject({ low: 2, high: 10 });
		expect(estimateMedian(ordered(20))).toMatchObject({ low: 6, high: 15 });
		expect(estimateMedian(ordered(100))).toMatchObject({ low: 40, high: 61 });
		expect(estimateMedian([5])).toEqual({ median: 5, low: 5, high: 5, count: 1 });
		expect(estimateMedian(ordered(5000)).low).toBeGreaterThan(2400);
	});

	it('hold the true median about as often as they say', () => {
		const random = uniform(3);
		let held = 0;
		for (let trial = 0; trial < 1000; trial++) {
			const { low, high } = estimateMedian(Array.from({ length: 15 }, () => random() ** 3));
			if (low <= 0.125 && 0.125 <= high) held++;
		}
		expect(held).toBeGreaterThan(930);
	});

	it('are wider for groups that differ than for one heap of the same values', () => {
		const random = uniform(5);
		const groups = [1, 1.2, 0.9, 1.1].map((level) => Array.from({ length: 20 }, () => level + random() / 100));
		const grouped = estimateGroupedMedian(groups);
		const mixed = groups.flat();
		const shuffled = groups.map((_, group) => mixed.filter((_, index) => index % groups.length === group));
		const heap = estimateGroupedMedian(shuffled);
		expect(grouped.median).toBe(heap.median);
		expect(grouped.high - grouped.low).toBeGreaterThan(heap.high - heap.low);
		expect(estimateGroupedMedian(groups)).toEqual(grouped);
		expect(estimateGroupedMedian([[], []])).toMatchObject({ count: 0 });
	});

	it('lie within the values, and around the median', () => {
		fc.assert(
			fc.property(fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 }), (values) => {
				for (const estimate of [estimateMedian(values), estimateGroupedMedian([values], { draws: 50 })]) {
					expect(estimate.low).toBeGreaterThanOrEqual(Math.min(...values));
					expect(estimate.high).toBeLessThanOrEqual(Math.max(...values));
				}
				const { low, median: middle, high } = estimateMedian(values);
				expect(low <= middle && middle <= high).toBe(true);
			}),
		);
	});

	it('count what lies far outside', () => {
		expect(countOutliers([10, 11, 12, 10, 11, 12, 10, 11, 90])).toBe(1);
		expect(countOutliers([10, 11, 12, 13, 14])).toBe(0);
		expect(countOutliers([])).toBe(0);
	});
});

describe('measuring', () => {
	it('gives each place in the order to each candidate', () => {
		for (const count of [1, 2, 3, 5]) {
			const places = Array.from({ length: count }, () => new Set<number>());
			for (let round = 0; round < count * 2; round++) {
				const order = orderOf(count, round);
				expect([...order].sort()).toEqual(Array.from({ length: count }, (_, index) => index));
				order.forEach((candidate, place) => {
					places[candidate]?.add(place);
				});
			}
			for (const seen of places) expect(seen.size).toBe(count);
		}
	});

	it('pairs runs of the same round and leaves warm-up out', async () => {
		let round = -1;
		let evictions = 0;
		const results = await measure(
			[
				{ name: 'fast', run: () => ++round + 1 },
				{ name: 'slow', every: 2, run: () => 100 },
			],
			{ rounds: 4, warmUp: 1, before: () => void evictions++ },
		);
		expect(results.map(({ times }) => times)).toEqual([
			[2, 3, 4, 5],
			[100, null, 100, null],
		]);
		expect(evictions).toBe(8);
		const [fast, slow] = results;
		if (fast === undefined || slow === undefined) throw new Error('two results were expected');
		expect(ratiosOf(slow, fast)).toEqual([50, 25]);
		expect(ratioOf(slow, fast)).toEqual({ median: 37.5, low: 25, high: 50, count: 2 });
	});

	it('says what is wrong', async () => {
		await expect(measure([], { rounds: 0 })).rejects.toThrow('whole number from 1');
		const run = (): number => 1;
		await expect(
			measure(
				[
					{ name: 'a', run },
					{ name: 'a', run },
				],
				{ rounds: 1 },
			),
		).rejects.toThrow('two candidates have the name a');
	});
});
