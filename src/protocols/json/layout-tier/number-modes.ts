/**
 * How a number is taken, chosen by what was seen of it:
 *
 * - `fixed`: always as many digits, no point, no sign: they are where they were.
 * - `whole`: up to 16 digits, no point.
 * - `placed`: up to 16 characters; digits land where the column's scale puts them, at most 16 of them.
 * - `long`: up to 16 digits before the point and up to 16 after it, separately.
 */
import type { ScalarType } from '../../../schema/model.ts';
import type { NumberToken } from './tokens.ts';

export type NumberMode = 'fixed' | 'whole' | 'placed' | 'long';
/** Digits that one vector holds. */
export const LANES = 16;

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
	met: number;
}

export function newFacts({ whole, fraction, negative }: NumberToken): NumberFacts {
	return { leastWhole: whole, mostWhole: whole, mostFraction: fraction, negative, met: 1 };
}

export function widenFacts(facts: NumberFacts, { whole, fraction, negative }: NumberToken): void {
	facts.leastWhole = Math.min(facts.leastWhole, whole);
	facts.mostWhole = Math.max(facts.mostWhole, whole);
	facts.mostFraction = Math.max(facts.mostFraction, fraction);
	facts.negative ||= negative;
	facts.met++;
}

/** Fewer samples do not show that a width stays. */
const ENOUGH = 8;

export function modeOf(facts: NumberFacts, type: ScalarType | null): NumberMode {
	const { scale } = numberRules(type);
	const { leastWhole, mostWhole, mostFraction, negative, met } = facts;
	const integral = mostFraction < 0 && (type?.kind === 'integer' || type?.kind === 'timestamp' || mostWhole + scale > LANES);
	if (integral && type !== null) return met >= ENOUGH && !negative && leastWhole === mostWhole ? 'fixed' : 'whole';
	const places = type === null ? 0 : scale;
	return mostWhole + places <= LANES && mostWhole + 1 + mostFraction <= LANES ? 'placed' : 'long';
}
