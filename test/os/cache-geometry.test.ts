import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ASSUMED_CACHES, readCacheGeometry } from '../../src/os/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'tickforge-caches-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function caches(name: string, list: readonly (readonly [level: number, type: string, size: string, line: number, sets: number, ways: number])[]): string {
	list.forEach(([level, type, size, line, sets, ways], index) => {
		const at = join(folder, name, `index${index}`);
		mkdirSync(at, { recursive: true });
		for (const [file, value] of Object.entries({ level, type, size, coherency_line_size: line, number_of_sets: sets, ways_of_associativity: ways })) writeFileSync(join(at, file), `${value}\n`);
	});
	return join(folder, name);
}

describe('the caches of the machine', () => {
	it('are what the system says', () => {
		const place = caches('intel', [
			[1, 'Instruction', '32K', 64, 64, 8],
			[1, 'Data', '48K', 64, 64, 12],
			[2, 'Unified', '2048K', 64, 2048, 16],
			[3, 'Unified', '36M', 64, 49152, 12],
		]);
		expect(readCacheGeometry(place)).toEqual({ line: 64, sets: 64, ways: 12, level2: 2 ** 21, level3: 36 * 2 ** 20, source: 'system' });
	});

	it('are assumed where it says nothing, or nonsense', () => {
		expect(readCacheGeometry(join(folder, 'nowhere'))).toBe(ASSUMED_CACHES);
		expect(readCacheGeometry(caches('virtual', [[1, 'Data', '32K', 0, 0, 0]]))).toBe(ASSUMED_CACHES);
		expect(readCacheGeometry(caches('only-2', [[2, 'Unified', '1024K', 64, 2048, 8]]))).toBe(ASSUMED_CACHES);
	});

	it('are consistent here', () => {
		const { line, sets, ways, level2 } = readCacheGeometry();
		expect(Math.log2(line) % 1).toBe(0);
		expect(sets * ways * line).toBeGreaterThanOrEqual(8192);
		if (level2 !== null) expect(level2).toBeGreaterThanOrEqual(sets * ways * line);
	});
});
