import { describe, expect, it } from 'vitest';
import { compareResults } from '../../bench/regression.ts';
import { makeResults, type Speeds } from './results.ts';

const side = (seed: number, speeds: Speeds = {}) => [0, 1, 2].map((run) => makeResults(seed + run, speeds));
const verdicts = (before: Speeds, after: Speeds, threshold = 10) => compareResults(side(1, before), side(100, after), { threshold, tiers: ['schema'] }).comparisons.map(({ verdict }) => verdict);

describe('comparing two trees', () => {
	it('finds what became slower, by more than the threshold', () => {
		expect(verdicts({}, { schema: 75 })).toEqual(['slower']);
		expect(verdicts({}, { schema: 75 }, 30)).toEqual(['same']);
		expect(verdicts({}, { schema: 48 })).toEqual(['faster']);
		expect(verdicts({}, {})).toEqual(['same']);
		expect(compareResults(side(1), side(50, { schema: 90 }), { threshold: 30, tiers: ['schema'] }).isRegression).toBe(true);
		expect(compareResults(side(1), side(50, { schema: 40 }), { threshold: 30, tiers: ['schema'] }).isRegression).toBe(false);
	});

	it('does not look at times: a machine that is twice as slow changes nothing', () => {
		expect(verdicts({ mood: 1 }, { mood: 2 })).toEqual(['same']);
		expect(verdicts({ mood: 2 }, { mood: 1, schema: 75 })).toEqual(['slower']);
	});

	it('blames no tier where one baseline alone moved', () => {
		expect(verdicts({}, { touch: 2 })).toEqual(['same']);
		expect(verdicts({}, { parse: 600 })).toEqual(['same']);
	});

	it('calls nothing slower while the intervals overlap, however far the medians are apart', () => {
		const before = [makeResults(1, { schema: 50 }), makeResults(2, { schema: 90 }), makeResults(3, { schema: 55 })];
		const after = [makeResults(4, { schema: 88 }), makeResults(5, { schema: 52 }), makeResults(6, { schema: 85 })];
		const [comparison] = compareResults(before, after, { threshold: 10, tiers: ['schema'] }).comparisons;
		expect(comparison?.changes.every(({ change, disjoint }) => change > 0.1 && !disjoint)).toBe(true);
		expect(comparison?.verdict).toBe('same');
	});

	it('takes files of one run, too, and gives the same answer each time', () => {
		const compare = () => compareResults([makeResults(1)], [makeResults(2, { schema: 80 })], { threshold: 10, tiers: ['schema'] });
		expect(compare().isRegression).toBe(true);
		expect(compare()).toEqual(compare());
	});

	it('says what it could not compare', () => {
		const { comparisons, missing } = compareResults(side(1), [...side(2), ...side(3, { name: 'another' })], { threshold: 10, tiers: ['schema', 'layout'] });
		expect(comparisons).toHaveLength(1);
		expect(missing).toEqual(['parsers: another was measured only after']);
		const first = makeResults(1);
		const [only] = first.cases;
		const withLayout = { ...first, cases: [{ ...only, candidates: only?.candidates.map((candidate) => (candidate.name === 'schema' ? { ...candidate, name: 'layout' } : candidate)) }] } as typeof first;
		expect(compareResults([first], [withLayout], { threshold: 10, tiers: ['schema', 'layout'] }).missing).toEqual(['parsers: aggTrade: the schema tier was measured only before', 'parsers: aggTrade: the layout tier was measured only after']);
		expect(() => compareResults([first], [first], { threshold: Number.NaN })).toThrow('a number from 0');
	});
});
