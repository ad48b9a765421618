/** Schemas for tests, in few words. */
import type { Field, MessageType, Schema, TupleType, ValueType, Variant } from '../../../src/schema/model.ts';

export function field(name: string, type: ValueType, also: Partial<Field> = {}): Field {
	return { name, keys: [name], type, optional: false, nullable: false, distinguishing: false, ...also };
}

export function message(fields: readonly Field[], also: Partial<MessageType> = {}): MessageType {
	return { kind: 'message', fields, unknownKeys: 'skip', ...also };
}

/** Elements may be given as types. */
export function tuple(elements: readonly (Field | ValueType)[], also: Partial<TupleType> = {}): TupleType {
	return { kind: 'tuple', fields: elements.map((element, index) => ({ ...('kind' in element ? field(`f${index}`, element) : element), keys: [] })), surplus: 'reject', ...also };
}

export function feed(...variants: (Variant | MessageType | TupleType)[]): Schema {
	return { name: 'feed', version: 1, variants: variants.map((one, index) => ('role' in one ? one : { name: `variant${index}`, role: 'table', type: one })) };
}

/** Messages `{"v": …}` with one field of this type. */
export function single(type: ValueType, also: Partial<Field> = {}): Schema {
	return feed(message([field('v', type, also)]));
}
