/**
 * The format as strict functions over memory: each checks every byte and its bounds, and returns the address after what
 * it read or 0 with a fault. docs/msgpack.md says which category at which byte.
 */
import { DEPTH_LIMIT } from '../../../compiler/parser-abi.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { FORMAT, fixedLengthOf, type Kind, kindOf, lengthBytesOf } from '../../../kernels/messagepack-format.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import { emitCheckUtf8 } from '../../rows/check-utf8.ts';
import { createFaults, type Faults } from '../../rows/faults.ts';

/** Kinds in an order that makes the questions below comparisons. */
export const KIND: Readonly<Record<Kind, number>> = { nil: 0, boolean: 1, integer: 2, float: 3, string: 4, binary: 5, extension: 6, array: 7, map: 8, unused: 9 };

export interface Grammar {
	readonly faults: Faults;
	/** The kind of a first byte, as a code of {@link KIND}. */
	kind(byte: I32): I32;
	/** `head(p, end)`: past the first byte and the length behind it, which is left in `count`. `p` is before `end`. */
	readonly head: Func<I32>;
	readonly count: Global<I32>;
	/** `content(p, end)`: past a str or bin; its bytes are `contentStart` and `contentLength`. */
	readonly content: Func<I32>;
	readonly contentStart: Global<I32>;
	readonly contentLength: Global<I32>;
	/** `extension(p, end)`: past an ext; its data as content, its type (signed) in `extensionType`. */
	readonly extension: Func<I32>;
	readonly extensionType: Global<I32>;
	/** `integer(p, end)`: past an integer; its magnitude (unsigned) and sign are left in the globals. */
	readonly integer: Func<I32>;
	readonly magnitude: Global<I64>;
	readonly negative: Global<I32>;
	/** `skipValue(p, end, depth)`: any value; `depth` containers are open around it. */
	readonly skipValue: Func<I32>;
	/** `wrongKind(p, end)`: raises `truncated`, `syntax` or `type` for a value that is not what the schema wants. */
	readonly wrongKind: Func<I32>;
	/** `checkUtf8(p, end) -> 1 | 0` with `utf8` at the first byte of the bad sequence. Reads up to 16 bytes beyond the end. */
	readonly checkUtf8: Func<I32>;
}

/** Big-endian bytes as a number, zero-extended. */
export const bigEndian16 = (address: I32, offset: number): I32 =>
	I32.load8U(address, offset)
		.shl(8)
		.or(I32.load8U(address, offset + 1));
export const bigEndian32 = (address: I32, offset: number): I32 =>
	V128.load32Zero(address, offset)
		.shuffle(V128.i32x4(0, 0, 0, 0), [3, 2, 1, 0, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16])
		.i32x4.extractLane(0);
export const bigEndian64 = (address: I32, offset: number): I64 =>
	V128.load64Zero(address, offset)
		.shuffle(V128.i32x4(0, 0, 0, 0), [7, 6, 5, 4, 3, 2, 1, 0, 16, 16, 16, 16, 16, 16, 16, 16])
		.i64x2.extractLane(0);

const tableOf = (of: (byte: number) => number): Uint8Array => Uint8Array.from({ length: 256 }, (_, byte) => of(byte));

export function emitGrammar(m: ModuleBuilder, pool: ConstantPool): Grammar {
	const faults = createFaults(m);
	const kinds = pool.add(tableOf((byte) => KIND[kindOf(byte)]));
	const lengthBytes = pool.add(tableOf(lengthBytesOf));
	const fixedLengths = pool.add(tableOf(fixedLengthOf));
	const global = (name: string): Global<I32> => m.global(I32, 0, { name, mutable: true });
	const count = global('count');
	const contentStart = global('contentStart');
	const contentLength = global('contentLength');
	const extensionType = global('extensionType');
	const negative = global('negative');
	const magnitude = m.global(I64, 0n, { name: 'magnitude', mutable: true });
	const lookUp = (table: number, byte: I32): I32 => I32.load8U(pool.base.add(byte), table);
	const kind = (byte: I32): I32 => lookUp(kinds, byte);
	const truncated = (f: FunctionBuilder, end: I32): void => faults.raise(f, 'truncated', end);

	const head = m.func('head', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const byte = f.local(I32, I32.load8U(p), 'byte');
		const size = f.local(I32, lookUp(lengthBytes, byte), 'size');
		f.if(end.sub(p).leU(size), () => truncated(f, end));
		f.switch(size, [() => count.set(f, lookUp(fixedLengths, byte)), () => count.set(f, I32.load8U(p, 1)), () => count.set(f, bigEndian16(p, 1))], () => count.set(f, bigEndian32(p, 1)));
		f.return(p.add(size).add(1));
	});

	const content = m.func('content', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const start = f.local(I32, head.call(p, end), 'start');
		f.if(start.eqz(), () => f.return(I32.of(0)));
		f.if(end.sub(start).ltU(count), () => truncated(f, end));
		contentStart.set(f, start);
		contentLength.set(f, count);
		f.return(start.add(count));
	});

	const extension = m.func('extension', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const start = f.local(I32, head.call(p, end), 'start');
		f.if(start.eqz(), () => f.return(I32.of(0)));
		// The type's byte is not counted.
		f.if(end.sub(start).leU(count), () => truncated(f, end));
		extensionType.set(f, I32.load8S(start));
		contentStart.set(f, start.add(1));
		contentLength.set(f, count);
		f.return(start.add(1).add(count));
	});

	const integer = m.func('integer', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		const byte = f.local(I32, I32.load8U(p), 'byte');
		const size = f.local(I32, lookUp(fixedLengths, byte), 'size');
		f.if(end.sub(p).leU(size), () => truncated(f, end));
		const value = f.local(I64, undefined, 'value');
		const at = f.local(I32, undefined, 'at');
		f.if(
			size.eqz(),
			() => value.set(byte.extend8S().extendS()),
			() => {
				// From the sign, or zero, one byte after the other.
				value.set(I64.select(byte.geU(FORMAT.int8), I32.load8S(p, 1).shrS(31).extendS(), I64.of(0n)));
				f.loop((again) => {
					value.set(value.shl(8n).or(I32.load8U(p.add(at), 1).extendU()));
					at.set(at.add(1));
					again.branchIf(at.ltU(size));
				});
			},
		);
		negative.set(f, value.ltS(0n).and(byte.ltU(FORMAT.uint8).or(byte.gtU(FORMAT.uint64))));
		magnitude.set(f, I64.select(negative, I64.of(0n).sub(value), value));
		f.return(p.add(size).add(1));
	});

	const wrongKind = m.func('wrongKind', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		f.if(p.geU(end), () => truncated(f, end));
		f.if(I32.load8U(p).eq(FORMAT.unused), () => faults.raise(f, 'syntax', p));
		faults.raise(f, 'type', p);
	});

	const skipValue = m.declare('skipValue', { params: { p: I32, end: I32, depth: I32 }, results: [I32] });
	m.define(skipValue, (f, { p, end, depth }) => {
		f.if(p.geU(end), () => truncated(f, end));
		const byte = f.local(I32, I32.load8U(p), 'byte');
		const which = f.local(I32, kind(byte), 'kind');
		f.if(which.leU(KIND.float), () => {
			const size = f.local(I32, lookUp(fixedLengths, byte), 'size');
			f.if(end.sub(p).leU(size), () => truncated(f, end));
			f.return(p.add(size).add(1));
		});
		f.if(which.leU(KIND.binary), () => f.return(content.call(p, end)));
		f.if(which.eq(KIND.extension), () => f.return(extension.call(p, end)));
		f.if(which.eq(KIND.unused), () => faults.raise(f, 'syntax', p));
		f.if(depth.geU(DEPTH_LIMIT), () => faults.raise(f, 'depth', p));
		p.set(head.call(p, end));
		f.if(p.eqz(), () => f.return(I32.of(0)));
		// Up to 2^33 values: each takes a byte at least, so that the work ends with the message.
		const left = f.local(I64, count.extendU(), 'left');
		f.if(which.eq(KIND.map), () => left.set(left.shl(1n)));
		depth.set(depth.add(1));
		f.block((done) => {
			f.loop((again) => {
				done.branchIf(left.eqz());
				f.block((read) => {
					// Numbers that are one byte, most of what is skipped in lists, need no call.
					f.if(p.ltU(end).and(I32.load8U(p).leU(0x7f)), () => {
						p.set(p.add(1));
						read.branch();
					});
					p.set(skipValue.call(p, end, depth));
					f.if(p.eqz(), () => f.return(I32.of(0)));
				});
				left.set(left.sub(1n));
				again.branch();
			});
		});
		f.return(p);
	});

	const checkUtf8 = emitCheckUtf8(m, faults);

	return { faults, kind, head, count, content, contentStart, contentLength, extension, extensionType, integer, magnitude, negative, skipValue, wrongKind, checkUtf8 };
}
