/** Builders of wire fields: `uint(16)`, `decimal(uint(32), -4)`, `symbol(8)`. docs/binary.md shows them. */
import type { BytesType, EnumerationType, SymbolType, TextType, TimestampFormat } from '../../schema/model.ts';
import type { EnumerationShape, FieldShape, FieldShapes, ListShape, NoColumn, OtherString, ScalarShape, SHAPE, Shape, StructShape } from '../../schema/shapes.ts';
import type { Endian, Meaning, NodeCommon, Place, WireInteger, WireNode, WireNumber } from './wire.ts';

/** A field being described. Its methods return a new one. */
export interface WireField<S extends Shape = Shape, Nullable extends boolean = boolean> {
	readonly [SHAPE]?: FieldShape<S, Nullable>;
	/** Gives the node, once the format's byte order and midnight are known. */
	readonly node: (name: string, format: FormatDefaults) => WireNode;
	/** Numbers: the value that stands for null. */
	nullIs(value: bigint | number | string): WireField<S, true>;
	/** Text and data: nothing but padding (bytes of fixed length have none), or length 0, is null. Floats: NaN is null. */
	blankIsNull(): WireField<S, true>;
	/** Version of the format that brought the field. Messages of older versions have null there. */
	since(version: number): WireField<S, true>;
	/** The field is there only where this bit (0 the lowest) of an earlier number is set; else null. */
	when(map: string, bit: number): WireField<S, true>;
}

/** A number that other builders take, and that is an integer by itself. */
export interface NumberField<Kind extends 'integer' | 'integer32' = 'integer' | 'integer32', Nullable extends boolean = boolean> extends WireField<ScalarShape<Kind>, Nullable> {
	readonly number: (endian: Endian) => WireNumber;
	/** Byte order, where it is not the format's. */
	little(): NumberField<Kind, Nullable>;
	big(): NumberField<Kind, Nullable>;
	nullIs(value: bigint | number | string): NumberField<Kind, true>;
}

export interface FormatDefaults {
	readonly endian: Endian;
	/** Nanoseconds since 1970 at which the day of the messages began. */
	readonly midnight: bigint;
}

export type WireFields = { readonly [name: string]: WireField };
export type ShapesOfWire<Fields extends WireFields> = { readonly [Name in keyof Fields]: Fields[Name] extends WireField<infer S, infer Nullable> ? FieldShape<S, Nullable> : never } & FieldShapes;

/** A code of a byte: a number, or a character for its ASCII code. */
export type Code = number | bigint | string;

/** @throws TypeError for a text of more than one character */
export function codeOf(code: Code): string {
	if (typeof code !== 'string') return BigInt(code).toString();
	const [only] = code;
	if (code.length !== 1 || only === undefined || code.charCodeAt(0) > 0x7f) throw new TypeError(`tickforge: a code is a number or one ASCII character, not "${code}"`);
	return String(code.charCodeAt(0));
}

const NO_MEANING: Meaning = { type: null, nullValue: null, exponent: 0, base: '0', codes: [], constant: null };
const common = (name: string): NodeCommon => ({ name, since: 0, when: null });

function wireField<S extends Shape, Nullable extends boolean>(node: WireField['node']): WireField<S, Nullable> {
	const changed = (change: (made: WireNode) => WireNode): WireField<S, true> => wireField((name, format) => change(node(name, format)));
	return {
		node,
		nullIs: (value) => changed((made) => withNull(made, codeOf(value))),
		blankIsNull: () =>
			changed((made) => {
				if (made.kind !== 'text' && made.kind !== 'data' && made.kind !== 'float') throw new TypeError(`tickforge: "${made.name}" is a ${made.kind}, and blankIsNull() is for text, data and floats; numbers have nullIs()`);
				if (made.kind === 'text' && made.type.kind === 'bytes') throw new TypeError(`tickforge: "${made.name}" always has ${made.bytes} bytes, so it is never blank; say when it is there with .when(map, bit)`);
				return { ...made, nullable: true };
			}),
		since: (version) => changed((made) => ({ ...made, since: version })),
		when: (map, bit) => changed((made) => ({ ...made, when: { map, bit } })),
	};
}

function withNull(made: WireNode, nullValue: string): WireNode {
	if (made.kind === 'number') return { ...made, meaning: { ...made.meaning, nullValue } };
	if (made.kind === 'array' && made.item.kind === 'number') return { ...made, item: { ...made.item, meaning: { ...made.item.meaning, nullValue } } };
	throw new TypeError(`tickforge: "${made.name}" is a ${made.kind}, and nullIs() is for numbers; text, data and floats have blankIsNull()`);
}

// Integers

function numberField<Kind extends 'integer' | 'integer32', Nullable extends boolean>(number: NumberField['number'], bits: 32 | 64, signed: boolean, nullValue: string | null = null): NumberField<Kind, Nullable> {
	const field = wireField<ScalarShape<Kind>, Nullable>((name, { endian }) => ({ ...common(name), kind: 'number', number: number(endian), meaning: { ...NO_MEANING, type: { kind: 'integer', bits, signed }, nullValue } }));
	const ordered = (endian: Endian): NumberField<Kind, Nullable> => numberField(() => number(endian), bits, signed, nullValue);
	return { ...field, number, little: () => ordered('little'), big: () => ordered('big'), nullIs: (value) => numberField<Kind, true>(number, bits, signed, codeOf(value)) };
}

type Small = 8 | 16 | 24 | 32;
type Large = 40 | 48 | 56 | 64;

/** An unsigned integer of 8, 16, 24, … 64 bits. A column of 32 bits, or of 64 where it has more. */
export function uint(bits: Small): NumberField<'integer32', false>;
export function uint(bits: Large): NumberField<'integer', false>;
export function uint(bits: number): NumberField<'integer' | 'integer32', false> {
	return numberField((endian) => ({ kind: 'integer', bytes: bits / 8, endian, signed: false }), bits > 32 ? 64 : 32, false);
}
/** A signed integer of 8, 16, 24, … 64 bits, two's complement. */
export function int(bits: Small): NumberField<'integer32', false>;
export function int(bits: Large): NumberField<'integer', false>;
export function int(bits: number): NumberField<'integer' | 'integer32', false> {
	return numberField((endian) => ({ kind: 'integer', bytes: bits / 8, endian, signed: true }), bits > 32 ? 64 : 32, true);
}
/** An unsigned LEB128 of up to 64 bits. */
export function varint(): NumberField<'integer', false> {
	return numberField(() => ({ kind: 'varint', zigzag: false }), 64, false);
}
/** A signed LEB128 of up to 64 bits, zig-zag encoded. */
export function zigzag(): NumberField<'integer', false> {
	return numberField(() => ({ kind: 'varint', zigzag: true }), 64, true);
}

const meant = <S extends Shape>(of: NumberField, meaning: (format: FormatDefaults) => Partial<Meaning>): WireField<S, false> => wireField((name, format) => ({ ...common(name), kind: 'number', number: of.number(format.endian), meaning: { ...NO_MEANING, ...meaning(format) } }));

/**
 * An exact decimal: mantissa × 10^exponent.
 *
 * @param exponent a constant, or the name of an earlier number that carries it
 * @param scale digits after the point in the column; by default those of a constant exponent. What does not fit refuses
 *   the message, as do digits in excess
 */
export function decimal(mantissa: NumberField, exponent: number, scale?: number): WireField<ScalarShape<'decimal'>, false>;
export function decimal(mantissa: NumberField, exponent: string, scale: number): WireField<ScalarShape<'decimal'>, false>;
export function decimal(mantissa: NumberField, exponent: number | string, scale?: number): WireField<ScalarShape<'decimal'>, false> {
	return meant(mantissa, () => ({ type: { kind: 'decimal', scale: scale ?? Math.max(0, -Number(exponent)), excess: 'reject', keepTextScale: false }, exponent }));
}

/** An instant: a count of units since 1970, or since the midnight that the format is given. */
export function timestamp(count: NumberField, unit: Exclude<TimestampFormat, 'rfc3339'>, since: 'epoch' | 'midnight' = 'epoch'): WireField<ScalarShape<'timestamp'>, false> {
	return meant(count, ({ midnight }) => ({ type: { kind: 'timestamp', format: unit }, base: since === 'midnight' ? midnight.toString() : '0' }));
}

/** True or false: all but 0 is true, or by two codes, where others refuse the message. */
export function flag(of: NumberField, codes?: { readonly true: Code; readonly false: Code }): WireField<ScalarShape<'flag'>, false> {
	return meant(of, () => ({ type: { kind: 'flag' }, codes: codes === undefined ? [] : [codeOf(codes.false), codeOf(codes.true)] }));
}

export interface WireEnumeration<Value extends string, Nullable extends boolean = boolean> extends WireField<EnumerationShape<Value>, Nullable> {
	/** What becomes of a code that is not listed: a value of its own, the byte as a character (`intern`; bytes only), null, or a refused message (`reject`, the default). */
	unknown(rule: 'intern'): WireField<EnumerationShape<Value | OtherString>, Nullable>;
	unknown(rule: 'null'): WireField<EnumerationShape<Value>, true>;
	unknown(rule: 'reject'): WireField<EnumerationShape<Value>, Nullable>;
}

/** One of a few values, each with its code. */
export function enumeration<const Values extends { readonly [value: string]: Code }>(of: NumberField, values: Values): WireEnumeration<keyof Values & string, false> {
	const make = (unknown: EnumerationType['unknown']): WireField<EnumerationShape<keyof Values & string>, false> => meant(of, () => ({ type: { kind: 'enumeration', values: Object.keys(values), unknown }, codes: Object.values(values).map(codeOf) }));
	return { ...make('reject'), unknown: make as unknown as WireEnumeration<keyof Values & string, false>['unknown'] };
}

/** A number that later fields refer to by its name, and that has no column: an exponent, a presence map. */
export function hidden(of: NumberField): WireField<NoColumn, false> {
	return meant(of, () => ({}));
}
/** A number that must be this one. Has no column. */
export function constant(of: NumberField, value: Code): WireField<NoColumn, false> {
	return meant(of, () => ({ constant: codeOf(value) }));
}

// Floats

export function float32(order?: Endian): WireField<ScalarShape<'float'>, false> {
	return floatField(4, order);
}
export function float64(order?: Endian): WireField<ScalarShape<'float'>, false> {
	return floatField(8, order);
}
const floatField = (bytes: 4 | 8, order: Endian | undefined): WireField<ScalarShape<'float'>, false> => wireField((name, { endian }) => ({ ...common(name), kind: 'float', bytes, endian: order ?? endian, nullable: false }));

// Text

export interface TextOptions {
	/** What stands after the text. Default `space`. */
	readonly pad?: 'space' | 'nul';
}
export interface SymbolOptions extends TextOptions {
	/** Fields of the same universe share ids. Default `symbol`. */
	readonly universe?: string;
}

/** A name in a fixed number of bytes, stored as an id. */
export function symbol(bytes: number, { pad = 'space', universe = 'symbol' }: SymbolOptions = {}): WireField<ScalarShape<'symbol'>, false> {
	return wireField((name) => ({ ...common(name), kind: 'text', bytes, pad, type: { kind: 'symbol', universe }, nullable: false }));
}
/** Text in a fixed number of bytes. */
export function text(bytes: number, { pad = 'space' }: TextOptions = {}): WireField<ScalarShape<'text'>, false> {
	return wireField((name) => ({ ...common(name), kind: 'text', bytes, pad, type: { kind: 'text' }, nullable: false }));
}
/** A fixed number of bytes, as they are: hashes, tokens, addresses. */
export function bytes(count: number): WireField<ScalarShape<'bytes'>, false> {
	return wireField((name) => ({ ...common(name), kind: 'text', bytes: count, pad: 'none', type: { kind: 'bytes' }, nullable: false }));
}
const dataField = <S extends Shape>(length: NumberField, type: SymbolType | TextType | BytesType | null): WireField<S, false> => wireField((name, { endian }) => ({ ...common(name), kind: 'data', length: length.number(endian), type, nullable: false }));
/** A name after its length. */
export function symbolData(length: NumberField, { universe = 'symbol' }: { readonly universe?: string } = {}): WireField<ScalarShape<'symbol'>, false> {
	return dataField(length, { kind: 'symbol', universe });
}
/** Text after its length. */
export function textData(length: NumberField): WireField<ScalarShape<'text'>, false> {
	return dataField(length, { kind: 'text' });
}
/** Any bytes after their length. */
export function bytesData(length: NumberField): WireField<ScalarShape<'bytes'>, false> {
	return dataField(length, { kind: 'bytes' });
}
/** Any bytes after their length, dropped. */
export function skipData(length: NumberField): WireField<NoColumn, false> {
	return dataField(length, null);
}

// Room

/** Bytes without a meaning. */
export function skip(bytes: number): WireField<NoColumn, false> {
	return wireField((name) => ({ ...common(name), kind: 'skip', bytes }));
}
/** Bytes up to the next multiple of 1, 2, 4, … 64, counted from the message's start. */
export function align(to: number): WireField<NoColumn, false> {
	return wireField((name) => ({ ...common(name), kind: 'align', to }));
}

// Several values in one integer

/** A part of `bits`. */
export interface BitPart<S extends Shape = Shape, Nullable extends boolean = boolean> {
	readonly [SHAPE]?: FieldShape<S, Nullable>;
	readonly shift: number;
	readonly width: number;
	readonly meaning: Meaning;
}
/** One bit, 0 the lowest. */
export function bit(shift: number): BitPart<ScalarShape<'flag'>, false> {
	return { shift, width: 1, meaning: { ...NO_MEANING, type: { kind: 'flag' } } };
}
/** An unsigned integer of up to 32 bits. */
export function bitField(shift: number, width: number): BitPart<ScalarShape<'integer32'>, false> {
	return { shift, width, meaning: { ...NO_MEANING, type: { kind: 'integer', bits: 32, signed: false } } };
}
/** One of a few values; other codes refuse the message. */
export function bitEnumeration<const Values extends { readonly [value: string]: number }>(shift: number, width: number, values: Values): BitPart<EnumerationShape<keyof Values & string>, false> {
	return { shift, width, meaning: { ...NO_MEANING, type: { kind: 'enumeration', values: Object.keys(values), unknown: 'reject' }, codes: Object.values(values).map(codeOf) } };
}
/** Flags and small numbers packed into an integer; columns `name.part`. */
export function bits<const Parts extends { readonly [name: string]: BitPart }>(of: NumberField, parts: Parts): WireField<StructShape<{ readonly [Name in keyof Parts]: Parts[Name] extends BitPart<infer S, infer Nullable> ? FieldShape<S, Nullable> : never }>, false> {
	return wireField((name, { endian }) => {
		const number = of.number(endian);
		if (number.kind !== 'integer') throw new TypeError(`tickforge: the bits of "${name}" are in a varint, and must be in an integer of fixed size`);
		return { ...common(name), kind: 'bits', number, parts: Object.entries(parts).map(([part, { shift, width, meaning }]) => ({ name: part, shift, width, meaning })) };
	});
}

// Several fields

const nodesOf = (fields: WireFields, format: FormatDefaults): WireNode[] => Object.entries(fields).map(([name, { node }]) => node(name, format));

/** Fields together; columns `name.field`. */
export function object<const Fields extends WireFields>(fields: Fields): WireField<StructShape<ShapesOfWire<Fields>>, false> {
	return wireField((name, format) => ({ ...common(name), kind: 'struct', nodes: nodesOf(fields, format) }));
}

export interface GroupHead {
	readonly count: NumberField;
	/** Bytes of each item's fixed part, before the count. What an item has beyond what is described is skipped. */
	readonly blockLength?: NumberField;
	/** Bytes without a meaning between the two. Default 0. */
	readonly gap?: number;
}
/** Items after their count. */
export function group<const Fields extends WireFields>({ count, blockLength, gap = 0 }: GroupHead, fields: Fields): WireField<ListShape<StructShape<ShapesOfWire<Fields>>, false>, false> {
	return wireField((name, format) => {
		const counted = count.number(format.endian);
		const length = blockLength?.number(format.endian) ?? null;
		if (length?.kind === 'varint') throw new TypeError(`tickforge: the block length of "${name}" is a varint, and must be an integer of fixed size`);
		const blockPlace: Place | null = length === null ? null : { ...length, offset: 0 };
		if (!(Number.isInteger(gap) && gap >= 0 && gap <= 255)) throw new RangeError(`tickforge: the gap ${gap} of "${name}" is not one of 0 to 255 bytes`);
		if (counted.kind === 'varint' && gap > 0) throw new TypeError(`tickforge: the group "${name}" has a gap and a varint as count, which is not possible`);
		const before = (length?.bytes ?? 0) + gap;
		if (counted.kind === 'varint' && length !== null) throw new TypeError(`tickforge: the group "${name}" has a block length and a varint as count, which is not possible`);
		return { ...common(name), kind: 'group', head: counted.kind === 'varint' ? 0 : before + counted.bytes, blockLength: blockPlace, count: counted.kind === 'varint' ? counted : { ...counted, offset: before }, nodes: nodesOf(fields, format) };
	});
}
/** A fixed number of numbers. */
export function array<S extends Shape, Nullable extends boolean>(count: number, item: WireField<S, Nullable>): WireField<ListShape<S, Nullable>, false> {
	return wireField((name, format) => {
		const made = item.node('item', format);
		if (made.kind !== 'number' && made.kind !== 'float') throw new TypeError(`tickforge: the array "${name}" is of ${made.kind}, and must be of numbers or floats; use group() for others`);
		return { ...common(name), kind: 'array', count, item: made };
	});
}

// Headers

/** A part of what every message starts with. */
export interface HeaderField {
	readonly role: 'type' | 'length' | 'blockLength' | 'version' | 'constant' | 'skip';
	readonly bytes: (endian: Endian) => WireInteger;
	readonly value: string | null;
	readonly excludes: number;
}
const headerField = (role: HeaderField['role'], of: NumberField, value: string | null = null, excludes = 0): HeaderField => ({
	role,
	bytes: (endian) => {
		const number = of.number(endian);
		if (number.kind !== 'integer') throw new TypeError('tickforge: a header has no varints; use integers of fixed size');
		return number;
	},
	value,
	excludes,
});
/** Says which message it is. */
export const typeField = (of: NumberField): HeaderField => headerField('type', of);
/** The message's own length, less the bytes that it does not count. A message of another length is refused. */
export const lengthField = (of: NumberField, { excludes = 0 }: { readonly excludes?: number } = {}): HeaderField => headerField('length', of, null, excludes);
/** Bytes of the fixed-size fields that follow the header. */
export const blockLengthField = (of: NumberField): HeaderField => headerField('blockLength', of);
/** Version that a message was written with. */
export const versionField = (of: NumberField): HeaderField => headerField('version', of);
/** Always this; another value is no message of this format. */
export const headerConstant = (of: NumberField, value: Code): HeaderField => headerField('constant', of, codeOf(value));
/** Of no meaning. */
export const headerSkip = (bytes: number): HeaderField => ({ role: 'skip', bytes: (endian) => ({ kind: 'integer', bytes, endian, signed: false }), value: null, excludes: 0 });
