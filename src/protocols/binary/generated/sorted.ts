/**
 * Messages sorted by type before they are read. In a stream of mixed types each message's type is a surprise to the
 * processor's branch predictor, which costs more than the message's fields. So a chunk of messages is first put into one
 * list a type, without a branch on the type; then each list is read by a loop of its own, with its shuffles and its
 * batch in registers.
 *
 * ```
 *  workspace   cursors: u32 a class, where its next message goes, padded to 16 | list of class 0: CHUNK × u32 | list of class 1 | …
 *  type table  | size (u32) | offset of the class's cursor (u32) |, one for each type from the least; size 0xFFFFFFFF where it is not sorted
 * ```
 * Rows of a table stay in the order of the messages. Whatever is out of the ordinary (another length, a value that is
 * refused, a name that is new, a batch that becomes full) leaves the chunk to the loop that takes one message at a time:
 * nothing of it is visible before all of it is read.
 */
import type { TableLayout } from '../../../compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR } from '../../../compiler/parser-abi.ts';
import { type Func, type Global, I32, I64, type Local, V128 } from '../../../wasm/index.ts';
import type { MessagePlan } from '../plan.ts';
import type { WireFormat } from '../wire.ts';
import { emitRunAt } from './bodies.ts';
import type { Environment } from './environment.ts';
import { loadInteger, maskKey, widen, windowsOf } from './integers.ts';
import { createRows, createScope, type Scope } from './scope.ts';

/** Messages that are sorted at once. */
const CHUNK = 256;
/** Fewer are not worth it. */
export const LEAST_SORTED = 24;
/** Sorting is tried again after 2^(this - 1) chunks at the latest. */
const MOST_GIVEN_UP = 6;
const NOT_SORTED = 0xffffffff;
/** Types from the least to the largest. */
const MOST_TYPES = 1024;

export interface Sorting {
	/** `sort(descriptors, count, context)`: messages that were read; `rest` says how many are then to be read one by one. */
	readonly sort: Func<I32>;
	readonly rest: Global<I32>;
}

/** Bytes of the workspace. */
export const sortingBytes = (classes: number): number => Math.ceil(classes / 4) * 16 + classes * CHUNK * 4;

/** Messages whose code can run out of order: of fixed size, with rows, and without texts in the heap. */
export function sortable(format: WireFormat, plans: readonly MessagePlan[], isInline: (plan: MessagePlan) => boolean): MessagePlan[] {
	const { type } = format.header;
	if (type === null) return [];
	const types = plans.map(({ message }) => Number(message.type));
	if (Math.max(...types) - Math.min(...types) >= MOST_TYPES) return [];
	const found = plans.filter((plan) => isInline(plan) && plan.table !== null && !plan.message.nodes.some((node) => node.kind === 'struct' || (node.kind === 'text' && node.type.kind !== 'symbol' && node.bytes > 12)));
	return found.length > 1 ? found : [];
}

/** @param workspace offset from the pool's base */
export function emitSorting(e: Environment, format: WireFormat, plans: readonly MessagePlan[], sorted: readonly MessagePlan[], workspace: number): Sorting {
	const { m, pool } = e;
	const { header } = format;
	const rest = m.global(I32, 0, { name: 'rest', mutable: true });
	/** Chunks that were given up one after the other: where that goes on, sorting is tried less and less often. */
	const givenUp = m.global(I32, 0, { name: 'givenUp', mutable: true });
	const types = plans.map(({ message }) => Number(message.type));
	const place = header.type as NonNullable<typeof header.type>;
	// A type of one byte is always in a table of 256.
	const [least, most] = place.bytes === 1 ? [0, 255] : [Math.min(...types), Math.max(...types)];
	const entries = new Uint32Array((most - least + 1) * 2).fill(NOT_SORTED);
	for (const [index, plan] of sorted.entries()) entries.set([plan.size as number, workspace + index * 4], (Number(plan.message.type) - least) * 2);
	const table = pool.add(new Uint8Array(entries.buffer));
	const lists = workspace + Math.ceil(sorted.length / 4) * 16;
	/** Receive times are in the descriptors, and their places are the messages' numbers, so these are listed; else the messages themselves. */
	const byDescriptor = sorted.some(({ table: own }) => own !== null && (own.received >= 0 || own.sequence >= 0));

	const readers = sorted.map((plan) => emitList(e, format, plan, plan.table as TableLayout, byDescriptor));

	const sort = m.func('sort', { params: { descriptors: I32, count: I32, context: I32 }, results: [I32] }, (f, { descriptors, count, context }) => {
		const base = f.local(I32, pool.base, 'base');
		const chunk = f.local(I32, I32.select(count.ltU(CHUNK), count, I32.of(CHUNK)), 'chunk');
		const end = f.local(I32, descriptors.add(chunk.shl(4)), 'end');
		const descriptor = f.local(I32, descriptors, 'descriptor');
		const p = f.local(I32, undefined, 'p');
		const entry = f.local(I64, undefined, 'entry');
		const cursor = f.local(I32, undefined, 'cursor');
		const next = f.local(I32, undefined, 'next');
		const startOf = (which: number): I32 => base.add(lists + which * CHUNK * 4);
		const lengthOf = (which: number): I32 =>
			I32.load(base, workspace + which * 4)
				.sub(startOf(which))
				.shrU(2);
		for (const which of sorted.keys()) f.store(base, startOf(which), workspace + which * 4);
		const bare: Scope = createScope(e, f, base, p, p);
		f.block((odd) => {
			f.loop((again) => {
				odd.branchIf(descriptor.geU(end));
				p.set(I32.load(descriptor, DESCRIPTOR.offset));
				const type = loadInteger(bare, place, p, place.offset) as I32;
				const index = f.local(I32, least === 0 ? type : type.sub(least), 'index');
				if (place.bytes > 1) odd.branchIf(index.gtU(most - least), { likely: false });
				entry.set(I64.load(base.add(index.shl(3)), table));
				odd.branchIf(entry.wrap().ne(I32.load(descriptor, DESCRIPTOR.length)), { likely: false });
				cursor.set(base.add(entry.shrU(32n).wrap()));
				next.set(I32.load(cursor));
				f.store(next, byDescriptor ? descriptor : p);
				f.store(cursor, next.add(4));
				descriptor.set(descriptor.add(DESCRIPTOR.size));
				again.branch();
			});
		});
		const taken = f.local(I32, descriptor.sub(descriptors).shrU(4), 'taken');
		/** What follows one by one where the chunk ended before a message that is odd. */
		const after = f.local(I32, taken.ltU(chunk), 'after');
		f.block((abandoned) => {
			abandoned.branchIf(taken.ltU(LEAST_SORTED));
			const batches = sorted.map((plan) => f.local(I32, I32.load(context, CONTEXT.variants + plan.index * CONTEXT.variantSize + CONTEXT.variantBatch), 'batch'));
			const lengths = sorted.map((_, which) => f.local(I32, lengthOf(which), 'length'));
			sorted.forEach((plan, which) => {
				const length = lengths[which] as Local<I32>;
				f.if(length, () =>
					abandoned.branchIf(
						I32.load(batches[which] as I32)
							.add(length)
							.gtU(plan.table?.spaces[0]?.capacity ?? 0),
						{ likely: false },
					),
				);
			});
			readers.forEach((reader, which) => {
				const length = lengths[which] as Local<I32>;
				f.if(length, () => abandoned.branchIf(reader.call(startOf(which), length, batches[which] as I32).eqz(), { likely: false }));
			});
			sorted.forEach((_, which) => {
				f.store(batches[which] as I32, I32.load(batches[which] as I32).add(lengths[which] as Local<I32>), 0);
			});
			rest.set(f, after);
			givenUp.set(f, I32.of(0));
			f.return(taken);
		});
		f.if(givenUp.ltU(MOST_GIVEN_UP), () => givenUp.set(f, givenUp.add(1)));
		// The first one again and again is a batch that is full, or a name that is new: nothing to wait for.
		rest.set(f, taken.add(after).shl(givenUp.sub(1)));
		f.return(I32.of(0));
	});
	return { sort, rest };
}

/** `list(list, length, batch) -> 1 | 0`: reads one list into the rows from the batch's last on; 0 where a message is odd. */
function emitList(e: Environment, { header }: WireFormat, plan: MessagePlan, table: TableLayout, byDescriptor: boolean): Func<I32> {
	return e.m.func(`list of ${plan.message.name}`, { params: { list: I32, length: I32, batch: I32 }, results: [I32] }, (f, { list, length, batch }) => {
		const base = f.local(I32, e.pool.base, 'base');
		const run = plan.body.segments[0];
		const masks = new Map<string, Local<V128>>();
		for (const { mask } of windowsOf(run)) if (!masks.has(maskKey(mask))) masks.set(maskKey(mask), f.local(V128, V128.load(base, e.pool.add(mask)), 'mask'));
		const item = f.local(I32, list, 'item');
		const last = f.local(I32, item.add(length.shl(2)), 'last');
		const row = f.local(I32, I32.load(batch), 'row');
		const entry = f.local(I32, undefined, 'entry');
		const p = f.local(I32, undefined, 'p');
		const rows = createRows(f, batch, row, table.columns, 0);
		const scope: Scope = { ...createScope(e, f, base, p, p), table, batch, rows, masks, finding: true, fail: () => f.return(I32.of(0)) };
		f.loop((next) => {
			if (byDescriptor) {
				entry.set(I32.load(item));
				p.set(I32.load(entry, DESCRIPTOR.offset));
			} else p.set(I32.load(item));
			const isOdd = (condition: I32): void => f.if(condition, () => f.return(I32.of(0)), undefined, { likely: false });
			for (const { place, value } of header.constants) isOdd(widen(loadInteger(scope, place, p, place.offset), false).ne(BigInt.asIntN(64, BigInt(value))));
			if (header.length !== null) isOdd(widen(loadInteger(scope, header.length, p, header.length.offset), false).ne(BigInt((plan.size as number) - header.lengthExcludes)));
			rows.place();
			emitRunAt(scope, run, p, header.size);
			if (table.received >= 0) f.store(batch.add(row.shl(3)), I64.load(entry, DESCRIPTOR.received), table.received);
			e.numbering.store(f, table, batch, row, entry);
			row.set(row.add(1));
			item.set(item.add(4));
			next.branchIf(item.ltU(last));
		});
		f.return(I32.of(1));
	});
}
