import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { InputError, inputError, type Source } from './source.ts';

/** A file, read in pieces straight into the window. */
export function fileSource(path: string): Source {
	let file: number;
	try {
		file = openSync(path, 'r');
	} catch (error) {
		throw inputError(path, error);
	}
	const stat = fstatSync(file);
	if (stat.isDirectory()) {
		closeSync(file);
		throw new InputError(`tickforge: ${path} cannot be read: it is a directory`);
	}
	// A named pipe has to be waited for; blocking in readSync would stop timers and signals.
	if (!stat.isFile()) return descriptorSource(file, path, () => closeSync(file));
	let position = 0;
	return {
		name: path,
		size: stat.size,
		get position() {
			return position;
		},
		read(into) {
			try {
				const count = readSync(file, into, 0, into.length, null);
				position += count;
				return count;
			} catch (error) {
				throw inputError(path, error);
			}
		},
		close: () => closeSync(file),
	};
}

/** A file descriptor that may have to be waited for: a pipe, a terminal. */
export function descriptorSource(file: number, name: string, close: () => void = () => undefined): Source {
	let position = 0;
	const attempt = (into: Uint8Array): Promise<number> =>
		new Promise((resolve, reject) => {
			read(file, into, 0, into.length, null, (error, count) => {
				if (error === null) {
					position += count;
					resolve(count);
				} else if (error.code === 'EOF') resolve(0);
				else if (error.code === 'EAGAIN') setTimeout(() => attempt(into).then(resolve, reject), 5);
				else reject(inputError(name, error));
			});
		});
	return {
		name,
		size: null,
		get position() {
			return position;
		},
		read: attempt,
		close,
	};
}

/** What is piped in. */
export function stdinSource(): Source {
	return descriptorSource(0, 'stdin');
}
