/** Every recorded message, value by value, against JSON.parse and a mapping that shares nothing with the parsers. */
import { describe, expect, it } from 'vitest';
import { exchanges } from '../../src/exchanges/index.ts';
import { parseAll, type Row, toBytes } from '../protocols/json/harness.ts';
import { expectedOf } from '../protocols/json/oracle.ts';
import { tiers } from '../protocols/json/tiers.ts';
import { readCapture } from './captures.ts';

const recorded = Object.values(exchanges).flatMap((preset) => {
	const messages = readCapture(preset.name);
	return messages === null ? [] : [{ name: preset.name, schema: preset.schema, messages }];
});
if (recorded.length === 0) console.log('skipped, because the captures are not here (TICKFORGE_CAPTURES): values of recorded messages');

describe.each(recorded)('the values of $name', ({ schema, messages }) => {
	const expected: Record<string, Row[]> = Object.fromEntries(schema.variants.filter(({ role }) => role === 'table').map(({ name }) => [name, []]));
	for (const message of messages) {
		const outcome = expectedOf(schema, toBytes(message));
		if (typeof outcome === 'string') throw new Error(`the oracle has no row for ${message.slice(0, 200)}: ${outcome}`);
		const variant = schema.variants[outcome.variant];
		if (variant?.role === 'table') (expected[variant.name] as Row[]).push(outcome.row);
	}
	it.each(tiers)('are those of JSON.parse, $name tier', ({ create }) => {
		const { rows, refused } = parseAll(create, schema, messages, { rows: 256, items: 16384, textBytes: 1 << 20, symbols: 8192 });
		expect(refused).toEqual([]);
		for (const [table, all] of Object.entries(expected)) {
			expect(rows[table]?.length, table).toBe(all.length);
			all.forEach((row, index) => {
				expect(rows[table]?.[index]).toEqual(row);
			});
		}
	});
});
