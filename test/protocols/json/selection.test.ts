/** Which variant a message is, whatever is wrong with it. */
import { describe, expect, it } from 'vitest';
import type { LiteralType, Schema } from '../../../src/schema/model.ts';
import { parseAll, type WorldOptions } from './harness.ts';
import { feed, field, message, tuple } from './schemas.ts';
import { tiers } from './tiers.ts';

const I32 = { kind: 'integer', bits: 32, signed: true } as const;
const is = (value: LiteralType['value']): LiteralType => ({ kind: 'literal', value });

describe.each(tiers)('the choice of the variant by the $name tier', ({ create }) => {
	/** The variant's number and what becomes of the message: `0`, `1 type 5`, `none unknown-message 0`. */
	const choice = (schema: Schema, text: string, options: WorldOptions = {}): string => {
		const { messages, refused } = parseAll(create, schema, [text], { rows: 64, ...options });
		const [error] = refused;
		if (error !== undefined) return `${error.variant < 0 ? 'none' : error.variant} ${error.category} ${error.offset}`;
		return String(schema.variants.findIndex(({ name }) => messages[name] === 1));
	};
	const check = (schema: Schema, cases: readonly (readonly [text: string, outcome: string])[], options: WorldOptions = {}): void => {
		for (const [text, outcome] of cases) expect(choice(schema, text, options), text).toBe(outcome);
	};

	it('one variant needs no choice', () => {
		check(feed(message([field('e', is('trade'))])), [
			['{"e":"trade"}', '0'],
			['{"e":"x"}', '0 literal 5'],
			['[]', '0 type 0'],
			['', '0 truncated 0'],
			['\0', '0 syntax 0'],
		]);
	});

	it('by a literal', () => {
		const schema = feed(message([field('e', is('trade')), field('p', I32)]), message([field('e', is('depth')), field('p', { kind: 'text' })]), message([field('e', is(3)), field('p', I32)]), message([field('e', is(true)), field('p', I32)]), message([field('e', is(null)), field('p', I32)]));
		check(schema, [
			['{"e":"trade","p":1}', '0'],
			['{"e":"depth","p":"x"}', '1'],
			['{"p":"x","e":"depth"}', '1'],
			['{"e":"depth","p":1}', '1 type 17'],
			['{"p":"x","e":"trade"}', '0 number 5'],
			['{"\\u0065":"\\u0064epth","p":""}', '1'],
			['{"e":3,"p":1}', '2'],
			['{"e":3.0,"p":1}', '2'],
			['{"e":30e-1,"p":1}', '2'],
			['{"e":true,"p":1}', '3'],
			['{"e":null,"p":1}', '4'],
			['{"e":"other","p":1}', 'none unknown-message 0'],
			['{"e":false}', 'none unknown-message 0'],
			['{"e":4}', 'none unknown-message 0'],
			['{"e":["trade"]}', 'none unknown-message 0'],
			['{}', 'none unknown-message 0'],
			['[]', 'none unknown-message 0'],
			['1', 'none unknown-message 0'],
			['"trade"', 'none unknown-message 0'],
			['{"E":"trade"}', 'none unknown-message 0'],
			[' {} ', 'none unknown-message 0'],
			['{"x":{"e":"trade"}}', 'none unknown-message 0'],
		]);
	});

	it('errors belong to the variant that was known before them', () => {
		const schema = feed(message([field('e', is('trade')), field('p', I32)]), message([field('e', is('depth')), field('p', { kind: 'text' })]));
		check(schema, [
			['{"e":"trade","p":1x}', '0 syntax 18'],
			['{"e":"depth","p":\0}', '1 syntax 17'],
			['{"e":"trade",', '0 truncated 13'],
			['{"e":"trade"', '0 truncated 12'],
			['{"e":"trade', 'none truncated 11'],
			['{"e":"tra\\de","p":1}', 'none escape 9'],
			['{"p":1x,"e":"trade"}', 'none syntax 6'],
			['{"p":1,"e":"trade"} x', '0 trailing 20'],
			['{"e":"other"}x', 'none trailing 13'],
			['{"e":"other"}\n', 'none unknown-message 0'],
			['{"e":"other",}', 'none syntax 13'],
			['', 'none truncated 0'],
			['  ', 'none truncated 2'],
			['{', 'none truncated 1'],
			['\ufeff{"e":"trade"}', 'none syntax 0'],
			// Schema errors come in the order of the message, though the choice has read on.
			['{"p":1.5,"e":"trade"}', '0 scale 5'],
			['{"p":true,"e":"trade","p":1}', '0 type 5'],
			['{"p":1.5,"e":"trade",x', '0 scale 5'],
			['{"e":"depth","p":"x","p":\0', '1 duplicate-key 21'],
			// The first of a key twice is the one that chooses.
			['{"e":"trade","e":"depth","p":1}', '0 duplicate-key 13'],
			['{"e":"depth","p":"","e":"trade"}', '1 duplicate-key 20'],
			['{"e":"other","e":"trade","p":1}', 'none unknown-message 0'],
			['{"e":"other","\\u0065":"trade","p":1}', 'none unknown-message 0'],
			['{"e":{"e":1},"e":"trade"}', 'none unknown-message 0'],
		]);
	});

	it('the first that fits, where several do', () => {
		const schema = feed(message([field('e', is('trade'), { optional: true }), field('p', I32)]), message([field('e', is('trade')), field('p', { kind: 'text' })]), message([]));
		check(schema, [
			['{"e":"trade","p":1}', '0'],
			['{"e":"trade","p":"x"}', '0 number 17'],
			['{"p":1}', '0'],
			['{"e":"x"}', '2'],
			['{}', '0 missing-field 1'],
			['{"e":null}', '2'],
		]);
	});

	it('by templates', () => {
		const schema = feed(
			message([field('c', { kind: 'template', prefix: 'trades.', suffix: '.raw', capture: { kind: 'symbol', universe: 'u' } })]),
			message([field('c', { kind: 'template', prefix: 'trades.', suffix: '', capture: { kind: 'text' } })]),
			message([field('c', { kind: 'template', prefix: '', suffix: '@depth', capture: null })]),
		);
		check(schema, [
			['{"c":"trades.BTC.raw"}', '0'],
			['{"c":"trades.BTC"}', '1'],
			['{"c":"trades.raw"}', '1'],
			['{"c":"trades..raw"}', '0'],
			['{"c":"btc@depth"}', '2'],
			['{"c":"@depth"}', '2'],
			['{"c":"depth"}', 'none unknown-message 0'],
			['{"c":1}', 'none unknown-message 0'],
			['{"c":"trad\\u0065s.x\\u002eraw"}', '0'],
			[`{"c":"trades.${'x'.repeat(300)}.raw"}`, '0 too-large 5'],
		]);
	});

	it('by absent keys and by keys that are there', () => {
		const schema = feed(message([field('id', I32), field('error', { kind: 'absent' })]), message([field('error', { kind: 'skip' }, { distinguishing: true }), field('id', I32)]));
		check(schema, [
			['{"id":1}', '0'],
			['{"id":1,"error":{}}', '1'],
			['{"error":null,"id":1}', '1'],
			['{"error":1}', '1 missing-field 10'],
			['{"x":1}', '0 missing-field 6'],
			['{"id":1', 'none truncated 7'],
			['{"id":1,"error":{"a":1', '1 truncated 22'],
			['{"id":1,"error":"a', 'none truncated 18'],
			['{"id":1,"error":1', '1 truncated 17'],
			['{"id":1,"error":tr', 'none truncated 18'],
			['{"id":1}}', '0 trailing 8'],
		]);
		const ping = feed(message([field('ping', I32, { distinguishing: true })]), message([field('pong', I32, { distinguishing: true, nullable: true })]));
		check(ping, [
			['{"ping":1}', '0'],
			['{"pong":null}', '1'],
			['{"pong":1,"ping":2}', '0'],
			['{"ping":null}', '0 type 8'],
			['{}', 'none unknown-message 0'],
		]);
	});

	it('by the kinds and lengths of tuples', () => {
		const schema = feed(
			tuple([I32, is('hb')]),
			tuple([I32, { kind: 'list', item: tuple([I32, I32]), itemNullable: false }]),
			tuple([I32, I32, I32]),
			tuple([I32, message([field('event', is('info'))])]),
			tuple([I32, field('more', I32, { optional: true })], { surplus: 'skip' }),
			message([field('event', { kind: 'text' })]),
		);
		check(schema, [
			['[1,"hb"]', '0'],
			['[1,[[1,2],[3,4]]]', '1'],
			['[1,[]]', '1'],
			['[1,2,3]', '2'],
			['[1,{"event":"info"}]', '3'],
			['[1]', '4'],
			['[1,2]', '4'],
			['[1,2,3,4]', '4'],
			['{"event":"x"}', '5'],
			['{}', '5 missing-field 1'],
			['[]', 'none unknown-message 0'],
			['[[]]', 'none unknown-message 0'],
			['[1,{"event":"other"}]', 'none unknown-message 0'],
			['[1,[1]]', 'none unknown-message 0'],
			['[1,[[1]]]', 'none unknown-message 0'],
			// Lengths are known at the closing bracket only.
			['[1,2,3', 'none truncated 6'],
			['[1,"hb"', 'none truncated 7'],
			['[1,"hb",', 'none truncated 8'],
			['[1,"hb"]]', '0 trailing 8'],
			['{', '5 truncated 1'],
			['{x', '5 syntax 1'],
			['[1,2,x]', 'none syntax 5'],
		]);
	});

	it('by what lies deeper, known to be there or not', () => {
		const data = (value: LiteralType['value'], also = {}) => field('data', message([field('e', is(value)), field('n', I32, { optional: true })]), also);
		const schema = feed(message([field('data', tuple([is('c')]))]), message([data('a')]), message([data('b', { nullable: true })]), message([data('d', { optional: true }), field('z', is(1))]));
		check(schema, [
			['{"data":["c"]}', '0'],
			['{"data":{"e":"a"}}', '1'],
			['{"data":{"e":"b"}}', '2'],
			['{"data":null}', '2'],
			['{"z":1,"data":{"e":"d"}}', '3'],
			['{"data":{"e":"a"', '1 truncated 16'],
			// What a nullable object says of its members holds where there are none.
			['{"data":1}', '2 type 8'],
			['{"data":["d"]}', '2 type 8'],
			['{"z":1}', '2 missing-field 6'],
			['{"z":1,"data":{}}', '2 missing-field 15'],
			['{"data":{"n":1', 'none truncated 14'],
			['{"data":{"e":"x"}}', 'none unknown-message 0'],
			['{"data":{"e":"x"},"data":{"e":"a"}}', 'none unknown-message 0'],
		]);
	});

	it('by any of a key’s aliases', () => {
		const schema = feed(message([field('e', is('a'), { keys: ['e', 'event'] })]), message([field('e', is('b'), { keys: ['event', 'e'] })]), message([field('e', { kind: 'absent' }, { keys: ['e', 'event'] })]));
		check(schema, [
			['{"e":"a"}', '0'],
			['{"event":"a"}', '0'],
			['{"event":"b"}', '1'],
			['{}', '2'],
			['{"x":1}', '2'],
			['{"e":"c"}', 'none unknown-message 0'],
			['{"e":"x","event":"b"}', '1 literal 5'],
			['{"e":"b","event":"a"}', '0 literal 5'],
			['{"event":"a","e":"b"}', '0 duplicate-key 13'],
			['{"x":1', 'none truncated 6'],
		]);
	});

	it('a string that cannot be decoded fits nothing', () => {
		const schema = feed(message([field('e', is('aaaa'))]), message([field('e', { kind: 'template', prefix: 'a', suffix: 'a', capture: null })]), message([field('e', { kind: 'skip' }, { optional: true })]));
		const of = (count: number): string => '\\u0061'.repeat(count);
		check(
			schema,
			[
				[`{"e":"${of(4)}"}`, '0'],
				[`{"e":"${of(170)}"}`, '1'],
				[`{"e":"${of(171)}"}`, '2'],
				[`{"e":"a${'b'.repeat(2000)}a"}`, '1'],
				[`{"${of(171)}":"aaaa"}`, '2'],
				[`{"${of(171)}":1,"e":"aaaa"}`, '0'],
			],
			{ scratchSize: 1024 },
		);
	});

	it('control variants are checked and counted', () => {
		const reply = {
			name: 'reply',
			role: 'control',
			type: message(
				[field('id', I32), field('s', { kind: 'symbol', universe: 'u' }, { optional: true }), field('l', { kind: 'list', item: I32, itemNullable: false }, { optional: true }), field('o', { kind: 'enumeration', values: ['a'], unknown: 'intern' }, { optional: true }), field('t', { kind: 'text' }, { optional: true })],
				{ unknownKeys: 'keep' },
			),
		} as const;
		const schema = feed({ ...reply, type: { ...reply.type, fields: [...reply.type.fields, field('result', { kind: 'skip' }, { distinguishing: true })] } }, message([field('p', I32), field('s', { kind: 'symbol', universe: 'u' })]));
		const list = `[${Array.from({ length: 500 }, (_, index) => index).join()}]`;
		const { rows, refused, messages } = parseAll(
			create,
			schema,
			['{"result":null,"id":1}', '{"p":1,"s":"A"}', `{"result":1,"id":2,"s":"Z","l":${list},"o":"new","t":"${'x'.repeat(10_000)}","more":[1]}`, '{"result":1}', `{"result":1,"id":1,"s":"${'x'.repeat(256)}"}`, `{"result":1,"id":1,"o":"${'x'.repeat(256)}"}`, '{"p":2,"s":"B"}', '{"result":1,"id":1.5}'],
			{ rows: 64, items: 64 },
		);
		expect(messages).toEqual({ reply: 2, variant1: 2 });
		expect(rows).toEqual({
			variant1: [
				{ p: 1, s: 'A' },
				{ p: 2, s: 'B' },
			],
		});
		expect(refused.map(({ category, offset, variant, sequence }) => [category, offset, variant, sequence])).toEqual([
			['missing-field', 11, 0, 3],
			['too-large', 23, 0, 4],
			['too-large', 23, 0, 5],
			['scale', 17, 0, 7],
		]);
	});
});
