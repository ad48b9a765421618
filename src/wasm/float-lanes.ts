/** Vectors read as floats; the rules of integer-lanes.ts hold. */
import { binary, lane, ternary, unary } from './expression.ts';
import { F32, type F32Operand, F64, type F64Operand, toF32, toF64 } from './floats.ts';
import { Lanes } from './lanes.ts';
import { toV128, V128 } from './v128.ts';

/** A vector read as 4 floats of 32 bits. */
export class F32x4 extends Lanes {
	add(other: V128): V128 {
		return new V128(binary('f32x4.add', this.vector, toV128(other)));
	}

	sub(other: V128): V128 {
		return new V128(binary('f32x4.sub', this.vector, toV128(other)));
	}

	mul(other: V128): V128 {
		return new V128(binary('f32x4.mul', this.vector, toV128(other)));
	}

	div(other: V128): V128 {
		return new V128(binary('f32x4.div', this.vector, toV128(other)));
	}

	/** NaN where either is NaN. */
	min(other: V128): V128 {
		return new V128(binary('f32x4.min', this.vector, toV128(other)));
	}

	max(other: V128): V128 {
		return new V128(binary('f32x4.max', this.vector, toV128(other)));
	}

	/** `other < this ? other : this`. */
	pmin(other: V128): V128 {
		return new V128(binary('f32x4.pmin', this.vector, toV128(other)));
	}

	/** `this < other ? other : this`. */
	pmax(other: V128): V128 {
		return new V128(binary('f32x4.pmax', this.vector, toV128(other)));
	}

	/** Comparisons give all ones in a lane where they hold, else all zeros. */
	eq(other: V128): V128 {
		return new V128(binary('f32x4.eq', this.vector, toV128(other)));
	}

	ne(other: V128): V128 {
		return new V128(binary('f32x4.ne', this.vector, toV128(other)));
	}

	lt(other: V128): V128 {
		return new V128(binary('f32x4.lt', this.vector, toV128(other)));
	}

	gt(other: V128): V128 {
		return new V128(binary('f32x4.gt', this.vector, toV128(other)));
	}

	le(other: V128): V128 {
		return new V128(binary('f32x4.le', this.vector, toV128(other)));
	}

	ge(other: V128): V128 {
		return new V128(binary('f32x4.ge', this.vector, toV128(other)));
	}

	abs(): V128 {
		return new V128(unary('f32x4.abs', this.vector));
	}

	neg(): V128 {
		return new V128(unary('f32x4.neg', this.vector));
	}

	sqrt(): V128 {
		return new V128(unary('f32x4.sqrt', this.vector));
	}

	ceil(): V128 {
		return new V128(unary('f32x4.ceil', this.vector));
	}

	floor(): V128 {
		return new V128(unary('f32x4.floor', this.vector));
	}

	trunc(): V128 {
		return new V128(unary('f32x4.trunc', this.vector));
	}

	nearest(): V128 {
		return new V128(unary('f32x4.nearest', this.vector));
	}

	extractLane(index: number): F32 {
		return new F32(lane('f32x4.extract_lane', index, 4, this.vector));
	}

	replaceLane(index: number, value: F32Operand): V128 {
		return new V128(lane('f32x4.replace_lane', index, 4, this.vector, toF32(value)));
	}

	truncSatI32S(): V128 {
		return new V128(unary('i32x4.trunc_sat_f32x4_s', this.vector));
	}

	truncSatI32U(): V128 {
		return new V128(unary('i32x4.trunc_sat_f32x4_u', this.vector));
	}

	/** Lanes 0 and 1 as f64. */
	promoteLow(): V128 {
		return new V128(unary('f64x2.promote_low_f32x4', this.vector));
	}

	/** What does not fit is up to the machine. */
	relaxedTruncI32S(): V128 {
		return new V128(unary('i32x4.relaxed_trunc_f32x4_s', this.vector));
	}

	relaxedTruncI32U(): V128 {
		return new V128(unary('i32x4.relaxed_trunc_f32x4_u', this.vector));
	}

	/** `this × factor + addend`, rounded once or twice. */
	relaxedMadd(factor: V128, addend: V128): V128 {
		return new V128(ternary('f32x4.relaxed_madd', this.vector, toV128(factor), toV128(addend)));
	}

	/** `addend - this × factor`, rounded once or twice. */
	relaxedNmadd(factor: V128, addend: V128): V128 {
		return new V128(ternary('f32x4.relaxed_nmadd', this.vector, toV128(factor), toV128(addend)));
	}

	/** NaN, and zeros of different sign, are up to the machine. */
	relaxedMin(other: V128): V128 {
		return new V128(binary('f32x4.relaxed_min', this.vector, toV128(other)));
	}

	relaxedMax(other: V128): V128 {
		return new V128(binary('f32x4.relaxed_max', this.vector, toV128(other)));
	}
}

/** A vector read as 2 floats of 64 bits. */
export class F64x2 extends Lanes {
	add(other: V128): V128 {
		return new V128(binary('f64x2.add', this.vector, toV128(other)));
	}

	sub(other: V128): V128 {
		return new V128(binary('f64x2.sub', this.vector, toV128(other)));
	}

	mul(other: V128): V128 {
		return new V128(binary('f64x2.mul', this.vector, toV128(other)));
	}

	div(other: V128): V128 {
		return new V128(binary('f64x2.div', this.vector, toV128(other)));
	}

	/** NaN where either is NaN. */
	min(other: V128): V128 {
		return new V128(binary('f64x2.min', this.vector, toV128(other)));
	}

	max(other: V128): V128 {
		return new V128(binary('f64x2.max', this.vector, toV128(other)));
	}

	/** `other < this ? other : this`. */
	pmin(other: V128): V128 {
		return new V128(binary('f64x2.pmin', this.vector, toV128(other)));
	}

	/** `this < other ? other : this`. */
	pmax(other: V128): V128 {
		return new V128(binary('f64x2.pmax', this.vector, toV128(other)));
	}

	/** Comparisons give all ones in a lane where they hold, else all zeros. */
	eq(other: V128): V128 {
		return new V128(binary('f64x2.eq', this.vector, toV128(other)));
	}

	ne(other: V128): V128 {
		return new V128(binary('f64x2.ne', this.vector, toV128(other)));
	}

	lt(other: V128): V128 {
		return new V128(binary('f64x2.lt', this.vector, toV128(other)));
	}

	gt(other: V128): V128 {
		return new V128(binary('f64x2.gt', this.vector, toV128(other)));
	}

	le(other: V128): V128 {
		return new V128(binary('f64x2.le', this.vector, toV128(other)));
	}

	ge(other: V128): V128 {
		return new V128(binary('f64x2.ge', this.vector, toV128(other)));
	}

	abs(): V128 {
		return new V128(unary('f64x2.abs', this.vector));
	}

	neg(): V128 {
		return new V128(unary('f64x2.neg', this.vector));
	}

	sqrt(): V128 {
		return new V128(unary('f64x2.sqrt', this.vector));
	}

	ceil(): V128 {
		return new V128(unary('f64x2.ceil', this.vector));
	}

	floor(): V128 {
		return new V128(unary('f64x2.floor', this.vector));
	}

	trunc(): V128 {
		return new V128(unary('f64x2.trunc', this.vector));
	}

	nearest(): V128 {
		return new V128(unary('f64x2.nearest', this.vector));
	}

	extractLane(index: number): F64 {
		return new F64(lane('f64x2.extract_lane', index, 2, this.vector));
	}

	replaceLane(index: number, value: F64Operand): V128 {
		return new V128(lane('f64x2.replace_lane', index, 2, this.vector, toF64(value)));
	}

	/** To lanes 0 and 1; lanes 2 and 3 are 0. */
	truncSatI32S(): V128 {
		return new V128(unary('i32x4.trunc_sat_f64x2_s_zero', this.vector));
	}

	truncSatI32U(): V128 {
		return new V128(unary('i32x4.trunc_sat_f64x2_u_zero', this.vector));
	}

	/** To lanes 0 and 1 as f32; lanes 2 and 3 are 0. */
	demote(): V128 {
		return new V128(unary('f32x4.demote_f64x2_zero', this.vector));
	}

	/** What does not fit is up to the machine. */
	relaxedTruncI32S(): V128 {
		return new V128(unary('i32x4.relaxed_trunc_f64x2_s_zero', this.vector));
	}

	relaxedTruncI32U(): V128 {
		return new V128(unary('i32x4.relaxed_trunc_f64x2_u_zero', this.vector));
	}

	/** `this × factor + addend`, rounded once or twice. */
	relaxedMadd(factor: V128, addend: V128): V128 {
		return new V128(ternary('f64x2.relaxed_madd', this.vector, toV128(factor), toV128(addend)));
	}

	/** `addend - this × factor`, rounded once or twice. */
	relaxedNmadd(factor: V128, addend: V128): V128 {
		return new V128(ternary('f64x2.relaxed_nmadd', this.vector, toV128(factor), toV128(addend)));
	}

	/** NaN, and zeros of different sign, are up to the machine. */
	relaxedMin(other: V128): V128 {
		return new V128(binary('f64x2.relaxed_min', this.vector, toV128(other)));
	}

	relaxedMax(other: V128): V128 {
		return new V128(binary('f64x2.relaxed_max', this.vector, toV128(other)));
	}
}
