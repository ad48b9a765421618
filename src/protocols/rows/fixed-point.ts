import { ERROR_CATEGORIES } from '../../compiler/parser-abi.ts';
import { EXCESS } from '../../kernels/decimals.ts';
import type { ScalarType } from '../../schema/model.ts';

const I64_MOST = (1n << 63n) - 1n;
const I64_LEAST = 1n << 63n;
const U64_MOST = (1n << 64n) - 1n;

/** Scale and limits of the types that are fixed-point numbers. */
export function fixedPoint(type: ScalarType): { scale: number; excess: number; most: bigint; least: bigint; range: number } | null {
	switch (type.kind) {
		case 'integer': {
			const most = type.bits === 64 ? (type.signed ? I64_MOST : U64_MOST) : type.signed ? 0x7fffffffn : 0xffffffffn;
			const least = type.signed ? most + 1n : 0n;
			return { scale: 0, excess: EXCESS.reject, most, least, range: ERROR_CATEGORIES.range };
		}
		case 'decimal':
			return { scale: type.scale, excess: EXCESS[type.excess], most: I64_MOST, least: I64_LEAST, range: ERROR_CATEGORIES.range };
		case 'timestamp': {
			if (type.format === 'rfc3339') return null;
			const scale = { s: 9, ms: 6, us: 3, ns: 0 }[type.format];
			return { scale, excess: EXCESS.truncate, most: I64_MOST, least: I64_LEAST, range: ERROR_CATEGORIES.timestamp };
		}
		default:
			return null;
	}
}
