/** Functions and tables as callers see them. */
import type { Code } from './code.ts';
import { type Emit, misuse } from './expression.ts';
import type { FunctionBuilder } from './function-builder.ts';
import { type I32Operand, toI32 } from './i32.ts';
import { OPCODE } from './opcodes.ts';
import { expressionOf, type Instance, type Local, type Operand, type ValueClass, type ValueType } from './values.ts';

/** Parameters by name, in their order. */
export type Params = Readonly<Record<string, ValueClass>>;

/** What a function takes and gives. */
export interface Signature<P extends Params = Params, R extends readonly ValueClass[] = readonly ValueClass[]> {
	readonly params: P;
	readonly results: R;
}

/** The parameters as the function's body sees them. */
export type LocalsOf<P extends Params> = { readonly [K in keyof P]: Local<Instance<P[K]>> };

/** The values of which a function's parameters are: calls check at compile time that each argument is one of them, and when built that each is the right one. */
export type ArgumentOf<P extends Params> = string extends keyof P ? ValueType : Instance<P[keyof P]>;

/** What a call is as an expression: the function must have exactly one result. */
export type ResultOf<R extends readonly ValueClass[]> = number extends R['length'] ? ValueType : R extends readonly [infer C extends ValueClass] ? Instance<C> : never;

/** Writes the body of a function. */
export type Body<P extends Params> = (f: FunctionBuilder, params: LocalsOf<P>) => void;

/** The type of a function, and the code of its calls. */
export class FunctionType {
	readonly names: readonly string[];
	readonly params: readonly ValueClass[];
	readonly results: readonly ValueClass[];

	constructor(signature: Signature) {
		this.names = Object.keys(signature.params);
		// JavaScript lists keys that look like integers first, which would change the order of the parameters.
		for (const name of this.names) if (/^\d+$/.test(name)) throw misuse(`'${name}' is no parameter's name: a name cannot be a number`);
		this.params = Object.values(signature.params);
		this.results = signature.results;
	}

	/** Equal for equal types. */
	get key(): string {
		return `${this.params.map((type) => type.type)}>${this.results.map((type) => type.type)}`;
	}

	/** The arguments' instructions, in order. */
	lift(callee: string, values: readonly unknown[]): Emit {
		if (values.length !== this.params.length) throw misuse(`${callee} takes ${this.params.length} arguments (${this.names.join(', ')}), not ${values.length}`);
		const lifted = values.map((value, index) => {
			try {
				return (this.params[index] as ValueClass).lift(value);
			} catch (error) {
				throw misuse(`argument '${this.names[index]}' of ${callee}: ${(error as Error).message.replace(/^tickforge: /, '')}`);
			}
		});
		return (code) => {
			for (const value of lifted) value.emit(code);
		};
	}

	/** The one result's class. */
	single(callee: string): ValueClass {
		if (this.results.length !== 1) throw misuse(`${callee} has ${this.results.length} results, so its call is no expression: use f.call or f.callInto`);
		return this.results[0] as ValueClass;
	}
}

/** A function of a module: imported, declared or defined. `T` is what a call of it is, `A` what its arguments are. */
export class Func<out T extends ValueType = ValueType, out A extends ValueType = ValueType> {
	readonly name: string;
	/** @internal */
	readonly type: FunctionType;
	/** @internal */
	readonly index: number;
	/** @internal */
	readonly module: object;
	// For the compiler only: it infers `A` from here.
	declare protected readonly accepts: A;

	/** @internal */
	constructor(module: object, name: string, index: number, type: FunctionType) {
		this.module = module;
		this.name = name;
		this.index = index;
		this.type = type;
	}

	/** A call as an expression. It happens where the expression is used, as often as it is used. */
	call(...values: readonly Operand<A>[]): T {
		return expressionOf(this.type.single(`function '${this.name}'`), this.emitCall(values)) as T;
	}

	/** @internal Leaves all results on the stack. */
	emitCall(values: readonly unknown[]): Emit {
		const lifted = this.type.lift(`function '${this.name}'`, values);
		return (code) => {
			if (code.module !== this.module) throw misuse(`function '${code.functionName}' calls '${this.name}' of another module`);
			lifted(code);
			code.opcode(OPCODE.call);
			code.unsigned(this.index);
		};
	}
}

/** A table of functions, called by number. */
export class Table {
	readonly name: string;
	/** @internal */
	readonly index: number;
	readonly #module: object;
	readonly #typeIndex: (type: FunctionType) => number;

	/** @internal */
	constructor(module: object, name: string, index: number, typeIndex: (type: FunctionType) => number) {
		this.#module = module;
		this.name = name;
		this.index = index;
		this.#typeIndex = typeIndex;
	}

	/** A call as an expression. Traps where the function at `index` has another signature. */
	callIndirect<P extends Params, const R extends readonly ValueClass[]>(signature: Signature<P, R>, index: I32Operand, ...values: readonly Operand<ArgumentOf<P>>[]): ResultOf<R> {
		const type = new FunctionType(signature).single(`the signature for table '${this.name}'`);
		return expressionOf(type, this.emitCall(signature, index, values)) as ResultOf<R>;
	}

	/** @internal Leaves all results on the stack. */
	emitCall(signature: Signature, index: I32Operand, values: readonly unknown[]): Emit {
		const type = new FunctionType(signature);
		const lifted = type.lift(`a call through table '${this.name}'`, values);
		const which = toI32(index);
		const typeIndex = this.#typeIndex(type);
		return (code: Code) => {
			if (code.module !== this.#module) throw misuse(`function '${code.functionName}' uses table '${this.name}' of another module`);
			lifted(code);
			which.emit(code);
			code.opcode(OPCODE.call_indirect);
			code.unsigned(typeIndex);
			code.unsigned(this.index);
		};
	}
}

/** Bytes of the module that `f.memoryInit` copies into memory. */
export class DataSegment {
	/** @internal */
	readonly module: object;
	/** @internal */
	readonly index: number;

	/** @internal */
	constructor(module: object, index: number) {
		this.module = module;
		this.index = index;
	}
}
