/** Which decimal a binary float stands for: docs/msgpack.md, "Floats as decimals". */
import type { ExcessDigits } from '../../../schema/model.ts';
import { type Decimal, parseDecimal, toFixedPoint } from './numbers.ts';

/** Floats have no digits as written. */
const NO_TEXT_SCALE = -1;

/**
 * A finite float × 10^scale as an integer of at least `least` and at most `most`, or why not. A whole float is the
 * integer that it is. Another float64 is the decimal that JavaScript prints for it; another float32 the one of at most six
 * digits that rounds to it, or, where there is none, what it is exactly, which always has excess digits.
 */
export function floatToFixedPoint(value: number, single: boolean, scale: number, excess: ExcessDigits, least: bigint, most: bigint): bigint | 'range' | 'scale' {
	const decimal = Number.isInteger(value) ? exactDecimal(value) : single ? sixDigits(value) : printed(value);
	if (decimal !== null) return toFixedPoint(decimal, scale, excess, least, most);
	const exact = toFixedPoint(exactDecimal(value), scale, excess === 'reject' ? 'truncate' : excess, least, most);
	return exact !== 'range' && excess === 'reject' ? 'scale' : exact;
}

function printed(value: number): Decimal {
	return { ...(parseDecimal(String(value)) as Decimal), textScale: NO_TEXT_SCALE };
}

function sixDigits(value: number): Decimal | null {
	const text = value.toPrecision(6);
	return Math.fround(Number(text)) === value ? (parseDecimal(text) as Decimal) : null;
}

/** Mantissa × 2^exponent: a negative power of two is a power of five with as many digits after the point. */
function exactDecimal(value: number): Decimal {
	let mantissa = Math.abs(value);
	let twos = 0;
	while (!Number.isInteger(mantissa)) {
		mantissa *= 2;
		twos++;
	}
	const digits = mantissa === 0 ? '' : (BigInt(mantissa) * 5n ** BigInt(twos)).toString();
	return { negative: value < 0, digits, exponent: BigInt(-twos), textScale: NO_TEXT_SCALE };
}
