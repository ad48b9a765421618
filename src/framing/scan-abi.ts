/**
 * The contract between a framer of any tier and the code around it. A framer is a function over arena memory:
 *
 *     scan(context) -> descriptors written
 *
 * It looks at the bytes between `start` and `end`, writes a descriptor (`compiler/parser-abi.ts`) for each whole message
 * it finds, and moves `start` past what it is done with. It never reads a file or a socket and never waits: the caller
 * brings bytes, and calls again.
 */

/**
 * What a framer keeps between calls, in the arena, little endian, 16-byte aligned:
 * ```
 *  0        4        8          12       16            20       24         28
 *  | start  | end    | scanned  | final  | descriptors | limit  | longest  | stop |
 *  32         36         40         44       48        52        56       64
 *  | skipping | skipped  | binary   | blank  | rest    | mode    | dropped (f64) |
 *  64              72               80                88     92          96               100              104       120
 *  | expected (f64)| missing (f64)  | repeated (f64)  | gaps | sequenced | packetMessages | packetRepeated | session  |
 * ```
 * - `start`, `end`: the bytes at hand. `start` moves past messages handed out; what is left is the tail that the next
 *   bytes continue. Whoever moves the tail moves `start`, `end` and `scanned` with it.
 * - `scanned`: up to here a message's end was already looked for, so that a long tail is not searched twice.
 * - `final`: 1 where no bytes follow `end`; what is left is then a message.
 * - `descriptors`, `limit`: where they go, and how many fit.
 * - `longest`: bytes a message may have in its frame (a line without its newline; a length-prefixed message without the
 *   length). A longer one is dropped up to its end, see {@link SCAN_STOP}.
 * - `stop`: why the scan returned.
 * - `skipping`: 1 while the rest of a message that is too long is being dropped; `dropped`: its bytes so far.
 * - `rest`: bytes of it still to come (length-prefixed), or how deep the open message is nested (concatenated);
 *   `mode`: what the open message stands in (concatenated), or why one is dropped (`SCAN_STOP.refused`).
 * - of numbered packets: `expected`, the next number (where `sequenced` is 1); `gaps`, how often it was a later one, and
 *   `missing`, how many numbers were left out; `repeated`, messages that came again and were left out; `packetMessages`
 *   and `packetRepeated`, messages left in the open packet and how many of them came before; `session`, 16 bytes that
 *   tell the streams apart. All but the last three are doubles or ever growing.
 * - `skipped`: records that carry no message (a capture's connection and subscription lines), ever growing; `blank`: empty
 *   lines, ever growing.
 * - `binary`: descriptors of this call whose payload is written as a bytes literal (captures only).
 */
export const SCAN = {
	start: 0,
	end: 4,
	scanned: 8,
	final: 12,
	descriptors: 16,
	limit: 20,
	longest: 24,
	stop: 28,
	skipping: 32,
	skipped: 36,
	binary: 40,
	blank: 44,
	rest: 48,
	mode: 52,
	dropped: 56,
	expected: 64,
	missing: 72,
	repeated: 80,
	gaps: 88,
	sequenced: 92,
	packetMessages: 96,
	packetRepeated: 100,
	session: 104,
	size: 128,
} as const;

/**
 * Why `scan` returned:
 * - `needsBytes`: everything at hand was looked at (with `final`: everything is done).
 * - `full`: the descriptors are; there may be more messages at hand.
 * - `tooLong`: the message at `start` is longer than `longest`, and at least `longest` of its bytes are at hand: time to
 *   keep some. The next call drops it.
 * - `refused`: what is at `start` is no message to hand on, and `mode` is the category (`compiler/parser-abi.ts`) that says
 *   why. The next call drops it.
 * - `resynced`: that message has ended, `dropped` is its length, and `start` is behind it.
 */
export const SCAN_STOP = { needsBytes: 0, full: 1, tooLong: 2, resynced: 3, refused: 4 } as const;

/** A framer's entry point, the same for every tier. */
export type ScanFunction = (context: number) => number;

export interface FramerOptions {
	/** The memory that will be imported is shared. Default false. */
	readonly shared?: boolean;
	/** The module counts its branches (wasm/branches.ts); who links it sets where. Default false. */
	readonly countBranches?: boolean;
}

/** How messages follow each other in a stream of bytes. Holds no memory and no state. */
export interface Framing {
	readonly name: string;
	/** In words, for people. */
	readonly description: string;
	/** Whether descriptors may carry receive times. */
	readonly received: boolean;
	/** Whether payloads may be bytes literals (`SCAN.binary`), to be decoded before they are parsed. */
	readonly binary: boolean;
	/** A framer in plain TypeScript over the memory. */
	reference(memory: WebAssembly.Memory): ScanFunction;
	/** A WebAssembly module that imports `env.memory` and exports `scan`; null where there is only the reference. */
	generate: ((options?: FramerOptions) => Uint8Array<ArrayBuffer>) | null;
	/** Bytes that it keeps between calls right behind the context, zeros at first. Default none. */
	readonly stateBytes?: number;
	/** Bytes of input that must fit at once, whatever the longest message is. Default none. */
	readonly leastWindow?: number;
	/** What else it has counted, by name; only what is not 0. */
	counts?(memory: WebAssembly.Memory, context: number): Readonly<Record<string, number>>;
}

/** Bytes of memory that a framer needs for its context. */
export const contextBytes = (framing: Framing): number => SCAN.size + (framing.stateBytes ?? 0);
