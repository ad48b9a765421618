/**
 * How a vector's bits are read. The shape says how an operation reads its operands, also where the result has another
 * shape: `v.i8x16.extmulLowU(w)` multiplies bytes to i16 (`i16x8.extmul_low_i8x16_u`), `v.i32x4.narrowS(w)` makes i16 of
 * i32. Every result is a `V128`, to be read in any shape.
 */
import { binary, lane, ternary, unary } from './expression.ts';
import { I32, type I32Operand, toI32 } from './i32.ts';
import { I64, type I64Operand, toI64 } from './i64.ts';
import { Lanes } from './lanes.ts';
import { toV128, V128 } from './v128.ts';

/** A vector read as 16 bytes. */
export class I8x16 extends Lanes {
	add(other: V128): V128 {
		return new V128(binary('i8x16.add', this.vector, toV128(other)));
	}

	sub(other: V128): V128 {
		return new V128(binary('i8x16.sub', this.vector, toV128(other)));
	}

	/** Stays at the end of the range instead of wrapping. */
	addSatS(other: V128): V128 {
		return new V128(binary('i8x16.add_sat_s', this.vector, toV128(other)));
	}

	addSatU(other: V128): V128 {
		return new V128(binary('i8x16.add_sat_u', this.vector, toV128(other)));
	}

	subSatS(other: V128): V128 {
		return new V128(binary('i8x16.sub_sat_s', this.vector, toV128(other)));
	}

	subSatU(other: V128): V128 {
		return new V128(binary('i8x16.sub_sat_u', this.vector, toV128(other)));
	}

	minS(other: V128): V128 {
		return new V128(binary('i8x16.min_s', this.vector, toV128(other)));
	}

	minU(other: V128): V128 {
		return new V128(binary('i8x16.min_u', this.vector, toV128(other)));
	}

	maxS(other: V128): V128 {
		return new V128(binary('i8x16.max_s', this.vector, toV128(other)));
	}

	maxU(other: V128): V128 {
		return new V128(binary('i8x16.max_u', this.vector, toV128(other)));
	}

	/** `(a + b + 1) >> 1`, without overflow. */
	avgrU(other: V128): V128 {
		return new V128(binary('i8x16.avgr_u', this.vector, toV128(other)));
	}

	/** Comparisons give all ones in a lane where they hold, else all zeros. */
	eq(other: V128): V128 {
		return new V128(binary('i8x16.eq', this.vector, toV128(other)));
	}

	ne(other: V128): V128 {
		return new V128(binary('i8x16.ne', this.vector, toV128(other)));
	}

	ltS(other: V128): V128 {
		return new V128(binary('i8x16.lt_s', this.vector, toV128(other)));
	}

	ltU(other: V128): V128 {
		return new V128(binary('i8x16.lt_u', this.vector, toV128(other)));
	}

	gtS(other: V128): V128 {
		return new V128(binary('i8x16.gt_s', this.vector, toV128(other)));
	}

	gtU(other: V128): V128 {
		return new V128(binary('i8x16.gt_u', this.vector, toV128(other)));
	}

	leS(other: V128): V128 {
		return new V128(binary('i8x16.le_s', this.vector, toV128(other)));
	}

	leU(other: V128): V128 {
		return new V128(binary('i8x16.le_u', this.vector, toV128(other)));
	}

	geS(other: V128): V128 {
		return new V128(binary('i8x16.ge_s', this.vector, toV128(other)));
	}

	geU(other: V128): V128 {
		return new V128(binary('i8x16.ge_u', this.vector, toV128(other)));
	}

	abs(): V128 {
		return new V128(unary('i8x16.abs', this.vector));
	}

	neg(): V128 {
		return new V128(unary('i8x16.neg', this.vector));
	}

	popcnt(): V128 {
		return new V128(unary('i8x16.popcnt', this.vector));
	}

	/** Shifts count modulo 8. */
	shl(count: I32Operand): V128 {
		return new V128(binary('i8x16.shl', this.vector, toI32(count)));
	}

	shrS(count: I32Operand): V128 {
		return new V128(binary('i8x16.shr_s', this.vector, toI32(count)));
	}

	shrU(count: I32Operand): V128 {
		return new V128(binary('i8x16.shr_u', this.vector, toI32(count)));
	}

	/** 1 where no lane is zero, else 0. */
	allTrue(): I32 {
		return new I32(unary('i8x16.all_true', this.vector));
	}

	/** The lanes' highest bits, lane 0 lowest. */
	bitmask(): I32 {
		return new I32(unary('i8x16.bitmask', this.vector));
	}

	extractLaneS(index: number): I32 {
		return new I32(lane('i8x16.extract_lane_s', index, 16, this.vector));
	}

	extractLaneU(index: number): I32 {
		return new I32(lane('i8x16.extract_lane_u', index, 16, this.vector));
	}

	replaceLane(index: number, value: I32Operand): V128 {
		return new V128(lane('i8x16.replace_lane', index, 16, this.vector, toI32(value)));
	}

	/** Half of the lanes as i16. */
	extendLowS(): V128 {
		return new V128(unary('i16x8.extend_low_i8x16_s', this.vector));
	}

	extendLowU(): V128 {
		return new V128(unary('i16x8.extend_low_i8x16_u', this.vector));
	}

	extendHighS(): V128 {
		return new V128(unary('i16x8.extend_high_i8x16_s', this.vector));
	}

	extendHighU(): V128 {
		return new V128(unary('i16x8.extend_high_i8x16_u', this.vector));
	}

	/** Products of half of the lanes as i16. */
	extmulLowS(other: V128): V128 {
		return new V128(binary('i16x8.extmul_low_i8x16_s', this.vector, toV128(other)));
	}

	extmulLowU(other: V128): V128 {
		return new V128(binary('i16x8.extmul_low_i8x16_u', this.vector, toV128(other)));
	}

	extmulHighS(other: V128): V128 {
		return new V128(binary('i16x8.extmul_high_i8x16_s', this.vector, toV128(other)));
	}

	extmulHighU(other: V128): V128 {
		return new V128(binary('i16x8.extmul_high_i8x16_u', this.vector, toV128(other)));
	}

	/** Sums of neighbouring lanes as i16. */
	extaddPairwiseS(): V128 {
		return new V128(unary('i16x8.extadd_pairwise_i8x16_s', this.vector));
	}

	extaddPairwiseU(): V128 {
		return new V128(unary('i16x8.extadd_pairwise_i8x16_u', this.vector));
	}

	/** Sums of products of neighbouring lanes as i16. Equal on all machines where the lanes of `other` are 0 to 127. */
	relaxedDotI7(other: V128): V128 {
		return new V128(binary('i16x8.relaxed_dot_i8x16_i7x16_s', this.vector, toV128(other)));
	}

	/** Sums of four neighbouring products as i32, added to the lanes of `sum`. `other` as in `relaxedDotI7`. */
	relaxedDotI7Add(other: V128, sum: V128): V128 {
		return new V128(ternary('i32x4.relaxed_dot_i8x16_i7x16_add_s', this.vector, toV128(other), toV128(sum)));
	}

	/** Lanes of this vector where those of the mask are all ones, of the other where all zeros; else up to the machine. */
	relaxedSelect(other: V128, mask: V128): V128 {
		return new V128(ternary('i8x16.relaxed_laneselect', this.vector, toV128(other), toV128(mask)));
	}
}

/** A vector read as 8 integers of 16 bits. */
export class I16x8 extends Lanes {
	add(other: V128): V128 {
		return new V128(binary('i16x8.add', this.vector, toV128(other)));
	}

	sub(other: V128): V128 {
		return new V128(binary('i16x8.sub', this.vector, toV128(other)));
	}

	mul(other: V128): V128 {
		return new V128(binary('i16x8.mul', this.vector, toV128(other)));
	}

	/** Stays at the end of the range instead of wrapping. */
	addSatS(other: V128): V128 {
		return new V128(binary('i16x8.add_sat_s', this.vector, toV128(other)));
	}

	addSatU(other: V128): V128 {
		return new V128(binary('i16x8.add_sat_u', this.vector, toV128(other)));
	}

	subSatS(other: V128): V128 {
		return new V128(binary('i16x8.sub_sat_s', this.vector, toV128(other)));
	}

	subSatU(other: V128): V128 {
		return new V128(binary('i16x8.sub_sat_u', this.vector, toV128(other)));
	}

	minS(other: V128): V128 {
		return new V128(binary('i16x8.min_s', this.vector, toV128(other)));
	}

	minU(other: V128): V128 {
		return new V128(binary('i16x8.min_u', this.vector, toV128(other)));
	}

	maxS(other: V128): V128 {
		return new V128(binary('i16x8.max_s', this.vector, toV128(other)));
	}

	maxU(other: V128): V128 {
		return new V128(binary('i16x8.max_u', this.vector, toV128(other)));
	}

	/** `(a + b + 1) >> 1`, without overflow. */
	avgrU(other: V128): V128 {
		return new V128(binary('i16x8.avgr_u', this.vector, toV128(other)));
	}

	/** Comparisons give all ones in a lane where they hold, else all zeros. */
	eq(other: V128): V128 {
		return new V128(binary('i16x8.eq', this.vector, toV128(other)));
	}

	ne(other: V128): V128 {
		return new V128(binary('i16x8.ne', this.vector, toV128(other)));
	}

	ltS(other: V128): V128 {
		return new V128(binary('i16x8.lt_s', this.vector, toV128(other)));
	}

	ltU(other: V128): V128 {
		return new V128(binary('i16x8.lt_u', this.vector, toV128(other)));
	}

	gtS(other: V128): V128 {
		return new V128(binary('i16x8.gt_s', this.vector, toV128(other)));
	}

	gtU(other: V128): V128 {
		return new V128(binary('i16x8.gt_u', this.vector, toV128(other)));
	}

	leS(other: V128): V128 {
		return new V128(binary('i16x8.le_s', this.vector, toV128(other)));
	}

	leU(other: V128): V128 {
		return new V128(binary('i16x8.le_u', this.vector, toV128(other)));
	}

	geS(other: V128): V128 {
		return new V128(binary('i16x8.ge_s', this.vector, toV128(other)));
	}

	geU(other: V128): V128 {
		return new V128(binary('i16x8.ge_u', this.vector, toV128(other)));
	}

	abs(): V128 {
		return new V128(unary('i16x8.abs', this.vector));
	}

	neg(): V128 {
		return new V128(unary('i16x8.neg', this.vector));
	}

	/** Shifts count modulo 16. */
	shl(count: I32Operand): V128 {
		return new V128(binary('i16x8.shl', this.vector, toI32(count)));
	}

	shrS(count: I32Operand): V128 {
		return new V128(binary('i16x8.shr_s', this.vector, toI32(count)));
	}

	shrU(count: I32Operand): V128 {
		return new V128(binary('i16x8.shr_u', this.vector, toI32(count)));
	}

	/** 1 where no lane is zero, else 0. */
	allTrue(): I32 {
		return new I32(unary('i16x8.all_true', this.vector));
	}

	/** The lanes' highest bits, lane 0 lowest. */
	bitmask(): I32 {
		return new I32(unary('i16x8.bitmask', this.vector));
	}

	extractLaneS(index: number): I32 {
		return new I32(lane('i16x8.extract_lane_s', index, 8, this.vector));
	}

	extractLaneU(index: number): I32 {
		return new I32(lane('i16x8.extract_lane_u', index, 8, this.vector));
	}

	replaceLane(index: number, value: I32Operand): V128 {
		return new V128(lane('i16x8.replace_lane', index, 8, this.vector, toI32(value)));
	}

	/** These lanes, then those of the other, each as an i8 that stays at the end of its range. */
	narrowS(other: V128): V128 {
		return new V128(binary('i8x16.narrow_i16x8_s', this.vector, toV128(other)));
	}

	/** As `narrowS`, to unsigned lanes (these are read as signed). */
	narrowU(other: V128): V128 {
		return new V128(binary('i8x16.narrow_i16x8_u', this.vector, toV128(other)));
	}

	/** Half of the lanes as i32. */
	extendLowS(): V128 {
		return new V128(unary('i32x4.extend_low_i16x8_s', this.vector));
	}

	extendLowU(): V128 {
		return new V128(unary('i32x4.extend_low_i16x8_u', this.vector));
	}

	extendHighS(): V128 {
		return new V128(unary('i32x4.extend_high_i16x8_s', this.vector));
	}

	extendHighU(): V128 {
		return new V128(unary('i32x4.extend_high_i16x8_u', this.vector));
	}

	/** Products of half of the lanes as i32. */
	extmulLowS(other: V128): V128 {
		return new V128(binary('i32x4.extmul_low_i16x8_s', this.vector, toV128(other)));
	}

	extmulLowU(other: V128): V128 {
		return new V128(binary('i32x4.extmul_low_i16x8_u', this.vector, toV128(other)));
	}

	extmulHighS(other: V128): V128 {
		return new V128(binary('i32x4.extmul_high_i16x8_s', this.vector, toV128(other)));
	}

	extmulHighU(other: V128): V128 {
		return new V128(binary('i32x4.extmul_high_i16x8_u', this.vector, toV128(other)));
	}

	/** Sums of neighbouring lanes as i32. */
	extaddPairwiseS(): V128 {
		return new V128(unary('i32x4.extadd_pairwise_i16x8_s', this.vector));
	}

	extaddPairwiseU(): V128 {
		return new V128(unary('i32x4.extadd_pairwise_i16x8_u', this.vector));
	}

	/** Sums of products of neighbouring lanes as i32. */
	dot(other: V128): V128 {
		return new V128(binary('i32x4.dot_i16x8_s', this.vector, toV128(other)));
	}

	/** Products of fixed-point numbers with 15 fraction bits, rounded. */
	q15mulrSatS(other: V128): V128 {
		return new V128(binary('i16x8.q15mulr_sat_s', this.vector, toV128(other)));
	}

	/** As `q15mulrSatS`, but -1 × -1 is up to the machine. */
	relaxedQ15mulrS(other: V128): V128 {
		return new V128(binary('i16x8.relaxed_q15mulr_s', this.vector, toV128(other)));
	}

	/** Lanes of this vector where those of the mask are all ones, of the other where all zeros; else up to the machine. */
	relaxedSelect(other: V128, mask: V128): V128 {
		return new V128(ternary('i16x8.relaxed_laneselect', this.vector, toV128(other), toV128(mask)));
	}
}

/** A vector read as 4 integers of 32 bits. */
export class I32x4 extends Lanes {
	add(other: V128): V128 {
		return new V128(binary('i32x4.add', this.vector, toV128(other)));
	}

	sub(other: V128): V128 {
		return new V128(binary('i32x4.sub', this.vector, toV128(other)));
	}

	mul(other: V128): V128 {
		return new V128(binary('i32x4.mul', this.vector, toV128(other)));
	}

	minS(other: V128): V128 {
		return new V128(binary('i32x4.min_s', this.vector, toV128(other)));
	}

	minU(other: V128): V128 {
		return new V128(binary('i32x4.min_u', this.vector, toV128(other)));
	}

	maxS(other: V128): V128 {
		return new V128(binary('i32x4.max_s', this.vector, toV128(other)));
	}

	maxU(other: V128): V128 {
		return new V128(binary('i32x4.max_u', this.vector, toV128(other)));
	}

	/** Comparisons give all ones in a lane where they hold, else all zeros. */
	eq(other: V128): V128 {
		return new V128(binary('i32x4.eq', this.vector, toV128(other)));
	}

	ne(other: V128): V128 {
		return new V128(binary('i32x4.ne', this.vector, toV128(other)));
	}

	ltS(other: V128): V128 {
		return new V128(binary('i32x4.lt_s', this.vector, toV128(other)));
	}

	ltU(other: V128): V128 {
		return new V128(binary('i32x4.lt_u', this.vector, toV128(other)));
	}

	gtS(other: V128): V128 {
		return new V128(binary('i32x4.gt_s', this.vector, toV128(other)));
	}

	gtU(other: V128): V128 {
		return new V128(binary('i32x4.gt_u', this.vector, toV128(other)));
	}

	leS(other: V128): V128 {
		return new V128(binary('i32x4.le_s', this.vector, toV128(other)));
	}

	leU(other: V128): V128 {
		return new V128(binary('i32x4.le_u', this.vector, toV128(other)));
	}

	geS(other: V128): V128 {
		return new V128(binary('i32x4.ge_s', this.vector, toV128(other)));
	}

	geU(other: V128): V128 {
		return new V128(binary('i32x4.ge_u', this.vector, toV128(other)));
	}

	abs(): V128 {
		return new V128(unary('i32x4.abs', this.vector));
	}

	neg(): V128 {
		return new V128(unary('i32x4.neg', this.vector));
	}

	/** Shifts count modulo 32. */
	shl(count: I32Operand): V128 {
		return new V128(binary('i32x4.shl', this.vector, toI32(count)));
	}

	shrS(count: I32Operand): V128 {
		return new V128(binary('i32x4.shr_s', this.vector, toI32(count)));
	}

	shrU(count: I32Operand): V128 {
		return new V128(binary('i32x4.shr_u', this.vector, toI32(count)));
	}

	/** 1 where no lane is zero, else 0. */
	allTrue(): I32 {
		return new I32(unary('i32x4.all_true', this.vector));
	}

	/** The lanes' highest bits, lane 0 lowest. */
	bitmask(): I32 {
		return new I32(unary('i32x4.bitmask', this.vector));
	}

	extractLane(index: number): I32 {
		return new I32(lane('i32x4.extract_lane', index, 4, this.vector));
	}

	replaceLane(index: number, value: I32Operand): V128 {
		return new V128(lane('i32x4.replace_lane', index, 4, this.vector, toI32(value)));
	}

	/** These lanes, then those of the other, each as an i16 that stays at the end of its range. */
	narrowS(other: V128): V128 {
		return new V128(binary('i16x8.narrow_i32x4_s', this.vector, toV128(other)));
	}

	/** As `narrowS`, to unsigned lanes (these are read as signed). */
	narrowU(other: V128): V128 {
		return new V128(binary('i16x8.narrow_i32x4_u', this.vector, toV128(other)));
	}

	/** Half of the lanes as i64. */
	extendLowS(): V128 {
		return new V128(unary('i64x2.extend_low_i32x4_s', this.vector));
	}

	extendLowU(): V128 {
		return new V128(unary('i64x2.extend_low_i32x4_u', this.vector));
	}

	extendHighS(): V128 {
		return new V128(unary('i64x2.extend_high_i32x4_s', this.vector));
	}

	extendHighU(): V128 {
		return new V128(unary('i64x2.extend_high_i32x4_u', this.vector));
	}

	/** Products of half of the lanes as i64. */
	extmulLowS(other: V128): V128 {
		return new V128(binary('i64x2.extmul_low_i32x4_s', this.vector, toV128(other)));
	}

	extmulLowU(other: V128): V128 {
		return new V128(binary('i64x2.extmul_low_i32x4_u', this.vector, toV128(other)));
	}

	extmulHighS(other: V128): V128 {
		return new V128(binary('i64x2.extmul_high_i32x4_s', this.vector, toV128(other)));
	}

	extmulHighU(other: V128): V128 {
		return new V128(binary('i64x2.extmul_high_i32x4_u', this.vector, toV128(other)));
	}

	toF32S(): V128 {
		return new V128(unary('f32x4.convert_i32x4_s', this.vector));
	}

	toF32U(): V128 {
		return new V128(unary('f32x4.convert_i32x4_u', this.vector));
	}

	/** Lanes 0 and 1. */
	toF64LowS(): V128 {
		return new V128(unary('f64x2.convert_low_i32x4_s', this.vector));
	}

	toF64LowU(): V128 {
		return new V128(unary('f64x2.convert_low_i32x4_u', this.vector));
	}

	/** Lanes of this vector where those of the mask are all ones, of the other where all zeros; else up to the machine. */
	relaxedSelect(other: V128, mask: V128): V128 {
		return new V128(ternary('i32x4.relaxed_laneselect', this.vector, toV128(other), toV128(mask)));
	}
}

/** A vector read as 2 integers of 64 bits. */
export class I64x2 extends Lanes {
	add(other: V128): V128 {
		return new V128(binary('i64x2.add', this.vector, toV128(other)));
	}

	sub(other: V128): V128 {
		return new V128(binary('i64x2.sub', this.vector, toV128(other)));
	}

	mul(other: V128): V128 {
		return new V128(binary('i64x2.mul', this.vector, toV128(other)));
	}

	/** Comparisons give all ones in a lane where they hold, else all zeros. */
	eq(other: V128): V128 {
		return new V128(binary('i64x2.eq', this.vector, toV128(other)));
	}

	ne(other: V128): V128 {
		return new V128(binary('i64x2.ne', this.vector, toV128(other)));
	}

	ltS(other: V128): V128 {
		return new V128(binary('i64x2.lt_s', this.vector, toV128(other)));
	}

	gtS(other: V128): V128 {
		return new V128(binary('i64x2.gt_s', this.vector, toV128(other)));
	}

	leS(other: V128): V128 {
		return new V128(binary('i64x2.le_s', this.vector, toV128(other)));
	}

	geS(other: V128): V128 {
		return new V128(binary('i64x2.ge_s', this.vector, toV128(other)));
	}

	abs(): V128 {
		return new V128(unary('i64x2.abs', this.vector));
	}

	neg(): V128 {
		return new V128(unary('i64x2.neg', this.vector));
	}

	/** Shifts count modulo 64. */
	shl(count: I32Operand): V128 {
		return new V128(binary('i64x2.shl', this.vector, toI32(count)));
	}

	shrS(count: I32Operand): V128 {
		return new V128(binary('i64x2.shr_s', this.vector, toI32(count)));
	}

	shrU(count: I32Operand): V128 {
		return new V128(binary('i64x2.shr_u', this.vector, toI32(count)));
	}

	/** 1 where no lane is zero, else 0. */
	allTrue(): I32 {
		return new I32(unary('i64x2.all_true', this.vector));
	}

	/** The lanes' highest bits, lane 0 lowest. */
	bitmask(): I32 {
		return new I32(unary('i64x2.bitmask', this.vector));
	}

	extractLane(index: number): I64 {
		return new I64(lane('i64x2.extract_lane', index, 2, this.vector));
	}

	replaceLane(index: number, value: I64Operand): V128 {
		return new V128(lane('i64x2.replace_lane', index, 2, this.vector, toI64(value)));
	}

	/** Lanes of this vector where those of the mask are all ones, of the other where all zeros; else up to the machine. */
	relaxedSelect(other: V128, mask: V128): V128 {
		return new V128(ternary('i64x2.relaxed_laneselect', this.vector, toV128(other), toV128(mask)));
	}
}
