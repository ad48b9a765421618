import { I32 } from '../wasm/index.ts';
import { type GeneratedLengthRule, generateLengthScanner, loadUnsigned } from './generated-scan.ts';
import { createScanner, type LengthRule, scanLengths } from './scan.ts';
import { type Framing, SCAN } from './scan-abi.ts';

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
		reference(memory) {
			const rule = prefixRule(prefix);
			return createScanner(memory, (scan) => scanLengths(scan, rule));
		},
		generate: (options = {}) => generateLengthScanner('length prefixes', options, generatedPrefixRule(prefix)),
	};
}

/** NASDAQ's BinaryFILE: messages after their length of 2 bytes, big endian; a length of 0 is a session's end. */
export const binaryFile = (): Framing => lengthPrefixed({ bytes: 2, endian: 'big', zeroEnds: true, name: 'binaryfile' });

/** FIX's Simple Open Framing Header, as SBE has it: a length of 4 bytes that counts all, the encoding in 2 bytes, big endian. */
export const simpleOpenFraming = (): Framing => lengthPrefixed({ bytes: 4, endian: 'big', between: 2, counts: 6, name: 'sofh' });

function prefixRule({ bytes, endian, stamped = false, zeroEnds = false, between = 0, counts = 0 }: LengthPrefix): LengthRule {
	const isLittle = endian === 'little';
	const offset = bytes + (stamped ? 8 : 0) + between;
	return {
		offset,
		head: () => offset,
		read(scan) {
			// What counts less than itself is an empty message, for the parser to refuse.
			const length = Math.max(0, (bytes === 2 ? scan.view.getUint16(scan.start, isLittle) : scan.view.getUint32(scan.start, isLittle)) - counts);
			if (!zeroEnds || length > 0) return length;
			scan.increment(SCAN.skipped);
			scan.start += offset;
			return -1;
		},
		take(scan, message, length) {
			if (!stamped) return scan.describe(message, length);
			const stamp = scan.start + bytes;
			scan.describe(message, length, scan.view.getUint32(isLittle ? stamp : stamp + 4, isLittle), scan.view.getUint32(isLittle ? stamp + 4 : stamp, isLittle));
		},
	};
}

function generatedPrefixRule({ bytes, endian, stamped = false, zeroEnds = false, between = 0, counts = 0 }: LengthPrefix): GeneratedLengthRule {
	const isLittle = endian === 'little';
	const offset = bytes + (stamped ? 8 : 0) + between;
	return {
		offset,
		head: () => offset,
		read({ f, start, increment }, length, none) {
			length.set(loadUnsigned(start, 0, bytes, isLittle));
			if (counts > 0) length.set(I32.select(length.ltU(counts), 0, length.sub(counts)));
			if (!zeroEnds) return;
			f.if(
				length.eqz(),
				() => {
					increment(SCAN.skipped);
					start.set(start.add(offset));
					none();
				},
				undefined,
				{ likely: false },
			);
		},
		take({ start, describe }, message, length) {
			if (!stamped) return describe(message, length);
			const [low, high] = isLittle ? [bytes, bytes + 4] : [bytes + 4, bytes];
			describe(message, length, loadUnsigned(start, low, 4, isLittle), loadUnsigned(start, high, 4, isLittle));
		},
	};
}
