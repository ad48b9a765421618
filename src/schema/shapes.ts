/**
 * What TypeScript knows about a schema's tables. The objects that the DSL builds are plain data; these types travel
 * beside them, under keys that never exist at run time.
 */
import type { MessageType, Schema, TupleType, Variant } from './model.ts';

/** Carries a type beside a value. No object has this key, and there is no such symbol at run time. */
export declare const SHAPE: unique symbol;

/** What a value becomes in its table. */
export type Shape = ScalarShape | EnumerationShape | ListShape | StructShape | NoColumn;

/** `integer` has 64 bits, `integer32` has 32. Of either sign. */
export interface ScalarShape<Kind extends 'integer' | 'integer32' | 'decimal' | 'float' | 'timestamp' | 'flag' | 'symbol' | 'text' | 'bytes' = 'integer' | 'integer32' | 'decimal' | 'float' | 'timestamp' | 'flag' | 'symbol' | 'text' | 'bytes'> {
	readonly kind: Kind;
}
export interface EnumerationShape<Value extends string = string> {
	readonly kind: 'enumeration';
	readonly value: Value;
}
export interface ListShape<Item extends Shape = Shape, ItemNullable extends boolean = boolean> {
	readonly kind: 'list';
	readonly item: Item;
	readonly itemNullable: ItemNullable;
}
/** A nested message or tuple. `Wrapped` tells which variant an envelope carries here. */
export interface StructShape<Fields extends FieldShapes = FieldShapes, Wrapped extends VariantHead = VariantHead> {
	readonly kind: 'struct';
	readonly fields: Fields;
	readonly wrapped?: Wrapped;
}
/** Literals, absent and skipped values: checked on the wire, not stored. */
export interface NoColumn {
	readonly kind: 'none';
}

export interface FieldShape<S extends Shape = Shape, Nullable extends boolean = boolean> {
	readonly shape: S;
	readonly nullable: Nullable;
}
export type FieldShapes = { readonly [name: string]: FieldShape };

export interface VariantHead<Name extends string = string, Role extends Variant['role'] = Variant['role']> {
	readonly name: Name;
	readonly role: Role;
}

/** A variant whose columns TypeScript knows. */
export interface TypedVariant<Name extends string = string, Fields extends FieldShapes = FieldShapes, Role extends Variant['role'] = Variant['role']> extends Variant {
	readonly name: Name;
	readonly role: Role;
	readonly type: MessageType | TupleType;
	readonly [SHAPE]?: Fields;
}

/** A schema whose variants TypeScript knows. */
export interface TypedSchema<Variants extends readonly Variant[] = readonly Variant[]> extends Schema {
	readonly variants: Variants;
}

/** An enumeration's value that the schema does not list, without losing the editor's list of those it does. */
export type OtherString = string & Record<never, never>;

// From shapes to plain objects

/**
 * A value of a plain-object row. Exact: 64-bit integers, decimals (value × 10^scale) and timestamps (nanoseconds since
 * the epoch) are bigint. Columns and cursors have ways to read them without one.
 */
export type RowValue<S extends Shape> =
	S extends ScalarShape<infer Kind>
		? { integer: bigint; decimal: bigint; timestamp: bigint; integer32: number; float: number; flag: boolean; symbol: string; text: string; bytes: Uint8Array }[Kind]
		: S extends EnumerationShape<infer Value>
			? Value
			: S extends ListShape<infer Item, infer ItemNullable>
				? readonly OrNull<RowValue<Item>, ItemNullable>[]
				: S extends StructShape<infer Fields>
					? RowOfFields<Fields>
					: never;

type OrNull<Value, Nullable extends boolean> = true extends Nullable ? Value | null : Value;

/** Names of the fields that have a column. */
export type ColumnNames<Fields extends FieldShapes> = { [Name in keyof Fields & string]: Fields[Name]['shape'] extends NoColumn ? never : Name }[keyof Fields & string];

export type RowOfFields<Fields extends FieldShapes> = { readonly [Name in ColumnNames<Fields>]: OrNull<RowValue<Fields[Name]['shape']>, Fields[Name]['nullable']> };

// Asking a variant or a schema

export type FieldsOf<V extends Variant> = V extends { readonly [SHAPE]?: infer Fields extends FieldShapes } ? Fields : FieldShapes;

/** A row of a variant's table as a plain object: `Row<typeof aggTrade>`. */
export type Row<V extends Variant> = RowOfFields<FieldsOf<V>>;

/** Names of all variants, in no order. */
export type VariantNames<S extends Schema> = S['variants'][number]['name'];

/** Names of the variants that have a table. */
export type TableNames<S extends Schema> = Extract<S['variants'][number], { readonly role: 'table' }> extends infer Tables extends Variant ? ([Tables] extends [never] ? S['variants'][number]['name'] : Tables['name']) : never;

/** The variant of a schema with this name. */
export type VariantOf<S extends Schema, Name extends VariantNames<S>> = string extends S['variants'][number]['name'] ? Variant : Extract<S['variants'][number], { readonly name: Name }>;

/** A row of a table as a plain object: `RowOf<typeof feed, 'aggTrade'>`. */
export type RowOf<S extends Schema, Name extends VariantNames<S>> = Row<VariantOf<S, Name>>;

/** What each column of a table is, by its path: `{ price: FieldShape<ScalarShape<'decimal'>, false>, 'k.open': … }`. Nested messages are listed themselves and their columns with a dotted path. */
export type ColumnsOf<S extends Schema, Name extends VariantNames<S>> = { readonly [Path in FieldNames<S, Name>]: ColumnAt<FieldsOf<VariantOf<S, Name>>, Path> };

/** Paths of a table's columns: a field's name, or for nested messages `outer.inner`. */
export type FieldNames<S extends Schema, Name extends VariantNames<S>> = PathsOf<FieldsOf<VariantOf<S, Name>>>;

/** The kind of each column, by its path. */
export type ColumnKinds<S extends Schema, Name extends VariantNames<S>> = { readonly [Path in FieldNames<S, Name>]: ColumnAt<FieldsOf<VariantOf<S, Name>>, Path>['shape']['kind'] };

export type PathsOf<Fields extends FieldShapes> = string extends keyof Fields ? string : { [Name in ColumnNames<Fields>]: Fields[Name]['shape'] extends StructShape<infer Inner> ? Name | `${Name}.${PathsOf<Inner>}` : Name }[ColumnNames<Fields>];

/** The column at a path. One within a struct that may be null may be null itself. */
export type ColumnAt<Fields extends FieldShapes, Path extends string, Nullable extends boolean = false> = string extends keyof Fields
	? FieldShape
	: Path extends keyof Fields
		? FieldShape<Fields[Path]['shape'], Either<Fields[Path]['nullable'], Nullable>>
		: Path extends `${infer Head}.${infer Rest}`
			? Head extends keyof Fields
				? Fields[Head]['shape'] extends StructShape<infer Inner>
					? ColumnAt<Inner, Rest, Either<Fields[Head]['nullable'], Nullable>>
					: never
				: never
			: never;

type Either<A extends boolean, B extends boolean> = true extends A | B ? true : false;
