import { absent, control, decimal, envelope, flag, float, integer, list, literal, message, object, oneOf, skip, symbol, type TypedVariant, text, timestamp, tuple } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function messages({ price = 8, size = 8 }: Scales) {
	const level = tuple({ price: decimal(price), size: decimal(size) });
	const event = <Type extends string>(type: Type) => ({ type: literal(type).key('e'), eventTime: timestamp('ms').key('E'), symbol: symbol().key('s') });
	const candle = { open: decimal(price).key('o'), close: decimal(price).key('c'), high: decimal(price).key('h'), low: decimal(price).key('l') };
	const volumes = { volume: float().key('v'), quoteVolume: float().key('q') };
	const trade = { price: decimal(price).key('p'), quantity: decimal(size).key('q'), tradeTime: timestamp('ms').key('T'), buyerIsMaker: flag().key('m') };
	/** Always true, and documented as to be ignored. */
	const ignored = skip().key('M').optional();
	const miniTicker = { ...event('24hrMiniTicker'), ...candle, ...volumes };
	const ticker = {
		...event('24hrTicker'),
		...candle,
		...volumes,
		priceChange: decimal(price).key('p'),
		priceChangePercent: float().key('P'),
		averagePrice: decimal(price).key('w'),
		previousClose: decimal(price).key('x'),
		lastQuantity: decimal(size).key('Q'),
		bidPrice: decimal(price).key('b'),
		bidSize: decimal(size).key('B'),
		askPrice: decimal(price).key('a'),
		askSize: decimal(size).key('A'),
		openTime: timestamp('ms').key('O'),
		closeTime: timestamp('ms').key('C'),
		firstTradeId: integer().key('F'),
		lastTradeId: integer().key('L'),
		trades: integer().key('n'),
	};
	return {
		bookTicker: message('bookTicker', {
			type: absent().key('e'),
			updateId: integer().key('u').distinguishing(),
			symbol: symbol().key('s'),
			bidPrice: decimal(price).key('b'),
			bidSize: decimal(size).key('B'),
			askPrice: decimal(price).key('a'),
			askSize: decimal(size).key('A'),
		}),
		depthUpdate: message('depthUpdate', {
			...event('depthUpdate'),
			firstUpdateId: integer().key('U'),
			lastUpdateId: integer().key('u'),
			bids: list(level).key('b'),
			asks: list(level).key('a'),
		}),
		aggTrade: message('aggTrade', {
			...event('aggTrade'),
			aggregateId: integer().key('a'),
			price: decimal(price).key('p'),
			quantity: decimal(size).key('q'),
			firstTradeId: integer().key('f'),
			lastTradeId: integer().key('l'),
			tradeTime: timestamp('ms').key('T'),
			buyerIsMaker: flag().key('m'),
			ignored,
		}),
		trade: message('trade', { ...event('trade'), tradeId: integer().key('t'), ...trade, ignored }),
		kline: message('kline', {
			...event('kline'),
			kline: object({
				openTime: timestamp('ms').key('t'),
				closeTime: timestamp('ms').key('T'),
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
			}).key('k'),
		}),
		miniTicker: message('miniTicker', miniTicker),
		ticker: message('ticker', ticker),
		allMiniTickers: message('allMiniTickers', { stream: literal('!miniTicker@arr'), data: list(object(miniTicker)) }),
		allTickers: message('allTickers', { stream: literal('!ticker@arr'), data: list(object(ticker)) }),
		averagePrice: message('averagePrice', { ...event('avgPrice'), interval: symbol('interval').key('i'), price: decimal(price).key('w'), lastTradeTime: timestamp('ms').key('T') }),
		/** Of `@depth5`, `@depth10`, `@depth20`. Only the stream's name tells the instrument. */
		partialDepth: message('partialDepth', { type: absent().key('e'), updateId: absent().key('u'), lastUpdateId: integer().distinguishing(), bids: list(level), asks: list(level) }),
		/** The answer to a request. */
		response: control('response', { result: skip().distinguishing(), id: skip() }),
		error: control('error', { code: integer().distinguishing(), message: text().key('msg') }),
	};
}

/** `/stream?streams=…`: each message in an envelope with its stream's name. */
function combined(scales: Scales) {
	const { bookTicker, depthUpdate, aggTrade, trade, kline, miniTicker, ticker, allMiniTickers, allTickers, averagePrice, partialDepth, response, error } = messages(scales);
	const streamed = <V extends TypedVariant>(data: V) => envelope({ stream: skip(), data });
	return oneOf('binance-spot', { version: 1 }, streamed(bookTicker), streamed(depthUpdate), streamed(aggTrade), streamed(trade), streamed(kline), streamed(miniTicker), streamed(ticker), streamed(averagePrice), envelope({ stream: symbol('stream'), data: partialDepth }), allMiniTickers, allTickers, response, error);
}

/** `/ws/…`: the bare messages. */
function raw(scales: Scales) {
	const { bookTicker, depthUpdate, aggTrade, trade, kline, miniTicker, ticker, averagePrice, partialDepth, response, error } = messages(scales);
	return oneOf('binance-spot-raw', { version: 1 }, bookTicker, depthUpdate, aggTrade, trade, kline, miniTicker, ticker, averagePrice, partialDepth, response, error);
}

const shared = { title: 'Binance Spot', documentation: 'https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams' };
const notes = ['Volumes are floats: no 64-bit scale holds both a satoshi and a day of the largest tokens.', 'A gap shows where firstUpdateId is not the previous lastUpdateId + 1.'];

export const binanceSpot = preset({ ...shared, name: 'binance-spot', url: 'wss://stream.binance.com:9443/stream?streams=', notes: ['The columns are under `data`: `data.price`.', ...notes] }, combined);
export const binanceSpotRaw = preset({ ...shared, name: 'binance-spot-raw', url: 'wss://stream.binance.com:9443/ws/', notes }, raw);
