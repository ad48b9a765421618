/**
 * The branches of a module: sites, counters for them where `createModule` was asked to count, and the answers of a
 * profile where it was given one. Without either nothing of this is used, and the module's bytes are as they always were.
 *
 * Counters are unsigned 64-bit integers in memory, little endian, at the address in the exported global
 * {@link BRANCH_COUNTERS}, which the host (or the module's own initialization) sets before any counting code runs:
 * ```
 *  branchCounters + 0        8        16 …
 *  | counter 0 | counter 1 | …
 * ```
 * What each of them counts is told by the sites, which the module carries in a custom section as JSON.
 */
import { misuse } from './expression.ts';

/** The exported global with the counters' address. */
export const BRANCH_COUNTERS = 'branchCounters';
/** The custom section with the sites. */
export const BRANCH_SECTION = 'tickforge.branches';
/** Bytes of one counter. */
export const COUNTER_BYTES = 8;

/**
 * What a site is, and its counters in their order:
 * - `call`: a function's entry: calls
 * - `if`: reached, taken
 * - `branchIf`: reached, passed (not taken)
 * - `switch`: one a case, then one for all other values
 * - `loop`: entered, turns
 * - `count`: how often control came by (`f.count`)
 */
export type BranchKind = 'call' | 'if' | 'branchIf' | 'switch' | 'loop' | 'count';

export interface BranchSite {
	/** The function's name; with a number behind it where an earlier one has the same. */
	readonly function: string;
	readonly kind: BranchKind;
	/** The name that the emitter gave, else kind and number: the same in every module that is generated from the same code and data. */
	readonly key: string;
	/** Number of the instruction among the function's branching instructions (`if`, `br_if`, `br_table`, `loop`); -1 where there is none. */
	readonly instruction: number;
	/** What the code itself says; null where nothing. */
	readonly likely: boolean | null;
	/** Index of the first counter, and how many there are. */
	readonly counter: number;
	readonly counters: number;
	/** Names of a switch's cases, as far as the emitter gave them. */
	readonly cases?: readonly string[];
}

/** What a profile says of a branch: taken mostly (true), hardly ever (false), or neither. `given` is what the code says. */
export type LikelyOf = (functionName: string, key: string, given: boolean | undefined) => boolean | undefined;

export interface BranchOptions {
	/** Code that counts at each branch, loop, switch and function entry. Default false. */
	readonly countBranches?: boolean;
	/** Asked for the hint of each `if` and `branchIf`. */
	readonly likely?: LikelyOf;
}

const COUNTERS: Readonly<Record<Exclude<BranchKind, 'switch'>, number>> = { call: 1, if: 2, branchIf: 2, loop: 2, count: 1 };

/** The sites of one module while it is built. */
export class BranchRecorder {
	readonly counting: boolean;
	readonly sites: BranchSite[] = [];
	readonly #likely: LikelyOf | undefined;
	readonly #names = new Map<string, number>();
	#counters = 0;

	constructor({ countBranches = false, likely }: BranchOptions) {
		this.counting = countBranches;
		this.#likely = likely;
	}

	/** Bytes of all counters so far. */
	get bytes(): number {
		return this.#counters * COUNTER_BYTES;
	}

	function(name: string): FunctionSites {
		return new FunctionSites(this, unique(this.#names, name), this.#likely);
	}

	/** Returns the index of the first counter. */
	add(site: Omit<BranchSite, 'counter'>): number {
		const counter = this.#counters;
		this.#counters += site.counters;
		this.sites.push({ ...site, counter });
		return counter;
	}
}

/** The sites of one function while it is built. */
export class FunctionSites {
	readonly #recorder: BranchRecorder;
	readonly #name: string;
	readonly #likely: LikelyOf | undefined;
	readonly #keys = new Map<string, number>();
	#instructions = 0;

	constructor(recorder: BranchRecorder, name: string, likely: LikelyOf | undefined) {
		this.#recorder = recorder;
		this.#name = name;
		this.#likely = likely;
	}

	/** The next site: the hint that it gets, and the offset of its first counter, -1 where nothing is counted. */
	next(kind: BranchKind, { name, likely, cases, counters = COUNTERS[kind as 'if'] }: { readonly name?: string | undefined; readonly likely?: boolean | undefined; readonly cases?: readonly string[] | undefined; readonly counters?: number } = {}): { readonly likely: boolean | undefined; readonly counter: number } {
		// Counted apart from named ones, so that a named site that moves or goes takes no other's name.
		const key = name === undefined ? `${kind} ${count(this.#keys, kind)}` : unique(this.#keys, `'${name}'`);
		const branches = kind === 'if' || kind === 'branchIf';
		const decided = branches && this.#likely !== undefined ? this.#likely(this.#name, key, likely) : likely;
		const instruction = branches || kind === 'switch' || kind === 'loop' ? this.#instructions++ : -1;
		if (!this.#recorder.counting) return { likely: decided, counter: -1 };
		const counter = this.#recorder.add({ function: this.#name, kind, key, instruction, likely: decided ?? null, counters, ...(cases === undefined ? {} : { cases }) });
		return { likely: decided, counter: counter * COUNTER_BYTES };
	}
}

function count(counts: Map<string, number>, name: string): number {
	const next = (counts.get(name) ?? 0) + 1;
	counts.set(name, next);
	return next;
}

function unique(counts: Map<string, number>, name: string): string {
	const number = count(counts, name);
	return number === 1 ? name : `${name} (${number})`;
}

export function writeBranchSites(sites: readonly BranchSite[]): Uint8Array {
	return new TextEncoder().encode(JSON.stringify(sites));
}

/** The sites of a module that counts; null of one that does not. @throws where the module's list of sites is none */
export function readBranchSites(module: WebAssembly.Module): readonly BranchSite[] | null {
	const [section] = WebAssembly.Module.customSections(module, BRANCH_SECTION);
	if (section === undefined) return null;
	const sites = JSON.parse(new TextDecoder().decode(section)) as unknown;
	if (!Array.isArray(sites)) throw misuse('the list of branches in this module is damaged');
	return sites as readonly BranchSite[];
}

/** A site with what was counted. */
export interface BranchCount extends BranchSite {
	/** Its counters, in the order that {@link BranchKind} tells; exact below 2^53. */
	readonly counts: readonly number[];
}

/** Reads all counters. Allocates; nothing is reset. @param address of the counters, the value of the global {@link BRANCH_COUNTERS} */
export function readBranchCounts(memory: WebAssembly.Memory, address: number, sites: readonly BranchSite[]): BranchCount[] {
	const view = new DataView(memory.buffer);
	const read = (counter: number): number => {
		const at = (address >>> 0) + counter * COUNTER_BYTES;
		return view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true);
	};
	return sites.map((site) => ({ ...site, counts: Array.from({ length: site.counters }, (_, index) => read(site.counter + index)) }));
}

/** How often a branch was reached and taken; null of sites that are no branch. */
export function takenOf({ kind, counts }: Pick<BranchCount, 'kind' | 'counts'>): { readonly reached: number; readonly taken: number } | null {
	const [reached = 0, second = 0] = counts;
	if (kind === 'if') return { reached, taken: second };
	return kind === 'branchIf' ? { reached, taken: Math.max(0, reached - second) } : null;
}
