/**
 * What a message is, as plain data: the form that the DSL (`schema/index.ts`) builds, that every tier reads,
 * and that can be written to JSON and read back. Nothing here knows a wire format's syntax or a memory address.
 */

/** What to do with a decimal that has more significant fraction digits than the field's scale. Zeros are never excess. */
export type ExcessDigits = 'reject' | 'truncate' | 'half-even';

/** How a timestamp is written. Units are epoch counts (number or quoted, fraction allowed); `rfc3339` is text. */
export type TimestampFormat = 's' | 'ms' | 'us' | 'ns' | 'rfc3339';

/** Keys of an object that the schema does not name: checked and dropped, kept as raw JSON text, kept as bytes of the wire (of formats that have any), or refused. */
export type UnknownKeys = 'skip' | 'keep' | 'keep-bytes' | 'reject';

export interface IntegerType {
	readonly kind: 'integer';
	readonly bits: 32 | 64;
	readonly signed: boolean;
}
export interface DecimalType {
	readonly kind: 'decimal';
	/** Digits after the point in the stored fixed-point i64, 0 to 18. */
	readonly scale: number;
	readonly excess: ExcessDigits;
	/** Keeps the number of fraction digits of the text (trailing zeros included) in a companion i8 column, -1 for exponent notation. */
	readonly keepTextScale: boolean;
}
export interface FloatType {
	readonly kind: 'float';
}
export interface TimestampType {
	readonly kind: 'timestamp';
	readonly format: TimestampFormat;
}
export interface FlagType {
	readonly kind: 'flag';
}
export interface EnumerationType {
	readonly kind: 'enumeration';
	/** Ids are the positions in this list. */
	readonly values: readonly string[];
	/** A value not in the list: gets the next id (the dictionary grows), becomes null (the field must be nullable), or refuses the message. */
	readonly unknown: 'intern' | 'null' | 'reject';
}
export interface SymbolType {
	readonly kind: 'symbol';
	/** The symbol table that the id belongs to; fields that name the same universe share ids. */
	readonly universe: string;
}
export interface TextType {
	readonly kind: 'text';
}
/** Any bytes, as they are. Formats of text have none. */
export interface BytesType {
	readonly kind: 'bytes';
}
/** A constant that must be there. Has no column; tells variants of a one-of apart. */
export interface LiteralType {
	readonly kind: 'literal';
	readonly value: string | number | boolean | null;
}
/** A string with a fixed start and end. What stands between may be captured as a symbol or text. Tells variants apart. */
export interface TemplateType {
	readonly kind: 'template';
	readonly prefix: string;
	readonly suffix: string;
	readonly capture: SymbolType | TextType | null;
}
/** A key that must not be there. Has no column; tells variants apart. */
export interface AbsentType {
	readonly kind: 'absent';
}
/** Any valid value, checked and dropped. */
export interface SkipType {
	readonly kind: 'skip';
}
export interface ListType {
	readonly kind: 'list';
	readonly item: ValueType;
	/** Items may be null (only where the item is a scalar). */
	readonly itemNullable: boolean;
}
/** An array with a known meaning at each position. */
export interface TupleType {
	readonly kind: 'tuple';
	readonly fields: readonly Field[];
	/** More elements than declared: refused, or checked and dropped. */
	readonly surplus: 'reject' | 'skip';
}
export interface MessageType {
	readonly kind: 'message';
	readonly fields: readonly Field[];
	readonly unknownKeys: UnknownKeys;
}

/** Types that fill exactly one column. */
export type ScalarType = IntegerType | DecimalType | FloatType | TimestampType | FlagType | EnumerationType | SymbolType | TextType | BytesType;
export type ValueType = ScalarType | LiteralType | TemplateType | AbsentType | SkipType | ListType | TupleType | MessageType;

export interface Field {
	/** The column's name. */
	readonly name: string;
	/** The keys that the wire may use, the usual one first. In a tuple: empty. */
	readonly keys: readonly string[];
	readonly type: ValueType;
	/** The key may be missing (in a tuple: the array may end before this element). */
	readonly optional: boolean;
	/** The value may be null; for quoted numbers and timestamps an empty string counts as null. */
	readonly nullable: boolean;
	/** The presence of this field tells this variant from others. */
	readonly distinguishing: boolean;
}

/** One kind of message on a feed. */
export interface Variant {
	readonly name: string;
	/** `table`: rows go to columns. `control`: recognised, checked and counted, no columns. */
	readonly role: 'table' | 'control';
	readonly type: MessageType | TupleType;
}

/** A feed: an ordered choice of variants. A single message is a feed with one variant. */
export interface Schema {
	readonly name: string;
	readonly version: number;
	readonly variants: readonly Variant[];
}
