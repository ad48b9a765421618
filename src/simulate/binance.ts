/** Binance's combined streams, spot and USDⓈ-M futures: trades, book updates without gaps, best quotes, candles, tickers, mark prices. */
import type { Market } from './market.ts';
import { type Digits, digitsOf, type Session, type SessionParts, timers, writeChanges } from './session.ts';
import { ascii, type TextWriter } from './text-writer.ts';

interface Candle {
	minute: number;
	open: number;
	high: number;
	low: number;
	/** Day's totals when it began. */
	volume: number;
	quoteVolume: number;
	trades: number;
	firstTrade: number;
}

interface Instrument {
	readonly market: Market;
	readonly digits: Digits;
	readonly name: Uint8Array;
	readonly heads: Readonly<Record<'aggTrade' | 'trade' | 'depth' | 'bookTicker' | 'kline' | 'ticker' | 'markPrice' | 'forceOrder', Uint8Array>>;
	readonly candle: Candle;
	update: number;
	aggregate: number;
	trade: number;
}

const MINUTE = 60_000;

export function binance({ markets, random }: SessionParts, futures: boolean): Session {
	const instruments = markets.map((market): Instrument => {
		const name = `${market.base}${market.quote}`;
		const head = (stream: string): Uint8Array => ascii(`{"stream":"${name.toLowerCase()}@${stream}","data":{`);
		return {
			market,
			digits: futures ? digitsOf(market, 0, 0) : digitsOf(market, 8, 8),
			name: ascii(name),
			heads: {
				aggTrade: head('aggTrade'),
				trade: head('trade'),
				depth: head('depth@100ms'),
				bookTicker: head('bookTicker'),
				kline: head('kline_1m'),
				ticker: head('ticker'),
				markPrice: head('markPrice'),
				forceOrder: head('forceOrder'),
			},
			candle: { minute: -1, open: 0, high: 0, low: 0, volume: 0, quoteVolume: 0, trades: 0, firstTrade: 0 },
			update: 4_000_000_000 + random.below(1_000_000_000),
			aggregate: 100_000_000 + random.below(1_000_000),
			trade: 300_000_000 + random.below(1_000_000),
		};
	});
	const tickerDue = timers(markets.length, 1_000_000);
	const candleDue = timers(markets.length, 2_000_000);
	const markDue = timers(markets.length, 3_000_000);

	const event = (out: TextWriter, type: string, time: number): TextWriter => out.text('"e":"').text(type).text('","E":').integer(time);

	const trade = (out: TextWriter, { market, digits, name, heads }: Instrument, own: Instrument, fill: number, now: number): void => {
		const tick = market.trades.tick[fill] as number;
		const size = market.trades.size[fill] as number;
		const maker = market.trades.taker === 'ask';
		const first = own.trade + 1;
		own.trade += 1 + (size % 3);
		if (!futures) {
			out.begin();
			event(out.raw(heads.trade), 'trade', now).text(',"s":"').raw(name).text('","t":').integer(first).text(',"p":"');
			digits.price(out, tick).text('","q":"');
			digits
				.size(out, size)
				.text('","T":')
				.integer(now - 1)
				.text(maker ? ',"m":true,"M":true}}' : ',"m":false,"M":true}}');
			out.end();
		}
		out.begin();
		event(out.raw(heads.aggTrade), 'aggTrade', now);
		if (futures)
			out
				.text(',"a":')
				.integer(++own.aggregate)
				.text(',"s":"')
				.raw(name);
		else
			out
				.text(',"s":"')
				.raw(name)
				.text('","a":')
				.integer(++own.aggregate);
		digits.price(out.text(futures ? '","p":"' : ',"p":"'), tick);
		digits
			.size(out.text('","q":"'), size)
			.text('","f":')
			.integer(first)
			.text(',"l":')
			.integer(own.trade)
			.text(',"T":')
			.integer(now - 1)
			.text(maker ? ',"m":true' : ',"m":false')
			.text(futures ? '}}' : ',"M":true}}');
		out.end();
	};

	const depth = (out: TextWriter, own: Instrument, now: number): void => {
		const { market, digits, name, heads } = own;
		const { changes } = market;
		const previous = own.update;
		// One id for each change.
		own.update += changes.count;
		out.begin();
		event(out.raw(heads.depth), 'depthUpdate', now);
		if (futures) out.text(',"T":').integer(now - 4);
		out
			.text(',"s":"')
			.raw(name)
			.text('","U":')
			.integer(previous + 1)
			.text(',"u":')
			.integer(own.update);
		if (futures) out.text(',"pu":').integer(previous);
		const level = (index: number): void => {
			digits.price(out.text('["'), changes.tick[index] as number);
			digits.size(out.text('","'), changes.size[index] as number).text('"]');
		};
		writeChanges(out.text(',"b":'), changes, 0, level);
		writeChanges(out.text(',"a":'), changes, 1, level);
		out.text('}}').end();
	};

	const bookTicker = (out: TextWriter, { market, digits, name, heads, update }: Instrument, now: number): void => {
		const { bids, asks } = market;
		out.begin();
		out.raw(heads.bookTicker);
		if (futures) out.text('"e":"bookTicker",');
		out.text('"u":').integer(update).text(',"s":"').raw(name);
		digits.price(out.text('","b":"'), bids.best);
		digits.size(out.text('","B":"'), bids.sizes[0] as number);
		digits.price(out.text('","a":"'), asks.best);
		digits.size(out.text('","A":"'), asks.sizes[0] as number);
		if (futures)
			out
				.text('","T":')
				.integer(now - 4)
				.text(',"E":')
				.integer(now)
				.text('}}');
		else out.text('"}}');
		out.end();
	};

	const volumes = (out: TextWriter, own: Instrument, volume: number, quote: number, keys: readonly [string, string]): TextWriter => {
		own.digits.size(out.text(keys[0]), volume);
		return out.text(keys[1]).decimal(Math.round(quote * 100), 2, futures ? 2 : 8);
	};

	const startCandle = (own: Instrument, minute: number): void => {
		const { day } = own.market;
		Object.assign(own.candle, { minute, open: day.last, high: day.last, low: day.last, volume: day.volume, quoteVolume: day.quoteVolume, trades: day.trades, firstTrade: own.trade + 1 } satisfies Candle);
	};

	const kline = (out: TextWriter, own: Instrument, now: number, closed: boolean): void => {
		const { market, digits, name, heads, candle } = own;
		const { day } = market;
		const start = candle.minute * MINUTE;
		const trades = day.trades - candle.trades;
		out.begin();
		event(out.raw(heads.kline), 'kline', now)
			.text(',"s":"')
			.raw(name)
			.text('","k":{"t":')
			.integer(start)
			.text(',"T":')
			.integer(start + MINUTE - 1)
			.text(',"s":"')
			.raw(name)
			.text('","i":"1m","f":');
		if (trades === 0) out.text('-1,"L":-1');
		else out.integer(candle.firstTrade).text(',"L":').integer(own.trade);
		digits.price(out.text(',"o":"'), candle.open);
		digits.price(out.text('","c":"'), day.last);
		digits.price(out.text('","h":"'), candle.high);
		digits.price(out.text('","l":"'), candle.low);
		const volume = day.volume - candle.volume;
		const quote = day.quoteVolume - candle.quoteVolume;
		digits
			.size(out.text('","v":"'), volume)
			.text('","n":')
			.integer(trades)
			.text(closed ? ',"x":true' : ',"x":false');
		out.text(',"q":"').decimal(Math.round(quote * 100), 2, futures ? 2 : 8);
		volumes(out, own, Math.round(volume * 0.48), quote * 0.48, ['","V":"', '","Q":"']).text('","B":"0"}}}');
		out.end();
	};

	const ticker = (out: TextWriter, own: Instrument, now: number): void => {
		const { market, digits, name, heads } = own;
		const { day, bids, asks } = market;
		const change = day.last - day.open;
		const percent = Math.round((Math.abs(change) / day.open) * 100_000);
		const minus = change < 0 ? '-' : '';
		out.begin();
		event(out.raw(heads.ticker), '24hrTicker', now).text(',"s":"').raw(name).text('","p":"').text(minus);
		digits
			.price(out, Math.abs(change))
			.text('","P":"')
			.text(percent === 0 ? '' : minus)
			.decimal(percent, 3);
		digits.price(out.text('","w":"'), Math.round((day.open + day.last) / 2));
		if (!futures) digits.price(out.text('","x":"'), day.open);
		digits.price(out.text('","c":"'), day.last);
		digits.size(out.text('","Q":"'), day.lastSize);
		if (!futures) {
			digits.price(out.text('","b":"'), bids.best);
			digits.size(out.text('","B":"'), bids.sizes[0] as number);
			digits.price(out.text('","a":"'), asks.best);
			digits.size(out.text('","A":"'), asks.sizes[0] as number);
		}
		digits.price(out.text('","o":"'), day.open);
		digits.price(out.text('","h":"'), day.high);
		digits.price(out.text('","l":"'), day.low);
		volumes(out, own, day.volume, day.quoteVolume, ['","v":"', '","q":"'])
			.text('","O":')
			.integer(now - 86_400_000)
			.text(',"C":')
			.integer(now)
			.text(',"F":')
			.integer(own.trade - day.trades)
			.text(',"L":')
			.integer(own.trade)
			.text(',"n":')
			.integer(day.trades)
			.text('}}');
		out.end();
	};

	const markPrice = (out: TextWriter, { market, name, heads }: Instrument, now: number): void => {
		const { priceDigits, bids, asks } = market;
		const more = Math.max(0, 8 - priceDigits);
		const fine = ((bids.best + asks.best) / 2) * 10 ** more;
		out.begin();
		event(out.raw(heads.markPrice), 'markPriceUpdate', now).text(',"s":"').raw(name);
		out.text('","p":"').decimal(Math.round(fine), priceDigits + more);
		out.text('","P":"').decimal(Math.round(fine * 1.0002), priceDigits + more);
		out.text('","i":"').decimal(Math.round(fine * 0.9997), priceDigits + more);
		out
			.text('","r":"0.000')
			.digits(random.below(10_000), 5)
			.text('","T":')
			.integer((Math.floor(now / 28_800_000) + 1) * 28_800_000)
			.text('}}');
		out.end();
	};

	const forceOrder = (out: TextWriter, { market, digits, name, heads }: Instrument, now: number): void => {
		const { trades } = market;
		const tick = trades.tick[0] as number;
		const size = trades.size[0] as number;
		out.begin();
		event(out.raw(heads.forceOrder), 'forceOrder', now)
			.text(',"o":{"s":"')
			.raw(name)
			.text(trades.taker === 'bid' ? '","S":"BUY' : '","S":"SELL');
		digits.size(out.text('","o":"LIMIT","f":"IOC","q":"'), size);
		digits.price(out.text('","p":"'), tick);
		digits.price(out.text('","ap":"'), tick);
		digits.size(out.text('","X":"FILLED","l":"'), size);
		digits
			.size(out.text('","z":"'), size)
			.text('","T":')
			.integer(now - 2)
			.text('}}}');
		out.end();
	};

	return {
		// Streams named in the address need no subscription, and nothing answers one.
		opening: () => undefined,
		event(out, index, time) {
			const own = instruments[index] as Instrument;
			const { market, candle } = own;
			const { trades, day } = market;
			const now = Math.floor(time / 1000);
			const minute = Math.floor(now / MINUTE);
			if (candle.minute !== minute) {
				if (candle.minute >= 0) kline(out, own, now, true);
				startCandle(own, minute);
			}
			for (let fill = 0; fill < trades.count; fill++) {
				const tick = trades.tick[fill] as number;
				candle.high = Math.max(candle.high, tick);
				candle.low = Math.min(candle.low, tick);
				trade(out, own, own, fill, now);
			}
			depth(out, own, now);
			if (market.bestChanged) bookTicker(out, own, now);
			if (futures && trades.count > 0 && random.chance(0.002)) forceOrder(out, own, now);
			if (candleDue(index, time) && day.volume > candle.volume) kline(out, own, now, false);
			if (tickerDue(index, time)) ticker(out, own, now);
			if (futures && markDue(index, time)) markPrice(out, own, now);
		},
	};
}
