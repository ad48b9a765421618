/**
 * Names that were met lately, with their ids, so that most need neither be trimmed nor checked nor looked up. A place has
 * two entries: a name that was not there takes the first, whose name goes to the second. Ids of a parser's names never change.
 *
 * ```
 *  of up to 8 bytes  | the bytes as they stand (8) | id + 1 (4) | unused (4) |
 *  after a length    | the first 15 bytes, zeros beyond the name; its length (1) | id + 1 (4) | unused (12) |
 * ```
 * An empty entry is zeros. A name of zeros belongs in place 0, whose entries therefore begin as other names.
 */
import { type FunctionBuilder, I32, I64, type Local, V128 } from '../../wasm/index.ts';

/** Names that look alike are the same one within a kind. */
export interface NameKind {
	readonly symbolTable: number;
	/** Of fixed size; 0: after a length. */
	readonly bytes: number;
	/** What stands behind a name of fixed size that is shorter; of others always the same. */
	readonly pad: string;
}

interface Remembered extends NameKind {
	/** Offset of its places from the pool's base. */
	readonly at: number;
	readonly placeBits: number;
	/** Log2 of an entry's bytes. */
	readonly entryBits: 4 | 5;
}

/** What an entry has behind the name. */
const ID = { fixed: 8, data: 16 } as const;
const FACTOR = BigInt.asIntN(64, 0x9e3779b97f4a7c15n);
const SECOND_FACTOR = BigInt.asIntN(64, 0xc2b2ae3d27d4eb4fn);
/** Longer names after a length are looked up. */
export const LONGEST_REMEMBERED = 15;

export const isSameKind = (a: NameKind, b: NameKind): boolean => a.symbolTable === b.symbolTable && a.bytes === b.bytes && a.pad === b.pad;

export interface RememberedNames {
	/** Emits, once: memory as it comes is made empty. */
	clear(f: FunctionBuilder, base: I32): void;
	/** One of the kinds that there is memory for. */
	kindOf(kind: NameKind): RememberedKind;
}

export interface RememberedKind {
	/**
	 * Emits: the id of the name at an address goes to a local, from `otherwise` where it is not remembered.
	 *
	 * @param length of a name after a length; null of others
	 * @param otherwise emits: id + 1 into the local
	 */
	look(f: FunctionBuilder, base: I32, at: I32, length: I32 | null, otherwise: (id: Local<I32>) => void): I32;
	/** Emits: the name at an address has this id + 1. */
	keep(f: FunctionBuilder, base: I32, at: I32, length: I32 | null, id: I32): void;
}

/** Bytes that the kinds take, and where each one's places are. */
function placesOf(kinds: readonly NameKind[], start: number): { all: Remembered[]; bytes: number } {
	let at = start;
	const all = kinds.map((kind): Remembered => {
		const entryBits = kind.bytes === 0 ? 5 : 4;
		const placeBits = kind.bytes === 0 ? 11 : kind.bytes <= 2 ? 7 : kind.bytes <= 4 ? 10 : 12;
		const own = { ...kind, at, placeBits, entryBits } as const;
		at += 2 ** (placeBits + entryBits + 1);
		return own;
	});
	return { all, bytes: at - start };
}

export const rememberedBytes = (kinds: readonly NameKind[]): number => placesOf(kinds, 0).bytes;

/** @param start offset of the memory from the pool's base; `masks` of the masks of {@link nameMasks} */
export function createRememberedNames(kinds: readonly NameKind[], start: number, masks: number): RememberedNames {
	const { all, bytes } = placesOf(kinds, start);
	return {
		clear(f, base) {
			if (bytes === 0) return;
			f.memoryFill(base.add(start), 0, bytes);
			for (const { at, entryBits } of all) for (const entry of [0, 1]) f.store(base, I64.of(1n), at + entry * 2 ** entryBits);
		},
		kindOf(wanted) {
			const kind = all.find((candidate) => isSameKind(candidate, wanted));
			if (kind === undefined) throw new Error('tickforge: names of a kind that is not remembered');
			return rememberKind(kind, masks);
		},
	};
}

/** Of 0 to 15 bytes: those that belong to a name. */
export function nameMasks(): Uint8Array {
	const masks = new Uint8Array(16 * 16);
	for (let length = 0; length < 16; length++) masks.fill(0xff, length * 16, length * 16 + length);
	return masks;
}

/** A name's bytes in one or two words, and its place. */
interface NameKey {
	readonly words: readonly Local<I64>[];
	readonly place: Local<I32>;
}

function rememberKind({ bytes, at: places, placeBits, entryBits }: Remembered, masks: number): RememberedKind {
	const idAt = bytes === 0 ? ID.data : ID.fixed;
	const size = 2 ** entryBits;
	const placeOf = (base: I32, hash: I64): I32 => base.add(placeIn(hash, placeBits, entryBits + 1));
	const keyOf = (f: FunctionBuilder, base: I32, at: I32, length: I32 | null): NameKey => {
		if (length === null) {
			const loaded = I64.load(at);
			const word = f.local(I64, bytes === 8 ? loaded : loaded.and(2n ** BigInt(bytes * 8) - 1n), 'nameWord');
			return { words: [word], place: f.local(I32, placeOf(base, word.mul(FACTOR)), 'namePlace') };
		}
		const mask = f.local(I32, base.add(length.shl(4)), 'nameMask');
		const low = f.local(I64, I64.load(at).and(I64.load(mask, masks)), 'nameLow');
		const high = f.local(
			I64,
			I64.load(at, 8)
				.and(I64.load(mask, masks + 8))
				.or(length.extendU().shl(56n)),
			'nameHigh',
		);
		return { words: [low, high], place: f.local(I32, placeOf(base, low.mul(FACTOR).add(high.mul(SECOND_FACTOR))), 'namePlace') };
	};
	return {
		look(f, base, at, length, otherwise) {
			const id = f.local(I32, undefined, 'nameId');
			f.block((done) => {
				f.block((unknown) => {
					if (length !== null) unknown.branchIf(length.gtU(LONGEST_REMEMBERED), { likely: false });
					const { words, place } = keyOf(f, base, at, length);
					// The second entry's names pay for a jump, the first one's do not.
					for (const entry of [0, size]) {
						f.block((other) => {
							for (const [index, word] of words.entries()) (entry === 0 ? other : unknown).branchIf(I64.load(place, places + entry + index * 8).ne(word), { likely: false });
							id.set(I32.load(place, places + entry + idAt));
							done.branch();
						});
					}
				});
				otherwise(id);
			});
			return id.sub(1);
		},
		keep(f, base, at, length, id) {
			const { words, place } = keyOf(f, base, at, length);
			for (let moved = 0; moved < size; moved += 16) f.store(place, V128.load(place, places + moved), places + size + moved);
			for (const [index, word] of words.entries()) f.store(place, word, places + index * 8);
			f.store(place, id, places + idAt);
		},
	};
}

/** The highest bits of a hash as the offset of a place. */
const placeIn = (hash: I64, placeBits: number, bytesBits: number): I32 =>
	hash
		.shrU(BigInt(64 - placeBits - bytesBits))
		.wrap()
		.and((2 ** placeBits - 1) * 2 ** bytesBits);
