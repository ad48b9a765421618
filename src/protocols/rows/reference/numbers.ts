/** The exact value of a JSON number's text. */

import type { ExcessDigits } from '../../../schema/model.ts';

/** A grammatical number: (−1)^negative × digits × 10^exponent, and how it was written. */
export interface Decimal {
	readonly negative: boolean;
	/** Without leading zeros; empty for zero. */
	readonly digits: string;
	readonly exponent: bigint;
	/** Digits after the point as written, −1 with exponent notation or above 127. */
	readonly textScale: number;
}

const NUMBER = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/** Null where the text is not exactly a JSON number. */
export function parseDecimal(text: string): Decimal | null {
	const match = NUMBER.exec(text);
	if (match === null) return null;
	const [, minus, whole = '', fraction = '', power] = match;
	return {
		negative: minus === '-',
		digits: (whole + fraction).replace(/^0+/, ''),
		exponent: BigInt(power ?? '0') - BigInt(fraction.length),
		textScale: power !== undefined || fraction.length > 127 ? -1 : fraction.length,
	};
}

/**
 * `decimal` × 10^scale as an integer of at least `least` and at most `most`. Or why not: it does not fit (`range`), or
 * digits are in excess (`scale`); `range` comes first where the magnitude without the excess does not fit.
 */
export function toFixedPoint(decimal: Decimal, scale: number, excess: ExcessDigits, least: bigint, most: bigint): bigint | 'range' | 'scale' {
	const { negative, digits } = decimal;
	if (digits === '') return 0n;
	const shift = decimal.exponent + BigInt(scale);
	const signed = (magnitude: bigint): bigint => (negative ? -magnitude : magnitude);
	const fits = (magnitude: bigint): boolean => signed(magnitude) >= least && signed(magnitude) <= most;
	// Every column's limits have at most 20 digits. Without this, 1e999999999999 would be built.
	if (BigInt(digits.length) + shift > 20n) return 'range';
	if (shift >= 0n) {
		const magnitude = BigInt(digits) * 10n ** shift;
		return fits(magnitude) ? signed(magnitude) : 'range';
	}
	const dropped = -shift > BigInt(digits.length) ? digits.length + 1 : Number(-shift);
	const padded = digits.padStart(dropped, '0');
	const kept = padded.slice(0, padded.length - dropped);
	const rest = padded.slice(padded.length - dropped);
	const truncated = BigInt(kept === '' ? '0' : kept);
	if (!fits(truncated)) return 'range';
	const exact = /^0*$/.test(rest);
	if (exact || excess === 'truncate') return signed(truncated);
	if (excess === 'reject') return 'scale';
	const half = `5${'0'.repeat(rest.length - 1)}`;
	const up = rest > half || (rest === half && truncated % 2n === 1n);
	const rounded = up ? truncated + 1n : truncated;
	return fits(rounded) ? signed(rounded) : 'range';
}
