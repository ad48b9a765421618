/** Recorded sessions of real venues, all their message types mixed, through the venue's preset. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readBytesLiteral } from '../src/framing/payloads.ts';
import { exchanges, type Tier } from '../src/index.ts';
import { inflate } from '../src/sources/inflate.ts';
import { type Cache, compareParsers } from './compare-parsers.ts';
import type { JsonParser } from './npm-parsers.ts';
import { parseEveryValue } from './plain-json.ts';
import { type CaseResult, createCase } from './results.ts';

export interface CaptureOptions {
	/** Presets' names; a capture has the name of its preset. Default: all. */
	readonly names?: readonly string[] | undefined;
	readonly cache: readonly Cache[];
	readonly messages: number;
	readonly rounds: number;
	readonly tiers: readonly Tier[];
	readonly simdjson: boolean;
	readonly npm: readonly JsonParser[];
	readonly skip: (why: string) => void;
}

export const CAPTURES = process.env['TICKFORGE_CAPTURES'] ?? resolve(import.meta.dirname, '../../shared/captures');

export async function* benchCaptures({ names = Object.keys(exchanges).filter((name) => !name.endsWith('-raw')), cache: caches, skip, ...shared }: CaptureOptions): AsyncGenerator<CaseResult> {
	for (const name of names) {
		const path = join(CAPTURES, `${name}.capture`);
		const preset = exchanges[name as keyof typeof exchanges];
		if (preset === undefined || !existsSync(path)) {
			skip(`capture ${name}: skipped: ${preset === undefined ? 'no preset has this name' : `${path} is not there (TICKFORGE_CAPTURES names another folder)`}`);
			continue;
		}
		const { messages: encoded, left } = messagesOf(path);
		for (const cache of caches) {
			const { measurements, bytes, window, messages, notes } = await compareParsers({
				...shared,
				cache,
				schema: preset.schema,
				encoded,
				tiles: 1,
				simdjson: shared.simdjson ? 'generic' : null,
				plain: (texts, messages) => [parseEveryValue(texts, messages)],
				strict: false,
				rows: 1024,
				items: 65536,
			});
			yield createCase(
				{
					group: 'captures',
					name: [name, cache].join(', '),
					parameters: { capture: name, cache, messages, workingSet: window },
					unit: 'message',
					bytes,
					notes: [...notes, ...(left === 0 ? [] : [`${left} records left out, which are no JSON objects or arrays`]), 'simdjson and "+ columns" read every value of every message into one array; the tiers fill the tables of the preset'],
				},
				measurements,
			);
		}
	}
}

/** The messages of a capture that every candidate can take; bytes literals are decoded and inflated. */
export function messagesOf(path: string): { readonly messages: Uint8Array[]; readonly left: number } {
	const messages: Uint8Array[] = [];
	let left = 0;
	for (const line of readFileSync(path, 'utf8').split('\n')) {
		const text = /^\d+\.\d+: (.*)$/.exec(line)?.[1];
		if (text === undefined) continue;
		const message = payloadOf(Buffer.from(text));
		if (message !== null && isJsonContainer(message)) messages.push(message);
		else left++;
	}
	return { messages, left };
}

function payloadOf(text: Uint8Array): Uint8Array | null {
	const decoded = new Uint8Array(text.length);
	const length = readBytesLiteral(text, decoded);
	if (length < 0) return text;
	const inflated = inflate(decoded.subarray(0, length), 2 ** 24);
	return typeof inflated === 'string' ? null : inflated;
}

function isJsonContainer(message: Uint8Array): boolean {
	try {
		const parsed: unknown = JSON.parse(new TextDecoder().decode(message));
		return typeof parsed === 'object' && parsed !== null;
	} catch {
		return false;
	}
}
