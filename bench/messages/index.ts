/** The types of messages that are measured, each in the layout its venue documents. */
import { bookTicker } from './book-ticker.ts';
import { dayTicker } from './day-ticker.ts';
import { depthUpdate } from './depth-update.ts';
import { l2Update } from './l2-update.ts';
import type { MessageType } from './message-type.ts';
import { aggTrade } from './trade.ts';

export { createMarket, type Market, MIXES, type Mix, symbolNames } from './market.ts';
export { createPlainColumns, type MessageType, type PlainColumns } from './message-type.ts';

export const messageTypes: readonly MessageType[] = [aggTrade, bookTicker, dayTicker, depthUpdate, l2Update];
