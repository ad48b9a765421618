/** The binary format of modules: sections in their order. */
import { BinaryWriter } from './binary-writer.ts';
import { BRANCH_SECTION, type FunctionSites } from './branches.ts';
import { type Code, TYPE_CODE, type TypeName } from './code.ts';
import { OPCODE } from './opcodes.ts';

/** What can be imported and exported. */
export const EXTERNAL = { function: 0, table: 1, memory: 2, global: 3 } as const;
export type ExternalKind = (typeof EXTERNAL)[keyof typeof EXTERNAL];

export const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11, dataCount: 12 } as const;
/** Parts of the custom section `name`. */
export const NAMES = { module: 0, function: 1, local: 2, global: 7 } as const;
/** The marks of the format's pieces. */
export const FORM = { function: 0x60, functionReference: 0x70, activeData: 0, passiveData: 1, elements: 0, elementsOfTable: 2, functionElements: 0 } as const;
export const BRANCH_HINTS = 'metadata.code.branch_hint';

export interface Limits {
	readonly min: number;
	readonly max?: number;
	readonly shared?: boolean;
}

interface ImportBase {
	readonly module: string;
	readonly name: string;
}

export interface ModuleContents {
	readonly name: string;
	readonly types: { readonly params: readonly TypeName[]; readonly results: readonly TypeName[] }[];
	readonly imports: (ImportBase & ({ readonly kind: typeof EXTERNAL.function; readonly typeIndex: number } | { readonly kind: typeof EXTERNAL.memory | typeof EXTERNAL.table; readonly limits: Limits }))[];
	/** Names, by index. */
	readonly importedFunctions: string[];
	readonly functions: { readonly name: string; readonly index: number; readonly typeIndex: number; readonly sites: FunctionSites | undefined; code: ReturnType<Code['finish']> | undefined }[];
	readonly tables: Limits[];
	memory: Limits | undefined;
	readonly globals: { readonly type: TypeName; readonly mutable: boolean; readonly name: string; readonly initializer: Uint8Array }[];
	readonly exports: { readonly name: string; readonly kind: ExternalKind; readonly index: number }[];
	start: number | undefined;
	readonly elements: { readonly table: number; readonly offset: number; readonly functions: readonly number[] }[];
	readonly segments: { readonly offset: number | undefined; readonly bytes: Uint8Array }[];
	/** Sites of a module that counts its branches. */
	readonly branches: Uint8Array | undefined;
}

export function writeModule(module: ModuleContents): Uint8Array<ArrayBuffer> {
	const out = new BinaryWriter(16384);
	out.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
	const section = (id: number, write: (w: BinaryWriter) => void): void => {
		const w = new BinaryWriter(4096);
		write(w);
		out.byte(id);
		out.sized(w.view());
	};
	const list = <T>(id: number, items: readonly T[], write: (w: BinaryWriter, item: T) => void): void => {
		if (items.length > 0) section(id, (w) => vector(w, items, write));
	};
	list(SECTION.type, module.types, (w, type) => {
		w.byte(FORM.function);
		vector(w, type.params, writeType);
		vector(w, type.results, writeType);
	});
	list(SECTION.import, module.imports, (w, entry) => {
		w.name(entry.module);
		w.name(entry.name);
		w.byte(entry.kind);
		if (entry.kind === EXTERNAL.function) w.unsigned(entry.typeIndex);
		else {
			if (entry.kind === EXTERNAL.table) w.byte(FORM.functionReference);
			writeLimits(w, entry.limits);
		}
	});
	list(SECTION.function, module.functions, (w, entry) => w.unsigned(entry.typeIndex));
	list(SECTION.table, module.tables, (w, limits) => {
		w.byte(FORM.functionReference);
		writeLimits(w, limits);
	});
	list(SECTION.memory, module.memory === undefined ? [] : [module.memory], writeLimits);
	list(SECTION.global, module.globals, (w, global) => {
		writeType(w, global.type);
		w.byte(global.mutable ? 1 : 0);
		w.append(global.initializer);
		w.byte(OPCODE.end);
	});
	list(SECTION.export, module.exports, (w, entry) => {
		w.name(entry.name);
		w.byte(entry.kind);
		w.unsigned(entry.index);
	});
	const { start } = module;
	if (start !== undefined) section(SECTION.start, (w) => w.unsigned(start));
	list(SECTION.element, module.elements, (w, { table, offset, functions }) => {
		w.byte(table === 0 ? FORM.elements : FORM.elementsOfTable);
		if (table !== 0) w.unsigned(table);
		writeOffset(w, offset);
		if (table !== 0) w.byte(FORM.functionElements);
		vector(w, functions, (to, index) => to.unsigned(index));
	});
	// The count lets engines check memory.init before they have seen the data.
	if (module.segments.length > 0) section(SECTION.dataCount, (w) => w.unsigned(module.segments.length));
	writeBranchHints(module, section);
	list(SECTION.code, module.functions, (w, entry) => w.sized(entry.code?.body as Uint8Array));
	list(SECTION.data, module.segments, (w, { offset, bytes }) => {
		w.byte(offset === undefined ? FORM.passiveData : FORM.activeData);
		if (offset !== undefined) writeOffset(w, offset);
		w.sized(bytes);
	});
	section(SECTION.custom, (w) => writeNames(w, module));
	const { branches } = module;
	if (branches !== undefined)
		section(SECTION.custom, (w) => {
			w.name(BRANCH_SECTION);
			w.append(branches);
		});
	return new Uint8Array(out.view());
}

function vector<T>(w: BinaryWriter, items: readonly T[], write: (w: BinaryWriter, item: T) => void): void {
	w.unsigned(items.length);
	for (const item of items) write(w, item);
}

function writeType(w: BinaryWriter, type: TypeName): void {
	w.byte(TYPE_CODE[type]);
}

function writeLimits(w: BinaryWriter, { min, max, shared }: Limits): void {
	w.byte((max === undefined ? 0 : 1) | (shared === true ? 2 : 0));
	w.unsigned(min);
	if (max !== undefined) w.unsigned(max);
}

/** An offset as the constant expression it must be. */
function writeOffset(w: BinaryWriter, offset: number): void {
	w.byte(OPCODE['i32.const']);
	w.signed32(offset);
	w.byte(OPCODE.end);
}

/** Positions count from the function body's first byte, which is the number of its local groups. */
function writeBranchHints(module: ModuleContents, section: (id: number, write: (w: BinaryWriter) => void) => void): void {
	const hinted = module.functions.filter((entry) => (entry.code?.hints.length ?? 0) > 0);
	if (hinted.length === 0) return;
	section(SECTION.custom, (w) => {
		w.name(BRANCH_HINTS);
		vector(w, hinted, (to, entry) => {
			to.unsigned(entry.index);
			vector(to, entry.code?.hints ?? [], (hints, { position, likely }) => {
				hints.unsigned(position);
				hints.unsigned(1);
				hints.byte(likely ? 1 : 0);
			});
		});
	});
}

function writeNames(out: BinaryWriter, module: ModuleContents): void {
	out.name('name');
	const part = (id: number, write: (w: BinaryWriter) => void): void => {
		const w = new BinaryWriter(1024);
		write(w);
		out.byte(id);
		out.sized(w.view());
	};
	const indexed = (w: BinaryWriter, [index, name]: readonly [number, string]): void => {
		w.unsigned(index);
		w.name(name);
	};
	part(NAMES.module, (w) => w.name(module.name));
	part(NAMES.function, (w) => vector(w, [...module.importedFunctions.entries(), ...module.functions.map((entry): [number, string] => [entry.index, entry.name])], indexed));
	part(NAMES.local, (w) =>
		vector(w, module.functions, (to, entry) => {
			to.unsigned(entry.index);
			const named = [...(entry.code?.localNames ?? []).entries()].filter((local): local is [number, string] => local[1] !== undefined);
			vector(to, named, indexed);
		}),
	);
	if (module.globals.length > 0)
		part(NAMES.global, (w) =>
			vector(
				w,
				[...module.globals.entries()].map(([index, global]): [number, string] => [index, global.name]),
				indexed,
			),
		);
}
