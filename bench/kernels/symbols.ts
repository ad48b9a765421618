/**
 * Looking known names up: the inlined probe, the function, and a JavaScript Map that is given decoded strings (the
 * decoding counts, as it does in a program). Names lie in memory as in messages, at any alignment, in a window that the
 * second-level cache holds, looked through in an order without pattern.
 */
import { createSymbolTable, emitFindInline, emitSymbolTable, findSymbol, symbolTableBytes } from '../../src/symbols/index.ts';
import { createModule, type FunctionBuilder, I32, type Local } from '../../src/wasm/index.ts';
import { symbolNames } from '../messages/index.ts';
import { createBelow } from '../statistics.ts';
import { createBench, type KernelCase, placeTexts } from './kernel-case.ts';
import { mustAgree, timed } from './timed.ts';

const WINDOW = 4096;
const TABLE = 1024;

type Lookups = (table: number, places: number, count: number) => number;

export function symbolCases(): KernelCase[] {
	return [32, 5000].flatMap((count) => [symbolCase(count, false), symbolCase(count, true)]);
}

function symbolCase(count: number, chained: boolean): KernelCase {
	const base = createBench();
	const names = symbolNames(count);
	const size = { capacity: count, textBytes: count * 16 };
	createSymbolTable(base.memory, TABLE, size, names);
	const bench = { ...base, texts: Math.ceil((TABLE + symbolTableBytes(size)) / 65536) * 65536 };
	const below = createBelow(23);
	const { texts, places, meanBytes } = placeTexts(
		bench,
		Array.from({ length: WINDOW }, () => names[Math.min(below(count), below(count))] as string),
	);
	const loops = buildLoops(bench.memory, chained);
	const bytes = new Uint8Array(bench.memory.buffer);
	const words = new Uint32Array(bench.memory.buffer);
	const buffer = Buffer.from(bench.memory.buffer) as Buffer & { latin1Slice(start: number, end: number): string };
	const ids = new Map(names.map((name, id) => [name, id]));
	// Copies, so that no string is the Map's own key.
	const decoded = texts.map((text) => Buffer.from(text).toString());
	const overNames = (take: (start: number, end: number) => number): number => {
		let sum = 0;
		for (let index = 0; index < WINDOW; index++) sum += take(words[places / 4 + index * 2] as number, words[places / 4 + index * 2 + 1] as number);
		return sum;
	};
	const viaMap = (): number => overNames((start, end) => ids.get(buffer.latin1Slice(start, end)) as number);
	const expected = chained ? (ids.get(texts[WINDOW - 1] as string) as number) : viaMap();
	mustAgree('the inlined lookup', expected, loops.inline(TABLE, places, WINDOW));
	mustAgree('the lookup', expected, loops.function(TABLE, places, WINDOW));
	const plain = [timed('Map, decoded before', WINDOW, () => decoded.reduce((sum, name) => sum + (ids.get(name) as number), 0)), timed('decode, Map', WINDOW, viaMap), timed('findSymbol, TypeScript', WINDOW, () => overNames((start, end) => findSymbol(bench.memory, TABLE, bytes.subarray(start, end))))];
	return {
		name: `symbol lookup, ${count} names${chained ? ', chained' : ''}`,
		unit: 'name',
		bytes: meanBytes,
		candidates: [timed('kernel', WINDOW, () => loops.inline(TABLE, places, WINDOW)), timed('kernel, function', WINDOW, () => loops.function(TABLE, places, WINDOW)), timed('loop alone', WINDOW, () => loops.touch(TABLE, places, WINDOW)), ...(chained ? [] : plain)],
		notes: [`the table takes ${symbolTableBytes(size)} bytes`, ...(chained ? ['each lookup waits for the one before'] : [])],
	};
}

function buildLoops(memory: WebAssembly.Memory, chained: boolean): Readonly<Record<'inline' | 'function' | 'touch', Lookups>> {
	const m = createModule('symbol lookups');
	m.importMemory('env', 'memory', { min: 1 });
	const { find } = emitSymbolTable(m);
	const loop = (name: string, lookup: (f: FunctionBuilder, table: I32, p: Local<I32>, length: Local<I32>) => I32): void => {
		m.func(name, { params: { table: I32, places: I32, count: I32 }, results: [I32], export: name }, (f, { table, places, count }) => {
			const sum = f.local(I32, 0, 'sum');
			const p = f.local(I32, undefined, 'p');
			const length = f.local(I32, undefined, 'length');
			f.loop((again) => {
				// Chained: the next address depends on the id before, without changing.
				p.set(I32.load(places).add(chained ? sum.shrU(31) : 0));
				length.set(I32.load(places, 4).sub(I32.load(places)));
				const found = lookup(f, table, p, length);
				sum.set(chained ? found : sum.add(found));
				places.set(places.add(8));
				count.set(count.sub(1));
				again.branchIf(count);
			});
			f.return(sum);
		});
	};
	loop('touch', (_f, _table, p, length) => I32.load(p).xor(length).and(0x7fffffff));
	loop('function', (_f, table, p, length) => find.call(table, p, length) as I32);
	loop('inline', (f, table, p, length) => emitFindInline(f, { table, p, length, otherwise: find }));
	return new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } }).exports as unknown as Readonly<Record<'inline' | 'function' | 'touch', Lookups>>;
}
