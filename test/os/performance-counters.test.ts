import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COUNTER_NAMES, type CounterName, native, openCounters } from '../../src/os/index.ts';
import type { Native } from '../../src/os/native.ts';
import { refusal } from '../../src/os/performance-counters.ts';

/** A kernel with a counting unit: each file counts 10 a tick; groups of four, and no more than `room` in hardware. */
function kernelWith({ room = 4, errno = 0, share = 1 }: { room?: number; errno?: number; share?: number }) {
	const groups = new Map<number, { members: number[]; enabled: number; running: boolean; hardware: boolean }>();
	let next = 100;
	const closed: number[] = [];
	const calls = {
		perfEventOpen(attributes: Uint8Array, group: number): number {
			const hardware = attributes[0] !== 1;
			if (errno !== 0 && hardware) return -1;
			if (group === -1) groups.set(next, { members: [next], enabled: 0, running: false, hardware });
			else {
				const joined = groups.get(group);
				if (joined === undefined || joined.members.length >= room) return -1;
				joined.members.push(next);
			}
			return next++;
		},
		ioctl(file: number, request: number): number {
			const group = groups.get(file);
			if (group !== undefined) group.running = request === 0x2400;
			return 0;
		},
		read(file: number, into: Uint8Array): number {
			const group = groups.get(file);
			if (group === undefined) return -1;
			const view = new DataView(into.buffer, into.byteOffset);
			const on = group.hardware ? group.enabled * share : group.enabled;
			const answer = [group.members.length, group.enabled, on, ...group.members.map((member) => member * 2 ** 32 + on)];
			for (const [index, value] of answer.entries()) view.setBigUint64(index * 8, BigInt(value), true);
			return (3 + group.members.length) * 8;
		},
		close: (file: number) => closed.push(file) - closed.length,
		errno: () => errno,
	};
	const tick = (time: number): void => {
		for (const group of groups.values()) if (group.running) group.enabled += time;
	};
	return { calls: calls as unknown as Native, groups, tick, closed };
}

describe('counters of a kernel that has them', () => {
	it('are opened in groups of four, and count from each start', () => {
		const { calls, groups, tick, closed } = kernelWith({});
		const counters = openCounters(COUNTER_NAMES, calls);
		expect(counters.counters.every(({ offered }) => offered)).toBe(true);
		expect([...groups.values()].map(({ members, hardware }) => [members.length, hardware])).toEqual([
			[4, true],
			[4, true],
			[1, true],
			[3, false],
		]);
		const values = new Float64Array(COUNTER_NAMES.length + 1).fill(-1);
		tick(5);
		counters.start();
		tick(40);
		counters.read(values);
		expect([...values]).toEqual([...COUNTER_NAMES.map(() => 40), -1]);
		tick(2);
		counters.stop();
		tick(100);
		counters.read(values);
		expect(values[0]).toBe(42);
		counters.start();
		tick(7);
		counters.start();
		tick(8);
		counters.stop();
		counters.read(values);
		expect(values[11]).toBe(8);
		expect(counters.share(0)).toBe(1);
		counters.close();
		counters.close();
		expect(closed.length).toBe(12);
		expect(() => counters.start()).toThrow(/closed/);
	});

	it('are scaled where the hardware took turns', () => {
		const { calls, tick } = kernelWith({ share: 0.25 });
		const counters = openCounters(['cycles', 'task-clock'], calls);
		const values = new Float64Array(2);
		counters.start();
		tick(400);
		counters.stop();
		counters.read(values);
		// A quarter of the time, a quarter of the events: the whole again.
		expect([...values]).toEqual([400, 400]);
		expect([counters.share(0), counters.share(1)]).toEqual([0.25, 1]);
	});

	it('are no number where they never came to be on the hardware', () => {
		const { calls, tick } = kernelWith({ share: 0 });
		const counters = openCounters(['cycles', 'page-faults'], calls);
		const values = new Float64Array(2);
		counters.start();
		tick(10);
		counters.stop();
		counters.read(values);
		expect([...values]).toEqual([Number.NaN, 10]);
	});

	it('get a group of their own where a group has no room', () => {
		const { calls, groups } = kernelWith({ room: 2 });
		const { counters } = openCounters(['cycles', 'instructions', 'branches'], calls);
		expect(counters.every(({ offered }) => offered)).toBe(true);
		expect([...groups.values()].map(({ members }) => members.length)).toEqual([2, 1]);
	});
});

describe('what is not offered', () => {
	it('says why, and is no number', () => {
		const { calls, tick } = kernelWith({ errno: 2 });
		const counters = openCounters(['cycles', 'task-clock'], calls);
		expect(counters.counters[0]).toMatchObject({ name: 'cycles', offered: false, detail: expect.stringMatching(/^not offered: this processor, or the virtual machine/) });
		const values = new Float64Array(2);
		counters.start();
		tick(3);
		counters.stop();
		counters.read(values);
		expect([...values]).toEqual([Number.NaN, 3]);
	});

	it('says what to set', () => {
		expect(refusal('cycles', 13, 4)).toMatch(/perf_event_paranoid is 4; set it: sysctl kernel.perf_event_paranoid=2/);
		expect(refusal('context-switches', 13, 2)).toMatch(/paranoid=1/);
		expect(refusal('cycles', 1, 1)).toMatch(/seccomp/);
		expect(refusal('page-faults', 2)).toMatch(/this kernel/);
		expect(refusal('cycles', 38)).toMatch(/no perf_event_open/);
		expect(refusal('cycles', 99)).toMatch(/error 99/);
	});

	it('is everything without koffi', () => {
		const counters = openCounters(['cycles', 'task-clock'], null);
		expect(counters.counters.every(({ offered }) => !offered)).toBe(true);
		const values = new Float64Array(2);
		counters.start();
		counters.stop();
		counters.read(values);
		expect([...values]).toEqual([Number.NaN, Number.NaN]);
		counters.close();

		const script = `import { openCounters } from '${join(import.meta.dirname, '../../src/os/index.ts')}'; console.log(openCounters(['task-clock']).counters[0].detail);`;
		const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env: { ...process.env, TICKFORGE_NO_NATIVE: '1' } });
		expect(stdout.trim()).toBe(process.platform === 'linux' ? 'not offered: TICKFORGE_NO_NATIVE=1' : `not offered: no native calls on ${process.platform}`);
	});

	it('is a name that is none', () => {
		expect(() => openCounters(['cycle' as CounterName])).toThrow(/no counter "cycle"; there are: cycles/);
		expect(() => openCounters(['cycles', 'cycles'])).toThrow(/twice/);
		const counters = openCounters(['task-clock', 'page-faults']);
		expect(() => counters.read(new Float64Array(1))).toThrow(/2 counters do not fit an array of 1/);
		counters.close();
	});
});

describe('software counters of this kernel', () => {
	const names = ['task-clock', 'page-faults', 'context-switches'] as const;
	const opened = openCounters(names);
	const offered = (name: CounterName): boolean => opened.counters.find((counter) => counter.name === name)?.offered === true;
	const count = (work: () => void): Record<string, number> => {
		const values = new Float64Array(names.length);
		opened.start();
		work();
		opened.stop();
		opened.read(values);
		return Object.fromEntries(names.map((name, index) => [name, values[index] as number]));
	};
	if (native() !== null && !offered('task-clock')) console.log(`skipped: ${opened.counters.map(({ name, detail }) => `${name} ${detail}`).join('; ')}`);

	it.skipIf(!offered('page-faults'))('count the first touch of pages', () => {
		const touch = (pages: number) => () => {
			const { buffer } = new WebAssembly.Memory({ initial: pages / 16 });
			const bytes = new Uint8Array(buffer);
			for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 1;
		};
		touch(16)();
		// A huge page would be one fault for 512 pages.
		expect(count(touch(16384))['page-faults']).toBeGreaterThanOrEqual(16384 / 512);
		expect(count(() => undefined)['page-faults']).toBeLessThan(16384 / 512);
	});
	it.skipIf(!offered('task-clock'))('count the time of work', () => {
		const work = (rounds: number) => () => {
			let sum = 0;
			for (let round = 0; round < rounds; round++) sum += Math.sqrt(round);
			return void sum;
		};
		work(1e6)();
		const little = count(work(1e3))['task-clock'] as number;
		expect(little).toBeGreaterThan(0);
		expect(count(work(1e7))['task-clock']).toBeGreaterThan(little);
	});
	it.skipIf(!offered('context-switches'))('count waiting', () => {
		const cell = new Int32Array(new SharedArrayBuffer(4));
		expect(
			count(() => {
				for (let round = 0; round < 5; round++) Atomics.wait(cell, 0, 0, 1);
			})['context-switches'],
		).toBeGreaterThan(0);
	});
	it.skipIf(!offered('task-clock'))('allocate nothing', () => {
		const values = new Float64Array(names.length);
		const rounds = (): number => {
			const before = process.memoryUsage().heapUsed;
			for (let round = 0; round < 5000; round++) {
				opened.start();
				opened.stop();
				opened.read(values);
			}
			return process.memoryUsage().heapUsed - before;
		};
		rounds();
		rounds();
		// A collection between makes it negative; the least of some is what remains when nothing else allocates.
		const grown = Math.min(...Array.from({ length: 5 }, rounds).map(Math.abs));
		expect(grown).toBeLessThan(5000);
	});
});
