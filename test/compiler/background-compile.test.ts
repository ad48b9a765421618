import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type BackgroundCompiler, type BackgroundCompilerOptions, type BackgroundRequest, createBackgroundCompiler } from '../../src/compiler/background-compile.ts';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { binary, compile, createArena, createEncoder, encodeMessagePack, exchanges, itch50, json, msgpack, openBackgroundCompiler, type Protocol, type Schema } from '../../src/index.ts';

const opened: BackgroundCompiler[] = [];
const tracked = (compiler: BackgroundCompiler): BackgroundCompiler => {
	opened.push(compiler);
	return compiler;
};
afterEach(async () => {
	for (const compiler of opened.splice(0)) await compiler.dispose();
});
const misbehaving = (options: Omit<BackgroundCompilerOptions, 'thread'> = {}): BackgroundCompiler => tracked(createBackgroundCompiler({ ...options, thread: new URL('./threads/misbehaving.ts', import.meta.url) }));
const named = (name: string): BackgroundRequest => ({ protocol: 'json', schema: { name, version: 1, variants: [] } });

const { schema } = exchanges.coinbase;
const itch = binary(itch50());
const SAMPLE = '{"type":"l2update","product_id":"BTC-USD","changes":[["buy","67000.01","0.25"]],"time":"2024-06-01T00:00:00.123456Z"}';

function rowsWith(module: WebAssembly.Module, shared = false): unknown[] {
	const rows: unknown[] = [];
	const parser = compile(json(schema), { module, rows: 64, arena: createArena({ shared }), onBatch: (batch) => rows.push(...batch.toRows()) });
	parser.parse(SAMPLE);
	parser.flush();
	return rows;
}

describe('a background compiler', () => {
	it('gives the module that this thread would have made, and one that works', async () => {
		const compiler = tracked(openBackgroundCompiler());
		expect(compiler.statistics().threads).toBe(0);
		for (const samples of [[], [SAMPLE], [new TextEncoder().encode(SAMPLE), '{"no":"message"}']]) {
			const result = await compiler.compile({ protocol: 'json', schema, layout: { rows: 64 }, samples, sampleMilliseconds: 1 });
			expect(result?.bytes).toEqual(json(schema).generate(layoutSchema(schema, { rows: 64 })));
			expect(rowsWith(result?.module as WebAssembly.Module)).toMatchObject([{ product: 'BTC-USD' }]);
		}
		expect(compiler.statistics()).toEqual({ requested: 3, compiled: 3, failed: 0, timedOut: 0, threads: 1, lastProblem: null });
	});

	it('makes modules for shared memory', async () => {
		const compiler = tracked(openBackgroundCompiler());
		const { ceiling } = createArena({ shared: true });
		const result = await compiler.compile({ protocol: 'json', schema, layout: { rows: 64 }, generate: { shared: true, ceiling }, samples: [SAMPLE], sampleMilliseconds: 1 });
		expect(compiler.statistics().lastProblem).toBeNull();
		expect(rowsWith(result?.module as WebAssembly.Module, true)).toMatchObject([{ product: 'BTC-USD' }]);
	});

	it.each([
		['msgpack', msgpack(schema), encodeMessagePack(JSON.parse(SAMPLE))],
		['binary', itch, createEncoder(itch).encode('orderDelete', { stockLocate: 1, trackingNumber: 2, timestamp: 3n, orderReference: 4n })],
	] as const)('makes modules of every protocol: %s', async (_, protocol: Protocol, sample: Uint8Array) => {
		const compiler = tracked(openBackgroundCompiler());
		const { name, binding } = protocol;
		const result = await compiler.compile({ protocol: name, schema: protocol.schema, binding, layout: { rows: 64 }, samples: [sample], sampleMilliseconds: 1 });
		expect(compiler.statistics().lastProblem).toBeNull();
		expect(result?.bytes).toEqual(protocol.generate(layoutSchema(protocol.schema, { rows: 64 })));
		const rows: unknown[] = [];
		const parser = compile(protocol, { module: result?.module as WebAssembly.Module, rows: 64, onBatch: (batch) => rows.push(...batch.toRows()) });
		parser.parse(sample);
		parser.flush();
		expect(rows.length).toBe(1);
	});

	it('takes requests in turn', async () => {
		const compiler = tracked(openBackgroundCompiler());
		const presets = [exchanges.gemini, exchanges.coinbase, exchanges['dydx-v3']];
		const results = await Promise.all(presets.map((preset) => compiler.compile({ protocol: 'json', schema: preset.schema })));
		results.forEach((result, index) => {
			const wanted = presets[index]?.schema as Schema;
			expect(result?.bytes).toEqual(json(wanted).generate(layoutSchema(wanted)));
		});
		expect(compiler.statistics().threads).toBe(1);
	});

	it('gives null for what cannot be generated, and goes on', async () => {
		const compiler = tracked(openBackgroundCompiler());
		expect(await compiler.compile({ protocol: 'fix', schema })).toBeNull();
		expect(compiler.statistics().lastProblem).toMatch(/no protocol "fix"/);
		expect(await compiler.compile({ protocol: 'binary', schema: itch.schema })).toBeNull();
		expect(compiler.statistics().lastProblem).toMatch(/a schema alone makes no "binary" protocol; pass the binding/);
		expect(await compiler.compile({ protocol: 'toString', schema })).toBeNull();
		expect(await compiler.compile({ protocol: 'json', schema: { ...schema, variants: 3 as never } })).toBeNull();
		expect(await compiler.compile({ protocol: 'json', schema: { ...schema, note: () => undefined } as Schema })).toBeNull();
		expect(compiler.statistics()).toMatchObject({ failed: 5, threads: 1, lastProblem: expect.stringMatching(/could not be cloned/) });
		expect(await compiler.compile({ protocol: 'json', schema })).not.toBeNull();
		expect(compiler.statistics()).toMatchObject({ compiled: 1, failed: 5, threads: 1 });
	});

	it.each([
		['throws', /thrown on purpose/],
		['exits', /ended with the code 7/],
	])('gives null where the thread %s, and starts another', async (name, words) => {
		const compiler = misbehaving();
		const [bad, good] = await Promise.all([compiler.compile(named(name)), compiler.compile(named('works'))]);
		expect(bad).toBeNull();
		expect(good?.module).toBeInstanceOf(WebAssembly.Module);
		expect(compiler.statistics()).toMatchObject({ requested: 2, compiled: 1, failed: 1, timedOut: 0, threads: 2, lastProblem: expect.stringMatching(words) });
	});

	it('gives null after its timeout, and starts another thread', async () => {
		const compiler = misbehaving({ timeout: 5000, keepsProcess: true });
		const [bad, good] = await Promise.all([compiler.compile(named('hangs')), compiler.compile(named('works'))]);
		expect(bad).toBeNull();
		expect(good).not.toBeNull();
		expect(compiler.statistics()).toMatchObject({ compiled: 1, failed: 1, timedOut: 1, threads: 2, lastProblem: 'took longer than 5000 ms' });
	});

	it('does not take the answer to another request', async () => {
		const compiler = misbehaving();
		expect(await compiler.compile(named('stale'))).not.toBeNull();
		expect(compiler.statistics()).toMatchObject({ compiled: 1, failed: 0 });
	});

	it('gives null where its file is not there', async () => {
		const compiler = tracked(createBackgroundCompiler({ thread: new URL('./threads/missing.ts', import.meta.url) }));
		expect(await compiler.compile(named('works'))).toBeNull();
		expect(compiler.statistics()).toMatchObject({ failed: 1, lastProblem: expect.stringMatching(/the thread failed: .*missing\.ts/) });
	});

	it('can be turned off, and starts nothing then', async () => {
		const compiler = tracked(openBackgroundCompiler({ enabled: false }));
		expect(await compiler.compile({ protocol: 'json', schema })).toBeNull();
		expect(compiler.statistics()).toEqual({ requested: 1, compiled: 0, failed: 1, timedOut: 0, threads: 0, lastProblem: 'background compiling is turned off' });
	});

	it('answers what waits when it is disposed', async () => {
		const compiler = misbehaving();
		const pending = [compiler.compile(named('hangs')), compiler.compile(named('works'))];
		await compiler.dispose();
		expect(await Promise.all(pending)).toEqual([null, null]);
		expect(await compiler.compile(named('works'))).toBeNull();
		await compiler.dispose();
		expect(compiler.statistics()).toMatchObject({ requested: 3, compiled: 0, failed: 3, timedOut: 0, threads: 1 });
		expect(() => misbehaving({ timeout: 0 })).toThrow(/1 to 2147483647 milliseconds, not 0/);
	});

	it('keeps no process from ending, unless it is told to', () => {
		const source = (keepsProcess: boolean): string => `
			import { openBackgroundCompiler, exchanges } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/index.ts'))};
			const compiler = openBackgroundCompiler({ keepsProcess: ${keepsProcess} });
			compiler.compile({ protocol: 'json', schema: exchanges.gemini.schema }).then((result) => console.log(result !== null));`;
		const outputs = [false, true].map((keepsProcess) => spawnSync(process.execPath, ['--input-type=module', '--eval', source(keepsProcess)], { encoding: 'utf8', timeout: 30_000, cwd: join(import.meta.dirname, '../..') }));
		expect(outputs.map(({ status, stdout, stderr }) => ({ status, stdout, stderr }))).toEqual([
			{ status: 0, stdout: '', stderr: '' },
			{ status: 0, stdout: 'true\n', stderr: '' },
		]);
	});
});
