/** Order books, from what parsers hand over. docs/book.md. */
export { type BookCheck, type BookFault, type CheckCategory, type CheckedVenue, type CheckStatistics, createBookCheck } from './book-check.ts';
export { ftxChecksum, krakenChecksum, okxChecksum } from './checksums.ts';
export { createOrderBook, type DepthArrays, type Order, type OrderBook, type OrderBookOptions, type OrderBookStatistics } from './order-book.ts';
export type { OrderEvent, OrderProblem, Side } from './order-events.ts';
export type { EventKind, ProblemCategory } from './order-memory.ts';
export { createPriceBook, type PriceBook, type PriceSide } from './price-book.ts';
