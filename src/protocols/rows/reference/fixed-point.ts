/** A decimal as the integer that a column of its type holds. */
import type { IntegerType, ScalarType, TimestampFormat } from '../../../schema/model.ts';
import { type Decimal, toFixedPoint } from './numbers.ts';
import { I64_LEAST, I64_MOST } from './timestamps.ts';

export const TIMESTAMP_SCALES: Readonly<Record<Exclude<TimestampFormat, 'rfc3339'>, number>> = { s: 9, ms: 6, us: 3, ns: 0 };

export type FixedPointType = Extract<ScalarType, { kind: 'integer' | 'decimal' | 'timestamp' }>;

export function fixedPoint(type: FixedPointType, decimal: Decimal): bigint | 'range' | 'scale' {
	switch (type.kind) {
		case 'integer':
			return toFixedPoint(decimal, 0, 'reject', ...limitsOf(type));
		case 'decimal':
			return toFixedPoint(decimal, type.scale, type.excess, I64_LEAST, I64_MOST);
		case 'timestamp':
			return toFixedPoint(decimal, TIMESTAMP_SCALES[type.format as keyof typeof TIMESTAMP_SCALES], 'truncate', I64_LEAST, I64_MOST);
	}
}

export function limitsOf({ bits, signed }: IntegerType): [least: bigint, most: bigint] {
	const count = 2n ** BigInt(bits);
	return signed ? [-count / 2n, count / 2n - 1n] : [0n, count - 1n];
}
