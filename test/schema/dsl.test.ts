import { describe, expect, expectTypeOf, test } from 'vitest';
import {
	absent,
	type ColumnKinds,
	type ColumnsOf,
	control,
	controlTuple,
	decimal,
	enumeration,
	envelope,
	type FieldNames,
	type FieldShape,
	flag,
	float,
	integer,
	integer32,
	list,
	literal,
	message,
	type OtherString,
	object,
	oneOf,
	type Row,
	type RowOf,
	readSchema,
	type ScalarShape,
	type Schema,
	SchemaError,
	skip,
	symbol,
	type TableNames,
	template,
	text,
	timestamp,
	tuple,
	tupleMessage,
	unsigned,
	unsigned32,
	type VariantNames,
} from '../../src/schema/index.ts';

const aggTrade = message('aggTrade', {
	type: literal('aggTrade').key('e'),
	eventTime: timestamp('ms').key('E'),
	symbol: symbol().key('s'),
	price: decimal(8).key('p').rounding('half-even').keepScale(),
	quantity: decimal(8).key('q').optional().nullable(),
	side: enumeration(['buy', 'sell']).key('side', 'S'),
	kind: enumeration(['a', 'b']).unknown('null').nullable(),
	status: enumeration(['open', 'closed']).unknown('reject'),
	bids: list(tuple({ price: decimal(8), size: decimal(8) })).key('b'),
	maker: flag().key('m'),
	id: integer(),
	count: integer32().optional(),
	ratio: float(),
	note: text().nullable(),
	tags: list(text().nullable()),
	nested: object({ open: decimal(2), deeper: object({ x: unsigned32() }) }, { unknownKeys: 'keep' }),
	ignored: skip(),
	gone: absent(),
});

const tick = tupleMessage('tick', { channel: unsigned(), kind: literal('te'), name: template('market.{symbol}.trade'), rest: template('book-{text}').optional() }, { surplus: 'skip' });
const heartbeat = controlTuple('heartbeat', { channel: skip(), kind: literal('hb') });
const pong = control('pong', { pong: integer().distinguishing() });

const feed = oneOf('everything', { version: 3 }, aggTrade, tick, heartbeat, pong);

describe('what is built', () => {
	test('is plain data', () => {
		expect(JSON.parse(JSON.stringify(feed))).toEqual(feed);
		expect(feed.version).toBe(3);
		expect(feed.variants.map(({ name, role }) => [name, role])).toEqual([
			['aggTrade', 'table'],
			['tick', 'table'],
			['heartbeat', 'control'],
			['pong', 'control'],
		]);
	});

	test('has the names, keys and types that were asked for', () => {
		const field = (name: string) => aggTrade.type.fields.find((candidate) => candidate.name === name);
		expect(field('price')).toEqual({
			name: 'price',
			keys: ['p'],
			type: { kind: 'decimal', scale: 8, excess: 'half-even', keepTextScale: true },
			optional: false,
			nullable: false,
			distinguishing: false,
		});
		expect(field('quantity')).toMatchObject({ optional: true, nullable: true });
		expect(field('side')).toMatchObject({ keys: ['side', 'S'], type: { kind: 'enumeration', values: ['buy', 'sell'], unknown: 'intern' } });
		expect(field('kind')?.type).toMatchObject({ unknown: 'null' });
		expect(field('id')).toMatchObject({ keys: ['id'], type: { kind: 'integer', bits: 64, signed: true } });
		expect(field('tags')?.type).toEqual({ kind: 'list', item: { kind: 'text' }, itemNullable: true });
		expect(field('bids')?.type).toMatchObject({
			kind: 'list',
			item: {
				kind: 'tuple',
				surplus: 'reject',
				fields: [
					{ name: 'price', keys: [] },
					{ name: 'size', keys: [] },
				],
			},
			itemNullable: false,
		});
		expect(field('nested')?.type).toMatchObject({ kind: 'message', unknownKeys: 'keep' });
		expect(aggTrade.type).toMatchObject({ unknownKeys: 'skip' });
		expect(tick.type).toMatchObject({ kind: 'tuple', surplus: 'skip' });
		expect(tick.type.fields.map((element) => element.type)).toEqual([
			{ kind: 'integer', bits: 64, signed: false },
			{ kind: 'literal', value: 'te' },
			{ kind: 'template', prefix: 'market.', suffix: '.trade', capture: { kind: 'symbol', universe: 'symbol' } },
			{ kind: 'template', prefix: 'book-', suffix: '', capture: { kind: 'text' } },
		]);
		expect(pong.type.fields[0]).toMatchObject({ distinguishing: true });
	});

	test('a spec is not changed by what is made from it', () => {
		const price = decimal(8);
		price.key('p').optional().nullable();
		price.keepScale();
		expect(price.draft).toEqual({ keys: [], type: { kind: 'decimal', scale: 8, excess: 'reject', keepTextScale: false }, optional: false, nullable: false, distinguishing: false });
	});

	test('templates that capture nothing', () => {
		expect(template('*@depth').draft.type).toEqual({ kind: 'template', prefix: '', suffix: '@depth', capture: null });
		expect(template('tick.{symbol}', 'contracts').draft.type).toMatchObject({ capture: { kind: 'symbol', universe: 'contracts' } });
	});
});

describe('envelopes', () => {
	const trade = message('trade', { type: literal('trade').key('e'), price: decimal(2) });
	const ack = control('ack', { result: skip().distinguishing() });

	test('take name and role from the message within', () => {
		const streamed = envelope({ stream: text(), data: trade });
		expect(streamed).toMatchObject({ name: 'trade', role: 'table' });
		expect(streamed.type.fields[1]).toMatchObject({ name: 'data', keys: ['data'], type: trade.type });
		expectTypeOf<Row<typeof streamed>>().toEqualTypeOf<{ readonly stream: string; readonly data: { readonly price: bigint } }>();
		expectTypeOf(streamed.name).toEqualTypeOf<'trade'>();
	});

	test('at any depth, and around control messages', () => {
		const rpc = envelope({ method: literal('subscription'), params: object({ channel: symbol(), data: ack }) }, { unknownKeys: 'reject' });
		expect(rpc).toMatchObject({ name: 'ack', role: 'control', type: { unknownKeys: 'reject' } });
		expectTypeOf(rpc.name).toEqualTypeOf<'ack'>();
		expectTypeOf(rpc.role).toEqualTypeOf<'control'>();
	});

	test('go around one message', () => {
		expect(() => envelope({ stream: text() })).toThrow(/goes around one message, and the one with 'stream' has no message/);
		expect(() => envelope({ a: trade, b: object({ c: ack }) })).toThrow(/has 2 messages \('trade', 'ack'\)/);
	});
});

describe('types', () => {
	test('of rows', () => {
		expectTypeOf<Row<typeof aggTrade>>().toEqualTypeOf<{
			readonly eventTime: bigint;
			readonly symbol: string;
			readonly price: bigint;
			readonly quantity: bigint | null;
			readonly side: 'buy' | 'sell' | OtherString;
			readonly kind: 'a' | 'b' | null;
			readonly status: 'open' | 'closed';
			readonly bids: readonly { readonly price: bigint; readonly size: bigint }[];
			readonly maker: boolean;
			readonly id: bigint;
			readonly count: number | null;
			readonly ratio: number;
			readonly note: string | null;
			readonly tags: readonly (string | null)[];
			readonly nested: { readonly open: bigint; readonly deeper: { readonly x: number }; readonly unknownKeys: string | null };
		}>();
		expectTypeOf<Row<typeof tick>>().toEqualTypeOf<{ readonly channel: bigint; readonly name: string; readonly rest: string | null }>();
		expectTypeOf<RowOf<typeof feed, 'tick'>>().toEqualTypeOf<Row<typeof tick>>();
	});

	test('of schemas', () => {
		expectTypeOf<VariantNames<typeof feed>>().toEqualTypeOf<'aggTrade' | 'tick' | 'heartbeat' | 'pong'>();
		expectTypeOf<TableNames<typeof feed>>().toEqualTypeOf<'aggTrade' | 'tick'>();
		// @ts-expect-error there is no such message
		expectTypeOf<RowOf<typeof feed, 'trade'>>();
	});

	test('of columns', () => {
		expectTypeOf<FieldNames<typeof feed, 'tick'>>().toEqualTypeOf<'channel' | 'name' | 'rest'>();
		expectTypeOf<Extract<FieldNames<typeof feed, 'aggTrade'>, `nested${string}`>>().toEqualTypeOf<'nested' | 'nested.open' | 'nested.deeper' | 'nested.deeper.x' | 'nested.unknownKeys'>();
		type Kinds = ColumnKinds<typeof feed, 'aggTrade'>;
		expectTypeOf<Kinds['price']>().toEqualTypeOf<'decimal'>();
		expectTypeOf<Kinds['nested.deeper.x']>().toEqualTypeOf<'integer32'>();
		expectTypeOf<Kinds['bids']>().toEqualTypeOf<'list'>();
		expectTypeOf<ColumnKinds<typeof feed, 'tick'>>().toEqualTypeOf<{ readonly channel: 'integer'; readonly name: 'symbol'; readonly rest: 'text' }>();
		expectTypeOf<ColumnsOf<typeof feed, 'aggTrade'>['quantity']>().toEqualTypeOf<FieldShape<ScalarShape<'decimal'>, true>>();
		const outer = oneOf('outer', { version: 1 }, message('m', { maybe: object({ inner: flag() }).optional() }));
		expectTypeOf<ColumnsOf<typeof outer, 'm'>['maybe.inner']>().toEqualTypeOf<FieldShape<ScalarShape<'flag'>, true>>();
	});

	test('of schemas that are not known before run time', () => {
		expectTypeOf<VariantNames<Schema>>().toEqualTypeOf<string>();
		expectTypeOf<TableNames<Schema>>().toEqualTypeOf<string>();
		expectTypeOf<FieldNames<Schema, 'any'>>().toEqualTypeOf<string>();
		expectTypeOf<ColumnsOf<Schema, 'any'>['price']>().toEqualTypeOf<FieldShape>();
		expectTypeOf(feed).toExtend<Schema>();
	});

	test('hold what a table may be asked for', () => {
		// @ts-expect-error a decimal has no unknown values
		expect(() => decimal(2).unknown('null')).toThrow();
		// @ts-expect-error only decimals keep a scale
		expect(() => float().keepScale()).toThrow();
		expect(decimal(2).optional().keepScale().key('x').rounding('truncate').draft).toMatchObject({ optional: true, keys: ['x'], type: { excess: 'truncate', keepTextScale: true } });
	});
});

describe('reading a schema from JSON', () => {
	test('gives what was written', () => {
		expect(readSchema(JSON.stringify(feed))).toEqual(feed);
		expect(readSchema(JSON.parse(JSON.stringify(feed)))).toEqual(feed);
	});

	test('tells all that is not a schema', () => {
		const broken = { name: 'x', version: '1', variants: [{ name: 'm', role: 'tabel', type: { kind: 'message', unknownKeys: 'skip', fields: [{ name: 'a', keys: 'a', type: { kind: 'constructor' }, optional: false, nullable: false }] } }], extra: 1 };
		const mistakes = catchMistakes(() => readSchema(broken));
		expect(mistakes).toEqual([
			'schema.version: is "1", and must be a number',
			'schema.variants[0].role: is "tabel", and must be one of "table", "control"',
			'schema.variants[0].type.fields[0].keys: is "a", and must be an array',
			expect.stringMatching(/^schema\.variants\[0\]\.type\.fields\[0\]\.type: is of the kind "constructor", and must be an object with one of the kinds integer, decimal/),
			'schema.variants[0].type.fields[0]: lacks "distinguishing"',
			'schema: has "extra", which means nothing here; take it away',
		]);
		expect(catchMistakes(() => readSchema('[]'))).toEqual(['schema: is an array, and must be an object']);
		expect(catchMistakes(() => readSchema({ name: 'x', version: 1, variants: [] }))).toEqual(['variants: the schema has no message; give it at least one']);
	});
});

function catchMistakes(work: () => unknown): string[] {
	try {
		work();
	} catch (error) {
		if (error instanceof SchemaError) return error.mistakes.map(({ path, message: words }) => `${path}: ${words}`);
		throw error;
	}
	return [];
}
