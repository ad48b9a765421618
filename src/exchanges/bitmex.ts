import { control, decimal, enumeration, type FieldRecord, float, integer, integer32, list, literal, message, object, oneOf, skip, symbol, text, timestamp, tuple } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 10 }: Scales) {
	const time = timestamp('rfc3339');
	const side = enumeration(['Buy', 'Sell']);
	const someTime = time.optional().nullable();
	const somePrice = decimal(price).optional().nullable();
	const someCount = integer().optional().nullable();
	const someFloat = float().optional().nullable();
	/** `partial` is the state at the subscription; it comes first, and anew after a reconnect. */
	const table = <Name extends string, const Row extends FieldRecord>(name: Name, row: Row) => message(name, { table: literal(name), action: enumeration(['partial', 'insert', 'update', 'delete']), data: list(object(row)) });
	return oneOf(
		'bitmex',
		{ version: 1 },
		/** `update` and `delete` name a level by its id alone: the price came with `partial` or `insert`. */
		table('orderBookL2', { symbol: symbol(), id: integer(), side, size: integer().optional(), price: decimal(price).optional(), timestamp: someTime }),
		table('orderBookL2_25', { symbol: symbol(), id: integer(), side, size: integer().optional(), price: decimal(price).optional(), timestamp: someTime }),
		table('orderBook10', { symbol: symbol(), timestamp: time, bids: list(tuple({ price: decimal(price), size: integer() })).optional(), asks: list(tuple({ price: decimal(price), size: integer() })).optional() }),
		table('quote', { timestamp: time, symbol: symbol(), bidSize: someCount, bidPrice: somePrice, askPrice: somePrice, askSize: someCount }),
		table('trade', {
			timestamp: time,
			symbol: symbol(),
			side,
			size: integer().nullable(),
			price: decimal(price),
			tickDirection: enumeration(['PlusTick', 'ZeroPlusTick', 'MinusTick', 'ZeroMinusTick']),
			matchId: text().key('trdMatchID'),
			grossValue: someCount,
			homeNotional: someFloat,
			foreignNotional: someFloat,
		}),
		/** An `update` has only what changed. */
		table('instrument', {
			symbol: symbol(),
			timestamp: someTime,
			state: enumeration(['Open', 'Closed', 'Unlisted', 'Settled']).optional().nullable(),
			fundingRate: someFloat,
			indicativeFundingRate: someFloat,
			fundingTimestamp: someTime,
			markPrice: somePrice,
			fairPrice: somePrice,
			indicativeSettlePrice: somePrice,
			lastPrice: somePrice,
			bidPrice: somePrice,
			midPrice: somePrice,
			askPrice: somePrice,
			openInterest: someCount,
			openValue: someCount,
			volume: someCount,
			volume24h: someCount,
			turnover24h: someCount,
		}),
		table('funding', { timestamp: time, symbol: symbol(), fundingInterval: time, fundingRate: float(), fundingRateDaily: float() }),
		table('liquidation', { orderId: text().key('orderID'), symbol: symbol().optional(), side: side.optional().nullable(), price: somePrice, leavesQuantity: someCount.key('leavesQty') }),
		control('welcome', { info: text().distinguishing(), version: text() }),
		control('subscribed', { success: skip().distinguishing(), subscribe: text().optional(), unsubscribe: text().optional() }),
		control('error', { error: text().distinguishing(), status: integer32().optional() }),
	);
}

export const bitmex = preset(
	{
		name: 'bitmex',
		title: 'BitMEX',
		url: 'wss://www.bitmex.com/realtime',
		documentation: 'https://www.bitmex.com/app/wsAPI',
		notes: [
			'The book is keyed by id: remember the price that came with `partial` or `insert`. Wait for `partial` before applying anything.',
			'Sizes are contracts (integers). homeNotional, foreignNotional and funding rates are the venue’s own double arithmetic, so floats.',
			'The answer to `ping` is the bare word pong, which is no JSON.',
		],
	},
	schema,
);
