/** The text of one function's instructions: a statement a line, expressions folded into calls. */
import type { BinaryReader } from './binary-reader.ts';
import { ATOMIC, type Instruction, isStore, LANE, MEMORY, MEMORY_LANE, OPCODE, operandCount, STRUCTURED } from './opcodes.ts';

/** What the instructions refer to by index. */
export interface BodyContext {
	readonly functionName: (index: number) => string;
	readonly functionType: (index: number) => { readonly params: readonly unknown[]; readonly results: readonly unknown[] };
	readonly type: (index: number) => { readonly params: readonly unknown[]; readonly results: readonly unknown[] };
	readonly localName: (index: number) => string;
	readonly globalName: (index: number) => string;
	readonly tableName: (index: number) => string;
	/** What the branch hint at a position of the body says. */
	readonly likely: (position: number) => boolean | undefined;
}

/** A value on the stack: its text, and for results of a call with several which of how many it is. */
interface Value {
	readonly text: string;
	readonly of?: { readonly targets: string[]; readonly count: number };
}

/** A line of a function, and which of its branching instructions (`if`, `br_if`, `br_table`, `loop`) stands there; -1 where none. */
export interface PrintedLine {
	readonly text: string;
	readonly instruction: number;
	/** Offset of the counter that is raised here, where the module counts its branches; -1 elsewhere. */
	readonly counter: number;
}

/** What a counter's increment looks like, as the function builder writes it. */
const INCREMENT = /^i64\.store\(branchCounters, i64\.add\(i64\.load\(branchCounters(?:, offset=\d+)?\), 1n\)(?:, offset=(\d+))?\)$/;

/** Lines longer than this are broken between a call's arguments. */
const LINE_WIDTH = 120;

const NAMES: ReadonlyMap<number, Instruction> = new Map(Object.entries(OPCODE).map(([name, opcode]) => [opcode, name as Instruction]));

export class BodyPrinter {
	readonly #reader: BinaryReader;
	readonly #context: BodyContext;
	readonly #lines: PrintedLine[] = [];
	readonly #stack: Value[] = [];
	readonly #labels: string[] = [];
	#labelCount = 0;
	#instructions = 0;
	#indent = 1;

	constructor(reader: BinaryReader, context: BodyContext) {
		this.#reader = reader;
		this.#context = context;
	}

	/** Reads to the function's end. */
	print(): PrintedLine[] {
		while (!this.#reader.atEnd) this.#instruction();
		return this.#lines;
	}

	#instruction(): void {
		const { position } = this.#reader;
		const first = this.#reader.byte();
		const opcode = first === 0xfc || first === 0xfd || first === 0xfe ? (first << 12) | this.#reader.unsigned() : first;
		const name = NAMES.get(opcode);
		if (name === undefined) throw new Error(`tickforge: opcode 0x${opcode.toString(16)} is none that tickforge writes`);
		if (name in STRUCTURED) this.#structured(name as keyof typeof STRUCTURED, position);
		else this.#operation(name as Exclude<Instruction, keyof typeof STRUCTURED>);
	}

	#operation(name: Exclude<Instruction, keyof typeof STRUCTURED>): void {
		const operands = this.#pop(operandCount(name));
		if (name in MEMORY || name in ATOMIC || name in MEMORY_LANE) {
			this.#reader.unsigned();
			const offset = this.#reader.unsigned();
			if (offset > 0) operands.push(`offset=${offset}`);
		}
		if (name in LANE || name in MEMORY_LANE) operands.push(`lane=${this.#reader.byte()}`);
		const text = call(name, operands);
		if (isStore(name)) this.#line(text);
		else this.#stack.push({ text });
	}

	#structured(name: keyof typeof STRUCTURED, position: number): void {
		const reader = this.#reader;
		switch (name) {
			case 'block':
			case 'loop':
			case 'if': {
				reader.byte();
				const label = `L${++this.#labelCount}`;
				const test = name === 'if' ? ` ${this.#pop(1)[0]}` : '';
				// An `if` has a label too, which this assembler never uses.
				this.#line(`${name}${name === 'if' ? '' : ` ${label}`}${test} {`, this.#hint(position), name !== 'block');
				this.#labels.push(label);
				this.#indent++;
				return;
			}
			case 'else':
				this.#indent--;
				this.#line('} else {');
				this.#indent++;
				return;
			case 'end':
				if (this.#labels.pop() === undefined) return;
				this.#indent--;
				this.#line('}');
				return;
			case 'br':
				this.#line(`br ${this.#label(reader.unsigned())}`);
				return;
			case 'br_if':
				this.#line(`br_if ${this.#label(reader.unsigned())} ${this.#pop(1)[0]}`, this.#hint(position), true);
				return;
			case 'br_table': {
				const labels = reader.vector(() => this.#label(reader.unsigned()));
				const otherwise = this.#label(reader.unsigned());
				this.#line(`br_table ${[...labels, `else ${otherwise}`].join(' ')} ${this.#pop(1)[0]}`, '', true);
				return;
			}
			case 'return': {
				const results = this.#stack.splice(0).map((value) => value.text);
				this.#line(['return', ...(results.length > 0 ? [results.join(', ')] : [])].join(' '));
				return;
			}
			case 'call': {
				const index = reader.unsigned();
				const { params, results } = this.#context.functionType(index);
				this.#called(call(quote(this.#context.functionName(index)), this.#pop(params.length)), results.length);
				return;
			}
			case 'call_indirect': {
				const { params, results } = this.#context.type(reader.unsigned());
				const table = this.#context.tableName(reader.unsigned());
				const index = this.#pop(1)[0];
				this.#called(call(`${quote(table)}[${index}]`, this.#pop(params.length)), results.length);
				return;
			}
			case 'drop': {
				const value = this.#stack.pop();
				if (value?.of !== undefined) this.#assigned(value, '_');
				else this.#line(`drop ${value?.text}`);
				return;
			}
			case 'select': {
				const [a, b, condition] = this.#pop(3);
				this.#stack.push({ text: call('select', [condition as string, a as string, b as string]) });
				return;
			}
			case 'local.get':
				this.#stack.push({ text: this.#context.localName(reader.unsigned()) });
				return;
			case 'local.set':
				this.#assign(this.#context.localName(reader.unsigned()));
				return;
			case 'local.tee':
				this.#stack.push({ text: `(${this.#context.localName(reader.unsigned())} = ${this.#pop(1)[0]})` });
				return;
			case 'global.get':
				this.#stack.push({ text: quote(this.#context.globalName(reader.unsigned())) });
				return;
			case 'global.set':
				this.#assign(quote(this.#context.globalName(reader.unsigned())));
				return;
			case 'i32.const':
				this.#stack.push({ text: String(reader.signed()) });
				return;
			case 'i64.const':
				this.#stack.push({ text: `${reader.signed()}n` });
				return;
			case 'f32.const':
				this.#stack.push({ text: `f32(${float(reader.float32())})` });
				return;
			case 'f64.const':
				this.#stack.push({ text: `f64(${float(reader.float64())})` });
				return;
			case 'v128.const':
				this.#stack.push({ text: `v128(${[...reader.take(16)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')})` });
				return;
			case 'i8x16.shuffle': {
				const operands = this.#pop(2);
				this.#stack.push({ text: call(name, [...operands, `lanes=[${[...reader.take(16)].join(' ')}]`]) });
				return;
			}
			case 'memory.size':
				reader.byte();
				this.#stack.push({ text: call(name, []) });
				return;
			case 'memory.grow':
				reader.byte();
				this.#stack.push({ text: call(name, this.#pop(1)) });
				return;
			case 'memory.copy':
				reader.take(2);
				this.#line(call(name, this.#pop(3)));
				return;
			case 'memory.fill':
				reader.byte();
				this.#line(call(name, this.#pop(3)));
				return;
			case 'memory.init': {
				const segment = reader.unsigned();
				reader.byte();
				this.#line(call(name, [...this.#pop(3), `segment=${segment}`]));
				return;
			}
			case 'data.drop':
				this.#line(call(name, [`segment=${reader.unsigned()}`]));
				return;
			case 'atomic.fence':
				reader.byte();
				this.#line(name);
				return;
			case 'nop':
			case 'unreachable':
				this.#line(name);
				return;
		}
	}

	#pop(count: number): string[] {
		if (count > this.#stack.length) throw new Error('tickforge: the WebAssembly module takes values across blocks, which no module of tickforge does');
		return this.#stack.splice(this.#stack.length - count).map((value) => value.text);
	}

	/** A call's results. */
	#called(text: string, results: number): void {
		if (results === 0) this.#line(text);
		else if (results === 1) this.#stack.push({ text });
		else {
			const of = { targets: [], count: results };
			for (let i = 0; i < results; i++) this.#stack.push({ text, of });
		}
	}

	#assign(target: string): void {
		const value = this.#stack.pop();
		if (value?.of !== undefined) this.#assigned(value, target);
		else this.#line(`${target} = ${value?.text}`);
	}

	/** One of several results is assigned; the last of them comes first. */
	#assigned(value: Value, target: string): void {
		const of = value.of as NonNullable<Value['of']>;
		of.targets.unshift(target);
		if (of.targets.length === of.count) this.#line(`${of.targets.join(', ')} = ${value.text}`);
	}

	#label(depth: number): string {
		return this.#labels[this.#labels.length - 1 - depth] ?? 'return';
	}

	#hint(position: number): string {
		const likely = this.#context.likely(position);
		if (likely === undefined) return '';
		return likely ? ' ;; likely' : ' ;; unlikely';
	}

	/** Broken lines: what belongs to the statement stands at the first. */
	#line(text: string, comment = '', branches = false): void {
		const increment = INCREMENT.exec(text);
		const instruction = branches ? this.#instructions++ : -1;
		const counter = increment === null ? -1 : Number(increment[1] ?? 0);
		const lines = increment === null ? broken(text + comment, this.#indent) : ['  '.repeat(this.#indent) + text];
		lines.forEach((line, at) => {
			this.#lines.push({ text: line, instruction: at === 0 ? instruction : -1, counter });
		});
	}
}

function call(name: string, operands: readonly string[]): string {
	return `${name}(${operands.join(', ')})`;
}

function float(value: number): string {
	return Object.is(value, -0) ? '-0' : String(value);
}

/** A name as it is, or in quotes where it could be mistaken for more than a name. */
export function quote(name: string): string {
	return /^[\w.$-]+$/.test(name) ? name : JSON.stringify(name);
}

/** A line, or where it is too long its outermost call with an argument a line, each broken likewise. */
function broken(text: string, indent: number): string[] {
	const line = '  '.repeat(indent) + text;
	if (line.length <= LINE_WIDTH) return [line];
	const open = outermostCall(text);
	if (open === undefined) return [line];
	const { start, end, commas } = open;
	const inner = [start + 1, ...commas.map((comma) => comma + 2)];
	const ends = [...commas, end];
	return ['  '.repeat(indent) + text.slice(0, start + 1), ...inner.flatMap((from, at) => broken(text.slice(from, ends[at]) + (at < commas.length ? ',' : ''), indent + 1)), '  '.repeat(indent) + text.slice(end)];
}

/** The parentheses that hold most of the text: where they are, and the commas directly in them. */
function outermostCall(text: string): { start: number; end: number; commas: number[] } | undefined {
	let best: { start: number; end: number; commas: number[] } | undefined;
	const open: { start: number; commas: number[] }[] = [];
	let quoted = false;
	for (let at = 0; at < text.length; at++) {
		const character = text[at];
		if (character === '"' && text[at - 1] !== '\\') quoted = !quoted;
		if (quoted) continue;
		if (character === '(' || character === '[') open.push({ start: at, commas: [] });
		else if (character === ',' && open.length > 0) open.at(-1)?.commas.push(at);
		else if (character === ')' || character === ']') {
			const group = open.pop();
			if (group !== undefined && group.commas.length > 0 && open.length === 0 && (best === undefined || at - group.start > best.end - best.start)) best = { ...group, end: at };
		}
	}
	return best;
}
