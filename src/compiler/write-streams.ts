/**
 * What writing rows does to the cache. Each column is a stream of writes that moves on by its own width with every row;
 * the streams of a table are open at the same time, a line and a page each.
 *
 * The first-level cache is looked up by address bits that WebAssembly's addresses have, too (memory starts at a page),
 * so sets and offsets modulo 4096 are those of the process. Which sets of the second level, physical addresses decide.
 */
import type { CacheGeometry } from '../os/index.ts';
import { type Column, STORAGE_WIDTH, type TableLayout } from './batch-layout.ts';

export interface WriteStream {
	/** The column's path, e.g. `bids.item.price`. */
	readonly column: string;
	readonly part: 'values' | 'validity' | 'text scales' | 'offsets' | 'received';
	/** Row space it moves with. */
	readonly space: number;
	/** Byte offset from the batch's start. */
	readonly offset: number;
	/** Bits a row: 1 for flags and validity, 128 for text views. What goes to the text heap is not in it. */
	readonly bits: number;
}

/** All streams of a table, in the order of memory. */
export function writeStreams(table: TableLayout): WriteStream[] {
	const streams: WriteStream[] = [];
	const add = (column: string, part: WriteStream['part'], space: number, offset: number, bits: number): void => {
		if (offset >= 0) streams.push({ column, part, space, offset, bits });
	};
	const walk = (column: Column, path: string): void => {
		add(path, 'validity', column.space, column.validity, 1);
		switch (column.kind) {
			case 'struct':
				for (const child of column.children) walk(child, `${path}.${child.name}`);
				return;
			case 'list':
				add(path, 'offsets', column.space, column.values, 32);
				walk(column.item, `${path}.${column.item.name}`);
				return;
			case 'scalar':
				add(path, 'values', column.space, column.values, column.storage === 'bits' ? 1 : STORAGE_WIDTH[column.storage] * 8);
				add(path, 'text scales', column.space, column.textScales, 8);
		}
	};
	add('received', 'received', 0, table.received, 64);
	for (const column of table.columns) walk(column, column.name);
	return streams.sort((a, b) => a.offset - b.offset);
}

export interface StreamPlacement extends WriteStream {
	readonly address: number;
	/** Bytes it starts at modulo those after which the sets repeat (`sets * line`; 4096 mostly). */
	readonly phase: number;
	/** Lines that 64 rows of it touch. */
	readonly linesPer64Rows: number;
	/** Bytes written of those lines' bytes, for 64 rows, 0 to 1. */
	readonly utilisation: number;
	/** Pages of 4096 bytes that a full batch of it touches. */
	readonly pages: number;
}

/** The streams that move together, with the rows or with a list's items. */
export interface SpacePlacement {
	readonly space: number;
	/** `rows`, or the path of the list whose items it has. */
	readonly name: string;
	readonly capacity: number;
	readonly streams: readonly StreamPlacement[];
	readonly bytesPerRow: number;
	/** Lines that one row touches: one a stream, more for what straddles. */
	readonly linesPerRow: number;
	readonly linesPer64Rows: number;
	/** For 64 rows, 0 to 1. */
	readonly utilisation: number;
	/** Pages of 4096 bytes that are open at once, at most. */
	readonly pagesAtOnce: number;
	/** Where most streams meet in one set of the first-level cache. */
	readonly meeting: { readonly row: number; readonly set: number; readonly streams: readonly StreamPlacement[] };
	/** Share of the rows at which more streams meet in some set than it has ways, 0 to 1. */
	readonly crowdedRows: number;
	/** Streams of one width and one phase, two or more: they stay in the same set in every row (and alias modulo 4096). */
	readonly aliases: readonly (readonly StreamPlacement[])[];
}

export interface TablePlacement {
	readonly table: string;
	readonly address: number;
	readonly bytes: number;
	readonly spaces: readonly SpacePlacement[];
}

const TLB_PAGE = 4096;

/** Follows a batch at an address through all its rows. Pure: reads no memory. */
export function placementOf(table: TableLayout, address: number, caches: CacheGeometry): TablePlacement {
	const streams = writeStreams(table);
	return {
		table: table.name,
		address,
		bytes: table.size,
		spaces: table.spaces.flatMap(({ index, capacity }) => {
			const own = streams.filter(({ space }) => space === index).map((stream) => place(stream, address, capacity, caches));
			return own.length === 0 ? [] : [followRows(index, spaceName(table, index), capacity, own, caches)];
		}),
	};
}

function spaceName(table: TableLayout, space: number): string {
	if (space === 0) return 'rows';
	const find = (columns: readonly Column[], path: string): string | null => {
		for (const column of columns) {
			const here = `${path}${column.name}`;
			if (column.kind === 'list' && column.itemSpace === space) return here;
			const below = column.kind === 'struct' ? find(column.children, `${here}.`) : column.kind === 'list' ? find([column.item], `${here}.`) : null;
			if (below !== null) return below;
		}
		return null;
	};
	return find(table.columns, '') ?? `space ${space}`;
}

/** How many blocks of a size a range touches. */
const blocks = (from: number, bytes: number, size: number): number => (bytes <= 0 ? 0 : Math.floor((from + bytes - 1) / size) - Math.floor(from / size) + 1);

function place(stream: WriteStream, batch: number, capacity: number, { line, sets }: CacheGeometry): StreamPlacement {
	const address = batch + stream.offset;
	const bytes64 = Math.ceil((stream.bits * 64) / 8);
	const linesPer64Rows = blocks(address, bytes64, line);
	return {
		...stream,
		address,
		phase: address % (sets * line),
		linesPer64Rows,
		utilisation: bytes64 / (linesPer64Rows * line),
		pages: blocks(address, Math.ceil((stream.bits * capacity) / 8), TLB_PAGE),
	};
}

function followRows(space: number, name: string, capacity: number, streams: readonly StreamPlacement[], { line, sets, ways }: CacheGeometry): SpacePlacement {
	const occupied = new Int32Array(sets);
	let meeting = { row: 0, set: 0, count: 0 };
	let crowded = 0;
	let pagesAtOnce = 0;
	let linesPerRow = 0;
	const setOf = ({ address, bits }: WriteStream & { readonly address: number }, row: number): number => Math.floor((address + Math.floor((row * bits) / 8)) / line) % sets;
	for (let row = 0; row < capacity; row++) {
		occupied.fill(0);
		let most = 0;
		let lines = 0;
		const pages = new Set<number>();
		for (const stream of streams) {
			const at = stream.address + Math.floor((row * stream.bits) / 8);
			pages.add(Math.floor(at / TLB_PAGE));
			lines += blocks(at, Math.ceil(stream.bits / 8), line);
			const set = setOf(stream, row);
			const count = (occupied[set] as number) + 1;
			occupied[set] = count;
			most = Math.max(most, count);
			if (count > meeting.count) meeting = { row, set, count };
		}
		if (most > ways) crowded++;
		pagesAtOnce = Math.max(pagesAtOnce, pages.size);
		linesPerRow = Math.max(linesPerRow, lines);
	}
	const linesPer64Rows = streams.reduce((sum, stream) => sum + stream.linesPer64Rows, 0);
	const bytesPerRow = streams.reduce((sum, { bits }) => sum + bits, 0) / 8;
	const together = Map.groupBy(streams, ({ phase, bits }) => `${phase} ${bits}`);
	return {
		space,
		name,
		capacity,
		streams,
		bytesPerRow,
		linesPerRow,
		linesPer64Rows,
		utilisation: (bytesPerRow * 64) / (linesPer64Rows * line),
		pagesAtOnce,
		meeting: { row: meeting.row, set: meeting.set, streams: streams.filter((stream) => setOf(stream, meeting.row) === meeting.set) },
		crowdedRows: crowded / capacity,
		aliases: [...together.values()].filter((group) => group.length > 1),
	};
}
