/** Parsers that count their branches, and parsers that follow what was counted, give the reference's bytes. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type BranchProfile, createBranchProfile } from '../../../src/compiler/branch-profile.ts';
import { instantiateParser } from '../../../src/compiler/instantiate.ts';
import { msgpack } from '../../../src/protocols/msgpack/index.ts';
import { type BranchCount, readBranchCounts, readBranchSites } from '../../../src/wasm/index.ts';
import { arbitraryDraws, Draws } from '../json/arbitraries.ts';
import { compareTiers, type Tier } from '../json/harness.ts';
import { assertHolds, caseCount } from '../json/properties.ts';
import { buildMessagePackMessage, buildMessagePackSchema } from './arbitraries.ts';
import { reference } from './tiers.ts';

/** A tier that counts; `read` gives what the last parser made of it has counted. */
function countingTier(): { tier: Tier; read: () => BranchCount[] } {
	let read = (): BranchCount[] => [];
	const create: Tier['create'] = (layout, memory, allocate) => {
		const module = new WebAssembly.Module(msgpack(layout.schema).generate(layout, { countBranches: true }));
		return instantiateParser(module, memory, allocate, (address) => {
			read = () => readBranchCounts(memory, address, readBranchSites(module) ?? []);
		});
	};
	return { tier: { name: 'counting', create }, read: () => read() };
}

const following = (branchProfile: BranchProfile): Tier => ({ name: 'following', create: (layout, memory, allocate) => instantiateParser(new WebAssembly.Module(msgpack(layout.schema).generate(layout, { branchProfile })), memory, allocate) });

/** How often the function was called. */
const calls = (counts: readonly BranchCount[], name: string): number => counts.find((site) => site.kind === 'call' && site.function === name)?.counts[0] ?? 0;

it('random schemas and messages give the same bytes with counters, and with what they counted', { timeout: 7_200_000 }, () => {
	const memories = [new WebAssembly.Memory({ initial: 16, maximum: 4096 }), new WebAssembly.Memory({ initial: 16, maximum: 4096 })] as const;
	const total = { accepted: 0, refused: 0, hinted: 0 };
	assertHolds(fc.tuple(arbitraryDraws(300), fc.array(arbitraryDraws(220), { minLength: 1, maxLength: 60, size: 'max' })), Math.ceil(caseCount(3000) / 60), ([schemaDraws, drawsOfMessages]) => {
		const schema = buildMessagePackSchema(new Draws(schemaDraws));
		const messages = drawsOfMessages.map((values) => buildMessagePackMessage(schema, new Draws(values)));
		const options = { rows: 64, items: 64, textBytes: 1024, received: true, sequence: true, symbols: 64, batch: 1000, memories };
		const { tier, read } = countingTier();
		const counted = compareTiers([reference, tier], schema, messages, {
			...options,
			count: (accepted, refused) => {
				total.accepted += accepted;
				total.refused += refused;
			},
		});
		if (counted !== null) return `counting: ${counted}\n${JSON.stringify(schema)}`;
		const counts = read();
		if (calls(counts, 'parse') === 0) return `counting: parse was never called\n${JSON.stringify(schema)}`;
		if (counts.some((site) => (site.kind === 'if' || site.kind === 'branchIf') && site.counts.reduce((sum, count) => sum + count, 0) >= 64)) total.hinted++;
		const difference = compareTiers([reference, following(createBranchProfile(schema, counts))], schema, messages, options);
		return difference === null ? null : `following: ${difference}\n${JSON.stringify(schema)}`;
	});
	// Else it would say little.
	expect(total.accepted).toBeGreaterThan(total.refused / 3);
	expect(total.hinted).toBeGreaterThan(0);
});
