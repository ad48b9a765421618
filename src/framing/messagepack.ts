import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { fixedLengthOf, kindOf, lengthBytesOf } from '../kernels/messagepack-format.ts';
import { generateValueScanner } from './messagepack-scanner.ts';
import { type Framing, SCAN, SCAN_STOP, type ScanFunction } from './scan-abi.ts';

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
	return { name: 'msgpack', description: 'MessagePack values one after the other', received: false, binary: false, reference: valueScanner, generate: generateValueScanner };
}

/** For each first byte: bytes of its length (low 4 bits), and what follows the length: nothing, bytes, bytes and an extension's type, values, pairs of values. */
const FOLLOWS = { nothing: 0, bytes: 1, extension: 2, values: 3, pairs: 4 } as const;
const HEADS = Uint8Array.from({ length: 256 }, (_, byte) => {
	const follows = { nil: 'nothing', boolean: 'nothing', unused: 'nothing', integer: 'bytes', float: 'bytes', string: 'bytes', binary: 'bytes', extension: 'extension', array: 'values', map: 'pairs' } as const;
	return lengthBytesOf(byte) | (FOLLOWS[follows[kindOf(byte)]] << 4);
});
const FIXED = Uint8Array.from({ length: 256 }, (_, byte) => fixedLengthOf(byte));

function valueScanner(memory: WebAssembly.Memory): ScanFunction {
	let view = new DataView(memory.buffer);
	let bytes = new Uint8Array(memory.buffer);
	return (context) => {
		if (view.buffer !== memory.buffer) {
			view = new DataView(memory.buffer);
			bytes = new Uint8Array(memory.buffer);
		}
		const end = view.getUint32(context + SCAN.end, true);
		const limit = view.getUint32(context + SCAN.limit, true);
		const longest = view.getUint32(context + SCAN.longest, true);
		const final = view.getUint32(context + SCAN.final, true) === 1;
		const skipping = view.getUint32(context + SCAN.skipping, true) === 1;
		let out = view.getUint32(context + SCAN.descriptors, true);
		let start = view.getUint32(context + SCAN.start, true);
		let at = view.getUint32(context + SCAN.scanned, true);
		/** Values still to come of the open message, the one at `at` included. */
		let values = view.getUint32(context + SCAN.rest, true);
		/** Bytes still to come of the value before `at`. */
		let open = view.getUint32(context + SCAN.mode, true);
		let count = 0;
		let reason: number = SCAN_STOP.needsBytes;
		for (;;) {
			if (count === limit) {
				reason = SCAN_STOP.full;
				break;
			}
			if (at === start && values === 0 && open === 0) {
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
				if (ended || at === end || (!skipping && at - start > longest)) break;
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
			if (!skipping && at - start + (ended ? 0 : Math.max(1, open)) > longest && end - start >= longest) {
				view.setUint32(context + SCAN.skipping, 1, true);
				view.setFloat64(context + SCAN.dropped, 0, true);
				reason = SCAN_STOP.tooLong;
				break;
			}
			if (!ended && !(final && (end > start || skipping))) {
				// A head that is cut is read again with what follows.
				if (skipping) drop(at);
				break;
			}
			// Of a message that is cut, all that is at hand.
			const to = ended ? at : end;
			at = to;
			values = 0;
			open = 0;
			if (skipping) {
				drop(to);
				view.setUint32(context + SCAN.skipping, 0, true);
				reason = SCAN_STOP.resynced;
				break;
			}
			view.setUint32(out + DESCRIPTOR.offset, start, true);
			view.setUint32(out + DESCRIPTOR.length, to - start, true);
			view.setUint32(out + DESCRIPTOR.received, 0, true);
			view.setUint32(out + DESCRIPTOR.received + 4, 0, true);
			out += DESCRIPTOR.size;
			count++;
			start = to;
		}
		view.setUint32(context + SCAN.start, start, true);
		view.setUint32(context + SCAN.scanned, at, true);
		view.setUint32(context + SCAN.rest, values, true);
		view.setUint32(context + SCAN.mode, open, true);
		view.setUint32(context + SCAN.binary, 0, true);
		view.setUint32(context + SCAN.stop, reason, true);
		return count;

		function drop(to: number): void {
			view.setFloat64(context + SCAN.dropped, view.getFloat64(context + SCAN.dropped, true) + (to - start), true);
			start = to;
		}
	};
}
