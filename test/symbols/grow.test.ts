import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { createSymbolTable, currentSymbolTable, enterSymbolTable, findSymbol, followSymbolTable, growSymbolTable, internSymbol, isSymbolTableInUse, leaveSymbolTable, probesOf, publishSymbolTable, symbolGeneration, symbolName, symbolTableBytes } from '../../src/symbols/index.ts';
import type { ReadingResult, ReadingTask } from './reading-worker.ts';

const encode = (name: string): Uint8Array => new TextEncoder().encode(name);

describe('a bigger table', () => {
	test('has the same ids, perfect places for all, and the next generation', () => {
		const memory = new WebAssembly.Memory({ initial: 4 });
		createSymbolTable(memory, 1024, { capacity: 2 }, ['BTCUSDT']);
		internSymbol(memory, 1024, encode('ETHUSDT'));
		expect(internSymbol(memory, 1024, encode('SOLUSDT'))).toBe(-1);
		growSymbolTable(memory, 1024, 65536, { capacity: 100 }, 64);
		expect(currentSymbolTable(memory, 64)).toBe(65536);
		expect(internSymbol(memory, 65536, encode('SOLUSDT'))).toBe(2);
		expect(['BTCUSDT', 'ETHUSDT'].map((name) => probesOf(memory, 65536, encode(name)))).toEqual([1, 1]);
		expect([symbolGeneration(memory, 1024), symbolGeneration(memory, 65536)]).toEqual([0, 1]);
		// The old one stays as it was.
		expect([findSymbol(memory, 1024, encode('ETHUSDT')), findSymbol(memory, 1024, encode('SOLUSDT')), symbolName(memory, 1024, 1)]).toEqual([1, -1, 'ETHUSDT']);
		expect(() => growSymbolTable(memory, 65536, 1024, { capacity: 2 })).toThrow('3 names do not fit a symbol table for 2');
	});

	test('is taken by readers when they enter, while those inside go on', () => {
		const memory = new WebAssembly.Memory({ initial: 4 });
		const [current, reader, follower] = [0, 4, 8];
		expect(() => enterSymbolTable(memory, current, reader)).toThrow('no symbol table was published');
		createSymbolTable(memory, 1024, { capacity: 2 }, ['A']);
		publishSymbolTable(memory, current, 1024);
		const names = followSymbolTable(memory, current, follower);
		expect(names.names()).toEqual(['A']);
		expect(enterSymbolTable(memory, current, reader)).toBe(1024);
		growSymbolTable(memory, 1024, 65536, { capacity: 4 }, current);
		internSymbol(memory, 65536, encode('B'));
		expect(isSymbolTableInUse(memory, 1024, [reader, follower])).toBe(true);
		expect([names.name(1), names.id('B'), names.count]).toEqual(['B', 1, 2]);
		leaveSymbolTable(memory, reader);
		expect(isSymbolTableInUse(memory, 1024, [reader, follower])).toBe(false);
		expect(enterSymbolTable(memory, current, reader)).toBe(65536);
	});

	test('takes the place of others while threads look names up, whose memory is used again', { timeout: 120_000 }, async () => {
		const memory = new WebAssembly.Memory({ initial: 64, maximum: 1024, shared: true });
		const [current, stop] = [0, 4];
		const readers = [0, 1, 2].map((index) => ({ own: 64 + index * 64, follower: 512 + index * 64, scratch: 2048 + index * 128 }));
		const places = [1 << 16, 1 << 21];
		const names = 6000;
		let size = { capacity: 64, textBytes: 64 * 16 };
		let table = places[0] as number;
		createSymbolTable(memory, table, size, ['SYMBOL-0', 'SYMBOL-1', 'SYMBOL-2']);
		publishSymbolTable(memory, current, table);
		const workers = readers.map((cells) => new Worker(new URL('./reading-worker.ts', import.meta.url), { workerData: { memory, current, stop, ...cells } satisfies ReadingTask }));
		const results = workers.map(async (worker) => (await once(worker, 'message'))[0] as ReadingResult);
		const cells = new Int32Array(memory.buffer);
		const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
		while (readers.some(({ own }) => Atomics.load(cells, own >> 2) === 0)) await pause();
		const inUse = (address: number): boolean =>
			isSymbolTableInUse(
				memory,
				address,
				readers.flatMap(({ own, follower }) => [own, follower]),
			);
		let generation = 0;
		for (let id = 3; id < names; id++) {
			let given = internSymbol(memory, table, encode(`SYMBOL-${id}`));
			if (given < 0) {
				generation++;
				size = { capacity: size.capacity + 192, textBytes: (size.capacity + 192) * 16 };
				const next = places[generation % 2] as number;
				expect(next + symbolTableBytes(size)).toBeLessThan(1 << 22);
				growSymbolTable(memory, table, next, size, current);
				const old = table;
				table = next;
				while (inUse(old)) await pause();
				// Nobody may notice.
				new Uint8Array(memory.buffer).fill(0xaa, old, old + symbolTableBytes(size));
				given = internSymbol(memory, table, encode(`SYMBOL-${id}`));
			}
			expect(given).toBe(id);
			if (id % 50 === 0) await pause();
		}
		Atomics.store(cells, stop >> 2, 1);
		for (const result of await Promise.all(results)) {
			expect(result.mistake).toBeNull();
			expect(result.lookups).toBeGreaterThan(1000);
			expect(result.generations).toBeGreaterThan(3);
		}
		expect(symbolGeneration(memory, table)).toBe(generation);
		expect(generation).toBeGreaterThan(20);
		await Promise.all(workers.map((worker) => worker.terminate()));
	});
});
