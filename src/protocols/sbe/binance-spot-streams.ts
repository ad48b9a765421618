/**
 * Binance spot's SBE market data streams (schema id 1, version 0: `stream_1_0.xml`): trade, bestBidAsk, depth20 and depth.
 * Described with the builders, so that nothing has to be downloaded; `sbe(xml)` of the venue's file gives the same layout.
 */
import { blockLengthField, decimal, flag, group, headerConstant, hidden, int, symbolData, timestamp, typeField, uint, versionField } from '../binary/fields.ts';
import { format, message } from '../binary/messages.ts';

export interface BinanceSpotStreamsOptions {
	/** Digits after the point in the columns. Default 8 each. What does not fit refuses the message. */
	readonly price?: number;
	readonly quantity?: number;
}

export function binanceSpotStreams({ price = 8, quantity = 8 }: BinanceSpotStreamsOptions = {}) {
	const time = timestamp(int(64), 'us');
	const exponents = { priceExponent: hidden(int(8)), qtyExponent: hidden(int(8)) };
	const priceOf = decimal(int(64), 'priceExponent', price);
	const quantityOf = decimal(int(64), 'qtyExponent', quantity);
	const levels = group({ blockLength: uint(16), count: uint(16) }, { price: priceOf, qty: quantityOf });
	const symbol = symbolData(uint(8));
	return format(
		'binance-spot-sbe',
		{ endian: 'little', version: 0, schemaVersion: 1, trailing: 'skip', header: [blockLengthField(uint(16)), typeField(uint(16)), headerConstant(uint(16), 1), versionField(uint(16))] },
		message('trades', 10000, { eventTime: time, transactTime: time, ...exponents, trades: group({ blockLength: uint(16), count: uint(32) }, { id: int(64), price: priceOf, qty: quantityOf, isBuyerMaker: flag(uint(8)) }), symbol }),
		message('bestBidAsk', 10001, { eventTime: time, bookUpdateId: int(64), ...exponents, bidPrice: priceOf, bidQty: quantityOf, askPrice: priceOf, askQty: quantityOf, symbol }),
		message('depthSnapshot', 10002, { eventTime: time, bookUpdateId: int(64), ...exponents, bids: levels, asks: levels, symbol }),
		message('depthDiff', 10003, { eventTime: time, firstBookUpdateId: int(64), lastBookUpdateId: int(64), ...exponents, bids: levels, asks: levels, symbol }),
	);
}
