/**
 * Choosing a variant in generated code: what stands at the places of a message that tell variants apart, and the ordered
 * tests on that. Places form a tree; a format's own walk fills them in.
 */
import { type Discriminant, discriminantsOf, type Step } from '../../schema/discriminants.ts';
import type { Schema } from '../../schema/model.ts';
import { type F64, type FunctionBuilder, type Global, I32, type ModuleBuilder } from '../../wasm/index.ts';
import { equalsBytes } from './constants.ts';

/** What is known of a place. The order matters: from `string` on there is a value, up to `other` a scalar (`other`: one
 * that equals no constant). */
export const KNOWN = { no: 0, absent: 1, string: 2, number: 3, true: 4, false: 5, null: 6, other: 7, object: 8, array: 9 } as const;

export interface Place {
	readonly name: string;
	readonly step: { readonly key: string } | { readonly index: number } | null;
	readonly children: Place[];
	readonly known: Global<I32>;
	/** Value of a string (between its quotes) or number. */
	readonly start: Global<I32>;
	readonly end: Global<I32>;
	readonly escaped: Global<I32>;
	/** Elements of an array, -1 until its end was read. */
	readonly length: Global<I32>;
}

export interface PlacedVariant {
	/** Among the schema's variants. */
	readonly index: number;
	/** For the names of branches. */
	readonly name: string;
	/** Each with the places that its path may lead to. */
	readonly constraints: readonly { readonly discriminant: Discriminant; readonly places: readonly Place[] }[];
}

/** How a format's values are compared. */
export interface PlaceValues {
	/** An object may be written as an array, its fields at their positions. */
	readonly byPosition: boolean;
	/** Emits: calls `use` with the content of the string that is known to stand there, or does nothing where it has none. `variant` names branches. */
	string(place: Place, variant: string, use: (start: I32, length: I32) => void): void;
	/** The number that is known to stand there. */
	number(place: Place): F64;
}

const encoder = new TextEncoder();

export function createPlaces(m: ModuleBuilder, schema: Schema, byPosition: boolean): { readonly root: Place; readonly variants: readonly PlacedVariant[] } {
	let count = 0;
	const createPlace = (name: string, step: Place['step']): Place => {
		const id = count++;
		const global = (what: string): Global<I32> => m.global(I32, 0, { name: `place${id}.${what}`, mutable: true });
		return { name, step, children: [], known: global('known'), start: global('start'), end: global('end'), escaped: global('escaped'), length: global('length') };
	};
	const root = createPlace('$', null);
	/** All places that a step may lead to: one a key (aliases), or the position. */
	const placesAt = (path: readonly Step[]): Place[] => {
		let places = [root];
		for (const step of path) {
			places = places.flatMap((parent) => {
				const single: NonNullable<Place['step']>[] = 'index' in step ? [step] : step.keys.map((key) => ({ key }));
				if (byPosition && 'keys' in step && step.position >= 0) single.push({ index: step.position });
				return single.map((one) => {
					const name = 'index' in one ? `[${one.index}]` : `.${one.key}`;
					const found = parent.children.find((child) => child.name === parent.name + name);
					if (found !== undefined) return found;
					const created = createPlace(parent.name + name, one);
					parent.children.push(created);
					return created;
				});
			});
		}
		return places;
	};
	const variants = schema.variants.map((variant, index) => ({ index, name: variant.name, constraints: discriminantsOf(variant).map((discriminant) => ({ discriminant, places: placesAt(discriminant.path) })) }));
	return { root, variants };
}

function forEachPlace(place: Place, visit: (place: Place) => void): void {
	visit(place);
	for (const child of place.children) forEachPlace(child, visit);
}

/** Emits: nothing is known of any place. */
export function forgetPlaces(f: FunctionBuilder, root: Place): void {
	forEachPlace(root, (place) => {
		place.known.set(f, I32.of(KNOWN.no));
		place.length.set(f, I32.of(-1));
	});
}

/** Emits: the place and all below it are absent; only those not known yet where `onlyUnknown`. */
export function emitAbsent(f: FunctionBuilder, place: Place, onlyUnknown: boolean): void {
	forEachPlace(place, ({ known }) => {
		if (onlyUnknown) f.if(known.eq(KNOWN.no), () => known.set(f, I32.of(KNOWN.absent)));
		else known.set(f, I32.of(KNOWN.absent));
	});
}

/** Emits: returns the index of the first of these variants whose constraints all hold; goes on where none does. */
export function emitChoice(f: FunctionBuilder, variants: readonly PlacedVariant[], values: PlaceValues): void {
	for (const { index, name, constraints } of variants) {
		f.block((no) => {
			for (const { discriminant, places } of constraints) no.branchIf(emitTest(f, values, discriminant, places, name).eqz(), { name: `not ${name}` });
			f.count(`selected ${name}`);
			f.return(I32.of(index));
		});
	}
}

/** Emits 1 where the constraint holds. Several places (a key with aliases): the one with a value counts. */
function emitTest(f: FunctionBuilder, values: PlaceValues, discriminant: Discriminant, places: readonly Place[], variant: string): I32 {
	const { test } = discriminant;
	const each = places.map((place) => emitSingleTest(f, values, discriminant, place, variant));
	const absentEverywhere = places.map((place) => place.known.eq(KNOWN.absent)).reduce((all, one) => all.and(one));
	if (test.kind === 'absent') return absentEverywhere;
	const any = each.reduce((some, one) => some.or(one));
	return discriminant.orAbsent ? any.or(absentEverywhere) : any;
}

function emitSingleTest(f: FunctionBuilder, values: PlaceValues, { test, orNull }: Discriminant, place: Place, variant: string): I32 {
	const holds = f.local(I32, 0, 'holds');
	const { known } = place;
	if (orNull) holds.set(known.eq(KNOWN.null));
	const named = (what: string): { name: string } => ({ name: `${variant}: ${what}` });
	const also = (condition: I32): void => holds.set(holds.or(condition));
	const content = (use: (start: I32, length: I32) => void): void => {
		f.if(known.eq(KNOWN.string), () => values.string(place, variant, use), undefined, named('a string'));
	};
	switch (test.kind) {
		case 'present':
			also(known.geU(KNOWN.string));
			break;
		case 'absent':
			break;
		case 'object':
			also(values.byPosition ? known.geU(KNOWN.object) : known.eq(KNOWN.object));
			break;
		case 'scalar':
			also(known.geU(KNOWN.string).and(known.leU(KNOWN.other)));
			break;
		case 'array':
			if (test.least === 0 && test.most === Number.POSITIVE_INFINITY) also(known.eq(KNOWN.array));
			else {
				const most = test.most === Number.POSITIVE_INFINITY ? 0x7fffffff : test.most;
				also(known.eq(KNOWN.array).and(place.length.geS(test.least)).and(place.length.leS(most)));
			}
			break;
		case 'template': {
			const prefix = encoder.encode(test.prefix);
			const suffix = encoder.encode(test.suffix);
			content((start, length) => {
				f.if(length.geU(prefix.length + suffix.length), () => also(equalsBytes(start, prefix).and(equalsBytes(start.add(length).sub(suffix.length), suffix))), undefined, named('length'));
			});
			break;
		}
		case 'equals': {
			const { value } = test;
			if (typeof value === 'string') {
				const bytes = encoder.encode(value);
				content((start, length) => {
					f.if(length.eq(bytes.length), () => also(equalsBytes(start, bytes)), undefined, named('length'));
				});
			} else if (typeof value === 'number') {
				f.if(known.eq(KNOWN.number), () => also(values.number(place).eq(value)), undefined, named('a number'));
			} else also(known.eq(value === null ? KNOWN.null : value ? KNOWN.true : KNOWN.false));
			break;
		}
	}
	return holds;
}
