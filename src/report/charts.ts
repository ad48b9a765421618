/** Charts as inline SVG, drawn once, without scripts. Colours come from the page's style. */
import type { Mark } from './axis.ts';
import { escapeText } from './text.ts';

/** A panel's place in its chart, in the chart's own units. */
interface Panel {
	readonly left: number;
	readonly right: number;
	readonly top: number;
	readonly bottom: number;
}

const round = (value: number): string => (Number.isFinite(value) ? value.toFixed(1).replace(/\.0$/, '') : '0');

export interface Scale {
	(value: number): number;
	readonly from: number;
	readonly to: number;
}

/** Values to places, linearly. */
export function scale(from: number, to: number, start: number, end: number): Scale {
	const place = (value: number): number => start + ((value - from) / (to - from || 1)) * (end - start);
	return Object.assign(place, { from, to });
}

export function svg(width: number, height: number, title: string, body: string): string {
	return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">${body}</svg>`;
}

/** Horizontal lines with their values at the left. */
export function valueAxis({ left, right }: Panel, y: Scale, marks: readonly Mark[], unit = ''): string {
	return marks
		.map(({ at, text }, index) => {
			const label = index === marks.length - 1 && unit !== '' ? `${text} ${unit}` : text;
			return `<line class="rule" x1="${left}" x2="${right}" y1="${round(y(at))}" y2="${round(y(at))}"/><text x="${left - 8}" y="${round(y(at) + 4)}" text-anchor="end">${escapeText(label)}</text>`;
		})
		.join('');
}

/** Marks under a panel. Labels that would leave it are turned inwards. */
export function bottomAxis({ left, right, bottom }: Panel, x: Scale, marks: readonly Mark[]): string {
	const ticks = marks.map(({ at, text }) => {
		const place = x(at);
		const half = text.length * 3.1;
		const anchor = place - half < left - 30 ? 'start' : place + half > right + 4 ? 'end' : 'middle';
		return `<line class="rule" x1="${round(place)}" x2="${round(place)}" y1="${bottom}" y2="${bottom + 4}"/><text x="${round(place)}" y="${bottom + 17}" text-anchor="${anchor}">${escapeText(text)}</text>`;
	});
	return `<line class="ground" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>${ticks.join('')}`;
}

export type Places = readonly { readonly x: number; readonly y: number }[];

/** A path that keeps each value until the next. */
const steps = (places: Places): string => places.map(({ x, y }, index) => (index === 0 ? `M${round(x)} ${round(y)}` : `H${round(x)}V${round(y)}`)).join('');

export const stepLine = (places: Places, tone: string): string => `<path class="line ${tone}" d="${steps(places)}"/>`;

/** What lies between two lines of the same xs. */
export function stepBand(upper: Places, lower: Places, tone: string): string {
	const back = lower.map(({ x, y }, index) => ({ x, y, before: lower[index - 1]?.y ?? y })).reverse();
	return `<path class="area ${tone}" d="${steps(upper)}${back.map(({ x, y, before }, index) => `${index === 0 ? `V${round(y)}` : ''}H${round(x)}V${round(before)}`).join('')}Z"/>`;
}

/** What lies under a line. */
export function stepArea(places: Places, ground: number, end: number, tone: string): string {
	const first = places[0];
	return first === undefined ? '' : `<path class="area ${tone}" d="M${round(first.x)} ${round(ground)}V${round(first.y)}${steps(places).slice(steps([first]).length)}H${round(end)}V${round(ground)}Z"/>`;
}

export interface Bar {
	readonly from: number;
	readonly to: number;
	readonly value: number;
	/** Shown where the pointer rests. */
	readonly title: string;
}

export function bars(x: Scale, y: Scale, list: readonly Bar[], tone: string): string {
	const ground = y(0);
	return list
		.filter(({ value }) => value > 0)
		.map(({ from, to, value, title }) => {
			const left = x(from);
			// A bar that is there is seen.
			const height = Math.max(1, ground - y(value));
			return `<rect class="bar ${tone}" x="${round(left + 0.5)}" y="${round(ground - height)}" width="${round(Math.max(0.5, x(to) - left - 1))}" height="${round(height)}"><title>${escapeText(title)}</title></rect>`;
		})
		.join('');
}

/** Vertical lines with words above, each in a row of its own where they would touch. */
export function verticalMarks({ left, right, top, bottom }: Panel, x: Scale, marks: readonly Mark[]): string {
	const ends: number[] = [];
	return [...marks]
		.sort((a, b) => a.at - b.at)
		.map(({ at, text }) => {
			const place = x(at);
			const width = text.length * 6.4;
			const turned = place + width > right;
			const start = turned ? Math.max(left, place - width) : place;
			let row = 0;
			while ((ends[row] ?? -1) > start - 6) row++;
			ends[row] = start + width;
			const y = top + 9 + row * 14;
			return `<line class="mark" x1="${round(place)}" x2="${round(place)}" y1="${round(y - 9)}" y2="${bottom}"/><text class="strong" x="${round(turned ? place - 4 : place + 4)}" y="${round(y)}" text-anchor="${turned ? 'end' : 'start'}">${escapeText(text)}</text>`;
		})
		.join('');
}

export type { Panel };
