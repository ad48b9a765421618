/** A module while it is put together; module-writer.ts turns it into bytes. */
import { BRANCH_COUNTERS, type BranchOptions, BranchRecorder, writeBranchSites } from './branches.ts';
import { Code } from './code.ts';
import { misuse } from './expression.ts';
import { FunctionBuilder } from './function-builder.ts';
import { type ArgumentOf, type Body, DataSegment, Func, FunctionType, type Params, type ResultOf, type Signature, Table } from './functions.ts';
import { I32 } from './i32.ts';
import type { I64 } from './i64.ts';
import type { ModuleContext } from './module-context.ts';
import { EXTERNAL, type ExternalKind, type ModuleContents, writeModule } from './module-writer.ts';
import type { V128 } from './v128.ts';
import { createGlobal, type Global, type Instance, type ValueClass, type ValueType } from './values.ts';

/** Sizes in pages of 64 KiB. */
export interface MemoryLimits {
	readonly min: number;
	readonly max?: number;
	/** Shared with other threads; such a memory needs a maximum. */
	readonly shared?: boolean;
}

/** Sizes in functions. */
export interface TableLimits {
	readonly min: number;
	readonly max?: number;
}

/** A global's first value. */
export type Initial<T extends ValueType> = T extends I64 ? bigint | number : T extends V128 ? ArrayLike<number> : number;

export interface GlobalOptions {
	/** For names in stack traces, profiles and `printModule`. */
	readonly name?: string;
	/** Default false. */
	readonly mutable?: boolean;
	/** The name under which the host sees it. */
	readonly export?: string;
}

/** A function's type, and the name under which the host sees it. */
export interface Definition<P extends Params, R extends readonly ValueClass[]> extends Signature<P, R> {
	readonly export?: string;
	/** Nothing in it is counted: for what runs before the counters have a place. Default false. */
	readonly uncounted?: boolean;
}

/** A function that is declared, and defined later. */
export interface Declared<P extends Params, R extends readonly ValueClass[]> extends Func<ResultOf<R>, ArgumentOf<P>> {
	/** @internal */
	readonly signature: Signature<P, R>;
}

export class ModuleBuilder {
	readonly name: string;
	readonly #context: ModuleContext;
	readonly #contents: ModuleContents;
	readonly #typeIndices = new Map<string, number>();
	readonly #exportNames = new Set<string>();
	#branchCounters: Global<I32> | undefined;
	#functionCount = 0;
	#tableCount = 0;

	/** @internal Use `createModule`. */
	constructor(name: string, options: BranchOptions = {}) {
		this.name = name;
		const branches = options.countBranches === true || options.likely !== undefined ? new BranchRecorder(options) : undefined;
		this.#context = { name, current: undefined, usesMemory: false, branches, branchCounters: undefined };
		this.#contents = { name, types: [], imports: [], importedFunctions: [], functions: [], tables: [], memory: undefined, globals: [], exports: [], start: undefined, elements: [], segments: [], branches: undefined };
		if (branches?.counting === true) {
			this.#branchCounters = this.global(I32, 0, { name: BRANCH_COUNTERS, mutable: true, export: BRANCH_COUNTERS });
			this.#context.branchCounters = this.#branchCounters;
		}
	}

	/**
	 * Where branches are counted: the global with the counters' address, and the bytes of the counters of all functions
	 * defined so far. Null in other modules.
	 */
	get branchCounters(): { readonly address: Global<I32>; readonly bytes: number } | null {
		return this.#branchCounters === undefined ? null : { address: this.#branchCounters, bytes: this.#context.branches?.bytes ?? 0 };
	}

	importMemory(module: string, name: string, limits: MemoryLimits): void {
		this.#claimMemory();
		checkLimits(`memory '${name}'`, limits, 0x10000);
		this.#contents.imports.push({ module, name, kind: EXTERNAL.memory, limits });
	}

	/** A memory of the module's own. */
	memory(options: MemoryLimits & { readonly export?: string }): void {
		this.#claimMemory();
		checkLimits('the memory', options, 0x10000);
		this.#contents.memory = options;
		if (options.export !== undefined) this.#export(options.export, EXTERNAL.memory, 0);
	}

	/** Functions are imported before others are declared. */
	importFunction<const P extends Params, const R extends readonly ValueClass[]>(module: string, name: string, signature: Signature<P, R>): Func<ResultOf<R>, ArgumentOf<P>> {
		if (this.#contents.functions.length > 0) throw misuse(`function '${name}' is imported after others were declared: imports come first`);
		const type = new FunctionType(signature);
		this.#contents.imports.push({ module, name, kind: EXTERNAL.function, typeIndex: this.#typeIndex(type) });
		this.#contents.importedFunctions.push(name);
		return new Func(this.#context, name, this.#functionCount++, type);
	}

	/** A table that the host provides. Tables are imported before others are made. */
	importTable(module: string, name: string, limits: TableLimits): Table {
		if (this.#contents.tables.length > 0) throw misuse(`table '${name}' is imported after others were made: imports come first`);
		checkLimits(`table '${name}'`, limits, 0xffffffff);
		this.#contents.imports.push({ module, name, kind: EXTERNAL.table, limits });
		return this.#newTable(name);
	}

	/** A table of functions, empty until `m.elements` or the host fills it. */
	table(options: TableLimits & { readonly name?: string; readonly export?: string }): Table {
		const name = options.name ?? options.export ?? `${this.#tableCount}`;
		checkLimits(`table '${name}'`, options, 0xffffffff);
		this.#contents.tables.push(options);
		const table = this.#newTable(name);
		if (options.export !== undefined) this.#export(options.export, EXTERNAL.table, table.index);
		return table;
	}

	/** Puts functions into a table when the module starts, from `offset` on. */
	elements(table: Table, offset: number, functions: readonly Func[]): void {
		for (const func of functions) this.#own(func);
		this.#contents.elements.push({ table: table.index, offset, functions: functions.map((func) => func.index) });
	}

	/** A global of the module's own. The global itself is an expression; `set` assigns a mutable one. */
	global<C extends ValueClass>(type: C, initial: Initial<Instance<C>>, options: GlobalOptions = {}): Global<Instance<C>> {
		const index = this.#contents.globals.length;
		const name = options.name ?? options.export ?? `global${index}`;
		const mutable = options.mutable === true;
		const code = new Code(`the initializer of global '${name}'`, [], this.#context);
		// A vector's literal is its bytes, which the class lifts nowhere else.
		const value = typeof initial === 'object' ? (type as typeof V128).of(initial) : type.lift(initial);
		value.emit(code);
		this.#contents.globals.push({ type: type.type, mutable, name, initializer: code.instructions() });
		if (options.export !== undefined) this.#export(options.export, EXTERNAL.global, index);
		return createGlobal(type, { module: this.#context, index, name, mutable });
	}

	/** Declares and defines a function. */
	func<const P extends Params, const R extends readonly ValueClass[]>(name: string, definition: Definition<P, R>, body: Body<P>): Func<ResultOf<R>, ArgumentOf<P>> {
		const declared = this.declare(name, definition);
		this.define(declared, body);
		return declared;
	}

	/** A function that can be called before it is defined, so that functions can call each other. */
	declare<const P extends Params, const R extends readonly ValueClass[]>(name: string, definition: Definition<P, R>): Declared<P, R> {
		const type = new FunctionType(definition);
		const func = new Func<ResultOf<R>, ArgumentOf<P>>(this.#context, name, this.#functionCount++, type);
		// Here, so that functions of one name are numbered by their index.
		const sites = this.#context.branches?.function(name);
		this.#contents.functions.push({ name, typeIndex: this.#typeIndex(type), index: func.index, sites: definition.uncounted === true ? undefined : sites, code: undefined });
		if (definition.export !== undefined) this.#export(definition.export, EXTERNAL.function, func.index);
		return Object.assign(func, { signature: definition });
	}

	/** Writes the body of a declared function. Bodies may define further functions. */
	define<P extends Params, R extends readonly ValueClass[]>(declared: Declared<P, R>, body: Body<P>): void {
		this.#own(declared);
		const entry = this.#contents.functions[declared.index - this.#contents.importedFunctions.length];
		if (entry === undefined) throw misuse(`function '${declared.name}' is imported and cannot be defined`);
		if (entry.code !== undefined) throw misuse(`function '${declared.name}' is defined twice`);
		const builder = new FunctionBuilder(this.#context, declared.name, declared.type, entry.sites);
		const outer = this.#context.current;
		this.#context.current = builder;
		try {
			builder.countCalls();
			body(builder, builder.parameters() as unknown as Parameters<Body<P>>[1]);
		} finally {
			this.#context.current = outer;
		}
		entry.code = builder.finish();
	}

	/** Bytes that are in memory at `offset` when the module starts. */
	data(offset: number, bytes: Uint8Array): void {
		if (!Number.isInteger(offset) || offset < 0 || offset > 0xffffffff) throw misuse(`${offset} is no address for data`);
		this.#context.usesMemory = true;
		this.#contents.segments.push({ offset, bytes });
	}

	/** Bytes for `f.memoryInit`. */
	passiveData(bytes: Uint8Array): DataSegment {
		return new DataSegment(this.#context, this.#contents.segments.push({ offset: undefined, bytes }) - 1);
	}

	export(func: Func, name: string): void {
		this.#own(func);
		this.#export(name, EXTERNAL.function, func.index);
	}

	/** Runs a function without parameters and results when the module is instantiated. */
	start(func: Func): void {
		this.#own(func);
		if (func.type.params.length + func.type.results.length > 0) throw misuse(`function '${func.name}' has parameters or results, so the module cannot start with it`);
		this.#contents.start = func.index;
	}

	/** The module in the binary format, with names and branch hints. */
	toBytes(): Uint8Array<ArrayBuffer> {
		const hasMemory = this.#contents.memory !== undefined || this.#contents.imports.some((entry) => entry.kind === EXTERNAL.memory);
		if (this.#context.usesMemory && !hasMemory) throw misuse(`module '${this.name}' uses memory but has none: call importMemory or memory`);
		for (const entry of this.#contents.functions) if (entry.code === undefined) throw misuse(`function '${entry.name}' is declared but not defined`);
		const { branches } = this.#context;
		return writeModule(branches?.counting === true ? { ...this.#contents, branches: writeBranchSites(branches.sites) } : this.#contents);
	}

	#typeIndex(type: FunctionType): number {
		const known = this.#typeIndices.get(type.key);
		if (known !== undefined) return known;
		const index = this.#contents.types.push({ params: type.params.map((param) => param.type), results: type.results.map((result) => result.type) }) - 1;
		this.#typeIndices.set(type.key, index);
		return index;
	}

	#newTable(name: string): Table {
		return new Table(this.#context, name, this.#tableCount++, (type) => this.#typeIndex(type));
	}

	#export(name: string, kind: ExternalKind, index: number): void {
		if (this.#exportNames.has(name)) throw misuse(`module '${this.name}' exports '${name}' twice`);
		this.#exportNames.add(name);
		this.#contents.exports.push({ name, kind, index });
	}

	#own(func: Func): void {
		if (func.module !== this.#context) throw misuse(`function '${func.name}' belongs to another module than '${this.name}'`);
	}

	#claimMemory(): void {
		if (this.#contents.memory !== undefined || this.#contents.imports.some((entry) => entry.kind === EXTERNAL.memory)) throw misuse(`module '${this.name}' has a memory already`);
	}
}

function checkLimits(what: string, { min, max, shared }: MemoryLimits, most: number): void {
	const fits = (size: number): boolean => Number.isInteger(size) && size >= 0 && size <= most;
	if (!fits(min) || (max !== undefined && !fits(max))) throw misuse(`${what} has a size that is no integer from 0 to ${most}`);
	if (max !== undefined && max < min) throw misuse(`${what} has a maximum size below its minimum`);
	if (shared === true && max === undefined) throw misuse(`${what} is shared, so it needs a maximum size`);
}

/** Starts a module. Its name is for stack traces, profiles and `printModule`. */
export function createModule(name: string, options?: BranchOptions): ModuleBuilder {
	return new ModuleBuilder(name, options);
}
