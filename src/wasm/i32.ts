/** 32-bit integers. Methods are named as the specification names the instructions: `i32.lt_s` is `ltS`. */
import { access, binary, describe, Expression, misuse, selection, unary } from './expression.ts';
import { F32, F64 } from './floats.ts';
import { I64, type I64Operand, toI64 } from './i64.ts';

export type I32Operand = I32 | number;

/** Lifts a literal; refuses an expression of another class, which a cast may have let through. */
export function toI32(value: I32Operand): I32 {
	if (value instanceof I32) return value;
	if (typeof value === 'number') return I32.of(value);
	throw misuse(`an i32 is wanted here, not ${describe(value)}`);
}

/** A 32-bit integer, signed or not as its methods say (S and U). */
export class I32 extends Expression {
	declare private readonly brand: 'i32';
	static readonly type = 'i32' as const;

	/** `value` is an integer from -2^31 to 2^32 - 1. */
	static of(value: number): I32 {
		if (!Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff) throw misuse(`${describe(value)} is no 32-bit integer`);
		return new I32((code) => code.constant32(value));
	}

	/** `condition ? a : b`; both are computed. */
	static select(condition: I32Operand, a: I32Operand, b: I32Operand): I32 {
		return new I32(selection(toI32(condition), toI32(a), toI32(b)));
	}

	/** @internal */
	static lift(value: unknown): I32 {
		return toI32(value as I32Operand);
	}

	static load(address: I32Operand, offset = 0): I32 {
		return new I32(access('i32.load', offset, toI32(address)));
	}

	static load8S(address: I32Operand, offset = 0): I32 {
		return new I32(access('i32.load8_s', offset, toI32(address)));
	}

	static load8U(address: I32Operand, offset = 0): I32 {
		return new I32(access('i32.load8_u', offset, toI32(address)));
	}

	static load16S(address: I32Operand, offset = 0): I32 {
		return new I32(access('i32.load16_s', offset, toI32(address)));
	}

	static load16U(address: I32Operand, offset = 0): I32 {
		return new I32(access('i32.load16_u', offset, toI32(address)));
	}

	/** Atomic accesses trap where the address is no multiple of their width. */
	static atomicLoad(address: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.load', offset, toI32(address)));
	}

	static atomicLoad8U(address: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.load8_u', offset, toI32(address)));
	}

	static atomicLoad16U(address: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.load16_u', offset, toI32(address)));
	}

	/** Adds to what is in memory, and returns what was there before. */
	static atomicAdd(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw.add', offset, toI32(address), toI32(value)));
	}

	static atomicAdd8U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw8.add_u', offset, toI32(address), toI32(value)));
	}

	static atomicAdd16U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw16.add_u', offset, toI32(address), toI32(value)));
	}

	static atomicSub(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw.sub', offset, toI32(address), toI32(value)));
	}

	static atomicSub8U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw8.sub_u', offset, toI32(address), toI32(value)));
	}

	static atomicSub16U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw16.sub_u', offset, toI32(address), toI32(value)));
	}

	static atomicAnd(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw.and', offset, toI32(address), toI32(value)));
	}

	static atomicAnd8U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw8.and_u', offset, toI32(address), toI32(value)));
	}

	static atomicAnd16U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw16.and_u', offset, toI32(address), toI32(value)));
	}

	static atomicOr(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw.or', offset, toI32(address), toI32(value)));
	}

	static atomicOr8U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw8.or_u', offset, toI32(address), toI32(value)));
	}

	static atomicOr16U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw16.or_u', offset, toI32(address), toI32(value)));
	}

	static atomicXor(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw.xor', offset, toI32(address), toI32(value)));
	}

	static atomicXor8U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw8.xor_u', offset, toI32(address), toI32(value)));
	}

	static atomicXor16U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw16.xor_u', offset, toI32(address), toI32(value)));
	}

	/** Replaces what is in memory, and returns what was there before. */
	static atomicExchange(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw.xchg', offset, toI32(address), toI32(value)));
	}

	static atomicExchange8U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw8.xchg_u', offset, toI32(address), toI32(value)));
	}

	static atomicExchange16U(address: I32Operand, value: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw16.xchg_u', offset, toI32(address), toI32(value)));
	}

	/** Replaces what is in memory where that is `expected`, and returns what was there before. */
	static atomicCompareExchange(address: I32Operand, expected: I32Operand, replacement: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw.cmpxchg', offset, toI32(address), toI32(expected), toI32(replacement)));
	}

	static atomicCompareExchange8U(address: I32Operand, expected: I32Operand, replacement: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw8.cmpxchg_u', offset, toI32(address), toI32(expected), toI32(replacement)));
	}

	static atomicCompareExchange16U(address: I32Operand, expected: I32Operand, replacement: I32Operand, offset = 0): I32 {
		return new I32(access('i32.atomic.rmw16.cmpxchg_u', offset, toI32(address), toI32(expected), toI32(replacement)));
	}

	/**
	 * Sleeps while memory holds `expected`, until notified or for `timeout` nanoseconds (negative: for ever). 0: notified;
	 * 1: memory holds something else; 2: timed out. Traps in memory that is not shared, and where the host may not block.
	 */
	static atomicWait(address: I32Operand, expected: I32Operand, timeout: I64Operand, offset = 0): I32 {
		return new I32(access('memory.atomic.wait32', offset, toI32(address), toI32(expected), toI64(timeout)));
	}

	/** Wakes at most `count` sleepers at the address; returns how many. */
	static atomicNotify(address: I32Operand, count: I32Operand, offset = 0): I32 {
		return new I32(access('memory.atomic.notify', offset, toI32(address), toI32(count)));
	}

	add(other: I32Operand): I32 {
		return new I32(binary('i32.add', this, toI32(other)));
	}

	sub(other: I32Operand): I32 {
		return new I32(binary('i32.sub', this, toI32(other)));
	}

	mul(other: I32Operand): I32 {
		return new I32(binary('i32.mul', this, toI32(other)));
	}

	/** Traps where the divisor is 0, and where the smallest integer is divided by -1. */
	divS(other: I32Operand): I32 {
		return new I32(binary('i32.div_s', this, toI32(other)));
	}

	/** Traps where the divisor is 0. */
	divU(other: I32Operand): I32 {
		return new I32(binary('i32.div_u', this, toI32(other)));
	}

	/** Traps where the divisor is 0. */
	remS(other: I32Operand): I32 {
		return new I32(binary('i32.rem_s', this, toI32(other)));
	}

	/** Traps where the divisor is 0. */
	remU(other: I32Operand): I32 {
		return new I32(binary('i32.rem_u', this, toI32(other)));
	}

	and(other: I32Operand): I32 {
		return new I32(binary('i32.and', this, toI32(other)));
	}

	or(other: I32Operand): I32 {
		return new I32(binary('i32.or', this, toI32(other)));
	}

	xor(other: I32Operand): I32 {
		return new I32(binary('i32.xor', this, toI32(other)));
	}

	/** Shifts and rotations count modulo 32. */
	shl(other: I32Operand): I32 {
		return new I32(binary('i32.shl', this, toI32(other)));
	}

	shrS(other: I32Operand): I32 {
		return new I32(binary('i32.shr_s', this, toI32(other)));
	}

	shrU(other: I32Operand): I32 {
		return new I32(binary('i32.shr_u', this, toI32(other)));
	}

	rotl(other: I32Operand): I32 {
		return new I32(binary('i32.rotl', this, toI32(other)));
	}

	rotr(other: I32Operand): I32 {
		return new I32(binary('i32.rotr', this, toI32(other)));
	}

	/** 32 where the value is 0. */
	clz(): I32 {
		return new I32(unary('i32.clz', this));
	}

	/** 32 where the value is 0. */
	ctz(): I32 {
		return new I32(unary('i32.ctz', this));
	}

	popcnt(): I32 {
		return new I32(unary('i32.popcnt', this));
	}

	eqz(): I32 {
		return new I32(unary('i32.eqz', this));
	}

	eq(other: I32Operand): I32 {
		return new I32(binary('i32.eq', this, toI32(other)));
	}

	ne(other: I32Operand): I32 {
		return new I32(binary('i32.ne', this, toI32(other)));
	}

	ltS(other: I32Operand): I32 {
		return new I32(binary('i32.lt_s', this, toI32(other)));
	}

	ltU(other: I32Operand): I32 {
		return new I32(binary('i32.lt_u', this, toI32(other)));
	}

	gtS(other: I32Operand): I32 {
		return new I32(binary('i32.gt_s', this, toI32(other)));
	}

	gtU(other: I32Operand): I32 {
		return new I32(binary('i32.gt_u', this, toI32(other)));
	}

	leS(other: I32Operand): I32 {
		return new I32(binary('i32.le_s', this, toI32(other)));
	}

	leU(other: I32Operand): I32 {
		return new I32(binary('i32.le_u', this, toI32(other)));
	}

	geS(other: I32Operand): I32 {
		return new I32(binary('i32.ge_s', this, toI32(other)));
	}

	geU(other: I32Operand): I32 {
		return new I32(binary('i32.ge_u', this, toI32(other)));
	}

	extend8S(): I32 {
		return new I32(unary('i32.extend8_s', this));
	}

	extend16S(): I32 {
		return new I32(unary('i32.extend16_s', this));
	}

	extendS(): I64 {
		return new I64(unary('i64.extend_i32_s', this));
	}

	extendU(): I64 {
		return new I64(unary('i64.extend_i32_u', this));
	}

	toF32S(): F32 {
		return new F32(unary('f32.convert_i32_s', this));
	}

	toF32U(): F32 {
		return new F32(unary('f32.convert_i32_u', this));
	}

	toF64S(): F64 {
		return new F64(unary('f64.convert_i32_s', this));
	}

	toF64U(): F64 {
		return new F64(unary('f64.convert_i32_u', this));
	}

	/** The float of these bits. */
	reinterpretF32(): F32 {
		return new F32(unary('f32.reinterpret_i32', this));
	}
}
