/**
 * How a number is taken, chosen by what was seen of it:
 *
 * - `low`: as `fixed`, and all but the last 8 digits are always the same: times, counters.
 * - `fixed`: always as many digits, no point, no sign: they are where they were.
 * - `whole`: up to 16 digits, no point.
 * - `placed`: up to 16 characters; digits land where the column's scale puts them, at most 16 of them.
 * - `scaled`: the same, where 16 places do not suffice: multiplied by a power of ten afterwards.
 * - `long`: up to 16 digits before the point and up to 16 after it, separately.
 */
import type { ScalarType } from '../../../schema/model.ts';
import type { NumberToken } from './tokens.ts';

/** What a later one takes, an earlier one may not. */
export const NUMBER_MODES = ['low', 'fixed', 'whole', 'placed', 'scaled', 'long'] as const;
export type NumberMode = (typeof NUMBER_MODES)[number];
/** Digits that one vector holds. */
export const LANES = 16;
/** Digits that half a vector holds. */
export const LOW_DIGITS = 8;

export interface NumberRules {
	/** Decimal places of the column's unit. */
	readonly scale: number;
	/** Greatest magnitude. */
	readonly most: bigint;
}

const I64_MOST = 2n ** 63n - 1n;
/** Doubles: what has at most 15 digits in all is one division of integers, correctly rounded. */
const FLOAT = { scale: 8, whole: 7 } as const;

/** What a type makes of digits; null: of a number that nothing takes. */
export function numberRules(type: ScalarType | null): NumberRules {
	switch (type?.kind) {
		case undefined:
			return { scale: LANES, most: I64_MOST };
		case 'integer':
			if (type.bits === 64) return { scale: 0, most: type.signed ? I64_MOST : 2n ** 64n - 1n };
			return { scale: 0, most: type.signed ? 0x7fffffffn : 0xffffffffn };
		case 'decimal':
			return { scale: type.scale, most: I64_MOST };
		case 'timestamp':
			return { scale: { s: 9, ms: 6, us: 3, ns: 0, rfc3339: 0 }[type.format], most: I64_MOST };
		default:
			return { scale: FLOAT.scale, most: 10n ** 15n - 1n };
	}
}

/** Whether a number so written is one for vectors of digits. */
export function canTake(type: ScalarType | null, whole: number, fraction: number): boolean {
	if (whole > LANES) return false;
	if (type?.kind === 'float') return whole <= FLOAT.whole && fraction <= FLOAT.scale;
	return fraction <= Math.min(LANES, numberRules(type).scale);
}

/** What was seen of a number. */
export interface NumberFacts {
	leastWhole: number;
	mostWhole: number;
	/** -1: no point. */
	mostFraction: number;
	negative: boolean;
	/** Digits before the last 8; null where they are not always the same. */
	high: string | null;
	met: number;
}

const highOf = ({ digits }: NumberToken): string => digits.slice(0, -LOW_DIGITS);

export function newFacts(token: NumberToken, met: number): NumberFacts {
	const { whole, fraction, negative } = token;
	return { leastWhole: whole, mostWhole: whole, mostFraction: fraction, negative, high: highOf(token), met };
}

export function widenFacts(facts: NumberFacts, token: NumberToken, met: number): void {
	const { whole, fraction, negative } = token;
	if (facts.high !== highOf(token)) facts.high = null;
	facts.leastWhole = Math.min(facts.leastWhole, whole);
	facts.mostWhole = Math.max(facts.mostWhole, whole);
	facts.mostFraction = Math.max(facts.mostFraction, fraction);
	facts.negative ||= negative;
	facts.met += met;
}

/** Fewer samples do not show that a width stays. */
const ENOUGH = 8;

export function modeOf(facts: NumberFacts, type: ScalarType | null): NumberMode {
	const { scale } = numberRules(type);
	const { leastWhole, mostWhole, mostFraction, negative, high, met } = facts;
	const integral = mostFraction < 0 && (type?.kind === 'integer' || type?.kind === 'timestamp' || mostWhole + scale > LANES);
	if (integral && type !== null) {
		if (met < ENOUGH || negative || leastWhole !== mostWhole) return 'whole';
		return high === null ? 'fixed' : 'low';
	}
	if (mostWhole + 1 + mostFraction > LANES) return 'long';
	return type === null || mostWhole + scale <= LANES ? 'placed' : 'scaled';
}
