/** The framers of delimited.ts as WebAssembly: the same steps, the same trace. */
import { DEPTH_LIMIT, DESCRIPTOR, ERROR_CATEGORIES, type ErrorCategory } from '../compiler/parser-abi.ts';
import { createModule, F64, type Func, type FunctionBuilder, type Global, I32, I64, type ModuleBuilder } from '../wasm/index.ts';
import { type FramerOptions, SCAN, SCAN_STOP } from './scan-abi.ts';

export interface DelimitedScannerOptions {
	/** Field number of the items; 0 where whole messages are wanted. */
	readonly items: number;
	readonly grpc: boolean;
	/** Where its own state is behind the context. */
	readonly state: { readonly list: number; readonly compressed: number };
}

const LONGEST_VARINT = 10;
const LONGEST_TAG = 5;
const GRPC_HEAD = 5;
const MOST_BYTES = 0xffffffffn;

interface Varints {
	/** `varint(at, end) -> value`, and where it ends in `after`: 0 where it is cut, -1 where it has no end. */
	readonly read: Func<I64>;
	readonly after: Global<I32>;
}

function emitVarint(m: ModuleBuilder): Varints {
	const after = m.global(I32, 0, { name: 'after', mutable: true });
	const read = m.func('varint', { params: { at: I32, end: I32 }, results: [I64] }, (f, { at, end }) => {
		const value = f.local(I64, 0n, 'value');
		const shift = f.local(I64, 0n, 'shift');
		const byte = f.local(I32, undefined, 'byte');
		f.loop((next) => {
			f.if(at.geU(end), () => {
				after.set(f, I32.of(0));
				f.return(I64.of(0n));
			});
			byte.set(I32.load8U(at));
			// What is shifted beyond 64 bits is dropped: of the tenth byte all but its lowest bit.
			value.set(value.or(byte.and(0x7f).extendU().shl(shift)));
			at.set(at.add(1));
			f.if(byte.ltU(0x80), () => {
				after.set(f, at);
				f.return(value);
			});
			shift.set(shift.add(7n));
			next.branchIf(shift.ltU(BigInt(LONGEST_VARINT * 7)));
		});
		after.set(f, I32.of(-1));
		f.return(I64.of(0n));
	});
	return { read, after };
}

/** `passed(tag, at, end, depth) -> where the value behind the tag ends | -1`. */
function emitPassed(m: ModuleBuilder, { read, after }: Varints): Func<I32> {
	const passed = m.declare('passed', { params: { tag: I32, at: I32, end: I32, depth: I32 }, results: [I32] });
	const none = (f: FunctionBuilder): void => f.return(I32.of(-1));
	m.define(passed, (f, { tag, at, end, depth }) => {
		f.switch(
			tag.and(7),
			[
				() => {
					f.drop(read.call(at, end));
					f.return(I32.select((after as I32).gtS(0), after, I32.of(-1)));
				},
				() => f.return(I32.select(end.sub(at).geU(8), at.add(8), I32.of(-1))),
				() => {
					const length = f.local(I64, read.call(at, end), 'length');
					f.if((after as I32).leS(0), () => none(f));
					f.if(length.gtU(end.sub(after).extendU()), () => none(f));
					f.return((after as I32).add(length.wrap()));
				},
				() => {
					const inner = f.local(I64, undefined, 'inner');
					f.if(depth.geU(DEPTH_LIMIT), () => none(f));
					f.loop((again) => {
						inner.set(read.call(at, end));
						f.if((after as I32).leS(0), () => none(f));
						f.if(inner.ltU(8n).or(inner.gtU(MOST_BYTES)), () => none(f));
						f.if(inner.and(7n).eq(4n), () => f.return(I32.select(inner.wrap().eq(tag.add(1)), after, I32.of(-1))));
						at.set(passed.call(inner.wrap(), after, end, depth.add(1)));
						f.if(at.eq(-1), () => none(f));
						again.branch();
					});
				},
				() => none(f),
				() => f.return(I32.select(end.sub(at).geU(4), at.add(4), I32.of(-1))),
			],
			() => none(f),
		);
		f.return(I32.of(-1));
	});
	return passed;
}

export function generateDelimitedScanner({ items, grpc, state }: DelimitedScannerOptions, options: FramerOptions = {}): Uint8Array<ArrayBuffer> {
	const m = createModule('delimited messages', { countBranches: options.countBranches ?? false });
	m.importMemory('env', 'memory', options.shared === true ? { min: 1, max: 65536, shared: true } : { min: 1 });
	const varints = emitVarint(m);
	const { read, after } = varints;
	const passed = items === 0 ? null : emitPassed(m, varints);
	m.func('scan', { params: { context: I32 }, results: [I32], export: 'scan' }, (f, { context }) => {
		const end = f.local(I32, I32.load(context, SCAN.end), 'end');
		const limit = f.local(I32, I32.load(context, SCAN.limit), 'limit');
		const longest = f.local(I32, I32.load(context, SCAN.longest), 'longest');
		const final = f.local(I32, I32.load(context, SCAN.final).eq(1), 'final');
		const out = f.local(I32, I32.load(context, SCAN.descriptors), 'out');
		const start = f.local(I32, I32.load(context, SCAN.start), 'start');
		const count = f.local(I32, 0, 'count');
		const length = f.local(I64, undefined, 'length');
		const message = f.local(I32, undefined, 'message');
		const there = f.local(I32, undefined, 'there');
		const unlikely = { likely: false } as const;
		const stop = (reason: number): void => {
			f.store(context, start, SCAN.start);
			f.store(context, start, SCAN.scanned);
			f.store(context, I32.of(0), SCAN.binary);
			f.store(context, I32.of(reason), SCAN.stop);
			f.return(count);
		};
		const describe = (offset: I32, size: I32): void => {
			f.store(out, offset, DESCRIPTOR.offset);
			f.store(out, size, DESCRIPTOR.length);
			f.store(out, I64.of(0n), DESCRIPTOR.received);
			out.set(out.add(DESCRIPTOR.size));
			count.set(count.add(1));
		};
		const drop = (bytes: I64, reason: number, category: ErrorCategory = 'too-large'): void => {
			f.store(context, I32.of(1), SCAN.skipping);
			f.store32(context, I64.select(bytes.ltU(MOST_BYTES), bytes, I64.of(MOST_BYTES)), SCAN.rest);
			f.store(context, I32.of(ERROR_CATEGORIES[category]), SCAN.mode);
			f.store(context, F64.of(0), SCAN.dropped);
			stop(reason);
		};
		f.if(I32.load(context, SCAN.skipping).eq(1), () => {
			const rest = f.local(I32, I32.load(context, SCAN.rest), 'rest');
			const taken = f.local(I32, I32.select(rest.ltU(end.sub(start)), rest, end.sub(start)), 'taken');
			f.store(context, F64.load(context, SCAN.dropped).add(taken.toF64U()), SCAN.dropped);
			f.store(context, rest.sub(taken), SCAN.rest);
			start.set(start.add(taken));
			f.if(taken.ltU(rest).and(final.eqz()), () => stop(SCAN_STOP.needsBytes));
			f.store(context, I32.of(0), SCAN.skipping);
			stop(SCAN_STOP.resynced);
		});
		f.loop((again) => {
			f.if(count.eq(limit), () => stop(SCAN_STOP.full), undefined, unlikely);
			if (passed !== null) {
				const list = f.local(I32, I32.load(context, state.list), 'list');
				f.if(list.ne(0), () => {
					const listEnd = f.local(I32, start.add(list), 'listEnd');
					const tag = f.local(I64, read.call(start, listEnd), 'tag');
					const content = f.local(I32, after, 'content');
					const next = f.local(I32, -1, 'next');
					f.if(content.gtS(0), () => {
						f.if(content.sub(start).leU(LONGEST_TAG).and(tag.geU(8n)).and(tag.leU(MOST_BYTES)), () => next.set(passed.call(tag.wrap(), content, listEnd, I32.of(1))));
					});
					f.if(
						next.eq(-1),
						() => {
							describe(start, list);
							next.set(listEnd);
						},
						() =>
							f.if(tag.eq(BigInt(items) * 8n + 2n), () => {
								length.set(read.call(content, listEnd));
								describe(after, length.wrap());
							}),
					);
					start.set(next);
					f.store(context, listEnd.sub(next), state.list);
					again.branch();
				});
			}
			const available = f.local(I32, end.sub(start), 'available');
			f.if(available.eqz(), () => stop(SCAN_STOP.needsBytes));
			const flag = f.local(I32, 0, 'flag');
			if (grpc) {
				flag.set(I32.load8U(start));
				message.set(I32.of(0));
				f.if(available.geU(GRPC_HEAD), () => {
					const value = f.local(I32, I32.load(start, 1), 'value');
					const swapped = value
						.rotl(8)
						.and(0x00ff00ff)
						.or(value.rotr(8).and(0xff00ff00 | 0));
					length.set(swapped.extendU());
					message.set(start.add(GRPC_HEAD));
				});
			} else {
				length.set(read.call(start, end));
				message.set(after);
			}
			f.if(
				message.eqz(),
				() => {
					f.if(final, () => drop(available.extendU(), SCAN_STOP.refused, 'truncated'));
					stop(SCAN_STOP.needsBytes);
				},
				undefined,
				unlikely,
			);
			if (!grpc) f.if(message.eq(-1), () => drop(I64.of(BigInt(LONGEST_VARINT)), SCAN_STOP.refused, 'syntax'), undefined, unlikely);
			there.set(end.sub(message));
			f.if(
				length.gtU(longest.extendU()).and(final.or(there.gtU(longest))),
				() => {
					start.set(message);
					drop(length, SCAN_STOP.tooLong);
				},
				undefined,
				unlikely,
			);
			f.if(
				length.gtU(there.extendU()),
				() => {
					f.if(final.eqz(), () => stop(SCAN_STOP.needsBytes));
					start.set(message);
					drop(there.extendU(), SCAN_STOP.refused, 'truncated');
				},
				undefined,
				unlikely,
			);
			if (grpc) {
				f.if(
					flag.ne(0),
					() => {
						f.store(context, I32.load(context, state.compressed).add(flag.eq(1)), state.compressed);
						drop(length.add(BigInt(GRPC_HEAD)), SCAN_STOP.refused, 'syntax');
					},
					undefined,
					unlikely,
				);
			}
			start.set(message);
			if (passed === null) {
				describe(message, length.wrap());
				start.set(start.add(length.wrap()));
			} else {
				f.if(
					length.eqz(),
					() => f.store(context, I32.load(context, SCAN.skipped).add(1), SCAN.skipped),
					() => f.store32(context, length, state.list),
				);
			}
			again.branch();
		});
		f.unreachable();
	});
	return m.toBytes();
}
