/** Batches, error records and counters: what fits, where the parser stops, and that the rest leaves no trace. */
import { describe, expect, it } from 'vitest';
import { type ListColumn, layoutSchema, type ScalarColumn, type SchemaLayout } from '../../../src/compiler/batch-layout.ts';
import { CONTEXT } from '../../../src/compiler/parser-abi.ts';
import type { Schema } from '../../../src/schema/model.ts';
import { compareTiers, parseAll, type Tier, toBytes, World, type WorldOptions } from './harness.ts';
import { feed, field, message, single, tuple } from './schemas.ts';
import { reference, tiers } from './tiers.ts';

const I32 = { kind: 'integer', bits: 32, signed: true } as const;

describe.each(tiers)('batches of the $name tier', ({ create }) => {
	const start = (schema: Schema, options: WorldOptions = {}) => {
		const layout = layoutSchema(schema, options);
		const world = new World(layout, options);
		const parser = world.link(create);
		return { world, parse: (...messages: string[]): number => world.parse(parser, messages.map(toBytes), (index) => BigInt(index) - 1n) };
	};
	const repeat = (count: number, text: string): string[] => Array.from({ length: count }, () => text);

	it('no messages', () => {
		const { world, parse } = start(single(I32));
		expect(parse()).toBe(0);
		expect([world.stop, world.nextSequence, world.errorCount, world.countOf(0, 0)]).toEqual(['done', 0, 0, 0]);
	});

	it('rows: a full batch stops the parser before the next message, right or wrong', () => {
		const { world, parse } = start(single(I32), { rows: 64 });
		expect(parse(...repeat(70, '{"v":1}'))).toBe(64);
		expect([world.stop, world.stopTable, world.nextSequence, world.messagesOf(0), world.countOf(0, 0)]).toEqual(['tableFull', 0, 64, 64, 64]);
		for (const text of ['{"v":1}', '{"v":', '', '\0']) {
			expect(parse(text)).toBe(0);
			expect([world.stop, world.nextSequence, world.errorCount]).toEqual(['tableFull', 64, 0]);
		}
		world.clearTable(0);
		expect(parse('{"v":2}', '{', '{"v":3}')).toBe(3);
		expect([world.stop, world.nextSequence, world.errorCount, world.messagesOf(0)]).toEqual(['done', 67, 1, 66]);
		expect(world.rows(0)).toEqual([{ v: 2 }, { v: 3 }]);
		expect(world.refused()[0]).toMatchObject({ category: 'truncated', offset: 1, sequence: 65, variant: 0, length: 1 });
	});

	it('rows: of several tables, the one that is full is named', () => {
		const schema = feed({ name: 'control', role: 'control', type: message([field('e', { kind: 'literal', value: 'c' })]) }, message([field('e', { kind: 'literal', value: 'a' })]), message([field('e', { kind: 'literal', value: 'b' }), field('v', I32)]));
		const { world, parse } = start(schema, { rows: 64 });
		expect(parse(...repeat(100, '{"e":"c"}'), ...repeat(64, '{"e":"b","v":1}'), '{"e":"a"}', '{"e":"b","v":x', '{"e":"a"}')).toBe(165);
		expect([world.stop, world.stopTable]).toEqual(['tableFull', 1]);
		// What no variant is selected for is refused though the batch is full.
		expect(parse('{"e":x', '{"e":"a"}', '{"e":"d"}', '{"e":"b","v":2}')).toBe(3);
		expect(world.refused().map(({ category, variant }) => [category, variant])).toEqual([
			['syntax', -1],
			['unknown-message', -1],
		]);
		expect([world.messagesOf(0), world.messagesOf(1), world.messagesOf(2)]).toEqual([100, 2, 64]);
	});

	it('items: a message that does not fit leaves nothing, and is too large for an empty batch', () => {
		const schema = feed(message([field('v', { kind: 'list', item: I32, itemNullable: false }), field('w', I32)]));
		const { world, parse } = start(schema, { rows: 64, items: 64 });
		const of = (count: number): string => `{"v":[${repeat(count, '7').join()}],"w":1}`;
		expect(parse(of(65))).toBe(1);
		expect(world.refused()).toMatchObject([{ category: 'too-large', offset: 0, variant: 0, sequence: 0 }]);
		expect(parse(of(40), of(24), of(0), of(1))).toBe(3);
		expect([world.stop, world.stopTable, world.countOf(0, 0), world.countOf(0, 1), world.nextSequence]).toEqual(['tableFull', 0, 3, 64, 4]);
		// Noticed at the first item that has no room, before what it is is looked at.
		for (const text of ['{"v":[x', '{"v":[1.5', '{"v":[true', of(65)]) expect(parse(text), text).toBe(0);
		expect(parse('{"v":[', '{"v":[]x', '{"v":[],"w":1}', '{"w":x', '{"v":[ ', '{"v":1')).toBe(6);
		expect(
			world
				.refused()
				.slice(1)
				.map(({ category, offset }) => [category, offset]),
		).toEqual([
			['truncated', 6],
			['syntax', 7],
			['syntax', 5],
			['truncated', 7],
			['type', 5],
		]);
		expect(world.rows(0).map((row) => (row.v as number[]).length)).toEqual([40, 24, 0, 0]);
	});

	it('items of nested lists each have their own room', () => {
		const schema = single({ kind: 'list', item: { kind: 'list', item: I32, itemNullable: false }, itemNullable: false });
		const { world, parse } = start(schema, { rows: 64, items: 64 });
		expect(parse(`{"v":[${repeat(64, '[1]').join()}]}`, '{"v":[]}', '{"v":[[]]}')).toBe(2);
		world.clearTable(0);
		expect(parse(`{"v":[[${repeat(64, '1').join()}],[],[]]}`, '{"v":[[],[]]}', '{"v":[[],[1]]}')).toBe(2);
		expect([world.stop, world.countOf(0, 1), world.countOf(0, 2)]).toEqual(['tableFull', 5, 64]);
		world.clearTable(0);
		expect(parse(`{"v":[${repeat(65, '[]').join()}]}`, `{"v":[[${repeat(65, '1').join()}]]}`)).toBe(2);
		expect(world.refused().map(({ category, offset }) => [category, offset])).toEqual([
			['too-large', 0],
			['too-large', 0],
		]);
	});

	it('texts: only those longer than 12 bytes need room', () => {
		const { world, parse } = start(single({ kind: 'text' }), { rows: 64, textBytes: 64 });
		const of = (length: number): string => `{"v":"${'x'.repeat(length)}"}`;
		expect(parse(of(65), of(64), of(12), of(13))).toBe(3);
		expect([world.stop, world.countOf(0, 0), world.nextSequence]).toEqual(['tableFull', 2, 3]);
		expect(world.refused()).toMatchObject([{ category: 'too-large', offset: 0 }]);
		// Noticed when the string has been read: before that, it may be refused.
		expect(parse(`{"v":"${'x'.repeat(20)}`, `{"v":"${'x'.repeat(20)}\\x"}`, `{"v":"${'x'.repeat(20)}"x`)).toBe(2);
		expect(world.stop).toBe('tableFull');
		world.clearTable(0);
		// Escaped ones take what they are decoded.
		expect(parse(`{"v":"${'\\u0078'.repeat(64)}"}`, `{"v":"${'\\u0078'.repeat(12)}"}`, `{"v":"${'\\u0078'.repeat(13)}"}`)).toBe(2);
		expect(world.rows(0)).toEqual([{ v: 'x'.repeat(64) }, { v: 'x'.repeat(12) }]);
	});

	it('texts: kept unknown keys need room, too, at their object’s end', () => {
		const schema = feed(message([field('v', I32)], { unknownKeys: 'keep' }));
		const { world, parse } = start(schema, { rows: 64, textBytes: 64 });
		const of = (length: number): string => `{"v":1,"x":"${'y'.repeat(length - 8)}"}`;
		expect(parse(of(65), of(64), of(12), '{"v":1}', of(13))).toBe(4);
		expect([world.stop, world.countOf(0, 0)]).toEqual(['tableFull', 3]);
		expect(parse(`{"x":"${'y'.repeat(50)}"}`, `{"x":"${'y'.repeat(50)}"`, `{"x":"${'y'.repeat(50)}","v":1}x`)).toBe(2);
		expect(world.refused().map(({ category }) => category)).toEqual(['too-large', 'missing-field', 'truncated']);
	});

	it('error records: full ones stop the parser before the message that needs one', () => {
		const { world, parse } = start(single(I32), { rows: 64, errorLimit: 2 });
		expect(parse('x', '{"v":1}', 'y', '{"v":2}', 'z', '{"v":3}')).toBe(4);
		expect([world.stop, world.nextSequence, world.errorCount]).toEqual(['errorsFull', 4, 2]);
		expect(parse('{"v":3}')).toBe(1);
		world.clearErrors();
		expect(parse('z')).toBe(1);
		expect(world.refused()).toMatchObject([{ category: 'syntax', sequence: 5 }]);
		expect(world.rows(0)).toEqual([{ v: 1 }, { v: 2 }, { v: 3 }]);
	});

	it('error records: one that is too large needs one as well', () => {
		const { world, parse } = start(single({ kind: 'text' }), { rows: 64, textBytes: 64, errorLimit: 1 });
		const long = `{"v":"${'x'.repeat(65)}"}`;
		expect(parse(long, long)).toBe(1);
		expect([world.stop, world.nextSequence]).toEqual(['errorsFull', 1]);
	});

	it('receive times', () => {
		const { world, parse } = start(single(I32), { received: true });
		expect(parse('{"v":1}', 'x', '{"v":2}', '{"v":3}')).toBe(4);
		expect(world.rows(0)).toEqual([
			{ v: 1, received$: -1n },
			{ v: 2, received$: 1n },
			{ v: 3, received$: 2n },
		]);
	});

	it('a refused message’s symbols stay', () => {
		const symbol = { kind: 'symbol', universe: 'u' } as const;
		const { world, parse } = start(feed(tuple([symbol, I32, symbol])));
		parse('["A",1,"B"]', '["C",x,"D"]', '["E",1,"F"', '["G",1.5,"H"]', '["C",1,"I"]');
		expect(world.symbols(0)).toEqual(['A', 'B', 'C', 'E', 'F', 'G', 'I']);
	});

	it('what a null leaves in memory is zero, and what a longer text leaves is only its length', () => {
		const types = [
			I32,
			{ kind: 'integer', bits: 64, signed: false },
			{ kind: 'decimal', scale: 2, excess: 'reject', keepTextScale: true },
			{ kind: 'float' },
			{ kind: 'timestamp', format: 'ns' },
			{ kind: 'flag' },
			{ kind: 'symbol', universe: 'u' },
			{ kind: 'text' },
			{ kind: 'enumeration', values: ['a'], unknown: 'null' },
		] as const;
		const nested = message(
			types.map((type, index) => field(`n${index}`, type)),
			{ unknownKeys: 'keep' },
		);
		const schema = feed(message([...types.map((type, index) => field(`f${index}`, type, { optional: true, nullable: true })), field('s', nested, { optional: true }), field('l', { kind: 'list', item: I32, itemNullable: true }, { optional: true })]));
		const filled = '{"f0":1,"f1":2,"f2":"3.25","f3":4.5,"f4":5,"f5":true,"f6":"S","f7":"a text longer than twelve","f8":"a","s":{"n0":1,"n1":2,"n2":"3.25","n3":4.5,"n4":5,"n5":true,"n6":"S","n7":"a text longer than twelve","n8":"a"},"l":[1,null,2]}';
		const messages = [filled, '{}', filled, '{"f0":null,"f1":"","f2":null,"f3":"","f4":null,"f5":null,"f6":null,"f7":null,"f8":"other"}', '{"l":[null]}', filled];
		// Whatever lay in the memory before.
		const outcomes = [0x00, 0xff].map((filler) => parseAll(create, schema, messages, { rows: 64, filler }).rows);
		expect(outcomes[0]).toEqual(outcomes[1]);
		const bytes = (filler: number): Uint8Array => {
			const { world, parse } = start(schema, { rows: 64, items: 64, filler });
			parse(...messages);
			const layout = world.layout.tables[0];
			if (layout === undefined) throw new Error('no table');
			const copied: number[] = [];
			const take = (offset: number, length: number): void => {
				copied.push(...new Uint8Array(world.memory.buffer, (world.batches[0] as number) + offset, length));
			};
			for (const column of layout.columns) {
				if (column.kind === 'scalar' && column.storage !== 'bits') take(column.values, messages.length * { i64: 8, u64: 8, f64: 8, i32: 4, u32: 4, i8: 1, view: 16, offsets: 4 }[column.storage]);
				if (column.kind === 'scalar' && column.textScales >= 0) take(column.textScales, messages.length);
				if (column.kind === 'list') take(column.values, (messages.length + 1) * 4);
			}
			return Uint8Array.from(copied);
		};
		expect(bytes(0x00)).toEqual(bytes(0xff));
	});

	it('a shared memory', () => {
		const schema = feed(message([field('a', I32), field('t', { kind: 'text' }), field('s', { kind: 'symbol', universe: 'u' })]));
		const { rows, refused } = parseAll(create, schema, ['{"a":1,"t":"a text longer than twelve","s":"\\u0041"}', '{"a":x', '{"a":2,"t":"","s":"B"}'], { memory: new WebAssembly.Memory({ initial: 1, maximum: 1024, shared: true }) });
		expect(rows.variant0).toEqual([
			{ a: 1, t: 'a text longer than twelve', s: 'A' },
			{ a: 2, t: '', s: 'B' },
		]);
		expect(refused).toMatchObject([{ category: 'syntax', offset: 5 }]);
	});

	it('what follows a message in memory does not matter', () => {
		const schema = feed(message([field('a', I32), field('t', { kind: 'text' }, { optional: true })]), tuple([{ kind: 'float' }]));
		const messages = ['{"a":1}', '{"a":1', '{"a":', '{"a"', '{"', '{', '', '[1', '[1.', '[1e', '[-', '["1', '{"t":"x', '{"t":"\\', '{"t":"\\u00', '[nul', '{"a":12,"t":"é'.slice(0, -1), '[1]', ' [1] ', '{"a":1} '];
		for (const beyond of ['', '}', ']', '"', '"}', '1]', '0}', '\\', ',', ':1}', 'l]', ' ', '\0', '1}]"'])
			expect(
				parseAll(create, schema, messages, { rows: 64, beyond }).refused.map(({ category, offset, sequence, variant }) => [category, offset, sequence, variant]),
				JSON.stringify(beyond),
			).toEqual(parseAll(reference.create, schema, messages, { rows: 64, beyond: 'x' }).refused.map(({ category, offset, sequence, variant }) => [category, offset, sequence, variant]));
	});
});

describe('comparing tiers', () => {
	it('finds no difference between a parser and itself', () => {
		expect(compareTiers([reference, reference], single({ kind: 'text' }), ['{"v":"a text longer than twelve"}', 'x', '{"v":null}'])).toBe(null);
	});
	it('finds a byte that differs', () => {
		const schema = feed(message([field('v', I32, { optional: true }), field('l', { kind: 'list', item: { kind: 'text' }, itemNullable: false })]));
		const broken = (change: (view: DataView, batch: number) => void): Tier => ({
			name: 'broken',
			create: (layout: SchemaLayout, memory: WebAssembly.Memory, allocate: (bytes: number) => number) => {
				const parser = reference.create(layout, memory, allocate);
				return (descriptors: number, count: number, context: number): number => {
					const consumed = parser(descriptors, count, context);
					const view = new DataView(memory.buffer);
					change(view, view.getUint32(context + CONTEXT.variants + CONTEXT.variantBatch, true));
					return consumed;
				};
			},
		});
		const messages = ['{"v":1,"l":["a text longer than twelve"]}', '{"l":[]}', '{"v":x'];
		const [table] = layoutSchema(schema).tables;
		const columns = table?.columns as unknown as [ScalarColumn, ListColumn];
		const textOffset = table?.textOffset as number;
		expect(compareTiers([reference, broken((view, batch) => view.setInt32(batch + columns[0].values + 4, 5, true))], schema, messages)).toContain('table "variant0" column "v" (i32) row 1: reference 00 00 00 00, broken 05 00 00 00');
		expect(compareTiers([reference, broken((view, batch) => view.setUint8(batch + columns[0].validity, 3))], schema, messages)).toContain('column "v" validity row 1: reference false, broken true');
		expect(compareTiers([reference, broken((view, batch) => view.setInt32(batch + columns[1].values + 8, 0, true))], schema, messages)).toContain('column "l" offsets row 2');
		expect(compareTiers([reference, broken((view, batch) => view.setUint8(batch + textOffset + 2, 0))], schema, messages)).toContain('text heap row 2: reference 74, broken 00');
		expect(compareTiers([reference, broken((view, batch) => view.setUint32(batch, 1, true))], schema, messages)).toContain('rows of space 0');
	});
});
