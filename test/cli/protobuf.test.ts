/** Protobuf on the command line: `.proto` files, the preset, framings that are found, what is said of misuse. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createProtobufEncoder, createProtobufWriter, dydxV4Stream, parseProto, protobuf } from '../../src/index.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'tickforge-protobuf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const tickforge = (...args: readonly string[]): SpawnSyncReturns<string> => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder });
const summary = (...args: readonly string[]): Record<string, never> => JSON.parse(tickforge('run', ...args, '--json').stdout);

const FEED = `
	syntax = "proto3"; package my.feed;
	message Update { uint32 height = 1; oneof body { Trade trade = 2; Quote quote = 3; } }
	message Trade { string symbol = 1; double price = 2; }
	message Quote { string symbol = 1; double bid = 2; double ask = 3; }
`;
writeFileSync(path('feed.proto'), FEED);
const encoder = createProtobufEncoder(protobuf(await parseProto(FEED), 'my.feed.Update', { tables: 'body' }));
const messages = Array.from({ length: 400 }, (_, index) => (index % 4 === 0 ? encoder.encode('trade', { height: index, trade: { symbol: 'BTC', price: index } }) : encoder.encode('quote', { height: index, quote: { symbol: 'ETH', bid: index, ask: index + 1 } })));
const delimited = (parts: readonly Uint8Array[]): Uint8Array => {
	const writer = createProtobufWriter();
	for (const part of parts) writer.content(part);
	return writer.take();
};

describe('a .proto file', () => {
	it('is a schema; how its messages are cut is found', () => {
		writeFileSync(path('day.bin'), delimited(messages));
		expect(summary('feed.proto', 'day.bin', '--tables', 'body', '--out', 'day.arrow')).toMatchObject({ messages: 400, refused: 0, inputs: [{ format: 'varint-delimited' }] });
		expect(existsSync(path('day.trade.arrow'))).toBe(true);
		expect(existsSync(path('day.quote.arrow'))).toBe(true);
		expect(summary('feed.proto', 'day.bin', '--message', 'my.feed.Update', '--format', 'varint-delimited')).toMatchObject({ messages: 400, refused: 0 });
	});

	it('refuses what the file’s end cuts, though it may be a whole message', () => {
		const bytes = delimited(messages);
		writeFileSync(path('cut.bin'), bytes.subarray(0, bytes.length - 9));
		expect(summary('feed.proto', 'cut.bin', '--format', 'varint-delimited', '--quarantine', 'cut.tfq')).toMatchObject({ messages: 400, refused: 1 });
	});

	it('is detected, with the schema and without', () => {
		const { stdout } = tickforge('detect', 'day.bin', '--schema', 'feed.proto', '--tables', 'body');
		expect(stdout).toContain('64 of its first 64 messages are of Update');
		expect(stdout).toContain('tickforge run feed.proto day.bin --tables body --format varint-delimited');
		expect(tickforge('detect', 'day.bin').stdout).toContain('tickforge run feed.proto day.bin --message NAME --format varint-delimited');
	});

	it('gives types', () => {
		const { stdout, stderr } = tickforge('types', 'feed.proto', '--tables', 'body');
		expect(stderr).toBe('');
		expect(stdout).toMatch(/export interface Trade/);
		expect(stdout).toMatch(/readonly "price": number/);
	});

	it('has its questions asked', () => {
		writeFileSync(path('two.proto'), 'syntax = "proto3"; message A { int32 a = 1; } message B { int32 b = 1; }');
		expect(tickforge('run', 'two.proto', 'day.bin').stderr).toContain('which message? Add --message NAME: A, B');
		expect(tickforge('run', 'feed.proto', 'day.bin', '--message', 'Update').stderr).toContain('did you mean my.feed.Update?');
		expect(tickforge('run', 'nowhere.proto', 'day.bin').stderr).toContain('there is no file nowhere.proto');
		writeFileSync(path('importing.proto'), 'syntax = "proto3"; import "elsewhere/x.proto"; message A { X a = 1; }');
		expect(tickforge('types', 'importing.proto').stderr).toContain('name its folder with include');
		expect(tickforge('run', 'nasdaq-itch-5.0', 'day.bin', '--message', 'A').stderr).toContain('--message is for .proto files');
	});
});

describe('the dYdX preset', () => {
	it('is listed, run and detected', () => {
		const dydx = createProtobufEncoder(dydxV4Stream());
		const price = (index: number): Uint8Array => dydx.encode('priceUpdate', { blockHeight: index, execMode: 7, priceUpdate: { marketId: 1, price: { id: 1, exponent: -6, price: BigInt(index) }, snapshot: false } });
		const responses = Array.from({ length: 50 }, (_, index) => {
			const writer = createProtobufWriter();
			for (let item = 0; item < 3; item++) {
				writer.tag(1, 2);
				writer.content(price(1 + index * 3 + item));
			}
			const body = writer.take();
			const head = Buffer.alloc(5);
			head.writeUInt32BE(body.length, 1);
			return Buffer.concat([head, body]);
		});
		writeFileSync(path('dydx.bin'), Buffer.concat(responses));
		expect(tickforge('run', '--list').stdout).toContain('dydx-v4-stream');
		expect(summary('dydx-v4-stream', 'dydx.bin')).toMatchObject({ messages: 150, refused: 0, inputs: [{ format: 'grpc-list' }] });
		expect(tickforge('detect', 'dydx.bin').stdout).toContain('dydx-v4-stream');
	});
});
