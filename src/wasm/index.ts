/**
 * A typed macro-assembler for WebAssembly. Values are expressions whose classes know the type (i32.ts, i64.ts,
 * floats.ts, v128.ts and the lanes); statements and control flow are methods of `FunctionBuilder`; `createModule`
 * starts a module.
 */
export { type BranchCount, type BranchKind, type BranchOptions, type BranchSite, COUNTER_BYTES, type LikelyOf, readBranchCounts, readBranchSites, takenOf } from './branches.ts';
export { detectFeatures, type Features, requireFeatures } from './features.ts';
export type { F32x4, F64x2 } from './float-lanes.ts';
export { F32, type F32Operand, F64, type F64Operand } from './floats.ts';
export type { BranchHint, FunctionBuilder, Label, SiteName } from './function-builder.ts';
export type { DataSegment, Func, LocalsOf, Params, Signature, Table } from './functions.ts';
export { I32, type I32Operand } from './i32.ts';
export { I64, type I64Operand } from './i64.ts';
export type { I8x16, I16x8, I32x4, I64x2 } from './integer-lanes.ts';
export { createModule, type Declared, type Definition, type GlobalOptions, type MemoryLimits, type ModuleBuilder, type TableLimits } from './module-builder.ts';
export { type PrintedFunction, printFunctions, printModule } from './printer.ts';
export { V128 } from './v128.ts';
export type { Global, Instance, Local, Operand, ValueClass, ValueType } from './values.ts';
