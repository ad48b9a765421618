/** `tickforge book`: the order book at the end of an ITCH file. */
import { createOrderBook, type OrderBook, type Side } from '../book/index.ts';
import { parseFeed } from '../pipeline/feed.ts';
import { binaryPresets } from '../protocols/presets.ts';
import { numberOption, readArguments } from './arguments.ts';
import { openInput } from './run.ts';
import { count, secondsText, table } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

interface Level {
	readonly price: string;
	readonly shares: number;
	readonly orders: number;
}

function levelsOf(book: OrderBook, stock: number, side: Side, most: number): Level[] {
	const into = { prices: new Float64Array(most), shares: new Float64Array(most), orders: new Uint32Array(most) };
	return Array.from({ length: book.depth(stock, side, into) }, (_, level) => ({ price: ((into.prices[level] as number) / 10 ** book.priceScale).toFixed(book.priceScale), shares: into.shares[level] as number, orders: into.orders[level] as number }));
}

export async function bookCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('book', args, { stock: { type: 'string' }, depth: { type: 'string' }, most: { type: 'string' }, format: { type: 'string' }, json: { type: 'boolean', default: false } });
	const [input, ...more] = positionals;
	if (input === undefined || more.length > 0) throw new UsageError('tickforge book: one file of ITCH messages, or - for standard input. See: tickforge book --help');
	const depth = numberOption('book', 'depth', values.depth, 1, 10_000) ?? (values.stock === undefined ? 1 : 10);
	const most = numberOption('book', 'most', values.most, 1, 65_536) ?? 20;
	const preset = binaryPresets.find(({ name }) => name === 'nasdaq-itch-5.0');
	if (preset === undefined) throw new Error('tickforge book: the preset nasdaq-itch-5.0 is gone');
	const { source, framing, protocol } = await openInput(input, values.format, preset.protocol());
	const book = createOrderBook();
	const summary = await parseFeed(protocol, source, framing, { arena: book.arena, sequence: true, onBatch: book.take, onComplete: book.complete });
	const { orders, levels, problems, events } = book.statistics();
	const found: { readonly stock: number; readonly name: string; readonly levels: number }[] = [];
	book.visitStocks((stock) => found.push({ stock, name: book.name(stock) ?? String(stock), levels: book.levels(stock, 'buy') + book.levels(stock, 'sell') }));
	const chosen = values.stock === undefined ? found.sort((a, b) => b.levels - a.levels || a.stock - b.stock).slice(0, most) : found.filter(({ name }) => name === values.stock);
	if (values.stock !== undefined && chosen.length === 0) throw new UsageError(`tickforge book: ${book.stock(values.stock) < 0 ? `no message of ${input} names ${values.stock}` : `${values.stock} has no orders at the end of ${input}`}`, EXIT.input);
	const { messages, refused } = summary.statistics;
	const exit = refused > 0 ? EXIT.refused : EXIT.ok;
	if (values.json) {
		const books = chosen.map(({ name, stock }) => ({ stock: name, locate: stock, bids: levelsOf(book, stock, 'buy', depth), asks: levelsOf(book, stock, 'sell', depth) }));
		console.log(JSON.stringify({ messages, refused, orders, levels, stocks: found.length, events, problems, books }));
		return exit;
	}
	console.log(`${count(messages)} messages${refused > 0 ? `, ${count(refused)} refused` : ''} in ${secondsText(summary.seconds)}; at the end ${count(orders)} orders at ${count(levels)} levels of ${count(found.length)} stocks`);
	for (const [category, number] of Object.entries(problems)) if (number > 0) console.log(`  ${category}: ${count(number)}`);
	const rows = chosen.flatMap(({ name, stock }) => {
		const bids = levelsOf(book, stock, 'buy', depth);
		const asks = levelsOf(book, stock, 'sell', depth);
		return Array.from({ length: Math.max(bids.length, asks.length) }, (_, level) => {
			const [bid, ask] = [bids[level], asks[level]];
			return [level === 0 ? name : '', ...(bid === undefined ? ['', '', ''] : [count(bid.orders), count(bid.shares), bid.price]), ...(ask === undefined ? ['', '', ''] : [ask.price, count(ask.shares), count(ask.orders)])];
		});
	});
	if (rows.length > 0) console.log(`\n${table([['stock', 'orders', 'shares', 'bid', 'ask', 'shares', 'orders'], ...rows], [1, 2, 3, 4, 5, 6])}`);
	if (chosen.length < found.length && values.stock === undefined) console.log(`\n… ${count(found.length - chosen.length)} more stocks (--most), the ones with most levels are above`);
	return exit;
}
