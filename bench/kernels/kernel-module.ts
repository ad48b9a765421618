/** The kernels of src/kernels linked into a module of their own, each in a loop over texts, so that calls from JavaScript do not count. */
import { createConstantPool } from '../../src/kernels/constant-pool.ts';
import { addDigitConstants, EXCESS, emitDecimalText, emitShortDecimal, loadDigitVectors } from '../../src/kernels/decimals.ts';
import { emitParseDouble } from '../../src/kernels/doubles.ts';
import { emitTimestampText } from '../../src/kernels/timestamps.ts';
import { emitUtf8Sequence } from '../../src/kernels/utf8.ts';
import { createModule, F64, type FunctionBuilder, I32, I64, type Local } from '../../src/wasm/index.ts';
import type { Bench } from './kernel-case.ts';

/** Each goes through `count` texts at `places` and returns a sum of what it made of them. */
export interface KernelLoops {
	shortDecimal(places: number, count: number): bigint;
	longDecimal(places: number, count: number): bigint;
	parseDouble(places: number, count: number): number;
	timestamp(places: number, count: number): bigint;
	/** Bytes of sequences that are right. */
	utf8(places: number, count: number): number;
}

export const SCALE = 8;

export function buildKernelLoops({ memory, constants }: Bench): KernelLoops {
	const m = createModule('kernel loops');
	m.importMemory('env', 'memory', { min: 1 });
	const pool = createConstantPool(m);
	const parseDouble = emitParseDouble(m, pool);
	const timestamp = emitTimestampText(m, pool);
	const utf8 = emitUtf8Sequence(m);
	const decimal = emitDecimalText(m);
	const digits = addDigitConstants(pool);
	const most = (1n << 63n) - 1n;

	const overTexts = (f: FunctionBuilder, places: Local<I32>, count: Local<I32>, take: (p: Local<I32>, end: Local<I32>) => void): void => {
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		f.loop((next) => {
			p.set(I32.load(places));
			end.set(I32.load(places, 4));
			take(p, end);
			places.set(places.add(8));
			count.set(count.sub(1));
			next.branchIf(count);
		});
	};
	const params = { places: I32, count: I32 } as const;
	const slowly = (f: FunctionBuilder, p: I32, end: I32, sum: Local<I64>): void => {
		const status = decimal.call.call(p, end, I32.of(SCALE), I32.of(EXCESS.reject), I64.of(most), I64.of(-(1n << 63n))) as I32;
		f.if(status.eqz(), () => sum.set(sum.add(decimal.number)));
	};
	m.func('shortDecimal', { params, results: [I64], export: 'shortDecimal' }, (f, { places, count }) => {
		const vectors = loadDigitVectors(f, digits);
		const sum = f.local(I64, 0n, 'sum');
		overTexts(f, places, count, (p, end) =>
			emitShortDecimal(f, vectors, {
				p,
				scale: SCALE,
				point: true,
				store: (value) => sum.set(sum.add(value)),
				otherwise: () => slowly(f, p, end, sum),
			}),
		);
		f.return(sum);
	});
	m.func('longDecimal', { params, results: [I64], export: 'longDecimal' }, (f, { places, count }) => {
		const sum = f.local(I64, 0n, 'sum');
		overTexts(f, places, count, (p, end) => slowly(f, p, end, sum));
		f.return(sum);
	});
	m.func('parseDouble', { params, results: [F64], export: 'parseDouble' }, (f, { places, count }) => {
		const sum = f.local(F64, 0, 'sum');
		overTexts(f, places, count, (p, end) => sum.set(sum.add(parseDouble.call(p, end) as F64)));
		f.return(sum);
	});
	m.func('timestamp', { params, results: [I64], export: 'timestamp' }, (f, { places, count }) => {
		const sum = f.local(I64, 0n, 'sum');
		overTexts(f, places, count, (p, end) => f.if(timestamp.call.call(p, end) as I32, () => sum.set(sum.add(timestamp.nanoseconds))));
		f.return(sum);
	});
	m.func('utf8', { params, results: [I32], export: 'utf8' }, (f, { places, count }) => {
		const sum = f.local(I32, 0, 'sum');
		const after = f.local(I32, undefined, 'after');
		overTexts(f, places, count, (p, end) => {
			f.block((done) => {
				f.loop((again) => {
					done.branchIf(p.geU(end));
					after.set(utf8.call(p, end) as I32);
					done.branchIf(after.eqz());
					sum.set(sum.add(after.sub(p)));
					p.set(after);
					again.branch();
				});
			});
		});
		f.return(sum);
	});
	pool.finish();
	const exports = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } }).exports as unknown as KernelLoops & { initialize(address: number): void };
	exports.initialize(constants);
	return exports;
}
