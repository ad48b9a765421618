/** What a file is, from its first bytes: magic numbers, then the shape of its first messages. */

import { fixedLengthOf, kindOf, lengthBytesOf } from '../kernels/messagepack-format.ts';
import { concatenated } from './concatenated.ts';
import { grpcMessages, varintDelimited } from './delimited.ts';
import { binaryFile, type LengthPrefix, lengthPrefixed, simpleOpenFraming } from './length-prefixed.ts';
import { capture, lines } from './lines.ts';
import { messagePackValues } from './messagepack.ts';
import { moldUdp64, sequencedUnits } from './packets.ts';
import type { Framing } from './scan-abi.ts';
import { soupBinTcp } from './soup-bin-tcp.ts';

export type Format = 'gzip' | 'zstd' | 'lz4' | 'snappy' | 'quarantine' | 'capture' | 'ndjson' | 'length-prefixed' | 'concatenated' | 'msgpack' | 'arrow-file' | 'arrow-stream' | 'parquet' | 'fix' | 'pcap' | 'wasm' | 'empty' | 'unknown';

export interface Detected {
	readonly format: Format;
	/** How to cut it into messages; null where that is not known (or must be unpacked first). */
	readonly framing: Framing | null;
	/** Why it was taken for this, in words. */
	readonly why: string;
}

/** The first eight bytes of a quarantine file; drawn in integrity/quarantine.ts. */
export const QUARANTINE_MAGIC: readonly number[] = [0x54, 0x46, 0x51, 0x55, 0x41, 0x52, 0x0d, 0x0a];

const MAGICS: readonly { readonly format: Format; readonly bytes: readonly number[]; readonly why: string }[] = [
	{ format: 'gzip', bytes: [0x1f, 0x8b], why: 'it starts with the gzip magic 1f 8b' },
	{ format: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd], why: 'it starts with the Zstandard magic 28 b5 2f fd' },
	{ format: 'lz4', bytes: [0x04, 0x22, 0x4d, 0x18], why: 'it starts with the magic of LZ4 frames 04 22 4d 18' },
	{ format: 'lz4', bytes: [0x02, 0x21, 0x4c, 0x18], why: 'it starts with the magic of legacy LZ4 frames 02 21 4c 18' },
	{ format: 'snappy', bytes: [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59], why: "it starts with the stream identifier of Snappy's framing format" },
	{ format: 'quarantine', bytes: QUARANTINE_MAGIC, why: 'it starts with the magic of a tickforge quarantine file' },
	{ format: 'arrow-file', bytes: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], why: 'it starts with ARROW1, as Arrow files do' },
	{ format: 'arrow-stream', bytes: [0xff, 0xff, 0xff, 0xff], why: "it starts with the Arrow stream's continuation marker ff ff ff ff" },
	{ format: 'parquet', bytes: [0x50, 0x41, 0x52, 0x31], why: 'it starts with PAR1, as Parquet files do' },
	{ format: 'fix', bytes: [0x38, 0x3d, 0x46, 0x49, 0x58], why: 'it starts with 8=FIX' },
	{ format: 'wasm', bytes: [0x00, 0x61, 0x73, 0x6d], why: 'it starts with the WebAssembly magic' },
	{ format: 'pcap', bytes: [0xd4, 0xc3, 0xb2, 0xa1], why: 'it starts with a pcap magic' },
	{ format: 'pcap', bytes: [0x4d, 0x3c, 0xb2, 0xa1], why: 'it starts with a pcap magic (nanoseconds)' },
	{ format: 'pcap', bytes: [0x0a, 0x0d, 0x0d, 0x0a], why: 'it starts with the pcapng magic' },
];

const PREFIXES: readonly LengthPrefix[] = [
	{ bytes: 4, endian: 'little' },
	{ bytes: 4, endian: 'big' },
	{ bytes: 2, endian: 'little' },
	{ bytes: 2, endian: 'big' },
];

/**
 * Tells a file's format from its first bytes.
 *
 * @param sample the first bytes, 64 KiB are plenty
 * @param complete whether they are the whole file
 */
export function detectFormat(sample: Uint8Array, complete: boolean): Detected {
	if (sample.length === 0) return { format: 'empty', framing: lines(), why: 'it holds no bytes' };
	for (const { format, bytes, why } of MAGICS) {
		if (bytes.every((byte, index) => sample[index] === byte)) return { format, framing: null, why };
	}
	return detectLines(sample, complete) ?? detectPrefix(sample, complete) ?? detectValues(sample) ?? detectMessagePack(sample, complete) ?? { format: 'unknown', framing: null, why: 'it starts with none of the magics known here, and with neither JSON nor MessagePack' };
}

const TIMED = /^\d{1,10}(\.\d+)?: /;
const CLIENT = /^[A-Za-z]\S* <->? /;

function detectLines(sample: Uint8Array, complete: boolean): Detected | null {
	const texts = new TextDecoder().decode(sample).split('\n');
	// The last line of a sample is cut anywhere.
	const cut = complete ? '' : (texts.pop() ?? '');
	const records = texts.map((text) => text.replace(/\r$/, '')).filter((text) => text !== '');
	if (records.length === 0) {
		if (TIMED.test(cut)) return { format: 'capture', framing: capture(), why: 'its first line starts with a time and a colon, as a capture does' };
		return /^\s*[[{]/.test(cut) && !cut.includes('\0') ? { format: 'ndjson', framing: lines(), why: 'it starts with a JSON value, longer than what was looked at' } : null;
	}
	const timed = records.filter((text) => TIMED.test(text)).length;
	const client = records.filter((text) => CLIENT.test(text)).length;
	if (timed + client > records.length / 2) {
		return { format: 'capture', framing: capture(), why: `of its first ${records.length} lines ${timed} start with a receive time and ${client} with a connection's URL, as a capture's do` };
	}
	const valid = records.filter(isJson).length;
	if (valid > records.length / 2) return { format: 'ndjson', framing: lines(), why: `of its first ${records.length} lines ${valid} are JSON values` };
	return null;
}

function isJson(text: string): boolean {
	if (!/^\s*[[{"]/.test(text)) return false;
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

function detectPrefix(sample: Uint8Array, complete: boolean): Detected | null {
	for (const prefix of PREFIXES) {
		const messages = countPrefixed(sample, complete, prefix);
		if (messages === 0) continue;
		const framing = lengthPrefixed(prefix);
		return { format: 'length-prefixed', framing, why: `read as ${framing.description}, it starts with ${messages} JSON ${messages === 1 ? 'value' : 'values'} end to end` };
	}
	return null;
}

/** How many messages the sample starts with under this prefix; 0 where it does not fit throughout. */
function countPrefixed(sample: Uint8Array, complete: boolean, { bytes, endian }: LengthPrefix): number {
	const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
	let messages = 0;
	let at = 0;
	while (at + bytes < sample.length) {
		const length = bytes === 2 ? view.getUint16(at, endian === 'little') : view.getUint32(at, endian === 'little');
		const first = sample[at + bytes];
		if (length < 2 || (first !== 0x7b && first !== 0x5b)) return 0;
		at += bytes + length;
		if (at > sample.length) return complete ? 0 : messages;
		const last = sample[at - 1];
		if (last !== 0x7d && last !== 0x5d) return 0;
		messages++;
	}
	return complete && at !== sample.length ? 0 : messages;
}

function detectValues(sample: Uint8Array): Detected | null {
	const text = new TextDecoder().decode(sample.subarray(0, 4096));
	if (!/^\s*[[{]/.test(text)) return null;
	return { format: 'concatenated', framing: concatenated(), why: 'it starts with JSON that goes over several lines' };
}

/** MessagePack has no magic: values one after the other, to the end, the first and most of them maps or arrays. */
function detectMessagePack(sample: Uint8Array, complete: boolean): Detected | null {
	const messages = countMessagePack(sample, complete);
	if (messages === 0) return null;
	return { format: 'msgpack', framing: messagePackValues(), why: `read as MessagePack, it starts with ${messages} ${messages === 1 ? 'map or array' : 'maps or arrays'} end to end` };
}

/** How many values the sample starts with; 0 where it does not hold values throughout. */
function countMessagePack(sample: Uint8Array, complete: boolean): number {
	const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
	let messages = 0;
	let others = 0;
	let isMessage = false;
	let at = 0;
	let left = 0;
	while (at < sample.length) {
		const byte = sample[at] as number;
		const kind = kindOf(byte);
		if (left === 0) {
			// Something else may be a message that is broken.
			if (kind !== 'map' && kind !== 'array' && ++others > messages) return 0;
			isMessage = kind === 'map' || kind === 'array';
			left = 1;
		}
		if (kind === 'unused') return 0;
		const lengthBytes = lengthBytesOf(byte);
		if (at + lengthBytes >= sample.length && lengthBytes > 0) return complete ? 0 : messages;
		const length = lengthBytes === 0 ? fixedLengthOf(byte) : lengthBytes === 1 ? view.getUint8(at + 1) : lengthBytes === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
		at += 1 + lengthBytes;
		left--;
		if (kind === 'map') left += length * 2;
		else if (kind === 'array') left += length;
		else at += length + (kind === 'extension' ? 1 : 0);
		// No message is as long as that.
		if (left > 2 ** 24) return 0;
		if (left === 0 && at <= sample.length && isMessage) messages++;
	}
	return complete && (left > 0 || at > sample.length) ? 0 : messages;
}

/** Every framing by the name that `--format` takes. */
export const FRAMINGS: Readonly<Record<string, () => Framing>> = {
	capture,
	ndjson: lines,
	concatenated,
	msgpack: messagePackValues,
	'length-16-little': () => lengthPrefixed({ bytes: 2, endian: 'little' }),
	'length-16-big': () => lengthPrefixed({ bytes: 2, endian: 'big' }),
	'length-32-little': () => lengthPrefixed({ bytes: 4, endian: 'little' }),
	'length-32-big': () => lengthPrefixed({ bytes: 4, endian: 'big' }),
	grpc: grpcMessages,
	'grpc-list': () => grpcMessages({ items: 1 }),
	'varint-delimited': varintDelimited,
	'varint-delimited-list': () => varintDelimited({ items: 1 }),
	binaryfile: binaryFile,
	sofh: simpleOpenFraming,
	soupbintcp: soupBinTcp,
	moldudp64: moldUdp64,
	'cboe-units': sequencedUnits,
};
