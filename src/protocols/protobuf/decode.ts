/** Protobuf to JavaScript values: for what has types and no table. */
import type { ErrorCategory } from '../../compiler/parser-abi.ts';
import { checkUtf8 } from '../msgpack/reference/scanner.ts';
import { Refusal } from '../rows/reference/refusal.ts';
import { utf8Text } from '../rows/reference/text.ts';
import { Scanner, type Tag } from './reference/scanner.ts';
import { type RawValue, readScalar } from './reference/values.ts';
import { isPackable, type ProtoEnum, type ProtoField, type ProtoTypes, WIRE, wireTypeOf } from './types.ts';

/**
 * What a value decodes to. Messages are objects without a prototype (so that a field `__proto__` is one like any other);
 * maps are `Map`s; enums are their names, or numbers where they have none; bytes are of their own memory.
 */
export type ProtobufValue = null | boolean | number | bigint | string | Uint8Array | ProtobufValue[] | { [field: string]: ProtobufValue } | Map<ProtobufValue, ProtobufValue>;

export interface ProtobufDecodeOptions {
	/** Messages within each other; the outermost is 1. Default 64, at most 512. */
	readonly depth?: number;
	/** Bytes of the message. Default 16 MiB. */
	readonly size?: number;
	/** 64-bit integers as numbers where they are safe and bigints else (`safe`, the default), or all as bigints. */
	readonly integers?: 'safe' | 'bigint';
	/** Fields as JSON calls them (the default), or as the file does. */
	readonly names?: 'camel' | 'proto';
}

/** Bytes that cannot be decoded: the category and the offset as a parser's error record has them. */
export class ProtobufError extends Error {
	override readonly name = 'ProtobufError';
	readonly category: ErrorCategory;
	/** Bytes from the start. */
	readonly offset: number;

	constructor(category: ErrorCategory, offset: number) {
		super(`tickforge: the message cannot be decoded: ${category} (at byte ${offset})`);
		this.category = category;
		this.offset = offset;
	}
}

const DEPTH = 64;
const MOST_DEPTH = 512;
const SIZE = 16 * 2 ** 20;

type Decoded = { [field: string]: ProtobufValue };

/**
 * Decodes one message of a type, by the rules of docs/protobuf.md. Fields that are absent are not there, those without
 * presence are zero, lists and maps empty. Unknown fields are dropped, and nobody misses required ones.
 *
 * @throws ProtobufError where the bytes are no such message, or exceed a limit
 */
export function decodeProtobuf(types: ProtoTypes, message: string, bytes: Uint8Array, options: ProtobufDecodeOptions = {}): Decoded {
	const depth = options.depth ?? DEPTH;
	if (!Number.isInteger(depth) || depth < 1 || depth > MOST_DEPTH) throw new RangeError(`tickforge: depth is a whole number from 1 to ${MOST_DEPTH}, not ${depth}`);
	if (types.messages[message] === undefined) throw new RangeError(`tickforge: there is no message "${message}"; there are ${Object.keys(types.messages).join(', ') || 'none'}`);
	if (bytes.length > (options.size ?? SIZE)) throw new ProtobufError('too-large', 0);
	const scanner = new Scanner(bytes, depth);
	try {
		const decoded = emptyMessage(types, message, options);
		readMessage({ types, options, scanner }, message, decoded, bytes.length, null, 1);
		return decoded;
	} catch (error) {
		throw error instanceof Refusal ? new ProtobufError(error.category, error.offset) : error;
	}
}

interface Reading {
	readonly types: ProtoTypes;
	readonly options: ProtobufDecodeOptions;
	readonly scanner: Scanner;
}

const nameOf = ({ name }: ProtoField, { names = 'camel' }: ProtobufDecodeOptions): string => (names === 'proto' ? name : name.replaceAll(/_+([^_])?/g, (_, next: string | undefined) => (next ?? '').toUpperCase()));

function emptyMessage(types: ProtoTypes, message: string, options: ProtobufDecodeOptions): Decoded {
	const decoded = Object.create(null) as Decoded;
	for (const field of types.messages[message]?.fields ?? []) {
		if (field.rule === 'map') decoded[nameOf(field, options)] = new Map();
		else if (field.rule === 'repeated') decoded[nameOf(field, options)] = [];
		else if (field.presence === 'implicit') decoded[nameOf(field, options)] = zeroOf(types, field, options);
	}
	return decoded;
}

function zeroOf(types: ProtoTypes, field: Pick<ProtoField, 'type' | 'typeName'>, options: ProtobufDecodeOptions): ProtobufValue {
	switch (field.type) {
		case 'message':
			return emptyMessage(types, field.typeName as string, options);
		case 'enum': {
			const { values, closed } = enumOf(types, field);
			return enumValue(types, field, closed ? (values[0]?.number ?? 0) : 0);
		}
		case 'bool':
			return false;
		case 'string':
			return '';
		case 'bytes':
			return new Uint8Array();
		default:
			return /64$/.test(field.type) && options.integers === 'bigint' ? 0n : 0;
	}
}

const enumOf = (types: ProtoTypes, { typeName }: Pick<ProtoField, 'typeName'>): ProtoEnum => types.enums[typeName as string] ?? { values: [], closed: false };

/** Null where it is none of a closed enum's. */
function enumValue(types: ProtoTypes, field: Pick<ProtoField, 'typeName'>, number: number): string | number | null {
	const { values, closed } = enumOf(types, field);
	return values.find((value) => value.number === number)?.name ?? (closed ? null : number);
}

/** @param group number of the group whose end tag ends it; null for a message after its length */
function readMessage(reading: Reading, message: string, into: Decoded, limit: number, group: number | null, depth: number): void {
	const { types, scanner } = reading;
	const fields = new Map(types.messages[message]?.fields.map((field) => [field.number, field]));
	while (scanner.at < limit || group !== null) {
		const tag = scanner.tag(limit);
		if (tag.wireType === WIRE.endGroup && tag.number === group) return;
		const field = fields.get(tag.number);
		if (field !== undefined && isPackable(field) && tag.wireType === WIRE.bytes) {
			const end = scanner.open(limit);
			while (scanner.at < end) set(reading, fields, field, readOne(reading, field, end), into);
		} else if (field === undefined || tag.wireType !== wireTypeOf(field)) scanner.skip(tag, limit, depth);
		else if (field.rule === 'map') readEntry(reading, field, tag, limit, depth, into);
		else if (field.type === 'message') readInner(reading, fields, field, tag, limit, depth, into);
		else set(reading, fields, field, readOne(reading, field, limit), into);
	}
}

/** A scalar; null for one that is no value. */
function readOne({ types, scanner, options }: Reading, field: Pick<ProtoField, 'type' | 'typeName'>, limit: number): ProtobufValue {
	const { value, at } = readScalar(scanner, field.type as Exclude<ProtoField['type'], 'message'>, limit);
	if (field.type === 'enum') return enumValue(types, field, Number(value));
	if (field.type === 'string') {
		checkUtf8(value as Uint8Array, at);
		return utf8Text(value as Uint8Array);
	}
	return valueOf(value, /64$/.test(field.type), options);
}

function valueOf(value: RawValue, is64: boolean, { integers = 'safe' }: ProtobufDecodeOptions): ProtobufValue {
	if (value instanceof Uint8Array) return value.slice();
	if (typeof value !== 'bigint' || (is64 && integers === 'bigint')) return value;
	return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function set({ options }: Reading, fields: ReadonlyMap<number, ProtoField>, field: ProtoField, value: ProtobufValue, into: Decoded): void {
	if (value === null) return;
	const name = nameOf(field, options);
	if (field.rule === 'repeated') (into[name] as ProtobufValue[]).push(value);
	else {
		if (field.oneof !== null) for (const other of fields.values()) if (other.oneof === field.oneof && other !== field) delete into[nameOf(other, options)];
		into[name] = value;
	}
}

function readInner(reading: Reading, fields: ReadonlyMap<number, ProtoField>, field: ProtoField, tag: Tag, limit: number, depth: number, into: Decoded): void {
	const { types, options, scanner } = reading;
	const end = tag.wireType === WIRE.startGroup ? limit : scanner.open(limit);
	scanner.enter(tag, depth);
	const type = field.typeName as string;
	const before = field.rule === 'singular' ? (into[nameOf(field, options)] as Decoded | undefined) : undefined;
	const inner = before ?? emptyMessage(types, type, options);
	set(reading, fields, field, inner, into);
	readMessage(reading, type, inner, end, tag.wireType === WIRE.startGroup ? tag.number : null, depth + 1);
}

function readEntry(reading: Reading, field: ProtoField, tag: Tag, limit: number, depth: number, into: Decoded): void {
	const { types, options, scanner } = reading;
	const keyField = { type: field.key ?? 'string', typeName: null } as const;
	const end = scanner.open(limit);
	scanner.enter(tag, depth);
	let key = zeroOf(types, keyField, options);
	let value = zeroOf(types, field, options);
	while (scanner.at < end) {
		const inner = scanner.tag(end);
		if (inner.number === 1 && inner.wireType === wireTypeOf({ ...keyField, delimited: false, rule: 'singular' })) key = readOne(reading, keyField, end);
		else if (inner.number !== 2 || inner.wireType !== wireTypeOf({ ...field, delimited: false, rule: 'singular' })) scanner.skip(inner, end, depth + 1);
		else if (field.type !== 'message') value = readOne(reading, field, end);
		else {
			const innerEnd = scanner.open(end);
			scanner.enter(inner, depth + 1);
			readMessage(reading, field.typeName as string, value as Decoded, innerEnd, null, depth + 2);
		}
	}
	if (value !== null) (into[nameOf(field, options)] as Map<ProtobufValue, ProtobufValue>).set(key, value);
}
