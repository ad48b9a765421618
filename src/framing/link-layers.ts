/**
 * From a captured packet to the payload of the UDP datagram in it: link layers, VLAN tags, IPv4 (RFC 791), IPv6 and its
 * extension headers (RFC 8200), UDP (RFC 768). Nothing is assembled and no checksum looked at: network cards fill those
 * in after the capture.
 */

/** Why a packet has no payload to hand on, in the order of the counters. */
export const PACKET_REASONS = ['taken', 'filtered', 'tcp', 'not-udp', 'fragment', 'not-ip', 'link-type', 'cut-off', 'damaged', 'no-interface'] as const;
export type PacketReason = (typeof PACKET_REASONS)[number];

const TAKEN = 0;
const TCP = 2;
const NOT_UDP = 3;
const FRAGMENT = 4;
const NOT_IP = 5;
const LINK_TYPE = 6;
const CUT_OFF = 7;
const DAMAGED = 8;

/** https://www.tcpdump.org/linktypes.html; of raw IP also the numbers that some systems wrote. */
const LINK = { null: 0, ethernet: 1, rawBsd: 12, rawOpenBsd: 14, raw: 101, loop: 108, linuxCooked: 113, ipv4: 228, ipv6: 229, linuxCooked2: 276 } as const;
const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, serviceVlan: 0x88a8, oldServiceVlan: 0x9100 } as const;
/** AF_INET, and AF_INET6 as Linux, NetBSD, FreeBSD and macOS count it. */
const FAMILY_IPV4 = 2;
const FAMILIES_IPV6: readonly number[] = [10, 24, 28, 30];
const PROTOCOL = { hopByHop: 0, tcp: 6, udp: 17, routing: 43, fragment: 44, authentication: 51, destination: 60, mobility: 135, hostIdentity: 139, shim: 140 } as const;

/** What `locateDatagram` found, in place: one object for all packets. */
export interface Datagram {
	/** Of the payload. */
	start: number;
	end: number;
	/** Whether the capture has less of it than was sent. */
	isCut: boolean;
	/** Where the destination's address stands, and its bytes: 4 or 16. */
	address: number;
	addressBytes: number;
	port: number;
}

/** Finds the UDP payload of the packet in bytes `from` to `to`; the index of a {@link PACKET_REASONS}, 0 where there is one. */
export function locateDatagram(view: DataView, from: number, to: number, linkType: number, found: Datagram): number {
	switch (linkType) {
		case LINK.ethernet:
			return to - from < 14 ? CUT_OFF : tagged(view, from + 12, to, found);
		case LINK.linuxCooked:
			return to - from < 16 ? CUT_OFF : tagged(view, from + 14, to, found);
		case LINK.linuxCooked2:
			return to - from < 20 ? CUT_OFF : ofType(view, view.getUint16(from, false), from + 20, to, found);
		case LINK.null:
		case LINK.loop: {
			if (to - from < 4) return CUT_OFF;
			// Loopback's family is in the byte order of the machine that captured: the half that is not 0 tells.
			const family = view.getUint32(from, true) < 65536 ? view.getUint32(from, true) : view.getUint32(from, false);
			return family === FAMILY_IPV4 ? ipv4(view, from + 4, to, found) : FAMILIES_IPV6.includes(family) ? ipv6(view, from + 4, to, found) : NOT_IP;
		}
		case LINK.raw:
		case LINK.rawBsd:
		case LINK.rawOpenBsd: {
			if (to === from) return CUT_OFF;
			const version = view.getUint8(from) >>> 4;
			return version === 4 ? ipv4(view, from, to, found) : version === 6 ? ipv6(view, from, to, found) : NOT_IP;
		}
		case LINK.ipv4:
			return ipv4(view, from, to, found);
		case LINK.ipv6:
			return ipv6(view, from, to, found);
		default:
			return LINK_TYPE;
	}
}

/** From an EtherType on, over VLAN tags (IEEE 802.1Q, 802.1ad). */
function tagged(view: DataView, typeAt: number, to: number, found: Datagram): number {
	let at = typeAt;
	for (;;) {
		if (to - at < 2) return CUT_OFF;
		const type = view.getUint16(at, false);
		if (type !== ETHERTYPE.vlan && type !== ETHERTYPE.serviceVlan && type !== ETHERTYPE.oldServiceVlan) return ofType(view, type, at + 2, to, found);
		at += 4;
	}
}

function ofType(view: DataView, type: number, from: number, to: number, found: Datagram): number {
	if (type === ETHERTYPE.ipv4) return ipv4(view, from, to, found);
	if (type === ETHERTYPE.ipv6) return ipv6(view, from, to, found);
	// The second kind of cooked header states the tag's type itself.
	if (type === ETHERTYPE.vlan || type === ETHERTYPE.serviceVlan) return to - from < 4 ? CUT_OFF : tagged(view, from + 2, to, found);
	return NOT_IP;
}

function ipv4(view: DataView, from: number, to: number, found: Datagram): number {
	if (to - from < 20) return CUT_OFF;
	const header = (view.getUint8(from) & 15) * 4;
	if (view.getUint8(from) >>> 4 !== 4 || header < 20) return DAMAGED;
	if (to - from < header) return CUT_OFF;
	const stated = view.getUint16(from + 2, false);
	// Captured before the network card cut it into packets: the length is not filled in yet.
	const length = stated === 0 ? to - from : stated;
	if (length < header) return DAMAGED;
	// Neither the first fragment nor a later one has the whole datagram.
	if ((view.getUint16(from + 6, false) & 0x3fff) !== 0) return FRAGMENT;
	found.address = from + 16;
	found.addressBytes = 4;
	return transport(view, view.getUint8(from + 9), from + header, to, from + length, found);
}

function ipv6(view: DataView, from: number, to: number, found: Datagram): number {
	if (to - from < 40) return CUT_OFF;
	if (view.getUint8(from) >>> 4 !== 6) return DAMAGED;
	const stated = view.getUint16(from + 4, false);
	const end = stated === 0 ? to : from + 40 + stated;
	found.address = from + 24;
	found.addressBytes = 16;
	let next = view.getUint8(from + 6);
	let at = from + 40;
	for (;;) {
		switch (next) {
			case PROTOCOL.hopByHop:
			case PROTOCOL.routing:
			case PROTOCOL.destination:
			case PROTOCOL.mobility:
			case PROTOCOL.hostIdentity:
			case PROTOCOL.shim:
				if (to - at < 8) return CUT_OFF;
				next = view.getUint8(at);
				at += (view.getUint8(at + 1) + 1) * 8;
				break;
			case PROTOCOL.authentication:
				if (to - at < 8) return CUT_OFF;
				next = view.getUint8(at);
				at += (view.getUint8(at + 1) + 2) * 4;
				break;
			case PROTOCOL.fragment:
				if (to - at < 8) return CUT_OFF;
				// A fragment header around a whole packet (RFC 6946) is none.
				if ((view.getUint16(at + 2, false) & 0xfff9) !== 0) return FRAGMENT;
				next = view.getUint8(at);
				at += 8;
				break;
			default:
				return transport(view, next, at, to, end, found);
		}
	}
}

/** @param sent where the packet ended when it was sent */
function transport(view: DataView, protocol: number, from: number, to: number, sent: number, found: Datagram): number {
	if (protocol !== PROTOCOL.udp) return protocol === PROTOCOL.tcp ? TCP : NOT_UDP;
	if (sent - from < 8) return DAMAGED;
	if (to - from < 8) return CUT_OFF;
	const stated = view.getUint16(from + 4, false);
	// 0: longer than 65,535 bytes (RFC 2675), or not filled in yet.
	const end = stated === 0 ? sent : from + stated;
	if (stated !== 0 && stated < 8) return DAMAGED;
	if (end > sent) return DAMAGED;
	found.port = view.getUint16(from + 2, false);
	found.start = from + 8;
	found.end = Math.min(end, to);
	found.isCut = end > to;
	return TAKEN;
}
