/** The order book as anyone would write it: maps of objects. The oracle of the generated one, and its stand-in where code cannot be generated. */
import type { OrderEvent, Side } from './order-events.ts';
import type { EventKind, ProblemCategory } from './order-memory.ts';

interface Order {
	readonly stock: number;
	readonly side: Side;
	readonly price: number;
	shares: number;
}
export interface ReferenceLevel {
	readonly price: number;
	shares: number;
	orders: number;
}

export interface ReferenceOrders {
	apply(event: OrderEvent, message: number): void;
	order(reference: bigint): Readonly<Order> | null;
	/** The best first. */
	levels(stock: number, side: Side): ReferenceLevel[];
	readonly orders: number;
	readonly levelCount: number;
}

/** @param stocks numbers of stocks from 0 to below this */
export function createReferenceOrders(stocks: number, onProblem: (category: ProblemCategory, kind: EventKind, message: number, reference: bigint) => void): ReferenceOrders {
	const orders = new Map<bigint, Order>();
	const sides = new Map<string, Map<number, ReferenceLevel>>();
	let levelCount = 0;
	const sideOf = (stock: number, side: Side): Map<number, ReferenceLevel> => {
		const key = `${stock} ${side}`;
		const known = sides.get(key) ?? new Map<number, ReferenceLevel>();
		sides.set(key, known);
		return known;
	};
	const take = (reference: bigint, order: Order, shares: number): void => {
		const levels = sideOf(order.stock, order.side);
		const level = levels.get(order.price) as ReferenceLevel;
		order.shares -= shares;
		level.shares -= shares;
		if (order.shares > 0) return;
		orders.delete(reference);
		level.orders--;
		if (level.orders > 0) return;
		levels.delete(order.price);
		levelCount--;
	};
	return {
		get orders() {
			return orders.size;
		},
		get levelCount() {
			return levelCount;
		},
		order: (reference) => orders.get(reference) ?? null,
		levels: (stock, side) => [...sideOf(stock, side).values()].sort((a, b) => (side === 'buy' ? b.price - a.price : a.price - b.price)),
		apply(event, message) {
			const problem = (category: ProblemCategory, reference: bigint): void => onProblem(category, event.kind, message, reference);
			const add = (reference: bigint, order: Order): void => {
				if (order.shares === 0) problem('no-shares', reference);
				else if (orders.has(reference)) problem('duplicate-order', reference);
				else {
					const levels = sideOf(order.stock, order.side);
					let level = levels.get(order.price);
					if (level === undefined) {
						level = { price: order.price, shares: 0, orders: 0 };
						levels.set(order.price, level);
						levelCount++;
					}
					level.shares += order.shares;
					level.orders++;
					orders.set(reference, order);
				}
			};
			if (event.kind === 'add') {
				const { reference, stock, side, price, shares } = event;
				if (stock >= stocks) problem('unknown-stock', reference);
				else add(reference, { stock, side, price, shares });
				return;
			}
			const order = orders.get(event.reference);
			if (order === undefined) {
				problem('unknown-order', event.reference);
				return;
			}
			switch (event.kind) {
				case 'execute':
				case 'cancel':
					if (event.shares === 0) problem('no-shares', event.reference);
					else {
						if (event.shares > order.shares) problem('too-many-shares', event.reference);
						take(event.reference, order, Math.min(event.shares, order.shares));
					}
					break;
				case 'delete':
					take(event.reference, order, order.shares);
					break;
				case 'replace': {
					const { stock, side } = order;
					take(event.reference, order, order.shares);
					add(event.newReference, { stock, side, price: event.price, shares: event.shares });
				}
			}
		},
	};
}
