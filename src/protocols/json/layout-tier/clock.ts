/**
 * RFC 3339 times: date and hour are the same as in the message before, mostly, so they are compared with those and what
 * they amount to is known; minutes, seconds and fraction are digits at known places.
 *
 * ```
 *  a cell, 32 bytes:
 *  0                        16            24
 *  | YYYY-MM-DDThh … (text) | base (i64)  |       nanoseconds of that hour in UTC
 *
 *  the window from byte 13 on:   : m m : s s . f f f f f f f f f
 * ```
 */
import { type Func, I32, I64, type Local, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import type { StrictValues } from '../schema-tier/strict-values.ts';
import { ENTRY_BYTES, fractionTable } from './digit-tables.ts';
import type { NumberScope } from './emit-numbers.ts';
import { moved, type Position, placeOf } from './positions.ts';

export const CLOCK_CELL = { text: 0, base: 16, size: 32 } as const;
/** Times on the way to a leaf that have a cell of their own. */
export const CLOCK_CELLS = 8;
/** Bytes up to the hour, and up to the seconds. */
const HOUR = 13;
export const SECONDS = 19;
export const MOST_FRACTION = 9;

/** A time that stands in code; where the message failed, its hour is perhaps only a new one. */
export interface ClockCell {
	readonly cell: Local<I32>;
	readonly at: Local<I32>;
	/** Bytes of its zone. */
	readonly zone: number;
}

const bytes = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
/** Characters of a time with so many digits in its fraction (-1: no point), up to the zone. */
export const clockLength = (fraction: number): number => SECONDS + (fraction < 0 ? 0 : 1 + fraction);

/**
 * Emits: checks the time at a place against its cell; gives its nanoseconds since the epoch.
 *
 * @param fraction digits, -1 without a point; null: any number of them
 */
export function emitClock(scope: NumberScope, at: Position, fraction: number | null, cell: I32): { readonly nanoseconds: Local<I64>; readonly after: Position } {
	const { f, pool, relaxed, constants, wrong, eights } = scope;
	const hour = V128.load(constants, pool.add(Uint8Array.from({ length: 16 }, (_, lane) => (lane < HOUR ? 0xff : 0))));
	wrong.set(wrong.or(placeOf(at, V128.load).xor(V128.load(cell, CLOCK_CELL.text)).and(hour)));
	const shown = Math.max(0, fraction ?? 0);
	const least = new Uint8Array(16);
	const span = new Uint8Array(16).fill(255);
	least.set(bytes(fraction === null || fraction < 0 ? ':00:00' : `:00:00.${'0'.repeat(shown)}`));
	span.set([0, 5, 9, 0, 5, 9, ...(fraction === null || fraction < 0 ? [] : [0, ...new Array<number>(shown).fill(9)])]);
	const digits = f.local(V128, placeOf(moved(at, HOUR), V128.load).i8x16.sub(V128.load(constants, pool.add(least))), 'clock');
	wrong.set(wrong.or(digits.i8x16.subSatU(V128.load(constants, pool.add(span)))));
	const lanes = Uint8Array.from([0x80, 0x80, 0x80, 0x80, 1, 2, 4, 5, ...Array.from({ length: 8 }, (_, index) => (index < shown ? 7 + index : 0x80))]);
	const source = V128.load(constants, pool.add(lanes));
	const placed = relaxed ? digits.relaxedSwizzle(source) : digits.swizzle(source);
	const tens = V128.load(constants, pool.add(new Uint8Array(Int16Array.from({ length: 8 }, () => 2561).buffer)));
	// 0 0 | minutes seconds | four digits | four digits
	const weights = V128.load(constants, pool.add(new Uint8Array(Int16Array.of(0, 0, 60, 1, 100, 1, 100, 1).buffer)));
	const fours = f.local(V128, placed.i16x8.mul(tens).i16x8.shrU(8).i16x8.dot(weights), 'fours');
	const values = f.local(V128, fours.i32x4.narrowS(fours).i16x8.dot(eights), 'values');
	const seconds = values.i32x4.extractLane(0).extendU().mul(1_000_000_000n);
	let fractions: I64 = values.i32x4.extractLane(1).extendU().mul(10n);
	if (shown === MOST_FRACTION) fractions = fractions.add(digits.i8x16.extractLaneU(15).extendU());
	const upToSeconds = I64.load(cell, CLOCK_CELL.base).add(seconds);
	if (fraction !== null) return { nanoseconds: f.local(I64, upToSeconds.add(fractions), 'nanoseconds'), after: moved(at, clockLength(fraction)) };
	const any = emitFraction(scope, moved(at, SECONDS));
	return { nanoseconds: f.local(I64, upToSeconds.add(any.nanoseconds), 'nanoseconds'), after: any.after };
}

/** Emits: up to nine digits behind a point, or none. */
function emitFraction({ f, pool, relaxed, constants, wrong, fault, zeros, tens, nines, pairs, fours, eights }: NumberScope, at: Position): { readonly nanoseconds: I64; readonly after: Position } {
	const hasPoint = f.local(I32, placeOf(at, I32.load8U).eq(0x2e), 'hasPoint');
	const digits = f.local(V128, placeOf(moved(at, 1), V128.load).i8x16.sub(zeros), 'digits');
	const count = f.local(I32, digits.i8x16.geU(tens).i8x16.bitmask().ctz(), 'count');
	fault.set(fault.or(hasPoint.gtU(count)));
	count.set(count.and(I32.of(0).sub(hasPoint)));
	const entry = f.local(I32, count.shl(Math.log2(ENTRY_BYTES)).add(constants), 'entry');
	const table = pool.add(fractionTable(MOST_FRACTION));
	const placed = f.local(V128, relaxed ? digits.relaxedSwizzle(V128.load(entry, table)) : digits.swizzle(V128.load(entry, table)), 'placed');
	wrong.set(wrong.or(placed.i8x16.sub(V128.load(entry, table + 16)).i8x16.subSatU(nines)));
	const twos = relaxed ? placed.i8x16.relaxedDotI7(pairs) : placed.i16x8.mul(pairs).i16x8.shrU(8);
	const all = f.local(V128, twos.i16x8.dot(fours), 'fours');
	const values = f.local(V128, all.i32x4.narrowS(all).i16x8.dot(eights), 'values');
	const nanoseconds = values.i32x4.extractLane(0).extendU().mul(100_000_000n).add(values.i32x4.extractLane(1).extendU());
	return { nanoseconds, after: { base: f.local(I32, at.base.add(hasPoint).add(count), 'at'), offset: at.offset } };
}

/** `fillClock(cell, at, zone) -> 1 | 0`: puts the hour at `at` into the cell; 0 where it is there already, or is none. */
export function emitFillClock(m: ModuleBuilder, s: StrictValues): Func<I32> {
	return m.func('fillClock', { params: { cell: I32, at: I32, zone: I32 }, results: [I32] }, (f, { cell, at, zone }) => {
		f.if(cell.eqz(), () => f.return(I32.of(0)));
		const differs = V128.load(at)
			.xor(V128.load(cell, CLOCK_CELL.text))
			.and(V128.bytes(...Array.from({ length: 16 }, (_, lane) => (lane < HOUR ? 0xff : 0))));
		f.if(differs.anyTrue().eqz(), () => f.return(I32.of(0)));
		const digit = (index: number): I32 => I32.load8U(at, index).sub(0x30);
		// As far as the fraction goes, nine digits at most.
		const length = f.local(I32, SECONDS, 'length');
		const fraction = f.local(I64, 0n, 'fraction');
		const power = f.local(I64, 100_000_000n, 'power');
		f.if(I32.load8U(at, SECONDS).eq(0x2e), () => {
			length.set(SECONDS + 1);
			f.block((done) => {
				f.loop((again) => {
					const value = f.local(I32, I32.load8U(at.add(length)).sub(0x30), 'value');
					done.branchIf(value.gtU(9).or(power.eqz()));
					fraction.set(fraction.add(value.extendU().mul(power)));
					power.set(power.divU(10n));
					length.set(length.add(1));
					again.branch();
				});
			});
		});
		f.if((s.kernels.timestampText.call(at, at.add(length).add(zone)) as I32).eqz(), () => f.return(I32.of(0)));
		const minutes = digit(14).mul(10).add(digit(15));
		const seconds = f.local(I32, digit(17).mul(10).add(digit(18)), 'seconds');
		f.if(seconds.geU(60), () => f.return(I32.of(0)));
		const nanoseconds = s.kernels.nanoseconds;
		// Less the minutes, seconds and fraction.
		const whole = f.local(I64, minutes.mul(60).add(seconds).extendU().mul(1_000_000_000n), 'whole');
		// As much room as an hour takes, on both sides.
		const base = f.local(I64, nanoseconds.sub(whole).sub(fraction), 'base');
		f.if(base.gtS(2n ** 62n).or(base.ltS(-(2n ** 62n))), () => f.return(I32.of(0)));
		f.store(cell, V128.load(at), CLOCK_CELL.text);
		f.store(cell, base, CLOCK_CELL.base);
		return f.return(I32.of(1));
	});
}
