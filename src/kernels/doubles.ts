/**
 * Decimal text to the nearest double, ties to even, bit for bit what JavaScript's `Number()` gives.
 *
 * 1. Up to 19 significant digits become a 64-bit integer w and a power of ten q.
 * 2. Small ones are exact in doubles (W. Clinger, 1990).
 * 3. Else the Eisel-Lemire algorithm (D. Lemire, "Number Parsing at a Gigabyte per Second", 2021), which for a 64-bit
 *    w needs no fallback (N. Mushtak, D. Lemire, "Fast Number Parsing Without Fallback", 2023).
 * 4. With more digits, w and w + 1 are both tried; where they differ, the text is compared exactly with the midpoint
 *    of the two doubles in big integers.
 */
import { F64, type Func, type FunctionBuilder, I32, I64, type Local, type ModuleBuilder } from '../wasm/index.ts';
import type { ConstantPool } from './constant-pool.ts';

const SMALLEST_POWER = -342;
const LARGEST_POWER = 308;

let powersOfFive: Uint8Array | undefined;

/** The top 128 bits of 5^q for every q that matters, low word first: truncated for q ≥ 0, rounded up below. */
function powerTable(): Uint8Array {
	if (powersOfFive !== undefined) return powersOfFive;
	const words = new BigUint64Array((LARGEST_POWER - SMALLEST_POWER + 1) * 2);
	const bits = (value: bigint): bigint => BigInt(value.toString(16).length * 4 - Math.clz32(Number.parseInt(value.toString(16)[0] as string, 16)) + 28);
	for (let q = SMALLEST_POWER; q <= LARGEST_POWER; q++) {
		let top: bigint;
		if (q >= 0) {
			const power = 5n ** BigInt(q);
			const shift = 128n - bits(power);
			top = shift >= 0n ? power << shift : power >> -shift;
		} else {
			const power = 5n ** BigInt(-q);
			const z = bits(power - 1n);
			top = (1n << (q >= -27 ? z + 127n : 2n * z + 128n)) / power + 1n;
			const excess = bits(top) - 128n;
			if (excess > 0n) top >>= excess;
		}
		const at = (q - SMALLEST_POWER) * 2;
		words[at] = top & 0xffffffffffffffffn;
		words[at + 1] = top >> 64n;
	}
	powersOfFive = new Uint8Array(words.buffer);
	return powersOfFive;
}

/** Digits that can matter to the exact comparison: a midpoint of doubles has at most 767; what follows is only zero or not. */
const MOST_DIGITS = 800;
/** Bytes of each of the two big integers in the pool's workspace. */
const BIG_BYTES = 4096;

export interface DoubleKernels {
	/** `parseDouble(p, end) -> f64` of a grammatical JSON number. */
	readonly parseDouble: Func;
	/** `nearestDouble(w, q) -> bits` of the double nearest to w × 10^q, w ≠ 0. */
	readonly nearest: Func;
}

/** `parseDouble(p, end) -> f64` of a grammatical JSON number. */
export function emitParseDouble(m: ModuleBuilder, pool: ConstantPool): Func {
	return emitDoubleKernels(m, pool).parseDouble;
}

export function emitDoubleKernels(m: ModuleBuilder, pool: ConstantPool): DoubleKernels {
	if (pool.workspace < 2 * BIG_BYTES) throw new Error('tickforge: the constant pool has no room for two big integers');
	const table = pool.add(powerTable());
	const small = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
	const smallPowers = pool.add(new Uint8Array(small.buffer));
	const nearest = emitNearest(m, pool, table);
	const atLeastMidpoint = emitCompareMidpoint(m, pool);

	const parseDouble = m.func('parseDouble', { params: { p: I32, end: I32 }, results: [F64] }, (f, { p, end }) => {
		const negative = f.local(I32, I32.load8U(p).eq(0x2d), 'negative');
		const first = f.local(I32, p.add(negative), 'first');
		const cursor = f.local(I32, first, 'cursor');
		const w = f.local(I64, 0n, 'w');
		const taken = f.local(I32, 0, 'taken');
		const dropped = f.local(I32, 0, 'dropped');
		const power = f.local(I32, 0, 'power');
		const pointSeen = f.local(I32, 0, 'pointSeen');
		const byte = f.local(I32, undefined, 'byte');
		f.block((read) => {
			f.loop((again) => {
				read.branchIf(cursor.geU(end));
				byte.set(I32.load8U(cursor));
				const digit = f.local(I32, byte.sub(0x30), 'digit');
				f.if(
					digit.leU(9),
					() =>
						f.if(
							taken.ltU(19),
							() => {
								w.set(w.mul(10n).add(digit.extendU()));
								taken.set(taken.add(w.ne(0n)));
								power.set(power.sub(pointSeen));
							},
							() => {
								dropped.set(dropped.or(digit));
								power.set(power.add(1).sub(pointSeen));
							},
						),
					() => {
						read.branchIf(byte.ne(0x2e));
						pointSeen.set(I32.of(1));
					},
				);
				cursor.set(cursor.add(1));
				again.branch();
			});
		});
		const mantissaEnd = f.local(I32, cursor, 'mantissaEnd');
		f.if(cursor.ltU(end), () => {
			const exponent = f.local(I32, 0, 'exponent');
			cursor.set(cursor.add(1));
			const minus = f.local(I32, I32.load8U(cursor).eq(0x2d), 'minus');
			cursor.set(cursor.add(minus.or(I32.load8U(cursor).eq(0x2b))));
			f.block((read) => {
				f.loop((again) => {
					read.branchIf(cursor.geU(end));
					f.if(exponent.ltS(100000000), () => exponent.set(exponent.mul(10).add(I32.load8U(cursor).sub(0x30))));
					cursor.set(cursor.add(1));
					again.branch();
				});
			});
			power.set(power.add(I32.select(minus, I32.of(0).sub(exponent), exponent)));
		});
		const give = (magnitude: F64): void => {
			const value = f.local(F64, magnitude, 'value');
			f.return(F64.select(negative, value.neg(), value));
		};
		f.if(w.eqz(), () => give(F64.of(0)));
		f.if(
			dropped
				.eqz()
				.and(w.leU(1n << 53n))
				.and(power.add(22).leU(44)),
			() => {
				const scale = f.local(F64, F64.load(pool.base.add(I32.select(power.ltS(0), I32.of(0).sub(power), power).shl(3)), smallPowers), 'scale');
				f.if(power.ltS(0), () => give(w.toF64S().div(scale)));
				give(w.toF64S().mul(scale));
			},
		);
		const lower = f.local(I64, nearest.call(w, power) as I64, 'lower');
		f.if(dropped.eqz(), () => give(lower.reinterpretF64()));
		const upper = f.local(I64, nearest.call(w.add(1n), power) as I64, 'upper');
		f.if(lower.eq(upper), () => give(lower.reinterpretF64()));
		// They are neighbours; the power of the last of all digits is what the comparison needs.
		f.if(atLeastMidpoint.call(first, mantissaEnd, power, lower) as I32, () => give(upper.reinterpretF64()));
		give(lower.reinterpretF64());
	});
	return { parseDouble, nearest };
}

/** `nearest(w, q) -> bits` of the double nearest to w × 10^q, w ≠ 0. */
function emitNearest(m: ModuleBuilder, pool: ConstantPool, table: number): Func {
	return m.func('nearestDouble', { params: { w: I64, q: I32 }, results: [I64] }, (f, { w, q }) => {
		const infinity = 0x7ff0000000000000n;
		f.if(q.ltS(SMALLEST_POWER), () => f.return(I64.of(0n)));
		f.if(q.gtS(LARGEST_POWER), () => f.return(I64.of(infinity)));
		const zeros = f.local(I64, w.clz(), 'zeros');
		w.set(w.shl(zeros));
		const entry = f.local(I32, pool.base.add(q.sub(SMALLEST_POWER).shl(4)), 'entry');
		const high = f.local(I64, undefined, 'high');
		const low = f.local(I64, undefined, 'low');
		wideMultiply(f, w, I64.load(entry, table + 8), high, low);
		f.if(high.and(0x1ffn).eq(0x1ffn), () => {
			const secondHigh = f.local(I64, undefined, 'secondHigh');
			const secondLow = f.local(I64, undefined, 'secondLow');
			wideMultiply(f, w, I64.load(entry, table), secondHigh, secondLow);
			low.set(low.add(secondHigh));
			f.if(low.ltU(secondHigh), () => high.set(high.add(1n)));
		});
		const upperBit = f.local(I64, high.shrU(63n), 'upperBit');
		const mantissa = f.local(I64, high.shrU(upperBit.add(9n)), 'mantissa');
		// floor(log2(10^q)) + 63, biased by 1023.
		const power2 = f.local(I32, q.mul(217706).shrS(16).add(63).add(upperBit.wrap()).sub(zeros.wrap()).add(1023), 'power2');
		f.if(power2.leS(0), () => {
			f.if(power2.leS(-63), () => f.return(I64.of(0n)));
			mantissa.set(mantissa.shrU(I32.of(1).sub(power2).extendS()));
			// Rounding may carry into the exponent, which then is the smallest normal one: the bits add up by themselves.
			f.return(mantissa.add(mantissa.and(1n)).shrU(1n));
		});
		// Exactly between two doubles: possible only where 5^q fits and nothing was cut off.
		f.if(low.leU(1n).and(q.geS(-4)).and(q.leS(23)).and(mantissa.and(3n).eq(1n)), () => {
			f.if(mantissa.shl(upperBit.add(9n)).eq(high), () => mantissa.set(mantissa.and(-2n)));
		});
		mantissa.set(mantissa.add(mantissa.and(1n)).shrU(1n));
		f.if(mantissa.geU(1n << 53n), () => {
			mantissa.set(I64.of(1n << 52n));
			power2.set(power2.add(1));
		});
		f.if(power2.geS(0x7ff), () => f.return(I64.of(infinity)));
		f.return(mantissa.and((1n << 52n) - 1n).or(power2.extendU().shl(52n)));
	});
}

/** 64 × 64 → 128 bits from four 32-bit products. */
export function wideMultiply(f: FunctionBuilder, a: I64, b: I64, high: Local<I64>, low: Local<I64>): void {
	const x = f.local(I64, a, 'x');
	const y = f.local(I64, b, 'y');
	const mask = 0xffffffffn;
	const lowLow = f.local(I64, x.and(mask).mul(y.and(mask)), 'lowLow');
	const highLow = f.local(I64, x.shrU(32n).mul(y.and(mask)), 'highLow');
	const lowHigh = f.local(I64, x.and(mask).mul(y.shrU(32n)), 'lowHigh');
	const middle = f.local(I64, lowLow.shrU(32n).add(highLow.and(mask)).add(lowHigh), 'middle');
	high.set(x.shrU(32n).mul(y.shrU(32n)).add(highLow.shrU(32n)).add(middle.shrU(32n)));
	low.set(middle.shl(32n).or(lowLow.and(mask)));
}

/**
 * `atLeastMidpoint(first, end, power, lower) -> 1 | 0`: whether the decimal at [first, end) (digits and a point),
 * whose 19-digit prefix counts units of 10^power, rounds to the double above `lower` (bits). Exact:
 *
 *     D × 10^d  against  (2m + 1) × 2^(e-1)
 *
 * each side a big integer of 32-bit limbs, least first, after multiplying both by what makes them whole.
 */
function emitCompareMidpoint(m: ModuleBuilder, pool: ConstantPool): Func {
	/** `multiply(big, limbs, factor, addend) -> limbs` in place. */
	const multiply = m.func('bigMultiply', { params: { big: I32, limbs: I32, factor: I64, addend: I64 }, results: [I32] }, (f, { big, limbs, factor, addend }) => {
		const carry = f.local(I64, addend, 'carry');
		const at = f.local(I32, big, 'at');
		const end = f.local(I32, big.add(limbs.shl(2)), 'end');
		f.block((done) => {
			f.loop((again) => {
				done.branchIf(at.geU(end));
				carry.set(I64.load32U(at).mul(factor).add(carry));
				f.store32(at, carry);
				carry.set(carry.shrU(32n));
				at.set(at.add(4));
				again.branch();
			});
		});
		f.if(carry.ne(0n), () => {
			f.store32(at, carry);
			limbs.set(limbs.add(1));
		});
		f.return(limbs);
	});
	/** `scale(big, limbs, count, step, factor of a step, base)`: multiplies by base^count. */
	const scale = m.func('bigScale', { params: { big: I32, limbs: I32, count: I32, step: I32, stepFactor: I64, base: I64 }, results: [I32] }, (f, { big, limbs, count, step, stepFactor, base }) => {
		f.loop((again) => {
			f.if(count.geS(step), () => {
				limbs.set(multiply.call(big, limbs, stepFactor, I64.of(0n)) as I32);
				count.set(count.sub(step));
				again.branch();
			});
		});
		f.loop((again) => {
			f.if(count.gtS(0), () => {
				limbs.set(multiply.call(big, limbs, base, I64.of(0n)) as I32);
				count.set(count.sub(1));
				again.branch();
			});
		});
		f.return(limbs);
	});
	return m.func('atLeastMidpoint', { params: { first: I32, end: I32, power: I32, lower: I64 }, results: [I32] }, (f, { first, end, power, lower }) => {
		const left = f.local(I32, pool.base, 'left');
		const right = f.local(I32, pool.base.add(BIG_BYTES), 'right');
		const leftLimbs = f.local(I32, 0, 'leftLimbs');
		const rightLimbs = f.local(I32, 2, 'rightLimbs');
		const taken = f.local(I32, 0, 'taken');
		const sticky = f.local(I32, 0, 'sticky');
		const digit = f.local(I32, undefined, 'digit');
		f.block((read) => {
			f.loop((again) => {
				read.branchIf(first.geU(end));
				digit.set(I32.load8U(first).sub(0x30));
				first.set(first.add(1));
				again.branchIf(digit.gtU(9));
				again.branchIf(taken.or(digit).eqz());
				f.if(
					taken.ltU(MOST_DIGITS),
					() => {
						leftLimbs.set(multiply.call(left, leftLimbs, I64.of(10n), digit.extendU()) as I32);
						taken.set(taken.add(1));
					},
					() => sticky.set(sticky.or(digit)),
				);
				again.branch();
			});
		});
		f.if(sticky, () => {
			leftLimbs.set(multiply.call(left, leftLimbs, I64.of(10n), I64.of(1n)) as I32);
			taken.set(taken.add(1));
		});
		// The first 19 digits count 10^power, so all of them count 10^(power - further digits).
		const tens = f.local(I32, power.sub(taken.sub(19)), 'tens');
		const exponent = f.local(I32, lower.shrU(52n).wrap(), 'exponent');
		const fraction = f.local(I64, lower.and((1n << 52n) - 1n), 'fraction');
		f.if(
			exponent,
			() => fraction.set(fraction.or(1n << 52n)),
			() => exponent.set(I32.of(1)),
		);
		// value = fraction × 2^(exponent - 1075); the midpoint is (2 fraction + 1) × 2^(exponent - 1076).
		f.store(right, fraction.shl(1n).add(1n));
		const twos = f.local(I32, exponent.sub(1076), 'twos');
		const big = (limbs: Local<I32>, at: I32, count: I32, ten: boolean): void => limbs.set(scale.call(at, limbs, count, I32.of(ten ? 9 : 31), I64.of(ten ? 1000000000n : 1n << 31n), I64.of(ten ? 10n : 2n)) as I32);
		f.if(
			tens.gtS(0),
			() => big(leftLimbs, left, tens, true),
			() => big(rightLimbs, right, I32.of(0).sub(tens), true),
		);
		f.if(
			twos.gtS(0),
			() => big(rightLimbs, right, twos, false),
			() => big(leftLimbs, left, I32.of(0).sub(twos), false),
		);
		// The right side starts with two limbs, of which the upper may be zero.
		f.if(I32.load(right.add(rightLimbs.shl(2)).sub(4)).eqz(), () => rightLimbs.set(rightLimbs.sub(1)));
		f.if(leftLimbs.ne(rightLimbs), () => f.return(leftLimbs.gtU(rightLimbs)));
		const offset = f.local(I32, leftLimbs.shl(2), 'offset');
		const a = f.local(I32, undefined, 'a');
		const b = f.local(I32, undefined, 'b');
		f.block((equal) => {
			f.loop((again) => {
				equal.branchIf(offset.eqz());
				offset.set(offset.sub(4));
				a.set(I32.load(left.add(offset)));
				b.set(I32.load(right.add(offset)));
				again.branchIf(a.eq(b));
				f.return(a.gtU(b));
			});
		});
		// Halfway: to even, which is the upper one where the lower is odd.
		f.return(lower.wrap().and(1));
	});
}
