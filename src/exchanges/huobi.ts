import { absent, control, decimal, enumeration, float, integer, list, literal, message, object, oneOf, symbol, template, text, timestamp, tuple } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 10 }: Scales) {
	const time = timestamp('ms').key('ts');
	// Sums made by the venue with doubles: 4050.342110062893, but also 220000000.
	const size = float();
	const level = tuple({ price: decimal(price), size });
	const candle = { open: decimal(price), close: decimal(price), low: decimal(price), high: decimal(price), amount: float(), volume: float().key('vol'), count: integer() };
	const sides = { bids: list(level).optional().nullable(), asks: list(level).optional().nullable() };
	const channel = <const Pattern extends string>(pattern: Pattern) => template(pattern).key('ch');
	return oneOf(
		'huobi',
		{ version: 1 },
		/** The book not merged (step0), whole each time. */
		message('depth', { symbol: channel('market.{symbol}.depth.step0'), time, tick: object({ bids: list(level), asks: list(level), version: integer(), bookTime: time }) }),
		message('trade', {
			symbol: channel('market.{symbol}.trade.detail'),
			time,
			tick: object({
				// `id` has more than 64 bits, and `tradeId` tells trades apart.
				data: list(object({ tradeId: integer(), time, price: decimal(price), amount: size, direction: enumeration(['buy', 'sell']) })),
			}),
		}),
		message('bestOffer', {
			symbol: channel('market.{symbol}.bbo'),
			time,
			tick: object({ sequence: integer().key('seqId'), quoteTime: timestamp('ms'), bid: decimal(price).nullable(), bidSize: size.nullable(), ask: decimal(price).nullable(), askSize: size.nullable() }),
		}),
		/** Changes of the 150 best prices, and the answer to a request for the state they apply to. */
		message('book150', { symbol: channel('market.{symbol}.mbp.150'), time, tick: object({ sequence: integer().key('seqNum'), previousSequence: integer().key('prevSeqNum'), ...sides }) }),
		message('book150Snapshot', { channel: absent().key('ch'), symbol: template('market.{symbol}.mbp.150').key('rep'), time: time.optional(), data: object({ sequence: integer().key('seqNum'), bids: list(level), asks: list(level) }) }),
		message('candle1min', { symbol: channel('market.{symbol}.kline.1min'), time, tick: object({ start: timestamp('s').key('id'), ...candle }) }),
		/** The last 24 hours. After trade, whose channel ends alike. */
		message('detail', { symbol: channel('market.{symbol}.detail'), time, tick: object(candle) }),
		/** Wants an answer: `{"pong":…}` with the same number. */
		message('ping', { channel: absent().key('ch'), reply: absent().key('rep'), ping: integer().distinguishing() }),
		control('subscribed', { status: literal('ok'), subbed: symbol('channel').distinguishing() }),
		control('unsubscribed', { status: literal('ok'), unsubbed: symbol('channel').distinguishing() }),
		control('error', { status: literal('error'), code: text().key('err-code'), message: text().key('err-msg') }),
	);
}

export const huobi = preset(
	{
		name: 'huobi',
		title: 'HTX (Huobi) Spot',
		url: 'wss://api.huobi.pro/ws',
		documentation: 'https://huobiapi.github.io/docs/spot/v1/en/#websocket-market-data',
		compression: 'gzip',
		notes: [
			'Each message is a gzip member: inflate it before parsing.',
			'The venue closes connections that leave two pings unanswered; the table `ping` has the numbers to send back.',
			'Sizes are doubles on the wire, with up to 15 digits after the point, so floats; prices are exact.',
			'Merged depths (step1 to step5) and other kline periods need their own variants: a channel’s name is captured in one place.',
		],
	},
	schema,
);
