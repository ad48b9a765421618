/** A seeded simulator of exchanges: realistic messages from markets of its own, for samples, demonstrations and tests. */
import { breakMessage, type Fault } from './faults.ts';
import { createRandom } from './random.ts';
import { TextWriter } from './text-writer.ts';
import { createSession, type Venue } from './venues.ts';

export { krakenChecksum, okxChecksum } from './checksums.ts';
export { FAULTS, type Fault } from './faults.ts';
export { compressPieces, type FileCompression, type FileFormat, framePieces } from './files.ts';
export { type Venue, venues } from './venues.ts';

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
	/** UTF-8. A view of a larger buffer; it stays as it is. */
	readonly payload: Uint8Array;
	/** How it was broken, where it was. */
	readonly fault?: Fault;
}

/** Messages of one connection, in the order of their arrival; the same for the same options. */
export function* simulate(options: SimulateOptions): Generator<SimulatedMessage, void, undefined> {
	const { faults = 0, seed = 1 } = options;
	const random = createRandom(seed);
	// Delays and faults have generators of their own: they do not change the market.
	const delayRandom = createRandom(seed ^ 0x0de1a7);
	const faultRandom = createRandom(seed ^ 0x5eed);
	const session = createSession(options.venue, random, options.symbols ?? 8);
	const { markets } = session;
	const out = new TextWriter();
	let time = options.startTime ?? 1_717_200_000_000_000;
	let arrival = time;
	let left = options.messages;
	const deliver = (payload: Uint8Array): SimulatedMessage => {
		// About two milliseconds on the way, now and then much more; the order of a connection stays.
		const delay = 600 + Math.floor(delayRandom.exponential(delayRandom.chance(0.01) ? 25_000 : 1_400));
		arrival = Math.max(arrival + 1, time + delay);
		if (faults <= 0 || !faultRandom.chance(faults)) return { received: arrival, payload };
		const { text, fault } = breakMessage(faultRandom, Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1'));
		return fault === null ? { received: arrival, payload } : { received: arrival, payload: Buffer.from(text, 'latin1'), fault };
	};
	session.opening(out, time);
	// Activity comes in waves.
	let wave = 1;
	while (left > 0) {
		for (const payload of out.messages) {
			if (left-- === 0) return;
			yield deliver(payload);
		}
		out.messages.length = 0;
		if (random.chance(0.002)) wave = 0.2 + random.exponential(1);
		time += 1 + Math.floor(random.exponential(900 / wave));
		// The first symbols trade most.
		const market = Math.min(random.below(markets.length), random.below(markets.length));
		(markets[market] as (typeof markets)[number]).next();
		session.event(out, market, time);
	}
}
