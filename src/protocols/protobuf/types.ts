/**
 * Message types as plain data: what the loader of `.proto` files makes, and what tables, encoder and decoder are derived
 * from. Types refer to each other by their full names, so that they may contain themselves.
 */

/** Wire types (https://protobuf.dev/programming-guides/encoding/#structure). */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;
export type WireType = (typeof WIRE)[keyof typeof WIRE];

/** Field numbers have 29 bits; 0 is none. */
export const MOST_FIELD_NUMBER = 2 ** 29 - 1;

interface ScalarForm {
	readonly wireType: WireType;
	/** `integer`: of `bits`, two's complement where `signed`; a sign in the lowest bit where `zigzag`. */
	readonly value: 'integer' | 'float' | 'bool' | 'string' | 'bytes';
	readonly bits: 32 | 64;
	readonly signed: boolean;
	readonly zigzag: boolean;
}

const integer = (wireType: WireType, bits: 32 | 64, signed: boolean, zigzag = false): ScalarForm => ({ wireType, value: 'integer', bits, signed, zigzag });
const other = (wireType: WireType, value: ScalarForm['value'], bits: 32 | 64 = 64): ScalarForm => ({ wireType, value, bits, signed: false, zigzag: false });

/** How each type is written. An `enum` is an int32. */
export const SCALARS = {
	double: other(WIRE.fixed64, 'float', 64),
	float: other(WIRE.fixed32, 'float', 32),
	int32: integer(WIRE.varint, 32, true),
	int64: integer(WIRE.varint, 64, true),
	uint32: integer(WIRE.varint, 32, false),
	uint64: integer(WIRE.varint, 64, false),
	sint32: integer(WIRE.varint, 32, true, true),
	sint64: integer(WIRE.varint, 64, true, true),
	fixed32: integer(WIRE.fixed32, 32, false),
	fixed64: integer(WIRE.fixed64, 64, false),
	sfixed32: integer(WIRE.fixed32, 32, true),
	sfixed64: integer(WIRE.fixed64, 64, true),
	bool: other(WIRE.varint, 'bool'),
	string: other(WIRE.bytes, 'string'),
	bytes: other(WIRE.bytes, 'bytes'),
	enum: integer(WIRE.varint, 32, true),
} as const satisfies Readonly<Record<string, ScalarForm>>;
export type Scalar = keyof typeof SCALARS;

/**
 * What the absence of a field that stands once means; of others it is always `implicit` (https://protobuf.dev/programming-guides/field_presence/): the type's zero
 * (`implicit`), that it is not set (`explicit`), or that the message is not complete (`required`).
 */
export type Presence = 'implicit' | 'explicit' | 'required';

export interface ProtoField {
	/** As the file has it. */
	readonly name: string;
	readonly number: number;
	readonly type: Scalar | 'message';
	/** Full name of the message or enum; null for other types. */
	readonly typeName: string | null;
	/** `map`: entries of `key` (1) and this type (2). */
	readonly rule: 'singular' | 'repeated' | 'map';
	/** Of a map's keys, else null. */
	readonly key: Exclude<Scalar, 'enum'> | null;
	readonly presence: Presence;
	/** How a repeated field is written. Both ways are read. */
	readonly packed: boolean;
	/** A message between two tags (a group), and not after its length. */
	readonly delimited: boolean;
	/** The oneof that it is a member of. */
	readonly oneof: string | null;
	/** An explicit default as text: a number, `true`, `false`; of enums the value's number. Null: none. */
	readonly defaultValue: string | null;
}

export interface ProtoMessage {
	readonly fields: readonly ProtoField[];
}
export interface ProtoEnum {
	/** In the file's order; two names may have one number. */
	readonly values: readonly { readonly name: string; readonly number: number }[];
	/** A number that is not listed is not taken for a value, but for an unknown field. */
	readonly closed: boolean;
}

/** Types by their full names, without a leading point. */
export interface ProtoTypes {
	readonly messages: Readonly<Record<string, ProtoMessage>>;
	readonly enums: Readonly<Record<string, ProtoEnum>>;
}

/** The wire type of a field's value. */
export function wireTypeOf({ type, delimited, rule }: Pick<ProtoField, 'type' | 'delimited' | 'rule'>): WireType {
	if (rule === 'map') return WIRE.bytes;
	if (type === 'message') return delimited ? WIRE.startGroup : WIRE.bytes;
	return SCALARS[type].wireType;
}

/** Whether several values may stand in one length-delimited field. */
export function isPackable({ type, rule }: Pick<ProtoField, 'type' | 'rule'>): boolean {
	return rule === 'repeated' && type !== 'message' && SCALARS[type].wireType !== WIRE.bytes;
}
