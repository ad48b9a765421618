/** What each venue writes of a market's events. The formats follow the venues' public documentation; the texts are the project's own. */
import { binance } from './binance.ts';
import { binanceSbe } from './binance-sbe.ts';
import { coinbase } from './coinbase.ts';
import { KRAKEN_DEPTH, kraken, krakenLevelText } from './kraken.ts';
import { createMarket, type MarketOptions } from './market.ts';
import { okx, okxLevelText } from './okx.ts';
import type { Random } from './random.ts';
import type { Session, SessionParts } from './session.ts';

interface VenueDescription {
	readonly market: MarketOptions;
	readonly session: (parts: SessionParts) => Session;
}

const VENUES = {
	'binance-spot': { market: { quote: 'USDT', depth: 40 }, session: (parts: SessionParts) => binance(parts, false) },
	'binance-futures': { market: { quote: 'USDT', depth: 40 }, session: (parts: SessionParts) => binance(parts, true) },
	coinbase: { market: { quote: 'USD', depth: 40 }, session: coinbase },
	kraken: { market: { quote: 'USD', depth: KRAKEN_DEPTH, text: krakenLevelText }, session: kraken },
	okx: { market: { quote: 'USDT', depth: 40, text: okxLevelText }, session: okx },
} as const satisfies Readonly<Record<string, VenueDescription>>;

/** Markets like those of the others, written as bytes. */
const BINARY_VENUES = {
	'binance-spot-sbe': { market: { quote: 'USDT', depth: 40 }, session: binanceSbe },
} as const satisfies Readonly<Record<string, VenueDescription>>;

export type Venue = keyof typeof VENUES;
/** NASDAQ has a day of its own: itch.ts. */
export type BinaryVenue = keyof typeof BINARY_VENUES | 'nasdaq-itch-5.0';

/** Venues of JSON: names of presets. */
export const venues = (): readonly Venue[] => Object.keys(VENUES) as Venue[];
/** Venues of binary formats: names of presets. */
export const binaryVenues = (): readonly BinaryVenue[] => ['nasdaq-itch-5.0', ...(Object.keys(BINARY_VENUES) as (keyof typeof BINARY_VENUES)[])];

export function createSession(venue: Venue | keyof typeof BINARY_VENUES, random: Random, symbols: number): SessionParts & Session {
	const { market, session }: VenueDescription = { ...VENUES, ...BINARY_VENUES }[venue];
	const markets = Array.from({ length: symbols }, (_, index) => createMarket(random, index, market));
	return { markets, random, ...session({ markets, random }) };
}
