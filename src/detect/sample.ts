/** A sample cut into messages by framings, and messages given to protocols: what a feed does, on a few messages and at once. */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import type { Protocol } from '../compiler/protocol.ts';
import { readBytesLiteral } from '../framing/payloads.ts';
import { contextBytes, type Framing, SCAN, SCAN_STOP } from '../framing/scan-abi.ts';
import { type Arena, createArena } from '../memory/index.ts';
import { compile, type Parser } from '../pipeline/compile.ts';
import { inflate } from '../sources/inflate.ts';

/** Bytes that are looked at, and messages that are taken from them. */
export const SAMPLE_BYTES = 1 << 18;
export const SAMPLE_MESSAGES = 64;

/** Messages of a sample, as one framing gives them. */
export interface Cut {
	/** By the name that `--format` takes; null for ways that no framing has. */
	readonly format: string | null;
	readonly framing: Framing | null;
	readonly messages: readonly Uint8Array[];
	/** The start of one that the sample ends in; null where there is none. */
	readonly partial: Uint8Array | null;
	/** Whether something was longer than the sample, which says that it is cut wrongly where it is small. */
	readonly isTooLong: boolean;
	/** Records without a message. */
	readonly skipped: number;
	/** Of the framing itself. */
	readonly bits: number;
	readonly evidence: readonly string[];
}

const MOST_UNPACKED = 1 << 20;
/** Parsers that are kept, and memory above which none is. */
const MOST_PARSERS = 48;
const MOST_MEMORY = 64 * 2 ** 20;
const FRAMING_BYTES = 1 << 17;

interface Bench {
	readonly arena: Arena;
	readonly sample: number;
	readonly descriptors: number;
	readonly context: number;
	readonly parsers: Map<Protocol, Parser>;
}

let bench: Bench | undefined;

/** Memory for looking at samples, and the parsers that did; made when it is first needed. Nothing here waits, so that one serves all. */
function ownBench(): Bench {
	if (bench !== undefined && bench.arena.used > MOST_MEMORY) {
		for (const parser of bench.parsers.values()) parser.dispose();
		bench.parsers.clear();
	}
	if (bench !== undefined) return bench;
	const arena = createArena({ initial: 2 ** 22, ceiling: 2 ** 28 });
	bench = {
		arena,
		sample: arena.allocate('sample', SAMPLE_BYTES + MOST_UNPACKED, { guard: 4096 }).address,
		descriptors: arena.allocate('descriptors', SAMPLE_MESSAGES * DESCRIPTOR.size).address,
		context: arena.allocate('framing', FRAMING_BYTES).address,
		parsers: new Map(),
	};
	return bench;
}

/** Where a sample and the context of a framing lie. */
export interface Laid {
	readonly memory: WebAssembly.Memory;
	readonly address: number;
	readonly context: number;
	/** The sample itself, up to what has room. */
	readonly bytes: Uint8Array;
}

/** Lays a sample, of up to a megabyte, out for a framing; `take` runs it. */
export function scanSample<T>(sample: Uint8Array, framing: Framing, take: (laid: Laid) => T): T {
	const { arena, sample: address, descriptors, context } = ownBench();
	if (contextBytes(framing) > FRAMING_BYTES) throw new RangeError(`tickforge: the framing ${framing.name} needs more memory than there is for looking at samples`);
	const bytes = sample.subarray(0, MOST_UNPACKED);
	const u8 = arena.u8();
	const view = arena.view();
	u8.set(bytes, address);
	u8.fill(0, context, context + contextBytes(framing));
	const put = (field: number, value: number): void => view.setUint32(context + field, value, true);
	put(SCAN.start, address);
	put(SCAN.scanned, address);
	put(SCAN.end, address + bytes.length);
	put(SCAN.descriptors, descriptors);
	put(SCAN.limit, SAMPLE_MESSAGES);
	put(SCAN.longest, SAMPLE_BYTES);
	return take({ memory: arena.memory, address, context, bytes });
}

/** @param isWhole whether nothing follows the sample */
export function cutSample(sample: Uint8Array, format: string | null, framing: Framing, isWhole: boolean): Cut {
	return scanSample(sample.subarray(0, SAMPLE_BYTES), framing, (laid) => cutLaid(laid, format, framing, isWhole));
}

function cutLaid({ memory, address, context, bytes }: Laid, format: string | null, framing: Framing, isWhole: boolean): Cut {
	const view = new DataView(memory.buffer);
	const put = (field: number, value: number): void => view.setUint32(context + field, value, true);
	const get = (field: number): number => view.getUint32(context + field, true);
	const descriptors = get(SCAN.descriptors);
	const scan = framing.reference(memory);
	const messages: Uint8Array[] = [];
	let partial: Uint8Array | null = null;
	let isTooLong = false;
	let isLast = false;
	while (messages.length < SAMPLE_MESSAGES) {
		put(SCAN.limit, SAMPLE_MESSAGES - messages.length);
		const before = get(SCAN.start);
		const found = scan(context);
		for (let index = 0; index < found; index++) {
			const offset = view.getUint32(descriptors + index * DESCRIPTOR.size + DESCRIPTOR.offset, true) - address;
			const length = view.getUint32(descriptors + index * DESCRIPTOR.size + DESCRIPTOR.length, true);
			const message = bytes.subarray(offset, offset + length);
			if (!isLast || (isWhole && endsWithInput(framing))) messages.push(message);
			// What is less than a header is no start of a message.
			else if (partial === null && (offset > before - address || offset === 0 || isText(framing))) partial = message;
		}
		const stop = get(SCAN.stop);
		// Of a message that the sample ends in, what is there of it.
		if (stop === SCAN_STOP.refused && isLast) {
			partial = bytes.subarray(get(SCAN.start) - address);
			break;
		}
		if (stop === SCAN_STOP.refused || stop === SCAN_STOP.tooLong || stop === SCAN_STOP.resynced) {
			isTooLong = true;
			break;
		}
		if (stop === SCAN_STOP.full) continue;
		if (isLast) break;
		isLast = true;
		put(SCAN.final, 1);
	}
	return { format, framing, messages: framing.binary ? messages.map(unpackLiteral) : messages, partial, isTooLong, skipped: get(SCAN.skipped), bits: 0, evidence: [] };
}

/** The last message is whole without a sign of its end; of others it is cut off. */
const endsWithInput = ({ name }: Framing): boolean => name === 'ndjson' || name === 'capture' || name === 'concatenated' || name === 'datagrams' || name === 'sbe-packets';
/** Messages begin where the one before them ends. */
const isText = ({ name }: Framing): boolean => name === 'ndjson' || name === 'capture' || name === 'concatenated' || name === 'msgpack';

/** A payload that a capture holds as a bytes literal, maybe compressed. */
function unpackLiteral(message: Uint8Array): Uint8Array {
	const raw = new Uint8Array(message.length);
	const length = readBytesLiteral(message, raw);
	if (length < 0) return message;
	const meant = raw.subarray(0, length);
	if (meant[0] !== 0x1f || meant[1] !== 0x8b) return meant;
	const content = inflate(meant, SAMPLE_BYTES * 4);
	return typeof content === 'string' ? message : content;
}

export interface Fit {
	readonly messages: number;
	readonly accepted: number;
	/** Accepted messages by variant, the most frequent first. */
	readonly variants: readonly { readonly name: string; readonly messages: number; readonly isTable: boolean }[];
}

const NONE: Fit = { messages: 0, accepted: 0, variants: [] };

/** What a protocol makes of messages. Its reference parser is used: nothing is generated for a look. */
export function fitMessages(protocol: Protocol, messages: readonly Uint8Array[]): Fit {
	const { arena, sample, descriptors, parsers } = ownBench();
	let length = 0;
	const taken = messages.slice(0, SAMPLE_MESSAGES).filter((message) => {
		const fits = length + message.length <= SAMPLE_BYTES + MOST_UNPACKED;
		if (fits) length += message.length;
		return fits;
	});
	if (taken.length === 0) return NONE;
	let parser = parsers.get(protocol);
	if (parser === undefined) {
		parser = compile(protocol, { arena, tier: 'reference', rows: 256, items: 4096, symbols: 256, errors: SAMPLE_MESSAGES });
		const [oldest] = parsers.keys();
		if (parsers.size >= MOST_PARSERS && oldest !== undefined) {
			parsers.get(oldest)?.dispose();
			parsers.delete(oldest);
		}
		parsers.set(protocol, parser);
	}
	const before = parser.statistics();
	const u8 = arena.u8();
	const view = arena.view();
	let at = sample;
	taken.forEach((message, index) => {
		u8.set(message, at);
		view.setUint32(descriptors + index * DESCRIPTOR.size + DESCRIPTOR.offset, at, true);
		view.setUint32(descriptors + index * DESCRIPTOR.size + DESCRIPTOR.length, message.length, true);
		view.setUint32(descriptors + index * DESCRIPTOR.size + DESCRIPTOR.received, 0, true);
		view.setUint32(descriptors + index * DESCRIPTOR.size + DESCRIPTOR.received + 4, 0, true);
		at += message.length;
	});
	parser.parseMany(descriptors, taken.length);
	parser.flush();
	const after = parser.statistics();
	const variants = protocol.schema.variants
		.map(({ name, role }) => ({ name, messages: (after.variants[name] ?? 0) - (before.variants[name] ?? 0), isTable: role === 'table' }))
		.filter((variant) => variant.messages > 0)
		.sort((a, b) => b.messages - a.messages);
	return { messages: taken.length, accepted: taken.length - (after.refused - before.refused), variants };
}
