/**
 * NASDAQ TotalView-ITCH 5.0, all message types: big-endian integers, names padded with spaces, prices with four digits
 * after the point (those of the market-wide circuit breaker with eight), times in nanoseconds since midnight in New York.
 * After the venue's specification, "Nasdaq TotalView-ITCH 5.0".
 */
import { type Code, decimal, enumeration, flag, skip, symbol, timestamp, typeField, uint } from '../binary/fields.ts';
import { format, message, midnightOf } from '../binary/messages.ts';

export interface ItchOptions {
	/** Day of the messages, as 2019-12-30: times are then since 1970. Without it they count from 1970-01-01, so the time of day. */
	readonly date?: string;
	/** Where midnight is. Default America/New_York. */
	readonly timeZone?: string;
}

/** What all messages start with after their type. */
const head = { stockLocate: uint(16), trackingNumber: uint(16), timestamp: timestamp(uint(48), 'ns', 'midnight') };

const price4 = decimal(uint(32), -4);
const price8 = decimal(uint(64), -8);
const stock = symbol(8, { universe: 'stock' });
const mpid = symbol(4, { universe: 'mpid' });
const side = enumeration(uint(8), { buy: 'B', sell: 'S' });

/** One character out of a list; one that the list lacks becomes a value of its own, so that a new code loses no message. */
const code = <const Values extends { readonly [value: string]: Code }>(values: Values) => enumeration(uint(8), values).unknown('intern');
/** The same, where a space says that it is not known. */
const codeOrBlank = <const Values extends { readonly [value: string]: Code }>(values: Values) => code(values).nullIs(' ');
const yesOrNo = flag(uint(8), { true: 'Y', false: 'N' });
const yesNoOrBlank = yesOrNo.nullIs(' ');

const addOrder = { ...head, orderReference: uint(64), side, shares: uint(32), stock, price: price4 };
const orderExecuted = { ...head, orderReference: uint(64), executedShares: uint(32), matchNumber: uint(64) };

const crossTypes = { opening: 'O', closing: 'C', 'halt or pause': 'H', intraday: 'I', 'after hours': 'A' } as const;

/** The format; `binary(itch50())` parses it. */
export function itch50({ date, timeZone = 'America/New_York' }: ItchOptions = {}) {
	return format(
		'nasdaq-itch-5.0',
		{ endian: 'big', header: [typeField(uint(8))], midnight: date === undefined ? 0n : midnightOf(date, timeZone) },
		message('addOrder', 'A', addOrder),
		message('addOrderAttributed', 'F', { ...addOrder, attribution: mpid }),
		message('orderExecuted', 'E', orderExecuted),
		message('orderExecutedWithPrice', 'C', { ...orderExecuted, printable: yesOrNo, price: price4 }),
		message('orderCancel', 'X', { ...head, orderReference: uint(64), cancelledShares: uint(32) }),
		message('orderDelete', 'D', { ...head, orderReference: uint(64) }),
		message('orderReplace', 'U', { ...head, originalOrderReference: uint(64), newOrderReference: uint(64), shares: uint(32), price: price4 }),
		message('trade', 'P', { ...addOrder, matchNumber: uint(64) }),
		message('crossTrade', 'Q', { ...head, shares: uint(64), stock, price: price4, matchNumber: uint(64), crossType: code(crossTypes) }),
		message('brokenTrade', 'B', { ...head, matchNumber: uint(64) }),
		message('netOrderImbalance', 'I', {
			...head,
			pairedShares: uint(64),
			imbalanceShares: uint(64),
			imbalanceDirection: code({ buy: 'B', sell: 'S', none: 'N', 'insufficient orders': 'O', paused: 'P' }),
			stock,
			farPrice: price4,
			nearPrice: price4,
			currentReferencePrice: price4,
			crossType: code(crossTypes),
			priceVariation: codeOrBlank({ 'less than 1%': 'L', '1%': '1', '2%': '2', '3%': '3', '4%': '4', '5%': '5', '6%': '6', '7%': '7', '8%': '8', '9%': '9', '10 to 19.99%': 'A', '20 to 29.99%': 'B', '30% or more': 'C' }),
		}),
		message('retailPriceImprovement', 'N', { ...head, stock, interest: code({ buy: 'B', sell: 'S', both: 'A', none: 'N' }) }),
		message('directListingPriceDiscovery', 'O', {
			...head,
			stock,
			openEligible: yesOrNo,
			minimumAllowablePrice: price4,
			maximumAllowablePrice: price4,
			nearExecutionPrice: price4,
			nearExecutionTime: timestamp(uint(64), 'ns', 'midnight'),
			lowerPriceRangeCollar: price4,
			upperPriceRangeCollar: price4,
		}),
		message('systemEvent', 'S', { ...head, event: code({ 'start of messages': 'O', 'start of system hours': 'S', 'start of market hours': 'Q', 'end of market hours': 'M', 'end of system hours': 'E', 'end of messages': 'C' }) }),
		message('stockDirectory', 'R', {
			...head,
			stock,
			marketCategory: codeOrBlank({ 'global select market': 'Q', 'global market': 'G', 'capital market': 'S', nyse: 'N', 'nyse american': 'A', 'nyse arca': 'P', bats: 'Z', iex: 'V' }),
			financialStatus: codeOrBlank({ normal: 'N', deficient: 'D', delinquent: 'E', bankrupt: 'Q', suspended: 'S', 'deficient and bankrupt': 'G', 'deficient and delinquent': 'H', 'delinquent and bankrupt': 'J', 'deficient, delinquent and bankrupt': 'K', 'creations or redemptions suspended': 'C' }),
			roundLotSize: uint(32),
			roundLotsOnly: yesOrNo,
			issueClassification: code({
				'american depositary share': 'A',
				bond: 'B',
				'common stock': 'C',
				'depository receipt': 'F',
				'144a': 'I',
				'limited partnership': 'L',
				notes: 'N',
				'ordinary share': 'O',
				'preferred stock': 'P',
				'other securities': 'Q',
				right: 'R',
				'shares of beneficial interest': 'S',
				'convertible debenture': 'T',
				unit: 'U',
				'units of beneficial interest': 'V',
				warrant: 'W',
			}),
			issueSubType: symbol(2, { universe: 'issueSubType' }),
			authenticity: code({ production: 'P', test: 'T' }),
			shortSaleThreshold: yesNoOrBlank,
			ipo: yesNoOrBlank,
			luldReferencePriceTier: codeOrBlank({ 'tier 1': '1', 'tier 2': '2' }),
			etp: yesNoOrBlank,
			etpLeverageFactor: uint(32),
			inverse: yesOrNo,
		}),
		message('stockTradingAction', 'H', { ...head, stock, tradingState: code({ halted: 'H', paused: 'P', 'quotation only': 'Q', trading: 'T' }), reserved: skip(1), reason: symbol(4, { universe: 'tradingActionReason' }) }),
		message('regShoRestriction', 'Y', { ...head, stock, action: code({ 'no price test': '0', 'restriction in effect': '1', 'restriction remains': '2' }) }),
		message('marketParticipantPosition', 'L', {
			...head,
			mpid,
			stock,
			primaryMarketMaker: yesOrNo,
			marketMakerMode: code({ normal: 'N', passive: 'P', syndicate: 'S', 'pre-syndicate': 'R', penalty: 'L' }),
			state: code({ active: 'A', excused: 'E', withdrawn: 'W', suspended: 'S', deleted: 'D' }),
		}),
		message('mwcbDeclineLevel', 'V', { ...head, level1: price8, level2: price8, level3: price8 }),
		message('mwcbStatus', 'W', { ...head, breachedLevel: code({ 'level 1': '1', 'level 2': '2', 'level 3': '3' }) }),
		message('ipoQuotingPeriodUpdate', 'K', { ...head, stock, quotationReleaseTime: timestamp(uint(32), 's', 'midnight'), quotationReleaseQualifier: code({ anticipated: 'A', 'cancelled or postponed': 'C' }), price: price4 }),
		message('luldAuctionCollar', 'J', { ...head, stock, referencePrice: price4, upperPrice: price4, lowerPrice: price4, extension: uint(32) }),
		message('operationalHalt', 'h', { ...head, stock, marketCode: code({ nasdaq: 'Q', bx: 'B', psx: 'X' }), action: code({ halted: 'H', resumed: 'T' }) }),
	);
}

export type Itch50 = ReturnType<typeof itch50>;
