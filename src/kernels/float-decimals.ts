/**
 * Binary floats and integers to fixed-point integers, exactly (docs/msgpack.md, "Floats as decimals").
 *
 * A float64 that is not whole stands for the shortest decimal that rounds to it. There is at most one decimal of up to 15
 * digits that does, so a candidate of 15 digits that rounds back is the shortest (D. Matula, "In-and-out conversions",
 * 1968). Else the shortest has 16 or 17 digits: those next to the exact value, which 53 × 64 bits hold, are tried.
 */
import { F64, type Func, type FunctionBuilder, I32, I64, type ModuleBuilder } from '../wasm/index.ts';
import type { ConstantPool } from './constant-pool.ts';
import { DECIMAL_STATUS, type DecimalText, EXCESS } from './decimals.ts';
import { wideMultiply } from './doubles.ts';

export interface FloatDecimals {
	/** `scaleMantissa(mantissa, fraction, negative, scale, excess, most, leastMagnitude) -> DECIMAL_STATUS`: mantissa (u64) × 10^-fraction (0 to 22); the value in `DecimalText.number`. */
	readonly scaleMantissa: Func;
	/** `floatToFixed(value, single, scale, excess, most, leastMagnitude) -> DECIMAL_STATUS` of a finite float; `single` 1 for one that was a float32. */
	readonly floatToFixed: Func;
	/** f64 powers of ten, 10^0 to 10^22, in the constant pool. */
	readonly powersF64: number;
}

const FRACTION_MOST = 22;

/** @param nearest see `DoubleKernels` */
export function emitFloatDecimals(m: ModuleBuilder, pool: ConstantPool, nearest: Func, { number }: DecimalText): FloatDecimals {
	const powers = pool.add(new Uint8Array(BigUint64Array.from({ length: 20 }, (_, exponent) => 10n ** BigInt(exponent)).buffer));
	const powersF64 = pool.add(new Uint8Array(Float64Array.from({ length: FRACTION_MOST + 1 }, (_, exponent) => Number(`1e${exponent}`)).buffer));
	const power = (exponent: I32): I64 => I64.load(pool.base.add(exponent.shl(3)), powers);
	const powerF64 = (exponent: I32): F64 => F64.load(pool.base.add(exponent.shl(3)), powersF64);
	const range = (f: FunctionBuilder): void => f.return(I32.of(DECIMAL_STATUS.range));
	const give = (f: FunctionBuilder, magnitude: I64, negative: I32): void => {
		number.set(f, I64.select(negative, I64.of(0n).sub(magnitude), magnitude));
		f.return(I32.of(DECIMAL_STATUS.exact));
	};

	const scaleMantissa = m.func('scaleMantissa', { params: { mantissa: I64, fraction: I32, negative: I32, scale: I32, excess: I32, most: I64, least: I64 }, results: [I32] }, (f, { mantissa, fraction, negative, scale, excess, most, least }) => {
		const limit = f.local(I64, I64.select(negative, least, most), 'limit');
		f.if(fraction.leU(scale), () => {
			const high = f.local(I64, undefined, 'high');
			const low = f.local(I64, undefined, 'low');
			wideMultiply(f, mantissa, power(scale.sub(fraction)), high, low);
			f.if(high.ne(0n).or(low.gtU(limit)), () => range(f));
			give(f, low, negative);
		});
		const drop = f.local(I32, fraction.sub(scale), 'drop');
		const kept = f.local(I64, 0n, 'kept');
		const rest = f.local(I64, mantissa, 'rest');
		const divisor = f.local(I64, 0n, 'divisor');
		// A mantissa has at most 17 digits: beyond 18 dropped ones, nothing is kept, and the rest is below the half.
		f.if(drop.leU(18), () => {
			divisor.set(power(drop));
			kept.set(mantissa.divU(divisor));
			rest.set(mantissa.sub(kept.mul(divisor)));
		});
		f.if(kept.gtU(limit), () => range(f));
		f.if(rest.ne(0n), () => {
			f.if(excess.eq(EXCESS.reject), () => f.return(I32.of(DECIMAL_STATUS.scale)));
			const twice = f.local(I64, rest.shl(1n), 'twice');
			f.if(
				excess
					.eq(EXCESS['half-even'])
					.and(divisor.ne(0n))
					.and(twice.gtU(divisor).or(twice.eq(divisor).and(kept.wrap().and(1)))),
				() => {
					f.if(kept.geU(limit), () => range(f));
					kept.set(kept.add(1n));
				},
			);
		});
		give(f, kept, negative);
	});

	const kept = m.global(I64, 0n, { name: 'kept', mutable: true });
	const half = m.global(I32, 0, { name: 'half', mutable: true });
	const rest = m.global(I32, 0, { name: 'rest', mutable: true });
	const over = m.global(I32, 0, { name: 'over', mutable: true });
	/** mantissa (53 bits) × 10^exponent (0 to 19) × 2^-shift, exactly: the whole part in `kept` (`over` where it has more than 64 bits), the next bit in `half`, whether any bit follows in `rest`. */
	const timesPower = m.func('timesPower', { params: { mantissa: I64, exponent: I32, shift: I32 }, results: [] }, (f, { mantissa, exponent, shift }) => {
		const high = f.local(I64, undefined, 'high');
		const low = f.local(I64, undefined, 'low');
		wideMultiply(f, mantissa, power(exponent), high, low);
		over.set(f, I32.of(0));
		// From 64 on, the low word is all below the whole part.
		f.if(shift.geU(64), () => {
			const by = f.local(I64, shift.sub(64).extendU(), 'by');
			f.if(
				shift.eq(64),
				() => {
					kept.set(f, high);
					half.set(f, low.shrU(63n).wrap());
					rest.set(f, low.shl(1n).ne(0n));
				},
				() => {
					// The product has at most 117 bits.
					const small = f.local(I32, by.gtU(63n), 'small');
					kept.set(f, I64.select(small, I64.of(0n), high.shrU(by)));
					half.set(f, I32.select(small, I32.of(0), high.shrU(by.sub(1n)).wrap().and(1)));
					rest.set(
						f,
						small.or(
							high
								.and(I64.of(1n).shl(by.sub(1n)).sub(1n))
								.or(low)
								.ne(0n),
						),
					);
				},
			);
			f.return();
		});
		const by = f.local(I64, shift.extendU(), 'by');
		over.set(f, high.shrU(by).ne(0n));
		kept.set(f, high.shl(I64.of(64n).sub(by)).or(low.shrU(by)));
		half.set(f, low.shrU(by.sub(1n)).wrap().and(1));
		rest.set(f, low.and(I64.of(1n).shl(by.sub(1n)).sub(1n)).ne(0n));
	});

	const floatToFixed = m.func('floatToFixed', { params: { value: F64, single: I32, scale: I32, excess: I32, most: I64, least: I64 }, results: [I32] }, (f, { value, single, scale, excess, most, least }) => {
		const magnitude = f.local(F64, value.abs(), 'magnitude');
		const bits = f.local(I64, magnitude.reinterpretI64(), 'bits');
		const negative = f.local(I32, value.reinterpretI64().shrU(63n).wrap(), 'negative');
		const decimal = (mantissa: I64, fraction: I32): void => f.return(scaleMantissa.call(mantissa, fraction, negative, scale, excess, most, least) as I32);
		f.if(magnitude.trunc().eq(magnitude), () => {
			f.if(magnitude.ge(2 ** 64), () => range(f));
			decimal(magnitude.truncSatI64U(), I32.of(0));
		});
		// As many digits after the point as leave at most 15 (6) in all.
		const bound = f.local(F64, F64.select(single, F64.of(1e6), F64.of(1e15)), 'bound');
		const digits = f.local(I32, 0, 'digits');
		f.block((found) => {
			f.loop((again) => {
				found.branchIf(digits.geU(FRACTION_MOST).or(magnitude.mul(powerF64(digits.add(1))).ge(bound)));
				digits.set(digits.add(1));
				again.branch();
			});
		});
		const candidate = f.local(F64, magnitude.mul(powerF64(digits)).nearest(), 'candidate');
		const back = f.local(F64, candidate.div(powerF64(digits)), 'back');
		f.if(
			single,
			() => f.if(back.demote().promote().eq(magnitude), () => decimal(candidate.truncSatI64U(), digits)),
			() => f.if(back.eq(magnitude), () => decimal(candidate.truncSatI64U(), digits)),
		);
		// What it is exactly: mantissa × 2^-shift, times a power of ten in 128 bits.
		const exponent = f.local(I32, bits.shrU(52n).wrap(), 'exponent');
		const mantissa = f.local(I64, bits.and((1n << 52n) - 1n), 'mantissa');
		f.if(
			exponent,
			() => mantissa.set(mantissa.or(1n << 52n)),
			() => exponent.set(I32.of(1)),
		);
		const shift = f.local(I32, I32.of(1075).sub(exponent), 'shift');
		const up = f.local(I32, undefined, 'up');
		const down = f.local(I32, undefined, 'down');
		const nearestUp = (): I32 => half.and(rest.or(kept.wrap().and(1)));
		// 16 digits where one of the two next to the value rounds to it.
		f.if(single.eqz().and(digits.leU(18)), () => {
			f.call(timesPower, mantissa, digits.add(1), shift);
			const sixteen = f.local(I64, kept, 'sixteen');
			const closer = f.local(I32, nearestUp(), 'closer');
			const places = f.local(I32, I32.of(-1).sub(digits), 'places');
			down.set((nearest.call(sixteen, places) as I64).eq(bits));
			up.set((nearest.call(sixteen.add(1n), places) as I64).eq(bits));
			f.if(down.or(up), () => {
				f.if(down.and(up), () => up.set(closer));
				decimal(sixteen.add(up.extendU()), digits.add(1));
			});
			// Else 17, which always do. (With more than 19 digits after the point, no scale is near enough to tell.)
			f.if(digits.leU(17), () => {
				f.call(timesPower, mantissa, digits.add(2), shift);
				decimal(kept.add(nearestUp().extendU()), digits.add(2));
			});
		});
		// Too small for a decimal of its own at any scale, or a float32 without one: always digits in excess.
		f.call(timesPower, mantissa, scale, shift);
		const limit = f.local(I64, I64.select(negative, least, most), 'limit');
		f.if(over.or(kept.gtU(limit)), () => range(f));
		f.if(excess.eq(EXCESS.reject), () => f.return(I32.of(DECIMAL_STATUS.scale)));
		const whole = f.local(I64, kept, 'whole');
		f.if(excess.eq(EXCESS['half-even']).and(nearestUp()), () => {
			f.if(whole.geU(limit), () => range(f));
			whole.set(whole.add(1n));
		});
		give(f, whole, negative);
	});
	return { scaleMantissa, floatToFixed, powersF64 };
}
