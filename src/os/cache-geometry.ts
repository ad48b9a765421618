/** The processor's data caches, as the system describes them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CacheGeometry {
	/** Bytes of a line. */
	readonly line: number;
	/** First level, data: lines whose addresses are equal modulo `sets * line` share a set, which holds `ways` of them. */
	readonly sets: number;
	readonly ways: number;
	/** Bytes of the second and third level; null where not known. */
	readonly level2: number | null;
	readonly level3: number | null;
	/** `system`: of this machine. `assumed`: 64 sets of 8 ways, as most processors have. */
	readonly source: 'system' | 'assumed';
}

export const ASSUMED_CACHES: CacheGeometry = { line: 64, sets: 64, ways: 8, level2: null, level3: null, source: 'assumed' };

/** Reads what Linux says of the first processor. @param folder another place than sysfs, for tests */
export function readCacheGeometry(folder = '/sys/devices/system/cpu/cpu0/cache'): CacheGeometry {
	try {
		const caches = readdirSync(folder)
			.filter((name) => /^index\d+$/.test(name))
			.map((name) => {
				const text = (file: string): string => readFileSync(join(folder, name, file), 'utf8').trim();
				return { level: Number(text('level')), type: text('type'), bytes: sizeOf(text('size')), line: Number(text('coherency_line_size')), sets: Number(text('number_of_sets')), ways: Number(text('ways_of_associativity')) };
			})
			.filter(({ type }) => type !== 'Instruction');
		const first = caches.find(({ level }) => level === 1);
		if (first === undefined || !(first.line > 0 && first.sets > 0 && first.ways > 0)) return ASSUMED_CACHES;
		const bytesOf = (wanted: number): number | null => caches.find(({ level, bytes }) => level === wanted && bytes > 0)?.bytes ?? null;
		return { line: first.line, sets: first.sets, ways: first.ways, level2: bytesOf(2), level3: bytesOf(3), source: 'system' };
	} catch {
		// Another system, or a container that hides it.
		return ASSUMED_CACHES;
	}
}

function sizeOf(text: string): number {
	const [, digits, unit] = /^(\d+)([KM]?)$/.exec(text) ?? [];
	return Number(digits ?? 0) * (unit === 'K' ? 2 ** 10 : unit === 'M' ? 2 ** 20 : 1);
}
