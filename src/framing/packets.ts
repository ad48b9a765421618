/**
 * Packets that hold several messages behind a header with a sequence number, one packet after the other: MoldUDP64
 * and Cboe's sequenced units, as recorded from UDP or extracted from captures.
 * ```
 *  MoldUDP64   | session (10) | sequence (u64) | count (u16) | length (u16) | message … | length | …      big endian
 *  Cboe unit   | length (u16) | count (u8) | unit (u8) | sequence (u32) | message (its length first) | …  little endian
 * ```
 * Sequence numbers show what is missing: a packet that starts beyond the next number is a gap, and messages that were
 * there before are left out, so that the same stream may come twice (lines A and B, retransmissions).
 */
import { F64, I32 } from '../wasm/index.ts';
import { type GeneratedLengthRule, type GeneratedScan, generateLengthScanner, loadUnsigned } from './generated-scan.ts';
import { createScanner, type LengthRule, type Scan, scanLengths } from './scan.ts';
import { type Framing, SCAN } from './scan-abi.ts';

/** Where things are in a packet's header. */
interface PacketLayout {
	readonly header: number;
	readonly littleEndian: boolean;
	readonly sequence: { readonly offset: number; readonly bytes: 4 | 8 };
	readonly count: { readonly offset: number; readonly bytes: 1 | 2 };
	/** A count that says that the session has ended. */
	readonly endOfSession: number | null;
	/** Another value here is another stream, whose numbers start anew. */
	readonly session: { readonly offset: number; readonly bytes: number };
	/** Bytes of a message's length, which are part of the message or stand before it. */
	readonly lengthBytes: 1 | 2;
	readonly lengthIsWithin: boolean;
}

/** MoldUDP64 downstream packets. Heartbeats and the end of a session hold no messages. */
export function moldUdp64(): Framing {
	return packets('moldudp64', 'MoldUDP64 packets', { header: 20, littleEndian: false, sequence: { offset: 10, bytes: 8 }, count: { offset: 18, bytes: 2 }, endOfSession: 0xffff, session: { offset: 0, bytes: 10 }, lengthBytes: 2, lengthIsWithin: false });
}

/** Cboe's sequenced unit headers (PITCH, multicast). One unit a stream: of several, each change of unit starts anew. */
export function sequencedUnits(): Framing {
	return packets('cboe-units', 'Cboe sequenced units', { header: 8, littleEndian: true, sequence: { offset: 4, bytes: 4 }, count: { offset: 2, bytes: 1 }, endOfSession: null, session: { offset: 3, bytes: 1 }, lengthBytes: 1, lengthIsWithin: true });
}

function packets(name: string, description: string, layout: PacketLayout): Framing {
	return {
		name,
		description,
		received: false,
		binary: false,
		reference(memory) {
			const rule = packetRule(layout);
			return createScanner(memory, (scan) => scanLengths(scan, rule));
		},
		generate: (options = {}) => generateLengthScanner(name, options, generatedPacketRule(layout)),
	};
}

function packetRule({ header, littleEndian, sequence, count, endOfSession, session, lengthBytes, lengthIsWithin }: PacketLayout): LengthRule {
	const sequenceAt = (view: DataView, at: number): number => (sequence.bytes === 4 ? view.getUint32(at, littleEndian) : view.getUint32(littleEndian ? at + 4 : at, littleEndian) * 2 ** 32 + view.getUint32(littleEndian ? at : at + 4, littleEndian));
	/** Keeps the session of the packet at hand; whether it is the one from before. */
	const isSameSession = ({ bytes, context, start }: Scan): boolean => {
		let isSame = true;
		for (let index = 0; index < session.bytes; index++) {
			const byte = bytes[start + session.offset + index] as number;
			if (bytes[context + SCAN.session + index] !== byte) isSame = false;
			bytes[context + SCAN.session + index] = byte;
		}
		return isSame;
	};
	/** A packet's header: how many messages follow, and what is missing before them. */
	const open = (scan: Scan): void => {
		const { view, start } = scan;
		const stated = count.bytes === 1 ? view.getUint8(start + count.offset) : view.getUint16(start + count.offset, littleEndian);
		const messages = stated === endOfSession ? 0 : stated;
		const first = sequenceAt(view, start + sequence.offset);
		const isKnown = isSameSession(scan) && scan.get(SCAN.sequenced) === 1;
		const expected = isKnown ? scan.number(SCAN.expected) : first;
		scan.put(SCAN.sequenced, 1);
		if (first > expected) {
			scan.increment(SCAN.gaps);
			scan.putNumber(SCAN.missing, scan.number(SCAN.missing) + first - expected);
		}
		const repeated = Math.min(messages, Math.max(0, expected - first));
		scan.put(SCAN.packetMessages, messages);
		scan.put(SCAN.packetRepeated, repeated);
		scan.putNumber(SCAN.repeated, scan.number(SCAN.repeated) + repeated);
		scan.putNumber(SCAN.expected, Math.max(expected, first + messages));
		scan.start += header;
	};
	return {
		offset: lengthIsWithin ? 0 : lengthBytes,
		head: (scan) => (scan.get(SCAN.packetMessages) === 0 ? header : lengthBytes),
		read(scan) {
			if (scan.get(SCAN.packetMessages) === 0) {
				open(scan);
				return -1;
			}
			const length = lengthBytes === 1 ? scan.view.getUint8(scan.start) : scan.view.getUint16(scan.start, littleEndian);
			// A length that counts itself cannot be 0; taken as it is, it would be read for ever.
			return lengthIsWithin ? Math.max(length, lengthBytes) : length;
		},
		take(scan, message, length) {
			const repeated = scan.get(SCAN.packetRepeated);
			if (repeated > 0) scan.put(SCAN.packetRepeated, repeated - 1);
			else scan.describe(message, length);
		},
		leave: (scan) => scan.put(SCAN.packetMessages, scan.get(SCAN.packetMessages) - 1),
	};
}

function generatedPacketRule({ header, littleEndian, sequence, count, endOfSession, session, lengthBytes, lengthIsWithin }: PacketLayout): GeneratedLengthRule {
	const open = ({ f, context, start, get, put, number, putNumber, increment }: GeneratedScan): void => {
		const messages = f.local(I32, loadUnsigned(start, count.offset, count.bytes, littleEndian), 'messages');
		if (endOfSession !== null) messages.set(I32.select(messages.eq(endOfSession), 0, messages));
		const word = (offset: number): F64 => loadUnsigned(start, sequence.offset + offset, 4, littleEndian).toF64U();
		const first = f.local(
			F64,
			sequence.bytes === 4
				? word(0)
				: word(littleEndian ? 4 : 0)
						.mul(2 ** 32)
						.add(word(littleEndian ? 0 : 4)),
			'first',
		);
		const isKnown = f.local(I32, get(SCAN.sequenced).eq(1), 'isKnown');
		const byte = f.local(I32, undefined, 'byte');
		for (let index = 0; index < session.bytes; index++) {
			byte.set(I32.load8U(start, session.offset + index));
			isKnown.set(isKnown.and(byte.eq(I32.load8U(context, SCAN.session + index))));
			f.store8(context, byte, SCAN.session + index);
		}
		const expected = f.local(F64, F64.select(isKnown, number(SCAN.expected), first), 'expected');
		put(SCAN.sequenced, 1);
		f.if(
			first.gt(expected),
			() => {
				increment(SCAN.gaps);
				putNumber(SCAN.missing, number(SCAN.missing).add(first).sub(expected));
			},
			undefined,
			{ likely: false },
		);
		const repeated = f.local(F64, messages.toF64U().min(expected.sub(first).max(0)), 'repeated');
		put(SCAN.packetMessages, messages);
		put(SCAN.packetRepeated, repeated.truncI32U());
		putNumber(SCAN.repeated, number(SCAN.repeated).add(repeated));
		putNumber(SCAN.expected, expected.max(first.add(messages.toF64U())));
		start.set(start.add(header));
	};
	return {
		offset: lengthIsWithin ? 0 : lengthBytes,
		head: ({ get }) => I32.select(get(SCAN.packetMessages).eqz(), header, lengthBytes),
		read(scan, length, none) {
			scan.f.if(scan.get(SCAN.packetMessages).eqz(), () => {
				open(scan);
				none();
			});
			length.set(loadUnsigned(scan.start, 0, lengthBytes, littleEndian));
			if (lengthIsWithin) length.set(I32.select(length.ltU(lengthBytes), lengthBytes, length));
		},
		take({ f, get, put, describe }, message, length) {
			f.if(
				get(SCAN.packetRepeated).eqz(),
				() => describe(message, length),
				() => put(SCAN.packetRepeated, get(SCAN.packetRepeated).sub(1)),
			);
		},
		leave: ({ get, put }) => put(SCAN.packetMessages, get(SCAN.packetMessages).sub(1)),
	};
}
