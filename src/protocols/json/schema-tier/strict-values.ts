/**
 * The strict path for values: one function a value of the schema, `value(p, end, batch, row) -> after | 0`, which
 * takes any spelling the rules allow, checks every byte and bound, and raises the exact fault. Containers are in
 * strict-containers.ts.
 */

import type { TableLayout } from '../../../compiler/batch-layout.ts';
import { ERROR_CATEGORIES, SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import { DECIMAL_STATUS, type DecimalText, type DigitConstants, emitDecimalText, emitLongDecimal, emitShortDecimal, loadDigitVectors } from '../../../kernels/decimals.ts';
import type { Func, FunctionBuilder, Global, ModuleBuilder } from '../../../wasm/index.ts';
import { F64, I32, I64, V128 } from '../../../wasm/index.ts';
import { equalsBytes } from '../../rows/constants.ts';
import { fixedPoint } from '../../rows/fixed-point.ts';
import { emitInternSymbol, type SymbolEnvironment } from '../../rows/intern.ts';
import type { ConstantPlan, ScalarPlan, TemplatePlan } from '../../rows/plan.ts';
import { heapOf, markValid, type Stores, storeNull, storeScalar } from '../../rows/store.ts';
import type { Grammar } from './grammar.ts';
import { WORDS } from './grammar.ts';

/** Kernels that other rooms provide, bound to this module. */
export interface ValueKernels {
	/** `intern(table, p, length) -> id | -1` and `find` likewise without inserting. */
	readonly intern: Func;
	readonly find: Func;
	/** `parseDouble(p, end) -> f64` of a grammatical number. */
	readonly parseDouble: Func;
	/** `timestampText(p, end) -> 1 | 0`, the nanoseconds in the global `nanoseconds`. */
	readonly timestampText: Func;
	readonly nanoseconds: Global<I64>;
}

/** Where the parser's context keeps what values need; set by `parse`. */
export interface Environment extends SymbolEnvironment {
	readonly scratch: Global<I32>;
	readonly scratchSize: Global<I32>;
}

/** See compiler/branch-profile.ts. */
export type Times = (functionName: string, name: string) => number;

export interface StrictValues {
	readonly grammar: Grammar;
	readonly stores: Stores;
	readonly kernels: ValueKernels;
	readonly environment: Environment;
	readonly decimalText: DecimalText;
	/** `stringContent(p, end) -> after | 0`: a string's decoded bytes at `contentStart`, `contentLength`. */
	readonly stringContent: Func;
	readonly contentStart: Global<I32>;
	readonly contentLength: Global<I32>;
	readonly numberValue: Func;
	readonly floatValue: Func;
	readonly float: Global<F64>;
	readonly isNull: Global<I32>;
	readonly internSymbol: Func;
	readonly textValue: Func;
	readonly digits: DigitConstants;
	/** How often a named branch was taken, as far as a profile knows; 0 else. Only the order of tests may depend on it. */
	readonly times: Times;
	/** Made on first use, see `shortNumber`. */
	readonly shortNumbers: Map<string, Func>;
}

export function emitStrictValues(m: ModuleBuilder, grammar: Grammar, stores: Stores, kernels: ValueKernels, environment: Environment, digits: DigitConstants, times: Times = () => 0): StrictValues {
	const { faults } = grammar;
	const decimalText = emitDecimalText(m);
	const contentStart = m.global(I32, 0, { name: 'contentStart', mutable: true });
	const contentLength = m.global(I32, 0, { name: 'contentLength', mutable: true });
	const isNull = m.global(I32, 0, { name: 'isNull', mutable: true });
	const float = m.global(F64, 0, { name: 'float', mutable: true });

	const stringContent = m.func('stringContent', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
		f.if(I32.load8U(p).ne(0x22), () => f.return(grammar.wrongKind.call(p, end) as I32));
		const close = f.local(I32, grammar.stringEnd.call(p.add(1), end) as I32, 'close');
		f.if(close.eqz(), () => f.return(I32.of(0)));
		contentStart.set(f, p.add(1));
		contentLength.set(f, close.sub(p).sub(1));
		f.if(grammar.escaped, () => {
			f.if(contentLength.gtU(environment.scratchSize), () => faults.raise(f, 'too-large', p));
			contentLength.set(f, grammar.decode.call(contentStart, close, environment.scratch) as I32);
			contentStart.set(f, environment.scratch);
		});
		f.return(close.add(1));
	});

	/** The token [from, to) of a number at p, quoted or not: sets `tokenStart`, `tokenEnd`, `isNull`; returns the address after the value. */
	const tokenStart = m.global(I32, 0, { name: 'tokenStart', mutable: true });
	const tokenEnd = m.global(I32, 0, { name: 'tokenEnd', mutable: true });
	const numberToken = m.func('numberToken', { params: { p: I32, end: I32, emptyIsNull: I32 }, results: [I32] }, (f, { p, end, emptyIsNull }) => {
		isNull.set(f, I32.of(0));
		f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
		const byte = f.local(I32, I32.load8U(p), 'byte');
		const after = f.local(I32, undefined, 'after');
		f.if(byte.eq(0x22), () => {
			after.set(stringContent.call(p, end) as I32);
			f.if(after.eqz(), () => f.return(I32.of(0)));
			f.if(contentLength.eqz().and(emptyIsNull), () => {
				isNull.set(f, I32.of(1));
				f.return(after);
			});
			tokenStart.set(f, contentStart);
			tokenEnd.set(f, contentStart.add(contentLength));
			f.if((grammar.numberEnd.call(tokenStart, tokenEnd) as I32).ne(tokenEnd), () => faults.raise(f, 'number', p));
			f.return(after);
		});
		f.if(byte.ne(0x2d).and(byte.sub(0x30).gtU(9)), () => f.return(grammar.wrongKind.call(p, end) as I32));
		after.set(grammar.numberEnd.call(p, end) as I32);
		tokenStart.set(f, p);
		tokenEnd.set(f, after);
		f.return(after);
	});

	/** Fixed-point value in `decimalText.number`; `rangeCategory` is what an overflow is called. */
	const numberValue = m.func('numberValue', { params: { p: I32, end: I32, emptyIsNull: I32, scale: I32, excess: I32, most: I64, least: I64, rangeCategory: I32 }, results: [I32] }, (f, { p, end, emptyIsNull, scale, excess, most, least, rangeCategory }) => {
		const after = f.local(I32, numberToken.call(p, end, emptyIsNull) as I32, 'after');
		f.if(after.eqz().or(isNull), () => f.return(after));
		const status = f.local(I32, decimalText.call.call(tokenStart, tokenEnd, scale, excess, most, least) as I32, 'status');
		f.if(status.eqz(), () => f.return(after));
		faults.category.set(f, I32.select(status.eq(DECIMAL_STATUS.range), rangeCategory, I32.of(ERROR_CATEGORIES.scale)));
		faults.at.set(f, p);
		f.return(I32.of(0));
	});

	const floatValue = m.func('floatValue', { params: { p: I32, end: I32, emptyIsNull: I32 }, results: [I32] }, (f, { p, end, emptyIsNull }) => {
		const after = f.local(I32, numberToken.call(p, end, emptyIsNull) as I32, 'after');
		f.if(after.eqz().or(isNull), () => f.return(after));
		float.set(f, kernels.parseDouble.call(tokenStart, tokenEnd) as F64);
		f.return(after);
	});

	const internSymbol = emitInternSymbol(m, faults, kernels, environment);

	/** A text of any length at [p, close), escaped or not, to an Utf8View. */
	const textValue = m.func('textContent', { params: { heap: I32, capacity: I32, view: I32, p: I32, close: I32, isEscaped: I32 }, results: [I32] }, (f, { heap, capacity, view, p, close, isEscaped }) => {
		const length = f.local(I32, close.sub(p), 'length');
		f.if(isEscaped.eqz(), () => f.return(stores.putText.call(heap, capacity, view, p, length) as I32));
		length.set(grammar.decode.call(p, close, I32.of(0)) as I32);
		f.if(length.leU(12), () => {
			// Decodes into the view's own place after the length; zero first, since unused bytes must be.
			f.store(view, V128.i32x4(0, 0, 0, 0));
			f.store(view, length);
			f.drop(grammar.decode.call(p, close, view.add(4)));
			f.return(I32.of(1));
		});
		f.if(length.gtU(capacity.sub(stores.pending.text)), () => faults.raise(f, 'full', p));
		const at = f.local(I32, heap.add(stores.pending.text), 'at');
		f.drop(grammar.decode.call(p, close, at));
		f.store(view, length);
		f.store(view, I32.load(at), 4);
		f.store(view, I32.of(0), 8);
		f.store(view, stores.pending.text, 12);
		stores.pending.text.set(f, stores.pending.text.add(length));
		f.return(I32.of(1));
	});

	return { grammar, stores, kernels, environment, decimalText, stringContent, contentStart, contentLength, numberValue, floatValue, float, isNull, internSymbol, textValue, digits, times, shortNumbers: new Map() };
}

const encoder = new TextEncoder();

/** Emits the strict function of a scalar, literal or template. */
export function emitStrictScalar(m: ModuleBuilder, s: StrictValues, plan: ScalarPlan | ConstantPlan | TemplatePlan, table: TableLayout | null): Func {
	const number = plan.kind === 'scalar' && plan.column?.storage === 'i64' ? fixedPoint(plan.type) : null;
	const long = plan.kind === 'scalar' && plan.type.kind === 'timestamp' && plan.type.format === 's';
	const short = number === null ? null : shortNumber(m, s, number.scale, long, plan.kind === 'scalar' && plan.type.kind === 'decimal' && number.scale > 0);
	return m.func(`value ${plan.path}`, { params: { p: I32, end: I32, batch: I32, row: I32 }, results: [I32] }, (f, { p, end, batch, row }) => {
		const { grammar, stores } = s;
		const { faults } = grammar;
		const after = f.local(I32, undefined, 'after');
		const column = plan.kind === 'literal' ? null : plan.column;
		const giveNull = (): void => {
			if (column !== null) storeNull(f, stores, column, batch, row);
			f.return(after);
		};
		if (plan.nullable) {
			f.if(p.ltU(end).and(I32.load8U(p).eq(0x6e)), () => {
				after.set(grammar.word.call(p, end, WORDS.null, 0) as I32);
				f.if(after.eqz(), () => f.return(I32.of(0)));
				giveNull();
			});
		}
		const readString = (): void => {
			after.set(s.stringContent.call(p, end) as I32);
			f.if(after.eqz(), () => f.return(I32.of(0)));
		};
		const intern = (tableIndex: number, start: I32, length: I32): void => {
			const id = f.local(I32, s.internSymbol.call(I32.of(tableIndex), start, length, p) as I32, 'id');
			f.if(id.ltS(0), () => f.return(I32.of(0)));
			if (column !== null && column.kind === 'scalar') storeScalar(f, stores, column, batch, row, id);
		};
		const putText = (start: I32, close: I32, isEscaped: I32): void => {
			if (column === null || table === null) return;
			f.if((s.textValue.call(heapOf(batch, table), I32.of(table.textCapacity), batch.add(row.shl(4)).add(column.values), start, close, isEscaped) as I32).eqz(), () => f.return(I32.of(0)));
			markValid(f, stores, column, batch, row);
		};
		if (plan.kind === 'literal') {
			emitLiteral(f, s, plan, p, end);
			return;
		}
		if (plan.kind === 'template') {
			readString();
			const prefix = encoder.encode(plan.type.prefix);
			const suffix = encoder.encode(plan.type.suffix);
			const miss = (): void => faults.raise(f, 'literal', p);
			f.if(s.contentLength.ltU(prefix.length + suffix.length), miss);
			f.if(equalsBytes(s.contentStart, prefix).eqz(), miss);
			f.if(equalsBytes(s.contentStart.add(s.contentLength).sub(suffix.length), suffix).eqz(), miss);
			const start = f.local(I32, s.contentStart.add(prefix.length), 'start');
			const length = f.local(I32, s.contentLength.sub(prefix.length + suffix.length), 'length');
			if (plan.type.capture?.kind === 'symbol') {
				if (column !== null) intern(column.symbolTable, start, length);
				else f.if(length.gtU(SYMBOL_LIMIT), () => faults.raise(f, 'too-large', p));
			} else if (plan.type.capture?.kind === 'text') putText(start, start.add(length), I32.of(0));
			f.return(after);
			return;
		}
		const type = plan.type;
		const fixed = fixedPoint(type);
		if (fixed !== null) {
			// Narrow and unsigned integers have limits of their own.
			if (short !== null && plan.column !== null) {
				const own = plan.column;
				after.set(short.call(p, end) as I32);
				f.if(after, () => {
					storeScalar(f, stores, own, batch, row, s.decimalText.number);
					if (own.textScales >= 0) f.store8(batch.add(row), s.decimalText.textScale, own.textScales);
					f.return(after);
				});
			}
			after.set(s.numberValue.call(p, end, I32.of(plan.nullable ? 1 : 0), I32.of(fixed.scale), I32.of(fixed.excess), I64.of(BigInt.asIntN(64, fixed.most)), I64.of(BigInt.asIntN(64, fixed.least)), I32.of(fixed.range)) as I32);
			f.if(after.eqz(), () => f.return(I32.of(0)));
			if (plan.nullable) f.if(s.isNull, giveNull);
			if (plan.column !== null) {
				storeScalar(f, stores, plan.column, batch, row, type.kind === 'integer' && type.bits === 32 ? s.decimalText.number.wrap() : s.decimalText.number);
				if (plan.column.textScales >= 0) f.store8(batch.add(row), s.decimalText.textScale, plan.column.textScales);
			}
			f.return(after);
			return;
		}
		switch (type.kind) {
			case 'float':
				after.set(s.floatValue.call(p, end, I32.of(plan.nullable ? 1 : 0)) as I32);
				f.if(after.eqz(), () => f.return(I32.of(0)));
				if (plan.nullable) f.if(s.isNull, giveNull);
				if (plan.column !== null) storeScalar(f, stores, plan.column, batch, row, s.float);
				break;
			case 'timestamp':
				readString();
				if (plan.nullable) f.if(s.contentLength.eqz(), giveNull);
				f.if((s.kernels.timestampText.call(s.contentStart, s.contentStart.add(s.contentLength)) as I32).eqz(), () => faults.raise(f, 'timestamp', p));
				if (plan.column !== null) storeScalar(f, stores, plan.column, batch, row, s.kernels.nanoseconds);
				break;
			case 'flag': {
				const byte = f.local(I32, I32.select(p.ltU(end), I32.load8U(p), I32.of(0)), 'byte');
				f.if(byte.eq(0x74), () => {
					after.set(grammar.word.call(p, end, WORDS.true, 0) as I32);
					if (plan.column !== null) f.if(after, () => storeScalar(f, stores, plan.column as NonNullable<typeof plan.column>, batch, row, I32.of(1)));
					f.return(after);
				});
				f.if(byte.eq(0x66), () => {
					after.set(grammar.word.call(p, end, WORDS.alse, 1) as I32);
					if (plan.column !== null) f.if(after, () => storeScalar(f, stores, plan.column as NonNullable<typeof plan.column>, batch, row, I32.of(0)));
					f.return(after);
				});
				after.set(grammar.wrongKind.call(p, end) as I32);
				break;
			}
			case 'symbol':
				readString();
				if (plan.column !== null) intern(plan.column.symbolTable, s.contentStart, s.contentLength);
				else f.if(s.contentLength.gtU(SYMBOL_LIMIT), () => faults.raise(f, 'too-large', p));
				break;
			case 'enumeration': {
				readString();
				const listed = (): I32 => {
					const id = f.local(I32, -1, 'id');
					type.values.forEach((value, index) => {
						const bytes = encoder.encode(value);
						f.if(s.contentLength.eq(bytes.length), () => f.if(equalsBytes(s.contentStart, bytes), () => id.set(I32.of(index)), undefined, { name: `value ${value}` }));
					});
					return id;
				};
				if (type.unknown === 'intern') {
					if (plan.column !== null) intern(plan.column.symbolTable, s.contentStart, s.contentLength);
					else f.if(s.contentLength.gtU(SYMBOL_LIMIT), () => faults.raise(f, 'too-large', p));
					break;
				}
				const id = listed();
				f.if(id.ltS(0), () => {
					if (type.unknown === 'null') giveNull();
					else faults.raise(f, 'enumeration', p);
				});
				if (plan.column !== null) storeScalar(f, stores, plan.column, batch, row, id);
				break;
			}
			case 'text': {
				// Not through stringContent: a text may be longer than the scratch.
				f.if(p.geU(end).or(I32.load8U(p).ne(0x22)), () => f.return(grammar.wrongKind.call(p, end) as I32));
				const close = f.local(I32, grammar.stringEnd.call(p.add(1), end) as I32, 'close');
				f.if(close.eqz(), () => f.return(I32.of(0)));
				putText(p.add(1), close, grammar.escaped);
				f.return(close.add(1));
				break;
			}
		}
		f.return(after);
	});
}

/**
 * `short number(p, end) -> after | 0`: a number that the short kernel can read and that ends inside the message, in
 * `decimalText`'s globals. One function for each kind of number. The kernel may look beyond the end; then the cursor is
 * beyond it, too, and the exact way decides.
 */
function shortNumber(m: ModuleBuilder, s: StrictValues, scale: number, long: boolean, point: boolean): Func {
	const key = `${scale}${long ? ' long' : ''}${point ? ' with point' : ''}`;
	const known = s.shortNumbers.get(key);
	if (known !== undefined) return known;
	const made = m.func(`short number ${key}`, { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const after = f.local(I32, p, 'after');
		(long ? emitLongDecimal : emitShortDecimal)(f, loadDigitVectors(f, s.digits), {
			p: after,
			scale,
			point,
			store: (value) => s.decimalText.number.set(f, value),
			storeTextScale: (count) => s.decimalText.textScale.set(f, count),
			otherwise: () => f.return(I32.of(0)),
		});
		f.if(after.gtU(end), () => f.return(I32.of(0)));
		// What stands behind an unquoted number may continue it in ways that the kernel does not know.
		const next = f.local(I32, I32.load8U(after), 'next');
		f.if(after.ne(end).and(I32.load8U(p).ne(0x22)).and(next.ne(0x2c)).and(next.or(0x20).ne(0x7d)), () => f.return(I32.of(0)));
		f.return(after);
	});
	s.shortNumbers.set(key, made);
	return made;
}

function emitLiteral(f: FunctionBuilder, s: StrictValues, plan: ConstantPlan, p: I32, end: I32): void {
	const { grammar } = s;
	const { faults } = grammar;
	const after = f.local(I32, undefined, 'afterLiteral');
	const value = plan.type.value;
	const byte = f.local(I32, I32.select(p.ltU(end), I32.load8U(p), I32.of(0)), 'literalByte');
	const readWord = (text: 'true' | 'false' | 'null'): void => {
		after.set((text === 'false' ? grammar.word.call(p, end, WORDS.alse, 1) : grammar.word.call(p, end, WORDS[text], 0)) as I32);
		f.if(after.eqz(), () => f.return(I32.of(0)));
	};
	if (typeof value === 'string') {
		after.set(s.stringContent.call(p, end) as I32);
		f.if(after.eqz(), () => f.return(I32.of(0)));
		const bytes = encoder.encode(value);
		f.if(s.contentLength.ne(bytes.length), () => faults.raise(f, 'literal', p));
		f.if(equalsBytes(s.contentStart, bytes).eqz(), () => faults.raise(f, 'literal', p));
		f.return(after);
	} else if (typeof value === 'number') {
		f.if(byte.ne(0x2d).and(byte.sub(0x30).gtU(9)), () => f.return(grammar.wrongKind.call(p, end) as I32));
		after.set(grammar.numberEnd.call(p, end) as I32);
		f.if(after.eqz(), () => f.return(I32.of(0)));
		f.if((s.kernels.parseDouble.call(p, after) as F64).ne(F64.of(value)), () => faults.raise(f, 'literal', p));
		f.return(after);
	} else if (typeof value === 'boolean') {
		const other = value ? 'false' : 'true';
		f.if(byte.eq(value ? 0x74 : 0x66), () => {
			readWord(value ? 'true' : 'false');
			f.return(after);
		});
		f.if(byte.eq(value ? 0x66 : 0x74), () => {
			readWord(other);
			faults.raise(f, 'literal', p);
		});
		f.return(grammar.wrongKind.call(p, end) as I32);
	} else {
		f.if(byte.eq(0x6e), () => {
			readWord('null');
			f.return(after);
		});
		f.return(grammar.wrongKind.call(p, end) as I32);
	}
}
