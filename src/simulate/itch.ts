/**
 * A day of NASDAQ TotalView-ITCH 5.0: system events, the directory, an opening and a closing cross, and between them
 * orders that are added, executed, cut down, deleted and replaced, each message about an order that is in the book.
 * However many messages are wanted, they are spread over the day. All message types but the market-wide circuit
 * breaker's status come up.
 */
import { binary, createEncoder } from '../protocols/binary/index.ts';
import { itch50 } from '../protocols/itch/index.ts';
import type { VariantNames } from '../schema/index.ts';
import { createOrderFlow, type OrderEvent, type OrderFlow } from './order-flow.ts';
import type { Random } from './random.ts';

export interface TimedMessage {
	/** Microseconds since the epoch. */
	readonly time: number;
	readonly payload: Uint8Array;
}

interface Stock {
	/** Its number for the day. */
	readonly locate: number;
	readonly name: string;
	readonly flow: OrderFlow;
	/** While it is, nothing is executed. Nanoseconds since midnight. */
	haltedUntil: number;
}

const KNOWN: readonly (readonly [name: string, price: number])[] = [
	['AAPL', 190],
	['MSFT', 415],
	['NVDA', 110],
	['AMZN', 180],
	['GOOG', 175],
	['META', 470],
	['TSLA', 178],
	['QQQ', 450],
	['INTC', 30],
	['AMD', 166],
	['CSCO', 46],
	['SIRI', 2.8],
	['PEP', 172],
	['COST', 810],
	['ADBE', 445],
	['NFLX', 640],
];
const MAKERS = ['NITE', 'CDRG', 'JANE', 'VIRT', 'GSCO', 'UBSS'] as const;
const HOUR = 3_600_000_000_000;
const OPEN = 9.5 * HOUR;
const CLOSE = 16 * HOUR;
/** Without a date, times on the wire and in rows are the same: nanoseconds since midnight. */
const PROTOCOL = binary(itch50());
type MessageName = VariantNames<typeof PROTOCOL.schema>;

/** @param midnight of the day, in microseconds since the epoch: where the messages' own times count from */
export function* itchSession(random: Random, { symbols, messages, midnight }: { readonly symbols: number; readonly messages: number; readonly midnight: number }): Generator<TimedMessage, void, undefined> {
	const encoder = createEncoder(PROTOCOL);
	let now = 3 * HOUR;
	/** However long the waits are, the day does not end before its time. */
	let latest = CLOSE - 1;
	let references = 0n;
	let matches = 0n;
	let last = { locate: 0, match: 0n };
	const nextReference = (): bigint => {
		references += BigInt(1 + random.below(7));
		return references;
	};
	const nextMatch = (): bigint => {
		matches += BigInt(1 + random.below(3));
		return matches;
	};
	const made = (name: MessageName, locate: number, fields: Readonly<Record<string, bigint | number | string | boolean | null>>): TimedMessage => ({
		time: midnight + now / 1000,
		payload: encoder.encode(name, { stockLocate: locate, trackingNumber: random.below(4) * 2, timestamp: BigInt(now), ...fields }),
	});
	/** Goes on by a while that is about this long. */
	const wait = (nanoseconds: number): void => {
		now = Math.min(latest, now + 1 + Math.floor(random.exponential(nanoseconds)));
	};
	const at = (time: number): void => {
		now = Math.max(now + 1, time);
	};
	const stocks = Array.from({ length: symbols }, (_, index): Stock => {
		const [name, price] = KNOWN[index % KNOWN.length] as (typeof KNOWN)[number];
		const round = Math.floor(index / KNOWN.length);
		return { locate: index + 1, name: round === 0 ? name : `${name.slice(0, 4)}${round.toString(36).toUpperCase()}`, flow: createOrderFlow(random, Math.round(price * 100 * (1 + random.normal() * 0.01)), nextReference), haltedUntil: 0 };
	});
	/** Ticks are cents, and prices have four digits. */
	const priceOf = (tick: number): bigint => BigInt(tick) * 100n;
	const opposite = { bid: 'buy', ask: 'sell' } as const;

	const opening = function* (): Generator<TimedMessage> {
		yield made('systemEvent', 0, { event: 'start of messages' });
		for (const { locate, name } of stocks) {
			wait(40_000);
			const isNew = locate === symbols && symbols > 3;
			yield made('stockDirectory', locate, {
				stock: name,
				marketCategory: 'global select market',
				financialStatus: 'normal',
				roundLotSize: 100,
				roundLotsOnly: false,
				issueClassification: name.startsWith('QQQ') ? 'unit' : 'common stock',
				issueSubType: name.startsWith('QQQ') ? 'E' : 'Z',
				authenticity: 'production',
				shortSaleThreshold: random.chance(0.05),
				ipo: isNew,
				luldReferencePriceTier: 'tier 1',
				etp: name.startsWith('QQQ'),
				etpLeverageFactor: 0,
				inverse: false,
			});
			wait(10_000);
			yield made('stockTradingAction', locate, { stock: name, tradingState: isNew ? 'halted' : 'trading', reason: isNew ? 'IPO1' : '' });
			yield made('regShoRestriction', locate, { stock: name, action: random.chance(0.05) ? 'restriction remains' : 'no price test' });
			for (const mpid of MAKERS.slice(random.below(MAKERS.length - 1)).slice(0, 2)) yield made('marketParticipantPosition', locate, { mpid, stock: name, primaryMarketMaker: random.chance(0.3), marketMakerMode: 'normal', state: 'active' });
		}
		wait(1000);
		yield made('mwcbDeclineLevel', 0, { level1: '4912.35', level2: '4594.12', level3: '4224.62' });
		at(4 * HOUR);
		yield made('systemEvent', 0, { event: 'start of system hours' });
		for (const { locate, name, flow } of stocks) for (let orders = 10 + random.below(10); orders > 0; orders--) yield orderMessage(locate, name, flow.add(), 20_000_000);
		at(OPEN - 120e9);
		for (const { locate, name, flow } of stocks) {
			wait(100_000);
			yield imbalance(locate, name, flow, 'opening');
			if (locate === symbols && symbols > 3) {
				yield made('ipoQuotingPeriodUpdate', locate, { stock: name, quotationReleaseTime: BigInt(10 * HOUR), quotationReleaseQualifier: 'anticipated', price: priceOf(flow.middle) });
				yield made('directListingPriceDiscovery', locate, {
					stock: name,
					openEligible: true,
					minimumAllowablePrice: priceOf(flow.middle - 50),
					maximumAllowablePrice: priceOf(flow.middle + 50),
					nearExecutionPrice: priceOf(flow.middle),
					nearExecutionTime: BigInt(OPEN),
					lowerPriceRangeCollar: priceOf(flow.middle - 25),
					upperPriceRangeCollar: priceOf(flow.middle + 25),
				});
				yield made('stockTradingAction', locate, { stock: name, tradingState: 'trading', reason: 'IPOQ' });
			}
		}
		at(OPEN);
		yield made('systemEvent', 0, { event: 'start of market hours' });
		for (const stock of stocks) yield cross(stock, 'opening');
	};
	const closing = function* (): Generator<TimedMessage> {
		for (const { locate, name, flow } of stocks) yield imbalance(locate, name, flow, 'closing');
		latest = Number.POSITIVE_INFINITY;
		at(CLOSE);
		yield made('systemEvent', 0, { event: 'end of market hours' });
		for (const stock of stocks) yield cross(stock, 'closing');
		at(20 * HOUR);
		yield made('systemEvent', 0, { event: 'end of system hours' });
		wait(5e9);
		yield made('systemEvent', 0, { event: 'end of messages' });
	};
	const imbalance = (locate: number, stock: string, { middle }: OrderFlow, crossType: 'opening' | 'closing'): TimedMessage =>
		made('netOrderImbalance', locate, {
			pairedShares: BigInt(100 * random.below(5000)),
			imbalanceShares: BigInt(100 * random.below(900)),
			imbalanceDirection: random.pick(['buy', 'sell', 'none']),
			stock,
			farPrice: priceOf(middle + random.below(3)),
			nearPrice: priceOf(middle + random.below(2)),
			currentReferencePrice: priceOf(middle),
			crossType,
			priceVariation: random.pick(['less than 1%', '1%', null]),
		});
	const cross = ({ locate, name, flow }: Stock, crossType: 'opening' | 'closing'): TimedMessage => {
		wait(50_000);
		return made('crossTrade', locate, { shares: BigInt(100 * (1 + random.below(4000))), stock: name, price: priceOf(flow.middle), matchNumber: nextMatch(), crossType });
	};
	const orderMessage = (locate: number, stock: string, event: OrderEvent, pause: number): TimedMessage => {
		wait(pause);
		switch (event.kind) {
			case 'add': {
				const { reference, side, shares, tick } = event.order;
				const fields = { orderReference: reference, side: opposite[side], shares, stock, price: priceOf(tick) };
				return random.chance(0.03) ? made('addOrderAttributed', locate, { ...fields, attribution: random.pick(MAKERS) }) : made('addOrder', locate, fields);
			}
			case 'execute': {
				const fields = { orderReference: event.order.reference, executedShares: event.shares, matchNumber: nextMatch() };
				last = { locate, match: fields.matchNumber };
				return random.chance(0.03) ? made('orderExecutedWithPrice', locate, { ...fields, printable: random.chance(0.8), price: priceOf(event.order.tick) }) : made('orderExecuted', locate, fields);
			}
			case 'cancel':
				return made('orderCancel', locate, { orderReference: event.order.reference, cancelledShares: event.shares });
			case 'delete':
				return made('orderDelete', locate, { orderReference: event.order.reference });
			case 'replace':
				return made('orderReplace', locate, { originalOrderReference: event.replaced, newOrderReference: event.order.reference, shares: event.order.shares, price: priceOf(event.order.tick) });
			case 'hidden': {
				const matchNumber = nextMatch();
				last = { locate, match: matchNumber };
				// Orders that are not displayed have no number, and the side says nothing (specification, 4.6.1).
				return made('trade', locate, { orderReference: 0n, side: 'buy', shares: event.shares, stock, price: priceOf(event.tick), matchNumber });
			}
		}
	};
	/** Now and then something else than an order. */
	const aside = function* (stock: Stock): Generator<TimedMessage> {
		const { locate, name, flow } = stock;
		switch (random.below(6)) {
			case 0:
				if (last.match > 0n) yield made('brokenTrade', last.locate, { matchNumber: last.match });
				last = { locate: 0, match: 0n };
				return;
			case 1:
				yield made('luldAuctionCollar', locate, { stock: name, referencePrice: priceOf(flow.middle), upperPrice: priceOf(Math.ceil(flow.middle * 1.05)), lowerPrice: priceOf(Math.floor(flow.middle * 0.95)), extension: 0 });
				return;
			case 2:
				stock.haltedUntil = now + 300e9;
				yield made('stockTradingAction', locate, { stock: name, tradingState: 'paused', reason: 'LUDP' });
				return;
			case 3:
				yield made('operationalHalt', locate, { stock: name, marketCode: 'bx', action: 'halted' });
				wait(1e6);
				yield made('operationalHalt', locate, { stock: name, marketCode: 'bx', action: 'resumed' });
				return;
			default:
				yield made('retailPriceImprovement', locate, { stock: name, interest: random.pick(['buy', 'sell', 'both', 'none']) });
		}
	};

	let left = messages;
	for (const message of opening()) {
		if (left-- === 0) return;
		yield message;
	}
	// A cross and what came before it for each stock, and three events.
	const during = Math.max(0, left - symbols * 2 - 3);
	const pause = (CLOSE - OPEN) / (during + 1);
	for (let sent = 0; sent < during; ) {
		// The first stocks trade most.
		const stock = stocks[Math.min(random.below(symbols), random.below(symbols))] as Stock;
		if (stock.haltedUntil > 0) {
			if (now < stock.haltedUntil) {
				wait(pause);
				// Orders come in while trading is paused.
				yield orderMessage(stock.locate, stock.name, stock.flow.add(), 0);
			} else {
				stock.haltedUntil = 0;
				yield made('stockTradingAction', stock.locate, { stock: stock.name, tradingState: 'trading', reason: '' });
			}
			sent++;
		} else if (random.chance(0.0008)) {
			for (const message of aside(stock)) {
				if (sent++ === during) break;
				yield message;
			}
		} else {
			yield orderMessage(stock.locate, stock.name, stock.flow.next(), pause);
			sent++;
		}
	}
	left -= during;
	for (const message of closing()) {
		if (left-- === 0) return;
		yield message;
	}
}
