/**
 * `node bench/mapping.ts [--sizes 1,16,256] [--rounds 15] [--rings]`: what it costs to bring a file (in the page cache)
 * into the arena and touch every byte once: mapped as a snapshot, mapped itself, read. Then rings, mirrored and
 * copying. Candidates take turns in each round, in another order each time; medians, and medians of each round's ratio.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Arena, createArena, createMirroredRing } from '../src/memory/index.ts';
import { type MappingWay, mapFile, native, ringMapping, whyNotNative } from '../src/os/index.ts';
import { createModule, I32, V128 } from '../src/wasm/index.ts';

const { values } = parseArgs({ options: { sizes: { type: 'string', default: '1,16,256' }, rounds: { type: 'string', default: '15' }, folder: { type: 'string', default: tmpdir() } } });
const rounds = Number(values.rounds);
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
const calls = native();
if (calls === null) {
	console.log(`nothing to compare: ${whyNotNative()}`);
	process.exit();
}

/** Runs candidates in turn; gives each one's times, by round. */
function compare<Name extends string>(names: readonly Name[], run: (name: Name) => number): Map<Name, number[]> {
	const times = new Map(names.map((name): [Name, number[]] => [name, []]));
	for (let round = -2; round < rounds; round++) {
		for (let turn = 0; turn < names.length; turn++) {
			const name = names[(turn + round + 2) % names.length] as Name;
			const time = run(name);
			if (round >= 0) times.get(name)?.push(time);
		}
	}
	return times;
}

function print<Name extends string>(times: Map<Name, number[]>, base: Name, describe: (milliseconds: number) => string): void {
	const reference = times.get(base) as number[];
	for (const [name, list] of times) {
		const ratio = median(list.map((time, round) => time / (reference[round] as number)));
		console.log(`  ${name.padEnd(22)} ${describe(median(list)).padStart(18)}   ${ratio.toFixed(2)} × ${base}`);
	}
}

/** Loads every byte of what the descriptors name. */
function createRangeTouch(memory: WebAssembly.Memory): (descriptors: number, count: number) => number {
	const m = createModule('touch');
	m.importMemory('env', 'memory', { min: 1 });
	m.func('touch', { params: { descriptors: I32, count: I32 }, results: [I32], export: 'touch' }, (f, { descriptors, count }) => {
		const sum = f.local(V128, V128.i32x4(0, 0, 0, 0), 'sum');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		f.block((done) => {
			f.loop((message) => {
				done.branchIf(count.eqz());
				p.set(I32.load(descriptors));
				end.set(p.add(I32.load(descriptors, 4)));
				f.loop((again) => {
					sum.set(sum.xor(V128.load(p)));
					p.set(p.add(16));
					again.branchIf(p.ltU(end));
				});
				descriptors.set(descriptors.add(16));
				count.set(count.sub(1));
				message.branch();
			});
		});
		f.return(sum.i32x4.extractLane(0));
	});
	return new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } }).exports.touch as (descriptors: number, count: number) => number;
}

const folder = mkdtempSync(join(values.folder, 'tickforge-mapping-'));
const DONT_NEED = 4;
/** Gives the pages of a range back to the system, so that the next touch is a first touch. */
function forget(arena: Arena, address: number, bytes: number): void {
	if (calls?.madvise(calls.addressOf(arena.memory) + BigInt(address), bytes, DONT_NEED) !== 0) throw new Error('madvise refused');
}

console.log(`${cpus()[0]?.model}, Linux ${release()}, Node ${process.versions.node}, median of ${rounds} rounds`);
try {
	for (const mebibytes of values.sizes.split(',').map(Number)) {
		const path = join(folder, 'file');
		const bytes = mebibytes * 2 ** 20;
		writeFileSync(path, new Uint8Array(bytes).fill(7));
		const arena = createArena({ initial: 2 ** 20, ceiling: bytes + 2 ** 24 });
		const touch = createRangeTouch(arena.memory);
		const descriptor = arena.allocate('descriptor', 16).address;
		let mapped = 0;
		const once = (way: MappingWay): number => {
			const start = performance.now();
			const file = mapFile(arena, path, { way });
			const middle = performance.now();
			arena.u32()[descriptor >>> 2] = file.address;
			arena.u32()[(descriptor >>> 2) + 1] = file.length;
			touch(descriptor, 1);
			const time = performance.now() - start;
			mapped = middle - start;
			if (file.way !== way) throw new Error(`${way} was not possible`);
			const { address } = file;
			file.release();
			last = address;
			return time;
		};
		let last = 0;
		const parts = new Map<string, number[]>();
		const names = ['read', 'snapshot', 'trusted', 'read into used memory'] as const;
		const times = compare(names, (name) => {
			// A first touch for all but the last one.
			if (name !== 'read into used memory' && last !== 0) forget(arena, last, bytes);
			if (name === 'read into used memory') once('read');
			const time = once(name === 'read into used memory' ? 'read' : name);
			parts.set(name, [...(parts.get(name) ?? []), mapped]);
			return time;
		});
		console.log(`\na file of ${mebibytes} MiB, brought in and touched once`);
		print(times, 'read', (time) => `${time.toFixed(2)} ms, ${(bytes / time / 1e6).toFixed(1)} GB/s`);
		for (const [name, list] of parts) console.log(`    before the touch, ${name}: ${median(list).toFixed(2)} ms`);
	}

	for (const [capacity, record, lag] of [
		[65536, 4096, 0],
		[65536, 24000, 0],
		[2 ** 20, 65536, 0],
		[2 ** 20, 65536, 2 ** 19],
	] as const) {
		const arena = createArena({ ceiling: 2 ** 26 });
		const touch = createRangeTouch(arena.memory);
		const descriptor = arena.allocate('descriptor', 16).address;
		const message = new Uint8Array(record).fill(7);
		const rings = { mirrored: createMirroredRing(arena, 'mirrored', capacity, ringMapping()), copying: createMirroredRing(arena, 'copying', capacity) };
		const total = 2 ** 27;
		const times = compare(['copying', 'mirrored'] as const, (name) => {
			const ring = rings[name];
			const start = performance.now();
			for (let done = 0; done < total; done += record) {
				const to = ring.reserve(record);
				arena.u8().set(message, to);
				ring.commit(record);
				if (ring.readable <= lag) continue;
				// All that is there is looked at together, one record is let go.
				arena.u32()[descriptor >>> 2] = ring.readAddress();
				arena.u32()[(descriptor >>> 2) + 1] = record;
				touch(descriptor, 1);
				ring.consume(record);
			}
			return performance.now() - start;
		});
		console.log(`\na ring of ${capacity >> 10} KiB, records of ${record} bytes, ${lag >> 10} KiB behind; the copying one copied ${((rings.copying.stats().copied / rings.copying.stats().committed) * 100).toFixed(1)} %`);
		print(times, 'copying', (time) => `${(total / time / 1e6).toFixed(2)} GB/s`);
	}

	// What a ring pays when growth has moved the memory.
	const arena = createArena({ ceiling: 2 ** 26 });
	const system = ringMapping();
	const region = arena.allocate('ring', 2 ** 21, { align: 4096 });
	const costs = compare(['looking for the base', 'mirroring anew, 1 MiB'] as const, (name) => {
		const start = performance.now();
		if (name === 'looking for the base') for (let index = 0; index < 1000; index++) system?.base(arena.memory);
		else {
			const kept = arena.u8().slice(region.address, region.address + 2 ** 20);
			system?.mirror(arena.memory, region.address, 2 ** 20);
			arena.u8().set(kept, region.address);
		}
		return (performance.now() - start) * (name === 'looking for the base' ? 1 : 1000);
	});
	console.log('\nwhen growth has moved the memory');
	print(costs, 'looking for the base', (microseconds) => `${microseconds.toFixed(2)} µs`);
} finally {
	rmSync(folder, { recursive: true, force: true });
}
