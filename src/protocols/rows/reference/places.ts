/** What a walk over a message knows of its values, and whether a variant's constraints hold for that. */
import { type Discriminant, matchesTemplate, type Step } from '../../../schema/discriminants.ts';

/** What the walk knows of a value. Nothing stands for a value that was not read to its end. */
export type Place =
	| { readonly kind: 'scalar'; readonly value: string | number | boolean | null | symbol }
	/** The first value of each key; null where that one is not known. */
	| { readonly kind: 'object'; readonly members: Map<string, Place | null>; closed: boolean }
	| { readonly kind: 'array'; readonly elements: (Place | null)[]; closed: boolean };

/** A value that is equal to no constant. */
export const UNEQUAL = Symbol('unequal');

/** How a format's places are compared with what a schema says. */
export interface PlaceForm {
	/** A schema's text as the walk gives keys and strings. */
	spell(text: string): string;
	/** An object may be written as an array, its fields at their positions. */
	readonly byPosition: boolean;
}

/** What stands at one place: null where that is not known. */
type Finding = Place | 'absent' | null;

/** Whether a constraint holds for what is known of a message. */
export function holds({ path, test, orAbsent, orNull }: Discriminant, top: Place | null, form: PlaceForm): boolean {
	const findings = find(path, top, form);
	if (test.kind === 'absent' || orAbsent) {
		if (findings.every((finding) => finding === 'absent')) return true;
	}
	return findings.some((finding) => finding !== null && finding !== 'absent' && satisfies(finding, test, orNull, form));
}

/** The places that a path leads to: several where a key has aliases. */
function find(path: readonly Step[], top: Place | null, { spell, byPosition }: PlaceForm): Finding[] {
	let findings: Finding[] = [top];
	for (const step of path) {
		findings = findings.flatMap((parent) => {
			if ('index' in step) return [element(parent, step.index)];
			const members = step.keys.map((key) => member(parent, spell(key)));
			return byPosition && step.position >= 0 ? [...members, element(parent, step.position)] : members;
		});
	}
	return findings;
}

function member(parent: Finding, key: string): Finding {
	if (parent === null) return null;
	if (parent === 'absent' || parent.kind !== 'object') return 'absent';
	return parent.members.get(key) ?? (parent.closed && !parent.members.has(key) ? 'absent' : null);
}

function element(parent: Finding, index: number): Finding {
	if (parent === null) return null;
	if (parent === 'absent' || parent.kind !== 'array') return 'absent';
	return parent.elements[index] ?? (parent.closed && index >= parent.elements.length ? 'absent' : null);
}

function satisfies(place: Place, test: Discriminant['test'], orNull: boolean, { spell, byPosition }: PlaceForm): boolean {
	if (orNull && place.kind === 'scalar' && place.value === null) return true;
	switch (test.kind) {
		case 'present':
			return true;
		case 'absent':
			return false;
		case 'object':
			return place.kind === 'object' || (byPosition && place.kind === 'array');
		case 'scalar':
			return place.kind === 'scalar';
		case 'array': {
			if (place.kind !== 'array') return false;
			if (test.least === 0 && test.most === Number.POSITIVE_INFINITY) return true;
			return place.closed && place.elements.length >= test.least && place.elements.length <= test.most;
		}
		case 'equals':
			return place.kind === 'scalar' && place.value === (typeof test.value === 'string' ? spell(test.value) : test.value);
		case 'template':
			return place.kind === 'scalar' && typeof place.value === 'string' && matchesTemplate(place.value, spell(test.prefix), spell(test.suffix));
	}
}
