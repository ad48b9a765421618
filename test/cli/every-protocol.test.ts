/** What the command line does for JSON it does for each protocol, or it says why not: simulate, inspect, compare. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { inspectCommand } from '../../src/cli/inspect.ts';
import { profileCommand } from '../../src/cli/profile.ts';
import { runCommand } from '../../src/cli/run.ts';
import { simulateCommand } from '../../src/cli/simulate.ts';

const folder = mkdtempSync(join(tmpdir(), 'tickforge-every-'));
const path = (name: string): string => join(folder, name);
const index = resolve(import.meta.dirname, '../../src/index.ts').replaceAll('\\', '/');
const said: string[] = [];
beforeAll(() => {
	vi.spyOn(console, 'log').mockImplementation((text: string) => void said.push(text));
	const own = (hash: string): string => `import { binary, wire } from '${index}';\nconst { bytes, bytesData, format, message, symbol, uint } = wire;\nexport default binary(format('own', { endian: 'big', trailing: 'skip' }, message('m', null, { name: symbol(4), hash: ${hash}, size: uint(32) })));\n`;
	writeFileSync(path('own.ts'), own('bytes(8)'));
	writeFileSync(path('other.ts'), own('bytesData(uint(8))'));
	writeFileSync(path('feed.ts'), `import { bytes, message, symbol } from '${index}';\nexport default message('m', { name: symbol().key('n'), hash: bytes().key('h') });\n`);
});
afterAll(() => {
	vi.restoreAllMocks();
	rmSync(folder, { recursive: true, force: true });
});
/** What a command prints. */
async function output(run: Promise<number>, status = 0): Promise<string> {
	said.length = 0;
	expect(await run).toBe(status);
	return said.join('\n');
}
const simulated = (...args: string[]): Promise<string> => output(simulateCommand(args));
const summary = async (...args: string[]): Promise<Record<string, unknown>> => JSON.parse(await output(runCommand([...args, '--json']), args.includes('--faulty') ? 3 : 0)) as Record<string, unknown>;

describe('simulated files are read again', () => {
	it.each([
		['nasdaq-itch-5.0', [], 'binaryfile'],
		['nasdaq-itch-5.0', ['--format', 'soupbintcp'], 'soupbintcp'],
		['binance-spot-sbe', [], 'length-32-little'],
	] as const)('%s %j', async (venue, more, format) => {
		expect(await simulated(venue, '--messages', '600', ...more, '--out', path('x.bin'))).toContain(`, ${format}`);
		expect(await summary(venue, path('x.bin'))).toMatchObject({ messages: 600, refused: 0, inputs: [{ format }] });
	});

	it('with what was lost and broken', async () => {
		const told = await simulated('nasdaq-itch-5.0', '--messages', '3000', '--format', 'moldudp64', '--losses', '0.05', '--faults', '0.02', '--out', path('x.mold'));
		const [, missing, gaps] = /lost on purpose: ([\d,]+) messages in (\d+) gaps/.exec(told) as RegExpExecArray;
		const read = JSON.parse(await output(runCommand(['nasdaq-itch-5.0', path('x.mold'), '--json']), 3)) as Record<string, number>;
		expect(read).toMatchObject({ gaps: Number(gaps), missing: Number((missing as string).replace(',', '')) });
		expect(read.refused).toBeGreaterThan(20);
	});

	it('as MessagePack, and made up where nobody simulates them', async () => {
		await simulated('coinbase', '--messages', '300', '--protocol', 'msgpack', '--out', path('coinbase.bin'));
		expect(await summary('coinbase', path('coinbase.bin'), '--format', 'length-32-little', '--protocol', 'msgpack')).toMatchObject({ messages: 300, refused: 0 });
		await simulated('bitmex', '--messages', '300', '--out', path('bitmex.ndjson'));
		expect(await summary('bitmex', path('bitmex.ndjson'))).toMatchObject({ messages: 300, refused: 0 });
		await simulated(path('feed.ts'), '--messages', '300', '--out', path('own.msgpack'));
		expect(await summary(path('feed.ts'), path('own.msgpack'))).toMatchObject({ messages: 300, refused: 0 });
		await simulated(path('own.ts'), '--messages', '300', '--out', path('own.bin'));
		expect(await summary(path('own.ts'), path('own.bin'), '--format', 'length-32-little')).toMatchObject({ messages: 300, refused: 0 });
	});

	it.each([
		[['nasdaq-itch-5.0', '--format', 'ndjson'], /--format is one of binaryfile, soupbintcp/],
		[['nasdaq-itch-5.0', '--protocol', 'json'], /messages of nasdaq-itch-5.0 are binary, not json/],
		[['coinbase', '--losses', '0.1'], /nothing in capture shows what is lost; use --format moldudp64 or soupbintcp/],
		[['nasdaq-itch-5'], /no simulated venue "nasdaq-itch-5"; did you mean "nasdaq-itch-5.0"\? Venues: .*binance-spot-sbe/],
		[['bitmex', '--protocol', 'msgpack', '--faults', '0.1'], /what follows a broken MessagePack value cannot be told from it/],
	] as const)('%j is refused', async (args, words) => {
		await expect(simulateCommand(args)).rejects.toThrow(words);
	});
});

describe('inspect', () => {
	it.each([
		['nasdaq-itch-5.0', [], 'orderReference'],
		['coinbase', ['--protocol', 'msgpack'], 'changes'],
		['own.ts', [], 'hash'],
	] as const)('shows memory and code of %s %j', async (preset, more, column) => {
		const given = preset.endsWith('.ts') ? path(preset) : preset;
		expect(await output(inspectCommand([given, ...more, '--memory']))).toContain(column);
		const code = await output(inspectCommand([given, ...more, '--code']));
		expect(code).toMatch(/generated: [\d.]+ \w+ of WebAssembly/);
		expect(code).toContain(column);
		expect(code).toMatch(/func(?:tion)? /);
	});

	it('counts with a file, however it is cut', async () => {
		await simulated('nasdaq-itch-5.0', '--messages', '500', '--format', 'length-16-little', '--out', path('odd.bin'));
		expect(await output(inspectCommand(['nasdaq-itch-5.0', path('odd.bin'), '--memory', '--format', 'length-16-little', '--variant', 'addOrder']))).toMatch(/500 messages/);
		await simulated('coinbase', '--messages', '300', '--format', 'msgpack', '--out', path('day.msgpack'));
		const branches = JSON.parse(await output(inspectCommand(['coinbase', path('day.msgpack'), '--branches', '--json']))) as { tiers: { tier: string; messages: number; refused: number }[] };
		expect(branches.tiers).toMatchObject([
			{ tier: 'schema', messages: 300, refused: 0 },
			{ tier: 'layout', messages: 300, refused: 0 },
		]);
		expect(await output(inspectCommand(['coinbase', path('day.msgpack'), '--memory', '--variant', 'match']))).toMatch(/300 messages(?!.*refused)/);
		const ofItch = JSON.parse(await output(inspectCommand(['nasdaq-itch-5.0', path('odd.bin'), '--branches', '--json', '--format', 'length-16-little']))) as { tiers: { messages: number }[] };
		expect(ofItch.tiers.map(({ messages }) => messages)).toEqual([500]);
		await expect(inspectCommand(['nasdaq-itch-5.0', '--format', 'length-16-little'])).rejects.toThrow(/--format says how a file is cut, with --memory or --branches/);
	});
});

describe('two parsers', () => {
	beforeAll(async () => {
		await simulated(path('own.ts'), '--messages', '400', '--out', path('pair.bin'));
		await simulated('nasdaq-itch-5.0', '--messages', '400', '--out', path('pair.itch'));
	});
	const cut = ['--format', 'length-32-little'];

	it('of a binary format agree, with the same day', async () => {
		const compared = await summary('nasdaq-itch-5.0', path('pair.itch'), '--shadow', 'reference', '--date', '2024-06-03');
		expect(compared).toMatchObject({ compared: { messages: 400, different: 0 } });
		expect(await summary('nasdaq-itch-5.0', path('pair.itch'), '--shadow', 'nasdaq-itch-5.0', '--date', '2024-06-03')).toMatchObject({ compared: { different: 0 } });
		expect(await summary(path('own.ts'), path('pair.bin'), ...cut, '--rollout', 'reference', '--rollout-messages', '50')).toMatchObject({ compared: { different: 0 } });
	});

	it('that differ are told with the message in hex', async () => {
		const text = await output(runCommand([path('own.ts'), path('pair.bin'), ...cut, '--shadow', path('other.ts'), '--shadow-differences', path('differences.ndjson'), '--quiet']), 5);
		expect(text).toBe('');
		const [first] = readFileSync(path('differences.ndjson'), 'utf8').split('\n');
		expect((JSON.parse(first as string) as { message: string }).message).toMatch(/^([0-9a-f]{2}){16}$/);
	});

	it.each([
		[['--shadow', 'layout'], /messages of nasdaq-itch-5.0 have no layout tier to compare with; --shadow takes reference or schema/],
		[['--shadow', 'coinbase'], /--shadow coinbase reads json, and messages of nasdaq-itch-5.0 are binary/],
		[['--save-profile', 'x.profile'], /profiles are only kept of JSON/],
	] as const)('%j is refused', async (more, words) => {
		await expect(runCommand(['nasdaq-itch-5.0', path('pair.itch'), ...more])).rejects.toThrow(words);
	});

	it('profiles of layouts are refused for what has none', async () => {
		await expect(profileCommand(['learn', 'nasdaq-itch-5.0', path('pair.itch')])).rejects.toThrow(/have no layouts to learn/);
	});
});
