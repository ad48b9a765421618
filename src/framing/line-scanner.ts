/**
 * The generated twin of lines.ts: finds newlines 64 bytes at a time, one bit a byte, and writes the descriptors from
 * the bits. Whether 64 bytes hold a newline cannot be predicted where messages are longer than that, and a branch on it
 * would cost more than all the rest. So a block with one newline at most is handled without: the descriptor of a line
 * that ends here is written in any case, and counts only if there is one.
 */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { createModule, F64, type FunctionBuilder, I32, I64, type Local, V128 } from '../wasm/index.ts';
import { type FramerOptions, SCAN, SCAN_STOP } from './scan-abi.ts';

const BLOCK = 64;
/** Looked through at once where lines are longer. */
const STRETCH = 128;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const POINT = 0x2e;
const LESS = 0x3c;
const GREATER = 0x3e;
const MINUS = 0x2d;
const SINGLE_QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const LETTER_B = 0x62;
const LAST_SECOND = 9_223_372_035n;

/** One bit for each of the 64 bytes at `at`: set where it is a newline. */
function newlines(at: I32, lineFeeds: V128): I64 {
	const part = (offset: number): I32 => V128.load(at, offset).i8x16.eq(lineFeeds).i8x16.bitmask();
	const half = (offset: number): I64 =>
		part(offset)
			.or(part(offset + 16).shl(16))
			.extendU();
	return half(0).or(half(32).shl(32));
}

/** All of them or-ed, as a tree. */
function either(parts: readonly V128[]): V128 {
	if (parts.length === 1) return parts[0] as V128;
	const half = parts.length >> 1;
	return either(parts.slice(0, half)).or(either(parts.slice(half)));
}

/** Clears the bits of bytes at or beyond `end`; `at` must be below it. */
function within(bits: I64, at: I32, end: I32): I64 {
	const surplus = I32.of(BLOCK).sub(end.sub(at));
	return bits.and(I64.select(surplus.gtS(0), I64.of(-1n).shrU(surplus.extendU()), -1n));
}

/** The module of a framer over lines; see `Framing.generate`. */
export function generateLineScanner(kind: 'lines' | 'capture', options: FramerOptions = {}): Uint8Array<ArrayBuffer> {
	const m = createModule(`tickforge-${kind}-framer`, { countBranches: options.countBranches ?? false });
	m.importMemory('env', 'memory', options.shared === true ? { min: 1, max: 65536, shared: true } : { min: 1 });

	const findNewline = m.func('findNewline', { params: { from: I32, end: I32 }, results: [I32] }, (f, { from, end }) => {
		const bits = f.local(I64, undefined, 'bits');
		const lineFeeds = f.local(V128, V128.splat8(LF), 'lineFeeds');
		f.loop((again) => {
			f.if(from.geU(end), () => f.return(end));
			bits.set(within(newlines(from, lineFeeds), from, end));
			f.if(bits.eqz().eqz(), () => f.return(from.add(bits.ctz().wrap())));
			from.set(from.add(BLOCK));
			again.branch();
		});
	});

	m.func('scan', { params: { context: I32 }, results: [I32], export: 'scan' }, (f, { context }) => {
		const field = (offset: number, name: string): Local<I32> => f.local(I32, I32.load(context, offset), name);
		const start = field(SCAN.start, 'start');
		const end = field(SCAN.end, 'end');
		const scanned = field(SCAN.scanned, 'scanned');
		const final = field(SCAN.final, 'final');
		const first = field(SCAN.descriptors, 'first');
		const longest = field(SCAN.longest, 'longest');
		const out = f.local(I32, first, 'out');
		const outEnd = f.local(I32, first.add(I32.load(context, SCAN.limit).mul(DESCRIPTOR.size)), 'outEnd');
		const newline = f.local(I32, undefined, 'newline');
		const lineEnd = f.local(I32, undefined, 'lineEnd');
		const bits = f.local(I64, undefined, 'bits');
		f.store(context, 0, SCAN.binary);

		const stop = (reason: number): void => {
			f.store(context, start, SCAN.start);
			f.store(context, scanned, SCAN.scanned);
			f.store(context, reason, SCAN.stop);
			f.return(out.sub(first).shrU(4));
		};
		const increment = (counter: number): void => f.store(context, I32.load(context, counter).add(1), counter);
		const stopWhenFull = (): void =>
			f.if(out.eq(outEnd), () => {
				scanned.set(start);
				stop(SCAN_STOP.full);
			});
		const stopWhenTooLong = (): void =>
			f.if(lineEnd.sub(start).gtU(longest), () => {
				scanned.set(lineEnd);
				f.store(context, 1, SCAN.skipping);
				f.store(context, I64.of(0), SCAN.dropped);
				stop(SCAN_STOP.tooLong);
			});
		/** Describes the line from `start` to `lineEnd`. */
		const line = (): void => {
			f.if(lineEnd.gtU(start).and(I32.load8U(lineEnd.sub(1)).eq(CR)), () => lineEnd.set(lineEnd.sub(1)));
			const describe = (from: I32, received: I64): void => {
				f.store(out, from, DESCRIPTOR.offset);
				f.store(out, lineEnd.sub(from), DESCRIPTOR.length);
				f.store(out, received, DESCRIPTOR.received);
				out.set(out.add(DESCRIPTOR.size));
			};
			f.if(
				lineEnd.eq(start),
				() => increment(SCAN.blank),
				() => {
					if (kind === 'lines') describe(start, I64.of(0));
					else {
						f.block((described) => {
							readClientLine(f, start, lineEnd, () => {
								increment(SCAN.skipped);
								described.branch();
							});
							for (const read of [readUsualTime, readTime]) {
								read(f, start, lineEnd, (payload, received) => {
									countLiteral(f, context, payload, lineEnd);
									describe(payload, received);
									described.branch();
								});
							}
							describe(start, I64.of(0));
						});
					}
				},
			);
		};

		f.if(I32.load(context, SCAN.skipping), () => {
			newline.set(findNewline.call(scanned, end));
			f.store(context, F64.load(context, SCAN.dropped).add(newline.sub(start).toF64U()), SCAN.dropped);
			f.if(newline.eq(end).and(final.eqz()), () => {
				start.set(end);
				scanned.set(end);
				stop(SCAN_STOP.needsBytes);
			});
			start.set(I32.select(newline.eq(end), end, newline.add(1)));
			scanned.set(start);
			f.store(context, 0, SCAN.skipping);
			stop(SCAN_STOP.resynced);
		});

		const at = f.local(I32, scanned, 'at');
		// In a local: the engine would make it anew for each use.
		const lineFeeds = f.local(V128, V128.splat8(LF), 'lineFeeds');
		/** Line by line through `bits`. */
		const eachLine = (): void =>
			f.block((blockDone) => {
				f.loop((nextLine) => {
					blockDone.branchIf(bits.eqz());
					stopWhenFull();
					newline.set(at.add(bits.ctz().wrap()));
					lineEnd.set(newline);
					stopWhenTooLong();
					line();
					start.set(newline.add(1));
					bits.set(bits.and(bits.sub(1)));
					nextLine.branch();
				});
			});
		if (kind === 'lines') {
			const weights = Array.from({ length: STRETCH / 16 }, (_, part) => f.local(V128, V128.splat8(1 << part), `weight${part}`));
			const marks = f.local(V128, undefined, 'marks');
			const low = f.local(I64, undefined, 'low');
			const high = f.local(I64, undefined, 'high');
			const place = f.local(I32, undefined, 'place');
			const inHigh = f.local(I32, undefined, 'inHigh');
			const found = f.local(I32, undefined, 'found');
			const length = f.local(I32, undefined, 'length');
			const longestLess1 = f.local(I32, longest.sub(1), 'longestLess1');
			const lastWhole = f.local(I32, end.sub(STRETCH), 'lastWhole');
			f.if(end.sub(at).geU(STRETCH), () =>
				f.block((searched) => {
					f.loop((afterUnusual) => {
						f.block((unusual) => {
							f.loop((nextStretch) => {
								searched.branchIf(out.eq(outEnd));
								// Bit k of byte j: whether byte 16 k + j is a newline. Eight bitmasks would take twice the time.
								marks.set(
									either(
										weights.map((weight, part) =>
											V128.load(at, part * 16)
												.i8x16.eq(lineFeeds)
												.and(weight),
										),
									),
								);
								low.set(marks.i64x2.extractLane(0));
								high.set(marks.i64x2.extractLane(1));
								inHigh.set(high.popcnt().wrap());
								found.set(low.popcnt().wrap().add(inHigh));
								// Several lines, a CR; a line that is empty, or so long that it may be too long. All but the first is no matter where there is no newline.
								unusual.branchIf(found.gtU(1));
								place.set(low.or(high).ctz().wrap());
								newline.set(at.add(place.shrU(3)).add(inHigh.shl(3)).add(place.and(7).shl(4)));
								unusual.branchIf(I32.load8U(newline.sub(1)).eq(CR));
								length.set(newline.sub(start));
								unusual.branchIf(length.sub(1).geU(longestLess1));
								f.store(out, start, DESCRIPTOR.offset);
								f.store(out, length, DESCRIPTOR.length);
								f.store(out, I64.of(0), DESCRIPTOR.received);
								out.set(out.add(found.shl(4)));
								start.set(I32.select(found, newline.add(1), start));
								at.set(at.add(STRETCH));
								nextStretch.branchIf(at.leU(lastWhole));
							});
							searched.branch();
						});
						const stretchEnd = f.local(I32, at.add(STRETCH), 'stretchEnd');
						f.loop((nextBlock) => {
							bits.set(newlines(at, lineFeeds));
							eachLine();
							at.set(at.add(BLOCK));
							nextBlock.branchIf(at.ltU(stretchEnd));
						});
						afterUnusual.branchIf(at.leU(lastWhole));
					});
				}),
			);
		}
		f.block((searched) => {
			f.loop((nextBlock) => {
				searched.branchIf(at.geU(end));
				bits.set(within(newlines(at, lineFeeds), at, end));
				eachLine();
				at.set(at.add(BLOCK));
				nextBlock.branch();
			});
		});
		stopWhenFull();
		lineEnd.set(end);
		stopWhenTooLong();
		f.if(final.and(start.ltU(end)), () => {
			line();
			start.set(end);
			stopWhenFull();
		});
		scanned.set(end);
		stop(SCAN_STOP.needsBytes);
	});
	return m.toBytes();
}

/** Runs `found` where the line is `URL <-> …` or `URL <- …`. */
function readClientLine(f: FunctionBuilder, start: I32, lineEnd: I32, found: () => void): void {
	const isLetter = I32.load8U(start).or(0x20).sub(0x61).ltU(26);
	f.if(
		isLetter,
		() => {
			const at = f.local(I32, start, 'space');
			f.block((atSpace) => {
				f.loop((again) => {
					atSpace.branchIf(at.geU(lineEnd));
					atSpace.branchIf(I32.load8U(at).eq(SPACE));
					at.set(at.add(1));
					again.branch();
				});
			});
			const is = (offset: number, byte: number): I32 => I32.load8U(at, offset).eq(byte).and(lineEnd.sub(at).gtU(offset));
			f.if(
				is(1, LESS)
					.and(is(2, MINUS))
					.and(is(3, SPACE).or(is(3, GREATER).and(is(4, SPACE)))),
				found,
			);
		},
		undefined,
		{ likely: false },
	);
}

const ZEROS = 0x3030303030303030n;
const TOP_BITS = 0x8080808080808080n;

/** The top bit of each of eight bytes (digits less '0') that is no digit. */
const notDigits = (values: I64): I64 => values.or(values.add(0x7676767676767676n)).and(TOP_BITS);

/** Eight digit values, the most significant in the lowest byte, to an integer: pairs, then fours and eights at once. */
function eightDigits(f: FunctionBuilder, values: I64): I64 {
	const pairs = f.local(I64, undefined, 'pairs');
	pairs.set(pairs.tee(values).mul(10).add(pairs.shrU(8)));
	const high = pairs.and(0x000000ff000000ffn).mul(0x000f424000000064n);
	const low = pairs.shrU(16).and(0x000000ff000000ffn).mul(0x0000271000000001n);
	return high.add(low).shrU(32);
}

/**
 * What nearly every line has: ten digits, a point, one to seven digits. Runs `found` as `readTime` does. Reads past the
 * line's end, but finds nothing there: the bytes it accepts are no newline, and must end within the line.
 */
function readUsualTime(f: FunctionBuilder, start: I32, lineEnd: I32, found: (payload: I32, received: I64) => void): void {
	f.block((unusual) => {
		const eight = f.local(I64, I64.load(start).sub(ZEROS), 'eight');
		unusual.branchIf(notDigits(eight).eqz().eqz());
		const ninth = f.local(I32, I32.load8U(start, 8).sub(0x30), 'ninth');
		const tenth = f.local(I32, I32.load8U(start, 9).sub(0x30), 'tenth');
		unusual.branchIf(ninth.gtU(9).or(tenth.gtU(9)).or(I32.load8U(start, 10).ne(POINT)));
		const fraction = f.local(I64, I64.load(start, 11).sub(ZEROS), 'fraction');
		// The lowest byte that is no digit is found right, although a borrow may spoil those above it.
		const bitsAfter = f.local(I64, notDigits(fraction).ctz().and(0x78), 'bitsAfter');
		unusual.branchIf(bitsAfter.sub(8).gtU(48));
		const at = f.local(I32, start.add(11).add(bitsAfter.shrU(3).wrap()), 'colon');
		unusual.branchIf(lineEnd.sub(at).ltS(2));
		unusual.branchIf(I32.load16U(at).ne(COLON | (SPACE << 8)));
		const seconds = f.local(I64, eightDigits(f, eight).mul(100).add(ninth.mul(10).add(tenth).extendU()), 'seconds');
		unusual.branchIf(seconds.gtU(LAST_SECOND));
		const nanoseconds = eightDigits(f, fraction.and(I64.of(1).shl(bitsAfter).sub(1))).mul(10);
		found(at.add(2), seconds.mul(1_000_000_000).add(nanoseconds));
	});
}

/** Runs `found` with the payload's start and the time in nanoseconds where the line is `SECONDS[.FRACTION]: …`. */
function readTime(f: FunctionBuilder, start: I32, lineEnd: I32, found: (payload: I32, received: I64) => void): void {
	const at = f.local(I32, start, 'at');
	const seconds = f.local(I64, 0, 'seconds');
	const nanoseconds = f.local(I32, 0, 'nanoseconds');
	const unit = f.local(I32, 100_000_000, 'unit');
	const digit = f.local(I32, undefined, 'digit');
	/** Leaves `digits` at the first byte that is no digit; runs `take` for each that is. */
	const eachDigit = (take: () => void, most: number | null): void => {
		f.block((digits) => {
			f.loop((again) => {
				digits.branchIf(at.geU(lineEnd));
				digit.set(I32.load8U(at).sub(0x30));
				digits.branchIf(digit.gtU(9));
				take();
				at.set(at.add(1));
				if (most === null) again.branch();
				else again.branchIf(at.sub(start).leU(most));
			});
		});
	};
	f.block((none) => {
		eachDigit(() => seconds.set(seconds.mul(10).add(digit.extendU())), 10);
		none.branchIf(at.sub(start).sub(1).geU(10));
		none.branchIf(seconds.gtU(LAST_SECOND));
		f.if(I32.load8U(at).eq(POINT).and(at.ltU(lineEnd)), () => {
			at.set(at.add(1));
			const fraction = f.local(I32, at, 'fraction');
			eachDigit(() => {
				nanoseconds.set(nanoseconds.add(digit.mul(unit)));
				unit.set(unit.divU(10));
			}, null);
			none.branchIf(at.eq(fraction));
		});
		none.branchIf(lineEnd.sub(at).ltU(2));
		none.branchIf(I32.load16U(at).ne(COLON | (SPACE << 8)));
		found(at.add(2), seconds.mul(1_000_000_000).add(nanoseconds.extendU()));
	});
}

/** Counts a payload that is written `b'…'` or `b"…"`. */
function countLiteral(f: FunctionBuilder, context: I32, payload: I32, lineEnd: I32): void {
	f.if(
		I32.load8U(payload).eq(LETTER_B).and(lineEnd.sub(payload).geU(3)),
		() => {
			const quote = f.local(I32, I32.load8U(payload, 1), 'quote');
			f.if(
				quote
					.eq(SINGLE_QUOTE)
					.or(quote.eq(DOUBLE_QUOTE))
					.and(I32.load8U(lineEnd.sub(1)).eq(quote)),
				() => f.store(context, I32.load(context, SCAN.binary).add(1), SCAN.binary),
			);
		},
		undefined,
		{ likely: false },
	);
}
