/**
 * CME's MDP 3.0 incremental refreshes (schema id 1, from version 9 on): books by price and by order, trades, volume. After
 * "MDP 3.0 - Market by Price", "- Market by Order", "- Trade Summary" in CME's client systems wiki. Described with the
 * builders: the venue's own `templates_FixBinary.xml`, which has all of its messages, is not ours to ship; `sbe(xml)` reads it.
 */
import { bit, bits, blockLengthField, decimal, enumeration, group, headerConstant, int, skip, timestamp, typeField, uint, versionField } from '../binary/fields.ts';
import { control, format, message } from '../binary/messages.ts';

const LARGEST = { i32: 2 ** 31 - 1, u32: 2 ** 32 - 1, i64: 2n ** 63n - 1n, u64: 2n ** 64n - 1n } as const;

export function cmeMdp3() {
	const price = decimal(int(64), -9);
	const priceOrNull = price.nullIs(LARGEST.i64);
	const sizeOrNull = int(32).nullIs(LARGEST.i32);
	const head = {
		transactTime: timestamp(uint(64), 'ns'),
		matchEvent: bits(uint(8), { lastTrade: bit(0), lastVolume: bit(1), lastQuote: bit(2), lastStatistics: bit(3), lastImplied: bit(4), recovery: bit(5), endOfEvent: bit(7) }),
		padding: skip(2),
	};
	const action = enumeration(uint(8), { new: 0, change: 1, delete: 2, deleteThru: 3, deleteFrom: 4, overlay: 5 }).unknown('null');
	const entryType = enumeration(uint(8), { bid: '0', offer: '1', impliedBid: 'E', impliedOffer: 'F', bookReset: 'J' }).unknown('null');
	const entries = { blockLength: uint(16), count: uint(8) };
	const orders = { blockLength: uint(16), gap: 5, count: uint(8) };
	return format(
		'cme-mdp3',
		{ endian: 'little', version: 9, schemaVersion: 1, trailing: 'skip', header: [blockLengthField(uint(16)), typeField(uint(16)), headerConstant(uint(16), 1), versionField(uint(16))] },
		control('heartbeat', 12, {}),
		message('volume', 37, {
			...head,
			entries: group(entries, { size: int(32), securityId: int(32), rptSeq: uint(32), action, padding: skip(3) }),
		}),
		message('book', 46, {
			...head,
			entries: group(entries, { price: priceOrNull, size: sizeOrNull, securityId: int(32), rptSeq: uint(32), orders: sizeOrNull, level: uint(8), action, type: entryType, padding: skip(5) }),
			orderEntries: group(orders, { orderId: uint(64), priority: uint(64).nullIs(LARGEST.u64), displaySize: sizeOrNull, reference: uint(8).nullIs(255), action: enumeration(uint(8), { new: 0, update: 1, delete: 2 }).unknown('null'), padding: skip(2) }),
		}),
		message('orderBook', 47, {
			...head,
			entries: group(entries, { orderId: uint(64).nullIs(LARGEST.u64), priority: uint(64).nullIs(LARGEST.u64), price: priceOrNull, displaySize: sizeOrNull, securityId: int(32), action, type: entryType, padding: skip(6) }),
		}),
		message('trades', 48, {
			...head,
			entries: group(entries, { price, size: int(32), securityId: int(32), rptSeq: uint(32), orders: int(32), aggressor: enumeration(uint(8), { none: 0, buy: 1, sell: 2 }).unknown('null'), action, tradeEntryId: uint(32).nullIs(LARGEST.u32), padding: skip(2) }),
			orderEntries: group(orders, { orderId: uint(64), size: int(32), padding: skip(4) }),
		}),
	);
}
