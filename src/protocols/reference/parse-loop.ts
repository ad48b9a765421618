/** What every reference parser does around one message: counters, error records, and where it stops. */
import type { SchemaLayout, TableLayout } from '../../compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR, ERROR_CATEGORIES, ERROR_RECORD, type ParseFunction, STOP } from '../../compiler/parser-abi.ts';
import { internSymbol } from '../../symbols/index.ts';
import { BatchFull, Refusal } from './refusal.ts';
import { PendingRow } from './rows.ts';

/** A refused message's variant where none was selected. */
const NO_VARIANT = 0xffffffff;

/** Gives a symbol's id, or -1 where the table is full. `table` is an index into `SchemaLayout.symbolTables`. */
export type Intern = (table: number, bytes: Uint8Array) => number;

/** One message, copied out of the arena. */
export interface MessageToRead {
	readonly bytes: Uint8Array;
	readonly intern: Intern;
	readonly scratchSize: number;
}

/** A protocol's own part. Both throw {@link Refusal}; `read` also {@link BatchFull}. */
export interface MessageReader {
	/** Index of the message's variant. */
	select(message: MessageToRead): number;
	/** @param target null for control variants, which have no columns */
	read(message: MessageToRead, variant: number, target: PendingRow | null, table: TableLayout | null): void;
}

type Outcome =
	| { readonly kind: 'accepted'; readonly variant: number }
	| { readonly kind: 'refused'; readonly variant: number; readonly refusal: Refusal }
	/** Does not fit the batch of this table. */
	| { readonly kind: 'full'; readonly table: number };

export function referenceLoop(layout: SchemaLayout, memory: WebAssembly.Memory, reader: MessageReader): ParseFunction {
	const parseOne = (view: DataView, descriptor: number, context: number): Outcome => {
		const bytes = new Uint8Array(memory.buffer, view.getUint32(descriptor + DESCRIPTOR.offset, true), view.getUint32(descriptor + DESCRIPTOR.length, true)).slice();
		const received = view.getBigInt64(descriptor + DESCRIPTOR.received, true);
		const symbolTables = view.getUint32(context + CONTEXT.symbolTables, true);
		const message: MessageToRead = {
			bytes,
			intern: (table, name) => internSymbol(memory, view.getUint32(symbolTables + table * 4, true), name),
			scratchSize: view.getUint32(context + CONTEXT.scratchSize, true),
		};
		let variant = NO_VARIANT;
		let table: TableLayout | null = null;
		let batch = 0;
		try {
			variant = reader.select(message);
			table = layout.tables[layout.tableOfVariant[variant] as number] ?? null;
			batch = view.getUint32(entryOf(context, variant) + CONTEXT.variantBatch, true);
			const target = table === null ? null : new PendingRow(view, table, batch);
			reader.read(message, variant, target, table);
			target?.commit(received);
			return { kind: 'accepted', variant };
		} catch (error) {
			if (error instanceof Refusal) return { kind: 'refused', variant, refusal: error };
			if (!(error instanceof BatchFull) || table === null) throw error;
			if (!PendingRow.batchIsEmpty(view, table, batch)) return { kind: 'full', table: layout.tables.indexOf(table) };
			return { kind: 'refused', variant, refusal: new Refusal('too-large', 0) };
		}
	};

	return (descriptors, count, context) => {
		const view = new DataView(memory.buffer);
		const add = (at: number, by: number): void => view.setUint32(at, view.getUint32(at, true) + by, true);
		const stop = (reason: number, consumed: number): number => {
			view.setUint32(context + CONTEXT.stop, reason, true);
			return consumed;
		};
		for (let index = 0; index < count; index++) {
			const descriptor = descriptors + index * DESCRIPTOR.size;
			const outcome = parseOne(view, descriptor, context);
			const sequence = view.getBigUint64(context + CONTEXT.nextSequence, true);
			switch (outcome.kind) {
				case 'accepted':
					add(entryOf(context, outcome.variant) + CONTEXT.variantMessages, 1);
					break;
				case 'full':
					view.setUint32(context + CONTEXT.stopTable, outcome.table, true);
					return stop(STOP.tableFull, index);
				case 'refused': {
					const errors = view.getUint32(context + CONTEXT.errorCount, true);
					if (errors >= view.getUint32(context + CONTEXT.errorLimit, true)) return stop(STOP.errorsFull, index);
					const record = view.getUint32(context + CONTEXT.errors, true) + errors * ERROR_RECORD.size;
					view.setUint32(record + ERROR_RECORD.category, ERROR_CATEGORIES[outcome.refusal.category], true);
					view.setUint32(record + ERROR_RECORD.offset, outcome.refusal.offset, true);
					view.setBigUint64(record + ERROR_RECORD.sequence, sequence, true);
					view.setUint32(record + ERROR_RECORD.start, view.getUint32(descriptor + DESCRIPTOR.offset, true), true);
					view.setUint32(record + ERROR_RECORD.length, view.getUint32(descriptor + DESCRIPTOR.length, true), true);
					view.setUint32(record + ERROR_RECORD.variant, outcome.variant, true);
					view.setUint32(record + ERROR_RECORD.variant + 4, 0, true);
					add(context + CONTEXT.errorCount, 1);
				}
			}
			view.setBigUint64(context + CONTEXT.nextSequence, sequence + 1n, true);
		}
		return stop(STOP.done, count);
	};
}

/** Address of a variant's entry in the context. */
function entryOf(context: number, variant: number): number {
	return context + CONTEXT.variants + variant * CONTEXT.variantSize;
}
