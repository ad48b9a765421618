/**
 * Typed expressions: a value of class `I32` pushes an i32, and so on; a wrong operand class does not compile.
 *
 * An expression is emitted where it is used. One that is used twice is emitted twice: bind it with
 * `f.local(I32, expression)` where it is not a constant or a local.
 */
import type { BinaryWriter } from './binary-writer.ts';
import { atomicAlignment, instructionNamed } from './opcodes.ts';
import { F32x4, F64x2, I16x8, I32x4, I64x2, I8x16 } from './lanes.ts';

/** Where instructions go while a function is built. */
export interface Emitter {
	readonly code: BinaryWriter;
	/** Refuses locals of another function. */
	readonly owner: object;
}
export type Emit = (to: Emitter) => void;

export type ValueType = I32 | I64 | F32 | F64 | V128;
export type I32Operand = I32 | number;
export type I64Operand = I64 | bigint | number;
export type F32Operand = F32 | number;
export type F64Operand = F64 | number;

const opcode = (to: Emitter, name: string): void => {
	const { prefix, code } = instructionNamed(name);
	if (prefix === 0) to.code.byte(code);
	else {
		to.code.byte(prefix);
		to.code.unsigned(code);
	}
};

/** Emits an instruction without immediates after its operands. */
export function operation(name: string, ...operands: readonly ValueType[]): Emit {
	return (to) => {
		for (const operand of operands) operand.emit(to);
		opcode(to, name);
	};
}

export function laneOperation(name: string, lane: number, ...operands: readonly ValueType[]): Emit {
	return (to) => {
		for (const operand of operands) operand.emit(to);
		opcode(to, name);
		to.code.byte(lane);
	};
}

/** A load, store or atomic: address first, then further operands, then alignment and offset. */
export function memoryOperation(name: string, address: I32Operand, offset: number, ...operands: readonly ValueType[]): Emit {
	const at = I32.from(address);
	if (!Number.isInteger(offset) || offset < 0 || offset > 0xffffffff) throw new RangeError(`tickforge: ${name} has the offset ${offset}; it must be an unsigned 32-bit integer`);
	return (to) => {
		at.emit(to);
		for (const operand of operands) operand.emit(to);
		opcode(to, name);
		to.code.unsigned(name.includes('atomic') ? atomicAlignment(name) : 0);
		to.code.unsigned(offset);
	};
}

function select<T extends ValueType>(make: (emit: Emit) => T, condition: I32Operand, yes: T, no: T): T {
	const test = I32.from(condition);
	return make((to) => {
		yes.emit(to);
		no.emit(to);
		test.emit(to);
		if (yes instanceof V128) {
			opcode(to, 'select_t');
			to.code.byte(1);
			to.code.byte(V128.type);
		} else opcode(to, 'select');
	});
}

export class I32 {
	static readonly type = 0x7f;
	declare private readonly brand: 'i32';
	readonly emit: Emit;
	constructor(emit: Emit) {
		this.emit = emit;
	}
	static of(value: number): I32 {
		if (!Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff) throw new RangeError(`tickforge: ${value} is no 32-bit integer`);
		return new I32((to) => {
			opcode(to, 'i32.const');
			to.code.signed(value);
		});
	}
	static from(value: I32Operand): I32 {
		return typeof value === 'number' ? I32.of(value) : value;
	}
	static select(condition: I32Operand, yes: I32Operand, no: I32Operand): I32 {
		return select((emit) => new I32(emit), condition, I32.from(yes), I32.from(no));
	}
	static load = (at: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.load', at, offset));
	static load8U = (at: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.load8_u', at, offset));
	static load8S = (at: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.load8_s', at, offset));
	static load16U = (at: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.load16_u', at, offset));
	static load16S = (at: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.load16_s', at, offset));
	static atomicLoad = (at: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.atomic.load', at, offset));
	/** Adds and returns the value before. */
	static atomicAdd = (at: I32Operand, by: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.atomic.rmw.add', at, offset, I32.from(by)));
	static atomicSub = (at: I32Operand, by: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.atomic.rmw.sub', at, offset, I32.from(by)));
	static atomicAnd = (at: I32Operand, by: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.atomic.rmw.and', at, offset, I32.from(by)));
	static atomicOr = (at: I32Operand, by: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.atomic.rmw.or', at, offset, I32.from(by)));
	static atomicExchange = (at: I32Operand, value: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.atomic.rmw.xchg', at, offset, I32.from(value)));
	/** Stores `value` if the cell holds `expected`; returns what it held. */
	static atomicCompareExchange = (at: I32Operand, expected: I32Operand, value: I32Operand, offset = 0): I32 => new I32(memoryOperation('i32.atomic.rmw.cmpxchg', at, offset, I32.from(expected), I32.from(value)));
	/** Sleeps while the cell holds `expected`; 0 woken, 1 not equal, 2 timed out (nanoseconds, negative: never). */
	static atomicWait = (at: I32Operand, expected: I32Operand, timeout: I64Operand, offset = 0): I32 => new I32(memoryOperation('memory.atomic.wait32', at, offset, I32.from(expected), I64.from(timeout)));
	static atomicNotify = (at: I32Operand, count: I32Operand, offset = 0): I32 => new I32(memoryOperation('memory.atomic.notify', at, offset, I32.from(count)));

	private binary(name: string, other: I32Operand): I32 {
		return new I32(operation(`i32.${name}`, this, I32.from(other)));
	}
	private unary(name: string): I32 {
		return new I32(operation(`i32.${name}`, this));
	}
	add(other: I32Operand): I32 {
		return this.binary('add', other);
	}
	sub(other: I32Operand): I32 {
		return this.binary('sub', other);
	}
	mul(other: I32Operand): I32 {
		return this.binary('mul', other);
	}
	divS(other: I32Operand): I32 {
		return this.binary('div_s', other);
	}
	divU(other: I32Operand): I32 {
		return this.binary('div_u', other);
	}
	remS(other: I32Operand): I32 {
		return this.binary('rem_s', other);
	}
	remU(other: I32Operand): I32 {
		return this.binary('rem_u', other);
	}
	and(other: I32Operand): I32 {
		return this.binary('and', other);
	}
	or(other: I32Operand): I32 {
		return this.binary('or', other);
	}
	xor(other: I32Operand): I32 {
		return this.binary('xor', other);
	}
	shl(other: I32Operand): I32 {
		return this.binary('shl', other);
	}
	shrS(other: I32Operand): I32 {
		return this.binary('shr_s', other);
	}
	shrU(other: I32Operand): I32 {
		return this.binary('shr_u', other);
	}
	rotl(other: I32Operand): I32 {
		return this.binary('rotl', other);
	}
	rotr(other: I32Operand): I32 {
		return this.binary('rotr', other);
	}
	eq(other: I32Operand): I32 {
		return this.binary('eq', other);
	}
	ne(other: I32Operand): I32 {
		return this.binary('ne', other);
	}
	ltS(other: I32Operand): I32 {
		return this.binary('lt_s', other);
	}
	ltU(other: I32Operand): I32 {
		return this.binary('lt_u', other);
	}
	gtS(other: I32Operand): I32 {
		return this.binary('gt_s', other);
	}
	gtU(other: I32Operand): I32 {
		return this.binary('gt_u', other);
	}
	leS(other: I32Operand): I32 {
		return this.binary('le_s', other);
	}
	leU(other: I32Operand): I32 {
		return this.binary('le_u', other);
	}
	geS(other: I32Operand): I32 {
		return this.binary('ge_s', other);
	}
	geU(other: I32Operand): I32 {
		return this.binary('ge_u', other);
	}
	eqz(): I32 {
		return this.unary('eqz');
	}
	clz(): I32 {
		return this.unary('clz');
	}
	ctz(): I32 {
		return this.unary('ctz');
	}
	popcnt(): I32 {
		return this.unary('popcnt');
	}
	extend8S(): I32 {
		return this.unary('extend8_s');
	}
	extend16S(): I32 {
		return this.unary('extend16_s');
	}
	extendS(): I64 {
		return new I64(operation('i64.extend_i32_s', this));
	}
	extendU(): I64 {
		return new I64(operation('i64.extend_i32_u', this));
	}
	toF64S(): F64 {
		return new F64(operation('f64.convert_i32_s', this));
	}
	toF64U(): F64 {
		return new F64(operation('f64.convert_i32_u', this));
	}
	reinterpretF32(): F32 {
		return new F32(operation('f32.reinterpret_i32', this));
	}
}

export class I64 {
	static readonly type = 0x7e;
	declare private readonly brand: 'i64';
	readonly emit: Emit;
	constructor(emit: Emit) {
		this.emit = emit;
	}
	static of(value: bigint | number): I64 {
		const whole = BigInt(value);
		if (whole < -(1n << 63n) || whole >= 1n << 64n) throw new RangeError(`tickforge: ${value} is no 64-bit integer`);
		return new I64((to) => {
			opcode(to, 'i64.const');
			to.code.signed64(whole);
		});
	}
	static from(value: I64Operand): I64 {
		return typeof value === 'object' ? value : I64.of(value);
	}
	static select(condition: I32Operand, yes: I64Operand, no: I64Operand): I64 {
		return select((emit) => new I64(emit), condition, I64.from(yes), I64.from(no));
	}
	static load = (at: I32Operand, offset = 0): I64 => new I64(memoryOperation('i64.load', at, offset));
	static load8U = (at: I32Operand, offset = 0): I64 => new I64(memoryOperation('i64.load8_u', at, offset));
	static load8S = (at: I32Operand, offset = 0): I64 => new I64(memoryOperation('i64.load8_s', at, offset));
	static load16U = (at: I32Operand, offset = 0): I64 => new I64(memoryOperation('i64.load16_u', at, offset));
	static load16S = (at: I32Operand, offset = 0): I64 => new I64(memoryOperation('i64.load16_s', at, offset));
	static load32U = (at: I32Operand, offset = 0): I64 => new I64(memoryOperation('i64.load32_u', at, offset));
	static load32S = (at: I32Operand, offset = 0): I64 => new I64(memoryOperation('i64.load32_s', at, offset));
	static atomicLoad = (at: I32Operand, offset = 0): I64 => new I64(memoryOperation('i64.atomic.load', at, offset));
	static atomicAdd = (at: I32Operand, by: I64Operand, offset = 0): I64 => new I64(memoryOperation('i64.atomic.rmw.add', at, offset, I64.from(by)));
	static atomicSub = (at: I32Operand, by: I64Operand, offset = 0): I64 => new I64(memoryOperation('i64.atomic.rmw.sub', at, offset, I64.from(by)));
	static atomicExchange = (at: I32Operand, value: I64Operand, offset = 0): I64 => new I64(memoryOperation('i64.atomic.rmw.xchg', at, offset, I64.from(value)));
	static atomicCompareExchange = (at: I32Operand, expected: I64Operand, value: I64Operand, offset = 0): I64 => new I64(memoryOperation('i64.atomic.rmw.cmpxchg', at, offset, I64.from(expected), I64.from(value)));

	private binary(name: string, other: I64Operand): I64 {
		return new I64(operation(`i64.${name}`, this, I64.from(other)));
	}
	private compare(name: string, other: I64Operand): I32 {
		return new I32(operation(`i64.${name}`, this, I64.from(other)));
	}
	private unary(name: string): I64 {
		return new I64(operation(`i64.${name}`, this));
	}
	add(other: I64Operand): I64 {
		return this.binary('add', other);
	}
	sub(other: I64Operand): I64 {
		return this.binary('sub', other);
	}
	mul(other: I64Operand): I64 {
		return this.binary('mul', other);
	}
	divS(other: I64Operand): I64 {
		return this.binary('div_s', other);
	}
	divU(other: I64Operand): I64 {
		return this.binary('div_u', other);
	}
	remS(other: I64Operand): I64 {
		return this.binary('rem_s', other);
	}
	remU(other: I64Operand): I64 {
		return this.binary('rem_u', other);
	}
	and(other: I64Operand): I64 {
		return this.binary('and', other);
	}
	or(other: I64Operand): I64 {
		return this.binary('or', other);
	}
	xor(other: I64Operand): I64 {
		return this.binary('xor', other);
	}
	shl(other: I64Operand): I64 {
		return this.binary('shl', other);
	}
	shrS(other: I64Operand): I64 {
		return this.binary('shr_s', other);
	}
	shrU(other: I64Operand): I64 {
		return this.binary('shr_u', other);
	}
	rotl(other: I64Operand): I64 {
		return this.binary('rotl', other);
	}
	rotr(other: I64Operand): I64 {
		return this.binary('rotr', other);
	}
	eq(other: I64Operand): I32 {
		return this.compare('eq', other);
	}
	ne(other: I64Operand): I32 {
		return this.compare('ne', other);
	}
	ltS(other: I64Operand): I32 {
		return this.compare('lt_s', other);
	}
	ltU(other: I64Operand): I32 {
		return this.compare('lt_u', other);
	}
	gtS(other: I64Operand): I32 {
		return this.compare('gt_s', other);
	}
	gtU(other: I64Operand): I32 {
		return this.compare('gt_u', other);
	}
	leS(other: I64Operand): I32 {
		return this.compare('le_s', other);
	}
	leU(other: I64Operand): I32 {
		return this.compare('le_u', other);
	}
	geS(other: I64Operand): I32 {
		return this.compare('ge_s', other);
	}
	geU(other: I64Operand): I32 {
		return this.compare('ge_u', other);
	}
	eqz(): I32 {
		return new I32(operation('i64.eqz', this));
	}
	clz(): I64 {
		return this.unary('clz');
	}
	ctz(): I64 {
		return this.unary('ctz');
	}
	popcnt(): I64 {
		return this.unary('popcnt');
	}
	extend8S(): I64 {
		return this.unary('extend8_s');
	}
	extend16S(): I64 {
		return this.unary('extend16_s');
	}
	extend32S(): I64 {
		return this.unary('extend32_s');
	}
	wrap(): I32 {
		return new I32(operation('i32.wrap_i64', this));
	}
	toF64S(): F64 {
		return new F64(operation('f64.convert_i64_s', this));
	}
	toF64U(): F64 {
		return new F64(operation('f64.convert_i64_u', this));
	}
	reinterpretF64(): F64 {
		return new F64(operation('f64.reinterpret_i64', this));
	}
}

export class F32 {
	static readonly type = 0x7d;
	declare private readonly brand: 'f32';
	readonly emit: Emit;
	constructor(emit: Emit) {
		this.emit = emit;
	}
	static of(value: number): F32 {
		return new F32((to) => {
			opcode(to, 'f32.const');
			to.code.float32(value);
		});
	}
	static from(value: F32Operand): F32 {
		return typeof value === 'number' ? F32.of(value) : value;
	}
	static select(condition: I32Operand, yes: F32Operand, no: F32Operand): F32 {
		return select((emit) => new F32(emit), condition, F32.from(yes), F32.from(no));
	}
	static load = (at: I32Operand, offset = 0): F32 => new F32(memoryOperation('f32.load', at, offset));
	toF64(): F64 {
		return new F64(operation('f64.promote_f32', this));
	}
	reinterpretI32(): I32 {
		return new I32(operation('i32.reinterpret_f32', this));
	}
}

export class F64 {
	static readonly type = 0x7c;
	declare private readonly brand: 'f64';
	readonly emit: Emit;
	constructor(emit: Emit) {
		this.emit = emit;
	}
	static of(value: number): F64 {
		return new F64((to) => {
			opcode(to, 'f64.const');
			to.code.float64(value);
		});
	}
	static from(value: F64Operand): F64 {
		return typeof value === 'number' ? F64.of(value) : value;
	}
	static select(condition: I32Operand, yes: F64Operand, no: F64Operand): F64 {
		return select((emit) => new F64(emit), condition, F64.from(yes), F64.from(no));
	}
	static load = (at: I32Operand, offset = 0): F64 => new F64(memoryOperation('f64.load', at, offset));
	private binary(name: string, other: F64Operand): F64 {
		return new F64(operation(`f64.${name}`, this, F64.from(other)));
	}
	private compare(name: string, other: F64Operand): I32 {
		return new I32(operation(`f64.${name}`, this, F64.from(other)));
	}
	private unary(name: string): F64 {
		return new F64(operation(`f64.${name}`, this));
	}
	add(other: F64Operand): F64 {
		return this.binary('add', other);
	}
	sub(other: F64Operand): F64 {
		return this.binary('sub', other);
	}
	mul(other: F64Operand): F64 {
		return this.binary('mul', other);
	}
	div(other: F64Operand): F64 {
		return this.binary('div', other);
	}
	min(other: F64Operand): F64 {
		return this.binary('min', other);
	}
	max(other: F64Operand): F64 {
		return this.binary('max', other);
	}
	copysign(other: F64Operand): F64 {
		return this.binary('copysign', other);
	}
	eq(other: F64Operand): I32 {
		return this.compare('eq', other);
	}
	ne(other: F64Operand): I32 {
		return this.compare('ne', other);
	}
	lt(other: F64Operand): I32 {
		return this.compare('lt', other);
	}
	gt(other: F64Operand): I32 {
		return this.compare('gt', other);
	}
	le(other: F64Operand): I32 {
		return this.compare('le', other);
	}
	ge(other: F64Operand): I32 {
		return this.compare('ge', other);
	}
	abs(): F64 {
		return this.unary('abs');
	}
	neg(): F64 {
		return this.unary('neg');
	}
	sqrt(): F64 {
		return this.unary('sqrt');
	}
	floor(): F64 {
		return this.unary('floor');
	}
	ceil(): F64 {
		return this.unary('ceil');
	}
	trunc(): F64 {
		return this.unary('trunc');
	}
	nearest(): F64 {
		return this.unary('nearest');
	}
	truncSatI32S(): I32 {
		return new I32(operation('i32.trunc_sat_f64_s', this));
	}
	truncSatI32U(): I32 {
		return new I32(operation('i32.trunc_sat_f64_u', this));
	}
	truncSatI64S(): I64 {
		return new I64(operation('i64.trunc_sat_f64_s', this));
	}
	truncSatI64U(): I64 {
		return new I64(operation('i64.trunc_sat_f64_u', this));
	}
	demote(): F32 {
		return new F32(operation('f32.demote_f64', this));
	}
	reinterpretI64(): I64 {
		return new I64(operation('i64.reinterpret_f64', this));
	}
}

export class V128 {
	static readonly type = 0x7b;
	declare private readonly brand: 'v128';
	readonly emit: Emit;
	constructor(emit: Emit) {
		this.emit = emit;
	}
	static from(value: V128): V128 {
		return value;
	}
	/** Sixteen byte values, lane 0 first. */
	static bytes(...lanes: readonly number[]): V128 {
		if (lanes.length !== 16) throw new RangeError(`tickforge: a vector has 16 bytes, not ${lanes.length}`);
		const bytes = Uint8Array.from(lanes);
		return new V128((to) => {
			opcode(to, 'v128.const');
			to.code.bytes(bytes);
		});
	}
	static i32x4(a: number, b: number, c: number, d: number): V128 {
		return V128.bytes(...new Uint8Array(Int32Array.of(a, b, c, d).buffer));
	}
	static i64x2(low: bigint, high: bigint): V128 {
		return V128.bytes(...new Uint8Array(BigInt64Array.of(BigInt.asIntN(64, low), BigInt.asIntN(64, high)).buffer));
	}
	static splat8(value: I32Operand): V128 {
		return typeof value === 'number' ? V128.bytes(...new Uint8Array(16).fill(value)) : new V128(operation('i8x16.splat', value));
	}
	static splat16(value: I32Operand): V128 {
		return typeof value === 'number' ? V128.bytes(...new Uint8Array(new Uint16Array(8).fill(value).buffer)) : new V128(operation('i16x8.splat', value));
	}
	static splat32(value: I32Operand): V128 {
		return typeof value === 'number' ? V128.i32x4(value, value, value, value) : new V128(operation('i32x4.splat', value));
	}
	static splat64(value: I64Operand): V128 {
		return typeof value === 'object' ? new V128(operation('i64x2.splat', value)) : V128.i64x2(BigInt(value), BigInt(value));
	}
	static select(condition: I32Operand, yes: V128, no: V128): V128 {
		return select((emit) => new V128(emit), condition, yes, no);
	}
	/** Bits of `a` where the mask is set, of `b` elsewhere. */
	static bitselect(a: V128, b: V128, mask: V128): V128 {
		return new V128(operation('v128.bitselect', a, b, mask));
	}
	private static memory(name: string, at: I32Operand, offset: number): V128 {
		return new V128(memoryOperation(`v128.${name}`, at, offset));
	}
	static load = (at: I32Operand, offset = 0): V128 => V128.memory('load', at, offset);
	static load64Zero = (at: I32Operand, offset = 0): V128 => V128.memory('load64_zero', at, offset);
	static load32Zero = (at: I32Operand, offset = 0): V128 => V128.memory('load32_zero', at, offset);
	static load8Splat = (at: I32Operand, offset = 0): V128 => V128.memory('load8_splat', at, offset);
	static load16Splat = (at: I32Operand, offset = 0): V128 => V128.memory('load16_splat', at, offset);
	static load32Splat = (at: I32Operand, offset = 0): V128 => V128.memory('load32_splat', at, offset);
	static load64Splat = (at: I32Operand, offset = 0): V128 => V128.memory('load64_splat', at, offset);
	static load8x8U = (at: I32Operand, offset = 0): V128 => V128.memory('load8x8_u', at, offset);
	static load8x8S = (at: I32Operand, offset = 0): V128 => V128.memory('load8x8_s', at, offset);
	static load16x4U = (at: I32Operand, offset = 0): V128 => V128.memory('load16x4_u', at, offset);
	static load32x2U = (at: I32Operand, offset = 0): V128 => V128.memory('load32x2_u', at, offset);
	/** Replaces one lane of `width` bits by the value in memory. */
	static loadLane(width: 8 | 16 | 32 | 64, at: I32Operand, vector: V128, lane: number, offset = 0): V128 {
		const load = memoryOperation(`v128.load${width}_lane`, at, offset, vector);
		return new V128((to) => {
			load(to);
			to.code.byte(lane);
		});
	}

	and(other: V128): V128 {
		return new V128(operation('v128.and', this, other));
	}
	or(other: V128): V128 {
		return new V128(operation('v128.or', this, other));
	}
	xor(other: V128): V128 {
		return new V128(operation('v128.xor', this, other));
	}
	/** This, without the bits of the other. */
	andnot(other: V128): V128 {
		return new V128(operation('v128.andnot', this, other));
	}
	not(): V128 {
		return new V128(operation('v128.not', this));
	}
	anyTrue(): I32 {
		return new I32(operation('v128.any_true', this));
	}
	/** Bytes of both vectors by number: 0–15 from this, 16–31 from the other. */
	shuffle(other: V128, lanes: readonly number[]): V128 {
		if (lanes.length !== 16 || lanes.some((lane) => !Number.isInteger(lane) || lane < 0 || lane > 31)) throw new RangeError('tickforge: a shuffle names 16 lanes from 0 to 31');
		return new V128((to) => {
			this.emit(to);
			other.emit(to);
			opcode(to, 'i8x16.shuffle');
			to.code.bytes(lanes);
		});
	}
	/** Bytes of this at the lanes that the other names; 0 where it names 16 or more. */
	swizzle(lanes: V128): V128 {
		return new V128(operation('i8x16.swizzle', this, lanes));
	}
	/** As `swizzle`, but what lanes of 16 or more give is up to the machine. */
	relaxedSwizzle(lanes: V128): V128 {
		return new V128(operation('i8x16.relaxed_swizzle', this, lanes));
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
	get f64x2(): F64x2 {
		return new F64x2(this);
	}
	get f32x4(): F32x4 {
		return new F32x4(this);
	}
}
