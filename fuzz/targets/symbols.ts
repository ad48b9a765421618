/** Symbol tables: the generated functions, their twin in TypeScript, and a Map give the same ids, also where tables are full and grow. */
import { createSymbolTable, emitFindInline, emitSymbolTable, findSymbol, growSymbolTable, internSymbol, symbolBytes, symbolCount, symbolTableBytes } from '../../src/symbols/index.ts';
import { paddedLength } from '../../src/symbols/layout.ts';
import { BRANCH_COUNTERS } from '../../src/wasm/branches.ts';
import { createModule, I32 } from '../../src/wasm/index.ts';
import { countersOf } from '../coverage.ts';
import type { Input } from '../input.ts';
import type { Target } from '../target.ts';
import { poisons } from './poison.ts';

interface Machine {
	find(table: number, p: number, length: number): number;
	intern(table: number, p: number, length: number): number;
	findInline(table: number, p: number, length: number): number;
	internInline(table: number, p: number, length: number): number;
}

const COUNTERS = 1024;
const TABLE = 65536;
const SIZE = 4 * 65536;
const FILLER = Buffer.alloc(SIZE, 0xa5);
const LONGEST_NAME = 255;
/** Branches and turns for each look-up: none is longer than a full table of the least size. */
const STEPS = 4000;

export const symbolTarget: Target = {
	name: 'symbols',
	about: 'generated functions, their twin in TypeScript and a Map, with growth',
	parts: 'many',
	open() {
		const memory = new WebAssembly.Memory({ initial: SIZE / 65536 });
		const twin = new WebAssembly.Memory({ initial: SIZE / 65536 });
		const m = createModule('symbols', { countBranches: true });
		m.importMemory('env', 'memory', { min: 1 });
		const functions = emitSymbolTable(m);
		const params = { table: I32, p: I32, length: I32 };
		for (const name of ['find', 'intern'] as const) {
			m.func(name, { params, results: [I32], export: name }, (f, { table, p, length }) => f.return(functions[name].call(table, p, length)));
			m.func(`${name}Inline`, { params, results: [I32], export: `${name}Inline` }, (f, { table, p, length }) => f.return(emitFindInline(f, { table, p, length, otherwise: functions[name] })));
		}
		const module = new WebAssembly.Module(m.toBytes());
		const instance = new WebAssembly.Instance(module, { env: { memory } });
		(instance.exports[BRANCH_COUNTERS] as WebAssembly.Global).value = COUNTERS;
		const machine = instance.exports as unknown as Machine;
		const counters = countersOf(module, memory, COUNTERS);
		const bytes = new Uint8Array(memory.buffer);
		const encoder = new TextEncoder();
		const names = ['BTCUSDT', 'ETHUSDT', '', 'BTC-USD-SWAP', 'BTC-27JUN25-100000-C', '1000PEPEUSDT', 'x'.repeat(16), 'x'.repeat(17), 'x'.repeat(255), '\0', 'ÄÖ', 'BTCUSDT'].map((name) => encoder.encode(name));
		const many = Array.from({ length: 60 }, (_, index) => encoder.encode(`SYM${index * 7}`));

		const run = (input: Input): string | null => {
			const [[capacity = 3, known = 0, text = 8] = [], ...given] = input;
			const wanted = given.map((name) => name.subarray(0, LONGEST_NAME));
			const describe = (what: string): string => `${what}\ncapacity ${capacity}, known ${known}, text ${text}\n${wanted.map((name) => Buffer.from(name).toString('hex')).join('\n')}`;
			const keyOf = (name: Uint8Array): string => Buffer.from(name).toString('latin1');
			const ids = new Map<string, number>();
			const first: Uint8Array[] = [];
			for (const name of wanted.slice(0, known % 16)) {
				if (ids.has(keyOf(name))) continue;
				ids.set(keyOf(name), ids.size);
				first.push(name);
			}
			let size = { capacity: Math.max(1, first.length, capacity % 64), textBytes: first.reduce((sum, name) => sum + paddedLength(name.length), 0) + text * 4 };
			let address = TABLE;
			for (const one of [memory, twin]) {
				new Uint8Array(one.buffer).fill(0xa5, TABLE);
				createSymbolTable(one, address, size, first);
			}
			const pattern = poisons(wanted)[1] as Uint8Array;
			const before = counters.steps();
			for (const [index, name] of wanted.entries()) {
				// At the end of memory, but for what loads may read behind it.
				const at = SIZE - 64 - name.length;
				bytes.set(pattern.subarray(0, 16), at - 16);
				bytes.set(name, at);
				bytes.set(pattern, SIZE - 64);
				const found = [machine.find(address, at, name.length), machine.findInline(address, at, name.length), findSymbol(twin, address, name)];
				if (found.some((id) => id !== (ids.get(keyOf(name)) ?? -1))) return describe(`name ${index} is ${ids.get(keyOf(name)) ?? -1}, and was found as ${found.join(', ')}`);
				let id = index % 2 === 0 ? machine.intern(address, at, name.length) : machine.internInline(address, at, name.length);
				const other = internSymbol(twin, address, name);
				if (id !== other) return describe(`name ${index} got the id ${id}, and ${other} in the twin`);
				if (id < 0) {
					const isFull = ids.size >= size.capacity || size.textBytes < [...ids.keys()].reduce((sum, key) => sum + paddedLength(key.length), 0) + paddedLength(name.length);
					if (!isFull) return describe(`name ${index} did not fit a table with room`);
					const bigger = { capacity: size.capacity * 2, textBytes: size.textBytes * 2 + 256 };
					const to = Math.ceil((address + symbolTableBytes(size)) / 64) * 64;
					// The memory's end is the names'.
					if (to + symbolTableBytes(bigger) > SIZE - 1024) break;
					for (const one of [memory, twin]) growSymbolTable(one, address, to, bigger);
					address = to;
					size = bigger;
					id = machine.intern(address, at, name.length);
					if (id !== internSymbol(twin, address, name)) return describe(`name ${index} got other ids after growth`);
				}
				if (id !== (ids.get(keyOf(name)) ?? ids.size)) return describe(`name ${index} got the id ${id}, and ${ids.get(keyOf(name)) ?? ids.size} was next`);
				ids.set(keyOf(name), id);
			}
			if (counters.steps() - before > (wanted.length + 1) * STEPS) return describe(`took ${counters.steps() - before} steps for ${wanted.length} names`);
			const end = address + symbolTableBytes(size);
			if (Buffer.compare(bytes.subarray(TABLE, end), new Uint8Array(twin.buffer, TABLE, end - TABLE)) !== 0) return describe('the tables differ');
			if (Buffer.compare(bytes.subarray(end, SIZE - 1024), FILLER.subarray(end, SIZE - 1024)) !== 0) return describe('memory behind the table was written');
			if (symbolCount(memory, address) !== ids.size) return describe(`${symbolCount(memory, address)} names, and ${ids.size} were given`);
			for (const [key, id] of ids) if (keyOf(symbolBytes(memory, address, id)) !== key) return describe(`id ${id} has another name`);
			return null;
		};
		return {
			seeds: [
				[Uint8Array.of(3, 2, 8), ...names],
				[Uint8Array.of(40, 8, 255), ...names, ...names],
				[Uint8Array.of(1, 0, 0), ...many],
				[Uint8Array.of(63, 15, 200), ...many, ...many],
			],
			words: names,
			longest: 4096,
			coverage: counters,
			run,
		};
	},
};
