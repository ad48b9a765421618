/** Rows into messages: what a format reads, written. For tests, simulators and replay; allocates as it likes. */
import { decimalText, type EncodedRow, type EncodedValue, listOf, toInteger, wrong } from '../binary/encode.ts';
import { scaled, UNIT_NANOSECONDS } from '../binary/values.ts';
import type { ProtobufProtocol } from './protocol.ts';
import { SCALARS, WIRE } from './types.ts';
import { type InstantNode, type Meaning, type MessageNode, type ScalarNode, UNKNOWN_FIELDS, type WireNode } from './wire.ts';
import { createProtobufWriter, type ProtobufWriter } from './writer.ts';

export interface ProtobufEncoder {
	/**
	 * One message of a table (or control message) of the protocol. Fields of the row are columns; decimals are mantissas at
	 * the column's scale, or text such as `1.50`; timestamps are nanoseconds since 1970. What is null or missing is left
	 * out, and so are zeros of fields without presence. Fields without a column are not written; kept unknown ones are, as they
	 * are.
	 *
	 * @throws TypeError or RangeError where a value does not fit its field; the message names it
	 */
	encode(name: string, row: EncodedRow): Uint8Array;
}

export function createProtobufEncoder({ format }: ProtobufProtocol): ProtobufEncoder {
	return {
		encode(name, row) {
			const variant = format.variants.find((candidate) => candidate.name === name);
			if (variant === undefined) throw new TypeError(`tickforge: the protocol "${format.name}" has no message "${name}"; it has ${format.variants.map((one) => one.name).join(', ')}`);
			const writer = createProtobufWriter();
			const setMember = variant.member === null ? null : { path: format.oneofPath ?? [], member: variant.member };
			writeNodes(writer, variant.nodes, row, name, setMember);
			const unknown = format.unknown === 'keep' ? row[UNKNOWN_FIELDS] : undefined;
			if (unknown instanceof Uint8Array) writer.raw(unknown);
			return writer.take();
		},
	};
}

/** The member of the oneof that tells tables apart: it is written though its fields may all be absent. */
interface SetMember {
	readonly path: readonly number[];
	readonly member: number;
}

function writeNodes(writer: ProtobufWriter, nodes: readonly WireNode[], row: EncodedRow, path: string, set: SetMember | null): void {
	for (const node of nodes) {
		const here = `${path}.${node.name}`;
		const isSet = set !== null && (set.path.length === 0 ? set.member === node.number : set.path[0] === node.number);
		const value = row[node.name];
		if (node.kind === 'skip') {
			if (isSet) writeMessage(writer, node.number, false, new Uint8Array());
			continue;
		}
		const inner = isSet && set.path.length > 0 ? { ...set, path: set.path.slice(1) } : null;
		if (node.repeated) writeList(writer, node, listOf(value, here), here);
		else if (value !== null && value !== undefined) writeValue(writer, node, value, here, inner, node.presence === 'implicit');
		else if (isSet) writeValue(writer, node, node.kind === 'instant' ? 0n : {}, here, inner, false);
		else if (node.presence === 'required') throw new TypeError(`tickforge: "${here}" is ${value === null ? 'null' : 'missing'}, and it is required`);
	}
}

function writeList(writer: ProtobufWriter, node: WireNode, items: readonly EncodedValue[], path: string): void {
	if (items.length === 0) return;
	if (node.kind !== 'scalar' || !node.packed) {
		for (const [index, item] of items.entries()) writeValue(writer, node, item, `${path}[${index}]`, null, false);
		return;
	}
	const packed = createProtobufWriter();
	for (const [index, item] of items.entries()) writeScalar(packed, node, item, `${path}[${index}]`);
	writer.tag(node.number, WIRE.bytes);
	writer.content(packed.take());
}

/** @param zeroIsAbsent the type's zero is not written */
function writeValue(writer: ProtobufWriter, node: WireNode, value: EncodedValue, path: string, set: SetMember | null, zeroIsAbsent: boolean): void {
	switch (node.kind) {
		case 'skip':
			return;
		case 'instant':
			writeMessage(writer, node.number, node.delimited, instantBytes(node, value, path));
			return;
		case 'message':
			writeMessage(writer, node.number, node.delimited, messageBytes(node, value, path, set));
			return;
		case 'scalar': {
			const content = createProtobufWriter();
			writeScalar(content, node, value, path);
			const bytes = content.take();
			if (zeroIsAbsent && bytes.every((byte) => byte === 0)) return;
			writer.tag(node.number, SCALARS[node.scalar].wireType);
			writer.raw(bytes);
		}
	}
}

function writeMessage(writer: ProtobufWriter, number: number, delimited: boolean, bytes: Uint8Array): void {
	writer.tag(number, delimited ? WIRE.startGroup : WIRE.bytes);
	if (!delimited) writer.content(bytes);
	else {
		writer.raw(bytes);
		writer.tag(number, WIRE.endGroup);
	}
}

function messageBytes({ nodes }: MessageNode, value: EncodedValue, path: string, set: SetMember | null): Uint8Array {
	if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) throw wrong(path, 'an object', value);
	const inner = createProtobufWriter();
	writeNodes(inner, nodes, value as EncodedRow, path, set);
	return inner.take();
}

const SECOND = 1_000_000_000n;
const fractionOf = (nanoseconds: bigint): bigint => ((nanoseconds % SECOND) + SECOND) % SECOND;

function instantBytes(_: InstantNode, value: EncodedValue, path: string): Uint8Array {
	const nanoseconds = toInteger(value, path);
	const fraction = fractionOf(nanoseconds);
	const seconds = (nanoseconds - fraction) / SECOND;
	const writer = createProtobufWriter();
	if (seconds !== 0n) {
		writer.tag(1, WIRE.varint);
		writer.varint(seconds);
	}
	if (fraction !== 0n) {
		writer.tag(2, WIRE.varint);
		writer.varint(fraction);
	}
	return writer.take();
}

function writeScalar(writer: ProtobufWriter, { scalar, meaning }: ScalarNode, value: EncodedValue, path: string): void {
	const form = SCALARS[scalar];
	switch (form.value) {
		case 'bool':
			if (typeof value !== 'boolean') throw wrong(path, 'a flag', value);
			writer.varint(value ? 1 : 0);
			return;
		case 'float': {
			const number = meaning.type.kind === 'float' ? value : Number(numberText(meaning, value, path));
			if (typeof number !== 'number') throw wrong(path, 'a number', value);
			if (form.bits === 32) writer.float(number);
			else writer.double(number);
			return;
		}
		case 'string':
		case 'bytes':
			writer.content(contentOf(meaning, value, path));
			return;
		case 'integer': {
			const integer = integerOf(meaning, value, path);
			if ((form.signed ? BigInt.asIntN(form.bits, integer) : BigInt.asUintN(form.bits, integer)) !== integer) throw new RangeError(`tickforge: "${path}" is ${integer}, which does not fit ${scalar}`);
			if (form.wireType === WIRE.fixed32) writer.fixed32(integer);
			else if (form.wireType === WIRE.fixed64) writer.fixed64(integer);
			else writer.varint(form.zigzag ? (integer << 1n) ^ (integer >> 63n) : integer);
		}
	}
}

/** The integer of the wire that means a value. */
function integerOf({ type, exponent, codes }: Meaning, value: EncodedValue, path: string): bigint {
	switch (type.kind) {
		case 'decimal': {
			const atScale = typeof value === 'string' ? decimalText(value, type.scale, path) : toInteger(value, path);
			const integer = scaled(atScale, -BigInt(exponent + type.scale), 'reject');
			if (typeof integer === 'string') throw new RangeError(`tickforge: "${path}" is no integer × 10^${exponent}`);
			return integer;
		}
		case 'timestamp': {
			const unit = UNIT_NANOSECONDS[type.format as keyof typeof UNIT_NANOSECONDS];
			const nanoseconds = toInteger(value, path);
			if (nanoseconds % unit !== 0n) throw new RangeError(`tickforge: "${path}" is no whole number of ${type.format}`);
			return nanoseconds / unit;
		}
		case 'enumeration': {
			if (typeof value !== 'string') throw wrong(path, 'a value of the enum', value);
			const listed = type.values.indexOf(value);
			if (listed >= 0) return BigInt(codes[listed] as number);
			// What has no name is called by its number.
			if (type.unknown === 'intern' && /^-?\d+$/.test(value)) return BigInt(value);
			throw new RangeError(`tickforge: "${path}" is '${value}', and one of ${type.values.join(', ')} can be written`);
		}
		default:
			return toInteger(value, path);
	}
}

const utf8 = new TextEncoder();

function contentOf(meaning: Meaning, value: EncodedValue, path: string): Uint8Array {
	// Of a list's items; elsewhere null is left out.
	if (value === null && meaning.emptyIsNull) return new Uint8Array();
	switch (meaning.type.kind) {
		case 'bytes':
			if (!(value instanceof Uint8Array)) throw wrong(path, 'bytes (a Uint8Array)', value);
			return value;
		case 'text':
		case 'symbol':
		case 'enumeration':
			if (typeof value !== 'string') throw wrong(path, 'text', value);
			return utf8.encode(value);
		default:
			return utf8.encode(numberText(meaning, value, path));
	}
}

/** A number or time as JSON has it. */
function numberText({ type }: Meaning, value: EncodedValue, path: string): string {
	switch (type.kind) {
		case 'decimal':
			return fixedText(typeof value === 'string' ? decimalText(value, type.scale, path) : toInteger(value, path), type.scale);
		case 'timestamp': {
			const nanoseconds = toInteger(value, path);
			if (type.format !== 'rfc3339') return fixedText(nanoseconds, { s: 9, ms: 6, us: 3, ns: 0 }[type.format]);
			const fraction = fractionOf(nanoseconds);
			return `${new Date(Number((nanoseconds - fraction) / 1_000_000n)).toISOString().slice(0, 19)}.${fraction.toString().padStart(9, '0')}Z`;
		}
		case 'float':
			if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(path, 'a finite number', value);
			return String(value);
		default:
			return toInteger(value, path).toString();
	}
}

function fixedText(mantissa: bigint, scale: number): string {
	const digits = (mantissa < 0n ? -mantissa : mantissa).toString().padStart(scale + 1, '0');
	return `${mantissa < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale > 0 ? `.${digits.slice(digits.length - scale)}` : ''}`;
}
