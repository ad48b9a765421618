/** Statements and structured control flow of one function. */
import { COUNTER_BYTES, type FunctionSites } from './branches.ts';
import { Code } from './code.ts';
import { access, describe, type Emit, Expression, laneAccess, misuse } from './expression.ts';
import { F32, F64 } from './floats.ts';
import type { ArgumentOf, DataSegment, Func, FunctionType, LocalsOf, Params, Signature, Table } from './functions.ts';
import { I32, type I32Operand, toI32 } from './i32.ts';
import { I64 } from './i64.ts';
import type { ModuleContext } from './module-context.ts';
import { type AtomicInstruction, type MemoryInstruction, OPCODE } from './opcodes.ts';
import { toV128, V128 } from './v128.ts';
import { createLocal, expressionOf, type Instance, type Local, type LocalPlace, type Operand, popInto, type ValueClass, type ValueType } from './values.ts';

/** A name for those who count or profile branches (branches.ts); writes nothing. */
export interface SiteName {
	/** The same where the code is generated in another order. */
	readonly name?: string;
}

/** What the engine may assume of a condition; written as a branch hint, which engines may ignore. */
export interface BranchHint extends SiteName {
	/** Whether the condition is usually true. */
	readonly likely?: boolean;
}

/** Where a branch can go: to a block's end, or back to a loop's start. Only inside of that block or loop. */
export interface Label {
	branch(): void;
	branchIf(condition: I32Operand, hint?: BranchHint): void;
}

/** The block type of blocks that take and leave nothing. */
const NO_RESULT = 0x40;

interface Frame {
	readonly kind: 'block' | 'loop' | 'if';
	open: boolean;
	/** Whether a reachable branch goes to the frame's end. */
	left: boolean;
}

export class FunctionBuilder {
	readonly name: string;
	readonly #type: FunctionType;
	readonly #module: ModuleContext;
	readonly #code: Code;
	readonly #frames: Frame[] = [];
	/** Where branches are counted, or a profile is followed. */
	readonly #sites: FunctionSites | undefined;
	/** Whether control can come to the next statement. */
	#reachable = true;
	/** Whether the last statement was one after which the validator expects nothing. */
	#terminated = false;

	/** @internal */
	constructor(module: ModuleContext, name: string, type: FunctionType, sites: FunctionSites | undefined) {
		this.name = name;
		this.#type = type;
		this.#module = module;
		this.#code = new Code(
			name,
			type.params.map((param, index) => ({ type: param.type, name: type.names[index] })),
			module,
		);
		this.#sites = sites;
	}

	/** @internal The function's calls are counted. */
	countCalls(): void {
		this.#count(this.#sites?.next('call').counter);
	}

	/** @internal */
	parameters(): LocalsOf<Params> {
		return Object.fromEntries(this.#type.params.map((type, number) => [this.#type.names[number] as string, createLocal(type, this.#place(number))]));
	}

	/** @internal */
	finish(): ReturnType<Code['finish']> {
		if (this.#type.results.length > 0) {
			if (this.#reachable) throw misuse(`function '${this.name}' can come to its end without returning a value`);
			// The validator forgets at a block's end that control does not get there.
			if (!this.#terminated) this.#code.opcode(OPCODE.unreachable);
		}
		this.#code.opcode(OPCODE.end);
		return this.#code.finish();
	}

	/** @internal Every statement comes through here. */
	statement(write: Emit): void {
		this.#begin();
		write(this.#code);
	}

	/**
	 * A new local variable with a first value, assigned where this stands. Without one it is zero when the function
	 * starts, and in a loop keeps its value from one iteration to the next.
	 */
	local<C extends ValueClass>(type: C, initial?: Operand<Instance<C>>, name?: string): Local<Instance<C>> {
		const local = createLocal(type, this.#place(this.#code.addLocal({ type: type.type, name })));
		if (initial !== undefined) (local as { set(value: unknown): void }).set(initial);
		else this.#checkCurrent();
		return local;
	}

	if(condition: I32Operand, then: () => void, otherwise?: () => void, hint?: BranchHint): void {
		const test = toI32(condition);
		const site = this.#sites?.next('if', hint);
		const likely = site === undefined ? hint?.likely : site.likely;
		this.#count(site?.counter);
		this.statement((code) => {
			test.emit(code);
			if (likely !== undefined) code.hint(likely);
			code.opcode(OPCODE.if);
			code.byte(NO_RESULT);
		});
		const before = this.#reachable;
		const frame = this.#open('if');
		this.#count(site?.counter, 1);
		then();
		const afterThen = this.#reachable;
		this.#reachable = before;
		if (otherwise !== undefined) {
			this.#checkCurrent();
			this.#code.opcode(OPCODE.else);
			otherwise();
		}
		this.#reachable ||= afterThen;
		this.#close(frame);
	}

	/** The label leads to the loop's start. A loop that does not branch there ends. */
	loop(body: (again: Label) => void, site?: SiteName): void {
		const counter = this.#sites?.next('loop', site).counter;
		this.#count(counter);
		this.#structure('loop', (again) => {
			this.#count(counter, 1);
			body(again);
		});
	}

	/** The label leads to the block's end. */
	block(body: (done: Label) => void): void {
		this.#structure('block', body);
	}

	/** One of the cases by the unsigned index, else `otherwise`. Cases do not fall through. */
	switch(index: I32Operand, cases: readonly (() => void)[], otherwise: () => void = () => undefined, site?: SiteName & { /** Names of the cases. */ readonly cases?: readonly string[] }): void {
		// One block a case, the innermost around the jump; each case's code follows the end of its block.
		const which = toI32(index);
		const bodies = [...cases, otherwise];
		const counter = this.#sites?.next('switch', { ...site, counters: bodies.length }).counter;
		this.block((done) => {
			const open = bodies.map((): Frame => {
				this.statement((code) => {
					code.opcode(OPCODE.block);
					code.byte(NO_RESULT);
				});
				return this.#open('block');
			});
			this.statement((code) => {
				which.emit(code);
				code.opcode(OPCODE.br_table);
				code.unsigned(cases.length);
				for (let depth = 0; depth <= cases.length; depth++) code.unsigned(depth);
			});
			const before = this.#reachable;
			bodies.forEach((body, at) => {
				const frame = open[bodies.length - 1 - at] as Frame;
				this.#reachable = false;
				frame.left = before;
				this.#close(frame);
				this.#count(counter, at);
				body();
				// The last one's end is where `done` leads.
				if (at < cases.length) done.branch();
			});
		});
	}

	/** Counts that control comes by here, in modules that count their branches; writes nothing in others. */
	count(name: string): void {
		this.#count(this.#sites?.next('count', { name }).counter);
	}

	/** Writes the value's own bytes; a literal is an i32. */
	store(address: I32Operand, value: ValueType | number, offset = 0): void {
		const stored = value instanceof Expression ? value : toI32(value);
		this.#store(storeOf(stored), address, stored, offset);
	}

	/** Writes the lowest 8 bits. */
	store8(address: I32Operand, value: I32Operand | I64, offset = 0): void {
		if (value instanceof I64) this.#store('i64.store8', address, value, offset);
		else this.#store('i32.store8', address, toI32(value), offset);
	}

	/** Writes the lowest 16 bits. */
	store16(address: I32Operand, value: I32Operand | I64, offset = 0): void {
		if (value instanceof I64) this.#store('i64.store16', address, value, offset);
		else this.#store('i32.store16', address, toI32(value), offset);
	}

	/** Writes the lowest 32 bits. */
	store32(address: I32Operand, value: I64, offset = 0): void {
		if (!(value instanceof I64)) throw misuse(`an i64 is wanted here, not ${describe(value)}: f.store writes an i32`);
		this.#store('i64.store32', address, value, offset);
	}

	/** Writes one lane of a vector. */
	store8Lane(address: I32Operand, vector: V128, lane: number, offset = 0): void {
		this.statement(laneAccess('v128.store8_lane', offset, lane, 16, toI32(address), toV128(vector)));
	}

	store16Lane(address: I32Operand, vector: V128, lane: number, offset = 0): void {
		this.statement(laneAccess('v128.store16_lane', offset, lane, 8, toI32(address), toV128(vector)));
	}

	store32Lane(address: I32Operand, vector: V128, lane: number, offset = 0): void {
		this.statement(laneAccess('v128.store32_lane', offset, lane, 4, toI32(address), toV128(vector)));
	}

	store64Lane(address: I32Operand, vector: V128, lane: number, offset = 0): void {
		this.statement(laneAccess('v128.store64_lane', offset, lane, 2, toI32(address), toV128(vector)));
	}

	/** Traps where the address is no multiple of the value's width, as all atomic stores do. */
	atomicStore(address: I32Operand, value: I32 | I64, offset = 0): void {
		if (value instanceof I64) this.#store('i64.atomic.store', address, value, offset);
		else this.#store('i32.atomic.store', address, toI32(value), offset);
	}

	atomicStore8(address: I32Operand, value: I32Operand | I64, offset = 0): void {
		if (value instanceof I64) this.#store('i64.atomic.store8', address, value, offset);
		else this.#store('i32.atomic.store8', address, toI32(value), offset);
	}

	atomicStore16(address: I32Operand, value: I32Operand | I64, offset = 0): void {
		if (value instanceof I64) this.#store('i64.atomic.store16', address, value, offset);
		else this.#store('i32.atomic.store16', address, toI32(value), offset);
	}

	atomicStore32(address: I32Operand, value: I64, offset = 0): void {
		if (!(value instanceof I64)) throw misuse(`an i64 is wanted here, not ${describe(value)}: f.atomicStore writes an i32`);
		this.#store('i64.atomic.store32', address, value, offset);
	}

	/** Orders atomic accesses before it and after it. */
	atomicFence(): void {
		this.statement((code) => {
			code.opcode(OPCODE['atomic.fence']);
			code.byte(0);
		});
	}

	/** Leaves the function with as many values as it has results. */
	return(...values: readonly (ValueType | number | bigint)[]): void {
		const { results } = this.#type;
		if (values.length !== results.length) throw misuse(`function '${this.name}' returns ${results.length} values, not ${values.length}`);
		const lifted = values.map((value, index) => (results[index] as ValueClass).lift(value));
		this.statement((code) => {
			for (const value of lifted) value.emit(code);
			code.opcode(OPCODE.return);
		});
		this.#terminate();
	}

	/** Traps. */
	unreachable(): void {
		this.statement((code) => code.opcode(OPCODE.unreachable));
		this.#terminate();
	}

	/** Computes and forgets. */
	drop(value: ValueType): void {
		this.statement((code) => {
			value.emit(code);
			code.opcode(OPCODE.drop);
		});
	}

	/** Calls and forgets the results. */
	call<A extends ValueType>(func: Func<ValueType, A>, ...values: readonly Operand<A>[]): void {
		const call = func.emitCall(values);
		this.statement((code) => {
			call(code);
			for (let i = 0; i < func.type.results.length; i++) code.opcode(OPCODE.drop);
		});
	}

	/** Calls and assigns the results to locals, one each. */
	callInto<A extends ValueType>(func: Func<ValueType, A>, values: readonly Operand<A>[], locals: readonly Local<ValueType>[]): void {
		const { results } = func.type;
		if (locals.length !== results.length) throw misuse(`function '${func.name}' has ${results.length} results, for which there are ${locals.length} locals`);
		locals.forEach((local, index) => {
			(results[index] as ValueClass).lift(local);
		});
		const call = func.emitCall(values);
		this.statement((code) => {
			call(code);
			// The last result is on top.
			for (let i = locals.length - 1; i >= 0; i--) popInto(code, locals[i] as Local<ValueType>);
		});
	}

	/** Calls through a table and forgets the results; `table.callIndirect` is the expression. */
	callIndirect<P extends Params, R extends readonly ValueClass[]>(table: Table, signature: Signature<P, R>, index: I32Operand, ...values: readonly Operand<ArgumentOf<P>>[]): void {
		const call = table.emitCall(signature, index, values);
		this.statement((code) => {
			call(code);
			for (let i = 0; i < signature.results.length; i++) code.opcode(OPCODE.drop);
		});
	}

	/** Copies; the ranges may overlap. */
	memoryCopy(destination: I32Operand, source: I32Operand, length: I32Operand): void {
		this.#bulk('memory.copy', [destination, source, length], [0, 0]);
	}

	memoryFill(destination: I32Operand, byte: I32Operand, length: I32Operand): void {
		this.#bulk('memory.fill', [destination, byte, length], [0]);
	}

	/** Copies from a passive data segment. */
	memoryInit(segment: DataSegment, destination: I32Operand, source: I32Operand, length: I32Operand): void {
		this.#checkSegment(segment);
		this.#bulk('memory.init', [destination, source, length], [segment.index, 0]);
	}

	/** Lets the engine forget a passive data segment. */
	dataDrop(segment: DataSegment): void {
		this.#checkSegment(segment);
		this.statement((code) => {
			code.opcode(OPCODE['data.drop']);
			code.unsigned(segment.index);
		});
	}

	/** The memory's size in pages of 64 KiB, as an expression. */
	memorySize(): I32 {
		return expressionOf(I32, (code) => {
			code.module.usesMemory = true;
			code.opcode(OPCODE['memory.size']);
			code.byte(0);
		});
	}

	/** Grows the memory, as an expression: the size before in pages, or -1 where it cannot grow. */
	memoryGrow(pages: I32Operand): I32 {
		const more = toI32(pages);
		return expressionOf(I32, (code) => {
			code.module.usesMemory = true;
			more.emit(code);
			code.opcode(OPCODE['memory.grow']);
			code.byte(0);
		});
	}

	#store(instruction: MemoryInstruction | AtomicInstruction, address: I32Operand, value: ValueType, offset: number): void {
		this.statement(access(instruction, offset, toI32(address), value));
	}

	#bulk(instruction: 'memory.copy' | 'memory.fill' | 'memory.init', operands: readonly I32Operand[], immediates: readonly number[]): void {
		const lifted = operands.map(toI32);
		this.statement((code) => {
			code.module.usesMemory = true;
			for (const operand of lifted) operand.emit(code);
			code.opcode(OPCODE[instruction]);
			for (const immediate of immediates) code.unsigned(immediate);
		});
	}

	#checkSegment(segment: DataSegment): void {
		if (segment.module !== this.#module) throw misuse(`function '${this.name}' uses a data segment of another module`);
	}

	#structure(kind: 'block' | 'loop', body: (label: Label) => void): void {
		this.statement((code) => {
			code.opcode(OPCODE[kind]);
			code.byte(NO_RESULT);
		});
		const frame = this.#open(kind);
		body({
			branch: () => this.#branch(frame),
			branchIf: (condition, hint) => this.#branchIf(frame, condition, hint),
		});
		this.#close(frame);
	}

	#branch(frame: Frame): void {
		this.statement((code) => {
			const depth = this.#depth(frame);
			code.opcode(OPCODE.br);
			code.unsigned(depth);
		});
		frame.left ||= this.#reachable;
		this.#terminate();
	}

	#branchIf(frame: Frame, condition: I32Operand, hint: BranchHint | undefined): void {
		const test = toI32(condition);
		const site = this.#sites?.next('branchIf', hint);
		const likely = site === undefined ? hint?.likely : site.likely;
		this.#count(site?.counter);
		this.statement((code) => {
			const depth = this.#depth(frame);
			test.emit(code);
			if (likely !== undefined) code.hint(likely);
			code.opcode(OPCODE.br_if);
			code.unsigned(depth);
		});
		frame.left ||= this.#reachable;
		this.#count(site?.counter, 1);
	}

	/** Adds one to a counter of a site; nothing where nothing is counted. @param first offset of the site's first counter */
	#count(first: number | undefined, index = 0): void {
		const { branchCounters: base } = this.#module;
		if (first === undefined || first < 0 || base === undefined) return;
		const offset = first + index * COUNTER_BYTES;
		this.#store('i64.store', base, I64.load(base, offset).add(1n), offset);
	}

	/** How many blocks a branch leaves on its way. */
	#depth(frame: Frame): number {
		if (!frame.open) throw misuse(`function '${this.name}' branches to the label of a ${frame.kind} that has ended`);
		return this.#frames.length - 1 - this.#frames.lastIndexOf(frame);
	}

	#open(kind: Frame['kind']): Frame {
		const frame: Frame = { kind, open: true, left: false };
		this.#frames.push(frame);
		return frame;
	}

	#close(frame: Frame): void {
		this.#checkCurrent();
		frame.open = false;
		this.#frames.pop();
		this.#code.opcode(OPCODE.end);
		if (frame.kind === 'block') this.#reachable ||= frame.left;
		this.#terminated = false;
	}

	#terminate(): void {
		this.#reachable = false;
		this.#terminated = true;
	}

	#begin(): void {
		this.#checkCurrent();
		this.#terminated = false;
	}

	#checkCurrent(): void {
		const { current } = this.#module;
		if (current === this) return;
		if (current === undefined) throw misuse(`function '${this.name}' is finished: its builder cannot be used any more`);
		throw misuse(`the builder of function '${this.name}' is used while function '${current.name}' is built`);
	}

	#place(number: number): LocalPlace {
		return { writer: this, code: this.#code, number };
	}
}

function storeOf(value: ValueType): MemoryInstruction {
	if (value instanceof I32) return 'i32.store';
	if (value instanceof I64) return 'i64.store';
	if (value instanceof V128) return 'v128.store';
	if (value instanceof F64) return 'f64.store';
	if (value instanceof F32) return 'f32.store';
	throw misuse(`${describe(value)} cannot be stored`);
}
