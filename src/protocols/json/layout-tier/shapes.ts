/**
 * The shapes that were met, each with code of its own: the tokens of messages, and of each list's items. What varies
 * within a shape (widths of values) is kept as facts, from which the code chooses how it takes a value.
 */
import type { ListPlan } from '../../rows/plan.ts';
import { modeOf, type NumberFacts, type NumberMode, newFacts, widenFacts } from './number-modes.ts';
import { type LearnedSequence, type Mark, shapeKey, type Token } from './tokens.ts';

export interface Shape {
	readonly key: string;
	/** Where its messages are counted (cached-values.ts); -1 for items. */
	readonly slot: number;
	/** Index into the schema's variants; -1 for items. */
	readonly variant: number;
	readonly tokens: readonly Token[];
	readonly marks: readonly Mark[];
	/** By place among the tokens. */
	readonly numbers: Map<number, NumberFacts>;
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
	/** The message's shape, and whether it says anything new about it. Null where there are too many shapes of messages. */
	add(sequence: LearnedSequence, variant: number, met: number): { readonly shape: Shape; readonly isNew: boolean } | null;
	/** Shapes of messages go. */
	drop(shapes: ReadonlySet<Shape>): void;
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

/** A list has hardly more; what is beyond it is left to the strict functions. */
const MOST_ITEM_SHAPES = 64;

/** All facts about a shape, and those of them that its code depends on. */
function factsOf(shape: Shape): string {
	return JSON.stringify([[...shape.numbers.values()].map(({ met: _, ...facts }) => facts), [...shape.strings.values()].map(stringWindow), [...shape.fractions.values()]]);
}
function choicesOf(shape: Shape): string {
	return JSON.stringify([[...shape.numbers].map(([index, { negative }]) => [numberMode(shape, index), negative]), [...shape.strings.values()].map(stringWindow), [...shape.fractions.values()]]);
}

export function createShapes(mostShapes: () => number): Shapes {
	let version = 0;
	let count = 0;
	const newMachine = (list: ListPlan | null): Machine => ({ list, shapes: [], closed: true, longest: 0 });
	const root = newMachine(null);
	const lists = new Map<ListPlan, Machine>();
	const known = new Map<Machine, Map<string, Shape>>();

	const freeSlot = (): number => {
		const taken = new Set(root.shapes.map(({ slot }) => slot));
		let slot = 0;
		while (taken.has(slot)) slot++;
		return slot;
	};
	const addTo = (machine: Machine, sequence: LearnedSequence, variant: number, met: number): { shape: Shape; isNew: boolean } | null => {
		let own = known.get(machine);
		if (own === undefined) {
			own = new Map();
			known.set(machine, own);
		}
		const key = shapeKey(sequence, variant);
		let shape = own.get(key);
		if (shape === undefined && machine.shapes.length >= (machine.list === null ? mostShapes() : MOST_ITEM_SHAPES)) return null;
		let isNew = shape === undefined;
		const window = itemWindow(machine);
		machine.closed &&= machine.list !== null && sequence.closed;
		machine.longest = Math.max(machine.longest, sequence.length);
		if (window !== itemWindow(machine)) {
			version++;
			isNew = true;
		}
		if (shape === undefined) {
			shape = { key, variant, slot: machine.list === null ? freeSlot() : -1, tokens: sequence.tokens, marks: sequence.marks, numbers: new Map(), strings: new Map(), fractions: new Map(), longest: 0, met: 0 };
			own.set(key, shape);
			machine.shapes.push(shape);
			count++;
			version++;
		}
		const facts = factsOf(shape);
		const choices = choicesOf(shape);
		widen(shape, sequence, met);
		if (factsOf(shape) !== facts) isNew = true;
		if (choicesOf(shape) !== choices) version++;
		for (const token of sequence.tokens) {
			if (token.kind !== 'list') continue;
			let items = lists.get(token.plan);
			if (items === undefined) {
				items = newMachine(token.plan);
				lists.set(token.plan, items);
			}
			for (const item of token.items) if (addTo(items, item, -1, met)?.isNew === true) isNew = true;
		}
		return { shape, isNew };
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
		add: (sequence, variant, met) => addTo(root, sequence, variant, met),
		drop(shapes) {
			const kept = root.shapes.filter((shape) => !shapes.has(shape));
			count -= root.shapes.length - kept.length;
			root.shapes.splice(0, root.shapes.length, ...kept);
			for (const { key } of shapes) known.get(root)?.delete(key);
			version++;
		},
	};
}

/** Takes a sample into a shape's facts. */
function widen(shape: Shape, sequence: LearnedSequence, met: number): void {
	sequence.tokens.forEach((token, index) => {
		if (token.kind === 'number') {
			const facts = shape.numbers.get(index);
			if (facts === undefined) shape.numbers.set(index, newFacts(token, met));
			else widenFacts(facts, token, met);
		} else if (token.kind === 'clock') shape.fractions.set(index, (shape.fractions.get(index) ?? token.fraction) === token.fraction && shape.fractions.get(index) !== null ? token.fraction : null);
		else if (token.kind === 'name' || token.kind === 'string') shape.strings.set(index, Math.max(shape.strings.get(index) ?? 0, token.length));
	});
	shape.longest = Math.max(shape.longest, sequence.length);
	shape.met += met;
}
