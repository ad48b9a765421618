/**
 * The strict path for values: one function a value of the schema, `value(p, end, batch, row) -> after | 0`, which takes
 * any format the rules allow, checks every byte and bound, and raises the exact fault. Containers are in containers.ts.
 */
import type { TableLayout } from '../../../compiler/batch-layout.ts';
import { ERROR_CATEGORIES, SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { addDigitConstants, DECIMAL_STATUS, type DecimalText, type DigitConstants, emitDecimalText } from '../../../kernels/decimals.ts';
import { emitDoubleKernels } from '../../../kernels/doubles.ts';
import { emitFloatDecimals, type FloatDecimals } from '../../../kernels/float-decimals.ts';
import { FORMAT, TIMESTAMP_EXTENSION } from '../../../kernels/messagepack-format.ts';
import { emitNumberGrammar } from '../../../kernels/number-grammar.ts';
import { emitTimestampText, type TimestampText } from '../../../kernels/timestamps.ts';
import type { SymbolTableFunctions } from '../../../symbols/index.ts';
import { F64, type Func, type FunctionBuilder, type Global, I32, I64, type ModuleBuilder } from '../../../wasm/index.ts';
import { equalsBytes } from '../../rows/constants.ts';
import { fixedPoint } from '../../rows/fixed-point.ts';
import { emitInternSymbol, type SymbolEnvironment } from '../../rows/intern.ts';
import type { ConstantPlan, ScalarPlan, TemplatePlan } from '../../rows/plan.ts';
import { heapOf, markValid, type Stores, storeNull, storeScalar } from '../../rows/store.ts';
import { bigEndian32, bigEndian64, type Grammar, KIND } from './grammar.ts';
import type { KnownNames } from './names.ts';

export interface Values {
	/** Objects may be arrays of their fields. */
	readonly byPosition: boolean;
	readonly grammar: Grammar;
	readonly stores: Stores;
	readonly symbols: SymbolTableFunctions;
	readonly names: KnownNames;
	readonly environment: SymbolEnvironment;
	readonly digits: DigitConstants;
	readonly decimalText: DecimalText;
	readonly floats: FloatDecimals;
	readonly timestampText: TimestampText;
	readonly pool: ConstantPool;
	/** `numberValue(p, end, emptyIsNull, scale, excess, most, least, rangeCategory) -> after | 0`: fixed point, in `decimalText`'s globals; or `isNull`. */
	readonly numberValue: Func<I32>;
	/** `doubleValue(p, end, emptyIsNull) -> after | 0`, in `double`; or `isNull`. */
	readonly doubleValue: Func<I32>;
	readonly double: Global<F64>;
	/** `doubleOf(p, end) -> f64` of an integer or float that has been read. */
	readonly doubleOf: Func<F64>;
	readonly isNull: Global<I32>;
	/** `textContent(p, end) -> after | 0`: a str or bin, checked to be UTF-8, as the grammar's content. */
	readonly textContent: Func<I32>;
	/** `bytesContent(p, end) -> after | 0`: a str, bin or ext, unchecked, as the grammar's content. */
	readonly bytesContent: Func<I32>;
	/** `timestampExtension(p, end) -> after | 0`: an ext that must be a timestamp, in `timestampText.nanoseconds`. */
	readonly timestampExtension: Func<I32>;
	readonly internSymbol: Func;
}

/** What not-a-number is stored as, whatever its bits were. */
const NAN_BITS = 0x7ff8000000000000n;

export function emitValues(m: ModuleBuilder, pool: ConstantPool, grammar: Grammar, stores: Stores, symbols: SymbolTableFunctions, names: KnownNames, environment: SymbolEnvironment, byPosition: boolean): Values {
	const { faults } = grammar;
	const decimalText = emitDecimalText(m);
	const { parseDouble, nearest } = emitDoubleKernels(m, pool);
	const floats = emitFloatDecimals(m, pool, nearest, decimalText);
	const isNumber = emitNumberGrammar(m) as Func<I32>;
	const timestampText = emitTimestampText(m, pool);
	const isNull = m.global(I32, 0, { name: 'isNull', mutable: true });
	const double = m.global(F64, 0, { name: 'double', mutable: true });

	const textContent = m.func('textContent', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
		const kind = f.local(I32, grammar.kind(I32.load8U(p)), 'kind');
		f.if(kind.ne(KIND.string).and(kind.ne(KIND.binary)), () => f.return(grammar.wrongKind.call(p, end)));
		const after = f.local(I32, grammar.content.call(p, end), 'after');
		f.if(after.eqz(), () => f.return(I32.of(0)));
		f.if(grammar.checkUtf8.call(grammar.contentStart, after).eqz(), () => f.return(I32.of(0)));
		f.return(after);
	});

	const bytesContent = m.func('bytesContent', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
		const kind = f.local(I32, grammar.kind(I32.load8U(p)), 'kind');
		f.if(kind.eq(KIND.extension), () => f.return(grammar.extension.call(p, end)));
		f.if(kind.ne(KIND.string).and(kind.ne(KIND.binary)), () => f.return(grammar.wrongKind.call(p, end)));
		f.return(grammar.content.call(p, end));
	});

	const timestampExtension = m.func('timestampExtension', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const after = f.local(I32, grammar.extension.call(p, end), 'after');
		f.if(after.eqz(), () => f.return(I32.of(0)));
		f.if(grammar.extensionType.ne(TIMESTAMP_EXTENSION), () => faults.raise(f, 'type', p));
		const wrong = (): void => faults.raise(f, 'timestamp', p);
		const at = f.local(I32, grammar.contentStart, 'at');
		const length = f.local(I32, grammar.contentLength, 'length');
		const seconds = f.local(I64, undefined, 'seconds');
		const nanoseconds = f.local(I64, undefined, 'nanoseconds');
		f.block((read) => {
			f.if(length.eq(4), () => {
				seconds.set(bigEndian32(at, 0).extendU());
				read.branch();
			});
			f.if(length.eq(8), () => {
				seconds.set(bigEndian64(at, 0));
				nanoseconds.set(seconds.shrU(34n));
				seconds.set(seconds.and((1n << 34n) - 1n));
				read.branch();
			});
			f.if(length.ne(12), wrong);
			nanoseconds.set(bigEndian32(at, 0).extendU());
			seconds.set(bigEndian64(at, 4));
		});
		f.if(nanoseconds.gtU(999999999n), wrong);
		f.if(seconds.gtS(9223372036n).or(seconds.eq(9223372036n).and(nanoseconds.gtU(854775807n))), wrong);
		f.if(seconds.ltS(-9223372037n).or(seconds.eq(-9223372037n).and(nanoseconds.ltU(145224192n))), wrong);
		timestampText.nanoseconds.set(f, seconds.mul(1000000000n).add(nanoseconds));
		f.return(after);
	});

	/** The number of an integer or float; float32 widened, not-a-number in its one form. */
	const doubleOf = m.func('doubleOf', { params: { p: I32, end: I32 }, results: [F64] }, (f, { p, end }) => {
		const byte = f.local(I32, I32.load8U(p), 'byte');
		const value = f.local(F64, undefined, 'value');
		f.if(byte.eq(FORMAT.float64).or(byte.eq(FORMAT.float32)), () => {
			f.if(
				byte.eq(FORMAT.float64),
				() => value.set(bigEndian64(p, 1).reinterpretF64()),
				() => value.set(bigEndian32(p, 1).reinterpretF32().promote()),
			);
			f.if(value.ne(value), () => f.return(I64.of(NAN_BITS).reinterpretF64()));
			f.return(value);
		});
		f.drop(grammar.integer.call(p, end));
		value.set(grammar.magnitude.toF64U());
		f.return(F64.select(grammar.negative, value.neg(), value));
	});

	const readFloat = (f: FunctionBuilder, p: I32, end: I32): I32 => {
		const size = f.local(I32, I32.select(I32.load8U(p).eq(FORMAT.float64), I32.of(8), I32.of(4)), 'size');
		f.if(end.sub(p).leU(size), () => faults.raise(f, 'truncated', end));
		return p.add(size).add(1);
	};

	/** Emits: a str or bin that must be a number as JSON writes it (`use`), or empty where that is null. */
	const readNumberText = (f: FunctionBuilder, p: I32, end: I32, emptyIsNull: I32, use: (after: I32) => void): void => {
		const after = f.local(I32, grammar.content.call(p, end), 'afterText');
		f.if(after.eqz(), () => f.return(I32.of(0)));
		f.if(grammar.contentLength.eqz().and(emptyIsNull), () => {
			isNull.set(f, I32.of(1));
			f.return(after);
		});
		f.if(isNumber.call(grammar.contentStart, after).eqz(), () => faults.raise(f, 'number', p));
		use(after);
	};

	const numberValue = m.func('numberValue', { params: { p: I32, end: I32, emptyIsNull: I32, scale: I32, excess: I32, most: I64, least: I64, rangeCategory: I32 }, results: [I32] }, (f, { p, end, emptyIsNull, scale, excess, most, least, rangeCategory }) => {
		isNull.set(f, I32.of(0));
		f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
		const kind = f.local(I32, grammar.kind(I32.load8U(p)), 'kind');
		const after = f.local(I32, undefined, 'after');
		const status = f.local(I32, undefined, 'status');
		f.block((read) => {
			f.if(kind.eq(KIND.integer), () => {
				after.set(grammar.integer.call(p, end));
				f.if(after.eqz(), () => f.return(I32.of(0)));
				status.set(floats.scaleMantissa.call(grammar.magnitude, I32.of(0), grammar.negative, scale, excess, most, least) as I32);
				decimalText.textScale.set(f, I32.of(0));
				read.branch();
			});
			f.if(kind.eq(KIND.float), () => {
				after.set(readFloat(f, p, end));
				const value = f.local(F64, doubleOf.call(p, end), 'value');
				f.if(value.abs().lt(Number.POSITIVE_INFINITY).eqz(), () => faults.raise(f, 'number', p));
				status.set(floats.floatToFixed.call(value, I32.load8U(p).eq(FORMAT.float32), scale, excess, most, least) as I32);
				decimalText.textScale.set(f, I32.of(-1));
				read.branch();
			});
			f.if(kind.eq(KIND.string).or(kind.eq(KIND.binary)), () => {
				readNumberText(f, p, end, emptyIsNull, (textEnd) => {
					after.set(textEnd);
					status.set(decimalText.call.call(grammar.contentStart, textEnd, scale, excess, most, least) as I32);
				});
				read.branch();
			});
			// Only times are extensions, too; they are told by their category.
			f.if(kind.eq(KIND.extension).and(rangeCategory.eq(ERROR_CATEGORIES.timestamp)), () => {
				after.set(timestampExtension.call(p, end));
				decimalText.number.set(f, timestampText.nanoseconds);
				f.return(after);
			});
			f.return(grammar.wrongKind.call(p, end));
		});
		f.if(status.eqz(), () => f.return(after));
		faults.category.set(f, I32.select(status.eq(DECIMAL_STATUS.range).or(rangeCategory.eq(ERROR_CATEGORIES.timestamp)), rangeCategory, I32.of(ERROR_CATEGORIES.scale)));
		faults.at.set(f, p);
		f.return(I32.of(0));
	});

	const doubleValue = m.func('doubleValue', { params: { p: I32, end: I32, emptyIsNull: I32 }, results: [I32] }, (f, { p, end, emptyIsNull }) => {
		isNull.set(f, I32.of(0));
		f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
		const kind = f.local(I32, grammar.kind(I32.load8U(p)), 'kind');
		const after = f.local(I32, undefined, 'after');
		f.if(kind.eq(KIND.integer), () => {
			after.set(grammar.integer.call(p, end));
			f.if(after.eqz(), () => f.return(I32.of(0)));
			double.set(f, doubleOf.call(p, end));
			f.return(after);
		});
		f.if(kind.eq(KIND.float), () => {
			after.set(readFloat(f, p, end));
			double.set(f, doubleOf.call(p, end));
			f.return(after);
		});
		f.if(kind.eq(KIND.string).or(kind.eq(KIND.binary)), () => {
			readNumberText(f, p, end, emptyIsNull, (textEnd) => {
				double.set(f, parseDouble.call(grammar.contentStart, textEnd) as F64);
				f.return(textEnd);
			});
		});
		f.return(grammar.wrongKind.call(p, end));
	});

	const internSymbol = emitInternSymbol(m, faults, symbols, environment);
	return { byPosition, grammar, stores, symbols, names, environment, digits: addDigitConstants(pool), decimalText, floats, timestampText, pool, numberValue, doubleValue, double, doubleOf, isNull, textContent, bytesContent, timestampExtension, internSymbol };
}

const encoder = new TextEncoder();

/** Emits the strict function of a scalar, literal or template. */
export function emitScalarFunction(m: ModuleBuilder, s: Values, plan: ScalarPlan | ConstantPlan | TemplatePlan, table: TableLayout | null): Func<I32> {
	return m.func(`value ${plan.path}`, { params: { p: I32, end: I32, batch: I32, row: I32 }, results: [I32] }, (f, { p, end, batch, row }) => {
		const { grammar, stores } = s;
		const { faults } = grammar;
		const after = f.local(I32, undefined, 'after');
		const column = plan.kind === 'literal' ? null : plan.column;
		const failed = (): void => f.if(after.eqz(), () => f.return(I32.of(0)));
		const giveNull = (): void => {
			if (column !== null) storeNull(f, stores, column, batch, row);
			f.return(after);
		};
		if (plan.nullable) {
			f.if(p.ltU(end).and(I32.load8U(p).eq(FORMAT.nil)), () => {
				after.set(p.add(1));
				giveNull();
			});
		}
		const readText = (): void => {
			after.set(s.textContent.call(p, end));
			failed();
		};
		const intern = (start: I32, length: I32): void => {
			if (column === null) {
				f.if(length.gtU(SYMBOL_LIMIT), () => faults.raise(f, 'too-large', p));
				return;
			}
			const id = f.local(I32, s.internSymbol.call(I32.of(column.symbolTable), start, length, p) as I32, 'id');
			f.if(id.ltS(0), () => f.return(I32.of(0)));
			storeScalar(f, stores, column, batch, row, id);
		};
		const putText = (start: I32, length: I32): void => {
			if (column === null || table === null) return;
			f.if((stores.putText.call(heapOf(batch, table), I32.of(table.textCapacity), batch.add(row.shl(4)).add(column.values), start, length) as I32).eqz(), () => f.return(I32.of(0)));
			markValid(f, stores, column, batch, row);
		};
		if (plan.kind === 'literal') {
			emitLiteral(f, s, plan, p, end);
			return;
		}
		if (plan.kind === 'template') {
			readText();
			const prefix = encoder.encode(plan.type.prefix);
			const suffix = encoder.encode(plan.type.suffix);
			const miss = (): void => faults.raise(f, 'literal', p);
			f.if(grammar.contentLength.ltU(prefix.length + suffix.length), miss);
			f.if(equalsBytes(grammar.contentStart, prefix).eqz(), miss);
			f.if(equalsBytes(after.sub(suffix.length), suffix).eqz(), miss);
			const start = f.local(I32, grammar.contentStart.add(prefix.length), 'start');
			const length = f.local(I32, grammar.contentLength.sub(prefix.length + suffix.length), 'length');
			if (plan.type.capture?.kind === 'symbol') intern(start, length);
			else if (plan.type.capture?.kind === 'text') putText(start, length);
			f.return(after);
			return;
		}
		const { type } = plan;
		const emptyIsNull = I32.of(plan.nullable ? 1 : 0);
		const fixed = fixedPoint(type);
		if (fixed !== null) {
			after.set(s.numberValue.call(p, end, emptyIsNull, I32.of(fixed.scale), I32.of(fixed.excess), I64.of(BigInt.asIntN(64, fixed.most)), I64.of(BigInt.asIntN(64, fixed.least)), I32.of(fixed.range)));
			failed();
			if (plan.nullable) f.if(s.isNull, giveNull);
			if (column !== null) {
				storeScalar(f, stores, column, batch, row, type.kind === 'integer' && type.bits === 32 ? s.decimalText.number.wrap() : s.decimalText.number);
				if (column.textScales >= 0) f.store8(batch.add(row), s.decimalText.textScale, column.textScales);
			}
			f.return(after);
			return;
		}
		switch (type.kind) {
			case 'float':
				after.set(s.doubleValue.call(p, end, emptyIsNull));
				failed();
				if (plan.nullable) f.if(s.isNull, giveNull);
				if (column !== null) storeScalar(f, stores, column, batch, row, s.double);
				break;
			case 'timestamp': {
				f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
				const kind = f.local(I32, grammar.kind(I32.load8U(p)), 'kind');
				f.if(
					kind.eq(KIND.extension),
					() => {
						after.set(s.timestampExtension.call(p, end));
						failed();
					},
					() => {
						f.if(kind.ne(KIND.string).and(kind.ne(KIND.binary)), () => f.return(grammar.wrongKind.call(p, end)));
						after.set(grammar.content.call(p, end));
						failed();
						if (plan.nullable) f.if(grammar.contentLength.eqz(), giveNull);
						f.if((s.timestampText.call.call(grammar.contentStart, after) as I32).eqz(), () => faults.raise(f, 'timestamp', p));
					},
				);
				if (column !== null) storeScalar(f, stores, column, batch, row, s.timestampText.nanoseconds);
				break;
			}
			case 'flag': {
				const byte = f.local(I32, I32.select(p.ltU(end), I32.load8U(p), I32.of(0)), 'byte');
				f.if(byte.or(1).ne(FORMAT.true), () => f.return(grammar.wrongKind.call(p, end)));
				if (column !== null) storeScalar(f, stores, column, batch, row, byte.and(1));
				after.set(p.add(1));
				break;
			}
			case 'symbol':
				readText();
				intern(grammar.contentStart, grammar.contentLength);
				break;
			case 'enumeration': {
				readText();
				if (type.unknown === 'intern') {
					intern(grammar.contentStart, grammar.contentLength);
					break;
				}
				const id = f.local(I32, -1, 'id');
				type.values.forEach((value, index) => {
					const bytes = encoder.encode(value);
					f.if(grammar.contentLength.eq(bytes.length), () => f.if(equalsBytes(grammar.contentStart, bytes), () => id.set(I32.of(index))));
				});
				f.if(id.ltS(0), () => {
					if (type.unknown === 'null') giveNull();
					else faults.raise(f, 'enumeration', p);
				});
				if (column !== null) storeScalar(f, stores, column, batch, row, id);
				break;
			}
			case 'text':
				readText();
				putText(grammar.contentStart, grammar.contentLength);
				break;
			case 'bytes':
				after.set(s.bytesContent.call(p, end));
				failed();
				putText(grammar.contentStart, grammar.contentLength);
				break;
		}
		f.return(after);
	});
}

function emitLiteral(f: FunctionBuilder, s: Values, plan: ConstantPlan, p: I32, end: I32): void {
	const { grammar } = s;
	const { faults } = grammar;
	const { value } = plan.type;
	f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
	const byte = f.local(I32, I32.load8U(p), 'literalByte');
	const wrongKind = (): void => f.return(grammar.wrongKind.call(p, end));
	const miss = (): void => faults.raise(f, 'literal', p);
	if (value === null) f.if(byte.ne(FORMAT.nil), wrongKind);
	else if (typeof value === 'boolean') {
		f.if(byte.or(1).ne(FORMAT.true), wrongKind);
		f.if(byte.ne(value ? FORMAT.true : FORMAT.false), miss);
	} else {
		const kind = f.local(I32, grammar.kind(byte), 'literalKind');
		const after = f.local(I32, undefined, 'afterLiteral');
		if (typeof value === 'string') {
			f.if(kind.ne(KIND.string).and(kind.ne(KIND.binary)), wrongKind);
			after.set(grammar.content.call(p, end));
			f.if(after.eqz(), () => f.return(I32.of(0)));
			const bytes = encoder.encode(value);
			f.if(grammar.contentLength.ne(bytes.length), miss);
			f.if(equalsBytes(grammar.contentStart, bytes).eqz(), miss);
		} else {
			f.if(kind.ne(KIND.integer).and(kind.ne(KIND.float)), wrongKind);
			// A number has a length that its first byte says, so this reads past it.
			after.set(grammar.skipValue.call(p, end, I32.of(0)));
			f.if(after.eqz(), () => f.return(I32.of(0)));
			f.if(s.doubleOf.call(p, end).ne(F64.of(value)), miss);
		}
		f.return(after);
		return;
	}
	f.return(p.add(1));
}
