/** The walk over a message with its variant's type: reads each value, checks it against the schema, and writes it. */
import type { Column, ListColumn, ScalarColumn, StructColumn } from '../../../compiler/batch-layout.ts';
import { SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import { FORMAT, type Kind, TIMESTAMP_EXTENSION } from '../../../kernels/messagepack-format.ts';
import { matchesTemplate, positionsOf } from '../../../schema/discriminants.ts';
import type { Field, ListType, MessageType, ScalarType, TemplateType, TupleType, ValueType } from '../../../schema/model.ts';
import { keptKeys } from '../../../schema/visit.ts';
import { columnsOfFields } from '../../rows/reference/columns.ts';
import { type FixedPointType, fixedPoint, limitsOf, TIMESTAMP_SCALES } from '../../rows/reference/fixed-point.ts';
import { floatToFixedPoint } from '../../rows/reference/floats.ts';
import { parseDecimal } from '../../rows/reference/numbers.ts';
import type { MessagePlaces } from '../../rows/reference/parser.ts';
import { Refusal } from '../../rows/reference/refusal.ts';
import { asciiText, utf8Text } from '../../rows/reference/text.ts';
import { I64_LEAST, I64_MOST, parseTimestamp } from '../../rows/reference/timestamps.ts';
import { checkUtf8, type ScannedNumber, type Scanner } from './scanner.ts';
import { parseTimestampExtension } from './timestamps.ts';

/** What the walk over one message works with. */
export interface Walk extends MessagePlaces {
	readonly scanner: Scanner;
	/** Objects may be arrays of their fields. */
	readonly byPosition: boolean;
}

/** The value's own column and row. The column is null where the type has none, and in control variants. */
interface Place<C extends Column = Column> {
	readonly column: C | null;
	readonly row: number;
}

const encoder = new TextEncoder();

/** Reads the whole message. Throws `Refusal` or `BatchFull`. */
export function readMessage(walk: Walk, type: MessageType | TupleType, columns: readonly Column[] | null): void {
	const { scanner } = walk;
	if (!kindsOf(type, walk.byPosition).includes(scanner.kind())) throw new Refusal('type', 0);
	readStruct(walk, type, columns, walk.target?.row ?? 0, 0);
	if (!scanner.ended) throw new Refusal('trailing', scanner.at);
}

/** @param depth containers open around the value */
function readValue(walk: Walk, type: ValueType, nullable: boolean, place: Place, depth: number): void {
	const { scanner, target } = walk;
	if (type.kind === 'skip' || type.kind === 'absent') {
		scanner.skip(depth);
		return;
	}
	const offset = scanner.at;
	const kind = scanner.kind();
	if (kind === 'nil' && nullable) {
		scanner.nil();
		if (target !== null && place.column !== null) target.writeNull(place.column, place.row);
		return;
	}
	if (!kindsOf(type, walk.byPosition).includes(kind)) throw new Refusal('type', offset);
	switch (type.kind) {
		case 'message':
		case 'tuple': {
			const column = place.column as StructColumn | null;
			readStruct(walk, type, column === null ? null : column.children, place.row, depth);
			if (target !== null && column !== null) target.writeValidity(column, place.row, true);
			return;
		}
		case 'list':
			readList(walk, type, place as Place<ListColumn>, depth);
			return;
		case 'literal':
			if (readConstant(scanner, kind) !== (typeof type.value === 'string' ? asciiText(encoder.encode(type.value)) : type.value)) throw new Refusal('literal', offset);
			return;
		case 'template':
			readTemplate(walk, type, place as Place<ScalarColumn>);
			return;
		default:
			readScalar(walk, type, kind, nullable, place as Place<ScalarColumn>);
	}
}

const NUMBERS: readonly Kind[] = ['integer', 'float'];
const STRINGS: readonly Kind[] = ['string', 'binary'];

/** The kinds of values that a type is written as, nil apart. */
function kindsOf(type: ValueType, byPosition: boolean): readonly Kind[] {
	switch (type.kind) {
		case 'message':
			return byPosition ? ['map', 'array'] : ['map'];
		case 'tuple':
		case 'list':
			return ['array'];
		case 'integer':
		case 'decimal':
		case 'float':
			return [...NUMBERS, ...STRINGS];
		case 'timestamp':
			return type.format === 'rfc3339' ? [...STRINGS, 'extension'] : [...NUMBERS, ...STRINGS, 'extension'];
		case 'flag':
			return ['boolean'];
		case 'enumeration':
		case 'symbol':
		case 'text':
		case 'template':
			return STRINGS;
		case 'bytes':
			return [...STRINGS, 'extension'];
		case 'literal':
			if (type.value === null) return ['nil'];
			return typeof type.value === 'string' ? STRINGS : typeof type.value === 'number' ? NUMBERS : ['boolean'];
		case 'skip':
		case 'absent':
			return ['nil', 'boolean', 'integer', 'float', 'string', 'binary', 'array', 'map', 'extension'];
	}
}

// Containers

function readStruct(walk: Walk, type: MessageType | TupleType, columns: readonly Column[] | null, row: number, depth: number): void {
	const places = columnsOfFields(type, columns).map((column) => ({ column, row }));
	if (type.kind === 'tuple') readElements(walk, type.fields, places, type.surplus, depth);
	else if (walk.scanner.kind() === 'map') readMembers(walk, type, places, { column: keptColumn(type, columns), row }, depth);
	else {
		const there = positionsOf(type).map((position) => position >= 0);
		readElements(
			walk,
			type.fields.filter((_, index) => there[index]),
			places.filter((_, index) => there[index]),
			type.unknownKeys === 'reject' ? 'reject' : 'skip',
			depth,
		);
		// Elements beyond the fields have no keys.
		const kept = keptColumn(type, columns);
		if (kept !== null) walk.target?.writeNull(kept, row);
	}
}

const keptColumn = (type: MessageType, columns: readonly Column[] | null): ScalarColumn | null => (columns === null || keptKeys(type) === null ? null : (columns.find(({ name }) => name === 'unknownKeys') as ScalarColumn));

function readMembers(walk: Walk, type: MessageType, places: readonly Place[], kept: Place<ScalarColumn>, depth: number): void {
	const { scanner, target } = walk;
	const seen = new Set<Field>();
	const unknown: Uint8Array[] = [];
	for (let left = scanner.open(depth); left > 0; left--) {
		const offset = scanner.at;
		const key = readKey(scanner, depth + 1);
		const field = type.fields.find(({ keys }) => keys.some((known) => asciiText(encoder.encode(known)) === key));
		if (field === undefined) {
			if (type.unknownKeys === 'reject') throw new Refusal('unknown-key', offset);
			scanner.skip(depth + 1);
			unknown.push(scanner.bytes.subarray(offset, scanner.at));
			continue;
		}
		if (field.type.kind === 'absent') throw new Refusal('unknown-key', offset);
		if (seen.has(field)) throw new Refusal('duplicate-key', offset);
		seen.add(field);
		readValue(walk, field.type, field.nullable, places[type.fields.indexOf(field)] as Place, depth + 1);
	}
	for (const field of type.fields) {
		if (!seen.has(field) && !field.optional && field.type.kind !== 'absent') throw new Refusal('missing-field', scanner.at);
	}
	type.fields.forEach((field, index) => {
		const { column, row } = places[index] as Place;
		if (target !== null && column !== null && !seen.has(field)) target.writeNull(column, row);
	});
	if (kept.column === null) return;
	if (unknown.length === 0) target?.writeNull(kept.column, kept.row);
	else target?.writeText(kept.column, kept.row, mapOf(unknown));
}

/** A map of members as they stand in the message, with the shortest head. */
function mapOf(members: readonly Uint8Array[]): Uint8Array {
	const count = members.length;
	const head = count < 16 ? [FORMAT.fixmap | count] : count < 65536 ? [FORMAT.map16, count >>> 8, count & 255] : [FORMAT.map32, count >>> 24, (count >>> 16) & 255, (count >>> 8) & 255, count & 255];
	return Uint8Array.from([...head, ...members.flatMap((member) => [...member])]);
}

/** The key's bytes, each as a character; null for one that is no string. */
export function readKey(scanner: Scanner, depth: number): string | null {
	if (STRINGS.includes(scanner.kind())) return asciiText(scanner.string());
	scanner.skip(depth);
	return null;
}

function readElements(walk: Walk, fields: readonly Field[], places: readonly Place[], surplus: 'reject' | 'skip', depth: number): void {
	const { scanner, target } = walk;
	const count = scanner.open(depth);
	for (let index = 0; index < count; index++) {
		const field = fields[index];
		if (field !== undefined) readValue(walk, field.type, field.nullable, places[index] as Place, depth + 1);
		else if (surplus === 'skip') scanner.skip(depth + 1);
		else {
			// Where no value starts, there is no surplus element: the scanner refuses that.
			scanner.kind();
			throw new Refusal('tuple-length', scanner.at);
		}
	}
	fields.forEach((field, index) => {
		if (index >= count && !field.optional) throw new Refusal('missing-field', scanner.at);
	});
	places.forEach(({ column, row }, index) => {
		if (index >= count && target !== null && column !== null) target.writeNull(column, row);
	});
}

function readList(walk: Walk, type: ListType, { column, row }: Place<ListColumn>, depth: number): void {
	const { scanner, target } = walk;
	const start = target !== null && column !== null ? target.itemCount(column) : 0;
	for (let left = scanner.open(depth); left > 0; left--) {
		// Something must follow, before there is room for it.
		void scanner.byte;
		const item = target !== null && column !== null ? { column: column.item, row: target.append(column.itemSpace) } : { column: null, row: 0 };
		readValue(walk, type.item, type.itemNullable, item, depth + 1);
	}
	if (target !== null && column !== null) target.writeList(column, row, start);
}

// Values

/** A string as its bytes, each as a character; numbers as doubles. */
export function readConstant(scanner: Scanner, kind: Kind): string | number | boolean | null {
	switch (kind) {
		case 'integer':
		case 'float':
			return Number(scanner.number().value);
		case 'boolean':
			return scanner.boolean();
		case 'nil':
			return scanner.nil();
		default:
			return asciiText(scanner.string());
	}
}

/** The bytes of a str or bin, which must be UTF-8. */
function readText({ scanner }: Walk): Uint8Array {
	const bytes = scanner.string();
	checkUtf8(bytes, scanner.at - bytes.length);
	return bytes;
}

function readTemplate(walk: Walk, type: TemplateType, place: Place<ScalarColumn>): void {
	const offset = walk.scanner.at;
	const bytes = readText(walk);
	if (!matchesTemplate(asciiText(bytes), asciiText(encoder.encode(type.prefix)), asciiText(encoder.encode(type.suffix)))) throw new Refusal('literal', offset);
	const captured = bytes.subarray(encoder.encode(type.prefix).length, bytes.length - encoder.encode(type.suffix).length);
	if (type.capture?.kind === 'symbol') writeSymbol(walk, captured, place, offset);
	else if (place.column !== null) walk.target?.writeText(place.column, place.row, captured);
}

function readScalar(walk: Walk, type: ScalarType, kind: Kind, nullable: boolean, place: Place<ScalarColumn>): void {
	const { scanner } = walk;
	const { row } = place;
	const target = place.column === null ? null : walk.target;
	const column = place.column as ScalarColumn;
	const offset = scanner.at;
	switch (type.kind) {
		case 'flag': {
			const value = scanner.boolean();
			target?.writeFlag(column, row, value);
			return;
		}
		case 'text': {
			const bytes = readText(walk);
			target?.writeText(column, row, bytes);
			return;
		}
		case 'bytes': {
			const bytes = kind === 'extension' ? scanner.extension().data : scanner.string();
			target?.writeText(column, row, bytes);
			return;
		}
		case 'symbol':
			writeSymbol(walk, readText(walk), place, offset);
			return;
		case 'enumeration': {
			const bytes = readText(walk);
			if (type.unknown === 'intern') {
				writeSymbol(walk, bytes, place, offset);
				return;
			}
			const text = utf8Text(bytes);
			const id = bytes.length > SYMBOL_LIMIT ? -1 : type.values.findIndex((value) => value.toWellFormed() === text);
			if (id >= 0) target?.writeNumber(column, row, id);
			else if (type.unknown === 'null') target?.writeNull(column, row);
			else throw new Refusal('enumeration', offset);
			return;
		}
		default:
			break;
	}
	if (kind === 'extension') {
		const { type: extension, data } = scanner.extension();
		if (extension !== TIMESTAMP_EXTENSION) throw new Refusal('type', offset);
		const instant = parseTimestampExtension(data);
		if (instant === null) throw new Refusal('timestamp', offset);
		target?.writeNumber(column, row, instant);
		return;
	}
	if (STRINGS.includes(kind)) {
		const text = asciiText(scanner.string());
		if (text === '' && nullable) target?.writeNull(column, row);
		else readNumberText(type, text, offset, target, column, row);
		return;
	}
	const number = scanner.number();
	if (type.kind === 'float') {
		const value = Number(number.value);
		// Not a number has one form, whatever its bits were.
		target?.writeNumber(column, row, Number.isNaN(value) ? Number.NaN : value);
		return;
	}
	if (!Number.isFinite(Number(number.value))) throw new Refusal('number', offset);
	const value = toColumn(type as FixedPointType, number);
	if (value === 'range' || value === 'scale') throw new Refusal(type.kind === 'timestamp' ? 'timestamp' : value, offset);
	target?.writeNumber(column, row, value);
	target?.writeTextScale(column, row, number.kind === 'float' ? -1 : 0);
}

/** A number or time written as text, as JSON writes it. */
function readNumberText(type: ScalarType, text: string, offset: number, target: Walk['target'], column: ScalarColumn, row: number): void {
	if (type.kind === 'timestamp' && type.format === 'rfc3339') {
		const instant = parseTimestamp(text);
		if (instant === null) throw new Refusal('timestamp', offset);
		target?.writeNumber(column, row, instant);
		return;
	}
	const decimal = parseDecimal(text);
	if (decimal === null) throw new Refusal('number', offset);
	if (type.kind === 'float') {
		target?.writeNumber(column, row, Number(text));
		return;
	}
	const value = fixedPoint(type as FixedPointType, decimal);
	if (value === 'range' || value === 'scale') throw new Refusal(type.kind === 'timestamp' ? 'timestamp' : value, offset);
	target?.writeNumber(column, row, value);
	target?.writeTextScale(column, row, decimal.textScale);
}

function toColumn(type: FixedPointType, number: ScannedNumber): bigint | 'range' | 'scale' {
	if (number.kind === 'integer') {
		const { value } = number;
		const magnitude = (value < 0n ? -value : value).toString();
		return fixedPoint(type, { negative: value < 0n, digits: magnitude === '0' ? '' : magnitude, exponent: 0n, textScale: 0 });
	}
	switch (type.kind) {
		case 'integer':
			return floatToFixedPoint(number.value, number.single, 0, 'reject', ...limitsOf(type));
		case 'decimal':
			return floatToFixedPoint(number.value, number.single, type.scale, type.excess, I64_LEAST, I64_MOST);
		case 'timestamp':
			return floatToFixedPoint(number.value, number.single, TIMESTAMP_SCALES[type.format as keyof typeof TIMESTAMP_SCALES], 'truncate', I64_LEAST, I64_MOST);
	}
}

/** @param offset of the value that the symbol stands in */
function writeSymbol(walk: Walk, bytes: Uint8Array, { column, row }: Place<ScalarColumn>, offset: number): void {
	if (bytes.length > SYMBOL_LIMIT) throw new Refusal('too-large', offset);
	if (walk.target === null || column === null) return;
	const id = walk.intern(column.symbolTable, bytes);
	if (id < 0) throw new Refusal('too-large', offset);
	walk.target.writeNumber(column, row, id);
}
