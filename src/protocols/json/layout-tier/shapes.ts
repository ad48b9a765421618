/**
 * The shapes that were met: which values a part holds, in which order, and what follows it. A shape has code of its own,
 * generated from here; the layouts of a shape (widths, constants) are data.
 *
 * A machine reads a message or a list's item part by part. Its states are the places where a part may begin, its edges
 * the shapes that were met there:
 *
 * ```
 *  start ──{E, s, U, u, b: [──→ state 1 ──], a: [──→ state 2 ──]}──→ end
 * ```
 */
import type { ListPlan } from '../../rows/plan.ts';
import type { EdgeFacts } from './records.ts';
import { type LearnedPart, type LearnedSequence, type Spot, shapeKey } from './spots.ts';

export interface State {
	/** Counts over all machines. */
	readonly id: number;
	readonly edges: Edge[];
}
export interface Edge {
	readonly machine: Machine;
	readonly state: State;
	readonly key: string;
	/** Place among the machine's edges: the record's `edge`. */
	readonly index: number;
	/** Index into the schema's variants; -1 in a list's machine. */
	readonly variant: number;
	readonly spots: readonly Spot[];
	readonly list: ListPlan | null;
	/** Null where the message or item ends. */
	readonly next: State | null;
	/** Of all layouts met. */
	chunkCount: number;
	/** Longest part. */
	longest: number;
	/** In a list: the first closing bracket of the item's kind is its last byte. */
	closed: boolean;
	readonly signed: Set<number>;
	readonly based: Set<number>;
}
/**
 * Whole messages in one part, with at most one name, take the express way (tables.ts). `express` of their records; 0
 * for other edges.
 */
export function expressOf(edge: Edge): number {
	const names = edge.spots.filter((spot) => spot.kind === 'symbol');
	const whole = edge.machine.list === null && edge.next === null && edge.state === edge.machine.states[0];
	if (!whole || names.length > 1) return 0;
	return 1 + (names[0] === undefined ? 0 : names[0].column.symbolTable + 1);
}

export interface Machine {
	/** Null: messages. */
	readonly list: ListPlan | null;
	readonly states: State[];
	readonly edges: Edge[];
}

/** Items of up to this many bytes are found by their closing bracket. */
export const CLOSED_WINDOW = 64;

/** 32 or 64 bytes are looked through for the bracket; 0 where that does not suffice. */
export function windowOf(longest: number): number {
	return longest <= 32 ? 32 : longest < CLOSED_WINDOW ? CLOSED_WINDOW : 0;
}

/** The byte that ends an item of the list; -1 where none does. */
export function closingByte(list: ListPlan | null): number {
	return list?.item.kind === 'tuple' ? 0x5d : list?.item.kind === 'message' ? 0x7d : -1;
}

/**
 * Whether a list's items can be found without knowing their layouts: each is one part of at most CLOSED_WINDOW bytes, up
 * to its first closing bracket. Their table (tables.ts) has no extents: the item's separators are the key.
 */
export function isClosed(machine: Machine): boolean {
	return machine.list !== null && closingByte(machine.list) > 0 && machine.edges.length > 0 && machine.edges.every((edge) => edge.closed && edge.next === null && windowOf(edge.longest) > 0);
}

/** What one part contributes. */
export interface PlacedPart {
	readonly edge: Edge;
	readonly part: LearnedPart;
}

export interface Shapes {
	readonly root: Machine;
	readonly lists: ReadonlyMap<ListPlan, Machine>;
	readonly stateCount: number;
	/** Grows where a shape is new. */
	readonly version: number;
	/** The edges of a message's parts and of those of its items; shapes that are new are added. */
	add(sequence: LearnedSequence, variant: number): PlacedPart[];
}

export function createShapes(): Shapes {
	let stateCount = 0;
	let version = 0;
	const newState = (): State => ({ id: stateCount++, edges: [] });
	const newMachine = (list: ListPlan | null): Machine => ({ list, states: [newState()], edges: [] });
	const root = newMachine(null);
	const lists = new Map<ListPlan, Machine>();

	const addSequence = (machine: Machine, sequence: LearnedSequence, variant: number, placed: PlacedPart[]): void => {
		let state = machine.states[0] as State;
		for (const part of sequence.parts) {
			const key = shapeKey(part, variant);
			let edge = state.edges.find((candidate) => candidate.key === key);
			if (edge === undefined) {
				const next = part.list === null ? null : newState();
				if (next !== null) machine.states.push(next);
				edge = { machine, state, key, index: machine.edges.length, variant, spots: part.spots, list: part.list?.plan ?? null, next, chunkCount: 0, longest: 0, closed: true, signed: new Set(), based: new Set() };
				machine.edges.push(edge);
				state.edges.push(edge);
				version++;
			}
			widen(edge, part);
			placed.push({ edge, part });
			if (part.list !== null) {
				const { plan, items } = part.list;
				const own = lists.get(plan) ?? newMachine(plan);
				lists.set(plan, own);
				for (const item of items) addSequence(own, item, -1, placed);
				state = edge.next as State;
			}
		}
	};
	const widen = (edge: Edge, part: LearnedPart): void => {
		const needs = factsOf(part);
		const before = [edge.chunkCount, edge.signed.size, edge.based.size, edge.closed, windowOf(edge.longest)].join();
		edge.longest = Math.max(edge.longest, part.template.length);
		edge.closed &&= part.sample.indexOf(closingByte(edge.machine.list)) === part.sample.length - 1;
		edge.chunkCount = Math.max(edge.chunkCount, needs.chunkCount);
		for (const spot of needs.signed) edge.signed.add(spot);
		for (const spot of needs.based) edge.based.add(spot);
		if ([edge.chunkCount, edge.signed.size, edge.based.size, edge.closed, windowOf(edge.longest)].join() !== before) version++;
	};
	return {
		root,
		lists,
		get stateCount() {
			return stateCount;
		},
		get version() {
			return version;
		},
		add(sequence, variant) {
			const placed: PlacedPart[] = [];
			addSequence(root, sequence, variant, placed);
			return placed;
		},
	};
}

export function factsOf(part: LearnedPart): EdgeFacts {
	const signed = new Set<number>();
	const based = new Set<number>();
	part.spots.forEach((spot, index) => {
		if (spot.kind !== 'number') return;
		if (spot.negative) signed.add(index);
		if (spot.base !== 0n) based.add(index);
	});
	return { chunkCount: Math.max(1, Math.ceil(part.template.length / 16)), signed, based };
}

/** Whether code that was made for these facts can follow the part's layout. */
export function covers(facts: EdgeFacts, part: LearnedPart): boolean {
	const needs = factsOf(part);
	return needs.chunkCount <= facts.chunkCount && [...needs.signed].every((spot) => facts.signed.has(spot)) && [...needs.based].every((spot) => facts.based.has(spot));
}
