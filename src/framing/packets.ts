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
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { type Framing, SCAN, SCAN_STOP, type ScanFunction } from './scan-abi.ts';

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
	return { name, description, received: false, binary: false, reference: (memory) => packetScanner(memory, layout), generate: null };
}

function packetScanner(memory: WebAssembly.Memory, layout: PacketLayout): ScanFunction {
	const { header, littleEndian, lengthBytes, lengthIsWithin } = layout;
	let view = new DataView(memory.buffer);
	const sequenceAt = (packet: number): number => {
		const at = packet + layout.sequence.offset;
		if (layout.sequence.bytes === 4) return view.getUint32(at, littleEndian);
		return view.getUint32(littleEndian ? at + 4 : at, littleEndian) * 4294967296 + view.getUint32(littleEndian ? at : at + 4, littleEndian);
	};
	// What one call works on. Here, and not in it, so that a call allocates nothing.
	let context = 0;
	let out = 0;
	let start = 0;
	let count = 0;
	const get = (field: number): number => view.getUint32(context + field, true);
	const put = (field: number, value: number): void => view.setUint32(context + field, value, true);
	const getNumber = (field: number): number => view.getFloat64(context + field, true);
	const putNumber = (field: number, value: number): void => view.setFloat64(context + field, value, true);
	const stop = (reason: number): number => {
		put(SCAN.start, start);
		put(SCAN.scanned, start);
		put(SCAN.binary, 0);
		put(SCAN.stop, reason);
		return count;
	};
	const describe = (offset: number, length: number): void => {
		view.setUint32(out + DESCRIPTOR.offset, offset, true);
		view.setUint32(out + DESCRIPTOR.length, length, true);
		view.setUint32(out + DESCRIPTOR.received, 0, true);
		view.setUint32(out + DESCRIPTOR.received + 4, 0, true);
		out += DESCRIPTOR.size;
		count++;
	};
	const isSameSession = (): boolean => {
		for (let index = 0; index < layout.session.bytes; index++) if (view.getUint8(context + SCAN.session + index) !== view.getUint8(start + layout.session.offset + index)) return false;
		return true;
	};
	/** A packet's header: how many messages follow, and what is missing before them. */
	const open = (): void => {
		const at = start + layout.count.offset;
		const stated = layout.count.bytes === 1 ? view.getUint8(at) : view.getUint16(at, littleEndian);
		const messages = stated === layout.endOfSession ? 0 : stated;
		const sequence = sequenceAt(start);
		if (get(SCAN.sequenced) === 0 || !isSameSession()) {
			for (let index = 0; index < layout.session.bytes; index++) view.setUint8(context + SCAN.session + index, view.getUint8(start + layout.session.offset + index));
			put(SCAN.sequenced, 1);
			putNumber(SCAN.expected, sequence);
		}
		const expected = getNumber(SCAN.expected);
		if (sequence > expected) {
			put(SCAN.gaps, get(SCAN.gaps) + 1);
			putNumber(SCAN.missing, getNumber(SCAN.missing) + sequence - expected);
		}
		const repeated = Math.min(messages, Math.max(0, expected - sequence));
		put(SCAN.packetMessages, messages);
		put(SCAN.packetRepeated, repeated);
		putNumber(SCAN.repeated, getNumber(SCAN.repeated) + repeated);
		if (sequence + messages > expected) putNumber(SCAN.expected, sequence + messages);
		start += header;
	};

	return (at) => {
		if (view.buffer !== memory.buffer) view = new DataView(memory.buffer);
		context = at;
		const end = get(SCAN.end);
		const limit = get(SCAN.limit);
		const longest = get(SCAN.longest);
		const final = get(SCAN.final) === 1;
		out = get(SCAN.descriptors);
		start = get(SCAN.start);
		count = 0;
		if (get(SCAN.skipping) === 1) {
			const rest = get(SCAN.rest);
			const taken = Math.min(rest, end - start);
			view.setFloat64(context + SCAN.dropped, view.getFloat64(context + SCAN.dropped, true) + taken, true);
			put(SCAN.rest, rest - taken);
			start += taken;
			if (taken < rest && !final) return stop(SCAN_STOP.needsBytes);
			put(SCAN.skipping, 0);
			return stop(SCAN_STOP.resynced);
		}
		for (;;) {
			if (count === limit) return stop(SCAN_STOP.full);
			const available = end - start;
			const left = get(SCAN.packetMessages);
			const head = left === 0 ? header : lengthBytes;
			if (available < head) {
				if (!final || available === 0) return stop(SCAN_STOP.needsBytes);
				describe(start, available);
				start = end;
				continue;
			}
			if (left === 0) {
				open();
				continue;
			}
			const stated = lengthBytes === 1 ? view.getUint8(start) : view.getUint16(start, littleEndian);
			// A length that counts itself cannot be 0; taken as it is, it would be read for ever.
			const length = lengthIsWithin ? Math.max(stated, lengthBytes) : stated;
			const message = lengthIsWithin ? start : start + lengthBytes;
			if (length > longest && (final || end - message > longest)) {
				start = message;
				put(SCAN.skipping, 1);
				put(SCAN.rest, length);
				put(SCAN.packetMessages, left - 1);
				view.setFloat64(context + SCAN.dropped, 0, true);
				return stop(SCAN_STOP.tooLong);
			}
			if (end - message < length && !final) return stop(SCAN_STOP.needsBytes);
			const taken = Math.min(length, end - message);
			const repeated = get(SCAN.packetRepeated);
			if (repeated > 0) put(SCAN.packetRepeated, repeated - 1);
			else describe(message, taken);
			put(SCAN.packetMessages, left - 1);
			start = message + taken;
		}
	};
}
