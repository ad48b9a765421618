import { describe, expect, it } from 'vitest';
import { absent, bytes, compile, decimal, exchanges, float, integer, json, literal, message, msgpack, type Protocol, SchemaError, timestamp, tuple } from '../../src/index.ts';
import { messagesOfProtocol } from '../../src/simulate/of-protocol.ts';
import { messagePackOfSchema, messagesOfSchema } from '../../src/simulate/of-schema.ts';

describe('messages made up from a schema', () => {
	it.each(Object.values(exchanges).map(({ name, schema }) => [name, schema] as const))('%s: each variant, and none refused', (_, schema) => {
		const count = schema.variants.length * 20;
		const parser = compile(json(schema), { tier: 'schema' });
		const messages = messagesOfSchema(schema, count);
		expect(messages.filter((text) => !parser.parse(text))).toEqual([]);
		expect(Object.values(parser.statistics().variants)).toEqual(schema.variants.map(() => 20));
		expect(messagesOfSchema(schema, count)).toEqual(messages);
		parser.dispose();
	});

	const packable = Object.values(exchanges).flatMap(({ name, schema }) => {
		try {
			return [[name, msgpack(schema)] as const];
		} catch (error) {
			// It keeps unknown keys as JSON text.
			if (error instanceof SchemaError) return [];
			throw error;
		}
	});
	const own = message('m', { id: integer(), at: timestamp('ns'), hash: bytes(), ratio: float(), kind: literal(1.5), gone: absent(), pair: tuple({ price: decimal(8), size: decimal(0) }) });
	it.each([...packable, ['of its own', msgpack(own)] as const])('%s as MessagePack: the same, and none refused', (_, protocol: Protocol) => {
		const count = protocol.schema.variants.length * 20;
		const refused: string[] = [];
		const parser = compile(protocol, { tier: 'schema', onError: ({ category, offset }) => refused.push(`${category} ${offset}`) });
		const messages = messagePackOfSchema(protocol.schema, count);
		for (const payload of messages) parser.parse(payload);
		expect(refused).toEqual([]);
		expect(Object.values(parser.statistics().variants)).toEqual(protocol.schema.variants.map(() => 20));
		expect(messagesOfProtocol(protocol, count)).toEqual(messages);
		parser.dispose();
	});

	it('covers most presets', () => {
		expect(packable.length).toBeGreaterThan(Object.keys(exchanges).length - 2);
	});
});
