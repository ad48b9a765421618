/** A report, and a strict reader of the HTML that reports are made of. */
import type { RunReport } from '../../src/report/index.ts';

/** A report whose every text is made by `text`. */
export function sampleReport(text: (usual: string) => string = (usual) => usual): RunReport {
	const start = 1_717_200_000;
	return {
		title: text('Binance Spot'),
		preset: text('binance-spot'),
		inputs: [text('day.capture (capture, zstd)'), text('night.ndjson')],
		tier: text('schema'),
		machine: text('2 × AMD EPYC'),
		node: text('24.21.0'),
		startedAt: new Date(1_717_300_000_123),
		totals: { messages: 1_234_567, refused: 321, bytes: 250_000_000, seconds: 1.5, parseSeconds: 0.05, memory: 41_000_000 },
		types: [
			{ name: text('aggTrade'), role: 'table', messages: 1_000_000 },
			{ name: text('response'), role: 'control', messages: 4 },
			{ name: text('kline'), role: 'table', messages: 0 },
		],
		symbols: Array.from({ length: 40 }, (_, index) => ({ name: text(`SYM${index}`), rows: 40_000 - index * 900 })),
		timeRange: { first: start, last: start + 119.5 },
		errors: [
			{ category: text('syntax'), messages: 300, example: { sequence: 4321, offset: 7, text: text('{"a":1x,"b":"é"}') } },
			{ category: text('truncated'), messages: 20, example: { sequence: 99, offset: 130, text: text('"0123456789","0123456789","012') } },
			{ category: text('range'), messages: 1, example: null },
		],
		quarantinedBytes: 54_321,
		rate: Array.from({ length: 120 }, (_, second) => ({ second: start + second, messages: 9000 + ((second * 7919) % 3000) })),
		delays: { buckets: Array.from({ length: 91 }, (_, bucket) => (bucket > 25 && bucket < 50 ? Math.round(1e5 * Math.exp(-(((bucket - 33) / 5) ** 2))) : 0)), secondsOf: (bucket) => 10 ** (bucket / 10 - 6), negative: 12 },
		prices: { symbol: text('BTCUSDT'), points: Array.from({ length: 400 }, (_, index) => ({ time: start + index * 0.3, bid: 67_000 + Math.sin(index / 30) * 40, ask: 67_000.5 + Math.sin(index / 30) * 40 + ((index * 31) % 7) / 10 })) },
	};
}

const VOID = new Set(['meta', 'br']);

export interface Page {
	/** Tags with the names of their attributes, in order: the page's bones. */
	readonly bones: readonly string[];
	/** Values of attributes and of text, references resolved. */
	readonly texts: readonly string[];
	readonly style: string;
}

/** @throws at the first thing that is not exactly as it should be */
export function readPage(html: string): Page {
	if (!html.startsWith('<!doctype html>\n<html lang="en">\n')) throw new Error('the page does not begin as HTML does');
	const bones: string[] = [];
	const texts: string[] = [];
	const open: string[] = [];
	let style = '';
	const resolve = (raw: string): string => {
		const stray = /[<>"]|&(?!#\d+;)/.exec(raw);
		if (stray !== null) throw new Error(`"${stray[0]}" stands for itself in "${raw.slice(0, 80)}"`);
		return raw.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
	};
	const token = /<(\/?)([a-z][a-z0-9]*)((?: [a-z][a-z0-9-]*(?:="[^"<>]*")?)*)(\/?)>|[^<]+/giy;
	token.lastIndex = '<!doctype html>'.length;
	while (token.lastIndex < html.length) {
		const at = token.lastIndex;
		const match = token.exec(html);
		if (match === null) throw new Error(`no HTML: "${html.slice(at, at + 60)}"`);
		const [all, closing, name, attributes = '', empty] = match;
		if (name === undefined) {
			if (open.at(-1) === 'style') style += all;
			else if (all.trim() !== '') texts.push(resolve(all));
			continue;
		}
		if (closing === '/') {
			if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
			continue;
		}
		const names = [...attributes.matchAll(/ ([a-z][a-zA-Z0-9-]*)(?:="([^"]*)")?/g)].map(([, attribute = '', value = '']) => {
			texts.push(resolve(value));
			return attribute;
		});
		bones.push([name, ...names].join(' '));
		if (!VOID.has(name) && empty !== '/') open.push(name);
	}
	if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
	return { bones, texts, style };
}
