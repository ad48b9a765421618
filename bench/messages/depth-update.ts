/** A difference of the order book with twenty levels, as Binance's futures market sends it. */
import { decimal, integer, list, literal, message, symbol, timestamp, tuple } from '../../src/index.ts';
import type { Instrument } from './market.ts';
import { feed, idOf, type MessageType, type PlainColumns, setNumbers } from './message-type.ts';

type Levels = readonly (readonly [string, string])[];
interface DepthUpdate {
	readonly E: number;
	readonly T: number;
	readonly s: string;
	readonly U: number;
	readonly u: number;
	readonly pu: number;
	readonly b: Levels;
	readonly a: Levels;
}

const pair = tuple({ price: decimal(8), size: decimal(8) });

function take(target: PlainColumns, levels: Levels, side: number, row: number): void {
	for (const [price, size] of levels) {
		(target.items[0] as Float64Array)[target.used] = Number(price);
		(target.items[1] as Float64Array)[target.used++] = Number(size);
	}
	(target.offsets[side] as Int32Array)[row + 1] = target.used;
}

/** Ten levels away from the price, one way. */
const levels = ({ price, size }: Instrument, way: 1 | -1): string => Array.from({ length: 10 }, (_, level) => `["${price(way * (level * 2 + 1))}","${size()}"]`).join(',');

export const depthUpdate: MessageType = {
	name: 'depthUpdate',
	schema: feed(
		message('depthUpdate', {
			type: literal('depthUpdate').key('e'),
			eventTime: timestamp('ms').key('E'),
			time: timestamp('ms').key('T'),
			symbol: symbol().key('s'),
			first: integer().key('U'),
			last: integer().key('u'),
			previous: integer().key('pu'),
			bids: list(pair).key('b'),
			asks: list(pair).key('a'),
		}),
	),
	make(market) {
		const time = market.time();
		const first = market.next() * 10;
		const instrument = market.instrument();
		return `{"e":"depthUpdate","E":${time},"T":${time - 3},"s":"${instrument.name}","U":${first},"u":${first + 9},"pu":${first - 1},"b":[${levels(instrument, -1)}],"a":[${levels(instrument, 1)}]}`;
	},
	columns(parsed: DepthUpdate, row, target) {
		setNumbers(target, row, parsed.E, parsed.T, parsed.U, parsed.u, parsed.pu);
		target.symbols[row] = idOf(target, parsed.s);
		take(target, parsed.b, 0, row);
		take(target, parsed.a, 1, row);
	},
};
