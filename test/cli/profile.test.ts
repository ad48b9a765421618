import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { viewProfile } from '../../src/cli/profile-view.ts';
import type { LayoutProfile } from '../../src/compiler/layout-profile.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const library = pathToFileURL(resolve(import.meta.dirname, '../../src/index.ts')).href;
const folder = mkdtempSync(join(tmpdir(), 'tickforge-profile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tickforge = (...args: string[]): SpawnSyncReturns<string> => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder });

describe('a view of a profile', () => {
	const view = viewProfile({
		format: 'tickforge layout profile',
		version: 1,
		schema: { name: 'feed', version: 3, fingerprint: 'f' },
		messages: [
			{ variant: 'trade', text: '{"e":"trade","p":"10.5","id":12345678901234567890,"m":true}', met: 90 },
			{ variant: 'trade', text: '{"e":"trade","p":"100.5","id":7,"m":true}', met: 5 },
			{ variant: 'trade', text: '{"p":"1","e":"trade","m":null}', met: 5 },
			{ variant: 'book', text: '{"b":[["1.5","2"],["3","4.25"]],"t":["x",5]}', met: 1 },
		],
	} satisfies LayoutProfile);

	it('tells shapes by their values and their order, layouts by width', () => {
		expect(view.schema).toEqual({ name: 'feed', version: 3, fingerprint: 'f' });
		expect(view.variants[0]).toMatchObject({ variant: 'trade', layouts: 3, met: 100 });
		expect(view.variants[0]?.shapes).toEqual([
			{ fields: ['e', 'p', 'id', 'm'], layouts: 2, met: 95, example: '{"e":"trade","p":"##.#","id":####################,"m":true}' },
			{ fields: ['p', 'e', 'm'], layouts: 1, met: 5, example: '{"p":"#","e":"trade","m":null}' },
		]);
	});

	it('says which fields are there, how wide they are, and whether they vary', () => {
		expect(view.variants[0]?.fields).toEqual([
			{ path: 'e', present: 1, narrowest: 7, widest: 7, values: 1, isHot: false, constant: '"trade"' },
			{ path: 'p', present: 1, narrowest: 3, widest: 7, values: 3, isHot: true, constant: null },
			// As it is written: a number would be rounded.
			{ path: 'id', present: 0.95, narrowest: 1, widest: 20, values: 2, isHot: true, constant: null },
			{ path: 'm', present: 1, narrowest: 4, widest: 4, values: 2, isHot: true, constant: null },
		]);
		expect(view.variants[1]?.fields.map(({ path, values }) => [path, values])).toEqual([
			['b[].0', 2],
			['b[].1', 2],
			['t.0', 1],
			['t.1', 1],
		]);
	});
});

describe('tickforge profile', () => {
	beforeAll(() => {
		writeFileSync(join(folder, 'feed.ts'), `import { decimal, literal, message, oneOf, symbol } from '${library}';\nexport default oneOf('trades', { version: 4 }, message('trade', { type: literal('trade').key('e'), symbol: symbol().key('s'), price: decimal(2).key('p') }));\n`);
		const line = (index: number): string => `{"e":"trade","s":"${['A', 'BB', 'CCC'][index % 3]}","p":"${index}.${index % 10}"}\n`;
		writeFileSync(join(folder, 'monday.ndjson'), Array.from({ length: 3000 }, (_, index) => line(index)).join(''));
		writeFileSync(join(folder, 'tuesday.ndjson'), Array.from({ length: 300 }, (_, index) => line(index + 99_000)).join(''));
	});

	it('learns a file as a whole, and says what layouts take then, how large the code is, and how long it took', () => {
		const { status, stdout, stderr } = tickforge('profile', 'learn', './feed.ts', 'monday.ndjson', 'tuesday.ndjson', '--out', 'week.profile', '--json');
		expect(stderr).toBe('');
		expect(status).toBe(0);
		const { files, schema } = JSON.parse(stdout);
		expect(schema).toEqual({ name: 'trades', version: 4 });
		for (const [index, messages] of [3000, 300].entries()) {
			expect(files[index]).toMatchObject({ messages, unlearnable: 0 });
			expect(files[index].hitRate).toBeGreaterThan(0.97);
			expect(files[index].moduleBytes).toBeGreaterThan(1000);
			expect(files[index].compileMilliseconds).toBeGreaterThan(0);
			expect(files[index].learnMilliseconds).toBeGreaterThan(0);
		}
		expect(tickforge('profile', 'learn', './feed.ts', 'monday.ndjson').stdout).toMatch(/hit rate +shapes +code +learned in +compiled in.*\n +monday\.ndjson +3,000 +\d+\.\d %/);
	});

	it('shows shapes and fields', () => {
		const { status, stdout } = tickforge('profile', 'show', 'week.profile');
		expect(status).toBe(0);
		expect(stdout).toMatch(/week\.profile: trades v4, \d+ messages learned from/);
		expect(stdout).toMatch(/100\.0 % +\d+ layouts: e s p/);
		expect(stdout).toMatch(/e +100\.0 % +7 +always "trade"/);
		expect(stdout).toMatch(/p +100\.0 % +5–9 +hot: \d+ different/);
		expect(JSON.parse(tickforge('profile', 'show', 'week.profile', '--json').stdout)).toMatchObject({ schema: { name: 'trades', version: 4 }, variants: [{ variant: 'trade' }] });
	});

	it('is kept from a small run, too', () => {
		expect(tickforge('run', './feed.ts', 'tuesday.ndjson', '--save-profile', 'small.profile', '--quiet')).toMatchObject({ status: 0, stderr: '' });
		expect(tickforge('profile', 'show', 'small.profile').stdout).toMatch(/trades v4, [1-9]\d* messages/);
		const { layouts } = JSON.parse(tickforge('run', './feed.ts', 'monday.ndjson', '--profile', 'week.profile', '--json').stdout);
		expect(layouts).toMatchObject({ state: 'settled', modules: 1, stepsAside: 0, relearned: 0 });
		expect(layouts.taken).toBeGreaterThan(2900);
	});

	it.each([
		[['learn'], 1, /which preset/],
		[['learn', './feed.ts'], 1, /from which file/],
		[['show'], 1, /which profile\? tickforge profile learn/],
		[['forget', 'x'], 1, /no "profile forget"; learn, show or merge/],
		[['show', 'none.profile'], 2, /none\.profile cannot be read/],
	] as const)('%j says what to do', (args, status, said) => {
		const result = tickforge('profile', ...args);
		expect(result.stderr).toMatch(said);
		expect(result.stderr).not.toMatch(/\n {4}at /);
		expect(result.status).toBe(status);
	});
});
