import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createArena, createMirroredRing } from '../../src/memory/index.ts';
import { adviseHugePages, describeFacilities, FileChangedError, lockMemory, mapFile, native, pinThread, preferNode, ringMapping, unlockMemory, whyNotNative } from '../../src/os/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'tickforge-os-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hasNative = native() !== null;
const nativeOnly = hasNative ? it : it.skip;
if (!hasNative) console.log(`skipped, because ${whyNotNative()}: native file mapping, mirrored ring`);
const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);

describe('a file in the arena', () => {
	for (const way of ['snapshot', 'trusted', 'read'] as const) {
		it(`is the same bytes, ${way}`, () => {
			const path = join(folder, `same-${way}`);
			writeFileSync(path, bytes);
			const arena = createArena({ ceiling: 2 ** 26 });
			const mapping = mapFile(arena, path, { way });
			expect(mapping.way).toBe(hasNative ? way : 'read');
			expect(mapping.length).toBe(bytes.length);
			expect(Buffer.compare(arena.u8().subarray(mapping.address, mapping.address + mapping.length), bytes)).toBe(0);
			mapping.check();
			mapping.release();
			expect(() => mapping.release()).toThrow();
			// The region is ordinary memory again.
			const again = arena.allocate('again', bytes.length, { align: 4096 });
			arena.u8().fill(1, again.address, again.address + again.size);
			expect(arena.checkGuards()).toEqual([]);
		});
	}

	for (const way of [undefined, 'snapshot'] as const) {
		it(`stays what it was when the file is truncated, ${way ?? 'by default'}`, () => {
			const path = join(folder, 'truncated');
			writeFileSync(path, bytes);
			const arena = createArena({ ceiling: 2 ** 26 });
			const mapping = mapFile(arena, path, way === undefined ? {} : { way });
			truncateSync(path, 10);
			expect(Buffer.compare(arena.u8().subarray(mapping.address, mapping.address + mapping.length), bytes)).toBe(0);
		});
	}

	it('is read unless a mapping is asked for, which bench/mapping.ts shows to be the fastest of the safe ways', () => {
		const path = join(folder, 'default');
		writeFileSync(path, bytes);
		expect(mapFile(createArena({ ceiling: 2 ** 26 }), path).way).toBe('read');
	});

	it('is followed by zeros in its region, also where the memory was used before', () => {
		const path = join(folder, 'tail');
		writeFileSync(path, bytes);
		for (const way of ['snapshot', 'trusted', 'read'] as const) {
			const arena = createArena({ ceiling: 2 ** 26 });
			const used = arena.allocate('used', 2 ** 20);
			arena.u8().fill(0x55, used.address, used.address + used.size);
			arena.release(used);
			const mapping = mapFile(arena, path, { way });
			const end = mapping.address + mapping.length;
			expect(
				arena
					.u8()
					.subarray(end, Math.ceil(end / 4096) * 4096)
					.every((byte) => byte === 0),
			).toBe(true);
			expect(arena.checkGuards()).toEqual([]);
		}
	});

	it('may be large enough for huge pages', () => {
		const path = join(folder, 'large');
		const large = new Uint8Array(9_000_000).map((_, index) => Math.imul(index, 2654435761) >>> 24);
		writeFileSync(path, large);
		const arena = createArena({ ceiling: 2 ** 26 });
		for (let turn = 0; turn < 2; turn++) {
			const mapping = mapFile(arena, path);
			expect(Buffer.compare(arena.u8().subarray(mapping.address, mapping.address + mapping.length), large)).toBe(0);
			mapping.release();
		}
	});

	nativeOnly('says that a trusted file changed', () => {
		const path = join(folder, 'trusted');
		writeFileSync(path, bytes);
		const mapping = mapFile(createArena({ ceiling: 2 ** 26 }), path, { way: 'trusted' });
		truncateSync(path, 10);
		expect(() => mapping.check()).toThrow(FileChangedError);
	});

	nativeOnly('survives truncation in a process of its own, where a trusted mapping would not', () => {
		const path = join(folder, 'child');
		const script = (way: string): string => `
			import { truncateSync, writeFileSync } from 'node:fs';
			import { createArena } from '${join(import.meta.dirname, '../../src/memory/index.ts')}';
			import { mapFile } from '${join(import.meta.dirname, '../../src/os/index.ts')}';
			writeFileSync('${path}', new Uint8Array(1000000).fill(1));
			const arena = createArena({ ceiling: 2 ** 26 });
			const mapping = mapFile(arena, '${path}', { way: '${way}' });
			truncateSync('${path}', 0);
			let sum = 0;
			for (const byte of arena.u8().subarray(mapping.address, mapping.address + mapping.length)) sum += byte;
			console.log(sum);`;
		const run = (way: string): string => execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script(way)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
		expect(run('snapshot')).toBe('1000000');
		expect(run('read')).toBe('1000000');
		expect(() => run('trusted')).toThrow(/SIGBUS|failed/);
	});

	it('may be empty, and must be a file', () => {
		const path = join(folder, 'empty');
		writeFileSync(path, '');
		const arena = createArena();
		expect(mapFile(arena, path).length).toBe(0);
		expect(() => mapFile(arena, folder)).toThrow(/EISDIR|no regular file/);
		expect(() => mapFile(arena, join(folder, 'missing'))).toThrow(/ENOENT/);
	});
});

describe('a ring', () => {
	for (const way of ['native', 'portable'] as const) {
		(way === 'native' ? nativeOnly : it)(`is contiguous across the wrap, ${way}`, () => {
			const arena = createArena({ ceiling: 2 ** 26 });
			const ring = createMirroredRing(arena, 'ring', 8192, way === 'native' ? ringMapping() : undefined);
			expect(ring.mirrored).toBe(way === 'native');
			let written = 0;
			let read = 0;
			// Differs from lap to lap, so that stale bytes show.
			const byteAt = (position: number): number => Math.imul(position, 2654435761) >>> 24;
			let seed = 1;
			const random = (below: number): number => {
				seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
				return (seed >>> 8) % below;
			};
			for (let step = 0; step < 5000; step++) {
				const size = 1 + random(3000);
				const address = ring.reserve(size);
				if (address === 0) expect(ring.capacity - ring.readable).toBeLessThan(size);
				else {
					const used = random(size + 1);
					for (let at = 0; at < used; at++) arena.u8()[address + at] = byteAt(written + at);
					ring.commit(used);
					written += used;
				}
				const from = ring.readAddress();
				const available = ring.readable;
				for (let at = 0; at < available; at += 7) expect(arena.u8()[from + at]).toBe(byteAt(read + at));
				const consumed = random(available + 1);
				ring.consume(consumed);
				read += consumed;
			}
			expect(ring.stats()).toMatchObject({ committed: written, consumed: read });
			expect(written).toBeGreaterThan(8192 * 20);
			expect(arena.checkGuards()).toEqual([]);
			ring.dispose();
		});
	}
});

describe('wishes', () => {
	it('are granted or refused in words, and never needed', () => {
		const arena = createArena({ initial: 2 ** 22 });
		const region = arena.allocate('region', 2 ** 20, { align: 4096 });
		for (const granted of [adviseHugePages(arena), lockMemory(arena, region.address, region.size), unlockMemory(arena, region.address, region.size), preferNode(arena, region.address, region.size, 0), pinThread([0])]) {
			expect(granted.detail).not.toBe('');
		}
		pinThread(Array.from({ length: 64 }, (_, processor) => processor));
		expect(() => pinThread([])).toThrow(/processors/);
		expect(() => preferNode(arena, region.address, region.size, 64)).toThrow(/nodes/);
	});

	it('are described for the doctor', () => {
		const names = describeFacilities().map(({ name }) => name);
		expect(names).toEqual(['system calls', 'file mapping', 'ring', 'huge pages', 'locked memory', 'NUMA policy', 'processor affinity']);
	});
});
