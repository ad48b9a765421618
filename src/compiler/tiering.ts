/**
 * From the schema tier to the layout tier and back, while messages are parsed. Everything happens between two calls of
 * the parser, so a swap can neither lose a message nor give it twice: both modules read the same context and write the
 * same batches.
 *
 * ```
 *  learning ──enough learned──→ settled ──shapes without code──→ settled, with a new module
 *     ↑                            │
 *     └──after a while──  aside ←──layouts take too few─┘
 * ```
 */
import { instantiateParser } from './instantiate.ts';
import { CONTEXT, LEARNING, NOTE, type ParseFunction } from './parser-abi.ts';
import type { GenerateOptions, LayoutLearner, LayoutMemory, LearnedSample } from './protocol.ts';

export interface TieringOptions {
	readonly learner: LayoutLearner;
	readonly memory: WebAssembly.Memory;
	readonly allocate: (name: string, bytes: number) => number;
	readonly generate: GenerateOptions;
	/** The schema tier's parser; it notes messages, too. */
	readonly schema: ParseFunction;
	/** Address of the parser's context. */
	readonly context: number;
	readonly rules?: TieringRules;
	/** Makes modules elsewhere; null where it could not. Without it they are made here, between two calls. */
	readonly background?: (samples: readonly LearnedSample[], names: ReadonlyMap<string, number>) => Promise<WebAssembly.Module | null>;
	/** Accepted messages to learn before the first one arrives. */
	readonly known?: readonly { readonly message: Uint8Array; readonly variant: number }[];
}

/** When to learn, and when to leave it. */
export interface TieringRules {
	/** Messages that are learned before the first module with layouts is made. Default 64. */
	readonly learnFirst?: number;
	/** Most of the time since the start that learning may take, beyond the first 50 ms. Default 0.05. At 1 nothing is left out for lack of time, in one pause either. */
	readonly learningShare?: number;
	/** Share of messages that layouts must take, over `window` messages, to stay. Default 0.3. */
	readonly leastTaken?: number;
	/** Default 65536. */
	readonly window?: number;
	/** Bytes of layouts in memory. Default 4 MiB. */
	readonly memory?: number;
}

export interface TieringStatistics {
	/** `learning`: no module with layouts yet; `aside`: layouts took too few messages, the schema tier parses. */
	readonly state: 'learning' | 'settled' | 'aside';
	/** Messages that layouts took, and did not, while a module with layouts was there. */
	readonly taken: number;
	readonly missed: number;
	/** Of the last window. */
	readonly recentShare: number;
	readonly layouts: number;
	readonly shapes: number;
	/** Bytes of layouts in memory; bytes of the present module. */
	readonly layoutBytes: number;
	readonly moduleBytes: number;
	readonly evicted: number;
	/** Messages that were given to be learned and have no layout. */
	readonly unlearnable: number;
	/** Modules generated, and the time that generating and compiling took. */
	readonly modules: number;
	readonly compileMilliseconds: number;
	readonly learnMilliseconds: number;
	/** Times that layouts were given up because they took too few. */
	readonly stepsAside: number;
	/** The longest that learning or a swap has held parsing up at once. */
	readonly longestPauseMilliseconds: number;
}

export interface Tiering {
	/** The parser of the moment. */
	parse: ParseFunction;
	/** To be called after each call of `parse`. */
	afterCall(): void;
	/** What was learned from. */
	readonly samples: readonly LearnedSample[];
	statistics(): TieringStatistics;
}

const NOTES = 64;
const FREE_MILLISECONDS = 50;
/** Of one pause, in milliseconds. */
const LONGEST_LEARNING = 0.7;
/** At least one of so many messages that no layout took is looked at. */
const MOST_SELDOM = 4096;

export function createTiering(options: TieringOptions): Tiering {
	const { learner, memory, allocate, schema, context } = options;
	const learnFirst = options.rules?.learnFirst ?? 64;
	const learningShare = options.rules?.learningShare ?? 0.05;
	const unhurried = learningShare >= 1;
	const leastTaken = options.rules?.leastTaken ?? 0.3;
	const windowSize = options.rules?.window ?? 65536;
	const store: LayoutMemory = learner.open({
		memory,
		allocate: (bytes) => allocate('layouts', bytes),
		...(options.rules?.memory === undefined ? {} : { limit: options.rules.memory }),
	});
	const noteTable = allocate('notes', NOTES * NOTE.size);
	let words = new Uint32Array(memory.buffer);
	const current = (): Uint32Array => {
		if (words.buffer !== memory.buffer) words = new Uint32Array(memory.buffer);
		return words;
	};
	const block = store.address >>> 2;
	const put = (field: number, value: number): void => {
		current()[block + (field >>> 2)] = value;
	};
	const get = (field: number): number => current()[block + (field >>> 2)] as number;
	current()[(context + CONTEXT.layouts) >>> 2] = store.address;
	put(LEARNING.noteLimit, NOTES);
	put(LEARNING.noteTable, noteTable);
	put(LEARNING.noteEvery, 1);

	let state = 'learning' as TieringStatistics['state'];
	let learned = 0;
	let every = 1;
	let taken = 0;
	let missed = 0;
	let recentShare = 0;
	let windowTaken = 0;
	let windowMissed = 0;
	let modules = 0;
	let moduleBytes = 0;
	let compileMilliseconds = 0;
	let learnMilliseconds = 0;
	let stepsAside = 0;
	let version = -1;
	/** Messages until the next module may be made, or layouts be tried again; doubles each time. */
	let patience = 2048;
	let asidePatience = windowSize * 4;
	let since = 0;
	const started = performance.now();

	let longestPause = 0;
	/** What came back from elsewhere and waits for the next pause; `requested` while it is under way. */
	let ready: { module: WebAssembly.Module; install(): void; version: number; state: typeof state } | null = null;
	let requested = false;

	const takeOver = (module: WebAssembly.Module, install: () => void, madeVersion: number): void => {
		tiering.parse = instantiateParser(module, memory, (size) => allocate('constants', size));
		install();
		version = madeVersion;
		modules++;
		store.write();
		state = 'settled';
		since = 0;
	};
	const makeModule = (): void => {
		const { background } = options;
		const madeVersion = learner.version;
		if (background === undefined) {
			const before = performance.now();
			const { bytes, install } = learner.generate(options.generate);
			moduleBytes = bytes.length;
			takeOver(new WebAssembly.Module(bytes), install, madeVersion);
			compileMilliseconds += performance.now() - before;
			return;
		}
		if (requested) return;
		requested = true;
		const { install } = learner.prepare();
		const asked = state;
		const before = performance.now();
		background([...learner.samples], learner.names).then(
			(module) => {
				requested = false;
				compileMilliseconds += performance.now() - before;
				if (module !== null) ready = { module, install, version: madeVersion, state: asked };
			},
			() => {
				requested = false;
			},
		);
	};
	const learn = (notes: number): void => {
		const before = performance.now();
		let fresh = 0;
		let looked = 0;
		// What there is no time for is forgotten: it will come again.
		while (looked < notes && (looked === 0 || unhurried || performance.now() - before < LONGEST_LEARNING)) {
			const at = (noteTable + looked * NOTE.size) >>> 2;
			const address = current()[at + (NOTE.address >>> 2)] as number;
			const message = new Uint8Array(memory.buffer).slice(address, address + (current()[at + (NOTE.length >>> 2)] as number));
			if (learner.learn(message, current()[at + (NOTE.variant >>> 2)] as number)) fresh++;
			looked++;
		}
		// Where little is new, few of the messages are looked at.
		every = fresh * 4 >= looked ? 1 : Math.min(every * 2, MOST_SELDOM);
		put(LEARNING.noteEvery, every);
		learned += looked;
		store.write();
		learnMilliseconds += performance.now() - before;
	};
	const mayLearn = (): boolean => unhurried || learnMilliseconds < FREE_MILLISECONDS || learnMilliseconds < (performance.now() - started) * learningShare;
	const stepAside = (): void => {
		state = 'aside';
		stepsAside++;
		since = 0;
		asidePatience *= 2;
		tiering.parse = schema;
		// Nothing is noted meanwhile.
		put(LEARNING.noteLimit, 0);
	};

	/** Whether there is more to do than counting. */
	const isDue = (): boolean => ready !== null || get(LEARNING.notes) > 0 || windowTaken + windowMissed >= windowSize || (state === 'learning' ? learned >= learnFirst : state === 'aside' ? since >= asidePatience : learner.version !== version && since >= patience);
	const act = (): void => {
		const notes = get(LEARNING.notes);
		if (notes > 0) {
			if (mayLearn()) learn(notes);
			put(LEARNING.notes, 0);
		}
		if (ready !== null) {
			const { module, install, version: madeVersion, state: asked } = ready;
			ready = null;
			// What was asked for before layouts were given up is not wanted any more.
			if (asked === state) takeOver(module, install, madeVersion);
		}
		if (state === 'learning') {
			if (learned >= learnFirst && learner.shapes > 0) makeModule();
			return;
		}
		if (state === 'aside') {
			if (since < asidePatience) return;
			// Perhaps the feed is another one by now.
			put(LEARNING.noteLimit, NOTES);
			learned = 0;
			since = 0;
			state = 'learning';
			return;
		}
		if (learner.version !== version && since >= patience) {
			makeModule();
			since = 0;
			patience *= 2;
		}
		if (windowTaken + windowMissed >= windowSize) {
			recentShare = windowTaken / (windowTaken + windowMissed);
			windowTaken = 0;
			windowMissed = 0;
			if (recentShare < leastTaken) stepAside();
			else store.write(true);
		}
	};

	const tiering: Tiering = {
		parse: schema,
		samples: learner.samples,
		afterCall() {
			const nowTaken = get(LEARNING.taken);
			const nowMissed = get(LEARNING.missed);
			if (nowTaken + nowMissed === 0) return;
			put(LEARNING.taken, 0);
			put(LEARNING.missed, 0);
			since += nowTaken + nowMissed;
			if (state === 'settled') {
				taken += nowTaken;
				missed += nowMissed;
				windowTaken += nowTaken;
				windowMissed += nowMissed;
			}
			if (!isDue()) return;
			const before = performance.now();
			act();
			longestPause = Math.max(longestPause, performance.now() - before);
		},
		statistics: () => ({
			state,
			taken,
			missed,
			recentShare: windowTaken + windowMissed > 0 && recentShare === 0 ? windowTaken / (windowTaken + windowMissed) : recentShare,
			layouts: store.placed,
			shapes: learner.shapes,
			layoutBytes: store.bytes,
			moduleBytes,
			evicted: store.evicted,
			unlearnable: learner.unlearnable,
			modules,
			compileMilliseconds,
			learnMilliseconds,
			stepsAside,
			longestPauseMilliseconds: longestPause,
		}),
	};
	if (options.known !== undefined && options.known.length > 0) {
		const before = performance.now();
		for (const { message, variant } of options.known) learner.learn(message, variant);
		store.write();
		learnMilliseconds += performance.now() - before;
		// Made here: the caller asked for it before the first message.
		if (learner.shapes > 0) {
			const { bytes, install } = learner.generate(options.generate);
			moduleBytes = bytes.length;
			takeOver(new WebAssembly.Module(bytes), install, learner.version);
		}
	}
	return tiering;
}
