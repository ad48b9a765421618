/**
 * Messages one a line: NDJSON, and the captures of ../shared/captures with a receive time before each. The plain
 * TypeScript twin of line-scanner.ts: same descriptors, same context, byte for byte.
 */
import { generateLineScanner } from './line-scanner.ts';
import { createScanner, type Scan } from './scan.ts';
import { type Framing, SCAN, SCAN_STOP } from './scan-abi.ts';

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
		reference: (memory) => createScanner(memory, (scan) => scanLines(scan, describeLine)),
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
		reference: (memory) => createScanner(memory, (scan) => scanLines(scan, describeCaptured)),
		generate: (options) => generateLineScanner('capture', options),
	};
}

/** @param describe is given lines that are not empty, without what ends them */
function scanLines(scan: Scan, describe: (scan: Scan, from: number, to: number) => void): number {
	const { bytes, end, limit, longest, final } = scan;
	const findNewline = (): number => {
		const found = bytes.subarray(scan.scanned, end).indexOf(LF);
		return found < 0 ? -1 : scan.scanned + found;
	};
	if (scan.get(SCAN.skipping) === 1) {
		const newline = findNewline();
		scan.drop(newline < 0 ? end : newline);
		if (newline >= 0) scan.start++;
		return newline < 0 && !final ? SCAN_STOP.needsBytes : scan.resynced();
	}
	for (;;) {
		if (scan.count === limit) {
			scan.scanned = scan.start;
			return SCAN_STOP.full;
		}
		const newline = findNewline();
		const lineEnd = newline < 0 ? end : newline;
		if (lineEnd - scan.start > longest) {
			scan.scanned = lineEnd;
			return scan.tooLong();
		}
		if (newline < 0 && !(final && scan.start < end)) {
			scan.scanned = end;
			return SCAN_STOP.needsBytes;
		}
		const trimmed = lineEnd > scan.start && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
		if (trimmed === scan.start) scan.increment(SCAN.blank);
		else describe(scan, scan.start, trimmed);
		scan.start = newline < 0 ? end : newline + 1;
		scan.scanned = scan.start;
	}
}

const describeLine = (scan: Scan, from: number, to: number): void => scan.describe(from, to - from);

function describeCaptured(scan: Scan, from: number, to: number): void {
	const { bytes } = scan;
	if (isClientLine(bytes, from, to)) {
		scan.increment(SCAN.skipped);
		return;
	}
	const time = readTime(bytes, from, to);
	if (time === null) {
		scan.describe(from, to - from);
		return;
	}
	const quote = bytes[time.end + 1];
	const isLiteral = to - time.end >= 3 && bytes[time.end] === LETTER_B && (quote === SINGLE_QUOTE || quote === DOUBLE_QUOTE) && bytes[to - 1] === quote;
	if (isLiteral) scan.increment(SCAN.binary);
	scan.describe(time.end, to - time.end, Number(time.received & 0xffffffffn), Number(time.received >> 32n));
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
