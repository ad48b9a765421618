/**
 * Packets as tcpdump, Wireshark and network cards record them: pcap (draft-ietf-opsawg-pcap) and pcapng
 * (draft-ietf-opsawg-pcapng), in both byte orders. The payload of each UDP datagram is cut by another framing; the time
 * of capture becomes the receive time of its messages. TCP streams are not put together.
 * ```
 *  pcap     | magic, version, …, link type (24) | seconds · fraction · captured · sent (16, modified 24) | packet | …
 *  pcapng   | type · length | body, options | length | type · length | …
 * ```
 */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { type Datagram, locateDatagram, PACKET_REASONS, type PacketReason } from './link-layers.ts';
import { createScanner, type Scan } from './scan.ts';
import { type Framing, SCAN, SCAN_STOP, type ScanFunction } from './scan-abi.ts';

export interface PacketCaptureOptions {
	/** How each datagram is cut into messages: `datagrams()` where it is one, `moldUdp64()`, `sequencedUnits()`, `sbePackets()`, `lines()`, … */
	readonly each: Framing;
	/** Only datagrams to one of these ports. Default all. */
	readonly ports?: readonly number[];
	/** Only datagrams to one of these addresses (IPv4 or IPv6, multicast groups mostly). Default all. */
	readonly addresses?: readonly string[];
}

/**
 * What is kept between calls behind the context, little endian:
 * ```
 *  0      4           8        12           16        20       24        28     32
 *  | kind | bigEndian | header | interfaces | streams | stream | payload | rest | received (i64) |
 *  40     44          48                    88          96           96 + 64 × 32
 *  | pass | untracked | counters (u32 each) | shortened | interfaces … | streams …
 * ```
 * - `kind`: 0 before the first bytes, 1 pcap, 2 pcapng; `header`: bytes of pcap's record header.
 * - `stream`: 1 + the place of the stream whose datagram is open, 0 where none is; `payload`: what is left of it from
 *   `start` on; `rest`: bytes between it and the next record; `received`: when it was captured.
 * - `pass`: bytes of a block without packets that are still to be passed over.
 * - `shortened`: datagrams that the capture holds only the start of; `untracked`: datagrams of streams beyond the room for them, whose gaps are not counted.
 * - an interface: link type, bytes kept of a packet, resolution (if_tsresol), unused (u32 each), offset (i64, seconds).
 * - a stream: address (16 bytes, IPv4 as ::ffff:…), port, used (u32 each), unused, and the context of `each`.
 */
const STATE = { kind: 0, bigEndian: 4, header: 8, interfaces: 12, streams: 16, stream: 20, payload: 24, rest: 28, received: 32, pass: 40, untracked: 44, counters: 48, shortened: 88, interfaceTable: 96 } as const;
const INTERFACE = { linkType: 0, snapLength: 4, resolution: 8, offset: 16, size: 32, most: 64 } as const;
const STREAM = { address: 0, port: 16, used: 20, context: 32 } as const;
/** A power of two; the last place is for streams that find no other. */
const STREAM_PLACES = 512;
const MOST_STREAMS = 384;
const STREAM_TABLE = STATE.interfaceTable + INTERFACE.size * INTERFACE.most;

const PCAP = 1;
const PCAPNG = 2;
/** The magic numbers, as a machine of the same byte order reads them. */
export const PCAP_MAGIC = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d, modified: 0xa1b2cd34 } as const;
const PCAP_HEADER = 24;
const BLOCK = { section: 0x0a0d0d0a, interface: 1, oldPacket: 2, simplePacket: 3, packet: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION = { end: 0, resolution: 9, offset: 14 } as const;
/** The longest packet that capture programs write (libpcap's MAXIMUM_SNAPLEN). */
const LONGEST_PACKET = 262144;
/** With options, and all around it. */
const LONGEST_BLOCK = LONGEST_PACKET + 65536;
const MICROSECONDS = 6;
const NANOSECONDS = 9;
/** Seconds are sure to fit 32 bits, and counts of microseconds a double, below this. */
const EXACT_HIGH = 0x100000;

const CUT_OFF = PACKET_REASONS.indexOf('cut-off');
const DAMAGED = PACKET_REASONS.indexOf('damaged');
const FILTERED = PACKET_REASONS.indexOf('filtered');
const NO_INTERFACE = PACKET_REASONS.indexOf('no-interface');

/** pcap and pcapng files: the UDP datagrams in them, cut by `each`. */
export function packetCapture({ each, ports, addresses }: PacketCaptureOptions): Framing {
	if (each.binary || each.stateBytes !== undefined) throw new TypeError(`tickforge: datagrams cannot be cut as ${each.description}; use datagrams(), moldUdp64(), sequencedUnits(), sbePackets() or another framing of plain messages`);
	for (const port of ports ?? []) if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError(`tickforge: a port is a whole number from 0 to 65535, not ${port}`);
	const filter: Filter = { ports: ports === undefined ? null : new Set(ports), addresses: addresses === undefined ? null : addresses.map(readAddress) };
	return {
		name: `pcap-${each.name}`,
		description: `packets captured from a network, each UDP datagram ${each.name === 'datagrams' ? 'a message' : `cut as ${each.description}`}`,
		received: true,
		binary: false,
		stateBytes: STREAM_TABLE + STREAM_PLACES * (STREAM.context + SCAN.size),
		leastWindow: 2 * LONGEST_BLOCK,
		reference: (memory) => captureScanner(memory, each, filter),
		generate: null,
		counts: readCounts,
	};
}

/** A scanner of captures that hands nothing on, but tells of each datagram; it is the same object each time. Its context is that of `packetCapture`. */
export function datagramVisitor(memory: WebAssembly.Memory, visit: (datagram: Datagram) => void): ScanFunction {
	return captureScanner(memory, datagrams(), { ports: null, addresses: null }, visit);
}

/** Each datagram is one message. Only within a packet capture; elsewhere all there is is one message. */
export function datagrams(): Framing {
	return {
		name: 'datagrams',
		description: 'one message a datagram',
		received: false,
		binary: false,
		reference: (memory) => createScanner(memory, scanDatagram),
		generate: null,
	};
}

interface Filter {
	readonly ports: ReadonlySet<number> | null;
	readonly addresses: readonly Uint8Array[] | null;
}

/** What became of the packets, by {@link PACKET_REASONS}; of those taken, how many are `shortened`, and `untracked`, without a count of gaps. */
function readCounts(memory: WebAssembly.Memory, context: number): Readonly<Record<string, number>> {
	const view = new DataView(memory.buffer);
	const state = context + SCAN.size;
	const read = (at: number): number => view.getUint32(state + at, true);
	const all: [PacketReason | 'shortened' | 'untracked', number][] = [...PACKET_REASONS.map((reason, index): [PacketReason, number] => [reason, read(STATE.counters + index * 4)]), ['shortened', read(STATE.shortened)], ['untracked', read(STATE.untracked)]];
	return Object.fromEntries(all.filter(([, count]) => count > 0));
}

/** The 4 or 16 bytes of an address as text. @throws TypeError where it is none */
export function readAddress(text: string): Uint8Array {
	const wrong = (): TypeError => new TypeError(`tickforge: "${text}" is no IPv4 or IPv6 address, such as 233.54.12.111 or ff3e::1`);
	const four = (part: string): number[] => {
		const numbers = part.split('.').map((digits) => (/^\d{1,3}$/.test(digits) ? Number(digits) : 256));
		if (numbers.length !== 4 || numbers.some((number) => number > 255)) throw wrong();
		return numbers;
	};
	if (!text.includes(':')) return Uint8Array.from(four(text));
	const groups = (part: string): number[] =>
		part === ''
			? []
			: part.split(':').flatMap((group, index, all) => {
					if (index === all.length - 1 && group.includes('.')) return four(group);
					if (!/^[0-9a-fA-F]{1,4}$/.test(group)) throw wrong();
					return [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255];
				});
	const [before = '', after, more] = text.split('::');
	if (more !== undefined) throw wrong();
	const head = groups(before);
	const tail = groups(after ?? '');
	const missing = 16 - head.length - tail.length;
	if (after === undefined ? missing !== 0 : missing < 2) throw wrong();
	return Uint8Array.from([...head, ...Array<number>(missing).fill(0), ...tail]);
}

function scanDatagram(scan: Scan): number {
	const { start, end, final } = scan;
	const length = end - start;
	if (scan.get(SCAN.skipping) === 1) {
		scan.drop(end);
		return final ? scan.resynced() : SCAN_STOP.needsBytes;
	}
	if (length > scan.longest) return scan.tooLong();
	if (length === 0 || !final) return SCAN_STOP.needsBytes;
	if (scan.limit === 0) return SCAN_STOP.full;
	scan.describe(start, length);
	scan.start = end;
	return SCAN_STOP.needsBytes;
}

function captureScanner(memory: WebAssembly.Memory, each: Framing, filter: Filter, visit?: (datagram: Datagram) => void): ScanFunction {
	const scanEach = each.reference(memory);
	const datagram: Datagram = { start: 0, end: 0, isCut: false, address: 0, addressBytes: 0, port: 0 };
	return createScanner(memory, (scan) => {
		const { view, context, end, limit, longest, final, get, put } = scan;
		const state = context + SCAN.size;
		const getState = (field: number): number => view.getUint32(state + field, true);
		const putState = (field: number, value: number): void => view.setUint32(state + field, value, true);
		const tally = (reason: number): void => {
			const at = STATE.counters + reason * 4;
			putState(at, getState(at) + 1);
			if (reason !== 0) scan.increment(SCAN.skipped);
		};
		const isLittle = (): boolean => getState(STATE.bigEndian) === 0;

		/** The interface that pcap has, or another one of a pcapng section; false where there is no room. */
		const addInterface = (linkType: number, snapLength: number, resolution: number): number => {
			const index = getState(STATE.interfaces);
			putState(STATE.interfaces, index + 1);
			if (index >= INTERFACE.most) return -1;
			const at = STATE.interfaceTable + index * INTERFACE.size;
			putState(at + INTERFACE.linkType, linkType);
			putState(at + INTERFACE.snapLength, snapLength);
			putState(at + INTERFACE.resolution, resolution);
			putState(at + INTERFACE.offset, 0);
			putState(at + INTERFACE.offset + 4, 0);
			return at;
		};
		const putReceived = (high: number, low: number): void => {
			putState(STATE.received, low);
			putState(STATE.received + 4, high);
		};
		/** Seconds and a fraction as nanoseconds, in two halves: a BigInt would be an allocation a packet. */
		const receivedAt = (seconds: number, nanoseconds: number): void => {
			const upper = (seconds >>> 16) * 1e9;
			const low = (upper % 65536) * 65536 + (seconds & 65535) * 1e9 + nanoseconds;
			putReceived(Math.floor(upper / 65536) + Math.floor(low / 4294967296), low % 4294967296);
		};
		/** Units of an interface's resolution since the epoch; 0 where they are beyond 64 bits of nanoseconds. */
		const receivedIn = (high: number, low: number, face: number): void => {
			const resolution = getState(face + INTERFACE.resolution);
			const hasOffset = getState(face + INTERFACE.offset) !== 0 || getState(face + INTERFACE.offset + 4) !== 0;
			if (!hasOffset && resolution === NANOSECONDS && high < 0x80000000) {
				putReceived(high, low);
				return;
			}
			if (!hasOffset && resolution === MICROSECONDS && high < EXACT_HIGH) {
				const units = high * 4294967296 + low;
				const seconds = Math.floor(units / 1e6);
				receivedAt(seconds, (units - seconds * 1e6) * 1000);
				return;
			}
			const nanoseconds = nanosecondsOf((BigInt(high) << 32n) | BigInt(low), resolution, view.getBigInt64(state + face + INTERFACE.offset, true));
			view.setBigInt64(state + STATE.received, nanoseconds, true);
		};

		/** Where a datagram's stream keeps its context: by destination, so that gaps of one are not those of another. */
		const placeOf = (): number => {
			let hash = Math.imul(datagram.port ^ 0x9e3779b9, 0x85ebca6b);
			for (let at = 0; at < datagram.addressBytes; at++) hash = Math.imul(hash ^ view.getUint8(datagram.address + at), 0x01000193);
			hash ^= hash >>> 15;
			const isFull = getState(STATE.streams) >= MOST_STREAMS;
			for (let index = hash & (STREAM_PLACES - 1); ; index = (index + 1) & (STREAM_PLACES - 1)) {
				if (index === STREAM_PLACES - 1) continue;
				const place = STREAM_TABLE + index * (STREAM.context + SCAN.size);
				if (getState(place + STREAM.used) === 0) {
					if (isFull) return STREAM_PLACES - 1;
					putState(STATE.streams, getState(STATE.streams) + 1);
					putState(place + STREAM.used, 1);
					putState(place + STREAM.port, datagram.port);
					for (let at = 0; at < 16; at++) view.setUint8(state + place + STREAM.address + at, addressByte(view, datagram, at));
					return index;
				}
				if (getState(place + STREAM.port) !== datagram.port) continue;
				let same = 0;
				while (same < 16 && view.getUint8(state + place + STREAM.address + same) === addressByte(view, datagram, same)) same++;
				if (same === 16) return index;
			}
		};
		const isWanted = (): boolean => {
			if (filter.ports !== null && !filter.ports.has(datagram.port)) return false;
			if (filter.addresses === null) return true;
			for (const address of filter.addresses) {
				let same = 0;
				if (address.length === datagram.addressBytes) while (same < address.length && address[same] === view.getUint8(datagram.address + same)) same++;
				if (same === address.length) return true;
			}
			return false;
		};
		/** Opens the datagram of the packet in bytes `from` to `to`, whose record ends at `next`; `start` moves past whatever comes to nothing. */
		const open = (from: number, to: number, next: number, linkType: number): void => {
			let reason = locateDatagram(view, from, to, linkType, datagram);
			if (reason === 0 && !isWanted()) reason = FILTERED;
			if (reason !== 0) {
				tally(reason);
				scan.start = next;
				return;
			}
			tally(0);
			visit?.(datagram);
			const place = placeOf();
			const inner = state + STREAM_TABLE + place * (STREAM.context + SCAN.size) + STREAM.context;
			if (datagram.isCut) putState(STATE.shortened, getState(STATE.shortened) + 1);
			if (place === STREAM_PLACES - 1) {
				putState(STATE.untracked, getState(STATE.untracked) + 1);
				for (let at = 0; at < SCAN.size; at += 4) view.setUint32(inner + at, 0, true);
			}
			// What was begun in one datagram does not go on in the next.
			for (const field of WITHIN_A_DATAGRAM) view.setUint32(inner + field, 0, true);
			view.setUint32(inner + SCAN.start, datagram.start, true);
			view.setUint32(inner + SCAN.scanned, datagram.start, true);
			putState(STATE.stream, place + 1);
			putState(STATE.payload, datagram.end - datagram.start);
			putState(STATE.rest, next - datagram.end);
			scan.start = datagram.start;
		};
		/** Takes messages from the open datagram; why to stop, or null where it is done. */
		const cut = (): number | null => {
			const inner = state + STREAM_TABLE + (getState(STATE.stream) - 1) * (STREAM.context + SCAN.size) + STREAM.context;
			const of = (field: number): number => view.getUint32(inner + field, true);
			const to = (field: number, value: number): void => view.setUint32(inner + field, value, true);
			// The window may have moved since.
			to(SCAN.scanned, of(SCAN.scanned) - of(SCAN.start) + scan.start);
			to(SCAN.start, scan.start);
			to(SCAN.end, scan.start + getState(STATE.payload));
			to(SCAN.final, 1);
			to(SCAN.descriptors, scan.out);
			to(SCAN.limit, limit - scan.count);
			to(SCAN.longest, longest);
			const gaps = of(SCAN.gaps);
			const skipped = of(SCAN.skipped);
			const blank = of(SCAN.blank);
			const missing = view.getFloat64(inner + SCAN.missing, true);
			const repeated = view.getFloat64(inner + SCAN.repeated, true);
			const found = scanEach(inner);
			put(SCAN.gaps, get(SCAN.gaps) + of(SCAN.gaps) - gaps);
			put(SCAN.skipped, get(SCAN.skipped) + of(SCAN.skipped) - skipped);
			put(SCAN.blank, get(SCAN.blank) + of(SCAN.blank) - blank);
			scan.putNumber(SCAN.missing, scan.number(SCAN.missing) + view.getFloat64(inner + SCAN.missing, true) - missing);
			scan.putNumber(SCAN.repeated, scan.number(SCAN.repeated) + view.getFloat64(inner + SCAN.repeated, true) - repeated);
			const low = getState(STATE.received);
			const high = getState(STATE.received + 4);
			for (let index = 0; index < found; index++, scan.out += DESCRIPTOR.size) {
				// A message that carries a time of its own keeps it.
				if (view.getUint32(scan.out + DESCRIPTOR.received, true) !== 0 || view.getUint32(scan.out + DESCRIPTOR.received + 4, true) !== 0) continue;
				view.setUint32(scan.out + DESCRIPTOR.received, low, true);
				view.setUint32(scan.out + DESCRIPTOR.received + 4, high, true);
			}
			scan.count += found;
			const reason = of(SCAN.stop);
			if (reason === SCAN_STOP.needsBytes) {
				scan.start += getState(STATE.payload) + getState(STATE.rest);
				putState(STATE.stream, 0);
				return null;
			}
			putState(STATE.payload, getState(STATE.payload) - (of(SCAN.start) - scan.start));
			scan.start = of(SCAN.start);
			if (reason === SCAN_STOP.resynced) scan.putNumber(SCAN.dropped, view.getFloat64(inner + SCAN.dropped, true));
			return reason;
		};

		/** A file's header, if `start` is at one: 1 taken, 0 none, -1 more bytes are needed. */
		const openFile = (available: number): number => {
			if (available < 8) return available >= 4 && isFileMagic(view.getUint32(scan.start, true)) ? -1 : 0;
			const magic = view.getUint32(scan.start, true);
			if (!isFileMagic(magic)) return 0;
			const little = isPcapMagic(magic);
			const major = view.getUint16(scan.start + 4, little);
			// A packet's seconds may look like a magic, but not with the version behind it.
			if (major !== 2) return 0;
			if (available < PCAP_HEADER) return -1;
			const read = view.getUint32(scan.start, little);
			putState(STATE.kind, PCAP);
			putState(STATE.bigEndian, little ? 0 : 1);
			putState(STATE.header, read === PCAP_MAGIC.modified ? 24 : 16);
			putState(STATE.interfaces, 0);
			// The upper half may say how long the frames' checksums are.
			addInterface(view.getUint32(scan.start + 20, little) & 0xffff, view.getUint32(scan.start + 16, little), read === PCAP_MAGIC.nanoseconds ? NANOSECONDS : MICROSECONDS);
			scan.start += PCAP_HEADER;
			return 1;
		};
		/** No record can be found behind this: what is left is dropped, and counts as one message that is too long. */
		const giveUp = (): number => scan.tooLong();
		/** What is left is less than a record's header, or than the record. */
		const waitOrEnd = (available: number): number => {
			if (final && available > 0) {
				tally(CUT_OFF);
				scan.start = end;
			}
			return SCAN_STOP.needsBytes;
		};
		/** One record of pcap; why to stop, or null. */
		const record = (available: number): number | null => {
			const file = openFile(available);
			if (file !== 0) return file > 0 ? null : waitOrEnd(available);
			const header = getState(STATE.header);
			if (available < header) return waitOrEnd(available);
			const little = isLittle();
			const captured = view.getUint32(scan.start + 8, little);
			if (captured > LONGEST_PACKET) return giveUp();
			if (available < header + captured) return waitOrEnd(available);
			const face = STATE.interfaceTable;
			const fraction = view.getUint32(scan.start + 4, little);
			receivedAt(view.getUint32(scan.start, little), getState(face + INTERFACE.resolution) === NANOSECONDS ? fraction : fraction * 1000);
			open(scan.start + header, scan.start + header + captured, scan.start + header + captured, getState(face + INTERFACE.linkType));
			return null;
		};
		const describeInterface = (length: number, little: boolean): void => {
			const face = addInterface(view.getUint16(scan.start + 8, little), view.getUint32(scan.start + 12, little), MICROSECONDS);
			const last = scan.start + length - 4;
			for (let at = scan.start + 16; face >= 0 && at + 4 <= last; ) {
				const code = view.getUint16(at, little);
				const size = view.getUint16(at + 2, little);
				if (code === OPTION.end || at + 4 + size > last) break;
				if (code === OPTION.resolution && size === 1) putState(face + INTERFACE.resolution, view.getUint8(at + 4));
				if (code === OPTION.offset && size === 8) {
					putState(face + INTERFACE.offset, view.getUint32(little ? at + 4 : at + 8, little));
					putState(face + INTERFACE.offset + 4, view.getUint32(little ? at + 8 : at + 4, little));
				}
				at += 4 + size + (-size & 3);
			}
		};
		/** A packet of a pcapng block whose data begins at `from`. */
		const blockPacket = (length: number, index: number, captured: number, from: number): void => {
			const next = scan.start + length;
			const isKnown = index < Math.min(getState(STATE.interfaces), INTERFACE.most);
			if (!isKnown || from + captured > next - 4) {
				tally(isKnown ? DAMAGED : NO_INTERFACE);
				scan.start = next;
				return;
			}
			open(from, from + captured, next, getState(STATE.interfaceTable + index * INTERFACE.size + INTERFACE.linkType));
		};
		/** One block of pcapng; why to stop, or null. */
		const block = (available: number): number | null => {
			if (available < 12) return waitOrEnd(available);
			const isSection = view.getUint32(scan.start, true) === BLOCK.section;
			if (isSection) {
				const isBig = view.getUint32(scan.start + 8, false) === BYTE_ORDER_MAGIC;
				if (!isBig && view.getUint32(scan.start + 8, true) !== BYTE_ORDER_MAGIC) return giveUp();
				putState(STATE.bigEndian, isBig ? 1 : 0);
				putState(STATE.interfaces, 0);
			}
			const little = isLittle();
			const type = view.getUint32(scan.start, little);
			const length = view.getUint32(scan.start + 4, little);
			if (length < 12 || (length & 3) !== 0) return giveUp();
			const hasPacket = type === BLOCK.packet || type === BLOCK.simplePacket || type === BLOCK.oldPacket;
			if (!hasPacket && type !== BLOCK.interface) {
				putState(STATE.pass, length);
				return null;
			}
			if (length > LONGEST_BLOCK) return giveUp();
			if (available < length) return waitOrEnd(available);
			const least = type === BLOCK.simplePacket ? 16 : type === BLOCK.interface ? 20 : 32;
			if (length < least) {
				tally(DAMAGED);
				scan.start += length;
				return null;
			}
			if (type === BLOCK.interface) {
				describeInterface(length, little);
				scan.start += length;
				return null;
			}
			if (type === BLOCK.simplePacket) {
				// Of the first interface, without a time.
				const sent = view.getUint32(scan.start + 8, little);
				const snapLength = getState(STATE.interfaceTable + INTERFACE.snapLength);
				putReceived(0, 0);
				blockPacket(length, 0, Math.min(sent, snapLength === 0 ? sent : snapLength, length - 16), scan.start + 12);
				return null;
			}
			const index = type === BLOCK.packet ? view.getUint32(scan.start + 8, little) : view.getUint16(scan.start + 8, little);
			if (index < INTERFACE.most) receivedIn(view.getUint32(scan.start + 12, little), view.getUint32(scan.start + 16, little), STATE.interfaceTable + index * INTERFACE.size);
			blockPacket(length, index, view.getUint32(scan.start + 20, little), scan.start + 28);
			return null;
		};

		if (get(SCAN.skipping) === 1) {
			scan.drop(end);
			return final ? scan.resynced() : SCAN_STOP.needsBytes;
		}
		for (;;) {
			if (scan.count === limit) return SCAN_STOP.full;
			if (getState(STATE.stream) !== 0) {
				const reason = cut();
				if (reason !== null) return reason;
				continue;
			}
			const available = end - scan.start;
			if (getState(STATE.pass) > 0) {
				const passed = Math.min(getState(STATE.pass), available);
				putState(STATE.pass, getState(STATE.pass) - passed);
				scan.start += passed;
				if (getState(STATE.pass) === 0) continue;
				if (final) {
					putState(STATE.pass, 0);
					tally(CUT_OFF);
				}
				return SCAN_STOP.needsBytes;
			}
			if (available === 0) return SCAN_STOP.needsBytes;
			if (getState(STATE.kind) === 0) {
				if (available < 4) return waitOrEnd(available);
				if (view.getUint32(scan.start, true) === BLOCK.section) putState(STATE.kind, PCAPNG);
				else {
					const file = openFile(available);
					if (file < 0) return waitOrEnd(available);
					if (file === 0) return giveUp();
				}
				continue;
			}
			const reason = getState(STATE.kind) === PCAP ? record(available) : block(available);
			if (reason !== null) return reason;
		}
	});
}

/** Of the inner context: what belongs to one datagram. */
const WITHIN_A_DATAGRAM: readonly number[] = [SCAN.skipping, SCAN.rest, SCAN.mode, SCAN.dropped, SCAN.dropped + 4, SCAN.packetMessages, SCAN.packetRepeated];

const isPcapMagic = (magic: number): boolean => magic === PCAP_MAGIC.microseconds || magic === PCAP_MAGIC.nanoseconds || magic === PCAP_MAGIC.modified;
/** In either byte order. */
const isFileMagic = (magic: number): boolean => isPcapMagic(magic) || isPcapMagic(((magic & 255) * 0x1000000 + (magic & 0xff00) * 0x100 + ((magic >>> 8) & 0xff00) + (magic >>> 24)) >>> 0);

/** IPv4 addresses are compared as those of IPv6 that stand for them (RFC 4291, 2.5.5.2). */
function addressByte(view: DataView, { address, addressBytes }: Datagram, index: number): number {
	if (addressBytes === 16) return view.getUint8(address + index);
	return index < 10 ? 0 : index < 12 ? 255 : view.getUint8(address + index - 12);
}

/** Any resolution of pcapng (if_tsresol): a negative power of ten, or of two where the top bit is set. */
export function nanosecondsOf(units: bigint, resolution: number, offset: bigint): bigint {
	const power = BigInt(resolution & 127);
	const since = (resolution & 128) !== 0 ? (units * 1_000_000_000n) >> power : power <= 9n ? units * 10n ** (9n - power) : units / 10n ** (power - 9n);
	const nanoseconds = since + offset * 1_000_000_000n;
	return nanoseconds > 0n && nanoseconds < 1n << 63n ? nanoseconds : 0n;
}
