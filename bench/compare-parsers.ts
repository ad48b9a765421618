/** One case of parsing: the bound, all tiers, simdjson, JSON.parse and its like, over the same window of messages. */
import { createArena, type Schema, type Tier } from '../src/index.ts';
import { createEviction } from './evict.ts';
import { DISTINCT_BYTES, goThrough, layInput } from './input.ts';
import { type Candidate, type Measurement, measure, now } from './measure.ts';
import type { JsonParser } from './npm-parsers.ts';
import { npmCandidates, parseAlone } from './plain-json.ts';
import { startSimdjson } from './simdjson.ts';
import { type TierCandidate, tierCandidate } from './tier-candidates.ts';
import { SLOW_TIERS } from './tiers.ts';
import { createTouch, loadsOf } from './touch.ts';

export const CACHES = ['warm', 'cold'] as const;
export type Cache = (typeof CACHES)[number];

/** Rows and list items of a batch: the columns stay in the second-level cache. */
export const ROWS = 4096;
export const ITEMS = ROWS * 32;

export interface ParsingCase {
	readonly schema: Schema;
	/** Different messages. */
	readonly encoded: readonly Uint8Array[];
	/** How often they lie in memory; the window is all of them. */
	readonly tiles: number;
	/** Messages a run; with cold caches every message of the window is parsed once instead. */
	readonly messages: number;
	readonly cache: Cache;
	readonly rounds: number;
	readonly tiers: readonly Tier[];
	/** What the native program calls the messages; null where it is to be left out. */
	readonly simdjson: string | null;
	readonly npm: readonly JsonParser[];
	/** Baselines of the case's own, given the texts and the messages of a run. */
	readonly plain: (texts: readonly string[], messages: number) => readonly Candidate[];
	/** Whether each message must be accepted and make a row. */
	readonly strict: boolean;
	readonly rows?: number;
	readonly items?: number;
}

export interface ParsingResult {
	readonly measurements: readonly Measurement[];
	/** Mean bytes of a message. */
	readonly bytes: number;
	/** Bytes and messages of the window. */
	readonly window: number;
	readonly messages: number;
	readonly notes: readonly string[];
}

/** Messages that the bound goes through at least where caches stay warm: it is so fast that a clock would matter. */
const TOUCH_MESSAGES = 200_000;

/** Messages that each generated tier parses before the first round. */
const WARM_MESSAGES = 400_000;

const decoder = new TextDecoder();

export async function compareParsers(about: ParsingCase): Promise<ParsingResult> {
	const arena = createArena({ ceiling: 2 ** 32 - 65536 });
	const input = layInput(arena, about.encoded, about.tiles);
	const isCold = about.cache === 'cold';
	// A window larger than the messages asked for is gone through as a whole: else it would not be the window.
	const messages = isCold ? input.messages : Math.max(about.messages, input.messages);
	const touch = createTouch(arena, { address: input.address, bytes: input.bytes, messages: input.messages }, input.entries);
	const tiers = about.tiers.map((tier) => tierCandidate(tier, { schema: about.schema, arena, input, messages, rows: about.rows ?? ROWS, items: about.items ?? ITEMS, strict: about.strict }));
	const simdjson = about.simdjson === null ? null : await startSimdjson(about.simdjson, input, messages);
	const texts = input.encoded.map((bytes) => decoder.decode(bytes));
	const candidates: Candidate[] = [
		touchCandidate(touch, isCold || messages > TOUCH_MESSAGES ? messages : Math.max(messages, Math.floor(TOUCH_MESSAGES / input.entries) * input.entries)),
		...tiers,
		...(simdjson === null ? [] : [simdjson]),
		parseAlone(texts, messages),
		...about.plain(texts, messages),
		...npmCandidates(about.npm, texts, messages),
	];
	const eviction = isCold ? createEviction() : null;
	try {
		await warmUp(tiers, messages);
		const measurements = await measure(candidates, {
			rounds: about.rounds,
			...(eviction === null ? {} : { before: (candidate: Candidate) => (candidate === simdjson && simdjson !== null ? simdjson.evict(eviction.bytes) : eviction.evict()) }),
		});
		const refused = tiers.map((tier) => tier.refused());
		const said = tiers.flatMap((tier) => tier.about());
		return {
			measurements,
			bytes: input.bytes / input.messages,
			window: input.bytes,
			messages: input.messages,
			notes: [`touch: ${loadsOf(input.bytes / input.messages)} loads of 16 bytes a message, without a branch`, ...(simdjson === null ? [] : [`simdjson: On-Demand, ${simdjson.implementation}`]), ...(refused.some((count) => count > 0) ? ['some messages were refused: their time is in the mean, too'] : []), ...said],
		};
	} finally {
		simdjson?.close();
		for (const tier of tiers) tier.close();
	}
}

/** Engines compile code anew after it was called often enough, and the layout tier learns from the messages it has seen: until then a tier's times are of two kinds. */
async function warmUp(tiers: readonly TierCandidate[], messages: number): Promise<void> {
	for (const tier of tiers.filter(({ name }) => !SLOW_TIERS.some((slow) => slow === name))) for (let done = 0; done < WARM_MESSAGES; done += messages) await tier.run();
}

function touchCandidate(touch: ReturnType<typeof createTouch>, messages: number): Candidate {
	return {
		name: 'touch',
		run() {
			const start = now();
			goThrough(touch.entries, messages, touch.run);
			return (now() - start) / messages;
		},
	};
}

/** How many messages lie in a window, and how often the different ones are repeated in it. */
export function planWindow(encoded: readonly Uint8Array[], window: number): { readonly encoded: readonly Uint8Array[]; readonly tiles: number } {
	let bytes = 0;
	let count = 0;
	const most = Math.min(window, DISTINCT_BYTES);
	while (count < encoded.length && (count === 0 || bytes + (encoded[count] as Uint8Array).length <= most)) bytes += (encoded[count++] as Uint8Array).length;
	return { encoded: encoded.slice(0, count), tiles: Math.max(1, Math.floor(window / bytes + 0.01)) };
}
