import { control, decimal, integer, list, literal, message, object, oneOf, skip, template, timestamp, tuple, unsigned32 } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 8, size = 8 }: Scales) {
	const data = literal('data');
	const time = timestamp('us').key('microtimestamp');
	/** The same in seconds. */
	const seconds = skip().key('timestamp').optional();
	const level = tuple({ price: decimal(price), size: decimal(size) });
	const order = tuple({ price: decimal(price), size: decimal(size), orderId: integer() });
	return oneOf(
		'bitstamp',
		{ version: 1 },
		message('bookDiff', { data: object({ seconds, time, bids: list(level), asks: list(level) }), symbol: template('diff_order_book_{symbol}').key('channel'), event: data }),
		message('trade', {
			data: object({
				id: integer(),
				time,
				// `price` and `amount` are the same as doubles.
				size: decimal(size).key('amount_str'),
				price: decimal(price).key('price_str'),
				/** 0: a buyer took, 1: a seller. */
				type: unsigned32(),
				buyOrderId: integer().key('buy_order_id'),
				sellOrderId: integer().key('sell_order_id'),
			}),
			symbol: template('live_trades_{symbol}').key('channel'),
			event: literal('trade'),
		}),
		/** The 100 best levels each time. */
		message('book', { data: object({ seconds, time, bids: list(level), asks: list(level) }), symbol: template('order_book_{symbol}').key('channel'), event: data }),
		/** The 100 best orders each time. */
		message('orderBook', { data: object({ seconds, time, bids: list(order), asks: list(order) }), symbol: template('detail_order_book_{symbol}').key('channel'), event: data }),
		message('order', {
			data: object({
				id: integer(),
				time,
				size: decimal(size).key('amount_str'),
				price: decimal(price).key('price_str'),
				/** 0: buy, 1: sell. */
				type: unsigned32().key('order_type'),
			}),
			symbol: template('live_orders_{symbol}').key('channel'),
			/** `created`, `changed`, `deleted`. */
			event: template('order_{symbol}', 'event'),
		}),
		control('subscribed', { event: literal('bts:subscription_succeeded') }),
		control('unsubscribed', { event: literal('bts:unsubscription_succeeded') }),
		control('heartbeat', { event: literal('bts:heartbeat') }),
		/** The venue asks for a new connection. */
		control('reconnect', { event: literal('bts:request_reconnect') }),
		control('error', { event: literal('bts:error'), data: skip() }),
	);
}

export const bitstamp = preset(
	{
		name: 'bitstamp',
		title: 'Bitstamp (v2)',
		url: 'wss://ws.bitstamp.net',
		documentation: 'https://www.bitstamp.net/websocket/v2/',
		notes: ['The instrument is the end of the channel’s name, in lower case.', 'bookDiff has no sequence number: start from a REST snapshot and drop diffs with an earlier time. A size of 0 removes the level.', 'Prices and sizes are read from the `_str` keys; the numbers beside them are doubles.'],
	},
	schema,
);
