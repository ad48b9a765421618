/** Every framing by the name that `--format` takes. */
import { concatenated } from './concatenated.ts';
import { grpcMessages, varintDelimited } from './delimited.ts';
import { binaryFile, lengthPrefixed, simpleOpenFraming } from './length-prefixed.ts';
import { capture, lines } from './lines.ts';
import { messagePackValues } from './messagepack.ts';
import { datagrams, type PacketCaptureOptions, packetCapture } from './packet-capture.ts';
import { moldUdp64, sequencedUnits } from './packets.ts';
import { sbePackets } from './sbe-packets.ts';
import type { Framing } from './scan-abi.ts';
import { soupBinTcp } from './soup-bin-tcp.ts';

/** Of streams of bytes. */
export const FRAMINGS: Readonly<Record<string, () => Framing>> = {
	capture,
	ndjson: lines,
	concatenated,
	msgpack: messagePackValues,
	'length-16-little': () => lengthPrefixed({ bytes: 2, endian: 'little' }),
	'length-16-big': () => lengthPrefixed({ bytes: 2, endian: 'big' }),
	'length-32-little': () => lengthPrefixed({ bytes: 4, endian: 'little' }),
	'length-32-big': () => lengthPrefixed({ bytes: 4, endian: 'big' }),
	grpc: grpcMessages,
	'grpc-list': () => grpcMessages({ items: 1 }),
	'varint-delimited': varintDelimited,
	'varint-delimited-list': () => varintDelimited({ items: 1 }),
	binaryfile: binaryFile,
	sofh: simpleOpenFraming,
	soupbintcp: soupBinTcp,
	moldudp64: moldUdp64,
	'cboe-units': sequencedUnits,
};

/** Of the datagrams in packet captures: how each is cut. */
export const DATAGRAM_FRAMINGS: Readonly<Record<string, () => Framing>> = { datagrams, moldudp64: moldUdp64, 'cboe-units': sequencedUnits, 'sbe-packets': sbePackets, ndjson: lines };

const CAPTURES = 'pcap-';
/** Both, with those of packet captures as `pcap-…`. */
export const FORMAT_NAMES: readonly string[] = [...Object.keys(FRAMINGS), ...Object.keys(DATAGRAM_FRAMINGS).map((name) => `${CAPTURES}${name}`)];

/** The framing of a name; null where there is none. The options are of packet captures, and others ignore them. */
export function framingOf(name: string, options: Omit<PacketCaptureOptions, 'each'> = {}): Framing | null {
	const each = name.startsWith(CAPTURES) ? DATAGRAM_FRAMINGS[name.slice(CAPTURES.length)] : undefined;
	return each === undefined ? (FRAMINGS[name]?.() ?? null) : packetCapture({ ...options, each: each() });
}
