/**
 * A source, a framing and a parser joined: bytes into the arena, descriptors, rows, batches to whoever takes them.
 *
 * ```
 *  window   | parsed | tail of a message | free …    |   the source writes at `end`, the framing reads from `start`
 * ```
 * When the window is full its tail moves to the front. The input is read no faster than batches are taken.
 */
import type { Batch } from '../columns/index.ts';
import { secondsNow } from '../compiler/clock.ts';
import type { LayoutProfile } from '../compiler/layout-profile.ts';
import { DESCRIPTOR, type ErrorCategory } from '../compiler/parser-abi.ts';
import type { Protocol, Tier } from '../compiler/protocol.ts';
import { createPayloadDecoder, type PayloadDecoder } from '../framing/payloads.ts';
import { contextBytes, type Framing, SCAN, SCAN_STOP, type ScanFunction } from '../framing/scan-abi.ts';
import type { FileMapping } from '../os/index.ts';
import type { Schema } from '../schema/index.ts';
import { inflate } from '../sources/inflate.ts';
import type { Source } from '../sources/source.ts';
import { type AnyBatch, CATEGORY_NAMES, type CompileOptions, compile, type MessageParser, type ParserStatistics, type RefusedMessage } from './compile.ts';

/** A refused message of a feed, with where it was. Read it in the callback; `bytes` is a view. */
export interface RefusedInput {
	readonly category: ErrorCategory;
	/** Byte in the message where the fault is. */
	readonly offset: number;
	/** Number of the message in the input, from 0. */
	readonly sequence: number;
	/** Index into the schema's variants, -1 where none was recognised. */
	readonly variant: number;
	/** Nanoseconds, 0 where unknown. */
	readonly received: bigint;
	/** Byte in the (unpacked) input where the message begins; -1 where it was unpacked itself. */
	readonly position: number;
	/** Bytes of the whole message; `bytes` may be only its start. */
	readonly length: number;
	readonly bytes: Uint8Array;
}

export interface FeedOptions<S extends Schema = Schema> extends Omit<CompileOptions<S>, 'onBatch' | 'onError'> {
	/** Takes every batch. A promise holds the input back until it settles; the batch lives as long. */
	readonly onBatch?: (batch: AnyBatch<S>) => void | Promise<void>;
	readonly onRefused?: (refused: RefusedInput) => void;
	/** Called about every `window` of input. */
	readonly onProgress?: (progress: FeedProgress) => void;
	/** Called around each call of the parser (with what takes its batches in it), to count or measure what happens there. */
	readonly aroundParse?: { before(parser: MessageParser): void; after(parser: MessageParser): void };
	/** Bytes of input at hand. Default 8 MiB; at least twice `longest`. */
	readonly window?: number;
	/** Longest message; a longer one is refused as `too-large`. Default 4 MiB. */
	readonly longest?: number;
	/** Gives what the layout tier has learned with the summary. */
	readonly keepProfile?: boolean;
	/** Of the framing. Default as the parser's. */
	readonly framingTier?: Tier;
	/**
	 * Makes the parser. Default `compile` with the protocol. It must use the options it gets, which have the feed's own
	 * `onBatch` and `onError`: `(options) => shadow({ protocol, ...options }, { protocol: next })`.
	 */
	readonly parser?: (options: CompileOptions<S>) => MessageParser;
	/**
	 * Whether `parseSeconds`, `takeSeconds` and `frameSeconds` are measured; 0 else. Default true. Reading the clock makes
	 * numbers until the engine has optimised what reads it: 16 bytes, some times a batch.
	 */
	readonly timed?: boolean;
	/** Stops where it returns true, for example when a circuit breaker has opened. Asked after each part of the input. */
	readonly stop?: () => boolean;
}

export interface FeedProgress {
	readonly messages: number;
	readonly refused: number;
	/** Bytes after unpacking. */
	readonly bytes: number;
	/** Share of the input that was read, 0 to 1; null where its size is not known. */
	readonly share: number | null;
}

export interface FeedSummary {
	readonly statistics: ParserStatistics;
	/** What the layout tier has learned; null without `keepProfile` or that tier. */
	readonly profile: LayoutProfile | null;
	readonly tier: Tier;
	/** Bytes after unpacking. */
	readonly bytes: number;
	/** Lines of a capture that carry no message; empty lines. */
	readonly skipped: number;
	readonly blank: number;
	/** Messages longer than `longest`, and others that the framing refused; they count as refused, but not in `statistics`. */
	readonly tooLong: number;
	/** Of framings with sequence numbers: how often some were left out, and how many; messages that came again, and were left out. */
	readonly gaps: number;
	readonly missing: number;
	readonly repeated: number;
	/** What the framing counts besides: of packet captures what became of the packets. */
	readonly counts: Readonly<Record<string, number>>;
	readonly seconds: number;
	/** In the parser, without what takes the batches. */
	readonly parseSeconds: number;
	/** In `onBatch` and `onRefused`, as far as they do not wait. */
	readonly takeSeconds: number;
	/** In the framing. */
	readonly frameSeconds: number;
	/** Bytes of the arena in use. */
	readonly memory: number;
	/** Whether `stop` ended it. */
	readonly stopped: boolean;
}

const DESCRIPTORS = 4096;
/** Kept of a message that is too long. */
const HEAD = 65536;
/** Input is moved by multiples of this. */
const PLACE = 65536;
/** Of a feed's sums: */
const TAKE_SECONDS = 0;
const PARSE_SECONDS = 1;
const FRAME_SECONDS = 2;
const BYTES = 3;
/** messages given to the parser, */
const PARSED = 4;
/** and where in the input the window begins. */
const WINDOW_POSITION = 5;

/**
 * A file that is in the arena as a whole (`mapFile`): its messages are parsed where they lie. `parseFeed` releases it.
 * The arena it lies in must be the one in the options.
 */
export type MappedInput = FileMapping;

/** Parses a whole input. @throws InputError where it cannot be read */
export async function parseFeed<const S extends Schema>(protocol: Protocol<S>, source: Source | MappedInput, framing: Framing, options: FeedOptions<S> = {}): Promise<FeedSummary> {
	const mapping = 'read' in source ? null : source;
	if (mapping !== null && options.arena === undefined) throw new TypeError('tickforge: a mapped file is parsed in the arena it lies in; pass that arena');
	const started = secondsNow();
	const longest = options.longest ?? 4 * 2 ** 20;
	const windowBytes = Math.max(options.window ?? 8 * 2 ** 20, longest * 2, framing.leastWindow ?? 0);
	const waiting: Promise<void>[] = [];
	/** Sums in doubles: in variables they would be a new object each time they change. */
	const sums = new Float64Array(6);
	const timed = options.timed ?? true;
	let droppedMessages = 0;
	/** Descriptors of the current call, for refused messages. */
	let callDescriptors = 0;
	/** On its own: a function in `onBatch` that refers to the batch would cost an object for each batch, needed or not. */
	const hold = (batch: Batch<unknown>, taken: Promise<void>): void => {
		batch.retain();
		waiting.push(taken.finally(() => batch.release()));
	};
	/** On its own for the same reason. */
	const tellRefused = (onRefused: (refused: RefusedInput) => void, refused: RefusedMessage): void => {
		const before = timed ? secondsNow() : 0;
		const { bytes, variant } = refused;
		const descriptor = callDescriptors + (refused.sequence - (sums[PARSED] as number)) * DESCRIPTOR.size;
		const inWindow = bytes.byteOffset >= window.address && bytes.byteOffset < window.address + window.size;
		onRefused({
			category: refused.category,
			offset: refused.offset,
			sequence: refused.sequence + droppedMessages,
			variant: protocol.schema.variants.findIndex(({ name }) => name === variant),
			received: parser.arena.view().getBigInt64(descriptor + DESCRIPTOR.received, true),
			position: inWindow ? (sums[WINDOW_POSITION] as number) + bytes.byteOffset - window.address : -1,
			length: bytes.length,
			bytes,
		});
		if (timed) sums[TAKE_SECONDS] = (sums[TAKE_SECONDS] as number) + secondsNow() - before;
	};
	const makeParser = options.parser ?? ((all: CompileOptions<S>): MessageParser => compile(protocol, all));
	const parser = makeParser({
		...compileOptions(options),
		onBatch(batch) {
			const before = timed ? secondsNow() : 0;
			const taken = options.onBatch?.(batch);
			if (timed) sums[TAKE_SECONDS] = (sums[TAKE_SECONDS] as number) + secondsNow() - before;
			if (taken !== undefined) hold(batch as Batch<unknown>, taken);
		},
		...(options.onComplete === undefined
			? {}
			: {
					onComplete(upTo) {
						const before = timed ? secondsNow() : 0;
						options.onComplete?.(upTo);
						if (timed) sums[TAKE_SECONDS] = (sums[TAKE_SECONDS] as number) + secondsNow() - before;
					},
				}),
		onError(refused) {
			if (options.onRefused !== undefined) tellRefused(options.onRefused, refused);
		},
	});
	const { arena } = parser;
	const window = mapping === null ? arena.allocate('input window', windowBytes, { guard: 4096 }) : { address: mapping.address, size: mapping.length };
	const table = arena.allocate('descriptors', DESCRIPTORS * DESCRIPTOR.size);
	const framingRegion = arena.allocate('framing', contextBytes(framing));
	const context = framingRegion.address;
	const unpacked = framing.binary ? arena.allocate('unpacked payloads', windowBytes, { guard: 4096 }) : null;
	const decoder: PayloadDecoder | null = unpacked === null ? null : createPayloadDecoder(arena.memory, unpacked.address, unpacked.size, inflate);
	const scan = createScanner(framing, options.framingTier ?? parser.tier, arena.memory, arena.shared);
	const get = (field: number): number => arena.u32()[(context + field) >>> 2] as number;
	const put = (field: number, value: number): void => {
		arena.u32()[(context + field) >>> 2] = value;
	};
	put(SCAN.start, window.address);
	put(SCAN.end, window.address);
	put(SCAN.scanned, window.address);
	put(SCAN.descriptors, table.address);
	put(SCAN.limit, DESCRIPTORS);
	put(SCAN.longest, longest);

	let tooLong = 0;
	let stopped = false;
	let head: Uint8Array | null = null;
	let headPosition = -1;
	let dropped: ErrorCategory = 'too-large';

	const parse = (from: number, count: number): void => {
		callDescriptors = table.address + from * DESCRIPTOR.size;
		const before = timed ? secondsNow() : 0;
		const taken = timed ? (sums[TAKE_SECONDS] as number) : 0;
		options.aroundParse?.before(parser);
		parser.parseMany(callDescriptors, count);
		options.aroundParse?.after(parser);
		if (timed) sums[PARSE_SECONDS] = (sums[PARSE_SECONDS] as number) + secondsNow() - before - ((sums[TAKE_SECONDS] as number) - taken);
		sums[PARSED] = (sums[PARSED] as number) + count;
	};
	const take = (count: number): void => {
		if (count === 0) return;
		if (decoder === null || get(SCAN.binary) === 0) {
			parse(0, count);
			return;
		}
		for (let from = 0; from < count; ) {
			const next = decoder.decode(table.address, from, count);
			// A payload that does not fit the empty room stays as it is, for the parser to refuse.
			const until = decoder.refused ? next + 1 : next;
			parse(from, until - from);
			decoder.reset();
			from = until;
		}
	};
	const scanAll = (): void => {
		for (;;) {
			const before = timed ? secondsNow() : 0;
			const count = scan(context);
			if (timed) sums[FRAME_SECONDS] = (sums[FRAME_SECONDS] as number) + secondsNow() - before;
			take(count);
			const stop = get(SCAN.stop);
			if (stop === SCAN_STOP.needsBytes) return;
			if (stop === SCAN_STOP.tooLong || stop === SCAN_STOP.refused) {
				dropped = stop === SCAN_STOP.tooLong ? 'too-large' : (CATEGORY_NAMES[get(SCAN.mode)] as ErrorCategory);
				const start = get(SCAN.start);
				head = arena.u8().slice(start, Math.min(start + HEAD, get(SCAN.end)));
				headPosition = (sums[WINDOW_POSITION] as number) + start - window.address;
			}
			if (stop === SCAN_STOP.resynced) {
				const length = arena.f64()[(context + SCAN.dropped) >>> 3] as number;
				options.onRefused?.({ category: dropped, offset: dropped === 'truncated' ? length : 0, sequence: (sums[PARSED] as number) + droppedMessages, variant: -1, received: 0n, position: headPosition, length, bytes: head ?? new Uint8Array(0) });
				droppedMessages++;
				tooLong++;
				head = null;
			}
		}
	};
	/** Brings what is left of the window to its front, and its end to one of few places, which `freeView` knows again. */
	const makeRoom = (): void => {
		const start = get(SCAN.start);
		const end = get(SCAN.end);
		if (start === window.address) return;
		if (start < end && end < window.address + window.size - PLACE) return;
		const tail = end - start;
		const placed = Math.ceil(tail / PLACE) * PLACE;
		const target = window.address + (placed * 2 <= window.size ? placed - tail : 0);
		if (target >= start) return;
		arena.u8().copyWithin(target, start, end);
		const by = start - target;
		sums[WINDOW_POSITION] = (sums[WINDOW_POSITION] as number) + by;
		put(SCAN.start, target);
		put(SCAN.end, end - by);
		put(SCAN.scanned, Math.max(target, get(SCAN.scanned) - by));
	};
	const views = new Map<number, Uint8Array>();
	/** Where the source may write, without a new view each time. */
	const freeView = (): Uint8Array => {
		const end = get(SCAN.end);
		const room = Math.min(window.address + window.size - end, 2 ** 20);
		const u8 = arena.u8();
		if ((end - window.address) % PLACE !== 0) return u8.subarray(end, end + room);
		let view = views.get(end);
		if (view === undefined || view.buffer !== u8.buffer) {
			view = u8.subarray(end, end + room);
			views.set(end, view);
		}
		return view;
	};
	const progress = (): void => {
		if (options.onProgress === undefined) return;
		const statistics = parser.statistics();
		const share = 'read' in source ? (source.size === null || source.size === 0 ? null : Math.min(1, source.position / source.size)) : (get(SCAN.start) - window.address) / Math.max(1, window.size);
		options.onProgress({ messages: statistics.messages + tooLong, refused: statistics.refused + tooLong, bytes: sums[BYTES] as number, share });
	};

	try {
		for (;;) {
			let read: number;
			if ('read' in source) {
				makeRoom();
				const reading = source.read(freeView());
				read = typeof reading === 'number' ? reading : await reading;
				put(SCAN.end, get(SCAN.end) + read);
			} else {
				// A megabyte more of what is there already, so that batches are waited for and progress is shown.
				source.check();
				read = Math.min(window.size - (sums[BYTES] as number), 2 ** 20);
				put(SCAN.end, window.address + (sums[BYTES] as number) + read);
			}
			sums[BYTES] = (sums[BYTES] as number) + read;
			if (read === 0) put(SCAN.final, 1);
			scanAll();
			progress();
			if (waiting.length > 0) await Promise.all(waiting.splice(0));
			// A module that is made elsewhere arrives only while this thread pauses.
			else if (options.background !== undefined) await new Promise((resume) => setImmediate(resume));
			if (options.stop?.() === true) {
				stopped = true;
				break;
			}
			if (read === 0) break;
		}
		parser.flush();
		if (waiting.length > 0) await Promise.all(waiting.splice(0));
		return {
			statistics: parser.statistics(),
			profile: options.keepProfile === true ? (parser.profile?.() ?? null) : null,
			tier: parser.tier,
			bytes: sums[BYTES] as number,
			skipped: get(SCAN.skipped),
			blank: get(SCAN.blank),
			tooLong,
			gaps: get(SCAN.gaps),
			missing: arena.f64()[(context + SCAN.missing) >>> 3] as number,
			repeated: arena.f64()[(context + SCAN.repeated) >>> 3] as number,
			counts: framing.counts?.(arena.memory, context) ?? {},
			seconds: secondsNow() - started,
			parseSeconds: sums[PARSE_SECONDS] as number,
			takeSeconds: sums[TAKE_SECONDS] as number,
			frameSeconds: sums[FRAME_SECONDS] as number,
			memory: arena.used,
			stopped,
		};
	} finally {
		if ('read' in source) source.close();
		else source.release();
		if (options.arena !== undefined) for (const region of [...('name' in window ? [window] : []), table, framingRegion, ...(unpacked === null ? [] : [unpacked])]) arena.release(region);
		parser.dispose();
	}
}

/** Without what is the feed's alone. */
function compileOptions<S extends Schema>(options: FeedOptions<S>): Omit<CompileOptions<S>, 'onBatch' | 'onError'> {
	const { onBatch: _, onRefused, onProgress, window, longest, framingTier, parser, timed, stop, ...rest } = options;
	return rest;
}

function createScanner(framing: Framing, tier: Tier, memory: WebAssembly.Memory, shared: boolean): ScanFunction {
	if (tier === 'reference' || framing.generate === null) return framing.reference(memory);
	return new WebAssembly.Instance(new WebAssembly.Module(framing.generate({ shared })), { env: { memory } }).exports.scan as ScanFunction;
}
