/**
 * A folder that only this user writes to, and files in it: each is opened without following links, and believed only
 * where it belongs to this user and nobody else may write it. Where the system has no owners (Windows), the folder's
 * own protection has to do.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, futimesSync, linkSync, lstatSync, mkdirSync, openSync, readSync, renameSync, type Stats, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Something in the folder is not as it must be. */
export class NotPrivateError extends Error {
	override readonly name = 'NotPrivateError';
}

const SECRET_BYTES = 32;
const TEMPORARY = '.part';
// Absent on Windows.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;

/** What is wrong with an owner or a mode; null where nothing is. @param forbidden bits of the mode */
function strangers(stats: Stats, forbidden: number): string | null {
	if (process.getuid === undefined) return null;
	if (stats.uid !== process.getuid()) return `belongs to the user ${stats.uid}`;
	return (stats.mode & forbidden) === 0 ? null : `has the mode ${(stats.mode & 0o777).toString(8)}`;
}

/** Makes the folder where it is missing, for this user alone. @throws NotPrivateError, or what the system says */
export function enterPrivateFolder(folder: string): void {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const stats = lstatSync(folder);
	if (!stats.isDirectory()) throw new NotPrivateError(`${folder} is no folder`);
	const wrong = strangers(stats, 0o022);
	if (wrong !== null) throw new NotPrivateError(`${folder} ${wrong}; it must be yours, and writable by nobody else (chmod 700)`);
}

/**
 * A file's content; null where there is none. Marks it as used now, where `touch` says so.
 *
 * @throws NotPrivateError where it is a link, no plain file, another's, or not within `least` and `most` bytes
 */
export function readPrivateFile(path: string, { least, most, secret = false, touch = false }: { readonly least: number; readonly most: number; readonly secret?: boolean; readonly touch?: boolean }): Uint8Array | null {
	let file: number;
	try {
		file = openSync(path, constants.O_RDONLY | NO_FOLLOW | NO_WAIT);
	} catch (error) {
		if (codeOf(error) === 'ENOENT') return null;
		if (codeOf(error) === 'ELOOP' || codeOf(error) === 'EMLINK') throw new NotPrivateError(`${path} is a link`);
		throw error;
	}
	try {
		const stats = fstatSync(file);
		if (!stats.isFile()) throw new NotPrivateError(`${path} is no plain file`);
		const wrong = strangers(stats, secret ? 0o077 : 0o022);
		if (wrong !== null) throw new NotPrivateError(`${path} ${wrong}`);
		if (stats.size < least || stats.size > most) throw new NotPrivateError(`${path} has ${stats.size} bytes`);
		const content = new Uint8Array(stats.size);
		let got = 0;
		while (got < content.length) {
			const read = readSync(file, content, got, content.length - got, got);
			if (read === 0) throw new NotPrivateError(`${path} became shorter while it was read`);
			got += read;
		}
		if (touch) {
			const now = Date.now() / 1000;
			futimesSync(file, now, now);
		}
		return content;
	} finally {
		closeSync(file);
	}
}

/** Writes a file so that others see all of it or nothing, also after a crash. */
export function writePrivateFile(folder: string, name: string, content: Uint8Array): void {
	const temporary = writeTemporary(folder, content);
	try {
		renameSync(temporary, join(folder, name));
	} catch (error) {
		removeFile(temporary);
		throw error;
	}
	syncFolder(folder);
}

/** The random secret of this folder, made by whoever comes first. @throws NotPrivateError, or what the system says */
export function folderSecret(folder: string): Uint8Array {
	const path = join(folder, 'secret');
	for (let attempt = 0; attempt < 5; attempt++) {
		try {
			const found = readPrivateFile(path, { least: SECRET_BYTES, most: SECRET_BYTES, secret: true });
			if (found !== null) return found;
		} catch (error) {
			if (!(error instanceof NotPrivateError)) throw error;
			// Known to others, or damaged: a new one, and every file of the old one is worth nothing.
			removeFile(path);
		}
		const temporary = writeTemporary(folder, randomBytes(SECRET_BYTES));
		try {
			// Unlike a rename, a link fails where the name is taken: the first one stays.
			linkSync(temporary, path);
			syncFolder(folder);
		} catch (error) {
			if (codeOf(error) !== 'EEXIST') throw error;
		} finally {
			removeFile(temporary);
		}
	}
	throw new NotPrivateError(`${path} cannot be made`);
}

/** Whether a name is of a file that was being written; a crash leaves such. */
export const isTemporary = (name: string): boolean => name.endsWith(TEMPORARY);

/** Whether it is gone now. */
export function removeFile(path: string): boolean {
	try {
		unlinkSync(path);
		return true;
	} catch (error) {
		return codeOf(error) === 'ENOENT';
	}
}

function writeTemporary(folder: string, content: Uint8Array): string {
	const path = join(folder, `${process.pid}-${randomBytes(8).toString('hex')}${TEMPORARY}`);
	const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW, 0o600);
	try {
		for (let written = 0; written < content.length; ) written += writeSync(file, content, written);
		fsyncSync(file);
	} catch (error) {
		removeFile(path);
		throw error;
	} finally {
		closeSync(file);
	}
	return path;
}

/** So that a new name outlives a crash. Not every system can. */
function syncFolder(folder: string): void {
	let file: number;
	try {
		file = openSync(folder, constants.O_RDONLY);
	} catch {
		return;
	}
	try {
		fsyncSync(file);
	} catch {
		// The name may be lost in a crash, and is written again.
	} finally {
		closeSync(file);
	}
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : undefined;
}
