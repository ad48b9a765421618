/**
 * Where the orders of a book lie in memory: what generated code (emit-orders.ts) and TypeScript read alike. All addresses
 * are byte offsets into the arena, all numbers little endian.
 *
 * ```
 *  state    what is kept between calls (STATE)
 *  slots    | reference (u64) | shares | level |, 16 bytes an order; level 0: free
 *  levels   | shares (u64) | orders | price | side of a stock | unused |, 32 bytes
 *  sides    | root | height | best leaf | levels |, 16 bytes for each stock's buy side, then its sell side
 *  nodes    | entries | worse | better | unused | (address, key) × 30 |, 256 bytes
 * ```
 * **Orders** are hashed by reference, without a chain: an order lies in its home or in the first free slot after it, and
 * what can move up moves up when one is deleted, so that there are no graves. Four references in a row share a line of
 * the cache: venues count them up.
 *
 * **Levels** of a side are the leaves' entries of a tree in the order of their keys (the price; of sell sides its
 * complement), so that the best one is the last entry of the last leaf, which the side knows. A node is split when it is
 * full and given back when it is empty; nodes of one height are linked. What changes near the best price, where most does,
 * moves few entries.
 *
 * Levels and nodes come from free lists and from chunks that are added: nothing of them ever moves.
 */

export const STATE = {
	/** Why `apply` returned: STOP. */
	stop: 0,
	slots: 4,
	/** Of byte offsets among the slots. */
	slotMask: 8,
	/** From a hash to a group of four slots. */
	shift: 12,
	orders: 16,
	orderLimit: 20,
	freeLevel: 24,
	nextLevel: 28,
	/** Those free and those of the chunk that were never used. */
	levelsLeft: 32,
	freeNode: 36,
	nextNode: 40,
	nodesLeft: 44,
	sides: 48,
	stocks: 52,
	problems: 56,
	problemLimit: 60,
	problemTable: 64,
	levels: 68,
	/** For each stock 1 + the id of its name. */
	names: 72,
	/** Nodes and entries on the way down, of a removal. */
	path: 76,
	/** Takes what is loaded only to be in the cache. */
	touched: 80,
	/** u64 each, by kind. */
	counts: 96,
	/** u64 each, by category. */
	problemCounts: 160,
	/** Of `merge`: number of the window's first message (u64), events in it, those that were applied. */
	window: 224,
	windowEvents: 232,
	windowApplied: 236,
	size: 256,
} as const;

export const STOP = { done: 0, orders: 1, levels: 2, nodes: 3, problems: 4 } as const;

export const SLOT = { reference: 0, shares: 8, level: 12, size: 16 } as const;
export const LEVEL = { shares: 0, orders: 8, price: 12, side: 16, size: 32 } as const;
export const SIDE = { root: 0, height: 4, best: 8, levels: 12, size: 16 } as const;
export const NODE = { count: 0, worse: 4, better: 8, entries: 16, address: 0, key: 4, entrySize: 8, capacity: 30, size: 256 } as const;
/** Higher than any tree: each height needs fifteen times as many insertions as the one before. */
export const MOST_HEIGHT = 20;

/** What references are multiplied with: 2^64 divided by the golden ratio. */
export const HASH_FACTOR = 0x9e3779b97f4a7c15n;
/** Orders that so many slots take before there are twice as many. */
export const orderLimit = (slots: number): number => Math.floor(slots * 0.625);

/**
 * One event of the order flow:
 * ```
 *  0      1      2        4       8                 16                    24       28      32
 *  | kind | side | unused | stock | reference (u64) | new reference (u64) | shares | price |
 * ```
 * Which fields count depends on the kind; others are 0. `side` is 0 for buying, 1 for selling.
 */
export const EVENT = { kind: 0, side: 1, stock: 4, reference: 8, newReference: 16, shares: 24, price: 28, size: 32 } as const;

/** Kinds of events. `none` is a message that does not concern orders. */
export const EVENT_KINDS = { none: 0, add: 1, execute: 2, cancel: 3, delete: 4, replace: 5 } as const;
export type EventKind = keyof typeof EVENT_KINDS;

/**
 * What is wrong with an event. Everything else of it is done: what is executed or cancelled beyond an order's shares
 * takes the order away, a replacement that cannot be added has taken the original away.
 */
export const PROBLEMS = {
	/** No order has this reference. Nothing happens. */
	'unknown-order': 0,
	/** An order with this reference is there; it stays as it is. */
	'duplicate-order': 1,
	/** More shares than the order has. It is gone. */
	'too-many-shares': 2,
	/** Zero shares are added, executed or cancelled. Nothing of that happens. */
	'no-shares': 3,
	/** The stock's number is beyond those that the book was made for. */
	'unknown-stock': 4,
} as const;
export type ProblemCategory = keyof typeof PROBLEMS;
export const PROBLEM_CATEGORIES = Object.keys(PROBLEMS) as ProblemCategory[];

/**
 * ```
 *  0          4      8                16                24      32
 *  | category | kind | message (u64)  | reference (u64) | unused |
 * ```
 */
export const PROBLEM = { category: 0, kind: 4, message: 8, reference: 16, size: 32 } as const;
/** Events between two looks at what is left; an event has at most two problems. */
export const BLOCK = 16;

/** The rows of one table, as `merge` reads them: addresses of its columns; `next` is the first row that was not read. */
export const ROWS = { kind: 0, rows: 4, next: 8, sequence: 12, reference: 16, newReference: 20, shares: 24, price: 28, side: 32, sell: 36, stock: 40, name: 44, size: 64 } as const;
/** Messages that are brought in order at once. */
export const WINDOW = 1024;
