/** Messages of any schema, made up: every variant in turn, every field there, values that move. For trials without recorded input. */
import { createMessagePackWriter, type MessagePackWriter } from '../protocols/msgpack/index.ts';
import type { Field, MessageType, Schema, TupleType, ValueType } from '../schema/index.ts';
import { createRandom, type Random } from './random.ts';

const SYMBOLS = ['ALPHA', 'BRAVO', 'CHARLIE', 'DELTA', 'ECHO', 'FOXTROT', 'GOLF', 'HOTEL'];

/** JSON messages that the schema accepts; the same for the same seed. Items of lists: one to eight. */
export function messagesOfSchema(schema: Schema, messages: number, seed = 1): string[] {
	return documentsOf(schema, messages, seed).map(jsonOf);
}

/** The same as MessagePack: objects are maps, decimals texts, other numbers what they are. */
export function messagePackOfSchema(schema: Schema, messages: number, seed = 1): Uint8Array[] {
	const writer = createMessagePackWriter();
	return documentsOf(schema, messages, seed).map((document) => {
		writeDocument(writer, document);
		return writer.take();
	});
}

/** A value before it is written. Numbers are text, so that none loses digits. */
type Document =
	| { readonly kind: 'number'; readonly text: string }
	| { readonly kind: 'string'; readonly text: string }
	| { readonly kind: 'bytes'; readonly bytes: Uint8Array }
	| { readonly kind: 'constant'; readonly value: boolean | null }
	| { readonly kind: 'array'; readonly elements: readonly Document[] }
	| { readonly kind: 'object'; readonly members: readonly (readonly [key: string, value: Document])[] };

const number = (text: string): Document => ({ kind: 'number', text });
const string = (text: string): Document => ({ kind: 'string', text });

function documentsOf(schema: Schema, messages: number, seed: number): Document[] {
	const random = createRandom(seed);
	return Array.from({ length: messages }, (_, index) => container((schema.variants[index % schema.variants.length] as Schema['variants'][number]).type, random));
}

function container(type: MessageType | TupleType, random: Random): Document {
	const present = type.fields.filter((field) => field.type.kind !== 'absent');
	if (type.kind === 'tuple') return { kind: 'array', elements: present.map((field) => value(field.type, random)) };
	return { kind: 'object', members: present.map((field) => [keyOf(field), value(field.type, random)]) };
}

const keyOf = ({ keys, name }: Field): string => keys[0] ?? name;

function value(type: ValueType, random: Random): Document {
	switch (type.kind) {
		case 'integer':
			return number(String(1 + random.below(type.bits === 32 ? 1_000_000 : 1_000_000_000)));
		case 'decimal': {
			// Under a scale of 18 an i64 holds 9.22.
			const digits = Math.min(type.scale, 8);
			return string(`${1 + random.below(type.scale > 13 ? 8 : 99_999)}${digits === 0 ? '' : `.${String(random.below(10 ** digits)).padStart(digits, '0')}`}`);
		}
		case 'float':
			return number(`${random.below(100_000)}.${random.below(1000)}`);
		case 'timestamp':
			return timestamp(type.format, 1_717_200_000_000 + random.below(1_000_000_000));
		case 'flag':
			return { kind: 'constant', value: random.below(2) !== 0 };
		case 'enumeration':
			return string(type.values[random.below(type.values.length)] ?? 'other');
		case 'symbol':
			return string(SYMBOLS[random.below(SYMBOLS.length)] as string);
		case 'text':
			return string(`text ${random.below(1_000_000)}`);
		case 'bytes':
			return { kind: 'bytes', bytes: Uint8Array.from({ length: random.below(40) }, () => random.below(256)) };
		case 'literal':
			if (typeof type.value === 'string') return string(type.value);
			return typeof type.value === 'number' ? number(JSON.stringify(type.value)) : { kind: 'constant', value: type.value };
		case 'template':
			return string(`${type.prefix}${type.capture === null ? '' : (SYMBOLS[random.below(SYMBOLS.length)] as string)}${type.suffix}`);
		case 'skip':
		case 'absent':
			return number('0');
		case 'list':
			return { kind: 'array', elements: Array.from({ length: 1 + random.below(8) }, () => value(type.item, random)) };
		case 'tuple':
		case 'message':
			return container(type, random);
	}
}

function timestamp(format: 's' | 'ms' | 'us' | 'ns' | 'rfc3339', milliseconds: number): Document {
	if (format === 'rfc3339') return string(new Date(milliseconds).toISOString());
	if (format === 's') return number((milliseconds / 1000).toFixed(3));
	return number(`${milliseconds}${{ ms: '', us: '000', ns: '000000' }[format]}`);
}

function jsonOf(document: Document): string {
	switch (document.kind) {
		case 'number':
			return document.text;
		case 'string':
			return JSON.stringify(document.text);
		case 'bytes':
			throw new TypeError('tickforge: JSON has no bytes');
		case 'constant':
			return String(document.value);
		case 'array':
			return `[${document.elements.map(jsonOf).join(',')}]`;
		case 'object':
			return `{${document.members.map(([key, member]) => `${JSON.stringify(key)}:${jsonOf(member)}`).join(',')}}`;
	}
}

function writeDocument(writer: MessagePackWriter, document: Document): void {
	switch (document.kind) {
		case 'number':
			if (/^-?\d+$/.test(document.text)) writer.integer(BigInt(document.text));
			else writer.float64(Number(document.text));
			return;
		case 'string':
			writer.string(document.text);
			return;
		case 'bytes':
			writer.binary(document.bytes);
			return;
		case 'constant':
			if (document.value === null) writer.nil();
			else writer.flag(document.value);
			return;
		case 'array':
			writer.array(document.elements.length);
			for (const element of document.elements) writeDocument(writer, element);
			return;
		case 'object':
			writer.map(document.members.length);
			for (const [key, member] of document.members) {
				writer.string(key);
				writeDocument(writer, member);
			}
	}
}
