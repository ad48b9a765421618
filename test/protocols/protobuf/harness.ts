/** Random types with random columns and messages, and tiers that must agree on them. */
import type { ProtobufOptions, ProtobufProtocol, ProtoTypes } from '../../../src/protocols/protobuf/index.ts';
import { arbitraryDraws, Draws } from '../json/arbitraries.ts';
import { compareTiers, type Stop, type WorldOptions } from '../json/harness.ts';
import { buildOptions, buildProto, damage, type Liberties, typesOf, usable, writeMessage } from './arbitraries.ts';
import { type ProtobufTier, reference } from './tiers.ts';

const PROTO_DRAWS = 200;
const COLUMN_DRAWS = 200;

export interface Case {
	readonly text: string;
	readonly types: ProtoTypes;
	readonly options: ProtobufOptions;
	readonly protocol: ProtobufProtocol;
}

/** Types with columns that make tables. They are read before the property runs, which cannot wait. */
export async function someCases(count: number, random: () => number): Promise<Case[]> {
	const draws = (length: number): Draws => new Draws(Array.from({ length }, () => Math.floor(random() * 0x10000)));
	const cases: Case[] = [];
	while (cases.length < count) {
		const proto = buildProto(draws(PROTO_DRAWS));
		const types = await typesOf(proto);
		const options = buildOptions(draws(COLUMN_DRAWS), types, proto.messages);
		const protocol = usable(types, options);
		if (protocol !== null) cases.push({ text: proto.text, types, options, protocol });
	}
	return cases;
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

export function anyLiberties(d: Draws): Liberties {
	return { unusual: d.pick([0, 10, 50]), unknown: d.pick([0, 10, 30]), mismatched: true, unlisted: true, wellFormed: d.chance(60) };
}

/** A message of the case, or what is left of it. */
export function anyMessage(d: Draws, { types, options }: Case): Uint8Array {
	const liberties = anyLiberties(d);
	const message = writeMessage(d, types, 't.M0', options, liberties);
	return d.chance(35) ? damage(d, message) : message;
}

function anyWorld(d: Draws): WorldOptions & { batch: number } {
	return {
		rows: 64,
		items: 64,
		textBytes: d.pick([4096, 64, 256, 1024]),
		received: d.chance(30),
		errorLimit: d.pick([1024, 1, 3, 10]),
		symbols: d.pick([4096, 16, 64]),
		filler: d.pick([0x00, 0xff, 0xa5]),
		// Behind a message stands what could continue it.
		beyond: Uint8Array.from(d.pick([[], [0], [0x80, 0x01], [0x08, 0x01], [0x7f], [0xff, 0xff, 0xff, 0xff], [0x31, 0x32]])),
		tight: d.chance(70),
		batch: d.pick([1000, 1, 7, 64]),
	};
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const memories = [new WebAssembly.Memory({ initial: 16, maximum: 4096 }), new WebAssembly.Memory({ initial: 16, maximum: 4096 })] as const;

export interface Agreement {
	accepted: number;
	refused: number;
	full: number;
}

/** What the tier does otherwise than the reference with these messages, in words; null: nothing. */
export function disagreement(tier: ProtobufTier, one: Case, worldDraws: readonly number[], messageDraws: readonly (readonly number[])[], total: Agreement): string | null {
	const d = new Draws(worldDraws);
	const world = anyWorld(d);
	const messages = messageDraws.map((values) => anyMessage(new Draws(values), one));
	const repeated = Array.from({ length: d.pick([1, 2, 4]) }, () => messages).flat();
	const difference = compareTiers([reference(one.protocol), tier(one.protocol)], one.protocol.schema, repeated, {
		...world,
		memories,
		count: (accepted, refused, stops: readonly Stop[]) => {
			total.accepted += accepted;
			total.refused += refused;
			total.full += stops.filter((stop) => stop === 'tableFull').length;
		},
	});
	return difference === null ? null : [difference, one.text, `options: ${JSON.stringify(one.options)}`, `world: ${JSON.stringify(world)}`, 'messages:', ...(repeated.length <= 12 ? repeated.map(hex) : [`${repeated.length} of them`])].join('\n');
}

export const worldDraws = arbitraryDraws(14);
export const messageDraws = arbitraryDraws(400);
