/** Random messages of random schemas, whole and broken: both tiers give the same bytes, errors and offsets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryDraws, Draws } from '../json/arbitraries.ts';
import { compareTiers, type WorldOptions } from '../json/harness.ts';
import { assertHolds, caseCount } from '../json/properties.ts';
import { buildMessagePackMessage, buildMessagePackSchema } from './arbitraries.ts';
import { reference, relaxedTier, schemaTier } from './tiers.ts';

const SCHEMA_DRAWS = 300;
const OPTION_DRAWS = 12;
const MESSAGE_DRAWS = 220;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function options(d: Draws): WorldOptions & { batch: number; repeat: number } {
	return {
		rows: 64,
		items: 64,
		textBytes: d.pick([4096, 64, 256, 1024]),
		received: d.chance(30),
		sequence: d.chance(30),
		errorLimit: d.pick([1024, 1, 3, 10]),
		symbols: d.pick([4096, 16, 64]),
		filler: d.pick([0x00, 0xff, 0xa5]),
		// Behind a message stands what could continue it.
		beyond: Uint8Array.from(d.pick([[], [0], [0xc0], [0xa1, 0x31], [0x31], [0x81, 0xa1, 0x70, 0x01], [0x92, 0x01, 0x02], [0xff, 0xff], [0xcb, 0x40, 0x59, 0, 0, 0, 0, 0, 0], [0xc3]])),
		tight: d.chance(70),
		batch: d.pick([1000, 1, 7, 64]),
		repeat: d.pick([1, 2, 4]),
	};
}

describe('the generated tier', () => {
	const memories = [new WebAssembly.Memory({ initial: 16, maximum: 4096 }), new WebAssembly.Memory({ initial: 16, maximum: 4096 })] as const;

	it.each([schemaTier, relaxedTier])('gives the same bytes as the reference: $name', { timeout: 7_200_000 }, (tier) => {
		const total = { accepted: 0, refused: 0, full: 0 };
		const runs = Math.ceil(caseCount(10_000) / 70);
		assertHolds(fc.tuple(arbitraryDraws(SCHEMA_DRAWS), arbitraryDraws(OPTION_DRAWS), fc.array(arbitraryDraws(MESSAGE_DRAWS), { minLength: 1, maxLength: 60, size: 'max' })), runs, ([schemaDraws, optionDraws, drawsOfMessages]) => {
			const schema = buildMessagePackSchema(new Draws(schemaDraws));
			const chosen = options(new Draws(optionDraws));
			const messages = drawsOfMessages.map((values) => buildMessagePackMessage(schema, new Draws(values)));
			const repeated = Array.from({ length: chosen.repeat }, () => messages).flat();
			const difference = compareTiers([reference, tier], schema, repeated, {
				...chosen,
				memories,
				count: (accepted, refused, stops) => {
					total.accepted += accepted;
					total.refused += refused;
					total.full += stops.filter((stop) => stop === 'tableFull').length;
				},
			});
			return difference === null ? null : [difference, `schema: ${JSON.stringify(schema)}`, `options: ${JSON.stringify(chosen)}`, 'messages:', ...(repeated.length <= 12 ? repeated.map(hex) : [`${repeated.length} of them`])].join('\n');
		});
		// Else the messages would say little.
		expect(total.accepted).toBeGreaterThan(total.refused / 3);
		expect(total.full).toBeGreaterThan(0);
	});
});
