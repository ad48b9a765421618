/**
 * Polynomials over GF(2) modulo a CRC's generator, in plain TypeScript: what CRC tables are made of, and how checksums of
 * parts are joined.
 *
 * A residue is 32 bits, reflected as in the registers of these CRCs: bit 31 is x^0, bit 0 is x^31. The register after a
 * message M, from a register of 0, holds M(x) × x^32 modulo the generator.
 */

/** A reflected CRC of 32 bits that starts with, and is finished by xor with, 0xFFFFFFFF. */
export interface CrcPolynomial {
	readonly name: 'crc32c' | 'crc32';
	/** The generator without x^32, reflected. */
	readonly generator: number;
	/**
	 * A multiple of the generator with few terms: 1 = sum of x^lag, read backwards. So a bit is as good as one bit `lag`
	 * places further for each of these lags. As x → x^128 is a square of squares, the same holds for steps of 16 bytes.
	 */
	readonly lags: readonly number[];
}

/** Castagnoli's CRC (RFC 3720, 12.1). x^209 + x^144 + x^54 + x^39 + x^14 + 1 is the lowest multiple with six terms. */
export const CRC32C: CrcPolynomial = { name: 'crc32c', generator: 0x82f63b78, lags: [65, 155, 170, 195, 209] };
/** The CRC of Ethernet, gzip and PNG (ISO/IEC 3309). x^300 + x^155 + x^117 + x^89 + 1 is the lowest multiple with five terms. */
export const CRC32: CrcPolynomial = { name: 'crc32', generator: 0xedb88320, lags: [145, 183, 211, 300] };

/** x^0. */
export const ONE = 0x80000000;

const timesX = (residue: number, generator: number): number => ((residue & 1) !== 0 ? (residue >>> 1) ^ generator : residue >>> 1) >>> 0;

/** The product of two residues. */
export function multiply(a: number, b: number, generator: number): number {
	let product = 0;
	let shifted = b;
	for (let bit = 31; bit >= 0; bit--) {
		if (((a >>> bit) & 1) !== 0) product ^= shifted;
		shifted = timesX(shifted, generator);
	}
	return product >>> 0;
}

/** x^(8 × bytes): what a register is multiplied by when `bytes` zeros follow. Exact up to 2^53 - 1. */
export function powerOfBytes(bytes: number, generator: number): number {
	let power = ONE;
	let square = ONE >>> 8;
	for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
		if (rest % 2 === 1) power = multiply(power, square, generator);
		square = multiply(square, square, generator);
	}
	return power;
}

/** The register after one byte and `further` zero bytes, from a register of 0, for each of the 256 bytes. */
export function byteTable(generator: number, further = 0): Uint32Array {
	const power = powerOfBytes(further, generator);
	const images = Array.from({ length: 8 }, (_, bit) => {
		let register = 1 << bit;
		for (let step = 0; step < 8; step++) register = timesX(register >>> 0, generator);
		return multiply(register, power, generator);
	});
	return Uint32Array.from({ length: 256 }, (_, byte) => images.reduce((sum, image, bit) => (((byte >>> bit) & 1) !== 0 ? sum ^ image : sum), 0) >>> 0);
}

/** A linear map of 32 bits, as the images of bit 0 to bit 31. */
export type BitMatrix = readonly number[];

export const applyMatrix = (matrix: BitMatrix, bits: number): number => matrix.reduce((sum, image, bit) => (((bits >>> bit) & 1) !== 0 ? sum ^ image : sum), 0) >>> 0;

/** The map the other way round. @throws RangeError where there is none */
export function invertMatrix(matrix: BitMatrix): BitMatrix {
	// Gauss and Jordan: pairs of an image and the combination of unit vectors it comes from.
	const rows = matrix.map((image, bit) => ({ image, from: (1 << bit) >>> 0 }));
	for (let bit = 0; bit < 32; bit++) {
		const pivot = rows.findIndex(({ image }, index) => index >= bit && ((image >>> bit) & 1) !== 0);
		if (pivot < 0) throw new RangeError('tickforge: this map of bits has no inverse');
		[rows[bit], rows[pivot]] = [rows[pivot] as (typeof rows)[number], rows[bit] as (typeof rows)[number]];
		const { image, from } = rows[bit] as (typeof rows)[number];
		for (const [index, row] of rows.entries()) {
			if (index === bit || ((row.image >>> bit) & 1) === 0) continue;
			row.image = (row.image ^ image) >>> 0;
			row.from = (row.from ^ from) >>> 0;
		}
	}
	return rows.map(({ from }) => from);
}
