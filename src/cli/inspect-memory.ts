/** `tickforge inspect --memory`: where a parser's writes and look-ups go, and what the processor counts while it parses. */

import { placementVerdicts, symbolVerdicts, type Verdict } from '../compiler/placement-verdicts.ts';
import type { Protocol } from '../compiler/protocol.ts';
import { placementOf, type SpacePlacement, type TablePlacement } from '../compiler/write-streams.ts';
import { type CacheGeometry, type COUNTER_NAMES, type Counters, openCounters, readCacheGeometry } from '../os/index.ts';
import { compile, type Parser } from '../pipeline/compile.ts';
import { parseFeed } from '../pipeline/feed.ts';
import { type SymbolTableOccupancy, symbolTableOccupancy } from '../symbols/index.ts';
import { openInput } from './run.ts';
import { bytesText, count, table } from './terminal.ts';

export interface InspectMemoryOptions {
	readonly protocol: Protocol;
	/** Only the table of this variant; the parser knows them all. */
	readonly variant: string | undefined;
	readonly rows: number | undefined;
	readonly stagger: number | undefined;
	/** A file to parse with counters. */
	readonly file: string | undefined;
	/** How the file is cut, where it is said. */
	readonly format: string | undefined;
}

/** The text of it. @throws UsageError, InputError where the file cannot be parsed */
export async function inspectMemory({ protocol, variant, rows, stagger, file, format }: InspectMemoryOptions): Promise<string> {
	const caches = readCacheGeometry();
	const layout = { ...(rows === undefined ? {} : { rows }), ...(stagger === undefined ? {} : { stagger }) };
	const counted = file === undefined ? null : await countParsing(protocol, file, format, layout);
	const parser = counted?.parser ?? compile(protocol, layout);
	const { batches, symbolTables } = parser.places();
	const parts = [cachesText(caches)];
	parser.layout.tables.forEach((one, index) => {
		if (variant !== undefined && one.name !== variant) return;
		const placement = placementOf(one, batches[index] as number, caches);
		parts.push(tableText(placement, caches), verdictsText(placementVerdicts(placement, caches)));
	});
	parser.layout.symbolTables.forEach(({ name }, index) => {
		const occupancy = symbolTableOccupancy(parser.arena.memory, symbolTables[index] as number, caches.line);
		parts.push(symbolsText(name, symbolTables[index] as number, occupancy), verdictsText(symbolVerdicts(occupancy, caches)));
	});
	if (counted !== null) parts.push(countedText(file as string, counted));
	parser.dispose();
	return parts.join('\n');
}

function cachesText({ line, sets, ways, level2, source }: CacheGeometry): string {
	return `first-level data cache: ${sets} sets of ${ways} ways of ${line} bytes, ${bytesText(sets * ways * line)}${level2 === null ? '' : `; second level ${bytesText(level2)}`} (${source === 'system' ? 'this machine' : 'assumed: the system does not say'})`;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const number = (value: number): string => String(Number(value.toFixed(2)));
/** Some counters are about one in a thousand messages. */
const perMessage = (value: number): string => (value >= 1000 ? count(value) : String(Number(value.toPrecision(3))));

function spaceTotals(space: SpacePlacement): string {
	return `${space.name === 'rows' ? 'a row' : `an item of ${space.name}`} writes ${number(space.bytesPerRow)} bytes in ${space.linesPerRow} lines; 64 of them ${space.linesPer64Rows} lines, ${percent(space.utilisation)} of their bytes`;
}

function tableText(placement: TablePlacement, { line, sets }: CacheGeometry): string {
	const rows = placement.spaces.flatMap(({ streams }) =>
		streams.map(({ column, part, bits, offset, phase, linesPer64Rows, utilisation, pages }) => [column, part, bits < 8 ? `${bits} bit` : `${bits / 8}`, `+${offset}`, String(phase), String(Math.floor(phase / line)), String(linesPer64Rows), percent(utilisation), String(pages)]),
	);
	return [`\n${placement.table}: a batch of ${bytesText(placement.bytes)} at ${placement.address}`, table([['column', 'part', 'bytes a row', 'offset', `mod ${sets * line}`, 'set', 'lines/64 rows', 'used', 'pages'], ...rows], [2, 3, 4, 5, 6, 7, 8]), ...placement.spaces.map((space) => `  ${spaceTotals(space)}`)].join(
		'\n',
	);
}

const WEIGHT: Readonly<Record<Verdict['weight'], string>> = { good: 'good', note: 'note', bad: 'BAD ' };
const verdictsText = (verdicts: readonly Verdict[]): string => verdicts.map(({ weight, text }) => `  ${WEIGHT[weight]}  ${text}`).join('\n');

function symbolsText(name: string, address: number, { names, capacity, slots, bytes, probes, headLines, linesPerLookup, workingLines }: SymbolTableOccupancy): string {
	const distribution = probes.flatMap((found, index) => (found === 0 ? [] : [`${index + 1}: ${count(found)}`])).slice(0, 8);
	return [
		`\nsymbols ${name}: ${bytesText(bytes)} at ${address}`,
		table([
			['names', `${count(names)} of ${count(capacity)}; ${count(slots)} slots, ${percent(names / slots)} taken`],
			['probes: names', distribution.length === 0 ? '–' : `${distribution.join('  ')}${probes.length > 8 ? ' …' : ''}`],
			['lines a lookup', `${number(linesPerLookup)} and ${headLines} of the head`],
			['lines of all lookups', count(workingLines)],
		]),
	].join('\n');
}

interface Counted {
	readonly parser: Parser;
	readonly calls: number;
	readonly messages: number;
	readonly refused: number;
	readonly totals: Float64Array;
	/** Least share of the time that each was on the hardware. */
	readonly shares: Float64Array;
	readonly counters: Counters['counters'];
}

async function countParsing(loaded: Protocol, file: string, format: string | undefined, layout: { rows?: number; stagger?: number }): Promise<Counted> {
	const { source, framing, protocol } = await openInput(file, format, loaded);
	const counters = openCounters();
	try {
		const states = counters.counters;
		const values = new Float64Array(states.length);
		const totals = new Float64Array(states.length);
		const shares = new Float64Array(states.length).fill(1);
		const empty = emptyCounts(counters);
		let parser: Parser | null = null;
		let calls = 0;
		await parseFeed(protocol, source, framing, {
			...layout,
			aroundParse: {
				before: (given) => {
					parser = given as Parser;
					counters.start();
				},
				after: () => {
					counters.stop();
					counters.read(values);
					calls++;
					for (let index = 0; index < values.length; index++) {
						totals[index] = (totals[index] as number) + (values[index] as number) - (empty[index] as number);
						shares[index] = Math.min(shares[index] as number, counters.share(index));
					}
				},
			},
		});
		const used = parser as Parser | null;
		const { messages = 0, refused = 0 } = used?.statistics() ?? {};
		// Without any message there was no call; the analysis goes on with a parser that is like it.
		return { parser: used ?? compile(protocol, layout), calls, messages, refused, totals, shares, counters: states };
	} finally {
		counters.close();
	}
}

/** What a start and a stop count by themselves: medians. */
function emptyCounts(counters: Counters): Float64Array {
	const width = counters.counters.length;
	const rounds = Array.from({ length: 101 }, () => {
		const values = new Float64Array(width);
		counters.start();
		counters.stop();
		counters.read(values);
		return values;
	});
	return Float64Array.from({ length: width }, (_, index) => rounds.map((values) => values[index] as number).sort((a, b) => a - b)[50] as number);
}

function countedText(file: string, { calls, messages, refused, totals, shares, counters }: Counted): string {
	const lines = [`\nparsing ${file}: ${count(messages)} messages${refused > 0 ? `, ${count(refused)} of them refused,` : ''} in ${count(calls)} calls, the first ones before the engine has optimised`];
	if (messages === 0) return `${lines[0]}: nothing to count`;
	const rows = counters.flatMap(({ name, offered }, index) => {
		if (!offered) return [];
		const total = totals[index] as number;
		if (Number.isNaN(total)) return [[name, 'never on the hardware', '', 'ask for fewer counters at once, or end other profilers']];
		const unit = name === 'task-clock' ? ' ns' : '';
		const share = shares[index] as number;
		return [[name, `${count(Math.max(0, total))}${unit}`, `${perMessage(Math.max(0, total) / messages)}${unit} a message`, share < 0.999 ? `estimated: counted ${percent(share)} of the time at least` : '']];
	});
	if (rows.length > 0) lines.push(table(rows, [1, 2]));
	const of = (name: (typeof COUNTER_NAMES)[number]): number => totals[counters.findIndex((counter) => counter.name === name)] as number;
	const perCycle = of('instructions') / of('cycles');
	if (Number.isFinite(perCycle)) lines.push(`  ${number(perCycle)} instructions a cycle`);
	for (const [detail, all] of Map.groupBy(
		counters.filter(({ offered }) => !offered),
		(counter) => counter.detail,
	))
		lines.push(`  ${all.map(({ name }) => name).join(', ')}\n      ${detail}`);
	return lines.join('\n');
}
