/**
 * Messages of any Protobuf type, made up: every table in turn, values that move, now and then an absent field. Rows are
 * drawn so that each fits the column and the field at once, and the encoder writes them.
 */
import type { EncodedRow, EncodedValue } from '../protocols/binary/index.ts';
import { scaled, UNIT_NANOSECONDS } from '../protocols/binary/values.ts';
import { createProtobufEncoder, type ProtobufProtocol } from '../protocols/protobuf/index.ts';
import { SCALARS } from '../protocols/protobuf/types.ts';
import type { ScalarNode, WireNode } from '../protocols/protobuf/wire.ts';
import { createRandom, type Random } from './random.ts';

/** 2024-06-01 in nanoseconds: where times that have room for it move. */
const START = 1_717_200_000_000_000_000n;
const NAMES = ['ALPHA', 'BRAVO', 'CHARLIE', 'DELTA', 'ECHO', 'FOXTROT', 'GOLF', 'HOTEL'];
const ABSENT = 0.1;

/** Messages that the protocol accepts; the same for the same seed. Lists have one to four items. */
export function messagesOfProtobuf(protocol: ProtobufProtocol, messages: number, seed = 1): Uint8Array[] {
	const random = createRandom(seed);
	const { variants } = protocol.format;
	const { encode } = createProtobufEncoder(protocol);
	return Array.from({ length: messages }, (_, index) => {
		const { name, nodes } = variants[index % variants.length] as (typeof variants)[number];
		return encode(name, rowOf(nodes, random, 0));
	});
}

function rowOf(nodes: readonly WireNode[], random: Random, depth: number): EncodedRow {
	const row: Record<string, EncodedValue> = {};
	// One member of each oneof; the one that makes a table is required, and has no other beside it.
	const members = new Map<string, WireNode>();
	for (const node of nodes) if (node.oneof !== null && node.kind !== 'skip' && (!members.has(node.oneof) || random.chance(0.5))) members.set(node.oneof, node);
	for (const node of nodes) {
		if (node.oneof !== null && members.get(node.oneof) !== node) continue;
		if (node.presence === 'explicit' && random.chance(ABSENT)) continue;
		row[node.name] = node.repeated ? Array.from({ length: 1 + random.below(depth === 0 ? 4 : 2) }, () => valueOf(node, random, depth)) : valueOf(node, random, depth);
	}
	return row;
}

function valueOf(node: WireNode, random: Random, depth: number): EncodedValue {
	switch (node.kind) {
		case 'message':
			return rowOf(node.nodes, random, depth + 1);
		case 'instant':
			return START + BigInt(random.below(1_000_000_000)) * 1_000_000n;
		case 'scalar':
			return scalarOf(node, random);
		case 'skip':
			return null;
	}
}

function scalarOf({ scalar, meaning }: ScalarNode, random: Random): EncodedValue {
	const { value, bits, signed } = SCALARS[scalar];
	const { type, exponent } = meaning;
	const most = 1n << BigInt(signed ? bits - 1 : bits);
	switch (type.kind) {
		case 'integer':
			if (meaning.known !== null) return random.pick(meaning.known);
			return BigInt(1 + random.below(type.bits === 32 ? 1_000_000 : 1_000_000_000));
		case 'decimal': {
			// Whole numbers: every float has them, and every scale has room for a few.
			if (value !== 'integer') return BigInt(1 + random.below(type.scale > 12 ? 9 : 100_000)) * 10n ** BigInt(type.scale);
			const stored = scaled(BigInt(1 + random.below(1_000_000)), BigInt(exponent + type.scale), type.excess);
			return typeof stored === 'bigint' && type.excess === 'reject' ? stored : 0n;
		}
		case 'timestamp': {
			if (type.format === 'rfc3339') return START + BigInt(random.below(1_000_000_000)) * 1_000_000n;
			const unit = UNIT_NANOSECONDS[type.format];
			const wanted = START / unit + BigInt(random.below(1_000_000));
			// What cannot count that far counts from 1970.
			return (value === 'integer' && wanted >= most ? BigInt(random.below(1_000_000)) : wanted) * unit;
		}
		case 'float':
			return random.below(1_000_000) / 8;
		case 'flag':
			return random.chance(0.5);
		case 'enumeration':
			return random.pick(type.values);
		case 'symbol':
			return random.pick(NAMES);
		case 'text':
			return `text ${random.below(1_000_000)}`;
		case 'bytes':
			return Uint8Array.from({ length: random.below(40) }, () => random.below(256));
	}
}
