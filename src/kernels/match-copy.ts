/**
 * Copies of LZ77 decoders, written for speed: whole vectors, up to {@link COPY_SLACK} - 1 bytes more than were asked for.
 * Whoever emits them checks before that there is room.
 */
import { type FunctionBuilder, I32, type Local, V128 } from '../wasm/index.ts';
import type { FixedConstants } from './fixed-constants.ts';

/** A copy of n bytes writes fewer than n + 32 bytes, and reads fewer than 32 beyond what it copies. */
export const COPY_SLACK = 32;
const VECTOR = 16;

/**
 * For a match that begins `offset` < 16 bytes before where it is copied to:
 * ```
 *   entry offset × 32:
 *   0                                                      16                                20      32
 *   | lanes that repeat the first `offset` bytes, 16 bytes | the most whole repetitions, i32 | unused |
 * ```
 */
function repetitionTable(): Uint8Array {
	const table = new DataView(new ArrayBuffer(VECTOR * 32));
	for (let offset = 1; offset < VECTOR; offset++) {
		for (let lane = 0; lane < VECTOR; lane++) table.setUint8(offset * 32 + lane, lane % offset);
		table.setInt32(offset * 32 + VECTOR, VECTOR - (VECTOR % offset), true);
	}
	return new Uint8Array(table.buffer);
}

export interface MatchCopy {
	/** Copies `length` bytes (1 or more) from `from` to `to`; the ranges do not overlap. Changes no local. */
	literals(f: FunctionBuilder, to: I32, from: I32, length: I32): void;
	/** Copies `length` bytes (1 or more) from `offset` (1 or more) bytes before `to`, byte after byte as it were. Changes no local. */
	match(f: FunctionBuilder, to: I32, offset: I32, length: I32): void;
	/** As `match`, exactly, for any length: nothing behind `to + length` is written. */
	exactMatch(f: FunctionBuilder, to: I32, offset: I32, length: I32): void;
}

export function createMatchCopy(constants: FixedConstants): MatchCopy {
	const repetitions = constants.add(repetitionTable());
	/** Vector after vector, `first` of them without asking. */
	const vectors = (f: FunctionBuilder, to: I32, from: I32, length: I32, first: number): void => {
		for (let index = 0; index < first; index++) f.store(to, V128.load(from, index * VECTOR), index * VECTOR);
		f.if(
			length.gtU(first * VECTOR),
			() => {
				const source = f.local(I32, from.add(first * VECTOR), 'source');
				const target = f.local(I32, to.add(first * VECTOR), 'target');
				const end = f.local(I32, to.add(length), 'end');
				f.loop((again) => {
					f.store(target, V128.load(source));
					source.set(source.add(VECTOR));
					target.set(target.add(VECTOR));
					again.branchIf(target.ltU(end));
				});
			},
			undefined,
			{ likely: false },
		);
	};
	return {
		literals: (f, to, from, length) => vectors(f, to, from, length, 2),
		match(f, to, offset, length) {
			const from = f.local(I32, to.sub(offset), 'from');
			f.if(
				offset.geU(VECTOR),
				() => vectors(f, to, from, length, 2),
				() => {
					const entry = f.local(I32, offset.shl(5), 'entry');
					const pattern = f.local(V128, V128.load(from).swizzle(V128.load(entry, repetitions)), 'pattern');
					const step = f.local(I32, I32.load(entry, repetitions + VECTOR), 'step');
					const target = f.local(I32, to, 'target');
					const end = f.local(I32, to.add(length), 'end');
					f.loop((again) => {
						f.store(target, pattern);
						target.set(target.add(step));
						again.branchIf(target.ltU(end));
					});
				},
			);
		},
		exactMatch(f, to, offset, length) {
			// Once, then twice, four times … what stands there already.
			const done = f.local(I32, I32.select(offset.ltU(length), offset, length), 'done');
			f.memoryCopy(to, to.sub(offset), done);
			f.block((all) => {
				f.loop((again) => {
					all.branchIf(done.geU(length));
					const more = f.local(I32, length.sub(done), 'more');
					more.set(I32.select(more.ltU(done), more, done));
					f.memoryCopy(to.add(done), to, more);
					done.set(done.add(more));
					again.branch();
				});
			});
		},
	};
}

/** What a decoder keeps while it runs. */
export interface DecoderLocals {
	readonly p: Local<I32>;
	readonly end: I32;
	readonly window: I32;
	readonly out: Local<I32>;
	readonly outEnd: I32;
}
