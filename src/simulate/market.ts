/**
 * A market of one symbol: a mid price that walks in ticks, a book of levels around it, trades at the touch. Prices and
 * sizes are whole numbers of ticks and lots, so that what a venue writes is exact.
 */
import type { Random } from './random.ts';

export type Side = 'bid' | 'ask';
/** A level with its new size in lots; 0 removes it. */
export interface LevelChange {
	readonly side: Side;
	readonly tick: number;
	readonly size: number;
}
export interface Trade {
	/** The taker's side: a bid lifts the best ask. */
	readonly taker: Side;
	readonly tick: number;
	readonly size: number;
}
export interface MarketEvent {
	readonly trade: Trade | null;
	readonly changes: readonly LevelChange[];
}

export interface Market {
	readonly base: string;
	readonly quote: string;
	/** Digits after the point of prices and sizes. */
	readonly priceDigits: number;
	readonly sizeDigits: number;
	/** Level sizes by distance from the mid, the best first; their ticks are mid ∓ (distance + 1). */
	levels(side: Side): readonly { readonly tick: number; readonly size: number }[];
	next(): MarketEvent;
}

/** Levels kept on each side. */
export const DEPTH = 30;

interface Instrument {
	readonly base: string;
	readonly price: number;
	readonly priceDigits: number;
	readonly sizeDigits: number;
}

const INSTRUMENTS: readonly Instrument[] = [
	{ base: 'BTC', price: 67000, priceDigits: 1, sizeDigits: 4 },
	{ base: 'ETH', price: 3500, priceDigits: 2, sizeDigits: 3 },
	{ base: 'SOL', price: 170, priceDigits: 3, sizeDigits: 2 },
	{ base: 'XRP', price: 0.52, priceDigits: 5, sizeDigits: 1 },
	{ base: 'DOGE', price: 0.16, priceDigits: 5, sizeDigits: 0 },
	{ base: 'LINK', price: 17, priceDigits: 3, sizeDigits: 2 },
	{ base: 'ADA', price: 0.45, priceDigits: 4, sizeDigits: 1 },
	{ base: 'AVAX', price: 36, priceDigits: 2, sizeDigits: 2 },
	{ base: 'DOT', price: 7.1, priceDigits: 3, sizeDigits: 2 },
	{ base: 'LTC', price: 83, priceDigits: 2, sizeDigits: 3 },
	{ base: 'ATOM', price: 8.4, priceDigits: 3, sizeDigits: 2 },
	{ base: 'UNI', price: 10.7, priceDigits: 3, sizeDigits: 2 },
];

export function createMarket(random: Random, index: number, quote: string): Market {
	const instrument = INSTRUMENTS[index % INSTRUMENTS.length] as Instrument;
	const round = Math.floor(index / INSTRUMENTS.length);
	let mid = Math.max(DEPTH * 4, Math.round(instrument.price * 10 ** instrument.priceDigits));
	const anySize = (): number => 1 + Math.floor(random.exponential(40 * 10 ** Math.min(2, instrument.sizeDigits)));
	const sizes: Record<Side, number[]> = { bid: Array.from({ length: DEPTH }, anySize), ask: Array.from({ length: DEPTH }, anySize) };
	const tickOf = (side: Side, distance: number): number => (side === 'bid' ? mid - 1 - distance : mid + 1 + distance);
	const opposite = (side: Side): Side => (side === 'bid' ? 'ask' : 'bid');
	/** The mid moves by one tick towards a side's far end: that side loses its best level, the other one gains one. */
	const move = (consumed: Side): LevelChange[] => {
		const gained = opposite(consumed);
		const removedTick = tickOf(consumed, 0);
		const lostTick = tickOf(gained, DEPTH - 1);
		mid += consumed === 'ask' ? 1 : -1;
		sizes[consumed].shift();
		sizes[consumed].push(anySize());
		sizes[gained].pop();
		sizes[gained].unshift(anySize());
		return [
			{ side: consumed, tick: removedTick, size: 0 },
			{ side: consumed, tick: tickOf(consumed, DEPTH - 1), size: sizes[consumed][DEPTH - 1] as number },
			{ side: gained, tick: tickOf(gained, 0), size: sizes[gained][0] as number },
			{ side: gained, tick: lostTick, size: 0 },
		];
	};
	return {
		base: `${round === 0 ? '' : round}${instrument.base}`,
		quote,
		priceDigits: instrument.priceDigits,
		sizeDigits: instrument.sizeDigits,
		levels: (side) => sizes[side].map((size, distance) => ({ tick: tickOf(side, distance), size })),
		next() {
			if (random.chance(0.15)) {
				const taker: Side = random.chance(0.5) ? 'bid' : 'ask';
				const hit = opposite(taker);
				const tick = tickOf(hit, 0);
				const there = sizes[hit][0] as number;
				const size = Math.max(1, Math.min(there, Math.floor(random.exponential(there / 2))));
				if (size === there) return { trade: { taker, tick, size }, changes: move(hit) };
				sizes[hit][0] = there - size;
				return { trade: { taker, tick, size }, changes: [{ side: hit, tick, size: there - size }] };
			}
			// Prices fall no further than the book is deep.
			if (random.chance(0.08)) return { trade: null, changes: move(mid > DEPTH * 3 && random.chance(0.5) ? 'bid' : 'ask') };
			const changes: LevelChange[] = [];
			for (let number = 1 + random.below(3); number > 0; number--) {
				const side: Side = random.chance(0.5) ? 'bid' : 'ask';
				const distance = Math.min(DEPTH - 1, Math.floor(random.exponential(4)));
				if (changes.some((change) => change.side === side && change.tick === tickOf(side, distance))) continue;
				sizes[side][distance] = anySize();
				changes.push({ side, tick: tickOf(side, distance), size: sizes[side][distance] as number });
			}
			return { trade: null, changes };
		},
	};
}

/** A whole number of 10^-digits as decimal text with all its digits, or without trailing zeros. */
export function decimal(value: number, digits: number): string {
	if (digits === 0) return String(value);
	const text = String(value).padStart(digits + 1, '0');
	return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
