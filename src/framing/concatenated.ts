import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { type Framing, SCAN, SCAN_STOP, type ScanFunction } from './scan-abi.ts';

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
	return { name: 'concatenated', description: 'JSON values one after the other', received: false, binary: false, reference: valueScanner, generate: null };
}

function valueScanner(memory: WebAssembly.Memory): ScanFunction {
	let view = new DataView(memory.buffer);
	let bytes = new Uint8Array(memory.buffer);
	return (context) => {
		if (view.buffer !== memory.buffer) {
			view = new DataView(memory.buffer);
			bytes = new Uint8Array(memory.buffer);
		}
		const get = (field: number): number => view.getUint32(context + field, true);
		const put = (field: number, value: number): void => view.setUint32(context + field, value, true);
		const end = get(SCAN.end);
		const limit = get(SCAN.limit);
		const longest = get(SCAN.longest);
		const final = get(SCAN.final) === 1;
		let out = get(SCAN.descriptors);
		let start = get(SCAN.start);
		let at = get(SCAN.scanned);
		let mode = get(SCAN.mode);
		let depth = get(SCAN.rest);
		let count = 0;
		const stop = (reason: number): number => {
			put(SCAN.start, start);
			put(SCAN.scanned, at);
			put(SCAN.mode, mode);
			put(SCAN.rest, depth);
			put(SCAN.binary, 0);
			put(SCAN.stop, reason);
			return count;
		};
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
		const skipping = get(SCAN.skipping) === 1;
		const dropTo = (to: number): void => {
			view.setFloat64(context + SCAN.dropped, view.getFloat64(context + SCAN.dropped, true) + (to - start), true);
			start = to;
		};
		/** The open value ends at `to`; whether that ends the scan, and why. */
		const finish = (to: number): number | null => {
			mode = MODE.between;
			depth = 0;
			if (skipping) {
				dropTo(to);
				put(SCAN.skipping, 0);
				return SCAN_STOP.resynced;
			}
			view.setUint32(out + DESCRIPTOR.offset, start, true);
			view.setUint32(out + DESCRIPTOR.length, to - start, true);
			view.setUint32(out + DESCRIPTOR.received, 0, true);
			view.setUint32(out + DESCRIPTOR.received + 4, 0, true);
			out += DESCRIPTOR.size;
			count++;
			start = to;
			return null;
		};

		for (;;) {
			if (count === limit) return stop(SCAN_STOP.full);
			if (mode === MODE.between) {
				while (at < end && isSpace(bytes[at] as number)) at++;
				start = at;
			}
			let where: 'inside' | 'before' | 'with' = 'inside';
			// A value of more than `longest` bytes is noticed at its first byte too many.
			while (where === 'inside' && at < end) {
				if (!skipping && at - start >= longest && (mode !== MODE.word || step(bytes[at] as number) === 'inside')) {
					put(SCAN.skipping, 1);
					view.setFloat64(context + SCAN.dropped, 0, true);
					return stop(SCAN_STOP.tooLong);
				}
				where = step(bytes[at] as number);
				if (where !== 'before') at++;
			}
			if (where === 'inside') {
				if (final && mode !== MODE.between) {
					const reason = finish(end);
					if (reason !== null) return stop(reason);
					continue;
				}
				if (skipping) dropTo(end);
				return stop(SCAN_STOP.needsBytes);
			}
			const reason = finish(at);
			if (reason !== null) return stop(reason);
		}
	};
}
