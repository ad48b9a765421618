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
