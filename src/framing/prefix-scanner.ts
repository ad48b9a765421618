/** Length prefixes in generated code: the same as `lengthPrefixed`'s reference, for lengths without receive times. */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { createModule, F64, I32, I64 } from '../wasm/index.ts';
import { type FramerOptions, SCAN, SCAN_STOP } from './scan-abi.ts';

export interface PrefixScannerOptions {
	readonly bytes: 2 | 4;
	readonly littleEndian: boolean;
	readonly zeroEnds: boolean;
}

export function generatePrefixScanner({ bytes, littleEndian, zeroEnds }: PrefixScannerOptions, options: FramerOptions = {}): Uint8Array<ArrayBuffer> {
	const m = createModule('length prefixes', { countBranches: options.countBranches ?? false });
	m.importMemory('env', 'memory', options.shared === true ? { min: 1, max: 65536, shared: true } : { min: 1 });
	m.func('scan', { params: { context: I32 }, results: [I32], export: 'scan' }, (f, { context }) => {
		const end = f.local(I32, I32.load(context, SCAN.end), 'end');
		const limit = f.local(I32, I32.load(context, SCAN.limit), 'limit');
		const longest = f.local(I32, I32.load(context, SCAN.longest), 'longest');
		const final = f.local(I32, I32.load(context, SCAN.final).eq(1), 'final');
		const out = f.local(I32, I32.load(context, SCAN.descriptors), 'out');
		const start = f.local(I32, I32.load(context, SCAN.start), 'start');
		const count = f.local(I32, 0, 'count');
		const length = f.local(I32, undefined, 'length');
		const message = f.local(I32, undefined, 'message');
		const available = f.local(I32, undefined, 'available');
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
		const load = (): I32 => {
			if (bytes === 2) {
				const value = I32.load16U(start);
				return littleEndian ? value : value.shl(8).and(0xff00).or(value.shrU(8));
			}
			const value = I32.load(start);
			return littleEndian
				? value
				: value
						.rotl(8)
						.and(0x00ff00ff)
						.or(value.rotr(8).and(0xff00ff00 | 0));
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
			f.if(count.eq(limit), () => stop(SCAN_STOP.full), undefined, { likely: false });
			available.set(end.sub(start));
			f.if(
				available.ltU(bytes),
				() => {
					f.if(final.eqz().or(available.eqz()), () => stop(SCAN_STOP.needsBytes));
					describe(start, available);
					start.set(end);
					again.branch();
				},
				undefined,
				{ likely: false },
			);
			length.set(load());
			message.set(start.add(bytes));
			if (zeroEnds) {
				f.if(
					length.eqz(),
					() => {
						f.store(context, I32.load(context, SCAN.skipped).add(1), SCAN.skipped);
						start.set(message);
						again.branch();
					},
					undefined,
					{ likely: false },
				);
			}
			available.set(end.sub(message));
			f.if(
				length.gtU(longest).and(final.or(available.gtU(longest))),
				() => {
					start.set(message);
					f.store(context, I32.of(1), SCAN.skipping);
					f.store(context, length, SCAN.rest);
					f.store(context, F64.of(0), SCAN.dropped);
					stop(SCAN_STOP.tooLong);
				},
				undefined,
				{ likely: false },
			);
			f.if(
				available.ltU(length),
				() => {
					f.if(final.eqz(), () => stop(SCAN_STOP.needsBytes));
					length.set(available);
				},
				undefined,
				{ likely: false },
			);
			describe(message, length);
			start.set(message.add(length));
			again.branch();
		});
		f.unreachable();
	});
	return m.toBytes();
}
