const encoder = new TextEncoder();

/** Bytes of ASCII text, to be written again and again. */
export const ascii = (text: string): Uint8Array => encoder.encode(text);

const CHUNK = 1 << 18;
/** Room that there is for a message that does not ask for more. */
const USUAL = 1 << 14;
const ZERO = 48;
const POINT = 46;
const POWERS = Array.from({ length: 16 }, (_, power) => 10 ** power);
const HEX = ascii('0123456789abcdef');

/**
 * Writes messages one after the other into chunks that are never written again, so that each is a view, not a copy, and
 * stays as it is. Numbers go in without strings.
 */
export class TextWriter {
	#bytes = new Uint8Array(CHUNK);
	#at = 0;
	#start = 0;
	#second = -1;
	readonly #secondText = new Uint8Array(20);
	/** Messages that were ended and not yet taken. */
	readonly messages: Uint8Array[] = [];

	/** Makes room for a message of this many bytes. */
	begin(bytes = USUAL): void {
		if (this.#at + bytes > this.#bytes.length) {
			this.#bytes = new Uint8Array(Math.max(CHUNK, bytes));
			this.#at = 0;
		}
		this.#start = this.#at;
	}

	end(): void {
		this.messages.push(this.#bytes.subarray(this.#start, this.#at));
	}

	raw(bytes: Uint8Array): this {
		const { length } = bytes;
		// A call costs as much as some twenty bytes.
		if (length > 24) {
			this.#bytes.set(bytes, this.#at);
			this.#at += length;
		} else for (let index = 0; index < length; index++) this.#bytes[this.#at++] = bytes[index] as number;
		return this;
	}

	/** ASCII. */
	text(text: string): this {
		for (let index = 0; index < text.length; index++) this.#bytes[this.#at++] = text.charCodeAt(index);
		return this;
	}

	byte(code: number): this {
		this.#bytes[this.#at++] = code;
		return this;
	}

	/** Exactly so many digits. */
	digits(value: number, count: number): this {
		let rest = value;
		for (let at = this.#at + count - 1; at >= this.#at; at--) {
			const next = Math.floor(rest / 10);
			this.#bytes[at] = ZERO + (rest - next * 10);
			rest = next;
		}
		this.#at += count;
		return this;
	}

	/** A whole number that is not negative. */
	integer(value: number): this {
		let count = 1;
		while (count < 16 && value >= (POWERS[count] as number)) count++;
		return this.digits(value, count);
	}

	/** `value` × 10^-digits, with zeros up to `shown` digits after the point; a whole number has none. */
	decimal(value: number, digits: number, shown = digits): this {
		const power = POWERS[digits] as number;
		const whole = Math.floor(value / power);
		this.integer(whole);
		if (shown === 0) return this;
		this.#bytes[this.#at++] = POINT;
		this.digits(value - whole * power, digits);
		for (let zeros = digits; zeros < shown; zeros++) this.#bytes[this.#at++] = ZERO;
		return this;
	}

	/** RFC 3339 to the microsecond. */
	iso(microseconds: number): this {
		const second = Math.floor(microseconds / 1e6);
		if (second !== this.#second) {
			this.#second = second;
			this.#secondText.set(ascii(new Date(second * 1000).toISOString().slice(0, 19)));
			this.#secondText[19] = POINT;
		}
		return this.raw(this.#secondText)
			.digits(microseconds - second * 1e6, 6)
			.byte(0x5a);
	}

	/** Seconds since the epoch with microseconds. */
	seconds(microseconds: number): this {
		const second = Math.floor(microseconds / 1e6);
		return this.integer(second)
			.byte(POINT)
			.digits(microseconds - second * 1e6, 6);
	}

	/** So many hexadecimal digits of a 32-bit number. */
	hex(value: number, digits: number): this {
		for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) this.#bytes[this.#at++] = HEX[(value >>> shift) & 15] as number;
		return this;
	}
}
