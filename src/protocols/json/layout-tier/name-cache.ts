/**
 * Names that were met, by their first 8 bytes: one look gives a name's id and its length at once, so its closing quote
 * need not be looked for. A cache of two ways: what is not there is looked up and put there, and the name before the
 * last one of that place goes. The first 8 bytes tell the ways apart.
 *
 * ```
 *  an entry, 32 bytes; two of them, a cache line, are a place:
 *  0                      16    20       24                   32
 *  | name and its quote   | id  | length | 16 · (length + 1)  |
 * ```
 * An entry's last number is where the mask of its bytes lies among the masks; of an empty entry 0, whose mask keeps all
 * bytes, so that it is no name's: one of 16 zero bytes would be no plain string.
 */
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type Local, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import { stringStops } from '../schema-tier/grammar.ts';
import type { StrictValues } from '../schema-tier/strict-values.ts';
import type { BlockPlan } from './block.ts';

export const CACHE_ENTRY = { name: 0, id: 16, length: 20, mask: 24, size: 32 } as const;
/** Longer names are found by all their bytes: the first 8 would say too little. */
export const LONGEST_CACHED = 12;
const FACTOR = BigInt.asIntN(64, 0x9e3779b97f4a7c15n);
const PLACE_SHIFT = 6n;
/** Bytes that an entry's mask keeps: all, then the first 1 to 16. */
export function nameMasks(): Uint8Array {
	const masks = new Uint8Array(17 * 16);
	for (let kept = 0; kept <= 16; kept++) masks.fill(0xff, kept * 16, kept * 16 + (kept === 0 ? 16 : kept));
	return masks;
}

/** A look-up that stands in code; where the message failed, its name is perhaps only not in the cache. */
export interface CachedName {
	readonly entry: Local<I32>;
	readonly at: Local<I32>;
	readonly table: number;
}

/** Emits: the entry for the name at a place goes to the look-up's locals. */
export function emitCachedName(f: FunctionBuilder, { caches }: BlockPlan, block: I32, name: CachedName): void {
	const { bits: own, at } = caches[name.table] as BlockPlan['caches'][number];
	const first = f.local(I64, I64.load(name.at), 'first');
	const place = first
		.mul(FACTOR)
		.shrU(64n - BigInt(own - 1) - PLACE_SHIFT)
		.wrap()
		.and(((1 << (own - 1)) - 1) << Number(PLACE_SHIFT));
	name.entry.set(block.add(at).add(place));
	name.entry.set(name.entry.add(I64.load(name.entry, CACHE_ENTRY.name).ne(first).shl(Math.log2(CACHE_ENTRY.size))));
}

/** Not zero in any lane where the entry is another name's, or none's. */
export function cachedNameExcess({ entry, at }: CachedName, constants: I32, masks: number): V128 {
	return V128.load(at)
		.xor(V128.load(entry, CACHE_ENTRY.name))
		.and(V128.load(constants.add(I32.load(entry, CACHE_ENTRY.mask)), masks));
}

/** `fillName(entry, at, table) -> 1 | 0`: puts the name at `at` into the entry; 0 where it is there already, or is no known name. */
export function emitFillName(m: ModuleBuilder, pool: ConstantPool, s: StrictValues, constants: Global<I32>): Func<I32> {
	const masks = pool.add(nameMasks());
	return m.func('fillName', { params: { entry: I32, at: I32, table: I32 }, results: [I32] }, (f, { entry, at, table }) => {
		f.if(entry.eqz(), () => f.return(I32.of(0)));
		const length = f.local(I32, stringStops(V128.load(at)).or(0x10000).ctz(), 'length');
		f.if(length.gtU(LONGEST_CACHED).or(I32.load8U(at.add(length)).ne(0x22)), () => f.return(I32.of(0)));
		const offset = f.local(I32, length.add(1).shl(4), 'offset');
		const name = f.local(V128, V128.load(at).and(V128.load(constants.add(offset), masks)), 'name');
		f.if(V128.load(entry, CACHE_ENTRY.name).xor(name).anyTrue().eqz(), () => f.return(I32.of(0)));
		const id = f.local(I32, s.kernels.find.call(I32.load(s.environment.symbolTables.add(table.shl(2))), at, length) as I32, 'id');
		f.if(id.ltS(0), () => f.return(I32.of(0)));
		// The last one met comes first.
		const place = f.local(I32, entry.and(-2 * CACHE_ENTRY.size), 'place');
		f.memoryCopy(place.add(CACHE_ENTRY.size), place, I32.of(CACHE_ENTRY.size));
		entry.set(place);
		f.store(entry, name, CACHE_ENTRY.name);
		f.store(entry, id, CACHE_ENTRY.id);
		f.store(entry, length, CACHE_ENTRY.length);
		f.store(entry, offset, CACHE_ENTRY.mask);
		f.return(I32.of(1));
	});
}
