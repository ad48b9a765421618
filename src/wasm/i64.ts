/** 64-bit integers. Methods are named as the specification names the instructions: `i64.lt_s` is `ltS`. */
import { access, binary, describe, Expression, misuse, selection, unary } from './expression.ts';
import { F32, F64 } from './floats.ts';
import { I32, type I32Operand, toI32 } from './i32.ts';

/** As a number, only a safe integer. */
export type I64Operand = I64 | bigint | number;

/** Lifts a literal; refuses an expression of another class, which a cast may have let through. */
export function toI64(value: I64Operand): I64 {
	if (value instanceof I64) return value;
	if (typeof value === 'number' || typeof value === 'bigint') return I64.of(value);
	throw misuse(`an i64 is wanted here, not ${describe(value)}`);
}

/** A 64-bit integer, signed or not as its methods say (S and U). */
export class I64 extends Expression {
	declare private readonly brand: 'i64';
	static readonly type = 'i64' as const;

	/** `value` is an integer from -2^63 to 2^64 - 1; as a number, a safe one. */
	static of(value: bigint | number): I64 {
		if (typeof value === 'number' && !Number.isSafeInteger(value)) throw misuse(`${value} is no safe integer: write 64-bit integers as bigint`);
		const exact = BigInt(value);
		if (exact < -0x8000000000000000n || exact > 0xffffffffffffffffn) throw misuse(`${exact} is no 64-bit integer`);
		return new I64((code) => code.constant64(exact));
	}

	/** `condition ? a : b`; both are computed. */
	static select(condition: I32Operand, a: I64Operand, b: I64Operand): I64 {
		return new I64(selection(toI32(condition), toI64(a), toI64(b)));
	}

	/** @internal */
	static lift(value: unknown): I64 {
		return toI64(value as I64Operand);
	}

	static load(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.load', offset, toI32(address)));
	}

	static load8S(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.load8_s', offset, toI32(address)));
	}

	static load8U(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.load8_u', offset, toI32(address)));
	}

	static load16S(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.load16_s', offset, toI32(address)));
	}

	static load16U(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.load16_u', offset, toI32(address)));
	}

	static load32S(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.load32_s', offset, toI32(address)));
	}

	static load32U(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.load32_u', offset, toI32(address)));
	}

	/** Atomic accesses trap where the address is no multiple of their width. */
	static atomicLoad(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.load', offset, toI32(address)));
	}

	static atomicLoad8U(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.load8_u', offset, toI32(address)));
	}

	static atomicLoad16U(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.load16_u', offset, toI32(address)));
	}

	static atomicLoad32U(address: I32Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.load32_u', offset, toI32(address)));
	}

	/** Adds to what is in memory, and returns what was there before. */
	static atomicAdd(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw.add', offset, toI32(address), toI64(value)));
	}

	static atomicAdd8U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw8.add_u', offset, toI32(address), toI64(value)));
	}

	static atomicAdd16U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw16.add_u', offset, toI32(address), toI64(value)));
	}

	static atomicAdd32U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw32.add_u', offset, toI32(address), toI64(value)));
	}

	static atomicSub(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw.sub', offset, toI32(address), toI64(value)));
	}

	static atomicSub8U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw8.sub_u', offset, toI32(address), toI64(value)));
	}

	static atomicSub16U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw16.sub_u', offset, toI32(address), toI64(value)));
	}

	static atomicSub32U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw32.sub_u', offset, toI32(address), toI64(value)));
	}

	static atomicAnd(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw.and', offset, toI32(address), toI64(value)));
	}

	static atomicAnd8U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw8.and_u', offset, toI32(address), toI64(value)));
	}

	static atomicAnd16U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw16.and_u', offset, toI32(address), toI64(value)));
	}

	static atomicAnd32U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw32.and_u', offset, toI32(address), toI64(value)));
	}

	static atomicOr(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw.or', offset, toI32(address), toI64(value)));
	}

	static atomicOr8U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw8.or_u', offset, toI32(address), toI64(value)));
	}

	static atomicOr16U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw16.or_u', offset, toI32(address), toI64(value)));
	}

	static atomicOr32U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw32.or_u', offset, toI32(address), toI64(value)));
	}

	static atomicXor(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw.xor', offset, toI32(address), toI64(value)));
	}

	static atomicXor8U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw8.xor_u', offset, toI32(address), toI64(value)));
	}

	static atomicXor16U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw16.xor_u', offset, toI32(address), toI64(value)));
	}

	static atomicXor32U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw32.xor_u', offset, toI32(address), toI64(value)));
	}

	/** Replaces what is in memory, and returns what was there before. */
	static atomicExchange(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw.xchg', offset, toI32(address), toI64(value)));
	}

	static atomicExchange8U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw8.xchg_u', offset, toI32(address), toI64(value)));
	}

	static atomicExchange16U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw16.xchg_u', offset, toI32(address), toI64(value)));
	}

	static atomicExchange32U(address: I32Operand, value: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw32.xchg_u', offset, toI32(address), toI64(value)));
	}

	/** Replaces what is in memory where that is `expected`, and returns what was there before. */
	static atomicCompareExchange(address: I32Operand, expected: I64Operand, replacement: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw.cmpxchg', offset, toI32(address), toI64(expected), toI64(replacement)));
	}

	static atomicCompareExchange8U(address: I32Operand, expected: I64Operand, replacement: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw8.cmpxchg_u', offset, toI32(address), toI64(expected), toI64(replacement)));
	}

	static atomicCompareExchange16U(address: I32Operand, expected: I64Operand, replacement: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw16.cmpxchg_u', offset, toI32(address), toI64(expected), toI64(replacement)));
	}

	static atomicCompareExchange32U(address: I32Operand, expected: I64Operand, replacement: I64Operand, offset = 0): I64 {
		return new I64(access('i64.atomic.rmw32.cmpxchg_u', offset, toI32(address), toI64(expected), toI64(replacement)));
	}

	/**
	 * Sleeps while memory holds `expected`, until notified or for `timeout` nanoseconds (negative: for ever). 0: notified;
	 * 1: memory holds something else; 2: timed out. Traps in memory that is not shared, and where the host may not block.
	 */
	static atomicWait(address: I32Operand, expected: I64Operand, timeout: I64Operand, offset = 0): I32 {
		return new I32(access('memory.atomic.wait64', offset, toI32(address), toI64(expected), toI64(timeout)));
	}

	add(other: I64Operand): I64 {
		return new I64(binary('i64.add', this, toI64(other)));
	}

	sub(other: I64Operand): I64 {
		return new I64(binary('i64.sub', this, toI64(other)));
	}

	mul(other: I64Operand): I64 {
		return new I64(binary('i64.mul', this, toI64(other)));
	}

	/** Traps where the divisor is 0, and where the smallest integer is divided by -1. */
	divS(other: I64Operand): I64 {
		return new I64(binary('i64.div_s', this, toI64(other)));
	}

	/** Traps where the divisor is 0. */
	divU(other: I64Operand): I64 {
		return new I64(binary('i64.div_u', this, toI64(other)));
	}

	/** Traps where the divisor is 0. */
	remS(other: I64Operand): I64 {
		return new I64(binary('i64.rem_s', this, toI64(other)));
	}

	/** Traps where the divisor is 0. */
	remU(other: I64Operand): I64 {
		return new I64(binary('i64.rem_u', this, toI64(other)));
	}

	and(other: I64Operand): I64 {
		return new I64(binary('i64.and', this, toI64(other)));
	}

	or(other: I64Operand): I64 {
		return new I64(binary('i64.or', this, toI64(other)));
	}

	xor(other: I64Operand): I64 {
		return new I64(binary('i64.xor', this, toI64(other)));
	}

	/** Shifts and rotations count modulo 64. */
	shl(other: I64Operand): I64 {
		return new I64(binary('i64.shl', this, toI64(other)));
	}

	shrS(other: I64Operand): I64 {
		return new I64(binary('i64.shr_s', this, toI64(other)));
	}

	shrU(other: I64Operand): I64 {
		return new I64(binary('i64.shr_u', this, toI64(other)));
	}

	rotl(other: I64Operand): I64 {
		return new I64(binary('i64.rotl', this, toI64(other)));
	}

	rotr(other: I64Operand): I64 {
		return new I64(binary('i64.rotr', this, toI64(other)));
	}

	/** 64 where the value is 0. */
	clz(): I64 {
		return new I64(unary('i64.clz', this));
	}

	/** 64 where the value is 0. */
	ctz(): I64 {
		return new I64(unary('i64.ctz', this));
	}

	popcnt(): I64 {
		return new I64(unary('i64.popcnt', this));
	}

	eqz(): I32 {
		return new I32(unary('i64.eqz', this));
	}

	eq(other: I64Operand): I32 {
		return new I32(binary('i64.eq', this, toI64(other)));
	}

	ne(other: I64Operand): I32 {
		return new I32(binary('i64.ne', this, toI64(other)));
	}

	ltS(other: I64Operand): I32 {
		return new I32(binary('i64.lt_s', this, toI64(other)));
	}

	ltU(other: I64Operand): I32 {
		return new I32(binary('i64.lt_u', this, toI64(other)));
	}

	gtS(other: I64Operand): I32 {
		return new I32(binary('i64.gt_s', this, toI64(other)));
	}

	gtU(other: I64Operand): I32 {
		return new I32(binary('i64.gt_u', this, toI64(other)));
	}

	leS(other: I64Operand): I32 {
		return new I32(binary('i64.le_s', this, toI64(other)));
	}

	leU(other: I64Operand): I32 {
		return new I32(binary('i64.le_u', this, toI64(other)));
	}

	geS(other: I64Operand): I32 {
		return new I32(binary('i64.ge_s', this, toI64(other)));
	}

	geU(other: I64Operand): I32 {
		return new I32(binary('i64.ge_u', this, toI64(other)));
	}

	extend8S(): I64 {
		return new I64(unary('i64.extend8_s', this));
	}

	extend16S(): I64 {
		return new I64(unary('i64.extend16_s', this));
	}

	extend32S(): I64 {
		return new I64(unary('i64.extend32_s', this));
	}

	/** The lower 32 bits. */
	wrap(): I32 {
		return new I32(unary('i32.wrap_i64', this));
	}

	toF32S(): F32 {
		return new F32(unary('f32.convert_i64_s', this));
	}

	toF32U(): F32 {
		return new F32(unary('f32.convert_i64_u', this));
	}

	toF64S(): F64 {
		return new F64(unary('f64.convert_i64_s', this));
	}

	toF64U(): F64 {
		return new F64(unary('f64.convert_i64_u', this));
	}

	/** The float of these bits. */
	reinterpretF64(): F64 {
		return new F64(unary('f64.reinterpret_i64', this));
	}
}
