/**
 * Snappy blocks (https://github.com/google/snappy/blob/main/format_description.txt):
 *
 *     snappy(p, end, window, out, outEnd) -> address behind the content, or 0
 *     snappyInPlace(…)                    -> the same, where the block lies in the room for the content, at its end
 *
 * First the content's length as a varint, then elements, which the lowest two bits of their first byte tell apart:
 * ```
 *   LLLLLL00            literals, L + 1; 60 to 63: the length less 1 follows in 1 to 4 bytes
 *   OOOLLL01 oooooooo   a match of L + 4 bytes, the offset's upper bits first
 *   LLLLLL10 o o        a match of L + 1 bytes, offset of 16 bits
 *   LLLLLL11 o o o o    the same, offset of 32 bits
 * ```
 * As in lz4-block.ts, a careful path reads again what is near the ends or looks wrong, and alone knows faults.
 */
import { type Func, type FunctionBuilder, I32, I64, type ModuleBuilder } from '../wasm/index.ts';
import { BLOCK_FAULTS, type BlockFault } from './block-faults.ts';
import type { FixedConstants } from './fixed-constants.ts';
import type { FaultGlobals } from './lz4-block.ts';
import { COPY_SLACK, type DecoderLocals, type MatchCopy } from './match-copy.ts';

const LONGEST_SHORT = 60;
const LONGEST_MATCH = 64;
const INPUT_AHEAD = 1 + 4 + LONGEST_SHORT + COPY_SLACK;
const OUTPUT_AHEAD = LONGEST_MATCH + COPY_SLACK;

/**
 * For each first byte of a match:
 * ```
 *   entry byte × 8:
 *   0        1               2          4                      8
 *   | length | bytes further | upper bits of the offset, u16 | mask for them, u32 |
 * ```
 */
function matchTable(): Uint8Array {
	const table = new DataView(new ArrayBuffer(256 * 8));
	for (let tag = 0; tag < 256; tag++) {
		const kind = tag & 3;
		const further = kind === 1 ? 1 : kind === 2 ? 2 : 4;
		table.setUint8(tag * 8, kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2));
		table.setUint8(tag * 8 + 1, further);
		table.setUint16(tag * 8 + 2, kind === 1 ? (tag >>> 5) << 8 : 0, true);
		table.setUint32(tag * 8 + 4, 2 ** (8 * further) - 1, true);
	}
	return new Uint8Array(table.buffer);
}

export function emitSnappyBlock(m: ModuleBuilder, constants: FixedConstants, copy: MatchCopy, faults: FaultGlobals, inPlace: boolean): Func<I32> {
	const matches = constants.add(matchTable());
	const name = inPlace ? 'snappyInPlace' : 'snappy';
	return m.func(name, { params: { p: I32, end: I32, window: I32, out: I32, outEnd: I32 }, results: [I32], export: name }, (f, locals) => {
		const { p, end, window, out, outEnd } = locals;
		const refuse = refusal(f, faults);
		const tag = f.local(I32, undefined, 'tag');
		const at = f.local(I32, undefined, 'at');
		const length = f.local(I32, undefined, 'length');
		const offset = f.local(I32, undefined, 'offset');

		const start = f.local(I32, p, 'start');
		const content = f.local(I64, 0, 'content');
		const shift = f.local(I64, 0, 'shift');
		f.loop((again) => {
			f.if(p.eq(end), () => refuse('cut', p));
			tag.set(I32.load8U(p));
			p.set(p.add(1));
			content.set(content.or(tag.and(0x7f).extendU().shl(shift)));
			shift.set(shift.add(7));
			f.if(tag.geU(0x80), () => {
				f.if(shift.eq(35), () => refuse('size', start));
				again.branch();
			});
		});
		f.if(content.gtU(0xffffffff), () => refuse('size', start));
		f.if(content.gtU(outEnd.sub(out).extendU()), () => refuse('too-large', start));
		outEnd.set(out.add(content.wrap()));

		const lastIn = f.local(I32, I32.select(end.sub(p).gtU(INPUT_AHEAD), end.sub(INPUT_AHEAD), 0), 'lastIn');
		const lastOut = f.local(I32, I32.select(outEnd.sub(out).gtU(OUTPUT_AHEAD), outEnd.sub(OUTPUT_AHEAD), 0), 'lastOut');
		f.loop((nextElement) => {
			f.block((careful) => {
				f.loop((again) => {
					careful.branchIf(p.gtU(lastIn), { likely: false });
					careful.branchIf(out.gtU(lastOut), { likely: false });
					if (inPlace) careful.branchIf(p.sub(out).ltS(OUTPUT_AHEAD));
					tag.set(I32.load8U(p));
					f.if(
						tag.and(3),
						() => {
							const entry = f.local(I32, tag.shl(3), 'entry');
							const head = f.local(I32, I32.load(entry, matches), 'head');
							offset.set(
								I32.load(p, 1)
									.and(I32.load(entry, matches + 4))
									.add(head.shrU(16)),
							);
							careful.branchIf(offset.sub(1).geU(out.sub(window)), { likely: false });
							length.set(head.and(0xff));
							p.set(p.add(1).add(head.shrU(8).and(0xff)));
							copy.match(f, out, offset, length);
							out.set(out.add(length));
						},
						() => {
							length.set(tag.shrU(2).add(1));
							at.set(p.add(1));
							f.if(
								length.gtU(LONGEST_SHORT),
								() => {
									if (inPlace) careful.branch();
									else {
										const bytes = f.local(I32, length.sub(LONGEST_SHORT), 'bytes');
										// A length of 2^32 becomes 0 less 1, and the careful path's affair.
										length.set(I32.load(at).and(I32.of(-1).shrU(I32.of(32).sub(bytes.shl(3)))));
										at.set(at.add(bytes));
										careful.branchIf(at.gtU(lastIn));
										careful.branchIf(length.geU(lastIn.sub(at)));
										careful.branchIf(length.geU(lastOut.sub(out)));
										length.set(length.add(1));
									}
								},
								undefined,
								{ likely: false },
							);
							copy.literals(f, out, at, length);
							p.set(at.add(length));
							out.set(out.add(length));
						},
					);
					again.branch();
				});
			});
			carefulElement(f, locals, copy, faults, inPlace);
			nextElement.branch();
		});
		f.unreachable();
	});
}

function refusal(f: FunctionBuilder, { fault, faultAt }: FaultGlobals): (what: BlockFault, where: I32) => void {
	return (what, where) => {
		fault.set(f, BLOCK_FAULTS[what]);
		faultAt.set(f, where);
		f.return(I32.of(0));
	};
}

/** One element, byte by byte; returns from the function at the block's end and at a fault. */
function carefulElement(f: FunctionBuilder, { p, end, window, out, outEnd }: DecoderLocals, copy: MatchCopy, faults: FaultGlobals, inPlace: boolean): void {
	const refuse = refusal(f, faults);
	const tag = f.local(I32, undefined, 'tag');
	const length = f.local(I64, undefined, 'longLength');
	const offset = f.local(I32, undefined, 'offset');
	/** Little endian; leaves where the block ends before. */
	const number = (bytes: I32): I64 => {
		const value = f.local(I64, undefined, 'value');
		const index = f.local(I32, undefined, 'index');
		value.set(0);
		index.set(0);
		f.if(bytes.gtU(end.sub(p)), () => refuse('cut', end));
		f.loop((again) => {
			value.set(value.or(I64.load8U(p).shl(index.shl(3).extendU())));
			p.set(p.add(1));
			index.set(index.add(1));
			again.branchIf(index.ltU(bytes));
		});
		return value;
	};
	f.if(p.eq(end), () => {
		f.if(out.ne(outEnd), () => refuse('size', p));
		f.return(out);
	});
	const start = f.local(I32, p, 'start');
	tag.set(I32.load8U(p));
	p.set(p.add(1));
	f.if(
		tag.and(3).eqz(),
		() => {
			length.set(tag.shrU(2).extendU());
			f.if(length.geU(LONGEST_SHORT), () => length.set(number(length.wrap().sub(LONGEST_SHORT - 1))));
			length.set(length.add(1));
			f.if(length.gtU(end.sub(p).extendU()), () => refuse('cut', end));
			f.if(length.gtU(outEnd.sub(out).extendU()), () => refuse('size', start));
			if (inPlace) f.if(out.gtU(p), () => refuse('overlap', p));
			f.memoryCopy(out, p, length.wrap());
			p.set(p.add(length.wrap()));
		},
		() => {
			f.if(
				tag.and(3).eq(1),
				() => {
					f.if(p.eq(end), () => refuse('cut', end));
					offset.set(I32.load8U(p).or(tag.and(0xe0).shl(3)));
					p.set(p.add(1));
					length.set(tag.shrU(2).and(7).add(4).extendU());
				},
				() => {
					offset.set(number(I32.select(tag.and(1), 4, 2)).wrap());
					length.set(tag.shrU(2).add(1).extendU());
				},
			);
			f.if(offset.eqz().or(offset.gtU(out.sub(window))), () => refuse('offset', start));
			f.if(length.gtU(outEnd.sub(out).extendU()), () => refuse('size', start));
			if (inPlace) f.if(out.add(length.wrap()).gtU(p).and(p.ne(end)), () => refuse('overlap', p));
			copy.exactMatch(f, out, offset, length.wrap());
		},
	);
	out.set(out.add(length.wrap()));
}
