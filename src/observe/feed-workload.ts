/** A feed whose input never ends: recorded messages again and again, through framing, parser and batches. */

import type { Protocol } from '../compiler/protocol.ts';
import type { Framing } from '../framing/scan-abi.ts';
import type { Arena, Region } from '../memory/index.ts';
import { type CompileOptions, compile, type MessageParser } from '../pipeline/compile.ts';
import { type FeedOptions, type FeedSummary, parseFeed } from '../pipeline/feed.ts';
import type { Schema } from '../schema/index.ts';
import type { Source } from '../sources/source.ts';
import type { Pace, Workload } from './prove-allocations.ts';

export interface FeedWorkload {
	/** For `proveAllocations`. */
	readonly run: Workload;
	/** Of the feed that runs, or ran last. */
	readonly arena: () => Arena | undefined;
	/** Whether the parser learns nothing more, and makes no more code; for the warm-up. */
	readonly isSettled: () => boolean;
	/** Of the feed that ran last. @throws before one has */
	readonly summary: () => FeedSummary;
}

/** Bytes that the source gives at once. The feed moves its window by as much. */
const PIECE = 65536;
/** More than a feed holds back before it parses. */
const MOST_FRUITLESS = 32 * 2 ** 20;

/**
 * The workload of `parseFeed(protocol, source, framing, options)`, whatever the source: `input` is given as often as it
 * takes, in pieces of 64 KiB, and the clock is not read.
 *
 * @param input whole messages, as the framing has them; not copied, and not to be changed
 */
export function feedWorkload<const S extends Schema>(protocol: Protocol<S>, input: Uint8Array, framing: Framing, options: Omit<FeedOptions<S>, 'parser' | 'arena' | 'timed'> = {}): FeedWorkload {
	if (input.length === 0) throw new TypeError('tickforge: there is nothing to repeat; pass input with a message at least');
	let parser: MessageParser | null = null;
	let summary: FeedSummary | null = null;
	let learnedBefore = -1;
	const feed = (pace: Pace): Promise<FeedSummary> => {
		let goesOn = true;
		// In the parser's memory, its first bytes once more behind its last: every piece is whole, and none needs a view.
		let memory: Arena | null = null;
		let region: Region | null = null;
		let position = 0;
		/** Bytes read since the last message. */
		let fruitless = 0;
		const source: Source = {
			name: 'repeated input',
			size: null,
			position: 0,
			read(into) {
				// It ends where the input does, not within a message.
				if (!goesOn && position === 0) return 0;
				const from = (region as Region).address + position;
				const length = Math.min(PIECE, into.length, goesOn ? PIECE : input.length - position);
				(memory as Arena).u8().copyWithin(into.byteOffset, from, from + length);
				position += length;
				while (position >= input.length) position -= input.length;
				// It would go on for ever: numbered packets that come again are left out.
				fruitless += length;
				if (fruitless > input.length + MOST_FRUITLESS) throw new TypeError(`tickforge: repeated, the input has no more messages (${framing.description}); numbered packets count once, so use another framing, or input of two sessions that take turns`);
				return length;
			},
			close: () => undefined,
		};
		return parseFeed(protocol, source, framing, {
			...options,
			timed: false,
			parser(all: CompileOptions<S>): MessageParser {
				const made = compile(protocol, all);
				parser = made;
				memory = made.arena;
				region = memory.allocate('repeated input', input.length + PIECE);
				for (let at = 0; at < region.size; at += input.length) memory.u8().set(input.subarray(0, region.size - at), region.address + at);
				return {
					tier: made.tier,
					arena: made.arena,
					parseMany(descriptors, count) {
						fruitless = 0;
						if (goesOn) goesOn = pace(count);
						made.parseMany(descriptors, count);
					},
					flush: () => made.flush(),
					statistics: () => made.statistics(),
					dispose: () => made.dispose(),
				};
			},
		});
	};
	return {
		async run(pace) {
			summary = await feed(pace);
		},
		arena: () => parser?.arena,
		isSettled() {
			const layouts = parser?.statistics().layouts ?? null;
			if (layouts === null) return true;
			const learned = layouts.learnMilliseconds + layouts.modules;
			const isStill = learned === learnedBefore;
			learnedBefore = learned;
			return isStill && layouts.state !== 'learning';
		},
		summary() {
			if (summary === null) throw new Error('tickforge: this workload has not run yet; run it first');
			return summary;
		},
	};
}
