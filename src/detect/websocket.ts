/** WebSocket frames (RFC 6455, 5.2) as they go over a connection, and the HTTP upgrade before them (4.1, 4.2.2). */
import { createMessageInflater } from '../sources/inflate.ts';
import { jsonBits } from './json-text.ts';

export interface WebSocketFrames {
	readonly frames: number;
	/** Of data messages that are whole. */
	readonly messages: readonly Uint8Array[];
	readonly isMasked: boolean;
	readonly isDeflated: boolean;
	readonly bits: number;
	readonly evidence: readonly string[];
}

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const MOST_MESSAGE = 1 << 18;
/** No frame of market data is as long. */
const LONGEST_FRAME = 2 ** 28;

/** The frames at the start of bytes; null where they contradict the RFC. */
export function readFrames(bytes: Uint8Array, most = 64): WebSocketFrames | null {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const inflate = createMessageInflater({ most: MOST_MESSAGE });
	const messages: Uint8Array[] = [];
	let parts: Uint8Array[] | null = null;
	let isPartsDeflated = false;
	let isDeflated = false;
	let masked: boolean | null = null;
	let bits = 0;
	let frames = 0;
	let texts = 0;
	let values = 0;
	let at = 0;
	while (at < bytes.length && frames < most) {
		const first = bytes[at] as number;
		const opcode = first & 15;
		const isFinal = first >= 128;
		const isControl = opcode >= 8;
		const isCompressed = (first & 0x40) !== 0;
		if ((opcode > OPCODE.binary && !isControl) || opcode > OPCODE.pong || (first & 0x30) !== 0) return null;
		if (isControl && (!isFinal || isCompressed)) return null;
		if (opcode === OPCODE.continuation && (parts === null || isCompressed)) return null;
		if ((opcode === OPCODE.text || opcode === OPCODE.binary) && parts !== null) return null;
		// 14 of 256 bytes can begin a connection, fewer a frame within it.
		bits += 4;
		const second = bytes[at + 1];
		if (second === undefined) break;
		const isMasked = second >= 128;
		if (masked !== null && isMasked !== masked) return null;
		bits += masked === null ? 0 : 1;
		masked = isMasked;
		const stated = second & 127;
		if (isControl && stated > 125) return null;
		let head = 2;
		let length = stated;
		if (stated === 126) {
			if (at + 4 > bytes.length) break;
			length = view.getUint16(at + 2);
			if (length < 126) return null;
			head = 4;
		} else if (stated === 127) {
			if (at + 10 > bytes.length) break;
			length = view.getUint32(at + 2) * 2 ** 32 + view.getUint32(at + 6);
			if (length < 65536 || length > LONGEST_FRAME) return null;
			head = 10;
			bits += 16;
		}
		if (opcode === OPCODE.close && length === 1) return null;
		const start = at + head + (isMasked ? 4 : 0);
		const isWhole = start + length <= bytes.length;
		const payload = unmasked(bytes.subarray(start, Math.min(start + length, bytes.length)), isMasked ? bytes.subarray(at + head, at + head + 4) : null);
		if (opcode === OPCODE.close && length >= 2 && payload.length >= 2) {
			const code = (payload[0] as number) * 256 + (payload[1] as number);
			// 7.4.2
			if (code < 1000 || code > 4999) return null;
			bits += 4;
		}
		if (!isControl && opcode !== OPCODE.continuation) isPartsDeflated = isCompressed;
		if (opcode === OPCODE.text && !isCompressed && payload.length > 0) {
			const utf8 = utf8Bits(payload);
			if (utf8 < 0) return null;
			const json = jsonBits(payload, isWhole && isFinal);
			texts++;
			if (json > 0) values++;
			bits += Math.max(utf8, json);
		}
		if (!isWhole) break;
		frames++;
		if (!isControl) {
			parts ??= [];
			parts.push(payload);
			if (isFinal) {
				const message = joined(parts);
				parts = null;
				if (isPartsDeflated) {
					isDeflated = true;
					const content = inflate(message);
					if (typeof content === 'string') bits -= 2;
					else {
						bits += 16;
						messages.push(content);
					}
				} else messages.push(message);
			}
		}
		at = start + length;
	}
	if (masked === null && frames === 0 && bytes.length > 1) return null;
	const evidence = [`its bytes are headers of WebSocket frames (RFC 6455): ${frames === 0 ? 'the first frame goes on' : `${frames} whole ${frames === 1 ? 'frame' : 'frames'} end to end`}, ${masked === true ? 'masked, as clients send them' : 'not masked, as servers send them'}`];
	if (texts > 0) evidence.push(`${texts} ${texts === 1 ? 'carries' : 'carry'} UTF-8 text${values === 0 ? '' : `, of which ${values} JSON`}`);
	if (isDeflated) evidence.push('messages are compressed with permessage-deflate (RFC 7692)');
	return { frames, messages, isMasked: masked === true, isDeflated, bits: Math.max(0, bits), evidence };
}

function unmasked(payload: Uint8Array, key: Uint8Array | null): Uint8Array {
	return key === null ? payload : payload.map((byte, index) => byte ^ (key[index & 3] ?? 0));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
	if (parts.length === 1) return parts[0] as Uint8Array;
	const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

/** Evidence that bytes are text, which may be cut; -1 where they are none. */
function utf8Bits(bytes: Uint8Array): number {
	try {
		new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
	} catch {
		return -1;
	}
	for (const byte of bytes) if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13) return 0;
	return Math.min(12, bytes.length);
}

export interface HttpUpgrade {
	/** `client` asks, `server` answers. */
	readonly from: 'client' | 'server';
	/** Byte behind the blank line; -1 where it has not come yet. */
	readonly end: number;
	readonly isUpgrade: boolean;
	/** `Sec-WebSocket-Version` of a client. */
	readonly version: string | null;
	/** `Sec-WebSocket-Protocol`, `Sec-WebSocket-Extensions`. */
	readonly subprotocol: string | null;
	readonly extensions: string | null;
	readonly bits: number;
}

const MOST_HEADERS = 16384;
const REQUEST = /^GET \S+ HTTP\/1\.1\r\n/;
const RESPONSE = /^HTTP\/1\.1 \d{3}[^\r\n]*\r\n/;
const STARTS = ['GET /', 'HTTP/1.1 '];

/** The HTTP request or response that bytes begin with; null where they do not. */
export function readUpgrade(bytes: Uint8Array): HttpUpgrade | null {
	const text = new TextDecoder('latin1').decode(bytes.subarray(0, MOST_HEADERS));
	const start = STARTS.find((known) => known.startsWith(text.slice(0, known.length)));
	if (start === undefined) return null;
	const from = start === STARTS[0] ? 'client' : 'server';
	const blank = text.indexOf('\r\n\r\n');
	const head = blank < 0 ? text : text.slice(0, blank + 2);
	if (head.includes('\r\n') && !(from === 'client' ? REQUEST : RESPONSE).test(head)) return null;
	const header = (name: string): string | null => new RegExp(`^${name}:[ \\t]*([^\\r\\n]*)`, 'im').exec(head)?.[1]?.trim() ?? null;
	const isUpgrade = header('Upgrade')?.toLowerCase() === 'websocket' && (from === 'client' ? header('Sec-WebSocket-Key') !== null : /^HTTP\/1\.1 101/.test(head));
	return { from, end: blank < 0 ? -1 : blank + 4, isUpgrade, version: header('Sec-WebSocket-Version'), subprotocol: header('Sec-WebSocket-Protocol'), extensions: header('Sec-WebSocket-Extensions'), bits: Math.min(text.length, start.length) * 8 + (isUpgrade ? 24 : 0) };
}
