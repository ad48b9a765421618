/**
 * Framings: a stream that arrives in pieces gives the messages that it gives as a whole, both tiers write the same bytes
 * at each step, and what lies behind the bytes at hand does not matter.
 */
import { DESCRIPTOR, READ_BEYOND } from '../../src/compiler/parser-abi.ts';
import { FORMAT_NAMES, framingOf } from '../../src/framing/formats.ts';
import { contextBytes, type Framing, SCAN, SCAN_STOP, type ScanFunction } from '../../src/framing/scan-abi.ts';
import { encodeMessagePack } from '../../src/protocols/msgpack/index.ts';
import { framePieces, simulate } from '../../src/simulate/index.ts';
import { BRANCH_COUNTERS } from '../../src/wasm/branches.ts';
import { describeInterface, type Packet, packetBlock, pcap, section } from '../../test/framing/captured-packets.ts';
import { type Counters, countersOf, sourceCoverage } from '../coverage.ts';
import type { Input } from '../input.ts';
import type { OpenTarget, Target } from '../target.ts';
import { poisons } from './poison.ts';

const DESCRIPTORS = 256;
const MOST_DESCRIPTORS = 64;
/** Written to by no framer: behind the descriptors that fit, up to the counters. */
const COUNTERS = 16384;
const CONTEXT = 32768;
const WINDOW = 6 * 65536;
const SIZE = WINDOW + 2 * 65536;
const MOST_STREAM = 4096;
const UNTOUCHED = Buffer.alloc(COUNTERS, 0xa5);
/** Of a long stream in small pieces; after them comes the rest. */
const MOST_PIECES = 300;
/** Branches and turns that a call, and each byte that it is given, may cost. */
const STEPS = { call: 400, byte: 40 } as const;

interface Lane {
	readonly name: string;
	readonly scan: ScanFunction;
	readonly memory: WebAssembly.Memory;
	readonly counters: Counters | null;
	readonly framing: Framing;
}

function laneOf(framing: Framing, kind: 'reference' | 'generated' | 'counting'): Lane {
	const memory = new WebAssembly.Memory({ initial: SIZE / 65536 });
	if (kind === 'reference' || framing.generate === null) return { name: 'reference', scan: framing.reference(memory), memory, counters: null, framing };
	const module = new WebAssembly.Module(framing.generate({ countBranches: kind === 'counting' }));
	const { exports } = new WebAssembly.Instance(module, { env: { memory } });
	if (kind === 'counting') (exports[BRANCH_COUNTERS] as WebAssembly.Global).value = COUNTERS;
	return { name: kind, scan: exports['scan'] as ScanFunction, memory, counters: kind === 'counting' ? countersOf(module, memory, COUNTERS) : null, framing };
}

interface Way {
	/** Sizes of the pieces, round and round; 0 is all that is left. */
	readonly cuts: Uint8Array;
	readonly limit: number;
	readonly longest: number;
	/** What is left moves to the window's start before more comes. */
	readonly moves: boolean;
}

interface Framed {
	/** Everything that was written, call after call. */
	readonly log: readonly Uint8Array[];
	/** Messages, and what was too long, for comparison. */
	readonly messages: readonly string[];
	/** Counters at the end: skipped, blank, and those of numbered packets. */
	readonly totals: string;
	readonly wrong: string | null;
}

function drive({ scan, memory, counters, framing }: Lane, stream: Uint8Array, { cuts, limit, longest, moves }: Way, poison: Uint8Array): Framed {
	const view = new DataView(memory.buffer);
	const bytes = new Uint8Array(memory.buffer);
	const put = (field: number, value: number): void => view.setUint32(CONTEXT + field, value, true);
	const get = (field: number): number => view.getUint32(CONTEXT + field, true);
	// The stream ends where no more than READ_BEYOND bytes of memory are left.
	const base = moves ? WINDOW : SIZE - READ_BEYOND - stream.length;
	bytes.fill(0xa5, 0, COUNTERS);
	bytes.fill(0, CONTEXT, CONTEXT + contextBytes(framing));
	for (let at = base - 64; at < SIZE; at += poison.length) bytes.set(poison.subarray(0, Math.min(poison.length, SIZE - at)), at);
	put(SCAN.descriptors, DESCRIPTORS);
	put(SCAN.limit, limit);
	put(SCAN.longest, longest);
	for (const field of [SCAN.start, SCAN.end, SCAN.scanned]) put(field, base);

	const log: Uint8Array[] = [];
	const messages: string[] = [];
	let wrong: string | null = null;
	let calls = 0;
	let given = 0;
	let kept = '';
	const text = (from: number, length: number): string => Buffer.from(memory.buffer, from, length).toString('latin1');
	const before = counters?.steps() ?? 0;
	let position = 0;
	for (let piece = 0; (position < stream.length || piece === 0) && wrong === null; piece++) {
		if (moves) {
			const moved = get(SCAN.start) - base;
			bytes.copyWithin(base, get(SCAN.start), get(SCAN.end));
			for (const field of [SCAN.start, SCAN.end, SCAN.scanned]) put(field, get(field) - moved);
		}
		const size = cuts.length === 0 || piece === MOST_PIECES ? 0 : (cuts[piece % cuts.length] as number);
		const part = stream.subarray(position, size === 0 ? stream.length : position + size);
		const end = get(SCAN.end);
		bytes.set(part, end);
		bytes.set(poison.subarray(0, Math.min(poison.length, SIZE - end - part.length)), end + part.length);
		position += part.length;
		put(SCAN.end, end + part.length);
		put(SCAN.final, position >= stream.length ? 1 : 0);
		for (let stop = -1; stop !== SCAN_STOP.needsBytes && wrong === null; ) {
			const [start, to] = [get(SCAN.start), get(SCAN.end)];
			given += to - start;
			const count = scan(CONTEXT);
			calls++;
			stop = get(SCAN.stop);
			log.push(bytes.slice(CONTEXT, CONTEXT + SCAN.size), bytes.slice(DESCRIPTORS, DESCRIPTORS + Math.min(count, MOST_DESCRIPTORS) * DESCRIPTOR.size));
			if (count < 0 || count > limit) wrong = `${count} descriptors were written, and ${limit} fit`;
			else if (get(SCAN.start) < start || get(SCAN.start) > to || get(SCAN.scanned) > to || get(SCAN.end) !== to) wrong = 'the scan ended outside of the bytes at hand';
			else if (calls > 4 * (stream.length + piece) + 16) wrong = 'the scan makes no progress';
			if (wrong !== null) break;
			for (let index = 0; index < count; index++) {
				const at = DESCRIPTORS + index * DESCRIPTOR.size;
				const offset = view.getUint32(at + DESCRIPTOR.offset, true);
				const length = view.getUint32(at + DESCRIPTOR.length, true);
				if (offset < start || offset + length > to) wrong = `a descriptor names bytes ${offset - start} to ${offset + length - start}, and ${to - start} were at hand`;
				messages.push(`${view.getBigInt64(at + DESCRIPTOR.received, true)} ${text(offset, length)}`);
			}
			if (stop === SCAN_STOP.tooLong) kept = text(get(SCAN.start), Math.min(longest, get(SCAN.end) - get(SCAN.start)));
			if (stop === SCAN_STOP.refused) kept = `refused, ${get(SCAN.mode)}`;
			// Of a packet capture that is broken, what is at hand is kept: not the same in pieces.
			if (stop === SCAN_STOP.resynced) messages.push(`dropped, ${view.getFloat64(CONTEXT + SCAN.dropped, true)} bytes: ${framing.name.startsWith('pcap') ? '' : kept}`);
		}
	}
	if (!Buffer.from(memory.buffer, DESCRIPTORS + limit * DESCRIPTOR.size, COUNTERS - DESCRIPTORS - limit * DESCRIPTOR.size).equals(UNTOUCHED.subarray(DESCRIPTORS + limit * DESCRIPTOR.size))) wrong ??= 'memory behind the descriptors was written to';
	if (!moves && Buffer.compare(Buffer.from(memory.buffer, base, stream.length), stream) !== 0) wrong ??= 'bytes of the stream were written to';
	const steps = (counters?.steps() ?? 0) - before;
	const allowed = calls * STEPS.call + given * STEPS.byte;
	if (steps > allowed) wrong ??= `took ${steps} steps, more than the ${allowed} that so many calls and bytes may`;
	const totals = [SCAN.skipped, SCAN.blank, SCAN.gaps].map(get).concat([SCAN.expected, SCAN.missing, SCAN.repeated].map((field) => view.getFloat64(CONTEXT + field, true)));
	return { log, messages, totals: `${totals.join()} ${JSON.stringify(framing.counts?.(memory, CONTEXT) ?? {})}`, wrong };
}

function openFraming(framing: Framing, streams: readonly Uint8Array[], words: readonly Uint8Array[]): OpenTarget {
	const reference = laneOf(framing, 'reference');
	const others = framing.generate === null ? [] : [laneOf(framing, 'counting'), laneOf(framing, 'generated')];
	const seeds = streams.flatMap((stream): Input[] => [[stream], [stream, Uint8Array.of(1), Uint8Array.of(1, 0, 0)], [stream, Uint8Array.of(7, 33, 2), Uint8Array.of(6, 12, 1)], [stream, Uint8Array.of(64, 0), Uint8Array.of(20, 60, 0)]]);
	return {
		seeds,
		words,
		longest: MOST_STREAM,
		coverage: (others[0]?.counters as Counters | undefined) ?? sourceCoverage('/src/framing/'),
		run(input) {
			const [stream = new Uint8Array(0), cuts = new Uint8Array(0), [limit = 6, longest = 0, moves = 1] = []] = input;
			const way: Way = { cuts, limit: 1 + (limit % MOST_DESCRIPTORS), longest: longest === 0 ? 2 ** 20 : longest, moves: (moves & 1) === 1 };
			const patterns = poisons([stream]) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
			const describe = (what: string): string => `${what}\nstream: ${Buffer.from(stream).toString('hex')}\ncuts ${cuts.join(' ')}, limit ${way.limit}, longest ${way.longest}, ${way.moves ? 'moving' : 'in place'}`;
			const pieces = drive(reference, stream, way, patterns[0]);
			if (pieces.wrong !== null) return describe(`reference: ${pieces.wrong}`);
			for (const [index, lane] of others.entries()) {
				const other = drive(lane, stream, way, patterns[index + 1] as Uint8Array);
				if (other.wrong !== null) return describe(`${lane.name}: ${other.wrong}`);
				const step = pieces.log.findIndex((bytes, at) => other.log[at] === undefined || Buffer.compare(bytes, other.log[at] as Uint8Array) !== 0);
				if (step >= 0 || other.log.length !== pieces.log.length) return describe(`reference and ${lane.name} differ\nat step ${step}: ${Buffer.from(pieces.log[step] ?? []).toString('hex')}, ${Buffer.from(other.log[step] ?? []).toString('hex')}`);
			}
			const whole = drive(reference, stream, { ...way, cuts: new Uint8Array(0) }, patterns[4]);
			if (whole.wrong !== null) return describe(`reference, as a whole: ${whole.wrong}`);
			const message = Array.from({ length: Math.max(whole.messages.length, pieces.messages.length) }).findIndex((_, index) => whole.messages[index] !== pieces.messages[index]);
			if (message >= 0) return describe(`in pieces the stream gives other messages than as a whole\nmessage ${message}: ${JSON.stringify(whole.messages[message])}, in pieces ${JSON.stringify(pieces.messages[message])}`);
			if (whole.totals !== pieces.totals) return describe(`in pieces the stream gives other counts than as a whole\n${whole.totals}, in pieces ${pieces.totals}`);
			return null;
		},
	};
}

const encoder = new TextEncoder();
const integer = (value: number | bigint, bytes: number, little: boolean): Uint8Array => {
	const digits = Uint8Array.from({ length: bytes }, (_, index) => Number((BigInt(value) >> BigInt(index * 8)) & 0xffn));
	return little ? digits : digits.reverse();
};
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const varint = (value: number): Uint8Array => (value < 128 ? Uint8Array.of(value) : Uint8Array.of((value & 127) | 128, value >> 7));
/** Protobuf: a number, then the message twice as items of field 1. */
const items = (message: Uint8Array): Uint8Array => joined(Uint8Array.of(0x10, 0x96, 0x01), ...[message, message].map((item) => joined(Uint8Array.of(0x0a), varint(item.length), item)));

/** Streams as they are, of messages that are. */
function streamsOf(name: string): Uint8Array[] {
	const simulated = [...simulate({ venue: 'binance-spot', messages: 12, seed: 3, symbols: 2 })];
	const payloads = simulated.map(({ payload }) => payload.slice()).filter(({ length }) => length < 400);
	const small = ['{"a":1}', '{}', '[1,"]"]', '"\\"{"', '17', ''].map((text) => encoder.encode(text));
	const both = [payloads, small];
	const of = (frame: (message: Uint8Array, index: number) => Uint8Array): Uint8Array[] => both.map((messages) => joined(...messages.map(frame)));
	if (name.startsWith('pcap-')) return captures(streamsOf(name.slice('pcap-'.length)));
	switch (name) {
		case 'capture':
			return [joined(...framePieces(simulated.slice(0, 6), 'capture')), encoder.encode('wss://x <-> 1.5\n1626992741.123456789: {"a":1}\r\nwss://x <- 1.5: {}\n\n1.5: b\'\\x1f{}\'\n9223372036: {}\n1.5 {}\nlast')];
		case 'ndjson':
		case 'concatenated':
			return [...of((message) => joined(message, encoder.encode('\n'))), ...of((message, index) => joined(message, encoder.encode(['\r\n', '\n\n', ' '][index % 3] as string)))];
		case 'msgpack':
			return [joined(...[1, 'a', { b: [1, 2, 'three'] }, new Uint8Array(40), null, [[], {}], 'x'.repeat(300), 1.5, new Date(0)].map((value) => encodeMessagePack(value))), joined(...payloads.map((message) => encodeMessagePack(JSON.parse(Buffer.from(message).toString()))))];
		case 'sofh':
			return of((message) => joined(integer(message.length + 6, 4, false), integer(0xeb50, 2, false), message));
		case 'soupbintcp':
			return of((message, index) => joined(integer(message.length + 1, 2, false), encoder.encode(['S', 'U', 'S', 'H'][index % 4] as string), message)).map((stream) => joined(integer(31, 2, false), encoder.encode(`A${'SESSION'.padStart(10)}${'7'.padStart(20)}`), stream, integer(1, 2, false), encoder.encode('Z')));
		case 'grpc':
		case 'grpc-list':
			return both.map((messages) => joined(...messages.map((message) => items(message)).map((message, index) => joined(Uint8Array.of(index === 4 ? 1 : 0), integer(message.length, 4, false), message))));
		case 'varint-delimited':
		case 'varint-delimited-list':
			return both.map((messages) => joined(...messages.map((message) => items(message)).map((message) => joined(varint(message.length), message))));
		case 'moldudp64':
			return both.map((messages) =>
				joined(...[1, 4, 4, 9].map((sequence) => joined(encoder.encode('SESSION001'), integer(sequence, 8, false), integer(3, 2, false), ...messages.slice(0, 3).map((message) => joined(integer(message.length, 2, false), message)))), encoder.encode('SESSION001'), integer(12, 8, false), integer(0xffff, 2, false)),
			);
		case 'cboe-units':
			return [joined(...[1, 4, 4, 9].map((sequence) => joined(integer(8 + 3 * 6, 2, true), Uint8Array.of(3, 1), integer(sequence, 4, true), ...[1, 2, 3].map((value) => Uint8Array.of(6, 0x20, value, 0, 0, 0)))))];
		default: {
			const bytes = name.includes('32') ? 4 : 2;
			const little = name.includes('little');
			return of((message) => joined(integer(message.length, bytes, little), message));
		}
	}
}

/** What UDP carried, as tcpdump and Wireshark write it: each piece a datagram. */
function captures(payloads: readonly Uint8Array[]): Uint8Array[] {
	const packets = payloads.flatMap((payload) => [0, 1].map((which): Packet => ({ time: 1_577_716_200_000_000_000n + BigInt(which * 1000), payload: payload.subarray(0, 600), address: which === 0 ? '233.54.12.111' : 'ff05::1' })));
	return [
		pcap(packets),
		pcap(packets.slice(0, 2), { bigEndian: true, kind: 'nanoseconds', link: 'vlan' }),
		pcap(packets.slice(0, 2), { kind: 'modified', link: 'cooked2' }),
		joined(section(), describeInterface(false, { resolution: 9 }), ...packets.map((packet, index) => packetBlock(false, (['enhanced', 'old', 'simple'] as const)[index % 3] ?? 'enhanced', packet, packet.time))),
		joined(section(true), describeInterface(true, { resolution: 6, offset: 5n, link: 'raw' }), ...packets.slice(0, 2).map((packet) => packetBlock(true, 'enhanced', { ...packet, link: 'raw' }, packet.time / 1000n))),
	];
}

const WORDS = ['\n', '\r\n', '\r', ' ', '{', '}', '[', ']', '"', '\\', '1.5: ', '1626992741.123456789: ', 'wss://x <-> ', 'wss://x <- ', "b'", 'SESSION001', 'S', 'U', 'A', 'H', '+'].map((word) => encoder.encode(word));

export const framingTargets: readonly Target[] = FORMAT_NAMES.map((name) => ({
	name: `framing-${name}`,
	about: 'in pieces as a whole, and both tiers, where there are two',
	parts: 'many',
	open: () => openFraming(framingOf(name) as Framing, streamsOf(name), WORDS),
}));
