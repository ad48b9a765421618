/**
 * `node bench/placement.ts`: whether it helps that columns do not start at the same offset modulo 4096. With 4096 rows
 * every 8-byte column is a multiple of 4096 long, so that all of them write to the same set of the first-level cache.
 *
 * Every candidate parses the same messages in each round, in an order that changes from round to round; what counts is
 * the ratio to no stagger in the same round. The candidate `0 again` is a second parser like the first: what it differs
 * by is noise, addresses included. `--rounds N`, `--messages N`, `--rows N`, `--type NAME`, `--columns N` (of
 * the type `wide`).
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { compile, createArena, DESCRIPTOR, decimal, json, message, type Parser, type Schema, symbol, timestamp } from '../src/index.ts';
import { oneOf } from '../src/schema/index.ts';
import { createMarket, type MessageType, messageTypes } from './messages/index.ts';

const { values } = parseArgs({
	options: {
		rounds: { type: 'string', default: '61' },
		messages: { type: 'string', default: '40960' },
		rows: { type: 'string', default: '4096' },
		columns: { type: 'string', default: '20' },
		type: { type: 'string', multiple: true },
	},
});
const rounds = Number(values.rounds);
const count = Number(values.messages);
const rows = Number(values.rows);
const quantile = (list: readonly number[], share: number): number => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? Number.NaN;

/** As a day's statistics have it: more columns than any first-level cache has ways. */
const WIDE = Number(values.columns);
const wide: Pick<MessageType, 'name' | 'schema' | 'make'> = {
	name: 'wide',
	schema: oneOf('wide', { version: 1 }, message('wide', { symbol: symbol().key('s'), time: timestamp('ms').key('E'), ...Object.fromEntries(Array.from({ length: WIDE }, (_, index) => [`value${index}`, decimal(8).key(`v${index}`)])) })) as Schema,
	make(market) {
		const { name, price } = market.instrument();
		return `{"s":"${name}","E":${market.time()},${Array.from({ length: WIDE }, (_, index) => `"v${index}":"${price(index)}"`).join(',')}}`;
	},
};

const candidates = [
	['0', 0],
	['0 again', 0],
	['1', 1],
	['3', 3],
	['5', 5],
	['9', 9],
] as const;

console.log(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${rows} rows, ${count} messages a round, ${rounds} rounds; ratio to no stagger: median (quartiles)`);
for (const type of [...messageTypes, wide]) {
	if (values.type !== undefined && !values.type.includes(type.name)) continue;
	const random = createMarket('realistic', 32);
	const encoder = new TextEncoder();
	const encoded = Array.from({ length: count }, () => encoder.encode(type.make(random)));
	const total = encoded.reduce((sum, bytes) => sum + bytes.length, 0);
	const arena = createArena({ ceiling: 2 ** 31 });
	const input = arena.allocate('messages', total, { guard: 4096 });
	const table = arena.allocate('descriptors', count * DESCRIPTOR.size);
	let at = input.address;
	encoded.forEach((bytes, index) => {
		arena.u8().set(bytes, at);
		arena.view().setUint32(table.address + index * DESCRIPTOR.size + DESCRIPTOR.offset, at, true);
		arena.view().setUint32(table.address + index * DESCRIPTOR.size + DESCRIPTOR.length, bytes.length, true);
		at += bytes.length;
	});
	const parsers = candidates.map(([, stagger]): Parser<Schema> => compile(json(type.schema), { arena, rows, items: rows * 32, stagger }));
	const parse = (parser: Parser<Schema>): number => {
		const start = process.hrtime.bigint();
		for (let first = 0; first < count; first += 400) parser.parseMany(table.address + first * DESCRIPTOR.size, Math.min(400, count - first));
		parser.flush();
		return Number(process.hrtime.bigint() - start) / count;
	};
	const times = candidates.map((): number[] => []);
	for (let round = -5; round < rounds; round++) {
		const turn = random.below(candidates.length);
		for (let index = 0; index < candidates.length; index++) {
			const which = (index + turn) % candidates.length;
			const time = parse(parsers[which] as Parser<Schema>);
			if (round >= 0) times[which]?.push(time);
		}
	}
	for (const parser of parsers) {
		if (parser.statistics().refused > 0) throw new Error(`${type.name}: messages were refused`);
		parser.dispose();
	}
	const base = times[0] as number[];
	console.log(`\n${type.name}: ${(total / count).toFixed(0)} bytes, ${quantile(base, 0.5).toFixed(1)} ns a message`);
	candidates.forEach(([name], index) => {
		const ratios = (times[index] as number[]).map((time, round) => time / (base[round] as number));
		console.log(`  ${`${name} lines`.padEnd(14)}${quantile(ratios, 0.5).toFixed(3)}  (${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)})`);
	});
}
