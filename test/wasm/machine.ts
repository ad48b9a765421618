/** Runs single instructions: operands come from memory, as vectors cannot cross the JavaScript boundary. */
import { createModule, F32, F64, type FunctionBuilder, I32, I64, type ModuleBuilder, type Params, V128, type ValueClass } from '../../src/wasm/index.ts';
import type { AtomicInstruction, LaneInstruction, MemoryInstruction, MemoryLaneInstruction, PlainInstruction } from '../../src/wasm/opcodes.ts';
import { EXAMPLES, type Values } from './instruction-examples.ts';

export type AnyInstruction = PlainInstruction | MemoryInstruction | LaneInstruction | MemoryLaneInstruction | AtomicInstruction;

/** Where the operands lie, and the result. */
export const AT = { i: 0, j: 8, k: 16, l: 24, s: 32, t: 40, d: 48, e: 56, v: 64, w: 80, u: 96, result: 112, data: 128 } as const;

/** Instantiates what is valid; a module that is not valid fails the test. */
export function instantiate(m: ModuleBuilder, imports: WebAssembly.Imports = {}): Record<string, CallableFunction & WebAssembly.Global & WebAssembly.Table & WebAssembly.Memory> {
	const bytes = m.toBytes();
	return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as never;
}

/** A function of its own module, as JavaScript calls it. */
export function runnable<const P extends Params>(params: P, results: readonly ValueClass[], body: (f: FunctionBuilder, params: Values & Record<string, never>) => void): (...parameters: (number | bigint)[]) => unknown {
	const m = createModule('test');
	m.memory({ min: 1, export: 'memory' });
	m.func('run', { params, results, export: 'run' }, body as never);
	return instantiate(m)['run'] as unknown as (...parameters: (number | bigint)[]) => unknown;
}

export interface Machine {
	readonly view: DataView;
	readonly bytes: Uint8Array;
	/** Runs one of the instructions; its result is at `AT.result`. */
	run(instruction: AnyInstruction): void;
}

/** One module with a function for each of the instructions. */
export function createMachine(instructions: readonly AnyInstruction[], shared = false): Machine {
	const m = createModule('machine');
	const memory = new WebAssembly.Memory(shared ? { initial: 1, maximum: 1, shared } : { initial: 1 });
	m.importMemory('env', 'memory', shared ? { min: 1, max: 1, shared } : { min: 1 });
	for (const instruction of instructions) {
		m.func(instruction, { params: {}, results: [], export: instruction }, (f) => {
			const values = operands(f);
			const result = EXAMPLES[instruction](values);
			if (result !== undefined) f.store(AT.result, result);
		});
	}
	const run = instantiate(m, { env: { memory } });
	return { view: new DataView(memory.buffer), bytes: new Uint8Array(memory.buffer), run: (instruction) => (run[instruction] as CallableFunction)() };
}

function operands(f: FunctionBuilder): Values {
	return {
		f,
		i: f.local(I32, I32.load(AT.i), 'i'),
		j: f.local(I32, I32.load(AT.j), 'j'),
		k: f.local(I64, I64.load(AT.k), 'k'),
		l: f.local(I64, I64.load(AT.l), 'l'),
		s: f.local(F32, F32.load(AT.s), 's'),
		t: f.local(F32, F32.load(AT.t), 't'),
		d: f.local(F64, F64.load(AT.d), 'd'),
		e: f.local(F64, F64.load(AT.e), 'e'),
		v: f.local(V128, V128.load(AT.v), 'v'),
		w: f.local(V128, V128.load(AT.w), 'w'),
		u: f.local(V128, V128.load(AT.u), 'u'),
	};
}
