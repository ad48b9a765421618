/** How a file of binary messages is cut: nothing in it says so, so framings are tried on its first bytes. */
import type { Protocol } from '../compiler/protocol.ts';
import { FRAMINGS } from '../framing/detect.ts';
import { parseFeed } from '../pipeline/feed.ts';
import { bytesSource } from '../sources/bytes.ts';

/** Tried first: where others cut alike, these say more. */
const BINARY = ['binaryfile', 'soupbintcp', 'moldudp64', 'cboe-units', 'sofh'];
/** Bytes that are tried. */
const SAMPLE = 65536;

export interface TriedFraming {
	readonly format: string;
	readonly messages: number;
	readonly accepted: number;
}

/** Each framing with what the protocol makes of the messages that it gives; the best first. */
export async function tryFramings(protocol: Protocol, head: Uint8Array, formats: readonly string[] = [...new Set([...BINARY, ...Object.keys(FRAMINGS)])]): Promise<TriedFraming[]> {
	const sample = head.subarray(0, SAMPLE);
	const tried: TriedFraming[] = [];
	for (const format of formats) {
		const framing = FRAMINGS[format]?.();
		if (framing === undefined || framing.binary) continue;
		const { statistics, tooLong } = await parseFeed(protocol, bytesSource(sample), framing, { tier: 'reference', rows: 256, items: 4096, longest: SAMPLE, window: SAMPLE * 2, ceiling: 2 ** 29 });
		tried.push({ format, messages: statistics.messages + tooLong, accepted: statistics.messages - statistics.refused });
	}
	// The last message of a sample is cut, and may be refused.
	return tried.sort((a, b) => share(b) - share(a) || certainty(b) - certainty(a) || b.accepted - a.accepted);
}

/** gRPC's prefix starts with what other framings take for empty messages, which Protobuf has. */
const certainty = ({ format }: TriedFraming): number => (format.startsWith('grpc') ? 1 : 0);

const share = ({ messages, accepted }: TriedFraming): number => (messages === 0 ? 0 : accepted / Math.max(1, messages - 1 === accepted ? accepted : messages));

/** The best framing, where most messages are accepted with it; else null. */
export async function findFraming(protocol: Protocol, head: Uint8Array): Promise<TriedFraming | null> {
	const [best] = await tryFramings(protocol, head);
	return best !== undefined && best.accepted * 2 > best.messages ? best : null;
}
