import { gunzipSync } from 'node:zlib';

/**
 * Inflates a gzip member to at most `most` bytes.
 *
 * @returns the bytes, `too-large` where there are more of them, or `broken` where it is no whole gzip member
 */
export function inflate(bytes: Uint8Array, most: number): Uint8Array | 'too-large' | 'broken' {
	if (most <= 0) return 'too-large';
	try {
		return gunzipSync(bytes, { maxOutputLength: most });
	} catch (error) {
		return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'broken';
	}
}
