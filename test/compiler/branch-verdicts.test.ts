import { describe, expect, it } from 'vitest';
import { branchVerdict, branchVerdicts, casesOf, reachedOf } from '../../src/compiler/branch-verdicts.ts';
import type { BranchCount } from '../../src/wasm/branches.ts';

const site = (counts: number[], also: Partial<BranchCount> = {}): BranchCount => ({ function: 'f', kind: 'if', key: 'if 1', instruction: 0, likely: null, counter: 0, counters: counts.length, counts, ...also });
const words = (counts: number[], also: Partial<BranchCount> = {}): string | undefined => branchVerdict(site(counts, also))?.text;

describe('a branch', () => {
	it.each([
		[[1000, 0], {}, 'never taken in 1,000'],
		[[1000, 1000], {}, 'always taken in 1,000'],
		[[1000, 0], { kind: 'branchIf' }, 'always taken in 1,000'],
		[[1000, 480], {}, 'unpredictable, unless there is a pattern: 48 % of 1,000 taken'],
		[[1000, 480], { kind: 'branchIf' }, 'unpredictable, unless there is a pattern: 52 % of 1,000 taken'],
		[[1000, 30], { likely: true }, 'the code says likely, and 3 % of 1,000 were taken'],
		[[1000, 998], { likely: false }, 'the code says unlikely, and 99.80 % of 1,000 were taken'],
		[[1000, 998], { likely: true }, undefined],
		[[1000, 100], {}, undefined],
		[[63, 30], {}, undefined],
		[[1000, 480], { kind: 'loop' }, undefined],
	] as const)('%j %j: %s', (counts, also, text) => {
		expect(words([...counts], also)).toBe(text);
	});

	it('that costs something comes first', () => {
		const texts = branchVerdicts([site([100_000, 50_000]), site([1000, 0], { likely: true }), site([10_000, 5000])]).map(({ weight, times }) => `${weight} ${times}`);
		expect(texts).toEqual(['bad 1000', 'note 50000', 'note 5000']);
	});
});

describe('an order of tests', () => {
	const key = (name: string, taken: number): BranchCount => site([1000, taken], { function: 'key trade', key: `'${name}'` });

	it('is said to be better where it is', () => {
		const verdicts = branchVerdicts([key('rare', 10), key('often', 900), site([1000, 910], { function: 'key trade', key: "'length 4'" })]).filter((one) => one.key === null);
		expect(verdicts.map(({ text }) => text)).toEqual(['2.0 keys are tried a time, and 1.0 in the order often 99 %, rare 1 %: a branch profile does that, where the order is free']);
		expect(branchVerdicts([key('often', 900), key('rare', 10)]).filter((one) => one.key === null)).toEqual([]);
	});

	it('of guesses is judged by what was accepted', () => {
		const start = (variant: string): BranchCount => site([500, 1], { function: 'guess', key: `'${variant}: start'` });
		const accepted = (variant: string, times: number): BranchCount => site([times], { function: `accept ${variant}`, kind: 'count', key: "'accepted by the fast path'" });
		const [verdict] = branchVerdicts([start('a'), start('b'), accepted('a', 100), accepted('b', 900)]).filter((one) => one.function === 'guess' && one.key === null);
		expect(verdict?.text).toMatch(/1\.9 variants are tried a time, and 1\.1 in the order b 90 %, a 10 %/);
	});

	it('does not matter where a fast path fails', () => {
		const of = (key_: string, times: number): BranchCount => site([times], { function: 'accept a', kind: 'count', key: `'${key_}'` });
		expect(branchVerdicts([of('fast path tried', 1000), of('accepted by the fast path', 30)])[0]?.text).toMatch(/the fast path succeeds in 3 % of 1,000 tries/);
		expect(branchVerdicts([of('fast path tried', 1000), of('accepted by the fast path', 900)])).toEqual([]);
	});
});

it('switches and loops are counted by cases and turns', () => {
	expect(reachedOf(site([3, 4, 5], { kind: 'switch' }))).toBe(12);
	expect(reachedOf(site([3, 40], { kind: 'loop' }))).toBe(40);
	expect(casesOf({ counts: [1, 0, 3, 0], cases: ['a', 'b', 'c'] })).toEqual([
		{ name: 'c', times: 3, share: 0.75 },
		{ name: 'a', times: 1, share: 0.25 },
	]);
	expect(casesOf({ counts: [0, 2, 4] }).map(({ name }) => name)).toEqual(['else', '1']);
});
