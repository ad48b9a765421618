/**
 * `shadow`: two parsers on the same messages. The first one's batches are what the user gets; the second one's are
 * compared with them and thrown away.
 */
import { DESCRIPTOR } from '../../compiler/parser-abi.ts';
import type { Schema } from '../../schema/index.ts';
import type { MessageParser, ParserStatistics } from '../compile.ts';
import { createChunkComparison } from './chunk-comparison.ts';
import { type Comparison, createDifferenceLog, type DifferenceOptions } from './differences.ts';
import { attemptBoth, CHUNK_LIMIT, createLane, inheritPlan, type Lane, type ParserPlan } from './lane.ts';
import { createMessageInput } from './message-input.ts';
import { createShare, shareOption } from './share.ts';

export interface ShadowOptions extends DifferenceOptions {
	/** Share of messages that are compared, 0 to 1: every so many chunks one. Default 1. */
	readonly share?: number;
	/** Messages of one chunk, at most 4096. Default 256. */
	readonly chunk?: number;
	/** Times that the candidate may throw until it is not asked again. Default 10. */
	readonly failureLimit?: number;
}

export interface ShadowStatistics extends ParserStatistics {
	readonly comparison: Comparison;
}

export interface ShadowParser extends MessageParser {
	/** The primary's, and what was compared. Stays readable after `dispose`. */
	statistics(): ShadowStatistics;
	/** Copies one message into the arena and parses it with both. For tests and first steps. */
	parse(message: string | Uint8Array, received?: bigint): void;
}

/**
 * Compiles both and lets both parse. In the chunks that are compared the primary keeps its rows back until both are
 * through, which takes one or two more batches of each table.
 *
 * The candidate takes layout options, known names and the ceiling from the primary where its plan says nothing, and has
 * an arena of its own unless both plans name the same one. Ids of names are each parser's own; names are compared.
 * What the candidate throws, even while it is compiled, is counted and goes no further. With one arena for both it can
 * use up the primary's room.
 *
 * @param candidate its callbacks are not called
 * @throws what `compile` throws for the primary
 */
export function shadow<const S extends Schema, const C extends Schema>(primary: ParserPlan<S>, candidate: Omit<ParserPlan<C>, 'onBatch' | 'onError'>, options: ShadowOptions = {}): ShadowParser {
	const share = createShare(shareOption('share', options.share ?? 1));
	const chunk = chunkOption(options.chunk);
	const failureLimit = options.failureLimit ?? 10;
	const log = createDifferenceLog(options);
	const first = createLane<S>(primary, undefined);
	const { parser } = first;
	const { arena } = parser;
	const { onBatch: _, onError: __, ...silent } = inheritPlan<S, C>(primary, candidate);
	let second: Lane<C> | null = null;
	let compare: ReturnType<typeof createChunkComparison> | null = null;
	try {
		second = createLane<C>({ ...silent, protocol: candidate.protocol }, arena);
		compare = createChunkComparison(first as unknown as Lane, second as unknown as Lane, arena, log);
	} catch (error) {
		log.fail(error, 0);
	}
	let sequence = 0;
	let turn = 0;
	let disposed = false;

	const both = (descriptors: number, count: number, number: number, candidateLane: Lane<C>): void => {
		const done = attemptBoth(first, candidateLane, descriptors, count, number, turn++);
		if (!done.candidate) log.fail(candidateLane.failure, failureLimit);
		if (done.primary && done.candidate) {
			try {
				compare?.(descriptors, count, number);
				log.secondsPrimary += first.seconds;
				log.secondsCandidate += candidateLane.seconds;
			} catch (error) {
				log.fail(error, failureLimit);
			}
		}
		if (done.candidate) candidateLane.trial.rollback();
		// Where there is no room to keep its rows back, it parses as if it were alone.
		if (done.primary) first.trial.commit();
		else first.serve(descriptors, count, number);
		log.announce();
	};
	const parseMany = (descriptors: number, count: number): void => {
		if (disposed) throw new Error(`tickforge: the parsers of "${primary.protocol.schema.name}" were disposed; make another shadow`);
		const number = sequence;
		sequence += count;
		/** Chunks that are not compared go together; the first of them. */
		let alone = 0;
		const serveUntil = (end: number): void => {
			if (end > alone) first.serve(descriptors + alone * DESCRIPTOR.size, end - alone, number + alone);
			alone = end;
		};
		for (let at = 0; at < count; at += chunk) {
			const part = Math.min(chunk, count - at);
			if (second === null || log.gaveUp || !share.take(part)) continue;
			serveUntil(at);
			both(descriptors + at * DESCRIPTOR.size, part, number + at, second);
			alone = at + part;
		}
		serveUntil(count);
	};
	const input = createMessageInput(arena, parseMany);
	return {
		tier: parser.tier,
		arena,
		parseMany,
		parse: input.parse,
		flush: () => parser.flush(),
		statistics: () => ({ ...parser.statistics(), comparison: log.snapshot() }),
		dispose() {
			if (disposed) return;
			disposed = true;
			input.release();
			first.dispose();
			second?.dispose();
		},
	};
}

/** @internal */
export function chunkOption(chunk = 256): number {
	if (!Number.isInteger(chunk) || chunk < 1 || chunk > CHUNK_LIMIT) throw new RangeError(`tickforge: chunk is a number of messages from 1 to ${CHUNK_LIMIT}, not ${chunk}`);
	return chunk;
}
