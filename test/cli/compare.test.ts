import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArrow } from '../../src/columns/arrow/index.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const library = pathToFileURL(resolve(import.meta.dirname, '../../src/index.ts')).href;
const folder = mkdtempSync(join(tmpdir(), 'tickforge-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const tickforge = (...args: string[]): SpawnSyncReturns<string> => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder });

const SYMBOLS = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const line = (index: number): string => `{"s":"${SYMBOLS[index % 7]}","p":"${index}.${index === 1500 ? '255' : '25'}","q":${index}}`;

beforeAll(() => {
	const schema = (name: string, version: number, fields: string): void => writeFileSync(path(name), `import { decimal, integer, message, oneOf, symbol } from '${library}';\nexport default oneOf('trades', { version: ${version} }, message('trade', { symbol: symbol().key('s'), ${fields} }));\n`);
	schema('one.ts', 1, "price: decimal(2).rounding('truncate').key('p'), size: integer().key('q')");
	schema('two.ts', 2, "price: decimal(3).key('p'), amount: integer().key('q')");
	schema('same.ts', 2, "price: decimal(2).rounding('half-even').key('p'), size: integer().key('q')");
	writeFileSync(path('trades.ndjson'), Array.from({ length: 3000 }, (_, index) => `${line(index)}\n`).join(''));
	writeFileSync(path('more.ndjson'), Array.from({ length: 50 }, (_, index) => `${line(99 - index)}\n`).join(''));
});

describe('tickforge run --shadow', () => {
	it('says that tiers agree', () => {
		const { status, stdout, stderr } = tickforge('run', './one.ts', 'trades.ndjson', '--shadow', 'reference');
		expect(stderr).toBe('');
		expect(status).toBe(0);
		expect(stdout).toMatch(/shadow: compared with the reference tier/);
		expect(stdout).toMatch(/compared +3,000 messages/);
		expect(stdout).toMatch(/different +none/);
	});

	it('compares two profiles', () => {
		for (const [file, profile] of [
			['trades.ndjson', 'one.profile'],
			['more.ndjson', 'two.profile'],
		] as const)
			expect(tickforge('profile', 'learn', './one.ts', file, '--out', profile)).toMatchObject({ status: 0, stderr: '' });
		const { status, stdout } = tickforge('run', './one.ts', 'trades.ndjson', '--profile', 'one.profile', '--shadow', 'two.profile');
		expect(stdout).toMatch(/shadow: compared with the layout tier with two\.profile/);
		expect(stdout).toMatch(/compared +3,000 messages/);
		expect(stdout).toMatch(/different +none/);
		expect(status).toBe(0);
		expect(tickforge('run', './one.ts', 'trades.ndjson', '--rollout', 'two.profile', '--rollout-messages', '200').stdout).toMatch(/promoted: served/);
		expect(tickforge('run', './one.ts', 'trades.ndjson', '--shadow', 'none.profile')).toMatchObject({ status: 2, stderr: expect.stringMatching(/none\.profile cannot be read/) });
	});

	it('says what two versions of a schema differ in, and keeps it', () => {
		const { status, stdout } = tickforge('run', './one.ts', 'trades.ndjson', '--shadow', './two.ts', '--shadow-differences', 'differences.ndjson', '--out', 'trades.csv');
		expect(status).toBe(5);
		expect(stdout).toMatch(/different +1 messages, 1 differences/);
		expect(stdout).toMatch(/scale +trade\.price +scale 2, in the candidate 3; compared at scale 3/);
		expect(stdout).toMatch(/renamed +trade\.size +"amount" in the candidate/);
		expect(stdout).toMatch(/message 1,500 trade\.price: 1500\.25 \| 1500\.255\n.*"p":"1500\.255"/);
		const [kept, ...others] = readFileSync(path('differences.ndjson'), 'utf8').trim().split('\n');
		expect(others).toEqual([]);
		expect(JSON.parse(kept ?? '')).toEqual({ input: 0, kind: 'value', sequence: 1500, table: 'trade', column: 'price', items: [], primary: '1500.25', candidate: '1500.255', message: line(1500) });
		// The first parser's rows are the output.
		expect(readFileSync(path('trades.csv'), 'utf8').split('\n')[0]?.trim()).toBe('received,symbol,price,size');
	});

	it('compares a share, and reports to scripts', () => {
		const { status, stdout } = tickforge('run', './one.ts', 'trades.ndjson', 'more.ndjson', '--shadow', 'same.ts', '--shadow-share', '0.5', '--json');
		const { compared, messages } = JSON.parse(stdout);
		expect(messages).toBe(3050);
		expect(compared).toMatchObject({ mode: 'shadow', share: 0.5, structure: [], failures: 0 });
		expect(compared.messages).toBeGreaterThan(1000);
		expect(compared.messages).toBeLessThan(2100);
		expect(status).toBe(compared.differences > 0 ? 5 : 0);
	});
});

describe('tickforge run --rollout', () => {
	it('promotes, and writes each row once with the right names', () => {
		const { status, stdout } = tickforge('run', './one.ts', 'trades.ndjson', '--rollout', 'reference', '--rollout-messages', '800', '--rollout-steps', '0.3,1', '--out', 'rolled.arrow');
		expect(status).toBe(0);
		expect(stdout).toMatch(/promoted: served \d+ messages from the first parser, [\d,]+ from the second/);
		expect(stdout).toMatch(/from message [\d,]+: 100 %/);
		const rows = readArrow(readFileSync(path('rolled.arrow'))).batches.flatMap((batch) => batch.toRows()) as { symbol: string; size: bigint }[];
		expect(rows.map(({ size }) => Number(size))).toEqual(Array.from({ length: 3000 }, (_, index) => index));
		expect(rows.map(({ symbol }) => symbol)).toEqual(Array.from({ length: 3000 }, (_, index) => SYMBOLS[index % 7]));
	});

	it('rolls back at a difference and says why', () => {
		const { status, stdout } = tickforge('run', './one.ts', 'trades.ndjson', '--rollout', './same.ts', '--rollout-messages', '1000', '--out', 'back.csv');
		expect(status).toBe(5);
		expect(stdout).toMatch(/rolled back: served/);
		expect(stdout).toMatch(/rolled back before message 1,\d+: 1 of \d+ compared messages differ/);
		expect(stdout).toMatch(/message 1,500 trade\.price: 1500\.25 \| 1500\.26/);
		const prices = readFileSync(path('back.csv'), 'utf8')
			.trim()
			.split('\n')
			.slice(1)
			.map((row) => row.split(',')[2]);
		expect(prices).toEqual(Array.from({ length: 3000 }, (_, index) => `${index}.25`));
	});

	it('goes on where differences are allowed', () => {
		expect(tickforge('run', './one.ts', 'trades.ndjson', '--rollout', './two.ts', '--rollout-messages', '500', '--rollout-allow', '0.01').stdout).toMatch(/promoted: served/);
	});
});

describe('several inputs', () => {
	it('give one Arrow file with the right names', () => {
		expect(tickforge('run', './one.ts', 'trades.ndjson', 'more.ndjson', '--out', 'both.arrow').status).toBe(0);
		const rows = readArrow(readFileSync(path('both.arrow'))).batches.flatMap((batch) => batch.toRows()) as { symbol: string; size: bigint }[];
		expect(rows).toHaveLength(3050);
		for (const { symbol, size } of rows) expect(symbol).toBe(SYMBOLS[Number(size) % 7]);
	});
});

describe('misuse', () => {
	it.each([
		[['--shadow', 'fast'], /--shadow takes a tier \(.*schema.*\), a preset, a schema file or a profile \(FILE\.profile\), not "fast"/],
		[['--shadow', 'reference', '--rollout', 'reference'], /choose one of them/],
		[['--shadow-share', '0.1'], /add --shadow or --rollout with a tier/],
		[['--shadow', 'reference', '--rollout-steps', '1'], /--rollout-steps belongs to --rollout/],
		[['--rollout', 'reference', '--rollout-steps', '0.5,0.1'], /growing shares/],
		[['--rollout', './two.ts', '--out', 'x.csv'], /other tables than the schema, and --out cannot hold both/],
	])('%j says what to do', (args, said) => {
		const { status, stderr } = tickforge('run', './one.ts', 'trades.ndjson', ...args);
		expect(stderr).toMatch(said);
		expect(stderr).not.toMatch(/\n {4}at /);
		expect(status).toBe(1);
	});
});
