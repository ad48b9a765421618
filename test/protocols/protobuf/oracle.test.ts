/** What protobufjs and @bufbuild/protobuf make of the same bytes, both ways. */
import { type DescMessage, type FileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type ReflectList, type ReflectMap, type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import protobufjs from 'protobufjs';
import { describe, expect, it } from 'vitest';
import type { EncodedRow } from '../../../src/protocols/binary/index.ts';
import { createProtobufEncoder, decodeProtobuf, ProtobufError, type ProtobufProtocol, type ProtobufValue, type ProtoTypes } from '../../../src/protocols/protobuf/index.ts';
import type { WireNode } from '../../../src/protocols/protobuf/wire.ts';
import { Draws } from '../json/arbitraries.ts';
import { type Cell, parseAll, type Row } from '../json/harness.ts';
import { caseCount } from '../json/properties.ts';
import { buildProto, damage, PLAIN, typesOf, usable, writeMessage } from './arbitraries.ts';
import { registryOf } from './descriptors.ts';
import { seeded } from './harness.ts';
import { reference } from './tiers.ts';

/** Messages of each of the random types. */
const MESSAGES = 40;

interface Typed {
	readonly text: string;
	readonly types: ProtoTypes;
	readonly protocol: ProtobufProtocol;
	readonly registry: FileRegistry;
	readonly draws: (count: number) => Draws;
}

async function forRandomTypes(usual: number, check: (typed: Typed, seed: number) => void): Promise<void> {
	const from = Number(process.env.TICKFORGE_SEED ?? 1);
	const count = Math.ceil(caseCount(usual) / MESSAGES);
	for (let seed = from; seed < from + count; seed++) {
		const random = seeded(seed);
		const draws = (length: number): Draws => new Draws(Array.from({ length }, () => Math.floor(random() * 0x10000)));
		const proto = buildProto(draws(200));
		const types = await typesOf(proto);
		const protocol = usable(types, { symbols: () => null });
		if (protocol !== null && protocol.schema.variants[0]?.role === 'table') check({ text: proto.text, types, protocol, registry: registryOf(types), draws }, seed);
	}
}

/** The row that a message of @bufbuild/protobuf means. Maps are compared as maps: of equal keys the last counts. */
function rowOf(nodes: readonly WireNode[], message: ReflectMessage): Row {
	const row: Row = {};
	for (const node of nodes) {
		const field = message.fields.find(({ number }) => number === node.number);
		if (field === undefined || node.kind === 'skip') continue;
		const value = (raw: unknown): Cell => {
			if (node.kind === 'message') return rowOf(node.nodes, raw as ReflectMessage);
			return node.kind === 'instant' ? instantOf(raw as ReflectMessage) : cellOf(node, raw);
		};
		if (field.fieldKind === 'map') {
			const { nodes: entry } = node as Extract<WireNode, { kind: 'message' }>;
			row[node.name] = [...(message.get(field) as ReflectMap)].map(([key, one]): Row => {
				const made: Row = {};
				for (const part of entry) if (part.kind !== 'skip') made[part.name] = part.number === 1 ? cellOf(part, key) : part.kind === 'message' ? rowOf(part.nodes, one as ReflectMessage) : part.kind === 'instant' ? instantOf(one as ReflectMessage) : cellOf(part, one);
				return made;
			});
		} else if (field.fieldKind === 'list') row[node.name] = [...(message.get(field) as ReflectList)].map(value);
		else if (message.isSet(field)) row[node.name] = value(message.get(field));
		else row[node.name] = node.kind === 'scalar' && node.meaning.absent !== null ? absentOf(node) : null;
	}
	return row;
}

function instantOf({ message }: ReflectMessage): bigint {
	const { seconds, nanos } = message as unknown as { seconds: bigint; nanos: number };
	return seconds * 1_000_000_000n + BigInt(nanos);
}

function absentOf({ meaning }: Extract<WireNode, { kind: 'scalar' }>): Cell {
	const text = meaning.absent as string;
	switch (meaning.type.kind) {
		case 'flag':
			return text === 'true';
		case 'float':
			return Number(text);
		case 'text':
			return '';
		case 'bytes':
			return new Uint8Array();
		case 'enumeration':
			return meaning.type.values[Number(text)] as string;
		default:
			return meaning.type.kind === 'integer' && meaning.type.bits === 32 ? Number(text) : BigInt(text);
	}
}

function cellOf(node: WireNode, raw: unknown): Cell {
	if (node.kind !== 'scalar') throw new Error(`${node.name} is no scalar`);
	const { type, codes } = node.meaning;
	switch (type.kind) {
		case 'enumeration': {
			const id = codes.indexOf(raw as number);
			return id < 0 ? String(raw) : (type.values[id] as string);
		}
		case 'integer':
			return type.bits === 64 ? BigInt(raw as bigint) : Number(raw);
		default:
			return raw as Cell;
	}
}

/** Entries of maps with the last of equal keys alone, in the order of the first. */
function mapsMerged(nodes: readonly WireNode[], row: Row): Row {
	const merged: Row = {};
	for (const node of nodes) {
		const cell = row[node.name];
		if (cell === undefined) continue;
		if (node.kind !== 'message' || cell === null) merged[node.name] = cell;
		else if (node.isMapEntry) {
			const entries = new Map((cell as Row[]).map((entry) => [entry.key, mapsMerged(node.nodes, entry)]));
			merged[node.name] = [...entries.values()].sort((a, b) => (String(a.key) < String(b.key) ? -1 : 1));
		} else merged[node.name] = node.repeated ? (cell as Row[]).map((item) => mapsMerged(node.nodes, item)) : mapsMerged(node.nodes, cell as Row);
	}
	return merged;
}

const memory = new WebAssembly.Memory({ initial: 64, maximum: 16384 });

/** What becomes of each message. */
function parseEach(protocol: ProtobufProtocol, messages: readonly Uint8Array[]): (Row | { category: string; offset: number })[] {
	const { rows, refused } = parseAll(reference(protocol).create, protocol.schema, messages, { rows: 64, items: 8192, memory });
	const accepted = rows[protocol.schema.variants[0]?.name ?? ''] ?? [];
	let next = 0;
	return messages.map((_, sequence) => refused.find((one) => one.sequence === sequence) ?? (accepted[next++] as Row));
}

const isRefused = (outcome: Row | { category: string; offset: number }): outcome is { category: string; offset: number } => typeof outcome.category === 'string' && typeof outcome.offset === 'number';
const nodesOf = ({ format }: ProtobufProtocol): readonly WireNode[] => format.variants[0]?.nodes ?? [];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('@bufbuild/protobuf', () => {
	it('reads the same, however a message is written', { timeout: 7_200_000 }, async () => {
		let compared = 0;
		await forRandomTypes(1000, ({ text, types, protocol, registry, draws }, seed) => {
			const desc = registry.getMessage('t.M0') as DescMessage;
			const messages = Array.from({ length: MESSAGES }, () => {
				const d = draws(400);
				return writeMessage(d, types, 't.M0', {}, { unusual: d.pick([0, 20, 60]), unknown: d.pick([0, 20]), mismatched: false, unlisted: false, wellFormed: true });
			});
			for (const [index, row] of parseEach(protocol, messages).entries()) {
				const bytes = messages[index] as Uint8Array;
				// Not checked there: required fields, the range of instants, wire types, and numbers of closed enums.
				if (isRefused(row) && (row.category === 'missing-field' || row.category === 'timestamp')) continue;
				if (isRefused(row)) throw new Error(`${row.category} at ${row.offset}: seed ${seed}, ${hex(bytes)}\n${text}`);
				let theirs: Row;
				try {
					theirs = rowOf(nodesOf(protocol), reflect(desc, fromBinary(desc, bytes)));
				} catch (error) {
					throw new Error(`${String(error)}: seed ${seed}, ${hex(bytes)}\n${text}`);
				}
				expect(mapsMerged(nodesOf(protocol), row as Row), `seed ${seed}, ${hex(bytes)}\n${text}`).toEqual(mapsMerged(nodesOf(protocol), theirs));
				compared++;
			}
		});
		expect(compared).toBeGreaterThan(caseCount(1000) / 2);
	});

	it('reads what is encoded, and is read', { timeout: 7_200_000 }, async () => {
		let compared = 0;
		await forRandomTypes(1000, ({ text, types, protocol, registry, draws }, seed) => {
			const desc = registry.getMessage('t.M0') as DescMessage;
			const encoder = createProtobufEncoder(protocol);
			const written = Array.from({ length: MESSAGES }, () => writeMessage(draws(400), types, 't.M0', {}, PLAIN));
			const rows = parseEach(protocol, written).filter((outcome): outcome is Row => !isRefused(outcome));
			const encoded = rows.map((row) => encoder.encode(protocol.schema.variants[0]?.name as string, row as EncodedRow));
			const where = (index: number): string => `seed ${seed}, ${hex(encoded[index] as Uint8Array)}\n${text}`;
			for (const [index, again] of parseEach(protocol, encoded).entries()) expect(again, where(index)).toEqual(rows[index]);
			const back: Uint8Array[] = [];
			const from: number[] = [];
			for (const [index, bytes] of encoded.entries()) {
				const theirs = fromBinary(desc, bytes);
				expect(mapsMerged(nodesOf(protocol), rowOf(nodesOf(protocol), reflect(desc, theirs))), where(index)).toEqual(mapsMerged(nodesOf(protocol), rows[index] as Row));
				try {
					back.push(toBinary(desc, theirs));
					from.push(index);
				} catch {
					// Without what is required and has no column here, they write nothing.
				}
			}
			for (const [index, row] of parseEach(protocol, back).entries()) {
				expect(mapsMerged(nodesOf(protocol), row as Row), where(from[index] as number)).toEqual(mapsMerged(nodesOf(protocol), rows[from[index] as number] as Row));
				compared++;
			}
		});
		expect(compared).toBeGreaterThan(caseCount(1000) / 4);
	});
});

/** What protobufjs decoded, as `decodeProtobuf` has it. */
function plain(value: unknown): ProtobufValue {
	if (protobufjs.util.Long !== undefined && value instanceof protobufjs.util.Long) return BigInt((value as unknown as { toString(): string }).toString());
	if (value instanceof Uint8Array) return Uint8Array.from(value);
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
	return value as ProtobufValue;
}

/** Without what is zero or empty (A and X are the enums' zeros), which protobufjs leaves out; maps as objects. */
function withoutZeros(value: ProtobufValue): ProtobufValue {
	if (value instanceof Map) return withoutZeros(Object.fromEntries([...value].map(([key, one]) => [String(key), one])));
	if (Array.isArray(value)) return value.map(withoutZeros);
	if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
	const isZero = (one: ProtobufValue): boolean => one === 0 || one === 0n || one === false || one === '' || one === 'A' || one === 'X' || (typeof one === 'object' && one !== null && (one instanceof Uint8Array || Array.isArray(one) ? one.length === 0 : Object.keys(one).length === 0));
	return Object.fromEntries(
		Object.entries(value)
			.map(([key, one]): [string, ProtobufValue] => [key, withoutZeros(one)])
			.filter(([, one]) => !isZero(one)),
	);
}

describe('protobufjs', () => {
	it('decodes the same from whole and broken messages, or refuses them as well', { timeout: 7_200_000 }, async () => {
		let accepted = 0;
		let refused = 0;
		await forRandomTypes(1200, ({ text, types, draws }, seed) => {
			const { root } = protobufjs.parse(text, new protobufjs.Root(), { keepCase: true });
			root.addJSON(protobufjs.common.get('google/protobuf/timestamp.proto')?.nested ?? {});
			root.resolveAll();
			const type = root.lookupType('t.M0');
			// Keys of 64 bits are hashes there.
			if (/map<\w*64,/.test(text)) return;
			// An entry without a value has 0 there, and not the enum's first value.
			if (text.includes('proto2') && /map<\w+, E0>/.test(text)) return;
			for (let count = 0; count < MESSAGES; count++) {
				const d = draws(400);
				const whole = writeMessage(d, types, 't.M0', {}, { unusual: d.pick([0, 20, 60]), unknown: d.pick([0, 20]), mismatched: true, unlisted: true, wellFormed: true });
				const bytes = d.chance(50) ? damage(d, whole) : whole;
				const where = `seed ${seed}, ${hex(bytes)}\n${text}`;
				let ours: ProtobufValue | ProtobufError;
				try {
					ours = decodeProtobuf(types, 't.M0', bytes, { names: 'proto', integers: 'bigint' });
				} catch (error) {
					if (!(error instanceof ProtobufError)) throw error;
					ours = error;
				}
				let theirs: ProtobufValue | Error;
				try {
					theirs = plain(type.toObject(type.decode(bytes), { enums: String }));
				} catch (error) {
					theirs = error as Error;
				}
				if (theirs instanceof Error && /missing required/.test(theirs.message)) continue;
				if (ours instanceof ProtobufError) {
					// They do not check text of proto2.
					if (ours.category === 'utf8') continue;
					// They skip varints of any length.
					const { offset } = ours;
					if (ours.category === 'syntax' && bytes.subarray(offset, offset + 10).every((byte) => byte >= 0x80)) continue;
					expect(theirs, `${ours.message}: ${where}`).toBeInstanceOf(Error);
					refused++;
				} else {
					if (theirs instanceof Error) throw new Error(`${theirs.message}: ${where}`);
					expect(withoutZeros(ours), where).toEqual(withoutZeros(theirs));
					accepted++;
				}
			}
		});
		expect(accepted).toBeGreaterThan(caseCount(1200) / 4);
		expect(refused).toBeGreaterThan(caseCount(1200) / 20);
	});
});
