/** Messages as the bytes of a file. */
import { createGzip, createZstdCompress } from 'node:zlib';
import { encodeMessagePack } from '../protocols/msgpack/index.ts';
import type { SimulatedMessage } from './index.ts';
import { ascii } from './text-writer.ts';

/** `length-32-little`: each message after its length, four bytes; `varint-delimited`: a varint; `grpc`: with gRPC's prefix. `msgpack`: the values of each JSON message as MessagePack, without times. `concatenated`: messages as they are, one behind the other. */
export type FileFormat = 'capture' | 'ndjson' | 'length-32-little' | 'varint-delimited' | 'grpc' | 'msgpack' | 'concatenated';
export type FileCompression = 'none' | 'gzip' | 'zstd';

const PIECE = 1 << 20;

/** The file's bytes in pieces of about a megabyte. `url` stands in a capture's first line. */
export function* framePieces(messages: Iterable<SimulatedMessage>, format: FileFormat, url = 'wss://simulated.invalid/'): Generator<Uint8Array, void, undefined> {
	let piece = new Uint8Array(PIECE);
	let at = 0;
	let first = true;
	for (const { received, payload: text } of messages) {
		const payload = format === 'msgpack' ? asMessagePack(text) : text;
		const room = payload.length + 40 + (first ? url.length + 40 : 0);
		if (at + room > piece.length) {
			if (at > 0) yield piece.subarray(0, at);
			piece = new Uint8Array(Math.max(PIECE, room));
			at = 0;
		}
		if (format === 'length-32-little') {
			new DataView(piece.buffer).setUint32(at, payload.length, true);
			at += 4;
		} else if (format === 'varint-delimited') {
			for (let rest = payload.length; ; rest = Math.floor(rest / 128)) {
				piece[at++] = (rest & 127) | (rest > 127 ? 128 : 0);
				if (rest < 128) break;
			}
		} else if (format === 'grpc') {
			piece[at] = 0;
			new DataView(piece.buffer).setUint32(at + 1, payload.length);
			at += 5;
		} else if (format === 'capture') {
			const seconds = `${Math.floor(received / 1e6)}.${String(received % 1e6).padStart(6, '0')}`;
			const head = ascii(first ? `${url} <-> ${seconds}\n${seconds}: ` : `${seconds}: `);
			piece.set(head, at);
			at += head.length;
		}
		first = false;
		piece.set(payload, at);
		at += payload.length;
		if (format === 'capture' || format === 'ndjson') piece[at++] = 0x0a;
	}
	if (at > 0) yield piece.subarray(0, at);
}

/** The values of a JSON message as MessagePack. What was broken on purpose and is no JSON any more becomes a str, which no parser takes for a message. */
export function asMessagePack(text: Uint8Array): Uint8Array {
	const decoded = new TextDecoder().decode(text);
	try {
		return encodeMessagePack(JSON.parse(decoded));
	} catch {
		return encodeMessagePack(decoded);
	}
}

/** Packs pieces; only a few of them are in memory at a time. */
export async function* compressPieces(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, compression: FileCompression): AsyncGenerator<Uint8Array, void, undefined> {
	if (compression === 'none') {
		yield* pieces;
		return;
	}
	const packer = compression === 'gzip' ? createGzip() : createZstdCompress();
	const feed = (async () => {
		for await (const piece of pieces) {
			if (!packer.write(piece)) await new Promise<void>((resolve) => packer.once('drain', () => resolve()));
		}
		packer.end();
	})();
	feed.catch((error: unknown) => packer.destroy(error instanceof Error ? error : new Error(String(error))));
	for await (const chunk of packer) yield chunk as Uint8Array;
	await feed;
}
