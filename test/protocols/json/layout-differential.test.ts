/** Messages that repeat with other digits, and messages that are almost right: the layout tier gives the reference's bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schema } from '../../../src/schema/model.ts';
import { arbitraryDraws, buildMessage, buildSchema, buildSpelledDocument, Draws } from './arbitraries.ts';
import { compareTiers, show, toBytes } from './harness.ts';
import { createLayoutTier } from './layout-tier.ts';
import { assertHolds, caseCount } from './properties.ts';
import { reference } from './tiers.ts';

const SCHEMA_DRAWS = 300;
const MESSAGE_DRAWS = 160;
const VARIATION_DRAWS = 40;

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
/** Bytes that matter to a parser. */
const NASTY = [0x00, 0x09, 0x20, 0x22, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x31, 0x39, 0x3a, 0x3b, 0x41, 0x45, 0x5b, 0x5c, 0x5d, 0x65, 0x7b, 0x7d, 0x7f, 0x80, 0xb0, 0xc3, 0xff];

/** The same layout, most often: other digits, other letters. Or nearly so: a byte changed, added, taken away, a length changed. */
function vary(message: Uint8Array, d: Draws): Uint8Array {
	const bytes = message.slice();
	const kind = d.below(10);
	const places = [...bytes.keys()];
	const somewhere = (): number => d.pick(places.length === 0 ? [0] : places);
	if (kind <= 4) {
		for (let index = 0; index < bytes.length; index++) if (isDigit(bytes[index] as number) && d.chance(kind * 20)) bytes[index] = 0x30 + d.below(10);
		return bytes;
	}
	if (bytes.length === 0) return bytes;
	if (kind === 5) {
		bytes[somewhere()] = d.pick(NASTY);
		return bytes;
	}
	if (kind === 6) {
		bytes[somewhere()] = (bytes[somewhere()] as number) ^ (1 << d.below(8));
		return bytes;
	}
	const at = somewhere();
	if (kind === 7) return new Uint8Array([...bytes.subarray(0, at), d.pick(NASTY), ...bytes.subarray(at)]);
	if (kind === 8) return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
	return bytes.subarray(0, at);
}

describe('the layout tier', () => {
	const memories = [new WebAssembly.Memory({ initial: 400, maximum: 400 }), new WebAssembly.Memory({ initial: 400, maximum: 400 })] as const;
	const draws = fc.tuple(arbitraryDraws(SCHEMA_DRAWS), fc.array(fc.tuple(arbitraryDraws(MESSAGE_DRAWS), fc.array(arbitraryDraws(VARIATION_DRAWS), { minLength: 4, maxLength: 24 })), { minLength: 1, maxLength: 6 }));

	it('gives the same bytes as the reference where layouts repeat', { timeout: 7_200_000 }, () => {
		const counts = { taken: 0, missed: 0 };
		assertHolds(draws, Math.ceil(caseCount(30_000) / 75), ([schemaDraws, bases]) => {
			const schema = buildSchema(new Draws(schemaDraws));
			const messages: Uint8Array[] = [];
			for (const [index, [messageDraws, variations]] of bases.entries()) {
				const d = new Draws(messageDraws);
				const base = index % 3 === 2 ? buildMessage(schema, d) : toBytes(buildSpelledDocument(schema, d).text);
				messages.push(base, base, ...variations.map((values) => vary(base, new Draws(values))));
			}
			const shuffled = messages.map((message, index) => ({ message, order: (index * 7919) % 101 })).sort((a, b) => a.order - b.order);
			const all = shuffled.map(({ message }) => message);
			let difference: string | null;
			try {
				difference = compareTiers([reference, createLayoutTier(counts)], schema, [...all, ...all, ...all], { rows: 64, items: 512, textBytes: 1024, batch: 16, received: true, sequence: true, tight: true, memories });
			} catch (error) {
				difference = error instanceof Error ? (error.stack ?? error.message) : String(error);
			}
			return difference === null ? null : explain(difference, schema, all);
		});
		// Most of the others are refused.
		expect(counts.taken).toBeGreaterThan(counts.missed / 10);
	});
});

function explain(difference: string, schema: Schema, messages: readonly Uint8Array[]): string {
	return [difference, `schema: ${JSON.stringify(schema)}`, 'messages:', ...messages.slice(0, 40).map((message) => `  ${show(message)}`)].join('\n');
}
