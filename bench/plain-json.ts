/** What a program does without tickforge: JSON.parse of texts that are strings already, thrown away or put into columns. */

import { type Candidate, now } from './measure.ts';
import { createPlainColumns, type MessageType } from './messages/index.ts';
import type { JsonParser } from './npm-parsers.ts';

/** Messages a round that slow candidates get at most. */
export const SLOW_MESSAGES = 20_000;
const SLOWER_MESSAGES = 4_000;

/** Keeps results alive, so that no engine leaves the work out. */
let kept: unknown;

function parsing(name: string, texts: readonly string[], messages: number, parse: (text: string) => unknown, every = 1): Candidate {
	return {
		name,
		every,
		run() {
			const start = now();
			for (let index = 0, at = 0; index < messages; index++) {
				kept = parse(texts[at] as string);
				if (++at === texts.length) at = 0;
			}
			return (now() - start) / messages;
		},
	};
}

export const parseAlone = (texts: readonly string[], messages: number): Candidate => parsing('JSON.parse', texts, Math.min(messages, SLOW_MESSAGES), (text) => JSON.parse(text));

export const npmCandidates = (parsers: readonly JsonParser[], texts: readonly string[], messages: number): Candidate[] => parsers.map(({ name, parse }) => parsing(name, texts, Math.min(messages, SLOWER_MESSAGES), parse, 2));

/** The values of a message type's fields in columns, typed arrays of a batch's size. */
export function parseIntoColumns(type: MessageType, texts: readonly string[], messages: number, rows: number, items: number): Candidate {
	const target = createPlainColumns(rows, items);
	const many = Math.min(messages, SLOW_MESSAGES);
	return {
		name: 'JSON.parse + columns',
		run() {
			const start = now();
			let row = 0;
			target.used = 0;
			for (let index = 0, at = 0; index < many; index++) {
				type.columns(JSON.parse(texts[at] as string) as never, row, target);
				if (++at === texts.length) at = 0;
				if (++row === rows) {
					row = 0;
					target.used = 0;
				}
			}
			return (now() - start) / many;
		},
	};
}

/**
 * Of a whole feed: every value of every message, numbers and numeric texts as doubles, names as ids of a Map, in one
 * typed array. A program that knows its messages writes no less.
 */
export function parseEveryValue(texts: readonly string[], messages: number): Candidate {
	const values = new Float64Array(65536);
	const ids = new Map<string, number>();
	let used = 0;
	const put = (value: number): void => {
		values[used] = value;
		used = (used + 1) & 65535;
	};
	const walk = (value: unknown): void => {
		if (typeof value === 'string') {
			const first = value.charCodeAt(0);
			const isNumeric = (first >= 0x30 && first <= 0x39) || first === 0x2d;
			const number = isNumeric ? Number(value) : Number.NaN;
			if (!Number.isNaN(number)) put(number);
			else {
				let id = ids.get(value);
				// Texts that never repeat must not fill the Map for ever.
				if (id === undefined) {
					id = ids.size;
					if (id < 65536) ids.set(value, id);
				}
				put(id);
			}
		} else if (typeof value === 'number') put(value);
		else if (Array.isArray(value)) for (let index = 0; index < value.length; index++) walk(value[index]);
		else if (value !== null && typeof value === 'object') for (const key in value) walk((value as Readonly<Record<string, unknown>>)[key]);
		else put(value === true ? 1 : 0);
	};
	return {
		...parsing('JSON.parse + columns', texts, Math.min(messages, SLOW_MESSAGES), (text) => walk(JSON.parse(text))),
	};
}

/** What the last message became; read by nobody. */
export const lastKept = (): unknown => kept;
