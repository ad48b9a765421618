/**
 * `node bench/protobuf.ts [--messages 100000] [--rounds 11] [--mix realistic,adversarial] [--symbols 32]`: trades in Protocol
 * Buffers to columns, beside protobufjs and @bufbuild/protobuf (decoded, and put into typed arrays) and the bound of touching
 * the bytes; all in turn in one process. The same trades with prices in three types.
 */
import { parseArgs } from 'node:util';
import { createFileRegistry, type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import protobufjs from 'protobufjs';
import 'protobufjs/ext/descriptor.js';
import { type Arena, compile, createArena, DESCRIPTOR, decimal, parseProto, protobuf, timestamp } from '../src/index.ts';
import { goThrough, type Input, layInput } from './input.ts';
import { describeMachine } from './machine.ts';
import { type Candidate, measure, now, ratioOf } from './measure.ts';
import { createMarket, createPlainColumns, MIXES, type Mix, type PlainColumns } from './messages/index.ts';
import { idOf, setNumbers } from './messages/message-type.ts';
import { aggTrade } from './messages/trade.ts';
import { wholeNumbersOf, wordsOf } from './options.ts';
import { createTouch } from './touch.ts';

const { values } = parseArgs({ options: { messages: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '11' }, mix: { type: 'string', default: MIXES.join(',') }, symbols: { type: 'string', default: '32' } } });
const [messages = 0] = wholeNumbersOf(values.messages, 'messages');
const [rounds = 0] = wholeNumbersOf(values.rounds, 'rounds');
const [symbols = 0] = wholeNumbersOf(values.symbols, 'symbols');

const ROWS = 4096;
/** Messages that the libraries get a round: they are slow. */
const SLOW_MESSAGES = 20_000;

/** How prices and quantities are written. */
const PRICES = ['sint64', 'sfixed64', 'string'] as const;
type PriceType = (typeof PRICES)[number];

const source = (price: PriceType): string => `
	syntax = "proto3"; package bench;
	enum Side { SIDE_UNSPECIFIED = 0; SIDE_BUY = 1; SIDE_SELL = 2; }
	message Trade {
		string symbol = 1; uint64 id = 2; ${price} price = 3; ${price} quantity = 4;
		int64 time = 5; int64 event_time = 6; Side side = 7; uint64 first_order = 8; uint64 last_order = 9;
	}`;

interface Trade {
	readonly symbol: string;
	readonly id: number | bigint;
	readonly price: number | bigint | string;
	readonly quantity: number | bigint | string;
	readonly time: number | bigint;
	readonly eventTime: number | bigint;
	readonly side: number;
	readonly firstOrder: number | bigint;
	readonly lastOrder: number | bigint;
}

/** A decimal's text at eight digits, as a whole number. */
const mantissaOf = (text: string): number => Math.round(Number(text) * 1e8);

function tradeOf(text: string, price: PriceType): Trade {
	const { s, a, p, q, T, E, m, f, l } = JSON.parse(text) as { s: string; a: number; p: string; q: string; T: number; E: number; m: boolean; f: number; l: number };
	const amount = (value: string): string | number => (price === 'string' ? value : mantissaOf(value));
	return { symbol: s, id: a, price: amount(p), quantity: amount(q), time: T * 1000, eventTime: E * 1000, side: m ? 2 : 1, firstOrder: f, lastOrder: l };
}

/** protobufjs has objects of its own for 64 bits, which are slow as operands. */
const numberOf = (value: Trade['price']): number => (typeof value === 'object' ? (value as unknown as { toNumber(): number }).toNumber() : Number(value));

function toColumns(trade: Trade, row: number, target: PlainColumns): void {
	setNumbers(target, row, numberOf(trade.id), numberOf(trade.price), numberOf(trade.quantity), numberOf(trade.time), numberOf(trade.eventTime), trade.side, numberOf(trade.firstOrder), numberOf(trade.lastOrder));
	target.symbols[row] = idOf(target, trade.symbol);
}

let kept: unknown;

/** What a program does without tickforge. */
function library(name: string, encoded: readonly Uint8Array[], decode: (bytes: Uint8Array) => Trade): Candidate[] {
	const target = createPlainColumns(ROWS, 1);
	const count = Math.min(messages, SLOW_MESSAGES);
	const loop = (use: (trade: Trade, row: number) => void) => (): number => {
		const start = now();
		for (let index = 0, at = 0, row = 0; index < count; index++) {
			use(decode(encoded[at] as Uint8Array), row);
			if (++at === encoded.length) at = 0;
			if (++row === ROWS) row = 0;
		}
		return (now() - start) / count;
	};
	return [
		{
			name,
			run: loop((trade) => {
				kept = trade;
			}),
		},
		{ name: `${name} + columns`, run: loop((trade, row) => toColumns(trade, row, target)) },
	];
}

async function tickforge(arena: Arena, input: Input, price: PriceType): Promise<Candidate & { warmUp(): void; close(): void }> {
	const amount = price === 'string' ? decimal(8) : { column: decimal(8), exponent: -8 };
	let rows = 0;
	const parser = compile(protobuf(await parseProto(source(price)), 'bench.Trade', { columns: { price: amount, quantity: amount, time: timestamp('us'), event_time: timestamp('us') } }), {
		arena,
		rows: ROWS,
		onBatch: (batch) => {
			rows += batch.rows;
		},
		onError: ({ category, offset }) => {
			throw new Error(`tickforge bench: a message was refused: ${category} at byte ${offset}`);
		},
	});
	const pass = (count: number): void => goThrough(input.entries, count, (first, many) => parser.parseMany(input.table + first * DESCRIPTOR.size, many));
	return {
		name: `tickforge (${parser.tier} tier)`,
		run() {
			const start = now();
			pass(messages);
			return (now() - start) / messages;
		},
		warmUp() {
			pass(400_000);
			parser.flush();
			if (rows !== 400_000) throw new Error(`tickforge bench: ${rows} rows of 400,000 messages`);
		},
		close: () => parser.dispose(),
	};
}

const machine = describeMachine();
console.log(`tickforge bench protobuf: ${machine.processor}, ${machine.processors} processors, load ${machine.load.toFixed(1)}, Node ${machine.node}, commit ${machine.commit ?? 'unknown'}${machine.changed ? ' with changes' : ''}, median and 95 % interval of ${rounds} rounds`);
for (const mix of wordsOf(values.mix, MIXES, 'mix')) for (const price of PRICES) await benchCase(mix, price);

async function benchCase(mix: Mix, price: PriceType): Promise<void> {
	const { root } = protobufjs.parse(source(price));
	const type = root.lookupType('bench.Trade');
	const described = (root as unknown as { toDescriptor(edition: string): protobufjs.Message }).toDescriptor('proto3');
	const set = fromBinary(FileDescriptorSetSchema, described.$type.encode(described).finish());
	// protobufjs names types as they are seen from their package.
	for (const file of set.file) for (const { field } of file.messageType) for (const one of field) if (one.typeName !== '' && !one.typeName.startsWith('.')) one.typeName = `.${file.package}.${one.typeName}`;
	const schema = createFileRegistry(set).getMessage('bench.Trade') as DescMessage;
	const market = createMarket(mix, symbols);
	const encoded = Array.from({ length: Math.min(messages, 20_000) }, () => Uint8Array.from(type.encode(tradeOf(aggTrade.make(market), price)).finish()));
	const arena = createArena({ ceiling: 2 ** 30 });
	const input = layInput(arena, encoded);
	const touch = createTouch(arena, input, 200_000);
	const own = await tickforge(arena, input, price);
	own.warmUp();
	const candidates: Candidate[] = [
		{
			name: 'touch',
			run() {
				const start = now();
				goThrough(touch.entries, touch.entries, touch.run);
				return (now() - start) / touch.entries;
			},
		},
		own,
		...library('protobufjs', encoded, (bytes) => type.decode(bytes) as unknown as Trade),
		...library('@bufbuild/protobuf', encoded, (bytes) => fromBinary(schema, bytes) as unknown as Trade),
	];
	const measurements = await measure(candidates, { rounds });
	own.close();
	const ours = measurements[1] as (typeof measurements)[number];
	console.log(`\ntrade, ${mix}, prices as ${price}: ${(input.bytes / input.messages).toFixed(0)} bytes, ${encoded.length} different messages`);
	for (const one of measurements) {
		const ratio = one === ours ? '' : `  ${ratioOf(one, ours).median.toFixed(2)} times tickforge's`;
		console.log(`  ${one.name.padEnd(28)} ${one.time.median.toFixed(1).padStart(8)} ns  (${one.time.low.toFixed(1)} to ${one.time.high.toFixed(1)})${ratio}`);
	}
}

/** The last value; read by nobody. */
export const lastKept = (): unknown => kept;
