import { describe, expect, it } from 'vitest';
import { concatenated } from '../../src/framing/concatenated.ts';
import { lines } from '../../src/framing/lines.ts';
import { type AnyBatch, decimal, json, message, oneOf, symbol } from '../../src/index.ts';
import { feedWorkload } from '../../src/observe/index.ts';

const schema = oneOf('feed', { version: 1 }, message('trade', { symbol: symbol().key('s'), price: decimal(2).key('p') }));
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('feedWorkload', () => {
	it.each([
		['shorter than a piece', 3],
		['of several pieces', 20_000],
	])('repeats input %s without a seam', async (_, count) => {
		const texts = Array.from({ length: count }, (_, index) => `{"s":"S${index % 7}","p":"${index}.25"}`);
		const prices: number[] = [];
		const onBatch = (batch: AnyBatch<typeof schema>): void => {
			const price = batch.column('price', 'decimal');
			batch.visit((row) => prices.push(price.scaled(row)));
		};
		const workload = feedWorkload(json(schema), encode(`${texts.join('\n')}\n`), lines(), { tier: 'schema', onBatch });
		let asked = 0;
		await workload.run((messages) => (asked += messages) < 50_000);
		const { statistics } = workload.summary();
		expect(statistics.refused).toBe(0);
		expect(statistics.messages).toBeGreaterThanOrEqual(asked);
		expect(statistics.messages % count).toBe(0);
		expect(prices).toHaveLength(statistics.messages);
		expect(prices.findIndex((price, index) => price !== (index % count) + 0.25)).toBe(-1);
	});

	it('takes every framing', async () => {
		const workload = feedWorkload(json(schema), encode('{"s":"A","p":1} {"s":"B","p":2}'), concatenated(), { tier: 'schema' });
		let left = 10_000;
		await workload.run((messages) => (left -= messages) > 0);
		expect(workload.summary().statistics).toMatchObject({ refused: 0 });
		expect(workload.isSettled()).toBe(true);
	});

	it('says what is missing', () => {
		expect(() => feedWorkload(json(schema), new Uint8Array(0), lines())).toThrow(/nothing to repeat/);
		expect(() => feedWorkload(json(schema), encode('{}'), lines()).summary()).toThrow(/has not run yet/);
	});
});
