/** Bytes that grow, and the number encodings of the WebAssembly binary format. */

const encoder = new TextEncoder();

export class BinaryWriter {
	#bytes: Uint8Array;
	#length = 0;

	constructor(capacity = 256) {
		this.#bytes = new Uint8Array(capacity);
	}

	get length(): number {
		return this.#length;
	}

	/** The bytes written so far; valid until the next write. */
	view(): Uint8Array {
		return this.#bytes.subarray(0, this.#length);
	}

	/** Replaces one byte already written. */
	patch(position: number, byte: number): void {
		this.#bytes[position] = byte;
	}

	byte(value: number): void {
		if (this.#length === this.#bytes.length) this.#grow(1);
		this.#bytes[this.#length++] = value;
	}

	append(bytes: ArrayLike<number>): void {
		if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
		this.#bytes.set(bytes, this.#length);
		this.#length += bytes.length;
	}

	/** An unsigned integer below 2^32 in LEB128. */
	unsigned(value: number): void {
		let rest = value;
		while (rest >= 0x80) {
			this.byte((rest & 0x7f) | 0x80);
			rest >>>= 7;
		}
		this.byte(rest);
	}

	/** A signed 32-bit integer in LEB128. */
	signed32(value: number): void {
		let rest = value | 0;
		// One byte carries seven bits, the highest of them the sign.
		while (rest < -0x40 || rest > 0x3f) {
			this.byte((rest & 0x7f) | 0x80);
			rest >>= 7;
		}
		this.byte(rest & 0x7f);
	}

	/** A signed 64-bit integer in LEB128. */
	signed64(value: bigint): void {
		// Two halves, as shifting a bigint allocates.
		let low = Number(BigInt.asIntN(32, value));
		let high = Number(BigInt.asIntN(32, value >> 32n));
		while (high !== low >> 31 || low < -0x40 || low > 0x3f) {
			this.byte((low & 0x7f) | 0x80);
			low = (low >>> 7) | (high << 25);
			high >>= 7;
		}
		this.byte(low & 0x7f);
	}

	float32(value: number): void {
		this.append(new Uint8Array(Float32Array.of(value).buffer));
	}

	float64(value: number): void {
		this.append(new Uint8Array(Float64Array.of(value).buffer));
	}

	/** A text with its length before it. */
	name(text: string): void {
		const bytes = encoder.encode(text);
		this.unsigned(bytes.length);
		this.append(bytes);
	}

	/** Bytes with their length before them. */
	sized(bytes: Uint8Array): void {
		this.unsigned(bytes.length);
		this.append(bytes);
	}

	/** An opcode of the tables in opcodes.ts. */
	opcode(opcode: number): void {
		if (opcode < 0x100) {
			this.byte(opcode);
			return;
		}
		this.byte(opcode >>> 12);
		this.unsigned(opcode & 0xfff);
	}

	#grow(needed: number): void {
		const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + needed));
		grown.set(this.view());
		this.#bytes = grown;
	}
}
