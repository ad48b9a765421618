import { CodecError, type StreamDecoder } from '../codecs/index.ts';
import { InputError, inputError, type Source } from './source.ts';

/**
 * What a decoder of this project makes of a source: input is read into the decoder's memory, content into the window.
 * Answers at once where the source does. Its `size` and `position` stay those of the compressed bytes.
 */
export function decodedSource(source: Source, decoder: StreamDecoder): Source {
	let ended = false;
	let released = false;
	const failure = (error: unknown): InputError => (error instanceof CodecError ? codecInputError(source.name, error) : inputError(source.name, error));
	/** Content, or -1 where more input is needed. */
	const take = (into: Uint8Array): number => {
		const count = decoder.take(into);
		if (count > 0) return count;
		if (!ended) return -1;
		decoder.end();
		return 0;
	};
	const wrote = (count: number): void => {
		if (count === 0) ended = true;
		else decoder.wrote(count);
	};
	const later = async (reading: Promise<number>, into: Uint8Array): Promise<number> => {
		wrote(await reading);
		return await read(into);
	};
	const read = (into: Uint8Array): number | Promise<number> => {
		try {
			for (;;) {
				const count = take(into);
				if (count >= 0) return count;
				const reading = source.read(decoder.room());
				if (typeof reading !== 'number')
					return later(reading, into).catch((error: unknown) => {
						throw failure(error);
					});
				wrote(reading);
			}
		} catch (error) {
			throw failure(error);
		}
	};
	return {
		name: source.name,
		size: source.size,
		get position() {
			return source.position;
		},
		read,
		close() {
			source.close();
			if (!released) decoder.release();
			released = true;
		},
	};
}

function codecInputError(name: string, error: CodecError): InputError {
	const reason = error.category === 'cut' ? 'its compressed data ends early' : error.category === 'unsupported' || error.category === 'too-large' ? error.message : `its compressed data is damaged (${error.message})`;
	return new InputError(`tickforge: ${name} cannot be read: ${reason}`, { cause: error });
}
