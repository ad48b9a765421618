import { createBinaryWriter, type BinaryWriter } from './binary-writer.ts';
import { type Emit, F64, I32, I64, V128, type ValueType } from './expressions.ts';
import { type BuiltFunction, buildFunction, type Func, type FunctionBuilder, type Global, lift, liftArguments, type LocalsOf, type Operand, type Params, type Signature, type ValueClass } from './function-builder.ts';

export interface MemoryLimits {
	/** Pages of 64 KiB. */
	readonly min: number;
	readonly max?: number;
	/** Shared memories need `max`. */
	readonly shared?: boolean;
}

export interface ModuleBuilder {
	readonly name: string;
	importMemory(module: string, name: string, limits: MemoryLimits): void;
	/** A memory of the module's own. */
	memory(limits: MemoryLimits & { readonly export?: string }): void;
	importFunction<const R extends readonly ValueClass[]>(module: string, name: string, signature: Signature<Params, R>): Func<R>;
	global<C extends ValueClass>(type: C, initial: number | bigint, options?: { readonly name?: string; readonly mutable?: boolean; readonly export?: string }): Global<InstanceType<C>>;
	func<const P extends Params, const R extends readonly ValueClass[]>(
		name: string,
		signature: Signature<P, R> & { readonly export?: string },
		body: (f: FunctionBuilder, locals: LocalsOf<P>) => void,
	): Func<R>;
	/** Announces a function so that it can be called before `define` gives its body. */
	declare<const P extends Params, const R extends readonly ValueClass[]>(name: string, signature: Signature<P, R> & { readonly export?: string }): Func<R> & { readonly signature: Signature<P, R> };
	define<P extends Params, R extends readonly ValueClass[]>(func: Func<R> & { readonly signature: Signature<P, R> }, body: (f: FunctionBuilder, locals: LocalsOf<P>) => void): void;
	/** A table of these functions, for `callIndirect`. All must have one signature. */
	table(functions: readonly Func[]): { callIndirect(index: I32 | number, ...args: readonly (ValueType | number | bigint)[]): ValueType };
	/** Bytes that are in memory from the start. */
	data(offset: number, bytes: Uint8Array): void;
	/** Bytes for `f.memoryInit`. */
	passiveData(bytes: Uint8Array): { readonly index: number };
	export(func: Func, name: string): void;
	toBytes(): Uint8Array<ArrayBuffer>;
}

interface Entry {
	readonly func: Func;
	readonly type: number;
	built: BuiltFunction | null;
	readonly imported: boolean;
}

const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, element: 9, code: 10, data: 11, dataCount: 12 } as const;

/** Starts a module. Functions get their indexes in the order of definition; imports must come first. */
export function createModule(name: string): ModuleBuilder {
	const types: string[] = [];
	const typeSignatures: { params: readonly ValueClass[]; results: readonly ValueClass[] }[] = [];
	const imports: { module: string; name: string; write(w: BinaryWriter): void }[] = [];
	const functions: Entry[] = [];
	const globals: { type: ValueClass; initial: number | bigint; mutable: boolean; name: string }[] = [];
	const exports: { name: string; kind: number; index: number }[] = [];
	const segments: { bytes: Uint8Array; offset: number | null }[] = [];
	let elements: readonly Func[] | null = null;
	let ownMemory: MemoryLimits | null = null;
	let memories = 0;

	const typeOf = (params: readonly ValueClass[], results: readonly ValueClass[]): number => {
		const key = `${params.map((type) => type.type)}:${results.map((type) => type.type)}`;
		const found = types.indexOf(key);
		if (found >= 0) return found;
		types.push(key);
		typeSignatures.push({ params, results });
		return types.length - 1;
	};
	const callEmit = (prepare: Emit, result: ValueClass): ValueType => new (result as unknown as new (emit: Emit) => ValueType)(prepare);
	const addFunction = <R extends readonly ValueClass[]>(funcName: string, params: Params, results: R, imported: boolean): Func<R> => {
		const index = functions.length;
		const paramTypes = Object.values(params);
		const func: Func<R> = {
			name: funcName,
			index,
			params: paramTypes,
			results,
			call(...args) {
				if (results.length !== 1) throw new TypeError(`tickforge: "${funcName}" has ${results.length} results; as an expression it needs one (f.call, f.callInto)`);
				const lifted = liftArguments(func, args);
				return callEmit((to) => {
					for (const value of lifted) value.emit(to);
					to.code.byte(0x10);
					to.code.unsigned(index);
				}, results[0] as ValueClass) as never;
			},
		};
		functions.push({ func, type: typeOf(paramTypes, results), built: null, imported });
		return func;
	};
	const limits = (w: BinaryWriter, { min, max, shared }: MemoryLimits): void => {
		if (shared === true && max === undefined) throw new Error('tickforge: a shared memory needs a maximum size');
		w.byte((max === undefined ? 0 : 1) | (shared === true ? 2 : 0));
		w.unsigned(min);
		if (max !== undefined) w.unsigned(max);
	};
	const oneMemory = (): void => {
		if (++memories > 1) throw new Error('tickforge: a module has one memory');
	};

	const m: ModuleBuilder = {
		name,
		importMemory(module, importName, memoryLimits) {
			oneMemory();
			imports.push({
				module,
				name: importName,
				write(w) {
					w.byte(2);
					limits(w, memoryLimits);
				},
			});
		},
		memory(memoryLimits) {
			oneMemory();
			ownMemory = memoryLimits;
			if (memoryLimits.export !== undefined) exports.push({ name: memoryLimits.export, kind: 2, index: 0 });
		},
		importFunction(module, importName, { params, results }) {
			if (functions.some((entry) => !entry.imported)) throw new Error(`tickforge: import "${importName}" before defining functions`);
			const func = addFunction(importName, params, results, true);
			const { type } = functions[func.index] as Entry;
			imports.push({
				module,
				name: importName,
				write(w) {
					w.byte(0);
					w.unsigned(type);
				},
			});
			return func;
		},
		global(type, initial, options = {}) {
			const index = globals.length;
			const globalName = options.name ?? `global${index}`;
			globals.push({ type, initial, mutable: options.mutable ?? false, name: globalName });
			if (options.export !== undefined) exports.push({ name: options.export, kind: 3, index });
			const Type = type as unknown as new (emit: Emit) => InstanceType<typeof type>;
			const get: Emit = (to) => {
				to.code.byte(0x23);
				to.code.unsigned(index);
			};
			return Object.assign(new Type(get), {
				index,
				set(f: FunctionBuilder, value: Operand<InstanceType<typeof type>>) {
					if (options.mutable !== true) throw new Error(`tickforge: the global "${globalName}" is constant`);
					const lifted = lift(type, value as ValueType, `global "${globalName}"`);
					f.statement((to) => {
						lifted.emit(to);
						to.code.byte(0x24);
						to.code.unsigned(index);
					});
				},
			}) as Global<InstanceType<typeof type>>;
		},
		func(funcName, signature, body) {
			const declared = m.declare(funcName, signature);
			m.define(declared, body as never);
			return declared;
		},
		declare(funcName, signature) {
			const func = addFunction(funcName, signature.params, signature.results, false);
			if (signature.export !== undefined) exports.push({ name: signature.export, kind: 0, index: func.index });
			return Object.assign(func, { signature });
		},
		define(func, body) {
			const entry = functions[func.index];
			if (entry === undefined || entry.func !== func) throw new Error(`tickforge: "${func.name}" belongs to another module`);
			if (entry.built !== null) throw new Error(`tickforge: "${func.name}" is defined twice`);
			entry.built = buildFunction(func.name, func.signature.params, func.results, body as never);
		},
		table(tableFunctions) {
			if (elements !== null) throw new Error('tickforge: a module has one table');
			const [firstFunction] = tableFunctions;
			if (firstFunction === undefined) throw new Error('tickforge: a table needs a function');
			const type = (functions[firstFunction.index] as Entry).type;
			for (const func of tableFunctions) {
				if ((functions[func.index] as Entry).type !== type) throw new TypeError(`tickforge: "${func.name}" and "${firstFunction.name}" have different signatures and share a table`);
			}
			elements = tableFunctions;
			return {
				callIndirect(index, ...args) {
					const lifted = liftArguments(firstFunction, args);
					const at = I32.from(index);
					return callEmit((to) => {
						for (const value of lifted) value.emit(to);
						at.emit(to);
						to.code.byte(0x11);
						to.code.unsigned(type);
						to.code.unsigned(0);
					}, firstFunction.results[0] as ValueClass);
				},
			};
		},
		data(offset, bytes) {
			segments.push({ bytes, offset });
		},
		passiveData(bytes) {
			segments.push({ bytes, offset: null });
			return { index: segments.length - 1 };
		},
		export(func, exportName) {
			exports.push({ name: exportName, kind: 0, index: func.index });
		},
		toBytes: () => writeModule(),
	};

	function writeModule(): Uint8Array<ArrayBuffer> {
		const w = createBinaryWriter(16384);
		w.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
		const section = (id: number, fill: (s: BinaryWriter) => void): void => {
			const s = createBinaryWriter(4096);
			fill(s);
			w.byte(id);
			w.unsigned(s.length);
			w.bytes(s.take());
		};
		const vector = <T>(s: BinaryWriter, items: readonly T[], write: (item: T, index: number) => void): void => {
			s.unsigned(items.length);
			items.forEach(write);
		};
		const own = functions.filter((entry) => !entry.imported);
		for (const { func, built } of own) if (built === null) throw new Error(`tickforge: "${func.name}" was declared but never defined`);
		const valueTypes = (s: BinaryWriter, list: readonly ValueClass[]): void => vector(s, list, (type) => s.byte(type.type));
		section(SECTION.type, (s) =>
			vector(s, typeSignatures, ({ params, results }) => {
				s.byte(0x60);
				valueTypes(s, params);
				valueTypes(s, results);
			}),
		);
		if (imports.length > 0) {
			section(SECTION.import, (s) =>
				vector(s, imports, (entry) => {
					s.name(entry.module);
					s.name(entry.name);
					entry.write(s);
				}),
			);
		}
		section(SECTION.function, (s) => vector(s, own, ({ type }) => s.unsigned(type)));
		if (elements !== null) {
			const count = elements.length;
			section(SECTION.table, (s) => s.bytes([1, 0x70, 0, ...leb(count)]));
		}
		if (ownMemory !== null) {
			const memoryLimits = ownMemory;
			section(SECTION.memory, (s) => {
				s.byte(1);
				limits(s, memoryLimits);
			});
		}
		section(SECTION.global, (s) =>
			vector(s, globals, ({ type, initial, mutable }) => {
				s.byte(type.type);
				s.byte(mutable ? 1 : 0);
				if (type === V128) {
					s.bytes([0xfd, 12, ...new Array(16).fill(0)]);
				} else if (type === I32) {
					s.byte(0x41);
					s.signed(Number(initial));
				} else if (type === I64) {
					s.byte(0x42);
					s.signed64(BigInt(initial));
				} else if (type === F64) {
					s.byte(0x44);
					s.float64(Number(initial));
				} else {
					s.byte(0x43);
					s.float32(Number(initial));
				}
				s.byte(0x0b);
			}),
		);
		section(SECTION.export, (s) =>
			vector(s, exports, (entry) => {
				s.name(entry.name);
				s.byte(entry.kind);
				s.unsigned(entry.index);
			}),
		);
		if (elements !== null) {
			const list = elements;
			section(SECTION.element, (s) => {
				s.bytes([1, 0, 0x41, 0, 0x0b]);
				vector(s, list, (func) => s.unsigned(func.index));
			});
		}
		if (segments.length > 0) section(SECTION.dataCount, (s) => s.unsigned(segments.length));
		const hinted = own.filter(({ built }) => (built as BuiltFunction).hints.length > 0);
		if (hinted.length > 0) {
			section(SECTION.custom, (s) => {
				s.name('metadata.code.branch_hint');
				vector(s, hinted, ({ func, built }) => {
					s.unsigned(func.index);
					vector(s, (built as BuiltFunction).hints, ({ offset, likely }) => {
						s.unsigned(offset);
						s.byte(1);
						s.byte(likely ? 1 : 0);
					});
				});
			});
		}
		section(SECTION.code, (s) =>
			vector(s, own, ({ built }) => {
				const { body } = built as BuiltFunction;
				s.unsigned(body.length);
				s.bytes(body);
			}),
		);
		if (segments.length > 0) {
			section(SECTION.data, (s) =>
				vector(s, segments, ({ bytes, offset }) => {
					if (offset === null) s.byte(1);
					else {
						s.bytes([0, 0x41]);
						s.signed(offset);
						s.byte(0x0b);
					}
					s.unsigned(bytes.length);
					s.bytes(bytes);
				}),
			);
		}
		section(SECTION.custom, (s) => {
			s.name('name');
			const subsection = (id: number, fill: (part: BinaryWriter) => void): void => {
				const part = createBinaryWriter(1024);
				fill(part);
				s.byte(id);
				s.unsigned(part.length);
				s.bytes(part.take());
			};
			subsection(0, (part) => part.name(name));
			subsection(1, (part) =>
				vector(part, functions, ({ func }) => {
					part.unsigned(func.index);
					part.name(func.name);
				}),
			);
			subsection(2, (part) =>
				vector(part, own, ({ func, built }) => {
					part.unsigned(func.index);
					vector(part, (built as BuiltFunction).localNames, (localName, index) => {
						part.unsigned(index);
						part.name(localName);
					});
				}),
			);
			subsection(7, (part) =>
				vector(part, globals, (global, index) => {
					part.unsigned(index);
					part.name(global.name);
				}),
			);
		});
		return w.take();
	}
	return m;
}

function leb(value: number): number[] {
	const w = createBinaryWriter(8);
	w.unsigned(value);
	return [...w.take()];
}
