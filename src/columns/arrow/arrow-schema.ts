/**
 * How a table's columns appear in Arrow, and back. https://github.com/apache/arrow/blob/main/format/Schema.fbs
 *
 * | column | Arrow |
 * |---|---|
 * | integer | Int 32/64, signed or not |
 * | decimal | Decimal128(19, scale), widened from i64 when written |
 * | timestamp, received | Timestamp(ns, "UTC") |
 * | float, flag | FloatingPoint(double), Bool |
 * | symbol, enumeration | Utf8, dictionary-encoded with Int32 indices |
 * | text | Utf8 (Utf8View on request) |
 * | bytes | Binary (BinaryView on request) |
 * | message, tuple | Struct |
 * | list | List |
 * | kept text scales | Int8 column `<name>_scale` beside the decimal |
 *
 * What Arrow has no type for stands in the metadata of fields: whose text scales a column holds, and an enumeration's
 * values. Reading gives them back; other readers see plain columns.
 */
import type { Column, TableLayout } from '../../compiler/batch-layout.ts';
import type { EnumerationType } from '../../schema/model.ts';
import { type FieldPart, type OutputField, outputFields } from '../output-fields.ts';
import type { FlatBuilder, FlatTable } from './flatbuffer.ts';
import { FlatError } from './flatbuffer.ts';

export const ARROW_TYPE = { int: 2, float: 3, binary: 4, utf8: 5, bool: 6, decimal: 7, timestamp: 10, list: 12, struct: 13, largeBinary: 19, largeUtf8: 20, binaryView: 23, utf8View: 24 } as const;

/** Precision of a decimal that comes from an i64. */
export const DECIMAL_PRECISION = 19;

export type ArrowType =
	| { readonly kind: 'int'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
	| { readonly kind: 'float'; readonly bits: 32 | 64 }
	| { readonly kind: 'decimal'; readonly scale: number; readonly bits: number }
	| { readonly kind: 'timestamp'; readonly unit: 's' | 'ms' | 'us' | 'ns' }
	| { readonly kind: 'utf8' | 'largeUtf8' | 'utf8View' | 'binary' | 'largeBinary' | 'binaryView' | 'bool' | 'list' | 'struct' };

export interface ArrowField {
	readonly name: string;
	readonly nullable: boolean;
	readonly type: ArrowType;
	/** Id of the dictionary whose indices the column holds. */
	readonly dictionary: number | null;
	/** Type of those indices. */
	readonly indices?: { readonly bits: number; readonly signed: boolean };
	readonly children: readonly ArrowField[];
	/** Name of the field beside it whose text scales it holds. */
	readonly textScalesOf: string | null;
	/** Of a dictionary whose first values are an enumeration's. */
	readonly enumeration: Pick<EnumerationType, 'values' | 'unknown'> | null;
	/** Where a written field's values come from. */
	readonly source: { readonly column: Column | null; readonly part: FieldPart };
}

export interface ArrowOptions {
	/** Write texts as Utf8View and bytes as BinaryView, without copying them into one buffer; not every reader knows it. Default false. */
	readonly utf8View?: boolean;
}

/** The Arrow fields of a table. Dictionary ids are the layout's symbol table numbers. */
export function arrowFields(layout: TableLayout, options: ArrowOptions = {}): ArrowField[] {
	return outputFields(layout).map((field) => arrowField(field, options));
}

function arrowField(field: OutputField, options: ArrowOptions): ArrowField {
	const { column, part } = field;
	const type = column !== null && column.kind === 'scalar' ? column.type : null;
	return {
		name: field.name,
		nullable: column !== null && column.validity >= 0,
		type: arrowType(field, options),
		dictionary: type?.kind === 'symbol' || type?.kind === 'enumeration' ? (column as Column & { kind: 'scalar' }).symbolTable : null,
		children: field.children.map((child) => arrowField(child, options)),
		textScalesOf: field.of,
		enumeration: type?.kind === 'enumeration' ? { values: type.values, unknown: type.unknown } : null,
		source: { column, part },
	};
}

function arrowType({ column, part }: OutputField, options: ArrowOptions): ArrowType {
	if (column === null) return { kind: 'timestamp', unit: 'ns' };
	if (column.kind !== 'scalar') return { kind: column.kind };
	if (part === 'textScales') return { kind: 'int', bits: 8, signed: true };
	const { type } = column;
	switch (type.kind) {
		case 'integer':
			return { kind: 'int', bits: type.bits, signed: type.signed };
		case 'decimal':
			return { kind: 'decimal', scale: type.scale, bits: 128 };
		case 'float':
			return { kind: 'float', bits: 64 };
		case 'timestamp':
			return { kind: 'timestamp', unit: 'ns' };
		case 'flag':
			return { kind: 'bool' };
		case 'symbol':
		case 'enumeration':
			return { kind: 'utf8' };
		case 'text':
			return { kind: options.utf8View === true ? 'utf8View' : 'utf8' };
		case 'bytes':
			return { kind: options.utf8View === true ? 'binaryView' : 'binary' };
	}
}

const UNITS = ['s', 'ms', 'us', 'ns'] as const;

/** Writes a Schema table. */
export function writeSchema(b: FlatBuilder, fields: readonly ArrowField[], metadata: Readonly<Record<string, string>>): number {
	const list = b.offsets(fields.map((field) => writeField(b, field)));
	const custom = writePairs(b, metadata);
	return b.table([
		{ type: 'short', value: 0 },
		{ type: 'offset', value: list },
		{ type: 'offset', value: custom },
	]);
}

function writePairs(b: FlatBuilder, pairs: Readonly<Record<string, string>>): number {
	return b.offsets(
		Object.entries(pairs).map(([key, value]) => {
			const keyAt = b.string(key);
			const valueAt = b.string(value);
			return b.table([
				{ type: 'offset', value: keyAt },
				{ type: 'offset', value: valueAt },
			]);
		}),
	);
}

/** Keys of field metadata. */
const TEXT_SCALES_OF = 'tickforge.textScalesOf';
const ENUMERATION = 'tickforge.enumeration';

function writeField(b: FlatBuilder, field: ArrowField): number {
	const name = b.string(field.name);
	const children = b.offsets(field.children.map((child) => writeField(b, child)));
	const { type } = field;
	let typeTable: number;
	switch (type.kind) {
		case 'int':
			typeTable = writeInt(b, type.bits, type.signed);
			break;
		case 'float':
			typeTable = b.table([{ type: 'short', value: type.bits === 64 ? 2 : 1 }]);
			break;
		case 'decimal':
			typeTable = b.table([
				{ type: 'int', value: DECIMAL_PRECISION },
				{ type: 'int', value: type.scale },
				{ type: 'int', value: type.bits },
			]);
			break;
		case 'timestamp': {
			const zone = b.string('UTC');
			typeTable = b.table([
				{ type: 'short', value: UNITS.indexOf(type.unit) },
				{ type: 'offset', value: zone },
			]);
			break;
		}
		default:
			typeTable = b.table([]);
	}
	let dictionary: number | undefined;
	if (field.dictionary !== null) {
		const index = writeInt(b, 32, true);
		dictionary = b.table([
			{ type: 'long', value: field.dictionary },
			{ type: 'offset', value: index },
			{ type: 'bool', value: 0 },
		]);
	}
	const pairs: Record<string, string> = {};
	if (field.textScalesOf !== null) pairs[TEXT_SCALES_OF] = field.textScalesOf;
	if (field.enumeration !== null) pairs[ENUMERATION] = JSON.stringify(field.enumeration);
	const custom = Object.keys(pairs).length === 0 ? undefined : writePairs(b, pairs);
	const offset = (value: number | undefined) => (value === undefined ? undefined : { type: 'offset' as const, value });
	return b.table([offset(name), { type: 'bool', value: field.nullable ? 1 : 0 }, { type: 'byte', value: ARROW_TYPE[type.kind] }, offset(typeTable), offset(dictionary), offset(children), offset(custom)]);
}

const writeInt = (b: FlatBuilder, bits: number, signed: boolean): number =>
	b.table([
		{ type: 'int', value: bits },
		{ type: 'bool', value: signed ? 1 : 0 },
	]);

/** Reads a Schema table's fields; types that tickforge has no column for are errors that name the field. */
export function readFields(schema: FlatTable): ArrowField[] {
	if (schema.short(0) !== 0) throw new FlatError('the file is big endian');
	return schema.tables(1).map((field) => readField(field));
}

function readField(field: FlatTable): ArrowField {
	const name = field.string(0) ?? '';
	const encoded = field.table(4);
	const children = field.tables(5).map((child) => readField(child));
	const pairs = readPairs(field, 6);
	const common = { name, nullable: field.bool(1), type: readType(field, name), children, textScalesOf: pairs.get(TEXT_SCALES_OF) ?? null, enumeration: readEnumeration(pairs.get(ENUMERATION)), source: { column: null, part: 'values' } as const };
	if (encoded === null) return { ...common, dictionary: null };
	const index = encoded.table(1);
	// Without an index type the format means signed 32 bits.
	const indices = index === null ? { bits: 32, signed: true } : { bits: index.int(0), signed: index.bool(1) };
	if (![8, 16, 32, 64].includes(indices.bits)) throw new FlatError(`the field "${name}" has dictionary indices of ${indices.bits} bits`);
	return { ...common, dictionary: encoded.long(0), indices };
}

function readType(field: FlatTable, name: string): ArrowType {
	const code = field.byte(2);
	const type = field.table(3);
	switch (code) {
		case ARROW_TYPE.int: {
			const bits = type?.int(0) ?? 0;
			if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) throw new FlatError(`the field "${name}" has integers of ${bits} bits`);
			return { kind: 'int', bits, signed: type?.bool(1) ?? false };
		}
		case ARROW_TYPE.float: {
			const precision = type?.short(0) ?? 0;
			if (precision === 0) throw new FlatError(`the field "${name}" has half-precision floats, which tickforge does not read`);
			return { kind: 'float', bits: precision === 2 ? 64 : 32 };
		}
		case ARROW_TYPE.decimal: {
			const bits = type?.int(2, 128) ?? 128;
			const scale = type?.int(1) ?? 0;
			if (bits !== 128 && bits !== 64) throw new FlatError(`the field "${name}" has decimals of ${bits} bits; tickforge reads 64 and 128`);
			if (scale < 0 || scale > 18) throw new FlatError(`the field "${name}" has decimals of scale ${scale}; tickforge reads 0 to 18`);
			return { kind: 'decimal', scale, bits };
		}
		case ARROW_TYPE.timestamp:
			return { kind: 'timestamp', unit: UNITS[type?.short(0) ?? 0] ?? 'ns' };
		default: {
			const kind = (Object.keys(ARROW_TYPE) as (keyof typeof ARROW_TYPE)[]).find((key) => ARROW_TYPE[key] === code);
			if (kind === undefined || kind === 'int' || kind === 'float' || kind === 'decimal' || kind === 'timestamp') throw new FlatError(`the field "${name}" has an Arrow type (number ${code}) that tickforge does not read`);
			return { kind };
		}
	}
}

export function readMetadata(schema: FlatTable): Record<string, string> {
	return Object.fromEntries(readPairs(schema, 2));
}

function readPairs(table: FlatTable, slot: number): Map<string, string> {
	return new Map(table.tables(slot).map((pair) => [pair.string(0) ?? '', pair.string(1) ?? '']));
}

/** Null where it is none: anyone may write metadata, and without it the column is a symbol's. */
function readEnumeration(text: string | undefined): ArrowField['enumeration'] {
	if (text === undefined) return null;
	let read: unknown;
	try {
		read = JSON.parse(text);
	} catch {
		return null;
	}
	if (typeof read !== 'object' || read === null || !('values' in read) || !('unknown' in read)) return null;
	const { values, unknown } = read;
	if (unknown !== 'intern' && unknown !== 'null' && unknown !== 'reject') return null;
	if (!Array.isArray(values) || values.length === 0 || !values.every((value): value is string => typeof value === 'string')) return null;
	return new Set(values).size === values.length ? { values, unknown } : null;
}
