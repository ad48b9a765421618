/** Messages for benchmarks: seeded, in the layouts that venues document, with symbols in a Zipf-like mix. */
import { decimal, enumeration, flag, integer, list, literal, message, type Schema, symbol, timestamp, tuple } from '../src/index.ts';
import { oneOf } from '../src/schema/index.ts';

export interface MessageType {
	readonly name: string;
	readonly schema: Schema;
	/** One message; the generator's state goes on. */
	readonly make: (random: Random) => string;
	/** The same columns from a parsed object: what a program without tickforge does. */
	readonly columns: (parsed: never, row: number, target: PlainColumns) => void;
}

/** Columns for the JSON.parse baseline. */
export interface PlainColumns {
	readonly numbers: Float64Array[];
	readonly symbols: Uint32Array;
	readonly offsets: Int32Array[];
	readonly items: Float64Array[];
	readonly ids: Map<string, number>;
	used: number;
}

export interface Random {
	below(bound: number): number;
	symbol(): string;
	price(): string;
	size(): string;
	/** Milliseconds, rising. */
	time(): number;
	/** A counter, rising. */
	next(): number;
}

export function createRandom(seed: number, symbolCount: number): Random {
	let state = seed >>> 0;
	const below = (bound: number): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
	};
	const bases = ['BTC', 'ETH', 'SOL', 'DOGE', 'XRP', 'ADA', 'AVAX', 'LINK', 'SUSHI', 'MATIC', 'DOT', 'UNI', 'LTC', 'BCH', 'ATOM', 'NEAR'];
	const quotes = ['USDT', 'BTC', 'EUR', 'FDUSD'];
	const names = Array.from({ length: symbolCount }, (_, index) => {
		const base = bases[index % bases.length] as string;
		const round = Math.floor(index / bases.length / quotes.length);
		return `${round === 0 ? '' : round}${base}${quotes[Math.floor(index / bases.length) % quotes.length]}`;
	});
	let now = 1_717_000_000_000;
	let counter = 3_000_000_000;
	return {
		below,
		symbol: () => names[Math.min(below(symbolCount), below(symbolCount))] as string,
		price: () => `${below(70_000) + 1}.${String(below(100)).padStart(2, '0')}`,
		size: () => `${below(500)}.${String(below(100_000)).padStart(5, '0')}`,
		time: () => (now += below(7)),
		next: () => ++counter,
	};
}

const pair = tuple({ price: decimal(8), size: decimal(8) });
const feed = (variant: Parameters<typeof oneOf>[2]): Schema => oneOf(variant.name, { version: 1 }, variant);
const idOf = (target: PlainColumns, name: string): number => {
	let id = target.ids.get(name);
	if (id === undefined) {
		id = target.ids.size;
		target.ids.set(name, id);
	}
	return id;
};
const levels = (target: PlainColumns, list: readonly (readonly [string, string])[], which: number, row: number): void => {
	for (const [price, size] of list) {
		(target.items[0] as Float64Array)[target.used] = Number(price);
		(target.items[1] as Float64Array)[target.used++] = Number(size);
	}
	(target.offsets[which] as Int32Array)[row + 1] = target.used;
};

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
interface DepthUpdate {
	readonly E: number;
	readonly T: number;
	readonly s: string;
	readonly U: number;
	readonly u: number;
	readonly pu: number;
	readonly b: readonly (readonly [string, string])[];
	readonly a: readonly (readonly [string, string])[];
}
interface L2Update {
	readonly product_id: string;
	readonly changes: readonly (readonly [string, string, string])[];
	readonly time: string;
}

const manyLevels = (random: Random, count: number): string => Array.from({ length: count }, () => `["${random.price()}","${random.size()}"]`).join(',');
const set = (target: PlainColumns, row: number, ...values: readonly number[]): void => {
	for (let index = 0; index < values.length; index++) (target.numbers[index] as Float64Array)[row] = values[index] as number;
};

export const messageTypes: readonly MessageType[] = [
	{
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
		make(random) {
			const time = random.time();
			const id = random.next();
			return `{"e":"aggTrade","E":${time},"s":"${random.symbol()}","a":${id},"p":"${random.price()}000000","q":"${random.size()}000","f":${id * 2},"l":${id * 2 + random.below(3)},"T":${time - 1},"m":${random.below(2) === 0}}`;
		},
		columns(parsed: AggTrade, row, target) {
			set(target, row, parsed.E, parsed.a, Number(parsed.p), Number(parsed.q), parsed.f, parsed.l, parsed.T, parsed.m ? 1 : 0);
			target.symbols[row] = idOf(target, parsed.s);
		},
	},
	{
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
		make(random) {
			const time = random.time();
			return `{"e":"bookTicker","u":${random.next()},"s":"${random.symbol()}","b":"${random.price()}","B":"${random.size()}","a":"${random.price()}","A":"${random.size()}","T":${time},"E":${time + 2}}`;
		},
		columns(parsed: BookTicker, row, target) {
			set(target, row, parsed.u, Number(parsed.b), Number(parsed.B), Number(parsed.a), Number(parsed.A), parsed.T, parsed.E);
			target.symbols[row] = idOf(target, parsed.s);
		},
	},
	{
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
		make(random) {
			const time = random.time();
			const first = random.next() * 10;
			return `{"e":"depthUpdate","E":${time},"T":${time - 3},"s":"${random.symbol()}","U":${first},"u":${first + 9},"pu":${first - 1},"b":[${manyLevels(random, 10)}],"a":[${manyLevels(random, 10)}]}`;
		},
		columns(parsed: DepthUpdate, row, target) {
			set(target, row, parsed.E, parsed.T, parsed.U, parsed.u, parsed.pu);
			target.symbols[row] = idOf(target, parsed.s);
			levels(target, parsed.b, 0, row);
			levels(target, parsed.a, 1, row);
		},
	},
	{
		name: 'l2update',
		schema: feed(
			message('l2update', {
				type: literal('l2update').key('type'),
				symbol: symbol().key('product_id'),
				changes: list(tuple({ side: enumeration(['buy', 'sell']), price: decimal(8), size: decimal(8) })).key('changes'),
				time: timestamp('rfc3339').key('time'),
			}),
		),
		make(random) {
			const time = new Date(random.time()).toISOString().slice(0, 23);
			return `{"type":"l2update","product_id":"${random.symbol()}","changes":[["${random.below(2) === 0 ? 'buy' : 'sell'}","${random.price()}","${random.size()}"]],"time":"${time}${String(random.below(1000)).padStart(3, '0')}Z"}`;
		},
		columns(parsed: L2Update, row, target) {
			set(target, row, Date.parse(parsed.time));
			target.symbols[row] = idOf(target, parsed.product_id);
			for (const [side, price, size] of parsed.changes) {
				(target.items[0] as Float64Array)[target.used] = Number(price);
				(target.items[1] as Float64Array)[target.used] = Number(size);
				(target.items[2] as Float64Array)[target.used++] = side === 'buy' ? 0 : 1;
			}
			(target.offsets[0] as Int32Array)[row + 1] = target.used;
		},
	},
];
