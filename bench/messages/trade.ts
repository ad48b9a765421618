/** A trade as Binance's spot market sends it: nine fields, about 164 bytes. */
import { decimal, flag, integer, literal, message, symbol, timestamp } from '../../src/index.ts';
import type { Market } from './market.ts';
import { feed, idOf, type MessageType, setNumbers } from './message-type.ts';

interface AggTrade {
	readonly E: number;
	readonly s: string;
	readonly a: number;
	readonly p: string;
	readonly q: string;
	readonly f: number;
	readonly l: number;
	readonly T: number;
	readonly m: boolean;
}

/** Eight digits after the point, as the spot market pads; texts of the adversarial mix stay as they are. */
const padded = (market: Market, text: string): string => {
	if (market.mix !== 'realistic') return text;
	const point = text.indexOf('.');
	return point < 0 ? `${text}.00000000` : text.padEnd(point + 9, '0');
};

export const aggTrade: MessageType = {
	name: 'aggTrade',
	schema: feed(
		message('aggTrade', {
			type: literal('aggTrade').key('e'),
			eventTime: timestamp('ms').key('E'),
			symbol: symbol().key('s'),
			id: integer().key('a'),
			price: decimal(8).key('p'),
			quantity: decimal(8).key('q'),
			first: integer().key('f'),
			last: integer().key('l'),
			time: timestamp('ms').key('T'),
			maker: flag().key('m'),
		}),
	),
	make(market) {
		const time = market.time();
		const { name, price, size } = market.instrument();
		const first = market.next() * 2;
		return `{"e":"aggTrade","E":${time},"s":"${name}","a":${market.next()},"p":"${padded(market, price())}","q":"${padded(market, size())}","f":${first},"l":${first + market.below(3)},"T":${time - 1},"m":${market.below(2) === 0}}`;
	},
	columns(parsed: AggTrade, row, target) {
		setNumbers(target, row, parsed.E, parsed.a, Number(parsed.p), Number(parsed.q), parsed.f, parsed.l, parsed.T, parsed.m ? 1 : 0);
		target.symbols[row] = idOf(target, parsed.s);
	},
};
