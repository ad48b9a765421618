/** Made-up messages of Protobuf: accepted to the last one, of every table, the same for a seed, broken where asked. */
import { describe, expect, it } from 'vitest';
import { compile, dydxV4Stream, type ProtobufProtocol } from '../../src/index.ts';
import { breakMessages, PROTOBUF_FAULTS } from '../../src/simulate/index.ts';
import { messagesOfProtobuf } from '../../src/simulate/of-protobuf.ts';
import { parseAll } from '../protocols/json/harness.ts';
import { seeded, someCases } from '../protocols/protobuf/harness.ts';
import { reference } from '../protocols/protobuf/tiers.ts';

const refusedOf = (protocol: ProtobufProtocol, messages: readonly Uint8Array[]): number[] => parseAll(reference(protocol).create, protocol.schema, messages, { rows: 64, items: 4096 }).refused.map(({ sequence }) => sequence);

describe('made-up messages', () => {
	it('are accepted, of any types and columns', async () => {
		for (const { protocol, text, options } of await someCases(60, seeded(11))) expect(refusedOf(protocol, messagesOfProtobuf(protocol, 24)), `${text}\n${JSON.stringify(options)}`).toEqual([]);
	});

	it('have every table in turn, and are the same for a seed', () => {
		const protocol = dydxV4Stream();
		const messages = messagesOfProtobuf(protocol, 500);
		const parser = compile(protocol);
		for (const message of messages) expect(parser.parse(message)).toBe(true);
		expect(Object.values(parser.statistics().variants)).toEqual([100, 100, 100, 100, 100]);
		parser.dispose();
		expect(messagesOfProtobuf(protocol, 500)).toEqual(messages);
		expect(messagesOfProtobuf(protocol, 500, 2)).not.toEqual(messages);
	});

	it('have faults where asked, all of which are refused, and nothing else is', () => {
		const protocol = dydxV4Stream();
		const messages = [...breakMessages(protocol, messagesOfProtobuf(protocol, 400), 0.2)];
		const broken = messages.flatMap(({ fault }, index) => (fault === undefined ? [] : [index]));
		expect(
			refusedOf(
				protocol,
				messages.map(({ payload }) => payload),
			),
		).toEqual(broken);
		expect(new Set(messages.flatMap(({ fault }) => fault ?? []))).toEqual(new Set(PROTOBUF_FAULTS));
	});
});
