import { control, decimal, enumeration, flag, integer, list, literal, message, object, oneOf, symbol, text, timestamp, tuple, unsigned32 } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 10, size = 8 }: Scales) {
	const market = symbol();
	const level = tuple({ price: decimal(price), size: decimal(size) });
	const quote = decimal(price).nullable();
	const amount = decimal(size).nullable();
	const update = literal('update');
	return oneOf(
		'ftx',
		{ version: 1 },
		/** `type` is partial or update, as `action` is. */
		message('book', {
			channel: literal('orderbook'),
			market,
			type: enumeration(['partial', 'update']),
			data: object({ time: timestamp('s'), checksum: unsigned32(), bids: list(level), asks: list(level), action: enumeration(['partial', 'update']) }).distinguishing(),
		}),
		message('trades', {
			channel: literal('trades'),
			market,
			type: update,
			data: list(object({ id: integer().nullable(), price: decimal(price), size: decimal(size), side: enumeration(['buy', 'sell']), liquidation: flag(), time: timestamp('rfc3339') })),
		}),
		message('ticker', {
			channel: literal('ticker'),
			market,
			type: update,
			data: object({ bid: quote, ask: quote, bidSize: amount.optional(), askSize: amount.optional(), last: quote, time: timestamp('s') }),
		}),
		control('subscribed', { type: literal('subscribed'), channel: text(), market: text().optional() }),
		control('unsubscribed', { type: literal('unsubscribed'), channel: text(), market: text().optional() }),
		control('info', { type: literal('info'), code: integer(), msg: text() }),
		control('error', { type: literal('error'), code: integer(), msg: text() }),
		control('pong', { type: literal('pong') }),
	);
}

export const ftx = preset(
	{
		name: 'ftx',
		title: 'FTX',
		url: 'wss://ftx.com/ws/',
		documentation: 'https://docs.ftx.com/reference/orderbook-channel',
		notes: ['The venue has closed; recorded data remains.', 'A size of 0 removes the level. The checksum is a CRC32 of the 100 best levels with numbers as Python writes floats: createBookCheck verifies it.', 'Times of books and tickers are seconds with microseconds or more, those of trades RFC 3339.'],
	},
	schema,
);
