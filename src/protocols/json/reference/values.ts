/** The walk over a message with its variant's type: reads each value, checks it against the schema, and writes it. */
import type { Column, ListColumn, ScalarColumn, StructColumn } from '../../../compiler/batch-layout.ts';
import { SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import { matchesTemplate } from '../../../schema/discriminants.ts';
import type { Field, ListType, MessageType, ScalarType, TemplateType, TupleType, ValueType } from '../../../schema/model.ts';
import { columnsOfFields } from '../../rows/reference/columns.ts';
import { type FixedPointType, fixedPoint } from '../../rows/reference/fixed-point.ts';
import { parseDecimal } from '../../rows/reference/numbers.ts';
import type { MessagePlaces } from '../../rows/reference/parser.ts';
import { type BatchFull, Refusal } from '../../rows/reference/refusal.ts';
import { asciiText, utf8Text } from '../../rows/reference/text.ts';
import { parseTimestamp } from '../../rows/reference/timestamps.ts';
import { decodeString, type Scanner, type ValueKind } from './grammar.ts';

/** What the walk over one message works with. */
export interface Walk extends MessagePlaces {
	readonly scanner: Scanner;
}

/** The value's own column and row. The column is null where the type has none, and in control variants. */
interface Place<C extends Column = Column> {
	readonly column: C | null;
	readonly row: number;
}

const encoder = new TextEncoder();

/** Reads the whole message. Throws {@link Refusal} or {@link BatchFull}. */
export function readMessage(walk: Walk, type: MessageType | TupleType, columns: readonly Column[] | null): void {
	const { scanner } = walk;
	scanner.whitespace();
	const start = scanner.at;
	const kind = scanner.kind();
	if (kind !== (type.kind === 'message' ? 'object' : 'array')) throw new Refusal('type', start);
	readStruct(walk, type, columns, walk.target?.row ?? 0, 0);
	scanner.whitespace();
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
	if (kind === 'null' && nullable) {
		scanner.word();
		if (target !== null && place.column !== null) target.writeNull(place.column, place.row);
		return;
	}
	if (!kindsOf(type).includes(kind)) throw new Refusal('type', offset);
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
			if (readConstant(walk, kind) !== (typeof type.value === 'string' ? type.value.toWellFormed() : type.value)) throw new Refusal('literal', offset);
			return;
		case 'template':
			readTemplate(walk, type, place as Place<ScalarColumn>);
			return;
		default:
			readScalar(walk, type, kind, nullable, place as Place<ScalarColumn>);
	}
}

/** The kinds of values that a type is written as, null apart. */
function kindsOf(type: ValueType): readonly ValueKind[] {
	switch (type.kind) {
		case 'message':
			return ['object'];
		case 'tuple':
		case 'list':
			return ['array'];
		case 'integer':
		case 'decimal':
		case 'float':
			return ['number', 'string'];
		case 'timestamp':
			return type.format === 'rfc3339' ? ['string'] : ['number', 'string'];
		case 'flag':
			return ['boolean'];
		case 'enumeration':
		case 'symbol':
		case 'text':
		case 'bytes':
		case 'template':
			return ['string'];
		case 'literal':
			return [type.value === null ? 'null' : (typeof type.value as 'string' | 'number' | 'boolean')];
		case 'skip':
		case 'absent':
			return ['string', 'number', 'boolean', 'null', 'object', 'array'];
	}
}

// Containers

function readStruct(walk: Walk, type: MessageType | TupleType, columns: readonly Column[] | null, row: number, depth: number): void {
	const places = columnsOfFields(type, columns).map((column) => ({ column, row }));
	if (type.kind === 'tuple') readTuple(walk, type, places, depth);
	else {
		const unknownKeys = columns !== null && type.unknownKeys === 'keep' ? (columns.find(({ name }) => name === 'unknownKeys') as ScalarColumn) : null;
		readObject(walk, type, places, { column: unknownKeys, row }, depth);
	}
}

function readObject(walk: Walk, type: MessageType, places: readonly Place[], unknownKeys: Place<ScalarColumn>, depth: number): void {
	const { scanner, target } = walk;
	const seen = new Set<Field>();
	const unknownMembers: Uint8Array[] = [];
	scanner.open(depth);
	scanner.members(
		(raw, offset) => {
			const tooLong = raw.escaped && raw.bytes.length > walk.scratchSize;
			const key = tooLong ? null : utf8Text(decodeString(raw));
			const field = type.fields.find(({ keys }) => keys.some((known) => known.toWellFormed() === key));
			if (field === undefined) {
				if (type.unknownKeys === 'reject') throw new Refusal('unknown-key', offset);
				return null;
			}
			if (field.type.kind === 'absent') throw new Refusal('unknown-key', offset);
			if (seen.has(field)) throw new Refusal('duplicate-key', offset);
			seen.add(field);
			return field;
		},
		(field, offset) => {
			if (field === null) {
				scanner.skip(depth + 1);
				unknownMembers.push(scanner.bytes.slice(offset, scanner.at));
			} else readValue(walk, field.type, field.nullable, places[type.fields.indexOf(field)] as Place, depth + 1);
		},
	);
	for (const field of type.fields) {
		if (!seen.has(field) && !field.optional && field.type.kind !== 'absent') throw new Refusal('missing-field', scanner.at);
	}
	if (target !== null) {
		type.fields.forEach((field, index) => {
			const { column, row } = places[index] as Place;
			if (column !== null && !seen.has(field)) target.writeNull(column, row);
		});
		if (unknownKeys.column !== null) {
			if (unknownMembers.length === 0) target.writeNull(unknownKeys.column, unknownKeys.row);
			else target.writeText(unknownKeys.column, unknownKeys.row, joinMembers(unknownMembers));
		}
	}
	scanner.at++;
}

/** `{`, the members joined by `,`, `}`. */
function joinMembers(members: readonly Uint8Array[]): Uint8Array {
	const comma = encoder.encode(',');
	const parts = members.flatMap((member, index) => (index === 0 ? [member] : [comma, member]));
	return Uint8Array.from([encoder.encode('{'), ...parts, encoder.encode('}')].flatMap((part) => [...part]));
}

function readTuple(walk: Walk, type: TupleType, places: readonly Place[], depth: number): void {
	const { scanner, target } = walk;
	let count = 0;
	scanner.open(depth);
	scanner.elements(() => {
		const field = type.fields[count];
		if (field !== undefined) readValue(walk, field.type, field.nullable, places[count] as Place, depth + 1);
		else if (type.surplus === 'skip') scanner.skip(depth + 1);
		else {
			const offset = scanner.at;
			// Where no value starts, there is no surplus element: the scanner refuses that.
			scanner.kind();
			throw new Refusal('tuple-length', offset);
		}
		count++;
	});
	type.fields.forEach((field, index) => {
		if (index >= count && !field.optional) throw new Refusal('missing-field', scanner.at);
	});
	type.fields.forEach((_, index) => {
		const { column, row } = places[index] as Place;
		if (index >= count && target !== null && column !== null) target.writeNull(column, row);
	});
	scanner.at++;
}

function readList(walk: Walk, type: ListType, { column, row }: Place<ListColumn>, depth: number): void {
	const { scanner, target } = walk;
	const start = target !== null && column !== null ? target.itemCount(column) : 0;
	scanner.open(depth);
	scanner.elements(() => {
		const item = target !== null && column !== null ? { column: column.item, row: target.append(column.itemSpace) } : { column: null, row: 0 };
		readValue(walk, type.item, type.itemNullable, item, depth + 1);
	});
	if (target !== null && column !== null) target.writeList(column, row, start);
	scanner.at++;
}

// Values

function readConstant(walk: Walk, kind: ValueKind): string | number | boolean | null {
	if (kind === 'string') return utf8Text(readContent(walk));
	if (kind === 'number') return Number(walk.scanner.number());
	return walk.scanner.word();
}

/** A string's decoded bytes, where the scratch can hold them. */
function readContent(walk: Walk): Uint8Array {
	const offset = walk.scanner.at;
	const raw = walk.scanner.string();
	if (raw.escaped && raw.bytes.length > walk.scratchSize) throw new Refusal('too-large', offset);
	return decodeString(raw);
}

function readTemplate(walk: Walk, type: TemplateType, place: Place<ScalarColumn>): void {
	const offset = walk.scanner.at;
	const bytes = readContent(walk);
	if (!matchesTemplate(utf8Text(bytes), type.prefix.toWellFormed(), type.suffix.toWellFormed())) throw new Refusal('literal', offset);
	const captured = bytes.subarray(encoder.encode(type.prefix).length, bytes.length - encoder.encode(type.suffix).length);
	if (type.capture?.kind === 'symbol') writeSymbol(walk, captured, place, offset);
	else if (place.column !== null) walk.target?.writeText(place.column, place.row, captured);
}

function readScalar(walk: Walk, type: ScalarType, kind: ValueKind, nullable: boolean, place: Place<ScalarColumn>): void {
	const { scanner } = walk;
	const { row } = place;
	const target = place.column === null ? null : walk.target;
	const column = place.column as ScalarColumn;
	const offset = scanner.at;
	switch (type.kind) {
		case 'flag': {
			const value = scanner.word() === true;
			target?.writeFlag(column, row, value);
			return;
		}
		case 'text': {
			const text = decodeString(scanner.string());
			target?.writeText(column, row, text);
			return;
		}
		case 'symbol':
			writeSymbol(walk, readContent(walk), place, offset);
			return;
		case 'enumeration': {
			const bytes = readContent(walk);
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
		case 'timestamp': {
			if (type.format === 'rfc3339') {
				const bytes = readContent(walk);
				if (bytes.length === 0 && nullable) {
					target?.writeNull(column, row);
					return;
				}
				const instant = parseTimestamp(asciiText(bytes));
				if (instant === null) throw new Refusal('timestamp', offset);
				target?.writeNumber(column, row, instant);
				return;
			}
			break;
		}
		default:
			break;
	}
	const text = kind === 'number' ? scanner.number() : asciiText(readContent(walk));
	if (text === '' && nullable) {
		target?.writeNull(column, row);
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

/** @param offset of the value that the symbol stands in */
function writeSymbol(walk: Walk, bytes: Uint8Array, { column, row }: Place<ScalarColumn>, offset: number): void {
	if (bytes.length > SYMBOL_LIMIT) throw new Refusal('too-large', offset);
	if (walk.target === null || column === null) return;
	const id = walk.intern(column.symbolTable, bytes);
	if (id < 0) throw new Refusal('too-large', offset);
	walk.target.writeNumber(column, row, id);
}
