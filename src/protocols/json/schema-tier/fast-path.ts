/**
 * The fast path: straight-line code for a message written the way the schema is: keys in order, no white space. The
 * text between values is compared as constants, values are converted where they stand.
 *
 * It never reports a fault. Where a value is spelled in another way, the strict function of that value takes it. Where
 * the text between values differs (another key order, an unknown key, white space), the strict functions of the open
 * containers take the rest of the message. Where those fail, the whole message is parsed again by the strict path,
 * which alone knows what is wrong.
 *
 * It does not check the message's end: text beyond it may be read (never written), and a cursor that ends beyond the
 * message makes the caller discard all and parse strictly. So one comparison a message replaces one a byte.
 */
import type { TableLayout } from '../../../compiler/batch-layout.ts';
import { byTimes } from '../../../compiler/branch-profile.ts';
import { type DigitConstants, type DigitVectors, emitLongDecimal, emitShortDecimal, loadDigitVectors } from '../../../kernels/decimals.ts';
import { F64, type Func, type FunctionBuilder, type Global, I32, I64, type Label, type Local, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import { equalsBytes, equalsWithin } from '../../rows/constants.ts';
import { fixedPoint } from '../../rows/fixed-point.ts';
import { type ConstantPlan, columnOf, type FieldPlan, type ListPlan, type MessagePlan, type ScalarPlan, type TemplatePlan, type TuplePlan, type ValuePlan, type VariantPlan } from '../../rows/plan.ts';
import { createRows, markRowValid, type Rows, storeBit } from '../../rows/row-addresses.ts';
import { heapOf, inlineView, storeListEnd, storeNull } from '../../rows/store.ts';
import { bindStringVectors, type StringVectors, stringStops } from './grammar.ts';
import type { Strict } from './strict-containers.ts';
import type { StrictValues } from './strict-values.ts';

export interface FastKernels {
	readonly digits: DigitConstants;
	/** `plainEnd(p, end)`: the closing quote of a string without escapes or non-ASCII bytes that starts at p, or 0. */
	readonly plainEnd: Func;
	/** Powers of ten as f64, 10^0 to 10^15, in the constant pool. */
	readonly powersF64: number;
}

interface Common {
	readonly m: ModuleBuilder;
	readonly s: StrictValues;
	readonly kernels: FastKernels;
	readonly table: TableLayout;
	readonly strict: ReadonlyMap<ValuePlan, Strict>;
}

/** A container that is open at some point of the straight-line code, and how much of it has been read there. */
interface Open {
	readonly plan: MessagePlan | TuplePlan;
	/** Object: mask of fields read for certain. Tuple: elements read, -1 where that depends on the message. */
	seen: bigint;
	/** Object: the field whose value is being read. Tuple: 1 while an element is. */
	current: bigint;
	/** Object: fields read that may be missing; null where the object has none. */
	readonly maybeSeen: Local<I64> | null;
	/** Object without a required field so far: the byte before the next key, `{` or `,`, stands unread at the cursor. */
	readonly separator: Local<I32> | null;
}

/** Constant text that has been expected but not yet compared, and what was open where it starts. */
interface Run {
	text: string;
	handOver: (() => void) | null;
}

interface Scope extends Common {
	readonly f: FunctionBuilder;
	readonly p: Local<I32>;
	readonly end: I32;
	readonly rows: Rows;
	readonly vectors: DigitVectors;
	readonly strings: StringVectors;
	readonly open: Open[];
	readonly run: Run;
	/** Where a container hierarchy that the strict path has finished goes on. */
	readonly finished: Label;
	/** Emits: give up, the caller parses strictly. */
	fail(): void;
}

const encoder = new TextEncoder();

/** Whether the fast path is worth generating: unknown keys to keep need the object's start, so the strict path does all. */
export function hasFastPath(plan: ValuePlan): boolean {
	switch (plan.kind) {
		case 'message':
			return plan.type.unknownKeys !== 'keep' && plan.fields.length <= 64 && plan.fields.every(({ value }) => hasFastPath(value));
		case 'tuple':
			return plan.fields.every(({ value }) => hasFastPath(value));
		case 'list':
			return hasFastPath(plan.item);
		default:
			return true;
	}
}

/** `fast(p, end, batch, row) -> after | 0` for a whole message of a table. */
export function emitFastVariant(m: ModuleBuilder, s: StrictValues, kernels: FastKernels, variant: VariantPlan, strict: ReadonlyMap<ValuePlan, Strict>): Func {
	const table = variant.table as TableLayout;
	const common: Common = { m, s, kernels, table, strict };
	return m.func(`fast ${variant.variant.name}`, { params: { p: I32, end: I32, batch: I32, row: I32 }, results: [I32] }, (f, { p, end, batch, row }) => {
		const rows = createRows(
			f,
			batch,
			row,
			variant.top.fields.map(({ value }) => value),
			0,
		);
		rows.place();
		const vectors = loadDigitVectors(f, kernels.digits);
		const strings = bindStringVectors(f);
		f.block((finished) => {
			const scope: Scope = { ...common, f, p, end, rows, vectors, strings, open: [], run: { text: '', handOver: null }, finished, fail: () => f.return(I32.of(0)) };
			emitWhole(scope, variant.top);
		});
		f.return(p);
	});
}

/** What the strict path must be told of the containers that are open here. */
function snapshot(scope: Scope): { container: Open; seen: bigint }[] {
	return scope.open.map((container) => {
		const { seen, current } = container;
		return { container, seen: container.plan.kind === 'message' ? seen | current : seen < 0n ? seen : seen + current };
	});
}

/** Adds constant text to what is expected at the cursor. */
function expect(scope: Scope, text: string): void {
	if (scope.run.handOver === null) {
		const open = snapshot(scope);
		scope.run.handOver = () => emitHandOver(scope, open);
	}
	scope.run.text += text;
}

/** Emits the comparison of the expected text and moves the cursor past it. */
function flush(scope: Scope): void {
	const { f, p, run } = scope;
	const { text, handOver } = run;
	run.text = '';
	run.handOver = null;
	if (text === '' || handOver === null) return;
	const bytes = encoder.encode(text);
	f.if(equalsWithin(p, scope.end, bytes).eqz(), handOver, undefined, { likely: false });
	p.set(p.add(bytes.length));
}

/** Emits: the strict functions of all open containers, innermost first, read the rest. */
function emitHandOver(scope: Scope, open: readonly { container: Open; seen: bigint }[]): void {
	const { f, p, end, rows, strict, finished } = scope;
	if (open.length === 0 || open.some(({ seen }) => seen < 0n)) {
		scope.fail();
		return;
	}
	for (const { container, seen } of [...open].reverse()) {
		const { resume } = strict.get(container.plan) as Strict;
		if (resume === null) throw new Error('tickforge: a container without a strict function');
		const opening = container.separator === null ? I32.of(0) : container.separator.eq(0x7b);
		const start = f.local(I32, container.separator === null ? p : p.add(opening), 'resumeAt');
		if (container.plan.kind === 'tuple') p.set(resume.call(start, end, rows.batch, rows.row, I32.of(0), I32.of(Number(seen))) as I32);
		else {
			const mask = container.maybeSeen === null ? I64.of(BigInt.asIntN(64, seen)) : container.maybeSeen.or(BigInt.asIntN(64, seen));
			p.set(resume.call(start, end, rows.batch, rows.row, opening, mask) as I32);
		}
		f.if(p.eqz(), () => scope.fail());
	}
	finished.branch();
}

/** Emits: the strict function of one value, in place. */
function strictValue(scope: Scope, plan: ValuePlan): void {
	const { f, p, end, rows, strict } = scope;
	p.set((strict.get(plan) as Strict).value.call(p, end, rows.batch, rows.row) as I32);
	f.if(p.eqz(), () => scope.fail());
}

function emitValue(scope: Scope, plan: ValuePlan): void {
	const { f, p } = scope;
	switch (plan.kind) {
		case 'message':
		case 'tuple':
			if (plan.nullable || startsOptional(plan)) {
				flush(scope);
				emitWhole(scope, plan);
			} else emitStruct(scope, plan);
			return;
		case 'list': {
			flush(scope);
			const list = emitFastList(scope, plan);
			f.if(
				I32.load8U(p).eq(0x5b),
				() => {
					p.set(list.call(p, scope.end, scope.rows.batch, scope.rows.row) as I32);
					f.if(p.eqz(), () => scope.fail());
				},
				() => strictValue(scope, plan),
			);
			return;
		}
		case 'literal':
			emitLiteral(scope, plan);
			return;
		case 'template':
			emitTemplate(scope, plan);
			return;
		case 'skip':
		case 'absent': {
			flush(scope);
			f.block((done) => {
				f.if(I32.load8U(p).eq(0x22), () => {
					const close = f.local(I32, scope.kernels.plainEnd.call(p.add(1), scope.end) as I32, 'close');
					f.if(close, () => {
						p.set(close.add(1));
						done.branch();
					});
				});
				strictValue(scope, plan);
			});
			return;
		}
		case 'scalar':
			flush(scope);
			emitScalar(scope, plan);
	}
}

function emitStruct(scope: Scope, plan: MessagePlan | TuplePlan): void {
	if (plan.kind === 'message') emitObject(scope, plan);
	else emitTuple(scope, plan);
}

/** Whether what follows the opening bracket depends on the message. */
function startsOptional(plan: MessagePlan | TuplePlan): boolean {
	const first = plan.fields.find(({ value }) => value.kind !== 'absent');
	return first?.field.optional ?? false;
}

/**
 * A value with nothing expected before it: the cursor stands at its first byte, and behind its last one afterwards. So
 * where its beginning is spelled in another way, its own strict function can take it.
 */
function emitWhole(scope: Scope, plan: ValuePlan): void {
	const { f, p } = scope;
	if (plan.kind !== 'message' && plan.kind !== 'tuple') {
		emitValue(scope, plan);
		flush(scope);
		return;
	}
	f.block((done) => {
		const otherwise = (): void => {
			strictValue(scope, plan);
			done.branch();
		};
		if (startsOptional(plan)) f.if(I32.load8U(p).ne(plan.kind === 'message' ? 0x7b : 0x5b), otherwise);
		else scope.run.handOver = otherwise;
		emitStruct(scope, plan);
		flush(scope);
	});
}

function emitLiteral(scope: Scope, plan: ConstantPlan): void {
	if (!plan.nullable) {
		expect(scope, JSON.stringify(plan.type.value));
		return;
	}
	flush(scope);
	strictValue(scope, plan);
}

function emitObject(scope: Scope, plan: MessagePlan): void {
	const { f, p, open } = scope;
	const fields = plan.fields.filter(({ value }) => value.kind !== 'absent');
	const bit = (field: FieldPlan): bigint => 1n << BigInt(plan.fields.indexOf(field));
	const anyOptional = fields.some(({ field }) => field.optional);
	const leadingOptional = fields.length > 0 && (fields[0] as FieldPlan).field.optional;
	const keyText = ({ field }: FieldPlan): string => `${JSON.stringify(field.keys[0])}:`;
	const maybeSeen = anyOptional ? f.local(I64, 0n, 'maybeSeen') : null;
	// With a leading optional field the bracket stays unread at the cursor and plays the comma's part for the first key.
	const separator = leadingOptional ? f.local(I32, 0x7b, 'separator') : null;
	let container: Open = { plan, seen: 0n, current: 0n, maybeSeen, separator };
	if (!leadingOptional) expect(scope, '{');
	open.push(container);
	let first = true;
	for (const field of fields) {
		if (!field.field.optional) {
			if (container.separator !== null) {
				const key = encoder.encode(keyText(field));
				const state = snapshot(scope);
				const handOver = (): void => emitHandOver(scope, state);
				flush(scope);
				f.if(
					I32.load8U(p)
						.ne(container.separator)
						.or(equalsWithin(p.add(1), scope.end, key).eqz()),
					handOver,
					undefined,
					{ likely: false },
				);
				p.set(p.add(key.length + 1));
				// From here on the separator is a comma, and the cursor stands behind it.
				open.pop();
				container = { plan, seen: container.seen, current: 0n, maybeSeen, separator: null };
				open.push(container);
			} else expect(scope, (first ? '' : ',') + keyText(field));
			container.current = bit(field);
			emitValue(scope, field.value);
			container.current = 0n;
			container.seen |= bit(field);
			first = false;
			continue;
		}
		flush(scope);
		const sep = container.separator;
		const literal = field.value.kind === 'literal' && !field.value.nullable ? JSON.stringify(field.value.type.value) : '';
		const bytes = encoder.encode((sep === null ? ',' : '') + keyText(field) + literal);
		const there =
			sep === null
				? equalsWithin(p, scope.end, bytes)
				: I32.load8U(p)
						.eq(sep)
						.and(equalsWithin(p.add(1), scope.end, bytes));
		f.if(there, () => {
			p.set(p.add(bytes.length + (sep === null ? 0 : 1)));
			if (literal === '') {
				container.current = bit(field);
				emitWhole(scope, field.value);
				container.current = 0n;
			}
			(maybeSeen as Local<I64>).set((maybeSeen as Local<I64>).or(BigInt.asIntN(64, bit(field))));
			if (sep !== null) sep.set(I32.of(0x2c));
		});
	}
	if (container.separator !== null) {
		flush(scope);
		// `{}`: the bracket has not been passed yet.
		const closeAt = f.local(I32, p.add(container.separator.eq(0x7b)), 'closeAt');
		const state = snapshot(scope);
		const handOver = (): void => emitHandOver(scope, state);
		f.if(I32.load8U(closeAt).ne(0x7d), handOver, undefined, { likely: false });
		p.set(closeAt.add(1));
	} else expect(scope, '}');
	open.pop();
	if (maybeSeen !== null) {
		for (const field of fields) {
			const column = columnOf(field.value);
			if (!field.field.optional || column === null) continue;
			f.if(maybeSeen.and(BigInt.asIntN(64, bit(field))).eqz(), () => storeNull(f, scope.s.stores, column, scope.rows.batch, scope.rows.row));
		}
	}
	markRowValid(scope, plan.column);
}

function emitTuple(scope: Scope, plan: TuplePlan): void {
	const { f, p, open } = scope;
	expect(scope, '[');
	const container: Open = { plan, seen: 0n, current: 0n, maybeSeen: null, separator: null };
	open.push(container);
	plan.fields.forEach((field, index) => {
		if (field.field.optional) {
			flush(scope);
			const column = columnOf(field.value);
			const there = index === 0 ? I32.load8U(p).ne(0x5d) : I32.load8U(p).eq(0x2c);
			container.seen = -1n;
			f.if(
				there,
				() => {
					if (index > 0) p.set(p.add(1));
					emitWhole(scope, field.value);
				},
				() => {
					if (column !== null) storeNull(f, scope.s.stores, column, scope.rows.batch, scope.rows.row);
				},
			);
		} else {
			if (index > 0) expect(scope, ',');
			container.current = 1n;
			emitValue(scope, field.value);
			container.current = 0n;
			container.seen = BigInt(index + 1);
		}
	});
	expect(scope, ']');
	open.pop();
	markRowValid(scope, plan.column);
}

/** A list is a function of its own: its items have their own rows, and the loop its own registers. */
function emitFastList(scope: Scope, plan: ListPlan): Func {
	const { m, s, kernels, table, strict } = scope;
	const column = plan.column;
	if (column === null) throw new Error('tickforge: a list of a table without a column');
	const pending = s.stores.pending.items[column.itemSpace] as Global<I32>;
	const capacity = table.spaces[column.itemSpace]?.capacity ?? 0;
	return m.func(`fast ${plan.path}`, { params: { p: I32, end: I32, batch: I32, parent: I32 }, results: [I32] }, (f, { p, end, batch, parent }) => {
		const start = f.local(I32, pending, 'start');
		const row = f.local(I32, start, 'item');
		const itemPlans = plan.item.kind === 'message' || plan.item.kind === 'tuple' ? [plan.item, ...plan.item.fields.map(({ value }) => value)] : [plan.item];
		const rows = createRows(f, batch, row, itemPlans, column.itemSpace);
		const vectors = loadDigitVectors(f, kernels.digits);
		const strings = bindStringVectors(f);
		p.set(p.add(1));
		f.block((closed) => {
			f.if(I32.load8U(p).eq(0x5d), () => closed.branch());
			f.loop((next) => {
				f.if(row.geU(capacity), () => f.return(I32.of(0)), undefined, { likely: false });
				rows.place();
				f.block((finished) => {
					const inner: Scope = { m, s, kernels, table, strict, f, p, end, rows, vectors, strings, open: [], run: { text: '', handOver: null }, finished, fail: () => f.return(I32.of(0)) };
					emitWhole(inner, plan.item);
				});
				row.set(row.add(1));
				const byte = f.local(I32, I32.load8U(p), 'byte');
				closed.branchIf(byte.eq(0x5d));
				p.set(p.add(1));
				next.branchIf(byte.eq(0x2c));
				f.return(I32.of(0));
			});
		});
		pending.set(f, row);
		storeListEnd(f, column.values, batch, parent, start, row);
		if (column.validity >= 0) f.call(s.stores.setBit, batch.add(column.validity), parent, I32.of(1));
		f.return(p.add(1));
	});
}

function emitTemplate(scope: Scope, plan: TemplatePlan): void {
	const { f, p, kernels } = scope;
	const { prefix, suffix, capture } = plan.type;
	if (plan.nullable || JSON.stringify(prefix) !== `"${prefix}"` || JSON.stringify(suffix) !== `"${suffix}"`) {
		flush(scope);
		strictValue(scope, plan);
		return;
	}
	flush(scope);
	const head = encoder.encode(`"${prefix}`);
	const tail = encoder.encode(suffix);
	f.block((done) => {
		f.block((otherwise) => {
			otherwise.branchIf(equalsWithin(p, scope.end, head).eqz());
			const start = f.local(I32, p.add(head.length), 'start');
			const close = f.local(I32, kernels.plainEnd.call(start, scope.end) as I32, 'close');
			otherwise.branchIf(close.eqz());
			const length = f.local(I32, close.sub(start).sub(tail.length), 'length');
			otherwise.branchIf(length.ltS(0));
			if (tail.length > 0) otherwise.branchIf(equalsBytes(close.sub(tail.length), tail).eqz());
			if (capture?.kind === 'symbol' && plan.column !== null) storeSymbol(scope, plan.column, start, length, otherwise);
			else if (capture?.kind === 'text' && plan.column !== null) storeText(scope, plan.column, start, length, otherwise);
			p.set(close.add(1));
			done.branch();
		});
		strictValue(scope, plan);
	});
}

function storeSymbol(scope: Scope, column: NonNullable<ScalarPlan['column']>, start: I32, length: I32, otherwise: Label): void {
	const { f, s } = scope;
	const tables = s.environment.symbolTables;
	const id = f.local(I32, s.kernels.find.call(I32.load(tables, column.symbolTable * 4), start, length) as I32, 'id');
	otherwise.branchIf(id.ltS(0));
	f.store(scope.rows.at4, id, column.values);
	markRowValid(scope, column);
}

function storeText(scope: Scope, column: NonNullable<ScalarPlan['column']>, start: I32, length: I32, otherwise: Label): void {
	const { f, rows, table, s } = scope;
	f.if(
		length.leU(12),
		() => f.store(rows.at16, inlineView(start, length), column.values),
		() => otherwise.branchIf((s.stores.putText.call(heapOf(rows.batch, table), I32.of(table.textCapacity), rows.at16.add(column.values), start, length) as I32).eqz()),
	);
	markRowValid(scope, column);
}

function emitScalar(scope: Scope, plan: ScalarPlan): void {
	const { f, p, rows, vectors, kernels, s } = scope;
	const { type, column } = plan;
	if (column === null) {
		strictValue(scope, plan);
		return;
	}
	const otherwise = (): void => strictValue(scope, plan);
	const fixed = fixedPoint(type);
	if (fixed !== null) {
		const narrow = type.kind === 'integer' && type.bits === 32;
		if (narrow || (type.kind === 'integer' && !type.signed)) {
			emitUnsignedOrNarrow(scope, plan, otherwise);
			return;
		}
		const emitDecimal = type.kind === 'timestamp' && type.format === 's' ? emitLongDecimal : emitShortDecimal;
		emitDecimal(f, vectors, {
			p,
			scale: fixed.scale,
			// Integers and whole epoch counts: a point, where there is one, is for the strict function.
			point: type.kind === 'decimal' && fixed.scale > 0,
			store: (value) => {
				f.store(rows.at8, value, column.values);
				markRowValid(scope, column);
			},
			...(column.textScales >= 0 ? { storeTextScale: (digits: I32) => f.store8(rows.at1, digits, column.textScales) } : {}),
			otherwise,
		});
		return;
	}
	const afterString = (use: (start: Local<I32>, close: Local<I32>, otherwise: Label) => void): void => {
		f.block((done) => {
			f.block((other) => {
				other.branchIf(I32.load8U(p).ne(0x22));
				const start = f.local(I32, p.add(1), 'start');
				const stops = f.local(I32, stringStops(V128.load(start), scope.strings), 'stops');
				const close = f.local(I32, start.add(stops.ctz()), 'close');
				f.if(
					stops.eqz(),
					() => {
						close.set(kernels.plainEnd.call(start.add(16), scope.end) as I32);
						other.branchIf(close.eqz());
					},
					() => other.branchIf(I32.load8U(close).ne(0x22)),
				);
				use(start, close, other);
				p.set(close.add(1));
				done.branch();
			});
			otherwise();
		});
	};
	switch (type.kind) {
		case 'float':
			emitShortDecimal(f, vectors, {
				p,
				scale: 0,
				point: true,
				store: () => undefined,
				// At most 15 digits and 10^15: both exact as doubles, so one division rounds correctly (Clinger 1990).
				parts: (mantissa, fraction, negative) => {
					const magnitude = f.local(F64, mantissa.toF64S().div(F64.load(vectors.base.add(fraction.shl(3)), kernels.powersF64)), 'magnitude');
					f.store(rows.at8, F64.select(negative, magnitude.neg(), magnitude), column.values);
					markRowValid(scope, column);
				},
				otherwise,
			});
			return;
		case 'flag':
			f.block((done) => {
				const word = f.local(I64, I64.load(p), 'word');
				const isTrue = f.local(I32, word.and(0xffffffffn).eq(0x65757274n), 'isTrue');
				f.if(isTrue.or(word.and(0xffffffffffn).eq(0x65736c6166n)), () => {
					storeBit(scope, column.values, isTrue);
					markRowValid(scope, column);
					p.set(p.add(5).sub(isTrue));
					done.branch();
				});
				otherwise();
			});
			return;
		case 'symbol':
			afterString((start, close, other) => storeSymbol(scope, column, start, close.sub(start), other));
			return;
		case 'text':
			// Empty strings of nullable texts are texts: only numbers and times read them as null.
			afterString((start, close, other) => storeText(scope, column, start, close.sub(start), other));
			return;
		case 'timestamp':
			afterString((start, close, other) => {
				other.branchIf((s.kernels.timestampText.call(start, close) as I32).eqz());
				f.store(rows.at8, s.kernels.nanoseconds, column.values);
				markRowValid(scope, column);
			});
			return;
		case 'enumeration':
			emitEnumeration(scope, plan, otherwise);
	}
}

/** 32-bit and unsigned integers: at most 9 digits, or no minus, are certain to fit; the rest goes to the strict function. */
function emitUnsignedOrNarrow(scope: Scope, plan: ScalarPlan, otherwise: () => void): void {
	const { f, p, rows, vectors } = scope;
	const column = plan.column as NonNullable<ScalarPlan['column']>;
	const narrow = column.storage === 'i32' || column.storage === 'u32';
	f.block((done) => {
		f.block((other) => {
			emitShortDecimal(f, vectors, {
				p,
				scale: 0,
				point: false,
				store: (value) => {
					const signed = f.local(I64, value, 'signed');
					const fits = narrow ? (column.storage === 'i32' ? signed.add(0x80000000n).shrU(32).eqz() : signed.shrU(32).eqz()) : signed.geS(0n);
					other.branchIf(fits.eqz(), { likely: false });
					if (narrow) f.store(rows.at4, signed.wrap(), column.values);
					else f.store(rows.at8, signed, column.values);
					markRowValid(scope, column);
				},
				otherwise: () => other.branch(),
			});
			done.branch();
		});
		otherwise();
	});
}

/** Short listed values are compared with their closing quote as one masked 64-bit load. */
function emitEnumeration(scope: Scope, plan: ScalarPlan, otherwise: () => void): void {
	const { f, p, rows, s } = scope;
	const column = plan.column as NonNullable<ScalarPlan['column']>;
	const values = plan.type.kind === 'enumeration' ? plan.type.values : [];
	const short = values.map((value, id) => ({ bytes: encoder.encode(`${JSON.stringify(value)}`), id })).filter(({ bytes, id }) => bytes.length <= 8 && bytes.length === encoder.encode(values[id]).length + 2);
	f.block((done) => {
		const word = f.local(I64, I64.load(p), 'word');
		// Each ends in a quote, so none is the start of another: at most one is there, in any order.
		const name = (id: number): string => `${plan.path} ${values[id]}`;
		for (const { bytes, id } of byTimes(short, ({ id: which }) => s.times(f.name, name(which)))) {
			const padded = new Uint8Array(8);
			padded.set(bytes);
			const constant = new DataView(padded.buffer).getBigInt64(0, true);
			const mask = BigInt.asIntN(64, (1n << BigInt(bytes.length * 8)) - 1n);
			f.if(
				(bytes.length === 8 ? word : word.and(mask)).eq(constant),
				() => {
					f.store(rows.at4, I32.of(id), column.values);
					markRowValid(scope, column);
					p.set(p.add(bytes.length));
					done.branch();
				},
				undefined,
				{ name: name(id) },
			);
		}
		otherwise();
	});
}

/** See {@link FastKernels.plainEnd}. */
export function emitPlainEnd(m: ModuleBuilder): Func {
	return m.func('plainEnd', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const stops = f.local(I32, undefined, 'stops');
		f.loop((again) => {
			f.if(p.geU(end), () => f.return(I32.of(0)));
			stops.set(stringStops(V128.load(p)));
			f.if(stops.eqz(), () => {
				p.set(p.add(16));
				again.branch();
			});
		});
		p.set(p.add(stops.ctz()));
		f.if(I32.load8U(p).ne(0x22), () => f.return(I32.of(0)));
		f.return(p);
	});
}
