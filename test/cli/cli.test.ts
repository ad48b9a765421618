import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArrow } from '../../src/columns/arrow/index.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'tickforge-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const tickforge = (args: readonly string[], input?: string | Uint8Array): SpawnSyncReturns<string> => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder, ...(input === undefined ? {} : { input: input as string }) });
const json = (args: readonly string[], input?: string | Uint8Array): Record<string, never> => JSON.parse(tickforge([...args, '--json'], input).stdout);

beforeAll(() => {
	for (const [file, venue, more] of [
		['okx.capture', 'okx', []],
		['futures.capture', 'binance-futures', ['--faults', '0.02']],
		['coinbase.ndjson', 'coinbase', ['--format', 'ndjson']],
		['kraken.capture.zst', 'kraken', []],
		['kraken.capture.lz4', 'kraken', []],
		['kraken.ndjson.sz', 'kraken', ['--format', 'ndjson']],
		['kraken.bin', 'kraken', ['--format', 'length-32-little']],
	] as const) {
		const { status, stderr } = tickforge(['simulate', venue, '--messages', '3000', '--out', path(file), ...more]);
		expect(stderr).toBe('');
		expect(status).toBe(0);
	}
});

describe('tickforge run', () => {
	it('says what was in a capture', () => {
		const { status, stdout, stderr } = tickforge(['run', 'okx', 'okx.capture']);
		expect(stderr).toBe('');
		expect(status).toBe(0);
		expect(stdout).toMatch(/messages +3,000 {2}\(3,000 accepted, 0 refused\)/);
		expect(stdout).toMatch(/book +2,/);
		expect(stdout).toMatch(/BTC-USDT/);
	});

	it('gives the same for every way in', () => {
		const ndjson = readFileSync(path('coinbase.ndjson'));
		writeFileSync(path('coinbase.ndjson.gz'), gzipSync(ndjson));
		const expected = json(['run', 'coinbase', 'coinbase.ndjson']);
		expect(expected.refused).toBe(0);
		expect(expected.messages).toBe(3000);
		for (const [args, input] of [
			[['run', 'coinbase', 'coinbase.ndjson.gz'], undefined],
			[['run', 'coinbase', '-'], ndjson],
			[['run', 'coinbase', 'coinbase.ndjson', '--tier', 'reference'], undefined],
			[['run', 'coinbase', 'coinbase.ndjson', '--map'], undefined],
			[['run', 'coinbase', 'coinbase.ndjson', '--rows', '64', '--items', '4096'], undefined],
		] as const) {
			const summary = json(args, input);
			for (const key of ['messages', 'refused', 'bytes', 'variants', 'categories', 'symbols'] as const) expect(summary[key], `${key} of ${args.join(' ')}`).toEqual(expected[key]);
		}
		for (const file of ['kraken.capture.zst', 'kraken.capture.lz4', 'kraken.ndjson.sz', 'kraken.bin']) expect(json(['run', 'kraken', file])).toMatchObject({ messages: 3000, refused: 0 });
	});

	it('keeps generated code where it is asked to', () => {
		const expected = json(['run', 'okx', 'okx.capture']);
		expect(expected.codeCache).toBeNull();
		const runs = [0, 1].map(() => json(['run', '--code-cache=cache', 'okx', 'okx.capture']));
		expect(runs.map(({ codeCache }) => codeCache)).toMatchObject([
			{ folder: path('cache'), closed: null, hits: 0, misses: 1, written: 1, failures: 0 },
			{ folder: path('cache'), closed: null, hits: 1, misses: 0, written: 0, failures: 0 },
		]);
		for (const run of runs) for (const key of ['messages', 'refused', 'variants', 'symbols'] as const) expect(run[key]).toEqual(expected[key]);
		const environment = { ...process.env, TICKFORGE_CACHE: path('usual') };
		const { stdout } = spawnSync(process.execPath, [main, 'run', '--code-cache', 'okx', 'okx.capture'], { encoding: 'utf8', cwd: folder, env: environment });
		expect(stdout).toContain(`code cache: code kept in ${path('usual')}`);
		writeFileSync(path('no-folder'), '');
		expect(tickforge(['run', 'okx', 'okx.capture', '--code-cache=no-folder'])).toMatchObject({ status: 0, stdout: expect.stringContaining('code cache: not used') });
	});

	it('keeps refused messages, and replays them', () => {
		const first = tickforge(['run', 'binance-futures', 'futures.capture', '--quarantine', 'bad.tfq', '--json']);
		expect(first.status).toBe(3);
		const summary = JSON.parse(first.stdout);
		expect(summary.refused).toBeGreaterThan(20);
		expect(Object.keys(summary.categories).length).toBeGreaterThan(3);
		const replayed = tickforge(['run', 'binance-futures', 'bad.tfq', '--json']);
		expect(replayed.status).toBe(3);
		const again = JSON.parse(replayed.stdout);
		expect(again).toMatchObject({ messages: summary.refused, refused: summary.refused, categories: summary.categories });
		expect(tickforge(['detect', 'bad.tfq']).stdout).toMatch(/the schema binance-futures version \d+ refused/);
	});

	it('writes rows', () => {
		const { status, stdout } = tickforge(['run', 'okx', 'okx.capture', '--out', 'okx.arrow', '--report', 'okx.html']);
		expect(status).toBe(0);
		expect(stdout).toMatch(/wrote [\d,]+ rows/);
		const trades = readArrow(readFileSync(path('okx.trades.arrow')));
		expect(trades.batches.reduce((sum, batch) => sum + batch.rows, 0)).toBeGreaterThan(100);
		const page = readFileSync(path('okx.html'), 'utf8');
		expect(page).toContain('BTC-USDT');
		expect(page).toContain('<dt>schema</dt><dd>okx</dd>');
		expect(existsSync(path('okx.trades.arrow.partial'))).toBe(false);
	});

	it('stops where too much is refused', () => {
		writeFileSync(path('rubbish.ndjson'), '{"a":1}\n'.repeat(300_000));
		expect(tickforge(['run', 'okx', 'rubbish.ndjson', '--stop-above', '0.5', '--quiet']).status).toBe(4);
	});

	it('takes a schema of one’s own', () => {
		const schemaPath = resolve(import.meta.dirname, '../../src/index.ts').replaceAll('\\', '/');
		writeFileSync(path('feed.ts'), `import { decimal, message, symbol } from '${schemaPath}';\nexport default message('trade', { symbol: symbol().key('s'), price: decimal(2).key('p') });\n`);
		const { status, stdout } = tickforge(['run', './feed.ts', '-', '--json'], '{"s":"A","p":"1.25"}\n{"s":"B","p":1}\n{"p":"x"}\n');
		expect(status).toBe(3);
		expect(JSON.parse(stdout)).toMatchObject({ messages: 3, refused: 1, variants: { trade: 2 }, symbols: { A: 1, B: 1 } });
	});
});

describe('misuse', () => {
	it.each([
		[['rnu'], 1, /did you mean "run"/],
		[['run'], 1, /which preset/],
		[['run', 'binance-spt', 'x'], 1, /did you mean "binance-spot"/],
		[['run', 'okx'], 1, /which file/],
		[['run', 'okx', 'missing.capture'], 2, /there is no such file/],
		[['run', 'okx', 'okx.capture', '--otu', 'x'], 1, /Did you mean --out/],
		[['run', 'okx', 'okx.capture', '--tier', 'fast'], 1, /one of .*schema/],
		[['run', 'okx', 'okx.capture', '--out', 'x.xlsx'], 2, /ends in .arrow/],
		[['run', './missing.ts', 'okx.capture'], 2, /there is no file/],
		[['simulate', 'binance'], 1, /Venues: binance-spot/],
		[['inspect', 'okx', '--variant', 'boook'], 1, /has no variant "boook"/],
		[['build', 'okx'], 1, /--out DIR/],
	] as const)('%j says what to do', (args, status, message) => {
		const result = tickforge(args);
		expect(result.stderr).toMatch(message);
		expect(result.stderr).not.toMatch(/\n {4}at /);
		expect(result.status).toBe(status);
	});
});

describe('the other commands', () => {
	it('detect', () => {
		expect(json(['detect', 'okx.capture'])).toMatchObject({ candidates: [{ format: 'capture', preset: 'okx', presets: [{ preset: 'okx', accepted: 1 }], confidence: 1 }], next: 'tickforge run okx okx.capture' });
		expect(json(['detect', 'kraken.capture.zst'])).toMatchObject({ compression: 'zstd', candidates: [{ format: 'capture' }] });
		expect(json(['detect', 'kraken.capture.lz4'])).toMatchObject({ compression: 'lz4', candidates: [{ format: 'capture' }] });
		expect(json(['detect', 'kraken.ndjson.sz'])).toMatchObject({ compression: 'snappy', candidates: [{ format: 'ndjson' }] });
		expect(tickforge(['detect', 'kraken.bin']).stdout).toMatch(/json \(length-32-little, kraken\)[\s\S]*tickforge run kraken kraken.bin/);
	});
	it('inspect', () => {
		const { stdout } = tickforge(['inspect', 'binance-spot', '--variant', 'aggTrade', '--code']);
		expect(stdout).toMatch(/data\.e is "aggTrade"/);
		expect(stdout).toMatch(/decimal\(8\)/);
		expect(stdout).toMatch(/fast aggTrade/);
	});
	it('doctor', () => {
		expect(tickforge(['doctor']).stdout).toMatch(/file mapping +(native|portable)/);
		expect(json(['doctor'])).toHaveProperty('facilities');
	});
	it('help', () => {
		for (const command of ['run', 'detect', 'inspect', 'doctor', 'prove', 'simulate', 'build', 'start']) {
			expect(tickforge([command, '--help']).stdout).toMatch(new RegExp(`^tickforge ${command}`));
			expect(tickforge(['help', command]).stdout).toMatch(new RegExp(`^tickforge ${command}`));
		}
		expect(tickforge([]).stdout).toMatch(/tickforge run/);
		expect(tickforge(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+/);
	});
	it('start', () => {
		const { status, stdout } = tickforge(['start', '--messages', '2000', '--out', 'started']);
		expect(status).toBe(0);
		expect(stdout).toMatch(/report.html/);
		expect(readFileSync(path('started/report.html'), 'utf8')).toContain('<dt>schema</dt><dd>binance-futures</dd>');
		expect(existsSync(path('started/coinbase.l2update.arrow'))).toBe(true);
	});
});
