import { pipeline, Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { iterableSource } from './bytes.ts';
import { InputError, inputError, type Source } from './source.ts';
import { createFrameSplitter, type FramePiece } from './zstd-frames.ts';

export type Compression = 'gzip' | 'zstd';

/** Tells gzip and Zstandard by their magic. */
export function compressionOf(head: Uint8Array): Compression | null {
	if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
	if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
	return null;
}

const CHUNK = 1 << 18;

/** What is inside a compressed source. Its `size` and `position` stay those of the compressed bytes. */
export function decompressed(source: Source, compression: Compression): Source {
	const inner = iterableSource(inflatedChunks(source, compression), source.name);
	return {
		name: source.name,
		size: source.size,
		get position() {
			return source.position;
		},
		read: (into) => inner.read(into),
		close() {
			inner.close();
			source.close();
		},
	};
}

async function* chunksOf(source: Source): AsyncGenerator<Uint8Array, void, undefined> {
	for (;;) {
		const chunk = new Uint8Array(CHUNK);
		const count = await source.read(chunk);
		if (count === 0) return;
		yield chunk.subarray(0, count);
	}
}

async function* inflatedChunks(source: Source, compression: Compression): AsyncGenerator<Uint8Array, void, undefined> {
	try {
		if (compression === 'gzip') yield* through(chunksOf(source), zlib.createGunzip({ chunkSize: CHUNK }));
		else {
			const frames = framesOf(source);
			for (let frame = await frames.next(); frame.done !== true; frame = await frames.next()) yield* through(frame.value, createUnzstd(source.name));
		}
	} catch (error) {
		throw inputError(source.name, error);
	}
}

async function* through(chunks: AsyncIterable<Uint8Array>, inflater: Transform): AsyncGenerator<Uint8Array, void, undefined> {
	yield* pipeline(Readable.from(chunks, { objectMode: false, highWaterMark: CHUNK }), inflater, () => undefined) as AsyncIterable<Uint8Array>;
}

/** The frames of a Zstandard stream, each with its chunks. A frame must be read to its end before the next is asked for. */
async function* framesOf(source: Source): AsyncGenerator<AsyncGenerator<Uint8Array, void, undefined>, void, undefined> {
	const split = createFrameSplitter();
	const chunks = chunksOf(source);
	let waiting: FramePiece[] = [];
	const next = async (): Promise<FramePiece | null> => {
		while (waiting.length === 0) {
			const { done, value } = await chunks.next();
			if (done === true) return null;
			waiting = split(value);
		}
		return waiting.shift() as FramePiece;
	};
	async function* frameFrom(first: FramePiece): AsyncGenerator<Uint8Array, void, undefined> {
		for (let piece: FramePiece | null = first; piece !== null; piece = await next()) {
			yield piece.bytes;
			if (piece.ends) return;
		}
	}
	for (let piece = await next(); piece !== null; piece = await next()) {
		if (piece.skippable) continue;
		yield frameFrom(piece);
	}
}

function createUnzstd(name: string): Transform {
	// Node 22 before 22.15 has no Zstandard.
	if (typeof zlib.createZstdDecompress !== 'function') throw new InputError(`tickforge: ${name} is compressed with Zstandard, which Node.js ${process.version} cannot read; 22.15 and later can`);
	return zlib.createZstdDecompress({ chunkSize: CHUNK });
}

/**
 * Looks at a source's first bytes and unpacks it where they say that it is compressed.
 *
 * @returns a source of the same bytes, unpacked, and its first bytes
 */
export async function openCompressed(source: Source, peek = 1 << 16): Promise<{ readonly source: Source; readonly compression: Compression | null; readonly head: Uint8Array; readonly complete: boolean }> {
	const first = await peekSource(source, 4);
	const compression = compressionOf(first.head);
	const inside = compression === null ? first.source : decompressed(first.source, compression);
	const { source: whole, head, complete } = await peekSource(inside, peek);
	return { source: whole, compression, head, complete };
}

const LF = 0x0a;

/**
 * Reads up to `count` bytes ahead and gives them back to the source that is returned. Where bytes have to be waited for,
 * a whole line is enough: a slow feed should not have to fill the sample before it is looked at.
 */
export async function peekSource(source: Source, count: number): Promise<{ readonly source: Source; readonly head: Uint8Array; readonly complete: boolean }> {
	const buffer = new Uint8Array(count);
	let length = 0;
	let complete = false;
	let failure: unknown = null;
	while (length < count) {
		let reading: number | Promise<number>;
		let more: number;
		try {
			reading = source.read(buffer.subarray(length));
			more = await reading;
		} catch (error) {
			// What came before it is still handed out.
			failure = error;
			break;
		}
		if (more === 0) {
			complete = true;
			break;
		}
		length += more;
		if (typeof reading !== 'number' && length >= 4 && buffer.subarray(0, length).includes(LF)) break;
	}
	const head = buffer.subarray(0, length);
	let given = 0;
	return {
		head,
		complete,
		source: {
			name: source.name,
			size: source.size,
			get position() {
				return source.position;
			},
			read(into) {
				if (given === length) {
					if (failure !== null) throw failure;
					return complete ? 0 : source.read(into);
				}
				const part = head.subarray(given, given + into.length);
				into.set(part);
				given += part.length;
				return part.length;
			},
			close: () => source.close(),
		},
	};
}
