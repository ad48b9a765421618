/** How time depends on the bytes that are gone through: one line a candidate, for cases that differ in nothing else. */
import { decadeMarks } from '../../src/report/axis.ts';
import { svg } from '../../src/report/charts.ts';
import { escapeText } from '../../src/report/text.ts';
import { bytesName } from '../options.ts';
import type { CaseResult } from '../results.ts';
import { figure } from '../table.ts';
import { logScale, rangeOf, toneOf } from './dots.ts';

const WIDTH = 490;
const HEIGHT = 250;
const PANEL = { left: 46, right: 352, top: 12, bottom: 222 } as const;
/** Slow candidates do not feel the cache and would press the others flat. */
const WITHIN = 30;

export interface WorkingSets {
	/** What the cases have in common. */
	readonly title: string;
	readonly cases: readonly CaseResult[];
}

/** Groups of at least two cases that differ in their working set alone. */
export function workingSetsOf(cases: readonly CaseResult[]): WorkingSets[] {
	const groups = new Map<string, CaseResult[]>();
	for (const result of cases) {
		const { workingSet, ...others } = result.parameters;
		if (typeof workingSet !== 'number') continue;
		const { type, mix, symbols, cache } = others;
		const title = `${type}, ${mix}, ${symbols} symbols, ${cache}`;
		groups.set(title, [...(groups.get(title) ?? []), result]);
	}
	return [...groups].filter(([, list]) => list.length > 1).map(([title, list]) => ({ title, cases: list.sort((a, b) => setOf(a) - setOf(b)) }));
}

const setOf = ({ parameters }: CaseResult): number => Number(parameters['workingSet']);
/** The size as it was asked for: a window holds whole messages and is a little smaller. */
const label = (bytes: number): string => bytesName(2 ** Math.round(Math.log2(bytes)));

export function lineChart({ title, cases }: WorkingSets): string {
	const names = [...new Set(cases.flatMap(({ candidates }) => candidates.map(({ name }) => name)))];
	const timeOf = (result: CaseResult, name: string): number | undefined => result.candidates.find((candidate) => candidate.name === name)?.time.median;
	const fastest = Math.min(...cases.flatMap(({ candidates }) => candidates.filter(({ name }) => toneOf(name) === 'first').map(({ time }) => time.median)));
	const shown = names.filter((name) => cases.every((result) => (timeOf(result, name) ?? 0) <= fastest * WITHIN));
	const range = rangeOf(cases.map((result) => ({ ...result, candidates: result.candidates.filter(({ name }) => shown.includes(name)) })));
	const x = logScale({ from: setOf(cases[0] as CaseResult), to: setOf(cases.at(-1) as CaseResult) }, PANEL.left + 10, PANEL.right - 10);
	const y = logScale(range, PANEL.bottom, PANEL.top);
	const grid = decadeMarks(range.from, range.to, (value) => figure(value).replace(/\.0+$/, ''))
		.map(({ at, text }) => `<line class="rule" x1="${PANEL.left}" x2="${PANEL.right}" y1="${y(at).toFixed(1)}" y2="${y(at).toFixed(1)}"/><text x="${PANEL.left - 8}" y="${(y(at) + 4).toFixed(1)}" text-anchor="end">${escapeText(text)}</text>`)
		.join('');
	const sets = cases.map((result) => `<text x="${x(setOf(result)).toFixed(1)}" y="${PANEL.bottom + 18}" text-anchor="middle">${escapeText(label(setOf(result)))}</text>`).join('');
	const ends = spread(shown.map((name) => ({ name, y: y(timeOf(cases.at(-1) as CaseResult, name) as number) })));
	const drawn = shown
		.map((name) => {
			const places = cases.map((result) => `${x(setOf(result)).toFixed(1)} ${y(timeOf(result, name) as number).toFixed(1)}`);
			return `<g class="${toneOf(name)}"><path class="line" d="M${places.join('L')}"/>${places.map((place) => `<circle cx="${place.split(' ')[0]}" cy="${place.split(' ')[1]}" r="3" fill="currentColor"/>`).join('')}<text class="strong" x="${PANEL.right + 6}" y="${((ends.get(name) as number) + 4).toFixed(1)}">${escapeText(name)}</text></g>`;
		})
		.join('');
	return svg(WIDTH, HEIGHT, `${title}: nanoseconds a message by working set`, grid + sets + drawn);
}

/** Labels pushed apart until none covers another. */
function spread(labels: readonly { readonly name: string; readonly y: number }[]): Map<string, number> {
	const placed = new Map<string, number>();
	let least = Number.NEGATIVE_INFINITY;
	for (const { name, y } of [...labels].sort((a, b) => a.y - b.y)) {
		least = Math.max(y, least + 14);
		placed.set(name, least);
	}
	return placed;
}
