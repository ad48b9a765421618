/**
 * What a run notices while batches pass by: symbols, time range, delays, the spread of one symbol. Samples what would
 * be too much; never in the way of the parser's own time.
 */
import type { Batch, ColumnView, DecimalColumn, SymbolColumn, TimestampColumn } from '../columns/index.ts';

/** Buckets of the delay histogram: ten a decade, from 1 µs to 1,000 s. */
export const DELAY_BUCKETS = 91;
export const delayOfBucket = (bucket: number): number => 10 ** (bucket / 10 - 6);

export interface PricePoint {
	/** Seconds since the epoch. */
	readonly time: number;
	readonly bid: number;
	readonly ask: number;
}

export interface Observations {
	/** Nanoseconds as seconds since the epoch, from event times (or receive times where there are none). */
	readonly first: number | null;
	readonly last: number | null;
	/** Rows by symbol. */
	readonly symbols: ReadonlyMap<string, number>;
	/** Messages whose receive time follows their event time by this much. */
	readonly delays: Float64Array;
	/** Receive times before event times: clocks that disagree. */
	readonly negativeDelays: number;
	/** Messages per second of receive (or event) time. */
	readonly rate: ReadonlyMap<number, number>;
	/** Best bid and ask by symbol, thinned out. */
	readonly prices: ReadonlyMap<string, readonly PricePoint[]>;
	observe(batch: Batch<unknown>): void;
}

interface Interesting {
	readonly symbol: SymbolColumn | null;
	readonly time: TimestampColumn | null;
	readonly bid: DecimalColumn | null;
	readonly ask: DecimalColumn | null;
}

const POINTS = 2000;

export function createObservations(): Observations {
	const symbols = new Map<string, number>();
	const delays = new Float64Array(DELAY_BUCKETS);
	const rate = new Map<number, number>();
	const prices = new Map<string, PricePoint[]>();
	const found = new Map<string, { batch: Batch<unknown>; columns: Interesting }>();
	const thinning = new Map<string, { every: number; seen: number }>();
	let first: number | null = null;
	let last: number | null = null;
	let negativeDelays = 0;
	const note = (name: string, point: PricePoint): void => {
		const thin = thinning.get(name) ?? { every: 1, seen: 0 };
		thinning.set(name, thin);
		if (thin.seen++ % thin.every !== 0) return;
		const points = prices.get(name) ?? [];
		prices.set(name, points);
		points.push(point);
		if (points.length <= POINTS) return;
		// Twice as sparse from here on, and what is there likewise.
		thin.every *= 2;
		prices.set(
			name,
			points.filter((_, index) => index % 2 === 0),
		);
	};
	return {
		get first() {
			return first;
		},
		get last() {
			return last;
		},
		get negativeDelays() {
			return negativeDelays;
		},
		symbols,
		delays,
		rate,
		prices,
		observe(batch) {
			let known = found.get(batch.table);
			if (known === undefined || known.batch !== batch) {
				known = { batch, columns: interesting(batch) };
				found.set(batch.table, known);
			}
			const { symbol, time, bid, ask } = known.columns;
			const received = batch.received as TimestampColumn | null;
			const { rows } = batch;
			for (let row = 0; row < rows; row++) {
				const event = time === null || time.isNull(row) ? null : time.milliseconds(row) / 1000;
				const arrival = received === null || (received.high(row) === 0 && received.low(row) === 0) ? null : received.milliseconds(row) / 1000;
				const when = event ?? arrival;
				if (when !== null) {
					if (first === null || when < first) first = when;
					if (last === null || when > last) last = when;
					const second = Math.floor(arrival ?? when);
					rate.set(second, (rate.get(second) ?? 0) + 1);
				}
				if (event !== null && arrival !== null) {
					const delay = arrival - event;
					if (delay <= 0) negativeDelays++;
					else {
						const bucket = Math.min(DELAY_BUCKETS - 1, Math.max(0, Math.floor((Math.log10(delay) + 6) * 10)));
						delays[bucket] = (delays[bucket] as number) + 1;
					}
				}
				if (symbol !== null && !symbol.isNull(row)) {
					const name = symbol.text(row);
					symbols.set(name, (symbols.get(name) ?? 0) + 1);
					if (bid !== null && ask !== null && !bid.isNull(row) && !ask.isNull(row) && when !== null) note(name, { time: when, bid: bid.scaled(row), ask: ask.scaled(row) });
				}
			}
		},
	};
}

/** The columns that people look at first, by kind and usual names, also inside envelopes. */
function interesting(batch: Batch<unknown>): Interesting {
	const all: ColumnView[] = [];
	const visit = (columns: readonly ColumnView[]): void => {
		for (const column of columns) {
			all.push(column);
			if (column.kind === 'struct') visit(column.children);
		}
	};
	visit(batch.columns);
	const named = <K extends ColumnView['kind']>(kind: K, names: RegExp): Extract<ColumnView, { kind: K }> | null => (all.find((column) => column.kind === kind && names.test(column.name)) as Extract<ColumnView, { kind: K }> | undefined) ?? null;
	return {
		symbol: named('symbol', /^(symbol|pair|product|productId|instrument|instrumentName|instId|market)$/i) ?? named('symbol', /symbol|instrument|product|pair/i) ?? named('symbol', /./),
		time: named('timestamp', /^(eventTime|timestamp|microtimestamp)$/) ?? named('timestamp', /./),
		bid: named('decimal', /^(bid|bestBid|bidPrice|bestBidPrice)$/i),
		ask: named('decimal', /^(ask|bestAsk|askPrice|bestAskPrice)$/i),
	};
}
