import { control, decimal, enumeration, float, integer, integer32, list, literal, message, oneOf, skip, symbol, text, timestamp, tuple, tupleMessage } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 10, size = 8 }: Scales) {
	const channelId = integer();
	/** With the flag SEQ_ALL (65536) every message has a number, heartbeats too. */
	const sequence = integer().optional();
	const level = tuple({ price: decimal(price), count: integer(), amount: decimal(size) });
	const trade = tuple({ id: integer(), time: timestamp('ms'), amount: decimal(size), price: decimal(price) });
	const candle = tuple({ time: timestamp('ms'), open: decimal(price), close: decimal(price), high: decimal(price), low: decimal(price), volume: float() });
	return oneOf(
		'bitfinex',
		{ version: 1 },
		tupleMessage('book', { channelId, level, sequence }),
		tupleMessage('heartbeat', { channelId, type: literal('hb'), sequence }),
		/** `te` when executed, `tu` some time later, with its final id. */
		tupleMessage('trade', { channelId, type: literal('te'), trade, sequence }),
		tupleMessage('tradeUpdate', { channelId, type: literal('tu'), trade, sequence }),
		tupleMessage('checksum', { channelId, type: literal('cs'), checksum: integer32(), sequence }),
		tupleMessage('ticker', {
			channelId,
			ticker: tuple({
				bid: decimal(price),
				bidSize: float(),
				ask: decimal(price),
				askSize: float(),
				dailyChange: float(),
				dailyChangeRelative: float(),
				lastPrice: decimal(price),
				volume: float(),
				high: decimal(price),
				low: decimal(price),
			}),
			sequence,
		}),
		tupleMessage('candle', { channelId, candle, sequence }),
		/** An empty array of any channel arrives here. */
		tupleMessage('bookSnapshot', { channelId, levels: list(level), sequence }),
		tupleMessage('tradeSnapshot', { channelId, trades: list(trade), sequence }),
		tupleMessage('candleSnapshot', { channelId, candles: list(candle), sequence }),
		/** What a channel's number means: the other tables know instruments by it alone. */
		message('subscribed', {
			event: literal('subscribed'),
			channel: enumeration(['ticker', 'book', 'trades', 'candles']),
			channelId: integer().key('chanId'),
			symbol: symbol().optional(),
			pair: symbol('pair').optional(),
			key: text().optional(),
			precision: enumeration(['P0', 'P1', 'P2', 'P3', 'P4', 'R0']).key('prec').optional(),
			frequency: enumeration(['F0', 'F1']).key('freq').optional(),
			length: integer().key('len').optional(),
		}),
		control('unsubscribed', { event: literal('unsubscribed'), channelId: integer().key('chanId') }),
		control('info', { event: literal('info') }),
		control('configured', { event: literal('conf'), status: text() }),
		control('pong', { event: literal('pong') }),
		control('error', { event: literal('error'), code: skip().optional(), message: text().key('msg') }),
	);
}

export const bitfinex = preset(
	{
		name: 'bitfinex',
		title: 'Bitfinex (v2)',
		url: 'wss://api-pub.bitfinex.com/ws/2',
		documentation: 'https://docs.bitfinex.com/docs/ws-public',
		notes: [
			'Data messages have no names: the table `subscribed` tells what a channelId is. Shapes decide the table, so raw books (R0) and funding symbols, whose shapes mean something else, need a schema of their own.',
			'count 0 removes the level of the side that the sign of amount tells; amount > 0 is a bid, and in trades a buyer’s.',
			'With conf flag 65536 the sequence counts all messages, heartbeats too: a gap is a lost message.',
			'Sizes in ticker are sums made by the venue with doubles, so floats.',
		],
	},
	schema,
);
