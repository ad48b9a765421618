/**
 * `node bench/branches.ts [preset…]`: whether it helps a schema-tier parser to follow a profile of its branches.
 *
 * The profile is counted on the first half of a recorded session, and the second half is measured (`--same` counts and
 * measures all of it, which favours the profile). In each round every candidate parses the same messages, in an order
 * that turns; what counts is the ratio to `plain` in the same round. `plain again` is a second parser like the first:
 * what it differs by is noise. `counting` is what counting itself costs. Times are the process’s processor time, as other
 * programs on the machine would drown differences of a few percent.
 *
 * Hints do nothing unless the engine heeds them: Node.js 24 does with --experimental-wasm-branch-hinting. So each
 * capture is measured in a process without and in one with that flag (`--order` and `--hints` leave the other out).
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BranchProfile, compile, createArena, createBranchProfile, DESCRIPTOR, exchanges, json, type Parser, type Schema } from '../src/index.ts';
import { CAPTURES, messagesOf } from './captures.ts';
import { goThrough, layInput } from './input.ts';
import { measure } from './measure.ts';
import { estimateMedian } from './statistics.ts';

const FLAG = '--experimental-wasm-branch-hinting';
const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { rounds: { type: 'string', default: '41' }, messages: { type: 'string', default: '40000' }, same: { type: 'boolean', default: false }, order: { type: 'boolean', default: false }, hints: { type: 'boolean', default: false }, task: { type: 'string' } },
});

/** Microseconds of processor time of this process: what other programs take is not in it. (That of a thread is only brought up to date with each tick of the clock.) */
function used(): number {
	const { user, system } = process.cpuUsage();
	return user + system;
}

/** Only the counts that order follows, or only those that hints follow. */
function part(profile: BranchProfile, named: boolean): BranchProfile {
	return { ...profile, functions: profile.functions.map(({ name, sites }) => ({ name, sites: sites.filter(({ key }) => key.startsWith("'") === named) })) };
}

async function measureCapture(name: string): Promise<void> {
	const { schema } = exchanges[name as keyof typeof exchanges] as { schema: Schema };
	const { messages: encoded } = messagesOf(join(CAPTURES, `${name}.capture`));
	const half = Math.ceil(encoded.length / 2);
	const counter = compile(json(schema), { tier: 'schema', countBranches: true });
	for (const message of values.same ? encoded : encoded.slice(0, half)) counter.parse(message);
	const profile = createBranchProfile(
		schema,
		counter.branches().flatMap(({ counts }) => counts),
	);
	counter.dispose();
	const measured = values.same ? encoded : encoded.slice(half);
	const arena = createArena({ ceiling: 2 ** 31 });
	const input = layInput(arena, measured);
	const many = Number(values.messages);
	const options = { tier: 'schema', arena, rows: 1024, items: 65536 } as const;
	const parsers: [string, Parser<Schema>][] = [
		['plain', compile(json(schema), options)],
		['plain again', compile(json(schema), options)],
		['profile', compile(json(schema), { ...options, branchProfile: profile })],
		['profile again', compile(json(schema), { ...options, branchProfile: profile })],
		['its order only', compile(json(schema), { ...options, branchProfile: part(profile, true) })],
		['its hints only', compile(json(schema), { ...options, branchProfile: part(profile, false) })],
		['counting', compile(json(schema), { ...options, countBranches: true })],
	];
	const results = await measure(
		parsers.map(([candidate, parser]) => ({
			name: candidate,
			run() {
				const start = used();
				goThrough(input.entries, many, (first, count) => parser.parseMany(input.table + first * DESCRIPTOR.size, count));
				parser.flush();
				return ((used() - start) * 1000) / many;
			},
		})),
		{ rounds: Number(values.rounds), warmUp: 5 },
	);
	// Else a figure would be worth nothing.
	const [, plain] = parsers[0] as [string, Parser<Schema>];
	const outcome = ({ messages: _, ...rest }: ReturnType<Parser['statistics']>): string => JSON.stringify(rest);
	for (const [candidate, parser] of parsers) if (outcome(parser.statistics()) !== outcome(plain.statistics())) throw new Error(`tickforge bench: ${candidate} does not accept what plain accepts`);
	const base = results[0]?.times as readonly number[];
	console.log(`${name}, ${process.execArgv.includes(FLAG) ? 'branch hints heeded' : 'branch hints ignored'}: ${measured.length} messages of ${Math.round(input.bytes / measured.length)} bytes, plain ${results[0]?.time.median.toFixed(1)} ns a message; ratio to plain of the same round: median [95 %]`);
	for (const { name: candidate, times } of results.slice(1)) {
		const { median, low, high } = estimateMedian((times as readonly number[]).map((time, round) => time / (base[round] as number)));
		console.log(`  ${candidate.padEnd(15)} ${median.toFixed(3)}  [${low.toFixed(3)}, ${high.toFixed(3)}]`);
	}
}

if (values.task !== undefined) {
	await measureCapture(values.task);
	process.exit(0);
}
console.log(`tickforge bench, branch profiles: ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}, V8 ${process.versions.v8}, ${values.rounds} rounds`);
for (const name of positionals.length > 0 ? positionals : ['kraken', 'deribit', 'binance-futures']) {
	if (!(name in exchanges) || !existsSync(join(CAPTURES, `${name}.capture`))) {
		console.log(`${name}: skipped: there is no preset or capture of this name (TICKFORGE_CAPTURES names the folder)`);
		continue;
	}
	for (const flags of values.order ? [[]] : values.hints ? [[FLAG]] : [[], [FLAG]]) {
		console.log('');
		process.stdout.write(execFileSync(process.execPath, [...flags, import.meta.filename, '--task', name, '--rounds', values.rounds, '--messages', values.messages, ...(values.same ? ['--same'] : [])], { encoding: 'utf8', maxBuffer: 2 ** 24 }));
	}
}
