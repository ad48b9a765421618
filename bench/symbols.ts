/**
 * `node bench/symbols.ts`: looking names up that are known, in one run: the inlined probe, the function, and a
 * JavaScript Map that is given decoded strings (the decoding counts, as it does in a program). Names lie in memory as in
 * messages, at any alignment. Medians of rounds in which every candidate has its turn; the ratios are what counts on a
 * shared machine. `--chained` makes each lookup wait for the one before.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createSymbolTable, emitFindInline, emitSymbolTable, findSymbol, symbolTableBytes } from '../src/symbols/index.ts';
import { createModule, type FunctionBuilder, I32, type Local } from '../src/wasm/index.ts';

const { values } = parseArgs({ options: { lookups: { type: 'string', default: '200000' }, rounds: { type: 'string', default: '31' }, chained: { type: 'boolean', default: false } } });
const lookups = Number(values.lookups);
const rounds = Number(values.rounds);
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

const memory = new WebAssembly.Memory({ initial: 512 });
const m = createModule('symbol lookups');
m.importMemory('env', 'memory', { min: 1 });
const { find } = emitSymbolTable(m);
const loop = (name: string, lookup: (f: FunctionBuilder, table: I32, p: Local<I32>, length: Local<I32>) => I32): void => {
	m.func(name, { params: { table: I32, descriptors: I32, count: I32 }, results: [I32], export: name }, (f, { table, descriptors, count }) => {
		const sum = f.local(I32, 0, 'sum');
		const p = f.local(I32, undefined, 'p');
		const length = f.local(I32, undefined, 'length');
		f.loop((again) => {
			// Chained: the next address depends on the id before, without changing.
			p.set(values.chained ? I32.load(descriptors).add(sum.and(0)) : I32.load(descriptors));
			if (values.chained) p.set(p.add(sum.shrU(31)));
			length.set(I32.load(descriptors, 4));
			sum.set((values.chained ? I32.of(0) : sum).add(lookup(f, table, p, length)));
			descriptors.set(descriptors.add(8));
			count.set(count.sub(1));
			again.branchIf(count);
		});
		f.return(sum);
	});
};
loop('touch', (_f, _table, p, length) => I32.load(p).xor(length));
loop('function', (_f, table, p, length) => find.call(table, p, length));
loop('inline', (f, table, p, length) => emitFindInline(f, { table, p, length, otherwise: find }));
const instance = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } });
const call = (name: string) => instance.exports[name] as (table: number, descriptors: number, count: number) => number;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
function universe(count: number): string[] {
	const bases = ['BTC', 'ETH', 'SOL', 'DOGE', 'XRP', 'ADA', 'AVAX', 'LINK', 'SUSHI', 'MATIC', 'DOT', 'UNI', 'LTC', 'BCH', 'ATOM', 'NEAR', '1000PEPE', 'T', 'JASMY', 'ONDO'];
	const quotes = ['USDT', 'BTC', 'EUR', 'FDUSD', 'TRY'];
	return Array.from({ length: count }, (_, index) => {
		const round = Math.floor(index / bases.length / quotes.length);
		return `${round === 0 ? '' : round}${bases[index % bases.length]}${quotes[Math.floor(index / bases.length) % quotes.length]}`;
	});
}

console.log(`${cpus()[0]?.model}, Node ${process.versions.node}, ${lookups} lookups, median of ${rounds} rounds, ns a lookup, the loop and its loads included`);
for (const count of [32, 200, 5000]) {
	const names = universe(count);
	const size = { capacity: count, textBytes: count * 16 };
	createSymbolTable(memory, 1024, size, names);
	const bytes = new Uint8Array(memory.buffer);
	const words = new Uint32Array(memory.buffer);
	const texts = Math.ceil((1024 + symbolTableBytes(size)) / 64) * 64;
	// A window of names that the second-level cache holds, looked through again and again, in an order without pattern.
	const window = 4096;
	let at = texts;
	const places: number[][] = [];
	let state = 1;
	const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
	for (let index = 0; index < window; index++) {
		const name = encoder.encode(names[Math.floor(random() ** 2 * count)] as string);
		bytes.set(name, at);
		places.push([at, name.length]);
		at += name.length + 3;
	}
	const descriptors = Math.ceil((at + 64) / 64) * 64;
	for (let index = 0; index < lookups; index++) words.set(places[Math.floor(random() * window)] as number[], (descriptors >> 2) + index * 2);
	const ids = new Map(names.map((name, id) => [name, id]));
	const candidates: Record<string, () => number> = {
		'loop alone': () => call('touch')(1024, descriptors, lookups),
		inline: () => call('inline')(1024, descriptors, lookups),
		function: () => call('function')(1024, descriptors, lookups),
		'Map, names decoded before': () => {
			let sum = 0;
			for (let index = 0; index < window; index++) sum += ids.get(decoded[index] as string) as number;
			return sum;
		},
		'Map with TextDecoder': () => {
			let sum = 0;
			for (let index = 0; index < lookups / 20; index++) {
				const p = words[(descriptors >> 2) + index * 2] as number;
				sum += ids.get(decoder.decode(bytes.subarray(p, p + (words[(descriptors >> 2) + index * 2 + 1] as number)))) as number;
			}
			return sum;
		},
		'Map with latin1 decoding': () => {
			let sum = 0;
			for (let index = 0; index < lookups / 20; index++) {
				const p = words[(descriptors >> 2) + index * 2] as number;
				sum += ids.get(buffer.latin1Slice(p, p + (words[(descriptors >> 2) + index * 2 + 1] as number))) as number;
			}
			return sum;
		},
		'findSymbol (TypeScript)': () => {
			let sum = 0;
			for (let index = 0; index < lookups / 20; index++) {
				const p = words[(descriptors >> 2) + index * 2] as number;
				sum += findSymbol(memory, 1024, bytes.subarray(p, p + (words[(descriptors >> 2) + index * 2 + 1] as number)));
			}
			return sum;
		},
	};
	const buffer = Buffer.from(memory.buffer) as Buffer & { latin1Slice(start: number, end: number): string };
	// Copies, so that no string is the Map's own key.
	const decoded = places.map(([p = 0, length = 0]) => decoder.decode(bytes.slice(p, p + length)));
	const done: Record<string, number> = { 'Map, names decoded before': window };
	const timings: Record<string, number[]> = {};
	for (let round = 0; round < rounds; round++) {
		for (const [name, run] of Object.entries(candidates)) {
			const start = process.hrtime.bigint();
			run();
			const each = Number(process.hrtime.bigint() - start) / (done[name] ?? (/loop|inline|^function/.test(name) ? lookups : lookups / 20));
			timings[name] ??= [];
			timings[name].push(each);
		}
	}
	const inline = median(timings['inline'] ?? []);
	console.log(`${count} symbols, ${symbolTableBytes(size)} bytes (${(symbolTableBytes(size) / count).toFixed(1)} a symbol)`);
	for (const [name, list] of Object.entries(timings)) console.log(`  ${name.padEnd(28)}${median(list).toFixed(2).padStart(9)}  ×${(median(list) / inline).toFixed(2)}`);
}
