/** Random messages of random types, whole and broken: every tier gives the same bytes, errors and offsets as the reference. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertHolds, caseCount } from '../json/properties.ts';
import { type Agreement, disagreement, messageDraws, seeded, someCases, worldDraws } from './harness.ts';
import { reference, tiers } from './tiers.ts';

/** Types of a run; each gets messages in several properties. */
const TYPES = 60;

describe.each(tiers.filter(({ of }) => of !== reference))('the $name tier', ({ of }) => {
	it('gives the same bytes as the reference', { timeout: 7_200_000 }, async () => {
		const total: Agreement = { accepted: 0, refused: 0, full: 0 };
		const runs = Math.ceil(caseCount(5000) / 60);
		const seed = Number(process.env.TICKFORGE_SEED ?? Date.now() % 1_000_000);
		const cases = await someCases(Math.min(runs, Math.max(TYPES, runs / 20)), seeded(seed));
		assertHolds(fc.tuple(fc.nat(cases.length - 1), worldDraws, fc.array(messageDraws, { minLength: 1, maxLength: 50, size: 'max' })), runs, ([which, world, messages]) => {
			const difference = disagreement(of, cases[which] as (typeof cases)[number], world, messages, total);
			return difference === null ? null : `${difference}\n(types of seed ${seed})`;
		});
		// Else the messages would say little.
		expect(total.accepted).toBeGreaterThan(total.refused / 3);
		expect(total.full).toBeGreaterThan(0);
	});
});
