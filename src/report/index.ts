/** A run as one HTML page: no scripts, nothing loaded, light and dark. Everything that comes from data is escaped. */
import { errorSection, figures, machineSection, symbolSection, typeSection } from './sections.ts';
import { delaySection, HALF, priceSection, rateSection, WIDE } from './series.ts';
import { STYLE } from './style.ts';
import { escapeText, isoText } from './text.ts';

/** What a page shows. Parts that are empty or null are left out. */
export interface RunReport {
	readonly title: string;
	/** Name of the preset or the schema. */
	readonly preset?: string;
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
	readonly errors: readonly ReportedError[];
	readonly quarantinedBytes: number;
	/** Messages in each second that had any. */
	readonly rate: readonly { readonly second: number; readonly messages: number }[];
	/** Receive time less event time, in buckets of equal width on a logarithmic axis. */
	readonly delays: { readonly buckets: readonly number[]; readonly secondsOf: (bucket: number) => number; readonly negative: number } | null;
	/** Of one symbol. */
	readonly prices: { readonly symbol: string; readonly points: readonly { readonly time: number; readonly bid: number; readonly ask: number }[] } | null;
}

export interface ReportedError {
	readonly category: string;
	readonly messages: number;
	/** `text` is the message from 30 bytes before the fault (or its start) on. */
	readonly example: { readonly sequence: number; readonly offset: number; readonly text: string } | null;
}

/** Rates and delays side by side, or the only one of them as wide as the page. */
function trafficSections(report: RunReport): string {
	const rate = rateSection(report, HALF);
	const delay = delaySection(report, HALF);
	if (rate !== '' && delay !== '') return `<div class="pair">${rate}${delay}</div>`;
	return rate === '' ? delaySection(report, WIDE) : rateSection(report, WIDE);
}

/** The page. */
export function renderReport(report: RunReport): string {
	const pair = (...sections: readonly string[]): string => {
		const there = sections.filter((section) => section !== '');
		return there.length === 0 ? '' : `<div class="pair">${there.join('')}</div>`;
	};
	const range = report.timeRange === null ? '' : `${escapeText(isoText(report.timeRange.first))} – ${escapeText(isoText(report.timeRange.last))} UTC`;
	const parts = [figures(report), priceSection(report), trafficSections(report), pair(`<div class="column">${typeSection(report)}${machineSection(report)}</div>`, symbolSection(report)), errorSection(report)];
	return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${escapeText(report.title)} · tickforge</title><style>${STYLE}</style></head>
<body><main>
<header><h1>${escapeText(report.title)}</h1><p>${range === '' ? escapeText(report.inputs.join(', ')) : range}</p></header>
${parts.filter((part) => part !== '').join('\n')}
<footer>Made by tickforge. Parse times are this run’s, on this machine, without reading the input and writing rows out.</footer>
</main></body>
</html>
`;
}
