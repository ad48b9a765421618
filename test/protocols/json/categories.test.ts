/** Each category of error, and the offset that parser-abi.ts states for it. */
import { describe, expect, it } from 'vitest';
import { ERROR_CATEGORIES, type ErrorCategory } from '../../../src/compiler/parser-abi.ts';
import type { Schema, ValueType } from '../../../src/schema/model.ts';
import { parseAll, toBytes } from './harness.ts';
import { feed, field, message, single, tuple } from './schemas.ts';
import { tiers } from './tiers.ts';

const I32 = { kind: 'integer', bits: 32, signed: true } as const;
const TEXT = { kind: 'text' } as const;
const of = (kind: ValueType): Schema => single(kind);
/** Two variants that a literal tells apart. */
const two = feed(message([field('e', { kind: 'literal', value: 'a' }), field('v', I32)]), message([field('e', { kind: 'literal', value: 'b' }), field('v', TEXT)]));

/** All but those of binary protocols. */
type JsonCategory = Exclude<ErrorCategory, 'length'>;

/** For each category: a schema, a message, the offset, and the variant (0 where only one is given). */
const CASES: Record<JsonCategory, readonly (readonly [schema: Schema, text: string | Uint8Array, offset: number, variant?: number])[]> = {
	syntax: [
		[of(I32), '{"v":1;}', 6],
		[of(I32), '{"v";1}', 4],
		[of({ kind: 'flag' }), '{"v":trve}', 7],
		[two, '{"v":x,"e":"a"}', 5, -1],
		[two, '{"e":"b","v":x}', 13, 1],
	],
	truncated: [
		[of(I32), '{"v":1', 6],
		[of(TEXT), '{"v":"ab', 8],
		[two, '{"e":"a","v"', 12, 0],
		[two, '{"e":"a', 7, -1],
	],
	utf8: [
		[of(TEXT), Uint8Array.of(0x7b, 0x22, 0x76, 0x22, 0x3a, 0x22, 0x61, 0xe2, 0x82, 0x22, 0x7d), 7],
		[of(TEXT), Uint8Array.of(0x7b, 0x22, 0x76, 0xff, 0x22, 0x3a, 0x31, 0x7d), 3],
	],
	escape: [
		[of(TEXT), '{"v":"ab\\x"}', 8],
		[of(TEXT), '{"\\v":""}', 2],
		[of({ kind: 'skip' }), '{"v":["\\u00g0"]}', 7],
	],
	'control-character': [
		[of(TEXT), '{"v":"a\n"}', 7],
		[of(TEXT), '{"\t":""}', 2],
	],
	number: [
		[of(I32), '{"v":-}', 6],
		[of(I32), '{"v":1.}', 7],
		[of(I32), '{"v":1e}', 7],
		[of(I32), '{"v":"1e"}', 5],
		[of({ kind: 'timestamp', format: 'ms' }), '{"v":"now"}', 5],
	],
	depth: [[of({ kind: 'skip' }), `{"v":${'['.repeat(64)}`, 68]],
	trailing: [
		[of(I32), '{"v":1} 2', 8],
		[two, '{"e":"c"}x', 9, -1],
		[two, '{"e":"a","v":1}x', 15, 0],
	],
	type: [
		[of(I32), '{"v":true}', 5],
		[of(I32), ' [1]', 1],
		[two, '{"v":null,"e":"b"}', 5, 1],
	],
	'missing-field': [
		[of(I32), '{"w":1 }', 7],
		[feed(tuple([I32, I32])), '[1]', 2],
		[two, '{"e":"a"}', 8, 0],
	],
	'duplicate-key': [
		[of(I32), '{"v":1,"v":1}', 7],
		[of(I32), '{"v":1, "\\u0076":1}', 8],
	],
	'unknown-key': [
		[feed(message([field('v', I32)], { unknownKeys: 'reject' })), '{"v":1,"w":1}', 7],
		[feed(message([field('v', { kind: 'absent' })])), '{"w":1,"v":1}', 7],
	],
	'unknown-message': [
		[two, ' {"e":"c"}', 0, -1],
		[two, '[]', 0, -1],
		[two, '{"e":1}', 0, -1],
	],
	range: [
		[of(I32), '{"v":2147483648}', 5],
		[of(I32), '{"v":"-2147483649"}', 5],
		[of({ kind: 'decimal', scale: 8, excess: 'truncate', keepTextScale: false }), '{"v":92233720368.54775808}', 5],
	],
	scale: [
		[of(I32), '{"v":1.5}', 5],
		[of({ kind: 'decimal', scale: 1, excess: 'reject', keepTextScale: false }), '{"v":"1.55"}', 5],
	],
	timestamp: [
		[of({ kind: 'timestamp', format: 'rfc3339' }), '{"v":"2023-02-29T00:00:00Z"}', 5],
		[of({ kind: 'timestamp', format: 's' }), '{"v":9223372037}', 5],
	],
	enumeration: [[of({ kind: 'enumeration', values: ['a'], unknown: 'reject' }), '{"v":"b"}', 5]],
	literal: [
		[of({ kind: 'literal', value: 'a' }), '{"v":"b"}', 5],
		[of({ kind: 'template', prefix: 'a', suffix: 'b', capture: null }), '{"v":"a"}', 5],
	],
	'tuple-length': [[feed(tuple([I32])), '[1, 2]', 4]],
	'too-large': [
		[of({ kind: 'symbol', universe: 'u' }), `{"v":"${'x'.repeat(256)}"}`, 5],
		[of(TEXT), `{"v":"${'x'.repeat(5000)}"}`, 0],
		[of({ kind: 'list', item: I32, itemNullable: false }), `{"v":[${'1,'.repeat(2000)}1]}`, 0],
	],
};

describe.each(tiers)('error categories of the $name tier', ({ create }) => {
	it.each((Object.keys(ERROR_CATEGORIES) as ErrorCategory[]).filter((category): category is JsonCategory => category !== 'length'))('%s', (category) => {
		for (const [schema, text, offset, variant = 0] of CASES[category]) {
			const { refused } = parseAll(create, schema, [text], { rows: 64, items: 64, textBytes: 64 });
			expect(refused).toMatchObject([{ category, offset, variant, sequence: 0, length: toBytes(text).length }]);
		}
	});
});
