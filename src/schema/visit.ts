/** All types of a schema, at any depth: for protocols that cannot have some of them. And what objects keep. */
import type { BytesType, MessageType, Schema, TextType, ValueType } from './model.ts';

/** Calls back with each type and where it stands: `trade.levels[].price`. */
export function eachType(schema: Schema, visit: (type: ValueType, path: string) => void): void {
	const walk = (type: ValueType, path: string): void => {
		visit(type, path);
		if (type.kind === 'list') walk(type.item, `${path}[]`);
		if (type.kind === 'message' || type.kind === 'tuple') for (const field of type.fields) walk(field.type, `${path}.${field.name}`);
	};
	for (const { name, type } of schema.variants) walk(type, name);
}

/** Type of the column for keys that an object's schema does not name; null where they are not kept. */
export function keptKeys({ unknownKeys }: MessageType): TextType | BytesType | null {
	if (unknownKeys === 'keep') return { kind: 'text' };
	return unknownKeys === 'keep-bytes' ? { kind: 'bytes' } : null;
}
