/** Batches for tests: messages parsed by the reference tier. */

import { type Batch, createBatchReader } from '../../src/columns/index.ts';
import type { LayoutOptions } from '../../src/compiler/batch-layout.ts';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { json } from '../../src/protocols/json/index.ts';
import type { Schema } from '../../src/schema/index.ts';
import { openSymbolReader, type SymbolReader } from '../../src/symbols/index.ts';
import { World } from '../protocols/json/harness.ts';

export interface TestTable {
	readonly batch: Batch;
	readonly symbols: readonly SymbolReader[];
	/** Parses more messages into the batch. */
	add(messages: readonly string[]): void;
	/** Empties the batch; its symbols stay. */
	clear(): void;
	readonly world: World;
}

/** A world with one table's batch open. */
export function testTable(schema: Schema, messages: readonly string[], options: LayoutOptions = {}): TestTable {
	const layout = layoutSchema(schema, options);
	const world = new World(layout);
	const parse = json(schema).reference(layout, world.memory);
	const [table] = layout.tables;
	if (table === undefined) throw new Error('the schema has no table');
	const symbols = world.symbolTables.map((address) => openSymbolReader(world.memory, address));
	const reader = createBatchReader(world.memory, table, symbols);
	const add = (more: readonly string[]): void => {
		const bytes = more.map((message) => new TextEncoder().encode(message));
		if (world.parse(parse, bytes) !== bytes.length) throw new Error(`stopped: ${world.stop}`);
		if (world.errorCount > 0) throw new Error(`refused: ${JSON.stringify(world.refused())}`);
		reader.open(world.batches[0] as number);
	};
	add(messages);
	return {
		batch: reader.batch,
		symbols,
		add,
		clear() {
			world.clearTable(0);
			reader.open(world.batches[0] as number);
		},
		world,
	};
}
