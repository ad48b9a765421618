/**
 * How sure an answer is. Evidence is counted in bits: a check that random bytes pass once in 2^n times is worth n of
 * them. Decision 0026 has the reasons.
 */

import type { Protocol } from '../compiler/protocol.ts';
import type { Framing } from '../framing/scan-abi.ts';

/** Bits that make an answer as likely as not: what is looked at could be a few thousand other things. */
const EVEN_BITS = 12;
/** Beyond these more evidence makes no difference. */
const MOST_BITS = 64;

/** @param share of the messages that fit, where there are some */
export function confidenceOf(bits: number, share = 1): number {
	if (bits < 0) return 0;
	return Math.round((share / (1 + 2 ** (EVEN_BITS - Math.min(bits, MOST_BITS)))) * 10_000) / 10_000;
}

/** How well a preset, or a protocol that was given, fits. */
export interface PresetFit {
	/** Name of the preset, or of the given protocol's schema. */
	readonly preset: string;
	/** Share of the sample's messages that it accepts. */
	readonly accepted: number;
	readonly messages: number;
	/** Of the accepted ones, those with rows. */
	readonly tables: readonly string[];
}

/** What a sample may be. */
export interface Candidate {
	/** `json`, `msgpack`, `fix`, `sbe`, `itch`, `protobuf`, `websocket`, `http`, `gzip`, `pcap`, `arrow-file`, …; of a given protocol its name. */
	readonly protocol: string;
	/** As the bytes announce it, where they do. */
	readonly version: string | null;
	/** How it is cut into messages, by the name that `--format` takes; null where it is not, or not known. */
	readonly format: string | null;
	readonly framing: Framing | null;
	/** The preset, or the name of the given protocol's schema, that most messages fit; null where none does. */
	readonly preset: string | null;
	/** What parses it: that preset's protocol, or the given one. */
	readonly parser: Protocol | null;
	/** All presets and given protocols that accept some of it, the best first. */
	readonly presets: readonly PresetFit[];
	/** 0 to 1. */
	readonly confidence: number;
	/** Why, in words. */
	readonly evidence: readonly string[];
	/** False for what is only recognised, so that it can be said what to do. */
	readonly isSupported: boolean;
	/** What to do instead, or next; null where that is plain. */
	readonly advice: string | null;
	/** Of what is unpacked, or carried as payload; null where nothing is, or it could not be looked at. */
	readonly inside: Detection | null;
	/** Of packet captures: the UDP streams, those with most packets first. */
	readonly streams: readonly DatagramStream[];
}

/** The datagrams to one address and port. */
export interface DatagramStream {
	readonly address: string;
	readonly port: number;
	/** In the sample. */
	readonly packets: number;
	readonly bytes: number;
	/** What they are. */
	readonly detection: Detection;
}

export interface Detection {
	/** The most confident first; empty where nothing is recognised. */
	readonly candidates: readonly Candidate[];
	/** Whether more bytes could make the answer another one, or surer. */
	readonly needsMore: boolean;
	/** Bytes that were looked at. */
	readonly bytes: number;
}

/** While it is put together. */
export interface Finding {
	readonly protocol: string;
	readonly bits: number;
	readonly evidence: readonly string[];
	readonly share?: number;
	readonly version?: string | null;
	readonly format?: string | null;
	readonly framing?: Framing | null;
	readonly preset?: string | null;
	readonly parser?: Protocol | null;
	readonly presets?: readonly PresetFit[];
	readonly isSupported?: boolean;
	readonly advice?: string | null;
	readonly inside?: Detection | null;
	readonly streams?: readonly DatagramStream[];
	/** More bytes would tell more, however sure it is. */
	readonly isOpen?: boolean;
}

/** Less than this is not worth telling. */
const LEAST_CONFIDENCE = 0.001;
const MOST_CANDIDATES = 12;

/** Sorted by confidence; what is equal, by evidence; then as found. */
export function candidatesOf(findings: readonly Finding[]): Candidate[] {
	return findings
		.map((finding) => ({ finding, confidence: confidenceOf(finding.bits, finding.share ?? 1) }))
		.filter(({ confidence }) => confidence >= LEAST_CONFIDENCE)
		.sort((a, b) => b.confidence - a.confidence || b.finding.bits - a.finding.bits)
		.slice(0, MOST_CANDIDATES)
		.map(({ finding, confidence }) => ({
			protocol: finding.protocol,
			version: finding.version ?? null,
			format: finding.format ?? null,
			framing: finding.framing ?? null,
			preset: finding.preset ?? null,
			parser: finding.parser ?? null,
			presets: finding.presets ?? [],
			confidence,
			evidence: finding.evidence,
			isSupported: finding.isSupported ?? true,
			advice: finding.advice ?? null,
			inside: finding.inside ?? null,
			streams: finding.streams ?? [],
		}));
}

/** `3 messages`, `1 message`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
