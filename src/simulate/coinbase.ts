/** Coinbase Exchange: level 2, matches, tickers, heartbeats; sequences rise by one for each match of a product. */
import type { Market } from './market.ts';
import { type Digits, digitsOf, type Session, type SessionParts, timers, writeLevels } from './session.ts';
import { ascii, type TextWriter } from './text-writer.ts';

interface Product {
	readonly market: Market;
	readonly digits: Digits;
	readonly name: Uint8Array;
	sequence: number;
	trade: number;
}

export function coinbase({ markets, random }: SessionParts): Session {
	const names = markets.map((market) => `${market.base}-${market.quote}`);
	const products = markets.map((market, index): Product => ({ market, digits: digitsOf(market, 0, 8), name: ascii(names[index] as string), sequence: 10_000_000_000 + random.below(1_000_000_000), trade: 50_000_000 + random.below(1_000_000) }));
	const heartbeatDue = timers(markets.length, 1_000_000);
	const uuid = (out: TextWriter): TextWriter => out.hex(random.word(), 8).byte(0x2d).hex(random.word(), 4).text('-4').hex(random.word(), 3).text('-a').hex(random.word(), 3).byte(0x2d).hex(random.word(), 8).hex(random.word(), 4);
	const match = (out: TextWriter, { digits, name, sequence, trade }: Product, type: string, takerBuys: boolean, tick: number, size: number, time: number): void => {
		out.begin();
		uuid(out.text('{"type":"').text(type).text('","trade_id":').integer(trade).text(',"maker_order_id":"'));
		// The side is the maker's.
		uuid(out.text('","taker_order_id":"')).text(takerBuys ? '","side":"sell","size":"' : '","side":"buy","size":"');
		digits.size(out, size);
		digits.price(out.text('","price":"'), tick);
		out.text('","product_id":"').raw(name).text('","sequence":').integer(sequence).text(',"time":"').iso(time).text('"}').end();
	};
	const ticker = (out: TextWriter, { market, digits, name, sequence, trade }: Product, time: number): void => {
		const { day, bids, asks, trades } = market;
		out.begin();
		out.text('{"type":"ticker","sequence":').integer(sequence).text(',"product_id":"').raw(name);
		digits.price(out.text('","price":"'), day.last);
		digits.price(out.text('","open_24h":"'), day.open);
		digits.size(out.text('","volume_24h":"'), day.volume);
		digits.price(out.text('","low_24h":"'), day.low);
		digits.price(out.text('","high_24h":"'), day.high);
		digits.size(out.text('","volume_30d":"'), day.volume * 28);
		digits.price(out.text('","best_bid":"'), bids.best);
		digits.size(out.text('","best_bid_size":"'), bids.sizes[0] as number);
		digits.price(out.text('","best_ask":"'), asks.best);
		digits.size(out.text('","best_ask_size":"'), asks.sizes[0] as number);
		out
			.text(trades.taker === 'bid' ? '","side":"buy","time":"' : '","side":"sell","time":"')
			.iso(time)
			.text('","trade_id":')
			.integer(trade);
		digits.size(out.text(',"last_size":"'), day.lastSize).text('"}').end();
	};
	return {
		opening(out, time) {
			const list = JSON.stringify(names);
			out.begin(list.length * 4 + 200);
			out.text(`{"type":"subscriptions","channels":[{"name":"level2","product_ids":${list}},{"name":"matches","product_ids":${list}},{"name":"ticker","product_ids":${list}},{"name":"heartbeat","product_ids":${list}}]}`).end();
			for (const product of products) match(out, product, 'last_match', true, product.market.day.last, product.market.day.lastSize, time - 1_000_000);
			for (const { market, digits, name } of products) {
				const level = (tick: number, size: number): void => {
					digits.price(out.text('["'), tick);
					digits.size(out.text('","'), size).text('"]');
				};
				out.begin();
				out.text('{"type":"snapshot","product_id":"').raw(name);
				writeLevels(out.text('","asks":'), market.asks, level);
				writeLevels(out.text(',"bids":'), market.bids, level);
				out.text(',"time":"').iso(time).text('"}').end();
			}
		},
		event(out, index, time) {
			const own = products[index] as Product;
			const { market, digits, name } = own;
			const { trades, changes } = market;
			for (let fill = 0; fill < trades.count; fill++) {
				own.sequence++;
				own.trade++;
				match(out, own, 'match', trades.taker === 'bid', trades.tick[fill] as number, trades.size[fill] as number, time);
			}
			if (trades.count > 0) ticker(out, own, time);
			out.begin();
			out.text('{"type":"l2update","product_id":"').raw(name).text('","changes":[');
			for (let change = 0; change < changes.count; change++) {
				digits.price(out.text(change === 0 ? '["' : ',["').text(changes.side[change] === 0 ? 'buy","' : 'sell","'), changes.tick[change] as number);
				digits.size(out.text('","'), changes.size[change] as number).text('"]');
			}
			out.text('],"time":"').iso(time).text('"}').end();
			if (heartbeatDue(index, time)) {
				out.begin();
				out.text('{"type":"heartbeat","last_trade_id":').integer(own.trade).text(',"product_id":"').raw(name).text('","sequence":').integer(own.sequence).text(',"time":"').iso(time).text('"}').end();
			}
		},
	};
}
