/** A seeded simulator of exchanges: realistic messages from markets of its own, for samples, demonstrations and tests. */
import { breakMessage, type Fault } from './faults.ts';
import { createRandom } from './random.ts';
import { createMarkets, createSession, type Venue } from './venues.ts';

export { FAULTS, type Fault } from './faults.ts';
export { krakenChecksum, okxChecksum, type Venue } from './venues.ts';

export interface SimulateOptions {
	readonly venue: Venue;
	/** Default 1. */
	readonly seed?: number;
	/** How many to give. */
	readonly messages: number;
	/** Default 8. */
	readonly symbols?: number;
	/** Microseconds since the epoch. Default 2024-06-01T00:00:00Z. */
	readonly startTime?: number;
	/** Share of messages that arrive broken. Default 0. */
	readonly faults?: number;
}

export interface SimulatedMessage {
	/** Microseconds since the epoch. */
	readonly received: number;
	/** UTF-8. */
	readonly payload: Uint8Array;
	/** How it was broken, where it was. */
	readonly fault?: Fault;
}

const VENUES: readonly Venue[] = ['binance-spot', 'binance-futures', 'coinbase', 'kraken', 'okx'];

export const venues = (): readonly Venue[] => VENUES;

/** Messages of one connection, in the order of their arrival; the same for the same options. */
export function* simulate(options: SimulateOptions): Generator<SimulatedMessage, void, undefined> {
	const random = createRandom(options.seed ?? 1);
	// Faults have a generator of their own: they do not change the market.
	const faultRandom = createRandom((options.seed ?? 1) ^ 0x5eed);
	const markets = createMarkets(options.venue, random, options.symbols ?? 8);
	const session = createSession(options.venue, markets, random);
	const encoder = new TextEncoder();
	let time = options.startTime ?? 1_717_200_000_000_000;
	let arrival = time;
	let left = options.messages;
	const deliver = (text: string): SimulatedMessage => {
		left--;
		// About two milliseconds on the way, now and then much more; the order of a connection stays.
		const delay = 600 + Math.floor(random.exponential(random.chance(0.01) ? 25_000 : 1_400));
		arrival = Math.max(arrival + 1, time + delay);
		if (options.faults !== undefined && options.faults > 0 && faultRandom.chance(options.faults)) {
			const { text: broken, fault } = breakMessage(faultRandom, text);
			return fault === null ? { received: arrival, payload: encoder.encode(text) } : { received: arrival, payload: encoder.encode(broken), fault };
		}
		return { received: arrival, payload: encoder.encode(text) };
	};
	for (const text of session.opening(time)) {
		if (left === 0) return;
		yield deliver(text);
	}
	// Activity comes in waves.
	let wave = 1;
	while (left > 0) {
		if (random.chance(0.002)) wave = 0.2 + random.exponential(1);
		time += 1 + Math.floor(random.exponential(900 / wave));
		// The first symbols trade most.
		const market = Math.min(random.below(markets.length), random.below(markets.length));
		if (session.heartbeat !== null && random.chance(0.002)) yield deliver(session.heartbeat);
		for (const text of session.messages(market, (markets[market] as (typeof markets)[number]).next(), time)) {
			if (left <= 0) return;
			yield deliver(text);
		}
	}
}
