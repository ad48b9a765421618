/** A run as one HTML page: no scripts, nothing loaded, light and dark. */
import { type Bar, histogram, lineChart } from './charts.ts';

/** What a page shows. Parts that are empty or null are left out. */
export interface RunReport {
	readonly title: string;
	/** Names of the inputs, with what they were. */
	readonly inputs: readonly string[];
	readonly tier: string;
	readonly machine: string;
	readonly node: string;
	readonly startedAt: Date;
	readonly totals: {
		readonly messages: number;
		readonly refused: number;
		readonly bytes: number;
		readonly seconds: number;
		readonly parseSeconds: number;
		readonly memory: number;
	};
	readonly types: readonly { readonly name: string; readonly role: 'table' | 'control'; readonly messages: number }[];
	readonly symbols: readonly { readonly name: string; readonly rows: number }[];
	/** Seconds since the epoch. */
	readonly timeRange: { readonly first: number; readonly last: number } | null;
	readonly errors: readonly { readonly category: string; readonly messages: number; readonly example: { readonly sequence: number; readonly offset: number; readonly text: string } | null }[];
	readonly quarantinedBytes: number;
	/** Messages in each second that had any. */
	readonly rate: readonly { readonly second: number; readonly messages: number }[];
	/** Receive time less event time, in buckets of equal width on a logarithmic axis. */
	readonly delays: { readonly buckets: readonly number[]; readonly secondsOf: (bucket: number) => number; readonly negative: number } | null;
	readonly prices: { readonly symbol: string; readonly points: readonly { readonly time: number; readonly bid: number; readonly ask: number }[] } | null;
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const clock = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 19);
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('T', ' ').replace('Z', '');

function bytesText(value: number): string {
	if (value < 1024) return `${value} bytes`;
	const power = Math.min(3, Math.floor(Math.log2(value) / 10));
	return `${(value / 1024 ** power).toFixed(1)} ${['', 'KiB', 'MiB', 'GiB'][power]}`;
}

function durationText(seconds: number): string {
	if (seconds < 1e-3) return `${(seconds * 1e6).toFixed(0)} µs`;
	if (seconds < 1) return `${(seconds * 1e3).toFixed(seconds < 0.01 ? 2 : 1)} ms`;
	return `${seconds.toFixed(2)} s`;
}

/** Only characters that print; the rest as a dot. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '·');

const STYLE = `
:root{color-scheme:light dark;--paper:#fbfaf7;--ink:#1d2226;--soft:#6b7378;--rule:#dfdcd4;--first:#1f6f8b;--second:#b5532a;--third:#5b6b2f;--card:#ffffff}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e6e3dc;--soft:#949ca1;--rule:#2c3236;--first:#6cc0dc;--second:#e8916a;--third:#b3c46f;--card:#1a1e22}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 ui-sans-serif,system-ui,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:26px;font-weight:600;letter-spacing:-.01em;margin:0 0 4px}
h2{font-size:13px;font-weight:600;text-transform:uppercase;letter-spacing:.08em;color:var(--soft);margin:0 0 10px}
.sub{color:var(--soft);margin:0 0 28px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:1px;background:var(--rule);border:1px solid var(--rule);border-radius:6px;overflow:hidden;margin-bottom:28px}
.figures div{background:var(--card);padding:14px 16px}
.figures b{display:block;font-size:22px;font-weight:600;letter-spacing:-.01em}
.figures span{color:var(--soft);font-size:13px}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:24px;margin-bottom:24px}
section{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:18px 20px;min-width:0}
section.wide{margin-bottom:24px}
svg{width:100%;height:auto;display:block}
table{width:100%;border-collapse:collapse}
td,th{padding:4px 12px 4px 0;text-align:left;border-bottom:1px solid var(--rule);vertical-align:top;font-weight:400}
tr:last-child td{border-bottom:0}
th{color:var(--soft);font-size:13px}
td.n,th.n{text-align:right;padding-right:0;white-space:nowrap}
td.n+td{padding-left:20px}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.share{display:block;height:3px;background:var(--first);opacity:.55;border-radius:2px;margin-top:3px}
svg text{font:11px ui-sans-serif,system-ui,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
svg text.strong{fill:var(--ink)}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .line{fill:none;stroke-width:1.4;stroke-linejoin:round}
svg .first{stroke:var(--first)}svg .second{stroke:var(--second)}svg .third{stroke:var(--third)}
svg text.first{fill:var(--first);stroke:none}svg text.second{fill:var(--second);stroke:none}
svg .bar{fill:var(--first);opacity:.75}
svg .mark{stroke:var(--second);stroke-width:1;stroke-dasharray:3 3}
footer{color:var(--soft);font-size:13px;margin-top:28px}
`;

/** The page. Everything that comes from data is escaped. */
export function renderReport(report: RunReport): string {
	const { totals } = report;
	const perMessage = totals.messages === 0 ? 0 : (totals.parseSeconds / totals.messages) * 1e9;
	const figures: readonly (readonly [string, string])[] = [
		[count(totals.messages), 'messages'],
		[`${count(totals.messages / Math.max(totals.parseSeconds, 1e-9))}/s`, 'parsing, on one core'],
		[`${perMessage.toFixed(perMessage < 1000 ? 1 : 0)} ns`, 'a message, in the parser'],
		[`${bytesText(totals.bytes / Math.max(totals.parseSeconds, 1e-9))}/s`, `of ${bytesText(totals.bytes)}`],
		[count(totals.refused), totals.refused === 0 ? 'refused' : `refused (${((totals.refused / Math.max(1, totals.messages)) * 100).toPrecision(2)} %)`],
		[bytesText(totals.memory), 'arena'],
	];
	const parts = [
		`<div class="figures">${figures.map(([value, label]) => `<div><b>${escape(value)}</b><span>${escape(label)}</span></div>`).join('')}</div>`,
		priceSection(report),
		`<div class="grid2">${rateSection(report)}${delaySection(report)}</div>`,
		`<div class="grid2">${typeSection(report)}${symbolSection(report)}</div>`,
		errorSection(report),
	];
	const range = report.timeRange === null ? '' : ` · ${escape(iso(report.timeRange.first))} to ${escape(iso(report.timeRange.last))} UTC`;
	return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(report.title)} · tickforge</title><style>${STYLE}</style></head>
<body><main><h1>${escape(report.title)}</h1><p class="sub">${escape(report.inputs.join(', '))}${range}</p>
${parts.join('\n')}
<footer>tickforge, ${escape(report.tier)} tier · Node.js ${escape(report.node)} · ${escape(report.machine)} · ${escape(report.startedAt.toISOString())}<br>Parse times are this run's, on this machine, without reading the file and writing rows out.</footer>
</main></body></html>
`;
}

function priceSection({ prices }: RunReport): string {
	if (prices === null || prices.points.length < 2) return '';
	const { points, symbol } = prices;
	const x = { label: 'UTC', text: (value: number) => clock(value) };
	const digits = Math.max(0, 4 - Math.floor(Math.log10(Math.abs((points[0] as (typeof points)[number]).bid) || 1)));
	const price = lineChart(
		`bid and ask of ${symbol}`,
		[
			{ label: 'bid', tone: 'first', points: points.map(({ time, bid }) => ({ x: time, y: bid })) },
			{ label: 'ask', tone: 'second', points: points.map(({ time, ask }) => ({ x: time, y: ask })) },
		],
		x,
		{ label: '', text: (value) => value.toFixed(Math.min(8, digits)) },
		{ stepped: true },
	);
	const spread = lineChart(`spread of ${symbol}`, [{ label: 'spread', tone: 'third', points: points.map(({ time, bid, ask }) => ({ x: time, y: ((ask - bid) / ((ask + bid) / 2)) * 1e4 })) }], x, { label: 'bp', text: (value) => value.toFixed(2) }, { stepped: true, fromZero: true });
	return `<div class="grid2"><section><h2>${escape(symbol)}: bid and ask</h2>${price}</section><section><h2>${escape(symbol)}: spread</h2>${spread}</section></div>`;
}

function rateSection({ rate }: RunReport): string {
	if (rate.length < 2) return '';
	const points = [...rate].sort((a, b) => a.second - b.second).map(({ second, messages }) => ({ x: second, y: messages }));
	return `<section><h2>messages a second, as received</h2>${lineChart('messages a second', [{ label: 'messages', tone: 'first', points }], { label: 'UTC', text: clock }, { label: '', text: count }, { stepped: true, fromZero: true })}</section>`;
}

function delaySection({ delays }: RunReport): string {
	if (delays === null) return '';
	const total = delays.buckets.reduce((sum, value) => sum + value, 0);
	if (total === 0) return '';
	const used = delays.buckets.flatMap((value, bucket) => (value > 0 ? [bucket] : []));
	const from = Math.max(0, (used[0] as number) - 2);
	const to = Math.min(delays.buckets.length, (used.at(-1) as number) + 3);
	const share = (bucket: number): number => (bucket - from) / (to - from);
	const bars: Bar[] = delays.buckets.slice(from, to).map((value, index) => ({ from: share(from + index), to: share(from + index + 1), value }));
	const marks = Array.from({ length: to - from }, (_, index) => from + index)
		.filter((bucket) => bucket % 10 === 0)
		.map((bucket) => ({ at: share(bucket), text: durationText(delays.secondsOf(bucket)) }));
	const percentile = (part: number): number => {
		let seen = 0;
		for (let bucket = 0; bucket < delays.buckets.length; bucket++) {
			const value = delays.buckets[bucket] as number;
			if (seen + value >= total * part) return bucket + (total * part - seen) / Math.max(1, value);
			seen += value;
		}
		return delays.buckets.length;
	};
	const lines = [
		[0.5, 'p50'],
		[0.99, 'p99'],
		[0.999, 'p99.9'],
	].map(([part, name]) => {
		const bucket = percentile(part as number);
		return { at: share(bucket), text: `${name} ${durationText(delays.secondsOf(bucket))}` };
	});
	const negative = delays.negative === 0 ? '' : `<p class="sub">${count(delays.negative)} messages arrived before their event time: the clocks disagree.</p>`;
	return `<section><h2>delay, receive time less event time</h2>${histogram('delay', bars, marks, lines, 'logarithmic')}${negative}</section>`;
}

function typeSection({ types }: RunReport): string {
	const shown = types.filter(({ messages }) => messages > 0).sort((a, b) => b.messages - a.messages);
	if (shown.length === 0) return '';
	const most = Math.max(...shown.map(({ messages }) => messages));
	return `<section><h2>messages by type</h2><table>${shown.map(({ name, role, messages }) => `<tr><td>${escape(name)}${role === 'control' ? ' <span class="axis">(control)</span>' : ''}<i class="share" style="width:${((messages / most) * 100).toFixed(1)}%"></i></td><td class="n">${count(messages)}</td></tr>`).join('')}</table></section>`;
}

function symbolSection({ symbols }: RunReport): string {
	if (symbols.length === 0) return '';
	const shown = [...symbols].sort((a, b) => b.rows - a.rows).slice(0, 12);
	const most = shown[0]?.rows ?? 1;
	const rest = symbols.length - shown.length;
	return `<section><h2>${count(symbols.length)} symbols</h2><table>${shown.map(({ name, rows }) => `<tr><td>${escape(name)}<i class="share" style="width:${((rows / most) * 100).toFixed(1)}%"></i></td><td class="n">${count(rows)}</td></tr>`).join('')}${rest > 0 ? `<tr><td>and ${count(rest)} more</td><td></td></tr>` : ''}</table></section>`;
}

function errorSection({ errors, quarantinedBytes }: RunReport): string {
	if (errors.length === 0) return '';
	return `<section class="wide"><h2>refused messages, ${escape(bytesText(quarantinedBytes))}</h2><table><tr><th>category</th><th class="n">messages</th><th style="padding-left:20px">example</th></tr>${[...errors]
		.sort((a, b) => b.messages - a.messages)
		.map(({ category, messages, example }) => `<tr><td>${escape(category)}</td><td class="n">${count(messages)}</td><td>${example === null ? '' : `message ${count(example.sequence)}, byte ${count(example.offset)}<br><code>${escape(printable(example.text))}</code>`}</td></tr>`)
		.join('')}</table></section>`;
}
