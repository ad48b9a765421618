import { createScanner, type LengthRule, type Scan, scanLengths } from './scan.ts';
import { type Framing, SCAN, SCAN_STOP } from './scan-abi.ts';

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
	return { name: 'sbe-packets', description: 'packets of SBE messages behind their number and sending time', received: false, binary: false, reference: (memory) => createScanner(memory, scanPacket), generate: null };
}

const HEADER = 12;
const SIZE_BYTES = 2;

function scanPacket(scan: Scan): number {
	// Only the end tells where a packet ends.
	if (!scan.final) return SCAN_STOP.needsBytes;
	const reason = scanLengths(scan, rule);
	if (reason === SCAN_STOP.needsBytes) scan.put(SCAN.mode, 0);
	return reason;
}

/** `SCAN.mode` is 1 behind a packet's header. */
const rule: LengthRule = {
	offset: SIZE_BYTES,
	head: (scan) => (scan.get(SCAN.mode) === 1 ? SIZE_BYTES : HEADER),
	read(scan) {
		// What counts less than itself is an empty message, for the parser to refuse.
		if (scan.get(SCAN.mode) === 1) return Math.max(0, scan.view.getUint16(scan.start, true) - SIZE_BYTES);
		scan.put(SCAN.mode, 1);
		scan.start = isNew(scan) ? scan.start + HEADER : scan.end;
		return -1;
	},
};

/** Takes the number of the packet at hand; false where the packet was there before. */
function isNew(scan: Scan): boolean {
	const number = scan.view.getUint32(scan.start, true);
	const expected = scan.number(SCAN.expected);
	const goesOn = scan.get(SCAN.sequenced) === 1 && number !== 1;
	scan.put(SCAN.sequenced, 1);
	if (goesOn && number < expected) {
		scan.putNumber(SCAN.repeated, scan.number(SCAN.repeated) + 1);
		return false;
	}
	if (goesOn && number > expected) {
		scan.increment(SCAN.gaps);
		scan.putNumber(SCAN.missing, scan.number(SCAN.missing) + number - expected);
	}
	scan.putNumber(SCAN.expected, number + 1);
	return true;
}
