/** Comparing bytes in memory with constants of the schema, without a loop. */
import { I32, I64, V128 } from '../../wasm/index.ts';

/** Constants up to this long may be compared wherever a message may end: what lies behind it is readable so far. */
const SHORT = 48;

/**
 * As `equalsBytes`, where the text may end before the constant does: a long one is only compared within the message, since
 * no more than READ_BEYOND bytes behind it may be read.
 */
export function equalsWithin(p: I32, end: I32, bytes: Uint8Array): I32 {
	if (bytes.length <= SHORT) return equalsBytes(p, bytes);
	const fits = (): I32 => p.add(bytes.length).leU(end);
	// Both sides of an `and` are computed: where it does not fit, something readable is compared.
	return equalsBytes(I32.select(fits(), p, I32.of(0)), bytes).and(fits());
}

/** 1 where [p, p + length) is the constant: loads that overlap, no loop, nothing read beyond it. */
export function equalsBytes(p: I32, bytes: Uint8Array): I32 {
	const n = bytes.length;
	const view = new DataView(bytes.buffer, bytes.byteOffset, n);
	const at4 = (k: number): I32 => I32.load(p, k).xor(view.getInt32(k, true));
	const at8 = (k: number): I64 => I64.load(p, k).xor(view.getBigInt64(k, true));
	const at16 = (k: number): V128 => V128.load(p, k).xor(V128.i64x2(view.getBigInt64(k, true), view.getBigInt64(k + 8, true)));
	if (n === 0) return I32.of(1);
	if (n === 1) return I32.load8U(p).eq(view.getUint8(0));
	if (n === 2) return I32.load16U(p).eq(view.getUint16(0, true));
	if (n === 3)
		return I32.load16U(p)
			.eq(view.getUint16(0, true))
			.and(I32.load8U(p, 2).eq(view.getUint8(2)));
	if (n === 4) return at4(0).eqz();
	if (n < 8)
		return at4(0)
			.or(at4(n - 4))
			.eqz();
	if (n === 8) return at8(0).eqz();
	if (n <= 16)
		return at8(0)
			.or(at8(n - 8))
			.eqz();
	let difference = at16(0);
	for (let k = 16; k + 16 <= n; k += 16) difference = difference.or(at16(k));
	if (n % 16 !== 0) difference = difference.or(at16(n - 16));
	return difference.anyTrue().eqz();
}
