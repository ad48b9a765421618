import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { capture } from '../../src/framing/lines.ts';
import { createArena, exchanges, json } from '../../src/index.ts';
import { type FileMapping, mapFile } from '../../src/os/index.ts';
import { type FeedOptions, parseFeed } from '../../src/pipeline/feed.ts';
import type { Schema } from '../../src/schema/index.ts';
import { bytesSource, iterableSource } from '../../src/sources/bytes.ts';
import { fileSource } from '../../src/sources/file.ts';
import type { Source } from '../../src/sources/source.ts';

const folder = process.env.TICKFORGE_CAPTURES ?? resolve(import.meta.dirname, '../../../shared/captures');
const presets = Object.values(exchanges).filter(({ name }) => existsSync(join(folder, `${name}.capture`)));
if (presets.length === 0) console.log(`skipped, because ${folder} has no captures (TICKFORGE_CAPTURES names another folder): feeds from files, pipes and cut streams`);

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

async function rowsOf(schema: Schema, source: Source | FileMapping, options: FeedOptions = {}): Promise<{ rows: string[]; messages: number; refused: unknown[] }> {
	const rows: string[] = [];
	const refused: unknown[] = [];
	const summary = await parseFeed(json(schema), source, capture(), {
		received: true,
		rows: 256,
		items: 65536,
		...options,
		onBatch: (batch) => batch.visit((row) => rows.push(`${batch.table} ${JSON.stringify(batch.row(row), plain)}`)),
		onRefused: (one) => refused.push({ category: one.category, offset: one.offset, sequence: one.sequence, text: new TextDecoder().decode(one.bytes) }),
	});
	// Tables fill at different times; within a table the order is the input's.
	return { rows: rows.sort(), messages: summary.statistics.messages, refused };
}

/** Cuts bytes into pieces of sizes that a seed gives. */
function* pieces(bytes: Uint8Array, size: () => number): Generator<Uint8Array> {
	for (let at = 0; at < bytes.length; ) {
		const next = Math.min(bytes.length, at + size());
		yield bytes.subarray(at, next);
		at = next;
	}
}

describe.each(presets)('the capture of $name', ({ name, schema }) => {
	const path = join(folder, `${name}.capture`);
	it('gives the same rows from a file, read and mapped, bytes and pieces, in every tier', async () => {
		const bytes = readFileSync(path);
		const expected = await rowsOf(schema, fileSource(path));
		expect(expected.refused).toEqual([]);
		expect(expected.messages).toBeGreaterThan(100);
		expect(await rowsOf(schema, bytesSource(bytes))).toEqual(expected);
		expect(await rowsOf(schema, fileSource(path), { tier: 'reference' })).toEqual(expected);
		expect(await rowsOf(schema, fileSource(path), { tier: 'schema' })).toEqual(expected);
		// In pieces of a few messages, so that it learns early.
		expect(await rowsOf(schema, iterableSource(pieces(bytes, () => 20_000)), { tier: 'layout', tiering: { learnAfter: 0, learnFirst: 8, learningShare: 1 } })).toEqual(expected);
		const arena = createArena({ ceiling: 2 ** 29 });
		expect(await rowsOf(schema, mapFile(arena, path), { arena })).toEqual(expected);
		expect(arena.used).toBe(0);
		expect(arena.checkGuards()).toEqual([]);
		let seed = 1;
		const random = (): number => {
			seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
			return 1 + ((seed >>> 8) % 5000);
		};
		expect(await rowsOf(schema, iterableSource(pieces(bytes, random)))).toEqual(expected);
	});

	it('gives the same rows cut at every place of its first messages', async () => {
		const whole = readFileSync(path);
		// As many lines as 6 KB hold, at least one message.
		const lines = whole.toString('utf8').split('\n');
		let text = '';
		for (const line of lines) {
			if (text.length + line.length > 6000 && /\n\d/.test(text)) break;
			if (line.length < 6000) text += `${line}\n`;
		}
		const bytes = new TextEncoder().encode(text);
		const expected = await rowsOf(schema, bytesSource(bytes));
		expect(expected.refused).toEqual([]);
		const step = Math.max(1, Math.floor(bytes.length / 100));
		for (let cut = 1; cut < bytes.length; cut += step) {
			expect(await rowsOf(schema, iterableSource([bytes.subarray(0, cut), bytes.subarray(cut)]), { rows: 64, ceiling: 2 ** 28, window: 2 ** 17, longest: 2 ** 16 })).toEqual(expected);
		}
		expect(await rowsOf(schema, iterableSource(pieces(bytes, () => 1)))).toEqual(expected);
	});
});
