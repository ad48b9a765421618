/** Symbol tables in generated code: the same bytes for the same calls as `table.ts`. */
import { type Func, I32, I64, type Local, type ModuleBuilder, V128 } from '../wasm/index.ts';
import { HEADER, ID, K1, K2, K3, SLOT } from './layout.ts';

export interface SymbolTableFunctions {
	/** `find(table, p, length) -> id | -1`. Reads up to 16 bytes beyond the name. */
	readonly find: Func<I32>;
	/** `intern(table, p, length) -> id | -1`: adds the name where it is new and there is room. One writer only. */
	readonly intern: Func<I32>;
}

/** All ones in the first `count` byte lanes. */
const lanesBelow = (count: I32): V128 => V128.bytes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15).i8x16.ltU(V128.splat8(count));
const least16 = (count: I32): I32 => I32.select(count.ltU(16), count, I32.of(16));

export function emitSymbolTable(m: ModuleBuilder): SymbolTableFunctions {
	/** Slot where the last search ended: the name's, or the empty one it would take. */
	const slotFound = m.global(I32, 0, { name: 'symbolSlot', mutable: true });
	const hashFound = m.global(I32, 0, { name: 'symbolHash', mutable: true });

	const find = m.func('findSymbol', { params: { table: I32, p: I32, length: I32 }, results: [I32] }, (f, { table, p, length }) => {
		const state = f.local(I64, I64.load32U(table, HEADER.seed).add(length.extendU().mul(BigInt.asIntN(64, K3))), 'state');
		// The first 16 bytes, masked; for most names that is all.
		const first = f.local(V128, V128.load(p).and(lanesBelow(least16(length))), 'first');
		const mix = (chunk: V128): void => state.set(state.xor(chunk.i64x2.extractLane(0)).mul(BigInt.asIntN(64, K1)).rotl(31n).xor(chunk.i64x2.extractLane(1).mul(BigInt.asIntN(64, K2))));
		mix(first);
		f.if(length.gtU(16), () => {
			const at = f.local(I32, 16, 'at');
			f.loop((again) => {
				const chunk = f.local(V128, V128.load(p.add(at)).and(lanesBelow(least16(length.sub(at)))), 'chunk');
				mix(chunk);
				at.set(at.add(16));
				again.branchIf(at.ltU(length));
			});
		});
		state.set(state.xor(state.shrU(32n)).mul(BigInt.asIntN(64, K1)));
		state.set(state.xor(state.shrU(29n)));
		const h1 = f.local(I32, state.wrap(), 'h1');
		const h2 = f.local(I32, state.shrU(32n).wrap(), 'h2');
		const mask = f.local(I32, I32.load(table, HEADER.slots).sub(1), 'mask');
		const buckets = f.local(I32, I32.load(table, HEADER.buckets), 'buckets');
		const displacement = I32.load(table.add(h2.and(buckets.sub(1)).shl(2)), HEADER.size);
		const index = f.local(I32, h1.add(displacement.mul(h2.shrU(16).or(1))).and(mask), 'index');
		const slots = f.local(I32, table.add(HEADER.size + 15).add(buckets.shl(2)).and(-16), 'slots');
		const slot = f.local(I32, undefined, 'slot');
		const id = f.local(I32, undefined, 'id');
		const text = f.local(I32, undefined, 'text');
		const left = f.local(I32, mask, 'left');
		hashFound.set(f, h1);
		f.loop((probe) => {
			slot.set(slots.add(index.shl(4)));
			id.set(I32.atomicLoad(slot, SLOT.id));
			f.block((next) => {
				f.if(id.eqz(), () => {
					slotFound.set(f, slot);
					f.return(I32.of(-1));
				});
				next.branchIf(I64.load(slot).ne(h1.extendU().or(length.extendU().shl(32n))));
				text.set(table.add(I32.load(slot, SLOT.text)));
				next.branchIf(V128.load(text).xor(first).anyTrue());
				f.if(length.gtU(16), () => {
					const at = f.local(I32, 16, 'at');
					f.loop((again) => {
						const other = V128.load(p.add(at)).and(lanesBelow(least16(length.sub(at))));
						next.branchIf(V128.load(text.add(at)).xor(other).anyTrue());
						at.set(at.add(16));
						again.branchIf(at.ltU(length));
					});
				});
				f.return(id.sub(1));
			});
			index.set(index.add(1).and(mask));
			left.set(left.sub(1));
			// Slots are twice the capacity, so an empty one always comes first; a damaged table must not spin.
			probe.branchIf(left.geS(0));
		});
		slotFound.set(f, I32.of(0));
		f.return(I32.of(-1));
	});

	const intern = m.func('internSymbol', { params: { table: I32, p: I32, length: I32 }, results: [I32] }, (f, { table, p, length }) => {
		const id = f.local(I32, find.call(table, p, length), 'id');
		f.if(id.geS(0), () => f.return(id));
		const slot = f.local(I32, slotFound, 'slot');
		const count = f.local(I32, I32.load(table, HEADER.count), 'count');
		const used = f.local(I32, I32.load(table, HEADER.textUsed), 'used');
		// The empty name takes 16 zero bytes, too, so that comparing 16 at a time is right for it.
		const padded = f.local(I32, I32.select(length.eqz(), I32.of(16), length.add(15).and(-16)), 'padded');
		const capacity = f.local(I32, I32.load(table, HEADER.capacity), 'capacity');
		f.if(slot.eqz().or(count.geU(capacity)).or(used.add(padded).gtU(I32.load(table, HEADER.textBytes))), () => f.return(I32.of(-1)));
		const slots = table.add(HEADER.size + 15).add(I32.load(table, HEADER.buckets).shl(2)).and(-16);
		const ids = f.local(I32, slots.add(I32.load(table, HEADER.slots).shl(4)), 'ids');
		const texts: Local<I32> = f.local(I32, ids.add(capacity.mul(ID.size)).add(15).and(-16), 'texts');
		const text = f.local(I32, texts.sub(table).add(used), 'text');
		f.memoryCopy(table.add(text), p, length);
		f.store(table, used.add(padded), HEADER.textUsed);
		const entry = f.local(I32, ids.add(count.mul(ID.size)), 'entry');
		f.store(entry, text, ID.text);
		f.store(entry, length, ID.length);
		f.store(slot, hashFound, SLOT.hash);
		f.store(slot, length, SLOT.length);
		f.store(slot, text, SLOT.text);
		f.atomicStore(slot, count.add(1), SLOT.id);
		f.atomicStore(table, count.add(1), HEADER.count);
		f.return(count);
	});
	return { find, intern };
}
