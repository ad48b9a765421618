import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { type Framing, SCAN, SCAN_STOP, type ScanFunction } from './scan-abi.ts';

/**
 * Packets of SBE messages as CME's MDP 3.0 sends them by UDP ("MDP 3.0 - SBE Technical Headers", "SBE Message Header"):
 * ```
 *  0              4                    12
 *  | packet (u32) | sending time (u64) | size (u16; counts itself) | SBE message … | size | …     little endian
 * ```
 * A packet does not say how long it is, so they are only read within a packet capture; elsewhere all there is is one
 * packet. Packets are numbered, messages are not: `gaps` and `missing` count packets, a packet that comes again is left
 * out with all its messages. Number 1 begins anew, as it does every week.
 */
export function sbePackets(): Framing {
	return { name: 'sbe-packets', description: 'packets of SBE messages behind their number and sending time', received: false, binary: false, reference: sbePacketScanner, generate: null };
}

const HEADER = 12;
const SIZE_BYTES = 2;

function sbePacketScanner(memory: WebAssembly.Memory): ScanFunction {
	let view = new DataView(memory.buffer);
	return (context) => {
		if (view.buffer !== memory.buffer) view = new DataView(memory.buffer);
		const get = (field: number): number => view.getUint32(context + field, true);
		const put = (field: number, value: number): void => view.setUint32(context + field, value, true);
		const addTo = (field: number, value: number): void => view.setFloat64(context + field, view.getFloat64(context + field, true) + value, true);
		const end = get(SCAN.end);
		const limit = get(SCAN.limit);
		const longest = get(SCAN.longest);
		let out = get(SCAN.descriptors);
		let start = get(SCAN.start);
		let count = 0;
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
		/** The number of the packet at hand; false where the packet was there before. */
		const isNew = (): boolean => {
			const number = view.getUint32(start, true);
			const expected = view.getFloat64(context + SCAN.expected, true);
			const goesOn = get(SCAN.sequenced) === 1 && number !== 1;
			put(SCAN.sequenced, 1);
			if (goesOn && number < expected) {
				addTo(SCAN.repeated, 1);
				return false;
			}
			if (goesOn && number > expected) {
				put(SCAN.gaps, get(SCAN.gaps) + 1);
				addTo(SCAN.missing, number - expected);
			}
			view.setFloat64(context + SCAN.expected, number + 1, true);
			return true;
		};

		// Only the end tells where a packet ends.
		if (get(SCAN.final) !== 1) return stop(SCAN_STOP.needsBytes);
		if (get(SCAN.skipping) === 1) {
			const taken = Math.min(get(SCAN.rest), end - start);
			addTo(SCAN.dropped, taken);
			start += taken;
			put(SCAN.skipping, 0);
			return stop(SCAN_STOP.resynced);
		}
		for (;;) {
			if (start === end) {
				put(SCAN.mode, 0);
				return stop(SCAN_STOP.needsBytes);
			}
			if (count === limit) return stop(SCAN_STOP.full);
			const isWithin = get(SCAN.mode) === 1;
			if (end - start < (isWithin ? SIZE_BYTES : HEADER)) {
				describe(start, end - start);
				start = end;
				continue;
			}
			if (!isWithin) {
				put(SCAN.mode, 1);
				start = isNew() ? start + HEADER : end;
				continue;
			}
			// What counts less than itself is an empty message, for the parser to refuse.
			const length = Math.max(0, view.getUint16(start, true) - SIZE_BYTES);
			start += SIZE_BYTES;
			const taken = Math.min(length, end - start);
			if (taken > longest) {
				put(SCAN.skipping, 1);
				put(SCAN.rest, length);
				view.setFloat64(context + SCAN.dropped, 0, true);
				return stop(SCAN_STOP.tooLong);
			}
			describe(start, taken);
			start += taken;
		}
	};
}
