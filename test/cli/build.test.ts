/** `tickforge build`: what it writes of each protocol is linked by the runtime, and parses as the protocol itself does. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildCommand } from '../../src/cli/build.ts';
import { binanceSpotStreams, binary, createEncoder, encodeMessagePack, itch50, type Parser } from '../../src/index.ts';

let folder = '';
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'tickforge-build-'));
	vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterAll(() => {
	vi.restoreAllMocks();
	rmSync(folder, { recursive: true, force: true });
});

const runtime = pathToFileURL(resolve(import.meta.dirname, '../../src/runtime.ts')).href;

/** Builds, links and parses; gives the rows and what was refused. */
async function built(args: readonly string[], name: string, messages: readonly (string | Uint8Array)[]): Promise<{ rows: unknown[]; refused: string[]; types: string }> {
	expect(await buildCommand([...args, '--name', name, '--out', folder, '--rows', '64', '--runtime', runtime])).toBe(0);
	const { createParser } = (await import(pathToFileURL(join(folder, `${name}.js`)).href)) as { createParser: (source: BufferSource, options: object) => Promise<Parser> };
	const rows: unknown[] = [];
	const refused: string[] = [];
	const parser = await createParser(readFileSync(join(folder, `${name}.wasm`)), {
		onBatch: (batch: { table: string; toRows(): object[] }) => rows.push(...batch.toRows().map((row) => ({ table: batch.table, ...row }))),
		onError: ({ category, offset }: { category: string; offset: number }) => refused.push(`${category} ${offset}`),
	});
	expect(parser.tier).toBe('schema');
	for (const message of messages) parser.parse(message);
	parser.flush();
	return { rows, refused, types: readFileSync(join(folder, `${name}.d.ts`), 'utf8') };
}

describe('a built parser', () => {
	const heartbeat = { type: 'heartbeat', sequence: 90, last_trade_id: 20, product_id: 'BTC-USD', time: '2024-06-01T00:00:00.123456Z' };

	it('of JSON', async () => {
		const { rows, refused } = await built(['coinbase'], 'coinbase', [JSON.stringify(heartbeat), '{"type":']);
		expect(rows).toMatchObject([{ table: 'heartbeat', sequence: 90n, product: 'BTC-USD' }]);
		expect(refused.length).toBe(1);
	});

	it('of MessagePack', async () => {
		const { rows, refused } = await built(['coinbase', '--protocol', 'msgpack'], 'coinbase-msgpack', [encodeMessagePack(heartbeat), Uint8Array.of(0xc1)]);
		expect(rows).toMatchObject([{ table: 'heartbeat', sequence: 90n, product: 'BTC-USD' }]);
		expect(refused).toEqual(['syntax 0']);
	});

	it('of ITCH, with the day of its times', async () => {
		const encoder = createEncoder(binary(itch50({ date: '2019-12-30' })));
		const add = { stockLocate: 1, trackingNumber: 0, timestamp: 1577716200000000000n, orderReference: 1n, side: 'buy', shares: 100, stock: 'AAPL', price: 2_892_000n } as const;
		const message = encoder.encode('addOrder', add);
		const { rows, refused, types } = await built(['nasdaq-itch-5.0', '--date', '2019-12-30'], 'itch', [message, message.subarray(0, 20)]);
		expect(rows).toEqual([{ table: 'addOrder', ...add }]);
		expect(refused).toEqual(['truncated 20']);
		expect(types).toContain('export interface AddOrderRow {');
		expect(types).toContain('"side": "buy" | "sell";');
	});

	it('of SBE', async () => {
		const message = createEncoder(binary(binanceSpotStreams())).encode('bestBidAsk', { eventTime: 1_717_000_000_000_000_000n, bookUpdateId: 7n, bidPrice: '1.5', bidQty: '2', askPrice: '1.75', askQty: '3', symbol: 'BTCUSDT' } as never);
		const { rows } = await built(['binance-spot-sbe'], 'sbe', [message]);
		expect(rows).toMatchObject([{ table: 'bestBidAsk', bidPrice: 150_000_000n, symbol: 'BTCUSDT' }]);
	});

	it('of another protocol than the format has is refused', async () => {
		await expect(buildCommand(['nasdaq-itch-5.0', '--protocol', 'json', '--out', folder])).rejects.toThrow(/are binary, not json/);
	});
});
