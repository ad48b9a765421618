import { describe, expect, it } from 'vitest';
import { layoutSchema, type ScalarColumn, type Storage, type TableLayout } from '../../src/compiler/batch-layout.ts';
import { placementVerdicts } from '../../src/compiler/placement-verdicts.ts';
import { placementOf, writeStreams } from '../../src/compiler/write-streams.ts';
import { ASSUMED_CACHES, type CacheGeometry } from '../../src/os/index.ts';
import { decimal, flag, list, message, oneOf, symbol, text, tuple } from '../../src/schema/index.ts';

const caches: CacheGeometry = { ...ASSUMED_CACHES, level2: 2 ** 20 };

/** Columns at given places, all in the rows. */
function handMade(rows: number, columns: readonly (readonly [name: string, storage: Storage, values: number, validity?: number])[]): TableLayout {
	return {
		name: 'made',
		variant: 0,
		spaces: [{ index: 0, capacity: rows, counter: 0 }],
		columns: columns.map(([name, storage, values, validity = -1]): ScalarColumn => ({ kind: 'scalar', name, type: { kind: 'flag' } as ScalarColumn['type'], storage, space: 0, values, validity, textScales: -1, symbolTable: -1 })),
		received: -1,
		sequence: -1,
		textUsed: 4,
		textOffset: 2 ** 20,
		textCapacity: 0,
		size: 2 ** 20,
	};
}
const eightByte = (count: number, distance: number, rows = 512): TableLayout =>
	handMade(
		rows,
		Array.from({ length: count }, (_, index) => [`c${index}`, 'i64', 64 + index * distance] as const),
	);
const rowsOf = (table: TableLayout, address = 0, geometry = caches) => {
	const [space] = placementOf(table, address, geometry).spaces;
	if (space === undefined) throw new Error('no rows');
	return space;
};

describe('a stream', () => {
	it('touches lines and pages by its width', () => {
		const { streams, bytesPerRow, linesPerRow, linesPer64Rows, utilisation } = rowsOf(
			handMade(4096, [
				['eight', 'i64', 64],
				['four', 'u32', 32832],
				['view', 'view', 49216],
				['one', 'i8', 114752],
				['bit', 'bits', 118848],
			]),
		);
		expect(streams.map(({ linesPer64Rows }) => linesPer64Rows)).toEqual([8, 4, 16, 1, 1]);
		expect(streams.map(({ utilisation }) => utilisation)).toEqual([1, 1, 1, 1, 0.125]);
		// Each begins 64 bytes after a page's start: a page more than its bytes fill.
		expect(streams.map(({ pages }) => pages)).toEqual([9, 5, 17, 2, 1]);
		expect(bytesPerRow).toBe(8 + 4 + 16 + 1 + 1 / 8);
		expect(linesPerRow).toBe(5);
		expect(linesPer64Rows).toBe(30);
		expect(utilisation).toBeCloseTo((29.125 * 64) / (30 * 64));
	});

	it('has a phase by its address, not by its offset', () => {
		const { streams } = rowsOf(handMade(64, [['a', 'i64', 64]]), 4096 * 3 + 128);
		expect(streams[0]).toMatchObject({ offset: 64, address: 12480, phase: 192 });
	});

	it('straddles lines where it does not start at one', () => {
		const { linesPerRow, streams } = rowsOf(handMade(64, [['view', 'view', 56]]));
		expect(linesPerRow).toBe(2);
		expect(streams[0]?.linesPer64Rows).toBe(17);
	});
});

describe('streams of one width', () => {
	it('meet in one set in every row where they start at one offset modulo 4096', () => {
		const space = rowsOf(eightByte(9, 4096));
		expect(space.meeting).toMatchObject({ row: 0, set: 1 });
		expect(space.meeting.streams).toHaveLength(9);
		expect(space.crowdedRows).toBe(1);
		expect(space.aliases.map((group) => group.map(({ column }) => column))).toEqual([['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8']]);
		expect(space.pagesAtOnce).toBe(9);
	});

	it('have room where the cache has more ways', () => {
		const space = rowsOf(eightByte(9, 4096), 0, { ...caches, ways: 12 });
		expect(space.meeting.streams).toHaveLength(9);
		expect(space.crowdedRows).toBe(0);
	});

	it('do not meet where they start a line apart', () => {
		const space = rowsOf(eightByte(9, 4096 + 64));
		expect(space.meeting.streams).toHaveLength(1);
		expect(space.aliases).toEqual([]);
	});

	it('do not meet where more sets tell them apart', () => {
		// 256 sets repeat after 16 KiB: every fourth of them meets.
		expect(rowsOf(eightByte(8, 4096), 0, { ...caches, sets: 256 }).meeting.streams.map(({ column }) => column)).toEqual(['c0', 'c4']);
	});
});

describe('streams of two widths', () => {
	it('meet now and then', () => {
		// Both start in set 1. After 8 rows the wide one has left the narrow one's line; 512 rows later it has come round.
		const space = rowsOf(
			handMade(1024, [
				['wide', 'i64', 64],
				['narrow', 'u32', 64 + 8192],
			]),
			0,
			{ ...caches, ways: 1 },
		);
		// In the same set: rows 0 to 7 (lines 0 and 0). Wide is at line r/8, narrow at r/16; equal modulo 64 for r/8 - r/16 in 0, 64, …
		const expected = Array.from({ length: 1024 }, (_, row) => (Math.floor(row / 8) - Math.floor(row / 16)) % 64 === 0).filter(Boolean).length;
		expect(space.crowdedRows).toBe(expected / 1024);
		expect(space.crowdedRows).toBeGreaterThan(0);
		expect(space.aliases).toEqual([]);
	});
});

describe('a schema’s streams', () => {
	const schema = oneOf(
		'feed',
		{ version: 1 },
		message('book', {
			symbol: symbol().key('s'),
			note: text().key('n').optional(),
			last: flag().key('l'),
			bids: list(tuple({ price: decimal(8), size: decimal(8) })).key('b'),
		}),
	);
	it('are all that a row is written to, by path', () => {
		const [table] = layoutSchema(schema, { rows: 4096, items: 8192, received: true }).tables;
		const streams = writeStreams(table as TableLayout);
		expect(streams.map(({ column, part, space, bits }) => [column, part, space, bits])).toEqual([
			['received', 'received', 0, 64],
			['symbol', 'values', 0, 32],
			['note', 'values', 0, 128],
			['note', 'validity', 0, 1],
			['last', 'values', 0, 1],
			['bids', 'offsets', 0, 32],
			['bids.item.price', 'values', 1, 64],
			['bids.item.size', 'values', 1, 64],
		]);
		const placement = placementOf(table as TableLayout, 65536, caches);
		expect(placement.spaces.map(({ name, capacity, streams: own }) => [name, capacity, own.length])).toEqual([
			['rows', 4096, 6],
			['bids', 8192, 2],
		]);
		expect(placement.spaces[1]?.aliases).toHaveLength(1);
	});

	it('are set apart by the layout option stagger, and lie in the batch', () => {
		const [plain] = layoutSchema(schema, { rows: 4096, items: 8192 }).tables;
		const [apart] = layoutSchema(schema, { rows: 4096, items: 8192, stagger: 1 }).tables;
		expect(rowsOf(apart as TableLayout).streams.every(({ address }) => address % 64 === 0)).toBe(true);
		expect(placementOf(apart as TableLayout, 0, caches).spaces[1]?.aliases).toEqual([]);
		expect((apart as TableLayout).size - (plain as TableLayout).size).toBe(7 * 64);
	});

	it('cannot be set apart by half a line', () => {
		expect(() => layoutSchema(schema, { stagger: 0.5 })).toThrow(/whole number of cache lines/);
	});
});

describe('verdicts', () => {
	const texts = (table: TableLayout, geometry = caches): string[] => placementVerdicts(placementOf(table, 0, geometry), geometry).map(({ weight, text: words }) => `${weight}: ${words}`);
	it('name the columns that alias, and the set that is too small', () => {
		const words = texts(eightByte(9, 4096)).join('\n');
		expect(words).toMatch(/note: columns c0, c1, c2, c3, c4, c5, c6, c7 and 1 more start at the same offset modulo 4096 \(64\)/);
		expect(words).toMatch(/bad: 9 write streams compete for 8 ways of set 1 \(row 0\); 100 % of the rows/);
	});
	it('say that rare meetings do not matter', () => {
		// Nine widths' worth of starts in one set, but only while the first lines last.
		const mixed = handMade(4096, [...Array.from({ length: 7 }, (_, index) => [`c${index}`, 'i64', 64 + index * 32768] as const), ['narrow', 'u32', 64 + 7 * 32768] as const, ['bit', 'bits', 64 + 8 * 32768] as const]);
		expect(texts(mixed).join('\n')).toMatch(/note: 9 write streams compete for 8 ways of set 1 \(row 0\); 0\.\d % of the rows have such a set: too few to matter/);
	});
	it('say what fits', () => {
		expect(texts(eightByte(3, 4096))).toContain('good: at most 3 write streams of 3 meet in a set of 8 ways (set 1, row 0): 5 ways left for what is read');
		expect(texts(eightByte(8, 4096)).join()).toMatch(/they just fit, with no way left/);
		expect(texts(eightByte(3, 4160)).join()).toMatch(/at most 1 write stream of 3 is in a set/);
		expect(texts(eightByte(3, 4096)).join()).toMatch(/good: 3 write streams with 3 pages open at once fit/);
	});
	it('warn of more pages than the TLB has entries, and of batches beyond the second level', () => {
		expect(texts(eightByte(65, 4096)).join('\n')).toMatch(/bad: 65 pages are open/);
		expect(texts(eightByte(2, 4096), { ...caches, level2: 2 ** 19 }).join('\n')).toMatch(/note: a batch is larger than the second-level cache \(512 KiB\)/);
		expect(texts(eightByte(2, 4096), ASSUMED_CACHES).join('\n')).not.toMatch(/second-level/);
	});
});
