/** `tickforge detect` explains itself, and what it says to type works; `tickforge run` finds the preset. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { itchMessages, mold, prefixed, text } from '../detect/samples.ts';
import { pcap } from '../framing/captured-packets.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'tickforge-detect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, bytes: Uint8Array): void => writeFileSync(join(folder, name), bytes);
const tickforge = (...args: readonly string[]): SpawnSyncReturns<string> => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder });

const time = 1_577_716_200_000_000_000n;
const packets = [
	{ time, payload: mold(1, itchMessages.slice(0, 4)) },
	{ time: time + 5000n, payload: mold(7, itchMessages.slice(6)) },
	{ time, port: 9, payload: text('{"a":1}') },
	{ time, protocol: 6, payload: new Uint8Array(30) },
];

it('a compressed packet capture: what is in it, and the command that reads it', () => {
	write('day.pcap.gz', gzipSync(pcap(packets)));
	const { status, stdout } = tickforge('detect', 'day.pcap.gz');
	expect(status).toBe(0);
	expect(stdout).toContain('day.pcap.gz: pcap (version 2.4, pcap-moldudp64, nasdaq-itch-5.0) in gzip');
	expect(stdout).toContain('233.54.12.111:26400, 2 packets: itch (version 5.0, moldudp64, nasdaq-itch-5.0)');
	expect(stdout).toContain('233.54.12.111:9, 1 packet: json (datagrams)');
	expect(stdout).toContain('1 is TCP, whose streams are not read');
	const next = stdout.trim().split('\n').at(-1)?.trim() ?? '';
	expect(next).toBe('tickforge run nasdaq-itch-5.0 day.pcap.gz --format pcap-moldudp64 --port 26400');
	const run = tickforge(...next.split(' ').slice(1), '--json');
	expect(run.status).toBe(0);
	expect(JSON.parse(run.stdout)).toMatchObject({ messages: 10, refused: 0, gaps: 1, missing: 2, counts: { taken: 2, filtered: 1, tcp: 1 }, inputs: [{ format: 'pcap-moldudp64', compression: 'gzip' }] });
	// How they are cut is found, too, and so is the preset.
	expect(JSON.parse(tickforge('run', 'nasdaq-itch-5.0', 'day.pcap.gz', '--address', '233.54.12.111', '--port', '26400', '--json').stdout)).toMatchObject({ messages: 10, refused: 0 });
	const found = tickforge('run', 'day.pcap.gz', '--port', '26400', '--date', '2019-12-30');
	expect(found.stderr).toContain('day.pcap.gz looks like nasdaq-itch-5.0');
	expect(found.stdout).toMatch(/packets +2 taken, 1 filtered, 1 tcp/);
});

it('--json has the candidates, and what is inside', () => {
	write('some.itch', prefixed(itchMessages, 2, 'big'));
	const found = JSON.parse(tickforge('detect', 'some.itch', '--json').stdout);
	expect(found).toMatchObject({ path: 'some.itch', compression: null, needsMore: false, next: 'tickforge run nasdaq-itch-5.0 some.itch' });
	expect(found.candidates[0]).toMatchObject({ protocol: 'itch', version: '5.0', format: 'binaryfile', preset: 'nasdaq-itch-5.0', confidence: 1, evidence: [expect.stringContaining('12 of its first 12 messages')] });
	write('day.pcap', pcap(packets));
	expect(JSON.parse(tickforge('detect', 'day.pcap', '--json').stdout).candidates[0].streams).toMatchObject([
		{ address: '233.54.12.111', port: 26400, packets: 2, candidates: [{ protocol: 'itch' }] },
		{ address: '233.54.12.111', port: 9, candidates: [{ protocol: 'json' }] },
	]);
});

it('what is not known, or not enough, is told with a code of its own', () => {
	write(
		'noise',
		Uint8Array.from({ length: 300 }, (_, index) => (index * index * 31 + 7) & 255),
	);
	expect(tickforge('detect', 'noise')).toMatchObject({ status: 2, stdout: expect.stringContaining('noise: unknown') });
	expect(tickforge('run', 'noise')).toMatchObject({ status: 2, stderr: expect.stringContaining('None of the presets fits noise') });
	expect(tickforge('run', 'kraken', 'day.pcap')).toMatchObject({ status: 2, stderr: expect.stringContaining('itch to port 26400') });
	expect(tickforge('run', 'day.pcap', '--port', '70000')).toMatchObject({ status: 1, stderr: expect.stringContaining('--port is a number from 0 to 65535') });
	expect(tickforge('run', 'day.pcap', '--address', '1.2.3')).toMatchObject({ status: 1, stderr: expect.stringContaining('is no IPv4 or IPv6 address') });
	expect(tickforge('run', 'nasdaq-itch-5.0', 'day.pcap', '--format', 'pcap-what')).toMatchObject({ status: 1, stderr: expect.stringContaining('pcap-moldudp64') });
});

it('a schema that is given is tried', () => {
	const index = resolve(import.meta.dirname, '../../src/index.ts');
	writeFileSync(join(folder, 'own.ts'), `import { binary, wire } from ${JSON.stringify(index)};\nexport default binary(wire.format('own', { endian: 'big', header: [wire.typeField(wire.uint(8))] }, wire.message('a', 1, { a: wire.uint(16) }), wire.message('b', 2, { b: wire.uint(32) })));\n`);
	write('own.bin', prefixed([Uint8Array.from([1, 0, 5]), Uint8Array.from([2, 0, 0, 0, 9]), Uint8Array.from([1, 1, 1])], 4, 'big'));
	const found = JSON.parse(tickforge('detect', 'own.bin', '--schema', './own.ts', '--json').stdout);
	expect(found.candidates[0]).toMatchObject({ protocol: 'binary', format: 'length-32-big', preset: 'own' });
	expect(found.next).toBe('tickforge run ./own.ts own.bin --format length-32-big');
});
