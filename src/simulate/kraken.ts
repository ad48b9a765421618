/** Kraken's v1 feed: books of 25 levels with the checksum of the ten best, trades, spreads, tickers, heartbeats. */
import { crc32 } from 'node:zlib';
import type { LevelText } from './book.ts';
import type { Market } from './market.ts';
import { type Digits, digitsOf, hasChanges, type Session, type SessionParts, timers, writeLevels } from './session.ts';
import { ascii, type TextWriter } from './text-writer.ts';

export const KRAKEN_DEPTH = 25;
const SUMMED = 10;
/** Digits after the point that the venue shows at least. */
const PRICE_DIGITS = 5;
const SIZE_DIGITS = 8;

/** Digits of price and volume without points and leading zeros. */
export const krakenLevelText =
	({ priceDigits, sizeDigits }: { readonly priceDigits: number; readonly sizeDigits: number }): LevelText =>
	(bytes, start, tick, size) =>
		digitsWithZeros(bytes, digitsWithZeros(bytes, start, tick, Math.max(0, PRICE_DIGITS - priceDigits)), size, SIZE_DIGITS - sizeDigits);

function digitsWithZeros(bytes: Uint8Array, start: number, value: number, zeros: number): number {
	let count = 1;
	for (let power = 10; power <= value; power *= 10) count++;
	let rest = value;
	for (let at = start + count - 1; at >= start; at--) {
		const next = Math.floor(rest / 10);
		bytes[at] = 48 + (rest - next * 10);
		rest = next;
	}
	for (let more = 0; more < zeros; more++) bytes[start + count + more] = 48;
	return start + count + zeros;
}

interface Pair {
	readonly market: Market;
	readonly digits: Digits;
	/** `[channel,` */
	readonly head: Readonly<Record<'book' | 'trade' | 'spread' | 'ticker', Uint8Array>>;
	readonly tail: Readonly<Record<'book' | 'trade' | 'spread' | 'ticker', Uint8Array>>;
}

export function kraken({ markets, random }: SessionParts): Session {
	const names = markets.map((market) => `${market.base === 'BTC' ? 'XBT' : market.base}/${market.quote}`);
	const pairs = markets.map((market, index): Pair => {
		const channel = 320 + index * 16;
		const tail = (name: string): Uint8Array => ascii(`,"${name}","${names[index]}"]`);
		return {
			market,
			digits: digitsOf(market, PRICE_DIGITS, SIZE_DIGITS),
			head: { book: ascii(`[${channel},`), trade: ascii(`[${channel + 1},`), spread: ascii(`[${channel + 2},`), ticker: ascii(`[${channel + 3},`) },
			tail: { book: tail(`book-${KRAKEN_DEPTH}`), trade: tail('trade'), spread: tail('spread'), ticker: tail('ticker') },
		};
	});
	const tickerDue = timers(markets.length, 1_000_000);
	const heartbeatDue = timers(1, 1_000_000);
	const summed = new Uint8Array(SUMMED * 2 * 40);
	const checksum = ({ bids, asks }: Market): number => {
		let at = 0;
		for (let level = 0; level < SUMMED; level++) at = asks.copyText(level, summed, at);
		for (let level = 0; level < SUMMED; level++) at = bids.copyText(level, summed, at);
		return crc32(summed.subarray(0, at));
	};
	const book = (out: TextWriter, { market, digits, head, tail }: Pair, time: number): void => {
		const { changes } = market;
		const side = (which: 0 | 1): void => {
			let first = true;
			out.byte(0x5b);
			for (let index = 0; index < changes.count; index++) {
				if (changes.side[index] !== which) continue;
				digits.price(out.text(first ? '["' : ',["'), changes.tick[index] as number);
				digits
					.size(out.text('","'), changes.size[index] as number)
					.text('","')
					.seconds(time)
					.text(changes.returned[index] === 1 ? '","r"]' : '"]');
				first = false;
			}
			out.byte(0x5d);
		};
		const asks = hasChanges(changes, 1);
		const bids = hasChanges(changes, 0);
		out.begin();
		out.raw(head.book);
		if (asks) {
			out.text('{"a":');
			side(1);
			if (bids) out.text('},');
		}
		if (bids) {
			out.text('{"b":');
			side(0);
		}
		out.text(',"c":"').integer(checksum(market)).text('"}').raw(tail.book).end();
	};
	const trade = (out: TextWriter, { market, digits, head, tail }: Pair, time: number): void => {
		const { trades } = market;
		out.begin();
		out.raw(head.trade).byte(0x5b);
		for (let fill = 0; fill < trades.count; fill++) {
			digits.price(out.text(fill === 0 ? '["' : ',["'), trades.tick[fill] as number);
			digits
				.size(out.text('","'), trades.size[fill] as number)
				.text('","')
				.seconds(time)
				.text(trades.taker === 'bid' ? '","b","' : '","s","')
				.text(random.chance(0.6) ? 'm",""]' : 'l",""]');
		}
		out.byte(0x5d).raw(tail.trade).end();
	};
	const spread = (out: TextWriter, { market, digits, head, tail }: Pair, time: number): void => {
		const { bids, asks } = market;
		out.begin();
		digits.price(out.raw(head.spread).text('["'), bids.best);
		digits.price(out.text('","'), asks.best).text('","').seconds(time);
		digits.size(out.text('","'), bids.sizes[0] as number);
		digits
			.size(out.text('","'), asks.sizes[0] as number)
			.text('"]')
			.raw(tail.spread)
			.end();
	};
	const ticker = (out: TextWriter, { market, digits, head, tail }: Pair): void => {
		const { bids, asks, day, sizeDigits } = market;
		const best = (key: string, tick: number, size: number): void => {
			digits
				.price(out.text(key), tick)
				.text('",')
				.integer(Math.floor(size / 10 ** sizeDigits));
			digits.size(out.text(',"'), size).text('"]');
		};
		const prices = (key: string, tick: number): void => {
			digits.price(out.text(key), tick);
			digits.price(out.text('","'), tick).text('"]');
		};
		out.begin();
		out.raw(head.ticker);
		best('{"a":["', asks.best, asks.sizes[0] as number);
		best(',"b":["', bids.best, bids.sizes[0] as number);
		digits.price(out.text(',"c":["'), day.last);
		digits.size(out.text('","'), day.lastSize);
		digits.size(out.text('"],"v":["'), Math.round(day.volume * 0.6));
		digits.size(out.text('","'), day.volume);
		prices('"],"p":["', Math.round((day.open + day.last) / 2));
		out
			.text(',"t":[')
			.integer(Math.round(day.trades * 0.6))
			.byte(0x2c)
			.integer(day.trades);
		prices('],"l":["', day.low);
		prices(',"h":["', day.high);
		prices(',"o":["', day.open);
		out.byte(0x7d).raw(tail.ticker).end();
	};
	return {
		opening(out, time) {
			out.begin();
			out
				.text('{"connectionID":')
				.integer(1_000_000_000_000_000 + random.word())
				.text(',"event":"systemStatus","status":"online","version":"1.9.0"}')
				.end();
			pairs.forEach((_, index) => {
				const channel = 320 + index * 16;
				for (const [more, name] of [
					[0, `book-${KRAKEN_DEPTH}`],
					[1, 'trade'],
					[2, 'spread'],
					[3, 'ticker'],
				] as const) {
					const subscription = more === 0 ? `{"depth":${KRAKEN_DEPTH},"name":"book"}` : `{"name":"${name}"}`;
					out.begin();
					out.text(`{"channelID":${channel + more},"channelName":"${name}","event":"subscriptionStatus","pair":"${names[index]}","status":"subscribed","subscription":${subscription}}`).end();
				}
			});
			for (const { market, digits, head, tail } of pairs) {
				const level = (tick: number, size: number): void => {
					digits.price(out.text('["'), tick);
					digits.size(out.text('","'), size).text('","').seconds(time).text('"]');
				};
				out.begin();
				writeLevels(out.raw(head.book).text('{"as":'), market.asks, level);
				writeLevels(out.text(',"bs":'), market.bids, level);
				out.byte(0x7d).raw(tail.book).end();
			}
		},
		event(out, index, time) {
			const pair = pairs[index] as Pair;
			if (heartbeatDue(0, time)) {
				out.begin();
				out.text('{"event":"heartbeat"}').end();
			}
			if (pair.market.trades.count > 0) trade(out, pair, time);
			book(out, pair, time);
			if (pair.market.bestChanged) spread(out, pair, time);
			if (tickerDue(index, time)) ticker(out, pair);
		},
	};
}
