/** The ticker of the last 24 hours, as Binance's spot market sends it: twenty numbers. */
import { decimal, integer, literal, message, symbol, timestamp } from '../../src/index.ts';
import { feed, idOf, type MessageType, setNumbers } from './message-type.ts';

const DECIMALS = { change: 'p', percent: 'P', average: 'w', before: 'x', last: 'c', lastSize: 'Q', bidPrice: 'b', bidSize: 'B', askPrice: 'a', askSize: 'A', open: 'o', high: 'h', low: 'l', volume: 'v', quoteVolume: 'q' } as const;

type DayTicker = Readonly<Record<(typeof DECIMALS)[keyof typeof DECIMALS], string>> & {
	readonly E: number;
	readonly s: string;
	readonly O: number;
	readonly C: number;
	readonly F: number;
	readonly L: number;
	readonly n: number;
};

const price = (key: string) => decimal(8).key(key);

export const dayTicker: MessageType = {
	name: 'ticker24h',
	schema: feed(
		message('ticker24h', {
			type: literal('24hrTicker').key('e'),
			eventTime: timestamp('ms').key('E'),
			symbol: symbol().key('s'),
			change: price(DECIMALS.change),
			percent: price(DECIMALS.percent),
			average: price(DECIMALS.average),
			before: price(DECIMALS.before),
			last: price(DECIMALS.last),
			lastSize: price(DECIMALS.lastSize),
			bidPrice: price(DECIMALS.bidPrice),
			bidSize: price(DECIMALS.bidSize),
			askPrice: price(DECIMALS.askPrice),
			askSize: price(DECIMALS.askSize),
			open: price(DECIMALS.open),
			high: price(DECIMALS.high),
			low: price(DECIMALS.low),
			volume: price(DECIMALS.volume),
			quoteVolume: price(DECIMALS.quoteVolume),
			openTime: timestamp('ms').key('O'),
			closeTime: timestamp('ms').key('C'),
			firstTrade: integer().key('F'),
			lastTrade: integer().key('L'),
			trades: integer().key('n'),
		}),
	),
	make(market) {
		const time = market.time();
		const { name, change, price, size, volume } = market.instrument();
		const percent = `${market.below(2) === 0 ? '-' : ''}${market.below(9)}.${String(market.below(1000)).padStart(3, '0')}`;
		const first = market.next();
		const trades = 1 + market.below(900_000);
		return `{"e":"24hrTicker","E":${time},"s":"${name}","p":"${change()}","P":"${percent}","w":"${price(-9)}","x":"${price(-40)}","c":"${price()}","Q":"${size()}","b":"${price(-1)}","B":"${size()}","a":"${price(1)}","A":"${size()}","o":"${price(-40)}","h":"${price(55)}","l":"${price(-60)}","v":"${volume()}","q":"${volume()}","O":${time - 86_400_000},"C":${time - 1},"F":${first},"L":${first + trades},"n":${trades}}`;
	},
	columns(t: DayTicker, row, target) {
		setNumbers(target, row, t.E, t.O, t.C, t.F, t.L, t.n, Number(t.p), Number(t.P), Number(t.w), Number(t.x), Number(t.c), Number(t.Q), Number(t.b), Number(t.B), Number(t.a), Number(t.A), Number(t.o), Number(t.h), Number(t.l), Number(t.v), Number(t.q));
		target.symbols[row] = idOf(target, t.s);
	},
};
