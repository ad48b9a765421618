/** Choosing the variant, as docs/msgpack.md says: a generic walk that notes what it knows, then the ordered constraints. */
import { discriminantsOf } from '../../../schema/discriminants.ts';
import type { Schema } from '../../../schema/model.ts';
import { holds, type Place, type PlaceForm, UNEQUAL } from '../../rows/reference/places.ts';
import { Refusal } from '../../rows/reference/refusal.ts';
import { asciiText } from '../../rows/reference/text.ts';
import { Scanner } from './scanner.ts';
import { readConstant, readKey } from './values.ts';

const encoder = new TextEncoder();

/** Strings are compared by their bytes, whether they are UTF-8 or not. */
const spell: PlaceForm['spell'] = (text) => asciiText(encoder.encode(text));

/** The first variant whose constraints hold, as an index into the schema's variants. */
export function variantSelector(schema: Schema, byPosition: boolean): (message: Uint8Array) => number {
	const constraints = schema.variants.map(discriminantsOf);
	return (message) => {
		const { top, refusal, scanner } = walk(message);
		const selected = constraints.findIndex((all) => all.every((one) => holds(one, top, { spell, byPosition })));
		if (selected >= 0) return selected;
		if (refusal !== null) throw refusal;
		throw scanner.ended ? new Refusal('unknown-message', 0) : new Refusal('trailing', scanner.at);
	};
}

function walk(message: Uint8Array): { top: Place | null; refusal: Refusal | null; scanner: Scanner } {
	const scanner = new Scanner(message);
	let top: Place | null = null;
	/** Calls `know` as soon as something is known of the value here: for containers, when their head has been read. */
	const value = (depth: number, know: (place: Place) => void): void => {
		const kind = scanner.kind();
		switch (kind) {
			case 'array': {
				const place: Place = { kind: 'array', elements: [], closed: false };
				const count = scanner.open(depth);
				know(place);
				for (let index = 0; index < count; index++) {
					place.elements.push(null);
					value(depth + 1, (element) => {
						place.elements[index] = element;
					});
				}
				place.closed = true;
				return;
			}
			case 'map': {
				const place: Place = { kind: 'object', members: new Map(), closed: false };
				const count = scanner.open(depth);
				know(place);
				for (let left = count; left > 0; left--) {
					const key = readKey(scanner, depth + 1);
					const counts = key !== null && !place.members.has(key);
					if (counts) place.members.set(key, null);
					value(depth + 1, (member) => {
						if (counts) place.members.set(key, member);
					});
				}
				place.closed = true;
				return;
			}
			case 'extension':
				scanner.extension();
				know({ kind: 'scalar', value: UNEQUAL });
				return;
			default:
				know({ kind: 'scalar', value: readConstant(scanner, kind) });
		}
	};
	try {
		value(0, (place) => {
			top = place;
		});
		return { top, refusal: null, scanner };
	} catch (error) {
		if (error instanceof Refusal) return { top, refusal: error, scanner };
		throw error;
	}
}
