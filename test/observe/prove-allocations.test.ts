import { describe, expect, it } from 'vitest';
import { type AnyBatch, compile, createArena, DESCRIPTOR, decimal, json, message, type Parser, type Schema, symbol } from '../../src/index.ts';
import { proveAllocations, type Workload } from '../../src/observe/index.ts';

const MESSAGES = 400_000;
const few = { messages: MESSAGES, segments: 20, sampled: 200_000 } as const;
const BLOCK = 500;

const trade = message('trade', { symbol: symbol().key('s'), price: decimal(2).key('p') });

/** A parser over a block of messages that lie in its arena, and the workload that parses them again and again. */
function repeated(onBatch?: (batch: AnyBatch<Schema>) => void): { parser: Parser<Schema>; workload: Workload } {
	const arena = createArena({ ceiling: 2 ** 26 });
	const bytes = new TextEncoder().encode('{"s":"BTC","p":"64000.25"}');
	const input = arena.allocate('messages', BLOCK * bytes.length);
	const table = arena.allocate('descriptors', BLOCK * DESCRIPTOR.size);
	for (let index = 0; index < BLOCK; index++) {
		const at = input.address + index * bytes.length;
		arena.u8().set(bytes, at);
		arena.view().setUint32(table.address + index * DESCRIPTOR.size + DESCRIPTOR.offset, at, true);
		arena.view().setUint32(table.address + index * DESCRIPTOR.size + DESCRIPTOR.length, bytes.length, true);
	}
	const parser = compile(json({ name: 'feed', version: 1, variants: [trade] } as Schema), { arena, rows: 256, tier: 'schema', ...(onBatch === undefined ? {} : { onBatch }) });
	return {
		parser,
		workload(pace) {
			while (pace(BLOCK)) parser.parseMany(table.address, BLOCK);
		},
	};
}

describe('proveAllocations', () => {
	it('proves a parser clean, and says what measuring took', async () => {
		const { parser, workload } = repeated();
		const proof = await proveAllocations(workload, { ...few, arena: parser.arena });
		expect(proof.reasons).toEqual([]);
		expect(proof.isZero).toBe(true);
		expect(proof.sites).toEqual([]);
		expect(proof.measured.messages).toBe(MESSAGES);
		expect(proof.measured.segments).toHaveLength(20);
		// Reading the counters allocates, and that is not hidden.
		expect(proof.floor.growth.heap).toBeGreaterThan(0);
		expect(proof.floor.segments).toHaveLength(20);
		expect(proof.measured.growth).toMatchObject({ arena: 0, memory: 0 });
	});

	it('catches a callback that allocates, and names it', async () => {
		let kept: unknown;
		function copiesRows(batch: AnyBatch<Schema>): void {
			for (let row = 0; row < batch.rows; row++) kept = { row, of: batch.table };
		}
		const { workload } = repeated(copiesRows);
		const proof = await proveAllocations(workload, { ...few, warmUp: MESSAGES });
		expect(kept).toBeDefined();
		expect(proof.isZero).toBe(false);
		// An object of two fields for each message.
		expect(proof.measured.bytesPerMessage).toBeGreaterThan(16);
		expect(proof.measured.bytesPerMessage).toBeLessThan(200);
		const [worst] = proof.sites;
		expect(worst?.function).toBe('copiesRows');
		expect(worst?.file).toMatch(/prove-allocations\.test\.ts$/);
		expect(worst?.bytesPerMessage).toBeGreaterThan(16);
		expect(worst?.callers.map((frame) => frame.function)).toContain('parseMany');
		expect(proof.sites.every(({ isGenerated }) => !isGenerated)).toBe(true);
	});

	it('catches what is allocated once a batch only', async () => {
		let kept: unknown;
		const { workload } = repeated((batch) => {
			kept = [batch.rows];
		});
		const proof = await proveAllocations(workload, { ...few, warmUp: MESSAGES, sampled: 0 });
		expect(kept).toEqual([256]);
		expect(proof.isZero).toBe(false);
		expect(proof.reasons[0]).toMatch(/of 20 segments allocated/);
		expect(proof.sites).toEqual([]);
	});

	it('counts what was collected in the meantime', async () => {
		let kept: unknown;
		const proof = await proveAllocations(
			(pace) => {
				while (pace(1)) kept = new Array(100).fill(kept === undefined ? 1 : 2);
			},
			{ messages: 100_000, segments: 10, warmUp: 0, sampled: 0 },
		);
		// 100 elements of 8 bytes, twice a header.
		expect(proof.measured.bytesPerMessage).toBeGreaterThan(800);
		expect(proof.measured.bytesPerMessage).toBeLessThan(1000);
		expect(proof.measured.collections.minor).toBeGreaterThan(0);
		expect(kept).toHaveLength(100);
	});

	it('sees array buffers and regions of the arena', async () => {
		const arena = createArena({ ceiling: 2 ** 26 });
		const buffers: ArrayBuffer[] = [];
		const proof = await proveAllocations(
			(pace) => {
				while (pace(100)) {
					buffers.push(new ArrayBuffer(4096));
					arena.allocate('leak', 64);
				}
			},
			{ messages: 10_000, segments: 10, warmUp: 0, sampled: 0, arena },
		);
		expect(proof.isZero).toBe(false);
		expect(proof.measured.growth.arrayBuffers).toBeGreaterThanOrEqual(100 * 4096);
		expect(proof.measured.growth.external).toBeGreaterThan(95 * 4096);
		expect(proof.measured.growth.arena).toBe(100 * 128);
		expect(proof.reasons.join()).toMatch(/regions of the arena grew by 12800 bytes/);
	});

	it('says what is wrong with a workload that ends early, and with options', async () => {
		await expect(proveAllocations((pace) => void pace(1), { messages: 1000, segments: 4, warmUp: 0 })).rejects.toThrow(/returned after 0 messages, before pace\(\) said so; repeat the input/);
		await expect(proveAllocations((pace) => void pace(0), { messages: 1000, segments: 4 })).rejects.toThrow(/how many messages come next, not 0/);
		await expect(proveAllocations(() => undefined, { segments: 3 })).rejects.toThrow(/4 to 1000 segments, not 3/);
		await expect(proveAllocations(() => undefined, { messages: 50 })).rejects.toThrow(/take more messages/);
	});
});
