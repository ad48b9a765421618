import type { Schema, ValueType } from '../../schema/model.ts';

/**
 * Whether objects may be written as arrays of their fields: in feeds where an array cannot be anything else. So no variant
 * is a tuple, and no object is an element of one, where arrays and objects tell variants apart.
 */
export function mayBeByPosition(schema: Schema): boolean {
	return schema.variants.every(({ type }) => type.kind === 'message' && !hasObjectInTuple(type, false));
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
