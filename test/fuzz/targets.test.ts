/** A short part of `npm run fuzz` for every target, always the same. docs/fuzzing.md */
import { describe, expect, it } from 'vitest';
import { fuzz } from '../../fuzz/engine.ts';
import { targets } from '../../fuzz/targets/index.ts';

const SEEDS = 8;
const MUTATED = 24;

describe('decoders do what they may with inputs that were changed at random', () => {
	it('each target has a name of its own', () => {
		expect(new Set(targets.map(({ name }) => name)).size).toBe(targets.length);
	});
	it.each(targets)('$name', async ({ parts, open }) => {
		const target = await open();
		const every = Math.ceil(target.seeds.length / SEEDS);
		const seeds = target.seeds.filter((_, index) => index % every === 0);
		// Asking V8 what ran is slow, and with so few inputs of no use.
		const { failures, corpus } = await fuzz({ ...target, seeds }, { parts, seed: 1, runs: seeds.length + MUTATED, guided: target.coverage.together === 1 });
		expect(failures.map(({ what }) => what)).toEqual([]);
		if (target.coverage.together === 1) expect(corpus).toBeGreaterThan(0);
	});
});
