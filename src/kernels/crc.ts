/**
 * Reflected CRCs of 32 bits (CRC-32C, CRC-32) without instructions for them:
 *
 *     crc(register, p, length) -> register            the register as it is, not inverted
 *     crcMany(places, count, stride, checksums)       of many messages: a checksum each, inverted before and after
 *
 * Nothing outside of the message is read. Three ways, by what is left of it:
 *
 * 1. From {@link CRC_LONG} bytes on, **lags**: the generator has a multiple of few terms (`CrcPolynomial.lags`), so a
 *    16-byte vector is as good as the same vector added at a few places further on. Each vector takes a load and an xor a
 *    lag, and only the last vectors of the message are left over. (The idea is Chorba's,
 *    https://arxiv.org/abs/2412.16398; squaring makes the steps whole vectors.)
 *    ```
 *      v[i] = message[i] + v[i - 65] + v[i - 155] + v[i - 170] + v[i - 195] + v[i - 209]          (CRC-32C)
 *    ```
 * 2. From 64 bytes on, **columns**: byte j of eight vectors in a row is a column of 64 bits. What is as good in the next
 *    128 bytes fits four bytes of the column there, and is a linear map of it, the same for all 16 columns: two nibbles a
 *    vector, four bytes each, so 64 swizzles for 128 bytes. In the end columns are added up where they stand.
 * 3. **Tables**, 16 bytes at a time (M. Kounavis, F. Berry: slicing), then single bytes.
 */
import { type Func, type FunctionBuilder, I32, I64, type Local, type ModuleBuilder, V128 } from '../wasm/index.ts';
import { applyMatrix, type BitMatrix, byteTable, type CrcPolynomial, invertMatrix } from './crc-arithmetic.ts';
import type { FixedConstants } from './fixed-constants.ts';

/** Bytes from which lags are worth what they cost at the end. */
export const CRC_LONG = 12288;
const VECTOR = 16;
/** Vectors whose bytes make columns. */
const PLANES = 8;
const BLOCK = PLANES * VECTOR;
const HALF_BLOCK = BLOCK / 2;
/** Vectors in a row that do not depend on each other: no lag is shorter. */
const GROUP = 8;
const SLICES = 16;
/** Tables for the 16 bytes that columns are reduced to, and three before them. */
const TABLES = SLICES + 3;

/**
 * The workspace of lags, at the pool's base:
 * ```
 *  0                  ring              ring + 128
 *  | last vectors     | first group     | what is left of the message |
 *  |  … as a ring     |  once more      |                             |
 * ```
 */
const ringBytes = ({ lags }: CrcPolynomial): number => 2 ** Math.ceil(Math.log2(Math.max(...lags) * VECTOR + GROUP * VECTOR));
export const crcWorkspace = (polynomial: CrcPolynomial): number => ringBytes(polynomial) + GROUP * VECTOR + Math.max(...polynomial.lags) * VECTOR;

const bytesOf = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
const byteOf = (word: number, index: number): number => (word >>> (8 * index)) & 0xff;

/** What four bytes do to a register, each with so many bytes after it, as a matrix. */
function bytesMatrix(generator: number, after: readonly number[]): BitMatrix {
	return after.flatMap((further) => {
		const table = byteTable(generator, further);
		return Array.from({ length: 8 }, (_, bit) => table[1 << bit] as number);
	});
}

/** Four planes whose bytes can stand for any register (not all can), and what bytes those must be. */
function choosePlanes(generator: number): { readonly chosen: readonly number[]; readonly toBytes: BitMatrix } {
	for (let mask = 0; mask < 1 << PLANES; mask++) {
		const chosen = Array.from({ length: PLANES }, (_, plane) => plane).filter((plane) => ((mask >>> plane) & 1) !== 0);
		if (chosen.length !== 4) continue;
		try {
			const matrix = bytesMatrix(
				generator,
				chosen.map((plane) => (PLANES - 1 - plane) * VECTOR),
			);
			return { chosen, toBytes: invertMatrix(matrix) };
		} catch {}
	}
	throw new RangeError('tickforge: no four planes can stand for a register of this CRC');
}

/** For the two nibbles of a plane and four bytes of a result: the byte for each of the 16 values. */
function nibbleTables(image: (byte: number) => number): Uint8Array[][] {
	return [0, 4].map((shift) => Array.from({ length: 4 }, (_, out) => Uint8Array.from({ length: 16 }, (__, value) => byteOf(image(value << shift), out))));
}

/**
 * Adds the function. The pool's workspace must have at least `crcWorkspace(polynomial)` bytes.
 *
 * @param relaxed whether the engine has relaxed SIMD, whose swizzle is one instruction less
 */
export function emitCrc(m: ModuleBuilder, constants: FixedConstants, polynomial: CrcPolynomial, { relaxed }: { readonly relaxed: boolean }): Func<I32> {
	const { generator, lags, name } = polynomial;
	if (constants.workspaceBytes < crcWorkspace(polynomial)) throw new RangeError(`tickforge: ${name} needs a workspace of ${crcWorkspace(polynomial)} bytes, not ${constants.workspaceBytes}`);
	const tables = new Uint32Array(TABLES * 256);
	for (let further = 0; further < TABLES; further++) tables.set(byteTable(generator, further), further * 256);
	const slices = constants.add(bytesOf(tables));
	const lowNibbles = constants.add(new Uint8Array(16).fill(15));
	const { chosen, toBytes } = choosePlanes(generator);
	const toMessage = invertMatrix(bytesMatrix(generator, [3, 2, 1, 0]));
	const planeTables = (further: number, map: BitMatrix): number[][][] =>
		Array.from({ length: PLANES }, (_, plane) => {
			const table = byteTable(generator, (PLANES - 1 - plane) * VECTOR + further);
			return nibbleTables((byte) => applyMatrix(map, table[byte] as number)).map((outs) => outs.map((out) => constants.add(out)));
		});
	const onward = planeTables(BLOCK, toBytes);
	const together = planeTables(0, toMessage);
	const swizzle = (table: V128, lanes: V128): V128 => (relaxed ? table.relaxedSwizzle(lanes) : table.swizzle(lanes));

	/** Four sums: each plane's nibbles through their tables. */
	const mapPlanes = (f: FunctionBuilder, mask: V128, planes: readonly V128[], offsets: readonly number[][][]): V128[][] => {
		const nibbles = planes.flatMap((plane) => [f.local(V128, plane.and(mask), 'low'), f.local(V128, plane.i16x8.shrU(4).and(mask), 'high')]);
		const tables = offsets.flat();
		return [0, 1, 2, 3].map((out) => nibbles.map((lanes, index) => swizzle(V128.load(0, (tables[index] as number[])[out] as number), lanes)));
	};
	// As i64: V8 (14) folds an i32 load into the xor that takes it, but keeps the load as well, since it might trap.
	const lookUp = (scaled: I32, table: number): I64 => I64.load32U(scaled.and(0x3fc), slices + table * 1024);
	/** The entries of a word's four bytes, the first of which is `table` bytes from the end. */
	const lookUpWord = (word: I32, table: number): I64[] => [lookUp(word.shl(2), table), lookUp(word.shrU(6), table - 1), lookUp(word.shrU(14), table - 2), lookUp(word.shrU(22), table - 3)];

	/** Columns of `planes` vectors, as long as there are so many: the register and the place behind the last of them. */
	const overBlocks = (f: FunctionBuilder, register: Local<I32>, p: Local<I32>, length: Local<I32>, count: number): void => {
		const bytes = count * VECTOR;
		const planes = Array.from({ length: count }, (_, plane) => f.local(V128, V128.load(p, plane * VECTOR), `plane${plane}`));
		const mask = f.local(V128, V128.load(0, lowNibbles), 'mask');
		const first = planes[0] as Local<V128>;
		first.set(first.xor(V128.i32x4(0, 0, 0, 0).i32x4.replaceLane(0, register)));
		p.set(p.add(bytes));
		length.set(length.sub(bytes));
		if (count === PLANES) {
			f.block((done) => {
				done.branchIf(length.ltU(bytes));
				f.loop((again) => {
					const next = mapPlanes(f, mask, planes, onward).map((terms, out) => f.local(V128, sumOf([...terms, V128.load(p, (chosen[out] as number) * VECTOR)]), 'next'));
					planes.forEach((plane, index) => {
						plane.set(next[chosen.indexOf(index)] ?? V128.load(p, index * VECTOR));
					});
					p.set(p.add(bytes));
					length.set(length.sub(bytes));
					again.branchIf(length.geU(bytes));
				});
			});
		}
		// Each column as four bytes in a row that end where it ends: 19 bytes in all. The last plane stays where it is.
		const rows = mapPlanes(f, mask, planes.slice(0, -1), together.slice(PLANES - count)).map((terms, row) => f.local(V128, sumOf(row === 3 ? [...terms, planes[count - 1] as V128] : terms), `row${row}`));
		const zero = V128.i32x4(0, 0, 0, 0);
		const lanes = (from: number): number[] => Array.from({ length: 16 }, (_, lane) => from + lane);
		const [row0, row1, row2, row3] = rows as unknown as readonly [V128, V128, V128, V128];
		const last = f.local(V128, sumOf([row3, row2.shuffle(zero, lanes(1)), row1.shuffle(zero, lanes(2)), row0.shuffle(zero, lanes(3))]), 'last');
		// What stands before the 16 bytes, in the top three bytes.
		const before = f.local(I32, row0.i32x4.extractLane(0).shl(8).xor(row1.i32x4.extractLane(0).shl(16)).xor(row2.i32x4.extractLane(0).shl(24)), 'before');
		const words = [0, 1, 2, 3].map((word) => f.local(I32, last.i32x4.extractLane(word), 'word'));
		const terms = words.flatMap((word, index) => lookUpWord(word, 15 - index * 4));
		terms.push(lookUp(before.shrU(6), 18), lookUp(before.shrU(14), 17), lookUp(before.shrU(22), 16));
		register.set(sumOf(terms).wrap());
	};

	const overMessage = (f: FunctionBuilder, register: Local<I32>, p: Local<I32>, length: Local<I32>): void => {
		f.if(length.geU(BLOCK), () => overBlocks(f, register, p, length, PLANES), undefined, { likely: false });
		f.if(length.geU(HALF_BLOCK), () => overBlocks(f, register, p, length, PLANES / 2));
		f.block((done) => {
			done.branchIf(length.ltU(SLICES));
			f.loop((again) => {
				const words = [0, 1, 2, 3].map((word) => f.local(I32, word === 0 ? I32.load(p).xor(register) : I32.load(p, word * 4), 'word'));
				register.set(sumOf(words.flatMap((word, index) => lookUpWord(word, 15 - index * 4))).wrap());
				p.set(p.add(SLICES));
				length.set(length.sub(SLICES));
				again.branchIf(length.geU(SLICES));
			});
		});
		f.if(length.and(8), () => {
			const words = [f.local(I32, I32.load(p).xor(register), 'word'), f.local(I32, I32.load(p, 4), 'word')];
			register.set(sumOf(words.flatMap((word, index) => lookUpWord(word, 7 - index * 4))).wrap());
			p.set(p.add(8));
		});
		f.if(length.and(4), () => {
			const word = f.local(I32, I32.load(p).xor(register), 'word');
			register.set(sumOf(lookUpWord(word, 3)).wrap());
			p.set(p.add(4));
		});
		length.set(length.and(3));
		f.block((done) => {
			done.branchIf(length.eqz());
			f.loop((again) => {
				register.set(
					lookUp(register.xor(I32.load8U(p)).shl(2), 0)
						.wrap()
						.xor(register.shrU(8)),
				);
				p.set(p.add(1));
				length.set(length.sub(1));
				again.branchIf(length);
			});
		});
		f.return(register);
	};

	const ring = ringBytes(polynomial);
	const longest = Math.max(...lags);
	const group = GROUP * VECTOR;
	const left = ring + group;
	const crc = m.declare(name, { params: { register: I32, p: I32, length: I32 }, results: [I32], export: name });
	const { workspace } = constants;
	const overLong = m.func(`${name}Long`, { params: { register: I32, p: I32, length: I32 }, results: [I32] }, (f, { register, p, length }) => {
		f.memoryFill(workspace, 0, ring + group);
		const seed = f.local(V128, V128.i32x4(0, 0, 0, 0).i32x4.replaceLane(0, register), 'seed');
		// Whole groups, so that the longest lag's number of vectors is left, and less than a group after these.
		const groups = f.local(I32, length.sub(longest * VECTOR).divU(group), 'groups');
		length.set(length.sub(groups.mul(group)).sub(longest * VECTOR));
		const at = f.local(I32, 0, 'at');
		const taps = lags.map((lag) => f.local(I32, undefined, `lag${lag}`));
		const aim = (): void =>
			lags.forEach((lag, index) => {
				taps[index]?.set(at.sub(lag * VECTOR).and(ring - 1));
			});
		f.loop((again) => {
			aim();
			const vectors = Array.from({ length: GROUP }, (_, index) => {
				const terms = [V128.load(p, index * VECTOR), ...taps.map((tap) => V128.load(tap, workspace + index * VECTOR))];
				return f.local(V128, sumOf(index === 0 ? [...terms, seed] : terms), 'vector');
			});
			for (const [index, vector] of vectors.entries()) f.store(at, vector, workspace + index * VECTOR);
			// A lag may begin in the ring's last group and end behind it.
			f.if(
				at.eqz(),
				() => {
					for (const [index, vector] of vectors.entries()) f.store(0, vector, workspace + ring + index * VECTOR);
					seed.set(V128.i32x4(0, 0, 0, 0));
				},
				undefined,
				{ likely: false },
			);
			at.set(at.add(group).and(ring - 1));
			p.set(p.add(group));
			groups.set(groups.sub(1));
			again.branchIf(groups);
		});
		// Vectors that are left do not go on to each other: after as many as a lag, there is nothing more to add from it.
		const to = f.local(I32, workspace + left, 'left');
		lags.forEach((lag, shortest) => {
			const count = f.local(I32, lag - (lags[shortest - 1] ?? 0), 'count');
			f.loop((again) => {
				const terms = lags.slice(shortest).map((longer) => V128.load(at.sub(longer * VECTOR).and(ring - 1), workspace));
				f.store(to, sumOf([V128.load(p), ...terms]));
				at.set(at.add(VECTOR));
				to.set(to.add(VECTOR));
				p.set(p.add(VECTOR));
				count.set(count.sub(1));
				again.branchIf(count);
			});
		});
		f.return(crc.call(crc.call(0, workspace + left, longest * VECTOR), p, length));
	});
	m.define(crc, (f, { register, p, length }) => {
		f.if(length.geU(CRC_LONG), () => f.return(overLong.call(register, p, length)), undefined, { likely: false });
		overMessage(f, register, p, length);
	});
	m.func(`${name}Many`, { params: { places: I32, count: I32, stride: I32, checksums: I32 }, results: [], export: `${name}Many` }, (f, { places, count, stride, checksums }) => {
		f.block((done) => {
			f.loop((again) => {
				done.branchIf(count.eqz());
				f.store(checksums, crc.call(-1, I32.load(places), I32.load(places, 4)).xor(-1));
				places.set(places.add(stride));
				checksums.set(checksums.add(4));
				count.set(count.sub(1));
				again.branch();
			});
		});
	});
	return crc;
}

/** A sum as a balanced tree, so that its terms need not wait for each other. */
function sumOf<T extends { xor(other: T): T }>(terms: readonly T[]): T {
	if (terms.length === 1) return terms[0] as T;
	const half = terms.length >>> 1;
	return sumOf(terms.slice(0, half)).xor(sumOf(terms.slice(half)));
}
