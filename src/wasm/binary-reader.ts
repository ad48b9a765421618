/** Reads what binary-writer.ts writes. */

const decoder = new TextDecoder('utf-8', { fatal: true });

export class BinaryReader {
	readonly #bytes: Uint8Array;
	#position = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	get position(): number {
		return this.#position;
	}

	get atEnd(): boolean {
		return this.#position >= this.#bytes.length;
	}

	byte(): number {
		const byte = this.#bytes[this.#position++];
		if (byte === undefined) throw new Error('tickforge: the WebAssembly module ends too early');
		return byte;
	}

	take(length: number): Uint8Array {
		if (this.#position + length > this.#bytes.length) throw new Error('tickforge: the WebAssembly module ends too early');
		this.#position += length;
		return this.#bytes.subarray(this.#position - length, this.#position);
	}

	/** An unsigned integer of at most 32 bits in LEB128. */
	unsigned(): number {
		let value = 0;
		for (let shift = 0; ; shift += 7) {
			const byte = this.byte();
			value += (byte & 0x7f) * 2 ** shift;
			if (byte < 0x80) return value;
		}
	}

	/** A signed integer of at most 64 bits in LEB128. */
	signed(): bigint {
		let value = 0n;
		for (let shift = 0n; ; shift += 7n) {
			const byte = this.byte();
			value |= BigInt(byte & 0x7f) << shift;
			if (byte < 0x80) return BigInt.asIntN(Number(shift) + 7, value);
		}
	}

	float32(): number {
		const bytes = this.take(4);
		return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
	}

	float64(): number {
		const bytes = this.take(8);
		return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
	}

	/** A text with its length before it. */
	name(): string {
		return decoder.decode(this.take(this.unsigned()));
	}

	/** A reader of bytes with their length before them. */
	sized(): BinaryReader {
		return new BinaryReader(this.take(this.unsigned()));
	}

	/** Items with their number before them. */
	vector<T>(read: (index: number) => T): T[] {
		return Array.from({ length: this.unsigned() }, (_, index) => read(index));
	}
}
