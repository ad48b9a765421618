/**
 * Choosing the variant (docs/msgpack.md): a strict generic walk that records what stands at the discriminants' places,
 * then the ordered tests. Each container among the places gets a function that walks it.
 */
import { DEPTH_LIMIT, ERROR_CATEGORIES } from '../../../compiler/parser-abi.ts';
import { FORMAT } from '../../../kernels/messagepack-format.ts';
import type { Schema } from '../../../schema/model.ts';
import { type Func, type FunctionBuilder, I32, I64, type Local, type ModuleBuilder } from '../../../wasm/index.ts';
import { equalsBytes } from '../../rows/constants.ts';
import { createPlaces, emitAbsent, emitChoice, forgetPlaces, KNOWN, type Place, type PlaceValues } from '../../rows/places.ts';
import { KIND } from './grammar.ts';
import type { Values } from './values.ts';

const encoder = new TextEncoder();

/** `select(p, end)`: the variant's index, or -1 with a fault. Reads the message from its start. */
export function emitSelection(m: ModuleBuilder, s: Values, schema: Schema): Func<I32> {
	const { root, variants } = createPlaces(m, schema, s.byPosition);
	const walk = emitWalk(m, s, root, 0);
	const { faults } = s.grammar;
	const values: PlaceValues = {
		byPosition: s.byPosition,
		string: (place, _variant, use) => use(place.start, place.end.sub(place.start)),
		number: (place) => s.doubleOf.call(place.start, place.end),
	};
	return m.func('select', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		forgetPlaces(f, root);
		const after = f.local(I32, walk.call(p, end), 'after');
		const category = f.local(I32, faults.category, 'category');
		const at = f.local(I32, faults.at, 'at');
		emitChoice(f, variants, values);
		const fail = (code: I32, address: I32): void => {
			faults.category.set(f, code);
			faults.at.set(f, address);
			f.return(I32.of(-1));
		};
		f.if(after.eqz(), () => fail(category, at));
		f.if(after.ltU(end), () => fail(I32.of(ERROR_CATEGORIES.trailing), after));
		// Offset 0: the address of the message's first byte.
		fail(I32.of(ERROR_CATEGORIES['unknown-message']), p);
	});
}

interface Child {
	readonly child: Place;
	readonly walk: Func<I32>;
}

/**
 * `walk(p, end)`: reads one value strictly and records it at its place, once: a place that is known already belongs to a
 * duplicate key, whose value is only checked.
 */
function emitWalk(m: ModuleBuilder, s: Values, place: Place, depth: number): Func<I32> {
	const { grammar } = s;
	const { faults } = grammar;
	const children: Child[] = place.children.map((child) => ({ child, walk: emitWalk(m, s, child, depth + 1) }));
	const keyed = children.filter(({ child }) => child.step !== null && 'key' in child.step);
	const indexed = children.filter(({ child }) => child.step !== null && 'index' in child.step);
	return m.func(`walk ${place.name}`, { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const setAbsent = (which: readonly Child[], onlyUnknown: boolean): void => {
			for (const { child } of which) emitAbsent(f, child, onlyUnknown);
		};
		f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
		f.if(place.known.ne(KNOWN.no), () => f.return(grammar.skipValue.call(p, end, I32.of(depth))));
		const byte = f.local(I32, I32.load8U(p), 'byte');
		const kind = f.local(I32, grammar.kind(byte), 'kind');
		f.if(kind.ltU(KIND.array).or(kind.eq(KIND.unused)), () => {
			const after = f.local(I32, grammar.skipValue.call(p, end, I32.of(depth)), 'after');
			f.if(after.eqz(), () => f.return(I32.of(0)));
			setAbsent(children, false);
			place.start.set(f, p);
			place.end.set(f, after);
			const know = (which: number): void => place.known.set(f, I32.of(which));
			f.switch(
				kind,
				[
					() => know(KNOWN.null),
					() => place.known.set(f, I32.select(byte.eq(FORMAT.true), I32.of(KNOWN.true), I32.of(KNOWN.false))),
					() => know(KNOWN.number),
					() => know(KNOWN.number),
					() => {
						know(KNOWN.string);
						place.start.set(f, grammar.contentStart);
					},
					() => {
						know(KNOWN.string);
						place.start.set(f, grammar.contentStart);
					},
				],
				() => know(KNOWN.other),
			);
			f.return(after);
		});
		if (depth >= DEPTH_LIMIT) faults.raise(f, 'depth', p);
		p.set(grammar.head.call(p, end));
		f.if(p.eqz(), () => f.return(I32.of(0)));
		const left = f.local(I32, grammar.count, 'left');
		f.if(kind.eq(KIND.map), () => {
			place.known.set(f, I32.of(KNOWN.object));
			setAbsent(indexed, false);
			emitWalkMap(f, s, p, end, depth, left, keyed);
			setAbsent(keyed, true);
			f.return(p);
		});
		place.known.set(f, I32.of(KNOWN.array));
		setAbsent(keyed, false);
		const count = f.local(I32, left, 'count');
		emitWalkArray(f, s, p, end, depth, count, indexed);
		// A length that no test names is as good as one beyond them all.
		place.length.set(f, I32.select(count.ltS(0), I32.of(0x7fffffff), count));
		setAbsent(indexed, true);
		f.return(p);
	});
}

function emitWalkMap(f: FunctionBuilder, s: Values, p: Local<I32>, end: I32, depth: number, left: Local<I32>, keyed: readonly Child[]): void {
	const { grammar } = s;
	const failed = (): void => f.if(p.eqz(), () => f.return(I32.of(0)));
	const start = f.local(I32, undefined, 'keyStart');
	const length = f.local(I32, undefined, 'keyLength');
	f.block((closed) => {
		f.loop((member) => {
			closed.branchIf(left.eqz());
			left.set(left.sub(1));
			f.if(p.geU(end), () => grammar.faults.raise(f, 'truncated', end));
			const kind = f.local(I32, grammar.kind(I32.load8U(p)), 'keyKind');
			length.set(I32.of(-1));
			p.set(grammar.skipValue.call(p, end, I32.of(depth + 1)));
			failed();
			f.if(kind.eq(KIND.string).or(kind.eq(KIND.binary)), () => {
				start.set(grammar.contentStart);
				length.set(grammar.contentLength);
			});
			f.block((read) => {
				for (const { child, walk } of keyed) {
					const bytes = encoder.encode((child.step as { key: string }).key);
					f.if(length.eq(bytes.length), () => {
						f.if(equalsBytes(start, bytes), () => {
							p.set(walk.call(p, end));
							read.branch();
						});
					});
				}
				p.set(grammar.skipValue.call(p, end, I32.of(depth + 1)));
			});
			failed();
			member.branch();
		});
	});
}

function emitWalkArray(f: FunctionBuilder, s: Values, p: Local<I32>, end: I32, depth: number, count: I32, indexed: readonly Child[]): void {
	const { grammar } = s;
	const index = f.local(I64, 0n, 'index');
	f.block((closed) => {
		f.loop((element) => {
			closed.branchIf(index.eq(count.extendU()));
			f.block((read) => {
				for (const { child, walk } of indexed) {
					f.if(index.eq(BigInt((child.step as { index: number }).index)), () => {
						p.set(walk.call(p, end));
						read.branch();
					});
				}
				p.set(grammar.skipValue.call(p, end, I32.of(depth + 1)));
			});
			f.if(p.eqz(), () => f.return(I32.of(0)));
			index.set(index.add(1n));
			element.branch();
		});
	});
}
