/** Symbol tables in generated code: the same bytes for the same calls as table.ts. */
import { type Func, type FunctionBuilder, I32, I64, type Local, type ModuleBuilder, V128 } from '../wasm/index.ts';
import { HEADER, ID, SLOT } from './layout.ts';

export interface SymbolTableFunctions {
	/**
	 * `find(table, p, length) -> id | -1`. Reads up to 16 bytes beyond the name. Loads are plain ones: what matches was
	 * written, and a reader that is too early for a name's id does not find it.
	 */
	readonly find: Func<I32>;
	/** `intern(table, p, length) -> id | -1`: adds the name where it is new and there is room. One writer only. */
	readonly intern: Func<I32>;
}

/** The next 16 bytes of a name of which `left` are left, zeros beyond its end; `left` is at most 16. */
const masked = (table: I32, p: I32, left: I32): V128 => V128.load(p).and(V128.load(table.sub(left), HEADER.masks + 16));
const least16 = (count: I32): I32 => I32.select(count.ltU(16), count, I32.of(16));

/** The steps of hash.ts. */
const startHash = (table: I32, length: I32): I64 => length.extendU().mul(I64.load(table, HEADER.k3));
const addChunk = (table: I32, hash: I64, chunk: V128): I64 => hash.add(chunk.i64x2.extractLane(0).mul(I64.load(table, HEADER.k1))).add(chunk.i64x2.extractLane(1).mul(I64.load(table, HEADER.k2)));
const beforeNext = (table: I32, hash: I64): I64 => hash.rotl(31n).mul(I64.load(table, HEADER.k3));

/** Byte offset of the home among the slots. */
function homeOf(table: I32, hash: Local<I64>): I32 {
	const bucket = hash.shrU(I64.load32U(table, HEADER.bucketShift)).wrap().and(I32.load(table, HEADER.bucketMask));
	return hash
		.shrU(I64.load32U(table, HEADER.slotShift))
		.wrap()
		.and(I32.load(table, HEADER.slotMask))
		.xor(I32.load(table.add(bucket), HEADER.size));
}

export function emitSymbolTable(m: ModuleBuilder): SymbolTableFunctions {
	/** Slot where the last search ended: the name's, or the empty one it would take; 0 where there is none. */
	const slotFound = m.global(I32, 0, { name: 'symbolSlot', mutable: true });
	const hashFound = m.global(I32, 0, { name: 'symbolHash', mutable: true });

	const search = m.func('searchSymbol', { params: { table: I32, p: I32, length: I32 }, results: [I32] }, (f, { table, p, length }) => {
		// The first 16 bytes; for most names that is all.
		const first = f.local(V128, masked(table, p, least16(length)), 'first');
		const hash = f.local(I64, addChunk(table, startHash(table, length), first), 'hash');
		const at = f.local(I32, undefined, 'at');
		/** Runs for each 16 bytes beyond the first. */
		const forRest = (body: (chunk: V128) => void): void => {
			f.if(length.gtU(16), () => {
				at.set(16);
				f.loop((again) => {
					body(masked(table, p.add(at), least16(length.sub(at))));
					at.set(at.add(16));
					again.branchIf(at.ltU(length));
				});
			});
		};
		const chunk = f.local(V128, undefined, 'chunk');
		forRest((next) => {
			chunk.set(next);
			hash.set(addChunk(table, beforeNext(table, hash), chunk));
		});
		const check = f.local(I32, hash.wrap().xor(hash.shrU(32n).wrap()), 'check');
		hashFound.set(f, check);
		const slotMask = f.local(I32, I32.load(table, HEADER.slotMask), 'slotMask');
		const slots = f.local(I32, table.add(I32.load(table, HEADER.slotsAt)), 'slots');
		const place = f.local(I32, homeOf(table, hash), 'place');
		const slot = f.local(I32, undefined, 'slot');
		const id = f.local(I32, undefined, 'id');
		const text = f.local(I32, undefined, 'text');
		// There are more slots than names, so an empty one comes first; a damaged table must not spin.
		const left = f.local(I32, slotMask, 'left');
		f.loop((probe) => {
			slot.set(slots.add(place));
			id.set(I32.load(slot, SLOT.id));
			f.block((next) => {
				f.if(id.eqz(), () => {
					slotFound.set(f, slot);
					f.return(I32.of(-1));
				});
				next.branchIf(I32.load(slot, SLOT.hash).ne(check).or(I32.load(slot, SLOT.length).ne(length)));
				text.set(table.add(I32.load(slot, SLOT.text)));
				next.branchIf(V128.load(text).xor(first).anyTrue());
				forRest((other) => next.branchIf(V128.load(text.add(at)).xor(other).anyTrue()));
				f.return(id.sub(1));
			});
			place.set(place.add(SLOT.size).and(slotMask));
			left.set(left.sub(SLOT.size));
			probe.branchIf(left.geS(0));
		});
		slotFound.set(f, I32.of(0));
		f.return(I32.of(-1));
	});

	const find = m.func('findSymbol', { params: { table: I32, p: I32, length: I32 }, results: [I32] }, (f, { table, p, length }) => {
		f.return(emitFindInline(f, { table, p, length, otherwise: search }));
	});

	const intern = m.func('internSymbol', { params: { table: I32, p: I32, length: I32 }, results: [I32] }, (f, { table, p, length }) => {
		const id = f.local(I32, search.call(table, p, length), 'id');
		f.if(id.geS(0), () => f.return(id));
		const slot = f.local(I32, slotFound, 'slot');
		const count = f.local(I32, I32.load(table, HEADER.count), 'count');
		const used = f.local(I32, I32.load(table, HEADER.textUsed), 'used');
		const padded = f.local(I32, I32.select(length.eqz(), I32.of(16), length.add(15).and(-16)), 'padded');
		f.if(
			slot
				.eqz()
				.or(count.geU(I32.load(table, HEADER.capacity)))
				.or(used.add(padded).gtU(I32.load(table, HEADER.textBytes))),
			() => f.return(I32.of(-1)),
		);
		const text = f.local(I32, I32.load(table, HEADER.textAt).add(used), 'text');
		f.memoryCopy(table.add(text), p, length);
		f.store(table, used.add(padded), HEADER.textUsed);
		const entry = f.local(I32, table.add(I32.load(table, HEADER.idsAt)).add(count.mul(ID.size)), 'entry');
		f.store(entry, text, ID.text);
		f.store(entry, length, ID.length);
		f.store(slot, hashFound, SLOT.hash);
		f.store(slot, length, SLOT.length);
		f.store(slot, text, SLOT.text);
		f.atomicStore(table, count.add(1), HEADER.count);
		f.atomicStore(slot, count.add(1), SLOT.id);
		f.return(count);
	});
	return { find, intern };
}

export interface InlineLookup {
	readonly table: I32;
	readonly p: I32;
	readonly length: I32;
	/** `find` or `intern`: what to call where the name is longer than 16 bytes, or not in its home. */
	readonly otherwise: Func<I32>;
}

/**
 * Looks a name up where this stands: up to 16 bytes, one probe, which is all that a known name needs. Everything else is
 * for the function. Reads up to 16 bytes beyond the name.
 *
 * @returns the id, or -1
 */
export function emitFindInline(f: FunctionBuilder, { table: tableOperand, p: pOperand, length: lengthOperand, otherwise }: InlineLookup): Local<I32> {
	const table = f.local(I32, tableOperand, 'table');
	const p = f.local(I32, pOperand, 'name');
	const length = f.local(I32, lengthOperand, 'nameLength');
	const id = f.local(I32, undefined, 'symbol');
	f.block((done) => {
		f.block((slow) => {
			slow.branchIf(length.gtU(16), { likely: false });
			const name = f.local(V128, masked(table, p, length), 'first');
			const hash = f.local(I64, addChunk(table, startHash(table, length), name), 'hash');
			const slot = f.local(I32, table.add(I32.load(table, HEADER.slotsAt)).add(homeOf(table, hash)), 'slot');
			slow.branchIf(I32.load(slot, SLOT.length).ne(length), { likely: false });
			// An empty slot's text is the table's head, which is no name's.
			slow.branchIf(
				V128.load(table.add(I32.load(slot, SLOT.text)))
					.i8x16.eq(name)
					.i8x16.bitmask()
					.ne(0xffff),
				{ likely: false },
			);
			id.set(I32.load(slot, SLOT.id).sub(1));
			done.branch();
		});
		id.set(otherwise.call(table, p, length));
	});
	return id;
}
