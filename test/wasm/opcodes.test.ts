import { describe, expect, test } from 'vitest';
import { createModule, F32, F64, I32, I64, printModule, V128 } from '../../src/wasm/index.ts';
import { ATOMIC, atomicAlignment, OPCODE, splitOpcode } from '../../src/wasm/opcodes.ts';
import { EXAMPLES } from './instruction-examples.ts';
import type { AnyInstruction } from './machine.ts';

describe('each instruction', () => {
	test.each(Object.keys(EXAMPLES) as AnyInstruction[])('%s', (instruction) => {
		const m = createModule('one');
		m.memory({ min: 1, max: 1, shared: instruction in ATOMIC });
		const params = { i: I32, j: I32, k: I64, l: I64, s: F32, t: F32, d: F64, e: F64, v: V128, w: V128, u: V128 };
		m.func('f', { params, results: [] }, (f, locals) => {
			const value = EXAMPLES[instruction]({ f, ...locals });
			if (value !== undefined) f.drop(value);
		});
		const bytes = m.toBytes();
		expect(WebAssembly.validate(bytes)).toBe(true);
		// The printer knows it, and how many operands it takes.
		const statement = printModule(bytes)
			.split('\n')
			.find((line) => line.startsWith('  ')) as string;
		expect(statement.replace(/^ *(?:drop )?/, '').replace(/\(.*/, '')).toBe(instruction);
	});
});

test('no two instructions share an opcode', () => {
	const opcodes = Object.values(OPCODE);
	expect(new Set(opcodes).size).toBe(opcodes.length);
});

test('opcodes come apart', () => {
	expect(splitOpcode(OPCODE['i32.add'])).toEqual({ prefix: 0, number: 0x6a });
	expect(splitOpcode(OPCODE['i8x16.add'])).toEqual({ prefix: 0xfd, number: 110 });
	expect(splitOpcode(OPCODE['i32x4.relaxed_dot_i8x16_i7x16_add_s'])).toEqual({ prefix: 0xfd, number: 0x113 });
});

test('atomic accesses are aligned to what they touch', () => {
	expect(atomicAlignment('i64.atomic.load')).toBe(3);
	expect(atomicAlignment('i64.atomic.rmw16.add_u')).toBe(1);
	expect(atomicAlignment('i32.atomic.store8')).toBe(0);
	expect(atomicAlignment('memory.atomic.notify')).toBe(2);
	expect(atomicAlignment('memory.atomic.wait64')).toBe(3);
});
