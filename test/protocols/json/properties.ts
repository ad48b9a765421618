/** Running properties: how many cases, and failures that can be read. */
import fc from 'fast-check';

/**
 * How many random cases a property gets: `usual` in a normal run; TICKFORGE_CASES=n sets it, TICKFORGE_NIGHTLY=1 makes
 * it at least a million.
 */
export function caseCount(usual: number): number {
	const { TICKFORGE_CASES, TICKFORGE_NIGHTLY } = process.env;
	if (TICKFORGE_CASES !== undefined && TICKFORGE_CASES !== '') return Number(TICKFORGE_CASES);
	return TICKFORGE_NIGHTLY === '1' ? Math.max(usual, 1_000_000) : usual;
}

/**
 * Checks a property that says in words what is wrong (null: nothing). A failure shows these words for the smallest case
 * found and the seed (TICKFORGE_SEED=n runs it again), not the lists of numbers that cases are drawn from.
 */
export function assertHolds<T>(arbitrary: fc.Arbitrary<T>, numRuns: number, mistakeIn: (value: T) => string | null): void {
	const { TICKFORGE_SEED } = process.env;
	const property = fc.property(arbitrary, (value) => {
		const mistake = mistakeIn(value);
		if (mistake !== null) throw new Error(mistake);
	});
	const details = fc.check(property, { numRuns, endOnFailure: process.env.TICKFORGE_FIRST === '1', ...(TICKFORGE_SEED === undefined ? {} : { seed: Number(TICKFORGE_SEED) }) });
	if (!details.failed) return;
	const { errorInstance } = details;
	throw new Error(`${errorInstance instanceof Error ? errorInstance.message : String(errorInstance)}\n(seed ${details.seed}, case ${details.numRuns}, made smaller ${details.numShrinks} times)`, { cause: errorInstance });
}
