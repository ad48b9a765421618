/**
 * Goes over the bytes of one message, and refuses the first that is wrong with the category and the offset that
 * docs/protobuf.md states. https://protobuf.dev/programming-guides/encoding/ is what it reads.
 */
import { DEPTH_LIMIT } from '../../../compiler/parser-abi.ts';
import { Refusal } from '../../rows/reference/refusal.ts';
import { WIRE, type WireType } from '../types.ts';

export interface Tag {
	readonly number: number;
	readonly wireType: WireType;
	/** Of its first byte. */
	readonly at: number;
}

/** Bytes of a tag's varint, and of any varint. */
const LONGEST_TAG = 5;
const LONGEST_VARINT = 10;

/** Every method starts at {@link at} and leaves it after what it has read. `limit` is where the part ends that it reads in. */
export class Scanner {
	readonly bytes: Uint8Array;
	private readonly view: DataView;
	private readonly mostDepth: number;
	at = 0;

	constructor(bytes: Uint8Array, mostDepth: number = DEPTH_LIMIT) {
		this.bytes = bytes;
		this.mostDepth = mostDepth;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	/** 64 bits; those beyond are dropped. */
	varint(limit: number): bigint {
		const start = this.at;
		let value = 0n;
		for (let index = 0; index < LONGEST_VARINT; index++) {
			const byte = this.byte(limit);
			value |= BigInt(byte & 0x7f) << BigInt(index * 7);
			if (byte < 0x80) return BigInt.asUintN(64, value);
		}
		throw new Refusal('syntax', start);
	}

	tag(limit: number): Tag {
		const at = this.at;
		let value = 0;
		for (let index = 0; ; index++) {
			const byte = this.byte(limit);
			value += (byte & 0x7f) * 2 ** (index * 7);
			if (byte < 0x80) break;
			if (index === LONGEST_TAG - 1) throw new Refusal('syntax', at);
		}
		const number = Math.floor(value / 8);
		const wireType = value % 8;
		if (value >= 2 ** 32 || number === 0 || wireType > WIRE.fixed32) throw new Refusal('syntax', at);
		return { number, wireType: wireType as WireType, at };
	}

	fixed32(limit: number): DataView {
		return this.take(4, limit);
	}

	fixed64(limit: number): DataView {
		return this.take(8, limit);
	}

	/** A length, and that many bytes behind it. */
	content(limit: number): Uint8Array {
		const end = this.open(limit);
		const start = this.at;
		this.at = end;
		return this.bytes.subarray(start, end);
	}

	/** A length; returns where what it measures ends. */
	open(limit: number): number {
		const length = this.varint(limit);
		if (length > BigInt(limit - this.at)) throw new Refusal('truncated', limit);
		return this.at + Number(length);
	}

	/** The value behind a tag, whatever it is. @param depth of the message that the tag stands in */
	skip(tag: Tag, limit: number, depth: number): void {
		switch (tag.wireType) {
			case WIRE.varint:
				this.varint(limit);
				return;
			case WIRE.fixed64:
				this.take(8, limit);
				return;
			case WIRE.bytes:
				this.content(limit);
				return;
			case WIRE.fixed32:
				this.take(4, limit);
				return;
			case WIRE.startGroup:
				this.enter(tag, depth);
				for (;;) {
					const inner = this.tag(limit);
					if (inner.wireType !== WIRE.endGroup) this.skip(inner, limit, depth + 1);
					else if (inner.number === tag.number) return;
					else throw new Refusal('syntax', inner.at);
				}
			case WIRE.endGroup:
				throw new Refusal('syntax', tag.at);
		}
	}

	/** Refuses a message or group behind a tag that would be too deep. @param depth of the message that the tag stands in */
	enter(tag: Tag, depth: number): void {
		if (depth >= this.mostDepth) throw new Refusal('depth', tag.at);
	}

	private byte(limit: number): number {
		if (this.at >= limit) throw new Refusal('truncated', limit);
		return this.bytes[this.at++] as number;
	}

	private take(count: number, limit: number): DataView {
		if (limit - this.at < count) throw new Refusal('truncated', limit);
		this.at += count;
		return new DataView(this.view.buffer, this.view.byteOffset + this.at - count, count);
	}
}
