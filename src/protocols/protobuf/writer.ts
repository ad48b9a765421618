import type { WireType } from './types.ts';

/** Writes Protobuf's wire format, value by value: https://protobuf.dev/programming-guides/encoding/. */
export interface ProtobufWriter {
	/** Bytes so far. */
	readonly length: number;
	tag(number: number, wireType: WireType): void;
	/** The low 64 bits; negative integers in ten bytes. @param bytes at least so many, which readers take, too */
	varint(value: bigint | number, bytes?: number): void;
	fixed32(value: bigint | number): void;
	fixed64(value: bigint | number): void;
	float(value: number): void;
	double(value: number): void;
	/** A length, and these bytes. */
	content(bytes: Uint8Array): void;
	/** Bytes as they are. */
	raw(bytes: Uint8Array): void;
	/** What was written, in memory of its own. The writer starts anew. */
	take(): Uint8Array;
}

export function createProtobufWriter(): ProtobufWriter {
	let bytes = new Uint8Array(64);
	let view = new DataView(bytes.buffer);
	let length = 0;
	const reserve = (count: number): number => {
		const at = length;
		length += count;
		if (length > bytes.length) {
			const grown = new Uint8Array(Math.max(length, bytes.length * 2));
			grown.set(bytes);
			bytes = grown;
			view = new DataView(bytes.buffer);
		}
		return at;
	};
	const put = (byte: number): void => {
		const at = reserve(1);
		bytes[at] = byte;
	};
	const writer: ProtobufWriter = {
		get length() {
			return length;
		},
		tag(number, wireType) {
			writer.varint(number * 8 + wireType);
		},
		varint(value, least = 1) {
			let rest = BigInt.asUintN(64, BigInt(value));
			for (let written = 1; rest > 0x7fn || written < least; written++) {
				put(Number(rest & 0x7fn) | 0x80);
				rest >>= 7n;
			}
			put(Number(rest));
		},
		fixed32(value) {
			const at = reserve(4);
			view.setUint32(at, Number(BigInt.asUintN(32, BigInt(value))), true);
		},
		fixed64(value) {
			const at = reserve(8);
			view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
		},
		float(value) {
			const at = reserve(4);
			view.setFloat32(at, value, true);
		},
		double(value) {
			const at = reserve(8);
			view.setFloat64(at, value, true);
		},
		content(content) {
			writer.varint(content.length);
			writer.raw(content);
		},
		raw(content) {
			const at = reserve(content.length);
			bytes.set(content, at);
		},
		take() {
			const taken = bytes.slice(0, length);
			length = 0;
			return taken;
		},
	};
	return writer;
}
