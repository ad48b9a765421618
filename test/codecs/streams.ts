/** Stream decoders fed and emptied in pieces of any size. */
import { CodecError } from '../../src/codecs/codec-error.ts';
import type { StreamDecoder } from '../../src/codecs/stream-decoder.ts';

/** All content, or what was wrong. `pieces` are sizes of input, `takes` of what content is taken into. */
export function decodeStream(decoder: StreamDecoder, input: Uint8Array, pieces: readonly number[] = [65536], takes: readonly number[] = [65536]): { readonly content: Uint8Array; readonly fault: CodecError | null } {
	const parts: Uint8Array[] = [];
	const rooms = takes.map((size) => new Uint8Array(size));
	let fault: CodecError | null = null;
	let turn = 0;
	const drain = (): void => {
		for (;;) {
			const into = rooms[turn++ % rooms.length] as Uint8Array;
			const count = decoder.take(into);
			if (count === 0) return;
			parts.push(into.slice(0, count));
		}
	};
	try {
		for (let at = 0, piece = 0; at < input.length; piece++) {
			const room = decoder.room();
			if (room.length === 0) throw new Error('there is no room for input, although there is no content either');
			const part = input.subarray(at, at + Math.min(room.length, pieces[piece % pieces.length] as number));
			room.set(part);
			decoder.wrote(part.length);
			at += part.length;
			drain();
		}
		drain();
		decoder.end();
	} catch (error) {
		if (!(error instanceof CodecError)) throw error;
		fault = error;
	} finally {
		decoder.release();
	}
	return { content: new Uint8Array(Buffer.concat(parts)), fault };
}
