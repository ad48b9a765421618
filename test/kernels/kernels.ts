/** Kernels linked into a module of their own, to be called with text. */
import { createConstantPool } from '../../src/kernels/constant-pool.ts';
import { addDigitConstants, emitDecimalText, emitShortDecimal, loadDigitVectors } from '../../src/kernels/decimals.ts';
import { emitParseDouble } from '../../src/kernels/doubles.ts';
import { emitTimestampText } from '../../src/kernels/timestamps.ts';
import { emitUtf8Sequence } from '../../src/kernels/utf8.ts';
import { createModule, I32, I64 } from '../../src/wasm/index.ts';

const memory = new WebAssembly.Memory({ initial: 8 });
const TEXT = 1024;
const LONGEST = 65536;
const CONSTANTS = 131072;

interface Kernels {
	initialize(address: number): void;
	parseDouble(p: number, end: number): number;
	timestamp(p: number, end: number): number;
	nanoseconds(): bigint;
	utf8(p: number, end: number): number;
	decimalText(p: number, end: number, scale: number, excess: number, most: bigint, least: bigint): number;
	number(): bigint;
	textScale(): number;
	shortDecimal(p: number): number;
}

/** Scale that `shortDecimal` is compiled for. */
export const SHORT_SCALE = 8;

function build(): Kernels {
	const m = createModule('kernels');
	m.importMemory('env', 'memory', { min: 1 });
	const pool = createConstantPool(m);
	m.export(emitParseDouble(m, pool), 'parseDouble');
	const timestamp = emitTimestampText(m, pool);
	m.export(timestamp.call, 'timestamp');
	m.func('nanoseconds', { params: {}, results: [I64], export: 'nanoseconds' }, (f) => f.return(timestamp.nanoseconds));
	m.export(emitUtf8Sequence(m), 'utf8');
	const decimal = emitDecimalText(m);
	m.export(decimal.call, 'decimalText');
	const digits = addDigitConstants(pool);
	m.func('number', { params: {}, results: [I64], export: 'number' }, (f) => f.return(decimal.number));
	m.func('textScale', { params: {}, results: [I32], export: 'textScale' }, (f) => f.return(decimal.textScale));
	m.func('shortDecimal', { params: { p: I32 }, results: [I32], export: 'shortDecimal' }, (f, { p }) => {
		const vectors = loadDigitVectors(f, digits);
		emitShortDecimal(f, vectors, {
			p,
			scale: SHORT_SCALE,
			point: true,
			store: (value) => decimal.number.set(f, value),
			storeTextScale: (count) => decimal.textScale.set(f, count),
			otherwise: () => f.return(I32.of(0)),
		});
		f.return(p);
	});
	pool.finish();
	const kernels = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } }).exports as unknown as Kernels;
	kernels.initialize(CONSTANTS);
	return kernels;
}

const kernels = build();
const bytes = new Uint8Array(memory.buffer);
const encoder = new TextEncoder();

/** Puts text in memory, with bytes behind it that must not matter. */
function place(text: string | Uint8Array): number {
	const encoded = typeof text === 'string' ? encoder.encode(text) : text;
	if (encoded.length > LONGEST) throw new Error('the text is too long');
	bytes.set(encoded, TEXT);
	bytes.fill(0x37, TEXT + encoded.length, TEXT + encoded.length + 64);
	return TEXT + encoded.length;
}

export const parseDouble = (text: string): number => kernels.parseDouble(TEXT, place(text));
/** Null where it is no timestamp. */
export const parseTimestamp = (text: string): bigint | null => (kernels.timestamp(TEXT, place(text)) === 1 ? kernels.nanoseconds() : null);
/** Bytes that the sequence takes, 0 where it is none. */
export function utf8Length(sequence: Uint8Array): number {
	const after = kernels.utf8(TEXT, place(sequence));
	return after === 0 ? 0 : after - TEXT;
}
export function decimalOf(text: string, scale: number, excess: number, most: bigint, least: bigint): { value: bigint; textScale: number } | 'range' | 'scale' {
	const status = kernels.decimalText(TEXT, place(text), scale, excess, BigInt.asIntN(64, most), BigInt.asIntN(64, least));
	return status === 1 ? 'range' : status === 2 ? 'scale' : { value: kernels.number(), textScale: kernels.textScale() };
}
/** What the inlined kernel makes of a value that `,` follows; null where it leaves it to the slow way. */
export function shortDecimalOf(text: string): { value: bigint; textScale: number; length: number } | null {
	bytes.set(encoder.encode(`${text},"next":"12345678901234567890"`), TEXT);
	const after = kernels.shortDecimal(TEXT);
	return after === 0 ? null : { value: kernels.number(), textScale: kernels.textScale(), length: after - TEXT };
}
