/** Choosing the variant, as docs/json.md says: a generic walk that notes what it knows, then the ordered constraints. */
import { type Discriminant, discriminantsOf, matchesTemplate, type Step } from '../../../schema/discriminants.ts';
import type { Schema } from '../../../schema/model.ts';
import { Refusal } from '../../reference/refusal.ts';
import { decodeString, type RawString, Scanner, utf8Text } from './grammar.ts';

/** What the walk knows of a value. Nothing stands for a value that was not read to its end. */
type Place =
	| { readonly kind: 'scalar'; readonly value: string | number | boolean | null | TooLong }
	/** The first value of each key; null where that one is not known. */
	| { readonly kind: 'object'; readonly members: Map<string, Place | null>; closed: boolean }
	| { readonly kind: 'array'; readonly elements: (Place | null)[]; closed: boolean };

/** A string that the scratch cannot hold decoded: equal to nothing. */
const TOO_LONG = Symbol('too long');
type TooLong = typeof TOO_LONG;

/** The first variant whose constraints hold, as an index into the schema's variants. */
export type SelectVariant = (message: Uint8Array, scratchSize: number) => number;

export function variantSelector(schema: Schema): SelectVariant {
	const constraints = schema.variants.map(discriminantsOf);
	return (message, scratchSize) => {
		const { top, refusal, scanner } = walk(message, scratchSize);
		const selected = constraints.findIndex((all) => all.every((one) => holds(one, top)));
		if (selected >= 0) return selected;
		if (refusal !== null) throw refusal;
		scanner.whitespace();
		throw scanner.ended ? new Refusal('unknown-message', 0) : new Refusal('trailing', scanner.at);
	};
}

function walk(message: Uint8Array, scratchSize: number): { top: Place | null; refusal: Refusal | null; scanner: Scanner } {
	const scanner = new Scanner(message);
	let top: Place | null = null;
	const content = (raw: RawString): string | TooLong => (raw.escaped && raw.bytes.length > scratchSize ? TOO_LONG : utf8Text(decodeString(raw)));
	/** Calls `know` as soon as something is known of the value here: for containers, at their opening bracket. */
	const value = (depth: number, know: (place: Place) => void): void => {
		switch (scanner.kind()) {
			case 'string':
				know({ kind: 'scalar', value: content(scanner.string()) });
				return;
			case 'number':
				know({ kind: 'scalar', value: Number(scanner.number()) });
				return;
			case 'boolean':
			case 'null':
				know({ kind: 'scalar', value: scanner.word() });
				return;
			case 'array': {
				scanner.open(depth);
				const place: Place = { kind: 'array', elements: [], closed: false };
				know(place);
				scanner.elements(() => {
					const index = place.elements.push(null) - 1;
					value(depth + 1, (element) => {
						place.elements[index] = element;
					});
				});
				scanner.at++;
				place.closed = true;
				return;
			}
			case 'object': {
				scanner.open(depth);
				const place: Place = { kind: 'object', members: new Map(), closed: false };
				know(place);
				scanner.members(content, (key) => {
					const counts = key !== TOO_LONG && !place.members.has(key);
					if (counts) place.members.set(key, null);
					value(depth + 1, (member) => {
						if (counts) place.members.set(key, member);
					});
				});
				scanner.at++;
				place.closed = true;
			}
		}
	};
	try {
		scanner.whitespace();
		value(0, (place) => {
			top = place;
		});
		return { top, refusal: null, scanner };
	} catch (error) {
		if (error instanceof Refusal) return { top, refusal: error, scanner };
		throw error;
	}
}

/** What stands at one place: null where that is not known. */
type Finding = Place | 'absent' | null;

function holds({ path, test, orAbsent, orNull }: Discriminant, top: Place | null): boolean {
	const findings = find(path, top);
	if (test.kind === 'absent' || orAbsent) {
		if (findings.every((finding) => finding === 'absent')) return true;
	}
	return findings.some((finding) => finding !== null && finding !== 'absent' && satisfies(finding, test, orNull));
}

/** The places that a path leads to: several where a key has aliases. */
function find(path: readonly Step[], top: Place | null): Finding[] {
	let findings: Finding[] = [top];
	for (const step of path) {
		findings = findings.flatMap((parent) => ('index' in step ? [element(parent, step.index)] : step.keys.map((key) => member(parent, key.toWellFormed()))));
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

function satisfies(place: Place, test: Discriminant['test'], orNull: boolean): boolean {
	if (orNull && place.kind === 'scalar' && place.value === null) return true;
	switch (test.kind) {
		case 'present':
			return true;
		case 'absent':
			return false;
		case 'object':
		case 'scalar':
			return place.kind === test.kind;
		case 'array': {
			if (place.kind !== 'array') return false;
			if (test.least === 0 && test.most === Number.POSITIVE_INFINITY) return true;
			return place.closed && place.elements.length >= test.least && place.elements.length <= test.most;
		}
		case 'equals':
			return place.kind === 'scalar' && place.value === (typeof test.value === 'string' ? test.value.toWellFormed() : test.value);
		case 'template':
			return place.kind === 'scalar' && typeof place.value === 'string' && matchesTemplate(place.value, test.prefix.toWellFormed(), test.suffix.toWellFormed());
	}
}
