export type Side = 'bid' | 'ask';

/** Bytes that a level's text has at most. */
const STRIDE = 40;

/** Writes a level as the venue's checksum has it; returns the place after it. */
export type LevelText = (bytes: Uint8Array, at: number, tick: number, size: number) => number;

/**
 * One side of a book, the best level first: whole ticks and lots in arrays of fixed length. Where the venue sums the text
 * of levels up, each level's text lies beside it, so that a checksum does not write numbers again.
 */
export class BookSide {
	readonly side: Side;
	readonly depth: number;
	count = 0;
	readonly ticks: Int32Array;
	readonly sizes: Int32Array;
	readonly #text: LevelText | null;
	readonly #texts: Uint8Array;
	readonly #lengths: Uint8Array;

	constructor(side: Side, depth: number, text: LevelText | null) {
		this.side = side;
		this.depth = depth;
		// One more than the depth, for a level that pushes another one out.
		this.ticks = new Int32Array(depth + 1);
		this.sizes = new Int32Array(depth + 1);
		this.#text = text;
		this.#texts = new Uint8Array(text === null ? 0 : (depth + 1) * STRIDE);
		this.#lengths = new Uint8Array(depth + 1);
	}

	get best(): number {
		return this.ticks[0] as number;
	}

	/** Whether a price is nearer to the other side than another. */
	isBetter(tick: number, than: number): boolean {
		return this.side === 'bid' ? tick > than : tick < than;
	}

	/** Where a tick is, or belongs. */
	indexOf(tick: number): number {
		let index = 0;
		if (this.side === 'bid') while (index < this.count && (this.ticks[index] as number) > tick) index++;
		else while (index < this.count && (this.ticks[index] as number) < tick) index++;
		return index;
	}

	has(index: number, tick: number): boolean {
		return index < this.count && this.ticks[index] === tick;
	}

	insert(index: number, tick: number, size: number): void {
		this.ticks.copyWithin(index + 1, index, this.count);
		this.sizes.copyWithin(index + 1, index, this.count);
		if (this.#text !== null) {
			this.#texts.copyWithin((index + 1) * STRIDE, index * STRIDE, this.count * STRIDE);
			this.#lengths.copyWithin(index + 1, index, this.count);
		}
		this.count++;
		this.ticks[index] = tick;
		this.resize(index, size);
	}

	resize(index: number, size: number): void {
		this.sizes[index] = size;
		if (this.#text !== null) this.#lengths[index] = this.#text(this.#texts, index * STRIDE, this.ticks[index] as number, size) - index * STRIDE;
	}

	remove(index: number): void {
		this.ticks.copyWithin(index, index + 1, this.count);
		this.sizes.copyWithin(index, index + 1, this.count);
		if (this.#text !== null) {
			this.#texts.copyWithin(index * STRIDE, (index + 1) * STRIDE, this.count * STRIDE);
			this.#lengths.copyWithin(index, index + 1, this.count);
		}
		this.count--;
	}

	/** Copies a level's text; returns the place after it. */
	copyText(index: number, into: Uint8Array, at: number): number {
		const from = index * STRIDE;
		const length = this.#lengths[index] as number;
		for (let byte = 0; byte < length; byte++) into[at + byte] = this.#texts[from + byte] as number;
		return at + length;
	}
}
