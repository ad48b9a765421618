/**
 * The generated tier: a WebAssembly module from a format and its layout. One loop over the descriptors; the header's type
 * selects a message's code by a jump table. Messages of fixed size are straight-line code in the loop itself, others a
 * function each. Before that loop, messages of fixed size are sorted by type where there are enough (sorted.ts).
 */
import type { SchemaLayout, TableLayout } from '../../../compiler/batch-layout.ts';
import { followBranchProfile } from '../../../compiler/branch-profile.ts';
import { CONTEXT, DESCRIPTOR, STOP } from '../../../compiler/parser-abi.ts';
import type { GenerateOptions } from '../../../compiler/protocol.ts';
import { createConstantPool } from '../../../kernels/constant-pool.ts';
import { createModule, type Func, type FunctionBuilder, I32, I64, type Local, V128 } from '../../../wasm/index.ts';
import { createNumbering, emitRefusal } from '../../rows/batch-state.ts';
import { FULL } from '../../rows/faults.ts';
import { createRememberedNames, nameMasks, rememberedBytes } from '../../rows/remembered-names.ts';
import { type Body, type MessagePlan, planMessages } from '../plan.ts';
import type { Place, WireFormat } from '../wire.ts';
import { emitBody, emitRunAt } from './bodies.ts';
import { createFoundation, type Environment, noteFault } from './environment.ts';
import { loadInteger, maskKey, widen, windowsOf } from './integers.ts';
import { emitNames, rememberedKinds } from './names.ts';
import { createRows, createScope, type Scope } from './scope.ts';
import { emitSorting, LEAST_SORTED, sortable, sortingBytes } from './sorted.ts';
import { carriedIn, emitStreak } from './streaks.ts';

/** A jump table with more entries than this is too large; types are compared one by one instead. */
const MOST_CASES = 4096;
/** With more tables than this, accepted messages are counted one by one rather than at the end of a call. */
const MOST_COUNTED_AT_END = 32;

export function generateParser(format: WireFormat, layout: SchemaLayout, options: GenerateOptions = {}): Uint8Array<ArrayBuffer> {
	const answers = options.branchProfile === undefined ? null : followBranchProfile(options.branchProfile, layout.schema);
	const m = createModule(`${format.name} v${format.version}`, {
		countBranches: options.countBranches ?? false,
		...(answers === null ? {} : { likely: answers.likely }),
	});
	m.importMemory('env', 'memory', options.shared === true ? { min: 1, max: Math.ceil((options.ceiling ?? 2 ** 32) / 65536), shared: true } : { min: 1 });
	const plans = planMessages(format, layout);
	const sorted = sortable(format, plans, isInline);
	const sortingSpace = sortingBytes(sorted.length);
	const kinds = rememberedKinds(plans);
	const pool = createConstantPool(m, sortingSpace + rememberedBytes(kinds));
	const remembered = createRememberedNames(kinds, sortingSpace, pool.add(nameMasks()));
	const foundation = createFoundation(m, pool, createNumbering(m, layout), options.relaxedSimd ?? false);
	const e: Environment = { ...foundation, names: emitNames(foundation, remembered, kinds) };
	const isCleared = m.global(I32, 0, { name: 'isCleared', mutable: true });
	const { header } = format;
	const countAtEnd = layout.tables.length <= MOST_COUNTED_AT_END;
	const functions = plans.map((plan) => (isInline(plan) ? null : emitMessageFunction(e, format, plan)));
	const streaks = plans.map((plan) => (plan.table === null || sorted.includes(plan) ? null : emitStreak(e, format, plan, plan.table)));
	const sorting = sorted.length === 0 ? null : emitSorting(e, format, plans, sorted, 0);

	m.func('parse', { params: { descriptors: I32, count: I32, context: I32 }, results: [I32], export: 'parse' }, (f, { descriptors, count, context }) => {
		e.symbolTables.set(f, I32.load(context, CONTEXT.symbolTables));
		e.numbering.begin(f, descriptors, context);
		f.if(isCleared.eqz(), () => {
			remembered.clear(f, pool.base);
			isCleared.set(f, I32.of(1));
		});
		const masks = new Map<string, Local<V128>>();
		for (const plan of plans.filter(isInline)) {
			for (const { mask } of windowsOf(plan.body.segments[0])) {
				if (!masks.has(maskKey(mask))) masks.set(maskKey(mask), f.local(V128, V128.load(pool.base, pool.add(mask)), 'mask'));
			}
		}
		const base = f.local(I32, pool.base, 'base');
		const sequence = f.local(I64, I64.load(context, CONTEXT.nextSequence), 'sequence');
		const done = f.local(I32, 0, 'done');
		const descriptor = f.local(I32, descriptors, 'descriptor');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		const variant = f.local(I32, undefined, 'variant');
		/** Messages that are read one by one before sorting is tried again. */
		const oneByOne = f.local(I32, 0, 'oneByOne');
		const taken = f.local(I32, undefined, 'taken');
		const entryOf = (index: number): number => CONTEXT.variants + index * CONTEXT.variantSize;
		const before = plans.map((plan) => (countAtEnd && plan.table !== null ? f.local(I32, I32.load(I32.load(context, entryOf(plan.index) + CONTEXT.variantBatch)), 'before') : null));
		f.store(context, I32.of(STOP.done), CONTEXT.stop);
		f.block((stopped) => {
			f.loop((next) => {
				stopped.branchIf(done.geU(count));
				if (sorting !== null) {
					f.if(oneByOne.eqz(), () => {
						f.if(
							count.sub(done).ltU(LEAST_SORTED),
							() => oneByOne.set(count.sub(done)),
							() => {
								taken.set(sorting.sort.call(descriptor, count.sub(done), context));
								oneByOne.set(sorting.rest);
								done.set(done.add(taken));
								descriptor.set(descriptor.add(taken.shl(4)));
								f.if(oneByOne.eqz(), () => next.branch());
							},
						);
					});
					oneByOne.set(oneByOne.sub(1));
				}
				p.set(I32.load(descriptor, DESCRIPTOR.offset));
				end.set(p.add(I32.load(descriptor, DESCRIPTOR.length)));
				f.block((accepted) => {
					f.block((refused) => {
						const refuseUnselected = (which: 'truncated' | 'unknown-message', where: I32): void => {
							variant.set(I32.of(-1));
							noteFault(f, e, which, where);
							refused.branch();
						};
						const bare: Scope = { ...createScope(e, f, base, p, end), masks };
						const at = (place: Place) => loadInteger(bare, place, p, place.offset);
						if (header.size > 0) f.if(end.sub(p).ltU(header.size), () => refuseUnselected('truncated', end), undefined, { likely: false });
						for (const { place, value } of header.constants) {
							const loaded = at(place);
							const differs = loaded instanceof I64 ? loaded.ne(BigInt.asIntN(64, BigInt(value))) : loaded.ne(Number(BigInt.asIntN(32, BigInt(value))));
							f.if(differs, () => refuseUnselected('unknown-message', p), undefined, { likely: false });
						}
						const cases = plans.map((plan) => (): void => {
							const own = functions[plan.index] ?? null;
							const fail: Scope['fail'] = (category, where) => {
								variant.set(I32.of(plan.index));
								noteFault(f, e, category, where);
								refused.branch();
							};
							const streak = streaks[plan.index] ?? null;
							if (streak !== null) {
								taken.set(streak.call(descriptor, count.sub(done), context));
								f.if(taken, () => {
									if (!countAtEnd) f.store(context, I32.load(context, entryOf(plan.index) + CONTEXT.variantMessages).add(taken), entryOf(plan.index) + CONTEXT.variantMessages);
									taken.set(taken.sub(1));
									done.set(done.add(taken));
									descriptor.set(descriptor.add(taken.shl(4)));
									accepted.branch();
								});
							}
							if (own !== null) {
								f.if(own.call(p, end, context, descriptor).eqz(), () => {
									variant.set(I32.of(plan.index));
									refused.branch();
								});
							} else emitWhole({ ...bare, fail }, format, plan, context, descriptor);
							if (!countAtEnd || plan.table === null) f.store(context, I32.load(context, entryOf(plan.index) + CONTEXT.variantMessages).add(1), entryOf(plan.index) + CONTEXT.variantMessages);
							accepted.branch();
						});
						if (header.type === null) (cases[0] as () => void)();
						else {
							const type = at(header.type) as I32;
							const { index, table } = jumpTable(f, type, plans);
							f.switch(
								index,
								table.map((which) => (which === null ? () => refuseUnselected('unknown-message', p) : (cases[which] as () => void))),
								() => refuseUnselected('unknown-message', p),
							);
						}
					});
					emitRefusal(f, e, { context, p, end, variant, variants: plans, sequence: sequence.add(done.extendU()) }, stopped);
				});
				descriptor.set(descriptor.add(DESCRIPTOR.size));
				done.set(done.add(1));
				next.branch();
			});
		});
		f.store(context, sequence.add(done.extendU()), CONTEXT.nextSequence);
		plans.forEach((plan, index) => {
			const earlier = before[index];
			if (earlier === undefined || earlier === null) return;
			const entry = entryOf(plan.index);
			f.store(context, I32.load(context, entry + CONTEXT.variantMessages).add(I32.load(I32.load(context, entry + CONTEXT.variantBatch)).sub(earlier)), entry + CONTEXT.variantMessages);
		});
		f.return(done);
	});
	pool.finish();
	return m.toBytes();
}

/** Which case each type selects: by a table where types lie close together, else one by one. */
function jumpTable(f: FunctionBuilder, type: I32, plans: readonly MessagePlan[]): { index: I32; table: (number | null)[] } {
	const types = plans.map(({ message }) => Number(message.type));
	const least = Math.min(...types);
	const most = Math.max(...types);
	if (most - least < MOST_CASES) {
		const table: (number | null)[] = Array.from({ length: most - least + 1 }, () => null);
		types.forEach((value, index) => {
			table[value - least] = index;
		});
		return { index: least === 0 ? type : type.sub(least), table };
	}
	const value = f.local(I32, type, 'type');
	const index = f.local(I32, -1, 'case');
	types.forEach((known, which) => {
		f.if(value.eq(known | 0), () => index.set(I32.of(which)));
	});
	return { index, table: plans.map((_, which) => which) };
}

/** Whether a message is straight-line code in the loop. */
const isInline = (plan: MessagePlan): boolean => plan.size !== null && plan.body.segments.length === 1 && plan.body.segments[0].steps.length === 1 && !plan.body.segments[0].entries.some(({ plan: { kind } }) => kind === 'array');

function emitMessageFunction(e: Environment, format: WireFormat, plan: MessagePlan): Func<I32> {
	return e.m.func(`read ${plan.message.name}`, { params: { p: I32, end: I32, context: I32, descriptor: I32 }, results: [I32] }, (f, { p, end, context, descriptor }) => {
		const fail: Scope['fail'] = (category, where) => {
			noteFault(f, e, category, where);
			f.return(I32.of(0));
		};
		const base = f.local(I32, e.pool.base, 'base');
		emitWhole({ ...createScope(e, f, base, p as Local<I32>, end), fail }, format, plan, context, descriptor);
		f.return(I32.of(1));
	});
}

/** Emits a message whose type is known, from its header to the commit. */
function emitWhole(bare: Scope, format: WireFormat, plan: MessagePlan, context: I32, descriptor: I32): void {
	const { f, fail, start, end } = bare;
	const { header } = format;
	const { table, body } = plan;
	const at = (place: Place) => loadInteger(bare, place, start, place.offset);
	const batch = table === null ? bare.batch : f.local(I32, I32.load(context, CONTEXT.variants + plan.index * CONTEXT.variantSize + CONTEXT.variantBatch), 'batch');
	const row = table === null ? null : f.local(I32, I32.load(batch), 'row');
	if (table !== null && row !== null) f.if(row.geU(table.spaces[0]?.capacity ?? 0), () => fail(FULL, start), undefined, { likely: false });
	if (header.length !== null) {
		const stated = widen(at(header.length), false);
		f.if(stated.add(BigInt(header.lengthExcludes)).ne(end.sub(start).extendU()), () => fail('length', start.add(header.length?.offset ?? 0)), undefined, { likely: false });
	}
	if (plan.size !== null) {
		const { size } = plan;
		f.if(
			end.sub(start).ne(size),
			() => {
				f.if(end.sub(start).ltU(size), () => fail('truncated', end));
				if (format.trailing === 'reject') fail('trailing', start.add(size));
			},
			undefined,
			{ likely: false },
		);
	}
	const rows = table === null || row === null ? null : createRows(f, batch, row, table.columns, 0);
	rows?.place();
	const items = new Map((table?.spaces.slice(1) ?? []).map((space) => [space.index, f.local(I32, I32.load(batch, space.counter), 'items')] as const));
	const text = table === null || table.textCapacity === 0 ? null : f.local(I32, I32.load(batch, table.textUsed), 'textUsed');
	const version = header.version === null || !usesVersion(body) ? null : f.local(I64, widen(at(header.version), false), 'version');
	const { numbers } = carriedIn(body, (name) => f.local(I64, undefined, name));
	const scope: Scope = { ...bare, version, table, batch, rows, items, text, numbers };
	if (isInline(plan)) emitRunAt(scope, body.segments[0], start, header.size);
	else {
		const cursor = f.local(I32, start.add(header.size), 'cursor');
		const block = header.blockLength === null ? null : { length: f.local(I64, widen(at(header.blockLength), false), 'rootLength'), at: start.add(header.blockLength.offset) };
		emitBody(scope, body, cursor, block);
		if (format.trailing === 'reject' && plan.size === null) f.if(cursor.ltU(end), () => fail('trailing', cursor), undefined, { likely: false });
	}
	if (table !== null && row !== null) emitCommit(scope, table, row, descriptor);
}

function emitCommit({ e, f, batch, items, text }: Scope, table: TableLayout, row: I32, descriptor: I32): void {
	for (const space of table.spaces.slice(1)) f.store(batch, items.get(space.index) as Local<I32>, space.counter);
	if (text !== null) f.store(batch, text, table.textUsed);
	if (table.received >= 0) f.store(batch.add(row.shl(3)), I64.load(descriptor, DESCRIPTOR.received), table.received);
	e.numbering.store(f, table, batch, row, descriptor);
	f.store(batch, row.add(1), 0);
}

function usesVersion({ segments }: Body): boolean {
	return segments.some((segment) => {
		const plans = segment.kind === 'run' ? segment.entries.map(({ plan }) => plan) : [segment.plan];
		return plans.some((plan) => plan.node.since > 0 || ((plan.kind === 'struct' || plan.kind === 'group') && usesVersion(plan.body)));
	});
}
