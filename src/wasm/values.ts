/** The value types of WebAssembly as the classes of their expressions, and what binds values to names: locals and globals. */
import type { Code } from './code.ts';
import { type Emit, misuse } from './expression.ts';
import { F32, type F32Operand, F64, type F64Operand } from './floats.ts';
import { I32, type I32Operand } from './i32.ts';
import { I64, type I64Operand } from './i64.ts';
import { OPCODE } from './opcodes.ts';
import { V128 } from './v128.ts';

/** An expression of any class. */
export type ValueType = I32 | I64 | F32 | F64 | V128;
/** `I32`, `I64`, `F32`, `F64` or `V128` itself. */
export type ValueClass = typeof I32 | typeof I64 | typeof F32 | typeof F64 | typeof V128;
/** The expressions of a class. */
export type Instance<C extends ValueClass> = C['prototype'];

/** What may stand where a value of a class is wanted: an expression or a literal. */
export type Operand<T extends ValueType> = T extends I32 ? I32Operand : T extends I64 ? I64Operand : T extends F64 ? F64Operand : T extends F32 ? F32Operand : T;

interface LocalMethods<T extends ValueType> {
	/** Writes an assignment. */
	set(value: Operand<T>): void;
	/** Assigns where the expression is used, and is the value assigned. */
	tee(value: Operand<T>): T;
}

/** A local variable: an expression, read where it is used, that can be assigned. */
export type Local<T extends ValueType> = T & LocalMethods<T>;

interface GlobalMethods<T extends ValueType> {
	/** Writes an assignment into the function. The global must be mutable. */
	set(f: StatementWriter, value: Operand<T>): void;
}

/** A global of a module: an expression, read where it is used. */
export type Global<T extends ValueType> = T & GlobalMethods<T>;

/** Where statements go: a function builder, of which the bindings know only this. */
export interface StatementWriter {
	/** @internal */
	statement(write: Emit): void;
}

/** What a local knows of its place. */
export interface LocalPlace {
	readonly writer: StatementWriter;
	readonly code: Code;
	readonly number: number;
}

/** What a global knows of its place. */
export interface GlobalPlace {
	readonly module: object;
	readonly index: number;
	readonly name: string;
	readonly mutable: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: a mixin's base must take any arguments
type AnyConstructor = new (...parameters: any[]) => I32;

function localClass(Type: ValueClass) {
	const Value = Type as unknown as AnyConstructor;
	return class extends Value {
		readonly #place: LocalPlace;

		constructor(place: LocalPlace) {
			super((code: Code) => code.local(OPCODE['local.get'], place.code, place.number));
			this.#place = place;
		}

		set(value: unknown): void {
			const { writer, code, number } = this.#place;
			const lifted = Type.lift(value);
			writer.statement((to) => {
				lifted.emit(to);
				to.local(OPCODE['local.set'], code, number);
			});
		}

		tee(value: unknown): ValueType {
			const { code, number } = this.#place;
			const lifted = Type.lift(value);
			return new Value((to: Code) => {
				lifted.emit(to);
				to.local(OPCODE['local.tee'], code, number);
			});
		}

		/** Assigns what is on the stack already. */
		pop(to: Code): void {
			to.local(OPCODE['local.set'], this.#place.code, this.#place.number);
		}
	};
}

function globalClass(Type: ValueClass) {
	const Value = Type as unknown as AnyConstructor;
	return class extends Value {
		readonly #place: GlobalPlace;

		constructor(place: GlobalPlace) {
			super((code: Code) => accessGlobal(code, OPCODE['global.get'], place));
			this.#place = place;
		}

		get place(): GlobalPlace {
			return this.#place;
		}

		set(f: StatementWriter, value: unknown): void {
			const place = this.#place;
			if (!place.mutable) throw misuse(`global '${place.name}' is not mutable`);
			const lifted = Type.lift(value);
			f.statement((code) => {
				lifted.emit(code);
				accessGlobal(code, OPCODE['global.set'], place);
			});
		}
	};
}

function accessGlobal(code: Code, opcode: number, place: GlobalPlace): void {
	if (code.module !== place.module) throw misuse(`function '${code.functionName}' uses global '${place.name}' of another module`);
	code.opcode(opcode);
	code.unsigned(place.index);
}

const LOCALS = { i32: localClass(I32), i64: localClass(I64), f32: localClass(F32), f64: localClass(F64), v128: localClass(V128) };
const GLOBALS = { i32: globalClass(I32), i64: globalClass(I64), f32: globalClass(F32), f64: globalClass(F64), v128: globalClass(V128) };

export function createLocal<C extends ValueClass>(type: C, place: LocalPlace): Local<Instance<C>> {
	return new LOCALS[type.type](place) as unknown as Local<Instance<C>>;
}

/** Assigns what is on the stack to a local. */
export function popInto(code: Code, local: Local<ValueType>): void {
	(local as unknown as { pop(to: Code): void }).pop(code);
}

export function createGlobal<C extends ValueClass>(type: C, place: GlobalPlace): Global<Instance<C>> {
	return new GLOBALS[type.type](place) as unknown as Global<Instance<C>>;
}

/** Expressions of a class from instructions that leave such a value. */
export function expressionOf<C extends ValueClass>(type: C, emit: Emit): Instance<C> {
	return new (type as unknown as new (emit: Emit) => Instance<C>)(emit);
}

/** The class of an expression. */
export function classOf(value: ValueType): ValueClass {
	if (value instanceof I32) return I32;
	if (value instanceof I64) return I64;
	if (value instanceof V128) return V128;
	return value instanceof F64 ? F64 : F32;
}
