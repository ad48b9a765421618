/** Where and of what a measurement was taken: what a table of times is worth nothing without. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Machine {
	readonly processor: string;
	readonly processors: number;
	/** Bytes of the first, second and third level, as Linux tells them; null where it does not. */
	readonly caches: readonly (number | null)[];
	readonly memory: number;
	readonly system: string;
	readonly node: string;
	readonly v8: string;
	/** The tree that was measured; null outside of git. */
	readonly commit: string | null;
	/** Whether files differed from the commit. */
	readonly changed: boolean;
	readonly date: string;
	/** Processes that wanted to run in the minute before. */
	readonly load: number;
}

/** Bytes of a data cache of the first processor; null where the system does not tell. */
export function cacheBytes(level: 1 | 2 | 3): number | null {
	for (let index = 0; index < 8; index++) {
		try {
			const read = (name: string): string => readFileSync(`/sys/devices/system/cpu/cpu0/cache/index${index}/${name}`, 'utf8').trim();
			if (Number(read('level')) !== level || read('type') === 'Instruction') continue;
			const match = /^(\d+)([KMG]?)$/.exec(read('size'));
			return match === null ? null : Number(match[1]) * { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, '': 1 }[match[2] as 'K' | 'M' | 'G' | ''];
		} catch {
			return null;
		}
	}
	return null;
}

export function describeMachine(): Machine {
	const git = (...args: string[]): string | null => {
		try {
			return execFileSync('git', args, { cwd: join(import.meta.dirname, '..'), stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }).trim();
		} catch {
			return null;
		}
	};
	return {
		processor: cpus()[0]?.model.trim() ?? 'unknown processor',
		processors: cpus().length,
		caches: [cacheBytes(1), cacheBytes(2), cacheBytes(3)],
		memory: totalmem(),
		system: `${platform()} ${release()}`,
		node: process.versions.node,
		v8: process.versions.v8,
		commit: git('rev-parse', '--short=12', 'HEAD'),
		changed: (git('status', '--porcelain', '--untracked-files=no', '--', 'src') ?? '') !== '',
		date: new Date().toISOString(),
		load: loadavg()[0] ?? 0,
	};
}
