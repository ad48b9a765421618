/**
 * Messages as encoders write them: fields by number, each that is not repeated at most once. So a field is
 * there where the next bytes are its tag, and else absent: two comparisons, which are predicted, and no jump by what the
 * bytes say. A message that is anything else ends the streak and leaves nothing behind; the general path reads it.
 *
 * Whether a field may start is asked for each field, so that no more than one is read beyond the part that it stands in.
 * Lists are functions of their own, with their rows in registers.
 */
import type { Column, ListColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR } from '../../../compiler/parser-abi.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type Label, type Local } from '../../../wasm/index.ts';
import type { BatchState } from '../../rows/batch-state.ts';
import { bindRows, markRowValid, type Rows } from '../../rows/row-addresses.ts';
import { storeListEnd } from '../../rows/store.ts';
import type { Body, FieldPlan, InstantPlan, MessagePlan, VariantPlan } from '../plan.ts';
import { MOST_FIELD_NUMBER, WIRE } from '../types.ts';
import type { ProtobufFormat } from '../wire.ts';
import { emitFastAbsent, emitFastScalar, emitOpen, emitVarint, type FastValues, type ListFunctions, loadVarintGroups, storeFastNull, type VarintGroups } from './fast-values.ts';

const UNLIKELY = { likely: false } as const;

/** Where code of a streak is. */
export interface StreakScope {
	readonly f: FunctionBuilder;
	readonly s: FastValues;
	/** Address of the constants. */
	readonly base: I32;
	readonly groups: VarintGroups;
	/** What is read stands in the message itself, not in a list. */
	readonly isRoot: boolean;
	/** Unknown fields of the root message are wanted. */
	readonly keepsUnknown: boolean;
	readonly table: TableLayout;
	readonly rows: Rows;
	readonly p: Local<I32>;
	/** Where the part ends that is being read. */
	readonly limit: I32;
	/** The message is not for this path. */
	readonly failed: Label;
}

/** Field numbers that must be there on the way to the member that tells tables apart, the member's last. */
type Way = readonly number[];

/** `streak(descriptors, count, context) -> messages`; null where a variant has nothing that could be read so. */
export function emitStreak(s: FastValues, format: ProtobufFormat, variant: VariantPlan, state: BatchState): Func<I32> | null {
	const { table, unknown } = variant;
	if (table === null) return null;
	const way: Way = format.oneofPath === null || variant.variant.member === null ? [] : [...format.oneofPath, variant.variant.member];
	if (!hasWay(variant.row.body, way)) return null;
	emitListFunctions(s, table, variant.row.body);
	return s.m.func(`streak of ${variant.variant.name}`, { params: { descriptors: I32, count: I32, context: I32 }, results: [I32] }, (f, { descriptors, count, context }) => {
		const base = f.local(I32, s.pool.base, 'base');
		const batch = f.local(I32, I32.load(context, CONTEXT.variants + variant.index * CONTEXT.variantSize + CONTEXT.variantBatch), 'batch');
		s.batch.set(f, batch);
		const row = f.local(I32, I32.load(batch), 'row');
		const room = f.local(I32, I32.of(table.spaces[0]?.capacity ?? 0).sub(row), 'room');
		const descriptor = f.local(I32, descriptors, 'descriptor');
		const last = f.local(I32, descriptors.add(I32.select(count.ltU(room), count, room).shl(4)), 'last');
		state.resetPending(f, table, batch);
		const rows = bindRows(f, batch, row, widthsOf(table.columns, 0));
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		f.block((ended) => {
			const scope: StreakScope = { f, s, base, groups: loadVarintGroups(f, s.pool, base), isRoot: true, keepsUnknown: unknown !== null, table, rows, p, limit: end, failed: ended };
			f.loop((next) => {
				ended.branchIf(descriptor.geU(last), UNLIKELY);
				p.set(I32.load(descriptor, DESCRIPTOR.offset));
				end.set(p.add(I32.load(descriptor, DESCRIPTOR.length)));
				rows.place();
				emitFields(scope, variant.row.body, way);
				ended.branchIf(p.ne(end), UNLIKELY);
				if (unknown !== null) storeFastNull(scope, unknown);
				state.commit(f, table, batch, row, descriptor);
				row.set(row.add(1));
				descriptor.set(descriptor.add(DESCRIPTOR.size));
				next.branch();
			});
		});
		f.return(descriptor.sub(descriptors).shrU(4));
	});
}

function hasWay(body: Body, [step, ...rest]: Way): boolean {
	if (step === undefined) return true;
	const field = body.byNumber.get(step);
	if (field === undefined || field.wireType !== WIRE.bytes) return false;
	return rest.length === 0 || (field.kind === 'message' && field.row === null && hasWay(field.body, rest));
}

/** Widths of the columns in a row space: 0 for bits. */
function widthsOf(columns: readonly Column[], space: number): Set<number> {
	const used = new Set<number>();
	const look = (column: Column): void => {
		if (column.space !== space) return;
		if (column.validity >= 0) used.add(0);
		if (column.kind === 'struct') column.children.forEach(look);
		else if (column.kind === 'list') used.add(4);
		else {
			used.add({ i64: 8, u64: 8, f64: 8, i32: 4, u32: 4, i8: 1, bits: 0, view: 16, offsets: 4 }[column.storage]);
			if (column.textScales >= 0) used.add(1);
		}
	};
	columns.forEach(look);
	return used;
}

/** Emits: a message's fields, by number. */
function emitFields(scope: StreakScope, body: Body, [step, ...rest]: Way): void {
	const { f, failed } = scope;
	const decisive = step === undefined || rest.length > 0 ? -1 : (body.byNumber.get(step)?.oneof ?? -1);
	const fields = body.fields.filter((field) => decisive < 0 || field.oneof !== decisive || field.node.number === step).sort((a, b) => a.node.number - b.node.number);
	const numbers = body.fields.map(({ node }) => node.number).sort((a, b) => a - b);
	/** Whether a member of each oneof was there, where there is more than one. */
	const members = new Map(body.oneofs.flatMap((_, index) => (fields.filter(({ oneof }) => oneof === index).length > 1 ? [[index, f.local(I32, 0, 'member')] as const] : [])));
	for (const field of fields) {
		const member = members.get(field.oneof);
		const mustBe = field.required >= 0 || field.node.number === step;
		const present = (): void => {
			if (member !== undefined) {
				failed.branchIf(member, UNLIKELY);
				member.set(I32.of(1));
			}
			emitPresent(scope, field, field.node.number === step ? rest : []);
		};
		if (mustBe && field.list === null) {
			failed.branchIf(scope.p.geU(scope.limit), UNLIKELY);
			failed.branchIf(isTag(scope, field.node.number, field.wireType).eqz(), UNLIKELY);
			present();
			continue;
		}
		// Fields that nobody knows are looked for only where no known one follows.
		const before = numbers.findLast((number) => number < field.node.number) ?? 0;
		const mayBeUnknown = field.node.number - before > 1 && !dropsNothing(scope, body);
		const reading = (again: Label | null): void =>
			f.block((done) => {
				f.block((absent) => {
					absent.branchIf(scope.p.geU(scope.limit));
					if (field.packable) {
						f.block((other) => {
							other.branchIf(isTag(scope, field.node.number, WIRE.bytes).eqz());
							emitPacked(scope, field);
							done.branch();
						});
					}
					absent.branchIf(isTag(scope, field.node.number, field.wireType).eqz());
					present();
					done.branch();
				});
				if (again !== null) {
					f.if(scope.p.ltU(scope.limit), () => {
						const start = f.local(I32, scope.p, 'start');
						emitUnknown(scope, body, before, field.node.number);
						f.if(scope.p.ne(start), () => again.branch());
					});
				}
				emitMissing(scope, field);
			});
		if (mayBeUnknown) f.loop(reading);
		else reading(null);
	}
	if (!dropsNothing(scope, body)) f.if(scope.p.ltU(scope.limit), () => emitUnknown(scope, body, numbers.at(-1) ?? 0, MOST_FIELD_NUMBER + 1), undefined, UNLIKELY);
}

/** Whether a message's unknown fields are the general path's. */
const dropsNothing = ({ keepsUnknown }: StreakScope, { depth }: Body): boolean => keepsUnknown && depth === 1;

/** Emits: unknown fields from the cursor on, whose numbers lie between two known ones, are skipped. */
function emitUnknown({ s, p, limit, failed }: StreakScope, { depth }: Body, above: number, below: number): void {
	p.set(s.skipUnknown.call(p, limit, I32.of(above), I32.of(below), I32.of(depth)));
	failed.branchIf(p.eqz(), UNLIKELY);
}

/** Bytes of a tag. */
function tagBytes(number: number, wireType: number): number[] {
	const bytes: number[] = [];
	for (let rest = number * 8 + wireType; ; rest = Math.floor(rest / 128)) {
		if (rest < 128) {
			bytes.push(rest);
			return bytes;
		}
		bytes.push((rest % 128) + 128);
	}
}

function isTag({ p }: StreakScope, number: number, wireType: number): I32 {
	const bytes = tagBytes(number, wireType);
	const constant = bytes.reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n);
	switch (bytes.length) {
		case 1:
			return I32.load8U(p).eq(Number(constant));
		case 2:
			return I32.load16U(p).eq(Number(constant));
		case 4:
			return I32.load(p).eq(Number(BigInt.asIntN(32, constant)));
		default:
			return I64.load(p)
				.and((1n << BigInt(bytes.length * 8)) - 1n)
				.eq(constant);
	}
}

/** Emits: what the columns of a field that is not there hold. */
function emitMissing(scope: StreakScope, field: FieldPlan): void {
	if (field.kind === 'skip') return;
	if (field.list !== null) {
		const items = scope.s.stores.pending.items[field.list.itemSpace] as Global<I32>;
		storeRange(scope, field.list, items, items);
		return;
	}
	if (field.column === null) return;
	if (field.kind === 'message' && field.node.presence === 'implicit') {
		markRowValid(scope, field.column);
		for (const inner of field.body.fields) {
			if (inner.required < 0) emitMissing(scope, inner);
			else scope.failed.branch();
		}
		return;
	}
	if (field.kind === 'scalar') emitFastAbsent(scope, field.node.meaning, field.column);
	else if (field.kind === 'instant' && field.node.presence === 'implicit') {
		scope.f.store(scope.rows.at8, I64.of(0n), field.column.values);
		markRowValid(scope, field.column);
	} else storeFastNull(scope, field.column);
}

function storeRange(scope: StreakScope, list: ListColumn, start: I32, end: I32): void {
	const { f, rows } = scope;
	storeListEnd(f, list.values, rows.batch, rows.row, start, end);
	markRowValid(scope, list);
}

/** Emits: a field whose tag is next. */
function emitPresent(scope: StreakScope, field: FieldPlan, way: Way): void {
	const { f, p } = scope;
	const { number } = field.node;
	if (field.list !== null) {
		emitList(scope, field, field.list, false);
		return;
	}
	const tagSize = tagBytes(number, field.wireType).length;
	p.set(p.add(tagSize));
	switch (field.kind) {
		case 'scalar':
			emitFastScalar(scope, field.node.scalar, field.node.meaning, field.column);
			return;
		case 'instant':
			emitInstant(scope, field);
			return;
		case 'skip': {
			if (!field.node.repeated) {
				emitSkip(scope, field.wireType);
				return;
			}
			f.block((done) => {
				f.loop((again) => {
					emitSkip(scope, field.wireType);
					done.branchIf(p.geU(scope.limit));
					done.branchIf(isTag(scope, number, field.wireType).eqz());
					p.set(p.add(tagSize));
					again.branch();
				});
			});
			return;
		}
		case 'message':
			emitInner(scope, field, way);
	}
}

/** Emits: what is between the ends of a message that is in another one. */
function within(scope: StreakScope, { number, delimited }: { readonly number: number; readonly delimited: boolean }, read: (inner: StreakScope) => void): void {
	const { f, p, failed } = scope;
	if (delimited) {
		read(scope);
		failed.branchIf(p.geU(scope.limit), UNLIKELY);
		failed.branchIf(isTag(scope, number, WIRE.endGroup).eqz(), UNLIKELY);
		p.set(p.add(tagBytes(number, WIRE.endGroup).length));
		return;
	}
	const { start, after } = emitOpen(scope);
	p.set(start);
	const limit = f.local(I32, after, 'innerEnd');
	read({ ...scope, limit });
	failed.branchIf(p.ne(limit), UNLIKELY);
	// The same address: but what follows need not wait for all that was read, only for the length.
	p.set(limit);
}

function emitInner(scope: StreakScope, field: MessagePlan, way: Way): void {
	within(scope, field.node, (inner) => emitFields(inner, field.body, way));
	if (field.column !== null) markRowValid(scope, field.column);
}

function emitInstant(scope: StreakScope, field: InstantPlan): void {
	const { f, failed, rows } = scope;
	const seconds = f.local(I64, 0n, 'seconds');
	const nanoseconds = f.local(I64, 0n, 'nanoseconds');
	within(scope, field.node, (inner) => {
		const { p } = inner;
		const part = (number: number, into: Local<I64>): void =>
			f.block((absent) => {
				absent.branchIf(p.geU(inner.limit));
				absent.branchIf(isTag(inner, number, WIRE.varint).eqz());
				p.set(p.add(1));
				into.set(emitVarint(inner, number === 1 ? 64 : 32));
			});
		part(1, seconds);
		part(2, nanoseconds);
	});
	failed.branchIf(nanoseconds.gtU(999_999_999n), UNLIKELY);
	// The last seconds of an i64's span are the general path's.
	failed.branchIf(seconds.add(9_223_372_035n).gtU(2n * 9_223_372_035n), UNLIKELY);
	if (field.column === null) return;
	f.store(rows.at8, seconds.mul(1_000_000_000n).add(nanoseconds), field.column.values);
	markRowValid(scope, field.column);
}

function emitSkip(scope: StreakScope, wireType: number): void {
	const { p, failed } = scope;
	switch (wireType) {
		case WIRE.varint:
			scope.f.drop(emitVarint(scope, 64));
			return;
		case WIRE.fixed64:
			p.set(p.add(8));
			return;
		case WIRE.fixed32:
			p.set(p.add(4));
			return;
		case WIRE.bytes: {
			const { after } = emitOpen(scope);
			p.set(after);
			return;
		}
		default:
			failed.branch();
	}
}

// Lists

function emitPacked(scope: StreakScope, field: FieldPlan): void {
	const { p } = scope;
	if (field.kind === 'skip') {
		p.set(p.add(tagBytes(field.node.number, WIRE.bytes).length));
		emitSkip(scope, WIRE.bytes);
	} else if (field.list !== null) emitList(scope, field, field.list, true);
}

/** Emits: a list whose first tag is next, with a call. */
function emitList(scope: StreakScope, field: FieldPlan, list: ListColumn, packed: boolean): void {
	const { f, s, p, limit, failed, rows } = scope;
	const items = s.stores.pending.items[list.itemSpace] as Global<I32>;
	const start = f.local(I32, items, 'firstItem');
	const { single, packed: inOne } = s.lists.get(field) as ListFunctions;
	p.set((packed ? inOne : single).call(p, limit, rows.batch));
	failed.branchIf(p.eqz(), UNLIKELY);
	storeRange(scope, list, start, items);
}

/** Makes the functions of all lists in a message, those of inner messages first. */
function emitListFunctions(s: FastValues, table: TableLayout, body: Body): void {
	for (const field of body.fields) {
		if (field.kind === 'message') emitListFunctions(s, table, field.body);
		if (field.list === null) continue;
		const single = emitItems(s, table, field, field.list, false);
		s.lists.set(field, { single, packed: field.packable ? emitItems(s, table, field, field.list, true) : single });
	}
}

function emitItems(s: FastValues, table: TableLayout, field: FieldPlan, list: ListColumn, packed: boolean): Func<I32> {
	return s.m.func(`${packed ? 'packed ' : ''}items ${field.node.name}`, { params: { p: I32, limit: I32, batch: I32 }, results: [I32] }, (f, { p, limit, batch }) => {
		const base = f.local(I32, s.pool.base, 'base');
		const items = s.stores.pending.items[list.itemSpace] as Global<I32>;
		const row = f.local(I32, items, 'row');
		const capacity = table.spaces[list.itemSpace]?.capacity ?? 0;
		const rows = bindRows(f, batch as Local<I32>, row, widthsOf([list.item], list.itemSpace));
		const { number } = field.node;
		f.block((done) => {
			f.block((failed) => {
				const scope: StreakScope = { f, s, base, groups: loadVarintGroups(f, s.pool, base), isRoot: false, keepsUnknown: false, table, rows, p: p as Local<I32>, limit, failed };
				const item = (inner: StreakScope): void => {
					failed.branchIf(row.geU(capacity), UNLIKELY);
					rows.place();
					switch (field.kind) {
						case 'scalar':
							emitFastScalar(inner, field.node.scalar, field.node.meaning, field.column);
							break;
						case 'instant':
							emitInstant(inner, field);
							break;
						case 'message':
							emitInner(inner, field, []);
					}
					row.set(row.add(1));
				};
				if (packed) {
					p.set(p.add(tagBytes(number, WIRE.bytes).length));
					const { start, after } = emitOpen(scope);
					p.set(start);
					const inner = { ...scope, limit: f.local(I32, after, 'packedEnd') };
					f.loop((again) => {
						done.branchIf(p.eq(inner.limit));
						failed.branchIf(p.gtU(inner.limit), UNLIKELY);
						item(inner);
						again.branch();
					});
				} else {
					const tagSize = tagBytes(number, field.wireType).length;
					f.loop((again) => {
						p.set(p.add(tagSize));
						item(scope);
						done.branchIf(p.geU(limit));
						again.branchIf(isTag(scope, number, field.wireType));
					});
					done.branch();
				}
			});
			f.return(I32.of(0));
		});
		items.set(f, row);
		f.return(p);
	});
}
