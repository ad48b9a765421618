/** CRCs byte by byte: the twin of kernels/crc.ts. */
import { byteTable, type CrcPolynomial } from '../../kernels/crc-arithmetic.ts';

/** @param memory gives all bytes of a memory, new after it has grown */
export function referenceCrc(memory: () => Uint8Array, polynomial: CrcPolynomial): (register: number, address: number, length: number) => number {
	const table = byteTable(polynomial.generator);
	return (register, address, length) => {
		const bytes = memory();
		let crc = register;
		for (let at = address; at < address + length; at++) crc = (table[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
		return crc | 0;
	};
}

/** Of many messages; see `CrcManyFunction`. */
export function referenceCrcMany(memory: () => Uint8Array, polynomial: CrcPolynomial): (places: number, count: number, stride: number, checksums: number) => void {
	const crc = referenceCrc(memory, polynomial);
	return (places, count, stride, checksums) => {
		const { buffer, byteOffset, byteLength } = memory();
		const view = new DataView(buffer, byteOffset, byteLength);
		for (let index = 0; index < count; index++) {
			const place = places + index * stride;
			view.setInt32(checksums + index * 4, ~crc(-1, view.getUint32(place, true), view.getUint32(place + 4, true)), true);
		}
	};
}
