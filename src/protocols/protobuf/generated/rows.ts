/**
 * The general path: fields in any order, once or more, with unknown ones between them. A row starts with what absence means,
 * and what is read is written over it, as reference/rows.ts does. No message has a column within itself, so that of each
 * row of the plan one at most is being read: what is known of it lies in globals.
 */
import type { Column, ListColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type Local } from '../../../wasm/index.ts';
import { markValid, storeListEnd, storeNull } from '../../rows/store.ts';
import type { Body, FieldPlan, InstantPlan, MessagePlan, Row, ScalarPlan, VariantPlan } from '../plan.ts';
import { WIRE } from '../types.ts';
import { emitAbsent, emitRaw, emitWrite, isListed, type Target, type Values } from './values.ts';

/** Receives the root message's unknown fields. */
export interface UnknownFields {
	/** Emits: the bytes from a tag to behind its value are an unknown field's. */
	add(f: FunctionBuilder, at: I32, after: I32): void;
}

interface RowState {
	readonly table: TableLayout | null;
	readonly row: Global<I32>;
	/** Items of the lists in the row, and in their items, before the row's own; by row space. */
	readonly marks: ReadonlyMap<number, Global<I32>>;
	/** Of a map's entry: its value was read last as none that its closed enum lists. */
	readonly unlisted: Global<I32> | null;
	/** The message that is the row itself. */
	readonly body: Body;
	readonly bodies: ReadonlyMap<Body, BodyState>;
	/** Whether fields that must be there have been read. */
	readonly seen: ReadonlyMap<FieldPlan, Global<I32>>;
	readonly instants: ReadonlyMap<FieldPlan, InstantState>;
}
interface BodyState {
	/** The message is there. */
	readonly present: Global<I32>;
	/** Of each oneof: 1 + the index of the field that is set, or 0. */
	readonly members: readonly Global<I32>[];
	/** Writes what absence means into its fields. */
	readonly enter: Func;
	/** Forgets that the message, and what is in it, was there. */
	readonly forget: Func;
}
interface InstantState {
	readonly seconds: Global<I64>;
	readonly nanoseconds: Global<I64>;
}

/** `read(p, end) -> after | 0`: a variant's whole message into a row of its table. */
export function emitMessage(s: Values, variant: VariantPlan, row: Global<I32>, unknown: UnknownFields | null): Func<I32> {
	return emitRow(s, variant.row, { table: variant.table, row, isEntry: false }, null, unknown);
}

interface RowPlace {
	readonly table: TableLayout | null;
	readonly row: Global<I32>;
	readonly isEntry: boolean;
}

/** `read(p, limit) -> after | 0`. @param field of a list's items; null for the root message */
function emitRow(s: Values, plan: Row, { table, row, isEntry }: RowPlace, field: MessagePlan | null, unknown: UnknownFields | null): Func<I32> {
	const { m } = s;
	const { body } = plan;
	const global = (name: string): Global<I32> => m.global(I32, 0, { name: `${name} ${body.path}`, mutable: true });
	const bodies = new Map<Body, BodyState>();
	const seen = new Map(plan.required.map((required) => [required, global(`seen ${required.node.name}`)] as const));
	const instants = new Map<FieldPlan, InstantState>();
	const marks = new Map<number, Global<I32>>();
	const markSpaces = (column: Column): void => {
		if (column.kind === 'struct') column.children.forEach(markSpaces);
		if (column.kind !== 'list') return;
		marks.set(column.itemSpace, global(`mark ${column.itemSpace}`));
		markSpaces(column.item);
	};
	plan.lists.forEach(markSpaces);
	const state: RowState = { table, row, marks, unlisted: isEntry ? global('unlisted') : null, body, bodies, seen, instants };
	const emitBodyState = (of: Body): void => {
		for (const inner of of.fields) {
			if (inner.kind === 'message' && inner.row === null) emitBodyState(inner.body);
			if (inner.kind === 'instant') instants.set(inner, { seconds: m.global(I64, 0n, { name: `seconds ${inner.node.name}`, mutable: true }), nanoseconds: m.global(I64, 0n, { name: `nanoseconds ${inner.node.name}`, mutable: true }) });
		}
		const present = m.global(I32, 0, { name: `present ${of.path}`, mutable: true });
		const members = of.oneofs.map((name) => m.global(I32, 0, { name: `member ${of.path}.${name}`, mutable: true }));
		const enter = m.func(`enter ${of.path}`, { params: {}, results: [] }, (f) => emitEnter(f, s, state, of, present));
		const forget = m.func(`forget ${of.path}`, { params: {}, results: [] }, (f) => {
			present.set(f, I32.of(0));
			for (const member of members) member.set(f, I32.of(0));
			for (const inner of of.fields) {
				forgetField(f, state, inner);
				if (inner.kind === 'message' && inner.row === null) f.call((bodies.get(inner.body) as BodyState).forget);
			}
		});
		bodies.set(of, { present, members, enter, forget });
	};
	emitBodyState(body);
	const read = emitBody(s, state, body, field, unknown);
	return m.func(`row ${body.path}`, { params: { p: I32, limit: I32 }, results: [I32] }, (f, { p, limit }) => {
		for (const [space, mark] of marks) mark.set(f, s.stores.pending.items[space] as Global<I32>);
		state.unlisted?.set(f, I32.of(0));
		const { enter, forget } = bodies.get(body) as BodyState;
		f.call(forget);
		f.call(enter);
		p.set(read.call(p, limit));
		f.if(p.eqz(), () => f.return(I32.of(0)));
		emitRequired(f, s, state, body, p);
		if (table !== null) emitLists(f, s, state, body);
		if (state.unlisted !== null) s.wasUnknown.set(f, state.unlisted);
		f.return(p);
	});
}

/** The message is there: its fields are absent until they are read. */
function emitEnter(f: FunctionBuilder, s: Values, state: RowState, body: Body, present: Global<I32>): void {
	present.set(f, I32.of(1));
	for (const field of body.fields) {
		if (field.node.repeated || field.kind === 'skip') continue;
		if (field.kind === 'message' && field.node.presence === 'implicit') {
			if (field.column !== null) markValid(f, s.stores, field.column, s.batch, state.row);
			f.call((state.bodies.get(field.body) as BodyState).enter);
			continue;
		}
		const { table, row } = state;
		if (table === null || field.column === null) continue;
		if (field.kind === 'scalar') emitAbsent(f, s, field.node.meaning, { column: field.column, table, row });
		else if (field.kind === 'instant' && field.node.presence === 'implicit') {
			f.store(s.batch.add(row.shl(3)), I64.of(0n), field.column.values);
			markValid(f, s.stores, field.column, s.batch, row);
		} else storeNull(f, s.stores, field.column, s.batch, row);
	}
}

function forgetField(f: FunctionBuilder, { seen, instants }: RowState, field: FieldPlan): void {
	seen.get(field)?.set(f, I32.of(0));
	const instant = instants.get(field);
	if (instant === undefined) return;
	instant.seconds.set(f, I64.of(0n));
	instant.nanoseconds.set(f, I64.of(0n));
}

/** `read(p, limit) -> after | 0`: a message's fields, to its end or its group's end tag. */
function emitBody(s: Values, state: RowState, body: Body, field: MessagePlan | null, unknown: UnknownFields | null): Func<I32> {
	const { m, scanner } = s;
	const endTag = field === null || !field.node.delimited ? null : (field.node.number * 8 + WIRE.endGroup) | 0;
	const oneofs = body.oneofs.map((name, index) => emitGiveWay(s, state, body, name, index));
	const reads = new Map(body.fields.map((inner) => [inner, emitField(s, state, body, inner, oneofs)] as const));
	return m.func(`body ${body.path}`, { params: { p: I32, limit: I32 }, results: [I32] }, (f, { p, limit }) => {
		const tag = f.local(I32, undefined, 'tag');
		const at = f.local(I32, undefined, 'tagAt');
		const failed = (): void => f.if(p.eqz(), () => f.return(I32.of(0)), undefined, { likely: false });
		f.block((done) => {
			f.loop((next) => {
				if (endTag === null) done.branchIf(p.geU(limit));
				at.set(p);
				f.if(
					p.ltU(limit).and(I32.load8U(p).sub(8).ltU(0x78)),
					() => {
						// One byte, and no field number 0.
						tag.set(I32.load8U(p));
						p.set(p.add(1));
						f.if(tag.and(7).gtU(WIRE.fixed32), () => scanner.faults.raise(f, 'syntax', at));
					},
					() => {
						tag.set(scanner.tag.call(p, limit));
						p.set(scanner.tagEnd);
						failed();
					},
				);
				if (endTag !== null) done.branchIf(tag.eq(endTag));
				f.block((isUnknown) => {
					for (const [inner, read] of reads) {
						const tagOf = (wireType: number): number => (inner.node.number * 8 + wireType) | 0;
						if (inner.packable) f.if(tag.eq(tagOf(WIRE.bytes)), () => emitPacked(f, s, inner, read, p, limit, next));
						f.if(tag.eq(tagOf(inner.wireType)), () => {
							if (inner.kind === 'skip') {
								p.set(scanner.skip.call(p, tag, at, limit, I32.of(body.depth)));
								failed();
								emitBecome(f, state, body, inner, oneofs);
								next.branch();
								return;
							}
							p.set(read.call(p, limit));
							failed();
							const unlisted = canBeUnlisted(inner);
							if (unlisted && unknown !== null) isUnknown.branchIf(s.wasUnknown);
							next.branch();
						});
					}
					p.set(scanner.skip.call(p, tag, at, limit, I32.of(body.depth)));
					failed();
				});
				unknown?.add(f, at, p);
				next.branch();
			});
		});
		f.return(p);
	});
}

/** Whether what is read may turn out to be an unknown field's. */
function canBeUnlisted(field: FieldPlan): boolean {
	if (field.kind === 'scalar') return field.node.meaning.known !== null;
	return field.kind === 'message' && field.node.isMapEntry;
}

/** Emits: all values of a packed list, from its length on; goes on to `next`. */
function emitPacked(f: FunctionBuilder, { scanner }: Values, { kind }: FieldPlan, read: Func<I32>, p: Local<I32>, limit: I32, next: { branch(): void }): void {
	const end = f.local(I32, scanner.open.call(p, limit), 'packedEnd');
	f.if(end.eqz(), () => f.return(I32.of(0)));
	if (kind === 'skip') p.set(end);
	else {
		p.set(scanner.contentStart);
		f.block((done) => {
			f.loop((again) => {
				done.branchIf(p.geU(end));
				p.set(read.call(p, end));
				f.if(p.eqz(), () => f.return(I32.of(0)));
				again.branch();
			});
		});
	}
	next.branch();
}

/** Emits: the field has a value, its oneof has no other, and nobody misses it. */
function emitBecome(f: FunctionBuilder, state: RowState, body: Body, field: FieldPlan, oneofs: readonly Func[]): void {
	state.seen.get(field)?.set(f, I32.of(1));
	if (field.oneof < 0) return;
	const which = body.fields.indexOf(field) + 1;
	const member = (state.bodies.get(body) as BodyState).members[field.oneof] as Global<I32>;
	f.if(member.ne(which), () => {
		f.call(oneofs[field.oneof] as Func);
		member.set(f, I32.of(which));
	});
}

/** `giveWay()`: nothing of the member that is set stays. */
function emitGiveWay(s: Values, state: RowState, body: Body, name: string, oneof: number): Func {
	return s.m.func(`give way ${body.path}.${name}`, { params: {}, results: [] }, (f) => {
		const member = (state.bodies.get(body) as BodyState).members[oneof] as Global<I32>;
		body.fields.forEach((field, index) => {
			if (field.oneof !== oneof) return;
			f.if(member.eq(index + 1), () => {
				forgetField(f, state, field);
				if (field.kind === 'skip') return;
				if (field.kind === 'message') f.call((state.bodies.get(field.body) as BodyState).forget);
				if (state.table === null || field.column === null) return;
				emitRestore(f, s, state, field.column);
				storeNull(f, s.stores, field.column, s.batch, state.row);
			});
		});
	});
}

/** Emits: the lists in a column have the items that they had before the row. */
function emitRestore(f: FunctionBuilder, s: Values, state: RowState, column: Column): void {
	if (column.kind === 'struct') for (const child of column.children) emitRestore(f, s, state, child);
	if (column.kind !== 'list') return;
	(s.stores.pending.items[column.itemSpace] as Global<I32>).set(f, state.marks.get(column.itemSpace) as Global<I32>);
	emitRestore(f, s, state, column.item);
}

/** Emits: the next row of a list. */
function emitAppend(f: FunctionBuilder, s: Values, { table }: RowState, list: ListColumn, at: I32): Local<I32> {
	const items = s.stores.pending.items[list.itemSpace] as Global<I32>;
	const row = f.local(I32, items, 'item');
	f.if(row.geU(table?.spaces[list.itemSpace]?.capacity ?? 0), () => s.scanner.faults.raise(f, 'full', at));
	items.set(f, row.add(1));
	return row;
}

/** `read(p, limit) -> after | 0`: one value behind its tag. Sets `wasUnknown` of what {@link canBeUnlisted}. */
function emitField(s: Values, state: RowState, body: Body, field: FieldPlan, oneofs: readonly Func[]): Func<I32> {
	const path = `${body.path}.${field.node.name}`;
	switch (field.kind) {
		case 'scalar':
			return emitScalar(s, state, body, field, oneofs, path);
		case 'instant':
			return emitInstant(s, state, body, field, oneofs, path);
		case 'message':
			return field.row === null ? emitStruct(s, state, body, field, oneofs, path) : emitItem(s, state, field, field.row, path);
		case 'skip':
			// Its value is skipped where its tag is read.
			return s.scanner.open;
	}
}

function emitScalar(s: Values, state: RowState, body: Body, field: ScalarPlan, oneofs: readonly Func[], path: string): Func<I32> {
	const { scalar, meaning } = field.node;
	return s.m.func(`value ${path}`, { params: { p: I32, limit: I32 }, results: [I32] }, (f, { p, limit }) => {
		const raw = emitRaw(f, s, scalar, p, limit);
		if (meaning.known !== null) {
			const isUnlisted = f.local(I32, isListed(raw.value as I64, meaning.known).eqz(), 'isUnlisted');
			s.wasUnknown.set(f, isUnlisted);
			if (body === state.body) state.unlisted?.set(f, isUnlisted);
			f.if(isUnlisted, () => f.return(raw.after));
		}
		emitBecome(f, state, body, field, oneofs);
		const { table } = state;
		let target: Target | null = null;
		if (table !== null && field.column !== null) target = { column: field.column, table, row: field.list === null ? state.row : emitAppend(f, s, state, field.list, raw.at) };
		emitWrite(f, s, scalar, meaning, raw, target);
		f.return(raw.after);
	});
}

/** Emits: where the message behind a tag starts and ends; `limit` for a group. */
function emitOpen(f: FunctionBuilder, { scanner }: Values, delimited: boolean, p: Local<I32>, limit: I32): I32 {
	if (delimited) return limit;
	const end = f.local(I32, scanner.open.call(p, limit), 'innerEnd');
	f.if(end.eqz(), () => f.return(I32.of(0)));
	p.set(scanner.contentStart);
	return end;
}

/** A message that is not repeated: in the row of the one that it is in. */
function emitStruct(s: Values, state: RowState, body: Body, field: MessagePlan, oneofs: readonly Func[], path: string): Func<I32> {
	const read = emitBody(s, state, field.body, field, null);
	return s.m.func(`message ${path}`, { params: { p: I32, limit: I32 }, results: [I32] }, (f, { p, limit }) => {
		const end = emitOpen(f, s, field.node.delimited, p, limit);
		emitBecome(f, state, body, field, oneofs);
		const { present, enter } = state.bodies.get(field.body) as BodyState;
		f.if(present.eqz(), () => {
			if (field.column !== null && state.table !== null) markValid(f, s.stores, field.column, s.batch, state.row);
			f.call(enter);
		});
		f.return(read.call(p, end));
	});
}

/** An item of a repeated message, or an entry of a map. */
function emitItem(s: Values, outer: RowState, field: MessagePlan, plan: Row, path: string): Func<I32> {
	const row = s.m.global(I32, 0, { name: `row ${path}`, mutable: true });
	const { isMapEntry, delimited } = field.node;
	const read = emitRow(s, plan, { table: outer.table, row, isEntry: isMapEntry }, field, null);
	return s.m.func(`item ${path}`, { params: { p: I32, limit: I32 }, results: [I32] }, (f, { p, limit }) => {
		const end = emitOpen(f, s, delimited, p, limit);
		if (field.list !== null && outer.table !== null) {
			row.set(f, emitAppend(f, s, outer, field.list, p));
			if (field.column !== null) markValid(f, s.stores, field.column, s.batch, row);
		}
		if (isMapEntry) {
			p.set(read.call(p, end));
			// Whether its value is one was noted by the entry's row, and last.
			if (field.list !== null && outer.table !== null) {
				const items = s.stores.pending.items[field.list.itemSpace] as Global<I32>;
				f.if(s.wasUnknown.and(p.ne(0)), () => items.set(f, items.sub(1)));
			}
			f.return(p);
		} else f.return(read.call(p, end));
	});
}

/** A `google.protobuf.Timestamp`: seconds (1) and nanoseconds (2), of what stands once merged with what stood before. */
function emitInstant(s: Values, state: RowState, body: Body, field: InstantPlan, oneofs: readonly Func[], path: string): Func<I32> {
	const { scanner } = s;
	const { delimited, number, repeated } = field.node;
	return s.m.func(`instant ${path}`, { params: { p: I32, limit: I32 }, results: [I32] }, (f, { p, limit }) => {
		const end = f.local(I32, emitOpen(f, s, delimited, p, limit), 'end');
		const at = f.local(I32, p, 'at');
		emitBecome(f, state, body, field, oneofs);
		const row = field.list === null || state.table === null ? state.row : emitAppend(f, s, state, field.list, at);
		const before = repeated ? null : (state.instants.get(field) as InstantState);
		const seconds = f.local(I64, before?.seconds ?? 0n, 'seconds');
		const nanoseconds = f.local(I64, before?.nanoseconds ?? 0n, 'nanoseconds');
		const tag = f.local(I32, undefined, 'tag');
		const tagAt = f.local(I32, undefined, 'tagAt');
		f.block((done) => {
			f.loop((next) => {
				if (!delimited) done.branchIf(p.geU(end));
				tagAt.set(p);
				tag.set(scanner.tag.call(p, end));
				p.set(scanner.tagEnd);
				f.if(p.eqz(), () => f.return(I32.of(0)));
				if (delimited) done.branchIf(tag.eq((number * 8 + WIRE.endGroup) | 0));
				const varint = (inner: number, set: (value: I64) => void): void =>
					f.if(tag.eq(inner * 8 + WIRE.varint), () => {
						const value = f.local(I64, scanner.varint.call(p, end), 'value');
						p.set(scanner.varintEnd);
						f.if(p.eqz(), () => f.return(I32.of(0)));
						set(value);
						next.branch();
					});
				varint(1, (value) => seconds.set(value));
				varint(2, (value) => nanoseconds.set(value.extend32S()));
				p.set(scanner.skip.call(p, tag, tagAt, end, I32.of(body.depth + 1)));
				f.if(p.eqz(), () => f.return(I32.of(0)));
				next.branch();
			});
		});
		const wrong = (condition: I32): void => f.if(condition, () => scanner.faults.raise(f, 'timestamp', at));
		wrong(nanoseconds.gtU(999_999_999n));
		wrong(seconds.gtS(9_223_372_036n).or(seconds.eq(9_223_372_036n).and(nanoseconds.gtU(854_775_807n))));
		wrong(seconds.ltS(-9_223_372_037n).or(seconds.eq(-9_223_372_037n).and(nanoseconds.ltU(145_224_192n))));
		before?.seconds.set(f, seconds);
		before?.nanoseconds.set(f, nanoseconds);
		if (field.column !== null && state.table !== null) {
			f.store(s.batch.add(row.shl(3)), seconds.mul(1_000_000_000n).add(nanoseconds), field.column.values);
			markValid(f, s.stores, field.column, s.batch, row);
		}
		f.return(p);
	});
}

// The end of a row

function emitRequired(f: FunctionBuilder, s: Values, state: RowState, body: Body, p: I32): void {
	for (const field of body.fields) {
		const seen = state.seen.get(field);
		if (seen !== undefined) f.if(seen.eqz(), () => s.scanner.faults.raise(f, 'missing-field', p));
		if (field.kind === 'message' && field.row === null && hasRequired(field.body)) f.if((state.bodies.get(field.body) as BodyState).present, () => emitRequired(f, s, state, field.body, p));
	}
}

function hasRequired({ fields }: Body): boolean {
	return fields.some((field) => field.required >= 0 || (field.kind === 'message' && field.row === null && hasRequired(field.body)));
}

function emitLists(f: FunctionBuilder, s: Values, state: RowState, body: Body): void {
	for (const field of body.fields) {
		if (field.list !== null) {
			const { list } = field;
			storeListEnd(f, list.values, s.batch, state.row, state.marks.get(list.itemSpace) as Global<I32>, s.stores.pending.items[list.itemSpace] as Global<I32>);
			markValid(f, s.stores, list, s.batch, state.row);
		} else if (field.kind === 'message' && field.row === null && hasLists(field.body)) f.if((state.bodies.get(field.body) as BodyState).present, () => emitLists(f, s, state, field.body));
	}
}

function hasLists({ fields }: Body): boolean {
	return fields.some((field) => field.list !== null || (field.kind === 'message' && field.row === null && hasLists(field.body)));
}
