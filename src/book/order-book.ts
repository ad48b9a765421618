/**
 * A full order book of an order-by-order feed: every order by its reference, every level of every stock. Fed by a parser's
 * batches, or by events. Allocates nothing a message; memory grows in the arena as orders do.
 */
import type { Batch } from '../columns/index.ts';
import type { Column, ScalarColumn, TableLayout } from '../compiler/batch-layout.ts';
import { type Arena, createArena, type Region } from '../memory/index.ts';
import type { SymbolReader } from '../symbols/index.ts';
import { createModule } from '../wasm/index.ts';
import { emitOrders } from './emit-orders.ts';
import { emitRows } from './emit-rows.ts';
import { ITCH_DIRECTORY, ITCH_PRICE_SCALE, ITCH_TABLES, type OrderEvent, type OrderProblem, type Side, type TableFlow } from './order-events.ts';
import { EVENT, EVENT_KINDS, type EventKind, LEVEL, MOST_HEIGHT, NODE, orderLimit, PROBLEM, PROBLEM_CATEGORIES, type ProblemCategory, ROWS, SIDE, SLOT, STATE, STOP, WINDOW } from './order-memory.ts';
import { createReferenceOrders, type ReferenceLevel } from './reference-orders.ts';

export interface OrderBookOptions {
	/** The arena that the parser works in (`compile(…, { arena: book.arena })`). Default: one of its own with room for 3 GiB. */
	readonly arena?: Arena;
	/** Stocks have numbers from 0 to below this. Default 65536, as many as ITCH's `stockLocate` can name. */
	readonly stocks?: number;
	/** Orders that are there at once before the table grows for the first time. Default 600 000, which takes 16 MiB. */
	readonly orders?: number;
	/** `reference` is plain TypeScript. Default `generated`. */
	readonly tier?: 'generated' | 'reference';
	/** Gets what is wrong with events, at the latest when `complete` or `apply` returns. */
	readonly onProblem?: (problem: OrderProblem) => void;
}

/** Arrays that levels are written to, the best first. What is left out is not written. */
export interface DepthArrays {
	readonly prices?: Float64Array | Uint32Array;
	readonly shares?: Float64Array;
	/** Orders at the price. */
	readonly orders?: Uint32Array;
}

export interface Order {
	readonly stock: number;
	readonly side: Side;
	/** In units of 10^-`priceScale`. */
	readonly price: number;
	readonly shares: number;
}

export interface OrderBookStatistics {
	/** Events by kind, those with problems too. */
	readonly events: Readonly<Record<Exclude<EventKind, 'none'>, number>>;
	readonly problems: Readonly<Record<ProblemCategory, number>>;
	/** Orders and levels that are there now. */
	readonly orders: number;
	readonly levels: number;
	/** Bytes of the arena that the book takes. */
	readonly memory: number;
}

export interface OrderBook {
	readonly arena: Arena;
	readonly tier: 'generated' | 'reference';
	/** Digits after the point of prices. */
	readonly priceScale: number;
	/** For `onBatch`: notes a batch of any table; those without orders are passed over. @throws where batches have no numbers, or lie elsewhere */
	readonly take: (batch: Batch<unknown>) => void;
	/** For `onComplete`: applies what was noted, in the order of the messages. */
	readonly complete: (upTo: number) => void;
	/** Applies one event, for feeds of other kinds and for tests. @param message its number, for problems */
	apply(event: OrderEvent, message?: number): void;
	/** The best price of a side, or -1 where it is empty. O(1), allocates nothing. */
	bestPrice(stock: number, side: Side): number;
	/** Shares at the best price; 0 where the side is empty. */
	bestShares(stock: number, side: Side): number;
	/** Orders at the best price. */
	bestOrders(stock: number, side: Side): number;
	/** Writes the best levels, `most` or as many as the shortest array holds; returns how many there were. Allocates nothing. */
	depth(stock: number, side: Side, into: DepthArrays, most?: number): number;
	/** Levels of a side. */
	levels(stock: number, side: Side): number;
	/** An order that is there, or null. Allocates. */
	order(reference: bigint): Order | null;
	/** Number of a stock by its name, or -1 where no message named it. */
	stock(name: string): number;
	/** Name of a stock by its number, or null. */
	name(stock: number): string | null;
	/** Calls back with each stock that has orders. */
	visitStocks(visitor: (stock: number) => void): void;
	statistics(): OrderBookStatistics;
	/** Gives the memory back; an arena that was given stays. */
	dispose(): void;
}

/** Batches that may wait for `complete`: of one stretch of messages there is one a table. */
const MOST_WAITING = 16;
const PROBLEM_LIMIT = 1024;
const FIRST_LEVELS = 8192;
const FIRST_NODES = 1024;
const MOST_CHUNK = 2 ** 16;
const TWO_32 = 4294967296;
const KIND_NAMES = Object.keys(EVENT_KINDS) as EventKind[];

interface Exports {
	readonly merge: (state: number, tables: number, count: number, events: number) => void;
	readonly apply: (state: number, events: number, count: number, message: bigint) => number;
	readonly rehash: (state: number, from: number, fromEnd: number) => void;
	readonly find: (state: number, reference: bigint) => number;
}

/** Columns of a table that has a part in the order flow. */
interface BoundTable {
	readonly flow: TableFlow;
	readonly sequence: number;
	readonly reference: number;
	readonly newReference: number;
	readonly shares: number;
	readonly price: number;
	readonly side: number;
	/** Id of selling among the values of the side's column. */
	readonly sell: number;
	readonly stock: number;
	readonly name: number;
}

function checkOptions({ stocks = 65536, orders = 600_000 }: OrderBookOptions): { readonly stocks: number; readonly orders: number } {
	if (!Number.isInteger(stocks) || stocks < 1 || stocks > 2 ** 24) throw new RangeError(`tickforge: an order book has 1 to ${2 ** 24} stocks, not ${stocks}`);
	if (!Number.isInteger(orders) || orders < 1 || orders > 1e8) throw new RangeError(`tickforge: an order book has room for 1 to 100000000 orders at first, not ${orders}`);
	return { stocks, orders };
}

function bindTable(layout: TableLayout, flow: TableFlow): BoundTable {
	if (layout.sequence < 0) throw new TypeError(`tickforge: the batch of "${layout.name}" does not say which messages its rows are; compile with sequence: true`);
	const scalar = (name: string | undefined): ScalarColumn | null => {
		if (name === undefined) return null;
		const found = layout.columns.find((column: Column) => column.name === name);
		if (found?.kind !== 'scalar') throw new TypeError(`tickforge: the table "${layout.name}" has no column "${name}", so it is not ITCH's: an order book takes batches of itch50()`);
		return found;
	};
	const at = (name: string | undefined): number => scalar(name)?.values ?? 0;
	const side = scalar(flow.side);
	const sell = side?.type.kind === 'enumeration' ? side.type.values.indexOf('sell') : -1;
	return { flow, sequence: layout.sequence, reference: at(flow.reference), newReference: at(flow.newReference), shares: at(flow.shares), price: at(flow.price), side: at(flow.side), sell, stock: at(flow.stock), name: at(flow.name) };
}

/** See the file's head. */
export function createOrderBook(options: OrderBookOptions = {}): OrderBook {
	return (options.tier ?? 'generated') === 'generated' ? createGeneratedBook(options) : createReferenceBook(options);
}

function createGeneratedBook(options: OrderBookOptions): OrderBook {
	const { stocks, orders } = checkOptions(options);
	const ownArena = options.arena === undefined;
	const arena = options.arena ?? createArena({ ceiling: 3 * 2 ** 30 });
	const regions: Region[] = [];
	const allocate = (name: string, bytes: number, clear = true): Region => {
		const region = arena.allocate(`order book: ${name}`, bytes, { clear });
		regions.push(region);
		return region;
	};
	const state = allocate('state', STATE.size).address;
	const events = allocate('events', WINDOW * EVENT.size).address;
	const single = allocate('single event', EVENT.size).address;
	const waitingTables = allocate('tables', MOST_WAITING * ROWS.size).address;
	const problemTable = allocate('problems', PROBLEM_LIMIT * PROBLEM.size).address;
	const sides = allocate('sides', stocks * 2 * SIDE.size).address;
	const names = allocate('names', stocks * 4).address;
	const path = allocate('path', (MOST_HEIGHT + 1) * 8).address;
	let slotCount = 2 ** Math.ceil(Math.log2(Math.max(1024, orders / 0.625)));
	let slots = allocate('orders', slotCount * SLOT.size);
	let nextLevels = FIRST_LEVELS;
	let nextNodes = FIRST_NODES;

	const get = (field: number): number => arena.u32()[(state + field) >>> 2] as number;
	const put = (field: number, value: number): void => {
		arena.u32()[(state + field) >>> 2] = value;
	};
	const get64 = (address: number): number => {
		const words = arena.u32();
		return (words[(address >>> 2) + 1] as number) * TWO_32 + (words[address >>> 2] as number);
	};
	const useSlots = (): void => {
		put(STATE.slots, slots.address);
		put(STATE.slotMask, (slotCount - 1) * SLOT.size);
		put(STATE.shift, 64 - Math.log2(slotCount / 4));
		put(STATE.orderLimit, orderLimit(slotCount));
	};
	useSlots();
	put(STATE.sides, sides);
	put(STATE.stocks, stocks);
	put(STATE.problemTable, problemTable);
	put(STATE.problemLimit, PROBLEM_LIMIT);
	put(STATE.names, names);
	put(STATE.path, path);

	const exports = instantiate(arena);

	/** What a chunk has left goes to the free list, and another chunk takes its place. */
	const addChunk = (name: string, count: number, size: number, free: number, next: number, left: number): void => {
		const chunk = allocate(name, count * size, false);
		const words = arena.u32();
		let unused = get(left);
		for (let at = get(free); at !== 0; at = words[at >>> 2] as number) unused--;
		for (let at = get(next); unused > 0; unused--, at += size) {
			words[at >>> 2] = get(free);
			put(free, at);
		}
		put(next, chunk.address);
		put(left, get(left) + count);
	};
	const addLevels = (): void => {
		addChunk('levels', nextLevels, LEVEL.size, STATE.freeLevel, STATE.nextLevel, STATE.levelsLeft);
		nextLevels = Math.min(MOST_CHUNK, nextLevels * 2);
	};
	const addNodes = (): void => {
		addChunk('nodes', nextNodes, NODE.size, STATE.freeNode, STATE.nextNode, STATE.nodesLeft);
		nextNodes = Math.min(MOST_CHUNK, nextNodes * 2);
	};
	const growOrders = (): void => {
		const before = slots;
		const larger = allocate('orders', slotCount * 2 * SLOT.size);
		slots = larger;
		slotCount *= 2;
		useSlots();
		exports.rehash(state, before.address, before.address + before.size);
		regions.splice(regions.indexOf(before), 1);
		arena.release(before);
	};
	addLevels();
	addNodes();
	const makeRoom = (stop: number): void => {
		if (stop === STOP.orders) growOrders();
		else if (stop === STOP.levels) addLevels();
		else if (stop === STOP.nodes) addNodes();
	};

	let record = 0;
	const problem: OrderProblem = {
		get category() {
			return PROBLEM_CATEGORIES[arena.u32()[(record + PROBLEM.category) >>> 2] as number] as ProblemCategory;
		},
		get kind() {
			return KIND_NAMES[arena.u32()[(record + PROBLEM.kind) >>> 2] as number] as EventKind;
		},
		get message() {
			return get64(record + PROBLEM.message);
		},
		get reference() {
			return arena.view().getBigUint64(record + PROBLEM.reference, true);
		},
	};
	const drain = (): void => {
		const count = get(STATE.problems);
		if (count === 0) return;
		put(STATE.problems, 0);
		if (options.onProblem === undefined) return;
		for (let index = 0; index < count; index++) {
			record = problemTable + index * PROBLEM.size;
			options.onProblem(problem);
		}
	};

	const bound = new Map<TableLayout, BoundTable | null>();
	let waiting = 0;
	let stockNames: SymbolReader | null = null;
	const bind = (batch: Batch<unknown>): BoundTable | null => {
		const flow = ITCH_TABLES[batch.table];
		const made = flow === undefined ? null : bindTable(batch.layout, flow);
		bound.set(batch.layout, made);
		return made;
	};
	const take = (batch: Batch<unknown>): void => {
		if (batch.table === ITCH_DIRECTORY.table) takeDirectory(batch);
		const known = bound.get(batch.layout);
		const table = known === undefined ? bind(batch) : known;
		if (table === null) return;
		if (batch.memory !== arena.memory) throw new TypeError(`tickforge: the batch of "${batch.table}" is not in the book's arena; compile with arena: book.arena`);
		if (waiting === MOST_WAITING) throw new Error('tickforge: batches wait for an order book to be complete, and nobody says that they are; compile with onComplete: book.complete');
		if (stockNames === null && table.flow.name !== undefined) stockNames = namesOf(batch, table.flow.name);
		const words = arena.u32();
		const at = (waitingTables + waiting * ROWS.size) >>> 2;
		const { address } = batch;
		words[at + ROWS.kind / 4] = EVENT_KINDS[table.flow.kind];
		words[at + ROWS.rows / 4] = batch.rows;
		words[at + ROWS.next / 4] = 0;
		words[at + ROWS.sequence / 4] = address + table.sequence;
		words[at + ROWS.reference / 4] = address + table.reference;
		words[at + ROWS.newReference / 4] = address + table.newReference;
		words[at + ROWS.shares / 4] = address + table.shares;
		words[at + ROWS.price / 4] = address + table.price;
		words[at + ROWS.side / 4] = address + table.side;
		words[at + ROWS.sell / 4] = table.sell;
		words[at + ROWS.stock / 4] = address + table.stock;
		words[at + ROWS.name / 4] = address + table.name;
		waiting++;
	};
	const takeDirectory = (batch: Batch<unknown>): void => {
		const stock = batch.column(ITCH_DIRECTORY.stock, 'integer32');
		const name = batch.column(ITCH_DIRECTORY.name, 'symbol');
		stockNames ??= name.symbols;
		const words = arena.u32();
		for (let row = 0; row < batch.rows; row++) if (stock.number(row) < stocks) words[(names >>> 2) + stock.number(row)] = name.id(row) + 1;
	};
	const complete = (): void => {
		try {
			for (;;) {
				exports.merge(state, waitingTables, waiting, events);
				const stop = get(STATE.stop);
				drain();
				if (stop === STOP.done) break;
				makeRoom(stop);
			}
		} finally {
			// Where `onProblem` threw or the arena is full, the rest of these batches is lost: their memory will hold others.
			waiting = 0;
			put(STATE.windowApplied, get(STATE.windowEvents));
		}
	};

	const sideOf = (stock: number, side: Side): number => {
		if (!Number.isInteger(stock) || stock < 0 || stock >= stocks) throw new RangeError(`tickforge: the book has stocks 0 to ${stocks - 1}, not ${stock}`);
		return (sides + (stock * 2 + (side === 'buy' ? 0 : 1)) * SIDE.size) >>> 2;
	};
	/** Address of the best level, or 0. */
	const bestLevel = (stock: number, side: Side): number => {
		const words = arena.u32();
		const leaf = words[sideOf(stock, side) + SIDE.best / 4] as number;
		return leaf === 0 ? 0 : (words[(leaf + NODE.entries + ((words[leaf >>> 2] as number) - 1) * NODE.entrySize) >>> 2] as number);
	};

	return {
		arena,
		tier: 'generated',
		priceScale: ITCH_PRICE_SCALE,
		take,
		complete,
		apply(event, message = 0) {
			writeEvent(arena.view(), single, event);
			for (;;) {
				const applied = exports.apply(state, single, 1, BigInt(message));
				const stop = get(STATE.stop);
				drain();
				if (applied === 1) return;
				makeRoom(stop);
			}
		},
		bestPrice(stock, side) {
			const level = bestLevel(stock, side);
			return level === 0 ? -1 : (arena.u32()[(level + LEVEL.price) >>> 2] as number);
		},
		bestShares(stock, side) {
			const level = bestLevel(stock, side);
			return level === 0 ? 0 : get64(level + LEVEL.shares);
		},
		bestOrders(stock, side) {
			const level = bestLevel(stock, side);
			return level === 0 ? 0 : (arena.u32()[(level + LEVEL.orders) >>> 2] as number);
		},
		levels: (stock, side) => arena.u32()[sideOf(stock, side) + SIDE.levels / 4] as number,
		depth(stock, side, { prices, shares, orders: counts }, most = Number.POSITIVE_INFINITY) {
			const words = arena.u32();
			const wanted = Math.min(most, prices?.length ?? Number.POSITIVE_INFINITY, shares?.length ?? Number.POSITIVE_INFINITY, counts?.length ?? Number.POSITIVE_INFINITY);
			let written = 0;
			let leaf = words[sideOf(stock, side) + SIDE.best / 4] as number;
			while (leaf !== 0 && written < wanted) {
				for (let entry = (words[leaf >>> 2] as number) - 1; entry >= 0 && written < wanted; entry--, written++) {
					const level = (words[(leaf + NODE.entries + entry * NODE.entrySize) >>> 2] as number) >>> 2;
					if (prices !== undefined) prices[written] = words[level + LEVEL.price / 4] as number;
					if (shares !== undefined) shares[written] = (words[level + 1] as number) * TWO_32 + (words[level] as number);
					if (counts !== undefined) counts[written] = words[level + LEVEL.orders / 4] as number;
				}
				leaf = words[(leaf + NODE.worse) >>> 2] as number;
			}
			return written;
		},
		order(reference) {
			const slot = exports.find(state, reference) >>> 0;
			if (slot === 0) return null;
			const words = arena.u32();
			const level = (words[(slot + SLOT.level) >>> 2] as number) >>> 2;
			const number = words[level + LEVEL.side / 4] as number;
			return { stock: number >>> 1, side: (number & 1) === 0 ? 'buy' : 'sell', price: words[level + LEVEL.price / 4] as number, shares: words[(slot + SLOT.shares) >>> 2] as number };
		},
		stock(name) {
			const id = stockNames?.id(name) ?? -1;
			if (id < 0) return -1;
			return arena
				.u32()
				.subarray(names >>> 2, (names >>> 2) + stocks)
				.indexOf(id + 1);
		},
		name(stock) {
			const id = arena.u32()[(names >>> 2) + stock] ?? 0;
			return stock >= stocks || id === 0 ? null : (stockNames?.name(id - 1) ?? null);
		},
		visitStocks(visitor) {
			for (let stock = 0; stock < stocks; stock++) {
				const at = (sides + stock * 2 * SIDE.size) >>> 2;
				const words = arena.u32();
				if (words[at] !== 0 || words[at + SIDE.size / 4] !== 0) visitor(stock);
			}
		},
		statistics: () => ({
			events: countsOf(KIND_NAMES.slice(1) as Exclude<EventKind, 'none'>[], (index) => get64(state + STATE.counts + (index + 1) * 8)),
			problems: countsOf(PROBLEM_CATEGORIES, (index) => get64(state + STATE.problemCounts + index * 8)),
			orders: get(STATE.orders),
			levels: get(STATE.levels),
			memory: regions.reduce((sum, { size, guard }) => sum + size + guard, 0),
		}),
		dispose() {
			if (ownArena) return;
			for (const region of regions.splice(0)) arena.release(region);
		},
	};
}

function countsOf<Name extends string>(names: readonly Name[], count: (index: number) => number): Record<Name, number> {
	return Object.fromEntries(names.map((name, index) => [name, count(index)])) as Record<Name, number>;
}

function namesOf(batch: Batch<unknown>, column: string): SymbolReader {
	return batch.column(column, 'symbol').symbols;
}

const instances = new WeakMap<WebAssembly.Memory, Exports>();

/** One for each arena: all books in it share the code. */
function instantiate(arena: Arena): Exports {
	const known = instances.get(arena.memory);
	if (known !== undefined) return known;
	const m = createModule('order book');
	m.importMemory('env', 'memory', arena.shared ? { min: 1, max: 65536, shared: true } : { min: 1 });
	emitRows(m, emitOrders(m));
	const made = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory: arena.memory } }).exports as unknown as Exports;
	instances.set(arena.memory, made);
	return made;
}

/** @internal Writes an event as `apply` of the generated code reads it. */
export function writeEvent(view: DataView, address: number, event: OrderEvent): void {
	const number = (name: string, value: number): number => {
		if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new RangeError(`tickforge: the ${name} of an order is a whole number of up to 32 bits, not ${value}`);
		return value;
	};
	const isAdd = event.kind === 'add';
	view.setUint32(address + EVENT.kind, EVENT_KINDS[event.kind] | (isAdd && event.side === 'sell' ? 1 << 8 : 0), true);
	view.setUint32(address + EVENT.stock, isAdd ? number('stock', event.stock) : 0, true);
	view.setBigUint64(address + EVENT.reference, event.reference, true);
	view.setBigUint64(address + EVENT.newReference, event.kind === 'replace' ? event.newReference : 0n, true);
	view.setUint32(address + EVENT.shares, 'shares' in event ? number('shares', event.shares) : 0, true);
	view.setUint32(address + EVENT.price, 'price' in event ? number('price', event.price) : 0, true);
}

function createReferenceBook(options: OrderBookOptions): OrderBook {
	const { stocks } = checkOptions(options);
	const arena = options.arena ?? createArena({ ceiling: 2 ** 30 });
	const events = countsOf(KIND_NAMES.slice(1) as Exclude<EventKind, 'none'>[], () => 0);
	const problems = countsOf(PROBLEM_CATEGORIES, () => 0);
	const book = createReferenceOrders(stocks, (category, kind, message, reference) => {
		problems[category]++;
		options.onProblem?.({ category, kind, message, reference });
	});
	const names = new Map<number, string>();
	const seen = new Set<number>();
	let waiting: { readonly sequence: number; readonly event: OrderEvent }[] = [];
	const apply = (event: OrderEvent, message = 0): void => {
		events[event.kind]++;
		if (event.kind === 'add' && event.stock < stocks) seen.add(event.stock);
		book.apply(event, message);
	};
	const levels = (stock: number, side: Side): ReferenceLevel[] => {
		if (!Number.isInteger(stock) || stock < 0 || stock >= stocks) throw new RangeError(`tickforge: the book has stocks 0 to ${stocks - 1}, not ${stock}`);
		return book.levels(stock, side);
	};
	return {
		arena,
		tier: 'reference',
		priceScale: ITCH_PRICE_SCALE,
		take(batch) {
			const flow = batch.table === ITCH_DIRECTORY.table ? null : ITCH_TABLES[batch.table];
			if (flow === undefined) return;
			if (flow !== null) bindTable(batch.layout, flow);
			for (const [index, row] of batch.toRows().entries()) {
				const cells = row as Record<string, bigint | number | string>;
				const cell = (name: string | undefined): bigint | number | string => cells[name ?? ''] as bigint | number | string;
				if (flow === null || flow.stock !== undefined) {
					const stock = Number(cell(ITCH_DIRECTORY.stock));
					if (stock < stocks) names.set(stock, cell(ITCH_DIRECTORY.name) as string);
				}
				if (flow === null) continue;
				const { kind } = flow;
				const reference = cell(flow.reference) as bigint;
				const shares = Number(cell(flow.shares));
				const price = Number(cell(flow.price));
				const sequence = batch.column('messageSequence', 'integer').number(index);
				if (kind === 'add') waiting.push({ sequence, event: { kind, reference, stock: Number(cell(flow.stock)), side: cell(flow.side) as Side, shares, price } });
				else if (kind === 'replace') waiting.push({ sequence, event: { kind, reference, newReference: cell(flow.newReference) as bigint, shares, price } });
				else if (kind === 'delete') waiting.push({ sequence, event: { kind, reference } });
				else waiting.push({ sequence, event: { kind, reference, shares } });
			}
		},
		complete() {
			const all = waiting.sort((a, b) => a.sequence - b.sequence);
			waiting = [];
			for (const { sequence, event } of all) apply(event, sequence);
		},
		apply,
		bestPrice: (stock, side) => levels(stock, side)[0]?.price ?? -1,
		bestShares: (stock, side) => levels(stock, side)[0]?.shares ?? 0,
		bestOrders: (stock, side) => levels(stock, side)[0]?.orders ?? 0,
		levels: (stock, side) => levels(stock, side).length,
		depth(stock, side, { prices, shares, orders }, most = Number.POSITIVE_INFINITY) {
			const written = levels(stock, side).slice(0, Math.min(most, ...[prices, shares, orders].map((array) => array?.length ?? Number.POSITIVE_INFINITY)));
			written.forEach((level, index) => {
				if (prices !== undefined) prices[index] = level.price;
				if (shares !== undefined) shares[index] = level.shares;
				if (orders !== undefined) orders[index] = level.orders;
			});
			return written.length;
		},
		order: (reference) => {
			const found = book.order(reference);
			return found === null ? null : { ...found };
		},
		stock: (name) => [...names].filter(([, own]) => own === name).sort(([a], [b]) => a - b)[0]?.[0] ?? -1,
		name: (stock) => names.get(stock) ?? null,
		visitStocks(visitor) {
			for (const stock of [...seen].sort((a, b) => a - b)) if (book.levels(stock, 'buy').length + book.levels(stock, 'sell').length > 0) visitor(stock);
		},
		statistics: () => ({ events: { ...events }, problems: { ...problems }, orders: book.orders, levels: book.levelCount, memory: 0 }),
		dispose: () => undefined,
	};
}
