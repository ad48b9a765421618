import { describe, expect, expectTypeOf, it } from 'vitest';
import { type Batch, compile, createArena, DESCRIPTOR, decimal, integer, json, list, literal, message, oneOf, openSymbolReader, StaleViewError, symbol, text, tuple } from '../../src/index.ts';

const trade = message('trade', { type: literal('trade').key('e'), symbol: symbol().key('s'), price: decimal(2).key('p') });
const book = message('book', { type: literal('book').key('e'), symbol: symbol().key('s'), bids: list(tuple({ price: decimal(2), size: integer() })).key('b') });
const feed = oneOf('feed', { version: 1 }, trade, book);

describe.each(['layout', 'schema', 'reference'] as const)('compile, %s tier', (tier) => {
	it('hands over rows when a table is full and on flush', () => {
		const seen: string[] = [];
		const parser = compile(json(feed), {
			tier,
			rows: 64,
			onBatch(batch) {
				if (batch.table === 'trade') expectTypeOf(batch.row(0).price).toEqualTypeOf<bigint>();
				seen.push(`${batch.table} ${batch.rows}`);
			},
		});
		expect(parser.tier).toBe(tier);
		for (let index = 0; index < 100; index++) expect(parser.parse(`{"e":"trade","s":"S${index % 3}","p":"${index}.25"}`)).toBe(true);
		parser.parse('{"e":"book","s":"S9","b":[["1.5",2]]}');
		expect(seen).toEqual(['trade 64']);
		parser.flush();
		parser.flush();
		expect(seen).toEqual(['trade 64', 'trade 36', 'book 1']);
		expect(parser.statistics()).toMatchObject({ messages: 101, refused: 0, batches: 3, variants: { trade: 100, book: 1 }, categories: {} });
		expect(parser.symbols[0]?.names()).toEqual(['S0', 'S1', 'S2', 'S9']);
	});

	it('gives each refused message with category, offset, number and bytes', () => {
		const refused: unknown[] = [];
		const parser = compile(json(feed), { tier, errors: 2, onError: (error) => refused.push({ ...error.copy(), text: new TextDecoder().decode(error.bytes), bytes: undefined }) });
		const messages = ['{"e":"trade","s":"A","p":"1.255"}', '{"e":"trade","s":"A","p":"1.25"}', '{"e":"x"}', '{', ''];
		for (const one of messages) parser.parse(one);
		expect(refused).toEqual([
			{ category: 'scale', offset: 25, sequence: 0, variant: 'trade', text: messages[0] },
			{ category: 'unknown-message', offset: 0, sequence: 2, variant: null, text: messages[2] },
			{ category: 'truncated', offset: 1, sequence: 3, variant: null, text: messages[3] },
			{ category: 'truncated', offset: 0, sequence: 4, variant: null, text: '' },
		]);
		expect(parser.statistics()).toMatchObject({ refused: 4, categories: { scale: 1, truncated: 2, 'unknown-message': 1 } });
	});

	it('parses many from descriptors, stopping for nothing', () => {
		const arena = createArena();
		let rows = 0;
		let errors = 0;
		const parser = compile(json(feed), { tier, arena, rows: 64, errors: 3, onBatch: (batch) => (rows += batch.rows), onError: () => errors++ });
		const texts = Array.from({ length: 1000 }, (_, index) => (index % 10 === 9 ? '{"e":"trade"}' : `{"e":"trade","s":"S${index}","p":"1"}`));
		const region = arena.allocate('input', 100_000);
		let at = region.address + texts.length * DESCRIPTOR.size;
		texts.forEach((one, index) => {
			const bytes = new TextEncoder().encode(one);
			arena.u8().set(bytes, at);
			arena.view().setUint32(region.address + index * DESCRIPTOR.size, at, true);
			arena.view().setUint32(region.address + index * DESCRIPTOR.size + 4, bytes.length, true);
			at += bytes.length;
		});
		parser.parseMany(region.address, texts.length);
		parser.flush();
		expect([rows, errors]).toEqual([900, 100]);
		expect(arena.checkGuards()).toEqual([]);
		const { used } = arena;
		parser.dispose();
		expect(arena.used).toBeLessThan(used);
		expect(() => parser.flush()).toThrow(/was disposed/);
	});

	it('ends a batch after the callback, unless it is retained', () => {
		const kept: Batch<unknown>[] = [];
		const gone: Batch<unknown>[] = [];
		const parser = compile(json(trade), {
			tier,
			rows: 64,
			onBatch(batch) {
				if (kept.length < 3) {
					batch.retain();
					kept.push(batch);
				} else gone.push(batch);
			},
		});
		for (let index = 0; index < 64 * 5; index++) parser.parse(`{"e":"trade","s":"S","p":"${index}"}`);
		parser.flush();
		expect(kept.map((batch) => batch.column('price', 'decimal').number(0))).toEqual([0, 6400, 12800]);
		expect(() => gone[0]?.rows).toThrow(StaleViewError);
		kept[0]?.release();
		expect(() => kept[0]?.rows).toThrow(StaleViewError);
		expect(kept[1]?.column('price', 'decimal').number(63)).toBe(12700);
	});

	it('grows symbol tables without changing ids', () => {
		const ids: number[] = [];
		const parser = compile(json(trade), { tier, symbols: 16, knownSymbols: { symbol: ['KNOWN'] }, onBatch: (batch) => batch.visit((row) => ids.push(batch.column('symbol', 'symbol').id(row))) });
		for (let round = 0; round < 2; round++) for (let index = 0; index < 500; index++) parser.parse(`{"e":"trade","s":"a symbol with a long name ${index}","p":"1"}`);
		parser.flush();
		expect(ids).toEqual([...Array.from({ length: 500 }, (_, index) => index + 1), ...Array.from({ length: 500 }, (_, index) => index + 1)]);
		expect(parser.symbols[0]?.name(0)).toBe('KNOWN');
		expect(parser.symbols[0]?.id('a symbol with a long name 499')).toBe(500);
	});

	it('gives the same rows with columns set apart', () => {
		const rowsWith = (stagger: number): unknown[] => {
			const rows: unknown[] = [];
			const parser = compile(json(feed), { tier, rows: 64, stagger, onBatch: (batch) => rows.push(...batch.toRows()) });
			for (let index = 0; index < 200; index++) {
				parser.parse(`{"e":"trade","s":"S${index % 7}","p":"${index}.25"}`);
				parser.parse(`{"e":"book","s":"S${index % 5}","b":[["${index}.5",${index}],["1",2]]}`);
			}
			parser.flush();
			expect(parser.arena.checkGuards()).toEqual([]);
			return rows;
		};
		const rows = rowsWith(0);
		expect(rows).toHaveLength(400);
		for (const stagger of [1, 9]) expect(rowsWith(stagger)).toEqual(rows);
	});

	it('says where batches and symbol tables lie', () => {
		const seen: number[] = [];
		const parser = compile(json(feed), { tier, symbols: 16, onBatch: (batch) => seen.push(batch.address) });
		const { batches, symbolTables } = parser.places();
		expect(batches).toHaveLength(2);
		parser.parse('{"e":"trade","s":"A","p":"1"}');
		parser.parse('{"e":"book","s":"A","b":[]}');
		parser.flush();
		expect(seen).toEqual(batches);
		expect(symbolTables).toHaveLength(1);
		expect(openSymbolReader(parser.arena.memory, symbolTables[0] as number).names()).toEqual(['A']);
		for (let index = 0; index < 100; index++) parser.parse(`{"e":"trade","s":"S${index}","p":"1"}`);
		// Grown: another place, and the names are there.
		expect(parser.places().symbolTables).not.toEqual(symbolTables);
		expect(openSymbolReader(parser.arena.memory, parser.places().symbolTables[0] as number).count).toBe(101);
	});

	it('works in shared memory', () => {
		const arena = createArena({ shared: true, ceiling: 2 ** 26 });
		const rows: unknown[] = [];
		const parser = compile(json(message('note', { text: text().key('t') })), { tier, arena, onBatch: (batch) => rows.push(...batch.toRows()) });
		parser.parse('{"t":"shared memory, more than twelve bytes"}');
		parser.flush();
		expect(rows).toEqual([{ text: 'shared memory, more than twelve bytes' }]);
	});

	it('says what does not fit', () => {
		expect(() => compile(json(trade), { tier, ceiling: 65536 })).toThrow(/no room for the region .* Raise the ceiling/);
	});
});
