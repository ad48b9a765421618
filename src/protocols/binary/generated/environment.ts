/** What all generated code of a module shares: constants, symbol tables, and functions for what is cold. */
import { ERROR_CATEGORIES, type ErrorCategory } from '../../../compiler/parser-abi.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { emitUtf8Sequence } from '../../../kernels/utf8.ts';
import { emitSymbolTable, type SymbolTableFunctions } from '../../../symbols/index.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type ModuleBuilder } from '../../../wasm/index.ts';
import type { Numbering } from '../../rows/batch-state.ts';
import type { FULL } from '../../rows/faults.ts';
import type { NameKind, RememberedKind } from '../../rows/remembered-names.ts';

export interface Environment {
	readonly m: ModuleBuilder;
	readonly pool: ConstantPool;
	readonly symbols: SymbolTableFunctions;
	/** For tables with a column of the messages' numbers. */
	readonly numbering: Numbering;
	/** Address of the symbol tables' addresses. */
	readonly symbolTables: Global<I32>;
	/** Of the fault that was raised last. */
	readonly category: Global<I32>;
	/** Address of its byte. */
	readonly at: Global<I32>;
	/** `wrongUtf8(p, end)`: address of the first sequence that is not UTF-8, or 0. */
	readonly wrongUtf8: Func<I32>;
	/** `trimSpaces(p, n)`: bytes up to the last that is no space. */
	readonly trimSpaces: Func<I32>;
	/** `findNul(p, n)`: bytes before the first NUL, `n` where there is none. */
	readonly findNul: Func<I32>;
	/** `putText(heap, used, capacity, view, p, length)`: bytes of the heap in use afterwards, or -1 where it has no room. */
	readonly putText: Func<I32>;
	/** `varint(p, end)`: the value; `varintEnd` is the address after it, or 0 with category and address. */
	readonly varint: Func<I64>;
	readonly varintEnd: Global<I32>;
	/** `rescale(mantissa, shift, excess)`: mantissa × 10^shift; `rescaleFault` is 0 or a category. Excess: 0 reject, 1 truncate, 2 half to even. */
	readonly rescale: Func<I64>;
	readonly rescaleFault: Global<I32>;
	/** Powers of ten up to 10^18 and the largest mantissas that they can multiply, from the pool's base; u64 each. */
	readonly powers: number;
	readonly limits: number;
	/** The engine has relaxed vector instructions. */
	readonly relaxed: boolean;
	/** Names that were met lately, by their kind. */
	readonly names: KnownNames;
}

export interface KnownNames {
	kindOf(kind: NameKind): KnownName;
}

export interface KnownName extends RememberedKind {
	/** `find(at, length)`, `intern(at, length)`: id + 1 of a name that is not remembered, or 0 with category and address. */
	readonly find: Func<I32>;
	readonly intern: Func<I32>;
}

/** All but the names, whose functions need it. */
export type Foundation = Omit<Environment, 'names'>;

export function createFoundation(m: ModuleBuilder, pool: ConstantPool, numbering: Numbering, relaxed: boolean): Foundation {
	const category = m.global(I32, 0, { name: 'category', mutable: true });
	const at = m.global(I32, 0, { name: 'at', mutable: true });
	const symbolTables = m.global(I32, 0, { name: 'symbolTables', mutable: true });
	const varintEnd = m.global(I32, 0, { name: 'varintEnd', mutable: true });
	const rescaleFault = m.global(I32, 0, { name: 'rescaleFault', mutable: true });
	const most = 2n ** 63n - 1n;
	const powers = pool.add(new Uint8Array(BigInt64Array.from({ length: 19 }, (_, power) => 10n ** BigInt(power)).buffer));
	const limits = pool.add(new Uint8Array(BigInt64Array.from({ length: 19 }, (_, power) => most / 10n ** BigInt(power)).buffer));
	const sequence = emitUtf8Sequence(m);
	const wrongUtf8 = m.func('wrongUtf8', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const next = f.local(I32, undefined, 'next');
		f.block((done) => {
			f.loop((again) => {
				done.branchIf(p.geU(end));
				f.if(
					I32.load8U(p).ltU(0x80),
					() => p.set(p.add(1)),
					() => {
						next.set(sequence.call(p, end) as I32);
						f.if(next.eqz(), () => f.return(p));
						p.set(next);
					},
				);
				again.branch();
			});
		});
		f.return(I32.of(0));
	});
	const trimSpaces = m.func('trimSpaces', { params: { p: I32, n: I32 }, results: [I32] }, (f, { p, n }) => {
		f.block((done) => {
			f.loop((again) => {
				done.branchIf(n.eqz());
				done.branchIf(I32.load8U(p.add(n).sub(1)).ne(0x20));
				n.set(n.sub(1));
				again.branch();
			});
		});
		f.return(n);
	});
	const findNul = m.func('findNul', { params: { p: I32, n: I32 }, results: [I32] }, (f, { p, n }) => {
		const length = f.local(I32, 0, 'length');
		f.block((done) => {
			f.loop((again) => {
				done.branchIf(length.geU(n));
				done.branchIf(I32.load8U(p.add(length)).eqz());
				length.set(length.add(1));
				again.branch();
			});
		});
		f.return(length);
	});
	const putText = m.func('putText', { params: { heap: I32, used: I32, capacity: I32, view: I32, p: I32, length: I32 }, results: [I32] }, (f, { heap, used, capacity, view, p, length }) => {
		f.if(length.gtU(capacity.sub(used)), () => f.return(I32.of(-1)));
		f.store(view, length);
		f.store(view, I32.load(p), 4);
		f.store(view, I32.of(0), 8);
		f.store(view, used, 12);
		f.memoryCopy(heap.add(used), p, length);
		f.return(used.add(length));
	});
	const varint = m.func('varint', { params: { p: I32, end: I32 }, results: [I64] }, (f, { p, end }) => {
		const value = f.local(I64, 0n, 'value');
		const shift = f.local(I64, 0n, 'shift');
		const start = f.local(I32, p, 'start');
		const byte = f.local(I32, undefined, 'byte');
		const fault = (which: ErrorCategory, where: I32): void => {
			category.set(f, I32.of(ERROR_CATEGORIES[which]));
			at.set(f, where);
			varintEnd.set(f, I32.of(0));
			f.return(I64.of(0n));
		};
		f.loop((again) => {
			f.if(p.geU(end), () => fault('truncated', end));
			byte.set(I32.load8U(p));
			p.set(p.add(1));
			value.set(value.or(byte.and(0x7f).extendU().shl(shift)));
			f.if(shift.eq(63n).and(byte.gtU(1)), () => fault('range', start));
			shift.set(shift.add(7n));
			again.branchIf(byte.geU(0x80));
		});
		varintEnd.set(f, p);
		f.return(value);
	});
	const rescale = m.func('rescale', { params: { mantissa: I64, shift: I32, excess: I32 }, results: [I64] }, (f, { mantissa, shift, excess }) => {
		const give = (value: I64): void => {
			rescaleFault.set(f, I32.of(0));
			f.return(value);
		};
		const fault = (which: ErrorCategory): void => {
			rescaleFault.set(f, I32.of(ERROR_CATEGORIES[which]));
			f.return(I64.of(0n));
		};
		f.if(mantissa.eqz().or(shift.eqz()), () => give(mantissa));
		f.if(shift.gtS(0), () => {
			f.if(shift.gtS(18), () => fault('range'));
			const limit = f.local(I64, I64.load(pool.base.add(shift.shl(3)), limits), 'limit');
			f.if(mantissa.gtS(limit).or(mantissa.ltS(I64.of(0n).sub(limit))), () => fault('range'));
			give(mantissa.mul(I64.load(pool.base.add(shift.shl(3)), powers)));
		});
		// Divided as unsigned magnitudes: 10^19 has 64 bits, and no larger power divides any of them but 0.
		const negative = f.local(I32, mantissa.ltS(0n), 'negative');
		const magnitude = f.local(I64, I64.select(negative, I64.of(0n).sub(mantissa), mantissa), 'magnitude');
		const down = f.local(I32, I32.of(0).sub(shift), 'down');
		const divisor = f.local(I64, 0n, 'divisor');
		const quotient = f.local(I64, 0n, 'quotient');
		const rest = f.local(I64, magnitude, 'rest');
		f.if(down.leU(19), () => {
			divisor.set(I64.of(10n ** 19n));
			f.if(down.leU(18), () => divisor.set(I64.load(pool.base.add(down.shl(3)), powers)));
			quotient.set(magnitude.divU(divisor));
			rest.set(magnitude.remU(divisor));
		});
		f.if(rest.ne(0n), () => {
			f.if(excess.eqz(), () => fault('scale'));
			f.if(excess.eq(2).and(divisor.ne(0n)), () => {
				// More than half, or half and odd: rest > divisor - rest, without overflow.
				const other = f.local(I64, divisor.sub(rest), 'other');
				f.if(rest.gtU(other).or(rest.eq(other).and(quotient.and(1n).wrap())), () => quotient.set(quotient.add(1n)));
			});
		});
		give(I64.select(negative, I64.of(0n).sub(quotient), quotient));
	});
	return { m, pool, numbering, symbols: emitSymbolTable(m), symbolTables, category, at, wrongUtf8, trimSpaces, findNul, putText, varint, varintEnd, rescale, rescaleFault, powers, limits, relaxed };
}

/** Emits: the fault is noted; what follows from it is the caller's. */
export function noteFault(f: FunctionBuilder, { category, at }: Foundation, which: I32 | ErrorCategory | typeof FULL, where: I32): void {
	category.set(f, typeof which === 'string' ? I32.of(ERROR_CATEGORIES[which]) : typeof which === 'number' ? I32.of(which) : which);
	at.set(f, where);
}
