/** One change of the order book with an ISO time, as Coinbase sends it. */
import { decimal, enumeration, list, literal, message, symbol, timestamp, tuple } from '../../src/index.ts';
import { feed, idOf, type MessageType, setNumbers } from './message-type.ts';

interface L2Update {
	readonly product_id: string;
	readonly changes: readonly (readonly [string, string, string])[];
	readonly time: string;
}

export const l2Update: MessageType = {
	name: 'l2update',
	schema: feed(
		message('l2update', {
			type: literal('l2update').key('type'),
			symbol: symbol().key('product_id'),
			changes: list(tuple({ side: enumeration(['buy', 'sell']), price: decimal(8), size: decimal(8) })).key('changes'),
			time: timestamp('rfc3339').key('time'),
		}),
	),
	make(market) {
		const time = new Date(market.time()).toISOString().slice(0, 23);
		const { name, price, size } = market.instrument();
		// Microseconds; the adversarial mix cuts the fraction anywhere.
		const micros = String(market.below(1000)).padStart(3, '0');
		const text = market.mix === 'realistic' ? `${time}${micros}Z` : `${`${time}${micros}`.slice(0, 21 + market.below(6))}Z`;
		return `{"type":"l2update","product_id":"${name}","changes":[["${market.below(2) === 0 ? 'buy' : 'sell'}","${price(market.below(40) - 20)}","${size()}"]],"time":"${text}"}`;
	},
	columns(parsed: L2Update, row, target) {
		setNumbers(target, row, Date.parse(parsed.time));
		target.symbols[row] = idOf(target, parsed.product_id);
		for (const [side, price, size] of parsed.changes) {
			(target.items[0] as Float64Array)[target.used] = Number(price);
			(target.items[1] as Float64Array)[target.used] = Number(size);
			(target.items[2] as Float64Array)[target.used++] = side === 'buy' ? 0 : 1;
		}
		(target.offsets[0] as Int32Array)[row + 1] = target.used;
	},
};
