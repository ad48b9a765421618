import { execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { constants, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeLz4Frame, encodeSnappyFrames } from '../../src/codecs/index.ts';
import { createArena } from '../../src/memory/index.ts';
import { bytesSource, iterableSource } from '../../src/sources/bytes.ts';
import { compressionOf, decompressed, openCompressed, peekSource } from '../../src/sources/compressed.ts';
import { descriptorSource, fileSource } from '../../src/sources/file.ts';
import { createMessageInflater } from '../../src/sources/inflate.ts';
import { InputError, type Source } from '../../src/sources/source.ts';

const folder = mkdtempSync(join(tmpdir(), 'tickforge-'));
afterAll(() => rmSync(folder, { recursive: true }));
const text = Array.from({ length: 5000 }, (_, index) => `{"number":${index},"square":${index * index}}\n`).join('');
const bytes = Buffer.from(text);
const write = (name: string, content: Uint8Array): string => {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
};

const pieces = (whole: Buffer): Buffer[] => Array.from({ length: Math.ceil(whole.length / 7) }, (_, index) => whole.subarray(index * 7, index * 7 + 7));

async function readAll(source: Source, pieces: readonly number[] = [1000]): Promise<string> {
	const parts: Buffer[] = [];
	for (let index = 0; ; index++) {
		const into = new Uint8Array(pieces[index % pieces.length] as number);
		const count = await source.read(into);
		if (count === 0) break;
		parts.push(Buffer.from(into.subarray(0, count)));
	}
	source.close();
	return Buffer.concat(parts).toString();
}

const sources: readonly (readonly [string, () => Source | Promise<Source>])[] = [
	['bytes', () => bytesSource(bytes)],
	['text', () => bytesSource(text)],
	['a file', () => fileSource(write('plain', bytes))],
	['a descriptor', () => descriptorSource(openSync(write('plain', bytes), 'r'), 'descriptor')],
	['an array of chunks', () => iterableSource([bytes.subarray(0, 10), new Uint8Array(0), text.slice(10)])],
	['a Node stream', () => iterableSource(Readable.from([bytes.subarray(0, 70000), bytes.subarray(70000)]))],
	['a web stream', () => iterableSource(new Blob([text]).stream())],
	['gzip', async () => (await openCompressed(fileSource(write('x.gz', gzipSync(bytes))))).source],
	['gzip of several members', async () => (await openCompressed(bytesSource(Buffer.concat([gzipSync(bytes.subarray(0, 5000)), gzipSync(bytes.subarray(5000))])))).source],
	['Zstandard', async () => (await openCompressed(bytesSource(zstdCompressSync(bytes)))).source],
	['Zstandard of several frames', async () => (await openCompressed(bytesSource(Buffer.concat([zstdCompressSync(bytes.subarray(0, 5000)), zstdCompressSync(bytes.subarray(5000))])))).source],
	[
		'Zstandard with skippable and empty frames, checksums, in small pieces',
		async () => {
			const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]);
			const checked = (part: Buffer): Buffer => zstdCompressSync(part, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
			const whole = Buffer.concat([zstdCompressSync(bytes.subarray(0, 300)), skippable, zstdCompressSync(Buffer.alloc(0)), checked(bytes.subarray(300, 140000)), zstdCompressSync(bytes.subarray(140000)), skippable]);
			const pieces = Array.from({ length: Math.ceil(whole.length / 7) }, (_, index) => whole.subarray(index * 7, index * 7 + 7));
			return (await openCompressed(iterableSource(pieces))).source;
		},
	],
	['LZ4', async () => (await openCompressed(fileSource(write('x.lz4', encodeLz4Frame(bytes, { blockSize: 65536, contentChecksum: true }))))).source],
	['LZ4 of several frames, waited for', async () => (await openCompressed(iterableSource([encodeLz4Frame(bytes.subarray(0, 70_000)), encodeLz4Frame(bytes.subarray(70_000))]))).source],
	['Snappy', async () => (await openCompressed(fileSource(write('x.sz', encodeSnappyFrames(bytes))))).source],
	['Snappy of several streams, waited for, in small pieces', async () => (await openCompressed(iterableSource([...pieces(Buffer.concat([encodeSnappyFrames(bytes.subarray(0, 70_000)), encodeSnappyFrames(bytes.subarray(70_000))]))]))).source],
	['LZ4 in an arena', async () => (await openCompressed(bytesSource(encodeLz4Frame(bytes)), 10, { arena: createArena() })).source],
	['raw deflate', () => decompressed(bytesSource(deflateRawSync(bytes)), 'deflate-raw')],
	['nothing compressed', async () => (await openCompressed(fileSource(write('plain', bytes)))).source],
	['a peeked one', async () => (await peekSource(bytesSource(bytes), 777)).source],
];

describe.each(sources)('%s', (_name, open) => {
	test('gives all bytes', async () => expect(await readAll(await open())).toBe(text));
	test('gives all bytes in odd pieces', async () => expect(await readAll(await open(), [1, 7, 65536, 3])).toBe(text));
});

describe('inputs that cannot be read', () => {
	test('are told in words', async () => {
		expect(() => fileSource(join(folder, 'missing'))).toThrow(/missing cannot be read: there is no such file/);
		expect(() => fileSource(folder)).toThrow(/is a directory/);
		const cut = gzipSync(bytes);
		const { source } = await openCompressed(bytesSource(cut.subarray(0, cut.length - 100), 'cut.gz'), 16);
		await expect(readAll(source)).rejects.toThrow(/cut.gz cannot be read: its compressed data ends early/);
		const damaged = Buffer.from(cut);
		damaged.fill(0xff, 2000, 3000);
		await expect(openCompressed(bytesSource(damaged, 'damaged.gz'), 1 << 20).then(({ source: inside }) => readAll(inside))).rejects.toThrow(InputError);
		const failing = iterableSource(
			(async function* () {
				yield 'x';
				throw new Error('the network went away');
			})(),
			'feed',
		);
		await expect(readAll(failing)).rejects.toThrow('tickforge: feed cannot be read: the network went away');
	});
	test('Zstandard that ends early, or goes on with something else', async () => {
		const whole = zstdCompressSync(bytes);
		for (const stream of [whole.subarray(0, whole.length - 5), Buffer.concat([whole, Buffer.from('garbage')]), whole.subarray(0, 6)]) {
			await expect(openCompressed(bytesSource(stream, 'x.zst')).then(({ source }) => readAll(source))).rejects.toThrow('x.zst cannot be read');
		}
	});
	test('a compressed source that ends early has given what came before', async () => {
		const cut = gzipSync(Buffer.concat([bytes, bytes, bytes]));
		const { source } = await openCompressed(bytesSource(cut.subarray(0, cut.length - 10), 'cut.gz'));
		const into = new Uint8Array(1 << 20);
		let read = 0;
		await expect(
			(async () => {
				for (;;) read += await source.read(into);
			})(),
		).rejects.toThrow('ends early');
		expect(read).toBeGreaterThan(bytes.length);
	});
});

const PACKED = [
	['gzip', gzipSync(bytes)],
	['zstd', zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })],
	['lz4', encodeLz4Frame(bytes, { blockSize: 65536, contentChecksum: true })],
	['snappy', encodeSnappyFrames(bytes)],
	['deflate-raw', deflateRawSync(bytes)],
] as const;

describe.each(PACKED)('%s', (compression, packed) => {
	test('is told by its magic', () => {
		expect(compressionOf(packed)).toBe(compression === 'deflate-raw' ? null : compression);
		expect(compressionOf(packed.subarray(0, 1))).toBeNull();
	});

	test('with a limit: all content up to it, then an error', async () => {
		expect(await readAll(decompressed(bytesSource(packed), compression, { most: bytes.length }))).toBe(text);
		for (const most of [bytes.length - 1, 70_000, 1]) {
			const source = decompressed(bytesSource(packed, 'bomb'), compression, { most });
			const into = new Uint8Array(1000);
			let read = 0;
			await expect(
				(async () => {
					for (let count = -1; count !== 0; read += count) count = await source.read(into);
				})(),
			).rejects.toThrow(/^tickforge: bomb cannot be read: .*there is more content than the \d+ bytes that are allowed/);
			expect(read).toBeLessThanOrEqual(most);
		}
	});

	test('damaged or cut is an error that names the input', async () => {
		await expect(readAll(decompressed(bytesSource(packed.subarray(0, packed.length - 6), 'cut'), compression))).rejects.toThrow(/^tickforge: cut cannot be read: its compressed data ends early/);
		const damaged = Buffer.from(packed);
		damaged.fill(0xff, 2000, 2400);
		// Raw deflate has no checksum.
		if (compression === 'deflate-raw') return;
		await expect(readAll(decompressed(bytesSource(damaged, 'damaged'), compression))).rejects.toThrow(/^tickforge: damaged cannot be read: its compressed data is damaged/);
		const late = iterableSource(pieces(damaged), 'late');
		await expect(readAll(decompressed(late, compression))).rejects.toThrow(/late cannot be read/);
	});
});

describe('permessage-deflate', () => {
	const hello = (payload: number[], inflater = createMessageInflater({ most: 100 })): unknown => {
		const inflated = inflater(Uint8Array.from(payload));
		return typeof inflated === 'string' ? inflated : Buffer.from(inflated).toString();
	};
	test('the examples of RFC 7692, 7.2.3', () => {
		const inflater = createMessageInflater({ most: 100 });
		expect(hello([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], inflater)).toBe('Hello');
		expect(hello([0xf2, 0x00, 0x11, 0x00, 0x00], inflater)).toBe('Hello');
		expect(hello([0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00])).toBe('Hello');
		expect(hello([0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00])).toBe('Hello');
		expect(hello([0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00])).toBe('Hello');
		// Of an empty message one byte is left.
		expect(hello([0x00])).toBe('');
	});
	test('goes on over messages beyond the window, or begins anew', () => {
		for (const contextTakeover of [true, false]) {
			const messages = Array.from({ length: 30 }, (_, index) => bytes.subarray(index * 4000, index * 4000 + 6000));
			const inflater = createMessageInflater({ most: 6000, contextTakeover });
			let dictionary = Buffer.alloc(0);
			for (const message of messages) {
				const packed = deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, ...(contextTakeover && dictionary.length > 0 ? { dictionary } : {}) });
				expect(packed.subarray(-4)).toEqual(Buffer.of(0, 0, 0xff, 0xff));
				expect(Buffer.from(inflater(packed.subarray(0, -4)) as Uint8Array).equals(message)).toBe(true);
				dictionary = Buffer.concat([dictionary, message]).subarray(-32768);
			}
		}
	});
	test('limits hold, and what goes on from a lost message is lost', () => {
		const packed = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
		const exact = createMessageInflater({ most: bytes.length });
		expect((exact(packed) as Uint8Array).length).toBe(bytes.length);
		const inflater = createMessageInflater({ most: bytes.length - 1 });
		expect(inflater(packed)).toBe('too-large');
		expect(hello([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], inflater)).toBe('broken');
		const alone = createMessageInflater({ most: 100, contextTakeover: false });
		expect(alone(packed)).toBe('too-large');
		expect(hello([0xff, 0xff], alone)).toBe('broken');
		expect(hello([0xf2, 0x48, 0xcd], alone)).toBe('broken');
		expect(hello([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], alone)).toBe('Hello');
		expect(() => createMessageInflater({ most: 1, windowBits: 16 })).toThrow(/8 to 15 bits, not 16/);
		expect(createMessageInflater({ most: 0 })(Uint8Array.of(0))).toEqual(Buffer.alloc(0));
	});
});

test('positions are those of the stored bytes', async () => {
	const packed = gzipSync(bytes);
	const { source } = await openCompressed(bytesSource(packed));
	expect(source.size).toBe(packed.length);
	await readAll(source);
	expect(source.position).toBe(packed.length);
});

test('a pipe is read as it fills', async () => {
	const path = join(folder, 'pipe');
	try {
		execFileSync('mkfifo', [path]);
	} catch {
		return;
	}
	const { spawn } = await import('node:child_process');
	spawn('sh', ['-c', `(printf 'one\\n'; sleep 0.2; printf 'two\\n') > ${path}`]);
	const { head, complete, source } = await peekSource(fileSource(path), 1 << 16);
	expect(Buffer.from(head).toString()).toBe('one\n');
	expect(complete).toBe(false);
	expect(await readAll(source)).toBe('one\ntwo\n');
});

test('a skippable Zstandard frame that is cut is an error, in one chunk as in many', async () => {
	const cut = Buffer.concat([zstdCompressSync(Buffer.from('content')), Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2])]);
	for (const end of [cut.length, cut.length - 4, cut.length - 6]) {
		for (const size of [cut.length, 3, 1]) {
			const chunks = Array.from({ length: Math.ceil(end / size) }, (_, index) => cut.subarray(index * size, Math.min(end, (index + 1) * size)));
			const read = async (): Promise<void> => {
				const { source } = await openCompressed(iterableSource(chunks), 16);
				while ((await source.read(new Uint8Array(64))) > 0);
			};
			await expect(read()).rejects.toThrow('its compressed data ends early');
		}
	}
});
