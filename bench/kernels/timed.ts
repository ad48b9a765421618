/** A loop over texts as a candidate. */
import { type Candidate, now } from '../measure.ts';

let kept: unknown;

/** `work` goes through `count` texts and returns what it made of them, which is kept so that no engine leaves it out. */
export function timed(name: string, count: number, work: () => unknown): Candidate {
	return {
		name,
		run() {
			const start = now();
			kept = work();
			return (now() - start) / count;
		},
	};
}

/** The last result; read by nobody. */
export const lastKept = (): unknown => kept;

/** @throws Error where two ways to do the same work do not agree: one that is wrong may be fast */
export function mustAgree(what: string, expected: unknown, actual: unknown): void {
	if (expected !== actual) throw new Error(`tickforge bench: ${what} gave ${String(actual)}, not ${String(expected)}; its time would be worth nothing`);
}
