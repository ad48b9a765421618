import { absent, control, decimal, enumeration, envelope, float, integer, integer32, list, literal, message, object, oneOf, skip, symbol, type TypedVariant, template, text, timestamp, tuple } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 8, size = 8 }: Scales) {
	const time = timestamp('ms');
	const instrument = symbol().key('instrument_name');
	const change = tuple({ action: enumeration(['new', 'change', 'delete']), price: decimal(price), amount: decimal(size) });
	const level = tuple({ price: decimal(price), amount: decimal(size) });
	const best = {
		bestBidPrice: decimal(price).key('best_bid_price').nullable(),
		bestBidAmount: decimal(size).key('best_bid_amount').nullable(),
		bestAskPrice: decimal(price).key('best_ask_price').nullable(),
		bestAskAmount: decimal(size).key('best_ask_amount').nullable(),
	};
	const estimate = float().optional().nullable();
	const somePrice = decimal(price).optional().nullable();
	const notification = { jsonrpc: literal('2.0'), method: literal('subscription') };
	const subscription = <const Channel extends string, V extends TypedVariant>(channel: Channel, data: V) => envelope({ ...notification, params: object({ channel: template(channel), data }) });
	return oneOf(
		'deribit',
		{ version: 1 },
		subscription(
			'ticker.*',
			message('ticker', {
				// In the order of an option's ticker; others leave fields out.
				underlyingPrice: somePrice.key('underlying_price'),
				underlyingIndex: symbol('index').key('underlying_index').optional(),
				time: time.key('timestamp'),
				stats: object({ volume: float().nullable(), priceChange: float().key('price_change').nullable(), low: decimal(price).nullable(), high: decimal(price).nullable() }),
				state: enumeration(['open', 'closed']),
				settlementPrice: somePrice.key('settlement_price'),
				openInterest: float().key('open_interest'),
				minPrice: decimal(price).key('min_price'),
				maxPrice: decimal(price).key('max_price'),
				markPrice: decimal(price).key('mark_price'),
				markVolatility: estimate.key('mark_iv'),
				lastPrice: decimal(price).key('last_price').nullable(),
				interestRate: estimate.key('interest_rate'),
				instrument,
				indexPrice: decimal(price).key('index_price'),
				greeks: object({ vega: float(), theta: float(), rho: float(), gamma: float(), delta: float() }).optional(),
				funding8h: estimate.key('funding_8h'),
				estimatedDeliveryPrice: somePrice.key('estimated_delivery_price'),
				currentFunding: estimate.key('current_funding'),
				bidVolatility: estimate.key('bid_iv'),
				...best,
				askVolatility: estimate.key('ask_iv'),
			}),
		),
		subscription(
			'book.*',
			message('book', {
				type: enumeration(['snapshot', 'change']).distinguishing(),
				time: time.key('timestamp'),
				previousChangeId: integer().key('prev_change_id').optional(),
				instrument,
				changeId: integer().key('change_id'),
				bids: list(change),
				asks: list(change),
			}),
		),
		/** `book.{instrument}.{group}.{depth}.{interval}`: a whole small book each time. */
		subscription('book.*', message('groupedBook', { type: absent(), time: time.key('timestamp'), instrument, changeId: integer().key('change_id'), bids: list(level), asks: list(level) })),
		message('trades', {
			...notification,
			params: object({
				channel: template('trades.*'),
				data: list(
					object({
						tradeId: text().key('trade_id'),
						tradeSequence: integer().key('trade_seq'),
						time: time.key('timestamp'),
						instrument,
						direction: enumeration(['buy', 'sell']),
						/** 0 up, 1 up again, 2 down, 3 down again. */
						tickDirection: integer32().key('tick_direction'),
						price: decimal(price),
						amount: decimal(size),
						markPrice: somePrice.key('mark_price'),
						indexPrice: somePrice.key('index_price'),
						volatility: estimate.key('iv'),
						/** Whose order was liquidated: maker, taker, both. */
						liquidation: enumeration(['M', 'T', 'MT']).optional(),
					}),
				),
			}),
		}),
		subscription('quote.*', message('quote', { time: time.key('timestamp'), instrument, ...best })),
		subscription('deribit_price_index.*', message('priceIndex', { time: time.key('timestamp'), index: symbol('index').key('index_name'), price: decimal(price) })),
		control('response', { jsonrpc: literal('2.0'), id: skip(), result: skip().distinguishing() }),
		control('error', { jsonrpc: literal('2.0'), id: skip().optional(), error: object({ code: integer(), message: text() }).distinguishing() }),
		/** `test_request` wants an answer: public/test. */
		control('heartbeat', { jsonrpc: literal('2.0'), method: literal('heartbeat') }),
	);
}

export const deribit = preset(
	{
		name: 'deribit',
		title: 'Deribit (v2)',
		url: 'wss://www.deribit.com/ws/api/v2',
		documentation: 'https://docs.deribit.com/',
		notes: ['The columns are under `params.data`: `params.data.bestBidPrice`.', 'A gap shows where previousChangeId is not the previous changeId of the instrument; a snapshot has none.', 'Volatilities, greeks and rates are estimates, so floats; prices and amounts are exact.'],
	},
	schema,
);
