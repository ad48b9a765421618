/**
 * A parse that can be taken back: rows and refusals are kept until `commit` hands them out or `rollback` removes them.
 *
 * A row is visible because the counters in its batch's header were raised over it (compiler/batch-layout.ts). So taking
 * rows back is writing the old counters; a batch that was full in between is kept aside until then.
 */
import type { TableLayout } from '../compiler/batch-layout.ts';
import { ERROR_RECORD } from '../compiler/parser-abi.ts';
import type { Arena } from '../memory/index.ts';

/** What a message became, where it is not the index of its variant. */
export const REFUSED = -1;

/** One refused message of a trial. */
export interface HeldRefusal {
	/** Number in the stream. */
	readonly sequence: number;
	readonly category: number;
	readonly offset: number;
}

/** One at a time for each parser; between `begin` and its end the parser's other functions must not be called. */
export interface Trial {
	/** From here on nothing is handed out. @param sequence number of the next message in the stream */
	begin(sequence: number): void;
	/**
	 * Parses up to 4096 messages, which must stay where they are until `commit`. May throw; `rollback` is safe then.
	 *
	 * @param outcomes is told for each message the index of its variant, or {@link REFUSED}. Costs a call for each message
	 */
	parse(descriptors: number, count: number, outcomes?: Int32Array): void;
	readonly refused: readonly HeldRefusal[];
	/** Rows of this trial in one table, batch by batch in order: rows `from` to `to - 1` of the batch at an address. */
	visitRows(table: number, visitor: (address: number, from: number, to: number) => void): void;
	/** Hands out what was kept back. What the user's callbacks throw comes through; what they had not got is lost. */
	commit(): void;
	/** The parser is as it was at `begin`, except that names which came up keep their ids. */
	rollback(): void;
}

/** @internal A batch's room in memory. */
export interface TrialSlot {
	readonly region: { readonly address: number };
	/** The user keeps the batch. */
	retained: boolean;
	/** A trial keeps the batch. */
	held: boolean;
}

/** @internal */
export interface TrialTable<S extends TrialSlot> {
	readonly layout: TableLayout;
	readonly slots: readonly S[];
	current: S;
}

/** @internal What a parser lends to its trial. */
export interface TrialHost<S extends TrialSlot> {
	readonly arena: Arena;
	readonly tables: readonly TrialTable<S>[];
	parse(descriptors: number, count: number, outcomes: Int32Array | undefined): void;
	/** Makes another slot with no rows the table's current one. */
	advance(table: TrialTable<S>): void;
	/** Makes a slot the current one and leaves its rows. */
	resume(table: TrialTable<S>, slot: S): void;
	/** Hands a batch out. */
	deliver(table: TrialTable<S>, slot: S): void;
	/** Hands an error record out. */
	refuse(record: Uint32Array): void;
	renumber(sequence: number): void;
	/** Keeps the counts of the moment; the function returned brings them back. */
	saveCounts(): () => void;
}

/** @internal The parser calls these while a trial runs. */
export interface TrialControl<S extends TrialSlot> extends Trial {
	readonly running: boolean;
	/** Instead of handing a full batch out. */
	keepBatch(table: TrialTable<S>): void;
	/** Instead of handing a refusal out. @param address of its error record */
	keepRefusal(address: number): void;
}

/** @internal */
export function createTrial<S extends TrialSlot>(host: TrialHost<S>): TrialControl<S> {
	const { arena, tables } = host;
	const starts = tables.map(({ layout }) => ({ slot: null as S | null, counters: new Uint32Array((layout.textUsed >>> 2) + 1) }));
	const held: { readonly table: TrialTable<S>; readonly slot: S }[] = [];
	const records: Uint32Array[] = [];
	const refused: HeldRefusal[] = [];
	let running = false;
	let restoreCounts = (): void => {};
	let sequenceBefore = 0;

	const end = (): void => {
		running = false;
		held.length = 0;
		records.length = 0;
		refused.length = 0;
	};
	return {
		get running() {
			return running;
		},
		refused,
		begin(sequence) {
			if (running) throw new Error('tickforge: a trial is running already; commit it or roll it back first');
			running = true;
			sequenceBefore = sequence;
			host.renumber(sequence);
			restoreCounts = host.saveCounts();
			tables.forEach(({ current }, index) => {
				const start = starts[index] as (typeof starts)[number];
				start.slot = current;
				const at = current.region.address >>> 2;
				start.counters.set(arena.u32().subarray(at, at + start.counters.length));
			});
		},
		parse(descriptors, count, outcomes) {
			if (!running) throw new Error('tickforge: no trial is running; begin one first');
			host.parse(descriptors, count, outcomes);
		},
		keepBatch(table) {
			const slot = table.current;
			slot.held = true;
			held.push({ table, slot });
			host.advance(table);
		},
		keepRefusal(address) {
			const at = address >>> 2;
			const record = arena.u32().slice(at, at + (ERROR_RECORD.size >>> 2));
			records.push(record);
			refused.push({
				category: record[ERROR_RECORD.category >>> 2] as number,
				offset: record[ERROR_RECORD.offset >>> 2] as number,
				sequence: (record[(ERROR_RECORD.sequence >>> 2) + 1] as number) * 4294967296 + (record[ERROR_RECORD.sequence >>> 2] as number),
			});
		},
		visitRows(index, visitor) {
			const table = tables[index] as TrialTable<S>;
			const start = starts[index] as (typeof starts)[number];
			let from = start.counters[0] as number;
			const visit = ({ region }: S): void => {
				const to = arena.u32()[region.address >>> 2] as number;
				if (to > from) visitor(region.address, from, to);
				from = 0;
			};
			for (const one of held) if (one.table === table) visit(one.slot);
			visit(table.current);
		},
		commit() {
			const batches = held.slice();
			const refusals = records.slice();
			end();
			try {
				for (const { table, slot } of batches) {
					slot.held = false;
					host.deliver(table, slot);
				}
				for (const record of refusals) host.refuse(record);
			} finally {
				// Where a callback threw.
				for (const { slot } of batches) slot.held = false;
			}
		},
		rollback() {
			restoreCounts();
			host.renumber(sequenceBefore);
			for (const { slot } of held) slot.held = false;
			tables.forEach((table, index) => {
				const start = starts[index] as (typeof starts)[number];
				arena.u32().set(start.counters, (start.slot as S).region.address >>> 2);
				host.resume(table, start.slot as S);
			});
			end();
		},
	};
}
