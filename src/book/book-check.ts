/**
 * Books of a venue that sends checksums, held against them: each update is applied, and the checksum that came with it is
 * compared with that of the book. Allocates the texts that checksums are made of.
 */
import type { Batch, DecimalColumn, ListView } from '../columns/index.ts';
import { alternatingChecksum, FTX_DEPTH, floatText, OKX_DEPTH } from './checksums.ts';
import type { Side } from './order-events.ts';
import { createPriceBook, type PriceBook } from './price-book.ts';

/** Venues with a checksum in a table that has snapshots and updates, so that rows are in order as they are. */
export type CheckedVenue = 'ftx' | 'okx';

/**
 * Why an update does not prove the book:
 * - `checksum`: the book was right before, and now differs from what the venue has.
 * - `still-wrong`: it differs since an earlier update; a snapshot makes it right again.
 * - `no-snapshot`: there is none yet, so the update was not applied.
 */
export type CheckCategory = 'checksum' | 'still-wrong' | 'no-snapshot';

export interface BookFault {
	readonly category: CheckCategory;
	readonly instrument: string;
	/** Row of the batch that was taken. */
	readonly row: number;
	/** What came, and what the book has; unsigned. */
	readonly expected: number;
	readonly computed: number;
}

export interface CheckStatistics {
	/** Snapshots and updates whose checksum was compared. */
	readonly checked: number;
	/** Those that agreed. */
	readonly agreed: number;
	readonly faults: Readonly<Record<CheckCategory, number>>;
	readonly instruments: number;
}

export interface BookCheck {
	/** For `onBatch`: tables without books are passed over. */
	readonly take: (batch: Batch<unknown>) => void;
	/** The book of an instrument as it is now; null before its first snapshot. */
	book(instrument: string): PriceBook | null;
	/** Whether it agreed with the last checksum. */
	isSound(instrument: string): boolean;
	statistics(): CheckStatistics;
}

interface KeptBook {
	readonly book: PriceBook;
	sound: boolean;
}

/** One snapshot or update. */
interface Change {
	readonly instrument: string;
	readonly isSnapshot: boolean;
	readonly checksum: number;
	/** Index into the lists of levels. */
	readonly item: number;
}

interface Venue {
	readonly table: string;
	/** Paths of the sides' lists. */
	readonly sides: Readonly<Record<Side, string>>;
	readonly depth: number;
	/** A level as the checksum has it. */
	text(price: DecimalColumn, size: DecimalColumn, item: number): string;
	changes(batch: Batch<unknown>, row: number): readonly Change[];
}

const VENUES: Readonly<Record<CheckedVenue, Venue>> = {
	ftx: {
		table: 'book',
		sides: { buy: 'data.bids', sell: 'data.asks' },
		depth: FTX_DEPTH,
		text: (price, size, item) => `${floatText(Number(price.text(item)))}:${floatText(Number(size.text(item)))}`,
		changes: (batch, row) => [{ instrument: batch.column('market', 'symbol').text(row), isSnapshot: batch.column('data.action', 'enumeration').text(row) === 'partial', checksum: batch.column('data.checksum', 'integer32').number(row) >>> 0, item: row }],
	},
	okx: {
		table: 'book',
		sides: { buy: 'data.bids', sell: 'data.asks' },
		depth: OKX_DEPTH,
		text: (price, size, item) => `${price.originalText(item)}:${size.originalText(item)}`,
		changes(batch, row) {
			const data = batch.column('data', 'list');
			const checksum = batch.column('data.checksum', 'integer32');
			const instrument = batch.column('arg.instrument', 'symbol').text(row);
			const isSnapshot = batch.column('action', 'enumeration').text(row) === 'snapshot';
			return Array.from({ length: data.count(row) }, (_, index) => ({ instrument, isSnapshot, checksum: checksum.number(data.start(row) + index) >>> 0, item: data.start(row) + index }));
		},
	},
};

/** Keeps the books of a venue and checks them. Batches are of the venue's preset, in the order of the stream. */
export function createBookCheck(venue: CheckedVenue, onFault?: (fault: BookFault) => void): BookCheck {
	const rules = VENUES[venue];
	if (rules === undefined) throw new TypeError(`tickforge: books are checked of ${Object.keys(VENUES).join(' and ')}, not of "${String(venue)}"`);
	const books = new Map<string, KeptBook>();
	const faults: Record<CheckCategory, number> = { checksum: 0, 'still-wrong': 0, 'no-snapshot': 0 };
	let checked = 0;
	let agreed = 0;
	const applySide = (batch: Batch<unknown>, side: Side, item: number, book: PriceBook): void => {
		const path = rules.sides[side];
		const levels: ListView = batch.column(path, 'list');
		const price = batch.column(`${path}.price`, 'decimal');
		const size = batch.column(`${path}.size`, 'decimal');
		for (let at = levels.start(item); at < levels.end(item); at++) {
			const amount = size.scaled(at);
			book.set(side, price.scaled(at), amount, amount === 0 ? '' : rules.text(price, size, at));
		}
	};
	return {
		take(batch) {
			if (batch.table !== rules.table) return;
			for (let row = 0; row < batch.rows; row++) {
				for (const { instrument, isSnapshot, checksum, item } of rules.changes(batch, row)) {
					const found = (category: CheckCategory, computed: number): void => {
						faults[category]++;
						onFault?.({ category, instrument, row, expected: checksum, computed });
					};
					let kept = books.get(instrument);
					if (isSnapshot) {
						if (kept === undefined) {
							kept = { book: createPriceBook(), sound: true };
							books.set(instrument, kept);
						}
						kept.book.clear();
						kept.sound = true;
					}
					if (kept === undefined) {
						found('no-snapshot', 0);
						continue;
					}
					applySide(batch, 'buy', item, kept.book);
					applySide(batch, 'sell', item, kept.book);
					const computed = alternatingChecksum(kept.book.sell.texts, kept.book.buy.texts, rules.depth);
					checked++;
					if (computed === checksum) {
						agreed++;
						kept.sound = true;
					} else {
						found(kept.sound ? 'checksum' : 'still-wrong', computed);
						kept.sound = false;
					}
				}
			}
		},
		book: (instrument) => books.get(instrument)?.book ?? null,
		isSound: (instrument) => books.get(instrument)?.sound ?? false,
		statistics: () => ({ checked, agreed, faults: { ...faults }, instruments: books.size }),
	};
}
