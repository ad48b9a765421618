/** What the system offers here, for `tickforge doctor`. Each is tried for real on a small arena. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArena, createMirroredRing } from '../memory/index.ts';
import { adviseHugePages, type Granted, lockMemory, pinThread, preferNode, unlockMemory } from './advice.ts';
import { mapFile } from './file-mapping.ts';
import { native, whyNotNative } from './native.ts';
import { ringMapping } from './ring-mapping.ts';

export interface Facility {
	readonly name: string;
	/** `native`: the system's own way. `portable`: works, with a copy or without the wish granted. */
	readonly way: 'native' | 'portable';
	readonly detail: string;
	/** What would make it native, where something would. */
	readonly remedy?: string;
}

export function describeFacilities(): Facility[] {
	const arena = createArena({ initial: 2 ** 22, ceiling: 2 ** 26 });
	const withoutNative = native() === null ? { remedy: process.platform === 'linux' ? 'npm install koffi' : 'none needed: the portable ways are used' } : {};
	const wish = (name: string, granted: Granted, remedy?: string): Facility => ({ name, way: granted.granted ? 'native' : 'portable', detail: granted.detail, ...(granted.granted ? {} : native() === null ? withoutNative : remedy === undefined ? {} : { remedy }) });
	const facilities: Facility[] = [];
	const calls = native();
	facilities.push({ name: 'system calls', way: calls === null ? 'portable' : 'native', detail: calls === null ? whyNotNative() : 'koffi', ...withoutNative });

	const folder = mkdtempSync(join(tmpdir(), 'tickforge-doctor-'));
	try {
		const path = join(folder, 'file');
		writeFileSync(path, new Uint8Array(10_000).fill(7));
		const mapping = mapFile(arena, path, { way: 'snapshot' });
		facilities.push({ name: 'file mapping', way: mapping.way === 'read' ? 'portable' : 'native', detail: mapping.way === 'read' ? 'files are read into the arena' : 'sealed snapshots and files can be mapped into the arena', ...withoutNative });
		mapping.release();
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
	const ring = createMirroredRing(arena, 'doctor', 65536, ringMapping());
	facilities.push({ name: 'ring', way: ring.mirrored ? 'native' : 'portable', detail: ring.mirrored ? 'mirrored pages: no copy at the wrap' : 'copies what wraps', ...withoutNative });
	ring.dispose();
	const region = arena.allocate('doctor', 2 ** 20, { align: 4096 });
	facilities.push(wish('huge pages', adviseHugePages(arena), 'set /sys/kernel/mm/transparent_hugepage/enabled to madvise'));
	facilities.push(wish('locked memory', lockMemory(arena, region.address, region.size), 'raise RLIMIT_MEMLOCK (ulimit -l)'));
	unlockMemory(arena, region.address, region.size);
	facilities.push(wish('NUMA policy', preferNode(arena, region.address, region.size, 0), 'allow the mbind system call'));
	const everywhere = Array.from({ length: Math.min(1024, availableParallelism()) }, (_, processor) => processor);
	facilities.push(wish('processor affinity', pinThread(everywhere), 'allow the sched_setaffinity system call'));
	return facilities;
}
