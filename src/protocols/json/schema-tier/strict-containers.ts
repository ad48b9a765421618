/**
 * The strict path for objects, tuples and lists. An object's function can start at its bracket or after any of its
 * members, so that the fast path can hand over in the middle: `resume` says which, `seen` which fields it has read.
 */
import type { TableLayout } from '../../../compiler/batch-layout.ts';
import { byTimes } from '../../../compiler/branch-profile.ts';
import { DEPTH_LIMIT } from '../../../compiler/parser-abi.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type Local, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import { equalsBytes } from '../../rows/constants.ts';
import { columnOf, type ListPlan, type MessagePlan, type TuplePlan, type ValuePlan } from '../../rows/plan.ts';
import { heapOf, markValid, storeListEnd, storeNull } from '../../rows/store.ts';
import { stringStops, WORDS } from './grammar.ts';
import { emitStrictScalar, type StrictValues } from './strict-values.ts';

/** The strict functions of a value and of all below it. */
export interface Strict {
	/** `value(p, end, batch, row)`, `p` at the value's first byte (no white space). */
	readonly value: Func;
	/** Objects: `resume(p, end, batch, row, seen words…)`, `p` after a member's value. Tuples: `resume(p, end, batch, row, next index)`. */
	readonly resume: Func | null;
	/** i64 words of an object's `seen` mask. */
	readonly seenWords: number;
}

const encoder = new TextEncoder();
const SEEN_BITS = 64;

export function emitStrict(m: ModuleBuilder, s: StrictValues, plan: ValuePlan, table: TableLayout | null, all: Map<ValuePlan, Strict>): Strict {
	const strict = emit(m, s, plan, table, all);
	all.set(plan, strict);
	return strict;
}

function emit(m: ModuleBuilder, s: StrictValues, plan: ValuePlan, table: TableLayout | null, all: Map<ValuePlan, Strict>): Strict {
	switch (plan.kind) {
		case 'message':
			return emitObject(m, s, plan, table, all);
		case 'tuple':
			return emitTuple(m, s, plan, table, all);
		case 'list':
			return { value: emitList(m, s, plan, table, all), resume: null, seenWords: 0 };
		case 'skip':
		case 'absent':
			return {
				value: m.func(`value ${plan.path}`, { params: { p: I32, end: I32, batch: I32, row: I32 }, results: [I32] }, (f, { p, end }) => {
					f.return(s.grammar.skipValue.call(p, end, I32.of(plan.depth)) as I32);
				}),
				resume: null,
				seenWords: 0,
			};
		default:
			return { value: emitStrictScalar(m, s, plan, table), resume: null, seenWords: 0 };
	}
}

/** Emits: `null` where it is accepted gives a null column and returns. */
function acceptNull(f: FunctionBuilder, s: StrictValues, plan: MessagePlan | TuplePlan | ListPlan, p: I32, end: I32, batch: I32, row: I32): void {
	if (!plan.nullable) return;
	f.if(p.ltU(end).and(I32.load8U(p).eq(0x6e)), () => {
		const after = f.local(I32, s.grammar.word.call(p, end, WORDS.null, 0) as I32, 'afterNull');
		f.if(after.eqz(), () => f.return(I32.of(0)));
		if (plan.column !== null) storeNull(f, s.stores, plan.column, batch, row);
		f.return(after);
	});
}

/** Emits: `p` must be at the opening bracket; moves past it and white space to the first byte inside. */
function openContainer(f: FunctionBuilder, s: StrictValues, p: Local<I32>, end: I32, bracket: number, depth: number): void {
	const { grammar } = s;
	f.if(p.geU(end), () => grammar.faults.raise(f, 'truncated', end));
	f.if(I32.load8U(p).ne(bracket), () => f.return(grammar.wrongKind.call(p, end) as I32));
	if (depth >= DEPTH_LIMIT) grammar.faults.raise(f, 'depth', p);
	p.set(grammar.whitespace.call(p.add(1), end) as I32);
	f.if(p.geU(end), () => grammar.faults.raise(f, 'truncated', end));
}

/** Emits: to the next byte that is no white space. Most are not, which costs no call. */
export function nextToken(f: FunctionBuilder, s: StrictValues, p: Local<I32>, end: I32): void {
	f.if(p.ltU(end).and(I32.load8U(p).gtU(0x20)).eqz(), () => {
		p.set(s.grammar.whitespace.call(p, end) as I32);
		f.if(p.geU(end), () => s.grammar.faults.raise(f, 'truncated', end));
	});
}

function emitObject(m: ModuleBuilder, s: StrictValues, plan: MessagePlan, table: TableLayout | null, all: Map<ValuePlan, Strict>): Strict {
	const { grammar } = s;
	const { faults } = grammar;
	const fields = plan.fields.map(({ field, value }) => ({ field, plan: value, strict: emitStrict(m, s, value, table, all) }));
	const words = Math.max(1, Math.ceil(fields.length / SEEN_BITS));
	const matchName = `key ${plan.path}`;
	const matchKey = m.func(matchName, { params: { p: I32, length: I32 }, results: [I32] }, (f, { p, length }) => {
		const byLength = new Map<number, { key: string; bytes: Uint8Array; index: number }[]>();
		fields.forEach(({ field }, index) => {
			for (const key of field.keys) {
				const bytes = encoder.encode(key);
				const group = byLength.get(bytes.length) ?? [];
				group.push({ key, bytes, index });
				byLength.set(bytes.length, group);
			}
		});
		const often = ({ key }: { readonly key: string }): number => s.times(matchName, key);
		const groups = byTimes(
			[...byLength].map(([keyLength, group]) => ({
				keyLength,
				// At most one key is there, in any order; of keys that become the same bytes, the first one counts.
				group: new Set(group.map(({ bytes }) => bytes.join())).size === group.length ? byTimes(group, often) : group,
			})),
			({ group }) => group.reduce((sum, one) => sum + often(one), 0),
		);
		for (const { keyLength, group } of groups) {
			f.if(
				length.eq(keyLength),
				() => {
					for (const { key, bytes, index } of group) f.if(equalsBytes(p, bytes), () => f.return(I32.of(index)), undefined, { name: key });
				},
				undefined,
				{ name: `length ${keyLength}` },
			);
		}
		f.return(I32.of(-1));
	});
	const keepUnknown = plan.type.unknownKeys === 'keep' && plan.unknownKeys !== null && table !== null;
	const collect = keepUnknown ? emitCollectUnknown(m, s, matchKey, plan.depth + 1) : null;

	const seenParams = Object.fromEntries(Array.from({ length: words }, (_, word) => [`seen${word}`, I64]));
	const params = { p: I32, end: I32, batch: I32, row: I32, opening: I32, ...seenParams } as { p: typeof I32; end: typeof I32; batch: typeof I32; row: typeof I32; opening: typeof I32 } & Record<string, typeof I64>;
	// `opening` 1: p is at the first byte inside the bracket; 0: after a member's value.
	const members = m.func(`members ${plan.path}`, { params, results: [I32] }, (f, locals) => {
		const p = locals.p as Local<I32>;
		const { end, batch, row, opening } = locals as unknown as Record<string, Local<I32>> as { end: Local<I32>; batch: Local<I32>; row: Local<I32>; opening: Local<I32> };
		const seen = Array.from({ length: words }, (_, word) => (locals as unknown as Record<string, Local<I64>>)[`seen${word}`] as Local<I64>);
		const seenBit = (index: number): I64 => (seen[Math.floor(index / SEEN_BITS)] as Local<I64>).and(1n << BigInt(index % SEEN_BITS));
		const inside = f.local(I32, p, 'inside');
		const key = f.local(I32, undefined, 'key');
		const close = f.local(I32, undefined, 'close');
		const content = f.local(I32, undefined, 'content');
		const length = f.local(I32, undefined, 'length');
		const index = f.local(I32, undefined, 'index');
		const unknown = f.local(I32, 0, 'unknown');
		f.block((closed) => {
			f.loop((member) => {
				nextToken(f, s, p, end);
				f.if(
					opening,
					() => {
						opening.set(I32.of(0));
						closed.branchIf(I32.load8U(p).eq(0x7d));
					},
					() => {
						closed.branchIf(I32.load8U(p).eq(0x7d));
						f.if(I32.load8U(p).ne(0x2c), () => faults.raise(f, 'syntax', p));
						p.set(p.add(1));
						nextToken(f, s, p, end);
					},
				);
				f.if(I32.load8U(p).ne(0x22), () => faults.raise(f, 'syntax', p));
				key.set(p);
				content.set(key.add(1));
				// A plain key of up to 15 bytes inside the message needs no call.
				const stops = f.local(I32, stringStops(V128.load(content)), 'stops');
				const plain = f.local(I32, 0, 'plain');
				close.set(content.add(stops.ctz()));
				f.if(stops.ne(0).and(close.ltU(end)).and(I32.load8U(close).eq(0x22)), () => plain.set(I32.of(1)));
				f.if(plain.eqz(), () => {
					close.set(grammar.stringEnd.call(content, end) as I32);
					f.if(close.eqz(), () => f.return(I32.of(0)));
					plain.set(grammar.escaped.eqz());
				});
				length.set(close.sub(content));
				index.set(I32.of(-1));
				f.if(
					plain,
					() => index.set(matchKey.call(content, length) as I32),
					() =>
						f.if(length.leU(s.environment.scratchSize), () => {
							length.set(grammar.decode.call(content, close, s.environment.scratch) as I32);
							index.set(matchKey.call(s.environment.scratch, length) as I32);
						}),
				);
				const colon = (): void => {
					p.set(close.add(2));
					f.if(p.ltU(end).and(I32.load8U(close, 1).eq(0x3a)).and(I32.load8U(p).gtU(0x20)).eqz(), () => {
						p.set(grammar.expectByte.call(close.add(1), end, I32.of(0x3a)) as I32);
						f.if(p.eqz(), () => f.return(I32.of(0)));
						p.set(grammar.whitespace.call(p, end) as I32);
					});
				};
				f.if(index.ltS(0), () => {
					if (plan.type.unknownKeys === 'reject') faults.raise(f, 'unknown-key', key);
					else {
						colon();
						p.set(grammar.skipValue.call(p, end, I32.of(plan.depth + 1)) as I32);
						f.if(p.eqz(), () => f.return(I32.of(0)));
						unknown.set(I32.of(1));
						member.branch();
					}
				});
				f.switch(
					index,
					fields.map((field, at) => () => {
						if (field.plan.kind === 'absent') {
							faults.raise(f, 'unknown-key', key);
							return;
						}
						f.if(seenBit(at).ne(0n), () => faults.raise(f, 'duplicate-key', key));
						const word = seen[Math.floor(at / SEEN_BITS)] as Local<I64>;
						word.set(word.or(1n << BigInt(at % SEEN_BITS)));
						colon();
						p.set(field.strict.value.call(p, end, batch, row) as I32);
					}),
					() => f.unreachable(),
					{ name: 'field', cases: fields.map(({ field }) => field.name) },
				);
				f.if(p.eqz(), () => f.return(I32.of(0)));
				member.branch();
			});
		});
		fields.forEach(({ field, plan: value }, at) => {
			if (value.kind === 'absent' || field.optional) return;
			f.if(seenBit(at).eqz(), () => faults.raise(f, 'missing-field', p));
		});
		fields.forEach(({ field, plan: value }, at) => {
			const column = columnOf(value);
			if (!field.optional || column === null) return;
			f.if(seenBit(at).eqz(), () => storeNull(f, s.stores, column, batch, row));
		});
		if (plan.column !== null) markValid(f, s.stores, plan.column, batch, row);
		if (collect !== null && plan.unknownKeys !== null && table !== null) {
			const column = plan.unknownKeys;
			f.if(
				unknown,
				() => {
					const view = batch.add(row.shl(4)).add(column.values);
					f.if((collect.call(inside, end, heapOf(batch, table), I32.of(table.textCapacity), view) as I32).eqz(), () => f.return(I32.of(0)));
					markValid(f, s.stores, column, batch, row);
				},
				() => storeNull(f, s.stores, column, batch, row),
			);
		}
		f.return(p.add(1));
	});
	const zeros = Array.from({ length: words }, () => I64.of(0n));
	const value = m.func(`value ${plan.path}`, { params: { p: I32, end: I32, batch: I32, row: I32 }, results: [I32] }, (f, { p, end, batch, row }) => {
		acceptNull(f, s, plan, p, end, batch, row);
		openContainer(f, s, p, end, 0x7b, plan.depth);
		f.return(members.call(p, end, batch, row, I32.of(1), ...zeros) as I32);
	});
	return { value, resume: members, seenWords: words };
}

/**
 * The raw text of the members that the schema does not name, as a text column: a second walk over an object that has
 * been checked, once to measure and once to copy.
 */
function emitCollectUnknown(m: ModuleBuilder, s: StrictValues, matchKey: Func, depth: number): Func {
	const { grammar, stores } = s;
	return m.func('collectUnknown', { params: { inside: I32, end: I32, heap: I32, capacity: I32, view: I32 }, results: [I32] }, (f, { inside, end, heap, capacity, view }) => {
		const p = f.local(I32, undefined, 'p');
		const key = f.local(I32, undefined, 'key');
		const close = f.local(I32, undefined, 'close');
		const index = f.local(I32, undefined, 'index');
		const length = f.local(I32, undefined, 'length');
		const to = f.local(I32, 0, 'to');
		f.loop((pass) => {
			p.set(inside);
			length.set(I32.of(0));
			f.block((closed) => {
				f.loop((member) => {
					p.set(grammar.whitespace.call(p, end) as I32);
					closed.branchIf(I32.load8U(p).eq(0x7d));
					f.if(I32.load8U(p).eq(0x2c), () => p.set(grammar.whitespace.call(p.add(1), end) as I32));
					key.set(p);
					close.set(grammar.stringEnd.call(p.add(1), end) as I32);
					index.set(I32.of(-1));
					f.if(
						grammar.escaped.eqz(),
						() => index.set(matchKey.call(key.add(1), close.sub(key).sub(1)) as I32),
						() =>
							f.if(close.sub(key).sub(1).leU(s.environment.scratchSize), () => {
								const decoded = f.local(I32, grammar.decode.call(key.add(1), close, s.environment.scratch) as I32, 'decoded');
								index.set(matchKey.call(s.environment.scratch, decoded) as I32);
							}),
					);
					p.set(grammar.expectByte.call(close.add(1), end, I32.of(0x3a)) as I32);
					p.set(grammar.skipValue.call(p, end, I32.of(depth)) as I32);
					member.branchIf(index.geS(0));
					// One byte before each member: the bracket or a comma.
					f.if(to, () => {
						f.store8(to.add(length), I32.select(length.eqz(), I32.of(0x7b), I32.of(0x2c)));
						f.memoryCopy(to.add(length).add(1), key, p.sub(key));
					});
					length.set(length.add(1).add(p.sub(key)));
					member.branch();
				});
			});
			f.if(to, () => f.store8(to.add(length), I32.of(0x7d)));
			length.set(length.add(1));
			f.if(to, () => {
				f.if(length.gtU(12), () => f.store(view, I32.load(to), 4));
				f.return(I32.of(1));
			});
			f.store(view, V128.i32x4(0, 0, 0, 0));
			f.store(view, length);
			f.if(
				length.leU(12),
				() => to.set(view.add(4)),
				() => {
					f.if(length.gtU(capacity.sub(stores.pending.text)), () => grammar.faults.raise(f, 'full', inside));
					to.set(heap.add(stores.pending.text));
					f.store(view, stores.pending.text, 12);
					stores.pending.text.set(f, stores.pending.text.add(length));
				},
			);
			pass.branch();
		});
		f.unreachable();
	});
}

function emitTuple(m: ModuleBuilder, s: StrictValues, plan: TuplePlan, table: TableLayout | null, all: Map<ValuePlan, Strict>): Strict {
	const { grammar } = s;
	const { faults } = grammar;
	const fields = plan.fields.map(({ field, value }) => ({ field, plan: value, strict: emitStrict(m, s, value, table, all) }));
	// `opening` 1: p is at the first byte inside; 0: after element `next - 1`.
	const elements = m.func(`elements ${plan.path}`, { params: { p: I32, end: I32, batch: I32, row: I32, opening: I32, next: I32 }, results: [I32] }, (f, { p, end, batch, row, opening, next }) => {
		f.block((closed) => {
			f.loop((element) => {
				nextToken(f, s, p, end);
				f.if(
					opening,
					() => {
						opening.set(I32.of(0));
						closed.branchIf(I32.load8U(p).eq(0x5d));
					},
					() => {
						closed.branchIf(I32.load8U(p).eq(0x5d));
						f.if(I32.load8U(p).ne(0x2c), () => faults.raise(f, 'syntax', p));
						p.set(p.add(1));
						nextToken(f, s, p, end);
					},
				);
				f.switch(
					next,
					fields.map((field) => () => p.set(field.strict.value.call(p, end, batch, row) as I32)),
					() => {
						if (plan.type.surplus === 'reject') {
							// Something that cannot start a value is no element.
							const byte = f.local(I32, I32.load8U(p), 'byte');
							const starts = byte.eq(0x22).or(byte.eq(0x2d)).or(byte.sub(0x30).leU(9)).or(byte.eq(0x74)).or(byte.eq(0x66)).or(byte.eq(0x6e)).or(byte.eq(0x7b)).or(byte.eq(0x5b));
							f.if(starts, () => faults.raise(f, 'tuple-length', p));
							faults.raise(f, 'syntax', p);
						} else p.set(grammar.skipValue.call(p, end, I32.of(plan.depth + 1)) as I32);
					},
				);
				f.if(p.eqz(), () => f.return(I32.of(0)));
				next.set(next.add(1));
				element.branch();
			});
		});
		const required = fields.reduce((last, { field }, at) => (field.optional ? last : at + 1), 0);
		if (required > 0) f.if(next.ltU(required), () => faults.raise(f, 'missing-field', p));
		fields.forEach(({ field, plan: value }, at) => {
			const column = columnOf(value);
			if (!field.optional || column === null) return;
			f.if(next.leU(at), () => storeNull(f, s.stores, column, batch, row));
		});
		if (plan.column !== null) markValid(f, s.stores, plan.column, batch, row);
		f.return(p.add(1));
	});
	const value = m.func(`value ${plan.path}`, { params: { p: I32, end: I32, batch: I32, row: I32 }, results: [I32] }, (f, { p, end, batch, row }) => {
		acceptNull(f, s, plan, p, end, batch, row);
		openContainer(f, s, p, end, 0x5b, plan.depth);
		f.return(elements.call(p, end, batch, row, I32.of(1), I32.of(0)) as I32);
	});
	return { value, resume: elements, seenWords: 0 };
}

function emitList(m: ModuleBuilder, s: StrictValues, plan: ListPlan, table: TableLayout | null, all: Map<ValuePlan, Strict>): Func {
	const { grammar, stores } = s;
	const { faults } = grammar;
	const item = emitStrict(m, s, plan.item, table, all);
	const column = plan.column;
	return m.func(`value ${plan.path}`, { params: { p: I32, end: I32, batch: I32, row: I32 }, results: [I32] }, (f, { p, end, batch, row }) => {
		acceptNull(f, s, plan, p, end, batch, row);
		openContainer(f, s, p, end, 0x5b, plan.depth);
		const pending = column === null ? null : (stores.pending.items[column.itemSpace] as Global<I32>);
		const capacity = column === null || table === null ? 0 : (table.spaces[column.itemSpace]?.capacity ?? 0);
		const start = f.local(I32, pending ?? I32.of(0), 'start');
		const opening = f.local(I32, 1, 'opening');
		const at = f.local(I32, undefined, 'at');
		f.block((closed) => {
			f.loop((element) => {
				nextToken(f, s, p, end);
				f.if(
					opening,
					() => {
						opening.set(I32.of(0));
						closed.branchIf(I32.load8U(p).eq(0x5d));
					},
					() => {
						closed.branchIf(I32.load8U(p).eq(0x5d));
						f.if(I32.load8U(p).ne(0x2c), () => faults.raise(f, 'syntax', p));
						p.set(p.add(1));
						nextToken(f, s, p, end);
					},
				);
				if (pending !== null) {
					at.set(pending);
					f.if(at.geU(capacity), () => faults.raise(f, 'full', p));
				}
				p.set(item.value.call(p, end, batch, at) as I32);
				f.if(p.eqz(), () => f.return(I32.of(0)));
				// Items of nested lists are in other spaces: this counter is only raised here.
				if (pending !== null) pending.set(f, at.add(1));
				element.branch();
			});
		});
		if (column !== null && pending !== null) {
			storeListEnd(f, column.values, batch, row, start, pending);
			markValid(f, stores, column, batch, row);
		}
		f.return(p.add(1));
	});
}
