/** Binance spot's SBE streams: trades, best bid and ask, book updates without gaps, books of twenty levels. */
import { binary, createEncoder } from '../protocols/binary/index.ts';
import { binanceSpotStreams } from '../protocols/sbe/index.ts';
import type { BookSide } from './book.ts';
import type { Market } from './market.ts';
import { type Session, type SessionParts, timers } from './session.ts';
import type { TextWriter } from './text-writer.ts';

interface Instrument {
	readonly market: Market;
	readonly symbol: string;
	/** Of what is written; the columns have eight digits. */
	readonly exponents: { readonly priceExponent: number; readonly qtyExponent: number };
	readonly priceUnit: bigint;
	readonly sizeUnit: bigint;
	update: bigint;
	trade: bigint;
}

const DIGITS = 8;
/** Of `depth20`. */
const LEVELS = 20;

export function binanceSbe({ markets, random }: SessionParts): Session {
	const encoder = createEncoder(binary(binanceSpotStreams()));
	const instruments = markets.map((market): Instrument => {
		const { priceDigits, sizeDigits, base, quote } = market;
		return {
			market,
			symbol: `${base}${quote}`,
			exponents: { priceExponent: -priceDigits, qtyExponent: -sizeDigits },
			priceUnit: 10n ** BigInt(DIGITS - priceDigits),
			sizeUnit: 10n ** BigInt(DIGITS - sizeDigits),
			update: 60_000_000_000n + BigInt(random.below(1_000_000_000)),
			trade: 3_900_000_000n + BigInt(random.below(1_000_000)),
		};
	});
	const snapshotDue = timers(markets.length, 1_000_000);
	const snapshot = (out: TextWriter, { market, symbol, exponents, priceUnit, sizeUnit, update }: Instrument, time: number): void => {
		const levels = ({ ticks, sizes, count }: BookSide) => Array.from({ length: Math.min(LEVELS, count) }, (_, index) => ({ price: BigInt(ticks[index] as number) * priceUnit, qty: BigInt(sizes[index] as number) * sizeUnit }));
		out.messages.push(encoder.encode('depthSnapshot', { eventTime: BigInt(time) * 1000n, bookUpdateId: update, ...exponents, bids: levels(market.bids), asks: levels(market.asks), symbol }));
	};
	return {
		opening(out, time) {
			for (const instrument of instruments) snapshot(out, instrument, time);
		},
		event(out, index, time) {
			const own = instruments[index] as Instrument;
			const { market, symbol, exponents, priceUnit, sizeUnit } = own;
			const { trades, changes, bids, asks } = market;
			const eventTime = BigInt(time) * 1000n;
			if (trades.count > 0) {
				out.messages.push(
					encoder.encode('trades', {
						eventTime,
						transactTime: eventTime - 1_000n * BigInt(random.below(900)),
						...exponents,
						trades: Array.from({ length: trades.count }, (_, fill) => ({ id: ++own.trade, price: BigInt(trades.tick[fill] as number) * priceUnit, qty: BigInt(trades.size[fill] as number) * sizeUnit, isBuyerMaker: trades.taker === 'ask' })),
						symbol,
					}),
				);
			}
			// One id for each change.
			const first = own.update + 1n;
			own.update += BigInt(changes.count);
			const changed = (side: number) => Array.from({ length: changes.count }, (_, change) => change).flatMap((change) => (changes.side[change] === side ? [{ price: BigInt(changes.tick[change] as number) * priceUnit, qty: BigInt(changes.size[change] as number) * sizeUnit }] : []));
			out.messages.push(encoder.encode('depthDiff', { eventTime, firstBookUpdateId: first, lastBookUpdateId: own.update, ...exponents, bids: changed(0), asks: changed(1), symbol }));
			if (market.bestChanged) {
				const side = ({ best, sizes }: BookSide) => [BigInt(best) * priceUnit, BigInt(sizes[0] as number) * sizeUnit] as const;
				const [bidPrice, bidQty] = side(bids);
				const [askPrice, askQty] = side(asks);
				out.messages.push(encoder.encode('bestBidAsk', { eventTime, bookUpdateId: own.update, ...exponents, bidPrice, bidQty, askPrice, askQty, symbol }));
			}
			if (snapshotDue(index, time)) snapshot(out, own, time);
		},
	};
}
