import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSymbolTable, findSymbol, internSymbol, openSymbolReader, probesOf, symbolBytes, symbolCount, symbolName, symbolTableBytes } from '../../src/symbols/index.ts';
import { dimensions, HEADER, ID, MAGIC, SLOT } from '../../src/symbols/layout.ts';
import { assertHolds, caseCount } from '../protocols/json/properties.ts';
import { createSymbolMachine, distinct, nameBytes } from './machine.ts';

const encode = (name: string): Uint8Array => new TextEncoder().encode(name);
const universe = (count: number): string[] => {
	const bases = ['BTC', 'ETH', 'SOL', 'DOGE', 'XRP', 'ADA', 'LINK', 'T', '1000PEPE', 'JASMY'];
	const quotes = ['USDT', 'BTC', 'EUR', '-USD-SWAP', '-27JUN25-100000-C'];
	return Array.from({ length: count }, (_, index) => `${Math.floor(index / 50) || ''}${bases[index % 10]}${quotes[Math.floor(index / 10) % 5]}`);
};

describe('a symbol table', () => {
	test('gives known names the ids 0, 1, 2, …, and others the next ones', () => {
		const memory = new WebAssembly.Memory({ initial: 1 });
		createSymbolTable(memory, 256, { capacity: 4 }, ['BTCUSDT', 'ETHUSDT']);
		expect(symbolCount(memory, 256)).toBe(2);
		expect(findSymbol(memory, 256, encode('ETHUSDT'))).toBe(1);
		expect(findSymbol(memory, 256, encode('SOLUSDT'))).toBe(-1);
		expect(internSymbol(memory, 256, encode('SOLUSDT'))).toBe(2);
		expect(internSymbol(memory, 256, encode('SOLUSDT'))).toBe(2);
		expect(internSymbol(memory, 256, encode(''))).toBe(3);
		expect([0, 1, 2, 3].map((id) => symbolName(memory, 256, id))).toEqual(['BTCUSDT', 'ETHUSDT', 'SOLUSDT', '']);
	});

	test('is full at its capacity, and where its text is used up; what it has is still found', () => {
		const memory = new WebAssembly.Memory({ initial: 1 });
		createSymbolTable(memory, 0, { capacity: 2 }, ['A']);
		expect(internSymbol(memory, 0, encode('a name of more than sixteen bytes'))).toBe(-1);
		expect(internSymbol(memory, 0, encode('B'))).toBe(1);
		expect(internSymbol(memory, 0, encode('C'))).toBe(-1);
		expect(['A', 'B', 'C'].map((name) => findSymbol(memory, 0, encode(name)))).toEqual([0, 1, -1]);
	});

	test('has each known name in its home, for universes of any size: one probe', () => {
		const memory = new WebAssembly.Memory({ initial: 256 });
		for (const count of [1, 2, 3, 10, 32, 200, 1000, 5000, 50_000]) {
			const names = universe(count);
			createSymbolTable(memory, 1024, { capacity: count, textBytes: count * 32 }, names);
			expect(names.every((name) => probesOf(memory, 1024, encode(name)) === 1)).toBe(true);
			expect(names.every((name, id) => findSymbol(memory, 1024, encode(name)) === id)).toBe(true);
		}
	});

	test('keeps known names in their homes when others come', () => {
		const memory = new WebAssembly.Memory({ initial: 16 });
		const names = universe(500);
		createSymbolTable(memory, 0, { capacity: 1000, textBytes: 32000 }, names);
		for (let index = 0; index < 500; index++) expect(internSymbol(memory, 0, encode(`new ${index}`))).toBe(500 + index);
		expect(names.every((name) => probesOf(memory, 0, encode(name)) === 1)).toBe(true);
		// Half full: the others take two probes or so.
		const probes = Array.from({ length: 500 }, (_, index) => probesOf(memory, 0, encode(`new ${index}`)));
		expect(Math.min(...probes)).toBe(1);
		expect(probes.reduce((sum, each) => sum + each, 0) / 500).toBeLessThan(3);
		expect(probesOf(memory, 0, encode('nobody'))).toBe(0);
	});

	test('lies as its drawing says', () => {
		const memory = new WebAssembly.Memory({ initial: 1 });
		const size = { capacity: 3, textBytes: 64 };
		createSymbolTable(memory, 512, size, ['BTCUSDT', 'a name of more than 16']);
		const { slotsAt, idsAt, textAt, bytes } = dimensions(size);
		const word = (at: number): number => new DataView(memory.buffer).getUint32(512 + at, true);
		expect([MAGIC, 'TFSY'.split('').reduceRight((sum, letter) => sum * 256 + letter.charCodeAt(0), 0)]).toEqual([word(0), word(0)]);
		expect(HEADER).toMatchObject({ version: 4, slots: 8, capacity: 12, count: 16, textUsed: 20, textBytes: 24, k1: 64, masks: 96, size: 128 });
		expect([4, 8, 12, 16, 20, 24, 28].map(word)).toEqual([1, 8, 3, 2, 48, 64, 1]);
		expect([word(48), word(52), word(56)]).toEqual([slotsAt, idsAt, textAt]);
		expect([slotsAt, idsAt, textAt, bytes]).toEqual([144, 272, 304, 384]);
		// ids → text and length
		expect([word(idsAt + ID.text), word(idsAt + ID.length), word(idsAt + 8 + ID.text), word(idsAt + 8 + ID.length)]).toEqual([textAt, 7, textAt + 16, 22]);
		const text = new Uint8Array(memory.buffer, 512 + textAt, 64);
		expect(Buffer.from(text).toString()).toBe(`BTCUSDT${'\0'.repeat(9)}a name of more than 16${'\0'.repeat(26)}`);
		const slots = Array.from({ length: 8 }, (_, slot) => slotsAt + slot * SLOT.size).filter((at) => word(at + SLOT.id) > 0);
		expect(slots.map((at) => [word(at + SLOT.id), word(at + SLOT.length), word(at + SLOT.text)]).sort()).toEqual([
			[1, 7, textAt],
			[2, 22, textAt + 16],
		]);
	});

	test('takes the bytes a name that its documentation states', () => {
		for (let capacity = 64; capacity < 200_000; capacity = Math.ceil(capacity * 1.37)) {
			const each = (symbolTableBytes({ capacity }) - 176) / capacity;
			expect(each).toBeGreaterThan(56);
			expect(each).toBeLessThan(90);
		}
		expect(symbolTableBytes({ capacity: 1 })).toBeLessThan(300);
	});

	test('refuses in words', () => {
		const memory = new WebAssembly.Memory({ initial: 1 });
		expect(() => createSymbolTable(memory, 8, { capacity: 4 })).toThrow('multiple of 16');
		expect(() => createSymbolTable(memory, 0, { capacity: 0 })).toThrow('holds 1 to');
		expect(() => createSymbolTable(memory, 0, { capacity: 100_000 })).toThrow('ends beyond the memory');
		expect(() => createSymbolTable(memory, 0, { capacity: 1 }, ['A', 'B'])).toThrow('2 names do not fit a symbol table for 1');
		expect(() => createSymbolTable(memory, 0, { capacity: 1 }, ['seventeen letters'])).toThrow('do not fit the 16 bytes');
		expect(() => createSymbolTable(memory, 0, { capacity: 4 }, ['A', 'B', 'A'])).toThrow('the name "A" stands twice');
		expect(() => findSymbol(memory, 4096, encode('A'))).toThrow('no symbol table at address 4096');
		createSymbolTable(memory, 0, { capacity: 4 }, ['A']);
		expect(() => symbolBytes(memory, 0, 1)).toThrow('ids 0 to 0, not 1');
		new DataView(memory.buffer).setUint32(HEADER.version, 9, true);
		expect(() => symbolCount(memory, 0)).toThrow('has version 9');
	});

	test('is the same bytes for the same names', () => {
		const [one, other] = [new WebAssembly.Memory({ initial: 4 }), new WebAssembly.Memory({ initial: 4 })];
		for (const memory of [one, other]) createSymbolTable(memory, 0, { capacity: 1000, textBytes: 32000 }, universe(1000));
		expect(Buffer.from(one.buffer).equals(Buffer.from(other.buffer))).toBe(true);
	});

	test('is read through a reader that sees later names', () => {
		const memory = new WebAssembly.Memory({ initial: 1 });
		createSymbolTable(memory, 0, { capacity: 4, textBytes: 128 }, ['BTCUSDT']);
		const reader = openSymbolReader(memory, 0);
		expect([reader.count, reader.name(0), reader.id('BTCUSDT'), reader.id('Übung\ufeff')]).toEqual([1, 'BTCUSDT', 0, -1]);
		internSymbol(memory, 0, encode('\ufeffÜbung'));
		expect([reader.count, reader.id('\ufeffÜbung'), reader.name(1), reader.names()]).toEqual([2, 1, '\ufeffÜbung', ['BTCUSDT', '\ufeffÜbung']]);
		expect(() => reader.name(2)).toThrow('ids 0 to 1, not 2');
		memory.grow(1);
		expect(reader.name(1)).toBe('\ufeffÜbung');
	});
});

/** Both twins over the same calls, each with a memory of its own, and a Map as the model. */
describe('the generated twin', () => {
	const size = { capacity: 40, textBytes: 1024 };
	const table = 1024;
	const place = 32768;
	for (const shared of [false, true]) {
		test(`gives the same ids and the same table bytes for any calls${shared ? ', in a shared memory' : ''}`, () => {
			const make = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 1, ...(shared ? { maximum: 1024, shared } : {}) });
			const [plain, generated, inlined] = [make(), make(), make()];
			const machine = createSymbolMachine(generated, shared);
			const inlineMachine = createSymbolMachine(inlined, shared);
			const operation = fc.tuple(fc.constantFrom('intern', 'intern', 'find'), nameBytes, fc.nat(15), fc.nat(255));
			const arbitrary = fc.tuple(fc.uniqueArray(nameBytes, { maxLength: 12, selector: (name) => Buffer.from(name).toString('latin1') }), fc.array(operation, { maxLength: 60 }));
			assertHolds(arbitrary, caseCount(1500), ([known, operations]) => {
				const fits = known.reduce((sum, name) => sum + Math.max(16, Math.ceil(name.length / 16) * 16), 0) <= size.textBytes;
				if (!fits) return null;
				for (const memory of [plain, generated, inlined]) createSymbolTable(memory, table, size, known);
				const model = new Map(known.map((name, id) => [Buffer.from(name).toString('latin1'), id]));
				for (const [kind, name, shift, garbage] of operations) {
					const key = Buffer.from(name).toString('latin1');
					// What stands after the name must not matter.
					for (const memory of [generated, inlined]) {
						const bytes = new Uint8Array(memory.buffer);
						bytes.fill(garbage, place, place + 400);
						bytes.set(name, place + shift);
					}
					const at = [table, place + shift, name.length] as const;
					const ids = kind === 'intern' ? [internSymbol(plain, table, name), machine.intern(...at), inlineMachine.internInline(...at)] : [findSymbol(plain, table, name), machine.find(...at), inlineMachine.findInline(...at)];
					if (new Set(ids).size > 1) return `${kind} of "${key}" gives ${ids.join(', ')}`;
					const id = ids[0] as number;
					if (id >= 0 && kind === 'intern' && !model.has(key)) model.set(key, model.size);
					if (id !== (model.get(key) ?? -1)) return `${kind} of "${key}" gives ${id}, the model ${model.get(key)}`;
				}
				const part = (memory: WebAssembly.Memory): Buffer => Buffer.from(memory.buffer, table, symbolTableBytes(size));
				if (!part(plain).equals(part(generated))) return 'the tables differ';
				if (!part(plain).equals(part(inlined))) return 'the tables differ where the probe was inlined';
				if (symbolCount(plain, table) !== model.size) return `there are ${symbolCount(plain, table)} names, not ${model.size}`;
				for (const [key, id] of model) if (Buffer.from(symbolBytes(plain, table, id)).toString('latin1') !== key) return `id ${id} is not the name "${key}"`;
				return null;
			});
		});
	}

	test('compares every byte of names of any length', () => {
		const memory = new WebAssembly.Memory({ initial: 4 });
		const machine = createSymbolMachine(memory);
		createSymbolTable(memory, table, { capacity: 300, textBytes: 64 * 1024 });
		const put = (name: Uint8Array): readonly [number, number, number] => {
			new Uint8Array(memory.buffer).set(name, 200_000);
			return [table, 200_000, name.length];
		};
		for (let length = 0; length <= 255; length++) {
			const name = Uint8Array.from({ length }, (_, index) => 65 + ((index + length) % 26));
			expect(machine.intern(...put(name))).toBe(length);
			for (let at = 0; at < length; at++) {
				const other = name.slice();
				other[at] = 0;
				expect(machine.find(...put(other))).toBe(-1);
			}
			expect(machine.findInline(...put(name))).toBe(length);
		}
	});

	test('survives names that differ in length only', () => {
		const memory = new WebAssembly.Memory({ initial: 4 });
		const names = distinct(Array.from({ length: 100 }, (_, length) => new Uint8Array(length)));
		createSymbolTable(memory, table, { capacity: 100, textBytes: 16384 }, names);
		expect(names.map((name) => probesOf(memory, table, name))).toEqual(names.map(() => 1));
	});
});
