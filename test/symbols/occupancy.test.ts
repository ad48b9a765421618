import { describe, expect, it } from 'vitest';
import { symbolVerdicts } from '../../src/compiler/placement-verdicts.ts';
import { ASSUMED_CACHES } from '../../src/os/index.ts';
import { createSymbolTable, internSymbol, probesOf, type SymbolTableOccupancy, symbolTableBytes, symbolTableOccupancy } from '../../src/symbols/index.ts';

const encoder = new TextEncoder();
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `SYMBOL${index}USDT`);
function tableOf(known: readonly string[], later: readonly string[], capacity: number): { occupancy: SymbolTableOccupancy; memory: WebAssembly.Memory } {
	const size = { capacity, textBytes: capacity * 32 };
	const memory = new WebAssembly.Memory({ initial: Math.ceil(symbolTableBytes(size) / 65536) + 1 });
	createSymbolTable(memory, 4096, size, known);
	for (const name of later) internSymbol(memory, 4096, encoder.encode(name));
	return { occupancy: symbolTableOccupancy(memory, 4096), memory };
}

describe('the occupancy of a symbol table', () => {
	it('is nothing for an empty one', () => {
		const { occupancy } = tableOf([], [], 64);
		expect(occupancy).toMatchObject({ names: 0, capacity: 64, slots: 128, probes: [], headLines: 2, linesPerLookup: 0, workingLines: 0 });
		expect(symbolVerdicts(occupancy, ASSUMED_CACHES)[0]?.text).toMatch(/empty/);
	});

	it('is one probe for each name that was known', () => {
		const { occupancy } = tableOf(names(200), [], 200);
		expect(occupancy.names).toBe(200);
		expect(occupancy.probes).toEqual([200]);
		// A displacement, a slot, a text of 16 bytes: each in one line.
		expect(occupancy.linesPerLookup).toBeLessThanOrEqual(3);
		expect(occupancy.linesPerLookup).toBeGreaterThan(2.5);
		expect(symbolVerdicts(occupancy, ASSUMED_CACHES)[0]).toMatchObject({ weight: 'good', text: expect.stringMatching(/first probe/) });
	});

	it('is the probes of each name that came later', () => {
		const later = names(200);
		const { occupancy, memory } = tableOf([], later, 200);
		const expected: number[] = [];
		for (const name of later) {
			const probes = probesOf(memory, 4096, encoder.encode(name));
			expected[probes - 1] = (expected[probes - 1] ?? 0) + 1;
		}
		expect(occupancy.probes).toEqual(Array.from(expected, (count) => count ?? 0));
		expect(occupancy.probes.length).toBeGreaterThan(1);
	});

	it('counts the lines of one name exactly', () => {
		const { occupancy } = tableOf([], ['A'], 1024);
		// The head’s two lines; the displacement, the slot and the text, far apart in a table of this size.
		expect(occupancy).toMatchObject({ linesPerLookup: 3, workingLines: 5, textUsed: 16 });
		// A text of 80 bytes lies in two lines.
		expect(tableOf([], ['x'.repeat(70)], 1024).occupancy.linesPerLookup).toBe(4);
	});

	it('has verdicts on bad probes and big working sets', () => {
		const base: SymbolTableOccupancy = { names: 100, capacity: 100, slots: 256, bytes: 1, textUsed: 0, textBytes: 0, probes: [50, 30, 20], headLines: 2, linesPerLookup: 3, workingLines: 300 };
		const [probes, lines] = symbolVerdicts(base, ASSUMED_CACHES);
		expect(probes).toMatchObject({ weight: 'bad', text: expect.stringMatching(/50 % .* the farthest with 3; .*knownSymbols/) });
		expect(lines).toMatchObject({ weight: 'note', text: expect.stringMatching(/19 KiB, more than half of the first-level cache \(32 KiB\)/) });
	});
});
