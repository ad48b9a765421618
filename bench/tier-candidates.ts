/** tickforge's tiers as candidates: each parses the whole window, or so many messages of it, into batches that are dropped. */
import { type AnyBatch, type Arena, compile, DESCRIPTOR, json, type Schema, type Tier } from '../src/index.ts';
import { goThrough, type Input } from './input.ts';
import { type Candidate, now } from './measure.ts';
import { SLOW_TIERS } from './tiers.ts';

const SLOW_MESSAGES = 2000;

export interface TierCandidate extends Candidate {
	/** Messages that it refused, of those it was given in all. */
	refused(): number;
	close(): void;
}

export interface TierOptions {
	readonly schema: Schema;
	readonly arena: Arena;
	readonly input: Input;
	/** Messages a run. */
	readonly messages: number;
	readonly rows: number;
	readonly items: number;
	/** Every message must be accepted and make one row; a run throws where it is not so. */
	readonly strict: boolean;
}

/** @throws Error (in `run`) where rows are missing: a parser that refuses is fast, and its time worth nothing */
export function tierCandidate(tier: Tier, { schema, arena, input, messages, rows, items, strict }: TierOptions): TierCandidate {
	let got = 0;
	const onBatch = (batch: AnyBatch<Schema>): void => {
		got += batch.rows;
	};
	const parser = compile(json(schema), { tier, arena, rows, items, onBatch });
	const isSlow = SLOW_TIERS.includes(tier);
	const many = isSlow ? Math.min(messages, SLOW_MESSAGES) : messages;
	const take = (first: number, count: number): void => parser.parseMany(input.table + first * DESCRIPTOR.size, count);
	return {
		name: tier,
		every: isSlow ? 2 : 1,
		run() {
			got = 0;
			const start = now();
			goThrough(input.entries, many, take);
			parser.flush();
			const nanoseconds = (now() - start) / many;
			if (strict && (got !== many || parser.statistics().refused > 0)) throw new Error(`tickforge bench: the ${tier} tier gave ${got} rows for ${many} messages of ${schema.name}`);
			return nanoseconds;
		},
		refused: () => parser.statistics().refused,
		close: () => parser.dispose(),
	};
}
