/** Messages of any schema, made up: every variant in turn, every field there, values that move. For trials without recorded input. */
import type { Field, MessageType, Schema, TupleType, ValueType } from '../schema/index.ts';
import { createRandom, type Random } from './random.ts';

const SYMBOLS = ['ALPHA', 'BRAVO', 'CHARLIE', 'DELTA', 'ECHO', 'FOXTROT', 'GOLF', 'HOTEL'];

/** JSON messages that the schema accepts; the same for the same seed. Items of lists: one to eight. */
export function messagesOfSchema(schema: Schema, messages: number, seed = 1): string[] {
	const random = createRandom(seed);
	return Array.from({ length: messages }, (_, index) => container((schema.variants[index % schema.variants.length] as Schema['variants'][number]).type, random));
}

function container(type: MessageType | TupleType, random: Random): string {
	const present = type.fields.filter((field) => field.type.kind !== 'absent');
	if (type.kind === 'tuple') return `[${present.map((field) => value(field.type, random)).join(',')}]`;
	return `{${present.map((field) => `${JSON.stringify(keyOf(field))}:${value(field.type, random)}`).join(',')}}`;
}

const keyOf = ({ keys, name }: Field): string => keys[0] ?? name;

function value(type: ValueType, random: Random): string {
	switch (type.kind) {
		case 'integer':
			return String(1 + random.below(type.bits === 32 ? 1_000_000 : 1_000_000_000));
		case 'decimal': {
			// Under a scale of 18 an i64 holds 9.22.
			const digits = Math.min(type.scale, 8);
			return `"${1 + random.below(type.scale > 13 ? 8 : 99_999)}${digits === 0 ? '' : `.${String(random.below(10 ** digits)).padStart(digits, '0')}`}"`;
		}
		case 'float':
			return `${random.below(100_000)}.${random.below(1000)}`;
		case 'timestamp':
			return timestamp(type.format, 1_717_200_000_000 + random.below(1_000_000_000));
		case 'flag':
			return random.below(2) === 0 ? 'false' : 'true';
		case 'enumeration':
			return JSON.stringify(type.values[random.below(type.values.length)] ?? 'other');
		case 'symbol':
			return JSON.stringify(SYMBOLS[random.below(SYMBOLS.length)]);
		case 'text':
			return JSON.stringify(`text ${random.below(1_000_000)}`);
		case 'bytes':
			throw new TypeError('tickforge: JSON has no bytes');
		case 'literal':
			return JSON.stringify(type.value);
		case 'template':
			return JSON.stringify(`${type.prefix}${type.capture === null ? '' : (SYMBOLS[random.below(SYMBOLS.length)] as string)}${type.suffix}`);
		case 'skip':
		case 'absent':
			return '0';
		case 'list':
			return `[${Array.from({ length: 1 + random.below(8) }, () => value(type.item, random)).join(',')}]`;
		case 'tuple':
		case 'message':
			return container(type, random);
	}
}

function timestamp(format: 's' | 'ms' | 'us' | 'ns' | 'rfc3339', milliseconds: number): string {
	if (format === 'rfc3339') return JSON.stringify(new Date(milliseconds).toISOString());
	if (format === 's') return (milliseconds / 1000).toFixed(3);
	return `${milliseconds}${{ ms: '', us: '000', ns: '000000' }[format]}`;
}
