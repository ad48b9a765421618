/** Charts as inline SVG, drawn once, without scripts. Colours come from the page's style. */

export interface Point {
	readonly x: number;
	readonly y: number;
}
export interface Line {
	readonly points: readonly Point[];
	/** A class of the page's style: `first`, `second`, `third`. */
	readonly tone: string;
	readonly label: string;
}
export interface Axis {
	readonly label: string;
	readonly text: (value: number) => string;
}

const WIDTH = 720;
const HEIGHT = 220;
const LEFT = 64;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 34;

/** Round numbers that cover a range, about `count` of them. */
export function ticks(from: number, to: number, count: number): number[] {
	if (!(to > from)) return [from];
	const rough = (to - from) / count;
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
	const first = Math.ceil(from / step) * step;
	return Array.from({ length: Math.floor((to - first) / step + 1e-9) + 1 }, (_, index) => first + index * step);
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const number = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

function frame(body: string, title: string): string {
	return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}"><title>${escape(title)}</title>${body}</svg>`;
}

/** Lines over one horizontal axis; a step at each point where `stepped`. */
export function lineChart(title: string, lines: readonly Line[], x: Axis, y: Axis, options: { readonly stepped?: boolean; readonly fromZero?: boolean } = {}): string {
	const all = lines.flatMap(({ points }) => points);
	const xs = all.map((point) => point.x);
	const ys = all.map((point) => point.y);
	const range = (values: readonly number[]): [number, number] => values.reduce<[number, number]>(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
	const [x0, x1] = range(xs);
	let [y0, y1] = range(ys);
	if (options.fromZero === true) y0 = 0;
	else {
		const margin = (y1 - y0) * 0.05 || Math.abs(y1) * 0.001 || 1;
		y0 -= margin;
		y1 += margin;
	}
	const px = (value: number): number => LEFT + ((value - x0) / (x1 - x0 || 1)) * (WIDTH - LEFT - RIGHT);
	const py = (value: number): number => HEIGHT - BOTTOM - ((value - y0) / (y1 - y0 || 1)) * (HEIGHT - TOP - BOTTOM);
	const grid = ticks(y0, y1, 4)
		.map((value) => `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${number(py(value))}" y2="${number(py(value))}"/><text class="axis" x="${LEFT - 6}" y="${number(py(value) + 4)}" text-anchor="end">${escape(y.text(value))}</text>`)
		.join('');
	const bottom = ticks(x0, x1, 6)
		.map((value) => `<text class="axis" x="${number(px(value))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${escape(x.text(value))}</text>`)
		.join('');
	const paths = lines
		.map(({ points, tone }) => {
			const path = points.map((point, index) => (index === 0 ? `M${number(px(point.x))} ${number(py(point.y))}` : options.stepped === true ? `H${number(px(point.x))}V${number(py(point.y))}` : `L${number(px(point.x))} ${number(py(point.y))}`)).join('');
			return `<path class="line ${tone}" d="${path}"/>`;
		})
		.join('');
	const legend = lines.length < 2 ? '' : lines.map(({ label, tone }, index) => `<text class="legend ${tone}" x="${LEFT + 8 + index * 70}" y="${TOP + 10}">${escape(label)}</text>`).join('');
	const labels = `<text class="axis" x="${WIDTH - RIGHT}" y="${HEIGHT - 4}" text-anchor="end">${escape(x.label)}</text><text class="axis" x="4" y="${TOP}">${escape(y.label)}</text>`;
	return frame(`${grid}${bottom}${paths}${legend}${labels}`, title);
}

export interface Bar {
	/** Where the bar begins and ends, as shares of the axis. */
	readonly from: number;
	readonly to: number;
	readonly value: number;
}

/** Bars over an axis whose marks are given, with vertical marks for percentiles. */
export function histogram(title: string, bars: readonly Bar[], marks: readonly { readonly at: number; readonly text: string }[], lines: readonly { readonly at: number; readonly text: string }[], axis: string): string {
	const most = Math.max(1, ...bars.map((bar) => bar.value));
	const px = (share: number): number => LEFT + share * (WIDTH - LEFT - RIGHT);
	const height = HEIGHT - TOP - BOTTOM - 16;
	const rects = bars
		.filter((bar) => bar.value > 0)
		.map((bar) => `<rect class="bar" x="${number(px(bar.from) + 0.5)}" y="${number(HEIGHT - BOTTOM - (bar.value / most) * height)}" width="${number(Math.max(1, px(bar.to) - px(bar.from) - 1))}" height="${number((bar.value / most) * height)}"/>`)
		.join('');
	const axisMarks = marks.map(({ at, text }) => `<text class="axis" x="${number(px(at))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${escape(text)}</text><line class="grid" x1="${number(px(at))}" x2="${number(px(at))}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM + 4}"/>`).join('');
	const percentiles = lines.map(({ at, text }, index) => `<line class="mark" x1="${number(px(at))}" x2="${number(px(at))}" y1="${TOP + 4 + (index % 2) * 12}" y2="${HEIGHT - BOTTOM}"/><text class="axis strong" x="${number(px(at) + (at > 0.7 ? -3 : 3))}" y="${TOP + 10 + (index % 2) * 12}" text-anchor="${at > 0.7 ? 'end' : 'start'}">${escape(text)}</text>`).join('');
	const ground = `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>`;
	return frame(`${ground}${rects}${axisMarks}${percentiles}<text class="axis" x="${WIDTH - RIGHT}" y="${HEIGHT - 4}" text-anchor="end">${escape(axis)}</text><text class="axis" x="4" y="${TOP}">messages</text>`, title);
}
