/**
 * `npm run bench`: parsing one message type after the other, every candidate in turn, round after round, in one run.
 * Medians and ratios of the same round; the ratios are what counts on a shared machine. `--json FILE` keeps the results,
 * `--messages N`, `--rounds N`, `--symbols N`, `--type NAME` change what is run, `--heap` measures allocation over 10 M
 * messages.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { PerformanceObserver } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { type AnyBatch, compile, createArena, DESCRIPTOR, json, type Parser, type Schema, type Tier } from '../src/index.ts';
import { createRandom, type MessageType, messageTypes, type PlainColumns } from './messages.ts';
import { cleanSimdjson, startSimdjson } from './simdjson.ts';
import { createTouch } from './touch.ts';

const { values } = parseArgs({
	options: {
		json: { type: 'string' },
		messages: { type: 'string', default: '100000' },
		rounds: { type: 'string', default: '11' },
		symbols: { type: 'string', default: '32' },
		type: { type: 'string', multiple: true },
		heap: { type: 'boolean', default: false },
	},
});
const count = Number(values.messages);
const rounds = Number(values.rounds);
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
const now = (): number => Number(process.hrtime.bigint());

interface Candidate {
	readonly name: string;
	/** Runs every round, or only in each nth. */
	readonly every: number;
	/** Parses all messages once; nanoseconds a message. */
	run(): number | Promise<number>;
}
interface Result {
	readonly type: string;
	readonly bytes: number;
	readonly candidates: Readonly<Record<string, { readonly nanoseconds: number; readonly gigabytesPerSecond: number; readonly ratioToSchema: number }>>;
}

const rows = 4096;
const items = rows * 32;
const tableRows: Record<string, number> = {};

async function benchType(type: MessageType): Promise<Result> {
	const random = createRandom(7, Number(values.symbols));
	const texts = Array.from({ length: count }, () => type.make(random));
	const encoder = new TextEncoder();
	const encoded = texts.map((text) => encoder.encode(text));
	const total = encoded.reduce((sum, bytes) => sum + bytes.length, 0);
	const arena = createArena({ ceiling: 2 ** 31 });
	const input = arena.allocate('messages', total, { guard: 4096 });
	const table = arena.allocate('descriptors', count * DESCRIPTOR.size);
	const compact = new Uint32Array(count * 2);
	let at = input.address;
	encoded.forEach((bytes, index) => {
		arena.u8().set(bytes, at);
		arena.view().setUint32(table.address + index * DESCRIPTOR.size + DESCRIPTOR.offset, at, true);
		arena.view().setUint32(table.address + index * DESCRIPTOR.size + DESCRIPTOR.length, bytes.length, true);
		compact[index * 2] = at - input.address;
		compact[index * 2 + 1] = bytes.length;
		at += bytes.length;
	});

	const parsers: Parser<Schema>[] = [];
	const tier = (which: Tier): Candidate => {
		let got = 0;
		const onBatch = (batch: AnyBatch<Schema>): void => {
			got += batch.rows;
		};
		const parser = compile(json(type.schema), { tier: which, arena, rows, items, onBatch });
		parsers.push(parser);
		// The reference is slow: a part of the messages is enough.
		const messages = which === 'reference' ? Math.min(count, 2000) : count;
		return {
			name: which,
			every: which === 'reference' ? 4 : 1,
			run() {
				got = 0;
				const start = now();
				for (let first = 0; first < messages; first += 400) parser.parseMany(table.address + first * DESCRIPTOR.size, Math.min(400, messages - first));
				parser.flush();
				const nanoseconds = (now() - start) / messages;
				if (got !== messages || parser.statistics().refused > 0) throw new Error(`the ${which} tier gave ${got} rows for ${messages} messages`);
				tableRows[type.name] = got;
				return nanoseconds;
			},
		};
	};
	const touch = createTouch(arena.memory);
	const plain: PlainColumns = {
		numbers: Array.from({ length: 8 }, () => new Float64Array(rows)),
		symbols: new Uint32Array(rows),
		offsets: [new Int32Array(rows + 1), new Int32Array(rows + 1)],
		items: Array.from({ length: 3 }, () => new Float64Array(items)),
		ids: new Map(),
		used: 0,
	};
	const simdjson = await startSimdjson(type.name, compact, arena.u8().slice(input.address, input.address + total));
	const candidates: Candidate[] = [
		{
			name: 'touch',
			every: 1,
			run() {
				const start = now();
				touch(table.address, count);
				return (now() - start) / count;
			},
		},
		tier('schema'),
		tier('layout'),
		...(simdjson === null ? [] : [{ name: 'simdjson', every: 1, run: async () => (await simdjson.run()) / count }]),
		{
			name: 'JSON.parse',
			every: 2,
			run() {
				const start = now();
				let row = 0;
				plain.used = 0;
				for (const text of texts) {
					type.columns(JSON.parse(text) as never, row, plain);
					if (++row === rows) {
						row = 0;
						plain.used = 0;
					}
				}
				return (now() - start) / count;
			},
		},
		tier('reference'),
	];
	const times = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
	// The first rounds warm the engine's tiers up and are not counted.
	for (let round = -2; round < rounds; round++) {
		for (const candidate of candidates) {
			if (round >= 0 && round % candidate.every !== 0) continue;
			const nanoseconds = await candidate.run();
			if (round >= 0) times.get(candidate.name)?.push(nanoseconds);
		}
	}
	simdjson?.close();
	for (const parser of parsers) parser.dispose();
	const schema = median(times.get('schema') ?? []);
	const average = total / count;
	const results = Object.fromEntries(
		[...times].map(([name, list]) => {
			const nanoseconds = median(list);
			return [name, { nanoseconds, gigabytesPerSecond: average / nanoseconds, ratioToSchema: nanoseconds / schema }];
		}),
	);
	console.log(`\n${type.name}: ${average.toFixed(0)} bytes, ${values.symbols} symbols, ${count} messages, median of ${rounds} rounds${simdjson === null ? '' : ` (simdjson: ${simdjson.implementation})`}`);
	for (const [name, { nanoseconds, gigabytesPerSecond, ratioToSchema }] of Object.entries(results)) {
		console.log(`  ${name.padEnd(11)} ${nanoseconds.toFixed(1).padStart(9)} ns/message ${gigabytesPerSecond.toFixed(2).padStart(7)} GB/s ${ratioToSchema.toFixed(2).padStart(8)} × schema tier`);
	}
	return { type: type.name, bytes: average, candidates: results };
}

/** Heap growth and garbage collections over 10 M messages in the steady state. */
function measureHeap(type: MessageType): { readonly bytesPerMessage: number; readonly collections: number; readonly messages: number } {
	const random = createRandom(11, Number(values.symbols));
	const arena = createArena({ ceiling: 2 ** 30 });
	const block = 4096;
	const encoder = new TextEncoder();
	const encoded = Array.from({ length: block }, () => encoder.encode(type.make(random)));
	const input = arena.allocate(
		'messages',
		encoded.reduce((sum, bytes) => sum + bytes.length, 0),
		{ guard: 4096 },
	);
	const table = arena.allocate('descriptors', block * DESCRIPTOR.size);
	let at = input.address;
	encoded.forEach((bytes, index) => {
		arena.u8().set(bytes, at);
		arena.view().setUint32(table.address + index * DESCRIPTOR.size, at, true);
		arena.view().setUint32(table.address + index * DESCRIPTOR.size + 4, bytes.length, true);
		at += bytes.length;
	});
	const seen = new Float64Array(1);
	const parser = compile(json(type.schema), {
		arena,
		rows,
		items,
		onBatch(batch) {
			seen[0] = (seen[0] as number) + batch.rows;
		},
	});
	const round = (): void => parser.parseMany(table.address, block);
	for (let warm = 0; warm < 500; warm++) round();
	let collections = 0;
	const observer = new PerformanceObserver((list) => {
		collections += list.getEntries().length;
	});
	observer.observe({ entryTypes: ['gc'] });
	const calls = Math.ceil(10_000_000 / block);
	const before = process.memoryUsage();
	for (let call = 0; call < calls; call++) round();
	const after = process.memoryUsage();
	for (const entry of observer.takeRecords()) collections += entry.duration >= 0 ? 1 : 0;
	observer.disconnect();
	const growth = after.heapUsed - before.heapUsed + (after.external - before.external);
	return { bytesPerMessage: growth / (calls * block), collections, messages: calls * block };
}

const selected = messageTypes.filter((type) => values.type === undefined || values.type.includes(type.name));
console.log(`tickforge bench: ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} processors, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`);
const results: Result[] = [];
for (const type of selected) results.push(await benchType(type));
console.log('\nJavaScript heap in the steady state:');
const heap: Record<string, ReturnType<typeof measureHeap>> = {};
for (const type of values.heap ? selected : selected.slice(0, 1)) {
	const measured = measureHeap(type);
	heap[type.name] = measured;
	console.log(`  ${type.name.padEnd(11)} ${measured.bytesPerMessage.toFixed(4)} bytes a message, ${measured.collections} garbage collections, over ${measured.messages} messages`);
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ processor: cpus()[0]?.model, node: process.versions.node, date: new Date().toISOString(), symbols: Number(values.symbols), results, heap }, null, '\t'));
cleanSimdjson();
