/**
 * Whether a message could be of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/): any bytes may be, so
 * what counts is how unlikely these would be otherwise. No message type can be told from them.
 */

import { Scanner } from '../protocols/protobuf/reference/scanner.ts';
import { variantSelector } from '../protocols/protobuf/reference/selection.ts';
import { SCALARS, WIRE, type WireType } from '../protocols/protobuf/types.ts';
import type { ProtobufFormat, WireNode } from '../protocols/protobuf/wire.ts';
import { Refusal } from '../protocols/rows/reference/refusal.ts';

/** Fields looked at. */
const MOST_FIELDS = 256;
/** Nested messages within nested messages. */
const DEEPEST = 3;

/** A varint at `at`, as far as it matters here; null where it does not end, -1 where it is longer than ten bytes or not the shortest. */
function readVarint(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } | null | -1 {
	let value = 0;
	for (let index = 0; index < 10; index++) {
		const byte = bytes[at + index];
		if (byte === undefined) return null;
		value += (byte & 127) * 2 ** (7 * index);
		if (byte < 128) return index > 0 && byte === 0 ? -1 : { value, next: at + index + 1 };
	}
	return -1;
}

/** Evidence in bits that a message is one of Protobuf; -1 where it cannot be. */
export function protobufBits(message: Uint8Array, isWhole: boolean): number {
	const bits = fieldBits(message, isWhole, 0);
	// Text is full of bytes that look like small fields.
	return bits < 0 ? -1 : isText(message) ? Math.min(bits, 6) : Math.min(bits, 24);
}

function fieldBits(message: Uint8Array, isWhole: boolean, depth: number): number {
	if (message.length === 0) return -1;
	let bits = 0;
	let at = 0;
	let last = 0;
	for (let fields = 0; at < message.length && fields < MOST_FIELDS; fields++) {
		const tag = readVarint(message, at);
		if (tag === -1) return -1;
		if (tag === null) return isWhole ? -1 : bits;
		const number = Math.floor(tag.value / 8);
		const type = tag.value % 8;
		if (number === 0 || number > 2 ** 29 - 1 || type === 3 || type === 4 || type > 5) return -1;
		// Half of all tags have a type that is used; small numbers, and in order, are what everybody writes.
		bits += 1;
		if (number > 2048) bits -= 6;
		else if (number < 16) bits += 1;
		bits += number > last ? 1 : number === last ? 0 : -2;
		last = number;
		at = tag.next;
		if (type === 0) {
			const value = readVarint(message, at);
			// A negative number has ten bytes, the last one a 1.
			if (value === -1) return -1;
			if (value === null) return isWhole ? -1 : Math.max(0, bits);
			at = value.next;
		} else if (type === 2) {
			const length = readVarint(message, at);
			if (length === -1) return -1;
			if (length === null) return isWhole ? -1 : Math.max(0, bits);
			at = length.next;
			if (length.value > message.length - at) return isWhole || length.value > 2 ** 26 ? -1 : Math.max(0, bits);
			const content = message.subarray(at, at + length.value);
			if (content.length > 0 && isText(content)) bits += 2 + Math.min(10, content.length);
			else if (content.length > 1 && depth < DEEPEST) bits += Math.max(0, Math.min(8, fieldBits(content, true, depth + 1)));
			at += length.value;
		} else {
			at += type === 1 ? 8 : 4;
			if (at > message.length) return isWhole ? -1 : Math.max(0, bits);
		}
	}
	return Math.max(0, bits);
}

/** Printable ASCII throughout. */
function isText(bytes: Uint8Array): boolean {
	for (const byte of bytes) if (byte < 0x20 || byte > 0x7e) return false;
	return true;
}

/** Messages after their length as a varint, as `writeDelimitedTo` has them; the last may be cut. Null where the lengths contradict that. */
export function delimitedMessages(bytes: Uint8Array, isWhole: boolean, most: number): { readonly messages: Uint8Array[]; readonly partial: Uint8Array | null } | null {
	const messages: Uint8Array[] = [];
	let at = 0;
	while (at < bytes.length && messages.length < most) {
		const length = readVarint(bytes, at);
		if (length === -1 || (length !== null && (length.value === 0 || length.value > 2 ** 26))) return null;
		if (length === null) return isWhole ? null : { messages, partial: null };
		if (length.value > bytes.length - length.next) return isWhole ? null : { messages, partial: bytes.subarray(length.next) };
		messages.push(bytes.subarray(length.next, length.next + length.value));
		at = length.next + length.value;
	}
	return { messages, partial: null };
}

/** Of a message's fields, those that a format may not know: newer versions have more. */
const MOST_UNKNOWN = 1 / 4;

/**
 * Whether a format knows most of a message's fields. Parsers accept what they do not know, so that a feed's parser
 * accepts other feeds whose first fields are like its own.
 */
export function isUnderstood(format: ProtobufFormat, message: Uint8Array): boolean {
	const count = { all: 0, unknown: 0 };
	try {
		const variant = format.variants[variantSelector(format)(message)];
		countFields(new Scanner(message), variant?.nodes ?? [], message.length, null, 1, count);
	} catch (error) {
		if (error instanceof Refusal) return false;
		throw error;
	}
	return count.unknown <= count.all * MOST_UNKNOWN;
}

const INSTANT: readonly number[] = [1, 2];

/** @param nodes null: of a google.protobuf.Timestamp @param group whose end tag ends it; null: it ends at `limit` */
function countFields(scanner: Scanner, nodes: readonly WireNode[] | null, limit: number, group: number | null, depth: number, count: { all: number; unknown: number }): void {
	while (scanner.at < limit || group !== null) {
		const tag = scanner.tag(limit);
		if (tag.wireType === WIRE.endGroup && tag.number === group) return;
		count.all++;
		const node = nodes?.find(({ number }) => number === tag.number);
		if (nodes === null ? !INSTANT.includes(tag.number) || tag.wireType !== WIRE.varint : node === undefined || !wireTypesOf(node).includes(tag.wireType)) {
			count.unknown++;
			scanner.skip(tag, limit, depth);
		} else if (node !== undefined && (node.kind === 'message' || node.kind === 'instant')) {
			const end = tag.wireType === WIRE.startGroup ? limit : scanner.open(limit);
			countFields(scanner, node.kind === 'message' ? node.nodes : null, end, tag.wireType === WIRE.startGroup ? tag.number : null, depth + 1, count);
		} else scanner.skip(tag, limit, depth);
	}
}

function wireTypesOf(node: WireNode): readonly WireType[] {
	switch (node.kind) {
		case 'scalar':
			return node.repeated ? [SCALARS[node.scalar].wireType, WIRE.bytes] : [SCALARS[node.scalar].wireType];
		case 'skip':
			return node.packable ? [node.wireType, WIRE.bytes] : [node.wireType];
		default:
			return [node.delimited ? WIRE.startGroup : WIRE.bytes];
	}
}
