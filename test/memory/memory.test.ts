import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArenaFullError, createArena, createHandleTable, createSlotAllocator, GUARD_BYTE, type Handle, type Region, StaleHandleError } from '../../src/memory/index.ts';

describe('an arena', () => {
	it('leaves the bytes of a region alone where asked, and guards it all the same', () => {
		const arena = createArena({ ceiling: 2 ** 20 });
		const before = arena.allocate('before', 1000);
		arena.u8().fill(7, before.address, before.address + 1064);
		arena.release(before);
		const after = arena.allocate('after', 900, { clear: false });
		expect(after.address).toBe(before.address);
		expect(
			arena
				.u8()
				.subarray(after.address, after.address + 900)
				.every((byte) => byte === 7),
		).toBe(true);
		expect(arena.checkGuards()).toEqual([]);
		arena.release(after);
		const cleared = arena.allocate('cleared', 900);
		expect(
			arena
				.u8()
				.subarray(cleared.address, cleared.address + 900)
				.every((byte) => byte === 0),
		).toBe(true);
	});

	it('keeps regions apart, aligned, zero at first and guarded, through any sequence of allocations', () => {
		const step = fc.oneof(
			{ weight: 3, arbitrary: fc.record({ kind: fc.constant('allocate' as const), bytes: fc.integer({ min: 0, max: 5000 }), align: fc.constantFrom(1, 16, 64, 4096), guard: fc.constantFrom(64, 100, 4096) }) },
			{ weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), which: fc.nat() }) },
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, shared) => {
				const arena = createArena({ initial: 65536, ceiling: 2 ** 22, shared });
				const live: { region: Region; fill: number }[] = [];
				for (const [index, one] of steps.entries()) {
					if (one.kind === 'release') {
						const [taken] = live.splice(one.which % Math.max(1, live.length), 1);
						if (taken === undefined) continue;
						arena.release(taken.region);
						expect(() => arena.release(taken.region)).toThrow(/not in use/);
						continue;
					}
					const region = arena.allocate(`region ${index}`, one.bytes, one);
					expect(region.address % one.align).toBe(0);
					expect(region.address).toBeGreaterThanOrEqual(1024);
					expect(region.guard).toBeGreaterThanOrEqual(one.guard);
					const bytes = arena.u8().subarray(region.address, region.address + region.size);
					expect(bytes.every((byte) => byte === 0)).toBe(true);
					for (const other of live) {
						const apart = other.region.address + other.region.size + other.region.guard <= region.address || region.address + region.size + region.guard <= other.region.address;
						expect(apart).toBe(true);
					}
					bytes.fill(index & 0xff);
					live.push({ region, fill: index & 0xff });
				}
				expect(arena.checkGuards()).toEqual([]);
				for (const { region, fill } of live)
					expect(
						arena
							.u8()
							.subarray(region.address, region.address + region.size)
							.every((byte) => byte === fill),
					).toBe(true);
				expect(arena.regions().length).toBe(live.length);
				expect(arena.used).toBe(live.reduce((sum, { region }) => sum + region.size + region.guard, 0));
				for (const { region } of live) arena.release(region);
				expect(arena.used).toBe(0);
			}),
			{ numRuns: 200 },
		);
	});

	it('says who takes the room when there is none', () => {
		const arena = createArena({ ceiling: 2 ** 20 });
		arena.allocate('the big one', 2 ** 19);
		expect(() => arena.allocate('one more', 2 ** 20)).toThrow(ArenaFullError);
		expect(() => arena.allocate('one more', 2 ** 20)).toThrow(/"one more" of 1048576 bytes.*the big one 524288/);
		expect(arena.allocate('a small one', 1000).size).toBe(1000);
	});

	it('sees what was written behind a region', () => {
		const arena = createArena();
		const region = arena.allocate('victim', 10);
		expect(arena.u8()[region.address + 10]).toBe(GUARD_BYTE);
		arena.u8()[region.address + 12] = 1;
		expect(arena.checkGuards()).toEqual(['victim']);
	});

	it('refuses misuse in words', () => {
		const arena = createArena();
		expect(() => arena.allocate('x', -1)).toThrow(/whole number of bytes/);
		expect(() => arena.allocate('x', 1, { align: 3 })).toThrow(/power of two/);
		expect(() => arena.allocate('x', 1, { guard: 1 })).toThrow(/at least 64 guard bytes/);
		expect(() => arena.release(createArena().allocate('foreign', 1))).toThrow(/belongs to another arena/);
		expect(() => createArena({ initial: 2 ** 22, ceiling: 2 ** 20 })).toThrow(/cannot start/);
	});

	it('renews its views when the memory has grown', () => {
		const arena = createArena({ initial: 65536 });
		const before = arena.u8();
		arena.allocate('big', 2 ** 21);
		expect(before.length).toBe(0);
		expect(arena.u8().length).toBe(arena.memory.buffer.byteLength);
		expect(arena.u8()).toBe(arena.u8());
	});
});

describe('handles', () => {
	it('give their value while it is there, and never another one', () => {
		fc.assert(
			fc.property(fc.array(fc.oneof(fc.constant('add' as const), fc.nat({ max: 50 })), { maxLength: 200 }), (steps) => {
				const table = createHandleTable<number>('thing', 32);
				const other = createHandleTable<number>('thing', 32);
				const alive = new Map<Handle, number>();
				const dead: Handle[] = [];
				let next = 0;
				for (const one of steps) {
					if (one === 'add') {
						if (alive.size === 32) {
							expect(() => table.add(next)).toThrow(/32 of thing are in use/);
							continue;
						}
						const handle = table.add(next);
						expect(alive.has(handle) || dead.includes(handle)).toBe(false);
						alive.set(handle, next++);
					} else {
						const handle = [...alive.keys()][one % Math.max(1, alive.size)];
						if (handle === undefined) continue;
						expect(table.remove(handle)).toBe(alive.get(handle));
						alive.delete(handle);
						dead.push(handle);
					}
				}
				for (const [handle, value] of alive) {
					expect(table.get(handle)).toBe(value);
					expect(() => other.get(handle)).toThrow(StaleHandleError);
				}
				for (const handle of dead) expect(() => table.get(handle)).toThrow(StaleHandleError);
				for (const forged of [-1, 0.5, 2 ** 60, Number.NaN, 7]) expect(table.has(forged as Handle)).toBe(false);
				expect(table.size).toBe(alive.size);
			}),
			{ numRuns: 200 },
		);
	});
});

describe('slots', () => {
	it('start on cache lines, and are given out once', () => {
		const arena = createArena();
		const slots = createSlotAllocator(arena, 'orders', 40, 10);
		expect(slots.slotSize).toBe(64);
		const taken = Array.from({ length: 10 }, () => slots.take());
		expect(new Set(taken).size).toBe(10);
		expect(taken.every((address) => address % 64 === 0)).toBe(true);
		expect(slots.take()).toBe(0);
		slots.give(taken[3] as number);
		slots.give(taken[7] as number);
		expect(() => slots.give(taken[7] as number)).toThrow(/no slot of "orders" in use/);
		expect(() => slots.give(8)).toThrow(/no slot/);
		expect([slots.take(), slots.take(), slots.take()].sort()).toEqual([0, taken[3], taken[7]].sort());
		expect(slots.used).toBe(10);
		slots.dispose();
		expect(arena.used).toBe(0);
	});
});
