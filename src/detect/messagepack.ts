/** Whether a message is a MessagePack map or array: there is no magic, so names and texts in it have to tell. */
import { fixedLengthOf, kindOf, lengthBytesOf } from '../kernels/messagepack-format.ts';

/** Values looked at. */
const MOST_VALUES = 512;
/** Text is no longer than this in any message. */
const LONGEST = 2 ** 24;

/** Evidence in bits that a message is MessagePack; -1 where it is not. */
export function messagePackBits(message: Uint8Array, isWhole: boolean): number {
	const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
	const first = message[0];
	if (first === undefined) return -1;
	const top = kindOf(first);
	if (top !== 'map' && top !== 'array') return -1;
	// 35 of 256 bytes begin a map or an array.
	let bits = 3;
	let at = 0;
	/** Of each open map or array: values still to come, and whether every other is a key. */
	const open: { left: number; readonly isMap: boolean }[] = [];
	let values = 0;
	for (;;) {
		if (at >= message.length) return isWhole ? -1 : Math.min(bits, 32);
		const byte = message[at] as number;
		const kind = kindOf(byte);
		if (kind === 'unused') return -1;
		const parent = open.at(-1);
		const isKey = parent?.isMap === true && parent.left % 2 === 0;
		// Keys of market data are names, or small numbers.
		if (isKey && kind !== 'string' && kind !== 'integer') return -1;
		const lengthBytes = lengthBytesOf(byte);
		if (at + 1 + lengthBytes > message.length) return isWhole ? -1 : Math.min(bits, 32);
		const length = lengthBytes === 0 ? fixedLengthOf(byte) : lengthBytes === 1 ? view.getUint8(at + 1) : lengthBytes === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
		if (length > LONGEST) return -1;
		// The shortest form is not asked for, but it is what everybody writes.
		if (kind === 'string' && ((lengthBytes === 1 && length < 32) || (lengthBytes === 2 && length < 256))) bits -= 2;
		at += 1 + lengthBytes;
		if (parent !== undefined) parent.left--;
		if (kind === 'map' || kind === 'array') {
			if (open.length === 64) return -1;
			open.push({ left: kind === 'map' ? length * 2 : length, isMap: kind === 'map' });
		} else {
			const size = length + (kind === 'extension' ? 1 : 0);
			if (kind === 'string') {
				const letters = textLetters(message.subarray(at, at + Math.min(size, 64)));
				if (letters < 0) return -1;
				bits += (isKey ? 3 : 1) + Math.min(10, letters);
			} else if (kind === 'boolean' || kind === 'nil') bits += 2;
			at += size;
			if (at > message.length) return isWhole ? -1 : Math.min(bits, 32);
		}
		while (open.length > 0 && open.at(-1)?.left === 0) open.pop();
		if (open.length === 0) break;
		if (++values > MOST_VALUES) return Math.min(bits, 32);
	}
	if (isWhole && at !== message.length) return -1;
	return Math.max(0, Math.min(bits, 32));
}

/** Letters, digits and signs of ASCII in a text that may be cut; -1 where it is none. */
function textLetters(bytes: Uint8Array): number {
	let letters = 0;
	let isAscii = true;
	for (const byte of bytes) {
		if (byte < 0x20 || byte === 0x7f) return -1;
		if (byte < 0x7f) letters++;
		else isAscii = false;
	}
	if (isAscii) return letters;
	try {
		new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
		return letters;
	} catch {
		return -1;
	}
}
