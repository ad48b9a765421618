/** Values in streaks: minimal ones, as most are, in straight-line code; what is rare takes a call, or fails. */
import type { Column, ScalarColumn } from '../../../compiler/batch-layout.ts';
import { SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { type DigitConstants, digitVectorsInMemory, EXCESS, emitDecimalOfLength } from '../../../kernels/decimals.ts';
import type { ScalarType } from '../../../schema/model.ts';
import { F32, F64, type Func, type FunctionBuilder, type Global, I32, I64, type Local, V128 } from '../../../wasm/index.ts';
import { equalsBytes } from '../../rows/constants.ts';
import { fixedPoint } from '../../rows/fixed-point.ts';
import { LONGEST_REMEMBERED, type NameKind, type RememberedNames } from '../../rows/remembered-names.ts';
import { markRowValid, storeBit } from '../../rows/row-addresses.ts';
import { heapOf, inlineView, lanesBelow } from '../../rows/store.ts';
import type { Body, FieldPlan, VariantPlan } from '../plan.ts';
import { SCALARS, type Scalar, WIRE } from '../types.ts';
import type { Meaning } from '../wire.ts';
import type { StreakScope } from './streaks.ts';
import { absentValue, integerOf, isListed, rangeOf, UNIT_NANOSECONDS, type Values } from './values.ts';

export interface FastValues extends Values {
	readonly digits: DigitConstants;
	readonly remembered: RememberedNames;
	/** `find(at, length)`: id + 1 of a name that is not remembered, or 0; by symbol table. */
	readonly finds: ReadonlyMap<number, Func<I32>>;
	/** `skipUnknown(p, limit, above, below, depth) -> after | 0`: fields in a message of a depth, as long as their numbers lie between. */
	readonly skipUnknown: Func<I32>;
	/** Functions that read lists, by their fields. */
	readonly lists: Map<FieldPlan, ListFunctions>;
}

/** `items(p, limit, batch) -> after | 0`: a list from its first tag on; one that has a tag for each item, and one behind a single tag. */
export interface ListFunctions {
	readonly single: Func<I32>;
	readonly packed: Func<I32>;
}

const UNLIKELY = { likely: false } as const;
const I64_MOST = (1n << 63n) - 1n;
/** An Utf8View holds texts up to this long itself. */
const INLINE_TEXT = 12;
/**
 * Constants of {@link emitVarint}: the bit of each byte that says that a varint goes on, and those that do not; groups at odd
 * places among bytes, and among pairs of bytes. Loaded once: an engine makes a constant of 64 bits anew wherever it stands.
 */
const GROUPS = BigUint64Array.of(0x8080808080808080n, 0x7f7f7f7f7f7f7f7fn, 0x7f007f007f007f00n, 0x3fff00003fff0000n);

export interface VarintGroups {
	readonly continues: I64;
	readonly sevens: I64;
	readonly pairs: I64;
	readonly fours: I64;
}

/** Emits the constants of varints into locals. */
export function loadVarintGroups(f: FunctionBuilder, pool: ConstantPool, base: I32): VarintGroups {
	const at = pool.add(new Uint8Array(GROUPS.buffer));
	const load = (index: number, name: string): I64 => f.local(I64, I64.load(base, at + index * 8), name);
	return { continues: load(0, 'continues'), sevens: load(1, 'sevens'), pairs: load(2, 'pairs'), fours: load(3, 'fours') };
}
const encoder = new TextEncoder();

export const kindOfNames = (symbolTable: number): NameKind => ({ symbolTable, bytes: 0, pad: 'nul' });

const isName = (type: ScalarType): boolean => type.kind === 'symbol' || (type.kind === 'enumeration' && type.unknown === 'intern');

/** The symbol tables whose names are read from strings. */
export function namedTables(variants: readonly VariantPlan[]): number[] {
	const found = new Set<number>();
	const visit = ({ fields }: Body): void => {
		for (const field of fields) {
			if (field.kind === 'message') visit(field.body);
			if (field.kind === 'scalar' && field.column !== null && SCALARS[field.node.scalar].wireType === WIRE.bytes && isName(field.node.meaning.type)) found.add(field.column.symbolTable);
		}
	};
	for (const { row } of variants) visit(row.body);
	return [...found];
}

/** The functions for names that are not remembered: none is added, since what is read may not be kept. */
export function emitFinds({ m, pool, scanner, symbols, environment }: Values, remembered: RememberedNames, tables: readonly number[]): Map<number, Func<I32>> {
	return new Map(
		tables.map((table) => {
			const places = remembered.kindOf(kindOfNames(table));
			const find = m.func(`find names ${table}`, { params: { at: I32, length: I32 }, results: [I32] }, (f, { at, length }) => {
				f.if(length.gtU(SYMBOL_LIMIT), () => f.return(I32.of(0)));
				f.if(scanner.checkUtf8.call(at, at.add(length)).eqz(), () => f.return(I32.of(0)));
				const id = f.local(I32, (symbols.find.call(I32.load(environment.symbolTables, table * 4), at, length) as I32).add(1), 'id');
				f.if(id.ne(0).and(length.leU(LONGEST_REMEMBERED)), () => places.keep(f, pool.base, at, length, id));
				f.return(id);
			});
			return [table, find] as const;
		}),
	);
}

export function emitSkipUnknown({ m, scanner }: Values): Func<I32> {
	return m.func('skipUnknown', { params: { p: I32, limit: I32, above: I32, below: I32, depth: I32 }, results: [I32] }, (f, { p, limit, above, below, depth }) => {
		const tag = f.local(I32, undefined, 'tag');
		f.loop((next) => {
			f.if(p.geU(limit), () => f.return(p));
			tag.set(scanner.tag.call(p, limit));
			f.if(scanner.tagEnd.eqz(), () => f.return(I32.of(0)));
			const number = f.local(I32, tag.shrU(3), 'number');
			f.if(number.leU(above).or(number.geU(below)).or(tag.and(7).eq(WIRE.endGroup)), () => f.return(p));
			p.set(scanner.skip.call(scanner.tagEnd, tag, p, limit, depth));
			next.branchIf(p);
		});
		f.return(I32.of(0));
	});
}

// Lengths and varints

/** Emits: a length of one or two bytes, of what ends within the part. The cursor is not moved. */
export function emitOpen({ f, p, limit, failed }: StreakScope): { readonly start: Local<I32>; readonly length: Local<I32>; readonly after: Local<I32> } {
	const start = f.local(I32, p.add(1), 'start');
	const length = f.local(I32, I32.load8U(p), 'length');
	f.if(
		length.geU(0x80),
		() => {
			const high = f.local(I32, I32.load8U(p, 1), 'high');
			failed.branchIf(high.geU(0x80), UNLIKELY);
			length.set(length.and(0x7f).or(high.shl(7)));
			start.set(start.add(1));
		},
		undefined,
		UNLIKELY,
	);
	const after = f.local(I32, start.add(length), 'after');
	failed.branchIf(after.gtU(limit), UNLIKELY);
	return { start, length, after };
}

/**
 * Emits: the varint at the cursor, which moves behind it.
 *
 * ```
 *   bytes    1xxxxxxx 1xxxxxxx 0xxxxxxx …     eight at once
 *   stop     ────────────────── ^             the first bit that does not continue: length and mask
 *   groups   of 7 bits move together in three steps: pairs, fours, eight
 * ```
 * A loop over bytes would cost a wrong guess wherever lengths vary.
 *
 * @param bits 32: numbers that are small mostly
 * @param steady its length is that of the last message's mostly
 */
export function emitVarint(scope: StreakScope, bits: 32 | 64, steady = false): Local<I64> {
	const { f, s, p, limit, failed } = scope;
	const value = f.local(I64, undefined, 'varint');
	const wide = (): void => {
		const { continues, sevens, pairs, fours } = scope.groups;
		const word = f.local(I64, I64.load(p), 'word');
		const stop = f.local(I64, word.and(continues).xor(continues), 'stop');
		f.if(
			stop.eqz(),
			() => {
				value.set(s.scanner.varint.call(p, limit));
				failed.branchIf(s.scanner.varintEnd.eqz(), UNLIKELY);
				p.set(s.scanner.varintEnd);
			},
			() => {
				const more = stop.ctz().wrap().shrU(3);
				if (!steady) p.set(p.add(more).add(1));
				else {
					// Where the last message's had this length, which is predicted, what follows need not wait for it.
					const last = f.local(I32, undefined, 'lastLength');
					const length = f.local(I32, more, 'length');
					f.if(length.ne(last), () => last.set(length), undefined, UNLIKELY);
					p.set(p.add(last).add(1));
				}
				value.set(word.and(sevens).and(stop.xor(stop.sub(1n))));
				// Halves of what is at odd places: (x & pairs) / 2 is what moving it down takes away; of fours three quarters.
				value.set(value.sub(value.and(pairs).shrU(1n)));
				value.set(value.sub(value.and(fours).shrU(2n).mul(3n)));
				value.set(value.and(0xffffffffn).or(value.shrU(32n).shl(28n)));
			},
			UNLIKELY,
		);
	};
	if (bits === 64) wide();
	else {
		const byte = f.local(I64, I64.load8U(p), 'byte');
		f.if(
			byte.ltU(0x80n),
			() => {
				value.set(byte);
				p.set(p.add(1));
			},
			wide,
		);
	}
	return value;
}

// Stores

function store(scope: StreakScope, column: ScalarColumn, value: I32 | I64 | F64): void {
	const { f, rows } = scope;
	switch (column.storage) {
		case 'i64':
		case 'u64':
		case 'f64':
			f.store(rows.at8, value, column.values);
			break;
		case 'i32':
		case 'u32':
			f.store(rows.at4, value instanceof I64 ? value.wrap() : value, column.values);
			break;
		case 'bits':
			storeBit(scope, column.values, value as I32);
			break;
		default:
			throw new Error(`tickforge: no number is stored as ${column.storage}`);
	}
	markRowValid(scope, column);
}

function storeTextScale({ f, rows }: StreakScope, column: ScalarColumn, scale: I32): void {
	if (column.textScales >= 0) f.store8(rows.at1, scale, column.textScales);
}

/** Emits null, all the way down: value bytes are zero, lists are empty. */
export function storeFastNull(scope: StreakScope, column: Column): void {
	const { f, rows, s } = scope;
	switch (column.kind) {
		case 'struct':
			for (const child of column.children) storeFastNull(scope, child);
			break;
		case 'list': {
			const items = s.stores.pending.items[column.itemSpace] as Global<I32>;
			f.store(rows.at4, items.extendU().or(items.extendU().shl(32n)), column.values);
			break;
		}
		case 'scalar':
			if (column.storage === 'view') f.store(rows.at16, V128.i32x4(0, 0, 0, 0), column.values);
			else if (column.storage === 'bits') storeBit(scope, column.values, I32.of(0));
			else if (column.storage === 'i32' || column.storage === 'u32') f.store(rows.at4, I32.of(0), column.values);
			else f.store(rows.at8, I64.of(0n), column.values);
			storeTextScale(scope, column, I32.of(0));
	}
	if (column.validity >= 0) storeBit(scope, column.validity, I32.of(0));
}

/** Emits what the column of an absent field holds. */
export function emitFastAbsent(scope: StreakScope, { type, absent }: Meaning, column: ScalarColumn): void {
	if (absent === null) {
		storeFastNull(scope, column);
		return;
	}
	if (column.storage === 'view') {
		storeFastNull(scope, column);
		markRowValid(scope, column);
	} else store(scope, column, absentValue(column, type, absent));
	storeTextScale(scope, column, I32.of(0));
}

// Values

/** Emits: the value at the cursor, which moves behind it. */
export function emitFastScalar(scope: StreakScope, scalar: Scalar, meaning: Meaning, column: ScalarColumn | null): void {
	const { f, p } = scope;
	if (column === null) throw new Error('tickforge: a streak has columns');
	const form = SCALARS[scalar];
	switch (form.wireType) {
		case WIRE.varint: {
			const raw = emitVarint(scope, form.value === 'bool' ? 32 : form.bits, scope.isRoot && (meaning.type.kind === 'timestamp' || meaning.type.kind === 'integer'));
			if (form.value === 'bool') {
				store(scope, column, raw.ne(0n));
				return;
			}
			writeInteger(scope, meaning, f.local(I64, integerOf(raw, form), 'value'), scalar === 'uint64', form.bits, column);
			return;
		}
		case WIRE.fixed32:
		case WIRE.fixed64: {
			const size = form.wireType === WIRE.fixed32 ? 4 : 8;
			if (form.value === 'float') writeFloat(scope, meaning, f.local(F64, size === 4 ? F32.load(p).promote() : F64.load(p), 'value'), size === 4, column);
			else writeInteger(scope, meaning, f.local(I64, size === 8 ? I64.load(p) : form.signed ? I64.load32S(p) : I64.load32U(p), 'value'), scalar === 'fixed64', form.bits, column);
			p.set(p.add(size));
			return;
		}
		default: {
			const { start, length, after } = emitOpen(scope);
			p.set(after);
			if (!meaning.emptyIsNull) {
				writeContent(scope, meaning.type, start, length, after, column);
				return;
			}
			f.if(
				length,
				() => writeContent(scope, meaning.type, start, length, after, column),
				() => storeFastNull(scope, column),
				{ likely: true },
			);
		}
	}
}

/** @param unsigned it has 64 bits without a sign */
function writeInteger(scope: StreakScope, { type, exponent, codes, known }: Meaning, value: Local<I64>, unsigned: boolean, bits: number, column: ScalarColumn): void {
	const { f, s, base, failed } = scope;
	if (known !== null && type.kind !== 'enumeration') failed.branchIf(isListed(value, known).eqz(), UNLIKELY);
	switch (type.kind) {
		case 'integer': {
			const beyond = type.bits === 64 && bits === 32 && type.signed ? null : rangeOf(type, unsigned);
			if (beyond !== null) failed.branchIf(beyond(value), UNLIKELY);
			store(scope, column, value);
			return;
		}
		case 'decimal': {
			const shift = exponent + type.scale;
			const result = f.local(I64, undefined, 'result');
			if (unsigned) failed.branchIf(value.ltS(0n), UNLIKELY);
			if (shift === 0) result.set(value);
			else if (shift > 0 && shift <= 18) {
				const limit = I64_MOST / 10n ** BigInt(shift);
				if (bits === 64 || limit < 1n << 32n) failed.branchIf(value.add(limit).gtU(limit * 2n), UNLIKELY);
				result.set(value.mul(10n ** BigInt(shift)));
			} else {
				result.set(s.rescale.call(value, I32.of(shift), I32.of(EXCESS[type.excess])));
				failed.branchIf(s.rescaleFault, UNLIKELY);
			}
			store(scope, column, result);
			storeTextScale(scope, column, I32.of(0));
			return;
		}
		case 'timestamp': {
			const unit = UNIT_NANOSECONDS[type.format as keyof typeof UNIT_NANOSECONDS];
			const limit = I64_MOST / unit;
			if (unsigned) failed.branchIf(value.gtU(limit), UNLIKELY);
			else if (unit > 1n && bits === 64) failed.branchIf(value.add(limit).gtU(limit * 2n), UNLIKELY);
			store(scope, column, value.mul(unit));
			return;
		}
		case 'enumeration': {
			// Numbers without a name are the general path's: values of their own, or unknown fields.
			if (codes.every((code, index) => code === index)) {
				failed.branchIf(value.geU(BigInt(codes.length)), UNLIKELY);
				store(scope, column, value);
				return;
			}
			const id = f.local(I32, -1, 'id');
			if (codes.every((code) => code >= 0 && code < 256)) {
				const ids = s.pool.add(new Uint8Array(Int16Array.from({ length: 256 }, (_, code) => codes.indexOf(code)).buffer));
				failed.branchIf(value.geU(256n), UNLIKELY);
				id.set(I32.load16S(base.add(value.wrap().shl(1)), ids));
			} else {
				f.block((found) => {
					codes.forEach((code, index) => {
						f.if(value.eq(BigInt(code)), () => {
							id.set(I32.of(index));
							found.branch();
						});
					});
				});
			}
			failed.branchIf(id.ltS(0), UNLIKELY);
			store(scope, column, id);
			return;
		}
		default:
			throw new Error(`tickforge: an integer cannot be a ${type.kind}`);
	}
}

function writeFloat(scope: StreakScope, { type }: Meaning, value: Local<F64>, single: boolean, column: ScalarColumn): void {
	const { s, failed } = scope;
	// Not a number has one form in columns.
	failed.branchIf(value.ne(value), UNLIKELY);
	if (type.kind === 'float') {
		store(scope, column, value);
		return;
	}
	failed.branchIf(value.abs().eq(Number.POSITIVE_INFINITY), UNLIKELY);
	const { scale, excess, most, least } = fixedPoint(type) as NonNullable<ReturnType<typeof fixedPoint>>;
	failed.branchIf(s.floats.floatToFixed.call(value, I32.of(single ? 1 : 0), I32.of(scale), I32.of(excess), I64.of(most), I64.of(BigInt.asIntN(64, least))) as I32, UNLIKELY);
	store(scope, column, s.decimalText.number);
	storeTextScale(scope, column, I32.of(-1));
}

function writeContent(scope: StreakScope, type: ScalarType, start: Local<I32>, length: Local<I32>, after: Local<I32>, column: ScalarColumn): void {
	const { f, s, base, table, rows, failed } = scope;
	switch (type.kind) {
		case 'text':
		case 'bytes': {
			const put = (): void => {
				if (type.kind === 'text') failed.branchIf(s.scanner.checkUtf8.call(start, after).eqz(), UNLIKELY);
				failed.branchIf((s.stores.putText.call(heapOf(rows.batch, table), I32.of(table.textCapacity), rows.at16.add(column.values), start, length) as I32).eqz(), UNLIKELY);
			};
			const short = (): void => f.store(rows.at16, inlineView(start, length), column.values);
			if (type.kind === 'bytes') f.if(length.leU(INLINE_TEXT), short, put);
			else {
				// Only ASCII is known to be UTF-8 here.
				f.block((done) => {
					f.block((other) => {
						other.branchIf(length.gtU(INLINE_TEXT));
						other.branchIf(V128.load(start).and(lanesBelow(length)).i8x16.bitmask());
						short();
						done.branch();
					});
					put();
				});
			}
			markRowValid(scope, column);
			return;
		}
		case 'symbol':
		case 'enumeration': {
			if (isName(type)) {
				const id = s.remembered.kindOf(kindOfNames(column.symbolTable)).look(f, base, start, length, (found) => {
					found.set((s.finds.get(column.symbolTable) as Func<I32>).call(start, length));
					failed.branchIf(found.eqz(), UNLIKELY);
				});
				store(scope, column, id);
				return;
			}
			const id = f.local(I32, -1, 'id');
			f.block((found) => {
				(type as Extract<ScalarType, { kind: 'enumeration' }>).values.forEach((value, index) => {
					const bytes = encoder.encode(value);
					if (bytes.length > SYMBOL_LIMIT) return;
					f.if(length.eq(bytes.length), () => {
						f.if(equalsBytes(start, bytes), () => {
							id.set(I32.of(index));
							found.branch();
						});
					});
				});
				// Refused, null, or not UTF-8.
				failed.branch();
			});
			store(scope, column, id);
			return;
		}
		case 'flag':
			throw new Error('tickforge: no string is a flag');
		default:
			writeNumberText(scope, type, start, length, after, column);
	}
}

/** A number or time as text: short decimals in place, others by the kernels that take them all. */
function writeNumberText(scope: StreakScope, type: Extract<ScalarType, { kind: 'integer' | 'decimal' | 'timestamp' | 'float' }>, start: I32, length: I32, after: I32, column: ScalarColumn): void {
	const { f, s, failed } = scope;
	if (type.kind === 'timestamp' && type.format === 'rfc3339') {
		failed.branchIf((s.timestampText.call.call(start, after) as I32).eqz(), UNLIKELY);
		store(scope, column, s.timestampText.nanoseconds);
		return;
	}
	const mustBeNumber = (): void => failed.branchIf(s.isNumber.call(start, after).eqz(), UNLIKELY);
	if (type.kind === 'float') {
		mustBeNumber();
		store(scope, column, s.parseDouble.call(start, after) as F64);
		return;
	}
	const { scale, excess, most, least } = fixedPoint(type) as NonNullable<ReturnType<typeof fixedPoint>>;
	f.block((done) => {
		f.block((other) => {
			emitDecimalOfLength(f, digitVectorsInMemory(f, s.digits), {
				start,
				length,
				scale,
				store: (value) => {
					const beyond = type.kind === 'integer' ? rangeOf(type, false) : null;
					if (beyond === null) store(scope, column, value);
					else {
						const checked = f.local(I64, value, 'checked');
						other.branchIf(beyond(checked), UNLIKELY);
						store(scope, column, checked);
					}
				},
				storeTextScale: (digits) => storeTextScale(scope, column, digits),
				otherwise: other,
			});
			done.branch();
		});
		mustBeNumber();
		failed.branchIf(s.decimalText.call.call(start, after, I32.of(scale), I32.of(excess), I64.of(BigInt.asIntN(64, most)), I64.of(BigInt.asIntN(64, least))) as I32, UNLIKELY);
		store(scope, column, s.decimalText.number);
		storeTextScale(scope, column, s.decimalText.textScale);
	});
}
