/** MessagePack in the commands: told by its bytes, quarantined and replayed, the same rows as JSON. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isQuarantine, readQuarantine } from '../../src/integrity/quarantine.ts';
import { encodeMessagePack } from '../../src/protocols/msgpack/index.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'tickforge-msgpack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const tickforge = (...args: string[]): { status: number | null; stdout: string; stderr: string } => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder });

describe('MessagePack on the command line', () => {
	it('gives the rows that the same messages as JSON give', { timeout: 240_000 }, () => {
		for (const format of ['ndjson', 'msgpack']) expect(tickforge('simulate', 'coinbase', '--messages', '500', '--format', format, '--out', `day.${format}`).status).toBe(0);
		for (const format of ['ndjson', 'msgpack']) expect(tickforge('run', 'coinbase', `day.${format}`, '--out', `${format}.csv`, '--quiet')).toMatchObject({ status: 0, stderr: '' });
		for (const table of ['match', 'l2update']) {
			const rows = readFileSync(path(`msgpack.${table}.csv`), 'utf8');
			expect(rows.split('\n').length).toBeGreaterThan(5);
			expect(rows).toBe(readFileSync(path(`ndjson.${table}.csv`), 'utf8'));
		}
	});

	it('keeps refused messages, and replays them as what they are', { timeout: 240_000 }, () => {
		expect(tickforge('simulate', 'coinbase', '--messages', '500', '--format', 'msgpack', '--faults', '0.1', '--out', 'bad.msgpack').status).toBe(0);
		expect(tickforge('run', 'coinbase', 'bad.msgpack', '--quarantine', 'bad.tfq', '--quiet').status).toBe(3);
		const kept = readFileSync(path('bad.tfq'));
		expect(isQuarantine(kept)).toBe(true);
		expect(readQuarantine(kept).header.protocol).toBe('msgpack');
		const first = JSON.parse(tickforge('run', 'coinbase', 'bad.msgpack', '--json').stdout) as { refused: number; categories: object };
		const again = JSON.parse(tickforge('run', 'coinbase', 'bad.tfq', '--json').stdout) as typeof first;
		expect(first.refused).toBeGreaterThan(20);
		expect(again).toMatchObject({ refused: first.refused, categories: first.categories });
	});

	it('takes a protocol by name, and says where schemas and inputs do not go together', { timeout: 240_000 }, () => {
		const message = encodeMessagePack({ type: 'heartbeat' });
		const framed = new Uint8Array(4 + message.length);
		new DataView(framed.buffer).setUint32(0, message.length);
		framed.set(message, 4);
		writeFileSync(path('one.bin'), framed);
		writeFileSync(path('kept.ts'), `import { message, oneOf, symbol } from '${resolve(import.meta.dirname, '../../src/schema/index.ts')}';\nexport default oneOf('kept', { version: 1 }, message('m', { type: symbol() }, { unknownKeys: 'keep' }));\n`);
		writeFileSync(path('own.ts'), `import { message, oneOf, symbol } from '${resolve(import.meta.dirname, '../../src/schema/index.ts')}';\nexport default oneOf('own', { version: 1 }, message('m', { type: symbol() }));\n`);
		expect(JSON.parse(tickforge('run', './own.ts', 'one.bin', '--format', 'length-32-big', '--protocol', 'msgpack', '--json').stdout)).toMatchObject({ messages: 1, refused: 0 });
		expect(tickforge('run', './kept.ts', 'one.bin', '--format', 'length-32-big', '--protocol', 'msgpack')).toMatchObject({ status: 1, stderr: expect.stringContaining("m: unknownKeys: 'keep' keeps JSON text") });
		expect(tickforge('run', './own.ts', 'one.bin', '--protocol', 'bson')).toMatchObject({ status: 1, stderr: expect.stringContaining('json') });
		expect(tickforge('run', 'coinbase', 'day.ndjson', 'day.msgpack').stderr).toContain('run them one by one, or say --protocol');
		expect(tickforge('detect', 'day.msgpack').stdout).toContain('tickforge run coinbase day.msgpack');
	});

	it('is looked at branch by branch, and parsed by code that follows', { timeout: 240_000 }, () => {
		const { status, stdout, stderr } = tickforge('inspect', 'coinbase', '--branches', 'day.msgpack', '--protocol', 'msgpack', '--json', '--save-branches', 'day.branches');
		expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
		const { tiers } = JSON.parse(stdout) as { tiers: { tier: string; messages: number; refused: number; modules: { functions: { name: string; calls: number }[] }[] }[] };
		expect(tiers.map(({ tier, messages, refused }) => ({ tier, messages, refused }))).toEqual([
			{ tier: 'schema', messages: 500, refused: 0 },
			{ tier: 'layout', messages: 500, refused: 0 },
		]);
		expect(tiers[0]?.modules[0]?.functions.find(({ name }) => name === 'parse')?.calls).toBeGreaterThan(0);
		expect(JSON.parse(tickforge('run', 'coinbase', 'day.msgpack', '--branch-profile', 'day.branches', '--json').stdout)).toMatchObject({ messages: 500, refused: 0 });
	});

	it('has no profiles of layouts, and says so', { timeout: 240_000 }, () => {
		expect(tickforge('profile', 'learn', 'coinbase', 'day.msgpack')).toMatchObject({ status: 1, stderr: expect.stringContaining('day.msgpack holds messages of msgpack, and profiles are only kept of JSON') });
		expect(tickforge('run', 'coinbase', 'day.msgpack', '--save-profile', 'day.profile')).toMatchObject({ status: 1, stderr: expect.stringContaining('profiles are only kept of JSON') });
	});
});
