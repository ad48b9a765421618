/** Whether bytes are the start of a JSON object or array, or all of one. */

export interface JsonShape {
	/** Byte behind the value, where it is whole; -1 where it goes on. */
	readonly end: number;
	/** Brackets, and other tokens begun, so far. */
	readonly brackets: number;
	readonly tokens: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const WORDS = ['true', 'false', 'null'];
/** Deeper is nothing that anybody sends. */
const DEEPEST = 256;

type Expected = 'value' | 'key' | 'first-key' | 'first-value' | 'colon' | 'after';

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isNumberPart = (byte: number): boolean => (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e || byte === 0x65 || byte === 0x45;

/** The object or array that begins at `from`, over white space; null where the bytes contradict that. Numbers and escapes are not looked at closely. */
export function readJson(bytes: Uint8Array, from = 0): JsonShape | null {
	/** True: an object. */
	const open: boolean[] = [];
	let brackets = 0;
	let tokens = 0;
	/** What may come next. */
	let expect: Expected = 'value';
	let at = from;
	const goesOn = (): JsonShape => ({ end: -1, brackets, tokens });
	while (at < bytes.length) {
		const byte = bytes[at] as number;
		if (isSpace(byte)) {
			at++;
			continue;
		}
		const isValue = expect === 'value' || expect === 'first-value';
		if (byte === 0x7b || byte === 0x5b) {
			if (!isValue || open.length === DEEPEST) return null;
			open.push(byte === 0x7b);
			brackets++;
			expect = byte === 0x7b ? 'first-key' : 'first-value';
			at++;
		} else if (byte === 0x7d || byte === 0x5d) {
			const isObject = byte === 0x7d;
			if (open.at(-1) !== isObject || !(expect === 'after' || expect === (isObject ? 'first-key' : 'first-value'))) return null;
			open.pop();
			brackets++;
			at++;
			if (open.length === 0) return { end: at, brackets, tokens };
			expect = 'after';
		} else if (open.length === 0) return null;
		else if (byte === COMMA || byte === COLON) {
			if (expect !== (byte === COMMA ? 'after' : 'colon')) return null;
			expect = byte === COLON || open.at(-1) === false ? 'value' : 'key';
			tokens++;
			at++;
		} else if (byte === QUOTE) {
			const isKey: boolean = expect === 'key' || expect === 'first-key';
			if (!isKey && !isValue) return null;
			tokens++;
			at++;
			for (;;) {
				if (at >= bytes.length) return goesOn();
				const inside = bytes[at++] as number;
				if (inside < 0x20) return null;
				if (inside === QUOTE) break;
				if (inside === BACKSLASH) at++;
			}
			expect = isKey ? 'colon' : 'after';
		} else {
			if (!isValue) return null;
			tokens++;
			const start = at;
			if (isNumberPart(byte) && byte !== 0x2b && byte !== 0x65 && byte !== 0x45) while (at < bytes.length && isNumberPart(bytes[at] as number)) at++;
			else {
				while (at < bytes.length && at - start < 6 && (bytes[at] as number) >= 0x61 && (bytes[at] as number) <= 0x7a) at++;
				const word = String.fromCharCode(...bytes.subarray(start, at));
				if (!(at === bytes.length ? WORDS.some((known) => known.startsWith(word)) : WORDS.includes(word)) || word === '') return null;
			}
			expect = 'after';
		}
	}
	return goesOn();
}

/** Evidence in bits that a message is JSON; -1 where it is not. */
export function jsonBits(message: Uint8Array, isWhole: boolean): number {
	const shape = readJson(message);
	if (shape === null) return -1;
	if (!isWhole && shape.end < 0) return Math.min(32, shape.brackets * 8 + shape.tokens * 4);
	if (shape.end < 0) return -1;
	for (let at = shape.end; at < message.length; at++) if (!isSpace(message[at] as number)) return -1;
	return Math.min(32, shape.brackets * 8 + shape.tokens * 4);
}
