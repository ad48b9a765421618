/**
 * The fast path: straight-line code for a message written as the schema is, all its objects as maps with their keys in
 * order, or all as arrays. What stands between values is compared as constants, values are converted where they stand.
 *
 * It never reports a fault. Where a value has a format that is not expected, the strict function of that value takes it;
 * where anything else differs, the caller parses the whole message strictly.
 *
 * The end is not checked at each byte. The code knows how far beyond it the cursor may have come (`ahead`), and looks
 * before a load could reach more than READ_BEYOND bytes behind the message. A cursor that ends beyond the message makes the
 * caller discard all.
 */
import type { Column, ScalarColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR, READ_BEYOND } from '../../../compiler/parser-abi.ts';
import { type DigitVectors, digitVectorsInMemory, emitDecimalOfLength } from '../../../kernels/decimals.ts';
import { FORMAT, TIMESTAMP_EXTENSION } from '../../../kernels/messagepack-format.ts';
import { positionsOf } from '../../../schema/discriminants.ts';
import { emitFindInline } from '../../../symbols/index.ts';
import { F64, type Func, type FunctionBuilder, type Global, I32, I64, type Label, type Local, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import type { BatchState } from '../../rows/batch-state.ts';
import { equalsBytes } from '../../rows/constants.ts';
import { fixedPoint } from '../../rows/fixed-point.ts';
import { columnOf, type FieldPlan, type ListPlan, type MessagePlan, type ScalarPlan, type TemplatePlan, type TuplePlan, type ValuePlan, type VariantPlan } from '../../rows/plan.ts';
import { createRows, markRowValid, type Rows, storeBit } from '../../rows/row-addresses.ts';
import { inlineView, lanesBelow, storeListEnd, storeNull } from '../../rows/store.ts';
import type { StrictFunctions } from './containers.ts';
import { bigEndian16, bigEndian32 } from './grammar.ts';
import { arrayHead, constantBytes, mapHead, type SchemaForm, textBytes } from './spelling.ts';
import type { Values } from './values.ts';

interface Common {
	readonly m: ModuleBuilder;
	readonly s: Values;
	readonly form: SchemaForm;
	readonly table: TableLayout;
	readonly strict: StrictFunctions;
	readonly relaxed: boolean;
}

interface Scope extends Common {
	readonly f: FunctionBuilder;
	readonly p: Local<I32>;
	readonly end: I32;
	readonly rows: Rows;
	readonly vectors: DigitVectors;
	/** Lanes that turn around the lowest eight bytes. */
	readonly reverse: Local<V128>;
	/** Where to go to give up: the caller parses strictly. A branch there costs nothing where it is not taken. */
	readonly failed: Label;
	/** How many bytes beyond the message's end the cursor may be. */
	ahead: number;
	/** Constant bytes that have been expected but not yet compared. */
	run: number[];
}

const UNLIKELY = { likely: false };
/** Longest constant that is compared at once. */
const LONGEST_RUN = 48;
/** Most containers' fields for which straight-line code is made; a longer message is read strictly. */
const MOST_FIELDS = 256;

export function hasFastPath(plan: ValuePlan): boolean {
	return fieldCount(plan) <= MOST_FIELDS && !keepsKeys(plan);
}

/** What is kept is collected by the general path. */
function keepsKeys(plan: ValuePlan): boolean {
	if (plan.kind === 'list') return keepsKeys(plan.item);
	return (plan.kind === 'message' && plan.unknownKeys !== null) || ((plan.kind === 'message' || plan.kind === 'tuple') && plan.fields.some(({ value }) => keepsKeys(value)));
}

function fieldCount(plan: ValuePlan): number {
	if (plan.kind === 'list') return fieldCount(plan.item);
	return plan.kind === 'message' || plan.kind === 'tuple' ? plan.fields.reduce((sum, { value }) => sum + fieldCount(value), 0) : 1;
}

/**
 * `fast(descriptor, count, context) -> taken`: reads messages of a table, one after the other, until one is not written
 * as this code expects, or the batch is full. What it takes is in the batch; counters of messages are the caller's.
 */
export function emitFastVariant(m: ModuleBuilder, s: Values, variant: VariantPlan, strict: StrictFunctions, state: BatchState, form: SchemaForm, relaxed: boolean): Func<I32> {
	const table = variant.table as TableLayout;
	return m.func(`fast ${variant.variant.name} as ${form}`, { params: { descriptor: I32, count: I32, context: I32 }, results: [I32] }, (f, { descriptor, count, context }) => {
		const batch = f.local(I32, I32.load(context, CONTEXT.variants + variant.index * CONTEXT.variantSize + CONTEXT.variantBatch), 'batch');
		const row = f.local(I32, I32.load(batch), 'row');
		const first = f.local(I32, descriptor, 'first');
		const room = f.local(I32, I32.of(table.spaces[0]?.capacity ?? 0).sub(row), 'room');
		const last = f.local(I32, descriptor.add(I32.select(count.ltU(room), count, room).shl(4)), 'last');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		const rows = createRows(
			f,
			batch,
			row,
			variant.top.fields.map(({ value }) => value),
			0,
		);
		f.block((failed) => {
			const scope = openScope({ m, s, form, table, strict, relaxed }, f, p, end, rows, failed);
			f.loop((next) => {
				failed.branchIf(descriptor.geU(last));
				p.set(I32.load(descriptor, DESCRIPTOR.offset));
				end.set(p.add(I32.load(descriptor, DESCRIPTOR.length)));
				failed.branchIf(p.geU(end));
				scope.ahead = 0;
				rows.place();
				state.resetPending(f, table, batch);
				emitStruct(scope, variant.top);
				flush(scope);
				failed.branchIf(p.ne(end));
				state.commit(f, table, batch, row, descriptor);
				row.set(row.add(1));
				descriptor.set(descriptor.add(DESCRIPTOR.size));
				next.branch();
			});
		});
		f.return(descriptor.sub(first).shrU(4));
	});
}

function openScope(common: Common, f: FunctionBuilder, p: Local<I32>, end: I32, rows: Rows, failed: Label): Scope {
	const reverse = f.local(V128, V128.bytes(7, 6, 5, 4, 3, 2, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80), 'reverse');
	return { ...common, f, p, end, rows, vectors: digitVectorsInMemory(f, common.s.digits), reverse, failed, ahead: 0, run: [] };
}

// The cursor

/** Emits: where `bytes` from the cursor on may reach beyond what can be read, the cursor must not be beyond the message. */
function need(scope: Scope, bytes: number): void {
	if (scope.ahead + bytes <= READ_BEYOND) return;
	scope.failed.branchIf(scope.p.gtU(scope.end), UNLIKELY);
	scope.ahead = 0;
}

/** Emits: the cursor moves by a constant. */
function advance(scope: Scope, bytes: number): void {
	scope.p.set(scope.p.add(bytes));
}

/** Adds constant bytes to what is expected at the cursor. */
function expect(scope: Scope, bytes: readonly number[]): void {
	scope.run.push(...bytes);
}

/** Emits the comparison of the expected bytes and moves the cursor past them. */
function flush(scope: Scope): void {
	const { p } = scope;
	while (scope.run.length > 0) {
		const bytes = Uint8Array.from(scope.run.splice(0, LONGEST_RUN));
		need(scope, bytes.length);
		scope.failed.branchIf(equalsBytes(p, bytes).eqz(), UNLIKELY);
		advance(scope, bytes.length);
		scope.ahead += bytes.length;
	}
}

/** Emits: the strict function of one value, in place. */
function strictValue(scope: Scope, plan: ValuePlan): void {
	const { p, end, rows, strict } = scope;
	p.set((strict.get(plan) as Func<I32>).call(p, end, rows.batch, rows.row));
	scope.failed.branchIf(p.eqz(), UNLIKELY);
}

/**
 * Emits one value in one of several formats: `formats` emits them, each of which ends with `done`, and goes to `other` with
 * the cursor where it was for all that they do not take.
 *
 * @param most bytes that the cursor moves at most in the formats
 */
function oneOf(scope: Scope, plan: ValuePlan, most: number, formats: (done: Label, other: Label) => void): void {
	const { f } = scope;
	f.block((done) => {
		f.block((other) => formats(done, other));
		strictValue(scope, plan);
	});
	scope.ahead += most;
}

/** Emits one format of several. Where it is this one, the code goes on below: branches that are taken cost more. */
function whereNot(scope: Scope, isOther: I32, format: () => void): void {
	scope.f.block((next) => {
		next.branchIf(isOther);
		format();
	});
}

/** The eight bytes behind the cursor's first, turned around: as an integer or a double, whichever is used. */
function wordBehind(scope: Scope, offset = 1): { integer(): I64; double(): F64 } {
	const loaded = V128.load64Zero(scope.p, offset);
	const bytes = scope.f.local(V128, scope.relaxed ? loaded.relaxedSwizzle(scope.reverse) : loaded.swizzle(scope.reverse), 'word');
	return { integer: () => bytes.i64x2.extractLane(0), double: () => bytes.f64x2.extractLane(0) };
}

/**
 * 1.5 × 2^52: added to a double below 2^51, it rounds that to a whole number, which then stands in the lowest bits (as
 * what they are more than those of this constant). Greater doubles, and those that are no numbers, give more.
 */
const ROUNDING = 1.5 * 2 ** 52;
const ROUNDING_BITS = 0x4338000000000000n;
/** What a double can have in 15 digits. */
const FIFTEEN_DIGITS = 10n ** 15n - 1n;

// Containers

function emitStruct(scope: Scope, plan: MessagePlan | TuplePlan): void {
	if (plan.kind === 'tuple') emitElements(scope, plan.fields);
	else if (scope.form === 'array') {
		const positions = positionsOf(plan.type);
		emitElements(
			scope,
			plan.fields.filter((_, index) => (positions[index] as number) >= 0),
		);
	} else emitMembers(scope, plan);
	markRowValid(scope, plan.column);
}

/** Emits the head of a map of a known size: in one byte, or in three, as some encoders always write it. */
function emitMapHead(scope: Scope, count: number): void {
	const { f, p } = scope;
	if (count > 15) {
		expect(scope, mapHead(count));
		return;
	}
	flush(scope);
	need(scope, 3);
	f.if(I32.load8U(p).ne(FORMAT.fixmap | count), () => {
		scope.failed.branchIf(equalsBytes(p, Uint8Array.of(FORMAT.map16, 0, count)).eqz(), UNLIKELY);
		advance(scope, 2);
	});
	advance(scope, 1);
	scope.ahead += 3;
}

function emitMembers(scope: Scope, plan: MessagePlan): void {
	const { f, p } = scope;
	const fields = plan.fields.filter(({ value }) => value.kind !== 'absent');
	const keyOf = ({ field }: FieldPlan): number[] => textBytes(field.keys[0] as string);
	if (!fields.some(({ field }) => field.optional)) {
		emitMapHead(scope, fields.length);
		for (const field of fields) {
			expect(scope, keyOf(field));
			emitValue(scope, field.value);
		}
		return;
	}
	flush(scope);
	need(scope, 3);
	const left = f.local(I32, I32.load8U(p).xor(FORMAT.fixmap), 'left');
	f.if(left.gtU(15), () => {
		scope.failed.branchIf(I32.load8U(p).ne(FORMAT.map16), UNLIKELY);
		left.set(bigEndian16(p, 1));
		advance(scope, 2);
	});
	advance(scope, 1);
	scope.ahead += 3;
	for (const field of fields) {
		const key = Uint8Array.from(keyOf(field));
		if (!field.field.optional) {
			expect(scope, [...key]);
			emitValue(scope, field.value);
			flush(scope);
			left.set(left.sub(1));
			continue;
		}
		const column = columnOf(field.value);
		const compared = key.subarray(0, LONGEST_RUN);
		need(scope, compared.length);
		const before = scope.ahead;
		const nullWhere = (): void => {
			if (column !== null) storeNull(f, scope.s.stores, column, scope.rows.batch, scope.rows.row);
		};
		f.if(
			left.gtS(0).and(equalsBytes(p, compared)),
			() => {
				advance(scope, compared.length);
				scope.ahead += compared.length;
				expect(scope, [...key.subarray(LONGEST_RUN)]);
				emitValue(scope, field.value);
				flush(scope);
				left.set(left.sub(1));
			},
			nullWhere,
		);
		scope.ahead = Math.max(before, scope.ahead);
	}
	scope.failed.branchIf(left, UNLIKELY);
}

function emitElements(scope: Scope, fields: readonly FieldPlan[]): void {
	const { f, p } = scope;
	const required = fields.reduce((last, { field }, at) => (field.optional ? last : at + 1), 0);
	if (required === fields.length) {
		expect(scope, arrayHead(fields.length));
		for (const { value } of fields) emitValue(scope, value);
		return;
	}
	flush(scope);
	need(scope, 1);
	const count = f.local(I32, I32.load8U(p).xor(FORMAT.fixarray), 'elements');
	scope.failed.branchIf(count.gtU(Math.min(15, fields.length)).or(count.ltU(required)), UNLIKELY);
	advance(scope, 1);
	scope.ahead += 1;
	fields.forEach(({ value }, index) => {
		if (index < required) {
			emitValue(scope, value);
			flush(scope);
			return;
		}
		const column = columnOf(value);
		const before = scope.ahead;
		f.if(
			count.gtU(index),
			() => {
				emitValue(scope, value);
				flush(scope);
			},
			() => {
				if (column !== null) storeNull(f, scope.s.stores, column, scope.rows.batch, scope.rows.row);
			},
		);
		scope.ahead = Math.max(before, scope.ahead);
	});
}

/** A list is a function of its own: its items have their own rows, and the loop its own registers. */
function emitFastList(scope: Scope, plan: ListPlan): Func<I32> {
	const { m, s, table } = scope;
	const { column } = plan;
	if (column === null) throw new Error('tickforge: a list of a table without a column');
	const pending = s.stores.pending.items[column.itemSpace] as Global<I32>;
	const capacity = table.spaces[column.itemSpace]?.capacity ?? 0;
	return m.func(`fast ${plan.path}`, { params: { p: I32, end: I32, batch: I32, parent: I32 }, results: [I32] }, (f, { p, end, batch, parent }) => {
		f.if(p.geU(end), () => f.return(I32.of(0)), undefined, UNLIKELY);
		const byte = f.local(I32, I32.load8U(p), 'byte');
		const left = f.local(I32, undefined, 'left');
		f.block((opened) => {
			f.if(byte.and(0xf0).eq(FORMAT.fixarray), () => {
				left.set(byte.and(0x0f));
				p.set(p.add(1));
				opened.branch();
			});
			f.if(byte.eq(FORMAT.array16), () => {
				left.set(bigEndian16(p, 1));
				p.set(p.add(3));
				opened.branch();
			});
			f.if(byte.ne(FORMAT.array32), () => f.return(I32.of(0)));
			left.set(bigEndian32(p, 1));
			p.set(p.add(5));
		});
		const start = f.local(I32, pending, 'start');
		const row = f.local(I32, start, 'item');
		// More items than there is room for: the strict path says which of the reasons comes first.
		f.if(left.gtU(I32.of(capacity).sub(row)), () => f.return(I32.of(0)), undefined, UNLIKELY);
		const itemPlans = plan.item.kind === 'message' || plan.item.kind === 'tuple' ? [plan.item, ...plan.item.fields.map(({ value }) => value)] : [plan.item];
		const rows = createRows(f, batch, row, itemPlans, column.itemSpace);
		f.block((finished) => {
			f.block((failed) => {
				const inner = openScope(scope, f, p, end, rows, failed);
				f.loop((next) => {
					finished.branchIf(left.eqz());
					failed.branchIf(p.geU(end), UNLIKELY);
					inner.ahead = 0;
					rows.place();
					emitValue(inner, plan.item);
					flush(inner);
					row.set(row.add(1));
					left.set(left.sub(1));
					next.branch();
				});
			});
			f.return(I32.of(0));
		});
		pending.set(f, row);
		storeListEnd(f, column.values, batch, parent, start, row);
		if (column.validity >= 0) f.call(s.stores.setBit, batch.add(column.validity), parent, I32.of(1));
		f.return(p);
	});
}

// Values

function emitValue(scope: Scope, plan: ValuePlan): void {
	const { f, p } = scope;
	if (plan.nullable && plan.kind !== 'literal') {
		flush(scope);
		need(scope, 1);
		const before = scope.ahead;
		const column = columnOf(plan);
		f.if(
			I32.load8U(p).eq(FORMAT.nil),
			() => {
				if (column !== null) storeNull(f, scope.s.stores, column, scope.rows.batch, scope.rows.row);
				advance(scope, 1);
			},
			() => {
				emitPresent(scope, plan);
				flush(scope);
			},
		);
		scope.ahead = Math.max(before + 1, scope.ahead);
		return;
	}
	emitPresent(scope, plan);
}

function emitPresent(scope: Scope, plan: ValuePlan): void {
	const { p } = scope;
	switch (plan.kind) {
		case 'message':
		case 'tuple':
			emitStruct(scope, plan);
			return;
		case 'list': {
			flush(scope);
			const list = emitFastList(scope, plan);
			p.set(list.call(p, scope.end, scope.rows.batch, scope.rows.row));
			scope.failed.branchIf(p.eqz(), UNLIKELY);
			// Behind the last item, or the head of an empty list, which begins within the message.
			scope.ahead = Math.max(5, scope.ahead);
			need(scope, READ_BEYOND);
			return;
		}
		case 'literal':
			if (!plan.nullable) {
				expect(scope, constantBytes(plan.type.value));
				return;
			}
			flush(scope);
			strictValue(scope, plan);
			return;
		case 'template':
			flush(scope);
			emitTemplate(scope, plan);
			return;
		case 'skip':
		case 'absent':
			flush(scope);
			strictValue(scope, plan);
			return;
		case 'scalar':
			flush(scope);
			emitScalar(scope, plan);
	}
}

function emitScalar(scope: Scope, plan: ScalarPlan): void {
	const { column, type } = plan;
	if (column === null) {
		strictValue(scope, plan);
		return;
	}
	switch (type.kind) {
		case 'integer':
		case 'decimal':
			emitNumber(scope, plan, column);
			return;
		case 'timestamp':
			if (type.format === 'rfc3339') strictValue(scope, plan);
			else emitNumber(scope, plan, column);
			return;
		case 'float':
			emitFloat(scope, plan, column);
			return;
		case 'flag':
			emitFlag(scope, plan, column);
			return;
		case 'symbol':
			emitString(scope, plan, (start, length, other) => storeSymbol(scope, column, start, length, other));
			return;
		case 'text':
			emitString(scope, plan, (start, length, other) => storeText(scope, column, start, length, other));
			return;
		case 'bytes':
			emitBytes(scope, plan, column);
			return;
		case 'enumeration':
			emitEnumeration(scope, plan, column);
	}
}

/** What is an integer column, or a fixed-point one: each format is a branch, which is predicted, so that the cursor waits for no byte. */
function emitNumber(scope: Scope, plan: ScalarPlan, column: ScalarColumn): void {
	const { f, p, rows } = scope;
	const { type } = plan;
	const { scale } = fixedPoint(type) as NonNullable<ReturnType<typeof fixedPoint>>;
	const decimal = type.kind === 'decimal';
	const unsigned = type.kind === 'integer' && !type.signed;
	// A decimal's text of a minus and 16 characters is the longest.
	const most = decimal ? 18 : 10;
	need(scope, most);
	oneOf(scope, plan, most, (done, other) => {
		const byte = f.local(I32, I32.load8U(p), 'byte');
		const word = wordBehind(scope);
		const value = f.local(I64, undefined, 'value');
		const store = (stored: I64): void => {
			if (column.storage === 'i32' || column.storage === 'u32') f.store(rows.at4, stored.wrap(), column.values);
			else f.store(rows.at8, stored, column.values);
			markRowValid(scope, column);
		};
		const storeScale = (digits: I32): void => {
			if (column.textScales >= 0) f.store8(rows.at1, digits, column.textScales);
		};
		/** An integer of `bytes` bytes is in `value`. */
		const scaled = (bytes: number, negative: boolean): void => {
			if (column.storage === 'i32') other.branchIf(value.add(0x80000000n).shrU(32n).ne(0n), UNLIKELY);
			else if (column.storage === 'u32') other.branchIf(value.shrU(32n).ne(0n), UNLIKELY);
			else if (unsigned && negative) other.branchIf(value.ltS(0n), UNLIKELY);
			if (scale > 0) {
				const largest = ((1n << 63n) - 1n) / 10n ** BigInt(scale);
				// Numbers of up to 32 bits fit where the scale is small.
				if (bytes > 4 || largest < 1n << 32n) other.branchIf(value.add(largest).gtU(largest * 2n), UNLIKELY);
				store(value.mul(10n ** BigInt(scale)));
			} else store(value);
			storeScale(I32.of(0));
			advance(scope, 1 + bytes);
			done.branch();
		};
		const integers: Record<string, () => void> = {
			uint64: () =>
				whereNot(scope, byte.ne(FORMAT.uint64), () => {
					value.set(word.integer());
					if (!unsigned) other.branchIf(value.ltS(0n), UNLIKELY);
					scaled(8, false);
				}),
			uint32: () =>
				whereNot(scope, byte.ne(FORMAT.uint32), () => {
					value.set(word.integer().shrU(32n));
					scaled(4, false);
				}),
			uint16: () =>
				whereNot(scope, byte.ne(FORMAT.uint16), () => {
					value.set(word.integer().shrU(48n));
					scaled(2, false);
				}),
			uint8: () =>
				whereNot(scope, byte.ne(FORMAT.uint8), () => {
					value.set(word.integer().shrU(56n));
					scaled(1, false);
				}),
			int64: () =>
				whereNot(scope, byte.ne(FORMAT.int64), () => {
					value.set(word.integer());
					scaled(8, true);
				}),
			fixint: () =>
				whereNot(scope, byte.geU(FORMAT.fixmap), () => {
					value.set(byte.extendU());
					scaled(0, false);
				}),
		};
		const emitIntegers = (names: readonly string[]): void => {
			for (const name of names) integers[name]?.();
		};
		/** A float64 that is a decimal of at most 15 digits at this scale: the candidate rounds back to it (kernels/float-decimals.ts). */
		const roundFloat = (scaledBy: number, most: bigint): void => {
			const float = f.local(F64, word.double(), 'float');
			const sum = f.local(F64, (scaledBy === 0 ? float : float.mul(10 ** scaledBy)).add(ROUNDING), 'sum');
			value.set(sum.reinterpretI64().sub(ROUNDING_BITS));
			other.branchIf(value.add(most).gtU(most * 2n), UNLIKELY);
			const candidate = sum.sub(ROUNDING);
			other.branchIf((scaledBy === 0 ? candidate : candidate.div(10 ** scaledBy)).ne(float), UNLIKELY);
		};
		const fromFloat = (): void =>
			whereNot(scope, byte.ne(FORMAT.float64), () => {
				roundFloat(scale, FIFTEEN_DIGITS);
				if (column.storage === 'i32') other.branchIf(value.add(0x80000000n).shrU(32n).ne(0n), UNLIKELY);
				else if (column.storage === 'u32') other.branchIf(value.shrU(32n).ne(0n), UNLIKELY);
				else if (unsigned) other.branchIf(value.ltS(0n), UNLIKELY);
				store(value);
				storeScale(I32.of(-1));
				advance(scope, 9);
				done.branch();
			});
		/** A count of whole seconds, milliseconds … as a double: beyond 15 digits once scaled, and exact all the same. */
		const fromWholeFloat = (): void =>
			whereNot(scope, byte.ne(FORMAT.float64), () => {
				const fits = ((1n << 63n) - 1n) / 10n ** BigInt(scale);
				roundFloat(0, fits < FIFTEEN_DIGITS ? fits : FIFTEEN_DIGITS);
				store(scale === 0 ? value : value.mul(10n ** BigInt(scale)));
				advance(scope, 9);
				done.branch();
			});
		if (decimal) {
			fromFloat();
			whereNot(scope, byte.and(0xe0).ne(FORMAT.fixstr), () => {
				const length = f.local(I32, byte.and(0x1f), 'length');
				const after = f.local(I32, p.add(length).add(1), 'after');
				emitDecimalOfLength(f, scope.vectors, { start: p.add(1), length, scale, store, ...(column.textScales >= 0 ? { storeTextScale: storeScale } : {}), otherwise: other });
				p.set(after);
				done.branch();
			});
			emitIntegers(['uint32', 'uint64', 'fixint', 'uint16', 'uint8', 'int64']);
		} else if (type.kind === 'timestamp') {
			emitIntegers(['uint64']);
			fromWholeFloat();
			whereNot(scope, byte.ne(FORMAT.fixext8).or(I32.load8S(p, 1).ne(TIMESTAMP_EXTENSION)), () => {
				const both = wordBehind(scope, 2);
				const seconds = f.local(I64, both.integer().and((1n << 34n) - 1n), 'seconds');
				const nanoseconds = f.local(I64, both.integer().shrU(34n), 'nanoseconds');
				other.branchIf(nanoseconds.gtU(999999999n).or(seconds.gtU(9223372035n)), UNLIKELY);
				store(seconds.mul(1000000000n).add(nanoseconds));
				advance(scope, 10);
				done.branch();
			});
			emitIntegers(['int64', 'uint32']);
		} else {
			emitIntegers(['uint32', 'uint64']);
			fromFloat();
			emitIntegers(['uint16', 'fixint', 'uint8', 'int64']);
		}
	});
}

function emitFloat(scope: Scope, plan: ScalarPlan, column: ScalarColumn): void {
	const { f, p, rows } = scope;
	need(scope, 9);
	oneOf(scope, plan, 9, (done, other) => {
		other.branchIf(I32.load8U(p).ne(FORMAT.float64), UNLIKELY);
		const value = f.local(F64, wordBehind(scope).double(), 'value');
		// Not a number has one form in columns.
		other.branchIf(value.ne(value), UNLIKELY);
		f.store(rows.at8, value, column.values);
		markRowValid(scope, column);
		advance(scope, 9);
		done.branch();
	});
}

function emitFlag(scope: Scope, plan: ScalarPlan, column: ScalarColumn): void {
	const { f, p } = scope;
	need(scope, 1);
	oneOf(scope, plan, 1, (done, other) => {
		const byte = f.local(I32, I32.load8U(p), 'byte');
		other.branchIf(byte.or(1).ne(FORMAT.true), UNLIKELY);
		storeBit(scope, column.values, byte.and(1));
		markRowValid(scope, column);
		advance(scope, 1);
		done.branch();
	});
}

/** Emits a short str that ends within the message; `use` gets its bytes, of which 16 may be read behind the message. */
function emitString(scope: Scope, plan: ValuePlan, use: (start: Local<I32>, length: Local<I32>, other: Label) => void): void {
	const { f, p, end } = scope;
	need(scope, 1);
	oneOf(scope, plan, 0, (done, other) => {
		const length = f.local(I32, I32.load8U(p).xor(FORMAT.fixstr), 'length');
		other.branchIf(length.gtU(31), UNLIKELY);
		const start = f.local(I32, p.add(1), 'start');
		const after = f.local(I32, start.add(length), 'after');
		other.branchIf(after.gtU(end), UNLIKELY);
		use(start, length, other);
		p.set(after);
		done.branch();
	});
	// A strict function ends within the message, too.
	scope.ahead = 0;
}

/** A bin of up to 12 bytes, which is what ids and hashes in halves are; longer ones go to the heap. */
function emitBytes(scope: Scope, plan: ScalarPlan, column: ScalarColumn): void {
	const { f, p, end, rows } = scope;
	need(scope, 2);
	oneOf(scope, plan, 0, (done, other) => {
		const length = f.local(I32, I32.load8U(p, 1), 'length');
		other.branchIf(I32.load8U(p).ne(FORMAT.bin8), UNLIKELY);
		other.branchIf(length.gtU(12), UNLIKELY);
		const start = f.local(I32, p.add(2), 'start');
		const after = f.local(I32, start.add(length), 'after');
		other.branchIf(after.gtU(end), UNLIKELY);
		f.store(rows.at16, inlineView(start, length), column.values);
		markRowValid(scope, column);
		p.set(after);
		done.branch();
	});
	scope.ahead = 0;
}

function storeSymbol(scope: Scope, column: ScalarColumn, start: I32, length: I32, other: Label): void {
	const { f, s, rows } = scope;
	const table = I32.load(s.environment.symbolTables, column.symbolTable * 4);
	const id = emitFindInline(f, { table, p: start, length, otherwise: s.symbols.find });
	other.branchIf(id.ltS(0), UNLIKELY);
	f.store(rows.at4, id, column.values);
	markRowValid(scope, column);
}

function storeText(scope: Scope, column: ScalarColumn, start: I32, length: I32, other: Label): void {
	const { f, rows } = scope;
	other.branchIf(length.gtU(12), UNLIKELY);
	// Only ASCII is known to be UTF-8 here.
	other.branchIf(V128.load(start).and(lanesBelow(length)).i8x16.bitmask(), UNLIKELY);
	f.store(rows.at16, inlineView(start, length), column.values);
	markRowValid(scope, column);
}

function emitTemplate(scope: Scope, plan: TemplatePlan): void {
	const { type, column } = plan;
	const encoder = new TextEncoder();
	const prefix = encoder.encode(type.prefix);
	const suffix = encoder.encode(type.suffix);
	if (column === null) {
		strictValue(scope, plan);
		return;
	}
	emitString(scope, plan, (start, length, other) => {
		const { f } = scope;
		const captured = f.local(I32, length.sub(prefix.length + suffix.length), 'captured');
		other.branchIf(captured.ltS(0), UNLIKELY);
		other.branchIf(equalsBytes(start, prefix).eqz(), UNLIKELY);
		other.branchIf(equalsBytes(start.add(prefix.length).add(captured), suffix).eqz(), UNLIKELY);
		const from = f.local(I32, start.add(prefix.length), 'from');
		if (type.capture?.kind === 'symbol') storeSymbol(scope, column, from, captured, other);
		else storeText(scope, column, from, captured, other);
	});
}

/** Short listed values are compared with their head as one masked 64-bit load. */
function emitEnumeration(scope: Scope, plan: ScalarPlan, column: ScalarColumn): void {
	const { f, p, rows } = scope;
	const values = plan.type.kind === 'enumeration' ? plan.type.values : [];
	const short = values.map((value, id) => ({ bytes: textBytes(value), id })).filter(({ bytes }) => bytes.length <= 8);
	need(scope, 8);
	oneOf(scope, plan, 8, (done) => {
		const word = f.local(I64, I64.load(p), 'word');
		for (const { bytes, id } of short) {
			const constant = bytes.reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n);
			const mask = (1n << BigInt(bytes.length * 8)) - 1n;
			f.if((bytes.length === 8 ? word : word.and(BigInt.asIntN(64, mask))).eq(BigInt.asIntN(64, constant)), () => {
				f.store(rows.at4, I32.of(id), column.values);
				markRowValid(scope, column as Column);
				advance(scope, bytes.length);
				done.branch();
			});
		}
	});
}
