/** Payloads that a capture holds as Python bytes literals: unescaped, inflated where they are gzip, placed in the arena. */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';

const BACKSLASH = 0x5c;
const LETTER_B = 0x62;
const QUOTES = [0x27, 0x22];
/** What may follow a backslash, and the byte it means. */
const ESCAPES: Readonly<Record<number, number>> = { 92: 0x5c, 39: 0x27, 34: 0x22, 110: 0x0a, 114: 0x0d, 116: 0x09, 97: 0x07, 98: 0x08, 102: 0x0c, 118: 0x0b };
const LETTER_X = 0x78;

/**
 * The bytes that `b'…'` or `b"…"` means, written over `into` (which may be the literal's own memory: they are never
 * more than its text).
 *
 * @returns how many, or -1 where the text is no such literal
 */
export function readBytesLiteral(text: Uint8Array, into: Uint8Array): number {
	const quote = text[1] ?? 0;
	if (text.length < 3 || text[0] !== LETTER_B || !QUOTES.includes(quote) || text[text.length - 1] !== quote) return -1;
	const end = text.length - 1;
	let length = 0;
	let at = 2;
	while (at < end) {
		const byte = text[at++] as number;
		if (byte === quote) return -1;
		if (byte !== BACKSLASH) {
			into[length++] = byte;
			continue;
		}
		if (at === end) return -1;
		const kind = text[at++] as number;
		if (kind === LETTER_X) {
			const high = hexDigit(text[at]);
			const low = hexDigit(text[at + 1]);
			if (at + 2 > end || high < 0 || low < 0) return -1;
			into[length++] = high * 16 + low;
			at += 2;
			continue;
		}
		const meant = ESCAPES[kind];
		if (meant === undefined) return -1;
		into[length++] = meant;
	}
	return length;
}

function hexDigit(byte: number | undefined): number {
	if (byte === undefined) return -1;
	if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
	const letter = byte | 0x20;
	return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Inflates a gzip member or a zlib stream to at most `most` bytes; `too-large` beyond them, `broken` where it cannot. */
export type Inflate = (bytes: Uint8Array, most: number) => Uint8Array | 'too-large' | 'broken';

export interface PayloadDecoder {
	/**
	 * Decodes payloads from descriptor `from` on and points the descriptors at the result. Stops before one for which
	 * there is no room; `refused` then tells whether there never will be.
	 *
	 * @returns the first descriptor not looked at
	 */
	decode(descriptors: number, from: number, count: number): number;
	/** Whether the descriptor that `decode` stopped at does not even fit the empty room. */
	readonly refused: boolean;
	/** Forgets what was decoded; its room is used again. */
	reset(): void;
}

/**
 * A decoder whose results lie in `size` bytes at `address` (READ_BEYOND readable bytes must follow). What is no
 * valid literal, or inflates to nothing sensible, stays as it is, for the parser to refuse.
 */
export function createPayloadDecoder(memory: WebAssembly.Memory, address: number, size: number, inflate: Inflate): PayloadDecoder {
	let used = 0;
	let refused = false;
	const place = (bytes: Uint8Array): number => {
		const at = address + used;
		new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
		used += bytes.length;
		return at;
	};
	return {
		get refused() {
			return refused;
		},
		reset() {
			used = 0;
		},
		decode(descriptors, from, count) {
			const view = new DataView(memory.buffer);
			refused = false;
			for (let index = from; index < count; index++) {
				const descriptor = descriptors + index * DESCRIPTOR.size;
				const offset = view.getUint32(descriptor + DESCRIPTOR.offset, true);
				const length = view.getUint32(descriptor + DESCRIPTOR.length, true);
				const text = new Uint8Array(memory.buffer, offset, length);
				if (text[0] !== LETTER_B || length < 3) continue;
				const raw = new Uint8Array(length);
				const rawLength = readBytesLiteral(text, raw);
				if (rawLength < 0) continue;
				let meant: Uint8Array = raw.subarray(0, rawLength);
				if (meant[0] === 0x1f && meant[1] === 0x8b) {
					const inflated = inflate(meant, size - used);
					if (inflated === 'too-large') {
						refused = used === 0;
						return index;
					}
					if (inflated === 'broken') continue;
					meant = inflated;
				} else if (meant.length > size - used) {
					refused = used === 0;
					return index;
				}
				view.setUint32(descriptor + DESCRIPTOR.offset, place(meant), true);
				view.setUint32(descriptor + DESCRIPTOR.length, meant.length, true);
			}
			return count;
		},
	};
}
