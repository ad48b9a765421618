/** The framer of messagepack.ts as WebAssembly: the same steps, the same trace. */
import { fixedLengthOf, kindOf, lengthBytesOf } from '../kernels/messagepack-format.ts';
import { I32, I64 } from '../wasm/index.ts';
import { generateScanner } from './generated-scan.ts';
import { type FramerOptions, SCAN, SCAN_STOP } from './scan-abi.ts';

const MOST_VALUES = 0xffffffffn;
/** Instead of a power of two: a length of 0. */
const NO_LENGTH = 15;

/** What the formats from c0 to df say, four bits each, as two words of sixteen. */
function nibbles(of: (byte: number) => number): readonly [bigint, bigint] {
	const word = (first: number): bigint => Array.from({ length: 16 }, (_, index) => BigInt(of(first + index)) << BigInt(index * 4)).reduce((all, one) => all | one, 0n);
	return [BigInt.asIntN(64, word(0xc0)), BigInt.asIntN(64, word(0xd0))];
}

/** Bytes of the length behind the first byte. */
const LENGTH_BYTES = nibbles(lengthBytesOf);
/** Lengths that the first byte says, as powers of two. */
const FIXED = nibbles((byte) => (fixedLengthOf(byte) === 0 ? NO_LENGTH : Math.log2(fixedLengthOf(byte))));
/** 0: bytes follow the length; 1: the type of an extension and bytes; 2: values; 3: pairs of them. */
const FOLLOWS = nibbles((byte) => ({ extension: 1, array: 2, map: 3 })[kindOf(byte) as 'extension' | 'array' | 'map'] ?? 0);

export function generateValueScanner(options: FramerOptions = {}): Uint8Array<ArrayBuffer> {
	return generateScanner('MessagePack values', options, (scan) => {
		const { f, context, end, longest, final, start, count, reason } = scan;
		const skipping = f.local(I32, scan.get(SCAN.skipping), 'skipping');
		const at = f.local(I32, scan.get(SCAN.scanned), 'at');
		const values = f.local(I64, I64.load32U(context, SCAN.rest), 'values');
		const open = f.local(I64, I64.load32U(context, SCAN.mode), 'open');
		const ended = f.local(I32, undefined, 'ended');
		const byte = f.local(I32, undefined, 'byte');
		const lengthBytes = f.local(I32, undefined, 'lengthBytes');
		const length = f.local(I64, undefined, 'length');
		const follows = f.local(I32, undefined, 'follows');
		const least = (a: I64, b: I64 | bigint): I64 => I64.select(a.ltU(b), a, I64.lift(b));
		const nibble = ([low, high]: readonly [bigint, bigint]): I32 => I64.select(byte.ltU(0xd0), I64.of(low), I64.of(high)).shrU(byte.and(15).shl(2).extendU()).wrap().and(15);
		f.block((stop) => {
			f.loop((message) => {
				f.if(count.eq(scan.limit), () => {
					reason.set(I32.of(SCAN_STOP.full));
					stop.branch();
				});
				f.if(at.eq(start).and(values.or(open).eqz()), () => {
					stop.branchIf(at.eq(end));
					values.set(1n);
				});
				ended.set(0);
				f.block((scanned) => {
					f.loop((value) => {
						f.if(open.ne(0n), () => {
							const taken = f.local(I64, least(open, end.sub(at).extendU()), 'taken');
							at.set(at.add(taken.wrap()));
							open.set(open.sub(taken));
							scanned.branchIf(open.ne(0n));
						});
						ended.set(values.eqz());
						scanned.branchIf(ended.or(at.eq(end)).or(skipping.eqz().and(at.sub(start).gtU(longest))));
						byte.set(I32.load8U(at));
						lengthBytes.set(0);
						length.set(0n);
						follows.set(0);
						f.block((known) => {
							// Numbers of one byte, then the short ones of each kind.
							known.branchIf(byte.ltU(0x80).or(byte.geU(0xe0)));
							f.if(byte.ltU(0xc0), () => {
								length.set(byte.and(15).extendU());
								f.if(
									byte.geU(0xa0),
									() => length.set(byte.and(31).extendU()),
									() => follows.set(I32.select(byte.ltU(0x90), I32.of(3), I32.of(2))),
								);
								known.branch();
							});
							lengthBytes.set(nibble(LENGTH_BYTES));
							scanned.branchIf(end.sub(at).leU(lengthBytes));
							follows.set(nibble(FOLLOWS));
							f.switch(lengthBytes, [
								() => f.if(nibble(FIXED).ne(NO_LENGTH), () => length.set(I64.of(1n).shl(nibble(FIXED).extendU()))),
								() => length.set(I64.load8U(at, 1)),
								() => length.set(I32.load8U(at, 1).shl(8).or(I32.load8U(at, 2)).extendU()),
								() => undefined,
								() => length.set(I32.load8U(at, 1).shl(24).or(I32.load8U(at, 2).shl(16)).or(I32.load8U(at, 3).shl(8)).or(I32.load8U(at, 4)).extendU()),
							]);
						});
						at.set(at.add(lengthBytes).add(1));
						values.set(values.sub(1n));
						f.switch(follows, [() => open.set(length), () => open.set(least(length.add(1n), MOST_VALUES)), () => values.set(least(values.add(length), MOST_VALUES)), () => values.set(least(values.add(length.shl(1n)), MOST_VALUES))]);
						value.branch();
					});
				});
				// What is still to come makes it longer.
				const more = I64.select(ended, I64.of(0n), I64.select(open.eqz(), I64.of(1n), open));
				f.if(skipping.eqz().and(at.sub(start).extendU().add(more).gtU(longest.extendU())).and(end.sub(start).geU(longest)), () => {
					scan.tooLong();
					stop.branch();
				});
				f.if(ended.or(final.eq(1).and(end.gtU(start).or(skipping))).eqz(), () => {
					f.if(skipping, () => scan.drop(at));
					stop.branch();
				});
				at.set(I32.select(ended, at, end));
				values.set(0n);
				open.set(0n);
				f.if(skipping, () => {
					scan.drop(at);
					scan.resynced();
					stop.branch();
				});
				scan.describe(start, at.sub(start));
				start.set(at);
				message.branch();
			});
		});
		f.store32(context, values, SCAN.rest);
		f.store32(context, open, SCAN.mode);
		return at;
	});
}
