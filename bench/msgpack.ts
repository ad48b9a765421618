/**
 * `node bench/msgpack.ts [--messages 100000] [--rounds 11] [--mix realistic,adversarial] [--symbols 32]`: MessagePack
 * trades to columns in both generated tiers, beside msgpackr and @msgpack/msgpack (decoded, and put into typed arrays) and the bound of touching
 * the bytes; all in turn in one process. The same trades in five spellings.
 */

import { parseArgs } from 'node:util';
import { decode } from '@msgpack/msgpack';
import { Packr, Unpackr } from 'msgpackr';
import { type Arena, compile, createArena, DESCRIPTOR, encodeMessagePack, msgpack } from '../src/index.ts';
import { goThrough, type Input, layInput } from './input.ts';
import { describeMachine } from './machine.ts';
import { type Candidate, measure, now, ratioOf } from './measure.ts';
import { createMarket, createPlainColumns, MIXES, type Mix } from './messages/index.ts';
import { aggTrade } from './messages/trade.ts';
import { wholeNumbersOf, wordsOf } from './options.ts';
import { createTouch } from './touch.ts';

const { values } = parseArgs({ options: { messages: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '11' }, mix: { type: 'string', default: MIXES.join(',') }, symbols: { type: 'string', default: '32' } } });
const [messages = 0] = wholeNumbersOf(values.messages, 'messages');
const [rounds = 0] = wholeNumbersOf(values.rounds, 'rounds');
const [symbols = 0] = wholeNumbersOf(values.symbols, 'symbols');

const ROWS = 4096;
/** For the engine to optimise, and the layout tier to learn. */
const WARM_UP = 1_500_000;
/** Messages that the libraries get a round: they are slow. */
const SLOW_MESSAGES = 20_000;

type Trade = Record<string, unknown>;
const packr = new Packr({ useRecords: false });
const withNumbers = (trade: Trade): Trade => ({ ...trade, p: Number(trade.p), q: Number(trade.q) });

/** How the same trade is written. */
const SPELLINGS: readonly { readonly name: string; readonly write: (trade: Trade) => Uint8Array }[] = [
	{ name: 'prices as text', write: encodeMessagePack },
	{ name: 'prices as float64', write: (trade) => encodeMessagePack(withNumbers(trade)) },
	{ name: 'prices as float64, by position', write: (trade) => encodeMessagePack(Object.values(withNumbers(trade))) },
	{ name: 'prices and times as float64, as msgpackr writes them', write: (trade) => Uint8Array.from(packr.pack(withNumbers(trade))) },
	{ name: 'prices as float64, keys in another order', write: (trade) => encodeMessagePack(Object.fromEntries(Object.entries(withNumbers(trade)).reverse())) },
];

const KEYS = ['e', 'E', 's', 'a', 'p', 'q', 'f', 'l', 'T', 'm'] as const;

let kept: unknown;

/** What a program does without tickforge. */
function library(name: string, encoded: readonly Uint8Array[], byPosition: boolean, parse: (bytes: Uint8Array) => unknown): Candidate[] {
	const target = createPlainColumns(ROWS, 1);
	const count = Math.min(messages, SLOW_MESSAGES);
	const loop = (use: (value: unknown, row: number) => void) => (): number => {
		const start = now();
		for (let index = 0, at = 0, row = 0; index < count; index++) {
			use(parse(encoded[at] as Uint8Array), row);
			if (++at === encoded.length) at = 0;
			if (++row === ROWS) row = 0;
		}
		return (now() - start) / count;
	};
	const objectOf = (value: unknown): unknown => (byPosition ? Object.fromEntries((value as unknown[]).map((element, index) => [KEYS[index], element])) : value);
	return [
		{
			name,
			run: loop((value) => {
				kept = value;
			}),
		},
		// By position, a program would read the array's elements: making an object of them is not its work.
		...(byPosition ? [] : [{ name: `${name} + columns`, run: loop((value, row) => aggTrade.columns(objectOf(value) as never, row, target)) }]),
	];
}

function tickforge(arena: Arena, input: Input, tier: 'schema' | 'layout'): Candidate & { warmUp(): void; close(): void } {
	let rows = 0;
	const parser = compile(msgpack(aggTrade.schema), {
		arena,
		tier,
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
			pass(WARM_UP);
			parser.flush();
			if (rows !== WARM_UP) throw new Error(`tickforge bench: ${rows} rows of ${WARM_UP} messages`);
		},
		close: () => parser.dispose(),
	};
}

const machine = describeMachine();
console.log(`tickforge bench msgpack: ${machine.processor}, ${machine.processors} processors, load ${machine.load.toFixed(1)}, Node ${machine.node}, commit ${machine.commit ?? 'unknown'}${machine.changed ? ' with changes' : ''}, median and 95 % interval of ${rounds} rounds`);
for (const mix of wordsOf(values.mix, MIXES, 'mix')) for (const { name, write } of SPELLINGS) await benchCase(mix, name, write);

async function benchCase(mix: Mix, name: string, write: (trade: Trade) => Uint8Array): Promise<void> {
	const market = createMarket(mix, symbols);
	const encoded = Array.from({ length: Math.min(messages, 20_000) }, () => write(JSON.parse(aggTrade.make(market)) as Trade));
	const arena = createArena({ ceiling: 2 ** 30 });
	const input = layInput(arena, encoded);
	const touch = createTouch(arena, input, 200_000);
	const own = tickforge(arena, input, 'layout');
	const schemaTier = tickforge(arena, input, 'schema');
	own.warmUp();
	schemaTier.warmUp();
	const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' });
	const byPosition = name.endsWith('by position');
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
		schemaTier,
		...library('msgpackr', encoded, byPosition, (bytes) => unpackr.unpack(bytes)),
		...library('@msgpack/msgpack', encoded, byPosition, decode),
	];
	const measurements = await measure(candidates, { rounds });
	own.close();
	schemaTier.close();
	const ours = measurements[1] as (typeof measurements)[number];
	console.log(`\ntrade, ${mix}, ${name}: ${(input.bytes / input.messages).toFixed(0)} bytes, ${encoded.length} different messages`);
	for (const one of measurements) {
		const ratio = one === ours ? '' : `  ${ratioOf(one, ours).median.toFixed(2)} times tickforge's`;
		console.log(`  ${one.name.padEnd(28)} ${one.time.median.toFixed(1).padStart(8)} ns  (${one.time.low.toFixed(1)} to ${one.time.high.toFixed(1)})${ratio}`);
	}
}

/** The last value; read by nobody. */
export const lastKept = (): unknown => kept;
