/**
 * The code of the layout tier: `takeLayouts(descriptors, count, context) -> taken` reads messages as long as their
 * layouts are known, and stops before the first that is not. Whatever it has written for that one lies beyond the
 * counters, so it leaves no trace.
 */
import type { ListColumn, SchemaLayout, TableLayout } from '../../../compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR, LEARNING } from '../../../compiler/parser-abi.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { emitFindInline } from '../../../symbols/index.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type Label, type Local, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import type { ListPlan, ScalarPlan, TemplatePlan, ValuePlan, VariantPlan } from '../../rows/plan.ts';
import { heapOf, inlineView, lanesBelow, storeListEnd, storeNull } from '../../rows/store.ts';
import type { FastKernels } from '../schema-tier/fast-path.ts';
import { stringStops } from '../schema-tier/grammar.ts';
import type { Strict } from '../schema-tier/strict-containers.ts';
import type { StrictValues } from '../schema-tier/strict-values.ts';
import { type ExpressCode, emitLookup, expressSlot, type Lookup } from './emit-lookup.ts';
import { bindNumberConstants, emitPair, type NumberConstants } from './emit-numbers.ts';
import type { ExpressSettings } from './express.ts';
import { layoutRecord, RECORD } from './records.ts';
import { closingByte, type Edge, expressOf, isClosed, type Machine, type Shapes, type State, windowOf } from './shapes.ts';
import type { Spot } from './spots.ts';
import { EXPRESS_SLOT, SLOTS_AT, STATE, STATES } from './tables.ts';

export interface LayoutCode {
	readonly m: ModuleBuilder;
	readonly pool: ConstantPool;
	readonly s: StrictValues;
	readonly kernels: FastKernels;
	readonly layout: SchemaLayout;
	readonly variants: readonly VariantPlan[];
	readonly strict: ReadonlyMap<ValuePlan, Strict>;
	/** Address of the layouts (tables.ts), set before a call. */
	readonly layouts: Global<I32>;
	/** Set by a list that had an item without a layout. */
	readonly unknownItem: Global<I32>;
	/** Emits: keeps a message to be learned, where it is its turn. */
	noteInTurn(f: FunctionBuilder, p: I32, end: I32, variant: I32): void;
	/** Where the express way looks. */
	readonly express: ExpressSettings;
	/** Whether the engine has relaxed vector instructions. */
	readonly relaxed: boolean;
	resetPending(f: FunctionBuilder, table: TableLayout, batch: I32): void;
	commit(f: FunctionBuilder, table: TableLayout, batch: I32, row: I32, descriptor: I32): void;
}

/** Addresses of one row. */
interface Row {
	readonly batch: Local<I32>;
	readonly row: Local<I32>;
	readonly at8: Local<I32>;
	readonly at4: Local<I32>;
	readonly at16: Local<I32>;
	readonly bitByte: Local<I32>;
	readonly bit: Local<I32>;
}

interface Scope extends LayoutCode {
	readonly f: FunctionBuilder;
	readonly lookup: Lookup;
	readonly p: Local<I32>;
	readonly end: I32;
	readonly record: Local<I32>;
	readonly rows: Row;
	readonly base: Local<I32>;
	readonly constants: NumberConstants;
	readonly lists: ReadonlyMap<ListPlan, Func>;
	/** Where the message came the express way. */
	readonly slot?: I32;
	/** Vectors of the edge being emitted; the next edge uses them again. */
	readonly vectors: { readonly all: Local<V128>[]; used: number };
}

export function emitLayoutTier(code: LayoutCode, shapes: Shapes): Func<I32> {
	const { m } = code;
	const lookup = emitLookup(m);
	const lists = new Map<ListPlan, Func>();
	// Inner lists first: a machine's edges name only lists below it.
	const emitted = new Set<Machine>();
	const emitList = (machine: Machine): void => {
		if (emitted.has(machine)) return;
		emitted.add(machine);
		for (const edge of machine.edges) if (edge.list !== null) emitList(shapes.lists.get(edge.list) as Machine);
		if (machine.list !== null) lists.set(machine.list, emitItems(code, lookup, lists, machine, tableOf(code, shapes, machine)));
	};
	for (const machine of shapes.lists.values()) emitList(machine);

	return emitMessages(code, lookup, lists, shapes.root);
}

/** The table that a list's rows belong to: that of the variant which leads to it. */
function tableOf(code: LayoutCode, shapes: Shapes, machine: Machine): TableLayout {
	const variantOf = (list: ListPlan): number => {
		for (const edge of shapes.root.edges) if (edge.list === list) return edge.variant;
		for (const other of shapes.lists.values()) if (other.list !== null && other.edges.some((edge) => edge.list === list)) return variantOf(other.list);
		throw new Error('tickforge: a list that no message leads to');
	};
	return (code.variants[variantOf(machine.list as ListPlan)] as VariantPlan).table as TableLayout;
}

function createScope(code: LayoutCode, f: FunctionBuilder, lookup: Lookup, lists: ReadonlyMap<ListPlan, Func>, p: Local<I32>, end: I32, batch: Local<I32>, row: Local<I32>): Scope {
	const local = (name: string): Local<I32> => f.local(I32, undefined, name);
	const constantsAt = f.local(I32, code.pool.base, 'constants');
	return {
		...code,
		f,
		lookup,
		lists,
		p,
		end,
		record: local('record'),
		rows: { batch, row, at8: local('at8'), at4: local('at4'), at16: local('at16'), bitByte: local('bitByte'), bit: local('bit') },
		base: f.local(I32, code.layouts, 'layouts'),
		constants: bindNumberConstants(f, code.pool, constantsAt, code.relaxed),
		vectors: { all: [], used: 0 },
	};
}

function emitMessages(code: LayoutCode, lookup: Lookup, lists: ReadonlyMap<ListPlan, Func>, machine: Machine): Func<I32> {
	const { m } = code;
	const anyList = machine.edges.some((edge) => edge.list !== null);
	const express = machine.edges.filter((edge) => expressOf(edge) > 0);
	const fill = express.length === 0 ? null : emitFillSlot(code, lookup, machine);
	return m.func('takeLayouts', { params: { descriptors: I32, count: I32, context: I32 }, results: [I32] }, (f, { descriptors, count, context }) => {
		const descriptor = f.local(I32, descriptors, 'descriptor');
		const last = f.local(I32, descriptors.add(count.shl(4)).sub(DESCRIPTOR.size), 'last');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		const batch = f.local(I32, undefined, 'batch');
		const row = f.local(I32, undefined, 'row');
		const scope = createScope(code, f, lookup, lists, p, end, batch, row);
		const { record, base } = scope;
		const slot = f.local(I32, undefined, 'slot');
		const current = f.local(I32, undefined, 'current');
		const tried = f.local(I32, undefined, 'tried');
		const places = new Set(code.express.heads);
		const expressCode: ExpressCode = {
			settings: code.express,
			slots: f.local(I32, I32.load(base, SLOTS_AT), 'slots'),
			below: f.local(V128, V128.splat8(0x30), 'below'),
			heads: places.size === 1 ? I32.of(0) : f.local(I32, scope.constants.base.add(code.pool.add(Uint8Array.from(code.express.heads))), 'heads'),
		};
		const begin = (edge: Edge, otherwise: Label): void => {
			const { table } = code.variants[edge.variant] as VariantPlan;
			if (table === null) return;
			batch.set(I32.load(context, CONTEXT.variants + edge.variant * CONTEXT.variantSize + CONTEXT.variantBatch));
			row.set(I32.load(batch));
			otherwise.branchIf(row.geU(table.spaces[0]?.capacity ?? 0), { likely: false });
			code.resetPending(f, table, batch);
			placeRow(scope, usedWidths(machine, edge.variant));
		};
		const finish = (edge: Edge, accepted: Label): void => {
			const { table } = code.variants[edge.variant] as VariantPlan;
			if (table !== null) code.commit(f, table, batch, row, descriptor);
			const entry = CONTEXT.variants + edge.variant * CONTEXT.variantSize + CONTEXT.variantMessages;
			f.store(context, I32.load(context, entry).add(1), entry);
			if (edge.list !== null || (anyList && edge.state !== machine.states[0])) {
				f.if(code.unknownItem, () => {
					code.unknownItem.set(f, I32.of(0));
					code.noteInTurn(f, I32.load(descriptor, DESCRIPTOR.offset), end, I32.of(edge.variant));
				});
			}
			accepted.branch();
		};
		const table = (edge: Edge): TableLayout | null => (code.variants[edge.variant] as VariantPlan).table;
		const open = (): void => {
			p.set(I32.load(descriptor, DESCRIPTOR.offset));
			end.set(p.add(I32.load(descriptor, DESCRIPTOR.length)));
		};
		const rootAt = base.add(STATES + (machine.states[0] as State).id * STATE.size);
		/** The message at `descriptor`, whose first part's record is known; comes to its end where it is accepted. */
		const general = (stopped: Label): void => {
			f.block((accepted) => {
				emitParts(scope, machine, {
					begin,
					finish: (edge) => finish(edge, accepted),
					ends: (_edge, otherwise) => otherwise.branchIf(p.add(I32.load(record, RECORD.length)).ne(end), { likely: false }),
					table,
				});
				stopped.branch();
			});
			descriptor.set(descriptor.add(DESCRIPTOR.size));
		};
		f.block((stopped) => {
			stopped.branchIf(count.eqz());
			if (fill === null) {
				f.loop((message) => {
					open();
					lookup.find(f, p, end, rootAt, record, true);
					general(stopped);
					message.branchIf(descriptor.leU(last));
				});
				return;
			}
			slot.set(expressSlot(f, descriptor, expressCode));
			f.loop((outer) => {
				// Without a call in it, so that what it uses stays in registers.
				f.block((fallback) => {
					f.loop((message) => {
						current.set(slot);
						// The next message's slot is found while this one is converted: its loads are under way by then.
						slot.set(expressSlot(f, I32.select(descriptor.ltU(last), descriptor.add(DESCRIPTOR.size), descriptor), expressCode));
						p.set(I32.load(descriptor, DESCRIPTOR.offset));
						record.set(I32.load(current, EXPRESS_SLOT.record));
						fallback.branchIf(I32.load(record, RECORD.length).ne(I32.load(descriptor, DESCRIPTOR.length)), { likely: false });
						f.block((accepted) => {
							const convert = (edge: Edge): void => {
								scope.vectors.used = 0;
								if (edge.spots.some(needsEnd)) end.set(p.add(I32.load(record, RECORD.length)));
								emitEdge({ ...scope, slot: current }, machine, edge, { begin, finish: () => undefined, ends: () => undefined, table }, fallback, fallback);
								finish(edge, accepted);
							};
							f.switch(
								I32.load(record, RECORD.edge),
								machine.edges.map((edge) => () => (expressOf(edge) === 0 ? fallback.branch() : convert(edge))),
								() => fallback.branch(),
							);
						});
						descriptor.set(descriptor.add(DESCRIPTOR.size));
						message.branchIf(descriptor.leU(last));
					});
					stopped.branch();
				});
				open();
				record.set(fill.call(p, end, current));
				stopped.branchIf(record.eqz());
				f.if(
					record.eq(1),
					() => {
						// The slot is right now: what still fails is for the schema tier.
						stopped.branchIf(tried.eq(descriptor));
						tried.set(descriptor);
						slot.set(current);
					},
					() => {
						general(stopped);
						stopped.branchIf(descriptor.gtU(last));
						slot.set(expressSlot(f, descriptor, expressCode));
					},
				);
				outer.branch();
			});
		});
		const taken = f.local(I32, descriptor.sub(descriptors).shrU(4), 'taken');
		f.store(context, I64.load(context, CONTEXT.nextSequence).add(taken.extendU()), CONTEXT.nextSequence);
		f.store(base, I32.load(base, LEARNING.taken).add(taken), LEARNING.taken);
		f.return(taken);
	});
}

/**
 * `fillSlot(p, end, slot) -> record | 1 | 0`: finds the message's record by its separators; where its edge is an express
 * one, the slot leads to it from now on (1). 0: nothing known.
 */
function emitFillSlot(code: LayoutCode, lookup: Lookup, machine: Machine): Func<I32> {
	const { m, s } = code;
	return m.func('fillSlot', { params: { p: I32, end: I32, slot: I32 }, results: [I32] }, (f, { p, end, slot }) => {
		const state = f.local(I32, code.layouts.add(STATES + (machine.states[0] as State).id * STATE.size), 'state');
		const record = f.local(I32, lookup.call.call(p, end, state), 'record');
		f.if(record.eqz(), () => f.return(I32.of(0)));
		// The first of the alternatives that the message passes.
		const chunk = f.local(I32, undefined, 'chunk');
		const at = f.local(I32, undefined, 'at');
		const left = f.local(I32, undefined, 'left');
		f.block((passed) => {
			f.loop((next) => {
				f.if(I32.load(record, RECORD.express).eqz(), () => f.return(record));
				f.block((failed) => {
					failed.branchIf(I32.load(record, RECORD.length).ne(end.sub(p)));
					chunk.set(record.add(I32.load16U(record, RECORD.chunks)));
					left.set(I32.load16U(record, RECORD.chunks + 2));
					at.set(p);
					f.loop((more) => {
						failed.branchIf(V128.load(at).i8x16.sub(V128.load(chunk)).i8x16.subSatU(V128.load(chunk, 16)).anyTrue());
						at.set(at.add(16));
						chunk.set(chunk.add(32));
						left.set(left.sub(1));
						more.branchIf(left);
					});
					passed.branch();
				});
				lookup.next(f, p, end, record);
				next.branchIf(record);
				f.return(I32.of(0));
			});
		});
		const length = f.local(I32, I32.load(record, RECORD.nameLength), 'length');
		f.if(length.gtU(16), () => f.return(I32.of(0)));
		const name = f.local(I32, p.add(I32.load(record, RECORD.nameStart)), 'name');
		const table = f.local(I32, I32.load(record, RECORD.express).sub(2), 'table');
		const id = f.local(I32, 0, 'id');
		f.if(table.geS(0), () => {
			id.set(s.kernels.find.call(I32.load(s.environment.symbolTables.add(table.shl(2))), name, length) as I32);
			f.if(id.ltS(0), () => f.return(I32.of(0)));
		});
		f.store(slot, V128.load(name), EXPRESS_SLOT.name);
		f.store(slot, lanesBelow(length).not(), EXPRESS_SLOT.limits);
		f.store(slot, record, EXPRESS_SLOT.record);
		f.store(slot, id, EXPRESS_SLOT.id);
		f.return(I32.of(1));
	});
}

/** `items <list>(p, end, batch, parent) -> p`: the items up to the closing bracket, where p then stands; 0 where one is not known. */
function emitItems(code: LayoutCode, lookup: Lookup, lists: ReadonlyMap<ListPlan, Func>, machine: Machine, table: TableLayout): Func {
	const { m, s } = code;
	const plan = machine.list as ListPlan;
	const column = plan.column as ListColumn;
	const pending = s.stores.pending.items[column.itemSpace] as Global<I32>;
	const capacity = table.spaces[column.itemSpace]?.capacity ?? 0;
	// Where an item writes more than its row, an attempt cannot be taken back.
	const simple = machine.edges.every((edge) => edge.list === null && edge.spots.every((spot) => spot.kind !== 'text' && !(spot.kind === 'strict' && textual(spot.plan))));
	return m.func(`items ${plan.path}`, { params: { p: I32, end: I32, batch: I32, parent: I32 }, results: [I32] }, (f, { p, end, batch, parent }) => {
		const start = f.local(I32, pending, 'start');
		const row = f.local(I32, start, 'item');
		const from = f.local(I32, undefined, 'from');
		const scope = createScope(code, f, lookup, lists, p, end, batch, row);
		const widths = usedWidths(machine, -1);
		const find = isClosed(machine) ? emitClosedLookup(scope, machine) : null;
		const after = f.local(I32, undefined, 'after');
		/** After an item: the list's end, the next item, or neither. */
		const goOn = (closed: Label, next: Label): void => {
			row.set(row.add(1));
			const byte = f.local(I32, I32.load8U(p), 'byte');
			closed.branchIf(byte.eq(0x5d));
			p.set(p.add(1));
			next.branchIf(byte.eq(0x2c));
			f.return(I32.of(0));
		};
		f.block((closed) => {
			closed.branchIf(I32.load8U(p).eq(0x5d));
			f.loop((outer) => {
				// Without a call in it, where items are simple, so that what it uses stays in registers.
				f.block((unknown) => {
					f.loop((next) => {
						f.if(row.geU(capacity).or(p.geU(end)), () => f.return(I32.of(0)), undefined, { likely: false });
						placeRow(scope, widths);
						from.set(p);
						f.block((accepted) => {
							if (find === null) lookup.find(f, p, end, scope.base.add(STATES + (machine.states[0] as State).id * STATE.size), scope.record, false);
							else find(after);
							emitParts(scope, machine, {
								begin: () => undefined,
								finish: () => {
									// Known since before the layout was, so that the next item need not wait for it.
									if (find !== null) p.set(after);
									accepted.branch();
								},
								ends: (_edge, otherwise) => {
									if (find !== null) otherwise.branchIf(I32.load(scope.record, RECORD.length).ne(after.sub(p)), { likely: false });
									else otherwise.branchIf(p.add(I32.load(scope.record, RECORD.length)).gtU(end), { likely: false });
								},
								table: () => table,
								advances: find === null,
							});
							unknown.branch();
						});
						goOn(closed, next);
					});
				});
				if (!simple) f.return(I32.of(0));
				else {
					p.set((code.strict.get(plan.item) as Strict).value.call(from, end, batch, row) as I32);
					f.if(p.eqz(), () => f.return(I32.of(0)));
					code.unknownItem.set(f, I32.of(1));
					goOn(closed, outer);
				}
			});
		});
		pending.set(f, row);
		storeListEnd(f, column.values, batch, parent, start, row);
		if (column.validity >= 0) f.call(s.stores.setBit, batch.add(column.validity), parent, I32.of(1));
		f.return(p);
	});
}

/** Emits: the row's list has no items. */
function emptyList({ f, s, rows }: Scope, plan: ListPlan): void {
	const column = plan.column as ListColumn;
	const next = f.local(I32, s.stores.pending.items[column.itemSpace] as Global<I32>, 'next');
	storeListEnd(f, column.values, rows.batch, rows.row, next, next);
	if (column.validity >= 0) f.call(s.stores.setBit, rows.batch.add(column.validity), rows.row, I32.of(1));
}

/**
 * Emits, once for a list, what finding its items needs; gives the code for one item: `after` becomes the address behind
 * its closing bracket, and the scope's record what the table has for its separators.
 */
function emitClosedLookup(scope: Scope, machine: Machine): (after: Local<I32>) => void {
	const { f, p, record, base } = scope;
	const state = f.local(I32, base.add(STATES + (machine.states[0] as State).id * STATE.size), 'state');
	const table = f.local(I32, I32.load(state, STATE.table), 'table');
	const shift = f.local(I64, I64.load32U(state, STATE.shift), 'shift');
	const multiplier = f.local(I64, I64.load(state, STATE.multiplier), 'multiplier');
	const below = f.local(V128, V128.splat8(0x30), 'below');
	const closing = f.local(V128, V128.splat8(closingByte(machine.list)), 'closing');
	const window = windowOf(Math.max(...machine.edges.map((edge) => edge.longest)));
	return (after) => {
		const chunks = Array.from({ length: window / 16 }, (_, chunk) => f.local(V128, V128.load(p, chunk * 16), 'chunk'));
		/** Bit i: whether byte i of the window is such; beyond 32 bytes in two halves. */
		const word = (test: (chunk: V128) => V128): I64 => {
			const half = (at: number): I32 =>
				test(chunks[at] as V128)
					.i8x16.bitmask()
					.or(
						test(chunks[at + 1] as V128)
							.i8x16.bitmask()
							.shl(16),
					);
			return window === 32 ? half(0).extendU() : half(0).extendU().or(half(2).extendU().shl(32));
		};
		const length = f.local(
			I64,
			word((chunk) => chunk.i8x16.eq(closing))
				.ctz()
				.add(1n),
			'length',
		);
		after.set(p.add(length.wrap()));
		// A shift by 64 is none: without a bracket, or with one at the very end, no bit is kept or all but one.
		const key = word((chunk) => chunk.i8x16.ltS(below)).and(I64.of(1n).shl(length).sub(1n));
		record.set(I32.load(table.add(key.mul(multiplier).shrU(shift).wrap().shl(2))));
	};
}

/** Whether the code for a value asks where the message ends. */
function needsEnd(spot: Spot): boolean {
	return spot.kind === 'strict' || ((spot.kind === 'text' || spot.kind === 'check') && !spot.short);
}

/** Whether the plan's value may go to the heap of texts. */
function textual(plan: ScalarPlan | TemplatePlan): boolean {
	return plan.kind === 'template' ? plan.type.capture?.kind === 'text' : plan.type.kind === 'text';
}

interface Flow {
	/** At the first part, once it is known to be this edge's. */
	begin(edge: Edge, otherwise: Label): void;
	/** Everything is read; leaves the parts. */
	finish(edge: Edge): void;
	/** Before a last part is converted. */
	ends(edge: Edge, otherwise: Label): void;
	table(edge: Edge): TableLayout | null;
	/** Whether p moves behind each part; else `finish` sees to it. */
	readonly advances?: boolean;
}

/** Emits: all parts from p on; `record` is the first one's. Comes to its end where a layout is not known. */
function emitParts(scope: Scope, machine: Machine, flow: Flow): void {
	const { f, p, end, record, base, lookup } = scope;
	const stateAt = (id: number): I32 => base.add(STATES + id * STATE.size);
	const several = machine.states.length > 1;
	const start = several ? f.local(I32, p, 'start') : p;
	const first = several ? f.local(I32, record, 'first') : record;
	const again = (body: () => void): void => {
		if (!several) {
			body();
			return;
		}
		// Kinds of messages may begin alike: where the rest is not known, the first part was another one's.
		f.loop((retry) => {
			body();
			f.if(first, () => {
				// Counted when it passed, but of no use.
				f.store(first, I32.load(first, RECORD.used).sub(1), RECORD.used);
				p.set(start);
				lookup.next(f, p, end, first);
				record.set(first);
				retry.branchIf(record);
			});
		});
	};
	const parts = (): void =>
		f.block((unknown) => {
			f.loop((part) => {
				unknown.branchIf(record.eqz());
				f.loop((alternative) => {
					f.switch(
						I32.load(record, RECORD.edge),
						machine.edges.map((edge) => () => {
							if (expressOf(edge) > 0) return;
							scope.vectors.used = 0;
							f.block((otherwise) => {
								// A text that was written cannot be taken back, except with the whole message.
								const late = machine.list === null && edge.state === machine.states[0] ? otherwise : unknown;
								emitEdge(scope, machine, edge, flow, otherwise, late);
								if (edge.next === null) flow.finish(edge);
								else {
									const plan = edge.list as ListPlan;
									const items = scope.lists.get(plan) as Func;
									unknown.branchIf(p.geU(end));
									f.if(
										I32.load8U(p).eq(0x5d),
										() => emptyList(scope, plan),
										() => {
											p.set(items.call(p, end, scope.rows.batch, scope.rows.row) as I32);
											unknown.branchIf(p.eqz().or(p.geU(end)));
										},
									);
									if (machine.list === null) {
										const state = stateAt(edge.next.id);
										record.set(I32.load(state, STATE.only));
										f.if(record.eqz(), () => record.set(lookup.call.call(p, end, state) as I32));
									} else lookup.find(f, p, end, stateAt(edge.next.id), record, false);
									part.branch();
								}
							});
						}),
					);
					lookup.next(f, p, end, record);
					alternative.branchIf(record);
				});
			});
		});
	again(parts);
}

/** Emits one part: `otherwise` where its bytes do not fit, `late` where that shows when something is written already. */
function emitEdge(scope: Scope, machine: Machine, edge: Edge, flow: Flow, otherwise: Label, late: Label): void {
	const { f, p, record } = scope;
	const record_ = layoutRecord(edge.spots, edge);
	// No part is longer than what is left: its bytes are read without asking again.
	if (edge.next === null) flow.ends(edge, otherwise);
	else otherwise.branchIf(p.add(I32.load(record, RECORD.length)).gtU(scope.end), { likely: false });
	// Every byte within its bounds?
	const excess = (chunk: number): V128 =>
		V128.load(p, chunk * 16)
			.i8x16.sub(V128.load(record, record_.chunks + chunk * 32))
			.i8x16.subSatU(V128.load(record, record_.chunks + chunk * 32 + 16));
	const wrong = takeVector(scope);
	wrong.set(excess(0));
	for (let chunk = 1; chunk < record_.chunkCount; chunk++) wrong.set(wrong.or(excess(chunk)));
	const name = scope.slot === undefined ? undefined : edge.spots.find((spot) => spot.kind === 'symbol');
	if (scope.slot !== undefined && name !== undefined) {
		const bytes = V128.load(p.add(I32.load(record, RECORD.nameStart)));
		wrong.set(wrong.or(bytes.i8x16.sub(V128.load(scope.slot, EXPRESS_SLOT.name)).i8x16.subSatU(V128.load(scope.slot, EXPRESS_SLOT.limits))));
	}
	otherwise.branchIf(wrong.anyTrue(), { likely: false });
	if (edge.state === machine.states[0]) flow.begin(edge, otherwise);
	for (const spot of edge.spots) emitSpot(scope, edge, spot, record_.values.get(spot) ?? -1, flow, late);
	for (const [spot, offset] of record_.textScales) f.store8(scope.rows.batch.add(scope.rows.row), I32.load(record, offset), spot.column.textScales);
	const numbers = { f, constants: scope.constants, p, record, vector: () => takeVector(scope), at8: scope.rows.at8, at4: scope.rows.at4 };
	for (const pair of record_.pairs) emitPair(numbers, pair);
	// Parts that may be several things are tried in the order of their use; where all is express there is nothing to try.
	f.store(record, scope.slot === undefined ? I32.load(record, RECORD.used).add(1) : I32.of(1), RECORD.used);
	if (scope.slot === undefined && flow.advances !== false) p.set(p.add(I32.load(record, RECORD.length)));
}

function takeVector(scope: Scope): Local<V128> {
	const { all } = scope.vectors;
	const index = scope.vectors.used++;
	const local = all[index] ?? scope.f.local(V128, undefined, `vector${index}`);
	all[index] = local;
	return local;
}

function emitSpot(scope: Scope, edge: Edge, spot: Spot, at: number, flow: Flow, otherwise: Label): void {
	const { f, p, end, record, rows, s, kernels } = scope;
	const start = (): I32 => p.add(I32.load(record, at));
	const length = (): I32 => I32.load(record, at + 4);
	const plainTo = (from: I32, expected: I32): void => otherwise.branchIf((kernels.plainEnd.call(from, end) as I32).ne(expected), { likely: false });
	switch (spot.kind) {
		case 'number':
			if (spot.column.validity >= 0) storeBit(scope, spot.column.validity);
			return;
		case 'symbol': {
			if (scope.slot !== undefined) {
				f.store(rows.at4, I32.load(scope.slot, EXPRESS_SLOT.id), spot.column.values);
				if (spot.column.validity >= 0) storeBit(scope, spot.column.validity);
				return;
			}
			const id = emitFindInline(f, { table: I32.load(s.environment.symbolTables, spot.column.symbolTable * 4), p: start(), length: length(), otherwise: s.kernels.find as Func<I32> });
			otherwise.branchIf(id.ltS(0), { likely: false });
			f.store(rows.at4, id, spot.column.values);
			if (spot.column.validity >= 0) storeBit(scope, spot.column.validity);
			return;
		}
		case 'text': {
			const from = f.local(I32, start(), 'from');
			if (spot.short) {
				const count = f.local(I32, length(), 'length');
				otherwise.branchIf(stringStops(V128.load(from)).ctz().ne(count), { likely: false });
				f.store(rows.at16, inlineView(from, count), spot.column.values);
			} else {
				plainTo(from, from.add(length()));
				const table = flow.table(edge) as TableLayout;
				const fits = s.stores.putText.call(heapOf(rows.batch, table), I32.of(table.textCapacity), rows.at16.add(spot.column.values), from, length()) as I32;
				otherwise.branchIf(fits.eqz(), { likely: false });
			}
			if (spot.column.validity >= 0) storeBit(scope, spot.column.validity);
			return;
		}
		case 'check': {
			const from = f.local(I32, start(), 'from');
			if (spot.short) otherwise.branchIf(stringStops(V128.load(from)).ctz().ne(length()), { likely: false });
			else plainTo(from, from.add(length()));
			return;
		}
		case 'constant':
			if (spot.column.storage === 'bits') storeBit(scope, spot.column.values, I32.load(record, at));
			else f.store(rows.at4, I32.load(record, at), spot.column.values);
			if (spot.column.validity >= 0) storeBit(scope, spot.column.validity);
			return;
		case 'strict': {
			const from = f.local(I32, start(), 'from');
			const after = (scope.strict.get(spot.plan) as Strict).value.call(from, end, rows.batch, rows.row) as I32;
			otherwise.branchIf(after.ne(from.add(length())), { likely: false });
			return;
		}
		case 'null':
			storeNull(f, s.stores, spot.column, rows.batch, rows.row);
			return;
		case 'valid':
			storeBit(scope, spot.column.validity);
	}
}

/** Emits a bit: always 1, or that of `mask`, which is 0 or -1. */
function storeBit(scope: Scope, bitmap: number, mask?: I32): void {
	const { f, rows } = scope;
	const loaded = I32.load8U(rows.bitByte, bitmap);
	if (mask === undefined) f.store8(rows.bitByte, loaded.or(rows.bit), bitmap);
	else {
		const byte = f.local(I32, loaded, 'byte');
		f.store8(rows.bitByte, byte.xor(mask).and(rows.bit).xor(byte), bitmap);
	}
}

/** Which of a row's addresses the edges use. */
function usedWidths(machine: Machine, variant: number): ReadonlySet<number> {
	const used = new Set<number>();
	for (const edge of machine.edges) {
		if (edge.variant !== variant) continue;
		for (const spot of edge.spots) {
			if (spot.kind === 'check' || spot.kind === 'null' || spot.kind === 'strict') continue;
			const { column } = spot;
			if (column.validity >= 0) used.add(0);
			if (column.kind === 'scalar') used.add({ i64: 8, u64: 8, f64: 8, i32: 4, u32: 4, i8: 1, bits: 0, view: 16, offsets: 4 }[column.storage]);
		}
	}
	return used;
}

function placeRow({ rows }: Scope, used: ReadonlySet<number>): void {
	const { batch, row } = rows;
	if (used.has(8)) rows.at8.set(batch.add(row.shl(3)));
	if (used.has(4)) rows.at4.set(batch.add(row.shl(2)));
	if (used.has(16)) rows.at16.set(batch.add(row.shl(4)));
	if (used.has(0)) {
		rows.bitByte.set(batch.add(row.shrU(3)));
		rows.bit.set(I32.of(1).shl(row.and(7)));
	}
}
