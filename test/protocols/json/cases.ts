/**
 * How many random cases a property gets: `usual` in a normal run; TICKFORGE_CASES=n sets it, TICKFORGE_NIGHTLY=1 makes
 * it at least a million.
 */
export function caseCount(usual: number): number {
	const { TICKFORGE_CASES, TICKFORGE_NIGHTLY } = process.env;
	if (TICKFORGE_CASES !== undefined && TICKFORGE_CASES !== '') return Number(TICKFORGE_CASES);
	return TICKFORGE_NIGHTLY === '1' ? Math.max(usual, 1_000_000) : usual;
}
