/** The tests that i32 and i64 share. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ATOMIC, MEMORY, PLAIN } from '../../src/wasm/opcodes.ts';
import { integerModel, unsigned } from './integer-model.ts';
import { type AnyInstruction, AT, createMachine } from './machine.ts';

/** Integers near the ends of all widths as often as others. */
export function integers(bits: number): fc.Arbitrary<bigint> {
	const edges = [0n, 1n, 2n, 7n, 8n, 15n, 16n, 31n, 32n, 63n, 64n, 127n, 128n, 255n, 256n, 32767n, 32768n, 65535n, 65536n, 2147483647n, 2147483648n, 4294967295n, 4294967296n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n];
	return fc.oneof(fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }), fc.constantFrom(...edges, ...edges.map((edge) => -edge))).map((value) => unsigned(bits, value));
}

export function testIntegers(type: 'i32' | 'i64'): void {
	const bits = type === 'i32' ? 32 : 64;
	const [first, second] = type === 'i32' ? [AT.i, AT.j] : [AT.k, AT.l];
	const own = (name: string): boolean => name.startsWith(`${type}.`);
	const operations = Object.keys(PLAIN).filter((name) => own(name) && !/trunc|reinterpret|wrap|extend_/.test(name)) as AnyInstruction[];
	const loads = Object.keys(MEMORY).filter((name) => own(name) && name.includes('load')) as AnyInstruction[];
	const stores = Object.keys(MEMORY).filter((name) => own(name) && name.includes('store')) as AnyInstruction[];
	const atomics = Object.keys(ATOMIC).filter(own) as AnyInstruction[];
	const machine = createMachine([...operations, ...loads, ...stores]);
	const write = (at: number, value: bigint): void => machine.view.setBigUint64(at, value, true);

	test.each(operations)('%s', (instruction) => {
		const operation = instruction.split('.')[1] as string;
		const resultBits = /^(?:eqz|eq|ne|[lg][te]_[su])$/.test(operation) ? 32 : bits;
		fc.assert(
			fc.property(integers(bits), integers(bits), (x, y) => {
				const expected = integerModel(operation, bits, x, y);
				write(first, x);
				write(second, y);
				if (expected === 'trap') {
					expect(() => machine.run(instruction)).toThrow(WebAssembly.RuntimeError);
					return;
				}
				machine.run(instruction);
				const result = resultBits === 32 ? BigInt(machine.view.getUint32(AT.result, true)) : machine.view.getBigUint64(AT.result, true);
				expect(result).toBe(unsigned(resultBits, expected));
			}),
		);
	});

	test.each(loads)('%s at any address', (instruction) => {
		const width = Number(/load(\d+)/.exec(instruction)?.[1] ?? bits);
		fc.assert(
			fc.property(integers(64), fc.nat(1000), (value, place) => {
				write(AT.data + 4 + place, value);
				write(AT.i, BigInt(AT.data + place));
				machine.run(instruction);
				const loaded = instruction.endsWith('_s') ? BigInt.asIntN(width, value) : unsigned(width, value);
				const result = bits === 32 ? BigInt(machine.view.getUint32(AT.result, true)) : machine.view.getBigUint64(AT.result, true);
				expect(result).toBe(unsigned(bits, loaded));
			}),
		);
	});

	test.each(stores)('%s at any address', (instruction) => {
		const width = Number(/store(\d+)/.exec(instruction)?.[1] ?? bits);
		fc.assert(
			fc.property(integers(bits), fc.nat(1000), (value, place) => {
				const at = AT.data + place;
				write(at, 0xaaaaaaaaaaaaaaaan);
				write(AT.i, BigInt(at));
				write(bits === 32 ? AT.j : AT.k, value);
				machine.run(instruction);
				const kept = (0xaaaaaaaaaaaaaaaan >> BigInt(width)) << BigInt(width);
				expect(machine.view.getBigUint64(at, true)).toBe(unsigned(64, kept) | unsigned(width, value));
			}),
		);
	});

	const shared = createMachine(atomics, true);
	test.each(atomics)('%s', (instruction) => {
		const width = Number(/(?:load|store|rmw)(\d+)/.exec(instruction)?.[1] ?? bits);
		const operation = /rmw\d*\.(\w+?)(?:_u)?$/.exec(instruction)?.[1] ?? (instruction.includes('load') ? 'load' : 'store');
		// Two of the operands may be equal, so that cmpxchg replaces now and then.
		fc.assert(
			fc.property(integers(bits), integers(bits), integers(bits), fc.boolean(), fc.nat(100), (memory, value, replacement, equal, place) => {
				const at = AT.data + place * 8;
				const before = unsigned(width, memory);
				// What is compared has the cell's width: engines differ on wider values, and the assembler's users give none.
				const operand = equal ? before : operation === 'cmpxchg' ? unsigned(width, value) : value;
				shared.view.setBigUint64(at, 0n, true);
				shared.view.setBigUint64(at, before, true);
				shared.view.setBigUint64(AT.i, BigInt(at), true);
				shared.view.setBigUint64(bits === 32 ? AT.j : AT.k, operand, true);
				if (bits === 64) shared.view.setBigUint64(AT.l, replacement, true);
				shared.run(instruction);
				// For i32 the example compares with j and replaces with j.
				const next = bits === 32 ? operand : replacement;
				const after: Record<string, bigint> = {
					load: before,
					store: operand,
					add: before + operand,
					sub: before - operand,
					and: before & operand,
					or: before | operand,
					xor: before ^ operand,
					xchg: operand,
					cmpxchg: before === operand ? next : before,
				};
				expect(shared.view.getBigUint64(at, true)).toBe(unsigned(width, after[operation] as bigint));
				if (operation === 'store') return;
				const result = bits === 32 ? BigInt(shared.view.getUint32(AT.result, true)) : shared.view.getBigUint64(AT.result, true);
				expect(result).toBe(before);
			}),
		);
		if (width > 8) {
			shared.view.setBigUint64(AT.i, BigInt(AT.data + 1), true);
			expect(() => shared.run(instruction)).toThrow(WebAssembly.RuntimeError);
		}
	});
}
