/** What integers of the wire mean, in bigint: the rules of docs/binary.md that the reference and the encoder share. */
import type { ErrorCategory } from '../../compiler/parser-abi.ts';
import type { ExcessDigits } from '../../schema/model.ts';

export const I64_LEAST = -(2n ** 63n);
export const I64_MOST = 2n ** 63n - 1n;

/** Nanoseconds of a timestamp's unit. */
export const UNIT_NANOSECONDS = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n } as const;

/**
 * mantissa × 10^shift as an i64, or why there is none: `range` where it does not fit, `scale` where digits would be lost.
 */
export function scaled(mantissa: bigint, shift: bigint, excess: ExcessDigits): bigint | Extract<ErrorCategory, 'range' | 'scale'> {
	if (mantissa === 0n) return 0n;
	const fits = (value: bigint): bigint | 'range' => (value < I64_LEAST || value > I64_MOST ? 'range' : value);
	if (shift >= 0n) return shift > 18n ? 'range' : fits(mantissa * 10n ** shift);
	// No 64-bit integer has more than 20 digits.
	const divisor = 10n ** (-shift > 20n ? 21n : -shift);
	const quotient = mantissa / divisor;
	const rest = mantissa % divisor;
	if (rest === 0n || excess === 'truncate') return fits(quotient);
	if (excess === 'reject') return 'scale';
	const twice = (rest < 0n ? -rest : rest) * 2n;
	const away = twice > divisor || (twice === divisor && quotient % 2n !== 0n);
	return fits(away ? quotient + (mantissa < 0n ? -1n : 1n) : quotient);
}
