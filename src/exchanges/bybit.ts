import { control, decimal, enumeration, flag, integer, list, literal, message, object, oneOf, skip, symbol, template, text, timestamp } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 8, size = 8 }: Scales) {
	const side = enumeration(['Buy', 'Sell']);
	const someE4 = integer().optional().nullable();
	const sequence = integer().key('cross_seq');
	const time = timestamp('us').key('timestamp_e6');
	const gone = object({ price: decimal(price), symbol: skip().optional(), id: integer(), side });
	const level = object({ price: decimal(price), symbol: skip().optional(), id: integer(), side, size: decimal(size) });
	const instrument = object({
		symbol: symbol(),
		lastPriceE4: someE4.key('last_price_e4'),
		markPriceE4: someE4.key('mark_price_e4'),
		indexPriceE4: someE4.key('index_price_e4'),
		openInterest: someE4.key('open_interest'),
		fundingRateE6: someE4.key('funding_rate_e6'),
		predictedFundingRateE6: someE4.key('predicted_funding_rate_e6'),
		nextFundingTime: timestamp('rfc3339').key('next_funding_time').optional().nullable(),
		updatedAt: timestamp('rfc3339').key('updated_at').optional(),
	});
	const snapshot = literal('snapshot');
	const delta = literal('delta');
	return oneOf(
		'bybit',
		{ version: 1 },
		message('bookDelta', {
			topic: template('orderBookL2_25.{symbol}'),
			type: delta,
			data: object({ delete: list(gone), update: list(level), insert: list(level), transactTimeE6: skip().optional() }),
			sequence,
			time,
		}),
		message('bookSnapshot', { topic: template('orderBookL2_25.{symbol}'), type: snapshot, data: list(level), sequence, time }),
		message('book200Delta', {
			topic: template('orderBook_200.100ms.{symbol}'),
			type: delta,
			data: object({ delete: list(gone), update: list(level), insert: list(level), transactTimeE6: skip().optional() }),
			sequence,
			time,
		}),
		message('book200Snapshot', { topic: template('orderBook_200.100ms.{symbol}'), type: snapshot, data: list(level), sequence, time }),
		message('trade', {
			topic: template('trade.{symbol}'),
			data: list(
				object({
					time: timestamp('ms').key('trade_time_ms'),
					symbol: symbol(),
					side,
					size: decimal(size),
					price: decimal(price),
					tickDirection: enumeration(['PlusTick', 'ZeroPlusTick', 'MinusTick', 'ZeroMinusTick']).key('tick_direction'),
					tradeId: text().key('trade_id'),
					sequence: sequence.optional(),
				}),
			),
		}),
		message('instrumentSnapshot', { topic: template('instrument_info.100ms.{symbol}'), type: snapshot, data: instrument, sequence, time }),
		message('instrumentDelta', { topic: template('instrument_info.100ms.{symbol}'), type: delta, data: object({ update: list(instrument) }), sequence, time }),
		message('liquidation', {
			topic: template('liquidation.{symbol}'),
			data: object({ symbol: symbol(), side, price: decimal(price), size: decimal(size).key('qty'), time: timestamp('ms') }),
		}),
		/** The answer to a request, `ping` among them. */
		control('response', { success: flag().distinguishing(), message: text().key('ret_msg'), connection: text().key('conn_id'), request: skip() }),
	);
}

export const bybit = preset(
	{
		name: 'bybit',
		title: 'Bybit inverse perpetual (v1)',
		url: 'wss://stream.bybit.com/realtime',
		documentation: 'https://github.com/bybit-exchange/bybit-official-api-docs/blob/master/en/websocket.md',
		notes: ['The venue has retired this API; recorded data is full of it.', 'Apply a delta in the order delete, update, insert. Levels are keyed by id, and name their price, too.'],
	},
	schema,
);
