import { readFile, stat } from 'node:fs/promises';
import { loadSymbolMapping, type SymbolMapping } from './mapping.ts';

/** Reads a mapping from a file. @throws SymbolMappingError, or where it cannot be read */
export async function loadSymbolMappingFile(path: string): Promise<SymbolMapping> {
	return loadSymbolMapping(await readFile(path, 'utf8'));
}

export interface WatchOptions {
	/** Gets each new mapping after it has become the current one. */
	readonly onChange?: (mapping: SymbolMapping) => void;
	/** Gets what is wrong with a changed file; the mapping before it stays. */
	readonly onProblem?: (error: Error) => void;
	/** Milliseconds between two looks at the file. Default 1000. */
	readonly interval?: number;
}

export interface WatchedSymbolMapping extends Disposable {
	/** The mapping that holds now. One object, replaced as a whole: keep it for as long as you want one state. */
	readonly current: SymbolMapping;
	close(): void;
}

/**
 * A mapping that follows its file. The file is looked at every second (which works on every file system, for files that
 * are replaced and for links that are moved), and read when two looks saw the same change, so that a file that is just
 * being written is not taken for all of it. A file that is wrong, or gone, changes nothing but is reported, once.
 *
 * @throws where the file is wrong at first
 */
export async function watchSymbolMapping(path: string, options: WatchOptions = {}): Promise<WatchedSymbolMapping> {
	const look = async (): Promise<string> => {
		const { ino, size, mtimeNs } = await stat(path, { bigint: true });
		return `${ino} ${size} ${mtimeNs}`;
	};
	let state = await look();
	let current = await loadSymbolMappingFile(path);
	let before = state;
	let closed = false;
	let timer: NodeJS.Timeout;
	const report = (error: unknown): void => options.onProblem?.(error instanceof Error ? error : new Error(String(error)));
	const turn = async (): Promise<void> => {
		try {
			const seen = await look().catch((error: unknown) => {
				const { code = 'unknown error' } = error as NodeJS.ErrnoException;
				if (state !== code) report(error);
				state = code;
				return code;
			});
			if (seen !== state && seen === before) {
				state = seen;
				const next = await loadSymbolMappingFile(path);
				// Changed again while it was read: not this one.
				if ((await look()) !== seen) state = '';
				else if (!closed) {
					current = next;
					options.onChange?.(next);
				}
			}
			before = seen;
		} catch (error) {
			report(error);
		}
		if (!closed) schedule();
	};
	const schedule = (): void => {
		timer = setTimeout(() => void turn(), options.interval ?? 1000);
		timer.unref();
	};
	schedule();
	const close = (): void => {
		closed = true;
		clearTimeout(timer);
	};
	return {
		get current() {
			return current;
		},
		close,
		[Symbol.dispose]: close,
	};
}
