/** What bytes are: every format is asked, and answers with its evidence. docs/detection.md shows it. */
import type { Protocol } from '../compiler/protocol.ts';
import { DATAGRAM_FRAMINGS, FRAMINGS } from '../framing/formats.ts';
import { packetCapture } from '../framing/packet-capture.ts';
import { type Captured, readCaptured } from './captured.ts';
import { type Candidate, candidatesOf, confidenceOf, counted, type DatagramStream, type Detection, type Finding } from './evidence.ts';
import { detectFiles, detectSkippable, detectZlib, type FileFinding } from './files.ts';
import { fixFinding, ofTheirOwn, protobufFinding, protocolFinding, sbeFinding, selfDescribing, selfDescribingFinding } from './messages.ts';
import { delimitedMessages } from './protobuf.ts';
import { type Cut, cutSample, SAMPLE_BYTES, SAMPLE_MESSAGES } from './sample.ts';
import { datagramStructureOf, structureOf } from './structure.ts';
import { type Unpackable, unpackStart } from './unpack.ts';
import { readFrames, readUpgrade } from './websocket.ts';

export interface DetectOptions {
	/** Whether the bytes are all there are. Default false: more may follow. */
	readonly complete?: boolean;
	/** Further protocols to try, before the presets: `sbe(xml)`, `binary(format)`, `json(schema)`, … */
	readonly protocols?: readonly Protocol[];
	/** Whether the presets are tried. Default true. */
	readonly presets?: boolean;
}

interface Looking {
	readonly given: readonly Protocol[];
	readonly withPresets: boolean;
	/** Within what was unpacked. */
	readonly depth: number;
}

const DEEPEST = 3;
/** Sure enough that nothing else is tried, and that more bytes are not asked for. */
const SURE = 0.95;
const LIKELY = 0.5;
/** Streams of a capture that are looked into. */
const MOST_STREAMS = 16;
/** Text lines and values; all others are for binary messages. */
const TEXT_FORMATS: readonly string[] = ['capture', 'ndjson', 'concatenated'];
const UNPACKED: readonly string[] = ['gzip', 'zstd', 'lz4', 'snappy'];

/**
 * Tells what bytes are, with reasons: text and binary protocols and how they are cut into messages, compression, columnar
 * files, packet captures and what is in them. Any bytes have an answer, at the latest none; time and memory are bounded,
 * as the first 256 KiB are looked at (of packet captures, a megabyte).
 *
 * @param bytes the first bytes of a file or stream; with more of them the answer grows surer
 */
export function detect(bytes: Uint8Array, options: DetectOptions = {}): Detection {
	if (!(bytes instanceof Uint8Array)) throw new TypeError('tickforge: detect takes the bytes of a file or stream as a Uint8Array; read some of them first');
	// A Buffer's subarrays are Buffers.
	return look(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), options.complete ?? false, { given: options.protocols ?? [], withPresets: options.presets ?? true, depth: 0 });
}

function look(bytes: Uint8Array, complete: boolean, looking: Looking): Detection {
	const sample = bytes.subarray(0, SAMPLE_BYTES);
	const isWhole = complete && bytes.length === sample.length;
	const files = detectFiles(bytes, complete);
	const sure = files.filter(({ isComplete, bits }) => isComplete && confidenceOf(bits) >= SURE);
	const findings: Finding[] = sure.length > 0 ? sure.map((file) => openFile(file, bytes, complete, looking)) : [...files, ...streamFindings(sample, isWhole, looking)];
	return concluded(findings, bytes.length, complete);
}

function concluded(findings: readonly Finding[], length: number, complete: boolean): Detection {
	const candidates = candidatesOf(findings);
	const [best] = candidates;
	const isOpen = best === undefined || best.confidence < SURE || findings.some((finding) => finding.isOpen === true && finding.protocol === best.protocol && (finding.format ?? null) === best.format);
	return { candidates, needsMore: !complete && length < SAMPLE_BYTES && isOpen, bytes: length };
}

/** What is inside of a file that is known by its magic. */
function openFile(file: FileFinding, bytes: Uint8Array, complete: boolean, looking: Looking): Finding {
	if (looking.depth >= DEEPEST) return file;
	if (file.kind === 'pcap' || file.kind === 'pcapng') return captureFinding(file, readCaptured(bytes), looking);
	if (!UNPACKED.includes(file.kind)) return file;
	const content = unpackStart(file.kind as Unpackable, bytes);
	if (content === null) return { ...file, isOpen: true };
	const inside = look(content.bytes, complete && content.isAll, { ...looking, depth: looking.depth + 1 });
	return { ...file, inside, isOpen: inside.needsMore };
}

const REASONS: Readonly<Record<string, string>> = { tcp: 'TCP, whose streams are not read', 'not-udp': 'another protocol than UDP', fragment: 'fragments', 'not-ip': 'not IP', 'link-type': 'of a link type that is not read', 'cut-off': 'cut off', damaged: 'damaged', 'no-interface': 'of an unknown interface' };

function captureFinding(file: FileFinding, { streams, counts }: Captured, looking: Looking): Finding {
	const looked = streams.slice(0, MOST_STREAMS).map(({ address, port, packets, bytes, payloads }): DatagramStream => ({ address, port, packets, bytes, detection: concluded(datagramFindings(payloads, { ...looking, depth: looking.depth + 1 }), bytes, true) }));
	const packets = Object.entries(counts).filter(([reason]) => reason !== 'shortened' && reason !== 'untracked');
	const evidence = [...file.evidence];
	if (packets.length > 0)
		evidence.push(
			`of its first ${counted(
				packets.reduce((sum, [, count]) => sum + count, 0),
				'packet',
			)} ${counts.taken ?? 0} ${counts.taken === 1 ? 'is' : 'are'} UDP, to ${counted(streams.length, 'destination')}`,
		);
	for (const [reason, count] of packets) if (reason !== 'taken') evidence.push(`${count} ${count === 1 ? 'is' : 'are'} ${REASONS[reason] ?? reason}`);
	const [first] = looked.map(({ detection }) => detection.candidates[0]).filter((best) => best?.format !== null && best?.format !== undefined && best.confidence >= LIKELY);
	const each = first?.format === null || first?.format === undefined ? 'datagrams' : first.format;
	const make = DATAGRAM_FRAMINGS[each] ?? DATAGRAM_FRAMINGS['datagrams'];
	return { ...file, format: `pcap-${each}`, framing: make === undefined ? null : packetCapture({ each: make() }), preset: first?.preset ?? null, parser: first?.parser ?? null, presets: first?.presets ?? [], evidence, streams: looked, isOpen: streams.length === 0 };
}

/** Of more bytes than these a few may be broken. */
const LONG_TEXT = 64;
/** Of random bytes a bit more than a third are letters, digits or signs of ASCII. */
const TEXT_SHARE = 0.9;

/** Whether all is printable UTF-8, as far as it goes, or (mostly) nearly all is ASCII. */
function textOf(sample: Uint8Array): 'all' | 'mostly' | 'no' {
	let ascii = 0;
	let controls = 0;
	for (const byte of sample) {
		if ((byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13) ascii++;
		else if (byte < 0x20 || byte === 0x7f) controls++;
	}
	const otherwise = sample.length >= LONG_TEXT && ascii >= sample.length * TEXT_SHARE ? 'mostly' : 'no';
	if (controls > 0) return otherwise;
	try {
		new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true });
		return 'all';
	} catch {
		return otherwise;
	}
}

/** What has no magic. */
function streamFindings(sample: Uint8Array, isWhole: boolean, looking: Looking): Finding[] {
	if (sample.length === 0) return [];
	const findings: (Finding | null)[] = [];
	const fix = fixFinding(sample, isWhole);
	if (fix !== null && FRAMINGS['fix'] !== undefined) findings.push({ ...fix, format: 'fix', framing: FRAMINGS['fix']() });
	else findings.push(fix);
	findings.push(upgradeFinding(sample, looking));
	const text = textOf(sample);
	if (text !== 'no') findings.push(...textFindings(sample, isWhole, looking));
	if (text !== 'all') findings.push(...detectSkippable(sample), ...detectZlib(sample, () => unpackStart('zlib', sample)?.bytes ?? null), webSocketFinding(sample, looking), ...binaryFindings(sample, isWhole, looking));
	return findings.filter((finding) => finding !== null);
}

const TIMED = /^\d{1,10}(\.\d+)?: /;
const CLIENT = /^[A-Za-z]\S* <->? /;
/** Whether the last line has come as far as its message. */
const isTimed = (lines: readonly string[]): boolean => TIMED.test(lines.at(-1) ?? '');

function textFindings(sample: Uint8Array, isWhole: boolean, looking: Looking): Finding[] {
	const findings: (Finding | null)[] = [];
	const presets = selfDescribing('json', looking.given, looking.withPresets);
	const cut = (format: string): Cut | null => {
		const make = FRAMINGS[format];
		return make === undefined ? null : cutSample(sample, format, make(), isWhole);
	};
	const records = new TextDecoder().decode(sample).split('\n', SAMPLE_MESSAGES);
	const lines = (!isWhole && records.length > 1 && records.length < SAMPLE_MESSAGES ? records.slice(0, -1) : records).filter((line) => line.trim() !== '');
	const timed = lines.filter((line) => TIMED.test(line)).length;
	const client = lines.filter((line) => CLIENT.test(line)).length;
	if (timed + client > lines.length / 2) {
		const captured = cut('capture');
		const evidence = [`of its first ${counted(lines.length, 'line')} ${timed} start with a receive time and ${client} with a connection's URL, as a capture's do`];
		const noticed = captured === null ? null : { ...captured, partial: isTimed(records) || captured.messages.length === 0 ? captured.partial : null, bits: 12 * Math.min(4, timed + client), evidence };
		const isEmpty = noticed?.messages.length === 0 && noticed.partial === null;
		if (noticed !== null) findings.push(selfDescribingFinding('json', noticed, presets) ?? { protocol: 'capture', bits: noticed.bits, evidence: [...evidence, isEmpty ? 'but no message has come yet' : 'but its messages are no JSON'], format: 'capture', framing: noticed.framing, isOpen: isEmpty });
	} else {
		for (const format of ['ndjson', 'concatenated']) {
			// Values on lines of their own are values one after the other, too.
			if (findings.some((finding) => finding?.format === 'ndjson' && finding.share === 1)) continue;
			const noticed = cut(format);
			if (noticed !== null && !noticed.isTooLong) findings.push(selfDescribingFinding('json', noticed, presets));
		}
		// A description of the user's own may be of text.
		for (const tried of ofTheirOwn(looking.given, false)) for (const noticed of [cut('ndjson'), wholeCut(sample, isWhole)]) if (noticed !== null) findings.push(protocolFinding(tried, noticed));
	}
	return findings.filter((finding) => finding !== null);
}

/** All there is as one message. */
const wholeCut = (sample: Uint8Array, isWhole: boolean): Cut => ({ format: null, framing: null, messages: isWhole ? [sample] : [], partial: isWhole ? null : sample, isTooLong: false, skipped: 0, bits: 0, evidence: [] });

/** What Protobuf of an unknown type is looked for in, besides length prefixes. */
const PROTOBUF_FORMATS = ['datagrams', 'varint-delimited', 'grpc'];

function binaryFindings(sample: Uint8Array, isWhole: boolean, looking: Looking): Finding[] {
	const findings: (Finding | null)[] = [];
	const cuts: Cut[] = [];
	const isDelimited = delimitedMessages(sample, isWhole, SAMPLE_MESSAGES) !== null;
	for (const [format, make] of Object.entries(FRAMINGS)) {
		if (TEXT_FORMATS.includes(format)) continue;
		const structure = format.startsWith('varint-delimited') && !isDelimited ? null : structureOf(format, sample);
		if (structure === null) continue;
		const cut = cutSample(sample, format, make(), isWhole);
		if (cut.isTooLong && cut.messages.length < 2) continue;
		cuts.push({ ...cut, bits: structure?.bits ?? 0, evidence: structure?.evidence ?? [] });
	}
	for (const cut of cuts) {
		if (cut.format === 'msgpack') findings.push(selfDescribingFinding('msgpack', cut, cut.messages.length === 0 ? [] : selfDescribing('msgpack', looking.given, looking.withPresets)));
		if (cut.format?.startsWith('length-') !== true) continue;
		for (const kind of ['json', 'msgpack'] as const) findings.push(selfDescribingFinding(kind, cut, cut.messages.length === 0 ? [] : selfDescribing(kind, looking.given, looking.withPresets)));
	}
	const whole = wholeCut(sample, isWhole);
	findings.push(
		...ownFindings(
			cuts.filter(({ format }) => format !== 'msgpack'),
			whole,
			looking,
		),
	);
	return findings.filter((finding) => finding !== null);
}

/** Protocols that know their own messages, and what looks like them. */
function ownFindings(cuts: readonly Cut[], whole: Cut, looking: Looking): Finding[] {
	const all = [...cuts, whole];
	const known = ofTheirOwn(looking.given, looking.withPresets).flatMap((tried) => {
		const found = all.map((cut) => protocolFinding(tried, cut)).filter((finding) => finding !== null);
		// Where framings cut alike, that which the feed is known for comes first.
		const rank = ({ format }: Finding): number => (tried.framings.indexOf(format ?? '') + tried.framings.length + 1) % (tried.framings.length + 1);
		return found.sort((a, b) => b.bits * (b.share ?? 1) - a.bits * (a.share ?? 1) || rank(a) - rank(b)).slice(0, 3);
	});
	const isKnown = known.some(({ bits, share }) => confidenceOf(bits, share) >= LIKELY);
	const guessed = isKnown ? [] : [...all.map(sbeFinding), ...[...cuts.filter(({ format }) => format !== null && (format.startsWith('length-') || PROTOBUF_FORMATS.includes(format))), whole].map(protobufFinding)].filter((finding) => finding !== null);
	// A framing that speaks for itself, around messages that nothing here knows.
	const framed = isKnown
		? []
		: cuts.filter(({ bits }) => bits > 0).map((cut): Finding => ({ protocol: cut.format ?? 'messages', bits: cut.bits, evidence: [...cut.evidence, 'its messages are of no format known here'], format: cut.format, framing: cut.framing, advice: 'describe its messages (docs/binary.md), or give their SBE schema' }));
	return [...known, ...guessed, ...framed];
}

/** Of datagrams, or other messages that came whole. */
function datagramFindings(payloads: readonly Uint8Array[], looking: Looking): Finding[] {
	const findings: (Finding | null)[] = [];
	const cuts: Cut[] = [];
	if (payloads.length === 0) return [];
	for (const [format, make] of Object.entries(DATAGRAM_FRAMINGS)) {
		const structure = datagramStructureOf(format, payloads);
		if (structure === null) continue;
		const framing = make();
		const messages = format === 'datagrams' ? payloads : payloads.flatMap((payload) => cutSample(payload, format, framing, true).messages).slice(0, SAMPLE_MESSAGES);
		cuts.push({ format, framing, messages, partial: null, isTooLong: false, skipped: 0, bits: structure?.bits ?? 0, evidence: structure?.evidence ?? [] });
	}
	const plain = cuts.find(({ format }) => format === 'datagrams');
	const lines = cuts.find(({ format }) => format === 'ndjson');
	if (plain !== undefined) {
		for (const kind of ['json', 'msgpack'] as const) findings.push(selfDescribingFinding(kind, plain, selfDescribing(kind, looking.given, looking.withPresets)));
		const [first] = payloads;
		if (first !== undefined) findings.push(fixFinding(first, true, plain));
	}
	// Lines only where a datagram holds several.
	if (lines !== undefined && lines.messages.length > payloads.length) findings.push(selfDescribingFinding('json', lines, selfDescribing('json', looking.given, looking.withPresets)));
	const binary = cuts.filter(({ format }) => format !== 'ndjson');
	if (plain !== undefined && !payloads.every((payload) => textOf(payload) === 'all')) findings.push(...ownFindings(binary, { ...plain, messages: [] }, looking));
	return findings.filter((finding) => finding !== null);
}

function webSocketFinding(sample: Uint8Array, looking: Looking): Finding | null {
	const found = readFrames(sample);
	if (found === null) return null;
	const { frames, messages, bits, evidence } = found;
	const inside = messages.length === 0 || looking.depth >= DEEPEST ? null : concluded(datagramFindings(messages, { ...looking, depth: looking.depth + 1 }), sample.length, true);
	const best: Candidate | undefined = inside?.candidates[0];
	const make = FRAMINGS['websocket'];
	return {
		protocol: 'websocket',
		version: null,
		bits: bits + (best === undefined ? 0 : Math.round(best.confidence * 12)),
		evidence,
		inside,
		format: make === undefined ? null : 'websocket',
		framing: make?.() ?? null,
		preset: best?.preset ?? null,
		parser: best?.parser ?? null,
		presets: best?.presets ?? [],
		isSupported: make !== undefined,
		advice: make === undefined ? 'frames of a recorded connection are not cut here: record the messages, one a line or behind their length' : null,
		isOpen: frames === 0,
	};
}

function upgradeFinding(sample: Uint8Array, looking: Looking): Finding | null {
	const found = readUpgrade(sample);
	if (found === null) return null;
	const { from, end, isUpgrade, version, subprotocol, extensions, bits } = found;
	const evidence = [`it starts as an HTTP ${from === 'client' ? 'request' : 'response'}`];
	if (isUpgrade) evidence.push(`which ${from === 'client' ? 'asks for' : 'agrees to'} WebSocket${subprotocol === null ? '' : `, subprotocol ${subprotocol}`}${extensions === null ? '' : `, extensions ${extensions}`}`);
	else if (end >= 0) evidence.push('but not as an upgrade to WebSocket');
	const rest = end < 0 ? new Uint8Array(0) : sample.subarray(end);
	const frames = isUpgrade && rest.length > 0 && looking.depth < DEEPEST ? webSocketFinding(rest, { ...looking, depth: looking.depth + 1 }) : null;
	return {
		protocol: isUpgrade ? 'websocket-upgrade' : 'http',
		version,
		bits,
		evidence,
		inside: frames === null ? null : concluded([frames], rest.length, false),
		isSupported: false,
		advice: isUpgrade ? 'the frames of a recorded connection begin behind the blank line' : null,
		isOpen: end < 0 || (isUpgrade && frames === null),
	};
}
