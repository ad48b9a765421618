/** What happens to orders, as plain data, and which tables of ITCH say it. */
import type { EventKind, ProblemCategory } from './order-memory.ts';

export type Side = 'buy' | 'sell';

/** One event of an order flow. References have 64 bits, prices and shares 32, unsigned. */
export type OrderEvent =
	| { readonly kind: 'add'; readonly reference: bigint; readonly stock: number; readonly side: Side; readonly shares: number; readonly price: number }
	| { readonly kind: 'execute' | 'cancel'; readonly reference: bigint; readonly shares: number }
	| { readonly kind: 'delete'; readonly reference: bigint }
	| { readonly kind: 'replace'; readonly reference: bigint; readonly newReference: bigint; readonly shares: number; readonly price: number };

/** What was wrong with an event. One object serves all: read it in the callback. */
export interface OrderProblem {
	readonly category: ProblemCategory;
	readonly kind: EventKind;
	/** Number of the message in the stream, as in `messageSequence` and in refusals. */
	readonly message: number;
	readonly reference: bigint;
}

/** Names of the columns that say what an event needs. */
export interface TableFlow {
	readonly kind: Exclude<EventKind, 'none'>;
	readonly reference: string;
	readonly newReference?: string;
	readonly shares?: string;
	readonly price?: string;
	readonly side?: string;
	readonly stock?: string;
	readonly name?: string;
}

const added = { kind: 'add', reference: 'orderReference', shares: 'shares', price: 'price', side: 'side', stock: 'stockLocate', name: 'stock' } as const;
const executed = { kind: 'execute', reference: 'orderReference', shares: 'executedShares' } as const;

/**
 * The order messages of TotalView-ITCH 5.0, section 1.3 and 1.4 of its specification (A, F, E, C, X, D, U). What trades
 * without a displayed order (P, Q) and what breaks a trade (B) leave the book as it is.
 */
export const ITCH_TABLES: Readonly<Record<string, TableFlow>> = {
	addOrder: added,
	addOrderAttributed: added,
	orderExecuted: executed,
	orderExecutedWithPrice: executed,
	orderCancel: { kind: 'cancel', reference: 'orderReference', shares: 'cancelledShares' },
	orderDelete: { kind: 'delete', reference: 'orderReference' },
	orderReplace: { kind: 'replace', reference: 'originalOrderReference', newReference: 'newOrderReference', shares: 'shares', price: 'price' },
};
/** Where names of stocks come from, before any order. */
export const ITCH_DIRECTORY = { table: 'stockDirectory', stock: 'stockLocate', name: 'stock' } as const;
/** Digits after the point of ITCH's prices. */
export const ITCH_PRICE_SCALE = 4;
