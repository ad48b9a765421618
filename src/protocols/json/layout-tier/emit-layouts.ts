/**
 * The code of the layout tier: `takeLayouts(descriptors, count, context) -> taken` reads messages as long as their shapes
 * are known, and stops before the first that is not. Whatever it has written for that one lies beyond the counters, so it
 * leaves no trace.
 */
import type { ListColumn, SchemaLayout, TableLayout } from '../../../compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR, LEARNING } from '../../../compiler/parser-abi.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type Label, type Local, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import type { NoteInTurn } from '../../rows/notes.ts';
import type { ListPlan, ValuePlan, VariantPlan } from '../../rows/plan.ts';
import { bindRows } from '../../rows/row-addresses.ts';
import { storeListEnd } from '../../rows/store.ts';
import type { FastKernels } from '../schema-tier/fast-path.ts';
import { bindStringVectors } from '../schema-tier/grammar.ts';
import type { Strict } from '../schema-tier/strict-containers.ts';
import type { StrictValues } from '../schema-tier/strict-values.ts';
import { type BlockPlan, planBlock, USES_AT } from './block.ts';
import { type ClockCell, emitFillClock } from './clock.ts';
import { bindNumberScope } from './emit-numbers.ts';
import { emitTree, type TreeScope } from './emit-tree.ts';
import { type CachedName, emitFillName } from './name-cache.ts';
import { addressOf } from './positions.ts';
import { closingByte, itemWindow, type Machine, type Shape, type Shapes } from './shapes.ts';

export interface LayoutCode {
	readonly m: ModuleBuilder;
	readonly pool: ConstantPool;
	readonly s: StrictValues;
	readonly kernels: FastKernels;
	readonly layout: SchemaLayout;
	readonly variants: readonly VariantPlan[];
	readonly strict: ReadonlyMap<ValuePlan, Strict>;
	/** Address of what is counted (LEARNING), set before a call. */
	readonly layouts: Global<I32>;
	/** Address of an item of no known shape, set by its list. */
	readonly unknownItem: Global<I32>;
	/** Emits: keeps a message to be learned, where it is its turn. */
	readonly noteInTurn: NoteInTurn;
	/** Whether the engine has relaxed vector instructions. */
	readonly relaxed: boolean;
	resetPending(f: FunctionBuilder, table: TableLayout, batch: I32): void;
	commit(f: FunctionBuilder, table: TableLayout, batch: I32, row: I32, descriptor: I32): void;
}

/** Shapes of items that are read two at a time. */
const MOST_PAIRED = 4;

/** What all functions of a module share. */
interface Shared extends LayoutCode {
	readonly plan: BlockPlan;
	readonly fillName: Func<I32>;
	readonly fillClock: Func<I32>;
}

export function emitLayoutTier(layoutCode: LayoutCode, shapes: Shapes): Func<I32> {
	const code: Shared = { ...layoutCode, plan: planBlock(layoutCode.layout), fillName: emitFillName(layoutCode.m, layoutCode.pool, layoutCode.s, layoutCode.pool.base), fillClock: emitFillClock(layoutCode.m, layoutCode.s) };
	const lists = new Map<ListPlan, Func>();
	const emitted = new Set<Machine>();
	// Inner lists first: shapes name only lists below them.
	const emitList = (machine: Machine): void => {
		if (emitted.has(machine)) return;
		emitted.add(machine);
		for (const shape of machine.shapes) for (const token of shape.tokens) if (token.kind === 'list') emitList(shapes.lists.get(token.plan) as Machine);
		if (machine.list !== null) lists.set(machine.list, emitItems(code, lists, machine, tableOf(code, shapes, machine.list)));
	};
	for (const machine of shapes.lists.values()) emitList(machine);
	return emitMessages(code, lists, shapes.root);
}

/** The table that a list's rows belong to: that of the variant which leads to it. */
function tableOf(code: LayoutCode, shapes: Shapes, list: ListPlan): TableLayout {
	const leads = ({ tokens }: Shape): boolean => tokens.some((token) => token.kind === 'list' && token.plan === list);
	const own = shapes.root.shapes.find(leads);
	if (own !== undefined) return (code.variants[own.variant] as VariantPlan).table as TableLayout;
	for (const other of shapes.lists.values()) if (other.list !== null && other.list !== list && other.shapes.some(leads)) return tableOf(code, shapes, other.list);
	throw new Error('tickforge: a list that no message leads to');
}

function emitMessages(code: Shared, lists: ReadonlyMap<ListPlan, Func>, { shapes }: Machine): Func<I32> {
	const { m } = code;
	return m.func('takeLayouts', { params: { descriptors: I32, count: I32, context: I32 }, results: [I32] }, (f, { descriptors, count, context }) => {
		const descriptor = f.local(I32, descriptors, 'descriptor');
		const last = f.local(I32, descriptors.add(count.shl(4)).sub(DESCRIPTOR.size), 'last');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		const batch = f.local(I32, undefined, 'batch');
		const row = f.local(I32, undefined, 'row');
		const rows = bindRows(f, batch, row);
		const shared = bindShared(f, code);
		const tried = f.local(I32, undefined, 'tried');
		const withItems = shapes.some(({ tokens }) => tokens.some(({ kind }) => kind === 'list'));
		f.block((stopped) => {
			if (shapes.length === 0) return;
			stopped.branchIf(count.eqz().or(shared.block.eqz()));
			f.loop((outer) => {
				// Without a call in it, where there are no lists, so that what it uses stays in registers.
				f.block((fallback) => {
					f.loop((message) => {
						p.set(I32.load(descriptor, DESCRIPTOR.offset));
						end.set(p.add(I32.load(descriptor, DESCRIPTOR.length)));
						f.block((accepted) => {
							emitTree(
								{
									...code,
									...shared,
									rows,
									lists,
									end,
									endsThere: true,
									failed: fallback,
									begin(variant) {
										const { table } = code.variants[variant] as VariantPlan;
										if (table === null) return;
										batch.set(I32.load(context, CONTEXT.variants + variant * CONTEXT.variantSize + CONTEXT.variantBatch));
										row.set(I32.load(batch));
										fallback.branchIf(row.geU(table.spaces[0]?.capacity ?? 0), { likely: false });
										code.resetPending(f, table, batch);
										rows.place();
									},
									finish({ variant, slot, tokens }) {
										const { table } = code.variants[variant] as VariantPlan;
										if (table !== null) code.commit(f, table, batch, row, descriptor);
										const entry = CONTEXT.variants + variant * CONTEXT.variantSize + CONTEXT.variantMessages;
										f.store(context, I32.load(context, entry).add(1), entry);
										f.count(`shape ${slot} of ${(code.variants[variant] as VariantPlan).variant.name}`);
										const uses = USES_AT + slot * 4;
										f.store(shared.block, I32.load(shared.block, uses).add(1), uses);
										if (withItems && tokens.some(({ kind }) => kind === 'list')) {
											f.if(code.unknownItem, () => {
												const start = f.local(I32, I32.load(descriptor, DESCRIPTOR.offset), 'noted');
												code.noteInTurn(f, start, end, I32.of(variant), { item: code.unknownItem.sub(start).add(1) });
												code.unknownItem.set(f, I32.of(0));
											});
										}
										accepted.branch();
									},
									table: ({ variant }) => (code.variants[variant] as VariantPlan).table,
								},
								shapes,
								p,
							);
						});
						descriptor.set(descriptor.add(DESCRIPTOR.size));
						message.branchIf(descriptor.leU(last));
					});
					stopped.branch();
				});
				retry(f, code, shared, tried, descriptor, outer);
			});
		});
		const taken = f.local(I32, descriptor.sub(descriptors).shrU(4), 'taken');
		const base = shared.block;
		f.store(context, I64.load(context, CONTEXT.nextSequence).add(taken.extendU()), CONTEXT.nextSequence);
		f.if(base, () => f.store(base, I32.load(base, LEARNING.taken).add(taken), LEARNING.taken));
		f.return(taken);
	});
}

/** `items <list>(p, end, batch, parent) -> p`: the items up to the closing bracket, where p then stands; 0 where one is not known. There is one at least. */
function emitItems(code: Shared, lists: ReadonlyMap<ListPlan, Func>, machine: Machine, table: TableLayout): Func {
	const { m, s } = code;
	const plan = machine.list as ListPlan;
	const column = plan.column as ListColumn;
	const pending = s.stores.pending.items[column.itemSpace] as Global<I32>;
	const capacity = table.spaces[column.itemSpace]?.capacity ?? 0;
	const window = itemWindow(machine);
	// Where an item has items of its own, an attempt is not taken back.
	const simple = machine.shapes.every(({ tokens }) => tokens.every(({ kind }) => kind !== 'list'));
	const withTexts = table.textCapacity > 0;
	// Their code stands there twice.
	const pairs = window === 32 && machine.shapes.length <= MOST_PAIRED;
	return m.func(`items ${plan.path}`, { params: { p: I32, end: I32, batch: I32, parent: I32 }, results: [I32] }, (f, { p, end, batch, parent }) => {
		const start = f.local(I32, pending, 'start');
		const row = f.local(I32, start, 'item');
		const after = f.local(I32, undefined, 'after');
		const texts = f.local(I32, undefined, 'texts');
		const rows = bindRows(f, batch, row);
		const shared = bindShared(f, code);
		const tried = f.local(I32, undefined, 'tried');
		const closing = f.local(V128, V128.splat8(Math.max(0, closingByte(plan))), 'closing');
		/** Behind an item: the next item, the list's end, or neither. */
		const goOn = (closed: Label, next: () => void): void => {
			row.set(row.add(1));
			const byte = f.local(I32, I32.load8U(p), 'byte');
			f.if(
				byte.ne(0x2c),
				() => {
					closed.branchIf(byte.eq(0x5d));
					f.return(I32.of(0));
				},
				undefined,
				{ likely: false },
			);
			p.set(p.add(1));
			next();
		};
		/** An item from p on, up to `after` where that is known. */
		const item = (unknown: Label): void => {
			if (window !== 0) unknown.branchIf(after.gtU(end), { likely: false });
			rows.place();
			if (withTexts) texts.set(s.stores.pending.text);
			f.block((accepted) => {
				emitTree(
					{
						...code,
						...shared,
						rows,
						lists,
						end: window > 0 ? after : end,
						endsThere: window > 0,
						failed: unknown,
						begin: () => undefined,
						finish(_shape, at) {
							if (window === 0) after.set(addressOf(at));
							accepted.branch();
						},
						table: () => table,
					},
					machine.shapes,
					p,
					window === 32 ? -1 : undefined,
				);
			});
			p.set(after);
		};
		const checkRoom = (): void => {
			f.if(row.geU(capacity), () => f.return(I32.of(0)), undefined, { likely: false });
			f.if(p.geU(end), () => f.return(I32.of(0)), undefined, { likely: false });
		};
		f.block((closed) => {
			f.loop((outer) => {
				// Without a call in it, where items are simple, so that what it uses stays in registers.
				f.block((unknown) => {
					f.loop((next) => {
						checkRoom();
						if (window === 0) {
							item(unknown);
							goOn(closed, () => next.branch());
							return;
						}
						const closings = closingBrackets(f, p, closing, pairs ? 64 : window);
						const from = f.local(I32, p, 'from');
						after.set(from.add(1).add(closings.ctz().wrap()));
						item(unknown);
						if (!pairs) {
							goOn(closed, () => next.branch());
							return;
						}
						// The second bracket is known before the first item is read: the way to the item after both is half as long.
						goOn(closed, () => {
							const second = f.local(I64, closings.and(closings.sub(1n)), 'second');
							next.branchIf(second.eqz());
							checkRoom();
							after.set(from.add(1).add(second.ctz().wrap()));
							item(unknown);
							goOn(closed, () => next.branch());
						});
					});
				});
				if (!simple) f.return(I32.of(0));
				else {
					if (withTexts) s.stores.pending.text.set(f, texts);
					retry(f, code, shared, tried, p, outer);
					f.count('item of no known shape');
					code.unknownItem.set(f, p);
					p.set((code.strict.get(plan.item) as Strict).value.call(p, end, batch, row) as I32);
					f.if(p.eqz(), () => f.return(I32.of(0)));
					f.if(p.geU(end), () => f.return(I32.of(0)));
					goOn(closed, () => outer.branch());
				}
			});
		});
		pending.set(f, row);
		storeListEnd(f, column.values, batch, parent, start, row);
		if (column.validity >= 0) f.call(s.stores.setBit, batch.add(column.validity), parent, I32.of(1));
		f.return(p);
	});
}

/** Emits what all of a function's trees use. */
function bindShared(f: FunctionBuilder, code: Shared) {
	return {
		...bindNumberScope(f, code.pool, code.relaxed),
		strings: bindStringVectors(f),
		symbolTables: f.local(I32, code.s.environment.symbolTables, 'symbolTables'),
		block: f.local(I32, code.layouts, 'block'),
		names: new Map<string, CachedName>(),
		clocks: new Map<string, ClockCell>(),
	};
}

/** Emits: once for each message (item): where a name or an hour was not in its cache and is now, begins again. */
function retry(f: FunctionBuilder, { fillName, fillClock }: Shared, { names, clocks }: Pick<TreeScope, 'names' | 'clocks'>, tried: Local<I32>, which: I32, again: Label): void {
	if (names.size + clocks.size === 0) return;
	f.if(tried.ne(which), () => {
		tried.set(which);
		const filled = f.local(I32, 0, 'filled');
		f.count('looked whether a name or an hour is new');
		for (const { entry, at, table } of names.values()) filled.set(filled.or(fillName.call(entry, at, I32.of(table)) as I32));
		for (const { cell, at, zone } of clocks.values()) filled.set(filled.or(fillClock.call(cell, at, I32.of(zone)) as I32));
		again.branchIf(filled, { name: 'a name or an hour is new' });
	});
}

/** Which bytes of the window are closing brackets. */
function closingBrackets(f: FunctionBuilder, p: I32, closing: V128, window: 32 | 64): Local<I64> {
	const half = (at: number): I32 =>
		V128.load(p, at)
			.i8x16.eq(closing)
			.i8x16.bitmask()
			.or(
				V128.load(p, at + 16)
					.i8x16.eq(closing)
					.i8x16.bitmask()
					.shl(16),
			);
	return f.local(I64, window === 32 ? half(0).extendU() : half(0).extendU().or(half(32).extendU().shl(32)), 'closings');
}
