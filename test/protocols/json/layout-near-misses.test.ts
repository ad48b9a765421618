/** Messages that differ in one byte from one whose shape is known: every place, every byte that matters. */
import { describe, expect, it } from 'vitest';
import { decimal, enumeration, flag, float, integer, integer32, list, literal, message, oneOf, type Schema, symbol, text, timestamp, tuple } from '../../../src/index.ts';
import { compareTiers } from './harness.ts';
import { createLayoutTier } from './layout-tier.ts';
import { reference } from './tiers.ts';

const BYTES = ['\0', '\t', ' ', '"', '+', ',', '-', '.', '/', '0', '1', '5', '9', ':', ';', 'A', 'E', 'T', 'Z', '[', '\\', ']', 'e', 't', '{', '}', '\x7f', '\x80', '\xb0', '\xff'];
const level = tuple({ price: decimal(8), size: decimal(10) });

const CASES: readonly { readonly name: string; readonly schema: Schema; readonly messages: readonly string[] }[] = [
	{
		name: 'a trade',
		schema: oneOf('trades', { version: 1 }, message('trade', { type: literal('trade').key('e'), time: timestamp('ms').key('E'), symbol: symbol().key('s'), id: integer().key('a'), price: decimal(8).key('p'), size: decimal(8).key('q'), change: decimal(4).key('c'), maker: flag().key('m') })),
		messages: Array.from({ length: 12 }, (_, index) => `{"e":"trade","E":171700000${1000 + index},"s":"${['BTCUSDT', 'ETH', 'SOLEUR'][index % 3]}","a":${index % 2 === 0 ? 7 : 3000000001 + index},"p":"${67123 + index}.10","q":"0.${25 + index}","c":"${index % 2 === 0 ? '-' : ''}1.5","m":${index % 2 === 0}}`),
	},
	{
		name: 'numbers of fixed width, and numbers without quotes',
		schema: oneOf('counters', { version: 1 }, message('counter', { first: integer().key('f'), narrow: integer32().key('n'), seconds: timestamp('s').key('t'), value: float().key('v'), whole: decimal(2).key('w') })),
		messages: Array.from({ length: 12 }, (_, index) => `{"f":${1000000000000 + index * 7919},"n":${10 + index},"t":1616663618.12${3456 + index},"v":${index - 6}.25,"w":${5 + index}}`),
	},
	{
		name: 'a book',
		schema: oneOf('books', { version: 1 }, message('book', { symbol: symbol().key('s'), bids: list(level).key('b'), asks: list(level).key('a') })),
		messages: Array.from({ length: 8 }, (_, index) => `{"s":"BTCUSDT","b":[["${67123 + index}.10","0.5"],["0.00012","${12345678 + index}.25"],["7","1234567.5"]],"a":[${index % 2 === 0 ? '' : '["1.5","2.5"]'}]}`),
	},
	{
		name: 'times in text, enumerations and texts',
		schema: oneOf('matches', { version: 1 }, message('match', { time: timestamp('rfc3339').key('time'), side: enumeration(['buy', 'sell']).key('side'), note: text().key('note'), size: decimal(3).key('size') })),
		messages: Array.from({ length: 12 }, (_, index) => `{"time":"2024-05-29T16:${10 + index}:4${index % 10}.${index % 3 === 0 ? '5' : '028558'}Z","side":"${index % 2 === 0 ? 'buy' : 'sell'}","note":"${'n'.repeat(index + 3)}","size":"${index}.125"}`),
	},
];

describe('a byte that is wrong where a shape is known', () => {
	it.each(CASES)('is found by the layout tier as by the reference: $name', ({ schema, messages }) => {
		const counts = { taken: 0, missed: 0 };
		const tiers = [reference, createLayoutTier(counts)] as const;
		const sample = messages.at(-1) as string;
		const wrong: string[] = [];
		for (let at = 0; at <= sample.length; at++) {
			for (const byte of BYTES) wrong.push(`${sample.slice(0, at)}${byte}${sample.slice(at + 1)}`, `${sample.slice(0, at)}${byte}${sample.slice(at)}`);
			wrong.push(`${sample.slice(0, at)}${sample.slice(at + 1)}`, sample.slice(0, at));
		}
		const bytes = (given: string): Uint8Array => Uint8Array.from(given, (character) => character.charCodeAt(0));
		const all = [...messages, ...messages, ...messages, ...wrong, ...messages].map(bytes);
		expect(compareTiers(tiers, schema, all, { rows: 256, items: 4096, textBytes: 65536, batch: 16 })).toBeNull();
		expect(counts.taken).toBeGreaterThan(messages.length * 2);
	});
});
