/** What a module asks for, offers and does by itself when it is linked: read from its bytes, before an engine sees them. */
import { BinaryReader } from './binary-reader.ts';
import { TYPE_CODE } from './code.ts';
import { EXTERNAL, FORM, SECTION } from './module-writer.ts';
import { OPCODE } from './opcodes.ts';

export interface ModuleOutline {
	/** `function env.log`, `memory env.memory`, … */
	readonly imports: readonly string[];
	readonly exports: readonly OutlinedExport[];
	/** Runs a function when it is linked. */
	readonly start: boolean;
	/** Writes to a memory when it is linked. */
	readonly activeData: boolean;
	/** Has a memory that it does not import. */
	readonly ownMemory: boolean;
}

export interface OutlinedExport {
	readonly name: string;
	readonly kind: keyof typeof EXTERNAL;
	/** Of a function: `(i32, i32) -> i32`. Of a global: `i32`, or `mutable i32`. Else empty. */
	readonly type: string;
	/** What a global of the type i32 starts as; null for everything else. */
	readonly initial: number | null;
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TYPE_CODE).map(([name, code]) => [code, name]));
const KINDS = Object.keys(EXTERNAL) as (keyof typeof EXTERNAL)[];

/**
 * Reads modules as this assembler writes them. Function bodies and custom sections are not looked into: whether the
 * module is valid is for `WebAssembly.validate` to say.
 *
 * @throws where the bytes end too early, or hold what this assembler does not write
 */
export function outlineModule(bytes: Uint8Array): ModuleOutline {
	const reader = new BinaryReader(bytes);
	if ([...reader.take(8)].join() !== '0,97,115,109,1,0,0,0') throw new Error('tickforge: these bytes are no WebAssembly module');
	const types: string[] = [];
	const functions: number[] = [];
	const globals: { type: string; initial: number | null }[] = [];
	const imports: string[] = [];
	const exported: { name: string; kind: keyof typeof EXTERNAL; index: number }[] = [];
	let start = false;
	let activeData = false;
	let ownMemory = false;
	while (!reader.atEnd) {
		const id = reader.byte();
		const section = reader.sized();
		// Counted here, not by `vector`: a count that lies must run into the end, not into a huge array.
		const each = (read: () => void): void => {
			for (let left = section.unsigned(); left > 0; left--) read();
		};
		switch (id) {
			case SECTION.type:
				each(() => types.push(readSignature(section)));
				break;
			case SECTION.import:
				each(() => imports.push(readImport(section)));
				break;
			case SECTION.function:
				each(() => functions.push(section.unsigned()));
				break;
			case SECTION.memory:
				ownMemory = true;
				break;
			case SECTION.global:
				each(() => {
					const type = typeName(section.byte());
					globals.push({ type: section.byte() === 1 ? `mutable ${type}` : type, initial: readInitial(section) });
				});
				break;
			case SECTION.export:
				each(() => exported.push({ name: section.name(), kind: kindOf(section.byte()), index: section.unsigned() }));
				break;
			case SECTION.start:
				start = true;
				break;
			case SECTION.data:
				each(() => {
					// Anything but a passive segment is written when the module is linked; what follows does not matter then.
					if (activeData || section.byte() !== FORM.passiveData) activeData = true;
					else section.take(section.unsigned());
				});
				break;
			case SECTION.custom:
			case SECTION.table:
			case SECTION.element:
			case SECTION.dataCount:
			case SECTION.code:
				break;
			default:
				throw new Error(`tickforge: the section ${id} is none that tickforge writes`);
		}
	}
	const importedFunctions = imports.filter((entry) => entry.startsWith('function ')).length;
	const importedGlobals = imports.filter((entry) => entry.startsWith('global ')).length;
	const typeOf = (kind: keyof typeof EXTERNAL, index: number): string => {
		if (kind === 'function') return types[functions[index - importedFunctions] ?? -1] ?? '';
		return kind === 'global' ? (globals[index - importedGlobals]?.type ?? '') : '';
	};
	const initialOf = (kind: keyof typeof EXTERNAL, index: number): number | null => (kind === 'global' ? (globals[index - importedGlobals]?.initial ?? null) : null);
	return { imports, exports: exported.map(({ name, kind, index }) => ({ name, kind, type: typeOf(kind, index), initial: initialOf(kind, index) })), start, activeData, ownMemory };
}

function readSignature(reader: BinaryReader): string {
	if (reader.byte() !== FORM.function) throw new Error('tickforge: the module has a type that is no function, which tickforge does not write');
	const list = (): string => {
		const names: string[] = [];
		for (let left = reader.unsigned(); left > 0; left--) names.push(typeName(reader.byte()));
		return names.join(', ');
	};
	const params = list();
	return `(${params}) -> ${list() || 'nothing'}`;
}

function readImport(reader: BinaryReader): string {
	const from = reader.name();
	const name = reader.name();
	const kind = kindOf(reader.byte());
	if (kind === 'function') reader.unsigned();
	else if (kind === 'global') reader.take(2);
	else {
		if (kind === 'table') reader.byte();
		const flags = reader.byte();
		if (flags > 3) throw new Error(`tickforge: limits with the flags ${flags} are none that tickforge writes`);
		reader.unsigned();
		if ((flags & 1) === 1) reader.unsigned();
	}
	return `${kind} ${from}.${name}`;
}

/** A global's initializer, as far as this assembler writes them. */
function readInitial(reader: BinaryReader): number | null {
	let initial: number | null = null;
	const opcode = reader.byte();
	if (opcode === OPCODE['i32.const']) initial = Number(reader.signed());
	else if (opcode === OPCODE['i64.const']) reader.signed();
	else if (opcode === OPCODE['f32.const']) reader.take(4);
	else if (opcode === OPCODE['f64.const']) reader.take(8);
	else throw new Error(`tickforge: a global starts with the instruction 0x${opcode.toString(16)}, which tickforge does not write`);
	if (reader.byte() !== OPCODE.end) throw new Error('tickforge: a global starts with more than a constant, which tickforge does not write');
	return initial;
}

function typeName(code: number): string {
	const name = TYPE_NAMES.get(code);
	if (name === undefined) throw new Error(`tickforge: the value type 0x${code.toString(16)} is none that tickforge writes`);
	return name;
}

function kindOf(code: number): keyof typeof EXTERNAL {
	const kind = KINDS.find((candidate) => EXTERNAL[candidate] === code);
	if (kind === undefined) throw new Error(`tickforge: the kind ${code} of import or export is none that tickforge writes`);
	return kind;
}
