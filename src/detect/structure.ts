/** What framings say by themselves: packet types that exist, numbers that go on, lengths that add up. */

export interface Structure {
	readonly bits: number;
	readonly evidence: readonly string[];
}

const MOST_PACKETS = 64;
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** SoupBinTCP: all packet types of both sides. */
const SOUP_TYPES = '+AJSHZLUOR';

function soupBinTcp(bytes: Uint8Array): Structure | null {
	const view = viewOf(bytes);
	let at = 0;
	let packets = 0;
	let bits = 0;
	const types = new Set<string>();
	while (at + 3 <= bytes.length && packets < MOST_PACKETS) {
		const length = view.getUint16(at);
		const type = String.fromCharCode(bytes[at + 2] as number);
		if (length === 0 || !SOUP_TYPES.includes(type)) return null;
		types.add(type);
		bits += 4;
		// A heartbeat is nothing but its type; a login has its length.
		if ('HRZO'.includes(type) && length !== 1) return null;
		if (type === 'A' && length !== 31) return null;
		if (type === 'L' && length !== 47) return null;
		if (type === 'A' || type === 'L') bits += 16;
		packets++;
		at += 2 + length;
	}
	return packets === 0 ? null : { bits, evidence: [`as SoupBinTCP its first ${packets} packets have the types ${[...types].join(' ')}`] };
}

/** @param isDatagram whether the packet must end with the bytes */
function moldPacket(bytes: Uint8Array, from: number, isDatagram: boolean): { readonly next: number; readonly session: string; readonly sequence: number; readonly messages: number } | null {
	if (bytes.length - from < 20) return null;
	const view = viewOf(bytes);
	const session = String.fromCharCode(...bytes.subarray(from, from + 10));
	const sequence = view.getUint32(from + 10) * 2 ** 32 + view.getUint32(from + 14);
	const stated = view.getUint16(from + 18);
	const messages = stated === 0xffff ? 0 : stated;
	if (sequence > 2 ** 48 || /[^ -~]/.test(session)) return null;
	let at = from + 20;
	for (let index = 0; index < messages; index++) {
		if (at + 2 > bytes.length) return isDatagram ? null : { next: bytes.length, session, sequence, messages };
		at += 2 + view.getUint16(at);
	}
	if (at > bytes.length) return isDatagram ? null : { next: bytes.length, session, sequence, messages };
	return isDatagram && at !== bytes.length ? null : { next: at, session, sequence, messages };
}

function moldUdp64(packets: Iterable<ReturnType<typeof moldPacket>>): Structure | null {
	const expected = new Map<string, number>();
	let count = 0;
	let bits = 0;
	let continued = 0;
	for (const packet of packets) {
		if (packet === null) return null;
		const next = expected.get(packet.session);
		if (next === undefined) bits += 12;
		else bits += 8;
		if (next === packet.sequence) {
			continued++;
			bits += 12;
		}
		expected.set(packet.session, packet.sequence + packet.messages);
		if (++count === MOST_PACKETS) break;
	}
	if (count === 0) return null;
	return {
		bits,
		evidence: [`as MoldUDP64 its first ${count === 1 ? 'packet is' : `${count} packets are`} of ${expected.size === 1 ? `the session "${[...expected.keys()][0]?.trim()}"` : `${expected.size} sessions`}${continued > 0 ? `, and ${continued} go on with the number that the one before promised` : ''}`],
	};
}

function* moldPackets(bytes: Uint8Array): Generator<ReturnType<typeof moldPacket>> {
	for (let at = 0; bytes.length - at >= 20; ) {
		const packet = moldPacket(bytes, at, false);
		yield packet;
		if (packet === null) return;
		at = packet.next;
	}
}

interface Unit {
	readonly next: number;
	readonly unit: number;
	readonly sequence: number;
	readonly messages: number;
}

/** Cboe's sequenced unit header; null where the lengths of its messages do not add up. */
function cboeUnit(bytes: Uint8Array, from: number): Unit | 'cut' | null {
	if (bytes.length - from < 8) return 'cut';
	const view = viewOf(bytes);
	const length = view.getUint16(from, true);
	const messages = bytes[from + 2] as number;
	if (length < 8 || (messages === 0 && length !== 8)) return null;
	let at = from + 8;
	for (let index = 0; index < messages; index++) {
		if (at >= bytes.length) return 'cut';
		const size = bytes[at] as number;
		if (size < 2) return null;
		at += size;
		if (at > from + length) return null;
	}
	if (at !== from + length) return null;
	return at > bytes.length ? 'cut' : { next: at, unit: bytes[from + 3] as number, sequence: view.getUint32(from + 4, true), messages };
}

function sequencedUnits(units: Iterable<Unit | 'cut' | null>): Structure | null {
	const expected = new Map<number, number>();
	let count = 0;
	let bits = 0;
	let continued = 0;
	for (const unit of units) {
		if (unit === null) return null;
		if (unit === 'cut') break;
		bits += unit.messages > 0 ? 8 : 4;
		// A heartbeat has the number 0.
		if (unit.messages > 0 && expected.get(unit.unit) === unit.sequence) {
			continued++;
			bits += 16;
		}
		if (unit.messages > 0) expected.set(unit.unit, unit.sequence + unit.messages);
		if (++count === MOST_PACKETS) break;
	}
	if (count === 0) return null;
	return { bits, evidence: [`as Cboe's sequenced units the lengths in ${count === 1 ? 'its first unit add' : `its first ${count} units add`} up${continued > 0 ? `, and ${continued} go on with the number that the one before promised` : ''}`] };
}

function* cboeUnits(bytes: Uint8Array): Generator<Unit | 'cut' | null> {
	for (let at = 0; at < bytes.length; ) {
		const unit = cboeUnit(bytes, at);
		yield unit;
		if (unit === null || unit === 'cut') return;
		at = unit.next;
	}
}

/** FIX's Simple Open Framing Header states an encoding; those of SBE 1.0. */
const ENCODINGS: Readonly<Record<number, string>> = { 23520: 'SBE, big endian', 60240: 'SBE, little endian' };

function simpleOpen(bytes: Uint8Array): Structure | null {
	const view = viewOf(bytes);
	let at = 0;
	let count = 0;
	let encoding = -1;
	while (at + 6 <= bytes.length && count < MOST_PACKETS) {
		const length = view.getUint32(at);
		const type = view.getUint16(at + 4);
		if (length < 6 || ENCODINGS[type] === undefined || (encoding >= 0 && encoding !== type)) return null;
		encoding = type;
		count++;
		at += length;
	}
	return count === 0 ? null : { bits: 14 + 16 * (count - 1), evidence: [`its Simple Open Framing ${count === 1 ? 'Header states' : 'Headers state'} the encoding ${encoding.toString(16)}, ${ENCODINGS[encoding]}`] };
}

/** CME's packets: a time of sending near those before, and sizes that add up. */
function sbePackets(datagrams: readonly Uint8Array[]): Structure | null {
	let bits = 0;
	let last = -1;
	let lastTime = 0;
	for (const bytes of datagrams.slice(0, MOST_PACKETS)) {
		if (bytes.length < 12) return null;
		const view = viewOf(bytes);
		const number = view.getUint32(0, true);
		const time = view.getUint32(8, true) * 2 ** 32 + view.getUint32(4, true);
		// Nanoseconds, between 2001 and 2100.
		if (time < 1e18 || time > 4.1e18) return null;
		let at = 12;
		while (at + 2 <= bytes.length) {
			const size = view.getUint16(at, true);
			if (size < 10) return null;
			at += size;
		}
		if (at !== bytes.length) return null;
		bits += bytes.length > 12 ? 12 : 2;
		if (last >= 0 && number === last + 1) bits += 16;
		if (lastTime > 0 && Math.abs(time - lastTime) < 1e13) bits += 8;
		last = number;
		lastTime = time;
	}
	return datagrams.length === 0 ? null : { bits, evidence: ['as packets of SBE messages their numbers, sending times and sizes fit'] };
}

/** What a framing says by itself about a stream; undefined where it says nothing, null where the bytes contradict it. */
export function structureOf(format: string, bytes: Uint8Array): Structure | null | undefined {
	switch (format) {
		case 'soupbintcp':
			return soupBinTcp(bytes);
		case 'moldudp64':
			return moldUdp64(moldPackets(bytes));
		case 'cboe-units':
			return sequencedUnits(cboeUnits(bytes));
		case 'sofh':
			return simpleOpen(bytes);
		default:
			return undefined;
	}
}

/** The same of datagrams, each of which must be whole. */
export function datagramStructureOf(format: string, datagrams: readonly Uint8Array[]): Structure | null | undefined {
	switch (format) {
		case 'moldudp64':
			return moldUdp64(datagrams.map((bytes) => moldPacket(bytes, 0, true)));
		case 'cboe-units':
			return sequencedUnits(
				datagrams.map((bytes) => {
					const unit = cboeUnit(bytes, 0);
					return unit === 'cut' || unit?.next !== bytes.length ? null : unit;
				}),
			);
		case 'sbe-packets':
			return sbePackets(datagrams);
		default:
			return undefined;
	}
}
