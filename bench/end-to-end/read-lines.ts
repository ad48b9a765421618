/** Lines of a file as strings, read in pieces: what the other ways begin with. */
import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const PIECE = 2 ** 20;

export function forEachLine(path: string, take: (line: string) => void): void {
	const file = openSync(path, 'r');
	const decoder = new StringDecoder('utf8');
	const piece = Buffer.allocUnsafe(PIECE);
	let rest = '';
	try {
		for (;;) {
			const read = readSync(file, piece, 0, PIECE, null);
			const text = rest + (read === 0 ? decoder.end() : decoder.write(piece.subarray(0, read)));
			let start = 0;
			for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
				if (end > start) take(text.slice(start, end));
				start = end + 1;
			}
			rest = text.slice(start);
			if (read === 0) {
				if (rest !== '') take(rest);
				return;
			}
		}
	} finally {
		closeSync(file);
	}
}
