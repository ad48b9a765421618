/**
 * Messages one a line: NDJSON, and the captures of ../shared/captures with a receive time before each. The plain
 * TypeScript twin of line-scanner.ts: same descriptors, same context, byte for byte.
 */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { generateLineScanner } from './line-scanner.ts';
import { type Framing, SCAN, SCAN_STOP, type ScanFunction } from './scan-abi.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const POINT = 0x2e;
const LESS = 0x3c;
const GREATER = 0x3e;
const MINUS = 0x2d;
const SINGLE_QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const LETTER_B = 0x62;

/** The last whole second whose nanoseconds, with any fraction, fit an i64. */
export const LAST_SECOND = 9_223_372_035;

/** NDJSON: one message a line. A CR before the LF is dropped, empty lines are skipped, the last line needs no LF. */
export function lines(): Framing {
	return {
		name: 'ndjson',
		description: 'one message a line',
		received: false,
		binary: false,
		reference: (memory) => lineScanner(memory, false),
		generate: (options) => generateLineScanner('lines', options),
	};
}

/**
 * The capture format:
 * ```
 *  URL <-> TIME              the connection opened; skipped, counted
 *  URL <- TIME: PAYLOAD      what the client sent; skipped, counted
 *  TIME: PAYLOAD             a message; TIME is seconds since the epoch, as a decimal
 * ```
 * The receive time is exact to the nanosecond; more digits are cut off. A line that is none of these is handed on whole,
 * without a time: the parser then refuses it, and nothing is lost unseen.
 */
export function capture(): Framing {
	return {
		name: 'capture',
		description: 'a capture: receive time, colon, message, one a line',
		received: true,
		binary: true,
		reference: (memory) => lineScanner(memory, true),
		generate: (options) => generateLineScanner('capture', options),
	};
}

function lineScanner(memory: WebAssembly.Memory, isCapture: boolean): ScanFunction {
	return (context) => {
		const view = new DataView(memory.buffer);
		const bytes = new Uint8Array(memory.buffer);
		const get = (field: number): number => view.getUint32(context + field, true);
		const put = (field: number, value: number): void => view.setUint32(context + field, value, true);
		const end = get(SCAN.end);
		const limit = get(SCAN.limit);
		const longest = get(SCAN.longest);
		const final = get(SCAN.final) === 1;
		let out = get(SCAN.descriptors);
		let start = get(SCAN.start);
		let scanned = get(SCAN.scanned);
		let count = 0;
		let binary = 0;

		const stop = (reason: number): number => {
			put(SCAN.start, start);
			put(SCAN.scanned, scanned);
			put(SCAN.binary, binary);
			put(SCAN.stop, reason);
			return count;
		};
		const findNewline = (): number => {
			const found = bytes.subarray(scanned, end).indexOf(LF);
			return found < 0 ? -1 : scanned + found;
		};
		const describe = (offset: number, length: number, received: bigint): void => {
			view.setUint32(out + DESCRIPTOR.offset, offset, true);
			view.setUint32(out + DESCRIPTOR.length, length, true);
			view.setBigInt64(out + DESCRIPTOR.received, received, true);
			out += DESCRIPTOR.size;
			count++;
		};

		const captureLine = (from: number, to: number): void => {
			if (isClientLine(bytes, from, to)) {
				put(SCAN.skipped, get(SCAN.skipped) + 1);
				return;
			}
			const time = readTime(bytes, from, to);
			if (time === null) {
				describe(from, to - from, 0n);
				return;
			}
			const quote = bytes[time.end + 1];
			const isLiteral = to - time.end >= 3 && bytes[time.end] === LETTER_B && (quote === SINGLE_QUOTE || quote === DOUBLE_QUOTE) && bytes[to - 1] === quote;
			if (isLiteral) binary++;
			describe(time.end, to - time.end, time.received);
		};
		const line = (from: number, to: number): void => {
			const trimmed = to > from && bytes[to - 1] === CR ? to - 1 : to;
			if (trimmed === from) put(SCAN.blank, get(SCAN.blank) + 1);
			else if (isCapture) captureLine(from, trimmed);
			else describe(from, trimmed - from, 0n);
		};
		const drop = (to: number): void => {
			view.setFloat64(context + SCAN.dropped, view.getFloat64(context + SCAN.dropped, true) + (to - start), true);
		};

		if (get(SCAN.skipping) === 1) {
			const newline = findNewline();
			drop(newline < 0 ? end : newline);
			start = newline < 0 ? end : newline + 1;
			scanned = start;
			if (newline < 0 && !final) return stop(SCAN_STOP.needsBytes);
			put(SCAN.skipping, 0);
			return stop(SCAN_STOP.resynced);
		}
		for (;;) {
			if (count === limit) {
				scanned = start;
				return stop(SCAN_STOP.full);
			}
			const newline = findNewline();
			const lineEnd = newline < 0 ? end : newline;
			if (lineEnd - start > longest) {
				scanned = lineEnd;
				put(SCAN.skipping, 1);
				view.setFloat64(context + SCAN.dropped, 0, true);
				return stop(SCAN_STOP.tooLong);
			}
			if (newline < 0 && !(final && start < end)) {
				scanned = end;
				return stop(SCAN_STOP.needsBytes);
			}
			line(start, lineEnd);
			start = newline < 0 ? end : newline + 1;
			scanned = start;
		}
	};
}

/** `URL <-> …` or `URL <- …`: starts with a letter, and the first space begins an arrow. */
function isClientLine(bytes: Uint8Array, from: number, to: number): boolean {
	if (!isLetter(bytes[from] as number)) return false;
	let at = from;
	while (at < to && bytes[at] !== SPACE) at++;
	if (to - at < 4 || bytes[at + 1] !== LESS || bytes[at + 2] !== MINUS) return false;
	return bytes[at + 3] === SPACE || (bytes[at + 3] === GREATER && to - at >= 5 && bytes[at + 4] === SPACE);
}

const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** `SECONDS[.FRACTION]: ` at the line's start; `end` is where the payload begins. Null where it is none. */
function readTime(bytes: Uint8Array, from: number, to: number): { readonly received: bigint; readonly end: number } | null {
	let at = from;
	let seconds = 0;
	while (at < to && at - from <= 10 && isDigit(bytes[at])) seconds = seconds * 10 + ((bytes[at++] as number) - 0x30);
	if (at === from || at - from > 10 || seconds > LAST_SECOND) return null;
	let nanoseconds = 0;
	if (at < to && bytes[at] === POINT) {
		at++;
		const fraction = at;
		let unit = 100_000_000;
		while (at < to && isDigit(bytes[at])) {
			nanoseconds += ((bytes[at++] as number) - 0x30) * unit;
			unit = Math.floor(unit / 10);
		}
		if (at === fraction) return null;
	}
	if (to - at < 2 || bytes[at] !== COLON || bytes[at + 1] !== SPACE) return null;
	return { received: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds), end: at + 2 };
}
