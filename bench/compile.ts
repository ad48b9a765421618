/**
 * From a schema to full speed: `node bench/compile.ts [preset…]`. How long generating, compiling and keeping code take,
 * and how the first messages fare, with each way of warming up. Every line is a process of its own, since engines
 * remember; medians of five. docs/decisions/0006-warm-code.md says what was concluded.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import v8 from 'node:v8';
import { layoutSchema } from '../src/compiler/batch-layout.ts';
import { codeCacheKey, generatorIdentity } from '../src/compiler/code-cache-key.ts';
import { compile, createArena, DESCRIPTOR, exchanges, json, openBackgroundCompiler, openCodeCache, type Schema, warmUp } from '../src/index.ts';
import { simulate, type Venue } from '../src/simulate/index.ts';
import { createMarket, messageTypes } from './messages/index.ts';

/** Messages a call of the parser takes; a live feed has fewer, and the same messages in all. */
const CALL = 100;
const CALLS = 8000;

interface Way {
	readonly name: string;
	/** For Node.js. */
	readonly flags?: readonly string[];
	/** Set when the process runs already. */
	readonly lateFlags?: string;
	readonly warm?: 'here' | 'thread';
	readonly milliseconds?: number;
}

const WAYS: readonly Way[] = [
	{ name: 'nothing' },
	{ name: 'warmUp, 10 ms', warm: 'here', milliseconds: 10 },
	{ name: 'warmUp, 50 ms', warm: 'here', milliseconds: 50 },
	{ name: 'warmUp, 200 ms', warm: 'here', milliseconds: 200 },
	{ name: 'on a thread, no samples', warm: 'thread', milliseconds: 0 },
	{ name: 'on a thread, 50 ms', warm: 'thread', milliseconds: 50 },
	{ name: '--no-wasm-dynamic-tiering', flags: ['--no-wasm-dynamic-tiering'] },
	{ name: '--no-wasm-tier-up', flags: ['--no-wasm-tier-up'] },
	{ name: '--no-liftoff', flags: ['--no-liftoff'] },
	{ name: '--no-liftoff, set late', lateFlags: '--no-liftoff' },
	{ name: '--no-liftoff, not lazy', flags: ['--no-liftoff', '--no-wasm-lazy-compilation'] },
];

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

function schemaAndMessages(name: string): { schema: Schema; messages: Uint8Array[] } {
	const encoder = new TextEncoder();
	const type = messageTypes.find((candidate) => candidate.name === name);
	if (type === undefined) return { schema: exchanges[name as keyof typeof exchanges].schema, messages: [...simulate({ venue: name as Venue, messages: 1000, symbols: 12 })].map(({ payload }) => payload) };
	const random = createMarket('realistic', 12, 1);
	return { schema: type.schema, messages: Array.from({ length: 1000 }, () => encoder.encode(type.make(random))) };
}

/** In a process of its own: one way, once. Milliseconds, except where it says otherwise. */
async function measureWay(name: string, way: Way): Promise<Record<string, number>> {
	if (way.lateFlags !== undefined) v8.setFlagsFromString(way.lateFlags);
	const { schema, messages } = schemaAndMessages(name);
	const samples = messages.slice(0, 100);
	const protocol = json(schema);
	const timed = <T>(work: () => T): [T, number] => {
		const before = performance.now();
		return [work(), performance.now() - before];
	};
	const [bytes, generate] = timed(() => protocol.generate(layoutSchema(schema)));
	let threadTime = 0;
	let [module, moduleTime] = timed(() => new WebAssembly.Module(bytes));
	if (way.warm === 'thread') {
		const background = openBackgroundCompiler({ keepsProcess: true });
		const before = performance.now();
		const made = await background.compile({ protocol: 'json', schema, ...(way.milliseconds === 0 ? {} : { samples, sampleMilliseconds: way.milliseconds ?? 50 }) });
		threadTime = performance.now() - before;
		await background.dispose();
		if (made === null) throw new Error(background.statistics().lastProblem ?? 'no module');
		module = made.module;
		moduleTime = 0;
	}
	const arena = createArena({ ceiling: 2 ** 31 });
	const [parser, link] = timed(() => compile(protocol, { arena, module }));
	const [, warm] = timed(() => (way.warm === 'here' ? warmUp(parser, samples, { milliseconds: way.milliseconds ?? 50 }) : null));

	const input = arena.allocate(
		'messages',
		messages.reduce((sum, { length }) => sum + length, 0),
	);
	const table = arena.allocate('descriptors', messages.length * DESCRIPTOR.size).address;
	let at = input.address;
	messages.forEach((message, index) => {
		arena.u8().set(message, at);
		arena.view().setUint32(table + index * DESCRIPTOR.size, at, true);
		arena.view().setUint32(table + index * DESCRIPTOR.size + DESCRIPTOR.length, message.length, true);
		at += message.length;
	});
	const [, first] = timed(() => parser.parseMany(table, 1));
	const times = new Float64Array(CALLS);
	for (let call = 0; call < CALLS; call++) {
		const before = performance.now();
		parser.parseMany(table + ((call * CALL) % messages.length) * DESCRIPTOR.size, CALL);
		times[call] = performance.now() - before;
	}
	const steady = median([...times.subarray(CALLS - 2000)]);
	// Full speed begins with the first forty calls of which half are within a tenth of the end's.
	let full = 0;
	while (full + 40 < CALLS && median([...times.subarray(full, full + 40)]) > steady * 1.1) full++;
	const until = times.subarray(0, full);
	return {
		bytes: bytes.length,
		generate,
		module: moduleTime,
		link,
		thread: threadTime,
		warm,
		firstMicroseconds: first * 1000,
		messagesUntilFull: full * CALL,
		untilFull: until.reduce((sum, time) => sum + time, 0),
		lost: until.reduce((sum, time) => sum + time - steady, 0),
		steadyNanoseconds: (steady / CALL) * 1e6,
	};
}

/** In a process of its own: what the code cache takes. */
function measureCache(name: string): Record<string, number> {
	const { schema } = schemaAndMessages(name);
	const protocol = json(schema);
	const folder = mkdtempSync(join(tmpdir(), 'tickforge-bench-'));
	const lap = (() => {
		let last = performance.now();
		return () => -last + (last = performance.now());
	})();
	try {
		lap();
		generatorIdentity();
		const identity = lap();
		const key = codeCacheKey({ protocol, layout: {}, tier: 'schema', generate: {} });
		const keyTime = lap();
		openCodeCache({ folder });
		const firstOpen = lap();
		const cache = openCodeCache({ folder });
		const open = lap();
		cache.get(key);
		const miss = lap();
		const bytes = protocol.generate(layoutSchema(schema));
		lap();
		if (!cache.put(key, bytes)) throw new Error(cache.statistics().lastProblem ?? 'not kept');
		const put = lap();
		if (cache.get(key) === null) throw new Error(cache.statistics().lastProblem ?? 'not found');
		return { identity, key: keyTime, 'first open': firstOpen, open, miss, put, hit: lap() };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function inProcess(flags: readonly string[], task: unknown): Record<string, number> {
	const runs = Array.from({ length: 5 }, () => JSON.parse(execFileSync(process.execPath, [...flags, import.meta.filename, '--task', JSON.stringify(task)], { encoding: 'utf8' })) as Record<string, number>);
	return Object.fromEntries(Object.keys(runs[0] ?? {}).map((key) => [key, median(runs.map((run) => run[key] as number))]));
}

if (process.argv[2] === '--task') {
	const { name, way } = JSON.parse(process.argv[3] as string) as { name: string; way: Way | null };
	console.log(JSON.stringify(way === null ? measureCache(name) : await measureWay(name, way)));
	process.exit(0);
}

const names = process.argv.length > 2 ? process.argv.slice(2) : ['aggTrade', 'binance-futures'];
console.log(`tickforge bench, compiling: ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} processors, Node ${process.versions.node}, V8 ${process.versions.v8}`);
for (const name of names) {
	const cache = inProcess([], { name, way: null });
	console.log(
		`\n${name}: code cache, ms: ${Object.entries(cache)
			.map(([what, time]) => `${what} ${time.toFixed(2)}`)
			.join(', ')}`,
	);
	console.log(`${''.padEnd(27)} ${['generate', 'Module', 'compile', 'thread', 'warm-up', 'first µs', 'until full', 'messages', 'lost ms', 'ns/message'].map((head) => head.padStart(10)).join(' ')}`);
	for (const way of WAYS) {
		const result = inProcess(way.flags ?? [], { name, way }) as Record<'generate' | 'module' | 'link' | 'thread' | 'warm' | 'firstMicroseconds' | 'untilFull' | 'messagesUntilFull' | 'lost' | 'steadyNanoseconds', number>;
		const cells = [result.generate.toFixed(1), result.module.toFixed(2), result.link.toFixed(1), result.thread.toFixed(0), result.warm.toFixed(0), result.firstMicroseconds.toFixed(0), result.untilFull.toFixed(1), result.messagesUntilFull.toFixed(0), result.lost.toFixed(1), result.steadyNanoseconds.toFixed(1)];
		console.log(`${way.name.padEnd(27)} ${cells.map((cell) => cell.padStart(10)).join(' ')}`);
	}
}
