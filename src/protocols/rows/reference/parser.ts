/** The loop of a parser in plain TypeScript over its messages, whatever their format: batches, counters, error records. */
import type { SchemaLayout, TableLayout } from '../../../compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR, ERROR_CATEGORIES, ERROR_RECORD, type ParseFunction, STOP } from '../../../compiler/parser-abi.ts';
import type { Variant } from '../../../schema/model.ts';
import { internSymbol } from '../../../symbols/index.ts';
import { PendingRow } from './pending-row.ts';
import { BatchFull, Refusal } from './refusal.ts';

/** A refused message's variant where none was selected. */
const NO_VARIANT = 0xffffffff;

/** Gives a symbol's id, or -1 where the table is full. `table` is an index into `SchemaLayout.symbolTables`. */
export type Intern = (table: number, bytes: Uint8Array) => number;

/** What a walk over one message works with. */
export interface MessagePlaces {
	/** Null for control variants, which have no columns. */
	readonly target: PendingRow | null;
	readonly intern: Intern;
	/** A string with escapes that is longer than this cannot be decoded, except as text. */
	readonly scratchSize: number;
}

/** A format's own part: both throw {@link Refusal}, `read` {@link BatchFull}, too. */
export interface ReferenceFormat {
	/** The variant's index. */
	select(message: Uint8Array, scratchSize: number): number;
	/** Reads the whole message into the places. */
	read(message: Uint8Array, variant: Variant, columns: TableLayout['columns'] | null, places: MessagePlaces): void;
}

type Outcome =
	| { readonly kind: 'accepted'; readonly variant: number }
	| { readonly kind: 'refused'; readonly variant: number; readonly refusal: Refusal }
	/** Does not fit the batch of this table. */
	| { readonly kind: 'full'; readonly table: number };

export function createReferenceParser(layout: SchemaLayout, memory: WebAssembly.Memory, format: ReferenceFormat): ParseFunction {
	const { variants } = layout.schema;

	const parseOne = (view: DataView, descriptor: number, context: number): Outcome => {
		const message = new Uint8Array(memory.buffer, view.getUint32(descriptor + DESCRIPTOR.offset, true), view.getUint32(descriptor + DESCRIPTOR.length, true)).slice();
		const received = view.getBigInt64(descriptor + DESCRIPTOR.received, true);
		const scratchSize = view.getUint32(context + CONTEXT.scratchSize, true);
		const symbolTables = view.getUint32(context + CONTEXT.symbolTables, true);
		const intern = (table: number, bytes: Uint8Array): number => internSymbol(memory, view.getUint32(symbolTables + table * 4, true), bytes);

		let variant = NO_VARIANT;
		let table: TableLayout | null = null;
		let batch = 0;
		try {
			variant = format.select(message, scratchSize);
			table = layout.tables[layout.tableOfVariant[variant] as number] ?? null;
			batch = view.getUint32(entryOf(context, variant) + CONTEXT.variantBatch, true);
			const target = table === null ? null : new PendingRow(view, table, batch);
			format.read(message, variants[variant] as Variant, table?.columns ?? null, { target, intern, scratchSize });
			target?.commit(received, view.getBigUint64(context + CONTEXT.nextSequence, true));
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
