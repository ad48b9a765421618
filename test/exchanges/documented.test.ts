/** Messages that the venues document and no recording has: the shapes are theirs, the values invented. */
import { describe, expect, test } from 'vitest';
import { type ExchangeName, exchanges } from '../../src/exchanges/index.ts';
import { referenceParser } from '../../src/protocols/json/reference/parser.ts';
import { parseAll } from '../protocols/json/harness.ts';

type Sample = readonly [variant: string, message: unknown, row?: object];

const ORDER = '1b1a8f0c-7d1e-4b54-9f39-0d3c1a2b3c4d';
const statistics = { c: '2.5', o: '2', h: '3.00000000', l: '1.9', v: '98765432109876', q: '123456789012.34567890' };
const spotTicker = { e: '24hrTicker', E: 1672515782136, s: 'SHIBUSDT', p: '0.5', P: '25.00', w: '2.4', x: '2', Q: '10', b: '2.4', B: '7', a: '2.6', A: '9', ...statistics, O: 1672429382136, C: 1672515782136, F: 1, L: 99, n: 99 };
const futuresTicker = { e: '24hrTicker', E: 1672515782136, s: 'BTCUSDT', p: '-0.5', P: '-2.3', w: '2.4', Q: '10', ...statistics, O: 1672429382136, C: 1672515782136, F: 1, L: 99, n: 99 };
const markPrice = { e: 'markPriceUpdate', E: 1672515782136, s: 'BTCUSDT', p: '16500.12345678', i: '16501.5', P: '16499.9', r: '0.00010000', T: 1672531200000 };
const candle = { t: 1672515780000, T: 1672515839999, i: '1m', f: -1, L: -1, o: '1', c: '1', h: '1', l: '1', v: '0', n: 0, x: true, q: '0', V: '0', Q: '0', B: '0' };

const spot: Sample[] = [
	['trade', { e: 'trade', E: 1672515782136, s: 'BNBBTC', t: 12, p: '0.001', q: '100', b: 88, a: 50, T: 1672515782130, m: true, M: true }, { price: 100_000n, tradeTime: 1_672_515_782_130_000_000n, buyerIsMaker: true }],
	['miniTicker', { e: '24hrMiniTicker', E: 1672515782136, s: 'SHIBUSDT', ...statistics }, { volume: 98765432109876, open: 200_000_000n }],
	['ticker', spotTicker, { askSize: 900_000_000n, trades: 99n }],
	['averagePrice', { e: 'avgPrice', E: 1693907033000, s: 'BTCUSDT', i: '5m', w: '25776.86', T: 1693907032213 }, { interval: '5m', price: 2_577_686_000_000n }],
	['kline', { e: 'kline', E: 1672515782136, s: 'BNBBTC', k: { ...candle, s: 'BNBBTC' } }, { kline: { firstTradeId: -1n, closed: true } }],
	['partialDepth', { lastUpdateId: 160, bids: [['0.0024', '10']], asks: [] }, { bids: [{ price: 240_000n, size: 1_000_000_000n }], asks: [] }],
];
const binanceControl: Sample[] = [
	['response', { result: null, id: 1 }],
	['response', { result: ['btcusdt@aggTrade'], id: 'x' }],
	['error', { code: 0, msg: 'Unknown property', id: 3 }],
];

const samples: Record<ExchangeName, Sample[]> = {
	'binance-spot': [
		...spot.map(([variant, data, row]): Sample => [variant, { stream: 'shibusdt@ticker', data }, { data: row }]),
		['allTickers', { stream: '!ticker@arr', data: [spotTicker, spotTicker] }, { data: [{ symbol: 'SHIBUSDT' }, {}] }],
		['allMiniTickers', { stream: '!miniTicker@arr', data: [{ e: '24hrMiniTicker', E: 1672515782136, s: 'SHIBUSDT', ...statistics }] }],
		...binanceControl,
	],
	'binance-spot-raw': [
		...spot,
		['bookTicker', { u: 400900217, s: 'BNBUSDT', b: '25.35190000', B: '31.21000000', a: '25.36520000', A: '40.66000000' }, { bidPrice: 2_535_190_000n, symbol: 'BNBUSDT' }],
		['depthUpdate', { e: 'depthUpdate', E: 1672515782136, s: 'BNBBTC', U: 157, u: 160, b: [['0.0024', '0']], a: [] }, { firstUpdateId: 157n, lastUpdateId: 160n }],
		['aggTrade', { e: 'aggTrade', E: 1672515782136, s: 'BNBBTC', a: 12345, p: '0.001', q: '100', f: 100, l: 105, T: 1672515782136, m: true, M: true }, { aggregateId: 12345n }],
		...binanceControl,
	],
	'binance-futures': [
		['markPrice', { stream: 'btcusdt@markPrice', data: markPrice }, { data: { markPrice: 1_650_012_345_678n, fundingRate: 10_000n } }],
		['markPrice', { stream: 'btcusdt_230331@markPrice@1s', data: { ...markPrice, s: 'BTCUSDT_230331', r: '', T: 0 } }, { data: { fundingRate: null } }],
		['allMarkPrices', { stream: '!markPrice@arr@1s', data: [markPrice] }, { data: [{ symbol: 'BTCUSDT' }] }],
		['continuousKline', { stream: 'btcusdt_perpetual@continuousKline_1m', data: { e: 'continuous_kline', E: 1672515782136, ps: 'BTCUSDT', ct: 'PERPETUAL', k: candle } }, { data: { contract: 'PERPETUAL', kline: { interval: '1m' } } }],
		['miniTicker', { stream: 'btcusdt@miniTicker', data: { e: '24hrMiniTicker', E: 1672515782136, s: 'BTCUSDT', ...statistics } }],
		['ticker', { stream: 'btcusdt@ticker', data: futuresTicker }, { data: { priceChange: -50_000_000n, priceChangePercent: -2.3 } }],
		['allTickers', { stream: '!ticker@arr', data: [futuresTicker] }],
		['allMiniTickers', { stream: '!miniTicker@arr', data: [] }, { data: [] }],
		[
			'forceOrder',
			{ stream: '!forceOrder@arr', data: { e: 'forceOrder', E: 1672515782136, o: { s: 'BTCUSDT', S: 'SELL', o: 'LIMIT', f: 'IOC', q: '0.014', p: '16390.1', ap: '16412', X: 'FILLED', l: '0.014', z: '0.014', T: 1672515782130 } } },
			{ data: { order: { side: 'SELL', averagePrice: 1_641_200_000_000n, status: 'FILLED' } } },
		],
		...binanceControl,
	],
	coinbase: [
		['heartbeat', { type: 'heartbeat', sequence: 90, last_trade_id: 20, product_id: 'BTC-USD', time: '2014-11-07T08:19:28.464459Z' }, { lastTradeId: 20n }],
		['received', { type: 'received', time: '2014-11-07T08:19:27.028459Z', product_id: 'BTC-USD', sequence: 10, order_id: ORDER, size: '1.34', price: '502.1', side: 'buy', order_type: 'limit', 'client-oid': ORDER }, { size: 134_000_000n, funds: null }],
		['received', { type: 'received', time: '2014-11-09T08:19:27.028459Z', product_id: 'BTC-USD', sequence: 12, order_id: ORDER, funds: '3000.234', side: 'buy', order_type: 'market' }, { orderType: 'market', price: null, funds: 300_023_400_000n }],
		['open', { type: 'open', time: '2014-11-07T08:19:27.028459Z', product_id: 'BTC-USD', sequence: 10, order_id: ORDER, price: '200.2', remaining_size: '1.00', side: 'sell' }, { remainingSize: 100_000_000n }],
		['done', { type: 'done', time: '2014-11-07T08:19:27.028459Z', product_id: 'BTC-USD', sequence: 10, price: '200.2', order_id: ORDER, reason: 'filled', side: 'sell', remaining_size: '0' }, { reason: 'filled' }],
		['done', { type: 'done', time: '2014-11-07T08:19:27.028459Z', product_id: 'BTC-USD', sequence: 10, order_id: ORDER, reason: 'canceled', side: 'sell' }, { price: null, remainingSize: null }],
		['change', { type: 'change', reason: 'STP', time: '2014-11-07T08:19:27.028459Z', sequence: 80, order_id: ORDER, side: 'sell', product_id: 'BTC-USD', old_size: '12.234412', new_size: '5.23512', price: '400.23' }, { newSize: 523_512_000n }],
		['change', { type: 'change', time: '2014-11-07T08:19:27.028459Z', sequence: 80, order_id: ORDER, side: 'sell', product_id: 'BTC-USD', old_funds: '12.2', new_funds: '5.2', price: null }, { price: null, reason: null }],
		['snapshot', { type: 'snapshot', product_id: 'BTC-USD', bids: [['10101.10', '0.45054140']], asks: [], time: '2023-02-08T10:52:59.111Z' }, { bids: [{ price: 1_010_110_000_000n, size: 45_054_140n }] }],
		['status', { type: 'status', products: [{ id: 'BTC-USD', status_message: null }], currencies: [] }],
		['error', { type: 'error', message: 'Failed to subscribe', reason: 'x is not a valid channel' }],
	],
	kraken: [
		[
			'trade',
			[
				0,
				[
					['5541.20000', '0.15850568', '1534614057.321597', 's', 'l', ''],
					['6060.00000', '0.02455000', '1534614057.324998', 'b', 'l', ''],
				],
				'trade',
				'XBT/USD',
			],
			{ trades: [{ time: 1_534_614_057_321_597_000n, side: 's' }, {}], pair: 'XBT/USD' },
		],
		['spread', [0, ['5698.40000', '5700.00000', '1542057299.545897', '1.01234567', '0.98765432'], 'spread', 'XBT/USD'], { spread: { bidSize: 101_234_567n } }],
		['ohlc', [42, ['1542057314.748456', '1542057360.435743', '3586.70000', '3586.70000', '3586.60000', '3586.60000', '3586.68894', '0.03373000', 2], 'ohlc-5', 'XBT/USD'], { interval: '5', candle: { trades: 2n } }],
		[
			'ticker',
			[0, { a: ['5525.40000', 1, '1.000'], b: ['5525.10000', 1, '1.000'], c: ['5525.10000', '0.00398963'], h: ['5783.00000', '5783.00000'], l: ['5505.00000', '5505.00000'], o: ['5760.70000', '5763.40000'], p: ['5631.44067', '5653.78939'], t: [11493, 16267], v: ['2634.11501494', '3591.17907851'] }, 'ticker', 'XBT/USD'],
			{ ticker: { ask: { wholeLots: 1n }, trades: { last24h: 16267n }, volume: { today: 2634.11501494 } } },
		],
		['bookUpdate', [1234, { b: [['5541.30000', '0.00000000', '1534614335.345903', 'r']] }, 'book-10', 'XBT/USD'], { depth: '10', book: { asks: null, checksum: null, bids: [{ kind: 'r', price$scale: 5, size$scale: 8 }] } }],
		['pong', { event: 'pong', reqid: 42 }],
		['error', { errorMessage: 'Malformed request', event: 'error' }],
		['subscriptionStatus', { errorMessage: 'Subscription depth not supported', event: 'subscriptionStatus', pair: 'XBT/USD', status: 'error', subscription: { depth: 42, name: 'book' } }],
	],
	okx: [
		['books5', { arg: { channel: 'books5', instId: 'BTC-USDT' }, data: [{ asks: [['111.06', '5', '0', '2']], bids: [], instId: 'BTC-USDT', ts: '1670324386802', seqId: 363996337 }] }, { data: [{ sequence: 363996337n, asks: [{ orders: 2n, price$scale: 2 }] }] }],
		['bboTbt', { arg: { channel: 'bbo-tbt', instId: 'BTC-USDT' }, data: [{ asks: [['111.06', '5', '0', '2']], bids: [['111.05', '7', '0', '2']], ts: '1670324386802', seqId: 363996337 }] }],
		['book', { arg: { channel: 'books50-l2-tbt', instId: 'BTC-USDT' }, action: 'update', data: [{ asks: [], bids: [], ts: '1597026383085', checksum: -855196043, prevSeqId: 123455, seqId: 123456 }] }, { arg: { channel: '50-l2-tbt' }, data: [{ checksum: -855196043, previousSequence: 123455n }] }],
		[
			'fundingRate',
			{ arg: { channel: 'funding-rate', instId: 'BTC-USD-SWAP' }, data: [{ instType: 'SWAP', instId: 'BTC-USD-SWAP', fundingRate: '0.0001515', nextFundingRate: '', fundingTime: '1622851200000', nextFundingTime: '1622880000000' }] },
			{ data: [{ fundingRate: 151_500_000_000_000n, nextFundingRate: null }] },
		],
		['markPrice', { arg: { channel: 'mark-price', instId: 'LTC-USD-190628' }, data: [{ instType: 'FUTURES', instId: 'LTC-USD-190628', markPx: '0.1', ts: '1597026383085' }] }],
		['indexTickers', { arg: { channel: 'index-tickers', instId: 'BTC-USDT' }, data: [{ instId: 'BTC-USDT', idxPx: '0.1', high24h: '0.5', low24h: '0.1', open24h: '0.1', sodUtc0: '0.1', sodUtc8: '0.1', ts: '1597026383085' }] }],
		['openInterest', { arg: { channel: 'open-interest', instId: 'LTC-USD-SWAP' }, data: [{ instType: 'SWAP', instId: 'LTC-USD-SWAP', oi: '5000', oiCcy: '555.55', ts: '1743041250440' }] }, { data: [{ openInterest: 5000 }] }],
		['candle', { arg: { channel: 'candle1D', instId: 'BTC-USDT' }, data: [['1597026383085', '8533.02', '8553.74', '8527.17', '8548.26', '45247', '529.58', '5529.58', '0']] }, { arg: { channel: '1D' }, data: [{ volume: 45247, confirm: 0 }] }],
		['candle', { arg: { channel: 'candle1m', instId: 'BTC-USDT' }, data: [['1597026383085', '8533.02', '8553.74', '8527.17', '8548.26', '45247', '529.58']] }, { data: [{ volumeQuote: null, confirm: null }] }],
		['event', { event: 'error', code: '60012', msg: 'Invalid request', connId: 'a4d3ae55' }],
		['event', { event: 'unsubscribe', arg: { channel: 'tickers', instId: 'BTC-USDT' } }],
	],
	bitmex: [
		['instrument', { table: 'instrument', action: 'update', data: [{ symbol: 'XBTUSD', fairPrice: 10933.67, markPrice: 10933.67, timestamp: '2019-07-01T08:16:15.250Z' }] }, { data: [{ markPrice: 109_336_700_000_000n, lastPrice: null, fundingRate: null }] }],
		['funding', { table: 'funding', action: 'partial', data: [{ timestamp: '2021-07-22T20:00:00.000Z', symbol: 'XBTUSD', fundingInterval: '2000-01-01T08:00:00.000Z', fundingRate: 0.0001, fundingRateDaily: 0.0003 }] }, { data: [{ fundingRate: 0.0001 }] }],
		['liquidation', { table: 'liquidation', action: 'insert', data: [{ orderID: ORDER, symbol: 'XBTUSD', side: 'Sell', price: 32100.5, leavesQty: 1000 }] }, { data: [{ leavesQuantity: 1000n }] }],
		['liquidation', { table: 'liquidation', action: 'delete', data: [{ orderID: ORDER, symbol: 'XBTUSD' }] }, { action: 'delete', data: [{ price: null }] }],
		[
			'orderBook10',
			{
				table: 'orderBook10',
				action: 'update',
				data: [
					{
						symbol: 'XBTUSD',
						bids: [
							[32100, 5],
							[32099.5, 7],
						],
						timestamp: '2021-07-22T22:36:10.014Z',
						asks: [[32101, 1]],
					},
				],
			},
			{ data: [{ bids: [{}, { price: 320_995_000_000_000n, size: 7n }] }] },
		],
		['orderBookL2_25', { table: 'orderBookL2_25', action: 'delete', data: [{ symbol: 'XBTUSD', id: 8796765400, side: 'Sell' }] }],
		['error', { status: 400, error: 'Unknown table', meta: {}, request: { op: 'subscribe', args: ['x'] } }],
		['subscribed', { success: true, unsubscribe: 'trade:XBTUSD', request: { op: 'unsubscribe' } }],
	],
	bybit: [
		['book200Snapshot', { topic: 'orderBook_200.100ms.BTCUSD', type: 'snapshot', data: [{ price: '9499.50', symbol: 'BTCUSD', id: 94995000, side: 'Buy', size: 126 }], cross_seq: 7961638724, timestamp_e6: 1572428577000000 }, { topic: 'BTCUSD', data: [{ size: 12_600_000_000n }] }],
		['book200Delta', { topic: 'orderBook_200.100ms.BTCUSD', type: 'delta', data: { delete: [{ price: '9499.50', symbol: 'BTCUSD', id: 94995000, side: 'Buy' }], update: [], insert: [], transactTimeE6: 0 }, cross_seq: 11518, timestamp_e6: 1555647164875373 }],
		[
			'instrumentSnapshot',
			{
				topic: 'instrument_info.100ms.BTCUSD',
				type: 'snapshot',
				data: { id: 1, symbol: 'BTCUSD', last_price_e4: 81165000, mark_price_e4: 81178500, index_price_e4: 81172800, open_interest: 154418471, funding_rate_e6: 100, predicted_funding_rate_e6: -15, next_funding_time: '2019-10-30T08:00:00Z', updated_at: '2019-10-30T03:12:27Z' },
				cross_seq: 2,
				timestamp_e6: 1572405147000000,
			},
			{ data: { predictedFundingRateE6: -15n } },
		],
		['instrumentDelta', { topic: 'instrument_info.100ms.BTCUSD', type: 'delta', data: { delete: [], update: [{ id: 1, symbol: 'BTCUSD', mark_price_e4: '81178600' }], insert: [] }, cross_seq: 3, timestamp_e6: '1572405147100000' }, { data: { update: [{ markPriceE4: 81178600n, lastPriceE4: null }] } }],
		['liquidation', { topic: 'liquidation.BTCUSD', data: { symbol: 'BTCUSD', side: 'Sell', price: '30103.00', qty: '26', time: 1631084265000 } }, { data: { size: 2_600_000_000n } }],
		['response', { success: true, ret_msg: 'pong', conn_id: 'x', request: { op: 'ping', args: null } }],
	],
	bitfinex: [
		['trade', [17470, 'te', [401597395, 1574694478808, 0.005, 7245.3]], { trade: { id: 401597395n, amount: 500_000n }, sequence: null }],
		['tradeUpdate', [17470, 'tu', [401597395, 1574694478808, -0.005, 7245.3], 99], { trade: { amount: -500_000n }, sequence: 99n }],
		['checksum', [17470, 'cs', -1262936101, 5], { checksum: -1262936101 }],
		['heartbeat', [17470, 'hb'], { sequence: null }],
		['book', [17082, [6.9e-7, 3, -1000]], { level: { price: 6900n, amount: -100_000_000_000n } }],
		['candle', [343351, [1574698260000, 7379.785999, 7383.8, 7388.3, 7379.785999, 1.68829482]], { candle: { close: 73_838_000_000_000n } }],
		[
			'candleSnapshot',
			[
				343351,
				[
					[1574698260000, 7379.7, 7383.8, 7388.3, 7379.7, 1.6],
					[1574698200000, 7399.9, 7379.7, 7399.9, 7371.8, 8.6],
				],
			],
			{ candles: [{}, { volume: 8.6 }] },
		],
		['bookSnapshot', [17082, [], 3], { levels: [] }],
		['subscribed', { event: 'subscribed', channel: 'candles', chanId: 343351, key: 'trade:1m:tBTCUSD' }, { channel: 'candles', symbol: null, key: 'trade:1m:tBTCUSD' }],
		['info', { event: 'info', code: 20051, msg: 'Stopping' }],
		['pong', { event: 'pong', ts: 1511545528111, cid: 1234 }],
		['error', { event: 'error', msg: 'symbol: invalid', code: 10300, channel: 'ticker' }],
		['unsubscribed', { event: 'unsubscribed', status: 'OK', chanId: 343351 }],
	],
	deribit: [
		[
			'trades',
			{
				jsonrpc: '2.0',
				method: 'subscription',
				params: { channel: 'trades.BTC-PERPETUAL.raw', data: [{ trade_seq: 30289442, trade_id: '48079269', timestamp: 1590484512188, tick_direction: 2, price: 8950, mark_price: 8948.9, instrument_name: 'BTC-PERPETUAL', index_price: 8955.88, direction: 'sell', amount: 10, liquidation: 'T' }] },
			},
			{ params: { data: [{ tickDirection: 2, price: 895_000_000_000n, volatility: null, liquidation: 'T' }] } },
		],
		['quote', { jsonrpc: '2.0', method: 'subscription', params: { channel: 'quote.BTC-PERPETUAL', data: { timestamp: 1550658624149, instrument_name: 'BTC-PERPETUAL', best_bid_price: 3914.97, best_bid_amount: 40, best_ask_price: null, best_ask_amount: null } } }, { params: { data: { bestAskPrice: null } } }],
		['priceIndex', { jsonrpc: '2.0', method: 'subscription', params: { channel: 'deribit_price_index.btc_usd', data: { timestamp: 1550588002899, price: 3937.89, index_name: 'btc_usd' } } }, { params: { data: { index: 'btc_usd' } } }],
		['groupedBook', { jsonrpc: '2.0', method: 'subscription', params: { channel: 'book.ETH-PERPETUAL.100.1.100ms', data: { timestamp: 1554375447971, instrument_name: 'ETH-PERPETUAL', change_id: 109615, bids: [[160, 40]], asks: [[161, 20]] } } }, { params: { data: { bids: [{ amount: 4_000_000_000n }] } } }],
		[
			'ticker',
			{
				jsonrpc: '2.0',
				method: 'subscription',
				params: {
					channel: 'ticker.BTC-PERPETUAL.raw',
					data: {
						timestamp: 1623060194301,
						stats: { volume_usd: 284061480, volume: 7871.02139035, price_change: 0.7229, low: 35213.5, high: 36824.5 },
						state: 'open',
						settlement_price: 36169.49,
						open_interest: 502097590,
						min_price: 35898.37,
						max_price: 36991.72,
						mark_price: 36446.51,
						last_price: 36457.5,
						instrument_name: 'BTC-PERPETUAL',
						index_price: 36441.64,
						funding_8h: 0.0000211,
						estimated_delivery_price: 36441.64,
						current_funding: 0,
						best_bid_price: 36442.5,
						best_bid_amount: 5000,
						best_ask_price: 36443,
						best_ask_amount: 100,
					},
				},
			},
			{ params: { data: { funding8h: 0.0000211, greeks: null, markVolatility: null } } },
		],
		['response', { jsonrpc: '2.0', id: 3, result: 'ok', testnet: false }],
		['error', { jsonrpc: '2.0', id: 3, error: { code: -32601, message: 'Method not found' } }],
		['heartbeat', { jsonrpc: '2.0', method: 'heartbeat', params: { type: 'test_request' } }],
	],
	'dydx-v3': [
		['markets', { type: 'subscribed', connection_id: 'c', message_id: 1, channel: 'v3_markets', contents: { markets: { 'LINK-USD': { indexPrice: '12' } } } }, { contents: { unknownKeys: '{"markets":{"LINK-USD":{"indexPrice":"12"}}}' } }],
		['markets', { type: 'channel_data', connection_id: 'c', message_id: 2, channel: 'v3_markets', contents: { 'ETH-USD': { oraclePrice: '2000' } } }],
		['trades', { type: 'channel_data', connection_id: 'c', message_id: 2, id: 'BTC-USD', channel: 'v3_trades', contents: { trades: [{ size: '100', side: 'BUY', price: '4000', createdAt: '2020-11-29T14:00:03.382Z', liquidation: false }] } }, { contents: { trades: [{ liquidation: false }] } }],
		['unsubscribed', { type: 'unsubscribed', connection_id: 'c', message_id: 9, channel: 'v3_markets' }],
		['error', { type: 'error', message: 'Invalid id', connection_id: 'c', message_id: 4 }],
		['pong', { type: 'pong', id: 'x' }],
	],
	bitstamp: [
		['book', { data: { timestamp: '1643643584', microtimestamp: '1643643584684047', bids: [['0.41', '2500.00']], asks: [] }, channel: 'order_book_adausd', event: 'data' }, { symbol: 'adausd', data: { time: 1_643_643_584_684_047_000n } }],
		['orderBook', { data: { timestamp: '1643643584', microtimestamp: '1643643584684047', bids: [['0.41', '2500.00', '1453282316578816']], asks: [] }, channel: 'detail_order_book_adausd', event: 'data' }, { data: { bids: [{ orderId: 1453282316578816n }] } }],
		[
			'order',
			{ data: { id: 1453282316578816, id_str: '1453282316578816', order_type: 1, datetime: '1643643584', microtimestamp: '1643643584684000', amount: 0.0792, amount_str: '0.07920000', price: 3805.44, price_str: '3805.44' }, channel: 'live_orders_ethusd', event: 'order_deleted' },
			{ event: 'deleted', data: { type: 1, size: 7_920_000n } },
		],
		['subscribed', { event: 'bts:subscription_succeeded', channel: 'live_orders_ethusd', data: {} }],
		['unsubscribed', { event: 'bts:unsubscription_succeeded', channel: 'order_book_ethusd', data: {} }],
		['reconnect', { event: 'bts:request_reconnect', channel: '', data: '' }],
		['heartbeat', { event: 'bts:heartbeat', channel: '', data: { status: 'success' } }],
		['error', { event: 'bts:error', channel: '', data: { code: null, message: 'Bad subscription string.' } }],
	],
	ftx: [
		[
			'book',
			{ channel: 'orderbook', market: 'BTC-PERP', type: 'partial', data: { time: 1657922998.855916, checksum: 3867334211, bids: [[20926.0, 15.3968]], asks: [[20927.0, 3.6708]], action: 'partial' } },
			{ market: 'BTC-PERP', data: { checksum: 3867334211, bids: [{ price: 209_260_000_000_000n, size: 1_539_680_000n }], action: 'partial' } },
		],
		['book', { channel: 'orderbook', market: 'SHIB/USD', type: 'update', data: { time: 1657922998.8830926, checksum: 5, bids: [], asks: [[3.426e-5, 0]], action: 'update' } }, { data: { asks: [{ price: 342_600n, size: 0n }] } }],
		[
			'trades',
			{
				channel: 'trades',
				market: 'BTC-PERP',
				type: 'update',
				data: [
					{ id: 2616562, price: 9333.25, size: 0.2143, side: 'sell', liquidation: false, time: '2019-11-06T05:19:51.187372+00:00' },
					{ id: null, price: 1, size: 1, side: 'buy', liquidation: true, time: '2019-11-06T05:19:51+00:00' },
				],
			},
			{
				data: [
					{ id: 2616562n, time: 1_573_017_591_187_372_000n, side: 'sell' },
					{ id: null, liquidation: true },
				],
			},
		],
		['ticker', { channel: 'ticker', market: 'BTC-PERP', type: 'update', data: { bid: 10737.5, ask: 10738.75, bidSize: 1.5, askSize: 2, last: 10738.75, time: 1564834586.3382702 } }, { data: { bid: 107_375_000_000_000n } }],
		['subscribed', { type: 'subscribed', channel: 'orderbook', market: 'BTC-PERP' }],
		['unsubscribed', { type: 'unsubscribed', channel: 'ticker', market: 'BTC-PERP' }],
		['info', { type: 'info', code: 20001, msg: 'restart' }],
		['error', { type: 'error', code: 404, msg: 'No such market: BTCUSDT' }],
		['pong', { type: 'pong' }],
	],
	gemini: [
		['candles', { type: 'candles_15m_updates', symbol: 'BTCUSD', changes: [[1561054500000, 9350.18, 9358.35, 9350.18, 9355.51, 2.07]] }, { type: '15m', changes: [{ close: 935_551_000_000n, volume: 2.07 }] }],
		['trade', { type: 'trade', symbol: 'ETHBTC', event_id: 3575573053, tid: 3575573053, timestamp: 151231241, price: '9004.21000000', quantity: '0.09110000', side: 'buy' }, { quantity: 911_000_000n }],
		['error', { result: 'error', reason: 'InvalidJson' }],
	],
	huobi: [
		['bestOffer', { ch: 'market.btcusdt.bbo', ts: 1575158404058, tick: { seqId: 103273695595, ask: 7543.59, askSize: 2.323241, bid: 7541.16, bidSize: 0.002329, quoteTime: 1575158404057, symbol: 'btcusdt' } }, { symbol: 'btcusdt', tick: { ask: 75_435_900_000_000n, bidSize: 0.002329 } }],
		['book150', { ch: 'market.btcusdt.mbp.150', ts: 1573199608679, tick: { seqNum: 100020146795, prevSeqNum: 100020146794, bids: [], asks: [[645.14, 26.755973959140651643]] } }, { tick: { asks: [{ price: 6_451_400_000_000n, size: 26.755973959140651643 }] } }],
		['book150', { ch: 'market.btcusdt.mbp.150', ts: 1573199608679, tick: { seqNum: 2, prevSeqNum: 1, asks: [[645.14, 0]] } }, { tick: { bids: null } }],
		['book150Snapshot', { id: 'id2', rep: 'market.btcusdt.mbp.150', status: 'ok', ts: 1573199608680, data: { seqNum: 100020142010, bids: [[618.37, 71.594]], asks: [] } }, { symbol: 'btcusdt' }],
		['candle1min', { ch: 'market.ethbtc.kline.1min', ts: 1489474082831, tick: { id: 1489464480, amount: 0, count: 0, open: 7962.62, close: 7962.62, low: 7962.62, high: 7962.62, vol: 0 } }, { tick: { start: 1_489_464_480_000_000_000n } }],
		['detail', { ch: 'market.btcusdt.detail', ts: 1630998026649, tick: { id: 273956868110, low: 51000, high: 52924.14, open: 51823.62, close: 52379.99, vol: 727676440.200527, amount: 13991.028076056185, version: 273956868110, count: 471348 } }, { symbol: 'btcusdt', tick: { count: 471348n } }],
		['unsubscribed', { id: 'id4', status: 'ok', unsubbed: 'market.btcusdt.trade.detail', ts: 1494326028889 }],
		['error', { status: 'error', 'err-code': 'bad-request', 'err-msg': 'invalid topic', ts: 1494326028889, id: 'x' }],
	],
};

describe.each(Object.entries(samples))('%s', (name, list) => {
	const { schema } = exchanges[name as ExchangeName];
	test.each(list.map(([variant, message, row], index) => [`${variant} (${index})`, variant, message, row] as const))('%s', (_, variant, message, row) => {
		const { refused, messages, rows } = parseAll(referenceParser, schema, [JSON.stringify(message)], { rows: 64, items: 64 });
		expect(refused.map(({ category, offset, variant: index }) => ({ category, variant: schema.variants[index]?.name, at: JSON.stringify(message).slice(offset, offset + 40) }))).toEqual([]);
		expect(Object.keys(messages).filter((key) => messages[key] !== 0)).toEqual([variant]);
		if (row !== undefined) expect(rows[variant]?.[0]).toMatchObject(row);
	});
});
