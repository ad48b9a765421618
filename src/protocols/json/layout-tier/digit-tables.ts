/**
 * Where digits go: for each way a number may lie in a window of 16 bytes, the lanes that its digits come from and the
 * lane whose digit must not be zero. Tables in the constants of a module; an entry:
 *
 * ```
 *  0                                   16                                32
 *  | source of each lane; 0x80: zero   | 1 in the lane of a leading digit |
 * ```
 * Digits end up as 16 decimal places of an integer, the highest first. An entry of no valid number has ones in all lanes
 * of its second half, so that a check which takes them off a zero fails.
 */
import { LANES } from './number-modes.ts';

export const ENTRY_BYTES = 32;
/** With a factor and a limit (u64 each) behind it, and room. */
export const SCALED_ENTRY_BYTES = 64;
const NOTHING = 0x80;

export type Direction = 'forward' | 'backward';

interface Layout {
	/** Lanes of the window with the digits before the point, and after it. */
	readonly whole: readonly number[];
	readonly fraction: readonly number[];
}

const lanes = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

/** `scale`: the lane of the units is 15 - scale; null: any lanes will do. */
function writeEntry(table: Uint8Array, at: number, layout: Layout | null, scale: number | null): void {
	const places = scale ?? layout?.fraction.length ?? 0;
	const valid = layout !== null && layout.whole.length > 0 && layout.fraction.length <= places && layout.whole.length + places <= LANES;
	table.fill(NOTHING, at, at + LANES);
	table.fill(valid ? 0 : 1, at + LANES, at + ENTRY_BYTES);
	if (!valid) return;
	const first = LANES - places - layout.whole.length;
	layout.whole.forEach((lane, index) => {
		table[at + first + index] = lane;
	});
	layout.fraction.forEach((lane, index) => {
		table[at + LANES - places + index] = lane;
	});
	// JSON has no leading zeros, but for 0 itself.
	if (layout.whole.length > 1) table[at + LANES + first] = 1;
}

/** Numbers without a point, by their number of digits (32: more than 16), from the window's start or to its end. */
export function wholeTable(direction: Direction): Uint8Array {
	const table = new Uint8Array(33 * ENTRY_BYTES);
	for (let digits = 0; digits <= 32; digits++) writeEntry(table, digits * ENTRY_BYTES, digits > LANES ? null : { whole: lanes(direction === 'forward' ? 0 : LANES - digits, digits), fraction: [] }, 0);
	return table;
}

/**
 * Numbers with or without a point. From the window's start: by `16 · characters + digits before the point`. To its end:
 * by `16 · characters + digits after the point`. Where both are equal there is no point.
 */
export function placedTable(direction: Direction, scale: number | null): Uint8Array {
	const table = new Uint8Array((LANES * 16 + LANES + 1) * ENTRY_BYTES);
	for (let entry = 0; entry <= LANES * 16 + LANES; entry++) writeEntry(table, entry * ENTRY_BYTES, null, scale);
	for (let characters = 1; characters <= LANES; characters++) {
		for (let to = 0; to <= characters; to++) {
			const first = direction === 'forward' ? 0 : LANES - characters;
			const point = to === characters ? -1 : direction === 'forward' ? to : characters - to - 1;
			const whole = point < 0 ? characters : point;
			const fraction = point < 0 ? 0 : characters - point - 1;
			const layout = point >= 0 && fraction === 0 ? null : { whole: lanes(first, whole), fraction: lanes(first + point + 1, fraction) };
			writeEntry(table, (characters * 16 + to) * ENTRY_BYTES, layout, scale);
		}
	}
	return table;
}

/**
 * As `placedTable`, for numbers whose places do not fit: digits end at the last lane, and behind each entry stands what
 * they are to be multiplied with, and the most that may be.
 */
export function scaledTable(direction: Direction, scale: number, most: bigint): Uint8Array {
	const placed = placedTable(direction, null);
	const entries = placed.length / ENTRY_BYTES;
	const table = new Uint8Array(entries * SCALED_ENTRY_BYTES);
	const data = new DataView(table.buffer);
	for (let entry = 0; entry < entries; entry++) {
		const at = entry * SCALED_ENTRY_BYTES;
		table.set(placed.subarray(entry * ENTRY_BYTES, (entry + 1) * ENTRY_BYTES), at);
		const characters = entry === LANES * 16 + LANES ? LANES : entry >> 4;
		const to = entry - characters * 16;
		const fraction = to >= characters ? 0 : direction === 'forward' ? characters - to - 1 : to;
		if (fraction > scale) table.fill(1, at + LANES, at + ENTRY_BYTES).fill(NOTHING, at, at + LANES);
		const power = 10n ** BigInt(Math.max(0, scale - fraction));
		data.setBigUint64(at + ENTRY_BYTES, power, true);
		data.setBigUint64(at + ENTRY_BYTES + 8, most / power, true);
	}
	return table;
}

/** Digits after a point, from the window's start, by their number (32: more than 16). */
export function fractionTable(scale: number): Uint8Array {
	const table = new Uint8Array(33 * ENTRY_BYTES);
	for (let digits = 0; digits <= 32; digits++) {
		const at = digits * ENTRY_BYTES;
		const valid = digits <= Math.min(scale, LANES);
		table.fill(NOTHING, at, at + LANES);
		table.fill(valid ? 0 : 1, at + LANES, at + ENTRY_BYTES);
		if (valid) for (let index = 0; index < digits; index++) table[at + LANES - Math.min(scale, LANES) + index] = index;
	}
	return table;
}
