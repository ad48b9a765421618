/**
 * Digits at known places to integers, several numbers at once and without a loop or a branch:
 *
 * ```
 *  16 digits, a byte each      → 8 pairs     (dot [10, 1], or one multiplication)
 *  8 pairs                     → 4 fours     (dot [100, 1])
 *  4 fours, and 4 of another   → 2 eights, and 2   (narrow, dot [10000, 1])
 *  eights                      → high · H + low · L
 * ```
 * Every step is exact: a pair is below 100, a four below 10^4, an eight below 10^8, H and L below 2^32.
 */
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { F64, type FunctionBuilder, I32, I64, type Local, V128 } from '../../../wasm/index.ts';
import { numberRules } from './learn.ts';
import type { DigitPair, DigitVector, NumberResult } from './records.ts';
import type { NumberSpot } from './spots.ts';

/** Constants in memory: the engine would build them anew at each use. */
export interface NumberConstants {
	readonly base: I32;
	/** In locals: used by every number. */
	readonly pairs: V128;
	readonly fours: V128;
	readonly eights: V128;
	readonly clock: number;
	vector(bytes: Uint8Array): number;
	readonly relaxed: boolean;
}

const i16 = (...lanes: number[]): Uint8Array => new Uint8Array(Int16Array.from(lanes).buffer);
const u32 = (...lanes: number[]): Uint8Array => new Uint8Array(Uint32Array.from(lanes).buffer);

export function bindNumberConstants(f: FunctionBuilder, pool: ConstantPool, base: I32, relaxed: boolean): NumberConstants {
	const local = (bytes: Uint8Array, name: string): V128 => f.local(V128, V128.load(base, pool.add(bytes)), name);
	return {
		base,
		pairs: local(relaxed ? Uint8Array.of(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1) : i16(2561, 2561, 2561, 2561, 2561, 2561, 2561, 2561), 'pairs'),
		fours: local(i16(100, 1, 100, 1, 100, 1, 100, 1), 'fours'),
		clock: pool.add(i16(100, 1, 60, 1, 100, 1, 100, 1)),
		eights: local(i16(10000, 1, 10000, 1, 10000, 1, 10000, 1), 'eights'),
		vector: (bytes) => pool.add(bytes),
		relaxed,
	};
}

interface Factors {
	readonly high: number;
	readonly low: number;
	/** Beyond 32 bits: multiplied afterwards. */
	readonly after: bigint;
}

const tenTo = (exponent: number): number => 10 ** exponent;

function factorsOf(spot: NumberSpot): Factors {
	const { scale } = numberRules(spot.column.type);
	switch (spot.form) {
		case 'low':
			return { high: 0, low: tenTo(scale), after: 1n };
		case 'full':
			return { high: tenTo(8), low: 1, after: 10n ** BigInt(scale) };
		case 'clock':
			return { high: tenTo(9), low: 10, after: 1n };
		case 'split':
			if (scale <= 8) return { high: tenTo(scale), low: 1, after: 1n };
			if (scale === 9) return { high: tenTo(9), low: 10, after: 1n };
			return { high: tenTo(8), low: 1, after: 10n ** BigInt(scale - 8) };
	}
}

export interface NumberScope {
	readonly f: FunctionBuilder;
	readonly constants: NumberConstants;
	/** The part's start. */
	readonly p: I32;
	readonly record: I32;
	/** Locals that code of other edges uses, too. */
	vector(): Local<V128>;
	/** Addresses of the row for columns of 8 and 4 bytes, without the column's offset. */
	readonly at8: I32;
	readonly at4: I32;
}

/** Emits: the pair's numbers are converted and stored. */
export function emitPair(scope: NumberScope, pair: DigitPair): void {
	const { f, constants } = scope;
	const fours = pair.vectors.map((vector) => emitFours(scope, vector));
	const first = fours[0] as V128;
	const eights = scope.vector();
	eights.set(first.i32x4.narrowS(fours[1] ?? first).i16x8.dot(constants.eights));
	for (const result of pair.results) {
		const value = scope.vector();
		value.set(emitResult(scope, result, eights));
		emitStores(f, scope, result, value);
	}
}

function emitFours(scope: NumberScope, vector: DigitVector): Local<V128> {
	const { f, constants, p, record } = scope;
	const [first, second] = vector.numbers as [NumberSpot, NumberSpot?];
	const window = (index: number): I32 => p.add(I32.load(record, vector.windows[index] as number));
	const places = Math.min(8, numberRules(first.column.type).scale);
	let loaded: V128;
	switch (first.form) {
		case 'full':
			loaded = V128.load(window(0));
			break;
		case 'split': {
			const at = f.local(I32, window(0), 'window');
			loaded = V128.load64Lane(at, V128.load64Zero(at), 1, places + 1);
			break;
		}
		case 'clock':
			// `:mm:ss.ffffffff`
			loaded = V128.load(window(0)).shuffle(V128.i32x4(0, 0, 0, 0), [16, 16, 16, 16, 1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14]);
			break;
		case 'low':
			loaded = V128.load64Zero(window(0));
			if (second !== undefined) loaded = V128.load64Lane(window(1), loaded, 1);
	}
	const digits = loaded.and(V128.load(record, vector.mask));
	const pairs = constants.relaxed ? digits.i8x16.relaxedDotI7(constants.pairs) : digits.i16x8.mul(constants.pairs).i16x8.shrU(8);
	const local = scope.vector();
	local.set(pairs.i16x8.dot(first.form === 'clock' ? V128.load(constants.base, constants.clock) : constants.fours));
	return local;
}

function emitResult(scope: NumberScope, result: NumberResult, eights: V128): V128 {
	const { constants, record } = scope;
	const factors = result.numbers.map(factorsOf);
	const factor = (lane: number): Factors => factors[lane] ?? (factors[0] as Factors);
	const constant = (bytes: Uint8Array): V128 => V128.load(constants.base, constants.vector(bytes));
	let value: V128;
	if (result.from === 'both-wide') {
		const high = eights.shuffle(eights, [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
		const scaled = high.i32x4.extmulLowU(constant(u32(factor(0).high, factor(1).high, 0, 0)));
		const low = factors.every((each) => each.low === 1) ? eights.i64x2.shrU(32) : eights.shuffle(eights, [4, 5, 6, 7, 12, 13, 14, 15, 4, 5, 6, 7, 12, 13, 14, 15]).i32x4.extmulLowU(constant(u32(factor(0).low, factor(1).low, 0, 0)));
		value = scaled.i64x2.add(low);
	} else {
		const one = factors.every((each) => each.low === 1);
		if (result.from === 'low') value = one ? eights.i32x4.extendLowU() : eights.i32x4.extmulLowU(constant(u32(factor(0).low, factor(1).low, 0, 0)));
		else value = one ? eights.i32x4.extendHighU() : eights.i32x4.extmulHighU(constant(u32(0, 0, factor(0).low, factor(1).low)));
	}
	if (factors.some((each) => each.after !== 1n)) return value;
	if (result.base >= 0) value = value.i64x2.add(V128.load(record, result.base));
	// A float's sign is set when it is one.
	if (result.sign >= 0 && result.numbers.every((spot) => spot.column.storage !== 'f64')) {
		const sign = V128.load(record, result.sign);
		value = value.xor(sign).i64x2.sub(V128.load(record, result.sign));
	}
	return value;
}

function emitStores(f: FunctionBuilder, scope: NumberScope, result: NumberResult, value: V128): void {
	const { record, at8, at4 } = scope;
	const late = result.numbers.some((spot) => factorsOf(spot).after !== 1n);
	const mixed = result.numbers.some((spot) => spot.column.storage === 'f64');
	result.numbers.forEach((spot, lane) => {
		const { column } = spot;
		const sign = (): I64 => I64.load(record, result.sign + lane * 8);
		if (column.storage === 'f64') {
			const magnitude = f.local(F64, value.i64x2.extractLane(lane).toF64S().div(1e8), 'magnitude');
			f.store(at8, result.sign >= 0 ? F64.select(sign().ltS(0n), magnitude.neg(), magnitude) : magnitude, column.values);
			return;
		}
		if (late || (mixed && result.sign >= 0)) {
			let scalar: I64 = value.i64x2.extractLane(lane);
			if (late) {
				scalar = scalar.mul(factorsOf(spot).after);
				if (result.base >= 0) scalar = scalar.add(I64.load(record, result.base + lane * 8));
			}
			if (result.sign >= 0) scalar = scalar.xor(sign()).sub(sign());
			if (column.storage === 'i32' || column.storage === 'u32') f.store(at4, scalar.wrap(), column.values);
			else f.store(at8, scalar, column.values);
			return;
		}
		if (column.storage === 'i32' || column.storage === 'u32') f.store32Lane(at4, value, lane * 2, column.values);
		else f.store64Lane(at8, value, lane, column.values);
	});
}
