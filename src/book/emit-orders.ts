/** The order book in generated code: what order-memory.ts describes. reference-orders.ts is the same in a few obvious lines. */
import { type Declared, type Func, type FunctionBuilder, I32, I64, type Label, type Local, type ModuleBuilder } from '../wasm/index.ts';
import { BLOCK, EVENT, EVENT_KINDS, HASH_FACTOR, LEVEL, MOST_HEIGHT, NODE, PROBLEM, PROBLEMS, type ProblemCategory, SIDE, SLOT, STATE, STOP } from './order-memory.ts';

const HALF = NODE.capacity / 2;

/** Where the slots are, in locals. */
interface Slots {
	readonly base: Local<I32>;
	readonly mask: Local<I32>;
	readonly shift: Local<I64>;
}

const loadSlots = (f: FunctionBuilder, state: I32): Slots => ({
	base: f.local(I32, I32.load(state, STATE.slots), 'slots'),
	mask: f.local(I32, I32.load(state, STATE.slotMask), 'slotMask'),
	shift: f.local(I64, I64.load32U(state, STATE.shift), 'shift'),
});

/** Byte offset of a reference's home among the slots: by its group of four, and its place in it. */
const homeOf = ({ shift }: Slots, reference: I64): I32 => reference.shrU(2n).mul(HASH_FACTOR).shrU(shift).wrap().shl(6).or(reference.wrap().and(3).shl(4));

/** Emits the search for an order: `place` becomes the offset of its slot or of the free one it would take; `level` is 0 then. */
function emitFind(f: FunctionBuilder, slots: Slots, reference: I64, { place, slot, level }: { readonly place: Local<I32>; readonly slot: Local<I32>; readonly level: Local<I32> }): void {
	place.set(homeOf(slots, reference));
	f.block((found) => {
		f.loop((next) => {
			slot.set(slots.base.add(place));
			level.set(I32.load(slot, SLOT.level));
			found.branchIf(level.eqz());
			found.branchIf(I64.load(slot, SLOT.reference).eq(reference));
			place.set(place.add(SLOT.size).and(slots.mask));
			next.branch();
		});
	});
}

const entryAt = (node: I32, index: I32): I32 => node.add(index.shl(3));
const keyAt = (node: I32, index: I32): I32 => I32.load(entryAt(node, index), NODE.entries + NODE.key);
const addressAt = (node: I32, index: I32): I32 => I32.load(entryAt(node, index), NODE.entries + NODE.address);
const wholeEntry = (address: I32, key: I32): I64 => address.extendU().or(key.extendU().shl(32n));

/** Emits: `index` becomes that of the last entry whose key is at most `key`, or `least` where there is none. */
function emitSearch(f: FunctionBuilder, node: I32, key: I32, index: Local<I32>, least: 0 | -1): void {
	index.set(I32.load(node, NODE.count).sub(1));
	f.block((found) => {
		f.loop((next) => {
			found.branchIf(least === 0 ? index.leS(0) : index.ltS(0));
			found.branchIf(keyAt(node, index).leU(key));
			index.set(index.sub(1));
			next.branch();
		});
	});
}

/** Emits: the entries from `index` on make room for one. */
function emitInsert(f: FunctionBuilder, node: I32, index: I32, entry: I64): void {
	const count = f.local(I32, I32.load(node, NODE.count), 'count');
	const at = f.local(I32, entryAt(node, count), 'at');
	const first = f.local(I32, entryAt(node, index), 'first');
	f.block((there) => {
		f.loop((next) => {
			there.branchIf(at.leU(first));
			f.store(at, I64.load(at, NODE.entries - NODE.entrySize), NODE.entries);
			at.set(at.sub(NODE.entrySize));
			next.branch();
		});
	});
	f.store(first, entry, NODE.entries);
	f.store(node, count.add(1), NODE.count);
}

/** Emits: an entry goes; what follows it moves up. */
function emitRemove(f: FunctionBuilder, node: I32, index: I32): void {
	const count = f.local(I32, I32.load(node, NODE.count).sub(1), 'count');
	const at = f.local(I32, entryAt(node, index), 'at');
	const last = f.local(I32, entryAt(node, count), 'last');
	f.block((there) => {
		f.loop((next) => {
			there.branchIf(at.geU(last));
			f.store(at, I64.load(at, NODE.entries + NODE.entrySize), NODE.entries);
			at.set(at.add(NODE.entrySize));
			next.branch();
		});
	});
	f.store(node, count, NODE.count);
}

const addTo = (f: FunctionBuilder, state: I32, field: number, by: number): void => f.store(state, I32.load(state, field).add(by), field);

interface Pool {
	readonly free: number;
	readonly next: number;
	readonly left: number;
	readonly size: number;
	/** Where a free one names the next free one. */
	readonly link: number;
}
const LEVELS: Pool = { free: STATE.freeLevel, next: STATE.nextLevel, left: STATE.levelsLeft, size: LEVEL.size, link: 0 };
const NODES: Pool = { free: STATE.freeNode, next: STATE.nextNode, left: STATE.nodesLeft, size: NODE.size, link: 0 };

/** Emits: takes one. There is one: `apply` has looked. */
function emitTake(f: FunctionBuilder, state: I32, pool: Pool, name: string): Local<I32> {
	const taken = f.local(I32, I32.load(state, pool.free), name);
	f.if(
		taken,
		() => f.store(state, I32.load(taken, pool.link), pool.free),
		() => {
			taken.set(I32.load(state, pool.next));
			f.store(state, taken.add(pool.size), pool.next);
		},
	);
	addTo(f, state, pool.left, -1);
	return taken;
}

function emitGiveBack(f: FunctionBuilder, state: I32, pool: Pool, one: I32): void {
	f.store(one, I32.load(state, pool.free), pool.link);
	f.store(state, one, pool.free);
	addTo(f, state, pool.left, 1);
}

interface LevelFunctions {
	/** `createLevel(state, side, number, key) -> level`: makes a level that is not there. */
	readonly create: Func<I32>;
	/** `removeLevel(state, side, level, key)`. */
	readonly remove: Declared<{ state: typeof I32; side: typeof I32; level: typeof I32; key: typeof I32 }, readonly []>;
}

/** Buying sides are in the order of their prices, selling sides in the opposite one. `number` is even for buying sides. */
const keyOf = (price: I32, number: I32): I32 => price.xor(I32.of(0).sub(number.and(1)));

function emitLevels(m: ModuleBuilder): LevelFunctions {
	const splitChild = m.func('splitChild', { params: { state: I32, side: I32, parent: I32, index: I32 }, results: [] }, (f, { state, side, parent, index }) => {
		const child = f.local(I32, addressAt(parent, index), 'child');
		const right = emitTake(f, state, NODES, 'right');
		f.memoryCopy(right.add(NODE.entries), child.add(NODE.entries + HALF * NODE.entrySize), HALF * NODE.entrySize);
		f.store(child, I32.of(HALF), NODE.count);
		f.store(right, I32.of(HALF), NODE.count);
		const better = f.local(I32, I32.load(child, NODE.better), 'better');
		f.store(right, child, NODE.worse);
		f.store(right, better, NODE.better);
		f.store(child, right, NODE.better);
		f.if(better, () => f.store(better, right, NODE.worse));
		f.if(I32.load(side, SIDE.best).eq(child), () => f.store(side, right, SIDE.best));
		emitInsert(f, parent, index.add(1), wholeEntry(right, I32.load(right, NODE.entries + NODE.key)));
	});

	const create = m.func('createLevel', { params: { state: I32, side: I32, number: I32, key: I32 }, results: [I32] }, (f, { state, side, number, key }) => {
		const level = emitTake(f, state, LEVELS, 'level');
		f.store(level, I64.of(0n), LEVEL.shares);
		f.store(level, I32.of(0), LEVEL.orders);
		f.store(level, keyOf(key, number), LEVEL.price);
		f.store(level, number, LEVEL.side);
		addTo(f, side, SIDE.levels, 1);
		addTo(f, state, STATE.levels, 1);
		const node = f.local(I32, I32.load(side, SIDE.root), 'node');
		const emptyNode = (name: string): Local<I32> => {
			const made = emitTake(f, state, NODES, name);
			f.store(made, I32.of(0), NODE.worse);
			f.store(made, I32.of(0), NODE.better);
			return made;
		};
		f.if(node.eqz(), () => {
			const leaf = emptyNode('leaf');
			f.store(leaf, I32.of(1), NODE.count);
			f.store(leaf, wholeEntry(level, key), NODE.entries);
			f.store(side, leaf, SIDE.root);
			f.store(side, leaf, SIDE.best);
			f.store(side, I32.of(1), SIDE.height);
			f.return(level);
		});
		const height = f.local(I32, I32.load(side, SIDE.height), 'height');
		f.if(I32.load(node, NODE.count).eq(NODE.capacity), () => {
			const root = emptyNode('root');
			f.store(root, I32.of(1), NODE.count);
			f.store(root, wholeEntry(node, I32.load(node, NODE.entries + NODE.key)), NODE.entries);
			f.store(side, root, SIDE.root);
			height.set(height.add(1));
			f.store(side, height, SIDE.height);
			f.call(splitChild, state, side, root, I32.of(0));
			node.set(root);
		});
		const index = f.local(I32, undefined, 'index');
		f.block((atLeaf) => {
			f.loop((down) => {
				atLeaf.branchIf(height.leU(1));
				emitSearch(f, node, key, index, 0);
				// Full nodes are split on the way down, so that what is below always has room above it.
				f.if(I32.load(addressAt(node, index), NODE.count).eq(NODE.capacity), () => {
					f.call(splitChild, state, side, node, index);
					f.if(keyAt(node, index.add(1)).leU(key), () => index.set(index.add(1)));
				});
				node.set(addressAt(node, index));
				height.set(height.sub(1));
				down.branch();
			});
		});
		emitSearch(f, node, key, index, -1);
		emitInsert(f, node, index.add(1), wholeEntry(level, key));
		f.return(level);
	});

	const remove = m.func('removeLevel', { params: { state: I32, side: I32, level: I32, key: I32 }, results: [] }, (f, { state, side, level, key }) => {
		const node = f.local(I32, I32.load(side, SIDE.root), 'node');
		const height = f.local(I32, I32.load(side, SIDE.height), 'height');
		const path = f.local(I32, I32.load(state, STATE.path), 'path');
		const index = f.local(I32, undefined, 'index');
		const left = f.local(I32, height, 'left');
		f.block((atLeaf) => {
			f.loop((down) => {
				atLeaf.branchIf(left.leU(1));
				emitSearch(f, node, key, index, 0);
				f.store(path.add(left.shl(3)), node);
				f.store(path.add(left.shl(3)), index, 4);
				node.set(addressAt(node, index));
				left.set(left.sub(1));
				down.branch();
			});
		});
		emitSearch(f, node, key, index, -1);
		emitGiveBack(f, state, LEVELS, level);
		addTo(f, side, SIDE.levels, -1);
		addTo(f, state, STATE.levels, -1);
		f.block((done) => {
			// From the leaf up, as long as nodes become empty.
			f.loop((up) => {
				emitRemove(f, node, index);
				done.branchIf(I32.load(node, NODE.count));
				const worse = f.local(I32, I32.load(node, NODE.worse), 'worse');
				const better = f.local(I32, I32.load(node, NODE.better), 'better');
				f.if(worse, () => f.store(worse, better, NODE.better));
				f.if(better, () => f.store(better, worse, NODE.worse));
				f.if(I32.load(side, SIDE.best).eq(node), () => f.store(side, worse, SIDE.best));
				emitGiveBack(f, state, NODES, node);
				left.set(left.add(1));
				f.if(left.gtU(height), () => {
					f.store(side, I32.of(0), SIDE.root);
					f.store(side, I32.of(0), SIDE.height);
					f.return();
				});
				node.set(I32.load(path.add(left.shl(3))));
				index.set(I32.load(path.add(left.shl(3)), 4));
				up.branch();
			});
		});
		// A root with one child is not needed.
		f.block((done) => {
			f.loop((next) => {
				node.set(I32.load(side, SIDE.root));
				done.branchIf(I32.load(side, SIDE.height).leU(1));
				done.branchIf(I32.load(node, NODE.count).gtU(1));
				f.store(side, addressAt(node, I32.of(0)), SIDE.root);
				addTo(f, side, SIDE.height, -1);
				emitGiveBack(f, state, NODES, node);
				next.branch();
			});
		});
	});
	return { create, remove: remove as LevelFunctions['remove'] };
}

export interface OrderFunctions {
	/** `apply(state, events, count, message) -> count`: events from the first on that were applied; STATE.stop says why not all. `message` is the first one's number. */
	readonly apply: Func<I32>;
}

export function emitOrders(m: ModuleBuilder): OrderFunctions {
	const levels = emitLevels(m);

	const removeSlot = m.func('removeSlot', { params: { state: I32, place: I32 }, results: [] }, (f, { state, place }) => {
		const slots = loadSlots(f, state);
		const next = f.local(I32, place, 'next');
		const slot = f.local(I32, undefined, 'slot');
		const hole = f.local(I32, undefined, 'hole');
		addTo(f, state, STATE.orders, -1);
		f.block((end) => {
			f.loop((again) => {
				next.set(next.add(SLOT.size).and(slots.mask));
				slot.set(slots.base.add(next));
				end.branchIf(I32.load(slot, SLOT.level).eqz());
				// What is nearer to its home than to the hole cannot move up to it.
				again.branchIf(
					next
						.sub(homeOf(slots, I64.load(slot, SLOT.reference)))
						.and(slots.mask)
						.ltU(next.sub(place).and(slots.mask)),
				);
				hole.set(slots.base.add(place));
				f.store(hole, I64.load(slot), 0);
				f.store(hole, I64.load(slot, 8), 8);
				place.set(next);
				again.branch();
			});
		});
		f.store(slots.base.add(place), I32.of(0), SLOT.level);
	});

	const problem = m.func('problem', { params: { state: I32, category: I32, kind: I32, message: I64, reference: I64 }, results: [] }, (f, { state, category, kind, message, reference }) => {
		const counter = f.local(I32, state.add(category.shl(3)), 'counter');
		f.store(counter, I64.load(counter, STATE.problemCounts).add(1n), STATE.problemCounts);
		const count = f.local(I32, I32.load(state, STATE.problems), 'count');
		const record = f.local(I32, I32.load(state, STATE.problemTable).add(count.mul(PROBLEM.size)), 'record');
		f.store(record, category, PROBLEM.category);
		f.store(record, kind, PROBLEM.kind);
		f.store(record, message, PROBLEM.message);
		f.store(record, reference, PROBLEM.reference);
		f.store(state, count.add(1), STATE.problems);
	});

	const apply = m.func('apply', { params: { state: I32, events: I32, count: I32, message: I64 }, results: [I32], export: 'apply' }, (f, { state, events, count, message }) => {
		const slots = loadSlots(f, state);
		const sides = f.local(I32, I32.load(state, STATE.sides), 'sides');
		const stocks = f.local(I32, I32.load(state, STATE.stocks), 'stocks');
		const event = f.local(I32, events, 'event');
		const end = f.local(I32, events.add(count.mul(EVENT.size)), 'end');
		const blockEnd = f.local(I32, undefined, 'blockEnd');
		const touching = f.local(I32, undefined, 'touching');
		const touched = f.local(I32, undefined, 'touched');
		const kind = f.local(I32, undefined, 'kind');
		const reference = f.local(I64, undefined, 'reference');
		const place = f.local(I32, undefined, 'place');
		const slot = f.local(I32, undefined, 'slot');
		const level = f.local(I32, undefined, 'level');
		const found = { place, slot, level };
		const number = f.local(I32, undefined, 'number');
		const side = f.local(I32, undefined, 'side');
		const shares = f.local(I32, undefined, 'shares');
		const have = f.local(I32, undefined, 'have');
		const price = f.local(I32, undefined, 'price');
		const key = f.local(I32, undefined, 'key');
		const node = f.local(I32, undefined, 'node');
		const height = f.local(I32, undefined, 'height');
		const index = f.local(I32, undefined, 'index');
		const fail = (category: ProblemCategory): void => f.call(problem, state, I32.of(PROBLEMS[category]), kind, message.add(event.sub(events).shrU(5).extendU()), reference);

		/** Emits: an order of `shares` at `price` on the side `number`; leaves to `done` where it cannot be. */
		const addOrder = (done: Label): void => {
			f.if(
				shares.eqz(),
				() => {
					fail('no-shares');
					done.branch();
				},
				undefined,
				{ likely: false },
			);
			emitFind(f, slots, reference, found);
			f.if(
				level,
				() => {
					fail('duplicate-order');
					done.branch();
				},
				undefined,
				{ likely: false },
			);
			side.set(sides.add(number.shl(4)));
			key.set(keyOf(price, number));
			f.block((known) => {
				f.block((missing) => {
					node.set(I32.load(side, SIDE.root));
					missing.branchIf(node.eqz());
					height.set(I32.load(side, SIDE.height));
					f.block((atLeaf) => {
						f.loop((down) => {
							atLeaf.branchIf(height.leU(1));
							emitSearch(f, node, key, index, 0);
							node.set(addressAt(node, index));
							height.set(height.sub(1));
							down.branch();
						});
					});
					emitSearch(f, node, key, index, -1);
					missing.branchIf(index.ltS(0));
					missing.branchIf(keyAt(node, index).ne(key));
					level.set(addressAt(node, index));
					known.branch();
				});
				level.set(levels.create.call(state, side, number, key));
			});
			f.store(slot, reference, SLOT.reference);
			f.store(slot, shares, SLOT.shares);
			f.store(slot, level, SLOT.level);
			f.store(level, I64.load(level, LEVEL.shares).add(shares.extendU()), LEVEL.shares);
			f.store(level, I32.load(level, LEVEL.orders).add(1), LEVEL.orders);
			addTo(f, state, STATE.orders, 1);
		};
		/** Emits: the order that was found goes, with the `have` shares that its level still counts. */
		const removeOrder = (): void => {
			f.store(level, I64.load(level, LEVEL.shares).sub(have.extendU()), LEVEL.shares);
			const orders = f.local(I32, I32.load(level, LEVEL.orders).sub(1), 'orders');
			f.store(level, orders, LEVEL.orders);
			f.call(removeSlot, state, place);
			f.if(orders.eqz(), () => {
				number.set(I32.load(level, LEVEL.side));
				f.call(levels.remove, state, sides.add(number.shl(4)), level, keyOf(I32.load(level, LEVEL.price), number));
			});
		};
		const findOrder = (done: Label): void => {
			emitFind(f, slots, reference, found);
			f.if(
				level.eqz(),
				() => {
					fail('unknown-order');
					done.branch();
				},
				undefined,
				{ likely: false },
			);
		};

		const stopFor = (reason: keyof typeof STOP): void => {
			f.store(state, I32.of(STOP[reason]), STATE.stop);
			f.return(event.sub(events).shrU(5));
		};
		f.store(state, I32.of(STOP.done), STATE.stop);
		f.block((ended) => {
			f.loop((block) => {
				ended.branchIf(event.geU(end));
				// What a block can need at most is there before it begins.
				f.if(I32.load(state, STATE.orders).add(BLOCK).gtU(I32.load(state, STATE.orderLimit)), () => stopFor('orders'), undefined, { likely: false });
				f.if(I32.load(state, STATE.levelsLeft).ltU(BLOCK), () => stopFor('levels'), undefined, { likely: false });
				f.if(I32.load(state, STATE.nodesLeft).ltU(BLOCK * MOST_HEIGHT), () => stopFor('nodes'), undefined, { likely: false });
				f.if(
					I32.load(state, STATE.problems)
						.add(BLOCK * 2)
						.gtU(I32.load(state, STATE.problemLimit)),
					() => stopFor('problems'),
					undefined,
					{ likely: false },
				);
				blockEnd.set(event.add(BLOCK * EVENT.size));
				f.if(blockEnd.gtU(end), () => blockEnd.set(end));
				// Lines that the block will need are asked for at once, and come while others come: the processor waits for one of them, not for each.
				const touchAll = (touch: () => void): void => {
					touching.set(event);
					f.loop((next) => {
						touch();
						touching.set(touching.add(EVENT.size));
						next.branchIf(touching.ltU(blockEnd));
					});
				};
				const slotOf = (field: number): I32 => I32.load(slots.base.add(homeOf(slots, I64.load(touching, field))), SLOT.level);
				touchAll(() => touched.set(touched.xor(slotOf(EVENT.reference)).xor(slotOf(EVENT.newReference))));
				touchAll(() => {
					// The side's root, and of whoever lies in the home its level; address 0 can be read.
					node.set(I32.load(sides.add(I32.select(I32.load(touching, EVENT.stock).ltU(stocks), I32.load(touching, EVENT.stock), I32.of(0)).shl(5)).add(I32.load8U(touching, EVENT.side).and(1).shl(4))));
					touched.set(touched.xor(I32.load(node)).xor(I32.load(slotOf(EVENT.reference), LEVEL.orders)));
				});
				f.loop((next) => {
					f.block((done) => {
						kind.set(I32.load8U(event, EVENT.kind));
						reference.set(I64.load(event, EVENT.reference));
						const counter = f.local(I32, state.add(kind.and(7).shl(3)), 'counter');
						f.store(counter, I64.load(counter, STATE.counts).add(1n), STATE.counts);
						const reduce = (): void => {
							findOrder(done);
							shares.set(I32.load(event, EVENT.shares));
							f.if(
								shares.eqz(),
								() => {
									fail('no-shares');
									done.branch();
								},
								undefined,
								{ likely: false },
							);
							have.set(I32.load(slot, SLOT.shares));
							f.if(shares.ltU(have), () => {
								f.store(slot, have.sub(shares), SLOT.shares);
								f.store(level, I64.load(level, LEVEL.shares).sub(shares.extendU()), LEVEL.shares);
								done.branch();
							});
							f.if(shares.gtU(have), () => fail('too-many-shares'), undefined, { likely: false });
							removeOrder();
						};
						const cases: Record<number, () => void> = {
							[EVENT_KINDS.none]: () => undefined,
							[EVENT_KINDS.add]: () => {
								const stock = f.local(I32, I32.load(event, EVENT.stock), 'stock');
								f.if(
									stock.geU(stocks),
									() => {
										fail('unknown-stock');
										done.branch();
									},
									undefined,
									{ likely: false },
								);
								number.set(stock.shl(1).or(I32.load8U(event, EVENT.side).and(1)));
								shares.set(I32.load(event, EVENT.shares));
								price.set(I32.load(event, EVENT.price));
								addOrder(done);
							},
							[EVENT_KINDS.execute]: reduce,
							[EVENT_KINDS.cancel]: reduce,
							[EVENT_KINDS.delete]: () => {
								findOrder(done);
								have.set(I32.load(slot, SLOT.shares));
								removeOrder();
							},
							[EVENT_KINDS.replace]: () => {
								findOrder(done);
								have.set(I32.load(slot, SLOT.shares));
								// The level may go with the order; whose it was stays known.
								const own = f.local(I32, I32.load(level, LEVEL.side), 'own');
								removeOrder();
								number.set(own);
								reference.set(I64.load(event, EVENT.newReference));
								shares.set(I32.load(event, EVENT.shares));
								price.set(I32.load(event, EVENT.price));
								addOrder(done);
							},
						};
						f.switch(
							kind,
							Object.values(EVENT_KINDS).map((which) => cases[which] as () => void),
							() => undefined,
						);
					});
					event.set(event.add(EVENT.size));
					next.branchIf(event.ltU(blockEnd));
				});
				block.branch();
			});
		});
		f.store(state, touched, STATE.touched);
		f.return(count);
	});

	/** Into slots that are all free: those of a smaller table. */
	m.func('rehash', { params: { state: I32, from: I32, fromEnd: I32 }, results: [], export: 'rehash' }, (f, { state, from, fromEnd }) => {
		const slots = loadSlots(f, state);
		const place = f.local(I32, undefined, 'place');
		const slot = f.local(I32, undefined, 'slot');
		const level = f.local(I32, undefined, 'level');
		f.loop((next) => {
			f.if(I32.load(from, SLOT.level), () => {
				const reference = f.local(I64, I64.load(from, SLOT.reference), 'reference');
				emitFind(f, slots, reference, { place, slot, level });
				f.store(slot, reference, SLOT.reference);
				f.store(slot, I64.load(from, SLOT.shares), SLOT.shares);
			});
			from.set(from.add(SLOT.size));
			next.branchIf(from.ltU(fromEnd));
		});
	});

	/** The slot of an order, or 0. */
	m.func('find', { params: { state: I32, reference: I64 }, results: [I32], export: 'find' }, (f, { state, reference }) => {
		const slots = loadSlots(f, state);
		const place = f.local(I32, undefined, 'place');
		const slot = f.local(I32, undefined, 'slot');
		const level = f.local(I32, undefined, 'level');
		emitFind(f, slots, reference, { place, slot, level });
		f.return(I32.select(level, slot, I32.of(0)));
	});
	return { apply };
}
