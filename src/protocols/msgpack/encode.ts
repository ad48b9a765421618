/** JavaScript values to MessagePack, and what stands for values that JavaScript has none for. */
import { createMessagePackWriter, type MessagePackWriter } from './writer.ts';

const EXTENSION: unique symbol = Symbol('extension');

/** An extension: application data with a type from -128 to 127 (negative ones are the specification's). */
export interface MessagePackExtension {
	readonly [EXTENSION]: true;
	readonly type: number;
	readonly data: Uint8Array;
}

export function extension(type: number, data: Uint8Array): MessagePackExtension {
	return { [EXTENSION]: true, type, data };
}

export function isExtension(value: unknown): value is MessagePackExtension {
	return typeof value === 'object' && value !== null && EXTENSION in value;
}

/** Containers within containers that are written. */
const MOST_DEPTH = 512;

/**
 * Encodes a value: whole numbers (but -0) as integers, other numbers as float64, bigints as integers, strings as str,
 * `Uint8Array` as bin, `Date` as a timestamp, {@link extension} as ext, arrays, `Map` and plain objects. Members that are
 * undefined are left out; elsewhere `undefined` is nil, as in JSON.
 *
 * @throws TypeError where a value is none of these, or nested deeper than 512; RangeError where a bigint has more than 64 bits
 */
export function encodeMessagePack(value: unknown): Uint8Array<ArrayBuffer> {
	const writer = createMessagePackWriter();
	write(writer, value, 0);
	return writer.take();
}

function write(writer: MessagePackWriter, value: unknown, depth: number): void {
	if (depth > MOST_DEPTH) throw new TypeError(`tickforge: the value is nested deeper than ${MOST_DEPTH}, or contains itself`);
	switch (typeof value) {
		case 'undefined':
			writer.nil();
			return;
		case 'boolean':
			writer.flag(value);
			return;
		case 'number':
			if (Number.isSafeInteger(value) && !Object.is(value, -0)) writer.integer(value);
			else writer.float64(value);
			return;
		case 'bigint':
			writer.integer(value);
			return;
		case 'string':
			writer.string(value);
			return;
		case 'object':
			if (value === null) writer.nil();
			else writeObject(writer, value, depth);
			return;
		default:
			throw new TypeError(`tickforge: a ${typeof value} cannot be written as MessagePack`);
	}
}

function writeObject(writer: MessagePackWriter, value: object, depth: number): void {
	if (value instanceof Uint8Array) writer.binary(value);
	else if (value instanceof Date) writer.timestamp(BigInt(value.getTime()) * 1_000_000n);
	else if (isExtension(value)) writer.extension(value.type, value.data);
	else if (Array.isArray(value)) {
		writer.array(value.length);
		for (const element of value) write(writer, element, depth + 1);
	} else if (value instanceof Map) {
		writer.map(value.size);
		for (const [key, member] of value) {
			write(writer, key, depth + 1);
			write(writer, member, depth + 1);
		}
	} else {
		const members = Object.entries(value).filter(([, member]) => member !== undefined);
		writer.map(members.length);
		for (const [key, member] of members) {
			writer.string(key);
			write(writer, member, depth + 1);
		}
	}
}
