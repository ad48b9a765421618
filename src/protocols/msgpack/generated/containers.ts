/** The strict path for objects, tuples and lists: members in any order, or fields by their positions. */
import type { TableLayout } from '../../../compiler/batch-layout.ts';
import { DEPTH_LIMIT } from '../../../compiler/parser-abi.ts';
import { FORMAT } from '../../../kernels/messagepack-format.ts';
import { positionsOf } from '../../../schema/discriminants.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type Local, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import { equalsBytes } from '../../rows/constants.ts';
import { columnOf, type FieldPlan, type ListPlan, type MessagePlan, type TuplePlan, type ValuePlan } from '../../rows/plan.ts';
import { heapOf, markValid, storeListEnd, storeNull } from '../../rows/store.ts';
import { KIND } from './grammar.ts';
import { emitScalarFunction, type Values } from './values.ts';

/** `value(p, end, batch, row) -> after | 0` of each value. */
export type StrictFunctions = Map<ValuePlan, Func<I32>>;

const encoder = new TextEncoder();
const SEEN_BITS = 64;
const VALUE = { params: { p: I32, end: I32, batch: I32, row: I32 }, results: [I32] } as const;

export function emitStrict(m: ModuleBuilder, s: Values, plan: ValuePlan, table: TableLayout | null, all: StrictFunctions): Func<I32> {
	const made = emit(m, s, plan, table, all);
	all.set(plan, made);
	return made;
}

function emit(m: ModuleBuilder, s: Values, plan: ValuePlan, table: TableLayout | null, all: StrictFunctions): Func<I32> {
	switch (plan.kind) {
		case 'message':
			return emitObject(m, s, plan, table, all);
		case 'tuple':
			return emitTuple(m, s, plan, table, all);
		case 'list':
			return emitList(m, s, plan, table, all);
		case 'skip':
		case 'absent':
			return m.func(`value ${plan.path}`, VALUE, (f, { p, end }) => f.return(s.grammar.skipValue.call(p, end, I32.of(plan.depth))));
		default:
			return emitScalarFunction(m, s, plan, table);
	}
}

/** Emits: nil where it is accepted gives a null column and returns. */
function acceptNil(f: FunctionBuilder, s: Values, plan: MessagePlan | TuplePlan | ListPlan, p: I32, end: I32, batch: I32, row: I32): void {
	if (!plan.nullable) return;
	f.if(p.ltU(end).and(I32.load8U(p).eq(FORMAT.nil)), () => {
		if (plan.column !== null) storeNull(f, s.stores, plan.column, batch, row);
		f.return(p.add(1));
	});
}

/** Emits: the head of a container of one of the kinds; `p` moves past it, and the count is returned. */
function openContainer(f: FunctionBuilder, s: Values, p: Local<I32>, end: I32, kind: I32, kinds: readonly number[], depth: number): Local<I32> {
	const { grammar } = s;
	const wrong = kinds.map((one) => kind.ne(one)).reduce((all, one) => all.and(one));
	f.if(wrong, () => f.return(grammar.wrongKind.call(p, end)));
	if (depth >= DEPTH_LIMIT) grammar.faults.raise(f, 'depth', p);
	p.set(grammar.head.call(p, end));
	f.if(p.eqz(), () => f.return(I32.of(0)));
	return f.local(I32, grammar.count, 'left');
}

function kindAt(f: FunctionBuilder, s: Values, p: I32, end: I32): Local<I32> {
	f.if(p.geU(end), () => s.grammar.faults.raise(f, 'truncated', end));
	return f.local(I32, s.grammar.kind(I32.load8U(p)), 'kind');
}

function emitObject(m: ModuleBuilder, s: Values, plan: MessagePlan, table: TableLayout | null, all: StrictFunctions): Func<I32> {
	const { grammar } = s;
	const { faults } = grammar;
	const fields = plan.fields.map((field) => ({ ...field, strict: emitStrict(m, s, field.value, table, all) }));
	const words = Math.max(1, Math.ceil(fields.length / SEEN_BITS));
	const matchKey = m.func(`key ${plan.path}`, { params: { p: I32, length: I32 }, results: [I32] }, (f, { p, length }) => {
		const byLength = new Map<number, { bytes: Uint8Array; index: number }[]>();
		fields.forEach(({ field }, index) => {
			for (const key of field.keys) {
				const bytes = encoder.encode(key);
				byLength.set(bytes.length, [...(byLength.get(bytes.length) ?? []), { bytes, index }]);
			}
		});
		for (const [keyLength, group] of byLength) {
			f.if(length.eq(keyLength), () => {
				for (const { bytes, index } of group) f.if(equalsBytes(p, bytes), () => f.return(I32.of(index)));
			});
		}
		f.return(I32.of(-1));
	});
	const collect = plan.unknownKeys === null ? null : emitCollectUnknown(m, s, plan.path, matchKey, plan.depth + 1);
	const positions = positionsOf(plan.type);
	const elements = s.byPosition
		? emitElements(
				m,
				s,
				plan.path,
				fields.filter((_, index) => (positions[index] as number) >= 0),
				plan.type.unknownKeys === 'reject',
				plan.depth,
			)
		: null;
	return m.func(`value ${plan.path}`, VALUE, (f, { p, end, batch, row }) => {
		acceptNil(f, s, plan, p, end, batch, row);
		const container = kindAt(f, s, p, end);
		const left = openContainer(f, s, p, end, container, elements === null ? [KIND.map] : [KIND.map, KIND.array], plan.depth);
		if (elements !== null) {
			f.if(container.eq(KIND.array), () => {
				p.set(elements.call(p, end, batch, row, left));
				if (plan.column !== null) {
					const { column } = plan;
					f.if(p, () => markValid(f, s.stores, column, batch, row));
				}
				// Elements beyond the fields have no keys.
				if (plan.unknownKeys !== null) storeNull(f, s.stores, plan.unknownKeys, batch, row);
				f.return(p);
			});
		}
		const inside = f.local(I32, p, 'inside');
		const members = f.local(I32, left, 'members');
		const unknown = f.local(I32, 0, 'unknown');
		const key = f.local(I32, undefined, 'key');
		const index = f.local(I32, undefined, 'index');
		const seen = Array.from({ length: words }, (_, word) => f.local(I64, 0n, `seen${word}`));
		const seenBit = (at: number): I64 => (seen[Math.floor(at / SEEN_BITS)] as Local<I64>).and(BigInt.asIntN(64, 1n << BigInt(at % SEEN_BITS)));
		f.block((closed) => {
			f.loop((member) => {
				closed.branchIf(left.eqz());
				left.set(left.sub(1));
				key.set(p);
				index.set(I32.of(-1));
				const kind = kindAt(f, s, p, end);
				f.if(
					kind.eq(KIND.string).or(kind.eq(KIND.binary)),
					() => {
						p.set(grammar.content.call(p, end));
						f.if(p.eqz(), () => f.return(I32.of(0)));
						index.set(matchKey.call(grammar.contentStart, grammar.contentLength));
					},
					() => {
						p.set(grammar.skipValue.call(p, end, I32.of(plan.depth + 1)));
						f.if(p.eqz(), () => f.return(I32.of(0)));
					},
				);
				f.switch(
					index,
					fields.map(({ value, strict }, at) => () => {
						if (value.kind === 'absent') {
							faults.raise(f, 'unknown-key', key);
							return;
						}
						f.if(seenBit(at).ne(0n), () => faults.raise(f, 'duplicate-key', key));
						const word = seen[Math.floor(at / SEEN_BITS)] as Local<I64>;
						word.set(word.or(BigInt.asIntN(64, 1n << BigInt(at % SEEN_BITS))));
						p.set(strict.call(p, end, batch, row));
					}),
					() => {
						if (plan.type.unknownKeys === 'reject') faults.raise(f, 'unknown-key', key);
						else {
							p.set(grammar.skipValue.call(p, end, I32.of(plan.depth + 1)));
							if (collect !== null) unknown.set(unknown.add(1));
						}
					},
				);
				f.if(p.eqz(), () => f.return(I32.of(0)));
				member.branch();
			});
		});
		fields.forEach(({ field, value }, at) => {
			if (value.kind !== 'absent' && !field.optional) f.if(seenBit(at).eqz(), () => faults.raise(f, 'missing-field', p));
		});
		fields.forEach(({ field, value }, at) => {
			const column = columnOf(value);
			if (field.optional && column !== null) f.if(seenBit(at).eqz(), () => storeNull(f, s.stores, column, batch, row));
		});
		if (plan.column !== null) markValid(f, s.stores, plan.column, batch, row);
		if (collect !== null && plan.unknownKeys !== null && table !== null) {
			const column = plan.unknownKeys;
			f.if(
				unknown,
				() => {
					f.if(collect.call(inside, end, members, unknown, heapOf(batch, table), I32.of(table.textCapacity), batch.add(row.shl(4)).add(column.values)).eqz(), () => f.return(I32.of(0)));
					markValid(f, s.stores, column, batch, row);
				},
				() => storeNull(f, s.stores, column, batch, row),
			);
		}
		f.return(p);
	});
}

/**
 * `collect(inside, end, members, unknown, heap, capacity, view) -> 1 | 0` with `full`: a map of the members that the
 * schema does not name, as they stand in the message. A second walk over a map that has been checked, once to measure
 * and once to copy.
 */
function emitCollectUnknown(m: ModuleBuilder, s: Values, path: string, matchKey: Func<I32>, depth: number): Func<I32> {
	const { grammar, stores } = s;
	const { text } = stores.pending;
	return m.func(`collect ${path}`, { params: { inside: I32, end: I32, members: I32, unknown: I32, heap: I32, capacity: I32, view: I32 }, results: [I32] }, (f, { inside, end, members, unknown, heap, capacity, view }) => {
		const p = f.local(I32, undefined, 'p');
		const key = f.local(I32, undefined, 'key');
		const left = f.local(I32, undefined, 'left');
		const index = f.local(I32, undefined, 'index');
		const length = f.local(I32, undefined, 'length');
		const to = f.local(I32, 0, 'to');
		const headBytes = f.local(I32, I32.select(unknown.ltU(16), I32.of(1), I32.select(unknown.ltU(65536), I32.of(3), I32.of(5))), 'headBytes');
		f.loop((pass) => {
			p.set(inside);
			left.set(members);
			length.set(headBytes);
			f.block((closed) => {
				f.loop((member) => {
					closed.branchIf(left.eqz());
					left.set(left.sub(1));
					key.set(p);
					index.set(I32.of(-1));
					const kind = f.local(I32, grammar.kind(I32.load8U(p)), 'kind');
					f.if(
						kind.eq(KIND.string).or(kind.eq(KIND.binary)),
						() => {
							p.set(grammar.content.call(p, end));
							index.set(matchKey.call(grammar.contentStart, grammar.contentLength));
						},
						() => p.set(grammar.skipValue.call(p, end, I32.of(depth))),
					);
					p.set(grammar.skipValue.call(p, end, I32.of(depth)));
					member.branchIf(index.geS(0));
					f.if(to, () => f.memoryCopy(to.add(length), key, p.sub(key)));
					length.set(length.add(p.sub(key)));
					member.branch();
				});
			});
			f.if(to, () => {
				f.switch(
					headBytes.shrU(1),
					[
						() => f.store8(to, unknown.or(FORMAT.fixmap)),
						() => {
							f.store8(to, I32.of(FORMAT.map16));
							f.store8(to, unknown.shrU(8), 1);
							f.store8(to, unknown, 2);
						},
					],
					() => {
						f.store8(to, I32.of(FORMAT.map32));
						for (let byte = 0; byte < 4; byte++) f.store8(to, unknown.shrU(24 - byte * 8), 1 + byte);
					},
				);
				f.if(length.gtU(12), () => f.store(view, I32.load(to), 4));
				f.return(I32.of(1));
			});
			f.store(view, V128.i32x4(0, 0, 0, 0));
			f.store(view, length);
			f.if(
				length.leU(12),
				() => to.set(view.add(4)),
				() => {
					f.if(length.gtU(capacity.sub(text)), () => grammar.faults.raise(f, 'full', inside));
					to.set(heap.add(text));
					f.store(view, text, 12);
					text.set(f, text.add(length));
				},
			);
			pass.branch();
		});
		f.unreachable();
	});
}

/** `elements(p, end, batch, row, count) -> after | 0`: fields by their positions, `p` behind the array's head. */
function emitElements(m: ModuleBuilder, s: Values, path: string, fields: readonly (FieldPlan & { readonly strict: Func<I32> })[], reject: boolean, depth: number): Func<I32> {
	const { grammar } = s;
	const { faults } = grammar;
	return m.func(`elements ${path}`, { params: { p: I32, end: I32, batch: I32, row: I32, count: I32 }, results: [I32] }, (f, { p, end, batch, row, count }) => {
		const next = f.local(I32, 0, 'next');
		f.block((closed) => {
			f.loop((element) => {
				closed.branchIf(next.eq(count));
				f.switch(
					next,
					fields.map(
						({ strict }) =>
							() =>
								p.set(strict.call(p, end, batch, row)),
					),
					() => {
						if (!reject) {
							p.set(grammar.skipValue.call(p, end, I32.of(depth + 1)));
							return;
						}
						// Something that cannot start a value is no element.
						f.if(kindAt(f, s, p, end).eq(KIND.unused), () => faults.raise(f, 'syntax', p));
						faults.raise(f, 'tuple-length', p);
					},
				);
				f.if(p.eqz(), () => f.return(I32.of(0)));
				next.set(next.add(1));
				element.branch();
			});
		});
		const required = fields.reduce((last, { field }, at) => (field.optional ? last : at + 1), 0);
		if (required > 0) f.if(next.ltU(required), () => faults.raise(f, 'missing-field', p));
		fields.forEach(({ field, value }, at) => {
			const column = columnOf(value);
			if (field.optional && column !== null) f.if(next.leU(at), () => storeNull(f, s.stores, column, batch, row));
		});
		f.return(p);
	});
}

function emitTuple(m: ModuleBuilder, s: Values, plan: TuplePlan, table: TableLayout | null, all: StrictFunctions): Func<I32> {
	const fields = plan.fields.map((field) => ({ ...field, strict: emitStrict(m, s, field.value, table, all) }));
	const elements = emitElements(m, s, plan.path, fields, plan.type.surplus === 'reject', plan.depth);
	return m.func(`value ${plan.path}`, VALUE, (f, { p, end, batch, row }) => {
		acceptNil(f, s, plan, p, end, batch, row);
		const left = openContainer(f, s, p, end, kindAt(f, s, p, end), [KIND.array], plan.depth);
		p.set(elements.call(p, end, batch, row, left));
		if (plan.column !== null) {
			const { column } = plan;
			f.if(p, () => markValid(f, s.stores, column, batch, row));
		}
		f.return(p);
	});
}

function emitList(m: ModuleBuilder, s: Values, plan: ListPlan, table: TableLayout | null, all: StrictFunctions): Func<I32> {
	const { grammar, stores } = s;
	const { faults } = grammar;
	const item = emitStrict(m, s, plan.item, table, all);
	const { column } = plan;
	return m.func(`value ${plan.path}`, VALUE, (f, { p, end, batch, row }) => {
		acceptNil(f, s, plan, p, end, batch, row);
		const left = openContainer(f, s, p, end, kindAt(f, s, p, end), [KIND.array], plan.depth);
		const pending = column === null ? null : (stores.pending.items[column.itemSpace] as Global<I32>);
		const capacity = column === null || table === null ? 0 : (table.spaces[column.itemSpace]?.capacity ?? 0);
		const start = f.local(I32, pending ?? I32.of(0), 'start');
		const at = f.local(I32, undefined, 'at');
		f.block((closed) => {
			f.loop((element) => {
				closed.branchIf(left.eqz());
				left.set(left.sub(1));
				f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
				if (pending !== null) {
					at.set(pending);
					f.if(at.geU(capacity), () => faults.raise(f, 'full', p));
				}
				p.set(item.call(p, end, batch, at));
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
		f.return(p);
	});
}
