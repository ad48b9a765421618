import { closeSync, openSync, renameSync, unlinkSync, writevSync } from 'node:fs';

/** A file that gets its name when it is complete: `x.arrow.partial` until `finish`. */
export interface OutputFile {
	readonly path: string;
	readonly bytes: number;
	/** Writes all of it before returning, so that views need not live longer. */
	write(chunks: readonly Uint8Array[]): void;
	finish(): void;
	discard(): void;
}

export function createOutputFile(path: string): OutputFile {
	const partial = `${path}.partial`;
	const file = openSync(partial, 'w');
	let bytes = 0;
	return {
		path,
		get bytes() {
			return bytes;
		},
		write(chunks) {
			// The system takes at most 1,024 pieces a call, and may write less than all.
			for (let at = 0; at < chunks.length; at += 1024) {
				let pieces = chunks.slice(at, at + 1024).filter((chunk) => chunk.length > 0);
				while (pieces.length > 0) {
					let written = writevSync(file, pieces);
					bytes += written;
					while (pieces[0] !== undefined && written >= pieces[0].length) {
						written -= pieces[0].length;
						pieces = pieces.slice(1);
					}
					if (pieces[0] !== undefined && written > 0) pieces = [pieces[0].subarray(written), ...pieces.slice(1)];
				}
			}
		},
		finish() {
			closeSync(file);
			renameSync(partial, path);
		},
		discard() {
			closeSync(file);
			unlinkSync(partial);
		},
	};
}
