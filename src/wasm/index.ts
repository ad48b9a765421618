/** A typed macro-assembler for WebAssembly: see expressions.ts for values, function-builder.ts for control flow. */
export { F32, F64, I32, type I32Operand, I64, type I64Operand, V128, type ValueType } from './expressions.ts';
export type { BranchHint, Func, FunctionBuilder, Global, Label, Local, LocalsOf, Operand, Params, Signature, ValueClass } from './function-builder.ts';
export { createModule, type MemoryLimits, type ModuleBuilder } from './module-builder.ts';
