import type { Schema, ValueType } from '../../schema/model.ts';

/**
 * Whether objects may be written as arrays of their fields: in feeds where an array cannot be anything else. So no variant
 * is a tuple, and no object is an element of one, where arrays and objects tell variants apart; and no key has an object in
 * one variant and an array in another.
 */
export function mayBeByPosition({ variants }: Schema): boolean {
	if (!variants.every(({ type }) => type.kind === 'message' && !hasObjectInTuple(type, false))) return false;
	return !variants.some(({ type }, index) => variants.some((other, later) => later > index && isObjectOrArray(type, other.type)));
}

function hasObjectInTuple(type: ValueType, inTuple: boolean): boolean {
	switch (type.kind) {
		case 'message':
			return inTuple || type.fields.some((field) => hasObjectInTuple(field.type, false));
		case 'tuple':
			return type.fields.some((field) => hasObjectInTuple(field.type, true));
		case 'list':
			return hasObjectInTuple(type.item, inTuple);
		default:
			return false;
	}
}

/** Whether one of two values is an object where the other is an array, here or under a key that both have. */
function isObjectOrArray(one: ValueType, other: ValueType): boolean {
	const isArray = ({ kind }: ValueType): boolean => kind === 'list' || kind === 'tuple';
	if ((one.kind === 'message' && isArray(other)) || (isArray(one) && other.kind === 'message')) return true;
	if (one.kind !== 'message' || other.kind !== 'message') return false;
	return one.fields.some(({ keys, type }) => other.fields.some((field) => field.keys.some((key) => keys.includes(key)) && isObjectOrArray(type, field.type)));
}
