/** Messages as encoders write them, one after the other, with others between them: streaks, their ends, and what ends them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, decimal, parseProto, protobuf, timestamp } from '../../../src/index.ts';
import { createProtobufWriter, type ProtoField, type ProtoTypes } from '../../../src/protocols/protobuf/index.ts';
import { Scanner } from '../../../src/protocols/protobuf/reference/scanner.ts';
import { WIRE, wireTypeOf } from '../../../src/protocols/protobuf/types.ts';
import { Draws } from '../json/arbitraries.ts';
import { compareTiers } from '../json/harness.ts';
import { assertHolds, caseCount } from '../json/properties.ts';
import { damage, PLAIN, writeMessage } from './arbitraries.ts';
import { anyMessage, type Case, messageDraws, seeded, someCases, worldDraws } from './harness.ts';
import { generated, reference } from './tiers.ts';

interface Part {
	/** Null: unknown. */
	readonly field: ProtoField | null;
	readonly number: number;
	/** Its tag and value. */
	readonly bytes: Uint8Array;
}

/** Fields of a map's entry. */
function entryFields(field: ProtoField): ProtoField[] {
	const base = { ...field, rule: 'singular', presence: 'implicit', oneof: null, delimited: false, key: null } as const;
	return [
		{ ...base, name: 'key', number: 1, type: field.key ?? 'string', typeName: null },
		{ ...base, name: 'value', number: 2 },
	];
}

/** The same content by field number, each field that is not repeated once: what an encoder makes of it. */
function inOrder(types: ProtoTypes, fields: readonly ProtoField[], message: Uint8Array): Uint8Array {
	const scanner = new Scanner(message);
	const parts: Part[] = [];
	while (scanner.at < message.length) {
		const tag = scanner.tag(message.length);
		const from = scanner.at;
		scanner.skip(tag, message.length, 1);
		const field = fields.find(({ number }) => number === tag.number) ?? null;
		let bytes = message.subarray(tag.at, scanner.at);
		if (field !== null && (field.type === 'message' || field.rule === 'map') && tag.wireType === wireTypeOf(field)) {
			const inner = field.rule === 'map' ? entryFields(field) : (types.messages[field.typeName as string]?.fields ?? []);
			const writer = createProtobufWriter();
			writer.tag(field.number, tag.wireType);
			if (tag.wireType === WIRE.bytes) {
				const opened = new Scanner(message);
				opened.at = from;
				writer.content(inOrder(types, inner, opened.content(message.length)));
			} else {
				const end = createProtobufWriter();
				end.tag(field.number, WIRE.endGroup);
				const closing = end.take();
				writer.raw(inOrder(types, inner, message.subarray(from, scanner.at - closing.length)));
				writer.raw(closing);
			}
			bytes = writer.take();
		}
		parts.push({ field, number: tag.number, bytes });
	}
	const last = parts.filter(({ field }, index) => {
		if (field === null || field.rule !== 'singular') return true;
		return !parts.slice(index + 1).some((later) => later.field === field || (field.oneof !== null && later.field?.oneof === field.oneof));
	});
	return Uint8Array.from(last.sort((a, b) => a.number - b.number).flatMap(({ bytes }) => [...bytes]));
}

function message(d: Draws, one: Case): Uint8Array {
	const { types, options } = one;
	const ordered = (): Uint8Array => inOrder(types, types.messages['t.M0']?.fields ?? [], writeMessage(d, types, 't.M0', options, { ...PLAIN, unknown: d.pick([0, 0, 10]) }));
	switch (d.pick([0, 0, 0, 0, 0, 0, 1, 2, 3])) {
		case 1:
			return damage(d, ordered());
		case 2:
			return Uint8Array.from([...ordered(), ...ordered()]);
		case 3:
			return anyMessage(d, one);
		default:
			return ordered();
	}
}

const memories = [new WebAssembly.Memory({ initial: 16, maximum: 4096 }), new WebAssembly.Memory({ initial: 16, maximum: 4096 })] as const;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('streaks', () => {
	it('give the same bytes as the reference', { timeout: 7_200_000 }, async () => {
		let accepted = 0;
		const runs = Math.ceil(caseCount(6000) / 60);
		const seed = Number(process.env.TICKFORGE_SEED ?? Date.now() % 1_000_000);
		const cases = await someCases(Math.min(runs, Math.max(50, runs / 20)), seeded(seed));
		assertHolds(fc.tuple(fc.nat(cases.length - 1), worldDraws, fc.array(messageDraws, { minLength: 1, maxLength: 60, size: 'max' })), runs, ([which, world, all]) => {
			const one = cases[which] as Case;
			const d = new Draws(world);
			const options = { rows: 64, items: 64, textBytes: d.pick([4096, 64, 256]), symbols: d.pick([4096, 16]), received: d.chance(30), filler: d.pick([0, 0xff, 0x08]), tight: d.chance(70), batch: d.pick([1000, 1, 7]), beyond: Uint8Array.from(d.pick([[], [0x08, 0x01], [0x0a, 0x00], [0x80, 0x01]])) };
			const once = all.map((values) => message(new Draws(values), one));
			// Names are new at first and known then.
			const messages = Array.from({ length: d.pick([1, 3]) }, () => once).flat();
			const difference = compareTiers([reference(one.protocol), generated(one.protocol)], one.protocol.schema, messages, {
				...options,
				memories,
				count: (number) => {
					accepted += number;
				},
			});
			return difference === null ? null : [difference, one.text, `options: ${JSON.stringify(one.options)}`, `world: ${JSON.stringify(options)}`, 'messages:', ...(messages.length <= 12 ? messages.map(hex) : [`${messages.length} of them`]), `(types of seed ${seed})`].join('\n');
		});
		expect(accepted).toBeGreaterThan(runs);
	});

	it('take what an encoder writes, and leave only what is new to the general path', async () => {
		const types = await parseProto(`
			syntax = "proto3"; package t;
			enum Side { NONE = 0; BUY = 1; SELL = 2; }
			message Level { sint64 price = 1; fixed64 size = 2; }
			message Trade { string symbol = 1; uint64 id = 2; sint64 price = 3; string quantity = 4; int64 time = 5; Side side = 6; repeated Level levels = 7; repeated uint32 flags = 8; optional double fee = 200; }
		`);
		const amount = { column: decimal(8), exponent: -8 };
		const protocol = protobuf(types, 't.Trade', { columns: { price: amount, quantity: decimal(8), time: timestamp('us') } });
		const encoded = Array.from({ length: 100 }, (_, index) => {
			const writer = createProtobufWriter();
			writer.tag(1, WIRE.bytes);
			writer.content(new TextEncoder().encode(`SYM${index % 4}`));
			writer.tag(2, WIRE.varint);
			writer.varint(BigInt(index) ** 5n);
			if (index % 3 > 0) {
				writer.tag(3, WIRE.varint);
				writer.varint(BigInt(index * 7919));
			}
			writer.tag(4, WIRE.bytes);
			writer.content(new TextEncoder().encode(`${index}.25`));
			writer.tag(5, WIRE.varint);
			writer.varint(1_700_000_000_000_000n + BigInt(index));
			if (index % 2 > 0) writer.raw(Uint8Array.of(0x30, index % 3));
			for (let level = 0; level < index % 5; level++) writer.raw(Uint8Array.of(0x3a, 11, 0x08, level, 0x11, 1, 2, 3, 4, 5, 6, 7, 8));
			if (index % 4 > 0) writer.raw(Uint8Array.of(0x42, 2, 1, 2));
			// Fields that the types do not have: between known ones, and behind them.
			if (index % 7 === 0) writer.raw(Uint8Array.of(0x48, 5, 0x52, 1, 0x61));
			if (index % 5 === 0) writer.raw(Uint8Array.of(0xca, 0x0c, 2, 1, 2));
			return writer.take();
		});
		let rows = 0;
		const parser = compile(protocol, {
			countBranches: true,
			onBatch: (batch) => {
				rows += batch.rows;
			},
		});
		for (const one of encoded) parser.parse(one);
		parser.flush();
		const calls = parser.branches().flatMap(({ counts }) => counts.filter((site) => site.kind === 'call' && site.function === 'accept trade').map((site) => site.counts[0]));
		expect(rows).toBe(encoded.length);
		expect(calls).toEqual([4]);
		parser.dispose();
	});
});
