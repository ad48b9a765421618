import { describe, expect, it } from 'vitest';
import { compile, decimal, json, message, type Parser, symbol } from '../../src/index.ts';
import { proveRestarts } from '../../src/observe/index.ts';

const trade = message('trade', { symbol: symbol().key('s'), price: decimal(2).key('p') });

function startAndStop(): Parser<never> {
	const parser = compile(json(trade), { ceiling: 2 ** 24, tier: 'schema' });
	parser.parse('{"s":"BTC","p":"64000.25"}');
	parser.flush();
	parser.dispose();
	return parser as unknown as Parser<never>;
}

describe('proveRestarts', () => {
	it('finds nothing left behind by a parser that is disposed', async () => {
		const proof = await proveRestarts(() => void startAndStop(), { rounds: 15 });
		expect(proof.reasons).toEqual([]);
		expect(proof.isLeaking).toBe(false);
		expect(proof.heap.bytes).toHaveLength(15);
	});

	it('catches parsers that something holds on to', async () => {
		const held: unknown[] = [];
		const proof = await proveRestarts(
			() => {
				held.push(startAndStop());
			},
			{ rounds: 10, warmUp: 5 },
		);
		expect(proof.isLeaking).toBe(true);
		expect(proof.heap.isGrowing).toBe(true);
		expect(proof.heap.steadiness).toBeGreaterThan(0.9);
		expect(proof.reasons.join()).toMatch(/the JavaScript heap grows by \d+ bytes with each start and stop/);
		expect(held).toHaveLength(15);
	});

	it('catches memory outside of the heap', async () => {
		const held: unknown[] = [];
		const proof = await proveRestarts(() => void held.push(new ArrayBuffer(100_000)), { rounds: 10, warmUp: 3 });
		expect(proof.external).toMatchObject({ isGrowing: true, bytesPerRound: 100_000 });
	});

	it('takes enough rounds for a trend', async () => {
		await expect(proveRestarts(() => undefined, { rounds: 3 })).rejects.toThrow(/8 rounds at least, not 3/);
	});
});
