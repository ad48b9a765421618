import { describe, expect, it } from 'vitest';
import { renderPage } from '../../bench/page/index.ts';
import { workingSetsOf } from '../../bench/page/lines.ts';
import { type CaseResult, createCase, type Results } from '../../bench/results.ts';
import { figure, tableOf } from '../../bench/table.ts';
import { makeResults, measurement } from './results.ts';

const atSet = (workingSet: number, cache = 'warm'): CaseResult =>
	createCase({ group: 'parsers', name: `aggTrade, ${workingSet}, ${cache}`, parameters: { type: 'aggTrade', mix: 'realistic', symbols: 32, workingSet, cache }, unit: 'message', bytes: 160, notes: ['a "note" <b>'] }, [
		measurement('touch', [3, 3.1, 3.2]),
		measurement('schema', [60, 61, 300]),
		measurement('layout', [40, 41, 42]),
		measurement('JSON.parse', [800, null, 802]),
	]);

describe('the page of a benchmark', () => {
	const results: Results = { ...makeResults(1), cases: [...makeResults(1).cases, atSet(65536), atSet(2 ** 20), atSet(65536, 'cold')], heap: [{ type: 'aggTrade', bytesPerMessage: 0.001, collections: 0, messages: 10 }], skipped: ['npm <simdjson>: skipped: not installed'] };
	const html = renderPage(results);

	it('loads nothing, runs nothing and escapes what it shows', () => {
		expect(html).not.toMatch(/https?:|<script|<link|<img|url\(|@import| on\w+=/);
		expect(html).not.toMatch(/NaN|Infinity|undefined/);
		expect(html).toContain('Test &#60;processor&#62;');
		expect(html).not.toContain('<simdjson>');
		expect(html).not.toContain('<b>');
		expect(html).toContain('prefers-color-scheme:dark');
	});

	it('has a chart for each case, and one for working sets', () => {
		expect(html.match(/<svg /g)).toHaveLength(results.cases.length + 1);
		expect(workingSetsOf(results.cases).map(({ title, cases }) => [title, cases.length])).toEqual([['aggTrade, realistic, 32 symbols, warm', 2]]);
		expect(html).toContain('>64k</text>');
	});

	it('draws results without cases, too', () => {
		expect(renderPage({ ...results, cases: [], heap: [], skipped: [] })).not.toContain('<svg');
	});
});

describe('tables', () => {
	it('have a column of ratios for the bound, JSON.parse and each tier that is there', () => {
		const [head, ...rows] = tableOf(createCase({ ...atSet(65536), notes: [] }, atSet(65536).candidates, ['touch', 'JSON.parse', 'schema', 'layout']))
			.split('\n')
			.slice(1);
		expect(head?.trim().split(/ {2,}/)).toEqual(['ns/message', 'GB/s', '× touch', '× schema', '× layout', '× JSON.parse', 'odd rounds']);
		expect(rows.map((row) => row.trim().split(/ {2,}/)[0])).toEqual(['touch', 'schema', 'layout', 'JSON.parse']);
		// 61 / 3.1 of the second round is the median.
		expect(rows[1]).toContain('20.0');
	});

	it('show three digits that matter', () => {
		expect([0.0123, 0.5, 1.234, 12.34, 123.4, 12345.6, Number.NaN].map(figure)).toEqual(['0.012', '0.500', '1.23', '12.3', '123', '12346', '–']);
	});
});
