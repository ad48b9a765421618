/** Builders of message types without a `.proto` file, with the meaning of proto3: `proto.types({ messages: { 'my.Trade': { price: proto.string(1) } } })`. */
import type { ProtoEnum, ProtoField, ProtoMessage, ProtoTypes, Scalar } from './types.ts';
import { isPackable, MOST_FIELD_NUMBER } from './types.ts';

/** A field being described. Its methods return a new one. */
export interface ProtoFieldSpec {
	readonly draft: Omit<ProtoField, 'name'>;
	/** A list. */
	repeated(): ProtoFieldSpec;
	/** That it is absent can be told from its zero. */
	optional(): ProtoFieldSpec;
	/** A member of a oneof: of those with the same name, the last that stands in a message counts. */
	oneof(name: string): ProtoFieldSpec;
}

function spec(draft: ProtoFieldSpec['draft']): ProtoFieldSpec {
	const { number } = draft;
	if (!(Number.isInteger(number) && number >= 1 && number <= MOST_FIELD_NUMBER)) throw new RangeError(`tickforge: the field number ${number} is not one of 1 to ${MOST_FIELD_NUMBER}`);
	return {
		draft,
		repeated: () => spec({ ...draft, rule: 'repeated', presence: 'implicit', packed: isPackable({ type: draft.type, rule: 'repeated' }) }),
		optional: () => spec({ ...draft, presence: 'explicit' }),
		oneof: (name) => spec({ ...draft, presence: 'explicit', oneof: name }),
	};
}

const BASE = { typeName: null, rule: 'singular', key: null, presence: 'implicit', packed: false, delimited: false, oneof: null, defaultValue: null } as const;
const scalar =
	(type: Exclude<Scalar, 'enum'>) =>
	(number: number): ProtoFieldSpec =>
		spec({ ...BASE, type, number });

export const double = scalar('double');
export const float = scalar('float');
export const int32 = scalar('int32');
export const int64 = scalar('int64');
export const uint32 = scalar('uint32');
export const uint64 = scalar('uint64');
export const sint32 = scalar('sint32');
export const sint64 = scalar('sint64');
export const fixed32 = scalar('fixed32');
export const fixed64 = scalar('fixed64');
export const sfixed32 = scalar('sfixed32');
export const sfixed64 = scalar('sfixed64');
export const bool = scalar('bool');
export const string = scalar('string');
export const bytes = scalar('bytes');

/** A message of a type by its full name. */
export function message(number: number, typeName: string): ProtoFieldSpec {
	return spec({ ...BASE, type: 'message', typeName, presence: 'explicit', number });
}
/** A value of an enum by its full name. */
export function enumeration(number: number, typeName: string): ProtoFieldSpec {
	return spec({ ...BASE, type: 'enum', typeName, number });
}
/** A map. @param value any field that is not a list; its number does not matter */
export function map(number: number, key: Exclude<Scalar, 'enum' | 'float' | 'double' | 'bytes'>, value: ProtoFieldSpec): ProtoFieldSpec {
	return spec({ ...value.draft, rule: 'map', key, presence: 'implicit', number });
}

export interface ProtoDescription {
	/** Messages by their full names: fields by their names. */
	readonly messages: Readonly<Record<string, Readonly<Record<string, ProtoFieldSpec>>>>;
	/** Enums by their full names: numbers by their values' names. Open: other numbers are values, too. */
	readonly enums?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const TIMESTAMP: ProtoMessage = {
	fields: [
		{ ...BASE, name: 'seconds', type: 'int64', number: 1 },
		{ ...BASE, name: 'nanos', type: 'int32', number: 2 },
	],
};

/** Types for `protobuf` and `decodeProtobuf`. `google.protobuf.Timestamp` is among them. */
export function types({ messages, enums = {} }: ProtoDescription): ProtoTypes {
	return {
		messages: { 'google.protobuf.Timestamp': TIMESTAMP, ...mapValues(messages, (fields): ProtoMessage => ({ fields: Object.entries(fields).map(([name, { draft }]) => ({ name, ...draft })) })) },
		enums: mapValues(enums, (values): ProtoEnum => ({ values: Object.entries(values).map(([name, number]) => ({ name, number })), closed: false })),
	};
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
	return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
}
