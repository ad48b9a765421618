/** MessagePack to JavaScript values, for what has no schema. */
import type { ErrorCategory } from '../../compiler/parser-abi.ts';
import { FORMAT, fixedLengthOf, kindOf, lengthBytesOf, TIMESTAMP_EXTENSION } from '../../kernels/messagepack-format.ts';
import { extension, type MessagePackExtension } from './encode.ts';

/**
 * What a value decodes to. Maps whose keys are all strings are objects without a prototype (so that a key `__proto__` is
 * one like any other), others are `Map`s; bin is a `Uint8Array` of its own memory.
 */
export type MessagePackValue = null | boolean | number | bigint | string | Uint8Array | Date | MessagePackExtension | MessagePackValue[] | { [key: string]: MessagePackValue } | Map<MessagePackValue, MessagePackValue>;

export interface DecodeOptions {
	/** Containers within each other; the outermost is 1. Default 64, at most 512. */
	readonly depth?: number;
	/** Bytes of the message. Default 16 MiB. */
	readonly size?: number;
	/** Integers as numbers where they are safe and bigints else (`safe`, the default), or all as bigints. */
	readonly integers?: 'safe' | 'bigint';
	/** Timestamps as bigints of nanoseconds since 1970 (the default), or as dates, whose milliseconds are cut off. */
	readonly timestamps?: 'nanoseconds' | 'date';
	/** The last of keys that are equal counts (`last`, as most decoders have it), or the message is refused (`reject`, the default). */
	readonly duplicates?: 'reject' | 'last';
}

/** Bytes that cannot be decoded: the category and the offset as a parser's error record has them. */
export class MessagePackError extends Error {
	override readonly name = 'MessagePackError';
	readonly category: ErrorCategory;
	/** Bytes from the start. */
	readonly offset: number;

	constructor(category: ErrorCategory, offset: number, message: string) {
		super(`tickforge: ${message} (at byte ${offset})`);
		this.category = category;
		this.offset = offset;
	}
}

const DEPTH = 64;
const MOST_DEPTH = 512;
const SIZE = 16 * 2 ** 20;

/**
 * Decodes one value, which must be all there is. The work is bounded by the bytes: a length is never believed before they
 * are there.
 *
 * @throws MessagePackError where the bytes are no MessagePack, or exceed a limit
 */
export function decodeMessagePack(bytes: Uint8Array, options: DecodeOptions = {}): MessagePackValue {
	const mostDepth = options.depth ?? DEPTH;
	if (!Number.isInteger(mostDepth) || mostDepth < 0 || mostDepth > MOST_DEPTH) throw new RangeError(`tickforge: depth is a whole number from 0 to ${MOST_DEPTH}, not ${mostDepth}`);
	const mostBytes = options.size ?? SIZE;
	if (bytes.length > mostBytes) throw new MessagePackError('too-large', 0, `the message has ${bytes.length} bytes, more than the ${mostBytes} of the option size`);
	const { integers = 'safe', timestamps = 'nanoseconds', duplicates = 'reject' } = options;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
	let at = 0;

	const take = (count: number): number => {
		if (bytes.length - at < count) throw new MessagePackError('truncated', bytes.length, 'the bytes end inside a value');
		at += count;
		return at - count;
	};
	const integer = (value: bigint): number | bigint => (integers === 'safe' && value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value);
	const small = (value: number): number | bigint => (integers === 'safe' ? value : BigInt(value));
	const number = (byte: number, offset: number): number | bigint => {
		switch (byte) {
			case FORMAT.float32:
				return view.getFloat32(offset);
			case FORMAT.float64:
				return view.getFloat64(offset);
			case FORMAT.uint8:
				return small(view.getUint8(offset));
			case FORMAT.uint16:
				return small(view.getUint16(offset));
			case FORMAT.uint32:
				return small(view.getUint32(offset));
			case FORMAT.uint64:
				return integer(view.getBigUint64(offset));
			case FORMAT.int8:
				return small(view.getInt8(offset));
			case FORMAT.int16:
				return small(view.getInt16(offset));
			case FORMAT.int32:
				return small(view.getInt32(offset));
			default:
				return integer(view.getBigInt64(offset));
		}
	};
	const instantOf = (offset: number, length: number, value: number): bigint | Date => {
		const wrong = (): never => {
			throw new MessagePackError('timestamp', value, 'this is no timestamp of 4, 8 or 12 bytes with less than 1,000,000,000 nanoseconds');
		};
		if (length !== 4 && length !== 8 && length !== 12) wrong();
		const low = length === 8 ? view.getBigUint64(offset) : 0n;
		const seconds = length === 4 ? BigInt(view.getUint32(offset)) : length === 8 ? low & 0x3ffffffffn : view.getBigInt64(offset + 4);
		const nanoseconds = length === 8 ? low >> 34n : length === 12 ? BigInt(view.getUint32(offset)) : 0n;
		if (nanoseconds > 999_999_999n) wrong();
		return timestamps === 'nanoseconds' ? seconds * 1_000_000_000n + nanoseconds : new Date(Number(seconds) * 1000 + Number(nanoseconds / 1_000_000n));
	};
	const length = (byte: number): number => {
		const size = lengthBytesOf(byte);
		if (size === 0) return fixedLengthOf(byte);
		const offset = take(size);
		return size === 1 ? view.getUint8(offset) : size === 2 ? view.getUint16(offset) : view.getUint32(offset);
	};
	const mapOf = (count: number, depth: number): MessagePackValue => {
		const keys: MessagePackValue[] = [];
		const values: MessagePackValue[] = [];
		const seen = new Set<unknown>();
		for (let member = 0; member < count; member++) {
			const offset = at;
			const key = value(depth);
			if (duplicates === 'reject' && (typeof key !== 'object' || key === null)) {
				if (seen.has(key)) throw new MessagePackError('duplicate-key', offset, `the key ${String(key)} stands twice`);
				seen.add(key);
			}
			keys.push(key);
			values.push(value(depth));
		}
		if (!keys.every((key) => typeof key === 'string')) return new Map(keys.map((key, index) => [key, values[index] as MessagePackValue]));
		const object = Object.create(null) as { [key: string]: MessagePackValue };
		keys.forEach((key, index) => {
			object[key as string] = values[index] as MessagePackValue;
		});
		return object;
	};
	/** @param depth containers open around the value */
	const value = (depth: number): MessagePackValue => {
		const start = take(1);
		const byte = bytes[start] as number;
		const kind = kindOf(byte);
		switch (kind) {
			case 'unused':
				throw new MessagePackError('syntax', start, 'no value starts with the byte c1');
			case 'nil':
				return null;
			case 'boolean':
				return byte === FORMAT.true;
			case 'integer':
			case 'float': {
				const size = fixedLengthOf(byte);
				return size === 0 ? small((byte << 24) >> 24) : number(byte, take(size));
			}
			case 'string': {
				const size = length(byte);
				const offset = take(size);
				try {
					return text.decode(bytes.subarray(offset, offset + size));
				} catch {
					throw new MessagePackError('utf8', start, 'this str is not UTF-8');
				}
			}
			case 'binary': {
				const size = length(byte);
				const offset = take(size);
				return bytes.slice(offset, offset + size);
			}
			case 'extension': {
				const size = length(byte);
				const offset = take(size + 1);
				const type = view.getInt8(offset);
				return type === TIMESTAMP_EXTENSION ? instantOf(offset + 1, size, start) : extension(type, bytes.slice(offset + 1, offset + 1 + size));
			}
			case 'array':
			case 'map': {
				if (depth >= mostDepth) throw new MessagePackError('depth', start, `this is nested deeper than ${mostDepth}`);
				const count = length(byte);
				if (kind === 'map') return mapOf(count, depth + 1);
				const elements: MessagePackValue[] = [];
				for (let element = 0; element < count; element++) elements.push(value(depth + 1));
				return elements;
			}
		}
	};
	const decoded = value(0);
	if (at < bytes.length) throw new MessagePackError('trailing', at, 'more bytes follow the value');
	return decoded;
}
