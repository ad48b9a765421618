/**
 * Goes over the bytes of one message, strictly, and refuses the first byte that is wrong with the category and the
 * offset that docs/msgpack.md states.
 */
import { DEPTH_LIMIT } from '../../../compiler/parser-abi.ts';
import { FORMAT, fixedLengthOf, type Kind, kindOf, lengthBytesOf } from '../../../kernels/messagepack-format.ts';
import { Refusal } from '../../rows/reference/refusal.ts';
import { utf8SequenceLength } from '../../rows/reference/text.ts';

export type ScannedNumber = { readonly kind: 'integer'; readonly value: bigint } | { readonly kind: 'float'; readonly value: number; readonly single: boolean };

export interface Extension {
	readonly type: number;
	readonly data: Uint8Array;
}

/** Every method starts at {@link at} and leaves it after what it has read. */
export class Scanner {
	readonly bytes: Uint8Array;
	private readonly view: DataView;
	at = 0;

	constructor(bytes: Uint8Array) {
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	get ended(): boolean {
		return this.at >= this.bytes.length;
	}

	/** The byte here; refuses the message where it ends. */
	get byte(): number {
		const byte = this.bytes[this.at];
		if (byte === undefined) throw new Refusal('truncated', this.bytes.length);
		return byte;
	}

	/** What the value that starts here is. Reads nothing. */
	kind(): Exclude<Kind, 'unused'> {
		const kind = kindOf(this.byte);
		if (kind === 'unused') throw new Refusal('syntax', this.at);
		return kind;
	}

	boolean(): boolean {
		const { byte } = this;
		this.at++;
		return byte === FORMAT.true;
	}

	nil(): null {
		this.at++;
		return null;
	}

	number(): ScannedNumber {
		const { byte } = this;
		if (byte < FORMAT.fixmap || byte >= FORMAT.negativeFixint) {
			this.at++;
			return { kind: 'integer', value: BigInt.asIntN(8, BigInt(byte)) };
		}
		const size = fixedLengthOf(byte);
		const at = this.at + 1;
		this.take(1 + size);
		if (byte === FORMAT.float32) return { kind: 'float', value: this.view.getFloat32(at), single: true };
		if (byte === FORMAT.float64) return { kind: 'float', value: this.view.getFloat64(at), single: false };
		let value = 0n;
		for (let index = 0; index < size; index++) value = value * 256n + BigInt(this.view.getUint8(at + index));
		return { kind: 'integer', value: byte >= FORMAT.int8 ? BigInt.asIntN(size * 8, value) : value };
	}

	/** The content of a str or bin, not checked. */
	string(): Uint8Array {
		const length = this.length();
		return this.take(length);
	}

	extension(): Extension {
		const length = this.length();
		const content = this.take(1 + length);
		return { type: new Int8Array(content)[0] as number, data: content.subarray(1) };
	}

	/** The head of an array or map, with `depth` containers open around it: how many elements or members follow. */
	open(depth: number): number {
		if (depth >= DEPTH_LIMIT) throw new Refusal('depth', this.at);
		return this.length();
	}

	/** Any value, checked and dropped, with `depth` containers open around it. */
	skip(depth: number): void {
		switch (this.kind()) {
			case 'nil':
			case 'boolean':
				this.at++;
				return;
			case 'integer':
			case 'float':
				this.number();
				return;
			case 'string':
			case 'binary':
				this.string();
				return;
			case 'extension':
				this.extension();
				return;
			case 'array':
				for (let left = this.open(depth); left > 0; left--) this.skip(depth + 1);
				return;
			case 'map':
				for (let left = this.open(depth) * 2; left > 0; left--) this.skip(depth + 1);
		}
	}

	/** The first byte and the length behind it. */
	private length(): number {
		const { byte } = this;
		const size = lengthBytesOf(byte);
		const at = this.at + 1;
		this.take(1 + size);
		if (size === 0) return fixedLengthOf(byte);
		return size === 1 ? this.view.getUint8(at) : size === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
	}

	private take(count: number): Uint8Array {
		if (this.bytes.length - this.at < count) throw new Refusal('truncated', this.bytes.length);
		this.at += count;
		return this.bytes.subarray(this.at - count, this.at);
	}
}

/** Refuses content that is not UTF-8, at the first byte of the bad sequence; it starts at `offset`. */
export function checkUtf8(bytes: Uint8Array, offset: number): void {
	for (let at = 0; at < bytes.length; ) {
		const length = (bytes[at] as number) < 0x80 ? 1 : utf8SequenceLength(bytes.subarray(at, at + 4));
		if (length === 0) throw new Refusal('utf8', offset + at);
		at += length;
	}
}
