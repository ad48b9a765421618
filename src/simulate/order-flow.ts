/**
 * Orders of one stock at an exchange that shows each of them: they are added, executed in the order of price and time,
 * cut down, deleted and replaced around a worth that walks at random. The book is never crossed, and whatever happens
 * happens to an order that is there. Prices are whole ticks.
 */
import type { Side } from './book.ts';
import type { Random } from './random.ts';

/** An order that is in the book, or was until now. */
export interface Order {
	readonly reference: bigint;
	readonly side: Side;
	readonly tick: number;
	/** What is left of it. */
	shares: number;
}

export type OrderEvent =
	| { readonly kind: 'add'; readonly order: Order }
	| { readonly kind: 'execute'; readonly order: Order; readonly shares: number }
	| { readonly kind: 'cancel'; readonly order: Order; readonly shares: number }
	| { readonly kind: 'delete'; readonly order: Order }
	/** The order has taken the place of another, behind those of its new price. */
	| { readonly kind: 'replace'; readonly order: Order; readonly replaced: bigint }
	/** Against an order that nobody saw. */
	| { readonly kind: 'hidden'; readonly tick: number; readonly shares: number };

export interface OrderFlow {
	/** Lets something happen. */
	next(): OrderEvent;
	/** Lets an order come, as before the market opens. */
	add(): Extract<OrderEvent, { kind: 'add' }>;
	/** Between the best prices. */
	readonly middle: number;
	/** Orders in the book. */
	readonly orders: number;
}

/** Orders that a book tends to. */
const USUAL = 60;

/** One side of the book: orders from the best price on, older ones first. */
class Queue {
	readonly side: Side;
	readonly orders: Order[] = [];

	constructor(side: Side) {
		this.side = side;
	}

	isBetter(tick: number, than: number): boolean {
		return this.side === 'bid' ? tick > than : tick < than;
	}

	insert(order: Order): void {
		const { orders } = this;
		let low = 0;
		let high = orders.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if (this.isBetter(order.tick, (orders[middle] as Order).tick)) high = middle;
			else low = middle + 1;
		}
		orders.splice(low, 0, order);
	}

	remove(order: Order): void {
		this.orders.splice(this.orders.indexOf(order), 1);
	}
}

/**
 * @param tick what the stock is worth, in ticks
 * @param nextReference gives each order a number of its own
 */
export function createOrderFlow(random: Random, tick: number, nextReference: () => bigint): OrderFlow {
	const bids = new Queue('bid');
	const asks = new Queue('ask');
	const least = Math.max(2, tick / 4);
	const deviation = Math.max(0.05, tick * 6e-6);
	const gap = Math.max(0.7, tick * 4e-5);
	let worth = tick;
	/** An order that came in and is not filled yet. */
	let taking: { readonly from: Queue; left: number } | null = null;

	const otherThan = (queue: Queue): Queue => (queue === bids ? asks : bids);
	const shares = (): number => (random.chance(0.25) ? 1 + random.below(99) : 100 * (1 + Math.floor(random.exponential(2.5))));
	/** Where an order may stand without being executed at once. */
	const priceFor = (queue: Queue): number => {
		const distance = 0.5 + random.exponential(gap * 5);
		const wanted = Math.round(queue.side === 'bid' ? worth - distance : worth + distance);
		const [best] = otherThan(queue).orders;
		if (best === undefined || queue.isBetter(best.tick, wanted)) return Math.max(1, wanted);
		return Math.max(1, queue.side === 'bid' ? best.tick - 1 : best.tick + 1);
	};
	const add = (queue = random.chance(0.5) ? bids : asks): Extract<OrderEvent, { kind: 'add' }> => {
		const order: Order = { reference: nextReference(), side: queue.side, tick: priceFor(queue), shares: shares() };
		queue.insert(order);
		return { kind: 'add', order };
	};
	/** Young orders are most likely to change: those near the best price. */
	const any = (queue: Queue): Order => queue.orders[Math.min(queue.orders.length - 1, Math.floor(random.exponential(queue.orders.length / 3)))] as Order;
	const execute = (from: Queue, most: number): OrderEvent => {
		const [order] = from.orders as [Order];
		const executed = Math.min(most, order.shares);
		order.shares -= executed;
		if (order.shares === 0) from.orders.shift();
		return { kind: 'execute', order, shares: executed };
	};
	const middle = (): number => {
		const [bid] = bids.orders;
		const [ask] = asks.orders;
		return bid === undefined || ask === undefined ? Math.round(worth) : Math.floor((bid.tick + ask.tick) / 2);
	};

	return {
		add: () => add(),
		get middle() {
			return middle();
		},
		get orders() {
			return bids.orders.length + asks.orders.length;
		},
		next() {
			worth = Math.max(least, worth + random.normal() * deviation);
			if (taking !== null) {
				const { from } = taking;
				if (taking.left > 0 && from.orders.length > 1) {
					const event = execute(from, taking.left);
					if (event.kind === 'execute') taking.left -= event.shares;
					return event;
				}
				taking = null;
			}
			for (const queue of [bids, asks]) if (queue.orders.length < 3) return add(queue);
			// What stands at a price that has become too good is taken.
			for (const queue of [bids, asks]) {
				const best = (queue.orders[0] as Order).tick;
				if (queue.isBetter(best, Math.round(worth)) && random.chance(0.5)) taking = { from: queue, left: shares() };
			}
			const queue = random.chance(0.5) ? bids : asks;
			if (taking === null && random.chance(0.015)) taking = { from: queue, left: shares() };
			if (taking !== null) {
				const event = execute(taking.from, taking.left);
				if (event.kind === 'execute') taking.left -= event.shares;
				return event;
			}
			const crowd = queue.orders.length / (USUAL / 2);
			const choice = random.share() * (1 + crowd);
			if (choice < 0.9) return add(queue);
			if (random.chance(0.04)) return { kind: 'hidden', tick: middle(), shares: shares() };
			const order = any(queue);
			if (random.chance(0.05) && order.shares > 1) {
				const cancelled = 1 + random.below(order.shares - 1);
				order.shares -= cancelled;
				return { kind: 'cancel', order, shares: cancelled };
			}
			queue.remove(order);
			if (random.chance(0.15)) {
				const { order: made } = add(queue);
				return { kind: 'replace', order: made, replaced: order.reference };
			}
			return { kind: 'delete', order };
		},
	};
}
