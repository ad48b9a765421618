/**
 * The contract between a parser of any tier and the code around it. A parser is a function over arena memory:
 *
 *     parse(descriptors, count, context) -> consumed
 *
 * It reads `count` message descriptors, appends rows to the batches that the context names, and appends a record for
 * each message it refuses. It stops early, before the message that does not fit, when a table or the error records are
 * full; the caller makes room and calls again with the rest. All numbers are little endian, all addresses are byte
 * offsets into the arena's memory, all structures are 16-byte aligned.
 */

/** A parser's entry point, the same for every tier. Addresses and counts are unsigned 32-bit integers. */
export type ParseFunction = (descriptors: number, count: number, context: number) => number;

/**
 * One message in the arena:
 * ```
 *  0        4        8                16
 *  | offset | length | received (i64) |
 * ```
 * `received` is nanoseconds since the epoch, 0 when unknown. At least {@link READ_BEYOND} readable bytes must follow
 * the message (their value does not matter).
 */
export const DESCRIPTOR = { offset: 0, length: 4, received: 8, size: 16 } as const;

/** How far past a message's end SIMD loads may read. The arena guarantees this much readable memory after any region. */
export const READ_BEYOND = 64;

/**
 * A refused message:
 * ```
 *  0          4        8                 16       20       24       28       32
 *  | category | offset | sequence (u64)  | start  | length | variant| unused |
 * ```
 * `offset` counts from the message's first byte; `sequence` is the message's number in the stream, from 0;
 * `start` and `length` say where the bytes are until the descriptors' memory is reused; `variant` is 0xFFFFFFFF
 * where none was selected.
 */
export const ERROR_RECORD = { category: 0, offset: 4, sequence: 8, start: 16, length: 20, variant: 24, size: 32 } as const;

/** Why `parse` returned. */
export const STOP = { done: 0, tableFull: 1, errorsFull: 2 } as const;

/**
 * What a parser keeps between calls:
 * ```
 *  0        4            8            12            16       20        24
 *  | stop   | stop table | errorCount | errorLimit  | errors | unused  | nextSequence (u64) |
 *  32       36           40              44          48
 *  | scratch| scratchSize| symbolTables  | layouts   | entries: 16 bytes a variant … |
 * ```
 * - `scratch`: room for one decoded string; `scratchSize` bytes, then READ_BEYOND.
 * - `symbolTables`: address of a u32 array, the address of each symbol table in the order of `SchemaLayout.symbolTables`.
 * - `layouts`: address of what a protocol's layout tier keeps (its own format); 0 where nothing is learned.
 * - a variant's entry: `batch` (u32, address of the table's batch; 0 for control variants), `messages` (u32 at +4,
 *   accepted messages of this variant since the caller last cleared it), 8 bytes reserved.
 */
export const CONTEXT = {
	stop: 0,
	stopTable: 4,
	errorCount: 8,
	errorLimit: 12,
	errors: 16,
	nextSequence: 24,
	scratch: 32,
	scratchSize: 36,
	symbolTables: 40,
	layouts: 44,
	variants: 48,
	variantSize: 16,
	variantBatch: 0,
	variantMessages: 4,
} as const;

/**
 * What a parser that learns keeps between calls, at `CONTEXT.layouts`; u32 each. What follows it is the protocol's own.
 * - `taken`, `missed`: accepted messages that layouts took, and that they did not, since the caller last cleared them.
 * - `notes`: messages kept to be learned (NOTE), at `noteTable`, where `noteLimit` fit; the caller takes them after a call.
 * - `noteEvery`: every how many of the accepted messages that no layout took one is noted; `noteCountdown` counts.
 */
export const LEARNING = { taken: 0, missed: 4, notes: 8, noteLimit: 12, noteTable: 16, noteEvery: 20, noteCountdown: 24, size: 64 } as const;
/** A noted message: address, length, index of the variant, and 1 + where in it a list's item is that was new (0: none in particular). */
export const NOTE = { address: 0, length: 4, variant: 8, item: 12, size: 16 } as const;

/** Nesting deeper than this, counted from the message's own bracket (1), is refused with `depth`. */
export const DEPTH_LIMIT = 64;

/** Symbols longer than this many bytes are refused with `too-large`. */
export const SYMBOL_LIMIT = 255;

/** Why a message was refused. The number is what the records carry; never renumbered, since quarantine files keep it. */
export const ERROR_CATEGORIES = {
	/** A byte that the grammar does not allow here. Offset: that byte. */
	syntax: 1,
	/** The message ends inside a value. Offset: the message's length. */
	truncated: 2,
	/** A string's bytes are not UTF-8. Offset: the first byte of the bad sequence. */
	utf8: 3,
	/** A backslash followed by something that is no escape. Offset: the backslash. */
	escape: 4,
	/** A byte below 0x20 inside a string. Offset: that byte. */
	'control-character': 5,
	/** A number that breaks the grammar (offset: the first byte that does), or a quoted number or literal text that is none (offset: the value). */
	number: 6,
	/** Nested deeper than the limit. Offset: the bracket. */
	depth: 7,
	/** Bytes after the message's end. Offset: the first of them. */
	trailing: 8,
	/** A value of another kind than the schema's. Offset: the value. */
	type: 9,
	/** A required key or element is not there. Offset: the closing bracket. */
	'missing-field': 10,
	/** A key that the schema names stands twice. Offset: the second key. */
	'duplicate-key': 11,
	/** A key the schema does not name, where it says to refuse them, or one that must be absent. Offset: the key. */
	'unknown-key': 12,
	/** Valid, but none of the feed's variants. Offset: 0. */
	'unknown-message': 13,
	/** Does not fit the column's integer. Offset: the value. */
	range: 14,
	/** More fraction digits than the scale, and the schema says to refuse. Offset: the value. */
	scale: 15,
	/** Not a timestamp of the field's format, or outside 1677-09-21 to 2262-04-11. Offset: the value. */
	timestamp: 16,
	/** A value that a closed enumeration does not list. Offset: the value. */
	enumeration: 17,
	/** Not the constant or template that the schema states. Offset: the value. */
	literal: 18,
	/** More elements than the tuple has. Offset: the first surplus element. */
	'tuple-length': 19,
	/** Longer than a limit (an empty batch cannot hold it, or a string exceeds its table). Offset: 0, or the value. */
	'too-large': 20,
	/** A length or block length in the message that the message contradicts. Offset: that length. */
	length: 21,
} as const;

export type ErrorCategory = keyof typeof ERROR_CATEGORIES;
