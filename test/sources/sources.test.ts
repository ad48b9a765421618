import { execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { bytesSource, iterableSource } from '../../src/sources/bytes.ts';
import { openCompressed, peekSource } from '../../src/sources/compressed.ts';
import { descriptorSource, fileSource } from '../../src/sources/file.ts';
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
