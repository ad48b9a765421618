import { fixedLengthOf, kindOf, lengthBytesOf } from '../kernels/messagepack-format.ts';
import { generateValueScanner } from './messagepack-scanner.ts';
import { createScanner, type Scan } from './scan.ts';
import { type Framing, SCAN, SCAN_STOP } from './scan-abi.ts';

/** How many values within a value may be counted; no memory holds as many. */
const MOST_VALUES = 0xffffffff;

/**
 * MessagePack values one after the other. Heads and lengths are followed, nothing else is checked; the parser does that.
 * How deep values are nested needs not be known: one count of values to come is enough to find the end.
 *
 * A length that is wrong cannot be seen here: the value swallows as many bytes of what follows as it says, as there is
 * nothing to find its end by. Where the input ends within a value, what is there of it is handed on, for the parser to
 * refuse as `truncated`.
 *
 * `SCAN.rest` counts the values that are still to come of the open one, `SCAN.mode` the bytes of the one that is read.
 */
export function messagePackValues(): Framing {
	return { name: 'msgpack', description: 'MessagePack values one after the other', received: false, binary: false, reference: (memory) => createScanner(memory, scanValues), generate: generateValueScanner };
}

/** For each first byte: bytes of its length (low 4 bits), and what follows the length: nothing, bytes, bytes and an extension's type, values, pairs of values. */
const FOLLOWS = { nothing: 0, bytes: 1, extension: 2, values: 3, pairs: 4 } as const;
const HEADS = Uint8Array.from({ length: 256 }, (_, byte) => {
	const follows = { nil: 'nothing', boolean: 'nothing', unused: 'nothing', integer: 'bytes', float: 'bytes', string: 'bytes', binary: 'bytes', extension: 'extension', array: 'values', map: 'pairs' } as const;
	return lengthBytesOf(byte) | (FOLLOWS[follows[kindOf(byte)]] << 4);
});
const FIXED = Uint8Array.from({ length: 256 }, (_, byte) => fixedLengthOf(byte));

function scanValues(scan: Scan): number {
	const { view, bytes, end, longest, final } = scan;
	const skipping = scan.get(SCAN.skipping) === 1;
	let at = scan.scanned;
	/** Values still to come of the open message, the one at `at` included. */
	let values = scan.get(SCAN.rest);
	/** Bytes still to come of the value before `at`. */
	let open = scan.get(SCAN.mode);
	let reason: number = SCAN_STOP.needsBytes;
	for (;;) {
		if (scan.count === scan.limit) {
			reason = SCAN_STOP.full;
			break;
		}
		if (at === scan.start && values === 0 && open === 0) {
			if (at === end) break;
			values = 1;
		}
		let ended = false;
		for (;;) {
			const taken = Math.min(open, end - at);
			at += taken;
			open -= taken;
			if (open > 0) break;
			ended = values === 0;
			if (ended || at === end || (!skipping && at - scan.start > longest)) break;
			const head = HEADS[bytes[at] as number] as number;
			const lengthBytes = head & 0x0f;
			if (end - at <= lengthBytes) break;
			const length = lengthBytes === 0 ? (FIXED[bytes[at] as number] as number) : lengthBytes === 1 ? view.getUint8(at + 1) : lengthBytes === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
			at += 1 + lengthBytes;
			values--;
			switch (head >> 4) {
				case FOLLOWS.bytes:
					open = length;
					break;
				case FOLLOWS.extension:
					// The type's byte; of 2^32 - 1 bytes of data, which no memory holds, the last is left out.
					open = Math.min(length + 1, MOST_VALUES);
					break;
				case FOLLOWS.values:
					values = Math.min(values + length, MOST_VALUES);
					break;
				case FOLLOWS.pairs:
					values = Math.min(values + length * 2, MOST_VALUES);
			}
		}
		// What is still to come makes it longer.
		if (!skipping && at - scan.start + (ended ? 0 : Math.max(1, open)) > longest && end - scan.start >= longest) {
			reason = scan.tooLong();
			break;
		}
		if (!ended && !(final && (end > scan.start || skipping))) {
			// A head that is cut is read again with what follows.
			if (skipping) scan.drop(at);
			break;
		}
		// Of a message that is cut, all that is at hand.
		at = ended ? at : end;
		values = 0;
		open = 0;
		if (skipping) {
			scan.drop(at);
			reason = scan.resynced();
			break;
		}
		scan.describe(scan.start, at - scan.start);
		scan.start = at;
	}
	scan.scanned = at;
	scan.put(SCAN.rest, values);
	scan.put(SCAN.mode, open);
	return reason;
}
