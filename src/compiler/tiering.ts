/**
 * From the schema tier to the layout tier and back, while messages are parsed. Everything happens between two calls of
 * the parser, so a swap can neither lose a message nor give it twice: both modules read the same context and write the
 * same batches.
 *
 * ```
 *  learning ──enough learned──→ settled ──shapes without code──→ settled, with a new module
 *                                ↑ │
 *                after a while:  │ ↓  layouts take too few, or are slower than the schema tier
 *                                aside
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
	/** Modules of earlier processes, for what is known before the first message: the same samples and names make the same module. */
	readonly kept?: KeptModules;
	/** Hears of each module that takes over and counts its branches: where its counters are, and its bytes. */
	readonly counts?: (address: number, bytes: Uint8Array<ArrayBuffer>) => void;
	/** Accepted messages to learn before the first one arrives. */
	readonly known?: readonly LearnedSample[];
}

export interface KeptModules {
	get(samples: readonly LearnedSample[], names: ReadonlyMap<string, number>): WebAssembly.Module | null;
	put(samples: readonly LearnedSample[], names: ReadonlyMap<string, number>, bytes: Uint8Array): void;
}

/** When to learn, and when to leave it. */
export interface TieringRules {
	/** Messages before learning begins: for fewer it would not pay. Default 4096; 0 with a profile. */
	readonly learnAfter?: number;
	/** Messages that are learned before the first module with layouts is made. Default 32. */
	readonly learnFirst?: number;
	/** Most of the time that learning may take, beyond the first 200 ms; at most a second of it is saved up. Default 0.02. At 1 nothing is left out for lack of time, in one pause either. */
	readonly learningShare?: number;
	/** Milliseconds that learning may hold parsing up at once. Default 0.7. A program that reads files can allow more. */
	readonly longestPause?: number;
	/** Share of messages that layouts must take, over `window` messages, to stay. Default 0.3. */
	readonly leastTaken?: number;
	/** Default 65536. */
	readonly window?: number;
	/** Shapes of messages that there is code for; beyond it those go that were used least. Default 256. */
	readonly mostShapes?: number;
}

export interface TieringStatistics {
	/** `learning`: no module with layouts yet; `aside`: layouts took too few messages, the schema tier parses. */
	readonly state: 'learning' | 'settled' | 'aside';
	/** Accepted messages that layouts took, and did not, while a module with layouts was there. */
	readonly taken: number;
	readonly missed: number;
	/** Of the last window. */
	readonly recentShare: number;
	/** Shapes of messages and of lists' items that are known. */
	readonly shapes: number;
	/** Bytes of what code keeps of messages: names and hours that were met; bytes of the last module that was generated here, 0 where none was (another thread, a code cache). */
	readonly cacheBytes: number;
	readonly moduleBytes: number;
	/** Shapes that were given up for others since they were used least. */
	readonly evicted: number;
	/** Messages that were given to be learned and have no layout. */
	readonly unlearnable: number;
	/** Modules generated, and the time that generating and compiling took. */
	readonly modules: number;
	readonly compileMilliseconds: number;
	readonly learnMilliseconds: number;
	/** Times that layouts were given up because they took too few, or were slower than the schema tier. */
	readonly stepsAside: number;
	/** Times that learning began again in earnest because layouts took fewer messages than they had: another format, other symbols. */
	readonly relearned: number;
	/** The longest that learning or a swap has held parsing up at once. */
	readonly longestPauseMilliseconds: number;
}

export interface Tiering {
	/** The parser of the moment. */
	parse: ParseFunction;
	/**
	 * Its only item: how long the call of `parse` took, in seconds; 0 where that was not measured, as for calls of few
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
/** Places of times: seconds of the calls that are compared, with layouts and without. */
const WINDOW = 0;
const SCHEMA = 1;
/** The schema tier's seconds a message, 0 where not known. */
const PACE = 2;
/** In milliseconds: learning that is allowed now, and when that was reckoned. */
const CREDIT = 3;
const RECKONED = 4;
const FREE_MILLISECONDS = 200;
/** Time to learn that is saved up while there is nothing to learn. */
const MOST_CREDIT = 1000;
/** Messages between two modules, at first. */
const FIRST_PATIENCE = 2048;
/** Of one pause, in milliseconds. */
const LONGEST_LEARNING = 0.7;
/** Longer messages would take too long to look at. */
const LONGEST_LEARNED = 65536;
/** At least one of so many messages that no layout took is looked at while there is now and then something new in them. */
const MOST_SELDOM = 4096;
/** Where one of so many is looked at, several looks in a row have shown nothing new. */
const ENOUGH = 32;
/** The same where there is nothing. Learning makes objects: who has learned all that there is makes none. */
const HARDLY_EVER = 2 ** 24;
/** Layouts miss more of a window than they had by so much of it: something has changed. */
const FALLEN = 0.02;
/** Windows that learning again may take before layouts are given up. */
const GRACE = 2;
/** Every so many messages that no layout takes are looked at, when layouts are tried once more. */
const RETURNING = 256;
/**
 * The schema tier's pace is looked at again after so many windows, sooner where layouts take fewer than nine of ten; after
 * twice as many each time that layouts were the faster ones, up to MOST_WINDOWS.
 */
const CALIBRATE_EVERY = 16;
const CALIBRATE_OFTEN = 4;
const MOST_WINDOWS = 1024;
const WELL_TAKEN = 9;
/** Messages that are timed with layouts for one that is timed without: a few make up for what a single call may meet. */
const TIMED_WITH = 2;
/** Layouts may be so much slower than the schema tier, and be slower in so many windows in a row. */
const SLOWER = 1.03;
const MOST_SLOW = 2;

export function createTiering(options: TieringOptions): Tiering {
	const { learner, memory, allocate, schema, context } = options;
	const learnFirst = options.rules?.learnFirst ?? 32;
	const learningShare = options.rules?.learningShare ?? 0.02;
	const longestLearning = options.rules?.longestPause ?? LONGEST_LEARNING;
	const unhurried = learningShare >= 1;
	const leastTaken = options.rules?.leastTaken ?? 0.3;
	const windowSize = options.rules?.window ?? 65536;
	const store: LayoutMemory = learner.open({
		memory,
		allocate: (bytes) => allocate('layouts', bytes),
		...(options.rules?.mostShapes === undefined ? {} : { mostShapes: options.rules.mostShapes }),
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
	let relearned = 0;
	/** Windows in which layouts may take too few, since they are being learned again. */
	let graceWindows = 0;
	/** The fewest messages of a window that layouts missed since learning last began in earnest; so many more are too many. */
	let fewestMissed = windowSize;
	const fallen = Math.ceil(windowSize * FALLEN);
	/** In whole numbers like the rest: at the end of a window nothing is made. */
	const fewestTaken = Math.ceil(leastTaken * windowSize);
	let version = -1;
	/** Messages until the next module may be made, or layouts be tried again; doubles each time. */
	let patience = FIRST_PATIENCE;
	let asidePatience = windowSize * 8;
	let since = 0;
	let longestPause = 0;
	/** The parser with layouts, while it is not the schema tier's turn. */
	let withLayouts: ParseFunction = schema;
	/** Messages left for the schema tier, to see how long it takes; as many as there were at first. */
	let calibrating = 0;
	const calibration = Math.max(64, Math.min(4096, windowSize >> 3));
	/** In a typed array: in a variable they would be a new object at each call. */
	const times = new Float64Array(5);
	times[CREDIT] = FREE_MILLISECONDS;
	times[RECKONED] = performance.now();
	let schemaTimed = 0;
	/** Whether this window is compared with the schema tier. */
	let timed = false;
	let windowTimed = 0;
	let slowWindows = 0;
	/** Windows until the next comparison, and how many there were until this one. */
	let windowsLeft = 0;
	let windowsBetween = 0;
	/** What came back from elsewhere and waits for the next pause; `requested` while it is under way. */
	let ready: { module: WebAssembly.Module; version: number; state: typeof state } | null = null;
	let requested = false;

	/** Of the module with layouts: the next one's take the place of the last one's, which nothing runs any more. */
	let constants = { address: 0, size: 0 };
	const placeConstants = (size: number): number => {
		// Counters lie behind them, and are read when all is over.
		if (options.generate.countBranches === true) return allocate('constants', size);
		if (size > constants.size) constants = { address: allocate('constants', size * 2), size: size * 2 };
		return constants.address;
	};
	const takeOver = (module: WebAssembly.Module, madeVersion: number, bytes: Uint8Array<ArrayBuffer> | null): void => {
		withLayouts = instantiateParser(module, memory, placeConstants, (address) => {
			if (bytes !== null) options.counts?.(address, bytes);
		});
		tiering.parse = withLayouts;
		version = madeVersion;
		modules++;
		state = 'settled';
		since = 0;
	};
	const makeModule = (): void => {
		const { background } = options;
		const madeVersion = learner.version;
		if (background === undefined) {
			const before = performance.now();
			const bytes = learner.generate(options.generate);
			moduleBytes = bytes.length;
			takeOver(new WebAssembly.Module(bytes), madeVersion, bytes);
			compileMilliseconds += performance.now() - before;
			return;
		}
		if (requested) return;
		requested = true;
		const asked = state;
		const before = performance.now();
		background([...learner.samples], learner.names).then(
			(module) => {
				requested = false;
				compileMilliseconds += performance.now() - before;
				if (module !== null) ready = { module, version: madeVersion, state: asked };
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
			if (length <= LONGEST_LEARNED && learner.learn(new Uint8Array(memory.buffer).slice(address, address + length), current()[at + (NOTE.variant >>> 2)] as number, (current()[at + (NOTE.item >>> 2)] as number) - 1)) fresh++;
			looked++;
		}
		// Where little is new, few of the messages are looked at.
		lookAtEvery(fresh * 4 >= looked ? 1 : Math.min(every * (every < MOST_SELDOM ? 2 : 16), fresh > 0 || state === 'learning' ? MOST_SELDOM : HARDLY_EVER));
		learned += looked;
		const took = performance.now() - before;
		learnMilliseconds += took;
		times[CREDIT] = (times[CREDIT] as number) - took;
	};
	const lookAtEvery = (messages: number): void => {
		every = messages;
		put(LEARNING.noteEvery, messages);
		// The message that is noted next was chosen by the old number.
		put(LEARNING.noteCountdown, Math.min(get(LEARNING.noteCountdown), messages));
	};
	const mayLearn = (): boolean => {
		if (unhurried) return true;
		const now = performance.now();
		times[CREDIT] = Math.min((times[CREDIT] as number) + (now - (times[RECKONED] as number)) * learningShare, Math.max(MOST_CREDIT, FREE_MILLISECONDS));
		times[RECKONED] = now;
		return (times[CREDIT] as number) > 0;
	};
	/** Whether a window says that what arrives is not what was learned any more. */
	const noticeChange = (): void => {
		const isFallen = recentMissed > fewestMissed + fallen;
		if (isFallen || recentMissed < fewestMissed) fewestMissed = recentMissed;
		if (!isFallen) return;
		relearned++;
		graceWindows = GRACE;
		lookAtEvery(1);
		// New code may be wanted at once, and whether it pays is to be seen anew.
		patience = FIRST_PATIENCE;
		windowsLeft = 0;
		windowsBetween = 0;
	};
	/** What the schema tier takes for the same feed: a few messages now and then go there. */
	const calibrate = (): void => {
		calibrating = calibration;
		times[SCHEMA] = 0;
		schemaTimed = 0;
		timed = true;
		tiering.parse = schema;
		// What layouts would have taken need not be learned again.
		setLayouts(0);
	};
	const stepAside = (): void => {
		slowWindows = 0;
		graceWindows = 0;
		timed = false;
		state = 'aside';
		stepsAside++;
		since = 0;
		asidePatience *= 2;
		tiering.parse = schema;
		setLayouts(0);
	};
	const returnFromAside = (): void => {
		setLayouts(store.address);
		since = 0;
		// Perhaps the feed is another one by now: some of what is missed is looked at, all if there is something new in it.
		lookAtEvery(Math.min(every, RETURNING));
		fewestMissed = windowSize;
		windowTaken = 0;
		windowMissed = 0;
		windowsLeft = CALIBRATE_OFTEN;
		windowsBetween = CALIBRATE_OFTEN;
		if (modules === 0) {
			learned = 0;
			state = 'learning';
			return;
		}
		state = 'settled';
		calibrate();
	};

	/** For a first module: so many messages, or fewer that have nothing new any more. */
	const hasLearnedEnough = (): boolean => learned >= learnFirst || every >= ENOUGH;
	/** One at a time: patience is not lost on what cannot be asked for yet. */
	const wantsModule = (): boolean => learner.version !== version && since >= patience && !requested;
	/** Whether there is more to do than counting. */
	const isDue = (): boolean => ready !== null || get(LEARNING.notes) > 0 || windowTaken + windowMissed >= windowSize || (state === 'learning' ? hasLearnedEnough() : wantsModule());
	const act = (): void => {
		const notes = get(LEARNING.notes);
		if (notes > 0) {
			if (mayLearn()) learn(notes);
			put(LEARNING.notes, 0);
		}
		if (ready !== null) {
			const { module, version: madeVersion, state: asked } = ready;
			ready = null;
			// What was asked for before layouts were given up is not wanted any more.
			if (asked === state) takeOver(module, madeVersion, null);
		}
		if (state === 'learning') {
			if (hasLearnedEnough() && learner.shapes > 0) makeModule();
			return;
		}
		if (wantsModule()) {
			makeModule();
			since = 0;
			patience *= 2;
		}
		if (windowTaken + windowMissed >= windowSize) {
			recentTaken = windowTaken;
			recentMissed = windowMissed;
			windowTaken = 0;
			windowMissed = 0;
			// Slower than without layouts, three times in a row: once or twice may be another program's doing.
			const isCompared = windowTimed > 0 && (times[PACE] as number) > 0;
			const slow = isCompared && (times[WINDOW] as number) / windowTimed > (times[PACE] as number) * SLOWER;
			slowWindows = slow ? slowWindows + 1 : 0;
			timed = slow;
			if (isCompared && !slow) windowsBetween = Math.min(windowsBetween * 2, MOST_WINDOWS);
			times[WINDOW] = 0;
			windowTimed = 0;
			noticeChange();
			// While code for what is new is being made, layouts are slow for a reason that passes.
			if ((recentTaken < fewestTaken || slowWindows > MOST_SLOW) && !requested && graceWindows-- <= 0) stepAside();
			else {
				const soonest = recentTaken > recentMissed * WELL_TAKEN ? CALIBRATE_EVERY : CALIBRATE_OFTEN;
				if (windowsLeft-- <= 0 && !slow) {
					windowsBetween = Math.max(windowsBetween, soonest);
					windowsLeft = windowsBetween - 1;
					calibrate();
				}
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
					if (schemaTimed > 0) times[PACE] = (times[SCHEMA] as number) / schemaTimed;
					tiering.parse = withLayouts;
					setLayouts(store.address);
				}
				return;
			}
			if (state === 'settled') {
				if (timed && tiering.took[0] !== 0) {
					times[WINDOW] = (times[WINDOW] as number) + (tiering.took[0] as number);
					windowTimed += messages;
					// Enough to compare. What comes later in the window was not met at the same time as the other tier's.
					if (windowTimed >= calibration * TIMED_WITH) timed = false;
				}
				taken += nowTaken;
				missed += nowMissed;
				windowTaken += nowTaken;
				windowMissed += nowMissed;
			}
			if (!isDue()) return;
			// The end of a window in which nothing was learned: no time worth a look at the clock, which makes an object.
			if (ready === null && get(LEARNING.notes) === 0 && state === 'settled' && learner.version === version) {
				act();
				return;
			}
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
			shapes: learner.shapes,
			cacheBytes: store.bytes,
			moduleBytes,
			evicted: learner.evicted,
			unlearnable: learner.unlearnable,
			modules,
			compileMilliseconds,
			learnMilliseconds,
			stepsAside,
			relearned,
			longestPauseMilliseconds: longestPause,
		}),
	};
	if (options.known !== undefined && options.known.length > 0) {
		const before = performance.now();
		for (const { message, variant, met } of options.known) {
			learner.learn(message, variant, -1, met);
		}
		learnMilliseconds += performance.now() - before;
		// Made here: the caller asked for it before the first message.
		if (learner.shapes > 0) {
			const asked = performance.now();
			const kept = options.kept?.get(learner.samples, learner.names) ?? null;
			if (kept !== null) takeOver(kept, learner.version, null);
			else {
				const bytes = learner.generate(options.generate);
				moduleBytes = bytes.length;
				takeOver(new WebAssembly.Module(bytes), learner.version, bytes);
				options.kept?.put(learner.samples, learner.names, bytes);
			}
			compileMilliseconds += performance.now() - asked;
		}
	}
	return tiering;
}
