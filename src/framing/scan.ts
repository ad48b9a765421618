/** What framers in plain TypeScript are written with: the fields of a call, descriptors, and messages that say how long they are. */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { SCAN, SCAN_STOP, type ScanFunction } from './scan-abi.ts';

/** One call: what {@link SCAN} says, read when it starts and written when it ends. */
export interface Scan {
	readonly view: DataView;
	readonly bytes: Uint8Array;
	readonly context: number;
	readonly end: number;
	readonly limit: number;
	readonly longest: number;
	readonly final: boolean;
	/** Descriptors so far, and where the next one goes. */
	count: number;
	out: number;
	start: number;
	/** Counts only where it is beyond `start`. */
	scanned: number;
	get(field: number): number;
	put(field: number, value: number): void;
	/** Of fields that are doubles. */
	number(field: number): number;
	putNumber(field: number, value: number): void;
	/** Adds 1 to a counter. */
	increment(field: number): void;
	/** A message, with the two halves of its receive time: a BigInt would be an allocation a message. */
	describe(offset: number, length: number, low?: number, high?: number): void;
	/** The message at `start` is too long; says why to stop. */
	tooLong(): number;
	/** Of a message that is too long, what is before `to` is dropped. */
	drop(to: number): void;
	/** That message has ended; says why to stop. */
	resynced(): number;
}

/** A framer of `run`, which says why it stopped ({@link SCAN_STOP}). Nothing is allocated a call. */
export function createScanner(memory: WebAssembly.Memory, run: (scan: Scan) => number): ScanFunction {
	const scan = {
		view: new DataView(memory.buffer),
		bytes: new Uint8Array(memory.buffer),
		context: 0,
		end: 0,
		limit: 0,
		longest: 0,
		final: false,
		count: 0,
		out: 0,
		start: 0,
		scanned: 0,
		get: (field: number): number => scan.view.getUint32(scan.context + field, true),
		put(field: number, value: number): void {
			scan.view.setUint32(scan.context + field, value, true);
		},
		number: (field: number): number => scan.view.getFloat64(scan.context + field, true),
		putNumber(field: number, value: number): void {
			scan.view.setFloat64(scan.context + field, value, true);
		},
		increment(field: number): void {
			scan.put(field, scan.get(field) + 1);
		},
		describe(offset: number, length: number, low = 0, high = 0): void {
			scan.view.setUint32(scan.out + DESCRIPTOR.offset, offset, true);
			scan.view.setUint32(scan.out + DESCRIPTOR.length, length, true);
			scan.view.setUint32(scan.out + DESCRIPTOR.received, low, true);
			scan.view.setUint32(scan.out + DESCRIPTOR.received + 4, high, true);
			scan.out += DESCRIPTOR.size;
			scan.count++;
		},
		tooLong(): number {
			scan.put(SCAN.skipping, 1);
			scan.putNumber(SCAN.dropped, 0);
			return SCAN_STOP.tooLong;
		},
		drop(to: number): void {
			scan.putNumber(SCAN.dropped, scan.number(SCAN.dropped) + (to - scan.start));
			scan.start = to;
		},
		resynced(): number {
			scan.put(SCAN.skipping, 0);
			return SCAN_STOP.resynced;
		},
	};
	return (context) => {
		if (scan.view.buffer !== memory.buffer) {
			scan.view = new DataView(memory.buffer);
			scan.bytes = new Uint8Array(memory.buffer);
		}
		scan.context = context;
		scan.end = scan.get(SCAN.end);
		scan.limit = scan.get(SCAN.limit);
		scan.longest = scan.get(SCAN.longest);
		scan.final = scan.get(SCAN.final) === 1;
		scan.start = scan.get(SCAN.start);
		scan.scanned = scan.get(SCAN.scanned);
		scan.count = 0;
		scan.out = scan.get(SCAN.descriptors);
		scan.put(SCAN.binary, 0);
		scan.put(SCAN.stop, run(scan));
		scan.put(SCAN.start, scan.start);
		scan.put(SCAN.scanned, Math.max(scan.start, scan.scanned));
		return scan.count;
	};
}

/** How a framing reads messages that say how long they are. `GeneratedLengthRule` is its twin. */
export interface LengthRule {
	/** Bytes from `start` to the message. */
	readonly offset: number;
	/** Bytes that must be at hand at `start` for `read`. */
	head(scan: Scan): number;
	/** The length of the message at `start`; or -1 where there is something else, which was read: `start` is behind it. */
	read(scan: Scan): number;
	/** Bytes of a message that `longest` does not count. Default 0. */
	readonly uncounted?: number;
	/** The message at `start` is left behind, taken or too long. */
	leave?(scan: Scan): void;
	/** What is at hand of a message. By default it is described. */
	take?(scan: Scan, message: number, length: number): void;
}

/**
 * Messages that say how long they are. Where the input ends within one, or within a head, what is there of it is handed
 * on, for the parser to refuse as `truncated`. `SCAN.rest` counts what is still to come of one that is too long.
 */
export function scanLengths(scan: Scan, rule: LengthRule): number {
	const { end, longest, final } = scan;
	if (scan.get(SCAN.skipping) === 1) {
		const rest = scan.get(SCAN.rest);
		const taken = Math.min(rest, end - scan.start);
		scan.put(SCAN.rest, rest - taken);
		scan.drop(scan.start + taken);
		return taken < rest && !final ? SCAN_STOP.needsBytes : scan.resynced();
	}
	const most = longest + (rule.uncounted ?? 0);
	for (;;) {
		if (scan.count === scan.limit) return SCAN_STOP.full;
		const available = end - scan.start;
		if (available < rule.head(scan)) {
			if (!final || available === 0) return SCAN_STOP.needsBytes;
			scan.describe(scan.start, available);
			scan.start = end;
			continue;
		}
		const length = rule.read(scan);
		if (length < 0) continue;
		const message = scan.start + rule.offset;
		const atHand = end - message;
		if (length > most && (final || atHand > longest)) {
			rule.leave?.(scan);
			scan.start = message;
			scan.put(SCAN.rest, length);
			return scan.tooLong();
		}
		if (atHand < length && !final) return SCAN_STOP.needsBytes;
		const taken = Math.min(length, atHand);
		if (rule.take === undefined) scan.describe(message, taken);
		else rule.take(scan, message, taken);
		rule.leave?.(scan);
		scan.start = message + taken;
	}
}
