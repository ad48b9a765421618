import { describe, expect, it } from 'vitest';
import { compile, createArena, decimal, json, literal, message, oneOf, symbol, text, warmUp } from '../../src/index.ts';

const trade = message('trade', { type: literal('trade').key('e'), symbol: symbol().key('s'), price: decimal(2).key('p'), note: text().key('n') });
const quote = message('quote', { type: literal('quote').key('e'), symbol: symbol().key('s') });
const feed = oneOf('feed', { version: 1 }, trade, quote);
const SAMPLES = ['{"e":"trade","s":"SAMPLE","p":"1.25","n":"longer than twelve bytes"}', new TextEncoder().encode('{"e":"quote","s":"SAMPLE2"}'), '{"e":"trade","s":1}'];

describe('warmUp', () => {
	it.each([false, true])('leaves nothing behind, before the first message and amid others (shared memory: %s)', (shared) => {
		const arena = createArena({ shared });
		const batches: unknown[] = [];
		const errors: string[] = [];
		const parser = compile(json(feed), { arena, rows: 64, onBatch: (batch) => batches.push(batch.toRows()), onError: ({ category }) => errors.push(category) });
		const memory = (): string => `${arena.used} ${Buffer.from(arena.u8()).toString('latin1')}`;
		const before = memory();
		const fresh = parser.statistics();
		const result = warmUp(parser, SAMPLES, { milliseconds: 2 });
		expect(result.messages).toBeGreaterThanOrEqual(SAMPLES.length);
		expect(result.refused).toBe(result.messages / SAMPLES.length);
		expect(memory() === before).toBe(true);
		expect(parser.statistics()).toEqual(fresh);
		expect(parser.symbols[0]?.names()).toEqual([]);

		parser.parse('{"e":"trade","s":"A","p":"2","n":""}');
		const amid = memory();
		warmUp(parser, SAMPLES, { milliseconds: 0 });
		expect(memory() === amid).toBe(true);
		parser.parse('{"e":"quote","s":"B"}');
		parser.parse('{');
		parser.flush();
		expect(parser.symbols[0]?.names()).toEqual(['A', 'B']);
		expect(batches).toEqual([[{ symbol: 'A', price: 200n, note: '' }], [{ symbol: 'B' }]]);
		expect(errors).toEqual(['truncated']);
		expect(parser.statistics()).toMatchObject({ messages: 3, refused: 1, variants: { trade: 1, quote: 1 } });
	});

	it('runs the very code of the parser', () => {
		const parser = compile(json(feed), { rows: 64 });
		const twin = parser.twin();
		expect(twin.module).toBe(parser.module);
		expect(twin.arena).not.toBe(parser.arena);
		expect(twin.layout).toEqual(parser.layout);
	});

	it('does nothing in the reference tier', () => {
		const parser = compile(json(feed), { tier: 'reference', rows: 64 });
		expect(parser.module).toBeNull();
		expect(warmUp(parser, SAMPLES)).toEqual({ messages: 0, refused: 0, milliseconds: 0 });
	});

	it('says what is wrong', () => {
		const parser = compile(json(feed), { rows: 64 });
		expect(() => warmUp(parser, [])).toThrow(/needs messages to parse/);
		parser.dispose();
		expect(() => warmUp(parser, SAMPLES)).toThrow(/was disposed/);
	});
});
