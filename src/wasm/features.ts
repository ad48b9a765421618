/** What this engine's WebAssembly can do, found by asking it to validate small modules. */
import { misuse } from './expression.ts';
import { I32 } from './i32.ts';
import { createModule, type ModuleBuilder } from './module-builder.ts';
import { V128 } from './v128.ts';

/**
 * Branch hints are not among them: engines may ignore them, and none says so. They change no result, so nothing
 * depends on them.
 */
export interface Features {
	/** Vectors of 128 bits. All generated parsers need it. */
	readonly simd: boolean;
	/** Vector instructions that may differ between machines in stated cases. */
	readonly relaxedSimd: boolean;
	/** Shared memory and atomic instructions. A browser also asks for cross-origin isolation. */
	readonly threads: boolean;
	/** `memory.copy`, `memory.fill` and passive data. */
	readonly bulkMemory: boolean;
	/** Functions with several results. */
	readonly multiValue: boolean;
}

const PROBES: Readonly<Record<keyof Features, (m: ModuleBuilder) => void>> = {
	simd: (m) => {
		m.func('simd', { params: { x: I32 }, results: [I32] }, (f, { x }) => f.return(V128.splat8(x).i8x16.bitmask()));
	},
	relaxedSimd: (m) => {
		m.func('relaxedSimd', { params: { x: I32 }, results: [I32] }, (f, { x }) => f.return(V128.splat8(x).relaxedSwizzle(V128.splat8(x)).anyTrue()));
	},
	threads: (m) => {
		m.memory({ min: 1, max: 1, shared: true });
		m.func('threads', { params: { x: I32 }, results: [I32] }, (f, { x }) => f.return(I32.atomicAdd(x, 1)));
	},
	bulkMemory: (m) => {
		m.memory({ min: 1 });
		m.func('bulkMemory', { params: { x: I32 }, results: [] }, (f, { x }) => f.memoryCopy(x, 0, 1));
	},
	multiValue: (m) => {
		m.func('multiValue', { params: { x: I32 }, results: [I32, I32] }, (f, { x }) => f.return(x, x));
	},
};

const NEEDS: Readonly<Record<keyof Features, string>> = {
	simd: 'WebAssembly SIMD (Node.js 16.4 or later)',
	relaxedSimd: 'WebAssembly relaxed SIMD (Node.js 22 or later)',
	threads: 'WebAssembly threads (Node.js 16.4 or later; in browsers cross-origin isolation)',
	bulkMemory: 'WebAssembly bulk memory (Node.js 12.5 or later)',
	multiValue: 'WebAssembly functions with several results (Node.js 15 or later)',
};

let detected: Features | undefined;

/** What the engine can do; asked once. */
export function detectFeatures(): Features {
	if (detected !== undefined) return detected;
	const has = (feature: keyof Features): boolean => {
		if (typeof WebAssembly === 'undefined') return false;
		const m = createModule(feature);
		PROBES[feature](m);
		return WebAssembly.validate(m.toBytes());
	};
	detected = {
		simd: has('simd'),
		relaxedSimd: has('relaxedSimd'),
		threads: typeof SharedArrayBuffer !== 'undefined' && has('threads'),
		bulkMemory: has('bulkMemory'),
		multiValue: has('multiValue'),
	};
	return detected;
}

/** Throws an error that names what is missing and what to do. `features` is for tests. */
export function requireFeatures(needed: readonly (keyof Features)[], features: Features = detectFeatures()): void {
	const missing = needed.filter((feature) => !features[feature]);
	if (missing.length === 0) return;
	throw misuse(`this JavaScript engine lacks ${missing.map((feature) => NEEDS[feature]).join(' and ')}. The reference tier parses without, slower.`);
}
