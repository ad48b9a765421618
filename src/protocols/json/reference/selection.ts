/** Choosing the variant, as docs/json.md says: a generic walk that notes what it knows, then the ordered constraints. */
import { discriminantsOf } from '../../../schema/discriminants.ts';
import type { Schema } from '../../../schema/model.ts';
import { holds, type Place, type PlaceForm, UNEQUAL } from '../../rows/reference/places.ts';
import { Refusal } from '../../rows/reference/refusal.ts';
import { utf8Text } from '../../rows/reference/text.ts';
import { decodeString, type RawString, Scanner } from './grammar.ts';

const FORM: PlaceForm = { spell: (text) => text.toWellFormed(), byPosition: false };

/** The first variant whose constraints hold, as an index into the schema's variants. */
export type SelectVariant = (message: Uint8Array, scratchSize: number) => number;

export function variantSelector(schema: Schema): SelectVariant {
	const constraints = schema.variants.map(discriminantsOf);
	return (message, scratchSize) => {
		const { top, refusal, scanner } = walk(message, scratchSize);
		const selected = constraints.findIndex((all) => all.every((one) => holds(one, top, FORM)));
		if (selected >= 0) return selected;
		if (refusal !== null) throw refusal;
		scanner.whitespace();
		throw scanner.ended ? new Refusal('unknown-message', 0) : new Refusal('trailing', scanner.at);
	};
}

function walk(message: Uint8Array, scratchSize: number): { top: Place | null; refusal: Refusal | null; scanner: Scanner } {
	const scanner = new Scanner(message);
	let top: Place | null = null;
	const content = (raw: RawString): string | typeof UNEQUAL => (raw.escaped && raw.bytes.length > scratchSize ? UNEQUAL : utf8Text(decodeString(raw)));
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
					const counts = key !== UNEQUAL && !place.members.has(key);
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
