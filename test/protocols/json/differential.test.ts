/** Random messages of random schemas: every tier gives the same bytes, and those that JSON.parse and a mapping give. */
import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schema } from '../../../src/schema/model.ts';
import { arbitraryDraws, buildMessage, buildSchema, buildSpelledDocument, Draws, hasDuplicateKeys } from './arbitraries.ts';
import { type Cell, compareTiers, parseAll, type Row, show, toBytes, type WorldOptions } from './harness.ts';
import { canonicalUnknownKeys, expectedOf } from './oracle.ts';
import { assertHolds, caseCount } from './properties.ts';
import { reference, schemaTier, schemaTierExists, tiers } from './tiers.ts';

/** Draws for a schema and for each message. */
const SCHEMA_DRAWS = 300;
const OPTION_DRAWS = 12;
const MESSAGE_DRAWS = 160;

const messageDraws = (most: number): fc.Arbitrary<number[][]> => fc.array(arbitraryDraws(MESSAGE_DRAWS), { minLength: 1, maxLength: most, size: 'max' });

/** Small batches, records and scratch, so that all of them fill up. */
function options(d: Draws): WorldOptions & { batch: number; repeat: number } {
	return {
		rows: 64,
		items: 64,
		textBytes: d.pick([4096, 64, 256, 1024]),
		received: d.chance(30),
		sequence: d.chance(30),
		errorLimit: d.pick([1024, 1, 3, 10]),
		// The least that the rules allow.
		scratchSize: d.pick([65536, 1024, 1100]),
		symbols: d.pick([4096, 16, 64]),
		filler: d.pick([0x00, 0xff, 0xa5]),
		beyond: d.pick(['', '"', '}', '0', ']}', '0"]}', ',', '\\', 'e1', ' ', 'ull', '":0}', '{"p":1}']),
		batch: d.pick([1000, 1, 7, 64]),
		repeat: d.pick([1, 2, 4]),
	};
}

describe('the schema tier', () => {
	const name = 'gives the same bytes as the reference';
	if (!schemaTierExists) {
		it.skip(`${name}: the schema tier is not generated yet`, () => {});
		return;
	}
	const memories = [new WebAssembly.Memory({ initial: 16, maximum: 4096 }), new WebAssembly.Memory({ initial: 16, maximum: 4096 })] as const;

	it(name, { timeout: 7_200_000 }, () => {
		const total = { accepted: 0, refused: 0, full: 0 };
		// Half of 60 messages, 2.3 times each.
		const runs = Math.ceil(caseCount(20_000) / 70);
		assertHolds(fc.tuple(arbitraryDraws(SCHEMA_DRAWS), arbitraryDraws(OPTION_DRAWS), messageDraws(60)), runs, ([schemaDraws, optionDraws, drawsOfMessages]) => {
			const schema = buildSchema(new Draws(schemaDraws));
			const chosen = options(new Draws(optionDraws));
			const messages = drawsOfMessages.map((values) => buildMessage(schema, new Draws(values)));
			const repeated = Array.from({ length: chosen.repeat }, () => messages).flat();
			const difference = compareTiers([reference, schemaTier], schema, repeated, {
				...chosen,
				memories,
				count: (accepted, refused, stops) => {
					total.accepted += accepted;
					total.refused += refused;
					total.full += stops.filter((stop) => stop === 'tableFull').length;
				},
			});
			return difference === null ? null : explain(difference, schema, repeated, chosen);
		});
		// Else the messages would say little.
		expect(total.accepted).toBeGreaterThan(total.refused / 2);
		expect(total.full).toBeGreaterThan(0);
	});
});

function explain(difference: string, schema: Schema, messages: readonly Uint8Array[], chosen: object): string {
	const listed = messages.length <= 12 ? messages.map((message) => `  ${show(message)}`) : [`  ${messages.length} of them`];
	return [difference, `schema: ${JSON.stringify(schema)}`, `options: ${JSON.stringify(chosen)}`, 'messages:', ...listed].join('\n');
}

describe.each(tiers)('the $name tier', ({ create }) => {
	const memory = new WebAssembly.Memory({ initial: 16, maximum: 4096 });

	it('gives the rows that JSON.parse and a mapping give', { timeout: 3_600_000 }, () => {
		const counts = { accepted: 0, refused: 0 };
		assertHolds(fc.tuple(arbitraryDraws(SCHEMA_DRAWS), messageDraws(30)), Math.ceil(caseCount(5000) / 15), ([schemaDraws, drawsOfMessages]) => {
			const schema = buildSchema(new Draws(schemaDraws));
			const cases = drawsOfMessages
				.map((values) => buildSpelledDocument(schema, new Draws(values)))
				// JSON.parse hides keys that stand twice.
				.filter(({ document }) => !hasDuplicateKeys(document))
				.map(({ text }) => ({ text, expected: expectedOf(schema, toBytes(text)) }))
				.filter(({ expected }) => expected !== 'unsure');
			const { rows, refused } = parseAll(
				create,
				schema,
				cases.map(({ text }) => text),
				{ rows: 64, items: 2048, textBytes: 65536, memory },
			);
			const errors = new Map(refused.map((error) => [error.sequence, error]));
			const next = new Map(Object.entries(rows).map(([name, all]) => [name, all.values()]));
			for (const [sequence, { text, expected }] of cases.entries()) {
				const error = errors.get(sequence);
				const wrong = (what: string): string => `${what}\nmessage: ${show(toBytes(text))}\nschema: ${JSON.stringify(schema)}`;
				if (expected === 'refused' || expected === 'unsure' || error !== undefined) {
					counts.refused++;
					if (expected !== 'refused') return wrong(`refused with ${error?.category} at ${error?.offset}`);
					if (error === undefined) return wrong('accepted');
					continue;
				}
				counts.accepted++;
				const variant = schema.variants[expected.variant];
				if (variant?.role !== 'table') continue;
				const row = canonical(next.get(variant.name)?.next().value ?? null);
				if (!isDeepStrictEqual(row, expected.row)) return wrong(`row ${inspect(row, { depth: 9 })}\nnot ${inspect(expected.row, { depth: 9 })}`);
			}
			return null;
		});
		expect(counts.accepted).toBeGreaterThan(counts.refused);
	});
});

/** The row with its kept unknown keys spelled as the oracle spells them. */
function canonical(cell: Cell): Cell {
	if (Array.isArray(cell)) return cell.map(canonical);
	if (typeof cell !== 'object' || cell === null) return cell;
	const row: Row = {};
	for (const [name, value] of Object.entries(cell)) row[name] = name === 'unknownKeys' && typeof value === 'string' ? canonicalUnknownKeys(value) : canonical(value);
	return row;
}
