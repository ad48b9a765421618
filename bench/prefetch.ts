/**
 * `node bench/prefetch.ts`: whether it helps to load one byte of a message some messages before it is read. WebAssembly
 * has no prefetch instruction; a load is the nearest thing, but unlike a prefetch it must arrive before anything after
 * it can be retired.
 *
 * Loops over 256 MiB of messages: reading every byte; or the first 8 bytes and then multiplications that wait for them
 * (those of several messages overlap). In the order of memory, which the hardware foresees, and shuffled, which it cannot.
 * Then the real parser, with the next block of messages touched before each call. Ratios are to no touching in the same
 * round; medians. `--mebibytes N`, `--rounds N`, `--huge` (asks for huge pages).
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type AnyBatch, compile, createArena, DESCRIPTOR, json, type Schema } from '../src/index.ts';
import { adviseHugePages } from '../src/os/index.ts';
import { createModule, I32, I64, V128 } from '../src/wasm/index.ts';
import { createMarket, messageTypes } from './messages/index.ts';

const { values } = parseArgs({ options: { mebibytes: { type: 'string', default: '256' }, rounds: { type: 'string', default: '15' }, huge: { type: 'boolean', default: false } } });
const target = Number(values.mebibytes) * 2 ** 20;
const rounds = Number(values.rounds);
const AHEAD = [0, 1, 2, 4, 8, 16, 32, 64];
const MOST_AHEAD = 64;
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

type Stream = (descriptors: number, count: number, ahead: number) => number;
const WORKS = ['every byte', 'first 8 bytes, then 24 multiplications'] as const;
type Work = (typeof WORKS)[number] | 'first 8 bytes';

/** A loop over messages. `ahead` is in bytes of descriptors; without `touches` there is no such load at all. */
function createStream(memory: WebAssembly.Memory, work: Work, touches: boolean): Stream {
	const m = createModule('stream');
	m.importMemory('env', 'memory', { min: 1 });
	m.func('stream', { params: { descriptors: I32, count: I32, ahead: I32 }, results: [I32], export: 'stream' }, (f, { descriptors, count, ahead }) => {
		const sum = f.local(V128, V128.i32x4(0, 0, 0, 0), 'sum');
		const touched = f.local(I32, 0, 'touched');
		const chain = f.local(I64, 0n, 'chain');
		const mixed = f.local(I64, 0n, 'mixed');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		f.loop((message) => {
			if (touches) touched.set(touched.xor(I32.load8U(I32.load(descriptors.add(ahead)))));
			p.set(I32.load(descriptors));
			if (work === 'every byte') {
				end.set(p.add(I32.load(descriptors, 4)));
				f.loop((again) => {
					sum.set(sum.xor(V128.load(p)));
					p.set(p.add(16));
					again.branchIf(p.ltU(end));
				});
			} else {
				// Starts anew with each message, as a parser does: only the message itself is waited for.
				chain.set(I64.load(p));
				for (let step = 0; step < (work === 'first 8 bytes' ? 0 : 24); step++) chain.set(chain.mul(0x9e3779b97f4a7c15n));
				mixed.set(mixed.xor(chain));
			}
			descriptors.set(descriptors.add(DESCRIPTOR.size));
			count.set(count.sub(1));
			message.branchIf(count);
		});
		f.return(sum.i32x4.extractLane(0).xor(touched).xor(mixed.wrap()));
	});
	return new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } }).exports.stream as Stream;
}

const type = messageTypes.find(({ name }) => name === 'aggTrade') as (typeof messageTypes)[number];
const random = createMarket('realistic', 32);
const encoder = new TextEncoder();
const encoded = Array.from({ length: 50_000 }, () => encoder.encode(type.make(random)));
const average = encoded.reduce((sum, bytes) => sum + bytes.length, 0) / encoded.length;
const count = Math.floor(target / average);
const arena = createArena({ initial: 2 ** 29, ceiling: 2 ** 31 });
if (values.huge) console.log(adviseHugePages(arena).detail);
const input = arena.allocate('messages', target + 2 ** 20, { guard: 4096, align: 4096 });
const tables = { 'in order': arena.allocate('descriptors', (count + MOST_AHEAD) * DESCRIPTOR.size), shuffled: arena.allocate('shuffled', (count + MOST_AHEAD) * DESCRIPTOR.size) };
const words = arena.u32();
let at = input.address;
const places = Array.from({ length: count }, (_, index): readonly [number, number] => {
	const bytes = encoded[index % encoded.length] as Uint8Array;
	arena.u8().set(bytes, at);
	at += bytes.length;
	return [at - bytes.length, bytes.length];
});
const shuffled = places.map((_, index) => index);
for (let index = count - 1; index > 0; index--) {
	const other = random.below(index + 1);
	[shuffled[index], shuffled[other]] = [shuffled[other] as number, shuffled[index] as number];
}
for (let index = 0; index < count + MOST_AHEAD; index++) {
	words.set(places[index % count] as readonly number[], (tables['in order'].address + index * DESCRIPTOR.size) >>> 2);
	words.set(places[shuffled[index % count] as number] as readonly number[], (tables.shuffled.address + index * DESCRIPTOR.size) >>> 2);
}

console.log(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${count} messages of ${average.toFixed(0)} bytes, ${((count * average) / 2 ** 20).toFixed(0)} MiB, ${rounds} rounds`);

async function compare(title: string, candidates: ReadonlyMap<string, () => void>, messages: number): Promise<void> {
	const times = new Map([...candidates.keys()].map((name) => [name, [] as number[]]));
	for (let round = -2; round < rounds; round++) {
		for (const [name, run] of candidates) {
			const start = process.hrtime.bigint();
			run();
			const time = Number(process.hrtime.bigint() - start) / messages;
			if (round >= 0) times.get(name)?.push(time);
		}
	}
	const [base = []] = times.values();
	console.log(`\n${title}`);
	for (const [name, list] of times) console.log(`  ${name.padEnd(28)}${median(list).toFixed(1).padStart(7)} ns a message  ×${median(list.map((time, round) => time / (base[round] as number))).toFixed(3)}`);
}

for (const work of WORKS) {
	const plain = createStream(arena.memory, work, false);
	const touching = createStream(arena.memory, work, true);
	for (const [order, table] of Object.entries(tables)) {
		const candidates = new Map<string, () => void>(AHEAD.map((ahead) => [ahead === 0 ? 'no touching' : `${ahead} ahead`, () => void (ahead === 0 ? plain : touching)(table.address, count, ahead * DESCRIPTOR.size)]));
		await compare(`${work}, ${order}`, candidates, count);
	}
}

// The parser itself. In the cache: the same block again and again is what no touching can beat.
const BLOCK = 64;
let rows = 0;
const parser = compile(json(type.schema as Schema), { arena, onBatch: (batch: AnyBatch<Schema>) => void (rows += batch.rows) });
const touchFirst = createStream(arena.memory, 'first 8 bytes', false);
const touchAll = createStream(arena.memory, 'every byte', false);
const parsed = Math.min(count, 400_000) - (Math.min(count, 400_000) % BLOCK);
const parse = (table: number, touch: Stream | null) => () => {
	for (let first = 0; first < parsed; first += BLOCK) {
		// The block after this one.
		touch?.(table + (first + BLOCK) * DESCRIPTOR.size, BLOCK, 0);
		parser.parseMany(table + first * DESCRIPTOR.size, BLOCK);
	}
	parser.flush();
};
const inCache = (table: number) => () => {
	for (let first = 0; first < parsed; first += BLOCK) parser.parseMany(table, BLOCK);
	parser.flush();
};
for (const [order, { address }] of Object.entries(tables)) {
	await compare(
		`the parser in blocks of ${BLOCK}, ${order}`,
		new Map([['no touching', parse(address, null)], ['every byte of the next block', parse(address, touchAll)], ['only the first block, cached', inCache(address)], ...(order === 'shuffled' ? [['first bytes of the next block', parse(address, touchFirst)] as const] : [])]),
		parsed,
	);
}
if (parser.statistics().refused > 0 || rows === 0) throw new Error('messages were refused');
