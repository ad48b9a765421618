import { inputError, type Source } from './source.ts';

/** Bytes that are already in memory. */
export function bytesSource(bytes: Uint8Array | string, name = 'memory'): Source {
	const all = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
	let position = 0;
	return {
		name,
		size: all.length,
		get position() {
			return position;
		},
		read(into) {
			const part = all.subarray(position, position + into.length);
			into.set(part);
			position += part.length;
			return part.length;
		},
		close: () => undefined,
	};
}

/**
 * Chunks as they come: a Node or web stream, a generator, an array. A chunk that does not fit is handed out in parts.
 * Text becomes UTF-8.
 */
export function iterableSource(chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>, name = 'stream'): Source {
	const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
	const encoder = new TextEncoder();
	let chunk: Uint8Array = new Uint8Array(0);
	let position = 0;
	const take = (into: Uint8Array): number => {
		const part = chunk.subarray(0, into.length);
		into.set(part);
		chunk = chunk.subarray(part.length);
		position += part.length;
		return part.length;
	};
	const next = async (into: Uint8Array): Promise<number> => {
		try {
			while (chunk.length === 0) {
				const { done, value } = await iterator.next();
				if (done === true) return 0;
				chunk = typeof value === 'string' ? encoder.encode(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
			}
			return take(into);
		} catch (error) {
			throw inputError(name, error);
		}
	};
	return {
		name,
		size: null,
		get position() {
			return position;
		},
		read: (into) => (chunk.length > 0 ? take(into) : next(into)),
		close() {
			void Promise.resolve(iterator.return?.()).catch(() => undefined);
		},
	};
}
