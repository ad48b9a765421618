/**
 * The shapes that were met, each with code of its own: the tokens of messages, and of each list's items. What varies
 * within a shape (widths of values) is kept as facts, from which the code chooses how it takes a value.
 */
import type { ListPlan } from '../schema-tier/plan.ts';
import { modeOf, type NumberFacts, type NumberMode, newFacts, widenFacts } from './number-modes.ts';
import { type LearnedSequence, type Mark, shapeKey, type Token } from './tokens.ts';

export interface Shape {
	/** Index into the schema's variants; -1 for items. */
	readonly variant: number;
	readonly tokens: readonly Token[];
	readonly marks: readonly Mark[];
	/** By place among the tokens. */
	readonly numbers: ReadonlyMap<number, NumberFacts>;
	/** Longest string, by place among the tokens. */
	readonly strings: Map<number, number>;
	/** Digits of a time's fraction, by place among the tokens; null where their number varies. */
	readonly fractions: Map<number, number | null>;
	/** Longest sample. */
	longest: number;
	/** Samples. */
	met: number;
}
/** Messages, or the items of a list. */
export interface Machine {
	/** Null: messages. */
	readonly list: ListPlan | null;
	readonly shapes: Shape[];
	/** In a list: the first closing bracket of an item's kind is always its last byte. */
	closed: boolean;
	longest: number;
}

export interface Shapes {
	readonly root: Machine;
	readonly lists: ReadonlyMap<ListPlan, Machine>;
	/** Grows when code would be another one. */
	readonly version: number;
	readonly count: number;
	add(sequence: LearnedSequence, variant: number): void;
}

/** Strings of up to so many bytes are looked through at once; 0: however long, by a function. */
export function stringWindow(longest: number): 16 | 32 | 0 {
	return longest <= 16 ? 16 : longest <= 32 ? 32 : 0;
}
/** Items of up to so many bytes are found by their closing bracket; 0: they are not. */
export function itemWindow({ closed, longest, list }: Machine): 32 | 64 | 0 {
	if (!closed || closingByte(list) < 0) return 0;
	return longest <= 32 ? 32 : longest <= 64 ? 64 : 0;
}

/** The byte that ends an item of the list; -1 where none does. */
export function closingByte(list: ListPlan | null): number {
	return list?.item.kind === 'tuple' ? 0x5d : list?.item.kind === 'message' ? 0x7d : -1;
}

export function numberMode(shape: Shape, index: number): NumberMode {
	const token = shape.tokens[index] as Token & { readonly kind: 'number' };
	return modeOf(shape.numbers.get(index) as NumberFacts, token.type);
}

export function createShapes(): Shapes {
	let version = 0;
	let count = 0;
	const newMachine = (list: ListPlan | null): Machine => ({ list, shapes: [], closed: true, longest: 0 });
	const root = newMachine(null);
	const lists = new Map<ListPlan, Machine>();
	const known = new Map<Machine, Map<string, Shape>>();

	const choices = (shape: Shape): string => [...[...shape.numbers].map(([index, { negative }]) => `${numberMode(shape, index)} ${negative}`), ...[...shape.strings.values()].map(stringWindow), ...shape.fractions.values()].join();
	const addTo = (machine: Machine, sequence: LearnedSequence, variant: number): void => {
		let own = known.get(machine);
		if (own === undefined) {
			own = new Map();
			known.set(machine, own);
		}
		const window = itemWindow(machine);
		machine.closed &&= machine.list !== null && sequence.closed;
		machine.longest = Math.max(machine.longest, sequence.length);
		if (window !== itemWindow(machine)) version++;
		const key = shapeKey(sequence, variant);
		const shape = own.get(key);
		if (shape === undefined) {
			const numbers = new Map<number, NumberFacts>();
			const strings = new Map<number, number>();
			const fractions = new Map<number, number | null>();
			sequence.tokens.forEach((token, index) => {
				if (token.kind === 'number') numbers.set(index, newFacts(token));
				else if (token.kind === 'clock') fractions.set(index, token.fraction);
				else if (token.kind === 'name' || token.kind === 'string') strings.set(index, token.length);
			});
			const made: Shape = { variant, tokens: sequence.tokens, marks: sequence.marks, numbers, strings, fractions, longest: sequence.length, met: 1 };
			own.set(key, made);
			machine.shapes.push(made);
			count++;
			version++;
		} else {
			const before = choices(shape);
			sequence.tokens.forEach((token, index) => {
				if (token.kind === 'number') widenFacts(shape.numbers.get(index) as NumberFacts, token);
				else if (token.kind === 'clock') shape.fractions.set(index, shape.fractions.get(index) === token.fraction ? token.fraction : null);
				else if (token.kind === 'name' || token.kind === 'string') shape.strings.set(index, Math.max(shape.strings.get(index) as number, token.length));
			});
			shape.longest = Math.max(shape.longest, sequence.length);
			shape.met++;
			if (choices(shape) !== before) version++;
		}
		for (const token of sequence.tokens) {
			if (token.kind !== 'list') continue;
			let items = lists.get(token.plan);
			if (items === undefined) {
				items = newMachine(token.plan);
				lists.set(token.plan, items);
			}
			for (const item of token.items) addTo(items, item, -1);
		}
	};
	return {
		root,
		lists,
		get version() {
			return version;
		},
		get count() {
			return count;
		},
		add: (sequence, variant) => addTo(root, sequence, variant),
	};
}
