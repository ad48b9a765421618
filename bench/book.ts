/**
 * The order book over a generated ITCH day: so many orders are there, then the mix of a day comes. In each round the book
 * (parsing apart from it), maps of objects, and a C++ program with std::unordered_map and std::map, which parses as it goes.
 * All of them end with the same best prices, or the run fails.
 *
 *   node bench/book.ts [--standing 100000,1000000] [--messages 1000000] [--stocks 8000] [--rounds 5] [--no-maps]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { binary, compile, createArena, createOrderBook, DESCRIPTOR, itch50, type OrderBook, type OrderEvent } from '../src/index.ts';
import { writeItchDay } from './itch-day.ts';
import { estimateMedian } from './statistics.ts';

const { values } = parseArgs({
	options: {
		standing: { type: 'string', default: '100000,1000000' },
		messages: { type: 'string', default: '1000000' },
		stocks: { type: 'string', default: '8000' },
		rounds: { type: 'string', default: '5' },
		'no-maps': { type: 'boolean', default: false },
	},
});
const messages = Number(values.messages);
const stocks = Number(values.stocks);
const rounds = Number(values.rounds);
const CHUNK = 16384;

/** Messages after their lengths, as BinaryFILE has them. */
function makeDay(standing: number): Buffer {
	const bytes = Buffer.alloc((standing + messages + stocks) * 44);
	let at = 0;
	writeItchDay(messages, { stocks, seed: 1, wrong: 0, standing }, (message) => {
		bytes.writeUInt16BE(message.length, at);
		bytes.set(message, at + 2);
		at += 2 + message.length;
	});
	return bytes.subarray(0, at);
}

const starts = (day: Buffer): Uint32Array => {
	const found = new Uint32Array(day.length / 20);
	let count = 0;
	for (let at = 0; at < day.length; at += 2 + day.readUInt16BE(at)) found[count++] = at;
	return found.subarray(0, count);
};

/** What all candidates must agree on: orders, levels, and a sum over the best of all sides. */
function resultOf(book: OrderBook): string {
	let sum = 0;
	book.visitStocks((stock) => {
		for (const side of ['buy', 'sell'] as const) if (book.levels(stock, side) > 0) sum += book.bestPrice(stock, side) + book.bestShares(stock, side);
	});
	const { orders, levels } = book.statistics();
	return `${orders} ${levels} ${sum}`;
}

/** Nanoseconds a message of the mix: in the book, and in all. */
function runBook(day: Buffer, at: Uint32Array, standing: number): { readonly book: number; readonly total: number; readonly result: string } {
	const arena = createArena({ ceiling: 2 ** 32 - 65536 });
	const window = arena.allocate('messages', CHUNK * 64);
	const table = arena.allocate('descriptors', CHUNK * DESCRIPTOR.size);
	const book = createOrderBook({ arena, orders: standing * 2 });
	const times = new Float64Array(2);
	const parser = compile(binary(itch50()), {
		arena,
		sequence: true,
		onBatch: book.take,
		onComplete(upTo) {
			const started = performance.now();
			book.complete(upTo);
			times[0] = (times[0] as number) + performance.now() - started;
		},
	});
	const first = at.length - messages;
	for (let from = 0; from < at.length; ) {
		const to = Math.min(from < first ? first : at.length, from + CHUNK);
		if (from === first) {
			parser.flush();
			times.fill(0);
		}
		const begin = at[from] as number;
		arena.u8().set(day.subarray(begin, to < at.length ? at[to] : day.length), window.address);
		const view = arena.view();
		for (let index = from; index < to; index++) {
			const start = at[index] as number;
			view.setUint32(table.address + (index - from) * DESCRIPTOR.size + DESCRIPTOR.offset, window.address + start + 2 - begin, true);
			view.setUint32(table.address + (index - from) * DESCRIPTOR.size + DESCRIPTOR.length, day.readUInt16BE(start), true);
		}
		const started = performance.now();
		parser.parseMany(table.address, to - from);
		if (to === at.length) parser.flush();
		times[1] = (times[1] as number) + performance.now() - started;
		from = to;
	}
	if (parser.statistics().refused > 0) throw new Error('tickforge bench: messages were refused');
	return { book: ((times[0] as number) * 1e6) / messages, total: ((times[1] as number) * 1e6) / messages, result: resultOf(book) };
}

/** The same events as objects, made before: maps do not pay for reading messages. */
function readEvents(day: Buffer, at: Uint32Array): (OrderEvent | null)[] {
	return Array.from(at, (start): OrderEvent | null => {
		const p = start + 2;
		const reference = day.length >= p + 19 ? day.readBigUInt64BE(p + 11) : 0n;
		switch (String.fromCharCode(day[p] as number)) {
			case 'A':
			case 'F':
				return { kind: 'add', reference, stock: day.readUInt16BE(p + 1), side: day[p + 19] === 0x42 ? 'buy' : 'sell', shares: day.readUInt32BE(p + 20), price: day.readUInt32BE(p + 32) };
			case 'E':
			case 'C':
				return { kind: 'execute', reference, shares: day.readUInt32BE(p + 19) };
			case 'X':
				return { kind: 'cancel', reference, shares: day.readUInt32BE(p + 19) };
			case 'D':
				return { kind: 'delete', reference };
			case 'U':
				return { kind: 'replace', reference, newReference: day.readBigUInt64BE(p + 19), shares: day.readUInt32BE(p + 27), price: day.readUInt32BE(p + 31) };
			default:
				return null;
		}
	});
}

function runMaps(events: readonly (OrderEvent | null)[]): { readonly time: number; readonly result: string } {
	const book = createOrderBook({ tier: 'reference', onProblem: () => undefined });
	const first = events.length - messages;
	let started = 0;
	for (let index = 0; index < events.length; index++) {
		if (index === first) started = performance.now();
		const event = events[index];
		if (event !== null && event !== undefined) book.apply(event, index);
	}
	const time = ((performance.now() - started) * 1e6) / messages;
	return { time, result: resultOf(book) };
}

const folder = mkdtempSync(join(tmpdir(), 'tickforge-book-'));
try {
	const program = join(folder, 'order-book');
	let native = true;
	try {
		execFileSync('g++', ['-O3', '-march=native', '-std=c++17', join(import.meta.dirname, 'native/order-book.cpp'), '-o', program], { stdio: 'pipe' });
	} catch {
		native = false;
	}
	for (const standing of values.standing.split(',').map(Number)) {
		const day = makeDay(standing);
		const at = starts(day);
		const file = join(folder, 'day.itch');
		writeFileSync(file, day);
		const times: Record<string, number[]> = {};
		const note = (name: string, time: number): void => void (times[name] ??= []).push(time);
		const results = new Set<string>();
		const events = values['no-maps'] ? null : readEvents(day, at);
		// The first round warms up.
		for (let round = 0; round <= rounds; round++) {
			const own = runBook(day, at, standing);
			results.add(own.result);
			const cpp = native
				? execFileSync(program, [file, String(messages)], { encoding: 'utf8' })
						.trim()
						.split(' ')
				: null;
			if (cpp !== null) results.add(cpp.slice(1).join(' '));
			const maps = events === null ? null : runMaps(events);
			if (maps !== null) results.add(maps.result);
			if (round === 0) continue;
			note('book', own.book);
			note('book and parser', own.total);
			if (cpp !== null) note('C++', Number(cpp[0]));
			if (maps !== null) note('maps', maps.time);
		}
		if (results.size !== 1) throw new Error(`tickforge bench: the books differ: ${[...results].join('; ')}`);
		console.log(`\n${standing.toLocaleString('en')} orders standing, ${messages.toLocaleString('en')} messages, ${stocks.toLocaleString('en')} stocks, ${rounds} rounds; orders, levels, sum: ${[...results][0]}`);
		for (const [name, list] of Object.entries(times)) {
			const { median, low, high } = estimateMedian(list);
			console.log(`  ${name.padEnd(16)} ${median.toFixed(2).padStart(8)} ns/message  (${low.toFixed(2)} to ${high.toFixed(2)})`);
		}
		if (!native) console.log('  C++: skipped, because g++ is not here');
	}
} finally {
	rmSync(folder, { recursive: true, force: true });
}
