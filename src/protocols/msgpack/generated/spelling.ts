/** Parts of a message as most encoders write them, which the fast path compares with. */
import type { LiteralType } from '../../../schema/model.ts';
import { createMessagePackWriter } from '../writer.ts';

/** How the objects of a message are written: as maps, or as arrays of their fields. */
export type SchemaForm = 'map' | 'array';

const writer = createMessagePackWriter();

export function textBytes(text: string): number[] {
	writer.string(text);
	return [...writer.take()];
}

export function mapHead(count: number): number[] {
	writer.map(count);
	return [...writer.take()];
}

export function arrayHead(count: number): number[] {
	writer.array(count);
	return [...writer.take()];
}

export function constantBytes(value: LiteralType['value']): number[] {
	if (value === null) writer.nil();
	else if (typeof value === 'string') writer.string(value);
	else if (typeof value === 'boolean') writer.flag(value);
	else if (Number.isSafeInteger(value) && !Object.is(value, -0)) writer.integer(value);
	else writer.float64(value);
	return [...writer.take()];
}
