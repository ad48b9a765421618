/**
 * Guessing the variant from the first bytes: the text before a variant's first literal or template, as the schema
 * orders it, is compared and skipped; then the literal tells. A guess is only a guess: the fast path of the guessed
 * variant checks everything, and it is only tried where success rules out the variants before it.
 */
import { byTimes, byTimesWithin } from '../../../compiler/branch-profile.ts';
import { type Discriminant, discriminantsOf, exclude } from '../../../schema/discriminants.ts';
import type { Schema, ValueType } from '../../../schema/model.ts';
import { type Func, type Global, I32, type ModuleBuilder } from '../../../wasm/index.ts';
import { equalsBytes, equalsWithin } from '../../rows/constants.ts';
import type { FastKernels } from './fast-path.ts';
import type { StrictValues } from './strict-values.ts';

/** Text that must be there, or a value to skip. */
type Lead = readonly (string | null)[];
interface Clue {
	readonly lead: Lead;
	/** The string must begin so (with its closing quote where the whole string is known)… */
	readonly head: string;
	/** …and end so. */
	readonly tail: string;
}

const encoder = new TextEncoder();

/** Which variants may be tried on a guess: those whose success excludes every earlier one. */
export function guessable(schema: Schema): boolean[] {
	const all: Discriminant[][] = schema.variants.map((variant) => discriminantsOf(variant));
	return schema.variants.map((variant, index) => variant.role === 'table' && all.slice(0, index).every((earlier) => exclude(all[index] as Discriminant[], earlier)));
}

/** Whether a string that begins with one may begin with the other. */
const overlap = (a: Clue, b: Clue): boolean => a.head.startsWith(b.head) || b.head.startsWith(a.head);

/**
 * `guess(p, end) -> variant | last`: `last` is the variant that the caller found last. `accepted` says how many messages
 * of a variant a profile has seen: what came most often is tried first. Any order is right, as a guess may be wrong.
 */
export function emitGuess(m: ModuleBuilder, s: StrictValues, kernels: FastKernels, schema: Schema, last: Global<I32>, accepted: (variant: number) => number): Func {
	const groups = new Map<string, { lead: Lead; members: { clue: Clue; index: number }[] }>();
	schema.variants.forEach((variant, index) => {
		const clue = clueOf(variant.type);
		if (clue === null) return;
		const key = JSON.stringify(clue.lead);
		const group = groups.get(key) ?? { lead: clue.lead, members: [] };
		group.members.push({ clue, index });
		groups.set(key, group);
	});
	const ordered = [...groups.values()].map(({ lead, members }) => ({
		lead,
		/** The same wherever the group stands. */
		name: `lead of ${schema.variants[members[0]?.index ?? 0]?.name}`,
		members: byTimesWithin(
			members,
			({ index }) => accepted(index),
			(a, b) => !overlap(a.clue, b.clue),
		),
	}));
	const inOrder = byTimes(ordered, ({ members }) => members.reduce((sum, { index }) => sum + accepted(index), 0));
	return m.func('guess', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const at = f.local(I32, undefined, 'at');
		const close = f.local(I32, undefined, 'close');
		for (const { lead, name, members } of inOrder) {
			f.block((next) => {
				at.set(p);
				for (const step of lead) {
					if (step === null) {
						f.if(
							I32.load8U(at).eq(0x22),
							() => {
								at.set(kernels.plainEnd.call(at.add(1), end) as I32);
								next.branchIf(at.eqz(), { name: `${name}: no string` });
								at.set(at.add(1));
							},
							() => {
								at.set(s.grammar.skipValue.call(at, end, I32.of(1)) as I32);
								next.branchIf(at.eqz(), { name: `${name}: no value` });
							},
							{ name: `${name}: a string` },
						);
					} else {
						const bytes = encoder.encode(step);
						next.branchIf(equalsWithin(at, end, bytes).eqz(), { name: `${name}: other text` });
						at.set(at.add(bytes.length));
					}
				}
				const anyTail = members.some(({ clue }) => clue.tail !== '');
				if (anyTail) close.set(kernels.plainEnd.call(at, end) as I32);
				for (const { clue, index } of members) {
					const tail = encoder.encode(clue.tail);
					const variant = schema.variants[index]?.name;
					f.if(
						equalsWithin(at, end, encoder.encode(clue.head)),
						() => {
							if (tail.length === 0) f.return(I32.of(index));
							else f.if(close.sub(at).geU(tail.length).and(close.ne(0)), () => f.if(equalsBytes(close.sub(tail.length), tail), () => f.return(I32.of(index)), undefined, { name: `${variant}: end` }), undefined, { name: `${variant}: long enough` });
						},
						undefined,
						{ name: `${variant}: start` },
					);
				}
			});
		}
		f.return(last);
	});
}

function clueOf(type: ValueType): Clue | null {
	const lead: (string | null)[] = [];
	let text = '';
	let clue: Clue | null = null;
	const skip = (): void => {
		lead.push(text, null);
		text = '';
	};
	/** False where the way to a clue is not fixed. */
	const visit = (value: ValueType): boolean => {
		switch (value.kind) {
			case 'literal':
				if (typeof value.value !== 'string') {
					text += JSON.stringify(value.value);
					return true;
				}
				lead.push(text);
				clue = { lead, head: JSON.stringify(value.value), tail: '' };
				return false;
			case 'template':
				lead.push(`${text}"`);
				clue = { lead, head: JSON.stringify(value.prefix).slice(1, -1), tail: JSON.stringify(value.suffix).slice(1, -1) };
				return false;
			case 'message': {
				text += '{';
				let first = true;
				for (const field of value.fields) {
					if (field.type.kind === 'absent') continue;
					if (field.optional || (field.nullable && field.type.kind === 'message')) return false;
					text += `${first ? '' : ','}${JSON.stringify(field.keys[0])}:`;
					first = false;
					if (!visit(field.type)) return false;
				}
				text += '}';
				return true;
			}
			case 'tuple':
				text += '[';
				for (const [index, field] of value.fields.entries()) {
					if (field.optional || field.nullable) return false;
					if (index > 0) text += ',';
					if (!visit(field.type)) return false;
				}
				text += ']';
				return true;
			case 'list':
			case 'absent':
				return false;
			default:
				skip();
				return true;
		}
	};
	visit(type);
	return clue;
}
