import { describe, expect, test } from 'vitest';
import { decadeMarks, numberMarks, timeMarks } from '../../src/report/axis.ts';
import { type RunReport, renderReport } from '../../src/report/index.ts';
import { bytesText, durationText, shareText, shortCount } from '../../src/report/text.ts';
import { readPage, sampleReport } from './page.ts';

const empty: RunReport = {
	...sampleReport(),
	totals: { messages: 0, refused: 0, bytes: 0, seconds: 0, parseSeconds: 0, memory: 0 },
	types: [],
	symbols: [],
	timeRange: null,
	errors: [],
	quarantinedBytes: 0,
	rate: [],
	delays: null,
	prices: null,
};

describe('the page of a run', () => {
	test('is HTML that loads nothing and runs nothing', () => {
		const html = renderReport(sampleReport());
		const { bones, style } = readPage(html);
		expect(bones.filter((bone) => /^(script|link|img|iframe|object|embed|base|form|a|image|use)\b| (href|src|on\w+|srcset)\b/.test(bone))).toEqual([]);
		expect(style).not.toMatch(/url\(|@import|@font-face|expression|<|https?:/);
		expect(html).not.toMatch(/https?:\/\//);
		expect(html).not.toContain('NaN');
		expect(html).not.toContain('Infinity');
		expect(html).not.toContain('undefined');
		for (const needed of ['h1', 'main', 'title', 'svg viewBox role aria-label', 'meta name content']) expect(bones).toContain(needed);
		expect(style).toContain('prefers-color-scheme:dark');
	});

	test('shows what it was given', () => {
		const { texts } = readPage(renderReport(sampleReport()));
		const all = texts.join('\n');
		for (const text of ['Binance Spot', 'binance-spot', 'day.capture (capture, zstd), night.ndjson', 'schema', '2 × AMD EPYC', '24.21.0', '2024-06-02 03:46:40.123 UTC', '2024-06-01 00:00:00 – 2024-06-01 00:01:59.500 UTC']) expect(texts).toContain(text);
		for (const text of ['1,234,567', '24.69', '40.5', '4.7', '321', '0.026 %', '39.1', '50 ms in the parser, 1.5 s in all']) expect(texts.map((one) => one.trim())).toContain(text);
		for (const text of ['aggTrade', 'response', '1 other type did not occur.', 'SYM0', 'SYM13', '26 more', 'BTCUSDT', 'GiB/s']) expect(all).toContain(text);
		expect(all).toContain('321 of 1,234,567 messages (0.026 %), 53.0 KiB kept');
		expect(all).toMatch(/p50 [\d.]+ ms, p99 [\d.]+ ms, p99.9 [\d.]+ ms; 12 rows before their event time/);
		expect(all).toMatch(/mid [+−]\d\.\d\d %, median spread 0\.1\d* bp/);
		expect(all).toContain('message 4,321, byte 7');
	});

	test('marks the byte of a fault', () => {
		const html = renderReport({ ...sampleReport(), errors: [{ category: 'syntax', messages: 1, example: { sequence: 0, offset: 6, text: '{"a":1x}' } }] });
		expect(html).toContain('{&#34;a&#34;:1<mark>x</mark>}');
		const late = renderReport({ ...sampleReport(), errors: [{ category: 'truncated', messages: 1, example: { sequence: 0, offset: 130, text: 'x'.repeat(30) } }] });
		expect(late).toContain(`…</span>${'x'.repeat(30)}<mark><span class="soft">end</span></mark>`);
		// Its place is not known where a character is not a byte.
		expect(renderReport({ ...sampleReport(), errors: [{ category: 'utf8', messages: 1, example: { sequence: 0, offset: 6, text: '{"é":1x}' } }] })).not.toContain('<mark>');
	});

	test('takes nothing from data as HTML', () => {
		const payloads = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onload='alert(1)", '</style><script>', '</svg><script>', '&lt;b&gt;&#60;', '<!--', ']]>', '{{7*7}}', '`=`'];
		for (const payload of payloads) {
			const page = readPage(renderReport(sampleReport((usual) => usual + payload)));
			const plain = readPage(renderReport(sampleReport((usual) => usual + 'x'.repeat(payload.length))));
			expect(page.bones).toEqual(plain.bones);
			expect(page.style).toBe(plain.style);
			expect(page.texts).toContain(`Binance Spot${payload}`);
			expect(page.texts).toContain(`SYM0${payload}`);
		}
	});

	test('shows characters that do not print, or turn the text around, as such', () => {
		const { texts } = readPage(renderReport({ ...empty, title: 'A\u0000B\u202eC\ud800D\u{1f600}É' }));
		expect(texts).toContain('A\ufffdB\ufffdC\ufffdD\u{1f600}É');
	});

	test('leaves out what there is not', () => {
		const { bones, texts } = readPage(renderReport(empty));
		expect(bones).not.toContain('svg viewBox role aria-label');
		expect(texts).toContain('refused');
		expect(texts.join(' ')).not.toMatch(/NaN|Infinity|undefined|null/);
	});

	test('survives odd data', () => {
		const odd: RunReport = {
			...sampleReport(),
			timeRange: { first: -1e20, last: 1e20 },
			rate: [
				{ second: 0, messages: 1 },
				{ second: 3e9, messages: 2 },
				{ second: Number.NaN, messages: 3 },
			],
			delays: { buckets: [0, 0, 5], secondsOf: (bucket) => 10 ** (bucket / 10 - 6), negative: 0 },
			prices: {
				symbol: 'X',
				points: [
					{ time: 5, bid: 1e-8, ask: 2e-8 },
					{ time: 1, bid: 3e-8, ask: 2e-8 },
					{ time: 9, bid: Number.NaN, ask: 1 },
					{ time: 8, bid: 0, ask: 1 },
				],
			},
		};
		const html = renderReport(odd);
		readPage(html);
		expect(html).not.toMatch(/NaN|Infinity/);
		expect(html.length).toBeLessThan(60_000);
		readPage(renderReport({ ...odd, prices: { symbol: 'X', points: [] }, rate: [{ second: 1, messages: 1 }] }));
	});

	test('counts a second without messages as one with none', () => {
		const at = (rate: RunReport['rate']): string => renderReport({ ...empty, rate });
		expect(
			at([
				{ second: 100, messages: 10 },
				{ second: 109, messages: 10 },
			]),
		).toContain('2 on average, 10 at most');
		// More seconds than columns: the mean, and the busiest second.
		const long = at(Array.from({ length: 5000 }, (_, second) => ({ second, messages: second === 2500 ? 900 : 100 })));
		expect(long).toContain('100 on average, 900 at most');
		expect(long).toContain('busiest second');
	});

	test('draws a chart as wide as its place, so that its text keeps its size', () => {
		const widths = (report: RunReport): string[] => [...renderReport(report).matchAll(/viewBox="0 0 (\d+) /g)].map(([, width = '']) => width);
		expect(widths(sampleReport())).toEqual(['1040', '490', '490']);
		expect(widths({ ...sampleReport(), delays: null })).toEqual(['1040', '1040']);
		expect(widths({ ...sampleReport(), rate: [] })).toEqual(['1040', '1040']);
	});

	test('finds percentiles within buckets', () => {
		const buckets = new Array<number>(91).fill(0);
		buckets[30] = 50;
		buckets[40] = 50;
		expect(renderReport({ ...empty, delays: { buckets, secondsOf: (bucket) => 10 ** (bucket / 10 - 6), negative: 0 } })).toContain('event time: p50 1.3 ms, p99 13 ms, p99.9 13 ms</p>');
	});

	test('stays small', () => {
		expect(renderReport(sampleReport()).length).toBeLessThan(60_000);
	});
});

describe('marks on axes', () => {
	const texts = (marks: readonly { readonly text: string }[]): string[] => marks.map(({ text }) => text);
	test('are round numbers with the digits they need', () => {
		expect(texts(numberMarks(0, 1, 4))).toEqual(['0.00', '0.25', '0.50', '0.75', '1.00']);
		expect(texts(numberMarks(66_993, 67_003, 5))).toEqual(['66,994', '66,996', '66,998', '67,000', '67,002']);
		expect(texts(numberMarks(0.35215, 0.353, 4))).toEqual(['0.35225', '0.35250', '0.35275', '0.35300']);
		expect(texts(numberMarks(-1, 1, 4))).toEqual(['-1.0', '-0.5', '0.0', '0.5', '1.0']);
		expect(texts(numberMarks(0, 3733, 4, shortCount))).toEqual(['0', '1,000', '2,000', '3,000']);
		expect(texts(numberMarks(5, 5, 4))).toEqual(['5']);
	});
	test('are times of a clock', () => {
		const start = Date.UTC(2024, 5, 1) / 1000;
		expect(texts(timeMarks(start + 3, start + 62, 5))).toEqual(['00:00:15', '00:00:30', '00:00:45', '00:01:00']);
		expect(texts(timeMarks(start, start + 338, 8))).toEqual(['00:00', '00:01', '00:02', '00:03', '00:04', '00:05']);
		expect(texts(timeMarks(start, start + 86_400, 5))).toEqual(['06-01', '06:00', '12:00', '18:00', '06-02']);
		expect(texts(timeMarks(start, start + 86_400 * 10, 5))).toEqual(['2024-06-02', '2024-06-04', '2024-06-06', '2024-06-08', '2024-06-10']);
		expect(texts(timeMarks(start, start + 0.4, 4))).toEqual(['00:00.0', '00:00.1', '00:00.2', '00:00.3', '00:00.4']);
	});
	test('are powers of ten, with 2 and 5 between where there is room', () => {
		expect(texts(decadeMarks(2e-5, 0.2, durationText))).toEqual(['100 µs', '1 ms', '10 ms', '100 ms']);
		expect(texts(decadeMarks(1e-3, 1e-2, durationText))).toEqual(['1 ms', '2 ms', '5 ms', '10 ms']);
	});
	test('numbers are written for people', () => {
		expect([bytesText(0), bytesText(1023), bytesText(1536), bytesText(2 ** 41)]).toEqual(['0 bytes', '1,023 bytes', '1.5 KiB', '2.0 TiB']);
		expect([durationText(4.7e-6), durationText(0.0047), durationText(0.152), durationText(12.3)]).toEqual(['4.7 µs', '4.7 ms', '152 ms', '12 s']);
		expect([shortCount(9999), shortCount(12_000), shortCount(1_250_000)]).toEqual(['9,999', '12 k', '1.25 M']);
		expect([shareText(1, 3), shareText(0, 3), shareText(1, 1e9), shareText(0, 0)]).toEqual(['33.3 %', '0 %', 'under 0.001 %', '0 %']);
	});
});
