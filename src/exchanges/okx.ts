import { absent, control, decimal, enumeration, type FieldSpec, float, integer, integer32, list, literal, message, object, oneOf, type Shape, symbol, template, text, timestamp, tuple } from '../schema/index.ts';
import { preset, type Scales } from './preset.ts';

function schema({ price = 8, size = 8 }: Scales) {
	const instrument = symbol().key('instId');
	const instrumentType = enumeration(['SPOT', 'MARGIN', 'SWAP', 'FUTURES', 'OPTION']).key('instType');
	const ts = timestamp('ms');
	const arg = <Channel extends FieldSpec>(channel: Channel) => object({ channel, instrument });
	const channel = <Name extends string>(name: Name) => arg(literal(name));
	// The checksum is over the text of prices and sizes.
	const level = tuple({ price: decimal(price).keepScale(), size: decimal(size).keepScale(), liquidated: integer(), orders: integer() });
	const sides = { asks: list(level), bids: list(level) };
	/** Acknowledgements have `arg`, too, but no data. */
	const rows = <S extends Shape, Nullable extends boolean>(row: FieldSpec<S, Nullable>) => list(row).distinguishing();
	const sequence = integer().key('seqId').optional();
	const statistics = { open24h: decimal(price), high24h: decimal(price), low24h: decimal(price), sodUtc0: decimal(price), sodUtc8: decimal(price) };
	return oneOf(
		'okx',
		{ version: 1 },
		/** `books`, `books50-l2-tbt`, `books-l2-tbt`: a snapshot, then changes. */
		message('book', {
			arg: arg(template('books{symbol}', 'depth')),
			action: enumeration(['snapshot', 'update']).distinguishing(),
			data: rows(object({ ...sides, ts, checksum: integer32(), sequence, previousSequence: integer().key('prevSeqId').optional() })),
		}),
		message('trades', {
			arg: channel('trades'),
			data: rows(
				object({
					instrument,
					tradeId: integer(),
					price: decimal(price).key('px'),
					size: decimal(size).key('sz'),
					side: enumeration(['buy', 'sell']),
					ts,
					count: integer().optional(),
					sequence,
				}),
			),
		}),
		message('tickers', {
			arg: channel('tickers'),
			data: rows(
				object({
					instrumentType,
					instrument,
					last: decimal(price).nullable(),
					lastSize: decimal(size).key('lastSz').nullable(),
					askPrice: decimal(price).key('askPx').nullable(),
					askSize: decimal(size).key('askSz').nullable(),
					bidPrice: decimal(price).key('bidPx').nullable(),
					bidSize: decimal(size).key('bidSz').nullable(),
					open24h: decimal(price).nullable(),
					high24h: decimal(price).nullable(),
					low24h: decimal(price).nullable(),
					sodUtc0: decimal(price).nullable(),
					sodUtc8: decimal(price).nullable(),
					volumeCurrency24h: float().key('volCcy24h'),
					volume24h: float().key('vol24h'),
					ts,
				}),
			),
		}),
		/** A whole small book each time. */
		message('books5', { arg: channel('books5'), action: absent(), data: rows(object({ ...sides, ts, sequence })) }),
		message('bboTbt', { arg: channel('bbo-tbt'), data: rows(object({ ...sides, ts, sequence })) }),
		message('fundingRate', {
			arg: channel('funding-rate'),
			data: rows(object({ instrument, fundingRate: decimal(18), fundingTime: ts, nextFundingRate: decimal(18).nullable().optional(), nextFundingTime: ts.nullable().optional() })),
		}),
		message('markPrice', { arg: channel('mark-price'), data: rows(object({ instrumentType, instrument, markPrice: decimal(price).key('markPx'), ts })) }),
		message('indexTickers', { arg: channel('index-tickers'), data: rows(object({ instrument, indexPrice: decimal(price).key('idxPx'), ...statistics, ts })) }),
		message('openInterest', { arg: channel('open-interest'), data: rows(object({ instrumentType, instrument, openInterest: float().key('oi'), openInterestCurrency: float().key('oiCcy'), ts })) }),
		message('candle', {
			arg: arg(template('candle{symbol}', 'interval')),
			data: rows(
				tuple({
					ts,
					open: decimal(price),
					high: decimal(price),
					low: decimal(price),
					close: decimal(price),
					volume: float(),
					volumeCurrency: float(),
					volumeQuote: float().optional(),
					/** 1: the candle is complete. */
					confirm: integer32().optional(),
				}),
			),
		}),
		control('event', { event: text().distinguishing() }),
	);
}

export const okx = preset(
	{
		name: 'okx',
		title: 'OKX (v5)',
		url: 'wss://ws.okx.com:8443/ws/v5/public',
		documentation: 'https://www.okx.com/docs-v5/en/#order-book-trading-market-data',
		notes: [
			'A size of 0 removes the level. The checksum is a signed CRC32 of the text of the 25 best levels: prices and sizes keep their text scale.',
			'A gap shows where previousSequence is not the previous sequence (null in data from before it was sent).',
			'The answer to `ping` is the bare word pong, which is no JSON: take it away before parsing, or it counts as a syntax error.',
		],
	},
	schema,
);
