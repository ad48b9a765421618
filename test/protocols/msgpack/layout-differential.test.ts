/** Messages that repeat with other values, in any order of keys, and messages that are almost right: the layout tier gives the reference's bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msgpack } from '../../../src/protocols/msgpack/index.ts';
import { arbitraryDraws, Draws } from '../json/arbitraries.ts';
import { compareTiers } from '../json/harness.ts';
import { createLayoutTier } from '../json/layout-tier.ts';
import { assertHolds, caseCount } from '../json/properties.ts';
import { buildMessagePackMessage, buildMessagePackSchema } from './arbitraries.ts';
import { reference } from './tiers.ts';

const SCHEMA_DRAWS = 300;
const MESSAGE_DRAWS = 160;
const VARIATION_DRAWS = 20;
/** First bytes of formats, and what they hold. */
const NASTY = [0x00, 0x7f, 0x80, 0x81, 0x90, 0xa0, 0xa1, 0xa3, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd3, 0xd7, 0xd9, 0xdc, 0xde, 0xe0, 0xff];

/** The same shape, most often: bytes of values differ. Or a byte more, one less, a message that is cut. */
function vary(message: Uint8Array, d: Draws): Uint8Array {
	const bytes = message.slice();
	if (bytes.length === 0) return bytes;
	const at = d.below(bytes.length);
	switch (d.below(8)) {
		case 0:
			return bytes;
		case 1:
			bytes[at] = d.pick(NASTY);
			return bytes;
		case 2:
			return new Uint8Array([...bytes.subarray(0, at), d.pick(NASTY), ...bytes.subarray(at)]);
		case 3:
			return bytes.subarray(0, at);
		case 4:
			return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
		default:
			for (let changes = 1 + d.below(4); changes > 0; changes--) {
				const place = d.below(bytes.length);
				bytes[place] = (bytes[place] as number) ^ (1 << d.below(8));
			}
			return bytes;
	}
}

describe('the layout tier', () => {
	const memories = [new WebAssembly.Memory({ initial: 400, maximum: 4096 }), new WebAssembly.Memory({ initial: 400, maximum: 4096 })] as const;
	const draws = fc.tuple(arbitraryDraws(SCHEMA_DRAWS), fc.array(fc.tuple(arbitraryDraws(MESSAGE_DRAWS), fc.array(arbitraryDraws(VARIATION_DRAWS), { minLength: 4, maxLength: 24 })), { minLength: 1, maxLength: 6 }));

	it('gives the same bytes as the reference where shapes repeat', { timeout: 7_200_000 }, () => {
		const counts = { taken: 0, missed: 0 };
		assertHolds(draws, Math.ceil(caseCount(20_000) / 75), ([schemaDraws, bases]) => {
			const schema = buildMessagePackSchema(new Draws(schemaDraws));
			const messages: Uint8Array[] = [];
			for (const [messageDraws, variations] of bases) {
				const base = buildMessagePackMessage(schema, new Draws(messageDraws));
				messages.push(base, base, ...variations.map((values) => vary(base, new Draws(values))));
			}
			const shuffled = messages.map((message, index) => ({ message, order: (index * 7919) % 101 })).sort((a, b) => a.order - b.order);
			const all = shuffled.map(({ message }) => message);
			const difference = compareTiers([reference, createLayoutTier(counts, {}, msgpack)], schema, [...all, ...all, ...all], { rows: 64, items: 512, textBytes: 1024, batch: 16, received: true, sequence: true, tight: true, memories });
			return difference === null ? null : [difference, `schema: ${JSON.stringify(schema)}`, 'messages:', ...all.slice(0, 20).map((message) => Buffer.from(message).toString('hex'))].join('\n');
		});
		// Most of the others are refused.
		expect(counts.taken).toBeGreaterThan(counts.missed / 10);
	});
});
