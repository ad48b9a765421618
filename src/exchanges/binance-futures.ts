import { control, decimal, enumeration, envelope, flag, float, integer, list, literal, message, object, oneOf, skip, symbol, type TypedVariant, template, text, timestamp, tuple } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 8, size = 8 }: Scales) {
	const level = tuple({ price: decimal(price), size: decimal(size) });
	const event = <Type extends string>(type: Type) => ({ type: literal(type).key('e'), eventTime: timestamp('ms').key('E') });
	const symbolEvent = <Type extends string>(type: Type) => ({ ...event(type), symbol: symbol().key('s') });
	const candle = { open: decimal(price).key('o'), close: decimal(price).key('c'), high: decimal(price).key('h'), low: decimal(price).key('l') };
	const volumes = { volume: float().key('v'), quoteVolume: float().key('q') };
	const kline = object({
		openTime: timestamp('ms').key('t'),
		closeTime: timestamp('ms').key('T'),
		/** Stands outside, too. */
		innerSymbol: skip().key('s').optional(),
		interval: symbol('interval').key('i'),
		firstTradeId: integer().key('f'),
		lastTradeId: integer().key('L'),
		...candle,
		volume: float().key('v'),
		trades: integer().key('n'),
		closed: flag().key('x'),
		quoteVolume: float().key('q'),
		takerVolume: float().key('V'),
		takerQuoteVolume: float().key('Q'),
		ignored: skip().key('B').optional(),
	}).key('k');
	const miniTicker = { ...symbolEvent('24hrMiniTicker'), ...candle, ...volumes };
	const ticker = {
		...symbolEvent('24hrTicker'),
		...candle,
		...volumes,
		priceChange: decimal(price).key('p'),
		priceChangePercent: float().key('P'),
		averagePrice: decimal(price).key('w'),
		lastQuantity: decimal(size).key('Q'),
		openTime: timestamp('ms').key('O'),
		closeTime: timestamp('ms').key('C'),
		firstTradeId: integer().key('F'),
		lastTradeId: integer().key('L'),
		trades: integer().key('n'),
	};
	const markPrice = {
		...symbolEvent('markPriceUpdate'),
		markPrice: decimal(price).key('p'),
		indexPrice: decimal(price).key('i').nullable(),
		settlePrice: decimal(price).key('P').nullable(),
		fundingRate: decimal(8).key('r').nullable(),
		nextFundingTime: timestamp('ms').key('T'),
	};
	const streamed = <V extends TypedVariant>(data: V) => envelope({ stream: skip(), data });
	return oneOf(
		'binance-futures',
		{ version: 1 },
		streamed(
			message('bookTicker', {
				type: literal('bookTicker').key('e'),
				updateId: integer().key('u'),
				symbol: symbol().key('s'),
				bidPrice: decimal(price).key('b'),
				bidSize: decimal(size).key('B'),
				askPrice: decimal(price).key('a'),
				askSize: decimal(size).key('A'),
				transactionTime: timestamp('ms').key('T'),
				eventTime: timestamp('ms').key('E'),
			}),
		),
		envelope({
			// Diffs and partial books (`@depth5`) have the same shape.
			stream: symbol('stream'),
			data: message('depthUpdate', {
				...event('depthUpdate'),
				transactionTime: timestamp('ms').key('T'),
				symbol: symbol().key('s'),
				firstUpdateId: integer().key('U'),
				lastUpdateId: integer().key('u'),
				previousUpdateId: integer().key('pu'),
				bids: list(level).key('b'),
				asks: list(level).key('a'),
			}),
		}),
		streamed(
			message('aggTrade', {
				...event('aggTrade'),
				aggregateId: integer().key('a'),
				symbol: symbol().key('s'),
				price: decimal(price).key('p'),
				quantity: decimal(size).key('q'),
				firstTradeId: integer().key('f'),
				lastTradeId: integer().key('l'),
				tradeTime: timestamp('ms').key('T'),
				buyerIsMaker: flag().key('m'),
			}),
		),
		streamed(message('markPrice', markPrice)),
		streamed(message('kline', { ...symbolEvent('kline'), kline })),
		streamed(message('continuousKline', { ...event('continuous_kline'), pair: symbol('pair').key('ps'), contract: symbol('contract').key('ct'), kline })),
		streamed(message('miniTicker', miniTicker)),
		streamed(message('ticker', ticker)),
		streamed(
			message('forceOrder', {
				...event('forceOrder'),
				order: object({
					symbol: symbol().key('s'),
					side: enumeration(['BUY', 'SELL']).key('S'),
					orderType: enumeration(['LIMIT', 'MARKET']).key('o'),
					timeInForce: enumeration(['IOC', 'GTC', 'FOK']).key('f'),
					quantity: decimal(size).key('q'),
					price: decimal(price).key('p'),
					averagePrice: decimal(price).key('ap'),
					status: enumeration(['NEW', 'PARTIALLY_FILLED', 'FILLED']).key('X'),
					lastQuantity: decimal(size).key('l'),
					filledQuantity: decimal(size).key('z'),
					tradeTime: timestamp('ms').key('T'),
				}).key('o'),
			}),
		),
		message('allMarkPrices', { stream: template('!markPrice@arr*'), data: list(object(markPrice)) }),
		message('allMiniTickers', { stream: literal('!miniTicker@arr'), data: list(object(miniTicker)) }),
		message('allTickers', { stream: literal('!ticker@arr'), data: list(object(ticker)) }),
		control('response', { result: skip().distinguishing(), id: skip() }),
		control('error', { code: integer().distinguishing(), message: text().key('msg') }),
	);
}

export const binanceFutures = preset(
	{
		name: 'binance-futures',
		title: 'Binance USDⓈ-M Futures',
		url: 'wss://fstream.binance.com/stream?streams=',
		documentation: 'https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams',
		notes: ['The columns are under `data`: `data.price`.', 'A gap shows where previousUpdateId is not the previous lastUpdateId of the instrument.', 'Partial books (`@depth5`) come in the table depthUpdate, too: their stream tells them from diffs.', 'Volumes are floats: no 64-bit scale fits all instruments.'],
	},
	schema,
);
