/**
 * Modules as text, for people: names instead of indices, one statement a line, expressions as calls of instructions.
 *
 * ```
 * func sum(p: i32, end: i32) -> i32 ;; exported as sum, 45 bytes
 *   total: i32
 *   block L1 {
 *     loop L2 {
 *       br_if L1 i32.ge_u(p, end) ;; unlikely
 *       total = i32.add(total, i32.load8_u(p, offset=4))
 * ```
 *
 * It reads what this assembler writes, not all of WebAssembly.
 */
import { BinaryReader } from './binary-reader.ts';
import { BodyPrinter, type PrintedLine, quote } from './body-printer.ts';
import { BRANCH_SECTION, COUNTER_BYTES, readBranchSites } from './branches.ts';
import { TYPE_CODE } from './code.ts';
import { BRANCH_HINTS, EXTERNAL, FORM, NAMES, SECTION } from './module-writer.ts';
import { OPCODE } from './opcodes.ts';

interface FunctionSignature {
	readonly params: readonly string[];
	readonly results: readonly string[];
}

/** What the sections say, gathered before anything is printed: names stand at the end. */
class ModuleReading {
	name = '';
	readonly types: FunctionSignature[] = [];
	readonly imports: { module: string; name: string; text: string }[] = [];
	/** Type indices of all functions, the imported first. */
	readonly functions: number[] = [];
	readonly tables: string[] = [];
	memory: string | undefined;
	readonly globals: { type: string; mutable: boolean; initial: string }[] = [];
	readonly exports: { name: string; kind: number; index: number }[] = [];
	start: number | undefined;
	readonly elements: { table: number; offset: string; functions: number[] }[] = [];
	readonly segments: { offset: string | undefined; length: number }[] = [];
	readonly bodies: Uint8Array[] = [];
	readonly functionNames = new Map<number, string>();
	readonly localNames = new Map<number, Map<number, string>>();
	readonly globalNames = new Map<number, string>();
	/** By function, then by position in its body. */
	readonly hints = new Map<number, Map<number, boolean>>();
	importedFunctions = 0;
	importedTables = 0;
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TYPE_CODE).map(([name, code]) => [code, name]));

/** The text of a module that this assembler wrote, as `tickforge inspect` shows it. */
export function printModule(bytes: Uint8Array): string {
	const module = readModule(new BinaryReader(bytes));
	const functionName = (index: number): string => module.functionNames.get(index) ?? `func${index}`;
	const globalName = (index: number): string => module.globalNames.get(index) ?? `global${index}`;
	const exportsOf = (kind: number, index: number): string => {
		const names = module.exports.filter((entry) => entry.kind === kind && entry.index === index).map((entry) => quote(entry.name));
		return names.length === 0 ? '' : `exported as ${names.join(', ')}`;
	};
	const comment = (...parts: readonly string[]): string => {
		const said = parts.filter((part) => part !== '');
		return said.length === 0 ? '' : ` ;; ${said.join(', ')}`;
	};
	const out = [`module ${quote(module.name)} ;; ${bytes.length} bytes`];
	for (const entry of module.imports) out.push(`import ${quote(entry.module)}.${quote(entry.name)}: ${entry.text}`);
	if (module.memory !== undefined) out.push(`memory ${module.memory}${comment(exportsOf(EXTERNAL.memory, 0))}`);
	module.tables.forEach((limits, at) => {
		const index = module.importedTables + at;
		out.push(`table table${index} ${limits}${comment(exportsOf(EXTERNAL.table, index))}`);
	});
	module.globals.forEach((global, index) => {
		out.push(`global ${quote(globalName(index))}: ${global.mutable ? 'mutable ' : ''}${global.type} = ${global.initial}${comment(exportsOf(EXTERNAL.global, index))}`);
	});
	for (const { table, offset, functions } of module.elements) out.push(`elements table${table}[${offset}] = ${functions.map((index) => quote(functionName(index))).join(', ')}`);
	module.segments.forEach(({ offset, length }, index) => {
		out.push(`data segment ${index}: ${length} bytes${offset === undefined ? '' : ` at ${offset}`}`);
	});
	if (module.start !== undefined) out.push(`start ${quote(functionName(module.start))}`);
	module.bodies.forEach((body, at) => {
		const index = module.importedFunctions + at;
		const { head, lines } = printFunction(module, index, body);
		out.push('', `${head}${comment(exportsOf(EXTERNAL.function, index), `${body.length} bytes`)}`, ...lines.map(({ text }) => text));
	});
	return `${out.join('\n')}\n`;
}

/** A function of a module that counts its branches, as text without the counting. */
export interface PrintedFunction {
	/** As the module's sites name it. */
	readonly name: string;
	/** Its first line. */
	readonly head: string;
	/** Its other lines; `site` is an index into the module's sites, -1 where a line has none. */
	readonly lines: readonly { readonly text: string; readonly site: number }[];
}

/**
 * The functions of a module that counts its branches (`createModule(name, { countBranches: true })`), each line with the
 * site that stands there. The code that counts is left out, so it reads as the same module without counters does; a
 * `f.count` is a line of its own.
 *
 * @throws where the module does not count
 */
export function printFunctions(bytes: Uint8Array<ArrayBuffer>): PrintedFunction[] {
	const sites = readBranchSites(new WebAssembly.Module(bytes));
	if (sites === null) throw new Error(`tickforge: this module does not count its branches: it has no section ${BRANCH_SECTION}`);
	const module = readModule(new BinaryReader(bytes));
	const byInstruction = new Map(sites.flatMap(({ function: name, instruction }, site) => (instruction < 0 ? [] : [[`${instruction} ${name}`, site] as const])));
	const counts = new Map(sites.flatMap(({ kind, counter }, site) => (kind === 'count' ? [[counter * COUNTER_BYTES, site] as const] : [])));
	const ordinals = new Map<string, number>();
	return module.bodies.map((body, at): PrintedFunction => {
		const index = module.importedFunctions + at;
		const plain = module.functionNames.get(index) ?? `func${index}`;
		const ordinal = (ordinals.get(plain) ?? 0) + 1;
		ordinals.set(plain, ordinal);
		const name = ordinal === 1 ? plain : `${plain} (${ordinal})`;
		const { head, lines } = printFunction(module, index, body);
		return {
			name,
			head,
			lines: lines.flatMap(({ text, instruction, counter }) => {
				if (counter < 0) return [{ text, site: instruction < 0 ? -1 : (byInstruction.get(`${instruction} ${name}`) ?? -1) }];
				const site = counts.get(counter);
				return site === undefined ? [] : [{ text: `${/^ */.exec(text)?.[0]}count ${sites[site]?.key}`, site }];
			}),
		};
	});
}

function printFunction(module: ModuleReading, index: number, body: Uint8Array): { head: string; lines: PrintedLine[] } {
	const reader = new BinaryReader(body);
	const type = typeOfFunction(module, index);
	const groups = reader.vector(() => ({ count: reader.unsigned(), type: typeName(reader.byte()) }));
	const types = [...type.params, ...groups.flatMap((group) => Array.from({ length: group.count }, () => group.type))];
	const locals = uniqueNames(types.map((_, local) => module.localNames.get(index)?.get(local) ?? `local${local}`));
	const declared = (local: string, at: number): string => `${local}: ${types[at]}`;
	const params = locals.slice(0, type.params.length).map(declared).join(', ');
	const results = type.results.length === 0 ? '' : ` -> ${type.results.join(', ')}`;
	const lines = new BodyPrinter(reader, {
		functionName: (callee) => module.functionNames.get(callee) ?? `func${callee}`,
		functionType: (callee) => typeOfFunction(module, callee),
		type: (at) => module.types[at] as FunctionSignature,
		localName: (local) => locals[local] as string,
		globalName: (global) => module.globalNames.get(global) ?? `global${global}`,
		tableName: (table) => `table${table}`,
		likely: (position) => module.hints.get(index)?.get(position),
	}).print();
	const head = `func ${quote(module.functionNames.get(index) ?? `func${index}`)}(${params})${results}`;
	return { head, lines: [...locals.slice(type.params.length).map((local, at) => ({ text: `  ${declared(local, at + type.params.length)}`, instruction: -1, counter: -1 })), ...lines] };
}

/** Names as they are, with a number after those that were there before. */
function uniqueNames(names: readonly string[]): string[] {
	const taken = new Set<string>();
	return names.map((name) => {
		let unique = quote(name);
		for (let count = 2; taken.has(unique); count++) unique = `${quote(name)}.${count}`;
		taken.add(unique);
		return unique;
	});
}

function typeOfFunction(module: ModuleReading, index: number): FunctionSignature {
	return module.types[module.functions[index] as number] as FunctionSignature;
}

function typeName(code: number): string {
	const name = TYPE_NAMES.get(code);
	if (name === undefined) throw new Error(`tickforge: the value type 0x${code.toString(16)} is none that tickforge writes`);
	return name;
}

function readModule(reader: BinaryReader): ModuleReading {
	const magic = [...reader.take(8)];
	if (magic.join() !== '0,97,115,109,1,0,0,0') throw new Error('tickforge: these bytes are no WebAssembly module');
	const module = new ModuleReading();
	while (!reader.atEnd) readSection(module, reader.byte(), reader.sized());
	return module;
}

function readSection(module: ModuleReading, id: number, reader: BinaryReader): void {
	switch (id) {
		case SECTION.custom: {
			const name = reader.name();
			if (name === 'name') readNames(module, reader);
			else if (name === BRANCH_HINTS) readHints(module, reader);
			break;
		}
		case SECTION.type:
			reader.vector(() => {
				reader.byte();
				module.types.push({ params: reader.vector(() => typeName(reader.byte())), results: reader.vector(() => typeName(reader.byte())) });
			});
			break;
		case SECTION.import:
			reader.vector(() => readImport(module, reader));
			break;
		case SECTION.function:
			reader.vector(() => module.functions.push(reader.unsigned()));
			break;
		case SECTION.table:
			reader.vector(() => {
				reader.byte();
				module.tables.push(readLimits(reader, 'functions'));
			});
			break;
		case SECTION.memory:
			reader.vector(() => {
				module.memory = readLimits(reader, 'pages');
			});
			break;
		case SECTION.global:
			reader.vector(() => module.globals.push({ type: typeName(reader.byte()), mutable: reader.byte() === 1, initial: readConstant(reader) }));
			break;
		case SECTION.export:
			reader.vector(() => module.exports.push({ name: reader.name(), kind: reader.byte(), index: reader.unsigned() }));
			break;
		case SECTION.start:
			module.start = reader.unsigned();
			break;
		case SECTION.element:
			reader.vector(() => {
				const table = reader.byte() === FORM.elementsOfTable ? reader.unsigned() : 0;
				const offset = readConstant(reader);
				if (table !== 0) reader.byte();
				module.elements.push({ table, offset, functions: reader.vector(() => reader.unsigned()) });
			});
			break;
		case SECTION.code:
			reader.vector(() => module.bodies.push(reader.take(reader.unsigned())));
			break;
		case SECTION.data:
			reader.vector(() => {
				const offset = reader.byte() === FORM.activeData ? readConstant(reader) : undefined;
				module.segments.push({ offset, length: reader.take(reader.unsigned()).length });
			});
			break;
	}
}

function readImport(module: ModuleReading, reader: BinaryReader): void {
	const entry = { module: reader.name(), name: reader.name() };
	const kind = reader.byte();
	if (kind === EXTERNAL.function) {
		const type = module.types[reader.unsigned()] as FunctionSignature;
		module.functions.push(module.types.indexOf(type));
		module.importedFunctions++;
		module.imports.push({ ...entry, text: `func (${type.params.join(', ')})${type.results.length > 0 ? ` -> ${type.results.join(', ')}` : ''}` });
	} else if (kind === EXTERNAL.table) {
		reader.byte();
		module.importedTables++;
		module.imports.push({ ...entry, text: `table ${readLimits(reader, 'functions')}` });
	} else module.imports.push({ ...entry, text: `memory ${readLimits(reader, 'pages')}` });
}

function readLimits(reader: BinaryReader, unit: string): string {
	const flags = reader.byte();
	const min = reader.unsigned();
	const max = (flags & 1) === 0 ? '' : ` to ${reader.unsigned()}`;
	return `${min}${max} ${unit}${(flags & 2) === 0 ? '' : ', shared'}`;
}

/** A constant expression of one instruction. */
function readConstant(reader: BinaryReader): string {
	const printed = ((): string => {
		const opcode = reader.byte();
		switch (opcode) {
			case OPCODE['i32.const']:
			case OPCODE['i64.const']:
				return String(reader.signed());
			case OPCODE['f32.const']:
				return String(reader.float32());
			case OPCODE['f64.const']:
				return String(reader.float64());
			default:
				reader.unsigned();
				return [...reader.take(16)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
		}
	})();
	reader.byte();
	return printed;
}

function readNames(module: ModuleReading, reader: BinaryReader): void {
	const indexed = (from: BinaryReader, into: Map<number, string>): void => {
		from.vector(() => into.set(from.unsigned(), from.name()));
	};
	while (!reader.atEnd) {
		const id = reader.byte();
		const part = reader.sized();
		if (id === NAMES.module) module.name = part.name();
		else if (id === NAMES.function) indexed(part, module.functionNames);
		else if (id === NAMES.global) indexed(part, module.globalNames);
		else if (id === NAMES.local) {
			part.vector(() => {
				const locals = new Map<number, string>();
				module.localNames.set(part.unsigned(), locals);
				indexed(part, locals);
			});
		}
	}
}

function readHints(module: ModuleReading, reader: BinaryReader): void {
	reader.vector(() => {
		const positions = new Map<number, boolean>();
		module.hints.set(reader.unsigned(), positions);
		reader.vector(() => {
			const position = reader.unsigned();
			reader.unsigned();
			positions.set(position, reader.byte() === 1);
		});
	});
}
