/** What is allocated over 10 M messages in the steady state, with the layout tier learning as it does by default. */
import { compile, createArena, json } from '../src/index.ts';
import { proveAllocations } from '../src/observe/index.ts';
import { layInput } from './input.ts';
import type { MessageType } from './messages/index.ts';
import { writeMessages } from './parsers.ts';
import type { HeapResult } from './results.ts';

const BLOCK = 4096;
const MESSAGES = 10_000_000;

export async function measureHeap(type: MessageType): Promise<HeapResult> {
	const arena = createArena({ ceiling: 2 ** 30 });
	const input = layInput(arena, writeMessages(type, 'realistic', 32, { messages: BLOCK }));
	const seen = new Float64Array(1);
	const parser = compile(json(type.schema), {
		arena,
		rows: 4096,
		items: 4096 * 32,
		onBatch(batch) {
			seen[0] = (seen[0] as number) + batch.rows;
		},
	});
	let learned = -1;
	const { measured, onceBytes } = await proveAllocations(
		(pace) => {
			while (pace(BLOCK)) parser.parseMany(input.table, BLOCK);
		},
		{
			messages: MESSAGES,
			// The end of a window of the layout tier is in each.
			segments: 40,
			arena,
			sampled: 0,
			isSettled() {
				const { layouts } = parser.statistics();
				const before = learned;
				learned = layouts === null ? 0 : layouts.learnMilliseconds + layouts.modules;
				return learned === before && layouts?.state !== 'learning';
			},
		},
	);
	parser.dispose();
	const collections = Object.values(measured.collections).reduce((sum, number) => sum + number, 0);
	return { type: type.name, bytesPerMessage: onceBytes / measured.messages, collections, messages: measured.messages };
}
