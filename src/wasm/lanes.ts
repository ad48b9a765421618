/**
 * A vector seen as lanes: the specification's operations under their own names. A comparison gives all ones or all
 * zeros in each lane; `bitmask` gathers the lanes' top bits, lane 0 lowest.
 */
import { F32, type F32Operand, F64, type F64Operand, I32, type I32Operand, I64, type I64Operand, laneOperation, operation, V128 } from './expressions.ts';

const vector = (name: string, ...operands: Parameters<typeof operation> extends [string, ...infer Rest] ? Rest : never): V128 => new V128(operation(name, ...operands));
const scalar = (name: string, v: V128): I32 => new I32(operation(name, v));
const lane = (name: string, index: number, count: number): number => {
	if (!Number.isInteger(index) || index < 0 || index >= count) throw new RangeError(`tickforge: ${name} has lanes 0 to ${count - 1}, not ${index}`);
	return index;
};

export class I8x16 {
	private readonly v: V128;
	constructor(v: V128) {
		this.v = v;
	}
	private two(name: string, other: V128): V128 {
		return vector(`i8x16.${name}`, this.v, other);
	}
	eq(o: V128): V128 {
		return this.two('eq', o);
	}
	ne(o: V128): V128 {
		return this.two('ne', o);
	}
	ltS(o: V128): V128 {
		return this.two('lt_s', o);
	}
	ltU(o: V128): V128 {
		return this.two('lt_u', o);
	}
	gtS(o: V128): V128 {
		return this.two('gt_s', o);
	}
	gtU(o: V128): V128 {
		return this.two('gt_u', o);
	}
	leS(o: V128): V128 {
		return this.two('le_s', o);
	}
	leU(o: V128): V128 {
		return this.two('le_u', o);
	}
	geS(o: V128): V128 {
		return this.two('ge_s', o);
	}
	geU(o: V128): V128 {
		return this.two('ge_u', o);
	}
	add(o: V128): V128 {
		return this.two('add', o);
	}
	addSatS(o: V128): V128 {
		return this.two('add_sat_s', o);
	}
	addSatU(o: V128): V128 {
		return this.two('add_sat_u', o);
	}
	sub(o: V128): V128 {
		return this.two('sub', o);
	}
	subSatS(o: V128): V128 {
		return this.two('sub_sat_s', o);
	}
	subSatU(o: V128): V128 {
		return this.two('sub_sat_u', o);
	}
	minS(o: V128): V128 {
		return this.two('min_s', o);
	}
	minU(o: V128): V128 {
		return this.two('min_u', o);
	}
	maxS(o: V128): V128 {
		return this.two('max_s', o);
	}
	maxU(o: V128): V128 {
		return this.two('max_u', o);
	}
	avgrU(o: V128): V128 {
		return this.two('avgr_u', o);
	}
	/** Sixteen i16 lanes, of this and the other, to bytes. */
	narrowS(o: V128): V128 {
		return this.two('narrow_i16x8_s', o);
	}
	narrowU(o: V128): V128 {
		return this.two('narrow_i16x8_u', o);
	}
	abs(): V128 {
		return vector('i8x16.abs', this.v);
	}
	neg(): V128 {
		return vector('i8x16.neg', this.v);
	}
	popcnt(): V128 {
		return vector('i8x16.popcnt', this.v);
	}
	shl(by: I32Operand): V128 {
		return vector('i8x16.shl', this.v, I32.from(by));
	}
	shrS(by: I32Operand): V128 {
		return vector('i8x16.shr_s', this.v, I32.from(by));
	}
	shrU(by: I32Operand): V128 {
		return vector('i8x16.shr_u', this.v, I32.from(by));
	}
	allTrue(): I32 {
		return scalar('i8x16.all_true', this.v);
	}
	bitmask(): I32 {
		return scalar('i8x16.bitmask', this.v);
	}
	extractLaneS(index: number): I32 {
		return new I32(laneOperation('i8x16.extract_lane_s', lane('i8x16', index, 16), this.v));
	}
	extractLaneU(index: number): I32 {
		return new I32(laneOperation('i8x16.extract_lane_u', lane('i8x16', index, 16), this.v));
	}
	replaceLane(index: number, value: I32Operand): V128 {
		return new V128(laneOperation('i8x16.replace_lane', lane('i8x16', index, 16), this.v, I32.from(value)));
	}
}

export class I16x8 {
	private readonly v: V128;
	constructor(v: V128) {
		this.v = v;
	}
	private two(name: string, other: V128): V128 {
		return vector(`i16x8.${name}`, this.v, other);
	}
	/** An operand may be a number, meant for every lane. */
	private lifted(name: string, other: V128 | number): V128 {
		return this.two(name, typeof other === 'number' ? V128.splat16(other) : other);
	}
	eq(o: V128): V128 {
		return this.two('eq', o);
	}
	ne(o: V128): V128 {
		return this.two('ne', o);
	}
	ltS(o: V128): V128 {
		return this.two('lt_s', o);
	}
	ltU(o: V128): V128 {
		return this.two('lt_u', o);
	}
	gtS(o: V128): V128 {
		return this.two('gt_s', o);
	}
	gtU(o: V128): V128 {
		return this.two('gt_u', o);
	}
	leS(o: V128): V128 {
		return this.two('le_s', o);
	}
	leU(o: V128): V128 {
		return this.two('le_u', o);
	}
	geS(o: V128): V128 {
		return this.two('ge_s', o);
	}
	geU(o: V128): V128 {
		return this.two('ge_u', o);
	}
	add(o: V128 | number): V128 {
		return this.lifted('add', o);
	}
	addSatS(o: V128): V128 {
		return this.two('add_sat_s', o);
	}
	addSatU(o: V128): V128 {
		return this.two('add_sat_u', o);
	}
	sub(o: V128 | number): V128 {
		return this.lifted('sub', o);
	}
	subSatS(o: V128): V128 {
		return this.two('sub_sat_s', o);
	}
	subSatU(o: V128): V128 {
		return this.two('sub_sat_u', o);
	}
	mul(o: V128 | number): V128 {
		return this.lifted('mul', o);
	}
	minS(o: V128): V128 {
		return this.two('min_s', o);
	}
	minU(o: V128): V128 {
		return this.two('min_u', o);
	}
	maxS(o: V128): V128 {
		return this.two('max_s', o);
	}
	maxU(o: V128): V128 {
		return this.two('max_u', o);
	}
	avgrU(o: V128): V128 {
		return this.two('avgr_u', o);
	}
	q15mulrSatS(o: V128): V128 {
		return this.two('q15mulr_sat_s', o);
	}
	narrowS(o: V128): V128 {
		return this.two('narrow_i32x4_s', o);
	}
	narrowU(o: V128): V128 {
		return this.two('narrow_i32x4_u', o);
	}
	/** Products of neighbouring i16 lanes, summed to i32. */
	dot(o: V128): V128 {
		return vector('i32x4.dot_i16x8_s', this.v, o);
	}
	extmulLowS(o: V128): V128 {
		return this.two('extmul_low_i8x16_s', o);
	}
	extmulHighS(o: V128): V128 {
		return this.two('extmul_high_i8x16_s', o);
	}
	extmulLowU(o: V128): V128 {
		return this.two('extmul_low_i8x16_u', o);
	}
	extmulHighU(o: V128): V128 {
		return this.two('extmul_high_i8x16_u', o);
	}
	extaddPairwiseS(): V128 {
		return vector('i16x8.extadd_pairwise_i8x16_s', this.v);
	}
	extaddPairwiseU(): V128 {
		return vector('i16x8.extadd_pairwise_i8x16_u', this.v);
	}
	extendLowS(): V128 {
		return vector('i16x8.extend_low_i8x16_s', this.v);
	}
	extendHighS(): V128 {
		return vector('i16x8.extend_high_i8x16_s', this.v);
	}
	extendLowU(): V128 {
		return vector('i16x8.extend_low_i8x16_u', this.v);
	}
	extendHighU(): V128 {
		return vector('i16x8.extend_high_i8x16_u', this.v);
	}
	/** Relaxed: bytes times 7-bit bytes, neighbours summed. */
	relaxedDotI8I7(o: V128): V128 {
		return this.two('relaxed_dot_i8x16_i7x16_s', o);
	}
	abs(): V128 {
		return vector('i16x8.abs', this.v);
	}
	neg(): V128 {
		return vector('i16x8.neg', this.v);
	}
	shl(by: I32Operand): V128 {
		return vector('i16x8.shl', this.v, I32.from(by));
	}
	shrS(by: I32Operand): V128 {
		return vector('i16x8.shr_s', this.v, I32.from(by));
	}
	shrU(by: I32Operand): V128 {
		return vector('i16x8.shr_u', this.v, I32.from(by));
	}
	allTrue(): I32 {
		return scalar('i16x8.all_true', this.v);
	}
	bitmask(): I32 {
		return scalar('i16x8.bitmask', this.v);
	}
	extractLaneS(index: number): I32 {
		return new I32(laneOperation('i16x8.extract_lane_s', lane('i16x8', index, 8), this.v));
	}
	extractLaneU(index: number): I32 {
		return new I32(laneOperation('i16x8.extract_lane_u', lane('i16x8', index, 8), this.v));
	}
	replaceLane(index: number, value: I32Operand): V128 {
		return new V128(laneOperation('i16x8.replace_lane', lane('i16x8', index, 8), this.v, I32.from(value)));
	}
}

export class I32x4 {
	private readonly v: V128;
	constructor(v: V128) {
		this.v = v;
	}
	private two(name: string, other: V128): V128 {
		return vector(`i32x4.${name}`, this.v, other);
	}
	eq(o: V128): V128 {
		return this.two('eq', o);
	}
	ne(o: V128): V128 {
		return this.two('ne', o);
	}
	ltS(o: V128): V128 {
		return this.two('lt_s', o);
	}
	ltU(o: V128): V128 {
		return this.two('lt_u', o);
	}
	gtS(o: V128): V128 {
		return this.two('gt_s', o);
	}
	gtU(o: V128): V128 {
		return this.two('gt_u', o);
	}
	leS(o: V128): V128 {
		return this.two('le_s', o);
	}
	leU(o: V128): V128 {
		return this.two('le_u', o);
	}
	geS(o: V128): V128 {
		return this.two('ge_s', o);
	}
	geU(o: V128): V128 {
		return this.two('ge_u', o);
	}
	add(o: V128): V128 {
		return this.two('add', o);
	}
	sub(o: V128): V128 {
		return this.two('sub', o);
	}
	mul(o: V128): V128 {
		return this.two('mul', o);
	}
	minS(o: V128): V128 {
		return this.two('min_s', o);
	}
	minU(o: V128): V128 {
		return this.two('min_u', o);
	}
	maxS(o: V128): V128 {
		return this.two('max_s', o);
	}
	maxU(o: V128): V128 {
		return this.two('max_u', o);
	}
	/** The i32 lanes of this and the other as eight i16. */
	narrowS(o: V128): V128 {
		return vector('i16x8.narrow_i32x4_s', this.v, o);
	}
	narrowU(o: V128): V128 {
		return vector('i16x8.narrow_i32x4_u', this.v, o);
	}
	extmulLowS(o: V128): V128 {
		return this.two('extmul_low_i16x8_s', o);
	}
	extmulHighS(o: V128): V128 {
		return this.two('extmul_high_i16x8_s', o);
	}
	extmulLowU(o: V128): V128 {
		return this.two('extmul_low_i16x8_u', o);
	}
	extmulHighU(o: V128): V128 {
		return this.two('extmul_high_i16x8_u', o);
	}
	extaddPairwiseS(): V128 {
		return vector('i32x4.extadd_pairwise_i16x8_s', this.v);
	}
	extaddPairwiseU(): V128 {
		return vector('i32x4.extadd_pairwise_i16x8_u', this.v);
	}
	extendLowS(): V128 {
		return vector('i32x4.extend_low_i16x8_s', this.v);
	}
	extendHighS(): V128 {
		return vector('i32x4.extend_high_i16x8_s', this.v);
	}
	extendLowU(): V128 {
		return vector('i32x4.extend_low_i16x8_u', this.v);
	}
	extendHighU(): V128 {
		return vector('i32x4.extend_high_i16x8_u', this.v);
	}
	/** Relaxed: bytes times 7-bit bytes, fours summed, plus `sum`. */
	relaxedDotAddI8I7(o: V128, sum: V128): V128 {
		return vector('i32x4.relaxed_dot_i8x16_i7x16_add_s', this.v, o, sum);
	}
	truncSatF64S(): V128 {
		return vector('i32x4.trunc_sat_f64x2_s_zero', this.v);
	}
	abs(): V128 {
		return vector('i32x4.abs', this.v);
	}
	neg(): V128 {
		return vector('i32x4.neg', this.v);
	}
	shl(by: I32Operand): V128 {
		return vector('i32x4.shl', this.v, I32.from(by));
	}
	shrS(by: I32Operand): V128 {
		return vector('i32x4.shr_s', this.v, I32.from(by));
	}
	shrU(by: I32Operand): V128 {
		return vector('i32x4.shr_u', this.v, I32.from(by));
	}
	allTrue(): I32 {
		return scalar('i32x4.all_true', this.v);
	}
	bitmask(): I32 {
		return scalar('i32x4.bitmask', this.v);
	}
	extractLane(index: number): I32 {
		return new I32(laneOperation('i32x4.extract_lane', lane('i32x4', index, 4), this.v));
	}
	replaceLane(index: number, value: I32Operand): V128 {
		return new V128(laneOperation('i32x4.replace_lane', lane('i32x4', index, 4), this.v, I32.from(value)));
	}
}

export class I64x2 {
	private readonly v: V128;
	constructor(v: V128) {
		this.v = v;
	}
	private two(name: string, other: V128): V128 {
		return vector(`i64x2.${name}`, this.v, other);
	}
	eq(o: V128): V128 {
		return this.two('eq', o);
	}
	ne(o: V128): V128 {
		return this.two('ne', o);
	}
	ltS(o: V128): V128 {
		return this.two('lt_s', o);
	}
	gtS(o: V128): V128 {
		return this.two('gt_s', o);
	}
	leS(o: V128): V128 {
		return this.two('le_s', o);
	}
	geS(o: V128): V128 {
		return this.two('ge_s', o);
	}
	add(o: V128): V128 {
		return this.two('add', o);
	}
	sub(o: V128): V128 {
		return this.two('sub', o);
	}
	mul(o: V128): V128 {
		return this.two('mul', o);
	}
	extmulLowS(o: V128): V128 {
		return this.two('extmul_low_i32x4_s', o);
	}
	extmulHighS(o: V128): V128 {
		return this.two('extmul_high_i32x4_s', o);
	}
	extmulLowU(o: V128): V128 {
		return this.two('extmul_low_i32x4_u', o);
	}
	extmulHighU(o: V128): V128 {
		return this.two('extmul_high_i32x4_u', o);
	}
	extendLowS(): V128 {
		return vector('i64x2.extend_low_i32x4_s', this.v);
	}
	extendHighS(): V128 {
		return vector('i64x2.extend_high_i32x4_s', this.v);
	}
	extendLowU(): V128 {
		return vector('i64x2.extend_low_i32x4_u', this.v);
	}
	extendHighU(): V128 {
		return vector('i64x2.extend_high_i32x4_u', this.v);
	}
	abs(): V128 {
		return vector('i64x2.abs', this.v);
	}
	neg(): V128 {
		return vector('i64x2.neg', this.v);
	}
	shl(by: I32Operand): V128 {
		return vector('i64x2.shl', this.v, I32.from(by));
	}
	shrS(by: I32Operand): V128 {
		return vector('i64x2.shr_s', this.v, I32.from(by));
	}
	shrU(by: I32Operand): V128 {
		return vector('i64x2.shr_u', this.v, I32.from(by));
	}
	allTrue(): I32 {
		return scalar('i64x2.all_true', this.v);
	}
	bitmask(): I32 {
		return scalar('i64x2.bitmask', this.v);
	}
	extractLane(index: number): I64 {
		return new I64(laneOperation('i64x2.extract_lane', lane('i64x2', index, 2), this.v));
	}
	replaceLane(index: number, value: I64Operand): V128 {
		return new V128(laneOperation('i64x2.replace_lane', lane('i64x2', index, 2), this.v, I64.from(value)));
	}
}

export class F64x2 {
	private readonly v: V128;
	constructor(v: V128) {
		this.v = v;
	}
	private two(name: string, other: V128): V128 {
		return vector(`f64x2.${name}`, this.v, other);
	}
	eq(o: V128): V128 {
		return this.two('eq', o);
	}
	ne(o: V128): V128 {
		return this.two('ne', o);
	}
	lt(o: V128): V128 {
		return this.two('lt', o);
	}
	gt(o: V128): V128 {
		return this.two('gt', o);
	}
	le(o: V128): V128 {
		return this.two('le', o);
	}
	ge(o: V128): V128 {
		return this.two('ge', o);
	}
	add(o: V128): V128 {
		return this.two('add', o);
	}
	sub(o: V128): V128 {
		return this.two('sub', o);
	}
	mul(o: V128): V128 {
		return this.two('mul', o);
	}
	div(o: V128): V128 {
		return this.two('div', o);
	}
	min(o: V128): V128 {
		return this.two('min', o);
	}
	max(o: V128): V128 {
		return this.two('max', o);
	}
	abs(): V128 {
		return vector('f64x2.abs', this.v);
	}
	neg(): V128 {
		return vector('f64x2.neg', this.v);
	}
	sqrt(): V128 {
		return vector('f64x2.sqrt', this.v);
	}
	floor(): V128 {
		return vector('f64x2.floor', this.v);
	}
	convertLowI32S(): V128 {
		return vector('f64x2.convert_low_i32x4_s', this.v);
	}
	convertLowI32U(): V128 {
		return vector('f64x2.convert_low_i32x4_u', this.v);
	}
	/** Relaxed: this × a + b, fused or not. */
	relaxedMadd(a: V128, b: V128): V128 {
		return vector('f64x2.relaxed_madd', this.v, a, b);
	}
	relaxedNmadd(a: V128, b: V128): V128 {
		return vector('f64x2.relaxed_nmadd', this.v, a, b);
	}
	extractLane(index: number): F64 {
		return new F64(laneOperation('f64x2.extract_lane', lane('f64x2', index, 2), this.v));
	}
	replaceLane(index: number, value: F64Operand): V128 {
		return new V128(laneOperation('f64x2.replace_lane', lane('f64x2', index, 2), this.v, F64.from(value)));
	}
	static splat = (value: F64Operand): V128 => vector('f64x2.splat', F64.from(value));
}

export class F32x4 {
	private readonly v: V128;
	constructor(v: V128) {
		this.v = v;
	}
	private two(name: string, other: V128): V128 {
		return vector(`f32x4.${name}`, this.v, other);
	}
	eq(o: V128): V128 {
		return this.two('eq', o);
	}
	ne(o: V128): V128 {
		return this.two('ne', o);
	}
	lt(o: V128): V128 {
		return this.two('lt', o);
	}
	gt(o: V128): V128 {
		return this.two('gt', o);
	}
	le(o: V128): V128 {
		return this.two('le', o);
	}
	ge(o: V128): V128 {
		return this.two('ge', o);
	}
	add(o: V128): V128 {
		return this.two('add', o);
	}
	sub(o: V128): V128 {
		return this.two('sub', o);
	}
	mul(o: V128): V128 {
		return this.two('mul', o);
	}
	div(o: V128): V128 {
		return this.two('div', o);
	}
	min(o: V128): V128 {
		return this.two('min', o);
	}
	max(o: V128): V128 {
		return this.two('max', o);
	}
	abs(): V128 {
		return vector('f32x4.abs', this.v);
	}
	neg(): V128 {
		return vector('f32x4.neg', this.v);
	}
	sqrt(): V128 {
		return vector('f32x4.sqrt', this.v);
	}
	relaxedMadd(a: V128, b: V128): V128 {
		return vector('f32x4.relaxed_madd', this.v, a, b);
	}
	extractLane(index: number): F32 {
		return new F32(laneOperation('f32x4.extract_lane', lane('f32x4', index, 4), this.v));
	}
	replaceLane(index: number, value: F32Operand): V128 {
		return new V128(laneOperation('f32x4.replace_lane', lane('f32x4', index, 4), this.v, F32.from(value)));
	}
}
