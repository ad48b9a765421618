/**
 * RFC 3339 date-times to nanoseconds since 1970-01-01T00:00:00Z (docs/json.md states the accepted forms).
 */
import { type Func, type Global, I32, I64, type Local, type ModuleBuilder, V128 } from '../wasm/index.ts';
import type { ConstantPool } from './constant-pool.ts';

export interface TimestampText {
	/** `timestampText(p, end) -> 1 | 0`; the value is in `nanoseconds`. Reads up to 16 bytes beyond `end`. */
	readonly call: Func;
	readonly nanoseconds: Global<I64>;
}

/**
 * ```
 *   0    5  8  11 14 17  19
 *   YYYY-MM-DDThh:mm:ss[.fff…][Z|±hh:mm]
 * ```
 * The first 16 bytes are checked at once: each minus its lowest allowed byte must not exceed its allowed span.
 */
export function emitTimestampText(m: ModuleBuilder, pool: ConstantPool): TimestampText {
	const nanoseconds = m.global(I64, 0n, { name: 'nanoseconds', mutable: true });
	const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
	const lowest = pool.add(ascii('0000-00-00\x0000:00'));
	const span = pool.add(Uint8Array.of(9, 9, 9, 9, 0, 9, 9, 0, 9, 9, 255, 9, 9, 0, 9, 9));
	const tens = pool.add(new Uint8Array(Uint16Array.from({ length: 8 }, () => 10).buffer));
	const hundreds = pool.add(new Uint8Array(Uint16Array.of(100, 1, 100, 1, 100, 1, 100, 1).buffer));
	const zeros = pool.add(new Uint8Array(16).fill(0x30));
	const nines = pool.add(new Uint8Array(16).fill(9));
	const iota = pool.add(Uint8Array.from({ length: 16 }, (_, lane) => lane));
	const powers = pool.add(new Uint8Array(Int32Array.from({ length: 9 }, (_, exponent) => 10 ** exponent).buffer));
	const call = m.func('timestampText', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const refuse = (): void => f.return(I32.of(0));
		const length = f.local(I32, end.sub(p), 'length');
		f.if(length.ltU(19), refuse);
		const digits = f.local(V128, V128.load(p).i8x16.sub(V128.load(pool.base, lowest)), 'digits');
		f.if(digits.i8x16.subSatU(V128.load(pool.base, span)).anyTrue(), refuse);
		const separator = f.local(I32, I32.load8U(p, 10), 'separator');
		f.if(separator.or(0x20).ne(0x74).and(separator.ne(0x20)), refuse);
		// Pairs of digits in 16-bit lanes: century, year, month, day, hour, minute.
		const paired = f.local(V128, digits.shuffle(digits, [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 0, 0, 0, 0]), 'paired');
		const values = f.local(V128, paired.and(V128.splat16(0x00ff)).i16x8.mul(V128.load(pool.base, tens)).i16x8.add(paired.i16x8.shrU(8)), 'values');
		const lane = (index: number, name: string): Local<I32> => f.local(I32, values.i16x8.extractLaneU(index), name);
		const year = f.local(I32, values.i16x8.extractLaneU(0).mul(100).add(values.i16x8.extractLaneU(1)), 'year');
		const month = lane(2, 'month');
		const day = lane(3, 'day');
		const hour = lane(4, 'hour');
		const minute = lane(5, 'minute');
		const tenSeconds = f.local(I32, I32.load8U(p, 17).sub(0x30), 'tenSeconds');
		const oneSeconds = f.local(I32, I32.load8U(p, 18).sub(0x30), 'oneSeconds');
		f.if(I32.load8U(p, 16).ne(0x3a).or(tenSeconds.gtU(6)).or(oneSeconds.gtU(9)), refuse);
		const second = f.local(I32, tenSeconds.mul(10).add(oneSeconds), 'second');
		f.if(year.sub(1677).gtU(2262 - 1677), refuse);
		f.if(month.sub(1).gtU(11).or(hour.gtU(23)).or(minute.gtU(59)).or(second.gtU(60)), refuse);
		// 31 for odd months up to July and even ones after; February by the leap rule.
		const leapYear = f.local(
			I32,
			year
				.and(3)
				.eqz()
				.and(year.remU(100).ne(0).or(year.remU(400).eqz())),
			'leapYear',
		);
		const days = f.local(I32, I32.select(month.eq(2), leapYear.add(28), month.xor(month.shrU(3)).and(1).add(30)), 'daysInMonth');
		f.if(day.sub(1).geU(days), refuse);
		// Days since the epoch, years starting in March (H. Hinnant, "chrono-compatible low-level date algorithms").
		const early = f.local(I32, month.leU(2), 'early');
		const y = f.local(I32, year.sub(early), 'y');
		const era = f.local(I32, y.divU(400), 'era');
		const yearOfEra = f.local(I32, y.sub(era.mul(400)), 'yearOfEra');
		const monthFromMarch = I32.select(early, month.add(9), month.sub(3));
		const dayOfYear = f.local(I32, monthFromMarch.mul(153).add(2).divU(5).add(day).sub(1), 'dayOfYear');
		const epochDay = f.local(I32, era.mul(146097).add(yearOfEra.mul(365)).add(yearOfEra.shrU(2)).sub(yearOfEra.divU(100)).add(dayOfYear).sub(719468), 'epochDay');
		const cursor = f.local(I32, p.add(19), 'cursor');
		const fraction = f.local(I32, 0, 'fraction');
		const byte = f.local(I32, I32.select(cursor.ltU(end), I32.load8U(cursor), I32.of(0)), 'byte');
		f.if(byte.eq(0x2e).or(byte.eq(0x2c)), () => {
			cursor.set(cursor.add(1));
			// Up to 16 digits in one load; the first nine are nanoseconds, the rest is cut off.
			const tail = f.local(V128, V128.load(cursor).i8x16.sub(V128.load(pool.base, zeros)), 'tail');
			const count = f.local(I32, tail.i8x16.leU(V128.load(pool.base, nines)).i8x16.bitmask().xor(0x1ffff).ctz(), 'count');
			const room = f.local(I32, end.sub(cursor), 'room');
			count.set(I32.select(count.ltU(room), count, room));
			f.if(count.eqz(), refuse);
			const kept = f.local(I32, I32.select(count.ltU(9), count, I32.of(9)), 'kept');
			// The last kept digit moves to lane 8: two fours and a single one.
			const lanes = V128.load(pool.base, iota).i8x16.add(V128.splat8(kept.sub(9)));
			const nine = f.local(V128, tail.swizzle(lanes), 'nine');
			const pairs = f.local(V128, nine.and(V128.splat16(0x00ff)).i16x8.mul(V128.load(pool.base, tens)).i16x8.add(nine.i16x8.shrU(8)), 'pairs');
			const fours = f.local(V128, pairs.i16x8.dot(V128.load(pool.base, hundreds)), 'fours');
			fraction.set(fours.i32x4.extractLane(0).mul(10000).add(fours.i32x4.extractLane(1)).mul(10).add(nine.i8x16.extractLaneU(8)));
			fraction.set(fraction.mul(I32.load(pool.base.add(I32.of(9).sub(kept).shl(2)), powers)));
			cursor.set(cursor.add(count));
			f.if(count.eq(16), () => {
				f.block((read) => {
					f.loop((again) => {
						read.branchIf(cursor.geU(end));
						read.branchIf(I32.load8U(cursor).sub(0x30).gtU(9));
						cursor.set(cursor.add(1));
						again.branch();
					});
				});
			});
			byte.set(I32.select(cursor.ltU(end), I32.load8U(cursor), I32.of(0)));
		});
		const offset = f.local(I32, 0, 'offsetSeconds');
		f.if(cursor.ltU(end), () => {
			f.if(
				byte.or(0x20).eq(0x7a),
				() => f.if(cursor.add(1).ne(end), refuse),
				() => {
					f.if(byte.ne(0x2b).and(byte.ne(0x2d)).or(end.sub(cursor).ne(6)), refuse);
					const at = (k: number): Local<I32> => f.local(I32, I32.load8U(cursor, k).sub(0x30), 'offsetDigit');
					const h1 = at(1);
					const h2 = at(2);
					const m1 = at(4);
					const m2 = at(5);
					f.if(h1.gtU(9).or(h2.gtU(9)).or(m1.gtU(5)).or(m2.gtU(9)).or(I32.load8U(cursor, 3).ne(0x3a)), refuse);
					const hours = f.local(I32, h1.mul(10).add(h2), 'offsetHours');
					f.if(hours.gtU(23), refuse);
					offset.set(hours.mul(3600).add(m1.mul(10).add(m2).mul(60)));
					f.if(byte.eq(0x2d), () => offset.set(I32.of(0).sub(offset)));
				},
			);
		});
		const ofDay = hour.mul(3600).add(minute.mul(60)).add(second).sub(offset);
		const seconds = f.local(I64, epochDay.extendS().mul(86400n).add(ofDay.extendS()), 'seconds');
		// Second 60 only where it ends a UTC day.
		f.if(second.eq(60).and(seconds.remS(86400n).ne(0n)), refuse);
		const nanos = f.local(I64, fraction.extendU(), 'nanos');
		f.if(seconds.gtS(9223372036n).or(seconds.eq(9223372036n).and(nanos.gtS(854775807n))), refuse);
		f.if(seconds.ltS(-9223372037n).or(seconds.eq(-9223372037n).and(nanos.ltS(145224192n))), refuse);
		nanoseconds.set(f, seconds.mul(1000000000n).add(nanos));
		f.return(I32.of(1));
	});
	return { call, nanoseconds };
}
