/** The formats of messages: JSON, MessagePack, binary ones. */
import { decode as decodeOtherwise } from '@msgpack/msgpack';
import type { SchemaLayout } from '../../src/compiler/batch-layout.ts';
import { type ExchangeName, exchanges } from '../../src/exchanges/index.ts';
import { type BinaryProtocol, binary, createEncoder, type WireNode } from '../../src/protocols/binary/index.ts';
import { itch50 } from '../../src/protocols/itch/index.ts';
import { json } from '../../src/protocols/json/index.ts';
import { decodeMessagePack, encodeMessagePack, msgpack } from '../../src/protocols/msgpack/index.ts';
import { binanceSpotStreams, sbe } from '../../src/protocols/sbe/index.ts';
import { type Schema, SchemaError } from '../../src/schema/index.ts';
import { eachType } from '../../src/schema/visit.ts';
import { simulate, type Venue, venues } from '../../src/simulate/index.ts';
import { messagesOfSchema } from '../../src/simulate/of-schema.ts';
import { createRandom } from '../../src/simulate/random.ts';
import { createRandom as createFormatRandom, makeFormat, makeRow } from '../../test/protocols/binary/random-formats.ts';
import { buildMessage, buildSchema, Draws } from '../../test/protocols/json/arbitraries.ts';
import { compareTiers } from '../../test/protocols/json/harness.ts';
import { createLayoutTier } from '../../test/protocols/json/layout-tier.ts';
import { buildMessagePackMessage, buildMessagePackSchema } from '../../test/protocols/msgpack/arbitraries.ts';
import { anyMessage, type Case, seeded, someCases } from '../../test/protocols/protobuf/harness.ts';
import { EXAMPLES, everything } from '../../test/protocols/sbe/schemas.ts';
import { sourceCoverage } from '../coverage.ts';
import { type Input, sizeOf } from '../input.ts';
import type { Target } from '../target.ts';
import { openParsers, type ParserTargetOptions } from './parsers.ts';
import { poisons } from './poison.ts';

const encoder = new TextEncoder();
const MOST_BYTES = 1500;
const MESSAGES = 60;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Each message by itself, and a few together. */
function inputsOf(messages: readonly Uint8Array[]): Input[] {
	const short = messages.filter(({ length }) => length <= MOST_BYTES);
	return [...short.map((message) => [message]), short.slice(0, 8), [...short.slice(0, 3), ...short.slice(0, 3)]].filter((input) => input.length > 0);
}

/** Names, literals and values of a schema. */
function namesOf(schema: Schema): string[] {
	const names = new Set<string>();
	eachType(schema, (type) => {
		if (type.kind === 'message') for (const { keys } of type.fields) for (const key of keys) names.add(key);
		if (type.kind === 'literal') names.add(typeof type.value === 'string' ? type.value : JSON.stringify(type.value));
		if (type.kind === 'enumeration') for (const value of type.values) names.add(value);
		if (type.kind === 'template') names.add(type.prefix).add(type.suffix);
	});
	return [...names];
}

const JSON_WORDS = ['{', '}', '[', ']', ',', ':', '"', '\\"', '\\u0000', '\\ud800', '\\udc00', '\\n', '\\', 'null', 'true', 'false', '""', '[]', '{}', '[[', ' ', '\t', '\r\n', '"":', '.0', 'e0', '-'];

/** What the parsers accept, JSON.parse accepts. */
function parsesAsJson(message: Uint8Array): string | null {
	try {
		JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message));
		return null;
	} catch (error) {
		return `JSON.parse refuses it: ${error instanceof Error ? error.message : String(error)}`;
	}
}

function jsonParsers(schema: Schema, messages: readonly Uint8Array[]): ParserTargetOptions {
	return { protocol: json(schema), seeds: inputsOf(messages), words: [...JSON_WORDS, ...namesOf(schema).flatMap((name) => [JSON.stringify(name), `${JSON.stringify(name)}:`])].map((word) => encoder.encode(word)), oracle: parsesAsJson };
}

export function presetMessages(name: ExchangeName): Uint8Array[] {
	const venue = venues().find((one) => one === name) as Venue | undefined;
	if (venue === undefined) return messagesOfSchema(exchanges[name].schema, MESSAGES).map((text) => encoder.encode(text));
	// A session repeats itself: the longer it is, the more of its kinds are there.
	const all = [...simulate({ venue, messages: MESSAGES * 10, seed: 7, symbols: 4 })].map(({ payload }) => payload.slice());
	return all.filter((_, index) => index % 10 === 0 || index < 20);
}

const jsonPreset = (name: ExchangeName): Target => ({
	name: `json-${name}`,
	about: `the preset ${name}: reference, schema and layout tier`,
	parts: 'many',
	open: () => openParsers(jsonParsers(exchanges[name].schema, presetMessages(name))),
});

function drawsFrom(seed: number): (count: number) => Draws {
	const random = createRandom(seed);
	return (count) => new Draws(Array.from({ length: count }, () => random.below(0x10000)));
}

const jsonRandom = (number: number): Target => ({
	name: `json-random-${number}`,
	about: 'a schema by chance: reference, schema and layout tier',
	parts: 'many',
	open() {
		const draws = drawsFrom(0x150 + number);
		const schema = buildSchema(draws(300));
		return openParsers(
			jsonParsers(
				schema,
				Array.from({ length: MESSAGES }, () => buildMessage(schema, draws(200))),
			),
		);
	},
});

/** Learning costs a module for each new shape; what follows is refused or is a row like any other. */
const LEARNED = 5;

/** The layout tier while it learns: a module is made after each message that has a new shape, and takes the next ones. */
const jsonLearning: Target = {
	name: 'json-learning',
	about: 'a layout tier that learns from the input: the same rows as the reference, before and after',
	parts: 'many',
	open() {
		const draws = drawsFrom(0x151);
		const schema = buildSchema(draws(300));
		const memories = [new WebAssembly.Memory({ initial: 16, maximum: 4096 }), new WebAssembly.Memory({ initial: 16, maximum: 4096 })] as const;
		return {
			seeds: inputsOf(Array.from({ length: 30 }, () => buildMessage(schema, draws(200)))),
			words: JSON_WORDS.map((word) => encoder.encode(word)),
			coverage: sourceCoverage('/src/protocols/json/layout-tier/'),
			run(input) {
				const messages = input.slice(0, LEARNED);
				const tiers = [{ name: 'reference', create: (layout: SchemaLayout, memory: WebAssembly.Memory) => json(layout.schema).reference(layout, memory) }, createLayoutTier()] as const;
				return messages.length === 0 ? null : compareTiers(tiers, schema, [...messages, ...messages], { rows: 64, items: 512, textBytes: 4096, batch: 1, tight: true, beyond: poisons(input)[1] as Uint8Array, memories });
			},
		};
	},
};

/** What the parsers accept, both decoders read; but of strings that a parser skips it does not ask whether they are UTF-8. */
function decodesAsMessagePack(message: Uint8Array): string | null {
	for (const [name, decode] of [
		['decodeMessagePack', (bytes: Uint8Array) => decodeMessagePack(bytes, { duplicates: 'last' })],
		['@msgpack/msgpack', (bytes: Uint8Array) => decodeOtherwise(bytes, { mapKeyConverter: String })],
	] as const) {
		try {
			decode(message);
		} catch (error) {
			const why = error instanceof Error ? error.message : String(error);
			if (!why.includes('UTF-8')) return `${name} refuses it: ${why}`;
		}
	}
	return null;
}

const MSGPACK_WORDS = [
	[0xc0],
	[0xc1],
	[0xc2],
	[0x80],
	[0x90],
	[0xa0],
	[0xdd, 0xff, 0xff, 0xff, 0xff],
	[0xdf, 0xff, 0xff, 0xff, 0xff],
	[0xdb, 0xff, 0xff, 0xff, 0xff],
	[0xc6, 0xff, 0xff, 0xff, 0xff],
	[0xc9, 0xff, 0xff, 0xff, 0xff, 0xff],
	[0xd6, 0xff, 0, 0, 0, 0],
	[0xc7, 12, 0xff],
	[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
	[0xca, 0x7f, 0xc0, 0, 0],
	[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
	[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0],
	[0xde, 0, 1],
	[0xdc, 0, 1],
	[0xd9, 1],
	[0xda, 0, 1],
];

function msgpackParsers(schema: Schema, messages: readonly Uint8Array[]): ParserTargetOptions {
	return { protocol: msgpack(schema), seeds: inputsOf(messages), words: [...MSGPACK_WORDS.map((word) => Uint8Array.from(word)), ...namesOf(schema).map((name) => encodeMessagePack(name))], oracle: decodesAsMessagePack, print: hex };
}

const msgpackPreset = (name: ExchangeName): Target => ({
	name: `msgpack-${name}`,
	about: `the preset ${name} as MessagePack: reference and generated`,
	parts: 'many',
	open: () =>
		openParsers(
			msgpackParsers(
				exchanges[name].schema,
				presetMessages(name).map((message) => encodeMessagePack(JSON.parse(Buffer.from(message).toString()))),
			),
		),
});

const msgpackRandom = (number: number): Target => ({
	name: `msgpack-random-${number}`,
	about: 'a schema by chance, maps and arrays by position: reference and generated',
	parts: 'many',
	open() {
		const draws = drawsFrom(0x250 + number);
		const schema = buildMessagePackSchema(draws(300));
		return openParsers(
			msgpackParsers(
				schema,
				Array.from({ length: MESSAGES }, () => buildMessagePackMessage(schema, draws(220))),
			),
		);
	},
});

function binaryParsers(protocol: BinaryProtocol): ParserTargetOptions {
	const { format } = protocol;
	const random = createFormatRandom(5);
	const write = createEncoder(protocol);
	const messages = format.messages.flatMap(({ name, nodes }: { readonly name: string; readonly nodes: readonly WireNode[] }) =>
		Array.from({ length: Math.max(3, Math.ceil(MESSAGES / format.messages.length)) }, () => {
			const version = format.header.version === null ? format.version : random.pick([format.version, format.version, 0]);
			return write.encode(name, makeRow(random, nodes, version).row, { version, extraBlockBytes: random.chance(0.2) ? 3 : 0 });
		}),
	);
	const types = format.messages.flatMap(({ type }) => (type === null ? [] : [Uint8Array.of(Number(type) & 0xff), Uint8Array.of(Number(type) & 0xff, Number(type) >> 8), Uint8Array.of(Number(type) >> 8, Number(type) & 0xff)]));
	// Many in one call are sorted by their type before they are read.
	const short = messages.filter(({ length }) => length < 64);
	const sorted = [1, 2].map(() => Array.from({ length: 150 }, () => random.pick(short.length === 0 ? messages : short)));
	return { protocol, longest: 12_288, seeds: [...inputsOf(messages), ...sorted.filter((input) => sizeOf(input) < 12_288)], words: [...types, encoder.encode('AAPL    '), encoder.encode('BTCUSDT')], print: hex };
}

const binaryTarget = (name: string, about: string, protocol: () => BinaryProtocol | Promise<BinaryProtocol>): Target => ({ name, about: `${about}: reference and generated`, parts: 'many', open: async () => openParsers(binaryParsers(await protocol())) });

const protobufRandom = (number: number): Target => ({
	name: `protobuf-random-${number}`,
	about: 'message types by chance: the tiers that there are, and decodeProtobuf',
	parts: 'many',
	async open() {
		const [one] = (await someCases(1, seeded(0x350 + number))) as [Case];
		const draws = drawsFrom(0x350 + number);
		const names = Object.values(one.types.messages).flatMap(({ fields }) => fields.map(({ name }) => encoder.encode(name)));
		return openParsers({
			protocol: one.protocol,
			seeds: inputsOf(Array.from({ length: MESSAGES }, () => anyMessage(draws(400), one))),
			words: [...[[0x08], [0x0a, 0], [0x0b], [0x0c], [0x12, 2], [0x80, 0], [0x7d, 0, 0, 0, 0], [0xfa, 0xff, 0xff, 0xff, 0x0f], [0x79]].map((word) => Uint8Array.from(word)), ...names],
			print: hex,
		});
	},
});

/** The first possible format from a seed on. */
function randomFormat(seed: number): BinaryProtocol {
	for (let next = seed; ; next += 1000) {
		try {
			return binary(makeFormat(createFormatRandom(next)));
		} catch (error) {
			if (!(error instanceof SchemaError)) throw error;
		}
	}
}

export const protocolTargets: readonly Target[] = [
	...(['binance-spot', 'kraken', 'okx', 'coinbase', 'bitfinex', 'deribit'] as const).map(jsonPreset),
	...[1, 2, 3, 4].map(jsonRandom),
	jsonLearning,
	...(['binance-futures', 'kraken'] as const).map(msgpackPreset),
	...[1, 2, 3, 4].map(msgpackRandom),
	binaryTarget('itch', 'NASDAQ TotalView-ITCH 5.0', () => binary(itch50())),
	binaryTarget('sbe-binance', "Binance's SBE streams", () => binary(binanceSpotStreams())),
	binaryTarget('sbe-examples', "the specification's examples, with groups and data", () => sbe(EXAMPLES)),
	binaryTarget('sbe-everything', 'groups in groups, data, versions, big endian', () => sbe(everything('bigEndian', 1))),
	...[1, 2, 3].map(protobufRandom),
	...[11, 12, 13, 14, 15, 16].map((seed) => binaryTarget(`binary-random-${seed}`, 'a format by chance', () => randomFormat(seed))),
];
