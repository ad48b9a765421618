/** Parsers that count their branches, and parsers that follow a profile of them, give the reference's bytes, whatever the profile says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutSchema } from '../../../src/compiler/batch-layout.ts';
import { type BranchProfile, createBranchProfile } from '../../../src/compiler/branch-profile.ts';
import { instantiateParser } from '../../../src/compiler/instantiate.ts';
import { exchanges } from '../../../src/exchanges/index.ts';
import { json } from '../../../src/protocols/json/index.ts';
import { neverBoth } from '../../../src/protocols/json/schema-tier/selection.ts';
import { type Discriminant, discriminantsOf } from '../../../src/schema/discriminants.ts';
import type { Schema } from '../../../src/schema/model.ts';
import { type BranchCount, printFunctions, printModule, readBranchCounts, readBranchSites } from '../../../src/wasm/index.ts';
import { arbitraryDraws, buildMessage, buildSchema, buildSpelledDocument, Draws } from './arbitraries.ts';
import { compareTiers, show, type Tier, toBytes } from './harness.ts';
import { createLayoutTier } from './layout-tier.ts';
import { assertHolds, caseCount } from './properties.ts';
import { feed, field, message } from './schemas.ts';
import { reference } from './tiers.ts';

/** A schema tier that counts; `read` gives what the last parser made of it has counted. */
function countingTier(): { tier: Tier; read: () => BranchCount[] } {
	let read = (): BranchCount[] => [];
	const create: Tier['create'] = (layout, memory, allocate) => {
		const module = new WebAssembly.Module(json(layout.schema).generate(layout, { countBranches: true }));
		return instantiateParser(module, memory, allocate, (address) => {
			read = () => readBranchCounts(memory, address, readBranchSites(module) ?? []);
		});
	};
	return { tier: { name: 'counting', create }, read: () => read() };
}

const following = (branchProfile: BranchProfile): Tier => ({ name: 'following', create: (layout, memory, allocate) => instantiateParser(new WebAssembly.Module(json(layout.schema).generate(layout, { branchProfile })), memory, allocate) });

/** A profile whose every count is a lie. */
function liesAbout(schema: Schema, d: Draws): BranchProfile {
	const sites = readBranchSites(new WebAssembly.Module(json(schema).generate(layoutSchema(schema), { countBranches: true }))) ?? [];
	const number = (): number => d.pick([0, 0, 1, 63, 64, 1000, 1_000_000, Number.MAX_SAFE_INTEGER, d.below(100_000)]);
	const { functions, ...head } = createBranchProfile(
		schema,
		sites.map((site) => ({ ...site, counts: Array.from({ length: site.counters }, number) })),
	);
	// Taken more often than reached, too: nobody checks.
	return { ...head, functions: d.chance(20) ? functions.map(({ name, sites: own }) => ({ name, sites: own.map(({ key, counts }) => ({ key, counts: counts.toReversed() })) })) : functions };
}

const memories = Array.from({ length: 2 }, () => new WebAssembly.Memory({ initial: 16, maximum: 4096 })) as [WebAssembly.Memory, WebAssembly.Memory];
const draws = fc.tuple(arbitraryDraws(300), arbitraryDraws(400), fc.array(arbitraryDraws(160), { minLength: 1, maxLength: 60, size: 'max' }));

describe('random schemas and messages', () => {
	it('give the same bytes with counters, with what they counted, and with any profile', { timeout: 7_200_000 }, () => {
		const total = { accepted: 0, refused: 0, reordered: 0 };
		assertHolds(draws, Math.ceil(caseCount(9000) / 60), ([schemaDraws, profileDraws, drawsOfMessages]) => {
			const schema = buildSchema(new Draws(schemaDraws));
			const messages = drawsOfMessages.map((values) => buildMessage(schema, new Draws(values)));
			const d = new Draws(profileDraws);
			const options = { rows: 64, items: 64, textBytes: d.pick([4096, 256]), received: true, sequence: true, errorLimit: d.pick([1024, 3]), scratchSize: d.pick([65536, 1024]), symbols: 64, batch: d.pick([1000, 7]), memories };
			const { tier, read } = countingTier();
			const count = (accepted: number, refused: number): void => {
				total.accepted += accepted;
				total.refused += refused;
			};
			const counted = compareTiers([reference, tier], schema, messages, { ...options, count });
			if (counted !== null) return explain('counting', counted, schema, messages);
			const plain = printModule(json(schema).generate(layoutSchema(schema, options)));
			for (const [name, profile] of [
				['honest profile', createBranchProfile(schema, read())],
				['lies', liesAbout(schema, d)],
			] as const) {
				if (printModule(json(schema).generate(layoutSchema(schema, options), { branchProfile: profile })).replace(/ ;; .*/g, '') !== plain.replace(/ ;; .*/g, '')) total.reordered++;
				const difference = compareTiers([reference, following(profile)], schema, messages, options);
				if (difference !== null) return explain(`${name}: ${JSON.stringify(profile)}`, difference, schema, messages);
			}
			return null;
		});
		expect(total.accepted).toBeGreaterThan(total.refused / 2);
		// Else it would say little.
		expect(total.reordered).toBeGreaterThan(0);
	});
});

describe('messages whose layouts repeat', () => {
	const large = Array.from({ length: 2 }, () => new WebAssembly.Memory({ initial: 400, maximum: 4096 })) as [WebAssembly.Memory, WebAssembly.Memory];

	it('give the same bytes in the layout tier, with counters and with lies', { timeout: 7_200_000 }, () => {
		const counts = { taken: 0, missed: 0 };
		assertHolds(fc.tuple(arbitraryDraws(300), arbitraryDraws(400), fc.array(arbitraryDraws(160), { minLength: 2, maxLength: 8, size: 'max' })), Math.ceil(caseCount(1200) / 40), ([schemaDraws, profileDraws, drawsOfMessages]) => {
			const schema = buildSchema(new Draws(schemaDraws));
			const once = drawsOfMessages.map((values, index) => (index % 3 === 0 ? buildMessage(schema, new Draws(values)) : toBytes(buildSpelledDocument(schema, new Draws(values)).text)));
			const messages = [...once, ...once, ...once, ...once];
			const options = { rows: 64, items: 512, textBytes: 4096, batch: once.length, memories: large };
			for (const [name, also] of [
				['counting', { countBranches: true }],
				['lies', { branchProfile: liesAbout(schema, new Draws(profileDraws)) }],
			] as const) {
				const difference = compareTiers([reference, createLayoutTier(counts, also)], schema, messages, options);
				if (difference !== null) return explain(name, difference, schema, messages);
			}
			return null;
		});
		expect(counts.taken).toBeGreaterThan(0);
	});
});

function explain(what: string, difference: string, schema: Schema, messages: readonly Uint8Array[]): string {
	return [what, difference, `schema: ${JSON.stringify(schema)}`, ...messages.slice(0, 20).map((one) => `  ${show(one)}`)].join('\n');
}

describe('what a profile changes', () => {
	const literal = (value: string): ReturnType<typeof field> => field('e', { kind: 'literal', value });
	const schema = feed(message([literal('first'), field('a', { kind: 'integer', bits: 64, signed: true })]), message([literal('second'), field('b', { kind: 'integer', bits: 64, signed: true })]));
	const messages = Array.from({ length: 200 }, (_, index) => new TextEncoder().encode(index % 10 === 0 ? `{"e":"first","a":${index}}` : index % 3 === 0 ? `{"b":${index},"e":"second"}` : `{"e":"second","b":${index}}`));
	const { tier, read } = countingTier();
	const difference = compareTiers([reference, tier], schema, messages, { rows: 256 });
	const profile = createBranchProfile(schema, read());
	const text = (branchProfile?: BranchProfile): string => printModule(json(schema).generate(layoutSchema(schema), { branchProfile }));
	const functionOf = (name: string, branchProfile?: BranchProfile): string =>
		text(branchProfile)
			.split('\nfunc ')
			.find((one) => one.startsWith(`${name}(`)) ?? '';

	it('counts what came', () => {
		expect(difference).toBeNull();
		const find = (name: string, key: string): number => profile.functions.find((one) => one.name === name)?.sites.find((site) => site.key === key)?.counts[0] ?? 0;
		const otherwise = messages.filter((one) => new TextDecoder().decode(one).startsWith('{"b"')).length;
		expect(find('accept variant0', "'accepted by the fast path'")).toBe(20);
		expect(find('accept variant1', "'accepted by the fast path'") + find('accept variant1', "'accepted by the strict path'")).toBe(180);
		// Of those with another order of keys, a guess takes the ones that follow their like.
		expect(find('select', "'selected variant1'")).toBe(find('accept variant1', "'accepted by the strict path'"));
		expect(find('select', "'selected variant1'")).toBeGreaterThan(0);
		expect(find('select', "'selected variant1'")).toBeLessThan(otherwise);
		expect(find('parse', 'call 1')).toBe(1);
	});

	it('is the order of guesses, of selection and of keys', () => {
		const order = (name: string, branchProfile?: BranchProfile): string[] => [...functionOf(name, branchProfile).matchAll(/return (\d+)$/gm)].map(([, number]) => number ?? '');
		expect(order('guess')).toEqual(['0', '1']);
		expect(order('guess', profile)).toEqual(['1', '0']);
		expect(order('select').slice(0, 2)).toEqual(['0', '1']);
		expect(order('select', profile).slice(0, 2)).toEqual(['1', '0']);
		const many = createBranchProfile(schema, [{ function: 'key variant1', kind: 'if', key: "'b'", instruction: 0, likely: null, counter: 0, counters: 2, counts: [10, 9] }]);
		expect(order('"key variant1"', many)).toEqual(['1', '0', '-1'].filter((one) => one !== '-1'));
	});

	it('is no guess where the fast path never succeeds', () => {
		const never = createBranchProfile(schema, [{ function: 'accept variant1', kind: 'count', key: "'fast path tried'", instruction: -1, likely: null, counter: 0, counters: 1, counts: [100_000] }]);
		expect(compareTiers([reference, following(never)], schema, messages, { rows: 256 })).toBeNull();
		const calls = (branchProfile?: BranchProfile): number => functionOf('parse', branchProfile).match(/"accept variant1"\(/g)?.length ?? 0;
		expect(calls()).toBe(2);
		expect(calls(never)).toBe(1);
	});

	it('is hints', () => {
		const hints = (one: string): number => one.match(/;; (un)?likely/g)?.length ?? 0;
		expect(hints(text(profile))).toBeGreaterThan(hints(text()));
		expect(functionOf('parse', profile)).toMatch(/if .* \{ ;; (un)?likely/);
	});

	it('is nothing where it is of another schema or program', () => {
		const other = feed(message([field('a', { kind: 'flag' })]));
		expect(() => json(other).generate(layoutSchema(other), { branchProfile: profile })).toThrow(/the branch profile is of "feed" v1 as it was then/);
		expect(() => json(schema).generate(layoutSchema(schema), { branchProfile: { ...profile, program: '0.0.1' } })).toThrow(/tickforge 0\.0\.1 counted it/);
	});
});

describe('variants of which never both fit', () => {
	const of = (one: Schema['variants'][number]['type']): Discriminant[] => discriminantsOf({ name: 'v', role: 'table', type: one });
	const keyed = (value: string, keys = ['e']): Discriminant[] => of(message([field('e', { kind: 'literal', value }, { keys })]));

	it('differ in a text at one key', () => {
		expect(neverBoth(keyed('a'), keyed('b'))).toBe(true);
		expect(neverBoth(keyed('a'), keyed('a'))).toBe(false);
		expect(neverBoth(keyed('a'), of(message([field('x', { kind: 'literal', value: 'b' })])))).toBe(false);
	});

	it('are not those whose key has aliases: a message may have both', () => {
		expect(neverBoth(keyed('a', ['e', 'event']), keyed('b', ['e', 'event']))).toBe(false);
		const aliases = feed(message([field('e', { kind: 'literal', value: 'a' }, { keys: ['e', 'event'] })]), message([field('e', { kind: 'literal', value: 'b' }, { keys: ['e', 'event'] })]));
		const lies = createBranchProfile(aliases, [{ function: 'accept variant1', kind: 'count', key: "'accepted by the strict path'", instruction: -1, likely: null, counter: 0, counters: 1, counts: [100] }]);
		const both = [new TextEncoder().encode('{"e":"a","event":"b"}'), new TextEncoder().encode('{"e":"b","event":"a"}')];
		expect(compareTiers([reference, following(lies)], aliases, both)).toBeNull();
	});

	it('are not those whose texts are no Unicode: they become the same bytes', () => {
		expect(neverBoth(keyed('\ud800'), keyed('\ud801'))).toBe(false);
	});
});

describe.each(Object.values(exchanges).map((preset) => [preset.name, preset.schema] as const))('the parser of %s', (_, schema) => {
	it('reads the same with counters, without the counting', () => {
		const layout = layoutSchema(schema);
		const plain = printModule(json(schema).generate(layout));
		const bodies = plain
			.split('\nfunc ')
			.slice(1)
			.map((text) => text.trimEnd().split('\n').slice(1).join('\n'));
		const counted = printFunctions(json(schema).generate(layout, { countBranches: true })).map(({ name, lines }) => ({
			name,
			text: lines
				.filter(({ text }) => !/^ *count '/.test(text))
				.map(({ text }) => text)
				.join('\n'),
		}));
		expect(counted.length).toBe(bodies.length);
		for (const [index, { name, text }] of counted.entries()) if (name !== 'initialize') expect(text).toBe(bodies[index]);
		expect(json(schema).generate(layout, { countBranches: false })).toEqual(json(schema).generate(layout));
	});
});
