/**
 * LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md):
 *
 *     lz4(p, end, window, out, outEnd) -> address behind the content, or 0
 *     lz4InPlace(…)                    -> the same, where the block lies in the room for the content, at its end
 *
 * A sequence:
 * ```
 *   | token | more of the literals' length | literals | offset, 16 bits | more of the match's length |
 *     LLLLMMMM  255s and one less                                          255s and one less
 * ```
 * A match is M + 4 bytes. The last sequence ends after its literals. Matches reach back to `window`, at most 65,535 bytes.
 *
 * Nothing is read outside of the block, nothing written behind `outEnd`. While both are far away, whole vectors are
 * copied; a sequence for which they are not is read again by the careful path, which alone knows faults: it leaves
 * what and where in the globals `fault` and `faultAt`. Work is bounded by the block's bytes and the room.
 */
import { type Func, type FunctionBuilder, type Global, I32, I64, type Local, type ModuleBuilder } from '../wasm/index.ts';
import { BLOCK_FAULTS, type BlockFault } from './block-faults.ts';
import { COPY_SLACK, type DecoderLocals, type MatchCopy } from './match-copy.ts';

const LEAST_MATCH = 4;
const MORE = 15;
/** Bytes of input a sequence with short lengths takes at most, with what copies read beyond. */
const INPUT_AHEAD = 1 + COPY_SLACK + 2;
/** Bytes of content such a sequence gives at most, with what copies write beyond. */
const OUTPUT_AHEAD = MORE - 1 + MORE - 1 + LEAST_MATCH + COPY_SLACK;

export interface FaultGlobals {
	readonly fault: Global<I32>;
	readonly faultAt: Global<I32>;
}

export function emitLz4Block(m: ModuleBuilder, copy: MatchCopy, faults: FaultGlobals, inPlace: boolean): Func<I32> {
	const name = inPlace ? 'lz4InPlace' : 'lz4';
	return m.func(name, { params: { p: I32, end: I32, window: I32, out: I32, outEnd: I32 }, results: [I32], export: name }, (f, locals) => {
		const { p, end, window, out, outEnd } = locals;
		const token = f.local(I32, undefined, 'token');
		const offset = f.local(I32, undefined, 'offset');
		const at = f.local(I32, undefined, 'at');
		const to = f.local(I32, undefined, 'to');
		const literals = f.local(I32, undefined, 'literals');
		const length = f.local(I32, undefined, 'length');
		// Behind these, only the careful path goes on. 0 where there is less.
		const lastIn = f.local(I32, I32.select(end.sub(p).gtU(INPUT_AHEAD), end.sub(INPUT_AHEAD), 0), 'lastIn');
		const lastOut = f.local(I32, I32.select(outEnd.sub(out).gtU(OUTPUT_AHEAD), outEnd.sub(OUTPUT_AHEAD), 0), 'lastOut');
		f.loop((nextSequence) => {
			f.block((careful) => {
				f.loop((again) => {
					careful.branchIf(p.gtU(lastIn), { likely: false });
					careful.branchIf(out.gtU(lastOut), { likely: false });
					if (inPlace) careful.branchIf(p.sub(out).ltS(OUTPUT_AHEAD));
					// `at` and `to` go ahead; `p` and `out` follow when the sequence is done.
					token.set(I32.load8U(p));
					at.set(p.add(1));
					to.set(out);
					literals.set(token.shrU(4));
					f.if(
						literals.eq(MORE),
						() => {
							// In place, long literals may be written over where the sequence began: it could not be read again.
							if (inPlace) careful.branch();
							else {
								moreLength(f, at, lastIn, literals, () => careful.branch());
								careful.branchIf(at.gtU(lastIn));
								careful.branchIf(literals.gtU(lastIn.sub(at)));
								careful.branchIf(literals.gtU(lastOut.sub(to)));
							}
						},
						undefined,
						{ likely: false },
					);
					copy.literals(f, to, at, literals);
					at.set(at.add(literals));
					to.set(to.add(literals));
					// With short literals, a sequence that begins before `lastIn` has its offset in the block.
					offset.set(I32.load16U(at));
					at.set(at.add(2));
					careful.branchIf(offset.sub(1).geU(to.sub(window)), { likely: false });
					length.set(token.and(MORE));
					f.if(
						length.eq(MORE),
						() => {
							moreLength(f, at, lastIn, length, () => careful.branch());
							careful.branchIf(length.gtU(lastOut.sub(to)));
							careful.branchIf(to.gtU(lastOut));
							if (inPlace) careful.branchIf(at.sub(to).ltS(length.add(OUTPUT_AHEAD)));
						},
						undefined,
						{ likely: false },
					);
					length.set(length.add(LEAST_MATCH));
					copy.match(f, to, offset, length);
					p.set(at);
					out.set(to.add(length));
					again.branch();
				});
			});
			carefulSequence(f, locals, copy, faults, inPlace, window);
			nextSequence.branch();
		});
		f.unreachable();
	});
}

/** Adds the bytes that go on with a length of 15. Leaves where they are near the block's end, or the length is huge. */
function moreLength(f: FunctionBuilder, at: Local<I32>, lastIn: I32, length: Local<I32>, leave: () => void): void {
	const byte = f.local(I32, undefined, 'byte');
	f.loop((again) => {
		f.if(at.gtU(lastIn).or(length.gtU(0x7fffff00)), leave, undefined, { likely: false });
		byte.set(I32.load8U(at));
		at.set(at.add(1));
		length.set(length.add(byte));
		again.branchIf(byte.eq(255));
	});
}

/** One sequence, byte by byte; returns from the function at the block's end and at a fault. */
function carefulSequence(f: FunctionBuilder, { p, end, out, outEnd }: DecoderLocals, copy: MatchCopy, { fault, faultAt }: FaultGlobals, inPlace: boolean, window: I32): void {
	const refuse = (what: BlockFault, where: I32): void => {
		fault.set(f, BLOCK_FAULTS[what]);
		faultAt.set(f, where);
		f.return(I32.of(0));
	};
	const length = f.local(I64, undefined, 'longLength');
	const rest = (): void => {
		const byte = f.local(I32, undefined, 'byte');
		f.if(length.eq(MORE), () =>
			f.loop((again) => {
				f.if(p.eq(end), () => refuse('cut', p));
				byte.set(I32.load8U(p));
				p.set(p.add(1));
				length.set(length.add(byte.extendU()));
				again.branchIf(byte.eq(255));
			}),
		);
	};
	f.if(p.eq(end), () => refuse('cut', p));
	const sequenceToken = f.local(I32, I32.load8U(p), 'token');
	p.set(p.add(1));
	length.set(sequenceToken.shrU(4).extendU());
	rest();
	f.if(length.gtU(end.sub(p).extendU()), () => refuse('cut', end));
	f.if(length.gtU(outEnd.sub(out).extendU()), () => refuse('too-large', p));
	if (inPlace) f.if(out.gtU(p), () => refuse('overlap', p));
	f.memoryCopy(out, p, length.wrap());
	p.set(p.add(length.wrap()));
	out.set(out.add(length.wrap()));
	f.if(p.eq(end), () => f.return(out));
	f.if(end.sub(p).ltU(2), () => refuse('cut', end));
	const offset = f.local(I32, I32.load16U(p), 'offset');
	f.if(offset.eqz().or(offset.gtU(out.sub(window))), () => refuse('offset', p));
	p.set(p.add(2));
	length.set(sequenceToken.and(MORE).extendU());
	rest();
	length.set(length.add(LEAST_MATCH));
	f.if(length.gtU(outEnd.sub(out).extendU()), () => refuse('too-large', p));
	if (inPlace) f.if(out.add(length.wrap()).gtU(p), () => refuse('overlap', p));
	copy.exactMatch(f, out, offset, length.wrap());
	out.set(out.add(length.wrap()));
}
