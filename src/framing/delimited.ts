/**
 * Messages that Protobuf's own ways of sending put after their length, and the items of a list that such a message is:
 * ```
 *  varint-delimited   | length (varint) | message … | length | …       writeDelimitedTo, protodelim
 *  grpc               | compressed (u8) | length (u32, big endian) | message … | …
 *  items of field 1   | length | 0a | length | item … | 0a | length | item … | … | length | …
 * ```
 * Messages of Protobuf have no end of their own, and a part of one may be a whole one: what the input's end cuts is refused
 * here, and not handed on.
 */
import { DEPTH_LIMIT, DESCRIPTOR, ERROR_CATEGORIES, type ErrorCategory } from '../compiler/parser-abi.ts';
import { generateDelimitedScanner } from './delimited-scanner.ts';
import { type Framing, SCAN, SCAN_STOP, type ScanFunction } from './scan-abi.ts';

export interface DelimitedOptions {
	/**
	 * The messages that are wanted are the items of a repeated field with this number, and what stands around them is a
	 * list of them. Other fields of it are passed over.
	 */
	readonly items?: number;
}

/** Messages after their length as a varint. */
export function varintDelimited({ items }: DelimitedOptions = {}): Framing {
	return delimited(`varint-delimited${suffix(items)}`, `${what(items)} after their length, a varint`, items ?? 0, false);
}

/** gRPC's length-prefixed messages, of one stream, without HTTP/2 around them. Compressed ones are refused as `syntax`. */
export function grpcMessages({ items }: DelimitedOptions = {}): Framing {
	return delimited(`grpc${suffix(items)}`, `${what(items)} with gRPC's prefix`, items ?? 0, true);
}

const suffix = (items: number | undefined): string => (items === undefined ? '' : `-items-${items}`);
const what = (items: number | undefined): string => (items === undefined ? 'messages' : `items (field ${items}) of messages`);

/** Kept behind the context: bytes left of the open list, and compressed messages so far. */
const STATE = { list: SCAN.size, compressed: SCAN.size + 4, size: 8 } as const;
const LONGEST_VARINT = 10;
const LONGEST_TAG = 5;
const GRPC_HEAD = 5;
/** No memory holds more. */
const MOST_BYTES = 0xffffffff;

function delimited(name: string, description: string, items: number, grpc: boolean): Framing {
	if (!(Number.isInteger(items) && items >= 0 && items < 2 ** 29)) throw new RangeError(`tickforge: the items' field number ${items} is not one of 1 to 536870911`);
	return {
		name,
		description,
		received: false,
		binary: false,
		stateBytes: STATE.size,
		reference: (memory) => delimitedScanner(memory, items, grpc),
		generate: (options) => generateDelimitedScanner({ items, grpc, state: STATE }, options),
		counts(memory, context) {
			const compressed = new DataView(memory.buffer).getUint32(context + STATE.compressed, true);
			return compressed === 0 ? {} : { compressed };
		},
	};
}

function delimitedScanner(memory: WebAssembly.Memory, items: number, grpc: boolean): ScanFunction {
	let view = new DataView(memory.buffer);
	/** Where the varint that was read ends; 0 where it is cut, -1 where it has no end. */
	let after = 0;
	/** The low 64 bits of a varint of up to ten bytes; more than 2^53 is not exact, and more than there is. */
	const varint = (at: number, end: number): number => {
		let value = 0;
		let unit = 1;
		for (let index = 0; index < LONGEST_VARINT; index++) {
			if (at + index >= end) {
				after = 0;
				return 0;
			}
			const byte = view.getUint8(at + index);
			value += (byte & (index === LONGEST_VARINT - 1 ? 1 : 0x7f)) * unit;
			unit *= 128;
			if (byte < 0x80) {
				after = at + index + 1;
				return value;
			}
		}
		after = -1;
		return 0;
	};
	/** Where the value behind a tag ends; -1 where it is none, or does not fit. */
	const passed = (tag: number, at: number, end: number, depth: number): number => {
		switch (tag % 8) {
			case 0:
				varint(at, end);
				return after > 0 ? after : -1;
			case 1:
				return at + 8 <= end ? at + 8 : -1;
			case 2: {
				const length = varint(at, end);
				return after > 0 && length <= end - after ? after + length : -1;
			}
			case 3:
				for (let next = at; depth < DEPTH_LIMIT; ) {
					const inner = varint(next, end);
					if (after <= 0 || inner < 8 || inner >= 2 ** 32) return -1;
					if (inner % 8 === 4) return inner === tag + 1 ? after : -1;
					next = passed(inner, after, end, depth + 1);
					if (next < 0) return -1;
				}
				return -1;
			case 5:
				return at + 4 <= end ? at + 4 : -1;
			default:
				return -1;
		}
	};

	return (context) => {
		if (view.buffer !== memory.buffer) view = new DataView(memory.buffer);
		const get = (field: number): number => view.getUint32(context + field, true);
		const put = (field: number, value: number): void => view.setUint32(context + field, value, true);
		const end = get(SCAN.end);
		const limit = get(SCAN.limit);
		const longest = get(SCAN.longest);
		const final = get(SCAN.final) === 1;
		let out = get(SCAN.descriptors);
		let start = get(SCAN.start);
		let count = 0;
		const stop = (reason: number): number => {
			put(SCAN.start, start);
			put(SCAN.scanned, start);
			put(SCAN.binary, 0);
			put(SCAN.stop, reason);
			return count;
		};
		const describe = (offset: number, length: number): void => {
			view.setUint32(out + DESCRIPTOR.offset, offset, true);
			view.setUint32(out + DESCRIPTOR.length, length, true);
			view.setUint32(out + DESCRIPTOR.received, 0, true);
			view.setUint32(out + DESCRIPTOR.received + 4, 0, true);
			out += DESCRIPTOR.size;
			count++;
		};
		/** Drops bytes from `start` on, as a message that is refused. */
		const drop = (bytes: number, reason: number, category: ErrorCategory = 'too-large'): number => {
			put(SCAN.skipping, 1);
			put(SCAN.rest, Math.min(bytes, MOST_BYTES));
			put(SCAN.mode, ERROR_CATEGORIES[category]);
			view.setFloat64(context + SCAN.dropped, 0, true);
			return stop(reason);
		};

		if (get(SCAN.skipping) === 1) {
			const rest = get(SCAN.rest);
			const taken = Math.min(rest, end - start);
			view.setFloat64(context + SCAN.dropped, view.getFloat64(context + SCAN.dropped, true) + taken, true);
			put(SCAN.rest, rest - taken);
			start += taken;
			if (taken < rest && !final) return stop(SCAN_STOP.needsBytes);
			put(SCAN.skipping, 0);
			return stop(SCAN_STOP.resynced);
		}
		for (;;) {
			if (count === limit) return stop(SCAN_STOP.full);
			const list = get(STATE.list);
			if (list > 0) {
				const listEnd = start + list;
				const tag = varint(start, listEnd);
				const content = after;
				const next = content > 0 && content - start <= LONGEST_TAG && tag >= 8 && tag < 2 ** 32 ? passed(tag, content, listEnd, 1) : -1;
				// What cannot be read is for the parser to refuse, which finds the same there.
				if (next < 0) describe(start, list);
				else if (tag === items * 8 + 2) {
					const length = varint(content, listEnd);
					describe(after, length);
				}
				start = next < 0 ? listEnd : next;
				put(STATE.list, listEnd - start);
				continue;
			}
			const available = end - start;
			if (available === 0) return stop(SCAN_STOP.needsBytes);
			const flag = grpc ? view.getUint8(start) : 0;
			const length = grpc ? (available < GRPC_HEAD ? 0 : view.getUint32(start + 1)) : varint(start, end);
			const message = grpc ? (available < GRPC_HEAD ? 0 : start + GRPC_HEAD) : after;
			if (message === 0) return final ? drop(available, SCAN_STOP.refused, 'truncated') : stop(SCAN_STOP.needsBytes);
			// A length without an end: nothing says where the next message is.
			if (message < 0) return drop(LONGEST_VARINT, SCAN_STOP.refused, 'syntax');
			const there = end - message;
			if (length > longest && (final || there > longest)) {
				start = message;
				return drop(length, SCAN_STOP.tooLong);
			}
			if (length > there) {
				if (!final) return stop(SCAN_STOP.needsBytes);
				start = message;
				return drop(there, SCAN_STOP.refused, 'truncated');
			}
			if (flag !== 0) {
				put(STATE.compressed, get(STATE.compressed) + (flag === 1 ? 1 : 0));
				return drop(GRPC_HEAD + length, SCAN_STOP.refused, 'syntax');
			}
			start = message;
			if (items === 0) {
				describe(message, length);
				start += length;
			} else if (length === 0) put(SCAN.skipped, get(SCAN.skipped) + 1);
			else put(STATE.list, length);
		}
	};
}
