/** Presets: the feeds of venues, described. One file a venue; docs/exchanges.md says what it takes to add one. */
import { binanceFutures } from './binance-futures.ts';
import { binanceSpot, binanceSpotRaw } from './binance-spot.ts';
import { bitfinex } from './bitfinex.ts';
import { bitmex } from './bitmex.ts';
import { bitstamp } from './bitstamp.ts';
import { bybit } from './bybit.ts';
import { coinbase } from './coinbase.ts';
import { deribit } from './deribit.ts';
import { dydxV3 } from './dydx-v3.ts';
import { ftx } from './ftx.ts';
import { gemini } from './gemini.ts';
import { huobi } from './huobi.ts';
import { kraken } from './kraken.ts';
import { okx } from './okx.ts';

export type { ExchangePreset, Scales } from './preset.ts';
export { binanceFutures, binanceSpot, binanceSpotRaw, bitfinex, bitmex, bitstamp, bybit, coinbase, deribit, dydxV3, ftx, gemini, huobi, kraken, okx };

/** All presets by name: `exchanges['binance-spot'].schema`. */
export const exchanges = {
	'binance-spot': binanceSpot,
	'binance-spot-raw': binanceSpotRaw,
	'binance-futures': binanceFutures,
	bitfinex,
	bitmex,
	bitstamp,
	bybit,
	coinbase,
	deribit,
	'dydx-v3': dydxV3,
	ftx,
	gemini,
	huobi,
	kraken,
	okx,
} as const;

export type ExchangeName = keyof typeof exchanges;
