/**
 * Values behind their tags, as the general path reads them: of any width, checked at every byte, with the exact fault.
 * What a value becomes is docs/protobuf.md's tables; each conversion has its twin in reference/values.ts.
 */
import type { ScalarColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import { ERROR_CATEGORIES, SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { DECIMAL_STATUS, type DecimalText, EXCESS, emitDecimalText } from '../../../kernels/decimals.ts';
import { emitDoubleKernels } from '../../../kernels/doubles.ts';
import { emitFloatDecimals, type FloatDecimals } from '../../../kernels/float-decimals.ts';
import { emitNumberGrammar } from '../../../kernels/number-grammar.ts';
import { emitTimestampText, type TimestampText } from '../../../kernels/timestamps.ts';
import type { ScalarType } from '../../../schema/model.ts';
import type { SymbolTableFunctions } from '../../../symbols/index.ts';
import { F32, F64, type Func, type FunctionBuilder, type Global, I32, I64, type Local, type ModuleBuilder } from '../../../wasm/index.ts';
import { equalsBytes } from '../../rows/constants.ts';
import { fixedPoint } from '../../rows/fixed-point.ts';
import { emitInternSymbol, type SymbolEnvironment } from '../../rows/intern.ts';
import { emitRescale, type Rescale } from '../../rows/rescale.ts';
import { heapOf, markValid, type Stores, storeNull, storeScalar } from '../../rows/store.ts';
import { SCALARS, type Scalar, WIRE } from '../types.ts';
import type { Meaning } from '../wire.ts';
import type { Scanner } from './scanner.ts';

export interface Values extends Rescale {
	readonly m: ModuleBuilder;
	readonly pool: ConstantPool;
	readonly scanner: Scanner;
	readonly stores: Stores;
	readonly symbols: SymbolTableFunctions;
	readonly environment: SymbolEnvironment;
	/** Address of the batch that the message goes to. */
	readonly batch: Global<I32>;
	/** What was read behind a tag is no value, but an unknown field. */
	readonly wasUnknown: Global<I32>;
	readonly decimalText: DecimalText;
	readonly parseDouble: Func;
	readonly floats: FloatDecimals;
	readonly isNumber: Func<I32>;
	readonly timestampText: TimestampText;
	readonly internSymbol: Func;
	/** `internNumber(table, value, at) -> id | -1`: the symbol that is a number's decimal digits. */
	readonly internNumber: Func<I32>;
}

/** What not-a-number is stored as, whatever its bits were. */
const NAN_BITS = 0x7ff8000000000000n;
const I64_MOST = (1n << 63n) - 1n;
/**
 * The pool's workspace: behind what the kernels write to, a number's digits, and unknown fields that their view has room
 * for; names that are remembered follow. Constants are never written to.
 */
export const WORKSPACE = { digits: 8192, unknown: 8192 + 64, size: 8192 + 128 } as const;
/** A minus and the ten digits of 2^31. */
const LONGEST_NUMBER = 11;
export const UNIT_NANOSECONDS = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n } as const;

export function emitValues(m: ModuleBuilder, pool: ConstantPool, scanner: Scanner, stores: Stores, symbols: SymbolTableFunctions, environment: SymbolEnvironment): Values {
	const decimalText = emitDecimalText(m);
	const { parseDouble, nearest } = emitDoubleKernels(m, pool);
	const internSymbol = emitInternSymbol(m, scanner.faults, symbols, environment);
	const internNumber = m.func('internNumber', { params: { table: I32, value: I32, at: I32 }, results: [I32] }, (f, { table, value, at }) => {
		const end = f.local(I32, pool.base.add(WORKSPACE.digits + LONGEST_NUMBER), 'end');
		const start = f.local(I32, end, 'start');
		const rest = f.local(I32, I32.select(value.ltS(0), I32.of(0).sub(value), value), 'rest');
		f.loop((again) => {
			start.set(start.sub(1));
			f.store8(start, rest.remU(10).add(0x30));
			rest.set(rest.divU(10));
			again.branchIf(rest);
		});
		f.if(value.ltS(0), () => {
			start.set(start.sub(1));
			f.store8(start, I32.of(0x2d));
		});
		f.return(internSymbol.call(table, start, end.sub(start), at) as I32);
	});
	return {
		m,
		pool,
		scanner,
		stores,
		symbols,
		environment,
		batch: m.global(I32, 0, { name: 'batch', mutable: true }),
		wasUnknown: m.global(I32, 0, { name: 'wasUnknown', mutable: true }),
		decimalText,
		parseDouble,
		floats: emitFloatDecimals(m, pool, nearest, decimalText),
		isNumber: emitNumberGrammar(m) as Func<I32>,
		timestampText: emitTimestampText(m, pool),
		internSymbol,
		internNumber,
		...emitRescale(m, pool),
	};
}

/** A value as it was read. */
export interface RawValue {
	/** Integers of 64 bits, flags 0 or 1, floats widened; null of strings and bytes, which lie from `at` to `after`. */
	readonly value: Local<I64> | Local<I32> | Local<F64> | null;
	readonly at: Local<I32>;
	readonly after: Local<I32>;
}

/** Emits: the value at an address; returns 0 from the function where it is not all there. */
export function emitRaw(f: FunctionBuilder, { scanner }: Values, scalar: Scalar, p: I32, limit: I32): RawValue {
	const form = SCALARS[scalar];
	const at = f.local(I32, p, 'at');
	const after = f.local(I32, undefined, 'after');
	const fixed = (bytes: number): void => {
		f.if(limit.sub(at).ltU(bytes), () => scanner.faults.raise(f, 'truncated', limit));
		after.set(at.add(bytes));
	};
	switch (form.wireType) {
		case WIRE.varint: {
			const raw = f.local(I64, scanner.varint.call(at, limit), 'raw');
			f.if(scanner.varintEnd.eqz(), () => f.return(I32.of(0)));
			after.set(scanner.varintEnd);
			return { value: form.value === 'bool' ? f.local(I32, raw.ne(0n), 'flag') : f.local(I64, integerOf(raw, form), 'value'), at, after };
		}
		case WIRE.fixed32:
			fixed(4);
			return { value: form.value === 'float' ? f.local(F64, F32.load(at).promote(), 'value') : f.local(I64, form.signed ? I64.load32S(at) : I64.load32U(at), 'value'), at, after };
		case WIRE.fixed64:
			fixed(8);
			return { value: form.value === 'float' ? f.local(F64, F64.load(at), 'value') : f.local(I64, I64.load(at), 'value'), at, after };
		default:
			after.set(scanner.open.call(at, limit));
			f.if(after.eqz(), () => f.return(I32.of(0)));
			at.set(scanner.contentStart);
			return { value: null, at, after };
	}
}

/** What the bits of a varint are as an integer of a type. */
export function integerOf(raw: Local<I64>, { bits, signed, zigzag }: { readonly bits: number; readonly signed: boolean; readonly zigzag: boolean }): I64 {
	if (zigzag) {
		const sign = I64.of(0n).sub(raw.and(1n));
		return (bits === 32 ? raw.and(0xffffffffn) : raw).shrU(1n).xor(sign);
	}
	if (bits === 64) return raw;
	return signed ? raw.extend32S() : raw.and(0xffffffffn);
}

/** Emits: whether a number is one of those that a closed enum lists. */
export function isListed(value: I64, known: readonly number[]): I32 {
	return known.map((number) => value.eq(BigInt(number))).reduce((some, one) => some.or(one), I32.of(0));
}

/** Where a value goes: null in control variants. */
export interface Target {
	readonly column: ScalarColumn;
	readonly table: TableLayout;
	readonly row: I32;
}

/** Emits: checks a value and writes it; returns 0 from the function where it is refused. */
export function emitWrite(f: FunctionBuilder, s: Values, scalar: Scalar, meaning: Meaning, raw: RawValue, target: Target | null): void {
	switch (SCALARS[scalar].value) {
		case 'bool':
			store(f, s, target, raw.value as I32);
			return;
		case 'float':
			writeFloat(f, s, scalar === 'float', meaning, raw.value as Local<F64>, raw.at, target);
			return;
		case 'integer':
			writeInteger(f, s, meaning, raw.value as Local<I64>, scalar === 'uint64' || scalar === 'fixed64', raw.at, target);
			return;
		default:
			writeBytes(f, s, meaning, raw.at, raw.after, target);
	}
}

function store(f: FunctionBuilder, s: Values, target: Target | null, value: I32 | I64 | F64): void {
	if (target === null) return;
	const { column, row } = target;
	const narrow = (column.storage === 'i32' || column.storage === 'u32') && value instanceof I64;
	storeScalar(f, s.stores, column, s.batch, row, narrow ? value.wrap() : value);
}

function storeTextScale(f: FunctionBuilder, s: Values, target: Target | null, scale: I32): void {
	if (target !== null && target.column.textScales >= 0) f.store8(s.batch.add(target.row), scale, target.column.textScales);
}

/** The least and the most that an integer of the wire may be: null where all of its type may. `unsigned`: compared as such. */
export function rangeOf(type: Extract<ScalarType, { kind: 'integer' }>, unsigned: boolean): ((value: I64) => I32) | null {
	if (type.bits === 64) return type.signed === !unsigned ? null : (value) => value.ltS(0n);
	if (!type.signed) return (value) => value.shrU(32n).ne(0n);
	return unsigned ? (value) => value.gtU(0x7fffffffn) : (value) => value.add(0x80000000n).shrU(32n).ne(0n);
}

/** @param unsigned it has 64 bits without a sign */
function writeInteger(f: FunctionBuilder, s: Values, { type, exponent, codes }: Meaning, value: Local<I64>, unsigned: boolean, at: I32, target: Target | null): void {
	const { faults } = s.scanner;
	switch (type.kind) {
		case 'integer': {
			const beyond = rangeOf(type, unsigned);
			if (beyond !== null) f.if(beyond(value), () => faults.raise(f, 'range', at));
			store(f, s, target, value);
			return;
		}
		case 'decimal': {
			if (unsigned) f.if(value.ltS(0n), () => faults.raise(f, 'range', at));
			const result = f.local(I64, s.rescale.call(value, I32.of(exponent + type.scale), I32.of(EXCESS[type.excess])), 'result');
			f.if(s.rescaleFault, () => {
				faults.category.set(f, s.rescaleFault);
				faults.at.set(f, at);
				f.return(I32.of(0));
			});
			store(f, s, target, result);
			storeTextScale(f, s, target, I32.of(0));
			return;
		}
		case 'timestamp': {
			const unit = UNIT_NANOSECONDS[type.format as keyof typeof UNIT_NANOSECONDS];
			const limit = I64_MOST / unit;
			if (unsigned) f.if(value.gtU(limit), () => faults.raise(f, 'timestamp', at));
			else if (unit > 1n) f.if(value.add(limit).gtU(limit * 2n), () => faults.raise(f, 'timestamp', at));
			store(f, s, target, value.mul(unit));
			return;
		}
		case 'enumeration': {
			if (target === null) return;
			const id = f.local(I32, -1, 'id');
			f.block((found) => {
				codes.forEach((code, index) => {
					f.if(value.eq(BigInt(code)), () => {
						id.set(I32.of(index));
						found.branch();
					});
				});
				id.set(s.internNumber.call(I32.of(target.column.symbolTable), value.wrap(), at));
				f.if(id.ltS(0), () => f.return(I32.of(0)));
			});
			store(f, s, target, id);
			return;
		}
		default:
			throw new Error(`tickforge: an integer cannot be a ${type.kind}`);
	}
}

function writeFloat(f: FunctionBuilder, s: Values, single: boolean, { type }: Meaning, value: Local<F64>, at: I32, target: Target | null): void {
	const { faults } = s.scanner;
	if (type.kind === 'float') {
		store(f, s, target, F64.select(value.eq(value), value, I64.of(NAN_BITS).reinterpretF64()));
		return;
	}
	f.if(value.abs().lt(Number.POSITIVE_INFINITY).eqz(), () => faults.raise(f, 'number', at));
	const { scale, excess, most, least } = fixedPoint(type) as NonNullable<ReturnType<typeof fixedPoint>>;
	const status = s.floats.floatToFixed.call(value, I32.of(single ? 1 : 0), I32.of(scale), I32.of(excess), I64.of(most), I64.of(BigInt.asIntN(64, least))) as I32;
	refuse(f, s, type, status, at);
	store(f, s, target, s.decimalText.number);
	storeTextScale(f, s, target, I32.of(-1));
}

/** Emits: the fault that a kernel's status means for a type. */
function refuse(f: FunctionBuilder, s: Values, type: ScalarType, status: I32, at: I32): void {
	const { faults } = s.scanner;
	const of = f.local(I32, status, 'status');
	f.if(of, () => {
		if (type.kind === 'timestamp') faults.raise(f, 'timestamp', at);
		else {
			faults.category.set(f, I32.select(of.eq(DECIMAL_STATUS.range), I32.of(ERROR_CATEGORIES.range), I32.of(ERROR_CATEGORIES.scale)));
			faults.at.set(f, at);
			f.return(I32.of(0));
		}
	});
}

const encoder = new TextEncoder();

function writeBytes(f: FunctionBuilder, s: Values, { type, emptyIsNull }: Meaning, at: Local<I32>, after: Local<I32>, target: Target | null): void {
	const length = f.local(I32, after.sub(at), 'length');
	if (!emptyIsNull) {
		writeContent(f, s, type, at, after, length, target);
		return;
	}
	f.if(
		length.eqz(),
		() => {
			if (target !== null) storeNull(f, s.stores, target.column, s.batch, target.row);
		},
		() => writeContent(f, s, type, at, after, length, target),
	);
}

function writeContent(f: FunctionBuilder, s: Values, type: ScalarType, at: Local<I32>, after: Local<I32>, length: Local<I32>, target: Target | null): void {
	const { faults, checkUtf8 } = s.scanner;
	const mustBeText = (): void => f.if(checkUtf8.call(at, after).eqz(), () => f.return(I32.of(0)));
	switch (type.kind) {
		case 'text':
		case 'bytes':
			if (type.kind === 'text') mustBeText();
			if (target !== null) emitPutText(f, s, target, at, length);
			return;
		case 'symbol':
			mustBeText();
			intern(f, s, at, length, target);
			return;
		case 'enumeration': {
			mustBeText();
			if (type.unknown === 'intern') {
				intern(f, s, at, length, target);
				return;
			}
			const id = f.local(I32, -1, 'id');
			f.block((found) => {
				type.values.forEach((value, index) => {
					const bytes = encoder.encode(value);
					if (bytes.length > SYMBOL_LIMIT) return;
					f.if(length.eq(bytes.length), () => {
						f.if(equalsBytes(at, bytes), () => {
							id.set(I32.of(index));
							found.branch();
						});
					});
				});
			});
			f.if(
				id.ltS(0),
				() => {
					if (type.unknown !== 'null') faults.raise(f, 'enumeration', at);
					else if (target !== null) storeNull(f, s.stores, target.column, s.batch, target.row);
				},
				() => store(f, s, target, id),
			);
			return;
		}
		case 'flag':
			throw new Error('tickforge: no string is a flag');
		default:
			writeNumberText(f, s, type, at, after, target);
	}
}

function intern(f: FunctionBuilder, s: Values, at: I32, length: I32, target: Target | null): void {
	if (target === null) {
		f.if(length.gtU(SYMBOL_LIMIT), () => s.scanner.faults.raise(f, 'too-large', at));
		return;
	}
	const id = f.local(I32, s.internSymbol.call(I32.of(target.column.symbolTable), at, length, at) as I32, 'id');
	f.if(id.ltS(0), () => f.return(I32.of(0)));
	store(f, s, target, id);
}

/** Emits: a text or bytes into a row. */
export function emitPutText(f: FunctionBuilder, s: Values, { column, table, row }: Target, at: I32, length: I32): void {
	const room = s.stores.putText.call(heapOf(s.batch, table), I32.of(table.textCapacity), s.batch.add(row.shl(4)).add(column.values), at, length) as I32;
	f.if(room.eqz(), () => f.return(I32.of(0)));
	markValid(f, s.stores, column, s.batch, row);
}

/** A number or time as text, as JSON writes it. */
function writeNumberText(f: FunctionBuilder, s: Values, type: Extract<ScalarType, { kind: 'integer' | 'decimal' | 'timestamp' | 'float' }>, at: I32, after: I32, target: Target | null): void {
	const { faults } = s.scanner;
	if (type.kind === 'timestamp' && type.format === 'rfc3339') {
		f.if((s.timestampText.call.call(at, after) as I32).eqz(), () => faults.raise(f, 'timestamp', at));
		store(f, s, target, s.timestampText.nanoseconds);
		return;
	}
	f.if(s.isNumber.call(at, after).eqz(), () => faults.raise(f, 'number', at));
	if (type.kind === 'float') {
		if (target !== null) store(f, s, target, s.parseDouble.call(at, after) as F64);
		return;
	}
	const { scale, excess, most, least } = fixedPoint(type) as NonNullable<ReturnType<typeof fixedPoint>>;
	refuse(f, s, type, s.decimalText.call.call(at, after, I32.of(scale), I32.of(excess), I64.of(BigInt.asIntN(64, most)), I64.of(BigInt.asIntN(64, least))) as I32, at);
	store(f, s, target, s.decimalText.number);
	storeTextScale(f, s, target, s.decimalText.textScale);
}

/** Emits what the column of an absent field holds: `Meaning.absent`, or null. */
export function emitAbsent(f: FunctionBuilder, s: Values, { type, absent }: Meaning, target: Target): void {
	const { column, row } = target;
	if (absent === null) {
		storeNull(f, s.stores, column, s.batch, row);
		return;
	}
	if (column.storage === 'view') {
		storeNull(f, s.stores, column, s.batch, row);
		markValid(f, s.stores, column, s.batch, row);
	} else store(f, s, target, absentValue(column, type, absent));
	storeTextScale(f, s, target, I32.of(0));
}

/** The constant that a number's column holds where its field is absent. */
export function absentValue({ storage }: ScalarColumn, type: ScalarType, absent: string): I32 | I64 | F64 {
	if (type.kind === 'flag') return I32.of(absent === 'true' ? 1 : 0);
	if (type.kind === 'float') return Number.isNaN(Number(absent)) ? I64.of(NAN_BITS) : F64.of(Number(absent));
	return storage === 'i64' || storage === 'u64' ? I64.of(BigInt.asIntN(64, BigInt(absent))) : I32.of(Number(absent) | 0);
}
