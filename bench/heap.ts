/** Growth of the JavaScript heap and garbage collections over 10 M messages in the steady state. */
import { PerformanceObserver } from 'node:perf_hooks';
import { compile, createArena, json } from '../src/index.ts';
import { layInput } from './input.ts';
import type { MessageType } from './messages/index.ts';
import { writeMessages } from './parsers.ts';
import type { HeapResult } from './results.ts';

const BLOCK = 4096;
const MESSAGES = 10_000_000;

export function measureHeap(type: MessageType): HeapResult {
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
	const round = (): void => parser.parseMany(input.table, BLOCK);
	for (let warm = 0; warm < 500; warm++) round();
	let collections = 0;
	const observer = new PerformanceObserver((list) => {
		collections += list.getEntries().length;
	});
	observer.observe({ entryTypes: ['gc'] });
	const calls = Math.ceil(MESSAGES / BLOCK);
	const before = process.memoryUsage();
	for (let call = 0; call < calls; call++) round();
	const after = process.memoryUsage();
	collections += observer.takeRecords().length;
	observer.disconnect();
	parser.dispose();
	const growth = after.heapUsed - before.heapUsed + (after.external - before.external);
	return { type: type.name, bytesPerMessage: growth / (calls * BLOCK), collections, messages: calls * BLOCK };
}
