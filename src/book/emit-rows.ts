/**
 * Rows of several tables as one order flow. A window of messages is filled table by table, each row at its message's
 * place, and applied from its start: two passes without a surprise, where choosing the next of several rows is one for
 * each message.
 */
import { I32, I64, type ModuleBuilder } from '../wasm/index.ts';
import type { OrderFunctions } from './emit-orders.ts';
import { EVENT, EVENT_KINDS, ROWS, STATE, STOP, WINDOW } from './order-memory.ts';

/** `merge(state, tables, count, events)`: all rows of `count` tables (ROWS); goes on where it had to stop (STATE.stop). */
export function emitRows(m: ModuleBuilder, { apply }: OrderFunctions): void {
	/** `place(state, table, events)`: those rows of a table that are in the window. */
	const place = m.func('placeRows', { params: { state: I32, table: I32, events: I32 }, results: [] }, (f, { state, table, events }) => {
		const column = (field: number, name: string): I32 => f.local(I32, I32.load(table, field), name);
		const first = f.local(I64, I64.load(state, STATE.window), 'first');
		const row = f.local(I32, I32.load(table, ROWS.next), 'row');
		const rows = column(ROWS.rows, 'rows');
		const kind = column(ROWS.kind, 'kind');
		const sequences = column(ROWS.sequence, 'sequences');
		const references = column(ROWS.reference, 'references');
		const distance = f.local(I64, undefined, 'distance');
		const event = f.local(I32, undefined, 'event');
		const used = f.local(I32, I32.load(state, STATE.windowEvents), 'used');
		/** Emits the loop over the rows; `rest` writes what their kind has besides. */
		const eachRow = (rest: (at4: I32, at8: (column: I32) => I32) => void): void => {
			f.block((done) => {
				f.loop((next) => {
					done.branchIf(row.geU(rows));
					distance.set(I64.load(sequences.add(row.shl(3))).sub(first));
					done.branchIf(distance.geU(BigInt(WINDOW)));
					event.set(events.add(distance.wrap().shl(5)));
					used.set(I32.select(distance.wrap().geU(used), distance.wrap().add(1), used));
					f.store(event, kind, EVENT.kind);
					f.store(event, I64.load(references.add(row.shl(3))), EVENT.reference);
					rest(row.shl(2), (of) => of.add(row.shl(3)));
					row.set(row.add(1));
					next.branch();
				});
			});
		};
		const shares = column(ROWS.shares, 'shares');
		const price = column(ROWS.price, 'price');
		f.block((placed) => {
			f.if(kind.eq(EVENT_KINDS.add), () => {
				const sides = column(ROWS.side, 'sides');
				const sell = column(ROWS.sell, 'sell');
				const stocks = column(ROWS.stock, 'stocks');
				const names = column(ROWS.name, 'names');
				const known = f.local(I32, I32.load(state, STATE.names), 'known');
				const last = f.local(I32, I32.load(state, STATE.stocks), 'last');
				const stock = f.local(I32, undefined, 'stock');
				eachRow((at4, at8) => {
					f.store8(event, I32.load(sides.add(at4)).eq(sell), EVENT.side);
					stock.set(I32.load(stocks.add(at4)));
					f.store(event, stock, EVENT.stock);
					f.store(event, I64.of(0n), EVENT.newReference);
					f.store(event, I32.load(shares.add(at4)), EVENT.shares);
					f.store(event, I32.load(at8(price)), EVENT.price);
					f.if(names.ne(0).and(stock.ltU(last)), () => f.store(known.add(stock.shl(2)), I32.load(names.add(at4)).add(1)));
				});
				placed.branch();
			});
			f.if(kind.eq(EVENT_KINDS.replace), () => {
				const next = column(ROWS.newReference, 'newReferences');
				eachRow((at4, at8) => {
					f.store(event, I64.load(at8(next)), EVENT.newReference);
					f.store(event, I32.load(shares.add(at4)), EVENT.shares);
					f.store(event, I32.load(at8(price)), EVENT.price);
				});
				placed.branch();
			});
			f.if(kind.eq(EVENT_KINDS.delete), () => {
				eachRow(() => undefined);
				placed.branch();
			});
			eachRow((at4) => f.store(event, I32.load(shares.add(at4)), EVENT.shares));
		});
		f.store(table, row, ROWS.next);
		f.store(state, used, STATE.windowEvents);
	});

	m.func('merge', { params: { state: I32, tables: I32, count: I32, events: I32 }, results: [], export: 'merge' }, (f, { state, tables, count, events }) => {
		const table = f.local(I32, undefined, 'table');
		const end = f.local(I32, tables.add(count.mul(ROWS.size)), 'end');
		const first = f.local(I64, undefined, 'first');
		const here = f.local(I64, undefined, 'here');
		const applied = f.local(I32, undefined, 'applied');
		const left = f.local(I32, undefined, 'left');
		f.loop((next) => {
			f.if(I32.load(state, STATE.windowApplied).eq(I32.load(state, STATE.windowEvents)), () => {
				first.set(I64.of(-1n));
				table.set(tables);
				f.block((all) => {
					f.loop((look) => {
						all.branchIf(table.geU(end));
						f.if(I32.load(table, ROWS.next).ltU(I32.load(table, ROWS.rows)), () => {
							here.set(I64.load(I32.load(table, ROWS.sequence).add(I32.load(table, ROWS.next).shl(3))));
							f.if(here.ltU(first), () => first.set(here));
						});
						table.set(table.add(ROWS.size));
						look.branch();
					});
				});
				f.if(first.eq(-1n), () => {
					f.store(state, I32.of(STOP.done), STATE.stop);
					f.return();
				});
				// What the last window had is gone, so that a message without a row is one of no kind.
				f.memoryFill(events, 0, I32.load(state, STATE.windowEvents).mul(EVENT.size));
				f.store(state, first, STATE.window);
				f.store(state, I32.of(0), STATE.windowApplied);
				f.store(state, I32.of(0), STATE.windowEvents);
				table.set(tables);
				f.loop((fill) => {
					f.call(place, state, table, events);
					table.set(table.add(ROWS.size));
					fill.branchIf(table.ltU(end));
				});
			});
			applied.set(I32.load(state, STATE.windowApplied));
			left.set(I32.load(state, STATE.windowEvents).sub(applied));
			applied.set(applied.add(apply.call(state, events.add(applied.shl(5)), left, I64.load(state, STATE.window).add(applied.extendU()))));
			f.store(state, applied, STATE.windowApplied);
			next.branchIf(applied.eq(I32.load(state, STATE.windowEvents)));
		});
	});
}
