import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBranchProfile } from '../../src/compiler/branch-profile.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'tickforge-branches-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tickforge = (...args: string[]): SpawnSyncReturns<string> => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder, maxBuffer: 2 ** 26 });

interface Site {
	readonly key: string;
	readonly kind: string;
	readonly line: number | null;
	readonly reached: number;
	readonly taken?: number;
}
interface Report {
	readonly tiers: {
		readonly tier: string;
		readonly messages: number;
		readonly counters: Record<string, number | null>;
		readonly notCounted: Record<string, string>;
		readonly modules: { readonly functions: { readonly name: string; readonly calls: number; readonly sites: Site[] }[]; readonly hints: { readonly text: string }[] }[];
	}[];
}

describe('tickforge inspect --branches', () => {
	beforeAll(() => {
		expect(tickforge('simulate', 'okx', '--messages', '1500', '--out', 'okx.capture').status).toBe(0);
	});

	it('prints the source with counts, of each tier that generates code, and keeps them', () => {
		const { status, stdout, stderr } = tickforge('inspect', 'okx', '--branches', 'okx.capture', '--save-branches', 'okx.branches');
		expect(stderr).toBe('');
		expect(status).toBe(0);
		expect(stdout).toMatch(/schema tier: 1,500 messages of okx\.capture\n/);
		expect(stdout).toMatch(/layout tier: 1,500 messages of okx\.capture\n/);
		expect(stdout).toMatch(/branch-misses: ([\d,]+, [\d.]+ a message|not offered: \S)/);
		expect(stdout).toMatch(/[\d,]+ branches, [\d.]+ a message, at [\d,]+ of [\d,]+ places/);
		expect(stdout).toMatch(/cold functions, never called: \d+ of \d+/);
		expect(stdout).toMatch(/ +1 +[\d,]+ +calls \| func "?fast/);
		expect(stdout).toMatch(/\d+ +[\d,]+ +\d+\.\d % \| +if .* \{/);
		expect(stdout).toMatch(/never reached/);
		expect(stdout).toMatch(/more functions \(--all\)/);
		expect(stdout).toMatch(/kept: okx\.branches/);
		expect(parseBranchProfile(readFileSync(join(folder, 'okx.branches'), 'utf8')).schema.name).toBe('okx');
		expect(stdout).not.toMatch(/NaN|undefined/);
	});

	it('gives a script all of it', () => {
		const { status, stdout } = tickforge('inspect', 'okx', '--branches', 'okx.capture', '--json', '--tier', 'schema');
		expect(status).toBe(0);
		const { tiers } = JSON.parse(stdout) as Report;
		expect(tiers.map(({ tier, messages }) => `${tier} ${messages}`)).toEqual(['schema 1500']);
		const functions = tiers[0]?.modules[0]?.functions ?? [];
		expect(functions.find(({ name }) => name === 'parse')?.calls).toBeGreaterThan(0);
		// Each message is a turn of the parser's loop, or nearly: it looks once more whether one is left.
		const sites = functions.find(({ name }) => name === 'parse')?.sites ?? [];
		const first = sites.find(({ kind }) => kind === 'branchIf');
		expect((first?.reached ?? 0) - (first?.taken ?? 0)).toBe(1500);
		for (const { sites: own } of functions) for (const { kind, line } of own) expect(line, kind).toBeGreaterThan(1);
		for (const name of ['branches', 'branch-misses']) expect(tiers[0]?.counters[name] === null).toBe(name in (tiers[0]?.notCounted ?? {}));
	});

	it('prints everything with --all, every line once', () => {
		const { stdout } = tickforge('inspect', 'okx', '--branches', 'okx.capture', '--tier', 'schema', '--all');
		expect(stdout).toMatch(/\| func initialize\(/);
		expect(stdout).toMatch(/ 0 +calls \| func/);
		expect(stdout).not.toMatch(/never reached/);
		expect(stdout).toMatch(/(never|always) taken in/);
	});

	it('follows what was kept, and so does run', () => {
		const summary = (...also: string[]): Record<string, unknown> => {
			const { status, stdout } = tickforge('run', 'okx', 'okx.capture', '--json', '--tier', 'schema', ...also);
			expect(status).toBe(0);
			const { messages, refused, variants, symbols } = JSON.parse(stdout);
			return { messages, refused, variants, symbols };
		};
		expect(summary('--branch-profile', 'okx.branches')).toEqual(summary());
		expect(tickforge('inspect', 'okx', '--branches', 'okx.capture', '--tier', 'schema', '--branch-profile', 'okx.branches').status).toBe(0);
		const other = tickforge('run', 'kraken', 'okx.capture', '--branch-profile', 'okx.branches');
		expect(other.status).toBe(2);
		expect(other.stderr).toMatch(/the branch profile is of "okx"/);
	});

	it('profiles are shown and merged', () => {
		expect(tickforge('profile', 'show', 'okx.branches').stdout).toMatch(/okx\.branches: okx v\d+, branches of \d+ functions that were called\n\n +function +calls +places\n/);
		expect(tickforge('profile', 'merge', 'okx.branches', 'okx.branches', '--out', 'both.branches').status).toBe(0);
		const calls = (file: string): number => parseBranchProfile(readFileSync(join(folder, file), 'utf8')).functions.find(({ name }) => name === 'parse')?.sites[0]?.counts[0] ?? 0;
		expect(calls('both.branches')).toBe(calls('okx.branches') * 2);
		expect(tickforge('run', 'okx', 'okx.capture', '--save-profile', 'okx.profile', '--quiet').status).toBe(0);
		expect(tickforge('profile', 'merge', 'okx.branches', 'okx.profile', '--out', 'x').stderr).toMatch(/each kind by itself/);
	});

	it('goes on where nothing was accepted', () => {
		writeFileSync(join(folder, 'refused.ndjson'), '{"no":"message"}\n');
		const { status, stdout } = tickforge('inspect', 'okx', '--branches', 'refused.ndjson');
		expect(status).toBe(0);
		expect(stdout).toMatch(/1 messages of refused\.ndjson, 1 of them refused/);
		expect(stdout).toMatch(/no layout was learned/);
	});

	it.each([
		[['inspect', 'okx', '--branches'], /of which file/],
		[['inspect', 'okx', '--branches', 'okx.capture', '--memory'], /--branches goes with/],
		[['inspect', 'okx', '--branches', 'okx.capture', '--tier', 'reference'], /generates no code/],
		[['inspect', 'okx', '--branches', 'okx.capture', '--tier', 'layout', '--save-branches', 'x'], /what the schema tier has counted/],
		[['inspect', 'okx', '--branches', 'missing.capture'], /no such file/],
		[['inspect', 'okx', '--branches', 'okx.capture', '--branch-profile', 'okx.capture'], /no branch profile/],
		[['inspect', 'okx', '--all'], /--all belongs to --branches/],
		[['inspect', 'okx', 'okx.capture'], /belongs to --memory or --branches/],
	] as const)('%j says what to do', (args, words) => {
		const { status, stderr } = tickforge(...args);
		expect(status).not.toBe(0);
		expect(stderr).toMatch(words);
		expect(stderr).not.toMatch(/ {4}at /);
	});
});
