/**
 * Where bytes come from. A source writes them straight into the memory it is given (the arena's window), so that none
 * of them lies in a JavaScript buffer first, where the source can.
 */
export interface Source {
	/** For people: the file's path, `stdin`, … */
	readonly name: string;
	/** Bytes of the input (of a compressed one: as it is stored), where that is known before. */
	readonly size: number | null;
	/** How many of them were taken so far. */
	readonly position: number;
	/**
	 * Writes at least one byte and at most `into.length`, and says how many; 0 at the end. Files answer at once, what
	 * has to wait gives a promise. Throws an {@link InputError}.
	 */
	read(into: Uint8Array): number | Promise<number>;
	close(): void;
}

/** An input that cannot be read, or not to its end. */
export class InputError extends Error {
	override readonly name = 'InputError';
}

/** Turns any failure to read into an {@link InputError} that names the input. */
export function inputError(name: string, error: unknown): InputError {
	if (error instanceof InputError) return error;
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	const reason =
		code === 'ENOENT'
			? 'there is no such file'
			: code === 'EACCES'
				? 'this user may not read it'
				: code === 'EISDIR'
					? 'it is a directory'
					: code === 'Z_BUF_ERROR' || code === 'ZSTD_error_srcSize_wrong'
						? 'its compressed data ends early'
						: typeof code === 'string' && (code.startsWith('Z_') || code.startsWith('ZSTD_'))
							? `its compressed data is damaged (${(error as Error).message})`
							: error instanceof Error
								? error.message
								: String(error);
	return new InputError(`tickforge: ${name} cannot be read: ${reason}`, { cause: error });
}
