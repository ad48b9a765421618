import { createBinaryWriter } from './binary-writer.ts';
import { type Emit, type Emitter, F32, F64, I32, type I32Operand, I64, memoryOperation, operation, V128, type ValueType } from './expressions.ts';
import { instructionNamed } from './opcodes.ts';

/** `I32`, `I64`, `F32`, `F64` or `V128` itself. */
export type ValueClass = typeof I32 | typeof I64 | typeof F32 | typeof F64 | typeof V128;
export type Instance<C extends ValueClass> = InstanceType<C>;
/** What may stand where a value of a class is wanted. */
export type Operand<T extends ValueType> = T extends I32 ? I32 | number : T extends I64 ? I64 | bigint | number : T extends F64 ? F64 | number : T extends F32 ? F32 | number : T;

interface LocalOperations<T extends ValueType> {
	/** Emits: assign. */
	set(value: Operand<T>): void;
	/** Assigns and gives the value. */
	tee(value: Operand<T>): T;
}
/** A local is an expression (its value) that can be assigned. */
export type Local<T extends ValueType> = T & LocalOperations<T>;
interface GlobalOperations<T extends ValueType> {
	readonly index: number;
	/** Emits into the function: assign. */
	set(f: FunctionBuilder, value: Operand<T>): void;
}
/** A global is an expression (its value); a mutable one can be assigned. */
export type Global<T extends ValueType> = T & GlobalOperations<T>;

export interface Label {
	/** Emits: to a block's end, or a loop's start. */
	branch(): void;
	branchIf(condition: I32Operand, hint?: BranchHint): void;
}
/** Whether a condition is usually true; becomes a branch hint. */
export interface BranchHint {
	readonly likely: boolean;
}
export type Params = Readonly<Record<string, ValueClass>>;
export interface Signature<P extends Params = Params, R extends readonly ValueClass[] = readonly ValueClass[]> {
	readonly params: P;
	readonly results: R;
}
export type LocalsOf<P extends Params> = { readonly [K in keyof P]: Local<Instance<P[K]>> };

/** A function of the module, defined, declared or imported. */
export interface Func<R extends readonly ValueClass[] = readonly ValueClass[]> {
	readonly name: string;
	readonly index: number;
	readonly params: readonly ValueClass[];
	readonly results: R;
	/** The call as an expression; the function must have one result. */
	call(...args: readonly (ValueType | number | bigint)[]): R extends readonly [infer C extends ValueClass, ...infer _] ? Instance<C> : ValueType;
}

export interface FunctionBuilder {
	readonly name: string;
	/** A new local, zero or with a value assigned here. */
	local<C extends ValueClass>(type: C, initial?: Operand<Instance<C>>, name?: string): Local<Instance<C>>;
	if(condition: I32Operand, then: () => void, otherwise?: () => void, hint?: BranchHint): void;
	/** The label is the loop's start; without a branch to it the loop ends. */
	loop(body: (again: Label) => void): void;
	/** The label is the block's end. */
	block(body: (done: Label) => void): void;
	/** One of the cases by index, or the default; none falls through. */
	switch(index: I32Operand, cases: readonly (() => void)[], otherwise?: () => void): void;
	/** Stores all bytes of the value. */
	store(address: I32Operand, value: ValueType, offset?: number): void;
	store(address: I32Operand, value: number, offset?: number): void;
	/** Stores the low byte. */
	store8(address: I32Operand, value: I32Operand, offset?: number): void;
	store16(address: I32Operand, value: I32Operand, offset?: number): void;
	/** Stores the low four bytes of an i64. */
	store32(address: I32Operand, value: I64, offset?: number): void;
	atomicStore(address: I32Operand, value: I32 | I64, offset?: number): void;
	fence(): void;
	return(...values: readonly (ValueType | number | bigint)[]): void;
	unreachable(): void;
	/** Evaluates and forgets. */
	drop(value: ValueType): void;
	/** Calls and forgets the results. */
	call(func: Func, ...args: readonly (ValueType | number | bigint)[]): void;
	/** Calls a function with several results and assigns them. */
	callInto(func: Func, args: readonly (ValueType | number | bigint)[], results: readonly Local<ValueType>[]): void;
	memoryCopy(to: I32Operand, from: I32Operand, length: I32Operand): void;
	memoryFill(to: I32Operand, byte: I32Operand, length: I32Operand): void;
	/** Copies from a passive data segment. */
	memoryInit(segment: { readonly index: number }, to: I32Operand, from: I32Operand, length: I32Operand): void;
	/** Emits instructions that leave nothing on the stack; for the module builder. */
	statement(emit: Emit): void;
}

export interface BuiltFunction {
	readonly body: Uint8Array;
	readonly localNames: readonly string[];
	/** Offset of the branch from the body's first byte (the local declarations), and whether it is likely. */
	readonly hints: readonly { offset: number; likely: boolean }[];
}

/** Turns a literal into an expression of the class; refuses an expression of another. */
export function lift(type: ValueClass, value: ValueType | number | bigint, where: string): ValueType {
	if (typeof value === 'number' || typeof value === 'bigint') {
		if (type === V128) throw new TypeError(`tickforge: ${where} wants a v128, not the number ${value}`);
		if (type === I64) return I64.of(value);
		if (typeof value === 'bigint') throw new TypeError(`tickforge: ${where} wants ${className(type)}, not the bigint ${value}`);
		return (type as typeof I32).of(value);
	}
	if (!(value instanceof type)) throw new TypeError(`tickforge: ${where} wants ${className(type)}, not ${className(value.constructor as ValueClass)}`);
	return value;
}

export const className = (type: ValueClass): string => type.name.toLowerCase();

/** Arguments of a call, checked against the signature. */
export function liftArguments(func: Pick<Func, 'name' | 'params'>, args: readonly (ValueType | number | bigint)[]): ValueType[] {
	if (args.length !== func.params.length) throw new TypeError(`tickforge: ${func.name} takes ${func.params.length} arguments, not ${args.length}`);
	return args.map((value, index) => lift(func.params[index] as ValueClass, value, `argument ${index + 1} of ${func.name}`));
}

const BLOCK_VOID = 0x40;

/** Builds one function's body by running the author's code. */
export function buildFunction(name: string, params: Params, results: readonly ValueClass[], body: (f: FunctionBuilder, locals: LocalsOf<Params>) => void): BuiltFunction {
	const code = createBinaryWriter(512);
	const owner = {};
	const to: Emitter = { code, owner };
	const paramTypes = Object.values(params);
	const localTypes: ValueClass[] = [];
	const localNames: string[] = Object.keys(params);
	const hints: { offset: number; likely: boolean }[] = [];
	let depth = 0;

	const op = (instruction: string): void => {
		const { prefix, code: opcode } = instructionNamed(instruction);
		if (prefix === 0) code.byte(opcode);
		else {
			code.byte(prefix);
			code.unsigned(opcode);
		}
	};
	const makeLocal = <T extends ValueType>(type: ValueClass, index: number): Local<T> => {
		const access = (instruction: string): Emit => (target) => {
			if (target.owner !== owner) throw new Error(`tickforge: the local "${localNames[index]}" of function "${name}" is used in another function`);
			target.code.byte(instructionNamed(instruction).code);
			target.code.unsigned(index);
		};
		const Type = type as unknown as new (emit: Emit) => T;
		const operations: LocalOperations<T> = {
			set(value) {
				lift(type, value as ValueType, `local "${localNames[index]}"`).emit(to);
				access('local.set')(to);
			},
			tee(value) {
				const assigned = lift(type, value as ValueType, `local "${localNames[index]}"`);
				return new Type((target) => {
					assigned.emit(target);
					access('local.tee')(target);
				});
			},
		};
		return Object.assign(new Type(access('local.get')), operations);
	};
	const branchTo = (instruction: string, labelDepth: number, open: () => boolean): void => {
		if (!open()) throw new Error(`tickforge: a branch in "${name}" leaves for a label whose block has ended`);
		op(instruction);
		code.unsigned(depth - labelDepth);
	};
	const hinted = (hint: BranchHint | undefined): void => {
		if (hint !== undefined) hints.push({ offset: code.length, likely: hint.likely });
	};
	const structured = (instruction: 'block' | 'loop', inner: (label: Label) => void): void => {
		op(instruction);
		code.byte(BLOCK_VOID);
		depth++;
		const labelDepth = depth;
		let open = true;
		inner({
			branch: () => branchTo('br', labelDepth, () => open),
			branchIf(condition, hint) {
				I32.from(condition).emit(to);
				hinted(hint);
				branchTo('br_if', labelDepth, () => open);
			},
		});
		open = false;
		depth--;
		op('end');
	};
	const storeNamed = (instruction: string, address: I32Operand, value: ValueType, offset: number): void => memoryOperation(instruction, address, offset, value)(to);

	const f: FunctionBuilder = {
		name,
		statement: (emit) => emit(to),
		local(type, initial, localName) {
			const index = paramTypes.length + localTypes.length;
			localTypes.push(type);
			localNames.push(localName ?? `local${index}`);
			const local = makeLocal<InstanceType<typeof type>>(type, index);
			if (initial !== undefined) (local as Local<I32>).set(initial as I32);
			return local as Local<Instance<typeof type>>;
		},
		if(condition, then, otherwise, hint) {
			I32.from(condition).emit(to);
			hinted(hint);
			op('if');
			code.byte(BLOCK_VOID);
			depth++;
			then();
			if (otherwise !== undefined) {
				op('else');
				otherwise();
			}
			depth--;
			op('end');
		},
		loop: (inner) => structured('loop', inner),
		block: (inner) => structured('block', inner),
		switch(index, cases, otherwise) {
			// block $end block $default block $n … block $0 br_table end case 0 br $end end case 1 …
			f.block((end) => {
				const nest = (remaining: number, innermost: () => void): void => {
					if (remaining < 0) {
						innermost();
						return;
					}
					f.block(() => nest(remaining - 1, innermost));
					const which = remaining;
					if (which === 0) (cases.length > 0 ? (cases[0] as () => void) : (otherwise ?? (() => undefined)))();
					else if (which < cases.length) (cases[which] as () => void)();
					else if (otherwise !== undefined) otherwise();
					end.branch();
				};
				nest(cases.length, () => {
					I32.from(index).emit(to);
					op('br_table');
					code.unsigned(cases.length);
					for (let which = 0; which < cases.length; which++) code.unsigned(which);
					code.unsigned(cases.length);
				});
			});
		},
		store(address: I32Operand, value: ValueType | number, offset = 0) {
			const stored = typeof value === 'number' ? I32.of(value) : value;
			const instruction = stored instanceof I32 ? 'i32.store' : stored instanceof I64 ? 'i64.store' : stored instanceof F64 ? 'f64.store' : stored instanceof F32 ? 'f32.store' : 'v128.store';
			storeNamed(instruction, address, stored, offset);
		},
		store8: (address, value, offset = 0) => storeNamed('i32.store8', address, I32.from(value), offset),
		store16: (address, value, offset = 0) => storeNamed('i32.store16', address, I32.from(value), offset),
		store32: (address, value, offset = 0) => storeNamed('i64.store32', address, value, offset),
		atomicStore: (address, value, offset = 0) => storeNamed(value instanceof I32 ? 'i32.atomic.store' : 'i64.atomic.store', address, value, offset),
		fence() {
			op('atomic.fence');
			code.byte(0);
		},
		return(...values) {
			if (values.length !== results.length) throw new TypeError(`tickforge: "${name}" returns ${results.length} values, not ${values.length}`);
			values.forEach((value, index) => {
				lift(results[index] as ValueClass, value, `result ${index + 1} of "${name}"`).emit(to);
			});
			op('return');
		},
		unreachable: () => op('unreachable'),
		drop(value) {
			value.emit(to);
			op('drop');
		},
		call(func, ...args) {
			for (const value of liftArguments(func, args)) value.emit(to);
			op('call');
			code.unsigned(func.index);
			for (const _ of func.results) op('drop');
		},
		callInto(func, args, targets) {
			if (targets.length !== func.results.length) throw new TypeError(`tickforge: ${func.name} has ${func.results.length} results, not ${targets.length}`);
			for (const value of liftArguments(func, args)) value.emit(to);
			op('call');
			code.unsigned(func.index);
			// The last result is on top of the stack.
			for (const target of [...targets].reverse()) {
				const type = target.constructor as unknown as new (emit: Emit) => ValueType;
				target.set(new type(() => undefined) as never);
			}
		},
		memoryCopy(destination, source, length) {
			operation('memory.copy', I32.from(destination), I32.from(source), I32.from(length))(to);
			code.bytes([0, 0]);
		},
		memoryFill(destination, byte, length) {
			operation('memory.fill', I32.from(destination), I32.from(byte), I32.from(length))(to);
			code.byte(0);
		},
		memoryInit(segment, destination, source, length) {
			for (const operand of [destination, source, length]) I32.from(operand).emit(to);
			op('memory.init');
			code.unsigned(segment.index);
			code.byte(0);
		},
	};
	const locals = Object.fromEntries(Object.keys(params).map((key, index) => [key, makeLocal(paramTypes[index] as ValueClass, index)]));
	body(f, locals as LocalsOf<Params>);
	// A body whose every path returns needs this to satisfy the validator; a forgotten return traps instead of reading on.
	if (results.length > 0) op('unreachable');
	op('end');

	const head = createBinaryWriter(32);
	const groups: { type: ValueClass; count: number }[] = [];
	for (const type of localTypes) {
		const last = groups.at(-1);
		if (last?.type === type) last.count++;
		else groups.push({ type, count: 1 });
	}
	head.unsigned(groups.length);
	for (const { type, count } of groups) {
		head.unsigned(count);
		head.byte(type.type);
	}
	const prologue = head.length;
	head.bytes(code.take());
	return { body: head.take(), localNames, hints: hints.map(({ offset, likely }) => ({ offset: offset + prologue, likely })) };
}

