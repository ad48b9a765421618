import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { generatePrefixScanner } from './prefix-scanner.ts';
import { type Framing, SCAN, SCAN_STOP, type ScanFunction } from './scan-abi.ts';

export interface LengthPrefix {
	/** Bytes of the length. */
	readonly bytes: 2 | 4;
	readonly endian: 'little' | 'big';
	/** A receive time follows the length: i64 nanoseconds, same byte order. The length does not count it. Default false. */
	readonly stamped?: boolean;
	/** A length of 0 ends a session and is no message. Default false. */
	readonly zeroEnds?: boolean;
	/** Bytes between the length and the message. Default 0. */
	readonly between?: number;
	/** Bytes that the length counts besides the message. Default 0. */
	readonly counts?: number;
	/** Instead of the name made of the above. */
	readonly name?: string;
}

/**
 * Messages after their length:
 * ```
 *  0        2 or 4              (+ 8)
 *  | length | received, stamped | message … | length | …
 * ```
 * Where the input ends within a message, what is there of it is handed on, for the parser to refuse as `truncated`.
 * A length that is wrong cannot be seen here: what follows is cut wrongly, and refused.
 */
export function lengthPrefixed(prefix: LengthPrefix): Framing {
	const stamped = prefix.stamped ?? false;
	return {
		name: prefix.name ?? `length-${prefix.bytes * 8}-${prefix.endian}${stamped ? '-stamped' : ''}`,
		description: `messages after their length, ${prefix.bytes} bytes, ${prefix.endian} endian${stamped ? ', and their receive time' : ''}`,
		received: stamped,
		binary: false,
		reference: (memory) => prefixScanner(memory, prefix.bytes, prefix.endian === 'little', stamped, prefix),
		generate: stamped || prefix.between !== undefined || prefix.counts !== undefined ? null : (options) => generatePrefixScanner({ bytes: prefix.bytes, littleEndian: prefix.endian === 'little', zeroEnds: prefix.zeroEnds ?? false }, options),
	};
}

/** NASDAQ's BinaryFILE: messages after their length of 2 bytes, big endian; a length of 0 is a session's end. */
export const binaryFile = (): Framing => lengthPrefixed({ bytes: 2, endian: 'big', zeroEnds: true, name: 'binaryfile' });

/** FIX's Simple Open Framing Header, as SBE has it: a length of 4 bytes that counts all, the encoding in 2 bytes, big endian. */
export const simpleOpenFraming = (): Framing => lengthPrefixed({ bytes: 4, endian: 'big', between: 2, counts: 6, name: 'sofh' });

function prefixScanner(memory: WebAssembly.Memory, lengthBytes: 2 | 4, littleEndian: boolean, stamped: boolean, { zeroEnds = false, between = 0, counts = 0 }: LengthPrefix): ScanFunction {
	const headBytes = lengthBytes + (stamped ? 8 : 0) + between;
	let view = new DataView(memory.buffer);
	return (context) => {
		if (view.buffer !== memory.buffer) view = new DataView(memory.buffer);
		const get = (field: number): number => view.getUint32(context + field, true);
		const put = (field: number, value: number): void => view.setUint32(context + field, value, true);
		const end = get(SCAN.end);
		const limit = get(SCAN.limit);
		const longest = get(SCAN.longest);
		const final = get(SCAN.final) === 1;
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
		const describe = (offset: number, length: number, stamp: number): void => {
			view.setUint32(out + DESCRIPTOR.offset, offset, true);
			view.setUint32(out + DESCRIPTOR.length, length, true);
			// Two halves: a BigInt would be an allocation a message.
			view.setUint32(out + DESCRIPTOR.received, stamp < 0 ? 0 : view.getUint32(littleEndian ? stamp : stamp + 4, littleEndian), true);
			view.setUint32(out + DESCRIPTOR.received + 4, stamp < 0 ? 0 : view.getUint32(littleEndian ? stamp + 4 : stamp, littleEndian), true);
			out += DESCRIPTOR.size;
			count++;
		};

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
			if (available < headBytes) {
				if (!final || available === 0) return stop(SCAN_STOP.needsBytes);
				describe(start, available, -1);
				start = end;
				continue;
			}
			// What counts less than itself is an empty message, for the parser to refuse.
			const length = Math.max(0, (lengthBytes === 2 ? view.getUint16(start, littleEndian) : view.getUint32(start, littleEndian)) - counts);
			const message = start + headBytes;
			if (zeroEnds && length === 0) {
				put(SCAN.skipped, get(SCAN.skipped) + 1);
				start = message;
				continue;
			}
			if (length > longest && (final || end - message > longest)) {
				start = message;
				put(SCAN.skipping, 1);
				put(SCAN.rest, length);
				view.setFloat64(context + SCAN.dropped, 0, true);
				return stop(SCAN_STOP.tooLong);
			}
			if (end - message < length && !final) return stop(SCAN_STOP.needsBytes);
			const taken = Math.min(length, end - message);
			describe(message, taken, stamped ? start + lengthBytes : -1);
			start = message + taken;
		}
	};
}
