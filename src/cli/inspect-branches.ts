/** `tickforge inspect --branches`: what becomes of every branch of a generated parser on the messages of a file. */
import { writeFileSync } from 'node:fs';
import { type BranchProfile, createBranchProfile } from '../compiler/branch-profile.ts';
import { type BranchVerdict, branchVerdict, branchVerdicts, casesOf, reachedOf } from '../compiler/branch-verdicts.ts';
import type { Protocol, Tier } from '../compiler/protocol.ts';
import { type CounterState, openCounters } from '../os/index.ts';
import { type CountedModule, compile } from '../pipeline/compile.ts';
import { parseFeed } from '../pipeline/feed.ts';
import { type BranchCount, type PrintedFunction, printFunctions, takenOf } from '../wasm/index.ts';
import { openInput } from './run.ts';
import { count, table } from './terminal.ts';
import { UsageError } from './usage.ts';

export interface InspectBranchesOptions {
	readonly protocol: Protocol;
	readonly file: string;
	/** How it is cut, where that is said. */
	readonly format: string | undefined;
	/** Default: each that generates code. */
	readonly tier: Tier | undefined;
	readonly rows: number | undefined;
	/** Every function, not only the hottest. */
	readonly all: boolean;
	readonly json: boolean;
	/** Where to keep what the schema tier has counted. */
	readonly save: string | undefined;
	/** What was counted before, for the parser to follow. */
	readonly follow: BranchProfile | undefined;
}

interface CountedRun {
	readonly tier: Tier;
	readonly messages: number;
	readonly refused: number;
	readonly modules: readonly CountedModule[];
	readonly hardware: readonly { readonly state: CounterState; readonly total: number }[];
}

const HOTTEST = 4;
const MOST_HINTS = 12;
const HARDWARE = ['branches', 'branch-misses'] as const;

/** The text of it. @throws UsageError, InputError where the file cannot be parsed */
export async function inspectBranches(given: InspectBranchesOptions): Promise<string> {
	const { file, tier } = given;
	// What the messages are, the file may say.
	const { source, protocol } = await openInput(file, given.format, given.protocol);
	source.close();
	const options = { ...given, protocol };
	const { schema } = protocol;
	if (tier === 'reference') throw new UsageError('tickforge inspect: the reference tier generates no code, so it has no branches to count; --tier is schema or layout');
	if (tier === 'layout' && protocol.learner === undefined) throw new UsageError(`tickforge inspect: messages of ${schema.name} have no layout tier; leave --tier out, or make it schema`);
	const runs: CountedRun[] = [];
	for (const one of tier !== undefined ? [tier] : protocol.learner === undefined ? (['schema'] as const) : (['schema', 'layout'] as const)) runs.push(await countRun(options, one));
	const ofSchema = runs.find((run) => run.tier === 'schema');
	if (options.save !== undefined) {
		if (ofSchema === undefined) throw new UsageError('tickforge inspect: --save-branches keeps what the schema tier has counted; leave --tier out, or make it schema');
		saveBranches(
			options.save,
			createBranchProfile(
				schema,
				ofSchema.modules.flatMap(({ counts }) => counts),
			),
		);
	}
	if (options.json) return JSON.stringify({ schema: { name: schema.name, version: schema.version }, file, tiers: runs.map(runObject) });
	const parts = runs.flatMap((run) => runText(run, file, options.all));
	if (options.save !== undefined) parts.push(`\nkept: ${options.save}`);
	return parts.join('\n');
}

function saveBranches(path: string, profile: BranchProfile): void {
	writeFileSync(path, `${JSON.stringify(profile)}\n`);
}

async function countRun({ protocol, file, format, rows, follow }: InspectBranchesOptions, tier: Tier): Promise<CountedRun> {
	const { source, framing } = await openInput(file, format, protocol);
	const counters = openCounters(HARDWARE);
	try {
		const states = counters.counters;
		const values = new Float64Array(states.length);
		const totals = new Float64Array(states.length);
		let modules: readonly CountedModule[] = [];
		const { statistics } = await parseFeed(protocol, source, framing, {
			tier,
			...(rows === undefined ? {} : { rows }),
			...(follow === undefined ? {} : { branchProfile: follow }),
			countBranches: true,
			// All of the file is to be looked at, not to be parsed fast.
			tiering: { learnAfter: 0, learningShare: 1 },
			parser(compileOptions) {
				const parser = compile(protocol, compileOptions);
				return {
					...parser,
					dispose() {
						modules = parser.branches();
						parser.dispose();
					},
				};
			},
			aroundParse: {
				before: () => counters.start(),
				after() {
					counters.stop();
					counters.read(values);
					for (let index = 0; index < values.length; index++) totals[index] = (totals[index] as number) + (values[index] as number);
				},
			},
		});
		const { messages, refused } = statistics;
		return { tier, messages, refused, modules: tier === 'layout' ? modules.filter((module) => module.tier === 'layout') : modules, hardware: states.map((state, index) => ({ state, total: totals[index] as number })) };
	} finally {
		counters.close();
	}
}

interface CountedFunction {
	readonly printed: PrintedFunction;
	readonly calls: number;
	/** Branches reached, turns of loops, switches. */
	readonly heat: number;
	readonly sites: readonly BranchCount[];
}

function functionsOf({ bytes, counts }: CountedModule): CountedFunction[] {
	const byName = Map.groupBy(counts, (site) => site.function);
	return printFunctions(bytes).map((printed) => {
		const sites = byName.get(printed.name) ?? [];
		return { printed, sites, calls: sites.find(({ kind }) => kind === 'call')?.counts[0] ?? 0, heat: sites.reduce((sum, site) => sum + (site.kind === 'call' || site.kind === 'count' ? 0 : reachedOf(site)), 0) };
	});
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const isBranch = ({ kind }: BranchCount): boolean => kind === 'if' || kind === 'branchIf';

function runText(run: CountedRun, file: string, all: boolean): string[] {
	const parts = [`\n${run.tier} tier: ${count(run.messages)} messages of ${file}${run.refused > 0 ? `, ${count(run.refused)} of them refused` : ''}`];
	parts.push(...hardwareText(run));
	if (run.modules.length === 0) parts.push(run.tier === 'layout' ? '  no layout was learned, so the schema tier’s code parsed' : '  nothing was counted');
	run.modules.forEach((module, index) => {
		if (run.modules.length > 1) parts.push(`\nmodule ${index + 1} of ${run.modules.length} that parsed, one after the other`);
		parts.push(...moduleText(module, run.messages, all));
	});
	return parts;
}

function hardwareText({ hardware, messages }: CountedRun): string[] {
	return hardware.map(({ state, total }) => {
		if (!state.offered) return `  ${state.name}: ${state.detail}`;
		if (Number.isNaN(total)) return `  ${state.name}: never on the hardware; end other profilers`;
		return `  ${state.name}: ${count(total)}, ${(total / Math.max(1, messages)).toFixed(2)} a message (in user space; counting adds no branches)`;
	});
}

function moduleText(module: CountedModule, messages: number, all: boolean): string[] {
	const functions = functionsOf(module);
	const { counts } = module;
	const branches = counts.filter(isBranch);
	const reached = branches.filter((site) => reachedOf(site) > 0);
	const total = reached.reduce((sum, site) => sum + reachedOf(site), 0);
	const heat = functions.reduce((sum, one) => sum + one.heat, 0);
	const cold = functions.filter(({ calls, sites }) => calls === 0 && sites.length > 0);
	const parts = [`  ${count(total)} branches, ${(total / Math.max(1, messages)).toFixed(1)} a message, at ${count(reached.length)} of ${count(branches.length)} places`];
	parts.push(`  cold functions, never called: ${cold.length} of ${functions.length}${cold.length > 0 && cold.length <= 8 ? ` (${cold.map(({ printed }) => printed.name).join(', ')})` : ''}`);
	const hottest = functions.toSorted((a, b) => b.heat - a.heat).filter((one) => one.heat > 0);
	const listed = all ? hottest : hottest.slice(0, 12);
	parts.push('', table([['function', 'calls', 'branches and turns', 'share'], ...listed.map(({ printed, calls, heat: own }) => [printed.name, count(calls), count(own), percent(own / Math.max(1, heat))])], [1, 2, 3]));
	const verdicts = branchVerdicts(counts).filter(({ text }) => all || !/^(never|always) taken/.test(text));
	const lines = new Map(functions.flatMap(({ printed }) => printed.lines.flatMap(({ site }, at) => (site < 0 ? [] : [[`${printed.name} ${counts[site]?.key}`, at + 2] as const]))));
	if (verdicts.length > 0) {
		parts.push('\nhints');
		for (const verdict of all ? verdicts : verdicts.slice(0, MOST_HINTS)) parts.push(`  ${verdict.weight === 'bad' ? 'BAD ' : 'note'}  ${placeText(verdict, lines)}: ${verdict.text}`);
		if (!all && verdicts.length > MOST_HINTS) parts.push(`        … ${verdicts.length - MOST_HINTS} more (--all)`);
	}
	for (const one of all ? functions : hottest.slice(0, HOTTEST)) parts.push('', ...sourceText(one, counts, all));
	if (!all && functions.length > HOTTEST) parts.push(`\n… ${functions.length - Math.min(HOTTEST, hottest.length)} more functions (--all)`);
	return parts;
}

const placeText = ({ function: name, key }: BranchVerdict, lines: ReadonlyMap<string, number>): string => (key === null ? name : `${name}, line ${lines.get(`${name} ${key}`)}`);

/** Widths of the columns before the source: line, how often, and what became of it. */
const LINE = 5;
const TIMES = 13;
const OUTCOME = 9;
const DECLARATION = /^ {2}\S+: (?:[if](?:32|64)|v128)$/;

/** Without `all`: no declarations, and nothing of what was never reached. */
function sourceText({ printed, calls }: CountedFunction, counts: readonly BranchCount[], all: boolean): string[] {
	const gutter = (line: number, times: string, outcome: string): string => `${String(line).padStart(LINE)}${times.padStart(TIMES)}${outcome.padStart(OUTCOME)} | `;
	const out = [`${gutter(1, count(calls), 'calls')}${printed.head}`];
	const { lines } = printed;
	for (let at = 0; at < lines.length; at++) {
		const { text, site } = lines[at] as PrintedFunction['lines'][number];
		const counted = site < 0 ? undefined : counts[site];
		if (!all && counted === undefined && DECLARATION.test(text)) continue;
		out.push(counted === undefined ? `${gutter(at + 2, '', '')}${text}` : `${gutter(at + 2, count(timesOf(counted)), outcomeText(counted))}${text}${remark(counted)}`);
		const branch = counted?.kind === 'if' ? takenOf(counted) : null;
		if (all || branch === null || branch.taken > 0) continue;
		// The condition may take several lines; its last one opens the block.
		while (at < lines.length - 1 && !/\{(?: ;; .*)?$/.test(lines[at]?.text ?? '')) out.push(`${gutter(++at + 2, '', '')}${lines[at]?.text}`);
		const depth = indentOf(text);
		const first = at + 1;
		while (at < lines.length - 1 && indentOf(lines[at + 1]?.text ?? '') > depth) at++;
		if (at >= first) out.push(`${gutter(first + 2, '', '')}${' '.repeat(depth + 2)}… ${at - first + 1} ${at === first ? 'line' : 'lines'} never reached`);
	}
	return out;
}

const indentOf = (text: string): number => text.length - text.trimStart().length;

/** How often control came here; to a loop from outside. */
const timesOf = (site: BranchCount): number => (site.kind === 'loop' ? (site.counts[0] ?? 0) : reachedOf(site));

function outcomeText(site: BranchCount): string {
	const branch = takenOf(site);
	if (branch !== null) return branch.reached === 0 ? '' : percent(branch.taken / branch.reached);
	const [entered = 0, turns = 0] = site.counts;
	return site.kind === 'loop' && entered > 0 ? `×${(turns / entered).toFixed(1)}` : '';
}

function remark(site: BranchCount): string {
	if (site.kind === 'switch') {
		const cases = casesOf(site);
		if (cases.length === 0) return '';
		return `   ← ${cases
			.slice(0, 6)
			.map(({ name, share }) => `${name} ${percent(share)}`)
			.join(', ')}${cases.length > 6 ? ', …' : ''}`;
	}
	const verdict = branchVerdict(site);
	return verdict === null ? '' : `   ← ${verdict.text}`;
}

/** For scripts: what the text says, of every function. */
function runObject({ tier, messages, refused, modules, hardware }: CountedRun): object {
	return {
		tier,
		messages,
		refused,
		counters: Object.fromEntries(hardware.map(({ state, total }) => [state.name, state.offered && !Number.isNaN(total) ? total : null])),
		notCounted: Object.fromEntries(hardware.filter(({ state }) => !state.offered).map(({ state }) => [state.name, state.detail])),
		modules: modules.map((module) => ({
			tier: module.tier,
			functions: functionsOf(module).map(({ printed, calls, heat, sites }) => ({
				name: printed.name,
				calls,
				heat,
				sites: sites.flatMap((site) => {
					const line = printed.lines.findIndex((one) => one.site >= 0 && module.counts[one.site] === site);
					if (site.kind === 'call') return [];
					const branch = takenOf(site);
					return [
						{
							key: site.key,
							kind: site.kind,
							line: line < 0 ? null : line + 2,
							likely: site.likely,
							reached: timesOf(site),
							...(branch === null ? {} : { taken: branch.taken }),
							...(site.kind === 'loop' ? { turns: site.counts[1] } : {}),
							...(site.kind === 'switch' ? { cases: casesOf(site).map(({ name, times }) => ({ name, times })) } : {}),
						},
					];
				}),
			})),
			hints: branchVerdicts(module.counts),
		})),
	};
}
