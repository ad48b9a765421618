import type { Column } from '../../../compiler/batch-layout.ts';
import type { MessageType, TupleType, ValueType } from '../../../schema/model.ts';

/** The column of each field; null for those that have none. */
export function columnsOfFields(type: MessageType | TupleType, columns: readonly Column[] | null): (Column | null)[] {
	let next = 0;
	return type.fields.map((field) => (columns !== null && hasColumn(field.type) ? (columns[next++] as Column) : null));
}

function hasColumn(type: ValueType): boolean {
	if (type.kind === 'template') return type.capture !== null;
	return type.kind !== 'literal' && type.kind !== 'absent' && type.kind !== 'skip';
}
