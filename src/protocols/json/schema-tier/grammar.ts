/**
 * The grammar of RFC 8259 as strict functions over memory: each checks every byte and its bounds, and returns the
 * address after what it read or 0 with a fault (faults.ts). docs/json.md says which category at which byte.
 */
import { DEPTH_LIMIT } from '../../../compiler/parser-abi.ts';
import { emitUtf8Sequence } from '../../../kernels/utf8.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type Local, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import { createFaults, type Faults } from '../../rows/faults.ts';

export interface Grammar {
	readonly faults: Faults;
	/** `whitespace(p, end)`: the first address that is no white space, at most `end`. Cannot fail. */
	readonly whitespace: Func;
	/** `stringEnd(p, end)`: from the byte after the opening quote to the address of the closing quote; sets `escaped`. */
	readonly stringEnd: Func;
	/** 1 if the last string read by `stringEnd` has an escape. */
	readonly escaped: Global<I32>;
	/** `numberEnd(p, end)`: the address after the number token. */
	readonly numberEnd: Func;
	/** `skipValue(p, end, depth)`: any value; `depth` containers are open around it. */
	readonly skipValue: Func;
	/** `wrongKind(p, end)`: raises `type`, `syntax` or `truncated` for a value that starts here but is not what the schema wants. */
	readonly wrongKind: Func;
	/** `expectByte(p, end, byte)`: white space, then the byte. */
	readonly expectByte: Func;
	/** `decode(p, end, to)`: the checked string content [p, end) as UTF-8 at `to`; returns its length. `to` 0 only measures. */
	readonly decode: Func;
	/** `word(p, end, text, length)`: the rest of `true`, `false`, `null`, given as a little-endian i32 of its last four bytes. */
	readonly word: Func;
}

/** Vectors that `stringStops` compares with; in locals where a loop or a long function uses them often. */
export interface StringVectors {
	readonly quote: V128;
	readonly backslash: V128;
	readonly space: V128;
}

const STRING_CONSTANTS: StringVectors = { quote: V128.splat8(0x22), backslash: V128.splat8(0x5c), space: V128.splat8(0x20) };

export function bindStringVectors(f: FunctionBuilder): StringVectors {
	return { quote: f.local(V128, STRING_CONSTANTS.quote, 'quotes'), backslash: f.local(V128, STRING_CONSTANTS.backslash, 'backslashes'), space: f.local(V128, STRING_CONSTANTS.space, 'spaces') };
}

/** Bit mask of the bytes that end a plain run of a string: quote, backslash, below 0x20, above 0x7F (negative). */
export function stringStops(bytes: V128, vectors: StringVectors = STRING_CONSTANTS): I32 {
	return bytes.i8x16.eq(vectors.quote).or(bytes.i8x16.eq(vectors.backslash)).or(bytes.i8x16.ltS(vectors.space)).i8x16.bitmask();
}

/** The last four bytes of a word as `word` takes them. */
export const WORDS = { true: 0x65757274, alse: 0x65736c61, null: 0x6c6c756e } as const;

export function emitGrammar(m: ModuleBuilder): Grammar {
	const faults = createFaults(m);
	const escaped = m.global(I32, 0, { name: 'escaped', mutable: true });
	const utf8Sequence = emitUtf8Sequence(m);

	const whitespace = m.func('whitespace', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const byte = f.local(I32, undefined, 'byte');
		f.loop((again) => {
			f.if(p.geU(end), () => f.return(p));
			byte.set(I32.load8U(p));
			f.if(byte.gtU(0x20), () => f.return(p));
			f.if(byte.ne(0x20).and(byte.ne(0x0a)).and(byte.ne(0x0d)).and(byte.ne(0x09)), () => f.return(p));
			p.set(p.add(1));
			again.branch();
		});
		f.unreachable();
	});

	const expectByte = m.func('expectByte', { params: { p: I32, end: I32, byte: I32 }, results: [I32] }, (f, { p, end, byte }) => {
		p.set(whitespace.call(p, end) as I32);
		f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
		f.if(I32.load8U(p).ne(byte), () => faults.raise(f, 'syntax', p));
		f.return(p.add(1));
	});

	const stringEnd = m.func('stringEnd', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const stops = f.local(I32, undefined, 'stops');
		const byte = f.local(I32, undefined, 'byte');
		const k = f.local(I32, undefined, 'k');
		const next = f.local(I32, undefined, 'next');
		escaped.set(f, I32.of(0));
		f.loop((again) => {
			f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
			stops.set(stringStops(V128.load(p)));
			f.if(stops.eqz(), () => {
				p.set(p.add(16));
				again.branch();
			});
			p.set(p.add(stops.ctz()));
			f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
			byte.set(I32.load8U(p));
			f.if(byte.eq(0x22), () => f.return(p));
			f.if(byte.ltU(0x20), () => faults.raise(f, 'control-character', p));
			f.if(byte.ne(0x5c), () => {
				next.set(utf8Sequence.call(p, end) as I32);
				f.if(next.eqz(), () => faults.raise(f, 'utf8', p));
				p.set(next);
				again.branch();
			});
			escaped.set(f, I32.of(1));
			f.if(p.add(1).geU(end), () => faults.raise(f, 'truncated', end));
			byte.set(I32.load8U(p, 1));
			f.if(byte.eq(0x75), () => {
				k.set(I32.of(2));
				f.loop((digit) => {
					f.if(p.add(k).geU(end), () => faults.raise(f, 'truncated', end));
					byte.set(I32.load8U(p.add(k)));
					f.if(byte.sub(0x30).gtU(9).and(byte.or(0x20).sub(0x61).gtU(5)), () => faults.raise(f, 'escape', p));
					k.set(k.add(1));
					digit.branchIf(k.ltU(6));
				});
				p.set(p.add(6));
				again.branch();
			});
			// One of "\/bfnrt: a bit for each letter after 0x5c… is shorter than seven comparisons.
			const letter = byte.eq(0x22).or(byte.eq(0x5c)).or(byte.eq(0x2f)).or(byte.eq(0x62)).or(byte.eq(0x66)).or(byte.eq(0x6e)).or(byte.eq(0x72)).or(byte.eq(0x74));
			f.if(letter.eqz(), () => faults.raise(f, 'escape', p));
			p.set(p.add(2));
			again.branch();
		});
		f.unreachable();
	});

	const numberEnd = m.func('numberEnd', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const digit = (): I32 => I32.load8U(p).sub(0x30).leU(9);
		const needDigit = (): void => {
			f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
			f.if(digit().eqz(), () => faults.raise(f, 'number', p));
		};
		const digits = (): void => {
			f.loop((again) => {
				p.set(p.add(1));
				f.if(p.geU(end), () => f.return(p));
				again.branchIf(digit());
			});
		};
		const byte = f.local(I32, undefined, 'byte');
		f.if(p.ltU(end).and(I32.load8U(p).eq(0x2d)), () => p.set(p.add(1)));
		needDigit();
		f.if(
			I32.load8U(p).eq(0x30),
			() => {
				p.set(p.add(1));
				f.if(p.geU(end), () => f.return(p));
			},
			() => digits(),
		);
		f.if(I32.load8U(p).eq(0x2e), () => {
			p.set(p.add(1));
			needDigit();
			digits();
		});
		f.if(I32.load8U(p).or(0x20).eq(0x65), () => {
			p.set(p.add(1));
			f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
			byte.set(I32.load8U(p));
			f.if(byte.eq(0x2b).or(byte.eq(0x2d)), () => p.set(p.add(1)));
			needDigit();
			digits();
		});
		f.return(p);
	});

	/** `word(p, end, last4, skip)`: `skip` bytes of the word precede its last four. Finds the first wrong byte. */
	const word = m.func('word', { params: { p: I32, end: I32, last4: I32, skip: I32 }, results: [I32] }, (f, { p, end, last4, skip }) => {
		p.set(p.add(skip));
		const k = f.local(I32, 0, 'k');
		f.loop((again) => {
			f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
			f.if(I32.load8U(p).ne(last4.and(0xff)), () => faults.raise(f, 'syntax', p));
			last4.set(last4.shrU(8));
			p.set(p.add(1));
			k.set(k.add(1));
			again.branchIf(k.ltU(4));
		});
		f.return(p);
	});

	const wrongKind = m.func('wrongKind', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
		const byte = f.local(I32, I32.load8U(p), 'byte');
		const starts = byte.eq(0x22).or(byte.eq(0x2d)).or(byte.sub(0x30).leU(9)).or(byte.eq(0x74)).or(byte.eq(0x66)).or(byte.eq(0x6e)).or(byte.eq(0x7b)).or(byte.eq(0x5b));
		f.if(starts, () => faults.raise(f, 'type', p));
		faults.raise(f, 'syntax', p);
	});

	const skipValue = m.func('skipValue', { params: { p: I32, end: I32, depth: I32 }, results: [I32] }, (f, { p, end, depth }) => {
		// One bit a container that this call opened, the innermost lowest: 1 for an object.
		const kinds = f.local(I64, 0n, 'kinds');
		const opened = f.local(I32, 0, 'opened');
		const byte = f.local(I32, undefined, 'byte');
		const readString = (): void => {
			// Up to 15 plain bytes inside the message need no call.
			const stops = f.local(I32, stringStops(V128.load(p, 1)), 'stops');
			const close = f.local(I32, p.add(1).add(stops.ctz()), 'close');
			f.if(
				stops.ne(0).and(close.ltU(end)).and(I32.load8U(close).eq(0x22)),
				() => {
					escaped.set(f, I32.of(0));
					p.set(close.add(1));
				},
				() => {
					p.set(stringEnd.call(p.add(1), end) as I32);
					f.if(p.eqz(), () => f.return(I32.of(0)));
					p.set(p.add(1));
				},
			);
		};
		f.loop((value) => {
			f.block((valueRead) => {
				f.if(p.ltU(end).and(I32.load8U(p).gtU(0x20)).eqz(), () => {
					p.set(whitespace.call(p, end) as I32);
					f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
				});
				byte.set(I32.load8U(p));
				f.if(byte.eq(0x22), () => {
					readString();
					valueRead.branch();
				});
				f.if(byte.eq(0x2d).or(byte.sub(0x30).leU(9)), () => {
					p.set(numberEnd.call(p, end) as I32);
					f.if(p.eqz(), () => f.return(I32.of(0)));
					valueRead.branch();
				});
				f.if(byte.eq(0x7b).or(byte.eq(0x5b)), () => {
					f.if(depth.add(opened).geU(DEPTH_LIMIT), () => faults.raise(f, 'depth', p));
					kinds.set(kinds.shl(1n).or(byte.eq(0x7b).extendU()));
					opened.set(opened.add(1));
					p.set(whitespace.call(p.add(1), end) as I32);
					f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
					f.if(
						byte.eq(0x7b),
						() => {
							f.if(I32.load8U(p).eq(0x7d), () => {
								p.set(p.add(1));
								kinds.set(kinds.shrU(1n));
								opened.set(opened.sub(1));
								valueRead.branch();
							});
							f.if(I32.load8U(p).ne(0x22), () => faults.raise(f, 'syntax', p));
							readString();
							p.set(expectByte.call(p, end, 0x3a) as I32);
							f.if(p.eqz(), () => f.return(I32.of(0)));
						},
						() => {
							f.if(I32.load8U(p).eq(0x5d), () => {
								p.set(p.add(1));
								kinds.set(kinds.shrU(1n));
								opened.set(opened.sub(1));
								valueRead.branch();
							});
						},
					);
					value.branch();
				});
				const readWord = (first: number, last4: number, skip: number): void => {
					f.if(byte.eq(first), () => {
						p.set(word.call(p, end, last4, skip) as I32);
						f.if(p.eqz(), () => f.return(I32.of(0)));
						valueRead.branch();
					});
				};
				readWord(0x74, WORDS.true, 0);
				readWord(0x66, WORDS.alse, 1);
				readWord(0x6e, WORDS.null, 0);
				faults.raise(f, 'syntax', p);
			});
			// After a value: close containers, or go on to the next value.
			f.loop((close) => {
				f.if(opened.eqz(), () => f.return(p));
				f.if(p.ltU(end).and(I32.load8U(p).gtU(0x20)).eqz(), () => {
					p.set(whitespace.call(p, end) as I32);
					f.if(p.geU(end), () => faults.raise(f, 'truncated', end));
				});
				byte.set(I32.load8U(p));
				const inObject = f.local(I32, kinds.wrap().and(1), 'inObject');
				f.if(byte.eq(0x2c), () => {
					p.set(p.add(1));
					f.if(inObject, () => {
						p.set(expectByte.call(p, end, 0x22) as I32);
						f.if(p.eqz(), () => f.return(I32.of(0)));
						p.set(p.sub(1));
						readString();
						p.set(expectByte.call(p, end, 0x3a) as I32);
						f.if(p.eqz(), () => f.return(I32.of(0)));
					});
					value.branch();
				});
				f.if(byte.ne(I32.select(inObject, I32.of(0x7d), I32.of(0x5d))), () => faults.raise(f, 'syntax', p));
				p.set(p.add(1));
				kinds.set(kinds.shrU(1n));
				opened.set(opened.sub(1));
				close.branch();
			});
		});
		f.unreachable();
	});

	const decode = emitDecode(m);
	return { faults, whitespace, stringEnd, escaped, numberEnd, skipValue, wrongKind, expectByte, decode, word };
}

/** Four hex digits, already checked, at p. */
function hex4(f: FunctionBuilder, p: I32): Local<I32> {
	const value = f.local(I32, 0, 'code');
	for (let k = 0; k < 4; k++) {
		const byte = f.local(I32, I32.load8U(p, k), 'hex');
		value.set(value.shl(4).or(byte.and(0x0f).add(byte.shrU(6).mul(9))));
	}
	return value;
}

function emitDecode(m: ModuleBuilder): Func {
	return m.func('decode', { params: { p: I32, end: I32, to: I32 }, results: [I32] }, (f, { p, end, to }) => {
		const length = f.local(I32, 0, 'length');
		const byte = f.local(I32, undefined, 'byte');
		const put = (value: I32): void => {
			f.if(to, () => f.store8(to.add(length), value));
			length.set(length.add(1));
		};
		f.loop((again) => {
			f.if(p.geU(end), () => f.return(length));
			byte.set(I32.load8U(p));
			f.if(byte.ne(0x5c), () => {
				put(byte);
				p.set(p.add(1));
				again.branch();
			});
			byte.set(I32.load8U(p, 1));
			f.if(byte.ne(0x75), () => {
				p.set(p.add(2));
				f.if(byte.eq(0x62), () => byte.set(I32.of(8)));
				f.if(byte.eq(0x66), () => byte.set(I32.of(12)));
				f.if(byte.eq(0x6e), () => byte.set(I32.of(10)));
				f.if(byte.eq(0x72), () => byte.set(I32.of(13)));
				f.if(byte.eq(0x74), () => byte.set(I32.of(9)));
				put(byte);
				again.branch();
			});
			const code = hex4(f, p.add(2));
			p.set(p.add(6));
			f.if(code.and(0xf800).eq(0xd800), () => {
				const high = f.local(I32, code, 'high');
				code.set(I32.of(0xfffd));
				// A high surrogate followed by an escaped low one is one character; anything else is alone: U+FFFD.
				f.if(high.ltU(0xdc00).and(p.add(6).leU(end)).and(I32.load16U(p).eq(0x755c)), () => {
					const low = hex4(f, p.add(2));
					f.if(low.and(0xfc00).eq(0xdc00), () => {
						code.set(high.sub(0xd800).shl(10).add(low.sub(0xdc00)).add(0x10000));
						p.set(p.add(6));
					});
				});
			});
			f.if(code.ltU(0x80), () => {
				put(code);
				again.branch();
			});
			f.if(code.ltU(0x800), () => {
				put(code.shrU(6).or(0xc0));
				put(code.and(0x3f).or(0x80));
				again.branch();
			});
			f.if(code.ltU(0x10000), () => {
				put(code.shrU(12).or(0xe0));
				put(code.shrU(6).and(0x3f).or(0x80));
				put(code.and(0x3f).or(0x80));
				again.branch();
			});
			put(code.shrU(18).or(0xf0));
			put(code.shrU(12).and(0x3f).or(0x80));
			put(code.shrU(6).and(0x3f).or(0x80));
			put(code.and(0x3f).or(0x80));
			again.branch();
		});
		f.unreachable();
	});
}
