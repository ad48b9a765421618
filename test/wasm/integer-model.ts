/** What the specification says of integer operations, in bigint arithmetic. */

export const signed = (bits: number, value: bigint): bigint => BigInt.asIntN(bits, value);
export const unsigned = (bits: number, value: bigint): bigint => BigInt.asUintN(bits, value);

/** An operation's result modulo 2^bits, or a trap. Operands may be given signed or not. */
export function integerModel(operation: string, bits: number, x: bigint, y: bigint): bigint | 'trap' {
	const sign = operation.endsWith('_u') ? unsigned : signed;
	const [a, b] = [sign(bits, x), sign(bits, y)];
	const ux = unsigned(bits, x);
	const shift = unsigned(bits, y) % BigInt(bits);
	const binary = ux.toString(2).padStart(bits, '0');
	switch (operation.replace(/_[su]$/, '')) {
		case 'add':
			return a + b;
		case 'sub':
			return a - b;
		case 'mul':
			return a * b;
		case 'div':
			return b === 0n || (operation === 'div_s' && a === -(1n << BigInt(bits - 1)) && b === -1n) ? 'trap' : a / b;
		case 'rem':
			return b === 0n ? 'trap' : a % b;
		case 'and':
			return a & b;
		case 'or':
			return a | b;
		case 'xor':
			return a ^ b;
		case 'shl':
			return ux << shift;
		case 'shr':
			return a >> shift;
		case 'rotl':
			return (ux << shift) | (ux >> (BigInt(bits) - shift));
		case 'rotr':
			return (ux >> shift) | (ux << (BigInt(bits) - shift));
		case 'clz':
			return BigInt(binary.length - binary.replace(/^0+/, '').length);
		case 'ctz':
			return BigInt(binary.length - binary.replace(/0+$/, '').length);
		case 'popcnt':
			return BigInt(binary.replaceAll('0', '').length);
		case 'eqz':
			return BigInt(ux === 0n);
		case 'eq':
			return BigInt(a === b);
		case 'ne':
			return BigInt(a !== b);
		case 'lt':
			return BigInt(a < b);
		case 'gt':
			return BigInt(a > b);
		case 'le':
			return BigInt(a <= b);
		case 'ge':
			return BigInt(a >= b);
		case 'extend8':
			return signed(8, x);
		case 'extend16':
			return signed(16, x);
		case 'extend32':
			return signed(32, x);
		default:
			throw new Error(`no model of ${operation}`);
	}
}
