/**
 * SoupBinTCP: what a server sends (or a client, its unsequenced messages), as recorded from the connection.
 * ```
 *  | length (u16, big endian; counts what follows) | type | payload … |
 * ```
 * The payloads of sequenced (`S`) and unsequenced (`U`) data packets are messages; all other packets carry none. A login
 * that was accepted (`A`) says the number of the next sequenced message: where a connection was made anew, what was lost
 * in between is a gap.
 */
import { F64, I32 } from '../wasm/index.ts';
import { type GeneratedLengthRule, type GeneratedScan, generateLengthScanner, loadUnsigned } from './generated-scan.ts';
import { createScanner, type LengthRule, type Scan, scanLengths } from './scan.ts';
import { type Framing, SCAN } from './scan-abi.ts';

const SEQUENCED = 0x53;
const UNSEQUENCED = 0x55;
const LOGIN_ACCEPTED = 0x41;
/** In a login that was accepted: after the session of 10 bytes, the number as 20 digits, spaces before it. */
const LOGIN_SEQUENCE = { offset: 11, length: 20 } as const;

const LENGTH_BYTES = 2;
const LOGIN_BYTES = LOGIN_SEQUENCE.offset + LOGIN_SEQUENCE.length;

export function soupBinTcp(): Framing {
	return { name: 'soupbintcp', description: 'SoupBinTCP packets', received: false, binary: false, reference: (memory) => createScanner(memory, (scan) => scanLengths(scan, rule)), generate: (options = {}) => generateLengthScanner('SoupBinTCP', options, generatedRule) };
}

const rule: LengthRule = {
	offset: LENGTH_BYTES,
	head: () => LENGTH_BYTES,
	read: ({ view, start }) => view.getUint16(start, false),
	// The type.
	uncounted: 1,
	take(scan, packet, length) {
		const type = length > 0 ? scan.view.getUint8(packet) : 0;
		if (type === SEQUENCED || type === UNSEQUENCED) {
			scan.describe(packet + 1, length - 1);
			if (type === SEQUENCED) scan.putNumber(SCAN.expected, scan.number(SCAN.expected) + 1);
			return;
		}
		if (type === LOGIN_ACCEPTED && length >= LOGIN_BYTES) logIn(scan, packet);
		scan.increment(SCAN.skipped);
	},
};

function logIn(scan: Scan, packet: number): void {
	let sequence = 0;
	for (let index = 0; index < LOGIN_SEQUENCE.length; index++) {
		const byte = scan.view.getUint8(packet + LOGIN_SEQUENCE.offset + index);
		if (byte >= 0x30 && byte <= 0x39) sequence = sequence * 10 + (byte - 0x30);
	}
	const expected = scan.number(SCAN.expected);
	if (scan.get(SCAN.sequenced) === 1 && sequence > expected) {
		scan.increment(SCAN.gaps);
		scan.putNumber(SCAN.missing, scan.number(SCAN.missing) + sequence - expected);
	}
	scan.put(SCAN.sequenced, 1);
	scan.putNumber(SCAN.expected, sequence);
}

const generatedRule: GeneratedLengthRule = {
	offset: LENGTH_BYTES,
	head: () => LENGTH_BYTES,
	read: ({ start }, length) => length.set(loadUnsigned(start, 0, LENGTH_BYTES, false)),
	uncounted: 1,
	take(scan, packet, length) {
		const { f, number, putNumber, describe } = scan;
		const type = f.local(I32, I32.select(length.eqz(), 0, I32.load8U(packet)), 'type');
		f.if(
			type.eq(SEQUENCED).or(type.eq(UNSEQUENCED)),
			() => {
				describe(packet.add(1), length.sub(1));
				putNumber(SCAN.expected, number(SCAN.expected).add(type.eq(SEQUENCED).toF64U()));
			},
			() => {
				f.if(type.eq(LOGIN_ACCEPTED).and(length.geU(LOGIN_BYTES)), () => generateLogIn(scan, packet));
				scan.increment(SCAN.skipped);
			},
		);
	},
};

function generateLogIn({ f, get, put, number, putNumber, increment }: GeneratedScan, packet: I32): void {
	const sequence = f.local(F64, 0, 'sequence');
	const at = f.local(I32, packet.add(LOGIN_SEQUENCE.offset), 'at');
	const digit = f.local(I32, undefined, 'digit');
	f.loop((again) => {
		digit.set(I32.load8U(at).sub(0x30));
		f.if(digit.leU(9), () => sequence.set(sequence.mul(10).add(digit.toF64U())));
		at.set(at.add(1));
		again.branchIf(at.ltU(packet.add(LOGIN_BYTES)));
	});
	f.if(
		get(SCAN.sequenced)
			.eq(1)
			.and(sequence.gt(number(SCAN.expected))),
		() => {
			increment(SCAN.gaps);
			putNumber(SCAN.missing, number(SCAN.missing).add(sequence).sub(number(SCAN.expected)));
		},
	);
	put(SCAN.sequenced, 1);
	putNumber(SCAN.expected, sequence);
}
