/** A seeded simulator of exchanges: realistic messages from markets of its own, for samples, demonstrations and tests. */
import type { Protocol } from '../compiler/protocol.ts';
import type { BinaryProtocol, WireFormat } from '../protocols/binary/index.ts';
import { itch50 } from '../protocols/itch/index.ts';
import { binanceSpotStreams } from '../protocols/sbe/index.ts';
import { type Breaker, breakerOf, breakJson, breakMessagePack, breakProtobuf, type Fault } from './faults.ts';
import { asMessagePack } from './files.ts';
import { itchSession, type TimedMessage } from './itch.ts';
import { createRandom, type Random } from './random.ts';
import { TextWriter } from './text-writer.ts';
import { type BinaryVenue, createSession, type Venue, venues } from './venues.ts';

export { krakenChecksum, okxChecksum } from '../book/checksums.ts';
export { BINARY_FAULTS, FAULTS, type Fault, MESSAGEPACK_FAULTS, PROTOBUF_FAULTS } from './faults.ts';
export { compressPieces, type FileCompression, type FileFormat, framePieces } from './files.ts';
export { framePackets, type Losses, PACKET_FORMATS, type PacketFormat, type PacketOptions } from './packets.ts';
export { type BinaryVenue, binaryVenues, type Venue, venues } from './venues.ts';

export interface SimulateOptions {
	/** A venue of binary messages gives those. ITCH: a day, whatever the number of messages; the others go on and on. */
	readonly venue: Venue | BinaryVenue;
	/** Default 1. */
	readonly seed?: number;
	/** How many to give. */
	readonly messages: number;
	/** Default 8. */
	readonly symbols?: number;
	/** Microseconds since the epoch; of ITCH, the midnight that its times count from. Default 2024-06-01T00:00:00Z. */
	readonly startTime?: number;
	/** Share of messages that arrive broken. Default 0. */
	readonly faults?: number;
	/** Venues of JSON: the same values as MessagePack. Default `json`. */
	readonly protocol?: 'json' | 'msgpack';
}

export interface SimulatedMessage {
	/** Microseconds since the epoch. */
	readonly received: number;
	/** UTF-8, or what the venue's format has. A view of a larger buffer; it stays as it is. */
	readonly payload: Uint8Array;
	/** How it was broken, where it was. */
	readonly fault?: Fault;
}

/** Formats of binary venues, for their faults. */
const FORMATS: Readonly<Record<BinaryVenue, () => WireFormat>> = { 'nasdaq-itch-5.0': itch50, 'binance-spot-sbe': binanceSpotStreams };

const isJson = (venue: Venue | BinaryVenue): venue is Venue => venues().some((one) => one === venue);

/** Messages of one connection, in the order of their arrival; the same for the same options. */
export function* simulate(options: SimulateOptions): Generator<SimulatedMessage, void, undefined> {
	const { venue, faults = 0, seed = 1, protocol = 'json' } = options;
	const random = createRandom(seed);
	// Delays and faults have generators of their own: they do not change the market.
	const delayRandom = createRandom(seed ^ 0x0de1a7);
	const faultRandom = createRandom(seed ^ 0x5eed);
	const isPacked = protocol === 'msgpack' && isJson(venue);
	const breakMessage: Breaker = !isJson(venue) ? breakerOf(FORMATS[venue]()) : isPacked ? breakMessagePack : breakJson;
	let arrival = options.startTime ?? START;
	for (const { time, payload: own } of venue === 'nasdaq-itch-5.0' ? itchSession(random, { symbols: options.symbols ?? 8, messages: options.messages, midnight: options.startTime ?? START }) : marketSession(venue, random, options)) {
		const payload = isPacked ? asMessagePack(own) : own;
		// About two milliseconds on the way, now and then much more; the order of a connection stays.
		const delay = 600 + Math.floor(delayRandom.exponential(delayRandom.chance(0.01) ? 25_000 : 1_400));
		arrival = Math.max(arrival + 1, Math.floor(time) + delay);
		const broken = faults > 0 && faultRandom.chance(faults) ? breakMessage(faultRandom, payload) : null;
		yield broken === null ? { received: arrival, payload } : { received: arrival, payload: broken.bytes, fault: broken.fault };
	}
}

const START = 1_717_200_000_000_000;

/** What a venue writes of its markets. */
function* marketSession(venue: Exclude<SimulateOptions['venue'], 'nasdaq-itch-5.0'>, random: Random, options: SimulateOptions): Generator<TimedMessage, void, undefined> {
	const session = createSession(venue, random, options.symbols ?? 8);
	const { markets } = session;
	const out = new TextWriter();
	let time = options.startTime ?? START;
	let left = options.messages;
	session.opening(out, time);
	// Activity comes in waves.
	let wave = 1;
	while (left > 0) {
		for (const payload of out.messages) {
			if (left-- === 0) return;
			yield { time, payload };
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

/** Made-up messages of a protocol, a share of them broken; received one millisecond after the other. */
export function* breakMessages(protocol: Protocol, messages: Iterable<Uint8Array>, faults: number, seed = 1): Generator<SimulatedMessage, void, undefined> {
	const random = createRandom(seed ^ 0x5eed);
	const { format } = protocol as Partial<BinaryProtocol>;
	const breakMessage: Breaker = protocol.name === 'binary' && format !== undefined ? breakerOf(format) : protocol.name === 'msgpack' ? breakMessagePack : protocol.name === 'protobuf' ? breakProtobuf : breakJson;
	let received = START;
	for (const payload of messages) {
		received += 1000;
		const broken = faults > 0 && random.chance(faults) ? breakMessage(random, payload) : null;
		yield broken === null ? { received, payload } : { received, payload: broken.bytes, fault: broken.fault };
	}
}
