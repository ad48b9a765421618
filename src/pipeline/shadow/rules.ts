/** When a step of a rollout is passed, and when all is taken back. */

/** What was seen in one step. */
export interface StepMeasure {
	/** Messages since the step began, and those that the candidate served. */
	readonly messages: number;
	readonly served: number;
	/** Messages that both parsed; the following counts are of these. */
	readonly compared: number;
	readonly different: number;
	readonly refused: { readonly stable: number; readonly candidate: number };
	readonly seconds: { readonly stable: number; readonly candidate: number };
	/** Times that the candidate threw. */
	readonly failures: number;
}

export interface RollBackRules {
	/** Share of compared messages that may differ. Default 0: none. */
	readonly differences?: number;
	/** How much greater the candidate's share of refused messages may be. Default: not looked at; a refusal that only one has is a difference, too. */
	readonly errors?: number;
	/** How many times the stable parser's time the candidate may take. Default: not looked at. */
	readonly slowerThan?: number;
	/** Times that the candidate may throw. Default 0. */
	readonly failures?: number;
	/** Compared messages of a step before shares above 0, and times, are believed. Default 1000. */
	readonly least?: number;
}

export interface PromotionRules {
	/** Messages of the step that were compared, at least. Default 1. */
	readonly compared?: number;
	/** Share of compared messages that differ, at most. Default: what the rules for rolling back allow. */
	readonly differences?: number;
	/** How many times the stable parser's time the candidate took, at most. Default: not looked at. */
	readonly slowerThan?: number;
}

export type RollBackReason = 'differences' | 'errors' | 'slower' | 'failure';

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** Why to roll back; null where there is no reason. */
export function reasonToRollBack(measure: StepMeasure, rules: RollBackRules, failure: string | null): { readonly reason: RollBackReason; readonly message: string } | null {
	const { compared, different, refused, seconds } = measure;
	const { differences = 0, errors, slowerThan, failures = 0, least = 1000 } = rules;
	if (measure.failures > failures) return { reason: 'failure', message: `the candidate threw ${measure.failures} times in this step, ${failures} are allowed; last: ${failure}` };
	if (compared === 0) return null;
	const believed = compared >= least;
	if (different > differences * compared && (believed || differences === 0)) return { reason: 'differences', message: `${different} of ${compared} compared messages differ (${percent(different / compared)}), ${percent(differences)} are allowed` };
	const excess = (refused.candidate - refused.stable) / compared;
	if (errors !== undefined && excess > errors && (believed || errors === 0)) return { reason: 'errors', message: `the candidate refused ${refused.candidate} of ${compared} compared messages, the stable parser ${refused.stable}; ${percent(errors)} more are allowed` };
	if (slowerThan !== undefined && believed && seconds.candidate > slowerThan * seconds.stable) return { reason: 'slower', message: `the candidate took ${(seconds.candidate / seconds.stable).toFixed(2)} times the stable parser's time over ${compared} messages, ${slowerThan} are allowed` };
	return null;
}

/** Whether a step whose messages are through is passed. */
export function isPassed(measure: StepMeasure, rules: PromotionRules): boolean {
	const { compared, different, seconds } = measure;
	if (compared < (rules.compared ?? 1)) return false;
	if (rules.differences !== undefined && different > rules.differences * compared) return false;
	return rules.slowerThan === undefined || seconds.candidate <= rules.slowerThan * seconds.stable;
}

/** @throws RangeError where steps are none */
export function checkSteps(steps: readonly number[]): void {
	const wrong = steps.length === 0 || steps.some((share, index) => !(share > (steps[index - 1] ?? 0) && share <= 1));
	if (wrong) throw new RangeError(`tickforge: a rollout's steps are growing shares above 0, up to 1, such as [0.01, 0.1, 0.5, 1]; not [${steps.join(', ')}]`);
}
