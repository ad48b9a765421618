/**
 * From the schema tier to the layout tier and back, while messages are parsed. Everything happens between two calls of
 * the parser, so a swap can neither lose a message nor give it twice: both modules read the same context and write the
 * same batches.
 *
 * ```
 *  learning ──enough learned──→ settled ──shapes without code──→ settled, with a new module
 *     ↑                            │
 *     └──after a while──  aside ←──layouts take too few, or are slower than the schema tier
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
	/** Hears of each module that takes over and counts its branches: where its counters are, and its bytes. */
	readonly counts?: (address: number, bytes: Uint8Array<ArrayBuffer>) => void;
	/** Accepted messages to learn before the first one arrives. */
	readonly known?: readonly { readonly message: Uint8Array; readonly variant: number }[];
}

/** When to learn, and when to leave it. */
export interface TieringRules {
	/** Messages before learning begins: for fewer it would not pay. Default 4096; 0 with a profile. */
	readonly learnAfter?: number;
	/** Messages that are learned before the first module with layouts is made. Default 64. */
	readonly learnFirst?: number;
	/** Most of the time since the start that learning may take, beyond the first 50 ms. Default 0.02. At 1 nothing is left out for lack of time, in one pause either. */
	readonly learningShare?: number;
	/** Milliseconds that learning may hold parsing up at once. Default 0.7. A program that reads files can allow more. */
	readonly longestPause?: number;
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
	/** Accepted messages that layouts took, and did not, while a module with layouts was there. */
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
	/**
	 * Its only item: how long the call of `parse` took, in milliseconds; 0 where that was not measured, as for calls of few
	 * messages. In memory: passed on as it is, each such number would be an object.
	 */
	readonly took: Float64Array;
	/** Whether calls are to be measured now: reading the clock costs an object or two. */
	readonly isTimed: boolean;
	/** To be called after each call of `parse`, with the messages it consumed. */
	afterCall(messages: number): void;
	/** What was learned from. */
	readonly samples: readonly LearnedSample[];
	statistics(): TieringStatistics;
}

const NOTES = 64;
/** Places of times. */
const WINDOW = 0;
const SCHEMA = 1;
const FREE_MILLISECONDS = 50;
/** Of one pause, in milliseconds. */
const LONGEST_LEARNING = 0.7;
/** Longer messages are lists, mostly, whose items shorter ones have, too. */
const LONGEST_LEARNED = 4096;
/** At least one of so many messages that no layout took is looked at. */
const MOST_SELDOM = 4096;
/** The schema tier's pace is looked at again after so many windows: sooner where layouts take fewer than nine of ten. */
const CALIBRATE_EVERY = 16;
const CALIBRATE_OFTEN = 4;
const WELL_TAKEN = 9;

export function createTiering(options: TieringOptions): Tiering {
	const { learner, memory, allocate, schema, context } = options;
	const learnFirst = options.rules?.learnFirst ?? 64;
	const learningShare = options.rules?.learningShare ?? 0.02;
	const longestLearning = options.rules?.longestPause ?? LONGEST_LEARNING;
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
	const learnAfter = options.known !== undefined && options.known.length > 0 ? 0 : (options.rules?.learnAfter ?? 4096);
	/** Tells generated code where layouts are; 0: nothing is counted or noted. */
	const setLayouts = (address: number): void => {
		current()[(context + CONTEXT.layouts) >>> 2] = address;
	};
	setLayouts(learnAfter > 0 ? 0 : store.address);
	put(LEARNING.noteLimit, NOTES);
	put(LEARNING.noteTable, noteTable);
	put(LEARNING.noteEvery, 1);

	let state = 'learning' as TieringStatistics['state'];
	let waiting = learnAfter > 0;
	let learned = 0;
	let every = 1;
	let taken = 0;
	let missed = 0;
	/** Of the last whole window. */
	let recentTaken = 0;
	let recentMissed = 0;
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
	let asidePatience = windowSize * 8;
	let since = 0;
	const started = performance.now();

	let longestPause = 0;
	/** The parser with layouts, while it is not the schema tier's turn. */
	let withLayouts: ParseFunction = schema;
	/** Messages left for the schema tier, to see how long it takes; milliseconds a message, 0 where not known. */
	let calibrating = 0;
	/** Milliseconds, in a typed array: in a variable they would be a new object at each call. */
	const times = new Float64Array(2);
	let schemaTimed = 0;
	let schemaPace = 0;
	/** Whether this window is compared with the schema tier. */
	let timed = false;
	let windowTimed = 0;
	let windows = 0;
	let slowWindows = 0;
	/** What came back from elsewhere and waits for the next pause; `requested` while it is under way. */
	let ready: { module: WebAssembly.Module; install(): void; version: number; state: typeof state } | null = null;
	let requested = false;

	const takeOver = (module: WebAssembly.Module, install: () => void, madeVersion: number, bytes: Uint8Array<ArrayBuffer> | null): void => {
		withLayouts = instantiateParser(
			module,
			memory,
			(size) => allocate('constants', size),
			(address) => {
				if (bytes !== null) options.counts?.(address, bytes);
			},
		);
		tiering.parse = withLayouts;
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
			takeOver(new WebAssembly.Module(bytes), install, madeVersion, bytes);
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
		while (looked < notes && (looked === 0 || unhurried || performance.now() - before < longestLearning)) {
			const at = (noteTable + looked * NOTE.size) >>> 2;
			const address = current()[at + (NOTE.address >>> 2)] as number;
			const length = current()[at + (NOTE.length >>> 2)] as number;
			if (length <= LONGEST_LEARNED && learner.learn(new Uint8Array(memory.buffer).slice(address, address + length), current()[at + (NOTE.variant >>> 2)] as number)) fresh++;
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
	/** What the schema tier takes for the same feed: a few messages now and then go there. */
	const calibrate = (): void => {
		calibrating = Math.max(64, Math.min(4096, windowSize >> 3));
		times[SCHEMA] = 0;
		schemaTimed = 0;
		timed = true;
		tiering.parse = schema;
		// What layouts would have taken need not be learned again.
		setLayouts(0);
	};
	const stepAside = (): void => {
		slowWindows = 0;
		state = 'aside';
		stepsAside++;
		since = 0;
		asidePatience *= 2;
		tiering.parse = schema;
		setLayouts(0);
	};
	const returnFromAside = (): void => {
		// Perhaps the feed is another one by now.
		setLayouts(store.address);
		learned = 0;
		since = 0;
		state = 'learning';
	};

	/** Whether there is more to do than counting. */
	const isDue = (): boolean => ready !== null || get(LEARNING.notes) > 0 || windowTaken + windowMissed >= windowSize || (state === 'learning' ? learned >= learnFirst : learner.version !== version && since >= patience);
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
			if (asked === state) takeOver(module, install, madeVersion, null);
		}
		if (state === 'learning') {
			if (learned >= learnFirst && learner.shapes > 0) makeModule();
			return;
		}
		if (learner.version !== version && since >= patience) {
			makeModule();
			since = 0;
			patience *= 2;
		}
		if (windowTaken + windowMissed >= windowSize) {
			recentTaken = windowTaken;
			recentMissed = windowMissed;
			windowTaken = 0;
			windowMissed = 0;
			// Slower than without layouts, twice in a row: once may be another program's doing.
			const slow = schemaPace > 0 && windowTimed > 0 && (times[WINDOW] as number) / windowTimed > schemaPace;
			slowWindows = slow ? slowWindows + 1 : 0;
			timed = slow;
			times[WINDOW] = 0;
			windowTimed = 0;
			if (recentTaken < leastTaken * (recentTaken + recentMissed) || slowWindows > 1) stepAside();
			else {
				store.write(true);
				if (windows++ % (recentTaken > recentMissed * WELL_TAKEN ? CALIBRATE_EVERY : CALIBRATE_OFTEN) === 0) calibrate();
			}
		}
	};

	const tiering: Tiering = {
		parse: schema,
		get isTimed() {
			return timed;
		},
		samples: learner.samples,
		took: new Float64Array(1),
		afterCall(messages) {
			since += messages;
			if (waiting) {
				if (since < learnAfter) return;
				waiting = false;
				setLayouts(store.address);
			}
			if (state === 'aside') {
				if (since >= asidePatience) returnFromAside();
				return;
			}
			const nowTaken = get(LEARNING.taken);
			const nowMissed = get(LEARNING.missed);
			put(LEARNING.taken, 0);
			put(LEARNING.missed, 0);
			if (calibrating > 0) {
				times[SCHEMA] = (times[SCHEMA] as number) + (tiering.took[0] as number);
				if (tiering.took[0] !== 0) schemaTimed += messages;
				calibrating -= messages;
				if (calibrating <= 0) {
					if (schemaTimed > 0) schemaPace = (times[SCHEMA] as number) / schemaTimed;
					tiering.parse = withLayouts;
					setLayouts(store.address);
				}
				return;
			}
			if (state === 'settled') {
				if (timed && tiering.took[0] !== 0) {
					times[WINDOW] = (times[WINDOW] as number) + (tiering.took[0] as number);
					windowTimed += messages;
				}
				taken += nowTaken;
				missed += nowMissed;
				windowTaken += nowTaken;
				windowMissed += nowMissed;
			}
			if (!isDue()) return;
			const before = performance.now();
			act();
			const pause = performance.now() - before;
			if (pause > longestPause) longestPause = pause;
		},
		statistics: () => ({
			state,
			taken,
			missed,
			recentShare: recentTaken > 0 ? recentTaken / (recentTaken + recentMissed) : windowTaken + windowMissed > 0 ? windowTaken / (windowTaken + windowMissed) : 0,
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
			takeOver(new WebAssembly.Module(bytes), install, learner.version, bytes);
		}
	}
	return tiering;
}
