/** The DSL's messages and feeds: specs become the plain data of `model.ts`. */
import { type FieldRecord, type HeadIn, messageType, type ObjectOptions, quoted, type ShapesOf, type TupleOptions, tupleType, variantsWithin, type WithUnknownKeys } from './fields.ts';
import type { FieldShapes, TypedSchema, TypedVariant } from './shapes.ts';
import { validateSchema } from './validate.ts';

/** A message whose top is an object, and its table. */
export function message<const Name extends string, const Fields extends FieldRecord, const Options extends ObjectOptions = ObjectOptions>(name: Name, fields: Fields, options?: Options): TypedVariant<Name, WithUnknownKeys<ShapesOf<Fields>, Options>, 'table'> {
	return { name, role: 'table', type: messageType(fields, options) };
}

/** A message whose top is an array with a known meaning at each position, and its table. */
export function tupleMessage<const Name extends string, const Fields extends FieldRecord>(name: Name, elements: Fields, options?: TupleOptions): TypedVariant<Name, ShapesOf<Fields>, 'table'> {
	return { name, role: 'table', type: tupleType(elements, options) };
}

/** A message that is recognised, checked and counted, and has no table: acknowledgements, heartbeats, status. */
export function control<const Name extends string, const Fields extends FieldRecord>(name: Name, fields: Fields, options?: ObjectOptions): TypedVariant<Name, ShapesOf<Fields>, 'control'> {
	return { name, role: 'control', type: messageType(fields, options) };
}

/** {@link control} for a message whose top is an array. */
export function controlTuple<const Name extends string, const Fields extends FieldRecord>(name: Name, elements: Fields, options?: TupleOptions): TypedVariant<Name, ShapesOf<Fields>, 'control'> {
	return { name, role: 'control', type: tupleType(elements, options) };
}

/**
 * An object around another message, for venues that wrap what they send:
 * `envelope({ stream: skip(), data: aggTrade })`, `envelope({ method: literal('subscription'), params: object({ channel: text(), data: ticker }) })`.
 * Name and role are those of the one variant within; its columns are nested (`data.price`).
 */
export function envelope<const Fields extends FieldRecord, const Options extends ObjectOptions = ObjectOptions>(fields: Fields, options?: Options): TypedVariant<HeadIn<ShapesOf<Fields>>['name'], WithUnknownKeys<ShapesOf<Fields>, Options>, HeadIn<ShapesOf<Fields>>['role']> {
	const type = messageType(fields, options);
	const within = variantsWithin(type);
	const [head] = within;
	if (head === undefined || within.length > 1) {
		const found = head === undefined ? 'no message' : `${within.length} messages (${quoted(within.map(({ name }) => name))})`;
		throw new Error(`tickforge: an envelope goes around one message, and the one with ${quoted(Object.keys(fields))} has ${found}; put one message() among its fields`);
	}
	return { name: head.name, role: head.role, type };
}

export interface FeedOptions {
	/** Raised when the tables change so that readers of the old ones must change too. */
	readonly version: number;
}

/**
 * A feed: what may arrive on one connection. The first variant whose literals, templates, absent keys and distinguishing
 * fields fit is the message's. Throws a {@link SchemaError} that lists all mistakes.
 */
export function oneOf<const Name extends string, const Variants extends readonly TypedVariant<string, FieldShapes>[]>(name: Name, options: FeedOptions, ...variants: Variants): TypedSchema<Variants> {
	const schema = { name, version: options.version, variants };
	validateSchema(schema);
	return schema;
}
