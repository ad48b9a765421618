/**
 * Random schemas, random messages for a schema, and ways to spell and to break them.
 *
 * All choices are drawn from one list of numbers, where 0 is the simplest choice and an exhausted list gives 0: so
 * fast-check shrinks a schema or a message by shrinking a list, and building them stays plain code.
 */
import fc from 'fast-check';
import type { DecimalType, EnumerationType, Field, IntegerType, ListType, LiteralType, MessageType, ScalarType, Schema, TemplateType, TimestampFormat, TupleType, ValueType, Variant } from '../../../src/schema/model.ts';
import { schemaMistakes } from '../../../src/schema/validate.ts';

/** A source of choices. */
export class Draws {
	private readonly values: readonly number[];
	private next = 0;

	constructor(values: readonly number[]) {
		this.values = values;
	}

	/** 0 to bound - 1. */
	below(bound: number): number {
		return (this.values[this.next++] ?? 0) % bound;
	}

	/** 0 means no. */
	chance(percent: number): boolean {
		return this.below(100) >= 100 - percent;
	}

	pick<T>(list: readonly T[]): T {
		return list[this.below(list.length)] as T;
	}

	list<T>(count: number, make: (index: number) => T): T[] {
		return Array.from({ length: count }, (_, index) => make(index));
	}

	shuffle<T>(list: readonly T[]): T[] {
		const shuffled = [...list];
		for (let at = shuffled.length - 1; at > 0; at--) {
			const other = at - this.below(at + 1);
			[shuffled[at], shuffled[other]] = [shuffled[other] as T, shuffled[at] as T];
		}
		return shuffled;
	}
}

/** Of a fixed length, since a random one is mostly short; shrinks to zeros. */
export function arbitraryDraws(count: number): fc.Arbitrary<number[]> {
	return fc.array(fc.nat(0xffff), { minLength: count, maxLength: count });
}

export const arbitrarySchema = (): fc.Arbitrary<Schema> => arbitraryDraws(300).map((values) => buildSchema(new Draws(values)));
/** Any bytes: about half are what the schema expects, spelled the usual way or another; the others deviate or are broken. */
export const arbitraryMessageFor = (schema: Schema): fc.Arbitrary<Uint8Array> => arbitraryDraws(200).map((values) => buildMessage(schema, new Draws(values)));
/** Valid JSON that may or may not be a message of the schema. */
export const arbitraryJsonFor = (schema: Schema): fc.Arbitrary<string> => arbitraryDraws(200).map((values) => buildSpelledDocument(schema, new Draws(values)).text);
/** Valid JSON together with what it spells. */
export const arbitrarySpelledDocumentFor = (schema: Schema): fc.Arbitrary<SpelledDocument> => arbitraryDraws(200).map((values) => buildSpelledDocument(schema, new Draws(values)));

// Schemas

const KEYS = [
	'p',
	'q',
	's',
	'e',
	'E',
	'T',
	'price',
	'quantity',
	'symbol',
	'event',
	'data',
	'type',
	'timestamp',
	'isBuyerMaker',
	'twelve_bytes',
	'thirteenbytes',
	'sixteen_bytes_16',
	'seventeen_bytes_s',
	'a_key_that_is_longer_than_thirty-two_bytes_in_all',
	'x'.repeat(70),
	'',
	'é',
	'ключ',
	'价格',
	'😀',
	'two words',
	'quo"te',
	'back\\slash',
	'sla/sh',
	'new\nline',
	'nul\0',
	'\u2028',
	'pp',
	'P',
	'__proto__',
	'constructor',
	'\ufffd',
	'\ufeffbom',
	'del\x7f',
] as const;

const CONSTANTS = ['trade', 'depthUpdate', 'T', '', 'subscribe', 'sixteen_bytes_16', 'a constant of more than thirty-two bytes', 'quo"ted', 'ключ', '😀', 'line\n', 'tradf'] as const;
const NUMBER_CONSTANTS = [0, 1, 2, -1, 1.5, 2 ** 53 - 1, 1e-7, 123456789, 0.1, -0] as const;
const UNIVERSES = ['symbols', 'venues'] as const;
const FORMATS: readonly TimestampFormat[] = ['ms', 'us', 'ns', 's', 'rfc3339'];

export function buildSchema(d: Draws): Schema {
	const count = 1 + d.pick([0, 0, 1, 1, 2, 3]);
	const discriminant = d.below(6);
	const variants: Variant[] = [];
	for (let index = 0; index < count; index++) {
		const variant = buildVariant(d, index, count, discriminant);
		// A variant that an earlier one shadows, or a table without a column, is no valid schema.
		if (schemaMistakes({ name: 'random', version: 1, variants: [...variants, variant] }).length === 0) variants.push(variant);
	}
	if (variants.length === 0) variants.push({ name: 'plain', role: 'table', type: { kind: 'message', fields: [field(d, 'f0', ['p'], buildScalar(d))], unknownKeys: 'skip' } });
	return { name: 'random', version: 1, variants };
}

function field(d: Draws, name: string, keys: readonly string[], type: ValueType, also: Partial<Field> = {}): Field {
	const constant = type.kind === 'literal' || type.kind === 'absent';
	const optional = constant ? d.chance(5) : d.chance(25);
	const mustBeNullable = type.kind === 'enumeration' && type.unknown === 'null';
	const nullable = mustBeNullable || (type.kind !== 'absent' && type.kind !== 'skip' && d.chance(constant ? 5 : 25));
	return { name, keys, type, optional: type.kind === 'absent' ? false : optional, nullable, distinguishing: false, ...also };
}

/** What tells the variants of one feed apart; 5: nothing but what their fields happen to say. */
function buildVariant(d: Draws, index: number, count: number, discriminant: number): Variant {
	const name = `variant${index}`;
	const role = index > 0 && d.chance(20) ? 'control' : 'table';
	const top = d.chance(25) ? buildTuple(d, 0) : buildMessageType(d, 0);
	if (count === 1) return { name, role, type: top };
	const extra = (keys: readonly string[], type: ValueType, also: Partial<Field> = {}): Field => ({ name: 'tag', keys, type, optional: false, nullable: false, distinguishing: false, ...also });
	const withField = (added: Field): MessageType | TupleType => {
		const fields = top.fields.filter((one) => !one.keys.some((key) => added.keys.includes(key)));
		return top.kind === 'tuple' ? { ...top, fields: [{ ...added, keys: [] }, ...fields] } : { ...top, fields: d.chance(30) ? [...fields, added] : [added, ...fields] };
	};
	switch (discriminant) {
		case 0:
			return { name, role, type: withField(extra(d.chance(20) ? ['e', 'event'] : ['e'], { kind: 'literal', value: CONSTANTS[index] as string })) };
		case 1:
			return { name, role, type: withField(extra(['channel'], { kind: 'template', prefix: ['trades.', 'book.', 'tick', ''][index] as string, suffix: ['', '.raw', 'er', '@depth'][index] as string, capture: d.pick([null, { kind: 'symbol', universe: 'symbols' }, { kind: 'text' }] as const) })) };
		case 2:
			if (top.kind === 'tuple') return { name, role, type: top };
			return { name, role, type: index === 0 ? withField(extra(['result'], { kind: 'absent' })) : withField(extra(['result'], d.pick([{ kind: 'skip' }, { kind: 'flag' }] as const), { distinguishing: true, nullable: d.chance(30) })) };
		case 3:
			// One level below the top.
			return { name, role, type: withField(extra(['data'], { kind: 'message', unknownKeys: 'skip', fields: [extra(['e'], { kind: 'literal', value: d.chance(30) ? index : (CONSTANTS[index] as string) }), field(d, 'f1', ['p'], buildScalar(d))] }, { optional: d.chance(10), nullable: d.chance(10) })) };
		case 4:
			// Kinds and lengths of tuples.
			return { name, role, type: index % 3 === 2 ? top : { ...buildTuple(d, 0), surplus: d.chance(20) ? 'skip' : 'reject' } };
		default:
			return { name, role, type: top };
	}
}

function buildMessageType(d: Draws, depth: number): MessageType {
	const many = depth === 0 && d.chance(2);
	const count = many ? 60 + d.below(12) : depth === 0 ? 1 + d.below(8) : d.below(5);
	const keys = many ? d.list(count, (index) => `k${index}`) : d.chance(30) ? d.shuffle(KEYS) : KEYS;
	let next = 0;
	const fields = d.list(count, (index) => {
		const type = many ? buildScalar(d) : buildType(d, depth + 1, true);
		const own = [keys[next++] as string];
		while (!many && next < KEYS.length && d.chance(8)) own.push(keys[next++] as string);
		return field(d, `f${index}`, own, type);
	});
	return { kind: 'message', fields, unknownKeys: d.pick(['skip', 'keep', 'reject', 'skip'] as const) };
}

function buildTuple(d: Draws, depth: number): TupleType {
	const fields = d.list(d.below(6), (index) => field(d, `f${index}`, [], buildType(d, depth + 1, false)));
	// An optional element before a required one would be required itself.
	const firstOptional = fields.findIndex((one) => one.optional);
	return { kind: 'tuple', fields: fields.map((one, index) => (firstOptional >= 0 && index > firstOptional ? { ...one, optional: true } : one)), surplus: d.pick(['reject', 'skip'] as const) };
}

function buildType(d: Draws, depth: number, keyed: boolean): ValueType {
	const choice = d.below(32);
	if (choice < 18) return buildScalar(d);
	if (choice < 20) return buildLiteral(d);
	if (choice < 22) return buildTemplate(d, true);
	if (choice < 23) return { kind: 'skip' };
	if (choice < 24) return keyed ? { kind: 'absent' } : { kind: 'skip' };
	if (depth > 3) return buildScalar(d);
	if (choice < 28) return buildList(d, depth);
	return choice < 30 ? buildTuple(d, depth) : buildMessageType(d, depth);
}

function buildList(d: Draws, depth: number): ListType {
	const choice = d.below(8);
	const item: ValueType = choice < 4 || depth > 3 ? buildScalar(d) : choice === 4 ? buildList(d, depth + 1) : choice === 5 ? buildMessageType(d, depth + 1) : choice === 6 ? buildTuple(d, depth + 1) : buildTemplate(d, false);
	const scalar = item.kind !== 'list' && item.kind !== 'message' && item.kind !== 'tuple';
	return { kind: 'list', item, itemNullable: scalar && ((item.kind === 'enumeration' && item.unknown === 'null') || d.chance(30)) };
}

function buildLiteral(d: Draws): LiteralType {
	const value = d.below(8);
	return { kind: 'literal', value: value < 4 ? d.pick(CONSTANTS) : value < 6 ? d.pick(NUMBER_CONSTANTS) : value < 7 ? d.chance(50) : null };
}

function buildTemplate(d: Draws, mayBeEmpty: boolean): TemplateType {
	const capture = d.pick<TemplateType['capture']>([{ kind: 'symbol', universe: 'symbols' }, { kind: 'text' }, null]);
	return { kind: 'template', prefix: d.pick(['trades.', '', 'é.', 'a prefix of more than 16 bytes/']), suffix: d.pick(['', '@depth', '.raw', '"']), capture: capture ?? (mayBeEmpty ? null : { kind: 'text' }) };
}

function buildScalar(d: Draws): ScalarType {
	switch (d.below(9)) {
		case 0:
		case 1:
			return { kind: 'decimal', scale: d.pick([8, 2, 0, 1, 4, 6, 9, 12, 15, 17, 18]), excess: d.pick(['reject', 'truncate', 'half-even'] as const), keepTextScale: d.chance(40) };
		case 2:
			return { kind: 'integer', bits: d.pick([64, 32] as const), signed: !d.chance(40) };
		case 3:
			return { kind: 'float' };
		case 4:
			return { kind: 'timestamp', format: d.pick(FORMATS) };
		case 5:
			return { kind: 'flag' };
		case 6:
			return { kind: 'enumeration', values: d.pick([['buy', 'sell'], ['BUY', 'SELL', ''], ['é', '😀', 'a value of more than sixteen bytes', 'x"y'], ['one']] as const), unknown: d.pick(['intern', 'null', 'reject'] as const) };
		case 7:
			return { kind: 'symbol', universe: d.pick(UNIVERSES) };
		default:
			return { kind: 'text' };
	}
}

// Documents: messages before they are spelled

export type Document =
	/** A number or word, spelled. */
	{ readonly kind: 'token'; readonly text: string } | { readonly kind: 'string'; readonly value: string } | { readonly kind: 'object'; readonly members: readonly (readonly [key: string, value: Document])[] } | { readonly kind: 'array'; readonly elements: readonly Document[] };

const token = (text: string): Document => ({ kind: 'token', text });
const string = (value: string): Document => ({ kind: 'string', value });

const TEXTS = [
	'BTCUSDT',
	'ETH-USD',
	'',
	'a',
	'XBT/USD',
	'twelve_bytes',
	'thirteenbytes',
	'sixteen_bytes_16',
	'seventeen_bytes_s',
	'hello, world',
	'1.5',
	'0',
	'-',
	'null',
	'buy',
	'sell',
	'trade',
	'a text that is longer than sixteen bytes',
	'x'.repeat(63),
	'y'.repeat(64),
	'z'.repeat(65),
	'w'.repeat(100),
	'😀'.repeat(5),
	'é',
	'ключ',
	'价格',
	'\u2028\u2029',
	'quo"te',
	'back\\slash',
	'a/b',
	'line\nfeed\r\ttab',
	'\0',
	'\b\f\x1f',
	'\x7f',
	'\ud800',
	'\udc00',
	'a\ud83d',
	'\ude00\ud83d',
	'\ud83d\ud83d\ude00',
	'\ufeff',
	'\ufffd',
	'\uffff',
	'\u{10ffff}',
	'e\u0301'.repeat(8),
	'[1,2]',
	'{"a":1}',
	' ',
	'\\u0041',
	'a'.repeat(255),
	'b'.repeat(256),
	'é'.repeat(130),
] as const;

const NUMBERS = [
	'0',
	'1',
	'-1',
	'-0',
	'1.5',
	'0.1',
	'100.00',
	'1e5',
	'1E+18',
	'1e-400',
	'0e999999999999',
	'1e999999999999',
	'-1e400',
	'123456789012345678',
	'9223372036854775807',
	'9223372036854775808',
	'-9223372036854775808',
	'-9223372036854775809',
	'18446744073709551615',
	'18446744073709551616',
	'2147483647',
	'2147483648',
	'-2147483648',
	'-2147483649',
	'4294967295',
	'4294967296',
	'0.5',
	'1.5',
	'2.5',
	'-0.5',
	'-2.5',
	'0.000000000000000001',
	'92233720368.54775807',
	'92233720368.54775808',
	'92233720368.547758075',
	'-92233720368.547758085',
	'1.7976931348623157e308',
	'1.7976931348623159e308',
	'5e-324',
	'2e-324',
	'2.2250738585072014e-308',
	'2.2250738585072011e-308',
	'9007199254740993',
	'0.1e1',
	'10e-1',
	'1.0',
	'1.50000000000000000000000',
	'0.30000000000000004',
	`1.${'0'.repeat(127)}`,
	`1.${'0'.repeat(128)}`,
	'1'.repeat(40),
	`0.${'0'.repeat(30)}1`,
	'123456789.123456789',
	'1e19',
	'1e18',
	'12345678901234567890e-10',
	'6.02214076e23',
	'1697040000123',
	'1697040000123456789',
	'1.0e-18',
] as const;

/** A number in its usual spelling. */
function plainNumber(d: Draws): string {
	const whole = d.pick(['0', '1', '42', '27123', '100000']);
	const digits = d.below(10);
	const fraction = String(d.below(65536)).repeat(2).slice(0, digits);
	return digits === 0 ? (d.chance(10) ? `-${whole}` : String(d.below(65536))) : `${d.chance(10) ? '-' : ''}${whole}.${fraction}`;
}

/** The same number, written in another way. */
export function respellNumber(d: Draws, text: string): string {
	if (!/^-?\d+(\.\d+)?$/.test(text) || text.length > 200) return text;
	switch (d.below(7)) {
		case 0:
			return `${text}e0`;
		case 1:
			return text.includes('.') ? `${text}00` : `${text}.0`;
		case 2:
			return `${text}E+00`;
		case 3:
			return `${text.replace('.', '')}e-${text.split('.')[1]?.length ?? 0}`;
		case 4:
			return text.includes('.') ? text : `${text}00e-2`;
		case 5:
			return text.includes('.') ? text : `${text}.${'0'.repeat(25)}`;
		default:
			return `${text}e-0`;
	}
}

function quoted(d: Draws, text: string): Document {
	return d.chance(50) ? string(text) : token(text);
}

/** A document of any shape. */
export function anyDocument(d: Draws, depth: number): Document {
	switch (d.below(depth > 4 ? 6 : 9)) {
		case 0:
			return token(d.pick(NUMBERS));
		case 1:
			return token(plainNumber(d));
		case 2:
		case 3:
			return string(d.pick(TEXTS));
		case 4:
			return token(d.pick(['null', 'true', 'false']));
		case 5:
			return d.chance(50) ? { kind: 'array', elements: [] } : { kind: 'object', members: [] };
		case 6:
			return { kind: 'array', elements: d.list(d.below(5), () => anyDocument(d, depth + 1)) };
		case 7: {
			if (!d.chance(10)) return { kind: 'object', members: d.list(d.below(4), () => [d.pick(KEYS), anyDocument(d, depth + 1)] as const) };
			let deep = token('1');
			for (let level = 55 + d.below(12); level > 0; level--) deep = level % 2 === 0 ? { kind: 'array', elements: [deep] } : { kind: 'object', members: [['d', deep]] };
			return deep;
		}
		default:
			return { kind: 'object', members: d.list(d.below(4), () => [d.pick(KEYS), anyDocument(d, depth + 1)] as const) };
	}
}

interface Wildness {
	/** Percent of values that may be anything. */
	readonly values: number;
	/** Percent of objects and tuples with something missing, surplus or double. */
	readonly shape: number;
}
const TAME: Wildness = { values: 0, shape: 0 };

/** A message of one of the schema's variants, with its keys in the schema's order. */
export function documentFor(d: Draws, schema: Schema, wild: Wildness = TAME): Document {
	return documentOf(d, (d.pick(schema.variants) as Variant).type, false, wild, 0);
}

function documentOf(d: Draws, type: ValueType, nullable: boolean, wild: Wildness, depth: number): Document {
	if (wild.values > 0 && d.chance(wild.values)) return d.chance(70) ? edgeValue(d, type) : anyDocument(d, depth);
	if (nullable && d.chance(20)) return token('null');
	switch (type.kind) {
		case 'integer':
			return quoted(d, integerText(d, type));
		case 'decimal':
			return quoted(d, decimalText(d, type));
		case 'float':
			return quoted(d, d.chance(30) ? d.pick(NUMBERS) : plainNumber(d));
		case 'timestamp': {
			if (type.format === 'rfc3339') return string(timestampText(d));
			if (nullable && d.chance(10)) return string('');
			const digits = { s: 10, ms: 13, us: 16, ns: 19 }[type.format];
			const whole = `169704${String(d.below(65536)).repeat(4)}`.slice(0, digits);
			return quoted(d, type.format !== 'ns' && d.chance(20) ? `${whole}.${d.below(65536)}` : whole);
		}
		case 'flag':
			return token(d.pick(['true', 'false']));
		case 'enumeration':
			return string(enumerationText(d, type));
		case 'symbol':
			return string(d.chance(15) ? `S${d.below(300)}` : d.pick(TEXTS.slice(0, 8)));
		case 'text':
		case 'bytes':
			return string(d.chance(30) ? d.pick(TEXTS).toWellFormed() : d.pick(TEXTS.slice(0, 20)));
		case 'literal':
			return typeof type.value === 'string' ? string(type.value) : token(Object.is(type.value, -0) ? '-0' : JSON.stringify(type.value));
		case 'template':
			return string(type.prefix + (d.chance(15) ? d.pick(TEXTS).slice(0, 200).toWellFormed() : d.pick(TEXTS.slice(0, 10))) + type.suffix);
		case 'absent':
			return token('null');
		case 'skip':
			return anyDocument(d, depth);
		case 'list': {
			const count = d.chance(4) ? 20 + d.below(60) : d.below(5);
			return { kind: 'array', elements: d.list(count, () => documentOf(d, type.item, type.itemNullable, wild, depth + 1)) };
		}
		case 'tuple':
			return tupleDocument(d, type, wild, depth);
		case 'message':
			return messageDocument(d, type, wild, depth);
	}
}

function tupleDocument(d: Draws, type: TupleType, wild: Wildness, depth: number): Document {
	const fields = [...type.fields];
	while (fields.at(-1)?.optional === true && d.chance(40)) fields.pop();
	const elements = fields.map((one) => documentOf(d, one.type, one.nullable, wild, depth + 1));
	if (fields.length === type.fields.length && (type.surplus === 'skip' || d.chance(wild.shape)) && d.chance(20)) elements.push(...d.list(1 + d.below(2), () => anyDocument(d, depth + 1)));
	if (d.chance(wild.shape)) elements.pop();
	return { kind: 'array', elements };
}

function messageDocument(d: Draws, type: MessageType, wild: Wildness, depth: number): Document {
	const members: [string, Document][] = [];
	for (const one of type.fields) {
		const present = one.type.kind === 'absent' ? d.chance(wild.shape) : !(one.optional && d.chance(30)) && !d.chance(wild.shape / 2);
		if (!present) continue;
		const key = one.keys.length > 1 && d.chance(50) ? d.pick(one.keys) : (one.keys[0] as string);
		members.push([key, documentOf(d, one.type, one.nullable, wild, depth + 1)]);
	}
	if (type.unknownKeys !== 'reject' ? d.chance(15) : d.chance(wild.shape)) {
		members.splice(d.below(members.length + 1), 0, [`${d.pick(KEYS)}?`, anyDocument(d, depth + 1)]);
		if (d.chance(30)) members.push([d.pick(['unknown', 'a', '']), anyDocument(d, depth + 1)]);
	}
	if (members.length > 0 && d.chance(wild.shape)) members.splice(d.below(members.length + 1), 0, d.pick(members));
	return { kind: 'object', members };
}

function integerText(d: Draws, type: IntegerType): string {
	const most = 2n ** BigInt(type.signed ? type.bits - 1 : type.bits) - 1n;
	const least = type.signed ? -most - 1n : 0n;
	return d.chance(20) ? String(d.pick([most, least, most - 1n, 0n])) : String(d.below(65536) * (type.signed && d.chance(30) ? -1 : 1));
}

function decimalText(d: Draws, type: DecimalType): string {
	if (d.chance(5)) {
		const most = (2n ** 63n - 1n).toString().padStart(type.scale + 1, '0');
		return type.scale === 0 ? most : `${most.slice(0, -type.scale)}.${most.slice(-type.scale)}`;
	}
	const limit = type.excess === 'reject' ? type.scale : type.scale + 3;
	const [whole = '0', fraction = ''] = plainNumber(d).split('.');
	const room = type.scale > 13 ? whole.slice(0, whole.startsWith('-') ? 2 : 1) : whole;
	return limit === 0 || fraction === '' ? room : `${room}.${fraction.slice(0, limit)}`;
}

function enumerationText(d: Draws, type: EnumerationType): string {
	return type.unknown !== 'reject' && d.chance(15) ? d.pick(TEXTS).toWellFormed() : d.pick(type.values);
}

export function timestampText(d: Draws): string {
	const two = (value: number): string => String(value).padStart(2, '0');
	const date = `${d.pick([2024, 1970, 1969, 2000, 1677, 2262, 1900, 2023])}-${two(1 + d.below(12))}-${two(1 + d.below(28))}`;
	const time = `${two(d.below(24))}:${two(d.below(60))}:${two(d.below(60))}`;
	const fraction = d.chance(60)
		? d.pick(['.', ',']) +
			String(d.below(65536))
				.repeat(4)
				.slice(0, 1 + d.below(18))
		: '';
	const zone = d.pick(['Z', '', 'z', `+${two(d.below(24))}:${two(d.below(60))}`, `-${two(d.below(24))}:${two(d.below(60))}`, '+00:00', '-00:00']);
	return date + d.pick(['T', 't', ' ']) + time + fraction + zone;
}

const BAD_TIMESTAMPS = [
	'2024-01-01',
	'2024-13-01T00:00:00Z',
	'2023-02-29T00:00:00Z',
	'2024-02-29T23:59:60Z',
	'2024-02-29T23:58:60Z',
	'2016-12-31T23:59:60.5Z',
	'2017-01-01T05:29:60+05:30',
	'2024-01-01T24:00:00Z',
	'2024-01-01T00:00:00.Z',
	'2024-01-01T00:00:00+24:00',
	'1677-09-21T00:12:43.145224192Z',
	'1677-09-21T00:12:43.145224191Z',
	'2262-04-11T23:47:16.854775807Z',
	'2262-04-11T23:47:16.854775808Z',
	'2262-04-12T00:47:16.854775807+01:00',
	'0000-01-01T00:00:00Z',
	'9999-12-31T23:59:59Z',
	'2024-01-01T00:00:00 Z',
	'2024-01-01T00:00:00z ',
	'2024-1-01T00:00:00Z',
	'２024-01-01T00:00:00Z',
] as const;

/** A value of the type's own kind that is on or over the edge of what it accepts. */
function edgeValue(d: Draws, type: ValueType): Document {
	switch (type.kind) {
		case 'integer':
		case 'decimal':
		case 'float':
			return d.chance(20) ? string(d.pick(['', ' 1', '1 ', '+1', '01', '.5', '1.', '0x1', 'NaN', '-', '1e', '--1', '1_0', '٣'])) : quoted(d, d.pick(NUMBERS));
		case 'timestamp':
			return type.format === 'rfc3339' ? string(d.pick(BAD_TIMESTAMPS)) : quoted(d, d.pick(NUMBERS));
		case 'enumeration':
		case 'symbol':
		case 'text':
		case 'bytes':
			return string(d.pick(TEXTS));
		case 'template':
			return string(d.pick([type.prefix, type.suffix, type.prefix.slice(1), type.prefix + type.suffix, `${type.prefix}${'n'.repeat(300)}${type.suffix}`]));
		case 'literal':
			return d.chance(50) ? string(d.pick(CONSTANTS)) : token(d.pick([...NUMBERS, 'true', 'false', 'null', '1.0', '15e-1', '1e0']));
		case 'flag':
			return token(d.pick(['true', 'false', 'null', '1', '0']));
		case 'list':
		case 'tuple':
			return { kind: 'array', elements: d.list(d.below(4), () => anyDocument(d, 3)) };
		default:
			return { kind: 'object', members: d.list(d.below(3), () => [d.pick(KEYS), anyDocument(d, 3)] as const) };
	}
}

// Spelling

export interface Spelling {
	/** White space between tokens: none, one space after colons and commas, anything anywhere. */
	readonly space: 'none' | 'usual' | 'any';
	/** Percent of characters of strings and keys that are escaped without need. */
	readonly escapes: number;
	readonly shuffleKeys: boolean;
	/** Percent of numbers written in another way. */
	readonly numbers: number;
}

export const PLAIN: Spelling = { space: 'none', escapes: 0, shuffleKeys: false, numbers: 0 };

/** A document as JSON text. Lone surrogates are always escaped, so the text is well formed. */
export function spell(d: Draws, document: Document, spelling: Spelling = PLAIN): string {
	const gap = (): string => (spelling.space === 'any' ? d.pick(['', '', ' ', '\n', '\t', '\r\n', '  ', ' '.repeat(17)]) : '');
	const colon = spelling.space === 'usual' ? ': ' : ':';
	const comma = spelling.space === 'usual' ? ', ' : ',';
	const write = (one: Document): string => {
		switch (one.kind) {
			case 'token':
				return spelling.numbers > 0 && d.chance(spelling.numbers) ? respellNumber(d, one.text) : one.text;
			case 'string':
				return spellString(d, one.value, spelling.escapes);
			case 'array':
				return one.elements.length === 0 ? `[${gap()}]` : `[${one.elements.map((element) => gap() + write(element) + gap()).join(comma)}]`;
			case 'object': {
				const members = spelling.shuffleKeys ? d.shuffle(one.members) : one.members;
				return members.length === 0 ? `{${gap()}}` : `{${members.map(([key, value]) => gap() + spellString(d, key, spelling.escapes) + gap() + colon + gap() + write(value) + gap()).join(comma)}}`;
			}
		}
	};
	return gap() + write(document) + gap();
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '/': '\\/', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export function spellString(d: Draws, value: string, escapes: number): string {
	let text = '"';
	for (const character of value) {
		const needed = character === '"' || character === '\\' || character < ' ' || !character.isWellFormed();
		if (!needed && !(escapes > 0 && d.chance(escapes))) {
			text += character;
			continue;
		}
		const short = SHORT_ESCAPES[character];
		if (short !== undefined && !(escapes > 0 && d.chance(30))) {
			text += short;
			continue;
		}
		for (let unit = 0; unit < character.length; unit++) {
			const digits = character.charCodeAt(unit).toString(16).padStart(4, '0');
			text += `\\u${escapes > 0 && d.chance(50) ? digits.toUpperCase() : digits}`;
		}
	}
	return `${text}"`;
}

function anySpelling(d: Draws): Spelling {
	return { space: d.pick(['none', 'usual', 'any'] as const), escapes: d.pick([0, 0, 10, 50, 100]), shuffleKeys: d.chance(50), numbers: d.pick([0, 0, 30, 100]) };
}

// Breaking

const FRAGMENTS = [
	' ',
	',',
	':',
	'"',
	'\\',
	'{',
	'}',
	'[',
	']',
	'0',
	'1',
	'-',
	'+',
	'.',
	'e',
	'E',
	'null',
	'true',
	'false',
	'nul',
	'""',
	'{}',
	'[]',
	'"":0,',
	',0',
	',"a":1',
	'\\u',
	'\\ud800',
	'\\u00',
	'\\x',
	'\n',
	'\t',
	'\0',
	'\x1f',
	'\x7f',
	'\u00a0',
	'\ufeff',
	'/',
	"'",
	'00',
	'1e',
	'1.',
	'[[[[',
	'😀',
	'é',
	'\u2028',
].map((text) => new TextEncoder().encode(text));
const BYTES = [0x00, 0x1f, 0x20, 0x22, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x39, 0x3a, 0x45, 0x5b, 0x5c, 0x5d, 0x65, 0x75, 0x7b, 0x7d, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff] as const;

/** One change to the bytes. */
export function mutate(d: Draws, bytes: Uint8Array): Uint8Array {
	const at = d.below(bytes.length + 1);
	const length = d.pick([1, 1, 2, 3, 4, 8, 16, 40]);
	const join = (...parts: Uint8Array[]): Uint8Array => {
		const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
		let next = 0;
		for (const part of parts) {
			joined.set(part, next);
			next += part.length;
		}
		return joined;
	};
	const before = bytes.subarray(0, at);
	const after = bytes.subarray(at);
	switch (d.below(9)) {
		case 0:
			return before.slice();
		case 1: {
			const changed = bytes.slice();
			if (at < bytes.length) changed[at] = (changed[at] as number) ^ (1 << d.below(8));
			return changed;
		}
		case 2: {
			const changed = bytes.slice();
			if (at < bytes.length) changed[at] = d.pick(BYTES);
			return changed;
		}
		case 3:
			return join(before, Uint8Array.of(d.pick(BYTES)), after);
		case 4:
			return join(before, d.pick(FRAGMENTS), after);
		case 5:
			return join(before, after.subarray(Math.min(length, after.length)));
		case 6:
			return join(before, after.subarray(0, length), after);
		case 7: {
			const from = d.below(bytes.length + 1);
			return join(before, bytes.subarray(from, from + length), after.subarray(Math.min(length, after.length)));
		}
		default:
			return join(bytes, d.pick(FRAGMENTS));
	}
}

// Messages

/** A document that follows the schema, or deviates from it here and there. */
export function buildDocument(schema: Schema, d: Draws): Document {
	const wild = d.pick<Wildness>([TAME, TAME, { values: 8, shape: 0 }, { values: 0, shape: 15 }, { values: 15, shape: 10 }]);
	return documentFor(d, schema, wild);
}

export interface SpelledDocument {
	readonly document: Document;
	readonly text: string;
}

export function buildSpelledDocument(schema: Schema, d: Draws): SpelledDocument {
	const document = buildDocument(schema, d);
	return { document, text: spell(d, document, d.chance(50) ? anySpelling(d) : PLAIN) };
}

/** Whether an object in it has a key twice (lone surrogates are all one character). */
export function hasDuplicateKeys(document: Document): boolean {
	if (document.kind === 'array') return document.elements.some(hasDuplicateKeys);
	if (document.kind !== 'object') return false;
	const keys = new Set(document.members.map(([key]) => key.toWellFormed()));
	return keys.size < document.members.length || document.members.some(([, value]) => hasDuplicateKeys(value));
}

export function buildMessage(schema: Schema, d: Draws): Uint8Array {
	const mode = d.below(100);
	if (mode < 40) return new TextEncoder().encode(spell(d, documentFor(d, schema)));
	if (mode < 80) return new TextEncoder().encode(buildSpelledDocument(schema, d).text);
	if (mode < 97) {
		let bytes = new TextEncoder().encode(d.chance(60) ? spell(d, documentFor(d, schema)) : buildSpelledDocument(schema, d).text) as Uint8Array;
		for (let changes = d.pick([1, 1, 1, 2, 3]); changes > 0; changes--) bytes = mutate(d, bytes);
		return bytes;
	}
	let bytes = new TextEncoder().encode(spell(d, anyDocument(d, 0), anySpelling(d))) as Uint8Array;
	if (d.chance(50)) bytes = mutate(d, bytes);
	return bytes;
}
