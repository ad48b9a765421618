import { control, decimal, enumeration, flag, integer, list, literal, message, object, oneOf, skip, symbol, text, timestamp, tuple } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 8, size = 8 }: Scales) {
	const subscribed = literal('subscribed');
	const update = literal('channel_data');
	/** Counts all messages of the connection, from 0. */
	const messageId = integer().key('message_id');
	/** The same throughout a connection. */
	const connectionId = skip().key('connection_id').optional();
	const market = symbol().key('id');
	const book = literal('v3_orderbook');
	const trades = literal('v3_trades');
	const change = tuple({ price: decimal(price), size: decimal(size) });
	const level = object({ price: decimal(price), offset: integer().optional(), size: decimal(size) });
	const trade = object({
		side: enumeration(['BUY', 'SELL']),
		size: decimal(size),
		price: decimal(price),
		createdAt: timestamp('rfc3339'),
		liquidation: flag().optional(),
	});
	return oneOf(
		'dydx-v3',
		{ version: 1 },
		message('book', { type: update, connectionId, messageId, market, channel: book, contents: object({ offset: integer(), bids: list(change), asks: list(change) }) }),
		message('trades', { type: update, connectionId, messageId, market, channel: trades, contents: object({ trades: list(trade) }) }),
		message('bookSnapshot', { type: subscribed, connectionId, messageId, channel: book, market, contents: object({ bids: list(level), asks: list(level) }) }),
		/** The trades before the subscription. */
		message('tradeSnapshot', { type: subscribed, connectionId, messageId, channel: trades, market, contents: object({ trades: list(trade) }) }),
		/** An object with a key for each market, as text. */
		message('markets', { type: enumeration(['subscribed', 'channel_data']), messageId, channel: literal('v3_markets'), contents: object({}, { unknownKeys: 'keep' }).distinguishing() }),
		control('connected', { type: literal('connected'), messageId, connection: text().key('connection_id') }),
		control('unsubscribed', { type: literal('unsubscribed'), messageId }),
		control('pong', { type: literal('pong') }),
		control('error', { type: literal('error'), message: text() }),
	);
}

export const dydxV3 = preset(
	{
		name: 'dydx-v3',
		title: 'dYdX v3',
		url: 'wss://api.dydx.exchange/v3/ws',
		documentation: 'https://dydxprotocol.github.io/v3-teacher/#websocket-api',
		notes: [
			'The venue has closed; recorded data remains.',
			'Updates may come out of order: keep the offset of each level (subscribe with includeOffsets) and drop changes with a lower one.',
			'A size of 0 removes the level. A gap in messageId is a lost message.',
			'Subscriptions with `batched` send channel_batch_data, which this preset does not describe.',
		],
	},
	schema,
);
