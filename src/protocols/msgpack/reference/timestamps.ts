import { I64_LEAST, I64_MOST } from '../../rows/reference/timestamps.ts';

/**
 * The data of a timestamp extension as nanoseconds since 1970; null where it is none, or outside i64:
 * ```
 *  4 bytes    seconds (u32)
 *  8 bytes    nanoseconds (30 bits) | seconds (34 bits)
 *  12 bytes   nanoseconds (u32) | seconds (i64)
 * ```
 */
export function parseTimestampExtension(data: Uint8Array): bigint | null {
	const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
	let seconds: bigint;
	let nanoseconds: bigint;
	if (data.length === 4) {
		seconds = BigInt(view.getUint32(0));
		nanoseconds = 0n;
	} else if (data.length === 8) {
		const both = view.getBigUint64(0);
		seconds = both & 0x3ffffffffn;
		nanoseconds = both >> 34n;
	} else if (data.length === 12) {
		seconds = view.getBigInt64(4);
		nanoseconds = BigInt(view.getUint32(0));
	} else return null;
	if (nanoseconds > 999_999_999n) return null;
	const instant = seconds * 1_000_000_000n + nanoseconds;
	return instant >= I64_LEAST && instant <= I64_MOST ? instant : null;
}
