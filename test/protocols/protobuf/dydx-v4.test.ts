/** dYdX v4's full node stream: from responses with gRPC's prefix to tables. */
import { describe, expect, it } from 'vitest';
import { compile, createProtobufEncoder, createProtobufWriter, decodeProtobuf, dydxV4Stream, dydxV4Types, grpcMessages } from '../../../src/index.ts';
import { parseFeed } from '../../../src/pipeline/feed.ts';
import { binaryPresets } from '../../../src/protocols/presets.ts';
import { bytesSource } from '../../../src/sources/bytes.ts';

const protocol = dydxV4Stream();
const encoder = createProtobufEncoder(protocol);
const subaccountId = { owner: 'dydx1199tqg4wdlnu4qjlxchpd7seg454937hjrknju', number: 0 };
const orderId = { subaccountId, clientId: 1234, orderFlags: 64, clobPairId: 1 };
const order = { orderId, side: 'SIDE_BUY', quantums: 10_000_000n, subticks: 3_775_400_000n, goodTilBlock: null, goodTilBlockTime: 1_732_600_000_000_000_000n, timeInForce: 'TIME_IN_FORCE_POST_ONLY', reduceOnly: false, clientMetadata: 0, conditionType: 'CONDITION_TYPE_UNSPECIFIED', conditionalOrderTriggerSubticks: 0n };
const place = { orderPlace: { order, placementStatus: 'ORDER_PLACEMENT_STATUS_BEST_EFFORT_OPENED', timeStamp: 1_732_599_000_123_456_789n } };
const update = { orderUpdate: { orderId, totalFilledQuantums: 0n } };

/** A response with its updates, as a gRPC stream has it. */
function response(...updates: readonly Uint8Array[]): Uint8Array {
	const writer = createProtobufWriter();
	for (const one of updates) {
		writer.tag(1, 2);
		writer.content(one);
	}
	const body = writer.take();
	const head = Buffer.alloc(5);
	head.writeUInt32BE(body.length, 1);
	return Uint8Array.from([...head, ...body]);
}

describe('the dYdX v4 stream', () => {
	it('is cut into updates, each a row of its table', async () => {
		const stream = Buffer.concat([
			response(encoder.encode('orderbookUpdate', { blockHeight: 5, execMode: 0, orderbookUpdate: { snapshot: true, updates: [place, update] } })),
			response(
				encoder.encode('orderFill', { blockHeight: 6, execMode: 7, orderFill: { clobMatch: { matchOrders: { takerOrderId: orderId, fills: [{ fillAmount: 5n, makerOrderId: orderId }] } }, orders: [order], fillAmounts: [5n] } }),
				encoder.encode('priceUpdate', { blockHeight: 6, execMode: 7, priceUpdate: { marketId: 1, price: { id: 1, exponent: -6, price: 3_775_400_000n }, snapshot: false } }),
			),
			response(),
			response(encoder.encode('subaccountUpdate', { blockHeight: 6, execMode: 7, subaccountUpdate: { subaccountId, updatedPerpetualPositions: [{ perpetualId: 1, quantums: 7n }], updatedAssetPositions: [], snapshot: false } })),
		]);
		const rows: Record<string, unknown[]> = {};
		const result = await parseFeed(protocol, bytesSource(stream), grpcMessages({ items: 1 }), {
			onBatch(batch) {
				batch.visit((row) => {
					(rows[batch.table] ??= []).push(batch.row(row));
				});
			},
		});
		expect(result.statistics).toMatchObject({ messages: 4, refused: 0, variants: { orderbookUpdate: 1, orderFill: 1, takerOrder: 0, subaccountUpdate: 1, priceUpdate: 1 } });
		expect(result.skipped).toBe(1);
		const orderOfIndexer = expect.objectContaining({ quantums: 10_000_000n, subticks: 3_775_400_000n, side: 'SIDE_BUY', goodTilBlockTime: 1_732_600_000_000_000_000n, orderId: { subaccountId, clientId: 1234, orderFlags: 64, clobPairId: 1 } });
		expect(rows.orderbookUpdate).toEqual([
			{
				blockHeight: 5,
				execMode: 0,
				orderbookUpdate: {
					snapshot: true,
					updates: [
						{ orderPlace: { order: orderOfIndexer, placementStatus: 'ORDER_PLACEMENT_STATUS_BEST_EFFORT_OPENED', timeStamp: 1_732_599_000_123_456_789n }, orderRemove: null, orderUpdate: null, orderReplace: null },
						{ orderPlace: null, orderRemove: null, orderUpdate: { orderId, totalFilledQuantums: 0n }, orderReplace: null },
					],
				},
			},
		]);
		expect(rows.priceUpdate).toEqual([{ blockHeight: 6, execMode: 7, priceUpdate: { marketId: 1, price: { id: 1, exponent: -6, price: 3_775_400_000n }, snapshot: false } }]);
		expect(rows.orderFill).toMatchObject([{ orderFill: { clobMatch: { matchOrders: { fills: [{ fillAmount: 5n }] }, matchPerpetualLiquidation: null, matchPerpetualDeleveraging: null }, fillAmounts: [5n] } }]);
	});

	it('has the numbers of the chain’s files', () => {
		// block_height 1, exec_mode 2, price_update 7 { market_id 1, price 2 { id 1, exponent 2, price 3 } }
		const bytes = Uint8Array.from([0x08, 9, 0x10, 7, 0x3a, 10, 0x08, 3, 0x12, 6, 0x08, 3, 0x10, 0x0b, 0x18, 0x64]);
		expect(decodeProtobuf(dydxV4Types, 'dydxprotocol.clob.StreamUpdate', bytes)).toEqual({ blockHeight: 9, execMode: 7, priceUpdate: { marketId: 3, price: { id: 3, exponent: -6, price: 100 }, snapshot: false } });
	});

	it('refuses updates of a kind that is not known', () => {
		const refused: string[] = [];
		const parser = compile(protocol, { onError: ({ category, offset }) => refused.push(`${category} ${offset}`) });
		parser.parse(Uint8Array.from([0x08, 9, 0x42, 0]));
		parser.dispose();
		expect(refused).toEqual(['unknown-message 0']);
	});

	it('is a preset', () => {
		expect(
			binaryPresets
				.find(({ name }) => name === 'dydx-v4-stream')
				?.protocol()
				.schema.variants.map(({ name }) => name),
		).toEqual(['orderbookUpdate', 'orderFill', 'takerOrder', 'subaccountUpdate', 'priceUpdate']);
	});
});
