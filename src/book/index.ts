/** Order books, from what parsers hand over. docs/book.md. */
export { createOrderBook, type DepthArrays, type Order, type OrderBook, type OrderBookOptions, type OrderBookStatistics } from './order-book.ts';
export type { OrderEvent, OrderProblem, Side } from './order-events.ts';
export type { EventKind, ProblemCategory } from './order-memory.ts';
