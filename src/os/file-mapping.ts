/**
 * A file's bytes inside an arena, without a copy in JavaScript.
 *
 * A mapped page that lies beyond the file's end kills the process when it is touched (SIGBUS), and nothing in
 * JavaScript can catch that. So by default nothing is mapped that others can shorten:
 *
 * - `read` (default): the file is read, into huge pages where the system grants them. Everywhere, and the fastest of
 *   the safe ways.
 * - `snapshot`: the kernel copies the file into an anonymous file (memfd) that is then sealed, and that is mapped.
 *   Truncating or rewriting the original changes nothing any more. Where this cannot be done, the file is read.
 * - `trusted`: the file itself is mapped, without a copy. For files that nobody writes; `check` compares size and time
 *   per batch, which narrows the window and does not close it. See docs/decisions/0004-mapped-files.md.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Arena, Region } from '../memory/index.ts';
import { adviseHugePages } from './advice.ts';
import { ALL_SEALS, F_ADD_SEALS, MAP, MFD_ALLOW_SEALING, type Native, native, PAGE_SIZE, PROTECTION } from './native.ts';

export type MappingWay = 'snapshot' | 'trusted' | 'read';

/** Bytes that surely hold a whole huge page, which is 2 MiB aligned to 2 MiB. */
const HUGE_FROM = 2 ** 22;

export interface FileMapping {
	readonly address: number;
	/** Bytes of the file. */
	readonly length: number;
	/** How it got there. */
	readonly way: MappingWay;
	/** @throws FileChangedError where a `trusted` file is not what it was; call it before touching a batch of it */
	check(): void;
	/** Gives the region ordinary memory again, and back to the arena. */
	release(): void;
}

/** A file that is mapped was changed or shortened by someone. */
export class FileChangedError extends Error {
	override readonly name = 'FileChangedError';
}

/**
 * Brings a file into a region of its own, at least 64 readable bytes behind it.
 *
 * @throws ArenaFullError where the arena has no room; errors of the file system as they are
 */
export function mapFile(arena: Arena, path: string, options: { readonly way?: MappingWay } = {}): FileMapping {
	const wanted = options.way ?? 'read';
	const file = openSync(path, 'r');
	let keepOpen = false;
	try {
		const stat = fstatSync(file);
		if (!stat.isFile()) throw new Error(`tickforge: ${path} is no regular file; pipes and devices are read as streams`);
		const length = stat.size;
		const pages = Math.max(1, Math.ceil(length / PAGE_SIZE)) * PAGE_SIZE;
		const region = arena.allocate(`file ${path}`, pages, { align: PAGE_SIZE, clear: false });
		const calls = wanted === 'read' || length === 0 ? null : native();
		if (calls !== null) {
			const mapped = wanted === 'trusted' ? mapInto(calls, arena, region, file, pages, MAP.private) : mapSnapshot(calls, arena, region, file, length, pages);
			if (mapped) {
				keepOpen = wanted === 'trusted';
				return {
					address: region.address,
					length,
					way: wanted,
					check() {
						if (wanted !== 'trusted') return;
						const now = fstatSync(file);
						if (now.size !== stat.size || now.mtimeMs !== stat.mtimeMs) throw new FileChangedError(`tickforge: ${path} changed while it was mapped (${stat.size} bytes before, ${now.size} now); read it, or map a snapshot`);
					},
					release() {
						restore(calls, arena, region, pages);
						arena.release(region);
						if (keepOpen) closeSync(file);
						keepOpen = false;
					},
				};
			}
		}
		const read = readInto(arena, region, file, length);
		return { address: region.address, length: read, way: 'read', check: () => undefined, release: () => arena.release(region) };
	} finally {
		if (!keepOpen) closeSync(file);
	}
}

function mapInto(calls: Native, arena: Arena, region: Region, file: number, bytes: number, kind: number): boolean {
	const at = calls.addressOf(arena.memory) + BigInt(region.address);
	return calls.mmap(at, bytes, PROTECTION.read | PROTECTION.write, kind | MAP.fixed, file, 0) === at;
}

/** Anonymous memory again: a released region must not show, or write to, the file. */
function restore(calls: Native, arena: Arena, region: Region, bytes: number): void {
	const at = calls.addressOf(arena.memory) + BigInt(region.address);
	if (calls.mmap(at, bytes, PROTECTION.read | PROTECTION.write, MAP.private | MAP.anonymous | MAP.fixed, -1, 0) !== at) throw new Error(`tickforge: the memory of "${region.name}" could not be restored (error ${calls.errno()})`);
}

function mapSnapshot(calls: Native, arena: Arena, region: Region, file: number, length: number, pages: number): boolean {
	const snapshot = calls.memfdCreate('tickforge', MFD_ALLOW_SEALING);
	if (snapshot < 0) return false;
	try {
		if (calls.ftruncate(snapshot, pages) !== 0) return false;
		for (let copied = 0; copied < length; ) {
			const bytes = calls.sendfile(snapshot, file, Math.min(length - copied, 2 ** 30));
			// Shorter than it was: what is missing stays zero, and reading says how much there is.
			if (bytes <= 0) return false;
			copied += bytes;
		}
		if (calls.fcntl(snapshot, F_ADD_SEALS, ALL_SEALS) !== 0) return false;
		return mapInto(calls, arena, region, snapshot, pages, MAP.private);
	} finally {
		// The mapping keeps the memory alive.
		calls.close(snapshot);
	}
}

function readInto(arena: Arena, region: Region, file: number, length: number): number {
	// A third of the time of small pages, where the memory is touched for the first time.
	if (length >= HUGE_FROM) adviseHugePages(arena, region.address, region.size);
	let done = 0;
	while (done < length) {
		const bytes = readSync(file, arena.u8(), region.address + done, Math.min(length - done, 2 ** 30), done);
		if (bytes === 0) break;
		done += bytes;
	}
	// The rest of the region was used before, maybe.
	arena.u8().fill(0, region.address + done, region.address + region.size);
	return done;
}
