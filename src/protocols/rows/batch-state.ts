/** What a generated parser does with its context around each message: pending counters, accepted rows, error records. */
import type { SchemaLayout, TableLayout } from '../../compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR, ERROR_CATEGORIES, ERROR_RECORD, STOP } from '../../compiler/parser-abi.ts';
import { type FunctionBuilder, type Global, I32, I64, type Label, type ModuleBuilder } from '../../wasm/index.ts';
import { type Faults, FULL } from './faults.ts';
import type { Pending } from './store.ts';

/** The numbers of messages, for tables that have a column with them. Emits nothing where none has. */
export interface Numbering {
	/** At the start of a call of the parser. */
	begin(f: FunctionBuilder, descriptors: I32, context: I32): void;
	/** Of the message of a descriptor, for a row. */
	store(f: FunctionBuilder, table: TableLayout, batch: I32, row: I32, descriptor: I32): void;
}

/** A call takes its descriptors in order, and each counts: so a message's number is where its descriptor is, and a constant. */
export function createNumbering(m: ModuleBuilder, layout: SchemaLayout): Numbering {
	const base = layout.tables.some(({ sequence }) => sequence >= 0) ? m.global(I64, 0n, { name: 'sequenceBase', mutable: true }) : null;
	return {
		begin(f, descriptors, context) {
			if (base !== null) base.set(f, I64.load(context, CONTEXT.nextSequence).sub(descriptors.shrU(4).extendU()));
		},
		store(f, table, batch, row, descriptor) {
			if (base !== null && table.sequence >= 0) f.store(batch.add(row.shl(3)), base.add(descriptor.shrU(4).extendU()), table.sequence);
		},
	};
}

export interface BatchState {
	/** Emits: the counters of what is pending start at the batch's own; before each try of a message. */
	resetPending(f: FunctionBuilder, table: TableLayout, batch: I32): void;
	/** Emits: the row and all that belongs to it become visible. */
	commit(f: FunctionBuilder, table: TableLayout, batch: I32, row: I32, descriptor: I32): void;
}

export function createBatchState(pending: Pending, numbering: Numbering): BatchState {
	return {
		resetPending(f, table, batch) {
			for (const space of table.spaces.slice(1)) (pending.items[space.index] as Global<I32>).set(f, I32.load(batch, space.counter));
			if (table.textCapacity > 0) pending.text.set(f, I32.load(batch, table.textUsed));
		},
		commit(f, table, batch, row, descriptor) {
			for (const space of table.spaces.slice(1)) f.store(batch, pending.items[space.index] as Global<I32>, space.counter);
			if (table.textCapacity > 0) f.store(batch, pending.text, table.textUsed);
			if (table.received >= 0) f.store(batch.add(row.shl(3)), I64.load(descriptor, DESCRIPTOR.received), table.received);
			numbering.store(f, table, batch, row, descriptor);
			f.store(batch, row.add(1), 0);
		},
	};
}

/** The message that is refused, and what the record says of it. */
export interface RefusedPlace {
	readonly p: I32;
	readonly end: I32;
	readonly context: I32;
	readonly variant: I32;
	readonly variants: readonly { readonly tableIndex: number }[];
	/** Its number, where the context's is not kept up. */
	readonly sequence?: I64;
}

/** Emits: the error record of the message whose fault is set; branches to `stopped` where a batch or the records are full. */
export function emitRefusal(f: FunctionBuilder, faults: Pick<Faults, 'category' | 'at'>, { p, end, context, variant, variants, sequence }: RefusedPlace, stopped: Label): void {
	const category = f.local(I32, faults.category, 'category');
	const at = f.local(I32, faults.at, 'at');
	f.if(category.eq(FULL), () => {
		const batch = f.local(I32, I32.load(context.add(variant.shl(4)), CONTEXT.variants + CONTEXT.variantBatch), 'batch');
		f.if(I32.load(batch).ne(0), () => {
			f.store(context, I32.of(STOP.tableFull), CONTEXT.stop);
			// Which table: variants without one never raise this.
			f.switch(
				variant,
				variants.map((which) => () => f.store(context, I32.of(which.tableIndex), CONTEXT.stopTable)),
				() => undefined,
			);
			stopped.branch();
		});
		category.set(I32.of(ERROR_CATEGORIES['too-large']));
		at.set(p);
	});
	const errors = f.local(I32, I32.load(context, CONTEXT.errorCount), 'errors');
	f.if(errors.geU(I32.load(context, CONTEXT.errorLimit)), () => {
		f.store(context, I32.of(STOP.errorsFull), CONTEXT.stop);
		stopped.branch();
	});
	const record = f.local(I32, I32.load(context, CONTEXT.errors).add(errors.mul(ERROR_RECORD.size)), 'record');
	f.store(record, category, ERROR_RECORD.category);
	f.store(record, at.sub(p), ERROR_RECORD.offset);
	f.store(record, sequence ?? I64.load(context, CONTEXT.nextSequence), ERROR_RECORD.sequence);
	f.store(record, p, ERROR_RECORD.start);
	f.store(record, end.sub(p), ERROR_RECORD.length);
	f.store(record, variant, ERROR_RECORD.variant);
	f.store(record, I32.of(0), ERROR_RECORD.variant + 4);
	f.store(context, errors.add(1), CONTEXT.errorCount);
}
