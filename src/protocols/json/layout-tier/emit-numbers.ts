/**
 * Numbers at a known place: where they end, their digits as 16 decimal places in a vector (digit-tables.ts), and those as
 * integers, two numbers at once and without a loop or a branch:
 *
 * ```
 *  16 digits, a byte each      → 8 pairs     (dot [10, 1], or one multiplication)
 *  8 pairs                     → 4 fours     (dot [100, 1])
 *  4 fours, and 4 of another   → 2 eights each (narrow, dot [10000, 1])
 *  eights                      → high · 10^8 + low
 * ```
 * Every step is exact: a pair is below 100, a four below 10^4, an eight below 10^8. What is no digit is noted in `wrong`,
 * what is wrong otherwise in `fault`; both are asked once, when the message is through.
 */
import type { ScalarColumn } from '../../../compiler/batch-layout.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import type { ScalarType } from '../../../schema/model.ts';
import { F64, type FunctionBuilder, I32, I64, type Local, V128 } from '../../../wasm/index.ts';
import { type Direction, ENTRY_BYTES, fractionTable, placedTable, SCALED_ENTRY_BYTES, scaledTable, wholeTable } from './digit-tables.ts';
import { LANES, LOW_DIGITS, type NumberMode, numberRules } from './number-modes.ts';
import { moved, type Position, placeOf } from './positions.ts';
import type { NumberToken } from './tokens.ts';

export interface NumberScope {
	readonly f: FunctionBuilder;
	readonly pool: ConstantPool;
	readonly relaxed: boolean;
	readonly constants: I32;
	readonly pairs: V128;
	readonly fours: V128;
	readonly eights: V128;
	readonly zeros: V128;
	readonly nines: V128;
	/** Not zero in any lane: the message is not what it was taken for. */
	readonly wrong: Local<V128>;
	/** The same, not zero; of 32 and of 64 bits. */
	readonly fault: Local<I32>;
	readonly fault64: Local<I64>;
	readonly points: V128;
	/** Added to a byte, and what digits are greater than then, as signed bytes. */
	readonly raise: V128;
	readonly belowDigits: V128;
	readonly tens: V128;
}

const powerOf = (exponent: number): bigint => 10n ** BigInt(exponent);
const i16 = (...lanes: number[]): Uint8Array => new Uint8Array(Int16Array.from(lanes).buffer);

/** Constants in locals, or in memory: the engine would build them anew at each use. */
export function bindNumberScope(f: FunctionBuilder, pool: ConstantPool, relaxed: boolean): NumberScope {
	const constants = f.local(I32, pool.base, 'constants');
	const vector = (bytes: Uint8Array, name: string): V128 => f.local(V128, V128.load(constants, pool.add(bytes)), name);
	return {
		f,
		pool,
		relaxed,
		constants,
		pairs: vector(relaxed ? Uint8Array.of(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1) : i16(2561, 2561, 2561, 2561, 2561, 2561, 2561, 2561), 'pairs'),
		fours: vector(i16(100, 1, 100, 1, 100, 1, 100, 1), 'fours'),
		eights: vector(i16(10000, 1, 10000, 1, 10000, 1, 10000, 1), 'eights'),
		zeros: vector(new Uint8Array(16).fill(0x30), 'zeros'),
		nines: vector(new Uint8Array(16).fill(9), 'nines'),
		wrong: f.local(V128, undefined, 'wrong'),
		fault: f.local(I32, undefined, 'fault'),
		fault64: f.local(I64, undefined, 'fault64'),
		raise: vector(new Uint8Array(16).fill(0x80 - 0x3a), 'raise'),
		belowDigits: vector(new Uint8Array(16).fill(0x80 - 0x3a + 0x2f), 'belowDigits'),
		points: vector(new Uint8Array(16).fill(0x2e), 'points'),
		tens: vector(new Uint8Array(16).fill(10), 'tens'),
	};
}

/** How a number is looked for. */
export interface NumberPlan {
	readonly mode: NumberMode;
	readonly signed: boolean;
	/** Digits, where their number is fixed. */
	readonly digits: number;
	readonly direction: Direction;
	/** Its leading digits, where it is `low`. */
	readonly high: string;
	/** What stands before it as constant text, where its width is fixed. */
	readonly before: Uint8Array;
	/** Greatest value that all of its takers have room for, where its width is fixed. */
	readonly most: bigint;
}

/** A number that was found; its digits wait to be taken. */
export interface FoundNumber {
	readonly plan: NumberPlan;
	/** Windows minus '0' with their entries' addresses; none where digits are in place already. */
	readonly windows: readonly { readonly digits: V128; readonly entry: I32 }[];
	/** Digits in place, where their number is fixed. */
	readonly digits: Local<V128> | null;
	/** 1 where it is negative. */
	readonly negative: Local<I32> | null;
	/** Characters, and where they end: digits before the point (forward), or after it (backward). */
	readonly characters: Local<I32> | null;
	readonly to: Local<I32> | null;
}

export const isFixed = (mode: NumberMode): boolean => mode === 'fixed' || mode === 'low';

/** Bytes of constant text before a fixed number that its window checks, too. */
export const covered = (digits: number, before: Uint8Array): number => Math.min(before.length, LANES - digits);

/** Emits: finds the number at (or up to) a place; `after` is behind it (before it). */
export function findNumber(scope: NumberScope, at: Position, plan: NumberPlan): { readonly found: FoundNumber; readonly after: Position } {
	return isFixed(plan.mode) ? fixed(scope, at, plan) : plan.direction === 'forward' ? forward(scope, at, plan) : backward(scope, at, plan);
}

function fixed({ f, pool, constants, wrong }: NumberScope, at: Position, plan: NumberPlan): { found: FoundNumber; after: Position } {
	const { digits, direction, before } = plan;
	const text = covered(digits, before);
	const first = LANES - digits;
	const least = new Uint8Array(LANES);
	const span = new Uint8Array(LANES).fill(255);
	least.set(before.subarray(before.length - text), first - text);
	span.fill(0, first - text, first);
	least.fill(0x30, first);
	span.fill(9, first);
	const high = plan.mode === 'low' ? Uint8Array.from(plan.high, (digit) => digit.charCodeAt(0)) : new Uint8Array(0);
	least.set(high, first);
	span.fill(0, first, first + high.length);
	// The leading digit counts from 1, and up to one with which nothing overflows.
	if (digits > 1 && high.length === 0) {
		least[first] = 0x31;
		span[first] = leadingMost(digits, plan.most) - 1;
	}
	const window = moved(at, direction === 'forward' ? digits - LANES : -LANES);
	const excess = f.local(V128, placeOf(window, V128.load).i8x16.sub(V128.load(constants, pool.add(least))), 'digits');
	wrong.set(wrong.or(excess.i8x16.subSatU(V128.load(constants, pool.add(span)))));
	const mask = new Uint8Array(LANES).fill(0xff, first - text);
	if (first > text && (plan.mode === 'fixed' || first > LOW_DIGITS)) excess.set(excess.and(V128.load(constants, pool.add(mask))));
	return { found: { plan, windows: [], digits: excess, negative: null, characters: null, to: null }, after: moved(at, direction === 'forward' ? digits : -digits) };
}

/** The greatest leading digit that may be followed by any others; 0: none. */
const leadingMost = (digits: number, most: bigint): number => Number([9n, 8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n].find((first) => (first + 1n) * powerOf(digits - 1) - 1n <= most) ?? 0n);
/** Whether the digits of a number can be bounded by the leading one. */
export const isBounded = (digits: number, most: bigint): boolean => digits === 1 || leadingMost(digits, most) > 0;

const entryShift = ({ mode }: NumberPlan): number => Math.log2(mode === 'scaled' ? SCALED_ENTRY_BYTES : ENTRY_BYTES);

/** Bit i: byte i is a digit. Bytes are moved such that digits are the greatest signed bytes. */
function digitBits({ raise, belowDigits }: NumberScope, window: V128): I32 {
	return window.i8x16.add(raise).i8x16.gtS(belowDigits).i8x16.bitmask();
}

/** Emits: the address of the entry 16 · characters + to. */
function pairEntry({ f, constants }: NumberScope, plan: NumberPlan, characters: I32, to: I32): Local<I32> {
	const shift = entryShift(plan);
	return f.local(
		I32,
		characters
			.shl(shift + 4)
			.add(to.shl(shift))
			.add(constants),
		'entry',
	);
}

function forward(scope: NumberScope, at: Position, plan: NumberPlan): { found: FoundNumber; after: Position } {
	const { f, zeros, constants } = scope;
	let start = at;
	let negative: Local<I32> | null = null;
	if (plan.signed) {
		negative = f.local(I32, placeOf(at, I32.load8U).eq(0x2d), 'negative');
		start = { base: f.local(I32, at.base.add(negative), 'start'), offset: at.offset };
	}
	const window = f.local(V128, placeOf(start, V128.load), 'window');
	const digits = f.local(V128, window.i8x16.sub(zeros), 'digits');
	/** Bit i: character i is no digit, and one for the character behind the window. */
	const ends = (): I32 => digitBits(scope, window).xor(0x1ffff);
	const entryOf = (index: I32): Local<I32> => f.local(I32, index.shl(entryShift(plan)).add(constants), 'entry');
	const none = { plan, digits: null, negative };
	if (plan.mode === 'whole') {
		const characters = f.local(I32, ends().ctz(), 'characters');
		return { found: { ...none, windows: [{ digits, entry: entryOf(characters) }], characters, to: characters }, after: { base: f.local(I32, start.base.add(characters), 'at'), offset: start.offset } };
	}
	if (plan.mode !== 'long') {
		const stops = f.local(I32, ends(), 'stops');
		const points = window.i8x16.eq(scope.points).i8x16.bitmask();
		const characters = f.local(I32, stops.xor(points).ctz(), 'characters');
		const to = f.local(I32, stops.ctz(), 'whole');
		return { found: { ...none, windows: [{ digits, entry: pairEntry(scope, plan, characters, to) }], characters, to }, after: { base: f.local(I32, start.base.add(characters), 'at'), offset: start.offset } };
	}
	const whole = f.local(I32, ends().ctz(), 'whole');
	const point = { base: f.local(I32, start.base.add(whole), 'point'), offset: start.offset };
	const hasPoint = f.local(I32, placeOf(point, I32.load8U).eq(0x2e), 'hasPoint');
	const second = f.local(V128, placeOf(moved(point, 1), V128.load).i8x16.sub(zeros), 'digits');
	const count = f.local(I32, second.i8x16.geU(scope.tens).i8x16.bitmask().ctz(), 'fraction');
	scope.fault.set(scope.fault.or(hasPoint.gtU(count)));
	const fraction = f.local(I32, count.and(I32.of(0).sub(hasPoint)), 'fraction');
	return {
		found: {
			...none,
			windows: [
				{ digits, entry: entryOf(whole) },
				{ digits: second, entry: entryOf(fraction) },
			],
			characters: fraction,
			to: null,
		},
		after: { base: f.local(I32, point.base.add(fraction).add(hasPoint), 'at'), offset: point.offset },
	};
}

function backward(scope: NumberScope, at: Position, plan: NumberPlan): { found: FoundNumber; after: Position } {
	const { f, zeros, constants } = scope;
	const window = f.local(V128, placeOf(moved(at, -LANES), V128.load), 'window');
	const digits = f.local(V128, window.i8x16.sub(zeros), 'digits');
	// Lane 15 as bit 31, and a bit that ends every search.
	const ends = f.local(I32, digitBits(scope, window).xor(0x1ffff).shl(16).or(0x8000), 'ends');
	const to = f.local(I32, ends.clz(), 'to');
	let characters = to;
	if (plan.mode !== 'whole') {
		const points = window.i8x16.eq(scope.points).i8x16.bitmask().shl(16);
		characters = f.local(I32, ends.xor(points).clz(), 'characters');
	}
	const entry = plan.mode === 'whole' ? f.local(I32, to.shl(entryShift(plan)).add(constants), 'entry') : pairEntry(scope, plan, characters, to);
	let after: Position = { base: f.local(I32, at.base.sub(characters), 'at'), offset: at.offset };
	let negative: Local<I32> | null = null;
	if (plan.signed) {
		negative = f.local(I32, placeOf(moved(after, -1), I32.load8U).eq(0x2d), 'negative');
		after = { base: f.local(I32, after.base.sub(negative), 'at'), offset: after.offset };
	}
	return { found: { plan, windows: [{ digits, entry }], digits: null, negative, characters, to }, after };
}

/** Digits in their places, which wait for others to be converted with. */
interface Waiting {
	readonly digits: V128;
	/** Only the last 8 lanes count. */
	readonly low: boolean;
	/** Of low digits: what they are multiplied with, below 2^32. */
	readonly factor: number;
	/** Added to the integer afterwards. */
	readonly base: bigint;
	use(value: V128, lane: 0 | 1): void;
}
/** One vector of digits: of one number, or the low ones of up to two. */
type Sixteen = readonly Waiting[];
export interface Conversions {
	waiting: readonly Sixteen[];
}

export interface StoreScope extends NumberScope {
	/** Addresses of the row for columns of 8, 4 and 1 bytes, without the column's offset. */
	readonly at8: I32;
	readonly at4: I32;
	readonly at1: I32;
}

/**
 * Emits: the number's digits are checked, converted and stored; at the latest when the conversions are flushed.
 *
 * @param integral numbers of this column have no point here, even where others are looked for with one
 */
export function takeNumber(scope: StoreScope, conversions: Conversions, found: FoundNumber, { type, column }: NumberToken, integral: boolean): void {
	const { f, pool, fault } = scope;
	const { plan } = found;
	const { scale, most } = numberRules(type);
	const unit = powerOf(scale);
	const enter = (digits: V128, base: bigint, use: Waiting['use'], factor = 0): void => addWaiting(scope, conversions, { digits, low: factor > 0, factor, base, use });
	const place = (index: number, table: Uint8Array): Local<V128> => placed(scope, found.windows[index] as FoundNumber['windows'][number], pool.add(table));
	if (column !== null && column.textScales >= 0) f.store8(scope.at1, textScale(found), column.textScales);
	if (plan.mode === 'long') {
		const whole = place(0, wholeTable('forward'));
		const fraction = place(1, fractionTable(type === null ? LANES : scale));
		if (type === null) return;
		const units = f.local(I64, undefined, 'units');
		enter(whole, 0n, (value, lane) => {
			const integer = f.local(I64, value.i64x2.extractLane(lane), 'integer');
			fault.set(fault.or(integer.gtU(I64.of(most / unit - 1n))));
			units.set(integer.mul(unit));
		});
		// Converted with it, or after it.
		if (column === null) return;
		enter(fraction, 0n, (value, lane) => {
			// Of more than 16 places, what is written fills the first ones.
			const places = value.i64x2.extractLane(lane);
			storeInteger(scope, column, units.add(scale > LANES ? places.mul(powerOf(scale - LANES)) : places), found.negative);
		});
		return;
	}
	if (plan.mode === 'scaled') {
		const { entry } = found.windows[0] as FoundNumber['windows'][number];
		const at = pool.add(type === null ? scaledTable(plan.direction, LANES, (1n << 64n) - 1n) : scaledTable(plan.direction, integral ? 0 : scale, integral ? most / unit : most));
		const digits = placed(scope, found.windows[0] as FoundNumber['windows'][number], at);
		if (type === null) return;
		enter(digits, 0n, (value, lane) => {
			const integer = f.local(I64, value.i64x2.extractLane(lane), 'integer');
			fault.set(fault.or(integer.gtU(I64.load(entry, at + ENTRY_BYTES + 8))));
			const all = integer.mul(I64.load(entry, at + ENTRY_BYTES));
			storeChecked(scope, type, column, integral && unit > 1n ? all.mul(unit) : all, found.negative);
		});
		return;
	}
	const inPlace = plan.mode === 'placed' && !integral;
	const places = type === null ? null : inPlace ? scale : 0;
	const digits = isFixed(plan.mode) ? (found.digits as V128) : place(0, plan.mode === 'whole' ? wholeTable(plan.direction) : placedTable(plan.direction, places));
	const late = inPlace ? 1n : unit;
	const greatest = isFixed(plan.mode) ? plan.most : powerOf(LANES) - 1n;
	if (type === null || (column === null && greatest <= most / late && found.negative === null)) return;
	if (plan.mode === 'low' && column !== null) {
		const high = plan.high === '' ? leadOf(plan.digits) : BigInt(plan.high) * powerOf(LOW_DIGITS);
		enter(
			digits,
			high * late,
			(value, lane) => {
				if (column.storage === 'i32' || column.storage === 'u32') f.store32Lane(scope.at4, value, lane * 2, column.values);
				else f.store64Lane(scope.at8, value, lane, column.values);
			},
			Number(late),
		);
		return;
	}
	const base = plan.mode === 'fixed' ? leadOf(plan.digits) : plan.mode === 'low' ? BigInt(plan.high === '' ? '0' : plan.high) * powerOf(LOW_DIGITS) : 0n;
	enter(digits, base, (value, lane) => {
		if (column !== null && late === 1n && greatest <= most && found.negative === null && column.storage !== 'f64') {
			if (column.storage === 'i32' || column.storage === 'u32') f.store32Lane(scope.at4, value, lane * 2, column.values);
			else f.store64Lane(scope.at8, value, lane, column.values);
			return;
		}
		const integer = f.local(I64, value.i64x2.extractLane(lane), 'integer');
		if (greatest > most / late) fault.set(fault.or(integer.gtU(I64.of(BigInt.asIntN(64, most / late)))));
		storeChecked(scope, type, column, late === 1n ? integer : integer.mul(late), found.negative);
	});
}

/** What is missing in the digits of a fixed width, whose leading one counts from 1. */
const leadOf = (digits: number): bigint => (digits > 1 ? powerOf(digits - 1) : 0n);

function storeChecked(scope: StoreScope, type: ScalarType, column: ScalarColumn | null, magnitude: I64, negative: I32 | null): void {
	if (column !== null) storeInteger(scope, column, magnitude, negative);
	else if (negative !== null && type.kind === 'integer' && !type.signed) scope.fault.set(scope.fault.or(negative));
}

/** Digits after the point. */
function textScale({ plan, characters, to }: FoundNumber): I32 {
	if (plan.mode === 'long' && characters !== null) return characters;
	if ((plan.mode !== 'placed' && plan.mode !== 'scaled') || characters === null || to === null) return I32.of(0);
	const hasPoint = characters.ne(to);
	return plan.direction === 'forward' ? characters.sub(to).sub(hasPoint) : to.and(I32.of(0).sub(hasPoint));
}

function storeInteger({ f, at8, at4, fault }: StoreScope, column: ScalarColumn, magnitude: I64, negative: I32 | null): void {
	if (column.storage === 'f64') {
		const float = f.local(F64, magnitude.toF64S().div(1e8), 'float');
		f.store(at8, negative === null ? float : F64.select(negative, float.neg(), float), column.values);
		return;
	}
	let value = magnitude;
	if (negative !== null) {
		// Who wrote a zero with a sign is not asked here.
		if (column.storage === 'u64' || column.storage === 'u32') fault.set(fault.or(negative));
		else {
			const mask = f.local(I64, I64.of(0n).sub(negative.extendU()), 'sign');
			value = magnitude.xor(mask).sub(mask);
		}
	}
	if (column.storage === 'i32' || column.storage === 'u32') f.store(at4, value.wrap(), column.values);
	else f.store(at8, value, column.values);
}

/** Emits: digits of a window into their places, and whether they are digits. */
function placed({ f, relaxed, nines, wrong }: NumberScope, { digits, entry }: FoundNumber['windows'][number], table: number): Local<V128> {
	const lanes = V128.load(entry, table);
	const result = f.local(V128, relaxed ? digits.relaxedSwizzle(lanes) : digits.swizzle(lanes), 'placed');
	wrong.set(wrong.or(result.i8x16.sub(V128.load(entry, table + 16)).i8x16.subSatU(nines)));
	return result;
}

/** Emits: two vectors full of digits are converted. */
function addWaiting(scope: StoreScope, conversions: Conversions, entered: Waiting): void {
	const partner = entered.low ? conversions.waiting.find(([first, second]) => first?.low === true && second === undefined) : undefined;
	const sixteens = partner === undefined ? [...conversions.waiting, [entered]] : conversions.waiting.map((own) => (own === partner ? [...own, entered] : own));
	const isFull = ([first, second]: Sixteen): boolean => first?.low === false || second !== undefined;
	const full = sixteens.filter(isFull).slice(0, 2);
	conversions.waiting = sixteens;
	if (full.length < 2) return;
	conversions.waiting = sixteens.filter((own) => !full.includes(own));
	convert(scope, full as [Sixteen, Sixteen]);
}

/** Emits: converts what waits. */
export function flush(scope: StoreScope, conversions: Conversions): void {
	for (let at = 0; at < conversions.waiting.length; at += 2) convert(scope, conversions.waiting.slice(at, at + 2) as [Sixteen, Sixteen?]);
	conversions.waiting = [];
}

const HIGH_HALVES = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

function convert(scope: StoreScope, sixteens: readonly [Sixteen, Sixteen?]): void {
	const { f, pool, constants } = scope;
	const constant = (bytes: ArrayBuffer): V128 => V128.load(constants, pool.add(new Uint8Array(bytes)));
	// What fills a vector alone comes first: its lanes are the ones that are multiplied there.
	const isWide = (sixteen: Sixteen | undefined): boolean => sixteen?.[0]?.low === false;
	const [first, second] = isWide(sixteens[1]) && !isWide(sixteens[0]) ? [sixteens[1] as Sixteen, sixteens[0]] : sixteens;
	const foursOf = ([one, other]: Sixteen): V128 => {
		const digits = (one as Waiting).low && other !== undefined ? f.local(V128, (one as Waiting).digits.shuffle(other.digits, HIGH_HALVES), 'digits') : (one as Waiting).digits;
		const pairs = scope.relaxed ? digits.i8x16.relaxedDotI7(scope.pairs) : digits.i16x8.mul(scope.pairs).i16x8.shrU(8);
		return f.local(V128, pairs.i16x8.dot(scope.fours), 'fours');
	};
	const fours = foursOf(first);
	const eights = f.local(V128, fours.i32x4.narrowS(second === undefined ? fours : foursOf(second)).i16x8.dot(scope.eights), 'eights');
	const finish = (value: V128, takers: readonly (Waiting | undefined)[]): void => {
		const bases = BigInt64Array.from(takers, (taker) => BigInt.asIntN(64, taker?.base ?? 0n));
		const values = f.local(V128, bases.some((base) => base !== 0n) ? value.i64x2.add(constant(bases.buffer)) : value, 'values');
		takers.forEach((taker, lane) => {
			taker?.use(values, lane as 0 | 1);
		});
	};
	const scale = constant(Uint32Array.of(1e8, 1e8, 0, 0).buffer);
	if (isWide(first)) {
		const both = isWide(second);
		const high = both ? eights.shuffle(eights, [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]) : eights;
		finish(high.i32x4.extmulLowU(scale).i64x2.add(eights.i64x2.shrU(32)), [first[0], both ? second?.[0] : undefined]);
	} else finishLow(first, 'low');
	if (second !== undefined && !isWide(second)) finishLow(second, 'high');

	function finishLow(sixteen: Sixteen, half: 'low' | 'high'): void {
		// Of one number alone, the second lane.
		const takers = sixteen.length === 2 ? sixteen : [undefined, sixteen[0]];
		const factors = takers.map((taker) => taker?.factor ?? 1);
		const one = factors.every((factor) => factor === 1);
		const lanes = Uint32Array.from(half === 'low' ? [...factors, 0, 0] : [0, 0, ...factors]);
		if (half === 'low') finish(one ? eights.i32x4.extendLowU() : eights.i32x4.extmulLowU(constant(lanes.buffer)), takers);
		else finish(one ? eights.i32x4.extendHighU() : eights.i32x4.extmulHighU(constant(lanes.buffer)), takers);
	}
}
