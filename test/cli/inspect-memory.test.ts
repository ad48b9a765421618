import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'tickforge-memory-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tickforge = (args: readonly string[], env: Record<string, string> = {}): SpawnSyncReturns<string> => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, ...env } });

describe('tickforge inspect --memory', () => {
	it('shows where a table’s writes go', () => {
		const { status, stdout, stderr } = tickforge(['inspect', 'binance-spot', '--memory', '--variant', 'aggTrade']);
		expect(stderr).toBe('');
		expect(status).toBe(0);
		expect(stdout).toMatch(/first-level data cache: \d+ sets of \d+ ways/);
		expect(stdout).toMatch(/data\.price +values +8 +\+81984 +\d+ +\d+ +8 +100\.0 % +\d/);
		expect(stdout).toMatch(/a row writes 60\.13 bytes in 9 lines/);
		expect(stdout).toMatch(/note {2}columns data\.eventTime, .* start at the same offset modulo \d+/);
		expect(stdout).toMatch(/symbols symbol: [\s\S]*no name was looked up yet/);
		expect(stdout).not.toMatch(/a message/);
	});

	it('does not find aliases where columns are set apart', () => {
		const { stdout } = tickforge(['inspect', 'binance-spot', '--memory', '--variant', 'aggTrade', '--stagger', '1']);
		expect(stdout).not.toMatch(/same offset modulo/);
	});

	it('counts while a file is parsed, and says what cannot be counted', () => {
		expect(tickforge(['simulate', 'okx', '--messages', '2000', '--out', 'okx.capture']).status).toBe(0);
		const { status, stdout, stderr } = tickforge(['inspect', 'okx', '--memory', 'okx.capture']);
		expect(stderr).toBe('');
		expect(status).toBe(0);
		expect(stdout).toMatch(/parsing okx\.capture: 2,000 messages in \d+ calls/);
		expect(stdout).toMatch(/(task-clock +[\d,]+ ns +[\d.,]+ ns a message|not offered)/);
		expect(stdout).toMatch(/names +8 of/);
		expect(stdout).toMatch(/every name is found|of the names are found/);
		const without = tickforge(['inspect', 'okx', '--memory', 'okx.capture'], { TICKFORGE_NO_NATIVE: '1' });
		expect(without.status).toBe(0);
		expect(without.stdout).toMatch(/task-clock, page-faults, context-switches\n +not offered: (TICKFORGE_NO_NATIVE=1|no native calls)/);
		expect(without.stdout).not.toMatch(/NaN/);
	});

	it('goes on where there is nothing to count', () => {
		writeFileSync(join(folder, 'refused.ndjson'), '{"no":"message"}\n');
		const { status, stdout } = tickforge(['inspect', 'okx', '--memory', 'refused.ndjson']);
		expect(status).toBe(0);
		expect(stdout).toMatch(/1 messages, 1 of them refused/);
	});

	it.each([
		[['inspect', 'okx', 'okx.capture'], /belongs to --memory/],
		[['inspect', 'okx', '--stagger', '1'], /--stagger belongs to --memory/],
		[['inspect', 'okx', '--memory', '--stagger', '64'], /from 0 to 63/],
		[['inspect', 'okx', '--memory', 'missing.capture'], /no such file/],
		[['inspect', 'okx', '--memory', '--variant', 'boook'], /has no variant "boook"/],
	] as const)('%j says what to do', (args, words) => {
		const { status, stderr } = tickforge(args);
		expect(status).not.toBe(0);
		expect(stderr).toMatch(words);
		expect(stderr).not.toMatch(/\n {4}at /);
	});
});
