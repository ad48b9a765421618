/** Figures and tables of a run. */
import type { ReportedError, RunReport } from './index.ts';
import { bytesText, count, durationText, escapeText, isoText, printable, shareText } from './text.ts';

export function figures({ totals }: RunReport): string {
	const parse = Math.max(totals.parseSeconds, 1e-9);
	const perMessage = totals.messages === 0 ? 0 : (totals.parseSeconds / totals.messages) * 1e9;
	const [rate, rateUnit] = split(totals.messages / parse >= 1e6 ? `${(totals.messages / parse / 1e6).toFixed(2)} M/s` : `${count(totals.messages / parse)} /s`);
	const [size, sizeUnit] = split(bytesText(totals.bytes / parse));
	const [memory, memoryUnit] = split(bytesText(totals.memory));
	const list: readonly (readonly [value: string, unit: string, label: string, tone?: string])[] = [
		[count(totals.messages), '', `messages, ${bytesText(totals.bytes)}`],
		[rate, rateUnit, 'parsed on one core'],
		[perMessage < 1000 ? perMessage.toFixed(1) : count(perMessage), 'ns', 'to parse a message'],
		[size, `${sizeUnit}/s`, 'of input parsed'],
		[count(totals.refused), totals.refused === 0 ? '' : shareText(totals.refused, totals.messages), 'refused', totals.refused === 0 ? '' : 'bad'],
		[memory, memoryUnit, 'parser’s memory'],
	];
	return `<div class="figures">${list.map(([value, unit, label, tone = '']) => `<div${tone === '' ? '' : ` class="${tone}"`}><b>${escapeText(value)}${unit === '' ? '' : ` <small>${escapeText(unit)}</small>`}</b><span>${escapeText(label)}</span></div>`).join('')}</div>`;
}

function split(text: string): readonly [string, string] {
	const at = text.indexOf(' ');
	return [text.slice(0, at), text.slice(at + 1)];
}

const bar = (part: number, whole: number): string => `<td class="share"><i style="width:${((part / Math.max(1, whole)) * 100).toFixed(1)}%"></i></td>`;

export function typeSection({ types, totals }: RunReport): string {
	const shown = types.filter(({ messages }) => messages > 0).sort((a, b) => b.messages - a.messages);
	if (shown.length === 0) return '';
	const most = shown[0]?.messages ?? 1;
	const rows = shown.map(({ name, role, messages }) => `<tr><td>${escapeText(name)}${role === 'control' ? ' <span class="soft">control</span>' : ''}</td>${bar(messages, most)}<td class="n">${count(messages)}</td><td class="n soft">${shareText(messages, totals.messages)}</td></tr>`);
	const unseen = types.filter(({ messages }) => messages === 0);
	const rest = unseen.length === 0 ? '' : `<p class="note" title="${escapeText(unseen.map(({ name }) => name).join(', '))}">${count(unseen.length)} other ${unseen.length === 1 ? 'type' : 'types'} did not occur.</p>`;
	return `<section><h2>Types</h2><p>accepted messages</p><table>${rows.join('')}</table>${rest}</section>`;
}

const SYMBOLS = 14;

export function symbolSection({ symbols }: RunReport): string {
	if (symbols.length === 0) return '';
	const sorted = [...symbols].sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1));
	const shown = sorted.slice(0, SYMBOLS);
	const all = symbols.reduce((sum, { rows }) => sum + rows, 0);
	const most = shown[0]?.rows ?? 1;
	const rows = shown.map(({ name, rows: number }) => `<tr><td>${escapeText(name === '' ? '(empty)' : name)}</td>${bar(number, most)}<td class="n">${count(number)}</td><td class="n soft">${shareText(number, all)}</td></tr>`);
	const rest = sorted.slice(SYMBOLS).reduce((sum, { rows: number }) => sum + number, 0);
	if (rest > 0) rows.push(`<tr><td class="soft">${count(sorted.length - SYMBOLS)} more</td>${bar(rest, Math.max(most, rest))}<td class="n">${count(rest)}</td><td class="n soft">${shareText(rest, all)}</td></tr>`);
	return `<section><h2>Symbols</h2><p>${count(symbols.length)}, by rows</p><table>${rows.join('')}</table></section>`;
}

/** Bytes before the fault that an example has. */
const BEFORE = 30;

function exampleText({ example }: ReportedError): string {
	if (example === null) return '';
	const { offset } = example;
	const text = printable(example.text);
	const at = Math.min(BEFORE, offset);
	// Where all is ASCII a character is a byte; else the fault's place in the text is not known.
	const known = /^[\x00-\x7f]*$/.test(example.text) && at <= text.length;
	const before = offset > BEFORE ? '<span class="soft">…</span>' : '';
	const marked = known ? `${escapeText(text.slice(0, at))}<mark>${at === text.length ? '<span class="soft">end</span>' : escapeText(text.slice(at, at + 1))}</mark>${escapeText(text.slice(at + 1))}` : escapeText(text);
	return `<code>${before}${marked}</code><br><span class="soft">message ${count(example.sequence)}, byte ${count(offset)}</span>`;
}

export function errorSection({ errors, quarantinedBytes, totals }: RunReport): string {
	if (errors.length === 0) return '';
	const rows = [...errors].sort((a, b) => b.messages - a.messages).map((error) => `<tr><td>${escapeText(error.category)}</td><td class="n">${count(error.messages)}</td><td>${exampleText(error)}</td></tr>`);
	return `<section><h2>Refused</h2><p>${count(totals.refused)} of ${count(totals.messages)} messages (${shareText(totals.refused, totals.messages)}), ${escapeText(bytesText(quarantinedBytes))} kept; the first of each category</p><div class="scroll"><table><tr><th>category</th><th class="n">messages</th><th>example</th></tr>${rows.join('')}</table></div></section>`;
}

export function machineSection(report: RunReport): string {
	const { totals } = report;
	const list: readonly (readonly [string, string])[] = [
		[report.inputs.length === 1 ? 'input' : 'inputs', report.inputs.join(', ')],
		...(report.preset === undefined ? [] : [['schema', report.preset] as const]),
		['tier', report.tier],
		['times', `${durationText(totals.parseSeconds)} in the parser, ${durationText(totals.seconds)} in all`],
		['machine', report.machine],
		['Node.js', report.node],
		['started', `${isoText(report.startedAt.getTime() / 1000)} UTC`],
	];
	return `<section><dl>${list.map(([name, value]) => `<dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd>`).join('')}</dl></section>`;
}
