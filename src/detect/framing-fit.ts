/** How bytes of a known protocol are cut: nothing in them says so, so framings are tried. */
import type { Protocol } from '../compiler/protocol.ts';
import { DATAGRAM_FRAMINGS, FRAMINGS, framingOf } from '../framing/formats.ts';
import type { PacketCaptureOptions } from '../framing/packet-capture.ts';
import { readAddress } from '../framing/packet-capture.ts';
import type { Framing } from '../framing/scan-abi.ts';
import { addressText, readCaptured } from './captured.ts';
import { detectFiles } from './files.ts';
import { cutSample, fitMessages, SAMPLE_MESSAGES } from './sample.ts';

export interface FramingFit {
	/** By the name that `--format` takes. */
	readonly format: string;
	readonly framing: Framing;
	/** Of the sample. */
	readonly messages: number;
	readonly accepted: number;
}

/** Tried first: where others cut alike, these say more. */
const FIRST = ['binaryfile', 'soupbintcp', 'moldudp64', 'cboe-units', 'sofh'];

/**
 * The framing with which a protocol accepts most of the sample's messages, and more than half of them; null where none does.
 *
 * @param wanted of packet captures: which datagrams
 */
export function findFraming(protocol: Protocol, head: Uint8Array, complete: boolean, wanted: Omit<PacketCaptureOptions, 'each'> = {}): FramingFit | null {
	const tried = isPacketCapture(head) ? tryDatagrams(protocol, head, wanted) : tryStreams(protocol, head, complete);
	const [best] = tried.filter(({ accepted, messages }) => accepted * 2 > messages).sort((a, b) => b.accepted / b.messages - a.accepted / a.messages || certainty(b) - certainty(a) || b.accepted - a.accepted);
	return best ?? null;
}

/** gRPC's prefix starts with what other framings take for empty messages, which Protobuf has. */
const certainty = ({ format }: FramingFit): number => (format.startsWith('grpc') ? 1 : 0);

/** Whether bytes begin as pcap or pcapng. */
export const isPacketCapture = (head: Uint8Array): boolean => detectFiles(head, false).some(({ kind, isComplete }) => isComplete && (kind === 'pcap' || kind === 'pcapng'));

function tryStreams(protocol: Protocol, head: Uint8Array, complete: boolean): FramingFit[] {
	return [...new Set([...FIRST, ...Object.keys(FRAMINGS)])].flatMap((format) => {
		const framing = framingOf(format);
		if (framing === null || framing.binary) return [];
		const { messages, isTooLong } = cutSample(head, format, framing, complete);
		const { accepted, messages: taken } = fitMessages(protocol, messages);
		return [{ format, framing, messages: taken + (isTooLong ? 1 : 0), accepted }];
	});
}

function tryDatagrams(protocol: Protocol, head: Uint8Array, wanted: Omit<PacketCaptureOptions, 'each'>): FramingFit[] {
	const addresses = wanted.addresses?.map((address) => addressText(readAddress(address)));
	const payloads = readCaptured(head)
		.streams.filter(({ address, port }) => (wanted.ports?.includes(port) ?? true) && (addresses?.includes(address) ?? true))
		.flatMap((stream) => stream.payloads.slice(0, SAMPLE_MESSAGES));
	return Object.entries(DATAGRAM_FRAMINGS).flatMap(([each, make]) => {
		const format = `pcap-${each}`;
		const framing = framingOf(format, wanted);
		if (framing === null) return [];
		const cut = make();
		const messages = payloads.flatMap((payload) => cutSample(payload, each, cut, true).messages).slice(0, SAMPLE_MESSAGES);
		const { accepted, messages: taken } = fitMessages(protocol, messages);
		return [{ format, framing, messages: taken, accepted }];
	});
}
