/** What all generated code of a module shares: constants, symbol tables, and functions for what is cold. */
import { ERROR_CATEGORIES, type ErrorCategory } from '../../../compiler/parser-abi.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { emitUtf8Sequence } from '../../../kernels/utf8.ts';
import { emitSymbolTable, type SymbolTableFunctions } from '../../../symbols/index.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type ModuleBuilder } from '../../../wasm/index.ts';
import type { Numbering } from '../../rows/batch-state.ts';
import type { FULL } from '../../rows/faults.ts';
import type { NameKind, RememberedKind } from '../../rows/remembered-names.ts';
import { emitRescale, type Rescale } from '../../rows/rescale.ts';

export interface Environment extends Rescale {
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
	return { m, pool, numbering, symbols: emitSymbolTable(m), symbolTables, category, at, wrongUtf8, trimSpaces, findNul, putText, varint, varintEnd, ...emitRescale(m, pool), relaxed };
}

/** Emits: the fault is noted; what follows from it is the caller's. */
export function noteFault(f: FunctionBuilder, { category, at }: Foundation, which: I32 | ErrorCategory | typeof FULL, where: I32): void {
	category.set(f, typeof which === 'string' ? I32.of(ERROR_CATEGORIES[which]) : typeof which === 'number' ? I32.of(which) : which);
	at.set(f, where);
}
