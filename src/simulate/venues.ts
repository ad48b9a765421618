/**
 * What each venue writes of a market's events. The formats follow the venues' public documentation; the texts are the
 * project's own.
 */
import { crc32 } from '../integrity/crc32.ts';
import { createMarket, decimal, type LevelChange, type Market, type MarketEvent, type Side } from './market.ts';
import type { Random } from './random.ts';

export type Venue = 'binance-spot' | 'binance-futures' | 'coinbase' | 'kraken' | 'okx';

export interface Session {
	/** What the venue sends after the subscriptions. */
	opening(time: number): string[];
	/** What it sends for one event of one market; `time` in microseconds. */
	messages(market: number, event: MarketEvent, time: number): string[];
	/** What it sends when nothing happens, if anything. */
	readonly heartbeat: string | null;
}

const pair = (price: string, size: string): string => `["${price}","${size}"]`;
const price = (market: Market, tick: number, extra = 0): string => decimal(tick * 10 ** extra, market.priceDigits + extra);
const size = (market: Market, lots: number, extra = 0): string => decimal(lots * 10 ** extra, market.sizeDigits + extra);
const milliseconds = (time: number): number => Math.floor(time / 1000);
const isoOf = (time: number): string => `${new Date(Math.floor(time / 1000)).toISOString().slice(0, 23)}${String(Math.floor(time % 1000)).padStart(3, '0')}Z`;
const sideChanges = (changes: readonly LevelChange[], side: Side): readonly LevelChange[] => changes.filter((change) => change.side === side);
const best = (market: Market, side: Side): { tick: number; size: number } => market.levels(side)[0] as { tick: number; size: number };

export function createMarkets(venue: Venue, random: Random, symbols: number): Market[] {
	const quote = { 'binance-spot': 'USDT', 'binance-futures': 'USDT', coinbase: 'USD', kraken: 'USD', okx: 'USDT' }[venue];
	return Array.from({ length: symbols }, (_, index) => createMarket(random, index, quote));
}

export function createSession(venue: Venue, markets: readonly Market[], random: Random): Session {
	switch (venue) {
		case 'binance-spot':
			return binance(markets, random, false);
		case 'binance-futures':
			return binance(markets, random, true);
		case 'coinbase':
			return coinbase(markets, random);
		case 'kraken':
			return kraken(markets);
		case 'okx':
			return okx(markets);
	}
}

/** Combined streams of both Binance markets: order-book updates whose ids follow each other without a gap. */
function binance(markets: readonly Market[], random: Random, futures: boolean): Session {
	const digits = futures ? 0 : 2;
	const state = markets.map(() => ({ update: 4_000_000_000 + random.below(1_000_000), trade: 100_000_000 + random.below(1_000_000), order: 500_000_000 }));
	const names = markets.map((market) => `${market.base}${market.quote}`);
	const wrap = (index: number, stream: string, data: string): string => `{"stream":"${names[index]?.toLowerCase()}@${stream}","data":${data}}`;
	return {
		heartbeat: null,
		opening: () => [],
		messages(index, { trade, changes }, time) {
			const market = markets[index] as Market;
			const own = state[index] as (typeof state)[number];
			const name = names[index];
			const event = milliseconds(time);
			const out: string[] = [];
			if (trade !== null) {
				const first = own.order;
				own.order += 1 + random.below(3);
				out.push(
					wrap(
						index,
						'aggTrade',
						futures
							? `{"e":"aggTrade","E":${event},"a":${++own.trade},"s":"${name}","p":"${price(market, trade.tick)}","q":"${size(market, trade.size)}","f":${first},"l":${own.order - 1},"T":${event - 2},"m":${trade.taker === 'ask'}}`
							: `{"e":"aggTrade","E":${event},"s":"${name}","a":${++own.trade},"p":"${price(market, trade.tick, digits)}","q":"${size(market, trade.size, digits)}","f":${first},"l":${own.order - 1},"T":${event - 1},"m":${trade.taker === 'ask'},"M":true}`,
					),
				);
			}
			const first = own.update + 1;
			const previous = own.update;
			own.update += Math.max(1, changes.length);
			const list = (side: Side): string =>
				`[${sideChanges(changes, side)
					.map((change) => pair(price(market, change.tick, digits), size(market, change.size, digits)))
					.join(',')}]`;
			out.push(wrap(index, 'depth@100ms', `{"e":"depthUpdate","E":${event}${futures ? `,"T":${event - 4}` : ''},"s":"${name}","U":${first},"u":${own.update}${futures ? `,"pu":${previous}` : ''},"b":${list('bid')},"a":${list('ask')}}`));
			if (changes.some((change) => change.tick === best(market, change.side).tick || change.size === 0)) {
				const bid = best(market, 'bid');
				const ask = best(market, 'ask');
				const quotes = `"s":"${name}","b":"${price(market, bid.tick, digits)}","B":"${size(market, bid.size, digits)}","a":"${price(market, ask.tick, digits)}","A":"${size(market, ask.size, digits)}"`;
				out.push(wrap(index, 'bookTicker', futures ? `{"e":"bookTicker","u":${own.update},${quotes},"T":${event - 4},"E":${event}}` : `{"u":${own.update},${quotes}}`));
			}
			return out;
		},
	};
}

/** Coinbase Exchange: level2, matches, ticker; sequences rise by one per product. */
function coinbase(markets: readonly Market[], random: Random): Session {
	const state = markets.map(() => ({ sequence: 10_000_000_000 + random.below(1_000_000), trade: 50_000_000 + random.below(100_000) }));
	const names = markets.map((market) => `${market.base}-${market.quote}`);
	return {
		heartbeat: null,
		opening: () => [
			`{"type":"subscriptions","channels":[{"name":"level2","product_ids":${JSON.stringify(names)}},{"name":"matches","product_ids":${JSON.stringify(names)}}]}`,
			...markets.map((market, index) => {
				const list = (side: Side): string =>
					`[${market
						.levels(side)
						.map((level) => pair(price(market, level.tick), size(market, level.size)))
						.join(',')}]`;
				return `{"type":"snapshot","product_id":"${names[index]}","asks":${list('ask')},"bids":${list('bid')}}`;
			}),
		],
		messages(index, { trade, changes }, time) {
			const market = markets[index] as Market;
			const own = state[index] as (typeof state)[number];
			const name = names[index];
			const iso = isoOf(time);
			const out: string[] = [];
			if (trade !== null) {
				// The side of the maker's order.
				const side = trade.taker === 'bid' ? 'sell' : 'buy';
				own.trade++;
				const bid = best(market, 'bid');
				const ask = best(market, 'ask');
				out.push(
					`{"type":"match","trade_id":${own.trade},"maker_order_id":"${random.uuid()}","taker_order_id":"${random.uuid()}","side":"${side}","size":"${size(market, trade.size)}","price":"${price(market, trade.tick)}","product_id":"${name}","sequence":${++own.sequence},"time":"${iso}"}`,
					`{"type":"ticker","sequence":${own.sequence},"product_id":"${name}","price":"${price(market, trade.tick)}","open_24h":"${price(market, trade.tick - 20)}","volume_24h":"${size(market, 90_000 + (own.trade % 1000))}","low_24h":"${price(market, trade.tick - 50)}","high_24h":"${price(market, trade.tick + 60)}","volume_30d":"${size(market, 2_000_000 + (own.trade % 1000))}","best_bid":"${price(market, bid.tick)}","best_ask":"${price(market, ask.tick)}","side":"${side === 'sell' ? 'buy' : 'sell'}","time":"${iso}","trade_id":${own.trade},"last_size":"${size(market, trade.size)}"}`,
				);
			}
			out.push(`{"type":"l2update","product_id":"${name}","changes":[${changes.map((change) => `["${change.side === 'bid' ? 'buy' : 'sell'}","${price(market, change.tick)}","${size(market, change.size)}"]`).join(',')}],"time":"${iso}"}`);
			return out;
		},
	};
}

const encoder = new TextEncoder();
const checksumDigits = (text: string): string => text.replace('.', '').replace(/^0+/, '');

/** Kraken's checksum: the ten best asks, then the ten best bids, price and volume without point and leading zeros. */
export function krakenChecksum(asks: readonly (readonly [string, string])[], bids: readonly (readonly [string, string])[]): number {
	return crc32(encoder.encode([...asks.slice(0, 10), ...bids.slice(0, 10)].map(([at, volume]) => checksumDigits(at) + checksumDigits(volume)).join('')));
}

/** OKX's checksum: the 25 best levels of both sides in turn, `bid:size:ask:size:…`, as a signed integer. */
export function okxChecksum(asks: readonly (readonly [string, string])[], bids: readonly (readonly [string, string])[]): number {
	const parts: string[] = [];
	for (let level = 0; level < 25; level++) {
		const bid = bids[level];
		const ask = asks[level];
		if (bid !== undefined) parts.push(bid[0], bid[1]);
		if (ask !== undefined) parts.push(ask[0], ask[1]);
	}
	return crc32(encoder.encode(parts.join(':'))) | 0;
}

function kraken(markets: readonly Market[]): Session {
	const names = markets.map((market) => `${market.base === 'BTC' ? 'XBT' : market.base}/${market.quote}`);
	// Kraken writes eight digits of volume.
	const levelText = (market: Market, tick: number, lots: number): [string, string] => [price(market, tick), size(market, lots, 8 - market.sizeDigits)];
	const seconds = (time: number): string => `${Math.floor(time / 1e6)}.${String(time % 1e6).padStart(6, '0')}`;
	const bookOf = (market: Market, side: Side): [string, string][] => market.levels(side).map((level) => levelText(market, level.tick, level.size));
	return {
		heartbeat: '{"event":"heartbeat"}',
		opening: (time) => [
			'{"connectionID":9223372036854775807,"event":"systemStatus","status":"online","version":"1.9.0"}',
			...markets.map((market, index) => {
				const list = (side: Side): string =>
					`[${bookOf(market, side)
						.slice(0, 25)
						.map(([at, volume]) => `["${at}","${volume}","${seconds(time)}"]`)
						.join(',')}]`;
				return `[${400 + index * 16},{"as":${list('ask')},"bs":${list('bid')}},"book-25","${names[index]}"]`;
			}),
		],
		messages(index, { trade, changes }, time) {
			const market = markets[index] as Market;
			const out: string[] = [];
			if (trade !== null) {
				const [at, volume] = levelText(market, trade.tick, trade.size);
				out.push(`[${401 + index * 16},[["${at}","${volume}","${seconds(time)}","${trade.taker === 'bid' ? 'b' : 's'}","l",""]],"trade","${names[index]}"]`);
			}
			const list = (side: Side): string =>
				`[${sideChanges(changes, side)
					.map((change) => {
						const [at, volume] = levelText(market, change.tick, change.size);
						return `["${at}","${volume}","${seconds(time)}"]`;
					})
					.join(',')}]`;
			const asks = sideChanges(changes, 'ask').length > 0;
			const bids = sideChanges(changes, 'bid').length > 0;
			const checksum = `"c":"${krakenChecksum(bookOf(market, 'ask'), bookOf(market, 'bid'))}"`;
			const head = `[${400 + index * 16},`;
			const tail = `,"book-25","${names[index]}"]`;
			if (asks && bids) out.push(`${head}{"a":${list('ask')}},{"b":${list('bid')},${checksum}}${tail}`);
			else if (asks) out.push(`${head}{"a":${list('ask')},${checksum}}${tail}`);
			else if (bids) out.push(`${head}{"b":${list('bid')},${checksum}}${tail}`);
			return out;
		},
	};
}

function okx(markets: readonly Market[]): Session {
	const names = markets.map((market) => `${market.base}-${market.quote}`);
	const state = markets.map((_, index) => ({ trade: 300_000_000 + index * 1_000_000 }));
	const levelText = (market: Market, tick: number, lots: number): [string, string] => [price(market, tick), size(market, lots)];
	const bookOf = (market: Market, side: Side): [string, string][] => market.levels(side).map((level) => levelText(market, level.tick, level.size));
	const book = (index: number, action: string, asks: readonly (readonly [string, string])[], bids: readonly (readonly [string, string])[], time: number): string => {
		const market = markets[index] as Market;
		const list = (levels: readonly (readonly [string, string])[]): string => `[${levels.map(([at, volume]) => `["${at}","${volume}","0","${volume === '0' ? 0 : 1 + (volume.length % 4)}"]`).join(',')}]`;
		return `{"arg":{"channel":"books","instId":"${names[index]}"},"action":"${action}","data":[{"asks":${list(asks)},"bids":${list(bids)},"ts":"${milliseconds(time)}","checksum":${okxChecksum(bookOf(market, 'ask'), bookOf(market, 'bid'))}}]}`;
	};
	return {
		heartbeat: null,
		opening: (time) => [...names.map((name) => `{"event":"subscribe","arg":{"channel":"books","instId":"${name}"}}`), ...markets.map((market, index) => book(index, 'snapshot', bookOf(market, 'ask'), bookOf(market, 'bid'), time))],
		messages(index, { trade, changes }, time) {
			const market = markets[index] as Market;
			const out: string[] = [];
			if (trade !== null) {
				const own = state[index] as { trade: number };
				own.trade++;
				out.push(`{"arg":{"channel":"trades","instId":"${names[index]}"},"data":[{"instId":"${names[index]}","tradeId":"${own.trade}","px":"${price(market, trade.tick)}","sz":"${size(market, trade.size)}","side":"${trade.taker === 'bid' ? 'buy' : 'sell'}","ts":"${milliseconds(time)}"}]}`);
			}
			const list = (side: Side): [string, string][] => sideChanges(changes, side).map((change) => [price(market, change.tick), change.size === 0 ? '0' : size(market, change.size)]);
			out.push(book(index, 'update', list('ask'), list('bid'), time));
			return out;
		},
	};
}
