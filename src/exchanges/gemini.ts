import { absent, control, decimal, enumeration, float, integer, list, literal, message, object, oneOf, skip, symbol, template, timestamp, tuple } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 8, size = 10 }: Scales) {
	const side = enumeration(['buy', 'sell']);
	const changes = list(tuple({ side, price: decimal(price), size: decimal(size) }));
	const trade = {
		eventId: integer().key('event_id'),
		time: timestamp('ms').key('timestamp'),
		price: decimal(price),
		quantity: decimal(size),
		/** Of the taker. */
		side,
	};
	return oneOf(
		'gemini',
		{ version: 1 },
		message('l2Update', { type: literal('l2_updates'), symbol: symbol(), changes, trades: absent() }),
		/** The first of an instrument: its whole book and the last trades. */
		message('l2Snapshot', { type: literal('l2_updates'), symbol: symbol(), changes, trades: list(object(trade)).distinguishing(), auctions: skip().key('auction_events').optional() }),
		message('trade', { type: literal('trade'), symbol: symbol(), ...trade }),
		message('candles', {
			type: template('candles_{symbol}_updates', 'interval'),
			symbol: symbol(),
			changes: list(tuple({ time: timestamp('ms'), open: decimal(price), high: decimal(price), low: decimal(price), close: decimal(price), volume: float() })),
		}),
		control('heartbeat', { type: literal('heartbeat'), time: timestamp('ms').key('timestamp') }),
		control('error', { result: literal('error') }),
	);
}

export const gemini = preset(
	{
		name: 'gemini',
		title: 'Gemini (market data v2)',
		url: 'wss://api.gemini.com/v2/marketdata',
		documentation: 'https://docs.gemini.com/websocket/archived/v2',
		notes: ['Updates have neither time nor sequence number: a gap shows only as a book that crosses.', 'A size of 0 removes the level. Sizes have up to 10 digits: tokens counted in thousands of millions want withScales({ size: 6 }).'],
	},
	schema,
);
