/**
 * A market of one symbol. What it is worth walks at random, calmer and wilder at times; makers place and cancel orders
 * around it, takers hit them, most of all when the book lags behind. Prices and sizes are whole numbers of ticks and lots,
 * so that what a venue writes is exact.
 */
import { BookSide, type LevelText, type Side } from './book.ts';
import type { Random } from './random.ts';

/** What happened to the book; each price at most once, with its last state. Kept until the next event. */
export interface Changes {
	count: number;
	/** 0 bid, 1 ask. */
	readonly side: Uint8Array;
	readonly tick: Int32Array;
	/** In lots; 0: the level is gone. */
	readonly size: Int32Array;
	/** 1 where a level was beyond the depth before and is seen since others went. */
	readonly returned: Uint8Array;
}

export interface Trades {
	count: number;
	/** Whose order came in: a bid lifts the asks. */
	taker: Side;
	readonly tick: Int32Array;
	readonly size: Int32Array;
}

/** The last day, as far as the session knows it. */
export interface DayStatistics {
	open: number;
	high: number;
	low: number;
	last: number;
	lastSize: number;
	/** In lots. */
	volume: number;
	/** In units of the quote currency. */
	quoteVolume: number;
	trades: number;
}

export interface Market {
	readonly base: string;
	readonly quote: string;
	/** Digits after the point of prices and sizes. */
	readonly priceDigits: number;
	readonly sizeDigits: number;
	readonly bids: BookSide;
	readonly asks: BookSide;
	readonly changes: Changes;
	readonly trades: Trades;
	readonly day: DayStatistics;
	/** Whether the last event changed the best price or size of a side. */
	readonly bestChanged: boolean;
	/** Lets something happen. */
	next(): void;
}

interface Instrument {
	readonly base: string;
	readonly price: number;
	readonly priceDigits: number;
	readonly sizeDigits: number;
}

const instrument = (base: string, price: number, priceDigits: number, sizeDigits: number): Instrument => ({ base, price, priceDigits, sizeDigits });
const INSTRUMENTS: readonly Instrument[] = [
	instrument('BTC', 67000, 1, 5),
	instrument('ETH', 3500, 2, 4),
	instrument('SOL', 170, 3, 3),
	instrument('XRP', 0.52, 5, 1),
	instrument('DOGE', 0.16, 5, 0),
	instrument('LINK', 17, 3, 2),
	instrument('ADA', 0.45, 5, 1),
	instrument('AVAX', 36, 3, 2),
	instrument('DOT', 7.1, 4, 2),
	instrument('LTC', 83, 2, 3),
	instrument('ATOM', 8.4, 4, 2),
	instrument('UNI', 10.7, 3, 2),
	instrument('BCH', 480, 2, 3),
	instrument('NEAR', 7.2, 4, 1),
	instrument('APT', 9.1, 3, 2),
	instrument('FIL', 5.8, 4, 2),
	instrument('ARB', 1.1, 4, 1),
	instrument('OP', 2.5, 4, 1),
	instrument('AAVE', 105, 2, 3),
	instrument('ETC', 31, 3, 2),
	instrument('XLM', 0.11, 5, 0),
	instrument('ALGO', 0.19, 5, 0),
	instrument('TRX', 0.11, 6, 0),
	instrument('INJ', 27, 3, 2),
];

const MOST_CHANGES = 64;
const MOST_TRADES = 8;
/** Deviation of the worth an event: a yearly half, at some 200 events a second. */
const WALK = 6e-6;

export interface MarketOptions {
	readonly quote: string;
	/** Levels a side. */
	readonly depth: number;
	/** A level's text in checksums, where the venue has them. */
	readonly text?: (instrument: { readonly priceDigits: number; readonly sizeDigits: number }) => LevelText;
}

/** The market of a number: the well-known symbols first, then more with a number before their name. */
export function createMarket(random: Random, index: number, options: MarketOptions): Market {
	const { base, price, priceDigits, sizeDigits } = INSTRUMENTS[index % INSTRUMENTS.length] as Instrument;
	const round = Math.floor(index / INSTRUMENTS.length);
	const { depth } = options;
	const text = options.text?.({ priceDigits, sizeDigits }) ?? null;
	const bids = new BookSide('bid', depth, text);
	const asks = new BookSide('ask', depth, text);
	let worth = price * 10 ** priceDigits * (1 + random.normal() * 0.01);
	const least = worth / 4;
	const deviation = worth * WALK;
	/** Ticks between two levels, and from the worth to the first. */
	const gap = Math.max(0.8, worth * 1.1e-5);
	const half = Math.max(0.6, worth * 1.6e-5);
	/** Lots of an order of three thousand in the quote currency. */
	const usual = (3000 / price) * 10 ** sizeDigits;
	let wildness = 1;
	const changes: Changes = { count: 0, side: new Uint8Array(MOST_CHANGES), tick: new Int32Array(MOST_CHANGES), size: new Int32Array(MOST_CHANGES), returned: new Uint8Array(MOST_CHANGES) };
	const trades: Trades = { count: 0, taker: 'bid', tick: new Int32Array(MOST_TRADES), size: new Int32Array(MOST_TRADES) };

	const anySize = (): number => {
		const lots = usual * Math.exp(random.normal() * 1.1 - 0.3);
		// Many orders are of a round size.
		const rounded = random.chance(0.3) ? 10 ** Math.floor(Math.log10(Math.max(1, lots))) * random.pick([1, 2, 5]) : lots;
		return Math.min(2e9, Math.max(1, Math.round(rounded)));
	};
	const note = (book: BookSide, tick: number, size: number, returned = 0): void => {
		const side = book.side === 'bid' ? 0 : 1;
		let at = 0;
		while (at < changes.count && (changes.tick[at] !== tick || changes.side[at] !== side)) at++;
		if (at === MOST_CHANGES) throw new Error('the simulated market changed more at once than there is room for');
		if (at === changes.count) changes.count++;
		changes.side[at] = side;
		changes.tick[at] = tick;
		changes.size[at] = size;
		changes.returned[at] = returned;
	};
	const outward = (book: BookSide, tick: number, by: number): number => (book.side === 'bid' ? tick - by : tick + by);
	const removeAt = (book: BookSide, index: number): void => {
		note(book, book.ticks[index] as number, 0);
		book.remove(index);
	};
	/** As many levels as the depth has: deeper ones come into sight, surplus ones go. */
	const fill = (book: BookSide): void => {
		while (book.count < depth) {
			const from = book.count === 0 ? outward(book, Math.round(worth), Math.round(half)) : (book.ticks[book.count - 1] as number);
			const tick = outward(book, from, 1 + Math.floor(random.exponential(gap)));
			const size = anySize();
			book.insert(book.count, tick, size);
			if (opened) note(book, tick, size, 1);
		}
		while (book.count > depth) removeAt(book, book.count - 1);
	};
	const take = (book: BookSide): void => {
		trades.taker = book.side === 'bid' ? 'ask' : 'bid';
		let left = Math.max(1, Math.round(random.exponential((book.sizes[0] as number) * 0.7)));
		while (left > 0 && trades.count < MOST_TRADES && book.count > 1) {
			const tick = book.best;
			const there = book.sizes[0] as number;
			const size = Math.min(left, there);
			trades.tick[trades.count] = tick;
			trades.size[trades.count++] = size;
			left -= size;
			if (size === there) removeAt(book, 0);
			else {
				book.resize(0, there - size);
				note(book, tick, there - size);
			}
			day.last = tick;
			day.lastSize = size;
			if (tick > day.high) day.high = tick;
			if (tick < day.low) day.low = tick;
			day.volume += size;
			day.quoteVolume += (size / 10 ** sizeDigits) * (tick / 10 ** priceDigits);
			day.trades++;
		}
	};
	const place = (book: BookSide, other: BookSide): void => {
		const wanted = Math.round(outward(book, worth, half * (0.4 + random.share() * 0.8) + random.exponential(gap * 7)));
		// An order that would trade at once is put at the best price that would not.
		const limit = outward(book, other.best, 1);
		const tick = book.isBetter(wanted, limit) ? limit : wanted;
		const index = book.indexOf(tick);
		if (book.has(index, tick)) {
			if (random.chance(0.4) && book.count > 3) removeAt(book, index);
			else {
				const size = anySize();
				book.resize(index, size);
				note(book, tick, size);
			}
		} else if (index < depth) {
			const size = anySize();
			book.insert(index, tick, size);
			note(book, tick, size);
			fill(book);
		}
	};

	let opened = false;
	fill(bids);
	fill(asks);
	opened = true;
	const now = Math.round(worth);
	const yesterday = Math.round(worth * (1 + random.normal() * 0.02));
	const range = Math.round(worth * 0.015 * (1 + random.share()));
	const dayVolume = Math.round(usual * 40_000 * (0.5 + random.share()));
	const day: DayStatistics = {
		open: yesterday,
		high: Math.max(yesterday, now) + range,
		low: Math.min(yesterday, now) - range,
		last: now,
		lastSize: anySize(),
		volume: dayVolume,
		quoteVolume: (dayVolume / 10 ** sizeDigits) * price,
		trades: 100_000 + random.below(400_000),
	};
	let bestChanged = false;
	return {
		base: `${round === 0 ? '' : round}${base}`,
		quote: options.quote,
		priceDigits,
		sizeDigits,
		bids,
		asks,
		changes,
		trades,
		day,
		get bestChanged() {
			return bestChanged;
		},
		next() {
			changes.count = 0;
			trades.count = 0;
			const { best: bid } = bids;
			const { best: ask } = asks;
			const bidSize = bids.sizes[0];
			const askSize = asks.sizes[0];
			if (random.chance(0.002)) wildness = 0.3 + random.exponential(0.9);
			worth = Math.max(least, worth + random.normal() * deviation * wildness);
			// Who knows better takes what is offered too cheaply.
			if (asks.best < worth && random.chance(0.6)) take(asks);
			else if (bids.best > worth && random.chance(0.6)) take(bids);
			else if (random.chance(0.07)) take(random.chance(0.5) ? bids : asks);
			else {
				for (let orders = 1 + random.below(3); orders > 0; orders--) {
					if (random.chance(0.5)) place(bids, asks);
					else place(asks, bids);
				}
				// Makers step back from a price that has become bad.
				if (asks.best < worth && asks.count > 3) removeAt(asks, 0);
				if (bids.best > worth && bids.count > 3) removeAt(bids, 0);
			}
			fill(bids);
			fill(asks);
			if (changes.count === 0) {
				const book = random.chance(0.5) ? bids : asks;
				book.resize(0, anySize());
				note(book, book.best, book.sizes[0] as number);
			}
			bestChanged = bids.best !== bid || asks.best !== ask || bids.sizes[0] !== bidSize || asks.sizes[0] !== askSize;
		},
	};
}
