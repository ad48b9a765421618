/**
 * What ran: the feedback that tells an input that reached something new from one that did not. Generated WebAssembly
 * counts its branches itself (wasm/branches.ts); of TypeScript V8 tells which blocks ran.
 */
import { Session } from 'node:inspector';
import { BRANCH_COUNTERS, COUNTER_BYTES, readBranchSites } from '../src/wasm/branches.ts';

export interface Coverage {
	/** How many inputs run before `fresh` is asked: one where asking is cheap. */
	readonly together: number;
	/** How many places were reached by what was kept. */
	readonly reached: number;
	/** How many places ran since the last time that never had; they are known from now on, where `keep` is true. */
	fresh(keep: boolean): number;
	/** Forgets what ran since the last time. */
	clear(): void;
}

/** The counters of one module. */
export interface Counters extends Coverage {
	readonly address: number;
	readonly bytes: number;
	/** Branches, turns and calls since the last `fresh` or `clear`: a measure of work that no clock disturbs. */
	steps(): number;
}

/** How often is told apart by order of magnitude: one, two, three, four to seven … turns of a loop are places of their own. */
function bucketOf(count: number): number {
	if (count < 4) return 1 << (count - 1);
	return count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128;
}

/** @param address where the module keeps its counters, once it is initialized */
export function countersOf(module: WebAssembly.Module, memory: WebAssembly.Memory, address: number): Counters {
	const sites = readBranchSites(module);
	if (sites === null) throw new Error('tickforge: a module that counts its branches is needed here (countBranches)');
	const count = sites.reduce((most, site) => Math.max(most, site.counter + site.counters), 0);
	const stride = COUNTER_BYTES / 4;
	const known = new Uint8Array(count);
	let reached = 0;
	let words = new Uint32Array(memory.buffer, address, count * stride);
	const read = (): Uint32Array => {
		if (words.buffer !== memory.buffer) words = new Uint32Array(memory.buffer, address, count * stride);
		return words;
	};
	return {
		address,
		bytes: count * COUNTER_BYTES,
		together: 1,
		get reached() {
			return reached;
		},
		fresh(keep) {
			const counted = read();
			let found = 0;
			for (let index = 0; index < count; index++) {
				const times = counted[index * stride] as number;
				if (times === 0) continue;
				const bucket = bucketOf(times);
				if (((known[index] as number) & bucket) !== 0) continue;
				found++;
				if (keep) known[index] = (known[index] as number) | bucket;
			}
			if (keep) reached += found;
			counted.fill(0);
			return found;
		},
		clear: () => void read().fill(0),
		steps() {
			const counted = read();
			let sum = 0;
			for (let index = 0; index < count; index++) sum += counted[index * stride] as number;
			return sum;
		},
	};
}

/** The counters of a module that was linked by hand. */
export function countersOfInstance(module: WebAssembly.Module, instance: WebAssembly.Instance, memory: WebAssembly.Memory): Counters {
	return countersOf(module, memory, (instance.exports[BRANCH_COUNTERS] as WebAssembly.Global).value as number);
}

export function allCoverage(...parts: readonly Coverage[]): Coverage {
	return {
		together: Math.max(1, ...parts.map(({ together }) => together)),
		get reached() {
			return parts.reduce((sum, part) => sum + part.reached, 0);
		},
		fresh: (keep) => parts.reduce((sum, part) => sum + part.fresh(keep), 0),
		clear() {
			for (const part of parts) part.clear();
		},
	};
}

/** Feedback for nobody: blind. */
export const noCoverage: Coverage = { together: 1, reached: 0, fresh: () => 0, clear: () => {} };

interface Range {
	readonly startOffset: number;
	readonly endOffset: number;
	readonly count: number;
}

/** About a millisecond each time that V8 is asked, so many inputs run before. */
const TOGETHER = 64;

/**
 * The TypeScript whose path has one of these in it. V8 counts blocks exactly, but tells them as ranges that depend on
 * which others ran; so what is kept is whether each character of a source ever ran. How often is not told apart.
 */
export function sourceCoverage(...within: readonly string[]): Coverage {
	const session = new Session();
	session.connect();
	session.post('Profiler.enable');
	session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
	const known = new Map<string, Uint8Array>();
	let reached = 0;
	const take = (visit: (url: string, functions: readonly { readonly ranges: readonly Range[] }[]) => void): void => {
		session.post('Profiler.takePreciseCoverage', (error, answer) => {
			if (error !== null) throw error;
			for (const { url, functions } of answer.result) if (within.some((part) => url.includes(part))) visit(url, functions);
		});
	};
	return {
		together: TOGETHER,
		get reached() {
			return reached;
		},
		fresh(keep) {
			let found = 0;
			take((url, functions) => {
				const end = functions.reduce((most, { ranges }) => Math.max(most, ranges[0]?.endOffset ?? 0), 0);
				let ever = known.get(url);
				if (ever === undefined || ever.length < end) {
					const longer = new Uint8Array(end);
					if (ever !== undefined) longer.set(ever);
					known.set(url, longer);
					ever = longer;
				}
				const ran = new Uint8Array(end);
				// Outer functions and blocks come before those within them, and the inner one decides.
				for (const { ranges } of [...functions].sort((a, b) => (a.ranges[0]?.startOffset ?? 0) - (b.ranges[0]?.startOffset ?? 0) || (b.ranges[0]?.endOffset ?? 0) - (a.ranges[0]?.endOffset ?? 0))) for (const { startOffset, endOffset, count } of ranges) ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
				let inNew = false;
				for (let at = 0; at < end; at++) {
					const isNew = ran[at] === 1 && ever[at] === 0;
					// A stretch that is new is one place.
					if (isNew && !inNew) found++;
					inNew = isNew;
					if (isNew && keep) ever[at] = 1;
				}
			});
			if (keep) reached += found;
			return found;
		},
		clear: () => take(() => {}),
	};
}
