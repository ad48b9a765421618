import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadSymbolMapping, type SymbolMapping, SymbolMappingError } from '../../src/symbols/index.ts';
import { loadSymbolMappingFile, watchSymbolMapping } from '../../src/symbols/watch-mapping.ts';

const at = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n;
const problemsOf = (text: string): string[] => {
	try {
		loadSymbolMapping(text);
	} catch (error) {
		if (error instanceof SymbolMappingError) return error.problems.map(({ line, message }) => `${line}: ${message}`);
		throw error;
	}
	return [];
};

const CSV = `# Renamed twice.
venue,symbol,canonical,from,until
binance-spot,BCCUSDT,BCH-USDT,,2018-11-15
binance-spot,BCHABCUSDT,BCH-USDT,2018-11-15,2019-11-28T10:00:00Z
binance-spot,BCHUSDT,BCH-USDT,2019-11-28T10:00:00Z,

kraken, XBT/USD ,BTC-USD,,
kraken,"A ""quoted"", name",QUOTED,,
`;

describe('a symbol mapping', () => {
	test('says what a symbol meant at a time, and back', () => {
		const mapping = loadSymbolMapping(CSV);
		expect(mapping.entries.map(({ line }) => line)).toEqual([3, 4, 5, 7, 8]);
		expect(mapping.canonical('binance-spot', 'BCCUSDT', at('2018-01-01'))).toBe('BCH-USDT');
		expect(mapping.canonical('binance-spot', 'BCCUSDT', at('2018-11-15') - 1n)).toBe('BCH-USDT');
		expect(mapping.canonical('binance-spot', 'BCCUSDT', at('2018-11-15'))).toBeUndefined();
		expect(mapping.symbol('binance-spot', 'BCH-USDT', at('2018-11-15'))).toBe('BCHABCUSDT');
		expect(mapping.symbol('binance-spot', 'BCH-USDT', at('2019-11-28T10:00:00Z') - 1n)).toBe('BCHABCUSDT');
		expect(mapping.symbol('binance-spot', 'BCH-USDT')).toBe('BCHUSDT');
		expect(mapping.canonical('kraken', 'XBT/USD')).toBe('BTC-USD');
		expect(mapping.canonical('kraken', 'A "quoted", name')).toBe('QUOTED');
		expect(mapping.canonical('okx', 'XBT/USD')).toBeUndefined();
		expect(mapping.rename('kraken', ['ETH/USD', 'XBT/USD'])).toEqual(['ETH/USD', 'BTC-USD']);
	});

	test('is the same as JSON', () => {
		const rows = [
			{ venue: 'binance-spot', symbol: 'BCCUSDT', canonical: 'BCH-USDT', until: '2018-11-15' },
			{ venue: 'kraken', symbol: 'XBT/USD', canonical: 'BTC-USD', from: null },
		];
		const mapping = loadSymbolMapping(JSON.stringify(rows, null, '\t'));
		expect(mapping.canonical('kraken', 'XBT/USD')).toBe('BTC-USD');
		expect(mapping.canonical('binance-spot', 'BCCUSDT', at('2018-11-14'))).toBe('BCH-USDT');
		expect(mapping.entries.map(({ line }) => line)).toEqual([2, 8]);
		expect(loadSymbolMapping('[]').entries).toEqual([]);
	});

	test('may hold for every venue, where a venue does not say otherwise', () => {
		const mapping = loadSymbolMapping('symbol,canonical,venue\nBTCUSDT,BTC-USDT,\nXBTUSDT,BTC-USDT,kraken\nETHUSDT,OTHER,kraken\nETHUSDT,ETH-USDT,*');
		expect(mapping.canonical('okx', 'BTCUSDT')).toBe('BTC-USDT');
		// Kraken has a name of its own for it, so that the general one is not Kraken's.
		expect(mapping.canonical('kraken', 'BTCUSDT')).toBeUndefined();
		expect([mapping.canonical('kraken', 'XBTUSDT'), mapping.symbol('kraken', 'BTC-USDT')]).toEqual(['BTC-USDT', 'XBTUSDT']);
		expect([mapping.canonical('kraken', 'ETHUSDT'), mapping.symbol('kraken', 'ETH-USDT')]).toEqual(['OTHER', undefined]);
	});

	test('is refused in words, with lines, all of what is wrong', () => {
		expect(
			problemsOf(`venue,symbol,canonical,from,until
kraken,XBTUSD,BTC-USD,2020-01-01,
kraken,XBTUSD,BITCOIN,2021-01-01,2022-01-01
kraken,BTCUSD,BTC-USD,,2020-06-01
kraken,ETHUSD,ETH-USD,,
kraken,ETHUSD,ETH-USD,,
kraken,,X,2020-02-30,
kraken,Y,Z,2021-01-01,2020-01-01
kraken,Y
kraken,"Y,Z,,
`),
		).toEqual([
			'3: kraken calls "XBTUSD" both "BTC-USD" (line 2) and "BITCOIN" from 2021-01-01 until 2022-01-01',
			'4: "BTC-USD" is, at kraken, both "XBTUSD" (line 2) and "BTCUSD" from 2020-01-01 until 2020-06-01',
			'6: says the same as line 5 at all times',
			'7: has no symbol',
			'7: "2020-02-30" in the column "from" is no date or time like 2024-06-01 or 2024-06-01T12:00:00Z',
			'8: ends (2020-01-01) before it begins (2021-01-01)',
			'9: has 2 cells for 5 columns',
			'10: has a quote that is not closed',
		]);
		expect(problemsOf('')).toEqual(["1: there is no line with the columns' names: venue,symbol,canonical,from,until"]);
		expect(problemsOf('symbol,name\nA,B')).toEqual(['1: names the column "name"; the columns are venue, symbol, canonical, from, until', '1: the first line names the columns, and has no "canonical"', '2: has no canonical name']);
		expect(problemsOf('[\n{"symbol":"A","canonical":"B"},\n{"symbol":"A",\n"canonical":"C"},\n7,\n{"symbol":1,"canonical":"D","x":"y"}]')).toEqual([
			'3: every venue calls "A" both "B" (line 2) and "C" at all times',
			'5: is 7, not an object with the keys venue, symbol, canonical, from, until',
			'6: "symbol" is 1, not a text',
			'6: has the key "x"; the keys are venue, symbol, canonical, from, until',
			'6: has no symbol',
		]);
		expect(problemsOf('{"symbol":"A"}')).toEqual(['1: the JSON form is an array of objects']);
		expect(problemsOf('[\n\n{"symbol": }]')).toEqual(['3: is no JSON at "}]"']);
		expect(problemsOf('[\n\n{"symbol": "A"\n')).toEqual(['4: the JSON ends too early']);
		const message = (() => {
			try {
				loadSymbolMapping('symbol,canonical\nA,\n');
				return '';
			} catch (error) {
				return String(error);
			}
		})();
		expect(message).toBe('SymbolMappingError: tickforge: the symbol mapping is not used, because of\n  line 2: has no canonical name');
	});
});

test('JSON is told from what is none as JSON.parse does', () => {
	const piece = fc.constantFrom('[', ']', '{', '}', ',', ':', '"a"', '"symbol"', '"\\x"', '"\\u00e9"', '1', '01', '-', '1e5', 'true', 'nul', ' ', '\n', '\u00a0');
	fc.assert(
		fc.property(
			fc.oneof(
				fc.array(piece, { maxLength: 8 }).map((pieces) => `[${pieces.join('')}`),
				fc.json({ maxDepth: 3 }).map((value) => `[${value}]`),
			),
			(text) => {
				const parses = (() => {
					try {
						JSON.parse(text);
						return true;
					} catch {
						return false;
					}
				})();
				const refused = problemsOf(text).some((problem) => /is no JSON|ends too early/.test(problem));
				expect(refused).toBe(!parses);
			},
		),
		{ numRuns: 3000 },
	);
});

describe('a watched mapping', () => {
	let folder = '';
	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'tickforge-mapping-'));
	});
	afterEach(() => rm(folder, { recursive: true, force: true }));
	const interval = 15;
	const until = async (condition: () => boolean): Promise<void> => {
		for (let turn = 0; turn < 500 && !condition(); turn++) await wait(10);
		expect(condition()).toBe(true);
	};

	test('follows its file as a whole, and stays where the file is wrong or gone', async () => {
		const path = join(folder, 'symbols.csv');
		await writeFile(path, 'symbol,canonical\nA,ONE\n');
		const mappings: SymbolMapping[] = [];
		const problems: string[] = [];
		using watched = await watchSymbolMapping(path, { interval, onChange: (mapping) => mappings.push(mapping), onProblem: (error) => problems.push(error.message) });
		const first = watched.current;
		expect(first.canonical('x', 'A')).toBe('ONE');

		await writeFile(path, 'symbol,canonical\nA,TWO\nB,THREE\n');
		await until(() => mappings.length === 1);
		expect(watched.current).toBe(mappings[0]);
		expect([watched.current.canonical('x', 'A'), first.canonical('x', 'A')]).toEqual(['TWO', 'ONE']);

		await writeFile(path, 'symbol,canonical\nA,TWO\nB,TWO\n');
		await until(() => problems.length === 1);
		expect(problems[0]).toContain('line 3: "TWO" is, at every venue, both "A" (line 2) and "B" at all times');
		expect(watched.current).toBe(mappings[0]);

		await rm(path);
		await until(() => problems.length === 2);
		expect(problems[1]).toContain('ENOENT');
		// Said once, not at every look.
		await wait(interval * 6);
		expect(problems).toHaveLength(2);
		expect(watched.current).toBe(mappings[0]);

		await writeFile(join(folder, 'next.csv'), 'symbol,canonical\nA,FOUR\n');
		await rename(join(folder, 'next.csv'), path);
		await until(() => watched.current.canonical('x', 'A') === 'FOUR');
	});

	test('follows a link that is moved, and ends when closed', async () => {
		await writeFile(join(folder, 'one.json'), '[{"symbol":"A","canonical":"ONE"}]');
		await writeFile(join(folder, 'two.json'), '[{"symbol":"A","canonical":"TWO"}]');
		const path = join(folder, 'current.json');
		await symlink('one.json', path);
		const watched = await watchSymbolMapping(path, { interval });
		await symlink('two.json', join(folder, 'next'));
		await rename(join(folder, 'next'), path);
		await until(() => watched.current.canonical('x', 'A') === 'TWO');
		watched.close();
		await writeFile(join(folder, 'two.json'), '[{"symbol":"A","canonical":"THREE"}]');
		await wait(interval * 6);
		expect(watched.current.canonical('x', 'A')).toBe('TWO');
	});

	test('must be right at first', async () => {
		const path = join(folder, 'symbols.csv');
		await expect(watchSymbolMapping(path)).rejects.toThrow('ENOENT');
		await writeFile(path, 'symbol\n');
		await expect(watchSymbolMapping(path)).rejects.toThrow('has no "canonical"');
		await expect(loadSymbolMappingFile(path)).rejects.toThrow(SymbolMappingError);
	});
});
