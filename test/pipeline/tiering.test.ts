/** From the schema tier to the layout tier and back, by compile's own rules. */
import { describe, expect, it } from 'vitest';
import { type AnyBatch, compile, createArena, decimal, flag, integer, json, list, literal, mergeProfiles, message, oneOf, openBackgroundCompiler, type Parser, parseProfile, type Schema, symbol, timestamp, tuple } from '../../src/index.ts';
import { describeMessages } from './messages.ts';

const schema = oneOf(
	'venue',
	{ version: 3 },
	message('trade', { type: literal('trade').key('e'), time: timestamp('ms').key('E'), symbol: symbol().key('s'), id: integer().key('t'), price: decimal(8).key('p'), maker: flag().key('m') }),
	message('book', { type: literal('book').key('e'), symbol: symbol().key('s'), bids: list(tuple({ price: decimal(4), size: decimal(4) })).key('b') }),
);

const trade = (index: number): string => `{"e":"trade","E":${1_700_000_000_000 + index},"s":"${['BTCUSDT', 'ETHUSDT', 'SOLEUR'][index % 3]}","t":${4_000_000_000 + index},"p":"${20_000 + (index % 999)}.${String(index % 100).padStart(2, '0')}","m":${index % 2 === 0}}`;
const book = (index: number): string => `{"e":"book","s":"BTCUSDT","b":[${Array.from({ length: index % 4 }, (_, level) => `["${100 + level}.${index % 10}","${index % 90}.5"]`).join(',')}]}`;
/** The same values, keys in another order and with white space: no layout of the others fits. */
const moved = (index: number): string => `{ "m": ${index % 2 === 0}, "p": "${20_000 + (index % 999)}.5", "e": "trade", "t": ${index + 1}, "s": "BTCUSDT", "E": ${1_700_000_000_000 + index} }`;

function rowsOf(texts: readonly string[], options: Parameters<typeof compile<typeof schema>>[1], step = 100): { rows: unknown[]; parser: Parser<typeof schema> } {
	const rows: unknown[] = [];
	const arena = createArena({ ceiling: 2 ** 30 });
	const parser = compile(json(schema), {
		...options,
		// What is learned must not depend on how fast the machine is.
		tiering: { learnAfter: 0, learningShare: 1, ...options?.tiering },
		arena,
		onBatch(batch: AnyBatch<typeof schema>) {
			for (let row = 0; row < batch.rows; row++) rows.push(JSON.parse(JSON.stringify([batch.table, batch.row(row)], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))));
		},
	});
	const placed = describeMessages(arena, texts);
	for (let first = 0; first < texts.length; first += step) parser.parseMany(placed.descriptors + first * 16, Math.min(step, texts.length - first));
	parser.flush();
	return { rows, parser };
}
const byTable = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
const sample = (count: number): string[] => Array.from({ length: count }, (_, index) => (index % 5 === 4 ? book(index) : trade(index)));

describe('the layout tier', () => {
	it('is what compile uses, learns, and gives the rows that the schema tier gives', () => {
		const texts = sample(5000);
		const { rows, parser } = rowsOf(texts, {});
		expect(parser.tier).toBe('layout');
		const { layouts } = parser.statistics();
		expect(layouts).toMatchObject({ state: 'settled', stepsAside: 0 });
		expect(layouts?.modules).toBeGreaterThan(0);
		expect(layouts?.taken).toBeGreaterThan(4000);
		expect(byTable(rows)).toEqual(byTable(rowsOf(texts, { tier: 'schema' }).rows));
		expect(parser.statistics().refused).toBe(0);
	});

	it('can be turned off', () => {
		const { parser } = rowsOf(sample(300), { tier: 'schema' });
		expect(parser.tier).toBe('schema');
		expect(parser.statistics().layouts).toBeNull();
		expect(parser.profile()).toBeNull();
	});

	it('learns again where a venue changes its format, and loses and doubles nothing', () => {
		const texts = [...sample(3000), ...Array.from({ length: 20_000 }, (_, index) => moved(index))];
		const { rows, parser } = rowsOf(texts, { tiering: { window: 4096, leastTaken: 0.05 } });
		const layouts = parser.statistics().layouts;
		expect(layouts?.modules).toBeGreaterThan(1);
		expect(layouts?.taken).toBeGreaterThan(15_000);
		expect(rows).toHaveLength(texts.length);
		expect(byTable(rows)).toEqual(byTable(rowsOf(texts, { tier: 'schema' }).rows));
	});

	it('shows a change of format in its metrics: the share falls, it learns again, the share is back', () => {
		const arena = createArena({ ceiling: 2 ** 30 });
		const parser = compile(json(schema), { arena, tiering: { learnAfter: 0, learningShare: 1, window: 2048 } });
		const before = describeMessages(arena, sample(4096));
		const after = describeMessages(
			arena,
			Array.from({ length: 4096 }, (_, index) => moved(index)),
		);
		const parse = ({ descriptors }: { readonly descriptors: number }): NonNullable<ReturnType<typeof parser.statistics>['layouts']> => {
			for (let first = 0; first < 4096; first += 64) parser.parseMany(descriptors + first * 16, 64);
			const { layouts } = parser.statistics();
			if (layouts === null) throw new Error('the layout tier is off');
			return layouts;
		};
		for (let round = 0; round < 4; round++) parse(before);
		const known = parse(before);
		expect(known).toMatchObject({ state: 'settled', relearned: 0, stepsAside: 0 });
		expect(known.recentShare).toBeGreaterThan(0.99);
		for (let round = 0; round < 8; round++) parse(after);
		const changed = parse(after);
		// It may step aside before it has learned, and must have come back.
		expect(changed.relearned + changed.stepsAside).toBeGreaterThan(0);
		for (let round = 0; round < 40; round++) parse(after);
		const again = parse(after);
		expect(again.state).toBe('settled');
		expect(again.recentShare).toBeGreaterThan(0.99);
		expect(again.modules).toBeGreaterThan(known.modules);
	});

	it('learns what is new where half of what arrives has changed, and goes on taking the rest', () => {
		const arena = createArena({ ceiling: 2 ** 30 });
		const parser = compile(json(schema), { arena, tiering: { learnAfter: 0, learningShare: 1, window: 2048, leastTaken: 0 } });
		const layouts = (): NonNullable<ReturnType<typeof parser.statistics>['layouts']> => parser.statistics().layouts as NonNullable<ReturnType<typeof parser.statistics>['layouts']>;
		const before = describeMessages(arena, sample(4096));
		const mixed = describeMessages(
			arena,
			Array.from({ length: 4096 }, (_, index) => (index % 2 === 0 ? trade(index) : moved(index))),
		);
		const parse = ({ descriptors }: { readonly descriptors: number }): void => {
			for (let first = 0; first < 4096; first += 64) parser.parseMany(descriptors + first * 16, 64);
		};
		for (let round = 0; round < 20; round++) parse(before);
		const known = layouts();
		expect(known).toMatchObject({ state: 'settled', relearned: 0 });
		for (let round = 0; round < 10; round++) parse(mixed);
		expect(layouts().modules).toBeGreaterThan(known.modules);
		expect(layouts().missed - known.missed).toBeLessThan(4096);
		expect(layouts().recentShare).toBeGreaterThan(0.98);
	});

	it('looks at nothing any more when all is learned', () => {
		const arena = createArena({ ceiling: 2 ** 30 });
		const parser = compile(json(schema), { arena, tiering: { learnAfter: 0, learningShare: 1, window: 2048 } });
		const texts = sample(2048);
		// Escapes: accepted, and never learned.
		texts[7] = texts[7]?.replace('"e":"trade"', '"\\u0065":"trade"') as string;
		texts[1000] = texts[1000]?.replace('"e":"trade"', '"\\u0065":"trade"') as string;
		const placed = describeMessages(arena, texts);
		const parse = (): number => {
			for (let first = 0; first < texts.length; first += 64) parser.parseMany(placed.descriptors + first * 16, 64);
			return parser.statistics().layouts?.learnMilliseconds ?? 0;
		};
		for (let round = 0; round < 400; round++) parse();
		const unlearnable = parser.statistics().layouts?.unlearnable ?? 0;
		const learned = parse();
		for (let round = 0; round < 100; round++) parse();
		expect(parse()).toBe(learned);
		expect(parser.statistics().layouts?.unlearnable).toBe(unlearnable);
		expect(parser.statistics()).toMatchObject({ refused: 0, layouts: { relearned: 0, stepsAside: 0 } });
	});

	it('steps aside where layouts take too few, and comes back', () => {
		// Keys in ever another order: every message is a layout of its own.
		const keys = ['"e":"trade"', '"E":1700000000000', '"s":"BTCUSDT"', '"t":77', '"p":"1.5"', '"m":true'];
		const shuffled = (index: number): string => {
			const rest = [...keys];
			let left = index * 7919;
			const chosen: string[] = [];
			while (rest.length > 0) {
				chosen.push(rest.splice(left % rest.length, 1)[0] as string);
				left = Math.floor(left / 6) + index;
			}
			return `{${chosen.join(`${' '.repeat(index % 7)},`)}}`;
		};
		const texts = [...sample(500), ...Array.from({ length: 6000 }, (_, index) => shuffled(index))];
		const { rows, parser } = rowsOf(texts, { tiering: { window: 512, learnFirst: 32, leastTaken: 0.9, learningShare: 0 } });
		expect(parser.statistics().layouts?.stepsAside).toBeGreaterThan(0);
		expect(rows).toHaveLength(texts.length);
		expect(byTable(rows)).toEqual(byTable(rowsOf(texts, { tier: 'schema' }).rows));
	});

	it('gives up shapes that are used least where there are too many', () => {
		// Keys in one order for a while, then in another, ever again: more orders than there may be shapes.
		const keys = ['"e":"trade"', '"E":1700000000000', '"s":"BTCUSDT"', '"t":77', '"p":"1.5"', '"m":true'];
		const ordered = (order: number): string => `{${keys.map((_, index) => keys[(index * (order % 2 === 0 ? 1 : 5) + order) % 6]).join(',')}}`;
		const texts = Array.from({ length: 24_000 }, (_, index) => ordered((index >> 11) % 12));
		const { rows, parser } = rowsOf(texts, { tiering: { mostShapes: 4, learningShare: 1 } });
		const layouts = parser.statistics().layouts;
		expect(layouts?.evicted).toBeGreaterThan(2);
		expect(layouts?.shapes).toBeLessThanOrEqual(4);
		expect(layouts?.taken).toBeGreaterThan(1000);
		expect(rows).toHaveLength(texts.length);
		expect(byTable(rows)).toEqual(byTable(rowsOf(texts, { tier: 'schema' }).rows));
	});

	it('refuses what the schema tier refuses, at the same places', () => {
		const good = sample(400);
		const bad = good.slice(0, 300).map((text, index) => (index % 2 === 0 ? text.replace('"p":"2', '"p":"0') : text.slice(0, -1 - (index % 30))));
		const refusals = (tier: 'layout' | 'schema'): string[] => {
			const seen: string[] = [];
			const { parser } = rowsOf([...good, ...bad, ...good], { tier, tiering: { learnFirst: 8 }, onError: ({ category, offset, sequence, variant }) => seen.push(`${sequence} ${category} ${offset} ${variant}`) });
			if (tier === 'layout') expect(parser.statistics().layouts?.taken).toBeGreaterThan(300);
			return seen;
		};
		expect(refusals('layout')).toEqual(refusals('schema'));
	});
});

describe('swaps while messages arrive', () => {
	const KEYS: readonly ((index: number) => string)[] = [() => '"e":"trade"', (index) => `"E":${1_700_000_000_000 + index}`, (index) => `"s":"${['BTCUSDT', 'ETHUSDT', 'SOLEUR'][index % 3]}"`, (index) => `"t":${index}`, (index) => `"p":"${20_000 + (index % 999)}.${index % 10}"`, (index) => `"m":${index % 2 === 0}`];
	/** Format `format` of a venue that changes the order of its keys again and again. Some are broken, some are books. */
	const message = (format: number, index: number): string => {
		if (index % 97 === 13) return '{"e":"trade","s":"X"}';
		if (index % 11 === 5) return book(index);
		const turned = KEYS.map((_, at) => KEYS[(at * (format % 2 === 0 ? 1 : 5) + (format >> 1)) % KEYS.length] as (index: number) => string);
		return `{${turned.map((key) => key(index)).join(format % 3 === 0 ? ', ' : ',')}}`;
	};
	const FORMATS = 12;
	const EACH = 4096;
	const texts = Array.from({ length: FORMATS * EACH }, (_, index) => message(Math.floor(index / EACH), index));
	const rules = { learnAfter: 0, learnFirst: 16, learningShare: 1, window: 1024, leastTaken: 0 };
	const refusals =
		(kept: string[]): NonNullable<NonNullable<Parameters<typeof compile<typeof schema>>[1]>['onError']> =>
		({ category, offset, sequence }) =>
			void kept.push(`${sequence} ${category} ${offset}`);
	const bySchemaTier = (given = texts): { rows: string[]; refused: string[] } => {
		const refused: string[] = [];
		const { rows } = rowsOf(given, { tier: 'schema', onError: refusals(refused) });
		return { rows: byTable(rows), refused };
	};

	it('lose and double nothing, many times over', () => {
		const refused: string[] = [];
		const { rows, parser } = rowsOf(texts, { tiering: rules, onError: refusals(refused) }, 64);
		const expected = bySchemaTier();
		expect(parser.statistics().layouts?.modules).toBeGreaterThan(FORMATS / 2);
		expect(parser.statistics().layouts?.taken).toBeGreaterThan(texts.length / 2);
		expect(refused).toEqual(expected.refused);
		expect(byTable(rows)).toEqual(expected.rows);
	});

	it('lose and double nothing where modules come from another thread, and hold nothing up', { timeout: 120_000 }, async () => {
		const background = openBackgroundCompiler();
		try {
			const rows: unknown[] = [];
			const refused: string[] = [];
			const arena = createArena({ ceiling: 2 ** 30 });
			const parser = compile(json(schema), {
				arena,
				background,
				tiering: rules,
				onError: refusals(refused),
				onBatch(batch: AnyBatch<typeof schema>) {
					for (let row = 0; row < batch.rows; row++) rows.push(JSON.parse(JSON.stringify([batch.table, batch.row(row)], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))));
				},
			});
			// Each format twice: the first time its code is asked for, the second time it is used.
			const twice = Array.from({ length: FORMATS * 2 }, (_, part) => texts.slice((part >> 1) * EACH, ((part >> 1) + 1) * EACH)).flat();
			const placed = describeMessages(arena, twice);
			for (let first = 0; first < twice.length; first += 64) {
				parser.parseMany(placed.descriptors + first * 16, 64);
				if ((first + 64) % EACH === 0) for (let wait = 0; wait < 400 && background.statistics().compiled < background.statistics().requested; wait++) await new Promise((resume) => setTimeout(resume, 5));
			}
			parser.flush();
			const expected = bySchemaTier(twice);
			const { layouts } = parser.statistics();
			expect(layouts?.modules).toBeGreaterThan(FORMATS / 3);
			expect(layouts?.taken).toBeGreaterThan(EACH);
			expect(background.statistics()).toMatchObject({ failed: 0 });
			expect(refused).toEqual(expected.refused);
			expect(byTable(rows)).toEqual(expected.rows);
		} finally {
			await background.dispose();
		}
	});
});

describe('a profile', () => {
	const learned = (): Parser<typeof schema> => rowsOf(sample(3000), {}).parser;

	it('lets another parser begin with what one has learned', () => {
		const profile = learned().profile();
		const text = JSON.stringify(profile);
		const { rows, parser } = rowsOf(sample(500), { profile: parseProfile(text) });
		expect(rows).toHaveLength(500);
		// Symbols are new there, so that each is missed once or twice.
		expect(parser.statistics().layouts?.taken).toBeGreaterThan(450);
		expect(byTable(rows)).toEqual(byTable(rowsOf(sample(500), { tier: 'schema' }).rows));
	});

	it('keeps how often its messages were met from one process to the next', () => {
		const profile = parseProfile(JSON.stringify(learned().profile()));
		const met = profile.messages.map((entry, index) => ({ ...entry, met: index + 2 }));
		const again = compile(json(schema), { profile: { ...profile, messages: met } }).profile();
		const sum = (messages: readonly { readonly met: number }[] | undefined): number => messages?.reduce((total, entry) => total + entry.met, 0) ?? 0;
		expect(again?.messages.length).toBe(profile.messages.length);
		expect(sum(again?.messages)).toBe(sum(met));
	});

	it('is merged with others of its schema', () => {
		const profile = parseProfile(JSON.stringify(learned().profile()));
		const merged = mergeProfiles([profile, profile]);
		expect(merged.messages.length).toBeLessThanOrEqual(profile.messages.length);
		expect(merged.messages.reduce((sum, { met }) => sum + met, 0)).toBe(2 * profile.messages.reduce((sum, { met }) => sum + met, 0));
		const other = compile(json(message('other', { a: integer() })), { tiering: { learnAfter: 0, learnFirst: 1 } });
		expect(() => mergeProfiles([profile, other.profile() as NonNullable<ReturnType<typeof other.profile>>])).toThrow(/schemas differ/);
	});

	it('is refused where it is of another schema', () => {
		const profile = parseProfile(JSON.stringify(learned().profile()));
		const changed: Schema = { ...schema, version: 4 };
		expect(() => compile(json(changed), { profile })).toThrow(/learn it again/);
	});

	it('cannot make a parser accept what the schema refuses', () => {
		const profile = parseProfile(JSON.stringify(learned().profile()));
		const hostile = { ...profile, messages: [{ variant: 'trade', text: '{"e":"trade","E":00,"s":"X","t":1,"p":"1","m":true}', met: 1 }, { variant: 'trade', text: '{"e":"book","s":"X","b":[]} ', met: 9 }, ...profile.messages] };
		const texts = ['{"e":"trade","E":00,"s":"X","t":1,"p":"1","m":true}', trade(1), trade(1), '{"e":"trade","E":05,"s":"X","t":1,"p":"1","m":true}'];
		const { rows, parser } = rowsOf(texts, { profile: hostile });
		expect(rows).toHaveLength(2);
		expect(parser.statistics()).toMatchObject({ refused: 2 });
	});

	it.each([
		['{', /no layout profile/],
		['[]', /"format"/],
		['{"format":"tickforge layout profile","version":9}', /version is 9/],
		['{"format":"tickforge layout profile","version":1,"schema":{},"messages":[]}', /fingerprint/],
		['{"format":"tickforge layout profile","version":1,"schema":{"name":"a","version":1,"fingerprint":"b"},"messages":[{}]}', /message 0/],
	])('that is damaged says what is wrong: %s', (text, problem) => {
		expect(() => parseProfile(text)).toThrow(problem);
	});
	it('that counts without end is read as one that can be written again', () => {
		const profile = parseProfile('{"format":"tickforge layout profile","version":1,"schema":{"name":"a","version":1,"fingerprint":"b"},"messages":[{"variant":"a","text":"{}","met":1e999}]}');
		expect(profile.messages[0]?.met).toBe(Number.MAX_SAFE_INTEGER);
		expect(parseProfile(JSON.stringify(profile))).toEqual(profile);
	});
});

describe('modules made on another thread', () => {
	it('take over between two calls, and nothing is lost or doubled', { timeout: 60_000 }, async () => {
		const background = openBackgroundCompiler();
		try {
			const texts = sample(4000);
			const rows: unknown[] = [];
			const arena = createArena({ ceiling: 2 ** 30 });
			const parser = compile(json(schema), { arena, background, tiering: { learnAfter: 0 }, onBatch: (batch) => void rows.push(batch.rows) });
			const placed = describeMessages(arena, texts);
			let messages = 0;
			const once = (): void => {
				for (let first = 0; first < texts.length; first += 200) parser.parseMany(placed.descriptors + first * 16, 200);
				messages += texts.length;
			};
			for (let round = 0; round < 400 && (parser.statistics().layouts?.modules ?? 0) === 0; round++) {
				once();
				await new Promise((resume) => setTimeout(resume, 20));
			}
			once();
			once();
			parser.flush();
			const { layouts } = parser.statistics();
			expect(layouts?.modules).toBeGreaterThan(0);
			expect(layouts?.taken).toBeGreaterThan(4000);
			expect((rows as number[]).reduce((sum, count) => sum + count, 0)).toBe(messages);
			expect(parser.statistics()).toMatchObject({ messages, refused: 0 });
			expect(background.statistics()).toMatchObject({ failed: 0 });
		} finally {
			await background.dispose();
		}
	});
});
