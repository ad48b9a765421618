/** Objects, tuples and lists: keys in any order, what is missing, double, unknown or surplus, and where it is refused. */
import { describe, expect, it } from 'vitest';
import type { MessageType, UnknownKeys } from '../../../src/schema/model.ts';
import { parseAll, parseOne, verdicts } from './harness.ts';
import { feed, field, message, single, tuple } from './schemas.ts';
import { tiers } from './tiers.ts';

const I32 = { kind: 'integer', bits: 32, signed: true } as const;

describe.each(tiers)('containers of the $name tier', ({ create }) => {
	describe('objects', () => {
		const abc = (unknownKeys: UnknownKeys): MessageType => message([field('a', I32), field('b', I32, { keys: ['b', 'bee', 'é'] }), field('c', I32, { optional: true })], { unknownKeys });

		it('keys in any order, with any white space, escaped or not', () => {
			for (const text of ['{"a":1,"b":2,"c":3}', '{"c":3,"b":2,"a":1}', '{"b":2,"a":1,"c":3}', ' {\n"a" : 1 , "bee":2,\t"c":3 } ', '{"\\u0061":1,"\\u00e9":2,"\\u0063":3}', '{"é":2,"a":1,"c":3}', '{"c":3,"\\u0062\\u0065e":2,"a":1}']) {
				expect(parseOne(create, feed(abc('reject')), text), text).toEqual({ a: 1, b: 2, c: 3 });
			}
			expect(parseOne(create, feed(abc('reject')), '{"a":1,"b":2}')).toEqual({ a: 1, b: 2, c: null });
		});

		it('unknown keys are checked and dropped, or refused', () => {
			for (const [text, offset] of [
				['{"a":1,"b":2,"d":[{}]}', 13],
				['{"A":1,"a":1,"b":2}', 1],
				['{"":null,"a":1,"b":2}', 1],
				['{"a":1,"aa":1,"b":2}', 7],
				['{"a":1, "x":1,"x":2,"b":2}', 8],
				['{"a":1,"b":2,"\\u0064":0}', 13],
				['{"a\\u0000":1,"a":1,"b":2}', 1],
				['{"a":1,"b":2,"bee?":{"a":1,"a":2}}', 13],
			] as const) {
				expect(parseOne(create, feed(abc('skip')), text), text).toEqual({ a: 1, b: 2, c: null });
				expect(parseOne(create, feed(abc('reject')), text), text).toEqual({ category: 'unknown-key', offset });
			}
			expect(parseOne(create, feed(abc('reject')), '{"d"x')).toEqual({ category: 'unknown-key', offset: 1 });
			expect(parseOne(create, feed(abc('reject')), '{"d')).toEqual({ category: 'truncated', offset: 3 });
			expect(parseOne(create, feed(abc('skip')), '{"d":01}')).toEqual({ category: 'syntax', offset: 6 });
		});

		it('unknown keys are kept as text', () => {
			const kept = (text: string): unknown => (parseOne(create, feed(abc('keep')), text) as { unknownKeys: unknown }).unknownKeys;
			expect(kept('{"a":1,"b":2}')).toBe(null);
			expect(kept('{"a":1,"d":1,"b":2}')).toBe('{"d":1}');
			expect(kept('{"d":1,"a":1,"b":2}')).toBe('{"d":1}');
			expect(kept('{ "d" :\t1 , "a":1,"b":2 , "\\u0065" : [ 1, {} ] ,"d":"x"\n}')).toBe('{"d" :\t1,"\\u0065" : [ 1, {} ],"d":"x"}');
			expect(kept('{"a":1,"b":2,"é":3}')).toBeUndefined();
			expect(kept('{"a":1,"b":2,"12345":78}')).toBe('{"12345":78}');
			expect(kept('{"a":1,"b":2,"12345":789}')).toBe('{"12345":789}');
			expect(kept(`{"a":1,"b":2,"long":"${'x'.repeat(3000)}"}`)).toBe(`{"long":"${'x'.repeat(3000)}"}`);
			expect(parseOne(create, feed(abc('keep')), '{"a":1,"d":nul}')).toEqual({ category: 'syntax', offset: 14 });
		});

		it('a known key twice is refused at the second', () => {
			for (const [text, offset] of [
				['{"a":1,"a":1,"b":2}', 7],
				['{"a":1,"b":2,"bee":2}', 13],
				['{"é":1,"b":2', 8],
				['{"a":1,"\\u0061":1}', 7],
				['{"a":1,"b":2,"c":3,"c":3}', 19],
				['{"a":1, "a"', 8],
				['{"a":1,"a"x', 7],
				['{"x":1,"x":1,"a":1,"a":1}', 19],
			] as const) {
				for (const unknownKeys of ['skip', 'keep'] as const) expect(parseOne(create, feed(abc(unknownKeys)), text), text).toEqual({ category: 'duplicate-key', offset });
			}
			expect(parseOne(create, feed(abc('skip')), '{"a":1,"a')).toEqual({ category: 'truncated', offset: 9 });
		});

		it('a missing key is refused at the closing bracket', () => {
			for (const [text, offset] of [
				['{}', 1],
				['{ }', 2],
				['{"a":1}', 6],
				['{"b":1}', 6],
				['{"a":1,"c":2 }', 13],
				['{"A":1,"B":2}', 12],
			] as const)
				expect(parseOne(create, feed(abc('skip')), text), text).toEqual({ category: 'missing-field', offset });
			expect(parseOne(create, single(message([field('x', I32)])), '{"v":{"y":1}}')).toEqual({ category: 'missing-field', offset: 11 });
			// Even if something is wrong behind it.
			expect(parseOne(create, feed(abc('skip')), '{"a":1}x')).toEqual({ category: 'missing-field', offset: 6 });
			expect(parseOne(create, feed(abc('skip')), '{"a":1,}')).toEqual({ category: 'syntax', offset: 7 });
		});

		it('skipped values must be there, too, unless optional', () => {
			expect(verdicts(create, single({ kind: 'skip' }), ['{"v":null}', '{"v":[1,{"v":2}]}', '{}', '{"v":1,"v":2}', '{"v":}'])).toEqual([null, null, { category: 'missing-field', offset: 1 }, { category: 'duplicate-key', offset: 7 }, { category: 'syntax', offset: 5 }]);
			expect(verdicts(create, single({ kind: 'skip' }, { optional: true }), ['{}', '{"v":0}'])).toEqual([null, null]);
		});

		it('a key that must be absent is unknown', () => {
			const schema = feed(message([field('a', I32), field('error', { kind: 'absent' }, { keys: ['error', 'err'] })]));
			expect(verdicts(create, schema, ['{"a":1}', '{"a":1,"error":null}', '{"err":{', '{"a":1,"\\u0065rror"'])).toEqual([null, { category: 'unknown-key', offset: 7 }, { category: 'unknown-key', offset: 1 }, { category: 'unknown-key', offset: 7 }]);
		});

		it('more keys than a machine word has bits', () => {
			const count = 150;
			const schema = feed(message(Array.from({ length: count }, (_, index) => field(`k${index}`, I32, { optional: index % 3 === 1 }))));
			const members = Array.from({ length: count }, (_, index) => `"k${index}":${index}`);
			const row = Object.fromEntries(members.map((_, index) => [`k${index}`, index]));
			expect(parseOne(create, schema, `{${members.join()}}`)).toEqual(row);
			expect(parseOne(create, schema, `{${members.toReversed().join()}}`)).toEqual(row);
			const without = members.filter((_, index) => index !== 100);
			expect(parseOne(create, schema, `{${without.join()}}`)).toEqual({ ...row, k100: null });
			for (const missing of [0, 63, 65, 128]) {
				const text = `{${members.filter((_, index) => index !== missing).join()}}`;
				expect(parseOne(create, schema, text)).toEqual(missing % 3 === 1 ? { ...row, [`k${missing}`]: null } : { category: 'missing-field', offset: text.length - 1 });
			}
			for (const twice of [0, 64, 149]) expect(parseOne(create, schema, `{${members.join()},"k${twice}":0}`)).toEqual({ category: 'duplicate-key', offset: members.join().length + 2 });
		});

		it('keys of all lengths, and all that they may contain', () => {
			const keys = [...Array.from({ length: 70 }, (_, length) => 'k'.repeat(length)), 'quo"te', 'back\\slash', 'new\nline', 'nul\0', 'é', '价格', '😀', '\ufeff', '__proto__', `${'k'.repeat(15)}é`];
			const schema = feed(message(keys.map((key, index) => field(`f${index}`, I32, { keys: [key] }))));
			const members = keys.map((key, index) => `${JSON.stringify(key)}:${index}`);
			const row = Object.fromEntries(keys.map((_, index) => [`f${index}`, index]));
			expect(parseOne(create, schema, `{${members.join()}}`)).toEqual(row);
			expect(parseOne(create, schema, `{${members.toReversed().join(' , ')}}`)).toEqual(row);
			const escaped = keys.map((key, index) => `"${Array.from({ length: key.length }, (_, unit) => `\\u${key.charCodeAt(unit).toString(16).padStart(4, '0')}`).join('')}":${index}`);
			expect(parseOne(create, schema, `{${escaped.join()}}`)).toEqual(row);
		});

		it('nested objects and what null makes of them', () => {
			const inner = message([field('x', I32), field('t', { kind: 'text' }), field('l', { kind: 'list', item: I32, itemNullable: false }), field('d', { kind: 'decimal', scale: 2, excess: 'reject', keepTextScale: true })], { unknownKeys: 'keep' });
			const schema = feed(message([field('a', inner, { nullable: true, optional: true }), field('b', I32)]));
			const full = '{"x":1,"t":"hello","l":[1,2],"d":1.5}';
			const row = { x: 1, t: 'hello', l: [1, 2], d: 150n, d$scale: 1, unknownKeys: null };
			const { rows } = parseAll(create, schema, [`{"a":${full},"b":1}`, '{"a":null,"b":2}', '{"b":3}', `{"b":4,"a":${full}}`]);
			expect(rows.variant0).toEqual([
				{ a: row, b: 1 },
				{ a: null, b: 2 },
				{ a: null, b: 3 },
				{ a: row, b: 4 },
			]);
		});
	});

	describe('tuples', () => {
		const type = tuple([field('a', I32), field('b', { kind: 'text' }), field('c', I32, { optional: true }), field('d', I32, { optional: true, nullable: true })]);
		it('have a meaning at each position', () => {
			expect(parseAll(create, feed(type), ['[1,"x"]', '[1,"x",2]', '[1,"x",2,3]', '[ 1 , "x" , 2 , null ]']).rows.variant0).toEqual([
				{ a: 1, b: 'x', c: null, d: null },
				{ a: 1, b: 'x', c: 2, d: null },
				{ a: 1, b: 'x', c: 2, d: 3 },
				{ a: 1, b: 'x', c: 2, d: null },
			]);
		});
		it('are refused at what is missing or surplus', () => {
			expect(verdicts(create, feed(type), ['[]', '[1]', '[ 1 ]', '[1,"x",2,3,4]', '[1,"x",2,3, {]', '[1,"x",2,3,x]', '[1,"x",2,3,]', '[1,"x",2,3,', '[1,"x",null]', '[1,"x"}', '[1 "x"]', '[1,,]', '{}'])).toEqual([
				{ category: 'missing-field', offset: 1 },
				{ category: 'missing-field', offset: 2 },
				{ category: 'missing-field', offset: 4 },
				{ category: 'tuple-length', offset: 11 },
				{ category: 'tuple-length', offset: 12 },
				{ category: 'syntax', offset: 11 },
				{ category: 'syntax', offset: 11 },
				{ category: 'truncated', offset: 11 },
				{ category: 'type', offset: 7 },
				{ category: 'syntax', offset: 6 },
				{ category: 'syntax', offset: 3 },
				{ category: 'syntax', offset: 3 },
				{ category: 'type', offset: 0 },
			]);
		});
		it('may have surplus that is checked and dropped', () => {
			const schema = feed(tuple([I32], { surplus: 'skip' }));
			expect(verdicts(create, schema, ['[1]', '[1,2,{"a":[]}]', '[1,2,]', '[1,x]', '[]'])).toEqual([null, null, { category: 'syntax', offset: 5 }, { category: 'syntax', offset: 3 }, { category: 'missing-field', offset: 1 }]);
		});
		it('may be empty', () => {
			expect(verdicts(create, feed(tuple([])), ['[]', ' [ ] ', '[1]', '[]1'])).toEqual([null, null, { category: 'tuple-length', offset: 1 }, { category: 'trailing', offset: 2 }]);
		});
		it('hold constants, skipped values, objects and null', () => {
			const schema = feed(tuple([{ kind: 'skip' }, { kind: 'literal', value: 'x' }, field('o', message([field('a', I32)]), { nullable: true }), field('t', tuple([I32]), { optional: true })]));
			expect(parseAll(create, schema, ['[{},"x",{"a":1},[2]]', '[1,"x",null]']).rows.variant0).toEqual([
				{ o: { a: 1 }, t: { f0: 2 } },
				{ o: null, t: null },
			]);
			expect(verdicts(create, schema, ['[1,"y",null]', '[1,"x",{}]', '[1,"x",null,[]]', '[1,"x",null,null]'])).toEqual([
				{ category: 'literal', offset: 3 },
				{ category: 'missing-field', offset: 8 },
				{ category: 'missing-field', offset: 13 },
				{ category: 'type', offset: 12 },
			]);
		});
	});

	describe('lists', () => {
		it('of scalars, null items where they may be', () => {
			const schema = single({ kind: 'list', item: { kind: 'decimal', scale: 1, excess: 'reject', keepTextScale: false }, itemNullable: true });
			expect(parseAll(create, schema, ['{"v":[]}', '{"v":[1,"2.5",null,""]}', '{"v":[ ]}', '{"v":[ 3 , 4 ]}']).rows.variant0).toEqual([{ v: [] }, { v: [10n, 25n, null, null] }, { v: [] }, { v: [30n, 40n] }]);
			expect(verdicts(create, schema, ['{"v":[1,]}', '{"v":[,1]}', '{"v":[1 2]}', '{"v":[1,true]}', '{"v":[1', '{"v":[1,', '{"v":[1.55]}', '{"v":{}}', '{"v":null}', '{"v":[1}'])).toEqual([
				{ category: 'syntax', offset: 8 },
				{ category: 'syntax', offset: 6 },
				{ category: 'syntax', offset: 8 },
				{ category: 'type', offset: 8 },
				{ category: 'truncated', offset: 7 },
				{ category: 'truncated', offset: 8 },
				{ category: 'scale', offset: 6 },
				{ category: 'type', offset: 5 },
				{ category: 'type', offset: 5 },
				{ category: 'syntax', offset: 7 },
			]);
			expect(parseOne(create, single({ kind: 'list', item: I32, itemNullable: false }), '{"v":[1,null]}')).toEqual({ category: 'type', offset: 8 });
		});
		it('of flags, texts, symbols, templates', () => {
			const schema = feed(
				message([
					field('a', { kind: 'list', item: { kind: 'flag' }, itemNullable: true }),
					field('b', { kind: 'list', item: { kind: 'text' }, itemNullable: true }),
					field('c', { kind: 'list', item: { kind: 'symbol', universe: 'u' }, itemNullable: true }),
					field('d', { kind: 'list', item: { kind: 'template', prefix: 'p', suffix: '', capture: { kind: 'text' } }, itemNullable: false }),
				]),
			);
			const text = '{"a":[true,null,false,true],"b":["x",null,"a longer text than twelve"],"c":["A","B","A",null],"d":["p","pq"]}';
			const row = { a: [true, null, false, true], b: ['x', null, 'a longer text than twelve'], c: ['A', 'B', 'A', null], d: ['', 'q'] };
			expect(parseAll(create, schema, [text, text]).rows.variant0).toEqual([row, row]);
		});
		it('of lists, tuples and objects', () => {
			const level = tuple([field('price', { kind: 'decimal', scale: 2, excess: 'reject', keepTextScale: false }), field('size', { kind: 'decimal', scale: 0, excess: 'reject', keepTextScale: false })]);
			const schema = feed(
				message([
					field('bids', { kind: 'list', item: level, itemNullable: false }),
					field('grid', { kind: 'list', item: { kind: 'list', item: I32, itemNullable: false }, itemNullable: false }, { nullable: true }),
					field('orders', { kind: 'list', item: message([field('id', I32), field('tags', { kind: 'list', item: { kind: 'text' }, itemNullable: false }, { optional: true })]), itemNullable: false }, { optional: true }),
				]),
			);
			const { rows } = parseAll(create, schema, ['{"bids":[["1.5","2"],["1.25","3"]],"grid":[[1],[],[2,3]],"orders":[{"id":1,"tags":["a","b"]},{"id":2},{"id":3,"tags":[]}]}', '{"bids":[],"grid":null}', '{"grid":[],"bids":[[0,0]],"orders":[]}', '{"grid":[[9,9],[]],"bids":[[1,1]],"orders":[{"tags":["z"],"id":7}]}']);
			expect(rows.variant0).toEqual([
				{
					bids: [
						{ price: 150n, size: 2n },
						{ price: 125n, size: 3n },
					],
					grid: [[1], [], [2, 3]],
					orders: [
						{ id: 1, tags: ['a', 'b'] },
						{ id: 2, tags: null },
						{ id: 3, tags: [] },
					],
				},
				{ bids: [], grid: null, orders: null },
				{ bids: [{ price: 0n, size: 0n }], grid: [], orders: [] },
				{ bids: [{ price: 100n, size: 1n }], grid: [[9, 9], []], orders: [{ id: 7, tags: ['z'] }] },
			]);
		});
		it('at the end of a refused message leave nothing', () => {
			const schema = single({ kind: 'list', item: I32, itemNullable: false });
			expect(parseAll(create, schema, ['{"v":[1,2]}', '{"v":[3,4,5,x]}', '{"v":[6]}']).rows.variant0).toEqual([{ v: [1, 2] }, { v: [6] }]);
		});
	});

	describe('depth', () => {
		it('64 brackets are read, the 65th is refused', () => {
			const skip = single({ kind: 'skip' });
			for (const [open, close] of [
				['[', ']'],
				['{"a":', '}'],
			] as const) {
				const nest = (count: number): string => `{"v":${open.repeat(count)}${open === '[' ? '' : '1'}${close.repeat(count)}}`;
				expect(parseOne(create, skip, nest(63))).toEqual({});
				expect(parseOne(create, skip, nest(64))).toEqual({ category: 'depth', offset: 5 + 63 * open.length });
				expect(parseOne(create, single({ kind: 'flag' }, { optional: true }), nest(64).replace('"v"', '"x"'))).toEqual({ category: 'depth', offset: 5 + 63 * open.length });
			}
			expect(parseOne(create, skip, `{"v":[${'[],'.repeat(100)}[]]}`)).toEqual({});
		});
		it('holds inside what the schema describes', () => {
			let type: MessageType = message([field('x', { kind: 'skip' })]);
			for (let level = 0; level < 29; level++) type = message([field('x', type)]);
			const around = (inner: string): string => `${'{"x":'.repeat(30)}${inner}${'}'.repeat(30)}`;
			expect(parseOne(create, feed(type), around('['.repeat(34) + ']'.repeat(34)))).not.toHaveProperty('category');
			expect(parseOne(create, feed(type), around('['.repeat(35)))).toEqual({ category: 'depth', offset: 30 * 5 + 34 });
			expect(parseOne(create, feed(type, tuple([])), around('['.repeat(35)))).toEqual({ category: 'depth', offset: 30 * 5 + 34 });
		});
	});

	it('trailing bytes', () => {
		const schema = single(I32);
		expect(verdicts(create, schema, ['{"v":1} \n\t\r', '{"v":1}x', '{"v":1} {}', '{"v":1}\0', '{"v":1}\ufeff', '{"v":1}}', '{"v":1},'])).toEqual([
			null,
			{ category: 'trailing', offset: 7 },
			{ category: 'trailing', offset: 8 },
			{ category: 'trailing', offset: 7 },
			{ category: 'trailing', offset: 7 },
			{ category: 'trailing', offset: 7 },
			{ category: 'trailing', offset: 7 },
		]);
	});

	it('the first error from the left is the one', () => {
		const schema = feed(message([field('a', I32), field('b', { kind: 'text' })], { unknownKeys: 'reject' }));
		for (const [text, category, offset] of [
			['{"a":"x","c":1}', 'number', 5],
			['{"c":1,"a":"x"}', 'unknown-key', 1],
			['{"a":true,"a":', 'type', 5],
			['{"a":1,"a":true', 'duplicate-key', 7],
			['{"b":"\\x","a":1.5}', 'escape', 6],
			['{"a":1.5,"b":"\\x"}', 'scale', 5],
			['{"a":1}\0', 'missing-field', 6],
			['{"a":1,"b":"\u0001\\x', 'control-character', 12],
			['{"a":1e99999', 'range', 5],
			['{"a":1,"b":"\\q\u0001', 'escape', 12],
		] as const)
			expect(parseOne(create, schema, text), text).toEqual({ category, offset });
	});
});
