/** The rows that JSON.parse and a mapping give for the same values as JSON (json/oracle.ts). */
import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayBeByPosition } from '../../../src/protocols/msgpack/by-position.ts';
import { decodeMessagePack } from '../../../src/protocols/msgpack/index.ts';
import type { Schema } from '../../../src/schema/model.ts';
import { arbitraryDraws, buildDocument, Draws, hasDuplicateKeys, spell } from '../json/arbitraries.ts';
import { type Cell, parseAll, type Row, toBytes } from '../json/harness.ts';
import { expectedOf } from '../json/oracle.ts';
import { assertHolds, caseCount } from '../json/properties.ts';
import { tuple } from '../json/schemas.ts';
import { buildMessagePackSchema, InexactNumber, spellMessagePack, USUAL } from './arbitraries.ts';
import { tiers } from './tiers.ts';

/** Without text scales: a float has none, where its JSON text has. */
function withoutScales(cell: Cell): Cell {
	if (Array.isArray(cell)) return cell.map(withoutScales);
	if (typeof cell !== 'object' || cell === null || cell instanceof Uint8Array) return cell;
	return Object.fromEntries(
		Object.entries(cell)
			.filter(([name]) => !name.endsWith('$scale'))
			.map(([name, value]) => [name, name === 'unknownKeys' ? keptValues(value) : withoutScales(value)]),
	) as Row;
}

/** What was kept, as JSON has it: an object. */
function keptValues(kept: Cell): Cell {
	if (kept === null) return kept;
	const plain = (value: unknown): unknown => {
		if (typeof value === 'bigint') return Number(value);
		if (Array.isArray(value)) return value.map(plain);
		return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)])) : value;
	};
	return plain(kept instanceof Uint8Array ? decodeMessagePack(kept, { duplicates: 'last' }) : JSON.parse(kept as string)) as Cell;
}

/** With several variants, one more that is never chosen and has objects be maps only, as in JSON. */
function withoutPositions(schema: Schema): Schema {
	if (schema.variants.length === 1 || !mayBeByPosition(schema)) return schema;
	return { ...schema, variants: [...schema.variants, { name: 'never', role: 'control', type: tuple([{ kind: 'literal', value: 'never' }]) }] };
}

describe.each(tiers)('the $name tier', ({ create }) => {
	const memory = new WebAssembly.Memory({ initial: 16, maximum: 4096 });

	it('gives the rows of the same values as JSON', { timeout: 3_600_000 }, () => {
		const counts = { accepted: 0, refused: 0 };
		assertHolds(fc.tuple(arbitraryDraws(300), fc.array(arbitraryDraws(200), { minLength: 1, maxLength: 30, size: 'max' })), Math.ceil(caseCount(5000) / 15), ([schemaDraws, drawsOfMessages]) => {
			const schema = withoutPositions(buildMessagePackSchema(new Draws(schemaDraws)));
			// Where an array may be an object, more is accepted than JSON has.
			const mayBeMore = mayBeByPosition(schema);
			const cases = drawsOfMessages
				.flatMap((values) => {
					const d = new Draws(values);
					const document = buildDocument(schema, d);
					try {
						return [{ document, bytes: spellMessagePack(d, document, { ...USUAL, exact: true, shuffleKeys: d.chance(30) }) }];
					} catch (error) {
						if (error instanceof InexactNumber) return [];
						throw error;
					}
				})
				.filter(({ document }) => !hasDuplicateKeys(document))
				.map(({ document, bytes }) => ({ bytes, expected: expectedOf(schema, toBytes(spell(new Draws([]), document))) }))
				.filter(({ expected }) => expected !== 'unsure');
			const { rows, refused } = parseAll(
				create,
				schema,
				cases.map(({ bytes }) => bytes),
				{ rows: 64, items: 2048, textBytes: 65536, memory },
			);
			const errors = new Map(refused.map((error) => [error.sequence, error]));
			const next = new Map(Object.entries(rows).map(([name, all]) => [name, all.values()]));
			for (const [sequence, { bytes, expected }] of cases.entries()) {
				const error = errors.get(sequence);
				const wrong = (what: string): string => `${what}\nmessage: ${Buffer.from(bytes).toString('hex')}\nschema: ${JSON.stringify(schema)}`;
				if (expected === 'refused' || expected === 'unsure' || error !== undefined) {
					counts.refused++;
					if (expected !== 'refused') return wrong(`refused with ${error?.category} at ${error?.offset}`);
					if (error === undefined) {
						if (!mayBeMore) return wrong('accepted');
						next.get(schema.variants[0]?.name ?? '')?.next();
					}
					continue;
				}
				counts.accepted++;
				const variant = schema.variants[expected.variant];
				if (variant?.role !== 'table') continue;
				const row = withoutScales(next.get(variant.name)?.next().value ?? null);
				if (!isDeepStrictEqual(row, withoutScales(expected.row))) return wrong(`row ${inspect(row, { depth: 9 })}\nnot ${inspect(expected.row, { depth: 9 })}`);
			}
			return null;
		});
		expect(counts.accepted).toBeGreaterThan(counts.refused);
	});
});
