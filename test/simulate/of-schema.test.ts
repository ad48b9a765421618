import { describe, expect, it } from 'vitest';
import { compile, exchanges, json } from '../../src/index.ts';
import { messagesOfSchema } from '../../src/simulate/of-schema.ts';

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
});
