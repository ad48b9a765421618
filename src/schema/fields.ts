/**
 * The DSL's fields: `decimal(8).key('p')`. A spec is a field being described; `message` and `oneOf` turn specs into the
 * plain data of `model.ts`.
 */
import { noteMistake } from './mistakes.ts';
import type { DecimalType, EnumerationType, ExcessDigits, Field, MessageType, TimestampFormat, TupleType, UnknownKeys, ValueType } from './model.ts';
import type { EnumerationShape, FieldShape, FieldShapes, ListShape, NoColumn, OtherString, ScalarShape, SHAPE, Shape, StructShape, TypedVariant, VariantHead } from './shapes.ts';

/** Everything of a field but its name. */
export type FieldDraft = Omit<Field, 'name'>;

/** A field being described. Its methods return a new one. */
export interface FieldSpec<S extends Shape = Shape, Nullable extends boolean = boolean> {
	readonly [SHAPE]?: FieldShape<S, Nullable>;
	readonly draft: FieldDraft;
	/** The key that the wire uses, and others it may use instead. Without it, the key is the field's name. */
	key(key: string, ...aliases: string[]): this;
	/** The key may be missing; in a tuple, the array may end before this element. The column is then null. */
	optional(): FieldSpec<S, true>;
	/** The value may be null. For quoted numbers and timestamps an empty string is null, too. */
	nullable(): FieldSpec<S, true>;
	/** That this field is there tells its variant from others. */
	distinguishing(): this;
}

export interface DecimalSpec<Nullable extends boolean = boolean> extends FieldSpec<ScalarShape<'decimal'>, Nullable> {
	/** What becomes of digits beyond the scale. Without it, they refuse the message. */
	rounding(excess: ExcessDigits): this;
	/** Keeps how many digits the text has after its point, for checksums over the text. */
	keepScale(): this;
	optional(): DecimalSpec<true>;
	nullable(): DecimalSpec<true>;
}

export interface EnumerationSpec<Value extends string = string, Open extends boolean = boolean, Nullable extends boolean = boolean> extends FieldSpec<EnumerationShape<Open extends true ? Value | OtherString : Value>, Nullable> {
	/** What becomes of a value that is not listed: a new id (`intern`, the default), null (the field must be nullable), or a refused message. */
	unknown(rule: 'intern'): EnumerationSpec<Value, true, Nullable>;
	unknown(rule: 'null' | 'reject'): EnumerationSpec<Value, false, Nullable>;
	optional(): EnumerationSpec<Value, Open, true>;
	nullable(): EnumerationSpec<Value, Open, true>;
}

/** Fields by name. A variant among them is a nested message, as an envelope has it. */
export type FieldRecord = { readonly [name: string]: FieldSpec | TypedVariant };

export type ShapesOf<Fields extends FieldRecord> = {
	readonly [Name in keyof Fields]: Fields[Name] extends FieldSpec<infer S, infer Nullable> ? FieldShape<S, Nullable> : Fields[Name] extends TypedVariant<infer VariantName, infer Inner, infer Role> ? FieldShape<StructShape<Inner, VariantHead<VariantName, Role>>, false> : never;
};

/** With `unknownKeys: 'keep'` or `'keep-bytes'` there is a column for them. */
export type WithUnknownKeys<Fields extends FieldShapes, Options> = Options extends { readonly unknownKeys: 'keep' }
	? Fields & { readonly unknownKeys: FieldShape<ScalarShape<'text'>, true> }
	: Options extends { readonly unknownKeys: 'keep-bytes' }
		? Fields & { readonly unknownKeys: FieldShape<ScalarShape<'bytes'>, true> }
		: Fields;

export interface ObjectOptions {
	/** Keys that are not described: checked and dropped (`skip`, the default), kept in a column `unknownKeys` (`keep`: as JSON text; `keep-bytes`: as a map in MessagePack), or a reason to refuse the message. */
	readonly unknownKeys?: UnknownKeys;
}
export interface TupleOptions {
	/** Elements beyond those described: a reason to refuse the message (`reject`, the default), or checked and dropped. */
	readonly surplus?: TupleType['surplus'];
}

// Values

/** A signed 64-bit integer. */
export function integer(): FieldSpec<ScalarShape<'integer'>, false> {
	return new Spec({ kind: 'integer', bits: 64, signed: true });
}
/** An unsigned 64-bit integer. */
export function unsigned(): FieldSpec<ScalarShape<'integer'>, false> {
	return new Spec({ kind: 'integer', bits: 64, signed: false });
}
/** A signed 32-bit integer. */
export function integer32(): FieldSpec<ScalarShape<'integer32'>, false> {
	return new Spec({ kind: 'integer', bits: 32, signed: true });
}
/** An unsigned 32-bit integer. */
export function unsigned32(): FieldSpec<ScalarShape<'integer32'>, false> {
	return new Spec({ kind: 'integer', bits: 32, signed: false });
}
/** A decimal kept exactly, as an i64 of value × 10^scale. Choose the scale so that every digit the venue sends fits. */
export function decimal(scale: number): DecimalSpec<false> {
	return new DecimalFieldSpec({ kind: 'decimal', scale, excess: 'reject', keepTextScale: false });
}
/** The nearest double, as JavaScript's `Number` gives it. */
export function float(): FieldSpec<ScalarShape<'float'>, false> {
	return new Spec({ kind: 'float' });
}
/** An instant in nanoseconds since 1970, read from a count of `s`, `ms`, `us` or `ns` (a number, quoted or not) or from RFC 3339 text. */
export function timestamp(format: TimestampFormat): FieldSpec<ScalarShape<'timestamp'>, false> {
	return new Spec({ kind: 'timestamp', format });
}
/** `true` or `false`. */
export function flag(): FieldSpec<ScalarShape<'flag'>, false> {
	return new Spec({ kind: 'flag' });
}
/** A string out of few, stored as its position in the list. */
export function enumeration<const Value extends string>(values: readonly Value[]): EnumerationSpec<Value, true, false> {
	return new EnumerationFieldSpec<Value, true, false>({ kind: 'enumeration', values: [...values], unknown: 'intern' });
}
/** A string that comes again and again: instruments, channels, users. Stored as an id; fields of the same universe share ids. */
export function symbol(universe = 'symbol'): FieldSpec<ScalarShape<'symbol'>, false> {
	return new Spec({ kind: 'symbol', universe });
}
/** Any string. */
export function text(): FieldSpec<ScalarShape<'text'>, false> {
	return new Spec({ kind: 'text' });
}
/** Any bytes, as they are. For formats that have them: JSON has none. */
export function bytes(): FieldSpec<ScalarShape<'bytes'>, false> {
	return new Spec({ kind: 'bytes' });
}
/** A constant that must be there. Has no column; tells variants apart. */
export function literal(value: string | number | boolean | null): FieldSpec<NoColumn, false> {
	return new Spec({ kind: 'literal', value });
}
/** A key that must not be there. Has no column; tells variants apart. */
export function absent(): FieldSpec<NoColumn, false> {
	return new Spec({ kind: 'absent' });
}
/** Any valid value, checked and dropped. */
export function skip(): FieldSpec<NoColumn, false> {
	return new Spec({ kind: 'skip' });
}

export type TemplateShape<Pattern extends string> = Pattern extends `${string}{symbol}${string}` ? ScalarShape<'symbol'> : Pattern extends `${string}{text}${string}` ? ScalarShape<'text'> : NoColumn;

/**
 * A string with a fixed start and end, and one place that varies: `{symbol}` and `{text}` capture it in a column, `*`
 * does not. `template('market.{symbol}.depth.step0')`. Tells variants apart.
 */
export function template<const Pattern extends string>(pattern: Pattern, universe = 'symbol'): FieldSpec<TemplateShape<Pattern>, false> {
	const places = [...pattern.matchAll(/\{symbol\}|\{text\}|\*/g)];
	const place = places[0];
	const [prefix, suffix] = place === undefined ? [pattern, ''] : [pattern.slice(0, place.index), pattern.slice(place.index + place[0].length)];
	const captures = { '{symbol}': { kind: 'symbol', universe }, '{text}': { kind: 'text' }, '*': null } as const;
	const type: ValueType = { kind: 'template', prefix, suffix, capture: captures[(place?.[0] ?? '*') as keyof typeof captures] };
	if (place === undefined) noteMistake(type, `the template "${pattern}" has no place that varies; put {symbol}, {text} or * into it, or use literal()`);
	if (places.length > 1) noteMistake(type, `the template "${pattern}" has ${places.length} places that vary, and one is possible; let one capture take the whole middle, and split it afterwards`);
	return new Spec(type);
}

// Containers

/** An array of one kind of item. */
export function list<S extends Shape, Nullable extends boolean>(item: FieldSpec<S, Nullable>): FieldSpec<ListShape<S, Nullable>, false> {
	const { type, keys, optional, nullable, distinguishing } = item.draft;
	const made: ValueType = { kind: 'list', item: type, itemNullable: nullable };
	if (keys.length > 0) noteMistake(made, `the item of a list has no key; take .key(${quoted(keys)}) away from it, or put it on the list`);
	if (optional) noteMistake(made, 'an item of a list cannot be optional: an array may be of any length; take .optional() away, or use .nullable() for items that are null');
	if (distinguishing) noteMistake(made, 'an item of a list cannot be distinguishing; put .distinguishing() on the list');
	return new Spec(made);
}

/** A nested object. */
export function object<const Fields extends FieldRecord, const Options extends ObjectOptions = ObjectOptions>(fields: Fields, options?: Options): FieldSpec<StructShape<WithUnknownKeys<ShapesOf<Fields>, Options>, HeadIn<ShapesOf<Fields>>>, false> {
	return new Spec(messageType(fields, options));
}

/** An array with a known meaning at each position: `tuple({ price: decimal(8), size: decimal(8) })`. */
export function tuple<const Fields extends FieldRecord>(elements: Fields, options?: TupleOptions): FieldSpec<StructShape<ShapesOf<Fields>, HeadIn<ShapesOf<Fields>>>, false> {
	return new Spec(tupleType(elements, options));
}

/** The variant that an envelope carries, at any depth. */
export type HeadIn<Fields extends FieldShapes> = { [Name in keyof Fields]: Fields[Name]['shape'] extends StructShape<FieldShapes, infer Head> ? Head : never }[keyof Fields];

export function messageType(fields: FieldRecord, options: ObjectOptions | undefined): MessageType {
	return remember({ kind: 'message', fields: fieldsFrom(fields, true), unknownKeys: options?.unknownKeys ?? 'skip' }, fields);
}

export function tupleType(elements: FieldRecord, options: TupleOptions | undefined): TupleType {
	return remember({ kind: 'tuple', fields: fieldsFrom(elements, false), surplus: options?.surplus ?? 'reject' }, elements);
}

function fieldsFrom(fields: FieldRecord, keyed: boolean): Field[] {
	return Object.entries(fields).map(([name, spec]) => {
		const draft = 'draft' in spec ? spec.draft : new Spec(spec.type).draft;
		return { name, ...draft, keys: keyed && draft.keys.length === 0 ? [name] : draft.keys };
	});
}

const carried = new WeakMap<ValueType, readonly VariantHead[]>();

/** The variants within a message, at any depth. */
export function variantsWithin(type: ValueType): readonly VariantHead[] {
	return carried.get(type) ?? [];
}

function remember<T extends MessageType | TupleType>(type: T, fields: FieldRecord): T {
	carried.set(
		type,
		Object.values(fields).flatMap((spec) => ('draft' in spec ? variantsWithin(spec.draft.type) : [spec])),
	);
	return type;
}

export function quoted(strings: readonly string[]): string {
	return strings.map((string) => `'${string}'`).join(', ');
}

// Specs

class Spec<S extends Shape, Nullable extends boolean> implements FieldSpec<S, Nullable> {
	readonly draft: FieldDraft;

	constructor(type: ValueType, rest: Omit<FieldDraft, 'type'> = { keys: [], optional: false, nullable: false, distinguishing: false }) {
		this.draft = { type, keys: rest.keys, optional: rest.optional, nullable: rest.nullable, distinguishing: rest.distinguishing };
	}

	key(key: string, ...aliases: string[]): this {
		return this.with({ keys: [key, ...aliases] });
	}

	optional(): FieldSpec<S, true> {
		return this.with({ optional: true }) as FieldSpec<S, boolean> as FieldSpec<S, true>;
	}

	nullable(): FieldSpec<S, true> {
		return this.with({ nullable: true }) as FieldSpec<S, boolean> as FieldSpec<S, true>;
	}

	distinguishing(): this {
		return this.with({ distinguishing: true });
	}

	protected with(change: Partial<FieldDraft>): this {
		const draft = { ...this.draft, ...change };
		return new (this.constructor as new (type: ValueType, rest: FieldDraft) => this)(draft.type, draft);
	}
}

class DecimalFieldSpec<Nullable extends boolean> extends Spec<ScalarShape<'decimal'>, Nullable> implements DecimalSpec<Nullable> {
	rounding(excess: ExcessDigits): this {
		return this.with({ type: { ...(this.draft.type as DecimalType), excess } });
	}

	keepScale(): this {
		return this.with({ type: { ...(this.draft.type as DecimalType), keepTextScale: true } });
	}

	override optional(): DecimalSpec<true> {
		return super.optional() as DecimalSpec<true>;
	}

	override nullable(): DecimalSpec<true> {
		return super.nullable() as DecimalSpec<true>;
	}
}

class EnumerationFieldSpec<Value extends string, Open extends boolean, Nullable extends boolean> extends Spec<EnumerationShape<Open extends true ? Value | OtherString : Value>, Nullable> implements EnumerationSpec<Value, Open, Nullable> {
	unknown(rule: 'intern'): EnumerationSpec<Value, true, Nullable>;
	unknown(rule: 'null' | 'reject'): EnumerationSpec<Value, false, Nullable>;
	unknown(rule: EnumerationType['unknown']): EnumerationSpec<Value, boolean, Nullable> {
		return this.with({ type: { ...(this.draft.type as EnumerationType), unknown: rule } }) as unknown as EnumerationSpec<Value, boolean, Nullable>;
	}

	override optional(): EnumerationSpec<Value, Open, true> {
		return super.optional() as EnumerationSpec<Value, Open, true>;
	}

	override nullable(): EnumerationSpec<Value, Open, true> {
		return super.nullable() as EnumerationSpec<Value, Open, true>;
	}
}
