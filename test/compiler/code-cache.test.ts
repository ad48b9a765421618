import { execFile } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type CodeCache, type CodeCacheRequest, defaultCodeCacheFolder, openCodeCache } from '../../src/compiler/code-cache.ts';
import { SEAL_BYTES, sealModule } from '../../src/compiler/sealed-module.ts';
import { compile, decimal, exchanges, json, message, symbol } from '../../src/index.ts';
import { handmadeModule } from './handmade-modules.ts';
import { HOSTILE } from './hostile-modules.ts';

const base = mkdtempSync(join(tmpdir(), 'tickforge-cache-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let number = 0;
let folder = '';
beforeEach(() => {
	folder = join(base, String(++number));
});

const trade = message('trade', { symbol: symbol().key('s'), price: decimal(2).key('p') });
const request: CodeCacheRequest = { protocol: json(trade), layout: {}, tier: 'schema', generate: {} };
const KEY = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const modulesIn = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.tfcc'));
const fileOf = (key: string): string => join(folder, `${key}.tfcc`);
const asRoot = process.getuid?.() === 0;
const hasOwners = process.getuid !== undefined;

/** Everything a file can be besides right: it is refused, counted and gone, and the cache works on. */
function expectRejected(cache: CodeCache, why: RegExp): void {
	const before = cache.statistics();
	expect(cache.get(KEY)).toBeNull();
	const { rejected, hits, lastProblem } = cache.statistics();
	expect({ rejected, hits }).toEqual({ rejected: before.rejected + 1, hits: before.hits });
	expect(lastProblem).toMatch(why);
	expect(existsSync(fileOf(KEY))).toBe(false);
	expect(cache.put(KEY, handmadeModule())).toBe(true);
	expect(cache.get(KEY)).toBeInstanceOf(WebAssembly.Module);
}

describe('a code cache', () => {
	it('gives back what was put, in another process too', () => {
		const cache = openCodeCache({ folder });
		expect(cache.get(KEY)).toBeNull();
		expect(cache.put(KEY, handmadeModule())).toBe(true);
		const again = openCodeCache({ folder });
		const module = again.get(KEY) as WebAssembly.Module;
		expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(['parse', 'initialize', 'constantsBytes']);
		expect(again.get(OTHER)).toBeNull();
		expect(cache.statistics()).toEqual({ folder, closed: null, hits: 0, misses: 1, rejected: 0, written: 1, evicted: 0, failures: 0, lastProblem: null });
		expect(again.statistics()).toMatchObject({ hits: 1, misses: 1, rejected: 0, failures: 0 });
		again.clear();
		expect(modulesIn()).toEqual([]);
		expect(cache.get(KEY)).toBeNull();
	});

	it('keeps the module for a profile, and another one for another profile', () => {
		const text = (index: number, more = ''): string => `{"s":"A${index % 7}","p":"${index}.25"${more}}`;
		const profileOf = (texts: readonly string[]): NonNullable<ReturnType<ReturnType<typeof compile>['profile']>> => {
			const parser = compile(json(trade), { tiering: { learnAfter: 0, learnFirst: 8 } });
			for (const one of texts) parser.parse(one);
			return parser.profile() as NonNullable<ReturnType<typeof parser.profile>>;
		};
		const numbers = Array.from({ length: 40 }, (_, index) => index);
		const profiles = [profileOf(numbers.map((index) => text(index))), profileOf(numbers.map((index) => text(index, ',"x":true')))] as const;
		const run = (profile: (typeof profiles)[number]): object => {
			const codeCache = openCodeCache({ folder });
			const prices: number[] = [];
			const parser = compile(json(trade), { codeCache, profile, onBatch: (batch) => batch.visit((row) => prices.push(batch.column('price', 'decimal').scaled(row))) });
			for (const index of numbers) parser.parse(text(index));
			parser.flush();
			const { hits, written, rejected, failures } = codeCache.statistics();
			return { hits, written, rejected, failures, prices, modules: parser.statistics().layouts?.modules };
		};
		const prices = numbers.map((index) => index + 0.25);
		const well = { rejected: 0, failures: 0, prices, modules: 1 };
		// The schema tier's module, and the profile's.
		expect(run(profiles[0])).toEqual({ hits: 0, written: 2, ...well });
		expect(run(profiles[0])).toEqual({ hits: 2, written: 0, ...well });
		expect(run(profiles[1])).toEqual({ hits: 1, written: 1, ...well });
		// What is kept and damaged is made again.
		for (const name of modulesIn()) truncateSync(join(folder, name), SEAL_BYTES + 100);
		expect(run(profiles[1])).toEqual({ hits: 0, written: 2, ...well, rejected: 2 });
	});

	it('saves compile the generation', () => {
		const results = [0, 1].map(() => {
			const codeCache = openCodeCache({ folder });
			const protocol = json(exchanges.coinbase.schema);
			let generated = 0;
			const counting: typeof protocol = {
				...protocol,
				generate(layout, options) {
					generated++;
					return protocol.generate(layout, options);
				},
			};
			const rows: unknown[] = [];
			const parser = compile(counting, { codeCache, onBatch: (batch) => rows.push(...batch.toRows()) });
			parser.parse('{"type":"l2update","product_id":"BTC-USD","changes":[["buy","67000.01","0.25"]],"time":"2024-06-01T00:00:00.123456Z"}');
			parser.flush();
			parser.dispose();
			const { hits, misses, written, failures, lastProblem } = codeCache.statistics();
			return { generated, rows, statistics: { hits, misses, written, failures, lastProblem } };
		});
		expect(results[0]?.statistics).toEqual({ hits: 0, misses: 1, written: 1, failures: 0, lastProblem: null });
		expect(results[1]?.statistics).toEqual({ hits: 1, misses: 0, written: 0, failures: 0, lastProblem: null });
		expect(results.map(({ generated }) => generated)).toEqual([1, 0]);
		expect(results[0]?.rows).toHaveLength(1);
		expect(results[1]?.rows).toEqual(results[0]?.rows);
	});

	it('has another key for all that changes the code, and the same for the same', () => {
		const cache = openCodeCache({ folder });
		const shuffled = JSON.parse(JSON.stringify(request.protocol.schema), (_, value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).reverse()) : value));
		const key = cache.key(request);
		expect(key).toMatch(/^[0-9a-f]{64}$/);
		expect(cache.key({ ...request, protocol: { ...request.protocol, schema: shuffled } })).toBe(key);
		expect(cache.key({ ...request, layout: { received: false }, generate: { ceiling: 5 } })).toBe(key);
		const others = [
			{ ...request, protocol: json(message('trade', { symbol: symbol().key('s'), price: decimal(3).key('p') })) },
			{ ...request, protocol: { ...request.protocol, name: 'other' } },
			{ ...request, protocol: { ...request.protocol, generate: () => handmadeModule() } },
			{ ...request, layout: { rows: 64 } },
			{ ...request, layout: { items: 64 } },
			{ ...request, layout: { textBytes: 64 } },
			{ ...request, layout: { received: true } },
			{ ...request, layout: { sequence: true } },
			{ ...request, tier: 'reference' as const },
			{ ...request, generate: { shared: true } },
			{ ...request, generate: { shared: true, ceiling: 2 ** 20 } },
			{ ...request, profile: 'p' },
		].map((other) => cache.key(other));
		expect(new Set([key, ...others]).size).toBe(others.length + 1);
	});

	it('keeps nothing for a schema that is no data, and compiles it', () => {
		const codeCache = openCodeCache({ folder });
		const protocol = json(trade);
		const odd = { ...protocol, schema: { ...protocol.schema, note: () => undefined } };
		const parser = compile(odd, { codeCache, rows: 64 });
		expect(parser.parse('{"s":"A","p":"1"}')).toBe(true);
		expect(codeCache.statistics()).toMatchObject({ written: 0, failures: 1, lastProblem: expect.stringMatching(/contains a function/) });
	});

	it('goes where the environment says', () => {
		expect(defaultCodeCacheFolder({ TICKFORGE_CACHE: '/a/b', XDG_CACHE_HOME: '/c' })).toBe(resolve('/a/b'));
		expect(defaultCodeCacheFolder({ XDG_CACHE_HOME: '/c' })).toBe(join('/c', 'tickforge'));
		expect(defaultCodeCacheFolder({ XDG_CACHE_HOME: 'not/absolute' })).toBe(join(homedir(), '.cache', 'tickforge'));
		expect(defaultCodeCacheFolder({})).toBe(join(homedir(), '.cache', 'tickforge'));
	});

	it('says what is wrong with what it is given', () => {
		expect(() => openCodeCache({ folder, ceiling: -1 })).toThrow(/whole number of bytes, not -1/);
		expect(() => openCodeCache({ folder }).get('../../etc/passwd')).toThrow(/64 hexadecimal digits/);
	});
});

describe('a damaged file', () => {
	it('is found out whichever bit of it is wrong', () => {
		const cache = openCodeCache({ folder });
		cache.put(KEY, handmadeModule());
		const right = readFileSync(fileOf(KEY));
		for (let at = 0; at < right.length; at++) {
			const wrong = Uint8Array.from(right);
			wrong[at] = (wrong[at] as number) ^ (1 << (at % 8));
			writeFileSync(fileOf(KEY), wrong, { mode: 0o600 });
			expect(cache.get(KEY), `byte ${at}`).toBeNull();
			expect(existsSync(fileOf(KEY)), `byte ${at}`).toBe(false);
		}
		expect(cache.statistics()).toMatchObject({ hits: 0, rejected: right.length });
		writeFileSync(fileOf(KEY), right, { mode: 0o600 });
		expect(cache.get(KEY)).not.toBeNull();
	});

	it('is found out at any length, longer too', () => {
		const cache = openCodeCache({ folder });
		cache.put(KEY, handmadeModule());
		const right = readFileSync(fileOf(KEY));
		for (const length of [0, 1, SEAL_BYTES - 1, SEAL_BYTES, right.length - 1]) {
			writeFileSync(fileOf(KEY), right.subarray(0, length), { mode: 0o600 });
			expect(cache.get(KEY), `${length} bytes`).toBeNull();
		}
		writeFileSync(fileOf(KEY), Buffer.concat([right, Buffer.of(0)]), { mode: 0o600 });
		expectRejected(cache, /damaged/);
	});

	it('is one under the name of another key', () => {
		const cache = openCodeCache({ folder });
		cache.put(OTHER, handmadeModule());
		renameSync(fileOf(OTHER), fileOf(KEY));
		expectRejected(cache, /damaged/);
	});

	it('is one that another secret sealed, and all files are after the secret was lost', () => {
		const cache = openCodeCache({ folder });
		cache.put(KEY, handmadeModule());
		writeFileSync(fileOf(KEY), sealModule(new Uint8Array(32), KEY, handmadeModule()), { mode: 0o600 });
		expectRejected(cache, /not written by this user/);
		rmSync(join(folder, 'secret'));
		const later = openCodeCache({ folder });
		expect(later.statistics().closed).toBeNull();
		expectRejected(later, /damaged/);
	});

	it('is not read where it is too large', () => {
		const cache = openCodeCache({ folder, ceiling: 4096 });
		cache.put(KEY, handmadeModule());
		truncateSync(fileOf(KEY), 2 ** 40);
		expectRejected(cache, /has 1099511627776 bytes/);
	});
});

describe('a hostile file', () => {
	it.each(HOSTILE)('with %s is refused although its seal is right', (_, change, words) => {
		const cache = openCodeCache({ folder });
		const secret = readFileSync(join(folder, 'secret'));
		writeFileSync(fileOf(KEY), sealModule(secret, KEY, handmadeModule(change)), { mode: 0o600 });
		expectRejected(cache, words);
		expect(cache.put(OTHER, handmadeModule(change))).toBe(false);
		expect(cache.statistics().failures).toBe(1);
	});

	it('that is no valid WebAssembly is refused although its seal is right', () => {
		const cache = openCodeCache({ folder });
		const bytes = handmadeModule();
		// Within the code: the outline stays as it is.
		const invalid = Uint8Array.from(bytes);
		const at = invalid.findIndex((byte, index) => byte === 0x20 && index > 60);
		invalid[at] = 0xff;
		expect(WebAssembly.validate(invalid)).toBe(false);
		writeFileSync(fileOf(KEY), sealModule(readFileSync(join(folder, 'secret')), KEY, invalid), { mode: 0o600 });
		expectRejected(cache, /no valid WebAssembly/);
	});

	it.skipIf(!hasOwners)('is a link, or no file', () => {
		const cache = openCodeCache({ folder });
		cache.put(OTHER, handmadeModule());
		const elsewhere = join(base, 'elsewhere');
		writeFileSync(elsewhere, sealModule(readFileSync(join(folder, 'secret')), KEY, handmadeModule()), { mode: 0o600 });
		symlinkSync(elsewhere, fileOf(KEY));
		expectRejected(cache, /is a link/);
		expect(existsSync(elsewhere)).toBe(true);
		rmSync(fileOf(KEY));
		mkdirSync(fileOf(KEY));
		expect(cache.get(KEY)).toBeNull();
		expect(cache.put(KEY, handmadeModule())).toBe(false);
		expect(compile(json(trade), { codeCache: { ...cache, key: () => KEY }, rows: 64 }).parse('{"s":"A","p":"1"}')).toBe(true);
	});

	it.skipIf(!hasOwners)('is one that others may write', () => {
		const cache = openCodeCache({ folder });
		for (const mode of [0o620, 0o602]) {
			cache.put(KEY, handmadeModule());
			chmodSync(fileOf(KEY), mode);
			expectRejected(cache, new RegExp(`has the mode ${mode.toString(8)}`));
		}
	});

	it.skipIf(!asRoot)('is one of another user (needs root to make it)', () => {
		const cache = openCodeCache({ folder });
		cache.put(KEY, handmadeModule());
		chownSync(fileOf(KEY), 12345, 12345);
		expectRejected(cache, /belongs to the user 12345/);
	});
});

describe('a folder', () => {
	it.skipIf(!hasOwners)('is made for this user alone, with all that is in it', () => {
		const cache = openCodeCache({ folder });
		cache.put(KEY, handmadeModule());
		const modes = [folder, join(folder, 'secret'), fileOf(KEY)].map((path) => (statSync(path).mode & 0o777).toString(8));
		expect(modes).toEqual(['700', '600', '600']);
		expect(readdirSync(folder).sort()).toEqual([`${KEY}.tfcc`, 'secret']);
	});

	const expectClosed = (why: RegExp): void => {
		const codeCache = openCodeCache({ folder });
		expect(codeCache.statistics().closed).toMatch(why);
		expect(compile(json(trade), { codeCache, rows: 64 }).parse('{"s":"A","p":"1"}')).toBe(true);
		expect([codeCache.get(KEY), codeCache.put(KEY, handmadeModule())]).toEqual([null, false]);
		codeCache.clear();
		expect(codeCache.statistics()).toMatchObject({ hits: 0, written: 0 });
	};

	it.skipIf(!hasOwners)('that others may write is not used', () => {
		mkdirSync(folder);
		for (const mode of [0o770, 0o707]) {
			chmodSync(folder, mode);
			expectClosed(/has the mode 7.*chmod 700/);
			expect(readdirSync(folder)).toEqual([]);
		}
	});

	it.skipIf(!asRoot)('of another user is not used (needs root to make it)', () => {
		mkdirSync(folder, { mode: 0o700 });
		chownSync(folder, 12345, 12345);
		expectClosed(/belongs to the user 12345/);
	});

	it.skipIf(!hasOwners)('that is a link is not used', () => {
		mkdirSync(join(base, 'target'), { mode: 0o700 });
		symlinkSync(join(base, 'target'), folder);
		expectClosed(/is no folder/);
	});

	it('that cannot be made is not used', () => {
		writeFileSync(folder, '');
		expectClosed(/EEXIST|ENOTDIR|is no folder/);
	});

	it.skipIf(!hasOwners)('gets a new secret where others could read the old one, or it is damaged', () => {
		openCodeCache({ folder }).put(KEY, handmadeModule());
		const path = join(folder, 'secret');
		const old = readFileSync(path);
		chmodSync(path, 0o640);
		expectRejected(openCodeCache({ folder }), /damaged/);
		expect(readFileSync(path)).not.toEqual(old);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		truncateSync(path, 5);
		expectRejected(openCodeCache({ folder }), /damaged/);
		expect(readFileSync(path)).toHaveLength(32);
		const fake = join(base, 'fake-secret');
		copyFileSync(path, fake);
		rmSync(path);
		symlinkSync(fake, path);
		expectRejected(openCodeCache({ folder }), /damaged/);
	});
});

describe('the ceiling', () => {
	it('lets the least recently used go', () => {
		const bytes = handmadeModule();
		const cache = openCodeCache({ folder, ceiling: 3 * (bytes.length + SEAL_BYTES) });
		const keys = ['1', '2', '3', '4', '5'].map((digit) => digit.repeat(64)) as [string, string, string, string, string];
		keys.slice(0, 3).forEach((key, index) => {
			cache.put(key, bytes);
			utimesSync(fileOf(key), 1000 + index, 1000 + index);
		});
		// The oldest is used, so the second goes first, then the third.
		expect(cache.get(keys[0])).not.toBeNull();
		cache.put(keys[3], bytes);
		expect(modulesIn().sort()).toEqual([keys[0], keys[2], keys[3]].map((key) => `${key}.tfcc`));
		cache.put(keys[4], bytes);
		expect(modulesIn().sort()).toEqual([keys[0], keys[3], keys[4]].map((key) => `${key}.tfcc`));
		expect(cache.statistics()).toMatchObject({ written: 5, evicted: 2, failures: 0 });
	});

	it('keeps out what is larger than all of it', () => {
		const cache = openCodeCache({ folder, ceiling: 100 });
		expect(cache.put(KEY, handmadeModule())).toBe(false);
		expect(modulesIn()).toEqual([]);
	});

	it('takes away what a crash left, and not what is being written', () => {
		const cache = openCodeCache({ folder });
		for (const name of ['1-old.part', '2-new.part']) writeFileSync(join(folder, name), 'x');
		utimesSync(join(folder, '1-old.part'), 1000, 1000);
		cache.put(KEY, handmadeModule());
		expect(readdirSync(folder).sort()).toEqual(['2-new.part', `${KEY}.tfcc`, 'secret']);
	});
});

describe('many processes at once', () => {
	const run = promisify(execFile);
	const writer = join(import.meta.dirname, 'cache-writer.ts');

	it.each([
		['room for all', 64 * 2 ** 20],
		['room for one or two', 60_000],
	])('share one folder with %s', async (_, ceiling) => {
		const rounds = 12;
		const outputs = await Promise.all(Array.from({ length: 6 }, () => run(process.execPath, [writer, folder, String(ceiling), String(rounds)])));
		for (const { stdout } of outputs) {
			const { prices, statistics } = JSON.parse(stdout);
			expect(prices).toEqual(Array.from({ length: rounds }, (_unused, round) => String(round * 100 + 25)));
			expect(statistics).toMatchObject({ closed: null, rejected: 0, failures: 0, lastProblem: null });
			expect(statistics.hits + statistics.misses).toBe(rounds);
			if (ceiling > 2 ** 20) expect(statistics.hits).toBeGreaterThanOrEqual(rounds - 4);
		}
		expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
		const total = modulesIn().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
		expect(total).toBeLessThanOrEqual(ceiling);
		expect(modulesIn().length).toBeGreaterThan(0);
		const cache = openCodeCache({ folder });
		for (const name of modulesIn()) expect(cache.get(name.slice(0, 64))).not.toBeNull();
	});
});
