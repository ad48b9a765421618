import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/compiler/canonical-json.ts';
import { exchanges } from '../../src/index.ts';

describe('canonical JSON', () => {
	it('does not depend on the order of keys, and does on that of items', () => {
		expect(canonicalJson({ b: [2, 1, null], a: { d: 'é"\n', c: true }, e: undefined })).toBe('{"a":{"c":true,"d":"é\\"\\n"},"b":[2,1,null]}');
		expect(canonicalJson({ a: { c: true, d: 'é"\n' }, b: [2, 1, null] })).toBe(canonicalJson({ b: [2, 1, null], a: { d: 'é"\n', c: true } }));
		expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
	});

	it('tells different data apart', () => {
		const different = [{}, [], [[]], [''], ['', ''], [','], '', 'null', null, 0, -0, '0', 1e21, { a: 1 }, { a: '1' }, { a: [1] }, { 'a":1,"b': 1 }, { a: 1, b: 1 }, { __proto__: null, b: 1 }, '\ud800', '\udc00'];
		expect(new Set(different.map(canonicalJson)).size).toBe(different.length);
	});

	it('is JSON of the same data', () => {
		for (const { schema } of Object.values(exchanges)) expect(JSON.parse(canonicalJson(schema))).toEqual(JSON.parse(JSON.stringify(schema)));
	});

	it('refuses what is no plain data', () => {
		const cycle: { self?: unknown } = {};
		cycle.self = [cycle];
		const shared = { a: 1 };
		expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
		for (const [value, words] of [
			[() => 1, /a function/],
			[1n, /a bigint/],
			[[Symbol('x')], /a symbol/],
			[{ a: Number.NaN }, /NaN/],
			[[undefined], /a undefined|an undefined/],
			[new Map(), /object of a class/],
			[new Date(0), /object of a class/],
			[cycle, /contains itself/],
		] as const)
			expect(() => canonicalJson(value)).toThrow(words);
	});
});
