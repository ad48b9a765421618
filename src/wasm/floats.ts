/** Floats. Methods are named as the specification names the instructions. */
import { access, binary, describe, Expression, misuse, selection, unary } from './expression.ts';
import { I32, type I32Operand, toI32 } from './i32.ts';
import { I64 } from './i64.ts';

export type F32Operand = F32 | number;
export type F64Operand = F64 | number;

/** Lifts a literal; refuses an expression of another class, which a cast may have let through. */
export function toF32(value: F32Operand): F32 {
	if (value instanceof F32) return value;
	if (typeof value === 'number') return F32.of(value);
	throw misuse(`an f32 is wanted here, not ${describe(value)}`);
}

/** Lifts a literal; refuses an expression of another class, which a cast may have let through. */
export function toF64(value: F64Operand): F64 {
	if (value instanceof F64) return value;
	if (typeof value === 'number') return F64.of(value);
	throw misuse(`an f64 is wanted here, not ${describe(value)}`);
}

/** A 32-bit float of IEEE 754. */
export class F32 extends Expression {
	declare private readonly brand: 'f32';
	static readonly type = 'f32' as const;

	static of(value: number): F32 {
		if (typeof value !== 'number') throw misuse(`${describe(value)} is no float`);
		return new F32((code) => code.constantF32(value));
	}

	/** `condition ? a : b`; both are computed. */
	static select(condition: I32Operand, a: F32Operand, b: F32Operand): F32 {
		return new F32(selection(toI32(condition), toF32(a), toF32(b)));
	}

	/** @internal */
	static lift(value: unknown): F32 {
		return toF32(value as F32Operand);
	}

	static load(address: I32Operand, offset = 0): F32 {
		return new F32(access('f32.load', offset, toI32(address)));
	}

	add(other: F32Operand): F32 {
		return new F32(binary('f32.add', this, toF32(other)));
	}

	sub(other: F32Operand): F32 {
		return new F32(binary('f32.sub', this, toF32(other)));
	}

	mul(other: F32Operand): F32 {
		return new F32(binary('f32.mul', this, toF32(other)));
	}

	div(other: F32Operand): F32 {
		return new F32(binary('f32.div', this, toF32(other)));
	}

	/** NaN where either is NaN. */
	min(other: F32Operand): F32 {
		return new F32(binary('f32.min', this, toF32(other)));
	}

	/** NaN where either is NaN. */
	max(other: F32Operand): F32 {
		return new F32(binary('f32.max', this, toF32(other)));
	}

	/** This value with the other's sign. */
	copysign(other: F32Operand): F32 {
		return new F32(binary('f32.copysign', this, toF32(other)));
	}

	abs(): F32 {
		return new F32(unary('f32.abs', this));
	}

	neg(): F32 {
		return new F32(unary('f32.neg', this));
	}

	ceil(): F32 {
		return new F32(unary('f32.ceil', this));
	}

	floor(): F32 {
		return new F32(unary('f32.floor', this));
	}

	trunc(): F32 {
		return new F32(unary('f32.trunc', this));
	}

	/** The nearest integer, ties to even. */
	nearest(): F32 {
		return new F32(unary('f32.nearest', this));
	}

	sqrt(): F32 {
		return new F32(unary('f32.sqrt', this));
	}

	eq(other: F32Operand): I32 {
		return new I32(binary('f32.eq', this, toF32(other)));
	}

	ne(other: F32Operand): I32 {
		return new I32(binary('f32.ne', this, toF32(other)));
	}

	lt(other: F32Operand): I32 {
		return new I32(binary('f32.lt', this, toF32(other)));
	}

	gt(other: F32Operand): I32 {
		return new I32(binary('f32.gt', this, toF32(other)));
	}

	le(other: F32Operand): I32 {
		return new I32(binary('f32.le', this, toF32(other)));
	}

	ge(other: F32Operand): I32 {
		return new I32(binary('f32.ge', this, toF32(other)));
	}

	/** Toward zero; traps where the result does not fit. */
	truncI32S(): I32 {
		return new I32(unary('i32.trunc_f32_s', this));
	}

	/** Toward zero; traps where the result does not fit. */
	truncI32U(): I32 {
		return new I32(unary('i32.trunc_f32_u', this));
	}

	/** Toward zero; traps where the result does not fit. */
	truncI64S(): I64 {
		return new I64(unary('i64.trunc_f32_s', this));
	}

	/** Toward zero; traps where the result does not fit. */
	truncI64U(): I64 {
		return new I64(unary('i64.trunc_f32_u', this));
	}

	/** Toward zero, to the nearest end of the range where the result does not fit; NaN becomes 0. */
	truncSatI32S(): I32 {
		return new I32(unary('i32.trunc_sat_f32_s', this));
	}

	/** Toward zero, to the nearest end of the range where the result does not fit; NaN becomes 0. */
	truncSatI32U(): I32 {
		return new I32(unary('i32.trunc_sat_f32_u', this));
	}

	/** Toward zero, to the nearest end of the range where the result does not fit; NaN becomes 0. */
	truncSatI64S(): I64 {
		return new I64(unary('i64.trunc_sat_f32_s', this));
	}

	/** Toward zero, to the nearest end of the range where the result does not fit; NaN becomes 0. */
	truncSatI64U(): I64 {
		return new I64(unary('i64.trunc_sat_f32_u', this));
	}

	promote(): F64 {
		return new F64(unary('f64.promote_f32', this));
	}

	reinterpretI32(): I32 {
		return new I32(unary('i32.reinterpret_f32', this));
	}
}

/** A 64-bit float of IEEE 754. */
export class F64 extends Expression {
	declare private readonly brand: 'f64';
	static readonly type = 'f64' as const;

	static of(value: number): F64 {
		if (typeof value !== 'number') throw misuse(`${describe(value)} is no float`);
		return new F64((code) => code.constantF64(value));
	}

	/** `condition ? a : b`; both are computed. */
	static select(condition: I32Operand, a: F64Operand, b: F64Operand): F64 {
		return new F64(selection(toI32(condition), toF64(a), toF64(b)));
	}

	/** @internal */
	static lift(value: unknown): F64 {
		return toF64(value as F64Operand);
	}

	static load(address: I32Operand, offset = 0): F64 {
		return new F64(access('f64.load', offset, toI32(address)));
	}

	add(other: F64Operand): F64 {
		return new F64(binary('f64.add', this, toF64(other)));
	}

	sub(other: F64Operand): F64 {
		return new F64(binary('f64.sub', this, toF64(other)));
	}

	mul(other: F64Operand): F64 {
		return new F64(binary('f64.mul', this, toF64(other)));
	}

	div(other: F64Operand): F64 {
		return new F64(binary('f64.div', this, toF64(other)));
	}

	/** NaN where either is NaN. */
	min(other: F64Operand): F64 {
		return new F64(binary('f64.min', this, toF64(other)));
	}

	/** NaN where either is NaN. */
	max(other: F64Operand): F64 {
		return new F64(binary('f64.max', this, toF64(other)));
	}

	/** This value with the other's sign. */
	copysign(other: F64Operand): F64 {
		return new F64(binary('f64.copysign', this, toF64(other)));
	}

	abs(): F64 {
		return new F64(unary('f64.abs', this));
	}

	neg(): F64 {
		return new F64(unary('f64.neg', this));
	}

	ceil(): F64 {
		return new F64(unary('f64.ceil', this));
	}

	floor(): F64 {
		return new F64(unary('f64.floor', this));
	}

	trunc(): F64 {
		return new F64(unary('f64.trunc', this));
	}

	/** The nearest integer, ties to even. */
	nearest(): F64 {
		return new F64(unary('f64.nearest', this));
	}

	sqrt(): F64 {
		return new F64(unary('f64.sqrt', this));
	}

	eq(other: F64Operand): I32 {
		return new I32(binary('f64.eq', this, toF64(other)));
	}

	ne(other: F64Operand): I32 {
		return new I32(binary('f64.ne', this, toF64(other)));
	}

	lt(other: F64Operand): I32 {
		return new I32(binary('f64.lt', this, toF64(other)));
	}

	gt(other: F64Operand): I32 {
		return new I32(binary('f64.gt', this, toF64(other)));
	}

	le(other: F64Operand): I32 {
		return new I32(binary('f64.le', this, toF64(other)));
	}

	ge(other: F64Operand): I32 {
		return new I32(binary('f64.ge', this, toF64(other)));
	}

	/** Toward zero; traps where the result does not fit. */
	truncI32S(): I32 {
		return new I32(unary('i32.trunc_f64_s', this));
	}

	/** Toward zero; traps where the result does not fit. */
	truncI32U(): I32 {
		return new I32(unary('i32.trunc_f64_u', this));
	}

	/** Toward zero; traps where the result does not fit. */
	truncI64S(): I64 {
		return new I64(unary('i64.trunc_f64_s', this));
	}

	/** Toward zero; traps where the result does not fit. */
	truncI64U(): I64 {
		return new I64(unary('i64.trunc_f64_u', this));
	}

	/** Toward zero, to the nearest end of the range where the result does not fit; NaN becomes 0. */
	truncSatI32S(): I32 {
		return new I32(unary('i32.trunc_sat_f64_s', this));
	}

	/** Toward zero, to the nearest end of the range where the result does not fit; NaN becomes 0. */
	truncSatI32U(): I32 {
		return new I32(unary('i32.trunc_sat_f64_u', this));
	}

	/** Toward zero, to the nearest end of the range where the result does not fit; NaN becomes 0. */
	truncSatI64S(): I64 {
		return new I64(unary('i64.trunc_sat_f64_s', this));
	}

	/** Toward zero, to the nearest end of the range where the result does not fit; NaN becomes 0. */
	truncSatI64U(): I64 {
		return new I64(unary('i64.trunc_sat_f64_u', this));
	}

	demote(): F32 {
		return new F32(unary('f32.demote_f64', this));
	}

	reinterpretI64(): I64 {
		return new I64(unary('i64.reinterpret_f64', this));
	}
}
