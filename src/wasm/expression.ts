/**
 * What all expressions share. An expression is a promise of instructions that leave one value on the stack; it is
 * written where a statement uses it. So
 *
 * - used twice, it is written (and computed) twice: bind it with `f.local` to compute it once;
 * - used never, it is not written at all, a call included: `f.call` and `f.drop` are the statements for effects;
 * - a local in it is read where the statement stands, not where the expression was made.
 */
import type { Code } from './code.ts';
import { type AtomicInstruction, atomicAlignment, type LaneInstruction, type MemoryInstruction, type MemoryLaneInstruction, OPCODE, type PlainInstruction } from './opcodes.ts';

/** Writes the instructions of an expression. */
export type Emit = (code: Code) => void;

/** A fault in how the assembler is used. Generated code never gets as far as an engine with one. */
export function misuse(message: string): Error {
	return new Error(`tickforge: ${message}`);
}

export abstract class Expression {
	/** @internal */
	readonly emit: Emit;

	/** @internal */
	constructor(emit: Emit) {
		this.emit = emit;
	}
}

/** What a value is called in messages. */
export function describe(value: unknown): string {
	if (value instanceof Expression) return `an expression of ${(value.constructor as { type?: string }).type}`;
	return typeof value === 'bigint' ? `${value}n` : String(value);
}

export function unary(instruction: PlainInstruction, a: Expression): Emit {
	const opcode = OPCODE[instruction];
	return (code) => {
		a.emit(code);
		code.opcode(opcode);
	};
}

export function binary(instruction: PlainInstruction, a: Expression, b: Expression): Emit {
	const opcode = OPCODE[instruction];
	return (code) => {
		a.emit(code);
		b.emit(code);
		code.opcode(opcode);
	};
}

export function ternary(instruction: PlainInstruction, a: Expression, b: Expression, c: Expression): Emit {
	const opcode = OPCODE[instruction];
	return (code) => {
		a.emit(code);
		b.emit(code);
		c.emit(code);
		code.opcode(opcode);
	};
}

/** `select` takes the condition last. */
export function selection(condition: Expression, a: Expression, b: Expression): Emit {
	return (code) => {
		a.emit(code);
		b.emit(code);
		condition.emit(code);
		code.opcode(OPCODE.select);
	};
}

/** A load, or with values a store or a read-modify-write. */
export function access(instruction: MemoryInstruction | AtomicInstruction, offset: number, ...operands: Expression[]): Emit {
	checkOffset(offset);
	const opcode = OPCODE[instruction];
	const alignment = opcode >>> 12 === 0xfe ? atomicAlignment(instruction as AtomicInstruction) : 0;
	return (code) => {
		for (const operand of operands) operand.emit(code);
		code.opcode(opcode);
		code.memoryArgument(alignment, offset);
	};
}

export function laneAccess(instruction: MemoryLaneInstruction, offset: number, lane: number, lanes: number, address: Expression, vector: Expression): Emit {
	checkOffset(offset);
	checkLane(lane, lanes);
	const opcode = OPCODE[instruction];
	return (code) => {
		address.emit(code);
		vector.emit(code);
		code.opcode(opcode);
		code.memoryArgument(0, offset);
		code.byte(lane);
	};
}

export function lane(instruction: LaneInstruction, index: number, lanes: number, vector: Expression, value?: Expression): Emit {
	checkLane(index, lanes);
	const opcode = OPCODE[instruction];
	return (code) => {
		vector.emit(code);
		value?.emit(code);
		code.opcode(opcode);
		code.byte(index);
	};
}

export function checkLane(index: number, lanes: number): void {
	if (!Number.isInteger(index) || index < 0 || index >= lanes) throw misuse(`${index} is no lane: the vector has lanes 0 to ${lanes - 1}`);
}

function checkOffset(offset: number): void {
	if (!Number.isInteger(offset) || offset < 0 || offset > 0xffffffff) throw misuse(`${offset} is no memory offset: offsets are integers from 0 to 4294967295`);
}
