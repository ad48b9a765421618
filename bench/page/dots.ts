/** One case: each candidate a dot on a logarithmic axis with the interval of its median, figures beside it. */
import { decadeMarks } from '../../src/report/axis.ts';
import { svg } from '../../src/report/charts.ts';
import { escapeText } from '../../src/report/text.ts';
import type { CandidateResult, CaseResult } from '../results.ts';
import { figure } from '../table.ts';
import { TIERS } from '../tiers.ts';

const WIDTH = 490;
const NAMES = 168;
const PLOT = { left: 178, right: 352 } as const;
const TIMES = 418;
const ROW = 21;
const TOP = 24;

/** Nanoseconds from the fastest to the slowest candidate. */
export interface Range {
	readonly from: number;
	readonly to: number;
}

/** What all cases of a group share, so that they can be compared by eye. */
export function rangeOf(cases: readonly CaseResult[]): Range {
	const times = cases.flatMap(({ candidates }) => candidates.flatMap(({ time }) => [time.low, time.high])).filter((value) => value > 0 && Number.isFinite(value));
	return times.length === 0 ? { from: 1, to: 10 } : { from: Math.min(...times) * 0.8, to: Math.max(...times) * 1.25 };
}

/** Places of a logarithmic axis. */
export const logScale =
	({ from, to }: Range, start: number, end: number) =>
	(value: number): number =>
		start + (Math.log(Math.min(to, Math.max(from, value)) / from) / Math.log(to / from)) * (end - start);

export const toneOf = (name: string): string => (TIERS.some((tier) => name === tier || name.startsWith(`${tier},`)) || name.startsWith('kernel') ? 'first' : name === 'touch' || name === 'loop alone' ? 'third' : 'second');

/** What ratios in the chart are to: the first tier, or the kernel. */
export const comparedTo = ({ candidates }: CaseResult): string | null => [...TIERS, 'kernel'].find((name) => candidates.some((candidate) => candidate.name === name)) ?? null;

export function dotChart(result: CaseResult, range: Range): string {
	const x = logScale(range, PLOT.left, PLOT.right);
	const base = comparedTo(result);
	const bottom = TOP + result.candidates.length * ROW;
	const marks = decadeMarks(range.from, range.to, (value) => figure(value).replace(/\.0+$/, ''));
	const axis = marks.map(({ at, text }) => `<line class="rule" x1="${x(at).toFixed(1)}" x2="${x(at).toFixed(1)}" y1="${TOP - 6}" y2="${bottom - 4}"/><text x="${x(at).toFixed(1)}" y="${TOP - 11}" text-anchor="middle">${escapeText(text)}</text>`).join('');
	const heads = `<text x="${TIMES}" y="${TOP - 11}" text-anchor="end">ns</text>${base === null ? '' : `<text x="${WIDTH - 2}" y="${TOP - 11}" text-anchor="end">× ${escapeText(base)}</text>`}`;
	const rows = result.candidates.map((candidate, index) => row(candidate, TOP + index * ROW + 10, x, base)).join('');
	return svg(WIDTH, bottom, `${result.name}: nanoseconds a ${result.unit}`, axis + heads + rows);
}

function row({ name, time, ratios }: CandidateResult, y: number, x: (value: number) => number, base: string | null): string {
	const ratio = base === null || base === name ? undefined : ratios[base];
	const title = `${name}: ${figure(time.median)} ns, 95 % between ${figure(time.low)} and ${figure(time.high)}, of ${time.count} rounds`;
	return `<g class="${toneOf(name)}"><title>${escapeText(title)}</title><text class="strong" x="${NAMES}" y="${y + 4}" text-anchor="end">${escapeText(name)}</text><line x1="${x(time.low).toFixed(1)}" x2="${x(time.high).toFixed(1)}" y1="${y}" y2="${y}" stroke="currentColor" stroke-width="5" stroke-opacity=".35" stroke-linecap="round"/><circle cx="${x(time.median).toFixed(1)}" cy="${y}" r="4" fill="currentColor"/><text class="strong" x="${TIMES}" y="${y + 4}" text-anchor="end">${figure(time.median)}</text>${ratio === undefined ? '' : `<text x="${WIDTH - 2}" y="${y + 4}" text-anchor="end">${figure(ratio.median)}</text>`}</g>`;
}
