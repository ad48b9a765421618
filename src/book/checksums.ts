/** Book checksums as the venues document them, plainly, from texts of prices and sizes. */
import { crc32 } from '../codecs/index.ts';

type Levels = readonly (readonly [price: string, size: string])[];

const encoder = new TextEncoder();
const crcOfText = (text: string): number => crc32(encoder.encode(text));
const digitsOnly = (text: string): string => text.replace('.', '').replace(/^0+/, '');

/** Kraken's: the ten best asks, then the ten best bids, each price and volume without its point and leading zeros. */
export function krakenChecksum(asks: Levels, bids: Levels): number {
	return crcOfText([...asks.slice(0, 10), ...bids.slice(0, 10)].map(([price, size]) => digitsOnly(price) + digitsOnly(size)).join(''));
}

/** The CRC32 of a bid and an ask in turn down to a depth, with colons between; `price:size` each. */
export function alternatingChecksum(asks: readonly string[], bids: readonly string[], depth: number): number {
	const parts: string[] = [];
	for (let level = 0; level < depth; level++) {
		const bid = bids[level];
		const ask = asks[level];
		if (bid === undefined && ask === undefined) break;
		if (bid !== undefined) parts.push(bid);
		if (ask !== undefined) parts.push(ask);
	}
	return crcOfText(parts.join(':'));
}

/** Levels that OKX's and FTX's checksums reach down to. */
export const OKX_DEPTH = 25;
export const FTX_DEPTH = 100;

/** OKX's: the 25 best levels, a bid and an ask in turn, all parts with colons between, as a signed integer. */
export function okxChecksum(asks: Levels, bids: Levels): number {
	const text = ([price, size]: readonly [string, string]): string => `${price}:${size}`;
	return alternatingChecksum(asks.map(text), bids.map(text), OKX_DEPTH) | 0;
}

/**
 * FTX's: the 100 best levels, a bid and an ask in turn, all parts with colons between, unsigned. Its documentation writes
 * whole numbers without a fraction; its client (ftexchange/ftx, websocket/client.py) and its data have them as Python
 * writes floats: see {@link floatText}.
 */
export function ftxChecksum(asks: readonly (readonly [price: number, size: number])[], bids: readonly (readonly [price: number, size: number])[]): number {
	const text = ([price, size]: readonly [number, number]): string => `${floatText(price)}:${floatText(size)}`;
	return alternatingChecksum(asks.map(text), bids.map(text), FTX_DEPTH);
}

/**
 * A finite number as Python's `repr` writes a float: the fewest digits that are it, `.0` where it is whole, and with an
 * exponent of two digits at least below 0.0001 and from 10^16 on.
 */
export function floatText(value: number): string {
	if (Object.is(value, -0)) return '-0.0';
	const [mantissa = '0', power = '0'] = value.toExponential().split('e');
	const exponent = Number(power);
	if (exponent < -4 || exponent >= 16) return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
	const sign = mantissa.startsWith('-') ? '-' : '';
	const digits = mantissa.replace(/[-.]/g, '');
	if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
	return `${sign}${digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')}.${digits.slice(exponent + 1) || '0'}`;
}
