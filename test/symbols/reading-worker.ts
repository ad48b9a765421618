/** A thread that looks names up in whichever table is current, until it is told to stop, and says what was wrong. */
import { parentPort, workerData } from 'node:worker_threads';
import { enterSymbolTable, findSymbol, followSymbolTable, leaveSymbolTable, symbolCount, symbolGeneration } from '../../src/symbols/index.ts';
import { createSymbolMachine } from './machine.ts';

export interface ReadingTask {
	readonly memory: WebAssembly.Memory;
	readonly current: number;
	readonly own: number;
	/** Cell of another reader, for names by id. */
	readonly follower: number;
	readonly stop: number;
	/** Where this thread writes the names it looks for. */
	readonly scratch: number;
}

export interface ReadingResult {
	readonly lookups: number;
	readonly generations: number;
	readonly mistake: string | null;
}

const { memory, current, own, follower, stop, scratch } = workerData as ReadingTask;
const machine = createSymbolMachine(memory, true);
const cells = new Int32Array(memory.buffer);
const bytes = new Uint8Array(memory.buffer);
const encoder = new TextEncoder();
const names = followSymbolTable(memory, current, follower);
const generations = new Set<number>();
let lookups = 0;
let mistake: string | null = null;
let state = own;
while (Atomics.load(cells, stop >> 2) === 0 && mistake === null) {
	const table = enterSymbolTable(memory, current, own);
	generations.add(symbolGeneration(memory, table));
	const count = symbolCount(memory, table);
	for (let turn = 0; turn < 50 && mistake === null; turn++) {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		// The last one may be on its way.
		const id = state % (count - 1);
		const name = encoder.encode(`SYMBOL-${id}`);
		bytes.set(name, scratch);
		const found = turn % 2 === 0 ? machine.findInline(table, scratch, name.length) : findSymbol(memory, table, name);
		if (found !== id) mistake = `SYMBOL-${id} has the id ${found} of ${count} in generation ${symbolGeneration(memory, table)}`;
		lookups++;
	}
	leaveSymbolTable(memory, own);
	const id = names.count - 1;
	if (names.name(id) !== `SYMBOL-${id}`) mistake = `${id} is ${names.name(id)}`;
}
const result: ReadingResult = { lookups, generations: generations.size, mistake };
parentPort?.postMessage(result);
