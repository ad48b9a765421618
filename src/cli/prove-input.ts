/** What `tickforge prove` repeats: whole messages of a file, or messages made up. */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import type { Protocol } from '../compiler/protocol.ts';
import { FRAMINGS } from '../framing/formats.ts';
import { contextBytes, type Framing, SCAN, SCAN_STOP } from '../framing/scan-abi.ts';
import { createArena } from '../memory/index.ts';
import { binaryVenues, breakMessages, framePieces, simulate, venues } from '../simulate/index.ts';
import { canBeMadeUp, messagesOfProtocol } from '../simulate/of-protocol.ts';
import { openInput } from './run.ts';
import { EXIT, UsageError } from './usage.ts';

export interface RepeatedInput {
	/** For people: the file's name, or what made the messages. */
	readonly name: string;
	readonly format: string;
	/** Whole messages. */
	readonly bytes: Uint8Array;
	readonly framing: Framing;
	/** Whether the file has more than was taken. */
	readonly isPart: boolean;
	/** What parses it. */
	readonly protocol: Protocol;
}

/** Taken of a file: enough that messages differ, little enough to lie in memory. */
const MOST_BYTES = 64 * 2 ** 20;
const GENERATED = 20_000;
const LINE_FEED = 0x0a;
const DESCRIPTORS = 4096;
/** As the feed's. */
const LONGEST = 4 * 2 ** 20;

/** The start of a file (or standard input), unpacked, up to its last whole message. */
export async function readInput(file: string, format: string | undefined, protocol: Protocol): Promise<RepeatedInput> {
	const opened = await openInput(file, format, protocol);
	const { source, framing } = opened;
	let room = new Uint8Array(2 ** 20);
	let length = 0;
	let isPart = false;
	try {
		for (;;) {
			if (length === room.length) {
				isPart = length >= MOST_BYTES;
				if (isPart) break;
				const more = new Uint8Array(length * 2);
				more.set(room);
				room = more;
			}
			const read = await source.read(room.subarray(length));
			if (read === 0) break;
			length += read;
		}
	} finally {
		source.close();
	}
	const bytes = wholeMessages(room.subarray(0, length), framing, isPart);
	if (bytes.length === 0) throw new UsageError(`tickforge prove: ${file} has no whole message (${opened.format}); there is nothing to repeat`, EXIT.input);
	return { name: file, format: opened.format, bytes, framing, isPart, protocol: opened.protocol };
}

/**
 * Messages of the venue's simulator, or made up as the schema or format describes them.
 *
 * @throws UsageError where none can be
 */
export function generateInput(protocol: Protocol, preset: string): RepeatedInput {
	const venue = [...venues(), ...binaryVenues()].find((one) => one === preset);
	const isText = protocol.name === 'json';
	if (venue === undefined && !canBeMadeUp(protocol)) throw new UsageError(`tickforge prove: messages of ${protocol.name} are not made up; name a file of them`);
	const messages = venue === undefined ? breakMessages(protocol, messagesOfProtocol(protocol, GENERATED), 0) : simulate({ venue, messages: GENERATED, ...(protocol.name === 'msgpack' ? { protocol: 'msgpack' } : {}) });
	const format = isText ? 'ndjson' : protocol.name === 'msgpack' ? 'msgpack' : protocol.name === 'protobuf' ? 'varint-delimited' : 'length-32-little';
	// What is MessagePack already stays as it is.
	const pieces = [...framePieces(messages, format === 'msgpack' ? 'concatenated' : format)];
	const framing = (FRAMINGS[format] as () => Framing)();
	return { name: venue === undefined ? `${GENERATED} messages made up from the ${isText || format === 'msgpack' ? 'schema' : 'format'}` : `${GENERATED} messages of the ${preset} simulator`, format, bytes: new Uint8Array(Buffer.concat(pieces)), framing, isPart: false, protocol };
}

/** Without a last message that is cut off, so that the first one can follow. A file's last line without an end gets one. */
function wholeMessages(bytes: Uint8Array, framing: Framing, isPart: boolean): Uint8Array {
	const isLines = framing.name === 'ndjson' || framing.name === 'capture';
	if (isLines && !isPart && bytes.length > 0 && bytes.at(-1) !== LINE_FEED) {
		const ended = new Uint8Array(bytes.length + 1);
		ended.set(bytes);
		ended[bytes.length] = LINE_FEED;
		return ended;
	}
	// The framing itself says where its last whole message ends.
	const arena = createArena({ ceiling: bytes.length + 2 ** 22 });
	const input = arena.allocate('input', bytes.length, { guard: 4096 });
	const table = arena.allocate('descriptors', DESCRIPTORS * DESCRIPTOR.size);
	const context = arena.allocate('framing', contextBytes(framing)).address;
	arena.u8().set(bytes, input.address);
	const words = arena.u32();
	const put = (field: number, value: number): void => {
		words[(context + field) >>> 2] = value;
	};
	put(SCAN.start, input.address);
	put(SCAN.end, input.address + bytes.length);
	put(SCAN.scanned, input.address);
	put(SCAN.descriptors, table.address);
	put(SCAN.limit, DESCRIPTORS);
	put(SCAN.longest, LONGEST);
	const scan = framing.reference(arena.memory);
	do scan(context);
	while (words[(context + SCAN.stop) >>> 2] !== SCAN_STOP.needsBytes);
	return bytes.subarray(0, (words[(context + SCAN.start) >>> 2] as number) - input.address);
}
