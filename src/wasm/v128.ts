/** Vectors of 128 bits. What depends on lanes is in the readings `i8x16` to `f64x2`. */
import { access, binary, describe, Expression, laneAccess, misuse, selection, ternary, unary } from './expression.ts';
import { F32x4, F64x2 } from './float-lanes.ts';
import { type F32Operand, type F64Operand, toF32, toF64 } from './floats.ts';
import { I32, type I32Operand, toI32 } from './i32.ts';
import { type I64Operand, toI64 } from './i64.ts';
import { I8x16, I16x8, I32x4, I64x2 } from './integer-lanes.ts';
import { OPCODE } from './opcodes.ts';

/** Refuses an expression of another class, which a cast may have let through. */
export function toV128(value: V128): V128 {
	if (value instanceof V128) return value;
	throw misuse(`a v128 is wanted here, not ${describe(value)}`);
}

/** An integer literal of `bits` bits, signed or not. */
function checkLiteral(value: I32Operand, bits: number): I32Operand {
	if (typeof value === 'number' && (!Number.isInteger(value) || value < -(2 ** (bits - 1)) || value >= 2 ** bits)) throw misuse(`${value} is no ${bits}-bit integer`);
	return value;
}

/** 128 bits, without a shape until one is chosen. */
export class V128 extends Expression {
	declare private readonly brand: 'v128';
	static readonly type = 'v128' as const;

	/** A constant of 16 bytes, lane 0 first. */
	static of(bytes: ArrayLike<number>): V128 {
		if (bytes.length !== 16) throw misuse(`a vector has 16 bytes, not ${bytes.length}`);
		for (let i = 0; i < 16; i++) checkLiteral(bytes[i] as number, 8);
		const copy = Uint8Array.from(bytes);
		return new V128((code) => {
			code.opcode(OPCODE['v128.const']);
			code.bytes(copy);
		});
	}

	/** A constant of 16 bytes, lane 0 first. */
	static bytes(...bytes: number[]): V128 {
		return V128.of(bytes);
	}

	/** Four lanes; a constant where all are literals. */
	static i32x4(a: I32Operand, b: I32Operand, c: I32Operand, d: I32Operand): V128 {
		const lanes = [a, b, c, d];
		if (lanes.every((lane) => typeof lane === 'number')) {
			for (const lane of lanes) checkLiteral(lane, 32);
			return V128.of(new Uint8Array(Int32Array.from(lanes, (lane) => (lane as number) | 0).buffer));
		}
		return V128.splat32(a).i32x4.replaceLane(1, b).i32x4.replaceLane(2, c).i32x4.replaceLane(3, d);
	}

	/** Two lanes; a constant where both are literals. */
	static i64x2(low: I64Operand, high: I64Operand): V128 {
		if (!(low instanceof Expression) && !(high instanceof Expression)) {
			// The class checks the range.
			toI64(low);
			toI64(high);
			return V128.of(new Uint8Array(BigInt64Array.of(BigInt(low), BigInt(high)).buffer));
		}
		return V128.splat64(low).i64x2.replaceLane(1, high);
	}

	/** The lowest 8 bits to every lane. A literal stays a scalar constant, a quarter of the bytes of a vector constant. */
	static splat8(value: I32Operand): V128 {
		return new V128(unary('i8x16.splat', toI32(checkLiteral(value, 8))));
	}

	static splat16(value: I32Operand): V128 {
		return new V128(unary('i16x8.splat', toI32(checkLiteral(value, 16))));
	}

	static splat32(value: I32Operand): V128 {
		return new V128(unary('i32x4.splat', toI32(value)));
	}

	static splat64(value: I64Operand): V128 {
		return new V128(unary('i64x2.splat', toI64(value)));
	}

	static splatF32(value: F32Operand): V128 {
		return new V128(unary('f32x4.splat', toF32(value)));
	}

	static splatF64(value: F64Operand): V128 {
		return new V128(unary('f64x2.splat', toF64(value)));
	}

	/** `condition ? a : b` of whole vectors; both are computed. */
	static select(condition: I32Operand, a: V128, b: V128): V128 {
		return new V128(selection(toI32(condition), toV128(a), toV128(b)));
	}

	/** Bits of `a` where the mask has ones, of `b` where it has zeros. */
	static bitselect(a: V128, b: V128, mask: V128): V128 {
		return new V128(ternary('v128.bitselect', toV128(a), toV128(b), toV128(mask)));
	}

	/** @internal */
	static lift(value: unknown): V128 {
		return toV128(value as V128);
	}

	static load(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load', offset, toI32(address)));
	}

	/** Eight bytes as i16 lanes. */
	static load8x8S(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load8x8_s', offset, toI32(address)));
	}

	static load8x8U(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load8x8_u', offset, toI32(address)));
	}

	/** Four i16 as i32 lanes. */
	static load16x4S(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load16x4_s', offset, toI32(address)));
	}

	static load16x4U(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load16x4_u', offset, toI32(address)));
	}

	/** Two i32 as i64 lanes. */
	static load32x2S(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load32x2_s', offset, toI32(address)));
	}

	static load32x2U(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load32x2_u', offset, toI32(address)));
	}

	/** One value to all lanes. */
	static load8Splat(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load8_splat', offset, toI32(address)));
	}

	static load16Splat(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load16_splat', offset, toI32(address)));
	}

	static load32Splat(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load32_splat', offset, toI32(address)));
	}

	static load64Splat(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load64_splat', offset, toI32(address)));
	}

	/** To the lowest bits; the rest is 0. */
	static load32Zero(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load32_zero', offset, toI32(address)));
	}

	static load64Zero(address: I32Operand, offset = 0): V128 {
		return new V128(access('v128.load64_zero', offset, toI32(address)));
	}

	/** The vector with one lane read from memory. */
	static load8Lane(address: I32Operand, vector: V128, index: number, offset = 0): V128 {
		return new V128(laneAccess('v128.load8_lane', offset, index, 16, toI32(address), toV128(vector)));
	}

	static load16Lane(address: I32Operand, vector: V128, index: number, offset = 0): V128 {
		return new V128(laneAccess('v128.load16_lane', offset, index, 8, toI32(address), toV128(vector)));
	}

	static load32Lane(address: I32Operand, vector: V128, index: number, offset = 0): V128 {
		return new V128(laneAccess('v128.load32_lane', offset, index, 4, toI32(address), toV128(vector)));
	}

	static load64Lane(address: I32Operand, vector: V128, index: number, offset = 0): V128 {
		return new V128(laneAccess('v128.load64_lane', offset, index, 2, toI32(address), toV128(vector)));
	}

	and(other: V128): V128 {
		return new V128(binary('v128.and', this, toV128(other)));
	}

	or(other: V128): V128 {
		return new V128(binary('v128.or', this, toV128(other)));
	}

	xor(other: V128): V128 {
		return new V128(binary('v128.xor', this, toV128(other)));
	}

	/** The bits of this vector that the other has not. */
	andnot(other: V128): V128 {
		return new V128(binary('v128.andnot', this, toV128(other)));
	}

	not(): V128 {
		return new V128(unary('v128.not', this));
	}

	/** 1 where any bit is set, else 0. */
	anyTrue(): I32 {
		return new I32(unary('v128.any_true', this));
	}

	/** Sixteen bytes by their numbers: 0 to 15 are this vector's, 16 to 31 the other's. */
	shuffle(other: V128, lanes: ArrayLike<number>): V128 {
		if (lanes.length !== 16 || Array.from(lanes).some((index) => !Number.isInteger(index) || index < 0 || index > 31)) throw misuse('a shuffle names 16 bytes, each 0 to 31');
		const right = toV128(other);
		return new V128((code) => {
			this.emit(code);
			right.emit(code);
			code.opcode(OPCODE['i8x16.shuffle']);
			code.bytes(lanes);
		});
	}

	/** This vector's bytes by the numbers in the other's lanes; 0 for a number of 16 or more. */
	swizzle(lanes: V128): V128 {
		return new V128(binary('i8x16.swizzle', this, toV128(lanes)));
	}

	/** As `swizzle`, but what a number of 16 or more gives is up to the machine (0 or a byte of this vector). */
	relaxedSwizzle(lanes: V128): V128 {
		return new V128(binary('i8x16.relaxed_swizzle', this, toV128(lanes)));
	}

	get i8x16(): I8x16 {
		return new I8x16(this);
	}

	get i16x8(): I16x8 {
		return new I16x8(this);
	}

	get i32x4(): I32x4 {
		return new I32x4(this);
	}

	get i64x2(): I64x2 {
		return new I64x2(this);
	}

	get f32x4(): F32x4 {
		return new F32x4(this);
	}

	get f64x2(): F64x2 {
		return new F64x2(this);
	}
}
