/** What two parsers differed in: all of it counted, the last of it kept. */
import type { StructureDifference } from './structure.ts';

/** One difference in one message. */
export interface Difference {
	/**
	 * `value`, `null`, `length` (of a list), `textScale`: in a column. `refusal`: one parser refused the message, or both for other reasons.
	 * `table`: both accepted it, as messages of other kinds.
	 */
	readonly kind: 'value' | 'null' | 'length' | 'textScale' | 'refusal' | 'table';
	/** The message's number in the stream, from 0. */
	readonly sequence: number;
	/** The message, up to `messageBytes` of it; a copy. */
	readonly message: Uint8Array;
	/** Null where neither parser accepted it. */
	readonly table: string | null;
	/** As `batch.column` takes it; null for `refusal` and `table`. */
	readonly column: string | null;
	/** Numbers of the items in lists, the outermost first. */
	readonly items: readonly number[];
	/** What each parser has. A refusal as `refused: scale at byte 25`, else as `accepted: trade`. */
	readonly primary: string;
	readonly candidate: string;
}

/** What was compared so far. */
export interface Comparison {
	/** Messages that both parsers parsed. */
	readonly messages: number;
	/** Messages with at least one difference. */
	readonly different: number;
	/** All differences; a message may have several. */
	readonly differences: number;
	/** All differences by `table.column`, or `table` or `refused` where there is no column. */
	readonly places: Readonly<Record<string, number>>;
	/** Messages that only one of the schemas has a table for, which the other refused as unknown: no difference. */
	readonly expected: number;
	/** Refused messages among those compared. */
	readonly refused: { readonly primary: number; readonly candidate: number };
	/** What the schemas differ in. */
	readonly structure: readonly StructureDifference[];
	/** The last differences, the oldest first. */
	readonly kept: readonly Difference[];
	/** Times that the candidate threw, and what it said last. It is not asked again after `failureLimit` times. */
	readonly failures: number;
	readonly lastFailure: string | null;
	readonly gaveUp: boolean;
	/** In the parsers, over the messages compared. Both parse message by message then, and keep their rows back. */
	readonly seconds: { readonly primary: number; readonly candidate: number };
}

export interface DifferenceOptions {
	/** Differences that are kept, the last ones. Default 100. */
	readonly keep?: number;
	/** Bytes kept of each different message. Default 4096. */
	readonly messageBytes?: number;
	/** Is told of every difference, after the messages' rows were handed out. */
	readonly onDifference?: (difference: Difference) => void;
}

/** @internal Counts that a comparison writes to. */
export interface DifferenceLog {
	messages: number;
	different: number;
	expected: number;
	failures: number;
	lastFailure: string | null;
	gaveUp: boolean;
	secondsPrimary: number;
	secondsCandidate: number;
	refusedPrimary: number;
	refusedCandidate: number;
	structure: readonly StructureDifference[];
	add(difference: Omit<Difference, 'message'>, message: Uint8Array): void;
	/** Counts a failure. */
	fail(error: unknown, limit: number): void;
	/** Calls `onDifference` for what is new. */
	announce(): void;
	snapshot(): Comparison;
}

export function createDifferenceLog(options: DifferenceOptions): DifferenceLog {
	const keep = options.keep ?? 100;
	const messageBytes = options.messageBytes ?? 4096;
	if (!Number.isInteger(keep) || keep < 0) throw new RangeError(`tickforge: keep is a whole number of differences, not ${keep}`);
	const ring: Difference[] = [];
	let next = 0;
	const fresh: Difference[] = [];
	const places: Record<string, number> = {};
	let differences = 0;
	const log: DifferenceLog = {
		messages: 0,
		different: 0,
		expected: 0,
		failures: 0,
		lastFailure: null,
		gaveUp: false,
		secondsPrimary: 0,
		secondsCandidate: 0,
		refusedPrimary: 0,
		refusedCandidate: 0,
		structure: [],
		add(difference, message) {
			differences++;
			const place = difference.column === null ? (difference.kind === 'refusal' ? 'refused' : (difference.table ?? 'refused')) : `${difference.table}.${difference.column}`;
			places[place] = (places[place] ?? 0) + 1;
			if (keep === 0 && options.onDifference === undefined) return;
			const whole: Difference = { ...difference, items: difference.items.slice(), message: message.slice(0, messageBytes) };
			if (keep > 0) {
				ring[next] = whole;
				next = (next + 1) % keep;
			}
			if (options.onDifference !== undefined) fresh.push(whole);
		},
		fail(error, limit) {
			log.failures++;
			log.lastFailure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
			if (log.failures >= limit) log.gaveUp = true;
		},
		announce() {
			while (fresh.length > 0) options.onDifference?.(fresh.shift() as Difference);
		},
		snapshot: () => ({
			messages: log.messages,
			different: log.different,
			differences,
			places: { ...places },
			expected: log.expected,
			refused: { primary: log.refusedPrimary, candidate: log.refusedCandidate },
			structure: log.structure,
			kept: ring.length < keep ? ring.slice() : [...ring.slice(next), ...ring.slice(0, next)],
			failures: log.failures,
			lastFailure: log.lastFailure,
			gaveUp: log.gaveUp,
			seconds: { primary: log.secondsPrimary, candidate: log.secondsCandidate },
		}),
	};
	return log;
}
