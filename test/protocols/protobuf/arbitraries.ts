/** Random `.proto` files, columns for their fields, and messages of them: as an encoder writes them, in any other way that is allowed, and broken. */
import { type ProtobufColumn, type ProtobufOptions, type ProtobufProtocol, type ProtoField, type ProtoTypes, parseProto, protobuf } from '../../../src/protocols/protobuf/index.ts';
import { isPackable, SCALARS, type Scalar, WIRE, wireTypeOf } from '../../../src/protocols/protobuf/types.ts';
import { createProtobufWriter, type ProtobufWriter } from '../../../src/protocols/protobuf/writer.ts';
import { decimal, enumeration, type FieldSpec, float, integer, integer32, SchemaError, skip, symbol, text, timestamp, unsigned, unsigned32 } from '../../../src/schema/index.ts';
import type { Draws } from '../json/arbitraries.ts';

export type Syntax = 'proto2' | 'proto3' | 'editions';

export interface RandomProto {
	readonly syntax: Syntax;
	readonly text: string;
	/** How many messages, M0 to …; M0 is the root. */
	readonly messages: number;
}

const SCALAR_NAMES = Object.keys(SCALARS).filter((name) => name !== 'enum') as Exclude<Scalar, 'enum'>[];
const KEY_NAMES = SCALAR_NAMES.filter((name) => !['float', 'double', 'bytes'].includes(name));
const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 31, 32, 100, 2047, 2048, 18999, 262143, 2 ** 29 - 1];

export function buildProto(d: Draws): RandomProto {
	const syntax = d.pick<Syntax>(['proto3', 'proto2', 'editions', 'proto3']);
	const messages = 1 + d.below(4);
	const lines = [syntax === 'editions' ? 'edition = "2023";' : `syntax = "${syntax}";`, 'package t;', 'import "google/protobuf/timestamp.proto";'];
	if (syntax === 'proto2') lines.push('enum E0 { A = 2; B = 1; C = -3; }', 'enum E1 { option allow_alias = true; X = 0; Y = 5; Z = 5; }');
	else lines.push('enum E0 { A = 0; B = 1; C = -3; }', `enum E1 { ${syntax === 'editions' ? 'option features.enum_type = CLOSED; ' : ''}option allow_alias = true; X = 0; Y = 5; Z = 5; }`);
	// The oneof that tells tables apart is in the root, or in a message on the way.
	const isFurtherIn = messages > 1 && d.chance(35);
	for (let index = 0; index < messages; index++) lines.push(buildMessageType(d, syntax, index, messages, isFurtherIn));
	if (isFurtherIn) lines.push(`message W { ${syntax === 'proto2' ? 'optional ' : ''}int32 h = 1; ${bodyOf(messages, (index) => index + 2)} repeated int32 tail = 30; }`);
	return { syntax, text: lines.join('\n'), messages };
}

const bodyOf = (messages: number, numberOf: (index: number) => number): string => `oneof body { ${Array.from({ length: messages - 1 }, (_, index) => `M${index + 1} m${index + 1} = ${numberOf(index)};`).join(' ')} }`;

function buildMessageType(d: Draws, syntax: Syntax, own: number, messages: number, isFurtherIn: boolean): string {
	const numbers = d.shuffle(NUMBERS);
	const count = d.pick([3, 1, 5, 8, 12]);
	let next = 0;
	const fieldName = (number: number): string => d.pick([`f${number}`, `f_${number}`, `price_${number}_level`, `symbol${number}`, `x${number}_`]);
	const typeOf = (): string => {
		const kind = d.below(100);
		if (kind < 60) return d.pick(SCALAR_NAMES);
		if (kind < 72) return d.pick(['E0', 'E1']);
		if (kind < 80) return 'google.protobuf.Timestamp';
		// Mostly those further on, so that tables have an end.
		return `M${d.chance(10) ? d.below(messages) : Math.min(messages - 1, own + 1 + d.below(2))}`;
	};
	const field = (inOneof: boolean): string => {
		const number = numbers[next++] as number;
		const name = fieldName(number);
		const type = typeOf();
		const isMessage = type.startsWith('M') || type.includes('.');
		if (inOneof) return `${type} ${name} = ${number};`;
		const shape = d.below(100);
		if (shape < 12) return `map<${d.pick(KEY_NAMES)}, ${syntax === 'proto2' && type === 'E1' ? 'E0' : type}> ${name} = ${number};`;
		if (syntax === 'proto2') {
			if (shape < 22) return `${d.pick(['optional', 'repeated', 'required'])} group G${number} = ${number} { optional int32 a = 1; repeated string b = 2; }`;
			const label = shape < 45 ? 'repeated' : shape < 55 ? 'required' : 'optional';
			const options = label === 'repeated' ? (isMessage || type === 'string' || type === 'bytes' ? [] : d.chance(50) ? ['packed = true'] : []) : label === 'optional' && d.chance(25) ? defaultOption(d, type) : [];
			return `${label} ${type} ${name} = ${number}${options.length === 0 ? '' : ` [${options.join(', ')}]`};`;
		}
		if (syntax === 'proto3') {
			const label = shape < 40 ? 'repeated ' : shape < 55 ? 'optional ' : '';
			return `${label}${type} ${name} = ${number}${label === 'repeated ' && !isMessage && type !== 'string' && type !== 'bytes' && d.chance(40) ? ' [packed = false]' : ''};`;
		}
		const label = shape < 40 ? 'repeated ' : '';
		const features: string[] = [];
		if (label === '' && d.chance(15)) features.push('features.field_presence = LEGACY_REQUIRED');
		else if (label === '' && !isMessage && type !== 'E1' && d.chance(30)) features.push('features.field_presence = IMPLICIT');
		if (isMessage && d.chance(40)) features.push('features.message_encoding = DELIMITED');
		if (label !== '' && !isMessage && type !== 'string' && type !== 'bytes' && d.chance(40)) features.push('features.repeated_field_encoding = EXPANDED');
		return `${label}${type} ${name} = ${number}${features.length === 0 ? '' : ` [${features.join(', ')}]`};`;
	};
	const parts = d.list(count, () => field(false));
	if (d.chance(50)) parts.push(`oneof one { ${d.list(2 + d.below(3), () => field(true)).join(' ')} }`);
	// A oneof of messages at the root, for tables.
	if (own === 0 && messages > 1) parts.push(isFurtherIn ? `${syntax === 'proto2' ? 'optional ' : ''}W way = ${numbers[next++]};` : bodyOf(messages, () => numbers[next++] as number));
	return `message M${own} { ${parts.join(' ')} }`;
}

function defaultOption(d: Draws, type: string): string[] {
	if (type === 'bool') return [`default = ${d.pick(['true', 'false'])}`];
	if (type === 'E0') return ['default = B'];
	if (type === 'float' || type === 'double') return [`default = ${d.pick(['1.5', '-2', 'inf', 'nan', '0'])}`];
	if (type === 'string') return ['default = "text"'];
	if (/^u|^fixed/.test(type)) return [`default = ${d.pick(['7', '0', '4294967295'])}`];
	return /int|fixed/.test(type) ? [`default = ${d.pick(['7', '0', '-5', '2147483647'])}`] : [];
}

// Columns

/** Columns for some fields, whether their types can have them or not. */
export function buildOptions(d: Draws, types: ProtoTypes, messages: number): ProtobufOptions {
	const columns: Record<string, ProtobufColumn> = {};
	for (const [typeName, { fields }] of Object.entries(types.messages)) {
		if (!typeName.startsWith('t.')) continue;
		for (const field of fields) {
			if (!d.chance(40)) continue;
			const column = d.chance(5) ? skip() : field.rule === 'map' || field.type === 'message' ? null : columnFor(d, field);
			if (column !== null) columns[`${typeName}.${field.name}`] = column;
		}
	}
	const tables = messages > 1 && d.chance(40);
	return { columns, unknown: d.chance(30) ? 'keep' : 'skip', ...(tables ? { tables: types.messages['t.W'] === undefined ? 'body' : 'way.body', ...(d.chance(30) ? { control: ['m1'] } : {}) } : {}) };
}

function columnFor(d: Draws, { type }: ProtoField): ProtobufColumn | null {
	const rounded = (scale: number): FieldSpec => {
		const made = decimal(scale);
		const cut = d.chance(40) ? made.rounding(d.pick(['truncate', 'half-even'])) : made;
		return d.chance(30) ? cut.keepScale() : cut;
	};
	const unit = (): 's' | 'ms' | 'us' | 'ns' => d.pick(['s', 'ms', 'us', 'ns']);
	switch (type) {
		case 'string':
			return d.pick<() => ProtobufColumn>([() => symbol(), () => rounded(d.pick([2, 8, 0])), () => enumeration(['buy', 'sell', '']).unknown(d.pick(['null', 'reject', 'intern'] as const) as 'null'), integer, integer32, unsigned, float, () => timestamp(unit()), () => timestamp('rfc3339'), text])();
		case 'bytes':
			return d.pick([text(), symbol('other'), skip()]);
		case 'enum':
			return integer32();
		case 'bool':
		case 'message':
			return null;
		case 'double':
		case 'float':
			return d.pick<() => ProtobufColumn>([() => rounded(d.pick([2, 8, 0])), () => timestamp(unit())])();
		default:
			return d.pick<() => ProtobufColumn>([() => rounded(d.pick([0, 2])), () => ({ column: rounded(d.pick([0, 6, 10])), exponent: d.pick([-6, 0, 2, -10, -25, 12]) }), integer, unsigned, integer32, unsigned32, () => timestamp(unit())])();
	}
}

/** The protocol; null where the file makes no table. Columns that no field of the table has are left out. */
export function usable(types: ProtoTypes, options: ProtobufOptions): ProtobufProtocol | null {
	try {
		return protobuf(types, 't.M0', options);
	} catch (error) {
		if (!(error instanceof SchemaError)) throw error;
		const unused = error.mistakes.filter(({ path, message }) => message.startsWith('no field has this path') && options.columns?.[path] !== undefined).map(({ path }) => path);
		if (unused.length === 0) return null;
		return usable(types, { ...options, columns: Object.fromEntries(Object.entries(options.columns ?? {}).filter(([path]) => !unused.includes(path))) });
	}
}

const parsed = new Map<string, ProtoTypes>();

export async function typesOf({ text: source }: RandomProto): Promise<ProtoTypes> {
	const known = parsed.get(source) ?? (await parseProto(source));
	parsed.set(source, known);
	return known;
}

// Messages

export interface Liberties {
	/** Percent of what is written in another way than usual: longer varints, packed the other way, parts, repetitions. */
	readonly unusual: number;
	/** Percent of fields that are unknown. */
	readonly unknown: number;
	/** Known fields of another wire type are among them. */
	readonly mismatched: boolean;
	/** Enums have numbers that are not listed, too. */
	readonly unlisted: boolean;
	/** Strings are UTF-8. */
	readonly wellFormed: boolean;
}

export const PLAIN: Liberties = { unusual: 0, unknown: 0, mismatched: false, unlisted: false, wellFormed: true };

/** Bytes of a message of the type; most often one that is accepted. */
export function writeMessage(d: Draws, types: ProtoTypes, typeName: string, options: ProtobufOptions, liberties: Liberties, depth = 0): Uint8Array {
	const writer = createProtobufWriter();
	const fields = types.messages[typeName]?.fields ?? [];
	const records = d.list(depth > 4 ? 0 : d.pick([3, 1, 0, 2, 5, 8]), () => (): void => {
		if (fields.length === 0 || d.chance(liberties.unknown)) writeUnknown(d, writer, fields, liberties, depth);
		else writeField(d, writer, types, typeName, d.pick(fields), options, liberties, depth);
	});
	// What must be there is there, most of the time.
	for (const field of fields) if (field.presence === 'required' && depth < 6 && !d.chance(4)) records.push(() => writeField(d, writer, types, typeName, field, options, liberties, depth));
	// The member that makes a table, or the way to it.
	const choices = options.tables === undefined ? [] : fields.filter((field) => field.oneof === 'body' || (typeName === 't.M0' && field.name === 'way'));
	if (choices.length > 0 && (typeName === 't.M0' || typeName === 't.W') && !d.chance(5)) {
		const member = d.pick(choices);
		records.push(() => writeField(d, writer, types, typeName, member, options, liberties, depth));
	}
	for (const record of d.chance(50) ? records : d.shuffle(records)) record();
	return writer.take();
}

function writeTag(d: Draws, writer: ProtobufWriter, number: number, wireType: number, { unusual }: Liberties): void {
	writer.varint(number * 8 + wireType, d.chance(unusual / 4) ? 1 + d.below(5) : 1);
}

function writeField(d: Draws, writer: ProtobufWriter, types: ProtoTypes, typeName: string, field: ProtoField, options: ProtobufOptions, liberties: Liberties, depth: number): void {
	const { number, rule } = field;
	const times = rule === 'singular' ? (d.chance(liberties.unusual / 2) ? 2 : 1) : d.pick([1, 2, 0, 3, 7]);
	const column = options.columns?.[`${typeName}.${field.name}`];
	const listed = (types.enums[field.typeName ?? '']?.values ?? []).map((value) => BigInt(value.number));
	if (isPackable(field) && field.packed !== d.chance(liberties.unusual)) {
		const packed = createProtobufWriter();
		d.list(times, () => writeScalar(d, packed, field.type as Scalar, column, liberties, listed));
		writeTag(d, writer, number, WIRE.bytes, liberties);
		writer.varint(packed.length, d.chance(liberties.unusual / 4) ? 3 : 1);
		writer.raw(packed.take());
		return;
	}
	for (let time = 0; time < times; time++) {
		writeTag(d, writer, number, wireTypeOf(field), liberties);
		if (rule === 'map') writer.content(writeEntry(d, types, typeName, field, options, liberties, depth));
		else if (field.type !== 'message') writeScalar(d, writer, field.type, column, liberties, listed);
		else {
			const inner = innerBytes(d, types, field.typeName as string, options, liberties, depth);
			if (field.delimited) {
				writer.raw(inner);
				writeTag(d, writer, number, WIRE.endGroup, liberties);
			} else writer.content(inner);
		}
	}
}

function innerBytes(d: Draws, types: ProtoTypes, typeName: string, options: ProtobufOptions, liberties: Liberties, depth: number): Uint8Array {
	if (typeName !== 'google.protobuf.Timestamp') return writeMessage(d, types, typeName, options, liberties, depth + 1);
	const writer = createProtobufWriter();
	const parts = [
		(): void => {
			writer.tag(1, WIRE.varint);
			writer.varint(d.pick([1_700_000_000n, 0n, -1n, 1n, d.chance(4) ? 2n ** 40n : 9_223_372_035n, -9_223_372_036n]));
		},
		(): void => {
			writer.tag(2, WIRE.varint);
			writer.varint(d.pick([123_456_789n, 0n, 999_999_999n, d.chance(4) ? 1_000_000_000n : 1n, d.chance(4) ? -1n : 5n]));
		},
	];
	for (const part of d.chance(20) ? d.shuffle(parts) : parts) if (!d.chance(20)) part();
	if (d.chance(liberties.unknown)) writeUnknown(d, writer, [], liberties, depth + 1);
	return writer.take();
}

function writeEntry(d: Draws, types: ProtoTypes, typeName: string, field: ProtoField, options: ProtobufOptions, liberties: Liberties, depth: number): Uint8Array {
	const writer = createProtobufWriter();
	const base = { rule: 'singular', presence: 'implicit', packed: false, delimited: false, oneof: null, defaultValue: null } as const;
	const parts: ProtoField[] = [
		{ ...base, name: 'key', number: 1, type: field.key ?? 'string', typeName: null, key: null },
		{ ...base, name: 'value', number: 2, type: field.type, typeName: field.typeName, key: null },
	];
	for (const part of d.chance(liberties.unusual) ? d.shuffle(parts) : parts) if (!d.chance(10)) writeField(d, writer, types, `${typeName}.${field.name}`, part, options, liberties, depth + 1);
	if (d.chance(liberties.unknown)) writeUnknown(d, writer, parts, liberties, depth + 1);
	return writer.take();
}

/** A field that nobody knows, or one that is known with another wire type. */
function writeUnknown(d: Draws, writer: ProtobufWriter, fields: readonly ProtoField[], liberties: Liberties, depth: number): void {
	const other = liberties.mismatched && fields.length > 0 && d.chance(40) ? d.pick(fields) : null;
	const number = other?.number ?? d.pick([20, 77, 536_870_000, 3000]);
	const wireTypes = [WIRE.varint, WIRE.fixed64, WIRE.bytes, WIRE.fixed32, WIRE.startGroup].filter((wireType) => other === null || (wireType !== wireTypeOf(other) && !(isPackable(other) && wireType === WIRE.bytes)));
	const wireType = d.pick(wireTypes);
	writeTag(d, writer, number, wireType, liberties);
	switch (wireType) {
		case WIRE.varint:
			writer.varint(anyInteger(d), d.chance(20) ? 10 : 1);
			return;
		case WIRE.fixed64:
			writer.fixed64(anyInteger(d));
			return;
		case WIRE.fixed32:
			writer.fixed32(anyInteger(d));
			return;
		case WIRE.bytes:
			writer.content(Uint8Array.from(d.list(d.pick([0, 1, 5, 20]), () => d.below(256))));
			return;
		case WIRE.startGroup:
			for (let left = depth > 6 ? 0 : d.below(3); left > 0; left--) writeUnknown(d, writer, [], liberties, depth + 1);
			writeTag(d, writer, number, WIRE.endGroup, liberties);
	}
}

const anyInteger = (d: Draws): bigint => d.pick([0n, 1n, 5n, 127n, 128n, 300n, -1n, -5n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, 2n ** 33n + 7n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n), 1_700_000_000n, 1_700_000_000_123n, 6_712_310_000n]) + BigInt(d.below(3));
const smallInteger = (d: Draws): bigint => d.pick([0n, 1n, 5n, 12_500n, 100_000n, 1_000_000n, 1_700_000_000n, d.chance(10) ? 2n ** 62n : 7n, d.chance(10) ? -5n : 9n]);

const WORDS = ['', 'BTC', 'buy', 'sell', 'hold', 'BTCUSDT-PERPETUAL', 'ünïcödé', '价格', '😀', 'x'.repeat(12), 'x'.repeat(13), 'y'.repeat(40), 'z'.repeat(256)];
const NUMBER_TEXTS = ['1.5', '0', '12', '-3.25', '67123.10', '0.00000001', '1e3', '99999999', '-0', '1.005', '0.125', '9223372036854775807', '1700000000', '1700000000.123456789'];
const TIMES = ['2023-11-14T22:13:20Z', '2023-11-14T22:13:20.123456789Z', '1969-12-31T23:59:59.5+02:00'];
const utf8 = new TextEncoder();

function writeScalar(d: Draws, writer: ProtobufWriter, scalar: Scalar, column: ProtobufColumn | undefined, liberties: Liberties, listed: readonly bigint[]): void {
	const form = SCALARS[scalar];
	const longer = d.chance(liberties.unusual / 2) ? d.pick([2, 5, 10]) : 1;
	const type = column === undefined ? null : ('column' in column ? column.column : column).draft.type;
	switch (form.value) {
		case 'bool':
			writer.varint(d.chance(liberties.unusual) ? anyInteger(d) : d.below(2), longer);
			return;
		case 'float': {
			const value = type === null ? d.pick([0, 0.1, -1.5, 67123.15, 1e300, Number.NaN, -0, Number.POSITIVE_INFINITY, 5e-324]) : d.pick([0, 0.5, 12, 67123.1, -2.25, 1700000000.5, d.chance(10) ? Number.NaN : 1, d.chance(10) ? 1e300 : 3, d.chance(30) ? 0.123456 : 4, -0]);
			if (form.bits === 32) writer.float(value);
			else writer.double(value);
			return;
		}
		case 'string':
		case 'bytes': {
			const text = stringFor(d, type?.kind ?? null, type?.kind === 'timestamp' ? type.format : null);
			const bytes = scalar === 'bytes' && type === null ? Uint8Array.from(d.list(d.pick([0, 3, 12, 13, 30]), () => d.below(256))) : utf8.encode(text);
			if (!liberties.wellFormed && d.chance(5)) bytes[d.below(bytes.length)] = d.pick([0xff, 0xc3, 0x80, 0xed]);
			writer.varint(bytes.length, d.chance(liberties.unusual / 4) ? 4 : 1);
			writer.raw(bytes);
			return;
		}
		case 'integer': {
			const value = scalar === 'enum' ? (!liberties.unlisted || d.chance(80) ? d.pick(listed) : anyInteger(d)) : type === null ? anyInteger(d) : smallInteger(d);
			if (form.wireType === WIRE.fixed32) writer.fixed32(value);
			else if (form.wireType === WIRE.fixed64) writer.fixed64(value);
			else writer.varint(form.zigzag ? BigInt.asUintN(64, value << 1n) ^ BigInt.asUintN(64, value >> 63n) : form.bits === 32 && form.signed && !d.chance(liberties.unusual) ? BigInt.asIntN(32, value) : value, longer);
		}
	}
}

function stringFor(d: Draws, kind: string | null, format: string | null): string {
	if (d.chance(3)) return d.pick([...WORDS, ...NUMBER_TEXTS, ...TIMES]);
	if (kind === null || kind === 'text' || kind === 'symbol' || kind === 'enumeration') return d.pick(kind === 'symbol' ? WORDS.slice(0, 12) : kind === 'enumeration' ? WORDS.slice(0, 5) : WORDS);
	if (format === 'rfc3339') return d.pick([...TIMES, '']);
	return d.pick(kind === 'integer' ? ['1', '0', '12', '', '99999999', '1e3', '-7'] : ['', ...NUMBER_TEXTS]);
}

// Damage

/** The message with something wrong: cut, a byte or bit changed, a length that says too much, bytes put in or taken out. */
export function damage(d: Draws, message: Uint8Array): Uint8Array {
	const at = message.length === 0 ? 0 : d.below(message.length);
	const withBytes = (bytes: readonly number[], instead: number): Uint8Array => Uint8Array.from([...message.subarray(0, at), ...bytes, ...message.subarray(at + instead)]);
	switch (d.below(7)) {
		case 0:
			return message.slice(0, at);
		case 1:
			return withBytes([d.below(256)], 1);
		case 2:
			return withBytes([(message[at] ?? 0) ^ (1 << d.below(8))], 1);
		case 3:
			// Lengths and counts up to 2^64.
			return withBytes(d.pick([[0xff, 0xff, 0xff, 0xff, 0x0f], [0x80, 0x80, 0x80, 0x80, 0x10], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0xff, 0xff, 0xff, 0xff, 0x07], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], [0x7f]]), d.below(2));
		case 4:
			return withBytes([], 1 + d.below(3));
		case 5:
			return withBytes(
				d.list(1 + d.below(4), () => d.pick([0, 1, 8, 0x80, 0xff, d.below(256), 0x0b, 0x0c])),
				0,
			);
		default:
			return Uint8Array.from([...message, ...d.list(1 + d.below(3), () => d.below(256))]);
	}
}
