/**
 * Proof that a program allocates nothing per message: it runs over many messages, and every byte that the heap, memory
 * outside of it and the arena grew by is accounted for.
 *
 *     warm-up, until the engine is done compiling  |  measured: equal segments  |  an empty run  |  where it was, if any
 */
import type { Arena } from '../memory/index.ts';
import { type AllocationSite, createSiteSampler } from './allocation-sites.ts';
import { bytesInUse, type Collections, collectGarbage, createHeapMeter, type Growth, type HeapMeter, type Measured, type Segment } from './heap-meter.ts';

/** Call before handling messages, with how many come next. False: handle no more, and return. */
export type Pace = (messages: number) => boolean;

/** What is to be proved: `(pace) => { while (pace(400)) parser.parseMany(table, 400); }`. It
 * repeats its input as often as it takes, and is called again to find out where it allocates. */
export type Workload = (pace: Pace) => void | Promise<void>;

export interface ProveOptions {
	/** Messages measured. Default 10,000,000. */
	readonly messages?: number;
	/** Messages before that, at most: it ends when nothing is allocated any more. Default 10,000,000. */
	readonly warmUp?: number;
	/** Asked in the warm-up: whether the program has reached its steady state. It may allocate. */
	readonly isSettled?: () => boolean;
	/** Parts that the measured messages are divided into, 4 to 1000. Default 100. A part should hold several batches. */
	readonly segments?: number;
	/** Memory to watch besides the heap; or a function that gives it, where it is made in the workload. */
	readonly arena?: Arena | (() => Arena | undefined);
	/** Bytes in all that may be allocated once. Default 65536, or a hundredth of a byte a message: the engine compiles functions long after it has warmed up. */
	readonly allowance?: number;
	/** Messages run again to find out where, if it is not zero. Default a tenth of `messages`; 0 does not look. */
	readonly sampled?: number;
}

/** Bytes allocated over some messages, as measured: nothing is subtracted. */
export interface AllocationMeasurement {
	readonly messages: number;
	readonly growth: Growth;
	/** Heap, and what memory outside of it grew by, a message. */
	readonly bytesPerMessage: number;
	readonly collections: Collections;
	readonly segments: readonly Segment[];
	/** Segments that allocated anything besides the reading of V8's counters, or had a collection. */
	readonly loudSegments: number;
}

export interface AllocationProof {
	/** Less than a hundredth of a byte is allocated a message, and what was allocated once is within the allowance. */
	readonly isZero: boolean;
	/** Why not, in words; empty where it is. */
	readonly reasons: readonly string[];
	readonly measured: AllocationMeasurement;
	/** The same measurement of an empty workload: what measuring itself allocates. */
	readonly floor: AllocationMeasurement;
	/** Heap and external bytes above the floor's, over all messages, without compiled code: held to the allowance. */
	readonly onceBytes: number;
	readonly allowance: number;
	/** Messages of the warm-up, and whether it ended because nothing was allocated any more. */
	readonly warmUp: { readonly messages: number; readonly isSettled: boolean };
	/** By bytes; empty where it is zero. Functions of the measurement itself are among them. */
	readonly sites: readonly AllocationSite[];
}

/** Bytes a message: what calls cost that take thousands of messages each, so seldom that the engine does not optimise what is around them. */
const NEGLIGIBLE = 0.01;
/** Bytes that comparing two readings takes while it is not optimised itself. */
const COMPARING = 128;
/** Segments of the warm-up that must be quiet one after the other. */
const QUIET = 8;

/**
 * Runs the workload: warm-up, measurement, and where it is not zero again with a profiler; then an empty run.
 *
 * @throws TypeError where the workload returns before it was told to; RangeError where options make no sense
 */
export async function proveAllocations(workload: Workload, options: ProveOptions = {}): Promise<AllocationProof> {
	const messages = options.messages ?? 10_000_000;
	const segments = options.segments ?? 100;
	const allowance = options.allowance ?? Math.max(65536, Math.floor(messages * NEGLIGIBLE));
	if (!Number.isInteger(segments) || segments < 4 || segments > 1000) throw new RangeError(`tickforge: a proof has 4 to 1000 segments, not ${segments}`);
	if (!(messages >= segments)) throw new RangeError(`tickforge: a proof over ${messages} messages has less than one for each of its ${segments} segments; take more messages`);
	const { arena } = options;
	const plan: Plan = { messages, segments, warmUp: options.warmUp ?? 10_000_000, isSettled: options.isSettled ?? (() => true), arena: typeof arena === 'function' ? arena : () => arena };
	const run = await measure(workload, plan);
	const emptyWorkload: Workload = (pace) => {
		while (pace(run.round));
	};
	const empty = await measure(emptyWorkload, { ...plan, isSettled: () => true, arena: () => undefined });

	const measured = summary(run.measured, messages);
	const floor = summary(empty.measured, messages);
	const objects = (of: AllocationMeasurement): number => of.growth.heap - of.growth.compiledCode;
	// Each by itself: what one gives back does not make up for the other, and what the engine took back in an empty run is no cost of this one.
	const onceBytes = Math.max(0, objects(measured) - Math.max(0, objects(floor))) + Math.max(0, measured.growth.external - Math.max(0, floor.growth.external));
	const { growth, loudSegments } = measured;
	const reasons: string[] = [];
	if (loudSegments * 2 > segments && onceBytes > messages * NEGLIGIBLE) reasons.push(`${loudSegments} of ${segments} segments allocated: it goes on and on`);
	if (onceBytes > allowance) reasons.push(`${onceBytes} bytes were allocated in all, besides compiled code; ${allowance} are allowed`);
	if (growth.arena > 0) reasons.push(`regions of the arena grew by ${growth.arena} bytes`);
	if (growth.memory > 0) reasons.push(`the arena's memory grew by ${growth.memory} bytes`);
	const isZero = reasons.length === 0;
	const sampled = options.sampled ?? Math.ceil(messages / 10);
	const sites = isZero || sampled === 0 ? [] : await findSites(workload, { ...plan, warmUp: Math.min(plan.warmUp, sampled * 2) }, sampled, measured.bytesPerMessage);
	return { isZero, reasons, measured, floor, onceBytes, allowance, warmUp: run.warmUp, sites };
}

function summary({ growth, segments, collections }: Measured, messages: number): AllocationMeasurement {
	const loudSegments = segments.filter(({ bytes, reading }) => bytes === null || bytes > reading).length;
	return { messages, growth, bytesPerMessage: (growth.heap + Math.max(0, growth.external)) / messages, collections, segments, loudSegments };
}

interface Plan {
	readonly messages: number;
	readonly segments: number;
	readonly warmUp: number;
	readonly isSettled: () => boolean;
	readonly arena: () => Arena | undefined;
}
interface Run {
	readonly measured: Measured;
	/** Mean messages that the workload announced at once. */
	readonly round: number;
	readonly warmUp: { readonly messages: number; readonly isSettled: boolean };
}

async function measure(workload: Workload, plan: Plan): Promise<Run> {
	const segment = Math.ceil(plan.messages / plan.segments);
	const warm = createWarmUp(plan.isSettled, plan.warmUp);
	let meter: HeapMeter | null = null;
	let marks = 0;
	let finished: Promise<Measured> | null = null;
	const pacer = createPacer(segment, () => {
		if (meter === null) {
			if (warm.goesOn(pacer.handled)) return true;
			meter = createHeapMeter(plan.segments, plan.arena());
			collectGarbage();
			meter.start();
			return true;
		}
		meter.mark();
		if (++marks < plan.segments) return true;
		finished = meter.finish();
		return false;
	});
	await workload(pacer.pace);
	if (finished === null) throw early(pacer.handled);
	return { measured: await finished, round: Math.max(1, Math.round(pacer.handled / pacer.calls)), warmUp: { messages: warm.messages, isSettled: warm.isSettled } };
}

/** Runs the workload again, with V8's profiler after the warm-up. */
async function findSites(workload: Workload, plan: Plan, messages: number, bytesPerMessage: number): Promise<readonly AllocationSite[]> {
	const warm = createWarmUp(plan.isSettled, plan.warmUp);
	// Some ten thousand samples, however much is allocated.
	const sampler = createSiteSampler(Math.min(2 ** 19, Math.max(64, Math.ceil((bytesPerMessage * messages) / 20_000))));
	let start = -1;
	let sites: readonly AllocationSite[] | null = null;
	const pacer = createPacer(Math.ceil(plan.messages / plan.segments), () => {
		if (start < 0) {
			if (warm.goesOn(pacer.handled)) return true;
			start = pacer.handled;
			sampler.start();
			return true;
		}
		if (pacer.handled - start < messages) return true;
		sites = sampler.stop(pacer.handled - start);
		return false;
	});
	sampler.prepare();
	await workload(pacer.pace);
	if (sites === null) throw early(pacer.handled);
	return sites;
}

const early = (handled: number): TypeError => new TypeError(`tickforge: the workload returned after ${handled} messages, before pace() said so; repeat the input until pace() gives false`);

/** Calls `turn` whenever so many messages were handled, until it gives false. */
function createPacer(segment: number, turn: () => boolean): { readonly pace: Pace; readonly handled: number; readonly calls: number } {
	// Small integers until a segment ends: nothing here may allocate, before the engine has optimised it either.
	let announced = 0;
	let inSegment = 0;
	let callsInSegment = 0;
	let handled = 0;
	let calls = 0;
	let ended = false;
	return {
		pace(messages) {
			if (!(messages > 0)) throw new RangeError(`tickforge: pace() takes how many messages come next, not ${messages}`);
			if (ended) return false;
			inSegment += announced;
			announced = messages;
			callsInSegment++;
			if (inSegment < segment) return true;
			handled += inSegment;
			calls += callsInSegment;
			inSegment = 0;
			callsInSegment = 0;
			ended = !turn();
			return !ended;
		},
		get handled() {
			return handled;
		},
		get calls() {
			return calls;
		},
	};
}

/** Goes on until nothing is allocated any more, or the limit is reached. */
function createWarmUp(isProgramSettled: () => boolean, limit: number): { goesOn(handled: number): boolean; readonly messages: number; readonly isSettled: boolean } {
	let quiet = 0;
	let before = Number.NaN;
	let messages = 0;
	let isSettled = false;
	return {
		goesOn(handled) {
			const now = bytesInUse();
			const again = bytesInUse();
			// What one reading takes is known by making a second one. A collection makes it less: no news.
			quiet = now - before <= again - now + COMPARING ? quiet + 1 : 0;
			messages = handled;
			isSettled = quiet >= QUIET && isProgramSettled();
			before = again;
			return !isSettled && handled < limit;
		},
		get messages() {
			return messages;
		},
		get isSettled() {
			return isSettled;
		},
	};
}
