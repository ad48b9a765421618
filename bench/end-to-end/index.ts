/** From a file of lines to an Arrow file: framing, parsing, writing and all, against JSON.parse line by line. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Candidate, measure, now } from '../measure.ts';
import { createMarket, type MessageType, messageTypes } from '../messages/index.ts';
import { type CaseResult, createCase } from '../results.ts';
import { TIERS } from '../tiers.ts';
import { type ArrowBuilding, arrowBuilders } from './arrow-builders.ts';
import { toTypedArrays } from './typed-arrays.ts';
import { viaTickforge } from './via-tickforge.ts';

/** A way from the file at `input` to `output`; how many rows it found. */
export type Way = (input: string, output: string) => number | Promise<number>;

/** Bytes of the file. Slow ways take all of it, too: a file has no part of its own. */
const FILE_BYTES = 64 * 2 ** 20;
const TYPES = ['aggTrade', 'bookTicker'];

export async function* benchEndToEnd({ rounds, skip }: { readonly rounds: number; readonly skip: (why: string) => void }): AsyncGenerator<CaseResult> {
	const building = await arrowBuilders();
	if (building === null) skip('apache-arrow: skipped: not installed');
	for (const type of messageTypes.filter(({ name }) => TYPES.includes(name))) yield await benchFile(type, building, rounds);
}

async function benchFile(type: MessageType, building: ArrowBuilding | null, rounds: number): Promise<CaseResult> {
	const folder = mkdtempSync(join(tmpdir(), 'tickforge-end-to-end-'));
	try {
		const input = join(folder, 'messages.ndjson');
		const output = join(folder, 'rows.arrow');
		const market = createMarket('realistic', 32);
		const lines: string[] = [];
		for (let bytes = 0; bytes < FILE_BYTES; bytes += (lines.at(-1) as string).length) lines.push(`${type.make(market)}\n`);
		writeFileSync(input, lines.join(''));
		const messages = lines.length;
		const candidate = (name: string, way: Way): Candidate => ({
			name,
			async run() {
				const start = now();
				const rows = await way(input, output);
				const nanoseconds = (now() - start) / messages;
				if (rows !== messages) throw new Error(`tickforge bench: ${name} found ${rows} rows in a file of ${messages} messages`);
				if (statSync(output).size < messages * 8) throw new Error(`tickforge bench: ${name} left too small a file`);
				return nanoseconds;
			},
		});
		const candidates = [
			...TIERS.filter((tier) => tier !== 'reference').flatMap((tier) => [candidate(tier, viaTickforge(type, tier, 'window')), candidate(`${tier}, snapshot`, viaTickforge(type, tier, 'snapshot')), candidate(`${tier}, mapped`, viaTickforge(type, tier, 'trusted'))]),
			...(building === null ? [] : [candidate('JSON.parse + apache-arrow', building(type))]),
			candidate('JSON.parse + typed arrays', toTypedArrays(type)),
		];
		const measurements = await measure(candidates, { rounds: Math.max(3, Math.ceil(rounds / 2)), warmUp: 1 });
		return createCase(
			{
				group: 'end-to-end',
				name: `${type.name}, file to Arrow`,
				parameters: { type: type.name },
				unit: 'message',
				bytes: statSync(input).size / messages,
				notes: [
					`${messages} messages; the file is in the page cache, and what is written need not reach the disk`,
					'a tier alone reads through a window; snapshot: a sealed copy of the file is mapped; mapped: the file itself. The schema is compiled in every run. Typed arrays are written as they are, which no reader of Arrow takes',
				],
			},
			measurements,
			[...TIERS, 'JSON.parse + apache-arrow'],
		);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
