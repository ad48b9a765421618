import { pipeline, Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { createLz4Decoder, createSnappyDecoder } from '../codecs/index.ts';
import type { Arena } from '../memory/index.ts';
import { iterableSource } from './bytes.ts';
import { decodedSource } from './decoded.ts';
import { InputError, inputError, type Source } from './source.ts';
import { createFrameSplitter, type FramePiece } from './zstd-frames.ts';

/** What a file's first bytes tell. */
export type Compression = 'gzip' | 'zstd' | 'lz4' | 'snappy';
/** Raw deflate has no magic: it has to be asked for. */
export type AnyCompression = Compression | 'deflate-raw';

/** Snappy's is in its framing format; a single block has none. */
const MAGICS: readonly (readonly [Compression, readonly number[]])[] = [
	['gzip', [0x1f, 0x8b]],
	['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
	['lz4', [0x04, 0x22, 0x4d, 0x18]],
	// The legacy format of `lz4 -l`.
	['lz4', [0x02, 0x21, 0x4c, 0x18]],
	['snappy', [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]],
];
const LONGEST_MAGIC = 10;

/** Tells gzip, Zstandard, LZ4 frames and Snappy's framing format by their magic. */
export function compressionOf(head: Uint8Array): Compression | null {
	return MAGICS.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte))?.[0] ?? null;
}

const CHUNK = 1 << 18;

export interface DecompressOptions {
	/** Bytes at most, unpacked; more are an {@link InputError}. Default no limit: what is not read is not unpacked. */
	readonly most?: number;
	/** Where LZ4 and Snappy are unpacked. Default an arena of their own. */
	readonly arena?: Arena;
}

/** What is inside a compressed source. Its `size` and `position` stay those of the compressed bytes. */
export function decompressed(source: Source, compression: AnyCompression, options: DecompressOptions = {}): Source {
	const { most = Number.POSITIVE_INFINITY, arena } = options;
	if (compression === 'lz4' || compression === 'snappy') {
		const decoderOptions = { most, ...(arena === undefined ? {} : { arena }) };
		return decodedSource(source, compression === 'lz4' ? createLz4Decoder(decoderOptions) : createSnappyDecoder(decoderOptions));
	}
	const inner = limited(iterableSource(inflatedChunks(source, compression), source.name), most);
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

/** At most so many bytes; the next one is an error. */
function limited(source: Source, most: number): Source {
	if (most === Number.POSITIVE_INFINITY) return source;
	const count = (more: number): number => {
		if (source.position > most) throw new InputError(`tickforge: ${source.name} cannot be read: there is more content than the ${most} bytes that are allowed`);
		return more;
	};
	return {
		name: source.name,
		size: source.size,
		get position() {
			return source.position;
		},
		read(into) {
			// One byte more than is allowed tells that there is more.
			const part = into.subarray(0, Math.min(into.length, most - source.position + 1));
			const reading = source.read(part);
			return typeof reading === 'number' ? count(reading) : reading.then(count);
		},
		close: () => source.close(),
	};
}

async function* inflatedChunks(source: Source, compression: 'gzip' | 'zstd' | 'deflate-raw'): AsyncGenerator<Uint8Array, void, undefined> {
	try {
		if (compression === 'gzip') yield* through(chunksOf(source), zlib.createGunzip({ chunkSize: CHUNK }));
		else if (compression === 'deflate-raw') yield* through(chunksOf(source), zlib.createInflateRaw({ chunkSize: CHUNK }));
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
	let isSkipping = false;
	for (let piece = await next(); piece !== null; piece = await next()) {
		isSkipping = piece.skippable && !piece.ends;
		if (!piece.skippable) yield frameFrom(piece);
	}
	// As the decompressor says it of other frames.
	if (isSkipping) throw Object.assign(new Error('a skippable frame is cut'), { code: 'ZSTD_error_srcSize_wrong' });
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
export async function openCompressed(source: Source, peek = 1 << 16, options: DecompressOptions = {}): Promise<{ readonly source: Source; readonly compression: Compression | null; readonly head: Uint8Array; readonly complete: boolean }> {
	const first = await peekSource(source, LONGEST_MAGIC);
	const compression = compressionOf(first.head);
	const inside = compression === null ? first.source : decompressed(first.source, compression, options);
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
