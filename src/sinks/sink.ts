import type { Batch } from '../columns/index.ts';

/** What a sink wrote. */
export interface SinkSummary {
	/** Files written, or one database. */
	readonly files: readonly string[];
	readonly rows: number;
	readonly bytes: number;
}

/** Takes sealed batches. A batch must not be released before `write` has returned, or its promise has settled. */
export interface Sink {
	/** A promise means: wait before giving more. */
	write(batch: Batch<unknown>): void | Promise<void>;
	/** Finishes the output. Until then files carry the ending `.partial`. */
	close(): Promise<SinkSummary>;
	/** Gives up: removes what is unfinished. */
	abort(): Promise<void>;
}

/** `out.arrow` for a table alone, `out.trade.arrow` where a feed has several. */
export function tablePath(path: string, table: string, tables: number): string {
	if (tables <= 1) return path;
	const dot = path.lastIndexOf('.');
	const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
	return dot > slash ? `${path.slice(0, dot)}.${table}${path.slice(dot)}` : `${path}.${table}`;
}
