/** Bodies in generated code: runs of fixed size as straight-line loads and stores, then what is of variable size. */
import type { Column, ListColumn } from '../../../compiler/batch-layout.ts';
import { F64, I32, I64, type Local, V128 } from '../../../wasm/index.ts';
import { FULL } from '../../rows/faults.ts';
import type { Body, FloatPlan, GroupPlan, NumberPlan, Plan, RunSegment, Segment } from '../plan.ts';
import { fixedSize, type Meaning, type Place, type WireNumber } from '../wire.ts';
import { type LoadedWindow, laneOf, loadFloat, loadInteger, lookUp, type Raw, widen, windowsOf } from './integers.ts';
import { emitMeaning, equalsInteger, type RawRange } from './meanings.ts';
import { emitName, emitText } from './names.ts';
import { createRows, markValid, type Rows, type Scope, scaleKey, storeListRange, storeNull, storeValue } from './scope.ts';

/** A block's own length, in a local, and the address where it stands. */
export interface BlockLength {
	readonly length: I64;
	readonly at: I32;
	/** The block is known to be there as a whole. */
	readonly measured?: boolean;
}

/** Emits a whole body from the cursor on, and moves the cursor behind it. */
export function emitBody(scope: Scope, body: Body, p: Local<I32>, block: BlockLength | null): void {
	const [first, ...rest] = body.segments;
	emitRun(scope, first, p, block);
	for (const segment of rest) emitSegment(scope, segment, p);
}

function emitSegment(scope: Scope, segment: Segment, p: Local<I32>): void {
	if (segment.kind === 'run') emitRun(scope, segment, p, null);
	else emitSingle(scope, segment.plan, p);
}

/** Emits a run that is known to be in the message as a whole, at an offset from an address. */
export function emitRunAt(scope: Scope, run: RunSegment, p: I32, offset: number): void {
	emitEntries(scope, run, p, offset);
}

function emitRun(scope: Scope, run: RunSegment, p: Local<I32>, block: BlockLength | null): void {
	const { f, end, version } = scope;
	const varies = run.steps.length > 1 && !scope.exact;
	if ((block !== null && !scope.exact) || varies) {
		const needed = f.local(I64, BigInt(run.steps[0]?.size ?? 0), 'needed');
		if (version !== null) for (const { since, size } of run.steps.slice(1)) f.if(version.geU(BigInt(since)), () => needed.set(I64.of(BigInt(size))));
		if (block !== null) f.if(block.length.ltU(needed), () => scope.fail('length', block.at), undefined, { likely: false });
		const length = block === null ? needed : block.length;
		f.if(length.gtU(end.sub(p).extendU()), () => scope.fail('truncated', end), undefined, { likely: false });
		emitEntries(scope, run, p, 0);
		p.set(p.add(length.wrap()));
		return;
	}
	if (run.size === 0 && run.entries.length === 0) return;
	if (run.size > 0 && block?.measured !== true) f.if(end.sub(p).ltU(run.size), () => scope.fail('truncated', end), undefined, { likely: false });
	emitEntries(scope, run, p, 0);
	if (run.size > 0) p.set(p.add(run.size));
}

/** Emits a run's entries, all of which are there as far as their version is. */
function emitEntries(scope: Scope, run: RunSegment, p: I32, base: number): void {
	const { f, version } = scope;
	const windows = windowsOf(run).map((window): LoadedWindow => ({ ...window, fields: window.fields.map((field) => ({ ...field, offset: base + field.offset })), lanes: f.local(V128, lookUp(scope, V128.load(p, base + window.offset), window.mask), 'lanes') }));
	for (const { offset, plan } of run.entries) {
		const { since } = plan.node;
		if (since > 0 && version !== null && !scope.exact) {
			f.if(
				version.geU(BigInt(since)),
				() => emitEntry(scope, plan, p, offset, base, []),
				() => storeNull(scope, plan.column),
			);
		} else emitEntry(scope, plan, p, offset, base, windows);
	}
}

/** @param offset of the entry in its run; `base` of that run from p */
function emitEntry(scope: Scope, plan: Plan, p: I32, offset: number, base: number, windows: readonly LoadedWindow[]): void {
	const { f } = scope;
	const at = base + offset;
	switch (plan.kind) {
		case 'number': {
			const { number, meaning, name } = plan.node;
			if (number.kind !== 'integer') throw new Error('tickforge: a varint has no fixed size');
			if (storeLane(scope, plan, at, windows)) return;
			const raw = loadInteger(scope, number, p, at, windows);
			const exponent = exponentOf(scope, plan, p, at + number.bytes);
			emitNumber(scope, name, meaning, plan, raw, { signed: number.signed, bits: number.bytes * 8 }, at === 0 ? p : p.add(at), exponent);
			return;
		}
		case 'bits': {
			const { number, parts } = plan.node;
			const loaded = loadInteger(scope, { ...number, signed: false }, p, at, windows);
			const word = loaded instanceof I64 ? f.local(I64, loaded, 'word') : f.local(I32, loaded, 'word');
			parts.forEach(({ shift, width, meaning }, index) => {
				const part = word instanceof I64 ? word.shrU(BigInt(shift)).wrap() : word.shrU(shift);
				const masked = width === 32 ? part : part.and(2 ** width - 1);
				emitMeaning(scope, meaning, plan.parts[index] ?? null, masked, { signed: false, bits: width }, p.add(at));
			});
			markValid(scope, plan.column);
			return;
		}
		case 'float':
			emitFloat(scope, plan, p, at);
			return;
		case 'text':
			emitText(scope, plan.node, plan.column, at === 0 ? p : p.add(at));
			return;
		case 'struct':
			for (const inner of plan.body.segments[0].entries) emitEntry(scope, inner.plan, p, offset + inner.offset, base, windows);
			markValid(scope, plan.column);
			return;
		case 'array':
			emitItems(scope, plan.column, I32.of(plan.node.count), (itemScope, item) => {
				const width = fixedSize(plan.item.node) ?? 0;
				const place = itemScope.f.local(I32, p.add(item.mul(width)).add(at), 'element');
				emitEntry(itemScope, plan.item, place, 0, 0, []);
			});
			return;
		case 'empty':
			return;
		default:
			throw new Error(`tickforge: a ${plan.kind} has no fixed size`);
	}
}

/** Stores a value that needs nothing but its bytes in order straight from its lane; false where it needs more. */
function storeLane(scope: Scope, { node, column }: NumberPlan, offset: number, windows: readonly LoadedWindow[]): boolean {
	const { f, rows, numbers } = scope;
	if (node.number.kind !== 'integer' || (node.exponentAfter ?? null) !== null || column === null || rows === null || numbers.has(node.name) || !isPlain(node.meaning, node.number)) return false;
	const lane = laneOf(windows, offset, node.number);
	if (lane === null || (node.number.signed && node.number.bytes !== lane.width)) return false;
	const wide = column.storage === 'i64' || column.storage === 'u64';
	if (wide !== (lane.width === 8)) return false;
	if (wide) f.store64Lane(rows.at8, lane.lanes, lane.index, column.values);
	else f.store32Lane(rows.at4, lane.lanes, lane.index, column.values);
	markValid(scope, column);
	return true;
}

/** Whether the column holds the integer as it is. */
function isPlain({ type, nullValue, constant, exponent, base }: Meaning, number: WireNumber): boolean {
	if (type === null || nullValue !== null || constant !== null) return false;
	const all = number.kind === 'integer' && number.bytes === 8 && !number.signed;
	if (type.kind === 'integer') return true;
	if (type.kind === 'decimal') return exponent === -type.scale && !all;
	return type.kind === 'timestamp' && type.format === 'ns' && base === '0' && !all;
}

/** The exponent behind a mantissa, in a local. */
function exponentOf(scope: Scope, { node }: NumberPlan, p: I32, offset: number): I32 | null {
	const { exponentAfter = null } = node;
	if (exponentAfter === null) return null;
	const raw = loadInteger(scope, exponentAfter, p, offset);
	return scope.f.local(I32, raw instanceof I64 ? raw.wrap() : raw, 'exponent');
}

function emitNumber(scope: Scope, name: string, meaning: Meaning, { column }: NumberPlan, raw: Raw, range: RawRange, at: I32, exponent: I32 | null): void {
	const carried = scope.numbers.get(name);
	if (carried === undefined) {
		emitMeaning(scope, meaning, column, raw, range, at, exponent);
		return;
	}
	carried.set(widen(raw, range.signed));
	emitScales(scope, name, carried);
	emitMeaning(scope, meaning, column, raw instanceof I64 ? carried : carried.wrap(), range, at, exponent);
}

/** Emits what a number means as the exponent of others, once for all of them. */
function emitScales(scope: Scope, name: string, carried: I64): void {
	const { f, e, base, scales } = scope;
	for (const [key, { power, limit }] of scales) {
		const scale = Number.parseInt(key, 10);
		if (key !== scaleKey(name, scale)) continue;
		const shift = f.local(I32, carried.wrap().add(scale), 'shift');
		f.if(shift.gtU(18), () => scope.fail('scale', base), undefined, { likely: false });
		const entry = f.local(I32, base.add(shift.shl(3)), 'powerEntry');
		power.set(I64.load(entry, e.powers));
		limit.set(I64.load(entry, e.limits));
	}
}

function emitFloat(scope: Scope, { node, column }: FloatPlan, p: I32, offset: number): void {
	const { f } = scope;
	if (column === null) return;
	const value = f.local(F64, loadFloat(scope, node, p, offset), 'float');
	f.if(
		value.eq(value),
		() => {
			storeValue(scope, column, value);
			markValid(scope, column);
		},
		() => {
			if (node.nullable) storeNull(scope, column);
			else {
				// One NaN for all.
				storeValue(scope, column, I64.of(0x7ff8000000000000n));
				markValid(scope, column);
			}
		},
	);
}

/** Emits what stands alone: under its conditions, and moves the cursor. */
function emitSingle(scope: Scope, plan: Plan, p: Local<I32>): void {
	const { f, version, numbers } = scope;
	const { since, when } = plan.node;
	const conditions: I32[] = [];
	if (since > 0 && version !== null && !scope.exact) conditions.push(version.geU(BigInt(since)));
	if (when !== null) conditions.push((numbers.get(when.map) as Local<I64>).shrU(BigInt(when.bit)).and(1n).wrap());
	const [first, second] = conditions;
	if (first === undefined) {
		emitDynamic(scope, plan, p);
		return;
	}
	f.if(
		second === undefined ? first : first.and(second),
		() => emitDynamic(scope, plan, p),
		() => storeNull(scope, plan.column),
	);
}

function emitDynamic(scope: Scope, plan: Plan, p: Local<I32>): void {
	const { f, start, end } = scope;
	const require = (bytes: number): void => {
		if (bytes > 0) f.if(end.sub(p).ltU(bytes), () => scope.fail('truncated', end), undefined, { likely: false });
	};
	switch (plan.kind) {
		case 'number': {
			const { number, meaning, name } = plan.node;
			const at = f.local(I32, p, 'numberAt');
			const value = emitCursorNumber(scope, number, p);
			const after = plan.node.exponentAfter ?? null;
			if (after !== null) require(after.bytes);
			const exponent = exponentOf(scope, plan, p, 0);
			if (after !== null) p.set(p.add(after.bytes));
			emitNumber(scope, name, meaning, plan, value, rangeOf(number), at, exponent);
			return;
		}
		case 'data': {
			const length64 = f.local(I64, widen(emitCursorNumber(scope, plan.node.length, p), false), 'dataLength64');
			f.if(length64.gtU(end.sub(p).extendU()), () => scope.fail('truncated', end), undefined, { likely: false });
			const length = f.local(I32, length64.wrap(), 'dataLength');
			if (plan.node.type !== null) {
				const { length: number } = plan.node;
				const most = number.kind === 'integer' && number.bytes === 1 ? 255 : Number.MAX_SAFE_INTEGER;
				emitName(scope, { kind: plan.node.type.kind, nullable: plan.node.nullable, most, afterLength: true }, plan.column, p, length);
			}
			p.set(p.add(length));
			return;
		}
		case 'align': {
			const { to } = plan.node;
			const room = f.local(I32, start.sub(p).and(to - 1), 'room');
			f.if(end.sub(p).ltU(room), () => scope.fail('truncated', end), undefined, { likely: false });
			p.set(p.add(room));
			return;
		}
		case 'struct':
			emitBody(scope, plan.body, p, null);
			markValid(scope, plan.column);
			return;
		case 'array': {
			const { item } = plan;
			emitItems(scope, plan.column, I32.of(plan.node.count), (itemScope) => {
				emitDynamic(itemScope, item, p);
			});
			return;
		}
		case 'group':
			emitGroup(scope, plan, p);
			return;
		case 'bits':
		case 'float':
		case 'text':
		case 'empty': {
			const bytes = plan.kind === 'bits' ? plan.node.number.bytes : plan.node.kind === 'stated' ? 0 : plan.node.bytes;
			require(bytes);
			emitEntry(scope, plan, p, 0, 0, []);
			p.set(p.add(bytes));
		}
	}
}

const rangeOf = (number: WireNumber): RawRange => (number.kind === 'integer' ? { signed: number.signed, bits: number.bytes * 8 } : { signed: number.zigzag, bits: 64 });

/** Emits: the number at the cursor, which moves behind it. */
function emitCursorNumber(scope: Scope, number: WireNumber, p: Local<I32>): Raw {
	const { f, e, end } = scope;
	if (number.kind === 'integer') {
		f.if(end.sub(p).ltU(number.bytes), () => scope.fail('truncated', end), undefined, { likely: false });
		const loaded = loadInteger(scope, number, p, 0);
		const value = loaded instanceof I64 ? f.local(I64, loaded, 'number') : f.local(I32, loaded, 'number');
		p.set(p.add(number.bytes));
		return value;
	}
	const value = f.local(I64, e.varint.call(p, end), 'varint');
	f.if(e.varintEnd.eqz(), () => scope.fail(e.category, e.at), undefined, { likely: false });
	p.set(e.varintEnd);
	if (!number.zigzag) return value;
	return f.local(I64, value.shrU(1n).xor(I64.of(0n).sub(value.and(1n))), 'zigzag');
}

function emitGroup(scope: Scope, plan: GroupPlan, p: Local<I32>): void {
	const { f, end } = scope;
	const { count, head, blockLength } = plan.node;
	if (scope.exact && 'offset' in count && count.bytes <= 4 && blockLength !== null && plan.body.segments[0].size < 2 ** 32) {
		emitExactGroup(scope, plan, count, blockLength, p);
		return;
	}
	const counted = f.local(I64, undefined, 'count');
	let block: BlockLength | null = null;
	if (head > 0) f.if(end.sub(p).ltU(head), () => scope.fail('truncated', end), undefined, { likely: false });
	if ('offset' in count) counted.set(widen(loadInteger(scope, count, p, count.offset), false));
	if (blockLength !== null) {
		const length = f.local(I64, widen(loadInteger(scope, blockLength, p, blockLength.offset), false), 'blockLength');
		block = { length, at: f.local(I32, p.add(blockLength.offset), 'blockLengthAt') };
	}
	if ('offset' in count) p.set(p.add(head));
	else counted.set(emitCursorNumber(scope, count, p) as I64);
	// So a count that was forged costs nothing: every item takes a byte at least. Divided, since a product may overflow.
	const left = f.local(I64, end.sub(p).extendU(), 'left');
	const each = block === null ? I64.of(BigInt(Math.max(1, plan.body.least))) : I64.select(block.length.eqz(), I64.of(1n), block.length);
	f.if(counted.gtU(left), () => scope.fail('truncated', end), undefined, { likely: false });
	if (block !== null) f.if(block.length.gtU(left).and(counted.ne(0n)), () => scope.fail('truncated', end), undefined, { likely: false });
	// Both are below 2^32 now.
	f.if(counted.mul(each).gtU(left), () => scope.fail('truncated', end), undefined, { likely: false });
	emitItems(scope, plan.column, counted.wrap(), (itemScope) => {
		emitBody(itemScope, plan.body, p, block);
		if (plan.column !== null) markValid(itemScope, plan.column.item);
	});
}

/** Emits a group whose items have just the bytes that are described: one comparison covers all of them, where nothing of variable size stands between their blocks. */
function emitExactGroup(scope: Scope, plan: GroupPlan, count: Place, blockLength: Place, p: Local<I32>): void {
	const { f, end } = scope;
	const { size } = plan.body.segments[0];
	const wrong = (condition: I32, category: 'truncated' | 'length' | typeof FULL): void => f.if(condition, () => scope.fail(category, end), undefined, { likely: false });
	wrong(end.sub(p).ltU(plan.node.head), 'truncated');
	wrong(equalsInteger(loadInteger(scope, blockLength, p, blockLength.offset), String(size)).eqz(), 'length');
	const counted = f.local(I32, undefined, 'count');
	const loaded = loadInteger(scope, count, p, count.offset) as I32;
	counted.set(loaded);
	p.set(p.add(plan.node.head));
	// Wide enough for 2^32 items of 2^32 bytes.
	const narrow = count.bytes <= 2 && size < 2 ** 16;
	const left = end.sub(p);
	wrong(
		narrow
			? counted.mul(Math.max(1, size)).gtU(left)
			: counted
					.extendU()
					.mul(BigInt(Math.max(1, size)))
					.gtU(left.extendU()),
		'truncated',
	);
	emitItems(scope, plan.column, counted, (itemScope) => {
		emitBody(itemScope, plan.body, p, { length: I64.of(BigInt(size)), at: p, measured: plan.body.segments.length === 1 });
		if (plan.column !== null) markValid(itemScope, plan.column.item);
	});
}

/** Emits a loop over items, each with a row of its own in the list's space. */
function emitItems(scope: Scope, column: ListColumn | null, count: I32, body: (itemScope: Scope, index: I32) => void): void {
	const { f, batch, table } = scope;
	const index = f.local(I32, 0, 'index');
	const most = f.local(I32, count, 'items');
	const list = column === null || table === null || scope.rows === null ? null : column;
	const items = list === null ? null : (scope.items.get(list.itemSpace) as Local<I32>);
	const first = f.local(I32, items ?? 0, 'firstItem');
	let itemScope: Scope = { ...scope, rows: null };
	let rows: Rows | null = null;
	if (list !== null) {
		rows = createRows(f, batch, f.local(I32, undefined, 'item'), itemColumns(list.item), list.itemSpace);
		itemScope = { ...scope, rows };
	}
	const capacity = table?.spaces[list?.itemSpace ?? -1]?.capacity ?? 0;
	const full = (condition: I32): void => f.if(condition, () => scope.fail(FULL, scope.start), undefined, { likely: false });
	// What does not fit fails as a whole: then one comparison is enough.
	if (scope.exact && items !== null) full(most.gtU(I32.of(capacity).sub(items)));
	f.block((done) => {
		done.branchIf(most.eqz());
		f.loop((again) => {
			if (items !== null && rows !== null) {
				if (!scope.exact) full(items.geU(capacity));
				rows.row.set(items);
				items.set(items.add(1));
				rows.place();
			}
			body(itemScope, index);
			index.set(index.add(1));
			again.branchIf(index.ltU(most));
		});
	});
	if (list !== null && items !== null) {
		storeListRange(scope, list, first, items);
		markValid(scope, list);
	}
}

const itemColumns = (item: Column): readonly Column[] => [item];
