import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createModule, F32, F64, I32, I64 } from '../../src/wasm/index.ts';
import { integers, testIntegers } from './integer-suite.ts';
import { instantiate, runnable } from './machine.ts';

describe('instructions of i64', () => {
	testIntegers('i64');
});

describe('I64', () => {
	test('constants keep their bits', () => {
		fc.assert(
			fc.property(integers(64), fc.boolean(), (bits, negative) => {
				const value = negative ? BigInt.asIntN(64, bits) : bits;
				expect(runnable({}, [I64], (f) => f.return(I64.of(value)))()).toBe(BigInt.asIntN(64, value));
			}),
			{ numRuns: 200 },
		);
	});

	test('numbers are literals where they are safe', () => {
		expect(runnable({}, [I64], (f) => f.return(I64.of(-5).add(Number.MAX_SAFE_INTEGER)))()).toBe(9007199254740986n);
		expect(() => I64.of(2 ** 53)).toThrow('is no safe integer');
		expect(() => I64.of(0.5)).toThrow('is no safe integer');
	});

	test.each([1n << 64n, -(1n << 63n) - 1n])('%d is no 64-bit integer', (value) => {
		expect(() => I64.of(value)).toThrow('is no 64-bit integer');
	});

	test('another class is refused where a cast let it through', () => {
		expect(() => I64.of(0n).add(I32.of(0) as unknown as I64)).toThrow('an i64 is wanted here, not an expression of i32');
	});

	test('select takes either', () => {
		const select = runnable({ i: I32, k: I64 }, [I64], (f, { i, k }) => f.return(I64.select(i, k, 7)));
		expect([select(1, 5n), select(0, 5n)]).toEqual([5n, 7n]);
	});

	test('wraps to 32 bits', () => {
		const wrap = runnable({ k: I64 }, [I32], (f, { k }) => f.return(k.wrap()));
		fc.assert(
			fc.property(integers(64), (value) => {
				expect(wrap(value)).toBe(Number(BigInt.asIntN(32, value)));
			}),
		);
	});

	test('converts to floats', () => {
		const f64 = runnable({ k: I64 }, [F64, F64], (f, { k }) => f.return(k.toF64S(), k.toF64U()));
		const f32 = runnable({ k: I64 }, [F32, F32], (f, { k }) => f.return(k.toF32S(), k.toF32U()));
		fc.assert(
			fc.property(integers(64), (value) => {
				expect(f64(value)).toEqual([Number(BigInt.asIntN(64, value)), Number(value)]);
			}),
		);
		expect(f32(-1n)).toEqual([-1, 2 ** 64]);
	});

	test('lends its bits to a float', () => {
		const reinterpret = runnable({ k: I64 }, [F64], (f, { k }) => f.return(k.reinterpretF64()));
		expect(reinterpret(0x3ff0000000000000n)).toBe(1);
	});

	test('waiting', () => {
		const m = createModule('wait');
		m.memory({ min: 1, max: 1, shared: true });
		m.func('wait', { params: { expected: I64 }, results: [I32], export: 'wait' }, (f, { expected }) => f.return(I64.atomicWait(8, expected, 1000n)));
		const { wait } = instantiate(m) as Record<string, CallableFunction>;
		expect(wait?.(1n)).toBe(1);
		expect(wait?.(0n)).toBe(2);
	});
});
