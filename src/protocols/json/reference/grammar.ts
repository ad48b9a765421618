/**
 * The grammar of RFC 8259, strictly: a scanner that goes over a message once and refuses the first byte that is wrong
 * with the category and the offset that docs/json.md states.
 */
import { DEPTH_LIMIT } from '../../../compiler/parser-abi.ts';
import { Refusal } from '../../rows/reference/refusal.ts';
import { asciiText, utf8SequenceLength } from '../../rows/reference/text.ts';

/** What a value's first byte says it is. */
export type ValueKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

/** A string as it stands between its quotes: checked, not yet decoded. */
export interface RawString {
	readonly bytes: Uint8Array;
	/** It contains at least one escape. */
	readonly escaped: boolean;
}

const code = (character: string): number => character.charCodeAt(0);
const QUOTE = code('"');
const BACKSLASH = code('\\');
const COMMA = code(',');
const COLON = code(':');
const MINUS = code('-');
const PLUS = code('+');
const POINT = code('.');
const OPEN_BRACE = code('{');
const CLOSE_BRACE = code('}');
const OPEN_BRACKET = code('[');
const CLOSE_BRACKET = code(']');

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isHexDigit = (byte: number): boolean => isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);

/** One character behind a backslash, and what it stands for (`u` apart). */
const SIMPLE_ESCAPES: ReadonlyMap<number, number> = new Map(Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, b: 0x08, f: 0x0c, n: 0x0a, r: 0x0d, t: 0x09 }).map(([letter, byte]) => [code(letter), byte]));

/** Goes over the bytes of one message. Every method starts at {@link at} and leaves it after what it has read. */
export class Scanner {
	readonly bytes: Uint8Array;
	at = 0;

	constructor(bytes: Uint8Array) {
		this.bytes = bytes;
	}

	get ended(): boolean {
		return this.at >= this.bytes.length;
	}

	/** The byte here; refuses the message where it ends. */
	private get byte(): number {
		const byte = this.bytes[this.at];
		if (byte === undefined) throw new Refusal('truncated', this.bytes.length);
		return byte;
	}

	whitespace(): void {
		while (!this.ended && [0x20, 0x09, 0x0a, 0x0d].includes(this.byte)) this.at++;
	}

	/** What the value that starts here is (white space has been skipped). Reads nothing. */
	kind(): ValueKind {
		const { byte } = this;
		if (byte === QUOTE) return 'string';
		if (byte === MINUS || isDigit(byte)) return 'number';
		if (byte === code('t') || byte === code('f')) return 'boolean';
		if (byte === code('n')) return 'null';
		if (byte === OPEN_BRACE) return 'object';
		if (byte === OPEN_BRACKET) return 'array';
		throw new Refusal('syntax', this.at);
	}

	/** `true`, `false` or `null`: which one its first byte has said. */
	word(): boolean | null {
		const { byte } = this;
		const text = byte === code('t') ? 'true' : byte === code('f') ? 'false' : 'null';
		for (const letter of text) this.expect(code(letter));
		return text === 'null' ? null : text === 'true';
	}

	/** The text of a number. */
	number(): string {
		const start = this.at;
		if (this.byte === MINUS) this.at++;
		// A zero stands alone: what follows it, if a digit, is not part of the number.
		if (this.byte === code('0')) this.at++;
		else this.digits();
		if (!this.ended && this.byte === POINT) {
			this.at++;
			this.digits();
		}
		if (!this.ended && (this.byte === code('e') || this.byte === code('E'))) {
			this.at++;
			if (this.byte === PLUS || this.byte === MINUS) this.at++;
			this.digits();
		}
		return asciiText(this.bytes.subarray(start, this.at));
	}

	/** One or more. */
	private digits(): void {
		if (!isDigit(this.byte)) throw new Refusal('number', this.at);
		while (!this.ended && isDigit(this.byte)) this.at++;
	}

	string(): RawString {
		this.expect(QUOTE);
		const start = this.at;
		let escaped = false;
		for (;;) {
			const { byte } = this;
			if (byte === QUOTE) {
				const bytes = this.bytes.subarray(start, this.at);
				this.at++;
				return { bytes, escaped };
			}
			if (byte < 0x20) throw new Refusal('control-character', this.at);
			if (byte === BACKSLASH) {
				escaped = true;
				this.escape();
			} else if (byte < 0x80) this.at++;
			else {
				const length = utf8SequenceLength(this.bytes.subarray(this.at, this.at + 4));
				if (length === 0) throw new Refusal('utf8', this.at);
				this.at += length;
			}
		}
	}

	private escape(): void {
		const backslash = this.at;
		this.at++;
		const letter = this.byte;
		this.at++;
		if (SIMPLE_ESCAPES.has(letter)) return;
		if (letter !== code('u')) throw new Refusal('escape', backslash);
		for (let digit = 0; digit < 4; digit++) {
			if (!isHexDigit(this.byte)) throw new Refusal('escape', backslash);
			this.at++;
		}
	}

	/** The opening bracket of an object or array, with `depth` containers open around it. */
	open(depth: number): void {
		if (depth >= DEPTH_LIMIT) throw new Refusal('depth', this.at);
		this.at++;
	}

	/**
	 * The members of an object or the elements of an array, from after the opening bracket to the closing one, which is
	 * left unread: calls `read` at the first byte of each, after white space.
	 */
	private items(closing: number, read: () => void): void {
		this.whitespace();
		if (this.byte === closing) return;
		for (;;) {
			read();
			this.whitespace();
			if (this.byte === closing) return;
			this.expect(COMMA);
			this.whitespace();
			// Something must follow the comma.
			void this.byte;
		}
	}

	/** Calls `read` at each element. What stands there need not be a value. Ends at the closing bracket. */
	elements(read: () => void): void {
		this.items(CLOSE_BRACKET, read);
	}

	/** Calls `named` when a key has been read, then `read` at the first byte after the colon and white space. Ends at the closing bracket. */
	members<Named>(named: (key: RawString, offset: number) => Named, read: (key: Named, offset: number) => void): void {
		this.items(CLOSE_BRACE, () => {
			const offset = this.at;
			const key = named(this.string(), offset);
			this.whitespace();
			this.expect(COLON);
			this.whitespace();
			read(key, offset);
		});
	}

	/** Any value, checked and dropped, with `depth` containers open around it. */
	skip(depth: number): void {
		switch (this.kind()) {
			case 'string':
				this.string();
				return;
			case 'number':
				this.number();
				return;
			case 'boolean':
			case 'null':
				this.word();
				return;
			case 'array':
				this.open(depth);
				this.elements(() => this.skip(depth + 1));
				this.at++;
				return;
			case 'object':
				this.open(depth);
				this.members(
					() => null,
					() => this.skip(depth + 1),
				);
				this.at++;
		}
	}

	private expect(byte: number): void {
		if (this.byte !== byte) throw new Refusal('syntax', this.at);
		this.at++;
	}
}

/** The string's content as UTF-8. */
export function decodeString({ bytes, escaped }: RawString): Uint8Array {
	if (!escaped) return bytes;
	const decoded: number[] = [];
	const hex = (at: number): number => Number.parseInt(asciiText(bytes.subarray(at, at + 4)), 16);
	let at = 0;
	while (at < bytes.length) {
		const byte = bytes[at] as number;
		if (byte !== BACKSLASH) {
			decoded.push(byte);
			at++;
			continue;
		}
		const letter = bytes[at + 1] as number;
		const simple = SIMPLE_ESCAPES.get(letter);
		if (simple !== undefined) {
			decoded.push(simple);
			at += 2;
			continue;
		}
		const unit = hex(at + 2);
		at += 6;
		let text = String.fromCharCode(unit);
		const isHigh = unit >= 0xd800 && unit <= 0xdbff;
		if (isHigh && bytes[at] === BACKSLASH && bytes[at + 1] === code('u')) {
			const low = hex(at + 2);
			if (low >= 0xdc00 && low <= 0xdfff) {
				text += String.fromCharCode(low);
				at += 6;
			}
		}
		// TextEncoder makes a lone surrogate U+FFFD.
		decoded.push(...encoder.encode(text));
	}
	return Uint8Array.from(decoded);
}

const encoder = new TextEncoder();
