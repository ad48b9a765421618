import { createScanner, type Scan } from './scan.ts';
import { type Framing, SCAN, SCAN_STOP } from './scan-abi.ts';

/** What the open message stands in (`SCAN.mode`). */
const MODE = { between: 0, nested: 1, string: 2, escape: 3, word: 4 } as const;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isOpening = (byte: number): boolean => byte === 0x7b || byte === 0x5b;
const isClosing = (byte: number): boolean => byte === 0x7d || byte === 0x5d;

/**
 * JSON values one after the other with any white space between them, or none: pretty-printed files, dumps without
 * newlines. Brackets and strings are followed, nothing is checked; the parser does that. A message whose bracket is never
 * closed swallows what follows, as there is nothing to find its end by.
 */
export function concatenated(): Framing {
	return { name: 'concatenated', description: 'JSON values one after the other', received: false, binary: false, reference: (memory) => createScanner(memory, scanValues), generate: null };
}

function scanValues(scan: Scan): number {
	const { bytes, end, longest, final } = scan;
	let at = scan.scanned;
	let mode = scan.get(SCAN.mode);
	let depth = scan.get(SCAN.rest);
	/** Takes one byte; whether the value ends before it (a word) or with it. */
	const step = (byte: number): 'inside' | 'before' | 'with' => {
		switch (mode) {
			case MODE.escape:
				mode = MODE.string;
				return 'inside';
			case MODE.string:
				if (byte === BACKSLASH) mode = MODE.escape;
				else if (byte === QUOTE) {
					mode = MODE.nested;
					if (depth === 0) return 'with';
				}
				return 'inside';
			case MODE.word:
				return isSpace(byte) || isOpening(byte) || byte === QUOTE ? 'before' : 'inside';
			case MODE.between:
				mode = byte === QUOTE ? MODE.string : isOpening(byte) ? MODE.nested : MODE.word;
				if (isOpening(byte)) depth = 1;
				return 'inside';
			default:
				if (byte === QUOTE) mode = MODE.string;
				else if (isOpening(byte)) depth++;
				else if (isClosing(byte) && --depth === 0) return 'with';
				return 'inside';
		}
	};
	const skipping = scan.get(SCAN.skipping) === 1;
	let reason: number | null = null;
	while (reason === null) {
		if (scan.count === scan.limit) {
			reason = SCAN_STOP.full;
			break;
		}
		if (mode === MODE.between) {
			while (at < end && isSpace(bytes[at] as number)) at++;
			scan.start = at;
		}
		// A value of more than `longest` bytes is noticed at its first byte too many.
		const tooMany = skipping ? Number.POSITIVE_INFINITY : scan.start + longest;
		let where: 'inside' | 'before' | 'with' = 'inside';
		while (where === 'inside' && at < end) {
			if (at >= tooMany && (mode !== MODE.word || step(bytes[at] as number) === 'inside')) break;
			where = step(bytes[at] as number);
			if (where !== 'before') at++;
		}
		if (where === 'inside' && at < end) {
			reason = scan.tooLong();
			break;
		}
		if (where === 'inside' && !(final && mode !== MODE.between)) {
			if (skipping) scan.drop(end);
			reason = SCAN_STOP.needsBytes;
			break;
		}
		const to = where === 'inside' ? end : at;
		mode = MODE.between;
		depth = 0;
		if (skipping) {
			scan.drop(to);
			reason = scan.resynced();
		} else {
			scan.describe(scan.start, to - scan.start);
			scan.start = to;
		}
	}
	scan.scanned = at;
	scan.put(SCAN.mode, mode);
	scan.put(SCAN.rest, depth);
	return reason;
}
