/**
 * Messages as bytes of a connection or a file in which nothing but lengths tells them apart, with what surrounds them:
 * logins, packets with several messages, heartbeats, the end of the session. Packets may be lost, which those who count
 * can see.
 */
import { createRandom, type Random } from './random.ts';

export const PACKET_FORMATS = ['binaryfile', 'soupbintcp', 'moldudp64', 'length-32-little', 'length-32-big', 'length-16-little', 'length-16-big'] as const;
export type PacketFormat = (typeof PACKET_FORMATS)[number];

export interface PacketOptions {
	/** Share of packets that are lost on the way (moldudp64), or of messages after which the connection breaks and some are lost (soupbintcp). Default 0. */
	readonly losses?: number;
	/** Default 1. */
	readonly seed?: number;
	/** Ten characters, for moldudp64 and soupbintcp: numbers are counted by session. Default `SIM0000001`. */
	readonly session?: string;
}

/** What was lost, counted as the framings count it. */
export interface Losses {
	gaps: number;
	messages: number;
}

const PIECE = 1 << 20;
/** Bytes of a packet: what an Ethernet frame carries. */
const MOST_PACKET = 1400;
const SESSION = 'SIM0000001';
/** What a count says at the end of a MoldUDP64 session. */
const END_OF_SESSION = 0xffff;

/** The bytes in pieces of about a megabyte. @throws RangeError where a message is longer than its length can say */
export function* framePackets(messages: Iterable<Uint8Array>, format: PacketFormat, { losses = 0, seed = 1, session = SESSION }: PacketOptions = {}, lost: Losses = { gaps: 0, messages: 0 }): Generator<Uint8Array, void, undefined> {
	if (losses > 0 && format !== 'moldudp64' && format !== 'soupbintcp') throw new RangeError(`tickforge: nothing in ${format} shows what is lost; use moldudp64 or soupbintcp`);
	if (session.length !== 10) throw new RangeError(`tickforge: a session is named by ten characters, not "${session}"`);
	const out = createPieces();
	const random = createRandom(seed ^ 0x10557);
	switch (format) {
		case 'moldudp64':
			yield* mold(out, messages, random, losses, lost, session);
			break;
		case 'soupbintcp':
			yield* soup(out, messages, random, losses, lost, session);
			break;
		default: {
			const littleEndian = format.endsWith('little');
			const width = format.includes('32') ? 4 : 2;
			for (const message of messages) {
				out.number(checked(message.length, width, format), width, littleEndian);
				out.bytes(message);
				yield* out.full();
			}
			if (format === 'binaryfile') out.number(0, 2, false);
		}
	}
	yield* out.rest();
}

/** The end of the session always comes, so that what is lost before it is seen. */
function* mold(out: Pieces, messages: Iterable<Uint8Array>, random: Random, losses: number, lost: Losses, session: string): Generator<Uint8Array> {
	let sequence = 1;
	let waiting: Uint8Array[] = [];
	let size = 0;
	let isFirst = true;
	let before = true;
	const head = (count: number): void => {
		out.text(session);
		out.number(sequence, 8, false);
		out.number(count, 2, false);
	};
	const send = (): void => {
		// The first one tells where numbers begin.
		const isLost = !isFirst && random.chance(losses);
		if (isLost) {
			if (before) lost.gaps++;
			lost.messages += waiting.length;
		} else {
			head(waiting.length);
			for (const message of waiting) {
				out.number(checked(message.length, 2, 'moldudp64'), 2, false);
				out.bytes(message);
			}
		}
		before = !isLost;
		isFirst = false;
		sequence += waiting.length;
		waiting = [];
		size = 0;
		// Silence is filled with packets of no messages.
		if (random.chance(0.02)) {
			head(0);
			before = true;
		}
	};
	let wanted = 1 + random.below(12);
	for (const message of messages) {
		if (waiting.length > 0 && (size + message.length + 2 > MOST_PACKET || waiting.length === wanted)) {
			send();
			wanted = 1 + Math.floor(random.exponential(8));
			yield* out.full();
		}
		waiting.push(message);
		size += message.length + 2;
	}
	if (waiting.length > 0) send();
	head(END_OF_SESSION);
}

function* soup(out: Pieces, messages: Iterable<Uint8Array>, random: Random, losses: number, lost: Losses, session: string): Generator<Uint8Array> {
	let sequence = 1;
	const packet = (type: string, length: number): void => {
		out.number(checked(length + 1, 2, 'soupbintcp'), 2, false);
		out.text(type);
	};
	const login = (): void => {
		packet('A', 30);
		out.text(session);
		out.text(String(sequence).padStart(20));
	};
	login();
	/** Messages for which the connection stays broken. */
	let broken = 0;
	let isBehind = false;
	for (const message of messages) {
		if (broken > 0) {
			if (!isBehind) lost.gaps++;
			isBehind = true;
			broken--;
			sequence++;
			lost.messages++;
			continue;
		}
		if (isBehind) login();
		isBehind = false;
		packet('S', message.length);
		out.bytes(message);
		sequence++;
		if (random.chance(0.01)) packet('H', 0);
		if (random.chance(losses)) broken = 1 + random.below(20);
		yield* out.full();
	}
	if (isBehind) login();
	packet('Z', 0);
}

function checked(length: number, width: number, format: string): number {
	if (length >= 2 ** (8 * width)) throw new RangeError(`tickforge: a message of ${length} bytes is longer than ${format} can say`);
	return length;
}

interface Pieces {
	number(value: number, bytes: number, littleEndian: boolean): void;
	text(ascii: string): void;
	bytes(bytes: Uint8Array): void;
	/** The piece, where it is large enough. */
	full(): Generator<Uint8Array, void, undefined>;
	rest(): Generator<Uint8Array, void, undefined>;
}

function createPieces(): Pieces {
	let piece = new Uint8Array(PIECE * 2);
	let at = 0;
	const room = (bytes: number): void => {
		if (at + bytes <= piece.length) return;
		const larger = new Uint8Array((at + bytes) * 2);
		larger.set(piece);
		piece = larger;
	};
	function* rest(): Generator<Uint8Array, void, undefined> {
		if (at > 0) yield piece.subarray(0, at);
		piece = new Uint8Array(PIECE * 2);
		at = 0;
	}
	return {
		number(value, bytes, littleEndian) {
			room(bytes);
			for (let index = 0; index < bytes; index++) piece[littleEndian ? at + index : at + bytes - 1 - index] = Math.floor(value / 2 ** (8 * index)) & 0xff;
			at += bytes;
		},
		text(ascii) {
			room(ascii.length);
			for (let index = 0; index < ascii.length; index++) piece[at++] = ascii.charCodeAt(index);
		},
		bytes(bytes) {
			room(bytes.length);
			piece.set(bytes, at);
			at += bytes.length;
		},
		*full() {
			if (at >= PIECE) yield* rest();
		},
		rest,
	};
}
