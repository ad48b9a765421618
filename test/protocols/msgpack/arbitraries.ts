/** Random messages as MessagePack: the documents of the JSON tests (json/arbitraries.ts), spelled in any of the formats, and broken. */

import { createMessagePackWriter, type IntegerFormat, type MessagePackWriter } from '../../../src/protocols/msgpack/index.ts';
import type { Schema, ValueType } from '../../../src/schema/model.ts';
import { anyDocument, buildDocument, buildSchema, type Document, type Draws, documentFor } from '../json/arbitraries.ts';

/** A schema that MessagePack can have: what objects keep of unknown keys is bytes, and some texts are bytes. */
export function buildMessagePackSchema(d: Draws): Schema {
	const schema = buildSchema(d);
	return { ...schema, variants: schema.variants.map((variant) => ({ ...variant, type: forMessagePack(d, variant.type) })) };
}

function forMessagePack<T extends ValueType>(d: Draws, type: T): T {
	switch (type.kind) {
		case 'message':
		case 'tuple': {
			const fields = type.fields.map((field) => ({ ...field, type: forMessagePack(d, field.type) }));
			return { ...type, fields, ...(type.kind === 'message' && type.unknownKeys === 'keep' ? { unknownKeys: 'keep-bytes' } : {}) };
		}
		case 'list':
			return { ...type, item: forMessagePack(d, type.item) };
		case 'text':
			return d.chance(40) ? ({ kind: 'bytes' } as ValueType as T) : type;
		default:
			return type;
	}
}

export interface Formats {
	/** Percent of numbers in a format that is not the usual one, of strings as bin, of lengths longer than needed. */
	readonly unusual: number;
	/** Percent of numbers and numeric strings that become floats. */
	readonly floats: number;
	readonly shuffleKeys: boolean;
	/** Objects as arrays of their members. */
	readonly byPosition: boolean;
	/** Percent of times that become timestamps. */
	readonly timestamps: number;
	/** Numbers keep their value: a float is printed as the number is written, else {@link InexactNumber} is thrown. */
	readonly exact?: boolean;
}

/** No format of MessagePack says the same as the number's text. */
export class InexactNumber extends Error {}

export const USUAL: Formats = { unusual: 0, floats: 0, shuffleKeys: false, byPosition: false, timestamps: 0 };

export function anyFormats(d: Draws): Formats {
	return { unusual: d.pick([0, 10, 50]), floats: d.pick([0, 0, 30, 90]), shuffleKeys: d.chance(40), byPosition: d.chance(25), timestamps: d.pick([0, 30]) };
}

const INTEGER_FORMATS: readonly IntegerFormat[] = ['uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64'];
const encoder = new TextEncoder();

/** A document as MessagePack. */
export function spellMessagePack(d: Draws, document: Document, formats: Formats = USUAL): Uint8Array {
	const writer = createMessagePackWriter();
	write(writer, d, document, formats);
	return writer.take();
}

function write(writer: MessagePackWriter, d: Draws, document: Document, formats: Formats): void {
	switch (document.kind) {
		case 'token':
			if (document.text === 'null') writer.nil();
			else if (document.text === 'true' || document.text === 'false') writer.flag(document.text === 'true');
			else writeNumber(writer, d, document.text, formats);
			return;
		case 'string':
			if (/^\d{4}-\d\d-\d\dT/.test(document.value) && d.chance(formats.timestamps)) writeTimestamp(writer, d);
			else if (/^-?\d+(\.\d+)?$/.test(document.value) && d.chance(formats.floats)) writeNumber(writer, d, document.value, formats);
			else writeString(writer, d, document.value, formats);
			return;
		case 'array':
			writeHead(writer, d, document.elements.length, 'array', formats);
			for (const element of document.elements) write(writer, d, element, formats);
			return;
		case 'object': {
			const members = formats.shuffleKeys ? d.shuffle(document.members) : document.members;
			writeHead(writer, d, members.length, formats.byPosition ? 'array' : 'map', formats);
			for (const [key, value] of members) {
				if (!formats.byPosition) {
					if (d.chance(formats.unusual / 10)) write(writer, d, anyDocument(d, 3), formats);
					else writeString(writer, d, key, formats);
				}
				write(writer, d, value, formats);
			}
		}
	}
}

function writeNumber(writer: MessagePackWriter, d: Draws, text: string, formats: Formats): void {
	const float = (): void => {
		const value = d.chance(3) ? d.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1 + 0.2, 5e-324, 1 / 3, 1e22]) : Number(text);
		if (d.chance(20)) writer.float32(value);
		else writer.float64(value);
	};
	if (formats.exact === true && !(/^-?\d+$/.test(text) && text !== '-0')) {
		if (text === '-0' || String(Number(text)) === text) writer.float64(Number(text));
		else throw new InexactNumber();
		return;
	}
	if (/^-?\d+$/.test(text) && !d.chance(formats.floats)) {
		const value = BigInt(text);
		if (BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value) {
			if (/^\d{10,}$/.test(text) && d.chance(formats.timestamps)) {
				writeTimestamp(writer, d);
				return;
			}
			const format = d.chance(formats.unusual) ? d.pick(INTEGER_FORMATS) : undefined;
			try {
				writer.integer(value, format);
			} catch {
				writer.integer(value);
			}
			return;
		}
	}
	if (formats.exact === true) throw new InexactNumber();
	if (d.chance(50)) float();
	else writeString(writer, d, text, formats);
}

function writeTimestamp(writer: MessagePackWriter, d: Draws): void {
	if (d.chance(10)) {
		writer.extension(d.pick([-1, -1, 0, 5, -2]), Uint8Array.from(d.list(d.pick([0, 1, 4, 8, 12, 16, 17]), () => d.below(256))));
		return;
	}
	const instant = d.pick([0n, 1_700_000_000_123_456_789n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, 4_294_967_296_000_000_000n, 17_179_869_184_000_000_000n, 1_717_000_000_000_000_000n]) + BigInt(d.below(3));
	try {
		writer.timestamp(instant, d.pick([undefined, 32, 64, 96] as const));
	} catch {
		writer.timestamp(instant);
	}
}

function writeString(writer: MessagePackWriter, d: Draws, text: string, formats: Formats): void {
	const bytes = encoder.encode(text);
	if (!d.chance(formats.unusual)) {
		writer.stringBytes(bytes);
		return;
	}
	switch (d.below(5)) {
		case 0:
		case 1:
			writer.binary(bytes);
			return;
		case 2:
			// What is text is refused then, what is bytes is not.
			if (d.chance(20)) writer.extension(d.pick([0, 5, -1, -128]), bytes);
			else writer.binary(d.chance(20) ? bytes.map((byte) => byte ^ 0x80) : bytes);
			return;
		case 3:
			writer.raw(bytes.length < 256 ? Uint8Array.of(0xd9, bytes.length, ...bytes) : Uint8Array.of(0xda, bytes.length >> 8, bytes.length & 255, ...bytes));
			return;
		default:
			writer.raw(Uint8Array.of(0xdb, 0, 0, bytes.length >> 8, bytes.length & 255, ...bytes));
	}
}

function writeHead(writer: MessagePackWriter, d: Draws, count: number, kind: 'array' | 'map', { unusual }: Formats): void {
	const first = kind === 'array' ? 0xdc : 0xde;
	if (!d.chance(unusual)) writer[kind](count);
	else if (d.chance(50)) writer.raw(Uint8Array.of(first, count >> 8, count & 255));
	else writer.raw(Uint8Array.of(first + 1, 0, 0, count >> 8, count & 255));
}

// Breaking

const FRAGMENTS: readonly Uint8Array[] = [
	[0xc1],
	[0xc0],
	[0xc2],
	[0x80],
	[0x90],
	[0xa0],
	[0x81, 0xa0],
	[0x91],
	[0xdb, 0xff, 0xff, 0xff, 0xff],
	[0xdb, 0x7f, 0xff, 0xff, 0xff],
	[0xdd, 0xff, 0xff, 0xff, 0xff],
	[0xdf, 0xff, 0xff, 0xff, 0xff],
	[0xdf, 0x80, 0x00, 0x00, 0x00],
	[0xc6, 0xff, 0xff, 0xff, 0xff],
	[0xc9, 0xff, 0xff, 0xff, 0xff],
	[0xc9, 0x7f, 0xff, 0xff, 0xfe, 0xff],
	[0xda, 0xff, 0xff],
	[0xde, 0x01, 0x00],
	[0xdc, 0xff, 0xff],
	[0xd4, 0xff, 0x00],
	[0xd6, 0xff, 0x65, 0x00, 0x00, 0x00],
	[0xd7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
	[0xc7, 0x0c, 0xff, 0x3b, 0x9a, 0xca, 0x00, 0, 0, 0, 0, 0, 0, 0, 0],
	[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 1],
	[0xca, 0x7f, 0xc0, 0, 1],
	[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
	[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0],
	[0xa2, 0xc3, 0x28],
	[0xa3, 0xe2, 0x82, 0xac],
	[0xa4, 0xf0, 0x9f, 0x98],
].map((bytes) => Uint8Array.from(bytes));

/** One change to the bytes. */
export function mutateBytes(d: Draws, bytes: Uint8Array): Uint8Array {
	const at = d.below(bytes.length + 1);
	const length = d.pick([1, 1, 2, 3, 4, 8, 16, 40]);
	const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
	const before = bytes.subarray(0, at);
	const after = bytes.subarray(at);
	switch (d.below(9)) {
		case 0:
			return before.slice();
		case 1:
		case 2: {
			const changed = bytes.slice();
			if (at < bytes.length) changed[at] = d.chance(50) ? (changed[at] as number) ^ (1 << d.below(8)) : d.below(256);
			return changed;
		}
		case 3:
			return join(before, Uint8Array.of(d.below(256)), after);
		case 4:
			return join(before, d.pick(FRAGMENTS), after);
		case 5:
			return join(before, d.pick(FRAGMENTS), after.subarray(Math.min(length, after.length)));
		case 6:
			return join(before, after.subarray(Math.min(length, after.length)));
		case 7: {
			const from = d.below(bytes.length + 1);
			return join(before, bytes.subarray(from, from + length), after);
		}
		default:
			return join(bytes, d.pick(FRAGMENTS));
	}
}

export function buildMessagePackMessage(schema: Schema, d: Draws): Uint8Array {
	const mode = d.below(100);
	if (mode < 35) return spellMessagePack(d, documentFor(d, schema), d.chance(70) ? USUAL : { ...USUAL, byPosition: true });
	if (mode < 75) return spellMessagePack(d, buildDocument(schema, d), anyFormats(d));
	if (mode < 97) {
		let bytes = spellMessagePack(d, buildDocument(schema, d), d.chance(60) ? USUAL : anyFormats(d));
		for (let changes = d.pick([1, 1, 1, 2, 3]); changes > 0; changes--) bytes = mutateBytes(d, bytes);
		return bytes;
	}
	const bytes = spellMessagePack(d, anyDocument(d, 0), anyFormats(d));
	return d.chance(50) ? mutateBytes(d, bytes) : bytes;
}
