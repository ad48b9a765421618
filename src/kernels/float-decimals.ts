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
		const wide = f.local(I64, shift.extendU(), 'wide');
		const high = f.local(I64, undefined, 'high');
		const low = f.local(I64, undefined, 'low');
		f.if(single.eqz().and(digits.leU(17)), () => emitLongest(f));
		// Too small for a decimal of its own at any scale, or a float32 without one: always digits in excess.
		wideMultiply(f, mantissa, power(scale), high, low);
		const kept = f.local(I64, 0n, 'kept');
		const half = f.local(I32, 0, 'half');
		const rest = f.local(I32, 1, 'rest');
		f.if(
			shift.leU(63),
			() => {
				f.if(high.shrU(wide).ne(0n), () => range(f));
				kept.set(high.shl(I64.of(64n).sub(wide)).or(low.shrU(wide)));
				half.set(low.shrU(wide.sub(1n)).wrap().and(1));
				rest.set(low.and(I64.of(1n).shl(wide.sub(1n)).sub(1n)).ne(0n));
			},
			() =>
				f.if(shift.leU(120), () => {
					// Zero shifts 64 bits by nothing: bit 63 of the low word is the half where shift is 64.
					f.if(
						shift.eq(64),
						() => {
							kept.set(high);
							half.set(low.shrU(63n).wrap());
							rest.set(low.shl(1n).ne(0n));
						},
						() => {
							const over = f.local(I64, wide.sub(64n), 'over');
							kept.set(high.shrU(over));
							half.set(high.shrU(over.sub(1n)).wrap().and(1));
							rest.set(
								high
									.and(I64.of(1n).shl(over.sub(1n)).sub(1n))
									.or(low)
									.ne(0n),
							);
						},
					);
				}),
		);
		const limit = f.local(I64, I64.select(negative, least, most), 'limit');
		f.if(kept.gtU(limit), () => range(f));
		f.if(excess.eq(EXCESS.reject), () => f.return(I32.of(DECIMAL_STATUS.scale)));
		f.if(
			excess
				.eq(EXCESS['half-even'])
				.and(half)
				.and(rest.or(kept.wrap().and(1))),
			() => {
				f.if(kept.geU(limit), () => range(f));
				kept.set(kept.add(1n));
			},
		);
		give(f, kept, negative);

		/** 16 digits where one of the two next to the value rounds to it, else the nearest 17. A value of this size has a shift below 64. */
		function emitLongest(into: typeof f): void {
			wideMultiply(into, mantissa, power(digits.add(2)), high, low);
			const seventeen = into.local(I64, high.shl(I64.of(64n).sub(wide)).or(low.shrU(wide)), 'seventeen');
			const below = into.local(I64, low.and(I64.of(1n).shl(wide).sub(1n)), 'below');
			const sixteen = into.local(I64, seventeen.divU(10n), 'sixteen');
			const last = into.local(I64, seventeen.sub(sixteen.mul(10n)), 'last');
			const places = into.local(I32, I32.of(0).sub(digits.add(1)), 'places');
			const down = into.local(I32, (nearest.call(sixteen, places) as I64).eq(bits), 'down');
			const up = into.local(I32, (nearest.call(sixteen.add(1n), places) as I64).eq(bits), 'up');
			into.if(down.or(up), () => {
				into.if(down.and(up), () => up.set(last.gtU(5n).or(last.eq(5n).and(below.ne(0n).or(sixteen.wrap().and(1))))));
				decimal(sixteen.add(up.extendU()), digits.add(1));
			});
			const middle = into.local(I64, I64.of(1n).shl(wide.sub(1n)), 'middle');
			decimal(
				seventeen.add(
					below
						.gtU(middle)
						.or(below.eq(middle).and(seventeen.wrap().and(1)))
						.extendU(),
				),
				digits.add(2),
			);
		}
	});
	return { scaleMantissa, floatToFixed, powersF64 };
}
