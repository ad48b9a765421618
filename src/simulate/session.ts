import type { BookSide } from './book.ts';
import type { Changes, Market } from './market.ts';
import type { Random } from './random.ts';
import type { TextWriter } from './text-writer.ts';

/** What a venue sends on one connection. Times are microseconds since the epoch. */
export interface Session {
	/** After the subscriptions. */
	opening(out: TextWriter, time: number): void;
	/** For what just happened in one market. */
	event(out: TextWriter, market: number, time: number): void;
}

/** Everything that a venue's session is made of. */
export interface SessionParts {
	readonly markets: readonly Market[];
	readonly random: Random;
}

/** Prices and sizes of a market in the venue's number of digits. */
export interface Digits {
	price(out: TextWriter, tick: number): TextWriter;
	size(out: TextWriter, lots: number): TextWriter;
}

/** Numbers with trailing zeros up to these digits, or with the market's own where it has more. */
export function digitsOf(market: Market, leastPrice: number, leastSize: number): Digits {
	const { priceDigits, sizeDigits } = market;
	const shownPrice = Math.max(priceDigits, leastPrice);
	const shownSize = Math.max(sizeDigits, leastSize);
	return {
		price: (out, tick) => out.decimal(tick, priceDigits, shownPrice),
		size: (out, lots) => out.decimal(lots, sizeDigits, shownSize),
	};
}

const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** The changes of a side as an array; `write` writes one. Returns how many there are. */
export function writeChanges(out: TextWriter, changes: Changes, side: 0 | 1, write: (index: number) => void): void {
	out.byte(OPEN);
	let first = true;
	for (let index = 0; index < changes.count; index++) {
		if (changes.side[index] !== side) continue;
		if (!first) out.byte(COMMA);
		first = false;
		write(index);
	}
	out.byte(CLOSE);
}

export function writeLevels(out: TextWriter, book: BookSide, write: (tick: number, size: number) => void): void {
	out.byte(OPEN);
	for (let index = 0; index < book.count; index++) {
		if (index > 0) out.byte(COMMA);
		write(book.ticks[index] as number, book.sizes[index] as number);
	}
	out.byte(CLOSE);
}

/** Whether a side changed. */
export function hasChanges(changes: Changes, side: 0 | 1): boolean {
	for (let index = 0; index < changes.count; index++) if (changes.side[index] === side) return true;
	return false;
}

/** Tells, for each market, when something that is sent at intervals is due. */
export function timers(markets: number, interval: number): (market: number, time: number) => boolean {
	const next = new Float64Array(markets);
	return (market, time) => {
		const due = next[market] as number;
		if (time < due) return false;
		// The first one comes some time after the start, at another time for each market.
		next[market] = due === 0 ? time + ((market * 7919 + 1) % 97) * (interval / 97) : time + interval;
		return due !== 0;
	};
}
