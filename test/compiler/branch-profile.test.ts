/** Profiles of branches: kept, merged, read from files that nobody vouches for; and what is made of the counts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { type BranchProfile, byTimes, byTimesWithin, createBranchProfile, followBranchProfile, mergeBranchProfiles, mistakeInBranchProfile, parseBranchProfile } from '../../src/compiler/branch-profile.ts';
import { mistakeInParserModule } from '../../src/compiler/parser-module.ts';
import { compile, decimal, json, message, openBackgroundCompiler, openCodeCache, type Schema, symbol } from '../../src/index.ts';
import type { BranchCount } from '../../src/wasm/branches.ts';

const folder = mkdtempSync(join(tmpdir(), 'tickforge-branches-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const trade = message('trade', { symbol: symbol().key('s'), price: decimal(2).key('p') });
const protocol = json(trade);
const schema: Schema = protocol.schema;
const site = (name: string, key: string, counts: number[], kind: BranchCount['kind'] = 'if'): BranchCount => ({ function: name, kind, key, instruction: 0, likely: null, counter: 0, counters: counts.length, counts });
const profile = createBranchProfile(schema, [site('f', 'if 1', [100, 3]), site('f', 'branchIf 1', [100, 40], 'branchIf'), site('f', 'if 2', [0, 0]), site('g', "'name'", [7, 5])]);
const text = JSON.stringify(profile);

function counted(messages: number): BranchProfile {
	const parser = compile(protocol, { tier: 'schema', countBranches: true });
	for (let index = 0; index < messages; index++) parser.parse(index % 4 === 0 ? `{"p":"${index}.25","s":"A"}` : `{"s":"A","p":"${index}.25"}`);
	const made = createBranchProfile(
		schema,
		parser.branches().flatMap(({ counts }) => counts),
	);
	parser.dispose();
	return made;
}

describe('a branch profile', () => {
	it('keeps what was reached, as reached and taken', () => {
		expect(profile.functions).toEqual([
			{
				name: 'f',
				sites: [
					{ key: 'if 1', counts: [100, 3] },
					{ key: 'branchIf 1', counts: [100, 60] },
				],
			},
			{ name: 'g', sites: [{ key: "'name'", counts: [7, 5] }] },
		]);
		expect(parseBranchProfile(text)).toEqual(profile);
	});

	it('is merged by adding, never beyond what is exact', () => {
		expect(mergeBranchProfiles([profile, profile]).functions[0]?.sites[0]).toEqual({ key: 'if 1', counts: [200, 6] });
		const most = createBranchProfile(schema, [site('f', 'if 1', [Number.MAX_SAFE_INTEGER, 1])]);
		const merged = mergeBranchProfiles([most, most]);
		expect(merged.functions[0]?.sites[0]?.counts).toEqual([Number.MAX_SAFE_INTEGER, 2]);
		expect(parseBranchProfile(JSON.stringify(merged))).toEqual(merged);
		const other = createBranchProfile(json(message('other', { a: symbol() })).schema, []);
		expect(() => mergeBranchProfiles([profile, other])).toThrow(/their schemas differ/);
		expect(() => mergeBranchProfiles([])).toThrow(/no branch profile to merge/);
	});

	it.each([
		['', /Unexpected end/],
		['null', /no object/],
		['{}', /"format"/],
		[JSON.stringify({ ...profile, version: 2 }), /its version is 2/],
		[JSON.stringify({ ...profile, program: '0.0.9' }), /tickforge 0\.0\.9 counted it/],
		[JSON.stringify({ ...profile, schema: null }), /names no schema/],
		[JSON.stringify({ ...profile, schema: { name: 'x' } }), /no name, version and fingerprint/],
		[JSON.stringify({ ...profile, functions: {} }), /no list of functions/],
		[JSON.stringify({ ...profile, functions: [{ name: 'f' }] }), /function 0 has no name and sites/],
		[JSON.stringify({ ...profile, functions: [{ name: 'f', sites: [{ key: 1 }] }] }), /no key and counts/],
		[JSON.stringify({ ...profile, functions: [{ name: 'f', sites: [{ key: 'if 1', counts: [-1] }] }] }), /no whole number/],
		[JSON.stringify({ ...profile, functions: [{ name: 'f', sites: [{ key: 'if 1', counts: [1.5] }] }] }), /no whole number/],
		[JSON.stringify({ ...profile, functions: [{ name: 'f', sites: [{ key: 'if 1', counts: ['1'] }] }] }), /no whole number/],
		[JSON.stringify({ ...profile, functions: [{ name: 'f', sites: [{ key: 'if 1', counts: [2 ** 53] }] }] }), /no whole number/],
		[JSON.stringify({ ...profile, functions: Array.from({ length: 70_000 }, () => ({ name: '', sites: [] })) }), /70000 functions/],
		[JSON.stringify({ ...profile, functions: [{ name: 'f', sites: [{ key: '', counts: Array.from({ length: 2 ** 21 + 1 }, () => 0) }] }] }), /more than 2097152 counts/],
		[' '.repeat(2 ** 25 + 1), /characters/],
	])('is refused in words (%#)', (wrong, words) => {
		expect(() => parseBranchProfile(wrong)).toThrow(words);
	});

	it('of any data at all is refused or harmless', () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.jsonValue(),
					fc.record({ functions: fc.jsonValue() }).map((part) => ({ ...profile, ...part })),
				),
				(data) => {
					const mistake = mistakeInBranchProfile(data);
					if (mistake !== null) {
						expect(() => parseBranchProfile(JSON.stringify(data))).toThrow(/no branch profile/);
						return;
					}
					const answers = followBranchProfile(parseBranchProfile(JSON.stringify(data)), schema);
					expect([true, false, undefined]).toContain(answers.likely('f', 'if 1', undefined));
				},
			),
		);
	});

	it('takes no name for a member of objects', () => {
		const odd = createBranchProfile(schema, [site('__proto__', "'constructor'", [100, 99]), site('toString', 'if 1', [100, 99])]);
		const answers = followBranchProfile(parseBranchProfile(JSON.stringify(odd)), schema);
		expect(answers.times('__proto__', 'constructor')).toBe(99);
		expect(answers.times('toString', 'constructor')).toBe(0);
		expect(answers.likely('toString', 'if 1', undefined)).toBe(true);
		expect(answers.likely('valueOf', 'if 1', false)).toBe(false);
	});
});

describe('what a generator takes from it', () => {
	const likely = (counts: number[], given?: boolean, key = 'if 1'): boolean | undefined => followBranchProfile(createBranchProfile(schema, [site('f', key, counts)]), schema).likely('f', key, given);

	it('is a hint where nearly all or none were taken, of enough', () => {
		expect(likely([1000, 950])).toBe(true);
		expect(likely([1000, 949], true)).toBeUndefined();
		expect(likely([1000, 50])).toBe(false);
		expect(likely([63, 63], false)).toBe(false);
		expect(likely([64, 64], false)).toBe(true);
		expect(likely([0, 0], true)).toBe(true);
		// A named branch is reached another number of times in another order.
		expect(likely([1000, 0], true, "'named'")).toBe(true);
	});

	it('is an order that is stable, and passes only what may be passed', () => {
		expect(byTimes(['a', 'b', 'c', 'd'], (one) => ({ a: 1, b: 3, c: 1, d: 3 })[one] ?? 0)).toEqual(['b', 'd', 'a', 'c']);
		fc.assert(
			fc.property(fc.array(fc.record({ times: fc.nat(5), group: fc.nat(3) }), { maxLength: 12 }), (items) => {
				const mayPass = (a: { group: number }, b: { group: number }): boolean => a.group !== b.group;
				const ordered = byTimesWithin(items, ({ times }) => times, mayPass);
				expect(new Set(ordered)).toEqual(new Set(items));
				expect(ordered.length).toBe(items.length);
				// Within a group, nothing has passed anything.
				for (let group = 0; group <= 3; group++) expect(ordered.filter((one) => one.group === group)).toEqual(items.filter((one) => one.group === group));
				// Free items are sorted.
				expect(
					byTimesWithin(
						items,
						({ times }) => times,
						() => true,
					),
				).toEqual(byTimes(items, ({ times }) => times));
				expect(
					byTimesWithin(
						items,
						({ times }) => times,
						() => false,
					),
				).toEqual(items);
			}),
		);
	});
});

describe('compile', () => {
	it('counts on demand, in each module that parses', () => {
		const parser = compile(protocol, { tier: 'schema', countBranches: true });
		expect(parser.parse('{"s":"A","p":"1.25"}')).toBe(true);
		const [module, ...others] = parser.branches();
		expect(others).toEqual([]);
		expect(module?.tier).toBe('schema');
		expect(module?.counts.find((one) => one.function === 'parse' && one.key === 'call 1')?.counts).toEqual([1]);
		expect(module?.counts.find((one) => one.function === 'accept trade' && one.key === "'accepted by the strict path'")?.counts).toEqual([1]);
		expect(module?.counts.find((one) => one.function === 'accept trade' && one.key === "'accepted by the fast path'")?.counts).toEqual([0]);
		expect(parser.parse('{"s":"A","p":"1.25"}')).toBe(true);
		expect(parser.branches()[0]?.counts.find((one) => one.function === 'accept trade' && one.key === "'accepted by the fast path'")?.counts).toEqual([1]);
		parser.dispose();
		expect(() => parser.branches()).toThrow(/disposed/);
		const plain = compile(protocol, { tier: 'schema' });
		expect(plain.branches()).toEqual([]);
		plain.dispose();
	});

	it('counts in the layout tier, too', () => {
		const parser = compile(protocol, { tier: 'layout', countBranches: true, tiering: { learnAfter: 0, learnFirst: 8, learningShare: 1 } });
		for (let index = 0; index < 500; index++) parser.parse(`{"s":"A","p":"${100 + index}.25"}`);
		const modules = parser.branches();
		expect(modules.map(({ tier }) => tier)).toEqual(['schema', ...modules.slice(1).map(() => 'layout')]);
		expect(modules.length).toBeGreaterThan(1);
		const calls = modules.map(({ counts }) => counts.find((one) => one.function === 'parse' && one.key === 'call 1')?.counts[0] ?? 0);
		expect(calls.reduce((sum, one) => sum + one, 0)).toBe(500);
		expect(parser.statistics()).toMatchObject({ messages: 500, refused: 0 });
		parser.dispose();
	});

	it('starts its counters at zero where memory was used before', () => {
		const first = compile(protocol, { tier: 'schema', countBranches: true });
		for (let index = 0; index < 10; index++) first.parse('{"s":"A","p":"1"}');
		const { arena } = first;
		const second = compile(protocol, { tier: 'schema', countBranches: true, arena });
		second.dispose();
		const third = compile(protocol, { tier: 'schema', countBranches: true, arena });
		expect(third.branches()[0]?.counts.every(({ counts }) => counts.every((one) => one === 0))).toBe(true);
		first.dispose();
	});

	it('follows a profile, and says what does not go together', () => {
		const branchProfile = counted(400);
		const parser = compile(protocol, { tier: 'schema', branchProfile });
		expect(parser.parse('{"p":"1.25","s":"A"}')).toBe(true);
		const other = json(message('other', { a: symbol() }));
		expect(() => compile(other, { tier: 'schema', branchProfile })).toThrow(/the branch profile is of "trade" v1/);
		const { module } = parser;
		expect(() => compile(protocol, { module: module as WebAssembly.Module, branchProfile })).toThrow(/branchProfile changes the code .* made already/);
		expect(() => compile(protocol, { module: module as WebAssembly.Module, countBranches: true })).toThrow(/countBranches changes the code/);
		parser.dispose();
	});

	it('links a module that counts like any other', () => {
		const counting = compile(protocol, { tier: 'schema', countBranches: true });
		const parser = compile(protocol, { module: counting.module as WebAssembly.Module });
		expect(parser.parse('{"p":"1.25","s":"A"}')).toBe(true);
		expect(parser.branches()).toEqual([]);
		const twin = counting.twin();
		expect(twin.parse('{"p":"1.25","s":"A"}')).toBe(true);
		expect(counting.branches()[0]?.counts.every(({ counts }) => counts.every((one) => one === 0))).toBe(true);
		for (const one of [counting, parser, twin]) one.dispose();
	});
});

describe('modules that count, and those that follow a profile', () => {
	const branchProfile = counted(400);

	it('have keys of their own in a code cache', () => {
		const cache = openCodeCache({ folder });
		const key = (generate: object): string => cache.key({ protocol, layout: {}, tier: 'schema', generate }) as string;
		const keys = [key({}), key({ countBranches: true }), key({ branchProfile }), key({ branchProfile: counted(100) }), key({ branchProfile, countBranches: true })];
		expect(new Set(keys).size).toBe(keys.length);
		expect(key({ countBranches: false, branchProfile: undefined })).toBe(keys[0]);
		expect(key({ branchProfile: parseBranchProfile(JSON.stringify(branchProfile)) })).toBe(keys[2]);
	});

	it('are kept where they follow, and never where they count', () => {
		const cache = openCodeCache({ folder: join(folder, 'own') });
		for (const options of [{}, { branchProfile }, { branchProfile }]) compile(protocol, { tier: 'schema', codeCache: cache, ...options }).dispose();
		expect(cache.statistics()).toMatchObject({ hits: 1, misses: 2, written: 2, failures: 0 });
		compile(protocol, { tier: 'schema', codeCache: cache, countBranches: true }).dispose();
		expect(cache.statistics()).toMatchObject({ hits: 1, misses: 2, written: 2, failures: 0 });
		const bytes = protocol.generate(layoutSchema(schema), { countBranches: true });
		expect(mistakeInParserModule(bytes)).toMatch(/exports branchCounters/);
		expect(cache.put(cache.key({ protocol, layout: {}, tier: 'schema', generate: { countBranches: true } }) as string, bytes)).toBe(false);
	});

	it('come from another thread as from this one', async () => {
		const compiler = openBackgroundCompiler();
		for (const generate of [{ countBranches: true }, { branchProfile }, {}]) {
			const made = await compiler.compile({ protocol: 'json', schema, generate });
			expect(made?.bytes).toEqual(protocol.generate(layoutSchema(schema), generate));
		}
		expect(await compiler.compile({ protocol: 'json', schema, generate: { branchProfile: { ...branchProfile, program: '0' } } })).toBeNull();
		expect(compiler.statistics().lastProblem).toMatch(/tickforge 0 counted it/);
		await compiler.dispose();
	});
});
