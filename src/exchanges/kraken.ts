import { absent, control, decimal, enumeration, float, integer, list, literal, object, oneOf, symbol, template, text, timestamp, tuple, tupleMessage, unsigned, unsigned32 } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 8, size = 8 }: Scales) {
	// The checksum is over the text of prices and sizes.
	const level = tuple({
		price: decimal(price).keepScale(),
		size: decimal(size).keepScale(),
		time: timestamp('s'),
		/** `r`: the level comes back into the subscribed depth, and is no news. */
		kind: enumeration(['r']).optional(),
	});
	const channelId = integer();
	const pair = symbol();
	/** The subscribed depth, such as 1000. */
	const depth = template('book-{symbol}', 'depth');
	const update = { snapshot: absent().key('as'), asks: list(level).key('a').optional(), bids: list(level).key('b').optional(), checksum: unsigned32().key('c').optional() };
	const best = tuple({ price: decimal(price), wholeLots: integer(), size: decimal(size) });
	const prices = tuple({ today: decimal(price), last24h: decimal(price) });
	return oneOf(
		'kraken',
		{ version: 1 },
		tupleMessage('bookUpdate', { channelId, book: object(update), depth, pair }),
		/** Both sides changed: asks, then bids with the checksum. */
		tupleMessage('bookUpdateBoth', { channelId, first: object(update), second: object(update), depth, pair }),
		tupleMessage('bookSnapshot', { channelId, book: object({ asks: list(level).key('as').distinguishing(), bids: list(level).key('bs') }), depth, pair }),
		tupleMessage('trade', {
			channelId,
			trades: list(
				tuple({
					price: decimal(price),
					size: decimal(size),
					time: timestamp('s'),
					side: enumeration(['b', 's']),
					orderType: enumeration(['m', 'l']),
					misc: text(),
				}),
			),
			channel: literal('trade'),
			pair,
		}),
		tupleMessage('spread', {
			channelId,
			spread: tuple({ bid: decimal(price), ask: decimal(price), time: timestamp('s'), bidSize: decimal(size), askSize: decimal(size) }),
			channel: literal('spread'),
			pair,
		}),
		tupleMessage('ohlc', {
			channelId,
			candle: tuple({
				time: timestamp('s'),
				endTime: timestamp('s'),
				open: decimal(price),
				high: decimal(price),
				low: decimal(price),
				close: decimal(price),
				averagePrice: decimal(price),
				volume: float(),
				trades: integer(),
			}),
			interval: template('ohlc-{symbol}', 'interval'),
			pair,
		}),
		tupleMessage('ticker', {
			channelId,
			ticker: object({
				ask: best.key('a'),
				bid: best.key('b'),
				last: tuple({ price: decimal(price), size: decimal(size) }).key('c'),
				volume: tuple({ today: float(), last24h: float() }).key('v'),
				averagePrice: prices.key('p'),
				trades: tuple({ today: integer(), last24h: integer() }).key('t'),
				low: prices.key('l'),
				high: prices.key('h'),
				open: prices.key('o'),
			}),
			channel: literal('ticker'),
			pair,
		}),
		control('heartbeat', { event: literal('heartbeat') }),
		control('systemStatus', { event: literal('systemStatus'), connectionId: unsigned().key('connectionID'), status: text(), version: text() }),
		control('subscriptionStatus', { event: literal('subscriptionStatus'), status: text(), pair: text().optional(), errorMessage: text().optional() }),
		control('pong', { event: literal('pong') }),
		control('error', { event: literal('error'), errorMessage: text() }),
	);
}

export const kraken = preset(
	{
		name: 'kraken',
		title: 'Kraken Spot (WebSocket v1)',
		url: 'wss://ws.kraken.com',
		documentation: 'https://docs.kraken.com/api/docs/websocket-v1/book',
		notes: [
			'A size of 0 removes the level. Cut the book to the subscribed depth after each update, or the checksum differs.',
			'The checksum is a CRC32 of the text of the ten best levels of each side: prices and sizes keep their text scale.',
			'bookUpdateBoth is one update in two objects: apply first, then second.',
			'Pairs whose prices have more than 8 digits need withScales({ price: 10 }); a scale of 8 leaves room for prices up to 9.2 × 10^10.',
		],
	},
	schema,
);
