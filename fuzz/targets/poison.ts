/** Bytes that lie around what a decoder is given. It may read some of them; nothing may come of it. */
import type { Input } from '../input.ts';

const LENGTH = 64;
const repeated = (...bytes: readonly number[]): Uint8Array => Uint8Array.from({ length: LENGTH }, (_, index) => bytes[index % bytes.length] as number);
const text = (pattern: string): Uint8Array => repeated(...new TextEncoder().encode(pattern));

/** What goes on where a message of some format was cut: digits, quotes and brackets, newlines, small lengths, headers. */
const PATTERNS: readonly Uint8Array[] = [repeated(0), text('0"]},:'), repeated(0xff), text('9\n: 1.'), repeated(0xc0, 0x01), text('"}]}'), repeated(0x81, 0xa1, 0x70), repeated(0x01, 0x00, 0x00, 0x00), text('\\" '), repeated(0x7f), text('{"e":1}'), repeated(0x92, 0x01)];

/** Five patterns of 64 bytes, no two of them alike; which ones depends on the input alone. The last is the input itself: what really comes next is often more of the same. */
export function poisons(input: Input): readonly Uint8Array[] {
	const [first = new Uint8Array(0)] = input;
	let sum = first.length;
	for (const part of input) for (let at = 0; at < part.length; at += 7) sum = (Math.imul(sum, 31) + (part[at] as number)) >>> 0;
	const chosen = [0, 1, 2, 3].map((index) => PATTERNS[(sum + index * 3) % PATTERNS.length] as Uint8Array);
	return [...chosen, first.length === 0 ? repeated(0x37) : repeated(...first.subarray(0, LENGTH))];
}
