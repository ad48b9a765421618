/** Charts of a run: prices, rates, delays. */
import { decadeMarks, numberMarks, timeMarks } from './axis.ts';
import { bars, bottomAxis, type Panel, type Places, type Scale, scale, stepArea, stepBand, stepLine, svg, valueAxis, verticalMarks } from './charts.ts';
import type { RunReport } from './index.ts';
import { count, durationText, escapeText, shareText, shortCount } from './text.ts';

export const HALF = 490;
export const WIDE = 1040;
type Width = typeof HALF | typeof WIDE;

function extent(values: readonly number[]): readonly [number, number] {
	let low = Number.POSITIVE_INFINITY;
	let high = Number.NEGATIVE_INFINITY;
	for (const value of values) {
		if (value < low) low = value;
		if (value > high) high = value;
	}
	return [low, high];
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Mid price within bid and ask above, the spread below, over the same time. */
export function priceSection({ prices }: RunReport): string {
	if (prices === null) return '';
	const points = prices.points.filter(({ time, bid, ask }) => Number.isFinite(time) && bid > 0 && ask > 0).sort((a, b) => a.time - b.time);
	const first = points[0];
	const last = points.at(-1);
	if (first === undefined || last === undefined || last.time === first.time) return '';
	const [left, right] = [78, WIDE - 14];
	const upper: Panel = { left, right, top: 8, bottom: 218 };
	const lower: Panel = { left, right, top: 250, bottom: 322 };
	const x = scale(first.time, last.time, left, right);
	const [low, high] = extent(points.flatMap(({ bid, ask }) => [bid, ask]));
	const margin = (high - low) * 0.06 || Math.abs(high) * 0.001 || 1;
	const y = scale(low - margin, high + margin, upper.bottom, upper.top);
	const spreads = points.map(({ bid, ask }) => ((ask - bid) / ((ask + bid) / 2)) * 1e4);
	const [least, most] = extent(spreads);
	const ySpread = scale(Math.min(0, least), most > 0 ? most * 1.08 : 1, lower.bottom, lower.top);
	const places = (value: (point: (typeof points)[number], index: number) => number): Places => points.map((point, index) => ({ x: x(point.time), y: value(point, index) }));
	const mid = ({ bid, ask }: (typeof points)[number]): number => (bid + ask) / 2;
	const body = [
		valueAxis(upper, y, numberMarks(y.from, y.to, 5)),
		stepBand(
			places(({ ask }) => y(ask)),
			places(({ bid }) => y(bid)),
			'first',
		),
		stepLine(
			places((point) => y(mid(point))),
			'first',
		),
		valueAxis(lower, ySpread, numberMarks(ySpread.from, ySpread.to, 3), 'bp'),
		stepArea(
			places((_, index) => ySpread(spreads[index] as number)),
			ySpread(0),
			right,
			'third',
		),
		stepLine(
			places((_, index) => ySpread(spreads[index] as number)),
			'third',
		),
		bottomAxis(lower, x, timeMarks(first.time, last.time, 8)),
	].join('');
	const change = (mid(last) / mid(first) - 1) * 100;
	const summary = `mid ${change >= 0 ? '+' : '−'}${Math.abs(change).toFixed(2)} %, median spread ${median(spreads).toPrecision(2)} bp`;
	return `<section><h2>${escapeText(prices.symbol)}</h2><p>${summary}<span class="key first"></span>mid<span class="key light first"></span>bid to ask<span class="key third"></span>spread</p>${svg(WIDE, 346, `mid price and spread of ${prices.symbol}: ${summary}`, body)}</section>`;
}

/** Most columns that a rate has; more seconds than this share columns. */
const COLUMNS = 360;

/** `width`: of the page, or half of it. */
export function rateSection({ rate }: RunReport, width: Width): string {
	const seconds = rate.filter(({ second, messages }) => Number.isFinite(second) && messages > 0);
	if (seconds.length < 2) return '';
	const [from, to] = extent(seconds.map(({ second }) => second));
	const span = Math.max(1, Math.ceil((to - from + 1) / COLUMNS));
	const columns = Array.from({ length: Math.ceil((to - from + 1) / span) }, () => ({ sum: 0, most: 0 }));
	let total = 0;
	for (const { second, messages } of seconds) {
		const column = columns[Math.floor((second - from) / span)] as (typeof columns)[number];
		column.sum += messages;
		column.most = Math.max(column.most, messages);
		total += messages;
	}
	const panel: Panel = { left: 58, right: width - 10, top: 10, bottom: 190 };
	const peak = Math.max(...columns.map(({ most }) => most));
	const x = scale(from, to + 1, panel.left, panel.right);
	const y = scale(0, peak * 1.05, panel.bottom, panel.top);
	const places = (value: (column: (typeof columns)[number]) => number): Places => columns.map((column, index) => ({ x: x(from + index * span), y: y(value(column)) }));
	// The last column may not be whole.
	const mean = ({ sum }: (typeof columns)[number]): number => sum / span;
	const body = [
		valueAxis(panel, y, numberMarks(0, y.to, 4, shortCount)),
		span > 1
			? stepArea(
					places(({ most }) => most),
					panel.bottom,
					panel.right,
					'first',
				)
			: '',
		stepArea(places(mean), panel.bottom, panel.right, 'first'),
		stepLine([...places(mean), { x: panel.right, y: places(mean).at(-1)?.y ?? panel.bottom }], 'first'),
		bottomAxis(panel, x, timeMarks(from, to + 1, width === WIDE ? 9 : 5)),
	].join('');
	const key = span > 1 ? `<span class="key first"></span>mean of ${count(span)} s<span class="key light first"></span>busiest second` : '';
	const summary = `as received; ${count(total / (to - from + 1))} on average, ${count(peak)} at most`;
	return `<section><h2>Messages a second</h2><p>${summary}${key}</p>${svg(width, 214, `messages a second, ${summary}`, body)}</section>`;
}

export function delaySection({ delays }: RunReport, width: Width): string {
	if (delays === null) return '';
	const { buckets, secondsOf, negative } = delays;
	const total = buckets.reduce((sum, value) => sum + value, 0);
	if (total === 0) return '';
	const used = buckets.flatMap((value, bucket) => (value > 0 ? [bucket] : []));
	const from = Math.max(0, (used[0] as number) - 1);
	const to = Math.min(buckets.length, (used.at(-1) as number) + 2);
	const panel: Panel = { left: 58, right: width - 10, top: 10, bottom: 190 };
	const most = Math.max(...buckets);
	const place = scale(Math.log10(secondsOf(from)), Math.log10(secondsOf(to)), panel.left, panel.right);
	const x: Scale = Object.assign((value: number) => place(Math.log10(value)), { from: secondsOf(from), to: secondsOf(to) });
	const y = scale(0, most * 1.25, panel.bottom, panel.top);
	const percentile = (part: number): number => {
		let seen = 0;
		for (let bucket = 0; bucket < buckets.length; bucket++) {
			const value = buckets[bucket] as number;
			if (value > 0 && seen + value >= total * part) return secondsOf(bucket + (total * part - seen) / value);
			seen += value;
		}
		return secondsOf(buckets.length);
	};
	const percentiles = (
		[
			['p50', 0.5],
			['p99', 0.99],
			['p99.9', 0.999],
		] as const
	).map(([name, part]) => ({ name, at: percentile(part) }));
	const body = [
		valueAxis(panel, y, numberMarks(0, y.to, 4, shortCount)),
		bars(
			x,
			y,
			buckets.slice(from, to).map((value, index) => ({ from: secondsOf(from + index), to: secondsOf(from + index + 1), value, title: `${durationText(secondsOf(from + index))} to ${durationText(secondsOf(from + index + 1))}: ${count(value)} (${shareText(value, total)})` })),
			'first',
		),
		bottomAxis(panel, x, decadeMarks(x.from, x.to, durationText)),
		verticalMarks(
			panel,
			x,
			percentiles.map(({ name, at }) => ({ at, text: name })),
		),
	].join('');
	const clocks = negative === 0 ? '' : `; ${count(negative)} rows before their event time (the clocks disagree)`;
	const summary = percentiles.map(({ name, at }) => `${name} ${durationText(at)}`).join(', ');
	return `<section><h2>Delay</h2><p>receive time less event time: ${summary}${clocks}</p>${svg(width, 214, `receive time less event time, on a logarithmic axis: ${summary}`, body)}</section>`;
}
