/**
 * Choosing the variant (docs/json.md): a strict generic walk that records what stands at the discriminants' places,
 * then the ordered tests. Places form a tree; each container among them gets a function that walks it.
 */

import { byTimes, byTimesWithin } from '../../../compiler/branch-profile.ts';
import { DEPTH_LIMIT, ERROR_CATEGORIES } from '../../../compiler/parser-abi.ts';
import { type Discriminant, exclude } from '../../../schema/discriminants.ts';
import type { Schema } from '../../../schema/model.ts';
import { type F64, type Func, type FunctionBuilder, I32, type Local, type ModuleBuilder } from '../../../wasm/index.ts';
import { equalsBytes } from '../../rows/constants.ts';
import { createPlaces, emitAbsent, emitChoice, forgetPlaces, KNOWN, type Place, type PlaceValues } from '../../rows/places.ts';
import { nextToken } from './strict-containers.ts';
import type { StrictValues } from './strict-values.ts';

const encoder = new TextEncoder();

/** A constraint that holds or not by one place alone, compared as the bytes that the schema's text becomes. */
function isPlain({ path, test }: Discriminant): boolean {
	const texts = test.kind === 'equals' ? [test.value] : test.kind === 'template' ? [test.prefix, test.suffix] : [];
	return path.every((step) => 'index' in step || step.keys.length === 1) && texts.every((text) => typeof text !== 'string' || text.isWellFormed());
}

/**
 * Whether never both sets of constraints hold, in whatever state a walk leaves the places, that of a damaged message
 * too. Keys with aliases say nothing: a message with both could satisfy both sets.
 */
export function neverBoth(a: readonly Discriminant[], b: readonly Discriminant[]): boolean {
	return exclude(a.filter(isPlain), b.filter(isPlain));
}

/**
 * `select(p, end)`: the variant's index, or -1 with a fault. Reads the message from its start. `accepted` says how many
 * messages of a variant a profile has seen: a variant is tested before those that came more seldom, where no message
 * is of both, so that the first that fits is the same one.
 */
export function emitSelection(m: ModuleBuilder, s: StrictValues, schema: Schema, accepted: (variant: number) => number): Func {
	const { root, variants } = createPlaces(m, schema, false);
	const constraintsOf = variants.map(({ constraints }) => constraints.map(({ discriminant }) => discriminant));
	const known = new Map<number, boolean>();
	const mayPass = (a: { readonly index: number }, b: { readonly index: number }): boolean => {
		const pair = a.index * variants.length + b.index;
		const may = known.get(pair) ?? neverBoth(constraintsOf[a.index] as Discriminant[], constraintsOf[b.index] as Discriminant[]);
		known.set(pair, may);
		return may;
	};
	const inOrder = byTimesWithin(variants, ({ index }) => accepted(index), mayPass);
	const walk = emitWalk(m, s, root, 0);
	const { grammar } = s;
	const { faults } = grammar;
	return m.func('select', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		forgetPlaces(f, root);
		const after = f.local(I32, walk.call(p, end) as I32, 'after');
		const category = f.local(I32, faults.category, 'category');
		const at = f.local(I32, faults.at, 'at');
		emitChoice(f, inOrder, valuesOf(f, s));
		const fail = (code: I32, address: I32): void => {
			faults.category.set(f, code);
			faults.at.set(f, address);
			f.return(I32.of(-1));
		};
		f.if(after.eqz(), () => fail(category, at));
		after.set(grammar.whitespace.call(after, end) as I32);
		f.if(after.ltU(end), () => fail(I32.of(ERROR_CATEGORIES.trailing), after));
		// Offset 0: the address of the message's first byte.
		fail(I32.of(ERROR_CATEGORIES['unknown-message']), p);
	});
}

/** How strings and numbers between a message's brackets are compared with constants. */
function valuesOf(f: FunctionBuilder, s: StrictValues): PlaceValues {
	return {
		byPosition: false,
		// Decoded where it must be; too long to decode means no match.
		string(place, variant, use) {
			const start = f.local(I32, place.start, 'start');
			const length = f.local(I32, place.end.sub(place.start), 'length');
			f.block((tooLong) => {
				f.if(
					place.escaped,
					() => {
						tooLong.branchIf(length.gtU(s.environment.scratchSize), { name: `${variant}: too long` });
						length.set(s.grammar.decode.call(start, place.end, s.environment.scratch) as I32);
						start.set(s.environment.scratch);
					},
					undefined,
					{ name: `${variant}: escaped` },
				);
				use(start, length);
			});
		},
		number: (place) => s.kernels.parseDouble.call(place.start, place.end) as F64,
	};
}

/**
 * `walk(p, end)`: reads one value with the strict grammar and records it at its place, once: a place that is known
 * already belongs to a duplicate key, whose value is only checked.
 */
function emitWalk(m: ModuleBuilder, s: StrictValues, place: Place, depth: number): Func {
	const { grammar } = s;
	const { faults } = grammar;
	const children = place.children.map((child) => ({ child, walk: emitWalk(m, s, child, depth + 1) }));
	const name = `walk ${place.name}`;
	// Every child has another key or index: at most one test holds, in any order. (Keys that are no Unicode may become the same bytes.)
	const often = ({ child }: Child): number => s.times(name, child.name);
	const inSchemaOrder = children.filter(({ child }) => child.step !== null && 'key' in child.step);
	const keyed = inSchemaOrder.every(({ child }) => child.name.isWellFormed()) ? byTimes(inSchemaOrder, often) : inSchemaOrder;
	const indexed = byTimes(
		children.filter(({ child }) => child.step !== null && 'index' in child.step),
		often,
	);
	return m.func(name, { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const setAbsent = (which: readonly Child[], onlyUnknown: boolean): void => {
			for (const { child } of which) emitAbsent(f, child, onlyUnknown);
		};
		p.set(grammar.whitespace.call(p, end) as I32);
		f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
		f.if(place.known.ne(KNOWN.no), () => f.return(grammar.skipValue.call(p, end, I32.of(depth)) as I32));
		const byte = f.local(I32, I32.load8U(p), 'byte');
		const after = f.local(I32, undefined, 'after');
		const scalar = (): void => {
			after.set(grammar.skipValue.call(p, end, I32.of(depth)) as I32);
			f.if(after.eqz(), () => f.return(I32.of(0)));
			setAbsent(children, false);
		};
		f.if(byte.ne(0x7b).and(byte.ne(0x5b)), () => {
			scalar();
			f.if(
				byte.eq(0x22),
				() => {
					place.known.set(f, I32.of(KNOWN.string));
					place.start.set(f, p.add(1));
					place.end.set(f, after.sub(1));
					place.escaped.set(f, grammar.escaped);
				},
				() => {
					place.start.set(f, p);
					place.end.set(f, after);
					place.known.set(f, I32.select(byte.eq(0x74), I32.of(KNOWN.true), I32.select(byte.eq(0x66), I32.of(KNOWN.false), I32.select(byte.eq(0x6e), I32.of(KNOWN.null), I32.of(KNOWN.number)))));
				},
			);
			f.return(after);
		});
		if (depth >= DEPTH_LIMIT) faults.raise(f, 'depth', p);
		f.if(byte.eq(0x7b), () => {
			place.known.set(f, I32.of(KNOWN.object));
			setAbsent(indexed, false);
			if (keyed.length === 0) f.return(grammar.skipValue.call(p, end, I32.of(depth)) as I32);
			else emitWalkObject(f, s, p, end, depth, keyed, () => setAbsent(keyed, true));
		});
		place.known.set(f, I32.of(KNOWN.array));
		setAbsent(keyed, false);
		emitWalkArray(f, s, p, end, depth, place, indexed, () => setAbsent(indexed, true));
	});
}

interface Child {
	readonly child: Place;
	readonly walk: Func;
}

function emitWalkObject(f: FunctionBuilder, s: StrictValues, p: Local<I32>, end: I32, depth: number, keyed: readonly Child[], closeChildren: () => void): void {
	const { grammar } = s;
	const { faults } = grammar;
	const opening = f.local(I32, 1, 'opening');
	const key = f.local(I32, undefined, 'key');
	const close = f.local(I32, undefined, 'close');
	const content = f.local(I32, undefined, 'content');
	const length = f.local(I32, undefined, 'length');
	p.set(p.add(1));
	f.loop((member) => {
		nextToken(f, s, p, end);
		f.if(I32.load8U(p).eq(0x7d), () => {
			closeChildren();
			f.return(p.add(1));
		});
		f.if(
			opening,
			() => opening.set(I32.of(0)),
			() => {
				f.if(I32.load8U(p).ne(0x2c), () => faults.raise(f, 'syntax', p));
				p.set(p.add(1));
				nextToken(f, s, p, end);
			},
		);
		f.if(I32.load8U(p).ne(0x22), () => faults.raise(f, 'syntax', p));
		key.set(p);
		close.set(grammar.stringEnd.call(p.add(1), end) as I32);
		f.if(close.eqz(), () => f.return(I32.of(0)));
		content.set(key.add(1));
		length.set(close.sub(key).sub(1));
		f.if(grammar.escaped, () => {
			f.if(
				length.leU(s.environment.scratchSize),
				() => {
					length.set(grammar.decode.call(content, close, s.environment.scratch) as I32);
					content.set(s.environment.scratch);
				},
				() => length.set(I32.of(-1)),
			);
		});
		p.set(grammar.expectByte.call(close.add(1), end, I32.of(0x3a)) as I32);
		f.if(p.eqz(), () => f.return(I32.of(0)));
		f.block((read) => {
			for (const { child, walk } of keyed) {
				const bytes = encoder.encode((child.step as { key: string }).key);
				f.if(
					length.eq(bytes.length),
					() => {
						f.if(
							equalsBytes(content, bytes),
							() => {
								p.set(walk.call(p, end) as I32);
								read.branch();
							},
							undefined,
							{ name: child.name },
						);
					},
					undefined,
					{ name: `${child.name}: length` },
				);
			}
			p.set(grammar.skipValue.call(p, end, I32.of(depth + 1)) as I32);
		});
		f.if(p.eqz(), () => f.return(I32.of(0)));
		member.branch();
	});
	f.unreachable();
}

function emitWalkArray(f: FunctionBuilder, s: StrictValues, p: Local<I32>, end: I32, depth: number, place: Place, indexed: readonly Child[], closeChildren: () => void): void {
	const { grammar } = s;
	const { faults } = grammar;
	const index = f.local(I32, 0, 'index');
	const opening = f.local(I32, 1, 'openingArray');
	p.set(p.add(1));
	f.loop((element) => {
		nextToken(f, s, p, end);
		const closes = I32.load8U(p).eq(0x5d);
		f.if(closes, () => {
			place.length.set(f, index);
			closeChildren();
			f.return(p.add(1));
		});
		f.if(
			opening,
			() => opening.set(I32.of(0)),
			() => {
				f.if(I32.load8U(p).ne(0x2c), () => faults.raise(f, 'syntax', p));
				p.set(p.add(1));
				nextToken(f, s, p, end);
			},
		);
		f.block((read) => {
			for (const { child, walk } of indexed) {
				f.if(
					index.eq((child.step as { index: number }).index),
					() => {
						p.set(walk.call(p, end) as I32);
						read.branch();
					},
					undefined,
					{ name: child.name },
				);
			}
			p.set(grammar.skipValue.call(p, end, I32.of(depth + 1)) as I32);
		});
		f.if(p.eqz(), () => f.return(I32.of(0)));
		index.set(index.add(1));
		element.branch();
	});
	f.unreachable();
}
