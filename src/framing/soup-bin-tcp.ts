/**
 * SoupBinTCP: what a server sends (or a client, its unsequenced messages), as recorded from the connection.
 * ```
 *  | length (u16, big endian; counts what follows) | type | payload … |
 * ```
 * The payloads of sequenced (`S`) and unsequenced (`U`) data packets are messages; all other packets carry none. A login
 * that was accepted (`A`) says the number of the next sequenced message: where a connection was made anew, what was lost
 * in between is a gap.
 */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { type Framing, SCAN, SCAN_STOP, type ScanFunction } from './scan-abi.ts';

const SEQUENCED = 0x53;
const UNSEQUENCED = 0x55;
const LOGIN_ACCEPTED = 0x41;
/** In a login that was accepted: after the session of 10 bytes, the number as 20 digits, spaces before it. */
const LOGIN_SEQUENCE = { offset: 11, length: 20 } as const;

export function soupBinTcp(): Framing {
	return { name: 'soupbintcp', description: 'SoupBinTCP packets', received: false, binary: false, reference: soupScanner, generate: null };
}

function soupScanner(memory: WebAssembly.Memory): ScanFunction {
	let view = new DataView(memory.buffer);
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
	const login = (packet: number): void => {
		let sequence = 0;
		for (let index = 0; index < LOGIN_SEQUENCE.length; index++) {
			const byte = view.getUint8(packet + LOGIN_SEQUENCE.offset + index);
			if (byte >= 0x30 && byte <= 0x39) sequence = sequence * 10 + byte - 0x30;
		}
		const expected = getNumber(SCAN.expected);
		if (get(SCAN.sequenced) === 1 && sequence > expected) {
			put(SCAN.gaps, get(SCAN.gaps) + 1);
			putNumber(SCAN.missing, getNumber(SCAN.missing) + sequence - expected);
		}
		put(SCAN.sequenced, 1);
		putNumber(SCAN.expected, sequence);
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
			if (available < 2) {
				if (!final || available === 0) return stop(SCAN_STOP.needsBytes);
				describe(start, available);
				start = end;
				continue;
			}
			const length = view.getUint16(start, false);
			const packet = start + 2;
			if (length > longest + 1 && (final || end - packet > longest)) {
				start = packet;
				put(SCAN.skipping, 1);
				put(SCAN.rest, length);
				view.setFloat64(context + SCAN.dropped, 0, true);
				return stop(SCAN_STOP.tooLong);
			}
			if (end - packet < length && !final) return stop(SCAN_STOP.needsBytes);
			const taken = Math.min(length, end - packet);
			const type = taken > 0 ? view.getUint8(packet) : 0;
			if (type === SEQUENCED || type === UNSEQUENCED) {
				describe(packet + 1, taken - 1);
				if (type === SEQUENCED) putNumber(SCAN.expected, getNumber(SCAN.expected) + 1);
			} else {
				if (type === LOGIN_ACCEPTED && taken >= LOGIN_SEQUENCE.offset + LOGIN_SEQUENCE.length) login(packet);
				put(SCAN.skipped, get(SCAN.skipped) + 1);
			}
			start = packet + taken;
		}
	};
}
