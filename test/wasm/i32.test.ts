import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createModule, F32, F64, I32, I64 } from '../../src/wasm/index.ts';
import { integers, testIntegers } from './integer-suite.ts';
import { instantiate, runnable } from './machine.ts';

describe('instructions of i32', () => {
	testIntegers('i32');
});

describe('I32', () => {
	test('constants keep their bits', () => {
		fc.assert(
			fc.property(fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }), fc.constantFrom(-65, -64, 63, 64, 127, 128, 8191, 8192, 2 ** 31, 2 ** 32 - 1)), (value) => {
				expect(runnable({}, [I32], (f) => f.return(I32.of(value)))()).toBe(value | 0);
			}),
			{ numRuns: 50 },
		);
	});

	test.each([2 ** 32, -(2 ** 31) - 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('%d is no 32-bit integer', (value) => {
		expect(() => I32.of(value)).toThrow('is no 32-bit integer');
		expect(() => I32.of(0).add(value)).toThrow('is no 32-bit integer');
	});

	test('another class is refused where a cast let it through', () => {
		expect(() => I32.of(0).add(I64.of(0n) as unknown as I32)).toThrow('an i32 is wanted here, not an expression of i64');
		expect(() => I32.of(0).add(0n as unknown as number)).toThrow('an i32 is wanted here, not 0n');
		expect(() => I32.load(undefined as unknown as I32)).toThrow('an i32 is wanted here, not undefined');
	});

	test('select takes either', () => {
		const select = runnable({ i: I32, j: I32 }, [I32], (f, { i, j }) => f.return(I32.select(i, j, 7)));
		expect([select(1, 5), select(-1, 5), select(0, 5)]).toEqual([5, 5, 7]);
	});

	test('extends to 64 bits', () => {
		const extendS = runnable({ i: I32 }, [I64], (f, { i }) => f.return(i.extendS()));
		const extendU = runnable({ i: I32 }, [I64], (f, { i }) => f.return(i.extendU()));
		fc.assert(
			fc.property(integers(32), (value) => {
				expect(extendS(Number(value))).toBe(BigInt.asIntN(32, value));
				expect(extendU(Number(value))).toBe(value);
			}),
		);
	});

	test('converts to floats', () => {
		const f64 = runnable({ i: I32 }, [F64, F64], (f, { i }) => f.return(i.toF64S(), i.toF64U()));
		const f32 = runnable({ i: I32 }, [F32, F32], (f, { i }) => f.return(i.toF32S(), i.toF32U()));
		fc.assert(
			fc.property(fc.integer(), (value) => {
				expect(f64(value)).toEqual([value, value >>> 0]);
				expect(f32(value)).toEqual([Math.fround(value), Math.fround(value >>> 0)]);
			}),
		);
	});

	test('lends its bits to a float', () => {
		const reinterpret = runnable({ i: I32 }, [F32], (f, { i }) => f.return(i.reinterpretF32()));
		expect(reinterpret(0x3f800000)).toBe(1);
	});

	test('offsets are checked', () => {
		for (const offset of [-1, 0.5, 2 ** 32]) expect(() => I32.load(0, offset)).toThrow('is no memory offset');
		const load = runnable({ i: I32 }, [I32], (f, { i }) => f.return(I32.load(i, 0xffffffff)));
		expect(() => load(0)).toThrow(WebAssembly.RuntimeError);
	});

	test('waiting and waking', () => {
		const m = createModule('wait');
		m.memory({ min: 1, max: 1, shared: true });
		m.func('wait', { params: { expected: I32 }, results: [I32], export: 'wait' }, (f, { expected }) => f.return(I32.atomicWait(8, expected, 1000n)));
		m.func('wake', { params: {}, results: [I32], export: 'wake' }, (f) => f.return(I32.atomicNotify(8, 1)));
		const { wait, wake } = instantiate(m) as Record<string, CallableFunction>;
		expect(wait?.(1)).toBe(1);
		expect(wait?.(0)).toBe(2);
		expect(wake?.()).toBe(0);
	});
});
