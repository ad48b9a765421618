/** What a value that was read becomes in its column: checks it, and writes it. */
import type { ScalarColumn } from '../../../compiler/batch-layout.ts';
import { SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import { scaled, UNIT_NANOSECONDS } from '../../binary/values.ts';
import { checkUtf8 } from '../../msgpack/reference/scanner.ts';
import { type FixedPointType, fixedPoint, limitsOf, TIMESTAMP_SCALES } from '../../rows/reference/fixed-point.ts';
import { floatToFixedPoint } from '../../rows/reference/floats.ts';
import { parseDecimal } from '../../rows/reference/numbers.ts';
import type { MessagePlaces } from '../../rows/reference/parser.ts';
import type { PendingRow } from '../../rows/reference/pending-row.ts';
import { Refusal } from '../../rows/reference/refusal.ts';
import { asciiText, utf8Text } from '../../rows/reference/text.ts';
import { I64_LEAST, I64_MOST, parseTimestamp } from '../../rows/reference/timestamps.ts';
import { SCALARS, type Scalar, WIRE } from '../types.ts';
import type { Meaning } from '../wire.ts';
import type { Scanner } from './scanner.ts';

/** As read: integers and enums of their width, floats, flags, content of strings and bytes. */
export type RawValue = bigint | number | boolean | Uint8Array;

export interface ReadValue {
	readonly value: RawValue;
	/** Of its first byte; of strings and bytes behind the length. */
	readonly at: number;
}

export function readScalar(scanner: Scanner, scalar: Scalar, limit: number): ReadValue {
	const form = SCALARS[scalar];
	const start = scanner.at;
	switch (form.wireType) {
		case WIRE.varint: {
			const raw = scanner.varint(limit);
			return { value: form.value === 'bool' ? raw !== 0n : integerOf(raw, form), at: start };
		}
		case WIRE.fixed32: {
			const view = scanner.fixed32(limit);
			return { value: form.value === 'float' ? view.getFloat32(0, true) : integerOf(BigInt(view.getUint32(0, true)), form), at: start };
		}
		case WIRE.fixed64: {
			const view = scanner.fixed64(limit);
			return { value: form.value === 'float' ? view.getFloat64(0, true) : integerOf(view.getBigUint64(0, true), form), at: start };
		}
		default: {
			const value = scanner.content(limit);
			return { value, at: scanner.at - value.length };
		}
	}
}

function integerOf(raw: bigint, { bits, signed, zigzag }: { readonly bits: number; readonly signed: boolean; readonly zigzag: boolean }): bigint {
	const unsigned = BigInt.asUintN(bits, raw);
	if (zigzag) return (unsigned >> 1n) ^ -(unsigned & 1n);
	return signed ? BigInt.asIntN(bits, unsigned) : unsigned;
}

/** Whether it is a value of its type: a closed enum's number that is not listed is none. */
export function isKnown({ known }: Meaning, value: RawValue): boolean {
	return known === null || known.includes(Number(value));
}

/** Checks and writes a value. The column is null in control variants. */
export function writeScalar({ target, intern }: MessagePlaces, scalar: Scalar, meaning: Meaning, column: ScalarColumn | null, row: number, { value, at }: ReadValue): void {
	const into = column === null ? null : target;
	const to = column as ScalarColumn;
	switch (SCALARS[scalar].value) {
		case 'bool':
			into?.writeFlag(to, row, value as boolean);
			return;
		case 'float':
			writeFloat(meaning, value as number, scalar === 'float', into, to, row, at);
			return;
		case 'integer':
			writeInteger(meaning, value as bigint, into, to, row, at, (text) => intern(to.symbolTable, asciiBytes(text)));
			return;
		default:
			writeBytes(meaning, value as Uint8Array, into, to, row, at, (bytes) => intern(to.symbolTable, bytes));
	}
}

const asciiBytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

function writeInteger({ type, exponent, codes }: Meaning, value: bigint, target: PendingRow | null, column: ScalarColumn, row: number, at: number, intern: (text: string) => number): void {
	switch (type.kind) {
		case 'integer': {
			const [least, most] = limitsOf(type);
			if (value < least || value > most) throw new Refusal('range', at);
			target?.writeNumber(column, row, value);
			return;
		}
		case 'decimal': {
			if (value > I64_MOST) throw new Refusal('range', at);
			const result = scaled(value, BigInt(exponent + type.scale), type.excess);
			if (typeof result === 'string') throw new Refusal(result, at);
			target?.writeNumber(column, row, result);
			target?.writeTextScale(column, row, 0);
			return;
		}
		case 'timestamp': {
			const nanoseconds = value * UNIT_NANOSECONDS[type.format as keyof typeof UNIT_NANOSECONDS];
			if (nanoseconds < I64_LEAST || nanoseconds > I64_MOST) throw new Refusal('timestamp', at);
			target?.writeNumber(column, row, nanoseconds);
			return;
		}
		case 'enumeration': {
			if (target === null) return;
			const listed = codes.indexOf(Number(value));
			// An open enum's value without a name: its number, as text.
			const id = listed >= 0 ? listed : intern(value.toString());
			if (id < 0) throw new Refusal('too-large', at);
			target.writeNumber(column, row, id);
		}
	}
}

function writeFloat({ type }: Meaning, value: number, single: boolean, target: PendingRow | null, column: ScalarColumn, row: number, at: number): void {
	if (type.kind === 'float') {
		// Not a number has one form, whatever its bits were.
		target?.writeNumber(column, row, Number.isNaN(value) ? Number.NaN : value);
		return;
	}
	if (!Number.isFinite(value)) throw new Refusal('number', at);
	const result = type.kind === 'decimal' ? floatToFixedPoint(value, single, type.scale, type.excess, I64_LEAST, I64_MOST) : floatToFixedPoint(value, single, TIMESTAMP_SCALES[(type as { format: keyof typeof TIMESTAMP_SCALES }).format], 'truncate', I64_LEAST, I64_MOST);
	if (typeof result === 'string') throw new Refusal(type.kind === 'timestamp' ? 'timestamp' : result, at);
	target?.writeNumber(column, row, result);
	target?.writeTextScale(column, row, -1);
}

function writeBytes({ type, emptyIsNull }: Meaning, bytes: Uint8Array, target: PendingRow | null, column: ScalarColumn, row: number, at: number, intern: (bytes: Uint8Array) => number): void {
	if (emptyIsNull && bytes.length === 0) {
		target?.writeNull(column, row);
		return;
	}
	switch (type.kind) {
		case 'bytes':
			target?.writeText(column, row, bytes);
			return;
		case 'text':
			checkUtf8(bytes, at);
			target?.writeText(column, row, bytes);
			return;
		case 'symbol':
		case 'enumeration': {
			checkUtf8(bytes, at);
			if (type.kind === 'enumeration' && type.unknown !== 'intern') {
				const text = utf8Text(bytes);
				const id = bytes.length > SYMBOL_LIMIT ? -1 : type.values.findIndex((one) => one.toWellFormed() === text);
				if (id >= 0) target?.writeNumber(column, row, id);
				else if (type.unknown === 'null') target?.writeNull(column, row);
				else throw new Refusal('enumeration', at);
				return;
			}
			if (bytes.length > SYMBOL_LIMIT) throw new Refusal('too-large', at);
			if (target === null) return;
			const id = intern(bytes);
			if (id < 0) throw new Refusal('too-large', at);
			target.writeNumber(column, row, id);
			return;
		}
		default:
			writeNumberText(type as FixedPointType | { readonly kind: 'float' }, asciiText(bytes), target, column, row, at);
	}
}

/** A number or time as text, as JSON writes it. */
function writeNumberText(type: FixedPointType | { readonly kind: 'float' }, text: string, target: PendingRow | null, column: ScalarColumn, row: number, at: number): void {
	if (type.kind === 'timestamp' && type.format === 'rfc3339') {
		const instant = parseTimestamp(text);
		if (instant === null) throw new Refusal('timestamp', at);
		target?.writeNumber(column, row, instant);
		return;
	}
	const decimal = parseDecimal(text);
	if (decimal === null) throw new Refusal('number', at);
	if (type.kind === 'float') {
		target?.writeNumber(column, row, Number(text));
		return;
	}
	const value = fixedPoint(type, decimal);
	if (typeof value === 'string') throw new Refusal(type.kind === 'timestamp' ? 'timestamp' : value, at);
	target?.writeNumber(column, row, value);
	target?.writeTextScale(column, row, decimal.textScale);
}

/** What the column of an absent field holds: `Meaning.absent`, or null. */
export function writeAbsent(target: PendingRow, { type, absent }: Meaning, column: ScalarColumn, row: number): void {
	if (absent === null) target.writeNull(column, row);
	else if (type.kind === 'flag') target.writeFlag(column, row, absent === 'true');
	else if (type.kind === 'text' || type.kind === 'bytes') target.writeText(column, row, new Uint8Array());
	else if (type.kind === 'float') target.writeNumber(column, row, Number(absent));
	else target.writeNumber(column, row, column.storage === 'i64' || column.storage === 'u64' ? BigInt(absent) : Number(absent));
	target.writeTextScale(column, row, 0);
}
