/** Best bid and ask, as Binance's futures market sends them. */
import { decimal, integer, literal, message, symbol, timestamp } from '../../src/index.ts';
import { feed, idOf, type MessageType, setNumbers } from './message-type.ts';

interface BookTicker {
	readonly u: number;
	readonly s: string;
	readonly b: string;
	readonly B: string;
	readonly a: string;
	readonly A: string;
	readonly T: number;
	readonly E: number;
}

export const bookTicker: MessageType = {
	name: 'bookTicker',
	schema: feed(
		message('bookTicker', {
			type: literal('bookTicker').key('e'),
			update: integer().key('u'),
			symbol: symbol().key('s'),
			bidPrice: decimal(8).key('b'),
			bidSize: decimal(8).key('B'),
			askPrice: decimal(8).key('a'),
			askSize: decimal(8).key('A'),
			time: timestamp('ms').key('T'),
			eventTime: timestamp('ms').key('E'),
		}),
	),
	make(market) {
		const time = market.time();
		const { name, price, size } = market.instrument();
		return `{"e":"bookTicker","u":${market.next()},"s":"${name}","b":"${price()}","B":"${size()}","a":"${price(1)}","A":"${size()}","T":${time},"E":${time + 2}}`;
	},
	columns(parsed: BookTicker, row, target) {
		setNumbers(target, row, parsed.u, Number(parsed.b), Number(parsed.B), Number(parsed.a), Number(parsed.A), parsed.T, parsed.E);
		target.symbols[row] = idOf(target, parsed.s);
	},
};
