/** Writes packets and the capture files that hold them, for tests: pcap and pcapng in all their forms. */

export type LinkType = 'null' | 'null-big' | 'ethernet' | 'vlan' | 'qinq' | 'raw' | 'loop' | 'cooked' | 'cooked2' | 'cooked2-vlan' | 'ipv4-or-6';

export interface Packet {
	/** Nanoseconds. */
	readonly time: bigint;
	readonly address?: string;
	readonly port?: number;
	readonly payload: Uint8Array;
	readonly link?: LinkType;
	/** Words of options in the IPv4 header, or headers before UDP in IPv6. */
	readonly extra?: number;
	readonly protocol?: number;
	/** Bytes of the frame that the capture keeps. */
	readonly keep?: number;
	/** IPv4: the 16 bits of flags and fragment offset; IPv6: a fragment header with those. */
	readonly fragment?: number;
	/** Index of the interface, pcapng only. */
	readonly interface?: number;
}

export const LINK_NUMBER: Readonly<Record<LinkType, number>> = { null: 0, 'null-big': 0, ethernet: 1, vlan: 1, qinq: 1, raw: 101, loop: 108, cooked: 113, cooked2: 276, 'cooked2-vlan': 276, 'ipv4-or-6': 228 };

const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** UDP in IP in a link layer. */
export function frame(packet: Packet): Uint8Array {
	const { address = '233.54.12.111', port = 26400, payload, link = 'ethernet', extra = 0, protocol = 17 } = packet;
	const isSix = address.includes(':');
	const udp = [...u16(50000), ...u16(port), ...u16(8 + payload.length), 0, 0];
	const body = protocol === 17 ? [...udp, ...payload] : [...payload];
	let ip: number[];
	if (isSix) {
		const kinds = [0, 43, 60, 51, 135];
		const chain: { kind: number; bytes: (next: number) => number[] }[] = Array.from({ length: extra }, (_, index) => {
			const kind = kinds[index % kinds.length] as number;
			return { kind, bytes: (next) => (kind === 51 ? [next, 4, ...new Array<number>(22).fill(9)] : [next, 1, ...new Array<number>(14).fill(7)]) };
		});
		if (packet.fragment !== undefined) chain.push({ kind: 44, bytes: (next) => [next, 0, ...u16(packet.fragment as number), 1, 2, 3, 4] });
		const headers = chain.flatMap(({ bytes }, index) => bytes(chain[index + 1]?.kind ?? protocol));
		ip = [0x60, 0, 0, 0, ...u16(headers.length + body.length), chain[0]?.kind ?? protocol, 64, ...new Array<number>(16).fill(0xfe), ...groupsOf(address), ...headers, ...body];
	} else {
		ip = [0x40 | (5 + extra), 0, ...u16(20 + extra * 4 + body.length), 0, 1, ...u16(packet.fragment ?? 0x4000), 64, protocol, 0, 0, 10, 0, 0, 1, ...address.split('.').map(Number), ...new Array<number>(extra * 4).fill(1), ...body];
	}
	const type = u16(isSix ? 0x86dd : 0x0800);
	const mac = [1, 0, 0x5e, 1, 2, 3, 4, 5, 6, 7, 8, 9];
	const padded = (bytes: number[]): number[] => (bytes.length < 60 ? [...bytes, ...new Array<number>(60 - bytes.length).fill(0xaa)] : bytes);
	switch (link) {
		case 'ethernet':
			return Uint8Array.from(padded([...mac, ...type, ...ip]));
		case 'vlan':
			return Uint8Array.from(padded([...mac, 0x81, 0, 0x20, 7, ...type, ...ip]));
		case 'qinq':
			return Uint8Array.from(padded([...mac, 0x88, 0xa8, 0, 9, 0x81, 0, 0, 7, ...type, ...ip]));
		case 'null':
			return Uint8Array.from([isSix ? 30 : 2, 0, 0, 0, ...ip]);
		case 'null-big':
		case 'loop':
			return Uint8Array.from([0, 0, 0, isSix ? 24 : 2, ...ip]);
		case 'cooked':
			return Uint8Array.from([0, 2, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, ...type, ...ip]);
		case 'cooked2':
			return Uint8Array.from([...type, 0, 0, 0, 0, 0, 3, 0, 1, 2, 6, 1, 2, 3, 4, 5, 6, 0, 0, ...ip]);
		case 'cooked2-vlan':
			return Uint8Array.from([0x81, 0, 0, 0, 0, 0, 0, 3, 0, 1, 2, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0, 7, ...type, ...ip]);
		default:
			return Uint8Array.from(ip);
	}
}

function groupsOf(address: string): number[] {
	const [head = '', tail = ''] = address.split('::');
	const bytes = (part: string): number[] => (part === '' ? [] : part.split(':').flatMap((group) => u16(Number.parseInt(group, 16))));
	const [before, after] = [bytes(head), bytes(tail)];
	return [...before, ...new Array<number>(16 - before.length - after.length).fill(0), ...after];
}

export interface PcapOptions {
	readonly bigEndian?: boolean;
	readonly kind?: 'microseconds' | 'nanoseconds' | 'modified';
	readonly link?: LinkType;
}

/** Numbers one after the other, in either byte order. */
function numbers(bigEndian: boolean, ...fields: readonly (readonly [bytes: 1 | 2 | 4 | 8, value: number | bigint])[]): Uint8Array {
	const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const [size, value] of fields) {
		if (size === 1) view.setUint8(at, Number(value));
		else if (size === 2) view.setUint16(at, Number(value), !bigEndian);
		else if (size === 4) view.setUint32(at, Number(value), !bigEndian);
		else view.setBigInt64(at, BigInt(value), !bigEndian);
		at += size;
	}
	return bytes;
}

export function pcap(packets: readonly Packet[], { bigEndian = false, kind = 'microseconds', link = 'ethernet' }: PcapOptions = {}): Uint8Array {
	const magic = kind === 'nanoseconds' ? 0xa1b23c4d : kind === 'modified' ? 0xa1b2cd34 : 0xa1b2c3d4;
	const parts: Uint8Array[] = [numbers(bigEndian, [4, magic], [2, 2], [2, 4], [4, 0], [4, 0], [4, 262144], [4, LINK_NUMBER[link]])];
	for (const packet of packets) {
		const whole = frame({ link, ...packet });
		const kept = whole.subarray(0, packet.keep ?? whole.length);
		const fraction = packet.time % 1_000_000_000n;
		parts.push(numbers(bigEndian, [4, packet.time / 1_000_000_000n], [4, kind === 'nanoseconds' ? fraction : fraction / 1000n], [4, kept.length], [4, whole.length]));
		if (kind === 'modified') parts.push(numbers(bigEndian, [4, 1], [2, 0x0800], [1, 0], [1, 0]));
		parts.push(kept);
	}
	return Uint8Array.from(Buffer.concat(parts));
}

/** A pcapng block. */
export function block(bigEndian: boolean, type: number, body: Uint8Array): Uint8Array {
	const padding = new Uint8Array(-body.length & 3);
	const length = 12 + body.length + padding.length;
	return Buffer.concat([numbers(bigEndian, [4, type], [4, length]), body, padding, numbers(bigEndian, [4, length])]);
}

export interface Interface {
	readonly link?: LinkType;
	/** if_tsresol; none is 6. */
	readonly resolution?: number;
	readonly offset?: bigint;
	readonly snapLength?: number;
}

export const section = (bigEndian = false): Uint8Array => block(bigEndian, 0x0a0d0d0a, numbers(bigEndian, [4, 0x1a2b3c4d], [2, 1], [2, 0], [8, -1n]));

export function describeInterface(bigEndian: boolean, { link = 'ethernet', resolution, offset, snapLength = 0 }: Interface): Uint8Array {
	const option = (code: number, value: Uint8Array): Uint8Array => Buffer.concat([numbers(bigEndian, [2, code], [2, value.length]), value, new Uint8Array(-value.length & 3)]);
	const options = [option(2, text('eth0'))];
	if (resolution !== undefined) options.push(option(9, Uint8Array.of(resolution)));
	if (offset !== undefined) options.push(option(14, numbers(bigEndian, [8, offset])));
	return block(bigEndian, 1, Buffer.concat([numbers(bigEndian, [2, LINK_NUMBER[link]], [2, 0], [4, snapLength]), ...options, option(0, new Uint8Array(0))]));
}

export type PacketBlock = 'enhanced' | 'simple' | 'old';

/** @param units the time in the interface's units */
export function packetBlock(bigEndian: boolean, kind: PacketBlock, packet: Packet, units: bigint): Uint8Array {
	const whole = frame(packet);
	const kept = whole.subarray(0, packet.keep ?? whole.length);
	const high = units >> 32n;
	const low = units & 0xffffffffn;
	const padding = new Uint8Array(-kept.length & 3);
	if (kind === 'simple') return block(bigEndian, 3, Buffer.concat([numbers(bigEndian, [4, whole.length]), kept]));
	const times = [
		[4, high],
		[4, low],
		[4, kept.length],
		[4, whole.length],
	] as const;
	if (kind === 'old') return block(bigEndian, 2, Buffer.concat([numbers(bigEndian, [2, packet.interface ?? 0], [2, 0xffff], ...times), kept]));
	// A comment behind the data.
	return block(bigEndian, 6, Buffer.concat([numbers(bigEndian, [4, packet.interface ?? 0], ...times), kept, padding, numbers(bigEndian, [2, 1], [2, 4]), text('note'), numbers(bigEndian, [2, 0], [2, 0])]));
}
