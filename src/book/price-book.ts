/** A book of price levels, as venues send them: a snapshot, then sizes that replace what was there. */
import type { Side } from './order-events.ts';

/** The levels of one side, the best first; arrays of one length. They are the book's own: read them, keep copies. */
export interface PriceSide {
	readonly prices: readonly number[];
	readonly sizes: readonly number[];
	/** What the venue's checksum has of each level. */
	readonly texts: readonly string[];
}

export interface PriceBook {
	readonly buy: PriceSide;
	readonly sell: PriceSide;
	/** Puts a level, or takes it away where the size is 0. O(log n) to find it. @param text of the level, for checksums */
	set(side: Side, price: number, size: number, text?: string): void;
	clear(): void;
}

interface OwnSide {
	readonly prices: number[];
	readonly sizes: number[];
	readonly texts: string[];
}

export function createPriceBook(): PriceBook {
	const buy: OwnSide = { prices: [], sizes: [], texts: [] };
	const sell: OwnSide = { prices: [], sizes: [], texts: [] };
	return {
		buy,
		sell,
		set(side, price, size, text = '') {
			if (!Number.isFinite(price) || !(size >= 0)) throw new RangeError(`tickforge: a level has a price and a size of 0 or more, not ${price} and ${size}`);
			const { prices, sizes, texts } = side === 'buy' ? buy : sell;
			let from = 0;
			let to = prices.length;
			while (from < to) {
				const middle = (from + to) >>> 1;
				const there = prices[middle] as number;
				if (side === 'buy' ? there > price : there < price) from = middle + 1;
				else to = middle;
			}
			const found = prices[from] === price;
			if (size === 0) {
				if (!found) return;
				for (const array of [prices, sizes, texts]) array.splice(from, 1);
			} else if (found) {
				sizes[from] = size;
				texts[from] = text;
			} else {
				prices.splice(from, 0, price);
				sizes.splice(from, 0, size);
				texts.splice(from, 0, text);
			}
		},
		clear() {
			for (const { prices, sizes, texts } of [buy, sell]) for (const array of [prices, sizes, texts]) array.length = 0;
		},
	};
}
