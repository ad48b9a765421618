/**
 * Binary messages to columns: the ITCH mix of orders, and Binance's SBE trades. In each round the generated tier, a C++
 * loop that copies the same fields into the same columns, a DataView loop (ITCH), and the bound that no parser can pass
 * (every byte loaded once).
 *
 *   node bench/binary.ts [--rounds 11] [--messages 1000000]
 */
import { parseArgs } from 'node:util';
import { compile, createArena, DESCRIPTOR, type Parser } from '../src/index.ts';
import { type BinaryProtocol, binary, createEncoder, type EncodedRow } from '../src/protocols/binary/index.ts';
import { itch50 } from '../src/protocols/itch/index.ts';
import { binanceSpotStreams } from '../src/protocols/sbe/index.ts';
import { measure, ratioOf } from './measure.ts';
import { startNativeLoop } from './native-loop.ts';
import { createTouch } from './touch.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '11' }, messages: { type: 'string', default: '1000000' } } });
const rounds = Number(values.rounds);

/** Shares of the order messages of a usual day, about. */
const MIX = { addOrder: 0.42, orderDelete: 0.4, orderReplace: 0.07, orderExecuted: 0.06, orderCancel: 0.02, trade: 0.02, addOrderAttributed: 0.01 } as const;

/** The same numbers each time. */
function createRandom(): () => number {
	let state = 12345;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 4294967296;
	};
}

/** @param order `random`: each type is drawn anew; `runs`: of the same type several in a row, as bursts have */
function makeMessages(count: number, order: 'random' | 'runs'): Uint8Array[] {
	const random = createRandom();
	const encoder = createEncoder(binary(itch50()));
	const names = Object.keys(MIX) as (keyof typeof MIX)[];
	const stocks = Array.from({ length: 512 }, (_, index) => `S${index.toString(36).toUpperCase()}`);
	const below = (most: number): number => Math.floor(random() * most);
	const draw = (): keyof typeof MIX => {
		let left = random();
		for (const name of names) {
			left -= MIX[name];
			if (left < 0) return name;
		}
		return 'addOrder';
	};
	let type = draw();
	const made: Uint8Array[] = [];
	for (let index = 0; index < count; index++) {
		if (order === 'random' || random() < 0.2) type = draw();
		const stock = below(stocks.length);
		const row = {
			stockLocate: stock,
			trackingNumber: below(4) * 2,
			timestamp: 34_200_000_000_000n + BigInt(index) * 1000n,
			orderReference: BigInt(below(1e9)),
			originalOrderReference: BigInt(below(1e9)),
			newOrderReference: BigInt(below(1e9)),
			side: random() < 0.5 ? 'buy' : 'sell',
			shares: below(1000) + 1,
			executedShares: below(100) + 1,
			cancelledShares: below(100) + 1,
			matchNumber: BigInt(index),
			stock: stocks[stock] as string,
			price: BigInt(below(2_000_000) + 1),
			attribution: 'NSDQ',
		};
		made.push(encoder.encode(type, row as never));
	}
	return made;
}

/** The same into typed arrays by DataView, as a program without tickforge does: one table for all, no checks. */
function createDataViewLoop(encoded: readonly Uint8Array[]): (messages: number) => number {
	const size = encoded.reduce((sum, { length }) => sum + length, 0);
	const bytes = new Uint8Array(size);
	const offsets = new Uint32Array(encoded.length);
	let at = 0;
	encoded.forEach((message, index) => {
		bytes.set(message, at);
		offsets[index] = at;
		at += message.length;
	});
	const view = new DataView(bytes.buffer);
	const rows = 4096;
	const table = () => ({ rows: 0, u32: Array.from({ length: 5 }, () => new Uint32Array(rows)), time: new Float64Array(rows), u64: [new BigUint64Array(rows), new BigUint64Array(rows)], price: new Float64Array(rows) });
	const tables = Array.from({ length: 7 }, table);
	const ids = new Map<bigint, number>();
	return (messages) => {
		const started = performance.now();
		for (let done = 0, k = 0; done < messages; done++) {
			const p = offsets[k] as number;
			if (++k === offsets.length) k = 0;
			const type = bytes[p] as number;
			const which = type === 0x41 ? 0 : type === 0x44 ? 1 : type === 0x55 ? 2 : type === 0x45 ? 3 : type === 0x58 ? 4 : type === 0x50 ? 5 : 6;
			const { u32, u64, time, price, ...own } = tables[which] as ReturnType<typeof table>;
			const row = own.rows;
			(u32[0] as Uint32Array)[row] = view.getUint16(p + 1);
			(u32[1] as Uint32Array)[row] = view.getUint16(p + 3);
			time[row] = view.getUint16(p + 5) * 4294967296 + view.getUint32(p + 7);
			(u64[0] as BigUint64Array)[row] = view.getBigUint64(p + 11);
			if (which === 0 || which >= 5) {
				(u32[2] as Uint32Array)[row] = bytes[p + 19] === 0x42 ? 0 : 1;
				(u32[3] as Uint32Array)[row] = view.getUint32(p + 20);
				const name = view.getBigUint64(p + 24);
				let id = ids.get(name);
				if (id === undefined) {
					id = ids.size;
					ids.set(name, id);
				}
				(u32[4] as Uint32Array)[row] = id;
				price[row] = view.getUint32(p + 32);
				if (which === 5) (u64[1] as BigUint64Array)[row] = view.getBigUint64(p + 36);
			} else if (which === 2) {
				(u64[1] as BigUint64Array)[row] = view.getBigUint64(p + 19);
				(u32[3] as Uint32Array)[row] = view.getUint32(p + 27);
				price[row] = view.getUint32(p + 31);
			} else if (which !== 1) {
				(u32[3] as Uint32Array)[row] = view.getUint32(p + 19);
				if (which === 3) (u64[1] as BigUint64Array)[row] = view.getBigUint64(p + 23);
			}
			(tables[which] as { rows: number }).rows = row + 1 === rows ? 0 : row + 1;
		}
		return ((performance.now() - started) * 1e6) / messages;
	};
}

interface Case {
	readonly title: string;
	readonly protocol: BinaryProtocol;
	readonly encoded: readonly Uint8Array[];
	/** In bench/native. */
	readonly native: string;
	/** Nanoseconds a message. */
	readonly plain: ((messages: number) => number) | null;
}

async function bench({ title, protocol, encoded, native: source, plain }: Case): Promise<void> {
	const count = encoded.length;
	const bytes = encoded.reduce((sum, { length }) => sum + length, 0);
	const messages = Math.max(count, Number(values.messages));
	const arena = createArena({ ceiling: 2 ** 30 });
	const window = arena.allocate('messages', bytes + 1024);
	const table = arena.allocate('descriptors', count * DESCRIPTOR.size);
	let at = window.address;
	const view = arena.view();
	encoded.forEach((message, index) => {
		arena.u8().set(message, at);
		view.setUint32(table.address + index * DESCRIPTOR.size + DESCRIPTOR.offset, at, true);
		view.setUint32(table.address + index * DESCRIPTOR.size + DESCRIPTOR.length, message.length, true);
		at += message.length;
	});
	const touch = createTouch(arena, { address: window.address, bytes, messages: count });
	let rows = 0;
	const parser: Parser = compile(protocol, {
		arena,
		onBatch(batch) {
			rows += batch.rows;
		},
	});
	const repeat = (run: (count: number) => void): number => {
		const started = performance.now();
		for (let left = messages; left > 0; left -= count) run(Math.min(left, count));
		return ((performance.now() - started) * 1e6) / messages;
	};
	const native = await startNativeLoop(source, encoded);
	// The engine optimises in the background, which takes long on a busy machine.
	for (const until = performance.now() + 3000; performance.now() < until; ) repeat((some) => parser.parseMany(table.address, some));
	const candidates: { name: string; run: () => number | Promise<number> }[] = [
		{ name: 'tickforge', run: () => repeat((some) => parser.parseMany(table.address, some)) },
		{ name: 'touch bound', run: () => repeat((some) => touch.run(0, some)) },
	];
	if (plain !== null) candidates.push({ name: 'DataView loop', run: () => plain(messages) });
	if (native !== null) candidates.push({ name: 'C++ loop', run: () => native.run(messages) });
	const measurements = await measure(candidates, { rounds, warmUp: 2 });
	native?.close();
	const { refused } = parser.statistics();
	if (refused > 0 || rows === 0) throw new Error(`tickforge bench: ${refused} messages were refused`);
	parser.dispose();
	console.log(`\n${title}, ${count.toLocaleString('en')} messages (${(bytes / 2 ** 20).toFixed(1)} MiB), ${rounds} rounds`);
	const own = measurements[0] as (typeof measurements)[number];
	for (const measured of measurements) {
		const ratio = measured === own ? '' : `  tickforge takes ${ratioOf(own, measured).median.toFixed(2)} of it`;
		console.log(`  ${measured.name.padEnd(14)} ${measured.time.median.toFixed(2).padStart(8)} ns/message  (${measured.time.low.toFixed(2)} to ${measured.time.high.toFixed(2)})${ratio}`);
	}
	if (native === null) console.log('  C++ loop: skipped, because g++ is not here');
}

/** One or two trades a message, as the venue sends them. */
function makeTrades(count: number): Uint8Array[] {
	const random = createRandom();
	const encoder = createEncoder(binary(binanceSpotStreams()));
	const symbols = Array.from({ length: 64 }, (_, index) => `${['BTC', 'ETH', 'SOL', 'DOGE'][index % 4]}${index}USDT`);
	return Array.from({ length: count }, (_, index) => {
		const trade = (): EncodedRow => ({ id: BigInt(index), price: BigInt(1 + Math.floor(random() * 1e7)) * 1_000_000n, qty: BigInt(1 + Math.floor(random() * 1e6)) * 1000n, isBuyerMaker: random() < 0.5 });
		const time = 1_717_000_000_000_000_000n + BigInt(index) * 1000n;
		return encoder.encode('trades', { eventTime: time, transactTime: time, priceExponent: -2, qtyExponent: -5, trades: random() < 0.9 ? [trade()] : [trade(), trade()], symbol: symbols[Math.floor(random() * symbols.length)] as string } as EncodedRow);
	});
}

for (const order of ['random', 'runs'] as const) {
	for (const count of [2000, 1_000_000]) {
		const encoded = makeMessages(count, order);
		await bench({ title: `ITCH 5.0 orders, types ${order === 'random' ? 'at random' : 'in runs'}`, protocol: binary(itch50()), encoded, native: 'itch-columns.cpp', plain: createDataViewLoop(encoded) });
	}
}
for (const count of [2000, 500_000]) await bench({ title: 'SBE trades (Binance)', protocol: binary(binanceSpotStreams()), encoded: makeTrades(count), native: 'sbe-columns.cpp', plain: null });
