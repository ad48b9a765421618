import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { type binanceSpotRaw, type ExchangeName, exchanges } from '../../src/exchanges/index.ts';
import { discriminantsOf, exclude } from '../../src/schema/discriminants.ts';
import { type FieldNames, type RowOf, readSchema, schemaMistakes, type TableNames } from '../../src/schema/index.ts';

/** Tables that one message could fit both of, as far as single places show: the first is right. */
const SHARED: Partial<Record<ExchangeName, readonly string[]>> = {
	// An empty array is of any channel.
	bitfinex: ['bookSnapshot tradeSnapshot', 'bookSnapshot candleSnapshot', 'tradeSnapshot candleSnapshot'],
	// market.x.trade.detail ends as market.x.detail does.
	huobi: ['trade detail'],
};

describe.each(Object.entries(exchanges))('%s', (name, preset) => {
	const { variants } = preset.schema;

	test('is registered under its name', () => {
		expect(preset.name).toBe(name);
		expect(preset.schema.name).toBe(name);
		expect(preset.url).toMatch(/^wss:\/\//);
		expect(preset.documentation).toMatch(/^https:\/\//);
	});

	test('has a valid schema, with other scales too', () => {
		const other = preset.withScales({ price: 4, size: 2 });
		for (const schema of [preset.schema, other]) {
			expect(schemaMistakes(schema)).toEqual([]);
			expect(readSchema(JSON.stringify(schema))).toEqual(schema);
		}
		expect(JSON.stringify(other)).toMatch(/"scale":4/);
		if (name !== 'bitmex' && name !== 'huobi') expect(JSON.stringify(other)).toMatch(/"scale":2/);
	});

	test('stands in docs/exchanges.md', () => {
		const names = (role: string): string =>
			variants
				.filter((variant) => variant.role === role)
				.map((variant) => variant.name)
				.join(', ');
		expect(readFileSync(new URL('../../docs/exchanges.md', import.meta.url), 'utf8').split('\n')).toContain(`| \`${name}\` | ${names('table')} | ${names('control')} |`);
	});

	test('tells its tables apart', () => {
		const constraints = variants.map(discriminantsOf);
		const shared = variants.flatMap((later, index) => variants.slice(0, index).flatMap((earlier, before) => (later.role === 'control' || exclude(constraints[before] ?? [], constraints[index] ?? []) ? [] : [`${earlier.name} ${later.name}`])));
		// Messages about all instruments have a list where the others have an object, which shows only as keys that are not there.
		expect(shared.filter((pair) => !/ all[A-Z]\w+$/.test(pair))).toEqual(SHARED[name as ExchangeName] ?? []);
	});
});

test('types', () => {
	expectTypeOf<TableNames<(typeof exchanges)['gemini']['schema']>>().toEqualTypeOf<'l2Update' | 'l2Snapshot' | 'trade' | 'candles'>();
	expectTypeOf<FieldNames<typeof binanceSpotRaw.schema, 'aggTrade'>>().toEqualTypeOf<'eventTime' | 'symbol' | 'aggregateId' | 'price' | 'quantity' | 'tradeTime' | 'buyerIsMaker' | 'firstTradeId' | 'lastTradeId'>();
	expectTypeOf<RowOf<(typeof exchanges)['binance-spot']['schema'], 'partialDepth'>>().toEqualTypeOf<{
		readonly stream: string;
		readonly data: {
			readonly lastUpdateId: bigint;
			readonly bids: readonly { readonly price: bigint; readonly size: bigint }[];
			readonly asks: readonly { readonly price: bigint; readonly size: bigint }[];
		};
	}>();
	expectTypeOf<RowOf<(typeof exchanges)['deribit']['schema'], 'quote'>['params']['data']['bestBidPrice']>().toEqualTypeOf<bigint | null>();
	expectTypeOf<RowOf<(typeof exchanges)['bitmex']['schema'], 'quote'>['data'][number]['bidSize']>().toEqualTypeOf<bigint | null>();
	expectTypeOf<RowOf<(typeof exchanges)['kraken']['schema'], 'bookUpdateBoth'>['depth']>().toEqualTypeOf<string>();
});
