/** A schema's rows as TypeScript: what `batch.row()` gives. */
import type { Field, MessageType, TupleType, ValueType } from '../schema/index.ts';
import { keptKeys } from '../schema/visit.ts';

/** Name of a table's row type. */
export const typeName = (name: string): string => `${name.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, __, letter: string) => letter.toUpperCase()).replace(/^\d/, '_$&')}Row`;

/** An interface's body. */
export function structText(type: MessageType | TupleType, indent: string): string {
	const inner = `${indent}\t`;
	const fields = type.fields.filter((field) => typeText(field.type, inner) !== null);
	const keeps = type.kind === 'message' ? keptKeys(type) : null;
	const kept = keeps === null ? [] : [`${inner}readonly unknownKeys: ${keeps.kind === 'text' ? 'string' : 'Uint8Array'} | null;`];
	return `{\n${[...fields.map((field) => `${inner}readonly ${JSON.stringify(field.name)}: ${fieldText(field, inner)};`), ...kept].join('\n')}\n${indent}}`;
}

const fieldText = (field: Field, indent: string): string => `${typeText(field.type, indent)}${field.optional || field.nullable ? ' | null' : ''}`;

/** What `row()` gives for a type; null where it has no column. */
function typeText(type: ValueType, indent: string): string | null {
	switch (type.kind) {
		case 'literal':
		case 'absent':
		case 'skip':
			return null;
		case 'template':
			return type.capture === null ? null : 'string';
		case 'integer':
			return type.bits === 64 ? 'bigint' : 'number';
		case 'decimal':
		case 'timestamp':
			return 'bigint';
		case 'float':
			return 'number';
		case 'flag':
			return 'boolean';
		case 'symbol':
		case 'text':
			return 'string';
		case 'bytes':
			return 'Uint8Array';
		case 'enumeration':
			return type.unknown === 'intern' ? 'string' : type.values.map((value) => JSON.stringify(value)).join(' | ');
		case 'list': {
			const item = typeText(type.item, indent);
			return `readonly ${item === null ? 'unknown' : item.includes('|') || type.itemNullable ? `(${item}${type.itemNullable ? ' | null' : ''})` : item}[]`;
		}
		case 'message':
		case 'tuple':
			return structText(type, indent);
	}
}
