/** A case as lines of a terminal: time with its interval, speed, and a column of ratios for the bound, JSON.parse and each tier. */
import type { CandidateResult, CaseResult } from './results.ts';
import type { Estimate } from './statistics.ts';

export function tableOf({ name, unit, bytes, candidates, notes }: CaseResult): string {
	const compared = candidates.map(({ name }) => name).filter((other) => candidates.some(({ ratios }) => other in ratios));
	const head = ['', `ns/${unit}`, '', 'GB/s', ...compared.map((other) => `× ${other}`), 'odd rounds'];
	const rows = candidates.map((candidate) => [candidate.name, figure(candidate.time.median), interval(candidate.time), candidate.gigabytesPerSecond.toFixed(2), ...compared.map((other) => ratioText(candidate, other)), candidate.outliers === 0 ? '' : String(candidate.outliers)]);
	const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] as string).length)));
	const line = (row: readonly string[]): string => `  ${row.map((cell, column) => (column === 0 || column === 2 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number))).join('  ')}`.trimEnd();
	return [`${name} (${bytes.toFixed(0)} bytes)`, line(head), ...rows.map(line), ...notes.map((note) => `  ${note}`)].join('\n');
}

const ratioText = ({ ratios }: CandidateResult, other: string): string => {
	const ratio = ratios[other];
	return ratio === undefined ? '' : figure(ratio.median);
};

const interval = ({ low, high, count }: Estimate): string => (count < 2 ? '' : `[${figure(low)}, ${figure(high)}]`);

/** Three digits that matter. */
export function figure(value: number): string {
	if (!Number.isFinite(value)) return '–';
	const digits = Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.max(1e-3, Math.abs(value))))));
	return value.toFixed(digits);
}
