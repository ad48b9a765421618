/** Results as one HTML page: no scripts, nothing loaded, light and dark. */
import { STYLE } from '../../src/report/style.ts';
import { bytesText, escapeText } from '../../src/report/text.ts';
import { type CaseResult, GROUPS, type Group, type Results } from '../results.ts';
import type { Estimate } from '../statistics.ts';
import { figure } from '../table.ts';
import { dotChart, rangeOf } from './dots.ts';
import { lineChart, workingSetsOf } from './lines.ts';

const TITLES: Readonly<Record<Group, readonly [string, string]>> = {
	parsers: ['Message types', 'Nanoseconds a message, less is better. The bar around a dot is the interval that holds the median with 95 %.'],
	captures: ['Recorded sessions', 'Whole feeds of real venues, all message types mixed, through their presets.'],
	kernels: ['Kernels', 'What parsers are made of, against plain TypeScript.'],
	'end-to-end': ['File to Arrow', 'Reading, framing, parsing and writing.'],
};

const MORE_STYLE = 'details{margin-top:10px;font-size:13px}summary{color:var(--soft);cursor:pointer}details table{font-size:12.5px;margin-top:6px}h2.group{font-size:19px;margin:34px 0 2px}ul.notes{color:var(--soft);font-size:13px;padding-left:18px;margin:8px 0 0}.pair.cases{align-items:start}';

export function renderPage({ machine, options, cases, heap, skipped }: Results): string {
	const groups = GROUPS.map((group) =>
		groupSection(
			group,
			cases.filter((result) => result.group === group),
		),
	);
	const facts: readonly (readonly [string, string])[] = [
		['Processor', `${machine.processor}, ${machine.processors} processors`],
		['Caches', machine.caches.map((bytes, level) => `L${level + 1} ${bytes === null ? 'unknown' : bytesText(bytes)}`).join(', ')],
		['System', `${machine.system}, ${bytesText(machine.memory)}`],
		['Node.js', `${machine.node}, V8 ${machine.v8}`],
		['Commit', `${machine.commit ?? 'unknown'}${machine.changed ? ', with changes' : ''}`],
		['Load before', machine.load.toFixed(2)],
		['Options', options.length === 0 ? 'none' : options.join(' ')],
	];
	return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>tickforge bench</title><style>${STYLE}${MORE_STYLE}</style></head><body><main>
<header><h1>tickforge bench</h1><p>${escapeText(machine.date.slice(0, 16).replace('T', ' '))} UTC. All candidates of a case ran in turn, round after round; ratios are medians over rounds.</p></header>
<section><h2>Machine</h2><dl>${facts.map(([name, value]) => `<dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd>`).join('')}</dl></section>
${groups.join('\n')}
${heap.length === 0 ? '' : `<section><h2>JavaScript heap in the steady state</h2><table><tr><th>type</th><th class="n">bytes a message</th><th class="n">collections</th><th class="n">messages</th></tr>${heap.map(({ type, bytesPerMessage, collections, messages }) => `<tr><td>${escapeText(type)}</td><td class="n">${bytesPerMessage.toFixed(4)}</td><td class="n">${collections}</td><td class="n">${messages.toLocaleString('en-US')}</td></tr>`).join('')}</table></section>`}
${skipped.length === 0 ? '' : `<section><h2>Left out</h2><ul class="notes">${skipped.map((why) => `<li>${escapeText(why)}</li>`).join('')}</ul></section>`}
</main></body></html>
`;
}

function groupSection(group: Group, cases: readonly CaseResult[]): string {
	if (cases.length === 0) return '';
	const [title, about] = TITLES[group];
	const range = rangeOf(cases);
	const sets = workingSetsOf(cases).map((set) => `<section><h2>${escapeText(set.title)}</h2><p>Nanoseconds a message by bytes gone through again and again.</p>${lineChart(set)}</section>`);
	const sections = cases.map((result) => `<section><h2>${escapeText(result.name)}</h2><p>${figure(result.bytes)} bytes a ${escapeText(result.unit)}</p>${dotChart(result, range)}${details(result)}</section>`);
	return `<h2 class="group">${escapeText(title)}</h2><p>${escapeText(about)}</p><div class="pair cases">${[...sets, ...sections].join('')}</div>`;
}

function details({ candidates, notes, unit }: CaseResult): string {
	const others = candidates.map(({ name }) => name).filter((other) => candidates.some(({ ratios }) => other in ratios));
	const cell = (ratio: Estimate | undefined): string => `<td class="n"${ratio === undefined ? '' : ` title="${figure(ratio.low)} to ${figure(ratio.high)}"`}>${ratio === undefined ? '' : figure(ratio.median)}</td>`;
	const rows = candidates.map(
		({ name, time, gigabytesPerSecond, ratios, outliers }) =>
			`<tr><td>${escapeText(name)}</td><td class="n">${figure(time.median)}</td><td class="n soft">${figure(time.low)} – ${figure(time.high)}</td><td class="n">${figure(gigabytesPerSecond)}</td>${others.map((other) => cell(ratios[other])).join('')}<td class="n">${outliers}/${time.count}</td></tr>`,
	);
	return `<details><summary>All figures</summary><div class="scroll"><table><tr><th></th><th class="n">ns/${escapeText(unit)}</th><th class="n">95 %</th><th class="n">GB/s</th>${others.map((other) => `<th class="n">× ${escapeText(other)}</th>`).join('')}<th class="n">odd</th></tr>${rows.join('')}</table></div>${notes.length === 0 ? '' : `<ul class="notes">${notes.map((note) => `<li>${escapeText(note)}</li>`).join('')}</ul>`}</details>`;
}
