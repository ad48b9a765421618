/** The instructions of one function while they are written. */
import { BinaryWriter } from './binary-writer.ts';
import { misuse } from './expression.ts';
import type { ModuleContext } from './module-context.ts';
import { OPCODE } from './opcodes.ts';

/** The binary format's names of the value types. */
export const TYPE_CODE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type TypeName = keyof typeof TYPE_CODE;

export interface LocalEntry {
	readonly type: TypeName;
	readonly name: string | undefined;
}

export class Code {
	readonly functionName: string;
	readonly module: ModuleContext;
	readonly #writer = new BinaryWriter();
	readonly #parameters: number;
	readonly #locals: LocalEntry[] = [];
	/** Where a local's index belongs, and which local: indices are known when all locals are. */
	readonly #localPositions: number[] = [];
	readonly #localNumbers: number[] = [];
	readonly #hints: { position: number; likely: boolean }[] = [];

	constructor(functionName: string, parameters: readonly LocalEntry[], module: ModuleContext) {
		this.functionName = functionName;
		this.module = module;
		this.#parameters = parameters.length;
		this.#locals.push(...parameters);
	}

	/** Returns the local's number in the order of declaration. */
	addLocal(entry: LocalEntry): number {
		return this.#locals.push(entry) - 1;
	}

	opcode(opcode: number): void {
		this.#writer.opcode(opcode);
	}

	byte(value: number): void {
		this.#writer.byte(value);
	}

	bytes(values: ArrayLike<number>): void {
		this.#writer.append(values);
	}

	unsigned(value: number): void {
		this.#writer.unsigned(value);
	}

	constant32(value: number): void {
		this.#writer.byte(OPCODE['i32.const']);
		this.#writer.signed32(value);
	}

	constant64(value: bigint): void {
		this.#writer.byte(OPCODE['i64.const']);
		this.#writer.signed64(value);
	}

	constantF32(value: number): void {
		this.#writer.byte(OPCODE['f32.const']);
		this.#writer.float32(value);
	}

	constantF64(value: number): void {
		this.#writer.byte(OPCODE['f64.const']);
		this.#writer.float64(value);
	}

	memoryArgument(alignment: number, offset: number): void {
		this.module.usesMemory = true;
		this.#writer.byte(alignment);
		this.#writer.unsigned(offset);
	}

	/** `local.get`, `local.set` or `local.tee`. */
	local(opcode: number, owner: Code, number: number): void {
		if (owner !== this) {
			const name = owner.#locals[number]?.name;
			throw misuse(`function '${this.functionName}' uses local ${name === undefined ? '' : `'${name}' `}of function '${owner.functionName}'`);
		}
		this.#writer.byte(opcode);
		this.#localPositions.push(this.#writer.length);
		this.#localNumbers.push(number);
		this.#writer.byte(0);
	}

	/** Says whether the branch instruction that comes next is likely taken. */
	hint(likely: boolean): void {
		this.#hints.push({ position: this.#writer.length, likely });
	}

	/** The instructions alone, for a constant expression. */
	instructions(): Uint8Array {
		return this.#writer.view();
	}

	/** The function body as the code section holds it, with hint positions within it and local names by index. */
	finish(): { body: Uint8Array; hints: readonly { position: number; likely: boolean }[]; localNames: readonly (string | undefined)[] } {
		const { indices, groups } = this.#arrangeLocals();
		const out = new BinaryWriter(this.#writer.length + 64);
		out.unsigned(groups.length);
		for (const group of groups) {
			out.unsigned(group.count);
			out.byte(TYPE_CODE[group.type]);
		}
		const header = out.length;
		const source = this.#writer.view();
		const localNames = new Array<string | undefined>(this.#locals.length);
		this.#locals.forEach((local, number) => {
			localNames[indices[number] as number] = local.name;
		});
		if (indices.length <= 0x80) {
			// Every index takes the one byte that is reserved for it.
			for (let i = 0; i < this.#localPositions.length; i++) source[this.#localPositions[i] as number] = indices[this.#localNumbers[i] as number] as number;
			out.append(source);
			return { body: out.view(), hints: this.#hints.map((hint) => ({ position: hint.position + header, likely: hint.likely })), localNames };
		}
		const hints: { position: number; likely: boolean }[] = [];
		let from = 0;
		let nextHint = 0;
		const copyTo = (to: number): void => {
			for (; nextHint < this.#hints.length; nextHint++) {
				const hint = this.#hints[nextHint] as { position: number; likely: boolean };
				if (hint.position >= to) break;
				hints.push({ position: out.length + hint.position - from, likely: hint.likely });
			}
			for (; from < to; from++) out.byte(source[from] as number);
		};
		for (let i = 0; i < this.#localPositions.length; i++) {
			copyTo(this.#localPositions[i] as number);
			out.unsigned(indices[this.#localNumbers[i] as number] as number);
			from++;
		}
		copyTo(source.length);
		return { body: out.view(), hints, localNames };
	}

	/** Locals of one type stand together, types in the order of their first local. */
	#arrangeLocals(): { indices: number[]; groups: { type: TypeName; count: number }[] } {
		const counts = new Map<TypeName, number>();
		for (let i = this.#parameters; i < this.#locals.length; i++) {
			const { type } = this.#locals[i] as LocalEntry;
			counts.set(type, (counts.get(type) ?? 0) + 1);
		}
		const next = new Map<TypeName, number>();
		let index = this.#parameters;
		const groups: { type: TypeName; count: number }[] = [];
		for (const [type, count] of counts) {
			groups.push({ type, count });
			next.set(type, index);
			index += count;
		}
		const indices = this.#locals.map((local, number) => {
			if (number < this.#parameters) return number;
			const at = next.get(local.type) as number;
			next.set(local.type, at + 1);
			return at;
		});
		return { indices, groups };
	}
}
