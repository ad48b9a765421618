import { once } from 'node:events';
import { createWriteStream, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { encodeLz4Frame, encodeSnappyFrames } from '../codecs/index.ts';
import { binaryPresets } from '../protocols/presets.ts';
import { type BinaryVenue, binaryVenues, breakMessages, type FileFormat, framePackets, framePieces, type Losses, PACKET_FORMATS, type PacketFormat, type SimulatedMessage, simulate, type Venue, venues } from '../simulate/index.ts';
import { canBeMadeUp, messagesOfProtocol } from '../simulate/of-protocol.ts';
import { choice, numberOption, readArguments } from './arguments.ts';
import { isPresetName, loadSchema, PROTO_OPTIONS, type SchemaArguments } from './load-schema.ts';
import { PROTOCOL_NAMES, type ProtocolName, readAs } from './protocols.ts';
import { bytesText, count, table } from './terminal.ts';
import { EXIT, nearest, UsageError } from './usage.ts';

const TEXT_FORMATS = ['capture', 'ndjson'] as const satisfies readonly FileFormat[];
type SimulationFormat = FileFormat | PacketFormat;
const isPacketFormat = (format: SimulationFormat): format is PacketFormat => (PACKET_FORMATS as readonly string[]).includes(format);

/** What is simulated, and the formats that it can be written in, the usual one first. */
interface Simulation {
	readonly messages: Iterable<SimulatedMessage>;
	readonly formats: readonly SimulationFormat[];
	/** Of the connection, in a capture's first line. */
	readonly url: string;
	/** The messages are MessagePack already. */
	readonly isMessagePack: boolean;
}

interface SimulationNumbers {
	readonly messages: number;
	readonly seed: number;
	readonly symbols: number;
	/** Share of messages that are broken on purpose. */
	readonly faults: number;
}

/** A session of a venue. @param protocol msgpack: the same values as MessagePack, message by message */
function sessionOf(venue: Venue | BinaryVenue, numbers: SimulationNumbers, protocol: ProtocolName | undefined): Simulation {
	const url = `wss://simulated.invalid/${venue}`;
	const preset = binaryPresets.find(({ name }) => name === venue);
	if (preset !== undefined) {
		if (protocol !== undefined) throw new UsageError(`tickforge simulate: messages of ${venue} are binary, not ${protocol}`);
		return { messages: simulate({ venue, ...numbers }), formats: formatsFrom(preset.framings), url, isMessagePack: false };
	}
	const isPacked = protocol === 'msgpack';
	return { messages: simulate({ venue, ...numbers, ...(isPacked ? { protocol } : {}) }), formats: isPacked ? formatsFrom(['length-32-little']) : [...TEXT_FORMATS, ...formatsFrom(['length-32-little']), 'msgpack'], url, isMessagePack: isPacked };
}

/** Messages made up for a preset or schema that nobody simulates. */
async function madeUp(given: string, { messages, seed, faults }: SimulationNumbers, protocol: ProtocolName | undefined, ofProto: SchemaArguments): Promise<Simulation> {
	const loaded = readAs('simulate', (await loadSchema('simulate', given, ofProto)).protocol, protocol);
	if (!canBeMadeUp(loaded)) throw new UsageError(`tickforge simulate: messages of ${loaded.name} are not made up; simulate JSON, MessagePack, Protobuf or a binary format`);
	const made = breakMessages(loaded, messagesOfProtocol(loaded, messages, seed), faults, seed);
	const own: readonly SimulationFormat[] = loaded.name === 'json' ? ['ndjson'] : loaded.name === 'msgpack' ? ['msgpack'] : loaded.name === 'protobuf' ? ['varint-delimited', 'grpc'] : [];
	return { messages: made, formats: [...own, ...formatsFrom(['length-32-little'])], url: '', isMessagePack: loaded.name === 'msgpack' };
}

const formatsFrom = (first: readonly string[]): readonly PacketFormat[] => [...PACKET_FORMATS].sort((a, b) => rank(first, a) - rank(first, b));
const rank = (first: readonly string[], format: string): number => (first.includes(format) ? first.indexOf(format) : first.length);

/** Simulated messages as the bytes of a file, in pieces of about a megabyte. */
function piecesOf({ messages, url, isMessagePack }: Simulation, format: SimulationFormat, losses: number, seed: number, lost: Losses): Iterable<Uint8Array> {
	if (!isPacketFormat(format)) return framePieces(messages, isMessagePack ? 'concatenated' : format, url);
	return framePackets(payloadsOf(messages), format, { losses, seed }, lost);
}

function* payloadsOf(messages: Iterable<SimulatedMessage>): Generator<Uint8Array> {
	for (const { payload } of messages) yield payload;
}

/** Passes messages on, and counts those that are broken by how they are. */
function* counted(messages: Iterable<SimulatedMessage>, faulty: Map<string, number>): Generator<SimulatedMessage> {
	for (const message of messages) {
		if (message.fault !== undefined) faulty.set(message.fault, (faulty.get(message.fault) ?? 0) + 1);
		yield message;
	}
}

export async function simulateCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('simulate', args, {
		messages: { type: 'string', default: '10000' },
		seed: { type: 'string', default: '1' },
		symbols: { type: 'string', default: '8' },
		out: { type: 'string' },
		format: { type: 'string' },
		protocol: { type: 'string' },
		faults: { type: 'string', default: '0' },
		losses: { type: 'string', default: '0' },
		list: { type: 'boolean', default: false },
		...PROTO_OPTIONS,
	});
	if (values.list) {
		console.log(table([...venues(), ...binaryVenues()].map((venue) => [venue])));
		return EXIT.ok;
	}
	const [given] = positionals;
	const seed = numberOption('simulate', 'seed', values.seed, 0, 2 ** 32) ?? 1;
	const numbers: SimulationNumbers = {
		messages: numberOption('simulate', 'messages', values.messages, 1, 1e9) ?? 10000,
		seed,
		symbols: numberOption('simulate', 'symbols', values.symbols, 1, 10000) ?? 8,
		faults: numberOption('simulate', 'faults', values.faults, 0, 1) ?? 0,
	};
	const protocol = choice('simulate', 'protocol', values.protocol, PROTOCOL_NAMES);
	const simulation = await simulationOf(given, numbers, protocol, values);
	const format = choice('simulate', 'format', values.format, simulation.formats) ?? (simulation.formats[0] as SimulationFormat);
	if (simulation.isMessagePack && format === 'msgpack' && numbers.faults > 0) throw new UsageError('tickforge simulate: what follows a broken MessagePack value cannot be told from it; use --format length-32-little with --faults');
	const losses = numberOption('simulate', 'losses', values.losses, 0, 0.9) ?? 0;
	if (losses > 0 && format !== 'moldudp64' && format !== 'soupbintcp') throw new UsageError(`tickforge simulate: nothing in ${format} shows what is lost; use --format moldudp64 or soupbintcp`);
	const faulty = new Map<string, number>();
	const lost: Losses = { gaps: 0, messages: 0 };
	const pieces = piecesOf({ ...simulation, messages: counted(simulation.messages, faulty) }, format, losses, seed, lost);
	const written = await write(pieces, values.out);
	if (values.out !== undefined) {
		console.log(`${values.out}  ${bytesText(written)}, ${format}`);
		if (faulty.size > 0) console.log(`broken on purpose: ${[...faulty].map(([kind, number]) => `${count(number)} ${kind}`).join(', ')}`);
		if (lost.messages > 0) console.log(`lost on purpose: ${count(lost.messages)} messages in ${count(lost.gaps)} gaps`);
	}
	return EXIT.ok;
}

async function simulationOf(given: string | undefined, numbers: SimulationNumbers, protocol: ProtocolName | undefined, ofProto: SchemaArguments): Promise<Simulation> {
	const all = [...venues(), ...binaryVenues()];
	const venue = all.find((one) => one === given);
	if (venue !== undefined) return sessionOf(venue, numbers, protocol);
	// A preset that nobody simulates, or a file.
	if (given !== undefined && (/[./\\]/.test(given) || isPresetName(given))) return madeUp(given, numbers, protocol, ofProto);
	const near = given === undefined ? null : nearest(given, all);
	throw new UsageError(`tickforge simulate: ${given === undefined ? 'which venue?' : `there is no simulated venue "${given}"${near === null ? '.' : `; did you mean "${near}"?`}`} Venues: ${all.join(', ')}. Or name a preset or schema, whose messages are made up: ./feed.ts, ./schema.xml`);
}

/** To a file, or to standard output; gives the file's bytes. */
async function write(pieces: Iterable<Uint8Array>, out: string | undefined): Promise<number> {
	if (out === undefined) {
		for (const piece of pieces) if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
		return 0;
	}
	const packer = packerOf(out);
	if (packer !== null) {
		const packed = packer(Buffer.concat([...pieces]));
		writeFileSync(out, packed);
		return packed.length;
	}
	let written = 0;
	const file = createWriteStream(out);
	for (const piece of pieces) {
		written += piece.length;
		if (!file.write(piece)) await once(file, 'drain');
	}
	file.end();
	await once(file, 'finish');
	return written;
}

/** What packs a file, by its name; null where nothing does. */
function packerOf(path: string): ((bytes: Uint8Array) => Uint8Array) | null {
	if (path.endsWith('.gz')) return (bytes) => gzipSync(bytes);
	if (path.endsWith('.zst')) return (bytes) => zstdCompressSync(bytes);
	if (path.endsWith('.lz4')) return (bytes) => encodeLz4Frame(bytes, { contentChecksum: true });
	return path.endsWith('.sz') ? encodeSnappyFrames : null;
}
