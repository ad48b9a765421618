/**
 * What the rows must be, worked out in another way: the message goes through JSON.parse and its objects are mapped to
 * the schema. Numbers keep their text through the reviver's `context.source`. Says accepted (with the row) or refused,
 * not why. Knows no limits of batches. A key that the schema names twice must be looked for apart: JSON.parse hides it.
 */
import type { DecimalType, Field, IntegerType, MessageType, ScalarType, Schema, TupleType, ValueType } from '../../../src/schema/model.ts';
import type { Cell, Row } from './harness.ts';

/** `unsure`: two aliases of one key while a variant must be chosen, where the rules are about places and not values. */
export type Expected = { readonly variant: number; readonly row: Row } | 'refused' | 'unsure';

class RawNumber {
	readonly text: string;
	constructor(text: string) {
		this.text = text;
	}
}

type Json = string | boolean | null | RawNumber | Json[] | Map<string, Json>;

class Refuse extends Error {}
class Unsure extends Error {}

export function expectedOf(schema: Schema, message: Uint8Array): Expected {
	try {
		const value = parse(message);
		const variant = schema.variants.length === 1 ? 0 : schema.variants.findIndex(({ type }) => couldBe(type, value, false, false, true));
		const type = schema.variants[variant]?.type;
		if (type === undefined) return 'refused';
		return { variant, row: structRow(type, value) };
	} catch (error) {
		if (error instanceof Unsure) return 'unsure';
		if (error instanceof Refuse || error instanceof SyntaxError || error instanceof TypeError) return 'refused';
		throw error;
	}
}

/** The message as JSON.parse reads it; throws where that does. Nested deeper than 64 is refused. */
function parse(message: Uint8Array): Json {
	const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message);
	const revive = (_key: string, value: unknown, context: { source: string }): unknown => (typeof value === 'number' ? new RawNumber(context.source) : value);
	const convert = (value: unknown, depth: number): Json => {
		if (typeof value === 'string') return value.toWellFormed();
		if (value === null || typeof value === 'boolean' || value instanceof RawNumber) return value;
		if (depth >= 64) throw new Refuse('depth');
		if (Array.isArray(value)) return value.map((element) => convert(element, depth + 1));
		const members = new Map<string, Json>();
		for (const [key, member] of Object.entries(value as object)) {
			// Keys that only differ in lone surrogates become one; the later counts, as nowhere else matters.
			members.set(key.toWellFormed(), convert(member, depth + 1));
		}
		return members;
	};
	return convert((JSON.parse as (text: string, reviver: unknown) => unknown)(text, revive), 0);
}

// Variants

/**
 * Whether a value (undefined: there is none) satisfies all that tells its variant apart, as `schema/discriminants.ts`
 * says: but on the value itself, where that speaks of paths. `positional`: in a tuple, or the message itself.
 */
function couldBe(type: ValueType, value: Json | undefined, orAbsent: boolean, orNull: boolean, positional: boolean): boolean {
	const holds = (test: (value: Json) => boolean): boolean => (value === undefined ? orAbsent : (orNull && value === null) || test(value));
	switch (type.kind) {
		case 'literal':
			return holds((present) => isConstant(present, type.value));
		case 'template':
			return holds((present) => typeof present === 'string' && fitsTemplate(present, type.prefix, type.suffix));
		case 'absent':
			return value === undefined;
		case 'message':
			if (positional && !holds((present) => present instanceof Map)) return false;
			return type.fields.every((field) => fieldCouldBe(field, value instanceof Map ? memberOf(value, field) : undefined, orAbsent || orNull, false));
		case 'tuple': {
			const required = type.fields.findLastIndex((field) => !field.optional) + 1;
			const most = type.surplus === 'skip' ? Number.POSITIVE_INFINITY : type.fields.length;
			if (!holds((present) => Array.isArray(present) && present.length >= required && present.length <= most)) return false;
			return type.fields.every((field, index) => fieldCouldBe(field, Array.isArray(value) ? value[index] : undefined, orAbsent || orNull, true));
		}
		case 'list':
			return !positional || (holds(Array.isArray) && couldBe(type.item, Array.isArray(value) ? value[0] : undefined, true, type.itemNullable, true));
		case 'skip':
			return true;
		default:
			return !positional || holds((present) => !Array.isArray(present) && !(present instanceof Map));
	}
}

function fieldCouldBe(field: Field, value: Json | undefined, parentOrAbsent: boolean, positional: boolean): boolean {
	if (field.distinguishing && value === undefined && !parentOrAbsent) return false;
	return couldBe(field.type, value, parentOrAbsent || field.optional, field.nullable, positional);
}

function memberOf(value: Map<string, Json>, field: Field): Json | undefined {
	const present = field.keys.map((key) => key.toWellFormed()).filter((key) => value.has(key));
	if (present.length > 1) throw new Unsure();
	return present.map((key) => value.get(key))[0];
}

function isConstant(value: Json, constant: string | number | boolean | null): boolean {
	return value instanceof RawNumber ? Number(value.text) === constant : value === wellFormed(constant);
}

function fitsTemplate(value: string, prefix: string, suffix: string): boolean {
	return value.startsWith(prefix) && value.slice(prefix.length).endsWith(suffix);
}

const wellFormed = <T>(value: T): T | string => (typeof value === 'string' ? value.toWellFormed() : value);

// Rows

function structRow(type: MessageType | TupleType, value: Json): Row {
	return type.kind === 'message' ? messageRow(type, value) : tupleRow(type, value);
}

function messageRow(type: MessageType, value: Json): Row {
	if (!(value instanceof Map)) throw new Refuse('no object');
	const row: Row = {};
	const unknown = new Map(value);
	for (const field of type.fields) {
		const present = field.keys.map((key) => key.toWellFormed()).filter((key) => value.has(key));
		if (present.length > 1) throw new Refuse('two keys of one field');
		const [key] = present;
		if (field.type.kind === 'absent') {
			if (key !== undefined) throw new Refuse('a key that must be absent');
			continue;
		}
		if (key !== undefined) unknown.delete(key);
		if (key === undefined && !field.optional) throw new Refuse(`no ${field.name}`);
		put(row, field, key === undefined ? undefined : (value.get(key) as Json));
	}
	if (unknown.size > 0 && type.unknownKeys === 'reject') throw new Refuse('unknown key');
	if (type.unknownKeys === 'keep' || type.unknownKeys === 'keep-bytes') row.unknownKeys = unknown.size === 0 ? null : plain(unknown);
	return row;
}

/** Kept unknown members are compared as values, so they are given as the text of a canonical spelling. */
function plain(value: Json): string {
	if (value instanceof RawNumber) return value.text;
	if (Array.isArray(value)) return `[${value.map(plain).join()}]`;
	if (value instanceof Map) return `{${[...value].map(([key, member]) => `${JSON.stringify(key)}:${plain(member)}`).join()}}`;
	return JSON.stringify(value);
}

/** A kept text in the spelling that the oracle expects it in. */
export function canonicalUnknownKeys(text: string): string {
	return plain(parse(new TextEncoder().encode(text)));
}

function tupleRow(type: TupleType, value: Json): Row {
	if (!Array.isArray(value)) throw new Refuse('no array');
	if (value.length > type.fields.length && type.surplus === 'reject') throw new Refuse('surplus');
	const row: Row = {};
	type.fields.forEach((field, index) => {
		if (index >= value.length && !field.optional) throw new Refuse(`no ${field.name}`);
		put(row, field, value[index]);
	});
	return row;
}

function put(row: Row, field: Field, value: Json | undefined): void {
	const { type } = field;
	const cell = value === undefined || (value === null && field.nullable && type.kind !== 'skip') ? null : cellOf(type, value, field.nullable);
	if (type.kind === 'literal' || type.kind === 'skip' || (type.kind === 'template' && type.capture === null)) return;
	row[field.name] = cell;
	if (type.kind === 'decimal' && type.keepTextScale) row[`${field.name}$scale`] = cell === null ? 0 : textScale(value as Json);
}

function cellOf(type: ValueType, value: Json, nullable: boolean): Cell {
	switch (type.kind) {
		case 'message':
		case 'tuple':
			return structRow(type, value);
		case 'list':
			if (!Array.isArray(value)) throw new Refuse('no array');
			return value.map((item) => (item === null && type.itemNullable ? null : cellOf(type.item, item, type.itemNullable)));
		case 'literal':
			if (!isConstant(value, type.value)) throw new Refuse('another constant');
			return null;
		case 'template':
			if (typeof value !== 'string' || !fitsTemplate(value, type.prefix, type.suffix)) throw new Refuse('no such text');
			return checked(value.slice(type.prefix.length, value.length - type.suffix.length), type.capture?.kind === 'symbol');
		case 'skip':
			return null;
		case 'absent':
			throw new Refuse('must be absent');
		default:
			return scalarCell(type, value, nullable);
	}
}

function checked(text: string, isSymbol: boolean): string {
	if (isSymbol && new TextEncoder().encode(text).length > 255) throw new Refuse('too long');
	return text;
}

function scalarCell(type: ScalarType, value: Json, nullable: boolean): Cell {
	switch (type.kind) {
		case 'flag':
			if (typeof value !== 'boolean') throw new Refuse('no flag');
			return value;
		case 'text':
		case 'symbol':
			if (typeof value !== 'string') throw new Refuse('no string');
			return checked(value, type.kind === 'symbol');
		case 'bytes':
			// Of formats that have them: the JSON that says the same has a text.
			if (typeof value !== 'string') throw new Refuse('no string');
			return new TextEncoder().encode(value);
		case 'enumeration':
			if (typeof value !== 'string') throw new Refuse('no string');
			if (type.values.some((known) => known.toWellFormed() === value)) return value;
			if (type.unknown === 'intern') return checked(value, true);
			if (type.unknown === 'null') return null;
			throw new Refuse('not listed');
		case 'timestamp':
			if (type.format === 'rfc3339') {
				if (typeof value !== 'string') throw new Refuse('no string');
				return value === '' && nullable ? null : instantOf(value);
			}
			break;
		default:
			break;
	}
	if (value === '' && nullable) return null;
	const text = numberText(value);
	switch (type.kind) {
		case 'float':
			return Number(text);
		case 'integer': {
			const result = integerOf(type, text);
			return type.bits === 32 ? Number(result) : result;
		}
		case 'decimal':
			return decimalOf(type, text);
		default: {
			const scale = { s: 9, ms: 6, us: 3, ns: 0, rfc3339: 0 }[type.format];
			return within(scaled(text, scale).quotient, -(2n ** 63n), 2n ** 63n - 1n);
		}
	}
}

function numberText(value: Json): string {
	if (value instanceof RawNumber) return value.text;
	// A string is a number exactly where JSON.parse takes it for one; that, too, allows white space.
	if (typeof value !== 'string' || value !== value.trim() || typeof JSON.parse(value) !== 'number') throw new Refuse('no number');
	return value;
}

function textScale(value: Json): number {
	const text = numberText(value);
	const digits = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
	return /e/i.test(text) || digits > 127 ? -1 : digits;
}

/** text × 10^scale: truncated toward zero, and what is left of it. */
function scaled(text: string, scale: number): { quotient: bigint; remainder: bigint; divisor: bigint; negative: boolean } {
	const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
	const [whole = '', fraction = ''] = mantissa.split('.');
	const units = BigInt(whole + fraction);
	const negative = text.startsWith('-');
	if (units === 0n) return { quotient: 0n, remainder: 0n, divisor: 1n, negative };
	// Far out, all exponents are alike.
	const exponent = Math.max(-3000, Math.min(3000, Number(power))) + scale - fraction.length;
	if (exponent >= 0) return { quotient: units * 10n ** BigInt(exponent), remainder: 0n, divisor: 1n, negative };
	const divisor = 10n ** BigInt(-exponent);
	return { quotient: units / divisor, remainder: units % divisor, divisor, negative };
}

function within(value: bigint, least: bigint, most: bigint): bigint {
	if (value < least || value > most) throw new Refuse('range');
	return value;
}

function integerOf(type: IntegerType, text: string): bigint {
	const { quotient, remainder } = scaled(text, 0);
	if (remainder !== 0n) throw new Refuse('fraction');
	const count = 2n ** BigInt(type.bits);
	return type.signed ? within(quotient, -count / 2n, count / 2n - 1n) : within(quotient, 0n, count - 1n);
}

function decimalOf(type: DecimalType, text: string): bigint {
	const { quotient, remainder, divisor, negative } = scaled(text, type.scale);
	const twice = 2n * (remainder < 0n ? -remainder : remainder);
	let result = quotient;
	if (remainder !== 0n) {
		if (type.excess === 'reject') throw new Refuse('scale');
		if (type.excess === 'half-even' && (twice > divisor || (twice === divisor && quotient % 2n !== 0n))) result += negative ? -1n : 1n;
	}
	return within(result, -(2n ** 63n), 2n ** 63n - 1n);
}

function instantOf(text: string): bigint {
	const match = /^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})?$/.exec(text);
	if (match === null) throw new Refuse('no timestamp');
	const [, date = '', time = '', second = '', fraction = '', zone = 'Z'] = match;
	const offset = zone.length === 1 ? 0 : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
	if (zone.length > 1 && (Number(zone.slice(1, 3)) > 23 || Number(zone.slice(4)) > 59)) throw new Refuse('offset');
	const leap = second === '60';
	const local = new Date(`${date}T${time}:${leap ? '59' : second}.000Z`);
	// Date moves 30 February to March; the text must come back as it went in.
	if (Number.isNaN(local.getTime()) || local.toISOString() !== `${date}T${time}:${leap ? '59' : second}.000Z`) throw new Refuse('no such time');
	const utc = new Date(local.getTime() - offset * 60_000);
	if (leap && !utc.toISOString().endsWith('T23:59:59.000Z')) throw new Refuse('no leap second');
	const seconds = BigInt(utc.getTime() / 1000 + (leap ? 1 : 0));
	return within(seconds * 1_000_000_000n + BigInt(`${fraction}000000000`.slice(0, 9)), -(2n ** 63n), 2n ** 63n - 1n);
}
