/** Integers of the wire at another power of ten. */
import { ERROR_CATEGORIES, type ErrorCategory } from '../../compiler/parser-abi.ts';
import type { ConstantPool } from '../../kernels/constant-pool.ts';
import { type Func, type Global, I32, I64, type ModuleBuilder } from '../../wasm/index.ts';

export interface Rescale {
	/** `rescale(mantissa, shift, excess)`: mantissa × 10^shift; `rescaleFault` is 0 or a category. Excess: 0 reject, 1 truncate, 2 half to even. */
	readonly rescale: Func<I64>;
	readonly rescaleFault: Global<I32>;
	/** Powers of ten up to 10^18 and the largest mantissas that they can multiply, from the pool's base; u64 each. */
	readonly powers: number;
	readonly limits: number;
}

export function emitRescale(m: ModuleBuilder, pool: ConstantPool): Rescale {
	const rescaleFault = m.global(I32, 0, { name: 'rescaleFault', mutable: true });
	const most = 2n ** 63n - 1n;
	const powers = pool.add(new Uint8Array(BigInt64Array.from({ length: 19 }, (_, power) => 10n ** BigInt(power)).buffer));
	const limits = pool.add(new Uint8Array(BigInt64Array.from({ length: 19 }, (_, power) => most / 10n ** BigInt(power)).buffer));
	const rescale = m.func('rescale', { params: { mantissa: I64, shift: I32, excess: I32 }, results: [I64] }, (f, { mantissa, shift, excess }) => {
		const give = (value: I64): void => {
			rescaleFault.set(f, I32.of(0));
			f.return(value);
		};
		const fault = (which: ErrorCategory): void => {
			rescaleFault.set(f, I32.of(ERROR_CATEGORIES[which]));
			f.return(I64.of(0n));
		};
		f.if(mantissa.eqz().or(shift.eqz()), () => give(mantissa));
		f.if(shift.gtS(0), () => {
			f.if(shift.gtS(18), () => fault('range'));
			const limit = f.local(I64, I64.load(pool.base.add(shift.shl(3)), limits), 'limit');
			f.if(mantissa.gtS(limit).or(mantissa.ltS(I64.of(0n).sub(limit))), () => fault('range'));
			give(mantissa.mul(I64.load(pool.base.add(shift.shl(3)), powers)));
		});
		// Divided as unsigned magnitudes: 10^19 has 64 bits, and no larger power divides any of them but 0.
		const negative = f.local(I32, mantissa.ltS(0n), 'negative');
		const magnitude = f.local(I64, I64.select(negative, I64.of(0n).sub(mantissa), mantissa), 'magnitude');
		const down = f.local(I32, I32.of(0).sub(shift), 'down');
		const divisor = f.local(I64, 0n, 'divisor');
		const quotient = f.local(I64, 0n, 'quotient');
		const rest = f.local(I64, magnitude, 'rest');
		f.if(down.leU(19), () => {
			divisor.set(I64.of(10n ** 19n));
			f.if(down.leU(18), () => divisor.set(I64.load(pool.base.add(down.shl(3)), powers)));
			quotient.set(magnitude.divU(divisor));
			rest.set(magnitude.remU(divisor));
		});
		f.if(rest.ne(0n), () => {
			f.if(excess.eqz(), () => fault('scale'));
			f.if(excess.eq(2).and(divisor.ne(0n)), () => {
				// More than half, or half and odd: rest > divisor - rest, without overflow.
				const other = f.local(I64, divisor.sub(rest), 'other');
				f.if(rest.gtU(other).or(rest.eq(other).and(quotient.and(1n).wrap())), () => quotient.set(quotient.add(1n)));
			});
		});
		give(I64.select(negative, I64.of(0n).sub(quotient), quotient));
	});
	return { rescale, rescaleFault, powers, limits };
}
