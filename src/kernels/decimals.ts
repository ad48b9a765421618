/**
 * Decimal text to fixed-point integers, exactly.
 *
 * Two ways: `emitShortDecimal` is inlined where a field is expected and handles what exchanges nearly always send (at
 * most 16 characters, no exponent) with one vector; `emitDecimalText` is a function for any grammatical number.
 */
import { type Func, type FunctionBuilder, type Global, I32, I64, type Label, type Local, type ModuleBuilder, V128 } from '../wasm/index.ts';
import type { ConstantPool } from './constant-pool.ts';

/** What `decimalText` says of a number. */
export const DECIMAL_STATUS = { exact: 0, range: 1, scale: 2 } as const;
/** What becomes of digits beyond the scale. */
export const EXCESS = { reject: 0, truncate: 1, 'half-even': 2 } as const;

/** Constants of the digit kernels, as offsets into the pool. */
export interface DigitConstants {
	readonly pool: ConstantPool;
	readonly zeros: number;
	readonly nines: number;
	readonly points: number;
	/** See {@link alignmentTable}. */
	readonly alignment: number;
	readonly lowBytes: number;
	readonly tens: number;
	readonly hundreds: number;
	readonly tenThousands: number;
	/** i64 powers of ten, 10^0 to 10^18. */
	readonly powers: number;
}

const bytesOf = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

let alignments: Uint8Array | undefined;

/**
 * For a number whose digits end at `whole` (the point, if it has one) and whose last character stands before `end`:
 * ```
 *   entry (whole × 16 + end) × 32:
 *   0                                16            20         32
 *   | lanes for a swizzle, 16 bytes | -8 × digits after the point (i32) | unused |
 * ```
 * The lanes move the last digit to lane 15 and the ones before it up to it, without the point; other lanes become 0.
 */
function alignmentTable(): Uint8Array {
	if (alignments !== undefined) return alignments;
	// Up to 16 characters: entry (whole, 16) takes the place of (whole + 1, 0), which no number has.
	const table = new DataView(new ArrayBuffer((16 * 16 + 16 + 1) * 32));
	for (let whole = 1; whole <= 16; whole++) {
		for (let end = whole; end <= 16; end++) {
			const entry = (whole * 16 + end) * 32;
			const pointed = end > whole ? 1 : 0;
			const digits = end - pointed;
			for (let lane = 0; lane < 16; lane++) {
				const digit = lane - (16 - digits);
				table.setUint8(entry + lane, digit < 0 ? 0x80 : digit < whole ? digit : digit + pointed);
			}
			table.setInt32(entry + 16, -8 * (end - whole - pointed), true);
		}
	}
	alignments = new Uint8Array(table.buffer);
	return alignments;
}

export function addDigitConstants(pool: ConstantPool): DigitConstants {
	return {
		pool,
		zeros: pool.add(new Uint8Array(16).fill(0x30)),
		nines: pool.add(new Uint8Array(16).fill(9)),
		points: pool.add(new Uint8Array(16).fill(0x2e)),
		alignment: pool.add(alignmentTable()),
		lowBytes: pool.add(bytesOf(new Uint16Array(8).fill(0x00ff))),
		tens: pool.add(bytesOf(new Uint16Array(8).fill(10))),
		hundreds: pool.add(bytesOf(Uint16Array.of(100, 1, 100, 1, 100, 1, 100, 1))),
		tenThousands: pool.add(bytesOf(Uint16Array.of(10000, 1, 10000, 1, 10000, 1, 10000, 1))),
		powers: pool.add(bytesOf(BigUint64Array.from({ length: 19 }, (_, exponent) => 10n ** BigInt(exponent)))),
	};
}

/** Vectors that a function keeps in locals, loaded once at its start (see `loadDigitVectors`). */
export interface DigitVectors {
	readonly constants: DigitConstants;
	/** Address of the constant pool. */
	readonly base: Local<I32>;
	readonly zeros: V128;
	readonly nines: V128;
	readonly points: V128;
	readonly lowBytes: V128;
	readonly tens: V128;
	readonly hundreds: V128;
	readonly tenThousands: V128;
}

/** As {@link loadDigitVectors}, but each is loaded where it is used: for functions that seldom come to a decimal's text. */
export function digitVectorsInMemory(f: FunctionBuilder, constants: DigitConstants): DigitVectors {
	const base = f.local(I32, constants.pool.base, 'constants');
	const load = (offset: number): V128 => V128.load(base, offset);
	return {
		constants,
		base,
		zeros: load(constants.zeros),
		nines: load(constants.nines),
		points: load(constants.points),
		lowBytes: load(constants.lowBytes),
		tens: load(constants.tens),
		hundreds: load(constants.hundreds),
		tenThousands: load(constants.tenThousands),
	};
}

export function loadDigitVectors(f: FunctionBuilder, constants: DigitConstants): DigitVectors {
	const load = (offset: number, name: string): Local<V128> => f.local(V128, V128.load(constants.pool.base, offset), name);
	return {
		constants,
		base: f.local(I32, constants.pool.base, 'constants'),
		zeros: load(constants.zeros, 'zeros'),
		nines: load(constants.nines, 'nines'),
		points: load(constants.points, 'points'),
		lowBytes: load(constants.lowBytes, 'lowBytes'),
		tens: load(constants.tens, 'tens'),
		hundreds: load(constants.hundreds, 'hundreds'),
		tenThousands: load(constants.tenThousands, 'tenThousands'),
	};
}

/**
 * Sixteen digit values (0–9, most significant first) to an integer: pairs, fours, eights, then one multiplication.
 * Every intermediate fits its lane: 99, 9,999, 99,999,999.
 */
export function digitsToInteger(f: FunctionBuilder, k: DigitVectors, digits: V128): I64 {
	const bytes = f.local(V128, digits, 'digits');
	const pairs = bytes.and(k.lowBytes).i16x8.mul(k.tens).i16x8.add(bytes.i16x8.shrU(8));
	const fours = f.local(V128, pairs.i16x8.dot(k.hundreds), 'fours');
	const eights = fours.i32x4.narrowU(fours).i16x8.dot(k.tenThousands);
	const halves = f.local(I64, eights.i64x2.extractLane(0), 'halves');
	return halves.and(0xffffffffn).mul(100000000n).add(halves.shrU(32));
}

export interface ShortDecimal {
	/** Absolute address of the value's first byte (quote, minus or digit); advanced past the value. */
	readonly p: Local<I32>;
	readonly scale: number;
	/** Whether a point may stand in the number; without, `scale` is what the integer is multiplied by. */
	readonly point: boolean;
	/** Receives the value. */
	readonly store: (value: I64) => void;
	/** Instead of `scale` and `store`: receives the digits without the point as an integer below 10^15, how many of them stood after the point, and 1 for a minus. */
	readonly parts?: (mantissa: I64, fraction: I32, negative: I32) => void;
	/** Receives the number of digits after the point. */
	readonly storeTextScale?: (digits: I32) => void;
	/** Emitted for every number this kernel does not handle; `p` is unchanged there. */
	readonly otherwise: () => void;
}

/**
 * A decimal of at most 16 characters, quoted or not, inlined.
 *
 * ```
 *   bytes      1 2 3 . 4 5 " …     one load; which are digits, which are points: two bit masks
 *   point ──────────┘     └────── end: the first byte that is neither
 *   swizzle    0 … 0 1 2 3 4 5     drops the point and moves the last digit to lane 15
 * ```
 * The cursor's next position depends on one vector load and the end's bit only: quote and sign are branches, which a
 * processor predicts, and not sums, which it must wait for. A list of levels is as slow as this chain.
 *
 * Left to `otherwise`: no digit, a leading zero, nothing after the point, more fraction digits than the scale, more
 * than `19 - scale` integer digits, results beyond i64, an unclosed quote, an exponent, a second point. Any other byte
 * after the number is the caller's to check, as it must check what follows a number anyway.
 */
export function emitShortDecimal(f: FunctionBuilder, k: DigitVectors, site: ShortDecimal): void {
	const { p, scale } = site;
	const fraction = site.parts === undefined ? scale : 15;
	const unlikely = { likely: false };
	f.block((done) => {
		f.block((other) => {
			const start = f.local(I32, p, 'start');
			const closing = f.local(I32, 0, 'closing');
			const negative = f.local(I32, 0, 'negative');
			f.if(I32.load8U(start).eq(0x22), () => {
				start.set(start.add(1));
				closing.set(I32.of(1));
			});
			f.if(I32.load8U(start).eq(0x2d), () => {
				start.set(start.add(1));
				negative.set(I32.of(1));
			});
			const bytes = f.local(V128, V128.load(start), 'bytes');
			const digits = f.local(V128, bytes.i8x16.sub(k.zeros), 'digits');
			// Bit 16 ends what is longer; the byte there is looked at below.
			const others = f.local(I32, digits.i8x16.leU(k.nines).i8x16.bitmask().xor(0x1ffff), 'others');
			const whole = f.local(I32, others.ctz(), 'whole');
			const end = f.local(I32, whole, 'end');
			// Tests that never fail are cheaper as branches than as sums of bits.
			other.branchIf(whole.sub(1).geU(site.parts === undefined ? 19 - scale : 15), unlikely);
			// A zero only stands alone before the point.
			other.branchIf(I32.load8U(start).eq(0x30).and(whole.gtU(1)), unlikely);
			if (site.point) {
				const points = f.local(I32, bytes.i8x16.eq(k.points).i8x16.bitmask(), 'points');
				const stops = f.local(I32, others.xor(points), 'stops');
				end.set(stops.ctz());
				// 0 without a point; a point with nothing or too much behind it.
				const tail = f.local(I32, end.sub(whole), 'tail');
				other.branchIf(tail.eq(1), unlikely);
				other.branchIf(tail.gtU(fraction + 1), unlikely);
				// Points before the first stop (stops and points have no bit in common, so higher points fall away).
				const inside = f.local(I32, points.and(stops.sub(1)), 'inside');
				other.branchIf(inside.and(inside.sub(1)), unlikely);
			}
			const last = f.local(I32, I32.load8U(start.add(end)), 'last');
			f.if(
				closing,
				() => other.branchIf(last.ne(0x22), unlikely),
				() => other.branchIf(site.point ? last.or(0x20).eq(0x65) : last.or(0x20).eq(0x65).or(last.eq(0x2e)), unlikely),
			);
			const entry = f.local(I32, k.base.add(whole.shl(4).add(end).shl(5)), 'entry');
			const value = f.local(I64, digitsToInteger(f, k, digits.swizzle(V128.load(entry, k.constants.alignment))), 'value');
			const after = (): I32 =>
				I32.of(0)
					.sub(I32.load(entry, k.constants.alignment + 16))
					.shrU(3);
			if (site.parts !== undefined) site.parts(value, after(), negative);
			else {
				if (site.point) value.set(value.mul(I64.load(k.base.add(I32.load(entry, k.constants.alignment + 16)), k.constants.powers + scale * 8)));
				else if (scale > 0) value.set(value.mul(10n ** BigInt(scale)));
				// 19 digits may pass 2^63.
				if (scale + 16 > 18) other.branchIf(value.ltS(0n), unlikely);
				f.if(negative, () => value.set(I64.of(0n).sub(value)));
				site.store(value);
				if (site.storeTextScale !== undefined) site.storeTextScale(after());
			}
			p.set(start.add(end).add(closing));
			done.branch();
		});
		site.otherwise();
	});
}

export interface DecimalOfLength {
	/** Address of the first character, a minus or digit. Not changed. */
	readonly start: I32;
	/** Characters, at least one. The kernel reads 16 bytes from the first digit on. */
	readonly length: I32;
	readonly scale: number;
	/** Receives the value. */
	readonly store: (value: I64) => void;
	/** Receives the number of digits after the point. */
	readonly storeTextScale?: (digits: I32) => void;
	/** Where to go with every number that this kernel does not handle. */
	readonly otherwise: Label;
}

/**
 * A decimal of a known length of at most 16 characters without its minus, inlined: as {@link emitShortDecimal}, but the
 * end is known, so that nothing waits for the characters. The same numbers are left to `otherwise`.
 */
export function emitDecimalOfLength(f: FunctionBuilder, k: DigitVectors, { start: first, length: count, scale, store, storeTextScale, otherwise }: DecimalOfLength): void {
	const unlikely = { likely: false };
	const start = f.local(I32, first, 'start');
	const length = f.local(I32, count, 'length');
	const negative = f.local(I32, 0, 'negative');
	f.if(I32.load8U(start).eq(0x2d), () => {
		start.set(start.add(1));
		length.set(length.sub(1));
		negative.set(I32.of(1));
	});
	otherwise.branchIf(length.sub(1).gtU(15), unlikely);
	const bytes = f.local(V128, V128.load(start), 'bytes');
	const digits = f.local(V128, bytes.i8x16.sub(k.zeros), 'digits');
	const end = f.local(I32, I32.of(1).shl(length), 'end');
	// What is no digit must be a point, and only one.
	const others = f.local(I32, digits.i8x16.leU(k.nines).i8x16.bitmask().xor(-1).and(end.sub(1)), 'others');
	otherwise.branchIf(
		others
			.and(bytes.i8x16.eq(k.points).i8x16.bitmask())
			.ne(others)
			.or(others.and(others.sub(1))),
		unlikely,
	);
	const whole = f.local(I32, others.or(end).ctz(), 'whole');
	otherwise.branchIf(whole.sub(1).geU(19 - scale), unlikely);
	otherwise.branchIf(I32.load8U(start).eq(0x30).and(whole.gtU(1)), unlikely);
	// 0 without a point; a point with nothing or too much behind it.
	const tail = f.local(I32, length.sub(whole), 'tail');
	otherwise.branchIf(tail.eq(1).or(tail.gtU(scale + 1)), unlikely);
	const entry = f.local(I32, k.base.add(whole.shl(4).add(length).shl(5)), 'entry');
	const value = f.local(I64, digitsToInteger(f, k, digits.swizzle(V128.load(entry, k.constants.alignment))), 'value');
	value.set(value.mul(I64.load(k.base.add(I32.load(entry, k.constants.alignment + 16)), k.constants.powers + scale * 8)));
	// 19 digits may pass 2^63.
	if (scale + 16 > 18) otherwise.branchIf(value.ltS(0n), unlikely);
	f.if(negative, () => value.set(I64.of(0n).sub(value)));
	store(value);
	if (storeTextScale !== undefined) storeTextScale(I32.select(tail, tail.sub(1), I32.of(0)));
}

/**
 * A decimal whose digits before and after the point are each at most 15, as epoch seconds with a fraction are: two
 * vectors, one for each side, otherwise as {@link emitShortDecimal}. `site.point` and `parts` have no meaning here.
 */
export function emitLongDecimal(f: FunctionBuilder, k: DigitVectors, site: ShortDecimal): void {
	const { p, scale } = site;
	const unlikely = { likely: false };
	f.block((done) => {
		f.block((other) => {
			const start = f.local(I32, p, 'start');
			const closing = f.local(I32, 0, 'closing');
			const negative = f.local(I32, 0, 'negative');
			f.if(I32.load8U(start).eq(0x22), () => {
				start.set(start.add(1));
				closing.set(I32.of(1));
			});
			f.if(I32.load8U(start).eq(0x2d), () => {
				start.set(start.add(1));
				negative.set(I32.of(1));
			});
			/** Up to 15 digits at an address: how many, and their value. */
			const side = (at: I32, name: string): { count: Local<I32>; value: () => I64 } => {
				const digits = f.local(V128, V128.load(at).i8x16.sub(k.zeros), `${name}Digits`);
				const count = f.local(I32, digits.i8x16.leU(k.nines).i8x16.bitmask().xor(0x1ffff).ctz(), name);
				other.branchIf(count.sub(1).geU(15), unlikely);
				return { count, value: () => digitsToInteger(f, k, digits.swizzle(V128.load(k.base.add(count.shl(4).add(count).shl(5)), k.constants.alignment))) };
			};
			const whole = side(start, 'whole');
			other.branchIf(whole.count.gtU(19 - scale), unlikely);
			other.branchIf(I32.load8U(start).eq(0x30).and(whole.count.gtU(1)), unlikely);
			const end = f.local(I32, start.add(whole.count), 'end');
			const value = f.local(I64, whole.value().mul(10n ** BigInt(scale)), 'value');
			const after = f.local(I32, 0, 'after');
			f.if(I32.load8U(end).eq(0x2e), () => {
				const fraction = side(end.add(1), 'fraction');
				other.branchIf(fraction.count.gtU(scale), unlikely);
				value.set(value.add(fraction.value().mul(I64.load(k.base.add(I32.of(scale).sub(fraction.count).shl(3)), k.constants.powers))));
				after.set(fraction.count);
				end.set(end.add(1).add(fraction.count));
			});
			const last = f.local(I32, I32.load8U(end), 'last');
			f.if(
				closing,
				() => other.branchIf(last.ne(0x22), unlikely),
				() => other.branchIf(last.or(0x20).eq(0x65).or(last.eq(0x2e)), unlikely),
			);
			other.branchIf(value.ltS(0n), unlikely);
			f.if(negative, () => value.set(I64.of(0n).sub(value)));
			site.store(value);
			if (site.storeTextScale !== undefined) site.storeTextScale(after);
			p.set(end.add(closing));
			done.branch();
		});
		site.otherwise();
	});
}

/**
 * Any grammatical JSON number at [p, end): `decimalText(p, end, scale, excess, most, leastMagnitude)` returns a
 * DECIMAL_STATUS and leaves the value in the global `number` and the digits after the point in `textScale` (−1 with
 * an exponent or above 127). `most` is the largest value allowed, `leastMagnitude` the magnitude of the smallest, both
 * unsigned; so one function serves signed and unsigned columns of any width.
 */
export interface DecimalText {
	readonly call: Func;
	readonly number: Global<I64>;
	readonly textScale: Global<I32>;
}

export function emitDecimalText(m: ModuleBuilder): DecimalText {
	const number = m.global(I64, 0n, { name: 'number', mutable: true });
	const textScale = m.global(I32, 0, { name: 'textScale', mutable: true });
	const call = m.func('decimalText', { params: { p: I32, end: I32, scale: I32, excess: I32, most: I64, leastMagnitude: I64 }, results: [I32] }, (f, { p, end, scale, excess, most, leastMagnitude }) => {
		const negative = f.local(I32, I32.load8U(p).eq(0x2d), 'negative');
		const first = f.local(I32, p.add(negative), 'first');
		const cursor = f.local(I32, first, 'cursor');
		const fraction = f.local(I32, 0, 'fraction');
		const digits = f.local(I32, 0, 'digitCount');
		const pointSeen = f.local(I32, 0, 'pointSeen');
		const byte = f.local(I32, undefined, 'byte');
		// How many digits there are, how many after the point, and the exponent.
		f.block((counted) => {
			f.loop((again) => {
				counted.branchIf(cursor.geU(end));
				byte.set(I32.load8U(cursor));
				f.if(
					byte.sub(0x30).leU(9),
					() => {
						digits.set(digits.add(1));
						fraction.set(fraction.add(pointSeen));
					},
					() => {
						counted.branchIf(byte.ne(0x2e));
						pointSeen.set(I32.of(1));
					},
				);
				cursor.set(cursor.add(1));
				again.branch();
			});
		});
		const mantissaEnd = f.local(I32, cursor, 'mantissaEnd');
		const exponent = f.local(I32, 0, 'exponent');
		f.if(
			cursor.ltU(end),
			() => {
				textScale.set(f, I32.of(-1));
				cursor.set(cursor.add(1));
				const exponentNegative = f.local(I32, I32.load8U(cursor).eq(0x2d), 'exponentNegative');
				cursor.set(cursor.add(exponentNegative.or(I32.load8U(cursor).eq(0x2b))));
				f.block((read) => {
					f.loop((again) => {
						read.branchIf(cursor.geU(end));
						// Saturates: beyond this, every digit of the longest message is dropped or the value cannot fit.
						f.if(exponent.ltS(100000000), () => exponent.set(exponent.mul(10).add(I32.load8U(cursor).sub(0x30))));
						cursor.set(cursor.add(1));
						again.branch();
					});
				});
				f.if(exponentNegative, () => exponent.set(I32.of(0).sub(exponent)));
			},
			() => {
				textScale.set(f, I32.select(fraction.leU(127), fraction, I32.of(-1)));
			},
		);
		// value × 10^scale = (all digits) × 10^shift; a negative shift drops the last digits.
		const shift = f.local(I32, scale.add(exponent).sub(fraction), 'shift');
		const kept = f.local(I32, I32.select(shift.ltS(0), digits.add(shift), digits), 'kept');
		const value = f.local(I64, 0n, 'value');
		const overflow = f.local(I32, 0, 'overflow');
		const next = f.local(I32, 0, 'nextDigit');
		const rest = f.local(I32, 0, 'rest');
		const index = f.local(I32, 0, 'index');
		const digit = f.local(I32, undefined, 'digit');
		const append = (by: I32): void => {
			// 1844674407370955161 = floor((2^64 - 1) / 10); the last digit may be at most 5 there.
			f.if(
				value.gtU(1844674407370955161n).or(value.eq(1844674407370955161n).and(by.gtU(5))),
				() => overflow.set(I32.of(1)),
				() => value.set(value.mul(10n).add(by.extendU())),
			);
		};
		cursor.set(first);
		f.block((read) => {
			f.loop((again) => {
				read.branchIf(cursor.geU(mantissaEnd));
				digit.set(I32.load8U(cursor).sub(0x30));
				cursor.set(cursor.add(1));
				again.branchIf(digit.gtU(9));
				f.if(
					index.ltS(kept),
					() => append(digit),
					() =>
						f.if(
							index.eq(kept),
							() => next.set(digit),
							() => rest.set(rest.or(digit)),
						),
				);
				index.set(index.add(1));
				again.branch();
			});
		});
		f.if(shift.gtS(0).and(value.ne(0n)), () => {
			f.loop((again) => {
				append(I32.of(0));
				shift.set(shift.sub(1));
				again.branchIf(shift.gtS(0).and(overflow.eqz()));
			});
		});
		const limit = f.local(I64, I64.select(negative, leastMagnitude, most), 'limit');
		f.if(overflow.or(value.gtU(limit)), () => f.return(I32.of(DECIMAL_STATUS.range)));
		f.if(excess.eq(EXCESS.reject).and(next.or(rest).ne(0)), () => f.return(I32.of(DECIMAL_STATUS.scale)));
		f.if(excess.eq(EXCESS['half-even']), () => {
			const up = next.gtU(5).or(next.eq(5).and(rest.ne(0).or(value.wrap().and(1))));
			f.if(up, () => {
				f.if(value.geU(limit), () => f.return(I32.of(DECIMAL_STATUS.range)));
				value.set(value.add(1n));
			});
		});
		number.set(f, I64.select(negative, I64.of(0n).sub(value), value));
		f.return(I32.of(DECIMAL_STATUS.exact));
	});
	return { call, number, textScale };
}
