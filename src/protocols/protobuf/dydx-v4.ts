/**
 * dYdX v4's full node stream: `StreamOrderbookUpdates` of `dydxprotocol.clob.Query`. A response is a list (field 1) of
 * updates; each update is a row of the table that its `update_message` names. Numbers are those of chain versions that
 * stream oracle prices (`price_update`); older ones number `StreamUpdate` otherwise.
 */
import { timestamp } from '../../schema/index.ts';
import type { ProtobufColumn } from './format.ts';
import { bool, enumeration, fixed32, message, type ProtoFieldSpec, sint32, string, types, uint32, uint64 } from './proto-builders.ts';
import { type ProtobufProtocol, protobuf } from './protocol.ts';

const CLOB = 'dydxprotocol.clob';
const INDEXER = 'dydxprotocol.indexer.protocol.v1';
const OFF_CHAIN = 'dydxprotocol.indexer.off_chain_updates';
const ACCOUNTS = 'dydxprotocol.subaccounts';
const TIMESTAMP = 'google.protobuf.Timestamp';
const SECONDS = timestamp('s');

/** Orders of the chain and of its indexer are the same up to their twelfth field. */
const order = (names: { readonly id: string; readonly enums: string }): Record<string, ProtoFieldSpec> => ({
	order_id: message(1, names.id),
	side: enumeration(2, `${names.enums}.Side`),
	quantums: uint64(3),
	subticks: uint64(4),
	good_til_block: uint32(5).oneof('good_til_oneof'),
	good_til_block_time: fixed32(6).oneof('good_til_oneof'),
	time_in_force: enumeration(7, `${names.enums}.TimeInForce`),
	reduce_only: bool(8),
	client_metadata: uint32(9),
	condition_type: enumeration(10, `${names.enums}.ConditionType`),
	conditional_order_trigger_subticks: uint64(11),
});
const orderId = (subaccount: string): Record<string, ProtoFieldSpec> => ({ subaccount_id: message(1, subaccount), client_id: fixed32(2), order_flags: uint32(3), clob_pair_id: uint32(4) });
const subaccountId = { owner: string(1), number: uint32(2) };
const builderCode = { builder_address: string(1), fee_ppm: uint32(2) };
const twap = { duration: uint32(1), interval: uint32(2), price_tolerance: uint32(3) };
const orderEnums = (prefix: string): Record<string, Record<string, number>> => ({
	[`${prefix}.Side`]: { SIDE_UNSPECIFIED: 0, SIDE_BUY: 1, SIDE_SELL: 2 },
	[`${prefix}.TimeInForce`]: { TIME_IN_FORCE_UNSPECIFIED: 0, TIME_IN_FORCE_IOC: 1, TIME_IN_FORCE_POST_ONLY: 2, TIME_IN_FORCE_FILL_OR_KILL: 3 },
	[`${prefix}.ConditionType`]: { CONDITION_TYPE_UNSPECIFIED: 0, CONDITION_TYPE_STOP_LOSS: 1, CONDITION_TYPE_TAKE_PROFIT: 2 },
});
const PLACEMENT_STATUS = `${OFF_CHAIN}.OrderPlaceV1.OrderPlacementStatus`;

/** The message types, for `protobuf` with other columns and for `decodeProtobuf`. */
export const dydxV4Types = types({
	messages: {
		[`${CLOB}.StreamOrderbookUpdatesResponse`]: { updates: message(1, `${CLOB}.StreamUpdate`).repeated() },
		[`${CLOB}.StreamUpdate`]: {
			block_height: uint32(1),
			exec_mode: uint32(2),
			orderbook_update: message(3, `${CLOB}.StreamOrderbookUpdate`).oneof('update_message'),
			order_fill: message(4, `${CLOB}.StreamOrderbookFill`).oneof('update_message'),
			taker_order: message(5, `${CLOB}.StreamTakerOrder`).oneof('update_message'),
			subaccount_update: message(6, `${ACCOUNTS}.StreamSubaccountUpdate`).oneof('update_message'),
			price_update: message(7, 'dydxprotocol.prices.StreamPriceUpdate').oneof('update_message'),
		},
		[`${CLOB}.StreamOrderbookUpdate`]: { snapshot: bool(1), updates: message(2, `${OFF_CHAIN}.OffChainUpdateV1`).repeated() },
		[`${CLOB}.StreamOrderbookFill`]: { clob_match: message(1, `${CLOB}.ClobMatch`), orders: message(2, `${CLOB}.Order`).repeated(), fill_amounts: uint64(3).repeated() },
		[`${CLOB}.StreamTakerOrder`]: { order: message(1, `${CLOB}.Order`).oneof('taker_order'), liquidation_order: message(2, `${CLOB}.StreamLiquidationOrder`).oneof('taker_order'), taker_order_status: message(3, `${CLOB}.StreamTakerOrderStatus`) },
		[`${CLOB}.StreamTakerOrderStatus`]: { order_status: uint32(1), remaining_quantums: uint64(2), optimistically_filled_quantums: uint64(3) },
		[`${CLOB}.StreamLiquidationOrder`]: { liquidation_info: message(1, `${CLOB}.PerpetualLiquidationInfo`), clob_pair_id: uint32(2), is_buy: bool(3), quantums: uint64(4), subticks: uint64(5) },
		[`${CLOB}.PerpetualLiquidationInfo`]: { subaccount_id: message(1, `${ACCOUNTS}.SubaccountId`), perpetual_id: uint32(2) },
		[`${CLOB}.ClobMatch`]: {
			match_orders: message(1, `${CLOB}.MatchOrders`).oneof('match'),
			match_perpetual_liquidation: message(2, `${CLOB}.MatchPerpetualLiquidation`).oneof('match'),
			match_perpetual_deleveraging: message(3, `${CLOB}.MatchPerpetualDeleveraging`).oneof('match'),
		},
		[`${CLOB}.MatchOrders`]: { taker_order_id: message(1, `${CLOB}.OrderId`), fills: message(2, `${CLOB}.MakerFill`).repeated() },
		[`${CLOB}.MakerFill`]: { fill_amount: uint64(1), maker_order_id: message(2, `${CLOB}.OrderId`) },
		[`${CLOB}.MatchPerpetualLiquidation`]: { liquidated: message(1, `${ACCOUNTS}.SubaccountId`), clob_pair_id: uint32(2), perpetual_id: uint32(3), total_size: uint64(4), is_buy: bool(5), fills: message(6, `${CLOB}.MakerFill`).repeated() },
		[`${CLOB}.MatchPerpetualDeleveraging`]: { liquidated: message(1, `${ACCOUNTS}.SubaccountId`), perpetual_id: uint32(2), fills: message(3, `${CLOB}.MatchPerpetualDeleveraging.Fill`).repeated() },
		[`${CLOB}.MatchPerpetualDeleveraging.Fill`]: { offsetting_subaccount_id: message(1, `${ACCOUNTS}.SubaccountId`), fill_amount: uint64(2) },
		[`${CLOB}.OrderId`]: orderId(`${ACCOUNTS}.SubaccountId`),
		[`${CLOB}.Order`]: {
			...order({ id: `${CLOB}.OrderId`, enums: `${CLOB}.Order` }),
			twap_parameters: message(12, `${CLOB}.TwapParameters`),
			builder_code_parameters: message(13, `${CLOB}.BuilderCodeParameters`),
			order_router_address: string(14),
		},
		[`${CLOB}.TwapParameters`]: twap,
		[`${CLOB}.BuilderCodeParameters`]: builderCode,
		[`${OFF_CHAIN}.OffChainUpdateV1`]: {
			order_place: message(1, `${OFF_CHAIN}.OrderPlaceV1`).oneof('update_message'),
			order_remove: message(2, `${OFF_CHAIN}.OrderRemoveV1`).oneof('update_message'),
			order_update: message(3, `${OFF_CHAIN}.OrderUpdateV1`).oneof('update_message'),
			order_replace: message(4, `${OFF_CHAIN}.OrderReplaceV1`).oneof('update_message'),
		},
		[`${OFF_CHAIN}.OrderPlaceV1`]: { order: message(1, `${INDEXER}.IndexerOrder`), placement_status: enumeration(2, PLACEMENT_STATUS), time_stamp: message(3, TIMESTAMP) },
		[`${OFF_CHAIN}.OrderRemoveV1`]: { removed_order_id: message(1, `${INDEXER}.IndexerOrderId`), reason: enumeration(2, 'dydxprotocol.indexer.shared.OrderRemovalReason'), removal_status: enumeration(3, `${OFF_CHAIN}.OrderRemoveV1.OrderRemovalStatus`), time_stamp: message(4, TIMESTAMP) },
		[`${OFF_CHAIN}.OrderUpdateV1`]: { order_id: message(1, `${INDEXER}.IndexerOrderId`), total_filled_quantums: uint64(2) },
		[`${OFF_CHAIN}.OrderReplaceV1`]: { old_order_id: message(1, `${INDEXER}.IndexerOrderId`), order: message(2, `${INDEXER}.IndexerOrder`), placement_status: enumeration(3, PLACEMENT_STATUS), time_stamp: message(4, TIMESTAMP) },
		[`${INDEXER}.IndexerOrderId`]: orderId(`${INDEXER}.IndexerSubaccountId`),
		[`${INDEXER}.IndexerSubaccountId`]: subaccountId,
		[`${INDEXER}.IndexerOrder`]: {
			...order({ id: `${INDEXER}.IndexerOrderId`, enums: `${INDEXER}.IndexerOrder` }),
			builder_code_params: message(12, `${INDEXER}.BuilderCodeParameters`),
			order_router_address: string(13),
			twap_parameters: message(14, `${INDEXER}.TwapParameters`),
		},
		[`${INDEXER}.BuilderCodeParameters`]: builderCode,
		[`${INDEXER}.TwapParameters`]: twap,
		[`${ACCOUNTS}.SubaccountId`]: subaccountId,
		[`${ACCOUNTS}.StreamSubaccountUpdate`]: {
			subaccount_id: message(1, `${ACCOUNTS}.SubaccountId`),
			updated_perpetual_positions: message(2, `${ACCOUNTS}.SubaccountPerpetualPosition`).repeated(),
			updated_asset_positions: message(3, `${ACCOUNTS}.SubaccountAssetPosition`).repeated(),
			snapshot: bool(4),
		},
		[`${ACCOUNTS}.SubaccountPerpetualPosition`]: { perpetual_id: uint32(1), quantums: uint64(2) },
		[`${ACCOUNTS}.SubaccountAssetPosition`]: { asset_id: uint32(1), quantums: uint64(2) },
		'dydxprotocol.prices.StreamPriceUpdate': { market_id: uint32(1), price: message(2, 'dydxprotocol.prices.MarketPrice'), snapshot: bool(3) },
		'dydxprotocol.prices.MarketPrice': { id: uint32(1), exponent: sint32(2), price: uint64(3) },
	},
	enums: {
		...orderEnums(`${CLOB}.Order`),
		...orderEnums(`${INDEXER}.IndexerOrder`),
		[PLACEMENT_STATUS]: { ORDER_PLACEMENT_STATUS_UNSPECIFIED: 0, ORDER_PLACEMENT_STATUS_BEST_EFFORT_OPENED: 1, ORDER_PLACEMENT_STATUS_OPENED: 2 },
		[`${OFF_CHAIN}.OrderRemoveV1.OrderRemovalStatus`]: { ORDER_REMOVAL_STATUS_UNSPECIFIED: 0, ORDER_REMOVAL_STATUS_BEST_EFFORT_CANCELED: 1, ORDER_REMOVAL_STATUS_CANCELED: 2, ORDER_REMOVAL_STATUS_FILLED: 3 },
		'dydxprotocol.indexer.shared.OrderRemovalReason': {
			ORDER_REMOVAL_REASON_UNSPECIFIED: 0,
			ORDER_REMOVAL_REASON_EXPIRED: 1,
			ORDER_REMOVAL_REASON_USER_CANCELED: 2,
			ORDER_REMOVAL_REASON_UNDERCOLLATERALIZED: 3,
			ORDER_REMOVAL_REASON_INTERNAL_ERROR: 4,
			ORDER_REMOVAL_REASON_SELF_TRADE_ERROR: 5,
			ORDER_REMOVAL_REASON_POST_ONLY_WOULD_CROSS_MAKER_ORDER: 6,
			ORDER_REMOVAL_REASON_IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK: 7,
			ORDER_REMOVAL_REASON_FOK_ORDER_COULD_NOT_BE_FULLY_FULLED: 8,
			ORDER_REMOVAL_REASON_REDUCE_ONLY_RESIZE: 9,
			ORDER_REMOVAL_REASON_INDEXER_EXPIRED: 10,
			ORDER_REMOVAL_REASON_REPLACED: 11,
			ORDER_REMOVAL_REASON_FULLY_FILLED: 12,
			ORDER_REMOVAL_REASON_EQUITY_TIER: 13,
			ORDER_REMOVAL_REASON_FINAL_SETTLEMENT: 14,
			ORDER_REMOVAL_REASON_VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS: 15,
		},
	},
});

export interface DydxV4Options {
	/** Columns besides the usual ones: sizes are counts of quantums and prices of subticks, whose scale is each market's own. */
	readonly columns?: Readonly<Record<string, ProtobufColumn>>;
}

/** One update a message: cut responses with `grpcMessages({ items: 1 })` or `varintDelimited({ items: 1 })`. */
export function dydxV4Stream({ columns = {} }: DydxV4Options = {}): ProtobufProtocol {
	return protobuf(dydxV4Types, `${CLOB}.StreamUpdate`, {
		name: 'dydx-v4-stream',
		tables: 'update_message',
		symbols: (name) => (name === 'owner' || name.endsWith('_address') ? 'account' : null),
		columns: { [`${CLOB}.Order.good_til_block_time`]: SECONDS, [`${INDEXER}.IndexerOrder.good_til_block_time`]: SECONDS, ...columns },
	});
}
