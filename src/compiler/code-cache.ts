/**
 * Generated modules on disk, so that a process that starts finds what another one generated. Nothing here fails a
 * compile: whatever is wrong with the folder or a file counts, the file goes, and the caller generates anew.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { type CodeCacheRequest, codeCacheKey } from './code-cache-key.ts';
import { mistakeInParserModule } from './parser-module.ts';
import { enterPrivateFolder, folderSecret, isTemporary, NotPrivateError, readPrivateFile, removeFile, writePrivateFile } from './private-folder.ts';
import { SEAL_BYTES, sealModule, unsealModule } from './sealed-module.ts';

export type { CodeCacheRequest } from './code-cache-key.ts';

export interface CodeCacheOptions {
	/** Made where it is missing, for this user alone. Default: {@link defaultCodeCacheFolder}. */
	readonly folder?: string;
	/** Bytes that all files may take together; the least recently used go. Default 64 MiB. */
	readonly ceiling?: number;
}

export interface CodeCacheStatistics {
	readonly folder: string;
	/** Why nothing is kept or found at all; null where the cache works. */
	readonly closed: string | null;
	/** Modules that were found and used. */
	readonly hits: number;
	/** Modules that were not there. */
	readonly misses: number;
	/** Files that were there, and were not used: see {@link CodeCacheStatistics.lastProblem}. They were removed. */
	readonly rejected: number;
	readonly written: number;
	/** Files removed because of the ceiling. */
	readonly evicted: number;
	/** Times that the disk or the system failed. */
	readonly failures: number;
	/** The last rejection or failure, in words. */
	readonly lastProblem: string | null;
}

/** What {@link openCodeCache} gives and `compile` takes. */
export interface CodeCache {
	/** @returns null where nothing can be kept for the request (counted as a failure) */
	key(request: CodeCacheRequest): string | null;
	/** The module, checked; null where it is not there or must not be used. */
	get(key: string): WebAssembly.Module | null;
	/** Keeps a module's bytes; whether it did. On disk when it returns. */
	put(key: string, bytes: Uint8Array): boolean;
	statistics(): CodeCacheStatistics;
	/** Removes every module of every process from the folder. */
	clear(): void;
}

/** Larger than any generated module by far: nothing larger is read. */
const MOST_BYTES = 64 * 2 ** 20;
const SUFFIX = '.tfcc';
/** A file that is still being written is younger. */
const ABANDONED_AFTER = 3600_000;

/** `$TICKFORGE_CACHE`, else `$XDG_CACHE_HOME/tickforge`, else `~/.cache/tickforge`. */
export function defaultCodeCacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
	const { TICKFORGE_CACHE: own, XDG_CACHE_HOME: caches } = environment;
	if (own !== undefined && own !== '') return resolve(own);
	// The XDG specification: a path that is not absolute is ignored.
	return join(caches !== undefined && isAbsolute(caches) ? caches : join(homedir(), '.cache'), 'tickforge');
}

/**
 * Opens a cache. A folder that cannot be used gives a cache that keeps nothing; `statistics().closed` says why.
 *
 * @throws RangeError where `ceiling` is no size
 */
export function openCodeCache(options: CodeCacheOptions = {}): CodeCache {
	const ceiling = options.ceiling ?? 64 * 2 ** 20;
	if (!(ceiling >= 0 && Number.isSafeInteger(ceiling))) throw new RangeError(`tickforge: the ceiling of a code cache is a whole number of bytes, not ${ceiling}`);
	const folder = options.folder === undefined ? defaultCodeCacheFolder() : resolve(options.folder);
	const largest = Math.min(ceiling, MOST_BYTES);
	const counts = { hits: 0, misses: 0, rejected: 0, written: 0, evicted: 0, failures: 0 };
	let lastProblem: string | null = null;
	let closed: string | null = null;
	let secret: Uint8Array = new Uint8Array(0);
	const pathOf = (key: string): string => {
		if (!/^[0-9a-f]{64}$/.test(key)) throw new TypeError(`tickforge: a code cache's key is 64 hexadecimal digits, as key() gives it, not "${key}"`);
		return join(folder, `${key}${SUFFIX}`);
	};
	const failed = (error: unknown): void => {
		counts.failures++;
		lastProblem = wordsOf(error);
	};
	const reject = (path: string, why: string): null => {
		counts.rejected++;
		lastProblem = `${path}: ${why}`;
		removeFile(path);
		return null;
	};
	try {
		enterPrivateFolder(folder);
		secret = folderSecret(folder);
	} catch (error) {
		closed = wordsOf(error);
	}

	/** Removes what is over the ceiling, and what crashes left behind. */
	const evict = (): void => {
		const files: { path: string; bytes: number; used: number }[] = [];
		for (const name of readdirSync(folder)) {
			const path = join(folder, name);
			const stats = lstatSync(path, { throwIfNoEntry: false });
			// Another process may have been faster.
			if (stats === undefined) continue;
			if (isTemporary(name) && Date.now() - stats.mtimeMs > ABANDONED_AFTER) removeFile(path);
			if (name.endsWith(SUFFIX)) files.push({ path, bytes: stats.size, used: stats.mtimeMs });
		}
		let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
		files.sort((a, b) => a.used - b.used);
		for (const { path, bytes } of files) {
			if (total <= ceiling) break;
			if (!removeFile(path)) continue;
			total -= bytes;
			counts.evicted++;
		}
	};

	return {
		key(request) {
			if (closed !== null) return null;
			try {
				return codeCacheKey(request);
			} catch (error) {
				failed(error);
				return null;
			}
		},
		get(key) {
			const path = pathOf(key);
			if (closed !== null) return null;
			try {
				const content = readPrivateFile(path, { least: SEAL_BYTES, most: largest, touch: true });
				if (content === null) {
					counts.misses++;
					return null;
				}
				const bytes = unsealModule(secret, key, content);
				if (bytes === null) return reject(path, 'it is damaged, or was not written by this user');
				if (!WebAssembly.validate(bytes)) return reject(path, 'it is no valid WebAssembly here');
				const mistake = mistakeInParserModule(bytes);
				if (mistake !== null) return reject(path, mistake);
				const module = new WebAssembly.Module(bytes);
				counts.hits++;
				return module;
			} catch (error) {
				if (error instanceof NotPrivateError) return reject(path, error.message);
				failed(error);
				return null;
			}
		},
		put(key, bytes) {
			const path = pathOf(key);
			if (closed !== null || bytes.length + SEAL_BYTES > largest) return false;
			try {
				const mistake = mistakeInParserModule(bytes);
				if (mistake !== null) throw new Error(`${path}: not kept, because ${mistake}`);
				writePrivateFile(folder, `${key}${SUFFIX}`, sealModule(secret, key, bytes));
				counts.written++;
				evict();
				return true;
			} catch (error) {
				failed(error);
				return false;
			}
		},
		statistics: () => ({ folder, closed, ...counts, lastProblem }),
		clear() {
			if (closed !== null) return;
			try {
				for (const name of readdirSync(folder)) if (name.endsWith(SUFFIX)) removeFile(join(folder, name));
			} catch (error) {
				failed(error);
			}
		},
	};
}

function wordsOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
