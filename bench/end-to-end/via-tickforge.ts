/** tickforge's way: the file mapped, or read through a window, framed, parsed, and written batch by batch. */

import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { lines } from '../../src/framing/lines.ts';
import { createArena, createArrowSink, json, parseFeed, type Tier } from '../../src/index.ts';
import { type MappingWay, mapFile } from '../../src/os/index.ts';
import { fileSource } from '../../src/sources/file.ts';
import type { MessageType } from '../messages/index.ts';
import type { Way } from './index.ts';

const ROWS = 16384;

export function viaTickforge(type: MessageType, tier: Tier, way: 'window' | MappingWay): Way {
	// One arena for all rounds, as a program that stays has it; compiling the schema counts in each.
	const arena = createArena({ ceiling: 2 ** 30 });
	return async (input, output) => {
		const sink = createArrowSink(output, layoutSchema(type.schema, { rows: ROWS }));
		const summary = await parseFeed(json(type.schema), way === 'window' ? fileSource(input) : mapFile(arena, input, { way }), lines(), {
			tier,
			arena,
			rows: ROWS,
			onBatch: (batch) => sink.write(batch) ?? undefined,
		});
		const { rows } = await sink.close();
		if (summary.statistics.refused > 0) throw new Error(`tickforge bench: ${summary.statistics.refused} messages of ${type.name} were refused`);
		return rows;
	};
}
