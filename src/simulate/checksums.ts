/** Book checksums as the venues document them, plainly, from texts of prices and sizes. The sessions compute them faster. */
import { crc32 } from 'node:zlib';

type Levels = readonly (readonly [price: string, size: string])[];

const digitsOnly = (text: string): string => text.replace('.', '').replace(/^0+/, '');

/** Kraken's: the ten best asks, then the ten best bids, each price and volume without its point and leading zeros. */
export function krakenChecksum(asks: Levels, bids: Levels): number {
	return crc32([...asks.slice(0, 10), ...bids.slice(0, 10)].map(([price, size]) => digitsOnly(price) + digitsOnly(size)).join(''));
}

/** OKX's: the 25 best levels, a bid and an ask in turn, all parts with colons between, as a signed integer. */
export function okxChecksum(asks: Levels, bids: Levels): number {
	const parts = Array.from({ length: 25 }, (_, level) => [bids[level], asks[level]].filter((there) => there !== undefined).flat());
	return crc32(parts.flat().join(':')) | 0;
}
