import { control, decimal, enumeration, float, integer, list, literal, message, oneOf, symbol, text, timestamp, tuple } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 8, size = 8 }: Scales) {
	const product = symbol().key('product_id');
	const time = timestamp('rfc3339');
	const side = enumeration(['buy', 'sell']);
	const level = tuple({ price: decimal(price), size: decimal(size) });
	const trade = {
		tradeId: integer().key('trade_id'),
		makerOrderId: text().key('maker_order_id'),
		takerOrderId: text().key('taker_order_id'),
		/** Of the maker. */
		side,
		size: decimal(size),
		price: decimal(price),
		product,
		sequence: integer(),
		time,
	};
	const order = { time, product, sequence: integer(), orderId: text().key('order_id'), side };
	return oneOf(
		'coinbase',
		{ version: 1 },
		message('l2update', { type: literal('l2update'), product, changes: list(tuple({ side, price: decimal(price), size: decimal(size) })), time }),
		message('snapshot', { type: literal('snapshot'), product, asks: list(level), bids: list(level), time: time.optional() }),
		message('ticker', {
			type: literal('ticker'),
			sequence: integer(),
			product,
			price: decimal(price),
			open24h: decimal(price).key('open_24h'),
			volume24h: float().key('volume_24h'),
			low24h: decimal(price).key('low_24h'),
			high24h: decimal(price).key('high_24h'),
			volume30d: float().key('volume_30d'),
			bestBid: decimal(price).key('best_bid'),
			bestBidSize: decimal(size).key('best_bid_size').optional(),
			bestAsk: decimal(price).key('best_ask'),
			bestAskSize: decimal(size).key('best_ask_size').optional(),
			side: side.optional(),
			time: time.optional(),
			tradeId: integer().key('trade_id').optional(),
			lastSize: decimal(size).key('last_size').optional(),
		}),
		message('match', { type: literal('match'), ...trade }),
		/** The trade before the subscription: one a product, first of all. */
		message('lastMatch', { type: literal('last_match'), ...trade }),
		message('received', {
			type: literal('received'),
			...order,
			orderType: enumeration(['limit', 'market']).key('order_type'),
			size: decimal(size).optional(),
			price: decimal(price).optional(),
			funds: decimal(price).optional(),
		}),
		message('open', { type: literal('open'), ...order, price: decimal(price), remainingSize: decimal(size).key('remaining_size') }),
		message('done', {
			type: literal('done'),
			...order,
			reason: enumeration(['filled', 'canceled']),
			price: decimal(price).optional().nullable(),
			remainingSize: decimal(size).key('remaining_size').optional().nullable(),
		}),
		message('change', {
			type: literal('change'),
			...order,
			reason: enumeration(['STP', 'modify_order']).optional(),
			price: decimal(price).optional().nullable(),
			oldPrice: decimal(price).key('old_price').optional(),
			newPrice: decimal(price).key('new_price').optional(),
			oldSize: decimal(size).key('old_size').optional(),
			newSize: decimal(size).key('new_size').optional(),
			oldFunds: decimal(price).key('old_funds').optional(),
			newFunds: decimal(price).key('new_funds').optional(),
		}),
		/** Once a second for each product: tells what was missed. */
		message('heartbeat', { type: literal('heartbeat'), sequence: integer(), lastTradeId: integer().key('last_trade_id'), product, time }),
		control('subscriptions', { type: literal('subscriptions') }),
		control('status', { type: literal('status') }),
		control('error', { type: literal('error'), message: text() }),
	);
}

export const coinbase = preset(
	{
		name: 'coinbase',
		title: 'Coinbase Exchange',
		url: 'wss://ws-feed.exchange.coinbase.com',
		documentation: 'https://docs.cdp.coinbase.com/exchange/websocket-feed/channels',
		notes: ['A size of 0 in l2update removes the level. Level-2 messages have no sequence number; heartbeat and the full channel do.', 'side is that of the maker order: `sell` means that a buyer took.', 'funds have the scale of prices.'],
	},
	schema,
);
