/** What framers in generated code are written with: the twin of scan.ts. */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { createModule, F64, type FunctionBuilder, I32, I64, type Local } from '../wasm/index.ts';
import { type FramerOptions, SCAN, SCAN_STOP } from './scan-abi.ts';

/** One call; the twin of `Scan`. */
export interface GeneratedScan {
	readonly f: FunctionBuilder;
	readonly context: I32;
	readonly end: Local<I32>;
	readonly limit: Local<I32>;
	readonly longest: Local<I32>;
	readonly final: Local<I32>;
	readonly start: Local<I32>;
	readonly count: Local<I32>;
	get(field: number): I32;
	put(field: number, value: I32 | number): void;
	number(field: number): F64;
	putNumber(field: number, value: F64 | number): void;
	increment(field: number): void;
	describe(offset: I32, length: I32, low?: I32, high?: I32): void;
	/** Why the call ends, where it comes to the end of what was generated; at first `needsBytes`. */
	readonly reason: Local<I32>;
	tooLong(): void;
	drop(to: I32): void;
	resynced(): void;
}

/**
 * The module of a framer.
 *
 * @param body generates the call, and returns what `SCAN.scanned` is at its end
 */
export function generateScanner(name: string, { shared = false, countBranches = false }: FramerOptions, body: (scan: GeneratedScan) => I32): Uint8Array<ArrayBuffer> {
	const m = createModule(name, { countBranches });
	m.importMemory('env', 'memory', shared ? { min: 1, max: 65536, shared: true } : { min: 1 });
	m.func('scan', { params: { context: I32 }, results: [I32], export: 'scan' }, (f, { context }) => {
		const field = (name: keyof typeof SCAN): Local<I32> => f.local(I32, I32.load(context, SCAN[name]), name);
		const out = field('descriptors');
		const start = field('start');
		const count = f.local(I32, 0, 'count');
		const reason = f.local(I32, SCAN_STOP.needsBytes, 'reason');
		const get = (offset: number): I32 => I32.load(context, offset);
		const put = (offset: number, value: I32 | number): void => f.store(context, value, offset);
		const number = (offset: number): F64 => F64.load(context, offset);
		const putNumber = (offset: number, value: F64 | number): void => f.store(context, F64.lift(value), offset);
		const scanned = body({
			f,
			context,
			end: field('end'),
			limit: field('limit'),
			longest: field('longest'),
			final: field('final'),
			start,
			count,
			get,
			put,
			number,
			putNumber,
			increment: (offset) => put(offset, get(offset).add(1)),
			describe(offset, length, low, high) {
				f.store(out, offset, DESCRIPTOR.offset);
				f.store(out, length, DESCRIPTOR.length);
				if (low === undefined || high === undefined) f.store(out, I64.of(0n), DESCRIPTOR.received);
				else {
					f.store(out, low, DESCRIPTOR.received);
					f.store(out, high, DESCRIPTOR.received + 4);
				}
				out.set(out.add(DESCRIPTOR.size));
				count.set(count.add(1));
			},
			reason,
			tooLong() {
				put(SCAN.skipping, 1);
				putNumber(SCAN.dropped, 0);
				reason.set(SCAN_STOP.tooLong);
			},
			drop(to) {
				putNumber(SCAN.dropped, number(SCAN.dropped).add(to.sub(start).toF64U()));
				start.set(to);
			},
			resynced() {
				put(SCAN.skipping, 0);
				reason.set(SCAN_STOP.resynced);
			},
		});
		put(SCAN.start, start);
		put(SCAN.scanned, scanned);
		put(SCAN.binary, 0);
		put(SCAN.stop, reason);
		f.return(count);
	});
	return m.toBytes();
}

/** The twin of `LengthRule`. */
export interface GeneratedLengthRule {
	readonly offset: number;
	head(scan: GeneratedScan): I32 | number;
	/** Sets `length`; or moves `start` behind something else, and runs `none`. */
	read(scan: GeneratedScan, length: Local<I32>, none: () => void): void;
	readonly uncounted?: number;
	leave?(scan: GeneratedScan): void;
	take?(scan: GeneratedScan, message: I32, length: I32): void;
}

/** The module of a framer by a rule; the twin of `scanLengths`. */
export function generateLengthScanner(name: string, options: FramerOptions, rule: GeneratedLengthRule): Uint8Array<ArrayBuffer> {
	return generateScanner(name, options, (scan) => {
		const { f, start, end, longest, final, count, reason } = scan;
		const rare = { likely: false };
		const available = f.local(I32, undefined, 'available');
		const length = f.local(I32, undefined, 'length');
		const message = f.local(I32, undefined, 'message');
		f.block((done) => {
			f.if(scan.get(SCAN.skipping).eq(1), () => {
				const rest = f.local(I32, scan.get(SCAN.rest), 'rest');
				const taken = f.local(I32, end.sub(start), 'taken');
				taken.set(I32.select(rest.ltU(taken), rest, taken));
				scan.put(SCAN.rest, rest.sub(taken));
				scan.drop(start.add(taken));
				done.branchIf(taken.ltU(rest).and(final.ne(1)));
				scan.resynced();
				done.branch();
			});
			f.loop((again) => {
				f.if(
					count.eq(scan.limit),
					() => {
						reason.set(SCAN_STOP.full);
						done.branch();
					},
					undefined,
					rare,
				);
				available.set(end.sub(start));
				f.if(
					available.ltU(rule.head(scan)),
					() => {
						done.branchIf(final.ne(1).or(available.eqz()));
						scan.describe(start, available);
						start.set(end);
						again.branch();
					},
					undefined,
					rare,
				);
				rule.read(scan, length, () => again.branch());
				message.set(start.add(rule.offset));
				available.set(end.sub(message));
				f.if(
					length.gtU(longest.add(rule.uncounted ?? 0)).and(final.eq(1).or(available.gtU(longest))),
					() => {
						rule.leave?.(scan);
						start.set(message);
						scan.put(SCAN.rest, length);
						scan.tooLong();
						done.branch();
					},
					undefined,
					rare,
				);
				f.if(
					available.ltU(length),
					() => {
						done.branchIf(final.ne(1));
						length.set(available);
					},
					undefined,
					rare,
				);
				if (rule.take === undefined) scan.describe(message, length);
				else rule.take(scan, message, length);
				rule.leave?.(scan);
				start.set(message.add(length));
				again.branch();
			});
		});
		return start;
	});
}

/** An unsigned integer of a byte order. */
export function loadUnsigned(address: I32, offset: number, bytes: 1 | 2 | 4, littleEndian: boolean): I32 {
	if (bytes === 1) return I32.load8U(address, offset);
	const value = bytes === 2 ? I32.load16U(address, offset) : I32.load(address, offset);
	if (littleEndian) return value;
	if (bytes === 2) return value.shl(8).and(0xff00).or(value.shrU(8));
	return value
		.rotl(8)
		.and(0x00ff00ff)
		.or(value.rotr(8).and(0xff00ff00 | 0));
}
