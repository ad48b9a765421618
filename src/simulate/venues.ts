/** What each venue writes of a market's events. The formats follow the venues' public documentation; the texts are the project's own. */
import { binance } from './binance.ts';
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

export type Venue = keyof typeof VENUES;

/** All that can be simulated: names of presets. */
export const venues = (): readonly Venue[] => Object.keys(VENUES) as Venue[];

export function createSession(venue: Venue, random: Random, symbols: number): SessionParts & Session {
	const { market, session }: VenueDescription = VENUES[venue];
	const markets = Array.from({ length: symbols }, (_, index) => createMarket(random, index, market));
	return { markets, random, ...session({ markets, random }) };
}
