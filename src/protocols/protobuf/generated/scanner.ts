/** Functions that go over bytes of a message as docs/protobuf.md says, with categories and addresses of faults. */
import { DEPTH_LIMIT } from '../../../compiler/parser-abi.ts';
import { type Func, type Global, I32, I64, type ModuleBuilder } from '../../../wasm/index.ts';
import { emitCheckUtf8 } from '../../rows/check-utf8.ts';
import { createFaults, type Faults } from '../../rows/faults.ts';
import { WIRE } from '../types.ts';

/** Every function reads within [p, limit), the part that it stands in. */
export interface Scanner {
	readonly faults: Faults;
	/** `varint(p, limit) -> i64`; `varintEnd` is the address behind it, or 0 with a fault. */
	readonly varint: Func<I64>;
	readonly varintEnd: Global<I32>;
	/** `tag(p, limit) -> u32`; `tagEnd` is the address behind it, or 0 with a fault. */
	readonly tag: Func<I32>;
	readonly tagEnd: Global<I32>;
	/** `open(p, limit)`: a length. The address where what it measures ends, or 0 with a fault; `contentStart` is where it starts. */
	readonly open: Func<I32>;
	readonly contentStart: Global<I32>;
	/** `skip(p, tag, at, limit, depth) -> after | 0`: the value behind a tag that starts at an address, in a message of a depth. */
	readonly skip: Func<I32>;
	readonly checkUtf8: Func<I32>;
}

const LONGEST_TAG = 5;
const LONGEST_VARINT = 10;
/** Bits of a tag that say the wire type. */
const WIRE_BITS = 3;

export function emitScanner(m: ModuleBuilder): Scanner {
	const faults = createFaults(m);
	const varintEnd = m.global(I32, 0, { name: 'varintEnd', mutable: true });
	const tagEnd = m.global(I32, 0, { name: 'tagEnd', mutable: true });
	const contentStart = m.global(I32, 0, { name: 'contentStart', mutable: true });

	const varint = m.func('varint', { params: { p: I32, limit: I32 }, results: [I64] }, (f, { p, limit }) => {
		const start = f.local(I32, p, 'start');
		const value = f.local(I64, 0n, 'value');
		const shift = f.local(I64, 0n, 'shift');
		const byte = f.local(I32, undefined, 'byte');
		const fail = (category: 'truncated' | 'syntax', at: I32): void => {
			varintEnd.set(f, I32.of(0));
			faults.note(f, category, at);
			f.return(I64.of(0n));
		};
		f.loop((again) => {
			f.if(p.geU(limit), () => fail('truncated', limit));
			byte.set(I32.load8U(p));
			p.set(p.add(1));
			// Bits beyond 64 are shifted out.
			value.set(value.or(byte.and(0x7f).extendU().shl(shift)));
			f.if(byte.ltU(0x80), () => {
				varintEnd.set(f, p);
				f.return(value);
			});
			shift.set(shift.add(7n));
			again.branchIf(p.sub(start).ltU(LONGEST_VARINT));
		});
		fail('syntax', start);
	});

	const tag = m.func('tag', { params: { p: I32, limit: I32 }, results: [I32] }, (f, { p, limit }) => {
		const start = f.local(I32, p, 'start');
		const value = f.local(I64, 0n, 'value');
		const byte = f.local(I32, undefined, 'byte');
		const fail = (category: 'truncated' | 'syntax', at: I32): void => {
			tagEnd.set(f, I32.of(0));
			faults.note(f, category, at);
			f.return(I32.of(0));
		};
		f.block((read) => {
			f.loop((again) => {
				f.if(p.geU(limit), () => fail('truncated', limit));
				byte.set(I32.load8U(p));
				value.set(value.or(byte.and(0x7f).extendU().shl(p.sub(start).mul(7).extendU())));
				p.set(p.add(1));
				read.branchIf(byte.ltU(0x80));
				again.branchIf(p.sub(start).ltU(LONGEST_TAG));
			});
			fail('syntax', start);
		});
		f.if(
			value
				.gtU(0xffffffffn)
				.or(value.ltU(1n << BigInt(WIRE_BITS)))
				.or(value.wrap().and(7).gtU(WIRE.fixed32)),
			() => fail('syntax', start),
		);
		tagEnd.set(f, p);
		f.return(value.wrap());
	});

	const open = m.func('open', { params: { p: I32, limit: I32 }, results: [I32] }, (f, { p, limit }) => {
		const length = f.local(I64, varint.call(p, limit), 'length');
		f.if(varintEnd.eqz(), () => f.return(I32.of(0)));
		f.if(length.gtU(limit.sub(varintEnd).extendU()), () => faults.raise(f, 'truncated', limit));
		contentStart.set(f, varintEnd);
		f.return(varintEnd.add(length.wrap()));
	});

	const skip = m.declare('skip', { params: { p: I32, tag: I32, at: I32, limit: I32, depth: I32 }, results: [I32] });
	m.define(skip, (f, { p, tag: outer, at, limit, depth }) => {
		const fixed = (bytes: number): void => {
			f.if(limit.sub(p).ltU(bytes), () => faults.raise(f, 'truncated', limit));
			f.return(p.add(bytes));
		};
		f.switch(outer.and(7), [
			() => {
				f.drop(varint.call(p, limit));
				f.return(varintEnd);
			},
			() => fixed(8),
			() => f.return(open.call(p, limit)),
			() => {
				f.if(depth.geU(DEPTH_LIMIT), () => faults.raise(f, 'depth', at));
				const inner = f.local(I32, undefined, 'inner');
				const innerAt = f.local(I32, undefined, 'innerAt');
				f.loop((next) => {
					innerAt.set(p);
					inner.set(tag.call(p, limit));
					f.if(tagEnd.eqz(), () => f.return(I32.of(0)));
					p.set(tagEnd);
					f.if(inner.and(7).eq(WIRE.endGroup), () => {
						f.if(inner.shrU(WIRE_BITS).eq(outer.shrU(WIRE_BITS)), () => f.return(p));
						faults.raise(f, 'syntax', innerAt);
					});
					p.set(skip.call(p, inner, innerAt, limit, depth.add(1)));
					f.if(p.eqz(), () => f.return(I32.of(0)));
					next.branch();
				});
			},
			() => faults.raise(f, 'syntax', at),
			() => fixed(4),
		]);
		f.unreachable();
	});

	return { faults, varint, varintEnd, tag, tagEnd, open, contentStart, skip, checkUtf8: emitCheckUtf8(m, faults) };
}
