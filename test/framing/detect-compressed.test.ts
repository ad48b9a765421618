import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { encodeLz4Frame, encodeSnappyFrames } from '../../src/codecs/index.ts';
import { detectFormat } from '../../src/framing/detect.ts';

const content = new TextEncoder().encode('{"a":1}\n');

test.each([
	['gzip', gzipSync(content)],
	['zstd', zstdCompressSync(content)],
	['lz4', encodeLz4Frame(content)],
	['lz4', Uint8Array.of(0x02, 0x21, 0x4c, 0x18, 1, 0, 0, 0, 0)],
	['snappy', encodeSnappyFrames(content)],
] as const)('%s is told from its magic, and has to be unpacked before it can be cut into messages', (format, bytes) => {
	expect(detectFormat(bytes, true)).toMatchObject({ format, framing: null });
	expect(detectFormat(bytes.subarray(1), true).format).not.toBe(format);
});
