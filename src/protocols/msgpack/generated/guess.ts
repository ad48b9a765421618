/**
 * Guessing the variant from the first bytes: what stands before a variant's first literal or template, as the schema
 * orders it, is compared and skipped; then the constant tells. A guess is only a guess: the fast path of the guessed
 * variant checks everything, and it is only tried where success rules out the variants before it.
 */

import { FORMAT } from '../../../kernels/messagepack-format.ts';
import { discriminantsOf, exclude } from '../../../schema/discriminants.ts';
import type { Schema, ValueType } from '../../../schema/model.ts';
import { type Func, type Global, I32, type ModuleBuilder } from '../../../wasm/index.ts';
import { equalsBytes, equalsWithin } from '../../rows/constants.ts';
import { KIND } from './grammar.ts';
import { arrayHead, constantBytes, type SchemaForm, textBytes } from './spelling.ts';
import type { Values } from './values.ts';

/** Bytes that must be there, a value to skip, or the head of a map. */
type Lead = readonly (readonly number[] | 'value' | 'map')[];
interface Clue {
	readonly lead: Lead;
	/** A constant's bytes; or a string that starts and ends so. */
	readonly tell: readonly number[] | { readonly prefix: string; readonly suffix: string };
}

/** Which variants may be tried on a guess: those whose success excludes every earlier one. */
export function guessable(schema: Schema, byPosition: boolean): boolean[] {
	const all = schema.variants.map(discriminantsOf);
	return schema.variants.map((variant, index) => variant.role === 'table' && all.slice(0, index).every((earlier) => exclude(all[index] as typeof earlier, earlier, byPosition)));
}

/** `guess(p, end) -> variant | last`: `last` is the variant that the caller found last. */
export function emitGuess(m: ModuleBuilder, s: Values, schema: Schema, last: Global<I32>): Func<I32> {
	const groups = new Map<string, { lead: Lead; members: { clue: Clue; index: number }[] }>();
	for (const form of s.byPosition ? (['map', 'array'] as const) : (['map'] as const)) {
		schema.variants.forEach((variant, index) => {
			const clue = clueOf(variant.type, form);
			if (clue === null) return;
			const key = JSON.stringify(clue.lead);
			const group = groups.get(key) ?? { lead: clue.lead, members: [] };
			group.members.push({ clue, index });
			groups.set(key, group);
		});
	}
	const { grammar } = s;
	return m.func('guess', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const at = f.local(I32, undefined, 'at');
		for (const { lead, members } of groups.values()) {
			f.block((next) => {
				at.set(p);
				for (const step of lead) {
					if (step === 'value') {
						at.set(grammar.skipValue.call(at, end, I32.of(1)));
						next.branchIf(at.eqz());
					} else if (step === 'map') {
						f.if(
							I32.load8U(at).eq(FORMAT.map16),
							() => at.set(at.add(3)),
							() => {
								next.branchIf(I32.load8U(at).and(0xf0).ne(FORMAT.fixmap));
								at.set(at.add(1));
							},
						);
					} else {
						const bytes = Uint8Array.from(step);
						next.branchIf(equalsWithin(at, end, bytes).eqz());
						at.set(at.add(bytes.length));
					}
					// What is compared next lies within what may be read beyond the message.
					next.branchIf(at.gtU(end));
				}
				for (const { clue, index } of members) {
					const { tell } = clue;
					if (!('prefix' in tell)) {
						f.if(equalsWithin(at, end, Uint8Array.from(tell)), () => f.return(I32.of(index)));
						continue;
					}
					const prefix = new TextEncoder().encode(tell.prefix);
					const suffix = new TextEncoder().encode(tell.suffix);
					f.block((other) => {
						other.branchIf(at.geU(end));
						other.branchIf(grammar.kind(I32.load8U(at)).ne(KIND.string));
						const after = f.local(I32, grammar.content.call(at, end), 'after');
						other.branchIf(after.eqz().or(grammar.contentLength.ltU(prefix.length + suffix.length)));
						other.branchIf(equalsBytes(grammar.contentStart, prefix).eqz());
						other.branchIf(equalsBytes(after.sub(suffix.length), suffix).eqz());
						f.return(I32.of(index));
					});
				}
			});
		}
		f.return(last);
	});
}

function clueOf(type: ValueType, form: SchemaForm): Clue | null {
	const lead: (readonly number[] | 'value' | 'map')[] = [];
	let bytes: number[] = [];
	let clue: Clue | null = null;
	const add = (step?: 'value' | 'map'): void => {
		if (bytes.length > 0) lead.push(bytes);
		bytes = [];
		if (step !== undefined) lead.push(step);
	};
	/** False where the way to a clue is not fixed. */
	const visit = (value: ValueType): boolean => {
		switch (value.kind) {
			case 'literal':
				if (typeof value.value !== 'string') {
					bytes.push(...constantBytes(value.value));
					return true;
				}
				add();
				clue = { lead, tell: constantBytes(value.value) };
				return false;
			case 'template':
				add();
				clue = { lead, tell: { prefix: value.prefix, suffix: value.suffix } };
				return false;
			case 'message': {
				const fields = value.fields.filter((field) => field.type.kind !== 'absent');
				if (form === 'array') bytes.push(...arrayHead(fields.length));
				else add('map');
				for (const field of fields) {
					if (field.optional || (field.nullable && field.type.kind === 'message')) return false;
					if (form === 'map') bytes.push(...textBytes(field.keys[0] as string));
					if (!visit(field.type)) return false;
				}
				return true;
			}
			case 'tuple':
				bytes.push(...arrayHead(value.fields.length));
				for (const field of value.fields) {
					if (field.optional || field.nullable) return false;
					if (!visit(field.type)) return false;
				}
				return true;
			case 'list':
			case 'absent':
				return false;
			default:
				add('value');
				return true;
		}
	};
	visit(type);
	return clue;
}
