/** tickforge's way: the file mapped, or read through a window, framed, parsed, and written batch by batch. */

import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { lines } from '../../src/framing/lines.ts';
import { createArena, createArrowSink, json, parseFeed, type Tier } from '../../src/index.ts';
import { mapFile } from '../../src/os/index.ts';
import { fileSource } from '../../src/sources/file.ts';
import type { MessageType } from '../messages/index.ts';
import type { Way } from './index.ts';

const ROWS = 16384;

export function viaTickforge(type: MessageType, tier: Tier, way: 'mapped' | 'read'): Way {
	return async (input, output) => {
		const arena = createArena({ ceiling: 2 ** 30 });
		const sink = createArrowSink(output, layoutSchema(type.schema, { rows: ROWS }));
		const summary = await parseFeed(json(type.schema), way === 'mapped' ? mapFile(arena, input) : fileSource(input), lines(), {
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
