/**
 * The record of a layout in memory, which generated code follows:
 *
 * ```
 *  0       4        8             12      16           20            24        28       32
 *  | edge  | length | alternative | used  | name starts | name length | express | chunks | integers of the spots (i32) …
 *  … | masks, bases, signs (v128) | template, limits … |
 * ```
 * `edge`: which code; `alternative`: another target (tables.ts) that the same key may mean; `used`: set where a message took it;
 * `express`: 0 where the edge is none of the express ones, else 1 + the symbol table of the name (1 without a name).
 * `chunks`: where template and limits begin, and in the upper 16 bits how many chunks there are.
 * Everything behind is at offsets that depend on the edge alone. Template and limits alternate, 16 bytes each; a byte
 * b of the message passes where `saturating((b - template) - limit)` is 0.
 */
import type { NumberSpot, Spot } from './spots.ts';

export const RECORD = { edge: 0, length: 4, alternative: 8, used: 12, nameStart: 16, nameLength: 20, express: 24, chunks: 28, spots: 32 } as const;

/** One vector of digits: 16 of one number, or 8 of each of two. */
export interface DigitVector {
	readonly numbers: readonly NumberSpot[];
	/** Mask of 16 bytes in the record. */
	readonly mask: number;
	/** i32 window offsets in the record, one a number. */
	readonly windows: readonly number[];
}
/** Two digit vectors are finished together. */
export interface DigitPair {
	readonly vectors: readonly DigitVector[];
	readonly results: readonly NumberResult[];
}
/** Two 64-bit lanes: the values of one or two numbers. */
export interface NumberResult {
	readonly numbers: readonly NumberSpot[];
	/** Lanes of 32 bits where the numbers' pieces are: of one `wide` number two. */
	readonly from: 'both-wide' | 'low' | 'high';
	/** i64x2 in the record: added to the magnitudes; -1 where no layout needs it. */
	readonly base: number;
	/** i64x2 in the record: -1 for a negative number, else 0; -1 where none is. */
	readonly sign: number;
}

/** What an edge's records hold, by offset. */
export interface RecordLayout {
	/** i32 of each spot that is not a number: start and length, or the value of a constant (a flag's as a mask: 0 or -1). */
	readonly values: ReadonlyMap<Spot, number>;
	/** i32: digits after the point, of decimals that keep them. */
	readonly textScales: ReadonlyMap<NumberSpot, number>;
	readonly pairs: readonly DigitPair[];
	/** Template and limits begin here. */
	readonly chunks: number;
	readonly chunkCount: number;
	readonly size: number;
}

/** Facts about an edge that its code depends on, gathered from all its layouts. */
export interface EdgeFacts {
	/** Chunks of 16 bytes of the longest part. */
	readonly chunkCount: number;
	/** Numbers (by place among the spots) that may be negative, or have constant digits. */
	readonly signed: ReadonlySet<number>;
	readonly based: ReadonlySet<number>;
}

const isWide = (spot: NumberSpot): boolean => spot.form !== 'low';

export function layoutRecord(spots: readonly Spot[], facts: EdgeFacts): RecordLayout {
	let next: number = RECORD.spots;
	const take = (bytes: number): number => {
		const at = next;
		next += bytes;
		return at;
	};
	const values = new Map<Spot, number>();
	const textScales = new Map<NumberSpot, number>();
	const windows = new Map<NumberSpot, number>();
	for (const spot of spots) {
		if (spot.kind === 'number') {
			windows.set(spot, take(4));
			if (spot.column.textScales >= 0) textScales.set(spot, take(4));
		} else if (spot.kind === 'symbol' || spot.kind === 'text' || spot.kind === 'check' || spot.kind === 'strict') values.set(spot, take(8));
		else if (spot.kind === 'constant') values.set(spot, take(4));
	}
	next = (next + 15) & ~15;
	const numbers = spots.filter((spot) => spot.kind === 'number');
	const wide = numbers.filter(isWide);
	const low = numbers.filter((spot) => !isWide(spot));
	const vectors: DigitVector[] = wide.map((spot) => ({ numbers: [spot], mask: take(16), windows: [windows.get(spot) as number] }));
	for (let index = 0; index < low.length; index += 2) {
		const pair = low.slice(index, index + 2);
		vectors.push({ numbers: pair, mask: take(16), windows: pair.map((spot) => windows.get(spot) as number) });
	}
	const result = (lanes: readonly NumberSpot[], from: NumberResult['from']): NumberResult => {
		const any = (set: ReadonlySet<number>): boolean => lanes.some((spot) => set.has(spots.indexOf(spot)));
		return { numbers: lanes, from, base: any(facts.based) ? take(16) : -1, sign: any(facts.signed) ? take(16) : -1 };
	};
	const pairs: DigitPair[] = [];
	for (let index = 0; index < vectors.length; index += 2) {
		const [first, second] = vectors.slice(index, index + 2) as [DigitVector, DigitVector?];
		const firstWide = isWide(first.numbers[0] as NumberSpot);
		const secondWide = second !== undefined && isWide(second.numbers[0] as NumberSpot);
		const results: NumberResult[] = [];
		if (firstWide) results.push(result(secondWide ? [...first.numbers, ...(second as DigitVector).numbers] : first.numbers, 'both-wide'));
		else results.push(result(first.numbers, 'low'));
		if (second !== undefined && !secondWide) results.push(result(second.numbers, 'high'));
		pairs.push({ vectors: second === undefined ? [first] : [first, second], results });
	}
	const chunks = next;
	return { values, textScales, pairs, chunks, chunkCount: facts.chunkCount, size: chunks + facts.chunkCount * 32 };
}

/** The parts of a record that come from a layout; `edgeSpots` are the spots of the edge, in the same order. */
export interface LayoutContents {
	readonly edge: number;
	readonly template: Uint8Array;
	readonly limits: Uint8Array;
	readonly spots: readonly Spot[];
	/** See the file's head. */
	readonly express: number;
}

/** Writes a record. `alternative` is set by whoever places it. */
export function writeRecord(view: DataView, at: number, layout: RecordLayout, edgeSpots: readonly Spot[], contents: LayoutContents): void {
	for (let offset = 0; offset < layout.size; offset += 4) view.setUint32(at + offset, 0, true);
	view.setUint32(at + RECORD.edge, contents.edge, true);
	view.setUint32(at + RECORD.length, contents.template.length, true);
	const name = contents.spots.find((spot) => spot.kind === 'symbol');
	view.setUint32(at + RECORD.nameStart, name?.start ?? 0, true);
	view.setUint32(at + RECORD.nameLength, name?.length ?? 0, true);
	view.setUint32(at + RECORD.express, contents.express, true);
	view.setUint32(at + RECORD.chunks, layout.chunks | (layout.chunkCount << 16), true);
	const own = (spot: Spot): Spot => contents.spots[edgeSpots.indexOf(spot)] as Spot;
	for (const [spot, offset] of layout.values) {
		const mine = own(spot);
		if (mine.kind === 'constant') view.setInt32(at + offset, mine.column.storage === 'bits' ? -mine.value : mine.value, true);
		else if (mine.kind === 'symbol' || mine.kind === 'text' || mine.kind === 'check' || mine.kind === 'strict') {
			view.setInt32(at + offset, mine.start, true);
			view.setInt32(at + offset + 4, mine.length, true);
		}
	}
	for (const [spot, offset] of layout.textScales) view.setInt32(at + offset, (own(spot) as NumberSpot).textScale, true);
	for (const { vectors, results } of layout.pairs) {
		for (const vector of vectors) {
			vector.numbers.forEach((number, index) => {
				const mine = own(number) as NumberSpot;
				view.setInt32(at + (vector.windows[index] as number), mine.window, true);
				mine.mask.forEach((bits, lane) => {
					view.setUint8(at + vector.mask + index * 8 + lane, bits);
				});
			});
		}
		for (const { numbers, base, sign } of results) {
			numbers.forEach((number, lane) => {
				const mine = own(number) as NumberSpot;
				if (base >= 0) view.setBigUint64(at + base + lane * 8, mine.base, true);
				const negative = mine.column.storage === 'f64' ? -(2n ** 63n) : -1n;
				if (sign >= 0) view.setBigInt64(at + sign + lane * 8, mine.negative ? negative : 0n, true);
			});
		}
	}
	for (let index = 0; index < layout.chunkCount * 16; index++) {
		const chunk = at + layout.chunks + (index >> 4) * 32 + (index & 15);
		// Beyond the part every byte passes.
		view.setUint8(chunk, contents.template[index] ?? 0);
		view.setUint8(chunk + 16, index < contents.limits.length ? (contents.limits[index] as number) : 255);
	}
}
