import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressPieces, type FileFormat, framePieces, type SimulatedMessage, simulate } from '../../src/simulate/index.ts';

const messages: SimulatedMessage[] = [...simulate({ venue: 'okx', messages: 12_000, seed: 5 })];
const join = (format: FileFormat): Buffer => Buffer.concat([...framePieces(messages, format, 'wss://example.invalid/feed')]);
const text = (payload: Uint8Array): string => Buffer.from(payload).toString();

describe('a simulated file', () => {
	it('is a capture: the connection, then a time and a message a line', () => {
		const lines = join('capture').toString().split('\n');
		expect(lines[0]).toMatch(/^wss:\/\/example\.invalid\/feed <-> 17172000\d\d\.\d{6}$/);
		expect(lines.at(-1)).toBe('');
		const expected = messages.map(({ received, payload }) => `${Math.floor(received / 1e6)}.${String(received % 1e6).padStart(6, '0')}: ${text(payload)}`);
		expect(lines.slice(1, -1)).toEqual(expected);
	});

	it('is NDJSON, or messages after their lengths', () => {
		expect(join('ndjson').toString()).toBe(messages.map(({ payload }) => `${text(payload)}\n`).join(''));
		const all = join('length-32-little');
		let at = 0;
		for (const { payload } of messages) {
			expect(all.readUInt32LE(at)).toBe(payload.length);
			at += 4 + payload.length;
		}
		expect(at).toBe(all.length);
	});

	it('comes in pieces, also for a message larger than a piece', () => {
		const pieces = [...framePieces(messages, 'ndjson')];
		expect(pieces.length).toBeGreaterThan(1);
		const large = { received: 1, payload: new Uint8Array(3_000_000).fill(32) };
		expect([...framePieces([large, large], 'length-32-little')].map(({ length }) => length)).toEqual([3_000_004, 3_000_004]);
		expect([...framePieces([], 'capture')]).toEqual([]);
	});

	it.each(['none', 'gzip', 'zstd'] as const)('is packed: %s', async (compression) => {
		const parts: Uint8Array[] = [];
		for await (const part of compressPieces(framePieces(messages, 'ndjson'), compression)) parts.push(part);
		const packed = Buffer.concat(parts);
		const unpacked = compression === 'gzip' ? gunzipSync(packed) : compression === 'zstd' ? zstdDecompressSync(packed) : packed;
		expect(unpacked.equals(join('ndjson'))).toBe(true);
		if (compression !== 'none') expect(packed.length).toBeLessThan(unpacked.length / 2);
	});

	it('gives errors of its pieces to who reads it', async () => {
		const failing = function* (): Generator<Uint8Array> {
			yield new Uint8Array(10);
			throw new Error('no more');
		};
		await expect(
			(async () => {
				for await (const _ of compressPieces(failing(), 'gzip'));
			})(),
		).rejects.toThrow('no more');
	});
});
