/**
 * What tells the variants of a feed apart: constraints on single places of a message, derived from each variant's type.
 * docs/json.md ("Choosing the variant") says how they are used; every tier takes them from here.
 */
import type { Field, LiteralType, MessageType, ValueType, Variant } from './model.ts';

/**
 * A step from a container to a value in it: one of these keys, or an index. `position` is where the field stands in
 * formats that may write an object as an array of its fields; -1 for one that has no place there.
 */
export type Step = { readonly keys: readonly string[]; readonly position: number } | { readonly index: number };

export type Test =
	/** A scalar equal to the constant. */
	| { readonly kind: 'equals'; readonly value: LiteralType['value'] }
	/** A string with this start and end, at least as long as both. */
	| { readonly kind: 'template'; readonly prefix: string; readonly suffix: string }
	/** Any value, null included. */
	| { readonly kind: 'present' }
	/** No value: the parent is known not to have one, or not to be such a container. */
	| { readonly kind: 'absent' }
	| { readonly kind: 'object' }
	/** An array of `least` to `most` elements (`most` may be Infinity; 0 to Infinity needs no known length). */
	| { readonly kind: 'array'; readonly least: number; readonly most: number }
	/** Neither an array nor an object. */
	| { readonly kind: 'scalar' };

export interface Discriminant {
	/** From the message's top; empty for the message itself. */
	readonly path: readonly Step[];
	readonly test: Test;
	/** Holds, too, where no value stands at the path. */
	readonly orAbsent: boolean;
	/** Holds, too, where null stands at the path. */
	readonly orNull: boolean;
}

/** The constraints of one variant, in the order of its fields. */
export function discriminantsOf(variant: Variant): Discriminant[] {
	const found: Discriminant[] = [];
	derive(variant.type, [], false, false, true, found);
	return found;
}

/**
 * @param positional the value stands in a tuple (or is the message itself), so that its kind is part of what tells
 *   variants apart; values under keys are told apart by literals, templates and presence alone.
 */
function derive(type: ValueType, path: readonly Step[], orAbsent: boolean, orNull: boolean, positional: boolean, found: Discriminant[]): void {
	const add = (test: Test): void => {
		found.push({ path, test, orAbsent, orNull });
	};
	switch (type.kind) {
		case 'literal':
			add({ kind: 'equals', value: type.value });
			return;
		case 'template':
			add({ kind: 'template', prefix: type.prefix, suffix: type.suffix });
			return;
		case 'absent':
			found.push({ path, test: { kind: 'absent' }, orAbsent: false, orNull: false });
			return;
		case 'message':
			if (positional) add({ kind: 'object' });
			positionsOf(type).forEach((position, index) => {
				const field = type.fields[index] as Field;
				deriveField(field, [...path, { keys: field.keys, position }], orAbsent || orNull, false, found);
			});
			return;
		case 'tuple': {
			const required = type.fields.reduce((last, field, index) => (field.optional ? last : index + 1), 0);
			add({ kind: 'array', least: required, most: type.surplus === 'skip' ? Number.POSITIVE_INFINITY : type.fields.length });
			type.fields.forEach((field, index) => {
				deriveField(field, [...path, { index }], orAbsent || orNull, true, found);
			});
			return;
		}
		case 'list':
			if (positional) {
				add({ kind: 'array', least: 0, most: Number.POSITIVE_INFINITY });
				derive(type.item, [...path, { index: 0 }], true, type.itemNullable, true, found);
			}
			return;
		case 'skip':
			return;
		default:
			if (positional) add({ kind: 'scalar' });
	}
}

/** Where each field stands in an array of the object's fields: in their order, -1 for keys that must be absent. */
export function positionsOf({ fields }: MessageType): number[] {
	let next = 0;
	return fields.map(({ type }) => (type.kind === 'absent' ? -1 : next++));
}

function deriveField(field: Field, path: readonly Step[], parentOrAbsent: boolean, positional: boolean, found: Discriminant[]): void {
	const orAbsent = parentOrAbsent || field.optional;
	if (field.distinguishing) found.push({ path, test: { kind: 'present' }, orAbsent: parentOrAbsent, orNull: true });
	derive(field.type, path, orAbsent, field.nullable, positional, found);
}

/** Two paths that lead to the same place in every message. */
export function samePath(a: readonly Step[], b: readonly Step[]): boolean {
	return a.length === b.length && a.every((step, index) => sameStep(step, b[index] as Step));
}

function sameStep(a: Step, b: Step): boolean {
	if ('index' in a || 'index' in b) return 'index' in a && 'index' in b && a.index === b.index;
	return a.keys.length === b.keys.length && a.keys.every((key) => b.keys.includes(key));
}

/**
 * Whether no message can satisfy both sets of constraints, as far as single places show it.
 *
 * @param byPosition whether the format may write an object as an array of its fields
 */
export function exclude(a: readonly Discriminant[], b: readonly Discriminant[], byPosition = false): boolean {
	return a.some((one) => b.some((other) => samePath(one.path, other.path) && (!byPosition || samePositions(one.path, other.path)) && contradict(one, other, byPosition)));
}

function samePositions(a: readonly Step[], b: readonly Step[]): boolean {
	return a.every((step, index) => 'index' in step || step.position === (b[index] as { readonly position: number }).position);
}

function contradict(a: Discriminant, b: Discriminant, byPosition: boolean): boolean {
	if (a.test.kind === 'absent' || b.test.kind === 'absent') {
		const other = a.test.kind === 'absent' ? b : a;
		return other.test.kind !== 'absent' && !other.orAbsent;
	}
	if ((a.orAbsent && b.orAbsent) || (acceptsNull(a) && acceptsNull(b))) return false;
	// An array may be an object there.
	if (byPosition && ((a.test.kind === 'object' && b.test.kind === 'array') || (a.test.kind === 'array' && b.test.kind === 'object'))) return false;
	return disjoint(a.test, b.test) || disjoint(b.test, a.test);
}

/** Whether `null` satisfies a constraint, by leave or by itself: it is there, and it is no container. */
function acceptsNull({ test, orNull }: Discriminant): boolean {
	return orNull || test.kind === 'scalar' || test.kind === 'present' || (test.kind === 'equals' && test.value === null);
}

function disjoint(a: Test, b: Test): boolean {
	switch (a.kind) {
		case 'equals':
			if (b.kind === 'equals') return a.value !== b.value;
			if (b.kind === 'template') return typeof a.value !== 'string' || !matchesTemplate(a.value, b.prefix, b.suffix);
			return b.kind === 'object' || b.kind === 'array';
		case 'template':
			if (b.kind === 'template') {
				return !(a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix)) || !(a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix));
			}
			return b.kind === 'object' || b.kind === 'array';
		case 'array':
			if (b.kind === 'array') return a.most < b.least || b.most < a.least;
			return b.kind === 'object' || b.kind === 'scalar';
		case 'object':
			return b.kind === 'scalar';
		default:
			return false;
	}
}

/** Whether a string has the template's start and end and room for both. */
export function matchesTemplate(text: string, prefix: string, suffix: string): boolean {
	return text.length >= prefix.length + suffix.length && text.startsWith(prefix) && text.endsWith(suffix);
}
