/** What is fuzzed: a decoder with seeds, words, feedback, and an oracle that says in words what is wrong. */
import type { Coverage } from './coverage.ts';
import type { Input, Parts } from './input.ts';

export interface Target {
	readonly name: string;
	/** For people: what is compared with what. */
	readonly about: string;
	readonly parts: Parts;
	/** Makes everything that runs share. The same each time: no clock, no chance without a fixed seed. */
	open(): OpenTarget | Promise<OpenTarget>;
}

export interface OpenTarget {
	/** Real ones: of simulators and encoders. */
	readonly seeds: readonly Input[];
	/** What is put into inputs: names, literals, magic numbers. */
	readonly words: readonly Uint8Array[];
	readonly coverage: Coverage;
	/** Bytes of an input at most. Default 4096. */
	readonly longest?: number;
	/**
	 * Runs an input. The result depends on nothing but the input.
	 *
	 * @returns what is wrong, its kind first, then after a line break what belongs to this input; null where nothing is.
	 *   An exception is wrong, too
	 */
	run(input: Input): string | null | Promise<string | null>;
}
