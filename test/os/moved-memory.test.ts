import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { native, whyNotNative } from '../../src/os/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'tickforge-moved-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasNative = native() !== null;
if (!hasNative) console.log(`skipped, because ${whyNotNative()}: memory that moves`);

interface Outcome {
	readonly moved: boolean;
	/** Bytes of the ring that were not what was written. */
	readonly wrong: number;
	readonly mirrored: boolean;
	readonly sums: readonly number[];
	readonly guards: readonly string[];
}

/** How much address space Node.js itself takes differs: the first limit under which it runs and its memory moves. */
function runWhereMemoryMoves(again: 'mirror' | 'copy'): Outcome {
	const outcomes: string[] = [];
	for (const kibibytes of [1_500_000, 2_000_000, 3_000_000, 4_000_000]) {
		try {
			const text = execFileSync('bash', ['-c', `ulimit -v ${kibibytes}; exec "$0" "$@"`, process.execPath, join(import.meta.dirname, 'moved-memory.ts'), folder, again], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
			const outcome = JSON.parse(text) as Outcome;
			if (outcome.moved) return outcome;
			outcomes.push(`${kibibytes}: not moved`);
		} catch (error) {
			outcomes.push(`${kibibytes}: ${error instanceof Error ? error.message : String(error)}`);
		}
	}
	throw new Error(`the memory moved under no limit: ${outcomes.join('; ')}`);
}

describe.runIf(hasNative)('memory that moves while it grows', () => {
	it('takes mirrored rings and mapped files along', () => {
		expect(runWhereMemoryMoves('mirror')).toEqual({ moved: true, wrong: 0, mirrored: true, sums: [300_000, 300_000, 300_000], guards: [] });
	});

	it('leaves a ring that copies where it cannot be mirrored again', () => {
		expect(runWhereMemoryMoves('copy')).toEqual({ moved: true, wrong: 0, mirrored: false, sums: [300_000, 300_000, 300_000], guards: [] });
	});
});
