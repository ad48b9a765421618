/**
 * `rollout`: a candidate takes over from a stable parser step by step, while both are compared.
 *
 * ```
 *  1 % → 10 % → 50 % → 100 % → promoted: the candidate alone
 *   └──────┴──────┴──────┴───→ rolled back: the stable parser alone
 * ```
 * Each chunk of messages is served by one parser. Before it serves, the one that served before hands out its rows: so
 * batches come in the order of the messages. The chunk's rows are kept back until it is known who serves it: so a
 * message is neither lost nor handed out twice, even where the candidate throws in the middle.
 */
import { DESCRIPTOR } from '../../compiler/parser-abi.ts';
import type { Schema } from '../../schema/index.ts';
import type { AnyBatch, MessageParser, ParserStatistics } from '../compile.ts';
import { createChunkComparison } from './chunk-comparison.ts';
import { createDifferenceLog, type DifferenceLog, type DifferenceOptions } from './differences.ts';
import { attemptBoth, createLane, inheritPlan, type Lane, type ParserPlan } from './lane.ts';
import { createMessageInput } from './message-input.ts';
import { checkSteps, isPassed, type PromotionRules, type RollBackReason, type RollBackRules, reasonToRollBack, type StepMeasure } from './rules.ts';
import { chunkOption, type ShadowStatistics } from './shadow.ts';
import { createShare, shareOption } from './share.ts';
import { sameTables } from './structure.ts';

export type RolloutState = 'running' | 'promoted' | 'rolledBack';

export interface StepEvent {
	/** `promoted` after the last step. */
	readonly state: RolloutState;
	/** Index of the step that begins; the number of steps after the last one. */
	readonly step: number;
	/** Share of messages that the candidate serves from now on. */
	readonly share: number;
	/** Number of the first message of the step. */
	readonly sequence: number;
	/** Of the step that ended. */
	readonly measure: StepMeasure;
}

export interface RollBackEvent {
	readonly reason: RollBackReason;
	/** In words, with the numbers. */
	readonly message: string;
	readonly step: number;
	readonly share: number;
	/** Number of the first message that the candidate does not serve any more. */
	readonly sequence: number;
	readonly measure: StepMeasure;
}

export interface RolloutOptions extends DifferenceOptions {
	/** Shares that the candidate serves. Default [0.01, 0.1, 0.5, 1]. After the last one it serves all. */
	readonly steps?: readonly number[];
	/** Messages of a step, at least; it goes on until `promoteWhen` holds. Default 100 000. */
	readonly messagesPerStep?: number;
	readonly promoteWhen?: PromotionRules;
	readonly rollBackWhen?: RollBackRules;
	/** Share of messages that both parse. Default 1. What is not compared and the candidate served went out unseen. */
	readonly share?: number;
	/** Messages of one chunk, at most 4096. Default 256. */
	readonly chunk?: number;
	/** A step begins. Called between two chunks, as the following are. */
	readonly onStep?: (event: StepEvent) => void;
	readonly onRollBack?: (event: RollBackEvent) => void;
}

export interface RolloutStatistics extends ShadowStatistics {
	readonly state: RolloutState;
	readonly step: number;
	/** Of messages that the candidate serves now. */
	readonly share: number;
	/** Messages handed out from each. */
	readonly served: { readonly stable: number; readonly candidate: number };
	/** Of the step that runs. */
	readonly measure: StepMeasure;
	readonly rollBack: RollBackEvent | null;
}

export interface RolloutParser extends MessageParser {
	/** Messages, refusals and batches handed out, by whichever parser; the state; what was compared. */
	statistics(): RolloutStatistics;
	/** Copies one message into the arena and parses it. For tests and first steps. */
	parse(message: string | Uint8Array, received?: bigint): void;
}

/**
 * See the file's head. The candidate inherits what its plan does not say from the stable parser's, as with `shadow`.
 * Where it has no `onBatch` or `onError`, the stable parser's are called.
 *
 * Ids of names are each parser's own: `batch.symbols` has the names of a batch's ids. Names known before have the same
 * ids in both (`knownSymbols`).
 *
 * @throws TypeError where the tables differ and the candidate has no `onBatch`; RangeError for steps that are none;
 * what `compile` throws for either
 */
export function rollout<const S extends Schema, const C extends Schema>(stable: ParserPlan<S>, candidate: ParserPlan<C>, options: RolloutOptions = {}): RolloutParser {
	const steps = options.steps ?? [0.01, 0.1, 0.5, 1];
	checkSteps(steps);
	const messagesPerStep = options.messagesPerStep ?? 100_000;
	if (!(messagesPerStep >= 1)) throw new RangeError(`tickforge: messagesPerStep is a number from 1, not ${messagesPerStep}`);
	const chunk = chunkOption(options.chunk);
	const shareCompared = shareOption('share', options.share ?? 1);
	const promoteWhen = options.promoteWhen ?? {};
	const rollBackWhen = options.rollBackWhen ?? {};
	const log: DifferenceLog = createDifferenceLog(options);
	const first = createLane<S>(stable, undefined);
	const { arena } = first.parser;
	const callbacks = { onBatch: candidate.onBatch ?? (stable.onBatch as ((batch: AnyBatch<C>) => void) | undefined), onError: candidate.onError ?? stable.onError };
	const second = createLane<C>({ ...inheritPlan<S, C>(stable, candidate), ...defined(callbacks) }, arena);
	const compare = createChunkComparison(first as unknown as Lane, second as unknown as Lane, arena, log);
	if (candidate.onBatch === undefined && stable.onBatch !== undefined && !sameTables(first.parser.layout, second.parser.layout)) {
		const { path, message } = log.structure[0] ?? { path: candidate.protocol.schema.name, message: 'columns stand in another order, or may be null' };
		throw new TypeError(`tickforge: the candidate's tables are others than the stable parser's (${path}: ${message}); give its plan an onBatch of its own`);
	}

	let state: RolloutState = 'running';
	let step = 0;
	let sequence = 0;
	let turn = 0;
	let rollBack: RollBackEvent | null = null;
	let disposed = false;
	/** Whose rows lie in tables that are not full. */
	let last: Lane<S> | Lane<C> = first;
	const served = { stable: 0, candidate: 0 };
	let candidateShare = createShare(steps[0] as number);
	const comparedOfStable = createShare(shareCompared);
	const comparedOfCandidate = createShare(shareCompared);
	let measure = emptyMeasure();

	const switchTo = (lane: Lane<S> | Lane<C>): void => {
		if (last === lane) return;
		last.parser.flush();
		last = lane;
	};
	const countServed = (lane: Lane<S> | Lane<C>, count: number): void => {
		if (lane === first) served.stable += count;
		else served.candidate += count;
	};
	const serve = (lane: Lane<S> | Lane<C>, descriptors: number, count: number, number: number): void => {
		switchTo(lane);
		lane.serve(descriptors, count, number);
		countServed(lane, count);
	};
	const commit = (lane: Lane<S> | Lane<C>, count: number): void => {
		try {
			switchTo(lane);
		} catch (error) {
			// The user's, while the other parser's rows were handed out.
			lane.trial.rollback();
			throw error;
		}
		lane.trial.commit();
		countServed(lane, count);
	};
	const fail = (error: unknown): void => {
		log.fail(error, Number.POSITIVE_INFINITY);
		measure.failures++;
	};
	/** Compares a chunk that both keep back; false where the candidate's rows cannot be read. */
	const compareChunk = (descriptors: number, count: number, number: number): boolean => {
		const before = { stable: log.refusedPrimary, candidate: log.refusedCandidate };
		try {
			measure.different += compare(descriptors, count, number);
		} catch (error) {
			fail(error);
			return false;
		}
		measure.compared += count;
		measure.refused.stable += log.refusedPrimary - before.stable;
		measure.refused.candidate += log.refusedCandidate - before.candidate;
		measure.seconds.stable += first.seconds;
		measure.seconds.candidate += second.seconds;
		log.secondsPrimary += first.seconds;
		log.secondsCandidate += second.seconds;
		return true;
	};
	const reason = (): ReturnType<typeof reasonToRollBack> => reasonToRollBack(measure, rollBackWhen, log.lastFailure);

	const chunkAlone = (descriptors: number, count: number, number: number, isCandidates: boolean): void => {
		if (isCandidates && second.attempt(descriptors, count, number, false)) {
			measure.served += count;
			commit(second, count);
			return;
		}
		if (isCandidates) fail(second.failure);
		serve(first, descriptors, count, number);
	};
	const chunkOfBoth = (descriptors: number, count: number, number: number, isCandidates: boolean): void => {
		const done = attemptBoth(first, second, descriptors, count, number, turn++);
		if (!done.candidate) fail(second.failure);
		const isRight = done.primary && done.candidate && compareChunk(descriptors, count, number);
		if (isCandidates && isRight && reason() === null) {
			measure.served += count;
			first.trial.rollback();
			commit(second, count);
			return;
		}
		if (done.candidate) second.trial.rollback();
		// Where there is no room to keep the stable parser's rows back, it parses as if it were alone.
		if (done.primary) commit(first, count);
		else serve(first, descriptors, count, number);
	};
	/** After a chunk: whether to go back or on. */
	const decide = (next: number): void => {
		const why = reason();
		if (why !== null) {
			rollBack = { ...why, step, share: steps[step] as number, sequence: next, measure: copyOf(measure) };
			state = 'rolledBack';
			switchTo(first);
			options.onRollBack?.(rollBack);
			return;
		}
		if (measure.messages < messagesPerStep || !isPassed(measure, promoteWhen)) return;
		const ended = measure;
		measure = emptyMeasure();
		step++;
		const share = steps[step];
		if (share === undefined) state = 'promoted';
		else candidateShare = createShare(share);
		options.onStep?.({ state, step, share: share ?? 1, sequence: next, measure: ended });
	};

	const parseMany = (descriptors: number, count: number): void => {
		if (disposed) throw new Error(`tickforge: the parsers of "${stable.protocol.schema.name}" were disposed; make another rollout`);
		const number = sequence;
		sequence += count;
		let done = 0;
		while (done < count && state === 'running') {
			const part = Math.min(chunk, count - done);
			const at = descriptors + done * DESCRIPTOR.size;
			const isCandidates = candidateShare.take(part);
			measure.messages += part;
			if ((isCandidates ? comparedOfCandidate : comparedOfStable).take(part)) chunkOfBoth(at, part, number + done, isCandidates);
			else chunkAlone(at, part, number + done, isCandidates);
			done += part;
			decide(number + done);
			log.announce();
		}
		if (done < count) serve(state === 'promoted' ? second : first, descriptors + done * DESCRIPTOR.size, count - done, number + done);
	};
	const input = createMessageInput(arena, parseMany);
	return {
		get tier() {
			return (state === 'promoted' ? second : first).parser.tier;
		},
		arena,
		parseMany,
		parse: input.parse,
		flush: () => last.parser.flush(),
		statistics: () => ({
			...sumOf(first.parser.statistics(), second.parser.statistics()),
			comparison: log.snapshot(),
			state,
			step,
			share: state === 'promoted' ? 1 : state === 'rolledBack' ? 0 : (steps[step] as number),
			served: { ...served },
			measure: copyOf(measure),
			rollBack,
		}),
		dispose() {
			if (disposed) return;
			disposed = true;
			input.release();
			second.dispose();
			first.dispose();
		},
	};
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] extends number ? number : Mutable<T[Name]> };

function emptyMeasure(): Mutable<StepMeasure> {
	return { messages: 0, served: 0, compared: 0, different: 0, refused: { stable: 0, candidate: 0 }, seconds: { stable: 0, candidate: 0 }, failures: 0 };
}

function copyOf(measure: StepMeasure): StepMeasure {
	return { ...measure, refused: { ...measure.refused }, seconds: { ...measure.seconds } };
}

/** Without what is undefined. */
function defined<T extends object>(all: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
	return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as { [Name in keyof T]: Exclude<T[Name], undefined> };
}

function sumOf(one: ParserStatistics, other: ParserStatistics): ParserStatistics {
	const sum = <Key extends string>(a: Readonly<Partial<Record<Key, number>>>, b: Readonly<Partial<Record<Key, number>>>): Record<Key, number> => {
		const total = { ...a } as Record<Key, number>;
		for (const [key, value] of Object.entries(b) as [Key, number][]) total[key] = (total[key] ?? 0) + value;
		return total;
	};
	return { ...one, messages: one.messages + other.messages, refused: one.refused + other.refused, batches: one.batches + other.batches, variants: sum(one.variants, other.variants), categories: sum(one.categories, other.categories) };
}
