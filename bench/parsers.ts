/** Message types one after the other, over all that is asked for: mixes of layouts, symbols, working sets, caches. */
import type { Tier } from '../src/index.ts';
import { type Cache, compareParsers, ITEMS, planWindow, ROWS } from './compare-parsers.ts';
import { DISTINCT_BYTES } from './input.ts';
import { createMarket, type MessageType, type Mix, messageTypes } from './messages/index.ts';
import type { JsonParser } from './npm-parsers.ts';
import { bytesName } from './options.ts';
import { parseIntoColumns } from './plain-json.ts';
import { type CaseResult, createCase } from './results.ts';

export interface ParserGrid {
	readonly types: readonly string[];
	readonly mixes: readonly Mix[];
	readonly symbols: readonly number[];
	/** Bytes of messages that are parsed again and again; null: as many as `messages` make. */
	readonly workingSets: readonly (number | null)[];
	readonly caches: readonly Cache[];
	/** Messages a round, at least. */
	readonly messages: number;
	readonly rounds: number;
	readonly tiers: readonly Tier[];
	readonly simdjson: boolean;
	readonly npm: readonly JsonParser[];
}

/** Every combination, each as soon as it is measured. */
export async function* benchParsers(grid: ParserGrid): AsyncGenerator<CaseResult> {
	for (const type of messageTypes.filter(({ name }) => grid.types.includes(name))) {
		for (const mix of grid.mixes) {
			for (const symbols of grid.symbols) {
				for (const workingSet of grid.workingSets) {
					for (const cache of grid.caches) yield await benchCase(grid, type, { mix, symbols, workingSet, cache });
				}
			}
		}
	}
}

async function benchCase(grid: ParserGrid, type: MessageType, { mix, symbols, workingSet, cache }: { readonly mix: Mix; readonly symbols: number; readonly workingSet: number | null; readonly cache: Cache }): Promise<CaseResult> {
	const { encoded, tiles } = workingSet === null ? { encoded: writeMessages(type, mix, symbols, { messages: grid.messages }), tiles: 1 } : planWindow(writeMessages(type, mix, symbols, { bytes: Math.min(workingSet, DISTINCT_BYTES) }), workingSet);
	const { measurements, bytes, window, notes } = await compareParsers({
		schema: type.schema,
		encoded,
		tiles,
		messages: grid.messages,
		cache,
		rounds: grid.rounds,
		tiers: grid.tiers,
		simdjson: grid.simdjson ? type.name : null,
		npm: grid.npm,
		plain: (texts, messages) => [parseIntoColumns(type, texts, messages, ROWS, ITEMS)],
		strict: true,
	});
	const set = workingSet === null ? `${(window / 2 ** 20).toFixed(0)}m` : bytesName(workingSet);
	return createCase(
		{
			group: 'parsers',
			name: [type.name, mix, `${symbols} symbols`, set, cache].join(', '),
			parameters: { type: type.name, mix, symbols, workingSet: window, cache },
			unit: 'message',
			bytes,
			notes: [...notes, ...(tiles > 1 ? [`${encoded.length} different messages, ${tiles} times in memory; JSON.parse gets their texts, which stay where they are`] : [])],
		},
		measurements,
	);
}

const encoder = new TextEncoder();

/** So many messages, or as many as fill so many bytes and one more. */
export function writeMessages(type: MessageType, mix: Mix, symbols: number, until: { readonly messages: number } | { readonly bytes: number }): Uint8Array[] {
	const market = createMarket(mix, symbols);
	const encoded: Uint8Array[] = [];
	let bytes = 0;
	while ('messages' in until ? encoded.length < until.messages : bytes <= until.bytes) {
		const message = encoder.encode(type.make(market));
		encoded.push(message);
		bytes += message.length;
	}
	return encoded;
}
